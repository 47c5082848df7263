//! The generator's own structures: the truth that exports are written from and counts are checked by.

use serde::{Deserialize, Serialize};
use sync_core::date::{Date, PartialDate};

/// Sex of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

impl Sex {
    /// Code of the brief: `male` or `female`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

/// Poverty status of a household as certified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Poverty {
    /// Hộ nghèo.
    Poor,
    /// Hộ cận nghèo.
    NearPoor,
    /// Neither.
    Neither,
}

impl Poverty {
    /// Catalogue code: `poor`, `near_poor` or `neither`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Poor => "poor",
            Self::NearPoor => "near_poor",
            Self::Neither => "neither",
        }
    }
}

/// How large a commune to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// Villages, 1 to 96.
    pub villages: usize,
    /// Households with children in all villages together. Below about 300 not every line of 03/TE
    /// finds a child.
    pub households: usize,
}

impl Scale {
    /// Hoàng Đồng: 16 villages, 1,900 households, about 2,600 children under 16.
    #[must_use]
    pub fn commune() -> Self {
        Self { villages: 16, households: 1_900 }
    }

    /// `villages` villages of 300 households each, the size a phone is measured with.
    #[must_use]
    pub fn villages_of_300(villages: usize) -> Self {
        Self { villages, households: 300 * villages }
    }

    /// The largest commune benches use: 67 villages, 20,000 households.
    #[must_use]
    pub fn large() -> Self {
        Self { villages: 67, households: 20_000 }
    }
}

impl Default for Scale {
    fn default() -> Self {
        Self::commune()
    }
}

/// One village (thôn).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Village {
    /// `01`, `02`, …
    pub code: String,
    /// Synthetic name without the unit word, as the register's column THÔN writes it.
    pub name: String,
}

/// A parent or carer, as a child's row names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adult {
    /// Full name.
    pub name: String,
    /// Year of birth.
    pub birth_year: i16,
    /// Free text.
    pub occupation: String,
}

/// An adult of the household. The register has no rows of their own for members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Full name.
    pub name: String,
    /// Year of birth.
    pub birth_year: i16,
    /// Sex.
    pub sex: Sex,
    /// Code of the ethnic group.
    pub ethnicity: String,
    /// Code of the relation to the head.
    pub relation_to_head: String,
    /// Free text.
    pub occupation: String,
}

/// A circumstance that holds since `start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstance {
    /// Line code of 03/TE.
    pub code: String,
    /// Unknown: since always.
    pub start: Option<PartialDate>,
}

/// A support received, or needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Support {
    /// Catalogue code of the form.
    pub form: String,
    /// False: needed only.
    pub received: bool,
}

/// A life event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifeEvent {
    /// Catalogue code of the kind.
    pub kind: String,
    /// Day it happened.
    pub date: Date,
    /// Catalogue code of the cause of a death or injury.
    pub cause: Option<String>,
}

/// What the register says of the health-insurance card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Insurance {
    /// A card of this number (10 digits or 15 characters).
    Number(String),
    /// "Có": a card, its number not written down.
    Held,
    /// "Không".
    None,
    /// Left empty.
    Unknown,
}

/// One child of the register: a row. Some are already 16 or 17, some have died or left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// Running number within the village, from 1.
    pub stt: u32,
    /// Full name; no two of a household share it.
    pub name: String,
    /// As recorded: a day, a month or only a year.
    pub birth: PartialDate,
    /// Sex.
    pub sex: Sex,
    /// Code of the ethnic group.
    pub ethnicity: String,
    /// 12 digits, prefix `099` (see [`super::people`]); the few malformed ones are listed by
    /// [`super::register::Register::expected_row_warnings`].
    pub identity_number: Option<String>,
    /// Code of the relation to the head.
    pub relation_to_head: String,
    /// `None`: unknown.
    pub father: Option<Adult>,
    /// `None`: unknown.
    pub mother: Option<Adult>,
    /// Who raises the child, when it is not the parents.
    pub carer: Option<Adult>,
    /// Catalogue code.
    pub birth_registration: String,
    /// Health insurance.
    pub insurance: Insurance,
    /// Catalogue code of schooling.
    pub schooling: String,
    /// `3A`, or empty.
    pub class: String,
    /// Synthetic name, or empty.
    pub school: String,
    /// All of them hold until further notice.
    pub circumstances: Vec<Circumstance>,
    /// Supports.
    pub supports: Vec<Support>,
    /// Life events in the order they happened.
    pub events: Vec<LifeEvent>,
    /// Free text.
    pub note: String,
}

impl Child {
    /// Whether the child neither died nor left as of the register.
    #[must_use]
    pub fn is_present(&self) -> bool {
        !self.events.iter().any(|event| event.kind == "death" || event.kind == "moved_out")
    }

    /// Whether a circumstance of the code, or of a line below it, is recorded.
    #[must_use]
    pub fn holds(&self, code: &str) -> bool {
        self.circumstances.iter().any(|held| super::expected::lies_in(&held.code, code))
    }
}

/// One household with children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Household {
    /// Code of the village.
    pub village: String,
    /// Number within the village, from 1, as written in "Số hộ".
    pub number: String,
    /// Full name of the head.
    pub head_name: String,
    /// Free text.
    pub address: String,
    /// `0000` and six digits: no such number exists.
    pub phone: Option<String>,
    /// Poverty status.
    pub poverty: Poverty,
    /// Adults.
    pub members: Vec<Member>,
    /// At least one.
    pub children: Vec<Child>,
}

/// A whole synthetic commune as of [`super::REGISTER_DATE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commune {
    /// Seed it was made from.
    pub seed: u64,
    /// Size asked for.
    pub scale: Scale,
    /// In order of code.
    pub villages: Vec<Village>,
    /// In order of village and number.
    pub households: Vec<Household>,
}

impl Commune {
    /// All children of the register with their households, in the order of its rows.
    pub fn children(&self) -> impl Iterator<Item = (&Household, &Child)> {
        self.households
            .iter()
            .flat_map(|household| household.children.iter().map(move |child| (household, child)))
    }

    /// A household by village code and number.
    #[must_use]
    pub fn household(&self, village: &str, number: &str) -> Option<&Household> {
        self.households.iter().find(|household| household.village == village && household.number == number)
    }

    /// Name of a village by its code.
    #[must_use]
    pub fn village_name(&self, code: &str) -> Option<&str> {
        self.villages.iter().find(|village| village.code == code).map(|village| village.name.as_str())
    }
}
