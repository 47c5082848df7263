//! The examination of a change from outside, on a copy, before it is acknowledged or sent on.
//!
//! A hostile or damaged change can panic the CRDT library, hide a subtree, delete what others wrote,
//! or leave a document that no longer loads. So a change is first read without the library
//! ([`crate::chunk`]), then held against the rules of the document's shape, then applied to a copy
//! which is saved, loaded again and read; a panic in any of these is caught and counts as a refusal.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{Key, ObjectId, OpId, OpType};
use automerge::{
    ActorId as AmActor, Automerge, Change, ExpandedChange, ObjId, ObjType, Prop, ReadDoc, ScalarValue,
};

use super::shape::{self, Container};
use super::{Household, View};
use crate::chunk::{self, Chunk, ChunkError};
use crate::id::{ChangeHash, DeviceId, DocumentId, EntityId};
use crate::limits;

/// Why a change does not enter the log. Each has a stable code; the change's bytes are kept in
/// quarantine, visible to its collector and to the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// Not an Automerge change chunk, or its checksum is wrong.
    #[error("not a readable change")]
    ChangeMalformed,
    /// A compressed chunk or column.
    #[error("compressed changes are not accepted")]
    ChangeCompressed,
    /// The change exceeds a limit.
    #[error("the change exceeds a limit of the protocol")]
    ChangeTooLarge,
    /// Written as an actor that belongs to another device.
    #[error("the change's actor belongs to another device")]
    ActorNotOfDevice,
    /// This actor already made another change with this number in this document.
    #[error("the sequence number was used before by a different change")]
    SequenceRepeated,
    /// A change it depends on has not arrived (or was refused).
    #[error("a change it depends on is not here")]
    DependencyMissing,
    /// Anything but writing scalars to known places: deletions, lists, counters, second containers.
    #[error("the change contains an operation the document's shape does not allow")]
    OperationNotAllowed,
    /// A restricted circumstance in the clear.
    #[error("a restricted fact must be sealed")]
    RestrictedNotSealed,
    /// The first change does not name the document it claims to create.
    #[error("the document's name is not that of its first change")]
    DocumentMismatch,
    /// The document is not known and the change does not create it.
    #[error("the document is unknown")]
    DocumentUnknown,
    /// The document would exceed its limits.
    #[error("the document is full")]
    DocumentFull,
    /// The device has no grant for the document's village.
    #[error("the village is not granted to the device")]
    VillageNotGranted,
    /// The batch it came in does not bear its device's signature.
    #[error("the batch is not signed by its device")]
    BatchSignatureInvalid,
    /// Applying, saving, loading or reading it fails.
    #[error("the change breaks the document")]
    ChangeUnsound,
}

impl Refusal {
    /// All of them, for tables and tests.
    pub const ALL: [Self; 14] = [
        Self::ChangeMalformed,
        Self::ChangeCompressed,
        Self::ChangeTooLarge,
        Self::ActorNotOfDevice,
        Self::SequenceRepeated,
        Self::DependencyMissing,
        Self::OperationNotAllowed,
        Self::RestrictedNotSealed,
        Self::DocumentMismatch,
        Self::DocumentUnknown,
        Self::DocumentFull,
        Self::VillageNotGranted,
        Self::BatchSignatureInvalid,
        Self::ChangeUnsound,
    ];

    /// The code of the protocol.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ChangeMalformed => "change_malformed",
            Self::ChangeCompressed => "change_compressed",
            Self::ChangeTooLarge => "change_too_large",
            Self::ActorNotOfDevice => "actor_not_of_device",
            Self::SequenceRepeated => "sequence_repeated",
            Self::DependencyMissing => "dependency_missing",
            Self::OperationNotAllowed => "operation_not_allowed",
            Self::RestrictedNotSealed => "restricted_not_sealed",
            Self::DocumentMismatch => "document_mismatch",
            Self::DocumentUnknown => "document_unknown",
            Self::DocumentFull => "document_full",
            Self::VillageNotGranted => "village_not_granted",
            Self::BatchSignatureInvalid => "batch_signature_invalid",
            Self::ChangeUnsound => "change_unsound",
        }
    }

    /// The refusal with this code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.code() == code)
    }

    /// Whether the same bytes may be accepted later: when what is missing arrives or the village is
    /// granted. The others wait for a person at the office.
    #[must_use]
    pub fn may_pass_later(self) -> bool {
        matches!(self, Self::DependencyMissing | Self::DocumentUnknown | Self::VillageNotGranted)
    }
}

