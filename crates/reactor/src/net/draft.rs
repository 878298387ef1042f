//! A socket on its way: created, given its options, bound. Says at each step what failed.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Socket, Type};

use super::buffers::request;
use super::error::refused;
use super::interface;

/// What is said of an option that no system should refuse.
pub(super) const LEAVE: &str = "leave the option as the system has it";

/// A socket that is not yet what it is to be, and the address it is for.
pub(super) struct Draft {
    pub(super) socket: Socket,
    pub(super) address: SocketAddr,
}

impl Draft {
    pub(super) fn new(kind: Type, address: SocketAddr) -> io::Result<Self> {
        match Socket::new(Domain::for_address(address), kind, None) {
            Ok(socket) => Ok(Self { socket, address }),
            Err(error) => {
                let attempt = format!("create a socket for {address}");
                Err(refused(attempt, error, create_advice(address)))
            }
        }
    }

    /// Names the option in the error, if there is one.
    pub(super) fn set(
        &self,
        option: &str,
        value: impl fmt::Display,
        advice: &'static str,
        result: io::Result<()>,
    ) -> io::Result<()> {
        result.map_err(|error| refused(self.attempt(option, value), error, advice))
    }

    /// Words for setting an option.
    pub(super) fn attempt(&self, option: &str, value: impl fmt::Display) -> String {
        format!("set {option} to {value} for {}", self.address)
    }

    /// Says which families an IPv6 socket serves, on every system alike. Nothing to say for IPv4.
    pub(super) fn set_dual_stack(&self, dual_stack: bool) -> io::Result<()> {
        if self.address.is_ipv4() {
            return Ok(());
        }
        let advice = "use one socket for each family";
        let result = self.socket.set_only_v6(!dual_stack);
        self.set("IPV6_V6ONLY", switch(!dual_stack), advice, result)
    }

    pub(super) fn set_reuse_address(&self, on: bool) -> io::Result<()> {
        // Off is how a socket starts.
        if !on {
            return Ok(());
        }
        let result = self.socket.set_reuse_address(true);
        self.set("SO_REUSEADDR", switch(on), LEAVE, result)
    }

    pub(super) fn set_reuse_port(&self, on: bool) -> io::Result<()> {
        if !on {
            return Ok(());
        }
        let advice = "share one socket between the threads";
        // On FreeBSD the plain option lets the last socket have everything.
        #[cfg(target_os = "freebsd")]
        let (option, result) = ("SO_REUSEPORT_LB", self.socket.set_reuse_port_lb(true));
        #[cfg(all(
            unix,
            not(any(target_os = "freebsd", target_os = "solaris", target_os = "illumos"))
        ))]
        let (option, result) = ("SO_REUSEPORT", self.socket.set_reuse_port(true));
        #[cfg(any(not(unix), target_os = "solaris", target_os = "illumos"))]
        let (option, result) = ("SO_REUSEPORT", Err(super::error::missing()));
        self.set(option, switch(on), advice, result)
    }

    pub(super) fn bind(&self) -> io::Result<()> {
        bind(&self.socket, self.address)
    }
}

/// Gives a socket its local address.
pub(super) fn bind(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    socket
        .bind(&address.into())
        .map_err(|error| bind_refused(address, error))
}

fn bind_refused(address: SocketAddr, error: io::Error) -> io::Error {
    let advice = bind_advice(address, error.kind());
    refused(format!("bind {address}"), error, advice)
}

/// Words for the value of a switch.
pub(super) const fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

const fn create_advice(address: SocketAddr) -> &'static str {
    match address {
        SocketAddr::V4(_) => "raise the limit on open files, or use IPv6 if IPv4 is off",
        SocketAddr::V6(_) => "raise the limit on open files, or use IPv4 if IPv6 is off",
    }
}

fn bind_advice(address: SocketAddr, kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::PermissionDenied if cfg!(windows) => {
            "a program holds the port for itself; choose another port"
        }
        io::ErrorKind::PermissionDenied if address.port() < 1024 => {
            "ports below 1024 need a privilege"
        }
        io::ErrorKind::AddrInUse => "choose another port, or 0 for a free one",
        io::ErrorKind::AddrNotAvailable => {
            "use an address of this machine, 0.0.0.0 or [::] for all of them"
        }
        _ if lacks_scope(address) => {
            "a link-local address needs its interface, as in [fe80::1%2]:80"
        }
        _ => "choose another address",
    }
}

