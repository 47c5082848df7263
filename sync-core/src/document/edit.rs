//! Edits made on this device become one change.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ObjId, ObjType, ROOT, ReadDoc, ScalarValue};

use super::shape::{self, Container};
use super::{Household, LocalChange, Value, local_change};
use crate::id::EntityId;

/// Where a value belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// The household's own fields.
    Household,
    /// An entry of a container; created if it does not exist.
    Entity(Container, EntityId),
}

/// One field to write. Writing a field that holds several values settles them: who edits has seen them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The object.
    pub target: Target,
    /// The field's name.
    pub field: String,
    /// What it is to hold.
    pub value: Value,
}

impl Edit {
    /// An edit of the household's own field.
    pub fn household(field: &str, value: impl Into<Value>) -> Self {
        Self { target: Target::Household, field: field.to_owned(), value: value.into() }
    }

    /// An edit of an entry's field.
    pub fn entity(container: Container, key: &EntityId, field: &str, value: impl Into<Value>) -> Self {
        let target = Target::Entity(container, key.clone());
        Self { target, field: field.to_owned(), value: value.into() }
    }
}

impl Household {
    /// Writes the edits as one change. `None` when there is nothing to write: an edit that says what
    /// the field already says undisputed is left out.
    ///
    /// # Panics
    /// Never on edits whose names come from the record definition: the fixed containers exist in every
    /// document that was loaded.
    pub fn edit(&mut self, edits: &[Edit], time: i64) -> Option<LocalChange> {
        self.edit_insisting(edits, time, |_| false)
    }

    /// As [`Self::edit`], but an edit that is insisted on is written even where the field says the same
    /// undisputed: somebody else has meanwhile written another value, and this one is to stand beside it.
    ///
    /// # Panics
    /// As [`Self::edit`].
    pub fn edit_insisting(
        &mut self,
        edits: &[Edit],
        time: i64,
        insists: impl Fn(&Edit) -> bool,
    ) -> Option<LocalChange> {
        let containers: Vec<(Container, ObjId)> =
            Container::ALL.into_iter().filter_map(|c| Some((c, self.container(c.key())?))).collect();
        let own = self.container(shape::KEY_HOUSEHOLD)?;
        let held = "an object of this document accepts a scalar under a field's name";
        let mut tx = self.doc.transaction();
        for edit in edits {
            let object = match &edit.target {
                Target::Household => own.clone(),
                Target::Entity(container, key) => {
                    let (_, parent) = containers.iter().find(|(c, _)| c == container)?;
                    match tx.get(parent, key.as_str()) {
                        Ok(Some((automerge::Value::Object(ObjType::Map), id))) => id,
                        _ => tx.put_object(parent, key.as_str(), ObjType::Map).expect(held),
                    }
                }
            };
            let standing = tx.get_all(&object, edit.field.as_str()).unwrap_or_default();
            let value = to_scalar(&edit.value);
            let same = |other: &automerge::Value<'_>| other.as_scalar().is_some_and(|other| *other == value);
            let says_so = !standing.is_empty() && standing.iter().all(|(other, _)| same(other));
            if says_so && !insists(edit) {
                continue;
            }
            if standing.last().is_some_and(|(shown, _)| same(shown)) {
                // Asked to write the value that wins anyway, the library would write nothing, or delete the
                // others; two people who decide differently would then delete both. So the field is
                // written twice.
                let other =
                    if value == ScalarValue::Null { ScalarValue::Boolean(false) } else { ScalarValue::Null };
                tx.put(&object, edit.field.as_str(), other).expect(held);
            }
            tx.put(&object, edit.field.as_str(), value).expect(held);
        }
        if tx.pending_ops() == 0 {
            tx.rollback();
            return None;
        }
        tx.commit_with(CommitOptions::default().with_time(time));
        let change = self.doc.get_last_local_change().expect("one change was just made");
        let local = local_change(&change);
        self.bytes_total += local.bytes.len();
        self.max_op = self.max_op.max(change.max_op());
        debug_assert!(self.doc.get(ROOT, shape::KEY_SCHEMA).is_ok());
        Some(local)
    }
}

fn to_scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(value) => ScalarValue::Boolean(*value),
        Value::Int(value) => ScalarValue::Int(*value),
        Value::Text(value) => ScalarValue::Str(value.as_str().into()),
        Value::Bytes(value) => ScalarValue::Bytes(value.clone()),
    }
}
