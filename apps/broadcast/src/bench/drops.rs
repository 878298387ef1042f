//! Datagrams that the system has thrown away because nobody fetched them in time.

/// Asks the system how many a socket has lost that way.
#[derive(Debug)]
pub struct Drops {
    #[cfg(target_os = "linux")]
    inode: Option<u64>,
}

#[cfg(target_os = "linux")]
impl Drops {
    /// Of this socket.
    #[must_use]
    pub fn of(socket: &std::net::UdpSocket) -> Self {
        let inode = rustix::fs::fstat(socket).ok().map(|stat| stat.st_ino);
        Self { inode }
    }

    /// How many there have been so far. The count begins again after 2^32.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        let inode = self.inode?;
        let tables = ["/proc/self/net/udp6", "/proc/self/net/udp"];
        let mut tables = tables.into_iter().map(std::fs::read_to_string);
        tables.find_map(|table| find(&table.ok()?, inode))
    }
}

#[cfg(not(target_os = "linux"))]
impl Drops {
    /// Of this socket.
    #[must_use]
    pub fn of(_: &std::net::UdpSocket) -> Self {
        Self {}
    }

    /// Only Linux tells it for each socket.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        None
    }
}

/// The column `drops` of the line with that `inode`, see proc_net_udp in the kernel's documentation.
#[cfg(any(test, target_os = "linux"))]
fn find(table: &str, inode: u64) -> Option<u32> {
    const INODE: usize = 9;
    const DROPS: usize = 12;
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_it = fields.get(INODE)?.parse() == Ok(inode);
        is_it.then(|| fields.get(DROPS)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    const TABLE: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             \n  \
      412: 00000000:1418 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 77001 2 0000000000000000 17        \n  \
      633: 0100007F:D2AA 00000000:0000 07 00000000:00034500 00:00000000 00000000  1000        0 4711 2 0000000000000000 4294967295\n";

    #[test]
    fn the_line_of_the_socket_is_found() {
        assert_eq!(find(TABLE, 77001), Some(17));
        assert_eq!(find(TABLE, 4711), Some(u32::MAX));
        assert_eq!(find(TABLE, 17), None);
        assert_eq!(find("", 17), None);
        assert_eq!(find("a\nb c\n", 17), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_socket_that_nobody_reads_loses() {
        use std::net::UdpSocket;

        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        barewire_reactor::net::set_receive_buffer_bytes(&socket, 4096).expect("an option");
        let drops = super::Drops::of(&socket);
        assert_eq!(drops.count(), Some(0));
        let address = socket.local_addr().expect("bound");
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a port");
        for _ in 0..100 {
            sender.send_to(&[0; 1000], address).expect("sent");
        }
        let dropped = drops.count().expect("a number");
        assert!((50..100).contains(&dropped), "{dropped}");
    }
}
