//! Properties of the core and of the office's log, over many cases drawn from fixed seeds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use minicbor::bytes::ByteArray;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use sothon_tests::world::hostile::{mutant, reseal};
use sothon_tests::world::{CLOCK_START, Dice, Phone, Site, new_household, visit};
use sync_core::chunk;
use sync_core::date::PartialDate;
use sync_core::device::DeviceStore;
use sync_core::document::{Edit, Household, examine};
use sync_core::entry::Entry;
use sync_core::facts::HouseholdFacts;
use sync_core::heads::{Fingerprint, HeadSet};
use sync_core::id::{
    ActorId, BatchHash, ChangeHash, CommuneId, DeviceId, DocumentId, EntityId, Incarnation, NoticeId,
};
use sync_core::notice::Notice;
use sync_core::projection::project;
use sync_core::wire::packed::{Resolver, pack_request, pack_response, unpack_request, unpack_response};
use sync_core::wire::{
    Batch, BatchChange, CommuneInfo, Cursor, DocumentChanges, EnrolmentRequest, EnrolmentResponse,
    ExchangeRequest, ExchangeResponse, Grants, NoticeFate, NoticeRefusalNote, Position, Receipt, RefusalNote,
    Reminder, ReviewRound, from_plain, to_plain,
};

/// The same cases on every machine and in every run.
fn runner(cases: u32) -> TestRunner {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(
        config,
        TestRng::from_seed(RngAlgorithm::ChaCha, b"So Thon: the same on every run.."),
    )
}

/// What two collectors wrote about a few households, each change with its author's place.
struct Written {
    site: Site,
    phones: Vec<Phone>,
    changes: Vec<(usize, DocumentId, Vec<u8>)>,
}

/// Two phones record and read each other for a while, against an office of their own.
fn written(dice: &mut Dice) -> Written {
    let site = Site::new(dice, &["01"]);
    let mut phones: Vec<Phone> = (0..2)
        .map(|number| Phone::enrol(&site, dice, &format!("phone {number}"), &["01"], CLOCK_START))
        .collect();
    for step in 0..10 {
        let who = dice.below(2);
        let Ok(documents) = phones[who].store.documents();
        let document = (step > 2 && !documents.is_empty()).then(|| *dice.pick(&documents));
        let entry = match document {
            Some(document) => visit(dice, &phones[who].household(document).view()),
            None => new_household(dice, "01"),
        };
        phones[who].record(document, entry, CLOCK_START + step, dice);
        if dice.percent(30) {
            for phone in &mut phones {
                phone.sync(&site, sync_core::device::Encoding::Plain, CLOCK_START).unwrap();
            }
        }
    }
    let mut changes = Vec::new();
    for (who, phone) in phones.iter().enumerate() {
        let own: BTreeSet<ChangeHash> = phone.own_changes().map(|(hash, _)| hash).collect();
        let own = phone.store.all_changes().filter(|change| own.contains(&change.hash));
        changes.extend(own.map(|change| (who, change.document, change.bytes.clone())));
    }
    Written { site, phones, changes }
}

/// Another office that knows the same devices, with nothing in its log but their enrolment.
fn another_office(site: &mut Site) {
    let stranger = site.stranger();
    stranger
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             DELETE FROM facts; DELETE FROM person; DELETE FROM conflict; DELETE FROM document; DELETE FROM refusal;
             DELETE FROM quarantine; DELETE FROM log WHERE position > 2; DELETE FROM batch;
             UPDATE device SET chain_number = 0, chain_hash = zeroblob(32);",
        )
        .unwrap();
    drop(stranger);
    site.crash();
}

