//! From a command line to a transfer.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Read};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use barewire_command::line::DASH;
use barewire_command::{descriptors, fault};
use barewire_lan::Selection;
#[cfg(unix)]
use barewire_reactor::Signals;
use barewire_reactor::net::SocketError;
use barewire_reactor::{Config as Shares, Reactor, Stops};
use barewire_transfer::code::Code;
use barewire_transfer::name::Portable;
use barewire_transfer::pairing::Side;
use barewire_transfer::session::Config as Session;

use crate::args::{RecvArgs, SendArgs};
use crate::config::{self, ListenAt, PORT};
use crate::discovery::Discovery;
use crate::engine::{Engine, Parts, Patience};
use crate::inbox::Inbox;
use crate::meeting::Meeting;
use crate::receiving::{Destination, Receiving, Terms};
use crate::role::Role;
use crate::sending::{Load, Sending};
use crate::source::{self, Growth, Links, Scan, ScanOptions};
use crate::store::{Overwrite, Sync};
use crate::tell::{Manner, Teller};

const SILENCE_MAX: Duration = Duration::from_secs(90);
const SEARCH: Duration = Duration::from_secs(30);
const RECONNECT: Duration = Duration::from_secs(600);

/// The whole of `bw-send`.
///
/// # Errors
///
/// What keeps it from starting. What happens later is told, and the status says it.
pub fn send(args: SendArgs) -> anyhow::Result<ExitCode> {
    let _ = descriptors::raise_limit();
    if args.to.is_some() && !args.at.is_empty() {
        return fault::refuse("--to and --at: wait at an address, or connect to one");
    }
    let common = Common::of_send(&args)?;
    let place = match &args.to {
        Some(to) => Place::There(config::connect_to("--to", to)?),
        None => Place::Here(config::listen_at("--at", &args.at)?),
    };
    let manner = Manner {
        json: args.json,
        quiet: args.quiet,
        output_is_data: false,
    };
    let teller = Teller::new("bw-send", manner);
    let mut session = session(&common, args.portable);
    session.alias = config::alias();
    // Looked at before anybody waits: a mistake shows at once.
    let scanned = scanned(&args, &teller)?;
    let code = match (
        config::code(args.code.as_deref(), args.code_file.as_deref())?,
        place.is_here(),
    ) {
        (Some(code), _) => code,
        (None, true) => made_up()?,
        (None, false) if matches!(&scanned, Scanned::Input(_)) => {
            return fault::refuse(
                "no code, and standard input is what is sent: give the code with --code-file or in BAREWIRE_CODE",
            );
        }
        (None, false) => config::ask_for_code("bw-recv")?,
    };
    let selection = selection(&args.interface)?;
    let mut reactor = reactor()?;
    let stops = stops(&mut reactor)?;
    let is_announced = !args.no_announce && code.number().is_some() && place.is_here();
    let meeting = place.meet(
        Side::Sender,
        code.clone(),
        is_announced,
        &teller,
        &mut reactor,
    )?;
    let discovery = match is_announced {
        true => announce(&code, &meeting, selection, &teller, &mut reactor),
        false => None,
    };
    let inbox = Inbox::new(reactor.waker());
    let (load, skipped) = load(scanned, &args, &inbox)?;
    let role = Sending::new(load, session, skipped);
    run(Parts {
        reactor,
        stops,
        meeting,
        discovery,
        role,
        inbox,
        teller,
        rate: common.rate,
        patience: common.patience,
    })
}

/// The whole of `bw-recv`.
///
/// # Errors
///
/// What keeps it from starting. What happens later is told, and the status says it.
pub fn receive(args: RecvArgs) -> anyhow::Result<ExitCode> {
    let _ = descriptors::raise_limit();
    let common = Common::of_recv(&args)?;
    let place = match (&args.at, args.listen.as_slice()) {
        (Some(at), []) => Place::There(config::connect_to("--at", at)?),
        (None, [_, ..]) => Place::Here(config::listen_at("--listen", &args.listen)?),
        (Some(_), _) => {
            return fault::refuse("--at and --listen: connect to an address, or wait at one");
        }
        (None, []) => Place::Sought,
    };
    let output_is_data = args.output.as_deref() == Some(DASH);
    let manner = Manner {
        json: args.json,
        quiet: args.quiet,
        output_is_data,
    };
    let teller = Teller::new("bw-recv", manner);
    let terms = terms(&args)?;
    let code = match (
        config::code(args.code.as_deref(), args.code_file.as_deref())?,
        place.is_here(),
    ) {
        (Some(code), _) => code,
        (None, true) => made_up()?,
        (None, false) => config::ask_for_code("bw-send")?,
    };
    let selection = selection(&args.interface)?;
    let mut patience = common.patience;
    if let Place::Sought = place {
        patience.wait = patience.wait.or(Some(SEARCH));
    }
    let mut session = session(&common, args.portable);
    session.alias = config::alias();
    let mut reactor = reactor()?;
    let stops = stops(&mut reactor)?;
    let discovery = match place {
        Place::Sought => Some(search(&code, selection, &mut reactor)?),
        Place::Here(_) | Place::There(_) => None,
    };
    let meeting = place.meet(Side::Receiver, code, false, &teller, &mut reactor)?;
    let inbox = Inbox::new(reactor.waker());
    let destination = Destination::new(args.output.as_deref(), inbox.clone());
    let role = Receiving::new(destination, terms, session);
    run(Parts {
        reactor,
        stops,
        meeting,
        discovery,
        role,
        inbox,
        teller,
        rate: common.rate,
        patience,
    })
}

