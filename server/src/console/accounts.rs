//! Signing in and out, invitations, one's own account, everybody's accounts, and the confidential key.
//!
//! Invariant: a password is asked for and passed on, and stands in no page, message or log.

use maud::{Markup, html};
use serde_json::json;
use sync_core::seal::ConfidentialKey;
use zeroize::Zeroizing;

use super::access::Access;
use super::asked::SESSION_COOKIE;
use super::input::{Errors, file_field, group_error, password_field, text_field, tick_field};
use super::page::{Area, Say};
use super::{Asked, Fault, Reply, Route, Takes, limits, show};
use crate::office::accounts::PASSWORD_CHARS_MIN;
use crate::office::{Role, Roles, SignInError};
use axum::http::StatusCode;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/sign-in", Access::Anyone, sign_in_page),
    Route::post("/office/sign-in", Access::Anyone, sign_in),
    Route::post("/office/sign-out", Access::SignedIn, sign_out),
    Route::get("/office/invitation", Access::Anyone, invitation_page),
    Route::post("/office/invitation", Access::Anyone, accept),
    Route::get("/office/account", Access::SignedIn, account_page),
    Route::post("/office/account/password", Access::SignedIn, change_password),
    Route::get("/office/accounts", Access::Keeper, accounts_page),
    Route::post("/office/accounts/invite", Access::Keeper, invite),
    Route::post("/office/accounts/close", Access::Keeper, close),
    Route::get("/office/confidential", Access::Confidential, key_page),
    Route::upload("/office/confidential", Access::Confidential, open_key),
    Route::post("/office/confidential/close", Access::Confidential, close_key),
];

/// What is carried over a sign-in: an address, and the form that was posted to it.
#[derive(Default)]
struct Resume {
    address: String,
    form: Option<String>,
}

impl Resume {
    fn of_form(asked: &Asked) -> Self {
        let form = asked.field("resume_form");
        Self { address: asked.field("resume").to_owned(), form: (!form.is_empty()).then(|| form.to_owned()) }
    }

    /// An address of ours, or the first page.
    fn place(&self) -> &str {
        let is_ours = (self.address == "/office" || self.address.starts_with("/office/"))
            && !self.address.contains(['\\', '\n', '\r'])
            && !self.address.starts_with("/office/sign-");
        if is_ours { &self.address } else { "/office" }
    }

    fn fields(&self) -> Markup {
        html! {
            input type="hidden" name="resume" value=(self.address);
            @if let Some(form) = &self.form { input type="hidden" name="resume_form" value=(form); }
        }
    }
}

