//! The schema is a contract: it changes with a bless, and only grows.

use std::path::Path;

#[test]
fn the_stored_schema_is_current() {
    let current = serde_json::to_value(strata_fleet::schema::describe()).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.json");
    if std::env::var_os("STRATA_BLESS").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&current).unwrap() + "\n").unwrap();
    }
    // As values: keys are sorted or not as other packages of the build ask of the library.
    let stored: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert!(stored == current, "run STRATA_BLESS=1 cargo test -p strata-fleet, and look at the difference");
}
