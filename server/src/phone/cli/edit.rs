//! `edit` and `decide`: single fields, written on purpose.

use clap::Args;
use schemas::record::{self, EntityKind, Field, FieldType, ValueError};
use serde_json::Value as Json;
use sync_core::device::{DeviceStore as _, load_household};
use sync_core::document::{Container, Decision, Edit, Target, Value, View};
use sync_core::id::{DocumentId, EntityId};

use super::report::kind_of;
use super::show::find;
use super::{Desk, Failure, give};

/// Changes single fields of a household. `null` clears a field to unknown; nothing is ever deleted.
///
/// A field is `household.<name>` or `<container>/<id>.<name>`, as `show --json` has them. Writing a
/// disputed field settles it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  sothon phone --store an.db edit 03/12 household.phone=0912345678 household.address=\"Xóm Đình\"
  sothon phone --store an.db edit 03/12 children/4k2…(13 letters).schooling=primary
  sothon phone --store an.db edit 03/12 circumstances/9q….end=2024-09 circumstances/9q….note=null")]
pub struct EditArgs {
    /// The document's 32 digits, or village/number.
    #[arg(value_name = "HOUSEHOLD")]
    household: String,
    /// What to write.
    #[arg(value_name = "FIELD=VALUE", required = true)]
    assignments: Vec<String>,
}

/// Says which value of a disputed field is right: writes it, so that it stands alone from then on. The
/// other values stay in the history.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  sothon phone --store an.db conflicts
  sothon phone --store an.db decide 03/12 household.phone --pick 2
  sothon phone --store an.db decide 03/12 children/4k2…(13 letters).birth_date 2019-05-03")]
pub struct DecideArgs {
    /// The document's 32 digits, or village/number.
    #[arg(value_name = "HOUSEHOLD")]
    household: String,
    /// The field, as `conflicts` names it.
    #[arg(value_name = "FIELD")]
    field: String,
    /// The right value, when it is none of those that stand.
    #[arg(value_name = "VALUE", required_unless_present = "pick")]
    value: Option<String>,
    /// The number of the right value, as `conflicts` counts them.
    #[arg(long, value_name = "NUMBER", conflicts_with = "value")]
    pick: Option<usize>,
    /// Why, for whoever looks later; it travels with the decision.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// A field of an object that exists.
struct Place {
    target: Target,
    kind: EntityKind,
    field: &'static Field,
}

impl Place {
    /// `household.phone`, `children/<id>.name`.
    fn of(path: &str, view: &View) -> Result<Self, Failure> {
        let unknown = || Failure::with("field_unknown", super::show::clean(path));
        let (object, name) = path.split_once('.').ok_or_else(unknown)?;
        let (target, kind) = match object.split_once('/') {
            None if object == "household" => (Target::Household, EntityKind::Household),
            None => return Err(unknown()),
            Some((container, key)) => {
                let container = Container::of_key(container).ok_or_else(unknown)?;
                let key: EntityId = key.parse().map_err(|_| unknown())?;
                view.entity(container, &key).ok_or_else(unknown)?;
                (Target::Entity(container, key), kind_of(container).ok_or_else(unknown)?)
            }
        };
        // Sealed reports are written once and whole.
        if kind == EntityKind::Restricted {
            return Err(unknown());
        }
        let field = record::definition().entity(kind).field(name).ok_or_else(unknown)?;
        Ok(Self { target, kind, field })
    }

    /// What a person typed, as a value of this field.
    fn value(&self, typed: &str) -> Result<Value, Failure> {
        let invalid = || Failure::with("value_invalid", format!("{}: {}", self.field.name, self.expected()));
        let value = match self.field.kind {
            _ if typed == "null" => Value::Null,
            FieldType::Bool => Value::Bool(typed.parse().map_err(|_| invalid())?),
            FieldType::Int => Value::Int(typed.parse().map_err(|_| invalid())?),
            _ => Value::Text(typed.to_owned()),
        };
        let json = match &value {
            Value::Null => Json::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => (*value).into(),
            Value::Text(text) => text.as_str().into(),
            Value::Bytes(_) => return Err(invalid()),
        };
        match self.field.check(self.kind, &json) {
            Ok(()) => Ok(value),
            Err(ValueError::Restricted) => Err(Failure::of("field_restricted")),
            Err(_) => Err(invalid()),
        }
    }

    /// What the field takes.
    fn expected(&self) -> String {
        let list = |codes: Vec<&str>| codes.join(", ");
        match self.field.kind {
            FieldType::Code | FieldType::Codes => list(self.field.codes(self.kind).collect()),
            FieldType::Bool => "true, false".to_owned(),
            FieldType::Date => "2019-05-03, 2019-05, 2019".to_owned(),
            FieldType::Day => "2019-05-03".to_owned(),
            FieldType::Int => {
                format!("{}–{}", self.field.min.unwrap_or_default(), self.field.max.unwrap_or_default())
            }
            FieldType::Text => format!("≤ {}", self.field.max_chars.unwrap_or_default()),
            FieldType::Entity | FieldType::Document => "id".to_owned(),
        }
    }

    fn edit(self, value: Value) -> Edit {
        Edit { target: self.target, field: self.field.name.clone(), value }
    }
}

/// Writes edits as one change, durably.
fn write(
    desk: &Desk,
    household: &str,
    done: &str,
    plan: impl FnOnce(&View) -> Result<Vec<Edit>, Failure>,
) -> Result<(), Failure> {
    let mut store = desk.open()?;
    store.state()?;
    let document: DocumentId = find(desk, &store, household)?;
    let mut loaded = load_household(&store, document)?;
    let edits = plan(&loaded.view())?;
    let change = loaded.edit(&edits, desk.now());
    if let Some(change) = &change {
        store.record(document, change)?;
    }
    let done = if change.is_some() { done } else { desk.word("unchanged") };
    give(&format!("{done}: {document}\n"))
}

pub(super) fn edit(desk: &Desk, args: &EditArgs) -> Result<(), Failure> {
    write(desk, &args.household, desk.word("recorded"), |view| {
        let one = |assignment: &String| {
            let (path, typed) =
                assignment.split_once('=').ok_or_else(|| Failure::of("assignment_invalid"))?;
            let place = Place::of(path.trim(), view)?;
            let value = place.value(typed)?;
            Ok(place.edit(value))
        };
        args.assignments.iter().map(one).collect()
    })
}

pub(super) fn decide(desk: &Desk, args: &DecideArgs) -> Result<(), Failure> {
    let mut random = desk.random(&desk.open()?)?;
    write(desk, &args.household, desk.word("decided"), |view| {
        let place = Place::of(args.field.trim(), view)?;
        let fields = match &place.target {
            Target::Household => Some(&view.household),
            Target::Entity(container, key) => view.entity(*container, key),
        };
        let field = fields.and_then(|fields| fields.get(&place.field.name));
        let field = field.filter(|field| field.is_disputed()).ok_or_else(|| Failure::of("not_disputed"))?;
        let value = match (args.pick, &args.value) {
            (Some(pick), _) => {
                let picked = pick.checked_sub(1).and_then(|at| field.values().nth(at));
                picked.ok_or_else(|| Failure::of("pick_invalid"))?.value.clone()
            }
            (None, Some(typed)) => place.value(typed)?,
            (None, None) => return Err(Failure::of("pick_invalid")),
        };
        let Place { target, field, .. } = place;
        let decision = Decision { target, field: field.name.clone(), value, reason: args.reason.clone() };
        Ok(decision.edits(&mut random))
    })
}
