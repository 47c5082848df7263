//! A visit and what arrives while it is under way, with the rules of the office applied to every change.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use minicbor::bytes::ByteArray;

use super::load::{load_household, load_household_at};
use super::store::{ChangeState, DeviceState, DeviceStore, ReceivedChange, RecordError, ResponsePlan};
use super::visit::{
    Ending, Sealing, begin_visit, decide, finish_visit, is_overtaken, preview, record_draft, renew_visit,
    seal_report,
};
use super::{MemoryStore, record_entry};
use crate::date::Date;
use crate::document::{
    Container, Decision, Edit, Field, Household, LocalChange, Target, Value, View, examine, shown_text,
};
use crate::entry::{Entry, EntryError};
use crate::id::{BatchHash, CommuneId, DeviceId, DocumentId, EntityId};
use crate::seal::ConfidentialKey;
use crate::visit::Draft;
use crate::wire::{CommuneInfo, Cursor, Grants, RefusalNote};

const TODAY: Date = Date::constant(2026, 11, 23);
const HOUSEHOLD: Target = Target::Household;

/// A collector's device, somebody else's copy of the household, and the office that examines both.
struct World {
    store: MemoryStore,
    random: ChaCha20Rng,
    clock: i64,
    document: DocumentId,
    child: EntityId,
    /// What somebody else has: everything the office has.
    other: Household,
    /// The office's copy, and how many changes of the device it has taken.
    office: Option<Household>,
}

fn other_device() -> DeviceId {
    DeviceId([9; 12])
}

impl World {
    /// A household with a telephone and a child, known to everybody.
    fn new() -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(3);
        let key = ConfidentialKey::draw(&mut random);
        let confidential = key.public().expect("just drawn");
        let commune = CommuneInfo {
            id: CommuneId([1; 16]),
            name: "Xã Giả Lập".to_owned(),
            confidential_key: ByteArray::from(confidential.0),
            villages: vec![("01".to_owned(), "Thôn Một".to_owned())],
            unit_word: "thôn".to_owned(),
            letter_key: None,
            rounds: None,
            contacts: None,
            devices: None,
            reminders: None,
        };
        let store = MemoryStore::new(DeviceState {
            device: DeviceId([1; 12]),
            installation: 1,
            commune,
            grants: Grants { epoch: 1, villages: vec!["01".to_owned()] },
            cursor: Cursor::default(),
            chain_number: 0,
            chain_hash: BatchHash([0; 32]),
            refusals_noted: 0,
        });
        let (other, genesis) = Household::create(other_device().actor(1), "01", 1, 1);
        let mut world = Self {
            store,
            child: EntityId::draw(&mut random),
            random,
            clock: 1_000,
            document: other.id(),
            other,
            office: None,
        };
        world.arrives(&genesis);
        let child = world.child.clone();
        world.others_write(&[
            Edit::household("head_name", "Chủ hộ giả lập"),
            Edit::household("phone", "1"),
            Edit::entity(Container::Children, &child, "name", "Trẻ giả lập"),
        ]);
        world
    }

    /// The office takes a change of the other device and sends it here.
    fn arrives(&mut self, change: &LocalChange) {
        self.office_takes(other_device(), &change.bytes);
        let received =
            ReceivedChange { document: self.document, hash: change.hash, bytes: change.bytes.clone() };
        let plan = ResponsePlan { received: vec![received], ..self.plan() };
        let Ok(()) = self.store.apply(&plan);
    }

    fn plan(&self) -> ResponsePlan {
        ResponsePlan {
            grants: Grants { epoch: 1, villages: vec!["01".to_owned()] },
            ..ResponsePlan::default()
        }
    }

    /// Somebody else writes, without having seen what is only on this device.
    fn others_write(&mut self, edits: &[Edit]) {
        self.clock += 1;
        if let Some(change) = self.other.edit(edits, self.clock) {
            self.arrives(&change);
        }
    }

    fn office_takes(&mut self, device: DeviceId, bytes: &[u8]) {
        let examined = examine(self.office.as_ref(), self.document, device, bytes);
        self.office = Some(examined.expect("the office accepts it").household);
    }

    /// Everything recorded here goes to the office, which examines it by its rules, and to the others.
    fn sync_up(&mut self) -> View {
        let Ok(unsent) = self.store.unsent(usize::MAX, usize::MAX);
        let own = self.store.state().expect("in memory").device;
        for change in &unsent {
            self.office_takes(own, &change.bytes);
            self.other.apply(&[&change.bytes]).expect("sound");
        }
        let confirmed = unsent.iter().map(|change| change.hash).collect();
        let plan = ResponsePlan { confirmed, ..self.plan() };
        let Ok(()) = self.store.apply(&plan);
        let view = self.view();
        assert_eq!(self.office.as_ref().expect("it has one").view(), view, "the office reads the same");
        assert_eq!(self.other.view(), view, "the others read the same");
        view
    }

    fn view(&self) -> View {
        load_household(&self.store, self.document).expect("sound").view()
    }

    fn begin(&mut self) -> Draft {
        begin_visit(&self.store, Some(self.document), "", TODAY, self.clock, &mut self.random).expect("known")
    }

    fn set(&mut self, draft: &mut Draft, target: Target, field: &str, value: &str) {
        let view = preview(&self.store, draft).expect("sound");
        draft.set(&view, target, field, value.into(), self.clock).expect("fits");
    }

    fn record(&mut self, draft: &mut Draft) -> usize {
        self.clock += 1;
        record_draft(&mut self.store, draft, self.clock, &mut self.random).expect("recorded").changes.len()
    }
}

