//! What `cargo xtask` is built of has the features that it has in the tests of the
//! workspace: otherwise cargo builds both, and the tests start minutes later.

use std::collections::BTreeSet;

use anyhow::Result;

use super::Violation;
use crate::command::{self, cargo};

/// Finds packages of `cargo xtask` that the tests have with other features.
///
/// # Errors
/// A workspace that cargo cannot read.
pub fn check() -> Result<impl Iterator<Item = Violation>> {
    let own = tree(&["--package", "xtask", "--edges", "normal"])?;
    let tests = tree(&["--workspace", "--features", crate::test::FEATURES, "--edges", "normal,dev"])?;
    Ok(apart(&own, &tests).into_iter())
}

/// Each package with its version and features.
fn tree(choice: &[&str]) -> Result<String> {
    command::output(cargo().arg("tree").args(choice).args(["--prefix", "none", "--format", "{p} [{f}]"]))
}

fn apart(own: &str, tests: &str) -> Vec<Violation> {
    let (own, tests) = (packages(own), packages(tests));
    let apart = own.difference(&tests).map(|package| Violation {
        path: "xtask/Cargo.toml".to_owned(),
        line: 0,
        message: format!("the tests have it with other features, so it is built twice: {package}"),
    });
    apart.collect()
}

fn packages(tree: &str) -> BTreeSet<String> {
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)").replace(" (proc-macro)", ""));
    lines.filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_with_other_features_in_tests_is_found() {
        let tests = "serde v1.0.0 [rc,std]\nmemchr v2.0.0 [std] (*)\n";
        assert_eq!(apart("serde v1.0.0 [std]\nmemchr v2.0.0 [std]\n", tests).len(), 1);
        assert!(apart("memchr v2.0.0 [std]\n", tests).is_empty());
    }
}
