//! Of dumps, the runtime's own words stay, functions, and places in source; labels,
//! the folders above a module, arguments, messages of panics, and whatever else was
//! logged between the lines do not.

use super::frame;
use super::header;
use super::preamble;
use super::text::{self, Prefix};
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::redaction::{Kind, Marks, Vocabulary, is_time};

type Outcome = Result<(), &'static str>;

/// Marks a dump with one block a goroutine.
pub(super) fn stacks(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let prefix = text::detect(input.bytes).unwrap_or(Prefix::Indent(0));
    if prefix == Prefix::Json {
        return Err("a dump inside JSON log lines: take the text out of them first");
    }
    if matches!(input.bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return Err("UTF-16 text");
    }
    let mut function: &[u8] = b"";
    let mut lines = Lines::new(input.bytes).peekable();
    let mut in_message = false;
    while let Some(line) = lines.next() {
        let next = lines.peek().map(|next| text_of(next.bytes, prefix)).unwrap_or_default();
        let text = text_of(line.bytes, prefix);
        log_prefix(line.bytes, text, marks);
        in_message &= !text.trim_ascii().is_empty();
        let kind = preamble::kind(text, in_message);
        let bare = text.trim_ascii_start();
        // A call is one only if its place follows: a log may look like it.
        let is_placed = source_place(next).is_some() || is_foreign_place(next);
        if header::parse(text).is_some() {
            in_message = false;
            goroutine(text, marks);
        } else if let Some((name, _)) = frame::created_by(bare).filter(|_| is_placed) {
            function = name;
            marks.keep(name);
            marks.keep_known(bare.get(..11).unwrap_or_default(), &WORDS);
            marks.keep_known(after(bare, name), &WORDS);
        } else if let Some(name) = frame::function(bare).filter(|_| is_placed && !in_message) {
            function = name;
            marks.keep(name);
            let arguments = after(bare, name);
            frame::addresses(arguments).for_each(|address| marks.address(address));
        } else if let Some(place) = source_place(text) {
            marks.source_file(place, function);
            offsets(after(text, place), marks);
        } else if let Some(kind) = kind {
            in_message = preamble::is_message(kind);
            message(text, marks);
        } else if is_the_runtimes(text) {
            marks.keep_known(text, &WORDS);
        } else if super::race::is_head(bare) {
            race_head(bare, marks);
        } else if is_foreign_symbol(text, next) {
            marks.keep(text);
        }
    }
    Ok(())
}

/// What of a text stands behind a part of it.
fn after<'t>(text: &'t [u8], part: &[u8]) -> &'t [u8] {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    text.get(start + part.len()..).unwrap_or_default()
}

/// `:12 +0x1d fp=0x1 sp=0x2 pc=0x3`.
fn offsets(text: &[u8], marks: &mut Marks<'_>) {
    for word in text.split(|&byte| byte == b' ') {
        let is_line = word.strip_prefix(b":").is_some_and(|digits| digits.iter().all(u8::is_ascii_digit));
        let is_offset = [b"+0x".as_slice(), b"fp=0x", b"sp=0x", b"pc=0x"].iter().any(|start| {
            word.strip_prefix(*start)
                .is_some_and(|digits| digits.len() <= 16 && digits.iter().all(u8::is_ascii_hexdigit))
        });
        if is_line || is_offset {
            marks.keep(word);
        }
    }
}

/// A header: its number, its state as far as it is one of the runtime's, its labels' values.
fn goroutine(text: &[u8], marks: &mut Marks<'_>) {
    let labels = labels_at(text);
    let (state, rest) = text.split_at_checked(labels.unwrap_or(text.len())).unwrap_or((text, &[]));
    marks.keep_known(state, &STATES);
    if labels.is_some() {
        label_values(rest, marks);
    }
}

/// The words of wait reasons and statuses (runtime/runtime2.go, waitReasonStrings; traceback.go).
static STATES: Vocabulary = Vocabulary::new(|| {
    "goroutine gp m nil mp running runnable syscall waiting idle dead copystack preempted scan leaked durable synctest \
     locked to thread minutes minute chan receive send select no cases GC assist marking IO wait dump sleep sweep panicwait \
     finalizer force gc background worker concurrent profiled cleanups cleanup debug call flush proc cache trace reader \
     block semacquire sync Cond Wait Mutex Lock RWMutex RLock WaitGroup stopping the world mark termination coroutine \
     timer goroutine sema garbage collection scheduler checkpoint update GOMAXPROCS weak to strong synctest Run system \
     stack idle exited moribund_unused enqueue preempt labels assist credit weak pointer select nil func"
        .split_ascii_whitespace()
        .map(str::as_bytes)
        .collect()
});

