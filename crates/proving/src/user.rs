//! Somebody else than root.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A user who owns nothing.
pub const NOBODY: u32 = 65534;

/// Has the command run as an ordinary user, who owns these directories; not, and a line why, where none can be had.
pub fn as_ordinary_user(command: &mut Command, directories: &[&Path]) -> bool {
    if rustix::process::geteuid().is_root() {
        let mut probe = Command::new(command.get_program());
        probe.arg("--version").uid(NOBODY).stdout(Stdio::null());
        if let Err(error) = probe.status() {
            println!("skipped: user {NOBODY} cannot run the program: {error}");
            return false;
        }
        for directory in directories {
            chown(directory, Some(NOBODY), None).expect("root may");
        }
        command.uid(NOBODY);
    }
    true
}
