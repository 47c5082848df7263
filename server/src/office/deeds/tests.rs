//! Deeds against the register, as officers and phones meet it. Every person here is made up.

use std::collections::BTreeSet;

use sync_core::candidates::{HouseholdReason, Reason};
use sync_core::document::{Edit, Field, Household, View, is_withdrawn, shown_text};
use sync_core::facts::SamePerson;
use sync_core::id::ActorId;

use super::*;
use crate::office::Author;
use crate::office::desk::{CLOCK, Desk, Said};

mod links;
mod waiting;

/// A reason that will do.
const BECAUSE: &str = "hỏi lại gia đình";

const AN: Said<'_> = &[
    ("name", "Nguyễn Giả An"),
    ("birth_date", "2015-03-04"),
    ("mother_name", "Trần Giả Mẹ"),
    ("sex", "male"),
];
const BINH: Said<'_> = &[
    ("name", "Nguyễn Giả Bình"),
    ("birth_date", "2017-08-09"),
    ("mother_name", "Trần Giả Mẹ"),
    ("sex", "male"),
];

impl Desk {
    fn household(
        &mut self,
        village: &str,
        head: &str,
        children: &[Said<'_>],
    ) -> (DocumentId, Vec<PersonRef>) {
        self.begin(village, &[("head_name", head)], children)
    }

    /// Each value written by somebody else who knows of none of the others.
    fn dispute(&self, document: DocumentId, field: &str, values: &[&str]) {
        let base = self.office.household(document, None, ActorId([0; 16])).unwrap();
        let base: Vec<Vec<u8>> = self.changes(document, base.heads().len());
        for (n, value) in (20..).zip(values) {
            let author = Author::from_bytes(&[n; 32]);
            let mut household = Household::load(author.actor(self.office.commune()), &base).unwrap();
            let change = household.edit(&[Edit::household(field, *value)], CLOCK).unwrap();
            self.write(&author, document, vec![change]);
        }
    }

    fn changes(&self, document: DocumentId, at_least: usize) -> Vec<Vec<u8>> {
        let log = self.office.log_after(0, 10_000).unwrap();
        let changes: Vec<Vec<u8>> =
            log.into_iter().filter(|change| change.document == document).map(|change| change.bytes).collect();
        assert!(changes.len() >= at_least);
        changes
    }

    /// The document on a phone that got everything over the line.
    fn on_phone(&self, document: DocumentId) -> View {
        Household::load(ActorId([3; 16]), &self.changes(document, 1)).unwrap().view()
    }

    fn values(&self, document: DocumentId, field: &str) -> BTreeSet<Value> {
        let view = self.view(document);
        assert_eq!(view, self.on_phone(document), "a phone reads the same");
        view.household.get(field).into_iter().flat_map(Field::values).map(|one| one.value.clone()).collect()
    }

    fn seen(&self, subject: &Subject) -> Seen {
        self.office.seen(subject).unwrap().unwrap()
    }

    fn settle(&self, document: DocumentId, field: &str, value: &str) -> Deed {
        let (target, field) = (Target::Household, field.to_owned());
        let seen = self.seen(&Subject::Field { document, target: target.clone(), field: field.clone() });
        Deed::Settle { document, target, field, value: value.into(), reason: Some(BECAUSE.into()), seen }
    }

    fn link(&self, a: &PersonRef, b: &PersonRef, kind: LinkKind) -> Deed {
        let seen = self.seen(&Subject::pair(a.clone(), b.clone()));
        Deed::Link { a: a.clone(), b: b.clone(), kind, reason: BECAUSE.into(), seen }
    }

    fn done(&self, deed: Deed) -> DeedId {
        self.office.do_deed(&self.mai, deed, CLOCK).unwrap()
    }

    fn pairs(&self) -> Vec<CandidatePair> {
        self.waiting().pairs.clone()
    }

    fn waiting(&self) -> std::sync::Arc<Queue> {
        self.office.queue(CLOCK).unwrap()
    }

    /// What a tally is told of pairs.
    fn told(&self) -> Vec<(SamePerson, PersonRef, PersonRef)> {
        let facts = self.office.facts(None, None).unwrap();
        facts.pairs.iter().map(|pair| (pair.same, pair.a.clone(), pair.b.clone())).collect()
    }
}

fn texts(values: &[&str]) -> BTreeSet<Value> {
    values.iter().map(|value| Value::from(*value)).collect()
}

#[test]
fn a_dispute_settled_and_undone_stands_open_again_with_its_authors() {
    let mut desk = Desk::new();
    let (document, _) = desk.household("01", "Trần Giả Chủ", &[]);
    desk.dispute(document, "phone", &["0900000001", "0900000002", "0900000003"]);
    let authors = |desk: &Desk| -> BTreeSet<String> {
        let household = desk.office.household(document, None, ActorId([0; 16])).unwrap();
        let written = household.view().household["phone"].clone();
        let first = written.values().map(|one| {
            let change = household.change_of(one).unwrap();
            let first = desk.office.first_written(change, "phone").unwrap();
            desk.office.recorded(first).unwrap().device.to_string()
        });
        first.collect()
    };
    let before = authors(&desk);
    assert_eq!(before.len(), 3);
    for value in ["0900000002", "0900000009"] {
        let deed = desk.done(desk.settle(document, "phone", value));
        assert_eq!(desk.values(document, "phone"), texts(&[value]));
        assert_eq!(desk.office.conflicts(None).unwrap(), []);
        let undo = desk.office.undo_deed(&desk.binh, deed, CLOCK + 1).unwrap();
        assert_eq!(desk.values(document, "phone"), texts(&["0900000001", "0900000002", "0900000003"]));
        assert_eq!(desk.office.conflicts(None).unwrap().len(), 1);
        assert_eq!(authors(&desk), before, "whose word each is");
        let row = desk.office.deed(deed).unwrap().unwrap();
        let undone = row.undone.clone().unwrap();
        assert_eq!((undone.id, undone.by.as_str(), undone.at), (undo, "Bình Giả Lập", CLOCK + 1));
        assert_eq!(
            (row.by.as_str(), row.kind, row.can_be_undone()),
            ("Mai Giả Lập", DeedKind::Settle, false)
        );
        assert_eq!(desk.office.undo_deed(&desk.mai, deed, CLOCK), Err(DeedError::UndoneAlready));
        assert_eq!(desk.office.undo_deed(&desk.mai, undo, CLOCK), Err(DeedError::NotUndoable));
    }
    assert_eq!(desk.office.verify(|_| ()).unwrap().findings, []);
}

#[test]
fn of_two_officers_the_second_is_told_and_nothing_is_written() {
    let mut desk = Desk::new();
    let (document, _) = desk.household("01", "Trần Giả Chủ", &[]);
    desk.dispute(document, "phone", &["0900000001", "0900000002"]);
    let (first, second) =
        (desk.settle(document, "phone", "0900000001"), desk.settle(document, "phone", "0900000002"));
    let deed = desk.office.do_deed(&desk.mai, first, CLOCK).unwrap();
    let log = desk.office.status().unwrap().log_position;
    let answer = desk.office.do_deed(&desk.binh, second, CLOCK);
    assert_eq!(answer, Err(DeedError::ChangedMeanwhile));
    assert_eq!(desk.office.status().unwrap().log_position, log);
    // Nor is undone what somebody has overwritten since.
    desk.edit(&desk.before, document, &[Edit::household("phone", "0900000007")]);
    assert_eq!(desk.office.undo_deed(&desk.mai, deed, CLOCK), Err(DeedError::ChangedMeanwhile));
    assert_eq!(desk.values(document, "phone"), texts(&["0900000007"]));
}

#[test]
fn numbers_corrections_and_withdrawals_are_checked_written_and_undone() {
    let mut desk = Desk::new();
    let (document, people) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let person = people[0].person.clone();
    let target = Target::Entity(Container::Children, person.clone());
    let seen = |desk: &Desk, field: &str| {
        desk.seen(&Subject::Field { document, target: target.clone(), field: field.to_owned() })
    };
    let number = |desk: &Desk, number: &str| Deed::IdentityNumber {
        document,
        person: person.clone(),
        number: number.into(),
        seen: seen(desk, "identity_number"),
    };
    let refused = desk.office.do_deed(&desk.mai, number(&desk, "0012150000"), CLOCK);
    assert_eq!(refused, Err(DeedError::Value));
    let deed = desk.done(number(&desk, "001 215 000 001"));
    let child = |desk: &Desk| desk.on_phone(document).entity(Container::Children, &person).unwrap().clone();
    assert_eq!(shown_text(&child(&desk), "identity_number"), Some("001215000001"));
    let again = desk.office.do_deed(&desk.mai, number(&desk, "001215000001"), CLOCK);
    assert_eq!(again, Err(DeedError::NothingToWrite));
    desk.office.undo_deed(&desk.mai, deed, CLOCK).unwrap();
    assert_eq!(child(&desk)["identity_number"].shown().value, Value::Null);

    let settle = |desk: &Desk, field: &str, value: Value| Deed::Settle {
        document,
        target: target.clone(),
        field: field.to_owned(),
        value,
        reason: None,
        seen: seen(desk, field),
    };
    for (field, value) in [("sex", "neither"), ("birth_date", "hôm qua"), ("unknown_field", "x")] {
        let refused = desk.office.do_deed(&desk.mai, settle(&desk, field, value.into()), CLOCK);
        assert_eq!(refused, Err(DeedError::Value), "{field}");
    }
    let withdraw = |desk: &Desk, reason: &str| Deed::Withdraw {
        document,
        target: target.clone(),
        reason: reason.into(),
        seen: seen(desk, "withdrawn"),
    };
    assert_eq!(desk.office.do_deed(&desk.mai, withdraw(&desk, "  "), CLOCK), Err(DeedError::Reason));
    let long = "x".repeat(DEED_REASON_CHARS_MAX + 1);
    assert_eq!(desk.office.do_deed(&desk.mai, withdraw(&desk, &long), CLOCK), Err(DeedError::Reason));
    let deed = desk.done(withdraw(&desk, "ghi nhầm"));
    assert!(is_withdrawn(&child(&desk)));
    desk.office.undo_deed(&desk.mai, deed, CLOCK).unwrap();
    assert!(!is_withdrawn(&child(&desk)));
}

#[test]
fn nothing_is_linked_parted_or_written_anew_without_a_reason() {
    let mut desk = Desk::new();
    let (document, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (second, b) = desk.household("02", "Lê Giả Khác", &[AN]);
    desk.dispute(document, "phone", &["0900000001", "0900000002"]);
    let (a, b) = (a[0].clone(), b[0].clone());
    let seen = desk.seen(&Subject::pair(a.clone(), b.clone()));
    let link = |kind| Deed::Link { a: a.clone(), b: b.clone(), kind, reason: " ".into(), seen };
    let unsaid = |field: &str, value: &str| match desk.settle(document, field, value) {
        Deed::Settle { document, target, field, value, seen, .. } => {
            Deed::Settle { document, target, field, value, reason: None, seen }
        }
        other => other,
    };
    let refused = [
        link(LinkKind::Same),
        link(LinkKind::Moved),
        link(LinkKind::NotSame),
        Deed::ConfirmMove { from: a.clone(), to: b.clone(), date: None, reason: String::new(), seen },
        Deed::LinkHouseholds {
            kept: document,
            second,
            pairs: vec![(a.person.clone(), b.person.clone())],
            withdraw: false,
            reason: String::new(),
            seen: desk.seen(&Subject::households(document, second)),
        },
        unsaid("phone", "0900000009"),
        unsaid("address", "Xóm Giả Lập"),
    ];
    for deed in refused {
        assert_eq!(desk.office.do_deed(&desk.mai, deed.clone(), CLOCK), Err(DeedError::Reason), "{deed:?}");
    }
    desk.done(unsaid("phone", "0900000002"));
}

#[test]
fn many_deeds_are_one_batch_and_each_has_its_own_outcome() {
    let mut desk = Desk::new();
    let documents: Vec<DocumentId> = (0..3).map(|_| desk.household("01", "Trần Giả Chủ", &[]).0).collect();
    for document in &documents {
        desk.dispute(*document, "phone", &["0900000001", "0900000002"]);
    }
    let deeds: Vec<Deed> =
        documents.iter().map(|document| desk.settle(*document, "phone", "0900000001")).collect();
    desk.done(desk.settle(documents[1], "phone", "0900000002"));
    let outcomes = desk.office.do_deeds(&desk.binh, &deeds, CLOCK).unwrap();
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert_eq!(outcomes[1], Err(DeedError::ChangedMeanwhile));
    assert_eq!(desk.values(documents[1], "phone"), texts(&["0900000002"]));
    let batches: BTreeSet<u64> = outcomes
        .into_iter()
        .flatten()
        .map(|deed| desk.office.deed(deed).unwrap().unwrap().changes[0])
        .map(|change| desk.office.recorded(change).unwrap().batch)
        .collect();
    assert_eq!(batches.len(), 1);
    let many: Vec<Deed> = deeds.into_iter().cycle().take(DEEDS_MAX + 1).collect();
    assert_eq!(desk.office.do_deeds(&desk.binh, &many, CLOCK), Err(DeedError::TooMany));
}

#[test]
fn subjects_and_kinds_are_read_back_as_they_were_written() {
    let person = PersonRef { document: DocumentId([1; 16]), person: "0123456789abc".parse().unwrap() };
    let target = Target::Entity(Container::Children, person.person.clone());
    let document = person.document;
    for subject in [
        Subject::Field { document, target: target.clone(), field: "name".into() },
        Subject::Field { document, target: Target::Household, field: "phone".into() },
        Subject::pair(person.clone(), person.clone()),
        Subject::Move { from: Some(person.clone()), to: None },
        Subject::households(document, document),
        Subject::Issue { document, target, code: "age_against_group".into() },
        Subject::Quarantine { id: 7 },
    ] {
        assert_eq!(Subject::of_text(&subject.to_text()), Some(subject));
    }
    assert_eq!(Subject::Quarantine { id: 7 }.to_text(), r#"{"quarantine":{"id":7}}"#, "SQL counts by it");
    assert_eq!(Subject::of_text("{\"field\":1}"), None);
    for kind in DeedKind::ALL {
        assert_eq!(DeedKind::of_code(kind.code()), Some(kind));
    }
}