/// A link-local address that does not say on which link.
pub(super) fn lacks_scope(address: SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V6(ip) => {
            ip.is_unicast_link_local()
                && matches!(address, SocketAddr::V6(address) if address.scope_id() == 0)
        }
        IpAddr::V4(_) => false,
    }
}

/// What every IP socket may be given.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    pub(super) receive_bytes: Option<usize>,
    pub(super) send_bytes: Option<usize>,
    pub(super) interface: Option<String>,
}

impl Common {
    /// Everything as the system has it.
    pub(super) const NEW: Self = Self {
        receive_bytes: None,
        send_bytes: None,
        interface: None,
    };

    pub(super) fn apply(&self, draft: &Draft) -> io::Result<()> {
        let advice = "ask for less, or raise the system's limit";
        if let Some(bytes) = self.receive_bytes {
            let result = draft.socket.set_recv_buffer_size(request(bytes));
            draft.set("SO_RCVBUF", bytes, advice, result)?;
        }
        if let Some(bytes) = self.send_bytes {
            let result = draft.socket.set_send_buffer_size(request(bytes));
            draft.set("SO_SNDBUF", bytes, advice, result)?;
        }
        match &self.interface {
            Some(name) => interface::bind_to(draft, name),
            None => Ok(()),
        }
    }
}

/// The methods by which a builder fills in its `common: Common`.
macro_rules! common_options {
    () => {
        /// Room for bytes received and not yet read, `SO_RCVBUF`. Default: the system's, which for TCP means that
        /// it grows with need; a size set here is fixed (tcp(7)).
        ///
        /// Set before the handshake, since the window scale is told there; what a listener has, its connections
        /// inherit. The system may grant less or more than asked without an error: see
        /// [`buffers`](crate::net::buffers). macOS and the BSDs refuse what is above their limit.
        pub const fn receive_buffer_bytes(mut self, bytes: usize) -> Self {
            self.common.receive_bytes = Some(bytes);
            self
        }

        /// Room for bytes written and not yet sent, or for TCP not yet acknowledged, `SO_SNDBUF`. As
        /// [`receive_buffer_bytes`](Self::receive_buffer_bytes) otherwise.
        pub const fn send_buffer_bytes(mut self, bytes: usize) -> Self {
            self.common.send_bytes = Some(bytes);
            self
        }

        /// Sends and receives on this interface alone, named as `ip link` or `ifconfig` names it. Default: any.
        ///
        /// `SO_BINDTODEVICE` on Linux and Android, where it needs no privilege since kernel 5.7; `IP_BOUND_IF` and
        /// `IPV6_BOUND_IF` on Apple systems. Elsewhere the socket is refused as
        /// [`Unsupported`](std::io::ErrorKind::Unsupported): use an address of the interface there.
        pub fn bind_interface(mut self, name: impl Into<String>) -> Self {
            self.common.interface = Some(name.into());
            self
        }
    };
}
pub(super) use common_options;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, kind: io::ErrorKind, expected: &str) {
        let error = io::Error::new(kind, "no");
        let error = bind_refused(address.parse().unwrap(), error);
        assert_eq!(error.kind(), kind);
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn the_advice_fits_the_fault() {
        use io::ErrorKind::*;
        check(
            "[fe80::1]:80",
            InvalidInput,
            "cannot bind [fe80::1]:80: no; a link-local address needs its interface, as in [fe80::1%2]:80",
        );
        check(
            "[fe80::1%2]:80",
            InvalidInput,
            "cannot bind [fe80::1%2]:80: no; choose another address",
        );
    }

    #[cfg(unix)]
    #[test]
    fn low_ports_are_the_privileged_ones() {
        let error = |port: u16| {
            let denied = io::Error::from(rustix::io::Errno::ACCESS);
            bind_refused(([127, 0, 0, 1], port).into(), denied).to_string()
        };
        assert_eq!(
            error(80),
            "cannot bind 127.0.0.1:80: permission denied; ports below 1024 need a privilege"
        );
        assert_eq!(
            error(8080),
            "cannot bind 127.0.0.1:8080: permission denied; choose another address"
        );
    }
}
