//! The envelope of a change, read without the CRDT library.
//!
//! A change arrives from outside as an Automerge *change chunk* (binary format 1.0, chunk type 1).
//! Before the library may touch it, this module checks what would otherwise exhaust memory or time:
//! only uncompressed chunks, every count within [`crate::limits`], and the number of operations that
//! the run-length encoded columns claim. It computes the change's hash, and it takes a chunk apart and
//! puts it together again for the packed encoding. It knows nothing of what the operations mean.

use sha2::{Digest, Sha256};

use crate::id::{ActorId, ChangeHash};
use crate::limits;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const TYPE_CHANGE: u8 = 1;

/// Why bytes are not an acceptable change chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// Not the format, cut short, or with bytes after the end.
    #[error("not an Automerge change chunk")]
    Malformed,
    /// The checksum does not fit the contents.
    #[error("the chunk's checksum is wrong")]
    Checksum,
    /// A compressed chunk or column, a document chunk or a bundle: only plain change chunks are taken.
    #[error("only uncompressed change chunks are accepted")]
    Compressed,
    /// More than a limit of [`crate::limits`] allows.
    #[error("the change exceeds a limit of the protocol")]
    TooLarge,
}

/// The parts of a change chunk. `rest` is what the CRDT library alone understands: column metadata
/// and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Direct dependencies, ascending.
    pub deps: Vec<ChangeHash>,
    /// Author.
    pub actor: ActorId,
    /// The author's count of changes in this document, from 1.
    pub seq: u64,
    /// Counter of the first operation.
    pub start_op: u64,
    /// Author's clock, seconds since 1970; advisory.
    pub time: i64,
    /// Other actors the operations refer to.
    pub other_actors: Vec<ActorId>,
    /// Column metadata and column data.
    pub rest: &'a [u8],
}

/// Reads unsigned and signed LEB128 numbers, and byte ranges, never past the end.
#[derive(Clone)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn byte(&mut self) -> Result<u8, ChunkError> {
        let (&first, rest) = self.0.split_first().ok_or(ChunkError::Malformed)?;
        self.0 = rest;
        Ok(first)
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], ChunkError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ChunkError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, ChunkError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(ChunkError::Malformed);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ChunkError::Malformed)
    }

    pub(crate) fn signed(&mut self) -> Result<i64, ChunkError> {
        let mut value = 0i64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                if shift < 57 && byte & 0x40 != 0 {
                    value |= -1 << (shift + 7);
                }
                return Ok(value);
            }
        }
        Err(ChunkError::Malformed)
    }

    /// A count that must not exceed `max`.
    pub(crate) fn count(&mut self, max: usize) -> Result<usize, ChunkError> {
        let count = usize::try_from(self.unsigned()?).map_err(|_| ChunkError::TooLarge)?;
        if count > max { Err(ChunkError::TooLarge) } else { Ok(count) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ChunkError> {
        self.take(N)?.try_into().map_err(|_| ChunkError::Malformed)
    }

    fn actor(&mut self) -> Result<ActorId, ChunkError> {
        if self.count(limits::CHANGE_BYTES_MAX)? != ActorId::LEN {
            return Err(ChunkError::Malformed);
        }
        Ok(ActorId(self.array()?))
    }
}

/// Writes LEB128 numbers.
pub(crate) fn put_unsigned(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let bits = u8::try_from(value & 0x7f).expect("seven bits fit");
        value >>= 7;
        if value == 0 {
            return out.push(bits);
        }
        out.push(bits | 0x80);
    }
}

/// Writes a signed LEB128 number.
pub(crate) fn put_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let bits = u8::try_from(value & 0x7f).expect("seven bits fit");
        value >>= 7;
        if (value == 0 && bits & 0x40 == 0) || (value == -1 && bits & 0x40 != 0) {
            return out.push(bits);
        }
        out.push(bits | 0x80);
    }
}

