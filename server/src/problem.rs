//! What can be wrong with a request as a whole: RFC 9457 problems with stable codes.
//!
//! A code is part of the protocol and never changes its meaning. A problem carries no personal data,
//! neither here nor in the log line that goes with it.

use sync_core::id::BatchHash;
use sync_core::letter::LetterError;
use sync_core::wire::{PROTOCOL_VERSIONS, WireError};

/// Whether trying again can help, and what kind of next step there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The same request may succeed later.
    TryAgain,
    /// The device must enrol (again).
    Enrol,
    /// The program must be updated.
    Update,
    /// The client must change the request; a correct client does so by itself.
    ChangeRequest,
    /// Only the office can help.
    CallOffice,
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $remedy:ident, $title:literal;)*) => {
        /// The codes of whole-request problems.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All codes, for tables and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// What can be done.
            #[must_use]
            pub fn remedy(self) -> Remedy {
                match self { $(Self::$name => Remedy::$remedy,)* }
            }

            /// One English sentence.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

problems! {
    /// More bytes than a request may have.
    BodyTooLarge = "body_too_large", 413, ChangeRequest, "The body is larger than a request may be.";
    /// Decompresses to more than a request may have: a bomb, or a bug.
    DecodedTooLarge = "decoded_too_large", 413, ChangeRequest, "The body decodes to more than a request may be.";
    /// A count beyond the protocol's limits.
    LimitExceeded = "limit_exceeded", 413, ChangeRequest, "The message exceeds a limit of the protocol.";
    /// Neither plain nor packed.
    MediaTypeUnsupported = "media_type_unsupported", 415, ChangeRequest, "The content type is not one of this protocol.";
    /// A content coding other than zstd, gzip and identity.
    ContentEncodingUnsupported = "content_encoding_unsupported", 415, ChangeRequest, "The content encoding is not supported.";
    /// Packed with another version or dictionary.
    PackedUnknown = "packed_unknown", 415, ChangeRequest, "The packed encoding's version is not known: send the plain encoding.";
    /// A shortened name can't be resolved.
    PackedUnresolved = "packed_unresolved", 409, ChangeRequest, "A shortened name can't be resolved: send the plain encoding.";
    /// Not CBOR, cut short, or another message.
    BodyMalformed = "body_malformed", 400, ChangeRequest, "The body is not a message of this protocol.";
    /// The protocol version is no longer spoken.
    ProtocolTooOld = "protocol_too_old", 426, Update, "This version of the protocol is no longer spoken: update the program.";
    /// The protocol version is not yet spoken.
    ProtocolTooNew = "protocol_too_new", 400, CallOffice, "This version of the protocol is not yet spoken here: the office must update.";
    /// No signature header.
    SignatureMissing = "signature_missing", 401, ChangeRequest, "The request bears no signature.";
    /// The signature does not fit.
    SignatureInvalid = "signature_invalid", 401, ChangeRequest, "The request's signature does not fit.";
    /// A letter to another office, or damaged.
    LetterUnopenable = "letter_unopenable", 400, ChangeRequest, "The letter can't be opened with this office's key.";
    /// No such device.
    DeviceUnknown = "device_unknown", 401, Enrol, "The device is not enrolled here.";
    /// The device was revoked.
    DeviceRevoked = "device_revoked", 403, CallOffice, "The device was revoked by the office.";
    /// No such code.
    EnrolmentCodeUnknown = "enrolment_code_unknown", 403, CallOffice, "The enrolment code is not known.";
    /// The code's time is over.
    EnrolmentCodeExpired = "enrolment_code_expired", 403, CallOffice, "The enrolment code has expired.";
    /// The code was used by another device.
    EnrolmentCodeUsed = "enrolment_code_used", 403, CallOffice, "The enrolment code was used before.";
    /// Too many wrong codes.
    TooManyAttempts = "too_many_attempts", 429, TryAgain, "Too many attempts: wait and try again.";
    /// The cursor belongs to another log.
    CursorOfAnotherServer = "cursor_of_another_server", 409, ChangeRequest, "The cursor belongs to another log: compare heads instead.";
    /// A batch number used before, for another batch.
    BatchNumberRepeated = "batch_number_repeated", 409, ChangeRequest, "The batch number was used before for another batch.";
    /// No room on the disk.
    StorageFull = "storage_full", 507, TryAgain, "The office's disk is full: nothing was acknowledged.";
    /// The database is locked.
    StorageBusy = "storage_busy", 503, TryAgain, "The office's database is busy: nothing was acknowledged.";
    /// Too many requests at once.
    Overloaded = "overloaded", 503, TryAgain, "Too many requests at once: try again.";
    /// The request took too long to arrive.
    RequestTimeout = "request_timeout", 408, TryAgain, "The request took too long to arrive.";
    /// No such address.
    NotFound = "not_found", 404, ChangeRequest, "There is nothing at this address.";
    /// Another method is needed.
    MethodNotAllowed = "method_not_allowed", 405, ChangeRequest, "This address takes another method.";
    /// A fault of this program.
    Internal = "internal", 500, TryAgain, "A fault of the server: nothing was acknowledged.";
}

/// A whole-request problem, with what some codes carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", code.code())]
pub struct Problem {
    /// Which one.
    pub code: Code,
    /// With [`Code::BatchNumberRepeated`].
    pub chain: Option<ChainState>,
}

/// Where a device's chain stands at the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainState {
    /// Number of the last batch.
    pub number: u64,
    /// Its hash.
    pub hash: BatchHash,
    /// Number of the installation to continue as.
    pub installation: u32,
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self { code, chain: None }
    }
}

impl From<WireError> for Problem {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Malformed => Code::BodyMalformed,
            WireError::TooLarge => Code::LimitExceeded,
            WireError::Dictionary => Code::PackedUnknown,
            WireError::Unresolved => Code::PackedUnresolved,
        }
        .into()
    }
}

impl From<LetterError> for Problem {
    fn from(error: LetterError) -> Self {
        match error {
            LetterError::Wire(error) => error.into(),
            LetterError::Protocol(version) if version < *PROTOCOL_VERSIONS.start() => {
                Code::ProtocolTooOld.into()
            }
            LetterError::Protocol(_) => Code::ProtocolTooNew.into(),
            LetterError::Unopenable => Code::LetterUnopenable.into(),
        }
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Sql;
        let code = match error.sqlite_error_code() {
            Some(Sql::DiskFull) => Code::StorageFull,
            Some(Sql::DatabaseBusy | Sql::DatabaseLocked) => Code::StorageBusy,
            _ => Code::Internal,
        };
        // The kind of error only: a statement's text or values could carry personal data.
        tracing::error!(sqlite = ?error.sqlite_error_code(), problem = code.code(), "the database failed");
        code.into()
    }
}
