//! From a form to a deed: done, and the way goes on; or not, and it is said why.

use super::filter::Filter;
use super::queue::{self, Again};
use super::{reason, two};
use crate::console::input::Errors;
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply};
use crate::office::{Deed, DeedError};

/// Does a deed and opens what follows. What can't be done shows the item `key` again with everything that was typed.
pub(super) fn carry_out(asked: &Asked, key: &str, deed: Deed, done: &'static str) -> Result<Reply, Fault> {
    let kind = deed.kind();
    match asked.office().do_deed(&asked.officer().author, deed, asked.now()) {
        Ok(id) => {
            if kind.can_be_undone() {
                asked.say_undo(asked.t(done).to_owned(), &format!("/office/deeds/{id}/undo"));
            } else {
                asked.say(Say::Done, asked.t(done).to_owned());
            }
            Ok(two::way_back(asked).unwrap_or_else(|| Filter::of_form(asked).go_on()))
        }
        Err(error) => show_again(asked, key, &Again::of(asked, &error)?),
    }
}

/// The item `key` again, where it was open: on the page of two records that somebody named, or in the queue.
pub(super) fn show_again(asked: &Asked, key: &str, again: &Again) -> Result<Reply, Fault> {
    if let Some(from) = two::named_from(asked.field("from")) {
        return two::again(asked, key, from, again);
    }
    queue::again(asked, &Filter { at: Some(key.to_owned()), ..Filter::of_form(asked) }, again)
}

impl Again {
    /// What is said of a deed that was not done, beside the field it is about.
    ///
    /// # Errors
    /// Where the office failed as a whole.
    pub(super) fn of(asked: &Asked, error: &DeedError) -> Result<Self, Fault> {
        let mut errors = Errors::default();
        match error {
            DeedError::ChangedMeanwhile => return Ok(Self::changed()),
            DeedError::AsideByAnother => return Ok(Self::aside()),
            DeedError::Problem(problem) => return Err(problem.clone().into()),
            DeedError::Reason => errors.add("reason", reason::wrong(asked)),
            DeedError::Value => errors.add("other", asked.t("decide.wrong_choice")),
            DeedError::ChildrenLeft => errors.add("withdraw", asked.t("decide.error_children_left")),
            other => return Ok(Self::refused(words(other))),
        }
        Ok(Self::wrong(errors))
    }
}

/// The words of a deed that can't be done at all.
pub(super) fn words(error: &DeedError) -> &'static str {
    match error {
        DeedError::AsideByAnother => "decide.aside_by_another",
        DeedError::NotFound => "decide.error_not_found",
        DeedError::Restricted => "decide.error_restricted",
        DeedError::NothingToWrite => "decide.error_nothing",
        DeedError::SameRecord => "decide.error_same_record",
        DeedError::ChildrenLeft => "decide.error_children_left",
        DeedError::NotUndoable => "decide.error_not_undoable",
        DeedError::UndoneAlready => "decide.error_undone_already",
        DeedError::StillRefused(_) => "decide.error_still_refused",
        DeedError::DocumentFull => "decide.error_document_full",
        DeedError::TooMany => "decide.error_too_many",
        DeedError::Value => "decide.wrong_choice",
        DeedError::Reason => "decide.reason_needed",
        DeedError::ChangedMeanwhile | DeedError::Problem(_) => "decide.changed_meanwhile",
    }
}
