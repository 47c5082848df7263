//! Taking back what a change wrote, so that what stood before stands again.
//!
//! Enters: a [`Trace`], kept when the change was made. Leaves: further changes; nothing is deleted and history
//! keeps both. Where several values stood, all must stand again side by side, and one change can't write two
//! values of one field beside each other. So each value is written by a change of its own, all of them on the same
//! heads and each by another actor of the same device (an installation drawn at random, as after a restored
//! backup). On every device that has them, in whatever order they came, they supersede what is taken back and not
//! each other: the dispute is open again.
//!
//! Invariant: what somebody else has written there since is never touched: then nothing is taken back.

use automerge::{ActorId as AmActor, ObjId, ReadDoc};

use super::edit::{Edit, Target};
use super::shape::{self, Container};
use super::view::{self, Fields, Value, Written};
use super::{Household, LocalChange};
use crate::id::{ActorId, ChangeHash, EntityId};

/// What a change wrote and on which heads: enough to take it back, and nothing of what was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Trace {
    /// The document's heads before it.
    pub before: Vec<ChangeHash>,
    /// The change.
    pub change: ChangeHash,
    /// Fields of objects that were there before.
    pub fields: Vec<(Target, String)>,
    /// Objects it began.
    pub began: Vec<(Container, EntityId)>,
}

/// Why nothing was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// Somebody has written there since.
    #[error("somebody has written there since")]
    ChangedMeanwhile,
}

/// A value that stands again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The change that wrote it again.
    pub change: ChangeHash,
    /// Where.
    pub target: Target,
    /// The field.
    pub field: String,
    /// The change that had written it first: whose word it is.
    pub original: ChangeHash,
}

/// What was written to take something back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TakenBack {
    /// The changes, in the order in which they apply.
    pub changes: Vec<LocalChange>,
    /// Whose values stand again.
    pub restored: Vec<Restored>,
}

impl Household {
    /// Writes the edits as one change, and says how to take them back. `None` when there is nothing to write.
    pub fn edit_traced(&mut self, edits: &[Edit], time: i64) -> Option<(LocalChange, Trace)> {
        let before = self.heads();
        let known = self.view();
        let change = self.edit(edits, time)?;
        let wrote = |target: &Target, field: &str| {
            let standing = self.values_at(&[change.hash], target, field);
            standing.iter().any(|one| self.change_of(one) == Some(change.hash))
        };
        let (mut fields, mut began) = (Vec::new(), Vec::new());
        for Edit { target, field, .. } in edits {
            match target {
                Target::Entity(container, key) if known.entity(*container, key).is_none() => {
                    began.push((*container, key.clone()));
                }
                _ if wrote(target, field) => fields.push((target.clone(), field.clone())),
                // The field said so before: nothing was written.
                _ => {}
            }
        }
        began.sort_unstable();
        began.dedup();
        let trace = Trace { before, change: change.hash, fields, began };
        Some((change, trace))
    }

    /// Takes back what a change wrote: fields hold again what they held before it, every value of them, and
    /// objects it began are withdrawn. `installation` draws a number for each further actor. `first` tells of a change
    /// that restored a field whose word that is ([`Restored::original`]), of any other the change itself: what a later
    /// undoing put back counts as never overwritten.
    ///
    /// # Errors
    /// [`UndoError::ChangedMeanwhile`] if anything else stands in one of these places now; nothing is written.
    pub fn take_back(
        &mut self,
        trace: &Trace,
        time: i64,
        installation: &mut dyn FnMut() -> u32,
        first: &dyn Fn(ChangeHash, &str) -> ChangeHash,
    ) -> Result<TakenBack, UndoError> {
        let view = self.view();
        let own = |one: &Written, field: &str| {
            self.change_of(one).is_some_and(|change| first(change, field) == trace.change)
        };
        let as_written = |fields: &Fields| {
            fields.iter().all(|(name, field)| {
                // Withdrawn meanwhile, and that taken back: as good as never.
                let stands = name == shape::FIELD_WITHDRAWN
                    && field.values().all(|one| one.value == Value::Bool(false));
                stands || field.values().all(|one| own(one, name))
            })
        };
        let untouched = trace.fields.iter().all(|(target, field)| {
            let standing = self.values_at(&self.heads(), target, field);
            !standing.is_empty() && standing.iter().all(|one| own(one, field))
        }) && trace
            .began
            .iter()
            .all(|(container, key)| view.entity(*container, key).is_some_and(as_written));
        if !untouched {
            return Err(UndoError::ChangedMeanwhile);
        }
        let wanted: Vec<(&Target, &str, Vec<Written>)> = trace
            .fields
            .iter()
            .map(|(target, field)| (target, field.as_str(), self.values_at(&trace.before, target, field)))
            .collect();
        let voices = wanted.iter().map(|(.., values)| values.len()).max().unwrap_or(0).max(1);
        let withdrawn = trace.began.iter().map(|(container, key)| Edit {
            target: Target::Entity(*container, key.clone()),
            field: shape::FIELD_WITHDRAWN.into(),
            value: true.into(),
        });
        let mut withdrawn: Vec<Edit> = withdrawn.collect();
        let base = self.clone();
        let mut taken = TakenBack::default();
        for voice in 0..voices {
            let mut household = base.clone();
            let mut edits = Vec::new();
            if voice == 0 {
                edits.append(&mut withdrawn);
            } else {
                let actor = self.actor().device().actor(installation());
                household.doc.set_actor(AmActor::from(&actor.0[..]));
            }
            for (target, field, values) in &wanted {
                let value = match values.get(voice) {
                    Some(written) => written.value.clone(),
                    // Nothing stood there: nothing is deleted, so it is said that nothing is known.
                    None if voice == 0 && *field == shape::FIELD_WITHDRAWN => Value::Bool(false),
                    None if voice == 0 => Value::Null,
                    None => continue,
                };
                edits.push(Edit { target: (*target).clone(), field: (*field).to_owned(), value });
            }
            let Some(change) = household.edit_insisting(&edits, time, |_| true) else { continue };
            for (target, field, values) in &wanted {
                if let Some(original) = values.get(voice).and_then(|written| self.change_of(written)) {
                    let (target, field) = ((*target).clone(), (*field).to_owned());
                    taken.restored.push(Restored { change: change.hash, target, field, original });
                }
            }
            taken.changes.push(change);
        }
        let bytes: Vec<&[u8]> = taken.changes.iter().map(|change| change.bytes.as_slice()).collect();
        self.apply(&bytes).expect("changes made on this document apply to it");
        Ok(taken)
    }

