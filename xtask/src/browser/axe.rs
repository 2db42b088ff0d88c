//! axe-core, which finds what a page withholds from people who cannot see it, or cannot use a pointer.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha512};

use super::{install, named};
use crate::build;
use crate::command::{find_program, output, run};

const VERSION: &str = "4.14.1";

/// SHA-512 of the package, in base64: `dist.integrity` of the npm registry.
const SHA512: &str =
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==";

/// Tests run beside each other, and one download serves all.
static TURN: Mutex<()> = Mutex::new(());

/// The script, as named by `AXE_CORE`, or as an earlier run got it, or from the npm registry.
///
/// # Errors
/// No npm, no registry, or another package than the one that is known.
pub fn ensure() -> Result<PathBuf> {
    let _turn = TURN.lock();
    let folder = build::target_folder()?.join("tools").join(format!("axe-core-{VERSION}"));
    let script = folder.join("package/axe.min.js");
    if let Some(script) = named("AXE_CORE").or_else(|| Some(script.clone()).filter(|script| script.is_file()))
    {
        return Ok(script);
    }
    if find_program(&["npm"]).is_none() {
        install(&["npm"])?;
    }
    ensure!(
        find_program(&["npm"]).is_some(),
        "the tests need axe-core {VERSION}: install npm, which downloads it, or name axe.min.js in AXE_CORE"
    );
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let package = format!("axe-core@{VERSION}");
    // It prints the file's name.
    output(
        Command::new("npm")
            .args(["pack", "--silent", "--ignore-scripts", "--pack-destination"])
            .arg(&folder)
            .arg(&package),
    )?;
    let archive = folder.join(format!("axe-core-{VERSION}.tgz"));
    let bytes = fs::read(&archive).with_context(|| format!("reading {}", archive.display()))?;
    let digest = BASE64_STANDARD.encode(Sha512::digest(&bytes));
    ensure!(digest == SHA512, "{package} is not what it was: its SHA-512 is {digest}");
    run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&folder).arg("package/axe.min.js"))?;
    Ok(script)
}
