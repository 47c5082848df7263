//! `sothon letter`: signed work taken in from a file.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sync_core::id::CommuneId;
use sync_core::wire::{LetterAnswer, from_plain};

use super::context::{Context, clock};
use crate::problem::Code;

/// Take in what a phone could not send: the letter in its backup file, or a letter alone.
///
/// A phone that is locked, whose PIN is forgotten, or that never reaches the network keeps its signed work
/// in a letter sealed to this office. Taking it in again does no harm, nor does the phone sending the same
/// later. The rest of a backup file stays sealed: only the phone's PIN opens it.
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  sothon letter /media/usb/so-thon-2026-11-23.sothon")]
pub(super) struct LetterArgs {
    /// The backup file (exported by the phone's app), or the letter itself.
    file: PathBuf,
}

/// Larger is no backup of a phone.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// How a backup file begins.
const BACKUP: &str = "sothon-backup";
const BACKUP_VERSION: u32 = 1;

/// A backup file of a phone, as far as the office understands it.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct Backup {
    #[n(1)]
    kind: String,
    #[n(2)]
    version: u32,
    /// Absent if the phone was locked when the file was written: then the letter's seal tells alone.
    #[n(3)]
    commune: Option<CommuneId>,
    #[n(8)]
    letter: Option<ByteVec>,
}

pub(super) fn run(context: &Context, args: &LetterArgs) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    let name = args.file.display();
    let file = File::open(&args.file).with_context(|| format!("opening {name}"))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).with_context(|| format!("reading {name}"))?;
    ensure!(bytes.len() as u64 <= FILE_BYTES_MAX, "{name} is larger than a phone's backup can be");
    let letter = match from_plain::<Backup>(&bytes) {
        Ok(backup) if backup.kind == BACKUP => {
            ensure!(backup.version == BACKUP_VERSION, "{name} was written by a newer app: update sothon");
            ensure!(
                backup.commune.is_none_or(|commune| commune == office.commune().id),
                "{name} is of another commune's phone; nothing was taken in"
            );
            let Some(letter) = backup.letter else {
                bail!(
                    "{name}: the phone had nothing unsent when it was written; there is nothing to take in"
                );
            };
            letter.to_vec()
        }
        _ => bytes,
    };
    let answer = match office.letter(&letter, clock()) {
        Ok(answer) => from_plain::<LetterAnswer>(&answer)?,
        Err(problem) => bail!("{name}: {}", what_to_do(problem.code)),
    };
    out!(
        "Đã nhận: {} lô thay đổi, {} báo tin và bản xác nhận{}.",
        answer.receipts.len(),
        answer.notices.len(),
        match answer.notice_refusals.len() {
            0 => String::new(),
            refused => format!(", {refused} không nhận được (vẫn ở điện thoại)"),
        }
    );
    for refusal in &answer.notice_refusals {
        out!("  {}  {}", refusal.id, refusal.code);
    }
    Ok(ExitCode::SUCCESS)
}

fn what_to_do(code: Code) -> String {
    let say = match code {
        Code::BodyMalformed => "neither a phone's backup nor a letter",
        Code::LetterUnopenable => "the letter is to another office, or damaged; let the phone sync instead",
        Code::DeviceUnknown => "its phone is not enrolled here",
        Code::DeviceRevoked => "its phone was revoked; nothing is accepted from it",
        Code::BatchNumberRepeated => "the phone has since gone on from a restored store; let it sync instead",
        _ => return format!("{} ({})", code.title(), code.code()),
    };
    format!("{say} ({})", code.code())
}
