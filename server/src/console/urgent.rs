//! Reports of children in danger: opened by an officer who holds the confidential key, each time as a deed of theirs.
//!
//! Enters: a sealed report, and the key that this session opened. Leaves: what the report says, on one page that no
//! address leads to again: it is the answer to the officer's own request, which the log records with their name.
//! Invariants: nothing opened is stored, logged or put into an address; a page that merely loads opens nothing, so
//! that no preview or stray link marks a report as read.

use axum::http::StatusCode;
use maud::{Markup, html};
use sync_core::document::shown_text;
use sync_core::id::{ActorId, EntityId, NoticeId};
use sync_core::notice::UrgentReport;

use super::villages::Villages;
use super::{Access, Area, Asked, Fault, Reply, Route, show};
use crate::office::UrgentRow;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/urgent/{id}", Access::Confidential, envelope),
    Route::post("/office/urgent/{id}", Access::Confidential, open),
];

fn known(asked: &Asked) -> Result<UrgentRow, Fault> {
    let id: NoticeId = asked.path("id").parse().map_err(|_| Fault::NotFound)?;
    asked.office().urgent_reports()?.into_iter().find(|row| row.id == id).ok_or(Fault::NotFound)
}

/// Who sent it and when, and the button that opens it.
fn envelope(asked: &Asked) -> Result<Reply, Fault> {
    let row = known(asked)?;
    let body = html! {
        (outside(asked, &row))
        @if asked.confidential_key().is_some() {
            p { (asked.t("today.open_says")) }
            form method="post" {
                (asked.token())
                button.primary type="submit" { (asked.t("today.open_now")) }
            }
        } @else {
            (key_first(asked))
        }
    };
    Ok(asked.page(Area::Today, asked.t("today.urgent_title"), body))
}

fn key_first(asked: &Asked) -> Markup {
    html! {
        p { (asked.t("today.key_first")) }
        p { a.button href="/office/confidential" { (asked.t("today.open_key")) } }
    }
}

/// What is known without the key.
fn outside(asked: &Asked, row: &UrgentRow) -> Markup {
    html! {
        nav.crumbs { a href="/office" { (asked.t("today.title")) } }
        dl.facts {
            dt { (asked.t("today.device")) } dd { (show::name(&row.label)) }
            dt { (asked.t("today.written")) } dd { (show::moment(row.made_at)) " " span.muted { (asked.t("today.their_clock")) } }
            dt { (asked.t("today.received")) } dd { (show::moment(row.received_at)) }
            dt { (asked.t("today.opened_first")) }
            dd {
                @match row.opened_at {
                    None => span.tag.tag-bad { (asked.t("today.unopened")) },
                    Some(at) => {
                        (show::moment(at)) ", " (show::name(row.opened_by.as_deref().unwrap_or_default()))
                    },
                }
            }
        }
    }
}

fn open(asked: &Asked) -> Result<Reply, Fault> {
    let row = known(asked)?;
    let Some(key) = asked.confidential_key() else {
        let body = html! { (outside(asked, &row)) (key_first(asked)) };
        return Ok(asked.page_with(StatusCode::CONFLICT, Area::Today, asked.t("today.urgent_title"), body));
    };
    let Some(report) = asked.office().open_urgent(
        Some(&asked.officer().author),
        row.id,
        &key,
        &asked.officer().name,
        asked.now(),
    )?
    else {
        let body = html! { (outside(asked, &row)) p.field-error { (asked.t("today.other_key")) } };
        return Ok(asked.page_with(StatusCode::CONFLICT, Area::Today, asked.t("today.urgent_title"), body));
    };
    // The office notes the first opening by itself; every one after it is somebody's deed too.
    asked.note(serde_json::json!({ "act": "read_urgent", "notice": row.id }))?;
    let row = known(asked)?;
    let body = html! {
        (outside(asked, &row))
        (inside(asked, &report))
        p.screen-only.muted { (asked.t("today.not_kept")) }
        button.screen-only type="button" hidden data-print { (asked.t("today.print")) }
    };
    Ok(asked.page(Area::Today, asked.t("today.urgent_title"), body))
}

fn inside(asked: &Asked, report: &UrgentReport) -> Markup {
    let kind = match report.kind.as_str() {
        "abuse" => "today.kind_abuse",
        "abandonment" => "today.kind_abandonment",
        "injury" => "today.kind_injury",
        "danger" => "today.kind_danger",
        _ => "today.kind_other",
    };
    let told = [
        ("today.about", &report.about),
        ("today.place", &report.place),
        ("today.happened", &report.happened),
        ("today.contact", &report.contact),
    ];
    html! {
        section.card.urgent aria-labelledby="report" {
            h2 #report { (asked.t(kind)) }
            dl.facts {
                @for (label, text) in told {
                    @if !text.is_empty() { dt { (asked.t(label)) } dd { (show::whole(text)) } }
                }
                (register(asked, report))
            }
            p { (asked.t("today.what_next")) }
        }
    }
}

/// The household and the person it names, if they are in the register.
fn register(asked: &Asked, report: &UrgentReport) -> Markup {
    let Some(document) = report.document else { return html! {} };
    // The household may not have been sent yet, or its visit was refused.
    let Ok(household) = asked.office().household(document, None, ActorId([0; 16])) else {
        return html! { dt { (asked.t("today.household")) } dd { (asked.t("today.not_here")) } };
    };
    let view = household.view();
    let village =
        Villages::on(asked, asked.today()).map_or_else(|_| view.village.clone(), |all| all.of(&view).1);
    let own = |field: &str| shown_text(&view.household, field).unwrap_or("–");
    let person = report.person.as_deref().and_then(|key| key.parse::<EntityId>().ok());
    html! {
        dt { (asked.t("today.household")) }
        dd {
            a href={ "/office/household/" (document) } { (show::name(own("head_name"))) }
            ", " (village) "/" (show::name(own("number"))) ", " (show::name(own("address")))
        }
        @if let Some((_, fields)) = person.and_then(|key| view.person(&key)) {
            dt { (asked.t("today.person")) }
            dd {
                (show::name(shown_text(fields, "name").unwrap_or("–"))) ", "
                (shown_text(fields, "birth_date").map(show::written_date).unwrap_or_default())
            }
        }
    }
}
