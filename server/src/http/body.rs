//! Receiving a body: within a time, within a size, and within what all requests together may hold.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::App;
use super::limits::BODY_BYTES_DRAINED_MAX;
use super::request::Account;
use crate::problem::Code;

/// The unit in which held bytes are counted.
const BLOCK_BYTES: usize = 4 * 1024;

/// How many blocks all bodies together may have.
pub(super) fn blocks(bytes: usize) -> usize {
    bytes / BLOCK_BYTES
}

/// A body and its share of what may be held; the share is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    _share: OwnedSemaphorePermit,
}

/// The body of one request, before it is read.
pub(super) struct Receiving<'a> {
    pub(super) app: &'a App,
    pub(super) headers: &'a HeaderMap,
    pub(super) account: &'a Account,
    pub(super) body: Body,
}

impl Receiving<'_> {
    /// Reads the body.
    ///
    /// # Errors
    /// [`Code::BodyTooLarge`] above `bytes_max`, [`Code::RequestTimeout`], [`Code::Overloaded`] if all
    /// requests together hold too much, [`Code::BodyMalformed`] if the client stopped halfway.
    pub(super) async fn read(mut self, bytes_max: usize) -> Result<Received, Code> {
        let deadline = Instant::now() + self.app.limits.body_read_time;
        let result = self.collect(bytes_max, deadline).await;
        if result.is_err() {
            self.drain(deadline).await;
        }
        result
    }

    /// For a request that has no business with a body: reads it away, so that the next one on the connection is heard.
    pub(super) async fn away(mut self) {
        let deadline = Instant::now() + self.app.limits.body_read_time;
        self.drain(deadline).await;
    }

    /// For a request whose header is already wrong: reads the body away and hands the problem back.
    pub(super) async fn refuse(mut self, code: Code) -> Code {
        let deadline = Instant::now() + self.app.limits.body_read_time;
        self.drain(deadline).await;
        code
    }

    async fn collect(&mut self, bytes_max: usize, deadline: Instant) -> Result<Received, Code> {
        let declared = self.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if declared.is_some_and(|length: u64| length > bytes_max as u64) {
            return Err(Code::BodyTooLarge);
        }
        let mut share = share_of(&self.app.body_blocks, 0)?;
        let mut bytes: Vec<u8> = Vec::new();
        while let Some(data) = self.next(deadline).await? {
            let needed = bytes.len() + data.len();
            if needed > bytes_max {
                return Err(Code::BodyTooLarge);
            }
            let missing = needed.div_ceil(BLOCK_BYTES) - bytes.len().div_ceil(BLOCK_BYTES);
            if missing > 0 {
                share.merge(share_of(&self.app.body_blocks, missing)?);
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Received { bytes, _share: share })
    }

    /// Reads on without keeping anything, so that a client which writes before it reads gets the answer
    /// rather than a reset connection. A client that waits to be asked for its body is not asked.
    async fn drain(&mut self, deadline: Instant) {
        if self.headers.contains_key(EXPECT) {
            return;
        }
        let mut drained = 0;
        while let Ok(Some(data)) = self.next(deadline).await {
            drained += data.len();
            if drained > BODY_BYTES_DRAINED_MAX {
                return;
            }
        }
    }

    async fn next(&mut self, deadline: Instant) -> Result<Option<Bytes>, Code> {
        loop {
            let frame = poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx));
            match timeout_at(deadline, frame).await {
                Err(_elapsed) => return Err(Code::RequestTimeout),
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(Code::BodyMalformed),
                Ok(Some(Ok(frame))) => {
                    // What is no data is a trailer: none is part of the protocol.
                    if let Ok(data) = frame.into_data() {
                        self.account.bytes_in.fetch_add(data.len() as u64, Ordering::Relaxed);
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

fn share_of(blocks: &Arc<Semaphore>, count: usize) -> Result<OwnedSemaphorePermit, Code> {
    let count = u32::try_from(count).map_err(|_| Code::BodyTooLarge)?;
    Arc::clone(blocks).try_acquire_many_owned(count).map_err(|_| Code::Overloaded)
}
