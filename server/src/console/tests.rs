//! The console without a network: a desk where somebody asks and reads the answer.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use ed25519_dalek::{Signer as _, SigningKey};
use rand::SeedableRng as _;
use sync_core::batch::enrolment_signing_bytes;
use sync_core::id::DeviceId;
use sync_core::seal::ConfidentialKey;
use sync_core::wire::{EnrolmentRequest, to_plain};
use tempfile::TempDir;

use super::{Access, Console, Field, Incoming, Outgoing, Route, Upload, find, routes};
use crate::office::{CommuneConfig, Office, OfficeOptions, Role, Roles};

/// The synthetic day of the tests: 23/11/2026 in the morning, Việt Nam.
pub(crate) const CLOCK: i64 = 1_795_395_600;
/// Good enough a password for everybody.
pub(crate) const PASSWORD: &str = "chín con trâu trắng";
/// The confidential key of the synthetic commune.
pub(crate) const KEY: [u8; 32] = [9; 32];

/// Somebody in front of a browser, in an office of a synthetic commune.
pub(crate) struct Desk {
    pub(crate) console: Arc<Console>,
    pub(crate) office: Arc<Office>,
    pub(crate) clock: i64,
    cookie: Option<String>,
    _folder: Arc<TempDir>,
}

/// An answer as it is read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) cookies: Vec<String>,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The page's HTML.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl From<Outgoing> for Answer {
    fn from(outgoing: Outgoing) -> Self {
        let values = |name| {
            let found = outgoing.headers.iter().filter(move |(known, _)| *known == name);
            found.map(|(_, value)| value.to_str().unwrap().to_owned())
        };
        Self {
            status: outgoing.status,
            location: values(LOCATION).next(),
            cookies: values(SET_COOKIE).collect(),
            bytes: outgoing.body,
        }
    }
}

