//! The properties that hold whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::chunk;
use sync_core::device::{ChangeState, DeviceStore};
use sync_core::document::Household;
use sync_core::heads::digest;
use sync_core::id::{ActorId, ChangeHash, DocumentId};
use sync_core::projection::project;
use sync_core::wire::to_plain;

use super::{Violation, World, hold, notices};

/// Between any two steps: nothing recorded on a phone is missing from its store, and every document on
/// it that is not refused altogether can be opened.
pub(super) fn phones(world: &World) -> Result<(), Violation> {
    for actor in &world.actors {
        let phone = &actor.phone;
        for hash in &actor.recorded {
            hold!(phone.state_of(*hash).is_some(), "{}: {hash} was recorded and is gone", phone.label);
        }
        let Ok(documents) = phone.store.documents();
        for document in documents {
            let loaded = sync_core::device::load_household(&phone.store, document);
            hold!(loaded.is_ok(), "{}: {document} does not load: {:?}", phone.label, loaded.err());
        }
    }
    notices::are_kept(world)
}

/// After healing.
pub(super) fn all(world: &World) -> Result<(), Violation> {
    phones(world)?;
    let log = office_log(world)?;
    let quarantined: BTreeSet<ChangeHash> =
        world.site.office().quarantine().expect("readable").iter().map(|row| row.hash).collect();
    nothing_acknowledged_is_lost(world, &log, &quarantined)?;
    quarantine_is_visible(world)?;
    notices::have_arrived(world)?;
    everybody_agrees(world)?;
    the_projection_is_that_of_the_log(world)
}

fn office_log(world: &World) -> Result<BTreeMap<ChangeHash, (DocumentId, Vec<u8>)>, Violation> {
    let mut log = BTreeMap::new();
    for change in world.site.office().log_after(0, usize::MAX >> 1).expect("readable") {
        let opened = chunk::open(&change.bytes);
        hold!(opened.is_ok(), "log position {} can't be read", change.position);
        let Ok((hash, _)) = opened else { continue };
        log.insert(hash, (change.document, change.bytes));
    }
    Ok(log)
}

fn nothing_acknowledged_is_lost(
    world: &World,
    log: &BTreeMap<ChangeHash, (DocumentId, Vec<u8>)>,
    quarantined: &BTreeSet<ChangeHash>,
) -> Result<(), Violation> {
    let alive: BTreeSet<ChangeHash> = world
        .actors
        .iter()
        .filter(|actor| !actor.revoked)
        .flat_map(|actor| actor.phone.own_changes().map(|(hash, _)| hash).collect::<Vec<_>>())
        .collect();
    for hash in &world.acknowledged {
        let kept = log.contains_key(hash) || quarantined.contains(hash);
        // A backup put back at the office lacks what came later; the phone that recorded it brings it again.
        let excused = world.office_restored && !alive.contains(hash);
        let seen: Vec<_> =
            world.actors.iter().map(|actor| (&actor.phone.label, actor.phone.state_of(*hash))).collect();
        hold!(
            kept || excused,
            "{hash} was acknowledged and is neither in the log nor in quarantine: {seen:?}; {:?}",
            world.happened
        );
    }
    Ok(())
}

fn quarantine_is_visible(world: &World) -> Result<(), Violation> {
    for row in world.site.office().quarantine().expect("readable") {
        for actor in world.actors.iter().filter(|actor| actor.phone.device() == row.device && !actor.revoked)
        {
            let state = actor.phone.state_of(row.hash);
            let visible = matches!(state, None | Some(ChangeState::Refused));
            hold!(
                visible,
                "{}: {} is in quarantine ({}) but shown as {state:?}",
                actor.phone.label,
                row.hash,
                row.code
            );
        }
    }
    let waiting: BTreeSet<_> = world
        .site
        .office()
        .quarantine()
        .expect("readable")
        .iter()
        .map(|row| (row.device, row.hash))
        .collect();
    for actor in world.actors.iter().filter(|actor| !actor.revoked) {
        for (hash, state) in actor.phone.own_changes() {
            let here = waiting.contains(&(actor.phone.device(), hash));
            hold!(
                (state == ChangeState::Refused) == here,
                "{}: {hash} is {state:?} on the phone, in quarantine: {here}",
                actor.phone.label
            );
        }
    }
    Ok(())
}

fn everybody_agrees(world: &World) -> Result<(), Violation> {
    let nobody = ActorId([0; 16]);
    let office = world.site.office();
    for actor in world.actors.iter().filter(|actor| !actor.revoked) {
        let phone = &actor.phone;
        let villages = phone.state().grants.villages;
        let mut fingerprints = Vec::new();
        for village in &villages {
            for document in office.documents(Some(village)).expect("readable") {
                let theirs = office.household(document, None, nobody).expect("a document of the log loads");
                let mut heads = sync_core::heads::HeadSet::default();
                theirs.heads().into_iter().for_each(|hash| heads.advance(hash, &[]));
                fingerprints.push(heads.fingerprint(document));
                let ours = phone.household(document);
                hold!(
                    ours.view() == theirs.view(),
                    "{}: {document} looks otherwise than at the office",
                    phone.label
                );
            }
        }
        let Ok(own) = phone.store.fingerprints(&villages);
        hold!(digest(own) == digest(fingerprints), "{}: the digests differ", phone.label);
    }
    Ok(())
}

/// Facts do not depend on the order in which changes came, nor on when they were projected.
fn the_projection_is_that_of_the_log(world: &World) -> Result<(), Violation> {
    let office = world.site.office();
    let report = office.verify(|_| {}).expect("readable");
    let expected_gap = |code: &str| code == "device_chain_gap" && world.office_restored;
    let findings: Vec<_> = report.findings.iter().filter(|finding| !expected_gap(finding.code)).collect();
    hold!(findings.is_empty(), "the verification found {findings:?}");
    let mut dice = world.dice.clone();
    let mut changes: BTreeMap<DocumentId, Vec<Vec<u8>>> = BTreeMap::new();
    for change in office.log_after(0, usize::MAX >> 1).expect("readable") {
        changes.entry(change.document).or_default().push(change.bytes);
    }
    let facts = office.facts(None, None).expect("readable");
    hold!(
        facts.households.len() == changes.len(),
        "facts of {} documents, not of {}",
        facts.households.len(),
        changes.len()
    );
    for household in &facts.households {
        let mut shuffled = changes.remove(&household.document).unwrap_or_default();
        dice.shuffle(&mut shuffled[1..]);
        let loaded = Household::load(ActorId([0; 16]), &shuffled);
        hold!(loaded.is_ok(), "{} does not load in another order", household.document);
        let same = loaded.is_ok_and(|loaded| to_plain(&project(&loaded.view())) == to_plain(household));
        hold!(same, "the facts of {} depend on the order", household.document);
    }
    Ok(())
}
