//! `kill -9` of the office and of phones, at bytes and lines drawn from a seed: what was acknowledged or
//! told is on a disk, and everybody converges afterwards.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Value as Json, json};
use sothon_tests::harness::{Commune, Event, Handset, Serving};
use sothon_tests::world::{Dice, new_household};
use sync_core::id::{ChangeHash, DocumentId};

/// The villages of the three phones: two share one, one has both.
const GRANTS: [&[&str]; 3] = [&["03"], &["03"], &["03", "04"]];

/// About as many bytes as a phone's sync of a handful of entries takes, so that most kills come before
/// its end and some within its last bytes.
const SYNC_BYTES: usize = 4_500;

struct Round {
    commune: Commune,
    phones: Vec<Handset>,
    dice: Dice,
    /// What each phone told was recorded.
    told: Vec<BTreeSet<DocumentId>>,
    /// What each phone was seen to hold.
    held: Vec<BTreeSet<ChangeHash>>,
}

impl Round {
    fn new(seed: u64) -> (Self, Serving) {
        eprintln!("seed {seed}");
        let commune = Commune::init(&[("03", "Hoàng Tân"), ("04", "Hoàng Thủy")]);
        let serving = commune.serve();
        let phones: Vec<Handset> = (1..)
            .zip(GRANTS)
            .map(|(number, villages)| Handset::enrolled(&commune, &format!("may-{number}"), villages))
            .collect();
        for phone in &phones {
            phone.synced();
        }
        let (told, held) = (vec![BTreeSet::new(); 3], vec![BTreeSet::new(); 3]);
        (Self { commune, phones, dice: Dice::new(seed), told, held }, serving)
    }

    fn entries(&mut self, phone: usize, count: usize) -> Vec<Json> {
        let village = *self.dice.pick(GRANTS[phone]);
        (0..count).map(|_| new_household(&mut self.dice, village)).collect()
    }

    /// New households, and another visit to one that the phone holds.
    fn record(&mut self, phone: usize) {
        let count = 1 + self.dice.below(6);
        let mut entries = self.entries(phone, count);
        let known: Vec<DocumentId> = self.told[phone].iter().copied().collect();
        if !known.is_empty() {
            let document = *self.dice.pick(&known);
            let note = format!("ghi chú {}", self.dice.below(1_000_000));
            let again = json!({ "entry": 1, "household": { "note": note }, "visit": { "date": "2024-10-20", "result": "met" } });
            entries.push(json!({ "document": document, "entry": again }));
        }
        let recorded = self.phones[phone].record(&entries, None);
        assert_eq!(recorded.len(), entries.len());
        self.told[phone].extend(recorded.into_iter().map(|(document, _)| document));
    }

    /// What each phone holds, acknowledged or not; nothing it held before may be missing, and what it
    /// holds as acknowledged is at the office.
    fn check(&mut self) {
        let kept: BTreeSet<ChangeHash> = self.commune.kept().into_iter().collect();
        for (number, phone) in self.phones.iter().enumerate() {
            let status = phone.status();
            let changes = phone.changes();
            let held: BTreeSet<ChangeHash> = changes.iter().map(|(hash, _)| *hash).collect();
            let lost: Vec<_> = self.held[number].difference(&held).collect();
            assert!(lost.is_empty(), "phone {number} lost {lost:?}");
            let broken: Vec<_> =
                changes.iter().filter(|(hash, state)| *state != 0 && !kept.contains(hash)).collect();
            assert!(
                broken.is_empty(),
                "the office lost what phone {number} holds as acknowledged: {broken:?}"
            );
            assert!(
                status["documents"].as_u64() >= Some(self.told[number].len() as u64),
                "phone {number}: {status}"
            );
            self.held[number] = held;
        }
    }

    /// Everybody syncs until nothing is left, and then holds the same.
    fn settle(&mut self) {
        for _ in 0..2 {
            for phone in &self.phones {
                phone.synced();
            }
        }
        self.check();
        self.commune.verify();
        let logged: BTreeSet<ChangeHash> = self.commune.logged().into_iter().collect();
        assert_eq!(self.held[2], logged, "the phone of both villages holds the whole log");
        assert!(self.held[0] == self.held[1] && self.held[0].is_subset(&logged));
        for (phone, told) in self.phones.iter().zip(&self.told) {
            let listed = phone.run(["list", "--json"]).json();
            let listed = listed.as_array().expect("a list");
            let documents: BTreeMap<&str, &Json> =
                listed.iter().map(|one| (one["document"].as_str().expect("a name"), one)).collect();
            assert_eq!(documents.len(), listed.len(), "no household is listed twice");
            assert!(told.iter().all(|document| documents.contains_key(document.to_string().as_str())));
            assert!(listed.iter().all(|one| one["unsent"] == 0 && one["refused"] == 0));
        }
        let all: BTreeSet<_> = self.told.iter().flatten().collect();
        let status = self.phones[2].status();
        assert_eq!(status["documents"], all.len(), "no household was doubled");
    }
}

