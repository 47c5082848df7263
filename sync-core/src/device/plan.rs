//! What an answer of the office means for the device's store. Reads the store, writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::session::{SessionError, SessionEvent};
use super::store::{
    ChangeState, DeviceState, DeviceStore, NoticeState, NoticeUpdate, ReceivedChange, ResponsePlan,
    StoredChange, StoredNotice,
};
use crate::chunk;
use crate::heads::{Fingerprint, HeadSet};
use crate::id::{ChangeHash, DocumentId};
use crate::wire::{self, DocumentChanges, ExchangeResponse, Grants, NOTICE_OPENED, NOTICE_STORED, WireError};

/// What an answer changes on the device.
pub(super) fn plan_response<S: DeviceStore>(
    store: &S,
    response: &ExchangeResponse,
) -> Result<(ResponsePlan, SessionEvent), SessionError<S::Error>> {
    let state: DeviceState = store.state().map_err(SessionError::Store)?;
    let open = store.open_batches().map_err(SessionError::Store)?;
    let mut plan = ResponsePlan {
        refusals: response.refusals.clone(),
        cursor: response.cursor.clone(),
        grants: response.grants.clone(),
        commune: response.commune.clone(),
        ..ResponsePlan::default()
    };
    let mut event = SessionEvent::default();
    for signed in &open {
        let batch = &signed.batch;
        if response
            .receipts
            .iter()
            .any(|receipt| receipt.number == batch.number && receipt.hash == batch.hash)
        {
            plan.acknowledged.push(batch.number);
            event.acknowledged += signed.changes.len();
        }
    }
    event.remaining_bytes = response.remaining_bytes;
    event.refused = response.refusals.iter().filter(|note| note.code != wire::CODE_RELEASED).count();
    for entry in &response.page {
        let kept = store.changes(entry.document).map_err(SessionError::Store)?;
        let known: BTreeMap<ChangeHash, ChangeState> =
            kept.iter().map(|change| (change.hash, change.state)).collect();
        let mut told = BTreeSet::new();
        let mut here: BTreeSet<ChangeHash> = known.keys().copied().collect();
        for bytes in &entry.changes {
            let (hash, opened) = chunk::open(bytes).map_err(|_| WireError::Malformed)?;
            if opened.deps.is_empty() && DocumentId::of_genesis(&hash) != entry.document {
                return Err(WireError::Malformed.into());
            }
            if !told.insert(hash) {
                continue;
            }
            match known.get(&hash) {
                Some(ChangeState::Acknowledged) => {}
                Some(_) => plan.confirmed.push(hash),
                // What this device wrote itself comes in no page: a restored store lacks it, and what is
                // built on it, until the digests differ and repair tells the document whole.
                None if !opened.deps.iter().all(|dep| here.contains(dep)) => {}
                None => {
                    here.insert(hash);
                    plan.received.push(ReceivedChange {
                        document: entry.document,
                        hash,
                        bytes: bytes.to_vec(),
                    });
                    event.received += 1;
                    event.received_bytes += bytes.len() as u64;
                }
            }
        }
        if entry.complete {
            plan_missing(&state, &kept, &told, &mut plan);
        }
    }
    let taken_away = state.grants.villages.iter().any(|village| !response.grants.villages.contains(village));
    if state.cursor.incarnation.is_none() || taken_away {
        plan_outside(store, &state, &response.grants, &mut plan)?;
    }
    for document in &response.wanted {
        let kept = store.changes(*document).map_err(SessionError::Store)?;
        plan_missing(&state, &kept, &BTreeSet::new(), &mut plan);
    }
    plan_notices(store, response, &mut plan, &mut event)?;
    Ok((plan, event))
}

