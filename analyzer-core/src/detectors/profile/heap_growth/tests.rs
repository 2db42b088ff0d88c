use crate::detectors::profile::drawn::heap;
use crate::detectors::testing::check_bytes;

const MIB: i64 = 1 << 20;

fn kept(at: i64, mib: i64) -> Vec<u8> {
    let bytes = mib * MIB;
    heap(at, &[("main.main main.keep", &[bytes / 1024, bytes, bytes / 1024, bytes])])
}

#[test]
fn what_is_kept_more_and_more_is_named_by_its_line() {
    let profiles = [kept(1_000, 10), kept(1_060, 30), kept(1_120, 50)];
    let files: Vec<(&str, &[u8])> = ["t0.heap.pb", "t1.heap.pb", "t2.heap.pb"]
        .into_iter()
        .zip(profiles.iter().map(|file| &file[..]))
        .collect();
    let found = check_bytes("prof.heap.growth", &files, &["prof.heap.growth"]);
    let place = &found[0].places[0];
    assert_eq!((&*place.function, place.line), ("main.keep", Some(7)));
    // Two minutes of profiles without a clock: what speaks against it is said.
    assert_eq!(found[0].confidence, crate::report::Confidence::Possible);
    assert!(found[0].against.iter().any(|line| line.contains("young")));
    assert_eq!(found[0].amount.map(|amount| amount.value), Some(40 * MIB));
}

#[test]
fn what_is_freed_again_or_stands_still_is_no_growth() {
    let (mib, more) = (30 * MIB, 31 * MIB);
    let last = heap(1_120, &[("main.main main.keep", &[more / 1024, more, mib / 1024, mib])]);
    let flat = [kept(1_000, 10), kept(1_060, 30), last];
    let churned = [1, 2, 3].map(|round: i64| {
        let bytes = round * 100 * MIB;
        heap(1_000 + round, &[("main.main main.make", &[bytes / 1024, bytes, 1024, MIB])])
    });
    for profiles in [flat, churned] {
        let files: Vec<(&str, &[u8])> = ["t0.heap.pb", "t1.heap.pb", "t2.heap.pb"]
            .into_iter()
            .zip(profiles.iter().map(|file| &file[..]))
            .collect();
        check_bytes("prof.heap.growth", &files, &[]);
    }
}

#[test]
fn a_cycle_that_is_shown_twice_is_one_moment() {
    let bytes = 10 * MIB;
    let stacks: [(&str, &[i64]); 2] = [
        ("main.main main.keep", &[bytes / 1024, bytes, bytes / 1024, bytes]),
        // The second profile has a new stack, which nothing is published of yet.
        ("main.main net/http/pprof.Index", &[0, 0, 0, 0]),
    ];
    let files = [kept(1_000, 10), heap(1_060, &stacks), kept(1_120, 40)];
    let files: Vec<(&str, &[u8])> = ["t0.heap.pb", "t1.heap.pb", "t2.heap.pb"]
        .into_iter()
        .zip(files.iter().map(|file| &file[..]))
        .collect();
    let found = check_bytes("prof.heap.growth", &files, &["prof.heap.growth"]);
    assert!(found[0].claim.contains("(10.0 MiB → 40.0 MiB)"), "{}", found[0].claim);
    assert!(found[0].against.iter().any(|line| line.starts_with("Two profiles")));
}

#[test]
fn growth_of_the_last_step_alone_is_no_more_than_possible() {
    let idle: (&str, &[i64]) = ("main.main main.idle", &[1, 1_000, 1, 1_000]);
    let more: (&str, &[i64]) = ("main.main main.idle", &[2, 2_000, 1, 1_000]);
    let bytes = 40 * MIB;
    let grown: (&str, &[i64]) = ("main.main main.keep", &[bytes / 1024, bytes, bytes / 1024, bytes]);
    let files = [heap(1_000, &[idle]), heap(1_060, &[more]), heap(1_120, &[more, grown])];
    let files: Vec<(&str, &[u8])> = ["t0.heap.pb", "t1.heap.pb", "t2.heap.pb"]
        .into_iter()
        .zip(files.iter().map(|file| &file[..]))
        .collect();
    let found = check_bytes("prof.heap.growth", &files, &["prof.heap.growth"]);
    assert!(found[0].against.iter().any(|line| line.starts_with("All of the growth came after")));
    assert_eq!(found[0].severity, crate::report::Severity::Info);
}

/// Where a full table of a map is split in two, two are made and one is freed.
#[test]
fn what_frees_the_same_share_all_along_grows_and_what_frees_more_is_doubted() {
    let moment = |at, allocated: i64, in_use: i64| {
        let (allocated, in_use) = (allocated * MIB, in_use * MIB);
        heap(at, &[("main.main main.set", &[allocated >> 16, allocated, in_use >> 16, in_use])])
    };
    let doubts = |files: [Vec<u8>; 3]| {
        let files: Vec<(&str, &[u8])> = ["t0.heap.pb", "t1.heap.pb", "t2.heap.pb"]
            .into_iter()
            .zip(files.iter().map(|file| &file[..]))
            .collect();
        let found = check_bytes("prof.heap.growth", &files, &["prof.heap.growth"]);
        found[0].against.iter().any(|line| line.contains("was freed again"))
    };
    assert!(!doubts([moment(1_000, 20, 10), moment(1_060, 60, 30), moment(1_120, 100, 50)]));
    assert!(doubts([moment(1_000, 10, 10), moment(1_060, 30, 30), moment(1_120, 70, 50)]));
}

#[test]
fn possible_growth_is_not_called_health() {
    let files = [("t0.heap.pb", kept(1_000, 10)), ("t1.heap.pb", kept(1_060, 40))];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, file)| (*name, &file[..])).collect();
    let report = crate::detectors::testing::report(&files);
    assert!(report.verdict.starts_with("Memory may be leaking. What main.keep"), "{}", report.verdict);
    assert_eq!(report.outcome, crate::report::Outcome::Unjudged);
}

#[test]
fn another_process_is_not_compared() {
    let files = [kept(1_000, 40), kept(1_060, 10), kept(1_120, 30)];
    let files: Vec<(&str, &[u8])> = ["t0.heap.pb", "t1.heap.pb", "t2.heap.pb"]
        .into_iter()
        .zip(files.iter().map(|file| &file[..]))
        .collect();
    let found = check_bytes("prof.heap.growth", &files, &["prof.heap.growth"]);
    assert_eq!(found[0].amount.map(|amount| amount.value), Some(20 * MIB), "from the restart on");
}