/// The words of the runtime's own lines.
static WORDS: Vocabulary = Vocabulary::new(|| {
    "created by in goroutine goroutines running on other thread stack unavailable originating from non Go function at pc \
     runtime additional frames elided exit status SIGQUIT SIGABRT SIGSEGV SIGBUS SIGFPE SIGILL SIGTRAP SIGTERM SIGINT \
     SIGHUP SIGSYS SIGPIPE SIGUSR1 SIGUSR2 SIGKILL quit abort segmentation violation bus error floating point exception \
     illegal instruction trap terminated interrupt PC m sigcode code addr fatal all are asleep deadlock panic signal \
     arrived during cgo execution external code unexpected fault address recovered repanicked invalid memory or nil \
     pointer dereference index out of range with length capacity slice bounds integer divide zero makeslice len cap \
     send closed channel close map concurrent writes read and write iteration assignment to entry unlock unlocked \
     mutex RWMutex sync RUnlock Unlock negative WaitGroup counter reuse before previous Wait has returned exceeds \
     limit byte bytes sp stack overflow cannot allocate OS allocated errno max ulimit increase try failed create new \
     have already heap arena the was is not type interface conversion missing method exceeded newosproc morestack g0 gsignal \
     bad handler systemstack called hash unhashable rax rbx rcx rdx rdi rsi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip rflags \
     cs gs x0 x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11 x12 x13 x14 x15 x16 x17 x18 x19 x20 x21 x22 x23 x24 x25 x26 x27 x28 x29 \
     lr pc pstate elr r0 r1 r2 r3 r4 r5 r6 r7 http serving Exception SIGEMT SIGSTKFLT SIGXCPU thread per-thread limit g gp p \
     current nil map double free or corruption checkdead find runnable no main called main sudog schedule holding locks \
     throw freeing marked object found pointer free gcmark span sweep increased lock count nmspinning exhaustion threads"
        .split_ascii_whitespace()
        .map(str::as_bytes)
        .collect()
});

/// `Write at 0x00c0001a2018 by goroutine 12:`.
fn race_head(text: &[u8], marks: &mut Marks<'_>) {
    const HEADS: &str = "WARNING DATA RACE Write Read write read Previous atomic at by goroutine main Goroutine running \
        finished created failed to restore the stack Found data race s";
    let is_address = |word: &[u8]| word.starts_with(b"0x") && word.len() > 8;
    text.split(|byte| !byte.is_ascii_alphanumeric())
        .filter(|word| is_address(word) && word.iter().skip(2).all(u8::is_ascii_hexdigit))
        .for_each(|word| marks.address(word));
    marks.keep_words(text, |word| {
        let is_number = word.iter().all(u8::is_ascii_digit) && word.len() <= 10;
        is_number || HEADS.split_ascii_whitespace().any(|known| known.as_bytes() == word)
    });
}

