//! Sudden cases of a stretch of days (S01: "báo cáo kịp thời các trường hợp đột xuất"): deaths, injuries, urgent
//! reports, and circumstances that began.

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::catalogue::Name;
use sync_core::tally::happened::{Happened, Happening, happened};

use super::changes::{cause, circumstance};
use super::days::Span;
use super::rows::{self, Extra, File, Listed};
use super::{note_restricted, placed, span_fields, take_out};
use crate::console::input::Errors;
use crate::console::villages::Villages;
use crate::console::{Area, Asked, Fault, Reply, show};
use crate::office::UrgentRow;

/// Below this age one is a child.
const SIXTEEN: u8 = 16;

/// `/office/lists/sudden?from=&to=&page=`.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let mut errors = Errors::default();
    let span = Span::asked(asked, &mut errors);
    let fields = html! {
        form.filters.screen-only method="get" action="/office/lists/sudden" {
            (span_fields(asked, "", &span, &errors))
            button type="submit" { (asked.t("lists.show")) }
        }
    };
    let form = html! { (errors.summary(asked)) (fields) };
    if !errors.is_empty() {
        let title = asked.t("lists.sudden");
        return Ok(asked.page_with(StatusCode::UNPROCESSABLE_ENTITY, Area::Lists, title, form));
    }
    let facts = asked.facts()?;
    note_restricted(asked, &facts, span.noted("sudden", None))?;
    let households = placed(asked, &facts, &span)?;
    let all = happened(households.iter(), facts.restricted.as_deref(), span.period, SIXTEEN);
    let of = |take: fn(&Happening) -> bool| -> Vec<Listed> {
        all.iter().filter(|one| take(&one.what)).map(|one| row(asked, one)).collect()
    };
    let died = of(|what| matches!(what, Happening::Died(_)));
    let injured = of(|what| matches!(what, Happening::Injured(_)));
    let entered = of(|what| matches!(what, Happening::Entered(_)));
    let urgent: Vec<UrgentRow> = asked
        .office()
        .urgent_reports()?
        .into_iter()
        .filter(|report| {
            let day = sync_core::date::vietnam_day_of(report.received_at);
            span.period.from() <= day && day <= span.period.as_of()
        })
        .collect();
    let days = [("from", &*show::day(span.period.from())), ("to", &*show::day(span.period.as_of()))];
    let title = asked.tn("lists.sudden_title", &days);
    let address = format!("/office/lists/sudden?{}", span.query());
    let villages = Villages::on(asked, span.period.as_of())?;
    if let Some(file) = asked.query("file") {
        let name = format!("dot-xuat-{}-{}", span.period.from(), span.period.as_of());
        let mut list = File::of_people(asked, &villages, name, title, &[died, injured, entered].concat())?;
        for report in &urgent {
            let (when, remark) = (show::moment(report.received_at), envelope(asked, report));
            list.add_nameless(asked.t("lists.urgent").to_owned(), when, remark);
        }
        return list.send(asked, file);
    }
    let columns = [Extra::What, Extra::When];
    let body = html! {
        nav.crumbs { a href="/office/lists" { (asked.t("lists.title")) } }
        (form)
        dl.facts {
            dt { (asked.t("lists.deaths")) } dd { (died.len()) }
            dt { (asked.t("lists.injuries")) } dd { (injured.len()) }
            dt { (asked.t("lists.urgent")) } dd { (urgent.len()) }
            dt { (asked.t("lists.entered")) } dd { (entered.len()) }
        }
        (take_out(asked, &address))
        (rows::table(asked, &villages, &died, asked.t("lists.deaths"), &address, &columns)?)
        (rows::table(asked, &villages, &injured, asked.t("lists.injuries"), &address, &columns)?)
        (urgent_table(asked, &urgent))
        (rows::table(asked, &villages, &entered, asked.t("lists.entered"), &address, &columns)?)
        @if facts.restricted.is_none() { p.muted { (asked.t("lists.sealed_left_out")) } }
    };
    Ok(asked.page(Area::Lists, &title, body))
}

fn row(asked: &Asked, one: &Happened) -> Listed {
    let unknown = asked.t("lists.cause_unknown");
    let what = match &one.what {
        Happening::Died(of) => {
            format!("{}: {}", asked.t("lists.died"), cause(asked.language(), of.as_deref(), unknown))
        }
        Happening::Injured(of) => {
            format!("{}: {}", asked.t("lists.injured"), cause(asked.language(), of.as_deref(), unknown))
        }
        Happening::Entered(code) | Happening::Ended(code) => {
            show::code_label(asked.language(), Name::Circumstances, code)
        }
    };
    circumstance(one, what)
}

/// What is known of an urgent report without its key: who sent it, and whether somebody has opened it.
fn envelope(asked: &Asked, report: &UrgentRow) -> String {
    let opened = match report.opened_at {
        Some(at) => {
            let who = report.opened_by.as_deref().unwrap_or_default();
            format!("{}: {}, {who}", asked.t("lists.opened"), show::moment(at))
        }
        None => asked.t("lists.unopened").to_owned(),
    };
    format!("{}: {}; {opened}", asked.t("lists.device"), report.label)
}

fn urgent_table(asked: &Asked, urgent: &[UrgentRow]) -> Markup {
    html! {
        @if urgent.is_empty() { p.muted { (asked.t("lists.urgent")) ": " (asked.t("lists.none")) } }
        @else {
            table.grid {
                caption { (asked.t("lists.urgent")) " (" (urgent.len()) ")" }
                thead { tr {
                    th scope="col" { (asked.t("lists.received")) }
                    th scope="col" { (asked.t("lists.device")) }
                    th scope="col" { (asked.t("lists.opened")) }
                } }
                tbody { @for report in urgent { tr {
                    td { a href={ "/office/urgent/" (report.id) } { (show::moment(report.received_at)) } }
                    td { (show::name(&report.label)) }
                    td { @match report.opened_at {
                        Some(at) => { (show::moment(at)) ", " (show::name(report.opened_by.as_deref().unwrap_or_default())) },
                        None => span.tag.tag-bad { (asked.t("lists.unopened")) },
                    } }
                } } }
            }
        }
    }
}
