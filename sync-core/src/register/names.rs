//! How people name a household: by its document, or by the number in the village's book.

use std::collections::BTreeMap;

use schemas::text;

use super::Summary;
use crate::id::DocumentId;

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
pub(super) fn number_key(number: &str) -> String {
    let folded = text::fold(number);
    let bare = folded.trim().trim_start_matches('0');
    if bare.is_empty() && !folded.trim().is_empty() { "0".to_owned() } else { bare.to_owned() }
}

/// Households by village and number, every number that stands.
#[derive(Debug, Clone, Default)]
pub struct Numbers(BTreeMap<(String, String), Vec<DocumentId>>);

impl Numbers {
    /// Makes a household known by its numbers.
    pub fn add(&mut self, summary: &Summary) {
        for number in &summary.numbers {
            let documents = self.0.entry((summary.village.clone(), number.clone())).or_default();
            if !documents.contains(&summary.document) {
                documents.push(summary.document);
            }
        }
    }

    /// Whether a household is known by some number.
    #[must_use]
    pub fn has(&self, document: DocumentId) -> bool {
        self.0.values().flatten().any(|known| *known == document)
    }

    /// The one household with this number, as written.
    ///
    /// # Errors
    /// None, or several with this number.
    pub fn find(&self, village: &str, number: &str) -> Result<DocumentId, NotFound> {
        match self.0.get(&(village.to_owned(), number_key(number))).map(Vec::as_slice) {
            None | Some([]) => Err(NotFound::Unknown),
            Some([document]) => Ok(*document),
            Some(several) => Err(NotFound::Ambiguous(several.to_vec())),
        }
    }
}
