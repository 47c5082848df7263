//! `sothon enrol-code` and `sothon device`.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use sync_core::id::DeviceId;

use super::context::{Context, clock, today};
use super::enrolment_link::{OfficeAddress, link, picture};
use crate::office::Office;
use crate::phone::cli::clean;
use crate::problem::Problem;

/// Make a one-time code by which a phone is enrolled with one or more villages, and with --address the link
/// and the QR code that open the app with it. They are shown once; the office keeps only the code's hash.
///
/// Whoever has the code can enrol one device with these villages: hand it to the collector alone. A code
/// that went astray is worth nothing once it was used, and `sothon device revoke` shuts out who used it.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example:\n  sothon enrol-code --label \"Điện thoại thôn 03 (máy 1)\" --village 03 \\\n         \
        --address https://so.example.vn:8443\n\n\
        The collector points the phone's camera at the QR code, or opens the link; both open the app with the \
        code filled in. The certificate must be one the phone trusts (docs/operations.md)."
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
    /// The address by which phones reach the office: https://NAME or https://NAME:PORT.
    #[arg(long, value_name = "URL", env = "SOTHON_ADDRESS")]
    address: Option<OfficeAddress>,
    /// Don't draw the QR code of the link.
    #[arg(long)]
    no_qr: bool,
    /// Print only the code, for scripts.
    #[arg(long)]
    quiet: bool,
}

/// Characters of a device's label.
const LABEL_CHARS_MAX: usize = 100;

/// Refuses a village this register does not have, and tells which it has.
pub(super) fn known_village(office: &Office, code: &str) -> anyhow::Result<()> {
    let villages = office.villages()?;
    let codes: Vec<&str> = villages.iter().map(|(code, _)| code.as_str()).collect();
    ensure!(codes.contains(&code), "{code}: no such village; there are {}", codes.join(", "));
    Ok(())
}

fn no_device(device: DeviceId) -> impl FnOnce(Problem) -> anyhow::Error {
    move |problem| anyhow::anyhow!("{device}: {problem}; `sothon device list` shows the devices")
}

pub(super) fn enrol_code(context: &Context, args: &EnrolCodeArgs) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    let label = args.label.trim();
    ensure!(
        (1..=LABEL_CHARS_MAX).contains(&label.chars().count()) && clean(label) == label,
        "--label: 1 to {LABEL_CHARS_MAX} printable characters"
    );
    args.villages.iter().try_for_each(|village| known_village(&office, village))?;
    let seconds = i64::from(args.hours) * 3600;
    let villages = office.codes_to_grant(&args.villages, today())?;
    let code = office.enrolment_code(label, &villages, seconds, clock()).context("making the code")?;
    if args.quiet {
        out!("{}", code.text);
        return Ok(ExitCode::SUCCESS);
    }
    out!("Mã ghi danh (dùng một lần, trong {} giờ): {}", args.hours, code.text);
    match &args.address {
        Some(address) => {
            let link = link(address, &code.text);
            out!("Liên kết mở ứng dụng: {link}");
            if !args.no_qr {
                out!("{}", picture(&link, std::io::stdout().is_terminal()).context("drawing the QR code")?);
                out!("Dùng máy ảnh của điện thoại quét mã QR, hoặc mở liên kết trên điện thoại.");
            }
        }
        None => {
            out!("Liên kết mở ứng dụng: {}", link(&"https://HOST:PORT", &code.text));
            out!("HOST:PORT là địa chỉ máy chủ; lần sau thêm --address https://HOST:PORT để có sẵn mã QR.");
        }
    }
    out!(
        "Bằng dòng lệnh: sothon phone --store FILE enrol --server {} --code {}",
        args.address.as_ref().map_or_else(|| "https://HOST:PORT".to_owned(), ToString::to_string),
        code.text
    );
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
        /// A village, with those that ended in it. Repeat for each; the list replaces the one before.
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
            let unit = office.unit_word();
            for device in office.devices()? {
                let state = if device.revoked { "thu hồi" } else { "đang dùng" };
                out!(
                    "{}  {}  {unit} {}  {} lô  bị giữ lại {}  {state}",
                    device.id,
                    clean(&device.label),
                    device.villages.join(", "),
                    device.batches,
                    device.quarantined
                );
            }
        }
        DeviceCommand::Villages => {
            for (code, name) in office.villages()? {
                out!("{code}  {name}");
            }
        }
        DeviceCommand::Grant { device, villages } => {
            villages.iter().try_for_each(|village| known_village(&office, village))?;
            let villages = office.codes_to_grant(villages, today())?;
            let passed = office.grant(None, *device, &villages, clock()).map_err(no_device(*device))?;
            out!(
                "{device}: {} villages granted; {passed} waiting changes entered the register",
                villages.len()
            );
        }
        DeviceCommand::Revoke { device } => {
            office.revoke(None, *device, clock()).map_err(no_device(*device))?;
            out!("{device}: revoked");
        }
    }
    Ok(ExitCode::SUCCESS)
}
