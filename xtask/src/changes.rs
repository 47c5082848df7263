//! Steps that are skipped while nothing they read or wrote has changed.
//!
//! Cargo knows this of its own work; npm and wasm-bindgen don't. What a step read and what it left are hashed
//! into a file of the target directory, so that a warm run costs the reading of some megabytes.

use crate::shell;
use anyhow::{Context, Result};
use std::collections::hash_map::DefaultHasher;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

/// Where the fingerprints lie.
fn folder() -> Result<PathBuf> {
    let folder = shell::target_directory()?.join("xtask-steps");
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    Ok(folder)
}

/// Waits until no other xtask of this target directory builds what is not cargo's, and keeps others waiting
/// until the file is dropped.
///
/// # Errors
/// When the system can't lock files there.
pub(crate) fn alone() -> Result<File> {
    let path = folder()?.join("lock");
    let lock = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    lock.lock().with_context(|| format!("locking {}", path.display()))?;
    Ok(lock)
}

/// Folders that are never somebody's source.
const LEFT_OUT: &[&str] = &["node_modules", "dist"];

/// What one step depends on and leaves.
pub(crate) struct Step<'a> {
    /// Its name, for the file and the message.
    pub(crate) name: &'a str,
    /// Files and folders it reads.
    pub(crate) reads: &'a [&'a Path],
    /// Whatever else its outcome depends on, such as versions of tools.
    pub(crate) settings: &'a [&'a str],
    /// Files and folders it writes. All of them must be there afterwards.
    pub(crate) writes: &'a [&'a Path],
}

impl Step<'_> {
    /// Does `work`, unless it was done and nothing has changed since.
    ///
    /// # Errors
    /// The work's; when a file can't be read, or is missing afterwards.
    pub(crate) fn unless_done(&self, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let record = folder()?.join(self.name);
        let recorded = std::fs::read_to_string(&record).unwrap_or_default();
        // Before the work: what is edited meanwhile is not part of its outcome.
        let read = fingerprint(self.settings, self.reads)?;
        let outcome =
            || Ok::<_, anyhow::Error>(format!("{read:016x} {:016x}", fingerprint(&[], self.writes)?));
        if self.writes.iter().all(|path| path.exists()) && recorded == outcome()? {
            println!("{}: nothing changed", self.name);
            return Ok(());
        }
        work()?;
        std::fs::write(&record, outcome()?).with_context(|| format!("writing {}", record.display()))
    }
}

fn fingerprint(settings: &[&str], paths: &[&Path]) -> Result<u64> {
    // Two checkouts may share a target directory.
    let mut hasher = DefaultHasher::new();
    (shell::root(), settings).hash(&mut hasher);
    for path in paths {
        hash_path(path, &mut hasher).with_context(|| format!("reading {}", path.display()))?;
    }
    Ok(hasher.finish())
}

fn hash_path(path: &Path, hasher: &mut DefaultHasher) -> std::io::Result<()> {
    if !path.is_dir() {
        std::fs::read(path)?.hash(hasher);
        return Ok(());
    }
    let mut names = std::fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<Vec<_>, _>>()?;
    names.retain(|name| !LEFT_OUT.iter().any(|left_out| name == left_out));
    names.sort_unstable();
    names.len().hash(hasher);
    for name in names {
        name.hash(hasher);
        hash_path(&path.join(name), hasher)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::fs;

    #[test]
    fn step_runs_again_when_what_it_reads_or_writes_has_changed() {
        let folder = shell::target_directory().unwrap().join("xtask-changes-test");
        let (source, output) = (folder.join("source"), folder.join("output"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(source.join("node_modules")).unwrap();
        fs::write(source.join("a"), "1").unwrap();

        let runs = Cell::new(0);
        let run = |settings: &[&str]| {
            let (reads, writes) = ([source.as_path()], [output.as_path()]);
            let step = Step { name: "changes-test", reads: &reads, settings, writes: &writes };
            step.unless_done(|| {
                runs.set(runs.get() + 1);
                Ok(fs::write(&output, "made")?)
            })
            .unwrap();
            runs.get()
        };
        let began = run(&["v1"]);
        assert_eq!(run(&["v1"]), began, "nothing changed");
        fs::write(source.join("node_modules/x"), "").unwrap();
        assert_eq!(run(&["v1"]), began, "a folder that is left out");
        assert_eq!(run(&["v2"]), began + 1, "a setting");
        fs::write(source.join("a"), "2").unwrap();
        assert_eq!(run(&["v2"]), began + 2, "a file it reads");
        fs::write(source.join("b"), "").unwrap();
        assert_eq!(run(&["v2"]), began + 3, "a new file");
        fs::write(&output, "by hand").unwrap();
        assert_eq!(run(&["v2"]), began + 4, "what it wrote");
        fs::remove_file(&output).unwrap();
        assert_eq!(run(&["v2"]), began + 5, "what it wrote is gone");

        let (reads, writes) = ([source.as_path()], [output.as_path()]);
        let step = Step { name: "changes-test", reads: &reads, settings: &["v3"], writes: &writes };
        step.unless_done(|| Ok(fs::write(source.join("a"), "edited while it ran")?)).unwrap();
        assert_eq!(run(&["v3"]), began + 6, "what it reads, while it ran");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn failed_step_runs_again() {
        let folder = shell::target_directory().unwrap().join("xtask-failure-test");
        fs::create_dir_all(&folder).unwrap();
        let paths = [folder.as_path()];
        let step = Step { name: "failure-test", reads: &[], settings: &[], writes: &paths };
        for _ in 0..2 {
            assert!(step.unless_done(|| anyhow::bail!("no")).is_err());
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
