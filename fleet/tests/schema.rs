//! The schema is a contract: it changes with a bless, and only grows.

use std::path::Path;

#[test]
fn the_stored_schema_is_current() {
    let current = serde_json::to_string_pretty(&strata_fleet::schema::describe()).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.json");
    if std::env::var_os("STRATA_BLESS").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == current, "run STRATA_BLESS=1 cargo test -p strata-fleet, and look at the difference");
}
