//! Notices and letters between a device and an office: in what order they go, and that each arrives once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::civil::date;
use serde_json::json;
use server::office::{SignedOff, VillageState};
use sothon_tests::world::{CLOCK_START, Dice, Phone, Site, hand_over, new_household, read_plain};
use sync_core::date::{day_of, vietnam_day_of};
use sync_core::device::{
    ChangeState, DeviceStore, Encoding, NoticeState, Outgoing, Session, Statement, Step, report_urgently,
    sign_off,
};
use sync_core::id::{DocumentId, NoticeId};
use sync_core::limits;
use sync_core::notice::{NoticeRefusal, UrgentReport};
use sync_core::wire::{ExchangeRequest, LetterAnswer, Reminder, ReviewRound, from_plain};

const ROUND: &str = "2024-2";
const DAY: &str = "2024-10-24";

struct Bench {
    dice: Dice,
    site: Site,
    phone: Phone,
}

/// No real person.
fn report(happened: &str) -> UrgentReport {
    UrgentReport {
        kind: "injury".into(),
        document: None,
        person: None,
        about: "GIẢ LẬP".into(),
        place: "thôn".into(),
        happened: happened.into(),
        contact: "000 000 001".into(),
    }
}

fn round(code: &str) -> ReviewRound {
    ReviewRound {
        code: code.into(),
        title: "Rà soát".into(),
        starts: "2024-10-01".into(),
        ends: "2024-10-25".into(),
        as_of: "2024-10-20".into(),
    }
}

impl Bench {
    /// An office with a round, and a phone that knows of it.
    fn new() -> Self {
        let mut dice = Dice::new(77);
        let site = Site::new(&mut dice, &["01", "02"]);
        let phone = Phone::enrol(&site, &mut dice, "phone", &["01"], CLOCK_START);
        let mut bench = Self { dice, site, phone };
        assert_eq!(bench.site.office().open_round(None, &round(ROUND), CLOCK_START), Ok(true));
        bench.sync();
        bench
    }

    fn sync(&mut self) {
        let summary = self.phone.sync(&self.site, Encoding::Packed, CLOCK_START).unwrap();
        assert!(summary.agrees);
    }

    fn record(&mut self) -> DocumentId {
        let entry = new_household(&mut self.dice, "01");
        self.phone.record(None, entry, CLOCK_START, &mut self.dice).0
    }

    fn report(&mut self, happened: &str) -> NoticeId {
        let key = self.phone.key.clone();
        let random = self.dice.random();
        report_urgently(&mut self.phone.store, &key, report(happened), CLOCK_START, random).unwrap().id
    }

    fn sign_off(&mut self, reopened: bool) -> NoticeId {
        let key = self.phone.key.clone();
        let statement = Statement { round: ROUND, village: "01", day: DAY, reopened, undecided: 0 };
        sign_off(&mut self.phone.store, &key, statement, CLOCK_START, self.dice.random()).unwrap().id
    }

    fn state_of(&self, id: NoticeId) -> (NoticeState, Option<String>) {
        let Ok(notices) = self.phone.store.notices();
        let stored = notices.into_iter().find(|stored| stored.notice.id == id).unwrap();
        (stored.state, stored.code)
    }

    fn village(&self) -> VillageState {
        let states = self.site.office().village_states(Some(&round(ROUND)), date(2024, 10, 26)).unwrap();
        states.into_iter().find(|state| state.code == "01").unwrap()
    }

    /// The sign-off of the village that stands.
    fn signed(&self) -> Option<SignedOff> {
        self.village().sign_offs.remove(0).signed
    }

    /// The requests of one plain sync, all of them answered.
    fn requests(&mut self) -> Vec<ExchangeRequest> {
        let mut session = Session::new(self.phone.key.clone(), Encoding::Plain, None);
        let mut sent = Vec::new();
        while let Step::Send(request) = session.poll(&mut self.phone.store, CLOCK_START).unwrap() {
            sent.push(read_plain(&request).unwrap());
            let answer = self.site.deliver(&request, CLOCK_START);
            hand_over(&mut session, &mut self.phone.store, Encoding::Plain, &answer).unwrap();
        }
        sent
    }

    /// The first request of a sync, not sent.
    fn first(&mut self) -> Outgoing {
        let mut session = Session::new(self.phone.key.clone(), Encoding::Plain, None);
        match session.poll(&mut self.phone.store, CLOCK_START).unwrap() {
            Step::Send(request) => request,
            Step::Finished(_) => unreachable!("a sync begins with a request"),
        }
    }
}

