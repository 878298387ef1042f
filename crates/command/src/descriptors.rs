//! How many descriptors a process may have open.

use std::io;

/// Raises the soft limit to the hard one.
///
/// Connections and open files are descriptors; the soft limit of 1024 is a relic of
/// `select`. Windows has no such limit, and nothing is done there.
///
/// # Errors
///
/// The system's, and the limit stays as it was. A program works without, until it has too
/// many open.
#[cfg(unix)]
pub fn raise_limit() -> io::Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}

/// Does nothing: this system has no such limit.
///
/// # Errors
///
/// None here.
#[cfg(windows)]
pub fn raise_limit() -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        super::raise_limit().expect("a limit may be raised to the hard one");
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
