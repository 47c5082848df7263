//! The phone's app: the core as a module for the browser, its JavaScript, and the pages around them.
//!
//! `phone/facade` is compiled ([`crate::wasm`]); wasm-bindgen writes the module and its JavaScript to
//! `phone/app/src/core/generated`; npm builds the pages with them into `phone/app/dist`, which a release build
//! of the server carries. Each step is skipped while nothing changed.

use crate::changes::{self, Step};
use crate::wasm::{self, Compiler, Toolchain};
use crate::{node, shell};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::time::Instant;
use wasm_bindgen_cli_support::Bindgen;

/// The profile of the workspace in which the phone's module is built.
const PROFILE: &str = "phone";

/// The folder of the app.
pub(crate) fn folder() -> PathBuf {
    shell::root().join("phone/app")
}

/// Builds the app.
///
/// # Errors
/// When a tool is missing or a step fails.
pub(crate) fn build(toolchain: Toolchain) -> Result<()> {
    let started = Instant::now();
    let _alone = changes::alone()?;
    let folder = folder();
    let generated = folder.join("src/core/generated");
    bind(&module(toolchain)?, &generated)?;
    node::install_packages(&folder, "app")?;
    let version = node::ensure()?;
    Step {
        name: "app-pages",
        // The definitions of the forms are built in.
        reads: &[&folder, &shell::root().join("schemas")],
        settings: &[&version],
        writes: &[&folder.join("dist")],
    }
    .unless_done(|| shell::run(&mut node::npm(&folder, &["run", "build"])))?;
    println!("The app is in {} ({:.1} s).", folder.join("dist").display(), started.elapsed().as_secs_f64());
    Ok(())
}

/// Builds the app and checks it: types, then its own tests.
///
/// # Errors
/// When a tool is missing or a step fails.
pub(crate) fn check(toolchain: Toolchain) -> Result<()> {
    build(toolchain)?;
    shell::run(&mut node::npm(&folder(), &["run", "check"]))?;
    shell::run(&mut node::npm(&folder(), &["test"]))
}

/// The core, compiled for the browser.
fn module(toolchain: Toolchain) -> Result<PathBuf> {
    let compiler = Compiler::find(toolchain)?;
    shell::run(compiler.cargo("build").args(["--package", "phone-facade", "--lib", "--profile", PROFILE]))?;
    let module = compiler.module(PROFILE, "phone_facade");
    wasm::only_javascript(&module)?;
    Ok(module)
}

/// Writes the module as the browser loads it, the JavaScript around it and its types.
fn bind(module: &Path, generated: &Path) -> Result<()> {
    Step { name: "app-module", reads: &[module], settings: &[], writes: &[generated] }.unless_done(|| {
        // What an earlier facade exported must not linger.
        if generated.exists() {
            std::fs::remove_dir_all(generated)
                .with_context(|| format!("emptying {}", generated.display()))?;
        }
        Bindgen::new()
                .input_path(module)
                .web(true)?
                .typescript(true)
                // The pages say where the module is: its name changes with its content.
                .omit_default_module_path(true)
                // Not `strip` in the profile, which takes wasm-bindgen's own sections too.
                .remove_name_section(true)
                .generate(generated)
                .context("wasm-bindgen")
    })
}
