//! Requests that are refused as a whole: nothing of them is taken in, and the same phone goes on.

use std::io::Write as _;

use minicbor::bytes::ByteArray;
use server::problem::Code;
use sothon_tests::world::CLOCK_START;
use sync_core::device::{Encoding, Session, Step};
use sync_core::heads::Fingerprint;
use sync_core::id::{BatchHash, DeviceId, DocumentId, Incarnation};
use sync_core::limits;
use sync_core::wire::packed::{DICTIONARY, pack_request};
use sync_core::wire::{Position, to_plain};

use super::bench::Bench;

/// Asserts that a body is refused with `code`, leaves no trace, and stops nobody.
fn refused(bench: &mut Bench, encoding: Encoding, body: &[u8], code: Code) {
    let signature = bench.phone.sign(body);
    refused_as(bench, encoding, body, Some(signature), code);
}

fn refused_as(bench: &mut Bench, encoding: Encoding, body: &[u8], signature: Option<[u8; 64]>, code: Code) {
    let before = bench.site.office().status().unwrap();
    let problem = bench.site.deliver_as(encoding, body, signature, CLOCK_START).unwrap_err();
    assert_eq!(problem.code, code);
    assert_eq!(bench.site.office().status().unwrap(), before);
}

/// The phone's next request, with an honest entry in it.
fn next_request(bench: &mut Bench, encoding: Encoding) -> Vec<u8> {
    bench.record_honest();
    let mut session = Session::new(bench.phone.key.clone(), encoding, None);
    match session.poll(&mut bench.phone.store, CLOCK_START).unwrap() {
        Step::Send(request) => request.body,
        Step::Finished(_) => unreachable!("there is something to say"),
    }
}

#[test]
fn a_body_that_is_not_cbor_is_refused() {
    let mut bench = Bench::new();
    for body in [&b""[..], b"{}", b"GET / HTTP/1.1", &[0xff; 40], &[0x9f; 5_000], &[0xbf; 5_000]] {
        refused(&mut bench, Encoding::Plain, body, Code::BodyMalformed);
    }
    refused(&mut bench, Encoding::Packed, b"", Code::BodyMalformed);
    refused(&mut bench, Encoding::Packed, &[1, 0, 1, 2, 3], Code::BodyMalformed);
    bench.everything_works();
}

#[test]
fn a_body_cut_short_is_refused_and_the_whole_one_taken_afterwards() {
    let mut bench = Bench::new();
    for encoding in [Encoding::Plain, Encoding::Packed] {
        let body = next_request(&mut bench, encoding);
        let before = bench.site.office().status().unwrap();
        for cut in (0..body.len()).step_by(3) {
            let cut = &body[..cut];
            let answer = bench.site.deliver_as(encoding, cut, Some(bench.phone.sign(cut)), CLOCK_START);
            let code = answer.unwrap_err().code;
            assert!([Code::BodyMalformed, Code::PackedUnknown].contains(&code), "{code:?}");
        }
        let longer = [&body[..], &[0]].concat();
        let answer =
            bench.site.deliver_as(Encoding::Plain, &longer, Some(bench.phone.sign(&longer)), CLOCK_START);
        assert!(answer.is_err());
        assert_eq!(bench.site.office().status().unwrap(), before);
        assert_eq!(bench.phone.sync(&bench.site, encoding, CLOCK_START).unwrap().total.refused, 0);
        bench.everything_works();
    }
}

