//! Lines that an officer types in: budget, staff, events – what the register does not know.
//!
//! Beside step 7 of the way of a fact. Enters: numbers as people write them. Leaves: what stands in each cell of a
//! form of a period, who typed it and when, and what the last period of about that length had as a proposal. Each is a
//! setting `typed/<form>/<as-of>~<from>/<line>/<column>`, an act in the log signed by the officer: a half-year's budget is
//! not the year's, though both end on one day. A setting `typed/<form>/<as-of>/<line>/<column>`, from before numbers were
//! of a period, stands in every period of its as-of date in which nothing was typed since. Invariant: a proposal is shown
//! and never counted until somebody takes it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rusqlite::params;
use schemas::form::{ColumnKind, Form, Line, LineSource};
use serde_json::Value as Json;
use sync_core::date::Date;
use sync_core::id::DeviceId;
use sync_core::tally::Period;

use super::filings::is_alike;
use super::fill::dated_key;
use super::places::NOW;
use super::settings::SettingRow;
use super::{Author, Office};
use crate::problem::{Code, Problem};
use crate::report::{TypedIn, typed_key};

/// Decimals that may be typed.
pub const DECIMALS_MAX: usize = 3;
/// The largest number that may be typed.
pub const NUMBER_MAX: u64 = 1_000_000_000_000;
/// The largest parameter: more people than live in the country.
pub const PARAMETER_MAX: u64 = 100_000_000;

/// Why a text is not a number that can be typed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Something other than digits, dots and a comma.
    #[error("not a number")]
    NotANumber,
    /// Below zero.
    #[error("below zero")]
    Negative,
    /// More than [`DECIMALS_MAX`] decimals.
    #[error("more than {DECIMALS_MAX} decimals")]
    TooManyDecimals,
    /// Above [`NUMBER_MAX`].
    #[error("above {NUMBER_MAX}")]
    TooLarge,
}

/// A number as people here write it (`1.234,5`), as it is kept (`1234.5`); none for nothing.
///
/// A comma stands before decimals and dots between thousands. A single dot that can't be between thousands is taken
/// for a comma, as on a foreign keyboard: `12.5`, `0.125`.
///
/// # Errors
/// See [`NumberError`].
pub fn read_number(text: &str) -> Result<Option<String>, NumberError> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with(['-', '−', '–']) {
        return Err(NumberError::Negative);
    }
    let (whole, decimals) = match (text.split_once(','), text.split_once('.')) {
        (Some((whole, decimals)), _) => (whole, decimals),
        (None, Some((whole, decimals))) if !is_grouped(&text) => (whole, decimals),
        (None, _) => (text.as_str(), ""),
    };
    let whole = if whole.contains('.') {
        if !is_grouped(whole) {
            return Err(NumberError::NotANumber);
        }
        whole.replace('.', "")
    } else {
        whole.to_owned()
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(&whole) || !digits(decimals) || text.ends_with([',', '.']) {
        return Err(NumberError::NotANumber);
    }
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > DECIMALS_MAX {
        return Err(NumberError::TooManyDecimals);
    }
    let whole: u64 = match whole.trim_start_matches('0') {
        "" => 0,
        significant => significant.parse().map_err(|_| NumberError::TooLarge)?,
    };
    if whole > NUMBER_MAX || (whole == NUMBER_MAX && !decimals.is_empty()) {
        return Err(NumberError::TooLarge);
    }
    Ok(Some(if decimals.is_empty() { whole.to_string() } else { format!("{whole}.{decimals}") }))
}

/// Whether dots stand between thousands: `1.234.567`.
fn is_grouped(text: &str) -> bool {
    let mut groups = text.split('.');
    let first = groups.next().unwrap_or_default();
    let fits = (1..=3).contains(&first.len()) && !first.starts_with('0');
    fits && groups.all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Cells of a form that are typed in, in the form's order: line and code of the column.
pub fn typed_cells(form: &Form) -> impl Iterator<Item = (&Line, &str)> {
    let counts = |column: &&schemas::form::Column| matches!(column.kind, ColumnKind::Children(_));
    form.lines
        .iter()
        .filter(|line| line.source == LineSource::Typed)
        .flat_map(move |line| form.columns.iter().filter(counts).map(move |column| (line, &*column.code)))
}

/// What somebody typed on the page of a form.
#[derive(Debug, Clone, Default)]
pub struct Typing {
    /// By `line/column`, numbers as [`read_number`] gives them; nothing takes back what stood there.
    pub cells: BTreeMap<String, Option<String>>,
    /// Numbers the form needs and has no line for, by key: valid from the as-of date on; nothing takes back what
    /// stood there.
    pub parameters: BTreeMap<String, Option<u64>>,
    /// Log position of what the page showed.
    pub seen_at: u64,
}

/// What an earlier period had in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its as-of date.
    pub as_of: Date,
    /// How long it is.
    pub length: Length,
    /// The number, as it is kept.
    pub value: String,
}

