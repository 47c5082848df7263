//! Deeds against the register, as officers and phones meet it. Every person here is made up.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sync_core::candidates::{HouseholdReason, Reason};
use sync_core::document::{Edit, Field, Household, View, is_withdrawn, shown_text};
use sync_core::facts::SamePerson;
use sync_core::id::ActorId;

use super::*;
use crate::office::Author;
use crate::office::desk::{CLOCK, Desk, Said};

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
fn of_two_officers_who_link_and_part_one_pair_the_second_is_told() {
    let mut desk = Desk::new();
    let (_, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (_, b) = desk.household("02", "Lê Giả Khác", &[AN]);
    let (same, apart) = (desk.link(&a[0], &b[0], LinkKind::Same), desk.link(&a[0], &b[0], LinkKind::NotSame));
    desk.office.do_deed(&desk.mai, same, CLOCK).unwrap();
    assert_eq!(desk.office.do_deed(&desk.binh, apart, CLOCK), Err(DeedError::ChangedMeanwhile));
    // Having seen the link, the other may still say otherwise; the link gives way.
    desk.office.do_deed(&desk.binh, desk.link(&a[0], &b[0], LinkKind::NotSame), CLOCK).unwrap();
    assert_eq!(desk.told(), []);
}

#[test]
fn a_link_is_told_in_both_documents_and_undone_restores_what_a_tally_is_told() {
    let mut desk = Desk::new();
    let (left, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (right, b) = desk.household("02", "Lê Giả Khác", &[AN]);
    let before = desk.told();
    assert!(matches!(before[..], [(SamePerson::Undecided, ..)]));
    for (kind, told) in [(LinkKind::Same, Some(SamePerson::Linked)), (LinkKind::NotSame, None)] {
        let [pair] = desk.pairs().try_into().unwrap();
        assert!(pair.widens && pair.reasons.contains(&Reason::SameName));
        assert_eq!(pair.seen, desk.seen(&pair.subject()), "a row's state is that of the deed");
        let deed = desk.done(desk.link(&a[0], &b[0], kind));
        assert_eq!(desk.told().first().map(|(same, ..)| *same), told);
        assert_eq!(desk.pairs(), []);
        for document in [left, right] {
            let view = desk.on_phone(document);
            let link =
                view.of(Container::Links).map(|(_, link)| link).find(|link| !is_withdrawn(link)).unwrap();
            assert_eq!(shown_text(link, "kind"), Some(kind.code()));
            assert_eq!(shown_text(link, "decided_by"), Some("Mai Giả Lập"));
            assert_eq!(desk.office.deeds_of(document).unwrap()[0].id, deed);
        }
        desk.office.undo_deed(&desk.mai, deed, CLOCK).unwrap();
        assert_eq!(desk.told(), before);
    }
    // A link that no deed made is withdrawn as well, and stands again when that is undone.
    let key = desk.key();
    let of = |field: &str, value: &str| Edit::entity(Container::Links, &key, field, value);
    let document = a[0].document.to_string();
    let link = [
        of("kind", "moved"),
        of("person", b[0].person.as_str()),
        of("other_document", &document),
        of("other_person", a[0].person.as_str()),
    ];
    desk.edit(&desk.before, right, &link);
    let seen = desk.seen(&Subject::pair(a[0].clone(), b[0].clone()));
    let deed = desk.done(Deed::Unlink { a: a[0].clone(), b: b[0].clone(), seen });
    assert_eq!(desk.told(), before);
    desk.office.undo_deed(&desk.mai, deed, CLOCK).unwrap();
    assert!(matches!(desk.told()[..], [(SamePerson::Linked, ..)]));
}

#[test]
fn two_registered_twins_are_no_pair_and_a_letter_too_few_is_one_that_widens_nothing() {
    let mut desk = Desk::new();
    let twin = [AN, &[("name", "Nguyễn Giả Anh")]].concat();
    desk.household("01", "Trần Giả Chủ", &[AN, &twin]);
    assert_eq!(desk.pairs(), []);
    let (_, far) = desk.household("02", "Lê Giả Khác", &[&[AN, &[("name", "Nguyễn Giả Aan")]].concat()]);
    let [pair] = desk.pairs().try_into().unwrap();
    assert!(!pair.widens && pair.reasons.contains(&Reason::NameNear));
    assert!(pair.a == far[0] || pair.b == far[0]);
    assert_eq!(desk.told(), []);
    assert!(pair.is_of(Some("01")) && pair.is_of(Some("02")) && pair.is_of(None) && !pair.is_of(Some("03")));
}

#[test]
fn a_move_is_confirmed_at_the_end_where_it_was_not_told() {
    let mut desk = Desk::new();
    let (left, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (right, b) = desk.household("02", "Lê Giả Khác", &[AN]);
    let event = desk.key();
    let of = |field: &str, value: &str| Edit::entity(Container::Events, &event, field, value);
    let told = [
        of("person", a[0].person.as_str()),
        of("kind", "moved_out"),
        of("date", "2026-05-20"),
        of("other_place", "Thôn Hai, Xã Giả Lập"),
    ];
    desk.edit(&desk.before, left, &told);
    let [row] = desk.waiting().moves.clone().try_into().unwrap();
    assert!(row.is_of(Some("01")) && row.is_of(Some("02")) && !row.is_of(Some("03")));
    let found = &row.found;
    assert_eq!((found.from.as_ref(), found.to.as_ref()), (Some(&a[0]), Some(&b[0])));
    assert!(!found.departure_missing && found.arrival_missing && found.link_missing);
    assert_eq!(desk.pairs(), [], "told once, as a move");
    let seen = desk.seen(&row.subject());
    let deed = desk.done(Deed::ConfirmMove {
        from: a[0].clone(),
        to: b[0].clone(),
        date: None,
        reason: BECAUSE.into(),
        seen,
    });
    assert_eq!(desk.waiting().moves, []);
    let view = desk.on_phone(right);
    let arrival = view.of(Container::Events).map(|(_, event)| event).next().unwrap();
    let shown = ["kind", "date", "other_place"].map(|field| shown_text(arrival, field));
    assert_eq!(shown, [Some("moved_in"), Some("2026-05-20"), Some("Thôn Một")]);
    assert_eq!(desk.view(left).of(Container::Events).count(), 1, "what was told is not told again");
    desk.office.undo_deed(&desk.mai, deed, CLOCK).unwrap();
    assert_eq!(desk.waiting().moves.len(), 1);
}

#[test]
fn two_documents_of_one_household_are_linked_child_by_child() {
    let mut desk = Desk::new();
    let (kept, a) = desk.household("01", "Trần Giả Chủ", &[AN, BINH]);
    let (second, b) = desk.household("01", "Tran Gia Chu", &[AN, BINH]);
    let [found] = desk.waiting().households.clone().try_into().unwrap();
    assert_eq!(found.reasons.last(), Some(&HouseholdReason::SameChildren));
    assert_eq!(found.pairs.len(), 2);
    let pairs: Vec<(EntityId, EntityId)> =
        a.iter().zip(&b).map(|(a, b)| (a.person.clone(), b.person.clone())).collect();
    let seen = desk.seen(&Subject::households(kept, second));
    let deed = |pairs: &[(EntityId, EntityId)]| Deed::LinkHouseholds {
        kept,
        second,
        pairs: pairs.to_vec(),
        withdraw: true,
        reason: "một hộ ghi hai lần".into(),
        seen,
    };
    let refused = desk.office.do_deed(&desk.mai, deed(&pairs[..1]), CLOCK);
    assert_eq!(refused, Err(DeedError::ChildrenLeft));
    let done = desk.done(deed(&pairs));
    assert!(is_withdrawn(&desk.on_phone(second).household));
    assert_eq!(desk.waiting().households, []);
    assert_eq!(desk.pairs(), []);
    desk.office.undo_deed(&desk.mai, done, CLOCK).unwrap();
    assert!(!is_withdrawn(&desk.on_phone(second).household));
    assert_eq!(desk.pairs().len(), 2);
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
fn what_is_set_aside_comes_back_in_time_when_undone_and_when_it_changes() {
    let mut desk = Desk::new();
    let (_, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    desk.household("02", "Lê Giả Khác", &[AN]);
    let [pair] = desk.pairs().try_into().unwrap();
    let aside = |until: Option<i64>, reason: Option<&str>| Deed::SetAside {
        subject: pair.subject(),
        until,
        reason: reason.map(str::to_owned),
        seen: pair.seen,
    };
    let right = || aside(None, Some(BECAUSE));
    let out = |desk: &Desk, at: i64| {
        let queue = desk.office.queue(at).unwrap();
        assert_eq!(queue.pairs.len() + queue.asides.len(), 1, "it waits or is set aside");
        queue.asides.first().map(|aside| (aside.deed, aside.until))
    };
    let log = desk.office.status().unwrap().log_position;
    let later = desk.done(aside(Some(CLOCK + 10), None));
    assert_eq!(out(&desk, CLOCK), Some((later, Some(CLOCK + 10))));
    assert_eq!(out(&desk, CLOCK + 10), None);
    assert_eq!(out(&desk, CLOCK), Some((later, Some(CLOCK + 10))), "whatever time was asked for before");
    let unsaid = desk.office.do_deed(&desk.mai, aside(None, None), CLOCK);
    assert_eq!(unsaid, Err(DeedError::Reason), "why is it right?");
    let deed = desk.done(right());
    assert_eq!(out(&desk, CLOCK + 1_000_000), Some((deed, None)));
    assert_eq!(desk.office.status().unwrap().log_position, log, "no change");
    let kept = [later, deed].map(|id| {
        let row = desk.office.deed(id).unwrap().unwrap();
        (row.kind, row.until, row.reason)
    });
    let because = Some(BECAUSE.to_owned());
    assert_eq!(kept, [(DeedKind::Later, Some(CLOCK + 10), None), (DeedKind::Right, None, because)]);
    desk.office.undo_deed(&desk.mai, deed, CLOCK).unwrap();
    assert_eq!(out(&desk, CLOCK), None);
    desk.done(right());
    desk.household("01", "Phạm Giả Khác", &[]);
    assert!(out(&desk, CLOCK).is_some(), "somebody has written elsewhere");
    let of = Edit::entity(Container::Children, &a[0].person, "school", "Trường Giả Lập");
    desk.edit(&desk.before, a[0].document, &[of]);
    assert_eq!(out(&desk, CLOCK), None, "somebody has written there");
    assert_eq!(desk.office.do_deed(&desk.mai, right(), CLOCK), Err(DeedError::ChangedMeanwhile));
}

#[test]
fn fields_and_contradictions_that_are_set_aside_are_counted_nowhere() {
    let mut desk = Desk::new();
    let (document, _) = desk.household("01", "Trần Giả Chủ", &[]);
    desk.dispute(document, "phone", &["0900000001", "0900000002"]);
    let orphan = [AN, &[("father_status", "living"), ("mother_status", "living")]].concat();
    let (other, people) = desk.household("02", "Lê Giả Khác", &[&orphan]);
    let key = desk.key();
    let of = |field: &str, value: &str| Edit::entity(Container::Circumstances, &key, field, value);
    let told = [of("person", people[0].person.as_str()), of("code", "II.1.1"), of("start", "2024")];
    desk.edit(&desk.before, other, &told);
    let subjects = |queue: &Queue| -> Vec<Subject> {
        let fields = queue.fields.iter().map(|field| field.subject.clone());
        fields.chain(queue.contradictions.iter().map(|found| found.subject.clone())).collect()
    };
    let open = subjects(&desk.waiting());
    assert!(desk.waiting().fields.len() == 1 && open.len() > 1);
    for subject in &open {
        let seen = desk.seen(subject);
        let (subject, reason) = (subject.clone(), Some(BECAUSE.to_owned()));
        desk.done(Deed::SetAside { subject, until: None, reason, seen });
    }
    let queue = desk.waiting();
    assert_eq!((subjects(&queue), queue.asides.len()), (Vec::new(), open.len()));
    desk.edit(&desk.before, document, &[Edit::household("address", "Xóm Giả Lập")]);
    assert_eq!(subjects(&desk.waiting()), [], "the dispute is what it was");
    for aside in &queue.asides {
        desk.office.undo_deed(&desk.binh, aside.deed, CLOCK).unwrap();
    }
    assert_eq!(subjects(&desk.waiting()), open);
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
fn of_two_officers_who_link_a_household_with_this_one_and_with_another_the_second_is_told() {
    let mut desk = Desk::new();
    let (one, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (two, b) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (_, c) = desk.household("02", "Lê Giả Khác", &[AN]);
    let households = |desk: &Desk| Deed::LinkHouseholds {
        kept: one,
        second: two,
        pairs: vec![(a[0].person.clone(), b[0].person.clone())],
        withdraw: true,
        reason: BECAUSE.into(),
        seen: desk.seen(&Subject::households(one, two)),
    };
    for other in [&a[0], &c[0]] {
        let looked_at = households(&desk);
        let linked = desk.done(desk.link(&b[0], other, LinkKind::Same));
        let answer = desk.office.do_deed(&desk.binh, looked_at, CLOCK);
        assert_eq!(answer, Err(DeedError::ChangedMeanwhile), "somebody linked a child of it");
        let looked_at = households(&desk);
        desk.office.undo_deed(&desk.mai, linked, CLOCK).unwrap();
        let answer = desk.office.do_deed(&desk.binh, looked_at, CLOCK);
        assert_eq!(answer, Err(DeedError::ChangedMeanwhile), "somebody parted them");
    }
    desk.office.do_deed(&desk.binh, households(&desk), CLOCK).unwrap();
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
fn what_is_in_quarantine_is_told_in_counts_examined_again_and_never_deleted() {
    let mut desk = Desk::new();
    let (document, _) = desk.household("01", "Trần Giả Chủ", &[]);
    let actor = desk.before.actor(desk.office.commune());
    let mut household = desk.office.household(document, None, actor).unwrap();
    let sound = household.edit(&[Edit::household("phone", "0900000001")], CLOCK).unwrap();
    let device = desk.before.device();
    let rows = [
        (sound.hash.0, sound.bytes.clone(), "change_unsound", true),
        ([1; 32], sound.bytes, "batch_signature_invalid", false),
        ([2; 32], b"no change at all".to_vec(), "change_malformed", true),
    ];
    desk.office
        .writer
        .write(move |sql, _| {
            for (hash, bytes, code, signed) in rows {
                sql.execute(
                    "INSERT INTO quarantine (device, document, hash, bytes, code, batch, received_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, (SELECT max(id) FROM batch WHERE ?6), ?7)",
                    rusqlite::params![device.0, document.0, hash, bytes, code, signed, CLOCK],
                )?;
            }
            Ok(())
        })
        .unwrap();
    let details = desk.office.quarantine_details().unwrap();
    let outline = details[0].outline.clone().unwrap();
    assert_eq!((outline.writes, outline.begins, outline.fields), (1, 0, vec!["phone".to_owned()]));
    assert!(
        details[0].document_known && details[0].signed && !details[1].signed && details[2].outline.is_none()
    );
    let ids: Vec<u64> = details.iter().map(|detail| detail.row.id).collect();
    let retry = |id: u64| desk.office.do_deed(&desk.mai, Deed::QuarantineRetry { id }, CLOCK);
    assert_eq!(retry(ids[2]), Err(DeedError::StillRefused("change_malformed")));
    assert_eq!(retry(ids[1]), Err(DeedError::StillRefused("batch_signature_invalid")));
    let passed = retry(ids[0]).unwrap();
    assert_eq!(desk.values(document, "phone"), texts(&["0900000001"]));
    assert_eq!(retry(ids[0]), Err(DeedError::NotFound), "it waits no longer");
    assert_eq!(desk.office.undo_deed(&desk.mai, passed, CLOCK), Err(DeedError::NotUndoable));
    assert_eq!(desk.office.quarantine_waiting().unwrap(), 2);
    let seen = desk.done(Deed::QuarantineSeen { id: ids[2] });
    assert_eq!(desk.office.quarantine_waiting().unwrap(), 1);
    assert!(desk.office.quarantine_details().unwrap()[1].seen, "it is still there");
    desk.office.undo_deed(&desk.binh, seen, CLOCK).unwrap();
    assert_eq!(desk.office.quarantine_waiting().unwrap(), 2);
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever is linked and parted among three records of one child, undone in reverse every tally reads what it
    /// read before.
    #[test]
    fn links_undone_in_reverse_restore_the_tally(steps in prop::collection::vec((0usize..3, 0usize..3), 1..5)) {
        let mut desk = Desk::new();
        let people: Vec<PersonRef> =
            (0..3).map(|_| desk.household("01", "Trần Giả Chủ", &[AN]).1.remove(0)).collect();
        let mut told = vec![desk.told()];
        let mut done = Vec::new();
        for (pair, kind) in steps {
            let (a, b) = [(0, 1), (0, 2), (1, 2)][pair];
            let kind = [LinkKind::Same, LinkKind::Moved, LinkKind::NotSame][kind];
            match desk.office.do_deed(&desk.mai, desk.link(&people[a], &people[b], kind), CLOCK) {
                Ok(deed) => {
                    done.push(deed);
                    told.push(desk.told());
                }
                Err(error) => prop_assert_eq!(error, DeedError::NothingToWrite),
            }
        }
        for deed in done.into_iter().rev() {
            prop_assert_eq!(Some(desk.told()), told.pop());
            desk.office.undo_deed(&desk.binh, deed, CLOCK).expect("nobody else wrote");
        }
        prop_assert_eq!(Some(desk.told()), told.pop());
    }
}
