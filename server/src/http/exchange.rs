//! `POST /v1/exchange`, `POST /v1/letter` and `POST /v1/enrol`: bytes in, the office's answer out.
//!
//! The office works on threads of its own, a few at once. Whoever goes away or waits too long does not stop
//! the work: what was begun is committed or rolled back as a whole, and the device finds out by asking again.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use sync_core::device::Encoding;
use sync_core::wire::MEDIA_PLAIN;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::Span;

use super::App;
use super::body::Receiving;
use super::coding::{Coding, Terms, decode, encode, request_coding, request_media};
use super::limits::ENROLMENT_BYTES_MAX;
use super::request::Account;
use crate::office::{Incoming, Office};
use crate::problem::{Code, Problem};

/// A page of changes up, a page down.
pub(super) async fn exchange(
    State(app): State<Arc<App>>,
    Extension(account): Extension<Arc<Account>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let receiving = Receiving { app: &app, headers: &headers, account: &account, body };
    let terms = match Terms::of_exchange(&headers) {
        Ok(terms) => terms,
        Err(code) => return Err(receiving.refuse(code).await.into()),
    };
    let received = receiving.read(app.limits.body_bytes).await?;
    let (decoded_max, clock) = (app.limits.body_decoded_bytes, app.now());
    let (coding, answer) = work(&app, &app.turns, move |office| {
        // The body's share of what may be held is given back with the bytes.
        let body = decode(terms.coding, received.bytes, decoded_max)?;
        let incoming = Incoming {
            encoding: terms.encoding,
            body: &body,
            signature: Some(terms.signature),
            answer_in: terms.answer_in,
        };
        Ok(encode(terms.answer_coding, office.exchange(incoming, clock)?))
    })
    .await?;
    Ok(answer_of(terms.answer_in.media_type(), coding, answer))
}

/// Signed work of a device that is locked, sealed to the office. Plain only: what is inside is compressed.
pub(super) async fn letter(
    State(app): State<Arc<App>>,
    Extension(account): Extension<Arc<Account>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let receiving = Receiving { app: &app, headers: &headers, account: &account, body };
    let coding = match plain_coding(&headers) {
        Ok(coding) => coding,
        Err(code) => return Err(receiving.refuse(code).await.into()),
    };
    let received = receiving.read(app.limits.body_bytes).await?;
    let (decoded_max, clock) = (app.limits.body_bytes, app.now());
    let answer = work(&app, &app.turns, move |office| {
        let body = decode(coding, received.bytes, decoded_max)?;
        office.letter(&body, clock)
    })
    .await?;
    Ok(answer_of(MEDIA_PLAIN, Coding::Identity, answer))
}

/// The content coding of a body that must be a plain message.
fn plain_coding(headers: &HeaderMap) -> Result<Coding, Code> {
    match request_media(headers)? {
        Encoding::Plain => request_coding(headers),
        Encoding::Packed => Err(Code::MediaTypeUnsupported),
    }
}

/// A device's first request. Plain only, as it comes once in a device's life.
pub(super) async fn enrol(
    State(app): State<Arc<App>>,
    Extension(account): Extension<Arc<Account>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let receiving = Receiving { app: &app, headers: &headers, account: &account, body };
    let coding = match plain_coding(&headers) {
        Ok(coding) => coding,
        Err(code) => return Err(receiving.refuse(code).await.into()),
    };
    let received = receiving.read(ENROLMENT_BYTES_MAX).await?;
    let clock = app.now();
    let answer = work(&app, &app.turns, move |office| {
        let body = decode(coding, received.bytes, ENROLMENT_BYTES_MAX)?;
        office.enrol(&body, clock)
    })
    .await?;
    Ok(answer_of(MEDIA_PLAIN, Coding::Identity, answer))
}

/// Lets the office work when its turn has come.
pub(super) async fn work<T: Send + 'static>(
    app: &Arc<App>,
    turns: &Arc<Semaphore>,
    job: impl FnOnce(&Office) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let turn = Arc::clone(turns).acquire_owned();
    let Ok(Ok(turn)) = timeout(app.limits.work_wait, turn).await else {
        return Err(Code::Overloaded.into());
    };
    let (office, span) = (Arc::clone(&app.office), Span::current());
    let task = tokio::task::spawn_blocking(move || {
        // Held by the work, not by the request: work whose client went away still counts.
        let _turn = turn;
        span.in_scope(|| job(&office))
    });
    match timeout(app.limits.work_time, task).await {
        Ok(Ok(result)) => result,
        // The job panicked; the panic hook has logged where.
        Ok(Err(_join)) => Err(Code::Internal.into()),
        Err(_elapsed) => Err(Code::Overloaded.into()),
    }
}

fn answer_of(media: &'static str, coding: Coding, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    if let Some(token) = coding.token() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(token));
    }
    response
}
