//! `list`, `conflicts`, `status` and `export`: how the device and its households stand.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use sync_core::device::{DeviceStore as _, NoticeState};
use sync_core::document::{Container, Field, View};
use sync_core::id::EntityId;
use sync_core::wire::ReviewRound;

use super::notice::state_name;
use super::show::{Page, clean};
use super::{Desk, Failure, give};
use crate::phone::messages::Language;
use crate::phone::register::{Listed, Register};
use device_store::{SqliteStore, StoreError};
use schemas::record;

/// Lists the households on this device with number, head, children, last visit and state: unsent,
/// refused by the office, or with fields on which people wrote different things.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  sothon phone --store an.db list
  sothon phone --store an.db list --village 03 --search \"dang thi hoa\"     accents and case don't matter")]
pub struct ListArgs {
    /// Only those that say this: number, names, address, telephone, identity number.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only those of this village.
    #[arg(long, value_name = "CODE")]
    village: Option<String>,
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
}

/// Lists every field on which people wrote different things, with all values and who wrote them.
///
/// The document and the path are what `decide` takes.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  sothon phone --store an.db conflicts
  sothon phone --store an.db decide 03/12 household.phone --pick 2")]
pub struct ConflictsArgs {
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
}

/// Tells how this device stands: who it is, what is not sent yet, what the office refused and what to do
/// about it, when it last synced and how far it has read.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Copies the whole store, the device's key included, to a new file that only you can read.
///
/// A copy is for safety. Should it be used as a second device, the office notices by its numbers and both
/// go on as separate installations; better enrol the second one.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The file to create; an existing one is never overwritten.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What stands out about a household, in words.
pub(super) fn state_words(language: Language, listed: &Listed) -> Option<String> {
    let counts = [
        (listed.unsent, language.word("state_unsent")),
        (listed.refused, language.word("state_refused")),
        (listed.summary.undecided, language.word("state_undecided")),
    ];
    let words: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

pub(super) fn list(desk: &Desk, args: &ListArgs) -> Result<(), Failure> {
    let store = desk.open()?;
    store.state()?;
    let register = Register::load(&store, desk.today())?;
    let found: Vec<&Listed> = register.search(args.village.as_deref(), args.search.as_deref()).collect();
    if args.json {
        let one = |listed: &&Listed| {
            serde_json::json!({
                "document": listed.document(),
                "village": listed.view.village,
                "number": listed.summary.number,
                "head_name": listed.summary.head,
                "children": listed.summary.children,
                "unsent": listed.unsent,
                "refused": listed.refused,
                "undecided": listed.summary.undecided,
                "last_visit": listed.summary.last_visit(),
            })
        };
        return give(&format!("{:#}\n", found.iter().map(one).collect::<serde_json::Value>()));
    }
    if found.is_empty() {
        return give(&format!("{}\n", desk.word("list_empty")));
    }
    let heading = [
        desk.word("village"),
        desk.word("number"),
        desk.word("head"),
        desk.word("children"),
        desk.word("last_visit"),
        desk.word("document"),
        desk.word("state"),
    ];
    let mut rows = vec![heading.map(str::to_owned)];
    rows.extend(found.iter().map(|listed| {
        [
            clean(&listed.view.village),
            clean(&listed.summary.number),
            clean(&listed.summary.head),
            listed.summary.children.to_string(),
            listed.summary.last_visit().map_or_else(|| "–".to_owned(), |date| date.to_string()),
            listed.document().to_string(),
            state_words(desk.language, listed).unwrap_or_default(),
        ]
    }));
    give(&format!("{}{}\n", columns(&rows), desk.language.fill("list_total", &[("count", &found.len())])))
}

/// Rows with their columns below each other. Vietnamese letters are one column wide each.
fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}

/// What `edit` and `decide` call a field.
pub(super) fn path(object: Option<(Container, &EntityId)>, field: &str) -> String {
    match object {
        None => format!("household.{field}"),
        Some((container, key)) => format!("{}/{key}.{field}", container.key()),
    }
}

