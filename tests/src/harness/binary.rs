//! Finds `sothon` and runs it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

/// What a command that ended said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The exit status; `None` when it was killed.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it told.
    pub stderr: String,
}

impl Ran {
    /// The same, if the command succeeded.
    ///
    /// # Panics
    /// If it did not; the message holds what it said.
    #[must_use]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "the command failed\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// What it printed, as JSON.
    ///
    /// # Panics
    /// If it failed or printed something else.
    #[must_use]
    pub fn json(self) -> serde_json::Value {
        let ran = self.ok();
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {}", ran.stdout))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The binary. It lies beside the folder of the test executable: building the workspace's tests builds it,
/// because `server` has a test that needs it. Where only this package was built it may be missing or older
/// than the library; then it is built here, once.
///
/// # Panics
/// If it can't be built.
#[must_use]
pub fn sothon() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        let test = std::env::current_exe().expect("a test executable has a path");
        let deps = test.parent().expect("it lies in a folder");
        let profile = deps.parent().expect("of a profile");
        let binary = profile.join(format!("sothon{}", std::env::consts::EXE_SUFFIX));
        if changed(&binary) < newest_library(deps) {
            build(profile);
        }
        assert!(
            binary.exists(),
            "no sothon in {}: run `cargo build -p server --bin sothon`",
            profile.display()
        );
        binary
    })
}

fn changed(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

fn newest_library(deps: &Path) -> Option<SystemTime> {
    let files = deps.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let is_library = |path: &PathBuf| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        name.starts_with("libserver-") && name.ends_with(".rlib")
    };
    files.filter(is_library).filter_map(|path| changed(&path)).max()
}

fn build(profile: &Path) {
    let name = profile.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let name = if name == "debug" { "dev" } else { name };
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--offline", "--package", "server", "--bin", "sothon", "--profile", name])
        .arg("--target-dir")
        .arg(profile.parent().expect("a profile lies in the target folder"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a package lies in the workspace"))
        .status()
        .expect("cargo runs");
    assert!(status.success(), "cargo build -p server --bin sothon failed");
}

/// The binary with these arguments and nothing of this process's settings.
pub fn command(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(sothon());
    for name in ["SOTHON_DATA", "SOTHON_STORE", "SOTHON_LOG", "SOTHON_CONFIDENTIAL_KEY"] {
        command.env_remove(name);
    }
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the binary to its end.
///
/// # Panics
/// If it can't be started.
pub fn run(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
    command(args).output().expect("sothon starts").into()
}
