use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;

const COMMUNE: CommuneId = CommuneId([1; 16]);

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn public() -> [u8; 32] {
    key().verifying_key().to_bytes()
}

/// No real person.
fn report(happened: &str) -> UrgentReport {
    UrgentReport {
        kind: "danger".into(),
        document: None,
        person: None,
        about: "GIẢ LẬP, khoảng 6 tuổi".into(),
        place: "bờ suối".into(),
        happened: happened.into(),
        contact: "000 000 001".into(),
    }
}

fn urgent(happened: &str, with: &ConfidentialKey, seed: u64) -> Notice {
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let to = with.public().expect("a drawn key is one");
    let key = key();
    let author = Author { key: &key, commune: COMMUNE };
    report(happened).into_notice(&to, &author, 1_730_000_000, &mut random).expect("a sound report")
}

fn confidential(seed: u64) -> ConfidentialKey {
    ConfidentialKey::draw(&mut ChaCha20Rng::seed_from_u64(seed))
}

fn signed_off(documents: &[Fingerprint]) -> Notice {
    let statement = SignOff::new("2026-2", "01", "2026-11-23", false, documents, 3).expect("few documents");
    let key = key();
    let author = Author { key: &key, commune: COMMUNE };
    statement.into_notice(&author, 1_730_000_000, &mut ChaCha20Rng::seed_from_u64(5))
}

fn documents(count: u8) -> Vec<Fingerprint> {
    (0..count).map(|n| Fingerprint { document: DocumentId([n; 16]), heads: u64::from(n) << 56 | 9 }).collect()
}

#[test]
fn a_signature_covers_every_part_of_a_notice() {
    let notice = signed_off(&documents(2));
    assert!(notice.is_signed(COMMUNE, &public()));
    let altered = [
        Notice { id: NoticeId([0; 16]), ..notice.clone() },
        Notice { kind: 1, ..notice.clone() },
        Notice { made_at: notice.made_at + 1, ..notice.clone() },
        Notice { body: notice.body[1..].to_vec().into(), ..notice.clone() },
        Notice { signature: ByteArray::from([0; 64]), ..notice.clone() },
    ];
    for other in altered {
        assert!(!other.is_signed(COMMUNE, &public()));
    }
    assert!(!notice.is_signed(CommuneId([2; 16]), &public()), "another commune");
    assert!(!notice.is_signed(COMMUNE, &SigningKey::from_bytes(&[4; 32]).verifying_key().to_bytes()));
}

#[test]
fn an_urgent_report_opens_only_with_its_key_in_its_notice_and_commune() {
    let secret = confidential(1);
    let notice = urgent("ngã xuống suối", &secret, 2);
    let opened = UrgentReport::open(&notice, &secret, COMMUNE).expect("the right key");
    assert!(opened == report("ngã xuống suối"));
    assert!(UrgentReport::open(&notice, &confidential(9), COMMUNE).is_err(), "another key");
    assert!(UrgentReport::open(&notice, &secret, CommuneId([2; 16])).is_err(), "another commune");
    let moved = Notice { id: NoticeId([0; 16]), ..notice.clone() };
    assert!(UrgentReport::open(&moved, &secret, COMMUNE).is_err(), "another notice");
    for cut in 0..notice.body.len() {
        let damaged = Notice { body: notice.body[..cut].to_vec().into(), ..notice.clone() };
        assert!(UrgentReport::open(&damaged, &secret, COMMUNE).is_err(), "cut at {cut}");
    }
}

#[test]
fn nothing_of_an_urgent_report_can_be_read_in_its_notice() {
    let secret = confidential(1);
    let (short, long) = (urgent("x", &secret, 2), urgent(&"y".repeat(200), &secret, 3));
    assert_eq!(short.body.len(), long.body.len(), "the length tells nothing");
    let (text, bytes) = ("bờ suối".as_bytes(), to_plain(&short));
    assert!(!bytes.windows(text.len()).any(|part| part == text));
    assert_eq!(format!("{:?}", report("bí mật")), "UrgentReport(…)");
}