/// How long an earlier period is beside the one asked for: what was spent in half a year is not what was spent in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// About as long.
    Alike,
    /// Longer or shorter.
    Unlike {
        /// Its first day.
        from: Date,
    },
    /// From before numbers were of a period: only its end is known.
    Unknown,
}

/// The latest of a cell's values.
fn latest((cell, rows): (String, Vec<SettingRow>)) -> Option<(String, SettingRow)> {
    Some((cell, rows.into_iter().next()?))
}

/// Of the settings of a form's period.
fn prefix(form: &str, period: Period) -> String {
    format!("typed/{form}/{}~{}/", period.as_of(), period.from())
}

/// Of the settings from before numbers were of a period.
fn undated_prefix(form: &str, as_of: Date) -> String {
    format!("typed/{form}/{as_of}/")
}

/// The end of a period as keys name it, and its beginning if they do.
fn read_period(text: &str) -> Option<(Date, Option<Period>)> {
    match text.split_once('~') {
        None => Some((text.parse().ok()?, None)),
        Some((as_of, from)) => {
            let as_of = as_of.parse().ok()?;
            Some((as_of, Some(Period::new(from.parse().ok()?, as_of).ok()?)))
        }
    }
}

impl Office {
    /// What is typed in for a period, by `line/column`, as far as the log knew at `known_at`.
    ///
    /// # Errors
    /// The database's.
    pub fn typed_at(&self, form: &Form, period: Period, known_at: u64) -> Result<TypedIn, Problem> {
        if typed_cells(form).next().is_none() {
            return Ok(TypedIn::new());
        }
        let mut typed = TypedIn::new();
        for prefix in [undated_prefix(&form.form, period.as_of()), prefix(&form.form, period)] {
            for (cell, row) in self.typed_under(&prefix, known_at)?.into_iter().filter_map(latest) {
                match row.value {
                    Json::String(number) => typed.insert(cell, number),
                    // What was taken back in the period does not stand in it, whatever is older.
                    _ => typed.remove(&cell),
                };
            }
        }
        Ok(typed)
    }

    /// What an earlier period had in each cell that has nothing yet: the latest of about the same length, otherwise the
    /// latest of another or unknown length, which may end on the same day.
    ///
    /// # Errors
    /// The database's.
    pub fn typed_proposals(
        &self,
        form: &Form,
        period: Period,
        known_at: u64,
    ) -> Result<BTreeMap<String, Proposal>, Problem> {
        let of_form = format!("typed/{}/", form.form);
        let mut proposals: BTreeMap<String, Proposal> = BTreeMap::new();
        // Ascending by key, so by date: the last one stays, unless it is of a period that fits less.
        for (key, value) in self.settings_under(&of_form, known_at)? {
            let split = key.strip_prefix(&of_form).and_then(|rest| rest.split_once('/'));
            let Some((days, cell)) = split else { continue };
            let (Some((as_of, of)), Some(value)) = (read_period(days), value.as_str()) else { continue };
            let is_other = of.is_some_and(|of| of != period && as_of == period.as_of());
            if as_of >= period.as_of() && !is_other {
                continue;
            }
            let length = match of {
                Some(of) if is_alike(of, period) => Length::Alike,
                Some(of) => Length::Unlike { from: of.from() },
                None => Length::Unknown,
            };
            let fits = |known: &Proposal| known.length == Length::Alike && length != Length::Alike;
            if !proposals.get(cell).is_some_and(fits) {
                proposals.insert(cell.to_owned(), Proposal { as_of, length, value: value.to_owned() });
            }
        }
        let typed = self.typed_at(form, period, known_at)?;
        let cells: Vec<String> =
            typed_cells(form).map(|(line, column)| typed_key(&line.code, column)).collect();
        proposals.retain(|cell, _| cells.contains(cell) && !typed.contains_key(cell));
        Ok(proposals)
    }

    /// Every time a cell of this period was typed in, by `line/column`, the latest first.
    ///
    /// # Errors
    /// The database's.
    pub fn typed_history(
        &self,
        form: &str,
        period: Period,
    ) -> Result<BTreeMap<String, Vec<SettingRow>>, Problem> {
        let mut history = self.typed_under(&prefix(form, period), NOW)?;
        for (cell, rows) in self.typed_under(&undated_prefix(form, period.as_of()), NOW)? {
            let all = history.entry(cell).or_default();
            all.extend(rows);
            all.sort_by_key(|row| Reverse(row.position));
        }
        Ok(history)
    }

