use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use analyzer_core::report::{Report, SourceRow, SourceStatus};
use analyzer_core::session::Session;
use engine_fuzz::memory;
use flate2::Compression;
use flate2::write::GzEncoder;

pub const MIB: usize = 1 << 20;

const GOOD_DUMP: &[u8] = b"goroutine 1 [running]:\nmain.main()\n\t/app/main.go:10 +0x1d\n";

/// What is allocated is counted for the whole program: one test at a time.
static LOCK: Mutex<()> = Mutex::new(());

/// The only test that runs.
pub struct Alone(#[expect(dead_code, reason = "held until the test ends")] MutexGuard<'static, ()>);

impl Alone {
    pub fn new() -> Self {
        Self(LOCK.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The report on a bomb and a good file, which must be whole. `most` is
    /// what may be allocated at once beyond the bomb itself.
    pub fn survive(&self, name: &str, bomb: Vec<u8>, most: usize) -> Report {
        let mut report = None;
        let peak = memory::peak(|| {
            let mut session = Session::default();
            session.add(name, bomb);
            session.add("good/goroutine.txt", GOOD_DUMP.to_vec());
            report = Some(session.report());
        });
        let report = report.expect("a report");
        println!("{name}: {} MiB allocated at once", peak / MIB);
        assert!(peak <= most, "{name}: {} MiB allocated at once, {} allowed", peak / MIB, most / MIB);
        let good = report.sources.last().expect("the good file is listed");
        assert_eq!(good.status, SourceStatus::Parsed, "{name}: {:?}", good.notes);
        report
    }
}

/// The source's note of this code says what it must, and where.
pub fn assert_note(source: &SourceRow, code: &str, says: &str) {
    let note = source.notes.iter().find(|note| note.code == code);
    let note = note.unwrap_or_else(|| panic!("no {code} of {}: {:?}", source.path, source.notes));
    assert!(note.message.contains(says), "{}: {}", source.path, note.message);
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
