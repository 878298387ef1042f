//! Addresses to listen on.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::Context;

use crate::fault::{reason, refuse};

/// A flag that takes addresses to listen on and may be given several times.
#[derive(Clone, Copy, Debug)]
pub struct ListenFlag {
    /// As it is typed: `--listen`.
    pub name: &'static str,
    /// Where to listen when it is not given. It is also what is advised where another
    /// address fails, so everybody should be able to listen there: loopback, and a port
    /// of 1024 or above.
    pub default: SocketAddr,
}

impl ListenFlag {
    /// What was typed as addresses: at least one, none twice unless its port is 0.
    ///
    /// Names are looked up, which may take as long as the system likes.
    ///
    /// # Errors
    ///
    /// [`BadValue`](crate::fault::BadValue) for what has not the form `HOST:PORT`; a
    /// failure for a name that cannot be looked up.
    pub fn addresses(&self, typed: &[String]) -> anyhow::Result<Vec<SocketAddr>> {
        if typed.is_empty() {
            return Ok(vec![self.default]);
        }
        let mut addresses = Vec::new();
        for text in typed {
            for address in self.look_up(text)? {
                // A name may stand for one address several times; port 0 may be meant twice.
                if address.port() == 0 || !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
        }
        Ok(addresses)
    }

    fn look_up(&self, text: &str) -> anyhow::Result<impl Iterator<Item = SocketAddr>> {
        let Self { name, default } = self;
        match text.to_socket_addrs() {
            // Not even the form is right; a name that cannot be looked up is another matter.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => refuse(format!(
                "{name} {text}: {}; say HOST:PORT, such as {default} or [::1]:0",
                reason(&error)
            )),
            found => found.with_context(|| format!("{name} {text}: no such host")),
        }
    }

    /// An address that cannot be listened on, and what to do about it.
    ///
    /// `error` is the system's, which becomes the cause.
    #[must_use]
    pub fn advise(&self, address: SocketAddr, error: io::Error) -> anyhow::Error {
        let Self { name, default } = self;
        // An IPv6 address in its brackets, with its scope.
        let at = |port| {
            let mut other = address;
            other.set_port(port);
            other
        };
        let advice = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                let other = at(default.port());
                format!("ports below 1024 need a privilege; try {name} {other}")
            }
            io::ErrorKind::AddrInUse => {
                format!("another program has that port; try {name} {}", at(0))
            }
            io::ErrorKind::AddrNotAvailable => {
                format!("that address is not one of this machine; try {name} {default}")
            }
            _ => format!("try {name} {default}"),
        };
        let text = format!("cannot listen on {address}: {}; {advice}", reason(&error));
        anyhow::Error::new(error).context(text)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use super::ListenFlag;
    use crate::fault::BadValue;

    const LISTEN: ListenFlag = ListenFlag {
        name: "--at",
        default: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5140),
    };

    fn addresses(line: &str) -> anyhow::Result<Vec<SocketAddr>> {
        let typed: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        LISTEN.addresses(&typed)
    }

    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let found = addresses(line).expect("valid addresses");
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn check_refused(text: &str, expected: &str) {
        let error = addresses(text).expect_err("refused");
        assert!(error.is::<BadValue>(), "{error:?}");
        assert_eq!(error.to_string(), expected);
    }

    #[track_caller]
    fn check_advice(kind: ErrorKind, address: &str, expected: &str) {
        let address = address.parse().expect("a valid address");
        let error = LISTEN.advise(address, io::Error::new(kind, "The system's words"));
        assert_eq!(error.to_string(), expected);
        let cause = error.root_cause().to_string();
        assert_eq!(cause, "The system's words");
    }

    #[test]
    fn the_default_stands_in_for_none() {
        check("", &["127.0.0.1:5140"]);
        check("[::1]:80", &["[::1]:80"]);
    }

    #[test]
    fn only_port_0_is_meant_twice() {
        check(
            "127.0.0.1:80 127.0.0.1:0 127.0.0.1:80 127.0.0.1:0",
            &["127.0.0.1:80", "127.0.0.1:0", "127.0.0.1:0"],
        );
    }

    #[test]
    fn what_has_not_the_form_of_an_address_is_refused() {
        check_refused(
            "nowhere",
            "--at nowhere: invalid socket address; \
             say HOST:PORT, such as 127.0.0.1:5140 or [::1]:0",
        );
        check_refused(
            "127.0.0.1:99999",
            "--at 127.0.0.1:99999: invalid port value; \
             say HOST:PORT, such as 127.0.0.1:5140 or [::1]:0",
        );
    }

    /// An empty name is looked up nowhere; on Windows it stands for this machine.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_cannot_be_looked_up_is_a_failure() {
        let error = addresses(":80").expect_err("no such host");
        assert!(!error.is::<BadValue>(), "{error:?}");
        assert_eq!(error.to_string(), "--at :80: no such host");
    }

    #[test]
    fn advice_is_about_what_went_wrong() {
        check_advice(
            ErrorKind::PermissionDenied,
            "10.0.0.1:80",
            "cannot listen on 10.0.0.1:80: the system's words; \
             ports below 1024 need a privilege; try --at 10.0.0.1:5140",
        );
        check_advice(
            ErrorKind::AddrInUse,
            "10.0.0.1:80",
            "cannot listen on 10.0.0.1:80: the system's words; \
             another program has that port; try --at 10.0.0.1:0",
        );
        check_advice(
            ErrorKind::AddrInUse,
            "[::1]:80",
            "cannot listen on [::1]:80: the system's words; \
             another program has that port; try --at [::1]:0",
        );
        check_advice(
            ErrorKind::AddrNotAvailable,
            "[2001:db8::1]:80",
            "cannot listen on [2001:db8::1]:80: the system's words; \
             that address is not one of this machine; try --at 127.0.0.1:5140",
        );
        check_advice(
            ErrorKind::Other,
            "10.0.0.1:80",
            "cannot listen on 10.0.0.1:80: the system's words; try --at 127.0.0.1:5140",
        );
    }
}
