//! A review round from its opening to the sign-off, an urgent report from the phone to the officer's eyes,
//! and a letter, with the real binary over TLS.

use std::fs;

use device_store::SqliteStore;
use minicbor::Encoder;
use serde_json::{Value as Json, json};
use sothon_tests::harness::{Commune, Handset};
use sothon_tests::world::Dice;
use sync_core::device::{DeviceStore as _, Encoding, Session};
use sync_core::wire::{LetterAnswer, MEDIA_PLAIN, from_plain};

use crate::carrier::agent;
use crate::{child, files_with, household};

const ROUND: &str = "2024-2";
/// What only the sealed report says.
const SECRET: &str = "một mình bên bờ suối nhiều ngày";

fn commune_with_round() -> Commune {
    let commune = Commune::init(&[("03", "Hoàng Tân")]);
    let opened = commune.run([
        "round",
        "open",
        "--code",
        ROUND,
        "--title",
        "Rà soát cuối năm",
        "--starts",
        "2024-10-01",
        "--ends",
        "2024-10-25",
        "--as-of",
        "2024-10-20",
    ]);
    assert!(opened.ok().stdout.contains("Đã mở đợt 2024-2"));
    commune
}

/// The village of `sothon round status`.
fn village(commune: &Commune) -> Json {
    commune.run(["round", "status", ROUND, "--village", "03", "--json"]).json()["villages"][0].clone()
}

fn states(phone: &Handset) -> Vec<String> {
    let notices = phone.status()["notices"].clone();
    let states = notices.as_array().expect("a list").iter();
    states.map(|notice| notice["state"].as_str().expect("a state").to_owned()).collect()
}