fn texts(field: &Field) -> Vec<&str> {
    let mut texts: Vec<&str> = field.values().filter_map(|written| written.value.as_text()).collect();
    texts.sort_unstable();
    texts
}

fn phone(view: &View) -> Vec<&str> {
    texts(&view.household["phone"])
}

#[test]
fn what_arrives_during_a_visit_is_never_overwritten_by_the_visit() {
    let mut world = World::new();
    let mut draft = world.begin();
    world.others_write(&[Edit::household("phone", "2"), Edit::household("address", "Ngõ 2")]);
    assert!(is_overtaken(&world.store, &draft).expect("sound"));
    world.set(&mut draft, HOUSEHOLD, "phone", "3");
    assert_eq!(
        phone(&preview(&world.store, &draft).expect("sound")),
        ["2", "3"],
        "shown before it is recorded"
    );
    assert_eq!(world.record(&mut draft), 1);
    let view = world.sync_up();
    assert_eq!(phone(&view), ["2", "3"], "both stand");
    assert_eq!(shown_text(&view.household, "address"), Some("Ngõ 2"), "what the visit did not touch");
    assert_eq!(view.conflicts().count(), 1);
}

#[test]
fn a_visit_that_nobody_overtakes_writes_over_what_it_saw() {
    let mut world = World::new();
    let mut draft = world.begin();
    world.set(&mut draft, HOUSEHOLD, "phone", "3");
    assert!(!is_overtaken(&world.store, &draft).expect("sound"));
    assert_eq!(world.record(&mut draft), 1);
    assert!(draft.is_empty());
    let view = world.sync_up();
    assert_eq!((phone(&view), view.conflicts().count()), (vec!["3"], 0));
}

#[test]
fn what_the_visit_says_again_stands_beside_what_somebody_else_wrote_meanwhile() {
    let mut world = World::new();
    let mut draft = world.begin();
    world.others_write(&[Edit::household("phone", "2")]);
    // The collector asks, and hears what was recorded before.
    world.set(&mut draft, HOUSEHOLD, "phone", "1");
    assert_eq!(world.record(&mut draft), 1);
    assert_eq!(phone(&world.sync_up()), ["1", "2"]);
}

#[test]
fn what_both_write_alike_is_no_conflict() {
    let mut world = World::new();
    let mut draft = world.begin();
    world.others_write(&[Edit::household("phone", "2")]);
    world.set(&mut draft, HOUSEHOLD, "phone", "2");
    world.record(&mut draft);
    assert_eq!(world.sync_up().conflicts().count(), 0);
}

#[test]
fn a_visit_recorded_in_parts_still_overwrites_nothing() {
    let mut world = World::new();
    let mut draft = world.begin();
    world.set(&mut draft, HOUSEHOLD, "phone", "3");
    assert_eq!(world.record(&mut draft), 1);
    world.others_write(&[Edit::household("address", "Ngõ 2")]);
    // Of its own, the visit goes on from what it wrote.
    world.set(&mut draft, HOUSEHOLD, "phone", "4");
    world.set(&mut draft, HOUSEHOLD, "address", "Ngõ 3");
    assert_eq!(world.record(&mut draft), 1);
    let view = world.sync_up();
    assert_eq!(phone(&view), ["4"]);
    assert_eq!(texts(&view.household["address"]), ["Ngõ 2", "Ngõ 3"]);
}

