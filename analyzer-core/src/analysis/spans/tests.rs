use super::{SpanFacts, analyze};
use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::formats::{Facts, Probe, recognize};

fn facts(files: &[&str]) -> SpanFacts {
    let mut evidence = Evidence::default();
    for text in files {
        let bytes = text.as_bytes();
        let format = recognize(&Probe { path: "x", bytes }).expect("recognized");
        let input = Input { source: SourceId(0), path: "x", bytes };
        (format.parse)(&input, &mut evidence, &mut Facts::default()).expect("parsed");
    }
    analyze(&evidence).expect("spans")
}

const CALL: &str = r#"{"traceId":"5bc8","id":"a1","name":"get","kind":"CLIENT","timestamp":1000,"duration":9,"localEndpoint":{"serviceName":"cart"}}"#;

#[test]
fn a_span_in_two_files_is_one_span() {
    let file = format!("[{CALL}]");
    let facts = facts(&[&file, &file]);
    assert_eq!((facts.spans, facts.traces), (1, 1));
}

#[test]
fn both_ends_of_a_call_may_share_an_id() {
    let server = CALL.replace("CLIENT", "SERVER").replace("cart", "pricing");
    let facts = facts(&[&format!("[{CALL},{server}]")]);
    let edges: Vec<_> = facts
        .edges
        .iter()
        .map(|edge| (edge.caller.as_str(), edge.callee.as_str(), edge.calls, edge.answered))
        .collect();
    assert_eq!(edges, [("cart", "pricing", 1, 1)]);
}
