//! What only a store in a file can get wrong: torn writes, damage, a second process, permissions.

use std::path::{Path, PathBuf};

use device_store::{Enrolment, SqliteStore, StoreError};
use ed25519_dalek::SigningKey;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use sync_core::chunk;
use sync_core::device::{ChangeState, DeviceStore as _, ResponsePlan, load_household};
use sync_core::document::Edit;
use sync_core::id::{BatchHash, CommuneId};
use sync_core::wire::EnrolmentResponse;

use super::{
    InFile, Place as _, enrolment_answer, household, key, other_actor, own_actor, picture, plan, received,
    record, sign, states,
};

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[test]
fn a_write_torn_by_a_crash_leaves_all_of_what_was_acknowledged_and_nothing_of_the_rest() {
    let mut place = InFile::enrolled();
    let (document, changes) = household(own_actor(), "01", 1, 2);
    record(place.store(), document, &changes);
    let batch = sign(place.store());
    let before = picture(place.store());
    let (path, copy) = (place.path(), place.folder.path().join("crashed.db"));
    let durable = std::fs::metadata(with(&path, "-wal")).unwrap().len();
    let (theirs, others) = household(other_actor(), "01", 2, 30);
    let plan =
        ResponsePlan { acknowledged: vec![batch.number], received: received(theirs, &others), ..plan() };
    place.store().apply(&plan).unwrap();
    let after = picture(place.store());
    let wal = std::fs::read(with(&path, "-wal")).unwrap();
    let whole = u64::try_from(wal.len()).unwrap();
    assert!(whole > durable);
    let mut cuts: Vec<u64> = (durable..whole).step_by(1021).collect();
    cuts.extend([whole - 1, whole]);
    for cut in cuts {
        std::fs::copy(&path, &copy).unwrap();
        std::fs::write(with(&copy, "-wal"), &wal[..usize::try_from(cut).unwrap()]).unwrap();
        let crashed = SqliteStore::open(&copy).unwrap();
        assert_eq!(
            picture(&crashed),
            if cut == whole { after.clone() } else { before.clone() },
            "cut at {cut}"
        );
        drop(crashed);
    }
}

#[test]
fn a_damaged_file_is_moved_aside_with_its_log_and_kept_whole() {
    let mut place = InFile::enrolled();
    let (document, changes) = household(own_actor(), "01", 1, 40);
    record(place.store(), document, &changes);
    drop(place.store.take());
    let path = place.path();
    for number in 1..=2 {
        let mut bytes = std::fs::read(&path).unwrap();
        let half = bytes.len() / 2;
        bytes[half..].fill(0xa5);
        std::fs::write(&path, &bytes).unwrap();
        std::fs::write(with(&path, "-wal"), b"what was not yet in the file").unwrap();
        let kept = with(&path, &format!(".damaged-{number}"));
        match SqliteStore::open(&path) {
            Err(StoreError::MovedAside { kept: told }) => assert_eq!(told, kept),
            other => panic!("{other:?}"),
        }
        assert_eq!(std::fs::read(&kept).unwrap(), bytes);
        assert_eq!(std::fs::read(with(&kept, "-wal")).unwrap(), b"what was not yet in the file");
        assert!(matches!(SqliteStore::open(&path), Err(StoreError::Missing)));
        std::fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn a_file_that_is_no_database_is_moved_aside_and_another_program_s_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone.db");
    std::fs::write(&path, "không phải cơ sở dữ liệu ".repeat(40)).unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::MovedAside { .. })));
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE photograph (place TEXT)").unwrap();
    drop(other);
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::Foreign)));
    assert!(path.exists());
}

#[test]
fn a_second_opening_is_told_that_the_store_is_in_use() {
    let place = InFile::enrolled();
    assert!(matches!(SqliteStore::open(&place.path()), Err(StoreError::Locked)));
    drop(place.restarted());
}

#[test]
fn the_file_and_its_copy_are_readable_by_their_owner_only_and_a_copy_overwrites_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let mut place = InFile::enrolled();
    let (document, changes) = household(own_actor(), "01", 1, 2);
    record(place.store(), document, &changes);
    let copy = place.folder.path().join("copy.db");
    place.store().export(&copy).unwrap();
    assert!(matches!(place.store().export(&copy), Err(StoreError::Exists)));
    for file in [place.path(), with(&place.path(), "-wal"), copy.clone()] {
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.display()
        );
    }
    let copied = SqliteStore::open(&copy).unwrap();
    assert_eq!(picture(&copied), picture(place.store()));
    assert_eq!(copied.enrolment().unwrap().unwrap().key.to_bytes(), key().to_bytes());
}

