//! The first line of a goroutine's block.
//!
//! ```text
//! goroutine 12 gp=0xc000102380 m=nil [chan receive (leaked), 5 minutes, locked to thread] {tenant: acme}:
//!           goid                      status        marks                                  labels (1.27)
//! ```
//! Go 1.26 with GODEBUG=tracebacklabels=1 prints labels inside the brackets:
//! `[chan receive labels:{"tenant": "acme"}]:` (runtime/traceback.go, goroutineheader).

use crate::evidence::goroutines::GoroutineFlags;

/// What every header starts with.
pub(super) const START: &[u8] = b"goroutine ";

/// Bytes between the id and the status at most: `gp=`, `m=` and `mp=`.
const THREAD_PART_BYTES: usize = 80;

/// A header, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub goid: u64,
    /// Status or wait reason without marks.
    pub state: &'a str,
    pub wait_minutes: Option<u32>,
    pub flags: GoroutineFlags,
    pub labels: Vec<(String, String)>,
}

/// Takes a header line apart; `None` if the line is no whole header.
pub(super) fn parse(line: &[u8]) -> Option<Header<'_>> {
    let rest = line.strip_prefix(START)?;
    let digits = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let goid = std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()?;
    let rest = std::str::from_utf8(rest.get(digits..)?).ok()?;
    let open = rest.find('[').filter(|&at| at <= THREAD_PART_BYTES)?;
    let thread = rest.get(..open)?;
    if thread != " " && !thread.starts_with(" gp=") {
        return None;
    }
    let rest = rest.get(open + 1..)?;
    let (inner, labels, after) = split_brackets(rest)?;
    let (labels, after) = match after.strip_prefix(" {") {
        Some(text) => labels_of(text)?,
        None => (labels, after),
    };
    if after.trim_end() != ":" {
        return None;
    }
    let mut header = Header { goid, state: "", wait_minutes: None, flags: GoroutineFlags::default(), labels };
    header.read_inner(inner)?;
    if goid == 0 {
        header.flags = header.flags.with(GoroutineFlags::SYSTEM_STACK);
    }
    Some(header)
}

pub(super) type Labels = Vec<(String, String)>;

/// What stands in the brackets, the labels of the 1.26 form, and what follows the brackets.
fn split_brackets(rest: &str) -> Option<(&str, Labels, &str)> {
    let close = rest.find(']')?;
    let inside = rest.get(..close)?;
    // Hardly any header has a brace, and all of a large dump are searched.
    let labels = if inside.contains('{') { inside.find(" labels:{") } else { None };
    match labels {
        Some(at) => {
            let (labels, after) = labels_of(rest.get(at + " labels:{".len()..)?)?;
            Some((rest.get(..at)?, labels, after.strip_prefix(']')?))
        }
        None => Some((inside, Vec::new(), rest.get(close + 1..)?)),
    }
}

/// Labels up to the closing brace, and what follows it. A key or value is bare
/// if it holds only letters, digits, `.`, `/` and `_`, else a quoted Go string.
pub(super) fn labels_of(text: &str) -> Option<(Labels, &str)> {
    let mut labels = Vec::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (key, after) = token(rest)?;
        let (value, after) = token(after.strip_prefix(':')?.trim_start())?;
        labels.push((key, value));
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
}

fn token(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        return super::go_string::unquote(quoted);
    }
    let end = text.find([':', ',', '}', '"']).filter(|&end| end > 0)?;
    Some((text.get(..end)?.to_owned(), text.get(end..)?))
}

impl<'a> Header<'a> {
    /// That of a stack that was printed without one, as a goroutine prints its own.
    pub(super) const fn unknown() -> Self {
        Self {
            goid: 0,
            state: "running",
            wait_minutes: None,
            flags: GoroutineFlags::NONE,
            labels: Vec::new(),
        }
    }

