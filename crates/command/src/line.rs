//! The command line, by [`argh`].

use std::env;
use std::ffi::OsString;

use argh::FromArgs;

/// What a program takes on its command line, and who it is.
///
/// A switch called `version` belongs in it for the sake of the help; it is answered by
/// [`parse`] and never found to be set.
pub trait Arguments: FromArgs {
    /// Name of the program, for its help and its errors: `bw-httpd`.
    const NAME: &'static str;

    /// Version of the program: `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;

    /// Whether a `-` may stand alone, for standard input or output. [`argh`] has no place for it among positional
    /// arguments; where this is set it comes as [`DASH`] there, and in the values of options too.
    const TAKES_DASH: bool = false;

    /// Names of the subcommands, whose own help is advised where one of them is used badly.
    const SUBCOMMANDS: &'static [&'static str] = &[];

    /// What to do about an argument that is not UTF-8.
    const NOT_UTF8_ADVICE: &'static str = "use a name that is, such as a link to it";

    /// Whether to tell the causes of a failure too.
    fn is_verbose(&self) -> bool;
}

/// A `-` that was typed alone, for programs that [take it](Arguments::TAKES_DASH). No name of a file is likely to be the
/// same: it is the control character "substitute".
pub const DASH: &str = "\u{1a}";

/// What ends the program before it has begun.
#[derive(Debug)]
pub enum Early {
    /// Help or the version, for standard output.
    Told(String),
    /// Bad usage, for standard error.
    Usage(String),
}

/// Reads the command line of this process.
///
/// # Errors
///
/// [`Early`].
pub fn from_env<A: Arguments>() -> Result<A, Early> {
    parse(&utf8::<A>(env::args_os().skip(1))?)
}

/// Reads a command line without the program's name.
///
/// The word `--version` anywhere before a `--` asks for the version, whatever stands
/// beside it: it is looked for before required options are missed.
///
/// # Errors
///
/// [`Early`].
pub fn parse<A: Arguments>(words: &[String]) -> Result<A, Early> {
    let name = A::NAME;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut flags = words.iter().take_while(|&&word| word != "--");
    if flags.any(|&word| word == "--version") {
        return Err(Early::Told(format!("{name} {}", A::VERSION)));
    }
    let dash = |word| {
        if A::TAKES_DASH && word == "-" {
            DASH
        } else {
            word
        }
    };
    let words: Vec<&str> = words.into_iter().map(dash).collect();
    let first = words.iter().find(|word| !word.starts_with('-'));
    let subcommand = first.filter(|first| A::SUBCOMMANDS.contains(first));
    let command = subcommand.map_or(name.to_owned(), |subcommand| format!("{name} {subcommand}"));
    A::from_args(&[name], &words).map_err(|exit| {
        let text = exit.output.trim_end();
        match exit.status {
            Ok(()) => Early::Told(text.to_owned()),
            Err(()) => Early::Usage(format!("{name}: {text}\ntry {command} --help")),
        }
    })
}

