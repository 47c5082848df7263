//! Changes no program of ours writes: crafted operation by operation, or mutated byte by byte.

use std::num::NonZeroU64;

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType, SortedVec};
use automerge::{ActorId as AmActor, Change, ExpandedChange, ObjType, ScalarValue};
use sha2::{Digest, Sha256};
use sync_core::chunk;
use sync_core::document::{Container, Household};
use sync_core::id::{ActorId, ChangeHash};

use super::dice::Dice;

/// Counter of the operation by which every first change makes the household's map.
pub const OP_HOUSEHOLD: u64 = 4;

/// Counter of the operation by which every first change makes a container.
#[must_use]
pub fn op_of(container: Container) -> u64 {
    let place = Container::ALL.into_iter().position(|other| other == container).expect("one of all");
    OP_HOUSEHOLD + 1 + place as u64
}

/// A change under construction: everything as a right change would have it, until it is altered.
#[derive(Debug, Clone)]
pub struct Craft {
    /// The change.
    pub change: ExpandedChange,
    creator: ActorId,
}

impl Craft {
    /// The next change of `actor` in a document given by its changes, without operations yet.
    ///
    /// # Panics
    /// The changes given are not a document.
    #[must_use]
    pub fn next(actor: ActorId, changes: &[Vec<u8>]) -> Self {
        let household = Household::load(actor, changes).expect("the changes of a document");
        let opened: Vec<_> = changes.iter().map(|bytes| chunk::open(bytes).expect("a change").1).collect();
        let own = opened.iter().filter(|opened| opened.actor == actor).count() as u64;
        let max_op =
            changes.iter().map(|bytes| Change::try_from(bytes.as_slice()).expect("a change").max_op()).max();
        let change = ExpandedChange {
            operations: Vec::new(),
            actor_id: AmActor::from(&actor.0[..]),
            hash: None,
            seq: own + 1,
            start_op: NonZeroU64::new(max_op.unwrap_or(0) + 1).expect("at least one"),
            time: 0,
            message: None,
            deps: household.heads().into_iter().map(|hash| automerge::ChangeHash(hash.0)).collect(),
            extra_bytes: Vec::new(),
            author: None,
        };
        Self { change, creator: opened[0].actor }
    }

    /// The name of an operation of the first change.
    #[must_use]
    pub fn genesis_op(&self, counter: u64) -> OpId {
        OpId::new(counter, &AmActor::from(&self.creator.0[..]))
    }

    /// The name that the `index`-th operation of this change has.
    #[must_use]
    pub fn own_op(&self, index: u64) -> OpId {
        OpId::new(self.change.start_op.get() + index, &self.change.actor_id)
    }

    /// Adds an operation on the object that `object` made (none: the root).
    #[must_use]
    pub fn op(mut self, object: Option<OpId>, key: &str, action: OpType, replaced: Vec<OpId>) -> Self {
        self.change.operations.push(Op {
            action,
            obj: object.map_or(ObjectId::Root, ObjectId::Id),
            key: Key::Map(key.into()),
            pred: replaced.into_iter().collect::<SortedVec<_>>(),
            insert: false,
        });
        self
    }

    /// Adds a value of the household's own.
    #[must_use]
    pub fn put(self, key: &str, value: impl Into<ScalarValue>) -> Self {
        let household = self.genesis_op(OP_HOUSEHOLD);
        self.op(Some(household), key, OpType::Put(value.into()), Vec::new())
    }

    /// Adds an entry of a container.
    #[must_use]
    pub fn entry(self, container: Container, key: &str) -> Self {
        let container = self.genesis_op(op_of(container));
        self.op(Some(container), key, OpType::Make(ObjType::Map), Vec::new())
    }

    /// Adds a value of the entry that this change's `index`-th operation made.
    #[must_use]
    pub fn put_in(self, index: u64, key: &str, value: impl Into<ScalarValue>) -> Self {
        let entry = self.own_op(index);
        self.op(Some(entry), key, OpType::Put(value.into()), Vec::new())
    }

    /// The change as bytes. It need not be acceptable to anybody.
    #[must_use]
    pub fn close(self) -> (ChangeHash, Vec<u8>) {
        let change = Change::from(self.change);
        (ChangeHash(change.hash().0), change.raw_bytes().to_vec())
    }
}

/// Puts the right checksum on altered bytes, so that the alteration is looked at.
pub fn reseal(bytes: &mut [u8]) {
    if let Some((head, hashed)) = bytes.split_at_mut_checked(8) {
        head[4..].copy_from_slice(&Sha256::digest(&*hashed)[..4]);
    }
}

/// The same bytes with one to four of them altered behind the chunk's type and length, and the right
/// checksum: what a damaged disk or a curious attacker may send.
#[must_use]
pub fn mutant(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    // Half of the alterations go to the operations, at the end.
    let first = if dice.percent(50) { 11 } else { bytes.len() * 2 / 3 };
    for _ in 0..1 + dice.below(4) {
        let place = first + dice.below(bytes.len() - first);
        bytes[place] = match dice.below(4) {
            0 => bytes[place] ^ (1 << dice.below(8)),
            1 => bytes[place].wrapping_add(1),
            2 => bytes[place].wrapping_sub(1),
            _ => dice.bytes32()[0],
        };
    }
    reseal(&mut bytes);
    bytes
}
