//! The way back from a cell: the children behind it, the facts that put each there, and who signed those.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::record::EntityKind;
use sync_core::document::{Container, Field, Fields, Household, View};
use sync_core::facts::PersonRef;
use sync_core::id::{ActorId, DocumentId, EntityId};
use sync_core::tally::{Because, Why};

use super::super::{Area, Asked, Fault, Reply, show};
use super::behind::Cell;
use super::children::{Children, Told};
use crate::office::pages::PersonRow;

/// Children on a page: each one's household is read to say what put it there.
const CHILDREN_A_PAGE: usize = 20;
/// Nobody: the actor by which documents are only read.
const READER: ActorId = ActorId([0; 16]);

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let cell = Cell::of(asked)?;
    let body = match cell.children(asked)? {
        None => html! { (cell.heading(asked)) (cell.shut(asked)) },
        Some(children) => {
            cell.note_listed(asked, "restricted_cell_listed", None)?;
            html! { (cell.heading(asked)) (list(asked, &cell, &children)?) }
        }
    };
    Ok(asked.page(Area::Forms, &cell.title(asked), body))
}

/// The children, those that are certain first, a page of them at a time.
fn list(asked: &Asked, cell: &Cell, children: &Children) -> Result<Markup, Fault> {
    let pages = children.len().div_ceil(CHILDREN_A_PAGE).max(1);
    let number: usize = asked.query("page").map_or(Ok(1), str::parse).unwrap_or(0);
    if !(1..=pages).contains(&number) {
        return Err(Fault::Refused(StatusCode::NOT_FOUND, "forms.no_page"));
    }
    let first = (number - 1) * CHILDREN_A_PAGE;
    let shown = children.told(asked, first..children.len().min(first + CHILDREN_A_PAGE))?;
    let mut teller = Teller { asked, cell, views: BTreeMap::new() };
    let mut sure = Vec::new();
    let mut open = Vec::new();
    for told in &shown {
        let item = teller.child(told)?;
        if told.child.certain { sure.push(item) } else { open.push(item) }
    }
    let address = |page: usize| format!("{}&page={page}", cell.address(""));
    Ok(html! {
        p.cell-counts {
            (asked.tn("forms.cell_counts", &[
                ("certain", &show::number(children.certain() as u64)),
                ("undecided", &show::number((children.len() - children.certain()) as u64)),
                ("sealed", &show::number(children.sealed() as u64)),
            ]))
        }
        p.row-actions {
            a.button href=(cell.address("/print")) { (asked.t("forms.cell_print")) }
            a.button href=(cell.address("/file/xlsx")) download { (asked.t("forms.cell_xlsx")) }
            a.button href=(cell.address("/file/csv")) download { (asked.t("forms.cell_csv")) }
        }
        @if !sure.is_empty() {
            h2 { (asked.t("forms.certain")) }
            ol.children start=(first + 1) { @for item in &sure { li { (item) } } }
        }
        @if !open.is_empty() {
            h2 { (asked.t("forms.uncertain")) }
            p.muted { (asked.t("forms.uncertain_why")) }
            ol.children start=(first + sure.len() + 1) { @for item in &open { li { (item) } } }
        }
        @if children.sealed() > 0 {
            h2 { (asked.t("forms.sealed")) }
            p { (asked.tn("forms.sealed_count", &[("count", &show::number(children.sealed() as u64))])) }
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
    cell: &'a Cell,
    views: BTreeMap<DocumentId, (Household, View)>,
}

impl Teller<'_> {
    fn load(&mut self, document: DocumentId) -> Result<(), Fault> {
        if !self.views.contains_key(&document) {
            let household =
                self.asked.office().household(document, Some(self.cell.scope.facts.known_at), READER)?;
            let view = household.view();
            self.views.insert(document, (household, view));
        }
        Ok(())
    }

    fn child(&mut self, told: &Told<'_>) -> Result<Markup, Fault> {
        let child = told.child;
        let of_records = child.records.iter().map(|record| record.document);
        for document in child.because.iter().map(Because::document).chain(of_records) {
            self.load(document)?;
        }
        Ok(html! {
            p { @for (at, (record, row)) in told.records().enumerate() {
                @if at > 0 { " = " } (self.record(record, row))
            } }
            @if !child.undecided.is_empty() {
                ul.why { @for why in &child.undecided { li { span.undecided { (self.why(why)) } } } }
            }
            details {
                summary { (self.asked.t("forms.what_put_it_here")) }
                @for because in &child.because { (self.because(because)) }
            }
        })
    }

    fn record(&self, record: &PersonRef, row: Option<&PersonRow>) -> Markup {
        let address = format!("/office/household/{}#{}", record.document, record.person);
        html! {
            @match row {
                Some(row) => {
                    a href=(address) { (show::name(&row.name)) }
                    " · " (self.asked.t("forms.born")) " " (show::written_date(&row.birth))
                    " · " (show::name(&self.cell.villages.of_person(row)))
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
        let said = self.asked.t(why_words(why));
        let Why::MaybeSame(other) = why else { return html! { (said) } };
        html! {
            (said) " "
            a href={ "/office/household/" (other.document) "#" (other.person) } { (self.asked.t("forms.this_record")) }
            " (" a href="/office/decide?kind=pairs" { (self.asked.t("forms.decide_pairs")) } ")"
        }
    }
}

/// Why a child is not certain, as a key of the words.
pub(super) fn why_words(why: &Why) -> &'static str {
    match why {
        Why::Birth(_) => "forms.why_birth",
        Why::Sex(_) => "forms.why_sex",
        Why::Ethnicity(_) => "forms.why_ethnicity",
        Why::HealthInsurance(_) => "forms.why_insurance",
        Why::BirthRegistration(_) => "forms.why_birth_registration",
        Why::Visited(_) => "forms.why_visited",
        Why::Schooling(_) => "forms.why_schooling",
        Why::Poverty(_) => "forms.why_poverty",
        Why::Withdrawn(_) => "forms.why_withdrawn",
        Why::Event(..) => "forms.why_event",
        Why::Circumstance(..) => "forms.why_circumstance",
        Why::Support(..) => "forms.why_support",
        Why::Sealed(..) => "forms.why_sealed",
        Why::RecordsDiffer => "forms.why_records_differ",
        Why::MaybeSame(_) => "forms.why_maybe_same",
    }
}
