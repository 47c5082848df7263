//! A draft as a store keeps it: one CBOR map with small integer keys, read back only if it is whole.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::{DRAFT_BYTES_MAX, Draft, DraftError, STEP_BYTES_MAX, WRITABLE};
use crate::document::{Container, Target, Value, shape};
use crate::id::{ChangeHash, DocumentId, EntityId};
use crate::limits;
use crate::wire::{from_plain, to_plain};

/// Version of the coding.
const VERSION: u32 = 1;

#[derive(Encode, Decode)]
#[cbor(map)]
struct Stored {
    #[n(1)]
    version: u32,
    #[n(2)]
    id: EntityId,
    #[n(3)]
    document: Option<DocumentId>,
    #[n(4)]
    village: String,
    #[n(5)]
    base: Vec<ChangeHash>,
    #[n(6)]
    step: String,
    #[n(7)]
    started_at: i64,
    #[n(8)]
    touched_at: i64,
    #[n(9)]
    date: String,
    #[n(10)]
    written: Vec<StoredField>,
    #[n(11)]
    begun: Vec<StoredObject>,
    #[n(12)]
    visit: Option<EntityId>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct StoredField {
    /// `household`, or a container's root key.
    #[n(0)]
    part: String,
    #[n(1)]
    key: Option<EntityId>,
    #[n(2)]
    field: String,
    #[n(3)]
    value: Scalar,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct StoredObject {
    #[n(0)]
    part: String,
    #[n(1)]
    key: EntityId,
}

struct Scalar(Value);

impl<C> Encode<C> for Scalar {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match &self.0 {
            Value::Null => e.null()?,
            Value::Bool(value) => e.bool(*value)?,
            Value::Int(value) => e.i64(*value)?,
            Value::Text(value) => e.str(value)?,
            Value::Bytes(value) => e.bytes(value)?,
        };
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Scalar {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(Self(match d.datatype()? {
            Type::Null => {
                d.null()?;
                Value::Null
            }
            Type::Bool => Value::Bool(d.bool()?),
            Type::String => Value::Text(d.str()?.to_owned()),
            _ => Value::Int(d.i64()?),
        }))
    }
}

fn part(target: &Target) -> (String, Option<EntityId>) {
    match target {
        Target::Household => (shape::KEY_HOUSEHOLD.to_owned(), None),
        Target::Entity(container, key) => (container.key().to_owned(), Some(key.clone())),
    }
}

fn container(part: &str) -> Result<Container, DraftError> {
    Container::of_key(part).filter(|container| WRITABLE.contains(container)).ok_or(DraftError::Unreadable)
}

impl Draft {
    /// The draft as a store keeps it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let written = self.written.iter().map(|((target, field), value)| {
            let (part, key) = part(target);
            StoredField { part, key, field: field.clone(), value: Scalar(value.clone()) }
        });
        let begun = self
            .begun
            .iter()
            .map(|(container, key)| StoredObject { part: container.key().to_owned(), key: key.clone() });
        to_plain(&Stored {
            version: VERSION,
            id: self.id.clone(),
            document: self.document,
            village: self.village.clone(),
            base: self.base.clone(),
            step: self.step.clone(),
            started_at: self.started_at,
            touched_at: self.touched_at,
            date: self.date.to_string(),
            written: written.collect(),
            begun: begun.collect(),
            visit: self.visit.clone(),
        })
    }

    /// From what [`Self::encode`] gave.
    ///
    /// # Errors
    /// [`DraftError::Unreadable`]: not a draft, or one of a newer version.
    pub fn decode(bytes: &[u8]) -> Result<Self, DraftError> {
        let unreadable = DraftError::Unreadable;
        if bytes.len() > DRAFT_BYTES_MAX {
            return Err(unreadable);
        }
        let stored: Stored = from_plain(bytes).map_err(|_| unreadable)?;
        if stored.version != VERSION || stored.step.len() > STEP_BYTES_MAX {
            return Err(unreadable);
        }
        let mut draft = Self {
            id: stored.id,
            document: stored.document,
            village: stored.village,
            base: stored.base,
            step: stored.step,
            started_at: stored.started_at,
            touched_at: stored.touched_at,
            date: stored.date.parse().map_err(|_| unreadable)?,
            written: BTreeMap::new(),
            begun: BTreeSet::new(),
            visit: stored.visit,
        };
        for object in stored.begun {
            draft.begun.insert((container(&object.part)?, object.key));
        }
        for StoredField { part, key, field, value: Scalar(value) } in stored.written {
            let target = match key {
                None if part == shape::KEY_HOUSEHOLD => Target::Household,
                None => return Err(unreadable),
                Some(key) => Target::Entity(container(&part)?, key),
            };
            let too_long = value.as_text().is_some_and(|text| text.len() > limits::TEXT_BYTES_MAX);
            if too_long || !shape::is_field_name(&field) {
                return Err(unreadable);
            }
            draft.written.insert((target, field), value);
        }
        if draft.is_too_large() { Err(unreadable) } else { Ok(draft) }
    }
}
