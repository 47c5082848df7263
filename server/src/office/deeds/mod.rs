//! What officers do, and how it is taken back.
//!
//! Step 3 of the way of a fact, at the office. Enters: a [`Deed`] of one officer, with what they had [`Seen`] on the
//! page. Leaves: signed changes in the log that travel to the phones like all others, and a row of `deed` by which it
//! can be undone.
//!
//! Invariants: what was decided is compared with what stands in the moment of writing, inside the one writer; if
//! somebody wrote there meanwhile nothing is written ([`DeedError::ChangedMeanwhile`]). The changes and the row are
//! one transaction. A row holds names of objects and changes and the officer's reason, never what was recorded. Undoing is a further change
//! ([`sync_core::document::Trace`]); nothing leaves the log.

mod aside;
mod found;
mod index;
mod perform;
mod plan;
mod quarantine;
mod queue;
mod rows;
#[cfg(test)]
mod tests;

use sync_core::date::PartialDate;
use sync_core::document::{Container, Seen, Target, Value};
use sync_core::facts::PersonRef;
use sync_core::id::{DocumentId, EntityId};

pub use aside::Aside;
pub use found::{CandidateHouseholds, CandidatePair, MoveRow};
pub(in crate::office) use index::Records;
pub use quarantine::QuarantineDetail;
pub(super) use queue::KeptQueue;
pub use queue::{Contradiction, DisputedField, Queue};
pub use rows::{DeedRow, Undone};

use crate::problem::{Code, Problem};

/// Most deeds done at once.
pub const DEEDS_MAX: usize = 200;
/// Longest reason, in characters: it is written into the record and must fit into the record's field.
pub const DEED_REASON_CHARS_MAX: usize = 500;

/// What an officer does. `seen` is what the page showed ([`Office::seen`](super::Office::seen) of the deed's
/// [`subject`](Deed::subject), or [`Seen::of_field`] for one field). Reasons are trimmed, at most
/// [`DEED_REASON_CHARS_MAX`] characters; an empty one counts as none. One is demanded ([`DeedError::Reason`]) for a value
/// that nobody wrote, for whatever says that two records are one or two, for withdrawing, and for what is right as it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Deed {
    /// Writes a field: picks one of the values that stand, or a third; or corrects a field nobody disputes.
    Settle {
        /// The document.
        document: DocumentId,
        /// The object.
        target: Target,
        /// The field.
        field: String,
        /// What it is to hold.
        value: Value,
        /// Why; travels with the decision. Demanded for a third value.
        reason: Option<String>,
        /// The field as shown.
        seen: Seen,
    },
    /// Writes a person's identity number: 12 digits, spaces and dots do not count.
    IdentityNumber {
        /// The document.
        document: DocumentId,
        /// The person.
        person: EntityId,
        /// The number.
        number: String,
        /// The field `identity_number` as shown.
        seen: Seen,
    },
    /// Marks an object, or with [`Target::Household`] a whole household, as recorded by mistake.
    Withdraw {
        /// The document.
        document: DocumentId,
        /// The object.
        target: Target,
        /// Why. Demanded.
        reason: String,
        /// The field `withdrawn` of the object as shown: nothing, as a rule.
        seen: Seen,
    },
    /// Says of two records whether they are one person. Both documents are told.
    Link {
        /// One record.
        a: PersonRef,
        /// The other.
        b: PersonRef,
        /// What they are.
        kind: LinkKind,
        /// Why. Demanded.
        reason: String,
        /// Both records as shown ([`Subject::Pair`]).
        seen: Seen,
    },
    /// Withdraws every link between two records, whoever made it.
    Unlink {
        /// One record.
        a: PersonRef,
        /// The other.
        b: PersonRef,
        /// Why; travels with the withdrawal.
        reason: Option<String>,
        /// Both records as shown ([`Subject::Pair`]).
        seen: Seen,
    },
    /// Says that a child moved from one household to another: a link in both documents, and the event at the end where
    /// it is missing.
    ConfirmMove {
        /// The record where the child was.
        from: PersonRef,
        /// The record where the child is.
        to: PersonRef,
        /// When, for the event that is missing; as far as it is known.
        date: Option<PartialDate>,
        /// Why. Demanded.
        reason: String,
        /// Both records as shown ([`Subject::Move`]).
        seen: Seen,
    },
    /// Says that two documents are one household: the children are linked pair by pair, and the second may be withdrawn.
    /// Withdrawing is refused ([`DeedError::ChildrenLeft`]) while a child of the second is in no pair: it would be
    /// counted nowhere. What only the second document says (circumstances, supports) is counted no longer once it is
    /// withdrawn: the page must say so.
    LinkHouseholds {
        /// The document that stays.
        kept: DocumentId,
        /// The other.
        second: DocumentId,
        /// Children: first of `kept`, then of `second`.
        pairs: Vec<(EntityId, EntityId)>,
        /// Whether the second is withdrawn.
        withdraw: bool,
        /// Why. Demanded.
        reason: String,
        /// Both households as shown ([`Subject::Households`]).
        seen: Seen,
    },
    /// Takes something out of the queue: until a moment, or (`None`) as long as nobody writes there. A row of the
    /// office's own; no change.
    SetAside {
        /// What.
        subject: Subject,
        /// Office clock, seconds since 1970; none: it is right as it stands.
        until: Option<i64>,
        /// Why. Demanded of what is right as it stands.
        reason: Option<String>,
        /// The subject as shown.
        seen: Seen,
    },
    /// Examines a change in quarantine again; if it passes now, it enters the log. Can't be undone.
    QuarantineRetry {
        /// Row of `quarantine`.
        id: u64,
    },
    /// Says that a change in quarantine was looked at. The bytes stay.
    QuarantineSeen {
        /// Row of `quarantine`.
        id: u64,
    },
}

