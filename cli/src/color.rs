//! Colours of the text report, where there is a terminal that has them.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

const HEADING: Style = Style::new().bold();
const CRITICAL: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const INFO: Style = AnsiColor::Cyan.on_default().bold();

/// The text as standard output may have it: with colours on a terminal, unless
/// `NO_COLOR` is set (<https://no-color.org>), or in a pipe if `CLICOLOR_FORCE` is.
pub fn for_stdout(text: &str) -> Cow<'_, str> {
    match AutoStream::choice(&io::stdout()) {
        ColorChoice::Never => Cow::Borrowed(text),
        _ => Cow::Owned(colored(text)),
    }
}

/// The verdict and each heading stand out, and a finding's severity by its colour. What
/// came out of a capture is indented, or stands behind a word of the report's own.
fn colored(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 256);
    for (number, line) in text.lines().enumerate() {
        let word = line.split(' ').next().unwrap_or_default();
        let (style, styled) = match word {
            "CRITICAL" => (CRITICAL, word),
            "WARNING" => (WARNING, word),
            "INFO" => (INFO, word),
            _ if number == 0 || is_heading(word) => (HEADING, line),
            _ => (Style::new(), ""),
        };
        let rest = &line[styled.len()..];
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{style}{styled}{style:#}{rest}");
    }
    out
}

fn is_heading(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    const REPORT: &str = "The heap filled the limit.\n\nCRITICAL Killed [mem.oom.cgroup]\n  WARNING is no word of ours here\n\nMEMORY at t0\n  heap\n";

    #[test]
    fn severities_and_headings_have_a_style_and_what_is_indented_has_none() {
        let lines = colored(REPORT);
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines[0], "\u{1b}[1mThe heap filled the limit.\u{1b}[0m");
        assert_eq!(lines[2], "\u{1b}[1m\u{1b}[31mCRITICAL\u{1b}[0m Killed [mem.oom.cgroup]");
        assert_eq!(lines[3], "  WARNING is no word of ours here");
        assert_eq!(lines[5], "\u{1b}[1mMEMORY at t0\u{1b}[0m");
    }

    #[test]
    fn without_its_styles_the_text_is_what_it_was() {
        assert_eq!(strip_str(&colored(REPORT)).to_string(), REPORT);
    }
}
