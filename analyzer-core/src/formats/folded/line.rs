//! A line: frames with `;` between, a blank, a number.

/// What the line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stack<'a> {
    /// The frames, root first.
    pub frames: &'a [u8],
    /// What the stack comes to, without a fraction.
    pub amount: i64,
    pub has_fraction: bool,
}

/// What bcc puts between the frames of a process and the kernel's (`-d`).
const DELIMITERS: [&[u8]; 2] = [b"-", b"--"];
/// What stackcollapse and bcc put behind the names of the kernel's functions (`-a`).
const KERNEL: &[u8] = b"_[k]";

impl<'a> Stack<'a> {
    /// Reads the line; `None` if it has no number at its end, or nothing before it.
    pub(super) fn of(line: &'a [u8]) -> Option<Self> {
        let line = line.trim_ascii_end();
        let blank = memchr::memrchr(b' ', line)?;
        let (frames, number) = (line.get(..blank)?.trim_ascii_end(), line.get(blank + 1..)?);
        let (whole, fraction) = match memchr::memchr(b'.', number) {
            Some(dot) => (number.get(..dot)?, number.get(dot + 1..)?),
            None => (number, &[][..]),
        };
        let is_digits = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
        let is_number = !whole.is_empty() && whole.len() <= 18 && is_digits(whole) && is_digits(fraction);
        if !is_number || frames.is_empty() || frames.first() == Some(&b';') {
            return None;
        }
        let amount = std::str::from_utf8(whole).ok()?.parse().ok()?;
        Some(Self { frames, amount, has_fraction: fraction.iter().any(|digit| *digit != b'0') })
    }

    /// True if another number stands before the amount.
    pub(super) fn has_second_amount(&self) -> bool {
        let number = memchr::memrchr(b' ', self.frames).and_then(|blank| self.frames.get(blank + 1..));
        number.is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
    }

    /// True if it has more than one frame, and none of the first two is a number: a table is none.
    pub(super) fn is_deep(&self) -> bool {
        let mut frames = self.frames.split(|byte| *byte == b';');
        let is_name = |frame: Option<&[u8]>| {
            frame.is_some_and(|frame| {
                frame.iter().any(|byte| !byte.is_ascii_digit() && !b".,-+: ".contains(byte))
            })
        };
        is_name(frames.next()) && is_name(frames.next())
    }

    /// The frames from the root, and whether each is the kernel's.
    pub(super) fn frames(&self) -> impl Iterator<Item = (&'a [u8], bool)> + use<'a> {
        let mut is_behind = false;
        self.frames.split(|byte| *byte == b';').filter_map(move |frame| {
            if DELIMITERS.contains(&frame) {
                is_behind = true;
                return None;
            }
            match frame.strip_suffix(KERNEL) {
                Some(name) => Some((name, true)),
                None => Some((frame, is_behind)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(line: &str) -> Vec<(String, bool)> {
        let stack = Stack::of(line.as_bytes()).unwrap();
        stack
            .frames()
            .map(|(name, is_kernel)| (String::from_utf8_lossy(name).into_owned(), is_kernel))
            .collect()
    }

    #[test]
    fn the_kernel_s_frames_are_marked_or_stand_behind_a_delimiter() {
        let name = |name: &str, is_kernel| (name.to_owned(), is_kernel);
        assert_eq!(
            frames("a;main.f;do_futex_[k] 3"),
            [name("a", false), name("main.f", false), name("do_futex", true)]
        );
        assert_eq!(
            frames("a;main.f;-;do_futex 3"),
            [name("a", false), name("main.f", false), name("do_futex", true)]
        );
        assert_eq!(frames("a b;f(int, char) 3"), [name("a b", false), name("f(int, char)", false)]);
    }

    #[test]
    fn lines_without_a_number_behind_are_none() {
        for line in ["", "a;b", "a;b c", "12", " 12", ";a 1", "a;b -1", "a;b 1e5"] {
            assert_eq!(Stack::of(line.as_bytes()), None, "{line}");
        }
        assert!(!Stack::of(b"2024;13 5").unwrap().is_deep());
    }
}