#[test]
fn after_a_decision_of_its_own_a_visit_goes_on_from_it_and_from_nothing_else() {
    let mut world = World::new();
    let mut draft = world.begin();
    let other = Edit::household("phone", "2");
    world.others_write(&[other, Edit::household("address", "Ngõ 2")]);
    world.set(&mut draft, HOUSEHOLD, "phone", "3");
    world.record(&mut draft);
    let decision = Decision {
        target: HOUSEHOLD,
        field: "phone".into(),
        value: "2".into(),
        reason: Some("hỏi lại".into()),
    };
    world.clock += 1;
    let decided = decide(&mut world.store, world.document, &decision, world.clock, &mut world.random);
    assert!(decided.expect("recorded").is_some());
    // The decision had seen the address, the visit had not; and somebody writes once more.
    world.others_write(&[Edit::household("phone", "5")]);
    world.set(&mut draft, HOUSEHOLD, "address", "Ngõ 3");
    world.set(&mut draft, HOUSEHOLD, "phone", "6");
    assert_eq!(world.record(&mut draft), 2, "on the base, and on the decision");
    let view = world.sync_up();
    assert_eq!(texts(&view.household["address"]), ["Ngõ 2", "Ngõ 3"]);
    assert_eq!(phone(&view), ["5", "6"], "the decision is not contradicted by who made it");
}

#[test]
fn a_report_sealed_during_a_visit_repeats_no_sequence_number() {
    let mut world = World::new();
    let mut draft = world.begin();
    world.others_write(&[Edit::household("phone", "2")]);
    let child = world.child.clone();
    let codes = schemas::catalogue::circumstances();
    let code =
        codes.iter().find(|code| code.restricted && code.is_recorded()).expect("there are such").code();
    let report = Sealing { person: &child, code, start: Some("2026"), note: "", supports: &[] };
    world.clock += 1;
    seal_report(&mut world.store, world.document, report, world.clock, &mut world.random).expect("sealed");
    world.set(&mut draft, HOUSEHOLD, "phone", "3");
    world.record(&mut draft);
    let view = world.sync_up();
    assert_eq!(phone(&view), ["2", "3"]);
    assert_eq!(view.of(Container::Sealed).count(), 1);
    let readable = format!("{:#}", view.to_json());
    assert!(!readable.contains(report.code), "nothing readable is kept");
}

#[test]
fn a_child_that_somebody_began_meanwhile_is_written_in_where_it_stands() {
    let mut world = World::new();
    let mut draft = world.begin();
    let baby = EntityId::draw(&mut world.random);
    world.others_write(&[Edit::entity(Container::Children, &baby, "name", "Bé giả lập")]);
    world.others_write(&[Edit::entity(Container::Children, &baby, "sex", "male")]);
    let target = Target::Entity(Container::Children, baby.clone());
    world.set(&mut draft, target.clone(), "birth_date", "2026-10");
    world.set(&mut draft, target, "sex", "female");
    world.record(&mut draft);
    let view = world.sync_up();
    let fields = view.entity(Container::Children, &baby).expect("one child under its key");
    assert_eq!(shown_text(fields, "name"), Some("Bé giả lập"));
    assert_eq!(shown_text(fields, "birth_date"), Some("2026-10"));
    assert_eq!(texts(&fields["sex"]), ["female", "male"], "written after it began, unseen");
}

