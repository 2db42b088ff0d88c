//! The line that begins a mapping in `maps` and `smaps`:
//! `address perms offset dev inode pathname`.

use crate::evidence::vmas::VmaTraits;

/// A mapping line, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// First address.
    pub start: u64,
    /// Address after the last.
    pub end: u64,
    /// Permissions, and whether a file is behind it.
    pub traits: VmaTraits,
    /// Path or name; empty if none.
    pub name: &'a [u8],
}

/// Reads a mapping line; `None` if it is none.
pub fn parse(line: &[u8]) -> Option<Header<'_>> {
    let (start, rest) = hex(line.trim_ascii_start())?;
    let (end, rest) = hex(rest.strip_prefix(b"-")?)?;
    let rest = rest.strip_prefix(b" ")?;
    let (perms, rest) = rest.split_at_checked(4)?;
    let mut traits = permissions(perms)?;
    let (_offset, rest) = hex(rest.strip_prefix(b" ")?)?;
    let (major, rest) = hex(rest.strip_prefix(b" ")?)?;
    let (minor, rest) = hex(rest.strip_prefix(b":")?)?;
    let rest = rest.strip_prefix(b" ")?;
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (inode, name) = rest.split_at_checked(digits)?;
    traits.is_file = major != 0 || minor != 0 || inode != b"0";
    (start <= end && !inode.is_empty()).then_some(Header { start, end, traits, name: name.trim_ascii() })
}

fn permissions(perms: &[u8]) -> Option<VmaTraits> {
    let &[r, w, x, s] = perms else { return None };
    let known = matches!((r, w), (b'r' | b'-', b'w' | b'-')) && matches!((x, s), (b'x' | b'-', b'p' | b's'));
    known.then(|| VmaTraits {
        is_readable: r == b'r',
        is_writable: w == b'w',
        is_executable: x == b'x',
        is_shared: s == b's',
        ..VmaTraits::default()
    })
}

/// Lower-case hexadecimal digits at the start, at most 16.
fn hex(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut value: u64 = 0;
    let mut digits = 0;
    for byte in text {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => break,
        };
        value = value.checked_mul(16)? | u64::from(digit);
        digits += 1;
    }
    (digits > 0).then(|| (value, text.get(digits..).unwrap_or(&[])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_line_is_taken_apart() {
        let line = b"00400000-006f5000 r-xp 00000000 fe:00 11223115                   /srv/my app (deleted)";
        let header = parse(line).unwrap();
        assert_eq!((header.start, header.end), (0x40_0000, 0x6f_5000));
        assert_eq!(header.name, b"/srv/my app (deleted)");
        assert!(header.traits.is_file && header.traits.is_executable && !header.traits.is_shared);
    }

    #[test]
    fn an_unnamed_mapping_has_no_file() {
        let header = parse(b"c000000000-c000400000 rw-p 00000000 00:00 0 ").unwrap();
        assert_eq!(header.name, b"");
        assert!(!header.traits.is_file && header.traits.is_writable);
    }

    #[test]
    fn other_lines_are_refused() {
        for line in
            [&b"Rss:    4 kB"[..], b"", b"00400000 r-xp", b"5-4 r-xp 0 0:0 0", b"goroutine 1 [running]:"]
        {
            assert_eq!(parse(line), None, "{}", String::from_utf8_lossy(line));
        }
        assert_eq!(parse(b"11112222333344445-2 r-xp 0 0:0 0"), None, "more than 64 bits");
    }
}
