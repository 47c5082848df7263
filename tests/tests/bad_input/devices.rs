//! Devices that are cloned, restored, revoked, enrolled wrongly, or live in another year.

use serde_json::json;
use server::problem::Code;
use sothon_tests::world::{CLOCK_START, Phone, enrolment};
use sync_core::device::{ChangeState, Encoding, SessionError};
use sync_core::wire::{EnrolmentResponse, from_plain, to_plain};

use super::bench::Bench;

const YEAR: i64 = 365 * 86_400;

fn note(text: &str) -> serde_json::Value {
    json!({ "entry": 1, "household": { "note": text } })
}

#[test]
fn a_cloned_phone_restarts_its_chain_and_both_clones_work_to_the_end() {
    let mut bench = Bench::new();
    let mut clone = bench.phone.clone();
    bench.record_honest();
    let entry = sothon_tests::world::new_household(&mut bench.dice, "01");
    let (of_clone, _) = clone.record(None, entry, CLOCK_START, &mut bench.dice);
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    // The clone signs a batch under the number just used.
    let number = clone.state().chain_number + 1;
    let batch = clone.batch(number, clone.state().chain_hash, &[], CLOCK_START);
    let problem = clone.say(&bench.site, &clone.request(vec![batch], CLOCK_START), CLOCK_START).unwrap_err();
    assert_eq!(problem.code, Code::BatchNumberRepeated);
    assert_eq!(problem.chain.map(|chain| chain.number), Some(number));
    let summary = clone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    assert_eq!((summary.agrees, summary.total.refused), (true, 0));
    assert_ne!(clone.state().installation, bench.phone.state().installation);
    assert!(bench.site.office().household(of_clone, None, clone.state().actor()).is_ok());
    // And on and on, in turn, both writing about the same household.
    for round in 0..3 {
        clone.record(Some(bench.document), note(&format!("clone {round}")), CLOCK_START, &mut bench.dice);
        bench.phone.record(
            Some(bench.document),
            note(&format!("phone {round}")),
            CLOCK_START,
            &mut bench.dice,
        );
        for phone in [&mut clone, &mut bench.phone] {
            let summary = phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
            assert_eq!((summary.agrees, summary.total.refused), (true, 0));
        }
    }
    bench.everything_works();
}

#[test]
fn a_restored_phone_that_repeats_sequence_numbers_keeps_what_is_refused_and_goes_on() {
    let mut bench = Bench::new();
    let backup = bench.phone.clone();
    bench.phone.record(Some(bench.document), note("before the restore"), CLOCK_START, &mut bench.dice);
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    bench.phone = backup;
    bench.phone.record(Some(bench.document), note("after the restore"), CLOCK_START, &mut bench.dice);
    let unsent: Vec<_> =
        bench.phone.own_changes().filter(|(_, state)| *state == ChangeState::Unsent).collect();
    let summary = bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    assert_eq!((summary.agrees, summary.total.refused), (true, 1));
    let (hash, _) = unsent[0];
    assert_eq!(bench.quarantined(hash).map(|(code, _)| code).as_deref(), Some("sequence_repeated"));
    assert_eq!(bench.phone.state_of(hash), Some(ChangeState::Refused));
    // What the phone had lost is back, and the household can be edited as before.
    bench.everything_works();
}

#[test]
fn a_restored_phone_that_syncs_first_repeats_nothing() {
    let mut bench = Bench::new();
    let backup = bench.phone.clone();
    bench.phone.record(Some(bench.document), note("before the restore"), CLOCK_START, &mut bench.dice);
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    // Somebody builds on what the restored phone has lost.
    assert!(bench.other.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    bench.other.record(Some(bench.document), note("on top of it"), CLOCK_START, &mut bench.dice);
    assert!(bench.other.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    for encoding in [Encoding::Packed, Encoding::Plain] {
        bench.phone = backup.clone();
        assert!(bench.phone.sync(&bench.site, encoding, CLOCK_START).unwrap().agrees);
        assert!(bench.phone.household(bench.document).view() == bench.other.household(bench.document).view());
    }
    bench.phone.record(Some(bench.document), note("after the restore"), CLOCK_START, &mut bench.dice);
    assert_eq!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().total.refused, 0);
    bench.everything_works();
}

#[test]
fn a_revoked_device_is_refused_keeps_what_it_recorded_and_others_go_on() {
    let mut bench = Bench::new();
    bench.record_honest();
    bench.site.office().revoke(None, bench.phone.device(), CLOCK_START).unwrap();
    let before = bench.site.office().status().unwrap();
    let ended = bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START);
    assert!(matches!(ended, Err(SessionError::Refused { code }) if code == "device_revoked"));
    assert_eq!(bench.site.office().status().unwrap(), before);
    assert_eq!(bench.phone.own_changes().filter(|(_, state)| *state == ChangeState::Unsent).count(), 2);
    let entry = note("others go on");
    bench.other.record(Some(bench.document), entry, CLOCK_START, &mut bench.dice);
    assert!(bench.other.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    bench.acknowledged_is_on_disk();
    assert_eq!(bench.site.office().verify(|_| {}).unwrap().findings, Vec::new());
}

#[test]
fn clocks_years_off_are_accepted_and_told() {
    let mut bench = Bench::new();
    for off in [-30 * YEAR, 20 * YEAR, i64::MIN / 4, i64::MAX / 4] {
        bench.phone.clock_off = off;
        bench.record_honest();
        for encoding in [Encoding::Plain, Encoding::Packed] {
            bench.phone.record(
                Some(bench.document),
                note(&format!("{off} {encoding:?}")),
                CLOCK_START,
                &mut bench.dice,
            );
            let summary = bench.phone.sync(&bench.site, encoding, CLOCK_START).unwrap();
            assert_eq!((summary.agrees, summary.total.refused), (true, 0));
            assert_eq!(summary.total.warnings, ["clock_off"]);
        }
    }
    bench.phone.clock_off = 3_600;
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().total.warnings.is_empty());
    bench.everything_works();
}

