//! The packed encoding: the same messages, with everything left out that the receiver can rebuild and
//! check, compressed with a trained dictionary.
//!
//! Layout of a body, all numbers unsigned LEB128 unless said otherwise:
//!
//! ```text
//! 01                     version of this layout and of the dictionary
//! length, raw            bytes that no compression can shorten: signatures, shortened hashes, names
//! zstd frame             with dictionary 1, over: length, head (plain CBOR with empty change lists), stream
//! ```
//!
//! The stream holds each change as `flags, [document], [dependencies], actor, seq, start_op, time,
//! other actors, length, rest`; `docs/protocol.md` tells each part. The chunk's framing, checksum and
//! hash are rebuilt by [`crate::chunk::Chunk::close`]; a wrong guess shows, because a batch's signature
//! covers the hashes, and an answer's page ends with a check of them.

use std::collections::BTreeMap;

use minicbor::bytes::{ByteArray, ByteVec};
use sha2::{Digest as _, Sha256};

use super::{
    BatchChange, DocumentChanges, ExchangeRequest, ExchangeResponse, WireError, from_plain, to_plain,
};
use crate::chunk::{self, Chunk, Reader, put_signed, put_unsigned};
use crate::id::{ActorId, BatchHash, ChangeHash, DocumentId};
use crate::limits;

/// Version byte: this layout with [`DICTIONARY`].
const VERSION: u8 = 1;
/// Dictionary 1: zstd, trained on visits of the synthetic commune, frozen for ever.
pub const DICTIONARY: &[u8] = include_bytes!("../../../schemas/wire/dictionary-1.zdict");
/// zstd level for what a device sends and for small answers.
const LEVEL: i32 = 19;
/// Bytes of a document's name when shortened.
const DOCUMENT_PREFIX: usize = 5;
/// Bytes of a dependency's hash when shortened.
const DEP_PREFIX: usize = 3;
/// Bytes that end an answer's raw part: the first of SHA-256 over the hashes of the page's changes.
const PAGE_CHECK: usize = 4;

const DOCUMENT_SAME: u8 = 0;
const DOCUMENT_GENESIS: u8 = 1;
const DOCUMENT_FULL: u8 = 2;
const DOCUMENT_SHORT: u8 = 3;
const DEPS_NONE: u8 = 0;
const DEPS_PREVIOUS: u8 = 1;
const DEPS_FULL: u8 = 2;
const DEPS_SHORT: u8 = 3;

/// What a receiver knows, to resolve shortened names.
pub trait Resolver {
    /// The one document whose name begins so; none if there is no such document or more than one.
    fn document(&self, prefix: &[u8]) -> Option<DocumentId>;
    /// The one change of the document whose hash begins so.
    fn change(&self, document: DocumentId, prefix: &[u8]) -> Option<ChangeHash>;
}

/// Packs a request. The receiver is the office, which knows every document this device may name.
#[must_use]
pub fn pack_request(request: &ExchangeRequest) -> Vec<u8> {
    let (head, writer) = write_request(request);
    writer.finish(&head)
}

/// What [`pack_request`] compresses: samples to train a dictionary on.
#[must_use]
pub fn request_sample(request: &ExchangeRequest) -> Vec<u8> {
    let (head, writer) = write_request(request);
    writer.plain(&head)
}

/// What [`pack_response`] compresses: samples to train a dictionary on.
#[must_use]
pub fn response_sample(response: &ExchangeResponse) -> Vec<u8> {
    let (head, writer) = write_response(response);
    writer.plain(&head)
}

fn write_request(request: &ExchangeRequest) -> (Vec<u8>, Writer) {
    let mut writer = Writer { shorten_documents: true, ..Writer::default() };
    let mut head = request.clone();
    for batch in &mut head.batches {
        let changes = std::mem::take(&mut batch.changes);
        put_unsigned(&mut writer.stream, changes.len() as u64);
        for change in &changes {
            writer.put(change.document, &change.bytes);
        }
        writer.raw.extend_from_slice(batch.signature.as_slice());
        writer.raw.extend_from_slice(batch.previous.as_bytes());
        batch.signature = ByteArray::from([0; 64]);
        batch.previous = BatchHash([0; 32]);
    }
    (to_plain(&head), writer)
}

/// Unpacks a request.
///
/// # Errors
/// See [`WireError`]. Never panics; decompression is capped by [`limits::REQUEST_DECODED_BYTES_MAX`].
pub fn unpack_request(bytes: &[u8], resolver: &dyn Resolver) -> Result<ExchangeRequest, WireError> {
    PackedRequest::open(bytes)?.resolve(resolver)
}

