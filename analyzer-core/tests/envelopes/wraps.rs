//! What logs, stores, terminals and people put around a capture.

/// What cannot be told: a format whose lines look like no other thing, behind a prefix.
pub const UNTOLD: &[(&str, &str)] = &[];

/// Envelopes in which the eye does not find the text.
pub const ILLEGIBLE: &[&str] = &["journald, lists of bytes"];

type Wrap = fn(&str) -> Vec<u8>;

/// Every line by itself.
fn each(text: &str, wrap: impl Fn(usize, &str) -> String) -> Vec<u8> {
    text.lines().enumerate().map(|(number, line)| wrap(number, line) + "\n").collect::<String>().into_bytes()
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always JSON")
}

fn time(number: usize) -> String {
    format!("2026-11-20T20:03:{:02}.{:06}Z", number / 1000 % 60, number * 137 % 1_000_000)
}

pub const ENVELOPES: &[(&str, Wrap)] = &[
    ("Docker", |text| {
        each(text, |n, line| {
            format!(r#"{{"log":{},"stream":"stderr","time":"{}"}}"#, json(&format!("{line}\n")), time(n))
        })
    }),
    ("CRI", |text| each(text, |n, line| format!("{} stderr F {line}", time(n)))),
    ("CRI, split lines", |text| {
        each(text, |n, line| {
            let (first, second) = line.split_at(line.len() / 2);
            format!("{} stderr P {first}\n{} stderr F {second}", time(n), time(n))
        })
    }),
    ("kubectl --prefix --timestamps", |text| {
        each(text, |n, line| format!("[pod/shop-5d9c7-x2x/app] {} {line}", time(n)))
    }),
    ("stern", |text| each(text, |_, line| format!("shop-5d9c7-x2x app {line}"))),
    ("compose", |text| each(text, |_, line| format!("shop-1  | {line}"))),
    ("journald short", |text| each(text, |_, line| format!("Nov 20 20:03:00 host shop[77]: {line}"))),
    ("journald JSON", |text| {
        each(text, |n, line| {
            format!(r#"{{"__REALTIME_TIMESTAMP":"{n}","_PID":"77","MESSAGE":{}}}"#, json(line))
        })
    }),
    ("syslog RFC 5424", |text| each(text, |n, line| format!("<11>1 {} host shop 77 - - {line}", time(n)))),
    ("rsyslog octal", |text| {
        each(text, |_, line| format!("Nov 20 20:03:00 host shop[77]: {}", line.replace('\t', "#011")))
    }),
    ("klog", |text| each(text, |n, line| format!("E1120 20:03:00.{n:06}      51 dump.go:88] {line}"))),
    ("logfmt", |text| each(text, |n, line| format!("time={} level=info msg={}", time(n), json(line)))),
    ("one JSON string", |text| {
        format!("{{\"level\":\"error\",\"ts\":1795204980.123,\"msg\":\"state\",\"stack\":{}}}\n", json(text))
            .into_bytes()
    }),
    ("nested JSON string", |text| {
        format!(
            "{{\"severity\":\"ERROR\",\"jsonPayload\":{{\"error\":{{\"stack_trace\":{}}}}}}}\n",
            json(text)
        )
        .into_bytes()
    }),
    ("Stackdriver", |text| {
        let entries: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(n, line)| {
                format!(
                    "  {{\n    \"textPayload\": {},\n    \"timestamp\": \"{}\"\n  }}",
                    json(line),
                    time(n)
                )
            })
            .collect();
        format!("[\n{}\n]\n", entries.join(",\n")).into_bytes()
    }),
    ("Elastic", |text| {
        let hits: Vec<String> = text
            .lines()
            .map(|line| format!(r#"{{"_index":"i","_source":{{"message":{}}}}}"#, json(line)))
            .collect();
        format!(r#"{{"took":3,"hits":{{"total":9,"hits":[{}]}}}}"#, hits.join(",")).into_bytes()
    }),
    ("CloudWatch", |text| {
        let events: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(n, line)| format!(r#"{{"timestamp":{n},"message":{}}}"#, json(line)))
            .collect();
        format!("{{\n\"events\":[\n{}\n]}}\n", events.join(",\n")).into_bytes()
    }),
    ("VictoriaLogs", |text| {
        each(text, |n, line| {
            format!(
                r#"{{"_time":"{}","_stream_id":"00000000e3","_stream":"{{app=\"shop\"}}","_msg":{}}}"#,
                time(n),
                json(line)
            )
        })
    }),
    ("Sumo Logic", |text| {
        each(text, |n, line| {
            format!(r#"{{"_messagetime":"179520498{n:04}","_raw":{},"_sourcehost":"shop-1"}}"#, json(line))
        })
    }),
    ("OTLP", |text| {
        let records: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(n, line)| {
                format!(
                    r#"{{"timeUnixNano":"{}","body":{{"stringValue":{}}},"attributes":[{{"key":"log.iostream","value":{{"stringValue":"stderr"}}}}]}}"#,
                    1_795_204_980_000_000_000 + n,
                    json(line)
                )
            })
            .collect();
        format!(
            r#"{{"resourceLogs":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}}]}},"scopeLogs":[{{"scope":{{}},"logRecords":[{}]}}]}}]}}"#,
            records.join(",")
        )
        .into_bytes()
    }),
    ("Loki", |text| {
        each(text, |n, line| {
            format!(r#"{{"labels":{{"app":"shop"}},"line":{},"timestamp":"{}"}}"#, json(line), time(n))
        })
    }),
    ("Loki's answer, newest first", |text| {
        let count = text.lines().count();
        let rows: Vec<String> = text
            .lines()
            .rev()
            .enumerate()
            .map(|(n, line)| format!(r#"["{}",{}]"#, 1_795_204_980_000_000_000 + count - n, json(line)))
            .collect();
        format!(
            r#"{{"status":"success","data":{{"resultType":"streams","result":[{{"stream":{{"app":"shop"}},"values":[{}]}}]}}}}"#,
            rows.join(",")
        )
        .into_bytes()
    }),
    ("Azure's rows", |text| {
        let rows: Vec<String> =
            text.lines().enumerate().map(|(n, line)| format!(r#"["{}",{}]"#, time(n), json(line))).collect();
        format!(
            "{{\"tables\":[{{\"columns\":[{{\"name\":\"TimeGenerated\"}},{{\"name\":\"LogEntry\"}}],\"rows\":[\n{}\n]}}]}}",
            rows.join(",\n")
        )
        .into_bytes()
    }),
    ("Azure's rows, text first", |text| {
        let rows: Vec<String> =
            text.lines().enumerate().map(|(n, line)| format!(r#"[{},"{}"]"#, json(line), time(n))).collect();
        format!("{{\"rows\":[\n{}\n]}}", rows.join(",\n")).into_bytes()
    }),
    ("Azure's rows, text between", |text| {
        let rows: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(n, line)| format!(r#"["shop-5d9c7",{},"{}"]"#, json(line), time(n)))
            .collect();
        let columns = r#"{"name":"PodName","type":"string"},{"name":"LogEntry","type":"string"},{"name":"TimeGenerated","type":"datetime"}"#;
        format!("{{\"tables\":[{{\"columns\":[{columns}],\"rows\":[\n{}\n]}}]}}", rows.join(",\n"))
            .into_bytes()
    }),
    ("gcloud as YAML, newest first", |text| {
        let entries = text.lines().enumerate().map(|(n, line)| {
            format!(
                "---\ninsertId: 1x{n}\nlogName: projects/shop/logs/stderr\nresource:\n  type: k8s_container\ntextPayload: {}\ntimestamp: '{}'\n",
                json(line),
                time(n)
            )
        });
        let entries: Vec<String> = entries.collect();
        entries.iter().rev().map(String::as_str).collect::<String>().into_bytes()
    }),
    ("gcloud as YAML, a block", |text| {
        let block: String = text.lines().map(|line| format!("    {line}\n")).collect();
        let is_plain = !text.starts_with([' ', '\t']);
        let mark = if is_plain { "|" } else { "|4" };
        format!(
            "insertId: 1x2\njsonPayload:\n  level: error\n  message: {mark}\n{block}logName: projects/shop/logs/stderr\ntimestamp: '{}'\n",
            time(1)
        )
        .into_bytes()
    }),
    ("Markdown table", |text| {
        let rows = each(text, |n, line| format!("| {} | {} |", time(n), line.replace('|', "\\|")));
        [b"From the log:\n\n| time | message |\n|---|:---|\n".to_vec(), rows].concat()
    }),
    ("Markdown table, a line number first", |text| {
        each(&format!("TITLE\nLINE\n{text}"), |n, line| match line {
            "TITLE" => "| # | **Text** | Timestamp |".to_owned(),
            "LINE" => "|--:|------|-----------|".to_owned(),
            line => format!("| {n} | {} | {} |", line.replace('|', "\\|"), time(n)),
        })
    }),
    ("cat -A", |text| each(text, |_, line| line.replace('\t', "^I") + "$")),
    ("cat -A of a file with returns", |text| each(text, |_, line| line.replace('\t', "^I") + "^M$")),
    ("cat -A below a prompt", |text| {
        [b"$ cat -A stacks.txt\n".to_vec(), each(text, |_, line| line.replace('\t', "^I") + "$")].concat()
    }),
    ("journald, lists of bytes", |text| {
        each(text, |n, line| {
            let bytes: Vec<String> = line.bytes().map(|byte| byte.to_string()).collect();
            format!(
                r#"{{"_PID":"77","MESSAGE":[{}],"__REALTIME_TIMESTAMP":"17952049800{n:05}"}}"#,
                bytes.join(",")
            )
        })
    }),
    ("Insights, newest first", |text| {
        let count = text.lines().count();
        let rows: Vec<String> = text
            .lines()
            .rev()
            .enumerate()
            .map(|(n, line)| {
                format!(
                    r#"[{{"field":"@timestamp","value":"2026-11-20 20:03:00.{:03}"}},{{"field":"@message","value":{}}},{{"field":"@ptr","value":"CmEK"}}]"#,
                    count - n,
                    json(line)
                )
            })
            .collect();
        format!("{{\"results\":[\n{}\n]}}\n", rows.join(",\n")).into_bytes()
    }),
    ("a list on one line", |text| {
        let entries: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(n, line)| format!(r#"{{"timestamp":{n},"message":{}}}"#, json(line)))
            .collect();
        format!("[{}]\n", entries.join(",")).into_bytes()
    }),
    ("Stackdriver, newest first", |text| {
        let mut entries: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(n, line)| {
                format!(
                    "{{\"jsonPayload\":{{\"message\":{}}},\n\"timestamp\":\"2026-11-20T20:03:00.{n:06}Z\"}}",
                    json(line)
                )
            })
            .collect();
        entries.reverse();
        format!("[\n{}\n]\n", entries.join(",\n")).into_bytes()
    }),
    ("CSV, newest first", |text| {
        let rows = text
            .lines()
            .enumerate()
            .map(|(n, line)| format!("\"2026-11-20T20:03:00.{n:06}Z\",\"{}\"\n", line.replace('"', "\"\"")));
        let mut rows: Vec<String> = rows.collect();
        rows.reverse();
        format!("Date,Content\n{}", rows.concat()).into_bytes()
    }),
    ("Fluent Bit", |text| {
        each(text, |n, line| {
            format!(r#"[{n}] kube.log: [[1795204980.{n:09}, {{}}], {{"log"=>{}}}]"#, json(line))
        })
    }),
    ("JUnit", |text| {
        format!(
            "<testsuites>\n<testcase name=\"T\"><failure message=\"Failed\"><![CDATA[{text}]]></failure></testcase>\n</testsuites>\n"
        )
        .into_bytes()
    }),
    ("JUnit, escaped", |text| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#34;");
        let text = text.replace('\n', "&#xA;").replace('\t', "&#x9;");
        format!("<testsuite><testcase><failure>{text}</failure></testcase></testsuite>\n").into_bytes()
    }),
    ("padded", |text| each(text, |_, line| format!("{line:<180}"))),
    ("two returns", |text| text.replace('\n', "\r\r\n").into_bytes()),
    ("Buildkite", |text| each(text, |n, line| format!("\x1b_bk;t=1795204980{n:03}\x07{line}"))),
    ("go test -json", |text| {
        each(text, |n, line| {
            format!(
                r#"{{"Time":"{}","Action":"output","Package":"p","Output":{}}}"#,
                time(n),
                json(&format!("{line}\n"))
            )
        })
    }),
    ("CSV, a row a line", |text| {
        let rows = each(text, |n, line| format!("{},\"{}\"", time(n), line.replace('"', "\"\"")));
        [b"timestamp,message\n".as_slice(), &rows].concat()
    }),
    ("CSV, one cell", |text| {
        format!("timestamp,message\n{},\"{}\"\n", time(0), text.replace('"', "\"\"")).into_bytes()
    }),
    ("gh run view", |text| {
        each(text, |n, line| format!("test (ubuntu, 1.27)\tRun go test\t{} {line}", time(n)))
    }),
    ("aws logs tail", |text| each(text, |n, line| format!("{} shop/app/6f3a {line}", time(n)))),
    ("Heroku", |text| each(text, |n, line| format!("{} app[web.1]: {line}", time(n)))),
    ("gcloud", |text| {
        let rows = each(text, |n, line| {
            format!(
                "2026-11-20 20:03:00.{n:03}  {}{line}",
                if n % 3 == 2 { "INFO      " } else { "ERROR     " }
            )
        });
        [b"TIMESTAMP                SEVERITY  MESSAGE\n".as_slice(), &rows].concat()
    }),
    ("tabs", |text| each(text, |n, line| format!("{}\tshop\t{line}", time(n)))),
    ("grep -n", |text| each(text, |n, line| format!("{}:{line}", n + 1))),
    ("grep -H", |text| each(text, |_, line| format!("app.log:{line}"))),
    ("quote", |text| each(text, |_, line| format!("> {line}"))),
    ("box", |text| each(text, |_, line| format!("│ {line}"))),
    ("indent", |text| each(text, |_, line| format!("    {line}"))),
    ("fence", |text| format!("It hangs:\n\n```\n{text}```\n\nAny idea?\n").into_bytes()),
    ("fence without a line end", |text| format!("It hangs:\n```text\n{text}```").into_bytes()),
    ("ANSI", |text| each(text, |_, line| format!("\x1b[36mshop-1  | \x1b[0m{line}"))),
    ("CRLF", |text| text.replace('\n', "\r\n").into_bytes()),
    ("CR", |text| text.replace('\n', "\r").into_bytes()),
    ("byte order mark", |text| format!("\u{feff}{text}").into_bytes()),
    ("UTF-16", |text| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ("UTF-16 without a mark", |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ("NULs", |text| [&[0; 64], text.as_bytes(), &[0; 512]].concat()),
    ("HTML", |text| {
        let escaped =
            text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&#34;");
        format!("<html><body><h1>stacks</h1><pre>{escaped}</pre></body></html>\n").into_bytes()
    }),
    ("%q", |text| {
        each(text, |_, line| format!("2026-11-20 20:03:00 +0000 [warn]: pattern not match: {}", json(line)))
    }),
];
