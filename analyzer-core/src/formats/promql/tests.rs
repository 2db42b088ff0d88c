use crate::report::{LayerId, Report};
use crate::session::Session;

fn report(text: &str) -> Report {
    let mut session = Session::default();
    session.add("x", text.as_bytes().to_vec());
    session.report()
}

fn notes(report: &Report) -> Vec<&str> {
    report.sources[0].notes.iter().map(|note| note.code.as_str()).collect()
}

/// Charge and limit of the newest moment.
fn figures(report: &Report) -> (Option<i64>, Option<i64>) {
    let latest = report.memory.as_ref().map(|memory| &memory.latest);
    let charge = latest.and_then(|moment| moment.layers.iter().find(|layer| layer.id == LayerId::Cgroup));
    (charge.map(|layer| layer.bytes.0), latest.and_then(|moment| moment.limit).map(|limit| limit.0))
}

fn answer(kind: &str, rows: &str) -> String {
    format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"{kind}\",\"result\":[{rows}]}}}}")
}

fn row(metric: &str, value: &str) -> String {
    format!(
        "{{\"metric\":{{\"__name__\":\"{metric}\",\"container\":\"api\",\"namespace\":\"shop\",\"pod\":\"p\",\"id\":\"/kubepods/a\"}},{value}}}"
    )
}

#[test]
fn an_instant_answer_gives_the_container() {
    let rows = [
        row("container_memory_usage_bytes", "\"value\":[1763668980,\"262144000\"]"),
        row("container_spec_memory_limit_bytes", "\"value\":[1763668980,\"268435456\"]"),
    ];
    let report = report(&answer("vector", &rows.join(",\n")));
    assert_eq!(report.sources[0].format.as_deref(), Some("promql"));
    assert_eq!(figures(&report), (Some(262_144_000), Some(268_435_456)));
    assert_eq!(notes(&report), [""; 0]);
}

#[test]
fn a_range_gives_its_newest_sample_and_says_so() {
    let values = "\"values\":[[1763668920,\"209715200\"],[1763668980,\"262144000\"]]";
    let report = report(&answer("matrix", &row("container_memory_usage_bytes", values)));
    assert_eq!(figures(&report), (Some(262_144_000), None));
    assert_eq!(notes(&report), ["newest-of-range"]);
}

#[test]
fn what_an_expression_gives_is_not_known_to_be_a_metric() {
    let nameless = "{\"metric\":{\"pod\":\"p\"},\"value\":[1763668980,\"262144000\"]}";
    let report = report(&answer("vector", nameless));
    assert_eq!(figures(&report), (None, None));
    assert_eq!(notes(&report), ["no-metric-name", "nothing-used"]);
}

#[test]
fn refusals_and_empty_answers_are_said() {
    let refused =
        report(r#"{"status":"error","errorType":"bad_data","error":"parse error: unexpected end of input"}"#);
    assert!(refused.sources[0].notes[0].message.contains("unexpected end of input"));
    let empty = report(&answer("vector", ""));
    assert!(empty.sources[0].notes[0].message.contains("no series"));
}

#[test]
fn several_programs_are_not_mixed() {
    let row = |pod: &str| {
        format!(
            "{{\"metric\":{{\"__name__\":\"go_memstats_heap_sys_bytes\",\"pod\":\"{pod}\"}},\"value\":[1763668980,\"8388608\"]}}"
        )
    };
    let report = report(&answer("vector", &[row("a"), row("b")].join(",")));
    assert_eq!(notes(&report), ["several-programs"]);
    assert!(report.memory.is_none());
}

#[test]
fn grafanas_csv_is_read_where_the_legend_is_the_metric() {
    for text in [
        "\"Time\",\"container_memory_usage_bytes{container=\"\"api\"\",pod=\"\"p\"\"}\"\n2026-11-20 20:02:00,209715200\n2026-11-20 20:03:00,262144000\n",
        "sep=,\n\"Time\",\"container_memory_usage_bytes{container=\"\"api\"\",pod=\"\"p\"\"}\"\n1763668920000,200 MiB\n1763668980000,250 MiB\n",
        "\"Series\";\"Time\";\"Value\"\n\"container_memory_usage_bytes{container=\"\"api\"\"}\";\"2026-11-20T20:03:00Z\";262144000\n",
    ] {
        let report = report(text);
        assert_eq!(report.sources[0].format.as_deref(), Some("grafana-csv"), "{text}");
        assert_eq!(figures(&report), (Some(262_144_000), None), "{text}");
    }
    let legend = report("Time,api-7d\n2026-11-20 20:03:00,262144000\n");
    assert_eq!(notes(&legend), ["no-metric-name", "nothing-used"]);
    let table = report("unix_ms,usage,rss\n1,2,3\n4,5,6\n");
    assert_eq!(table.sources[0].format.as_deref(), Some("csv"));
}