    fn read_inner(&mut self, inner: &'a str) -> Option<()> {
        let (mut state, mut rest) = cut_at_comma(inner);
        loop {
            // Several marks may follow one another; reasons themselves may end in brackets too.
            let (bare, mark) = if let Some(bare) = state.strip_suffix(" (leaked)") {
                (bare, GoroutineFlags::LEAKED)
            } else if let Some(bare) = state.strip_suffix(" (durable)") {
                (bare, GoroutineFlags::SYNCTEST)
            } else if let Some(bare) = state.strip_suffix(" (synctest)") {
                (bare, GoroutineFlags::SYNCTEST)
            } else if let Some(bare) = state.strip_suffix(" (scan)") {
                (bare, GoroutineFlags::default())
            } else {
                break;
            };
            state = bare;
            self.flags = self.flags.with(mark);
        }
        if state.is_empty() {
            return None;
        }
        self.state = state;
        while let Some(text) = rest {
            let (part, after) = cut_at_comma(text);
            rest = after;
            if let Some(minutes) = part.strip_suffix(" minutes") {
                self.wait_minutes = minutes.parse().ok();
            } else if part == "locked to thread" {
                self.flags = self.flags.with(GoroutineFlags::LOCKED);
            } else if part.starts_with("synctest ") {
                self.flags = self.flags.with(GoroutineFlags::SYNCTEST);
            }
        }
        Some(())
    }
}

/// What stands before the next `, `, and what behind it.
fn cut_at_comma(text: &str) -> (&str, Option<&str>) {
    match memchr::memmem::find(text.as_bytes(), b", ") {
        Some(at) => (text.get(..at).unwrap_or(text), text.get(at + 2..)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Header<'_> {
        parse(line.as_bytes()).unwrap()
    }

    #[test]
    fn plain_header_with_minutes_and_thread() {
        let header = parsed("goroutine 7 [chan receive (nil chan), 12 minutes, locked to thread]:");
        assert_eq!((header.goid, header.state), (7, "chan receive (nil chan)"));
        assert_eq!(header.wait_minutes, Some(12));
        assert!(header.flags.has(GoroutineFlags::LOCKED));
        assert!(!header.flags.has(GoroutineFlags::LEAKED));
    }

    #[test]
    fn marks_are_taken_off_the_state() {
        let header = parsed("goroutine 5 [chan send (nil chan) (leaked) (scan)]:");
        assert_eq!(header.state, "chan send (nil chan)");
        assert!(header.flags.has(GoroutineFlags::LEAKED));
        let header = parsed("goroutine 23 [sync.WaitGroup.Wait (durable), synctest bubble 1]:");
        assert_eq!(header.state, "sync.WaitGroup.Wait");
        assert!(header.flags.has(GoroutineFlags::SYNCTEST));
    }

    #[test]
    fn thread_part_of_a_signal_dump() {
        assert_eq!(parsed("goroutine 1 gp=0xc0000061c0 m=0 mp=0x5ff860 [running]:").state, "running");
        assert_eq!(parsed("goroutine 2 gp=0xc000006700 m=nil [force gc (idle)]:").state, "force gc (idle)");
        assert!(parsed("goroutine 0 gp=0x5f m=0 mp=0x5f [idle]:").flags.has(GoroutineFlags::SYSTEM_STACK));
    }

    #[test]
    fn labels_of_go_1_26_and_1_27() {
        let expected =
            [("endpoint".to_owned(), "/api/v1/x y".to_owned()), ("tenant".to_owned(), "a\"b".to_owned())];
        let inside = parsed(r#"goroutine 34 [select labels:{"endpoint": "/api/v1/x y", "tenant": "a\"b"}]:"#);
        assert_eq!((inside.state, inside.labels.as_slice()), ("select", expected.as_slice()));
        let behind = parsed(r#"goroutine 35 [select, 2 minutes] {endpoint: "/api/v1/x y", tenant: "a\"b"}:"#);
        assert_eq!((behind.wait_minutes, behind.labels.as_slice()), (Some(2), expected.as_slice()));
        let tricky = parsed(r#"goroutine 36 [select] {"regi\u00f6n": "]}:"}:"#);
        assert_eq!(tricky.labels, [("región".replace('ó', "ö"), "]}:".to_owned())]);
    }

    #[test]
    fn what_only_looks_like_a_header_is_none() {
        for line in [
            "goroutine 7 [running]: in it",
            "goroutine 7 [running",
            "goroutine profile: total 21",
            "goroutine  [x]:",
            "goroutine 99999999999999999999999 [x]:",
            "goroutine 7 ran [x]:",
        ] {
            assert_eq!(parse(line.as_bytes()), None, "{line}");
        }
    }
}
