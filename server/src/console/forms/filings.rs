//! What was filed: who signed it and when, its revisions, its prints, counted again, and what changed since.

use axum::http::StatusCode;
use maud::{Markup, html};
use serde_json::json;

use super::super::{Area, Asked, Fault, Reply, show};
use super::scope::{encoded, slug};
use super::sheet::{foot, heading, line_name, table};
use crate::office::{Difference, Filing, FilingError, Frozen, Place, Reproduction, Signed};
use crate::problem::Code;
use crate::report::{self, Filled};

/// Differences shown on a page.
const DIFFERENCES_MAX: usize = 200;

pub(super) fn fault(error: FilingError) -> Fault {
    match error {
        FilingError::Office(problem) => problem.into(),
        FilingError::Fill(error) => super::scope::fault(error),
        FilingError::KeyNeeded => Fault::Refused(StatusCode::FORBIDDEN, "filings.key_needed"),
        FilingError::Damaged => Fault::Refused(StatusCode::CONFLICT, "filings.damaged"),
        FilingError::FiledMeanwhile => Fault::Refused(StatusCode::CONFLICT, "forms.filed_meanwhile"),
        FilingError::ReasonNeeded(_) | FilingError::ReasonTooLong => Code::BodyMalformed.into(),
    }
}

pub(super) fn list(asked: &Asked) -> Result<Reply, Fault> {
    let filings = asked.office().filings()?;
    let pages = filings.len().div_ceil(super::super::limits::ROWS_A_PAGE).max(1);
    let number: usize = asked.query("page").map_or(Ok(1), str::parse).unwrap_or(0);
    if !(1..=pages).contains(&number) {
        return Err(Fault::NotFound);
    }
    let first = (number - 1) * super::super::limits::ROWS_A_PAGE;
    let shown = &filings[first..filings.len().min(first + super::super::limits::ROWS_A_PAGE)];
    let body = html! {
        nav.crumbs { a href="/office/forms" { (asked.t("forms.title")) } }
        @if filings.is_empty() { p { (asked.t("filings.none")) } } @else { (filings_table(asked, shown)?) }
        @if pages > 1 {
            nav.pager aria-label=(asked.t("forms.pages")) {
                @for page in 1..=pages { a href={ "/office/filings?page=" (page) } aria-current=[(page == number).then_some("page")] { (page) } " " }
            }
        }
    };
    Ok(asked.page(Area::Forms, asked.t("filings.title"), body))
}

/// Filings as rows.
pub(super) fn filings_table(asked: &Asked, filings: &[Filing]) -> Result<Markup, Fault> {
    Ok(html! {
        table.grid aria-label=(asked.t("filings.title")) {
            thead { tr {
                th scope="col" { (asked.t("filings.number")) }
                th scope="col" { (asked.t("forms.form")) }
                th scope="col" { (asked.t("filings.period")) }
                th scope="col" { (asked.t("forms.where")) }
                th scope="col" { (asked.t("filings.revision")) }
                th scope="col" { (asked.t("filings.filed_at")) }
                th scope="col" { (asked.t("filings.by")) }
            } }
            tbody {
                @for filing in filings {
                    tr {
                        th scope="row" { a href={ "/office/filings/" (filing.number) } { (filing.number) } }
                        td { (filing.form) }
                        td { (asked.tn("forms.from_to", &[("from", &show::day(filing.from)), ("to", &show::day(filing.as_of))])) }
                        td { (filing.village.as_deref().unwrap_or(asked.t("forms.whole_commune"))) }
                        td.num { (filing.revision) }
                        td { (show::moment(filing.filed_at)) }
                        td { (show::name(&filing.officer)) }
                    }
                }
            }
        }
    })
}

fn found(asked: &Asked) -> Result<Filing, Fault> {
    let number = asked.path("id").parse().map_err(|_| Fault::NotFound)?;
    Ok(asked.office().filing(number)?)
}

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let filing = found(asked)?;
    let frozen = asked.office().frozen(filing.number).map_err(fault)?;
    let title = asked.tn(
        "filings.one",
        &[("number", &filing.number.to_string()), ("form", &filing.form), ("day", &show::day(filing.as_of))],
    );
    let print = Filled { filing: Some(filing.mark()), ..frozen.filled.clone() };
    let body = html! {
        nav.crumbs.screen-only {
            a href="/office/forms" { (asked.t("forms.title")) } " › " a href="/office/filings" { (asked.t("filings.title")) } " › " (filing.number)
        }
        (facts(asked, &filing, &frozen)?)
        (actions(asked, &filing))
        @if asked.query("again").is_some() { (reproduced(asked, &filing)?) }
        @if asked.query("since").is_some() { (since(asked, &frozen)?) }
        (revisions(asked, &filing)?)
        (heading(&print))
        (table(asked, &print, &[], None))
        (foot(&print))
    };
    Ok(asked.page(Area::Forms, &title, body))
}

