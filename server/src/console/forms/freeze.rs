//! Freezing a form: what is still open is said first, and the officer confirms by name.

use axum::http::StatusCode;
use maud::{Markup, html};

use super::super::input::{Errors, area_field};
use super::super::page::Say;
use super::super::{Area, Asked, Fault, Reply, show};
use super::checks;
use super::scope::{Scope, fault, slug};
use super::sheet::{foot, heading, line_name, table};
use crate::office::{FilingError, Freeze, ReasonFor, reasons_for};
use crate::report::{Filled, Shown};

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let scope = Scope::of(asked)?;
    page_of(asked, &scope, &Errors::default())
}

fn page_of(asked: &Asked, scope: &Scope, errors: &Errors) -> Result<Reply, Fault> {
    let filled = asked.office().fill(&scope.wanted, &scope.facts).map_err(fault)?;
    let earlier = asked.office().filings_of(&scope.wanted)?;
    let revision = earlier.first().map_or(1, |filing| filing.revision + 1);
    let reasons = reasons_for(&filled, revision, asked.today());
    let title = asked.tn(
        "forms.freeze_title",
        &[("form", &filled.form.form), ("day", &show::day(scope.wanted.period.as_of()))],
    );
    let fields = html! {
        form.card method="post" action={ "/office/forms/" (slug(&filled.form.form)) "/freeze" } {
            (asked.token())
            (scope.hidden())
            input type="hidden" name="known_at" value=(scope.facts.known_at);
            input type="hidden" name="revision" value=(revision);
            input type="hidden" name="opened" value=(opened(scope));
            @if !reasons.is_empty() {
                p { (asked.t("forms.reason_because")) }
                ul { @for reason in &reasons { li { (asked.t(reason_words(*reason))) } } }
            }
            (area_field("reason", asked.t(if reasons.is_empty() { "forms.reason_optional" } else { "forms.reason" }),
                asked.field("reason"), errors.of("reason")))
            div.field.wrong[errors.of("looked").is_some()] {
                label.tick { input #f-looked type="checkbox" name="looked" value="1" required checked[asked.has("looked")]; " " (asked.t("forms.i_looked")) }
                @if let Some(error) = errors.of("looked") { p.field-error #e-looked { (error) } }
            }
            p { (asked.tn("forms.signed_as", &[("name", &asked.officer().name)])) }
            p.row-actions {
                button type="submit" { (asked.t("forms.freeze_and_sign")) }
                a href=(scope.address("")) { (asked.t("forms.back_to_form")) }
            }
        }
    };
    let body = html! {
        nav.crumbs { a href="/office/forms" { (asked.t("forms.title")) } " › " a href=(scope.address("")) { (filled.form.form) } }
        (scope.warnings(asked, &filled.form))
        @if let Some(last) = earlier.first() {
            p.message.warn {
                (asked.tn("forms.amends", &[("revision", &last.revision.to_string()), ("day", &show::moment(last.filed_at))]))
                " " a href={ "/office/filings/" (last.number) } { (asked.t("forms.see_it")) }
            }
        }
        (still_open(asked, scope, &filled))
        (errors.summary(asked))
        (fields)
        details { summary { (asked.t("forms.what_is_frozen")) }
            (heading(&filled)) (table(asked, &filled, &[], None)) (foot(&filled)) }
        (checks::section(asked, &filled, scope))
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(asked.page_with(status, Area::Forms, &title, body))
}

/// What is undecided, missing, unconfirmed or sealed in what would be frozen.
fn still_open(asked: &Asked, scope: &Scope, filled: &Filled) -> Markup {
    let form = &filled.form;
    let (mut undecided, mut missing) = (Vec::new(), 0_u64);
    for (at, line) in form.lines.iter().enumerate() {
        for (of, column) in form.columns.iter().enumerate() {
            match filled.shown(at, of) {
                Shown::Range { .. } => undecided.push((line, column, filled.shown(at, of).text())),
                Shown::Missing if filled.village.is_none() => missing += 1,
                _ => {}
            }
        }
    }
    let violated = filled.is_violated();
    let clean = undecided.is_empty()
        && missing == 0
        && !violated
        && filled.tally.sealed == 0
        && !form.has_unconfirmed_columns();
    html! {
        section aria-labelledby="open" {
            h2 #open { (asked.t("forms.still_open")) }
            @if clean { p { span.tag.tag-ok { (asked.t("forms.nothing_open")) } } }
            ul {
                @if violated { li { span.tag.tag-bad { (asked.t("forms.open_violated")) } } }
                @if !undecided.is_empty() {
                    li { (asked.tn("forms.open_undecided", &[("count", &undecided.len().to_string())])) " "
                        a href="/office/decide" { (asked.t("forms.go_decide")) } "." }
                }
                @if missing > 0 {
                    li { (asked.tn("forms.open_missing", &[("count", &missing.to_string())])) " "
                        a href=(scope.address("/typed")) { (asked.t("forms.type_in")) } }
                }
                @if filled.tally.sealed > 0 {
                    li { (asked.tn("forms.open_sealed", &[("count", &filled.tally.sealed.to_string())])) }
                }
                @if form.has_unconfirmed_columns() { li { (asked.t("forms.open_unconfirmed")) } }
            }
            @if !undecided.is_empty() {
                details {
                    summary { (asked.t("forms.undecided_cells")) }
                    table.grid aria-label=(asked.t("forms.undecided_cells")) {
                        thead { tr { th scope="col" { (asked.t("forms.check_line")) } th scope="col" { (asked.t("forms.column")) } th scope="col" { (asked.t("forms.value")) } } }
                        tbody { @for (line, column, text) in &undecided {
                            tr {
                                td { (line_name(form, &line.code)) }
                                td { (column.code) }
                                td.num { a href={ (scope.address("/cell")) "&line=" (super::scope::encoded(&line.code)) "&column=" (super::scope::encoded(&column.code)) } { span.undecided { (text) } } }
                            }
                        } }
                    }
                }
            }
        }
    }
}

fn reason_words(reason: ReasonFor) -> &'static str {
    match reason {
        ReasonFor::Amends => "forms.reason_amends",
        ReasonFor::Violated => "forms.reason_violated",
        ReasonFor::NotYet => "forms.reason_not_yet",
    }
}

/// Whether the sealed reports are counted, as the page says it.
fn opened(scope: &Scope) -> &'static str {
    if scope.facts.restricted.is_some() { "1" } else { "0" }
}

pub(super) fn freeze(asked: &Asked) -> Result<Reply, Fault> {
    let scope = Scope::of(asked)?;
    let mut errors = Errors::default();
    if !asked.has("looked") {
        errors.add("looked", asked.t("forms.look_first"));
        return page_of(asked, &scope, &errors);
    }
    // A forgotten key would freeze other numbers than were looked at.
    if asked.field("opened") != opened(&scope) {
        errors.add("looked", asked.t("forms.key_changed"));
        return page_of(asked, &scope, &errors);
    }
    let freeze = Freeze {
        wanted: scope.wanted.clone(),
        known_at: scope.facts.known_at,
        revision: asked.field("revision").parse().unwrap_or(0),
        reason: asked.field("reason").to_owned(),
    };
    let key = asked.confidential_key();
    let officer = asked.officer();
    let filed = asked.office().freeze(&officer.author, &freeze, key.as_ref(), asked.today(), asked.now());
    match filed {
        Ok(number) => {
            asked.say(Say::Done, asked.tn("forms.frozen", &[("number", &number.to_string())]));
            Ok(Reply::see(&format!("/office/filings/{number}")))
        }
        Err(FilingError::ReasonNeeded(reason)) => {
            let why = asked.t(reason_words(reason));
            errors.add("reason", asked.tn("forms.reason_needed", &[("why", why)]));
            page_of(asked, &scope, &errors)
        }
        Err(FilingError::ReasonTooLong) => {
            let most = crate::office::REASON_CHARS_MAX.to_string();
            errors.add("reason", asked.tn("forms.reason_long", &[("most", &most)]));
            page_of(asked, &scope, &errors)
        }
        Err(FilingError::FiledMeanwhile) => {
            errors.add("looked", asked.t("forms.filed_meanwhile"));
            page_of(asked, &scope, &errors)
        }
        Err(error) => Err(super::filings::fault(error)),
    }
}
