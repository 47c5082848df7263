//! The tools the steps need: found, or installed in the version this tree is checked with, or asked for.

use crate::{shell, system};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// A cargo subcommand from the registry.
pub(crate) struct CargoTool {
    subcommand: &'static str,
    package: &'static str,
    /// What is installed where nothing is. A version that is already there is used as it is.
    version: &'static str,
}

pub(crate) const NEXTEST: CargoTool =
    CargoTool { subcommand: "nextest", package: "cargo-nextest", version: "0.9.143" };
pub(crate) const DENY: CargoTool = CargoTool { subcommand: "deny", package: "cargo-deny", version: "0.20.2" };

impl CargoTool {
    /// # Errors
    /// When the tool is neither there nor can be installed; the message says how to.
    pub(crate) fn ensure(&self) -> Result<()> {
        let Self { subcommand, package, version } = self;
        let found = || shell::output(&mut shell::cargo(&[subcommand, "--version"]));
        if let Some(line) = found() {
            println!("{}", line.lines().next().unwrap_or(package));
            return Ok(());
        }
        println!("{package}: missing, installing (some minutes, once)");
        shell::run(&mut shell::cargo(&["install", "--locked", "--version", version, package])).with_context(
            || format!("install it by hand: cargo install --locked --version {version} {package}"),
        )?;
        found().map(drop).with_context(|| {
            format!("{package} was installed, but not where cargo finds it: put ~/.cargo/bin into PATH")
        })
    }
}

/// `rustfmt` and `clippy`, which rustup leaves out of its minimal profile.
///
/// # Errors
/// When they are neither there nor can be added.
pub(crate) fn ensure_component(component: &str, subcommand: &str) -> Result<()> {
    let found = || shell::output(&mut shell::cargo(&[subcommand, "--version"]));
    if let Some(line) = found() {
        println!("{line}");
        return Ok(());
    }
    let hint = format!("{component}: missing. Type: rustup component add {component}");
    if system::find("rustup").is_none() {
        bail!("{hint} (or install the package of your system that carries cargo {subcommand})");
    }
    shell::run(shell::command("rustup").args(["component", "add", component])).context(hint.clone())?;
    found().map(drop).context(hint)
}

/// The C compiler of this machine: SQLite, zstd and ring are compiled from source.
///
/// # Errors
/// When there is none and none can be installed.
pub(crate) fn ensure_c_compiler() -> Result<()> {
    if std::env::var_os("CC").is_some() || system::find("cc").is_some() {
        return Ok(());
    }
    system::install(&["gcc", "libc6-dev"], "a C compiler (for SQLite, zstd and ring)")
}

/// The browser that the journeys drive: the variable `CHROMIUM`, or what is found, or Debian's.
///
/// # Errors
/// When there is none and none can be installed.
pub(crate) fn ensure_chromium() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("CHROMIUM") {
        return Ok(chosen.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    let found = || names.into_iter().find_map(system::find);
    if let Some(browser) = found() {
        return Ok(browser);
    }
    // The font has every Vietnamese letter; a machine without a desktop has none.
    system::install(&["chromium", "fonts-dejavu-core"], "Chromium (for the journeys through the app)")?;
    found().context("chromium was installed, but not where programs are found (PATH)")
}

/// Other people's programs that open what the office exports: pdftotext, LibreOffice, and a Python with openpyxl and
/// python-docx, which is returned.
///
/// # Errors
/// When one of them is neither there nor can be installed.
pub(crate) fn ensure_readers() -> Result<PathBuf> {
    if system::find("pdftotext").is_none() {
        system::install(&["poppler-utils"], "pdftotext (opens the office's PDFs)")?;
    }
    if system::find("soffice").is_none() {
        let packages = ["libreoffice-calc-nogui", "libreoffice-writer-nogui"];
        system::install(&packages, "LibreOffice (prints the office's workbooks and documents)")?;
    }
    // Debian's packages belong to Debian's own Python, which another may stand before in PATH.
    let found = || {
        let mut pythons = system::find("python3").into_iter().chain([PathBuf::from("/usr/bin/python3")]);
        let imports = |python: &PathBuf| {
            shell::output(Command::new(python).args(["-c", "import docx, openpyxl"])).is_some()
        };
        pythons.find(imports)
    };
    if let Some(python) = found() {
        return Ok(python);
    }
    let packages = ["python3-openpyxl", "python3-docx"];
    system::install(&packages, "openpyxl and python-docx (open the office's workbooks and documents)")?;
    found().context("openpyxl and python-docx were installed, but no Python finds them")
}

/// The workspace's warnings are denied under the compiler they were checked with. A newer one knows newer lints:
/// there they are shown, and don't fail a tree that has not changed.
pub(crate) fn warnings_are_denied() -> bool {
    let checked = minor(env!("CARGO_PKG_RUST_VERSION"));
    let version = shell::output(shell::command("rustc").arg("--version")).unwrap_or_default();
    let present = version.split(' ').nth(1).and_then(minor);
    if present > checked {
        println!(
            "{version} is newer than the compiler this tree is checked with: warnings are shown, not denied"
        );
    }
    present <= checked
}

/// `95` of `1.95` and of `1.95.0-nightly`.
fn minor(version: &str) -> Option<u32> {
    version.split('.').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_version_is_read_from_releases_and_nightlies() {
        for (version, expected) in
            [("1.95", Some(95)), ("1.95.0", Some(95)), ("1.96.0-nightly", Some(96)), ("", None)]
        {
            assert_eq!(minor(version), expected, "{version}");
        }
    }
}
