//! Rounds and Today as somebody at a desk sees them: who is overdue, whom to remind, what changed since a sign-off.
//! Every person here is made up.

use ed25519_dalek::{Signer as _, SigningKey};
use minicbor::bytes::ByteArray;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sync_core::batch::{enrolment_signing_bytes, request_signing_bytes};
use sync_core::device::Encoding;
use sync_core::document::{Container, Edit, Household, Value};
use sync_core::heads::{Fingerprint, HeadSet};
use sync_core::id::{DeviceId, DocumentId, EntityId};
use sync_core::notice::{self, SignOff};
use sync_core::wire::{Cursor, EnrolmentRequest, ExchangeRequest, ExchangeResponse, from_plain, to_plain};

use super::super::tests::{CLOCK, Desk, PASSWORD};
use crate::office::{Author, Incoming};

const DAY: i64 = 86_400;

/// A household with a head, of village 01 if nothing else is said, at its desk.
struct Written {
    household: Household,
    author: Author,
    heads: HeadSet,
}

impl Written {
    fn begin(desk: &Desk, head: &str) -> Self {
        Self::begin_in(desk, "01", head)
    }

    fn begin_in(desk: &Desk, village: &str, head: &str) -> Self {
        let author = Author::from_bytes(&[5; 32]);
        let actor = author.actor(desk.office.commune());
        let (mut household, genesis) = Household::create(actor, village, CLOCK, head.len() as u64);
        let edits = [Edit::household("number", "12"), Edit::household("head_name", head)];
        let change = household.edit(&edits, CLOCK).unwrap();
        let mut heads = HeadSet::default();
        heads.advance(genesis.hash, &[]);
        heads.advance(change.hash, &[genesis.hash]);
        let document = household.id();
        desk.office
            .author(&author, vec![(document, genesis), (document, change)], Vec::new(), CLOCK)
            .unwrap();
        Self { household, author, heads }
    }

    fn document(&self) -> DocumentId {
        self.household.id()
    }

    fn fingerprint(&self) -> Fingerprint {
        self.heads.fingerprint(self.document())
    }

    fn write(&mut self, desk: &Desk, edits: &[Edit]) {
        let change = self.household.edit(edits, CLOCK + 60).unwrap();
        desk.office.author(&self.author, vec![(self.document(), change)], Vec::new(), CLOCK + 60).unwrap();
    }
}

/// A collector's device of village 01 that only signs and asks.
struct Device(SigningKey);

impl Device {
    fn enrol(desk: &Desk) -> Self {
        let key = SigningKey::from_bytes(&[7; 32]);
        let code = desk.office.enrolment_code("Máy thôn 1", &["01".to_owned()], 3600, CLOCK).unwrap().text;
        let public_key = key.verifying_key().to_bytes();
        let request = EnrolmentRequest {
            protocol: 1,
            public_key: ByteArray::from(public_key),
            signature: ByteArray::from(key.sign(&enrolment_signing_bytes(&code, &public_key)).to_bytes()),
            code,
        };
        desk.office.enrol(&to_plain(&request), CLOCK).unwrap();
        Self(key)
    }

    /// One exchange: with a sign-off over these documents, or with nothing to tell.
    fn exchange(&self, desk: &Desk, signed: Option<(&str, &[Fingerprint])>) -> ExchangeResponse {
        let commune = desk.office.commune().id;
        let notices = signed.map(|(round, documents)| {
            let statement = SignOff::new(round, "01", "2026-11-23", false, documents, 0).unwrap();
            let author = notice::Author { key: &self.0, commune };
            vec![statement.into_notice(&author, CLOCK, &mut StdRng::seed_from_u64(3))]
        });
        let request = to_plain(&ExchangeRequest {
            protocol: 1,
            device: DeviceId::of_key(&self.0.verifying_key().to_bytes()),
            cursor: Cursor::default(),
            epoch: 0,
            batches: Vec::new(),
            page_bytes: None,
            fingerprints: None,
            refusals_noted: 0,
            clock: CLOCK,
            notices,
            awaited: None,
        });
        let signature = self.0.sign(&request_signing_bytes(commune, &request)).to_bytes();
        let incoming = Incoming {
            encoding: Encoding::Plain,
            body: &request,
            signature: Some(signature),
            answer_in: Encoding::Plain,
        };
        from_plain(&desk.office.exchange(incoming, CLOCK).unwrap()).unwrap()
    }
}

/// Opens a round of this month.
fn open_round(desk: &mut Desk, code: &str, ends: &str) {
    let fields = [
        ("code", code),
        ("title", "Rà soát"),
        ("starts", "1/11/2026"),
        ("ends", ends),
        ("as_of", "30/11/2026"),
    ];
    assert!(desk.post("/office/rounds", &fields).location.is_some());
}

/// The same person a day later.
fn next_day(desk: &mut Desk) {
    desk.clock += DAY;
    desk.post("/office/sign-in", &[("login", "can-bo"), ("password", PASSWORD)]);
}

