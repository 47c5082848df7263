//! Villages that came together or apart, on the pages that list and count. Every person here is made up.

use jiff::civil::Date;
use sync_core::document::Edit;
use sync_core::id::DocumentId;
use sync_core::issues::Severity;

use super::VillageState;
use crate::office::desk::{CLOCK, Desk};
use crate::office::pages::{Filter, IssueFilter, Only};
use crate::office::places::PlaceAct;

const BEFORE: Date = Date::constant(2026, 11, 9);
const DAY: Date = Date::constant(2026, 11, 10);
const TODAY: Date = Date::constant(2026, 11, 20);

fn household(desk: &mut Desk, village: &str) -> DocumentId {
    // A circumstance after 16: something to look at.
    let child: &[(&str, &str)] = &[("name", "Trẻ Giả"), ("birth_date", "2031-01-01")];
    desk.begin(village, &[("head_name", "Chủ Giả")], &[child]).0
}

fn act(desk: &Desk, act: &PlaceAct) {
    desk.office.change_places(&desk.mai, act, DAY, false, TODAY, CLOCK).unwrap();
}

fn merge(desk: &Desk) {
    let villages = vec!["01".to_owned(), "02".to_owned()];
    act(desk, &PlaceAct::Merge { villages, into: "07".into(), name: Some("Thôn Hợp Nhất".into()) });
}

fn split(desk: &Desk) {
    let into = vec![("08".to_owned(), "Thôn Tám".to_owned()), ("09".to_owned(), "Thôn Chín".to_owned())];
    act(desk, &PlaceAct::Split { village: "01".into(), into, rest: "09".into() });
}

/// Code and households of each village of a day; the sum is always the commune's.
fn states(desk: &Desk, on: Date) -> Vec<(String, u64)> {
    let states = desk.office.village_states(None, on).unwrap();
    let sum: u64 = states.iter().map(|state| state.households).sum();
    assert_eq!(sum, desk.office.documents(None).unwrap().len() as u64);
    states.into_iter().map(|state| (state.code, state.households)).collect()
}

fn state(desk: &Desk, code: &str) -> VillageState {
    let states = desk.office.village_states(None, TODAY).unwrap();
    states.into_iter().find(|state| state.code == code).unwrap()
}

fn listed(desk: &Desk, village: &str, only: Only) -> u64 {
    let filter = Filter { village: Some(village.into()), only, ..Filter::default() };
    let found = desk.office.households(&filter, 0).unwrap();
    assert!(found.rows.iter().all(|row| row.village == village));
    found.total
}

fn told(villages: &[(&str, u64)]) -> Vec<(String, u64)> {
    villages.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect()
}

#[test]
fn a_merged_village_has_the_households_of_those_that_ended_in_it() {
    let mut desk = Desk::new();
    for village in ["01", "01", "02"] {
        household(&mut desk, village);
    }
    assert_eq!(states(&desk, TODAY), told(&[("01", 2), ("02", 1)]));
    merge(&desk);
    assert_eq!(states(&desk, TODAY), told(&[("07", 3)]));
    assert_eq!(states(&desk, BEFORE), told(&[("01", 2), ("02", 1)]), "a day before has its own villages");
    assert_eq!((listed(&desk, "07", Only::Standing), listed(&desk, "01", Only::Standing)), (3, 0));
    let issues = |village: &str| {
        let village = Some(village.to_owned());
        let filter = IssueFilter { severity: Some(Severity::Missing), village, ..IssueFilter::default() };
        desk.office.issue_rows(&filter).unwrap().1
    };
    assert!(issues("07") >= 3 && issues("01") == 0 && issues("02") == 0);

    // Phones write on under the old codes; what they begin counts where the rest does.
    let later = household(&mut desk, "02");
    assert_eq!(states(&desk, TODAY), told(&[("07", 4)]));
    assert_eq!(state(&desk, "07").codes.into_iter().collect::<Vec<_>>(), ["01", "02", "07"]);
    desk.edit(&desk.mai, later, &[Edit::household("withdrawn", true)]);
    let found = desk.office.village_states(None, TODAY).unwrap();
    assert_eq!(found.iter().map(|state| state.households).sum::<u64>(), 3, "a withdrawn one counts nowhere");
}

#[test]
fn what_is_begun_under_a_new_code_stays_in_sight_on_a_day_before_it() {
    let mut desk = Desk::new();
    household(&mut desk, "01");
    merge(&desk);
    household(&mut desk, "07");
    assert_eq!(states(&desk, TODAY), told(&[("07", 2)]));
    assert_eq!(states(&desk, BEFORE), told(&[("01", 1), ("02", 0), ("07", 1)]));
}

#[test]
fn households_of_a_split_village_are_marked_until_somebody_places_them() {
    let mut desk = Desk::new();
    let households: Vec<DocumentId> = (0..3).map(|_| household(&mut desk, "01")).collect();
    split(&desk);
    assert_eq!(states(&desk, TODAY), told(&[("02", 0), ("08", 0), ("09", 3)]));
    assert_eq!((state(&desk, "09").unplaced, listed(&desk, "09", Only::Unplaced)), (3, 3));
    let place = |household: usize, village: &str| {
        let households = vec![households[household]];
        act(&desk, &PlaceAct::Assign { households, village: village.into() });
    };
    place(0, "08");
    assert_eq!(states(&desk, TODAY), told(&[("02", 0), ("08", 1), ("09", 2)]));
    assert_eq!((state(&desk, "08").unplaced, state(&desk, "09").unplaced), (0, 2));
    // Who stays with the rest is placed by being said to.
    place(1, "09");
    assert_eq!((listed(&desk, "09", Only::Standing), listed(&desk, "09", Only::Unplaced)), (2, 1));
    // A change of the record keeps all of it.
    desk.edit(&desk.mai, households[2], &[Edit::household("number", "5")]);
    assert_eq!((listed(&desk, "09", Only::Standing), listed(&desk, "09", Only::Unplaced)), (2, 1));
    assert_eq!(states(&desk, BEFORE), told(&[("01", 3), ("02", 0)]));
    // Collectors of either half need the register of the whole.
    let codes = desk.office.village_codes(TODAY).unwrap();
    for half in ["08", "09"] {
        assert_eq!(codes[half].iter().map(String::as_str).collect::<Vec<_>>(), ["01", half]);
    }
}

#[test]
fn a_hamlet_that_leaves_a_village_that_goes_on_leaves_nobody_marked() {
    let mut desk = Desk::new();
    household(&mut desk, "01");
    let into = vec![("08".to_owned(), "Thôn Tám".to_owned())];
    act(&desk, &PlaceAct::Split { village: "01".into(), into, rest: "01".into() });
    assert_eq!(states(&desk, TODAY), told(&[("01", 1), ("02", 0), ("08", 0)]));
    assert_eq!(state(&desk, "01").unplaced, 0, "staying needs no word");
}