#[test]
fn counts_beyond_the_limits_are_refused() {
    let mut bench = Bench::new();
    let empty = bench.phone.batch(2, BatchHash([0; 32]), &[], CLOCK_START);
    let mut many_batches =
        bench.phone.request(vec![empty.clone(); limits::EXCHANGE_BATCHES_MAX + 1], CLOCK_START);
    refused(&mut bench, Encoding::Plain, &to_plain(&many_batches), Code::LimitExceeded);
    refused(&mut bench, Encoding::Packed, &pack_request(&many_batches), Code::LimitExceeded);
    many_batches.batches = vec![{
        let change = (bench.document, b"x".to_vec());
        bench.phone.batch(2, BatchHash([0; 32]), &vec![change; limits::BATCH_CHANGES_MAX + 1], CLOCK_START)
    }];
    refused(&mut bench, Encoding::Plain, &to_plain(&many_batches), Code::LimitExceeded);
    let mut many_villages = bench.phone.request(Vec::new(), CLOCK_START);
    many_villages.cursor.positions =
        vec![Position { village: "01".into(), log: 1 }; limits::GRANTED_VILLAGES_MAX + 1];
    refused(&mut bench, Encoding::Plain, &to_plain(&many_villages), Code::LimitExceeded);
    let mut many_heads = bench.phone.request(Vec::new(), CLOCK_START);
    let heads = Fingerprint { document: DocumentId([0; 16]), heads: 0 };
    many_heads.fingerprints = Some(vec![heads; limits::FINGERPRINTS_MAX + 1]);
    refused(&mut bench, Encoding::Plain, &to_plain(&many_heads), Code::LimitExceeded);
    bench.everything_works();
}

#[test]
fn a_bomb_in_a_packed_frame_is_refused_before_it_is_inflated() {
    let mut bench = Bench::new();
    let zeros = vec![0; 300_000_000];
    let mut declared = zstd::bulk::Compressor::with_dictionary(1, DICTIONARY).unwrap();
    let declared = [vec![1, 0], declared.compress(&zeros).unwrap()].concat();
    assert!(declared.len() < limits::REQUEST_BYTES_MAX);
    refused(&mut bench, Encoding::Packed, &declared, Code::LimitExceeded);
    // A streaming encoder does not say how much will come; a packed frame has to.
    let mut encoder = zstd::stream::Encoder::with_dictionary(Vec::new(), 1, DICTIONARY).unwrap();
    encoder.write_all(&zeros).unwrap();
    let undeclared = [vec![1, 0], encoder.finish().unwrap()].concat();
    refused(&mut bench, Encoding::Packed, &undeclared, Code::BodyMalformed);
    // A frame that says little and brings much, and a bomb behind a harmless frame.
    let small = zstd::bulk::Compressor::with_dictionary(1, DICTIONARY).unwrap().compress(&[0; 100]).unwrap();
    let behind = [vec![1, 0], small, declared[2..].to_vec()].concat();
    refused(&mut bench, Encoding::Packed, &behind, Code::LimitExceeded);
    bench.everything_works();
}

#[test]
fn an_unknown_version_of_the_packed_encoding_is_answered_with_plain() {
    let mut bench = Bench::new();
    let mut body = next_request(&mut bench, Encoding::Packed);
    body[0] = 9;
    refused(&mut bench, Encoding::Packed, &body, Code::PackedUnknown);
    bench.everything_works();
}

#[test]
fn a_missing_or_wrong_request_signature_is_refused() {
    let mut bench = Bench::new();
    let body = next_request(&mut bench, Encoding::Plain);
    refused_as(&mut bench, Encoding::Plain, &body, None, Code::SignatureMissing);
    refused_as(&mut bench, Encoding::Plain, &body, Some([0; 64]), Code::SignatureInvalid);
    let others = bench.other.sign(&body);
    refused_as(&mut bench, Encoding::Plain, &body, Some(others), Code::SignatureInvalid);
    let of_something_else = bench.phone.sign(b"another body");
    refused_as(&mut bench, Encoding::Plain, &body, Some(of_something_else), Code::SignatureInvalid);
    bench.everything_works();
}

#[test]
fn a_device_that_is_not_enrolled_is_refused() {
    let mut bench = Bench::new();
    let mut request = bench.phone.request(Vec::new(), CLOCK_START);
    request.device = DeviceId([5; 12]);
    refused(&mut bench, Encoding::Plain, &to_plain(&request), Code::DeviceUnknown);
    bench.everything_works();
}

