//! Step 6 of the way of a fact: the office's door. HTTP over TLS 1.3, one address for the exchange, and on the same
//! origin the phone's app ([`app`]) and the officer's pages ([`console`]).
//!
//! Enters: connections of phones. Leaves: calls of [`Office::exchange`] and [`Office::enrol`] with bodies
//! already bounded and decoded, and answers or problems.
//!
//! Invariants: nothing here understands a message; no body, name or address with ids is logged; every
//! limit is in [`limits`]; whatever goes wrong is a problem with a stable code and a request id.
//!
//! The way of a request: [`gate`] lets the connection in → TLS ([`tls`]) → [`request::pass`] names it →
//! [`coding`] reads its header → [`body`] receives it → [`exchange`] lets the office work → back through
//! [`request::pass`], which writes the problem if there is one. What is no address of the office goes to
//! [`app`] instead, which answers from memory.

mod app;
mod body;
mod coding;
mod console;
mod exchange;
mod gate;
mod health;
pub mod limits;
mod metrics;
mod problem_response;
mod request;
mod tickets;
pub mod tls;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

pub use app::{AppError, AppFiles};
pub use coding::{Coding, SIGNATURE_HEADER};
pub use limits::Limits;
pub use problem_response::MEDIA_PROBLEM;
pub use request::REQUEST_ID_HEADER;
pub use tls::{Tls, TlsError, TlsFiles};

use crate::console::Console;
use crate::office::Office;
use crate::problem::{Code, Problem};
use gate::Gate;
use metrics::Metrics;
use request::RequestIds;

/// Tells the time: seconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What [`serve`] is told.
pub struct ServeOptions {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// The certificate.
    pub tls: Tls,
    /// The office's folder; the development certificate lies in `tls/` there.
    pub data_dir: PathBuf,
    /// The phone's app.
    pub app: AppFiles,
    /// What clients may use up.
    pub limits: Limits,
    /// The office's clock.
    pub clock: Clock,
    /// Called once, when connections are taken, with the address and the real port.
    pub on_listening: Box<dyn FnOnce(SocketAddr) + Send>,
}

impl ServeOptions {
    /// No app, the usual limits, the system's clock, nobody told.
    #[must_use]
    pub fn new(address: SocketAddr, tls: Tls, data_dir: PathBuf) -> Self {
        Self {
            address,
            tls,
            data_dir,
            app: AppFiles::none(),
            limits: Limits::default(),
            clock: Arc::new(|| jiff::Timestamp::now().as_second()),
            on_listening: Box::new(|_| {}),
        }
    }
}

impl fmt::Debug for ServeOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServeOptions")
            .field("address", &self.address)
            .field("tls", &self.tls)
            .field("data_dir", &self.data_dir)
            .field("app", &self.app)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Why the office can't serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No certificate, or one that can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}; stop the program that uses it, or choose another address")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Accepting connections failed for good.
    #[error("taking connections failed: {0}; start the office again")]
    Accept(#[source] io::Error),
}

/// What all requests share.
pub(crate) struct App {
    office: Arc<Office>,
    files: AppFiles,
    limits: Limits,
    clock: Clock,
    metrics: Arc<Metrics>,
    request_ids: RequestIds,
    /// Turns of the exchanges and enrolments.
    turns: Arc<Semaphore>,
    /// The one turn of those who ask for the office's counts.
    status_turn: Arc<Semaphore>,
    /// Blocks of memory that bodies may hold.
    body_blocks: Arc<Semaphore>,
    /// Whether browsers may be told to insist on TLS: not with a development certificate, whose host names
    /// (localhost) belong to other programs too.
    strict_transport: bool,
}

impl App {
    fn new(office: Arc<Office>, options: &ServeOptions) -> Self {
        let limits = options.limits.clone();
        let mut run = [0; 4];
        // Without randomness the ids only repeat from one run to the next.
        let _ = tls::provider().secure_random.fill(&mut run);
        Self {
            office,
            files: options.app.clone(),
            clock: Arc::clone(&options.clock),
            metrics: Arc::new(Metrics::new()),
            request_ids: RequestIds::new(u32::from_be_bytes(run)),
            turns: Arc::new(Semaphore::new(limits.work_at_once)),
            status_turn: Arc::new(Semaphore::new(1)),
            body_blocks: Arc::new(Semaphore::new(body::blocks(limits.body_bytes_held))),
            strict_transport: matches!(options.tls, Tls::Files(_)),
            limits,
        }
    }

