//! One household, as the pages show it: every value of every field, what is worth a second look, decisions,
//! and what of it is not at the office yet.

use std::collections::{BTreeMap, BTreeSet};

use device_store::SqliteStore;
use schemas::record;
use serde::Serialize;
use serde_json::Value as Json;
use sync_core::device::{ChangeState, DeviceStore as _, Sealing, load_household};
use sync_core::document::{Container, Decision, Field, Fields, Target, Value, View, shape};
use sync_core::history::{self, Decided};
use sync_core::id::{ActorId, ChangeHash, DeviceId, DocumentId};
use sync_core::issues::{Issue, Place, issues};
use sync_core::random::Random;
use sync_core::register::{Sixteen, people_on};
use sync_core::visit::Draft;

use crate::calls::{self, Decide, FieldOf, Seal};
use crate::phone::Now;
use crate::refusal::Refusal;

/// `Household` of `api.ts`.
#[derive(Serialize)]
pub(crate) struct HouseholdJson {
    document: Option<String>,
    village: VillageJson,
    household: BTreeMap<String, FieldJson>,
    members: Vec<EntityJson>,
    children: Vec<EntityJson>,
    circumstances: Vec<EntityJson>,
    supports: Vec<EntityJson>,
    events: Vec<EntityJson>,
    visits: Vec<EntityJson>,
    links: Vec<EntityJson>,
    sealed: Vec<SealedJson>,
    people: Vec<PersonJson>,
    issues: Vec<IssueJson>,
    decisions: Vec<DecisionJson>,
    waiting: WaitingJson,
    draft: Option<String>,
}

impl HouseholdJson {
    pub(crate) fn into_issues(self) -> Vec<IssueJson> {
        self.issues
    }
}

#[derive(Serialize)]
pub(crate) struct VillageJson {
    pub(crate) code: String,
    pub(crate) name: String,
}

#[derive(Serialize)]
struct FieldJson {
    value: Json,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Json>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    draft: bool,
}

#[derive(Serialize)]
struct EntityJson {
    id: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    draft: bool,
    fields: BTreeMap<String, FieldJson>,
}

#[derive(Serialize)]
struct SealedJson {
    id: String,
    at: Option<i64>,
    mine: bool,
    state: &'static str,
}

#[derive(Serialize)]
struct PersonJson {
    id: String,
    container: &'static str,
    age: Option<u8>,
    present: bool,
    sixteen: &'static str,
}

#[derive(Serialize)]
pub(crate) struct IssueJson {
    code: String,
    severity: Json,
    container: &'static str,
    id: Option<String>,
    field: Option<String>,
    vi: String,
    en: String,
}

#[derive(Serialize)]
struct DecisionJson {
    id: String,
    container: &'static str,
    entity: Option<String>,
    field: String,
    value: Json,
    reason: Option<String>,
    who: AuthorJson,
    at: Option<i64>,
    unseen: bool,
}

#[derive(Serialize)]
struct AuthorJson {
    kind: &'static str,
    name: String,
}

#[derive(Serialize)]
struct WaitingJson {
    unsent: usize,
    refused: usize,
}

#[derive(Serialize)]
struct FieldValueJson {
    value: Json,
    who: AuthorJson,
    at: Option<i64>,
    unsent: bool,
}

#[derive(Serialize)]
pub(crate) struct FieldHistoryJson {
    values: Vec<FieldValueJson>,
    decisions: Vec<DecisionJson>,
}

/// Who the actors of a document are, as far as this device was told.
struct Authors {
    own: DeviceId,
    names: BTreeMap<DeviceId, String>,
}

impl Authors {
    fn of(store: &SqliteStore) -> Result<Self, Refusal> {
        let state = store.state()?;
        Ok(Self { own: state.device, names: state.commune.devices.into_iter().flatten().collect() })
    }

    fn author(&self, actor: &ActorId) -> AuthorJson {
        let device = actor.device();
        let name = self.names.get(&device).cloned().unwrap_or_default();
        let kind = match device == self.own {
            true => "me",
            // The office writes as a device of its own, which bears this label.
            false if name == OFFICE_LABEL => "office",
            false => "device",
        };
        AuthorJson { kind, name }
    }
}

