//! Writes the bundles of a made-up fleet: `cargo run -p strata --example bundles -- DIR PODS NIGHTS BROKEN`.

#![allow(clippy::unwrap_used, reason = "a test's helpers, where the lint does not see a test")]

#[path = "../tests/fleet/bundles.rs"]
mod bundles;

use std::fs;
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, numbers @ ..] = arguments.as_slice() else {
        eprintln!("usage: bundles DIR [PODS] [NIGHTS] [BROKEN]");
        std::process::exit(2);
    };
    let number =
        |at: usize, usual: usize| numbers.get(at).map_or(usual, |text| text.parse().expect("a number"));
    let fleet = bundles::Fleet { pods: number(0, 5), nights: number(1, 2).min(3), broken: number(2, 1) };
    let folder = Path::new(folder);
    let mut count = bundles::write(folder, fleet);
    if fleet.broken > 0 {
        // One that needs more memory than a small limit gives, and one that is larger than is opened.
        let service = folder.join("date=2026-11-29/cluster=eu1/namespace=shop/service=broken");
        fs::write(service.join("broken-huge.tar.gz"), bundles::huge()).expect("the folder can be written to");
        let large =
            fs::File::create(service.join("broken-large.tar.gz")).expect("the folder can be written to");
        large.set_len(500 << 20).expect("a file with a hole takes no room");
        count += 2;
    }
    println!("{count}");
}
