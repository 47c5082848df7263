//! Step 3 of the way of a fact: one household's document.
//!
//! Enters: edits ([`Edit`]) made on this device, changes made elsewhere. Leaves: changes (bytes to be
//! signed and sent), and typed views ([`View`]) in which every value of a disputed field stands beside
//! the others.
//!
//! Invariants: the fixed containers are created once, by the first change, whose hash names the
//! document; every other object has a random key; nothing is deleted; a value is a scalar. A change
//! from outside passes [`examine()`] before it may enter. This module knows nothing of forms, of the
//! network or of stores.

mod decision;
mod edit;
mod examine;
mod outline;
mod seen;
pub mod shape;
mod undo;
mod view;

pub use decision::{Decision, reasons};
pub use edit::{Edit, Target};
pub use examine::{Examined, Refusal, examine, guarded};
pub use outline::{Outline, outline};
pub use seen::Seen;
pub use shape::Container;
pub use undo::{Restored, TakenBack, Trace, UndoError};
pub use view::{Field, Fields, Value, View, Written, is_withdrawn, shown_text};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId as AmActor, Automerge, Change, ObjId, ObjType, ROOT, ReadDoc};

use crate::chunk::{self, ChunkError};
use crate::id::{ActorId, ChangeHash, DocumentId, EntityId};

/// A change made on this device: its hash and its bytes, an uncompressed change chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalChange {
    /// SHA-256 as Automerge computes it.
    pub hash: ChangeHash,
    /// To be stored, signed and sent as they are.
    pub bytes: Vec<u8>,
}

/// Why a document could not be built from stored changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// A stored change is damaged.
    #[error("a stored change is damaged: {0}")]
    Chunk(#[from] ChunkError),
    /// The CRDT library refuses a stored change.
    #[error("a stored change does not apply")]
    Unapplicable,
    /// Changes that others depend on are absent.
    #[error("{0} changes that others depend on are missing")]
    MissingDependencies(usize),
    /// There is no change at all, or the first is not the one that names the document.
    #[error("the change that creates the document is missing")]
    NoGenesis,
}

/// A household's document, loaded to be read or edited by one actor.
#[derive(Debug, Clone)]
pub struct Household {
    doc: Automerge,
    id: DocumentId,
    bytes_total: usize,
    max_op: u64,
}

impl Household {
    /// Creates a document for a household of `village`. `time` is the device's clock in seconds since
    /// 1970. The change returned creates the fixed containers and nothing else.
    ///
    /// Two documents created by one actor in the same second would be the same change, so `salt`
    /// must be unique a document: a random number.
    #[must_use]
    pub fn create(actor: ActorId, village: &str, time: i64, salt: u64) -> (Self, LocalChange) {
        let mut doc = Automerge::new().with_actor(AmActor::from(&actor.0[..]));
        let mut tx = doc.transaction();
        let put = "a new document accepts its first keys";
        tx.put(ROOT, shape::KEY_SCHEMA, shape::SCHEMA).expect(put);
        tx.put(ROOT, shape::KEY_VILLAGE, village).expect(put);
        tx.put(ROOT, "salt", salt.cast_signed()).expect(put);
        tx.put_object(ROOT, shape::KEY_HOUSEHOLD, ObjType::Map).expect(put);
        for container in Container::ALL {
            tx.put_object(ROOT, container.key(), ObjType::Map).expect(put);
        }
        tx.commit_with(CommitOptions::default().with_time(time));
        let change = doc.get_last_local_change().expect("one change was just made");
        let local = local_change(&change);
        let id = DocumentId::of_genesis(&local.hash);
        let bytes_total = local.bytes.len();
        (Self { doc, id, bytes_total, max_op: change.max_op() }, local)
    }

    /// Builds the document from its changes, dependencies before dependants, to be edited by `actor`.
    ///
    /// # Errors
    /// A damaged, inapplicable or missing change.
    pub fn load<B: AsRef<[u8]>>(actor: ActorId, changes: &[B]) -> Result<Self, DocumentError> {
        let first = changes.first().ok_or(DocumentError::NoGenesis)?;
        let (hash, genesis) = chunk::open(first.as_ref())?;
        if !genesis.deps.is_empty() {
            return Err(DocumentError::NoGenesis);
        }
        let mut household = Self {
            doc: Automerge::new().with_actor(AmActor::from(&actor.0[..])),
            id: DocumentId::of_genesis(&hash),
            bytes_total: 0,
            max_op: 0,
        };
        household.apply(changes)?;
        Ok(household)
    }

