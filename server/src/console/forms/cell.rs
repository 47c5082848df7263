//! The way back from a cell: the children behind it, the facts that put each there, and who signed those.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::form::Line;
use schemas::record::EntityKind;
use serde_json::json;
use sync_core::document::{Container, Field, Fields, Household, View};
use sync_core::facts::PersonRef;
use sync_core::id::{ActorId, DocumentId, EntityId};
use sync_core::tally::{Because, ExplainedChild, Explanation, Why};

use super::super::{Area, Asked, Fault, Reply, show};
use super::scope::{Scope, encoded, fault};
use super::sheet::{is_restricted_only, line_name, written};
use crate::office::pages::PersonRow;

/// Children on a page: each one's household is read to say what put it there.
const CHILDREN_A_PAGE: usize = 20;
/// Nobody: the actor by which documents are only read.
const READER: ActorId = ActorId([0; 16]);

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let scope = Scope::of(asked)?;
    let filled = asked.office().fill(&scope.wanted, &scope.facts).map_err(fault)?;
    let form = &filled.form;
    let (line, column) = (asked.query("line").unwrap_or_default(), asked.query("column").unwrap_or_default());
    let at = form.lines.iter().position(|known| known.code == line).ok_or(Fault::NotFound)?;
    let of = form.columns.iter().position(|known| known.code == column).ok_or(Fault::NotFound)?;
    let definition = &form.lines[at];
    let shown = filled.shown(at, of);
    let heading = html! {
        nav.crumbs { a href="/office/forms" { (asked.t("forms.title")) } " › " a href=(scope.address("")) { (form.form) } " › " (line) }
        (scope.warnings(asked, form))
        p { strong { (line_name(form, line)) } }
        p {
            (asked.t("forms.column")) " " (column) " – " (filled.marked_header(&form.columns[of])) ": "
            strong { (written(&shown)) } ". " (filled.place()) ". " (filled.days())
        }
    };
    let title = asked.tn("forms.behind_cell", &[("line", line), ("column", column)]);
    if is_restricted_only(form, definition) && scope.facts.restricted.is_none() {
        let body = html! {
            (heading)
            p.message.warn { (asked.t("forms.cell_restricted")) " " a href="/office/confidential" { (asked.t("forms.open_key")) } }
        };
        return Ok(asked.page(Area::Forms, &title, body));
    }
    let village = scope.wanted.village.as_deref();
    let period = scope.wanted.period;
    let explained = asked.office().explained(form, period, village, &scope.facts, (line, column));
    let explained = explained.map_err(|error| fault(error.into()))?;
    if scope.facts.restricted.is_some() && form.counts_restricted(definition) {
        asked.note(json!({
            "act": "restricted_cell_listed", "form": form.form, "line": line, "column": column,
            "as_of": period.as_of().to_string(),
        }))?;
    }
    let body = html! {
        (heading)
        (list(asked, &scope, definition, column, &explained)?)
    };
    Ok(asked.page(Area::Forms, &title, body))
}

/// The children, those that are certain first, a page of them at a time.
fn list(
    asked: &Asked,
    scope: &Scope,
    line: &Line,
    column: &str,
    explained: &Explanation,
) -> Result<Markup, Fault> {
    let (certain, undecided): (Vec<&ExplainedChild>, Vec<&ExplainedChild>) =
        explained.children.iter().partition(|child| child.certain);
    let all: Vec<&ExplainedChild> = certain.iter().chain(&undecided).copied().collect();
    let pages = all.len().div_ceil(CHILDREN_A_PAGE).max(1);
    let number: usize = asked.query("page").map_or(Ok(1), str::parse).unwrap_or(0);
    if !(1..=pages).contains(&number) {
        return Err(Fault::Refused(StatusCode::NOT_FOUND, "forms.no_page"));
    }
    let first = (number - 1) * CHILDREN_A_PAGE;
    let shown: Vec<&ExplainedChild> = all.iter().skip(first).take(CHILDREN_A_PAGE).copied().collect();
    let records: Vec<PersonRef> = shown.iter().flat_map(|child| child.records.iter().cloned()).collect();
    let rows = asked.office().people_named(&records)?;
    let named: BTreeMap<PersonRef, PersonRow> =
        records.into_iter().zip(rows).filter_map(|(record, row)| Some((record, row?))).collect();
    let mut teller = Teller { asked, scope, named, views: BTreeMap::new() };
    let mut items = Vec::new();
    for (place, child) in shown.iter().enumerate() {
        items.push((first + place, teller.child(child)?));
    }
    let address = |page: usize| {
        format!(
            "{}&line={}&column={}&page={page}",
            scope.address("/cell"),
            encoded(&line.code),
            encoded(column)
        )
    };
    let (sure, open): (Vec<_>, Vec<_>) = items.into_iter().partition(|(place, _)| *place < certain.len());
    Ok(html! {
        p.cell-counts {
            (asked.tn("forms.cell_counts", &[
                ("certain", &show::number(certain.len() as u64)),
                ("undecided", &show::number(undecided.len() as u64)),
                ("sealed", &show::number(explained.sealed.len() as u64)),
            ]))
        }
        @if !sure.is_empty() {
            h2 { (asked.t("forms.certain")) }
            ol.children start=(first + 1) { @for (_, item) in &sure { li { (item) } } }
        }
        @if !open.is_empty() {
            h2 { (asked.t("forms.uncertain")) }
            p.muted { (asked.t("forms.uncertain_why")) }
            ol.children start=(open[0].0 + 1) { @for (_, item) in &open { li { (item) } } }
        }
        @if !explained.sealed.is_empty() {
            h2 { (asked.t("forms.sealed")) }
            p { (asked.tn("forms.sealed_count", &[("count", &show::number(explained.sealed.len() as u64))])) }
        }
        @if pages > 1 {
            nav.pager aria-label=(asked.t("forms.pages")) {
                @if number > 1 { a rel="prev" href=(address(number - 1)) { (asked.t("forms.previous")) } " " }
                span { (asked.tn("forms.page_of", &[("page", &number.to_string()), ("pages", &pages.to_string())])) }
                @if number < pages { " " a rel="next" href=(address(number + 1)) { (asked.t("forms.next")) } }
            }
        }
    })
}