#[test]
fn any_order_any_repetition_and_any_partition_give_the_same_documents_facts_and_digest() {
    runner(24)
        .run(&any::<u64>(), |seed| {
            let mut dice = Dice::new(seed);
            let Written { mut site, phones, changes } = written(&mut dice);
            another_office(&mut site);
            let mut expected: BTreeMap<DocumentId, BTreeMap<ChangeHash, Vec<u8>>> = BTreeMap::new();
            for (_, document, bytes) in &changes {
                let (hash, _) = chunk::open(bytes).unwrap();
                expected.entry(*document).or_default().insert(hash, bytes.clone());
            }
            // Any order, some of them twice, cut anywhere into batches.
            let mut sent: Vec<_> = changes.clone();
            sent.extend((0..dice.below(6)).map(|_| changes[dice.below(changes.len())].clone()));
            dice.shuffle(&mut sent);
            let mut chains = vec![(0, BatchHash([0; 32])); phones.len()];
            while !sent.is_empty() {
                let who = sent[0].0;
                let count = 1 + dice.below(5);
                let mut batch = Vec::new();
                let mut rest = Vec::new();
                for (author, document, bytes) in sent {
                    if author == who && batch.len() < count {
                        batch.push((document, bytes));
                    } else {
                        rest.push((author, document, bytes));
                    }
                }
                sent = rest;
                let (number, previous) = chains[who];
                let batch = phones[who].batch(number + 1, previous, &batch, CLOCK_START);
                let answer = phones[who]
                    .say(&site, &phones[who].request(vec![batch], CLOCK_START), CLOCK_START)
                    .unwrap();
                chains[who] = (number + 1, answer.receipts[0].hash);
            }
            let office = site.office();
            prop_assert_eq!(office.quarantine().unwrap(), Vec::new());
            let facts: BTreeMap<DocumentId, Vec<u8>> = office
                .facts(None, None)
                .unwrap()
                .households
                .iter()
                .map(|facts| (facts.document, to_plain(facts)))
                .collect();
            prop_assert_eq!(facts.len(), expected.len());
            for (document, changes) in &expected {
                let mut order: Vec<Vec<u8>> = changes.values().cloned().collect();
                let first =
                    order.iter().position(|bytes| chunk::open(bytes).unwrap().1.deps.is_empty()).unwrap();
                order.swap(0, first);
                dice.shuffle(&mut order[1..]);
                let household = Household::load(ActorId([0; 16]), &order).unwrap();
                prop_assert_eq!(&facts[document], &to_plain(&project(&household.view())));
                let ours = office.household(*document, None, ActorId([0; 16])).unwrap();
                prop_assert!(ours.view() == household.view());
                prop_assert_eq!(ours.heads(), household.heads());
            }
            let findings = office.verify(|_| {}).unwrap().findings;
            prop_assert!(findings.is_empty(), "{findings:?}");
            Ok(())
        })
        .unwrap();
}

/// A resolver that knows what a list of changes says.
struct Known(Vec<(DocumentId, ChangeHash)>);

impl Resolver for Known {
    fn document(&self, prefix: &[u8]) -> Option<DocumentId> {
        self.0.iter().map(|(document, _)| *document).find(|document| document.0.starts_with(prefix))
    }

    fn change(&self, document: DocumentId, prefix: &[u8]) -> Option<ChangeHash> {
        self.0.iter().find(|(of, hash)| *of == document && hash.0.starts_with(prefix)).map(|(_, hash)| *hash)
    }
}

fn known(changes: &[(usize, DocumentId, Vec<u8>)]) -> Known {
    Known(changes.iter().map(|(_, document, bytes)| (*document, chunk::open(bytes).unwrap().0)).collect())
}

fn id16(dice: &mut Dice) -> [u8; 16] {
    dice.bytes32()[..16].try_into().unwrap()
}

fn number(dice: &mut Dice) -> u64 {
    u64::from_le_bytes(dice.bytes32()[..8].try_into().unwrap()) >> (1 + dice.below(63))
}

fn signature(dice: &mut Dice) -> ByteArray<64> {
    ByteArray::from(<[u8; 64]>::try_from([dice.bytes32(), dice.bytes32()].concat()).unwrap())
}

fn cursor(dice: &mut Dice) -> Cursor {
    let positions =
        (0..dice.below(4)).map(|n| Position { village: format!("0{n}"), log: number(dice) }).collect();
    Cursor { incarnation: dice.percent(50).then(|| Incarnation(id16(dice))), positions }
}