    /// Merges changes of this document that were made elsewhere and have been examined.
    ///
    /// # Errors
    /// A damaged or inapplicable change, or one whose dependencies are absent.
    pub fn apply<B: AsRef<[u8]>>(&mut self, changes: &[B]) -> Result<(), DocumentError> {
        let mut parsed = Vec::with_capacity(changes.len());
        for bytes in changes {
            let bytes = bytes.as_ref();
            chunk::open(bytes)?;
            let change = Change::try_from(bytes).map_err(|_| ChunkError::Malformed)?;
            self.bytes_total += bytes.len();
            self.max_op = self.max_op.max(change.max_op());
            parsed.push(change);
        }
        self.doc.apply_changes(parsed).map_err(|_| DocumentError::Unapplicable)?;
        // The library queues a change whose dependencies are absent and says nothing.
        match self.doc.get_missing_deps(&[]).len() {
            0 => Ok(()),
            missing => Err(DocumentError::MissingDependencies(missing)),
        }
    }

    /// The document's name.
    #[must_use]
    pub fn id(&self) -> DocumentId {
        self.id
    }

    /// The hashes on which no other change depends, ascending.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.doc.get_heads().into_iter().map(|hash| ChangeHash(hash.0)).collect()
    }

    /// The code of the village, fixed by the first change; empty if that is damaged.
    #[must_use]
    pub fn village(&self) -> String {
        match self.doc.get(ROOT, shape::KEY_VILLAGE) {
            Ok(Some((automerge::Value::Scalar(value), _))) => value.as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        }
    }

    /// Everything the document says, with the values of disputed fields side by side.
    #[must_use]
    pub fn view(&self) -> View {
        view::read(&self.doc, self.id, self.village())
    }

    /// The change that wrote a value.
    #[must_use]
    pub fn change_of(&self, written: &Written) -> Option<ChangeHash> {
        let actor = AmActor::from(&written.actor.0[..]);
        self.doc.hash_for_opid(&ObjId::Id(written.counter, actor, 0)).map(|hash| ChangeHash(hash.0))
    }

    /// The change that began an object.
    #[must_use]
    pub fn change_that_began(&self, container: Container, key: &EntityId) -> Option<ChangeHash> {
        let parent = self.container(container.key())?;
        match self.doc.get(&parent, key.as_str()) {
            Ok(Some((automerge::Value::Object(ObjType::Map), id))) => {
                self.doc.hash_for_opid(&id).map(|hash| ChangeHash(hash.0))
            }
            _ => None,
        }
    }

    /// The clock of its author when a change was made, seconds since 1970.
    #[must_use]
    pub fn time_of(&self, change: &ChangeHash) -> Option<i64> {
        let change = self.doc.get_change_meta_by_hash(&automerge::ChangeHash(change.0))?;
        Some(change.timestamp)
    }

    /// What a field held right after a change, as shown.
    #[must_use]
    pub fn value_at(&self, change: &ChangeHash, target: &Target, field: &str) -> Option<Value> {
        let heads = [automerge::ChangeHash(change.0)];
        let object = match target {
            Target::Household => self.container(shape::KEY_HOUSEHOLD)?,
            Target::Entity(container, key) => {
                let parent = self.container(container.key())?;
                self.doc.get_at(&parent, key.as_str(), &heads).ok()??.1
            }
        };
        match self.doc.get_at(&object, field, &heads) {
            Ok(Some((automerge::Value::Scalar(value), _))) => view::scalar(&value),
            _ => None,
        }
    }

    fn container(&self, key: &str) -> Option<ObjId> {
        match self.doc.get(ROOT, key) {
            Ok(Some((automerge::Value::Object(ObjType::Map), id))) => Some(id),
            _ => None,
        }
    }
}

fn local_change(change: &Change) -> LocalChange {
    LocalChange { hash: ChangeHash(change.hash().0), bytes: change.raw_bytes().to_vec() }
}
