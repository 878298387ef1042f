//! Files onto sockets: one shape, and what each system has for it.

use std::fs::File;
use std::io;
use std::net::TcpStream;

use barewire_reactor::{Key, Output, Reactor};

use crate::body::FileRange;

/// Appends the whole range to `out`.
///
/// # Errors
///
/// `UnexpectedEof` when the file has become shorter than the range.
pub(crate) fn read_to_end_of(range: &FileRange, out: &mut Vec<u8>) -> io::Result<()> {
    let start = out.len();
    out.resize(start + range.len as usize, 0);
    let mut done = 0;
    while start + done < out.len() {
        match read_at(
            &range.file,
            &mut out[start + done..],
            range.start + done as u64,
        ) {
            Ok(0) => return Err(shorter()),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn shorter() -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the file became shorter while it was sent",
    )
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(target_os = "linux")]
pub(crate) use linux::{send, send_before_file};
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::{send, send_before_file};

#[cfg(target_os = "linux")]
mod linux {
    use rustix::io::Errno;
    use rustix::net::SendFlags;

    use super::*;

    /// Writes a head; with `MSG_MORE` when a file follows, so that both share segments.
    pub(crate) fn send_before_file(
        reactor: &mut Reactor,
        key: Key<TcpStream>,
        bytes: &[u8],
        file_follows: bool,
    ) -> io::Result<Output> {
        if !file_follows {
            return reactor.write(key, bytes);
        }
        let flags = SendFlags::MORE | SendFlags::NOSIGNAL;
        match retry(|| rustix::net::send(stream(reactor, key)?, bytes, flags))? {
            Some(count) => Ok(Output::Bytes(count)),
            None => Ok(Output::Blocked),
        }
    }

    /// Has the system send a piece of a file, by
    /// [sendfile(2)](https://man7.org/linux/man-pages/man2/sendfile.2.html); `None` where
    /// this file can only be read and written.
    pub(crate) fn send(
        reactor: &Reactor,
        key: Key<TcpStream>,
        range: &FileRange,
        bytes_max: u64,
    ) -> io::Result<Option<Output>> {
        let count = range.len.min(bytes_max) as usize;
        let mut offset = range.start;
        let sent = retry(|| {
            let stream = stream(reactor, key)?;
            rustix::fs::sendfile(stream, &*range.file, Some(&mut offset), count)
        });
        match sent {
            Ok(None) => Ok(Some(Output::Blocked)),
            Ok(Some(0)) => Err(shorter()),
            Ok(Some(count)) => Ok(Some(Output::Bytes(count))),
            // A file system without pages to send from, or a place in a file that is beyond
            // what its file system says it can hold.
            Err(error)
                if matches!(
                    Errno::from_io_error(&error),
                    Some(Errno::INVAL | Errno::NOSYS | Errno::OVERFLOW)
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn stream(reactor: &Reactor, key: Key<TcpStream>) -> Result<&TcpStream, Errno> {
        reactor.get(key).ok_or(Errno::BADF)
    }

    /// `None` where the call would block.
    fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> io::Result<Option<T>> {
        loop {
            match call() {
                Ok(value) => return Ok(Some(value)),
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod portable {
    use super::*;

    pub(crate) fn send_before_file(
        reactor: &mut Reactor,
        key: Key<TcpStream>,
        bytes: &[u8],
        _file_follows: bool,
    ) -> io::Result<Output> {
        reactor.write(key, bytes)
    }

    /// No system call for it that all the others share: it is read and written.
    pub(crate) fn send(
        _reactor: &Reactor,
        _key: Key<TcpStream>,
        _range: &FileRange,
        _bytes_max: u64,
    ) -> io::Result<Option<Output>> {
        Ok(None)
    }
}