/// argh takes no other words.
fn utf8<A: Arguments>(words: impl Iterator<Item = OsString>) -> Result<Vec<String>, Early> {
    let words: Result<_, _> = words.map(OsString::into_string).collect();
    words.map_err(|word| {
        Early::Usage(format!(
            "{}: argument {word:?} is not UTF-8; {}",
            A::NAME,
            A::NOT_UTF8_ADVICE
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Early};

    /// Keeps what it is told
    #[derive(Debug, argh::FromArgs)]
    struct Args {
        /// file to keep it in
        #[argh(option, arg_name = "FILE")]
        file: String,

        /// what to keep
        #[argh(positional, arg_name = "WORD")]
        words: Vec<String>,

        /// print the version and exit
        #[argh(switch)]
        version: bool,
    }

    impl Arguments for Args {
        const NAME: &str = "keep";
        const VERSION: &str = "1.2.3";

        fn is_verbose(&self) -> bool {
            false
        }
    }

    fn parse(line: &str) -> Result<Args, Early> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        super::parse(&words)
    }

    #[track_caller]
    fn check_told(line: &str, expected: &str) {
        let told = parse(line);
        assert!(
            matches!(&told, Err(Early::Told(text)) if text == expected),
            "{told:?}"
        );
    }

    #[track_caller]
    fn check_usage(line: &str, expected: &str) {
        let refused = parse(line);
        assert!(
            matches!(&refused, Err(Early::Usage(text)) if text == expected),
            "{refused:?}"
        );
    }

    #[test]
    fn flags_are_read() {
        let args = parse("a --file f b").expect("valid usage");
        assert_eq!((args.file.as_str(), args.version), ("f", false));
        assert_eq!(args.words, ["a", "b"]);
    }

    #[test]
    fn the_version_is_told_whatever_else_is_missing_or_wrong() {
        for line in [
            "--version",
            "--file f --version",
            "--nope --version",
            "--version -- a",
        ] {
            check_told(line, "keep 1.2.3");
        }
    }

    #[test]
    fn a_word_after_two_dashes_is_no_flag() {
        let args = parse("--file f -- --version").expect("valid usage");
        assert_eq!(args.words, ["--version"]);
        assert!(!args.version);
    }

    /// Takes a dash
    #[derive(Debug, argh::FromArgs)]
    struct Dashed {
        /// where to
        #[argh(option, short = 'o', arg_name = "FILE")]
        output: String,

        /// where from
        #[argh(positional, arg_name = "FILE")]
        files: Vec<String>,
    }

    impl Arguments for Dashed {
        const NAME: &str = "pipe";
        const VERSION: &str = "1.2.3";
        const TAKES_DASH: bool = true;

        fn is_verbose(&self) -> bool {
            false
        }
    }

    #[test]
    fn a_dash_stands_alone() {
        let words = ["-", "-o", "-", "a-", "--", "-"].map(str::to_owned);
        let args = super::parse::<Dashed>(&words).expect("valid usage");
        assert_eq!(args.output, super::DASH);
        assert_eq!(args.files, [super::DASH, "a-", super::DASH]);
        check_usage(
            "--file f -",
            "keep: Unrecognized argument: -\ntry keep --help",
        );
    }

    /// Has subcommands
    #[derive(Debug, argh::FromArgs)]
    struct Several {
        #[argh(subcommand)]
        _command: One,
    }

    /// Does one thing
    #[derive(Debug, argh::FromArgs)]
    #[argh(subcommand, name = "one")]
    struct One {
        /// how often
        #[argh(option, arg_name = "N")]
        times: Option<u32>,
    }

    impl Arguments for Several {
        const NAME: &str = "several";
        const VERSION: &str = "1.2.3";
        const SUBCOMMANDS: &'static [&'static str] = &["one"];

        fn is_verbose(&self) -> bool {
            self._command.times.is_some()
        }
    }

    #[test]
    fn the_help_of_a_subcommand_is_advised() {
        for (line, expected) in [
            (
                "one --nope",
                "several: Unrecognized argument: --nope\ntry several one --help",
            ),
            (
                "two",
                "several: Unrecognized argument: two\ntry several --help",
            ),
        ] {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let refused = super::parse::<Several>(&words);
            assert!(
                matches!(&refused, Err(Early::Usage(text)) if text == expected),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn a_word_that_only_looks_like_the_version_is_none() {
        check_usage(
            "--version=1",
            "keep: Unrecognized argument: --version=1\ntry keep --help",
        );
        let args = parse("--file f version").expect("valid usage");
        assert_eq!(args.words, ["version"]);
    }

    #[test]
    fn help_is_told_under_the_name_of_the_program() {
        let told = parse("--help");
        assert!(
            matches!(&told, Err(Early::Told(text))
                if text.starts_with("Usage: keep --file <FILE>") && !text.ends_with('\n')),
            "{told:?}"
        );
    }

    #[test]
    fn bad_usage_says_what_to_do() {
        check_usage(
            "",
            "keep: Required options not provided:\n    --file\ntry keep --help",
        );
        check_usage(
            "--file",
            "keep: No value provided for option '--file'.\ntry keep --help",
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_word_that_is_not_utf8_is_bad_usage() {
        use std::os::unix::ffi::OsStringExt;

        let word = std::ffi::OsString::from_vec(vec![b'a', 0xff]);
        let refused = super::utf8::<Args>([word].into_iter());
        let expected = "keep: argument \"a\\xFF\" is not UTF-8; \
                        use a name that is, such as a link to it";
        assert!(
            matches!(&refused, Err(Early::Usage(text)) if text == expected),
            "{refused:?}"
        );
    }
}