#[test]
fn a_report_that_no_limit_allows_is_not_made() {
    let (secret, mut random) = (confidential(1), ChaCha20Rng::seed_from_u64(4));
    let (to, key) = (secret.public().expect("a key"), key());
    let author = Author { key: &key, commune: COMMUNE };
    let mut make = |report: UrgentReport| report.into_notice(&to, &author, 0, &mut random).map(|_| ());
    assert_eq!(make(report(&"x".repeat(limits::TEXT_BYTES_MAX))), Ok(()));
    assert_eq!(make(report(&"x".repeat(limits::TEXT_BYTES_MAX + 1))), Err(NoticeError::TextTooLong));
    let mut vague = report("");
    vague.place = "x".repeat(limits::URGENT_TEXT_BYTES_MAX + 1);
    assert_eq!(make(vague), Err(NoticeError::TextTooLong));
    let mut odd = report("");
    odd.kind = "rumour".into();
    assert_eq!(make(odd), Err(NoticeError::Kind));
    let many = Fingerprint { document: DocumentId([0; 16]), heads: 0 };
    let many = vec![many; limits::SIGN_OFF_DOCUMENTS_MAX + 1];
    let refused = SignOff::new("2026-2", "01", "2026-11-23", false, &many, 0);
    assert_eq!(refused, Err(NoticeError::TooManyDocuments));
    let largest = signed_off(&many[1..]);
    assert!(largest.body.len() <= limits::NOTICE_BYTES_MAX);
}

#[test]
fn a_sign_off_out_of_order_is_none() {
    let notice = signed_off(&documents(3));
    let whole = SignOff::read(&notice).expect("as it was made");
    assert_eq!(whole.documents().collect::<Vec<_>>(), documents(3));
    let heads = |entries: &[usize]| {
        let entry = |n: &usize| whole.heads[24 * n..24 * (n + 1)].to_vec();
        entries.iter().flat_map(entry).collect::<Vec<u8>>().into()
    };
    let wrong = [
        SignOff { heads: heads(&[1, 0]), ..whole.clone() },
        SignOff { heads: heads(&[0, 0]), ..whole.clone() },
        SignOff { heads: whole.heads[..30].to_vec().into(), ..whole.clone() },
        SignOff { day: "hôm nay".into(), ..whole.clone() },
        SignOff { village: "0".repeat(17), ..whole.clone() },
        SignOff { round: "0".repeat(21), ..whole.clone() },
    ];
    for other in wrong {
        assert_eq!(SignOff::read(&Notice { body: to_plain(&other).into(), ..notice.clone() }), None);
    }
    assert_eq!(SignOff::read(&Notice { kind: 1, ..notice }), None);
}

proptest! {
    /// Whatever changed, appeared or stayed since a sign-off, exactly that is told.
    #[test]
    fn changed_since_tells_exactly_what_changed(
        then in proptest::collection::btree_map(any::<[u8; 2]>(), any::<u64>(), 0..40),
        edits in proptest::collection::btree_map(any::<[u8; 2]>(), any::<u64>(), 0..20),
    ) {
        let of = |(name, heads): (&[u8; 2], &u64)| Fingerprint {
            document: DocumentId([name[0], name[1], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            heads: *heads,
        };
        let signed: Vec<_> = then.iter().map(of).collect();
        let mut now = then.clone();
        now.extend(edits.clone());
        let expected: Vec<_> =
            now.iter().filter(|(name, heads)| then.get(*name) != Some(*heads)).map(of).collect();
        let now: Vec<_> = now.iter().map(of).collect();
        let read = SignOff::read(&signed_off(&signed)).expect("as it was made");
        let changed = read.changed_since(&now);
        prop_assert_eq!(changed, expected.iter().map(|told| told.document).collect::<Vec<_>>());
        prop_assert!(read.changed_since(&signed).is_empty());
    }

    /// What anybody sends is read or is not; it never panics.
    #[test]
    fn any_bytes_are_read_or_not(body in proptest::collection::vec(any::<u8>(), 0..300), kind in 0u8..4) {
        let signature = ByteArray::from([0; 64]);
        let notice = Notice { id: NoticeId([0; 16]), kind, made_at: 0, body: body.into(), signature };
        let _ = SignOff::read(&notice);
        prop_assert!(UrgentReport::open(&notice, &confidential(1), COMMUNE).is_err());
        prop_assert!(!notice.is_signed(COMMUNE, &public()));
    }
}
