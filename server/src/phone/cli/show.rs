//! `show`: a household in the words of the record definition.

use std::fmt::Write as _;

use clap::Args;
use schemas::catalogue::{Name, catalogue};
use schemas::record::{self, EntityKind, FieldType};
use sync_core::device::DeviceStore as _;
use sync_core::document::{Container, Field, Fields, Household, Value, View, Written, is_withdrawn};
use sync_core::id::{DeviceId, DocumentId, EntityId};
use sync_core::issues::issues;
use sync_core::register::{HouseholdName, NotFound};

use super::report::{kind_of, path};
use super::{Desk, Failure, give};
use crate::phone::messages::Language;
use crate::phone::register::{Listed, Register};
use device_store::SqliteStore;

/// Shows a whole household: its own fields, members, children, circumstances, supports, events and
/// visits, and who wrote them. Where people wrote different things, all values stand side by side until
/// somebody decides (see `decide`). Then what is contradictory, doubtful or still missing.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  sothon phone --store an.db show 03/12
  sothon phone --store an.db show 5f0c…(32 digits) --json")]
pub struct ShowArgs {
    /// The document's 32 digits, or village/number.
    #[arg(value_name = "HOUSEHOLD")]
    household: String,
    /// Print the document as JSON; a disputed field is an object whose `conflict` lists its values.
    #[arg(long)]
    json: bool,
}

pub(super) fn show(desk: &Desk, args: &ShowArgs) -> Result<(), Failure> {
    let store = desk.open()?;
    let device = store.state()?.device;
    let listed = Listed::load(&store, find(desk, &store, &args.household)?, desk.today())?;
    let issues = issues(&listed.view, desk.today(), record::definition());
    if args.json {
        let mut json = listed.view.to_json();
        json["issues"] = serde_json::to_value(&issues).unwrap_or_default();
        return give(&format!("{json:#}\n"));
    }
    let page = Page { language: desk.language, device, view: &listed.view };
    let mut found = super::issues::text(&page, &issues, "");
    if !found.is_empty() {
        found.insert(0, '\n');
    }
    let refused = if listed.refused > 0 { refused_text(desk, &store, &listed.view)? } else { String::new() };
    give(&format!("{}{found}{refused}", page.text(&listed)))
}

/// What the refused changes would have said: it is kept here, and its collector sees it.
fn refused_text(desk: &Desk, store: &SqliteStore, standing: &View) -> Result<String, Failure> {
    let state = store.state()?;
    let changes = store.changes(standing.document)?;
    let bytes: Vec<&[u8]> = changes.iter().map(|change| change.bytes.as_slice()).collect();
    // Some refused changes don't fit into any document; then there is nothing to read.
    let Ok(whole) = Household::load(state.actor(), &bytes) else { return Ok(String::new()) };
    let whole = whole.view();
    let page = Page { language: desk.language, device: state.device, view: &whole };
    let mut text = format!("\n{}\n", desk.word("refused_heading"));
    let mut differs = |object: Option<(Container, &EntityId)>, fields: &Fields, kept: Option<&Fields>| {
        for (name, field) in fields {
            let stands = |value: &Value| {
                let kept = kept.and_then(|kept| kept.get(name));
                kept.is_some_and(|kept| kept.values().any(|other| other.value == *value))
            };
            for written in field.values().filter(|written| !stands(&written.value)) {
                let kind = object.map_or(Some(EntityKind::Household), |(container, _)| kind_of(container));
                let value = page.value(kind, name, &written.value);
                let _ = writeln!(text, "  {}: {value}  ({})", path(object, name), page.who(written));
            }
        }
    };
    differs(None, &whole.household, Some(&standing.household));
    for container in Container::ALL {
        for (key, fields) in whole.of(container) {
            differs(Some((container, key)), fields, standing.entity(container, key));
        }
    }
    Ok(text)
}

/// The document that a person's words mean.
pub(super) fn find(desk: &Desk, store: &SqliteStore, name: &str) -> Result<DocumentId, Failure> {
    let name: HouseholdName = name.parse().map_err(|_| Failure::of("household_name_invalid"))?;
    match &name {
        // No need to read them all.
        HouseholdName::Document(document) if store.documents()?.contains(document) => Ok(*document),
        name => found(&Register::load(store, desk.today())?, name),
    }
}

/// The one document with this name.
pub(super) fn found(register: &Register, name: &HouseholdName) -> Result<DocumentId, Failure> {
    register.find(name).map_err(|why| match why {
        NotFound::Unknown => Failure::of("household_unknown"),
        NotFound::Ambiguous(documents) => {
            let documents: Vec<String> = documents.iter().map(ToString::to_string).collect();
            Failure::with("household_ambiguous", documents.join(" "))
        }
    })
}

/// Text of others on this terminal: nothing that could play with it.
pub(crate) fn clean(text: &str) -> String {
    // Marks of direction show text in another order than it stands in.
    let plays = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if plays(c) { ' ' } else { c }).collect()
}

/// A view to be shown to the owner of `device`.
pub(super) struct Page<'a> {
    pub(super) language: Language,
    pub(super) device: DeviceId,
    pub(super) view: &'a View,
}