/// Lets the network know that somebody waits here; without that, the other side needs the address.
fn announce(
    code: &Code,
    meeting: &Meeting,
    selection: Option<Selection>,
    teller: &Teller,
    reactor: &mut Reactor,
) -> Option<Discovery> {
    let addresses = meeting.addresses(reactor);
    let first = addresses.first()?;
    // An announcement has one port: that of the first.
    let here = addresses
        .iter()
        .filter(|address| address.port() == first.port());
    let announced = match selection {
        Some(selection) => Ok(selection),
        None => interfaces_of(here.map(SocketAddr::ip).collect()),
    }
    .and_then(|selection| Discovery::announce(code, first.port(), selection, reactor));
    match announced {
        Ok(discovery) => discovery,
        Err(error) => {
            let words = fault::reason(&SocketError::system_of(error));
            teller.warn(&format!(
                "cannot be found by others ({words}); bw-recv needs --at"
            ));
            None
        }
    }
}

/// Who listens at some addresses alone is to be found there alone.
fn interfaces_of(ips: Vec<IpAddr>) -> io::Result<Selection> {
    if ips.iter().any(IpAddr::is_unspecified) {
        return Ok(Selection::all());
    }
    // 127.0.0.2 is an address of this machine too, though no interface says so.
    if ips.iter().all(IpAddr::is_loopback) {
        return Ok(Selection::loopback());
    }
    let words: Vec<String> = ips.iter().map(IpAddr::to_string).collect();
    Selection::parse(&words)
}

fn search(
    code: &Code,
    selection: Option<Selection>,
    reactor: &mut Reactor,
) -> anyhow::Result<Discovery> {
    let selection = selection.unwrap_or_else(Selection::all);
    match Discovery::search(code, selection, reactor) {
        Ok(Some(discovery)) => Ok(discovery),
        Ok(None) => fault::refuse(
            "a code of your own is not announced, all of it being a secret: say --at HOST, as bw-send has printed",
        ),
        Err(error) => Err(fault::fail(
            "cannot search for bw-send; say --at HOST, as it has printed",
            SocketError::system_of(error),
        )),
    }
}

/// The interfaces that were named, if any were.
fn selection(typed: &[String]) -> anyhow::Result<Option<Selection>> {
    if typed.is_empty() {
        return Ok(None);
    }
    match Selection::parse(typed) {
        Ok(selection) => Ok(Some(selection)),
        Err(error) => fault::refuse(format!("--interface: {error}")),
    }
}

fn run<R: Role>(parts: Parts<R>) -> anyhow::Result<ExitCode> {
    let status = Engine::new(parts)
        .run()
        .map_err(|error| fault::fail("cannot wait for events", error))?;
    Ok(ExitCode::from(status as u8))
}

/// What both programs take.
struct Common {
    rate: Option<u64>,
    silence_max: Duration,
    patience: Patience,
}

impl Common {
    fn of_send(args: &SendArgs) -> anyhow::Result<Self> {
        Self::of(
            args.rate.as_deref(),
            args.timeout,
            args.wait,
            args.reconnect,
        )
    }

    fn of_recv(args: &RecvArgs) -> anyhow::Result<Self> {
        Self::of(
            args.rate.as_deref(),
            args.timeout,
            args.wait,
            args.reconnect,
        )
    }

