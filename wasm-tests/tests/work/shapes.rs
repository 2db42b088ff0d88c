//! Captures of many different things.

use std::fmt::Write as _;

/// A name of a capture, and the capture with so many things in it.
pub type Shape = (&'static str, fn(usize) -> Vec<u8>);

pub const ALL: [Shape; 6] = [
    ("groups.txt", groups),
    ("labels.txt", labels),
    ("pods.json", pods),
    ("escaped-pods.json", escaped_pods),
    ("runs.log", runs),
    ("logs.tar", logs),
];

/// Goroutines that each wait at a place of their own.
fn groups(count: usize) -> Vec<u8> {
    let mut text = String::new();
    for number in 0..count {
        let _ = write!(
            text,
            "goroutine {} [chan receive, 90 minutes]:\nmain.wait{number}()\n\t/srv/main.go:{} +0x1d\ncreated by main.main in goroutine 1\n\t/srv/main.go:9 +0x2d\n\n",
            number + 1,
            number + 10
        );
    }
    text.into_bytes()
}

/// Goroutines of one place, each with a label of its own.
fn labels(count: usize) -> Vec<u8> {
    let mut text = format!("goroutine profile: total {count}\n");
    for number in 0..count {
        let _ = write!(
            text,
            "1 @ 0x47db6a 0x41516e\n# labels: {{\"tenant\":\"t{number}\"}}\n#\t0x47db69\tmain.wait+0x24\t/srv/main.go:9\n\n"
        );
    }
    text.into_bytes()
}

fn pods_named(count: usize, name: fn(usize) -> String) -> Vec<u8> {
    let pod = |number| {
        format!(
            "{{\"kind\": \"Pod\", \"metadata\": {{\"name\": \"{}\"}}, \"spec\": {{\"containers\": [{{\"name\": \"c{number}\", \"resources\": {{\"limits\": {{\"memory\": \"64Mi\"}}}}}}]}}}}",
            name(number)
        )
    };
    let pods: Vec<String> = (0..count).map(pod).collect();
    format!("{{\"apiVersion\": \"v1\", \"kind\": \"PodList\", \"items\": [{}]}}", pods.join(",\n"))
        .into_bytes()
}

fn pods(count: usize) -> Vec<u8> {
    pods_named(count, |number| format!("pod-{number}"))
}

/// Names that do not stand in the text as they are read.
fn escaped_pods(count: usize) -> Vec<u8> {
    pods_named(count, |number| format!("\\u0070od-{number}"))
}

fn cycle(number: usize) -> String {
    format!(
        "gc {number} @1.000s 2%: 0.1+1.0+0.1 ms clock, 0.2+0.5/0.5/0.5+0.2 ms cpu, 40->60->20 MB, 40 MB goal, 0 MB stacks, 0 MB globals, 2 P\nscav 4 KiB work (bg), 0 KiB work (eager), 8 KiB now, 50% util\n"
    )
}

/// A log of a program that starts again after each cycle.
fn runs(count: usize) -> Vec<u8> {
    cycle(1).repeat(count).into_bytes()
}

/// An archive of logs of one cycle each.
fn logs(count: usize) -> Vec<u8> {
    let mut archive = Vec::new();
    for number in 0..count {
        member(&mut archive, &format!("p{number}/gctrace.log"), cycle(1).as_bytes());
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

/// A member of a tar archive (POSIX ustar).
fn member(archive: &mut Vec<u8>, name: &str, content: &[u8]) {
    let mut header = [0_u8; 512];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\0");
    put(124, &format!("{:011o}\0", content.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    archive.extend_from_slice(&header);
    archive.extend_from_slice(content);
    archive.resize(archive.len().next_multiple_of(512), 0);
}
