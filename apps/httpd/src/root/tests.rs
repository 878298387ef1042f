use super::*;
use crate::path::Dotfiles;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// A docroot `www` beside things that must not be served.
struct Site {
    outside: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let outside = tempfile::tempdir().unwrap();
        fs::create_dir(outside.path().join("www")).unwrap();
        fs::create_dir(outside.path().join("www-secret")).unwrap();
        let site = Self { outside };
        site.write("../secret.txt", "outside");
        site.write("../www-secret/s.txt", "outside");
        fs::create_dir(site.at("sub")).unwrap();
        site.write("a.txt", "hello");
        site.write("sub/b.txt", "b");
        site
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.outside.path().join("www").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).unwrap();
    }

    fn link(&self, name: &str, target: &str) {
        symlink(target, self.at(name)).unwrap();
    }

    /// The way of this system, and the walk.
    fn roots(&self, symlinks: Symlinks) -> [Root; 2] {
        let open = || Root::open(&self.at("."), symlinks).unwrap();
        let walking = open();
        let walking = Root {
            inner: walking.inner.walking(),
            symlinks,
        };
        [open(), walking]
    }

    /// What a path leads to: content, `dir`, or the error.
    #[track_caller]
    fn check(&self, symlinks: Symlinks, url: &str, expected: &str) {
        for root in self.roots(symlinks) {
            assert_eq!(outcome(&root, url), expected, "{url} in {root:?}");
        }
    }

    #[track_caller]
    fn check_inside(&self, url: &str, expected: &str) {
        self.check(Symlinks::Inside, url, expected);
    }

    fn listed(&self, url: &str, symlinks: Symlinks, dotfiles: Dotfiles) -> [Vec<String>; 2] {
        self.roots(symlinks).map(|root| {
            let path = SitePath::resolve(url.as_bytes(), dotfiles).unwrap();
            let Ok(Entry::Directory { handle, .. }) = root.open_entry(&path) else {
                panic!("{url} is no directory");
            };
            let found = root.read_directory(&handle, &path, 1000).unwrap();
            assert!(!found.cut);
            let mut names: Vec<_> = found
                .entries
                .iter()
                .map(|entry| {
                    let name = entry.name.to_string_lossy();
                    match entry.kind {
                        EntryKind::Directory => format!("{name}/"),
                        EntryKind::File => format!("{name} {}", entry.size),
                    }
                })
                .collect();
            names.sort();
            names
        })
    }
}

fn path(url: &str) -> SitePath {
    SitePath::resolve(url.as_bytes(), Dotfiles::Hide).unwrap()
}

fn outcome(root: &Root, url: &str) -> String {
    match root.open_entry(&path(url)) {
        Ok(Entry::File { mut file, meta }) => {
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(meta.size, text.len() as u64);
            text
        }
        Ok(Entry::Directory { .. }) => "dir".to_owned(),
        Err(error) => error.to_string(),
    }
}

const NOT_FOUND: &str = "no such file";

#[cfg(target_os = "linux")]
#[test]
fn this_kernel_confines() {
    let site = Site::new();
    let [root, walking] = site.roots(Symlinks::Inside);
    assert_eq!(walking.inner.confinement(), system::Confinement::Walk);
    // Not on a kernel before 5.6 nor in some sandboxes; say so rather than fail there.
    if root.inner.confinement() == system::Confinement::Walk {
        eprintln!("no openat2 here: only the walk was tested");
    }
}

#[test]
fn files_and_directories() {
    let site = Site::new();
    site.check_inside("/", "dir");
    site.check_inside("/a.txt", "hello");
    site.check_inside("/a.txt/", NOT_FOUND);
    site.check_inside("/a.txt/x", NOT_FOUND);
    site.check_inside("/a.txt/.", NOT_FOUND);
    site.check_inside("/sub", "dir");
    site.check_inside("/sub/", "dir");
    site.check_inside("/sub/b.txt", "b");
    site.check_inside("/nope", NOT_FOUND);
    site.check_inside("/nope/b.txt", NOT_FOUND);
    site.check_inside(&format!("/{}", "n".repeat(300)), NOT_FOUND);
    site.check_inside(&"/d".repeat(200), NOT_FOUND);
}

