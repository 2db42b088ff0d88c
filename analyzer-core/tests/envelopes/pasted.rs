//! What people paste is seldom whole: marks of Markdown at the first word, excerpts in
//! fences of their own, a start that is cut off.

use super::report;
use serde_json::Value;

/// Codes of the findings.
fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().filter_map(|finding| finding["code"].as_str()).collect()
}

/// A paste is told by these words, in a finding of this code.
#[track_caller]
pub fn finds(text: &str, code: &str, says: &[&str]) {
    let (_, report) = report("paste.txt", text.as_bytes());
    let findings = report["findings"].as_array().expect("findings");
    let found = findings.iter().any(|finding| {
        let claim = finding["claim"].as_str().unwrap_or_default();
        finding["code"] == code && says.iter().all(|words| claim.contains(words))
    });
    assert!(found, "{code} {says:?} in {text}\n{} {}", report["findings"], report["sources"]);
}

#[test]
fn marks_of_markdown_at_the_first_and_the_last_word_are_no_part_of_a_crash() {
    let stack = "goroutine 1 [chan send, 6 minutes]:\nmain.(*Queue).Put(0xc00001, 0x2)\n\t/srv/queue.go:40 +0x6a\nmain.main()\n\t/srv/main.go:9 +0x1f";
    let stuck = &["all goroutines are asleep - deadlock!", "queue.go:40"];
    for text in [
        format!("`fatal error: all goroutines are asleep - deadlock!\n\n{stack}`\n"),
        format!(
            "It stops.\n\n```fatal error: all goroutines are asleep - deadlock!\n\n{stack}```\nAny idea?\n"
        ),
        format!("**fatal error: all goroutines are asleep - deadlock!\n\n{stack}**\n"),
    ] {
        finds(&text, "crash.deadlock", stuck);
    }
    finds(
        "We see:\n```Mar  4 10:00:01 edge1 gate[88]: fatal error: concurrent map writes\nMar  4 10:00:01 edge1 gate[88]: goroutine 9 [running]:\nMar  4 10:00:01 edge1 gate[88]: main.(*Table).set(0xc0001)```\n",
        "crash.concurrent-map",
        &["concurrent map writes"],
    );
    finds(
        "`runtime: goroutine stack exceeds 250000000-byte limit\nruntime: sp=0xc02 stack=[0xc02, 0xc04]\nfatal error: stack overflow`\n\nThe rest is in the log.\n",
        "crash.stack-overflow",
        &["stack overflow.", "250000000-byte"],
    );
}

#[test]
fn the_first_line_of_a_log_may_have_lost_the_start_of_its_stamp() {
    for (cut, whole) in [
        ("7.1200001Z ", "2027-02-03T04:05:07.1200002Z "),
        ("r  3 09:11:02 build2 agent[7]: ", "Mar  3 09:11:02 build2 agent[7]: "),
        ("0:07,120 app | ", "10:20:07,121 app | "),
    ] {
        let lines = [
            "\trunning tests:",
            "\t\tTestUpload (9m58s)",
            "",
            "goroutine 90 [running]:",
            "testing.(*M).startAlarm.func1()",
            "\t/usr/local/go/src/testing/testing.go:2373 +0x265",
            "",
            "goroutine 1 [chan receive, 9 minutes]:",
            "testing.(*T).Run(0xc0001, {0x21, 0x15}, 0x21b3)",
            "\t/usr/local/go/src/testing/testing.go:1751 +0x851",
        ];
        let rest: String = lines.iter().map(|line| format!("{whole}{line}\n")).collect();
        finds(&format!("{cut}panic: test timed out after 10m0s\n{rest}"), "crash.test-timeout", &["10m0s"]);
    }
}

#[test]
fn the_alarm_of_go_test_tells_of_a_test_that_timed_out() {
    for text in [
        "goroutine 114 [running]:\ntesting.(*M).startAlarm.func1()\n\t/usr/local/go/src/testing/testing.go:2366 +0x385\ncreated by time.goFunc\n\t/usr/local/go/src/time/sleep.go:177 +0x2d\n\ngoroutine 1 [chan receive, 10 minutes]:\ntesting.(*T).Run(0xc0001, {0x21, 0x15}, 0x21b3)\n\t/usr/local/go/src/testing/testing.go:1751 +0x851\n",
        "goroutine 6 [running]:\ntesting.startAlarm.func1()\n\t/usr/local/go/src/testing/testing.go:1296 +0x13a\ncreated by time.goFunc\n\t/usr/local/go/src/time/sleep.go:172 +0x52\n\ngoroutine 1 [chan receive]:\ntesting.(*T).Run(0xc0001, 0x21, 0x15)\n\t/usr/local/go/src/testing/testing.go:879 +0x692\n",
        "app | goroutine 8 [running]:\napp | testing.(*M).startAlarm.func1()\napp | \t/go/src/testing/testing.go:2241 +0x3c5\napp | created by time.goFunc\napp | \t/go/src/time/sleep.go:176 +0x32\n",
    ] {
        finds(text, "crash.test-timeout", &["timed out"]);
    }
}

