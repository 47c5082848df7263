//! Urgent reports and sign-offs in the world, and what holds of them whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::device::{DeviceStore, NoticeState, Statement, report_urgently, sign_off};
use sync_core::id::{DeviceId, NoticeId};
use sync_core::notice::{NoticeRefusal, SignOff, UrgentReport};
use sync_core::wire::ReviewRound;

use super::{Site, Violation, World, hold};

/// The round that is open in every world.
const ROUND: &str = "2024-2";

/// Opens the world's round, before anybody is enrolled.
pub(super) fn open_round(site: &Site, clock: i64) {
    let round = ReviewRound {
        code: ROUND.into(),
        title: "GIẢ LẬP".into(),
        starts: "2024-10-01".into(),
        ends: "2024-10-25".into(),
        as_of: "2024-10-20".into(),
    };
    assert_eq!(site.office().open_round(None, &round, clock), Ok(true));
}

impl World {
    /// A collector reports a child in danger. No real person.
    pub(super) fn report(&mut self, who: usize) {
        let actor = &mut self.actors[who];
        let report = UrgentReport {
            kind: "danger".into(),
            document: None,
            person: None,
            about: "GIẢ LẬP".into(),
            place: "thôn".into(),
            happened: format!("việc {}", self.dice.below(1_000)),
            contact: String::new(),
        };
        let (key, clock) = (actor.phone.key.clone(), self.clock + actor.phone.clock_off);
        let made = report_urgently(&mut actor.phone.store, &key, report, clock, self.dice.random());
        actor.notices.insert(made.expect("a sound report").id);
        self.note("urgent report made");
    }

    /// A collector signs a village off, or takes that back.
    pub(super) fn sign_off(&mut self, who: usize) {
        let villages = self.actors[who].phone.state().grants.villages;
        if villages.is_empty() {
            return;
        }
        let village = self.dice.pick(&villages).clone();
        let reopened = self.dice.percent(20);
        let actor = &mut self.actors[who];
        let (key, clock) = (actor.phone.key.clone(), self.clock + actor.phone.clock_off);
        let statement =
            Statement { round: ROUND, village: &village, day: "2024-10-24", reopened, undecided: 0 };
        let made = sign_off(&mut actor.phone.store, &key, statement, clock, self.dice.random());
        actor.notices.insert(made.expect("a village of this device, and a few documents").id);
        self.note("sign-off made");
    }

    /// Somebody at the office opens a report.
    pub(super) fn open_report(&mut self) -> Result<(), Violation> {
        let reports = self.site.office().urgent_reports().expect("readable");
        if reports.is_empty() {
            return Ok(());
        }
        let id = self.dice.pick(&reports).id;
        let opened = self.site.office().open_urgent(None, id, &self.site.confidential, "GIẢ LẬP", self.clock);
        hold!(
            matches!(opened, Ok(Some(_))),
            "{id} can't be opened: {:?}",
            opened.map(|report| report.is_some())
        );
        self.note("urgent report opened");
        Ok(())
    }
}

/// Between any two steps: nothing made on a phone is missing from its store.
pub(super) fn are_kept(world: &World) -> Result<(), Violation> {
    for actor in &world.actors {
        let Ok(kept) = actor.phone.store.notices();
        let kept: BTreeSet<NoticeId> = kept.into_iter().map(|stored| stored.notice.id).collect();
        let missing = actor.notices.iter().find(|id| !kept.contains(id));
        hold!(missing.is_none(), "{}: {missing:?} was made and is gone", actor.phone.label);
    }
    Ok(())
}

/// After healing: every notice of every phone is at the office, once, as it was signed; or refused for a
/// reason that still holds.
pub(super) fn have_arrived(world: &World) -> Result<(), Violation> {
    let here = at_office(world);
    for actor in world.actors.iter().filter(|actor| !actor.revoked) {
        let (label, device) = (&actor.phone.label, actor.phone.device());
        let villages = actor.phone.state().grants.villages;
        let Ok(kept) = actor.phone.store.notices();
        for stored in kept {
            let id = stored.notice.id;
            let told = here.get(&id);
            match stored.state {
                NoticeState::Waiting => hold!(false, "{label}: {id} still waits; {:?}", world.happened),
                NoticeState::Arrived | NoticeState::Opened => {
                    let whole = told == Some(&(device, stored.notice.body.to_vec()));
                    hold!(whole, "{label}: {id} has arrived and is not at the office as it was signed");
                }
                NoticeState::Refused => {
                    let code = stored.code.as_deref();
                    hold!(code == Some(NoticeRefusal::VillageNotGranted.code()), "{label}: {id}: {code:?}");
                    let village = SignOff::read(&stored.notice).map(|sign_off| sign_off.village);
                    let granted = village.is_some_and(|village| villages.contains(&village));
                    hold!(!granted && told.is_none(), "{label}: {id} was refused and need not be");
                }
            }
        }
    }
    Ok(())
}

/// Every notice on the office's disk. Its name is unique there.
fn at_office(world: &World) -> BTreeMap<NoticeId, (DeviceId, Vec<u8>)> {
    let sql = world.site.stranger();
    let mut statement = sql.prepare("SELECT id, device, body FROM notice").expect("there is a table");
    let rows = statement
        .query_map([], |row| Ok((NoticeId(row.get(0)?), (DeviceId(row.get(1)?), row.get(2)?))))
        .expect("readable");
    rows.collect::<Result<_, _>>().expect("readable")
}
