//! Decisions: somebody who has seen all values of a field says which is right, and why.
//!
//! A decision is a change like any other. It writes the field — which settles it, because whoever
//! writes has seen what stood there — and an entry of `decisions` that keeps the reason. It travels to
//! every device; what others wrote meanwhile stands beside it as a new conflict.

use super::edit::{Edit, Target};
use super::shape::{self, Container};
use super::view::{Value, View, is_withdrawn, shown_text};
use crate::id::EntityId;
use crate::random::Random;

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The object whose field was in conflict.
    pub target: Target,
    /// The field.
    pub field: String,
    /// What it is to hold: one of the values that stood there, or another.
    pub value: Value,
    /// Why, for whoever looks later.
    pub reason: Option<String>,
}

impl Decision {
    /// The edits that carry the decision out, to be written as one change.
    #[must_use]
    pub fn edits(&self, random: &mut dyn Random) -> Vec<Edit> {
        let key = EntityId::draw(random);
        let note = |field: &str, value: &str| Edit::entity(Container::Decisions, &key, field, value);
        let mut edits =
            vec![Edit { target: self.target.clone(), field: self.field.clone(), value: self.value.clone() }];
        match &self.target {
            Target::Household => edits.push(note("container", shape::KEY_HOUSEHOLD)),
            Target::Entity(container, entity) => {
                edits.extend([note("container", container.key()), note("entity", entity.as_str())]);
            }
        }
        edits.push(note("field", &self.field));
        edits.extend(self.reason.as_deref().map(|reason| note("reason", reason)));
        edits
    }
}

/// The reasons given for decisions on a field, in the order of their entries. One that was undone gives none.
pub fn reasons<'a>(view: &'a View, target: &'a Target, field: &'a str) -> impl Iterator<Item = &'a str> {
    let standing = view.of(Container::Decisions).filter(|(_, decision)| !is_withdrawn(decision));
    standing.filter_map(move |(_, decision)| {
        let of = match target {
            Target::Household => (shape::KEY_HOUSEHOLD, None),
            Target::Entity(container, entity) => (container.key(), Some(entity.as_str())),
        };
        let told = (shown_text(decision, "container")?, shown_text(decision, "entity"));
        (told == of && shown_text(decision, "field")? == field)
            .then(|| shown_text(decision, "reason"))
            .flatten()
    })
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::document::Household;
    use crate::id::DeviceId;

    #[test]
    fn a_decision_settles_a_conflict_everywhere_and_keeps_its_reason() {
        let mut random = ChaCha20Rng::seed_from_u64(1);
        let actor = |n: u8| DeviceId([n; 12]).actor(1);
        let (mut a, genesis) = Household::create(actor(1), "01", 0, 1);
        let mut b = Household::load(actor(2), &[&genesis.bytes]).expect("a genesis");
        let from_a = a.edit(&[Edit::household("phone", "1")], 1).expect("an edit");
        let from_b = b.edit(&[Edit::household("phone", "2")], 1).expect("an edit");
        a.apply(&[&from_b.bytes]).expect("sound");
        b.apply(&[&from_a.bytes]).expect("sound");
        assert_eq!(a.view().conflicts().count(), 1);
        assert_eq!(a.view(), b.view());
        let decision = Decision {
            target: Target::Household,
            field: "phone".into(),
            value: "2".into(),
            reason: Some("asked again".into()),
        };
        let decided = a.edit(&decision.edits(&mut random), 2).expect("an edit");
        b.apply(&[&decided.bytes]).expect("sound");
        for household in [&a, &b] {
            let view = household.view();
            assert_eq!(view.conflicts().count(), 0);
            assert_eq!(shown_text(&view.household, "phone"), Some("2"));
            assert_eq!(reasons(&view, &Target::Household, "phone").collect::<Vec<_>>(), ["asked again"]);
        }
        let later = b.edit(&[Edit::household("phone", "3")], 3).expect("an edit");
        a.apply(&[&later.bytes]).expect("sound");
        assert_eq!(
            a.view().conflicts().count(),
            0,
            "what is written after seeing the decision is no conflict"
        );
    }
}