/// Shows the kind only: values are personal data.
impl core::fmt::Debug for Deed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Deed({})", self.kind().code())
    }
}

/// What two records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// One person, recorded twice.
    Same,
    /// One person, who moved household.
    Moved,
    /// Two people.
    NotSame,
}

impl LinkKind {
    /// Code of the catalogue `link_kinds`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Moved => "moved",
            Self::NotSame => "not_same",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::Same, Self::Moved, Self::NotSame].into_iter().find(|kind| kind.code() == code)
    }
}

/// The kinds of deeds, as a row names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeedKind {
    /// [`Deed::Settle`].
    Settle,
    /// [`Deed::IdentityNumber`].
    IdentityNumber,
    /// [`Deed::Withdraw`].
    Withdraw,
    /// [`Deed::Link`] as one person.
    LinkSame,
    /// [`Deed::Link`] as one person who moved.
    LinkMoved,
    /// [`Deed::Link`] as two people.
    LinkNotSame,
    /// [`Deed::Unlink`].
    Unlink,
    /// [`Deed::ConfirmMove`].
    ConfirmMove,
    /// [`Deed::LinkHouseholds`].
    LinkHouseholds,
    /// [`Deed::SetAside`] until a day.
    Later,
    /// [`Deed::SetAside`] of what is right as it stands.
    Right,
    /// [`Deed::QuarantineRetry`].
    QuarantineRetry,
    /// [`Deed::QuarantineSeen`].
    QuarantineSeen,
    /// The undoing of another deed.
    Undo,
}

impl DeedKind {
    /// All of them, for words and tests.
    pub const ALL: [Self; 14] = [
        Self::Settle,
        Self::IdentityNumber,
        Self::Withdraw,
        Self::LinkSame,
        Self::LinkMoved,
        Self::LinkNotSame,
        Self::Unlink,
        Self::ConfirmMove,
        Self::LinkHouseholds,
        Self::Later,
        Self::Right,
        Self::QuarantineRetry,
        Self::QuarantineSeen,
        Self::Undo,
    ];

    /// Stable code, the key of its words.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Settle => "settle",
            Self::IdentityNumber => "identity_number",
            Self::Withdraw => "withdraw",
            Self::LinkSame => "link_same",
            Self::LinkMoved => "link_moved",
            Self::LinkNotSame => "link_not_same",
            Self::Unlink => "unlink",
            Self::ConfirmMove => "confirm_move",
            Self::LinkHouseholds => "link_households",
            Self::Later => "later",
            Self::Right => "right",
            Self::QuarantineRetry => "quarantine_retry",
            Self::QuarantineSeen => "quarantine_seen",
            Self::Undo => "undo",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether a deed of this kind can be undone.
    #[must_use]
    pub fn can_be_undone(self) -> bool {
        !matches!(self, Self::QuarantineRetry | Self::Undo)
    }
}

