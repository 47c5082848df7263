//! What a request carries: which batches, which notices, whose fate is asked for.

use std::collections::BTreeSet;

use minicbor::bytes::ByteArray;

use super::session::SessionError;
use super::store::{DeviceState, DeviceStore, NoticeState, SignedBatch, StoredNotice};
use crate::id::NoticeId;
use crate::limits;
use crate::notice::{Notice, NoticeKind, NoticeRefusal};
use crate::wire::{Batch, BatchChange, ExchangeRequest, PROTOCOL_VERSIONS};

/// A request that tells nothing yet.
pub(super) fn request(state: &DeviceState, clock: i64) -> ExchangeRequest {
    ExchangeRequest {
        protocol: *PROTOCOL_VERSIONS.end(),
        device: state.device,
        cursor: state.cursor.clone(),
        epoch: state.grants.epoch,
        batches: Vec::new(),
        page_bytes: None,
        fingerprints: None,
        refusals_noted: state.refusals_noted,
        clock,
        notices: None,
        awaited: None,
    }
}

/// The oldest batches, at most `count_max`, as many as `bytes_max` of raw changes hold, at least one.
pub(super) fn fitting(open: Vec<SignedBatch>, count_max: usize, bytes_max: usize) -> Vec<Batch> {
    let mut bytes = 0;
    let mut batches = Vec::new();
    for signed in open.into_iter().take(count_max) {
        bytes += signed.changes.iter().map(|change| change.bytes.len()).sum::<usize>();
        if bytes > bytes_max && !batches.is_empty() {
            break;
        }
        batches.push(as_sent(signed));
    }
    batches
}

fn as_sent(signed: SignedBatch) -> Batch {
    let changes = signed.changes.into_iter();
    Batch {
        number: signed.batch.number,
        previous: signed.batch.previous,
        signed_at: signed.batch.signed_at,
        changes: changes
            .map(|change| BatchChange { document: change.document, bytes: change.bytes.into() })
            .collect(),
        signature: ByteArray::from(signed.batch.signature),
    }
}

/// Whether somebody must be told at once.
pub(super) fn is_urgent(notice: &Notice) -> bool {
    notice.known_kind() == Some(NoticeKind::Urgent)
}

/// Notices to offer, urgent ones first, each kind in the order of making: as many as one request takes and
/// `bytes_max` hold, at least one. Not those in `tried`.
pub(super) fn waiting_notices<S: DeviceStore>(
    store: &S,
    tried: &BTreeSet<NoticeId>,
    bytes_max: usize,
) -> Result<Vec<Notice>, S::Error> {
    let mut waiting: Vec<Notice> = store
        .notices()?
        .into_iter()
        .filter(|stored| is_offered(stored) && !tried.contains(&stored.notice.id))
        .map(|stored| stored.notice)
        .collect();
    waiting.sort_by_key(|notice| !is_urgent(notice));
    waiting.truncate(limits::NOTICES_MAX);
    let mut bytes = 0;
    let fitting = waiting.iter().take_while(|notice| {
        let first = bytes == 0;
        bytes += notice.body.len();
        first || bytes <= bytes_max
    });
    let fitting = fitting.count();
    waiting.truncate(fitting);
    Ok(waiting)
}

fn is_offered(stored: &StoredNotice) -> bool {
    match stored.state {
        NoticeState::Waiting => true,
        // A later office may give a code that this program does not know: offered again, it does no harm.
        NoticeState::Refused => {
            stored.code.as_deref().and_then(NoticeRefusal::of).is_none_or(NoticeRefusal::may_pass_later)
        }
        NoticeState::Arrived | NoticeState::Opened => false,
    }
}

/// Urgent notices that have arrived and that nobody is known to have opened, the newest of them.
pub(super) fn awaited<S: DeviceStore>(store: &S) -> Result<Vec<NoticeId>, SessionError<S::Error>> {
    let notices = store.notices().map_err(SessionError::Store)?;
    let arrived = notices
        .iter()
        .rev()
        .filter(|stored| stored.state == NoticeState::Arrived && is_urgent(&stored.notice));
    Ok(arrived.take(limits::AWAITED_MAX).map(|stored| stored.notice.id).collect())
}
