//! Typing in what the register does not know: a whole form at once, errors beside their fields, nothing lost.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::form::{Form, Line};
use sync_core::date::Date;

use super::super::input::{Errors, number_field};
use super::super::page::Say;
use super::super::{Area, Asked, Fault, Reply, show};
use super::scope::{Scope, fault, slug};
use crate::office::SettingRow;
use crate::office::typed::{NumberError, PARAMETER_MAX, Typing, read_number, typed_cells};
use crate::report::{Decimal, Filled, typed_key};

/// Everything the page shows beside what is typed.
struct Known {
    filled: Filled,
    proposals: BTreeMap<String, (Date, String)>,
    history: BTreeMap<String, Vec<SettingRow>>,
    signers: BTreeMap<sync_core::id::DeviceId, String>,
}

impl Known {
    fn of(asked: &Asked, scope: &Scope) -> Result<Self, Fault> {
        let office = asked.office();
        let filled = office.fill(&scope.wanted, &scope.facts).map_err(fault)?;
        if filled.village.is_some() || typed_cells(&filled.form).next().is_none() {
            return Err(Fault::NotFound);
        }
        let as_of = scope.wanted.period.as_of();
        let proposals = office.typed_proposals(&filled.form, as_of, scope.facts.known_at)?;
        let history = office.typed_history(&filled.form.form, as_of)?;
        Ok(Self { filled, proposals, history, signers: office.signers()? })
    }

    fn who(&self, asked: &Asked, row: &SettingRow) -> Markup {
        match row.by.and_then(|device| self.signers.get(&device)) {
            Some(name) => show::name(name),
            None => html! { (asked.t("forms.keeper")) },
        }
    }
}

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let scope = Scope::of(asked)?;
    let known = Known::of(asked, &scope)?;
    let typed: BTreeMap<String, String> =
        known.filled.typed.iter().map(|(cell, kept)| (cell.clone(), as_typed(kept))).collect();
    let mut typed = typed;
    for parameter in &known.filled.form.parameters {
        if let Some(number) = known.filled.parameters.get(&parameter.key) {
            typed.insert(parameter.key.clone(), show::number(*number));
        }
    }
    Ok(page_of(asked, &scope, &known, &typed, &Errors::default()))
}

/// A kept number as people type it.
fn as_typed(kept: &str) -> String {
    Decimal::parse(kept).map_or_else(|| kept.to_owned(), |number| number.to_string())
}

