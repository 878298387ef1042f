//! What is told while it happens: to people, or to programs.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use barewire_command::escape;
use barewire_command::json::Object;
use barewire_transfer::tree::Root;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::status::Status;

/// How much is told, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// As JSON, one object a line.
    pub json: bool,
    /// Results and failures alone.
    pub quiet: bool,
    /// Standard output is for data: results go to standard error.
    pub output_is_data: bool,
}

/// Between two reports of progress to programs.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// Tells people, or programs, what happens.
#[derive(Debug)]
pub struct Teller {
    program: &'static str,
    manner: Manner,
    bar: Option<ProgressBar>,
    total: u64,
    told: Option<Instant>,
}

impl Teller {
    /// For the program of this name.
    #[must_use]
    pub fn new(program: &'static str, manner: Manner) -> Self {
        Self {
            program,
            manner,
            bar: None,
            total: 0,
            told: None,
        }
    }

    fn json(&self, write: impl FnOnce(&mut Vec<u8>)) {
        if !self.manner.json {
            return;
        }
        let mut line = Vec::new();
        write(&mut line);
        self.result(&line);
    }

    /// To standard output, unless data goes there.
    fn result(&self, line: &[u8]) {
        // Nobody is left to be told where it is closed.
        let _ = if self.manner.output_is_data {
            self.above_bar(|| io::stderr().write_all(line))
        } else {
            self.above_bar(|| {
                let mut stdout = io::stdout().lock();
                stdout.write_all(line).and_then(|()| stdout.flush())
            })
        };
    }

    fn above_bar<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// A line for people, on standard error.
    pub fn note(&self, text: &str) {
        if !self.manner.quiet && !self.manner.json {
            self.say(text);
        }
    }

    fn say(&self, text: &str) {
        self.above_bar(|| {
            let _ = writeln!(io::stderr(), "{text}");
        });
    }

    /// A line for people that is told even when they want quiet.
    pub fn warn(&self, text: &str) {
        if !self.manner.json {
            self.say(&format!("{}: {text}", self.program));
        }
        self.json(|out| {
            Object::new(out)
                .string("event", "warning")
                .string("text", text)
                .finish();
        });
    }

    /// Where it listens.
    pub fn listening(&self, address: &str) {
        if !self.manner.json {
            self.say(&format!("listening on {address}"));
        }
        self.json(|out| {
            Object::new(out)
                .string("event", "listening")
                .string("address", address)
                .finish();
        });
    }

    /// The code, and what to do with it.
    pub fn code(&self, code: &str, advice: &str) {
        if !self.manner.json {
            self.result(format!("code: {code}\n").as_bytes());
            self.note(advice);
        }
        self.json(|out| {
            Object::new(out)
                .string("event", "code")
                .string("code", code)
                .finish();
        });
    }

    /// Where somebody says to be the other side. Nothing is proved yet.
    pub fn found(&self, address: &str) {
        self.note(&format!("found somebody at {address}"));
        self.json(|out| {
            Object::new(out)
                .string("event", "found")
                .string("address", address)
                .finish();
        });
    }

    /// Who has come.
    pub fn connected(&self, address: &str, alias: &str) {
        let who = if alias.is_empty() {
            address.to_owned()
        } else {
            format!("{} ({address})", escape::display(alias.as_bytes()))
        };
        self.note(&format!("connected to {who}"));
        self.json(|out| {
            Object::new(out)
                .string("event", "connected")
                .string("address", address)
                .string("alias", alias)
                .finish();
        });
    }

    /// What is offered.
    pub fn offer(&self, summary: &Summary, lines: &[String]) {
        if !self.manner.json {
            self.note(&format!("{summary}"));
            lines.iter().for_each(|line| self.note(line));
        }
        self.json(|out| {
            Object::new(out)
                .string("event", "offer")
                .text("name", "name_hex", &summary.name)
                .number("files", summary.files)
                .number("bytes", summary.bytes)
                .string("from", &summary.from)
                .finish();
        });
    }

    /// A question, without a line's end.
    pub fn ask(&self, question: &str) {
        let _ = write!(io::stderr(), "{question} ");
        let _ = io::stderr().flush();
    }