    fn now(&self) -> i64 {
        (self.clock)()
    }
}

/// The addresses. What is added to `routes` passes through the same middleware.
fn router(app: &Arc<App>, routes: Router<Arc<App>>) -> Router {
    routes
        .route("/v1/exchange", post(exchange::exchange))
        .route("/v1/letter", post(exchange::letter))
        .route("/v1/enrol", post(exchange::enrol))
        .route("/health", get(health::health))
        .route("/metrics", get(health::metrics))
        .fallback(app::answer)
        .method_not_allowed_fallback(async || Problem::from(Code::MethodNotAllowed))
        .layer(middleware::from_fn_with_state(Arc::clone(app), request::pass))
        .with_state(Arc::clone(app))
}

/// Serves until `shutdown` is ready: then takes no more connections, lets running requests finish within
/// [`limits::STOP_TIME_MAX`], and returns.
///
/// # Errors
/// See [`ServeError`]. A client never makes it fail.
pub async fn serve(
    office: Arc<Office>,
    options: ServeOptions,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let app = Arc::new(App::new(Arc::clone(&office), &options));
    let console = Arc::new(Console::new(office, options.data_dir.clone()));
    let routes = router(&app, console::routes(&console));
    tokio::select! {
        served = serve_routes(&app, routes, options, shutdown) => served,
        () = sweep_console(&app, &console) => Ok(()),
    }
}

/// Has the console forget what is over, though nobody asks for a page. Never ends.
async fn sweep_console(app: &App, console: &Console) {
    let mut minutes = tokio::time::interval(limits::SWEEP_INTERVAL);
    loop {
        minutes.tick().await;
        console.sweep(app.now());
    }
}

async fn serve_routes(
    app: &Arc<App>,
    routes: Router,
    options: ServeOptions,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let limits = &app.limits;
    let config = tls::server_config(&options.tls, &options.data_dir)?;
    let not_listening = |source| ServeError::Listen { address: options.address, source };
    let listener = TcpListener::bind(options.address).map_err(not_listening)?;
    let address = listener.local_addr().map_err(not_listening)?;

    let gate = Gate::new(limits, Arc::clone(&app.metrics));
    let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(config))
        .handshake_timeout(limits.handshake_time)
        .acceptor(gate);
    let handle = Handle::new();
    let mut server = axum_server::from_tcp(listener)
        .map_err(not_listening)?
        .acceptor(acceptor)
        .handle(handle.clone())
        .first_request_timeout(limits.header_read_time)
        // The kind only: the rest may quote what the client sent.
        .accept_error_handler(|_, error| tracing::debug!(kind = ?error.kind(), "a connection was not let in"));
    server
        .http_builder()
        .http1()
        .header_read_timeout(limits.header_read_time)
        .max_buf_size(limits::HEADER_BYTES_MAX)
        .max_headers(limits::HEADER_FIELDS_MAX);
    server
        .http_builder()
        .http2()
        .max_header_list_size(u32::try_from(limits::HEADER_BYTES_MAX).expect("a few KiB"))
        .max_concurrent_streams(limits::STREAMS_MAX);

    let mut serving = pin!(server.serve(routes.into_make_service()));
    tracing::info!(%address, "listening");
    (options.on_listening)(address);
    tokio::select! {
        result = &mut serving => return result.map_err(ServeError::Accept),
        () = shutdown => {}
    }

    let deadline = Instant::now() + limits.stop_time;
    tracing::info!(seconds = limits.stop_time.as_secs(), "stopping: running requests may finish");
    handle.graceful_shutdown(Some(limits.stop_time));
    serving.await.map_err(ServeError::Accept)?;
    // Work whose client went away still holds its turn; the database is closed after it.
    let turns = u32::try_from(limits.work_at_once).unwrap_or(u32::MAX);
    let idle = timeout_at(deadline + Duration::from_millis(1), app.turns.acquire_many(turns)).await;
    if idle.is_err() {
        tracing::warn!("stopped while the office still worked on a request");
    } else {
        tracing::info!("stopped");
    }
    Ok(())
}

/// Ready at the first SIGTERM or SIGINT (Ctrl-C), for [`serve`].
///
/// # Errors
/// If the system takes no handler; better not to start than not to be stoppable.
#[cfg(unix)]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "told to stop");
    })
}

/// Ready at the first Ctrl-C, for [`serve`].
///
/// # Errors
/// None on this system.
#[cfg(not(unix))]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
        tracing::info!(signal = "Ctrl-C", "told to stop");
    })
}
