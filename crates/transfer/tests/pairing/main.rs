//! Two sides over two queues of bytes, and everybody who may come between them.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failed unwrap is the test failing"
)]

mod attacks;
mod guesses;
mod happy;
mod link;
mod refusals;
mod resume;
mod wire;
