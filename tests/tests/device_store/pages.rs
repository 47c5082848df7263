//! What the app's pages need of the store: visits under way, rows of the register, what was looked at, and a
//! store of version 1 brought to this one.

use sync_core::date::Date;
use sync_core::device::{Ending, RecordError, begin_visit, load_household, preview};
use sync_core::document::{Container, Target};
use sync_core::entry::EntryError;
use sync_core::facts::HouseholdFacts;
use sync_core::id::EntityId;
use sync_core::projection::project;
use sync_core::register::Summary;
use sync_core::visit::Draft;

use device_store::{LastSync, Listed, StoreError, Waiting};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;

const TODAY: Date = Date::constant(2026, 11, 23);
const ENDING: Ending<'_> = Ending { date: TODAY, round: Some("2026-2"), result: "met" };

fn random() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(11)
}

/// An enrolled store with a household recorded here.
fn begun() -> (InFile, DocumentId) {
    let mut place = InFile::enrolled();
    place.store().tell_day(TODAY);
    let (document, changes) = household(own_actor(), "01", 1, 0);
    record(place.store(), document, &changes);
    (place, document)
}

fn visit(store: &SqliteStore, document: Option<DocumentId>, phone: &str) -> Draft {
    let mut draft = begin_visit(store, document, "01", TODAY, 1_800_000_000, &mut random()).unwrap();
    write(store, &mut draft, "phone", phone);
    draft
}

fn write(store: &SqliteStore, draft: &mut Draft, field: &str, value: &str) {
    let view = preview(store, draft).unwrap();
    draft.set(&view, Target::Household, field, value.into(), 1_800_000_001).unwrap();
}

fn row(store: &mut SqliteStore, document: DocumentId) -> Listed {
    store.households().unwrap().into_iter().find(|row| row.summary.document == document).unwrap()
}

fn finish_sync(store: &mut SqliteStore) {
    store.note_synced(LastSync { at: 1_800_000_000, agrees: true }).unwrap();
}

#[test]
fn a_visit_under_way_goes_on_after_a_restart_and_ends_in_the_record() {
    let (mut place, document) = begun();
    let draft = visit(place.store(), Some(document), "0900000001");
    place.store().put_draft(&draft).unwrap();
    let mut place = place.restarted();
    let store = place.store();
    assert_eq!(store.draft(draft.id()).unwrap(), Some(draft.clone()));
    assert_eq!(store.draft_to(document).unwrap(), Some(draft.clone()));
    assert_eq!(store.drafts().unwrap(), std::slice::from_ref(&draft));
    assert_eq!(row(store, document).draft.as_ref(), Some(draft.id()));
    let before = store.changes(document).unwrap().len();
    let recorded = store.finish_visit(&draft, ENDING, 1_800_000_002, &mut random()).unwrap();
    assert_eq!((recorded.document, recorded.changes.len()), (document, 1));
    assert_eq!(store.changes(document).unwrap().len(), before + 1);
    assert!(store.drafts().unwrap().is_empty());
    let row = row(store, document);
    assert_eq!((row.summary.phone.as_str(), row.draft), ("0900000001", None));
    assert_eq!(row.summary.last_visit(), Some(TODAY.into()));
}

#[test]
fn a_visit_that_can_not_be_recorded_stays_as_it_was() {
    let (mut place, _) = begun();
    let store = place.store();
    let nameless = visit(store, None, "0900000001");
    store.put_draft(&nameless).unwrap();
    let before = picture(store);
    let refused = store.finish_visit(&nameless, ENDING, 1_800_000_002, &mut random());
    assert!(matches!(refused, Err(RecordError::Entry(EntryError::Unidentified))));
    assert_eq!(store.drafts().unwrap(), [nameless]);
    assert_eq!(picture(store), before);
}

#[test]
fn a_visit_recorded_in_between_goes_on_with_nothing_written() {
    let (mut place, _) = begun();
    let store = place.store();
    let mut draft = visit(store, None, "0900000001");
    write(store, &mut draft, "head_name", "Người giả lập");
    store.put_draft(&draft).unwrap();
    let recorded = store.record_visit(&mut draft, 1_800_000_002, &mut random()).unwrap();
    assert!(draft.is_empty());
    assert_eq!(store.draft(draft.id()).unwrap(), Some(draft.clone()));
    assert_eq!(store.draft_to(recorded.document).unwrap(), Some(draft));
    assert_eq!(row(store, recorded.document).summary.head, "Người giả lập");
}

#[test]
fn a_visit_is_left_only_with_nothing_written() {
    let (mut place, document) = begun();
    let store = place.store();
    let mut draft = visit(store, Some(document), "0900000001");
    store.put_draft(&draft).unwrap();
    assert!(!store.leave_visit(draft.id()).unwrap());
    assert_eq!(store.drafts().unwrap().len(), 1);
    draft.restore(&Target::Household, "phone", 1_800_000_003);
    store.put_draft(&draft).unwrap();
    assert!(store.leave_visit(draft.id()).unwrap());
    assert!(store.drafts().unwrap().is_empty());
}