fn request(dice: &mut Dice, changes: &[(usize, DocumentId, Vec<u8>)]) -> ExchangeRequest {
    let batches = (0..dice.below(4)).map(|n| {
        let carried = (0..dice.below(6)).map(|_| {
            let (_, document, bytes) = dice.pick(changes).clone();
            BatchChange { document, bytes: bytes.into() }
        });
        Batch {
            number: n as u64 + 1,
            changes: carried.collect(),
            previous: BatchHash(dice.bytes32()),
            signed_at: number(dice).cast_signed(),
            signature: signature(dice),
        }
    });
    let batches = batches.collect();
    let fingerprints =
        (0..dice.below(5)).map(|_| Fingerprint { document: DocumentId(id16(dice)), heads: number(dice) });
    let fingerprints: Vec<_> = fingerprints.collect();
    ExchangeRequest {
        protocol: 1,
        device: DeviceId(dice.bytes32()[..12].try_into().unwrap()),
        cursor: cursor(dice),
        epoch: number(dice),
        batches,
        page_bytes: dice.percent(50).then_some(4_096),
        fingerprints: dice.percent(50).then_some(fingerprints),
        refusals_noted: number(dice),
        clock: number(dice).cast_signed(),
        notices: dice.percent(50).then(|| (0..dice.below(3)).map(|_| notice(dice)).collect()),
        awaited: dice.percent(50).then(|| (0..dice.below(3)).map(|_| NoticeId(id16(dice))).collect()),
    }
}

fn commune(dice: &mut Dice) -> CommuneInfo {
    CommuneInfo {
        id: CommuneId(id16(dice)),
        name: "Xã Giả Lập".into(),
        confidential_key: ByteArray::from(dice.bytes32()),
        villages: vec![("01".into(), "Thôn Ngọc Sơn".into())],
        unit_word: "thôn".into(),
        letter_key: dice.percent(50).then(|| ByteArray::from(dice.bytes32())),
        rounds: dice.percent(50).then(|| (0..dice.below(3)).map(round).collect()),
        contacts: dice.percent(50).then(|| vec![("Công an xã".into(), "0900 000 001".into())]),
        devices: dice
            .percent(50)
            .then(|| vec![(DeviceId(dice.bytes32()[..12].try_into().unwrap()), "Điện thoại thôn 01".into())]),
        reminders: dice.percent(50).then(|| {
            vec![Reminder { round: "2026-1".into(), village: "01".into(), day: "2026-11-03".into() }]
        }),
    }
}

fn round(number: usize) -> ReviewRound {
    ReviewRound {
        code: format!("2026-{number}"),
        title: "Rà soát".into(),
        starts: "2026-11-01".into(),
        ends: "2026-11-30".into(),
        as_of: "2026-11-20".into(),
    }
}

fn notice(dice: &mut Dice) -> Notice {
    Notice {
        id: NoticeId(id16(dice)),
        kind: u8::try_from(dice.below(256)).unwrap(),
        made_at: number(dice).cast_signed(),
        body: dice.bytes32()[..dice.below(32)].to_vec().into(),
        signature: signature(dice),
    }
}

