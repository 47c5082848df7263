//! The calls of `api.ts` over a store in a file, without a browser and without an office: what a page writes is
//! what a page reads. All people are made up.

use device_store::SqliteStore;
use minicbor::bytes::ByteArray;
use phone_facade::phone::{Now, Phone};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::{Value as Json, json};
use sync_core::id::{CommuneId, DeviceId};
use sync_core::seal::ConfidentialKey;
use sync_core::wire::{
    CommuneInfo, EnrolmentRequest, EnrolmentResponse, Grants, ReviewRound, from_plain, to_plain,
};
use tempfile::TempDir;

const CLOCK: i64 = 1_795_400_000;

struct Desk {
    phone: Phone,
    random: ChaCha20Rng,
    now: Now,
    _folder: TempDir,
}

impl Desk {
    /// A phone enrolled in a commune with one village and a round under way.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::create(&folder.path().join("so.db")).expect("a store");
        let mut random = ChaCha20Rng::seed_from_u64(7);
        let mut phone = Phone::new(store);
        let request = phone
            .begin_enrolment("CODE-CODE-CODE", "Máy giả lập", "https://so.example.vn", CLOCK, &mut random)
            .expect("a request");
        let request: EnrolmentRequest = from_plain(&request).expect("as it was written");
        let again = phone
            .begin_enrolment("CODE-CODE-CODE", "Máy giả lập", "https://so.example.vn", CLOCK, &mut random)
            .expect("a request");
        let again: EnrolmentRequest = from_plain(&again).expect("as it was written");
        assert_eq!(request.public_key, again.public_key, "a repeated attempt keeps its key");
        let round = ReviewRound {
            code: "2026-2".to_owned(),
            title: "Đợt giả lập".to_owned(),
            starts: "2026-11-01".to_owned(),
            ends: "2026-12-05".to_owned(),
            as_of: "2026-11-20".to_owned(),
        };
        let answer = EnrolmentResponse {
            protocol: 1,
            device: DeviceId::of_key(&request.public_key),
            commune: CommuneInfo {
                id: CommuneId([9; 16]),
                name: "Xã Giả Lập".to_owned(),
                confidential_key: ByteArray::from(
                    ConfidentialKey::draw(&mut random).public().expect("a key").0,
                ),
                villages: vec![("01".to_owned(), "Thôn Giả Lập".to_owned())],
                unit_word: "thôn".to_owned(),
                letter_key: None,
                rounds: Some(vec![round]),
                contacts: Some(vec![("Cán bộ giả lập".to_owned(), "0000000000".to_owned())]),
                devices: None,
                reminders: None,
            },
            grants: Grants { epoch: 1, villages: vec!["01".to_owned()] },
            installation: 1,
        };
        phone.finish_enrolment(&to_plain(&answer), CLOCK).expect("it is the answer");
        let now = Now { clock: CLOCK, today: "2026-11-23".parse().expect("a day") };
        Self { phone, random, now, _folder: folder }
    }

    fn call(&mut self, method: &str, args: Json) -> Json {
        self.try_call(method, args).unwrap_or_else(|code| panic!("{method}: {code}"))
    }

    fn try_call(&mut self, method: &str, args: Json) -> Result<Json, String> {
        let mut call = json!({ "method": method });
        call["args"] = args;
        let answer =
            self.phone.call(&call.to_string(), self.now, &mut self.random).map_err(|refusal| refusal.code)?;
        Ok(serde_json::from_str(&answer).expect("JSON"))
    }

    /// Visits a new household with one child of six years; gives its document.
    fn visit(&mut self, number: &str, head: &str) -> String {
        let visit = self.call("visit_start", json!({ "document": null, "village": "01" }));
        let draft = visit["draft"].as_str().expect("a name").to_owned();
        for (field, value) in [("number", number), ("head_name", head)] {
            let args = json!({ "draft": draft, "container": "household", "id": null, "field": field, "value": value });
            self.call("visit_set", args);
        }
        let fields = json!({ "name": "Trẻ Giả Lập", "birth_date": "2020-05", "sex": "female" });
        self.call("visit_add", json!({ "draft": draft, "container": "children", "fields": fields }));
        let finished =
            self.call("visit_finish", json!({ "draft": draft, "result": "met", "date": "2026-11-23" }));
        finished["document"].as_str().expect("a name").to_owned()
    }
}

