//! Serving, once everything is known.

use std::io::{self, Write};
use std::sync::Arc;

use barewire_command::descriptors;
use barewire_command::fault::fail;
use barewire_http_server::{Config as ServerConfig, Server};

use crate::config::{Config, LISTEN};
use crate::site::Site;

/// Serves until a signal ends it.
///
/// # Errors
///
/// An address that cannot be listened on, or a loop that fails.
pub fn run(config: Config) -> anyhow::Result<()> {
    log_to_stderr(config.verbose);
    if let Err(error) = descriptors::raise_limit() {
        log::debug!("the descriptor limit stays as it is: {error}");
    }
    let mut server = Server::bind(&config.listen, limits())
        .map_err(|error| LISTEN.advise(error.address, error.error))?;
    on_signals(&mut server)?;
    for address in server.local_addrs() {
        // A closed standard error is no reason to stop serving.
        let _ = writeln!(io::stderr(), "listening on {address}");
    }
    let threads = config.threads;
    let site = Arc::new(config);
    server
        .run_threads(threads, |_| Site::new(Arc::clone(&site)))
        .map_err(|error| fail("the server stopped", error))
}

/// No request body is ever wanted here, so none is too large: what comes with a method that
/// is refused is read away or cut off by the server, and the answer says what is wrong.
fn limits() -> ServerConfig {
    let mut config = ServerConfig::default();
    config.limits.body_bytes_max = u64::MAX;
    config
}

/// Both write a byte to the server's own loop: no thread waits for them.
#[cfg(unix)]
fn on_signals(server: &mut Server) -> anyhow::Result<()> {
    use std::os::unix::net::UnixStream;

    use signal_hook::consts::{SIGINT, SIGTERM};

    let fault = |error| fail("cannot listen for signals", error);
    let (told, tell) = UnixStream::pair().map_err(fault)?;
    for signal in [SIGINT, SIGTERM] {
        let tell = tell.try_clone().map_err(fault)?;
        signal_hook::low_level::pipe::register(signal, tell).map_err(fault)?;
    }
    server.end_on(told);
    Ok(())
}

#[cfg(windows)]
fn on_signals(server: &mut Server) -> anyhow::Result<()> {
    let controller = server.controller();
    let draining = std::sync::atomic::AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if draining.swap(true, std::sync::atomic::Ordering::SeqCst) {
            controller.stop();
        } else {
            controller.drain();
        }
    })
    .map_err(|error| anyhow::anyhow!("cannot listen for console events: {error}"))
}

/// Warnings and errors of the server, a line each, on standard error.
struct StderrLog;

impl log::Log for StderrLog {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let level = record.level().as_str().to_ascii_lowercase();
        let message = record.args().to_string();
        let message = message.escape_debug();
        let _ = writeln!(io::stderr(), "bw-httpd: {level}: {message}");
    }

    fn flush(&self) {}
}

fn log_to_stderr(verbose: bool) {
    static LOG: StderrLog = StderrLog;
    // Only fails where a logger is set already, and then that one is used.
    let _ = log::set_logger(&LOG);
    log::set_max_level(if verbose {
        log::LevelFilter::Debug
    } else {
        log::LevelFilter::Warn
    });
}
