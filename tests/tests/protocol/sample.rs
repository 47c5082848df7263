//! Fixed messages, from fixed keys: the frozen vectors are made of them, and the CDDL is held to them.

use ed25519_dalek::{Signer as _, SigningKey};
use minicbor::bytes::ByteArray;
use sync_core::batch::{BatchHeader, enrolment_signing_bytes};
use sync_core::document::{Container, Edit, Household, LocalChange};
use sync_core::heads::{Fingerprint, HeadSet};
use sync_core::id::{BatchHash, CommuneId, DeviceId, DocumentId, EntityId, Incarnation};
use sync_core::random::Random;
use sync_core::seal::{ConfidentialKey, SealedReport};
use sync_core::wire::{
    Batch, BatchChange, CODE_RELEASED, CommuneInfo, Cursor, DocumentChanges, EnrolmentRequest,
    EnrolmentResponse, ExchangeRequest, ExchangeResponse, Grants, Position, Receipt, RefusalNote,
    WARNING_CLOCK_OFF,
};

pub(crate) const COMMUNE: CommuneId = CommuneId([0xc0; 16]);
pub(crate) const INCARNATION: Incarnation = Incarnation([0x1c; 16]);
pub(crate) const SEED: [u8; 32] = [7; 32];
pub(crate) const OTHER_SEED: [u8; 32] = [9; 32];
pub(crate) const CODE: &str = "K7QM-2XPD-9RTW";
pub(crate) const TIME: i64 = 1_728_000_000;
pub(crate) const SALT: u64 = 305_419_896;
pub(crate) const ENTITY_RANDOM: u64 = 0x0123_4567_89ab_cdef;
pub(crate) const CONFIDENTIAL_SEED: [u8; 32] = [5; 32];
pub(crate) const EPHEMERAL_SEED: [u8; 32] = [6; 32];

/// Randomness that is one fixed byte string, over and over.
pub(crate) struct Fixed(pub(crate) Vec<u8>);

impl Random for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        for (byte, fixed) in bytes.iter_mut().zip(self.0.iter().cycle()) {
            *byte = *fixed;
        }
    }
}

pub(crate) struct Sample {
    pub(crate) key: SigningKey,
    pub(crate) device: DeviceId,
    pub(crate) person: EntityId,
    /// A document this device created, and its first edit.
    pub(crate) genesis: LocalChange,
    pub(crate) edit: LocalChange,
    pub(crate) document: DocumentId,
    /// A document of another device: its first change, two edits side by side, and one by this device
    /// that has seen both.
    pub(crate) other: DocumentId,
    pub(crate) other_genesis: LocalChange,
    pub(crate) sides: [LocalChange; 2],
    pub(crate) joined: LocalChange,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let key = SigningKey::from_bytes(&SEED);
        let device = DeviceId::of_key(&key.verifying_key().to_bytes());
        let actor = device.actor(1);
        let person = EntityId::draw(&mut Fixed(ENTITY_RANDOM.to_le_bytes().to_vec()));
        let (mut household, genesis) = Household::create(actor, "01", TIME, SALT);
        let edits = [
            Edit::household("head_name", "GIẢ LẬP Hoàng Văn An"),
            Edit::household("withdrawn", false),
            Edit::entity(Container::Children, &person, "name", "GIẢ LẬP Hoàng Thị Bình"),
            Edit::entity(Container::Children, &person, "birth_date", "2019-05"),
            Edit {
                value: sync_core::document::Value::Null,
                ..Edit::entity(Container::Children, &person, "school", "")
            },
        ];
        let edit = household.edit(&edits, TIME + 60).expect("there is something to write");
        let document = household.id();

