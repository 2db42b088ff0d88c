//! The same over the optional corpus of captures, if it is there.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use analyzer_core::analysis::profile::{Order, Query, View, top};
use analyzer_core::base::source::SourceId;
use analyzer_core::formats::Sniff;
use analyzer_core::formats::container::{Budget, Leaf, unwrap};

use crate::support::{Loaded, corpus, load, sniff};

/// All profiles under a folder.
fn profiles_under(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().is_some_and(|path| path.ends_with(".pb.gz")) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_captured_profile_is_read_without_a_note() {
    let Some(corpus) = corpus() else { return };
    for folder in ["services", "goroutines", "big", "memory"] {
        for path in profiles_under(&corpus.join(folder)) {
            let loaded = load(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let losses: Vec<_> = loaded.codes().into_iter().filter(|&code| code != "no-samples").collect();
            assert!(losses.is_empty(), "{}: {:?}", path.display(), loaded.notes);
            assert!(loaded.facts.kind.is_some(), "{}", path.display());
        }
    }
}

/// What becomes of each broken profile: the error's part, or the notes' codes.
const OUTCOMES: &[(&str, Result<&[&str], &str>)] = &[
    ("ok.uncompressed.pb", Ok(&[])),
    ("ok.pb.gz", Ok(&[])),
    ("ok.two-gzip-members.pb.gz", Ok(&[])),
    ("ok.gzip-with-name.pb.gz", Ok(&[])),
    ("ok.unknown-fields.pb.gz", Ok(&[])),
    ("ok.fields-reordered.pb.gz", Ok(&[])),
    ("ok.unpacked-repeated.pb.gz", Ok(&[])),
    ("bad.two-profiles-concatenated.pb", Ok(&["profiles-concatenated"])),
    ("bad.proto-truncated.pb", Ok(&["string-index", "truncated"])),
    ("bad.proto-length-overruns.pb", Err("Profile.sample_type")),
    ("bad.varint-too-long.pb", Err("Profile.sample_type")),
    ("bad.wire-type-3-group.pb", Err("Profile.sample_type")),
    ("bad.string-table-missing.pb", Err("Profile.string_table")),
    ("bad.string-table-0-not-empty.pb", Ok(&["string-table-0"])),
    ("bad.string-index-out-of-range.pb", Ok(&["string-index"])),
    ("bad.no-sample-type.pb", Err("Profile.sample_type")),
    ("bad.no-locations.pb", Ok(&["undefined-location"])),
    ("bad.no-functions.pb", Ok(&["undefined-function"])),
    ("bad.location-id-0.pb", Ok(&["reserved-id"])),
    ("bad.location-id-duplicate.pb", Ok(&["duplicate-id"])),
    ("bad.sample-value-count.pb", Ok(&["value-count"])),
    ("odd.no-mappings.pb", Ok(&["undefined-mapping"])),
    ("odd.no-samples.pb", Ok(&["no-samples"])),
    ("odd.sample-empty-stack.pb", Ok(&[])),
    ("odd.negative-values.pb", Ok(&[])),
    ("odd.overflow-values.pb", Ok(&[])),
    ("odd.invalid-utf8-name.pb", Ok(&[])),
    ("odd.control-chars-name.pb", Ok(&[])),
    ("odd.html-in-name.pb", Ok(&[])),
    ("odd.deep-stack-100k.pb.gz", Ok(&[])),
    ("odd.gzip-bomb-64MiB.pb.gz", Ok(&[])),
];

#[test]
fn broken_profiles_come_to_their_documented_end() {
    let Some(corpus) = corpus() else { return };
    for (name, expected) in OUTCOMES {
        let outcome = load(&corpus.join("malformed").join(name));
        match (&outcome, expected) {
            (Ok(loaded), Ok(codes)) => assert_eq!(&loaded.codes(), codes, "{name}: {:?}", loaded.notes),
            (Err(error), Err(part)) => assert_eq!(&error.part, part, "{name}: {error}"),
            (Ok(loaded), Err(_)) => panic!("{name}: read with {:?}", loaded.notes),
            (Err(error), Ok(_)) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn texts_saved_in_place_of_a_profile_are_not_taken_for_one() {
    let Some(corpus) = corpus() else { return };
    for entry in std::fs::read_dir(corpus.join("malformed")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("text.") || name.starts_with("dump.") || name.starts_with("smaps.") {
            let leaf = Leaf::new("heap.pb.gz".to_owned(), std::fs::read(&path).unwrap());
            for leaf in unwrap(leaf, &mut Budget::default()) {
                assert_eq!(sniff("heap.pb.gz", &leaf.bytes), Sniff::No, "{name}");
            }
        }
    }
}

/// The rows of a profile's table by name: flat and cum, added up where several nodes have one name.
fn table(loaded: &Loaded, sample_type: &str) -> (i64, HashMap<String, (i64, i64)>) {
    let query = Query { sample_type: Some(sample_type.to_owned()), ..Query::new(SourceId(0)) };
    let view = View::new(&loaded.evidence, &query).unwrap();
    let mut rows = HashMap::<_, (i64, i64)>::new();
    for row in top(&view, Order::Flat).rows() {
        let sum = rows.entry(row.name.to_owned()).or_default();
        *sum = (sum.0 + row.flat, sum.1 + row.cum);
    }
    (view.total(), rows)
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn public_profiles_have_the_amounts_that_go_tool_pprof_gave() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("public/google-pprof");
    let mut compared = 0;
    for (name, expected) in json(&folder.join("reference.json")).as_object().unwrap() {
        // The legacy formats are no profile.proto.
        let (Some(types), Ok(loaded)) = (expected["by_type"].as_object(), load(&folder.join(name))) else {
            continue;
        };
        for (sample_type, expected) in types {
            let (total, rows) = table(&loaded, sample_type);
            assert_eq!(Some(total), expected["total"].as_i64(), "{name} {sample_type}");
            for list in ["top_flat", "top_cum"] {
                for row in expected[list].as_array().unwrap() {
                    let amounts = (row["flat"].as_i64().unwrap(), row["cum"].as_i64().unwrap());
                    let function = row["f"].as_str().unwrap();
                    assert_eq!(rows.get(function), Some(&amounts), "{name} {sample_type} {function}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared >= 50, "only {compared} rows compared");
}

#[test]
fn a_generated_profile_has_the_amounts_that_its_generator_wrote() {
    let Some(corpus) = corpus() else { return };
    let loaded = load(&corpus.join("big/heap-synthetic-10k.pb.gz")).unwrap();
    let truth = json(&corpus.join("big/heap-synthetic-10k.truth.json"));
    for sample_type in ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"] {
        let (total, rows) = table(&loaded, sample_type);
        assert_eq!(Some(total), truth[sample_type]["total"].as_i64(), "{sample_type}");
        for row in truth[sample_type]["top_flat"].as_array().unwrap() {
            let function = row["f"].as_str().unwrap();
            assert_eq!(rows.get(function).map(|row| row.0), row["v"].as_i64(), "{sample_type} {function}");
        }
    }
}
