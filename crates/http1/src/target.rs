//! The four forms of a request target, and which method takes which.
//! <https://www.rfc-editor.org/rfc/rfc9112#section-3.2>

use crate::authority::{Authority, Port};
use crate::syntax::visit;
use crate::{ErrorKind, Method};

/// The form of a request target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TargetForm {
    /// `/path?query`: what a client sends to an origin server.
    Origin,
    /// `http://host/path`: what a client sends to a proxy; an origin server takes it too.
    Absolute,
    /// `host:port`, with CONNECT and nothing else.
    Authority,
    /// `*`, with OPTIONS and nothing else: the server as a whole.
    Asterisk,
}

/// Decides the form of a non-empty `target` and holds it against the method.
#[inline(always)]
pub(crate) fn check(method: Method<'_>, target: &[u8]) -> Result<TargetForm, ErrorKind> {
    if method == Method::Connect {
        return connect(target);
    }
    match target {
        [b'/', ..] => Ok(TargetForm::Origin),
        b"*" if method == Method::Options => Ok(TargetForm::Asterisk),
        _ => absolute(target),
    }
}

/// authority-form = uri-host ":" port; the port is not optional (RFC 9110 section 9.3.6).
#[cold]
fn connect(target: &[u8]) -> Result<TargetForm, ErrorKind> {
    let authority = Authority::parse(target).ok_or(ErrorKind::InvalidTargetForm)?;
    match authority.port {
        Port::Number(_) if !authority.host.is_empty() => Ok(TargetForm::Authority),
        _ => Err(ErrorKind::InvalidAuthority),
    }
}

#[cold]
fn absolute(target: &[u8]) -> Result<TargetForm, ErrorKind> {
    let rest = after_scheme(target).ok_or(ErrorKind::InvalidTargetForm)?;
    match Authority::parse_front(rest) {
        // An http URI without a host is invalid (RFC 9110 section 4.2.1).
        Some((authority, len))
            if !authority.host.is_empty() && matches!(rest.get(len), None | Some(b'/' | b'?')) =>
        {
            Ok(TargetForm::Absolute)
        }
        _ => Err(ErrorKind::InvalidAuthority),
    }
}

/// What follows `scheme "://"`; `None` where there is no such thing.
fn after_scheme(target: &[u8]) -> Option<&[u8]> {
    // scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
    let len = target
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        .count();
    visit(len + 3);
    let is_scheme = target.first().is_some_and(u8::is_ascii_alphabetic);
    target[len..].strip_prefix(b"://").filter(|_| is_scheme)
}

/// The authority of a target in absolute form.
pub(crate) fn authority_of(target: &[u8]) -> Option<&[u8]> {
    let rest = after_scheme(target)?;
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?'))
        .unwrap_or(rest.len());
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::{TargetForm, check as decide};
    use crate::{ErrorKind, Method};

    #[track_caller]
    fn check(method: &str, target: &str, expected: Result<TargetForm, ErrorKind>) {
        let method = Method::from_token(method.as_bytes());
        assert_eq!(decide(method, target.as_bytes()), expected, "{target}");
    }

    #[test]
    fn forms_by_method() {
        check("GET", "/a?b", Ok(TargetForm::Origin));
        check("GET", "//a", Ok(TargetForm::Origin));
        check("GET", "http://a:80/", Ok(TargetForm::Absolute));
        check("BREW", "coffee+v1://pot", Ok(TargetForm::Absolute));
        check("GET", "HTTP://a?q", Ok(TargetForm::Absolute));
        check("OPTIONS", "*", Ok(TargetForm::Asterisk));
        check("CONNECT", "a:443", Ok(TargetForm::Authority));
        check("CONNECT", "[::1]:443", Ok(TargetForm::Authority));
    }

    #[test]
    fn refusals() {
        let form = Err(ErrorKind::InvalidTargetForm);
        let authority = Err(ErrorKind::InvalidAuthority);
        check("GET", "*", form);
        check("OPTIONS", "**", form);
        check("GET", "a:443", form);
        check("GET", "a.txt", form);
        check("GET", "1http://a/", form);
        check("GET", "http:///a", authority);
        check("GET", "http://u:p@a/", authority);
        check("GET", "http://a:b/", authority);
        check("CONNECT", "/", form);
        check("CONNECT", "http://a/", form);
        check("CONNECT", "a", authority);
        check("CONNECT", "a:", authority);
        check("CONNECT", ":80", authority);
        check("CONNECT", "a:99999", authority);
    }
}
