//! Counts the instructions of a program, which are the same whatever else the machine does.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::command;

/// Callgrind, where valgrind is installed.
pub struct Counter {
    valgrind: PathBuf,
}

impl Counter {
    /// `None` without valgrind.
    pub fn find() -> Option<Self> {
        command::find_program(&["valgrind"]).map(|valgrind| Self { valgrind })
    }

    /// The instructions of a whole run, those of starting the program too.
    ///
    /// # Errors
    /// A program that fails.
    pub fn count(&self, program: &Command) -> Result<u64> {
        let words: Vec<OsString> =
            std::iter::once(program.get_program()).chain(program.get_args()).map(Into::into).collect();
        let output = Command::new(&self.valgrind)
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output()
            .context("starting valgrind")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{program:?}: {}\n{said}", output.status);
        collected(&said).with_context(|| format!("callgrind does not say what it collected:\n{said}"))
    }
}

/// The number in `==17== Collected : 123456`.
fn collected(said: &str) -> Option<u64> {
    let (_, number) = said.lines().find_map(|line| line.split_once("Collected : "))?;
    number.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_instructions_is_read_from_what_callgrind_says() {
        assert_eq!(collected("==7== \n==7== Events    : Ir\n==7== Collected : 1520\n==7== \n"), Some(1_520));
        assert_eq!(collected("valgrind: no such file\n"), None);
    }
}