#[test]
fn a_visit_becomes_a_row_a_page_and_a_number_of_the_form() {
    let mut desk = Desk::new();
    let document = desk.visit("12", "Nguyễn Văn Giả Lập");

    let [row] =
        desk.call("households", json!({})).as_array().expect("rows").clone().try_into().expect("one row");
    assert_eq!(row["document"], document.as_str());
    assert_eq!((&row["children"], &row["visited"], &row["unsent"]), (&json!(1), &json!(true), &json!(2)));
    assert_eq!(row["draft"], Json::Null);
    for said in ["nguyen van", "GIẢ LẬP", "12", "tre gia"] {
        assert_eq!(desk.call("search", json!({ "text": said })), json!([document]), "{said}");
    }
    assert_eq!(desk.call("search", json!({ "text": "không ai" })), json!([]));

    let page = desk.call("household", json!({ "document": document }));
    assert_eq!(page["household"]["head_name"]["value"], "Nguyễn Văn Giả Lập");
    assert_eq!(page["people"][0]["age"], 6);
    assert_eq!(page["visits"][0]["fields"]["round"]["value"], "2026-2");
    assert!(page["issues"].as_array().is_some_and(|issues| !issues.is_empty()), "papers are missing");

    let home = desk.call("home", json!({}));
    assert_eq!((&home["counts"]["visited"], &home["waiting"]["changes"]), (&json!(1), &json!(2)));
    assert_eq!(home["contacts"][0]["phone"], "0000000000");

    let table = desk.call("tally", json!({ "village": "01" }));
    let line = |code: &str| {
        let lines = table["lines"].as_array().expect("lines");
        lines.iter().find(|line| line["code"] == code).expect("a line").clone()
    };
    assert_eq!(line("I.1")["cells"][0], json!({ "least": 1, "most": 1 }));
    assert_eq!(line("I.1.2")["cells"][0], json!({ "least": 1, "most": 1 }), "a girl");
    assert_eq!(line("II")["cells"][0], json!({ "least": 0, "most": 0 }));
}

#[test]
fn a_visit_under_way_survives_and_goes_on_where_it_was() {
    let mut desk = Desk::new();
    let document = desk.visit("12", "Nguyễn Văn Giả Lập");
    let visit = desk.call("visit_start", json!({ "document": document, "village": "" }));
    let draft = visit["draft"].clone();
    desk.call("visit_step", json!({ "draft": draft, "step": "children:2" }));
    let child = visit["household"]["children"][0]["id"].clone();
    let field = |value: Json| json!({ "draft": draft, "container": "children", "id": child, "field": "school", "value": value });
    desk.call("visit_set", field(json!("Trường Giả Lập")));
    let again = desk.call("visit_start", json!({ "document": document, "village": "" }));
    assert_eq!(
        (&again["draft"], &again["step"], &again["written"]),
        (&draft, &json!("children:2"), &json!(1))
    );
    assert_eq!(
        again["household"]["children"][0]["fields"]["school"],
        json!({ "value": "Trường Giả Lập", "draft": true })
    );
    assert_eq!(desk.try_call("visit_leave", json!({ "draft": draft })), Err("visit_not_empty".to_owned()));
    desk.call("visit_restore", field(Json::Null));
    desk.call("visit_leave", json!({ "draft": draft }));
    assert_eq!(desk.try_call("visit", json!({ "draft": draft })), Err("visit_unknown".to_owned()));
}

#[test]
fn a_lock_records_what_visits_say_and_leaves_them_open() {
    let mut desk = Desk::new();
    let document = desk.visit("12", "Nguyễn Văn Giả Lập");
    let visit = desk.call("visit_start", json!({ "document": document, "village": "" }));
    let args = json!({
        "draft": visit["draft"], "container": "household", "id": null, "field": "phone", "value": "0000000001",
    });
    desk.call("visit_set", args);
    let nameless = desk.call("visit_start", json!({ "document": null, "village": "01" }));
    let args = json!({
        "draft": nameless["draft"], "container": "household", "id": null, "field": "address", "value": "Xóm Giả",
    });
    desk.call("visit_set", args);
    let now = desk.now;
    desk.phone.flush(now, 0, &mut desk.random).expect("what can't be recorded yet stays as it is");
    let page = desk.call("household", json!({ "document": document }));
    assert_eq!(page["household"]["phone"]["value"], "0000000001");
    assert_eq!(page["draft"], visit["draft"]);
    assert_eq!(desk.call("visit", json!({ "draft": visit["draft"] }))["written"], 0);
    assert_eq!(desk.call("visit", json!({ "draft": nameless["draft"] }))["written"], 1);
}