/// What a deed is about. As text it is JSON of names, safe in forms, rows and logs: no personal data is in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A field.
    Field {
        /// The document.
        document: DocumentId,
        /// The object.
        target: Target,
        /// The field.
        field: String,
    },
    /// Two records that may be one child; [`Subject::pair`] orders them.
    Pair {
        /// The lesser.
        a: PersonRef,
        /// The greater.
        b: PersonRef,
    },
    /// A move; one end may have no record.
    Move {
        /// Where the child was.
        from: Option<PersonRef>,
        /// Where the child is.
        to: Option<PersonRef>,
    },
    /// Two documents that may be one household; [`Subject::households`] orders them.
    Households {
        /// The lesser.
        a: DocumentId,
        /// The greater.
        b: DocumentId,
    },
    /// A contradiction, or something missing, in one record ([`sync_core::issues`]).
    Issue {
        /// The document.
        document: DocumentId,
        /// Where in it.
        target: Target,
        /// Code of the issue.
        code: String,
    },
    /// A change in quarantine.
    Quarantine {
        /// Its row.
        id: u64,
    },
}

impl Subject {
    /// Two records, in the order in which a pair is told.
    #[must_use]
    pub fn pair(a: PersonRef, b: PersonRef) -> Self {
        if a <= b { Self::Pair { a, b } } else { Self::Pair { a: b, b: a } }
    }

    /// Two documents, likewise.
    #[must_use]
    pub fn households(a: DocumentId, b: DocumentId) -> Self {
        if a <= b { Self::Households { a, b } } else { Self::Households { a: b, b: a } }
    }

    /// As a row names it.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("names become JSON")
    }

    /// From a row or a form; `None` for anything else.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The documents it is about.
    #[must_use]
    pub fn documents(&self) -> Vec<DocumentId> {
        match self {
            Self::Field { document, .. } | Self::Issue { document, .. } => vec![*document],
            Self::Pair { a, b } => vec![a.document, b.document],
            Self::Move { from, to } => [from, to].into_iter().flatten().map(|end| end.document).collect(),
            Self::Households { a, b } => vec![*a, *b],
            Self::Quarantine { .. } => Vec::new(),
        }
    }
}

/// Names a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeedId(pub u64);

impl core::fmt::Display for DeedId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

impl core::str::FromStr for DeedId {
    type Err = core::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Why a deed was not done; nothing was written then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeedError {
    /// What the officer saw is not what stands: somebody wrote or decided there meanwhile.
    #[error("somebody has written there meanwhile")]
    ChangedMeanwhile,
    /// Another officer set it aside as it stands: it is to be brought back before it is set aside otherwise.
    #[error("another officer has set it aside")]
    AsideByAnother,
    /// No such document, object, deed or row.
    #[error("there is no such record")]
    NotFound,
    /// The field does not take this value.
    #[error("the field does not take this value")]
    Value,
    /// A restricted circumstance is sealed, never written.
    #[error("a restricted fact must be sealed")]
    Restricted,
    /// A reason is demanded, or the one given is too long.
    #[error("a reason of reasonable length is needed")]
    Reason,
    /// The record says so already.
    #[error("there is nothing to write")]
    NothingToWrite,
    /// A record can't be linked to itself.
    #[error("the two are one record")]
    SameRecord,
    /// Withdrawing the household would leave a child counted nowhere.
    #[error("children of the household are in no pair")]
    ChildrenLeft,
    /// Deeds of this kind stay done.
    #[error("a deed of this kind can't be undone")]
    NotUndoable,
    /// It is undone already.
    #[error("the deed is undone already")]
    UndoneAlready,
    /// The change in quarantine does not pass: the code says why.
    #[error("the change does not pass: {0}")]
    StillRefused(&'static str),
    /// The office's own examination refused the change: the document is full.
    #[error("the document takes no more")]
    DocumentFull,
    /// More than [`DEEDS_MAX`] at once.
    #[error("too many deeds at once")]
    TooMany,
    /// The office failed as a whole.
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl DeedError {
    /// Stable code, the key of its words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ChangedMeanwhile => "changed_meanwhile",
            Self::AsideByAnother => "aside_by_another",
            Self::NotFound => "deed_not_found",
            Self::Value => "deed_value",
            Self::Restricted => "restricted_not_sealed",
            Self::Reason => "deed_reason",
            Self::NothingToWrite => "nothing_to_write",
            Self::SameRecord => "same_record",
            Self::ChildrenLeft => "children_left",
            Self::NotUndoable => "not_undoable",
            Self::UndoneAlready => "undone_already",
            Self::StillRefused(_) => "still_refused",
            Self::DocumentFull => "document_full",
            Self::TooMany => "too_many",
            Self::Problem(problem) => problem.code.code(),
        }
    }
}

impl From<rusqlite::Error> for DeedError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Problem(error.into())
    }
}