impl From<ChunkError> for Refusal {
    fn from(error: ChunkError) -> Self {
        match error {
            ChunkError::Malformed | ChunkError::Checksum => Self::ChangeMalformed,
            ChunkError::Compressed => Self::ChangeCompressed,
            ChunkError::TooLarge => Self::ChangeTooLarge,
        }
    }
}

/// A change that passed, and the document with it.
#[derive(Debug)]
pub struct Examined {
    /// The change's hash.
    pub hash: ChangeHash,
    /// The document after it.
    pub household: Household,
    /// What the document says after it.
    pub view: View,
}

/// Examines `bytes`, said by `device` to be a change of `document`. `known` is the document as it
/// stands, or nothing if the change is to create it.
///
/// The village's grant and repeated deliveries are the caller's business: they need the store.
///
/// # Errors
/// The first rule that the change breaks.
pub fn examine(
    known: Option<&Household>,
    document: DocumentId,
    device: DeviceId,
    bytes: &[u8],
) -> Result<Examined, Refusal> {
    let (hash, opened) = chunk::open(bytes)?;
    if opened.actor.device() != device {
        return Err(Refusal::ActorNotOfDevice);
    }
    match known {
        None if !opened.deps.is_empty() => return Err(Refusal::DocumentUnknown),
        None if DocumentId::of_genesis(&hash) != document => return Err(Refusal::DocumentMismatch),
        Some(_) if opened.deps.is_empty() => return Err(Refusal::OperationNotAllowed),
        _ => {}
    }
    guarded(|| {
        let change = Change::try_from(bytes).map_err(|_| Refusal::ChangeMalformed)?;
        if ChangeHash(change.hash().0) != hash || change.raw_bytes() != bytes {
            return Err(Refusal::ChangeMalformed);
        }
        let expanded = change.decode();
        match known {
            None => check_genesis(&opened, &expanded)?,
            Some(household) => check_succession(household, &opened)?,
        }
        let mut copy = known.map_or_else(
            || Household { doc: Automerge::new(), id: document, bytes_total: 0, max_op: 0 },
            Household::clone,
        );
        copy.bytes_total += bytes.len();
        copy.max_op = copy.max_op.max(change.max_op());
        if copy.bytes_total > limits::DOCUMENT_BYTES_MAX {
            return Err(Refusal::DocumentFull);
        }
        copy.doc.apply_changes([change]).map_err(|_| Refusal::ChangeUnsound)?;
        if !copy.doc.get_missing_deps(&[]).is_empty() {
            return Err(Refusal::DependencyMissing);
        }
        // Whoever writes next names every head: beyond what one change may name, nobody could write again.
        if copy.doc.get_heads().len() > limits::CHANGE_DEPS_MAX {
            return Err(Refusal::DocumentFull);
        }
        if known.is_some() {
            check_operations(&copy.doc, &expanded)?;
        }
        let view = check_survival(&copy)?;
        Ok(Examined { hash, household: copy, view })
    })
}

/// Runs what may panic on bytes from outside and turns a panic into [`Refusal::ChangeUnsound`]. In a
/// browser, where a panic can't be caught, only changes that the office has examined are applied.
///
/// # Errors
/// Those of `work`, and [`Refusal::ChangeUnsound`] where it panicked.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Refusal::ChangeUnsound))
}

