//! The reactor beside mio and bare epoll, in one run: `cargo bench -p barewire-reactor --bench turn`.
//!
//! The sides take turns, round by round, and each checks its own answers. For each side the best round is printed,
//! since noise only ever adds, with the median beside it; the ratios are those of the best rounds.
//!
//! `-- [--case NAME] [--side NAME] [--rounds N] [--quick]`: one case, one side (to count its system calls, see
//! `syscalls.sh`), so many rounds, or a few short ones that only show that all of it runs. Without the `--bench` that
//! `cargo bench` adds, every run is quick.

#[cfg(target_os = "linux")]
mod cases;
#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod net;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod sides;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    match options::Options::parse(std::env::args().skip(1)) {
        Ok(options) => {
            cases::run(&options);
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("turn: {error}");
            std::process::ExitCode::from(2)
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this benchmark compares with epoll, which is Linux's");
}
