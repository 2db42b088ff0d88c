//! What cannot be read costs only itself, and is said.

use analyzer_core::base::error::ErrorKind;
use analyzer_core::formats::go_trace::TraceReader;

use super::parsed::Parsed;
use super::{codes, fixture, read};

/// Lines from the `n`th Sync on, without the Sync itself.
fn lines_from_sync(lines: &[String], n: usize) -> &[String] {
    let sync = format!("M=-1 P=-1 G=-1 Sync N={n}");
    let start = lines.iter().position(|line| *line == sync).unwrap();
    &lines[start + 1..]
}

#[test]
fn pieces_of_any_size_give_the_same_events() {
    for name in ["small-go1.22.trace.gz", "small-go1.27.trace.gz"] {
        let bytes = fixture(name);
        let (whole, decoded) = read(&bytes);
        for size in [1, 13, 4_096, 50_000] {
            let mut reader = TraceReader::new();
            let mut sink = Parsed::default();
            for piece in bytes.chunks(size) {
                reader.push(piece, &mut sink).unwrap();
            }
            let pieced = reader.finish(&mut sink).unwrap();
            sink.finish();
            assert_eq!(sink.lines, whole, "{name} in pieces of {size}");
            assert_eq!(pieced.generations, decoded.generations, "{name} in pieces of {size}");
        }
    }
}

#[test]
fn a_cut_anywhere_keeps_every_generation_before_it() {
    for name in ["flight-go1.25.trace.gz", "flight-go1.27.trace.gz"] {
        let bytes = fixture(name);
        let (whole, decoded) = read(&bytes);
        for cut in (16..bytes.len()).step_by(97) {
            let (lines, cut_decoded) = read(&bytes[..cut]);
            let kept = decoded.generations.iter().filter(|g| g.end_offset <= cut as u64).count();
            let complete = cut_decoded.generations.iter().filter(|g| g.is_whole).count();
            // Up to Go 1.25 nothing tells a cut between two batches from an end.
            assert!(
                complete == kept || (complete == kept + 1 && name.contains("1.25")),
                "{name} cut at {cut}"
            );
            let end = format!("M=-1 P=-1 G=-1 Sync N={}", kept + 1);
            let events = whole.iter().position(|line| *line == end).unwrap();
            assert_eq!(lines[..events], whole[..events], "{name} cut at {cut}");
            if complete < decoded.generations.len() && name.contains("1.27") && cut > 16 {
                let is_boundary = decoded.generations.iter().any(|g| g.end_offset == cut as u64);
                assert!(is_boundary || !codes(&cut_decoded).is_empty(), "{name} cut at {cut} is not noted");
            }
        }
    }
}

/// Go's own reader gives 3 events of this cut, because the names are cut off.
#[test]
fn a_generation_without_its_names_still_gives_its_events() {
    let bytes = fixture("small-go1.24.trace.gz");
    let (whole, _) = read(&bytes);
    let (lines, decoded) = read(&bytes[..bytes.len() * 7 / 10]);
    assert_eq!(whole.len(), 16_213);
    assert_eq!(lines.len(), 15_177);
    assert_eq!(codes(&decoded), ["trace-cut", "trace-names-missing"]);
    assert_eq!(decoded.generations.iter().filter(|g| g.is_whole).count(), 0);
    let states = |lines: &[String]| -> Vec<String> {
        let states = lines.iter().filter(|line| line.contains("StateTransition"));
        states.take(9_000).map(|line| line.split(" Reason=").next().unwrap().to_owned()).collect()
    };
    assert_eq!(states(&lines), states(&whole));
}

#[test]
fn damage_in_a_generation_leaves_the_next_ones_whole() {
    let bytes = fixture("small-go1.27.trace.gz");
    let (whole, decoded) = read(&bytes);
    let second = &decoded.generations[1];
    let start = usize::try_from(second.start_offset).unwrap();
    let mut damaged = bytes.clone();
    // From the clocks into the first thread's events: what starts the next batch is gone.
    for byte in &mut damaged[start + 40..start + 400] {
        *byte = 0xff;
    }
    let (lines, damaged) = read(&damaged);
    assert!(codes(&damaged).contains(&"trace-damaged"), "{:?}", codes(&damaged));
    assert!(!damaged.generations[1].is_whole);
    assert!(damaged.generations[2].is_whole);
    assert_eq!(damaged.generations[2].forced, 0);
    let first_ends = whole.iter().position(|line| line.ends_with("Sync N=2")).unwrap();
    assert_eq!(lines[..first_ends], whole[..first_ends]);
    let counts =
        |lines: &[String]| lines.iter().filter(|l| l.contains("Metric") || l.contains("Region")).count();
    assert_eq!(counts(lines_from_sync(&lines, 3)), counts(lines_from_sync(&whole, 3)));
}

#[test]
fn a_lost_generation_is_noted_and_the_rest_is_read() {
    for name in ["small-go1.22.trace.gz", "small-go1.27.trace.gz"] {
        let bytes = fixture(name);
        let (whole, decoded) = read(&bytes);
        let second = &decoded.generations[1];
        let (start, end) =
            (usize::try_from(second.start_offset).unwrap(), usize::try_from(second.end_offset).unwrap());
        let without = [&bytes[..start], &bytes[end..]].concat();
        let (lines, decoded) = read(&without);
        assert!(codes(&decoded).contains(&"trace-generations-missing"), "{name}: {:?}", codes(&decoded));
        assert_eq!(decoded.generations.len(), 2, "{name}");
        assert_eq!(decoded.generations[1].forced, 0, "{name}");
        let third = lines_from_sync(&whole, 3).iter().filter(|line| line.contains("Metric")).count();
        assert_eq!(
            lines_from_sync(&lines, 2).iter().filter(|l| l.contains("Metric")).count(),
            third,
            "{name}"
        );
    }
}

#[test]
fn old_formats_are_refused_with_advice() {
    let mut sink = Parsed::default();
    let error = TraceReader::read(b"go 1.21 trace\0\0\0\x81", &mut sink).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.message.contains("Go 1.22"));
    assert_eq!(TraceReader::read(b"go 1.2", &mut sink).unwrap_err().kind, ErrorKind::Unrecognized);
    let (lines, decoded) = read(b"go 1.26 trace\0\0\0");
    assert_eq!((lines.len(), decoded.generations.len()), (1, 0));
}

/// Random damage, the same on every run: no panic, and memory and notes stay bounded.
#[test]
fn random_damage_is_survived() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for name in ["flight-go1.25.trace.gz", "flight-go1.27.trace.gz", "small-go1.22.trace.gz"] {
        let bytes = fixture(name);
        for _ in 0..150 {
            let mut damaged = bytes.clone();
            for _ in 0..=random(8) {
                let at = 16 + random(damaged.len() - 16);
                match random(3) {
                    0 => damaged[at] = random(256) as u8,
                    1 => damaged.truncate(at.max(17)),
                    _ => {
                        let end = (at + random(300)).min(damaged.len());
                        damaged.drain(at..end);
                    }
                }
                if damaged.len() < 32 {
                    break;
                }
            }
            let (lines, decoded) = read(&damaged);
            assert!(lines.len() < 3 * bytes.len());
            assert!(decoded.notes.rows().len() <= 64);
            assert!(decoded.names.stack_count() < bytes.len());
        }
    }
}
