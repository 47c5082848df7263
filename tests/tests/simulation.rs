//! Seeded worlds: every fault of network, disk and devices from one number. See `sothon_tests::world`.
//!
//! `SOTHON_SEED=… [SOTHON_STEPS=…] [SOTHON_COUNT=…] cargo nextest run -p sothon-tests --test simulation
//! a_seed_given --no-capture` replays one world, or explores `SOTHON_COUNT` of them from there on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use sothon_tests::world::{Dice, Outcome, World};

/// Steps of a world, before it heals.
const STEPS: usize = 120;

/// Runs the worlds and requires that what they are about did happen in them.
fn run(seeds: impl IntoIterator<Item = u64>, must_happen: &[&str]) -> Vec<Outcome> {
    let outcomes: Vec<Outcome> = seeds.into_iter().map(|seed| World::run(seed, STEPS)).collect();
    let mut happened: BTreeMap<&str, u64> = BTreeMap::new();
    for (what, count) in outcomes.iter().flat_map(|outcome| &outcome.happened) {
        *happened.entry(what).or_default() += count;
    }
    for what in must_happen {
        assert!(happened.contains_key(what), "no world had: {what}; they had {happened:?}");
    }
    outcomes
}

const NETWORK: [&str; 7] = [
    "request lost",
    "request cut",
    "request twice",
    "request arrived late",
    "answer lost",
    "answer out of order",
    "packed request",
];
const DISKS: [&str; 5] = [
    "office crash",
    "office crash before its disk",
    "office crash before its answer",
    "disk was full",
    "phone restored",
];
const OFFICE: [&str; 5] =
    ["office restored", "grant changed", "device revoked", "office decided", "phone cloned"];
const NOTICES: [&str; 3] = ["urgent report made", "sign-off made", "urgent report opened"];

#[test]
fn worlds_1_to_10_agree_and_lose_nothing() {
    let outcomes = run(1..=10, &NETWORK);
    assert!(outcomes.iter().any(|outcome| outcome.conflicts > 0), "no two phones ever disagreed");
}

#[test]
fn worlds_11_to_20_agree_and_lose_nothing() {
    run(11..=20, &DISKS);
}

#[test]
fn worlds_21_to_30_agree_and_lose_nothing() {
    let outcomes = run(21..=30, &OFFICE);
    assert!(outcomes.iter().any(|outcome| outcome.quarantined > 0), "nothing was ever refused");
}

#[test]
fn worlds_derived_from_a_constant_agree_and_lose_nothing() {
    let mut dice = Dice::new(0x5057_4f4e);
    run((0..8).map(|_| u64::from_le_bytes(dice.bytes32()[..8].try_into().expect("eight of 32"))), &NOTICES);
}

#[test]
fn a_seed_replays_the_same_world() {
    assert_eq!(World::run(7, 60), World::run(7, 60));
}

#[test]
fn a_seed_given_by_hand_agrees_and_loses_nothing() {
    let number =
        |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let seed = number("SOTHON_SEED", 31);
    let steps = usize::try_from(number("SOTHON_STEPS", STEPS as u64)).expect("a small number");
    for seed in seed..seed + number("SOTHON_COUNT", 1) {
        let outcome = World::run(seed, steps);
        println!("seed = {seed}: {outcome:?}");
    }
}
