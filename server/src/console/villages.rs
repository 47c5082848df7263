//! Villages as pages offer and name them: those that exist on the day in question, never only the codes of documents.
//!
//! Enters: a day, perhaps a code from an address. Leaves: choices, and in which village a household counts. Invariant:
//! an address that was kept from before a merger leads to the village in which its households count now, not to the
//! whole commune.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sync_core::date::Date;
use sync_core::document::View;

use super::{Asked, show};
use crate::office::PersonRow;
use crate::office::places::VillageMap;
use crate::problem::Problem;

/// Code of a village, and its name as shown.
pub(super) type Choice = (String, String);

/// The villages of a day, by code, as a list to choose from.
pub(super) fn village_choices(asked: &Asked, day: Date) -> Result<Vec<Choice>, Problem> {
    let villages = asked.office().villages_on(day)?;
    Ok(villages.into_iter().map(|village| (village.code, show::plain(&village.name))).collect())
}

/// The code of the village of a day that an address names, or that has its households since; none if there is none.
pub(super) fn village_on(asked: &Asked, code: &str, day: Date) -> Result<Option<String>, Problem> {
    let map = asked.office().village_map(day)?;
    let code = map.of_code(code);
    Ok(village_choices(asked, day)?.into_iter().map(|(known, _)| known).find(|known| known == code))
}

/// What a village is called, or was called last; its code if there never was one.
pub(super) fn village_name(asked: &Asked, code: &str) -> Result<String, Problem> {
    let known = asked.office().villages()?.into_iter().find(|(known, _)| known == code);
    Ok(known.map_or_else(|| code.to_owned(), |(_, name)| show::plain(&name)))
}

/// In which village each household counts on a day, and what the villages are called then.
pub(super) struct Villages {
    map: VillageMap,
    names: BTreeMap<String, String>,
}

impl Villages {
    /// Those of a day.
    pub(super) fn on(asked: &Asked, day: Date) -> Result<Self, Problem> {
        let mut names: BTreeMap<String, String> = asked.office().villages()?.into_iter().collect();
        names
            .extend(asked.office().villages_on(day)?.into_iter().map(|village| (village.code, village.name)));
        Ok(Self { map: asked.office().village_map(day)?, names })
    }

    /// Code and name of the village of a household.
    pub(super) fn of(&self, view: &View) -> Choice {
        let code = self.map.of(view.document, &view.village);
        (code.to_owned(), self.name(code))
    }

    /// Code of the village in which somebody of a list counts on the day.
    pub(super) fn code_of_person<'a>(&'a self, person: &'a PersonRow) -> &'a str {
        self.map.of(person.document, &person.begun_in)
    }

    /// What that village is called.
    pub(super) fn of_person(&self, person: &PersonRow) -> String {
        self.name(self.code_of_person(person))
    }

    /// What a village is called on the day; of one that is not there, its last name.
    pub(super) fn name(&self, code: &str) -> String {
        self.names.get(code).map_or_else(|| code.to_owned(), |name| show::plain(name))
    }
}