fn response(dice: &mut Dice, changes: &[(usize, DocumentId, Vec<u8>)]) -> ExchangeResponse {
    let mut page: BTreeMap<DocumentId, Vec<Vec<u8>>> = BTreeMap::new();
    for (_, document, bytes) in changes.iter().filter(|_| dice.percent(60)) {
        page.entry(*document).or_default().push(bytes.clone());
    }
    let page = page.into_iter().map(|(document, changes)| DocumentChanges {
        document,
        changes: changes.into_iter().map(Into::into).collect(),
        complete: dice.percent(50),
    });
    let page = page.collect();
    ExchangeResponse {
        protocol: 1,
        incarnation: Incarnation(id16(dice)),
        clock: number(dice).cast_signed(),
        receipts: (0..dice.below(3))
            .map(|n| Receipt { number: n as u64, hash: BatchHash(dice.bytes32()) })
            .collect(),
        refusals: (0..dice.below(3))
            .map(|n| RefusalNote {
                id: n as u64,
                document: DocumentId(id16(dice)),
                hash: ChangeHash(dice.bytes32()),
                code: "change_unsound".into(),
            })
            .collect(),
        cursor: cursor(dice),
        more: dice.percent(50),
        page,
        grants: Grants { epoch: number(dice), villages: vec!["01".into()] },
        digest: dice.percent(50).then(|| ByteArray::from(dice.bytes32())),
        wanted: (0..dice.below(3)).map(|_| DocumentId(id16(dice))).collect(),
        commune: dice.percent(50).then(|| commune(dice)),
        warnings: vec!["clock_off".into()],
        notices: dice.percent(50).then(|| {
            let fate = |n: usize| NoticeFate { id: NoticeId([7; 16]), state: 1, at: n as i64 };
            (0..dice.below(3)).map(fate).collect()
        }),
        remaining_bytes: dice.percent(50).then(|| number(dice)),
        notice_refusals: dice
            .percent(50)
            .then(|| vec![NoticeRefusalNote { id: NoticeId(id16(dice)), code: "notices_full".into() }]),
    }
}

#[test]
fn every_message_comes_back_as_it_was_plain_and_packed() {
    let changes = written(&mut Dice::new(11)).changes;
    let known = known(&changes);
    runner(200)
        .run(&any::<u64>(), |seed| {
            let mut dice = Dice::new(seed);
            let said = request(&mut dice, &changes);
            prop_assert_eq!(&from_plain::<ExchangeRequest>(&to_plain(&said)).unwrap(), &said);
            prop_assert_eq!(&unpack_request(&pack_request(&said), &known).unwrap(), &said);
            let answered = response(&mut dice, &changes);
            prop_assert_eq!(&from_plain::<ExchangeResponse>(&to_plain(&answered)).unwrap(), &answered);
            prop_assert_eq!(&unpack_response(&pack_response(&answered), &known).unwrap(), &answered);
            let enrols = EnrolmentRequest {
                protocol: 1,
                code: "ABCD-EFGH-JKLM".into(),
                public_key: ByteArray::from(dice.bytes32()),
                signature: signature(&mut dice),
            };
            prop_assert_eq!(&from_plain::<EnrolmentRequest>(&to_plain(&enrols)).unwrap(), &enrols);
            let enrolled = EnrolmentResponse {
                protocol: 1,
                device: said.device,
                commune: commune(&mut dice),
                grants: answered.grants,
                installation: 1,
            };
            prop_assert_eq!(&from_plain::<EnrolmentResponse>(&to_plain(&enrolled)).unwrap(), &enrolled);
            Ok(())
        })
        .unwrap();
}

#[test]
fn facts_and_heads_come_back_as_they_were() {
    let changes = written(&mut Dice::new(12)).changes;
    let mut documents: BTreeMap<DocumentId, Vec<Vec<u8>>> = BTreeMap::new();
    let mut heads: BTreeMap<DocumentId, HeadSet> = BTreeMap::new();
    for (_, document, bytes) in &changes {
        documents.entry(*document).or_default().push(bytes.clone());
    }
    for (document, changes) in &mut documents {
        let first = changes.iter().position(|bytes| chunk::open(bytes).unwrap().1.deps.is_empty()).unwrap();
        changes.swap(0, first);
        let household = Household::load(ActorId([0; 16]), changes).unwrap();
        let facts = project(&household.view());
        assert_eq!(from_plain::<HouseholdFacts>(&to_plain(&facts)).unwrap(), facts);
        let set = heads.entry(*document).or_default();
        household.heads().into_iter().for_each(|hash| set.advance(hash, &[]));
        assert_eq!(HeadSet::from_bytes(&set.to_bytes()).as_ref(), Some(&*set));
    }
}

