//! The layout of every page, what is said on it, and the pages for what goes wrong.

use axum::http::StatusCode;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::access::Access;
use super::{Asked, Fault, Reply, Route, assets};
use crate::office::Role;
use crate::problem::{Code, Problem};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/{*unknown}", Access::Anyone, |_| Err(Fault::NotFound)),
    Route::post("/office/language", Access::Anyone, language),
];

/// The parts of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// Where everything stands.
    Today,
    /// Review rounds.
    Rounds,
    /// Households and people.
    Register,
    /// What waits for a decision.
    Decide,
    /// Official forms and filings.
    Forms,
    /// Targets.
    Targets,
    /// Lists and reports on demand.
    Lists,
    /// Set-up and import.
    Settings,
    /// The person's own account, and signing in.
    Account,
}

impl Area {
    /// Name, as used for words and assets.
    fn name(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Rounds => "rounds",
            Self::Register => "register",
            Self::Decide => "decide",
            Self::Forms => "forms",
            Self::Targets => "targets",
            Self::Lists => "lists",
            Self::Settings => "settings",
            Self::Account => "account",
        }
    }
}

/// The menu: area, address, words, and who sees it.
const MENU: &[(Area, &str, &str, Option<Role>)] = &[
    (Area::Today, "/office", "frame.menu_today", Some(Role::Officer)),
    (Area::Rounds, "/office/rounds", "frame.menu_rounds", Some(Role::Officer)),
    (Area::Register, "/office/register", "frame.menu_register", Some(Role::Officer)),
    (Area::Decide, "/office/decide", "frame.menu_decide", Some(Role::Officer)),
    (Area::Forms, "/office/forms", "frame.menu_forms", Some(Role::Officer)),
    (Area::Targets, "/office/targets", "frame.menu_targets", Some(Role::Officer)),
    (Area::Lists, "/office/lists", "frame.menu_lists", Some(Role::Officer)),
    (Area::Settings, "/office/settings", "frame.menu_settings", None),
];

/// How something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    /// It was done.
    Done,
    /// Something wants a look.
    Warn,
}

/// Something said on the next page.
#[derive(Clone)]
pub(super) struct Message {
    pub(super) kind: Say,
    pub(super) text: String,
    /// Address to post to, which takes it back.
    pub(super) undo: Option<String>,
}