/// The first change creates the fixed containers, says the village, and does nothing else.
fn check_genesis(opened: &Chunk<'_>, change: &ExpandedChange) -> Result<(), Refusal> {
    if opened.seq != 1 || opened.start_op != 1 || !opened.other_actors.is_empty() {
        return Err(Refusal::OperationNotAllowed);
    }
    let mut expected: Vec<&str> = Container::ALL.iter().map(|container| container.key()).collect();
    expected.extend([shape::KEY_SCHEMA, shape::KEY_VILLAGE, shape::KEY_HOUSEHOLD, "salt"]);
    for op in &change.operations {
        let Key::Map(key) = &op.key else { return Err(Refusal::OperationNotAllowed) };
        let place = expected.iter().position(|name| *name == key.as_str());
        let name = expected.swap_remove(place.ok_or(Refusal::OperationNotAllowed)?);
        let fits = op.obj == ObjectId::Root
            && op.pred.is_empty()
            && !op.insert
            && match (&op.action, name) {
                (OpType::Put(ScalarValue::Int(schema)), shape::KEY_SCHEMA) => *schema == shape::SCHEMA,
                (OpType::Put(ScalarValue::Str(code)), shape::KEY_VILLAGE) => shape::is_village_code(code),
                (OpType::Put(ScalarValue::Int(_)), "salt") => true,
                (OpType::Make(ObjType::Map), name) => {
                    name == shape::KEY_HOUSEHOLD || Container::of_key(name).is_some()
                }
                _ => false,
            };
        if !fits {
            return Err(Refusal::OperationNotAllowed);
        }
    }
    if expected.is_empty() { Ok(()) } else { Err(Refusal::OperationNotAllowed) }
}

/// Numbers that must follow from what is there: the author's sequence and the operation counter, which
/// a hostile change could otherwise exhaust.
fn check_succession(household: &Household, opened: &Chunk<'_>) -> Result<(), Refusal> {
    let actor = AmActor::from(&opened.actor.0[..]);
    let mut count = 0;
    let mut last_seq = 0;
    for change in household.doc.get_changes_meta(&[]) {
        count += 1;
        if *change.actor == actor {
            last_seq = last_seq.max(change.seq);
        }
    }
    let last_op = |dep: &ChangeHash| {
        household.doc.get_change_meta_by_hash(&automerge::ChangeHash(dep.0)).map(|change| change.max_op)
    };
    if count >= limits::DOCUMENT_CHANGES_MAX {
        Err(Refusal::DocumentFull)
    } else if !opened.deps.iter().all(|dep| last_op(dep).is_some()) {
        Err(Refusal::DependencyMissing)
    } else if opened.seq <= last_seq {
        Err(Refusal::SequenceRepeated)
    } else if opened.seq > last_seq + 1 {
        Err(Refusal::DependencyMissing)
    } else if opened.start_op > household.max_op + 1
        || opened.deps.iter().filter_map(last_op).any(|op| opened.start_op <= op)
    {
        // Operations count on from all they depend on, and skip nothing.
        Err(Refusal::OperationNotAllowed)
    } else {
        Ok(())
    }
}

/// Where an operation writes.
#[derive(Clone, Copy)]
enum Place {
    Household,
    Container,
    Entity(Container),
}