pub(super) fn conflicts(desk: &Desk, args: &ConflictsArgs) -> Result<(), Failure> {
    let store = desk.open()?;
    let device = store.state()?.device;
    let register = Register::load(&store, desk.today())?;
    let page = |view| Page { language: desk.language, device, view };
    if args.json {
        let mut all = Vec::new();
        for listed in register.households() {
            for (object, name, field) in listed.view.conflicts() {
                all.push(conflict_json(listed, object, name, field, device));
            }
        }
        return give(&format!("{:#}\n", serde_json::Value::Array(all)));
    }
    let (mut text, mut count) = (String::new(), 0);
    for listed in register.households().iter().filter(|listed| listed.summary.undecided > 0) {
        let page = page(&listed.view);
        let (village, number) = (clean(&listed.view.village), clean(&listed.summary.number));
        let _ = writeln!(text, "{village}/{number}  {}  {}", clean(&listed.summary.head), listed.document());
        for (object, name, field) in listed.view.conflicts() {
            count += 1;
            let _ = writeln!(text, "  {}  {}", path(object, name), title(&page, &listed.view, object));
            let kind =
                object.map_or(Some(record::EntityKind::Household), |(container, _)| kind_of(container));
            text.push_str(&page.choices(kind, name, field, "    "));
        }
    }
    match count {
        0 => give(&format!("{}\n", desk.word("conflicts_none"))),
        _ => give(&format!("{text}{}\n", desk.language.fill("conflicts_total", &[("count", &count)]))),
    }
}

fn title(page: &Page<'_>, view: &View, object: Option<(Container, &EntityId)>) -> String {
    object
        .and_then(|(container, key)| Some(page.title(container, key, view.entity(container, key)?)))
        .unwrap_or_default()
}

/// The kind of entity a container holds.
pub(super) fn kind_of(container: Container) -> Option<record::EntityKind> {
    record::definition().entity_in(container.key()).map(|entity| entity.kind)
}

fn conflict_json(
    listed: &Listed,
    object: Option<(Container, &EntityId)>,
    name: &str,
    field: &Field,
    device: sync_core::id::DeviceId,
) -> serde_json::Value {
    let values = field.values().map(|written| {
        serde_json::json!({
            "value": written.value.to_json(),
            "device": written.actor.device(),
            "own": written.actor.device() == device,
        })
    });
    serde_json::json!({
        "document": listed.document(),
        "village": listed.view.village,
        "number": listed.summary.number,
        "path": path(object, name),
        "values": values.collect::<Vec<_>>(),
    })
}

/// Seconds since 1970 as a person in Việt Nam reads them.
fn local_time(seconds: i64) -> String {
    let zone = jiff::tz::Offset::constant(7);
    jiff::Timestamp::from_second(seconds)
        .map(|time| zone.to_datetime(time).strftime("%d/%m/%Y %H:%M").to_string())
        .unwrap_or_default()
}

