use super::FORMATS;
use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::evidence::vmas::VmaField;
use crate::formats::{Facts, Probe, recognize};

const TWO: &str = "\
c000000000-c000400000 rw-p 00000000 00:00 0 
Size:               4096 kB
Rss:                1024 kB
Pss:                1024 kB
Anonymous:          1024 kB
VmFlags: rd wr mr mw me ac sd 
7f5d84000000-7f5d84021000 rw-p 00000000 00:00 0 
Size:                132 kB
Rss:                  12 kB
Pss:                  12 kB
Anonymous:             8 kB
VmFlags: rd wr mr mw me nr sd 
";

fn parse(text: &str) -> (Evidence, Facts) {
    let mut evidence = Evidence::default();
    let mut facts = Facts::default();
    let input = Input { source: SourceId(0), path: "smaps", bytes: text.as_bytes() };
    let format = recognize(&Probe { path: "x", bytes: input.bytes }).expect("recognized");
    assert_eq!(format.name, "smaps");
    (format.parse)(&input, &mut evidence, &mut facts).expect("parsed");
    (evidence, facts)
}

fn codes(facts: &Facts) -> Vec<&str> {
    facts.notes.rows().iter().map(|note| note.code.as_str()).collect()
}

#[test]
fn mappings_become_rows_with_their_figures() {
    let (evidence, facts) = parse(TWO);
    let vmas = &evidence.memory.vmas;
    assert_eq!(vmas.len(), 2);
    assert_eq!(vmas.sum(0..2, VmaField::Rss).0, 1036 * 1024);
    assert_eq!(vmas.figure(1, VmaField::Anonymous).0, 8 * 1024);
    assert_eq!(vmas.size(0).0, 4 << 20);
    assert_eq!((vmas.line[0], vmas.line[1]), (1, 7));
    assert!(vmas.traits[1].is_noreserve && !vmas.traits[0].is_noreserve && vmas.traits[0].has_flags);
    assert!(codes(&facts).is_empty());
}

#[test]
fn carriage_returns_change_no_figure() {
    let (evidence, facts) = parse(&TWO.replace('\n', "\r\n"));
    assert_eq!(evidence.memory.vmas.sum(0..2, VmaField::Rss).0, 1036 * 1024);
    assert!(codes(&facts).is_empty());
}

#[test]
fn a_cut_entry_is_left_out_and_said() {
    let cut = TWO.find("Anonymous:             8").unwrap() + 16;
    let (evidence, facts) = parse(&TWO[..cut]);
    assert_eq!(evidence.memory.vmas.len(), 1);
    assert_eq!(codes(&facts), ["cut"]);
    assert_eq!(facts.notes.rows()[0].at.unwrap().line, Some(7));
    assert!(facts.is_partial);
}

#[test]
fn a_cut_at_a_line_end_is_seen_by_the_missing_keys() {
    let (evidence, facts) = parse(TWO.split_inclusive('\n').take(10).collect::<String>().as_str());
    assert_eq!(evidence.memory.vmas.len(), 1);
    assert_eq!(codes(&facts), ["cut"]);
}

#[test]
fn keys_of_a_future_kernel_are_noted_once() {
    let (evidence, facts) = parse(&TWO.replace("Pss:", "Zss:                   4 kB\nPss:"));
    assert_eq!(evidence.memory.vmas.sum(0..2, VmaField::Pss).0, 1036 * 1024);
    assert_eq!(codes(&facts), ["unknown-key"]);
    assert_eq!(facts.notes.rows()[0].count, 1);
}

#[test]
fn a_value_beyond_the_address_space_is_left_out_with_its_place() {
    let (evidence, facts) = parse(&TWO.replace("Rss:                  12", "Rss: 18446744073709551615"));
    assert_eq!(evidence.memory.vmas.sum(0..2, VmaField::Rss).0, 1024 * 1024);
    assert_eq!(codes(&facts), ["impossible-value"]);
    assert_eq!(facts.notes.rows()[0].at.unwrap().line, Some(9));
}

#[test]
fn a_second_process_in_the_file_is_not_mixed_in() {
    let (evidence, facts) = parse(&format!("{TWO}{TWO}"));
    assert_eq!(evidence.memory.vmas.len(), 2);
    assert_eq!(codes(&facts), ["second-process"]);
}

#[test]
fn rollup_and_maps_are_told_apart_by_content() {
    let name = |text: &str| recognize(&Probe { path: "x", bytes: text.as_bytes() }).map(|format| format.name);
    let header =
        "00400000-7fffb0c49000 ---p 00000000 00:00 0                              [rollup]\nRss: 4 kB\n";
    assert_eq!(name(header), Some("smaps_rollup"));
    assert_eq!(name("00400000-00401000 r-xp 00000000 fe:00 1 /bin/x\n"), Some("maps"));
    assert_eq!(FORMATS.len(), 3);
}
