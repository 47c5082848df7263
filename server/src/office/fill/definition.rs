//! By which definition a form is filled: the one shipped, or the commune's own.
//!
//! Enters: a file of a form or of columns that was checked. Leaves: the definition in force at a log position. A whole
//! form is the setting `form/<form>`, columns alone are `columns/<form>` and replace those of whichever form is in force;
//! setting a whole form, or going back to the one shipped, takes back columns set before it. Both are acts in the log. A
//! filing keeps the definition it was counted with and never asks here.

use schemas::form::{Form, FormError};
use serde_json::Value as Json;
use sync_core::date::Date;
use sync_core::tally::{Counter, Period};

use super::FillError;
use crate::office::cache::CountError;
use crate::office::{Author, Office};
use crate::problem::{Code, Problem};

/// Setting that holds the columns of a form, for a commune that has the printed header.
pub(crate) fn columns_key(form: &str) -> String {
    format!("columns/{form}")
}

/// Setting that holds a whole form of the commune's own.
pub(crate) fn form_key(form: &str) -> String {
    format!("form/{form}")
}

/// Reads a file that is to replace the form `name`: right in itself, of the same name, of a version of its own, and
/// something that can be counted.
///
/// # Errors
/// What is wrong in it, and where.
pub fn read_form(name: &str, text: &str) -> Result<Form, FillError> {
    let official = schemas::form::form(name).ok_or(FillError::NoForm)?;
    let own = official.replaced_by(text)?;
    let any = Date::constant(2024, 1, 1);
    let period = Period::new(any, any).map_err(CountError::from)?;
    Counter::new(&own, period, None).map_err(CountError::from)?;
    Ok(own)
}

impl Office {
    /// A form's definition as it was set when the log stood at `known_at`.
    ///
    /// # Errors
    /// See [`FillError`].
    pub fn form_at(&self, name: &str, known_at: u64) -> Result<Form, FillError> {
        let form = self.whole_form_at(name, known_at)?;
        match self.setting(&columns_key(name), known_at)? {
            Some(columns) => Ok(form.with_columns(&columns.to_string())?),
            None => Ok(form),
        }
    }

    /// The same with the columns it was shipped or sent with.
    ///
    /// # Errors
    /// See [`FillError`].
    pub fn whole_form_at(&self, name: &str, known_at: u64) -> Result<Form, FillError> {
        let official = schemas::form::form(name).ok_or(FillError::NoForm)?;
        let Some(own) = self.setting(&form_key(name), known_at)? else { return Ok(official.clone()) };
        let own = Form::from_json(&own.to_string())?;
        if own.form != official.form {
            return Err(FormError::OtherForm { expected: official.form.clone(), found: own.form }.into());
        }
        Ok(own)
    }

    /// Every form in force now. One that can't be read any more stands as it was shipped: its own page says so.
    #[must_use]
    pub fn forms_now(&self) -> Vec<Form> {
        let now = |form: &Form| {
            self.form_at(&form.form, crate::office::places::NOW).unwrap_or_else(|_| form.clone())
        };
        schemas::form::forms().iter().map(now).collect()
    }

    /// Whether another definition had this one's version before: a version names one definition for ever, as filings
    /// print it.
    ///
    /// # Errors
    /// The database's.
    pub fn is_edition_taken(&self, own: &Form) -> Result<bool, Problem> {
        let earlier = self.own_forms(&own.form)?;
        Ok(earlier.iter().any(|form| form.edition == own.edition && form != own))
    }

    /// The version that the commune's next definition of a form may have: after this one's, and never used.
    ///
    /// # Errors
    /// The database's.
    pub fn next_edition(&self, form: &Form) -> Result<String, Problem> {
        let earlier = self.own_forms(&form.form)?;
        let mut next = Form { edition: form.next_edition(), ..form.clone() };
        while earlier.iter().any(|form| form.edition == next.edition) {
            next.edition = next.next_edition();
        }
        Ok(next.edition)
    }

    /// Every definition of the commune's own that a form ever had.
    fn own_forms(&self, name: &str) -> Result<Vec<Form>, Problem> {
        let history = self.setting_history(&form_key(name))?.into_iter();
        Ok(history.filter_map(|row| serde_json::from_value(row.value).ok()).collect())
    }

    /// Makes a form the commune's own from now on, or none: back to the one shipped. `false`, and nothing is set, if
    /// somebody set the form or its columns after log position `seen_at`.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a form that is not shipped; [`Code::LimitExceeded`]; the database's.
    pub fn set_form(
        &self,
        author: Option<&Author>,
        name: &str,
        own: Option<&Form>,
        seen_at: u64,
        clock: i64,
    ) -> Result<bool, Problem> {
        if schemas::form::form(name).is_none() || own.is_some_and(|own| own.form != name) {
            return Err(Code::NotFound.into());
        }
        let own = own.map(serde_json::to_value).transpose().map_err(|_| Code::Internal)?;
        let settings = [(form_key(name), own.unwrap_or(Json::Null)), (columns_key(name), Json::Null)];
        self.set_seen(author, &settings, seen_at, clock)
    }
}
