//! The reference client on the command line: `sothon phone --store FILE <command>`.
//!
//! Enters: what a collector types. Leaves: results on the standard output, progress and problems on the
//! standard error, in Vietnamese or English, each problem with its code and the next step. It decides
//! nothing the core does not decide; personal data is shown on the collector's own terminal only where
//! it was asked for, and never in a problem.

mod edit;
mod enrol;
mod failure;
mod issues;
mod notice;
mod report;
mod show;
mod sync;
mod visit;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};

use super::messages::Language;
use device_store::SqliteStore;

pub use failure::COMMAND_CODES;
use failure::Failure;
pub(crate) use show::clean;

/// A collector's device on the command line.
///
/// Everything is recorded in one file on this computer (`--store`), with or without a connection, and
/// `sync` exchanges it with the commune's office. Several devices are several files.
#[derive(Debug, Args)]
#[command(after_long_help = "\
A first day:
  sothon phone --store an.db enrol --server https://xa.example:8443 --ca office-ca.pem --code 7K3M-Q2XA-9FPT
  sothon phone --store an.db sync
  sothon phone --store an.db list --search \"nguyen van\"
  sothon phone --store an.db visit entry.json --household 03/12
  sothon phone --store an.db sync
  sothon phone --store an.db status

Exit status: 0 done, 1 a problem (printed with its code and the next step), 2 wrong usage.")]
pub struct PhoneArgs {
    /// The device's store: one file a device, created by `enrol`.
    #[arg(long, value_name = "FILE", env = "SOTHON_STORE")]
    pub store: PathBuf,
    /// Language of what is said to people.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "LANGUAGE")]
    pub lang: Language,
    /// Seconds by which this device's clock is off (tests).
    #[arg(
        long,
        global = true,
        hide = true,
        default_value_t = 0,
        allow_negative_numbers = true,
        value_name = "SECONDS"
    )]
    pub clock_offset: i64,
    /// Draws keys and names from this seed instead of the system (tests; never for real records).
    #[arg(long, global = true, hide = true, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// What to do.
    #[command(subcommand)]
    pub command: PhoneCommand,
}

/// What the device can do.
#[derive(Debug, Subcommand)]
pub enum PhoneCommand {
    /// Make this file a device of the commune, with a one-time code from the office.
    Enrol(enrol::EnrolArgs),
    /// List the households on this device.
    List(report::ListArgs),
    /// Show a whole household, with every value that is in dispute.
    Show(show::ShowArgs),
    /// Record visits and other form entries.
    Visit(visit::VisitArgs),
    /// Change single fields of a household.
    Edit(edit::EditArgs),
    /// List the fields on which people wrote different things.
    Conflicts(report::ConflictsArgs),
    /// Say which value of a disputed field is right.
    Decide(edit::DecideArgs),
    /// Report a child in danger: sealed, and sent before everything else.
    Urgent(notice::UrgentArgs),
    /// Sign that a village was reviewed, or take that back.
    SignOff(notice::SignOffArgs),
    /// Exchange everything with the office.
    Sync(sync::SyncArgs),
    /// Tell how this device stands: what is unsent, refused, undecided, and what to do.
    Status(report::StatusArgs),
    /// Copy the store to another file.
    Export(report::ExportArgs),
}

/// What every command needs of its surroundings.
struct Desk {
    store: PathBuf,
    language: Language,
    clock_offset: i64,
    seed: Option<u64>,
}

impl Desk {
    /// Seconds since 1970 as this device has them.
    fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        i64::try_from(now).unwrap_or(i64::MAX).saturating_add(self.clock_offset)
    }

    /// The day it is in Việt Nam, as this device has it.
    fn today(&self) -> jiff::civil::Date {
        let now = jiff::Timestamp::from_second(self.now()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        jiff::tz::Offset::constant(7).to_datetime(now).date()
    }

    fn open(&self) -> Result<SqliteStore, Failure> {
        let mut store = SqliteStore::open(&self.store)?;
        store.tell_clock(self.now());
        Ok(store)
    }

    /// Randomness for one command. From a seed it differs from command to command all the same: two
    /// objects must never get one name.
    fn random(&self, store: &SqliteStore) -> Result<StdRng, Failure> {
        match self.seed {
            Some(seed) => {
                let place = store.change_count()?.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                Ok(StdRng::seed_from_u64(seed ^ place))
            }
            None => StdRng::try_from_rng(&mut SysRng).map_err(|_| Failure::of("store_file")),
        }
    }

    fn word(&self, key: &str) -> &'static str {
        self.language.word(key)
    }

    /// A line of progress or advice.
    fn tell(&self, line: &str) {
        // Whoever closed the standard error does not want to be told.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// A result. A reader that has seen enough (`| head`) is no problem.
fn give(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::of("store_file")),
        _ => Ok(()),
    }
}

/// A pause between attempts.
fn wait(pause: Duration) {
    std::thread::park_timeout(pause);
}

/// Runs one command.
///
/// # Errors
/// None so far: what goes wrong is told on the standard error and in the exit status.
pub fn run(args: PhoneArgs) -> anyhow::Result<ExitCode> {
    let desk =
        Desk { store: args.store, language: args.lang, clock_offset: args.clock_offset, seed: args.seed };
    let done = match args.command {
        PhoneCommand::Enrol(args) => enrol::enrol(&desk, &args),
        PhoneCommand::List(args) => report::list(&desk, &args),
        PhoneCommand::Show(args) => show::show(&desk, &args),
        PhoneCommand::Visit(args) => visit::visit(&desk, &args),
        PhoneCommand::Edit(args) => edit::edit(&desk, &args),
        PhoneCommand::Conflicts(args) => report::conflicts(&desk, &args),
        PhoneCommand::Decide(args) => edit::decide(&desk, &args),
        PhoneCommand::Urgent(args) => notice::urgent(&desk, &args),
        PhoneCommand::SignOff(args) => notice::sign_off(&desk, &args),
        PhoneCommand::Sync(args) => sync::sync(&desk, &args),
        PhoneCommand::Status(args) => report::status(&desk, &args),
        PhoneCommand::Export(args) => report::export(&desk, &args),
    };
    Ok(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(&desk),
    })
}
