//! Addresses to listen on, and those of others.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use anyhow::Context;

use crate::fault::{fail, reason, refuse};

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

/// A flag that takes a machine and perhaps a port: `HOST` or `HOST:PORT`.
#[derive(Clone, Copy, Debug)]
pub struct HostFlag {
    /// As it is typed: `--to`.
    pub name: &'static str,
    /// The port where none is typed.
    pub port: u16,
    /// The host of `:PORT`; `None` refuses that.
    pub any: Option<IpAddr>,
}

impl HostFlag {
    /// What was typed as addresses: those that the host has, at least one.
    ///
    /// Names are looked up, which may take as long as the system likes.
    ///
    /// # Errors
    ///
    /// [`BadValue`](crate::fault::BadValue) for what has not the form; a failure for a name that
    /// cannot be looked up.
    pub fn addresses(&self, text: &str) -> anyhow::Result<Vec<SocketAddr>> {
        let name = self.name;
        let (host, port) = split_port(text);
        let port = match port.map(|digits| digits.parse().map_err(|_| digits)) {
            None => self.port,
            Some(Ok(port)) => port,
            Some(Err(digits)) => {
                let advice = self.advice();
                return refuse(format!("{name} {text}: {digits} is no port; {advice}"));
            }
        };
        if host.is_empty() {
            return match self.any {
                Some(any) => Ok(vec![SocketAddr::new(any, port)]),
                None => refuse(format!("{name} {text}: no host; {}", self.advice())),
            };
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = (bare, port)
            .to_socket_addrs()
            .map_err(|error| fail(&format!("{name} {text}: cannot look up {host}"), error))?;
        Ok(found.collect())
    }

    fn advice(&self) -> String {
        let forms = match self.any {
            Some(_) => "HOST, HOST:PORT or :PORT",
            None => "HOST or HOST:PORT",
        };
        format!("say {forms}, such as 192.168.1.5 or [::1]:{}", self.port)
    }
}

/// A host and what stands behind its last colon; an IPv6 address with a port is in brackets.
fn split_port(text: &str) -> (&str, Option<&str>) {
    // What stands behind a `%` is the scope of a link-local address: the name or number of an interface.
    let unscoped = text.split_once('%').map_or(text, |(address, _)| address);
    if unscoped.parse::<Ipv6Addr>().is_ok() {
        return (text, None);
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use super::{HostFlag, ListenFlag};
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

    const TO: HostFlag = HostFlag {
        name: "--to",
        port: 5144,
        any: None,
    };

    #[track_caller]
    fn check_host(flag: HostFlag, text: &str, expected: &str) {
        let told = match flag.addresses(text) {
            Ok(found) => found[0].to_string(),
            Err(error) => {
                assert!(error.is::<BadValue>(), "{error:?}");
                error.to_string()
            }
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn hosts_with_and_without_ports() {
        check_host(TO, "127.0.0.1", "127.0.0.1:5144");
        check_host(TO, "127.0.0.1:9", "127.0.0.1:9");
        check_host(TO, "::1", "[::1]:5144");
        check_host(TO, "[::1]", "[::1]:5144");
        check_host(TO, "[::1]:9", "[::1]:9");
        check_host(TO, "fe80::1%1", "[fe80::1%1]:5144");
        check_host(TO, "[fe80::1%1]:9", "[fe80::1%1]:9");
    }

    #[test]
    fn what_is_no_host_is_refused() {
        let any = HostFlag {
            any: Some(Ipv4Addr::UNSPECIFIED.into()),
            ..TO
        };
        check_host(any, ":9", "0.0.0.0:9");
        check_host(
            TO,
            ":9",
            "--to :9: no host; say HOST or HOST:PORT, such as 192.168.1.5 or [::1]:5144",
        );
        check_host(
            any,
            "host:99999",
            "--to host:99999: 99999 is no port; say HOST, HOST:PORT or :PORT, such as 192.168.1.5 or [::1]:5144",
        );
    }
}
