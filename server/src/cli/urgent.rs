//! `sothon urgent`: reports of children in danger.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Subcommand;
use serde_json::json;
use sync_core::document::shown_text;
use sync_core::id::{ActorId, EntityId, NoticeId};
use sync_core::limits::LABEL_BYTES_MAX;
use sync_core::notice::UrgentReport;

use super::context::{CONFIDENTIAL_KEY_ENV, Context, clock, confidential_key, minute_of};
use crate::office::Office;
use crate::phone::cli::clean;

/// Reports of children in danger: abuse, abandonment, injury.
///
/// They come before anything else a phone sends, sealed to the confidential key. Look several times a day;
/// the number of unopened ones is also in /metrics (sothon_urgent_unopened). National child helpline: 111.
#[derive(Debug, Subcommand)]
pub(super) enum UrgentCommand {
    /// Every report, unopened ones first, without what it says.
    List {
        /// As JSON, for a program.
        #[arg(long)]
        json: bool,
    },
    /// Open a report and print it. The collector's phone is told that it was opened.
    #[command(
        after_long_help = "Example:\n  sothon urgent open 5f0c… --confidential-key /media/usb/confidential.key --by \"Phòng VH-XH\""
    )]
    Open {
        /// The report's name, or its beginning (from `sothon urgent list`).
        id: String,
        /// File of the confidential key.
        #[arg(long, value_name = "FILE", env = CONFIDENTIAL_KEY_ENV)]
        confidential_key: PathBuf,
        /// Who opens it: a function, kept in the log.
        #[arg(long, default_value = "văn phòng", value_name = "NAME")]
        by: String,
    },
}

pub(super) fn run(context: &Context, command: &UrgentCommand) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    match command {
        UrgentCommand::List { json } => list(&office, *json)?,
        UrgentCommand::Open { id, confidential_key: path, by } => {
            let by = by.trim();
            ensure!(
                (1..=LABEL_BYTES_MAX).contains(&by.len()) && clean(by) == by,
                "--by: 1 to {LABEL_BYTES_MAX} bytes of printable text"
            );
            let id = find(&office, id)?;
            let key = confidential_key(context, Some(path))?.context("--confidential-key is needed")?;
            let opened = office.open_urgent(None, id, &key, by, clock())?;
            let report = opened.context("this key does not open the report; it stays unopened")?;
            print(&office, &report)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The one report whose name begins so.
fn find(office: &Office, beginning: &str) -> anyhow::Result<NoticeId> {
    let beginning = beginning.trim().to_ascii_lowercase();
    let reports = office.urgent_reports()?;
    let mut fitting = reports.iter().map(|row| row.id).filter(|id| id.to_string().starts_with(&beginning));
    match (fitting.next(), fitting.next()) {
        (Some(id), None) => Ok(id),
        (Some(_), Some(_)) => bail!("{beginning}: several reports begin so; give more of the name"),
        (None, _) => bail!("{beginning}: no such report; `sothon urgent list` shows them"),
    }
}

fn list(office: &Office, json: bool) -> anyhow::Result<()> {
    let reports = office.urgent_reports()?;
    if json {
        let rows: Vec<_> = reports
            .iter()
            .map(|row| {
                json!({
                    "id": row.id, "device": row.device, "label": row.label, "made_at": row.made_at,
                    "received_at": row.received_at, "opened_at": row.opened_at, "opened_by": row.opened_by,
                })
            })
            .collect();
        out!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    let unopened = reports.iter().filter(|row| row.opened_at.is_none()).count();
    out!("Báo tin khẩn: {} ({unopened} chưa mở)", reports.len());
    for row in reports {
        let state = match (row.opened_at, &row.opened_by) {
            (Some(at), by) => {
                format!("đã mở {} ({})", minute_of(at), clean(by.as_deref().unwrap_or_default()))
            }
            (None, _) => "CHƯA MỞ".to_owned(),
        };
        out!("  {}  nhận {}  {}  {state}", row.id, minute_of(row.received_at), clean(&row.label));
    }
    if unopened > 0 {
        out!("  Mở: sothon urgent open MÃ --confidential-key TỆP");
    }
    Ok(())
}

fn print(office: &Office, report: &UrgentReport) -> anyhow::Result<()> {
    let kind = match report.kind.as_str() {
        "abuse" => "Trẻ bị xâm hại hoặc bạo lực",
        "abandonment" => "Trẻ bị bỏ rơi",
        "injury" => "Trẻ bị tai nạn, thương tích",
        "danger" => "Trẻ đang gặp nguy hiểm",
        _ => "Việc khác",
    };
    out!("{kind}");
    for (label, text) in [
        ("Về", &report.about),
        ("Ở đâu", &report.place),
        ("Việc xảy ra", &report.happened),
        ("Liên hệ người báo", &report.contact),
    ] {
        if !text.is_empty() {
            out!("  {label}: {}", clean(text));
        }
    }
    let Some(document) = report.document else { return Ok(()) };
    // The household may not have been sent yet, or its visit was refused.
    let Ok(household) = office.household(document, None, ActorId([0; 16])) else {
        out!("  Hộ: {document} (chưa có trong sổ)");
        return Ok(());
    };
    let view = household.view();
    let own = |field: &str| clean(shown_text(&view.household, field).unwrap_or("–"));
    let (unit, village) = (office.unit_word(), &view.village);
    out!("  Hộ: {unit} {village} số {} ({}), {}", own("number"), own("head_name"), own("address"));
    let person = report.person.as_deref().and_then(|key| key.parse::<EntityId>().ok());
    if let Some((_, fields)) = person.and_then(|key| view.person(&key)) {
        let of = |field: &str| clean(shown_text(fields, field).unwrap_or("–"));
        out!("  Người: {}, sinh {}", of("name"), of("birth_date"));
    }
    Ok(())
}
