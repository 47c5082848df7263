//! The contract of a device's store, run over every store there is: what `sync_core::device` relies on
//! whatever lies underneath. `device_store/file.rs` tests what only a file can get wrong, `device_store/pages.rs`
//! what the app's pages need besides.

#![allow(clippy::unwrap_used, reason = "the whole file is tests")]

#[path = "device_store/file.rs"]
mod file;
#[path = "device_store/notices.rs"]
mod notices;
#[path = "device_store/pages.rs"]
mod pages;

use std::path::PathBuf;

use device_store::{Enrolment, SqliteStore};
use ed25519_dalek::SigningKey;
use minicbor::bytes::ByteArray;
use sync_core::batch::BatchHeader;
use sync_core::device::{
    ChangeState, DeviceState, DeviceStore, MemoryStore, NewBatch, ReceivedChange, ResponsePlan,
};
use sync_core::document::{Edit, Household, LocalChange};
use sync_core::id::{ActorId, BatchHash, ChangeHash, CommuneId, DeviceId, DocumentId, Incarnation};
use sync_core::wire::{CODE_RELEASED, CommuneInfo, Cursor, EnrolmentResponse, Grants, Position, RefusalNote};
use tempfile::TempDir;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn enrolment_answer() -> EnrolmentResponse {
    EnrolmentResponse {
        protocol: 1,
        device: DeviceId::of_key(&key().verifying_key().to_bytes()),
        commune: CommuneInfo {
            id: CommuneId([1; 16]),
            name: "Xã Thử".to_owned(),
            confidential_key: ByteArray::from([9; 32]),
            villages: vec![("01".to_owned(), "Thôn 1".to_owned())],
            unit_word: "thôn".to_owned(),
            letter_key: None,
            rounds: None,
            contacts: None,
            devices: None,
            reminders: None,
        },
        grants: grants(),
        installation: 1,
    }
}

fn grants() -> Grants {
    Grants { epoch: 1, villages: vec!["01".to_owned()] }
}

fn own_actor() -> ActorId {
    enrolment_answer().device.actor(1)
}

fn other_actor() -> ActorId {
    DeviceId([0xee; 12]).actor(1)
}

/// A store of one kind, in a place of its own.
trait Place {
    type Store: DeviceStore;
    fn enrolled() -> Self;
    fn store(&mut self) -> &mut Self::Store;
    /// As after the end of the process and a new start.
    fn restarted(self) -> Self;
}

struct InMemory(MemoryStore);

impl Place for InMemory {
    type Store = MemoryStore;

    fn enrolled() -> Self {
        let answer = enrolment_answer();
        Self(MemoryStore::new(DeviceState {
            device: answer.device,
            installation: answer.installation,
            commune: answer.commune,
            grants: answer.grants,
            cursor: Cursor::default(),
            chain_number: 0,
            chain_hash: BatchHash([0; 32]),
            refusals_noted: 0,
        }))
    }

    fn store(&mut self) -> &mut MemoryStore {
        &mut self.0
    }

    fn restarted(self) -> Self {
        Self(self.0.clone())
    }
}

struct InFile {
    store: Option<SqliteStore>,
    folder: TempDir,
}

impl InFile {
    fn path(&self) -> PathBuf {
        self.folder.path().join("phone.db")
    }
}

impl Place for InFile {
    type Store = SqliteStore;

    fn enrolled() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::create(&folder.path().join("phone.db")).unwrap();
        let enrolment =
            Enrolment { key: key(), server: "https://localhost".to_owned(), ca_pem: None, label: None };
        store.begin_enrolment(&enrolment).unwrap();
        store.finish_enrolment(&enrolment_answer()).unwrap();
        Self { store: Some(store), folder }
    }

    fn store(&mut self) -> &mut SqliteStore {
        self.store.as_mut().unwrap()
    }

    fn restarted(mut self) -> Self {
        drop(self.store.take());
        self.store = Some(SqliteStore::open(&self.path()).unwrap());
        self
    }
}

/// A household of `village` made by `actor`: its document, and its first change with `notes` more.
fn household(actor: ActorId, village: &str, salt: u64, notes: usize) -> (DocumentId, Vec<LocalChange>) {
    let (mut household, genesis) = Household::create(actor, village, 1_700_000_000, salt);
    let mut changes = vec![genesis];
    for note in 0..notes {
        let edit = Edit::household("note", format!("ghi chú {note}"));
        changes.extend(household.edit(&[edit], 1_700_000_100));
    }
    (household.id(), changes)
}