fn kinds(request: &ExchangeRequest) -> Vec<u8> {
    request.notices.iter().flatten().map(|notice| notice.kind).collect()
}

#[test]
fn an_urgent_report_goes_first_and_alone() {
    let mut bench = Bench::new();
    bench.record();
    let statement = bench.sign_off(false);
    let urgent = bench.report("ngã");
    let requests = bench.requests();
    assert_eq!(kinds(&requests[0]), [1]);
    assert!(requests[0].batches.is_empty() && requests[0].fingerprints.is_none());
    assert_eq!(requests[0].page_bytes, Some(limits::PAGE_DOWN_BYTES_MIN));
    assert_eq!((kinds(&requests[1]), requests[1].batches.len()), (vec![2], 1));
    assert_eq!(requests.len(), 2);
    for id in [urgent, statement] {
        assert_eq!(bench.state_of(id).0, NoticeState::Arrived);
    }
    assert_eq!(kinds(&bench.requests()[0]), [0u8; 0], "what has arrived is not sent again");
}

#[test]
fn an_urgent_report_does_not_lead_a_new_phone_around_its_comparison() {
    let mut bench = Bench::new();
    let document = bench.record();
    bench.sync();
    // As after the office's log became another one, in a sync that was cut off.
    let Ok(()) = bench.phone.store.reset_cursor();
    let urgent = bench.report("ngã");
    let requests = bench.requests();
    assert_eq!(kinds(&requests[0]), [1]);
    assert!(requests[0].fingerprints.is_none() && requests[1].fingerprints.is_some());
    assert_eq!(bench.state_of(urgent).0, NoticeState::Arrived);
    let Ok(changes) = bench.phone.store.changes(document);
    assert!(changes.iter().all(|change| change.state == ChangeState::Acknowledged));
}

#[test]
fn a_report_that_was_opened_is_told_as_opened() {
    let mut bench = Bench::new();
    let urgent = bench.report("ngã xuống suối");
    bench.sync();
    let reports = bench.site.office().urgent_reports().unwrap();
    assert_eq!(reports.iter().map(|row| (row.id, row.opened_at)).collect::<Vec<_>>(), [(urgent, None)]);
    let stranger = sync_core::seal::ConfidentialKey::draw(bench.dice.random());
    let office = bench.site.office();
    assert!(office.open_urgent(None, urgent, &stranger, "ai đó", CLOCK_START).unwrap().is_none());
    bench.sync();
    assert_eq!(bench.state_of(urgent).0, NoticeState::Arrived, "a wrong key opens nothing");
    let office = bench.site.office();
    let opened = office.open_urgent(None, urgent, &bench.site.confidential, "Phòng VH-XH", CLOCK_START + 60);
    assert!(opened.unwrap().unwrap() == report("ngã xuống suối"));
    // Whoever reads it later does not become the first.
    let again = office.open_urgent(None, urgent, &bench.site.confidential, "người khác", CLOCK_START + 90);
    assert!(again.unwrap().is_some());
    assert_eq!(office.urgent_reports().unwrap()[0].opened_by.as_deref(), Some("Phòng VH-XH"));
    let requests = bench.requests();
    assert_eq!(requests[0].awaited.as_deref(), Some(&[urgent][..]));
    assert_eq!(bench.state_of(urgent).0, NoticeState::Opened);
    assert_eq!(bench.requests()[0].awaited, None, "nothing is awaited any longer");
    assert_eq!(bench.site.office().verify(|_| {}).unwrap().findings, Vec::new());
}

