//! Lists and reports on demand: what changed in a period, the month's health-insurance changes, sudden cases.
//!
//! Enters: a period, perhaps a village; the facts as they stand. Leaves: pages that print, and the same lists as
//! workbooks. Invariants: an address carries days and codes only; what is only partly known is listed and marked, and
//! every sum is shown with its check; nothing here is written but that a list with names was taken out, or one read of
//! which sealed reports may be a part.

mod changes;
pub(super) mod days;
mod insurance;
pub(super) mod rows;
mod sudden;
#[cfg(test)]
mod tests;

use maud::{Markup, html};
use serde_json::Value as Json;
use sync_core::facts::HouseholdFacts;

use super::input::{Errors, date_field, select_field};
use super::villages::village_choices;
use super::{Access, Area, Asked, Fault, Reply, Route, exports};
use crate::office::{FactsAt, Households};
use crate::problem::Problem;
use days::Span;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/lists", Access::Officer, index),
    Route::get("/office/lists/changes", Access::Officer, changes::page),
    Route::get("/office/lists/insurance", Access::Officer, insurance::page),
    Route::get("/office/lists/sudden", Access::Officer, sudden::page),
];

/// Everything that can be asked for, with the days most people ask.
fn index(asked: &Asked) -> Result<Reply, Fault> {
    let villages = village_choices(asked, asked.today())?;
    let month = Span::of_month(asked.today());
    let none = Errors::default();
    let report = |path: &str, title: &str, why: &str, fields: Markup| {
        html! {
            section.card {
                h2 { (asked.t(title)) }
                p { (asked.t(why)) }
                form method="get" action={ "/office/lists/" (path) } {
                    (fields)
                    button type="submit" { (asked.t("lists.show")) }
                }
            }
        }
    };
    let body = html! {
        div.cards {
            (report("changes", "lists.changes", "lists.changes_why", html! {
                (span_fields(asked, "changes-", &month, &none)) (village_field(asked, "changes-", &villages, ""))
            }))
            (report("insurance", "lists.insurance", "lists.insurance_why", html! {
                (prefixed("insurance-", &insurance::month_field(asked, &month, &none)))
            }))
            (report("sudden", "lists.sudden", "lists.sudden_why", span_fields(asked, "sudden-", &month, &none)))
        }
        h2 { (asked.t("lists.reports")) }
        ul {
            li { a href="/office/report/half" { (asked.t("lists.report_half")) } }
            li { a href="/office/report/year" { (asked.t("lists.report_year")) } }
            li { a href="/office/lists/register.xlsx" { (asked.t("lists.register")) } " · "
                a href="/office/settings/export-columns" { (asked.t("settings.export_columns")) } }
        }
        h2 { (asked.t("lists.by_circumstance")) }
        p { (asked.t("lists.by_circumstance_why")) }
        (exports::groups(asked)?)
    };
    Ok(asked.page(Area::Lists, asked.t("lists.title"), body))
}

/// Leaves word that a list was read of which opened reports may be a part: which list, never who is in it.
pub(super) fn note_restricted(asked: &Asked, facts: &FactsAt, mut list: Json) -> Result<(), Problem> {
    if facts.restricted.is_none() {
        return Ok(());
    }
    list["act"] = "restricted_list_read".into();
    asked.note(list)
}

/// Several forms on one page: the names of their fields' elements have to differ.
fn prefixed(prefix: &str, fields: &Markup) -> Markup {
    let text =
        fields.0.replace("=\"f-", &format!("=\"f-{prefix}")).replace("=\"e-", &format!("=\"e-{prefix}"));
    maud::PreEscaped(text)
}

/// First and last day.
fn span_fields(asked: &Asked, prefix: &str, span: &Span, errors: &Errors) -> Markup {
    let fields = html! {
        (date_field("from", asked.t("lists.from"), &span.typed_from, errors.of("from")))
        (date_field("to", asked.t("lists.to"), &span.typed_to, errors.of("to")))
    };
    prefixed(prefix, &fields)
}

/// All, or one village.
fn village_field(asked: &Asked, prefix: &str, villages: &[(String, String)], chosen: &str) -> Markup {
    let mut options = vec![(String::new(), asked.t("lists.whole_commune").to_owned())];
    options.extend(villages.iter().cloned());
    prefixed(prefix, &select_field("village", &rows::unit(asked), chosen, &options, None))
}

/// The households, each in the village in which it counts on the last day.
fn placed(asked: &Asked, facts: &FactsAt, span: &Span) -> Result<Households, Problem> {
    let map = asked.office().village_map(span.period.as_of())?;
    Ok(if map.is_identity() { facts.households.clone() } else { facts.households.placed(&map) })
}

/// Those of one village, or all.
fn in_village<'a>(
    households: &'a Households,
    village: Option<&'a str>,
) -> impl Iterator<Item = &'a HouseholdFacts> {
    households.iter().filter(move |household| village.is_none_or(|village| household.village == village))
}

/// The links that take a list out of the office.
fn take_out(asked: &Asked, address: &str) -> Markup {
    html! {
        p.screen-only {
            a.button href={ (address) "&file=xlsx" } { (asked.t("lists.xlsx")) } " "
            a.button href={ (address) "&file=csv" } { (asked.t("lists.csv")) } " "
            span.muted { (asked.t("lists.names_inside")) }
        }
    }
}
