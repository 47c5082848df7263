//! A collector's device: a store file and the commands on it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::Sender;

use rusqlite::Connection;
use serde_json::Value as Json;
use sync_core::id::{ChangeHash, DocumentId};

use super::binary::{Ran, command, run};
use super::line::Event;
use super::office::Commune;

/// A phone.
pub struct Handset {
    /// Its store.
    pub store: PathBuf,
}

/// A sync that runs.
pub struct SyncRun {
    child: Child,
}

impl SyncRun {
    /// Lets it run; `teller` is told when it ended.
    ///
    /// # Panics
    /// If it is not ours to wait for.
    pub fn tell_end(self, which: usize, teller: Sender<Event>) {
        std::thread::spawn(move || {
            let ran = Ran::from(self.child.wait_with_output().expect("it is ours"));
            // A test that has failed no longer listens.
            let _ = teller.send(Event::Ended(which, ran));
        });
    }

    /// `kill -9`. Returns what it had said.
    ///
    /// # Panics
    /// If it is not ours to kill.
    pub fn kill(mut self) -> Ran {
        let _ = self.child.kill();
        self.child.wait_with_output().expect("it is ours").into()
    }

    /// Tells `teller` when the process has ended, while it can still be killed: its output ends then.
    ///
    /// # Panics
    /// If called twice.
    pub fn watch(&mut self, which: usize, teller: Sender<Event>) {
        let mut output = self.child.stdout.take().expect("piped, and watched once");
        std::thread::spawn(move || {
            let mut stdout = String::new();
            let _ = output.read_to_string(&mut stdout);
            let _ = teller.send(Event::Ended(which, Ran { code: None, stdout, stderr: String::new() }));
        });
    }
}

impl Handset {
    /// A device that is not enrolled.
    #[must_use]
    pub fn new(commune: &Commune, name: &str) -> Self {
        Self { store: commune.path(&format!("{name}.db")) }
    }

    /// A device enrolled with villages.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn enrolled(commune: &Commune, name: &str, villages: &[&str]) -> Self {
        let phone = Self::new(commune, name);
        let code = commune.enrolment_code(name, villages);
        let _ = phone.enrol(commune, &code).ok();
        phone
    }

    /// Runs `enrol` with a code.
    pub fn enrol(&self, commune: &Commune, code: &str) -> Ran {
        let ca = commune.ca().display().to_string();
        self.run(["enrol", "--server", &commune.line.url(), "--ca", &ca, "--code", code, "--retries", "0"])
    }

    fn args<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let mut all = vec!["phone".to_owned(), "--store".to_owned(), self.store.display().to_string()];
        all.extend(args.into_iter().map(str::to_owned));
        all
    }

    /// Runs a command of the phone.
    pub fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        run(self.args(args))
    }

    /// Records entries. Returns the document and the new keys of each.
    ///
    /// # Panics
    /// If any is not recorded.
    pub fn record(&self, entries: &[Json], about: Option<&str>) -> Vec<(DocumentId, Json)> {
        let mut args = vec!["visit", "--batch", "-", "--new", "--json"];
        args.extend(about.iter().flat_map(|household| ["--household", household]));
        let mut child = self.begin(&args, entries);
        let mut stdout = String::new();
        let mut output = child.stdout.take().expect("piped");
        output.read_to_string(&mut stdout).expect("UTF-8");
        let ran = Ran::from(child.wait_with_output().expect("it is ours"));
        assert_eq!(ran.code, Some(0), "{stdout}\n{}", ran.stderr);
        stdout.lines().map(recorded).collect()
    }

    /// Records entries and is killed after having printed `lines` lines. Returns all that were printed.
    ///
    /// # Panics
    /// If it can't be run.
    pub fn record_and_die(&self, entries: &[Json], lines: usize) -> Vec<(DocumentId, Json)> {
        let mut child = self.begin(&["visit", "--batch", "-", "--new", "--json"], entries);
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut printed = String::new();
        for _ in 0..lines {
            output.read_line(&mut printed).expect("UTF-8");
        }
        let _ = child.kill();
        output.read_to_string(&mut printed).expect("UTF-8");
        child.wait().expect("it is ours");
        // A last line without its end was not told.
        printed.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(recorded).collect()
    }

    fn begin(&self, args: &[&str], entries: &[Json]) -> Child {
        let mut child =
            command(self.args(args.iter().copied())).stdin(Stdio::piped()).spawn().expect("sothon starts");
        let lines: String = entries.iter().map(|entry| format!("{entry}\n")).collect();
        // Dropped at the end: what is read to its end begins then.
        let mut input = child.stdin.take().expect("piped");
        input.write_all(lines.as_bytes()).expect("taken");
        child
    }

    /// Syncs; `more` are further arguments.
    pub fn sync<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Ran {
        self.run(["sync", "--json"].into_iter().chain(more))
    }

    /// Syncs without trouble. Returns the summary.
    ///
    /// # Panics
    /// If there was any, or if both ends do not agree afterwards.
    pub fn synced(&self) -> Json {
        let summary = self.sync([]).json();
        assert_eq!(summary["agrees"], true, "{summary}");
        assert_eq!(summary["unsent"], 0, "{summary}");
        summary
    }

    /// Begins a sync that tries again `retries` times.
    ///
    /// # Panics
    /// If it can't be started.
    #[must_use]
    pub fn begin_sync(&self, retries: u32) -> SyncRun {
        let retries = retries.to_string();
        let args = self.args(["sync", "--json", "--page-bytes", "16384", "--retries", &retries]);
        SyncRun { child: command(args).spawn().expect("sothon starts") }
    }

    /// Fields on which people wrote different things.
    ///
    /// # Panics
    /// If they can't be read.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Json> {
        self.run(["conflicts", "--json"]).json().as_array().expect("a list").clone()
    }

    /// How the device stands.
    ///
    /// # Panics
    /// If it can't tell.
    #[must_use]
    pub fn status(&self) -> Json {
        self.run(["status", "--json"]).json()
    }

    /// The household as JSON.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn show(&self, household: &str) -> Json {
        self.run(["show", household, "--json"]).json()
    }

    /// Every change in the store with its state (0 unsent, 1 acknowledged or received, 2 refused), by hash.
    /// No command may be running on it.
    ///
    /// # Panics
    /// If the file is damaged.
    #[must_use]
    pub fn changes(&self) -> Vec<(ChangeHash, i64)> {
        let sql = Connection::open(&self.store).expect("a store");
        let sound: String =
            sql.pragma_query_value(None, "integrity_check", |row| row.get(0)).expect("checked");
        assert_eq!(sound, "ok");
        let mut statement = sql.prepare("SELECT hash, state FROM change_ ORDER BY hash").expect("a query");
        let rows =
            statement.query_map([], |row| Ok((ChangeHash(row.get(0)?), row.get(1)?))).expect("readable");
        rows.map(|row| row.expect("a change")).collect()
    }
}

fn recorded(line: &str) -> (DocumentId, Json) {
    let mut json: Json = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let document = json["document"].as_str().and_then(|text| text.parse().ok());
    (document.unwrap_or_else(|| panic!("not recorded: {line}")), json["refs"].take())
}
