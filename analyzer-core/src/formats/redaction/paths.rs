//! Paths: which of their parts are the same on every machine.

use super::common::{CGROUP_WORDS, FOLDERS, LIBRARIES, has};
use super::vocabulary::MAPPINGS;
use super::{Kind, Marks};
use crate::base::go_symbol;

/// Endings that say what a file is, not whose.
const ENDINGS: [&str; 14] =
    ["so", "a", "go", "s", "c", "h", "cc", "cpp", "cgo1", "db", "dat", "log", "txt", "json"];

/// Endings of source files that the compilers name.
const SOURCES: [&str; 11] = ["go", "s", "S", "c", "h", "cc", "cpp", "hpp", "cxx", "rs", "y"];

/// What the kernel adds to the name of a mapped file.
const FILE_MARKS: [&[u8]; 3] = [b"memfd", b"deleted", b"SYSV00000000"];

impl Marks<'_> {
    /// Of the path of a file, common folders stay, short numbers, and the names of common shared libraries.
    pub fn path(&mut self, path: &[u8], kind: Kind) {
        let mut segments = path.split(|byte| is_separator(*byte)).peekable();
        while let Some(segment) = segments.next() {
            let is_last = segments.peek().is_none();
            if is_common(segment) || (is_last && is_library(segment)) {
                self.keep(segment);
                continue;
            }
            let stem = if is_last { without_ending(segment) } else { segment };
            self.each_word(stem, kind, |word| is_short_number(word) || FILE_MARKS.contains(&word));
            self.keep(segment.get(stem.len()..).unwrap_or_default());
        }
    }

    /// Of the name of a mapping, those stay that the kernel and the runtime give; other names in brackets are
    /// the program's own.
    pub fn mapping(&mut self, name: &[u8]) {
        match name {
            [b'[', ..] => {
                self.each_word(name, Kind::Path, |word| MAPPINGS.contains(word) || is_short_number(word))
            }
            _ => self.path(name, Kind::Path),
        }
    }

    /// Of the path of a source file, what its module has everywhere stays: the file's name, and the folders
    /// above it that are in the package path of `function`, which is one of the file's.
    pub fn source_file(&mut self, path: &[u8], function: &[u8]) {
        let kept = kept_from(path, &String::from_utf8_lossy(function));
        let (above, own) = path.split_at_checked(kept).unwrap_or((path, &[]));
        self.path(above, Kind::Path);
        self.keep(own);
    }

    /// Of the path of a control group, the words of its kind stay.
    pub fn cgroup_path(&mut self, path: &[u8]) {
        let is_known = |word: &[u8]| has(CGROUP_WORDS, word) || is_short_number(word);
        let Some(range) = self.range_of(path) else { return };
        let before = self.words.len();
        self.each_word(path, Kind::Name, is_known);
        // `pod` and the pod's id, which stands elsewhere by itself.
        for word in self.words.get_mut(before..).unwrap_or_default() {
            let text = path.get(word.start - range.start..word.end - range.start).unwrap_or_default();
            if text.len() > 6 && text.starts_with(b"pod") {
                self.kept.push(word.start..word.start + 3);
                word.start += 3;
            }
        }
    }
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// Where the part of a source file's path begins that its module has everywhere.
fn kept_from(path: &[u8], function: &str) -> usize {
    let Ok(text) = std::str::from_utf8(path) else { return path.len() };
    let file = text.rfind(['/', '\\']).map_or(0, |at| at + 1);
    if !is_source_name(text.get(file..).unwrap_or_default()) {
        return path.len();
    }
    let mut kept = file;
    let folders = text.get(..file).unwrap_or_default().trim_end_matches(['/', '\\']);
    let package = go_symbol::package(function).replace("%2e", ".");
    // Folders and package path agree from their ends on, as far as the module goes.
    for (folder, element) in folders.rsplit(['/', '\\']).zip(package.rsplit('/')) {
        if folder.is_empty() || !is_element(folder, element) {
            break;
        }
        kept = kept.saturating_sub(folder.len() + 1);
    }
    let is_standard = go_symbol::is_standard_package(package.split('/').next().unwrap_or_default());
    standard_library(text).filter(|at| is_standard && *at < kept).unwrap_or(kept)
}

/// True if a folder is of an element of a package path: `b`, or `b@v1.2.3`, with `!a` for `A`.
fn is_element(folder: &str, element: &str) -> bool {
    let (name, version) = folder.split_once('@').unwrap_or((folder, "v0"));
    let is_version = version.strip_prefix('v').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte))
    });
    let mut unescaped = String::with_capacity(name.len());
    let mut is_upper = false;
    for c in name.chars() {
        match c {
            '!' => is_upper = true,
            c => unescaped.push(if std::mem::take(&mut is_upper) { c.to_ascii_uppercase() } else { c }),
        }
    }
    is_version && unescaped == element
}

/// The name of a source file: `main.go`, `asm_amd64.s`, `<autogenerated>`.
fn is_source_name(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.+".contains(&byte));
    (is_plain && SOURCES.contains(&ending)) || name == "<autogenerated>" || name == "<unknown>"
}

