use super::error::{NameError, NameErrorKind};
use super::fold::{begins_with_dot, fold};
use crate::limits::Limits;

/// What names are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8 without controls: wherever one of the two sides is not Unix, or does not say.
    #[default]
    Utf8,
    /// Any bytes that Unix allows: where both sides are Unix.
    Bytes,
}

/// Whether names have to be good on every common system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Portable {
    /// On that of the receiver alone.
    #[default]
    No,
    /// On Windows too. Includes the rules of [`Encoding::Utf8`], whatever the encoding is.
    Yes,
}

/// Which names are allowed: the table in the [module](super) has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameRules {
    /// What they are made of.
    pub encoding: Encoding,
    /// Whether they have to be good everywhere.
    pub portable: Portable,
    /// Longest component, in bytes. See [`Limits::component_bytes_max`].
    pub component_bytes_max: u16,
    /// Longest path, in bytes. See [`Limits::path_bytes_max`].
    pub path_bytes_max: u16,
    /// Most components. See [`Limits::depth_max`].
    pub depth_max: u16,
}

impl NameRules {
    /// The rules of a receiver with these limits.
    #[must_use]
    pub const fn new(encoding: Encoding, portable: Portable, limits: &Limits) -> Self {
        Self {
            encoding,
            portable,
            component_bytes_max: limits.component_bytes_max,
            path_bytes_max: limits.path_bytes_max,
            depth_max: limits.depth_max,
        }
    }

    /// Whether all of a path is allowed.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn check_path(&self, path: &[u8]) -> Result<(), NameError> {
        self.each(path, |_| true)
            .map_err(|(kind, offset)| NameError::new(kind, offset, path))
    }

    /// Whether a single component is allowed.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn check_component(&self, component: &[u8]) -> Result<(), NameError> {
        self.component(component)
            .map_err(|(kind, offset)| NameError::new(kind, offset, component))
    }

    /// Whether the target of a symbolic link is allowed, wherever it leads: as a path, but with `.`, `..` and empty
    /// components, which mean what they mean to Unix.
    pub(crate) fn check_target(&self, target: &[u8]) -> Result<(), NameError> {
        self.each(target, |name| !matches!(name, b"" | b"." | b".."))
            .map_err(|(kind, offset)| NameError::new(kind, offset, target))
    }

    /// Judges a path, and those of its components that are `judged`.
    fn each(&self, path: &[u8], judged: impl Fn(&[u8]) -> bool) -> Result<(), Fault> {
        self.path_as_a_whole(path)?;
        let mut start = 0;
        for component in path.split(|&byte| byte == b'/') {
            if judged(component) {
                let verdict = self.component(component);
                verdict.map_err(|(kind, at)| (kind, start + at))?;
            }
            start += component.len() + 1;
        }
        Ok(())
    }

    fn path_as_a_whole(&self, path: &[u8]) -> Result<(), Fault> {
        let max = self.path_bytes_max;
        if path.len() > usize::from(max) {
            let len = path.len();
            return Err((NameErrorKind::PathTooLong { len, max }, usize::from(max)));
        }
        match *path {
            [] => Err((NameErrorKind::Empty, 0)),
            [b'/', ..] => Err((NameErrorKind::Absolute, 0)),
            [b'\\', b'\\', ..] => Err((NameErrorKind::Unc, 0)),
            [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic() => {
                Err((NameErrorKind::Drive, 0))
            }
            [letter, b':', ..] if letter.is_ascii_alphabetic() && self.is_portable() => {
                Err((NameErrorKind::Drive, 0))
            }
            _ => self.depth(path),
        }
    }

    fn depth(&self, path: &[u8]) -> Result<(), Fault> {
        let max = self.depth_max;
        let mut starts = (0..path.len()).filter(|&at| at == 0 || path[at - 1] == b'/');
        match starts.nth(usize::from(max)) {
            Some(at) => Err((NameErrorKind::TooDeep { max }, at)),
            None => Ok(()),
        }
    }

    fn component(&self, name: &[u8]) -> Result<(), Fault> {
        self.on_every_system(name)?;
        if self.is_strict() {
            characters(name)?;
        }
        if is_reserved(name) {
            return Err((NameErrorKind::Reserved, 0));
        }
        if self.is_portable() {
            portable(name)?;
        }
        Ok(())
    }

    fn on_every_system(&self, name: &[u8]) -> Result<(), Fault> {
        match name {
            b"" => return Err((NameErrorKind::EmptyComponent, 0)),
            b"." => return Err((NameErrorKind::Dot, 0)),
            b".." => return Err((NameErrorKind::DotDot, 0)),
            _ => {}
        }
        let max = self.component_bytes_max;
        if name.len() > usize::from(max) {
            let len = name.len();
            return Err((
                NameErrorKind::ComponentTooLong { len, max },
                usize::from(max),
            ));
        }
        match name.iter().position(|byte| matches!(byte, 0 | b'/')) {
            Some(at) if name[at] == 0 => Err((NameErrorKind::Nul, at)),
            Some(at) => Err((NameErrorKind::Slash, at)),
            None => behind_backslashes(name),
        }
    }

    fn is_strict(&self) -> bool {
        self.encoding == Encoding::Utf8 || self.is_portable()
    }

    fn is_portable(&self) -> bool {
        self.portable == Portable::Yes
    }
}