impl Page<'_> {
    pub(super) fn label<'t>(&self, vietnamese: &'t str, english: &'t str) -> &'t str {
        if self.language == Language::Vi { vietnamese } else { english }
    }

    fn code_label(&self, name: Name, code: &str) -> Option<String> {
        let entry = catalogue(name).history(code).last()?;
        let label = self.label(&entry.label, entry.label_en.as_deref().unwrap_or(&entry.label));
        Some(if name == Name::Circumstances { format!("{code} {label}") } else { label.to_owned() })
    }

    /// A value in words.
    pub(super) fn value(&self, kind: Option<EntityKind>, field: &str, value: &Value) -> String {
        let known = kind.and_then(|kind| record::definition().entity(kind).field(field));
        match value {
            Value::Null => self.language.word("cleared").to_owned(),
            Value::Bool(true) => self.language.word("yes").to_owned(),
            Value::Bool(false) => self.language.word("no").to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Bytes(_) => self.language.word("sealed").to_owned(),
            Value::Text(text) => {
                let said = match known.map(|field| (field.kind, field.catalogue)) {
                    Some((FieldType::Code, Some(name))) => self.code_label(name, text),
                    Some((FieldType::Entity, _)) => text.parse().ok().and_then(|key| self.person_name(&key)),
                    _ => None,
                };
                clean(said.as_deref().unwrap_or(text))
            }
        }
    }

    fn person_name(&self, key: &EntityId) -> Option<String> {
        let (_, fields) = self.view.person(key)?;
        Some(fields.get("name")?.shown().value.as_text()?.to_owned())
    }

    /// Who wrote a value.
    pub(super) fn who(&self, written: &Written) -> String {
        let device = written.actor.device();
        if device == self.device {
            self.language.word("by_own").to_owned()
        } else {
            let short: String = device.to_string().chars().take(8).collect();
            self.language.fill("by_other", &[("device", &short)])
        }
    }

    /// The values of a disputed field, numbered as `--pick` counts them.
    pub(super) fn choices(
        &self,
        kind: Option<EntityKind>,
        name: &str,
        field: &Field,
        indent: &str,
    ) -> String {
        let mut text = String::new();
        for (number, written) in (1..).zip(field.values()) {
            let value = self.value(kind, name, &written.value);
            let _ = writeln!(text, "{indent}{number}. {value}  ({})", self.who(written));
        }
        text
    }

    /// An entity's name for people.
    pub(super) fn title(&self, container: Container, key: &EntityId, fields: &Fields) -> String {
        let entity = record::definition().entity_in(container.key());
        let kind = entity.map(|entity| entity.kind);
        let naming = ["name", "code", "kind", "form", "date"];
        let shown = naming.into_iter().find_map(|name| Some((name, fields.get(name)?.shown())));
        let mut title = match shown {
            Some((name, written)) => self.value(kind, name, &written.value),
            None if container == Container::Sealed => self.language.word("sealed").to_owned(),
            None => key.to_string(),
        };
        if let Some(person) = fields.get("person") {
            title = format!("{}: {title}", self.value(kind, "person", &person.shown().value));
        }
        title
    }

    fn text(&self, listed: &Listed) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{}/{}  {}",
            clean(&self.view.village),
            clean(&listed.summary.number),
            clean(&listed.summary.head)
        );
        let _ = writeln!(text, "{}: {}", self.language.word("document"), self.view.document);
        if let Some(state) = super::report::state_words(self.language, listed) {
            let _ = writeln!(text, "{}: {state}", self.language.word("state"));
        }
        let entity = record::definition().entity(EntityKind::Household);
        let _ = writeln!(text, "\n{}", self.label(&entity.label, &entity.label_en).to_uppercase());
        text.push_str(&self.fields(Some(EntityKind::Household), &self.view.household, "  "));
        for container in Container::ALL {
            let mut entries: Vec<(&EntityId, &Fields)> = self.view.of(container).collect();
            if entries.is_empty() {
                continue;
            }
            let when = |fields: &Fields| {
                ["birth_date", "start", "date"]
                    .iter()
                    .find_map(|name| Some(fields.get(*name)?.shown().value.as_text()?.to_owned()))
            };
            entries.sort_by_cached_key(|(key, fields)| (when(fields), (*key).clone()));
            let entity = record::definition().entity_in(container.key());
            let heading =
                entity.map_or(container.key(), |entity| self.label(&entity.label, &entity.label_en));
            let _ = writeln!(text, "\n{}", heading.to_uppercase());
            for (key, fields) in entries {
                let withdrawn = if is_withdrawn(fields) {
                    format!("  [{}]", self.language.word("withdrawn"))
                } else {
                    String::new()
                };
                let title = self.title(container, key, fields);
                let _ = writeln!(text, "  {title}  [{}/{key}]{withdrawn}", container.key());
                if container != Container::Sealed {
                    text.push_str(&self.fields(entity.map(|entity| entity.kind), fields, "    "));
                }
            }
        }
        text
    }

    /// Fields in the order they are asked, then those this version does not know.
    fn fields(&self, kind: Option<EntityKind>, fields: &Fields, indent: &str) -> String {
        let known = kind.map(|kind| record::definition().entity(kind).fields.as_slice()).unwrap_or_default();
        let asked = known.iter().filter_map(|field| {
            Some((field.name.as_str(), self.label(&field.label, &field.label_en), fields.get(&field.name)?))
        });
        let unknown = fields
            .iter()
            .filter(|(name, _)| known.iter().all(|field| field.name != **name))
            .map(|(name, field)| (name.as_str(), name.as_str(), field));
        let mut text = String::new();
        for (name, label, field) in asked.chain(unknown) {
            if field.is_disputed() {
                let _ = writeln!(text, "{indent}{label}: {}", self.language.word("disputed"));
                text.push_str(&self.choices(kind, name, field, &format!("{indent}  ")));
            } else {
                let written = field.shown();
                let value = self.value(kind, name, &written.value);
                let _ = writeln!(text, "{indent}{label}: {value}  ({})", self.who(written));
            }
        }
        text
    }
}
