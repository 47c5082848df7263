//! Child processes: every command is shown as a line that can be pasted into a shell, then run.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in a directory of the workspace")
}

/// The target directory this program was built into, whatever chose it (`CARGO_TARGET_DIR`, a configuration
/// file, or nothing).
///
/// # Errors
/// When the system can't tell where the running program lies.
pub(crate) fn target_directory() -> Result<PathBuf> {
    let program = std::env::current_exe().context("where does this program lie?")?;
    let target = program.parent().and_then(Path::parent).context("xtask was not started by cargo")?;
    Ok(target.to_path_buf())
}

/// A command in the root of the workspace, without the variables that `cargo run` sets for xtask itself: build
/// scripts would take them for theirs.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "LD_LIBRARY_PATH"
        {
            command.env_remove(&name);
        }
    }
    command
}

/// The cargo that runs xtask, with `arguments`.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = command("cargo");
    command.args(arguments);
    command
}

/// Shows the command, runs it and waits.
///
/// # Errors
/// When it can't be started or does not succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", line(command));
    let status = command.status().with_context(|| format!("cannot start: {}", line(command)))?;
    if !status.success() {
        bail!("{status}: {}", line(command));
    }
    Ok(())
}

/// What the command prints to its standard output, if it succeeds; what it says on the way is not shown.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The command as a line for a shell in the root of the workspace, with the variables set for it alone.
fn line(command: &Command) -> String {
    let folder = command.get_current_dir().and_then(|folder| folder.strip_prefix(root()).ok());
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    let cd = folder.map(|folder| format!("cd {} &&", quoted(&folder.to_string_lossy())));
    let variables = command.get_envs().filter_map(|(name, value)| {
        value.map(|value| format!("{}={}", name.to_string_lossy(), quoted(&value.to_string_lossy())))
    });
    let words = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| quoted(&word.to_string_lossy()));
    cd.into_iter().chain(variables).chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_line_can_be_pasted_into_a_shell() {
        let mut command = Command::new("cargo");
        command.args(["doc", "--cfg", "a=\"it's\""]).env("RUSTDOCFLAGS", "-D warnings").env_remove("CARGO");
        assert_eq!(line(&command), r#"RUSTDOCFLAGS='-D warnings' cargo doc --cfg 'a="it'\''s"'"#);
        command.current_dir(root());
        assert!(line(&command).starts_with("RUSTDOCFLAGS="), "the line is typed in the root");
        command.current_dir(root().join("phone/app"));
        assert!(line(&command).starts_with("cd phone/app && RUSTDOCFLAGS="));
    }
}