#[test]
fn a_protocol_version_too_old_or_too_new_is_refused() {
    let mut bench = Bench::new();
    for (protocol, code) in
        [(0, Code::ProtocolTooOld), (2, Code::ProtocolTooNew), (u32::MAX, Code::ProtocolTooNew)]
    {
        let mut request = bench.phone.request(Vec::new(), CLOCK_START);
        request.protocol = protocol;
        refused(&mut bench, Encoding::Plain, &to_plain(&request), code);
        let mut enrolment = sothon_tests::world::enrolment(&bench.phone.key, "ABCD-EFGH-JKLM");
        enrolment.protocol = protocol;
        assert_eq!(bench.site.office().enrol(&to_plain(&enrolment), CLOCK_START).unwrap_err().code, code);
    }
    bench.everything_works();
}

#[test]
fn a_cursor_of_another_server_is_refused_and_the_phone_repairs() {
    let mut bench = Bench::new();
    let mut request = bench.phone.request(Vec::new(), CLOCK_START);
    request.cursor.incarnation = Some(Incarnation([7; 16]));
    refused(&mut bench, Encoding::Plain, &to_plain(&request), Code::CursorOfAnotherServer);
    // The office is put back from an older backup: what it lost comes again from the phone.
    let files = bench.site.files();
    let lost = bench.record_honest();
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    bench.site.restore(&files);
    assert!(bench.site.office().household(lost, None, bench.phone.state().actor()).is_err());
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    assert!(bench.site.office().household(lost, None, bench.phone.state().actor()).is_ok());
    assert!(bench.other.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    bench.acknowledged_is_on_disk();
}

#[test]
fn a_cursor_ahead_of_the_log_does_no_harm() {
    let mut bench = Bench::new();
    bench.record_honest();
    let mut request = bench.other.request(Vec::new(), CLOCK_START);
    request.cursor.positions = vec![Position { village: "01".into(), log: u64::MAX >> 1 }];
    assert!(bench.other.say(&bench.site, &request, CLOCK_START).is_ok());
    request.refusals_noted = u64::MAX >> 1;
    assert!(bench.other.say(&bench.site, &request, CLOCK_START).is_ok());
    bench.everything_works();
}

#[test]
fn a_batch_without_its_devices_signature_is_kept_in_quarantine() {
    let mut bench = Bench::new();
    let (hash, bytes) = bench.craft().put("note", "x").close();
    let state = bench.phone.state();
    let mut batch = bench.phone.batch(
        state.chain_number + 1,
        state.chain_hash,
        &[(bench.document, bytes.clone())],
        CLOCK_START,
    );
    batch.signature = ByteArray::from([1; 64]);
    // Packed, the change may have been rebuilt wrongly: it is asked for again, plain.
    let packed = pack_request(&bench.phone.request(vec![batch.clone()], CLOCK_START));
    refused(&mut bench, Encoding::Packed, &packed, Code::PackedUnresolved);
    let answer =
        bench.phone.say(&bench.site, &bench.phone.request(vec![batch], CLOCK_START), CLOCK_START).unwrap();
    let notes: Vec<_> = answer.refusals.iter().map(|note| (note.hash, note.code.as_str())).collect();
    assert_eq!(notes, [(hash, "batch_signature_invalid")]);
    assert_eq!(bench.quarantined(hash), Some(("batch_signature_invalid".to_owned(), bytes)));
    assert!(!bench.logged(hash));
    assert_eq!(bench.phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap().total.refused, 1);
    bench.everything_works();
}

#[test]
fn numbers_beyond_63_bits_are_refused() {
    let mut bench = Bench::new();
    let mut request = bench.phone.request(Vec::new(), CLOCK_START);
    request.cursor.positions = vec![Position { village: "01".into(), log: u64::MAX }];
    refused(&mut bench, Encoding::Plain, &to_plain(&request), Code::LimitExceeded);
    let mut request = bench.phone.request(Vec::new(), CLOCK_START);
    request.refusals_noted = u64::MAX;
    refused(&mut bench, Encoding::Plain, &to_plain(&request), Code::LimitExceeded);
    let batch = bench.phone.batch(u64::MAX, BatchHash([0; 32]), &[], i64::MIN);
    let request = bench.phone.request(vec![batch], i64::MAX);
    refused(&mut bench, Encoding::Plain, &to_plain(&request), Code::LimitExceeded);
    bench.everything_works();
}
