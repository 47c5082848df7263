//! `enrol`: a key is drawn, kept, and made known to the office.

use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use ed25519_dalek::SigningKey;
use sync_core::device::DeviceStore as _;
use sync_core::random::Random as _;

use super::{Desk, Failure, give, wait};
use crate::phone::client::{self, Client, Progress, Surroundings};
use device_store::{Enrolment, SqliteStore, StoreError};

/// Makes this file a device of the commune.
///
/// Draws a key that never leaves the file, and proves it to the office together with the one-time code.
/// If the line breaks, run the same command again: the same key is used.
///
/// A device the office no longer knows, or asks to enrol again, adds `--again`: everything recorded here
/// is kept and sent later.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  sothon phone --store an.db enrol --server https://xa.example:8443 --ca office-ca.pem --code 7K3M-Q2XA-9FPT
  echo 7K3M-Q2XA-9FPT | sothon phone --store an.db enrol --server https://xa.example:8443 --code -")]
pub struct EnrolArgs {
    /// The office's address: https://host:port.
    #[arg(long, value_name = "URL")]
    server: String,
    /// Certificates (PEM) that the office's own descends from; kept in the store. Without it, those of
    /// the system are trusted.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The one-time code, or `-` to read it from the standard input.
    #[arg(long, value_name = "CODE")]
    code: String,
    /// Your own name for this device; told to nobody.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Enrol a device again that was enrolled before. Nothing is lost.
    #[arg(long)]
    again: bool,
    /// How often a failed request is tried again.
    #[arg(long, default_value_t = 5, value_name = "COUNT")]
    retries: u32,
}

pub(super) fn enrol(desk: &Desk, args: &EnrolArgs) -> Result<(), Failure> {
    let mut code = args.code.clone();
    if code == "-" {
        code.clear();
        std::io::stdin().take(1024).read_to_string(&mut code).map_err(|_| Failure::of("code_missing"))?;
    }
    let code = code.trim();
    if code.is_empty() {
        return Err(Failure::of("code_missing"));
    }
    let ca_pem = match &args.ca {
        Some(file) => {
            let pem = std::fs::read_to_string(file);
            Some(pem.map_err(|_| Failure::with("certificates_missing", file.display()))?)
        }
        None => None,
    };
    // Before anything is stored: a wrong address or file shows here.
    let client = Client::new(&args.server, ca_pem.as_deref())?;
    let mut store = SqliteStore::create(&desk.store)?;
    store.tell_clock(desk.now());
    let known = store.enrolment()?;
    match store.state() {
        Ok(_) if !args.again => return Err(Failure::of("already_enrolled")),
        Ok(_) | Err(StoreError::NotEnrolled) => {}
        Err(error) => return Err(error.into()),
    }
    let key = match known {
        Some(known) => known.key,
        None => {
            let mut secret = zeroize::Zeroizing::new([0; 32]);
            desk.random(&store)?.fill(&mut *secret);
            SigningKey::from_bytes(&secret)
        }
    };
    let enrolment = Enrolment { key, server: args.server.clone(), ca_pem, label: args.label.clone() };
    store.begin_enrolment(&enrolment)?;
    let mut surroundings = Surroundings {
        clock: &|| desk.now(),
        wait: &mut wait,
        progress: &mut |progress| {
            if let Progress::TryingAgain { code, failures, pause } = progress {
                desk.trying_again(code, failures, pause);
            }
        },
    };
    let answer = client::enrol(&client, code, &enrolment.key, args.retries, &mut surroundings)?;
    store.finish_enrolment(&answer)?;
    let unit = answer.commune.unit_word.as_str();
    let villages: Vec<String> =
        answer.commune.villages.iter().map(|(code, name)| format!("{code} {name}")).collect();
    let villages = if villages.is_empty() { unit.to_owned() } else { villages.join(", ") };
    let device: &dyn core::fmt::Display = &answer.device;
    let done = desk.language.fill("enrolled", &[("device", device), ("commune", &answer.commune.name)]);
    let next = desk.language.fill("enrolled_next", &[("villages", &villages)]);
    give(&format!("{done}\n{next}\n"))
}
