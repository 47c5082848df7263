//! Two documents that may be one household.

use minicbor::{Decode, Encode};
use schemas::text::fold;

use super::children::{is_near, texts};
use super::{HouseholdReason, household_score};
use crate::document::{View, is_withdrawn};
use crate::id::DocumentId;
use crate::pairs;

/// A household as far as it is compared, folded. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct HouseholdRecord {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// The village's code.
    #[n(1)]
    pub village: String,
    #[n(2)]
    numbers: Vec<String>,
    #[n(3)]
    heads: Vec<String>,
    #[n(4)]
    addresses: Vec<String>,
    #[n(5)]
    phones: Vec<String>,
    /// Documents with which somebody has linked a person of this one.
    #[n(6)]
    linked: Vec<DocumentId>,
}

impl core::fmt::Debug for HouseholdRecord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "HouseholdRecord({})", self.document)
    }
}

/// Why two documents may be one household, their children left aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdLikeness {
    /// 0 to 100.
    pub score: u8,
    /// In the order of [`HouseholdReason::ALL`].
    pub reasons: Vec<HouseholdReason>,
}

/// What a household is compared by; none for one withdrawn.
#[must_use]
pub fn household_record(view: &View) -> Option<HouseholdRecord> {
    if is_withdrawn(&view.household) {
        return None;
    }
    let links = pairs::identities(view).into_iter().flat_map(|identity| identity.links);
    let mut linked: Vec<DocumentId> =
        links.filter(|link| link.kind == "same").map(|link| link.document).collect();
    linked.sort_unstable();
    linked.dedup();
    Some(HouseholdRecord {
        document: view.document,
        village: view.village.clone(),
        numbers: texts(&view.household, "number", fold),
        heads: texts(&view.household, "head_name", fold),
        addresses: texts(&view.household, "address", fold),
        phones: texts(&view.household, "phone", schemas::format::bare),
        linked,
    })
}

impl HouseholdRecord {
    /// Numbers that two records share if they are worth comparing: the head with the address, or with the number in
    /// the village; the telephone.
    #[must_use]
    pub fn keys(&self) -> Vec<i64> {
        let key = |kind: &str, what: &str, with: &str| pairs::key_of(&format!("{kind}\n{what}"), with);
        let mut keys: Vec<i64> = self.phones.iter().map(|phone| key("phone", phone, "")).collect();
        for head in &self.heads {
            keys.extend(self.addresses.iter().map(|address| key("head", head, address)));
            keys.extend(
                self.numbers
                    .iter()
                    .map(|number| key("household", head, &format!("{}\n{number}", self.village))),
            );
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// How alike two households are; `None` if nothing speaks for it, if they are one document, or if somebody has
    /// linked people of both.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> Option<HouseholdLikeness> {
        let linked = self.linked.contains(&other.document) || other.linked.contains(&self.document);
        if self.document == other.document || linked {
            return None;
        }
        let share = |one: &[String], two: &[String]| one.iter().any(|text| two.contains(text));
        let near = || self.heads.iter().any(|one| other.heads.iter().any(|two| is_near(one, two)));
        let head = if share(&self.heads, &other.heads) {
            Some(HouseholdReason::SameHead)
        } else {
            near().then_some(HouseholdReason::HeadNear)
        };
        let number = self.village == other.village && share(&self.numbers, &other.numbers);
        let reasons: Vec<HouseholdReason> = [
            head,
            share(&self.addresses, &other.addresses).then_some(HouseholdReason::SameAddress),
            share(&self.phones, &other.phones).then_some(HouseholdReason::SamePhone),
            number.then_some(HouseholdReason::SameNumber),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!reasons.is_empty()).then(|| HouseholdLikeness { score: household_score(&reasons), reasons })
    }
}
