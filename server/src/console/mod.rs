//! The officer's console: pages of HTML made at the office, for a browser on a slow desktop and a keyboard.
//!
//! Step 8 of the way of a fact, and the officer's hand in the steps before it. Enters: one request of a signed-in
//! person, already read whole by [`crate::http`]. Leaves: a page, a redirect or a file. The tour: [`access`] says who
//! may do what and keeps sessions; [`asked`] is one request as a page sees it; [`page`] is the layout; [`words`] holds
//! every text in both languages; [`input`] and [`show`] are how fields are asked for and values stand on a page. Each
//! other module is an area of the menu and lists its addresses in `ROUTES`.
//!
//! Invariants: a page decides nothing that the core or the office decides; roles, sessions and forged requests are
//! checked in [`Console::answer`] and nowhere else; every write carries the key of who asked for it; an address never
//! holds personal data; what comes from records is escaped and isolated ([`show`]); it knows no socket.

mod access;
mod accounts;
mod adhoc;
mod asked;
mod assets;
mod charts;
mod decide;
mod exports;
mod forms;
mod import;
mod input;
pub mod limits;
mod page;
mod register;
mod rounds;
mod settings;
mod show;
mod targets;
#[cfg(test)]
mod tests;
mod today;
mod urgent;
mod villages;
mod words;

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use maud::Markup;

pub use access::Access;
pub(crate) use asked::Asked;
pub use asked::{Field, Incoming, Upload};
pub(crate) use page::Area;
pub(crate) use words::Language;

use crate::office::Office;
use crate::problem::{Code, Problem};
use access::Sessions;

/// What answers one address.
type Handler = fn(&Asked) -> Result<Reply, Fault>;

/// How a request's body is read before a handler sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// `GET`: nothing.
    Nothing,
    /// `POST` of a form.
    Form,
    /// `POST` of a form with files.
    Files,
}

/// An address of the console.
pub struct Route {
    /// As axum writes it: `/office/household/{document}`.
    pub path: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Who may ask.
    pub access: Access,
    handler: Handler,
}

impl Route {
    const fn get(path: &'static str, access: Access, handler: Handler) -> Self {
        Self { path, takes: Takes::Nothing, access, handler }
    }

    const fn post(path: &'static str, access: Access, handler: Handler) -> Self {
        Self { path, takes: Takes::Form, access, handler }
    }

    const fn upload(path: &'static str, access: Access, handler: Handler) -> Self {
        Self { path, takes: Takes::Files, access, handler }
    }
}

/// Every address.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    [
        assets::ROUTES,
        accounts::ROUTES,
        today::ROUTES,
        urgent::ROUTES,
        rounds::ROUTES,
        register::ROUTES,
        decide::ROUTES,
        forms::ROUTES,
        exports::ROUTES,
        targets::ROUTES,
        adhoc::ROUTES,
        settings::ROUTES,
        import::ROUTES,
        page::ROUTES,
    ]
    .into_iter()
    .flatten()
}

/// The route of an address and the request as far as the address says it, for whoever asks without a network: tests and
/// benches. None if nothing is there.
#[must_use]
pub fn find(posts: bool, address: &str) -> Option<(&'static Route, Incoming)> {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let fitting = routes()
        .filter(|route| (route.takes != Takes::Nothing) == posts)
        .filter_map(|route| Some((route, matched(route.path, path)?)));
    // A written address comes before one with names in it.
    let (route, names) = fitting.min_by_key(|(route, _)| {
        route.path.matches('{').count() + route.path.matches('*').count() * route.path.len()
    })?;
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Some((route, Incoming { address: path.to_owned(), path: names, query, ..Incoming::default() }))
}

/// What stands in a template's braces, if a path fits it.
fn matched(template: &str, path: &str) -> Option<Vec<Field>> {
    let mut names = Vec::new();
    let mut parts = path.split('/');
    for part in template.split('/') {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(rest) if rest.starts_with('*') => return Some(names),
            Some(name) => names.push((name.to_owned(), parts.next()?.to_owned())),
            None if parts.next()? == part => {}
            None => return None,
        }
    }
    parts.next().is_none().then_some(names)
}

/// What a handler answers.
pub(crate) struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

