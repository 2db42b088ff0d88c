//! `strata rows` and `strata fleet` over bundles with known faults.

#![allow(clippy::unwrap_used, reason = "a test's helpers, where the lint does not see a test")]

#[path = "fleet/bundles.rs"]
mod bundles;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bundles::{Base, Fleet};
use flate2::read::GzDecoder;
use serde_json::Value;

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("strata-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn strata(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_strata")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The one row of a bundle.
fn row(bundle: &Path, limits: &[&str]) -> Value {
    let path = bundle.to_string_lossy();
    let output = strata(&[&["rows", "--format=ndjson", "--date=2026-11-29", &path], limits].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert_eq!(printed.lines().count(), 1);
    serde_json::from_str(&printed).unwrap()
}

/// Runs `strata fleet`; what it answered, and what it said of the run.
fn fleet(source: &Path, out: &Path, more: &[&str]) -> (String, String) {
    let (source, out) = (source.to_string_lossy(), format!("--out={}", out.display()));
    let output = strata(&[&["fleet", &out, &source], more].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

/// Every kept row, by object.
fn rows(out: &Path) -> BTreeMap<String, Value> {
    let mut rows = BTreeMap::new();
    for night in fs::read_dir(out.join("rows")).unwrap() {
        for file in fs::read_dir(night.unwrap().path()).unwrap() {
            let mut lines = String::new();
            GzDecoder::new(fs::File::open(file.unwrap().path()).unwrap()).read_to_string(&mut lines).unwrap();
            for line in lines.lines() {
                let row: Value = serde_json::from_str(line).unwrap();
                let before = rows.insert(row["object"].as_str().unwrap().to_owned(), row);
                assert!(before.is_none(), "an object has two rows");
            }
        }
    }
    rows
}

fn roll_up(out: &Path) -> Value {
    let file = fs::File::open(out.join("fleet.json.gz")).unwrap();
    serde_json::from_reader(GzDecoder::new(file)).unwrap()
}

/// The site of a service that is not gone, or that is.
fn site<'a>(rollup: &'a Value, service: &str) -> &'a Value {
    let sites = rollup["sites"].as_array().unwrap();
    let mut own = sites.iter().filter(|site| site["service"] == service && site["unit"] == "goroutines");
    let found = own.next().unwrap_or_else(|| panic!("no site of {service}"));
    assert!(own.next().is_none(), "two sites of {service}");
    found
}

/// What is asked of a question: the lines between its number and the next.
fn answer(summary: &str, question: usize) -> String {
    let start = summary.find(&format!("\n{question}. ")).unwrap() + 1;
    let end = summary[start..].find(&format!("\n{}. ", question + 1)).map_or(summary.len(), |at| start + at);
    summary[start..end].to_owned()
}

#[test]
fn the_seven_questions_have_the_planted_answers() {
    let folder = Folder::new("answers");
    let (source, out) = (folder.0.join("in"), folder.0.join("out"));
    let count = bundles::write(&source, Fleet { pods: 3, nights: 3, broken: 1 });
    fs::write(folder.0.join("owners"), "* @platform\nservice:quotes @pricing\n").unwrap();
    let owners = format!("--owners={}", folder.0.join("owners").display());
    let (summary, _) = fleet(&source, &out, &[&owners]);
    let kept = rows(&out);
    assert_eq!(kept.len(), count);

    let rollup = roll_up(&out);
    // 1. By the root of the mean square over all pods with a dump.
    let quotes = site(&rollup, "quotes");
    assert_eq!(quotes["amount"], 180 + 181 + 182);
    assert_eq!((&quotes["pods"], &quotes["of_pods"], &quotes["worst"]), (&3.into(), &3.into(), &182.into()));
    assert!((quotes["rms"].as_f64().unwrap() - 181.0).abs() < 0.1);
    assert_eq!(rollup["sites"][0]["service"], "quotes");
    assert_eq!(quotes["owners"][0], "@pricing");
    assert_eq!(site(&rollup, "ingest")["owners"][0], "@platform");
    // 2. New and gone only where somebody looked; a shift of lines is no news.
    let changes = ["quotes", "ingest", "gateway", "mailer", "poller"]
        .map(|service| format!("{service} {}", site(&rollup, service)["change"].as_str().unwrap()));
    assert_eq!(changes, ["quotes known", "ingest known", "gateway new", "mailer gone", "poller not-looked"]);
    assert_eq!(quotes["first_seen"], "2026-11-27");
    // 3. Forty goroutines a night, on a line.
    let growth = &quotes["growth"];
    assert_eq!((growth["per_day"].as_f64(), growth["nights"].as_u64()), (Some(40.0), Some(3)));
    assert!(growth["error"].as_f64().unwrap() < 1e-6);
    assert!(quotes["days_to_limit"].as_f64().unwrap() > 100.0);
    assert_eq!(site(&rollup, "ingest")["growth"]["per_day"].as_f64(), Some(0.0));
    // 4. Page cache kills nobody.
    let near: Vec<&Value> =
        rollup["services"].as_array().unwrap().iter().filter(|service| service["over_80"] != 0).collect();
    assert_eq!(near.len(), 1, "{}", answer(&summary, 4));
    assert_eq!((&near[0]["service"], &near[0]["over_80"]), (&"reports".into(), &3.into()));
    // 5 and 6. Sums over pods.
    let idle: i64 = kept
        .values()
        .filter(|row| row["date"] == "2026-11-29")
        .flat_map(|row| row["ledger"].as_array().unwrap())
        .filter(|step| step["id"] == "idle" && step["is_last"] == true)
        .map(|step| step["bytes"].as_i64().unwrap())
        .sum();
    let step = rollup["memory"].as_array().unwrap().iter().find(|step| step["id"] == "idle").unwrap();
    assert!(idle > 0 && step["bytes"] == idle, "{step}");
    assert!(answer(&summary, 6).contains("reports"));
    // 7. What nobody saw: the cut bundle ends before its dump.
    let coverage = &rollup["coverage"]["2026-11-29"];
    assert_eq!((&coverage["bundles"], &coverage["failed"]), (&28.into(), &3.into()));
    assert_eq!((&coverage["partial"], &coverage["no_dump"]), (&1.into(), &4.into()));
    assert!(summary.starts_with("Night of 2026-11-29\n28 bundles of"), "{summary}");
}

#[test]
fn a_second_run_analyzes_what_is_new_and_replaces_what_changed() {
    let folder = Folder::new("again");
    let (source, out) = (folder.0.join("in"), folder.0.join("out"));
    let count = bundles::write(&source, Fleet { pods: 1, nights: 1, broken: 1 });
    let said = fleet(&source, &out, &[]).1;
    assert!(said.contains(&format!("{count} bundles analyzed, 3 of them unreadable; 0 known")), "{said}");
    // What failed is tried again, nothing else is.
    let said = fleet(&source, &out, &[]).1;
    assert!(
        said.contains(&format!("3 bundles analyzed, 3 of them unreadable; {} known", count - 3)),
        "{said}"
    );
    // One is new, one has other content, one is gone.
    let night = source.join("date=2026-11-29/cluster=eu1/namespace=shop");
    let base = Base::read();
    let calm = fs::read_dir(source.join("date=2026-11-29")).unwrap().map(|entry| entry.unwrap().path());
    let calm = calm.map(|path| path.join("namespace=shop/service=calm")).find(|path| path.exists()).unwrap();
    let own = fs::read_dir(&calm).unwrap().next().unwrap().unwrap().path();
    fs::write(&own, base.bundle("ingest", 2, 0)).unwrap();
    fs::create_dir_all(night.join("service=late")).unwrap();
    fs::write(night.join("service=late/late-1.tar.gz"), base.bundle("quotes", 2, 0)).unwrap();
    let empty = rows(&out).into_values().find(|row| row["error_kind"] == "empty").unwrap();
    fs::remove_file(source.join(empty["object"].as_str().unwrap())).unwrap();
    let said = fleet(&source, &out, &[]).1;
    assert!(said.contains("4 bundles analyzed, 2 of them unreadable"), "{said}");
    let kept = rows(&out);
    assert_eq!(kept.len(), count);
    assert!(kept.values().any(|row| row["service"] == "late"));
    assert!(!kept.contains_key(empty["object"].as_str().unwrap()));
    let changed = kept.values().find(|row| row["service"] == "calm").unwrap();
    assert_eq!(changed["groups"].as_array().unwrap().iter().filter(|group| group["last"] == 25).count(), 1);
}

#[test]
fn parts_of_a_fleet_add_up_to_the_whole() {
    let folder = Folder::new("shards");
    let (source, out, whole) = (folder.0.join("in"), folder.0.join("out"), folder.0.join("whole"));
    bundles::write(&source, Fleet { pods: 1, nights: 2, broken: 0 });
    fleet(&source, &whole, &[]);
    for shard in ["--shard=0/3", "--shard=1/3", "--shard=2/3"] {
        fleet(&source, &out, &[shard]);
    }
    let without_clocks = |mut row: Value| {
        for clock in ["wall_ms", "cpu_ms", "peak_rss"] {
            row[clock] = Value::Null;
        }
        row
    };
    let strip =
        |rows: BTreeMap<String, Value>| -> Vec<Value> { rows.into_values().map(without_clocks).collect() };
    assert_eq!(strip(rows(&out)), strip(rows(&whole)));
    // Only then is there something to say; another number of parts would write objects twice.
    let out_option = format!("--out={}", out.display());
    let summary = strata(&["fleet", &out_option]);
    assert!(text(&summary.stdout).starts_with("Night of 2026-11-29\n8 bundles"), "{}", text(&summary.stdout));
    let other = strata(&["fleet", &out_option, &source.to_string_lossy()]);
    assert!(!other.status.success() && text(&other.stderr).contains("another --shard"));
}

#[test]
fn poison_is_a_row_that_says_why_and_nothing_else_is_lost() {
    let folder = Folder::new("poison");
    let base = Base::read();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let kind = |row: &Value| {
        format!("{} {}", row["status"].as_str().unwrap(), row["error_kind"].as_str().unwrap_or("-"))
    };
    let broken: BTreeMap<_, _> = bundles::broken(&base, 0).into_iter().collect();
    for (name, expected) in [
        ("empty", "failed empty"),
        ("noise", "failed unusable"),
        ("bomb", "failed unusable"),
        ("cut", "partial -"),
    ] {
        let row = row(&put(&format!("{name}.tar.gz"), &broken[name]), &[]);
        assert_eq!(kind(&row), expected, "{name}: {}", row["error"]);
        assert!(row["peak_rss"].is_i64() || !cfg!(target_os = "linux"));
    }
    let good = put("good.tar.gz", &base.bundle("quotes", 2, 0));
    assert_eq!(kind(&row(&good, &["--max-bytes=1KiB"])), "failed too-big");
    assert_eq!(kind(&row(&good, &["--timeout=0"])), "failed timeout");
    assert_eq!(kind(&row(&folder.0.join("none.tar.gz"), &[])), "failed unusable");
    if cfg!(target_os = "linux") {
        let huge = row(&put("huge.tar.gz", &bundles::huge()), &["--memory=96MiB"]);
        assert_eq!(kind(&huge), "failed killed", "{}", huge["error"]);
        assert!(huge["error"].as_str().unwrap().contains("96 MiB"), "{}", huge["error"]);
    }
    let (_, said) = fleet(&folder.0, &folder.0.join("out"), &["--date=2026-11-29", "--memory=96MiB"]);
    assert_eq!(rows(&folder.0.join("out")).len(), 6, "{said}");
    assert_eq!(kind(&rows(&folder.0.join("out"))["good.tar.gz"]), "ok -");
}

#[test]
fn a_row_names_the_pod_by_its_path_and_by_what_its_capture_says() {
    let folder = Folder::new("names");
    let path = folder.0.join("api-1.tar.gz");
    fs::write(&path, Base::read().bundle("ingest", 2, 3)).unwrap();
    let named = row(
        &path,
        &["--object=eu1/shop/api/api-1.tar.gz", "--layout={cluster}/{namespace}/{service}/{pod}.tar.gz"],
    );
    let names =
        ["cluster", "namespace", "service", "pod", "node", "image"].map(|key| named[key].as_str().unwrap());
    assert_eq!(names, ["eu1", "shop", "api", "api-1", "node-3", "registry/ingest:2"]);
    let bare = row(&path, &["-L", "cluster=us1"]);
    assert_eq!(
        (&bare["service"], &bare["pod"], &bare["cluster"]),
        (&"ingest".into(), &"api-1".into(), &"us1".into())
    );
}

/// A key of a fleet, in a file.
fn key(folder: &Folder, name: &str, secret: &str) -> String {
    let path = folder.0.join(name);
    fs::write(&path, secret).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn rows_under_a_key_join_and_name_nobody() {
    let folder = Folder::new("redacted-rows");
    let (source, out, open) = (folder.0.join("in"), folder.0.join("out"), folder.0.join("open"));
    let count = bundles::write(&source, Fleet { pods: 1, nights: 2, broken: 1 });
    let key = key(&folder, "key", "a secret of the fleet");
    let (summary, _) = fleet(&source, &out, &["--redact", "--key", &key]);
    fleet(&source, &open, &[]);
    let (clean, raw) = (rows(&out), rows(&open));
    assert_eq!(clean.len(), count);
    // The pods of a night are the pods of the next, the sites are the sites of the raw rows.
    let names = |rows: &BTreeMap<String, Value>, service: &str, what: &str| -> Vec<String> {
        let own = rows.values().filter(|row| row["service"] == service);
        let mut names: Vec<String> =
            own.map(|row| row[what].as_str().unwrap_or_default().to_owned()).collect();
        names.sort();
        names
    };
    let pods = names(&clean, "quotes", "pod");
    assert_eq!(pods[0], pods[1]);
    assert_ne!(pods[0], names(&raw, "quotes", "pod")[0]);
    let sites = |rows: &BTreeMap<String, Value>| -> Vec<String> {
        let groups = rows.values().flat_map(|row| row["groups"].as_array().unwrap());
        let mut keys: Vec<String> =
            groups.map(|group| group["site_key"].as_str().unwrap().to_owned()).collect();
        keys.sort();
        keys
    };
    assert_eq!(sites(&clean), sites(&raw));
    let text = serde_json::to_string(&clean).unwrap();
    for secret in ["7d9b", "node-0", "registry/", "pricing-api", "namespace=shop"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(summary.contains("Quote.func1"));
    // Another run with the key knows what is done.
    let said = fleet(&source, &out, &["--redact", "--key", &key]).1;
    assert!(said.contains("3 bundles analyzed"), "{said}");
}

#[test]
fn redacted_bundles_of_one_key_join_and_those_of_another_do_not() {
    let folder = Folder::new("redacted-bundles");
    let base = Base::read();
    let keys = [key(&folder, "key", "a secret of the fleet"), key(&folder, "other", "a secret of another")];
    let redact = |bundle: &str, key: &str, out: &str| {
        let (out, names) = (folder.0.join(out), folder.0.join("names"));
        let paths = [&out, &names, &folder.0.join(bundle)].map(|path| path.to_string_lossy().into_owned());
        let output = strata(&["redact", "-o", &paths[0], "--names", &paths[1], "--key", key, &paths[2]]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let table = fs::read_to_string(names).unwrap();
        let pairs = table.lines().skip(1).filter_map(|line| {
            let mut columns = line.split('\t').skip(1);
            Some((columns.next()?.to_owned(), columns.next()?.to_owned()))
        });
        (out, pairs.collect::<BTreeMap<_, _>>())
    };
    for (name, service) in [("one.tar.gz", "quotes"), ("two.tar.gz", "calm")] {
        fs::write(folder.0.join(name), base.bundle(service, 2, 0)).unwrap();
    }
    let (clean, one) = redact("one.tar.gz", &keys[0], "one.clean.tar.gz");
    let (_, two) = redact("two.tar.gz", &keys[0], "two.clean.tar.gz");
    let (_, other) = redact("two.tar.gz", &keys[1], "two.other.tar.gz");
    let shared: Vec<&String> = one.keys().filter(|name| two.contains_key(*name) && name.len() >= 6).collect();
    assert!(!shared.is_empty(), "{one:?}");
    for name in shared {
        assert_eq!(one[name], two[name]);
        assert_ne!(two[name], other[name]);
    }
    // It reads as the bundle did.
    let (before, after) = (row(&folder.0.join("one.tar.gz"), &[]), row(&clean, &[]));
    for figure in ["goroutines", "limit", "charged", "dumps", "heaps"] {
        assert_eq!(before[figure], after[figure], "{figure}");
    }
    let short = key(&folder, "short", "secret");
    let bundle = folder.0.join("one.tar.gz").to_string_lossy().into_owned();
    assert!(!strata(&["redact", "-o", "-", "--key", &short, &bundle]).status.success());
}
