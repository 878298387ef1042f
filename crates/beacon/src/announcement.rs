//! What is announced.

use std::fmt::{self, Display, Formatter};

use crate::datagram::{self, DATAGRAM_BYTES_MAX};
use crate::name::{Name, Service};

/// Longest key of an attribute, in bytes.
pub(crate) const KEY_BYTES_MAX: usize = 63;

/// What is announced: a service under a name, maybe at a port, with attributes. It fits one datagram.
///
/// ```
/// use barewire_beacon::Announcement;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let printer = Announcement::new("print".parse()?, "second floor".parse()?)
///     .port(631)
///     .attribute("paper", "A4")?;
/// assert_eq!(printer.attributes().collect::<Vec<_>>(), [("paper", "A4")]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Announcement {
    service: Service,
    name: Name,
    port: Option<u16>,
    attributes: Attributes,
}

/// Keys and values in order of the keys, in no more memory than they have in a datagram: two hundred fit one, and a
/// table has thousands of announcements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Attributes {
    /// All of them, as `key=value`, without anything in between.
    text: String,
    /// Where each ends.
    ends: Vec<u16>,
}

/// Why an attribute cannot be announced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnnouncementError {
    /// A key that is not 1 to 63 visible ASCII characters without `=`.
    BadKey {
        /// The key.
        key: String,
    },
    /// A key that is there already.
    Repeated {
        /// The key.
        key: String,
    },
    /// All of it together would not fit a datagram.
    TooLong {
        /// How long the datagram would be.
        bytes: usize,
    },
}

impl Announcement {
    /// A service under a name, without port or attributes.
    #[must_use]
    pub fn new(service: Service, name: Name) -> Self {
        Self {
            service,
            name,
            port: None,
            attributes: Attributes::default(),
        }
    }

    /// At this port of the addresses that the announcement comes from; 0 is none.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = (port != 0).then_some(port);
        self
    }

    /// With an attribute. The value is any text, the empty one included.
    ///
    /// # Errors
    ///
    /// A key that is none or there already, or more than fits a datagram.
    pub fn attribute(mut self, key: &str, value: &str) -> Result<Self, AnnouncementError> {
        if !is_key(key.as_bytes()) {
            let key = key.to_owned();
            return Err(AnnouncementError::BadKey { key });
        }
        if self.attributes().any(|(other, _)| other == key) {
            let key = key.to_owned();
            return Err(AnnouncementError::Repeated { key });
        }
        let more = datagram::attribute_bytes(key, value);
        let bytes = datagram::announcement_bytes(&self) + more;
        if bytes > DATAGRAM_BYTES_MAX {
            return Err(AnnouncementError::TooLong { bytes });
        }
        self.attributes = self.attributes.with(key, value);
        Ok(self)
    }

    /// For what a decoder has checked.
    pub(crate) fn decoded(
        service: Service,
        name: Name,
        port: Option<u16>,
        mut attributes: Attributes,
    ) -> Self {
        attributes.shrink();
        Self {
            service,
            name,
            port,
            attributes,
        }
    }

    /// What kind of thing it is.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// What it is called. Not unique: anybody may announce any name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The port to connect to, if there is one; never 0.
    #[must_use]
    pub fn announced_port(&self) -> Option<u16> {
        self.port
    }

    /// Keys and values, in order of the keys, each key once. Values may hold anything: escape them before they are
    /// shown.
    pub fn attributes(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.attributes.iter()
    }
}

impl Attributes {
    /// Adds one whose key is behind all others, of a datagram that is no longer than it may be.
    pub(crate) fn push(&mut self, key: &str, value: &str) {
        self.text.extend([key, "=", value]);
        self.ends.push(self.text.len() as u16);
    }

    pub(crate) fn last_key(&self) -> Option<&str> {
        self.iter().next_back().map(|(key, _)| key)
    }

    fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + DoubleEndedIterator {
        (0..self.ends.len()).map(|at| {
            let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
            let text = &self.text[usize::from(start)..usize::from(self.ends[at])];
            // No key has a `=`, and each is followed by one.
            text.split_once('=').unwrap_or((text, ""))
        })
    }

    /// With one more in its place.
    fn with(&self, key: &str, value: &str) -> Self {
        let mut all: Vec<(&str, &str)> = self.iter().chain([(key, value)]).collect();
        all.sort_unstable();
        let mut with = Self::default();
        for (key, value) in all {
            with.push(key, value);
        }
        with
    }

    fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// Whether these bytes are a key.
pub(crate) fn is_key(bytes: &[u8]) -> bool {
    let is_visible = |byte: &u8| byte.is_ascii_graphic() && *byte != b'=';
    (1..=KEY_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(is_visible)
}

impl Display for AnnouncementError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadKey { key } => write!(
                f,
                "{key:?} is no key; take 1 to {KEY_BYTES_MAX} visible ASCII characters without '='"
            ),
            Self::Repeated { key } => write!(f, "key {key} twice; say it once"),
            Self::TooLong { bytes } => write!(
                f,
                "an announcement of {bytes} bytes; {DATAGRAM_BYTES_MAX} is the most, so say less"
            ),
        }
    }
}

impl std::error::Error for AnnouncementError {}

#[cfg(test)]
mod tests {
    use super::{Announcement, AnnouncementError};

    fn plain() -> Announcement {
        Announcement::new("print".parse().unwrap(), "a".parse().unwrap())
    }

    #[test]
    fn attributes_are_in_order_and_unique() {
        let with = plain().attribute("b", "2").unwrap();
        let with = with.attribute("a", "").unwrap();
        assert_eq!(
            with.attributes().collect::<Vec<_>>(),
            [("a", ""), ("b", "2")]
        );
        let key = "a".to_owned();
        assert_eq!(
            with.attribute("a", "3"),
            Err(AnnouncementError::Repeated { key })
        );
    }

    #[test]
    fn keys_have_their_rules() {
        for key in ["", "a=b", "a b", "ä", "a\x07", &"k".repeat(64)] {
            let refused = plain().attribute(key, "v");
            assert!(
                matches!(refused, Err(AnnouncementError::BadKey { .. })),
                "{key:?}"
            );
        }
        assert!(plain().attribute(&"k".repeat(63), "v").is_ok());
    }

    #[test]
    fn it_fits_a_datagram() {
        // 32 of the header, 8 of the service, 4 of the name, 5 of the port, 5 of the interval; 3 and "k=" of the
        // attribute.
        let room = 1200 - 32 - 8 - 4 - 5 - 5 - 5;
        assert!(plain().attribute("k", &"v".repeat(room)).is_ok());
        assert_eq!(
            plain().attribute("k", &"v".repeat(room + 1)),
            Err(AnnouncementError::TooLong { bytes: 1201 })
        );
        // The port has its place, whether it is set before, after or never.
        let full = plain().attribute("k", &"v".repeat(room)).unwrap();
        assert_eq!(full.clone().port(0).announced_port(), None);
        assert_eq!(full.port(1).announced_port(), Some(1));
    }
}
