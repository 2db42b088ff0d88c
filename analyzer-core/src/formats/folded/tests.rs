//! Real and drawn folded stacks.

use std::collections::BTreeMap;

use crate::formats::sampled::testing::read;
use crate::formats::{Probe, recognize};

const REAL: &str = include_str!("../../../tests/fixtures/sampled/video.folded");

/// The sum of the last words, by a count of one line.
fn counted(text: &str) -> i64 {
    text.lines().filter_map(|line| line.rsplit(' ').next()?.parse::<i64>().ok()).sum()
}

#[test]
fn a_real_file_adds_up() {
    let read = read("video.folded", REAL.as_bytes());
    read.check();
    assert_eq!((read.format, read.total(0)), ("folded", counted(REAL)));
    assert_eq!(counted(REAL), 36);
    assert_eq!(read.columns(), ["amount/"]);
    assert_eq!(read.facts.kind.as_deref(), Some("stacks"));
    assert_eq!(read.facts.notes.rows()[0].code, "unit-by-name");
    let hash: i64 =
        read.stacks(0).iter().filter(|(stack, _)| stack.contains("main.hash")).map(|(_, n)| n).sum();
    assert_eq!(hash, 6);
}

#[test]
fn the_unit_comes_from_the_name() {
    let text = "video;main.main;runtime.gopark;-;schedule 12\nvideo;main.main 5\n";
    let of = |path: &str| {
        let read = read(path, text.as_bytes());
        (read.columns()[0].clone(), read.facts.kind.unwrap())
    };
    assert_eq!(of("offcpu.folded"), ("off-cpu/microseconds".to_owned(), "off-cpu".to_owned()));
    assert_eq!(of("t0/profile.txt"), ("samples/count".to_owned(), "on-cpu".to_owned()));
    assert_eq!(of("alloc-profile.txt"), ("amount/".to_owned(), "stacks".to_owned()));
    assert_eq!(of("x"), ("amount/".to_owned(), "stacks".to_owned()));
}

#[test]
fn frames_of_interpreters_have_files_and_lines() {
    let text = "process 1:\"python app.py\";<module> (app.py:3);work (lib/w.py:12) 7\nprocess 1:\"python app.py\";<module> (app.py:4) 1\n";
    let read = read("py-spy.txt", text.as_bytes());
    read.check();
    assert!(read.places().contains(&"work lib/w.py:12".to_owned()));
    let java = "java;java/lang/Thread.run_[j];com/acme/Shop.sell_[i] 3\n[tid=12];write_[k] 1\n";
    assert_eq!(crate::formats::sampled::testing::read("collapsed.txt", java.as_bytes()).total(0), 4);
}

#[test]
fn other_texts_are_no_stacks() {
    for text in [
        "a;b;c\n1;2;3\n4;5;6\n",
        "2024-01-01;12:00;5 7\n2024-01-02;12:00;5 8\n",
        "started; took 3\nready\nfailed; retry in 5\nstopped\nagain\n",
        "hello 1\nworld 2\n",
        "void f() { return; } 1\nint x = 2; // 3\nno number here\n",
        "",
    ] {
        let format = recognize(&Probe { path: "x", bytes: text.as_bytes() }).map(|format| format.name);
        assert_ne!(format, Some("folded"), "{text}");
    }
}

#[test]
fn lines_that_the_sampler_says_on_the_side_are_counted() {
    let stacks = "video;main.main;main.hash 1\n".repeat(12);
    let text = format!("{stacks}WARNING: 5 stack traces could not be displayed.\n");
    let read = read("x", text.as_bytes());
    assert_eq!(read.total(0), 12);
    assert!(read.facts.notes.rows().iter().any(|note| note.code == "lines-not-read"));
}

/// Two amounts would make the first a part of the leaf's name.
#[test]
fn a_difference_is_refused_by_its_name() {
    use crate::base::source::{Input, SourceId};
    let parsed = |text: &str| {
        let format = recognize(&Probe { path: "x.folded", bytes: text.as_bytes() }).expect("recognized");
        let input = Input { source: SourceId(0), path: "x.folded", bytes: text.as_bytes() };
        let (mut evidence, mut facts) =
            (crate::evidence::Evidence::default(), crate::formats::Facts::default());
        (format.parse)(&input, &mut evidence, &mut facts).map_err(|error| error.to_string())
    };
    for text in
        ["a;main.f 12 15\na;main.g 0 4\n", "a;f 1 1\n", "shop;main.main;f(int, int) 5 0\nshop;x 3 2\n"]
    {
        let error = parsed(text).unwrap_err();
        assert!(error.contains("difference of two profiles"), "{error}");
    }
    // A name that ends in a number, in one line, is a name.
    for text in ["a;main.f 12\na;task 7 4\n", "a;f(x 1) 3\n"] {
        assert_eq!(parsed(text), Ok(()));
    }
}

#[test]
fn what_a_view_exports_is_read_again() {
    let text = "main.main;main.a 3\nmain.main;main.b 4\n";
    assert_eq!(
        read("x", text.as_bytes()).stacks(0),
        BTreeMap::from([("main.main;main.a".to_owned(), 3), ("main.main;main.b".to_owned(), 4)])
    );
}

#[test]
fn processes_and_paths_are_secrets() {
    use crate::formats::redaction::shown;
    let text = "acme-api;main.run;main.(*T).M 5\nprocess 1:\"python /srv/acme.py\";work (/srv/acme/w.py:12) 7\nwarning of acme\n";
    let expected = "....-...;main.run;main.(*T).M 5\n....... .:\"...... /.../.......\";work (/srv/..../....:12) 7\nxxxxxxx xx xxxx\n";
    assert_eq!(shown(text, b'.', |input, marks| super::secrets::secrets(input, marks).unwrap()), expected);
}
