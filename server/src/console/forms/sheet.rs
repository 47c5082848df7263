//! A form in its official layout, on the screen and, as it stands, on paper.

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::form::{Column, Form, Line, LineSource};
use sync_core::tally::Value;

use super::super::{Area, Asked, Fault, Reply, show};
use super::beside::{self, Beside};
use super::checks;
use super::scope::{Scope, encoded, fault, slug};
use crate::report::{Filled, Shown, typed_key};

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let scope = match Scope::of(asked) {
        // What is wrong with the day is said beside the field it can be typed in again.
        Err(Fault::Refused(StatusCode::UNPROCESSABLE_ENTITY, _)) if asked.query("known_at").is_none() => {
            let written = |name: &str| encoded(asked.query(name).unwrap_or_default());
            let period = if asked.query("from").is_some() { "own" } else { "year" };
            return Ok(Reply::see(&format!(
                "/office/forms?form={}&as_of={}&from={}&period={period}&village={}",
                encoded(asked.path("form")),
                written("as_of"),
                written("from"),
                written("village"),
            )));
        }
        scope => scope?,
    };
    let filled = asked.office().fill(&scope.wanted, &scope.facts).map_err(fault)?;
    let columns = beside::wanted(asked, &scope, &filled)?;
    let title = format!("{} – {}", filled.form.number, filled.form.title);
    let body = html! {
        nav.crumbs.screen-only { a href="/office/forms" { (asked.t("forms.title")) } " › " (filled.form.form) }
        (scope.warnings(asked, &filled.form))
        (tools(asked, &scope, &filled)?)
        (heading(&filled))
        (table(asked, &filled, &columns, Some(&scope)))
        (foot(&filled))
        (printed_beside(asked, &filled, &columns))
        (checks::section(asked, &filled, &scope))
    };
    Ok(asked.page(Area::Forms, &title, body))
}

/// Columns beside the labels that a screen 1280 pixels wide shows at once.
const COLUMNS_BESIDE_LABELS_MAX: usize = 8;
/// Columns beside the labels on a page of A4 across.
const COLUMNS_A_PRINTED_PAGE: usize = 9;

/// What can be done with the form, and what may stand beside it.
fn tools(asked: &Asked, scope: &Scope, filled: &Filled) -> Result<Markup, Fault> {
    let has_typed = super::typed::is_typed_into(&filled.form);
    let village = scope.wanted.village.as_deref().unwrap_or_default();
    let period = scope.wanted.period;
    Ok(html! {
        div.form-tools.screen-only {
            form.filters method="get" action={ "/office/forms/" (slug(&filled.form.form)) } {
                label { (asked.t("forms.as_of")) " " input type="text" name="as_of" value=(show::day(period.as_of())) inputmode="numeric" size="10"; }
                label { (asked.t("forms.from")) " " input type="text" name="from" value=(show::day(period.from())) inputmode="numeric" size="10"; }
                label { (asked.t("forms.where")) " "
                    select name="village" {
                        option value="" { (asked.t("forms.whole_commune")) }
                        @for known in asked.office().villages_on(period.as_of())? {
                            option value=(known.code) selected[known.code == village] { (known.code) " " (known.name) }
                        }
                    }
                }
                (beside::choices(asked, filled))
                button type="submit" { (asked.t("forms.show")) }
            }
            p.row-actions {
                @if has_typed && village.is_empty() {
                    a.button href=(scope.address("/typed")) { (asked.t("forms.type_in")) }
                }
                a.button href=(scope.address("/freeze")) { (asked.t("forms.freeze")) }
                @for format in ["xlsx", "pdf", "csv", "json"] {
                    a.button href=(scope.address(&format!("/file/{format}"))) download {
                        (asked.t("filings.download")) " " (format.to_uppercase())
                    }
                }
            }
        }
    })
}

/// What the form prints above its table.
pub(super) fn heading(filled: &Filled) -> Markup {
    html! {
        div.form-heading {
            p { (filled.place()) }
            p { (filled.days()) }
            p.muted { "Kỳ báo cáo: " (filled.form.frequency) " · Ngày báo cáo: " (filled.form.due) }
            @if let Some(note) = filled.unconfirmed() { p.message.warn.unconfirmed { (note) } }
        }
    }
}

/// What the form prints below its table.
pub(super) fn foot(filled: &Filled) -> Markup {
    html! {
        ul.form-notes { @for note in filled.notes() { li { (note) } } }
        p.muted { (filled.provenance()) @if let Some(mark) = filled.mark() { " · " (mark) } }
        div.form-signing.print-only {
            @for signatory in &filled.signatories {
                div { p { strong { (signatory.role) } } p { (filled.form.signature_note) } p.form-name { (show::name(&signatory.name)) } }
            }
        }
    }
}

