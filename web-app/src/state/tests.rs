//! The page's behavior, without a browser.

use analyzer_core::report::Report;
use analyzer_core::session::Session;

use super::*;

fn file(key: FileKey, bytes: u64) -> NewFile {
    NewFile { key, path: format!("t0/file-{key}"), bytes, modified_at: None }
}

fn report() -> Shared<Report> {
    Shared::new(Session::default().report())
}

fn state(files: &[(FileKey, u64)]) -> State {
    let mut state = State::default();
    state.apply(Action::FilesAdded(files.iter().map(|&(key, bytes)| file(key, bytes)).collect()));
    state
}

fn next(state: &State) -> Option<FileKey> {
    state.next_file().map(|file| file.key)
}

fn load(state: &mut State, key: FileKey) {
    state.apply(Action::Started(key));
    state.apply(Action::Loaded(key, vec![SourceId(key)]));
}

fn stage(state: &State, key: FileKey) -> &Stage {
    &state.files.rows().iter().find(|row| row.file.key == key).expect("a file").stage
}

#[test]
fn small_files_are_read_first_and_one_at_a_time() {
    let mut state = state(&[(1, 500), (2, 10), (3, 10)]);
    assert_eq!(next(&state), Some(2));
    state.apply(Action::Started(2));
    assert_eq!(next(&state), None);
    state.apply(Action::Loaded(2, vec![]));
    assert_eq!(next(&state), Some(3));
}

#[test]
fn a_report_is_asked_for_when_all_is_read_and_now_and_then_before() {
    let mut state = state(&[(1, 1), (2, 2), (3, 3)]);
    assert!(!state.wants_report(1e6), "nothing is read yet");
    load(&mut state, 1);
    assert!(state.wants_report(1000.0), "the first report comes early");
    state.apply(Action::ReportAsked(1000.0));
    load(&mut state, 2);
    assert!(!state.wants_report(9000.0), "one is being made");
    state.apply(Action::Reported(report(), 1500.0));
    assert!(!state.wants_report(1600.0), "a report of 500 ms waits for 2 s");
    assert!(state.wants_report(3000.0));
    load(&mut state, 3);
    assert!(state.wants_report(1600.0), "all is read");
    state.apply(Action::ReportAsked(1600.0));
    state.apply(Action::Reported(report(), 1700.0));
    assert!(!state.wants_report(1e6) && !state.is_busy());
}

#[test]
fn a_file_that_kills_the_worker_is_left_out_and_the_others_are_read_again() {
    let mut state = state(&[(1, 1), (2, 2), (3, 3)]);
    load(&mut state, 1);
    state.apply(Action::Started(2));
    state.apply(Action::WorkerDied("index out of bounds".to_owned()));
    assert!(matches!(stage(&state, 2), Stage::Failed { message } if message.contains("index out of bounds")));
    assert_eq!([stage(&state, 1), stage(&state, 3)], [&Stage::Waiting, &Stage::Waiting]);
    assert!(matches!(&state.health, Health::Restarted(text) if text.contains("t0/file-2")));
    assert_eq!(next(&state), Some(1));
    assert!(state.report.is_none(), "ids of the old worker mean nothing to the new one");
}

#[test]
fn a_report_that_kills_the_worker_costs_the_file_that_came_last() {
    let mut state = state(&[(1, 1), (2, 2)]);
    load(&mut state, 1);
    load(&mut state, 2);
    state.apply(Action::ReportAsked(0.0));
    state.apply(Action::WorkerDied("overflow".to_owned()));
    assert!(matches!(stage(&state, 2), Stage::Failed { .. }));
    assert_eq!(next(&state), Some(1));
}

#[test]
fn a_worker_that_keeps_dying_is_given_up() {
    let mut state = state(&[(1, 1), (2, 2)]);
    for _ in 0..RESTARTS {
        state.apply(Action::WorkerDied("out of memory".to_owned()));
        assert!(matches!(state.health, Health::Restarted(_)));
    }
    state.apply(Action::WorkerDied("out of memory".to_owned()));
    assert!(matches!(state.health, Health::Dead(_)));
    assert_eq!(next(&state), None);
    assert!(!state.is_busy());
}

#[test]
fn a_cancelled_file_stays_cancelled_whatever_comes_late() {
    let mut state = state(&[(1, 8)]);
    state.apply(Action::Cancelled(1));
    state.apply(Action::Read(1, 4));
    state.apply(Action::Loaded(1, vec![]));
    assert_eq!(stage(&state, 1), &Stage::Cancelled);
}

#[test]
fn stopping_the_engine_at_a_file_keeps_the_others() {
    let mut state = state(&[(1, 1), (2, 2)]);
    load(&mut state, 1);
    state.apply(Action::Started(2));
    state.apply(Action::Analyzing(2));
    state.apply(Action::WorkerReplaced(2));
    assert_eq!([stage(&state, 1), stage(&state, 2)], [&Stage::Waiting, &Stage::Cancelled]);
    assert_eq!(state.health, Health::Fine);
}

#[test]
fn new_takes_everything_away_but_the_theme() {
    let mut state = state(&[(1, 1)]);
    state.apply(Action::ThemeChosen(Theme::Dark));
    load(&mut state, 1);
    state.apply(Action::ReportAsked(0.0));
    state.apply(Action::Reported(report(), 1.0));
    state.apply(Action::Navigated(Route::parse("#files?line=3")));
    state.apply(Action::Cleared);
    assert!(state.files.is_empty() && state.report.is_none() && state.is_dark());
    assert_eq!(state.route, Route::default());
}

#[test]
fn progress_counts_the_bytes_of_all_files() {
    let mut state = state(&[(1, 100), (2, 300)]);
    load(&mut state, 1);
    state.apply(Action::Started(2));
    state.apply(Action::Read(2, 200));
    assert_eq!(state.files.progress(), (300, 400));
}