#[test]
fn goroutines_in_fences_of_their_own_are_one_dump() {
    let first = "goroutine 40 [semacquire, 300 minutes]:\nsync.runtime_SemacquireMutex(0xc0001, 0x0)\n\t/usr/local/go/src/runtime/sema.go:71 +0x3d\nsync.(*Mutex).Lock(0xc0001)\n\t/usr/local/go/src/sync/mutex.go:134 +0x108\nmain.(*Store).Get(0xc0002)\n\t/srv/store.go:12 +0x1c\n";
    let second = "goroutine 41 [chan receive, 290 minutes]:\nmain.(*Store).flush(0xc0002)\n\t/srv/store.go:77 +0x2c\ncreated by main.main\n\t/srv/main.go:9 +0x1f\n";
    for text in [
        format!("One:\n```\n{first}```\nand the other:\n```\n{second}```\n"),
        format!(
            "<details><summary>40</summary>\n\n```\n{first}```\n</details>\n<details><summary>41</summary>\n\n```\n{second}```\n</details>\n"
        ),
        format!("~~~\n{first}~~~\n\n~~~\n{second}~~~\nThanks\n"),
    ] {
        let (_, report) = report("paste.txt", text.as_bytes());
        let snapshots = report["goroutines"]["snapshots"].as_array().expect("snapshots");
        assert_eq!((snapshots.len(), &snapshots[0]["total"]), (1, &Value::from(2)), "{text}\n{report}");
    }
    let again = format!("before\n```\n{first}```\nan hour later\n```\n{}```\n", first.replace("300", "360"));
    let (_, report) = report("paste.txt", again.as_bytes());
    assert_eq!(report["goroutines"]["snapshots"].as_array().map(Vec::len), Some(2), "{report}");
}

#[test]
fn a_goroutine_whose_end_is_cut_is_still_judged() {
    for (text, state) in [
        (
            "goroutine 7 [chan send, 50 minutes]:\nmain.(*Bus).Publish(0xc0001, 0x2)\n\t/srv/bus.go:31 +0x6a\nmain.work(0xc0",
            "chan send",
        ),
        (
            "[Goroutine 9 in state chan send, with main.push on top of the stack:\ngoroutine 9 [chan send]:\nmain.push(0xc0001)\n\t/srv/push.go:8 +0xe9\ncreated by main.start\n\t\n",
            "chan send",
        ),
        (
            "goroutine 12 [select, 4 minutes]:\nmain.poll(0xc0001)\n\t/srv/poll.go:8 +0xe9\nmain.run(0xc0001, 0xc0",
            "select",
        ),
    ] {
        let (_, report) = report("paste.txt", text.as_bytes());
        let groups = report["goroutines"]["groups"].as_array().expect("groups");
        assert!(groups.iter().any(|group| group["state"] == state), "{text}\n{report}");
        let verdict = report["verdict"].to_string();
        assert!(!verdict.contains("running goroutine alone"), "{verdict}");
    }
}

#[test]
fn a_stack_without_its_header_is_a_stack() {
    let frames = [
        "k8s.io/apimachinery/pkg/util/runtime.HandleCrash(0x0, 0x0, 0x0)",
        "\t/go/k8s.io/apimachinery/pkg/util/runtime/runtime.go:48 +0x86",
        "panic(0x183, 0x26c)",
        "\t/usr/local/go/src/runtime/panic.go:965 +0x1b9",
        "example.com/shop/cart.(*Cart).Sum(0x0, 0x1)",
        "\t/srv/cart/cart.go:106 +0x1cc",
        "example.com/shop/cart.Serve(0xc0003)",
        "\t/srv/cart/serve.go:82 +0x3e5",
    ];
    let wrap = |before: &str| frames.iter().map(|line| format!("{before}{line}\n")).collect::<String>();
    let flush: String =
        frames.iter().map(|line| format!("Tue, Oct 5 2021 8:38:45 pm | {}\n", line.trim())).collect();
    for text in [wrap(""), format!("```\n{}", wrap("")), flush] {
        finds(&text, "crash.panic", &["cart.go:106"]);
    }
    let (_, report) = report("paste.txt", frames[4..].join("\n").as_bytes());
    assert_eq!(report["sources"][0]["format"], "goroutine-dump");
    assert_ne!(report["outcome"], "all-clear", "{report}");
    assert!(codes(&report).is_empty());
}

