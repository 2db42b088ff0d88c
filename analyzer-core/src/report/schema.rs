//! `report.schema.json` is what the types say.

use std::path::Path;

use super::Report;

#[test]
fn the_stored_schema_is_current() {
    let schema =
        schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Report>();
    let current = serde_json::to_value(schema).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("report.schema.json");
    if std::env::var_os("STRATA_BLESS").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&current).unwrap() + "\n").unwrap();
    }
    // As values: keys are sorted or not as other packages of the build ask of the library.
    let stored: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert!(
        stored == current,
        "run STRATA_BLESS=1 cargo test -p analyzer-core schema, and look at the difference"
    );
}