impl From<Code> for DeedError {
    fn from(code: Code) -> Self {
        Self::Problem(code.into())
    }
}

impl Deed {
    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> DeedKind {
        match self {
            Self::Settle { .. } => DeedKind::Settle,
            Self::IdentityNumber { .. } => DeedKind::IdentityNumber,
            Self::Withdraw { .. } => DeedKind::Withdraw,
            Self::Link { kind: LinkKind::Same, .. } => DeedKind::LinkSame,
            Self::Link { kind: LinkKind::Moved, .. } => DeedKind::LinkMoved,
            Self::Link { kind: LinkKind::NotSame, .. } => DeedKind::LinkNotSame,
            Self::Unlink { .. } => DeedKind::Unlink,
            Self::ConfirmMove { .. } => DeedKind::ConfirmMove,
            Self::LinkHouseholds { .. } => DeedKind::LinkHouseholds,
            Self::SetAside { until: Some(_), .. } => DeedKind::Later,
            Self::SetAside { until: None, .. } => DeedKind::Right,
            Self::QuarantineRetry { .. } => DeedKind::QuarantineRetry,
            Self::QuarantineSeen { .. } => DeedKind::QuarantineSeen,
        }
    }

    /// What it is about: what `seen` must be the state of.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let field = |document: &DocumentId, target: &Target, field: &str| Subject::Field {
            document: *document,
            target: target.clone(),
            field: field.to_owned(),
        };
        match self {
            Self::Settle { document, target, field: name, .. } => field(document, target, name),
            Self::IdentityNumber { document, person, .. } => {
                field(document, &Target::Entity(Container::Children, person.clone()), "identity_number")
            }
            Self::Withdraw { document, target, .. } => {
                field(document, target, sync_core::document::shape::FIELD_WITHDRAWN)
            }
            Self::Link { a, b, .. } | Self::Unlink { a, b, .. } => Subject::pair(a.clone(), b.clone()),
            Self::ConfirmMove { from, to, .. } => {
                Subject::Move { from: Some(from.clone()), to: Some(to.clone()) }
            }
            Self::LinkHouseholds { kept, second, .. } => Subject::households(*kept, *second),
            Self::SetAside { subject, .. } => subject.clone(),
            Self::QuarantineRetry { id } | Self::QuarantineSeen { id } => Subject::Quarantine { id: *id },
        }
    }

    /// Why, as it was said; empty where nothing was.
    fn reason(&self) -> &str {
        match self {
            Self::Settle { reason, .. } | Self::Unlink { reason, .. } | Self::SetAside { reason, .. } => {
                reason.as_deref().unwrap_or_default()
            }
            Self::Withdraw { reason, .. }
            | Self::Link { reason, .. }
            | Self::ConfirmMove { reason, .. }
            | Self::LinkHouseholds { reason, .. } => reason,
            Self::IdentityNumber { .. } | Self::QuarantineRetry { .. } | Self::QuarantineSeen { .. } => "",
        }
    }

    fn seen(&self) -> Option<Seen> {
        match self {
            Self::Settle { seen, .. }
            | Self::IdentityNumber { seen, .. }
            | Self::Withdraw { seen, .. }
            | Self::Link { seen, .. }
            | Self::Unlink { seen, .. }
            | Self::ConfirmMove { seen, .. }
            | Self::LinkHouseholds { seen, .. }
            | Self::SetAside { seen, .. } => Some(*seen),
            Self::QuarantineRetry { .. } | Self::QuarantineSeen { .. } => None,
        }
    }
}
