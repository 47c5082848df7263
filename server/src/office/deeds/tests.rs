//! Deeds against the register, as officers and phones meet it. Every person here is made up.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sync_core::candidates::{HouseholdReason, Reason};
use sync_core::document::{Edit, Field, Household, LocalChange, View, is_withdrawn, shown_text};
use sync_core::facts::SamePerson;
use sync_core::id::ActorId;
use sync_core::seal::ConfidentialPublicKey;
use tempfile::TempDir;

use super::*;
use crate::office::{Author, CommuneConfig, Office, OfficeOptions};

const CLOCK: i64 = 1_795_136_400;

struct Desk {
    office: Office,
    /// Two officers at two desks.
    mai: Author,
    binh: Author,
    /// Stands for whoever wrote before: an import, phones.
    before: Author,
    random: StdRng,
    _folder: TempDir,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let config = CommuneConfig {
        name: "Xã Giả Lập".into(),
        unit_word: "thôn".into(),
        villages: vec![("01".into(), "Thôn Một".into()), ("02".into(), "Thôn Hai".into())],
        confidential_key: ConfidentialPublicKey([9; 32]),
    };
    let options = OfficeOptions { random: Box::new(StdRng::seed_from_u64(7)) };
    let office = Office::create(&folder.path().join("register.sqlite"), &config, options).unwrap();
    Desk {
        office,
        mai: Author::officer(&[5; 32], "Mai Giả Lập"),
        binh: Author::officer(&[6; 32], "Bình Giả Lập"),
        before: Author::from_bytes(&[7; 32]),
        random: StdRng::seed_from_u64(8),
        _folder: folder,
    }
}

