//! `sync`: one whole exchange with the office, with progress for a person.

use std::time::Duration;

use clap::Args;
use sync_core::device::{DeviceStore as _, Encoding};

use super::{Desk, Failure, give, report, wait};
use crate::phone::client::{self, Client, Progress, Surroundings, SyncOptions};
use device_store::{LastSync, StoreError};

/// Exchanges everything with the office: sends what was recorded here, receives what others recorded.
///
/// May be cut off at any time and run again: nothing is sent twice that arrived, nothing recorded is
/// lost. What the office does not accept stays here, is kept there too, and is listed with the next step.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  sothon phone --store an.db sync
  sothon phone --store an.db sync --page-bytes 16384 --retries 20     on a bad line
  sothon phone --store an.db sync --json                              one line for a program")]
pub struct SyncArgs {
    /// Use the plain encoding instead of the packed one.
    #[arg(long)]
    plain: bool,
    /// The largest page to receive, in bytes of changes; smaller pages lose less on a bad line.
    #[arg(long, value_name = "BYTES")]
    page_bytes: Option<u32>,
    /// How often in a row a failed request is tried again.
    #[arg(long, default_value_t = 5, value_name = "COUNT")]
    retries: u32,
    /// Print the summary as one line of JSON.
    #[arg(long)]
    json: bool,
}

impl Desk {
    /// A request failed and will be repeated.
    pub(super) fn trying_again(&self, code: &str, failures: u32, pause: Duration) {
        let seconds = format!("{:.1}", pause.as_secs_f32());
        let line = self.language.fill("sync_again", &[("failures", &failures), ("seconds", &seconds)]);
        self.tell(&format!("  {} [{code}] {line}", self.language.advice(code).say));
    }
}

pub(super) fn sync(desk: &Desk, args: &SyncArgs) -> Result<(), Failure> {
    let mut store = desk.open()?;
    // Both must be there: a key alone is an enrolment that was never answered.
    store.state()?;
    let enrolment = store.enrolment()?.ok_or(StoreError::NotEnrolled)?;
    let client = Client::new(&enrolment.server, enrolment.ca_pem.as_deref())?;
    let before = store.counts()?;
    if before.unsent > 0 {
        desk.tell(&desk.language.fill("sync_sending", &[("unsent", &before.unsent)]));
    }
    let (mut acknowledged, mut refused, mut received) = (0, 0, 0);
    let mut surroundings = Surroundings {
        clock: &|| desk.now(),
        wait: &mut wait,
        progress: &mut |progress| match progress {
            Progress::Answered { requests, event } => {
                acknowledged += event.acknowledged;
                refused += event.refused;
                received += event.received;
                let counts: [(&str, &dyn core::fmt::Display); 4] = [
                    ("requests", &requests),
                    ("acknowledged", &acknowledged),
                    ("refused", &refused),
                    ("received", &received),
                ];
                desk.tell(&format!("  {}", desk.language.fill("sync_line", &counts)));
            }
            Progress::TryingAgain { code, failures, pause } => desk.trying_again(code, failures, pause),
        },
    };
    let options = SyncOptions {
        encoding: if args.plain { Encoding::Plain } else { Encoding::Packed },
        page_bytes: args.page_bytes,
        retries: args.retries,
    };
    let outcome = client::sync(&mut store, enrolment.key, &client, options, &mut surroundings)?;
    let summary = &outcome.summary;
    store.note_synced(LastSync { at: desk.now(), agrees: summary.agrees })?;
    for warning in &summary.total.warnings {
        let advice = desk.language.advice(warning);
        desk.tell(&format!("! {} [{warning}]\n  {}: {}", advice.say, desk.word("next"), advice.next));
    }
    let counts = store.counts()?;
    if args.json {
        let line = serde_json::json!({
            "requests": summary.requests,
            "retried": outcome.retried,
            "acknowledged": summary.total.acknowledged,
            "refused": summary.total.refused,
            "received": summary.total.received,
            "notices": summary.total.notices,
            "agrees": summary.agrees,
            "warnings": summary.total.warnings,
            "bytes_sent": outcome.bytes_sent,
            "bytes_received": outcome.bytes_received,
            "unsent": counts.unsent,
            "refused_now": counts.refused,
            "documents": counts.documents,
        });
        give(&format!("{line}\n"))?;
    } else {
        report::tell_refused(desk, &store)?;
        if summary.agrees {
            let bytes: [(&str, &dyn core::fmt::Display); 2] =
                [("sent", &outcome.bytes_sent), ("received", &outcome.bytes_received)];
            give(&format!("{} {}\n", desk.word("sync_done"), desk.language.fill("sync_bytes", &bytes)))?;
        }
    }
    if summary.agrees { Ok(()) } else { Err(Failure::of("digests_differ")) }
}
