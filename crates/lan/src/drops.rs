//! What the system threw away because a socket's buffer was full.

use std::net::UdpSocket;

/// By what the system's table of sockets names this one. None where there is no such table.
#[cfg(target_os = "linux")]
pub(crate) fn inode(socket: &UdpSocket) -> Option<u64> {
    use std::os::fd::AsRawFd;
    let link = format!("/proc/self/fd/{}", socket.as_raw_fd());
    let name = std::fs::read_link(link).ok()?;
    let number = name.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
    number.parse().ok()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn inode(_: &UdpSocket) -> Option<u64> {
    None
}

/// Datagrams dropped at these sockets, in all. None where the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn count(inodes: &[u64]) -> Option<u64> {
    let v4 = std::fs::read_to_string("/proc/self/net/udp").ok()?;
    // Absent where IPv6 is.
    let v6 = std::fs::read_to_string("/proc/self/net/udp6").unwrap_or_default();
    Some(sum(&v4, inodes) + sum(&v6, inodes))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn count(_: &[u64]) -> Option<u64> {
    None
}

/// Beneath a line of headings there is a line a socket: the tenth word is the inode, the last the drops
/// (proc_net_udp(5), <https://man7.org/linux/man-pages/man5/proc_net_udp.5.html>; net/ipv4/udp.c, udp4_format_sock).
#[cfg(any(target_os = "linux", test))]
fn sum(table: &str, inodes: &[u64]) -> u64 {
    let drops = |line: &str| -> Option<u64> {
        let inode = line.split_ascii_whitespace().nth(9)?.parse().ok()?;
        let drops = line.split_ascii_whitespace().last()?.parse().ok()?;
        inodes.contains(&inode).then_some(drops)
    };
    table.lines().skip(1).filter_map(drops).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  310: 00000000:1417 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1234 2 0000000000000000 17
  310: 0100007F:1418 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1235 2 0000000000000000 4
  999: truncated
";

    #[test]
    fn the_last_column_of_our_own_lines() {
        assert_eq!(sum(TABLE, &[1234, 1235]), 21);
        assert_eq!(sum(TABLE, &[1235, 99]), 4);
        assert_eq!(sum(TABLE, &[]), 0);
        assert_eq!(sum("", &[1234]), 0);
    }
}
