//! `visit`: form entries from files become changes of households.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use schemas::record::definition;
use serde_json::Value as Json;
use sync_core::device::{DeviceStore as _, record_entry};
use sync_core::document::View;
use sync_core::entry::{Entry, EntryPlan};
use sync_core::id::DeviceId;
use sync_core::issues::{Issue, entry_issues};
use sync_core::limits;
use sync_core::random::Random;
use sync_core::register::{HouseholdName, NotFound};

use super::show::{Page, clean, found};
use super::{Desk, Failure, give};
use crate::phone::register::{Listed, Register};
use device_store::SqliteStore;

/// Records form entries: what was seen and said on a visit.
///
/// An entry is JSON in the shape of `schemas/records/entry.1.schema.json`. A field that is absent stays
/// as it was, `null` clears it. An entry without a household begins a new one, in its `village`. Each
/// entry is on the disk when it is told, with or without a connection; half-filled ones are fine.
///
/// A file holds one entry, several one after the other (one a line, say), or an array. Where each is
/// about another household, wrap it: {"household": "03/12", "entry": {…}} or {"document": "…", "entry": {…}}.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  sothon phone --store an.db visit new-household.json
  sothon phone --store an.db visit second-visit.json --household 03/12
  sothon phone --store an.db visit --batch day.jsonl --json
  cat day.jsonl | sothon phone --store an.db visit --batch -

