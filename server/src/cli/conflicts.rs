//! `sothon conflicts`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value as Json, json};
use sync_core::document::{Container, Field, View, shown_text};
use sync_core::facts::{PersonRef, SamePerson};
use sync_core::id::ActorId;

use super::context::Context;
use super::device::known_village;
use crate::office::Office;
use crate::phone::cli::clean;

/// Show what is undecided: fields on which people wrote different things, children who may be registered
/// twice, and changes that were refused and are kept in quarantine.
#[derive(Debug, Args)]
pub(super) struct ConflictsArgs {
    /// Only this village.
    #[arg(long, value_name = "CODE")]
    village: Option<String>,
    /// As JSON, for a program.
    #[arg(long)]
    json: bool,
}

/// Everything undecided, as JSON.
pub(super) fn collect(office: &Office, village: Option<&str>) -> anyhow::Result<Json> {
    let mut fields = Vec::new();
    for row in office.conflicts(village)? {
        let household = office.household(row.document, None, ActorId([0; 16]))?;
        let view = household.view();
        let object = match Container::of_key(&row.container) {
            None => Some(&view.household),
            Some(container) => row.entity.parse().ok().and_then(|key| view.entity(container, &key)),
        };
        let mut values = Vec::new();
        for written in object.and_then(|object| object.get(&row.field)).into_iter().flat_map(Field::values) {
            let recorded = household.change_of(written).map(|hash| office.recorded(hash)).transpose()?;
            values.push(json!({
                "value": written.value.to_json(),
                "device": recorded.as_ref().map(|change| change.label.clone()),
                "log": recorded.as_ref().map(|change| change.position),
            }));
        }
        fields.push(json!({
            "document": row.document, "village": row.village,
            "household": shown_text(&view.household, "number"),
            "head_name": shown_text(&view.household, "head_name"), "container": row.container, "entity": row.entity, "field": row.field,
            "who": object.and_then(|object| shown_text(object, "name")), "values": values,
        }));
    }
    let mut candidates = Vec::new();
    for pair in office.facts(None, None)?.pairs.iter() {
        if pair.same == SamePerson::Undecided {
            let (a, b) = (person(office, &pair.a)?, person(office, &pair.b)?);
            if village.is_none_or(|village| a["village"] == village || b["village"] == village) {
                candidates.push(json!([a, b]));
            }
        }
    }
    let quarantine: Vec<Json> = office
        .quarantine()?
        .into_iter()
        .map(|row| {
            json!({
                "id": row.id, "device": row.device, "label": row.device_label, "document": row.document,
                "hash": row.hash, "code": row.code, "bytes": row.bytes,
            })
        })
        .collect();
    Ok(json!({ "fields": fields, "candidate_pairs": candidates, "quarantine": quarantine }))
}

fn person(office: &Office, person: &PersonRef) -> anyhow::Result<Json> {
    let view: View = office.household(person.document, None, ActorId([0; 16]))?.view();
    let fields = view.person(&person.person).map(|(_, fields)| fields);
    let text = |name: &str| fields.and_then(|fields| shown_text(fields, name));
    Ok(json!({
        "document": person.document, "person": person.person, "village": view.village,
        "household": shown_text(&view.household, "number"), "name": text("name"), "birth_date": text("birth_date"),
    }))
}

pub(super) fn run(context: &Context, args: &ConflictsArgs) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    if let Some(village) = &args.village {
        known_village(&office, village)?;
    }
    let whole = collect(&office, args.village.as_deref())?;
    if args.json {
        out!("{}", serde_json::to_string_pretty(&whole)?);
        return Ok(ExitCode::SUCCESS);
    }
    let text = |json: &Json| match json {
        Json::Null => "–".to_owned(),
        Json::String(text) => clean(text),
        other => clean(&other.to_string()),
    };
    let list = |name: &str| whole[name].as_array().cloned().unwrap_or_default();
    let unit = office.unit_word();
    out!("Trường có nhiều giá trị: {}", list("fields").len());
    for row in list("fields") {
        out!(
            "  {unit} {} hộ {} ({})  {}",
            text(&row["village"]),
            text(&row["household"]),
            text(&row["head_name"]),
            text(&row["who"])
        );
        let entity = match row["entity"].as_str() {
            None | Some("") => String::new(),
            Some(key) => format!(" --entity {key}"),
        };
        out!("    {} {} {}{entity}", text(&row["document"]), text(&row["container"]), text(&row["field"]));
        for (number, value) in (1..).zip(row["values"].as_array().into_iter().flatten()) {
            let said = clean(&value["value"].to_string());
            out!("      {number}. {said}  ← {} (nhật ký {})", text(&value["device"]), value["log"]);
        }
    }
    if !list("fields").is_empty() {
        out!("  Quyết định: sothon decide HỒ-SƠ NHÓM Ô --pick SỐ --reason \"lý do\" (hoặc --value GIÁ-TRỊ)");
    }
    out!("Cặp có thể trùng: {}", list("candidate_pairs").len());
    for pair in list("candidate_pairs") {
        for side in pair.as_array().into_iter().flatten() {
            out!(
                "  {}  sinh {}  {unit} {} hộ {}",
                text(&side["name"]),
                text(&side["birth_date"]),
                text(&side["village"]),
                text(&side["household"])
            );
        }
        out!("");
    }
    out!("Bản ghi bị giữ lại: {}", list("quarantine").len());
    for row in list("quarantine") {
        out!(
            "  {}  {}  {}  {} byte",
            text(&row["label"]),
            text(&row["code"]),
            text(&row["document"]),
            row["bytes"]
        );
    }
    Ok(ExitCode::SUCCESS)
}
