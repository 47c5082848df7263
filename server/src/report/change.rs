//! What became of a number from one form to another, as far as both are known.

use super::{Decimal, Shown};

/// What became of a number. Numbers are thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// One of the two is no number.
    NoNumber,
    /// The two overlap, or are the same least–most: it may have risen or fallen.
    Unclear,
    /// By at least the one and at most the other; the same, if both numbers are exact.
    By(i64, i64),
}

impl Change {
    /// From one cell to another.
    #[must_use]
    pub fn between(then: &Shown, now: &Shown) -> Self {
        let ends = |shown: &Shown| match shown {
            Shown::Exact(number) => Some((number.thousandths(), number.thousandths())),
            Shown::Range { least, most, .. } => Some((least.thousandths(), most.thousandths())),
            _ => None,
        };
        let (Some(then), Some(now)) = (ends(then), ends(now)) else { return Self::NoNumber };
        let (least, most) = (now.0 - then.1, now.1 - then.0);
        match (least, most) {
            _ if least == most => Self::By(least, most),
            (..=0, 0..) => Self::Unclear,
            _ => Self::By(least, most),
        }
    }
}

/// Thousandths with their sign, as people here write them: `+1.233,25`, `−3`, `0`.
#[must_use]
pub fn signed(thousandths: i64) -> String {
    let sign = match thousandths.signum() {
        1 => "+",
        -1 => "−",
        _ => "",
    };
    format!("{sign}{}", Decimal::of_thousandths(thousandths.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_said_only_as_far_as_it_is_certain() {
        let exact = |text: &str| Shown::Exact(Decimal::parse(text).expect("a number"));
        let range = |least: u64, most: u64| Shown::Range {
            least: Decimal::whole(least),
            most: Decimal::whole(most),
            sealed: false,
        };
        for (then, now, change) in [
            (exact("5"), exact("8"), Change::By(3_000, 3_000)),
            (exact("8"), exact("8"), Change::By(0, 0)),
            (exact("1.5"), exact("1234.75"), Change::By(1_233_250, 1_233_250)),
            (range(2598, 2617), range(2598, 2617), Change::Unclear),
            (range(5, 7), exact("6"), Change::Unclear),
            (range(5, 7), range(7, 9), Change::Unclear),
            (range(5, 7), exact("8"), Change::By(1_000, 3_000)),
            (exact("8"), range(5, 7), Change::By(-3_000, -1_000)),
            (Shown::Missing, exact("8"), Change::NoNumber),
            (exact("8"), Shown::Empty, Change::NoNumber),
        ] {
            assert_eq!(Change::between(&then, &now), change, "{then:?} {now:?}");
        }
        assert_eq!(
            [signed(3_000), signed(-1_500), signed(0), signed(1_233_250)],
            ["+3", "−1,5", "0", "+1.233,25"]
        );
    }
}
