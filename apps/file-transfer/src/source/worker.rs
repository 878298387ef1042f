//! The thread that reads and hashes.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use crate::lots::Lots;
use crate::source::error::{Fault, SourceError, SourceErrorKind};
use crate::source::identity::{Growth, Identity};
use crate::source::job::{Job, Report};
use crate::source::place::{PlaceKind, Places, Walker};
use crate::source::pool::Pool;
use crate::source::reading::Reading;
use crate::source::stream::{Input, Piece, Stream};
use crate::source::sums::Sums;
use crate::source::work::{Aim, Step, Task, Work};

/// What a [`Worker`] may do.
#[derive(Default)]
pub struct Options {
    /// Whether files may be longer than they were.
    pub growth: Growth,
    /// What a stream is read from. Default none.
    pub input: Option<Input>,
}

/// The thread, until this is dropped.
#[derive(Debug)]
pub struct Worker {
    messages: mpsc::Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Message {
    Job(Job),
    Input { id: u32, piece: Piece },
}

impl Worker {
    /// Starts a thread that calls `report` for all that it has done.
    ///
    /// # Errors
    ///
    /// Where the system has no thread for it.
    pub fn start(
        places: Arc<Places>,
        options: Options,
        report: Box<dyn Fn(Report) + Send>,
    ) -> io::Result<Self> {
        let (messages, inbox) = mpsc::channel();
        let desk = Desk::new(places, options, report, messages.clone());
        let thread = thread::Builder::new().name("source".to_owned());
        let thread = thread.spawn(move || desk.run(&inbox))?;
        let thread = Some(thread);
        Ok(Self { messages, thread })
    }

    /// Gives the thread something to do. Never waits.
    ///
    /// After [`Report::Stopped`] nothing comes of it.
    pub fn send(&self, job: Job) {
        let _ = self.messages.send(Message::Job(job));
    }

    /// Ends the thread and waits until it has told its last report.
    pub fn join(mut self) {
        self.send(Job::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic has been told on standard error, and `Stopped` all the same.
            let _ = thread.join();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.send(Job::Stop);
    }
}

/// Says that it was the last word when it is dropped, whatever the reason.
struct Reports(Lots<Report>);

impl Reports {
    fn tell(&self, report: Report) {
        let bytes = match &report {
            Report::Group { bytes, .. } | Report::Piece { bytes, .. } => bytes.len(),
            _ => 0,
        };
        self.0.tell(report, bytes);
    }
}

impl Drop for Reports {
    fn drop(&mut self) {
        self.tell(Report::Stopped);
        self.0.release();
    }
}

/// What the thread has before it.
struct Desk {
    places: Arc<Places>,
    options: Options,
    reports: Reports,
    messages: mpsc::Sender<Message>,
    walker: Walker,
    pool: Pool,
    /// Of files with more than one group that were hashed, in whole or in part.
    memory: HashMap<u32, (Identity, Sums)>,
    queue: VecDeque<Task>,
    current: Option<Current>,
}

enum Current {
    File(Box<Work>),
    Stream(Box<Stream>),
}

impl Current {
    fn id(&self) -> u32 {
        match self {
            Self::File(work) => work.id(),
            Self::Stream(stream) => stream.id,
        }
    }
}

/// Whether to go on.
#[derive(PartialEq, Eq)]
enum Next {
    Message,
    Stop,
}

impl Desk {
    fn new(
        places: Arc<Places>,
        options: Options,
        report: Box<dyn Fn(Report) + Send>,
        messages: mpsc::Sender<Message>,
    ) -> Self {
        Self {
            places,
            options,
            reports: Reports(Lots::new(report)),
            messages,
            walker: Walker::default(),
            pool: Pool::default(),
            memory: HashMap::new(),
            queue: VecDeque::new(),
            current: None,
        }
    }

    fn run(mut self, inbox: &mpsc::Receiver<Message>) {
        let mut is_busy = false;
        loop {
            // All messages that are there, and if there is nothing else to do the next one.
            let message = match is_busy {
                true => inbox.try_recv().ok(),
                false => {
                    self.reports.0.release();
                    match inbox.recv() {
                        Ok(message) => Some(message),
                        Err(_) => return,
                    }
                }
            };
            match message.map(|message| self.handle(message)) {
                Some(Next::Stop) => return,
                Some(Next::Message) => is_busy = true,
                None => is_busy = self.step(),
            }
        }
    }

    fn handle(&mut self, message: Message) -> Next {
        match message {
            Message::Job(Job::Stop) => return Next::Stop,
            Message::Job(job) => self.job(job),
            Message::Input { id, piece } => self.input(id, piece),
        }
        Next::Message
    }

    fn job(&mut self, job: Job) {
        let task = |id, aim, missing, claimed| Task {
            id,
            aim,
            missing,
            claimed,
        };
        match job {
            Job::Send {
                id,
                missing,
                claimed,
            } => self.queue.push_back(task(id, Aim::Send, missing, claimed)),
            Job::Repair { id, groups } => {
                let missing = groups
                    .into_iter()
                    .map(|group| group..group.saturating_add(1));
                self.queue
                    .push_back(task(id, Aim::Send, missing.collect(), Vec::new()));
            }
            Job::Compare { id } => {
                self.queue
                    .push_back(task(id, Aim::Compare, Vec::new(), Vec::new()));
            }
            Job::Buffer(buffer) => self.pool.give(buffer),
            Job::Forget { id } => {
                self.memory.remove(&id);
            }
            Job::Cancel { id } => self.cancel(id),
            Job::Reset => self.reset(),
            Job::Stop => {}
        }
    }

