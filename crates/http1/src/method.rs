use core::fmt;

/// A request method: the eight of RFC 9110 by name, and any other token.
///
/// Methods are case-sensitive: `get` is [`Method::Other`].
/// <https://www.rfc-editor.org/rfc/rfc9110#section-9>
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method<'a> {
    /// Transfer a current representation of the target.
    Get,
    /// As GET, without the content.
    Head,
    /// Process the content as the target sees fit.
    Post,
    /// Replace the target's representation by the content.
    Put,
    /// Remove the target.
    Delete,
    /// Open a tunnel to the target authority.
    Connect,
    /// Ask what the target, or the server as a whole (`*`), can do.
    Options,
    /// Loop the request back.
    Trace,
    /// Any other token; whether it is known is the application's question (405 or 501). Made by
    /// [`from_token`](Self::from_token), since `Other(b"GET")` does not equal `Get`.
    Other(&'a [u8]),
}

impl<'a> Method<'a> {
    /// The method of a token. Whether it is a token is not looked at.
    #[must_use]
    pub fn from_token(token: &'a [u8]) -> Self {
        match token {
            b"GET" => Method::Get,
            b"HEAD" => Method::Head,
            b"POST" => Method::Post,
            b"PUT" => Method::Put,
            b"DELETE" => Method::Delete,
            b"CONNECT" => Method::Connect,
            b"OPTIONS" => Method::Options,
            b"TRACE" => Method::Trace,
            _ => Method::Other(token),
        }
    }

    /// The token as it stands in the request line.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        match self {
            Method::Get => b"GET",
            Method::Head => b"HEAD",
            Method::Post => b"POST",
            Method::Put => b"PUT",
            Method::Delete => b"DELETE",
            Method::Connect => b"CONNECT",
            Method::Options => b"OPTIONS",
            Method::Trace => b"TRACE",
            Method::Other(token) => token,
        }
    }

    /// The token as text; empty for an `Other` that is no ASCII, which no parsed one is.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        core::str::from_utf8(self.as_bytes()).unwrap_or("")
    }

    /// Whether the method asks for no change of state (RFC 9110 section 9.2.1).
    /// An unknown method is not.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        matches!(
            self,
            Method::Get | Method::Head | Method::Options | Method::Trace
        )
    }

    /// Whether several equal requests have the effect of one (RFC 9110 section 9.2.2).
    /// An unknown method is not.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.is_safe() || matches!(self, Method::Put | Method::Delete)
    }
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Method;

    #[test]
    fn tokens_round_trip() {
        for token in [
            "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "BREW", "get",
        ] {
            let method = Method::from_token(token.as_bytes());
            assert_eq!(method.as_str(), token);
            assert_eq!(
                matches!(method, Method::Other(_)),
                ["BREW", "get"].contains(&token)
            );
        }
    }

    #[test]
    fn safe_and_idempotent_follow_the_rfc() {
        assert!(Method::Get.is_safe() && Method::Trace.is_safe());
        assert!(!Method::Put.is_safe() && Method::Put.is_idempotent());
        assert!(!Method::Post.is_idempotent() && !Method::Connect.is_idempotent());
    }
}
