//! The seeded world: collectors' phones and the office in one process, every fault from one seed.
//!
//! The clock is a number, randomness is ChaCha20, the network loses, cuts, repeats and delays, the
//! office's disk crashes, fills up and is put back from a backup, phones are restored and cloned. What
//! a real kernel and real sockets add is tested elsewhere, over TLS and with `kill -9`.
//!
//! [`World::run`] draws steps, heals the network, lets every phone sync until nothing is left to say,
//! and checks ([`check`]): everybody agrees, nothing acknowledged is lost, nothing recorded is ever
//! missing on its phone, every urgent report and sign-off is at the office once, what is in quarantine is
//! visible where it was recorded, and the projection is that of the log in any order. A violation names its seed: `SOTHON_SEED=… SOTHON_STEPS=…` replays it.

mod check;
mod dice;
mod entries;
pub mod hostile;
mod network;
mod notices;
mod phone;
mod site;

use std::collections::{BTreeMap, BTreeSet};

use server::office::Author;
use sync_core::device::{ChangeState, DeviceStore};
use sync_core::document::{Container, Edit};
use sync_core::id::{ChangeHash, DocumentId, EntityId, NoticeId};

pub use dice::Dice;
pub use entries::{new_household, visit};
pub use phone::{Phone, SyncError, enrolment, hand_over, hash_as_signed, read_plain};
pub use site::{CLOCK_START, Files, Site};

/// Villages of the world's commune.
const VILLAGES: [&str; 3] = ["01", "02", "03"];

/// What a run came to, for a report and to see that the faults did happen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Positions of the office's log at the end.
    pub log: u64,
    /// Household documents at the office.
    pub documents: u64,
    /// Fields with several values at the end.
    pub conflicts: u64,
    /// Changes left in quarantine.
    pub quarantined: u64,
    /// How often each kind of step or fault occurred.
    pub happened: BTreeMap<&'static str, u64>,
}

/// A phone and what was ever recorded on it in its present life.
#[derive(Clone)]
struct Actor {
    phone: Phone,
    recorded: BTreeSet<ChangeHash>,
    notices: BTreeSet<NoticeId>,
    revoked: bool,
}

/// The world between two steps.
pub struct World {
    dice: Dice,
    site: Site,
    clock: i64,
    actors: Vec<Actor>,
    /// Phones as they were at some time, by place in `actors`.
    backups: Vec<(usize, Actor)>,
    office_backup: Option<Files>,
    office_restored: bool,
    author: Author,
    /// Every change the office ever said is on its disk.
    acknowledged: BTreeSet<ChangeHash>,
    /// Requests still somewhere in the network.
    in_flight: Vec<sync_core::device::Outgoing>,
    happened: BTreeMap<&'static str, u64>,
}

/// A property that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(pub String);

/// Ends the run when a property does not hold.
macro_rules! hold {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(Violation(format!($($text)+)));
        }
    };
}
use hold;