#[test]
fn a_village_is_overdue_from_the_day_after_the_deadline_unless_it_signed() {
    let mut desk = Desk::officer();
    let written = Written::begin(&desk, "Chủ Hộ Giả");
    let device = Device::enrol(&desk);
    open_round(&mut desk, "han", "23/11/2026");
    let overdue = |page: &str| page.matches(">quá hạn</span>").count();
    for address in ["/office", "/office/rounds/han"] {
        let page = desk.open(address).text();
        assert!(page.contains("Hạn là hôm nay, 23/11/2026"), "{page}");
        assert!(!page.contains("quá hạn"), "{address}: nobody is late on the last day");
    }
    next_day(&mut desk);
    for address in ["/office", "/office/rounds/han"] {
        let page = desk.open(address).text();
        assert!(page.contains("Đã quá hạn 23/11/2026 (1 ngày)"), "{address}: {page}");
        assert_eq!(overdue(&page), 1, "{address}: the village that has households");
        assert!(page.contains("không có hộ nào"), "{address}: nobody signs for the other");
    }
    device.exchange(&desk, Some(("han", &[written.fingerprint()])));
    for address in ["/office", "/office/rounds/han"] {
        let page = desk.open(address).text();
        assert_eq!(overdue(&page), 0, "{address}: it has signed");
        assert!(page.contains("chữ ký đúng"), "{address}");
    }
}

#[test]
fn a_reminder_of_a_village_reaches_its_devices_with_the_next_sync_and_ends_with_the_round() {
    let mut desk = Desk::officer();
    Written::begin(&desk, "Chủ Hộ Giả");
    let device = Device::enrol(&desk);
    open_round(&mut desk, "dot", "30/11/2026");
    let told = |desk: &Desk| {
        let reminders = device.exchange(desk, None).commune.unwrap().reminders.unwrap_or_default();
        reminders.into_iter().map(|told| (told.round, told.village, told.day)).collect::<Vec<_>>()
    };
    assert_eq!(told(&desk), []);
    let epoch = device.exchange(&desk, None).grants.epoch;
    let page = desk.open("/office/remind").text();
    assert!(page.contains("Nhắc Thôn Giả Lập 1 trên điện thoại"), "{page}");
    assert!(!page.contains("Nhắc Thôn Giả Lập 2"), "nobody there has a phone");
    assert_eq!(desk.post("/office/remind", &[("village", "99")]).status, 404);
    let answer = desk.post("/office/remind", &[("village", "01")]);
    assert_eq!(answer.location.as_deref(), Some("/office/remind"));
    let page = desk.open("/office/remind").text();
    assert!(page.contains("Đã nhắc Thôn Giả Lập 1.") && page.contains("23/11/2026"), "{page}");
    assert!(!page.contains("Nhắc Thôn Giả Lập 1 trên điện thoại"), "once a day is enough");
    assert_eq!(told(&desk), [("dot".to_owned(), "01".to_owned(), "2026-11-23".to_owned())]);
    assert!(device.exchange(&desk, None).grants.epoch > epoch, "a phone hears of it with its next sync");
    next_day(&mut desk);
    assert!(desk.open("/office/remind").text().contains("Nhắc Thôn Giả Lập 1 trên điện thoại"));
    desk.post("/office/rounds/dot/close", &[]);
    assert_eq!(told(&desk), []);
    assert_eq!(desk.office.verify(|_| {}).unwrap().findings, Vec::new());
}

#[test]
fn what_changed_since_a_sign_off_is_told_field_by_field_with_who_and_when() {
    let mut desk = Desk::officer();
    let mut changed = Written::begin(&desk, "Chủ Hộ Giả");
    let same = Written::begin(&desk, "Chủ Hộ Y Nguyên");
    let device = Device::enrol(&desk);
    open_round(&mut desk, "dot", "30/11/2026");
    changed.write(&desk, &[Edit::household("phone", "0912000001")]);
    let signed_at = desk.office.log_position().unwrap();
    // What was written last is not signed for: the device did not know of it.
    device.exchange(&desk, Some(("dot", &[changed.fingerprint(), same.fingerprint()])));
    let mut random = StdRng::seed_from_u64(4);
    let (child, sealed) = (EntityId::draw(&mut random), EntityId::draw(&mut random));
    changed.write(
        &desk,
        &[
            Edit::household("number", "13"),
            Edit::household("phone", "0912000002"),
            Edit::entity(Container::Children, &child, "name", "Trẻ Giả"),
            Edit::entity(Container::Sealed, &sealed, "envelope", Value::Bytes(vec![1, 2, 3])),
        ],
    );
    let new = Written::begin(&desk, "Chủ Hộ Mới Giả");

    let page = desk.open("/office/rounds/dot/changed/01").text();
    let row = |document: DocumentId| {
        let mut rows = page.split("<tr>").filter(|row| row.contains(&document.to_string()));
        rows.next().unwrap_or_default().to_owned()
    };
    let told = row(changed.document());
    assert!(
        told.contains(
            "<del><bdi class=\"whole\">12</bdi></del> → <strong><bdi class=\"whole\">13</bdi></strong>"
        ),
        "{told}"
    );
    assert!(told.contains("Số điện thoại: <strong><bdi class=\"whole\">0912000002</bdi></strong>"), "{told}");
    assert!(told.contains("Họ và tên: <strong><bdi class=\"whole\">Trẻ Giả</bdi></strong>"), "{told}");
    assert_eq!(told.matches("0912000001").count(), 0, "it was not signed for: {told}");
    assert!(told.contains("báo cáo kín"), "{told}");
    assert!(!told.contains("010203"), "{told}");
    assert!(told.contains("23/11/2026"), "when: {told}");
    assert!(told.contains(&format!("/office/household/{}/history?since=", changed.document())));
    let since: u64 = told.split("since=").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    assert!(since > 0 && since < signed_at, "{since}");
    assert!(row(new.document()).contains("hộ ghi mới"), "{page}");
    assert!(row(new.document()).contains("since=0"));
    assert_eq!(row(same.document()), "", "as it was signed");
}