/// Instead of a page that needs somebody: the sign-in, which goes on where they were. What was typed comes along.
pub(super) fn sign_in_first(asked: &Asked, route: &Route) -> Reply {
    let query = asked.queries();
    let address = if asked.address() == "/office/account/password" {
        "/office/account".to_owned()
    } else if query.is_empty() || route.takes != Takes::Nothing {
        asked.address().to_owned()
    } else {
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        format!("{}?{}", asked.address(), encoded.extend_pairs(query).finish())
    };
    // A password stands in no page, not even in a hidden field.
    let has_password = asked.all_fields().iter().any(|(name, _)| name == "password");
    let form = (route.takes == Takes::Form && !has_password).then(|| {
        let fields = asked.all_fields().iter().filter(|(name, _)| name != "csrf");
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    });
    let form = form.filter(|form| form.len() <= limits::RESUME_BYTES_MAX);
    let resume = Resume { address, form };
    let status = if route.takes == Takes::Nothing { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    let errors = Errors::default();
    sign_in_again(
        asked,
        status,
        &resume,
        "",
        &errors,
        (route.takes != Takes::Nothing).then_some("frame.session_over"),
    )
}

fn sign_in_again(
    asked: &Asked,
    status: StatusCode,
    resume: &Resume,
    login: &str,
    errors: &Errors,
    note: Option<&str>,
) -> Reply {
    let first = asked.office().has_no_account().unwrap_or(false);
    let body = html! {
        @if first {
            p.card { (asked.t("frame.first_run")) " " a href="/office/invitation" { (asked.t("frame.first_run_link")) } }
        }
        @if let Some(note) = note { div.message.warn role="status" { p { (asked.t(note)) } } }
        form.narrow method="post" action="/office/sign-in" {
            @let fields = html! {
                (text_field("login", asked.t("frame.login"), login, errors.of("login")))
                (password_field("password", asked.t("frame.password"), errors.of("password"), "current-password"))
            };
            (errors.summary(asked))
            (resume.fields())
            (fields)
            button.primary type="submit" { (asked.t("frame.sign_in")) }
        }
        p { a href="/office/invitation" { (asked.t("frame.have_code")) } }
    };
    asked.page_with(status, Area::Account, asked.t("frame.sign_in_title"), body)
}

fn sign_in_page(asked: &Asked) -> Result<Reply, Fault> {
    if asked.session().is_some() {
        return Ok(Reply::see("/office"));
    }
    Ok(sign_in_again(asked, StatusCode::OK, &Resume::default(), "", &Errors::default(), None))
}

/// What a person is told of why they are not signed in.
fn why(asked: &Asked, error: &SignInError) -> (&'static str, String) {
    let text = |field, key: &str| (field, asked.t(key).to_owned());
    match error {
        SignInError::Wrong => text("password", "frame.wrong_password"),
        SignInError::Wait(until) => {
            ("password", asked.tn("frame.wait_until", &[("when", &show::moment(*until))]))
        }
        SignInError::Idle => text("login", "frame.account_idle"),
        SignInError::Invitation => text("code", "frame.wrong_code"),
        SignInError::Taken => text("login", "frame.login_taken"),
        SignInError::Password => {
            ("password", asked.tn("frame.password_too_easy", &[("count", &PASSWORD_CHARS_MIN.to_string())]))
        }
        SignInError::Login => text("login", "frame.login_shape"),
        SignInError::Name => text("name", "frame.name_missing"),
        SignInError::Office(_) => text("password", "frame.problem_busy"),
    }
}

fn begin(asked: &Asked, officer: crate::office::Officer) {
    let mut random = Zeroizing::new([0; 64]);
    asked.office().draw(|source| source.fill(&mut *random));
    asked.end_session();
    let name = asked.console().sessions.begin(officer, &random, asked.now());
    asked.set_cookie(format!("{SESSION_COOKIE}={name}; Path=/office; Secure; HttpOnly; SameSite=Strict"));
}

fn sign_in(asked: &Asked) -> Result<Reply, Fault> {
    let resume = Resume::of_form(asked);
    match asked.office().sign_in(asked.field("login"), asked.field("password"), asked.now()) {
        Ok(officer) => {
            let name = officer.name.clone();
            begin(asked, officer);
            Ok(match &resume.form {
                None => Reply::see(resume.place()),
                // The new session's token is not known to this page: it is asked for by the next one.
                Some(form) => going_on(asked, &name, resume.place(), form),
            })
        }
        Err(SignInError::Office(problem)) => Err(problem.into()),
        Err(error) => {
            let status = match error {
                SignInError::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::UNAUTHORIZED,
            };
            let mut errors = Errors::default();
            let (field, text) = why(asked, &error);
            errors.add(field, text);
            Ok(sign_in_again(asked, status, &resume, asked.field("login"), &errors, None))
        }
    }
}

/// After a sign-in in the middle of a form: everything typed, ready to be sent again.
fn going_on(asked: &Asked, name: &str, address: &str, form: &str) -> Reply {
    let again = Asked::new(
        std::sync::Arc::clone(asked.console()),
        super::Incoming {
            cookies: asked
                .cookies()
                .iter()
                .filter_map(|(_, value)| Some(value.to_str().ok()?.split(';').next()?.to_owned()))
                .collect::<Vec<_>>()
                .join("; "),
            ..asked.incoming().clone()
        },
        asked.now(),
    );
    let fields: Vec<(String, String)> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let body = html! {
        p { (again.tn("frame.go_on", &[("name", name)])) }
        dl.facts { @for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            dt { (show::whole(name)) } dd { (show::whole(value)) }
        } }
        form method="post" action=(address) {
            (again.token())
            @for (name, value) in &fields { input type="hidden" name=(name) value=(value); }
            button.primary type="submit" { (again.t("frame.go_on_button")) }
            " " a.button href="/office" { (again.t("frame.go_on_drop")) }
        }
    };
    again.page(Area::Account, again.t("frame.go_on_title"), body)
}

