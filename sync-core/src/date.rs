//! Dates as village people know them: a day, or only a month, or only a year.

use core::fmt;
use core::str::FromStr;

pub use jiff::civil::Date;

/// The day in UTC of a clock in seconds since 1970; the nearest day the calendar has, for a clock that is
/// wrong by ages.
#[must_use]
pub fn day_of(clock: i64) -> Date {
    /// More than any day of the calendar is away from 1970.
    const DAYS_MAX: i64 = 5_000_000;
    let days = clock.div_euclid(24 * 3600).clamp(-DAYS_MAX, DAYS_MAX);
    Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(days))
}

/// The day in Việt Nam, whose clocks are seven hours ahead of UTC all year round.
#[must_use]
pub fn vietnam_day_of(clock: i64) -> Date {
    day_of(clock.saturating_add(7 * 3600))
}

/// A date of which the day, or the month and the day, may be unknown: `2019-05-03`, `2019-05`, `2019`.
///
/// A birth year is often all a family knows. A tally that depends on what is unknown reports
/// least–most instead of guessing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    first: Date,
    last: Date,
}

/// Why a text is not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date is written 2019-05-03, 2019-05 or 2019, in the years 1850 to 2200")]
pub struct DateError;

impl PartialDate {
    /// First year accepted. People alive today and their recorded forebears fit.
    pub const YEAR_MIN: i16 = 1850;
    /// Last year accepted.
    pub const YEAR_MAX: i16 = 2200;

    /// A date of which nothing is known: any day a register may hold.
    pub(crate) fn whenever() -> Self {
        let day =
            |year, month, day| Date::new(year, month, day).expect("both ends of the accepted years are days");
        Self { first: day(Self::YEAR_MIN, 1, 1), last: day(Self::YEAR_MAX, 12, 31) }
    }

    /// The earliest day it may mean.
    #[must_use]
    pub fn first(&self) -> Date {
        self.first
    }

    /// The latest day it may mean.
    #[must_use]
    pub fn last(&self) -> Date {
        self.last
    }

    /// Whether the very day is known.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.first == self.last
    }
}

impl From<Date> for PartialDate {
    fn from(day: Date) -> Self {
        Self { first: day, last: day }
    }
}

impl FromStr for PartialDate {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let shape: &[usize] = match text.len() {
            4 => &[4],
            7 => &[4, 2],
            10 => &[4, 2, 2],
            _ => return Err(DateError),
        };
        let mut parts = text.split('-');
        let mut number = |digits: usize| -> Result<i16, DateError> {
            let part = parts.next().ok_or(DateError)?;
            let plain = part.len() == digits && part.bytes().all(|c| c.is_ascii_digit());
            plain.then(|| part.parse().ok()).flatten().ok_or(DateError)
        };
        let year = number(shape[0])?;
        if !(Self::YEAR_MIN..=Self::YEAR_MAX).contains(&year) {
            return Err(DateError);
        }
        let month = shape.get(1).map(|&d| number(d)).transpose()?;
        let day = shape.get(2).map(|&d| number(d)).transpose()?;
        let date = |month: i16, day: i16| {
            Date::new(
                year,
                i8::try_from(month).map_err(|_| DateError)?,
                i8::try_from(day).map_err(|_| DateError)?,
            )
            .map_err(|_| DateError)
        };
        Ok(match (month, day) {
            (None, _) => Self { first: date(1, 1)?, last: date(12, 31)? },
            (Some(m), None) => Self { first: date(m, 1)?, last: date(m, 1)?.last_of_month() },
            (Some(m), Some(d)) => date(m, d)?.into(),
        })
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_exact() {
            write!(f, "{}", self.first)
        } else if self.first.month() == self.last.month() {
            write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
        } else {
            write!(f, "{:04}", self.first.year())
        }
    }
}

impl serde::Serialize for PartialDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for PartialDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// In the projection a date is a number, `yyyymmdd` with zeros for what is unknown.
impl<C> minicbor::Encode<C> for PartialDate {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let (first, last) = (self.first, self.last);
        let month = if first.month() == last.month() { i32::from(first.month()) } else { 0 };
        let day = if first == last { i32::from(first.day()) } else { 0 };
        e.i32(i32::from(first.year()) * 10_000 + month * 100 + day)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for PartialDate {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bad = |_| minicbor::decode::Error::message("not a date");
        let number = d.i32()?;
        let part = |n: i32| i8::try_from(n).map_err(bad);
        let year = i16::try_from(number / 10_000).map_err(bad)?;
        let (month, day) = (part(number / 100 % 100)?, part(number % 100)?);
        let date = |month, day| {
            Date::new(year, month, day).map_err(|_| minicbor::decode::Error::message("not a date"))
        };
        Ok(match (month, day) {
            (0, _) => Self { first: date(1, 1)?, last: date(12, 31)? },
            (_, 0) => Self { first: date(month, 1)?, last: date(month, 1)?.last_of_month() },
            _ => date(month, day)?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_keeps_exactly_what_was_known() {
        for (text, first, last) in [
            ("2019-05-03", "2019-05-03", "2019-05-03"),
            ("2019-02", "2019-02-01", "2019-02-28"),
            ("2020", "2020-01-01", "2020-12-31"),
        ] {
            let date: PartialDate = text.parse().expect("valid");
            assert_eq!((date.first().to_string(), date.last().to_string()), (first.into(), last.into()));
            assert_eq!(date.to_string(), text);
        }
    }

    #[test]
    fn a_clock_tells_its_day_however_wrong_it_is() {
        let cases = [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (-1, "1969-12-31"),
            (1_795_392_000, "2026-11-23"),
            (i64::MAX, "9999-12-31"),
            (i64::MIN, "-009999-01-01"),
        ];
        for (clock, day) in cases {
            assert_eq!(day_of(clock).to_string(), day, "{clock}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "19", "2019-13", "2019-02-30", "2019-2-3", "03/05/2019", "+019", "9999", "2019-05-03T"]
        {
            assert_eq!(text.parse::<PartialDate>(), Err(DateError), "{text}");
        }
    }
}
