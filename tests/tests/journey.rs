//! The way of a fact with the real binary: processes, files, TLS over real sockets. Whatever is about one
//! crate alone is tested there.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use device_store::SqliteStore;
use serde_json::{Value as Json, json};
use server::office::{Office, OfficeOptions};
use server::phone::client::{self, Surroundings, SyncOptions};
use sothon_tests::harness::{Commune, Handset};
use sothon_tests::world::Dice;
use sync_core::device::Encoding;

#[path = "journey/carrier.rs"]
mod carrier;
#[path = "journey/notices.rs"]
mod notices;

use carrier::{Coded, agent};

const AS_OF: &str = "2024-11-20";

/// Everything personal that these tests write. None of it may be seen where no person should be.
const PERSONAL: [&str; 10] = [
    "Lò Văn Giả",
    "Hà Thị Lập",
    "Lò Mẫu Một",
    "Lò Mẫu Hai",
    "Phạm Dự Thử",
    "Xóm Không Có",
    "0900000001",
    "0900000002",
    "0900000003",
    "099215000017",
];

fn household(number: &str, head: &str, children: &[Json]) -> Json {
    json!({
        "entry": 1, "village": "03",
        "visit": { "date": "2024-10-12", "round": "2024-2", "result": "met" },
        "household": {
            "number": number, "head_name": head, "address": "Xóm Không Có", "phone": "0900000001",
            "poverty_status": "poor",
        },
        "children": children,
    })
}

fn child(reference: &str, name: &str, sex: &str) -> Json {
    json!({ "ref": reference, "name": name, "birth_date": "2017-05-03", "sex": sex, "ethnicity": "02" })
}

/// Column 1 of a line: least, most, and whether sealed reports are in it.
fn cell(tally: &Json, line: &str) -> (u64, u64, bool) {
    let lines = tally["lines"].as_array().expect("lines");
    let found = lines.iter().find(|one| one["code"] == line).unwrap_or_else(|| panic!("no line {line}"));
    let value = &found["values"][0];
    let bound = |name: &str| value["children"][name].as_u64().unwrap_or_else(|| panic!("{line}: {value}"));
    (bound("least"), bound("most"), value["sealed"] == true)
}

fn tally(commune: &Commune, more: &[&str]) -> Json {
    let args = ["tally", "03/TE", "--as-of", AS_OF, "--format", "json"];
    commune.run(args.iter().chain(more)).json()
}

