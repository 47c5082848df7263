//! Why a command did not do what was asked: a code, and what of the circumstances is safe to show.

use std::process::ExitCode;

use sync_core::device::{RecordError, SessionError};
use sync_core::entry::EntryError;

use super::Desk;
use crate::phone::client::{ClientError, SyncError};
use device_store::StoreError;

/// Codes that only this device gives.
pub const COMMAND_CODES: [&str; 21] = [
    "set_aside",
    "already_enrolled",
    "sync_endless",
    "digests_differ",
    "village_not_own",
    "document_damaged",
    "household_unknown",
    "household_ambiguous",
    "household_exists",
    "household_name_invalid",
    "field_unknown",
    "field_restricted",
    "value_invalid",
    "assignment_invalid",
    "not_disputed",
    "pick_invalid",
    "file_unreadable",
    "code_missing",
    "report_invalid",
    "round_unknown",
    "village_too_large",
];

/// Codes that mean the command was written wrongly.
const USAGE_CODES: [&str; 4] =
    ["household_name_invalid", "assignment_invalid", "pick_invalid", "code_missing"];

/// A problem to be told to a person.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: String,
    /// A file, a part of an entry, a field's name: never a value.
    detail: Option<String>,
    request_id: Option<String>,
    /// Told already; only the exit status is left.
    silent: bool,
}

impl Failure {
    pub(super) fn of(code: &str) -> Self {
        Self { code: code.to_owned(), detail: None, request_id: None, silent: false }
    }

    pub(super) fn with(code: &str, detail: impl core::fmt::Display) -> Self {
        Self { detail: Some(detail.to_string()), ..Self::of(code) }
    }

    /// For a command that has told its problems one by one.
    pub(super) fn told(code: &str) -> Self {
        Self { silent: true, ..Self::of(code) }
    }

    /// The problem and the next step as lines.
    pub(super) fn text(&self, desk: &Desk) -> String {
        let advice = desk.language.advice(&self.code);
        let mut text = format!("✗ {} [{}: {}]", advice.say, desk.word("code"), self.code);
        if let Some(detail) = &self.detail {
            text.push_str(&format!("\n  {detail}"));
        }
        if let Some(id) = &self.request_id {
            text.push_str(&format!("\n  {}: {id}", desk.word("request")));
        }
        text.push_str(&format!("\n  {}: {}", desk.word("next"), advice.next));
        text
    }

    pub(super) fn tell(&self, desk: &Desk) -> ExitCode {
        if !self.silent {
            desk.tell(&self.text(desk));
        }
        ExitCode::from(if USAGE_CODES.contains(&self.code.as_str()) { 2 } else { 1 })
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::MovedAside { kept } => Self::with(error.code(), kept.display()),
            StoreError::File(cause) => Self::with(error.code(), cause.kind()),
            StoreError::Newer { .. } | StoreError::Unreadable(_) | StoreError::Sql(_) => {
                Self::with(error.code(), &error)
            }
            _ => Self::of(error.code()),
        }
    }
}

impl From<EntryError> for Failure {
    fn from(error: EntryError) -> Self {
        Self::with(error.code(), &error)
    }
}

impl From<RecordError<StoreError>> for Failure {
    fn from(error: RecordError<StoreError>) -> Self {
        match error {
            RecordError::Store(error) => error.into(),
            RecordError::Entry(error) => error.into(),
            RecordError::Document(error) => Self::with("document_damaged", error),
            RecordError::Visit(error) => Self::with(error.code(), error),
            RecordError::Village => Self::of("village_not_own"),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let request_id = match &error {
            ClientError::Problem(problem) => problem.request_id.clone(),
            _ => None,
        };
        Self { request_id, ..Self::of(error.code()) }
    }
}

impl From<SyncError<StoreError>> for Failure {
    fn from(error: SyncError<StoreError>) -> Self {
        match error {
            SyncError::Client(error) => error.into(),
            SyncError::Session(SessionError::Store(error)) => error.into(),
            SyncError::Session(SessionError::Answer(_)) => Self::of("answer_malformed"),
            SyncError::Session(SessionError::Refused { code }) => Self::of(&code),
            SyncError::Session(SessionError::Endless) => Self::of("sync_endless"),
        }
    }
}