/// A request of which the head is read and the changes are not: who asks can be made sure of before
/// any name is looked up for it.
pub struct PackedRequest {
    /// Everything but the contents of the batches.
    pub head: ExchangeRequest,
    stream: Vec<u8>,
    raw: Vec<u8>,
}

impl PackedRequest {
    /// Decompresses a body and reads its head.
    ///
    /// # Errors
    /// As [`unpack_request`], except [`WireError::Unresolved`].
    pub fn open(bytes: &[u8]) -> Result<Self, WireError> {
        let (head, stream, raw) = open(bytes, limits::REQUEST_DECODED_BYTES_MAX)?;
        let head: ExchangeRequest = from_plain(&head)?;
        head.check_limits()?;
        Ok(Self { head, stream, raw })
    }

    /// Reads the changes.
    ///
    /// # Errors
    /// See [`WireError`].
    pub fn resolve(self, resolver: &dyn Resolver) -> Result<ExchangeRequest, WireError> {
        let mut request = self.head;
        let mut parser = Parser::new(&self.stream, &self.raw, resolver);
        for batch in &mut request.batches {
            let count = parser.stream.count(limits::BATCH_CHANGES_MAX).map_err(|_| WireError::TooLarge)?;
            for _ in 0..count {
                let (document, bytes) = parser.next()?;
                batch.changes.push(BatchChange { document, bytes: bytes.into() });
            }
            batch.signature = ByteArray::from(parser.raw_array::<64>()?);
            batch.previous = BatchHash(parser.raw_array()?);
        }
        parser.finish()?;
        request.check_limits()?;
        Ok(request)
    }
}

/// Packs an answer. A device may not know a document named, so only its own changes' dependencies are
/// shortened.
#[must_use]
pub fn pack_response(response: &ExchangeResponse) -> Vec<u8> {
    let (head, writer) = write_response(response);
    writer.finish(&head)
}

fn write_response(response: &ExchangeResponse) -> (Vec<u8>, Writer) {
    let mut writer = Writer::default();
    let mut head = response.clone();
    let page = std::mem::take(&mut head.page);
    put_unsigned(&mut writer.stream, page.len() as u64);
    for document in &page {
        put_unsigned(&mut writer.stream, 2 * document.changes.len() as u64 + u64::from(document.complete));
        for change in &document.changes {
            writer.put(document.document, change);
        }
    }
    if !page.is_empty() {
        writer.raw.extend_from_slice(&writer.walk.check());
    }
    (to_plain(&head), writer)
}

/// Unpacks an answer.
///
/// # Errors
/// See [`WireError`].
pub fn unpack_response(bytes: &[u8], resolver: &dyn Resolver) -> Result<ExchangeResponse, WireError> {
    let (head, stream, raw) = open(bytes, limits::RESPONSE_DECODED_BYTES_MAX)?;
    let mut response: ExchangeResponse = from_plain(&head)?;
    let mut parser = Parser::new(&stream, &raw, resolver);
    let documents = parser.stream.count(limits::FINGERPRINTS_MAX).map_err(|_| WireError::TooLarge)?;
    for _ in 0..documents {
        let count =
            parser.stream.count(2 * limits::DOCUMENT_CHANGES_MAX + 1).map_err(|_| WireError::TooLarge)?;
        let mut entry: Option<DocumentChanges> = None;
        for _ in 0..count / 2 {
            let (document, bytes) = parser.next()?;
            let entry = entry.get_or_insert(DocumentChanges {
                document,
                changes: Vec::new(),
                complete: count % 2 == 1,
            });
            if entry.document != document {
                return Err(WireError::Malformed);
            }
            entry.changes.push(ByteVec::from(bytes));
        }
        response.page.push(entry.ok_or(WireError::Malformed)?);
    }
    // A shortened hash may fit a change that the device has and not the one that was meant.
    if documents > 0 && parser.raw_array::<PAGE_CHECK>()? != parser.walk.check() {
        return Err(WireError::Unresolved);
    }
    parser.finish()?;
    Ok(response)
}

/// Head, stream, raw.
type Parts = (Vec<u8>, Vec<u8>, Vec<u8>);

