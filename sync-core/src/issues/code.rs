//! The closed list of what may be worth a second look.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemas::format::FormatWarning;
use serde::{Deserialize, Serialize};

/// What kind of second look is asked for. None of them ever keeps a record from being saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Two things that can't both be right: one of them is to be corrected.
    Contradiction,
    /// Perhaps mistyped, perhaps right: to be looked at.
    Doubtful,
    /// Not recorded yet: to be asked.
    Missing,
}

/// Declares the issues: name in Rust, severity, stable code.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident: $severity:ident = $code:literal,)*) => {
        /// What is missing, doubtful or contradictory.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum IssueCode {
            $($(#[$doc])* $variant,)*
            /// A number whose shape is unusual, or that does not go with the rest of the record.
            Format(FormatWarning),
        }

        impl IssueCode {
            const OWN: &'static [Self] = &[$(Self::$variant,)*];

            /// Stable code, the key of its words.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Format(warning) => warning.code(),
                }
            }

            /// What kind of second look it asks for.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)*
                    Self::Format(_) => Severity::Doubtful,
                }
            }
        }
    };
}

codes! {
    /// Neither number nor head: nothing identifies the household.
    MissingIdentification: Missing = "missing_identification",
    /// A household with children of which nobody wrote the poverty status (03/TE III.1, II.13).
    MissingPovertyStatus: Missing = "missing_poverty_status",
    /// A person without a name.
    MissingName: Missing = "missing_name",
    /// A child without a date of birth, not even a year.
    MissingBirthDate: Missing = "missing_birth_date",
    /// A child without sex (03/TE I.1.1, I.1.2).
    MissingSex: Missing = "missing_sex",
    /// A child without ethnic group (03/TE I.1.3).
    MissingEthnicity: Missing = "missing_ethnicity",
    /// A child without identity number (LĐTBXH 2513/LĐTBXH-TTTT 2022, step 1).
    MissingIdentityNumber: Missing = "missing_identity_number",
    /// A child of whom neither father, mother nor carer is named (same source).
    MissingParents: Missing = "missing_parents",
    /// Nobody wrote whether the child's birth is registered.
    MissingBirthRegistration: Missing = "missing_birth_registration",
    /// A child under 6 of whom nobody wrote whether it has a health-insurance card (01/TE I.3).
    MissingHealthInsurance: Missing = "missing_health_insurance",
    /// A child of 6 to 15 without schooling.
    MissingSchooling: Missing = "missing_schooling",
    /// A child in a special circumstance who can't be found: neither its own address nor the
    /// household's is recorded (plan of Tân Thành 2023, S00).
    MissingAddress: Missing = "missing_address",
    /// A circumstance, support, event or link that names nobody.
    MissingPerson: Missing = "missing_person",
    /// A circumstance without its line of 03/TE.
    MissingCode: Missing = "missing_code",
    /// A circumstance without a beginning.
    MissingStart: Missing = "missing_start",
    /// A reason for an end, and no end.
    MissingEnd: Missing = "missing_end",
    /// A support without its form.
    MissingForm: Missing = "missing_form",
    /// An event without its kind.
    MissingKind: Missing = "missing_kind",
    /// An event or visit without a date.
    MissingDate: Missing = "missing_date",
    /// A death or injury without its cause (03/TE IV.2).
    MissingCause: Missing = "missing_cause",
    /// A kind of disability, and neither a level nor group II.4 itself.
    MissingDisabilityLevel: Missing = "missing_disability_level",
    /// A care arrangement of group II.3, and no line that says why the child is in the group.
    MissingGroupLine: Missing = "missing_group_line",

    /// A value of the wrong kind: a number where a text belongs, say.
    WrongType: Doubtful = "wrong_type",
    /// A date that is not one.
    UnreadableDate: Doubtful = "unreadable_date",
    /// A number outside the field's range.
    OutOfRange: Doubtful = "out_of_range",
    /// A text longer than the field takes.
    TextTooLong: Doubtful = "text_too_long",
    /// A code that the field's catalogue does not have.
    UnknownCode: Doubtful = "unknown_code",
    /// A line of 03/TE that is a total, a title or derived from other facts, so it counts nothing.
    CodeNotRecorded: Doubtful = "code_not_recorded",
    /// A field that this version does not know; it is kept.
    UnknownField: Doubtful = "unknown_field",
    /// A code of an earlier year that became one of several lines, or none; an officer decides.
    CodeNeedsChoice: Doubtful = "code_needs_choice",
    /// One circumstance recorded twice for one person.
    CircumstanceTwice: Doubtful = "circumstance_twice",
    /// Both parents dead, and group II.1 is not recorded.
    OrphanNotRecorded: Doubtful = "orphan_not_recorded",
    /// One parent dead and one living, and neither III.7 nor II.3.1–3 is recorded.
    HalfOrphanNotRecorded: Doubtful = "half_orphan_not_recorded",
    /// A school drop-out under 16 without III.2 or II.8.
    DropoutNotRecorded: Doubtful = "dropout_not_recorded",
    /// Somebody left before the only arrival on record, and nothing says that they lived here before.
    LeftBeforeArrival: Doubtful = "left_before_arrival",
    /// People wrote different values, and nobody has decided.
    Undecided: Doubtful = "undecided",

    /// The person named does not exist in this household.
    UnknownPerson: Contradiction = "unknown_person",
    /// 16 or older, and a child's circumstance still holds (Luật Trẻ em Đ1).
    OpenAfter16: Contradiction = "open_after_16",
    /// Somebody under 16 among the adult members.
    MemberUnder16: Contradiction = "member_under_16",
    /// Something that has happened, dated after the day of the visit.
    InFuture: Contradiction = "in_future",
    /// Something of a person, dated before the person's birth.
    BeforeBirth: Contradiction = "before_birth",
    /// The event of birth and the date of birth differ.
    BirthDiffers: Contradiction = "birth_differs",
    /// Ended before it began.
    EndBeforeStart: Contradiction = "end_before_start",
    /// One person died twice.
    TwoDeaths: Contradiction = "two_deaths",
    /// Something that began or happened after the person's death.
    AfterDeath: Contradiction = "after_death",
    /// Arrived twice, and did not leave in between.
    ArrivedTwice: Contradiction = "arrived_twice",
    /// Left twice, and did not return in between.
    LeftTwice: Contradiction = "left_twice",
    /// Turned 16 before the 16th birthday.
    Turned16TooEarly: Contradiction = "turned_16_too_early",
    /// Group II.13 in a household that is neither poor nor near-poor.
    IllButNotPoor: Contradiction = "ill_but_not_poor",
    /// II.13.1 in a near-poor household, or II.13.2 in a poor one.
    IllOtherPoverty: Contradiction = "ill_other_poverty",
    /// An orphan of father and mother (II.1) of whom one lives.
    OrphanParentLiving: Contradiction = "orphan_parent_living",
    /// II.3.1–3 or III.7 say that one parent is dead; both live.
    HalfOrphanBothLiving: Contradiction = "half_orphan_both_living",
    /// II.3.1–3 or III.7 say that one parent is dead; both are.
    HalfOrphanBothDead: Contradiction = "half_orphan_both_dead",
    /// II.3.4–6 say that a parent is missing; both live.
    MissingParentLiving: Contradiction = "missing_parent_living",
    /// Two levels of disability at once.
    TwoLevels: Contradiction = "two_levels",
    /// Two lines of one group at once, of which a child can be in one only.
    TwoLines: Contradiction = "two_lines",
    /// A drop-out (III.2, II.8) who goes to school.
    DropoutInSchool: Contradiction = "dropout_in_school",
}

/// What is said of an issue. It never repeats what was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// What it is, in Vietnamese.
    pub say: String,
    /// What the collector can do, in Vietnamese.
    pub next: String,
    /// What it is, in English.
    pub say_en: String,
    /// What the collector can do, in English.
    pub next_en: String,
}

pub(super) fn all_words() -> &'static BTreeMap<String, Words> {
    static WORDS: LazyLock<BTreeMap<String, Words>> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../../schemas/records/issues.json"))
            .expect("a test loads the compiled-in words")
    });
    &WORDS
}

impl IssueCode {
    /// Every issue there is.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::OWN.iter().copied().chain(FormatWarning::ALL.into_iter().map(Self::Format))
    }

    /// What is said of it.
    ///
    /// # Panics
    /// Never: a test asserts that every code has words.
    #[must_use]
    pub fn words(self) -> &'static Words {
        all_words().get(self.code()).expect("a test asserts that every code has words")
    }
}

impl Serialize for IssueCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
