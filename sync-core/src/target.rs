//! Step 7 of the way of a fact, held against a promise: where a commune stands against a target of its plan.
//!
//! Enters: a goal ([`schemas::target`]), and the bounds of numerator and denominator, or a number an officer typed.
//! Leaves: a [`Share`] and a [`Standing`]. Invariant: a standing is "met" or "missed" only if it is so whatever is
//! decided; the comparison is exact, and what is rounded is only what is shown.

use schemas::target::{Decimal, Goal, Must, Unit};

use crate::tally::Bounds;

/// Where one stands against a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Reached, whatever is decided.
    Met,
    /// Not reached, whatever is decided.
    Missed,
    /// It depends on something undecided.
    Undecided,
    /// There is nobody of whom it could be said, or nothing was typed in.
    NoData,
}

/// A share as it is shown: thousandths of its unit, rounded half up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// What is certain.
    pub least: Decimal,
    /// What is possible.
    pub most: Decimal,
}

/// The smallest and the largest share there may be, as part and whole. Who is in the part is in the whole, so the whole
/// is never less than the part. Where there may be nobody at all, it is divided by one.
fn ends(part: Bounds, whole: Bounds) -> [(u64, u64); 2] {
    [(part.least, whole.most), (part.most, whole.least.max(part.most).max(1))]
}

/// The share of `part` in `whole`; none if there certainly is nobody to divide by. Both are bounded each on its
/// own, so the bounds may be wider than what is possible.
#[must_use]
pub fn share(part: Bounds, whole: Bounds, unit: Unit) -> Option<Share> {
    if whole.most == 0 {
        return None;
    }
    let thousandths = |(part, whole): (u64, u64)| {
        let (part, whole) = (u128::from(part) * u128::from(unit.scale()) * 1000, u128::from(whole));
        Decimal::of_thousandths(u64::try_from((part * 2 + whole) / (whole * 2)).unwrap_or(u64::MAX))
    };
    let [least, most] = ends(part, whole).map(thousandths);
    Some(Share { least, most })
}

/// Whether `part` of `whole` is on the goal's side of it.
fn reaches(goal: &Goal, (part, whole): (u64, u64), unit: Unit) -> bool {
    let share = u128::from(part) * u128::from(unit.scale()) * 1000;
    let value = u128::from(goal.value.thousandths()) * u128::from(whole);
    match goal.must {
        Must::AtLeast => share >= value,
        Must::Above => share > value,
        Must::AtMost => share <= value,
        Must::Below => share < value,
    }
}

/// Where a counted share stands.
#[must_use]
pub fn standing(goal: &Goal, part: Bounds, whole: Bounds, unit: Unit) -> Standing {
    if whole.most == 0 {
        return Standing::NoData;
    }
    match ends(part, whole).map(|end| reaches(goal, end, unit)) {
        [true, true] => Standing::Met,
        [false, false] => Standing::Missed,
        _ => Standing::Undecided,
    }
}

/// Where a typed number stands; it is in the goal's unit.
#[must_use]
pub fn standing_of_typed(goal: &Goal, typed: Option<Decimal>) -> Standing {
    let Some(typed) = typed else { return Standing::NoData };
    let reached = match goal.must {
        Must::AtLeast => typed >= goal.value,
        Must::Above => typed > goal.value,
        Must::AtMost => typed <= goal.value,
        Must::Below => typed < goal.value,
    };
    if reached { Standing::Met } else { Standing::Missed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(must: Must, value: &str) -> Goal {
        Goal { year: None, must, value: value.parse().expect("a number") }
    }

    fn exactly(number: u64) -> Bounds {
        Bounds { least: number, most: number }
    }

    #[test]
    fn a_share_is_compared_exactly_and_rounded_only_to_be_shown() {
        // 1 of 3 is 33.333… %, shown as 33.333 and still below a third of a hundred and a bit.
        let third = share(exactly(1), exactly(3), Unit::Percent).expect("somebody");
        assert_eq!(third.least.to_string(), "33.333");
        assert_eq!(
            standing(&goal(Must::Above, "33.333"), exactly(1), exactly(3), Unit::Percent),
            Standing::Met
        );
        assert_eq!(
            standing(&goal(Must::AtMost, "33.333"), exactly(1), exactly(3), Unit::Percent),
            Standing::Missed
        );
        let injured = share(exactly(13), exactly(2598), Unit::Per100000).expect("somebody");
        assert_eq!(injured.least.to_string(), "500.385");
        assert_eq!(
            standing(&goal(Must::AtMost, "550"), exactly(13), exactly(2598), Unit::Per100000),
            Standing::Met
        );
    }

    #[test]
    fn the_very_value_reaches_at_least_and_at_most_but_not_above_and_below() {
        for (must, expected) in [
            (Must::AtLeast, Standing::Met),
            (Must::AtMost, Standing::Met),
            (Must::Above, Standing::Missed),
            (Must::Below, Standing::Missed),
        ] {
            assert_eq!(
                standing(&goal(must, "98"), exactly(98), exactly(100), Unit::Percent),
                expected,
                "{must:?}"
            );
            let typed = "98".parse().ok();
            assert_eq!(standing_of_typed(&goal(must, "98.000"), typed), expected, "{must:?}");
        }
        assert_eq!(standing_of_typed(&goal(Must::AtLeast, "1"), None), Standing::NoData);
    }

    #[test]
    fn what_is_undecided_is_called_so_only_if_it_matters() {
        let children = Bounds { least: 90, most: 100 };
        let of = |part| standing(&goal(Must::AtLeast, "90"), part, children, Unit::Percent);
        assert_eq!(of(exactly(90)), Standing::Met);
        assert_eq!(of(exactly(85)), Standing::Undecided);
        assert_eq!(of(exactly(70)), Standing::Missed);
        assert_eq!(
            standing(&goal(Must::AtLeast, "90"), exactly(0), exactly(0), Unit::Percent),
            Standing::NoData
        );
        assert_eq!(share(exactly(0), exactly(0), Unit::Percent), None);
        // Perhaps nobody: it is divided by one child at least.
        let perhaps = Bounds { least: 0, most: 1 };
        assert!(share(perhaps, perhaps, Unit::Percent).is_some());
    }
}
