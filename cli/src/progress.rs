//! Says on a terminal what takes longer than a second. Nothing goes into pipes and files.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use analyzer_core::report::plain_text::visible;

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line is written anew.
const TICK: Duration = Duration::from_millis(200);
/// Characters of a step: a line that wraps could not be taken away.
const STEP_CHARS: usize = 60;
/// Back to the start of the line, and nothing in it.
const CLEAR: &str = "\r\x1b[2K";

/// A line on standard error while something is done; it is gone afterwards.
#[derive(Debug)]
pub struct Progress {
    /// `None` where standard error is no terminal.
    shown: Option<(Sender<String>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts to count the time.
    pub fn start() -> Self {
        let shown = io::stderr().is_terminal().then(|| {
            let (sender, steps) = mpsc::channel();
            (sender, thread::spawn(move || show(&steps, PATIENCE, &mut io::stderr())))
        });
        Self { shown }
    }

    /// Says nothing, whatever takes how long.
    pub const fn none() -> Self {
        Self { shown: None }
    }

    /// What is being done from now on.
    pub fn at(&self, step: &str) {
        if let Some((steps, _)) = &self.shown {
            // Whoever closed the terminal wants no word.
            let _ = steps.send(visible(step).chars().take(STEP_CHARS).collect());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((steps, thread)) = self.shown.take() {
            drop(steps);
            let _ = thread.join();
        }
    }
}

/// Writes the step at hand with its seconds until no more come.
fn show(steps: &Receiver<String>, patience: Duration, out: &mut impl Write) {
    let start = Instant::now();
    let (mut step, mut written) = (String::new(), None::<Instant>);
    loop {
        match steps.recv_timeout(TICK) {
            Ok(next) => step = next,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let is_due = written.is_none_or(|at| at.elapsed() >= TICK);
        if is_due && start.elapsed() >= patience && !step.is_empty() {
            written = Some(Instant::now());
            let _ = write!(out, "{CLEAR}{step}, {} s", start.elapsed().as_secs()).and_then(|()| out.flush());
        }
    }
    if written.is_some() {
        let _ = out.write_all(CLEAR.as_bytes()).and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(patience: Duration) -> String {
        let (steps, received) = mpsc::channel();
        steps.send("reading heap.pb.gz".to_owned()).unwrap();
        drop(steps);
        let mut out = Vec::new();
        show(&received, patience, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_takes_long_is_said_and_taken_away() {
        assert_eq!(shown(Duration::ZERO), "\r\x1b[2Kreading heap.pb.gz, 0 s\r\x1b[2K");
    }

    #[test]
    fn what_is_soon_done_says_nothing() {
        assert_eq!(shown(Duration::from_secs(60)), "");
    }
}