fn assert_impersonal(what: &str, text: &str) {
    for word in PERSONAL {
        assert!(!text.contains(word), "{what} holds {word}");
    }
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// Files of a folder and of those below it that hold a text.
fn files_with(folder: &Path, word: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, word));
        } else if holds(&fs::read(&path).expect("readable"), word) {
            found.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

#[test]
fn a_fact_goes_from_a_phone_to_the_form_and_back_to_its_signature() {
    let commune = Commune::init(&[("03", "Hoàng Tân"), ("04", "Hoàng Thủy")]);
    let serving = commune.serve();
    let a = Handset::enrolled(&commune, "may-a", &["03"]);
    let b = Handset::enrolled(&commune, "may-b", &["03"]);

    let mut first = household(
        "1",
        "Lò Văn Giả",
        &[
            child("c1", "Lò Mẫu Một", "female"),
            json!({ "ref": "c2", "name": "Lò Mẫu Hai", "birth_date": "2012-02", "sex": "male", "ethnicity": "02",
            "identity_number": "099215000017" }),
        ],
    );
    first["circumstances"] = json!([{ "ref": "k1", "person": "c1", "code": "II.4.1", "start": "2020" }]);
    let (document, keys) = a.record(&[first], None).remove(0);
    let sent = a.synced();
    assert!(sent["acknowledged"].as_u64() >= Some(2), "{sent}");
    let pulled = b.synced();
    assert_eq!(pulled["documents"], 1);
    assert_eq!(b.show("03/1")["children"], a.show("03/1")["children"]);

    // Both write the same field without a connection.
    let _ = a.run(["edit", "03/1", "household.phone=0900000002"]).ok();
    let _ = b.run(["edit", "03/1", "household.phone=0900000003"]).ok();
    for phone in [&a, &b, &a] {
        phone.synced();
    }
    let both = BTreeSet::from(["0900000002", "0900000003"]);
    for phone in [&a, &b] {
        let conflicts = phone.conflicts();
        assert_eq!(conflicts.len(), 1, "{conflicts:?}");
        assert_eq!(conflicts[0]["path"], "household.phone");
        let values = conflicts[0]["values"].as_array().expect("values");
        assert_eq!(values.iter().filter_map(|one| one["value"].as_str()).collect::<BTreeSet<_>>(), both);
    }
    let office = commune.run(["conflicts", "--json"]).json();
    assert_eq!(office["fields"].as_array().map(Vec::len), Some(1), "{office}");
    let values = office["fields"][0]["values"].as_array().expect("values");
    assert_eq!(values.iter().filter_map(|one| one["value"].as_str()).collect::<BTreeSet<_>>(), both);
    let labels: BTreeSet<_> = values.iter().filter_map(|one| one["device"].as_str()).collect();
    assert_eq!(labels, BTreeSet::from(["may-a", "may-b"]), "each value with the device that wrote it");

    let _ = b.run(["decide", "03/1", "household.phone", "0900000003"]).ok();
    for phone in [&b, &a] {
        phone.synced();
        assert!(phone.conflicts().is_empty());
        assert_eq!(phone.show("03/1")["household"]["phone"], "0900000003");
    }
    let office = commune.run(["conflicts", "--json"]).json();
    assert_eq!(office, json!({ "fields": [], "candidate_pairs": [], "quarantine": [] }));

    let counted = tally(&commune, &[]);
    for (line, expected) in
        [("I.1", 2), ("I.1.1", 1), ("I.1.2", 1), ("I.1.3-2", 2), ("II.4.1", 1), ("III.1-1", 2)]
    {
        assert_eq!(cell(&counted, line), (expected, expected, false), "line {line}");
    }
    assert_eq!(cell(&tally(&commune, &["--village", "04"]), "I.1").1, 0);

    let explained = commune.run(["explain", "03/TE", "II.4.1", "--as-of", AS_OF, "--json"]).json();
    assert_eq!(explained["children"].as_array().map(Vec::len), Some(1), "{explained}");
    let one = &explained["children"][0];
    assert_eq!(one["records"][0]["name"], "Lò Mẫu Một");
    assert_eq!(one["records"][0]["person"], keys["c1"]);
    assert_eq!(one["records"][0]["document"], json!(document));
    let because = one["because"].as_array().expect("reasons");
    let held =
        because.iter().find(|reason| reason["container"] == "circumstances").expect("the circumstance");
    let logged: Vec<String> = commune.logged().iter().map(ToString::to_string).collect();
    for fact in held["facts"].as_array().expect("facts") {
        let change = &fact["change"];
        assert_eq!(change["device"], a.status()["device"], "signed by the phone that recorded it");
        assert_eq!((change["label"].as_str(), change["batch"].as_u64()), (Some("may-a"), Some(1)));
        assert!(change["hash"].as_str().is_some_and(|hash| logged.contains(&hash.to_owned())), "{change}");
    }

    commune.verify();
    let agent = agent(&commune);
    let page = |path: &str| {
        let mut answer = agent.get(format!("{}{path}", commune.line.url())).call().expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.body_mut().read_to_string().expect("text")
    };
    let (health, metrics) = (page("/health"), page("/metrics"));
    assert_eq!(serde_json::from_str::<Json>(&health).expect("JSON")["status"], "ok", "{health}");
    assert!(metrics.contains("sothon"), "{metrics}");
    assert_impersonal("/metrics", &metrics);
    assert_impersonal("/health", &health);
    serving.stop();
    let log = commune.log();
    assert!(log.contains("exchange"), "requests are logged: {log}");
    assert_impersonal("the log", &log);
    commune.verify();
}

#[test]
fn a_backup_put_in_the_place_of_the_register_loses_nothing() {
    let commune = Commune::init(&[("03", "Hoàng Tân")]);
    let serving = commune.serve();
    let a = Handset::enrolled(&commune, "may-a", &["03"]);
    let b = Handset::enrolled(&commune, "may-b", &["03"]);
    a.record(&[household("1", "Lò Văn Giả", &[child("c1", "Lò Mẫu Một", "female")])], None);
    a.synced();
    b.synced();
    let backup = commune.path("backup.sqlite");
    let _ = commune.run(["backup", &backup.display().to_string()]).ok();

    // After the backup: acknowledged, seen by the other phone, edited by both.
    a.record(&[household("2", "Hà Thị Lập", &[child("c1", "Lò Mẫu Hai", "male")])], None);
    a.synced();
    b.synced();
    let _ = b.run(["edit", "03/2", "household.phone=0900000003"]).ok();
    b.synced();
    a.synced();
    let _ = a.run(["edit", "03/1", "household.phone=0900000002"]).ok();
    let before = commune.logged();
    let life = |phone: &Handset| phone.status()["cursor"]["incarnation"].clone();
    let first_life = life(&a);
    serving.stop();

    commune.restore(&backup);
    let serving = commune.serve();
    assert!(commune.logged().len() < before.len(), "the backup is older");
    // The phone whose own change depends on what the register has lost comes first.
    let _ = b.sync([]);
    a.synced();
    b.synced();
    a.synced();
    assert_ne!(life(&a), first_life, "the phone noticed");
    assert_eq!(life(&a), life(&b));
    let after: BTreeSet<_> = commune.logged().into_iter().collect();
    assert!(before.iter().all(|hash| after.contains(hash)), "everything is in the register again");
    for phone in [&a, &b] {
        let held: BTreeSet<_> = phone
            .changes()
            .into_iter()
            .map(|(hash, state)| {
                assert_eq!(state, 1, "{hash} is acknowledged");
                hash
            })
            .collect();
        assert_eq!(held, after);
        assert_eq!(phone.show("03/2")["household"]["phone"], "0900000003");
        assert_eq!(phone.show("03/1")["household"]["phone"], "0900000002");
    }
    assert_eq!(cell(&tally(&commune, &[]), "I.1"), (2, 2, false));
    // The batches that were lost with the register leave gaps in their devices' chains, told and explained.
    let ran = commune.run(["verify"]);
    assert!(ran.stdout.contains("note device_chain_gap_after_restore"), "{}", ran.stdout);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    serving.stop();
}

#[test]
fn who_is_turned_away_is_told_the_next_step_and_keeps_everything() {
    let commune = Commune::init(&[("03", "Hoàng Tân")]);
    let serving = commune.serve();
    let phone = Handset::enrolled(&commune, "may-a", &["03"]);
    phone.synced();
    phone.record(&[household("1", "Lò Văn Giả", &[child("c1", "Lò Mẫu Một", "female")])], None);
    let device = phone.status()["device"].as_str().expect("a name").to_owned();
    let _ = commune.run(["device", "revoke", &device]).ok();
    let ran = phone.sync(["--retries", "0"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("device_revoked") && ran.stderr.contains("Việc cần làm: Gọi cho xã."),
        "{}",
        ran.stderr
    );
    assert_eq!(phone.status()["documents"], 1, "what was recorded stays");
    assert!(commune.run(["device", "list"]).ok().stdout.contains("thu hồi"));

    // The office's clock can't be turned, so the code is made as of long ago.
    let path = commune.data().join("register.sqlite");
    let options = OfficeOptions { random: Box::new(Dice::new(8).random().clone()) };
    let office = Office::open(&path, options).expect("a register");
    let expired = office.enrolment_code("may-c", &["03".to_owned()], 3600, 1_700_000_000).expect("a code");
    drop(office);
    let late = Handset::new(&commune, "may-c");
    let ran = late.enrol(&commune, &expired.text);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("enrolment_code_expired") && ran.stderr.contains("Xin xã mã mới"),
        "{}",
        ran.stderr
    );
    let ran = late.enrol(&commune, "2222-2222-2222");
    assert!(ran.stderr.contains("enrolment_code_unknown"), "{}", ran.stderr);
    let code = commune.enrolment_code("may-c", &["03"]);
    let _ = late.enrol(&commune, &code).ok();
    let ran = Handset::new(&commune, "may-d").enrol(&commune, &code);
    assert!(ran.stderr.contains("enrolment_code_used"), "{}", ran.stderr);

    // The certificate of another office.
    let other = Commune::init(&[("03", "Hoàng Tân")]);
    other.serve().stop();
    let deceived = Handset::new(&commune, "may-e");
    let code = commune.enrolment_code("may-e", &["03"]);
    let ca = other.ca().display().to_string();
    let ran = deceived.run(["enrol", "--server", &commune.line.url(), "--ca", &ca, "--code", &code]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("server_untrusted") && ran.stderr.contains("Đừng tiếp tục"),
        "{}",
        ran.stderr
    );
    let _ = Handset::new(&commune, "may-f").enrol(&commune, &code).ok();
    commune.verify();
    serving.stop();
    assert_impersonal("the log", &commune.log());
}

#[test]
fn every_encoding_carries_the_same() {
    let commune = Commune::init(&[("03", "Hoàng Tân")]);
    let serving = commune.serve();
    let cli = Handset::enrolled(&commune, "may-a", &["03"]);
    for (number, more) in [("1", &[][..]), ("2", &["--plain"][..])] {
        let children: Vec<Json> = (0..6).map(|at| child(&format!("c{at}"), "Lò Mẫu Một", "female")).collect();
        cli.record(&[household(number, "Lò Văn Giả", &children)], None);
        let summary = cli.sync(more.iter().copied()).json();
        assert_eq!((&summary["agrees"], &summary["unsent"]), (&json!(true), &json!(0)), "{summary}");
    }
    for (number, coding) in [("3", "zstd"), ("4", "gzip"), ("5", "identity")] {
        let phone = Handset::enrolled(&commune, coding, &["03"]);
        let children: Vec<Json> = (0..6).map(|at| child(&format!("c{at}"), "Lò Mẫu Hai", "male")).collect();
        phone.record(&[household(number, "Hà Thị Lập", &children)], None);
        let carrier =
            Coded { agent: agent(&commune), url: commune.line.url(), coding, answered: Mutex::default() };
        let mut store = SqliteStore::open(&phone.store).expect("a store");
        let key = store.enrolment().expect("readable").expect("enrolled").key;
        let options = SyncOptions { encoding: Encoding::Plain, ..SyncOptions::default() };
        let mut surroundings =
            Surroundings { clock: &|| 1_730_000_000, wait: &mut |_| (), progress: &mut |_| () };
        let outcome = client::sync(&mut store, key, &carrier, options, &mut surroundings).expect("synced");
        assert!(outcome.summary.agrees && outcome.summary.total.received > 0, "{coding}: {outcome:?}");
        let answered = carrier.answered.into_inner().expect("one thread");
        let wanted = (coding != "identity").then(|| coding.to_owned());
        assert!(answered.contains(&wanted), "{coding}: {answered:?}");
    }
    assert_eq!(cli.synced()["documents"], 5);
    let logged = commune.logged();
    assert_eq!(cli.changes().into_iter().map(|(hash, _)| hash).collect::<Vec<_>>(), logged);
    assert_eq!(cell(&tally(&commune, &[]), "I.1").1, 30);
    commune.verify();
    serving.stop();
}

#[test]
fn a_restricted_report_is_sealed_everywhere_and_opened_only_by_the_key() {
    const CODE: &str = "II.11.1";
    const NOTE: &str = "ghi chú kín chỉ cán bộ bảo mật đọc";
    let commune = Commune::init(&[("03", "Hoàng Tân")]);
    let serving = commune.serve();
    let a = Handset::enrolled(&commune, "may-a", &["03"]);
    let b = Handset::enrolled(&commune, "may-b", &["03"]);
    let mut entry = household("1", "Lò Văn Giả", &[child("c1", "Lò Mẫu Một", "female")]);
    entry["household"]["note"] = json!("ghi chú thường");
    entry["restricted"] = json!([
        { "person": "c1", "code": CODE, "start": "2024-06", "note": NOTE, "supports": ["counselling"] }
    ]);
    a.record(&[entry], None);
    a.synced();
    b.synced();

    let closed = tally(&commune, &[]);
    assert_eq!(cell(&closed, CODE), (0, 1, true));
    assert_eq!(cell(&closed, "I.1"), (1, 1, false));
    let table = commune.run(["tally", "03/TE", "--as-of", AS_OF]).ok().stdout;
    assert!(table.contains("0–1*") && table.contains("báo cáo kín chưa mở"), "{table}");
    let key = commune.path("confidential.key").display().to_string();
    let open = tally(&commune, &["--confidential-key", &key]);
    assert_eq!(cell(&open, CODE), (1, 1, false));
    let with_key = ["tally", "03/TE", "--as-of", AS_OF, "--confidential-key", &key];
    assert!(!commune.run(with_key).ok().stdout.contains('*'));
    let _ = commune.run(["backup", &commune.path("backup.sqlite").display().to_string()]).ok();

    for phone in [&a, &b] {
        let shown = phone.show("03/1").to_string();
        assert!(!shown.contains(NOTE) && !shown.contains(CODE), "{shown}");
    }
    let folder = commune.path("");
    let everywhere = files_with(&folder, "ghi chú thường");
    for file in ["may-a.db", "may-b.db", "backup.sqlite"] {
        assert!(everywhere.contains(file), "the search finds what is not sealed: {everywhere:?}");
    }
    for word in [NOTE, CODE, "counselling"] {
        assert_eq!(files_with(&folder, word), BTreeSet::new(), "{word} is readable");
    }
    commune.verify();
    serving.stop();
    for word in [NOTE, CODE, "counselling"] {
        assert_eq!(files_with(&folder, word), BTreeSet::new(), "{word} is readable after the end");
    }
}

#[test]
fn a_line_cut_anywhere_converges_and_doubles_nothing() {
    let commune = Commune::init(&[("03", "Hoàng Tân")]);
    let serving = commune.serve();
    let a = Handset::enrolled(&commune, "may-a", &["03"]);
    let b = Handset::enrolled(&commune, "may-b", &["03"]);
    let mut number = 0;
    let mut some = |count: usize| -> Vec<Json> {
        let mut one = || {
            number += 1;
            household(&number.to_string(), "Lò Văn Giả", &[child("c1", "Lò Mẫu Một", "female")])
        };
        (0..count).map(|_| one()).collect()
    };
    // How much passes when nothing is cut, so that the cuts fall everywhere from the first byte of the
    // handshake to within the last answer.
    let passed = |phone: &Handset| {
        let before = commune.line.passed();
        phone.synced();
        commune.line.passed() - before
    };
    a.record(&some(4), None);
    let (up, down) = (passed(&a), passed(&b));
    for twelfth in 0..12 {
        a.record(&some(4), None);
        for (phone, whole) in [(&a, up), (&b, down)] {
            commune.line.cut_after([whole * twelfth / 12]);
            let summary = phone.sync(["--retries", "1"]).json();
            assert_eq!(summary["agrees"], true, "cut at {twelfth}/12 of {whole} bytes: {summary}");
            commune.line.steady();
        }
    }
    assert!(commune.line.cut() >= 20, "only {} connections were cut", commune.line.cut());
    // Small pages and one cut after another, each a little further.
    a.record(&some(30), None);
    commune.line.cut_after([2_500, 5_000, 9_000]);
    let ran = a.sync(["--retries", "3", "--page-bytes", "4096"]);
    assert_eq!(ran.json()["agrees"], true);
    commune.line.cut_after([2_500, 5_000, 9_000]);
    assert_eq!(b.sync(["--retries", "3", "--page-bytes", "4096"]).json()["agrees"], true);
    commune.line.steady();
    a.synced();
    b.synced();
    let logged = commune.logged();
    for phone in [&a, &b] {
        let held: Vec<_> = phone
            .changes()
            .into_iter()
            .map(|(hash, state)| {
                assert_eq!(state, 1);
                hash
            })
            .collect();
        assert_eq!(held, logged);
        assert_eq!(phone.status()["documents"], number);
    }
    assert_eq!(cell(&tally(&commune, &[]), "I.1").1, number as u64);
    commune.verify();
    serving.stop();
    assert_impersonal("the log", &commune.log());
}