/// Every decoder that bytes from outside reach. What it says does not matter here; that it returns does.
fn decode_everything(bytes: &[u8], known: &Known) {
    let _ = chunk::open(bytes);
    let _ = from_plain::<ExchangeRequest>(bytes);
    let _ = from_plain::<ExchangeResponse>(bytes);
    let _ = from_plain::<EnrolmentRequest>(bytes);
    let _ = from_plain::<EnrolmentResponse>(bytes);
    let _ = from_plain::<HouseholdFacts>(bytes);
    let _ = unpack_request(bytes, known);
    let _ = unpack_response(bytes, known);
    let _ = Entry::parse(bytes);
    let _ = HeadSet::from_bytes(bytes);
    let text = String::from_utf8_lossy(bytes);
    let _ = text.parse::<PartialDate>();
    let _ = text.parse::<EntityId>();
    let _ = text.parse::<DocumentId>();
    let _ = examine(None, DocumentId([0; 16]), DeviceId([0; 12]), bytes);
}

#[test]
fn arbitrary_bytes_panic_no_decoder() {
    let changes = written(&mut Dice::new(13)).changes;
    let known = known(&changes);
    runner(3_000)
        .run(&(vec(any::<u8>(), 0..300), 0usize..6), |(mut bytes, kind)| {
            match kind {
                0 => {}
                1 => drop(bytes.splice(..0, [1, 0])),
                2 => drop(bytes.splice(..0, [0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 1])),
                3 => drop(bytes.splice(..0, [0xa9, 1, 1, 2, 0x4c])),
                _ => {
                    // Behind a frame that decompresses: the packed encoding's own parser.
                    let frame =
                        zstd::bulk::Compressor::with_dictionary(1, sync_core::wire::packed::DICTIONARY)
                            .and_then(|mut compressor| compressor.compress(&bytes))
                            .unwrap();
                    bytes = [vec![1, 0], frame].concat();
                }
            }
            reseal(&mut bytes);
            decode_everything(&bytes, &known);
            Ok(())
        })
        .unwrap();
    runner(500)
        .run(&".{0,40}", |text| {
            decode_everything(text.as_bytes(), &known);
            Ok(())
        })
        .unwrap();
}

#[test]
fn messages_altered_anywhere_panic_no_decoder() {
    let changes = written(&mut Dice::new(14)).changes;
    let known = known(&changes);
    runner(400)
        .run(&any::<u64>(), |seed| {
            let mut dice = Dice::new(seed);
            let said = request(&mut dice, &changes);
            let answered = response(&mut dice, &changes);
            let sound = [to_plain(&said), pack_request(&said), to_plain(&answered), pack_response(&answered)];
            for mut bytes in sound {
                for _ in 0..1 + dice.below(4) {
                    let place = dice.below(bytes.len());
                    bytes[place] = dice.bytes32()[0];
                }
                decode_everything(&bytes, &known);
                decode_everything(&bytes[..dice.below(bytes.len())], &known);
            }
            Ok(())
        })
        .unwrap();
}

/// Trap 1 of the CRDT library: of changes altered in a few bytes, many panic it or leave a document that
/// no longer loads. None of those may pass the examination, and those that pass leave a document that
/// goes on living.
#[test]
fn mutated_changes_never_panic_and_never_brick_a_document() {
    // The library's panics are caught; what they would print is of no use.
    std::panic::set_hook(Box::new(|_| {}));
    let mut passed = 0;
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..8 {
        let mut dice = Dice::new(1_000 + seed);
        let mut documents: BTreeMap<DocumentId, Vec<Vec<u8>>> = BTreeMap::new();
        for (_, document, bytes) in written(&mut dice).changes {
            documents.entry(document).or_default().push(bytes);
        }
        for round in 0..320 {
            let (document, changes) = documents.iter().nth(round % documents.len()).unwrap();
            let victim = dice.pick(changes);
            let (victim_hash, opened) = chunk::open(victim).unwrap();
            let device = opened.actor.device();
            let before = ancestors(changes, &opened.deps);
            let known = (!before.is_empty()).then(|| Household::load(ActorId([0; 16]), &before).unwrap());
            let altered = mutant(&mut dice, victim);
            let examined =
                catch_unwind(AssertUnwindSafe(|| examine(known.as_ref(), *document, device, &altered)));
            match examined.expect("an examination never panics") {
                Err(refusal) => *refused.entry(refusal.code()).or_default() += 1,
                Ok(examined) => {
                    assert!(examined.hash != victim_hash || altered == *victim);
                    passed += 1;
                    live_on(&before, &altered, &examined.household);
                    beside_others(changes, victim_hash, &before, &altered);
                }
            }
        }
    }
    drop(std::panic::take_hook());
    let tried = passed + refused.values().sum::<usize>();
    assert!(tried >= 2_000, "only {tried} mutants");
    assert!(passed > 0, "no mutant passed: the mutation is too coarse to try the library");
    println!("{tried} mutants: {passed} passed and lived on; refused: {refused:?}");
}

