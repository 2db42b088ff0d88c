//! Which part of a name fits into a box.

use analyzer_core::base::convert::id_to_usize;
use analyzer_core::base::go_symbol;

/// Widths of characters in one font, in CSS pixels. A sum of them is what the
/// text takes, kerning aside, and costs nothing to compute.
#[derive(Clone, Debug)]
pub struct CharWidths {
    ascii: [f64; 128],
    other: f64,
}

impl CharWidths {
    /// Measures printable ASCII with `measure`; every other character counts as wide as the widest.
    pub fn new(measure: impl Fn(&str) -> f64) -> Self {
        let mut ascii = [0.0; 128];
        for (byte, width) in (0_u8..128).zip(&mut ascii) {
            if !byte.is_ascii_control() {
                *width = measure(char::from(byte).encode_utf8(&mut [0; 4]));
            }
        }
        Self { ascii, other: measure("\u{65e5}").max(measure("W")) }
    }

    fn of(&self, character: char) -> f64 {
        self.ascii.get(id_to_usize(u32::from(character))).copied().unwrap_or(self.other)
    }

    /// Width of a text.
    pub fn width(&self, text: &str) -> f64 {
        text.chars().map(|character| self.of(character)).sum()
    }

    /// Bytes of the longest start of `text` that is at most `room` wide.
    fn prefix(&self, text: &str, room: f64) -> usize {
        let mut left = room;
        for (at, character) in text.char_indices() {
            left -= self.of(character);
            if left < 0.0 {
                return at;
            }
        }
        text.len()
    }
}

/// The most telling form of a function's name that fits into `room` pixels:
/// with its package, without, or cut with an ellipsis. `None` if nothing of use fits.
pub fn fit<'a>(name: &'a str, room: f64, widths: &CharWidths) -> Option<Fitted<'a>> {
    let short = go_symbol::short(name);
    if widths.prefix(short, room) == short.len() {
        return Some(Fitted { text: short, is_cut: false });
    }
    let bare = go_symbol::unqualified(name);
    if widths.prefix(bare, room) == bare.len() {
        return Some(Fitted { text: bare, is_cut: false });
    }
    let cut = widths.prefix(bare, room - widths.of('\u{2026}'));
    // One or two letters tell nothing.
    bare.get(..cut).filter(|text| text.chars().count() >= 3).map(|text| Fitted { text, is_cut: true })
}

/// What is written on a box, to the last character.
///
/// In a comparison it starts with the direction of the change, for those who
/// do not see its color. Where there is room, the amount follows.
pub fn compose(name: &str, sign: &str, amount: &str, room: f64, widths: &CharWidths) -> Option<String> {
    let fitted = fit(name, room - widths.width(sign), widths)?;
    if fitted.is_cut {
        return Some(format!("{sign}{}\u{2026}", fitted.text));
    }
    let whole = format!("{sign}{}  {amount}", fitted.text);
    let is_enough = !amount.is_empty() && widths.width(&whole) <= room;
    Some(if is_enough { whole } else { format!("{sign}{}", fitted.text) })
}

/// A name that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fitted<'a> {
    /// The part to show.
    pub text: &'a str,
    /// True if an ellipsis follows.
    pub is_cut: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ten() -> CharWidths {
        CharWidths::new(|_| 10.0)
    }

    #[test]
    fn the_longest_form_that_fits_is_shown() {
        let name = "net/http.(*conn).serve";
        let show = |room| fit(name, room, &ten()).map(|fitted| (fitted.text, fitted.is_cut));
        assert_eq!(show(180.0), Some(("http.(*conn).serve", false)));
        assert_eq!(show(179.0), Some(("(*conn).serve", false)));
        assert_eq!(show(129.0), Some(("(*conn).ser", true)));
        assert_eq!(show(40.0), Some(("(*c", true)));
        assert_eq!(show(30.0), None);
    }

    #[test]
    fn a_sign_comes_first_and_the_amount_only_where_there_is_room() {
        let write = |sign, room| compose("net/http.serve", sign, "5 B", room, &ten());
        assert_eq!(write("", 160.0).as_deref(), Some("http.serve  5 B"));
        assert_eq!(write("", 140.0).as_deref(), Some("http.serve"));
        assert_eq!(write("+ ", 140.0).as_deref(), Some("+ http.serve"));
        assert_eq!(write("+ ", 80.0).as_deref(), Some("+ serve"));
        assert_eq!(write("+ ", 60.0).as_deref(), Some("+ ser\u{2026}"));
        assert_eq!(write("+ ", 40.0), None);
    }

    #[test]
    fn cuts_fall_between_characters() {
        let fitted = fit("ñandú日本語", 60.0, &ten()).unwrap();
        assert_eq!((fitted.text, fitted.is_cut), ("ñandú", true));
        assert_eq!(fit("", 60.0, &ten()).map(|fitted| fitted.text), Some(""));
    }
}
