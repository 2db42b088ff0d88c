//! Carries the built viewer, if there is one: `cargo xtask dist` makes it, for
//! a build script has neither the wasm target nor the network to count on.

use std::path::Path;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(has_viewer)");
    println!("cargo::rerun-if-changed=../dist/strata.html");
    if Path::new("../dist/strata.html").exists() {
        println!("cargo::rustc-cfg=has_viewer");
    }
}
