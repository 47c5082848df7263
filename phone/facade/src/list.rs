//! The village at a glance: the first page, the list of households, the search.

use std::collections::BTreeMap;

use device_store::{Listed, SqliteStore};
use ed25519_dalek::SigningKey;
use schemas::text;
use serde::Serialize;
use sync_core::date::Date;
use sync_core::device::{DeviceStore as _, NoticeState};
use sync_core::document::{Target, Value};
use sync_core::notice::NoticeKind;
use sync_core::register::InRound;
use sync_core::review::round_on;
use sync_core::visit::Draft;
use sync_core::wire::ReviewRound;

use crate::household::VillageJson;
use crate::line::CLOCK_OFF;
use crate::notices;
use crate::phone::{Now, json_text};
use crate::refusal::Refusal;

/// `Home` of `api.ts`.
#[derive(Serialize)]
pub(crate) struct HomeJson {
    commune: String,
    unit_word: String,
    villages: Vec<VillageJson>,
    round: Option<RoundJson>,
    signed: BTreeMap<String, String>,
    reminded: BTreeMap<String, String>,
    contacts: Vec<ContactJson>,
    today: Date,
    counts: CountsJson,
    waiting: WaitingJson,
    drafts: Vec<DraftJson>,
    last_sync: Option<LastSyncJson>,
    clock_off: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct RoundJson {
    code: String,
    title: String,
    starts: String,
    ends: String,
    as_of: String,
}

#[derive(Serialize)]
struct ContactJson {
    label: String,
    phone: String,
}

#[derive(Serialize, Default)]
struct CountsJson {
    households: usize,
    visited: usize,
    special: u32,
    undecided: usize,
    changed: usize,
    drafts: usize,
}

/// `Waiting` of `api.ts`.
#[derive(Serialize)]
pub(crate) struct WaitingJson {
    changes: u64,
    households: u64,
    reports: usize,
    statements: usize,
    refused: u64,
}

/// `LastSync` of `api.ts`.
#[derive(Serialize)]
pub(crate) struct LastSyncJson {
    at: i64,
    agrees: bool,
}

/// `DraftRow` of `api.ts`.
#[derive(Serialize)]
pub(crate) struct DraftJson {
    draft: String,
    document: Option<String>,
    head: String,
    number: String,
    step: String,
    touched_at: i64,
}

/// `HouseholdRow` of `api.ts`.
#[derive(Serialize)]
struct RowJson<'a> {
    document: String,
    village: &'a str,
    number: &'a str,
    head: &'a str,
    hamlet: &'a str,
    address: &'a str,
    phone: &'a str,
    children: u32,
    special: u32,
    sealed: u32,
    undecided: u32,
    issues: u32,
    last_visit: Option<String>,
    visited: bool,
    tried: bool,
    changed: bool,
    unsent: u32,
    refused: u32,
    draft: Option<String>,
    withdrawn: bool,
}

/// The review round under way: of those that have begun, the last; before any has, the first.
pub(crate) fn round(store: &SqliteStore, now: Now) -> Result<Option<ReviewRound>, Refusal> {
    let rounds = store.state()?.commune.rounds.unwrap_or_default();
    Ok(round_on(&rounds, now.today).cloned())
}

pub(crate) fn round_json(round: ReviewRound) -> RoundJson {
    let ReviewRound { code, title, starts, ends, as_of, .. } = round;
    RoundJson { code, title, starts, ends, as_of }
}

pub(crate) fn key(store: &SqliteStore) -> Result<SigningKey, Refusal> {
    Ok(store.enrolment()?.ok_or_else(|| Refusal::of("not_enrolled"))?.key)
}

pub(crate) fn waiting(store: &SqliteStore) -> Result<WaitingJson, Refusal> {
    let waits = store.waiting()?;
    let notices = store.notices()?;
    let count = |kind| {
        let waits = |state| matches!(state, NoticeState::Waiting | NoticeState::Refused);
        notices
            .iter()
            .filter(|stored| stored.notice.known_kind() == Some(kind) && waits(stored.state))
            .count()
    };
    Ok(WaitingJson {
        changes: waits.changes,
        households: waits.households,
        reports: count(NoticeKind::Urgent),
        statements: count(NoticeKind::SignOff),
        refused: waits.refused,
    })
}

pub(crate) fn last_sync(store: &SqliteStore) -> Result<Option<LastSyncJson>, Refusal> {
    Ok(store.last_sync()?.map(|sync| LastSyncJson { at: sync.at, agrees: sync.agrees }))
}

