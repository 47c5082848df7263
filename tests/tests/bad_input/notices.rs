//! Notices and letters that a faulty program or an attacker may send.

use ed25519_dalek::Signer as _;
use minicbor::bytes::ByteArray;
use server::problem::Code;
use sothon_tests::world::{CLOCK_START, Phone};
use sync_core::batch::request_signing_bytes;
use sync_core::heads::Fingerprint;
use sync_core::id::{BatchHash, DocumentId, NoticeId};
use sync_core::letter::{self, LetterContents, LetterKey, SealedLetter};
use sync_core::limits;
use sync_core::notice::{Author, Notice, NoticeRefusal, SignOff, UrgentReport};
use sync_core::wire::{ExchangeRequest, ExchangeResponse, LetterAnswer, from_plain, to_plain};

use super::bench::Bench;

impl Bench {
    /// An urgent report of a phone. No real person.
    fn urgent(&mut self, happened: &str) -> Notice {
        let report = UrgentReport {
            kind: "other".into(),
            document: None,
            person: None,
            about: "GIẢ LẬP".into(),
            place: String::new(),
            happened: happened.into(),
            contact: String::new(),
        };
        let to = self.site.confidential.public().unwrap();
        let key = self.phone.key.clone();
        let author = Author { key: &key, commune: self.phone.state().commune.id };
        report.into_notice(&to, &author, CLOCK_START, self.dice.random()).unwrap()
    }

    /// A notice of the phone with any kind and body, signed as it should be.
    fn crafted(&self, kind: u8, body: Vec<u8>) -> Notice {
        let mut notice = Notice {
            id: NoticeId([kind; 16]),
            kind,
            made_at: CLOCK_START,
            body: body.into(),
            signature: ByteArray::from([0; 64]),
        };
        let bytes = notice.signing_bytes(self.phone.state().commune.id, self.phone.device());
        notice.signature = ByteArray::from(self.phone.key.sign(&bytes).to_bytes());
        notice
    }

    fn tell(&self, phone: &Phone, notices: Vec<Notice>) -> Result<ExchangeResponse, Code> {
        let request = ExchangeRequest { notices: Some(notices), ..phone.request(Vec::new(), CLOCK_START) };
        phone.say(&self.site, &request, CLOCK_START).map_err(|problem| problem.code)
    }

    fn kept(&self) -> u64 {
        self.site.office().status().unwrap().notices
    }

    /// Asserts that a notice is refused with this code beside one that is accepted, and stops nobody.
    fn refuses_notice(&mut self, notice: Notice, refusal: NoticeRefusal) {
        let honest = self.urgent("thật");
        let before = self.kept();
        let answer = self.tell(&self.phone, vec![notice.clone(), honest.clone()]).unwrap();
        let refused: Vec<_> =
            answer.notice_refusals.into_iter().flatten().map(|note| (note.id, note.code)).collect();
        assert_eq!(refused, [(notice.id, refusal.code().to_owned())]);
        let stored: Vec<_> = answer.notices.into_iter().flatten().map(|fate| fate.id).collect();
        assert!(stored.contains(&honest.id));
        assert_eq!(self.kept(), before + 1, "only the honest one");
        self.everything_works();
    }

    fn letter_key(&self) -> [u8; 32] {
        *self.phone.state().commune.letter_key.unwrap()
    }

    fn seal(&mut self, contents: &LetterContents) -> Vec<u8> {
        let (to, commune) = (self.letter_key(), self.phone.state().commune.id);
        letter::seal(contents, &to, commune, self.dice.random()).unwrap()
    }

    /// A letter with this request, signed by `signer`.
    fn letter_of(&mut self, request: &ExchangeRequest, signer: &Phone) -> Vec<u8> {
        let body = to_plain(request);
        let bytes = request_signing_bytes(signer.state().commune.id, &body);
        let signature = ByteArray::from(signer.key.sign(&bytes).to_bytes());
        self.seal(&LetterContents { body: body.into(), signature })
    }

    fn refuses_letter(&mut self, letter: &[u8], code: Code) {
        let before = self.site.office().status().unwrap();
        let problem = self.site.office().letter(letter, CLOCK_START).unwrap_err();
        assert_eq!(problem.code, code);
        assert_eq!(self.site.office().status().unwrap(), before);
    }
}

#[test]
fn a_notice_that_its_device_did_not_sign_is_refused() {
    let mut bench = Bench::new();
    let mut notice = bench.urgent("x");
    notice.signature = ByteArray::from([1; 64]);
    bench.refuses_notice(notice, NoticeRefusal::SignatureInvalid);
    let mut altered = bench.urgent("x");
    altered.made_at += 1;
    bench.refuses_notice(altered, NoticeRefusal::SignatureInvalid);
    // One that another device signed, told as one's own.
    let theirs = bench.urgent("x");
    let answer = bench.tell(&bench.other, vec![theirs.clone()]).unwrap();
    assert_eq!(answer.notice_refusals.unwrap()[0].code, NoticeRefusal::SignatureInvalid.code());
    assert_eq!(answer.notices, None);
    assert!(bench.tell(&bench.phone, vec![theirs]).unwrap().notices.is_some());
    bench.everything_works();
}

