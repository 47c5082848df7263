//! Which records may be one child or one household, beyond what [`crate::pairs`] finds, with reasons and a score.
//!
//! Enters: documents' views. Leaves: [`ChildRecord`]s and [`HouseholdRecord`]s to be kept beside an index of
//! [`keys`](ChildRecord::keys), and, for two of them, a [`Likeness`]. It decides nothing.
//!
//! **What a tally sees.** Only the strong pairs of [`crate::pairs`] (a shared identity number, or name and birth)
//! widen a tally's cells, because only those are likely enough to be printed as least–most (decision 12). What is
//! found here besides stands in the officer's queue and widens nothing: a name with a letter too few must not blur a
//! figure that goes to the district.
//!
//! Invariants: a function of two records, the same whichever comes first; everything compared is folded and nothing
//! of it is shown; a score is a place in a queue and never a decision. This module is for the office: the phone
//! reaches none of it.

mod children;
mod households;
mod moves;
#[cfg(test)]
mod tests;

pub use children::{ChildRecord, Likeness, child_records};
pub use households::{HouseholdLikeness, HouseholdRecord, household_record};
pub use moves::{Move, MoveEnd, MoveRecord, Way, move_ends, moves};

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $code:literal, $weight:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$of])* $variant,)* }

        impl $name {
            /// All of them, for words and tests.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Stable code, the key of its words.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The reason with this code.
            #[must_use]
            pub fn of_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.code() == code)
            }

            /// Points it adds to a score of 0 to 100; negative: it speaks against.
            #[must_use]
            pub fn weight(self) -> i32 {
                match self { $(Self::$variant => $weight,)* }
            }
        }
    };
}

reasons! {
    /// Why two records may be one child, and what speaks against it.
    Reason {
        /// The same identity number.
        SameNumber = "same_number", 60;
        /// Identity numbers that differ in one digit, or by two neighbours swapped.
        NumberNear = "number_near", 25;
        /// The same name, accents apart.
        SameName = "same_name", 25;
        /// The same syllables in another order.
        NameReordered = "name_reordered", 18;
        /// Names that differ by one letter, or by two neighbours swapped.
        NameNear = "name_near", 15;
        /// Born on the same day.
        SameBirth = "same_birth", 25;
        /// Day and month swapped.
        BirthSwapped = "birth_swapped", 15;
        /// One knows only the year or the month of birth, and it fits.
        BirthWithin = "birth_within", 8;
        /// The same mother's name.
        SameMother = "same_mother", 12;
        /// The same father's name.
        SameFather = "same_father", 10;
        /// The same carer's name.
        SameCarer = "same_carer", 5;
        /// Households with the same head.
        SameHead = "same_head", 6;
        /// Households at the same address.
        SameAddress = "same_address", 4;
        /// Another name altogether.
        NameDiffers = "name_differs", -25;
        /// Born on different days.
        BirthDiffers = "birth_differs", -20;
        /// A boy and a girl.
        SexDiffers = "sex_differs", -25;
        /// Two identity numbers that are not alike.
        NumberDiffers = "number_differs", -30;
        /// Twins: recorded in one household with one birth date, under different names or numbers; or one
        /// household already has both names.
        Twins = "twins", -60;
    }
}

reasons! {
    /// Why two documents may be one household.
    HouseholdReason {
        /// The same head of household.
        SameHead = "same_head", 40;
        /// Heads whose names differ by one letter.
        HeadNear = "head_near", 25;
        /// The same address.
        SameAddress = "same_address", 25;
        /// The same telephone.
        SamePhone = "same_phone", 35;
        /// The same household number in the same village.
        SameNumber = "same_number", 25;
        /// Two or more children in each that may be the same.
        SameChildren = "same_children", 60;
    }
}

/// A pair of children scores at least this much to stand in the queue; strong pairs stand there whatever they score.
pub const CHILD_SCORE_MIN: u8 = 45;
/// A pair of households scores at least this much.
pub const HOUSEHOLD_SCORE_MIN: u8 = 60;

/// What reasons for two households come to, 0 to 100.
#[must_use]
pub fn household_score(reasons: &[HouseholdReason]) -> u8 {
    score(reasons.iter().map(|reason| reason.weight()))
}

fn score(weights: impl Iterator<Item = i32>) -> u8 {
    u8::try_from(weights.sum::<i32>().clamp(0, 100)).expect("clamped to a score")
}