fn sign_out(asked: &Asked) -> Result<Reply, Fault> {
    asked.end_session();
    asked.office().forget_opened();
    asked
        .set_cookie(format!("{SESSION_COOKIE}=; Path=/office; Max-Age=0; Secure; HttpOnly; SameSite=Strict"));
    Ok(Reply::see("/office/sign-in"))
}

fn invitation_page(asked: &Asked) -> Result<Reply, Fault> {
    Ok(invitation_again(asked, StatusCode::OK, &Errors::default()))
}

fn invitation_again(asked: &Asked, status: StatusCode, errors: &Errors) -> Reply {
    let field = |name: &str, key: &str| text_field(name, &asked.tu(key), asked.field(name), errors.of(name));
    let body = html! {
        p { (asked.t("frame.invitation_intro")) }
        form.narrow method="post" action="/office/invitation" {
            @let fields = html! {
                (field("code", "frame.code"))
                (field("name", "frame.your_name"))
                (field("login", "frame.choose_login"))
                (password_field("password", &asked.tn("frame.choose_password", &[("count", &PASSWORD_CHARS_MIN.to_string())]), errors.of("password"), "new-password"))
                (password_field("again", asked.t("frame.password_again"), errors.of("again"), "new-password"))
            };
            (errors.summary(asked))
            (fields)
            button.primary type="submit" { (asked.t("frame.create_account")) }
        }
    };
    asked.page_with(status, Area::Account, asked.t("frame.invitation_title"), body)
}

fn accept(asked: &Asked) -> Result<Reply, Fault> {
    let (code, login) = (asked.field("code"), asked.field("login"));
    let (name, password) = (asked.field("name"), asked.field("password"));
    let (office, now) = (asked.office(), asked.now());
    let differs = password != asked.field("again");
    // All that can be told before anything is taken up is told at once.
    let wrong = match asked.console().codes.attempt(now) {
        Ok(()) => office.accept_errors(code, login, name, password, now),
        Err(wait) => Err(wait),
    };
    let outcome = wrong.map_err(|error| vec![error]).and_then(|wrong| {
        if differs || !wrong.is_empty() {
            return Err(wrong);
        }
        let accepted = office.accept(code, login, name, password, now);
        accepted.and_then(|()| office.sign_in(login, password, now)).map_err(|error| vec![error])
    });
    let wrong = match outcome {
        Ok(officer) => {
            begin(asked, officer);
            return Ok(Reply::see("/office"));
        }
        Err(wrong) => wrong,
    };
    let mut errors = Errors::default();
    if differs {
        errors.add("again", asked.t("frame.passwords_differ"));
    }
    for error in wrong {
        let (field, text) = why(asked, &error);
        match error {
            SignInError::Office(problem) => return Err(problem.into()),
            SignInError::Wait(_) => errors.add("code", text),
            SignInError::Invitation => {
                asked.console().codes.was_wrong(now);
                errors.add(field, text);
            }
            _ => errors.add(field, text),
        }
    }
    Ok(invitation_again(asked, StatusCode::UNPROCESSABLE_ENTITY, &errors))
}

fn roles(asked: &Asked, roles: &Roles) -> String {
    let names: Vec<&str> = roles.iter().map(|role| asked.t(role_words(*role))).collect();
    names.join(", ")
}

fn role_words(role: Role) -> &'static str {
    match role {
        Role::Officer => "frame.role_officer",
        Role::Confidential => "frame.role_confidential",
        Role::Keeper => "frame.role_keeper",
    }
}

fn account_page(asked: &Asked) -> Result<Reply, Fault> {
    Ok(account_again(asked, StatusCode::OK, &Errors::default()))
}

fn account_again(asked: &Asked, status: StatusCode, errors: &Errors) -> Reply {
    let officer = asked.officer();
    let body = html! {
        dl.facts {
            dt { (asked.t("frame.login")) } dd { (officer.login) }
            dt { (asked.t("frame.roles")) } dd { (roles(asked, &officer.roles)) }
            dt { (asked.t("frame.signing_device")) } dd { code { (officer.author.device()) } }
        }
        h2 { (asked.t("frame.change_password")) }
        form.narrow method="post" action="/office/account/password" {
            (asked.token())
            @let fields = html! {
                (password_field("old", asked.t("frame.old_password"), errors.of("old"), "current-password"))
                (password_field("password", &asked.tn("frame.choose_password", &[("count", &PASSWORD_CHARS_MIN.to_string())]), errors.of("password"), "new-password"))
                (password_field("again", asked.t("frame.password_again"), errors.of("again"), "new-password"))
            };
            (errors.summary(asked))
            (fields)
            button.primary type="submit" { (asked.t("frame.change_password")) }
        }
    };
    asked.page_with(status, Area::Account, &officer.name, body)
}

