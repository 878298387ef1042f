//! Answering, from the port that was asked.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

use barewire_reactor::{Key, Output, Reactor};
use quinn_udp::{Transmit, UdpSockRef};

use crate::error::refused;
use crate::inbox::Role;
use crate::lan::Lan;
use crate::send::{advice, not_in_use};
use crate::socket::Socket;

impl Lan {
    /// Answers a datagram that came to the port that is heard: from that port, by the interface that it came by, to the
    /// one machine that sent it. Askers that have connected their socket hear nobody else.
    ///
    /// `from` is the address that was asked, the datagram's destination; if it is one of this machine's, the answer comes
    /// from there, otherwise from one that the system chooses. The answer is not cut into fragments, so that it has to fit
    /// the network's MTU, as a rule 1472 bytes. Broadcast addresses are refused by the system.
    ///
    /// # Errors
    ///
    /// As of [`send`](Self::send).
    pub fn answer(
        &self,
        reactor: &mut Reactor,
        interface: NonZeroU32,
        from: Option<IpAddr>,
        bytes: &[u8],
        to: SocketAddr,
    ) -> io::Result<Output> {
        let found = self
            .interface(interface)
            .ok_or_else(|| not_in_use(interface))?;
        let hears = |socket: &&Socket| {
            socket.interface == interface
                && socket.want.role() == Role::Hearing
                && socket.want.is_v4() == to.is_ipv4()
        };
        let socket = self.sockets.iter().find(hears);
        let socket = socket.ok_or_else(|| not_in_use(interface))?;
        let own = |address: &IpAddr| self.interfaces.iter().any(|one| one.has(*address));
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents: bytes,
            segment_size: None,
            src_ip: from.filter(own),
        };
        self.transmit(reactor, socket.key, socket, &transmit)
            .map_err(|error| {
                let attempt = format!("answer {to} on {}", found.name);
                let advice = advice(&error, to);
                refused(attempt, error, advice)
            })
    }

    fn transmit(
        &self,
        reactor: &mut Reactor,
        key: Key<std::net::UdpSocket>,
        socket: &Socket,
        transmit: &Transmit<'_>,
    ) -> io::Result<Output> {
        match &socket.batches {
            Some(state) => reactor.write_with(key, |socket| {
                state.try_send(UdpSockRef::from(socket), transmit)?;
                Ok(transmit.contents.len())
            }),
            None => reactor.send_to(key, transmit.contents, transmit.destination),
        }
    }
}