    fn of(
        rate: Option<&str>,
        timeout: Option<f64>,
        wait: Option<f64>,
        reconnect: Option<f64>,
    ) -> anyhow::Result<Self> {
        let timeout = config::seconds("--timeout", timeout, Duration::from_secs(1))?;
        let reconnect = config::seconds("--reconnect", reconnect, Duration::ZERO)?;
        Ok(Self {
            rate: config::rate(rate)?,
            silence_max: timeout.unwrap_or(SILENCE_MAX),
            patience: Patience {
                wait: config::seconds("--wait", wait, Duration::ZERO)?,
                reconnect: reconnect.unwrap_or(RECONNECT),
            },
        })
    }
}

fn session(common: &Common, portable: bool) -> Session {
    let mut session = Session {
        silence_max: common.silence_max,
        ..Session::default()
    };
    if portable {
        session.portable = Portable::Yes;
    }
    session
}

fn reactor() -> anyhow::Result<Reactor> {
    // One connection, which may have as much of a turn as it likes.
    let shares = Shares {
        read_bytes_per_turn_max: 1 << 20,
        write_bytes_per_turn_max: 1 << 20,
        ..Shares::default()
    };
    Reactor::with_config(shares).map_err(|error| fault::fail("cannot wait for events", error))
}

fn stops(reactor: &mut Reactor) -> anyhow::Result<Stops> {
    let fault = |error| fault::fail("cannot listen for signals", error);
    // A file would be larger than allowed, which the call that makes it so says as well. Unheard, it would end the
    // program; once it was watched it never does, so that nobody has to keep the set.
    #[cfg(unix)]
    drop(Signals::new([rustix::process::Signal::XFSZ.as_raw()]).map_err(fault)?);
    Stops::watch(reactor).map_err(fault)
}

fn made_up() -> anyhow::Result<Code> {
    Code::generate().map_err(anyhow::Error::new)
}

/// Where to meet.
enum Place {
    Here(ListenAt),
    There(Vec<SocketAddr>),
    Sought,
}

impl Place {
    fn is_here(&self) -> bool {
        matches!(self, Self::Here(_))
    }

    fn meet(
        self,
        side: Side,
        code: Code,
        is_announced: bool,
        teller: &Teller,
        reactor: &mut Reactor,
    ) -> anyhow::Result<Meeting> {
        let at = match self {
            Self::There(addresses) => {
                return Ok(Meeting::dial(side, code, addresses, Instant::now()));
            }
            Self::Sought => return Ok(Meeting::seek(side, code)),
            Self::Here(at) => at,
        };
        let shown = code.to_string();
        let meeting = listen(side, code, at, reactor)?;
        let addresses = meeting.addresses(reactor);
        for address in &addresses {
            teller.listening(&address.to_string());
        }
        let advice = addresses.first().map(|&address| {
            let reached = reached_at(address);
            match side {
                Side::Sender if is_announced => format!(
                    "on the other machine: bw-recv {shown}\n\
                     or, from another network: bw-recv {shown} --at {reached}"
                ),
                Side::Sender => format!("on the other machine: bw-recv {shown} --at {reached}"),
                Side::Receiver => {
                    format!("on the other machine: bw-send FILES --to {reached} --code {shown}")
                }
            }
        });
        teller.code(&shown, &advice.unwrap_or_default());
        Ok(meeting)
    }
}

/// What to type on another machine for an address that is listened at.
fn reached_at(address: SocketAddr) -> String {
    let ip = match address.ip() {
        ip if ip.is_unspecified() => config::own_address(),
        ip => Some(ip),
    };
    match (ip, address.port()) {
        (Some(ip), PORT) => ip.to_string(),
        (Some(ip), port) => SocketAddr::new(ip, port).to_string(),
        // Not connected to anything but its neighbours, who may know it by its name.
        (None, PORT) => config::alias(),
        (None, port) => format!("{}:{port}", config::alias()),
    }
}

fn listen(side: Side, code: Code, at: ListenAt, reactor: &mut Reactor) -> anyhow::Result<Meeting> {
    let addresses = match at {
        ListenAt::These(addresses) => addresses,
        ListenAt::Anywhere => {
            let any = ["[::]", "0.0.0.0"];
            for (ip, port) in [(any[0], PORT), (any[0], 0), (any[1], PORT), (any[1], 0)] {
                let Ok(address) = format!("{ip}:{port}").parse() else {
                    continue;
                };
                if let Ok(meeting) = Meeting::listen(side, code.clone(), &[address], reactor) {
                    return Ok(meeting);
                }
            }
            vec![SocketAddr::from(([0, 0, 0, 0], PORT))]
        }
    };
    Meeting::listen(side, code, &addresses, reactor).map_err(|(address, error)| {
        let advice = match error.kind() {
            io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege; take another",
            io::ErrorKind::AddrInUse => "another program has that port; take another, or 0 for any",
            io::ErrorKind::AddrNotAvailable => "that address is not one of this machine",
            _ => "try another address",
        };
        let words = fault::reason(&SocketError::system_of(error));
        anyhow::anyhow!("cannot listen on {address}: {words}; {advice}")
    })
}