#[test]
fn what_was_refused_during_a_visit_is_not_built_on_and_blocks_only_itself() {
    let mut world = World::new();
    let mut first = world.begin();
    let view = preview(&world.store, &first).expect("sound");
    let fields = [("name".to_owned(), Value::from("Trẻ hai"))];
    let child = first.add(&view, Container::Children, fields, 1, &mut world.random).expect("fits");
    world.record(&mut first);
    let Ok(unsent) = world.store.unsent(usize::MAX, usize::MAX);
    let mut second = world.begin();
    world.set(&mut second, Target::Entity(Container::Children, child.clone()), "class", "2A");
    world.set(&mut second, HOUSEHOLD, "phone", "3");
    let note = RefusalNote {
        id: 1,
        document: world.document,
        hash: unsent[0].hash,
        code: "change_unsound".to_owned(),
    };
    let plan = ResponsePlan { refusals: vec![note], ..world.plan() };
    let Ok(()) = world.store.apply(&plan);
    let shown = preview(&world.store, &second).expect("sound");
    assert!(shown.entity(Container::Children, &child).is_none());
    world.clock += 1;
    let blocked = record_draft(&mut world.store, &mut second, world.clock, &mut world.random);
    assert!(matches!(blocked, Err(RecordError::Entry(EntryError::Unresolved(_)))));
    assert!(!second.is_empty(), "nothing is lost");
    second.restore(&Target::Entity(Container::Children, child), "class", world.clock);
    assert_eq!(world.record(&mut second), 1);
    assert_eq!(phone(&world.sync_up()), ["3"]);
}

#[test]
fn a_new_household_needs_a_name_and_a_village_of_the_device() {
    let mut world = World::new();
    let elsewhere = begin_visit(&world.store, None, "02", TODAY, world.clock, &mut world.random);
    assert!(matches!(elsewhere, Err(RecordError::Village)));
    let mut draft =
        begin_visit(&world.store, None, "01", TODAY, world.clock, &mut world.random).expect("granted");
    let view = preview(&world.store, &draft).expect("sound");
    draft.set(&view, HOUSEHOLD, "hamlet", "Xóm Trên".into(), world.clock).expect("fits");
    let nameless = record_draft(&mut world.store, &mut draft, world.clock, &mut world.random);
    assert!(matches!(nameless, Err(RecordError::Entry(EntryError::Unidentified))));
    assert_eq!(world.store.documents().expect("in memory").len(), 1, "nothing was begun");
    draft.set(&view, HOUSEHOLD, "head_name", "Người giả lập".into(), world.clock).expect("fits");
    let ending = Ending { date: TODAY, round: Some("2026-2"), result: "met" };
    let recorded = finish_visit(&mut world.store, &mut draft, ending, world.clock, &mut world.random);
    let document = recorded.expect("recorded").document;
    assert_eq!(draft.document(), Some(document));
    let own = world.store.state().expect("in memory").device;
    let changes = world.store.changes(document).expect("in memory");
    let mut office = None;
    for change in &changes {
        assert_eq!(change.state, ChangeState::Unsent);
        let examined = examine(office.as_ref(), document, own, &change.bytes).expect("the office accepts it");
        office = Some(examined.household);
    }
    let view = office.expect("two changes").view();
    assert_eq!(shown_text(&view.household, "hamlet"), Some("Xóm Trên"));
    let (_, visit) = view.of(Container::Visits).next().expect("one visit");
    let told = ["date", "round", "result"].map(|name| shown_text(visit, name));
    assert_eq!(told, [Some("2026-11-23"), Some("2026-2"), Some("met")]);
}

#[test]
fn a_visit_as_full_as_can_be_is_concluded_as_one_visit() {
    let mut world = World::new();
    let mut draft = world.begin();
    let view = preview(&world.store, &draft).expect("sound");
    let note = [("note".to_owned(), Value::from("hẹn lại"))];
    let visit = draft.add(&view, Container::Visits, note, 1, &mut world.random).expect("fits");
    let mut fields = 0;
    while draft.set(&view, HOUSEHOLD, &format!("field_{fields}"), true.into(), 1).is_ok() {
        fields += 1;
    }
    let ending = Ending { date: TODAY, round: None, result: "absent" };
    let recorded = finish_visit(&mut world.store, &mut draft, ending, 2_000, &mut world.random);
    assert_eq!(recorded.expect("recorded").changes.len(), 2, "what was written, then how it ended");
    let view = world.sync_up();
    assert_eq!(view.of(Container::Visits).count(), 1);
    let fields = view.entity(Container::Visits, &visit).expect("the one begun");
    let told = ["date", "note", "result"].map(|name| shown_text(fields, name));
    assert_eq!(told, [Some("2026-11-23"), Some("hẹn lại"), Some("absent")]);
}

