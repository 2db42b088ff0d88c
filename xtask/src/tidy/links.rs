//! Links of the documentation lead somewhere: to a tracked file or folder, and to a
//! heading of it by the name that GitHub gives it. Pages of others are not fetched.

use std::collections::HashSet;

use comrak::nodes::NodeValue;
use comrak::{Anchorizer, Arena, Options, parse_document};

use super::{TrackedFile, Violation};

/// Attributes of HTML in Markdown that name a file.
const ATTRIBUTES: [&str; 3] = ["href=\"", "src=\"", "srcset=\""];

/// Finds links of tracked Markdown to files and headings that are not there.
pub fn check(files: &[TrackedFile]) -> Vec<Violation> {
    let documents = files.iter().filter(|file| !file.path.contains("/fixtures/"));
    documents.flat_map(|file| check_document(file, files)).collect()
}

fn check_document(file: &TrackedFile, files: &[TrackedFile]) -> Vec<Violation> {
    let text = file.text_if(".md").unwrap_or_default();
    let broken = links(text).into_iter().filter_map(|link| {
        let problem = problem(file, &link.target, files)?;
        Some(Violation::new(file, link.line, format!("{}: {problem}", link.target)))
    });
    broken.collect()
}

struct Link {
    target: String,
    line: usize,
}

fn links(markdown: &str) -> Vec<Link> {
    let arena = Arena::new();
    let mut links = Vec::new();
    for node in parse_document(&arena, markdown, &options()).descendants() {
        let node = node.data.borrow();
        let line = node.sourcepos.start.line;
        match &node.value {
            NodeValue::Link(link) | NodeValue::Image(link) => {
                links.push(Link { target: link.url.clone(), line });
            }
            NodeValue::HtmlBlock(block) => links.extend(targets_of_html(&block.literal, line)),
            NodeValue::HtmlInline(html) => links.extend(targets_of_html(html, line)),
            _ => {}
        }
    }
    links
}

fn targets_of_html(html: &str, line: usize) -> Vec<Link> {
    let values = ATTRIBUTES.iter().flat_map(|attribute| html.split(attribute).skip(1));
    let targets = values.filter_map(|rest| rest.split_once('"').map(|(value, _)| value.to_owned()));
    targets.map(|target| Link { target, line }).collect()
}

/// Tables, whose cells have links too.
fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options
}

fn problem(from: &TrackedFile, target: &str, files: &[TrackedFile]) -> Option<&'static str> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = target.split_once('#').map_or((target, None), |(path, id)| (path, Some(id)));
    let path = if path.is_empty() { from.path.clone() } else { resolve(&from.path, path) };
    let file = files.iter().find(|file| file.path == path);
    let folder = format!("{}/", path.trim_end_matches('/'));
    if file.is_none() && !files.iter().any(|file| file.path.starts_with(&folder)) {
        return Some("no tracked file");
    }
    let document = file.and_then(|file| file.text_if(".md"))?;
    heading.filter(|heading| !headings(document).contains(*heading)).map(|_| "no heading of that name")
}

/// A path from the workspace's folder, of one from the folder of a file.
pub fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn headings(markdown: &str) -> HashSet<String> {
    let arena = Arena::new();
    let mut names = Anchorizer::new();
    let nodes = parse_document(&arena, markdown, &options()).descendants();
    let headings = nodes.filter(|node| matches!(node.data.borrow().value, NodeValue::Heading(_)));
    headings.map(|node| names.anchorize(&node.collect_text())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn problems(markdown: &str) -> Vec<String> {
        let files = [
            file("docs/a.md", markdown),
            file("docs/b.md", "# What `strata` reads\n\n## Twice\n\n## Twice\n"),
            file("static/capture.sh", ""),
        ];
        check(&files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_there_is_no_problem() {
        let links = "[b](b.md) [b](./b.md#what-strata-reads) [b](b.md#twice-1) [up](../static) [s](../static/capture.sh)\n\n# Here\n[h](#here) [w](https://go.dev/#x)\n\n| a |\n|---|\n| [b](b.md) |\n";
        assert_eq!(problems(links), Vec::<String>::new());
    }

    #[test]
    fn a_file_or_a_heading_that_is_not_there_is_named_with_its_line() {
        assert_eq!(problems("text\n\n[c](c.md)"), ["docs/a.md:3: c.md: no tracked file"]);
        assert_eq!(problems("[b](b.md#gone)"), ["docs/a.md:1: b.md#gone: no heading of that name"]);
        assert_eq!(problems("| a |\n|---|\n| [c](../c.md) |\n"), ["docs/a.md:3: ../c.md: no tracked file"]);
        assert_eq!(
            problems("<picture><source srcset=\"images/x.webp\"></picture>"),
            ["docs/a.md:1: images/x.webp: no tracked file"]
        );
    }
}
