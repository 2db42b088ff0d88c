//! What the project is built of: licences, doubles and build scripts of every
//! package, held against `.cargo/deny.toml`, which `cargo deny` reads too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use spdx::{Expression, LicenseItem, LicenseReq, ParseMode};

use super::Violation;
use crate::command::{self, root};

const RULES: &str = ".cargo/deny.toml";

/// What a build script has no use for: it would build from what nobody reviewed.
const NETWORK: [&str; 8] =
    ["TcpStream", "UdpSocket", "reqwest", "ureq", "curl", "wget", "\"clone\"", "hyper::"];

#[derive(Deserialize)]
struct Rules {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    skip: Vec<Skip>,
}

#[derive(Deserialize)]
struct Skip {
    #[serde(rename = "crate")]
    name: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A package that something is built of.
#[derive(Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, if it states one.
    pub license: Option<String>,
    /// `None` for the project's own.
    source: Option<String>,
    targets: Vec<Target>,
}

impl Package {
    /// True for one of crates.io, not the project's own.
    pub fn is_foreign(&self) -> bool {
        self.source.is_some()
    }
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: String,
}

/// Every package that is built on this machine or for the page, with all features.
///
/// # Errors
/// Packages that cargo has not, and cannot get.
pub fn packages() -> Result<Vec<Package>> {
    let mut all = BTreeMap::new();
    for target in [&crate::build::host()?, crate::build::WASM_TARGET] {
        let arguments =
            ["metadata", "--locked", "--all-features", "--format-version", "1", "--filter-platform", target];
        let printed = command::output(command::cargo().args(arguments))?;
        let metadata: Metadata = serde_json::from_str(&printed).context("what cargo says of the packages")?;
        all.extend(
            metadata
                .packages
                .into_iter()
                .map(|package| ((package.name.clone(), package.version.clone()), package)),
        );
    }
    Ok(all.into_values().collect())
}

/// Finds packages that break a rule.
///
/// # Errors
/// Rules or a build script that cannot be read.
pub fn check(packages: &[Package]) -> Result<Vec<Violation>> {
    let rules: Rules = basic_toml::from_str(&fs::read_to_string(root().join(RULES))?).context(RULES)?;
    let foreign: Vec<_> = packages.iter().filter(|package| package.is_foreign()).collect();
    let mut found = Vec::new();
    let mut say = |message: String| found.push(Violation { path: RULES.to_owned(), line: 0, message });
    for package in &foreign {
        if !is_allowed(package.license.as_deref().unwrap_or_default(), &rules.licenses.allow) {
            say(format!("{} {} has the licence {:?}", package.name, package.version, package.license));
        }
        for script in
            package.targets.iter().filter(|target| target.kind.iter().any(|kind| kind == "custom-build"))
        {
            if let Some(word) = network_use(Path::new(&script.src_path))? {
                say(format!("the build script of {} speaks of {word}", package.name));
            }
        }
    }
    let doubles = doubles(foreign.iter().map(|package| package.name.as_str()));
    let skipped: BTreeSet<_> = rules.bans.skip.iter().map(|skip| skip.name.as_str()).collect();
    doubles.difference(&skipped).for_each(|name| say(format!("two versions of {name} are built")));
    skipped
        .difference(&doubles)
        .for_each(|name| say(format!("{name} is there once: no exception is needed")));
    Ok(found)
}

/// True if a choice that the licence leaves is among the allowed ones.
fn is_allowed(license: &str, allowed: &[String]) -> bool {
    // `MIT/Apache-2.0` is how it was written before SPDX.
    let expression = Expression::parse_mode(license, ParseMode::LAX);
    let is_listed = |wanted: &LicenseReq| matches!(&wanted.license, LicenseItem::Spdx { id, .. } if allowed.iter().any(|name| name == id.name));
    expression.is_ok_and(|expression| expression.evaluate(is_listed))
}

/// Names that come more than once.
fn doubles<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| !seen.insert(*name)).collect()
}

fn network_use(script: &Path) -> Result<Option<&'static str>> {
    let text = fs::read_to_string(script).with_context(|| format!("{}", script.display()))?;
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    Ok(NETWORK.into_iter().find(|word| code.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_allowed_choice_is_enough_and_each_part_of_a_sum_is_asked_for() {
        let allowed = ["MIT".to_owned(), "Unicode-3.0".to_owned()];
        for license in
            ["MIT", "MIT/Apache-2.0", "LGPL-3.0-or-later OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"]
        {
            assert!(is_allowed(license, &allowed), "{license}");
        }
        for license in ["", "GPL-3.0-only", "MIT AND GPL-3.0-only", "made up"] {
            assert!(!is_allowed(license, &allowed), "{license}");
        }
    }

    #[test]
    fn a_name_that_comes_twice_is_a_double() {
        assert_eq!(doubles(["a", "b", "a"].into_iter()).into_iter().collect::<Vec<_>>(), ["a"]);
    }
}
