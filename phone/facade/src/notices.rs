//! Urgent reports and sign-offs, as the pages make and list them.

use std::collections::BTreeMap;

use device_store::{SqliteStore, StoreError};
use serde::Serialize;
use sync_core::device::{
    DeviceStore as _, NoticeMakingError, NoticeState, Statement, StoredNotice, report_urgently, village_heads,
};
use sync_core::heads::Fingerprint;
use sync_core::notice::{NoticeKind, SignOff, UrgentReport};
use sync_core::random::Random;
use sync_core::review::changed_since;

use crate::calls::Urgent;
use crate::list;
use crate::phone::Now;
use crate::refusal::Refusal;

#[derive(Serialize)]
pub(crate) struct Made {
    id: String,
}

/// `UrgentRow` of `api.ts`: all that remains of a report on the phone.
#[derive(Serialize)]
pub(crate) struct UrgentJson {
    id: String,
    made_at: i64,
    state: &'static str,
    state_at: Option<i64>,
}

/// `SignOffRow` of `api.ts`.
#[derive(Clone, Serialize)]
pub(crate) struct SignOffJson {
    id: String,
    pub(crate) round: String,
    village: String,
    made_at: i64,
    pub(crate) reopened: bool,
    state: &'static str,
    changed_since: usize,
}

/// A refused notice still waits: it is offered again, and the sync page says why.
fn state(notice: &StoredNotice) -> &'static str {
    match notice.state {
        NoticeState::Waiting | NoticeState::Refused => "waiting",
        NoticeState::Arrived => "arrived",
        NoticeState::Opened => "opened",
    }
}

pub(crate) fn send_urgent(
    store: &mut SqliteStore,
    urgent: Urgent,
    now: Now,
    random: &mut dyn Random,
) -> Result<Made, Refusal> {
    let key = list::key(store)?;
    let report = UrgentReport {
        kind: urgent.kind,
        document: urgent.document.map(|document| document.0),
        person: urgent.person.map(|key| key.0.to_string()),
        about: urgent.about,
        place: urgent.place,
        happened: urgent.happened,
        contact: urgent.contact,
    };
    let notice = report_urgently(store, &key, report, now.clock, random)?;
    Ok(Made { id: notice.id.to_string() })
}

/// Every urgent report made here, the newest first.
pub(crate) fn urgent(store: &SqliteStore) -> Result<Vec<UrgentJson>, Refusal> {
    let notices = store.notices()?;
    let urgent = notices.iter().rev().filter(|stored| stored.notice.known_kind() == Some(NoticeKind::Urgent));
    Ok(urgent
        .map(|stored| UrgentJson {
            id: stored.notice.id.to_string(),
            made_at: stored.notice.made_at,
            state: state(stored),
            state_at: matches!(stored.state, NoticeState::Arrived | NoticeState::Opened)
                .then_some(stored.state_at),
        })
        .collect())
}

/// Every sign-off made here for a village, the newest first.
pub(crate) fn sign_offs(store: &SqliteStore, village: &str) -> Result<Vec<SignOffJson>, Refusal> {
    let notices = store.notices()?;
    let made: Vec<(&StoredNotice, SignOff)> = notices
        .iter()
        .rev()
        .filter_map(|stored| Some((stored, SignOff::read(&stored.notice)?)))
        .filter(|(_, said)| said.village == village)
        .collect();
    if made.is_empty() {
        return Ok(Vec::new());
    }
    let standing = village_heads(store, village)?;
    Ok(made.iter().map(|(stored, said)| row(stored, said, &standing)).collect())
}

/// Villages whose last statement of this device about a round says that they were reviewed, and its day.
pub(crate) fn signed(store: &SqliteStore, round: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let mut signed = BTreeMap::new();
    let said = store.notices()?.into_iter().filter_map(|stored| SignOff::read(&stored.notice));
    for said in said.filter(|said| said.round == round) {
        if said.reopened {
            signed.remove(&said.village);
        } else {
            signed.insert(said.village, said.day);
        }
    }
    Ok(signed)
}

fn row(stored: &StoredNotice, said: &SignOff, standing: &[Fingerprint]) -> SignOffJson {
    SignOffJson {
        id: stored.notice.id.to_string(),
        round: said.round.clone(),
        village: said.village.clone(),
        made_at: stored.notice.made_at,
        reopened: said.reopened,
        state: state(stored),
        changed_since: changed_since(&said.documents().collect::<Vec<_>>(), standing).len(),
    }
}

/// Signs "I have reviewed my village" over the heads of its documents, or takes it back.
pub(crate) fn sign_off(
    store: &mut SqliteStore,
    village: &str,
    reopened: bool,
    now: Now,
    random: &mut dyn Random,
) -> Result<SignOffJson, Refusal> {
    let key = list::key(store)?;
    let round = list::round(store, now)?.ok_or_else(|| Refusal::of("round_none"))?;
    let listed = store.households()?;
    let undecided = listed
        .iter()
        .filter(|listed| listed.summary.village == village && listed.summary.undecided > 0)
        .count();
    let statement = Statement {
        round: &round.code,
        village,
        day: &now.today.to_string(),
        reopened,
        undecided: u32::try_from(undecided).unwrap_or(u32::MAX),
    };
    sync_core::device::sign_off(store, &key, statement, now.clock, random)?;
    let mut made = sign_offs(store, village)?;
    if made.is_empty() { Err(Refusal::of("notice_malformed")) } else { Ok(made.swap_remove(0)) }
}

impl From<NoticeMakingError<StoreError>> for Refusal {
    fn from(error: NoticeMakingError<StoreError>) -> Self {
        match error {
            NoticeMakingError::Store(error) => error.into(),
            NoticeMakingError::Document(error) => error.into(),
            NoticeMakingError::Notice(error) => error.into(),
            NoticeMakingError::Village => Self::of("village_not_granted"),
            NoticeMakingError::Round => Self::of("round_none"),
        }
    }
}
