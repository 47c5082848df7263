//! `sothon round`: review rounds, and how far each village is.

use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::json;
use sync_core::limits::{LABEL_BYTES_MAX, ROUND_CODE_BYTES_MAX, ROUNDS_MAX};
use sync_core::wire::ReviewRound;

use super::context::{Context, clock, day_of, today};
use super::device::known_village;
use crate::office::pages::{CodeSignOff, VillageState};
use crate::office::{Office, SignedOff};
use crate::phone::cli::clean;
use crate::problem::Code;

/// Open and close review rounds, and see how far each village is.
///
/// In a review round every household is visited once. Phones learn of a round with their next sync; at its
/// end each collector signs off the village, and the sign-off is held against the register as it is now.
#[derive(Debug, Subcommand)]
pub(super) enum RoundCommand {
    /// Open a round: every phone is told with its next sync.
    Open(OpenArgs),
    /// Every round, in the order they were opened.
    List,
    /// Close a round: phones are told of it no longer. What was signed stays.
    Close {
        /// Its code.
        code: String,
    },
    /// Per village: households, visited, signed off, changed since, overdue.
    Status(StatusArgs),
}

/// Open a round: every phone is told with its next sync.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example:\n  sothon round open --code 2026-2 --title \"Rà soát cuối năm 2026\" --starts 2026-11-01 \\\n         \
        --ends 2026-11-25 --as-of 2026-11-20"
)]
pub(super) struct OpenArgs {
    /// A short name, used once: letters, digits, - and _. It is written into every visit.
    #[arg(long)]
    code: String,
    /// What collectors read.
    #[arg(long)]
    title: String,
    /// The first day of the round, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    starts: Date,
    /// The last day of the round. A village not signed off after it is overdue.
    #[arg(long, value_name = "DATE")]
    ends: Date,
    /// The day on which the forms of this round count.
    #[arg(long, value_name = "DATE")]
    as_of: Date,
}

