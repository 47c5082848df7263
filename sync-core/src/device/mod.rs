//! The device's half of the sync, sans IO.
//!
//! Enters: what the collector recorded ([`DeviceStore::record`]) and the office's answers. Leaves:
//! signed requests, and plans that a store carries out in one transaction each. [`Session`] says what
//! to send next and what an answer means; it never touches a socket, a clock or a file.

mod memory;
mod session;
mod store;

pub use memory::MemoryStore;
pub use session::{Answer, Encoding, Outgoing, Session, SessionError, SessionEvent, Step, Summary};
pub use store::{
    ChangeState, DeviceState, DeviceStore, NewBatch, NoticeState, NoticeUpdate, ReceivedChange, RecordError,
    ResponsePlan, SignedBatch, StoredChange, StoredNotice, load_household, record_entry,
};
