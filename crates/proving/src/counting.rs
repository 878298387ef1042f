//! An allocator that counts what a thread does: a test program of its own has it as its `#[global_allocator]`.
#![expect(
    unsafe_code,
    reason = "GlobalAlloc is an unsafe trait; this allocator only counts"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator with counts beside it.
pub struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// What was counted while something ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The most bytes that were held at a time, beyond those at the beginning.
    pub most_held: usize,
    /// How often memory was asked for.
    pub allocations: usize,
}

/// Runs it and counts.
pub fn counted<T>(run: impl FnOnce() -> T) -> (Counts, T) {
    let (held, allocations) = (HELD.get(), ALLOCATIONS.get());
    MOST.set(held);
    let out = run();
    let counts = Counts {
        most_held: usize::try_from(MOST.get() - held).expect("no less"),
        allocations: ALLOCATIONS.get() - allocations,
    };
    (counts, out)
}

/// The most bytes that were held at a time while this ran, beyond those at its beginning.
pub fn most_held(run: impl FnOnce()) -> usize {
    counted(run).0.most_held
}

/// Bytes that this thread has asked for and not given back.
pub fn held() -> isize {
    HELD.get()
}

fn note(bytes: isize) {
    HELD.set(HELD.get() + bytes);
    MOST.set(MOST.get().max(HELD.get()));
    ALLOCATIONS.set(ALLOCATIONS.get() + usize::from(bytes > 0));
}

// SAFETY: both methods are those of `System`, which keeps the contract; the others call them.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size() as isize);
        // SAFETY: the caller's obligations are passed on as they are.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        note(-(layout.size() as isize));
        // SAFETY: the caller's obligations are passed on as they are.
        unsafe { System.dealloc(memory, layout) }
    }
}
