//! Where a value comes from: who wrote what stands in a field and when, what was decided, what was sealed.
//!
//! Enters: a loaded document. Leaves: rows for a page. Invariants: nothing is weighed here, every value that
//! stands is told, the one shown first at the front; a time is the author's own clock, which may be wrong; an
//! envelope is told of, never opened.

use crate::document::{
    Container, Field, Fields, Household, Target, Value, View, Written, is_withdrawn, shape, shown_text,
};
use crate::id::{ActorId, ChangeHash, EntityId};

/// Who wrote something, when, and in which change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writing {
    /// Who.
    pub actor: ActorId,
    /// The author's clock, seconds since 1970; none only if the document is damaged.
    pub at: Option<i64>,
    /// The change.
    pub change: Option<ChangeHash>,
}

/// A value that stands in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingValue {
    /// What was written.
    pub value: Value,
    /// Who wrote it.
    pub writing: Writing,
}

/// A decision as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Its key in the document's `decisions`.
    pub key: EntityId,
    /// The object whose field was decided.
    pub target: Target,
    /// The field.
    pub field: String,
    /// What was written then; what stands now may be another.
    pub value: Value,
    /// Why.
    pub reason: Option<String>,
    /// Who decided.
    pub writing: Writing,
}

/// A sealed report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEntry {
    /// Its key in the document's `sealed`.
    pub key: EntityId,
    /// Who sealed it.
    pub writing: Writing,
}

/// The values that stand in a field, the one shown first at the front; none if nothing was ever written.
#[must_use]
pub fn values(household: &Household, view: &View, target: &Target, field: &str) -> Vec<StandingValue> {
    let fields = match target {
        Target::Household => Some(&view.household),
        Target::Entity(container, key) => view.entity(*container, key),
    };
    let standing = fields.and_then(|fields| fields.get(field)).into_iter().flat_map(Field::values);
    standing
        .map(|written| StandingValue { value: written.value.clone(), writing: writing(household, written) })
        .collect()
}

/// Every decision made in a document that names a field and was not undone, the latest first by its author's
/// clock.
#[must_use]
pub fn decisions(household: &Household, view: &View) -> Vec<Decided> {
    let mut decided: Vec<Decided> =
        view.of(Container::Decisions).filter_map(|(key, fields)| decided(household, key, fields)).collect();
    decided.sort_by(|a, b| (b.writing.at, &b.key).cmp(&(a.writing.at, &a.key)));
    decided
}

/// Every sealed report in a document, the latest first by its author's clock.
#[must_use]
pub fn sealed(household: &Household, view: &View) -> Vec<SealedEntry> {
    let entry = |(key, fields): (&EntityId, &Fields)| {
        let envelope = fields.get(shape::FIELD_ENVELOPE)?.shown();
        Some(SealedEntry { key: key.clone(), writing: writing(household, envelope) })
    };
    let mut sealed: Vec<SealedEntry> = view.of(Container::Sealed).filter_map(entry).collect();
    sealed.sort_by(|a, b| (b.writing.at, &b.key).cmp(&(a.writing.at, &a.key)));
    sealed
}

fn writing(household: &Household, written: &Written) -> Writing {
    let change = household.change_of(written);
    Writing { actor: written.actor, at: change.and_then(|change| household.time_of(&change)), change }
}

fn decided(household: &Household, key: &EntityId, fields: &Fields) -> Option<Decided> {
    if is_withdrawn(fields) {
        return None;
    }
    let field = shown_text(fields, "field")?.to_owned();
    let target = match shown_text(fields, "container")? {
        shape::KEY_HOUSEHOLD => Target::Household,
        container => {
            let entity = shown_text(fields, "entity")?.parse().ok()?;
            Target::Entity(Container::of_key(container)?, entity)
        }
    };
    let writing = writing(household, fields.get("field")?.shown());
    let value = household.value_at(&writing.change?, &target, &field)?;
    let reason = shown_text(fields, "reason").map(str::to_owned);
    Some(Decided { key: key.clone(), target, field, value, reason, writing })
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::document::{Decision, Edit};
    use crate::id::DeviceId;

    fn actor(n: u8) -> ActorId {
        DeviceId([n; 12]).actor(1)
    }

    #[test]
    fn every_value_and_decision_is_told_with_its_author_and_time() {
        let mut random = ChaCha20Rng::seed_from_u64(1);
        let (mut a, genesis) = Household::create(actor(1), "01", 5, 1);
        let mut b = Household::load(actor(2), &[&genesis.bytes]).expect("a genesis");
        let from_a = a.edit(&[Edit::household("phone", "1")], 10).expect("an edit");
        let from_b = b.edit(&[Edit::household("phone", "2")], 20).expect("an edit");
        a.apply(&[&from_b.bytes]).expect("sound");
        b.apply(&[&from_a.bytes]).expect("sound");
        let phone = |household: &Household| {
            let mut values = values(household, &household.view(), &Target::Household, "phone");
            values.sort_by(|a, b| a.value.cmp(&b.value));
            values
        };
        let told = |value: &str, n: u8, at: i64, change: ChangeHash| StandingValue {
            value: value.into(),
            writing: Writing { actor: actor(n), at: Some(at), change: Some(change) },
        };
        let expected = [told("1", 1, 10, from_a.hash), told("2", 2, 20, from_b.hash)];
        assert_eq!(phone(&a), expected);
        assert_eq!(phone(&b), expected);

        let decision = Decision {
            target: Target::Household,
            field: "phone".into(),
            value: "2".into(),
            reason: Some("asked again".into()),
        };
        let change = a.edit(&decision.edits(&mut random), 30).expect("an edit");
        // What is written later does not change what was decided then.
        a.edit(&[Edit::household("phone", "3")], 40).expect("an edit");
        let [decided] = decisions(&a, &a.view()).try_into().expect("one decision");
        assert_eq!((decided.target, decided.field.as_str()), (Target::Household, "phone"));
        assert_eq!((decided.value, decided.reason.as_deref()), ("2".into(), Some("asked again")));
        let by = Writing { actor: actor(1), at: Some(30), change: Some(change.hash) };
        assert_eq!(decided.writing, by);
        assert!(values(&a, &a.view(), &Target::Household, "address").is_empty());
    }

    #[test]
    fn a_decision_on_a_child_and_a_sealed_report_are_told() {
        let mut random = ChaCha20Rng::seed_from_u64(2);
        let (mut household, _) = Household::create(actor(1), "01", 5, 1);
        let child = EntityId::draw(&mut random);
        household.edit(&[Edit::entity(Container::Children, &child, "name", "Trẻ giả lập")], 6);
        let target = Target::Entity(Container::Children, child);
        let decision =
            Decision { target: target.clone(), field: "sex".into(), value: "male".into(), reason: None };
        household.edit(&decision.edits(&mut random), 7);
        let envelope = EntityId::draw(&mut random);
        let bytes = Value::Bytes(vec![1, 2, 3]);
        household.edit(&[Edit::entity(Container::Sealed, &envelope, "envelope", bytes)], 8);
        let view = household.view();
        let [decided] = decisions(&household, &view).try_into().expect("one decision");
        assert_eq!((decided.target, decided.value, decided.reason), (target, "male".into(), None));
        let [sealed] = sealed(&household, &view).try_into().expect("one report");
        assert_eq!((sealed.key, sealed.writing.at), (envelope, Some(8)));
    }
}