    /// Every setting under a prefix up to a log position, by the rest of its key, the latest first.
    fn typed_under(&self, prefix: &str, known_at: u64) -> Result<BTreeMap<String, Vec<SettingRow>>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT key, position, at, value, by FROM setting
                 WHERE key >= ?1 AND key < ?1 || char(1114111) AND position <= ?2 ORDER BY key, position DESC",
            )?;
            let mut rows = statement.query(params![prefix, known_at])?;
            let mut history: BTreeMap<String, Vec<SettingRow>> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let key: String = row.get(0)?;
                let value: String = row.get(3)?;
                history.entry(key[prefix.len()..].to_owned()).or_default().push(SettingRow {
                    position: row.get(1)?,
                    at: row.get(2)?,
                    by: row.get::<_, Option<[u8; 12]>>(4)?.map(DeviceId),
                    value: serde_json::from_str(&value).map_err(|_| Code::Internal)?,
                });
            }
            Ok(history)
        })
    }

    /// Types in, all or none: none, and `false`, if somebody else set one of the numbers since the page was made.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a cell that is not typed in, or a number the form has no need of;
    /// [`Code::LimitExceeded`]; the database's.
    pub fn type_in(
        &self,
        author: &Author,
        form: &Form,
        period: Period,
        typing: &Typing,
        clock: i64,
    ) -> Result<bool, Problem> {
        let known: Vec<String> =
            typed_cells(form).map(|(line, column)| typed_key(&line.code, column)).collect();
        let needs = |key: &str| form.parameters.iter().any(|parameter| parameter.key == key);
        if typing.cells.keys().any(|cell| !known.contains(cell))
            || typing.parameters.keys().any(|key| !needs(key))
        {
            return Err(Code::NotFound.into());
        }
        if typing.parameters.values().flatten().any(|number| !(1..=PARAMETER_MAX).contains(number)) {
            return Err(Code::LimitExceeded.into());
        }
        let prefix = prefix(&form.form, period);
        let cells = typing.cells.iter().map(|(cell, number)| {
            (format!("{prefix}{cell}"), number.clone().map_or(Json::Null, Json::String))
        });
        let parameters = typing
            .parameters
            .iter()
            .map(|(key, number)| (dated_key(key, period.as_of()), Json::from(*number)));
        let settings: Vec<(String, Json)> = cells.chain(parameters).collect();
        self.set_seen(Some(author), &settings, typing.seen_at, clock)
    }

    /// What everybody who signs at the office is called, by the device of their key.
    ///
    /// # Errors
    /// The database's.
    pub fn signers(&self) -> Result<BTreeMap<DeviceId, String>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT id, label FROM device WHERE kind = 'office'
                 UNION ALL SELECT device, name FROM account",
            )?;
            let rows = statement.query_map([], |row| Ok((DeviceId(row.get(0)?), row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_here_write_them() {
        for (typed, kept) in [
            ("", None),
            ("  ", None),
            ("0", Some("0")),
            ("007", Some("7")),
            ("1234", Some("1234")),
            ("1.234", Some("1234")),
            ("1.234.567,25", Some("1234567.25")),
            ("1 234", Some("1234")),
            ("12,5", Some("12.5")),
            ("12,500", Some("12.5")),
            ("12.5", Some("12.5")),
            ("0.125", Some("0.125")),
            ("1000000000000", Some("1000000000000")),
        ] {
            assert_eq!(read_number(typed), Ok(kept.map(str::to_owned)), "{typed}");
        }
        for (typed, wrong) in [
            ("mười", NumberError::NotANumber),
            ("12,", NumberError::NotANumber),
            (",5", NumberError::NotANumber),
            ("1,2,3", NumberError::NotANumber),
            ("1.23.456", NumberError::NotANumber),
            ("1e9", NumberError::NotANumber),
            ("=1+1", NumberError::NotANumber),
            ("９", NumberError::NotANumber),
            ("-1", NumberError::Negative),
            ("1,2345", NumberError::TooManyDecimals),
            ("1000000000001", NumberError::TooLarge),
            ("1000000000000,5", NumberError::TooLarge),
            ("99999999999999999999999999", NumberError::TooLarge),
        ] {
            assert_eq!(read_number(typed), Err(wrong), "{typed}");
        }
    }

    #[test]
    fn what_is_read_is_what_a_print_can_show() {
        for typed in ["1.234.567,25", "1000000000000", "0,001"] {
            let kept = read_number(typed).unwrap().unwrap();
            assert!(crate::report::Decimal::parse(&kept).is_some(), "{kept}");
        }
    }
}
