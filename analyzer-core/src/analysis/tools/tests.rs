use crate::detectors::testing::report;

/// Titles of the tables, and of each the first row with its figures.
fn shown(path: &str, text: &str) -> Vec<(String, String, Vec<Option<i64>>)> {
    let tables = report(&[(path, text.as_bytes())]).tables;
    let first = |table: crate::report::ToolTable| {
        let row = table.rows.into_iter().next().expect("a row");
        (table.title, row.name, row.values)
    };
    tables.into_iter().map(first).collect()
}

#[test]
fn a_map_of_stacks_names_the_go_caller_and_the_c_function() {
    let text = "{\"type\": \"map\", \"data\": {\"@bytes\": {\"\\n    __GI___libc_malloc+0\\n    runtime.cgocall+117\\n    main._Cfunc_decode.abi0+69\\n    main.decode+26\\n\": 64, \"\\n    malloc+0\\n    sqlite3_open+9\\n\": 32}}}\n";
    assert_eq!(
        shown("x", text),
        [("@bytes (bpftrace)".to_owned(), "main.decode via main._Cfunc_decode".to_owned(), vec![Some(64)])]
    );
}

#[test]
fn idle_threads_of_the_runtime_are_one_row() {
    let text = "Tracing off-CPU time (us) of PID 1 by user + kernel stack... Hit Ctrl-C to end.\n\n    futex_wait\n    runtime.notesleep\n    -                api (1)\n        9000000\n\n    vfs_read\n    main.load\n    -                api (1)\n        40\n\n    ep_poll\n    runtime.netpoll\n    -                api (1)\n        1000000\n";
    assert_eq!(
        shown("x", text),
        [(
            "Off-CPU time (offcputime)".to_owned(),
            "idle threads of the Go runtime".to_owned(),
            vec![Some(10_000_000_000)]
        )]
    );
}

#[test]
fn sessions_are_counted_by_remote_and_those_that_came_to_us_by_port() {
    let text = "PID   COMM       LADDR           LPORT RADDR           RPORT TX_KB RX_KB MS\n\
        7 api 10.0.0.2 46644 10.0.0.9 5432 1 2 0.25\n7 api 10.0.0.2 46645 10.0.0.9 5432 1 2 5\n7 api 10.0.0.2 46646 10.0.0.9 5432 1 2 1\n\
        7 api 10.0.0.2 8080 10.0.0.3 50001 1 2 3\n7 api 10.0.0.2 8080 10.0.0.3 50002 1 2 3\n";
    let tables = report(&[("x", text.as_bytes())]).tables;
    let rows: Vec<_> = tables[0].rows.iter().map(|row| (row.name.as_str(), row.values.clone())).collect();
    assert_eq!(
        rows,
        [
            ("api (pid 7) to 10.0.0.9:5432", vec![Some(3), Some(1_000_000), Some(5_000_000)]),
            ("api (pid 7) on :8080", vec![Some(2), Some(3_000_000), Some(3_000_000)]),
        ]
    );
}
