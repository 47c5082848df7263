//! The names of a household document's parts. The fields inside are data, in `schemas/records/`.

/// Version of the document's layout, stored at the root under `schema` by the first change.
pub const SCHEMA: i64 = 1;
/// Root key of [`SCHEMA`].
pub const KEY_SCHEMA: &str = "schema";
/// Root key of the village's code, fixed for the document's life.
pub const KEY_VILLAGE: &str = "village";
/// Root key of the household's own fields.
pub const KEY_HOUSEHOLD: &str = "household";
/// In a sealed report: the envelope's bytes.
pub const FIELD_ENVELOPE: &str = "envelope";
/// In a sealed report: which confidential key it is sealed to.
pub const FIELD_KEY_ID: &str = "key_id";
/// The field that marks a record withdrawn as a mistake. Nothing is ever deleted.
pub const FIELD_WITHDRAWN: &str = "withdrawn";
/// The field by which a circumstance, support, event or link names its person.
pub const FIELD_PERSON: &str = "person";

/// A root map whose entries are keyed by [`crate::id::EntityId`]. All are created once, by the
/// document's first change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Container {
    /// Adults, and everybody not registered as a child.
    Members,
    /// Persons registered as children.
    Children,
    /// Circumstances, by code of the official form.
    Circumstances,
    /// Supports received or needed.
    Supports,
    /// Life events.
    Events,
    /// Home visits.
    Visits,
    /// Decisions on conflicting values.
    Decisions,
    /// Sealed reports of restricted facts.
    Sealed,
    /// Links to records of the same person elsewhere.
    Links,
}

impl Container {
    /// All of them, in the order in which the first change creates them.
    pub const ALL: [Self; 9] = [
        Self::Members,
        Self::Children,
        Self::Circumstances,
        Self::Supports,
        Self::Events,
        Self::Visits,
        Self::Decisions,
        Self::Sealed,
        Self::Links,
    ];

    /// The root key.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Children => "children",
            Self::Circumstances => "circumstances",
            Self::Supports => "supports",
            Self::Events => "events",
            Self::Visits => "visits",
            Self::Decisions => "decisions",
            Self::Sealed => "sealed",
            Self::Links => "links",
        }
    }

    /// The container with this root key.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|container| container.key() == key)
    }
}

/// Whether a text may be a field's name: lower-case letters, digits and `_`, a letter first. Unknown
/// names are accepted (a newer phone may know more fields), other shapes are not.
#[must_use]
pub fn is_field_name(text: &str) -> bool {
    text.len() <= crate::limits::FIELD_NAME_BYTES_MAX
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
}

/// Whether a text may be a village's code: 1 to 16 letters, digits, `-` or `_`.
#[must_use]
pub fn is_village_code(text: &str) -> bool {
    (1..=crate::limits::VILLAGE_CODE_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}
