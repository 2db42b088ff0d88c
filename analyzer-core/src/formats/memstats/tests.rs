use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::evidence::memory::{RecordKind, UNLIMITED};
use crate::formats::{Facts, Probe, recognize};

fn parse(text: &str) -> (&'static str, Evidence, Facts) {
    let mut evidence = Evidence::default();
    let mut facts = Facts::default();
    let format = recognize(&Probe { path: "unknown", bytes: text.as_bytes() }).expect("recognized");
    let input = Input { source: SourceId(0), path: "unknown", bytes: text.as_bytes() };
    (format.parse)(&input, &mut evidence, &mut facts).expect("parsed");
    (format.name, evidence, facts)
}

fn figure(evidence: &Evidence, key: &str) -> Option<(i64, Option<u64>)> {
    let record = evidence.memory.records.iter().next()?;
    let figure = evidence.memory.figure(record, evidence.strings.find(key)?)?;
    Some((figure.value, figure.at.line))
}

const TRAILER: &str = "\
heap profile: 33: 3168 [40: 4000] @ heap/1048576
24: 98304 [24: 98304] @ 0x486b8c
#\t0x6e52e4\texample.com/app.load+0x104\t/app/a.go:123

# runtime.MemStats
# HeapSys = 36831232
# Stack = 917504 / 917505
# GCSys = 3476736
# LastGC = 1795205587383805917
# PauseNs = [1631215 65281]
# GCCPUFraction = 0.0005414758765969756
# MaxRSS = 178548736
";

#[test]
fn the_trailer_of_a_heap_profile_is_memstats() {
    let (name, evidence, facts) = parse(TRAILER);
    assert_eq!(name, "heap-debug1");
    assert_eq!(figure(&evidence, "HeapSys"), Some((36_831_232, Some(6))));
    assert_eq!(figure(&evidence, "StackSys"), Some((917_505, Some(7))));
    assert_eq!(figure(&evidence, "MaxRSS"), Some((178_548_736, Some(12))));
    assert_eq!(figure(&evidence, "profile inuse_space"), Some((3168, Some(1))));
    assert!(!facts.is_partial);
}

#[test]
fn a_profile_cut_before_its_trailer_says_so() {
    let (_, _, facts) = parse(TRAILER.split("# runtime").next().unwrap());
    assert!(facts.is_partial);
    assert_eq!(facts.notes.rows()[0].code, "no-memstats");
}

#[test]
fn expvar_gives_fields_with_their_places() {
    let text = "{\n\"cmdline\": [\"/srv/app\",\"-x\"],\n\"memstats\": {\"HeapSys\":10,\"HeapReleased\":3,\"BuckHashSys\":1,\"BySize\":[{\"Size\":16,\"Mallocs\":9,\"Frees\":4}]}\n}\n";
    let (name, evidence, _) = parse(text);
    assert_eq!(name, "expvar");
    assert_eq!(figure(&evidence, "HeapSys"), Some((10, Some(3))));
    assert_eq!(figure(&evidence, "BySize 16"), Some((5, Some(3))));
    assert!(evidence.strings.find("/srv/app -x").is_some());
}

#[test]
fn runtime_metrics_know_off_and_skip_histograms() {
    let text = "{\"/gc/gogc:percent\":18446744073709551615,\"/gc/pauses:seconds\":[[\"0..1\",2]],\n\"/memory/classes/total:bytes\":7,\"/cpu/classes/gc/total:cpu-seconds\":0.5}";
    let (name, evidence, _) = parse(text);
    assert_eq!(name, "runtime-metrics");
    assert_eq!(figure(&evidence, "/gc/gogc:percent"), Some((UNLIMITED, Some(1))));
    assert_eq!(figure(&evidence, "/memory/classes/total:bytes"), Some((7, Some(2))));
    assert_eq!(figure(&evidence, "/cpu/classes/gc/total:cpu-seconds").map(|f| f.0), Some(500_000_000));
    assert_eq!(figure(&evidence, "/gc/pauses:seconds"), None);
}

