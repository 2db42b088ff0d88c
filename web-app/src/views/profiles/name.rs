//! A function's name in a table: its package quieter than itself, and the
//! package's path first to go where there is no room.

use analyzer_core::base::go_symbol;
use yew::prelude::*;

use crate::selectors;

/// The name in its parts.
pub fn function_name(name: &str) -> Html {
    let name = selectors::visible(name);
    let (path, package, rest) = parts(&name);
    html! {
        <span class="function-name" style={format!("--rest:{}", name.chars().count().saturating_sub(path.chars().count()))}>
            <span class="path">{ path }</span><span class="package">{ package }</span>{ rest }
        </span>
    }
}

/// `net/`, `http.` and `(*conn).serve` of `net/http.(*conn).serve`.
fn parts(name: &str) -> (&str, &str, &str) {
    let cut = |tail: &str| name.len().saturating_sub(tail.len());
    let (short, bare) = (cut(go_symbol::short(name)), cut(go_symbol::unqualified(name)));
    let part = |range: std::ops::Range<usize>| name.get(range).unwrap_or_default();
    (part(0..short), part(short..bare), name.get(bare..).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_path_a_package_and_the_rest() {
        assert_eq!(parts("net/http.(*conn).serve"), ("net/", "http.", "(*conn).serve"));
        assert_eq!(parts("main.main"), ("", "main.", "main"));
        assert_eq!(parts("malloc"), ("", "", "malloc"));
        assert_eq!(parts(""), ("", "", ""));
        let generic = "slices.SortFunc[go.shape.[]a/b.T]";
        assert_eq!(parts(generic), ("", "slices.", "SortFunc[go.shape.[]a/b.T]"));
    }
}