#[test]
fn a_village_is_signed_off_over_what_stands_and_opened_again() {
    let mut desk = Desk::new();
    desk.visit("12", "Nguyễn Văn Giả Lập");
    let signed = desk.call("sign_off", json!({ "village": "01" }));
    assert_eq!((&signed["changed_since"], &signed["state"]), (&json!(0), &json!("waiting")));
    desk.visit("13", "Trần Thị Giả Lập");
    let review = desk.call("round", json!({ "village": "01" }));
    assert_eq!((&review["visited"], &review["signed"]["changed_since"]), (&json!(2), &json!(1)));
    let home = desk.call("home", json!({}));
    assert_eq!(home["signed"], json!({ "01": home["today"] }), "the day tells which reminders it answers");
    desk.call("reopen", json!({ "village": "01" }));
    let review = desk.call("round", json!({ "village": "01" }));
    assert_eq!(review["signed"], Json::Null);
    assert_eq!(review["sign_offs"].as_array().map(Vec::len), Some(2));
    assert_eq!(desk.try_call("sign_off", json!({ "village": "77" })), Err("village_not_granted".to_owned()));
}

#[test]
fn nothing_readable_of_a_report_stays() {
    let mut desk = Desk::new();
    let document = desk.visit("12", "Nguyễn Văn Giả Lập");
    let person = desk.call("household", json!({ "document": document }))["children"][0]["id"].clone();
    let urgent = json!({
        "kind": "danger", "document": document, "person": person, "about": "DAUVETMOT", "place": "DAUVETMOT",
        "happened": "DAUVETMOT", "contact": "DAUVETMOT",
    });
    desk.call("urgent_send", urgent);
    let sealed = json!({
        "document": document, "person": person, "code": "II.5", "start": null, "note": "DAUVETHAI", "supports": [],
    });
    desk.call("seal", sealed);
    assert_eq!(desk.call("urgent_list", json!({}))[0]["state"], "waiting");
    let page = desk.call("household", json!({ "document": document }));
    assert_eq!((&page["sealed"][0]["mine"], &page["sealed"][0]["state"]), (&json!(true), &json!("waiting")));
    assert!(!page.to_string().contains("DAUVET"));
    for file in std::fs::read_dir(desk._folder.path()).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
        assert!(!bytes.windows(6).any(|window| window == b"DAUVET"), "a word of a report is on the disk");
    }
}

#[test]
fn a_decision_overwrites_nothing_that_was_not_seen() {
    let mut desk = Desk::new();
    let document = desk.visit("12", "Nguyễn Văn Giả Lập");
    let decide = |seen: Json| {
        json!({
            "document": document, "container": "household", "id": null, "field": "head_name",
            "value": "Trần Thị Giả Lập", "reason": "", "seen": seen,
        })
    };
    let overtaken = Err("decide_overtaken".to_owned());
    assert_eq!(desk.try_call("decide", decide(json!(["Tên Cũ Giả Lập"]))), overtaken);
    let head = |desk: &mut Desk| {
        desk.call("household", json!({ "document": document }))["household"]["head_name"]["value"].clone()
    };
    assert_eq!(head(&mut desk), "Nguyễn Văn Giả Lập");
    desk.call("decide", decide(json!(["Nguyễn Văn Giả Lập", "Tên Cũ Giả Lập"])));
    assert_eq!(head(&mut desk), "Trần Thị Giả Lập");
}

#[test]
fn a_call_that_is_none_is_refused() {
    let mut desk = Desk::new();
    for (method, args) in [
        ("no_such_call", json!({})),
        ("household", json!({ "document": "12" })),
        ("household", json!({})),
        ("visit", json!({ "draft": "../../etc" })),
    ] {
        assert_eq!(desk.try_call(method, args), Err("call_malformed".to_owned()), "{method}");
    }
    let unknown = json!({ "document": "00".repeat(16) });
    // Not "damaged": it is in no register here.
    assert_eq!(desk.try_call("household", unknown), Err("household_unknown".to_owned()));
    for restricted in ["II.5", " ii.5 "] {
        let visit = desk.call("visit_start", json!({ "document": null, "village": "01" }));
        let fields = json!({ "code": restricted });
        let args = json!({ "draft": visit["draft"], "container": "circumstances", "fields": fields });
        assert_eq!(desk.try_call("visit_add", args), Err("restricted_not_sealed".to_owned()));
    }
}