type Fault = (NameErrorKind, usize);

/// Whoever takes backslashes for separators later must not find a way up.
fn behind_backslashes(name: &[u8]) -> Result<(), Fault> {
    let mut start = 0;
    for piece in name.split(|&byte| byte == b'\\') {
        if piece == b".." {
            return Err((NameErrorKind::DotDotBehindBackslash, start));
        }
        start += piece.len() + 1;
    }
    Ok(())
}

/// What [`Encoding::Utf8`] adds.
fn characters(name: &[u8]) -> Result<(), Fault> {
    let text = str::from_utf8(name).map_err(|error| {
        let at = error.valid_up_to();
        let byte = name.get(at).copied().unwrap_or_default();
        (NameErrorKind::NotUtf8 { byte }, at)
    })?;
    match text
        .char_indices()
        .find_map(|(at, c)| Some((hidden(c)?, at)))
    {
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

fn hidden(character: char) -> Option<NameErrorKind> {
    match character {
        '\\' => Some(NameErrorKind::Backslash),
        '\0'..='\x1f' | '\x7f'..='\u{9f}' => Some(NameErrorKind::Control { character }),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some(NameErrorKind::Bidi { character })
        }
        '\u{180e}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2060}'..='\u{2064}'
        | '\u{206a}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0001}' => Some(NameErrorKind::Invisible { character }),
        _ => None,
    }
}

/// What [`Portable::Yes`] adds to that.
///
/// <https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file#naming-conventions>
fn portable(name: &[u8]) -> Result<(), Fault> {
    if let Some(at) = name.iter().position(|byte| b"<>:\"|?*".contains(byte)) {
        let character = char::from(name[at]);
        return Err((NameErrorKind::NotPortable { character }, at));
    }
    match name {
        [rest @ .., b'.'] => Err((NameErrorKind::TrailingDot, rest.len())),
        [rest @ .., b' '] => Err((NameErrorKind::TrailingSpace, rest.len())),
        _ if is_device(name) => Err((NameErrorKind::Device, 0)),
        _ => Ok(()),
    }
}

/// Whether Windows would open a device instead of a file.
///
/// What counts is what stands before the first full stop, spaces behind it aside; superscript digits are digits.
fn is_device(name: &[u8]) -> bool {
    let stem = name.split(|&byte| byte == b'.').next().unwrap_or(name);
    let stem = stem.trim_ascii_end().to_ascii_uppercase();
    match stem.as_slice() {
        b"CON" | b"PRN" | b"AUX" | b"NUL" | b"CLOCK$" | b"CONIN$" | b"CONOUT$" => true,
        [b'C', b'O', b'M', digit @ ..] | [b'L', b'P', b'T', digit @ ..] => {
            matches!(digit, [b'0'..=b'9']) || ["¹", "²", "³"].iter().any(|d| d.as_bytes() == digit)
        }
        _ => false,
    }
}

/// Whether a name is one of those that unfinished files and their journals have on the receiver's disk.
///
/// They begin with a full stop and end with `.bw-part` or `.bw-journal`, in any case and form that some file system
/// takes for these. A peer can neither offer them nor see them.
#[must_use]
pub fn is_reserved(name: &[u8]) -> bool {
    const ENDS: [&[u8]; 2] = [b".bw-part", b".bw-journal"];
    // Nearly all names begin with a letter, and need not be folded to tell.
    if !begins_with_dot(name) {
        return false;
    }
    let name = fold(name);
    // What is not UTF-8 is not folded, but some file systems do that with its ASCII.
    let ends = |end: &[u8]| {
        let at = name.len().checked_sub(end.len());
        at.is_some_and(|at| name[at..].eq_ignore_ascii_case(end))
    };
    ENDS.into_iter().any(ends)
}