/// What is said of a child.
type Said<'a> = &'a [(&'a str, &'a str)];

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
    fn key(&mut self) -> EntityId {
        EntityId::draw(&mut self.random)
    }

    fn write(&self, author: &Author, document: DocumentId, changes: Vec<LocalChange>) {
        let changes = changes.into_iter().map(|change| (document, change)).collect();
        self.office.author(author, changes, Vec::new(), CLOCK).unwrap();
        self.office.index_now(&[document]).unwrap();
    }

    fn household(
        &mut self,
        village: &str,
        head: &str,
        children: &[Said<'_>],
    ) -> (DocumentId, Vec<PersonRef>) {
        let actor = self.before.actor(self.office.commune());
        let salt = self.office.documents(None).unwrap().len() as u64;
        let (mut household, genesis) = Household::create(actor, village, CLOCK, salt);
        let document = household.id();
        let mut edits = vec![Edit::household("head_name", head)];
        let mut people = Vec::new();
        for said in children {
            let person = self.key();
            edits.extend(said.iter().map(|(f, v)| Edit::entity(Container::Children, &person, f, *v)));
            people.push(PersonRef { document, person });
        }
        let change = household.edit(&edits, CLOCK).unwrap();
        self.write(&self.before, document, vec![genesis, change]);
        (document, people)
    }

    fn edit(&self, author: &Author, document: DocumentId, edits: &[Edit]) {
        let actor = author.actor(self.office.commune());
        let mut household = self.office.household(document, None, actor).unwrap();
        self.write(author, document, vec![household.edit(edits, CLOCK).unwrap()]);
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

    fn view(&self, document: DocumentId) -> View {
        self.office.household(document, None, ActorId([0; 16])).unwrap().view()
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
        Deed::Settle {
            document,
            target,
            field,
            value: value.into(),
            reason: Some("hỏi lại gia đình".into()),
            seen,
        }
    }

    fn link(&self, a: &PersonRef, b: &PersonRef, kind: LinkKind) -> Deed {
        let seen = self.seen(&Subject::pair(a.clone(), b.clone()));
        Deed::Link { a: a.clone(), b: b.clone(), kind, reason: None, seen }
    }

    fn done(&self, deed: Deed) -> DeedId {
        self.office.do_deed(&self.mai, deed, CLOCK).unwrap()
    }

    fn pairs(&self) -> Vec<CandidatePair> {
        let (pairs, total) = self.office.candidate_pairs(None, CLOCK, 0, 50).unwrap();
        assert_eq!(total, pairs.len() as u64);
        pairs
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
    let mut desk = desk();
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
    let mut desk = desk();
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
    let mut desk = desk();
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
    let mut desk = desk();
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
    let mut desk = desk();
    let twin = [AN, &[("name", "Nguyễn Giả Anh")]].concat();
    desk.household("01", "Trần Giả Chủ", &[AN, &twin]);
    assert_eq!(desk.pairs(), []);
    let (_, far) = desk.household("02", "Lê Giả Khác", &[&[AN, &[("name", "Nguyễn Giả Aan")]].concat()]);
    let [pair] = desk.pairs().try_into().unwrap();
    assert!(!pair.widens && pair.reasons.contains(&Reason::NameNear));
    assert!(pair.a == far[0] || pair.b == far[0]);
    assert_eq!(desk.told(), []);
    assert_eq!(desk.office.candidate_pairs(Some("02"), CLOCK, 0, 50).unwrap().1, 1);
    assert_eq!(desk.office.candidate_pairs(Some("02"), CLOCK, 1, 50).unwrap().0, []);
}

#[test]
fn a_move_is_confirmed_at_the_end_where_it_was_not_told() {
    let mut desk = desk();
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
    let [row] = desk.office.moves(Some("02"), CLOCK).unwrap().try_into().unwrap();
    let found = &row.found;
    assert_eq!((found.from.as_ref(), found.to.as_ref()), (Some(&a[0]), Some(&b[0])));
    assert!(!found.departure_missing && found.arrival_missing && found.link_missing);
    assert_eq!(desk.pairs(), [], "told once, as a move");
    let seen = desk.seen(&row.subject());
    let deed =
        desk.done(Deed::ConfirmMove { from: a[0].clone(), to: b[0].clone(), date: None, reason: None, seen });
    assert_eq!(desk.office.moves(None, CLOCK).unwrap(), []);
    let view = desk.on_phone(right);
    let arrival = view.of(Container::Events).map(|(_, event)| event).next().unwrap();
    let shown = ["kind", "date", "other_place"].map(|field| shown_text(arrival, field));
    assert_eq!(shown, [Some("moved_in"), Some("2026-05-20"), Some("Thôn Một")]);
    assert_eq!(desk.view(left).of(Container::Events).count(), 1, "what was told is not told again");
    desk.office.undo_deed(&desk.mai, deed, CLOCK).unwrap();
    assert_eq!(desk.office.moves(None, CLOCK).unwrap().len(), 1);
}

#[test]
fn two_documents_of_one_household_are_linked_child_by_child() {
    let mut desk = desk();
    let (kept, a) = desk.household("01", "Trần Giả Chủ", &[AN, BINH]);
    let (second, b) = desk.household("01", "Tran Gia Chu", &[AN, BINH]);
    let [found] = desk.office.candidate_households(None, CLOCK).unwrap().try_into().unwrap();
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
        reason: Some("một hộ ghi hai lần".into()),
        seen,
    };
    let refused = desk.office.do_deed(&desk.mai, deed(&pairs[..1]), CLOCK);
    assert_eq!(refused, Err(DeedError::ChildrenLeft));
    let done = desk.done(deed(&pairs));
    assert!(is_withdrawn(&desk.on_phone(second).household));
    assert_eq!(desk.office.candidate_households(None, CLOCK).unwrap(), []);
    assert_eq!(desk.pairs(), []);
    desk.office.undo_deed(&desk.mai, done, CLOCK).unwrap();
    assert!(!is_withdrawn(&desk.on_phone(second).household));
    assert_eq!(desk.pairs().len(), 2);
}

#[test]
fn numbers_corrections_and_withdrawals_are_checked_written_and_undone() {
    let mut desk = desk();
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
    let mut desk = desk();
    let (_, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    desk.household("02", "Lê Giả Khác", &[AN]);
    let [pair] = desk.pairs().try_into().unwrap();
    let aside = |until| Deed::SetAside { subject: pair.subject(), until, seen: pair.seen };
    let log = desk.office.status().unwrap().log_position;
    desk.done(aside(Some(CLOCK + 10)));
    assert_eq!(desk.pairs(), []);
    assert_eq!(desk.office.candidate_pairs(None, CLOCK + 10, 0, 50).unwrap().1, 1);
    let deed = desk.done(aside(None));
    assert_eq!(desk.office.queue_counts(CLOCK + 1_000_000).unwrap().pairs, 0);
    assert_eq!(desk.office.status().unwrap().log_position, log, "no change");
    desk.office.undo_deed(&desk.mai, deed, CLOCK).unwrap();
    assert_eq!(desk.pairs().len(), 1);
    desk.done(aside(None));
    let of = Edit::entity(Container::Children, &a[0].person, "school", "Trường Giả Lập");
    desk.edit(&desk.before, a[0].document, &[of]);
    assert_eq!(desk.pairs().len(), 1, "somebody has written there");
    assert_eq!(desk.office.do_deed(&desk.mai, aside(None), CLOCK), Err(DeedError::ChangedMeanwhile));
}

#[test]
fn many_deeds_are_one_batch_and_each_has_its_own_outcome() {
    let mut desk = desk();
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
    let mut desk = desk();
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
    assert_eq!(desk.office.queue_counts(CLOCK).unwrap().quarantine, 2);
    let seen = desk.done(Deed::QuarantineSeen { id: ids[2] });
    assert_eq!(desk.office.queue_counts(CLOCK).unwrap().quarantine, 1);
    assert!(desk.office.quarantine_details().unwrap()[1].seen, "it is still there");
    desk.office.undo_deed(&desk.binh, seen, CLOCK).unwrap();
    assert_eq!(desk.office.queue_counts(CLOCK).unwrap().quarantine, 2);
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
        let mut desk = desk();
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
