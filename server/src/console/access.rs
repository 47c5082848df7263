//! Who may do what, checked in one place; sessions; forged requests.
//!
//! Enters: a request and the route it is for. Leaves: whether the handler may run. Invariants: a session is named
//! by 32 random bytes of which only the SHA-256 is kept; it lives in memory only, because the officer's signing key
//! does; a form is taken only with the session's token and never from another site.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use sync_core::seal::ConfidentialKey;

use super::asked::Incoming;
use super::{Asked, Reply, Route, Takes, accounts, limits, page};
use crate::office::{Officer, Role, SignInError};

/// Who may ask for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whoever reaches the office: signing in, and what it looks like.
    Anyone,
    /// Whoever is signed in.
    SignedIn,
    /// The officer.
    Officer,
    /// The confidential officer.
    Confidential,
    /// The keeper.
    Keeper,
}

impl Access {
    fn role(self) -> Option<Role> {
        match self {
            Self::Anyone | Self::SignedIn => None,
            Self::Officer => Some(Role::Officer),
            Self::Confidential => Some(Role::Confidential),
            Self::Keeper => Some(Role::Keeper),
        }
    }
}

/// Why a request is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    SignIn,
    Role,
    Forged,
}

/// One person signed in at one browser.
pub(super) struct Session {
    pub(super) officer: Officer,
    pub(super) token: String,
    began_at: i64,
    state: Mutex<State>,
}

/// What changes in a session.
#[derive(Default)]
pub(super) struct State {
    used_at: i64,
    pub(super) messages: Vec<page::Message>,
    pub(super) searches: Vec<(u64, String)>,
    pub(super) searched: u64,
    key: Option<(ConfidentialKey, i64)>,
}

impl Session {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self, clock: i64) -> bool {
        let idle = clock - self.state().used_at;
        idle > seconds(limits::SESSION_IDLE) || clock - self.began_at > seconds(limits::SESSION_AGE_MAX)
    }

    /// The confidential key, while it is remembered. Asking for it keeps it.
    pub(super) fn confidential_key(&self, clock: i64) -> Option<ConfidentialKey> {
        let mut state = self.state();
        let (key, until) = state.key.take()?;
        if until < clock {
            return None;
        }
        state.key = Some((key.clone(), clock + seconds(limits::KEY_IDLE)));
        Some(key)
    }

    /// Whether the key is remembered. Looking does not keep it.
    pub(super) fn holds_key(&self, clock: i64) -> bool {
        self.state().key.as_ref().is_some_and(|(_, until)| *until >= clock)
    }

    /// Remembers the key for a while, or forgets it.
    pub(super) fn hold_key(&self, key: Option<ConfidentialKey>, clock: i64) {
        self.state().key = key.map(|key| (key, clock + seconds(limits::KEY_IDLE)));
    }
}

