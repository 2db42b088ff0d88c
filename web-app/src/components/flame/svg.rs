//! A flame graph as an SVG file: text that any browser and drawing program shows.

use std::fmt::Write;

use analyzer_core::base::convert::{i64_to_f64, usize_to_f64};
use analyzer_core::report::plain_text::visible;

use super::data::FlameGraph;
use super::geometry::Scene;
use super::label::{self, CharWidths};
use super::palette;
use super::viewport::Viewport;

/// Height of a row.
const ROW: f64 = 20.0;
/// Room above the graph, for its title.
pub const HEAD: f64 = 34.0;
/// Space between a box's edge and its label.
const PADDING: f64 = 5.0;

/// What to draw.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// The graph.
    pub graph: &'a FlameGraph,
    /// The values that are seen.
    pub range: (f64, f64),
    /// True if the root is the lowest row.
    pub is_flipped: bool,
    /// Dark theme.
    pub is_dark: bool,
    /// What the graph is of.
    pub title: &'a str,
    /// Width, in CSS pixels.
    pub width: f64,
}

impl Picture<'_> {
    /// A window as high as the graph.
    pub fn view(&self) -> Viewport {
        let depths = usize_to_f64(self.graph.nodes().depths());
        let (start, end) = self.range;
        Viewport {
            start,
            end: end.max(start + 1.0),
            width: self.width,
            height: depths * ROW,
            scroll: 0.0,
            row: ROW,
            flipped: self.is_flipped,
        }
    }

    /// The paper and the ink.
    pub fn colors(&self) -> (&'static str, &'static str) {
        if self.is_dark { ("#15191e", "#f1f3f5") } else { ("#ffffff", "#15191e") }
    }
}

/// The file's text. A box shows its full name and amounts under the pointer.
pub fn svg(picture: &Picture<'_>, widths: &CharWidths) -> String {
    let graph = picture.graph;
    let view = picture.view();
    let mut scene = Scene::default();
    scene.fill(&graph.nodes(), &view, |node| graph.color_of(node));
    let (paper, ink) = picture.colors();
    let (width, height) = (picture.width, view.height + HEAD);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <title>{title}</title>\n\
         <defs><pattern id=\"less\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
         <path d=\"M0 6 6 0\" stroke=\"{ink}\" stroke-opacity=\".3\"/></pattern></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{paper}\"/>\n\
         <text x=\"6\" y=\"22\" font-size=\"14\" fill=\"{ink}\">{title}</text>\n",
        title = escape(picture.title),
    );
    for (color, range) in &scene.colors {
        let fill = palette::css(*color, picture.is_dark);
        for shown in scene.boxes.get(range.clone()).unwrap_or_default() {
            let (name, amount) = (visible(graph.caption_of(shown.node)), graph.amount_of(shown.node));
            let y = shown.y + HEAD;
            let width = (shown.width - if shown.width > 2.5 { 1.0 } else { 0.0 }).max(0.3);
            let _ = write!(
                out,
                "<g><title>{} {amount}</title><rect x=\"{:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"19\" fill=\"{fill}\"/>",
                escape(&name),
                shown.x
            );
            if graph.is_comparison() && graph.total(shown.node) < 0 {
                let _ = write!(
                    out,
                    "<rect x=\"{:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"19\" fill=\"url(#less)\"/>",
                    shown.x
                );
            }
            let sign = graph.sign_of(shown.node);
            if let Some(text) = label::compose(&name, sign, &amount, shown.width - 2.0 * PADDING, widths) {
                let _ = write!(
                    out,
                    "<text x=\"{:.1}\" y=\"{}\" fill=\"{ink}\" xml:space=\"preserve\">{}</text>",
                    shown.x + PADDING,
                    y + 14.0,
                    escape(&text)
                );
            }
            out.push_str("</g>\n");
        }
    }
    for sliver in &scene.slivers {
        let sum = sliver.nodes.clone().fold(0.0, |sum, node| sum + i64_to_f64(graph.total(node)));
        let share = if graph.whole() == 0 { 0.0 } else { sum / i64_to_f64(graph.whole()) * 100.0 };
        let _ = writeln!(
            out,
            "<g><title>{} frames too narrow to show, {share:.2}%</title>\
             <rect x=\"{:.1}\" y=\"{}\" width=\"{:.1}\" height=\"19\" fill=\"{ink}\" fill-opacity=\".25\"/></g>",
            graph.frames_in(sliver.nodes.clone()),
            sliver.x,
            sliver.y + HEAD,
            sliver.width.max(0.3)
        );
    }
    out.push_str("</svg>\n");
    out
}

/// Text of XML: what XML cannot hold, and what a reader cannot see, is spelled out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use analyzer_core::base::packed::{PackedI64, PackedU32};
    use analyzer_core::session::{CallTree, TreeNames};

    use super::super::data::Coloring;
    use super::*;
    use crate::state::Shared;

    /// Stacks `a<b` of 70 and of -30.
    fn graph() -> FlameGraph {
        let tree = CallTree {
            unit: "bytes".to_owned(),
            view_total: 100,
            rows: PackedU32(vec![0, 1, 3]),
            parent: PackedU32(vec![0, 0, 0]),
            name: PackedU32(vec![0, 1, 2]),
            x: PackedI64(vec![0, 0, 70]),
            width: PackedI64(vec![100, 70, 30]),
            own: PackedI64(vec![0, 70, -30]),
            total: PackedI64(vec![40, 70, -30]),
            base_own: PackedI64(vec![0, 0, 30]),
            base_total: PackedI64(vec![30, 0, 30]),
            names: TreeNames {
                name: ["root", "main.a[go.shape<int>]", "main.b"].map(str::to_owned).to_vec(),
                file: vec![String::new(); 3],
            },
            ..CallTree::default()
        };
        FlameGraph::new(Shared::new(tree), Coloring::Change, Vec::new())
    }

    #[test]
    fn every_box_has_its_place_its_name_and_its_amount() {
        let graph = graph();
        let picture = Picture {
            graph: &graph,
            range: (0.0, 100.0),
            is_flipped: false,
            is_dark: false,
            title: "heap & more",
            width: 1000.0,
        };
        let text = svg(&picture, &CharWidths::new(|_| 7.0));
        assert!(text.contains("<title>heap &amp; more</title>"), "{text}");
        assert!(text.contains("<title>main.a[go.shape&lt;int&gt;] +70 B, new</title><rect x=\"0.0\" y=\"54\" width=\"699.0\""), "{text}");
        assert!(text.contains("\u{2212} main.b  \u{2212}30 B, gone</text>"), "{text}");
        assert_eq!(text.matches("url(#less)").count(), 1, "what shrank is hatched");
        assert_eq!(text.matches("<g>").count(), text.matches("</g>").count());
    }

    #[test]
    fn what_xml_cannot_hold_and_what_deceives_is_spelled_out() {
        assert_eq!(escape("a\u{1}<\"&\u{65e5}"), "a\\u{1}&lt;&quot;&amp;\u{65e5}");
        assert_eq!(escape("</text><script>\u{202e}"), "&lt;/text&gt;&lt;script&gt;\\u{202e}");
    }
}
