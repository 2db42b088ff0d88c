//! One page of the book.

use anyhow::Result;
use comrak::nodes::{Node, NodeValue};
use comrak::{Anchorizer, Arena, Options, format_html, parse_document};
use serde::Serialize;

use super::{html_name, target};

/// A page, without what surrounds it.
pub struct Page {
    /// Its first heading.
    pub title: String,
    /// Its first sentence.
    pub summary: String,
    /// HTML.
    pub body: String,
    /// The Markdown that it was made from.
    pub markdown: String,
    /// What the search finds.
    pub sections: Vec<Section>,
    /// Files of the repository that it links to, which are no pages.
    pub linked: Vec<String>,
}

/// What stands below a heading.
#[derive(Serialize)]
pub struct Section {
    /// The page and the heading in it.
    pub href: String,
    /// The page's title and the heading.
    pub title: String,
    /// Its words.
    pub text: String,
}

/// Renders a file of the repository.
pub fn render(source: &str, markdown: &str) -> Result<Page> {
    let arena = Arena::new();
    let document = parse_document(&arena, markdown, &options());
    let mut linked = Vec::new();
    for node in document.descendants() {
        lead_on(source, node, &mut linked)?;
    }
    let mut body = String::new();
    format_html(document, &options(), &mut body)?;
    let sections = sections(source, document);
    let title = document
        .children()
        .find(|node| matches!(node.data.borrow().value, NodeValue::Heading(_)))
        .map(text_of)
        .unwrap_or_default();
    let first = document.children().find(|node| matches!(node.data.borrow().value, NodeValue::Paragraph));
    let summary = first.map(text_of).unwrap_or_default();
    let summary = summary.split_inclusive(". ").next().unwrap_or_default().trim().to_owned();
    Ok(Page { title, summary, body, markdown: markdown.to_owned(), sections, linked })
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.header_id_prefix = Some(String::new());
    // The files are the project's own.
    options.render.r#unsafe = true;
    options
}

/// Turns a link to a file of the repository into one to its page.
fn lead_on<'a>(source: &str, node: Node<'a>, linked: &mut Vec<String>) -> Result<()> {
    match &mut node.data.borrow_mut().value {
        NodeValue::Link(link) | NodeValue::Image(link) => {
            if link.url.contains("://") || link.url.starts_with('#') || link.url.starts_with("mailto:") {
                return Ok(());
            }
            let (path, heading) =
                link.url.split_once('#').map_or((link.url.as_str(), None), |(path, id)| (path, Some(id)));
            let mut to = target(source, path)?;
            if !to.ends_with(".html") && !to.starts_with("images/") {
                linked.push(crate::tidy::resolve(source, path));
            }
            if let Some(heading) = heading {
                to = format!("{to}#{heading}");
            }
            link.url = to;
        }
        NodeValue::HtmlBlock(block) => block.literal = block.literal.replace("\"docs/images/", "\"images/"),
        _ => {}
    }
    Ok(())
}

fn sections<'a>(source: &str, document: Node<'a>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut anchors = Anchorizer::new();
    let mut title = String::new();
    for node in document.children() {
        let text = text_of(node);
        if let NodeValue::Heading(heading) = &node.data.borrow().value {
            // The renderer names headings by the same words.
            let href = format!("{}#{}", html_name(source), anchors.anchorize(&node.collect_text()));
            if heading.level == 1 {
                title.clone_from(&text);
            }
            let title = if text == title { text } else { format!("{title}: {text}") };
            sections.push(Section { href, title, text: String::new() });
        } else if let Some(section) = sections.last_mut() {
            section.text.push_str(&text);
            section.text.push(' ');
        }
    }
    sections
}

/// Its words, a blank between those of two blocks.
fn text_of(node: Node<'_>) -> String {
    let mut text = String::new();
    for node in node.descendants() {
        match &node.data.borrow().value {
            NodeValue::Text(words) => text.push_str(words),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::CodeBlock(block) => text.push_str(&block.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak | NodeValue::TableCell => text.push(' '),
            NodeValue::Paragraph | NodeValue::Item(_) if !text.is_empty() => text.push(' '),
            _ => {}
        }
    }
    text.trim().to_owned()
}
