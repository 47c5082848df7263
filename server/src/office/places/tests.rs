#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use sync_core::date::Date;
use sync_core::document::Household;
use sync_core::entry::{Entry, plan_entry};
use sync_core::facts::HouseholdFacts;
use sync_core::id::DocumentId;
use sync_core::seal::ConfidentialKey;
use sync_core::tally::{Counter, Period};

use super::{NOW, PlaceAct, PlaceErrors, PlacePart, Placed, VillageStep};
use crate::office::{Author, CommuneConfig, Office, OfficeOptions};

const CLOCK: i64 = 1_760_000_000;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn today() -> Date {
    day("2026-01-10")
}

struct World {
    _folder: tempfile::TempDir,
    office: Office,
    author: Author,
    random: StdRng,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut random = StdRng::seed_from_u64(7);
        let villages = [("01", "Thôn Một"), ("02", "Thôn Hai"), ("03", "Thôn Ba")];
        let config = CommuneConfig {
            name: "Xã Giả Lập".to_owned(),
            unit_word: "thôn".to_owned(),
            villages: villages.map(|(code, name)| (code.to_owned(), name.to_owned())).to_vec(),
            confidential_key: ConfidentialKey::draw(&mut random).public().unwrap(),
        };
        let options = OfficeOptions { random: Box::new(StdRng::seed_from_u64(8)) };
        let office = Office::create(&folder.path().join("register.sqlite"), &config, options).unwrap();
        Self { _folder: folder, office, author: Author::from_bytes(&[4; 32]), random }
    }

    /// A household with one child (synthetic).
    fn household(&mut self, village: &str) -> DocumentId {
        use sync_core::random::Random as _;
        let actor = self.author.actor(self.office.commune());
        let (mut household, first) = Household::create(actor, village, CLOCK, self.random.next_u64());
        let entry =
            json!({ "entry": 1, "children": [{ "ref": "a", "birth_date": "2019-05-03", "sex": "male" }] });
        let entry = Entry::from_json(entry).unwrap();
        let key = &self.office.commune().confidential_key;
        let plan = plan_entry(&entry, &household.view(), key, &mut self.random).unwrap();
        let change = household.edit(&plan.edits, CLOCK).unwrap();
        let id = household.id();
        self.office.author(&self.author, vec![(id, first), (id, change)], Vec::new(), CLOCK).unwrap();
        id
    }

    fn act(&self, act: &PlaceAct, since: &str) -> Result<Placed, PlaceErrors> {
        self.office.change_places(&self.author, act, day(since), true, today(), CLOCK)
    }

    fn names(&self, date: &str) -> Vec<String> {
        let villages = self.office.villages_on(day(date)).unwrap();
        villages.into_iter().map(|village| format!("{} {}", village.code, village.name)).collect()
    }

    /// Children under 16 of each village of 03/TE (line I.1), by the day and what the log knew.
    fn tallies(&self, as_of: &str, known_at: u64) -> BTreeMap<String, u64> {
        let as_of = day(as_of);
        let map = self.office.village_map_known_at(as_of, known_at).unwrap();
        let facts = self.office.facts(None, None).unwrap().households;
        let mut facts: Vec<HouseholdFacts> = facts.iter().cloned().collect();
        for household in &mut facts {
            household.village = map.of(household.document, &household.village).to_owned();
        }
        let form = schemas::form::form("03/TE").unwrap();
        let period = Period::new(day("2020-01-01"), as_of).unwrap();
        let villages: std::collections::BTreeSet<String> = facts.iter().map(|h| h.village.clone()).collect();
        villages
            .into_iter()
            .map(|village| {
                let counter = Counter::new(form, period, Some(&village)).unwrap();
                let sum = counter.contribution(&facts, &[], None);
                let cell = counter.tally(&sum, &BTreeMap::new()).cell("I.1", 0).unwrap();
                (village, cell.children.exact().unwrap())
            })
            .collect()
    }
}

fn counts(list: &[(&str, u64)]) -> BTreeMap<String, u64> {
    list.iter().map(|(village, count)| ((*village).to_owned(), *count)).collect()
}