#[test]
fn a_copy_that_goes_on_uses_no_sequence_number_of_the_one_it_was_copied_from() {
    let mut place = InFile::enrolled();
    let (document, changes) = household(own_actor(), "01", 1, 0);
    record(place.store(), document, &changes);
    let copy = with(&place.path(), "-copy");
    place.store().export(&copy).unwrap();
    let mut copied = SqliteStore::open(&copy).unwrap();
    copied.go_on_as_copy(&mut ChaCha20Rng::seed_from_u64(5)).unwrap();
    let written = |store: &SqliteStore, note: &str| {
        let mut household = load_household(store, document).unwrap();
        let change = household.edit(&[Edit::household("note", note)], 1_800_000_000).unwrap();
        let (_, opened) = chunk::open(&change.bytes).unwrap();
        (opened.actor, opened.seq)
    };
    let (here, there) = (written(place.store(), "máy cũ"), written(&copied, "máy mới"));
    assert_ne!(here, there);
    assert_eq!(there.0.device(), here.0.device(), "the same device, to the office");
}

#[test]
fn a_store_written_by_a_newer_version_is_refused_and_left_alone() {
    let mut place = InFile::enrolled();
    drop(place.store.take());
    let path = place.path();
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::Newer { version: 99 })));
    assert!(path.exists());
}

#[test]
fn a_device_enrolled_again_keeps_its_key_and_everything_recorded() {
    let mut place = InFile::enrolled();
    let (document, changes) = household(own_actor(), "01", 1, 2);
    let store = place.store();
    record(store, document, &changes);
    let other_key = SigningKey::from_bytes(&[8; 32]);
    let again = Enrolment {
        key: other_key,
        server: "https://new".to_owned(),
        ca_pem: None,
        label: Some("máy 2".to_owned()),
    };
    store.begin_enrolment(&again).unwrap();
    store.finish_enrolment(&EnrolmentResponse { installation: 2, ..enrolment_answer() }).unwrap();
    let kept = store.enrolment().unwrap().unwrap();
    assert_eq!((kept.key.to_bytes(), kept.server.as_str()), (key().to_bytes(), "https://new"));
    assert_eq!(store.state().unwrap().installation, 2);
    // A number given when the chain was restarted is never given up for a lower one.
    store.restart_chain(0, BatchHash([0; 32]), 0x8000_0001).unwrap();
    store.finish_enrolment(&enrolment_answer()).unwrap();
    assert_eq!(store.state().unwrap().installation, 0x8000_0001);
    assert_eq!(states(store, document), [ChangeState::Unsent; 3]);
    let mut elsewhere = enrolment_answer();
    elsewhere.commune.id = CommuneId([2; 16]);
    assert!(matches!(store.finish_enrolment(&elsewhere), Err(StoreError::OtherCommune)));
}

#[test]
fn what_is_stored_as_one_is_there_whole_or_not_at_all() {
    let mut place = InFile::enrolled();
    let (document, changes) = household(own_actor(), "01", 1, 1);
    let (other, others) = household(own_actor(), "01", 2, 1);
    let before = picture(place.store());
    let failed: Result<(), StoreError> = place.store().as_one(|store| {
        record(store, document, &changes);
        Err(StoreError::Full)
    });
    assert!(matches!(failed, Err(StoreError::Full)));
    assert_eq!(picture(place.store()), before);
    let done: Result<(), StoreError> = place.store().as_one(|store| {
        let inner: Result<(), StoreError> = store.as_one(|store| {
            record(store, document, &changes[..1]);
            Err(StoreError::Full)
        });
        assert!(inner.is_err());
        store.as_one(|store| {
            record(store, other, &others);
            Ok(())
        })
    });
    done.unwrap();
    let mut place = place.restarted();
    assert_eq!(place.store().documents().unwrap(), [other]);
    assert_eq!(place.store().changes(other).unwrap().len(), 2);
}