impl Desk {
    /// An office with two villages and nobody signed in.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = CommuneConfig {
            name: "Xã Giả Lập".to_owned(),
            unit_word: "thôn".to_owned(),
            villages: vec![
                ("01".to_owned(), "Thôn Giả Lập 1".to_owned()),
                ("02".to_owned(), "Thôn Giả Lập 2".to_owned()),
            ],
            confidential_key: ConfidentialKey::from_bytes(KEY).public().unwrap(),
        };
        let options = OfficeOptions { random: Box::new(rand::rngs::StdRng::seed_from_u64(11)) };
        let office =
            Arc::new(Office::create(&folder.path().join("register.sqlite"), &config, options).unwrap());
        Self::of(office, folder)
    }

    /// A desk in an office that is already there.
    pub(crate) fn of(office: Arc<Office>, folder: TempDir) -> Self {
        let console = Arc::new(Console::new(Arc::clone(&office), folder.path().to_owned()));
        Self { console, office, clock: CLOCK, cookie: None, _folder: Arc::new(folder) }
    }

    /// Another browser at the same office, nobody signed in.
    pub(crate) fn beside(&self) -> Self {
        Self {
            console: Arc::clone(&self.console),
            office: Arc::clone(&self.office),
            clock: self.clock,
            cookie: None,
            _folder: Arc::clone(&self._folder),
        }
    }

    /// Creates an account with these roles and signs in to it.
    pub(crate) fn signed_in(mut self, login: &str, roles: &[Role]) -> Self {
        let roles: Roles = roles.iter().copied().collect();
        let code = self.office.invite(None, "Cán Bộ Giả Lập", &roles, None, self.clock).unwrap().text;
        // No two people of one name.
        let name = match login {
            "can-bo" => "Cán Bộ Giả Lập".to_owned(),
            other => format!("Cán Bộ Giả Lập {other}"),
        };
        let answer = self.post(
            "/office/invitation",
            &[
                ("code", &code),
                ("name", &name),
                ("login", login),
                ("password", PASSWORD),
                ("again", PASSWORD),
            ],
        );
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        self
    }

    /// The officer who does it all.
    pub(crate) fn officer() -> Self {
        Self::new().signed_in("can-bo", &Role::ALL)
    }

    /// A phone of these villages, enrolled with this key.
    pub(crate) fn enrol(&self, key: &SigningKey, villages: &[&str]) -> DeviceId {
        let villages: Vec<String> = villages.iter().map(|village| (*village).to_owned()).collect();
        let label = "Máy giả lập";
        let code = self.office.enrolment_code(label, &villages, 3600, self.clock).unwrap().text;
        let public_key = key.verifying_key().to_bytes();
        let proof = key.sign(&enrolment_signing_bytes(&code, &public_key)).to_bytes();
        let request =
            EnrolmentRequest { protocol: 1, code, public_key: public_key.into(), signature: proof.into() };
        self.office.enrol(&to_plain(&request), self.clock).unwrap();
        DeviceId::of_key(&public_key)
    }

    /// The same person, who reads English from now on.
    pub(crate) fn read_english(&mut self) {
        let session = self.cookie.take().unwrap_or_default();
        self.cookie = Some(format!("{session}; {}=en", super::asked::LANGUAGE_COOKIE));
    }

    fn request(&self, posts: bool, address: &str) -> (&'static Route, Incoming) {
        let (route, incoming) = find(posts, address).unwrap();
        let cookies = self.cookie.clone().unwrap_or_default();
        (route, Incoming { cookies, fetch_site: Some("same-origin".to_owned()), ..incoming })
    }

    fn ask(&mut self, route: &'static Route, incoming: Incoming) -> Answer {
        let answer = Answer::from(self.console.answer(route, incoming, self.clock));
        for cookie in &answer.cookies {
            let pair = cookie.split(';').next().unwrap();
            if pair.starts_with(super::asked::SESSION_COOKIE) {
                self.cookie = Some(pair.to_owned());
            }
        }
        answer
    }

    /// Opens a page.
    pub(crate) fn open(&mut self, address: &str) -> Answer {
        let (route, incoming) = self.request(false, address);
        self.ask(route, incoming)
    }

    /// Sends a form; the session's token comes along.
    pub(crate) fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(address, fields, &[])
    }

    /// Sends a form with files: field, name, bytes.
    pub(crate) fn send(
        &mut self,
        address: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        let (route, mut incoming) = self.request(true, address);
        let own = |(name, value): &(&str, &str)| -> Field { ((*name).to_owned(), (*value).to_owned()) };
        incoming.form = fields.iter().map(own).collect();
        incoming.files = files
            .iter()
            .map(|(field, name, bytes)| Upload {
                field: (*field).to_owned(),
                name: (*name).to_owned(),
                bytes: bytes.to_vec(),
            })
            .collect();
        if let Some(token) = self.token() {
            incoming.form.push(("csrf".to_owned(), token));
        }
        self.ask(route, incoming)
    }

    fn token(&self) -> Option<String> {
        let name = super::asked::cookie(self.cookie.as_deref()?, super::asked::SESSION_COOKIE)?;
        Some(self.console.sessions.find(name, self.clock)?.token.clone())
    }
}

#[test]
fn nobody_sees_anything_before_signing_in() {
    let mut desk = Desk::new();
    let _ = desk.beside().signed_in("can-bo", &Role::ALL);
    let mut closed = 0;
    for route in routes().filter(|route| route.access != Access::Anyone) {
        let incoming = Incoming {
            address: route.path.to_owned(),
            fetch_site: Some("same-origin".to_owned()),
            ..Incoming::default()
        };
        let answer = desk.ask(route, incoming);
        assert!(answer.text().contains("name=\"password\""), "{} asks to sign in", route.path);
        assert!(answer.cookies.is_empty());
        closed += 1;
    }
    assert!(closed > 20, "the routes are there");
}