fn record<S: DeviceStore>(store: &mut S, document: DocumentId, changes: &[LocalChange]) {
    for change in changes {
        store.record(document, change).unwrap();
    }
}

fn hashes(changes: &[LocalChange]) -> Vec<ChangeHash> {
    changes.iter().map(|change| change.hash).collect()
}

fn states<S: DeviceStore>(store: &S, document: DocumentId) -> Vec<ChangeState> {
    store.changes(document).unwrap().iter().map(|change| change.state).collect()
}

/// Signs everything unsent into one batch.
fn sign<S: DeviceStore>(store: &mut S) -> NewBatch {
    let (state, unsent) = (store.state().unwrap(), store.unsent(usize::MAX, usize::MAX).unwrap());
    let header = BatchHeader {
        device: state.device,
        number: state.chain_number + 1,
        previous: state.chain_hash,
        signed_at: 1_700_000_200,
        changes: unsent.iter().map(|change| (change.document, change.hash)).collect(),
    };
    let batch = NewBatch {
        number: header.number,
        previous: header.previous,
        hash: header.hash(state.commune_id()),
        signed_at: header.signed_at,
        signature: header.sign(state.commune_id(), &key()),
        changes: unsent.iter().map(|change| change.hash).collect(),
    };
    store.sign(&batch).unwrap();
    batch
}

fn plan() -> ResponsePlan {
    ResponsePlan { grants: grants(), ..ResponsePlan::default() }
}

fn note(id: u64, document: DocumentId, hash: ChangeHash, code: &str) -> RefusalNote {
    RefusalNote { id, document, hash, code: code.to_owned() }
}

fn received(document: DocumentId, changes: &[LocalChange]) -> Vec<ReceivedChange> {
    let one =
        |change: &LocalChange| ReceivedChange { document, hash: change.hash, bytes: change.bytes.clone() };
    changes.iter().map(one).collect()
}

/// Everything the contract lets one see.
fn picture<S: DeviceStore>(store: &S) -> String {
    let documents = store.documents().unwrap();
    let changes: Vec<_> = documents.iter().map(|document| store.changes(*document).unwrap()).collect();
    let unsent = store.unsent(usize::MAX, usize::MAX).unwrap();
    let fingerprints = store.fingerprints(&["01".to_owned(), "02".to_owned()]).unwrap();
    let (state, open) = (store.state().unwrap(), store.open_batches().unwrap());
    let notices = store.notices().unwrap();
    format!("{state:?} {documents:?} {changes:?} {unsent:?} {open:?} {fingerprints:?} {notices:?}")
}

mod contract {
    pub(super) use super::notices::{
        a_notice_is_kept_as_it_was_signed_and_survives_a_restart,
        a_notice_moves_with_a_plan_and_an_older_answer_takes_nothing_back,
        notices_outlive_a_new_cursor_and_a_new_chain,
    };
    use super::*;

    pub(super) fn a_recorded_change_is_listed_and_survives_a_restart<P: Place>(mut place: P) {
        let (document, changes) = household(own_actor(), "01", 1, 2);
        record(place.store(), document, &changes);
        let before = picture(place.store());
        let mut place = place.restarted();
        assert_eq!(picture(place.store()), before);
        let store = place.store();
        assert_eq!(store.documents().unwrap(), [document]);
        let stored = store.changes(document).unwrap();
        let bytes: Vec<_> = stored.iter().map(|change| (change.hash, change.bytes.clone())).collect();
        let made: Vec<_> = changes.iter().map(|change| (change.hash, change.bytes.clone())).collect();
        assert_eq!(bytes, made);
        assert_eq!(states(store, document), [ChangeState::Unsent; 3]);
        assert_eq!(store.unsent(usize::MAX, usize::MAX).unwrap(), stored);
    }

    pub(super) fn recording_a_change_twice_keeps_one<P: Place>(mut place: P) {
        let (document, changes) = household(own_actor(), "01", 1, 1);
        record(place.store(), document, &changes);
        record(place.store(), document, &changes);
        assert_eq!(place.store().changes(document).unwrap().len(), 2);
    }