#[test]
fn an_enrolment_code_is_good_once_and_for_its_time() {
    let mut bench = Bench::new();
    let office = bench.site.office();
    let villages = ["01".to_owned()];
    let key = |n: u8| ed25519_dalek::SigningKey::from_bytes(&[n; 32]);
    let ask = |n: u8, code: &str, clock| office.enrol(&to_plain(&enrolment(&key(n), code)), clock);
    assert_eq!(ask(1, "AAAA-AAAA-AAAA", CLOCK_START).unwrap_err().code, Code::EnrolmentCodeUnknown);
    assert_eq!(office.enrol(b"not cbor", CLOCK_START).unwrap_err().code, Code::BodyMalformed);
    let code = office.enrolment_code("late", &villages, 60, CLOCK_START).unwrap();
    assert_eq!(ask(1, &code.text, CLOCK_START + 60).unwrap_err().code, Code::EnrolmentCodeExpired);
    let code = office.enrolment_code("once", &villages, 60, CLOCK_START).unwrap();
    let answer = ask(1, &code.text, CLOCK_START).unwrap();
    assert_eq!(ask(2, &code.text, CLOCK_START).unwrap_err().code, Code::EnrolmentCodeUsed);
    // The answer was lost: the same device asks again, even after the code's time.
    assert_eq!(ask(1, &code.text.to_lowercase().replace('-', " "), CLOCK_START + 90).map(drop), Ok(()));
    let mut forged = enrolment(&key(3), &code.text);
    forged.signature = enrolment(&key(4), &code.text).signature;
    assert_eq!(office.enrol(&to_plain(&forged), CLOCK_START).unwrap_err().code, Code::SignatureInvalid);
    let answer: EnrolmentResponse = from_plain(&answer).unwrap();
    let mut phone = Phone::from_answer("once", key(1), &answer);
    assert!(phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    bench.everything_works();
}

#[test]
fn a_device_enrolled_before_may_enrol_again_with_a_new_code() {
    let mut bench = Bench::new();
    let office = bench.site.office();
    let code = office.enrolment_code("again", &["02".to_owned()], 60, CLOCK_START).unwrap();
    let answer = office.enrol(&to_plain(&enrolment(&bench.phone.key, &code.text)), CLOCK_START).unwrap();
    let answer: EnrolmentResponse = from_plain(&answer).unwrap();
    assert_eq!(answer.grants.villages, ["02"]);
    // Its store is gone: it begins a chain again, and is told where to go on.
    let mut phone = Phone::from_answer("again", bench.phone.key.clone(), &answer);
    let entry = sothon_tests::world::new_household(&mut bench.dice, "02");
    phone.record(None, entry, CLOCK_START, &mut bench.dice);
    let summary = phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    assert_eq!((summary.agrees, summary.total.refused), (true, 0));
    assert_eq!(bench.site.office().verify(|_| {}).unwrap().findings, Vec::new());
    // A device that was revoked stays so: a lost phone must not come back by a code.
    let office = bench.site.office();
    office.revoke(None, bench.other.device(), CLOCK_START).unwrap();
    let code = office.enrolment_code("back", &["01".to_owned()], 60, CLOCK_START).unwrap();
    let refused = office.enrol(&to_plain(&enrolment(&bench.other.key, &code.text)), CLOCK_START).unwrap_err();
    assert_eq!(refused.code, Code::DeviceRevoked);
}

#[test]
fn guessing_enrolment_codes_is_slowed_down_for_a_while() {
    let mut bench = Bench::new();
    let office = bench.site.office();
    let code = office.enrolment_code("waits", &["01".to_owned()], 7_200, CLOCK_START).unwrap();
    let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
    let mut told = Vec::new();
    for guess in 0..60 {
        let body = to_plain(&enrolment(&key, &format!("AAAA-AAAA-{guess:04}")));
        told.push(office.enrol(&body, CLOCK_START).unwrap_err().code);
    }
    assert_eq!(told[0], Code::EnrolmentCodeUnknown);
    assert_eq!(told[59], Code::TooManyAttempts);
    let good = to_plain(&enrolment(&key, &code.text));
    assert_eq!(office.enrol(&good, CLOCK_START).unwrap_err().code, Code::TooManyAttempts);
    assert!(office.enrol(&good, CLOCK_START + 600).is_ok());
    bench.everything_works();
}

#[test]
fn more_villages_than_a_device_may_hold_are_not_granted() {
    let mut dice = sothon_tests::world::Dice::new(1);
    let codes: Vec<String> = (0..65).map(|n| format!("v{n}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let site = sothon_tests::world::Site::new(&mut dice, &codes);
    let mut phone = Phone::enrol(&site, &mut dice, "phone", &codes[..64], CLOCK_START);
    let all: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(
        site.office().grant(None, phone.device(), &all, CLOCK_START).unwrap_err().code,
        Code::LimitExceeded
    );
    assert_eq!(
        site.office().enrolment_code("x", &all, 60, CLOCK_START).map(drop).unwrap_err().code,
        Code::LimitExceeded
    );
    for _ in 0..2 {
        assert!(phone.sync(&site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    }
}
