//! The program `sothon`, called as a person would call it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail};
use serde_json::Value as Json;
use sothon_tests::commune::{DeviceScript, Resolver};

/// A line of progress, with the seconds since the start.
pub(crate) fn say(started: Instant, text: &str) {
    println!("[{:5.1} s] {text}", started.elapsed().as_secs_f64());
}

/// The first lines of a longer text, and how many there are more.
pub(crate) fn first_lines(text: &str, count: usize) -> String {
    let mut shown: Vec<&str> = text.lines().take(count).collect();
    let more = text.lines().count().saturating_sub(count);
    let rest = format!("… {more} more lines: sothon conflicts");
    if more > 0 {
        shown.push(&rest);
    }
    shown.join("\n") + "\n"
}

/// Where the program and its data are.
#[derive(Debug)]
pub(crate) struct Sothon {
    program: PathBuf,
    folder: PathBuf,
}

impl Sothon {
    /// The program built beside this one.
    ///
    /// # Errors
    /// It was not built.
    pub(crate) fn find(folder: &Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?.with_file_name("sothon");
        if !program.exists() {
            bail!("{} is missing: cargo build --release -p server", program.display());
        }
        fs::create_dir_all(folder.join("phones"))?;
        Ok(Self { program, folder: folder.to_owned() })
    }

    /// The register's folder.
    pub(crate) fn data(&self) -> String {
        self.folder.join("office").display().to_string()
    }

    /// The confidential key's file.
    pub(crate) fn key(&self) -> String {
        self.folder.join("confidential.key").display().to_string()
    }

    /// The certificate authority's file.
    pub(crate) fn ca(&self) -> String {
        self.folder.join("office/tls/ca.pem").display().to_string()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(self.folder.join("office")).env_remove("SOTHON_CONFIDENTIAL_KEY");
        command
    }