#[test]
fn a_notice_of_an_unknown_kind_or_with_another_body_is_refused() {
    let mut bench = Bench::new();
    let notice = bench.crafted(9, b"later".to_vec());
    bench.refuses_notice(notice, NoticeRefusal::KindUnknown);
    for kind in [1, 2] {
        let notice = bench.crafted(kind, b"no CBOR".to_vec());
        bench.refuses_notice(notice, NoticeRefusal::Malformed);
    }
    let documents = [Fingerprint { document: DocumentId([1; 16]), heads: 1 }];
    let mut statement = SignOff::new("2024-2", "01", "2024-10-24", false, &documents, 0).unwrap();
    statement.day = "hôm qua".into();
    let notice = bench.crafted(2, to_plain(&statement));
    bench.refuses_notice(notice, NoticeRefusal::Malformed);
}

#[test]
fn a_sign_off_of_another_village_is_refused() {
    let mut bench = Bench::new();
    for village in ["02", "99"] {
        let statement = SignOff::new("2024-2", village, "2024-10-24", false, &[], 0).unwrap();
        let notice = bench.crafted(2, to_plain(&statement));
        bench.refuses_notice(notice, NoticeRefusal::VillageNotGranted);
    }
}

#[test]
fn another_notice_under_a_name_that_is_taken_is_refused() {
    let mut bench = Bench::new();
    let statement = |undecided| SignOff::new("2024-2", "01", "2024-10-24", false, &[], undecided).unwrap();
    let (first, second) =
        (bench.crafted(2, to_plain(&statement(0))), bench.crafted(2, to_plain(&statement(1))));
    assert_eq!(first.id, second.id);
    assert!(bench.tell(&bench.phone, vec![first.clone()]).unwrap().notice_refusals.is_none());
    bench.refuses_notice(second, NoticeRefusal::NameTaken);
    let again = bench.tell(&bench.phone, vec![first]).unwrap();
    assert!(again.notice_refusals.is_none() && again.notices.is_some(), "the first is still there");
}

#[test]
fn notices_beyond_the_limits_are_refused() {
    let mut bench = Bench::new();
    let many = vec![bench.urgent("x"); limits::NOTICES_MAX + 1];
    assert_eq!(bench.tell(&bench.phone, many).unwrap_err(), Code::LimitExceeded);
    let long = bench.crafted(1, vec![0; limits::NOTICE_BYTES_MAX + 1]);
    assert_eq!(bench.tell(&bench.phone, vec![long]).unwrap_err(), Code::LimitExceeded);
    let mut request = bench.phone.request(Vec::new(), CLOCK_START);
    request.awaited = Some(vec![NoticeId([0; 16]); limits::AWAITED_MAX + 1]);
    let problem = bench.phone.say(&bench.site, &request, CLOCK_START).unwrap_err();
    assert_eq!(problem.code, Code::LimitExceeded);
    assert_eq!(bench.kept(), 0);
    bench.everything_works();
}

#[test]
fn a_device_that_has_filled_its_notices_is_refused_more_and_goes_on() {
    let mut bench = Bench::new();
    let commune = bench.phone.state().commune.id;
    let statement = to_plain(&SignOff::new("2024-2", "01", "2024-10-24", false, &[], 0).unwrap());
    let numbered = |bench: &Bench, number: usize| {
        let mut notice = bench.crafted(2, statement.clone());
        notice.id = NoticeId([u8::try_from(number / 256).unwrap(); 16]);
        notice.id.0[15] = u8::try_from(number % 256).unwrap();
        let bytes = notice.signing_bytes(commune, bench.phone.device());
        notice.signature = ByteArray::from(bench.phone.key.sign(&bytes).to_bytes());
        notice
    };
    let all: Vec<Notice> = (0..limits::DEVICE_NOTICES_MAX).map(|number| numbered(&bench, number)).collect();
    for part in all.chunks(limits::NOTICES_MAX) {
        assert_eq!(bench.tell(&bench.phone, part.to_vec()).unwrap().notice_refusals, None);
    }
    assert_eq!(bench.kept(), limits::DEVICE_NOTICES_MAX as u64);
    let one_more = bench.urgent("x");
    let answer = bench.tell(&bench.phone, vec![one_more.clone(), all[0].clone()]).unwrap();
    let refused: Vec<_> = answer.notice_refusals.into_iter().flatten().collect();
    assert_eq!(refused.len(), 1, "what is there already is no more");
    assert_eq!((refused[0].id, refused[0].code.as_str()), (one_more.id, NoticeRefusal::Full.code()));
    assert_eq!(bench.kept(), limits::DEVICE_NOTICES_MAX as u64);
    bench.everything_works();
}

