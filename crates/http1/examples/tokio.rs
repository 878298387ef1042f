//! The echo server of `shared/echo.rs` on tokio: a task for each connection.
//!
//! ```text
//! cargo run -p barewire-http1 --example tokio -- ADDR [CONNECTIONS]
//! curl --data hello http://ADDR/
//! ```

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

#[path = "shared/echo.rs"]
mod echo;

use echo::{Due, Echo};

const WAIT_MAX: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(addr) = words.next() else {
        eprintln!("usage: tokio ADDR [CONNECTIONS]");
        return ExitCode::from(2);
    };
    let connections = words.next().and_then(|count| count.parse().ok());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let served = runtime.and_then(|runtime| {
        runtime.block_on(async {
            let listener = TcpListener::bind(&addr).await?;
            serve(listener, connections.unwrap_or(usize::MAX)).await
        })
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tokio: {addr}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves so many connections.
pub(crate) async fn serve(listener: TcpListener, connections: usize) -> io::Result<()> {
    eprintln!("listening on {}", listener.local_addr()?);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (stream, peer) = listener.accept().await?;
        tasks.spawn(async move {
            if let Err(error) = converse(stream).await {
                eprintln!("{peer}: {error}");
            }
        });
        while tasks.try_join_next().is_some() {} // those that have ended
    }
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// One connection, from its first byte to its close.
async fn converse(mut stream: TcpStream) -> io::Result<()> {
    let mut echo = Echo::new();
    let (mut input, mut out) = (Vec::new(), Vec::new());
    loop {
        let due = echo.round(&mut input, &mut out).map_err(io::Error::other)?;
        timeout(WAIT_MAX, stream.write_all(&out)).await??;
        out.clear();
        if due == Due::Close || timeout(WAIT_MAX, stream.read_buf(&mut input)).await?? == 0 {
            return stream.shutdown().await;
        }
    }
}
