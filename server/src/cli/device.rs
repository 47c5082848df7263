//! `sothon enrol-code` and `sothon device`.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use sync_core::id::DeviceId;

use super::context::{Context, clock};

/// Make a one-time code by which a phone is enrolled with one or more villages. The code is shown once;
/// the office keeps only its hash.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example:\n  sothon enrol-code --label \"Điện thoại thôn 03 (máy 1)\" --village 03 --hours 48"
)]
pub(super) struct EnrolCodeArgs {
    /// What the office calls the device. No collector's name is needed.
    #[arg(long, default_value = "điện thoại")]
    label: String,
    /// A village the device may see and write. Repeat for each.
    #[arg(long = "village", value_name = "CODE", required = true)]
    villages: Vec<String>,
    /// How long the code can be used.
    #[arg(long, default_value_t = 48, value_parser = clap::value_parser!(u16).range(1..=720))]
    hours: u16,
    /// Print only the code, for scripts.
    #[arg(long)]
    quiet: bool,
}

pub(super) fn enrol_code(context: &Context, args: &EnrolCodeArgs) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    let seconds = i64::from(args.hours) * 3600;
    let code = office
        .enrolment_code(&args.label, &args.villages, seconds, clock())
        .context("making the code: is every --village one of this register (sothon device villages)?")?;
    if args.quiet {
        println!("{}", code.text);
    } else {
        println!("Mã ghi danh (dùng một lần, trong {} giờ): {}", args.hours, code.text);
        println!(
            "On the phone: sothon phone --store FILE enrol --server https://HOST:PORT --ca CA.pem --code {}",
            code.text
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// List devices, change their villages, revoke them.
#[derive(Debug, Subcommand)]
pub(super) enum DeviceCommand {
    /// Every phone: villages, last batch, what is in quarantine.
    List,
    /// The villages of this register.
    Villages,
    /// Replace the villages of a device. What it had sent for a village now granted enters the register.
    Grant {
        /// The device (from `sothon device list`).
        device: DeviceId,
        /// A village. Repeat for each; the list replaces the one before.
        #[arg(long = "village", value_name = "CODE", required = true)]
        villages: Vec<String>,
    },
    /// Accept nothing more from a device. What it sent stays.
    Revoke {
        /// The device.
        device: DeviceId,
    },
}

pub(super) fn run(context: &Context, command: &DeviceCommand) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    match command {
        DeviceCommand::List => {
            for device in office.devices()? {
                let state = if device.revoked { "thu hồi" } else { "đang dùng" };
                println!(
                    "{}  {}  thôn {}  {} lô  cách ly {}  {state}",
                    device.id,
                    device.label,
                    device.villages.join(", "),
                    device.batches,
                    device.quarantined
                );
            }
        }
        DeviceCommand::Villages => {
            for (code, name) in office.villages()? {
                println!("{code}  {name}");
            }
        }
        DeviceCommand::Grant { device, villages } => {
            let passed = office.grant(*device, villages, clock())?;
            println!(
                "{device}: {} villages granted; {passed} waiting changes entered the register",
                villages.len()
            );
        }
        DeviceCommand::Revoke { device } => {
            office.revoke(*device, clock())?;
            println!("{device}: revoked");
        }
    }
    Ok(ExitCode::SUCCESS)
}