#[test]
fn a_round_is_opened_reviewed_and_signed_off() {
    let commune = commune_with_round();
    let serving = commune.serve();
    let phone = Handset::enrolled(&commune, "may-a", &["03"]);
    assert_eq!(phone.status()["rounds"][0]["code"], ROUND, "told with the enrolment");
    let _ = commune.run(["contact", "set", "Công an xã", "000 000 113"]).ok();
    phone.synced();
    assert_eq!(phone.status()["contacts"], json!([["Công an xã", "000 000 113"]]));
    let late = |commune: &Commune| (village(commune)["signed"].clone(), village(commune)["overdue"].clone());
    assert_eq!(late(&commune), (Json::Null, json!(false)), "nobody lives there that is known of");

    phone.record(&[household("1", "Lò Văn Giả", &[child("c1", "Lò Mẫu Một", "female")])], None);
    phone.record(&[household("2", "Hà Thị Lập", &[])], None);
    phone.synced();
    assert_eq!(late(&commune), (Json::Null, json!(true)));
    let _ = phone.run(["sign-off", "--village", "03"]).ok();
    assert_eq!(states(&phone), ["waiting"]);
    phone.synced();
    assert_eq!(states(&phone), ["arrived"]);
    let told = village(&commune);
    assert_eq!((&told["households"], &told["visited"]), (&json!(2), &json!(2)), "{told}");
    let signed = &told["signed"];
    assert_eq!((&signed["signature_fits"], &signed["changed_since"]), (&json!(true), &json!(0)), "{told}");
    assert_eq!(told["overdue"], false);

    let _ = phone.run(["edit", "03/1", "household.phone=0900000002"]).ok();
    phone.synced();
    assert_eq!(village(&commune)["signed"]["changed_since"], 1);
    let said = commune.run(["round", "status"]).ok().stdout;
    assert!(said.contains("chữ ký đúng") && said.contains("từ đó 1 hộ đã thay đổi"), "{said}");
    let _ = phone.run(["sign-off", "--village", "03", "--reopen"]).ok();
    phone.synced();
    assert_eq!((&village(&commune)["signed"], &village(&commune)["reopened"]), (&Json::Null, &json!(true)));

    let _ = commune.run(["round", "close", ROUND]).ok();
    phone.synced();
    assert_eq!(phone.status()["rounds"], json!([]));
    let ran = phone.run(["sign-off", "--village", "03"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("round_unknown"), "{}", ran.stderr);
    commune.verify();
    serving.stop();
}

#[test]
fn an_urgent_report_is_read_by_the_office_alone_and_its_state_comes_back() {
    let commune = commune_with_round();
    let serving = commune.serve();
    let phone = Handset::enrolled(&commune, "may-a", &["03"]);
    phone.record(&[household("1", "Lò Văn Giả", &[child("c1", "Lò Mẫu Một", "female")])], None);
    let made = phone.run(["urgent", "--kind", "danger", "--happened", SECRET, "--household", "03/1"]);
    assert!(made.ok().stdout.contains("111"));
    let folder = commune.path("");
    assert!(files_with(&folder, SECRET).is_empty(), "nothing readable is left on the phone");
    phone.synced();
    assert_eq!(states(&phone), ["arrived"]);

    let listed = commune.run(["urgent", "list"]).ok().stdout;
    assert!(listed.contains("1 chưa mở") && listed.contains("may-a"), "{listed}");
    let id = commune.run(["urgent", "list", "--json"]).json()[0]["id"].as_str().expect("a name").to_owned();
    let key = commune.path("confidential.key").display().to_string();
    let stranger = commune.path("another.key");
    fs::write(&stranger, format!("{}\n", "1".repeat(64))).expect("written");
    let stranger = stranger.display().to_string();
    let ran = commune.run(["urgent", "open", &id, "--confidential-key", &stranger]);
    assert!(ran.code == Some(1) && ran.stderr.contains("stays unopened"), "{}", ran.stderr);
    let opened = commune.run(["urgent", "open", &id[..8], "--confidential-key", &key, "--by", "Phòng VH-XH"]);
    let said = opened.ok().stdout;
    assert!(said.contains(SECRET) && said.contains("Lò Văn Giả"), "{said}");
    phone.synced();
    assert_eq!(states(&phone), ["opened"]);
    assert!(commune.run(["urgent", "list"]).ok().stdout.contains("Phòng VH-XH"));
    commune.verify();
    serving.stop();
    assert!(files_with(&folder, SECRET).is_empty(), "nor at the office, nor in its log");
}

/// The phone's letter, as its app keeps it.
fn letter_of(phone: &Handset, seed: u64) -> Vec<u8> {
    let mut store = SqliteStore::open(&phone.store).expect("a store");
    let key = store.enrolment().expect("readable").expect("enrolled").key;
    let session = Session::new(key, Encoding::Packed, None);
    let letter = session.letter(&mut store, 1_730_000_000, Dice::new(seed).random()).expect("readable");
    letter.expect("there is something to say").bytes
}

/// A backup file as the app writes it, with this letter; of a locked phone it names nobody.
fn backup_of(phone: &Handset, letter: &[u8], is_locked: bool) -> Vec<u8> {
    let state = SqliteStore::open(&phone.store).expect("a store").state().expect("enrolled");
    let mut file = Encoder::new(Vec::new());
    let written = file.map(if is_locked { 6 } else { 8 }).and_then(|file| {
        file.u8(1)?.str("sothon-backup")?.u8(2)?.u8(1)?;
        if !is_locked {
            file.u8(3)?.bytes(state.commune.id.as_bytes())?.u8(4)?.bytes(state.device.as_bytes())?;
        }
        file.u8(5)?.i64(1_730_000_000)?.u8(6)?.bytes(b"vault")?.u8(7)?.bytes(&[9; 5_000])?;
        file.u8(8)?.bytes(letter)?.ok()
    });
    written.expect("in memory");
    file.into_writer()
}

#[test]
fn a_letter_leaves_a_locked_phone_and_the_exchange_recognises_what_it_brought() {
    let commune = commune_with_round();
    let serving = commune.serve();
    let phone = Handset::enrolled(&commune, "may-a", &["03"]);
    phone.record(&[household("1", "Lò Văn Giả", &[child("c1", "Lò Mẫu Một", "female")])], None);
    let _ = phone.run(["urgent", "--kind", "injury", "--happened", SECRET]).ok();
    let letter = letter_of(&phone, 1);
    let send = |bytes: &[u8]| {
        let mut answer = agent(&commune)
            .post(format!("{}/v1/letter", commune.line.url()))
            .header("Content-Type", MEDIA_PLAIN)
            .send(bytes)
            .expect("an answer");
        (answer.status().as_u16(), answer.body_mut().read_to_vec().expect("a whole body"))
    };
    let (status, body) = send(&letter);
    assert_eq!(status, 200);
    let answer: LetterAnswer = from_plain(&body).expect("a letter's answer");
    assert_eq!((answer.receipts.len(), answer.notices.len()), (1, 1));
    let logged = commune.logged();
    assert_eq!(logged.len(), 2, "the household's two changes");
    assert_eq!(send(&letter).1, body, "once more, the same answer");
    let mut damaged = letter.clone();
    *damaged.last_mut().expect("not empty") ^= 1;
    let (status, problem) = send(&damaged);
    assert!(status == 400 && String::from_utf8_lossy(&problem).contains("letter_unopenable"));
    assert_eq!(commune.logged(), logged);

    // The phone knows nothing of it, and sends the same batch: a receipt, and nothing doubled.
    assert_eq!((phone.status()["unsent"].as_u64(), states(&phone)), (Some(2), vec!["waiting".to_owned()]));
    phone.synced();
    assert_eq!((phone.status()["unsent"].as_u64(), states(&phone)), (Some(0), vec!["arrived".to_owned()]));
    assert_eq!(commune.logged(), logged);

    // A phone that never comes back: its backup file is taken in at the office.
    phone.record(&[household("2", "Hà Thị Lập", &[])], None);
    let file = commune.path("may-a.sothon");
    fs::write(&file, backup_of(&phone, &letter_of(&phone, 2), true)).expect("written");
    let file = file.display().to_string();
    assert!(commune.run(["letter", &file]).ok().stdout.contains("1 lô thay đổi"));
    assert_eq!(commune.logged().len(), 4);
    fs::write(&file, backup_of(&phone, &letter_of(&phone, 3), false)).expect("written");
    let again = commune.run(["letter", &file]);
    assert_eq!((again.code, commune.logged().len()), (Some(0), 4), "{}", again.stderr);
    fs::write(&file, b"something else").expect("written");
    let ran = commune.run(["letter", &file]);
    assert!(
        ran.code == Some(1) && ran.stderr.contains("neither a phone's backup nor a letter"),
        "{}",
        ran.stderr
    );
    commune.verify();
    serving.stop();
}
