//! The documentation as a small book of HTML pages in `dist/site/docs/`: read and searched
//! from a server or a disk, with nothing to install. The pages are the Markdown files of the
//! repository, in the order of [`BOOK`].

mod page;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::command::root;
use page::Section;

/// Parts of the book, and their pages by path and name.
const BOOK: [(&str, &[(&str, &str)]); 4] = [
    (
        "Start",
        &[
            ("README.md", "Overview"),
            ("docs/capture.md", "Capture a service"),
            ("docs/offline.md", "Use it offline"),
            ("docs/site.md", "A site for your team"),
            ("docs/privacy.md", "Privacy"),
        ],
    ),
    (
        "Guides",
        &[
            ("docs/memory.md", "Memory"),
            ("docs/goroutines.md", "Goroutines"),
            ("docs/profiles.md", "Profiles"),
            ("docs/traces.md", "Execution traces"),
            ("docs/sockets.md", "Sockets, descriptors, threads"),
            ("docs/recipe.md", "Manifests and images"),
            ("docs/tracing.md", "eBPF and OpenTelemetry"),
            ("docs/fleet.md", "Fleets"),
            ("docs/ci.md", "CI"),
            ("docs/sharing.md", "Save and share"),
            ("docs/embedding.md", "Embed"),
            ("docs/assistants.md", "Coding assistants"),
        ],
    ),
    (
        "Reference",
        &[
            ("docs/rules.md", "Rules"),
            ("CHANGELOG.md", "Changelog"),
            ("docs/dependencies.md", "Dependencies"),
        ],
    ),
    (
        "Design",
        &[
            ("ARCHITECTURE.md", "Architecture"),
            ("CONTRIBUTING.md", "Contributing"),
            ("docs/performance.md", "Performance"),
            ("docs/trust.md", "Hostile input"),
        ],
    ),
];

const TEMPLATE: &str = include_str!("../../../static/docs/page.html");
const STYLE: &str = include_str!("../../../static/docs/style.css");
const SEARCH: &str = include_str!("../../../static/docs/search.js");

/// Writes the book into a folder, and beside it `llms.txt`, which lists its pages for language models.
///
/// # Errors
/// A page or a file that a page links to that cannot be read, or a folder that cannot be written.
pub fn write(site: &Path) -> Result<()> {
    let folder = site.join("docs");
    fs::create_dir_all(folder.join("images")).with_context(|| format!("making {}", folder.display()))?;
    for image in fs::read_dir(root().join("docs/images")).context("reading docs/images")? {
        let image = image?;
        fs::copy(image.path(), folder.join("images").join(image.file_name()))?;
    }
    let mut sections = Vec::new();
    let mut list = String::new();
    for (part, sources) in BOOK {
        list.push_str(&format!("\n## {part}\n\n"));
        for (source, _) in sources {
            let page = page::render(source, &read(source)?)?;
            for file in &page.linked {
                fs::copy(root().join(file), folder.join(name_of(file)))
                    .with_context(|| format!("{source}: copying {file}"))?;
            }
            fs::write(folder.join(html_name(source)), in_template(source, &page))?;
            fs::write(folder.join(name_of(source)), &page.markdown)?;
            list.push_str(&format!("- [{}](docs/{}): {}\n", page.title, name_of(source), page.summary));
            sections.extend(page.sections);
        }
    }
    fs::write(folder.join("style.css"), STYLE)?;
    fs::write(folder.join("search.js"), search(&sections)?)?;
    let about = "Strata finds out where the memory of a Go service went and which goroutines leak, from captured files.";
    fs::write(site.join("llms.txt"), format!("# Strata\n\n> {about}\n{list}"))?;
    Ok(())
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| format!("reading {path}"))
}

fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// `capture.html` of `docs/capture.md`; README is where the book begins.
fn html_name(source: &str) -> String {
    match name_of(source).trim_end_matches(".md").to_lowercase() {
        name if name == "readme" => "index.html".to_owned(),
        name => format!("{name}.html"),
    }
}

/// Where a link from one file of the repository to another leads in the book.
fn target(from: &str, path: &str) -> Result<String> {
    let to = crate::tidy::resolve(from, path);
    if BOOK.iter().any(|(_, pages)| pages.iter().any(|(page, _)| *page == to)) {
        return Ok(html_name(&to));
    }
    if let Some(image) = to.strip_prefix("docs/images/") {
        return Ok(format!("images/{image}"));
    }
    if root().join(&to).is_file() {
        return Ok(name_of(&to).to_owned());
    }
    bail!("{from}: {path} leads to no page and no file")
}

fn in_template(source: &str, page: &page::Page) -> String {
    let mut contents = String::new();
    for (part, sources) in BOOK {
        contents.push_str(&format!("<h2>{part}</h2>\n<ul>\n"));
        for (other, label) in sources {
            let current = if *other == source { " aria-current=\"page\"" } else { "" };
            contents.push_str(&format!("<li><a href=\"{}\"{current}>{label}</a></li>\n", html_name(other)));
        }
        contents.push_str("</ul>\n");
    }
    TEMPLATE
        .replace("{{title}}", &page.title)
        .replace("{{contents}}", &contents)
        .replace("{{body}}", &page.body)
}

/// The search with what it searches, as a script: a page on a disk may fetch nothing.
fn search(sections: &[Section]) -> Result<String> {
    Ok(SEARCH.replacen("[\"{{sections}}\"]", &serde_json::to_string(sections)?, 1))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn pages() -> Vec<(&'static str, page::Page)> {
        let sources = BOOK.iter().flat_map(|(_, sources)| *sources);
        sources.map(|(source, _)| (*source, page::render(source, &read(source).unwrap()).unwrap())).collect()
    }

    #[test]
    fn every_guide_is_in_the_book() {
        let listed: HashSet<&str> =
            BOOK.iter().flat_map(|(_, sources)| *sources).map(|(source, _)| *source).collect();
        for entry in fs::read_dir(root().join("docs")).unwrap() {
            let path = format!("docs/{}", entry.unwrap().file_name().display());
            assert!(!path.ends_with(".md") || listed.contains(path.as_str()), "{path}");
        }
    }

    #[test]
    fn links_between_pages_lead_to_headings_that_are_there() {
        let pages = pages();
        let sections = pages.iter().flat_map(|(_, page)| &page.sections);
        let ids: HashSet<&str> = sections.map(|section| section.href.as_str()).collect();
        let mut seen = 0;
        for (source, page) in &pages {
            for link in page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let Some((file, id)) = link.split_once('#').filter(|(file, _)| !file.contains("://")) else {
                    continue;
                };
                let file = if file.is_empty() { html_name(source) } else { file.to_owned() };
                assert!(ids.contains(format!("{file}#{id}").as_str()), "{source}: {link}");
                seen += 1;
            }
        }
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn a_page_says_what_it_is_about() {
        for (source, page) in pages() {
            assert!(!page.title.is_empty() && page.summary.len() > 20, "{source}: {}", page.summary);
        }
    }
}