/// Where the standard library's own part begins.
fn standard_library(path: &str) -> Option<usize> {
    let at = path.find("/src/")?;
    let below = path.get(at + 5..)?;
    let is_standard = go_symbol::is_standard_package(below.split('/').next().unwrap_or_default());
    let root = path.get(..at)?;
    let is_go = root.rsplit('/').take(2).any(|folder| folder.starts_with("go"));
    (is_standard && is_go && below.contains('/')).then_some(at)
}

fn is_common(segment: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(segment) else { return false };
    let is_release = || {
        let digits = text.strip_prefix("go").unwrap_or(text);
        digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.len() <= 8
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && digits.contains('.')
    };
    segment.is_empty() || has(FOLDERS, segment) || is_release()
}

/// `libc.so.6`, `libstdc++.so.6.0.28`, `ld-linux-x86-64.so.2`, `libc-2.31.so`.
fn is_library(segment: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(segment) else { return false };
    let Some((name, version)) = text.split_once(".so") else { return false };
    let is_version = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let stem = name.split_once('-').filter(|(_, rest)| is_version(rest)).map_or(name, |(stem, _)| stem);
    is_version(version) && has(LIBRARIES, stem.as_bytes())
}

fn without_ending(segment: &[u8]) -> &[u8] {
    let Some(dot) = memchr::memrchr(b'.', segment) else { return segment };
    let ending = segment.get(dot + 1..).unwrap_or_default();
    let is_known = ENDINGS.iter().any(|known| known.as_bytes() == ending);
    if let Some(at) = memchr::memmem::find(segment, b".so.")
        && segment
            .get(at + 4..)
            .is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
    {
        return segment.get(..at).unwrap_or(segment);
    }
    if is_known { segment.get(..dot).unwrap_or(segment) } else { segment }
}

fn is_short_number(word: &[u8]) -> bool {
    word.len() <= 2 && word.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path with what is marked as dots.
    fn shown(path: &str, mark: impl Fn(&mut Marks<'_>, &[u8])) -> String {
        super::super::shown(path, b'.', |input, marks| mark(marks, input.bytes))
    }

    #[test]
    fn folders_that_every_machine_has_stay() {
        let path = |text| shown(text, |marks, part| marks.path(part, Kind::Path));
        assert_eq!(path("/usr/lib/x86_64-linux-gnu/libc.so.6"), "/usr/lib/x86_64-linux-gnu/libc.so.6");
        assert_eq!(path("/home/alice/acme/pricing"), "/home/...../..../.......");
        assert_eq!(path("/var/lib/acme/customers.db"), "/var/lib/..../..........db");
        assert_eq!(path("/memfd:acme (deleted)"), "/memfd:.... (deleted)");
    }

    #[test]
    fn mappings_of_kernel_and_runtime_keep_their_names() {
        let mapping = |text| shown(text, |marks, part| marks.mapping(part));
        for name in ["[vdso]", "[stack]", "[anon: Go: heap]", "/usr/lib/libc.so.6"] {
            assert_eq!(mapping(name), name);
        }
        assert_eq!(mapping("[anon:acme cache]"), "[anon:.... .....]");
        assert_eq!(mapping("[acme]"), "[....]");
        assert_eq!(mapping("/srv/acme (deleted)"), "/srv/.... (deleted)");
    }

    #[test]
    fn a_source_file_keeps_its_place_in_the_module() {
        let file =
            |path, function: &str| shown(path, |marks, part| marks.source_file(part, function.as_bytes()));
        let store = "git.acme.example/shop/pricing/internal/store.(*Store).Get";
        assert_eq!(
            file("/home/alice/git.acme.example/shop/pricing/internal/store/store.go", store),
            "/home/...../git.acme.example/shop/pricing/internal/store/store.go"
        );
        assert_eq!(
            file("/builds/acme/pricing/internal/store/store.go", store),
            "/builds/..../pricing/internal/store/store.go"
        );
        assert_eq!(file("/home/...../..../cmd/main.go", "main.main"), "/home/...../..../cmd/main.go");
        assert_eq!(
            file("/home/alice/go/pkg/mod/github.com/a/b@v1.2.3/c.go", "github.com/a/b.C"),
            "/home/...../go/pkg/mod/github.com/a/b@v1.2.3/c.go"
        );
        assert_eq!(
            file("/home/alice/sdk/go1.26.6/src/runtime/sema.go", "sync.runtime_Semacquire"),
            "/home/...../sdk/go1.26.6/src/runtime/sema.go"
        );
        assert_eq!(
            file("git.acme.example/shop/x.go", "git.acme.example/shop.F"),
            "git.acme.example/shop/x.go"
        );
        assert_eq!(file("git.acme.example/shop/x.go", "main.main"), "................/..../x.go");
        assert_eq!(file(r"C:\Users\alice\src\x.go", "main.main"), r".:\Users\.....\src\x.go");
        assert_eq!(file("/home/alice/x", "main.main"), "/home/...../.");
    }

    #[test]
    fn control_groups_keep_their_kind() {
        let path = |text| shown(text, |marks, part| marks.cgroup_path(part));
        assert_eq!(
            path("/kubepods.slice/kubepods-pod1f2e_3d.slice/cri-containerd-9a8b7c.scope"),
            "/kubepods.slice/kubepods-pod...._...slice/cri-containerd-.......scope"
        );
    }
}
