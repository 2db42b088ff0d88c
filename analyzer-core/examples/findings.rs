//! What the engine finds in the files of a folder:
//! `cargo run -p analyzer-core --example findings -- FOLDER`.

use std::path::Path;
use std::{env, fs, io};

use analyzer_core::session::Session;

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let mut session = Session::default();
    add(&mut session, Path::new(&folder))?;
    let report = session.report();
    println!("{}", report.verdict);
    for finding in &report.findings {
        println!("{:?} {}: {}", finding.severity, finding.code, finding.claim);
        for advice in &finding.advice {
            println!("    {advice}");
        }
    }
    Ok(())
}

/// Adds a file, or all files of a folder by their names.
fn add(session: &mut Session, path: &Path) -> io::Result<()> {
    if !path.is_dir() {
        session.add(&path.to_string_lossy(), fs::read(path)?);
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    entries.iter().try_for_each(|entry| add(session, entry))
}