/// Label of the device that the office itself writes with (docs/protocol.md 6, commune-info).
const OFFICE_LABEL: &str = "office";

pub(crate) fn village(store: &SqliteStore, code: &str) -> Result<VillageJson, Refusal> {
    let villages = store.state()?.commune.villages;
    let name = villages
        .into_iter()
        .find(|(known, _)| known == code)
        .map_or_else(|| code.to_owned(), |(_, name)| name);
    Ok(VillageJson { code: code.to_owned(), name })
}

/// A household of the register.
pub(crate) fn household(
    store: &SqliteStore,
    document: DocumentId,
    now: Now,
) -> Result<HouseholdJson, Refusal> {
    if store.changes(document)?.is_empty() {
        return Err(Refusal::of("household_unknown"));
    }
    let view = load_household(store, document).map_err(Refusal::from)?.view();
    page(store, &view, None, now)
}

/// A household as a view shows it; fields written in `draft` are marked.
pub(crate) fn page(
    store: &SqliteStore,
    view: &View,
    draft: Option<&Draft>,
    now: Now,
) -> Result<HouseholdJson, Refusal> {
    let document = match draft {
        Some(draft) => draft.document(),
        None => Some(view.document),
    };
    let mut page = HouseholdJson {
        document: document.map(|document| document.to_string()),
        village: village(store, &view.village)?,
        household: fields(&view.household, &Target::Household, draft),
        members: entities(view, Container::Members, draft),
        children: entities(view, Container::Children, draft),
        circumstances: entities(view, Container::Circumstances, draft),
        supports: entities(view, Container::Supports, draft),
        events: entities(view, Container::Events, draft),
        visits: entities(view, Container::Visits, draft),
        links: entities(view, Container::Links, draft),
        sealed: Vec::new(),
        people: people(view, now),
        issues: issues(view, now.today, record::definition()).iter().map(issue).collect(),
        decisions: Vec::new(),
        waiting: WaitingJson { unsent: 0, refused: 0 },
        draft: draft.map(|draft| draft.id().to_string()),
    };
    if let Some(document) = document {
        page.add_history(store, document)?;
        if page.draft.is_none() {
            page.draft = open_draft(store, document)?;
        }
    }
    Ok(page)
}

fn open_draft(store: &SqliteStore, document: DocumentId) -> Result<Option<String>, Refusal> {
    Ok(store.draft_to(document)?.map(|draft| draft.id().to_string()))
}

impl HouseholdJson {
    /// What the document's changes tell besides its values.
    fn add_history(&mut self, store: &SqliteStore, document: DocumentId) -> Result<(), Refusal> {
        let household = load_household(store, document).map_err(Refusal::from)?;
        let changes = store.changes(document)?;
        let of = |state| changes.iter().filter(move |change| change.state == state);
        let unsent: BTreeSet<ChangeHash> = of(ChangeState::Unsent).map(|change| change.hash).collect();
        self.waiting = WaitingJson { unsent: unsent.len(), refused: of(ChangeState::Refused).count() };
        let authors = Authors::of(store)?;
        let unseen = store.unseen(document)?;
        let view = household.view();
        self.decisions = history::decisions(&household, &view)
            .iter()
            .map(|made| decision(made, &authors, &unseen))
            .collect();
        self.sealed = history::sealed(&household, &view)
            .into_iter()
            .map(|sealed| SealedJson {
                id: sealed.key.to_string(),
                at: sealed.writing.at,
                mine: sealed.writing.actor.device() == authors.own,
                state: match sealed.writing.change {
                    Some(change) if unsent.contains(&change) => "waiting",
                    _ => "arrived",
                },
            })
            .collect();
        Ok(())
    }
}