#[test]
fn a_household_has_one_visit_at_a_time() {
    let (mut place, document) = begun();
    let store = place.store();
    let first = visit(store, Some(document), "0900000001");
    store.put_draft(&first).unwrap();
    let other =
        begin_visit(store, Some(document), "", TODAY, 2, &mut ChaCha20Rng::seed_from_u64(12)).unwrap();
    assert!(matches!(store.put_draft(&other), Err(StoreError::Sql(_))));
    assert_eq!(store.drafts().unwrap(), [first]);
}

#[test]
fn a_row_says_what_its_document_says_after_every_change() {
    let (mut place, _) = begun();
    let store = place.store();
    let (theirs, others) = household(other_actor(), "01", 2, 2);
    let check = |store: &mut SqliteStore| {
        let rows = store.households().unwrap();
        assert_eq!(rows.len(), store.documents().unwrap().len());
        for row in rows {
            let view = load_household(store, row.summary.document).unwrap().view();
            let facts = project(&view);
            let expected = Summary::of(&view, &facts, TODAY, schemas::record::definition());
            assert_eq!(row.summary, expected);
            assert!(store.facts(Some("01")).unwrap().contains(&facts));
        }
    };
    check(store);
    store.apply(&ResponsePlan { received: received(theirs, &others[..2]), ..plan() }).unwrap();
    check(store);
    store.apply(&ResponsePlan { received: received(theirs, &others[2..]), ..plan() }).unwrap();
    check(store);
    let (second, changes) = household(own_actor(), "01", 3, 0);
    record(store, second, &changes);
    let named = [Edit::household("head_name", "Người giả lập")];
    let named = load_household(store, second).unwrap().edit(&named, 2).unwrap();
    store.record(second, &named).unwrap();
    check(store);
    let noted = row(store, second).summary;
    let refusal = note(1, second, named.hash, "change_unsound");
    store.apply(&ResponsePlan { refusals: vec![refusal], ..plan() }).unwrap();
    check(store);
    let refused = row(store, second);
    assert_ne!(refused.summary.search, noted.search);
    assert_eq!((refused.unsent, refused.refused), (1, 1));
    let release = note(2, second, named.hash, CODE_RELEASED);
    store.apply(&ResponsePlan { refusals: vec![release], ..plan() }).unwrap();
    check(store);
    assert_eq!(row(store, second).summary, noted);
    assert_eq!(store.facts(None).unwrap().len(), 3);
    assert_eq!(store.facts(Some("02")).unwrap(), Vec::<HouseholdFacts>::new());
    assert_eq!(store.waiting().unwrap(), Waiting { changes: 2, households: 2, refused: 0 });
}

#[test]
fn a_household_refused_whole_is_shown_and_counted_nowhere() {
    let (mut place, document) = begun();
    let store = place.store();
    let all: Vec<_> = store.changes(document).unwrap();
    let refusals: Vec<_> =
        (1..).zip(&all).map(|(id, change)| note(id, document, change.hash, "village_not_granted")).collect();
    store.apply(&ResponsePlan { refusals, ..plan() }).unwrap();
    assert_eq!(row(store, document).refused as usize, all.len());
    assert_eq!(store.facts(None).unwrap(), Vec::<HouseholdFacts>::new());
    assert!(store.identities(None).unwrap().is_empty());
    let releases =
        (10..).zip(&all).map(|(id, change)| note(id, document, change.hash, CODE_RELEASED)).collect();
    store.apply(&ResponsePlan { refusals: releases, ..plan() }).unwrap();
    assert_eq!(store.facts(None).unwrap().len(), 1);
}

#[test]
fn a_household_is_news_when_somebody_else_changed_it_and_not_when_it_first_comes() {
    let (mut place, document) = begun();
    let store = place.store();
    let (theirs, others) = household(other_actor(), "01", 2, 3);
    // A first load in two pages.
    store.apply(&ResponsePlan { received: received(theirs, &others[..1]), ..plan() }).unwrap();
    store.apply(&ResponsePlan { received: received(theirs, &others[1..2]), ..plan() }).unwrap();
    assert!(!row(store, theirs).changed);
    finish_sync(store);
    assert!(store.unseen(theirs).unwrap().is_empty());
    // The next sync brings a change of theirs; one's own is no news.
    store.apply(&ResponsePlan { received: received(theirs, &others[2..3]), ..plan() }).unwrap();
    let draft = visit(store, Some(document), "0900000001");
    store.finish_visit(&draft, ENDING, 2, &mut random()).unwrap();
    assert!(row(store, theirs).changed);
    assert!(!row(store, document).changed);
    assert_eq!(store.unseen(theirs).unwrap().into_iter().collect::<Vec<_>>(), [others[2].hash]);
    assert!(store.unseen(document).unwrap().is_empty());
    finish_sync(store);
    assert!(row(store, theirs).changed, "a sync that ends does not look at it");
    store.mark_seen(theirs).unwrap();
    let mut place = place.restarted();
    let store = place.store();
    assert!(!row(store, theirs).changed);
    assert!(store.unseen(theirs).unwrap().is_empty());
    store.apply(&ResponsePlan { received: received(theirs, &others[3..]), ..plan() }).unwrap();
    assert!(row(store, theirs).changed);
    let states = store.change_states(theirs).unwrap();
    assert_eq!(states.len(), others.len());
    assert!(states.values().all(|state| *state == ChangeState::Acknowledged));
}