        let their =
            DeviceId::of_key(&SigningKey::from_bytes(&OTHER_SEED).verifying_key().to_bytes()).actor(1);
        let (mut theirs, other_genesis) = Household::create(their, "01", TIME - 86_400, 1);
        let first = [Edit::household("phone", "000 000 001")];
        let side = theirs.edit(&first, TIME - 86_000).expect("a new value");
        let mut ours = Household::load(actor, &[&other_genesis.bytes]).expect("just made");
        let second = [Edit::household("phone", "000 000 002")];
        let our_side = ours.edit(&second, TIME + 120).expect("a new value");
        ours.apply(&[&side.bytes]).expect("just made");
        let third = [Edit::household("phone", "000 000 003")];
        let joined = ours.edit(&third, TIME + 180).expect("a new value");
        Self {
            key,
            device,
            person,
            genesis,
            edit,
            document,
            other: theirs.id(),
            other_genesis,
            sides: [side, our_side],
            joined,
        }
    }

    pub(crate) fn heads(&self) -> HeadSet {
        let mut heads = HeadSet::default();
        let deps = [self.other_genesis.hash];
        heads.advance(self.other_genesis.hash, &[]);
        self.sides.iter().for_each(|side| heads.advance(side.hash, &deps));
        heads
    }

    pub(crate) fn fingerprints(&self) -> Vec<Fingerprint> {
        let mut own = HeadSet::default();
        own.advance(self.genesis.hash, &[]);
        own.advance(self.edit.hash, &[self.genesis.hash]);
        let mut all = vec![own.fingerprint(self.document), self.heads().fingerprint(self.other)];
        all.sort_unstable();
        all
    }

    pub(crate) fn header(&self) -> BatchHeader {
        BatchHeader {
            device: self.device,
            number: 1,
            previous: BatchHash([0; 32]),
            signed_at: TIME + 200,
            changes: vec![
                (self.document, self.genesis.hash),
                (self.document, self.edit.hash),
                (self.other, self.sides[1].hash),
                (self.other, self.joined.hash),
            ],
        }
    }

    pub(crate) fn request(&self) -> ExchangeRequest {
        let header = self.header();
        let change =
            |document, change: &LocalChange| BatchChange { document, bytes: change.bytes.clone().into() };
        ExchangeRequest {
            protocol: 1,
            device: self.device,
            cursor: Cursor {
                incarnation: Some(INCARNATION),
                positions: vec![Position { village: "01".into(), log: 41 }],
            },
            epoch: 1,
            batches: vec![Batch {
                number: header.number,
                previous: header.previous,
                signed_at: header.signed_at,
                changes: vec![
                    change(self.document, &self.genesis),
                    change(self.document, &self.edit),
                    change(self.other, &self.sides[1]),
                    change(self.other, &self.joined),
                ],
                signature: ByteArray::from(header.sign(COMMUNE, &self.key)),
            }],
            page_bytes: Some(65_536),
            fingerprints: None,
            refusals_noted: 3,
            clock: TIME + 201,
            notices: None,
            awaited: None,
        }
    }

    pub(crate) fn repair(&self) -> ExchangeRequest {
        ExchangeRequest {
            batches: Vec::new(),
            page_bytes: None,
            fingerprints: Some(self.fingerprints()),
            ..self.request()
        }
    }

    pub(crate) fn commune(&self) -> CommuneInfo {
        CommuneInfo {
            id: COMMUNE,
            name: "Xã Giả Lập".into(),
            confidential_key: ByteArray::from(confidential().public().expect("a key").0),
            villages: vec![("01".into(), "Thôn Một".into())],
            unit_word: "thôn".into(),
            letter_key: None,
            rounds: None,
            contacts: None,
            devices: None,
            reminders: None,
        }
    }

    pub(crate) fn response(&self) -> ExchangeResponse {
        ExchangeResponse {
            protocol: 1,
            incarnation: INCARNATION,
            clock: TIME + 202,
            receipts: vec![Receipt { number: 1, hash: self.header().hash(COMMUNE) }],
            refusals: vec![RefusalNote {
                id: 4,
                document: self.other,
                hash: self.joined.hash,
                code: CODE_RELEASED.into(),
            }],
            cursor: Cursor {
                incarnation: Some(INCARNATION),
                positions: vec![Position { village: "01".into(), log: 47 }],
            },
            more: false,
            page: vec![DocumentChanges {
                document: self.other,
                changes: vec![self.other_genesis.bytes.clone().into(), self.sides[0].bytes.clone().into()],
                complete: false,
            }],
            grants: Grants { epoch: 2, villages: vec!["01".into()] },
            digest: Some(ByteArray::from(sync_core::heads::digest(self.fingerprints()))),
            wanted: Vec::new(),
            commune: Some(self.commune()),
            warnings: vec![WARNING_CLOCK_OFF.into()],
            notices: None,
            remaining_bytes: None,
            notice_refusals: None,
        }
    }

    pub(crate) fn enrolment(&self) -> (EnrolmentRequest, EnrolmentResponse) {
        let public = self.key.verifying_key().to_bytes();
        let request = EnrolmentRequest {
            protocol: 1,
            code: CODE.into(),
            public_key: ByteArray::from(public),
            signature: ByteArray::from(self.key.sign(&enrolment_signing_bytes(CODE, &public)).to_bytes()),
        };
        let response = EnrolmentResponse {
            protocol: 1,
            device: self.device,
            commune: self.commune(),
            grants: Grants { epoch: 1, villages: vec!["01".into()] },
            installation: 1,
        };
        (request, response)
    }
}

pub(crate) fn confidential() -> ConfidentialKey {
    ConfidentialKey::draw(&mut Fixed(CONFIDENTIAL_SEED.to_vec()))
}

pub(crate) fn report(person: &EntityId) -> SealedReport {
    SealedReport {
        person: person.to_string(),
        code: "II.5.1".into(),
        start: Some("2024".into()),
        end: None,
        note: Some("GIẢ LẬP".into()),
        supports: vec!["medical".into()],
    }
}

/// A change chunk as libraries write it when they compress: type 2, the contents as a raw DEFLATE stream.
/// One stored block, so that no version of a compressor changes it.
pub(crate) fn deflated(change: &LocalChange) -> Vec<u8> {
    let contents = contents_of(&change.bytes);
    let length = u16::try_from(contents.len()).expect("a small change");
    let mut block = vec![1];
    block.extend_from_slice(&length.to_le_bytes());
    block.extend_from_slice(&(!length).to_le_bytes());
    block.extend_from_slice(contents);
    let mut chunk = change.bytes[..8].to_vec();
    chunk.push(2);
    put_leb128(&mut chunk, block.len());
    chunk.extend_from_slice(&block);
    chunk
}

pub(crate) fn put_leb128(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).expect("seven bits"));
}

/// What stands behind a chunk's magic, checksum, type and length.
pub(crate) fn contents_of(chunk: &[u8]) -> &[u8] {
    let length_bytes = chunk[9..].iter().take_while(|byte| **byte >= 0x80).count() + 1;
    &chunk[9 + length_bytes..]
}
