//! One request as a page sees it: who asks, what for, what was typed.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use maud::{Markup, html};
use serde_json::Value as Json;
use sync_core::date::Date;
use sync_core::seal::ConfidentialKey;
use unicode_normalization::UnicodeNormalization as _;

use super::access::Session;
use super::page::{self, Area, Message, Say};
use super::words::{self, Language};
use super::{Console, Reply, limits, show};
use crate::office::{FactsAt, Office, Officer};
use crate::problem::Problem;

/// Cookie of the session. `Secure` by its name: a browser takes it over TLS only.
pub(super) const SESSION_COOKIE: &str = "__Secure-sothon";
/// Cookie of the language.
pub(super) const LANGUAGE_COOKIE: &str = "sothon-language";
/// Việt Nam's time all year round.
const VIETNAM: jiff::tz::Offset = jiff::tz::Offset::constant(7);

/// A field of a form or of an address.
pub type Field = (String, String);

/// A file that was sent along.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The field.
    pub field: String,
    /// What the person's computer calls it: not to be trusted.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A request, read whole.
#[derive(Debug, Clone, Default)]
pub struct Incoming {
    /// The address's path, as it came.
    pub address: String,
    /// What stands in the route's braces.
    pub path: Vec<Field>,
    /// After the question mark.
    pub query: Vec<Field>,
    /// The `Cookie` header field.
    pub cookies: String,
    /// The `Sec-Fetch-Site` header field.
    pub fetch_site: Option<String>,
    /// The `Origin` header field.
    pub origin: Option<String>,
    /// The `Host` header field.
    pub host: Option<String>,
    /// Fields of the form.
    pub form: Vec<Field>,
    /// Files of the form.
    pub files: Vec<Upload>,
}

/// One request.
pub(crate) struct Asked {
    console: Arc<Console>,
    incoming: Incoming,
    clock: i64,
    session: Option<Arc<Session>>,
    set_cookies: RefCell<Vec<String>>,
    trimmed: OnceCell<Vec<Field>>,
    unit_word: OnceCell<String>,
}

fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

impl Asked {
    pub(super) fn new(console: Arc<Console>, incoming: Incoming, clock: i64) -> Self {
        let session =
            cookie(&incoming.cookies, SESSION_COOKIE).and_then(|name| console.sessions.find(name, clock));
        let set_cookies = RefCell::default();
        Self {
            console,
            incoming,
            clock,
            session,
            set_cookies,
            trimmed: OnceCell::new(),
            unit_word: OnceCell::new(),
        }
    }

    /// The office.
    pub(crate) fn office(&self) -> &Office {
        &self.console.office
    }

    /// The same, to be kept by work that outlives the request.
    pub(crate) fn office_shared(&self) -> Arc<Office> {
        Arc::clone(&self.console.office)
    }

    /// The console.
    pub(super) fn console(&self) -> &Arc<Console> {
        &self.console
    }

    pub(super) fn incoming(&self) -> &Incoming {
        &self.incoming
    }

    pub(super) fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    /// Ends the session of this browser.
    pub(super) fn end_session(&self) {
        if let Some(name) = cookie(&self.incoming.cookies, SESSION_COOKIE) {
            self.console.sessions.end(name, self.clock);
        }
    }

    /// The address that was asked for, without what is after the question mark.
    pub(crate) fn address(&self) -> &str {
        &self.incoming.address
    }