#[test]
fn a_visit_with_nothing_written_goes_on_from_what_is_shown_now() {
    let mut world = World::new();
    let mut draft = world.begin();
    world.others_write(&[Edit::household("phone", "2")]);
    assert!(renew_visit(&world.store, &mut draft).expect("sound"));
    world.set(&mut draft, HOUSEHOLD, "phone", "3");
    world.others_write(&[Edit::household("address", "Ngõ 2")]);
    assert!(!renew_visit(&world.store, &mut draft).expect("sound"), "what is written stays on its base");
    world.record(&mut draft);
    assert_eq!(phone(&world.sync_up()), ["3"]);
}

#[test]
fn a_draft_that_says_what_is_recorded_makes_no_change() {
    let mut world = World::new();
    let mut draft = world.begin();
    world.set(&mut draft, HOUSEHOLD, "phone", "1");
    assert_eq!(world.record(&mut draft), 0);
    let Ok(unsent) = world.store.unsent(usize::MAX, usize::MAX);
    assert!(unsent.is_empty());
}

#[test]
fn the_document_at_a_base_is_what_it_was_with_what_was_written_here_on_top() {
    let mut world = World::new();
    let base = load_household(&world.store, world.document).expect("sound");
    world.others_write(&[Edit::household("phone", "2")]);
    let at = load_household_at(&world.store, world.document, &base.heads()).expect("sound");
    assert_eq!((at.view(), at.heads()), (base.view(), base.heads()));
    let entry = Entry::parse(br#"{"entry":1,"household":{"note":"thu nghiem"}}"#).expect("an entry");
    record_entry(&mut world.store, Some(world.document), &entry, 2_000, &mut world.random).expect("recorded");
    let at = load_household_at(&world.store, world.document, &base.heads()).expect("sound");
    assert_eq!(at.heads(), base.heads(), "it was written on what had arrived: not part of the base");
}

/// Something that happens while a visit is under way.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The collector writes a field.
    Mine(u8, u8),
    /// Somebody else's writing arrives.
    Theirs(u8, u8),
    /// What is written so far becomes part of the record.
    Recorded,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..3_u8, 0..3_u8).prop_map(|(field, value)| Step::Mine(field, value)),
        (0..3_u8, 0..3_u8).prop_map(|(field, value)| Step::Theirs(field, value)),
        Just(Step::Recorded),
    ];
    proptest::collection::vec(step, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In whatever order: of each field there stands what the collector last wrote in the visit, and beside
    /// it what somebody else last wrote meanwhile. The office accepts every change.
    #[test]
    fn in_any_order_both_last_words_stand(steps in steps()) {
        let name = |field: u8| ["phone", "address", "hamlet"][usize::from(field)];
        let word = |value: u8| ["1", "2", "3"][usize::from(value)];
        let mut world = World::new();
        world.others_write(&[Edit::household("address", "1")]);
        let mut base: BTreeMap<u8, &str> = BTreeMap::from([(0, "1"), (1, "1")]);
        let (mut mine, mut theirs, mut written) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut draft = world.begin();
        for step in steps {
            match step {
                Step::Mine(field, value) => {
                    world.set(&mut draft, HOUSEHOLD, name(field), word(value));
                    mine.insert(field, word(value));
                }
                Step::Theirs(field, value) => {
                    world.others_write(&[Edit::household(name(field), word(value))]);
                    if theirs.contains_key(&field) || base.get(&field) != Some(&word(value)) {
                        theirs.insert(field, word(value));
                    }
                }
                Step::Recorded => {
                    world.record(&mut draft);
                    // Who says again what nobody doubts writes nothing.
                    mine.retain(|field, said: &mut &str| {
                        let doubted = theirs.get(field).is_some_and(|other| other != said);
                        let writes = written.contains(field) || base.get(field) != Some(&*said) || doubted;
                        written.extend(writes.then_some(*field));
                        writes
                    });
                }
            }
        }
        let shown = preview(&world.store, &draft).expect("sound");
        world.record(&mut draft);
        let view = world.sync_up();
        for field in 0..3 {
            let words = [&mine, &theirs].into_iter().filter_map(|words| words.get(&field).copied());
            let mut expected: BTreeSet<&str> = words.collect();
            if expected.is_empty() {
                expected.extend(base.remove(&field));
            }
            for view in [&shown, &view] {
                let standing = view.household.get(name(field)).map(texts).unwrap_or_default();
                prop_assert_eq!(standing, expected.iter().copied().collect::<Vec<_>>(), "{}", name(field));
            }
        }
    }
}
