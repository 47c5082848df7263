//! Every limit of the HTTP face, named in one place. What the protocol itself limits is in
//! [`sync_core::limits`].
//!
//! What an unknown client can make the office hold at most: [`CONNECTIONS_MAX`] sockets with
//! [`HEADER_BYTES_MAX`] each, [`BODY_BYTES_HELD_MAX`] of bodies, and [`WORK_AT_ONCE_MAX`] decoded requests
//! with one decoder each.

use std::time::Duration;

use sync_core::limits::{REQUEST_BYTES_MAX, REQUEST_DECODED_BYTES_MAX};

/// Open connections; one more is closed before its TLS handshake.
pub const CONNECTIONS_MAX: usize = 512;
/// From the first byte of a connection to the end of its TLS handshake.
pub const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(15);
/// From the end of the handshake, or of the answer before, to the end of a request's header. With
/// HTTP/1.1 this is also how long a connection is kept for a next request.
pub const HEADER_READ_TIME_MAX: Duration = Duration::from_secs(30);
/// A connection on which no byte moves for so long is closed. Longer than a request may take.
pub const CONNECTION_IDLE_MAX: Duration = Duration::from_secs(100);
/// A connection is closed after this time even if bytes trickle. A phone that was cut off opens another.
pub const CONNECTION_TIME_MAX: Duration = Duration::from_secs(15 * 60);
/// A request's line and header fields together, bytes.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Header fields of a request.
pub const HEADER_FIELDS_MAX: usize = 64;
/// Requests at once on one HTTP/2 connection.
pub const STREAMS_MAX: u32 = 8;

/// From the end of the header to the end of the body. A page of 32 KiB on a line of 1 KiB/s takes half.
pub const BODY_READ_TIME_MAX: Duration = Duration::from_secs(60);
/// Bodies of all requests that are held at once, as received, bytes. Above it requests are refused as
/// overloaded.
pub const BODY_BYTES_HELD_MAX: usize = 64 * 1024 * 1024;
/// Bytes of a refused body that are still read, so that the client, which writes before it reads, gets
/// the answer.
pub const BODY_BYTES_DRAINED_MAX: usize = 4 * REQUEST_BYTES_MAX;
/// An enrolment's body, as received and decoded: a code, a key, a name.
pub const ENROLMENT_BYTES_MAX: usize = 16 * 1024;

/// Requests the office works on at once; the database has one writer, so more would only wait there.
pub const WORK_AT_ONCE_MAX: usize = 8;
/// A request waits so long for its turn before it is refused as overloaded.
pub const WORK_WAIT_MAX: Duration = Duration::from_secs(20);
/// A request that the office works on for longer is answered as overloaded. The work goes on: it may
/// still be acknowledged when the device asks again.
pub const WORK_TIME_MAX: Duration = Duration::from_secs(60);
/// Files of the phone's app, which are held in memory.
pub const APP_FILES_MAX: usize = 1_000;
/// Bytes of all of them, the compressed forms included.
pub const APP_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Folders within folders, the app's own counted.
pub const APP_DEPTH_MAX: usize = 8;

/// After the signal to stop, running requests get so long to finish.
pub const STOP_TIME_MAX: Duration = Duration::from_secs(20);
/// How often the console forgets the sessions and keys whose time is over, though nobody asks for a page.
pub const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// The limits that a test or an operator may set otherwise. [`Limits::default`] takes the constants of this
/// module and of the protocol.
#[derive(Debug, Clone)]
pub struct Limits {
    /// See [`CONNECTIONS_MAX`].
    pub connections: usize,
    /// See [`HANDSHAKE_TIME_MAX`].
    pub handshake_time: Duration,
    /// See [`HEADER_READ_TIME_MAX`].
    pub header_read_time: Duration,
    /// See [`CONNECTION_IDLE_MAX`].
    pub connection_idle: Duration,
    /// See [`CONNECTION_TIME_MAX`].
    pub connection_time: Duration,
    /// See [`BODY_READ_TIME_MAX`].
    pub body_read_time: Duration,
    /// See [`REQUEST_BYTES_MAX`].
    pub body_bytes: usize,
    /// See [`REQUEST_DECODED_BYTES_MAX`].
    pub body_decoded_bytes: usize,
    /// See [`BODY_BYTES_HELD_MAX`].
    pub body_bytes_held: usize,
    /// See [`WORK_AT_ONCE_MAX`].
    pub work_at_once: usize,
    /// See [`WORK_WAIT_MAX`].
    pub work_wait: Duration,
    /// See [`WORK_TIME_MAX`].
    pub work_time: Duration,
    /// See [`STOP_TIME_MAX`].
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS_MAX,
            handshake_time: HANDSHAKE_TIME_MAX,
            header_read_time: HEADER_READ_TIME_MAX,
            connection_idle: CONNECTION_IDLE_MAX,
            connection_time: CONNECTION_TIME_MAX,
            body_read_time: BODY_READ_TIME_MAX,
            body_bytes: REQUEST_BYTES_MAX,
            body_decoded_bytes: REQUEST_DECODED_BYTES_MAX,
            body_bytes_held: BODY_BYTES_HELD_MAX,
            work_at_once: WORK_AT_ONCE_MAX,
            work_wait: WORK_WAIT_MAX,
            work_time: WORK_TIME_MAX,
            stop_time: STOP_TIME_MAX,
        }
    }
}

// A request must be able to end before its connection counts as idle.
const _: () = assert!(CONNECTION_IDLE_MAX.as_secs() > WORK_WAIT_MAX.as_secs() + WORK_TIME_MAX.as_secs());
const _: () = assert!(BODY_BYTES_HELD_MAX > REQUEST_BYTES_MAX);