#[test]
fn each_role_enters_its_own_areas_only() {
    let office = Desk::new();
    let mut desks = [
        (Role::Officer, office.beside().signed_in("can-bo", &[Role::Officer])),
        (Role::Confidential, office.beside().signed_in("bao-mat", &[Role::Confidential])),
        (Role::Keeper, office.beside().signed_in("giu-may", &[Role::Keeper])),
    ];
    for (role, desk) in &mut desks {
        for route in routes().filter(|route| !matches!(route.access, Access::Anyone | Access::SignedIn)) {
            let wanted = match route.access {
                Access::Officer => Role::Officer,
                Access::Confidential => Role::Confidential,
                _ => Role::Keeper,
            };
            if wanted == *role || route.path == "/office" {
                continue;
            }
            let mut incoming = Incoming { address: route.path.to_owned(), ..Incoming::default() };
            incoming.cookies = desk.cookie.clone().unwrap();
            incoming.fetch_site = Some("same-origin".to_owned());
            incoming.form = vec![("csrf".to_owned(), desk.token().unwrap())];
            let answer = desk.ask(route, incoming);
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role:?} at {}", route.path);
        }
    }
}

#[test]
fn a_form_without_the_token_or_from_another_site_changes_nothing() {
    let mut desk = Desk::officer();
    let before = desk.office.status().unwrap().log_position;
    let fields = [("name", "Người Giả Lập"), ("role", "officer")];
    let own = |(name, value): &(&str, &str)| -> Field { ((*name).to_owned(), (*value).to_owned()) };
    let (route, mut incoming) = desk.request(true, "/office/accounts/invite");
    incoming.form = fields.iter().map(own).collect();
    assert_eq!(desk.ask(route, incoming.clone()).status, StatusCode::FORBIDDEN, "no token");
    incoming.form.push(("csrf".to_owned(), "x".repeat(43)));
    assert_eq!(desk.ask(route, incoming.clone()).status, StatusCode::FORBIDDEN, "another's token");
    incoming.form.push(("csrf".to_owned(), desk.token().unwrap()));
    incoming.form.remove(2);
    for site in ["cross-site", "same-site"] {
        incoming.fetch_site = Some(site.to_owned());
        assert_eq!(desk.ask(route, incoming.clone()).status, StatusCode::FORBIDDEN, "{site}");
    }
    incoming.fetch_site = None;
    incoming.origin = Some("https://elsewhere.example".to_owned());
    incoming.host = Some("so.example".to_owned());
    assert_eq!(desk.ask(route, incoming.clone()).status, StatusCode::FORBIDDEN, "an older browser elsewhere");
    assert_eq!(desk.office.status().unwrap().log_position, before);
    incoming.origin = Some("https://so.example".to_owned());
    assert_eq!(desk.ask(route, incoming).status, StatusCode::OK);
    assert!(desk.office.status().unwrap().log_position > before);
}