#[test]
fn several_signed_batches_go_in_one_request() {
    let mut bench = Bench::new();
    let session = Session::new(bench.phone.key.clone(), Encoding::Plain, None);
    for _ in 0..5 {
        bench.record();
        assert!(session.letter(&mut bench.phone.store, CLOCK_START, bench.dice.random()).unwrap().is_some());
    }
    let requests = bench.requests();
    assert_eq!(requests.iter().map(|request| request.batches.len()).collect::<Vec<_>>(), [5]);
    let numbers: Vec<u64> = requests[0].batches.iter().map(|batch| batch.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    assert_eq!(bench.site.office().verify(|_| {}).unwrap().findings, Vec::new());
}

#[test]
fn batches_go_up_in_pages() {
    let mut bench = Bench::new();
    let session = Session::new(bench.phone.key.clone(), Encoding::Plain, None);
    let mut raw = 0;
    while raw < 3 * limits::PAGE_UP_BYTES {
        let document = bench.record();
        let Ok(changes) = bench.phone.store.changes(document);
        raw += changes.iter().map(|change| change.bytes.len()).sum::<usize>();
        session.letter(&mut bench.phone.store, CLOCK_START, bench.dice.random()).unwrap();
    }
    let requests = bench.requests();
    assert!(requests.len() >= 3);
    for request in &requests {
        let batches = request.batches.iter().flat_map(|batch| &batch.changes);
        let bytes: usize = batches.map(|change| change.bytes.len()).sum();
        assert!(request.batches.len() == 1 || bytes <= limits::PAGE_UP_BYTES, "{bytes}");
        assert!(request.batches.len() <= limits::EXCHANGE_BATCHES_MAX);
    }
    bench.sync();
}

#[test]
fn a_letter_is_taken_in_once_and_the_exchange_recognises_it() {
    let mut bench = Bench::new();
    let document = bench.record();
    let urgent = bench.report("ngã");
    let session = Session::new(bench.phone.key.clone(), Encoding::Packed, None);
    let letter = session.letter(&mut bench.phone.store, CLOCK_START, bench.dice.random()).unwrap().unwrap();
    assert_eq!((letter.changes, letter.reports), (2, 1));
    let before = bench.site.office().status().unwrap();
    let answer = bench.site.office().letter(&letter.bytes, CLOCK_START).unwrap();
    let answer: LetterAnswer = from_plain(&answer).unwrap();
    assert_eq!((answer.receipts.len(), answer.notices.len(), answer.notice_refusals.len()), (1, 1, 0));
    assert_eq!(answer.notices[0].id, urgent);
    let after = bench.site.office().status().unwrap();
    assert_eq!((after.documents, after.notices), (before.documents + 1, before.notices + 1));
    // Carried again, by whomever, it changes nothing.
    let again = bench.site.office().letter(&letter.bytes, CLOCK_START + 5).unwrap();
    assert_eq!(from_plain::<LetterAnswer>(&again).unwrap(), answer);
    assert_eq!(bench.site.office().status().unwrap(), after);
    // The phone has not heard of it and sends the same, the same batch included.
    bench.sync();
    assert_eq!(bench.site.office().status().unwrap(), after);
    let Ok(changes) = bench.phone.store.changes(document);
    assert!(changes.iter().all(|change| change.state == ChangeState::Acknowledged));
    assert_eq!(bench.state_of(urgent).0, NoticeState::Arrived);
    let nothing = session.letter(&mut bench.phone.store, CLOCK_START, bench.dice.random()).unwrap();
    assert_eq!(nothing, None, "there is nothing left to say");
    assert_eq!(bench.site.office().verify(|_| {}).unwrap().findings, Vec::new());
}

#[test]
fn a_letter_covers_every_day_that_the_phone_was_out_of_reach() {
    let mut bench = Bench::new();
    let session = Session::new(bench.phone.key.clone(), Encoding::Packed, None);
    let mut last = None;
    let mut changes = 0;
    // Put away after each household, and never a network.
    for _ in 0..2 * limits::EXCHANGE_BATCHES_MAX {
        let document = bench.record();
        let Ok(kept) = bench.phone.store.changes(document);
        changes += kept.len();
        last = session.letter(&mut bench.phone.store, CLOCK_START, bench.dice.random()).unwrap();
    }
    let letter = last.unwrap();
    assert_eq!(letter.changes, changes, "the last day's work too");
    let before = bench.site.office().status().unwrap().documents;
    bench.site.office().letter(&letter.bytes, CLOCK_START).unwrap();
    let after = bench.site.office().status().unwrap().documents;
    assert_eq!(after - before, 2 * limits::EXCHANGE_BATCHES_MAX as u64);
    bench.sync();
    assert_eq!(bench.site.office().status().unwrap().documents, after);
}

#[test]
fn a_sign_off_is_held_against_the_register() {
    let mut bench = Bench::new();
    let document = bench.record();
    bench.record();
    // Signed over what is not sent yet: once it has arrived, the office sees the same.
    let statement = bench.sign_off(false);
    bench.sync();
    let signed = bench.signed().unwrap();
    assert_eq!((signed.day.as_str(), signed.households, signed.changed_since), (DAY, 2, 0));
    assert!(signed.signature_fits && signed.device == bench.phone.device());
    assert_eq!(bench.state_of(statement).0, NoticeState::Arrived);

    let note = serde_json::json!({ "entry": 1, "household": { "note": "GIẢ LẬP" } });
    bench.phone.record(Some(document), note, CLOCK_START, &mut bench.dice);
    bench.record();
    bench.sync();
    assert_eq!(bench.signed().unwrap().changed_since, 2, "one changed, one new");
    assert_eq!(bench.village().households, 3);

    bench.sign_off(true);
    bench.sync();
    let village = bench.village();
    assert!(!village.is_signed() && village.is_reopened());
    bench.sign_off(false);
    bench.sync();
    assert_eq!(bench.signed().unwrap().changed_since, 0);
    assert_eq!(bench.site.office().verify(|_| {}).unwrap().notices, 3);
}

#[test]
fn a_sign_off_refused_for_a_village_is_offered_again_and_passes_with_the_grant() {
    let mut bench = Bench::new();
    bench.record();
    bench.sync();
    let statement = bench.sign_off(false);
    let device = bench.phone.device();
    bench.site.office().grant(None, device, &["02".to_owned()], CLOCK_START).unwrap();
    bench.sync();
    let code = NoticeRefusal::VillageNotGranted.code().to_owned();
    assert_eq!(bench.state_of(statement), (NoticeState::Refused, Some(code)));
    assert_eq!(bench.requests().len(), 1, "offered once in a sync, and the sync ends");
    bench.site.office().grant(None, device, &["01".to_owned()], CLOCK_START).unwrap();
    bench.sync();
    assert_eq!(bench.state_of(statement), (NoticeState::Arrived, None));
}

#[test]
fn notices_lost_with_the_offices_log_are_told_again() {
    let mut bench = Bench::new();
    let files = bench.site.files();
    let (urgent, statement) = (bench.report("ngã"), bench.sign_off(false));
    bench.sync();
    assert_eq!(bench.site.office().status().unwrap().notices, 2);
    bench.site.restore(&files);
    assert_eq!(bench.site.office().status().unwrap().notices, 0);
    bench.sync();
    assert_eq!(bench.site.office().status().unwrap().notices, 2);
    for id in [urgent, statement] {
        assert_eq!(bench.state_of(id).0, NoticeState::Arrived);
    }
}

#[test]
fn what_the_office_tells_of_itself_travels_with_the_next_sync_and_only_then() {
    let mut bench = Bench::new();
    let told = |bench: &Bench| bench.phone.state().commune;
    assert_eq!(told(&bench).rounds, Some(vec![round(ROUND)]));
    assert_eq!(told(&bench).contacts, None);
    let office = bench.site.office();
    office.set_contact(None, "Công an xã", "000 000 113", CLOCK_START).unwrap();
    office.set_contact(None, "Trạm y tế", "000 000 115", CLOCK_START).unwrap();
    office.set_contact(None, "Công an xã", "000 000 114", CLOCK_START).unwrap();
    assert_eq!(office.open_round(None, &round("2025-1"), CLOCK_START), Ok(true));
    assert_eq!(office.open_round(None, &round("2025-1"), CLOCK_START), Ok(false), "a code is used once");
    office.close_round(None, ROUND, CLOCK_START).unwrap();
    assert!(office.close_round(None, ROUND, CLOCK_START).is_err());
    let epoch = bench.phone.state().grants.epoch;
    bench.sync();
    assert!(bench.phone.state().grants.epoch > epoch);
    assert_eq!(told(&bench).rounds, Some(vec![round("2025-1")]));
    let contacts = vec![
        ("Công an xã".to_owned(), "000 000 114".to_owned()),
        ("Trạm y tế".to_owned(), "000 000 115".to_owned()),
    ];
    assert_eq!(told(&bench).contacts, Some(contacts));
    // Who writes beside this phone: another one enrolled for its village, not one elsewhere.
    let near = Phone::enrol(&bench.site, &mut bench.dice, "beside", &["01"], CLOCK_START);
    let far = Phone::enrol(&bench.site, &mut bench.dice, "elsewhere", &["02"], CLOCK_START);
    bench.sync();
    let devices: Vec<_> = told(&bench).devices.unwrap().into_iter().map(|(device, _)| device).collect();
    assert!(devices.contains(&near.device()) && devices.contains(&bench.phone.device()));
    assert!(!devices.contains(&far.device()));
    bench.site.office().remove_contact(None, "Trạm y tế", CLOCK_START).unwrap();
    assert!(bench.site.office().remove_contact(None, "Trạm y tế", CLOCK_START).is_err());
    bench.sync();
    assert_eq!(told(&bench).contacts.unwrap().len(), 1);
    let epoch = bench.phone.state().grants.epoch;
    bench.sync();
    assert_eq!(bench.phone.state().grants.epoch, epoch, "nothing was said anew");
    assert_eq!(bench.site.office().verify(|_| {}).unwrap().findings, Vec::new());
}

#[test]
fn what_changed_since_a_sign_off_is_not_what_the_device_had_written_itself_and_not_yet_sent() {
    let mut bench = Bench::new();
    let mut near = Phone::enrol(&bench.site, &mut bench.dice, "beside", &["01"], CLOCK_START);
    let document = bench.record();
    bench.sync();
    near.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    let entry = |field: &str, value: &str| json!({ "entry": 1, "household": { field: value } });
    near.record(Some(document), entry("hamlet", "Xóm Giả"), CLOCK_START + 60, &mut bench.dice);
    near.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    // It is signed over what this device has: its own words, not yet sent, and not the other's.
    bench.phone.record(Some(document), entry("address", "Ngõ Giả"), CLOCK_START, &mut bench.dice);
    bench.sign_off(false);
    bench.sync();
    let changed = bench.site.office().changed_since_sign_off(ROUND, "01", 0).unwrap();
    assert_eq!((changed.total, changed.pages), (1, 1));
    let [row] = changed.rows.as_slice() else { panic!("one household") };
    assert!(!row.is_new && row.since > 0);
    let [field] = row.fields.as_slice() else { panic!("one field: {:?}", row.fields) };
    assert_eq!((field.field.as_str(), field.by.as_str()), ("hamlet", "beside"));
    assert_eq!((field.before.as_slice(), field.at), ([].as_slice(), Some(CLOCK_START + 60)));
    assert_eq!(field.now[0].as_text(), Some("Xóm Giả"));
    assert_eq!(bench.site.office().changed_since_sign_off(ROUND, "01", 1).unwrap().rows, Vec::new());
    assert_eq!(bench.site.office().changed_since_sign_off(ROUND, "02", 0).unwrap().total, 0);
}

#[test]
fn what_another_began_and_the_signer_visited_is_held_against_what_was_signed() {
    let mut bench = Bench::new();
    let mut near = Phone::enrol(&bench.site, &mut bench.dice, "beside", &["01"], CLOCK_START);
    near.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    let entry = |field: &str, value: &str| json!({ "entry": 1, "household": { field: value } });
    let begun = new_household(&mut bench.dice, "01");
    let (document, _) = near.record(None, begun, CLOCK_START, &mut bench.dice);
    near.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    bench.sync();
    bench.phone.record(Some(document), entry("address", "Ngõ Giả"), CLOCK_START, &mut bench.dice);
    bench.sign_off(false);
    bench.sync();
    // A second value beside the signer's: who wrote it is told, not whoever is shown first.
    near.record(Some(document), entry("address", "Ngách Giả"), CLOCK_START + 60, &mut bench.dice);
    near.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    let changed = bench.site.office().changed_since_sign_off(ROUND, "01", 0).unwrap();
    let [row] = changed.rows.as_slice() else { panic!("one household") };
    let [field] = row.fields.as_slice() else { panic!("one field: {:?}", row.fields) };
    assert_eq!((field.before.len(), field.now.len(), field.by.as_str()), (1, 2, "beside"));
    assert!(!row.is_new);
}

#[test]
fn a_reminder_is_told_to_the_devices_of_its_village_only() {
    let mut bench = Bench::new();
    let mut far = Phone::enrol(&bench.site, &mut bench.dice, "elsewhere", &["02"], CLOCK_START);
    far.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    let office = bench.site.office();
    let epoch = far.state().grants.epoch;
    assert!(office.remind(None, "2030-1", "01", CLOCK_START).is_err(), "no such round");
    assert!(office.remind(None, ROUND, "99", CLOCK_START).is_err(), "no such village");
    office.remind(None, ROUND, "01", CLOCK_START).unwrap();
    let day = vietnam_day_of(CLOCK_START).to_string();
    assert_eq!(office.reminded(ROUND).unwrap().get("01"), Some(&day));
    bench.sync();
    far.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    let told = Reminder { round: ROUND.into(), village: "01".into(), day };
    assert_eq!(bench.phone.state().commune.reminders, Some(vec![told]));
    assert_eq!((far.state().commune.reminders, far.state().grants.epoch), (None, epoch));
    // Before it is seven in the morning here, UTC is a day behind.
    let early = CLOCK_START - CLOCK_START.rem_euclid(86_400) + 86_400 + 23 * 3600;
    bench.site.office().remind(None, ROUND, "01", early).unwrap();
    let next = day_of(early + 7200).to_string();
    assert_eq!(bench.site.office().reminded(ROUND).unwrap().get("01"), Some(&next));
    // Signed off since, no device of the village is reminded any more.
    let mut near = Phone::enrol(&bench.site, &mut bench.dice, "beside", &["01"], CLOCK_START);
    near.sync(&bench.site, Encoding::Packed, early).unwrap();
    assert!(near.state().commune.reminders.is_some());
    bench.sign_off(false);
    bench.phone.sync(&bench.site, Encoding::Packed, early + 60).unwrap();
    near.sync(&bench.site, Encoding::Packed, early + 60).unwrap();
    assert_eq!(near.state().commune.reminders, None);
    // Unless the office asks again, of the households that are left.
    bench.site.office().remind(None, ROUND, "01", early + 120).unwrap();
    near.sync(&bench.site, Encoding::Packed, early + 180).unwrap();
    assert!(near.state().commune.reminders.is_some());
}

#[test]
fn a_page_says_how_much_is_still_to_come() {
    let mut bench = Bench::new();
    for _ in 0..30 {
        bench.record();
    }
    bench.sync();
    let mut other = Phone::enrol(&bench.site, &mut bench.dice, "other", &["01"], CLOCK_START);
    let mut session = Session::new(other.key.clone(), Encoding::Packed, Some(4_096));
    let (mut told, mut received) = (Vec::new(), Vec::new());
    while let Step::Send(request) = session.poll(&mut other.store, CLOCK_START).unwrap() {
        let body = bench.site.deliver(&request, CLOCK_START).unwrap();
        let answer = sync_core::device::Answer::Message(request.encoding, &body);
        let event = session.handle_answer(&mut other.store, answer).unwrap();
        told.push(event.remaining_bytes);
        received.push(event.received_bytes);
    }
    assert!(received.len() > 3, "{received:?}");
    for (at, remaining) in told.iter().enumerate() {
        let after: u64 = received[at + 1..].iter().sum();
        assert_eq!(remaining.unwrap_or(0), after, "after page {at}");
    }
    assert_eq!(told.last(), Some(&None), "the last page says nothing");
}

#[test]
fn a_request_cut_off_carries_the_same_notice_again() {
    let mut bench = Bench::new();
    let urgent = bench.report("ngã");
    let first = bench.first();
    // It arrives, the answer does not.
    bench.site.deliver(&first, CLOCK_START).unwrap();
    assert_eq!(bench.state_of(urgent).0, NoticeState::Waiting);
    let second = bench.first();
    let notices = |request: &Outgoing| read_plain(request).unwrap().notices;
    assert_eq!(notices(&first), notices(&second), "the same bytes, signed once");
    bench.sync();
    assert_eq!(bench.site.office().status().unwrap().notices, 1);
    assert_eq!(bench.state_of(urgent).0, NoticeState::Arrived);
}

#[test]
fn a_notice_altered_or_removed_in_the_database_is_found() {
    let mut bench = Bench::new();
    bench.record();
    bench.report("ngã");
    bench.sign_off(false);
    bench.sync();
    let codes = |bench: &Bench| -> Vec<&'static str> {
        let mut found = bench.site.office().verify(|_| {}).unwrap().findings;
        found.sort_by_key(|finding| finding.code);
        found.into_iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(&bench), [""; 0]);
    let whole = bench.site.files();
    for (damage, expected) in [
        (
            "UPDATE notice SET made_at = made_at + 1 WHERE kind = 1",
            &["notice_not_in_log", "notice_signature_wrong"][..],
        ),
        ("DELETE FROM notice WHERE kind = 2", &["notice_missing"][..]),
    ] {
        bench.site.stranger().execute(damage, []).unwrap();
        assert_eq!(codes(&bench), expected, "{damage}");
        bench.site.crash_to(&whole);
    }
    assert_eq!(codes(&bench), [""; 0]);
}