fn messages(asked: &Asked) -> Markup {
    let Some(session) = asked.session() else { return html! {} };
    let messages = std::mem::take(&mut session.state().messages);
    html! {
        @if !messages.is_empty() {
            div.messages role="status" {
                @for message in &messages {
                    div.message.warn[message.kind == Say::Warn] {
                        p { (message.text) }
                        @if let Some(undo) = &message.undo {
                            form method="post" action=(undo) {
                                (asked.token())
                                button type="submit" data-key="u" { (asked.t("frame.undo")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn menu(asked: &Asked, area: Area) -> Markup {
    let Some(session) = asked.session() else { return html! {} };
    let officer = &session.officer;
    html! {
        nav.menu aria-label=(asked.t("frame.menu")) {
            ul {
                @for (of, address, words, role) in MENU {
                    @if role.is_none_or(|role| officer.roles.contains(&role)) {
                        li { a href=(address) aria-current=[(*of == area).then_some("page")] { (asked.t(words)) } }
                    }
                }
            }
        }
    }
}

fn person(asked: &Asked) -> Markup {
    html! {
        div.person.screen-only {
            form.language method="post" action="/office/language" {
                input type="hidden" name="back" value=(asked.address());
                button.quiet type="submit" name="language" value=(asked.t("frame.other_language_code")) {
                    (asked.t("frame.other_language"))
                }
            }
            @if let Some(session) = asked.session() {
                @if session.officer.roles.contains(&Role::Confidential) {
                    a href="/office/confidential" {
                        @if session.holds_key(asked.now()) {
                            span.tag.tag-warn { (asked.t("frame.key_open")) }
                        } @else {
                            (asked.t("frame.key_closed"))
                        }
                    }
                }
                a href="/office/account" { bdi { (session.officer.name) } }
                form method="post" action="/office/sign-out" {
                    (asked.token())
                    button.quiet type="submit" { (asked.t("frame.sign_out")) }
                }
            }
        }
    }
}

/// A whole page.
pub(super) fn layout(asked: &Asked, area: Area, title: &str, body: &Markup) -> Markup {
    let commune = asked.office().commune_name();
    html! {
        (DOCTYPE)
        html lang=(asked.language().code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Sổ Thôn" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(assets::address("console.css"));
                @let own = [format!("{}.css", area.name()), format!("{}.js", area.name())];
                @if assets::exists(&own[0]) { link rel="stylesheet" href=(assets::address(&own[0])); }
                script src=(assets::address("console.js")) defer {}
                @if assets::exists(&own[1]) { script src=(assets::address(&own[1])) defer {} }
            }
            body {
                a.skip href="#main" { (asked.t("frame.skip")) }
                header.top {
                    div.brand { strong { "Sổ Thôn" } span { bdi { (commune) } } }
                    (menu(asked, area))
                    (person(asked))
                }
                main #main tabindex="-1" {
                    (messages(asked))
                    h1 { (title) }
                    (body)
                }
                footer.print-only {
                    p { (asked.tn("frame.printed", &[("commune", &commune), ("when", &super::show::moment(asked.now()))])) }
                }
            }
        }
    }
}

/// A page that says why something is not done, in the words of a key.
pub(super) fn refused(asked: &Asked, status: StatusCode, key: &str) -> Reply {
    let body = html! {
        p { (asked.t(key)) }
        p { a href="/office" { (asked.t("frame.to_start")) } }
    };
    asked.page_with(status, Area::Account, asked.t("frame.not_done"), body)
}

/// What is said of a problem, and what to do.
fn problem_words(code: Code) -> &'static str {
    match code {
        Code::BodyTooLarge | Code::LimitExceeded => "frame.problem_too_large",
        Code::RequestTimeout => "frame.problem_too_slow",
        Code::BodyMalformed => "frame.problem_malformed",
        Code::StorageFull => "frame.problem_disk_full",
        Code::StorageBusy | Code::Overloaded | Code::TooManyAttempts => "frame.problem_busy",
        _ => "frame.problem_internal",
    }
}

/// The page of a fault.
pub(super) fn fault(asked: &Asked, fault: &Fault) -> Reply {
    match fault {
        Fault::NotFound => refused(asked, StatusCode::NOT_FOUND, "frame.nothing_here"),
        Fault::Refused(status, key) => refused(asked, *status, key),
        Fault::Problem(problem) => problem_page(asked, problem),
    }
}

fn problem_page(asked: &Asked, problem: &Problem) -> Reply {
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // A session's problem is never "sign in": what devices are told to do does not fit a person.
    let status = if status == StatusCode::UNAUTHORIZED { StatusCode::INTERNAL_SERVER_ERROR } else { status };
    let body = html! {
        p { (asked.t(problem_words(problem.code))) }
        p.muted { (asked.tn("frame.problem_code", &[("code", problem.code.code())])) }
        p { a href="/office" { (asked.t("frame.to_start")) } }
    };
    asked.page_with(status, Area::Account, asked.t("frame.not_done"), body)
}

/// Keeps the language in a cookie, and goes back.
fn language(asked: &Asked) -> Result<Reply, Fault> {
    let language = super::Language::of(asked.field("language")).code();
    asked.set_cookie(format!(
        "{}={language}; Path=/office; Max-Age=31536000; Secure; HttpOnly; SameSite=Strict",
        super::asked::LANGUAGE_COOKIE
    ));
    let back = asked.field("back");
    let is_ours = back == "/office" || (back.starts_with("/office/") && !back.contains(['\\', '\n', '\r']));
    Ok(Reply::see(if is_ours { back } else { "/office" }))
}

/// Text with line breaks kept.
pub(super) fn lines(text: &str) -> Markup {
    let parts: Vec<String> = text.lines().map(|line| html! { (line) }.into_string()).collect();
    PreEscaped(parts.join("<br>"))
}