#[test]
fn a_root_has_to_be_a_directory() {
    let site = Site::new();
    assert!(Root::open(&site.at("a.txt"), Symlinks::Inside).is_err());
    assert!(Root::open(&site.at("nope"), Symlinks::Inside).is_err());
    site.link("link", "sub");
    let root = Root::open(&site.at("link"), Symlinks::None).unwrap();
    assert_eq!(outcome(&root, "/b.txt"), "b");
}

#[test]
fn links_that_stay_inside() {
    let site = Site::new();
    for (name, target, expected) in [
        ("in.txt", "a.txt", "hello"),
        ("sub/up.txt", "../a.txt", "hello"),
        ("dir", "sub", "dir"),
        ("dir-slash", "sub/", "dir"),
        ("dir-dot", "sub/.", "dir"),
        ("back", "sub/..", "dir"),
        ("sub/parent", "..", "dir"),
        ("around", "./sub//.././a.txt", "hello"),
        ("twice", "in.txt", "hello"),
        ("file-slash", "a.txt/", NOT_FOUND),
        ("file-through", "a.txt/../a.txt", NOT_FOUND),
        ("dangling", "nope", NOT_FOUND),
    ] {
        site.link(name, target);
        let url = format!("/{name}");
        site.check(Symlinks::Inside, &url, expected);
        site.check(Symlinks::All, &url, expected);
        site.check(Symlinks::None, &url, NOT_FOUND);
    }
    site.check_inside("/dir/b.txt", "b");
    site.check_inside("/dir/up.txt", "hello");
    site.check_inside("/sub/parent/a.txt", "hello");
    site.check_inside("/in.txt/", NOT_FOUND);
    site.check(Symlinks::None, "/dir/b.txt", NOT_FOUND);
    site.check(Symlinks::None, "/sub/b.txt", "b");
}

#[test]
fn links_that_leave() {
    let site = Site::new();
    let absolute_inside = site.at("a.txt");
    let absolute_outside = site.at("../secret.txt");
    for (name, target) in [
        ("out.txt", "../secret.txt"),
        ("sub/out.txt", "../../secret.txt"),
        ("sibling", "../www-secret/s.txt"),
        ("through", "sub/../../secret.txt"),
        ("leave-and-return", "../www/a.txt"),
        ("absolute", absolute_outside.to_str().unwrap()),
        ("absolute-inside", absolute_inside.to_str().unwrap()),
    ] {
        site.link(name, target);
        let url = format!("/{name}");
        site.check(Symlinks::Inside, &url, NOT_FOUND);
        site.check(Symlinks::None, &url, NOT_FOUND);
        let followed = if target.ends_with("a.txt") {
            "hello"
        } else {
            "outside"
        };
        site.check(Symlinks::All, &url, followed);
    }
    // Read from here, this would be the file inside.
    site.link("rooted", "/a.txt");
    site.check_inside("/rooted", NOT_FOUND);
    site.link("up", "..");
    site.link("hop", "up");
    site.check_inside("/up", NOT_FOUND);
    site.check_inside("/up/", NOT_FOUND);
    site.check_inside("/up/secret.txt", NOT_FOUND);
    site.check_inside("/hop/secret.txt", NOT_FOUND);
    site.check(Symlinks::All, "/hop/secret.txt", "outside");
}

#[test]
fn links_in_circles() {
    let site = Site::new();
    site.link("loop", "loop");
    site.link("ping", "pong");
    site.link("pong", "ping");
    site.link("deeper", "deeper/x");
    site.link("sub/again", "../sub/again/again");
    for url in [
        "/loop",
        "/loop/x",
        "/ping",
        "/deeper",
        "/deeper/y",
        "/sub/again",
    ] {
        site.check_inside(url, NOT_FOUND);
        site.check(Symlinks::All, url, NOT_FOUND);
    }
    site.link("0", "a.txt");
    for step in 1..60 {
        site.link(&step.to_string(), &(step - 1).to_string());
    }
    site.check_inside("/39", "hello");
    site.check_inside("/40", NOT_FOUND);
}

