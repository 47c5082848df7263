//! The device's half of the sync, sans IO.
//!
//! Enters: what the collector recorded ([`DeviceStore::record`]) and the office's answers. Leaves:
//! signed requests, and plans that a store carries out in one transaction each. [`Session`] says what
//! to send next and what an answer means; it never touches a socket, a clock or a file.

mod load;
mod memory;
mod notices;
mod plan;
mod sending;
mod session;
mod store;
mod visit;
#[cfg(test)]
mod visit_tests;

pub use load::{load_household, load_household_at};
pub use memory::MemoryStore;
pub use notices::{NoticeMakingError, Statement, report_urgently, sign_off, village_heads};
pub use session::{Answer, Encoding, Letter, Outgoing, Session, SessionError, SessionEvent, Step, Summary};
pub use store::{
    ChangeState, DeviceState, DeviceStore, NewBatch, NoticeState, NoticeUpdate, ReceivedChange, RecordError,
    ResponsePlan, SignedBatch, StoredChange, StoredNotice, record_entry,
};
pub use visit::{
    Ending, Recorded, Sealing, begin_visit, decide, finish_visit, is_overtaken, preview, record_draft,
    renew_visit, seal_report,
};