/// Tells what the office refused, each code once, with the next step.
pub(super) fn tell_refused(desk: &Desk, store: &SqliteStore) -> Result<(), Failure> {
    let refused = store.refused()?;
    let mut codes: Vec<&str> = refused.iter().map(|change| change.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    for code in codes {
        let advice = desk.language.advice(code);
        let of_code = refused.iter().filter(|change| change.code == code);
        let mut documents: Vec<String> = of_code.map(|change| change.document.to_string()).collect();
        documents.dedup();
        let line = format!("! {} [{code}]\n  {}: {}", advice.say, desk.word("next"), advice.next);
        desk.tell(&format!("{line}\n  {}", documents.join("\n  ")));
    }
    for stored in store.notices()? {
        if let (NoticeState::Refused, Some(code)) = (stored.state, &stored.code) {
            let advice = desk.language.advice(code);
            let line = format!("! {} [{code}]\n  {}: {}", advice.say, desk.word("next"), advice.next);
            desk.tell(&format!("{line}\n  {}", stored.notice.id));
        }
    }
    Ok(())
}

pub(super) fn status(desk: &Desk, args: &StatusArgs) -> Result<(), Failure> {
    let store = desk.open()?;
    let (state, counts) = (store.state()?, store.counts()?);
    let enrolment = store.enrolment()?.ok_or(StoreError::NotEnrolled)?;
    let (refused, last_sync) = (store.refused()?, store.last_sync()?);
    let undecided = Register::load(&store, desk.today())?.undecided();
    let notices = store.notices()?;
    let rounds = state.commune.rounds.clone().unwrap_or_default();
    let contacts = state.commune.contacts.clone().unwrap_or_default();
    let name_of = |code: &str| {
        let named = state.commune.villages.iter().find(|(known, _)| known == code);
        named.map_or_else(String::new, |(_, name)| name.clone())
    };
    if args.json {
        let villages = state.grants.villages.iter();
        let villages: Vec<_> =
            villages.map(|code| serde_json::json!({ "code": code, "name": name_of(code) })).collect();
        let refused = refused.iter().map(|change| {
            let advice = desk.language.advice(&change.code);
            serde_json::json!({
                "document": change.document,
                "hash": change.hash,
                "code": change.code,
                "noted_at": change.noted_at,
                "say": advice.say,
                "next": advice.next,
            })
        });
        let positions: serde_json::Map<String, serde_json::Value> =
            state.cursor.positions.iter().map(|at| (at.village.clone(), at.log.into())).collect();
        let json = serde_json::json!({
            "store": store.path().display().to_string(),
            "server": enrolment.server,
            "label": enrolment.label,
            "device": state.device,
            "installation": state.installation,
            "commune": { "id": state.commune.id, "name": state.commune.name },
            "villages": villages,
            "documents": counts.documents,
            "unsent": counts.unsent,
            "signed": counts.signed,
            "open_batches": counts.open_batches,
            "refused": refused.collect::<Vec<_>>(),
            "undecided": undecided,
            "chain_number": state.chain_number,
            "rounds": rounds.iter().map(|round| serde_json::json!({
                "code": round.code, "title": round.title, "starts": round.starts, "ends": round.ends,
                "as_of": round.as_of,
            })).collect::<Vec<_>>(),
            "contacts": contacts,
            "notices": notices.iter().map(|stored| serde_json::json!({
                "id": stored.notice.id, "kind": stored.notice.kind, "made_at": stored.notice.made_at,
                "state": state_name(stored.state), "state_at": stored.state_at, "code": stored.code,
            })).collect::<Vec<_>>(),
            "last_sync": last_sync.map(|last| serde_json::json!({ "at": last.at, "agrees": last.agrees })),
            "cursor": { "incarnation": state.cursor.incarnation, "positions": positions },
        });
        return give(&format!("{json:#}\n"));
    }
    let mut text = String::new();
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key}: {value}");
    };
    line(desk.word("status_device"), format!("{} / {}", state.device, state.installation));
    if let Some(label) = &enrolment.label {
        line(desk.word("status_label"), clean(label));
    }
    line(desk.word("status_commune"), clean(&state.commune.name));
    line(desk.word("status_server"), clean(&enrolment.server));
    let villages = state.grants.villages.iter().map(|code| clean(format!("{code} {}", name_of(code)).trim()));
    line(desk.word("status_villages"), villages.collect::<Vec<_>>().join(", "));
    line(desk.word("status_documents"), counts.documents.to_string());
    let signed = match counts.signed {
        0 => String::new(),
        signed => format!(" ({} {signed})", desk.word("status_signed")),
    };
    line(desk.word("status_unsent"), format!("{}{signed}", counts.unsent));
    line(desk.word("status_refused"), counts.refused.to_string());
    line(desk.word("status_undecided"), undecided.to_string());
    let here = [NoticeState::Waiting, NoticeState::Refused];
    let waiting = notices.iter().filter(|stored| here.contains(&stored.state)).count();
    line(desk.word("status_notices"), waiting.to_string());
    for ReviewRound { code, title, starts, ends, .. } in &rounds {
        line(desk.word("status_rounds"), clean(&format!("{code} {title}, {starts} – {ends}")));
    }
    for (label, phone) in &contacts {
        line(desk.word("status_contacts"), clean(&format!("{label} {phone}")));
    }
    let last = match last_sync {
        None => desk.word("status_never").to_owned(),
        Some(last) => {
            let agrees = if last.agrees { desk.word("status_agrees") } else { desk.word("status_differs") };
            format!("{} ({agrees})", local_time(last.at))
        }
    };
    line(desk.word("status_last_sync"), last);
    let read = state.cursor.positions.iter().map(|at| format!("{} {}", clean(&at.village), at.log));
    line(desk.word("status_cursor"), read.collect::<Vec<_>>().join(", "));
    line(desk.word("status_store"), store.path().display().to_string());
    give(&text)?;
    tell_refused(desk, &store)
}

pub(super) fn export(desk: &Desk, args: &ExportArgs) -> Result<(), Failure> {
    desk.open()?.export(&args.file)?;
    give(&format!("{}\n", desk.language.fill("exported", &[("file", &args.file.display())])))
}