/// The line without what a log collector put before it.
fn text_of(line: &[u8], prefix: Prefix) -> &[u8] {
    let text = text::strip(line, prefix);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// Words before the text name hosts and pods, unless they are times or marks.
fn log_prefix(line: &[u8], text: &[u8], marks: &mut Marks<'_>) {
    let length = text.as_ptr().addr().saturating_sub(line.as_ptr().addr());
    let before = line.get(..length).unwrap_or_default();
    for word in before.split(|&byte| byte == b' ') {
        if is_time(word) || matches!(word, b"stdout" | b"stderr" | b"F" | b"P" | b"|") {
            marks.keep(word);
        } else {
            marks.words(word, Kind::Name);
        }
    }
}

/// `\t/folder/file.go:12 +0x1d`: the path.
fn source_place(text: &[u8]) -> Option<&[u8]> {
    let file = frame::file_line(text)?.file;
    let name = std::str::from_utf8(file).ok()?;
    let is_source = [".go", ".s", ".c", ".h", ".cc", ".cpp"].iter().any(|ending| name.ends_with(ending));
    (is_source || name == "<autogenerated>" || name == "_cgo_gotypes.go").then_some(file)
}

/// Where `{key: "value", …}` stands in or behind the brackets of a header.
fn labels_at(text: &[u8]) -> Option<usize> {
    let inside = memchr::memmem::find(text, b" labels:{").map(|at| at + 9);
    inside.or_else(|| memchr::memmem::find(text, b"] {").map(|at| at + 3))
}

/// Marks the keys and values of a list of labels whose brace was read.
pub(super) fn label_values(text: &[u8], marks: &mut Marks<'_>) {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let end = match byte {
            b':' | b',' | b'}' => at + 1,
            b'"' => quoted_end(text, at + 1),
            b' ' => at + 1,
            _ => at + text.get(at..).unwrap_or_default().iter().take_while(|b| !b":,}\"".contains(b)).count(),
        };
        let token = text.get(at..end).unwrap_or_default();
        marks.quoted(token, Kind::Label);
        at = end.max(at + 1);
    }
}

