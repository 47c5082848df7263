//! Trains the packed encoding's dictionary on synthetic records. Dictionary 1 is frozen: this program
//! shows how it was made, and makes the next one.
//!
//! `cargo run --release -p sothon-tests --bin dictionary -- OUTPUT [BYTES]`

use minicbor::bytes::ByteArray;
use sothon_tests::records::Records;
use sync_core::id::{ActorId, BatchHash, DeviceId, Incarnation};
use sync_core::wire::packed::{request_sample, response_sample};
use sync_core::wire::{
    Batch, BatchChange, Cursor, DocumentChanges, ExchangeRequest, ExchangeResponse, Grants, Position,
};

/// Households sampled. Their seed is no other's.
const HOUSEHOLDS: usize = 600;
const SEED: u64 = 0xd1c7;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let output = arguments.next().ok_or_else(|| anyhow::anyhow!("usage: dictionary OUTPUT [BYTES]"))?;
    let size = arguments.next().map_or(Ok(16 * 1024), |text| text.parse())?;
    let mut records = Records::new(SEED);
    let mut samples = Vec::new();
    for number in 0..HOUSEHOLDS {
        let village = format!("{:02}", 1 + number % 16);
        let device = DeviceId([u8::try_from(number % 251)?; 12]);
        let (mut household, changes) = records.document(ActorId([7; 16]), &village, number);
        let page = vec![DocumentChanges {
            document: household.id(),
            changes: changes.into_iter().map(|change| change.bytes.into()).collect(),
            complete: false,
        }];
        samples.push(response_sample(&response(page, &village)));
        let known = household.clone();
        for round in 0..3 {
            let visit = records.visit(&mut household, 1_728_000_000 + 86_400 * round);
            samples.push(request_sample(&request(device, known.id(), visit.bytes, &village)));
        }
    }
    let dictionary = zstd::dict::from_samples(&samples, size)?;
    std::fs::write(&output, &dictionary)?;
    println!("{} samples, {} bytes", samples.len(), dictionary.len());
    Ok(())
}

fn cursor(village: &str) -> Cursor {
    Cursor {
        incarnation: Some(Incarnation([3; 16])),
        positions: vec![Position { village: village.to_owned(), log: 4321 }],
    }
}

fn request(
    device: DeviceId,
    document: sync_core::id::DocumentId,
    bytes: Vec<u8>,
    village: &str,
) -> ExchangeRequest {
    ExchangeRequest {
        protocol: 1,
        device,
        cursor: cursor(village),
        epoch: 1,
        batches: vec![Batch {
            number: 12,
            previous: BatchHash([0; 32]),
            signed_at: 1_728_000_000,
            changes: vec![BatchChange { document, bytes: bytes.into() }],
            signature: ByteArray::from([0; 64]),
        }],
        page_bytes: None,
        fingerprints: None,
        refusals_noted: 0,
        clock: 1_728_000_000,
        notices: None,
        awaited: None,
    }
}

fn response(page: Vec<DocumentChanges>, village: &str) -> ExchangeResponse {
    ExchangeResponse {
        protocol: 1,
        incarnation: Incarnation([3; 16]),
        clock: 1_728_000_000,
        receipts: Vec::new(),
        refusals: Vec::new(),
        cursor: cursor(village),
        more: true,
        page,
        grants: Grants { epoch: 1, villages: vec![village.to_owned()] },
        digest: None,
        wanted: Vec::new(),
        commune: None,
        warnings: Vec::new(),
        notices: None,
        remaining_bytes: None,
        notice_refusals: None,
    }
}