/// Per village: households, visited, signed off, changed since, overdue.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  sothon round status\n  sothon round status 2026-2 --village 03\n  sothon round status --json"
)]
pub(super) struct StatusArgs {
    /// The round; the last one opened if none is named.
    code: Option<String>,
    /// Only this village.
    #[arg(long, value_name = "CODE")]
    village: Option<String>,
    /// As JSON, for a program.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, command: &RoundCommand) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    match command {
        RoundCommand::Open(args) => open(&office, args)?,
        RoundCommand::List => list(&office)?,
        RoundCommand::Close { code } => {
            office.close_round(None, code, clock()).map_err(|problem| no_round(code, &problem))?;
            out!("Đã đóng đợt {code}. Bản xác nhận đã ký vẫn giữ nguyên.");
        }
        RoundCommand::Status(args) => status(&office, args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn no_round(code: &str, problem: &crate::problem::Problem) -> anyhow::Error {
    match problem.code {
        Code::NotFound => anyhow::anyhow!("{code}: no such open round; `sothon round list` shows the rounds"),
        _ => anyhow::anyhow!("{code}: {problem}"),
    }
}

fn open(office: &Office, args: &OpenArgs) -> anyhow::Result<()> {
    let OpenArgs { code, title, starts, ends, as_of } = args;
    let is_code = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ensure!(
        (1..=ROUND_CODE_BYTES_MAX).contains(&code.len()) && code.chars().all(is_code),
        "--code: 1 to {ROUND_CODE_BYTES_MAX} letters, digits, - or _, for example 2026-2"
    );
    let title = title.trim();
    ensure!(
        (1..=LABEL_BYTES_MAX).contains(&title.len()) && clean(title) == title,
        "--title: 1 to {LABEL_BYTES_MAX} bytes of printable text"
    );
    ensure!(starts <= ends, "--ends: {ends} is before --starts {starts}");
    let round = ReviewRound {
        code: code.clone(),
        title: title.to_owned(),
        starts: starts.to_string(),
        ends: ends.to_string(),
        as_of: as_of.to_string(),
    };
    match office.open_round(None, &round, clock()) {
        Ok(true) => out!("Đã mở đợt {code}: {title}, từ {starts} đến {ends}, số liệu tính đến {as_of}."),
        Ok(false) => bail!("{code}: there is a round of this code already; nothing was changed"),
        Err(problem) if problem.code == Code::LimitExceeded => {
            bail!("{ROUNDS_MAX} rounds are open; close one first: sothon round close CODE")
        }
        Err(problem) => return Err(problem.into()),
    }
    out!("Điện thoại sẽ biết ở lần gửi – nhận tới.");
    Ok(())
}

fn list(office: &Office) -> anyhow::Result<()> {
    let rounds = office.rounds()?;
    if rounds.is_empty() {
        out!("Chưa có đợt rà soát nào. Mở đợt: sothon round open --help");
    }
    for row in rounds {
        let ReviewRound { code, title, starts, ends, as_of } = row.round;
        let state = match row.closed_at {
            None => "đang mở".to_owned(),
            Some(at) => format!("đóng ngày {}", day_of(at)),
        };
        out!("{code}  {}  {starts} – {ends}  tính đến {as_of}  {state}", clean(&title));
    }
    Ok(())
}

fn status(office: &Office, args: &StatusArgs) -> anyhow::Result<()> {
    if let Some(village) = &args.village {
        known_village(office, village)?;
    }
    let rounds = office.rounds()?;
    let found = match &args.code {
        Some(code) => rounds.into_iter().find(|row| row.round.code == *code),
        None => rounds.into_iter().next_back(),
    };
    let round = found.context("no such round; `sothon round list` shows the rounds")?.round;
    let today = today();
    // Villages of the day as of which the round counts; those of a day to come are today's.
    let mut villages = office.village_states(Some(&round), round.as_of.parse().unwrap_or(today))?;
    villages.retain(|state| args.village.as_ref().is_none_or(|code| state.codes.contains(code)));
    let ended = round.ends.parse::<Date>().is_ok_and(|ends| ends < today);
    if args.json {
        let villages: Vec<_> = villages.iter().map(|village| as_json(village, ended)).collect();
        let whole = json!({
            "round": {
                "code": round.code, "title": round.title, "starts": round.starts, "ends": round.ends,
                "as_of": round.as_of,
            },
            "villages": villages,
        });
        out!("{}", serde_json::to_string_pretty(&whole)?);
        return Ok(());
    }
    let (starts, ends) = (as_written(&round.starts), as_written(&round.ends));
    out!("Đợt {}: {}, {starts} – {ends}", round.code, clean(&round.title));
    let unit = office.unit_word();
    for village in &villages {
        out!(
            "{unit} {} {}: đã thăm {}/{} hộ, vắng nhà {}, chưa thống nhất {}",
            village.code,
            clean(&village.name),
            village.visited,
            village.households,
            village.tried,
            village.undecided
        );
        for of in &village.sign_offs {
            // Where villages came together or apart, each old register is signed by its collector.
            let is_own = village.sign_offs.len() == 1 && of.code == village.code;
            let whose = if is_own { String::new() } else { format!("{} {}: ", of.code, clean(&of.name)) };
            out!("  {whose}{}", signed_text(of, ended));
        }
    }
    Ok(())
}

fn signed_text(of: &CodeSignOff, ended: bool) -> String {
    let Some(signed) = &of.signed else {
        let what = if of.reopened { "đã mở lại, chưa xác nhận lại" } else { "chưa xác nhận" };
        return format!("{what}{}", if ended { ", QUÁ HẠN" } else { "" });
    };
    let fits = if signed.signature_fits { "chữ ký đúng" } else { "CHỮ KÝ SAI" };
    let since = match signed.changed_since {
        0 => "từ đó không có hộ nào thay đổi".to_owned(),
        count => format!("từ đó {count} hộ đã thay đổi"),
    };
    format!(
        "đã xác nhận ngày {} ({}, {} hộ, {fits}, nhận ngày {}); {since}",
        as_written(&signed.day),
        clean(&signed.label),
        signed.households,
        day_of(signed.received_at)
    )
}

/// A day as people write it, of one as it is kept: `2026-11-23`.
fn as_written(kept: &str) -> String {
    match kept.parse::<Date>() {
        Ok(day) => day.strftime("%d/%m/%Y").to_string(),
        Err(_) => clean(kept),
    }
}

fn as_json(village: &VillageState, ended: bool) -> serde_json::Value {
    let one = |signed: &SignedOff| {
        json!({
            "day": signed.day, "received_at": signed.received_at, "device": signed.device, "label": signed.label,
            "signature_fits": signed.signature_fits, "households": signed.households,
            "changed_since": signed.changed_since,
        })
    };
    let sign_offs: Vec<_> = village
        .sign_offs
        .iter()
        .map(|of| {
            json!({
                "village": of.code, "name": of.name, "signed": of.signed.as_ref().map(one), "reopened": of.reopened,
            })
        })
        .collect();
    // The sign-off of a village that is kept under one code, as nearly all are.
    let only = <&[CodeSignOff; 1]>::try_from(village.sign_offs.as_slice()).ok().map(|[of]| of);
    json!({
        "village": village.code, "name": village.name, "households": village.households,
        "visited": village.visited, "tried": village.tried, "undecided": village.undecided,
        "signed": only.and_then(|of| of.signed.as_ref()).map(one), "reopened": village.is_reopened(),
        "sign_offs": sign_offs, "overdue": ended && !village.is_signed() && village.households > 0,
    })
}
