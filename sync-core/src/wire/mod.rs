//! Step 5 of the way of a fact: what travels. `docs/protocol.md` and `schemas/wire/exchange.cddl` define
//! these messages for other implementations; a test holds the CDDL against these types.

mod message;
pub mod packed;

pub use message::{
    Batch, BatchChange, CommuneInfo, Cursor, DocumentChanges, EnrolmentRequest, EnrolmentResponse,
    ExchangeRequest, ExchangeResponse, Grants, LetterAnswer, NOTICE_OPENED, NOTICE_STORED, NoticeFate,
    NoticeRefusalNote, Position, Receipt, RefusalNote, Reminder, ReviewRound, WireError, from_plain,
    to_plain,
};

/// Versions of the protocol, newest last, each with when and why it came.
///
/// - 1: the first.
pub const PROTOCOL_VERSIONS: core::ops::RangeInclusive<u32> = 1..=1;

/// Media type of the plain encoding: one CBOR item (RFC 8949), compressed or not by `Content-Encoding`.
pub const MEDIA_PLAIN: &str = "application/vnd.sothon.exchange+cbor";
/// Media type of the packed encoding with dictionary 1.
pub const MEDIA_PACKED: &str = "application/vnd.sothon.packed.1";

/// A code in [`RefusalNote::code`] that takes a refusal back: the change is in the log after all.
pub const CODE_RELEASED: &str = "released";
/// A warning: the device's clock is off by more than [`crate::limits::CLOCK_OFF_SECONDS`].
pub const WARNING_CLOCK_OFF: &str = "clock_off";