/// Takes a chunk apart, checking its framing, checksum and every count. Returns its hash too.
///
/// # Errors
/// See [`ChunkError`]. Never panics, and allocates no more than the input's size.
pub fn open(bytes: &[u8]) -> Result<(ChangeHash, Chunk<'_>), ChunkError> {
    if bytes.len() > limits::CHANGE_BYTES_MAX {
        return Err(ChunkError::TooLarge);
    }
    let mut reader = Reader(bytes);
    if reader.array()? != MAGIC {
        return Err(ChunkError::Malformed);
    }
    let checksum: [u8; 4] = reader.array()?;
    let hashed = reader.0;
    if reader.byte()? != TYPE_CHANGE {
        return Err(ChunkError::Compressed);
    }
    let length = reader.count(limits::CHANGE_BYTES_MAX)?;
    if length != reader.0.len() {
        return Err(ChunkError::Malformed);
    }
    let hash = ChangeHash(Sha256::digest(hashed).into());
    if hash.0[..4] != checksum {
        return Err(ChunkError::Checksum);
    }
    let deps = (0..reader.count(limits::CHANGE_DEPS_MAX)?)
        .map(|_| reader.array().map(ChangeHash))
        .collect::<Result<Vec<_>, _>>()?;
    let actor = reader.actor()?;
    let seq = reader.unsigned()?;
    let start_op = reader.unsigned()?;
    let time = reader.signed()?;
    if reader.count(limits::CHANGE_BYTES_MAX)? != 0 {
        // A commit message: this protocol has none, it would be a place for unlabelled personal data.
        return Err(ChunkError::Malformed);
    }
    let other_actors = (0..reader.count(limits::CHANGE_ACTORS_MAX)?)
        .map(|_| reader.actor())
        .collect::<Result<Vec<_>, _>>()?;
    let rest = reader.0;
    check_columns(reader)?;
    let small = |n: u64| (1..u64::from(u32::MAX)).contains(&n);
    if !small(seq) || !small(start_op) {
        return Err(ChunkError::TooLarge);
    }
    Ok((hash, Chunk { deps, actor, seq, start_op, time, other_actors, rest }))
}

/// Counts what the columns claim to hold, so that a few bytes of run-length encoding can't stand for
/// billions of operations.
fn check_columns(mut reader: Reader<'_>) -> Result<(), ChunkError> {
    const COMPRESSED: u64 = 0b1000;
    let columns = (0..reader.count(64)?)
        .map(|_| Ok((reader.unsigned()?, reader.count(limits::CHANGE_BYTES_MAX)?)))
        .collect::<Result<Vec<_>, ChunkError>>()?;
    for (spec, length) in columns {
        if spec & COMPRESSED != 0 {
            return Err(ChunkError::Compressed);
        }
        let mut column = Reader(reader.take(length)?);
        let mut values = 0usize;
        while !column.0.is_empty() {
            values = values.saturating_add(run_length(spec & 0b111, &mut column)?);
            if values > limits::CHANGE_OPS_MAX {
                return Err(ChunkError::TooLarge);
            }
        }
    }
    // Bytes after the columns ("extra bytes") are not part of this protocol.
    if reader.0.is_empty() { Ok(()) } else { Err(ChunkError::Malformed) }
}

/// Reads one run of a column of the given type and returns how many values it stands for.
fn run_length(column_type: u64, column: &mut Reader<'_>) -> Result<usize, ChunkError> {
    const BOOLEAN: u64 = 4;
    const STRING: u64 = 5;
    const RAW: u64 = 7;
    const DELTA: u64 = 3;
    let size = |count: u64| usize::try_from(count).map_err(|_| ChunkError::TooLarge);
    let skip = |column: &mut Reader<'_>| -> Result<(), ChunkError> {
        match column_type {
            STRING => {
                let length = column.count(limits::CHANGE_BYTES_MAX)?;
                column.take(length).map(drop)
            }
            DELTA => column.signed().map(drop),
            _ => column.unsigned().map(drop),
        }
    };
    match column_type {
        RAW => {
            column.0 = &[];
            Ok(0)
        }
        BOOLEAN => size(column.unsigned()?),
        _ => match column.signed()? {
            0 => size(column.unsigned()?),
            run @ 1.. => {
                skip(column)?;
                size(run.unsigned_abs())
            }
            literal => {
                let count = size(literal.unsigned_abs())?;
                if count > limits::CHANGE_OPS_MAX {
                    return Err(ChunkError::TooLarge);
                }
                (0..count).try_for_each(|_| skip(column))?;
                Ok(count)
            }
        },
    }
}

impl Chunk<'_> {
    /// Puts the chunk together again, byte for byte as its author wrote it, and returns its hash.
    #[must_use]
    pub fn close(&self) -> (ChangeHash, Vec<u8>) {
        let mut body = Vec::with_capacity(self.rest.len() + 32 * self.deps.len() + 64);
        put_unsigned(&mut body, self.deps.len() as u64);
        self.deps.iter().for_each(|dep| body.extend_from_slice(&dep.0));
        put_unsigned(&mut body, ActorId::LEN as u64);
        body.extend_from_slice(&self.actor.0);
        put_unsigned(&mut body, self.seq);
        put_unsigned(&mut body, self.start_op);
        put_signed(&mut body, self.time);
        put_unsigned(&mut body, 0);
        put_unsigned(&mut body, self.other_actors.len() as u64);
        for actor in &self.other_actors {
            put_unsigned(&mut body, ActorId::LEN as u64);
            body.extend_from_slice(&actor.0);
        }
        body.extend_from_slice(self.rest);
        let mut hashed = vec![TYPE_CHANGE];
        put_unsigned(&mut hashed, body.len() as u64);
        hashed.extend_from_slice(&body);
        let hash = ChangeHash(Sha256::digest(&hashed).into());
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&hash.0[..4]);
        bytes.extend_from_slice(&hashed);
        (hash, bytes)
    }
}