#[test]
fn on_another_day_rows_are_made_anew_a_few_at_a_time() {
    let (mut place, document) = begun();
    let store = place.store();
    let child = EntityId::draw(&mut random());
    let mut loaded = load_household(store, document).unwrap();
    let born = Edit::entity(Container::Children, &child, "birth_date", "2010-11-24");
    let circumstance = EntityId::draw(&mut ChaCha20Rng::seed_from_u64(13));
    let of_child = [("person", child.as_str()), ("code", "II.1.3"), ("start", "2020")];
    let of_child =
        of_child.map(|(field, value)| Edit::entity(Container::Circumstances, &circumstance, field, value));
    let edits: Vec<Edit> = [born].into_iter().chain(of_child).collect();
    let change = loaded.edit(&edits, 2).unwrap();
    store.record(document, &change).unwrap();
    let (second, changes) = household(own_actor(), "01", 3, 1);
    record(store, second, &changes);
    assert_eq!(row(store, document).summary.special, 1);
    store.tell_day(TODAY.tomorrow().unwrap());
    assert_eq!(store.refresh_stale(1).unwrap(), 1);
    assert_eq!(store.refresh_stale(9).unwrap(), 1);
    assert_eq!(store.refresh_stale(9).unwrap(), 0);
    let summary = row(store, document).summary;
    assert_eq!((summary.children, summary.special), (1, 0), "16 today");
}

#[test]
fn a_setting_is_kept() {
    let (mut place, _) = begun();
    assert_eq!(place.store().setting("language").unwrap(), None);
    place.store().put_setting("language", "en").unwrap();
    place.store().put_setting("language", "vi").unwrap();
    let mut place = place.restarted();
    assert_eq!(place.store().setting("language").unwrap().as_deref(), Some("vi"));
}

/// Writes a store as version 1 of this program wrote it: its frozen schema, one household of two changes.
fn version_1(path: &std::path::Path, document: DocumentId, changes: &[LocalChange]) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(include_str!("../../../phone/store/migrations/001_init.sql")).unwrap();
    connection.pragma_update(None, "application_id", 0x5354_686e).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    let answer = enrolment_answer();
    connection
        .execute(
            "INSERT INTO device_key VALUES (1, ?1, 'https://localhost', NULL, 'máy 1', 1700000000)",
            [key().to_bytes().as_slice()],
        )
        .unwrap();
    connection
        .execute(
            "INSERT INTO state VALUES (1, ?1, 1, ?2, ?3, ?4, 0, zeroblob(32), 0, 1700000000, 1)",
            rusqlite::params![
                answer.device.as_bytes(),
                sync_core::wire::to_plain(&answer.commune),
                sync_core::wire::to_plain(&answer.grants),
                sync_core::wire::to_plain(&Cursor::default())
            ],
        )
        .unwrap();
    connection.execute("INSERT INTO document VALUES (?1, '01', x'')", [document.as_bytes()]).unwrap();
    for change in changes {
        let (_, opened) = sync_core::chunk::open(&change.bytes).unwrap();
        let deps: Vec<u8> = opened.deps.iter().flat_map(|hash| hash.0).collect();
        connection
            .execute(
                "INSERT INTO change_ (hash, document, bytes, deps, state, batch, stored_at)
                 VALUES (?1, ?2, ?3, ?4, 0, NULL, 1700000000)",
                rusqlite::params![change.hash.as_bytes(), document.as_bytes(), change.bytes, deps],
            )
            .unwrap();
    }
}

#[test]
fn a_store_of_version_1_is_brought_to_this_one_with_all_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone.db");
    let (document, changes) = household(own_actor(), "01", 1, 1);
    version_1(&path, document, &changes);
    let mut store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.enrolment().unwrap().unwrap().label.as_deref(), Some("máy 1"));
    assert_eq!(store.unsent(usize::MAX, usize::MAX).unwrap().len(), 2);
    let row = row(&mut store, document);
    assert_eq!((row.unsent, row.changed), (2, false));
    assert!(store.unseen(document).unwrap().is_empty(), "nothing of it is news");
    assert!(store.drafts().unwrap().is_empty());
    let draft = visit(&store, Some(document), "0900000001");
    store.finish_visit(&draft, ENDING, 2, &mut random()).unwrap();
    assert_eq!(store.changes(document).unwrap().len(), 3);
    drop(store);
    let again = SqliteStore::open(&path).unwrap();
    assert_eq!(again.changes(document).unwrap().len(), 3);
}
