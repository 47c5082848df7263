//! Typing in what the register does not know: a whole form at once, errors beside their fields, nothing lost. A number
//! of an earlier period is a proposal; one the form divides by is in use until another is typed in.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::form::{Form, Line};
use serde_json::Value as Json;
use sync_core::date::Date;

use super::super::input::{Errors, number_field};
use super::super::page::Say;
use super::super::{Area, Asked, Fault, Reply, show};
use super::scope::{Scope, fault, slug};
use crate::office::SettingRow;
use crate::office::typed::{Length, NumberError, PARAMETER_MAX, Proposal, Typing, read_number, typed_cells};
use crate::report::{Decimal, Filled, typed_key};

/// What an earlier period had, as people type it.
struct Offer {
    /// Its as-of date; none: a number from before there were days.
    as_of: Option<Date>,
    length: Length,
    value: String,
}

impl Offer {
    fn words(&self, asked: &Asked) -> String {
        let value = ("value", self.value.as_str());
        let Some(day) = self.as_of.map(show::day) else {
            return asked.tn("forms.proposal_undated", &[value]);
        };
        match self.length {
            Length::Alike => asked.tn("forms.proposal", &[("day", &day), value]),
            Length::Unlike { from } => {
                asked.tn("forms.proposal_unlike", &[("from", &show::day(from)), ("to", &day), value])
            }
            Length::Unknown => asked.tn("forms.proposal_unknown", &[("day", &day), value]),
        }
    }

    /// Whether it is taken with all others: what may be of a longer or shorter period is taken alone.
    fn is_taken_with_all(&self) -> bool {
        self.length == Length::Alike
    }
}

/// Everything the page shows beside what is typed.
struct Known {
    filled: Filled,
    /// By cell, and by key for numbers without a line.
    proposals: BTreeMap<String, Offer>,
    history: BTreeMap<String, Vec<SettingRow>>,
    signers: BTreeMap<sync_core::id::DeviceId, String>,
}

impl Known {
    fn of(asked: &Asked, scope: &Scope) -> Result<Self, Fault> {
        let office = asked.office();
        let filled = office.fill(&scope.wanted, &scope.facts).map_err(fault)?;
        if filled.village.is_some() || !is_typed_into(&filled.form) {
            return Err(Fault::NotFound);
        }
        let as_of = scope.wanted.period.as_of();
        let cells = office.typed_proposals(&filled.form, scope.wanted.period, scope.facts.known_at)?;
        let offer = |proposal: Proposal| Offer {
            as_of: Some(proposal.as_of),
            length: proposal.length,
            value: as_typed(&proposal.value),
        };
        let mut proposals: BTreeMap<String, Offer> =
            cells.into_iter().map(|(cell, proposal)| (cell, offer(proposal))).collect();
        let mut history = office.typed_history(&filled.form.form, scope.wanted.period)?;
        for parameter in &filled.form.parameters {
            let day = filled.parameter_days.get(&parameter.key).copied();
            if let Some(number) = filled.parameters.get(&parameter.key).filter(|_| day != Some(as_of)) {
                let offer = Offer { as_of: day, length: Length::Alike, value: show::number(*number) };
                proposals.insert(parameter.key.clone(), offer);
            }
            history.insert(parameter.key.clone(), office.parameter_history(&parameter.key, as_of)?);
        }
        Ok(Self { filled, proposals, history, signers: office.signers()? })
    }

    /// What was typed in for this period, or as a number without a line for its as-of date, as people type it.
    fn standing(&self, field: &str) -> Option<String> {
        if let Some(kept) = self.filled.typed.get(field) {
            return Some(as_typed(kept));
        }
        let as_of = self.filled.tally.period.as_of();
        let is_own = self.filled.parameter_days.get(field) == Some(&as_of);
        self.filled.parameters.get(field).filter(|_| is_own).map(|number| show::number(*number))
    }

    fn who(&self, asked: &Asked, row: &SettingRow) -> Markup {
        match row.by.and_then(|device| self.signers.get(&device)) {
            Some(name) => show::name(name),
            None => html! { (asked.t("forms.keeper")) },
        }
    }
}

