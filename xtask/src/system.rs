//! The operating system: which programs are there, and packages of Debian and Ubuntu where they are not.

use crate::shell;
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// Where `program` lies in `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}

/// Installs packages with apt-get when this process may, otherwise says how.
///
/// # Errors
/// When the packages can't be installed from here; the message carries the line to type.
pub(crate) fn install(packages: &[&str], why: &str) -> Result<()> {
    let list = packages.join(" ");
    if find("apt-get").is_none() {
        bail!(
            "{why}: missing. Debian and Ubuntu call the packages `{list}`; install their like and try again"
        );
    }
    if !is_root() {
        bail!("{why}: missing. Type: sudo apt-get install -y --no-install-recommends {list}");
    }
    println!("{why}: missing, installing {list}");
    renew_lists();
    shell::run(apt().args(["install", "-y", "-q", "--no-install-recommends"]).args(packages))
}

/// The version of a package that the system would install, if it has one.
pub(crate) fn offered(package: &str) -> Option<String> {
    find("apt-cache")?;
    if is_root() {
        renew_lists();
    }
    let policy = shell::output(shell::command("apt-cache").args(["policy", package]).env("LC_ALL", "C"))?;
    let version = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:"))?.trim();
    (version != "(none)").then(|| version.to_owned())
}

/// The lists of a fresh machine are empty or old; when they can't be renewed the old ones may still do.
fn renew_lists() {
    if let Err(error) = shell::run(apt().args(["update", "-q"])) {
        println!("package lists were not renewed: {error:#}");
    }
}

fn apt() -> Command {
    let mut command = shell::command("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    shell::output(Command::new("id").arg("-u")).is_some_and(|user| user == "0")
}
