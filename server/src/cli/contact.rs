//! `sothon contact`: whom collectors call.

use std::process::ExitCode;

use anyhow::{bail, ensure};
use clap::Subcommand;
use sync_core::limits::{CONTACTS_MAX, LABEL_BYTES_MAX};

use super::context::{Context, clock};
use crate::phone::cli::clean;
use crate::problem::Code;

/// Telephone numbers that every phone shows beside an urgent report, with or without a network.
///
/// The national child helpline 111 is always shown; give the commune's own here: its officer for children,
/// police, health station.
#[derive(Debug, Subcommand)]
pub(super) enum ContactCommand {
    /// Set a number. A new one is shown last.
    #[command(after_long_help = "Example:\n  sothon contact set \"Công an xã\" \"0900 000 001\"")]
    Set {
        /// Whom one reaches: an office or a function.
        label: String,
        /// The number.
        phone: String,
    },
    /// The numbers, as phones show them.
    List,
    /// Remove a number.
    Remove {
        /// Whom one reached.
        label: String,
    },
}

/// Characters of a number: + and digits, and what people write between them.
fn is_number(phone: &str) -> bool {
    let written = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '.' | '-' | '(' | ')');
    (3..=30).contains(&phone.len())
        && phone.chars().all(written)
        && phone.chars().filter(char::is_ascii_digit).count() >= 3
}

pub(super) fn run(context: &Context, command: &ContactCommand) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    match command {
        ContactCommand::Set { label, phone } => {
            let (label, phone) = (label.trim(), phone.trim());
            ensure!(
                (1..=LABEL_BYTES_MAX).contains(&label.len()) && clean(label) == label,
                "the label: 1 to {LABEL_BYTES_MAX} bytes of printable text"
            );
            ensure!(
                is_number(phone),
                "{}: a telephone number has 3 to 30 digits, blanks, + . - ( )",
                clean(phone)
            );
            match office.set_contact(None, label, phone, clock()) {
                Err(problem) if problem.code == Code::LimitExceeded => {
                    bail!("{CONTACTS_MAX} numbers are set; remove one first: sothon contact remove LABEL")
                }
                other => other?,
            }
            out!("{label}: {phone}. Điện thoại sẽ biết ở lần gửi – nhận tới.");
        }
        ContactCommand::List => {
            for (label, phone) in office.contacts()? {
                out!("{}  {}", clean(&label), clean(&phone));
            }
        }
        ContactCommand::Remove { label } => match office.remove_contact(None, label, clock()) {
            Err(problem) if problem.code == Code::NotFound => {
                bail!("{}: no such contact; `sothon contact list` shows them", clean(label))
            }
            other => {
                other?;
                out!("Đã bỏ {}.", clean(label));
            }
        },
    }
    Ok(ExitCode::SUCCESS)
}
