//! Law: a path that resolves stays below its root, whatever was asked for, and says of
//! itself what it is: its URL resolves to the same path.
#![no_main]

use std::path::{Component, Path};

use bw_httpd::path::{Dotfiles, SitePath, split_target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|target: &[u8]| {
    let path = split_target(target).map_or(target, |(path, _)| path);
    for dotfiles in [Dotfiles::Hide, Dotfiles::Serve] {
        let Ok(resolved) = SitePath::resolve(path, dotfiles) else {
            continue;
        };
        stays_below(&resolved, dotfiles);
        let url = resolved.to_url();
        assert!(url.starts_with('/') && !url.starts_with("//") && !url.starts_with("/\\"));
        assert!(url.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(
            SitePath::resolve(url.as_bytes(), dotfiles),
            Ok(resolved.clone())
        );
        if let Some(parent) = resolved.parent() {
            stays_below(&parent, dotfiles);
        }
        if let Ok(name) = std::str::from_utf8(target)
            && let Ok(child) = resolved.child(name.as_ref())
        {
            stays_below(&child, dotfiles);
            assert_eq!(child.segments().count(), resolved.segments().count() + 1);
        }
    }
});

fn stays_below(path: &SitePath, dotfiles: Dotfiles) {
    for (index, segment) in path.segments().enumerate() {
        assert!(!segment.is_empty() && segment != b"." && segment != b"..");
        assert!(!segment.iter().any(|byte| matches!(byte, 0 | b'/' | b'\\')));
        let excepted = index == 0 && segment == b".well-known";
        assert!(dotfiles == Dotfiles::Serve || excepted || !segment.starts_with(b"."));
    }
    let relative = path.relative();
    assert!(
        !Path::new("/root").join(&relative).components().any(|part| {
            matches!(
                part,
                Component::ParentDir | Component::CurDir | Component::Prefix(_)
            )
        })
    );
    assert!(Path::new("/root").join(&relative).starts_with("/root"));
}