fn ended(events: &Receiver<Event>) -> bool {
    matches!(events.recv().expect("somebody tells"), Event::Ended(..))
}

/// Three phones sync; the office is killed where the line has carried so many bytes, and comes back before
/// anything more passes; they try again. Returns whether it came to that.
fn sync_through_a_crash(round: &Round, serving: &mut Option<Serving>, bytes: u64) -> bool {
    let (teller, events): (Sender<Event>, _) = channel();
    round.commune.line.halt_after(bytes, teller.clone());
    for (number, phone) in round.phones.iter().enumerate() {
        phone.begin_sync(8).tell_end(number, teller.clone());
    }
    let (mut running, mut killed) = (round.phones.len(), false);
    while running > 0 {
        match events.recv().expect("somebody tells") {
            Event::Halted => {
                serving.take().expect("one office serves").kill();
                *serving = Some(round.commune.serve());
                round.commune.line.go_on();
                killed = true;
            }
            Event::Ended(number, ran) => {
                assert_eq!(ran.code, Some(0), "phone {number}, killed after {bytes} bytes: {}", ran.stderr);
                running -= 1;
            }
        }
    }
    round.commune.line.go_on();
    killed
}

#[test]
fn an_office_killed_anywhere_keeps_what_it_acknowledged() {
    for seed in [41, 42] {
        let (mut round, serving) = Round::new(seed);
        let (mut serving, mut kills) = (Some(serving), 0);
        for _ in 0..8 {
            for phone in 0..round.phones.len() {
                round.record(phone);
            }
            let bytes = round.dice.below(3 * SYNC_BYTES) as u64;
            kills += u32::from(sync_through_a_crash(&round, &mut serving, bytes));
            round.check();
        }
        assert!(kills >= 3, "seed {seed}: only {kills} kills");
        round.settle();
        serving.take().expect("one office serves").stop();
    }
}

#[test]
fn a_phone_killed_while_it_syncs_goes_on_where_it_was() {
    let (mut round, serving) = Round::new(51);
    let mut kills = 0;
    for turn in 0..12 {
        let phone = turn % round.phones.len();
        round.record(phone);
        let bytes = round.dice.below(SYNC_BYTES) as u64;
        let (teller, events) = channel();
        round.commune.line.halt_after(bytes, teller.clone());
        let mut run = round.phones[phone].begin_sync(0);
        run.watch(phone, teller);
        if !ended(&events) {
            let _ = run.kill();
            kills += 1;
        }
        round.commune.line.go_on();
        round.check();
    }
    assert!(kills >= 4, "only {kills} kills");
    round.settle();
    serving.stop();
}

#[test]
fn a_phone_killed_while_it_records_holds_what_it_told() {
    let (mut round, serving) = Round::new(61);
    let mut cut_short = 0;
    for lines in [0, 1, 40, 64, 65] {
        let entries = round.entries(0, 100);
        let told = round.phones[0].record_and_die(&entries, lines);
        assert!(told.len() >= lines);
        cut_short += usize::from(told.len() < entries.len());
        let listed = round.phones[0].run(["list", "--json"]).json();
        let documents: BTreeSet<&str> =
            listed.as_array().expect("a list").iter().filter_map(|one| one["document"].as_str()).collect();
        for (document, _) in &told {
            assert!(documents.contains(document.to_string().as_str()), "{document} was told and is gone");
        }
        let heads = listed.as_array().expect("a list").iter().filter(|one| one["head_name"] == "");
        assert_eq!(heads.count(), 0, "no household without what was said of it");
        // What it had no time to tell may be there too, whole.
        round.told[0] = documents.iter().map(|document| document.parse().expect("a name")).collect();
        round.check();
    }
    assert!(cut_short >= 2, "only {cut_short} of the kills came before the end");
    round.settle();
    serving.stop();
}
