//! What officers took out of the queue: until a day, or as long as nobody writes there.
//!
//! Enters: rows of `set_aside`. Leaves: those in force at a moment. Invariant: what somebody has written to since is in
//! the queue again, without anybody asking for it. Whether that is so needs the documents, so the answer is kept for
//! as long as none of them gets a further change.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use sync_core::document::Seen;

use super::{DeedId, Subject, perform};
use crate::problem::Problem;

/// Something that is out of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// What.
    pub subject: Subject,
    /// Office clock; none: as long as nothing changes.
    pub until: Option<i64>,
    /// The deed that did it, and whose undoing brings it back.
    pub deed: DeedId,
}

/// By deed: the newest change of the documents concerned, and whether what was seen stood then.
pub(super) type Checked = BTreeMap<DeedId, (u64, bool)>;

/// Everything that is set aside at `now`, the latest first. `checked` is brought up to date.
pub(super) fn in_force(sql: &Connection, now: i64, checked: &mut Checked) -> Result<Vec<Aside>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT subject, seen, until, deed FROM set_aside WHERE until IS NULL OR until > ?1 ORDER BY deed DESC",
    )?;
    let mut rows = statement.query([now])?;
    let (mut all, mut known) = (Vec::new(), Checked::new());
    while let Some(row) = rows.next()? {
        let (subject, seen): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
        let (until, deed) = (row.get(2)?, DeedId(row.get(3)?));
        // A subject that only a newer program knows is none of this one's.
        let Some(subject) = Subject::of_text(&subject) else { continue };
        let stands = match seen.map(Seen::from_i64) {
            None => true,
            Some(seen) => {
                let newest = newest(sql, &subject)?;
                let stands = match checked.get(&deed) {
                    Some((of, stands)) if *of == newest => *stands,
                    _ => perform::seen_of(sql, &subject)? == Some(seen),
                };
                known.insert(deed, (newest, stands));
                stands
            }
        };
        if stands {
            all.push(Aside { subject, until, deed });
        }
    }
    *checked = known;
    Ok(all)
}

/// Log position of the newest change of the documents that a subject is about.
fn newest(sql: &Connection, subject: &Subject) -> Result<u64, Problem> {
    let mut newest = 0;
    for document in subject.documents() {
        let last: Option<u64> = sql
            .prepare_cached("SELECT last_log FROM document WHERE id = ?1")?
            .query_row(params![document.0], |row| row.get(0))
            .optional()?;
        newest = newest.max(last.unwrap_or_default());
    }
    Ok(newest)
}
