//! The households on a device, read for people: found by number, searched, and put in order.

use schemas::{record, text};
use sync_core::date::Date;
use sync_core::device::{ChangeState, DeviceStore, RecordError, load_household};
use sync_core::document::View;
use sync_core::id::DocumentId;
use sync_core::projection::project;
use sync_core::register::{HouseholdName, NotFound, Numbers, Summary};

use device_store::{SqliteStore, StoreError};

/// A household as it stands on this device, unsent and refused changes included.
#[derive(Debug)]
pub struct Listed {
    /// Everything it says.
    pub view: View,
    /// The same in one row.
    pub summary: Summary,
    /// Its changes that are not on the office's disk.
    pub unsent: u32,
    /// Its changes that the office keeps in quarantine.
    pub refused: u32,
}

impl Listed {
    /// Loads one household, to be looked at on `today`.
    ///
    /// # Errors
    /// The store's, or a damaged document.
    pub fn load(
        store: &SqliteStore,
        document: DocumentId,
        today: Date,
    ) -> Result<Self, RecordError<StoreError>> {
        let changes = store.changes(document).map_err(RecordError::Store)?;
        let count = |state| {
            let of_state = changes.iter().filter(|change| change.state == state).count();
            u32::try_from(of_state).unwrap_or(u32::MAX)
        };
        let view = load_household(store, document)?.view();
        Ok(Self {
            summary: Summary::of(&view, &project(&view), today, record::definition()),
            view,
            unsent: count(ChangeState::Unsent),
            refused: count(ChangeState::Refused),
        })
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        self.view.document
    }
}

/// All households of a device, by village, number and head.
#[derive(Debug, Default)]
pub struct Register {
    households: Vec<Listed>,
    numbers: Numbers,
}

impl Register {
    /// Loads all of them, to be looked at on `today`.
    ///
    /// # Errors
    /// The store's, or a damaged document.
    pub fn load(store: &SqliteStore, today: Date) -> Result<Self, RecordError<StoreError>> {
        let documents = store.documents().map_err(RecordError::Store)?;
        let load = |document| Listed::load(store, document, today);
        let mut households: Vec<Listed> = documents.into_iter().map(load).collect::<Result<_, _>>()?;
        households.sort_by_cached_key(|listed| {
            let summary = &listed.summary;
            (summary.village.clone(), summary.by_number.clone(), summary.document)
        });
        let mut register = Self::default();
        households.iter().for_each(|listed| register.index(&listed.summary));
        register.households = households;
        Ok(register)
    }

    /// Makes a household known by its numbers, every one that stands.
    pub fn index(&mut self, summary: &Summary) {
        self.numbers.add(summary);
    }

    /// The households in order.
    #[must_use]
    pub fn households(&self) -> &[Listed] {
        &self.households
    }

    /// Those of a village (all: none given) that say a text somewhere a person would look for it,
    /// without regard to accents and case.
    pub fn search<'a>(
        &'a self,
        village: Option<&'a str>,
        search: Option<&str>,
    ) -> impl Iterator<Item = &'a Listed> {
        let folded = search.map(text::fold);
        self.households
            .iter()
            .filter(move |listed| village.is_none_or(|village| listed.summary.village == village))
            .filter(move |listed| folded.as_ref().is_none_or(|folded| listed.summary.says(folded)))
    }

    /// The one household with this name.
    ///
    /// # Errors
    /// None, or several with this number.
    pub fn find(&self, name: &HouseholdName) -> Result<DocumentId, NotFound> {
        match name {
            HouseholdName::Document(document) => {
                let known = self.households.iter().any(|listed| listed.document() == *document)
                    || self.numbers.has(*document);
                if known { Ok(*document) } else { Err(NotFound::Unknown) }
            }
            HouseholdName::Number(village, number) => self.numbers.find(village, number),
        }
    }

    /// Fields on which people wrote different things, over all households.
    #[must_use]
    pub fn undecided(&self) -> u32 {
        self.households.iter().map(|listed| listed.summary.undecided).sum()
    }
}
