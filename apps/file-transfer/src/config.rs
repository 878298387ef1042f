//! What it means.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use barewire_command::address::HostFlag;
use barewire_command::amount;
use barewire_command::fault;
use barewire_transfer::code::Code;

/// Where the pair meets unless told otherwise.
pub const PORT: u16 = 5142;

/// The variable that a code may be in.
const VARIABLE: &str = "BAREWIRE_CODE";

/// Longest first line of a file with a code.
const CODE_BYTES_MAX: u64 = 1024;

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAt {
    /// Anywhere, with a port of the system's choice if the usual one is taken.
    Anywhere,
    /// Here.
    These(Vec<SocketAddr>),
}

/// Addresses to listen at, `HOST`, `HOST:PORT` or `:PORT`.
///
/// # Errors
///
/// What cannot be read or looked up.
pub fn listen_at(flag: &'static str, typed: &[String]) -> anyhow::Result<ListenAt> {
    if typed.is_empty() {
        return Ok(ListenAt::Anywhere);
    }
    let mut addresses = Vec::new();
    for text in typed {
        for address in host_flag(flag, Some(Ipv6Addr::UNSPECIFIED.into())).addresses(text)? {
            if address.port() == 0 || !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    Ok(ListenAt::These(addresses))
}

/// Addresses of one machine to connect to, `HOST` or `HOST:PORT`.
///
/// # Errors
///
/// What cannot be read or looked up.
pub fn connect_to(flag: &'static str, text: &str) -> anyhow::Result<Vec<SocketAddr>> {
    let mut addresses = host_flag(flag, None).addresses(text)?;
    addresses.dedup();
    // More than a machine has; each takes a socket.
    addresses.truncate(16);
    Ok(addresses)
}

fn host_flag(name: &'static str, any: Option<IpAddr>) -> HostFlag {
    HostFlag {
        name,
        port: PORT,
        any,
    }
}

/// Bytes a second, with K, M or G for powers of 1000.
///
/// # Errors
///
/// For what is no such number, or 0.
pub fn rate(text: Option<&str>) -> anyhow::Result<Option<u64>> {
    let Some(text) = text else {
        return Ok(None);
    };
    match amount::bytes(text) {
        Some(bytes) => Ok(Some(bytes.get())),
        None => fault::refuse(format!(
            "--rate {text}: say how many bytes a second, 1 or more, such as 500K or 2M"
        )),
    }
}

/// A time of so many seconds.
///
/// # Errors
///
/// For what is no time, or shorter than `least`.
pub fn seconds(
    flag: &str,
    typed: Option<f64>,
    least: Duration,
) -> anyhow::Result<Option<Duration>> {
    let Some(seconds) = typed else {
        return Ok(None);
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if time >= least => Ok(Some(time)),
        _ => fault::refuse(format!(
            "{flag} {seconds}: say how many seconds, {} or more",
            least.as_secs_f64()
        )),
    }
}

/// A code from the command line, a file, or the environment.
///
/// # Errors
///
/// A file that cannot be read, or a code that cannot be one.
pub fn code(typed: Option<&str>, file: Option<&str>) -> anyhow::Result<Option<Code>> {
    if let Some(typed) = typed {
        return read_code(typed, "").map(Some);
    }
    if let Some(file) = file {
        let line = first_line(file)
            .map_err(|error| fault::fail(&format!("--code-file {file}: cannot read"), error))?;
        return read_code(&line, &format!("--code-file {file}: ")).map(Some);
    }
    match std::env::var(VARIABLE) {
        Ok(typed) => read_code(&typed, &format!("{VARIABLE}: ")).map(Some),
        Err(_) => Ok(None),
    }
}

fn read_code(typed: &str, whence: &str) -> anyhow::Result<Code> {
    match Code::custom(typed) {
        Ok(code) => Ok(code),
        Err(error) => fault::refuse(format!("{whence}{error}")),
    }
}

fn first_line(file: &str) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(File::open(file)?.take(CODE_BYTES_MAX)).read_line(&mut line)?;
    Ok(line)
}

/// Asks for the code, where nobody has said it yet.
///
/// # Errors
///
/// If nobody can be asked, or what is typed is no code.
pub fn ask_for_code(of: &str) -> anyhow::Result<Code> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let _ = write!(io::stderr(), "code of {of}: ");
        let _ = io::stderr().flush();
    }
    let mut line = String::new();
    let read = stdin.lock().take(CODE_BYTES_MAX).read_line(&mut line);
    match read {
        Ok(1..) => read_code(&line, ""),
        _ => fault::refuse(format!(
            "no code: give the one that {of} has printed, as CODE, in {VARIABLE} or with --code-file"
        )),
    }
}

/// The address by which others most likely reach this machine: that of the way out, without sending anything.
#[must_use]
pub fn own_address() -> Option<IpAddr> {
    let probe = |local: IpAddr, far: IpAddr| {
        let socket = std::net::UdpSocket::bind((local, 0)).ok()?;
        socket.connect((far, 9)).ok()?;
        let address = socket.local_addr().ok()?.ip();
        (!address.is_unspecified()).then_some(address)
    };
    // Addresses for documentation: routed like others, and nobody's.
    let v4 = probe(
        Ipv4Addr::UNSPECIFIED.into(),
        Ipv4Addr::new(192, 0, 2, 1).into(),
    );
    v4.or_else(|| {
        let far = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
        probe(Ipv6Addr::UNSPECIFIED.into(), far.into())
    })
}

/// What this machine is called.
#[must_use]
pub fn alias() -> String {
    #[cfg(unix)]
    {
        let uname = rustix::system::uname();
        uname.nodename().to_string_lossy().into_owned()
    }
    #[cfg(windows)]
    {
        std::env::var("COMPUTERNAME").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = connect_to("--at", text).expect("valid");
        assert_eq!(found[0].to_string(), expected);
    }

    #[test]
    fn addresses_with_and_without_ports() {
        check("127.0.0.1", "127.0.0.1:5142");
        check("127.0.0.1:9", "127.0.0.1:9");
        check("::1", "[::1]:5142");
        check("[::1]", "[::1]:5142");
        check("[::1]:9", "[::1]:9");
        check("fe80::1%1", "[fe80::1%1]:5142");
        check("[fe80::1%1]:9", "[fe80::1%1]:9");
        let any = listen_at("--at", &[":9".to_owned()]).expect("valid");
        assert_eq!(any, ListenAt::These(vec!["[::]:9".parse().expect("valid")]));
    }

    #[track_caller]
    fn check_refused(text: &str, expected: &str) {
        let error = connect_to("--at", text).expect_err("refused");
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        check_refused(
            ":9",
            "--at :9: no host; say HOST or HOST:PORT, such as 192.168.1.5 or [::1]:5142",
        );
        check_refused(
            "host:99999",
            "--at host:99999: 99999 is no port; say HOST or HOST:PORT, such as 192.168.1.5 or [::1]:5142",
        );
    }

    #[test]
    fn rates() {
        let rate = |text| rate(Some(text)).ok().flatten();
        assert_eq!(rate("5"), Some(5));
        assert_eq!(rate("5k"), Some(5000));
        assert_eq!(rate("2M"), Some(2_000_000));
        assert_eq!(rate("0"), None);
        assert_eq!(rate("2T"), None);
        assert_eq!(rate(""), None);
        assert_eq!(rate("99999999999G"), None);
    }
}