/// Decompresses a body's frame and splits it.
fn open(bytes: &[u8], decoded_max: usize) -> Result<Parts, WireError> {
    let mut reader = Reader(bytes);
    if reader.byte().map_err(|_| WireError::Malformed)? != VERSION {
        return Err(WireError::Dictionary);
    }
    let raw_length = reader.count(bytes.len()).map_err(|_| WireError::Malformed)?;
    let raw = reader.take(raw_length).map_err(|_| WireError::Malformed)?.to_vec();
    let size = zstd::bulk::Decompressor::upper_bound(reader.0).ok_or(WireError::Malformed)?;
    if size > decoded_max {
        return Err(WireError::TooLarge);
    }
    let mut decompressor =
        zstd::bulk::Decompressor::with_dictionary(DICTIONARY).map_err(|_| WireError::Dictionary)?;
    let plain = decompressor.decompress(reader.0, size).map_err(|_| WireError::Malformed)?;
    let mut reader = Reader(&plain);
    let head_length = reader.count(plain.len()).map_err(|_| WireError::Malformed)?;
    let head = reader.take(head_length).map_err(|_| WireError::Malformed)?.to_vec();
    Ok((head, reader.0.to_vec(), raw))
}

/// What both ends remember while they walk the stream.
#[derive(Default)]
struct Walk {
    actors: Vec<ActorId>,
    document: Option<DocumentId>,
    seen: BTreeMap<DocumentId, Vec<ChangeHash>>,
    time: i64,
    hashes: Sha256,
}

impl Walk {
    fn note(&mut self, document: DocumentId, hash: ChangeHash, time: i64) {
        self.hashes.update(hash.as_bytes());
        self.document = Some(document);
        self.seen.entry(document).or_default().push(hash);
        self.time = time;
    }

    /// Stands for the changes walked over.
    fn check(&self) -> [u8; PAGE_CHECK] {
        let digest = self.hashes.clone().finalize();
        digest[..PAGE_CHECK].try_into().expect("SHA-256 has 32 bytes")
    }
}

#[derive(Default)]
struct Writer {
    stream: Vec<u8>,
    raw: Vec<u8>,
    walk: Walk,
    shorten_documents: bool,
}

impl Writer {
    fn put(&mut self, document: DocumentId, bytes: &[u8]) {
        let (hash, change) =
            chunk::open(bytes).expect("only changes that were examined or made here are sent");
        let document_form = if self.walk.document == Some(document) {
            DOCUMENT_SAME
        } else if change.deps.is_empty() {
            DOCUMENT_GENESIS
        } else if self.shorten_documents {
            DOCUMENT_SHORT
        } else {
            DOCUMENT_FULL
        };
        let previous = self.walk.seen.get(&document).and_then(|seen| seen.last());
        let deps_form = match (change.deps.as_slice(), previous) {
            ([], _) => DEPS_NONE,
            ([only], Some(previous)) if only == previous => DEPS_PREVIOUS,
            _ => DEPS_SHORT,
        };
        self.stream.push(document_form | deps_form << 2);
        match document_form {
            DOCUMENT_SHORT => self.raw.extend_from_slice(&document.0[..DOCUMENT_PREFIX]),
            DOCUMENT_FULL => self.raw.extend_from_slice(&document.0),
            _ => {}
        }
        if deps_form == DEPS_SHORT {
            put_unsigned(&mut self.stream, change.deps.len() as u64);
            change.deps.iter().for_each(|dep| self.raw.extend_from_slice(&dep.0[..DEP_PREFIX]));
        }
        self.put_actor(change.actor);
        put_unsigned(&mut self.stream, change.seq);
        put_unsigned(&mut self.stream, change.start_op);
        put_signed(&mut self.stream, change.time.wrapping_sub(self.walk.time));
        put_unsigned(&mut self.stream, change.other_actors.len() as u64);
        for actor in &change.other_actors {
            self.put_actor(*actor);
        }
        put_unsigned(&mut self.stream, change.rest.len() as u64);
        self.stream.extend_from_slice(change.rest);
        self.walk.note(document, hash, change.time);
    }

    fn put_actor(&mut self, actor: ActorId) {
        let known = self.walk.actors.iter().position(|known| *known == actor);
        put_unsigned(&mut self.stream, known.unwrap_or(self.walk.actors.len()) as u64);
        if known.is_none() {
            self.raw.extend_from_slice(&actor.0);
            self.walk.actors.push(actor);
        }
    }

    fn plain(&self, head: &[u8]) -> Vec<u8> {
        let mut plain = Vec::with_capacity(head.len() + self.stream.len() + 4);
        put_unsigned(&mut plain, head.len() as u64);
        plain.extend_from_slice(head);
        plain.extend_from_slice(&self.stream);
        plain
    }