    pub(super) fn unsent_keeps_to_its_limits_and_gives_at_least_one<P: Place>(mut place: P) {
        let (document, changes) = household(own_actor(), "01", 1, 4);
        let store = place.store();
        record(store, document, &changes);
        let sizes: Vec<usize> = changes.iter().map(|change| change.bytes.len()).collect();
        let count = |bytes, count| store.unsent(bytes, count).unwrap().len();
        assert_eq!(count(0, 10), 1);
        assert_eq!(count(1, 10), 1);
        assert_eq!(count(sizes[0] + sizes[1], 10), 2);
        assert_eq!(count(sizes[0] + sizes[1] + sizes[2] - 1, 10), 2);
        assert_eq!(count(usize::MAX, 3), 3);
        assert_eq!(count(usize::MAX, 10), 5);
        assert_eq!(store.unsent(usize::MAX, 2).unwrap()[0].hash, changes[0].hash);
    }

    pub(super) fn a_signed_batch_comes_back_as_it_was_signed<P: Place>(mut place: P) {
        let (document, changes) = household(own_actor(), "01", 1, 2);
        record(place.store(), document, &changes);
        let first = sign(place.store());
        let (other, later) = household(own_actor(), "01", 2, 0);
        record(place.store(), other, &later);
        let second = sign(place.store());
        let mut place = place.restarted();
        let store = place.store();
        let open = store.open_batches().unwrap();
        assert_eq!(
            open.iter().map(|signed| signed.batch.clone()).collect::<Vec<_>>(),
            [first, second.clone()]
        );
        let sent: Vec<_> = open[0].changes.iter().map(|change| change.bytes.clone()).collect();
        assert_eq!(sent, changes.iter().map(|change| change.bytes.clone()).collect::<Vec<_>>());
        assert!(store.unsent(usize::MAX, usize::MAX).unwrap().is_empty());
        let state = store.state().unwrap();
        assert_eq!((state.chain_number, state.chain_hash), (2, second.hash));
        assert_eq!(states(store, document), [ChangeState::Unsent; 3]);
    }

    pub(super) fn a_plan_applied_again_changes_nothing<P: Place>(mut place: P) {
        let (document, changes) = household(own_actor(), "01", 1, 3);
        let (theirs, others) = household(other_actor(), "01", 2, 2);
        let store = place.store();
        record(store, document, &changes);
        let batch = sign(store);
        let mut commune = enrolment_answer().commune;
        commune.name = "Xã Thử Mới".to_owned();
        let plan = ResponsePlan {
            acknowledged: vec![batch.number, 99],
            refusals: vec![
                note(3, document, changes[1].hash, "dependency_missing"),
                note(4, document, changes[3].hash, "change_unsound"),
                note(5, document, ChangeHash([3; 32]), "change_malformed"),
            ],
            received: received(theirs, &others),
            requeued: vec![changes[2].hash],
            confirmed: vec![changes[1].hash],
            set_aside: vec![others[1].hash],
            cursor: Cursor {
                incarnation: Some(Incarnation([2; 16])),
                positions: vec![Position { village: "01".to_owned(), log: 12 }],
            },
            grants: Grants { epoch: 2, villages: vec!["01".to_owned(), "02".to_owned()] },
            commune: Some(commune.clone()),
            notices: Vec::new(),
        };
        store.apply(&plan).unwrap();
        let once = picture(store);
        store.apply(&plan).unwrap();
        assert_eq!(picture(store), once);
        let mut place = place.restarted();
        let store = place.store();
        assert_eq!(picture(store), once);
        let state = store.state().unwrap();
        assert_eq!((state.cursor, state.grants), (plan.cursor, plan.grants));
        assert_eq!((state.commune, state.refusals_noted), (commune, 5));
        use ChangeState::{Acknowledged, Refused, Unsent};
        assert_eq!(states(store, document), [Acknowledged, Acknowledged, Unsent, Refused]);
        assert_eq!(states(store, theirs), [Acknowledged, Refused, Acknowledged]);
    }

    pub(super) fn a_change_known_is_not_overwritten_by_one_received<P: Place>(mut place: P) {
        let (document, changes) = household(own_actor(), "01", 1, 1);
        let store = place.store();
        record(store, document, &changes);
        let plan = ResponsePlan { received: received(document, &changes), ..plan() };
        store.apply(&plan).unwrap();
        assert_eq!(states(store, document), [ChangeState::Unsent; 2]);
        assert_eq!(store.changes(document).unwrap().len(), 2);
    }

