//! All villages at once against a counter of each village alone.

use proptest::prelude::*;
use schemas::form::form;

use super::sample::{
    child, drawn_pairs, drawn_restricted, household, households, pair, pairs_among, period, person,
    restricted_among, te03,
};
use crate::facts::{HouseholdFacts, SamePerson};
use crate::tally::{Contribution, Counter, contributions_by_village};

#[test]
fn a_person_of_two_villages_is_in_both_and_in_neither_of_the_rest() {
    let in_village = |village: &str, household: HouseholdFacts| HouseholdFacts {
        village: village.to_owned(),
        ..household
    };
    let households = [
        in_village("01", household(1, vec![child(1)])),
        in_village("02", household(2, vec![child(1)])),
        in_village("03", household(3, vec![])),
    ];
    let linked = [pair(person(1, 1), person(2, 1), SamePerson::Linked)];
    let villages = contributions_by_village(te03(), period(), &households, &linked, None).expect("counts");
    assert_eq!(villages.keys().copied().collect::<Vec<_>>(), ["01", "02", "03"]);
    assert!(!villages["01"].is_empty());
    assert_eq!(villages["01"], villages["02"]);
    assert!(villages["03"].is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn each_village_counts_as_it_does_alone(
        households in households(),
        drawn in drawn_pairs(),
        sealed in drawn_restricted(),
        opened in any::<bool>(),
        name in proptest::sample::select(vec!["03/TE", "01/TE"]),
    ) {
        let form = form(name).expect("shipped");
        let pairs = pairs_among(&households, &drawn);
        let restricted = restricted_among(&households, &sealed);
        let restricted = opened.then_some(restricted.as_slice());
        let villages =
            contributions_by_village(form, period(), &households, &pairs, restricted).expect("counts");
        for household in &households {
            prop_assert!(villages.contains_key(household.village.as_str()));
        }
        for (village, sum) in villages {
            let alone: Contribution = Counter::new(form, period(), Some(village))
                .expect("compiles")
                .contribution(&households, &pairs, restricted);
            prop_assert_eq!(sum, alone, "{} {}", name, village);
        }
    }
}