/// Where this device's notices stand.
fn plan_notices<S: DeviceStore>(
    store: &S,
    response: &ExchangeResponse,
    plan: &mut ResponsePlan,
    event: &mut SessionEvent,
) -> Result<(), SessionError<S::Error>> {
    for fate in response.notices.iter().flatten() {
        let state = match fate.state {
            NOTICE_STORED => NoticeState::Arrived,
            NOTICE_OPENED => NoticeState::Opened,
            _ => continue,
        };
        plan.notices.push(NoticeUpdate { id: fate.id, state, at: fate.at, code: None });
    }
    if !plan.notices.is_empty() {
        let kept = store.notices().map_err(SessionError::Store)?;
        let arrives = |stored: &&StoredNotice| {
            matches!(stored.state, NoticeState::Waiting | NoticeState::Refused)
                && plan.notices.iter().any(|update| update.id == stored.notice.id)
        };
        event.notices = kept.iter().filter(arrives).count();
    }
    plan.notices.extend(response.notice_refusals.iter().flatten().map(|note| NoticeUpdate {
        id: note.id,
        state: NoticeState::Refused,
        at: response.clock,
        code: Some(note.code.clone()),
    }));
    Ok(())
}

/// What was acknowledged once and the office does not have: own changes are unsent again, those of
/// others wait for their authors.
fn plan_missing(
    state: &DeviceState,
    kept: &[StoredChange],
    told: &BTreeSet<ChangeHash>,
    plan: &mut ResponsePlan,
) {
    for change in kept {
        if change.state == ChangeState::Acknowledged && !told.contains(&change.hash) {
            let list = if is_own(state, change) { &mut plan.requeued } else { &mut plan.set_aside };
            list.push(change.hash);
        }
    }
}

fn is_own(state: &DeviceState, change: &StoredChange) -> bool {
    chunk::open(&change.bytes).is_ok_and(|(_, opened)| opened.actor.device() == state.device)
}

/// Own refused changes are told again to an office whose log, and so its quarantine, is another one; so
/// are all notices, which it may have lost.
pub(super) fn plan_other_log<S: DeviceStore>(store: &S) -> Result<ResponsePlan, SessionError<S::Error>> {
    let state = store.state().map_err(SessionError::Store)?;
    let mut requeued = Vec::new();
    for document in store.documents().map_err(SessionError::Store)? {
        let kept = store.changes(document).map_err(SessionError::Store)?;
        let refused =
            kept.iter().filter(|change| change.state == ChangeState::Refused && is_own(&state, change));
        requeued.extend(refused.map(|change| change.hash));
    }
    let notices = store.notices().map_err(SessionError::Store)?.into_iter().map(|stored| NoticeUpdate {
        id: stored.notice.id,
        state: NoticeState::Waiting,
        at: stored.notice.made_at,
        code: None,
    });
    let (notices, cursor, grants) = (notices.collect(), state.cursor, state.grants);
    Ok(ResponsePlan { requeued, notices, cursor, grants, ..ResponsePlan::default() })
}

/// The first answer out of a log new to this device, or one by which a village is taken away: own
/// acknowledged changes in documents outside the grants are told once more, because no comparison of
/// heads reaches them any longer. Usually the office has them all, and says so.
fn plan_outside<S: DeviceStore>(
    store: &S,
    state: &DeviceState,
    grants: &Grants,
    plan: &mut ResponsePlan,
) -> Result<(), SessionError<S::Error>> {
    let compared = store.fingerprints(&grants.villages).map_err(SessionError::Store)?;
    let compared: BTreeSet<DocumentId> =
        compared.into_iter().map(|fingerprint| fingerprint.document).collect();
    for document in store.documents().map_err(SessionError::Store)? {
        if !compared.contains(&document) {
            let kept = store.changes(document).map_err(SessionError::Store)?;
            let own = kept
                .iter()
                .filter(|change| change.state == ChangeState::Acknowledged && is_own(state, change));
            plan.requeued.extend(own.map(|change| change.hash));
        }
    }
    Ok(())
}

/// The heads of a document that was told whole.
pub(super) fn told_heads(entry: &DocumentChanges) -> Result<Fingerprint, WireError> {
    let opened =
        entry.changes.iter().map(|bytes| chunk::open(bytes).map(|(hash, opened)| (hash, opened.deps)));
    let opened: Vec<_> = opened.collect::<Result<_, _>>().map_err(|_| WireError::Malformed)?;
    Ok(HeadSet::of(opened).fingerprint(entry.document))
}
