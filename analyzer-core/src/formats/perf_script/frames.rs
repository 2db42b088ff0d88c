//! A frame of a call chain: `ADDR SYMBOL+0xOFFSET (DSO)`.

/// What the line says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub address: u64,
    /// The function; empty if perf knows none.
    pub symbol: &'a [u8],
    /// The file that the address lies in; empty if not printed.
    pub dso: &'a [u8],
    /// The call was inlined into the one of the next row.
    pub is_inlined: bool,
}

/// What perf prints of what it does not know.
const UNKNOWN: &[u8] = b"[unknown]";

impl<'a> Row<'a> {
    /// Reads the line; `None` if it does not begin with an address.
    pub(super) fn of(line: &'a [u8]) -> Option<Self> {
        let text = line.trim_ascii();
        let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
        let (address, rest) = text.split_at_checked(end)?;
        let mut row = Row { address: hexadecimal(address)?, ..Row::default() };
        let rest = rest.trim_ascii_start();
        if let Some(symbol) = rest.strip_suffix(b" (inlined)") {
            row.symbol = without_offset(symbol);
            row.is_inlined = true;
            return Some(row);
        }
        let (symbol, dso) = split_dso(rest);
        row.symbol = without_offset(symbol);
        row.dso = without_offset(dso);
        if row.symbol == UNKNOWN {
            row.symbol = &[];
        }
        if row.dso == UNKNOWN {
            row.dso = &[];
        }
        Some(row)
    }

    /// True if it has more than an address.
    pub(super) const fn is_named(&self) -> bool {
        !self.symbol.is_empty() || !self.dso.is_empty()
    }
}

/// A place in source under a frame, `  main.go:12`.
pub(super) fn place(line: &[u8]) -> Option<(&[u8], i64)> {
    let text = line.strip_prefix(b"  ").filter(|text| !text.first().is_none_or(u8::is_ascii_whitespace))?;
    let colon = memchr::memrchr(b':', text)?;
    let number = std::str::from_utf8(text.get(colon + 1..)?.trim_ascii_end()).ok()?;
    // perf adds ` (discriminator 2)`.
    let number = number.split_once(' ').map_or(number, |(number, _)| number);
    Some((text.get(..colon)?, number.parse().ok()?))
}

/// The symbol, and what stands in the last brackets, which may have brackets in it (`(/bin/x (deleted))`).
fn split_dso(text: &[u8]) -> (&[u8], &[u8]) {
    let whole = (text, &[][..]);
    if text.last() != Some(&b')') {
        return whole;
    }
    let mut depth = 0_u32;
    for (at, byte) in text.iter().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth > 0 {
            continue;
        }
        // A receiver, or arguments of C++, are no file.
        let is_alone = at == 0 || text.get(at - 1) == Some(&b' ');
        let inside = text.get(at + 1..text.len() - 1).unwrap_or_default();
        return if is_alone { (text.get(..at).unwrap_or_default().trim_ascii_end(), inside) } else { whole };
    }
    whole
}

/// The text before `+0x1f` at its end.
fn without_offset(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    let is_digit = |byte: &&u8| byte.is_ascii_hexdigit();
    let digits = text.iter().rev().take_while(is_digit).count();
    let before = text.get(..text.len() - digits).unwrap_or(text);
    if digits == 0 { text } else { before.strip_suffix(b"+0x").unwrap_or(text) }
}

fn hexadecimal(word: &[u8]) -> Option<u64> {
    let word = word.strip_prefix(b"0x").unwrap_or(word);
    if word.is_empty() || word.len() > 16 {
        return None;
    }
    word.iter().try_fold(0, |sum: u64, byte| {
        let digit = char::from(*byte).to_digit(16)?;
        Some((sum << 4) | u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_form_are_read() {
        for (line, address, symbol, dso) in [
            ("\t          2823c3 main.hash+0x18 (/srv/app/video)", 0x28_23c3, "main.hash", "/srv/app/video"),
            (
                "\t ffffffff8226e639 do_futex+0x183 ([kernel.kallsyms])",
                0xffff_ffff_8226_e639,
                "do_futex",
                "[kernel.kallsyms]",
            ),
            (
                "\t 40 main.(*T[go.shape.struct { X int }]).M+0x1 (/a b/x (deleted))",
                0x40,
                "main.(*T[go.shape.struct { X int }]).M",
                "/a b/x (deleted)",
            ),
            ("            7f [unknown] (/lib/libc.so.6)", 0x7f, "", "/lib/libc.so.6"),
            ("\t 7f [unknown] ([unknown])", 0x7f, "", ""),
            ("\t 7f main.(*T).M", 0x7f, "main.(*T).M", ""),
            ("\t 7f f(int, char) (/bin/x+0x12)", 0x7f, "f(int, char)", "/bin/x"),
            ("\t 7f", 0x7f, "", ""),
        ] {
            let row = Row::of(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(
                (row.address, row.symbol, row.dso),
                (address, symbol.as_bytes(), dso.as_bytes()),
                "{line}"
            );
        }
        assert!(Row::of(b"\t 40 main.small (inlined)").unwrap().is_inlined);
        assert_eq!(Row::of(b"\tmain.hash+0x18 (/srv/app/video)"), None);
        assert_eq!(place(b"  main.go:12"), Some((&b"main.go"[..], 12)));
        assert_eq!(place(b"\t 40 a:12"), None);
    }
}