/// The changes that `heads` need, dependencies first.
fn ancestors(changes: &[Vec<u8>], heads: &[ChangeHash]) -> Vec<Vec<u8>> {
    let by_hash: BTreeMap<ChangeHash, &Vec<u8>> =
        changes.iter().map(|bytes| (chunk::open(bytes).unwrap().0, bytes)).collect();
    let mut needed = BTreeSet::new();
    let mut open: Vec<ChangeHash> = heads.to_vec();
    while let Some(hash) = open.pop() {
        if needed.insert(hash) {
            open.extend(chunk::open(by_hash[&hash]).unwrap().1.deps);
        }
    }
    let mut needed: Vec<Vec<u8>> = needed.iter().map(|hash| by_hash[hash].clone()).collect();
    needed.sort_by_key(|bytes| chunk::open(bytes).unwrap().1.start_op);
    needed
}

/// A document with an odd change in it loads, shows, is projected, and takes further edits of others.
fn live_on(before: &[Vec<u8>], altered: &[u8], examined: &Household) {
    let mut changes = before.to_vec();
    changes.push(altered.to_vec());
    let other = DeviceId([0xee; 12]);
    let mut loaded = Household::load(other.actor(1), &changes).expect("what passed loads from the log");
    assert!(loaded.view() == examined.view());
    let facts = to_plain(&project(&loaded.view()));
    from_plain::<HouseholdFacts>(&facts).expect("facts come back");
    let edits = [Edit::household("note", "GIẢ LẬP"), Edit::household("phone", "0900000009")];
    let next = loaded.edit(&edits, CLOCK_START).expect("new values");
    let known = Household::load(ActorId([0; 16]), &changes).expect("as before");
    examine(Some(&known), loaded.id(), other, &next.bytes).expect("an honest edit on top passes");
}

/// What passed says the same whether it comes before or after what others wrote at the same time.
fn beside_others(changes: &[Vec<u8>], victim: ChangeHash, before: &[Vec<u8>], altered: &[u8]) {
    let hash = |bytes: &Vec<u8>| chunk::open(bytes).unwrap().0;
    let at_once: Vec<Vec<u8>> = changes
        .iter()
        .filter(|bytes| !ancestors(changes, &[hash(bytes)]).iter().any(|ancestor| hash(ancestor) == victim))
        .filter(|bytes| !before.contains(bytes))
        .cloned()
        .collect();
    if before.is_empty() || at_once.is_empty() {
        return;
    }
    let mut at_once = at_once;
    at_once.sort_by_key(|bytes| chunk::open(bytes).unwrap().1.start_op);
    let first = [before, &[altered.to_vec()], &at_once[..]].concat();
    let last = [before, &at_once[..], &[altered.to_vec()]].concat();
    let nobody = ActorId([0; 16]);
    let others = Household::load(nobody, &[before, &at_once[..]].concat()).expect("honest changes");
    let device = chunk::open(altered).unwrap().1.actor.device();
    if examine(Some(&others), others.id(), device, altered).is_ok() {
        let (first, last) = (Household::load(nobody, &first), Household::load(nobody, &last));
        let (first, last) = (first.expect("it loads before the others"), last.expect("it loads after them"));
        assert!(first.view() == last.view(), "the order of arrival shows");
    }
}