#[test]
fn prometheus_floats_are_exact_bytes() {
    let text = "# TYPE go_info gauge\ngo_info{version=\"go1.26.6\"} 1\ngo_memstats_heap_sys_bytes 3.2702464e+07\ngo_gc_gomemlimit_bytes 9.223372036854776e+18\ngo_memstats_last_gc_time_seconds 1.5e+09\n";
    let (name, evidence, _) = parse(text);
    assert_eq!(name, "prometheus");
    assert_eq!(figure(&evidence, "HeapSys"), Some((32_702_464, Some(3))));
    assert_eq!(figure(&evidence, "/gc/gomemlimit:bytes"), Some((UNLIMITED, Some(4))));
    assert_eq!(figure(&evidence, "LastGC"), Some((1_500_000_000_000_000_000, Some(5))));
    assert!(evidence.strings.find("go1.26.6").is_some());
}

#[test]
fn containers_of_cadvisor_are_kept_apart() {
    let text = "# TYPE container_memory_rss gauge\n\
        container_memory_rss{container=\"app\",id=\"/a\",namespace=\"shop\",pod=\"api-1\"} 4096 1700000000000\n\
        container_memory_rss{container=\"proxy\",id=\"/b}\",namespace=\"shop\",pod=\"api-1\"} 8192\n";
    let (_, evidence, _) = parse(text);
    let levels: Vec<_> =
        evidence.memory.records.iter().map(|r| (r.kind, evidence.strings.get(r.level))).collect();
    assert_eq!(
        levels,
        [(RecordKind::Container, "shop/api-1/app"), (RecordKind::Container, "shop/api-1/proxy")]
    );
    assert_eq!(figure(&evidence, "container_memory_rss"), Some((4096, Some(2))));
}

#[test]
fn runtime_metrics_as_text_give_the_same_figures() {
    for text in [
        "/gc/gogc:percent: 100\n/gc/heap/live:bytes: 4096\n/memory/classes/total:bytes: 7340032\n/gc/pauses:seconds: &{[1 2] [0]}\n",
        "/gc/heap/live:bytes 4096\n/memory/classes/total:bytes 7340032\n",
        "metrics at 20:03\n/gc/heap/live:bytes = 4096\n/gc/heap/goal:bytes = 8192\n/memory/classes/total:bytes = 7340032\n",
    ] {
        let (name, evidence, _) = parse(text);
        assert_eq!(name, "runtime-metrics-text", "{text}");
        assert_eq!(figure(&evidence, "/gc/heap/live:bytes").map(|f| f.0), Some(4096), "{text}");
        assert_eq!(figure(&evidence, "/memory/classes/total:bytes").map(|f| f.0), Some(7_340_032), "{text}");
    }
}

#[test]
fn names_that_prometheus_moved_aside_are_the_containers() {
    for labels in [
        "container=\"exporter\",pod=\"ksm\",exported_container=\"app\",exported_namespace=\"shop\",exported_pod=\"api-1\"",
        "exported_container=\"app\",exported_pod=\"api-1\",exported_namespace=\"shop\",namespace=\"monitoring\"",
        "container=\"app\",pod=\"api-1\",namespace=\"shop\"",
    ] {
        let text = format!("# TYPE container_memory_rss gauge\ncontainer_memory_rss{{{labels}}} 4096\n");
        let (_, evidence, _) = parse(&text);
        let levels: Vec<_> =
            evidence.memory.records.iter().map(|record| evidence.strings.get(record.level)).collect();
        assert_eq!(levels, ["shop/api-1/app"], "{labels}");
    }
}

/// A name with dots is none of the text format's, and ends no page of metrics.
#[test]
fn a_foreign_sample_does_not_cut_a_page_in_two() {
    let page = |line: &str| {
        format!(
            "# HELP go_goroutines Goroutines.\n# TYPE go_goroutines gauge\n{line}\n{line}\ngo_goroutines 12\ngo_memstats_sys_bytes 8096000\n"
        )
    };
    for line in [
        "memory.shown_ram_in_bytes 1234567",
        "jvm.memory.used{area=\"heap\"} 5.5 1700000000",
        "{\"memory.shown_ram_in_bytes\",pod=\"a\"} 7",
    ] {
        let mut session = crate::session::Session::default();
        session.add("metrics.txt", page(line).into_bytes());
        let report = session.report();
        let sources: Vec<_> =
            report.sources.iter().map(|source| (source.path.as_str(), source.format.as_deref())).collect();
        assert_eq!(sources, [("metrics.txt", Some("prometheus"))], "{line}");
    }
}
