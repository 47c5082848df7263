//! Connections: how many, how long idle, how long at all, and how many bytes they cost.
//!
//! Sits below TLS, so that every byte counts and a client that stalls anywhere, in the handshake, in its
//! request or in reading the answer, loses its connection.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

use super::limits::Limits;
use super::metrics::Metrics;

/// Lets connections in, up to a number.
#[derive(Clone)]
pub(super) struct Gate {
    places: Arc<Semaphore>,
    idle_max: Duration,
    time_max: Duration,
    metrics: Arc<Metrics>,
}

impl Gate {
    pub(super) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.connections)),
            idle_max: limits.connection_idle,
            time_max: limits.connection_time,
            metrics,
        }
    }
}

impl<S> Accept<TcpStream, S> for Gate {
    type Stream = GuardedStream;
    type Service = S;
    type Future = Ready<io::Result<(GuardedStream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.metrics.connections_refused.inc();
            return ready(Err(io::Error::other("too many connections")));
        };
        self.metrics.connections.inc();
        ready(stream.set_nodelay(true).map(|()| {
            let stream = GuardedStream {
                stream,
                idle_max: self.idle_max,
                idle: Box::pin(sleep(self.idle_max)),
                end: Box::pin(sleep(self.time_max)),
                metrics: Arc::clone(&self.metrics),
                _place: place,
            };
            (stream, service)
        }))
    }
}

/// A connection that ends when it idles or lasts too long, and gives back its place.
pub(super) struct GuardedStream {
    stream: TcpStream,
    idle_max: Duration,
    idle: Pin<Box<Sleep>>,
    end: Pin<Box<Sleep>>,
    metrics: Arc<Metrics>,
    _place: OwnedSemaphorePermit,
}

impl GuardedStream {
    /// What becomes of a read or write: progress puts off the idle deadline, standstill may meet one.
    fn guard<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.idle.as_mut().reset(Instant::now() + self.idle_max);
        }
        let over = self.end.as_mut().poll(cx).is_ready();
        if over || (poll.is_pending() && self.idle.as_mut().poll(cx).is_ready()) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        poll
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.metrics.connection_bytes_in.inc_by((buffer.filled().len() - before) as u64);
        self.guard(cx, poll)
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = poll {
            self.metrics.connection_bytes_out.inc_by(written as u64);
        }
        self.guard(cx, poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