fn change_password(asked: &Asked) -> Result<Reply, Fault> {
    let mut errors = Errors::default();
    let (old, new) = (asked.field("old"), asked.field("password"));
    if new != asked.field("again") {
        errors.add("again", asked.t("frame.passwords_differ"));
    } else {
        match asked.office().change_password(asked.officer(), old, new, asked.now()) {
            Ok(()) => {
                asked.console().sessions.end_others(asked.officer().account, asked.session());
                asked.say(Say::Done, asked.t("frame.password_changed").to_owned());
                return Ok(Reply::see("/office/account"));
            }
            Err(SignInError::Office(problem)) => return Err(problem.into()),
            Err(error) => {
                let (_, text) = why(asked, &error);
                errors.add(if error == SignInError::Password { "password" } else { "old" }, text);
            }
        }
    }
    Ok(account_again(asked, StatusCode::UNPROCESSABLE_ENTITY, &errors))
}

fn accounts_page(asked: &Asked) -> Result<Reply, Fault> {
    accounts_again(asked, StatusCode::OK, &Errors::default(), None)
}

fn accounts_again(
    asked: &Asked,
    status: StatusCode,
    errors: &Errors,
    code: Option<&crate::office::Invitation>,
) -> Result<Reply, Fault> {
    let accounts = asked.office().accounts()?;
    let body = html! {
        @if let Some(invitation) = code {
            div.card role="status" {
                p { (asked.t("frame.invited")) }
                p.code-large { code { (invitation.text) } }
                p.muted { (asked.tn("frame.invited_until", &[("when", &show::moment(invitation.expires_at))])) }
            }
        }
        table.grid {
            caption { (asked.t("frame.accounts")) }
            thead { tr {
                th scope="col" { (asked.t("frame.login")) } th scope="col" { (asked.t("frame.name")) }
                th scope="col" { (asked.t("frame.roles")) } th scope="col" { (asked.t("frame.seen")) }
                th scope="col" { span.visually-hidden { (asked.t("frame.actions")) } }
            } }
            tbody { @for account in &accounts { tr {
                td { (account.login) }
                td { bdi { (account.name) } @if account.disabled_at.is_some() { " " span.tag.tag-bad { (asked.t("frame.closed")) } } }
                td { (roles(asked, &account.roles)) }
                td { (show::moment(account.seen_at)) }
                td.row-actions {
                    form method="post" action="/office/accounts/close" {
                        (asked.token())
                        input type="hidden" name="account" value=(account.id);
                        @if account.disabled_at.is_some() {
                            button type="submit" name="open" value="1" { (asked.t("frame.reopen_account")) }
                        } @else if account.id != asked.officer().account {
                            button type="submit" data-confirm=(asked.t("frame.close_account_sure")) { (asked.t("frame.close_account")) }
                        }
                    }
                    form method="post" action="/office/accounts/invite" {
                        (asked.token())
                        input type="hidden" name="account" value=(account.id);
                        input type="hidden" name="name" value=(account.name);
                        @for role in &account.roles { input type="hidden" name="role" value=(role.code()); }
                        button type="submit" data-confirm=(asked.t("frame.new_password_sure")) { (asked.t("frame.new_password_code")) }
                    }
                }
            } } }
        }
        h2 { (asked.t("frame.invite")) }
        form.narrow method="post" action="/office/accounts/invite" {
            (asked.token())
            @let fields = html! {
                (text_field("name", asked.t("frame.name"), asked.field("name"), errors.of("name")))
                fieldset {
                    legend { (asked.t("frame.roles")) }
                    @for role in Role::ALL {
                        (tick_field("role", role.code(), asked.t(role_words(role)), asked.fields("role").any(|code| code == role.code())))
                    }
                    (group_error(asked.t("frame.roles"), errors.of("role")))
                }
            };
            (errors.summary(asked))
            (fields)
            button.primary type="submit" { (asked.t("frame.invite_button")) }
        }
    };
    Ok(asked.page_with(status, Area::Settings, asked.t("frame.accounts"), body))
}