/// Whether a form asks for anything the register does not know.
pub(super) fn is_typed_into(form: &Form) -> bool {
    typed_cells(form).next().is_some() || !form.parameters.is_empty()
}

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let scope = Scope::of(asked)?;
    let known = Known::of(asked, &scope)?;
    let parameters = known.filled.form.parameters.iter().map(|parameter| parameter.key.clone());
    let fields = known.filled.typed.keys().cloned().chain(parameters);
    let typed = fields.filter_map(|field| Some((known.standing(&field)?, field)));
    let typed = typed.map(|(value, field)| (field, value)).collect();
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
    let from = show::day(scope.wanted.period.from());
    let title = asked.tn("forms.typed_title", &[("form", &form.form), ("from", &from), ("to", &as_of)]);
    let fields = html! {
        form.typed method="post" action={ "/office/forms/" (slug(&form.form)) "/typed" } {
            (asked.token())
            (scope.hidden())
            input type="hidden" name="position" value=(scope.facts.known_at);
            // What Enter in a field does: the first button of the form.
            p.row-actions {
                button type="submit" name="save" value="1" { (asked.t("forms.save")) }
                @let all = known.proposals.values().filter(|offer| offer.is_taken_with_all()).count();
                @if all > 0 {
                    button type="submit" name="take_all" value="1" {
                        (asked.tn("forms.take_all", &[("count", &all.to_string())]))
                    }
                }
                a href=(scope.address("")) { (asked.t("forms.back_to_form")) }
            }
            @if !form.parameters.is_empty() {
                fieldset {
                    legend { (asked.t("forms.parameters")) }
                    @for parameter in &form.parameters {
                        div.typed-line {
                            (number_field(&parameter.key, &format!("{} ({})", parameter.label, parameter.unit),
                                typed.get(&parameter.key).map_or("", String::as_str), errors.of(&parameter.key)))
                            (beside(asked, known, &parameter.key))
                        }
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
    let body = html! {
        nav.crumbs { a href="/office/forms" { (asked.t("forms.title")) } " › " a href=(scope.address("")) { (form.form) } }
        (scope.warnings(asked, form))
        p { (asked.t("forms.typed_help")) }
        (errors.summary(asked))
        (fields)
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
    html! {
        div.typed-line data-depth=(line.depth.min(5)) {
            (number_field(&cell, label.trim(), typed.get(&cell).map_or("", String::as_str), errors.of(&cell)))
            (beside(asked, known, &cell))
        }
    }
}

/// What an earlier period had, and who typed in what.
fn beside(asked: &Asked, known: &Known, field: &str) -> Markup {
    let history = known.history.get(field).map(Vec::as_slice).unwrap_or_default();
    html! {
        @if let Some(offer) = known.proposals.get(field) {
            p.proposal {
                (offer.words(asked)) " " button.quiet type="submit" name="take" value=(field) { (asked.t("forms.take")) }
            }
        }
        @if let [latest, ..] = history {
            details.history {
                summary { (known.who(asked, latest)) ", " (show::moment(latest.at)) }
                ol { @for row in history {
                    li {
                        @match kept(&row.value) {
                            Some(value) => (value),
                            None => (asked.t("forms.taken_back")),
                        }
                        " – " (known.who(asked, row)) ", " (show::moment(row.at))
                    }
                } }
            }
        }
    }
}

/// A kept value as people type it; none where it was taken back.
fn kept(value: &Json) -> Option<String> {
    value.as_str().map(as_typed).or_else(|| value.as_u64().map(show::number))
}

pub(super) fn save(asked: &Asked) -> Result<Reply, Fault> {
    let scope = Scope::of(asked)?;
    let known = Known::of(asked, &scope)?;
    let form = &known.filled.form;
    let position: u64 = asked.field("position").parse().unwrap_or(0);
    let mut typed: BTreeMap<String, String> =
        asked.all_fields().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    // A proposal is taken where nothing was typed, and saved with everything else.
    let takes = |cell: &str, offer: &Offer| {
        asked.field("take") == cell || (asked.has("take_all") && offer.is_taken_with_all())
    };
    for (cell, offer) in known.proposals.iter().filter(|(cell, offer)| takes(cell, offer)) {
        let field = typed.entry(cell.clone()).or_default();
        if field.is_empty() {
            field.clone_from(&offer.value);
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
        if number.as_ref().is_some_and(|number| number.contains('.')) && is_counted(&line.unit) {
            errors.add(&cell, asked.tn("forms.number_whole", &[("unit", &line.unit.to_lowercase())]));
            continue;
        }
        let standing = known.filled.typed.get(&cell);
        if number.as_ref() == standing {
            continue;
        }
        if let Some(latest) = known.history.get(&cell).and_then(|history| history.first())
            && latest.position > position
        {
            errors.add(&cell, typed_meanwhile(asked, latest));
        }
        changed.insert(cell, number);
    }
    let parameters = changed_parameters(asked, &known, &typed, position, &mut errors);
    if !errors.is_empty() {
        return Ok(page_of(asked, &scope, &known, &typed, &errors));
    }
    let author = &asked.officer().author;
    let count = changed.len() + parameters.len();
    let typing = Typing { cells: changed, parameters, seen_at: position };
    if !asked.office().type_in(author, form, scope.wanted.period, &typing, asked.now())? {
        // Somebody was faster by a moment: read again, their number is said beside its field.
        return save(asked);
    }
    asked.say(Say::Done, asked.tn("forms.typed_saved", &[("count", &count.to_string())]));
    let page = if asked.has("take") || asked.has("take_all") { "/typed" } else { "" };
    Ok(Reply::see(&scope.address(page)))
}

/// Numbers without a line that were typed anew, or taken back.
fn changed_parameters(
    asked: &Asked,
    known: &Known,
    typed: &BTreeMap<String, String>,
    position: u64,
    errors: &mut Errors,
) -> BTreeMap<String, Option<u64>> {
    let mut changed = BTreeMap::new();
    for key in known.filled.form.parameters.iter().map(|parameter| &parameter.key) {
        let Some(text) = typed.get(key) else { continue };
        let number = match read_number(text) {
            Ok(None) => None,
            Ok(Some(number)) => {
                let number = number.parse::<u64>().ok().filter(|number| (1..=PARAMETER_MAX).contains(number));
                let Some(number) = number else {
                    errors.add(key, asked.t("forms.parameter_wrong"));
                    continue;
                };
                Some(number)
            }
            Err(_) => {
                errors.add(key, asked.t("forms.parameter_wrong"));
                continue;
            }
        };
        if number.map(show::number) == known.standing(key) {
            continue;
        }
        if let Some((line, counted)) = known.filled.most_counted(key)
            && number.is_some_and(|number| number < counted)
        {
            let with = [("counted", show::number(counted)), ("line", line.label.clone())];
            errors.add(
                key,
                asked.tn("forms.parameter_small", &with.each_ref().map(|(name, text)| (*name, &**text))),
            );
        }
        if let Some(latest) = known.history.get(key).and_then(|history| history.first())
            && latest.position > position
        {
            errors.add(key, typed_meanwhile(asked, latest));
        }
        changed.insert(key.clone(), number);
    }
    changed
}

fn typed_meanwhile(asked: &Asked, latest: &SettingRow) -> String {
    let value = kept(&latest.value).unwrap_or_default();
    asked.tn("forms.typed_meanwhile", &[("value", &value), ("when", &show::moment(latest.at))])
}

/// Whether there are only whole ones of a unit, as the forms have it.
fn is_counted(unit: &str) -> bool {
    const COUNTED: [&str; 7] = ["người", "em", "lượt", "lớp", "cuộc", "điểm", "xã/phường/thị trấn"];
    COUNTED.contains(&unit.to_lowercase().as_str())
}

fn number_words(error: NumberError) -> &'static str {
    match error {
        NumberError::NotANumber => "forms.not_a_number",
        NumberError::Negative => "forms.number_negative",
        NumberError::TooManyDecimals => "forms.number_decimals",
        NumberError::TooLarge => "forms.number_large",
    }
}
