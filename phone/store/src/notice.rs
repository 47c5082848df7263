//! Notices in the store: kept for ever as they were signed, moved from state to state by plans.

use rusqlite::{Connection, OptionalExtension, params};

use sync_core::device::{NoticeState, NoticeUpdate, StoredNotice};
use sync_core::notice::Notice;

use super::{StoreError, id};

fn state_of(number: i64) -> Result<NoticeState, StoreError> {
    match number {
        0 => Ok(NoticeState::Waiting),
        1 => Ok(NoticeState::Arrived),
        2 => Ok(NoticeState::Opened),
        3 => Ok(NoticeState::Refused),
        _ => Err(StoreError::Unreadable("state")),
    }
}

fn number_of(state: NoticeState) -> i64 {
    match state {
        NoticeState::Waiting => 0,
        NoticeState::Arrived => 1,
        NoticeState::Opened => 2,
        NoticeState::Refused => 3,
    }
}

/// Stores a notice that waits. One known already stays as it is.
pub(super) fn insert(sql: &Connection, notice: &Notice) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO notice (id, kind, made_at, body, signature, state, state_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, ?3) ON CONFLICT (id) DO NOTHING",
    )?
    .execute(params![
        notice.id.as_bytes(),
        notice.kind,
        notice.made_at,
        notice.body.as_slice(),
        notice.signature.as_slice()
    ])?;
    Ok(())
}

/// Moves a notice to another state, if it may go there.
pub(super) fn update(sql: &Connection, update: &NoticeUpdate) -> Result<(), StoreError> {
    let state: Option<i64> = sql
        .prepare_cached("SELECT state FROM notice WHERE id = ?1")?
        .query_row([update.id.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(state) = state else { return Ok(()) };
    if state_of(state)?.may_become(update.state) {
        sql.prepare_cached("UPDATE notice SET state = ?2, state_at = ?3, code = ?4 WHERE id = ?1")?
            .execute(params![update.id.as_bytes(), number_of(update.state), update.at, update.code])?;
    }
    Ok(())
}

/// Every notice, in the order they were made.
pub(super) fn all(sql: &Connection) -> Result<Vec<StoredNotice>, StoreError> {
    let mut select = sql.prepare_cached(
        "SELECT id, kind, made_at, body, signature, state, state_at, code FROM notice ORDER BY place",
    )?;
    let mut rows = select.query([])?;
    let mut notices = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, signature): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(4)?);
        let signature: [u8; 64] = signature.try_into().map_err(|_| StoreError::Unreadable("signature"))?;
        notices.push(StoredNotice {
            notice: Notice {
                id: id(&name, "notice")?,
                kind: row.get(1)?,
                made_at: row.get(2)?,
                body: row.get::<_, Vec<u8>>(3)?.into(),
                signature: signature.into(),
            },
            state: state_of(row.get(5)?)?,
            state_at: row.get(6)?,
            code: row.get(7)?,
        });
    }
    Ok(notices)
}