An entry:
  {\"entry\": 1, \"village\": \"03\",
   \"visit\": {\"date\": \"2024-10-12\", \"round\": \"2024-2\", \"result\": \"met\"},
   \"household\": {\"number\": \"12\", \"head_name\": \"Nguyễn Văn A\"},
   \"children\": [{\"ref\": \"c1\", \"name\": \"Nguyễn Thị B\", \"birth_date\": \"2019-05\", \"sex\": \"female\"}],
   \"circumstances\": [{\"person\": \"c1\", \"code\": \"II.4.1\", \"start\": \"2020\"}]}

With --json each entry gives one line: {\"document\": …, \"refs\": {\"c1\": …}, \"issues\": [{\"code\": …,
\"severity\": contradiction|doubtful|missing, \"container\": …, \"id\": …, \"field\": …}]} or {\"error\": …, \"entry\": N}.
Issues are what to look at or ask again; they keep nothing from being recorded.
An entry that can't be recorded does not stop the others; the exit status is then 1.")]
pub struct VisitArgs {
    /// Files of entries; `-` is the standard input.
    #[arg(value_name = "ENTRY.json", required_unless_present = "batch")]
    entries: Vec<PathBuf>,
    /// A file of many entries; `-` is the standard input.
    #[arg(long, value_name = "FILE")]
    batch: Option<PathBuf>,
    /// The household that unwrapped entries are about: village/number.
    #[arg(long, value_name = "VILLAGE/NUMBER", conflicts_with = "document")]
    household: Option<String>,
    /// The household that unwrapped entries are about: its document.
    #[arg(long, value_name = "DOCUMENT")]
    document: Option<String>,
    /// Begin a new household even if this device has one of the same village and number.
    #[arg(long)]
    new: bool,
    /// Print one line of JSON for each entry.
    #[arg(long)]
    json: bool,
}

/// Bytes of one file of entries.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Entries that are made durable together; each is told when it is.
const GROUP: usize = 64;

/// An entry and what it is about.
struct Task {
    household: Option<HouseholdName>,
    entry: Json,
}

/// An entry that is recorded.
struct Recorded {
    plan: EntryPlan,
    /// The household as it is then.
    view: View,
    /// Of what the entry touched.
    issues: Vec<Issue>,
}

pub(super) fn visit(desk: &Desk, args: &VisitArgs) -> Result<(), Failure> {
    let mut store = desk.open()?;
    let device = store.state()?.device;
    let named = args.household.as_deref().or(args.document.as_deref()).map(name_of).transpose()?;
    let mut tasks = Vec::new();
    for file in args.entries.iter().chain(&args.batch) {
        let bytes = read(file)?;
        tasks_of(&bytes, named.as_ref(), &mut tasks)
            .map_err(|error| Failure::with(error.0, format!("{}: {}", file.display(), error.1)))?;
    }
    // Numbers are looked up in all households, read once: a new household's too, lest it be begun twice.
    let by_number = |task: &Task| !matches!(task.household, Some(HouseholdName::Document(_)));
    let mut register =
        if tasks.iter().any(by_number) { Register::load(&store, desk.today())? } else { Register::default() };
    let mut random = desk.random(&store)?;
    let mut failed = None;
    let mut numbers = 1u32..;
    for group in tasks.chunks(GROUP) {
        store.tell_clock(desk.now());
        let results = store.as_one(|store| {
            let one = |task| record(desk, store, &mut register, task, args.new, &mut random);
            Ok::<_, Failure>(group.iter().map(one).collect::<Vec<_>>())
        })?;
        // Only now are they on the disk.
        for (number, result) in (&mut numbers).zip(results) {
            match result {
                Ok(recorded) => give(&told(desk, args.json, device, &recorded))?,
                Err(failure) => {
                    if args.json {
                        give(&format!(
                            "{}\n",
                            serde_json::json!({ "error": failure.code, "entry": number })
                        ))?;
                    }
                    desk.tell(&format!("{} {number}: {}", desk.word("entry_at"), failure.text(desk)));
                    failed = Some(Failure::told(&failure.code));
                }
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

fn name_of(name: &str) -> Result<HouseholdName, Failure> {
    name.parse().map_err(|_| Failure::of("household_name_invalid"))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |_| Failure::with("file_unreadable", file.display());
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        opened.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    Ok(bytes)
}

/// The entries in a file, in order: a code and what is safe to say if it can't be read.
fn tasks_of(
    bytes: &[u8],
    named: Option<&HouseholdName>,
    tasks: &mut Vec<Task>,
) -> Result<(), (&'static str, String)> {
    let mut add = |json: Json| {
        let Json::Object(mut object) = json else {
            return Err(("entry_shape", "{…}".to_owned()));
        };
        if !object.get("entry").is_some_and(Json::is_object) {
            tasks.push(Task { household: named.cloned(), entry: Json::Object(object) });
            return Ok(());
        }
        let entry = object.remove("entry").unwrap_or_default();
        let mut household = None;
        for (name, value) in object {
            let parsed = match name.as_str() {
                "household" | "document" => value.as_str().and_then(|text| text.parse().ok()),
                _ => return Err(("entry_unknown_part", name)),
            };
            household = Some(parsed.ok_or(("household_name_invalid", name))?);
        }
        tasks.push(Task { household: household.or_else(|| named.cloned()), entry });
        Ok(())
    };
    for json in serde_json::Deserializer::from_slice(bytes).into_iter::<Json>() {
        let json =
            json.map_err(|error| ("entry_not_json", format!("{}:{}", error.line(), error.column())))?;
        match json {
            Json::Array(list) => list.into_iter().try_for_each(&mut add)?,
            one => add(one)?,
        }
    }
    Ok(())
}

fn record(
    desk: &Desk,
    store: &mut SqliteStore,
    register: &mut Register,
    task: &Task,
    even_if_known: bool,
    random: &mut dyn Random,
) -> Result<Recorded, Failure> {
    let document = match &task.household {
        None => None,
        Some(HouseholdName::Document(document)) if store.documents()?.contains(document) => Some(*document),
        Some(name) => Some(found(register, name)?),
    };
    let size = serde_json::to_vec(&task.entry).map_or(usize::MAX, |bytes| bytes.len());
    if size > limits::ENTRY_BYTES_MAX {
        return Err(Failure::of("entry_too_large"));
    }
    let entry = Entry::from_json(task.entry.clone())?;
    // A new household's two changes are one: never a household with nothing in it.
    if document.is_none()
        && !even_if_known
        && let (Some(village), Some(number)) = (entry.village(), entry.household_number())
        && !matches!(
            register.find(&HouseholdName::Number(village.to_owned(), number.to_owned())),
            Err(NotFound::Unknown)
        )
    {
        return Err(Failure::of("household_exists"));
    }
    let (document, plan) = store
        .as_one(|store| record_entry(store, document, &entry, desk.now(), random).map_err(Failure::from))?;
    // A household begun in this run may be meant by a later entry of it.
    let Listed { view, summary, .. } = Listed::load(store, document, desk.today())?;
    register.index(&summary);
    let issues = entry_issues(&view, &plan, desk.today(), definition());
    Ok(Recorded { plan, view, issues })
}

fn told(desk: &Desk, json: bool, device: DeviceId, recorded: &Recorded) -> String {
    let Recorded { plan, view, issues } = recorded;
    let document = view.document;
    if json {
        return format!(
            "{}\n",
            serde_json::json!({ "document": document, "refs": plan.refs, "issues": issues })
        );
    }
    let done = if plan.edits.is_empty() { desk.word("unchanged") } else { desk.word("recorded") };
    let mut text = format!("{done}: {document}\n");
    for (name, key) in &plan.refs {
        let name = clean(name);
        text.push_str(&format!("  {}\n", desk.language.fill("new_key", &[("name", &name), ("key", key)])));
    }
    let page = Page { language: desk.language, device, view };
    text.push_str(&super::issues::text(&page, issues, "  "));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(bytes: &str) -> Result<Vec<Option<HouseholdName>>, &'static str> {
        let mut tasks = Vec::new();
        let default = HouseholdName::Number("09".to_owned(), "9".to_owned());
        tasks_of(bytes.as_bytes(), Some(&default), &mut tasks).map_err(|error| error.0)?;
        Ok(tasks.into_iter().map(|task| task.household).collect())
    }

    #[test]
    fn a_file_of_entries_may_be_one_several_or_an_array_wrapped_or_not() {
        let default = Some(HouseholdName::Number("09".to_owned(), "9".to_owned()));
        let twelve = Some(HouseholdName::Number("03".to_owned(), "12".to_owned()));
        let wrapped = r#"{"household":"03/12","entry":{"entry":1}}"#;
        assert_eq!(named(r#"{"entry":1}"#), Ok(vec![default.clone()]));
        assert_eq!(named(wrapped), Ok(vec![twelve.clone()]));
        assert_eq!(
            named(&format!("{wrapped}\n{{\"entry\":1}}\n")),
            Ok(vec![twelve.clone(), default.clone()])
        );
        assert_eq!(named(&format!("[{{\"entry\":1}},{wrapped}]")), Ok(vec![default, twelve]));
        assert_eq!(named(""), Ok(Vec::new()));
    }

    #[test]
    fn a_file_that_is_no_file_of_entries_is_refused_before_anything_is_recorded() {
        assert_eq!(named("{"), Err("entry_not_json"));
        assert_eq!(named("[1]"), Err("entry_shape"));
        assert_eq!(named(r#"{"hose":"03/12","entry":{}}"#), Err("entry_unknown_part"));
        assert_eq!(named(r#"{"household":"12","entry":{}}"#), Err("household_name_invalid"));
    }
}
