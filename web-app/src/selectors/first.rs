//! Which view a drop is opened with: the one that its captures were taken for.

use analyzer_core::report::{Outcome, ProfileSummary, Report, ResourceSnapshot, SourceRow, SourceStatus};

use super::source;
use crate::state::{Params, Route, ViewId};

/// The view that answers what the captures of a drop are for.
pub fn first_view(report: &Report) -> Route {
    let usable: Vec<&SourceRow> = report.sources.iter().filter(|row| is_usable(row)).collect();
    let all = |is_kind: &dyn Fn(&SourceRow) -> bool| usable.iter().all(|row| is_kind(row));
    // Of manifests alone there is no process that could have ended: the fix stands beside what is stated.
    if !usable.is_empty() && report.recipe.is_some() && all(&SourceRow::is_recipe) {
        return Route::to(ViewId::Recipe);
    }
    // What ended a process, and what nobody can read, is said first, whatever it was found in.
    let is_told = matches!(report.outcome, Outcome::Critical | Outcome::Unreadable);
    if is_told || usable.is_empty() || report.services().count() > 1 {
        return Route::default();
    }
    let is_profile = |row: &SourceRow| {
        report.profiles.iter().any(|profile| profile.source == row.id && !is_of_trace(profile))
    };
    let is_trace = |row: &SourceRow| report.traces.iter().any(|trace| trace.source == row.id);
    let is_dump = |row: &SourceRow| {
        report
            .goroutines
            .iter()
            .flat_map(|section| &section.snapshots)
            .any(|snapshot| snapshot.source == row.id)
    };
    let is_log = |row: &SourceRow| {
        report.gc.iter().flat_map(|gc| &gc.runs).any(|run| run.source == row.id) && !is_dump(row)
    };
    if all(&|row| is_trace(row)) {
        return Route::to(ViewId::Trace);
    }
    if all(&|row| is_profile(row) && !is_dump(row)) {
        return profiles(report).unwrap_or_default();
    }
    if all(&is_dump) {
        return Route::to(ViewId::Goroutines);
    }
    if report.memory.is_some() && usable.len() == 1 {
        return Route::to(ViewId::Memory);
    }
    if all(&is_log) {
        return Route::to(ViewId::Gc);
    }
    if has_captures_of_process(report) {
        return Route::default();
    }
    match &report.resources {
        Some(section) => resources(&section.snapshots),
        None if !report.tables.is_empty() && report.recipe.is_none() => Route::to(ViewId::Tables),
        None => Route::default(),
    }
}

/// True for anything beside sockets, descriptors, threads and the CPU quota.
fn has_captures_of_process(report: &Report) -> bool {
    report.memory.is_some()
        || report.goroutines.is_some()
        || report.gc.is_some()
        || !report.profiles.is_empty()
        || !report.traces.is_empty()
}

/// The view of a drop that has sockets, descriptors, threads or the CPU quota, and nothing else.
fn resources(moments: &[ResourceSnapshot]) -> Route {
    let is_listed = |moment: &ResourceSnapshot| {
        moment.sockets.is_some() || moment.descriptors.is_some() || moment.threads.is_some()
    };
    Route::to(if moments.iter().any(is_listed) { ViewId::Sockets } else { ViewId::Gc })
}

fn is_usable(row: &SourceRow) -> bool {
    matches!(row.status, SourceStatus::Parsed | SourceStatus::Partial)
}

fn is_of_trace(profile: &ProfileSummary) -> bool {
    profile.kind.as_deref() == Some("trace")
}

/// One profile is shown; of several of a kind, what the last has more than the first.
fn profiles(report: &Report) -> Option<Route> {
    let kind = |profile: &ProfileSummary| profile.kind.clone();
    let first = report.profiles.first()?;
    if !report.profiles.iter().all(|profile| kind(profile) == kind(first)) {
        return None;
    }
    let in_time = order_in_time(report);
    let (&earliest, &latest) = (in_time.first()?, in_time.last()?);
    let params = Params::default();
    if earliest == latest {
        return Some(ViewId::Profiles.with(params));
    }
    let key = |index: usize| profile_key(report, index);
    Some(ViewId::Profiles.with(params.with("profile", key(latest)).with("base", key(earliest))))
}

