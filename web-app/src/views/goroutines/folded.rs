//! The benign groups in one line: how many, and why they are benign.

use std::collections::BTreeMap;
use std::rc::Rc;

use analyzer_core::base::order::StableOrder;
use analyzer_core::report::{Confidence, GoroutineGroup, Verdict};
use yew::prelude::*;

use super::case::Case;
use super::trend::last_count;
use super::words;
use crate::number_format as text;
use crate::selectors;
use crate::state::ViewId;

/// Properties of [`Folded`].
#[derive(Clone, PartialEq, Properties)]
pub struct FoldedProps {
    /// What is shown.
    pub case: Case,
    /// The groups, as places in the report's list.
    pub places: Rc<Vec<usize>>,
}

/// Why a group is benign, without the numbers that differ from group to group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// Known background: the engine's reason names it.
    Known(String),
    /// The same number at every moment.
    Constant,
    /// At work when the dump was taken.
    AtWork,
    /// None left in the last snapshot.
    Ended,
    /// As the engine says.
    Other(String),
}

impl Why {
    fn of(group: &GoroutineGroup) -> Self {
        let reason = || group.reasons.first().cloned().unwrap_or_else(|| group.rule.clone());
        let is_constant =
            group.counts.len() > 1 && group.counts.windows(2).all(|pair| pair.first() == pair.last());
        match group.confidence {
            _ if last_count(group) == 0 => Self::Ended,
            Confidence::Likely | Confidence::Certain => Self::Known(reason()),
            _ if matches!(group.state.as_str(), "running" | "runnable") => Self::AtWork,
            _ if is_constant => Self::Constant,
            Confidence::Possible => Self::Other(reason()),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Known(reason) | Self::Other(reason) => selectors::visible(reason.trim_end_matches('.')),
            Self::Constant => "same number in every snapshot: nothing accumulates".to_owned(),
            Self::AtWork => "running when the dump was taken".to_owned(),
            Self::Ended => "exited before the last snapshot".to_owned(),
        }
    }
}

/// Groups and goroutines of each reason, most goroutines first.
fn by_reason<'a>(groups: impl Iterator<Item = &'a GoroutineGroup>) -> Vec<(Why, usize, u64)> {
    let mut reasons: BTreeMap<Why, (usize, u64)> = BTreeMap::new();
    for group in groups {
        let (count, members) = reasons.entry(Why::of(group)).or_default();
        *count += 1;
        *members += last_count(group);
    }
    let mut reasons: Vec<_> =
        reasons.into_iter().map(|(why, (count, members))| (why, count, members)).collect();
    reasons.order_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
    reasons
}

/// The line. Opened, it lists every reason; the groups are one press further.
#[component]
pub fn Folded(props: &FoldedProps) -> Html {
    let case = &props.case;
    let Some(section) = case.section() else { return Html::default() };
    let groups = || props.places.iter().filter_map(|&place| section.groups.get(place));
    let members: u64 = groups().map(last_count).sum();
    let reasons = by_reason(groups());
    let of = |wanted: fn(&Why) -> bool| {
        reasons.iter().filter(|(why, ..)| wanted(why)).map(|reason| reason.2).sum::<u64>()
    };
    let kinds = [
        (of(|why| matches!(why, Why::Constant)), "constant in number"),
        (of(|why| matches!(why, Why::Known(_))), "known background work"),
        (of(|why| matches!(why, Why::AtWork)), "running"),
        (of(|why| matches!(why, Why::Other(_))), "benign for other reasons"),
    ];
    let kinds: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{} {words}", text::count_u64(*count)))
        .collect();
    html! {
        <details class="folded">
            <summary>
                { words::verdict(Verdict::Benign) }
                { format!(" {} in {} folded", words::goroutines(members), text::counted(props.places.len(), "group", "groups")) }
                if !kinds.is_empty() { { ": " }{ kinds.join(", ") } }
                { "." }
            </summary>
            <p><a href={ViewId::Goroutines.with(case.params.with("benign", "shown")).href()}>{ "Show the groups" }</a></p>
            <table class="fold-reasons">
                <thead>
                    <tr>
                        <th scope="col" class="number">{ "Goroutines" }</th>
                        <th scope="col" class="number">{ "Groups" }</th>
                        <th scope="col">{ "Why they are benign" }</th>
                    </tr>
                </thead>
                <tbody>
                    { for reasons.iter().map(|(why, count, members)| html! {
                        <tr>
                            <td class="number">{ text::count_u64(*members) }</td>
                            <td class="number">{ text::count_usize(*count) }</td>
                            <td>{ why.text() }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{goroutines, group};
    use super::*;

    #[test]
    fn groups_that_differ_in_numbers_alone_share_a_reason() {
        let mut goroutines = goroutines();
        for (function, count) in [("main.send", 5), ("main.fresh", 8)] {
            let group = group(&mut goroutines, function);
            group.counts = vec![count, count];
            group.reasons = vec![format!("{count} at every moment: nothing accumulates.")];
        }
        assert_eq!(by_reason(goroutines.groups.iter()), [(Why::Constant, 2, 13), (Why::Ended, 1, 0)]);
        group(&mut goroutines, "main.send").confidence = Confidence::Likely;
        group(&mut goroutines, "main.send").reasons = vec!["os/signal.loop: waits for signals.".to_owned()];
        let reasons = by_reason(goroutines.groups.iter());
        assert_eq!(reasons[1].0.text(), "os/signal.loop: waits for signals");
    }
}
