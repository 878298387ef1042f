//! Where tests let a call fail, or the process end.
//!
//! Every call that changes a file system names itself here first. In a program this is nothing.

#[cfg(not(all(test, unix)))]
#[inline]
pub(super) fn step(_: &'static str) -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
pub(super) use plan::*;

#[cfg(all(test, unix))]
mod plan {
    use std::cell::RefCell;
    use std::io;
    use std::sync::{Arc, Mutex};

    /// What to do at a step.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(in crate::store) enum Act {
        /// As `kill -9` does.
        Die,
        /// With this number of an error.
        Fail(i32),
    }

    /// Which step it is to be, and those that were made.
    #[derive(Clone, Debug, Default)]
    pub(in crate::store) struct Plan {
        /// From 0, counting those in `only`.
        pub(in crate::store) at: Option<(usize, Act)>,
        /// No others are counted, if there are any here.
        pub(in crate::store) only: Vec<&'static str>,
        pub(in crate::store) seen: Arc<Mutex<Vec<&'static str>>>,
    }

    thread_local! {
        static PLAN: RefCell<Option<Plan>> = const { RefCell::new(None) };
    }

    /// From now on, in this thread.
    pub(in crate::store) fn follow(plan: Option<Plan>) {
        PLAN.set(plan);
    }

    pub(in crate::store) fn step(name: &'static str) -> io::Result<()> {
        PLAN.with_borrow(|plan| match plan {
            Some(plan) if plan.only.is_empty() || plan.only.contains(&name) => plan.step(name),
            _ => Ok(()),
        })
    }

    fn kill() -> ! {
        let own = rustix::process::getpid();
        let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
        std::process::abort()
    }

    impl Plan {
        fn step(&self, name: &'static str) -> io::Result<()> {
            let mut seen = self.seen.lock().expect("no panic while held");
            let count = seen.len();
            seen.push(name);
            match self.at {
                Some((at, Act::Die)) if at == count => kill(),
                Some((at, Act::Fail(code))) if at == count => {
                    Err(io::Error::from_raw_os_error(code))
                }
                _ => Ok(()),
            }
        }
    }
}