    /// Runs a command of the office and returns what it prints. Exit code 3 means "done, look at it".
    ///
    /// # Errors
    /// The command failed; its message is in the error.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command().args(arguments).output()?;
        let message = String::from_utf8_lossy(&output.stderr);
        if !matches!(output.status.code(), Some(0 | 3)) {
            bail!("sothon {}: {message}", arguments.first().unwrap_or(&""));
        }
        let checks: Vec<&str> =
            message.lines().filter(|line| line.contains(':') && !line.contains('\r')).collect();
        Ok(format!("{}{}", String::from_utf8_lossy(&output.stdout), checks.join("\n")))
    }

    /// Begins the register.
    ///
    /// # Errors
    /// The command failed.
    pub(crate) fn init(&self, name: &str, villages: &[(String, String)]) -> anyhow::Result<()> {
        let villages: Vec<String> =
            villages.iter().map(|(code, name)| format!("--village={code}={name}")).collect();
        let key = self.key();
        let mut arguments = vec!["init", "--name", name, "--confidential-key", &key];
        arguments.extend(villages.iter().map(String::as_str));
        self.run(&arguments).map(drop)
    }

    /// Imports the register, showing the summary.
    ///
    /// # Errors
    /// The command failed.
    pub(crate) fn import(&self, register: &Path) -> anyhow::Result<()> {
        let summary = self.run(&["import", &register.display().to_string()])?;
        println!("{}", first_lines(&summary, 20));
        Ok(())
    }

    /// Opens the review round, of which phones hear with their next sync.
    ///
    /// # Errors
    /// The command failed.
    pub(crate) fn open_round(&self, code: &str, starts: &str, ends: &str, as_of: &str) -> anyhow::Result<()> {
        let title = "Rà soát cuối năm (giả lập)";
        let days = ["--starts", starts, "--ends", ends, "--as-of", as_of];
        self.run(&[&["round", "open", "--code", code, "--title", title][..], &days].concat()).map(drop)
    }

    /// A code by which somebody makes an account for the console, with every role.
    ///
    /// # Errors
    /// The command failed.
    pub(crate) fn invitation(&self) -> anyhow::Result<String> {
        let roles = ["--role", "officer", "--role", "confidential", "--role", "keeper"];
        let told = self.run(&[&["account", "invite", "--name", "Cán bộ Giả Lập"][..], &roles].concat())?;
        Ok(told.trim().to_owned())
    }

    /// Starts the office's server on a free port.
    ///
    /// # Errors
    /// It does not start.
    pub(crate) fn serve(&self) -> anyhow::Result<Office> {
        let mut child = self
            .command()
            .args(["--log-level", "error", "serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("piped")?).lines();
        let first = lines.next().context("the server ended before it listened")??;
        let address = first.strip_prefix("https://").context("an address")?.parse()?;
        // Its further lines are read so that it is never held up by a full pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Office { child, address })
    }

    /// A one-time code for a phone.
    ///
    /// # Errors
    /// The command failed.
    pub(crate) fn enrol_code(&self, phone: &DeviceScript) -> anyhow::Result<String> {
        let mut arguments = vec!["enrol-code", "--quiet", "--label", &phone.name];
        for village in &phone.villages {
            arguments.extend(["--village", village]);
        }
        Ok(self.run(&arguments)?.trim().to_owned())
    }

    /// Runs a command on a phone and returns what it prints.
    ///
    /// # Errors
    /// The command failed; its message is in the error.
    pub(crate) fn phone(&self, phone: &DeviceScript, arguments: &[&str]) -> anyhow::Result<String> {
        let store = self.folder.join("phones").join(format!("{}.sqlite", phone.name));
        let offset = format!("--clock-offset={}", phone.clock_offset_seconds);
        let output = Command::new(&self.program)
            .arg("phone")
            .arg("--store")
            .arg(store)
            .args(arguments)
            .arg(offset)
            .output()?;
        if !output.status.success() {
            bail!(
                "sothon phone {}: {}",
                arguments.first().unwrap_or(&""),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Records form entries on a phone.
    ///
    /// # Errors
    /// The command failed.
    pub(crate) fn visits(&self, phone: &DeviceScript, entries: &[Json]) -> anyhow::Result<()> {
        let file = self.folder.join("phones").join(format!("{}.jsonl", phone.name));
        let lines: Vec<String> = entries.iter().map(Json::to_string).collect();
        fs::write(&file, lines.join("\n"))?;
        self.phone(phone, &["visit", "--batch", &file.display().to_string()]).map(drop)
    }
}

/// The serving process; stopped when dropped.
#[derive(Debug)]
pub(crate) struct Office {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Office {
    /// Serves until somebody stops it.
    ///
    /// # Errors
    /// The process can't be waited for.
    pub(crate) fn wait(&mut self) -> anyhow::Result<()> {
        self.child.wait()?;
        Ok(())
    }

    /// Stops it.
    ///
    /// # Errors
    /// The process can't be stopped.
    pub(crate) fn stop(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.wait()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// Documents and children of the register, by what people call them.
#[derive(Debug, Default)]
pub(crate) struct Registered {
    documents: BTreeMap<(String, String), String>,
    children: BTreeMap<(String, String, String), String>,
}

impl Registered {
    /// From the office's export.
    ///
    /// # Errors
    /// The export failed.
    pub(crate) fn read(sothon: &Sothon) -> anyhow::Result<Self> {
        let mut registered = Self::default();
        for line in sothon.run(&["export"])?.lines() {
            let household: Json = serde_json::from_str(line)?;
            let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
            let name = (text(&household["village"]), text(&household["household"]["number"]));
            for (key, child) in household["children"].as_object().into_iter().flatten() {
                registered
                    .children
                    .insert((name.0.clone(), name.1.clone(), text(&child["name"])), key.clone());
            }
            registered.documents.insert(name, text(&household["document"]));
        }
        Ok(registered)
    }

    /// Households.
    pub(crate) fn len(&self) -> usize {
        self.documents.len()
    }

    /// The document of a household.
    pub(crate) fn document_of(&self, village: &str, number: &str) -> Option<&str> {
        self.documents.get(&(village.to_owned(), number.to_owned())).map(String::as_str)
    }
}

impl Resolver for Registered {
    fn document(&self, village: &str, number: &str) -> Option<String> {
        self.document_of(village, number).map(str::to_owned)
    }

    fn child(&self, village: &str, number: &str, name: &str) -> Option<String> {
        self.children.get(&(village.to_owned(), number.to_owned(), name.to_owned())).cloned()
    }
}
