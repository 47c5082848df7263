//! A form filled from the register and from what officers typed in: everything that is printed about it.
//!
//! Between step 7 and 8 of the way of a fact. Enters: which form, for which days and whom, and the facts. Leaves:
//! [`Filled`]. Invariant: it is a function of the log up to `facts.known_at` (and of the confidential key, if the facts
//! were opened with one), so that filling the same form at the same position gives the same value for ever.

mod definition;
mod order;
mod parameters;

use std::collections::BTreeMap;

use schemas::form::{Form, FormError};
use sync_core::tally::{Contribution, Counter, Period, Tally};

use super::Office;
use super::cache::CountError;
use super::places::Lives;
use super::read::FactsAt;
use crate::problem::Problem;
use crate::report::{Filled, Signatory, TypedIn};

pub use definition::read_form;
pub(crate) use definition::{columns_key, form_key};
pub use parameters::ParameterValue;
pub(crate) use parameters::{dated_key, undated_key};

/// Which form is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name, e.g. `03/TE`.
    pub form: String,
    /// The days.
    pub period: Period,
    /// Code of the only village to count; none: the commune.
    pub village: Option<String>,
}

/// Why a form can't be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// There is no form of that name.
    #[error("no form of that name")]
    NoForm,
    /// There is no village of that code on the as-of date.
    #[error("no village of that code")]
    NoVillage,
    /// The commune's own form, or its columns, are wrong.
    #[error(transparent)]
    Columns(#[from] FormError),
    /// It can't be counted.
    #[error(transparent)]
    Count(#[from] CountError),
    /// The office's.
    #[error(transparent)]
    Office(#[from] Problem),
}

impl Office {
    /// The form, filled.
    ///
    /// # Errors
    /// See [`FillError`].
    pub fn fill(&self, wanted: &Wanted, facts: &FactsAt) -> Result<Filled, FillError> {
        let form = self.form_at(&wanted.form, facts.known_at)?;
        self.fill_as(form, wanted, facts)
    }

    /// The form as `form` defines it, filled.
    ///
    /// # Errors
    /// See [`FillError`].
    pub(super) fn fill_as(&self, form: Form, wanted: &Wanted, facts: &FactsAt) -> Result<Filled, FillError> {
        let village = wanted.village.as_deref();
        let village = village.map(|code| self.village_named(code, wanted.period, facts)).transpose()?;
        let valid = self.parameters_at(&form, wanted.period.as_of(), facts.known_at)?;
        let parameters = valid.iter().map(|(key, value)| (key.clone(), value.number)).collect();
        let parameter_days = valid.into_iter().filter_map(|(key, value)| Some((key, value.day?))).collect();
        let code = wanted.village.as_deref();
        let counted = self.counted(&form, wanted.period, code, facts)?;
        let counter = Counter::new(&form, wanted.period, code).map_err(CountError::from)?;
        let tally = counter.tally(&counted, &parameters);
        // What is typed in is the commune's: no village has a budget.
        let typed = match village {
            None => self.typed_at(&form, wanted.period, facts.known_at)?,
            Some(_) => TypedIn::new(),
        };
        let heading = self.profile(wanted.period.as_of(), Some(facts.known_at))?.period;
        let signatories = self.signatories(&form.form, facts.known_at)?;
        let unsigned = |role: &String| Signatory { role: role.clone(), name: String::new() };
        let signatories = signatories.unwrap_or_else(|| form.signatories.iter().map(unsigned).collect());
        Ok(Filled {
            commune: heading.name,
            upper_level: heading.upper_level,
            village,
            form,
            tally,
            typed,
            parameters,
            parameter_days,
            known_at: facts.known_at,
            signatories,
            filing: None,
        })
    }

    /// The same form for every village, by code: numbers only.
    ///
    /// # Errors
    /// See [`FillError`].
    pub fn fill_villages(
        &self,
        whole: &Filled,
        facts: &FactsAt,
    ) -> Result<BTreeMap<String, Tally>, FillError> {
        let counted = self.counted_by_village(&whole.form, whole.tally.period, facts)?;
        // Compiled once: a village changes who is counted, not how a sum is read.
        let counter = Counter::new(&whole.form, whole.tally.period, None).map_err(CountError::from)?;
        let of_village = |(village, sum): (&String, &Contribution)| {
            let tally = counter.tally(sum, &BTreeMap::new());
            (village.clone(), Tally { village: Some(village.clone()), ..tally })
        };
        Ok(counted.iter().map(of_village).collect())
    }

    fn village_named(
        &self,
        code: &str,
        period: Period,
        facts: &FactsAt,
    ) -> Result<(String, String), FillError> {
        let villages =
            self.read(|sql| Ok::<_, Problem>(Lives::read(sql, facts.known_at)?.on(period.as_of())))?;
        let found = villages.into_iter().find(|village| village.code == code);
        found.map(|village| (village.code, village.name)).ok_or(FillError::NoVillage)
    }
}
