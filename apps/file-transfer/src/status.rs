//! What the programs end with, and how they say it to programs.

use barewire_reactor::Stop;
use barewire_transfer::error::Code;

/// How a transfer ended. The number is the exit status of both programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Status {
    /// Everything is stored.
    Done = 0,
    /// Something else failed.
    Failed = 1,
    /// The receiver said no, or nobody answered the question.
    Declined = 3,
    /// The code was wrong; it is good for nothing any more.
    WrongCode = 4,
    /// The other side was lost; what has come is kept for another try.
    Lost = 5,
    /// A file changed while it was sent, or is not there any more.
    SourceChanged = 6,
    /// Nobody is there.
    Nobody = 7,
    /// The destination has no space.
    NoSpace = 8,
    /// Some of it was not transferred, for several reasons or because it cannot be read.
    Partial = 9,
    /// Something is there already, and was to be left alone.
    Exists = 10,
    /// The other side broke the protocol, or offered what must not be.
    Protocol = 11,
    /// The terminal hung up.
    HungUp = 129,
    /// Ctrl-C.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

impl From<Stop> for Status {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::HungUp => Self::HungUp,
            Stop::Interrupted => Self::Interrupted,
            Stop::Terminated => Self::Terminated,
        }
    }
}

impl Status {
    /// One word, for reports that programs read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Declined => "declined",
            Self::WrongCode => "wrong-code",
            Self::Lost => "lost",
            Self::SourceChanged => "source-changed",
            Self::Nobody => "nobody",
            Self::NoSpace => "no-space",
            Self::Partial => "partial",
            Self::Exists => "exists",
            Self::Protocol => "protocol",
            Self::HungUp => "hung-up",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// What a reason on the wire makes of a transfer.
    #[must_use]
    pub fn of(code: Code) -> Self {
        match code {
            Code::Declined | Code::NoDecision => Self::Declined,
            Code::Interrupted | Code::Silent => Self::Lost,
            Code::SourceChanged | Code::SourceGone => Self::SourceChanged,
            Code::NoSpace => Self::NoSpace,
            Code::Exists => Self::Exists,
            Code::Protocol | Code::OfferRefused => Self::Protocol,
            Code::Denied | Code::TooLarge | Code::Blocked | Code::Corrupt | Code::Io => {
                Self::Partial
            }
            _ => Self::Failed,
        }
    }

    /// What a reason makes of a transfer that it ends as a whole: there is no part of it that went well.
    #[must_use]
    pub fn of_all(code: Code) -> Self {
        match Self::of(code) {
            Self::Partial => Self::Failed,
            status => status,
        }
    }
}

/// What a transfer ends with, when some of its entries failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Failures {
    first: Option<Code>,
    mixed: bool,
}

impl Failures {
    /// One more has failed.
    pub fn add(&mut self, code: Code) {
        match self.first {
            None => self.first = Some(code),
            Some(first) => self.mixed |= Status::of(first) != Status::of(code),
        }
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// [`Status::Done`] if none failed, what they have in common if they do, and [`Status::Partial`] otherwise.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.first {
            None => Status::Done,
            Some(_) if self.mixed => Status::Partial,
            Some(code) => Status::of(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Failures, Status};
    use barewire_transfer::error::Code;

    #[test]
    fn what_all_have_in_common_is_told() {
        let mut failures = Failures::default();
        assert_eq!(failures.status(), Status::Done);
        failures.add(Code::NoSpace);
        failures.add(Code::NoSpace);
        assert_eq!(failures.status(), Status::NoSpace);
        failures.add(Code::Exists);
        assert_eq!(failures.status(), Status::Partial);
    }
}