    fn finish(self, head: &[u8]) -> Vec<u8> {
        let plain = self.plain(head);
        let mut compressor = zstd::bulk::Compressor::with_dictionary(LEVEL, DICTIONARY)
            .expect("the dictionary is part of the program");
        // The dictionary is named by the version byte; the frame needs neither its id nor a checksum.
        compressor.include_dictid(false).expect("a parameter every zstd knows");
        let frame = compressor.compress(&plain).expect("compressing in memory can't fail");
        let mut body = vec![VERSION];
        put_unsigned(&mut body, self.raw.len() as u64);
        body.extend_from_slice(&self.raw);
        body.extend_from_slice(&frame);
        body
    }
}

struct Parser<'a> {
    stream: Reader<'a>,
    raw: Reader<'a>,
    walk: Walk,
    resolver: &'a dyn Resolver,
}

impl<'a> Parser<'a> {
    fn new(stream: &'a [u8], raw: &'a [u8], resolver: &'a dyn Resolver) -> Self {
        Self { stream: Reader(stream), raw: Reader(raw), walk: Walk::default(), resolver }
    }

    fn raw_array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let bytes = self.raw.take(N).map_err(|_| WireError::Malformed)?;
        Ok(bytes.try_into().expect("just this many were taken"))
    }

    fn actor(&mut self) -> Result<ActorId, WireError> {
        let index = self.stream.count(self.walk.actors.len()).map_err(|_| WireError::Malformed)?;
        if index == self.walk.actors.len() {
            let actor = ActorId(self.raw_array()?);
            self.walk.actors.push(actor);
        }
        Ok(self.walk.actors[index])
    }

    fn next(&mut self) -> Result<(DocumentId, Vec<u8>), WireError> {
        let bad = |_| WireError::Malformed;
        let flags = self.stream.byte().map_err(bad)?;
        let named = match flags & 3 {
            DOCUMENT_SAME => Some(self.walk.document.ok_or(WireError::Malformed)?),
            DOCUMENT_FULL => Some(DocumentId(self.raw_array()?)),
            DOCUMENT_SHORT => {
                let prefix = self.raw.take(DOCUMENT_PREFIX).map_err(bad)?;
                // A document created earlier in this very stream is as well known as one on disk.
                let here = self.walk.seen.keys().find(|document| document.0.starts_with(prefix)).copied();
                Some(here.or_else(|| self.resolver.document(prefix)).ok_or(WireError::Unresolved)?)
            }
            _ => None,
        };
        let deps = self.deps(flags >> 2 & 3, named)?;
        let actor = self.actor()?;
        let seq = self.stream.unsigned().map_err(bad)?;
        let start_op = self.stream.unsigned().map_err(bad)?;
        let time = self.walk.time.wrapping_add(self.stream.signed().map_err(bad)?);
        let others = self.stream.count(limits::CHANGE_ACTORS_MAX).map_err(bad)?;
        let other_actors = (0..others).map(|_| self.actor()).collect::<Result<_, _>>()?;
        let length = self.stream.count(limits::CHANGE_BYTES_MAX).map_err(bad)?;
        let rest = self.stream.take(length).map_err(bad)?;
        let (hash, bytes) = Chunk { deps, actor, seq, start_op, time, other_actors, rest }.close();
        let document = named.unwrap_or_else(|| DocumentId::of_genesis(&hash));
        self.walk.note(document, hash, time);
        Ok((document, bytes))
    }

    fn deps(&mut self, form: u8, document: Option<DocumentId>) -> Result<Vec<ChangeHash>, WireError> {
        let bad = |_| WireError::Malformed;
        let document = || document.ok_or(WireError::Malformed);
        match form {
            DEPS_PREVIOUS => {
                let seen = self.walk.seen.get(&document()?).and_then(|seen| seen.last());
                Ok(vec![*seen.ok_or(WireError::Malformed)?])
            }
            DEPS_FULL => {
                let count = self.stream.count(limits::CHANGE_DEPS_MAX).map_err(bad)?;
                (0..count).map(|_| self.raw_array().map(ChangeHash)).collect()
            }
            DEPS_SHORT => {
                let document = document()?;
                let count = self.stream.count(limits::CHANGE_DEPS_MAX).map_err(bad)?;
                (0..count)
                    .map(|_| {
                        let prefix = self.raw.take(DEP_PREFIX).map_err(bad)?;
                        let here = self.walk.seen.get(&document).into_iter().flatten();
                        let mut here = here.filter(|hash| hash.0.starts_with(prefix)).copied();
                        let found = here.next().or_else(|| self.resolver.change(document, prefix));
                        found.ok_or(WireError::Unresolved)
                    })
                    .collect()
            }
            _ => Ok(Vec::new()),
        }
    }

    fn finish(&self) -> Result<(), WireError> {
        if self.stream.0.is_empty() && self.raw.0.is_empty() { Ok(()) } else { Err(WireError::Malformed) }
    }
}