#[test]
fn the_fate_of_a_notice_is_told_to_its_own_device_only() {
    let mut bench = Bench::new();
    let notice = bench.urgent("x");
    bench.tell(&bench.phone, vec![notice.clone()]).unwrap();
    let mut request = bench.other.request(Vec::new(), CLOCK_START);
    request.awaited = Some(vec![notice.id]);
    assert_eq!(bench.other.say(&bench.site, &request, CLOCK_START).unwrap().notices, None);
    let mut request = bench.phone.request(Vec::new(), CLOCK_START);
    request.awaited = Some(vec![notice.id, NoticeId([9; 16])]);
    let told = bench.phone.say(&bench.site, &request, CLOCK_START).unwrap().notices.unwrap();
    assert_eq!(
        told.iter().map(|fate| fate.id).collect::<Vec<_>>(),
        [notice.id],
        "an unknown one is left out"
    );
}

#[test]
fn a_letter_that_is_none_or_to_another_office_is_refused() {
    let mut bench = Bench::new();
    for bytes in [&b""[..], b"{}", &[0xff; 40], &[0x9f; 5_000], &[0xbf; 5_000]] {
        bench.refuses_letter(bytes, Code::BodyMalformed);
    }
    let request = bench.phone.request(Vec::new(), CLOCK_START);
    let phone = bench.phone.clone();
    let letter = bench.letter_of(&request, &phone);
    for cut in (0..letter.len()).step_by(7) {
        assert!(bench.site.office().letter(&letter[..cut], CLOCK_START).is_err(), "cut at {cut}");
    }
    let mut damaged = letter.clone();
    *damaged.last_mut().unwrap() ^= 1;
    bench.refuses_letter(&damaged, Code::LetterUnopenable);
    let longer = [&letter[..], &[0]].concat();
    bench.refuses_letter(&longer, Code::BodyMalformed);
    let commune = bench.phone.state().commune.id;
    let elsewhere = LetterKey::draw(bench.dice.random()).public().unwrap();
    let contents = LetterContents { body: Vec::new().into(), signature: ByteArray::from([0; 64]) };
    let other = letter::seal(&contents, &elsewhere, commune, bench.dice.random()).unwrap();
    bench.refuses_letter(&other, Code::LetterUnopenable);
    let newer = SealedLetter { protocol: 2, key_id: String::new(), sealed: Vec::new().into() };
    bench.refuses_letter(&to_plain(&newer), Code::ProtocolTooNew);
    bench.refuses_letter(&vec![0; limits::REQUEST_BYTES_MAX + 1], Code::LimitExceeded);
    assert!(bench.site.office().letter(&letter, CLOCK_START).is_ok());
    bench.everything_works();
}

#[test]
fn a_letter_with_another_request_than_its_device_signed_is_refused() {
    let mut bench = Bench::new();
    let bomb = LetterContents {
        body: vec![0; limits::REQUEST_DECODED_BYTES_MAX].into(),
        signature: ByteArray::from([0; 64]),
    };
    let bomb = bench.seal(&bomb);
    bench.refuses_letter(&bomb, Code::LimitExceeded);
    let nonsense =
        LetterContents { body: b"no request".to_vec().into(), signature: ByteArray::from([0; 64]) };
    let nonsense = bench.seal(&nonsense);
    bench.refuses_letter(&nonsense, Code::BodyMalformed);
    let request = bench.phone.request(Vec::new(), CLOCK_START);
    let other = bench.other.clone();
    let forged = bench.letter_of(&request, &other);
    bench.refuses_letter(&forged, Code::SignatureInvalid);
    let empty = bench.phone.batch(9, BatchHash([0; 32]), &[], CLOCK_START);
    let crowded = bench.phone.request(vec![empty; limits::LETTER_BATCHES_MAX + 1], CLOCK_START);
    let phone = bench.phone.clone();
    let crowded = bench.letter_of(&crowded, &phone);
    bench.refuses_letter(&crowded, Code::LimitExceeded);
    bench.everything_works();
}

#[test]
fn a_letter_and_a_notice_of_a_revoked_device_are_refused() {
    let mut bench = Bench::new();
    let notice = bench.urgent("x");
    let request = ExchangeRequest {
        notices: Some(vec![notice.clone()]),
        ..bench.phone.request(Vec::new(), CLOCK_START)
    };
    let phone = bench.phone.clone();
    let letter = bench.letter_of(&request, &phone);
    bench.site.office().revoke(None, phone.device(), CLOCK_START).unwrap();
    bench.refuses_letter(&letter, Code::DeviceRevoked);
    assert_eq!(bench.tell(&phone, vec![notice]).unwrap_err(), Code::DeviceRevoked);
    assert_eq!(bench.kept(), 0);
}

#[test]
fn a_letter_answers_nothing_but_receipts_and_fates() {
    let mut bench = Bench::new();
    let notice = bench.urgent("x");
    let request = ExchangeRequest {
        notices: Some(vec![notice.clone()]),
        ..bench.phone.request(Vec::new(), CLOCK_START)
    };
    let phone = bench.phone.clone();
    let letter = bench.letter_of(&request, &phone);
    let answer = bench.site.office().letter(&letter, CLOCK_START).unwrap();
    let read: LetterAnswer = from_plain(&answer).unwrap();
    assert_eq!((read.receipts.len(), read.notices[0].id), (0, notice.id));
    assert_eq!(to_plain(&read), answer, "no member besides these");
    assert!(answer.len() < 64, "nothing of the register: {} bytes", answer.len());
}