#[cfg(target_os = "linux")]
#[test]
fn magic_links_are_not_followed() {
    let site = Site::new();
    site.link("fd", "/proc/self/fd");
    site.check_inside("/fd", NOT_FOUND);
    let [root, _] = site.roots(Symlinks::All);
    for fd in 0..32 {
        let shown = outcome(&root, &format!("/fd/{fd}"));
        assert_eq!(shown, NOT_FOUND);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_not_waited_for() {
    let site = Site::new();
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, site.at("pipe"), kind, mode, 0).unwrap();
    site.link("to-pipe", "pipe");
    site.check_inside("/pipe", NOT_FOUND);
    site.check_inside("/to-pipe", NOT_FOUND);
    let expected = vec!["a.txt 5", "sub/"];
    for names in site.listed("/", Symlinks::Inside, Dotfiles::Hide) {
        assert_eq!(names, expected);
    }
}

#[test]
fn sockets_and_devices_are_not_served() {
    let site = Site::new();
    let _socket = UnixListener::bind(site.at("sub/s")).unwrap();
    site.check_inside("/sub/s", NOT_FOUND);
    site.link("null", "/dev/null");
    site.check(Symlinks::All, "/null", NOT_FOUND);
    for names in site.listed("/sub/", Symlinks::Inside, Dotfiles::Hide) {
        assert_eq!(names, ["b.txt 1"]);
    }
    for names in site.listed("/", Symlinks::All, Dotfiles::Hide) {
        assert_eq!(names, ["a.txt 5", "sub/"]);
    }
}

#[test]
fn permissions() {
    let site = Site::new();
    site.write("shut.txt", "x");
    for (name, mode) in [("shut.txt", 0), ("sub", 0o311)] {
        fs::set_permissions(site.at(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    if fs::read(site.at("shut.txt")).is_ok() {
        eprintln!("permissions do not bind this user (root): not tested");
        return;
    }
    site.check_inside("/shut.txt", "permission denied");
    let [root, walking] = site.roots(Symlinks::Inside);
    // Systems with O_PATH can enter what they cannot list.
    if cfg!(any(target_os = "linux", target_os = "android")) {
        site.check_inside("/sub/b.txt", "b");
        for root in [root, walking] {
            let Ok(Entry::Directory { handle, .. }) = root.open_entry(&path("/sub/")) else {
                panic!("not entered");
            };
            let listed = root.read_directory(&handle, &path("/sub/"), 10);
            assert!(matches!(listed, Err(OpenError::Forbidden)));
        }
    }
    fs::set_permissions(site.at("sub"), fs::Permissions::from_mode(0o000)).unwrap();
    site.check_inside("/sub/b.txt", "permission denied");
    for names in site.listed("/", Symlinks::Inside, Dotfiles::Hide) {
        assert_eq!(names, ["a.txt 5", "shut.txt 1", "sub/"]);
    }
    fs::set_permissions(site.at("sub"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_directory_exchanged_for_a_link_leads_nowhere() {
    let site = Site::new();
    fs::create_dir(site.at("d")).unwrap();
    fs::write(site.at("d/f.txt"), "inside").unwrap();
    fs::create_dir(site.at("../trap")).unwrap();
    fs::write(site.at("../trap/f.txt"), "outside").unwrap();
    site.link("trap", "../trap");
    site.link("sub/to-d", "../d");
    let renaming = AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while renaming.load(Ordering::Relaxed) {
                for (from, to) in [("d", "t"), ("trap", "d"), ("d", "trap"), ("t", "d")] {
                    fs::rename(site.at(from), site.at(to)).unwrap();
                }
            }
        });
        // Also when an assertion below fails.
        let _stop = StopOnDrop(&renaming);
        for root in site.roots(Symlinks::Inside) {
            for url in ["/d/f.txt", "/sub/to-d/f.txt"] {
                race(&root, url);
            }
        }
    });
}

/// Opens until it has succeeded at least once and was tried often.
fn race(root: &Root, url: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let (mut tries, mut inside) = (0, 0);
    while tries < 3000 || inside == 0 {
        assert!(Instant::now() < deadline, "never inside: {url}");
        tries += 1;
        match outcome(root, url).as_str() {
            "inside" => inside += 1,
            NOT_FOUND => {}
            other => panic!("{other}: {url} in {root:?}"),
        }
    }
}

struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

#[test]
fn metadata_is_that_of_the_file() {
    let site = Site::new();
    let far = |seconds: i64| system::time(seconds, 5);
    for (index, modified) in [
        UNIX_EPOCH + Duration::new(784_111_777, 123_456_789),
        far(-86_400),
        far(4_102_444_800),
        far(253_402_300_800),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("t{index}");
        let file = File::create(site.at(&name)).unwrap();
        file.set_modified(modified).unwrap();
        let known = file.metadata().unwrap().modified().unwrap();
        for root in site.roots(Symlinks::Inside) {
            let entry = root.open_entry(&path(&format!("/{name}"))).unwrap();
            let Entry::File { meta, .. } = entry else {
                panic!("{name} is a file");
            };
            assert_eq!((meta.modified, meta.size), (known, 0));
            assert!(meta.inode.is_some());
        }
    }
    for seconds in [i64::MIN, i64::MIN + 1, i64::MAX] {
        system::time(seconds, 999_999_999);
    }
    assert_eq!(
        system::time(-1, 500_000_000),
        UNIX_EPOCH - Duration::from_millis(500)
    );
}

#[test]
fn listings_hold_what_can_be_opened() {
    let site = Site::new();
    site.link("in.txt", "a.txt");
    site.link("dir", "sub");
    site.link("out.txt", "../secret.txt");
    site.link("loop", "loop");
    site.link("dangling", "nope");
    site.link("absolute", "/etc/passwd");
    site.link("hidden-target", ".env");
    site.write(".env", "secret");
    site.write("back\\slash", "x");
    fs::create_dir(site.at(".well-known")).unwrap();
    let shown = [
        ".well-known/",
        "a.txt 5",
        "dir/",
        "hidden-target 6",
        "in.txt 5",
        "sub/",
    ];
    for names in site.listed("/", Symlinks::Inside, Dotfiles::Hide) {
        assert_eq!(names, shown);
    }
    for names in site.listed("/", Symlinks::None, Dotfiles::Serve) {
        assert_eq!(names, [".env 6", ".well-known/", "a.txt 5", "sub/"]);
    }
    for names in site.listed("/dir/", Symlinks::Inside, Dotfiles::Hide) {
        assert_eq!(names, ["b.txt 1"]);
    }
}

#[test]
fn listings_are_bounded() {
    let site = Site::new();
    for index in 0..50 {
        site.write(&format!("sub/{index}"), "");
    }
    for root in site.roots(Symlinks::Inside) {
        let Ok(Entry::Directory { handle, .. }) = root.open_entry(&path("/sub/")) else {
            panic!("no directory");
        };
        for (limit, expected, cut) in [
            (0, 0, true),
            (10, 10, true),
            (50, 50, true),
            (51, 51, false),
            (99, 51, false),
        ] {
            let found = root.read_directory(&handle, &path("/sub/"), limit).unwrap();
            assert_eq!((found.entries.len(), found.cut), (expected, cut), "{limit}");
        }
    }
}

#[test]
fn ugly_names_are_listed_and_opened() {
    let site = Site::new();
    let mut names: Vec<OsString> = [
        "f g.txt",
        "<img src=x onerror=1>",
        "\"",
        "'",
        "&amp;",
        "a\nb",
        "a\r\nX: y",
        "%41",
        "?",
        "#",
        "javascript:alert(1)",
        "CON",
        "a:b",
        "tail.",
        "tail ",
        "-rf",
        "~1",
        "*",
        "✓",
        "\u{202e}exe.txt",
        "\u{7f}\u{1b}[31m",
    ]
    .map(OsString::from)
    .into();
    names.push("n".repeat(200).into());
    if cfg!(target_os = "linux") {
        names.push(OsString::from_vec(b"\xff\xfe.txt".to_vec()));
    }
    for name in &names {
        let place = site.at("sub").join(name);
        fs::write(place, name.as_encoded_bytes()).unwrap();
    }
    for root in site.roots(Symlinks::Inside) {
        let directory = path("/sub/");
        let Ok(Entry::Directory { handle, .. }) = root.open_entry(&directory) else {
            panic!("no directory");
        };
        let found = root.read_directory(&handle, &directory, 1000).unwrap();
        assert_eq!(found.entries.len(), names.len() + 1);
        for entry in found.entries {
            let url = directory.child(&entry.name).unwrap().to_url();
            let Ok(Entry::File { mut file, .. }) = root.open_entry(&path(&url)) else {
                panic!("{url} is listed but not found");
            };
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            assert!(
                content == entry.name.as_encoded_bytes() || content == b"b",
                "{url}"
            );
        }
    }
}

#[test]
fn errors_say_what_to_do() {
    let shown = |error: rustix::io::Errno| OpenError::from(error).to_string();
    assert_eq!(
        shown(rustix::io::Errno::MFILE),
        "too many open files; raise the limit (ulimit -n)"
    );
    assert_eq!(shown(rustix::io::Errno::PERM), "permission denied");
    assert!(matches!(
        OpenError::from(rustix::io::Errno::IO),
        OpenError::Other(_)
    ));
}