    pub(super) fn a_refused_change_is_kept_and_counts_again_once_released<P: Place>(mut place: P) {
        let (document, changes) = household(own_actor(), "01", 1, 1);
        let store = place.store();
        record(store, document, &changes);
        let batch = sign(store);
        let refusal = note(1, document, changes[1].hash, "village_not_granted");
        let refused = ResponsePlan { acknowledged: vec![batch.number], refusals: vec![refusal], ..plan() };
        store.apply(&refused).unwrap();
        assert_eq!(states(store, document), [ChangeState::Acknowledged, ChangeState::Refused]);
        assert!(store.unsent(usize::MAX, usize::MAX).unwrap().is_empty());
        let fingerprint = store.fingerprints(&grants().villages).unwrap();
        let release = note(2, document, changes[1].hash, CODE_RELEASED);
        store.apply(&ResponsePlan { refusals: vec![release], ..plan() }).unwrap();
        assert_eq!(states(store, document), [ChangeState::Acknowledged; 2]);
        assert_ne!(store.fingerprints(&grants().villages).unwrap(), fingerprint);
        // The older answer, delivered once more, takes nothing back.
        store.apply(&refused).unwrap();
        assert_eq!(states(store, document), [ChangeState::Acknowledged; 2]);
        assert_eq!(store.state().unwrap().refusals_noted, 2);
    }

    pub(super) fn a_requeued_change_is_signed_into_a_new_batch<P: Place>(mut place: P) {
        let (document, changes) = household(own_actor(), "01", 1, 1);
        let store = place.store();
        record(store, document, &changes);
        let first = sign(store);
        store.apply(&ResponsePlan { acknowledged: vec![first.number], ..plan() }).unwrap();
        let requeue = ResponsePlan { requeued: hashes(&changes), ..plan() };
        store.apply(&requeue).unwrap();
        assert_eq!(states(store, document), [ChangeState::Unsent; 2]);
        let second = sign(store);
        assert_eq!(second.changes, first.changes);
        // The older answer, delivered once more, does not put them into a third.
        store.apply(&requeue).unwrap();
        assert!(store.unsent(usize::MAX, usize::MAX).unwrap().is_empty());
        assert_eq!(store.open_batches().unwrap().len(), 1);
    }

    pub(super) fn a_restarted_chain_keeps_every_change<P: Place>(mut place: P) {
        let (document, changes) = household(own_actor(), "01", 1, 2);
        let store = place.store();
        record(store, document, &changes[..1]);
        let sent = sign(store);
        store.apply(&ResponsePlan { acknowledged: vec![sent.number], ..plan() }).unwrap();
        record(store, document, &changes[1..]);
        let given_up = sign(store);
        assert_eq!(given_up.number, 2);
        store.restart_chain(1, BatchHash([8; 32]), 5).unwrap();
        let mut place = place.restarted();
        let store = place.store();
        let state = store.state().unwrap();
        assert_eq!((state.chain_number, state.chain_hash, state.installation), (1, BatchHash([8; 32]), 5));
        assert!(store.open_batches().unwrap().is_empty());
        assert_eq!(store.changes(document).unwrap().len(), 3);
        let again = sign(store);
        assert_eq!((again.number, again.previous), (2, BatchHash([8; 32])));
        assert_eq!(again.changes, given_up.changes);
        // The number was used before, for the batch given up: it is the new one that is acknowledged.
        store.apply(&ResponsePlan { acknowledged: vec![2], ..plan() }).unwrap();
        assert!(store.open_batches().unwrap().is_empty());
        assert_eq!(states(store, document), [ChangeState::Acknowledged; 3]);
    }

    pub(super) fn a_reset_cursor_forgets_only_how_far_was_read<P: Place>(mut place: P) {
        let (document, changes) = household(own_actor(), "01", 1, 1);
        let store = place.store();
        record(store, document, &changes);
        let batch = sign(store);
        let cursor = Cursor { incarnation: Some(Incarnation([2; 16])), positions: Vec::new() };
        let refusals = vec![note(9, document, changes[1].hash, "change_unsound")];
        store.apply(&ResponsePlan { acknowledged: vec![batch.number], refusals, cursor, ..plan() }).unwrap();
        store.reset_cursor().unwrap();
        let state = store.state().unwrap();
        assert_eq!((state.cursor, state.refusals_noted), (Cursor::default(), 0));
        assert_eq!((state.chain_number, state.chain_hash), (1, batch.hash));
        assert_eq!(states(store, document), [ChangeState::Acknowledged, ChangeState::Refused]);
    }