/// Visits under way, the one touched last first.
pub(crate) fn drafts(store: &SqliteStore, listed: &[Listed]) -> Result<Vec<DraftJson>, Refusal> {
    Ok(store.drafts()?.iter().map(|draft| draft_json(draft, listed)).collect())
}

fn draft_json(draft: &Draft, listed: &[Listed]) -> DraftJson {
    let summary = listed
        .iter()
        .map(|listed| &listed.summary)
        .find(|summary| Some(summary.document) == draft.document());
    let says = |name: &str, known: Option<&String>| {
        let written = draft.written_in(&Target::Household, name).and_then(Value::as_text);
        written.map(str::to_owned).or_else(|| known.cloned()).unwrap_or_default()
    };
    DraftJson {
        draft: draft.id().to_string(),
        document: draft.document().map(|document| document.to_string()),
        head: says("head_name", summary.map(|summary| &summary.head)),
        number: says("number", summary.map(|summary| &summary.number)),
        step: draft.step().to_owned(),
        touched_at: draft.touched_at(),
    }
}

pub(crate) fn home(store: &mut SqliteStore, now: Now) -> Result<HomeJson, Refusal> {
    let state = store.state()?;
    let listed = store.households()?;
    let round = round(store, now)?;
    let standing = || listed.iter().filter(|listed| !listed.summary.withdrawn);
    let visited = |listed: &&Listed| {
        round.as_ref().is_some_and(|round| listed.summary.in_round(round) == InRound::Visited)
    };
    let drafts = drafts(store, &listed)?;
    let counts = CountsJson {
        households: standing().count(),
        visited: standing().filter(visited).count(),
        special: standing().map(|listed| listed.summary.special).sum(),
        undecided: standing().filter(|listed| listed.summary.undecided > 0).count(),
        changed: standing().filter(|listed| listed.changed).count(),
        drafts: drafts.len(),
    };
    let code = round.as_ref().map(|round| round.code.as_str()).unwrap_or_default();
    let reminders = state.commune.reminders.into_iter().flatten().filter(|told| told.round == code);
    Ok(HomeJson {
        signed: notices::signed(store, code)?,
        reminded: reminders.map(|told| (told.village, told.day)).collect(),
        commune: state.commune.name,
        unit_word: state.commune.unit_word,
        villages: state.commune.villages.into_iter().map(|(code, name)| VillageJson { code, name }).collect(),
        round: round.map(round_json),
        contacts: state
            .commune
            .contacts
            .into_iter()
            .flatten()
            .map(|(label, phone)| ContactJson { label, phone })
            .collect(),
        today: now.today,
        counts,
        waiting: waiting(store)?,
        drafts,
        last_sync: last_sync(store)?,
        clock_off: store.setting(CLOCK_OFF)?.and_then(|off| off.parse().ok()),
    })
}

/// Every household, by village, hamlet and address, then number, as JSON.
pub(crate) fn households(store: &mut SqliteStore, now: Now) -> Result<String, Refusal> {
    let listed = store.households()?;
    let round = round(store, now)?;
    let row = |listed| row(listed, round.as_ref());
    Ok(json_text(&listed.iter().map(row).collect::<Vec<_>>()))
}

fn row<'a>(listed: &'a Listed, round: Option<&ReviewRound>) -> RowJson<'a> {
    let summary = &listed.summary;
    let in_round = round.map_or(InRound::NotVisited, |round| summary.in_round(round));
    RowJson {
        document: summary.document.to_string(),
        village: &summary.village,
        number: &summary.number,
        head: &summary.head,
        hamlet: &summary.hamlet,
        address: &summary.address,
        phone: &summary.phone,
        children: summary.children,
        special: summary.special,
        sealed: summary.sealed,
        undecided: summary.undecided,
        issues: summary.issues,
        last_visit: summary.last_visit().map(|date| date.to_string()),
        visited: in_round == InRound::Visited,
        tried: in_round == InRound::Tried,
        changed: listed.changed,
        unsent: listed.unsent,
        refused: listed.refused,
        draft: listed.draft.as_ref().map(ToString::to_string),
        withdrawn: summary.withdrawn,
    }
}

/// Households that say a text somewhere a person would look for it, without regard to accents and case.
pub(crate) fn search(store: &mut SqliteStore, said: &str) -> Result<Vec<String>, Refusal> {
    let folded = text::fold(said);
    let folded = folded.trim();
    let found = store.households()?.into_iter().filter(|listed| listed.summary.says(folded));
    Ok(found.map(|listed| listed.summary.document.to_string()).collect())
}