fn entities(view: &View, container: Container, draft: Option<&Draft>) -> Vec<EntityJson> {
    view.of(container)
        .map(|(key, values)| EntityJson {
            id: key.to_string(),
            draft: draft.is_some_and(|draft| draft.has_begun(container, key)),
            fields: fields(values, &Target::Entity(container, key.clone()), draft),
        })
        .collect()
}

fn fields(fields: &Fields, target: &Target, draft: Option<&Draft>) -> BTreeMap<String, FieldJson> {
    let state = |name: &String, field: &Field| {
        let own = draft.and_then(|draft| draft.written_in(target, name));
        let mut values: Vec<&Value> = field.values().map(|written| &written.value).collect();
        // What the visit wrote is what its page goes on editing, whichever value is shown first elsewhere.
        if let Some(at) = values.iter().position(|value| Some(*value) == own) {
            values[..=at].rotate_right(1);
        }
        let mut values = values.into_iter().map(Value::to_json);
        FieldJson { value: values.next().unwrap_or_default(), others: values.collect(), draft: own.is_some() }
    };
    fields.iter().map(|(name, field)| (name.clone(), state(name, field))).collect()
}

fn people(view: &View, now: Now) -> Vec<PersonJson> {
    people_on(view, now.today)
        .into_iter()
        .map(|person| PersonJson {
            id: person.key.to_string(),
            container: person.container.key(),
            age: person.age,
            present: person.is_present,
            sixteen: match person.sixteen {
                Sixteen::No => "no",
                Sixteen::Due => "due",
                Sixteen::Recorded => "recorded",
            },
        })
        .collect()
}

fn issue(issue: &Issue) -> IssueJson {
    let words = issue.code.words();
    let (container, id) = match &issue.place {
        Place::Household => (shape::KEY_HOUSEHOLD, None),
        Place::Entity(container, key) => (container.key(), Some(key.to_string())),
    };
    IssueJson {
        code: issue.code.code().to_owned(),
        severity: serde_json::to_value(issue.severity()).expect("a word"),
        container,
        id,
        field: issue.field.clone(),
        vi: format!("{} {}", words.say, words.next),
        en: format!("{} {}", words.say_en, words.next_en),
    }
}

fn decision(made: &Decided, authors: &Authors, unseen: &BTreeSet<ChangeHash>) -> DecisionJson {
    let (container, entity) = match &made.target {
        Target::Household => (shape::KEY_HOUSEHOLD, None),
        Target::Entity(container, key) => (container.key(), Some(key.to_string())),
    };
    let who = authors.author(&made.writing.actor);
    DecisionJson {
        id: made.key.to_string(),
        container,
        entity,
        field: made.field.clone(),
        value: made.value.to_json(),
        reason: made.reason.clone(),
        at: made.writing.at,
        unseen: made.writing.change.is_some_and(|change| unseen.contains(&change)),
        who,
    }
}

/// Every value of one field with who wrote it and when, and the decisions on it.
pub(crate) fn history(store: &SqliteStore, of: &FieldOf) -> Result<FieldHistoryJson, Refusal> {
    let document = of.document.0;
    let target = calls::target(&of.container, of.id.as_ref())?;
    let household = load_household(store, document).map_err(Refusal::from)?;
    let unsent: BTreeSet<ChangeHash> = store
        .changes(document)?
        .into_iter()
        .filter(|change| change.state == ChangeState::Unsent)
        .map(|change| change.hash)
        .collect();
    let authors = Authors::of(store)?;
    let view = household.view();
    let values = history::values(&household, &view, &target, &of.field)
        .into_iter()
        .map(|written| FieldValueJson {
            value: written.value.to_json(),
            who: authors.author(&written.writing.actor),
            at: written.writing.at,
            unsent: written.writing.change.is_some_and(|hash| unsent.contains(&hash)),
        })
        .collect();
    let unseen = store.unseen(document)?;
    let decisions = history::decisions(&household, &view)
        .iter()
        .filter(|made| made.target == target && made.field == of.field)
        .map(|made| decision(made, &authors, &unseen))
        .collect();
    Ok(FieldHistoryJson { values, decisions })
}