    /// The values that stood in a field at some heads, equal ones told once, the one shown then at the front.
    #[must_use]
    pub fn values_at(&self, heads: &[ChangeHash], target: &Target, field: &str) -> Vec<Written> {
        let heads: Vec<automerge::ChangeHash> =
            heads.iter().map(|head| automerge::ChangeHash(head.0)).collect();
        let object = match target {
            Target::Household => self.container(shape::KEY_HOUSEHOLD),
            Target::Entity(container, key) => self.entry_at(*container, key, &heads),
        };
        let Some(object) = object else { return Vec::new() };
        view::among(self.doc.get_all_at(&object, field, &heads).unwrap_or_default())
    }

    fn entry_at(
        &self,
        container: Container,
        key: &EntityId,
        heads: &[automerge::ChangeHash],
    ) -> Option<ObjId> {
        let parent = self.container(container.key())?;
        match self.doc.get_at(&parent, key.as_str(), heads) {
            Ok(Some((automerge::Value::Object(_), id))) => Some(id),
            _ => None,
        }
    }

    fn actor(&self) -> ActorId {
        ActorId::try_from(self.doc.get_actor().to_bytes()).expect("every actor of this crate has 16 bytes")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::document::{Decision, Field, View, is_withdrawn, reasons};
    use crate::id::DeviceId;

    fn actor(n: u8) -> ActorId {
        DeviceId([n; 12]).actor(1)
    }

    fn phone_values(view: &View) -> BTreeSet<Value> {
        view.household.get("phone").into_iter().flat_map(Field::values).map(|one| one.value.clone()).collect()
    }

    /// A household in which `values` were written to one field by as many phones that knew nothing of each other.
    fn disputed(values: &[&str]) -> (Household, Vec<Vec<u8>>) {
        let (mut household, genesis) = Household::create(actor(1), "01", 0, 1);
        let mut all = vec![genesis.bytes.clone()];
        for (n, value) in (2..).zip(values) {
            let mut phone = Household::load(actor(n), &[&genesis.bytes]).expect("a genesis");
            let change = phone.edit(&[Edit::household("phone", *value)], i64::from(n)).expect("an edit");
            household.apply(&[&change.bytes]).expect("sound");
            all.push(change.bytes);
        }
        (household, all)
    }

    fn numbers() -> impl FnMut() -> u32 {
        let mut last = 100;
        move || {
            last += 1;
            last
        }
    }

    #[test]
    fn an_edit_is_taken_back_to_what_stood_and_to_unknown_where_nothing_stood() {
        let (mut household, _) = disputed(&["1"]);
        let edits = [
            Edit::household("phone", "2"),
            Edit::household("address", "Xóm Giả Lập"),
            Edit::household("withdrawn", true),
        ];
        let (_, trace) = household.edit_traced(&edits, 9).expect("an edit");
        household.take_back(&trace, 10, &mut numbers(), &|change, _| change).expect("nobody wrote there");
        let view = household.view();
        let shown = |field: &str| view.household[field].shown().value.clone();
        assert_eq!(
            [shown("phone"), shown("address"), shown("withdrawn")],
            ["1".into(), Value::Null, false.into()]
        );
        assert_eq!(view.conflicts().count(), 0);
    }

    #[test]
    fn an_object_begun_is_withdrawn_and_its_decision_gives_no_reason_any_more() {
        let mut random = ChaCha20Rng::seed_from_u64(3);
        let (mut household, _) = disputed(&["1", "2"]);
        let decision = Decision {
            target: Target::Household,
            field: "phone".into(),
            value: "1".into(),
            reason: Some("asked again".into()),
        };
        let (_, trace) = household.edit_traced(&decision.edits(&mut random), 9).expect("an edit");
        assert_eq!(reasons(&household.view(), &Target::Household, "phone").count(), 1);
        household.take_back(&trace, 10, &mut numbers(), &|change, _| change).expect("nobody wrote there");
        let view = household.view();
        assert_eq!(reasons(&view, &Target::Household, "phone").count(), 0);
        assert!(view.of(Container::Decisions).all(|(_, fields)| is_withdrawn(fields)));
        assert!(crate::history::decisions(&household, &view).is_empty());
    }

    #[test]
    fn what_somebody_wrote_since_is_not_taken_back() {
        let (mut household, all) = disputed(&["1", "2"]);
        let (decided, trace) = household.edit_traced(&[Edit::household("phone", "2")], 9).expect("an edit");
        // A phone that had not seen the decision.
        let mut late = Household::load(actor(9), &all).expect("sound");
        let change = late.edit(&[Edit::household("phone", "3")], 10).expect("an edit");
        household.apply(&[&change.bytes]).expect("sound");
        let before = household.heads();
        assert_eq!(
            household.take_back(&trace, 11, &mut numbers(), &|change, _| change),
            Err(UndoError::ChangedMeanwhile)
        );
        assert_eq!(household.heads(), before);
        assert_ne!(trace.before, vec![decided.hash]);
    }

    #[test]
    fn the_word_of_whoever_wrote_a_value_first_is_remembered() {
        let (mut household, _) = disputed(&["1", "2"]);
        let authors = |household: &Household| -> BTreeSet<ChangeHash> {
            let view = household.view();
            view.household["phone"].values().filter_map(|one| household.change_of(one)).collect()
        };
        let first = authors(&household);
        let (_, trace) = household.edit_traced(&[Edit::household("phone", "3")], 9).expect("an edit");
        let taken =
            household.take_back(&trace, 10, &mut numbers(), &|change, _| change).expect("nobody wrote there");
        assert_eq!(taken.restored.iter().map(|one| one.original).collect::<BTreeSet<_>>(), first);
        assert_eq!(taken.restored.iter().map(|one| one.change).collect::<BTreeSet<_>>(), authors(&household));
    }

    #[test]
    fn two_edits_are_taken_back_one_after_the_other() {
        let (mut household, _) = disputed(&["1", "2"]);
        let (_, first) = household.edit_traced(&[Edit::household("phone", "3")], 9).expect("an edit");
        let (_, second) = household.edit_traced(&[Edit::household("phone", "4")], 10).expect("an edit");
        let itself = |change, _: &str| change;
        assert_eq!(
            household.take_back(&first, 11, &mut numbers(), &itself),
            Err(UndoError::ChangedMeanwhile)
        );
        let taken = household.take_back(&second, 11, &mut numbers(), &itself).expect("the latest");
        let [restored] = taken.restored.try_into().expect("one value");
        let first_written =
            |change, _: &str| if change == restored.change { restored.original } else { change };
        household.take_back(&first, 12, &mut numbers(), &first_written).expect("it stands as it was");
        assert_eq!(phone_values(&household.view()), ["1".into(), "2".into()].into());
    }

    proptest! {
        /// Two to six values in dispute, any of them or a third decided, undone: all stand again, on every device and
        /// in whatever order the changes came; and each passes the office's examination.
        #[test]
        fn a_dispute_settled_and_undone_stands_as_it_was_everywhere(
            count in 2usize..7,
            pick in 0usize..7,
            order in any::<proptest::sample::Index>(),
        ) {
            let said = ["1", "2", "3", "4", "5", "6"];
            let (mut household, mut all) = disputed(&said[..count]);
            let before = phone_values(&household.view());
            let chosen = said[..count].get(pick).copied().unwrap_or("another");
            let (decided, trace) = household.edit_traced(&[Edit::household("phone", chosen)], 9).expect("an edit");
            all.push(decided.bytes);
            let as_settled = household.clone();
            let taken = household.take_back(&trace, 10, &mut numbers(), &|change, _| change).expect("nobody wrote there");
            prop_assert_eq!(&phone_values(&household.view()), &before);
            let mut examined = as_settled;
            for change in &taken.changes {
                let device = DeviceId([1; 12]);
                examined = crate::document::examine(Some(&examined), examined.id(), device, &change.bytes)
                    .expect("passes")
                    .household;
            }
            let mut undone: Vec<Vec<u8>> = taken.changes.into_iter().map(|change| change.bytes).collect();
            let turns = order.index(undone.len());
            undone.rotate_left(turns);
            all.extend(undone);
            let mut phone = Household::load(actor(8), &all).expect("sound");
            prop_assert_eq!(phone.view(), household.view());
            // Whoever has seen the dispute settles it as any other.
            let settled = phone.edit(&[Edit::household("phone", "7")], 11).expect("an edit");
            household.apply(&[&settled.bytes]).expect("sound");
            prop_assert_eq!(household.view().conflicts().count(), 0);
        }
    }
}
