//! Out of the queue: for some days, or as long as nobody writes there.

use super::deed::carry_out;
use super::key;
use crate::console::{Asked, Fault, Reply};
use crate::office::{Deed, Subject};

/// "Later" is after so many seconds, or as soon as somebody writes there.
const LATER_SECONDS: i64 = 7 * 24 * 3600;

/// `POST /office/decide/later`.
pub(super) fn later(asked: &Asked) -> Result<Reply, Fault> {
    let (name, subject) = subject(asked)?;
    set_aside(asked, name, subject, Some(asked.now() + LATER_SECONDS), "decide.done_later")
}

/// `POST /office/decide/right`: it stands as it should.
pub(super) fn right(asked: &Asked) -> Result<Reply, Fault> {
    let (name, subject) = subject(asked)?;
    set_aside(asked, name, subject, None, "decide.done_right")
}

/// Takes what is open out of the queue.
pub(super) fn set_aside(
    asked: &Asked,
    name: &str,
    subject: Subject,
    until: Option<i64>,
    done: &'static str,
) -> Result<Reply, Fault> {
    let seen = asked.field("seen").parse().map_err(|_| Fault::NotFound)?;
    carry_out(asked, name, Deed::SetAside { subject, until, seen }, done)
}

fn subject(asked: &Asked) -> Result<(&str, Subject), Fault> {
    let name = asked.field("key");
    Ok((name, key::subject(name).ok_or(Fault::NotFound)?))
}