fn terms(args: &RecvArgs) -> anyhow::Result<Terms> {
    let overwrite = match args.overwrite.as_deref() {
        None | Some("ask") => None,
        Some("refuse") => Some(Overwrite::Refuse),
        Some("rename") => Some(Overwrite::Rename),
        Some("replace") => Some(Overwrite::Replace),
        Some(other) => {
            return fault::refuse(format!(
                "--overwrite {other}: say ask, refuse, rename or replace"
            ));
        }
    };
    Ok(Terms {
        yes: args.yes,
        can_ask: !args.yes,
        hidden: args.hidden,
        overwrite,
        sync: if args.no_sync {
            Sync::None
        } else {
            Sync::Durable
        },
    })
}

/// What is to be sent, looked at.
enum Scanned {
    Text(String),
    Files(Scan),
    Input(Scan),
}

fn scanned(args: &SendArgs, teller: &Teller) -> anyhow::Result<Scanned> {
    let options = ScanOptions {
        links: if args.links {
            Links::InTree
        } else {
            Links::Skip
        },
        portable: if args.portable {
            Portable::Yes
        } else {
            Portable::No
        },
        ..ScanOptions::default()
    };
    match (&args.text, args.paths.as_slice()) {
        (Some(text), []) => text_of(text).map(Scanned::Text),
        (Some(_), _) => fault::refuse("--text and files: send one or the other"),
        (None, []) => fault::refuse(
            "nothing to send: name files or directories, - for standard input, or --text",
        ),
        (None, [path]) if path == DASH => {
            let name = args.name.as_deref().unwrap_or("stdin");
            Ok(Scanned::Input(source::scan_input(
                OsStr::new(name),
                &options,
            )?))
        }
        (None, paths) if paths.iter().any(|path| path == DASH) => fault::refuse(
            "- and files: standard input is sent alone; for a file of that name say ./-",
        ),
        (None, _) if args.name.is_some() => {
            fault::refuse("--name: only what comes from standard input is named so")
        }
        (None, paths) => {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            let scan = source::scan(&paths, &options)?;
            for skipped in &scan.skipped {
                teller.warn(&format!("left out: {skipped}"));
            }
            Ok(Scanned::Files(scan))
        }
    }
}

/// A text, or standard input's.
fn text_of(typed: &str) -> anyhow::Result<String> {
    let max = Session::default().limits.text_bytes_max;
    let text = if typed == DASH {
        let mut text = String::new();
        let stdin = io::stdin().lock().take(u64::from(max) + 1);
        let mut stdin = stdin;
        stdin
            .read_to_string(&mut text)
            .map_err(|error| fault::fail("cannot read the text from standard input", error))?;
        text
    } else {
        typed.to_owned()
    };
    if text.len() > max as usize {
        return fault::refuse(format!(
            "--text: longer than {max} bytes; send it as a file"
        ));
    }
    Ok(text)
}

fn load(
    scanned: Scanned,
    args: &SendArgs,
    inbox: &Inbox<source::Report>,
) -> anyhow::Result<(Load, usize)> {
    let (scan, input) = match scanned {
        Scanned::Text(text) => return Ok((Load::Text(text), 0)),
        Scanned::Files(scan) => (scan, None),
        Scanned::Input(scan) => {
            if io::stdin().is_terminal() {
                eprintln!("bw-send: standard input is the terminal; end it with Ctrl-D");
            }
            let input = source::standard_input()
                .map_err(|error| fault::fail("cannot read standard input", error))?;
            (scan, Some(input))
        }
    };
    let options = source::Options {
        growth: if args.growing {
            Growth::Allowed
        } else {
            Growth::Refused
        },
        input,
    };
    let missed = scan.skipped.iter().filter(|skipped| skipped.why.is_fault());
    let missed = missed.count();
    let inbox = inbox.clone();
    let report = Box::new(move |report| inbox.push(report));
    let worker = source::Worker::start(scan.places, options, report)
        .map_err(|error| fault::fail("cannot start a thread", error))?;
    let load = Load::Files {
        manifest: scan.manifest,
        worker,
    };
    Ok((load, missed))
}
