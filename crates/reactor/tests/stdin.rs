//! Standard input of every kind, each in a process of its own: this program starts itself again.
//!
//! Without the test harness, since standard input belongs to the whole program.

#[cfg(unix)]
mod support;

#[cfg(unix)]
#[path = "stdin/child.rs"]
mod child;
#[cfg(unix)]
#[path = "stdin/parent.rs"]
mod parent;

#[cfg(unix)]
fn main() {
    match std::env::var(child::TASK) {
        Ok(task) => child::main(&task),
        Err(_) => parent::main(),
    }
}

#[cfg(not(unix))]
fn main() {}
