//! Which form is wanted: the days it is due, any other day, and what was filed of late.

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::form::Form;
use sync_core::date::Date;

use super::super::input::{Errors, date_field, parse_day, select_field};
use super::super::villages::village_choices;
use super::super::{Area, Asked, Fault, Reply, show};
use super::filings::filings_table;
use super::scope::{day_problem, due_days, half_until, slug, year_until};
use crate::office::Filing;

/// Filings shown below the forms.
const RECENT_MAX: usize = 10;

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let mut errors = Errors::default();
    if asked.query("form").is_some()
        && let Some(address) = chosen(asked, &mut errors)
    {
        return Ok(Reply::see(&address));
    }
    let filings = asked.office().filings()?;
    let body = html! {
        // Who chose something that can't be is first told what.
        @if !errors.is_empty() { (other_day(asked, &errors)?) }
        @for form in &asked.office().forms_now() { (card(asked, form, &filings)) }
        @if errors.is_empty() { (other_day(asked, &errors)?) }
        section aria-labelledby="recent" {
            h2 #recent { (asked.t("forms.recent")) }
            @if filings.is_empty() {
                p.muted { (asked.t("filings.none")) }
            } @else {
                (filings_table(asked, &filings[..filings.len().min(RECENT_MAX)])?)
                p { a href="/office/filings" { (asked.t("filings.all")) } }
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(asked.page_with(status, Area::Forms, asked.t("forms.title"), body))
}

/// One form and the days it is due.
fn card(asked: &Asked, form: &Form, filings: &[Filing]) -> Markup {
    let today = asked.today();
    html! {
        section.card aria-labelledby={ "form-" (slug(&form.form)) } {
            h2 id={ "form-" (slug(&form.form)) } { (form.number) " – " (form.title) }
            p.muted { (asked.t("forms.due")) " " (form.due) ". " (form.basis) }
            table.grid {
                caption { (asked.t("forms.due_days")) }
                thead { tr {
                    th scope="col" { (asked.t("forms.as_of")) }
                    th scope="col" { (asked.t("forms.half")) }
                    th scope="col" { (asked.t("forms.year")) }
                } }
                tbody {
                    @for day in due_days(form, today) {
                        tr {
                            th scope="row" {
                                (show::day(day))
                                @if day >= today { " " span.tag.tag-warn { (asked.t("forms.coming")) } }
                            }
                            td { (link(asked, form, half_until(form, day), day, filings)) }
                            td { (link(asked, form, year_until(day), day, filings)) }
                        }
                    }
                }
            }
        }
    }
}

/// A period of a form, and whether it is filed.
fn link(asked: &Asked, form: &Form, from: Date, as_of: Date, filings: &[Filing]) -> Markup {
    let is_it = |filing: &&Filing| {
        filing.form == form.form && (filing.from, filing.as_of) == (from, as_of) && filing.village.is_none()
    };
    html! {
        a href={ "/office/forms/" (slug(&form.form)) "?as_of=" (as_of) "&from=" (from) } {
            (asked.tn("forms.from_to", &[("from", &show::day(from)), ("to", &show::day(as_of))]))
        }
        br;
        @match filings.iter().find(is_it) {
            None => span.muted { (asked.t("forms.not_filed")) },
            Some(filing) => { (asked.t("forms.filed")) ": " a href={ "/office/filings/" (filing.number) } {
                (asked.tn("filings.number_revision", &[
                    ("number", &filing.number.to_string()),
                    ("revision", &filing.revision.to_string()),
                ]))
            } },
        }
    }
}

/// Any other day, as fields.
fn other_day(asked: &Asked, errors: &Errors) -> Result<Markup, Fault> {
    let forms = asked.office().forms_now();
    let form_options: Vec<(String, String)> =
        forms.iter().map(|form| (slug(&form.form), format!("{} – {}", form.form, form.title))).collect();
    let periods = ["half", "year", "own"].map(|period| {
        let key = match period {
            "half" => "forms.half",
            "year" => "forms.year",
            _ => "forms.own_period",
        };
        (period.to_owned(), asked.t(key).to_owned())
    });
    let mut villages = vec![(String::new(), asked.t("forms.whole_commune").to_owned())];
    for (code, name) in village_choices(asked, asked.today())? {
        villages.push((code.clone(), format!("{code} {name}")));
    }
    let value = |name: &str| asked.query(name).unwrap_or_default();
    let as_of = match asked.query("as_of") {
        Some(written) => written.to_owned(),
        None => show::day(asked.today()),
    };
    let fields = html! {
        form.filters method="get" action="/office/forms" {
            (select_field("form", asked.t("forms.form"), value("form"), &form_options, errors.of("form")))
            (date_field("as_of", asked.t("forms.as_of"), &as_of, errors.of("as_of")))
            (select_field("period", asked.t("forms.period"), value("period"), &periods, errors.of("period")))
            (date_field("from", asked.t("forms.from_if_own"), value("from"), errors.of("from")))
            (select_field("village", asked.t("forms.where"), value("village"), &villages, None))
            button type="submit" { (asked.t("forms.show")) }
        }
    };
    Ok(html! {
        section.card aria-labelledby="other" {
            h2 #other { (asked.t("forms.other_day")) }
            (errors.summary(asked))
            (fields)
        }
    })
}

/// The address of what was chosen; what is wrong, beside its field.
fn chosen(asked: &Asked, errors: &mut Errors) -> Option<String> {
    let value = |name: &str| asked.query(name).unwrap_or_default();
    let forms = asked.office().forms_now();
    let form = forms.iter().find(|form| slug(&form.form) == value("form"));
    if form.is_none() {
        errors.add("form", asked.t("forms.no_form"));
    }
    let as_of = readable_day(asked, "as_of", errors);
    let from = match (value("period"), as_of, form) {
        ("own", ..) => readable_day(asked, "from", errors),
        ("half", Some(as_of), Some(form)) => Some(half_until(form, as_of)),
        (_, as_of, _) => as_of.map(year_until),
    };
    let (form, as_of, from) = (form?, as_of?, from?);
    if from > as_of {
        errors.add("from", asked.t("forms.period_empty"));
        return None;
    }
    let village = match value("village") {
        "" => String::new(),
        code => format!("&village={}", super::scope::encoded(code)),
    };
    Some(format!("/office/forms/{}?as_of={as_of}&from={from}{village}", slug(&form.form)))
}

fn readable_day(asked: &Asked, name: &str, errors: &mut Errors) -> Option<Date> {
    let Some(day) = parse_day(asked.query(name).unwrap_or_default()) else {
        errors.add(name, asked.t("forms.day_unreadable"));
        return None;
    };
    if let Some(problem) = day_problem(day, asked.today()) {
        errors.add(name, asked.t(problem));
        return None;
    }
    Some(day)
}
