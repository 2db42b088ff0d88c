//! Builds the page's modules: cargo for wasm32, then wasm-bindgen as a library.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::command::{self, cargo, run};

/// The target of everything that runs in a browser.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// How much work the build puts into the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// What is shipped: small, and the same bytes on every machine.
    Ship,
    /// What is looked at while it is being written: soon there.
    Quick,
}

/// A module, bound.
pub struct Built {
    /// The module.
    pub wasm: Vec<u8>,
    /// The glue: a script that defines what runs it.
    pub glue: String,
}

/// What the build gives.
pub struct Modules {
    /// The page and its worker; the glue defines `wasm_bindgen`.
    pub page: Built,
    /// Unpacks the page's module; the glue defines `strata_unpacker`.
    pub unpacker: Built,
}

/// Builds the modules and binds them.
///
/// # Errors
/// A failing compiler or an unusable module.
pub fn build(effort: Effort) -> Result<Modules> {
    add_wasm_target()?;
    let (profile, environment) = match effort {
        Effort::Ship => ("page", wasm_environment()?),
        Effort::Quick => ("quick", Vec::new()),
    };
    run(cargo()
        .args(["build", "--profile", profile])
        .args(["--package", "web-app", "--bin", "web-app", "--package", "unpack", "--bin", "unpack"])
        .args(["--target", WASM_TARGET])
        .envs(environment))?;
    let folder = target_folder()?.join(WASM_TARGET).join(profile);
    Ok(Modules {
        page: bind(&folder.join("web-app.wasm"), "wasm_bindgen")?,
        unpacker: bind(&folder.join("unpack.wasm"), "strata_unpacker")?,
    })
}

/// Builds the engine as a bare module, as the page has it: the module's file.
///
/// # Errors
/// A failing compiler.
pub fn engine_module() -> Result<PathBuf> {
    add_wasm_target()?;
    // With the page's packages: alone, its dependencies have fewer features, and the engine is built again.
    run(cargo()
        .args(["build", "--quiet", "--profile", "page"])
        .args(["--package", "engine-module", "--package", "web-app", "--package", "unpack"])
        .args(["--target", WASM_TARGET])
        .envs(wasm_environment()?))?;
    Ok(target_folder()?.join(WASM_TARGET).join("page/engine_module.wasm"))
}

/// The target of this machine.
///
/// # Errors
/// No compiler.
pub fn host() -> Result<String> {
    let version =
        command::output(std::process::Command::new("rustc").arg("-vV").current_dir(command::root()))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what it runs on")
}

/// Installs the standard library for wasm32 if the toolchain lacks it.
///
/// # Errors
/// No rustup, or no network when it is needed.
pub fn add_wasm_target() -> Result<()> {
    let library = command::output(
        std::process::Command::new("rustc")
            .args(["--print", "target-libdir", "--target", WASM_TARGET])
            .current_dir(command::root()),
    )?;
    if std::path::Path::new(&library).is_dir() {
        return Ok(());
    }
    run(std::process::Command::new("rustup")
        .args(["target", "add", WASM_TARGET])
        .current_dir(command::root()))
    .context("the compiler cannot build for wasm32; rustup adds what it needs")
}

/// Where cargo puts what it builds.
///
/// # Errors
/// A workspace that cargo cannot read.
pub fn target_folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("CARGO_TARGET_DIR") {
        return Ok(command::root().join(folder));
    }
    Ok(command::root().join("target"))
}

/// The environment of every release build for wasm32, one and the same so
/// that builds share their parts.
///
/// Panic messages carry source paths. Written without the folders of this
/// machine, they are the same bytes on every machine, and say nothing of it.
///
/// # Errors
/// A cargo home that cannot be read.
pub fn wasm_environment() -> Result<Vec<(String, String)>> {
    let mut remaps = vec![(command::root().to_path_buf(), "strata")];
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir().context("no home folder")?.join(".cargo"),
    };
    // One folder for each registry, named after its host.
    let registries = home.join("registry/src");
    let entries =
        std::fs::read_dir(&registries).with_context(|| format!("reading {}", registries.display()))?;
    for entry in entries {
        remaps.push((entry?.path(), "crates"));
    }
    let mut flags: Vec<String> =
        remaps.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect();
    // The page is smaller with it; Chromium has it since 91, Firefox since 89, Safari since 16.4.
    flags.push("-Ctarget-feature=+simd128".to_owned());
    Ok(vec![("CARGO_ENCODED_RUSTFLAGS".to_owned(), flags.join("\u{1f}"))])
}

fn bind(module: &Path, global: &str) -> Result<Built> {
    let mut output = Bindgen::new()
        .input_path(module)
        .out_name("app")
        .no_modules(true)?
        .no_modules_global(global)?
        // The page hands the module over; there is no address to guess.
        .omit_default_module_path(true)
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("binding {}", module.display()))?;
    ensure!(
        output.snippets().values().all(Vec::is_empty) && output.local_modules().is_empty(),
        "a dependency brings JavaScript files of its own, which one script cannot import"
    );
    Ok(Built { glue: output.js().to_owned(), wasm: output.wasm_mut().emit_wasm() })
}