/// Who, when, what: everything that identifies the filing.
fn facts(asked: &Asked, filing: &Filing, frozen: &Frozen) -> Result<Markup, Fault> {
    let (tag, words) = match asked.office().filing_signed(filing)? {
        Signed::Fits => ("tag tag-ok", "filings.signature_fits"),
        Signed::Forged => ("tag tag-bad", "filings.signature_forged"),
        Signed::Altered => ("tag tag-bad", "filings.signature_altered"),
    };
    let newest = filing.wanted().map(|wanted| asked.office().filings_of(&wanted)).transpose()?;
    let newer = newest.and_then(|all| all.into_iter().next()).filter(|other| other.number != filing.number);
    Ok(html! {
        @if let Some(newer) = newer {
            p.message.warn { (asked.t("filings.superseded")) " " a href={ "/office/filings/" (newer.number) } {
                (asked.tn("filings.number_revision", &[("number", &newer.number.to_string()), ("revision", &newer.revision.to_string())])) } }
        }
        dl.filing.screen-only {
            dt { (asked.t("filings.signature")) } dd { span class=(tag) { (asked.t(words)) } }
            dt { (asked.t("filings.by")) } dd { (show::name(&filing.officer)) " · " code { (filing.device) } }
            dt { (asked.t("filings.filed_at")) } dd { (show::moment(filing.filed_at)) }
            dt { (asked.t("filings.revision")) } dd { (filing.revision) }
            @if !filing.reason.is_empty() { dt { (asked.t("forms.reason")) } dd { (show::whole(&filing.reason)) } }
            dt { (asked.t("filings.known_at")) } dd { (show::number(filing.known_at)) }
            dt { (asked.t("filings.definition")) } dd { (frozen.filled.form.form) " " (frozen.filled.form.edition) " · " code.digest { (filing.definition) } }
            dt { (asked.t("filings.sealed")) } dd { (asked.t(if filing.opened { "filings.opened" } else { "filings.not_opened" })) }
            dt { (asked.t("filings.digest")) } dd { code.digest { (filing.digest) } }
        }
    })
}

fn actions(asked: &Asked, filing: &Filing) -> Markup {
    let page = format!("/office/filings/{}", filing.number);
    html! {
        div.row-actions.screen-only {
            @for kind in ["xlsx", "pdf", "csv", "json"] {
                a.button href={ (page) "/file/" (kind) } download { (asked.t("filings.download")) " " (kind.to_uppercase()) }
            }
            form method="get" action=(page) {
                button type="submit" name="again" value="1" { (asked.t("filings.reproduce")) }
            }
            form method="get" action=(page) {
                button type="submit" name="since" value="1" { (asked.t("filings.since")) }
            }
            a.button href={ "/office/forms/" (slug(&filing.form)) "?as_of=" (filing.as_of) "&from=" (filing.from)
                @if let Some(village) = &filing.village { "&village=" (encoded(village)) } } { (asked.t("filings.form_now")) }
        }
    }
}

fn reproduced(asked: &Asked, filing: &Filing) -> Result<Markup, Fault> {
    let key = asked.confidential_key();
    let reproduction = match asked.office().reproduce(filing.number, key.as_ref()) {
        Err(FilingError::KeyNeeded) => {
            return Ok(html! { section role="status" { p.message.warn { (asked.t("filings.key_needed")) " "
            a href="/office/confidential" { (asked.t("forms.open_key")) } } } });
        }
        outcome => outcome.map_err(fault)?,
    };
    let frozen = asked.office().frozen(filing.number).map_err(fault)?;
    Ok(html! {
        section role="status" aria-labelledby="again" {
            h2 #again { (asked.t("filings.reproduced")) }
            @match &reproduction {
                Reproduction::Same => p { span.tag.tag-ok { (asked.t("filings.same")) } " "
                    (asked.tn("filings.same_means", &[("position", &show::number(filing.known_at))])) },
                Reproduction::Differs { at, differences } => {
                    p.message.bad { (asked.tn("filings.differs", &[("at", &show::number(*at as u64))])) }
                    (differences_table(asked, &frozen.filled, &differences[..differences.len().min(1)], "filings.again"))
                },
            }
        }
    })
}

