//! The households on a device, read for people: found by number, searched, and put in order.

use std::collections::BTreeMap;

use schemas::text;
use sync_core::device::{ChangeState, DeviceStore, RecordError, load_household};
use sync_core::document::shape::FIELD_WITHDRAWN;
use sync_core::document::{Container, Fields, Value, View, shown_text};
use sync_core::facts::Choice;
use sync_core::id::DocumentId;

use device_store::{SqliteStore, StoreError};

/// A household as it stands on this device, unsent and refused changes included.
#[derive(Debug)]
pub struct Listed {
    /// Everything it says.
    pub view: View,
    /// Its changes that are not on the office's disk.
    pub unsent: usize,
    /// Its changes that the office keeps in quarantine.
    pub refused: usize,
}

/// How a person names a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HouseholdName {
    /// By its document.
    Document(DocumentId),
    /// By village code and number in the village's book.
    Number(String, String),
}

impl core::str::FromStr for HouseholdName {
    type Err = NoName;

    fn from_str(name: &str) -> Result<Self, NoName> {
        if let Ok(document) = name.trim().parse() {
            return Ok(Self::Document(document));
        }
        let (village, number) = name.split_once('/').ok_or(NoName)?;
        let (village, number) = (village.trim(), number_key(number));
        if village.is_empty() || number.is_empty() {
            return Err(NoName);
        }
        Ok(Self::Number(village.to_owned(), number))
    }
}

/// A text is neither a document's name nor `village/number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a household")]
pub struct NoName;

/// Why a name does not lead to one household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFound {
    /// To none.
    Unknown,
    /// To several, given here.
    Ambiguous(Vec<DocumentId>),
}

/// Numbers are compared without the blanks and zeros people put before them.
fn number_key(number: &str) -> String {
    let folded = text::fold(number);
    let bare = folded.trim().trim_start_matches('0');
    if bare.is_empty() && !folded.trim().is_empty() { "0".to_owned() } else { bare.to_owned() }
}

/// Every value of a field as text.
fn texts<'a>(fields: &'a Fields, name: &str) -> impl Iterator<Item = &'a str> {
    fields.get(name).into_iter().flat_map(Choice::values).filter_map(|written| written.value.as_text())
}

/// Whether a record is withdrawn as a mistake, as shown.
#[must_use]
pub fn is_withdrawn(fields: &Fields) -> bool {
    fields.get(FIELD_WITHDRAWN).is_some_and(|field| field.shown().value == Value::Bool(true))
}

impl Listed {
    /// Loads one household.
    ///
    /// # Errors
    /// The store's, or a damaged document.
    pub fn load(store: &SqliteStore, document: DocumentId) -> Result<Self, RecordError<StoreError>> {
        let changes = store.changes(document).map_err(RecordError::Store)?;
        let count = |state| changes.iter().filter(|change| change.state == state).count();
        Ok(Self {
            view: load_household(store, document)?.view(),
            unsent: count(ChangeState::Unsent),
            refused: count(ChangeState::Refused),
        })
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        self.view.document
    }

    /// Number in the village's book, as shown.
    #[must_use]
    pub fn number(&self) -> &str {
        shown_text(&self.view.household, "number").unwrap_or_default()
    }

    /// Name of the head, as shown.
    #[must_use]
    pub fn head_name(&self) -> &str {
        shown_text(&self.view.household, "head_name").unwrap_or_default()
    }

    /// Children whose record is not withdrawn.
    #[must_use]
    pub fn children(&self) -> usize {
        self.view.of(Container::Children).filter(|(_, fields)| !is_withdrawn(fields)).count()
    }

    /// Day of the last visit recorded.
    #[must_use]
    pub fn last_visit(&self) -> Option<&str> {
        self.view.of(Container::Visits).filter_map(|(_, fields)| shown_text(fields, "date")).max()
    }

    /// Fields on which people wrote different things.
    #[must_use]
    pub fn undecided(&self) -> usize {
        self.view.conflicts().count()
    }

    fn says(&self, folded: &str) -> bool {
        let own = ["number", "head_name", "address", "hamlet", "phone"]
            .into_iter()
            .flat_map(|name| texts(&self.view.household, name));
        let people = [Container::Children, Container::Members]
            .into_iter()
            .flat_map(|container| self.view.of(container))
            .flat_map(|(_, fields)| texts(fields, "name").chain(texts(fields, "identity_number")));
        own.chain(people).any(|said| text::fold(said).contains(folded))
    }
}

/// All households of a device, by village, number and head.
#[derive(Debug, Default)]
pub struct Register {
    households: Vec<Listed>,
    numbers: BTreeMap<(String, String), Vec<DocumentId>>,
}

impl Register {
    /// Loads all of them.
    ///
    /// # Errors
    /// The store's, or a damaged document.
    pub fn load(store: &SqliteStore) -> Result<Self, RecordError<StoreError>> {
        let documents = store.documents().map_err(RecordError::Store)?;
        let mut households: Vec<Listed> =
            documents.into_iter().map(|document| Listed::load(store, document)).collect::<Result<_, _>>()?;
        households.sort_by_cached_key(|listed| {
            let number = text::sort_key(listed.number());
            (listed.view.village.clone(), number, text::name_sort_key(listed.head_name()), listed.document())
        });
        let mut register = Self::default();
        for listed in &households {
            register.index(&listed.view);
        }
        register.households = households;
        Ok(register)
    }

    /// Makes a household known by its numbers, every one that stands.
    pub fn index(&mut self, view: &View) {
        for number in texts(&view.household, "number") {
            let documents = self.numbers.entry((view.village.clone(), number_key(number))).or_default();
            if !documents.contains(&view.document) {
                documents.push(view.document);
            }
        }
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
            .filter(move |listed| village.is_none_or(|village| listed.view.village == village))
            .filter(move |listed| folded.as_ref().is_none_or(|folded| listed.says(folded)))
    }

    /// The one household with this name.
    ///
    /// # Errors
    /// None, or several with this number.
    pub fn find(&self, name: &HouseholdName) -> Result<DocumentId, NotFound> {
        match name {
            HouseholdName::Document(document) => {
                let known = self.households.iter().any(|listed| listed.document() == *document)
                    || self.numbers.values().flatten().any(|known| known == document);
                if known { Ok(*document) } else { Err(NotFound::Unknown) }
            }
            HouseholdName::Number(village, number) => {
                match self.numbers.get(&(village.clone(), number.clone())).map(Vec::as_slice) {
                    None | Some([]) => Err(NotFound::Unknown),
                    Some([document]) => Ok(*document),
                    Some(several) => Err(NotFound::Ambiguous(several.to_vec())),
                }
            }
        }
    }

    /// Fields on which people wrote different things, over all households.
    #[must_use]
    pub fn undecided(&self) -> usize {
        self.households.iter().map(Listed::undecided).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_named_by_its_document_or_by_village_and_number() {
        let number =
            |village: &str, number: &str| HouseholdName::Number(village.to_owned(), number.to_owned());
        let document = DocumentId([0xab; 16]);
        let cases = [
            ("03/12", Ok(number("03", "12"))),
            (" 03 / 012 ", Ok(number("03", "12"))),
            ("03/12B", Ok(number("03", "12b"))),
            ("03/0", Ok(number("03", "0"))),
            (&document.to_string(), Ok(HouseholdName::Document(document))),
            ("12", Err(NoName)),
            ("/12", Err(NoName)),
            ("03/", Err(NoName)),
            ("", Err(NoName)),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse(), expected, "{text}");
        }
    }
}