/// Indexes of the profiles by kind, then by time: that of the capture, else that of the snapshot, else as dropped.
pub fn order_in_time(report: &Report) -> Vec<usize> {
    let mut order: Vec<usize> = (0..report.profiles.len()).collect();
    let key = |&index: &usize| {
        let profile = report.profiles.get(index)?;
        let row = source(report, profile.source)?;
        let kind = profile.kind.clone().unwrap_or_default();
        let at = profile.captured_at.or(row.captured_at).map(|at| at.0);
        Some((row.subject.map(|id| id.0), kind, at, row.snapshot.clone(), row.path.clone(), index))
    };
    order.sort_by_key(key);
    order
}

/// What names a profile in the address: the path of its file, with a number
/// where several files have the same one, as files dropped from two folders do.
pub fn profile_key(report: &Report, index: usize) -> String {
    let path = |profile: &ProfileSummary| {
        source(report, profile.source).map(|row| row.path.clone()).unwrap_or_default()
    };
    let Some(own) = report.profiles.get(index).map(path) else { return String::new() };
    let before = report.profiles.iter().take(index).filter(|profile| path(profile) == own).count();
    if before == 0 { own } else { format!("{own}~{}", before + 1) }
}

#[cfg(test)]
mod tests {
    use analyzer_core::session::Session;

    use super::*;

    const DUMP: &str = "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:12 +0x1d\n";
    const CRASH: &str =
        "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:12 +0x1d\nexit status 2\n";

    fn first(files: &[(&str, &str)]) -> ViewId {
        let mut session = Session::default();
        for (path, text) in files {
            session.add(path, text.as_bytes().to_vec());
        }
        first_view(&session.report()).view
    }

    #[test]
    fn a_dump_opens_its_groups_and_a_crash_what_it_means() {
        assert_eq!(first(&[("g.txt", DUMP)]), ViewId::Goroutines);
        assert_eq!(first(&[("out.txt", CRASH)]), ViewId::Overview);
    }

    #[test]
    fn a_bundle_and_what_cannot_be_read_open_the_overview_and_one_file_its_view() {
        assert_eq!(first(&[("g.txt", DUMP), ("memory.current", "4096\n")]), ViewId::Overview);
        assert_eq!(first(&[("heap.pb.gz", "404 page not found\n")]), ViewId::Overview);
        assert_eq!(first(&[("memory.current", "4096\n")]), ViewId::Memory);
    }

    #[test]
    fn sockets_alone_open_their_view_and_the_cpu_quota_alone_that_of_the_collector() {
        let tcp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 0200007F:9C40 0900000A:1538 01 00000000:00000000 00:00000000 00000000     0        0 100 1\n";
        assert_eq!(first(&[("net/tcp", tcp), ("pids.current", "4\n")]), ViewId::Sockets);
        assert_eq!(
            first(&[("cpu.max", "60000 100000\n"), ("cpu.stat", "nr_periods 9\nnr_throttled 4\n")]),
            ViewId::Gc
        );
        assert_eq!(first(&[("net/tcp", tcp), ("g.txt", DUMP)]), ViewId::Overview);
    }

    #[test]
    fn manifests_alone_open_the_recipe_and_beside_a_capture_the_overview() {
        let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        image: api:1\n        resources: {limits: {memory: 400Mi}}\n        env: [{name: GOMEMLIMIT, value: 512MiB}]\n";
        assert_eq!(first(&[("api.yaml", deployment)]), ViewId::Recipe);
        assert_eq!(first(&[("api.yaml", deployment), ("Dockerfile", "FROM golang:1.26\n")]), ViewId::Recipe);
        assert_eq!(first(&[("api.yaml", deployment), ("g.txt", DUMP)]), ViewId::Overview);
    }

    #[test]
    fn what_another_tool_counted_opens_its_tables() {
        let map = "{\"type\": \"map\", \"data\": {\"@bytes\": {\"api\": 4096, \"cart\": 64}}}\n";
        assert_eq!(first(&[("counts.json", map)]), ViewId::Tables);
        assert_eq!(first(&[("counts.json", map), ("g.txt", DUMP)]), ViewId::Overview);
    }

    #[test]
    fn a_file_that_tells_nothing_takes_no_view_from_the_one_that_does() {
        assert_eq!(first(&[("g.txt", DUMP), ("notes.bin", "\u{1}\u{2}\u{3}")]), ViewId::Goroutines);
    }
}