#[test]
fn a_village_without_households_is_behind_with_nothing() {
    let mut desk = Desk::officer();
    Written::begin(&desk, "Chủ Hộ Giả");
    open_round(&mut desk, "dot", "30/11/2026");
    let page = desk.open("/office").text();
    assert!(page.contains("Đã xác nhận: 0/1 thôn.") && page.contains("Nhắc các thôn còn chậm (1)"), "{page}");
    let remind = desk.open("/office/remind").text();
    assert!(remind.contains("Thôn Giả Lập 1") && !remind.contains("Thôn Giả Lập 2"), "{remind}");
    let close = desk.open("/office/rounds/dot/close").text();
    assert!(close.contains("Còn 1 thôn chưa xác nhận:"), "{close}");
}

#[test]
fn all_that_are_behind_are_reminded_with_one_button_and_nobody_twice_a_day() {
    let mut desk = Desk::officer();
    Written::begin(&desk, "Chủ Hộ Giả");
    Written::begin_in(&desk, "02", "Chủ Hộ Giả Khác");
    open_round(&mut desk, "dot", "30/11/2026");
    assert!(!desk.open("/office/remind").text().contains("Nhắc tất cả"), "nobody has a phone");
    desk.enrol(&SigningKey::from_bytes(&[7; 32]), &["01"]);
    desk.enrol(&SigningKey::from_bytes(&[8; 32]), &["02"]);
    desk.post("/office/remind", &[("village", "02")]);
    let first = desk.office.reminded("dot").unwrap();
    assert!(desk.open("/office/remind").text().contains("Nhắc tất cả các thôn còn chậm (1)"));
    let before = desk.office.log_position().unwrap();
    let answer = desk.post("/office/remind", &[("all", "1")]);
    assert_eq!(answer.location.as_deref(), Some("/office/remind"), "{}", answer.text());
    assert_eq!(desk.office.log_position().unwrap(), before + 1, "one act for the one not reminded today");
    assert_eq!((first.len(), desk.office.reminded("dot").unwrap().len()), (1, 2));
    let page = desk.open("/office/remind").text();
    assert!(page.contains("Đã nhắc 1 thôn.") && !page.contains("Nhắc tất cả"), "{page}");
    next_day(&mut desk);
    let before = desk.office.log_position().unwrap();
    assert!(desk.open("/office/remind").text().contains("Nhắc tất cả các thôn còn chậm (2)"));
    desk.post("/office/remind", &[("all", "1")]);
    assert_eq!(desk.office.log_position().unwrap(), before + 2);
}

#[test]
fn every_open_round_stands_on_today_and_beside_the_form_that_opens_another() {
    let mut desk = Desk::officer();
    for code in ["mot", "hai"] {
        let page = desk.open("/office").text();
        assert!(!page.contains("other-rounds"), "{code}: there is no other yet");
        open_round(&mut desk, code, "30/11/2026");
    }
    let place = |page: &str, code: &str| page.find(&format!("href=\"/office/rounds/{code}\""));
    let page = desk.open("/office").text();
    let others = page.find("id=\"other-rounds\"").expect("the other one");
    assert!(place(&page, "hai").unwrap() < others && others < place(&page, "mot").unwrap(), "{page}");
    let list = desk.open("/office/rounds").text();
    let open = list.split("id=\"still-open\"").nth(1).expect("said before another is opened");
    assert!(place(open, "hai").unwrap() < place(open, "mot").unwrap(), "{open}");
    for code in ["mot", "hai"] {
        desk.post(&format!("/office/rounds/{code}/close"), &[]);
    }
    assert!(!desk.open("/office/rounds").text().contains("still-open"));
}
