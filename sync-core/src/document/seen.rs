//! What somebody looked at before deciding, as a number that can lie in a form on a page.
//!
//! Enters: the fields as they stood on the page. Leaves: a [`Seen`], compared again in the moment of writing. It
//! names the operations that wrote the values, never the values: nobody learns a name from it.

use core::fmt;
use core::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::view::{Field, Fields, Written};
use crate::id::IdError;

/// Which values stood somewhere. Equal as long as nobody has written there; 16 hexadecimal digits as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seen(u64);

impl Seen {
    /// The values of one field; also of a field in which nothing was ever written.
    #[must_use]
    pub fn of_field(field: Option<&Field>) -> Self {
        let mut hasher = Sha256::new();
        add(&mut hasher, field);
        Self::finish(hasher)
    }

    /// Every field of one object.
    #[must_use]
    pub fn of_record(fields: &Fields) -> Self {
        let mut hasher = Sha256::new();
        for (name, field) in fields {
            hasher.update(name.as_bytes());
            hasher.update([0]);
            add(&mut hasher, Some(field));
        }
        Self::finish(hasher)
    }

    /// Several at once, in the order given.
    #[must_use]
    pub fn of_all(seen: impl IntoIterator<Item = Self>) -> Self {
        let mut hasher = Sha256::new();
        seen.into_iter().for_each(|seen| hasher.update(seen.0.to_be_bytes()));
        Self::finish(hasher)
    }

    /// As a database keeps it.
    #[must_use]
    pub fn to_i64(self) -> i64 {
        self.0.cast_signed()
    }

    /// From a database.
    #[must_use]
    pub fn from_i64(number: i64) -> Self {
        Self(number.cast_unsigned())
    }

    fn finish(hasher: Sha256) -> Self {
        Self(u64::from_be_bytes(hasher.finalize()[..8].try_into().expect("SHA-256 has 32 bytes")))
    }
}

/// In an order that does not depend on which value is shown first.
fn add(hasher: &mut Sha256, field: Option<&Field>) {
    let mut written: Vec<&Written> = field.into_iter().flat_map(Field::values).collect();
    written.sort_by_key(|written| (written.counter, written.actor));
    hasher.update([u8::try_from(written.len()).unwrap_or(u8::MAX)]);
    for written in written {
        hasher.update(written.counter.to_be_bytes());
        hasher.update(written.actor.0);
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Seen {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() != 16 || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(IdError);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| IdError)
    }
}
