//! What every request passes through, whatever its route: a request id, a net for panics, the header
//! fields of every answer, one log line, the counts. Deadlines are the handlers'.
//!
//! The log line says method, route template, status, code, request id, device, bytes and duration. It
//! never says an address with ids, a header field's value or anything of a body.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Instant;

use axum::body::HttpBody as _;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::{Instrument as _, Span};

use super::App;
use super::body::Receiving;
use super::metrics::Finished;
use super::problem_response;
use crate::problem::{Code, Problem};

/// The header field of a request's id on every answer.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
/// The route of a request that has none.
const UNMATCHED: &str = "unmatched";

/// What a handler tells about its request.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Body bytes as received so far.
    pub(super) bytes_in: AtomicU64,
    /// What to count and log the request under, where no route's template says it.
    pub(super) route: OnceLock<&'static str>,
}

/// Names of requests: unique for this run of the program and, nearly surely, across runs. They say
/// nothing about the client.
#[derive(Debug)]
pub(super) struct RequestIds {
    run: u32,
    next: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(run: u32) -> Self {
        Self { run, next: AtomicU64::new(1) }
    }

    fn take(&self) -> String {
        format!("{:08x}-{}", self.run, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// One request until its end. Dropped without an outcome, the client went away.
struct Passage {
    app: Arc<App>,
    method: &'static str,
    route: String,
    account: Arc<Account>,
    start: Instant,
    span: Span,
    outcome: Option<Outcome>,
}

struct Outcome {
    status: u16,
    code: Option<&'static str>,
    bytes_out: u64,
}

impl Drop for Passage {
    fn drop(&mut self) {
        let seconds = self.start.elapsed().as_secs_f64();
        let bytes_in = self.account.bytes_in.load(Ordering::Relaxed);
        let (method, route) = (self.method, self.account.route.get().copied().unwrap_or(&self.route));
        let outcome = self.outcome.as_ref();
        let (status, code) =
            (outcome.map(|outcome| outcome.status), outcome.and_then(|outcome| outcome.code));
        let bytes_out = outcome.map_or(0, |outcome| outcome.bytes_out);
        self.app.metrics.count(Finished { route, status, code, bytes_in, bytes_out, seconds });
        let ms = (seconds * 1000.0).round();
        let _entered = self.span.enter();
        match status {
            None => tracing::info!(method, route, bytes_in, ms, "request abandoned by the client"),
            Some(status @ 500..) => {
                tracing::error!(method, route, status, code, bytes_in, bytes_out, ms, "request failed");
            }
            Some(status @ 400..) => {
                tracing::warn!(method, route, status, code, bytes_in, bytes_out, ms, "request refused");
            }
            Some(status) => tracing::info!(method, route, status, bytes_in, bytes_out, ms, "request"),
        }
    }
}

/// The middleware around all routes.
pub(super) async fn pass(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let id = app.request_ids.take();
    // The office fills in `device` once it knows who asks: `Span::current().record("device", …)`.
    let span = tracing::info_span!("request", id, device = tracing::field::Empty);
    let account = Arc::new(Account::default());
    request.extensions_mut().insert(Arc::clone(&account));
    let mut passage = Passage {
        method: method_name(request.method()),
        route: request
            .extensions()
            .get::<MatchedPath>()
            .map_or_else(|| UNMATCHED.to_owned(), |path| path.as_str().to_owned()),
        account,
        start: Instant::now(),
        span: span.clone(),
        outcome: None,
        app: Arc::clone(&app),
    };
    if matches!(*request.method(), Method::GET | Method::HEAD) && !request.body().is_end_stream() {
        let body = std::mem::take(request.body_mut());
        let receiving = Receiving { app: &app, headers: request.headers(), account: &passage.account, body };
        receiving.away().await;
    }
    let mut response = match caught(next.run(request)).instrument(span).await {
        Ok(response) => response,
        Err(_payload) => Problem::from(Code::Internal).into_response(),
    };
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        problem_response::write(problem, &id, &mut response);
    }
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static(REQUEST_ID_HEADER),
        HeaderValue::try_from(id).expect("an id is made of hex digits and a dash"),
    );
    // Only the app's files are kept by whom they pass.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if app.strict_transport {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    passage.outcome = Some(Outcome {
        status: response.status().as_u16(),
        code: problem.map(|problem| problem.code.code()),
        bytes_out: response.body().size_hint().exact().unwrap_or(0),
    });
    response
}

/// A method's name for the log; what a client invented is not repeated there.
fn method_name(method: &Method) -> &'static str {
    [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS, Method::PATCH]
        .iter()
        .zip(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
        .find_map(|(known, name)| (known == method).then_some(name))
        .unwrap_or("other")
}

/// Runs a future; a panic in it becomes an error. A handler shares nothing that a panic could leave half
/// changed: the database rolls back, semaphores give back their permits.
async fn caught<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future: Pin<Box<F>> = Box::pin(future);
    std::future::poll_fn(move |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(payload) => Poll::Ready(Err(payload)),
    })
    .await
}
