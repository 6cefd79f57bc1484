//! The committed description of the API is the one the code gives.
//!
//! After a change: `SIGHTGLASS_UPDATE=1 cargo test -p sightglass-api --test openapi`.

use std::path::Path;

#[test]
fn the_committed_description_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/openapi.json");
    let current = serde_json::to_string_pretty(&sightglass_api::openapi()).unwrap() + "\n";
    if std::env::var_os("SIGHTGLASS_UPDATE").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == current, "web/openapi.json is out of date: see the first lines of this test");
}