fn merge(villages: &[&str], into: &str, name: Option<&str>) -> PlaceAct {
    PlaceAct::Merge {
        villages: villages.iter().map(|code| (*code).to_owned()).collect(),
        into: into.to_owned(),
        name: name.map(str::to_owned),
    }
}

#[test]
fn a_merger_counts_from_its_day_on_and_not_before() {
    let mut world = World::new();
    for village in ["01", "01", "02", "03"] {
        world.household(village);
    }
    let before = world.office.status().unwrap().log_position;
    world.act(&merge(&["01", "02"], "07", Some("Thôn Hợp Nhất")), "2025-07-01").unwrap();
    let old = counts(&[("01", 2), ("02", 1), ("03", 1)]);
    assert_eq!(world.tallies("2025-06-30", NOW), old);
    assert_eq!(world.tallies("2025-07-01", NOW), counts(&[("03", 1), ("07", 3)]));
    assert_eq!(world.tallies("2025-07-01", before), old, "a tally of a past log position stays as it was");
    assert_eq!(world.names("2025-06-30"), ["01 Thôn Một", "02 Thôn Hai", "03 Thôn Ba"]);
    assert_eq!(world.names("2025-07-01"), ["03 Thôn Ba", "07 Thôn Hợp Nhất"]);
    let first = &world.office.villages_on(day("2025-01-01")).unwrap()[0];
    assert_eq!((first.until, first.successors.as_slice()), (Some(day("2025-07-01")), &["07".to_owned()][..]));

    // What is merged can be merged again, into a village that goes on.
    world.act(&merge(&["07"], "03", None), "2025-12-01").unwrap();
    assert_eq!(world.tallies("2025-12-01", NOW), counts(&[("03", 4)]));
    assert_eq!(world.tallies("2025-11-30", NOW), counts(&[("03", 1), ("07", 3)]));
}

#[test]
fn a_split_places_households_one_by_one_and_the_rest_together() {
    let mut world = World::new();
    let households: Vec<DocumentId> = (0..4).map(|_| world.household("01")).collect();
    let into = vec![("11".to_owned(), "Thôn Thượng".to_owned()), ("12".to_owned(), "Thôn Hạ".to_owned())];
    let split = PlaceAct::Split { village: "01".to_owned(), into, rest: "12".to_owned() };
    world.act(&split, "2025-07-01").unwrap();
    assert_eq!(world.tallies("2025-07-01", NOW), counts(&[("12", 4)]));
    let assign = |households: &[DocumentId], village: &str| PlaceAct::Assign {
        households: households.to_vec(),
        village: village.to_owned(),
    };
    world.act(&assign(&households[..2], "11"), "2025-07-01").unwrap();
    assert_eq!(world.tallies("2025-07-01", NOW), counts(&[("11", 2), ("12", 2)]));
    assert_eq!(world.tallies("2025-06-30", NOW), counts(&[("01", 4)]));
    // A mistake is put right from the same day; later the half is merged away, and its households go along.
    world.act(&assign(&households[..1], "12"), "2025-07-01").unwrap();
    assert_eq!(world.tallies("2025-07-01", NOW), counts(&[("11", 1), ("12", 3)]));
    world.act(&merge(&["11"], "03", None), "2025-10-01").unwrap();
    assert_eq!(world.tallies("2025-10-01", NOW), counts(&[("03", 1), ("12", 3)]));
    assert_eq!(world.office.documents_in("03", day("2025-10-01")).unwrap(), [households[1]]);
    assert_eq!(world.office.documents_in("11", day("2025-09-30")).unwrap(), [households[1]]);
    assert_eq!(world.office.documents_in("12", day("2025-09-30")).unwrap().len(), 3);
}

#[test]
fn a_new_name_holds_from_its_day_and_devices_are_told() {
    let world = World::new();
    let rename = PlaceAct::Rename { code: "02".to_owned(), name: "Thôn Hai Mới".to_owned() };
    world.act(&rename, "2025-07-01").unwrap();
    assert_eq!(world.names("2025-06-30")[1], "02 Thôn Hai");
    assert_eq!(world.names("2025-07-01")[1], "02 Thôn Hai Mới");
    assert_eq!(world.office.villages().unwrap()[1].1, "Thôn Hai Mới");
    let changes = world.office.village_changes().unwrap();
    let last = changes.last().unwrap();
    assert_eq!(last.step, VillageStep::Named("Thôn Hai Mới".to_owned()));
    assert_eq!((last.by, last.position > 0), (Some(world.author.device()), true));
}

