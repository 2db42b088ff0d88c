//! `report.schema.json` is what the types say.

use std::path::Path;

use super::Report;

#[test]
fn the_stored_schema_is_current() {
    let schema =
        schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Report>();
    let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("report.schema.json");
    if std::env::var_os("STRATA_BLESS").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == current,
        "run STRATA_BLESS=1 cargo test -p analyzer-core schema, and look at the difference"
    );
}