    fn cancel(&mut self, id: u32) {
        self.queue.retain(|task| task.id != id);
        if self
            .current
            .as_ref()
            .is_some_and(|current| current.id() == id)
        {
            self.put_away();
        }
        self.tell(Report::Cancelled { id });
    }

    fn reset(&mut self) {
        self.queue.clear();
        self.put_away();
        self.pool.forget();
        self.tell(Report::Reset);
    }

    fn tell(&self, report: Report) {
        self.reports.tell(report);
    }

    /// Does a little; whether there is more to do that need not wait for a message.
    fn step(&mut self) -> bool {
        let Some(current) = &mut self.current else {
            return self.begin();
        };
        let step = match current {
            Current::Stream(stream) => {
                stream.ask(&mut self.pool);
                Ok(Step::Wait)
            }
            Current::File(work) => {
                if work.is_long() {
                    self.reports.0.release();
                }
                work.step(&mut self.pool, &|report| self.reports.tell(report))
            }
        };
        match step {
            Ok(Step::Again) => true,
            Ok(Step::Wait) => false,
            Ok(Step::Done) => {
                self.put_away();
                true
            }
            Err(fault) => {
                let id = current.id();
                self.current = None;
                self.fail(id, fault);
                true
            }
        }
    }

    /// Turns to the next task; whether there was one.
    fn begin(&mut self) -> bool {
        let Some(task) = self.queue.pop_front() else {
            return false;
        };
        let id = task.id;
        let places = Arc::clone(&self.places);
        match places.get(id).map(|place| &place.kind) {
            Some(PlaceKind::Stream) => self.begin_stream(id),
            Some(PlaceKind::File { .. }) => match self.open(task) {
                Ok(work) => self.current = Some(Current::File(Box::new(work))),
                Err(fault) => self.fail(id, fault),
            },
            _ => self.fail(id, Fault::Io(io::ErrorKind::InvalidInput.into())),
        }
        true
    }

    fn open(&mut self, task: Task) -> Result<Work, Fault> {
        let growth = self.options.growth;
        let place = self.places.get(task.id);
        let (at, offered, holes) = match place.map(|place| (&place.at, &place.kind)) {
            Some((at, PlaceKind::File { identity, holes })) => (at, *identity, *holes),
            _ => return Err(io::Error::from(io::ErrorKind::InvalidInput).into()),
        };
        let (file, now) = self.walker.file(&self.places, at, &offered, growth)?;
        let reading = Reading::new(file, offered, growth, holes);
        let sums = match self.memory.remove(&task.id) {
            Some((then, sums)) if then == now => sums,
            _ => Sums::new(offered.size),
        };
        Ok(Work::new(task, reading, now, sums))
    }

    fn begin_stream(&mut self, id: u32) {
        let Some(input) = self.options.input.take() else {
            let error = SourceError {
                kind: SourceErrorKind::Spent,
                text: "standard input cannot be read from its beginning again".to_owned(),
            };
            self.tell(Report::Failed { id, error });
            return;
        };
        let messages = self.messages.clone();
        let tell = move |piece| messages.send(Message::Input { id, piece }).is_ok();
        match Stream::start(id, input, tell) {
            Ok(stream) => self.current = Some(Current::Stream(Box::new(stream))),
            Err(error) => self.fail(id, error.into()),
        }
    }

    fn input(&mut self, id: u32, piece: Piece) {
        let Some(Current::Stream(stream)) = &mut self.current else {
            // Given up meanwhile.
            return piece.map_or((), |bytes| self.pool.give(bytes));
        };
        match piece {
            Ok(bytes) => {
                if stream.take(bytes, &|report| self.reports.tell(report)) {
                    self.put_away();
                }
            }
            Err(error) => {
                self.current = None;
                self.fail(id, error.into());
            }
        }
    }

    /// Ends the current task and remembers what is worth it.
    fn put_away(&mut self) {
        match self.current.take() {
            Some(Current::File(work)) => {
                let id = work.id();
                if let Some(sums) = work.into_sums() {
                    self.memory.insert(id, sums);
                }
            }
            // No other task runs beside a stream: whatever the reader still has is of no account.
            Some(Current::Stream(_)) => self.pool.forget(),
            None => {}
        }
    }

    fn fail(&self, id: u32, fault: Fault) {
        let path = self.places.path(id);
        let path = match path.as_os_str().is_empty() {
            true => Path::new("standard input"),
            false => &path,
        };
        let error = fault.at(path);
        self.tell(Report::Failed { id, error });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{ScanOptions, scan};

    /// Without a thread: what is kept from one task to the next.
    #[test]
    fn a_file_of_more_than_one_group_is_remembered_until_it_is_stored() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [dir.path().join("one"), dir.path().join("three")];
        std::fs::write(&paths[0], vec![1; 1 << 20]).unwrap();
        std::fs::write(&paths[1], vec![3; 3 << 20]).unwrap();
        let places = scan(&paths, &ScanOptions::default()).unwrap().places;
        let (messages, _inbox) = mpsc::channel();
        let mut desk = Desk::new(places, Options::default(), Box::new(drop), messages);
        desk.job(Job::Compare { id: 0 });
        desk.job(Job::Compare { id: 1 });
        while desk.step() {}
        assert_eq!(desk.memory.keys().collect::<Vec<_>>(), [&1]);
        // As far as it was when it was given up.
        desk.job(Job::Reset);
        desk.job(Job::Forget { id: 1 });
        assert!(desk.memory.is_empty());
        desk.job(Job::Compare { id: 1 });
        assert!(desk.step() && desk.step() && desk.step());
        desk.job(Job::Reset);
        let (_, sums) = &desk.memory[&1];
        assert_eq!(sums.unknown(0), Some(2));
    }
}
