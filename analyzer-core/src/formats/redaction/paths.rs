//! Paths: which of their parts are the same on every machine.

use super::common::{CGROUP_WORDS, FOLDERS, has};
use super::{Kind, Marks};
use crate::base::go_symbol;

/// Endings that say what a file is, not whose.
const ENDINGS: [&str; 14] =
    ["so", "a", "go", "s", "c", "h", "cc", "cpp", "cgo1", "db", "dat", "log", "txt", "json"];

/// What the kernel adds to the name of a mapped file.
const FILE_MARKS: [&[u8]; 3] = [b"memfd", b"deleted", b"SYSV00000000"];

impl Marks<'_> {
    /// Marks what is particular to a machine in the path of a file: every word
    /// but common folders, short numbers, and the names of shared libraries.
    pub fn path(&mut self, path: &[u8], kind: Kind) {
        let mut segments = path.split(|byte| *byte == b'/').peekable();
        while let Some(segment) = segments.next() {
            let is_last = segments.peek().is_none();
            let is_known = is_common(segment) || (is_last && is_library(segment));
            if !is_known {
                let stem = if is_last { without_ending(segment) } else { segment };
                self.each_word(stem, false, kind, |word| is_short_number(word) || FILE_MARKS.contains(&word));
            }
        }
    }

    /// Marks the name of a mapping. `[heap]` and the like are the kernel's,
    /// `[anon: Go: heap]` the runtime's; other names in brackets are the program's own.
    pub fn mapping(&mut self, name: &[u8]) {
        let own = name.strip_prefix(b"[anon:").or_else(|| name.strip_prefix(b"[anon_shmem:"));
        match own {
            Some(own) if !own.starts_with(b" Go: ") => self.words(own, Kind::Path),
            None if !name.starts_with(b"[") => self.path(name, Kind::Path),
            _ => {}
        }
    }

    /// Marks the folders of a source file above its module: `function` is one
    /// of the file's, whose package path says where the module's part begins.
    pub fn source_file(&mut self, path: &[u8], function: &[u8]) {
        let kept = kept_from(path, &String::from_utf8_lossy(function));
        self.path(path.get(..kept).unwrap_or(path), Kind::Path);
    }

    /// Marks the names in the path of a control group.
    pub fn cgroup_path(&mut self, path: &[u8]) {
        let Some(range) = self.range_of(path) else { return };
        for word in super::words(path, false) {
            let Some(text) = path.get(word.clone()) else { continue };
            if has(CGROUP_WORDS, text) || is_short_number(text) {
                continue;
            }
            // `pod` and the pod's id, which stands elsewhere by itself.
            let is_pod = text.len() > 6 && text.starts_with(b"pod");
            let start = range.start + word.start + if is_pod { 3 } else { 0 };
            self.words.push(super::Word { start, end: range.start + word.end, kind: Kind::Name });
        }
    }
}

/// Where the part of a source file's path begins that its module has everywhere.
fn kept_from(path: &[u8], function: &str) -> usize {
    let text = String::from_utf8_lossy(path);
    if text.len() != path.len() {
        return 0;
    }
    let is_absolute = text.starts_with('/') || text.get(1..2) == Some(":");
    if !is_absolute {
        // Built with -trimpath, or made by the compiler: the path begins with the module's.
        return 0;
    }
    if let Some(at) = text.find("/pkg/mod/") {
        return at;
    }
    if let Some(at) = standard_library(&text) {
        return at;
    }
    let file = text.rfind('/').map_or(0, |at| at + 1);
    let mut kept = file;
    let folders = text.get(..file).unwrap_or_default().trim_end_matches('/');
    let package = go_symbol::package(function).replace("%2e", ".");
    // Folders and package path agree from their ends on, as far as the module goes.
    for (folder, element) in folders.rsplit('/').zip(package.rsplit('/')) {
        if folder != element || folder.is_empty() {
            break;
        }
        kept -= folder.len() + 1;
    }
    kept
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

/// `libc.so.6`, `libstdc++.so.6.0.28`, `ld-linux-x86-64.so.2`.
fn is_library(segment: &[u8]) -> bool {
    let starts = segment.starts_with(b"lib") || segment.starts_with(b"ld-");
    starts && (segment.ends_with(b".so") || memchr::memmem::find(segment, b".so.").is_some())
}

fn without_ending(segment: &[u8]) -> &[u8] {
    let Some(dot) = memchr::memrchr(b'.', segment) else { return segment };
    let ending = segment.get(dot + 1..).unwrap_or_default();
    let is_known = ENDINGS.iter().any(|known| known.as_bytes() == ending);
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