fn first_code(done: Result<Placed, PlaceErrors>) -> Result<Placed, &'static str> {
    done.map_err(|errors| errors.0[0].1.code())
}

#[test]
fn everything_wrong_is_told_with_the_part_it_is_wrong_in() {
    let world = World::new();
    let into = vec![("02".to_owned(), String::new()), ("mã sai".to_owned(), "Thôn Ba".to_owned())];
    let split = PlaceAct::Split { village: "99".to_owned(), into, rest: "07".to_owned() };
    let PlaceErrors(errors) = world.act(&split, "2027-01-01").unwrap_err();
    let told: Vec<(PlacePart, &str)> = errors.iter().map(|(part, error)| (*part, error.code())).collect();
    assert_eq!(
        told,
        [
            (PlacePart::Village, "village_not_there"),
            (PlacePart::Code(0), "village_code_taken"),
            (PlacePart::Name(0), "village_name_malformed"),
            (PlacePart::Code(1), "village_code_malformed"),
            (PlacePart::Name(1), "village_name_taken"),
            (PlacePart::Into, "village_not_there"),
            (PlacePart::Since, "day_not_come"),
        ]
    );
    let asked = world.office.place_errors(&split, day("2027-01-01"), today()).unwrap();
    assert_eq!(asked, errors, "asking beforehand says the same");
}

#[test]
fn what_cannot_be_is_refused_and_nothing_written() {
    let mut world = World::new();
    world.household("01");
    let position = world.office.status().unwrap().log_position;
    let text = str::to_owned;
    let add = |code: &str, name: &str| PlaceAct::Add { code: text(code), name: text(name) };
    let split = |into: &[(&str, &str)], rest: &str| PlaceAct::Split {
        village: text("01"),
        into: into.iter().map(|(code, name)| (text(code), text(name))).collect(),
        rest: text(rest),
    };
    for (act, since, code) in [
        (add("mã sai", "Thôn"), "2025-07-01", "village_code_malformed"),
        (add("01", "Thôn Mới"), "2025-07-01", "village_code_taken"),
        (add("09", ""), "2025-07-01", "village_name_malformed"),
        (add("09", "thôn hai"), "2025-07-01", "village_name_taken"),
        (add("09", "Thôn Chín"), "2026-01-11", "day_not_come"),
        (add("09", "Thôn Chín"), "1999-12-31", "day_too_early"),
        (split(&[("11", "Thôn Thượng"), ("12", "Thôn Hạ")], "11"), "1899-07-01", "day_too_early"),
        (PlaceAct::Rename { code: text("99"), name: text("Thôn") }, "2025-07-01", "village_not_there"),
        (PlaceAct::Close { code: text("01") }, "2025-07-01", "village_has_households"),
        (merge(&["01"], "01", None), "2025-07-01", "villages_too_few"),
        (merge(&["01"], "07", Some("Thôn Bảy")), "2025-07-01", "villages_too_few"),
        (merge(&["01", "99"], "02", None), "2025-07-01", "village_not_there"),
        (split(&[("11", "Thôn Thượng")], "11"), "2025-07-01", "villages_too_few"),
        (split(&[("11", "Thôn Thượng"), ("11", "Thôn Hạ")], "11"), "2025-07-01", "village_code_taken"),
        (split(&[("11", "Thôn Một"), ("12", "thôn  một")], "11"), "2025-07-01", "village_name_taken"),
        (PlaceAct::Assign { households: Vec::new(), village: text("01") }, "2025-07-01", "no_households"),
    ] {
        assert_eq!(first_code(world.act(&act, since)), Err(code), "{act:?}");
    }
    assert_eq!(world.office.status().unwrap().log_position, position);
    world.act(&PlaceAct::Close { code: text("03") }, "2025-07-01").unwrap();
    let again = world.act(&PlaceAct::Close { code: text("03") }, "2025-06-01");
    assert_eq!(first_code(again), Err("village_not_there"), "it has an end already");
}