/// After the first change, only scalars are written, into the household's map or into entries of the
/// containers, and new entries get keys nobody used.
fn check_operations(doc: &Automerge, change: &ExpandedChange) -> Result<(), Refusal> {
    let mut last: Option<(&OpId, Option<(Place, ObjId)>)> = None;
    for op in &change.operations {
        let ObjectId::Id(object) = &op.obj else { return Err(Refusal::OperationNotAllowed) };
        // Operations on one object stand together as a rule: the last looked up is the next needed.
        if last.as_ref().is_none_or(|(known, _)| *known != object) {
            last = Some((object, place_of(doc, object)));
        }
        let place = last.as_ref().and_then(|(_, place)| place.as_ref());
        let Key::Map(name) = &op.key else { return Err(Refusal::OperationNotAllowed) };
        if op.insert {
            return Err(Refusal::OperationNotAllowed);
        }
        match (place, &op.action) {
            (Some((Place::Container, id)), OpType::Make(ObjType::Map)) => {
                let unused = op.pred.is_empty()
                    && doc.get_all(id, name.as_str()).is_ok_and(|standing| standing.len() == 1);
                if name.parse::<EntityId>().is_err() || !unused {
                    return Err(Refusal::OperationNotAllowed);
                }
                if doc.length(id) > limits::CONTAINER_ENTRIES_MAX {
                    return Err(Refusal::DocumentFull);
                }
            }
            (Some((place @ (Place::Household | Place::Entity(_)), id)), OpType::Put(value)) => {
                if !shape::is_field_name(name) {
                    return Err(Refusal::OperationNotAllowed);
                }
                check_value(*place, name, value)?;
                let standing = doc.get_all(id, name.as_str()).map_err(|_| Refusal::ChangeUnsound)?;
                if standing.len() > limits::CONFLICT_VALUES_MAX {
                    return Err(Refusal::DocumentFull);
                }
            }
            _ => return Err(Refusal::OperationNotAllowed),
        }
    }
    Ok(())
}

fn check_value(place: Place, name: &str, value: &ScalarValue) -> Result<(), Refusal> {
    let sealed = matches!(place, Place::Entity(Container::Sealed));
    match value {
        ScalarValue::Bytes(bytes) if sealed && name == shape::FIELD_ENVELOPE => {
            if bytes.len() > limits::ENVELOPE_BYTES_MAX { Err(Refusal::ChangeTooLarge) } else { Ok(()) }
        }
        // A sealed report holds the envelope and the key's name, and nothing else that could be read.
        ScalarValue::Str(id) if sealed && name == shape::FIELD_KEY_ID && is_key_id(id) => Ok(()),
        _ if sealed => Err(Refusal::RestrictedNotSealed),
        ScalarValue::Str(text) if text.len() > limits::TEXT_BYTES_MAX => Err(Refusal::ChangeTooLarge),
        ScalarValue::Str(code)
            if matches!(place, Place::Entity(Container::Circumstances))
                && name == "code"
                && crate::seal::is_restricted(code) =>
        {
            Err(Refusal::RestrictedNotSealed)
        }
        ScalarValue::Str(_) | ScalarValue::Int(_) | ScalarValue::Boolean(_) | ScalarValue::Null => Ok(()),
        _ => Err(Refusal::OperationNotAllowed),
    }
}

/// Whether a text is a key's name, as [`crate::seal::ConfidentialPublicKey::id`] gives it.
fn is_key_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

/// Where an object is; nothing for one that is hidden, unknown or not of this document's shape.
fn place_of(doc: &Automerge, object: &OpId) -> Option<(Place, ObjId)> {
    let id = ObjId::Id(object.counter(), object.actor().clone(), 0);
    let path: Vec<_> = doc.parents(&id).ok()?.collect();
    let key = |depth: usize| match path.get(depth) {
        Some(parent) if parent.visible => match &parent.prop {
            Prop::Map(key) => Some(key.as_str()),
            Prop::Seq(_) => None,
        },
        _ => None,
    };
    let place = match path.len() {
        1 if key(0)? == shape::KEY_HOUSEHOLD => Place::Household,
        1 => Container::of_key(key(0)?).map(|_| Place::Container)?,
        2 => Place::Entity(key(0).and_then(|_| Container::of_key(key(1)?))?),
        _ => return None,
    };
    Some((place, id))
}

/// What was applied must read, save, load again to the same heads, and save to the same bytes.
fn check_survival(household: &Household) -> Result<View, Refusal> {
    let view = household.view();
    let saved = household.doc.save_nocompress();
    let loaded = Automerge::load(&saved).map_err(|_| Refusal::ChangeUnsound)?;
    let same = loaded.get_heads() == household.doc.get_heads() && loaded.save_nocompress() == saved;
    if same { Ok(view) } else { Err(Refusal::ChangeUnsound) }
}
