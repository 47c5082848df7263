//! Numbers a form needs and has no line for: the total population of 01/TE, which is another every year.
//!
//! Enters: a number and the as-of date it was typed in for. Leaves: the number valid on any as-of date, the one of the
//! latest day up to it. Each is a setting `parameter/<key>/<day>`, an act in the log. A setting `parameter/<key>` without
//! a day, from before there were days, holds for all days before the first that has one.

use std::collections::BTreeMap;

use schemas::form::Form;
use sync_core::date::Date;

use crate::office::Office;
use crate::office::settings::SettingRow;
use crate::problem::Problem;

/// A number that is valid on an as-of date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterValue {
    /// The number.
    pub number: u64,
    /// The as-of date it was typed in for; none: before there were days.
    pub day: Option<Date>,
}

/// Setting that holds a number for the days that have none of their own.
pub(crate) fn undated_key(key: &str) -> String {
    format!("parameter/{key}")
}

/// Setting that holds a number from an as-of date on.
pub(crate) fn dated_key(key: &str, as_of: Date) -> String {
    format!("parameter/{key}/{as_of}")
}

impl Office {
    /// Numbers the form needs and has no line for, valid on an as-of date, as the log stood at `known_at`.
    ///
    /// # Errors
    /// The database's.
    pub fn parameters_at(
        &self,
        form: &Form,
        as_of: Date,
        known_at: u64,
    ) -> Result<BTreeMap<String, ParameterValue>, Problem> {
        let mut valid = BTreeMap::new();
        for parameter in &form.parameters {
            let undated = undated_key(&parameter.key);
            let mut found = self.setting(&undated, known_at)?.and_then(|value| value.as_u64());
            let mut since = None;
            let prefix = format!("{undated}/");
            // Ascending by key, so by day: the last that fits stays.
            for (key, value) in self.settings_under(&prefix, known_at)? {
                let day = key.strip_prefix(&prefix).and_then(|day| day.parse::<Date>().ok());
                if let (Some(day), Some(number)) = (day.filter(|day| *day <= as_of), value.as_u64()) {
                    (found, since) = (Some(number), Some(day));
                }
            }
            if let Some(number) = found {
                valid.insert(parameter.key.clone(), ParameterValue { number, day: since });
            }
        }
        Ok(valid)
    }

    /// Every time a number was typed in for this as-of date, the latest first.
    ///
    /// # Errors
    /// The database's.
    pub fn parameter_history(&self, key: &str, as_of: Date) -> Result<Vec<SettingRow>, Problem> {
        self.setting_history(&dated_key(key, as_of))
    }
}