fn seconds(time: std::time::Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// Everybody who is signed in.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<[u8; 32], Arc<Session>>>);

impl Sessions {
    fn all(&self) -> MutexGuard<'_, HashMap<[u8; 32], Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session and returns the name to put into the cookie. `random`: 64 random bytes.
    pub(super) fn begin(&self, officer: Officer, random: &[u8; 64], clock: i64) -> String {
        let name = URL_SAFE_NO_PAD.encode(&random[..32]);
        let session = Session {
            officer,
            token: URL_SAFE_NO_PAD.encode(&random[32..]),
            began_at: clock,
            state: Mutex::new(State { used_at: clock, ..State::default() }),
        };
        let mut all = self.all();
        all.retain(|_, session| !session.is_over(clock));
        if all.len() >= limits::SESSIONS_MAX
            && let Some(idle) =
                all.iter().min_by_key(|(_, session)| session.state().used_at).map(|(key, _)| *key)
        {
            all.remove(&idle);
        }
        all.insert(Sha256::digest(name.as_bytes()).into(), Arc::new(session));
        name
    }

    /// The session a cookie names, if it still lasts; it is used from now on.
    pub(super) fn find(&self, name: &str, clock: i64) -> Option<Arc<Session>> {
        let key: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        let mut all = self.all();
        let session = Arc::clone(all.get(&key)?);
        if session.is_over(clock) {
            all.remove(&key);
            return None;
        }
        session.state().used_at = clock;
        Some(session)
    }

    /// Ends a session, and whatever else is over.
    pub(super) fn end(&self, name: &str, clock: i64) {
        let key: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        let mut all = self.all();
        all.remove(&key);
        all.retain(|_, session| !session.is_over(clock));
    }

    /// Ends the sessions that are over, forgets the keys whose time is over, and says whether anybody holds one still.
    pub(super) fn sweep(&self, clock: i64) -> bool {
        let mut all = self.all();
        all.retain(|_, session| !session.is_over(clock));
        let mut anybody = false;
        for session in all.values() {
            let mut state = session.state();
            state.key.take_if(|(_, until)| *until < clock);
            anybody |= state.key.is_some();
        }
        anybody
    }

    /// Ends every session of an account but the one named, after its password or its state changed.
    pub(super) fn end_others(&self, account: u64, but: Option<&Arc<Session>>) {
        self.all().retain(|_, session| {
            session.officer.account != account || but.is_some_and(|kept| Arc::ptr_eq(kept, session))
        });
    }
}

/// Wrong invitation codes of late: a guesser is slowed down, nobody is locked out for long.
#[derive(Default)]
pub(super) struct Codes(Mutex<(i64, u32)>);

impl Codes {
    /// Whether another code may be tried now.
    pub(super) fn attempt(&self, clock: i64) -> Result<(), SignInError> {
        let (window, wrong) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = window + limits::CODES_WINDOW_SECONDS;
        if wrong >= limits::CODES_WRONG_MAX && clock < until { Err(SignInError::Wait(until)) } else { Ok(()) }
    }

    /// Counts a wrong one.
    pub(super) fn was_wrong(&self, clock: i64) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if clock >= counted.0 + limits::CODES_WINDOW_SECONDS {
            *counted = (clock, 0);
        }
        counted.1 += 1;
    }
}

/// Whether another site made the browser send this. Browsers say so; a program that says nothing has no cookies
/// to be abused.
fn is_foreign(incoming: &Incoming) -> bool {
    match incoming.fetch_site.as_deref() {
        Some("same-origin" | "none") => false,
        Some(_) => true,
        None => match (&incoming.origin, &incoming.host) {
            (Some(origin), Some(host)) => origin.strip_prefix("https://") != Some(host.as_str()),
            _ => false,
        },
    }
}

/// Equal, in a time that does not depend on where they differ.
fn is_same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// Lets a request through to its handler, or not.
pub(super) fn admit(asked: &Asked, route: &Route) -> Result<(), Refusal> {
    let writes = route.takes != Takes::Nothing;
    if writes && is_foreign(asked.incoming()) {
        return Err(Refusal::Forged);
    }
    if route.access == Access::Anyone {
        return Ok(());
    }
    let Some(session) = asked.session() else { return Err(Refusal::SignIn) };
    if !asked.office().is_current(&session.officer).unwrap_or(false) {
        asked.end_session();
        return Err(Refusal::SignIn);
    }
    if route.access.role().is_some_and(|role| !session.officer.roles.contains(&role)) {
        return Err(Refusal::Role);
    }
    if writes && !is_same(asked.field("csrf"), &session.token) {
        return Err(Refusal::Forged);
    }
    Ok(())
}

/// What is said instead of the page.
pub(super) fn refuse(asked: &Asked, route: &Route, refusal: Refusal) -> Reply {
    match refusal {
        Refusal::SignIn => accounts::sign_in_first(asked, route),
        // The keeper's own first page.
        Refusal::Role if route.path == "/office" => Reply::see("/office/settings"),
        Refusal::Role => page::refused(asked, StatusCode::FORBIDDEN, "frame.role_refused"),
        Refusal::Forged => page::refused(asked, StatusCode::FORBIDDEN, "frame.forged"),
    }
}
