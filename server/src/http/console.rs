//! The console's door: a browser's request, read whole within its limits, and the console's answer with the
//! header fields that keep a page from being framed, scripted or kept.
//!
//! It understands no page. Whatever goes wrong before a page can be asked for is a page as well.

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, RawPathParams, Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, ORIGIN, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use tokio::sync::Semaphore;

use super::App;
use super::body::{Received, Receiving};
use super::exchange::work;
use super::request::Account;
use crate::console::limits::{
    FORM_BYTES_MAX, FORM_FIELDS_MAX, PAGES_AT_ONCE_MAX, SIGN_INS_AT_ONCE_MAX, UPLOAD_BYTES_MAX,
};
use crate::console::{self, Console, Field, Incoming, Outgoing, Route, Takes, Upload};
use crate::problem::{Code, Problem};

/// Everything comes from this origin; no script or style stands in a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The header fields of every answer of the console.
const PROTECTION: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    // A form's origin is told to this site, nothing to any other.
    (REFERRER_POLICY, "same-origin"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Where a password is tried or made.
const TRY_PASSWORDS: [&str; 3] = ["/office/sign-in", "/office/invitation", "/office/account/password"];
/// How long the server worked on a page, for whoever measures (W3C Server Timing).
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What all requests of the console share.
struct Desk {
    console: Arc<Console>,
    pages: Arc<Semaphore>,
    sign_ins: Arc<Semaphore>,
}

/// The console's addresses.
pub(super) fn routes(console: &Arc<Console>) -> Router<Arc<App>> {
    let desk = Arc::new(Desk {
        console: Arc::clone(console),
        pages: Arc::new(Semaphore::new(PAGES_AT_ONCE_MAX)),
        sign_ins: Arc::new(Semaphore::new(SIGN_INS_AT_ONCE_MAX)),
    });
    console::routes().fold(Router::new(), |router, route| {
        let method = if route.takes == Takes::Nothing { MethodFilter::GET } else { MethodFilter::POST };
        let desk = Arc::clone(&desk);
        let answer = move |State(app): State<Arc<App>>,
                           Extension(account): Extension<Arc<Account>>,
                           path: RawPathParams,
                           uri: Uri,
                           headers: HeaderMap,
                           body: Body| async move {
            let asked = Asked { app: &app, account: &account, path, uri, headers, body };
            page(&desk, route, asked).await
        };
        router.route(route.path, on(method, answer))
    })
}

/// A request as it comes in.
struct Asked<'a> {
    app: &'a Arc<App>,
    account: &'a Account,
    path: RawPathParams,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
}

async fn page(desk: &Desk, route: &'static Route, asked: Asked<'_>) -> Response {
    let Asked { app, account, path, uri, headers, body } = asked;
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let incoming = Incoming {
        address: uri.path().to_owned(),
        path: path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        query: fields(uri.query().unwrap_or_default().as_bytes()),
        // HTTP/2 may send each cookie in a field of its own (RFC 9113 section 8.2.3).
        cookies: cookies(&headers),
        fetch_site: text(FETCH_SITE),
        origin: text(ORIGIN),
        // HTTP/2 has no Host field: the address says it.
        host: text(HOST).or_else(|| uri.authority().map(|authority| authority.as_str().to_owned())),
        ..Incoming::default()
    };
    let clock = app.now();
    let console = Arc::clone(&desk.console);
    let mut spent = None;
    // Only somebody who is signed in may have a large body held for them.
    let upload_bytes_max =
        if console.is_signed_in(&incoming.cookies, clock) { UPLOAD_BYTES_MAX } else { FORM_BYTES_MAX };
    let outcome = match read(app, account, &headers, body, route.takes, upload_bytes_max).await {
        Err(code) => Err(Problem::from(code)),
        Ok((form, files)) => {
            let whole = Incoming { form, files, ..incoming.clone() };
            // A password takes a second's work and 64 MiB.
            let tries = TRY_PASSWORDS.contains(&route.path);
            let turns = if tries { &desk.sign_ins } else { &desk.pages };
            let console = Arc::clone(&console);
            let done = work(app, turns, move |_| {
                let started = Instant::now();
                let outgoing = console.answer(route, whole, clock);
                Ok((outgoing, started.elapsed()))
            });
            done.await.map(|(outgoing, time)| {
                spent = Some(time);
                outgoing
            })
        }
    };
    let outgoing = match outcome {
        Ok(outgoing) => outgoing,
        Err(problem) => console::refused(&problem, incoming, &console, clock),
    };
    let mut response = answer_of(outgoing);
    if let Some(time) = spent {
        let text = format!("page;dur={:.2}", time.as_secs_f64() * 1000.0);
        if let Ok(value) = HeaderValue::try_from(text) {
            response.headers_mut().insert(SERVER_TIMING, value);
        }
    }
    response
}

fn cookies(headers: &HeaderMap) -> String {
    let fields: Vec<&str> = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).collect();
    fields.join("; ")
}

fn answer_of(outgoing: Outgoing) -> Response {
    let mut response = Response::new(Body::from(outgoing.body));
    *response.status_mut() = outgoing.status;
    let headers = response.headers_mut();
    for (name, value) in PROTECTION {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in outgoing.headers {
        headers.append(name, value);
    }
    response
}

/// `a=1&b=2`, at most [`FORM_FIELDS_MAX`] of them.
fn fields(bytes: &[u8]) -> Vec<Field> {
    form_urlencoded::parse(bytes)
        .take(FORM_FIELDS_MAX)
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

/// The body, whole and taken apart.
async fn read(
    app: &App,
    account: &Account,
    headers: &HeaderMap,
    body: Body,
    takes: Takes,
    upload_bytes_max: usize,
) -> Result<(Vec<Field>, Vec<Upload>), Code> {
    let receiving = Receiving { app, headers, account, body };
    match takes {
        Takes::Nothing => Ok((Vec::new(), Vec::new())),
        Takes::Form => {
            let received = receiving.read(FORM_BYTES_MAX).await?;
            Ok((fields(&received.bytes), Vec::new()))
        }
        Takes::Files => {
            let media = headers.get(CONTENT_TYPE).cloned().unwrap_or(HeaderValue::from_static(""));
            let received = receiving.read(upload_bytes_max).await?;
            parts(media, received).await
        }
    }
}

/// A form with files (RFC 7578).
async fn parts(media: HeaderValue, received: Received) -> Result<(Vec<Field>, Vec<Upload>), Code> {
    let malformed = |_| Code::BodyMalformed;
    let mut request = Request::new(Body::from(received.bytes));
    request.headers_mut().insert(CONTENT_TYPE, media);
    // The body is bounded already, by the route's own limit; the library's is 2 MB.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| Code::BodyMalformed)?;
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    while let Some(part) = form.next_field().await.map_err(malformed)? {
        if fields.len() + files.len() >= FORM_FIELDS_MAX {
            return Err(Code::LimitExceeded);
        }
        let field = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            Some(name) => {
                files.push(Upload { field, name, bytes: part.bytes().await.map_err(malformed)?.to_vec() });
            }
            None => fields.push((field, part.text().await.map_err(malformed)?)),
        }
    }
    Ok((fields, files))
}
