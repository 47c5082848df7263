//! A review round as data: what each collector does on a device without a signal, in order.
//!
//! Enters: a commune as its register was imported. Leaves: [`RoundScript`], actions that name
//! households by (village, number) and children by name, so that a driver turns each into a form entry
//! ([`Action::to_entry`]) with the identifiers its own store holds, and [`Planted`], what the round is
//! meant to cause, so that a test can look for it.
//!
//! Every planted situation has households of its own, so nothing interferes with anything else.

mod entry;
mod plan;
mod plan_shared;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync_core::date::{Date, PartialDate};

use super::model::Commune;

/// The review round all actions belong to.
pub const ROUND: &str = "2024-2";

/// Villages whose work two collectors share.
pub const SHARED_VILLAGES: [&str; 2] = ["03", "07"];

/// Finds what the driver's store calls a household or a child.
pub trait Resolver {
    /// The document of a household; `None` when this store does not hold one of that number.
    fn document(&self, village: &str, number: &str) -> Option<String>;
    /// The key of a child in that household's document, by the name written in the register.
    fn child(&self, village: &str, number: &str, child_name: &str) -> Option<String>;
}

/// What all devices do in one round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundScript {
    /// Seed of the script.
    pub seed: u64,
    /// Key of the review round.
    pub round: String,
    /// In order of village.
    pub devices: Vec<DeviceScript>,
    /// What the actions are meant to cause, in the order it was planned.
    pub planted: Vec<Planted>,
}

/// One collector's device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceScript {
    /// `dt-03a`, `dt-03b`, `dt-04`.
    pub name: String,
    /// Synthetic name of the collector.
    pub collector: String,
    /// Villages granted to the device.
    pub villages: Vec<String>,
    /// What its clock is ahead of the true time, in seconds; negative: behind. Most are seconds or
    /// minutes off, some hours, one is six years behind and one three years ahead.
    pub clock_offset_seconds: i64,
    /// In the order they are done, all before the device syncs.
    pub actions: Vec<Action>,
}

/// One visit to one household.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Village code.
    pub village: String,
    /// Number of the household within the village.
    pub number: String,
    /// True date of the visit.
    pub date: Date,
    /// `met`, `absent`, `refused` or `moved_away`.
    pub result: String,
    /// What was recorded; empty: nothing has changed.
    pub doings: Vec<Doing>,
}

/// One thing recorded during a visit. `child` is a name: of the register, or of an [`Doing::AddChild`]
/// earlier in the same action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Doing {
    /// The household is new to the village.
    NewHousehold {
        /// Full name of the head.
        head_name: String,
        /// Free text.
        address: String,
        /// Catalogue code.
        poverty_status: String,
    },
    /// A field of the household gets a value; null clears it.
    SetHousehold {
        /// Field name of the record definition.
        field: String,
        /// New value.
        value: Value,
    },
    /// A field of a child gets a value; null clears it.
    SetChild {
        /// Whose.
        child: String,
        /// Field name of the record definition.
        field: String,
        /// New value.
        value: Value,
    },
    /// A child who is not on the list.
    AddChild {
        /// The child's fields.
        child: NewChild,
    },
    /// A life event.
    Event {
        /// Whose.
        child: String,
        /// Catalogue code of the kind.
        kind: String,
        /// When.
        date: PartialDate,
        /// Catalogue code of the cause of a death or injury.
        cause: Option<String>,
        /// Where from or where to.
        other_place: Option<String>,
    },
    /// A circumstance that may be read in the field.
    Circumstance {
        /// Whose.
        child: String,
        /// Line code of 03/TE.
        code: String,
        /// Since when, as far as known.
        start: Option<PartialDate>,
    },
    /// A restricted fact, to be sealed.
    Restricted {
        /// Whose.
        child: String,
        /// Line code of 03/TE.
        code: String,
        /// Since when, as far as known.
        start: Option<PartialDate>,
        /// Free text.
        note: String,
        /// Catalogue codes of forms of support received.
        supports: Vec<String>,
    },
    /// A support.
    Support {
        /// Whose.
        child: String,
        /// Catalogue code of the form.
        form: String,
        /// False: needed only.
        received: bool,
        /// Since when, as far as known.
        start: Option<PartialDate>,
    },
    /// The child came from another household of the commune, where the record is known.
    LinkMoved {
        /// Who came.
        child: String,
        /// The record left behind.
        from: ChildRef,
    },
}

/// A child as the register names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChildRef {
    /// Village code.
    pub village: String,
    /// Number of the household.
    pub number: String,
    /// Number in the village's register; `None` for one added in the round.
    pub stt: Option<u32>,
    /// Full name as registered.
    pub name: String,
}

/// A child written down in the round, with the field names of the record definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewChild {
    /// Full name.
    pub name: String,
    /// As precisely as told.
    pub birth_date: PartialDate,
    /// `male` or `female`.
    pub sex: String,
    /// Code of the ethnic group.
    pub ethnicity: String,
    /// Catalogue code.
    pub relation_to_head: String,
    /// 12 digits, prefix `099`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_number: Option<String>,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub father_name: Option<String>,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mother_name: Option<String>,
    /// Catalogue code.
    pub birth_registration: String,
    /// Catalogue code.
    pub schooling: String,
}

/// What a part of the round is meant to cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "planted", rename_all = "snake_case")]
pub enum Planted {
    /// Two collectors wrote different values into one field: both stand until an officer decides.
    Disputed {
        /// Whose record.
        child: ChildRef,
        /// Field name.
        field: String,
        /// The two values, in the order of the devices.
        values: [Value; 2],
    },
    /// Two collectors wrote the same value into one field: no conflict.
    Agreed {
        /// Whose record.
        child: ChildRef,
        /// Field name.
        field: String,
        /// The value.
        value: Value,
    },
    /// Two collectors wrote into different fields of one child: both hold, no conflict.
    BothHold {
        /// Whose record.
        child: ChildRef,
        /// The two fields.
        fields: [String; 2],
    },
    /// A circumstance recorded twice: it counts once.
    Restated {
        /// Whose record.
        child: ChildRef,
        /// Line code.
        code: String,
        /// Whether the register had it already (and one collector restated it), or two found it.
        in_register: bool,
    },
    /// One child was written down twice in the round: in one document, in two of one village, or in two
    /// villages. Not linked by anybody.
    RegisteredTwice {
        /// One record.
        a: ChildRef,
        /// The other.
        b: ChildRef,
    },
    /// One household of the village got two documents of the same number.
    HouseholdTwice {
        /// Village code.
        village: String,
        /// Number both collectors gave it.
        number: String,
    },
    /// A move both villages recorded, linked by the one that received the child.
    Moved {
        /// The record left behind.
        from: ChildRef,
        /// The record that goes on.
        to: ChildRef,
    },
    /// A departure to another village that recorded no arrival.
    LeftOnly {
        /// The record left behind.
        from: ChildRef,
    },
    /// An arrival from a village that recorded no departure; not linked.
    CameOnly {
        /// The record of the village that noticed nothing.
        from: ChildRef,
        /// The new one.
        to: ChildRef,
    },
}

impl RoundScript {
    /// Plans the round: one device a village, two for [`SHARED_VILLAGES`] (18 at the default scale),
    /// about 30 visits each. The same arguments give the same script. Small villages get fewer visits,
    /// and a situation that finds no household is left out.
    #[must_use]
    pub fn generate(commune: &Commune, seed: u64) -> Self {
        plan::plan(commune, seed)
    }

    /// All actions of all devices.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.devices.iter().flat_map(|device| &device.actions)
    }
}
