//! A commune's office on disk, and the process that serves it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use rusqlite::{Connection, OpenFlags};
use sync_core::id::ChangeHash;
use tempfile::TempDir;

use super::binary::{Ran, command, run};
use super::line::Line;

/// A register in a folder of its own, with everything that belongs to it.
pub struct Commune {
    folder: TempDir,
    /// What phones connect to.
    pub line: Line,
}

impl Commune {
    /// Runs `sothon init` for these villages.
    ///
    /// # Panics
    /// If it fails.
    #[must_use]
    pub fn init(villages: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let commune = Self { folder, line: Line::new() };
        let mut args = vec!["init".to_owned(), "--name".to_owned(), "Xã Giả Lập".to_owned()];
        for (code, name) in villages {
            args.extend(["--village".to_owned(), format!("{code}={name}")]);
        }
        args.extend([
            "--confidential-key".to_owned(),
            commune.path("confidential.key").display().to_string(),
        ]);
        let _ = commune.run(args).ok();
        commune
    }

    /// A file beside the register's folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The register's folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// The development certificate's authority; there once it was served.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.data().join("tls/ca.pem")
    }

    /// Runs a command of the office.
    pub fn run(&self, args: impl IntoIterator<Item = impl AsRef<str>>) -> Ran {
        let mut all = vec!["--data".to_owned(), self.data().display().to_string()];
        all.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        run(all)
    }

    /// Serves it; phones reach it by the line. What it logs is appended to `serve.log`.
    ///
    /// # Panics
    /// If it does not come up; the message holds its log.
    #[must_use]
    pub fn serve(&self) -> Serving {
        let log = File::options().create(true).append(true).open(self.path("serve.log")).expect("a log file");
        let data = self.data().display().to_string();
        let mut child =
            command(["--data", &data, "--log-level", "debug", "serve", "--listen", "127.0.0.1:0"])
                .stderr(Stdio::from(log))
                .spawn()
                .expect("sothon starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut first = String::new();
        stdout.read_line(&mut first).expect("readable");
        let address = first.trim().strip_prefix("https://").and_then(|address| address.parse().ok());
        let Some(address) = address else { panic!("not serving: {first}\n{}", self.log()) };
        self.line.lead_to(address);
        Serving { child, address, _stdout: stdout }
    }

    /// What the serving process logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("serve.log")).unwrap_or_default()
    }

    /// A one-time code for villages.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn enrolment_code(&self, label: &str, villages: &[&str]) -> String {
        let mut args = vec!["enrol-code", "--quiet", "--label", label];
        args.extend(villages.iter().flat_map(|village| ["--village", village]));
        self.run(args).ok().stdout.trim().to_owned()
    }

    /// Fails unless `sothon verify` finds nothing.
    ///
    /// # Panics
    /// If it finds anything.
    pub fn verify(&self) {
        let ran = self.run(["verify"]).ok();
        assert!(ran.stdout.contains("all is well"), "{}", ran.stdout);
    }

    /// The database, beside whoever serves it.
    ///
    /// # Panics
    /// If it can't be opened.
    #[must_use]
    pub fn database(&self) -> Connection {
        let path = self.data().join("register.sqlite");
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("a database")
    }

    /// Hashes of every change that is in the log or in quarantine, sorted.
    ///
    /// # Panics
    /// If the database can't be read.
    #[must_use]
    pub fn kept(&self) -> Vec<ChangeHash> {
        self.hashes("SELECT hash FROM log WHERE kind = 1 UNION SELECT hash FROM quarantine ORDER BY hash")
    }

    /// Hashes of every change in the log, once for each row, sorted.
    ///
    /// # Panics
    /// If the database can't be read.
    #[must_use]
    pub fn logged(&self) -> Vec<ChangeHash> {
        self.hashes("SELECT hash FROM log WHERE kind = 1 ORDER BY hash")
    }

    fn hashes(&self, query: &str) -> Vec<ChangeHash> {
        let sql = self.database();
        let mut statement = sql.prepare(query).expect("a query");
        let rows = statement.query_map([], |row| row.get(0).map(ChangeHash)).expect("readable");
        rows.map(|row| row.expect("a hash")).collect()
    }

    /// Puts a backup in the place of the register.
    ///
    /// # Panics
    /// If files can't be moved.
    pub fn restore(&self, backup: &Path) {
        for name in ["register.sqlite-wal", "register.sqlite-shm"] {
            let _ = fs::remove_file(self.data().join(name));
        }
        fs::copy(backup, self.data().join("register.sqlite")).expect("copied");
    }
}

/// A process that serves. Dropping kills it.
pub struct Serving {
    child: Child,
    /// Its own address, past the line.
    pub address: SocketAddr,
    /// Held open: the process may print more.
    _stdout: BufReader<ChildStdout>,
}

impl Serving {
    /// `kill -9`, and waits until it is gone.
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Panics
    /// If it does not end well.
    pub fn stop(mut self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "told to stop");
        let status = self.child.wait().expect("it is ours");
        assert!(status.success(), "it stopped with {status}");
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end();
    }
}
