//! The phone's app on the origin of the exchange: its built files, and nothing that changes.
//!
//! Enters: whatever no route of the office takes. Leaves: a file of [`AppFiles`], the page `index.html` for
//! an address inside the app, or the problem an unknown address always was.
//!
//! Invariants: an address is compared with the files' names as it came, byte for byte, and is never decoded,
//! joined or looked up on disk; an answer is made of memory that is already there, takes no turn of the
//! office and waits for nothing, so that phones that install never hold up phones that sync; an unknown
//! address below `/v1` stays a problem, whatever the app has.

mod files;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

pub use files::{AppError, AppFiles};

use super::App;
use super::coding::weighted;
use super::request::Account;
use crate::problem::{Code, Problem};
use files::{File, Form};

/// The name under which files and pages are counted and logged; their addresses are not.
const ROUTE: &str = "app";

/// Everything comes from this origin, and only WebAssembly may be compiled from bytes. A Worker obeys the
/// policy of its own script, so every file bears it.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The header fields of every answer of the app, beside those of every answer.
const PROTECTION: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// A file named after its content never changes under its name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, but asked about every time: that is how an update is found.
const ASK_AGAIN: &str = "no-cache";

/// What `/` says in a program that carries no app.
const NO_APP: &str = "\
Chương trình này không kèm ứng dụng điện thoại; việc đồng bộ vẫn chạy bình thường.
Cần có ứng dụng: chạy `cargo xtask run` (hoặc `cargo xtask app` rồi biên dịch lại máy chủ),
hoặc chỉ thư mục của ứng dụng: `sothon serve --app THƯ-MỤC`.

This program carries no phone app; the exchange works all the same.
To have it: `cargo xtask run` (or `cargo xtask app`, then build the server again),
or name the app's folder: `sothon serve --app FOLDER`.
";

/// Answers what no route takes.
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    Extension(account): Extension<Arc<Account>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Some(asked) = find(&app.files, uri.path()) else {
        return Problem::from(Code::NotFound).into_response();
    };
    account.route.get_or_init(|| ROUTE);
    if method != Method::GET && method != Method::HEAD {
        let mut response = Problem::from(Code::MethodNotAllowed).into_response();
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
        return response;
    }
    let mut response = match asked {
        Asked::File(file) => file_answer(file, &headers),
        Asked::MissingApp => {
            let text = HeaderValue::from_static("text/plain; charset=utf-8");
            (StatusCode::NOT_FOUND, [(CONTENT_TYPE, text)], NO_APP).into_response()
        }
    };
    for (name, value) in PROTECTION {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if method == Method::HEAD {
        // The length is told of the body that is not sent (RFC 9110 section 9.3.2).
        let length = axum::body::HttpBody::size_hint(response.body()).exact();
        *response.body_mut() = Body::empty();
        if let Some(length) = length.filter(|_| response.status() != StatusCode::NOT_MODIFIED) {
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
    }
    response
}

/// What an address means.
enum Asked<'a> {
    File(&'a File),
    /// The first page of an app this program does not carry.
    MissingApp,
}

fn find<'a>(files: &'a AppFiles, path: &str) -> Option<Asked<'a>> {
    let name = path.strip_prefix('/')?;
    if let Some(file) = files.file(name) {
        return Some(Asked::File(file));
    }
    match files.index() {
        Some(index) if is_page(name) => Some(Asked::File(index)),
        None if name.is_empty() => Some(Asked::MissingApp),
        _ => None,
    }
}

/// Whether a name may be a page of the app, which only the app itself knows: words without a dot, a percent
/// sign or anything else that could mean a file, and not below what is the office's or the build's.
fn is_page(name: &str) -> bool {
    let word = |segment: &str| {
        !segment.is_empty()
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let first = name.split('/').next().unwrap_or_default();
    let version = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    let taken = matches!(first, "assets" | "health" | "metrics" | "office")
        || first.strip_prefix('v').is_some_and(version);
    name.is_empty() || (!taken && name.split('/').all(word))
}

fn file_answer(file: &File, headers: &HeaderMap) -> Response {
    let (coding, form) = choose(file, headers);
    let mut response = Response::new(Body::empty());
    let fields = response.headers_mut();
    fields.insert(ETAG, form.tag.clone());
    fields.insert(VARY, HeaderValue::from_static("accept-encoding"));
    let keep = if file.named_by_content { FOR_EVER } else { ASK_AGAIN };
    fields.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    if is_known(headers, &form.tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(file.media));
    if let Some(coding) = coding {
        fields.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    *response.body_mut() = Body::from(form.bytes.clone());
    response
}

/// The form with the greatest weight; of equals the smaller one. Without `Accept-Encoding`, the plain form.
fn choose<'a>(file: &'a File, headers: &HeaderMap) -> (Option<&'static str>, &'a Form) {
    let ranges = weighted(headers, ACCEPT_ENCODING);
    let named = |token: &str| ranges.iter().find(|(range, _)| range == token).map(|&(_, weight)| weight);
    let mut best = (None, &file.plain, named("identity").unwrap_or(0));
    for (coding, form) in [("gzip", &file.gzip), ("br", &file.brotli)] {
        let weight = named(coding).or_else(|| named("*")).unwrap_or(0);
        if let Some(form) = form.as_ref().filter(|_| weight > 0 && weight >= best.2) {
            best = (Some(coding), form, weight);
        }
    }
    (best.0, best.1)
}

/// Whether the client already has the form with this tag (RFC 9110 section 13.1.2).
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().flat_map(|value| value.as_bytes().split(|&byte| byte == b',')).any(
        |known| {
            let known = known.trim_ascii();
            known == b"*" || known.strip_prefix(b"W/").unwrap_or(known) == tag.as_bytes()
        },
    )
}