/// What the register would say now.
fn since(asked: &Asked, frozen: &Frozen) -> Result<Markup, Fault> {
    let facts = if frozen.opened { asked.facts()? } else { asked.office().facts_now(None)? };
    let differences = asked.office().changed_since(frozen, &facts).map_err(super::scope::fault)?;
    Ok(html! {
        section role="status" aria-labelledby="since" {
            h2 #since { (asked.t("filings.since")) }
            @if frozen.opened && facts.restricted.is_none() { p.message.warn { (asked.t("filings.since_without_key")) } }
            @if differences.is_empty() {
                p { span.tag.tag-ok { (asked.t("filings.nothing_since")) } }
            } @else {
                p { (asked.tn("filings.changed_since", &[("count", &differences.len().to_string())])) }
                (differences_table(asked, &frozen.filled, &differences[..differences.len().min(DIFFERENCES_MAX)], "filings.now"))
            }
        }
    })
}

fn differences_table(asked: &Asked, filled: &Filled, differences: &[Difference], now: &str) -> Markup {
    html! {
        @if !differences.is_empty() {
            table.grid aria-label=(asked.t("filings.differences")) {
                thead { tr {
                    th scope="col" { (asked.t("filings.where")) }
                    th scope="col" { (asked.t("filings.then")) }
                    th scope="col" { (asked.t(now)) }
                } }
                tbody { @for difference in differences {
                    tr { td { (place(asked, filled, &difference.place)) } td.num { (show::name(&difference.then)) } td.num { (show::name(&difference.now)) } }
                } }
            }
        }
    }
}

fn place(asked: &Asked, filled: &Filled, place: &Place) -> Markup {
    let key = match place {
        Place::Heading => "filings.place_heading",
        Place::Village => "filings.place_village",
        Place::Definition => "filings.place_definition",
        Place::Signatories => "filings.place_signatories",
        Place::Parameter(key) => {
            let known = filled.form.parameters.iter().find(|parameter| parameter.key == *key);
            return html! { (known.map_or(key.as_str(), |parameter| parameter.label.as_str())) };
        }
        Place::Cell { line, column } => {
            let period = filled.tally.period;
            let address = format!(
                "/office/forms/{}/cell?as_of={}&from={}&line={}&column={}",
                slug(&filled.form.form),
                period.as_of(),
                period.from(),
                encoded(line),
                encoded(column)
            );
            let village = filled.village.as_ref().map(|(code, _)| format!("&village={}", encoded(code)));
            return html! { a href={ (address) (village.unwrap_or_default()) } {
            (line_name(&filled.form, line)) ", " (asked.t("forms.column")) " " (column) } };
        }
    };
    html! { (asked.tu(key)) }
}

fn revisions(asked: &Asked, filing: &Filing) -> Result<Markup, Fault> {
    let all = match filing.wanted() {
        Some(wanted) => asked.office().filings_of(&wanted)?,
        None => Vec::new(),
    };
    Ok(html! {
        @if all.len() > 1 {
            section.screen-only aria-labelledby="revisions" {
                h2 #revisions { (asked.t("filings.revisions")) }
                (filings_table(asked, &all)?)
            }
        }
    })
}

/// A print of the filing. The JSON is what was frozen, byte for byte: its SHA-256 is the digest.
pub(super) fn file(asked: &Asked) -> Result<Reply, Fault> {
    let filing = found(asked)?;
    let frozen = asked.office().frozen(filing.number).map_err(fault)?;
    let filled = Filled { filing: Some(filing.mark()), ..frozen.filled };
    let failed = || Fault::Problem(Code::Internal.into());
    let (media, bytes) = match asked.path("kind") {
        "xlsx" => (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            report::xlsx(&filled).map_err(|_| failed())?,
        ),
        "pdf" => ("application/pdf", report::pdf(&filled).map_err(|_| failed())?),
        "csv" => ("text/csv; charset=utf-8", report::csv(&filled)),
        "json" => ("application/json", asked.office().frozen_bytes(filing.number)?),
        _ => return Err(Fault::NotFound),
    };
    let kind = asked.path("kind");
    asked.note(json!({ "act": "export", "what": "filing", "number": filing.number, "kind": kind }))?;
    Ok(Reply::file(&filled.file_name(kind), media, bytes))
}
