//! What a collector's phone sees, writes and signs after the commune merged its village.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::civil::{Date, date};
use server::office::places::PlaceAct;
use server::office::{Author, VillageState};
use sothon_tests::world::{CLOCK_START, Dice, Phone, Site, new_household};
use sync_core::device::{DeviceStore, Encoding, Statement, sign_off};
use sync_core::wire::ReviewRound;

/// Two days before the merger, and the day of it.
const BEFORE: Date = date(2024, 10, 20);
const MERGED: Date = date(2024, 10, 22);
const TODAY: Date = date(2024, 10, 24);

fn round() -> ReviewRound {
    ReviewRound {
        code: "2024-2".into(),
        title: "Rà soát".into(),
        starts: "2024-10-01".into(),
        ends: "2024-10-25".into(),
        as_of: "2024-11-20".into(),
    }
}

struct Bench {
    dice: Dice,
    site: Site,
    /// One of village 01, one of village 02.
    phones: [Phone; 2],
}

impl Bench {
    fn new() -> Self {
        let mut dice = Dice::new(78);
        let site = Site::new(&mut dice, &["01", "02"]);
        let phones = ["01", "02"].map(|code| Phone::enrol(&site, &mut dice, code, &[code], CLOCK_START));
        assert_eq!(site.office().open_round(None, &round(), CLOCK_START), Ok(true));
        let mut bench = Self { dice, site, phones };
        bench.sync();
        bench
    }

    fn sync(&mut self) {
        for phone in &mut self.phones {
            let summary = phone.sync(&self.site, Encoding::Packed, CLOCK_START).unwrap();
            assert!(summary.agrees);
        }
    }

    fn record(&mut self, phone: usize, village: &str) {
        let entry = new_household(&mut self.dice, village);
        self.phones[phone].record(None, entry, CLOCK_START, &mut self.dice);
    }

    fn sign(&mut self, phone: usize, village: &str) {
        let phone = &mut self.phones[phone];
        let key = phone.key.clone();
        let statement =
            Statement { round: "2024-2", village, day: "2024-10-24", reopened: false, undecided: 0 };
        sign_off(&mut phone.store, &key, statement, CLOCK_START, self.dice.random()).unwrap();
    }

    fn merge(&mut self) {
        let act = PlaceAct::Merge {
            villages: vec!["01".into(), "02".into()],
            into: "07".into(),
            name: Some("Thôn Hợp Nhất".into()),
        };
        let author = Author::from_bytes(&[3; 32]);
        let placed =
            self.site.office().change_places(&author, &act, MERGED, true, TODAY, CLOCK_START).unwrap();
        assert_eq!((placed.granted, placed.full), (2, 0));
    }

    fn states(&self, on: Date) -> Vec<VillageState> {
        self.site.office().village_states(Some(&round()), on).unwrap()
    }

    /// Code, households, whether it is signed off.
    fn told(&self, on: Date) -> Vec<(String, u64, bool)> {
        self.states(on)
            .into_iter()
            .map(|state| (state.code.clone(), state.households, state.is_signed()))
            .collect()
    }
}

fn village(code: &str, households: u64, signed: bool) -> (String, u64, bool) {
    (code.to_owned(), households, signed)
}

#[test]
fn after_a_merger_phones_see_and_write_as_before_and_nothing_is_lost() {
    let mut bench = Bench::new();
    bench.record(0, "01");
    bench.record(1, "02");
    bench.sync();
    // One has recorded something that the office does not have yet.
    bench.record(0, "01");
    bench.merge();
    bench.sync();
    bench.record(1, "02");
    bench.record(0, "07");
    bench.sync();
    assert_eq!(bench.told(TODAY), [village("07", 5, false)]);
    assert!(bench.site.office().quarantine().unwrap().is_empty(), "nothing was refused");
    for (phone, own) in bench.phones.iter().zip(["01", "02"]) {
        let state = phone.state();
        assert_eq!(state.grants.villages, [own, "07"], "the old village, and the new one beside it");
    }
    let held = |phone: &Phone| {
        let Ok(documents) = phone.store.documents();
        documents.len()
    };
    assert_eq!(held(&bench.phones[0]), 3, "its own two, and the one begun under the new code");
}

#[test]
fn a_merged_village_is_signed_off_when_every_old_register_is() {
    let mut bench = Bench::new();
    bench.record(0, "01");
    bench.record(1, "02");
    bench.sign(0, "01");
    bench.sync();
    assert_eq!(bench.told(TODAY), [village("01", 1, true), village("02", 1, false)]);
    bench.merge();
    // What was signed before the merger stands, of the households it was signed over.
    assert_eq!(bench.told(TODAY), [village("07", 2, false)]);
    let unsigned: Vec<String> = bench.states(TODAY)[0]
        .sign_offs
        .iter()
        .filter(|of| of.signed.is_none())
        .map(|of| of.code.clone())
        .collect();
    assert_eq!(unsigned, ["02"]);
    // The phone knows the old code and signs it after the merger: that is the other half.
    bench.sync();
    bench.sign(1, "02");
    bench.sync();
    assert_eq!(bench.told(TODAY), [village("07", 2, true)]);
    assert_eq!(bench.told(BEFORE), [village("01", 1, true), village("02", 1, true)]);
    // A household met for the first time is recorded under the new code, and nobody has signed for it.
    bench.record(0, "07");
    bench.sync();
    assert_eq!(bench.told(TODAY), [village("07", 3, false)]);
}