/// The byte after the quote that closes a string.
fn quoted_end(text: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// The runtime's own words stay; a panic's message may hold anything.
fn message(text: &[u8], marks: &mut Marks<'_>) {
    const OWN: [&[u8]; 10] = [
        b"panic: ",
        b"fatal error: ",
        b"[signal ",
        b"SIG",
        b"PC=0x",
        b"runtime: ",
        b"signal arrived ",
        b"unexpected fault address ",
        b"[recovered",
        b"fatal: ",
    ];
    let bare = text.trim_ascii_start();
    if OWN.iter().any(|start| bare.starts_with(start)) {
        runtimes_words(bare, marks);
    } else if let Some(at) = memchr::memmem::find(bare, preamble::SERVING.as_bytes()) {
        // `2026/11/20 10:15:00 http: panic serving 10.1.2.3:4711: value`
        let (before, own) = bare.split_at(at);
        before.split(|&byte| byte == b' ').filter(|word| is_time(word)).for_each(|word| marks.keep(word));
        marks.keep(own.get(..preamble::SERVING.len()).unwrap_or_default());
        let value = own.get(preamble::SERVING.len()..).unwrap_or_default();
        runtimes_value(value, marks);
    } else {
        runtimes_value(bare, marks);
    }
}

/// The mark at the end of a recovered panic's value.
fn runtimes_value(text: &[u8], marks: &mut Marks<'_>) {
    let known = [b"runtime error: ".as_slice(), b"[recovered"];
    let at = known.iter().filter_map(|start| memchr::memmem::rfind(text, start)).min();
    runtimes_words(text.get(at.unwrap_or(text.len())..).unwrap_or_default(), marks);
}

/// Keeps the words that the runtime writes, with its numbers of up to 20 digits in hexadecimal.
fn runtimes_words(text: &[u8], marks: &mut Marks<'_>) {
    marks.keep_words(text, |word| {
        let is_hex = word
            .strip_prefix(b"0x")
            .is_some_and(|hex| hex.len() <= 16 && hex.iter().all(u8::is_ascii_hexdigit));
        let is_number = word.len() <= 20 && word.iter().all(u8::is_ascii_digit);
        is_hex || is_number || WORDS.contains(word)
    });
}

fn is_the_runtimes(text: &[u8]) -> bool {
    let bare = text.trim_ascii();
    frame::is_elision(text)
        || preamble::is_trailer(bare)
        || text == b"\tgoroutine running on other thread; stack unavailable"
        || bare.starts_with(b"[originating from goroutine ")
        || bare.starts_with(b"non-Go function at pc=")
        || bare == b"-----"
        || is_pc_only(bare)
}

/// `pc=0x4006b2`, alone or behind a library's name that is marked elsewhere.
fn is_pc_only(text: &[u8]) -> bool {
    text.strip_prefix(b"pc=0x").is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// The name of a C function, whose place follows on its own line.
fn is_foreign_symbol(text: &[u8], next: &[u8]) -> bool {
    !text.is_empty() && !text.contains(&b' ') && is_foreign_place(next)
}

/// `\tlibc.so.6 pc=0x4006b2`.
fn is_foreign_place(text: &[u8]) -> bool {
    text.starts_with(b"\t") && frame::is_foreign_place(text)
}

/// Marks `debug=1` texts: stacks with counts, one a line, and their frames.
pub(in crate::formats) fn counts(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    if matches!(input.bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return Err("UTF-16 text");
    }
    for line in Lines::new(input.bytes) {
        let bytes = line.bytes;
        if let Some(values) = bytes.strip_prefix(b"# labels: {") {
            marks.keep(bytes.get(..11).unwrap_or_default());
            label_values(values, marks);
        } else if let Some(rest) = bytes.strip_prefix(b"#\t") {
            counted_frame(rest, marks);
        } else if let Some(header) = crate::formats::smaps::header::parse(bytes) {
            let name = header.name.as_ptr().addr().saturating_sub(bytes.as_ptr().addr());
            let before = if header.name.is_empty() { bytes.len() } else { name };
            marks.keep(bytes.get(..before).unwrap_or_default());
            marks.mapping(header.name);
        } else {
            counted(bytes, marks);
        }
    }
    Ok(())
}

/// `0xPC TAB func+0xOFF TAB… file:line`.
fn counted_frame(text: &[u8], marks: &mut Marks<'_>) {
    let mut parts = text.split(|&byte| byte == b'\t').filter(|part| !part.is_empty());
    let (pc, named) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_pc = pc
        .strip_prefix(b"0x")
        .is_some_and(|digits| digits.len() <= 16 && digits.iter().all(u8::is_ascii_hexdigit));
    if !is_pc {
        return;
    }
    marks.keep(pc);
    let function = memchr::memmem::rfind(named, b"+0x").and_then(|at| named.get(..at)).unwrap_or(named);
    if function.contains(&b' ') {
        return;
    }
    marks.keep(function);
    offsets(after(named, function), marks);
    let Some(place) = parts.next() else { return };
    let Some(line) = frame::file_line(place) else { return };
    marks.source_file(line.file, function);
    offsets(after(place, line.file), marks);
}

/// A title, a stack of program counters, or a figure of the trailer.
fn counted(bytes: &[u8], marks: &mut Marks<'_>) {
    const TITLES: [&str; 9] = [
        "goroutine profile: total ",
        "goroutineleak profile: total ",
        "threadcreate profile: total ",
        "heap profile: ",
        "--- contention:",
        "--- mutex:",
        "cycles/second=",
        "sampling period=",
        "MAPPED_LIBRARIES:",
    ];
    let text = bytes.trim_ascii();
    if TITLES.iter().any(|title| text.starts_with(title.as_bytes())) {
        return marks.keep_known(text, &COUNTED);
    }
    let is_stack = memchr::memmem::find(text, b" @").is_some_and(|at| {
        let (counts, pcs) = text.split_at(at);
        let is_number = |byte: &u8| byte.is_ascii_digit() || b" :[]".contains(byte);
        counts.iter().all(is_number)
            && pcs.iter().all(|byte| byte.is_ascii_hexdigit() || b" @x".contains(byte))
    });
    if is_stack || text == b"# runtime.MemStats" {
        return marks.keep(text);
    }
    let Some(rest) = text.strip_prefix(b"# ") else { return };
    let Some(at) = memchr::memmem::find(rest, b" = ") else { return };
    let (key, value) = rest.split_at(at);
    let is_value = |byte: &u8| byte.is_ascii_digit() || b" =[]./e+-".contains(byte);
    if is_trailer_key(key) && (value.iter().all(is_value) || matches!(value, b" = true" | b" = false")) {
        marks.keep(rest);
    }
}

/// The words of titles.
static COUNTED: Vocabulary = Vocabulary::new(|| {
    "goroutine goroutineleak threadcreate heap profile total contention mutex cycles second sampling period MAPPED LIBRARIES \
     heap_v2 growthz allocz count"
        .split_ascii_whitespace()
        .map(str::as_bytes)
        .collect()
});

/// What the trailer of a heap profile has (runtime/pprof, writeHeapInternal).
fn is_trailer_key(key: &[u8]) -> bool {
    const KEYS: &str = "Alloc TotalAlloc Sys Lookups Mallocs Frees HeapAlloc HeapSys HeapIdle HeapInuse HeapReleased \
        HeapObjects Stack MSpan MCache BuckHashSys GCSys OtherSys NextGC LastGC PauseNs PauseEnd NumGC NumForcedGC \
        GCCPUFraction DebugGC MaxRSS";
    KEYS.split_ascii_whitespace().any(|known| known.as_bytes() == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::redaction;

    fn shown(text: &str, mark: fn(&Input<'_>, &mut Marks<'_>) -> Outcome) -> String {
        redaction::shown(text, b'.', |input, marks| mark(input, marks).unwrap())
    }

    #[test]
    fn a_dump_keeps_its_frames_and_loses_what_is_particular() {
        let dump = "2026/11/20 user alice logged in\n\
                    panic: no tenant acme\n\n\
                    goroutine 7 [select, 2 minutes] {tenant: acme, path: \"/a\\nb\"}:\n\
                    main.(*pool).run(0xc000012345, {0x5, 0x6})\n\
                    \t/home/alice/acme/cmd/main.go:12 +0x1d\n\
                    created by main.main in goroutine 1\n\
                    \t/home/alice/acme/cmd/main.go:5 +0x1d\n\
                    exit status 2\n";
        let expected = "xxxx/xx/xx xxxx xxxxx xxxxxx xx\n\
                        panic: no xxxxxx xxxx\n\n\
                        goroutine 7 [select, 2 minutes] {......: ...., ....: \"/.\\n.\"}:\n\
                        main.(*pool).run(############, {xxx, xxx})\n\
                        \t/home/...../..../cmd/main.go:12 +0x1d\n\
                        created by main.main in goroutine 1\n\
                        \t/home/...../..../cmd/main.go:5 +0x1d\n\
                        exit status 2\n";
        assert_eq!(shown(dump, stacks), expected);
    }

    #[test]
    fn log_prefixes_keep_their_times() {
        let dump = "2026-11-20T10:15:00Z node-17 stderr F goroutine 1 [running]:\n\
                    2026-11-20T10:15:00Z node-17 stderr F main.main()\n\
                    2026-11-20T10:15:00Z node-17 stderr F \t/srv/main.go:3 +0x1\n";
        let expected = "2026-11-20T10:15:00Z ....-.. stderr F goroutine 1 [running]:\n\
                        2026-11-20T10:15:00Z ....-.. stderr F main.main()\n\
                        2026-11-20T10:15:00Z ....-.. stderr F \t/srv/main.go:3 +0x1\n";
        assert_eq!(shown(dump, stacks), expected);
    }

    #[test]
    fn tails_of_the_runtimes_lines_do_not_stay() {
        let dump = "SIGQUIT: acme\nPC=0x40de0e m=0 sigcode=0 acme\nruntime: acme\n\
                    [signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a30a3 acme]\n\n\
                    goroutine 1 [running]:\nacme.said(hello)\nmain.main()\n\t/srv/main.go:3 +0x1\nexit status 2 acme\n";
        assert_eq!(
            shown(dump, stacks),
            dump.replace("acme.said(hello)", "xxxx.xxxx(xxxxx)").replace("acme", "xxxx")
        );
    }

    #[test]
    fn a_counted_profile_keeps_figures_and_functions() {
        let profile = "heap profile: 1: 48 [1: 48] @ heap/1048576\n\
                       1: 48 [1: 48] @ 0x47db6a 0x41516e\n\
                       # labels: {\"tenant\":\"acme\"}\n\
                       #\t0x47db69\tmain.main+0x24\t/home/alice/x/main.go:9\n\
                       alice was here\n\
                       # runtime.MemStats\n\
                       # Stack = 917504 / 917504\n";
        let expected = "heap profile: 1: 48 [1: 48] @ heap/1048576\n\
                        1: 48 [1: 48] @ 0x47db6a 0x41516e\n\
                        # labels: {\"......\":\"....\"}\n\
                        #\t0x47db69\tmain.main+0x24\t/home/....././main.go:9\n\
                        xxxxx xxx xxxx\n\
                        # runtime.MemStats\n\
                        # Stack = 917504 / 917504\n";
        assert_eq!(shown(profile, counts), expected);
    }
}
