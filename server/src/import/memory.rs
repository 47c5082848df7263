//! What an import remembers of a row, so that running it again doubles nothing.
//!
//! Invariant: nothing restricted is remembered in the clear, nor whether there is anything restricted:
//! every row carries a digest of its restricted facts, of none too, made with the office's key.

use std::collections::BTreeMap;

use schemas::{format, text};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use sync_core::id::DocumentId;

use super::row::{Fact, Fields, Said};
use crate::office::{Author, ImportedRow};

/// What a row said when last imported; only what is not unknown.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// The child's fields, or of the household's row the household's.
    pub(super) fields: Fields,
    /// By the facts' keys within the row.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) facts: BTreeMap<String, RememberedFact>,
    /// The number the register gives the child.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) number: String,
    /// Digest of the restricted facts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) sealed: String,
}

/// A fact that an import wrote.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RememberedFact {
    /// Its key in the document.
    pub(super) id: String,
    pub(super) fields: Fields,
}

/// A child's row of an earlier run.
pub(super) struct KnownRow {
    pub(super) row_key: String,
    pub(super) person: String,
    pub(super) said: Remembered,
}

/// A household of earlier runs.
pub(super) struct KnownHousehold {
    pub(super) document: DocumentId,
    pub(super) said: Remembered,
    pub(super) children: Vec<KnownRow>,
}

/// Earlier runs, by village and the household's key.
pub(super) type Known = BTreeMap<(String, String), KnownHousehold>;

/// What identifies a household's row: village and household.
pub(super) fn household_row_key(village: &str, household: &str) -> String {
    format!("{village}|{household}")
}

/// What identifies a child's row: village, household, and the child's identity number if it is well
/// formed, else folded name, birth date and running number.
pub(super) fn child_row_key(said: &Said) -> String {
    let text = |name: &str| said.child.get(name).and_then(Json::as_str).unwrap_or_default();
    let child = match sound_number(text("identity_number")) {
        Some(number) => number,
        None => format!("{}/{}/{}", text::fold(text("name")), text("birth_date"), said.row_number),
    };
    format!("{}|{}|{child}", said.village, said.household_key)
}

/// An identity number that can be trusted to name one person.
pub(super) fn sound_number(written: &str) -> Option<String> {
    let number = format::bare(written);
    (!number.is_empty() && format::identity_number(&number, None, None).is_empty()).then_some(number)
}

/// Sorts what the office remembers. Rows that can't be understood are passed over.
pub(super) fn known(rows: Vec<ImportedRow>) -> Known {
    let mut known = Known::new();
    // Households stand before their children: their keys are shorter beginnings.
    for row in rows {
        let mut parts = row.row_key.splitn(3, '|');
        let (Some(village), Some(household), child) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let said: Remembered = serde_json::from_str(&row.said).unwrap_or_default();
        let place = (village.to_owned(), household.to_owned());
        let entry = known.entry(place).or_insert_with(|| KnownHousehold {
            document: row.document,
            said: Remembered::default(),
            children: Vec::new(),
        });
        match child {
            None => entry.said = said,
            Some(_) => {
                entry.children.push(KnownRow { row_key: row.row_key.clone(), person: row.person, said });
            }
        }
    }
    known
}

/// Whether a row and a known row are one child.
type SameChild<'a> = dyn Fn(&Said, &KnownRow) -> bool + 'a;

/// Which known row each row is: by its key, else by identity number, else by two of name, birth date and
/// running number. A corrected name is a changed row, not a new child.
pub(super) fn matches(rows: &[Said], keys: &[String], known: &[KnownRow]) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> =
        keys.iter().map(|key| known.iter().position(|row| row.row_key == *key)).collect();
    let text = |fields: &Fields, name: &str| {
        fields.get(name).and_then(Json::as_str).map(text::fold).filter(|text| !text.is_empty())
    };
    let same_field = |a: &Said, b: &KnownRow, name: &str| {
        let of_row = text(&a.child, name);
        of_row.is_some() && of_row == text(&b.said.fields, name)
    };
    let same_number = |a: &Said, b: &KnownRow| !a.row_number.is_empty() && a.row_number == b.said.number;
    let same_identity = |a: &Said, b: &KnownRow| {
        let of =
            |fields: &Fields| fields.get("identity_number").and_then(Json::as_str).and_then(sound_number);
        let of_row = of(&a.child);
        of_row.is_some() && of_row == of(&b.said.fields)
    };
    let tests: [&SameChild; 4] = [
        &same_identity,
        &|a, b| same_field(a, b, "name") && same_field(a, b, "birth_date"),
        &|a, b| same_field(a, b, "name") && same_number(a, b),
        &|a, b| same_field(a, b, "birth_date") && same_number(a, b),
    ];
    for is_same in tests {
        for (at, row) in rows.iter().enumerate() {
            if found[at].is_none() && row.has_child {
                let free = |index: &usize| !found.contains(&Some(*index));
                found[at] = (0..known.len()).filter(free).find(|&index| is_same(row, &known[index]));
            }
        }
    }
    found
}

/// Restricted facts, as a digest that tells nothing without the office's key.
pub(super) struct SealedDigest<'a> {
    author: &'a Author,
}

/// Restricted facts of one row beyond which a changed set is not searched.
const SEARCHED_MAX: usize = 8;

impl<'a> SealedDigest<'a> {
    pub(super) fn new(author: &'a Author) -> Self {
        Self { author }
    }

    /// The digest of these facts of a row.
    pub(super) fn of(&self, row_key: &str, facts: &[&Fact]) -> String {
        let mut said: Vec<String> = facts
            .iter()
            .map(|fact| {
                // Written in the order of names, however the columns stand.
                let fields: BTreeMap<&String, &Json> =
                    fact.fields.iter().filter(|(_, value)| !value.is_null()).collect();
                serde_json::to_string(&fields).expect("texts and numbers become JSON")
            })
            .collect();
        said.sort();
        let mut message = Sha256::new();
        for part in std::iter::once(row_key).chain(said.iter().map(String::as_str)) {
            message.update((part.len() as u64).to_be_bytes());
            message.update(part);
        }
        let digest = self.author.keyed_digest(b"sothon/import/sealed/1", &message.finalize());
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        format!("{}.{}", hex(&self.author.device().as_bytes()[..4]), hex(&digest[..16]))
    }

    /// Whether a digest was made with this key.
    pub(super) fn is_own(&self, digest: &str) -> bool {
        let of = |digest: &str| digest.split('.').next().map(str::to_owned);
        of(digest) == of(&self.of("", &[]))
    }

    /// What came to the facts that gave `before`; `None` if something else changed.
    pub(super) fn added<'f>(&self, row_key: &str, before: &str, now: &[&'f Fact]) -> Option<Vec<&'f Fact>> {
        if now.len() > SEARCHED_MAX {
            return None;
        }
        let pick = |mask: usize, wanted: bool| -> Vec<&'f Fact> {
            let is_in = |at: usize| (mask >> at & 1 == 1) == wanted;
            now.iter().enumerate().filter(|(at, _)| is_in(*at)).map(|(_, fact)| *fact).collect()
        };
        let found =
            (0..1usize << now.len()).rev().find(|&mask| self.of(row_key, &pick(mask, true)) == before);
        found.map(|mask| pick(mask, false))
    }
}