impl World {
    /// Runs `steps` steps from `seed`, heals, and checks.
    ///
    /// # Panics
    /// A property does not hold: the message says the seed and how to replay it.
    #[must_use]
    pub fn run(seed: u64, steps: usize) -> Outcome {
        let mut world = Self::new(seed);
        for step in 0..steps {
            if let Err(Violation(what)) = world.step() {
                panic!(
                    "seed = {seed}, step {step}: {what}\nreplay: SOTHON_SEED={seed} SOTHON_STEPS={steps} cargo nextest run -p sothon-tests --test simulation"
                );
            }
        }
        match world.heal().and_then(|()| check::all(&world)) {
            Ok(()) => world.outcome(),
            Err(Violation(what)) => panic!(
                "seed = {seed}, at the end: {what}\nreplay: SOTHON_SEED={seed} SOTHON_STEPS={steps} cargo nextest run -p sothon-tests --test simulation"
            ),
        }
    }

    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let site = Site::new(&mut dice, &VILLAGES);
        let author = Author::from_bytes(&dice.bytes32());
        let clock = CLOCK_START;
        notices::open_round(&site, clock);
        let mut actors = Vec::new();
        for number in 0..3 + dice.below(3) {
            // Two phones share the first village; the others have one or two of their own.
            let villages: &[&str] = match number {
                0 | 1 => &["01"],
                2 => &["02"],
                _ if dice.percent(50) => &["02", "03"],
                _ => &["03"],
            };
            let mut phone = Phone::enrol(&site, &mut dice, &format!("phone {number}"), villages, clock);
            phone.clock_off = match dice.below(4) {
                0 => 0,
                1 => 86_400 * 365 * (1 + dice.below(10) as i64),
                2 => -86_400 * 365 * (1 + dice.below(30) as i64),
                _ => dice.below(600) as i64 - 300,
            };
            actors.push(Actor { phone, recorded: BTreeSet::new(), notices: BTreeSet::new(), revoked: false });
        }
        Self {
            dice,
            site,
            clock,
            actors,
            backups: Vec::new(),
            office_backup: None,
            office_restored: false,
            author,
            acknowledged: BTreeSet::new(),
            in_flight: Vec::new(),
            happened: BTreeMap::new(),
        }
    }

    fn note(&mut self, what: &'static str) {
        *self.happened.entry(what).or_default() += 1;
    }

    fn step(&mut self) -> Result<(), Violation> {
        self.clock += 60 + self.dice.below(86_400) as i64;
        let who = self.dice.below(self.actors.len());
        match self.dice.below(100) {
            0..50 => self.record(who)?,
            50..53 => self.report(who),
            53..56 => self.sign_off(who),
            56..58 => self.open_report()?,
            58..80 => {
                self.sync(who, true)?;
            }
            80..82 => {
                self.note("office crash");
                self.site.crash();
            }
            82..85 => {
                self.note("phone backup");
                self.backups.push((who, self.actors[who].clone()));
            }
            85..87 => self.restore_phone(),
            87 => self.clone_phone(who),
            88..90 => {
                self.note("office backup");
                self.office_backup = Some(self.site.files());
            }
            90 => self.restore_office(),
            91..93 => self.regrant(who)?,
            93 => self.revoke(who),
            94..98 => self.decide()?,
            _ => self.deliver_late(),
        }
        check::phones(self)
    }

    fn record(&mut self, who: usize) -> Result<(), Violation> {
        let villages = self.actors[who].phone.state().grants.villages;
        if villages.is_empty() {
            return Ok(());
        }
        let phone = &mut self.actors[who].phone;
        let Ok(documents) = phone.store.documents();
        let here: Vec<DocumentId> = documents
            .into_iter()
            .filter(|document| {
                // The view of what the collector can open; a document all of whose changes are refused has none.
                sync_core::device::load_household(&phone.store, *document)
                    .is_ok_and(|h| villages.contains(&h.village()))
            })
            .collect();
        let before: BTreeSet<ChangeHash> = phone.store.all_changes().map(|change| change.hash).collect();
        if here.is_empty() || self.dice.percent(12) {
            let village = self.dice.pick(&villages).clone();
            let entry = new_household(&mut self.dice, &village);
            phone.record(None, entry, self.clock, &mut self.dice);
        } else {
            // Most visits go to few households, so that people write about the same things.
            let few = if self.dice.percent(60) { here.len().min(2) } else { here.len() };
            let document = *self.dice.pick(&here[..few]);
            let view = phone.household(document).view();
            let entry = visit(&mut self.dice, &view);
            phone.record(Some(document), entry, self.clock, &mut self.dice);
        }
        let new: Vec<ChangeHash> = phone
            .store
            .all_changes()
            .map(|change| change.hash)
            .filter(|hash| !before.contains(hash))
            .collect();
        self.actors[who].recorded.extend(new);
        self.note("entry recorded");
        Ok(())
    }

    fn restore_phone(&mut self) {
        if self.backups.is_empty() {
            return;
        }
        let place = self.dice.below(self.backups.len());
        let (who, then) = self.backups[place].clone();
        // The office's mind does not go back with the phone.
        self.actors[who] = Actor { revoked: self.actors[who].revoked, ..then };
        self.note("phone restored");
    }

    fn clone_phone(&mut self, who: usize) {
        if self.actors.len() >= 7 {
            return;
        }
        self.actors.push(self.actors[who].clone());
        self.note("phone cloned");
    }

    fn restore_office(&mut self) {
        if self.dice.percent(30) && self.site.restore_again() {
            self.note("office restored twice from one backup");
        } else if let Some(files) = &self.office_backup {
            self.site.restore(files);
        } else {
            return;
        }
        self.office_restored = true;
        let devices = self.site.office().devices().expect("readable");
        let revoked: Vec<_> =
            devices.into_iter().filter(|device| device.revoked).map(|device| device.id).collect();
        for actor in &mut self.actors {
            actor.revoked = revoked.contains(&actor.phone.device());
        }
        self.note("office restored");
    }

    fn regrant(&mut self, who: usize) -> Result<(), Violation> {
        let mut villages: Vec<String> = VILLAGES.iter().map(|code| (*code).to_owned()).collect();
        self.dice.shuffle(&mut villages);
        villages.truncate(1 + self.dice.below(3));
        let device = self.actors[who].phone.device();
        let granted = self.site.office().grant(None, device, &villages, self.clock);
        hold!(granted.is_ok(), "a grant failed: {granted:?}");
        self.note("grant changed");
        Ok(())
    }

    fn revoke(&mut self, who: usize) {
        // A world needs collectors: one device may be revoked, with its clones.
        if self.actors.iter().any(|actor| actor.revoked) || !self.dice.percent(30) {
            return;
        }
        let device = self.actors[who].phone.device();
        self.site.office().revoke(None, device, self.clock).expect("a known device");
        for actor in self.actors.iter_mut().filter(|actor| actor.phone.device() == device) {
            actor.revoked = true;
        }
        self.note("device revoked");
    }

    /// The officer settles a conflict, or writes a note of his own.
    fn decide(&mut self) -> Result<(), Violation> {
        let office = self.site.office();
        let conflicts = office.conflicts(None).expect("readable");
        let documents = office.documents(None).expect("readable");
        if documents.is_empty() {
            return Ok(());
        }
        let actor = self.author.actor(office.commune());
        let (document, edit) = if conflicts.is_empty() || self.dice.percent(20) {
            let note = format!("GIẢ LẬP {}", self.dice.below(1_000));
            (*self.dice.pick(&documents), Edit::household("note", note))
        } else {
            let conflict = self.dice.pick(&conflicts);
            let household =
                office.household(conflict.document, None, actor).expect("a document of the log loads");
            let view = household.view();
            let place = Container::of_key(&conflict.container).zip(conflict.entity.parse::<EntityId>().ok());
            let fields = match &place {
                Some((container, key)) => view.entity(*container, key),
                None => Some(&view.household),
            };
            let field = fields.and_then(|fields| fields.get(&conflict.field));
            let Some(field) = field.filter(|field| field.is_disputed()) else {
                return Err(Violation(format!("the projection tells a conflict that is none: {conflict:?}")));
            };
            let values: Vec<_> = field.values().map(|written| written.value.clone()).collect();
            let value = self.dice.pick(&values).clone();
            let edit = match &place {
                Some((container, key)) => Edit::entity(*container, key, &conflict.field, value),
                None => Edit::household(&conflict.field, value),
            };
            (conflict.document, edit)
        };
        let mut household = office.household(document, None, actor).expect("a document of the log loads");
        if let Some(change) = household.edit(&[edit], self.clock) {
            let accepted = office.author(&self.author, vec![(document, change)], Vec::new(), self.clock);
            hold!(accepted == Ok(1), "the office's own change was not accepted: {accepted:?}");
            self.note("office decided");
        }
        Ok(())
    }

    /// Something old arrives after all; its answer goes nowhere.
    fn deliver_late(&mut self) {
        if !self.in_flight.is_empty() {
            let place = self.dice.below(self.in_flight.len());
            let request = self.in_flight.swap_remove(place);
            let _ = self.site.deliver(&request, self.clock);
            self.note("request arrived late");
        }
    }

    /// Every change of this phone that the office has acknowledged so far.
    fn note_acknowledged(&mut self, who: usize) {
        let told = self.actors[who].phone.own_changes().filter(|(_, state)| *state != ChangeState::Unsent);
        self.acknowledged.extend(told.map(|(hash, _)| hash));
    }

    /// The network is whole again: everybody syncs until nothing is left to say.
    fn heal(&mut self) -> Result<(), Violation> {
        self.in_flight.clear();
        let mut left = Vec::new();
        for _ in 0..8 {
            left.clear();
            for who in 0..self.actors.len() {
                self.clock += 60;
                if !self.actors[who].revoked && !self.sync(who, false)? {
                    left.push(self.actors[who].phone.label.clone());
                }
            }
            if left.is_empty() {
                // Once more: what the last phone told must reach the first.
                for who in 0..self.actors.len() {
                    if !self.actors[who].revoked {
                        self.sync(who, false)?;
                    }
                }
                return Ok(());
            }
        }
        Err(Violation(format!("these never agree with the office: {left:?}; {:?}", self.happened)))
    }

    fn outcome(self) -> Outcome {
        let status = self.site.office().status().expect("readable");
        Outcome {
            log: status.log_position,
            documents: status.documents,
            conflicts: status.conflicts,
            quarantined: status.quarantined,
            happened: self.happened,
        }
    }
}
