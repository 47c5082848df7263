//! The office's disk full, its database locked, its process ended: nothing is acknowledged that is not
//! on disk, and the next attempt succeeds.

use server::problem::Code;
use sothon_tests::world::{CLOCK_START, new_household};
use sync_core::device::{ChangeState, Encoding, SessionError};

use super::bench::Bench;

fn unsent(bench: &Bench) -> usize {
    bench.phone.own_changes().filter(|(_, state)| *state == ChangeState::Unsent).count()
}

#[test]
fn a_full_disk_acknowledges_nothing_and_later_loses_nothing() {
    let mut bench = Bench::new();
    for _ in 0..40 {
        bench.record_honest();
    }
    bench.site.office().limit_bytes(1).unwrap();
    let before = bench.site.office().status().unwrap();
    let ended = bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START);
    assert!(matches!(ended, Err(SessionError::Refused { code }) if code == Code::StorageFull.code()));
    assert_eq!(unsent(&bench), 80);
    assert_eq!(bench.site.office().status().unwrap(), before);
    // Readers go on while the disk is full.
    assert!(bench.other.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    bench.acknowledged_is_on_disk();
    bench.site.office().limit_bytes(u64::MAX).unwrap();
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    assert_eq!(unsent(&bench), 0);
    bench.everything_works();
}

#[test]
fn many_phones_at_a_full_disk_are_all_told_and_none_is_acknowledged() {
    let mut bench = Bench::new();
    let phones: Vec<_> = (0..6)
        .map(|n| {
            let mut phone = sothon_tests::world::Phone::enrol(
                &bench.site,
                &mut bench.dice,
                &format!("p{n}"),
                &["01"],
                CLOCK_START,
            );
            for _ in 0..20 {
                let entry = new_household(&mut bench.dice, "01");
                phone.record(None, entry, CLOCK_START, &mut bench.dice);
            }
            phone
        })
        .collect();
    bench.site.office().limit_bytes(1).unwrap();
    let site = &bench.site;
    let office = site.office();
    // Together, so that several fall into one transaction of the writer.
    let bodies: Vec<_> = phones
        .iter()
        .map(|phone| {
            let documents: Vec<_> = sync_core::device::DeviceStore::documents(&phone.store)
                .unwrap()
                .into_iter()
                .take(15)
                .collect();
            let changes: Vec<_> = documents
                .into_iter()
                .flat_map(|document| phone.changes(document).into_iter().map(move |bytes| (document, bytes)))
                .collect();
            let batch = phone.batch(1, sync_core::id::BatchHash([0; 32]), &changes, CLOCK_START);
            let body = sync_core::wire::to_plain(&phone.request(vec![batch], CLOCK_START));
            let signature = phone.sign(&body);
            (body, signature)
        })
        .collect();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = bodies
            .iter()
            .map(|(body, signature)| {
                scope.spawn(move || {
                    let incoming = server::office::Incoming {
                        encoding: Encoding::Plain,
                        body,
                        signature: Some(*signature),
                        answer_in: Encoding::Plain,
                    };
                    office.exchange(incoming, CLOCK_START).map(drop).map_err(|problem| problem.code)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (answer, phone) in answers.iter().zip(&phones) {
        let logged = phone.own_changes().filter(|(hash, _)| office.recorded(*hash).is_ok()).count();
        match answer {
            Ok(()) => assert!(logged > 0, "acknowledged and not on disk"),
            Err(code) => assert_eq!((*code, logged), (Code::StorageFull, 0)),
        }
    }
    assert!(answers.contains(&Err(Code::StorageFull)));
    office.limit_bytes(u64::MAX).unwrap();
    assert_eq!(office.verify(|_| {}).unwrap().findings, Vec::new());
    for mut phone in phones {
        let summary = phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
        assert_eq!(summary.total.refused, 0);
        assert!(phone.own_changes().all(|(hash, _)| bench.logged(hash)));
    }
}

#[test]
fn a_database_locked_by_another_process_is_told_as_busy_and_later_loses_nothing() {
    let mut bench = Bench::new();
    bench.record_honest();
    let stranger = bench.site.stranger();
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ended = bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START);
    assert!(matches!(ended, Err(SessionError::Refused { code }) if code == Code::StorageBusy.code()));
    assert_eq!(unsent(&bench), 2);
    assert!(bench.other.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    stranger.execute_batch("ROLLBACK").unwrap();
    drop(stranger);
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    assert_eq!(unsent(&bench), 0);
    bench.everything_works();
}

#[test]
fn an_answer_lost_in_a_power_cut_is_given_again() {
    let mut bench = Bench::new();
    let document = bench.record_honest();
    let before = bench.site.files();
    // The request is on disk and the answer never leaves the office.
    let mut lost = bench.phone.clone();
    assert!(lost.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    bench.site.crash();
    let summary = bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    assert_eq!((summary.total.acknowledged, summary.total.refused, summary.agrees), (2, 0, true));
    bench.everything_works();
    // A disk that lied about having written loses an acknowledged batch: the digests tell, and the phone
    // brings it again. Its chain has a gap now, which a verification rightly finds.
    bench.site.crash_to(&before);
    assert!(bench.site.office().household(document, None, bench.other.state().actor()).is_err());
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    assert!(bench.site.office().household(document, None, bench.other.state().actor()).is_ok());
    assert!(bench.other.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    bench.acknowledged_is_on_disk();
    let findings = bench.site.office().verify(|_| {}).unwrap().findings;
    assert_eq!(
        findings.iter().map(|finding| finding.code).collect::<std::collections::BTreeSet<_>>().len(),
        1
    );
}

#[test]
fn an_office_put_back_from_a_backup_and_small_pages_come_to_an_end() {
    let mut bench = Bench::new();
    let old = bench.site.files();
    // The other collector's work of two weeks reaches this phone, and is lost at the office.
    for _ in 0..40 {
        let entry = new_household(&mut bench.dice, "01");
        let (document, _) = bench.other.record(None, entry, CLOCK_START, &mut bench.dice);
        let entry = serde_json::json!({ "entry": 1, "household": { "phone": "0900000001" } });
        bench.other.record(Some(document), entry, CLOCK_START, &mut bench.dice);
    }
    for _ in 0..30 {
        let entry = serde_json::json!({ "entry": 1, "household": { "note": format!("{}", bench.dice.below(1 << 40)) } });
        bench.other.record(Some(bench.document), entry, CLOCK_START, &mut bench.dice);
    }
    assert!(bench.other.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    bench.site.restore(&old);
    let mut session = sync_core::device::Session::new(bench.phone.key.clone(), Encoding::Packed, Some(4_096));
    let mut requests = 0;
    while let sync_core::device::Step::Send(request) =
        session.poll(&mut bench.phone.store, CLOCK_START).unwrap()
    {
        requests += 1;
        assert!(requests < 100, "the repair goes in circles");
        let answer = bench.site.deliver(&request, CLOCK_START);
        sothon_tests::world::hand_over(&mut session, &mut bench.phone.store, request.encoding, &answer)
            .unwrap();
    }
    // Its author brings it again, and everybody agrees.
    assert!(bench.other.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    assert_eq!(bench.site.office().documents(None).unwrap().len(), 41);
    assert!(bench.phone.household(bench.document).view() == bench.other.household(bench.document).view());
    bench.acknowledged_is_on_disk();
}