#[test]
fn five_wrong_passwords_make_an_account_wait_and_the_right_one_too() {
    let mut desk = Desk::officer().beside();
    let wrong = [("login", "can-bo"), ("password", "một câu khác hẳn")];
    for _ in 0..5 {
        let answer = desk.post("/office/sign-in", &wrong);
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(!answer.text().contains("một câu khác hẳn"), "a password stands in no page");
    }
    let right = [("login", "can-bo"), ("password", PASSWORD)];
    assert_eq!(desk.post("/office/sign-in", &right).status, StatusCode::TOO_MANY_REQUESTS);
    desk.clock += 15 * 60 + 1;
    let answer = desk.post("/office/sign-in", &right);
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let cookie = &answer.cookies[0];
    for part in ["__Secure-sothon=", "; Path=/office", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[test]
fn a_session_ends_after_a_quarter_of_an_hour_and_what_was_typed_is_kept() {
    let mut desk = Desk::officer();
    assert!(desk.open("/office/account").text().contains("can-bo"));
    desk.clock += 14 * 60;
    assert!(desk.open("/office/account").text().contains("can-bo"));
    desk.clock += 15 * 60 + 1;
    let answer = desk.post("/office/accounts/invite", &[("name", "Người \"Giả\" Lập"), ("role", "officer")]);
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let kept = "name=Ng%C6%B0%E1%BB%9Di+%22Gi%E1%BA%A3%22+L%E1%BA%ADp&amp;role=officer";
    assert!(answer.text().contains(kept), "{}", answer.text());
    let answer = desk.post(
        "/office/sign-in",
        &[
            ("login", "can-bo"),
            ("password", PASSWORD),
            ("resume", "/office/accounts/invite"),
            ("resume_form", &kept.replace("&amp;", "&")),
        ],
    );
    assert_eq!(answer.status, StatusCode::OK);
    let page = answer.text();
    assert!(page.contains("action=\"/office/accounts/invite\""), "{page}");
    assert!(page.contains("value=\"Người &quot;Giả&quot; Lập\""), "{page}");
    assert!(page.contains(&desk.token().unwrap()), "the new session's token");
}

#[test]
fn a_sign_in_leads_to_no_other_site() {
    for place in
        ["https://elsewhere.example/", "//elsewhere.example", "/officeX", "/office/\\x", "/v1/letter"]
    {
        let mut desk = Desk::officer().beside();
        let fields = [("login", "can-bo"), ("password", PASSWORD), ("resume", place)];
        assert_eq!(desk.post("/office/sign-in", &fields).location.as_deref(), Some("/office"), "{place}");
    }
}

#[test]
fn an_invitation_works_once_and_an_officer_keeps_their_key_over_a_new_password() {
    let mut desk = Desk::officer();
    let code =
        desk.office.invite(None, "Người Giả Lập", &Roles::from([Role::Officer]), None, CLOCK).unwrap().text;
    let mut other = desk.beside();
    let fields = |code: &str, login: &str| {
        [
            ("code", code),
            ("name", "Người Giả Lập"),
            ("login", login),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let post = |desk: &mut Desk, fields: [(String, String); 5]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        desk.post("/office/invitation", &fields).status
    };
    assert_eq!(post(&mut other, fields("XXXX-XXXX-XXXX", "khac")), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(post(&mut other, fields(&code, "can-bo")), StatusCode::UNPROCESSABLE_ENTITY, "a taken name");
    assert_eq!(post(&mut other, fields(&code, "khac")), StatusCode::SEE_OTHER);
    assert_eq!(post(&mut other.beside(), fields(&code, "nua")), StatusCode::UNPROCESSABLE_ENTITY, "used");

    let device = |desk: &Desk| desk.office.accounts().unwrap()[0].device;
    let before = device(&desk);
    let new = "mười hai con giáp vàng";
    let answer =
        desk.post("/office/account/password", &[("old", PASSWORD), ("password", new), ("again", new)]);
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(device(&desk), before);
    let officer = desk.office.sign_in("can-bo", new, CLOCK).unwrap();
    assert_eq!(officer.author.device(), before, "the key that signs is the account's");
    assert!(desk.office.sign_in("can-bo", PASSWORD, CLOCK).is_err());
}

#[test]
fn all_that_is_wrong_with_an_invitation_is_told_at_once() {
    let mut desk = Desk::new();
    let fields =
        [("code", "XXXX-XXXX"), ("name", ""), ("login", "có dấu"), ("password", "ngắn"), ("again", "khác")];
    let answer = desk.post("/office/invitation", &fields);
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (field, _) in fields {
        assert!(answer.text().contains(&format!("id=\"e-{field}\"")), "{field}");
    }
}

#[test]
fn only_the_communes_own_key_opens_the_session_and_it_is_forgotten() {
    let mut desk = Desk::officer();
    let hex = |byte: &str| byte.repeat(32);
    let wrong = desk.send("/office/confidential", &[], &[("key", "khoa.key", hex("07").as_bytes())]);
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = desk.send("/office/confidential", &[], &[("key", "khoa.key", hex("09").as_bytes())]);
    assert_eq!(right.status, StatusCode::SEE_OTHER, "{}", right.text());
    let is_open =
        |desk: &mut Desk| desk.open("/office/confidential").text().contains("/office/confidential/close");
    assert!(is_open(&mut desk));
    desk.clock += 10 * 60;
    assert!(desk.open("/office/account").status.is_success());
    desk.clock += 10 * 60;
    assert!(!is_open(&mut desk), "a quarter of an hour without need");
}

#[test]
fn the_last_keeper_stays() {
    let mut desk = Desk::officer();
    let own = desk.office.accounts().unwrap()[0].id.to_string();
    let answer = desk.post("/office/accounts/close", &[("account", &own)]);
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(desk.office.set_disabled(None, own.parse().unwrap(), true, CLOCK).is_err());
    assert_eq!(desk.office.accounts().unwrap()[0].disabled_at, None);
}

#[test]
fn what_changes_about_an_account_elsewhere_ends_its_sessions() {
    let mut keeper = Desk::officer();
    let mut officer = keeper.beside().signed_in("khac", &[Role::Officer]);
    let id = |login: &str, desk: &Desk| {
        desk.office.accounts().unwrap().into_iter().find(|row| row.login == login).unwrap().id
    };
    let account = id("khac", &keeper);
    assert!(officer.open("/office/account").text().contains("khac"));
    // As the command line does it: another process, which knows no session.
    keeper.office.set_disabled(None, account, true, CLOCK).unwrap();
    assert!(officer.open("/office/account").text().contains("name=\"password\""), "closed");
    keeper.office.set_disabled(None, account, false, CLOCK).unwrap();
    let fields = [("login", "khac"), ("password", PASSWORD)];
    assert_eq!(officer.post("/office/sign-in", &fields).status, StatusCode::SEE_OTHER);
    let code =
        keeper.office.invite(None, "Khác", &Roles::from([Role::Keeper]), Some(account), CLOCK).unwrap().text;
    let anew = "một mật khẩu khác hẳn";
    keeper.office.accept(&code, "khac", "Người Khác", anew, CLOCK).unwrap();
    assert!(officer.open("/office/account").text().contains("name=\"password\""), "another key, other roles");
    assert!(keeper.open("/office/account").text().contains("can-bo"), "nobody else is signed out");
}

#[test]
fn a_code_that_is_still_out_reopens_no_closed_account_and_only_the_newest_is_good() {
    let desk = Desk::officer();
    let other = desk.beside().signed_in("khac", &[Role::Officer]);
    let account = other.office.accounts().unwrap().into_iter().find(|row| row.login == "khac").unwrap().id;
    let invite = || {
        desk.office.invite(None, "Khác", &Roles::from([Role::Officer]), Some(account), CLOCK).unwrap().text
    };
    let (first, second) = (invite(), invite());
    let accept = |code: &str| desk.office.accept(code, "khac", "Người Khác", "mật khẩu mới tinh tươm", CLOCK);
    assert_eq!(accept(&first), Err(crate::office::SignInError::Invitation), "an older code");
    desk.office.set_disabled(None, account, true, CLOCK).unwrap();
    assert_eq!(accept(&second), Err(crate::office::SignInError::Invitation), "of a closed account");
}

#[test]
fn nobody_takes_anothers_name_or_the_offices() {
    let desk = Desk::officer();
    let name = |name: &str| {
        let code = desk.office.invite(None, "X", &Roles::from([Role::Officer]), None, CLOCK).unwrap().text;
        desk.office.accept(&code, &format!("nguoi-{}", name.len()), name, "mật khẩu mới tinh tươm", CLOCK)
    };
    for taken in ["Cán Bộ Giả Lập", "CAN BO GIA LAP", "office", "Cán\u{202e}Bộ", "", &"x".repeat(61)]
    {
        assert_eq!(name(taken), Err(crate::office::SignInError::Name), "{taken:?}");
    }
    assert_eq!(name("Cán Bộ Giả Lập Hai"), Ok(()));
}

#[test]
fn a_password_typed_as_the_session_ended_comes_back_in_no_page() {
    let mut desk = Desk::officer();
    desk.clock += 16 * 60;
    let secret = "bí mật của tôi đây";
    let answer =
        desk.post("/office/account/password", &[("old", PASSWORD), ("password", secret), ("again", secret)]);
    let page = answer.text();
    assert!(page.contains("value=\"/office/account\""), "{page}");
    for part in ["resume_form", "b%C3%AD", secret, PASSWORD] {
        assert!(!page.contains(part), "{part}");
    }
}