/// Tells of children what their records say. Each household is read once.
struct Teller<'a> {
    asked: &'a Asked,
    scope: &'a Scope,
    named: BTreeMap<PersonRef, PersonRow>,
    views: BTreeMap<DocumentId, (Household, View)>,
}

impl Teller<'_> {
    fn load(&mut self, document: DocumentId) -> Result<(), Fault> {
        if !self.views.contains_key(&document) {
            let household =
                self.asked.office().household(document, Some(self.scope.facts.known_at), READER)?;
            let view = household.view();
            self.views.insert(document, (household, view));
        }
        Ok(())
    }

    fn child(&mut self, child: &ExplainedChild) -> Result<Markup, Fault> {
        let of_records = child.records.iter().map(|record| record.document);
        for document in child.because.iter().map(Because::document).chain(of_records) {
            self.load(document)?;
        }
        Ok(html! {
            p { @for (at, record) in child.records.iter().enumerate() { @if at > 0 { " = " } (self.record(record)) } }
            @if !child.undecided.is_empty() {
                ul.why { @for why in &child.undecided { li { span.undecided { (self.why(why)) } } } }
            }
            details {
                summary { (self.asked.t("forms.what_put_it_here")) }
                @for because in &child.because { (self.because(because)) }
            }
        })
    }

    fn record(&self, record: &PersonRef) -> Markup {
        let address = format!("/office/household/{}#{}", record.document, record.person);
        let row = self.named.get(record);
        html! {
            @match row {
                Some(row) => {
                    a href=(address) { (show::name(&row.name)) }
                    " · " (self.asked.t("forms.born")) " " (show::written_date(&row.birth))
                    " · " (self.asked.office().unit_word()) " " (row.village)
                    " · " (self.asked.t("forms.household")) " " (show::name(&row.household_number))
                },
                None => a href=(address) { (self.asked.t("forms.record")) },
            }
        }
    }

    fn because(&self, because: &Because) -> Markup {
        let document = because.document();
        let entity = because.entity();
        let anchor = entity.map(|key| format!("#{key}")).unwrap_or_default();
        let address = format!("/office/household/{document}{anchor}");
        let (kind, label, names): (_, _, &[&str]) = match because {
            Because::Household(_) => (EntityKind::Household, "forms.of_household", &["poverty_status"]),
            Because::Child(_) => (EntityKind::Child, "forms.of_child", &["birth_date", "sex", "ethnicity"]),
            Because::Circumstance(..) => {
                (EntityKind::Circumstance, "forms.of_circumstance", &["code", "start", "end"])
            }
            Because::Event(..) => (EntityKind::Event, "forms.of_event", &["kind", "date", "cause"]),
            Because::Support(..) => (EntityKind::Support, "forms.of_support", &["form", "start", "end"]),
            // What is sealed is named by its envelope, never by its contents.
            Because::Sealed(..) => {
                return html! { p { a href=(address) { (self.asked.t("forms.of_sealed")) } } };
            }
        };
        let fields = self.fields(because, entity);
        html! {
            p { a href=(address) { (self.asked.t(label)) } }
            ul.facts {
                @for name in names {
                    @for value in fields.and_then(|fields| fields.get(*name)).into_iter().flat_map(Field::values) {
                        li {
                            (show::label(self.asked.language(), kind, name)) ": "
                            (show::value(self.asked, kind, name, &value.value)) " "
                            @if let Some(hash) = self.views.get(&document).and_then(|(household, _)| household.change_of(value)) {
                                a href={ "/office/change/" (hash) } { (self.asked.t("forms.signed_change")) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn fields(&self, because: &Because, entity: Option<&EntityId>) -> Option<&Fields> {
        let (_, view) = self.views.get(&because.document())?;
        match (because, entity) {
            (Because::Child(_), Some(key)) => view.person(key).map(|(_, fields)| fields),
            (_, Some(key)) => view.entity(Container::of_key(because.container())?, key),
            (_, None) => Some(&view.household),
        }
    }

    fn why(&self, why: &Why) -> Markup {
        let key = match why {
            Why::Birth(_) => "forms.why_birth",
            Why::Sex(_) => "forms.why_sex",
            Why::Ethnicity(_) => "forms.why_ethnicity",
            Why::HealthInsurance(_) => "forms.why_insurance",
            Why::Poverty(_) => "forms.why_poverty",
            Why::Withdrawn(_) => "forms.why_withdrawn",
            Why::Event(..) => "forms.why_event",
            Why::Circumstance(..) => "forms.why_circumstance",
            Why::Support(..) => "forms.why_support",
            Why::Sealed(..) => "forms.why_sealed",
            Why::RecordsDiffer => "forms.why_records_differ",
            Why::MaybeSame(other) => {
                return html! {
                    (self.asked.t("forms.why_maybe_same")) " "
                    a href={ "/office/household/" (other.document) "#" (other.person) } { (self.asked.t("forms.this_record")) }
                    " (" a href="/office/decide?kind=pairs" { (self.asked.t("forms.decide_pairs")) } ")"
                };
            }
        };
        html! { (self.asked.t(key)) }
    }
}