/// The collector says which value is right, of those seen: one that has arrived since is not overwritten, the
/// decision is refused. What a visit under way wrote there is taken back.
pub(crate) fn decide(
    store: &mut SqliteStore,
    decide: &Decide,
    now: Now,
    random: &mut dyn Random,
) -> Result<(), Refusal> {
    let document = decide.of.document.0;
    let target = calls::target(&decide.of.container, decide.of.id.as_ref())?;
    let household = load_household(store, document).map_err(Refusal::from)?;
    let standing = history::values(&household, &household.view(), &target, &decide.of.field);
    if standing.iter().any(|written| !decide.seen.contains(&written.value.to_json())) {
        return Err(Refusal::of("decide_overtaken"));
    }
    let reason = decide.reason.trim();
    let decision = Decision {
        target: target.clone(),
        field: decide.of.field.clone(),
        value: calls::value(&decide.value)?,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
    };
    store.as_one(|store| {
        if let Some(mut draft) = store.draft_to(document)?
            && draft.restore(&target, &decision.field, now.clock)
        {
            store.put_draft(&draft)?;
        }
        sync_core::device::decide(store, document, &decision, now.clock, random).map_err(Refusal::from)?;
        Ok(())
    })
}

/// Seals a restricted circumstance. Of a person of the record: one begun in a visit under way is refused, and the
/// page says so before.
pub(crate) fn seal(
    store: &mut SqliteStore,
    seal: &Seal,
    now: Now,
    random: &mut dyn Random,
) -> Result<(), Refusal> {
    let report = Sealing {
        person: &seal.person.0,
        code: &seal.code,
        start: seal.start.as_deref(),
        note: &seal.note,
        supports: &seal.supports,
    };
    sync_core::device::seal_report(store, seal.document.0, report, now.clock, random).map_err(Refusal::from)
}

/// The collector has looked at the household: at what others changed in it, and at decisions.
pub(crate) fn mark_seen(store: &mut SqliteStore, document: DocumentId) -> Result<(), Refusal> {
    Ok(store.mark_seen(document)?)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;
    use sync_core::document::{Edit, Household};
    use sync_core::visit::Known;

    use super::*;

    /// A telephone number that two collectors wrote without knowing of each other, and whose is shown first.
    fn disputed() -> (Household, Vec<String>) {
        let actor = |device| DeviceId([device; 12]).actor(1);
        let (mut household, genesis) = Household::create(actor(1), "01", 1, 1);
        let mut other = Household::load(actor(2), &[&genesis.bytes]).expect("a document");
        household.edit(&[Edit::household("phone", "0900000001")], 2).expect("a change");
        let theirs = other.edit(&[Edit::household("phone", "0900000002")], 2).expect("a change");
        household.apply(&[&theirs.bytes]).expect("it follows the genesis");
        let view = household.view();
        let values = view.household["phone"].values().map(|written| written.value.to_json());
        let numbers = values.map(|value| value.as_str().unwrap_or_default().to_owned()).collect();
        (household, numbers)
    }

    #[test]
    fn a_visit_shows_first_what_it_wrote_and_beside_it_what_others_did() {
        let (household, numbers) = disputed();
        let view = household.view();
        for (own, other) in [(&numbers[0], &numbers[1]), (&numbers[1], &numbers[0])] {
            let known = Known { document: household.id(), heads: household.heads() };
            let mut random = ChaCha20Rng::seed_from_u64(5);
            let today = "2026-11-23".parse().expect("a day");
            let mut draft = Draft::begin(Some(known), "01", today, 3, &mut random);
            draft.set(&view, Target::Household, "phone", own.as_str().into(), 4).expect("it fits");
            let shown = &fields(&view.household, &Target::Household, Some(&draft))["phone"];
            assert_eq!((shown.value.as_str(), shown.draft), (Some(own.as_str()), true));
            assert_eq!(shown.others, [Json::from(other.as_str())]);
        }
        let shown = &fields(&view.household, &Target::Household, None)["phone"];
        assert_eq!((shown.value.as_str(), shown.draft), (Some(numbers[0].as_str()), false));
    }
}
