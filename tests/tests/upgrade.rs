//! A register written by an earlier version of the program goes on with this one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use ed25519_dalek::SigningKey;
use minicbor::bytes::ByteArray;
use rusqlite::Connection;
use server::office::{Incoming, Office, OfficeOptions};
use sothon_tests::world::{CLOCK_START, Dice, hand_over};
use sync_core::device::{DeviceState, DeviceStore, Encoding, MemoryStore, Session, Step};
use sync_core::id::{BatchHash, DeviceId};
use sync_core::wire::{CommuneInfo, Cursor, Grants};

/// Version 1 of the database: its schema and its fixture.
const VERSION_1: [&str; 2] =
    [include_str!("../../server/migrations/001_init.sql"), include_str!("../fixtures/office-v1.sql")];

fn written(path: &Path, parts: &[&str], version: i64) {
    let connection = Connection::open(path).unwrap();
    parts.iter().for_each(|part| connection.execute_batch(part).unwrap());
    connection.pragma_update(None, "user_version", version).unwrap();
}

fn open(path: &Path) -> Office {
    Office::open(path, OfficeOptions { random: Box::new(Dice::new(5).random().clone()) }).unwrap()
}

/// The fixture's phone, as an earlier version of its program left it: it knows of no letters.
fn phone(office: &Office) -> (SigningKey, MemoryStore) {
    let key = SigningKey::from_bytes(&[7; 32]);
    let store = MemoryStore::new(DeviceState {
        device: DeviceId::of_key(&key.verifying_key().to_bytes()),
        installation: 1,
        commune: CommuneInfo {
            id: office.commune().id,
            name: "Xã Giả Lập".into(),
            confidential_key: ByteArray::from(office.commune().confidential_key.0),
            villages: vec![("01".into(), "Thôn 01".into())],
            unit_word: "thôn".into(),
            letter_key: None,
            rounds: None,
            contacts: None,
            devices: None,
            reminders: None,
        },
        grants: Grants { epoch: 1, villages: vec!["01".into()] },
        cursor: Cursor::default(),
        chain_number: 0,
        chain_hash: BatchHash([0; 32]),
        refusals_noted: 0,
    });
    (key, store)
}

#[test]
fn a_register_of_version_1_goes_on_and_its_phones_learn_of_letters() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.sqlite");
    written(&path, &VERSION_1, 1);
    let office = open(&path);
    let report = office.verify(|_| {}).unwrap();
    assert_eq!((report.findings, report.notices, report.batches, report.documents), (Vec::new(), 0, 1, 2));

    let (key, mut store) = phone(&office);
    let mut session = Session::new(key.clone(), Encoding::Packed, None);
    let summary = loop {
        match session.poll(&mut store, CLOCK_START).unwrap() {
            Step::Finished(summary) => break summary,
            Step::Send(request) => {
                let incoming = Incoming {
                    encoding: request.encoding,
                    body: &request.body,
                    signature: Some(request.signature),
                    answer_in: request.encoding,
                };
                let answer = office.exchange(incoming, CLOCK_START);
                hand_over(&mut session, &mut store, request.encoding, &answer).unwrap();
            }
        }
    };
    assert!(summary.agrees);
    let Ok(state) = store.state();
    let told = state.commune.letter_key.expect("told, though nobody changed a grant");
    assert_eq!(state.grants.epoch, 2);

    // The key is drawn once: letters sealed to it open after every restart.
    drop(office);
    let office = open(&path);
    assert_eq!(office.commune().letter_key.public().unwrap(), *told);
    assert_eq!(office.verify(|_| {}).unwrap().findings, Vec::new());
}

#[test]
fn a_register_of_a_newer_version_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.sqlite");
    written(&path, &VERSION_1, 999);
    let options = OfficeOptions { random: Box::new(Dice::new(5).random().clone()) };
    let refused = Office::open(&path, options).map(drop);
    assert!(matches!(refused, Err(server::office::OfficeError::Newer(999))));
}
