//! What is measured on, and with what.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Prints the processors, the system, the date, and of each program what it says to that flag, where it is installed.
pub fn print(programs: &[(impl AsRef<Path>, &str)]) {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or_default()
        .trim_start_matches(['\t', ' ', ':']);
    let count = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let date = said("date".as_ref(), &["-u", "+%F %H:%M UTC"]).unwrap_or_default();
    println!("{count} × {name}, Linux {}; {date}", kernel.trim());
    for (program, flag) in programs {
        let program = program.as_ref();
        if let Some(version) = said(program, &[flag]) {
            println!("{}: {version}", program.display());
        }
    }
    let _ = io::stdout().flush();
}

/// The first line with a number in it.
fn said(program: &Path, words: &[&str]) -> Option<String> {
    let mut command = Command::new(find(program)?);
    let output = command.args(words).stdin(Stdio::null()).output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let mut lines = said.lines();
    let line = lines.find(|line| line.contains(|c: char| c.is_ascii_digit()))?;
    Some(line.trim().to_owned())
}

/// Finds a program by its path, or by its name in `PATH` or where servers are.
pub fn find(program: impl AsRef<Path>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|directory| directory.join(&program))
        .find(|path| path.is_file())
}

/// Whether a program can be found; a line, with the package that has it, if not.
pub fn has(program: &str, package: &str) -> bool {
    let found = find(program).is_some();
    if !found {
        println!("left out: {program} (apt-get install {package})");
    }
    found
}
