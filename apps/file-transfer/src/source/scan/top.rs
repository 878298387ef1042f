//! What is named how at the top of an offer.

use std::ffi::OsString;
use std::path::Path;

use crate::source::error::words;
use crate::source::scan::ScanError;

/// The last component of a path, or of the directory that `.` and `..` stand for.
pub(super) fn name(path: &Path) -> Result<OsString, ScanError> {
    if let Some(name) = path.file_name() {
        return Ok(name.to_owned());
    }
    if path.as_os_str().is_empty() {
        return Err(ScanError::NotFound(path.to_owned()));
    }
    let real = path
        .canonicalize()
        .map_err(|error| ScanError::Unnamed(path.to_owned(), words(&error)))?;
    let name = real.file_name().map(ToOwned::to_owned);
    name.ok_or(ScanError::Root(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        assert_eq!(name(Path::new(path)).unwrap(), expected);
    }

    #[test]
    fn the_last_component_or_that_of_the_real_directory() {
        check("a", "a");
        check("a/", "a");
        check("/x/a//", "a");
        check("a/.", "a");
        check("../a", "a");
        let here = std::env::current_dir().unwrap();
        let last = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        check(".", &last(&here));
        check("./", &last(&here));
        check("..", &last(here.parent().unwrap()));
        check("src/..", &last(&here));
    }

    #[cfg(unix)]
    #[test]
    fn the_root_has_none() {
        let text = "cannot send /, which has no name; name the directories in it";
        assert_eq!(name(Path::new("/")).unwrap_err().to_string(), text);
        let error = name(Path::new("/..")).unwrap_err();
        assert!(matches!(error, ScanError::Root(_)), "{error}");
    }
}
