//! Node.js: found or installed, and npm in the folders of the phone.

use crate::changes::Step;
use crate::{shell, system};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// What Vite asks for: 20.19, 22.12 or newer.
const WANTED: &str = "Node.js 20.19, 22.12 or newer";

/// The version of Node.js, installed from the system's packages where none is there.
///
/// # Errors
/// When it is missing or too old, and the system has none that is new enough.
pub(crate) fn ensure() -> Result<String> {
    let present = || shell::output(shell::command("node").arg("--version"));
    if let (Some(version), Some(_)) = (present(), system::find("npm")) {
        if is_new_enough(&version) {
            return Ok(version);
        }
        bail!("{WANTED} is needed, this is {version}; install a newer one from nodejs.org or your system");
    }
    match system::offered("nodejs") {
        Some(version) if is_new_enough(&version) => system::install(&["nodejs", "npm"], WANTED)?,
        Some(version) => {
            bail!("{WANTED}: missing, and this system offers {version}; install it from nodejs.org")
        }
        None => {
            bail!("{WANTED}: missing; install it from nodejs.org, or as `nodejs` and `npm` of your system")
        }
    }
    match present() {
        Some(version) if is_new_enough(&version) => Ok(version),
        _ => bail!("nodejs was installed, but `node --version` does not say {WANTED}"),
    }
}

/// `v20.19.2`, or a package's `20.19.2+dfsg-1`.
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(20), Some(minor)) => minor >= 19,
        (Some(22), Some(minor)) => minor >= 12,
        (Some(major), _) => major > 22,
        (None, _) => false,
    }
}

/// `npm` with `arguments` in `folder`.
pub(crate) fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = shell::command("npm");
    command.args(arguments).current_dir(folder).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    command
}

/// The packages that `folder` locks, installed exactly so, if they are not yet.
///
/// # Errors
/// When Node.js is missing or npm can't install them.
pub(crate) fn install_packages(folder: &Path, name: &str) -> Result<()> {
    let version = ensure()?;
    Step {
        name: &format!("{name}-packages"),
        reads: &[&folder.join("package-lock.json"), &folder.join("package.json")],
        settings: &[&version],
        // Npm writes it last.
        writes: &[&folder.join("node_modules/.package-lock.json")],
    }
    .unless_done(|| shell::run(&mut npm(folder, &["ci", "--no-audit", "--no-fund"])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_vite_does() {
        for (version, expected) in [
            ("v20.19.0", true),
            ("20.19.2+dfsg-1", true),
            ("v20.18.9", false),
            ("v18.20.4", false),
            ("v21.7.0", false),
            ("v22.11.0", false),
            ("v22.12.0", true),
            ("v24.1.0", true),
            ("", false),
            ("(none)", false),
        ] {
            assert_eq!(is_new_enough(version), expected, "{version}");
        }
    }
}
