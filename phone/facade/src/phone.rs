//! An open store, and the calls it answers.
//!
//! Enters: a call as JSON, the phone's clock, randomness. Leaves: the answer as JSON, or a refusal. What a call
//! writes is on the disk before it is answered.

use device_store::SqliteStore;
use serde::Deserialize;
use sync_core::date::Date;
use sync_core::device::DeviceStore as _;
use sync_core::id::{CommuneId, DeviceId};
use sync_core::random::Random;

use crate::calls::Call;
use crate::refusal::Refusal;
use crate::{definitions, device, household, list, notices, review, visit};

/// Untouched for so long, what a visit under way says is sent with the next sync, seconds.
pub const IDLE_SECONDS: i64 = 30 * 60;

/// The phone's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Now {
    /// Seconds since 1970.
    pub clock: i64,
    /// The day where the phone is.
    pub today: Date,
}

impl Now {
    /// As the Worker tells it.
    ///
    /// # Errors
    /// `call_malformed`.
    pub fn from_json(json: &str) -> Result<Self, Refusal> {
        serde_json::from_str(json).map_err(|_| Refusal::of("call_malformed"))
    }
}

/// An open store.
#[derive(Debug)]
pub struct Phone {
    pub(crate) store: SqliteStore,
    pub(crate) sync: Option<crate::line::Sync>,
}

impl Phone {
    /// Takes over a store that was opened.
    #[must_use]
    pub fn new(store: SqliteStore) -> Self {
        Self { store, sync: None }
    }

    /// Tells the store what time and day it is.
    fn tell(&mut self, now: Now) {
        self.store.tell_clock(now.clock);
        self.store.tell_day(now.today);
    }

    /// Answers a call: `{"method", "args"}`.
    ///
    /// # Errors
    /// `call_malformed`, or what the call is refused with.
    pub fn call(&mut self, call: &str, now: Now, random: &mut dyn Random) -> Result<String, Refusal> {
        let call: Call = serde_json::from_str(call).map_err(|_| Refusal::of("call_malformed"))?;
        self.tell(now);
        match call {
            Call::Definitions {} => Ok(definitions::definitions()),
            Call::Home {} => json(&list::home(&mut self.store, now)?),
            Call::Households {} => list::households(&mut self.store, now),
            Call::Search { text } => json(&list::search(&mut self.store, &text)?),
            Call::Household { document } => json(&household::household(&self.store, document.0, now)?),
            Call::MarkSeen { document } => json(&household::mark_seen(&mut self.store, document.0)?),
            Call::History(of) => json(&household::history(&self.store, &of)?),
            Call::Decide(decide) => json(&household::decide(&mut self.store, &decide, now, random)?),
            Call::VisitStart { document, village } => {
                let document = document.map(|document| document.0);
                json(&visit::start(&mut self.store, document, &village, now, random)?)
            }
            Call::Visit { draft } => json(&visit::show(&self.store, &draft.0, now)?),
            Call::VisitSet(set) => json(&visit::set(&mut self.store, &set, now)?),
            Call::VisitRestore(of) => json(&visit::restore(&mut self.store, &of, now)?),
            Call::VisitAdd { draft, container, fields } => {
                json(&visit::add(&mut self.store, &draft.0, &container, &fields, now, random)?)
            }
            Call::VisitRemove { draft, container, id } => {
                json(&visit::remove(&mut self.store, &draft.0, &container, &id.0, now)?)
            }
            Call::VisitStep { draft, step } => json(&visit::step(&mut self.store, &draft.0, &step, now)?),
            Call::VisitFinish { draft, result, date } => {
                json(&visit::finish(&mut self.store, &draft.0, &result, date, now, random)?)
            }
            Call::VisitLeave { draft } => json(&visit::leave(&mut self.store, &draft.0)?),
            Call::Seal(seal) => json(&household::seal(&mut self.store, &seal, now, random)?),
            Call::UrgentSend(urgent) => json(&notices::send_urgent(&mut self.store, urgent, now, random)?),
            Call::UrgentList {} => json(&notices::urgent(&self.store)?),
            Call::Round { village } => json(&review::round(&mut self.store, &village, now)?),
            Call::Tally { village } => json(&review::tally(&mut self.store, &village, now)?),
            Call::SignOff { village } => {
                json(&notices::sign_off(&mut self.store, &village, false, now, random)?)
            }
            Call::Reopen { village } => {
                json(&notices::sign_off(&mut self.store, &village, true, now, random)?)
            }
            Call::Refused {} => json(&device::refused(&mut self.store)?),
            Call::Device {} => json(&device::device(&self.store)?),
            Call::SetLabel { label } => json(&device::set_label(&mut self.store, &label)?),
        }
    }

    /// Whose store this is; none before the office answered the enrolment.
    #[must_use]
    pub fn belongs_to(&self) -> Option<(CommuneId, DeviceId)> {
        let state = self.store.state().ok()?;
        Some((state.commune_id(), state.device))
    }

    /// Reads the whole store, to see that it is sound.
    ///
    /// # Errors
    /// `store_damaged`, or the store's own.
    pub fn examine(&self) -> Result<(), Refusal> {
        Ok(self.store.examine()?)
    }

    /// Makes at most `limit` rows of the list anew that are of another day or say something else than their
    /// document; how many were made.
    ///
    /// # Errors
    /// The store's.
    pub fn refresh(&mut self, now: Now, limit: usize) -> Result<usize, Refusal> {
        self.tell(now);
        Ok(self.store.refresh_stale(limit)?)
    }

    /// Makes what visits say, that nobody touched for `idle_seconds`, part of the record; they stay open.
    ///
    /// # Errors
    /// The store's.
    pub fn flush(&mut self, now: Now, idle_seconds: i64, random: &mut dyn Random) -> Result<(), Refusal> {
        self.tell(now);
        visit::flush(&mut self.store, now, idle_seconds, random)
    }
}

pub(crate) fn json_text(answer: &impl serde::Serialize) -> String {
    serde_json::to_string(answer).expect("answers are trees of plain values")
}

fn json(answer: &impl serde::Serialize) -> Result<String, Refusal> {
    Ok(json_text(answer))
}