#[test]
fn a_signal_behind_other_output_is_named() {
    for before in ["34 done, 2 open  ", "\u{2022}\u{2022}\u{2022} ", "rate 53.4/s "] {
        finds(
            &format!(
                "{before}SIGABRT: abort\nPC=0x501d m=3\nsignal arrived during cgo execution\n\ngoroutine 6 [syscall, locked to thread]:\nruntime.cgocall(0x4002, 0xc8)\n\t/usr/local/go/src/runtime/cgocall.go:120 +0x11b fp=0xc8 sp=0xc8\nexample.com/shop/zip._Cfunc_pack(0x78)\n\t??:0 +0x3c fp=0xc8 sp=0xc8\n"
            ),
            "crash.signal",
            &["SIGABRT"],
        );
    }
}

#[test]
fn a_crash_whose_line_ends_were_escaped_more_than_once_is_read() {
    for escapes in ["\\", "\\\\", "\\\\\\\\"] {
        let text = "fatal error: runtime: out of memory\n\nruntime stack:\nruntime.throw(0x56, 0x16)\n\t/usr/local/go/src/runtime/panic.go:774 +0x74\nruntime.sysMap(0xc0, 0x4000000, 0x56)\n\t/usr/local/go/src/runtime/mem_linux.go:169 +0xc7\n";
        let text = text.replace('\n', &format!("{escapes}n")).replace('\t', &format!("{escapes}t"));
        finds(
            &format!(
                "ERROR: cannot start service api: runtime create failed: exit status 2, stderr: {text}: unknown\n"
            ),
            "mem.go.enomem",
            &["out of memory"],
        );
    }
}

#[test]
fn what_a_handler_says_is_told_without_the_logs_own_words() {
    let stack = "goroutine 52 [running]:\nexample.com/shop/util.logPanic(0x15, 0x22)\n\t/srv/util/util.go:74 +0xa6\npanic(0x15, 0x22)\n\t/usr/local/go/src/runtime/panic.go:965 +0x1b9\nexample.com/shop/cart.(*Cart).Sum(0x0)\n\t/srv/cart/cart.go:35 +0x1e5\n";
    for said in [
        "E0623 15:24:30.674204       1 runtime.go:78] Observed a panic: \"index out of range\" (runtime error: index out of range)",
        "E0813 17:31:15.457852     127 runtime.go:140] \"Observed a panic\" panic=\"runtime error: index out of range\" stacktrace=<",
        "E0623 15:24:30.674204 1 recover.go:9] recovered from panic: runtime error: index out of range",
    ] {
        let (_, report) = report("paste.txt", format!("{said}\n{stack}").as_bytes());
        let claim = report["findings"][0]["claim"].as_str().unwrap_or_default();
        assert!(claim.contains(": runtime error: index out of range. It was raised in"), "{said}\n{claim}");
    }
}

#[test]
fn counted_stacks_in_fences_of_their_own_are_one_profile() {
    let first = "1 @ 0x42d6ec 0x42d7de 0x404ad4 0x40477b 0x7ec565\n#\t0x7ec564\texample.com/shop/raft.(*Future).Error+0x74\t/srv/raft/future.go:100\n";
    let second = "200 @ 0x42d6ec 0x42d7de 0x403ad4 0x6ec565\n#\t0x6ec564\texample.com/shop/state.(*GC).expire+0xf4\t/srv/state/gc.go:145\n";
    for text in [
        format!("The leader:\n```\n{first}```\nMeanwhile:\n```\n{second}```\n"),
        format!("```\ngoroutine profile: total 201\n{first}```\n\n```\n{second}```\n"),
        format!("<pre>\n{first}</pre>\nand\n<pre>\n{second}</pre>\n"),
    ] {
        let (_, report) = report("paste.txt", text.as_bytes());
        let snapshots = report["goroutines"]["snapshots"].as_array().expect("snapshots");
        assert_eq!((snapshots.len(), &snapshots[0]["total"]), (1, &Value::from(201)), "{text}\n{report}");
    }
    let again = format!("now\n```\n{second}```\nlater\n```\n{}```\n", second.replace("200 @", "260 @"));
    let (_, report) = report("paste.txt", again.as_bytes());
    assert_eq!(report["goroutines"]["snapshots"].as_array().map(Vec::len), Some(2), "{report}");
}

#[test]
fn a_crash_behind_the_words_of_a_log_is_no_sample_of_perf() {
    for before in [
        "F270204 10:11:12.000000 7 1@util/log.go:9 \u{22ee} [n2] 4 ",
        "W270204 10:11:12.000000 8 2@base/log.go:3 \u{22ee} [-] 9 ",
    ] {
        let lines = [
            "!panic: boom",
            "+",
            "+goroutine 5 [running]:",
            "+main.(*Box).Open(0x0)",
            "+\t/srv/box.go:8 +0x4c",
        ];
        let text: String = lines.iter().map(|line| format!("{before}{line}\n")).collect();
        finds(&text, "crash.panic", &["boom", "box.go:8"]);
    }
}
