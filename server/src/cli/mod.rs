//! The command line `sothon`: one file a command. Commands read and print; what they do is in the other
//! modules.

/// Prints a line. A reader that has seen enough (`| head`) ends the command by an error, not by a panic.
macro_rules! out {
    ($($argument:tt)*) => {
        std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", format_args!($($argument)*)))?
    };
}

mod account;
mod backup;
mod conflicts;
mod contact;
mod context;
mod decide;
mod device;
mod enrolment_link;
mod explain;
mod export;
mod filing;
mod import;
mod init;
mod letter;
mod link;
mod round;
mod serve;
mod set;
mod tally;
mod urgent;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use context::Context;

/// Sổ Thôn: the village's register of households with children, merged from the collectors' phones
/// into the commune's official forms.
#[derive(Debug, Parser)]
#[command(
    name = "sothon",
    version,
    about,
    after_long_help = "A register's first day:\n\n  \
        sothon init --name \"Xã Mẫu\" --village 01=\"Thôn Một\" --village 02=\"Thôn Hai\" \\\n              \
        --confidential-key /media/usb/confidential.key\n  \
        sothon import so-theo-doi.xlsx\n  \
        sothon serve\n  \
        sothon enrol-code --label \"Điện thoại thôn 01\" --village 01\n\n\
        Every command explains itself: sothon COMMAND --help\n\n\
        Exit status: 0 done, 1 a problem (printed with the next step), 2 wrong usage, 3 done, and something\n\
        needs a look (import: rows refused; tally: a sum of the form does not hold)."
)]
pub struct Cli {
    /// Folder of the register: database, office key, certificates.
    #[arg(long, global = true, env = "SOTHON_DATA", default_value = "sothon-data")]
    data: PathBuf,
    /// How log lines are written to standard error.
    #[arg(long, global = true, default_value = "text", value_parser = ["text", "json"])]
    log_format: String,
    /// Which log lines are written: error, warn, info, debug.
    #[arg(long, global = true, env = "SOTHON_LOG", default_value = "warn")]
    log_level: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begin a register: commune, villages, keys.
    Init(init::InitArgs),
    /// Serve the devices over TLS.
    Serve(serve::ServeArgs),
    /// Who may sign in to the office's pages.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Make a one-time code by which a phone is enrolled.
    EnrolCode(device::EnrolCodeArgs),
    /// List devices, change their villages, revoke them.
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Take in the register the commune already keeps (XLSX or CSV).
    Import(crate::import::ImportArgs),
    /// Fill in an official form.
    Tally(tally::TallyArgs),
    /// List the children behind a cell, and the signed changes behind each.
    Explain(explain::ExplainArgs),
    /// Forms that were frozen and signed at the office's desk.
    #[command(subcommand)]
    Filing(filing::FilingCommand),
    /// Write the register out, for another program or a look.
    Export(export::ExportArgs),
    /// Show what is undecided: disputed fields, possible duplicates, refused changes.
    Conflicts(conflicts::ConflictsArgs),
    /// Settle a field on which people wrote different things.
    Decide(decide::DecideArgs),
    /// Say whether two records are one person.
    Link(link::LinkArgs),
    /// Reports of children in danger.
    #[command(subcommand)]
    Urgent(urgent::UrgentCommand),
    /// Review rounds, and how far each village is.
    #[command(subcommand)]
    Round(round::RoundCommand),
    /// Telephone numbers that every phone shows.
    #[command(subcommand)]
    Contact(contact::ContactCommand),
    /// Take in what a phone could not send, from its backup file.
    Letter(letter::LetterArgs),
    /// Check every signature, hash and chain, and recompute the projection from the log.
    Verify(verify::VerifyArgs),
    /// Copy the register into one file, while it is being served.
    Backup(backup::BackupArgs),
    /// Set what the forms need from the commune: total population, columns, a whole form of its own.
    Set(set::SetArgs),
    /// Be a collector's device: record visits offline, sync with the office.
    Phone(crate::phone::cli::PhoneArgs),
}

/// Runs the command line.
///
/// # Errors
/// What went wrong, for a person to read.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let serving = matches!(cli.command, Command::Serve(_));
    let level = if serving && cli.log_level == "warn" { "info" } else { &cli.log_level };
    crate::logging::install(cli.log_format.parse()?, level.parse()?)?;
    let context = Context::new(cli.data);
    match cli.command {
        Command::Init(args) => init::run(&context, &args),
        Command::Serve(args) => serve::run(&context, args),
        Command::Account(command) => account::run(&context, &command),
        Command::EnrolCode(args) => device::enrol_code(&context, &args),
        Command::Device(command) => device::run(&context, &command),
        Command::Import(args) => import::run(&context, &args),
        Command::Tally(args) => tally::run(&context, &args),
        Command::Explain(args) => explain::run(&context, &args),
        Command::Filing(command) => filing::run(&context, &command),
        Command::Export(args) => export::run(&context, &args),
        Command::Conflicts(args) => conflicts::run(&context, &args),
        Command::Decide(args) => decide::run(&context, &args),
        Command::Link(args) => link::run(&context, &args),
        Command::Urgent(command) => urgent::run(&context, &command),
        Command::Round(command) => round::run(&context, &command),
        Command::Contact(command) => contact::run(&context, &command),
        Command::Letter(args) => letter::run(&context, &args),
        Command::Verify(args) => verify::run(&context, &args),
        Command::Backup(args) => backup::run(&context, &args),
        Command::Set(args) => set::run(&context, &args),
        Command::Phone(args) => crate::phone::cli::run(args),
    }
}
