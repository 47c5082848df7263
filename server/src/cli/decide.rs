//! `sothon decide`: the office settles a disputed field.

use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use schemas::record::definition;
use sync_core::document::{Container, Seen, Target, Value};
use sync_core::id::DocumentId;

use super::context::{Context, clock};
use crate::office::{DEED_REASON_CHARS_MAX, Deed, DeedError};

/// Settle a field on which people wrote different things. The decision is a signed change of the office:
/// it travels to the phones with its reason, and the other values stay in the history.
///
/// Fields are named as `sothon conflicts` shows them: container, key and field, or household and field.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  sothon conflicts --json\n  sothon decide DOCUMENT household phone --pick 2 --reason \"asked the family again\"\n  sothon decide DOCUMENT children birth_date --entity KEY --value 2019-05-03 --reason \"birth certificate\""
)]
pub(super) struct DecideArgs {
    /// The household's document.
    document: DocumentId,
    /// Container of the disputed field: household, children, members, circumstances, supports, events …
    container: String,
    /// The field's name.
    field: String,
    /// Key of the object in its container; none for the household itself.
    #[arg(long, value_name = "KEY")]
    entity: Option<String>,
    /// The number of the right value, counted from 1 as `sothon conflicts` shows them.
    #[arg(long, value_name = "NUMBER", required_unless_present = "value", conflicts_with = "value")]
    pick: Option<usize>,
    /// The right value, when it is none of those that stand.
    #[arg(long, value_name = "VALUE")]
    value: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// How the household's own fields are addressed.
const HOUSEHOLD: &str = "household";

pub(super) fn run(context: &Context, args: &DecideArgs) -> anyhow::Result<ExitCode> {
    let length = args.reason.trim().chars().count();
    ensure!(
        (1..=DEED_REASON_CHARS_MAX).contains(&length),
        "--reason: 1 to {DEED_REASON_CHARS_MAX} characters; it travels with the decision"
    );
    let office = context.office()?;
    let author = context.author()?;
    let household =
        office.household(args.document, None, author.actor(office.commune())).context("no such document")?;
    let view = household.view();
    let container = Container::of_key(&args.container);
    ensure!(
        container.is_some() || args.container == HOUSEHOLD,
        "{}: no such container; `sothon conflicts` shows it before the field's name",
        args.container
    );
    let (target, fields) = match (container, &args.entity) {
        (None, None) => (Target::Household, Some(&view.household)),
        (None, Some(_)) => bail!("the household itself has no key: leave --entity out"),
        (Some(_), None) => bail!("--entity KEY is needed: `sothon conflicts` shows it after the container"),
        (Some(container), Some(key)) => {
            let key = key.parse().context("the key of an object has 13 characters")?;
            let fields = view.entity(container, &key);
            (Target::Entity(container, key), fields)
        }
    };
    let field = fields.and_then(|fields| fields.get(&args.field)).context("there is no such field")?;
    ensure!(field.is_disputed(), "nobody disputes this field; nothing was written");
    let value = match (args.pick, &args.value) {
        (Some(pick), _) => {
            let picked = pick.checked_sub(1).and_then(|at| field.values().nth(at));
            picked.with_context(|| format!("--pick {pick}: {} values stand", field.len()))?.value.clone()
        }
        (None, Some(text)) => Value::Text(text.clone()),
        (None, None) => bail!("--pick or --value is needed"),
    };
    let known = definition().entity_in(&args.container).and_then(|entity| entity.field(&args.field));
    if let (Some(entity), Some(known)) = (definition().entity_in(&args.container), known) {
        known.check(entity.kind, &value.to_json()).context("the field does not take this value")?;
    }
    let deed = Deed::Settle {
        document: args.document,
        target,
        field: args.field.clone(),
        value,
        reason: Some(args.reason.clone()),
        seen: Seen::of_field(Some(field)),
    };
    match office.do_deed(&author, deed, clock()) {
        Err(DeedError::ChangedMeanwhile) => {
            bail!(
                "somebody has written there meanwhile; nothing was written: look again with `sothon conflicts`"
            )
        }
        done => done?,
    };
    out!("decided; the phones learn it with their next sync");
    Ok(ExitCode::SUCCESS)
}
