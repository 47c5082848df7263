//! What a collector may want to know of the device itself, and of what the office refused.

use std::collections::{BTreeMap, BTreeSet};

use device_store::SqliteStore;
use serde::Serialize;
use sync_core::device::DeviceStore as _;
use sync_core::document::Refusal as OfficeRefusal;
use sync_core::id::DocumentId;

use crate::household::VillageJson;
use crate::list::{self, LastSyncJson, WaitingJson};
use crate::refusal::Refusal;

/// `DeviceInfo` of `api.ts`, but for what only the browser knows.
#[derive(Serialize)]
pub(crate) struct DeviceJson {
    device: String,
    label: String,
    commune: String,
    villages: Vec<VillageJson>,
    server: String,
    enrolled_at: Option<i64>,
    last_sync: Option<LastSyncJson>,
    waiting: WaitingJson,
    households: usize,
    version: &'static str,
}

/// `RefusedRow` of `api.ts`.
#[derive(Serialize)]
pub(crate) struct RefusedJson {
    document: String,
    head: String,
    number: String,
    code: String,
    at: i64,
    changes: usize,
    may_pass: bool,
}

/// Setting: when the office answered the enrolment.
pub(crate) const ENROLLED_AT: &str = "enrolled_at";
/// Setting: what the collector calls this device.
const LABEL: &str = "label";
/// Characters of a label at most.
const LABEL_CHARS_MAX: usize = 60;

pub(crate) fn set_label(store: &mut SqliteStore, label: &str) -> Result<(), Refusal> {
    let label: String = label.trim().chars().take(LABEL_CHARS_MAX).collect();
    Ok(store.put_setting(LABEL, &label)?)
}

pub(crate) fn device(store: &SqliteStore) -> Result<DeviceJson, Refusal> {
    let state = store.state()?;
    let enrolment = store.enrolment()?.ok_or_else(|| Refusal::of("not_enrolled"))?;
    Ok(DeviceJson {
        device: state.device.to_string(),
        label: store.setting(LABEL)?.or(enrolment.label).unwrap_or_default(),
        commune: state.commune.name,
        villages: state.commune.villages.into_iter().map(|(code, name)| VillageJson { code, name }).collect(),
        server: enrolment.server,
        enrolled_at: store.setting(ENROLLED_AT)?.and_then(|at| at.parse().ok()),
        last_sync: list::last_sync(store)?,
        waiting: list::waiting(store)?,
        households: store.documents()?.len(),
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// What the office refused, by household and reason.
pub(crate) fn refused(store: &mut SqliteStore) -> Result<Vec<RefusedJson>, Refusal> {
    let mut groups: BTreeMap<(DocumentId, String), (i64, usize)> = BTreeMap::new();
    for refused in store.refused()? {
        let group = groups.entry((refused.document, refused.code)).or_default();
        *group = (group.0.max(refused.noted_at), group.1 + 1);
    }
    // What only follows from another refusal of the same household needs no line of its own.
    let follows = |code: &str| matches!(code, "document_unknown" | "dependency_missing");
    let explained: BTreeSet<DocumentId> =
        groups.keys().filter(|(_, code)| !follows(code)).map(|(document, _)| *document).collect();
    groups.retain(|(document, code), _| !follows(code) || !explained.contains(document));
    let listed = store.households()?;
    let row = |((document, code), (at, changes)): ((DocumentId, String), (i64, usize))| {
        let summary =
            listed.iter().map(|listed| &listed.summary).find(|summary| summary.document == document);
        let may_pass = OfficeRefusal::ALL.iter().any(|known| known.code() == code && known.may_pass_later());
        RefusedJson {
            document: document.to_string(),
            head: summary.map(|summary| summary.head.clone()).unwrap_or_default(),
            number: summary.map(|summary| summary.number.clone()).unwrap_or_default(),
            code,
            at,
            changes,
            may_pass,
        }
    };
    Ok(groups.into_iter().map(row).collect())
}