impl Reply {
    fn markup(status: StatusCode, markup: Markup) -> Self {
        let media = HeaderValue::from_static("text/html; charset=utf-8");
        let headers = vec![(axum::http::header::CONTENT_TYPE, media)];
        Self { status, headers, body: markup.into_string().into_bytes() }
    }

    /// Go there with a `GET`: the answer to every form that was carried out.
    pub(crate) fn see(address: &str) -> Self {
        let place = HeaderValue::try_from(address).unwrap_or(HeaderValue::from_static("/office"));
        let headers = vec![(axum::http::header::LOCATION, place)];
        Self { status: StatusCode::SEE_OTHER, headers, body: Vec::new() }
    }

    /// A file to keep. `name` is ASCII and names no person.
    pub(crate) fn file(name: &str, media: &'static str, bytes: Vec<u8>) -> Self {
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' })
            .collect();
        let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""))
            .unwrap_or(HeaderValue::from_static("attachment"));
        let headers = vec![
            (axum::http::header::CONTENT_TYPE, HeaderValue::from_static(media)),
            (axum::http::header::CONTENT_DISPOSITION, disposition),
        ];
        Self { status: StatusCode::OK, headers, body: bytes }
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// Why a handler gives no page of its own.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The office's.
    Problem(Problem),
    /// There is nothing of that name.
    NotFound,
    /// What was asked for can't be done; the text is a key of the words.
    Refused(StatusCode, &'static str),
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        if problem.code == Code::NotFound { Self::NotFound } else { Self::Problem(problem) }
    }
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Problem::from(code).into()
    }
}

/// What goes back to the browser.
#[derive(Debug)]
pub struct Outgoing {
    /// The status.
    pub status: StatusCode,
    /// Header fields of this answer; those of every answer of the console are added by whoever sends it.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The console of one office. Cheap to share.
pub struct Console {
    office: Arc<Office>,
    sessions: Sessions,
    codes: access::Codes,
    /// The folder of the register: for what has to lie on disk for a while.
    data_dir: std::path::PathBuf,
    /// What areas keep between requests.
    imports: import::Jobs,
}

impl Console {
    /// A console without anybody signed in.
    #[must_use]
    pub fn new(office: Arc<Office>, data_dir: std::path::PathBuf) -> Self {
        Self {
            office,
            sessions: Sessions::default(),
            codes: access::Codes::default(),
            data_dir,
            imports: import::Jobs::default(),
        }
    }

    /// Whether the cookies of a request name a session that lasts.
    #[must_use]
    pub fn is_signed_in(&self, cookies: &str, clock: i64) -> bool {
        asked::cookie(cookies, asked::SESSION_COOKIE)
            .is_some_and(|name| self.sessions.find(name, clock).is_some())
    }

    /// Forgets what its time is over for: sessions, confidential keys, and, once nobody holds the key, what it opened.
    /// Called with every request and by [`crate::http::serve`] every minute, so that a sealed report stays in memory no
    /// longer than a key that opens it, whoever else uses the pages meanwhile.
    pub fn sweep(&self, clock: i64) {
        if !self.sessions.sweep(clock) {
            self.office.forget_opened();
        }
    }

    /// Answers one request. Never fails: what goes wrong is a page too.
    pub fn answer(self: &Arc<Self>, route: &'static Route, incoming: Incoming, clock: i64) -> Outgoing {
        self.sweep(clock);
        let asked = Asked::new(Arc::clone(self), incoming, clock);
        let reply = match access::admit(&asked, route) {
            Ok(()) => (route.handler)(&asked).unwrap_or_else(|fault| page::fault(&asked, &fault)),
            Err(refusal) => access::refuse(&asked, route, refusal),
        };
        let mut reply = reply;
        reply.headers.extend(asked.cookies());
        Outgoing { status: reply.status, headers: reply.headers, body: reply.body }
    }
}

/// A problem before any handler could run (a body too large, too slow, malformed), as a page.
pub fn refused(problem: &Problem, incoming: Incoming, console: &Arc<Console>, clock: i64) -> Outgoing {
    let asked = Asked::new(Arc::clone(console), incoming, clock);
    let reply = page::fault(&asked, &Fault::Problem(problem.clone()));
    Outgoing { status: reply.status, headers: reply.headers, body: reply.body }
}