fn page_of(
    asked: &Asked,
    scope: &Scope,
    known: &Known,
    typed: &BTreeMap<String, String>,
    errors: &Errors,
) -> Reply {
    let form = &known.filled.form;
    let as_of = show::day(scope.wanted.period.as_of());
    let title = asked.tn("forms.typed_title", &[("form", &form.form), ("day", &as_of)]);
    let body = html! {
        nav.crumbs { a href="/office/forms" { (asked.t("forms.title")) } " › " a href=(scope.address("")) { (form.form) } }
        (scope.warnings(asked, form))
        p { (asked.t("forms.typed_help")) }
        (errors.summary(asked))
        form.typed method="post" action={ "/office/forms/" (slug(&form.form)) "/typed" } {
            (asked.token())
            (scope.hidden())
            input type="hidden" name="position" value=(scope.facts.known_at);
            // What Enter in a field does: the first button of the form.
            p.row-actions {
                button type="submit" name="save" value="1" { (asked.t("forms.save")) }
                @if !known.proposals.is_empty() {
                    button type="submit" name="take_all" value="1" {
                        (asked.tn("forms.take_all", &[("count", &known.proposals.len().to_string())]))
                    }
                }
                a href=(scope.address("")) { (asked.t("forms.back_to_form")) }
            }
            @if !form.parameters.is_empty() {
                fieldset {
                    legend { (asked.t("forms.parameters")) }
                    @for parameter in &form.parameters {
                        (number_field(&parameter.key, &format!("{} ({})", parameter.label, parameter.unit),
                            typed.get(&parameter.key).map_or("", String::as_str), errors.of(&parameter.key)))
                    }
                    p.muted { (asked.t("forms.parameters_help")) }
                }
            }
            @for (section, cells) in sections(form) {
                fieldset {
                    legend { (section.number) ". " (section.label) }
                    @for (line, column) in cells { (field(asked, known, line, column, typed, errors)) }
                }
            }
            p.row-actions { button type="submit" name="save" value="1" { (asked.t("forms.save")) } }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    asked.page_with(status, Area::Forms, &title, body)
}

/// Cells that are typed in, by the section they stand in.
fn sections(form: &Form) -> Vec<(&Line, Vec<(&Line, &str)>)> {
    let mut sections: Vec<(&Line, Vec<(&Line, &str)>)> = Vec::new();
    let mut cells = typed_cells(form).peekable();
    let heads: Vec<usize> = (0..form.lines.len()).filter(|at| form.lines[*at].depth == 0).collect();
    for (place, head) in heads.iter().enumerate() {
        let end = heads.get(place + 1).copied().unwrap_or(form.lines.len());
        let of_section = |line: &Line| form.lines[*head..end].iter().any(|known| known.code == line.code);
        let mut found = Vec::new();
        while let Some(cell) = cells.next_if(|(line, _)| of_section(line)) {
            found.push(cell);
        }
        if !found.is_empty() {
            sections.push((&form.lines[*head], found));
        }
    }
    sections
}

fn field(
    asked: &Asked,
    known: &Known,
    line: &Line,
    column: &str,
    typed: &BTreeMap<String, String>,
    errors: &Errors,
) -> Markup {
    let cell = typed_key(&line.code, column);
    let number = if line.number.is_empty() { line.mark.trim() } else { &line.number };
    let unit = if line.unit.is_empty() { String::new() } else { format!(" ({})", line.unit) };
    let column = if known.filled.form.columns.len() > 1 {
        format!(" – {} {column}", asked.t("forms.column"))
    } else {
        String::new()
    };
    let label = format!("{number} {}{unit}{column}", line.label);
    let history = known.history.get(&cell).map(Vec::as_slice).unwrap_or_default();
    html! {
        div.typed-line data-depth=(line.depth.min(5)) {
            (number_field(&cell, label.trim(), typed.get(&cell).map_or("", String::as_str), errors.of(&cell)))
            @if let Some((day, value)) = known.proposals.get(&cell) {
                p.proposal {
                    (asked.tn("forms.proposal", &[("day", &show::day(*day)), ("value", &as_typed(value))])) " "
                    button.quiet type="submit" name="take" value=(cell) { (asked.t("forms.take")) }
                }
            }
            @if let [latest, ..] = history {
                details.history {
                    summary { (known.who(asked, latest)) ", " (show::moment(latest.at)) }
                    ol { @for row in history {
                        li {
                            @match row.value.as_str() {
                                Some(value) => (as_typed(value)),
                                None => (asked.t("forms.taken_back")),
                            }
                            " – " (known.who(asked, row)) ", " (show::moment(row.at))
                        }
                    } }
                }
            }
        }
    }
}

pub(super) fn save(asked: &Asked) -> Result<Reply, Fault> {
    let scope = Scope::of(asked)?;
    let known = Known::of(asked, &scope)?;
    let form = &known.filled.form;
    let position: u64 = asked.field("position").parse().unwrap_or(0);
    let mut typed: BTreeMap<String, String> =
        asked.all_fields().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    // A proposal is taken where nothing was typed, and saved with everything else.
    let takes = |cell: &str| asked.has("take_all") || asked.field("take") == cell;
    for (cell, (_, value)) in known.proposals.iter().filter(|(cell, _)| takes(cell)) {
        let field = typed.entry(cell.clone()).or_default();
        if field.is_empty() {
            *field = as_typed(value);
        }
    }
    let mut errors = Errors::default();
    let mut changed = BTreeMap::new();
    for (line, column) in typed_cells(form) {
        let cell = typed_key(&line.code, column);
        let Some(text) = typed.get(&cell) else { continue };
        let number = match read_number(text) {
            Ok(number) => number,
            Err(error) => {
                errors.add(&cell, asked.t(number_words(error)));
                continue;
            }
        };
        let standing = known.filled.typed.get(&cell);
        if number.as_ref() == standing {
            continue;
        }
        if let Some(latest) = known.history.get(&cell).and_then(|history| history.first())
            && latest.position > position
        {
            let value = standing.map(|kept| as_typed(kept)).unwrap_or_default();
            errors.add(&cell, typed_meanwhile(asked, &value, latest));
        }
        changed.insert(cell, number);
    }
    let parameters = changed_parameters(asked, &known, &typed, position, &mut errors)?;
    if !errors.is_empty() {
        return Ok(page_of(asked, &scope, &known, &typed, &errors));
    }
    let author = &asked.officer().author;
    let count = changed.len() + parameters.len();
    let typing = Typing { cells: changed, parameters, seen_at: position };
    if !asked.office().type_in(author, form, scope.wanted.period.as_of(), &typing, asked.now())? {
        // Somebody was faster by a moment: read again, their number is said beside its field.
        return save(asked);
    }
    asked.say(Say::Done, asked.tn("forms.typed_saved", &[("count", &count.to_string())]));
    let page = if asked.has("take") || asked.has("take_all") { "/typed" } else { "" };
    Ok(Reply::see(&scope.address(page)))
}

/// Numbers without a line that were typed anew. Nothing typed leaves them as they are.
fn changed_parameters(
    asked: &Asked,
    known: &Known,
    typed: &BTreeMap<String, String>,
    position: u64,
    errors: &mut Errors,
) -> Result<BTreeMap<String, u64>, Fault> {
    let mut changed = BTreeMap::new();
    for parameter in &known.filled.form.parameters {
        let text = typed.get(&parameter.key).map_or("", String::as_str);
        let number = match read_number(text) {
            Ok(None) => continue,
            Ok(Some(number)) => number.parse::<u64>().ok(),
            Err(_) => None,
        };
        match number.filter(|number| (1..=PARAMETER_MAX).contains(number)) {
            None => errors.add(&parameter.key, asked.t("forms.parameter_wrong")),
            Some(number) if known.filled.parameters.get(&parameter.key) == Some(&number) => {}
            Some(number) => {
                let latest = asked.office().parameter_set(&parameter.key)?;
                if let Some(latest) = latest.filter(|latest| latest.position > position) {
                    let value = latest.value.as_u64().map(show::number).unwrap_or_default();
                    errors.add(&parameter.key, typed_meanwhile(asked, &value, &latest));
                }
                changed.insert(parameter.key.clone(), number);
            }
        }
    }
    Ok(changed)
}

fn typed_meanwhile(asked: &Asked, value: &str, latest: &SettingRow) -> String {
    asked.tn("forms.typed_meanwhile", &[("value", value), ("when", &show::moment(latest.at))])
}

fn number_words(error: NumberError) -> &'static str {
    match error {
        NumberError::NotANumber => "forms.not_a_number",
        NumberError::Negative => "forms.number_negative",
        NumberError::TooManyDecimals => "forms.number_decimals",
        NumberError::TooLarge => "forms.number_large",
    }
}