    /// Data begins to move: so many bytes in all, `None` where nobody knows.
    pub fn start(&mut self, total: Option<u64>, already: u64) {
        self.total = total.unwrap_or(0);
        self.json(|out| {
            let object = Object::new(out).string("event", "started");
            let object = match total {
                Some(total) => object.number("bytes", total),
                None => object.null("bytes"),
            };
            object.number("already", already).finish();
        });
        if self.manner.json || self.manner.quiet || !can_draw() {
            return;
        }
        let template = match total {
            Some(_) => {
                "{bytes}/{total_bytes} {wide_bar} {percent}% {binary_bytes_per_sec} eta {eta}"
            }
            None => "{bytes} {binary_bytes_per_sec} {elapsed}",
        };
        let target = ProgressDrawTarget::stderr_with_hz(8);
        let bar = ProgressBar::with_draw_target(total, target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_position(already);
        bar.reset_eta();
        self.bar = Some(bar);
    }

    /// So many bytes have moved.
    pub fn progress(&mut self, bytes: u64, now: Instant) {
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
        let due = self.told.is_none_or(|told| now >= told + PROGRESS_EVERY);
        if self.manner.json && due {
            self.told = Some(now);
            let total = self.total;
            self.json(|out| {
                Object::new(out)
                    .string("event", "progress")
                    .number("bytes", bytes)
                    .number("total", total)
                    .finish();
            });
        }
    }

    /// Data moves no more.
    pub fn stop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// An entry is stored. Files come with their hash, in the form of `b3sum`.
    pub fn stored(&self, path: &[u8], root: Option<&Root>, durable: bool) {
        if let Some(root) = root.filter(|_| !self.manner.json && !self.manner.quiet) {
            let line = format!("{root}  {}\n", escape::display(path));
            self.result(line.as_bytes());
        }
        self.json(|out| {
            let object = Object::new(out)
                .string("event", "stored")
                .text("path", "path_hex", path);
            let object = match root {
                Some(root) => object.string("blake3", &root.to_string()),
                None => object.null("blake3"),
            };
            object.boolean("durable", durable).finish();
        });
    }

    /// An entry was not transferred.
    pub fn failed(&self, path: &[u8], word: &str, text: &str) {
        if !self.manner.json {
            let text = escape::display(text.as_bytes());
            self.say(&format!(
                "{}: {}: {text}",
                self.program,
                escape::display(path)
            ));
        }
        self.json(|out| {
            Object::new(out)
                .string("event", "failed")
                .text("path", "path_hex", path)
                .string("code", word)
                .string("text", text)
                .finish();
        });
    }

    /// The connection is lost, and taken up again.
    pub fn lost(&self, text: &str) {
        self.note(text);
        self.json(|out| {
            Object::new(out)
                .string("event", "lost")
                .string("text", text)
                .finish();
        });
    }

    /// A text from the other side.
    pub fn text(&self, text: &str) {
        if !self.manner.json {
            let lines = text.lines().map(|line| escape::display(line.as_bytes()));
            let shown: Vec<String> = lines.collect();
            self.result(format!("{}\n", shown.join("\n")).as_bytes());
        }
        self.json(|out| {
            Object::new(out)
                .string("event", "text")
                .string("text", text)
                .finish();
        });
    }

    /// The last word.
    pub fn end(&mut self, status: Status, text: &str) {
        self.stop();
        if !self.manner.json && !text.is_empty() {
            match status {
                Status::Done => self.note(text),
                _ => self.say(&format!("{}: {text}", self.program)),
            }
        }
        self.json(|out| {
            Object::new(out)
                .string("event", "result")
                .string("status", status.word())
                .number("code", status as u64)
                .string("text", text)
                .finish();
        });
    }
}

/// Whether standard error is a terminal that a bar can be drawn on again and again.
fn can_draw() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !is_dumb
}

/// What an offer comes to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Of its only entry at the top, or the first of several.
    pub name: Vec<u8>,
    /// How many entries are at the top.
    pub tops: u64,
    /// Whether the first is a directory.
    pub is_directory: bool,
    /// How many files there are.
    pub files: u64,
    /// Their sizes together; `None` for a stream.
    pub size: Option<u64>,
    /// The same for programs: 0 for a stream.
    pub bytes: u64,
    /// Who offers it.
    pub from: String,
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = escape::display(&self.name);
        let slash = if self.is_directory { "/" } else { "" };
        write!(f, "{name}{slash}")?;
        if self.tops > 1 {
            write!(f, " and {} more,", self.tops - 1)?;
        }
        match (self.files, self.size) {
            (_, None) => write!(f, " a stream of unknown length")?,
            (1, Some(size)) if !self.is_directory => write!(f, " {}", HumanBytes(size))?,
            (1, Some(size)) => write!(f, " 1 file, {}", HumanBytes(size))?,
            (files, Some(size)) => write!(f, " {files} files, {}", HumanBytes(size))?,
        }
        write!(f, " from {}", escape::display(self.from.as_bytes()))
    }
}

/// Bytes in the units of people.
#[must_use]
pub fn human(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}