    /// Office clock, seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock
    }

    /// The day it is in Việt Nam.
    pub(crate) fn today(&self) -> Date {
        let now = jiff::Timestamp::from_second(self.clock).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        VIETNAM.to_datetime(now).date()
    }

    /// Who asks.
    ///
    /// # Panics
    /// Never where the route's access is not [`super::Access::Anyone`]: such a handler runs for a session only.
    pub(crate) fn officer(&self) -> &Officer {
        &self.session.as_ref().expect("the route is for people who are signed in").officer
    }

    /// What stands in the route's braces; empty if the route has no such name.
    pub(crate) fn path(&self, name: &str) -> &str {
        find(&self.incoming.path, name).unwrap_or_default()
    }

    /// A parameter of the address; never personal data.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        find(&self.incoming.query, name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// All parameters of the address.
    pub(crate) fn queries(&self) -> &[Field] {
        &self.incoming.query
    }

    fn form(&self) -> &[Field] {
        self.trimmed.get_or_init(|| {
            let fields = self.incoming.form.iter();
            fields.map(|(name, value)| (name.clone(), value.trim().nfc().collect())).collect()
        })
    }

    /// A field of the form: trimmed, NFC, empty if absent.
    pub(crate) fn field(&self, name: &str) -> &str {
        find(self.form(), name).unwrap_or_default()
    }

    /// Every value of a field of that name.
    pub(crate) fn fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.form().iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every field of the form in its order.
    pub(crate) fn all_fields(&self) -> &[Field] {
        self.form()
    }

    /// Whether the form has the field at all: a ticked box, a pressed button.
    pub(crate) fn has(&self, name: &str) -> bool {
        find(self.form(), name).is_some()
    }

    /// A file of the form; none if nothing was chosen.
    pub(crate) fn file(&self, name: &str) -> Option<&Upload> {
        self.incoming.files.iter().find(|file| file.field == name && !file.name.is_empty())
    }

    /// Language of the page.
    pub(crate) fn language(&self) -> Language {
        cookie(&self.incoming.cookies, LANGUAGE_COOKIE).map(Language::of).unwrap_or_default()
    }

    /// The words of a key.
    pub(crate) fn t(&self, key: &str) -> &'static str {
        let text = words::text(self.language(), key);
        debug_assert!(!text.contains('{'), "{key} has something to fill in");
        text
    }

    /// The words of a key that speaks of villages: `{unit}` is the commune's own word for one, `{Unit}` the same as a
    /// line begins.
    pub(crate) fn tu(&self, key: &str) -> String {
        self.tn(key, &[])
    }

    /// The commune's word for a village.
    pub(crate) fn unit_word(&self) -> &str {
        self.unit_word.get_or_init(|| show::plain(&self.office().unit_word()))
    }

    /// The words of a key with what stands in braces replaced; the commune's word for a village need not be told.
    pub(crate) fn tn(&self, key: &str, with: &[(&str, &str)]) -> String {
        let unit = self.unit_word();
        let begins = show::capitalised(unit);
        let units = [("unit", unit), ("Unit", begins.as_str())];
        // What is told comes first.
        words::filled(self.language(), key, &[with, &units].concat())
    }

    /// What makes a form ours: the first thing in every form that is posted.
    pub(crate) fn token(&self) -> Markup {
        html! {
            @if let Some(session) = &self.session {
                input type="hidden" name="csrf" value=(session.token);
            }
        }
    }

    fn message(&self, message: Message) {
        if let Some(session) = &self.session {
            let mut state = session.state();
            if state.messages.len() < limits::MESSAGES_MAX {
                state.messages.push(message);
            }
        }
    }

    /// Says something on the next page.
    pub(crate) fn say(&self, kind: Say, text: String) {
        self.message(Message { kind, text, undo: None });
    }

    /// Says that something was done, with a button that takes it back.
    pub(crate) fn say_undo(&self, text: String, undo: &str) {
        self.message(Message { kind: Say::Done, text, undo: Some(undo.to_owned()) });
    }

    /// Remembers a search, which may be a name, so that the address need not say it.
    pub(crate) fn remember_search(&self, text: &str) -> u64 {
        let Some(session) = &self.session else { return 0 };
        let text: String = text.chars().take(limits::SEARCH_CHARS_MAX).collect();
        let mut state = session.state();
        state.searched += 1;
        let number = state.searched;
        if state.searches.len() >= limits::SEARCHES_MAX {
            state.searches.remove(0);
        }
        state.searches.push((number, text));
        number
    }

    /// A search remembered under a number.
    pub(crate) fn search(&self, number: u64) -> Option<String> {
        let state = self.session.as_ref()?.state();
        state.searches.iter().find(|(known, _)| *known == number).map(|(_, text)| text.clone())
    }

    /// The confidential key, if this session opened one not long ago.
    pub(crate) fn confidential_key(&self) -> Option<ConfidentialKey> {
        self.session.as_ref()?.confidential_key(self.clock)
    }

    /// The facts as they stand, sealed reports opened if this session holds the key.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn facts(&self) -> Result<Arc<FactsAt>, Problem> {
        self.office().facts_now(self.confidential_key().as_ref())
    }

    /// Writes down in the log what the officer did besides changing records. No personal data.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn note(&self, act: Json) -> Result<(), Problem> {
        self.office().note_act(&self.officer().author, act, self.clock).map(drop)
    }

    /// A page.
    pub(crate) fn page(&self, area: Area, title: &str, body: Markup) -> Reply {
        self.page_with(StatusCode::OK, area, title, body)
    }

    /// A page with another status: a form again, with what is wrong beside its fields.
    #[allow(clippy::needless_pass_by_value, reason = "a page is made for this answer and for nothing else")]
    pub(crate) fn page_with(&self, status: StatusCode, area: Area, title: &str, body: Markup) -> Reply {
        Reply::markup(status, page::layout(self, area, title, &body))
    }

    /// Has the browser keep a cookie; `attributes` after the value.
    pub(super) fn set_cookie(&self, cookie: String) {
        self.set_cookies.borrow_mut().push(cookie);
    }

    pub(super) fn cookies(&self) -> Vec<(HeaderName, HeaderValue)> {
        let cookies = self.set_cookies.borrow();
        cookies.iter().filter_map(|cookie| Some((SET_COOKIE, HeaderValue::try_from(cookie).ok()?))).collect()
    }
}

/// A cookie's value.
pub(super) fn cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    cookies.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}
