//! Live objects by size class.

use super::moment::Moment;
use super::runtime::GoRuntime;
use super::term::Term;
use crate::base::order::StableOrder;
use crate::base::units::{Bytes, Unit};
use crate::report::{SizeClass, SizeClasses};

/// How expvar's `BySize` is kept: one figure a class.
const KEY: &str = "BySize ";

/// The classes of the chosen reading, else of another one of the moment.
pub fn size_classes(moment: &Moment<'_>) -> Option<SizeClasses> {
    moment.go.iter().chain(&moment.other_readings).find_map(of_reading)
}

fn of_reading(go: &GoRuntime<'_>) -> Option<SizeClasses> {
    let mut classes = Vec::new();
    let mut cited = None;
    for (key, figure) in go.view.figures() {
        let Some(size) = key.strip_prefix(KEY).and_then(|size| size.parse::<i64>().ok()) else { continue };
        cited = cited.or(Some(figure.at));
        if figure.value > 0 {
            let bytes = Bytes(size.saturating_mul(figure.value));
            classes.push(SizeClass { size: Bytes(size), objects: figure.value, bytes });
        }
    }
    classes.order_by_key(|class| class.size);
    let covered: Bytes = classes.iter().map(|class| class.bytes).sum();
    let place = crate::base::source::SourceSpan { source: go.view.record.source, at: cited? };
    let citation = crate::report::Citation::figure(place, "BySize", covered.0, Unit::Bytes);
    let beyond = go.heap_alloc.as_ref().map(|alloc| alloc.bytes() - covered);
    let alloc: Vec<&Term> = go.heap_alloc.iter().collect();
    let citations = std::iter::once(citation).chain(Term::citations(&alloc)).collect();
    Some(SizeClasses { classes, covered, beyond, citations })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Session;

    #[test]
    fn classes_hold_what_was_allocated_and_not_freed() {
        let vars = r#"{"memstats": {"HeapAlloc": 1000, "HeapInuse": 2000, "HeapIdle": 0, "HeapReleased": 0,
            "HeapSys": 2000, "StackInuse": 1, "BuckHashSys": 1, "Sys": 3000, "BySize": [
            {"Size": 0, "Mallocs": 0, "Frees": 0}, {"Size": 32, "Mallocs": 12, "Frees": 2},
            {"Size": 16, "Mallocs": 9, "Frees": 4}, {"Size": 48, "Mallocs": 7, "Frees": 7}]}}"#;
        let mut session = Session::default();
        session.add("vars.json", vars.as_bytes().to_vec());
        let classes = session.report().memory.unwrap().latest.size_classes.unwrap();
        let rows: Vec<_> =
            classes.classes.iter().map(|class| (class.size.0, class.objects, class.bytes.0)).collect();
        assert_eq!(rows, [(16, 5, 80), (32, 10, 320)]);
        assert_eq!((classes.covered, classes.beyond), (Bytes(400), Some(Bytes(600))));
    }
}