fn invite(asked: &Asked) -> Result<Reply, Fault> {
    let roles: Roles =
        Role::ALL.into_iter().filter(|role| asked.fields("role").any(|code| code == role.code())).collect();
    let mut errors = Errors::default();
    if asked.field("name").is_empty()
        || asked.field("name").chars().count() > crate::office::accounts::NAME_CHARS_MAX
    {
        errors.add("name", asked.t("frame.name_missing"));
    }
    if roles.is_empty() {
        errors.add("role", asked.t("frame.role_missing"));
    }
    if !errors.is_empty() {
        return accounts_again(asked, StatusCode::UNPROCESSABLE_ENTITY, &errors, None);
    }
    let account = asked.field("account").parse().ok();
    let invitation = asked.office().invite(
        Some(&asked.officer().author),
        asked.field("name"),
        &roles,
        account,
        asked.now(),
    )?;
    accounts_again(asked, StatusCode::OK, &Errors::default(), Some(&invitation))
}

fn close(asked: &Asked) -> Result<Reply, Fault> {
    let account: u64 = asked.field("account").parse().map_err(|_| Fault::NotFound)?;
    let open = asked.has("open");
    if !open && account == asked.officer().account {
        return Err(Fault::Refused(StatusCode::CONFLICT, "frame.not_your_own"));
    }
    asked.office().set_disabled(Some(&asked.officer().author), account, !open, asked.now())?;
    if !open {
        asked.console().sessions.end_others(account, None);
    }
    asked.say(
        Say::Done,
        asked.t(if open { "frame.account_reopened" } else { "frame.account_closed" }).to_owned(),
    );
    Ok(Reply::see("/office/accounts"))
}

fn key_page(asked: &Asked) -> Result<Reply, Fault> {
    Ok(key_again(asked, StatusCode::OK, &Errors::default()))
}

fn key_again(asked: &Asked, status: StatusCode, errors: &Errors) -> Reply {
    let open = asked.session().is_some_and(|session| session.holds_key(asked.now()));
    let minutes = (limits::KEY_IDLE.as_secs() / 60).to_string();
    let body = html! {
        p { (asked.tn("frame.key_intro", &[("minutes", &minutes)])) }
        @if open {
            form method="post" action="/office/confidential/close" {
                (asked.token())
                p { span.tag.tag-warn { (asked.t("frame.key_open")) } }
                button.primary type="submit" { (asked.t("frame.key_forget")) }
            }
        } @else {
            form.narrow method="post" action="/office/confidential" enctype="multipart/form-data" {
                (asked.token())
                @let fields = html! {
                    (file_field("key", asked.t("frame.key_file"), "", errors.of("key")))
                };
                (errors.summary(asked))
                (fields)
                button.primary type="submit" { (asked.t("frame.key_use")) }
            }
        }
    };
    asked.page_with(status, Area::Account, asked.t("frame.key_title"), body)
}

/// The key's file: 64 hexadecimal digits, as `sothon init` wrote it.
fn open_key(asked: &Asked) -> Result<Reply, Fault> {
    let bytes = asked.file("key").map(|file| file.bytes.as_slice()).unwrap_or_default();
    let text = std::str::from_utf8(bytes).unwrap_or_default().trim();
    let key =
        text.parse::<sync_core::id::ChangeHash>().ok().map(|bytes| ConfidentialKey::from_bytes(bytes.0));
    let Some(key) =
        key.filter(|key| key.public().is_ok_and(|key| key == asked.office().commune().confidential_key))
    else {
        let mut errors = Errors::default();
        errors.add("key", asked.t("frame.key_wrong"));
        return Ok(key_again(asked, StatusCode::UNPROCESSABLE_ENTITY, &errors));
    };
    asked.note(json!({ "act": "confidential_key_opened" }))?;
    if let Some(session) = asked.session() {
        session.hold_key(Some(key), asked.now());
    }
    asked.say(Say::Done, asked.t("frame.key_opened").to_owned());
    Ok(Reply::see("/office"))
}

fn close_key(asked: &Asked) -> Result<Reply, Fault> {
    if let Some(session) = asked.session() {
        session.hold_key(None, asked.now());
    }
    asked.office().forget_opened();
    asked.say(Say::Done, asked.t("frame.key_forgotten").to_owned());
    Ok(Reply::see("/office"))
}
