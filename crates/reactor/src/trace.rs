//! What the loop tells a `tracing` subscriber: the one place that names the crate. Without the feature, nothing.

/// An event of the target `barewire_reactor`.
#[cfg(feature = "tracing")]
macro_rules! event {
    ($level:ident, $($rest:tt)+) => {
        tracing::event!(target: "barewire_reactor", tracing::Level::$level, $($rest)+)
    };
}

/// Nothing.
#[cfg(not(feature = "tracing"))]
macro_rules! event {
    ($level:ident, $($rest:tt)+) => {};
}

pub(crate) use event;
