//! Lines of the program's source in findings that name them.

use super::{File, Sources, of_another_version, shortened};
use crate::base::convert::{to_u32, to_usize};
use crate::base::go_symbol::Origin;
use crate::base::source_map::fits;
use crate::evidence::Evidence;
use crate::report::plain_text::visible;
use crate::report::{Excerpt, Finding, Goroutines, Report, StackFrame};
use crate::session::ingest::Texts;

/// Places of a finding that are quoted: the site and who called it.
const PLACES: usize = 2;
/// Lines before and after the one that is named.
const AROUND: usize = 2;
/// Characters of a line: more is no code that people write.
const LINE_CHARACTERS: usize = 160;

/// The lines around a place; `None` if no file fits.
fn excerpt(sources: &Sources<'_>, frame: &StackFrame) -> Option<Excerpt> {
    let (file, line) = (frame.file.as_deref()?, frame.line?);
    let mut excerpt = Excerpt {
        function: frame.function.clone(),
        file: file.to_owned(),
        line,
        source: None,
        first: 0,
        lines: Vec::new(),
        note: None,
    };
    let (source, path) = match sources.find(file) {
        File::Missing => return None,
        File::Several(which) => {
            excerpt.note = Some(which);
            return Some(excerpt);
        }
        File::One(source, path) => (source, path),
    };
    let text = sources.text(source)?;
    let lines: Vec<&str> = text.lines().collect();
    excerpt.source = Some(source);
    excerpt.file = path;
    let at = to_usize(u64::from(line))?;
    if !fits(&lines, &frame.function, at) {
        excerpt.note = Some(of_another_version(line.into(), &frame.function));
        return Some(excerpt);
    }
    let first = at.saturating_sub(AROUND).max(1);
    excerpt.first = to_u32(first);
    let shown = lines.iter().skip(first - 1).take(at + AROUND - first + 1);
    excerpt.lines = shown.map(|line| shortened(line, LINE_CHARACTERS)).collect();
    Some(excerpt)
}

/// What captures and paths say is shown as it is.
fn made_visible(mut excerpt: Excerpt) -> Excerpt {
    for text in [&mut excerpt.function, &mut excerpt.file].into_iter().chain(&mut excerpt.note) {
        *text = visible(text).into_owned();
    }
    excerpt
}

/// Gives each finding the lines that it names.
pub(in crate::session) fn quote(report: &mut Report, evidence: &Evidence, texts: &Texts) {
    let Some(sources) = Sources::new(evidence, texts) else { return };
    let Report { findings, goroutines, .. } = report;
    for finding in findings {
        let mut places: Vec<StackFrame> = finding.places.clone();
        places.extend(of_group(goroutines.as_ref(), finding));
        places.retain(|place| matches!(place.origin, Origin::Own | Origin::Dependency));
        let mut seen: Vec<StackFrame> = Vec::new();
        for place in places {
            if seen.len() < PLACES && !seen.contains(&place) {
                finding.excerpts.extend(excerpt(&sources, &place).map(made_visible));
                seen.push(place);
            }
        }
    }
}

/// Where a group of goroutines waits, and what started it.
fn of_group(goroutines: Option<&Goroutines>, finding: &Finding) -> Vec<StackFrame> {
    let group = finding.group.as_deref();
    let group = goroutines.zip(group).and_then(|(all, id)| all.groups.iter().find(|group| group.id == id));
    group.into_iter().flat_map(|group| group.user_frame.iter().chain(&group.created_by)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use crate::session::Session;

    const CODE: &str = "package feed\n\nimport \"context\"\n\nfunc Subscribe(parent context.Context) {\n\
                        \tctx, _ := context.WithCancel(parent)\n\tgo func() {\n\t\t<-ctx.Done()\n\t}()\n}\n";

    fn dump(goroutines: u32) -> String {
        let of_feed = |id: u32| {
            format!(
                "goroutine {id} [chan receive, 12 minutes]:\nexample.com/orders/feed.Subscribe.func1()\n\
                 \texample.com/orders/feed/feed.go:8 +0x2d\ncreated by example.com/orders/feed.Subscribe in goroutine 1\n\
                 \texample.com/orders/feed/feed.go:7 +0x9c\n\n"
            )
        };
        (10..10 + goroutines).map(of_feed).collect()
    }

    fn excerpts(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let mut session = Session::default();
        for (name, goroutines) in
            [("t0/goroutine.txt", 20), ("t1/goroutine.txt", 40), ("t2/goroutine.txt", 60)]
        {
            session.add(name, dump(goroutines).into_bytes());
        }
        for (name, text) in files {
            session.add(name, text.as_bytes().to_vec());
        }
        let report = session.report();
        let leak = report.findings.iter().find(|finding| finding.code.starts_with("goroutine.")).unwrap();
        leak.excerpts.iter().map(|excerpt| excerpt.text()).collect()
    }

    #[test]
    fn a_finding_quotes_the_lines_that_it_names() {
        let files = [("repo/go.mod", "module example.com/orders\n"), ("repo/feed/feed.go", CODE)];
        let waits = [
            "repo/feed/feed.go:8",
            "   6 |     ctx, _ := context.WithCancel(parent)",
            "   7 |     go func() {",
            ">  8 |         <-ctx.Done()",
            "   9 |     }()",
            "  10 | }",
        ];
        let quoted = excerpts(&files);
        assert_eq!((quoted.len(), quoted[0].as_slice()), (2, &waits.map(str::to_owned)[..]));
        assert!(quoted[1][0].ends_with("feed.go:7"));
    }

    #[test]
    fn without_the_source_nothing_is_quoted_and_a_wrong_one_is_said() {
        assert!(excerpts(&[]).is_empty());
        assert!(excerpts(&[("repo/other.go", "package feed\n")]).is_empty());
        let moved = CODE
            .replace("import", "// moved\n// down\n// by some lines\n\n\nimport")
            .replace("Subscribe", "Follow");
        let quoted = excerpts(&[("repo/feed/feed.go", &moved)]);
        assert!(
            quoted[0][1].starts_with("This source file is a different version: line 8 is not in"),
            "{quoted:?}"
        );
        let cut = excerpts(&[("repo/feed/feed.go", "package feed\n")]);
        assert!(cut[0][1].contains("a different version"));
        let quoted = excerpts(&[("a/feed/feed.go", CODE), ("b/feed/feed.go", CODE)]);
        assert_eq!(quoted[0][1], "Several files match: a/feed/feed.go, b/feed/feed.go.");
    }
}