/// The table, with what stands beside it. Cells lead to their children if `scope` says of which form on the screen.
pub(super) fn table(asked: &Asked, filled: &Filled, beside: &[Beside], scope: Option<&Scope>) -> Markup {
    let form = &filled.form;
    let units = filled.units_by_line();
    let is_wide = form.columns.len() + beside.len() > COLUMNS_BESIDE_LABELS_MAX;
    html! {
        // Wider than a screen: it is scrolled in a place of its own, by keyboard too, and its first columns stay.
        div.form-scroll.wide[is_wide] role=[is_wide.then_some("region")] tabindex=[is_wide.then_some("0")]
            aria-label=[is_wide.then_some(&form.title)] {
        table.grid.form-sheet aria-label=(form.title) {
            thead {
                tr {
                    th.form-number scope="col" { "TT" }
                    th.form-what scope="col" { "Chỉ tiêu" }
                    @if units { th scope="col" { "ĐVT" } }
                    @for column in &form.columns {
                        th.form-column scope="col" data-unconfirmed[!column.confirmed] { (filled.header(column)) }
                    }
                    @for one in beside { th.beside.form-column scope="col" { (one.header) } }
                }
                @if !units {
                    tr {
                        th.form-number scope="col" { "a" } th.form-what scope="col" { "b" }
                        @for column in &form.columns { th scope="col" { (column.code) @if !column.unit.is_empty() { br; span.muted { (column.unit) } } } }
                        @for _ in beside { td.beside {} }
                    }
                }
            }
            tbody {
                @for (at, line) in form.lines.iter().enumerate() {
                    tr.section[line.depth == 0] id={ "line-" (line.code) } {
                        (label_cells(line))
                        @if units { td { (line.unit) } }
                        @for of in 0..form.columns.len() { (cell(asked, filled, at, of, scope)) }
                        @for one in beside { td.num.beside { (one.cell(&line.code)) } }
                    }
                }
            }
        }
        }
    }
}

fn label_cells(line: &Line) -> Markup {
    html! {
        td.form-number { (line.number) }
        th.form-label scope="row" data-depth=(line.depth.min(5)) {
            @if !line.mark.trim().is_empty() { (line.mark.trim()) " " }
            (line.label)
        }
    }
}

/// What stands beside the form on the screen, on pages of its own on paper: a few columns each, all lines.
fn printed_beside(asked: &Asked, filled: &Filled, beside: &[Beside]) -> Markup {
    html! {
        @for columns in beside.chunks(COLUMNS_A_PRINTED_PAGE) {
            section.print-only.form-more {
                table.grid.form-sheet aria-label=(asked.t("forms.beside")) {
                    thead { tr {
                        th.form-number scope="col" { "TT" }
                        th.form-what scope="col" { "Chỉ tiêu" }
                        @for one in columns { th.form-column scope="col" { (one.header) } }
                    } }
                    tbody { @for line in &filled.form.lines {
                        tr.section[line.depth == 0] {
                            (label_cells(line))
                            @for one in columns { td.num { (one.cell(&line.code)) } }
                        }
                    } }
                }
            }
        }
    }
}

fn cell(asked: &Asked, filled: &Filled, at: usize, of: usize, scope: Option<&Scope>) -> Markup {
    let shown = filled.shown(at, of);
    let line = &filled.form.lines[at];
    let column = &filled.form.columns[of];
    let value = filled.tally.lines.get(at).and_then(|line| line.values.get(of)).copied();
    let text = written(&shown);
    html! {
        td.num {
            @match (value, scope) {
                (Some(Value::Children(counted)), Some(scope)) if counted.children.most > 0 => {
                    a href=(cell_address(scope, line, column)) { (text) }
                },
                (Some(Value::Typed), Some(scope)) if scope.wanted.village.is_none() => {
                    a href={ (scope.address("/typed")) "#f-" (typed_key(&line.code, &column.code)) }
                        aria-label=[matches!(shown, Shown::Missing).then(|| asked.t("forms.type_this_in"))] { (text) }
                },
                (Some(Value::Typed), Some(_)) => span.muted title=(asked.t("forms.typed_for_commune")) { "–" },
                _ => (text),
            }
        }
    }
}

/// A value, marked where something about it is undecided.
pub(super) fn written(shown: &Shown) -> Markup {
    match shown {
        Shown::Range { .. } => html! { span.undecided { (shown.text()) } },
        _ => html! { (shown.text()) },
    }
}

fn cell_address(scope: &Scope, line: &Line, column: &Column) -> String {
    format!("{}&line={}&column={}", scope.address("/cell"), encoded(&line.code), encoded(&column.code))
}

/// A line as text leads to it: its number or code, and its words.
pub(super) fn line_name(form: &Form, code: &str) -> String {
    form.line(code).map_or_else(|| code.to_owned(), |line| format!("{code} {}", line.label))
}

/// Whether everything a line counts is restricted: without the key nobody of it is known.
pub(super) fn is_restricted_only(form: &Form, line: &Line) -> bool {
    let LineSource::Derived { selector, .. } = &line.source else { return false };
    let is_open = |code: &schemas::catalogue::CircumstanceCode| !code.restricted;
    form.counts_restricted(line)
        && !selector.any(&mut |selector| match selector {
            schemas::form::Selector::Circumstance(is) => schemas::catalogue::circumstances()
                .iter()
                .any(|code| is_open(code) && is.takes_in(code.code())),
            _ => false,
        })
}
