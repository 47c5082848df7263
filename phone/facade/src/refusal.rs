//! What a call is refused with: a stable code, and numbers or names for its text. Never contents.

use std::collections::BTreeMap;

use device_store::StoreError;
use serde::Serialize;
use sync_core::device::{RecordError, SessionError};
use sync_core::document::DocumentError;
use sync_core::notice::NoticeError;
use sync_core::visit::DraftError;

use crate::vault::VaultError;

/// A refusal as the pages get it; the texts are theirs, under `error.<code>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Stable.
    pub code: String,
    /// What the text has blanks for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<&'static str, String>,
    /// The store itself failed: what was asked may be right.
    #[serde(skip)]
    of_the_store: bool,
}

impl Refusal {
    /// A refusal with nothing but its code.
    #[must_use]
    pub fn of(code: &str) -> Self {
        Self { code: code.to_owned(), params: BTreeMap::new(), of_the_store: false }
    }

    /// Whether the store failed, not what was asked of it.
    #[must_use]
    pub fn is_of_the_store(&self) -> bool {
        self.of_the_store
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text always serialises")
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self { of_the_store: true, ..Self::of(error.code()) }
    }
}

impl From<VaultError> for Refusal {
    fn from(error: VaultError) -> Self {
        Self::of(match error {
            VaultError::WrongPin => "pin_wrong",
            VaultError::Malformed => "vault_malformed",
        })
    }
}

impl From<DocumentError> for Refusal {
    fn from(_: DocumentError) -> Self {
        Self::of("document_damaged")
    }
}

impl From<DraftError> for Refusal {
    fn from(error: DraftError) -> Self {
        Self::of(error.code())
    }
}

impl From<RecordError<StoreError>> for Refusal {
    fn from(error: RecordError<StoreError>) -> Self {
        match error {
            RecordError::Store(error) => error.into(),
            RecordError::Document(error) => error.into(),
            RecordError::Entry(error) => Self::of(error.code()),
            RecordError::Visit(error) => error.into(),
            RecordError::Village => Self::of("village_not_granted"),
        }
    }
}

impl From<NoticeError> for Refusal {
    fn from(error: NoticeError) -> Self {
        Self::of(match error {
            NoticeError::TextTooLong => "entry_text_too_long",
            NoticeError::Kind => "call_malformed",
            NoticeError::TooManyDocuments => "sign_off_too_large",
            NoticeError::Seal(_) => "entry_unsealable",
        })
    }
}

impl From<SessionError<StoreError>> for Refusal {
    fn from(error: SessionError<StoreError>) -> Self {
        match error {
            SessionError::Store(error) => error.into(),
            SessionError::Answer(_) => Self::of("answer_malformed"),
            SessionError::Refused { code } => Self::of(&code),
            SessionError::Endless => Self::of("sync_endless"),
        }
    }
}