    pub(super) fn fingerprints_are_those_of_the_loaded_document<P: Place>(mut place: P) {
        let (document, changes) = household(other_actor(), "01", 1, 3);
        let store = place.store();
        // Two heads: a branch made elsewhere on the first note.
        let mut branch = Household::load(own_actor(), &[&changes[0].bytes, &changes[1].bytes]).unwrap();
        let side = branch.edit(&[Edit::household("phone", "0912 345 678")], 1_700_000_300).unwrap();
        let mut all = changes.clone();
        all.push(side);
        store.apply(&ResponsePlan { received: received(document, &all), ..plan() }).unwrap();
        let bytes: Vec<_> = all.iter().map(|change| change.bytes.clone()).collect();
        let heads = Household::load(own_actor(), &bytes).unwrap().heads();
        assert_eq!(heads.len(), 2);
        let mut expected = sync_core::heads::HeadSet::default();
        heads.iter().for_each(|hash| expected.advance(*hash, &[]));
        assert_eq!(store.fingerprints(&grants().villages).unwrap(), [expected.fingerprint(document)]);
    }

    pub(super) fn fingerprints_leave_out_unsent_refused_and_other_villages<P: Place>(mut place: P) {
        let villages = grants().villages;
        let (document, changes) = household(own_actor(), "01", 1, 2);
        let (elsewhere, others) = household(other_actor(), "02", 2, 1);
        let store = place.store();
        record(store, document, &changes[..1]);
        assert!(store.fingerprints(&villages).unwrap().is_empty());
        let batch = sign(store);
        let received = received(elsewhere, &others);
        store.apply(&ResponsePlan { acknowledged: vec![batch.number], received, ..plan() }).unwrap();
        let first = store.fingerprints(&villages).unwrap();
        assert_eq!(first.iter().map(|fingerprint| fingerprint.document).collect::<Vec<_>>(), [document]);
        record(store, document, &changes[1..]);
        assert_eq!(store.fingerprints(&villages).unwrap(), first);
        let batch = sign(store);
        let refusals = hashes(&changes[1..]);
        let refusals = refusals.iter().zip(1..).map(|(hash, id)| note(id, document, *hash, "document_full"));
        let plan = ResponsePlan { acknowledged: vec![batch.number], refusals: refusals.collect(), ..plan() };
        store.apply(&plan).unwrap();
        assert_eq!(store.fingerprints(&villages).unwrap(), first);
        assert_eq!(store.fingerprints(&["01".to_owned(), "02".to_owned()]).unwrap().len(), 2);
    }
}

macro_rules! over_every_store {
    ($($name:ident;)*) => {
        mod in_memory {
            use super::*;
            $(#[test] fn $name() { contract::$name(InMemory::enrolled()); })*
        }
        mod in_file {
            use super::*;
            $(#[test] fn $name() { contract::$name(InFile::enrolled()); })*
        }
    };
}

over_every_store! {
    a_recorded_change_is_listed_and_survives_a_restart;
    recording_a_change_twice_keeps_one;
    unsent_keeps_to_its_limits_and_gives_at_least_one;
    a_signed_batch_comes_back_as_it_was_signed;
    a_plan_applied_again_changes_nothing;
    a_change_known_is_not_overwritten_by_one_received;
    a_refused_change_is_kept_and_counts_again_once_released;
    a_requeued_change_is_signed_into_a_new_batch;
    a_restarted_chain_keeps_every_change;
    a_reset_cursor_forgets_only_how_far_was_read;
    fingerprints_are_those_of_the_loaded_document;
    fingerprints_leave_out_unsent_refused_and_other_villages;
    a_notice_is_kept_as_it_was_signed_and_survives_a_restart;
    a_notice_moves_with_a_plan_and_an_older_answer_takes_nothing_back;
    notices_outlive_a_new_cursor_and_a_new_chain;
}
