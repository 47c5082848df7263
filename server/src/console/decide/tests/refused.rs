//! What a phone sent and the office refused: looked at, examined again, never lost. All people are synthetic.

use ed25519_dalek::{Signer as _, SigningKey};
use sync_core::batch::{BatchHeader, enrolment_signing_bytes, request_signing_bytes};
use sync_core::device::Encoding;
use sync_core::id::{BatchHash, DeviceId};
use sync_core::wire::{Batch, BatchChange, Cursor, EnrolmentRequest, ExchangeRequest, to_plain};

use super::*;
use crate::office::Incoming;

/// A phone of village 02 that sent a household of village 01: two changes. Leaves its name.
fn sends_what_is_not_granted(desk: &Desk) -> DeviceId {
    let key = SigningKey::from_bytes(&[3; 32]);
    let public_key = key.verifying_key().to_bytes();
    let device = DeviceId::of_key(&public_key);
    let villages = ["02".to_owned()];
    let code =
        desk.office.enrolment_code("Máy thôn 2 (giả lập)", &villages, 3600, CLOCK).expect("a code").text;
    let proof = key.sign(&enrolment_signing_bytes(&code, &public_key)).to_bytes();
    let request =
        EnrolmentRequest { protocol: 1, code, public_key: public_key.into(), signature: proof.into() };
    desk.office.enrol(&to_plain(&request), CLOCK).expect("an enrolment");

    let commune = desk.office.commune();
    let (mut household, genesis) = Household::create(device.actor(1), "01", CLOCK, 4);
    let told = household.edit(&[Edit::household("head_name", "Chủ Hộ Giả Lập")], CLOCK).expect("an edit");
    let changes = [genesis, told];
    let header = BatchHeader {
        device,
        number: 1,
        previous: BatchHash([0; 32]),
        signed_at: CLOCK,
        changes: changes.iter().map(|change| (household.id(), change.hash)).collect(),
    };
    let batch = Batch {
        number: 1,
        previous: BatchHash([0; 32]),
        signed_at: CLOCK,
        changes: changes
            .iter()
            .map(|change| BatchChange { document: household.id(), bytes: change.bytes.clone().into() })
            .collect(),
        signature: header.sign(commune.id, &key).into(),
    };
    let request = ExchangeRequest {
        protocol: 1,
        device,
        cursor: Cursor::default(),
        epoch: 0,
        batches: vec![batch],
        page_bytes: None,
        fingerprints: None,
        refusals_noted: 0,
        clock: CLOCK,
        notices: None,
        awaited: None,
    };
    let body = to_plain(&request);
    let signature = key.sign(&request_signing_bytes(commune.id, &body)).to_bytes();
    let incoming = Incoming {
        encoding: Encoding::Plain,
        body: &body,
        signature: Some(signature),
        answer_in: Encoding::Plain,
    };
    desk.office.exchange(incoming, CLOCK).expect("an exchange");
    device
}

fn answer(desk: &mut Desk, key: &str, answer: &str) -> crate::console::tests::Answer {
    desk.post("/office/decide/quarantine", &[("key", key), ("kind", "quarantine"), ("answer", answer)])
}

#[test]
fn what_was_refused_is_told_without_its_contents_looked_at_and_brought_back() {
    let mut desk = Desk::officer();
    sends_what_is_not_granted(&desk);
    let page = desk.open("/office/decide?kind=quarantine").text();
    assert!(page.contains("Bản ghi bị giữ lại <span class=\"count\">(2)"), "both changes wait");
    assert!(page.contains("Máy thôn 2 (giả lập)") && page.contains("village_not_granted"));
    assert!(page.contains("Giao thôn cho máy này ở phần Thiết lập"), "what can be done");
    assert!(page.contains("chưa có trong sổ của xã"));
    assert!(!page.contains("Chủ Hộ Giả Lập"), "what it says is shown to nobody");
    let keys = [open_key(&page), hidden(&page, "next")];

    let still = answer(&mut desk, &keys[0], "retry");
    assert_eq!(still.status, StatusCode::SEE_OTHER);
    let page = desk.open(&still.location.expect("the way goes on")).text();
    assert!(page.contains("Vẫn chưa nhận được:") && page.contains("(2)"), "nothing was granted yet");

    assert_eq!(answer(&mut desk, &keys[1], "seen").status, StatusCode::SEE_OTHER);
    let page = desk.open("/office/decide?kind=quarantine").text();
    assert!(page.contains("(1)") && page.contains("Đã ghi nhận là đã xem."));
    let deed = desk.office.deeds(None, 1).expect("rows")[0].id;
    let back = desk.post(&format!("/office/deeds/{deed}/undo"), &[]);
    assert_eq!(back.location, Some(format!("/office/decide?kind=quarantine&at={}", keys[1])));
    assert!(desk.open("/office/decide?kind=quarantine").text().contains("(2)"));
    assert_eq!(desk.office.quarantine().expect("rows").len(), 2, "the bytes are kept");
}

#[test]
fn with_the_grant_it_is_taken_in_and_what_an_older_program_refused_is_accepted_by_hand() {
    let mut desk = Desk::officer();
    let device = sends_what_is_not_granted(&desk);
    let page = desk.open("/office/decide?kind=quarantine").text();
    let keys = [open_key(&page), hidden(&page, "next")];
    // As if the second had been refused by a program that did not understand it: that waits for no grant.
    let file = desk.console.data_dir.join("register.sqlite");
    let sql = rusqlite::Connection::open(file).expect("the register");
    sql.execute(
        "UPDATE quarantine SET code = 'change_unsound' WHERE id = (SELECT max(id) FROM quarantine)",
        [],
    )
    .expect("a row");
    drop(sql);
    let villages = ["01".to_owned(), "02".to_owned()];
    assert_eq!(desk.office.grant(None, device, &villages, CLOCK).expect("a grant"), 1);

    let gone = desk.open(&format!("/office/decide?kind=quarantine&at={}", keys[0])).text();
    assert!(gone.contains("Bản ghi này không còn bị giữ lại."), "it was taken in with the grant");
    assert_eq!(answer(&mut desk, &keys[0], "retry").status, StatusCode::SEE_OTHER);
    let page = desk.open("/office/decide?kind=quarantine").text();
    assert!(page.contains("Bản ghi này không còn bị giữ lại."), "and whoever was too late is told");

    assert!(page.contains("change_unsound") && open_key(&page) == keys[1]);
    assert_eq!(answer(&mut desk, &keys[1], "retry").status, StatusCode::SEE_OTHER);
    let page = desk.open("/office/decide?kind=quarantine").text();
    assert!(page.contains("Bản ghi đã được nhận vào sổ.") && page.contains("Không còn việc nào ở đây."));
    assert!(desk.open("/office/register").text().contains("Chủ Hộ Giả Lập"));
    let done = desk.open("/office/decide?kind=done").text();
    assert!(done.contains("Nhận lại bản ghi bị giữ") && !done.contains("/undo\""), "it can't be undone");
}
