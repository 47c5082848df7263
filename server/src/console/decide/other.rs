//! The other record of a child or household, which an officer knows and no list found: sought by name, then looked at
//! side by side.
//!
//! Enters: a record, and what is looked for. Leaves: the ways to pages of two records ([`super::two`]). Invariant: what is
//! looked for is kept in the session and stands in no address.

use maud::{Markup, html};
use sync_core::facts::PersonRef;
use sync_core::id::{DocumentId, EntityId};

use super::standing::village_name;
use super::two;
use crate::console::{Area, Asked, Fault, Reply, limits, show};
use crate::office::{HouseholdRow, PersonRow, Subject};
use crate::problem::Problem;

/// Of a move of which one end is known: whether the child left the known record or came to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Left,
    Came,
}

impl Way {
    /// Of a move that has a record where the child was, or none.
    pub(super) fn of(from: &Option<PersonRef>) -> Self {
        if from.is_some() { Self::Left } else { Self::Came }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Came => "came",
        }
    }

    fn of_code(code: &str) -> Option<Self> {
        [Self::Left, Self::Came].into_iter().find(|way| way.code() == code)
    }
}

/// Where the other record of a person is sought; without a person that of the household.
pub(super) fn address(document: DocumentId, person: Option<&EntityId>, way: Option<Way>) -> String {
    Known { document, person: person.cloned(), way }.address()
}

/// The record that is known.
struct Known {
    document: DocumentId,
    person: Option<EntityId>,
    way: Option<Way>,
}

impl Known {
    fn read<'a>(part: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Fault> {
        let document = part("document").and_then(|document| document.parse().ok()).ok_or(Fault::NotFound)?;
        let person = part("person").and_then(|person| person.parse().ok());
        Ok(Self { document, person, way: part("way").and_then(Way::of_code) })
    }

    fn address(&self) -> String {
        let mut address = format!("/office/decide/other?document={}", self.document);
        if let Some(person) = &self.person {
            address += &format!("&person={person}");
        }
        if let Some(way) = self.way {
            address += &format!("&way={}", way.code());
        }
        address
    }

    /// The page of this record beside another.
    fn beside(&self, document: DocumentId, person: Option<&EntityId>) -> Option<String> {
        let end = |document, person: &EntityId| PersonRef { document, person: person.clone() };
        let subject = match (&self.person, person) {
            (Some(this), Some(other)) => {
                let (this, other) = (end(self.document, this), end(document, other));
                match self.way {
                    None => Subject::pair(this, other),
                    Some(Way::Left) => Subject::Move { from: Some(this), to: Some(other) },
                    Some(Way::Came) => Subject::Move { from: Some(other), to: Some(this) },
                }
            }
            (None, None) => Subject::households(self.document, document),
            _ => return None,
        };
        Some(two::address(&subject, self.document))
    }
}

/// `POST /office/decide/other`: keeps what is looked for in the session.
pub(super) fn search(asked: &Asked) -> Result<Reply, Fault> {
    let known = Known::read(|name| Some(asked.field(name)))?;
    let mut address = known.address();
    if !asked.field("sought").is_empty() {
        address += &format!("&s={}", asked.remember_search(asked.field("sought")));
    }
    Ok(Reply::see(&address))
}

/// `GET /office/decide/other?document=&person=&way=&s=`.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let known = Known::read(|name| asked.query(name))?;
    let household = asked.office().households_named(&[known.document])?.pop().flatten();
    let household = household.ok_or(Fault::NotFound)?;
    let person = match &known.person {
        Some(person) => {
            let named = PersonRef { document: known.document, person: person.clone() };
            Some(asked.office().people_named(&[named])?.pop().flatten().ok_or(Fault::NotFound)?)
        }
        None => None,
    };
    let number = asked.query("s").and_then(|number| number.parse().ok());
    let sought = number.and_then(|number| asked.search(number));
    let body = html! {
        nav.crumbs { a href={ "/office/household/" (known.document) } { "‹ " (asked.t("register.to_household")) } }
        p {
            (asked.t(if person.is_some() { "decide.other_child" } else { "decide.other_household" })) " "
            @if let Some(person) = &person { (child(person)) ", " }
            (told(asked, &household)?)
        }
        p.muted { (asked.t("decide.other_about")) }
        form.filters.search method="post" action="/office/decide/other" role="search" {
            (asked.token())
            input type="hidden" name="document" value=(known.document);
            @if let Some(person) = &known.person { input type="hidden" name="person" value=(person); }
            @if let Some(way) = known.way { input type="hidden" name="way" value=(way.code()); }
            div.field {
                label for="f-sought" { (asked.t("register.search")) }
                input #f-sought name="sought" type="search" autocomplete="off" spellcheck="false" autofocus[sought.is_none()]
                    maxlength=(limits::SEARCH_CHARS_MAX) value=(sought.as_deref().unwrap_or_default());
            }
            button type="submit" { (asked.t("register.search_button")) }
        }
        @if let Some(sought) = &sought { (found(asked, &known, sought)?) }
        @else if number.is_some() { p.message.warn role="status" { (asked.t("register.search_forgotten")) } }
    };
    Ok(asked.page(Area::Decide, asked.t("decide.other_title"), body))
}

/// The first page of what is found: whoever finds more types more.
fn found(asked: &Asked, known: &Known, sought: &str) -> Result<Markup, Problem> {
    let found = asked.office().search(sought, None, 0)?;
    let mut rows = Vec::new();
    for household in found.rows.iter().filter(|row| !row.withdrawn) {
        let children = if known.person.is_some() { children(asked, household)? } else { Vec::new() };
        let ways: Vec<(Option<PersonRow>, String)> = match &known.person {
            Some(this) => {
                let others = children.into_iter().filter(|other| {
                    !other.withdrawn && (other.document != known.document || other.person != *this)
                });
                let beside = |other: PersonRow| {
                    let way = known.beside(other.document, Some(&other.person))?;
                    Some((Some(other), way))
                };
                others.filter_map(beside).collect()
            }
            None => {
                let other = Some(household.document).filter(|other| *other != known.document);
                other.and_then(|other| known.beside(other, None)).map(|way| (None, way)).into_iter().collect()
            }
        };
        rows.extend(ways.into_iter().map(|(person, way)| (household, person, way)));
    }
    let more = found.total.saturating_sub(found.rows.len() as u64);
    Ok(html! {
        @if rows.is_empty() { p.card { (asked.t("decide.other_none")) } }
        @else {
            table.grid aria-label=(asked.t("decide.other_title")) { tbody {
                @for (household, person, way) in &rows { tr {
                    @if let Some(person) = person { th scope="row" { (child(person)) } }
                    td { (told(asked, household)?) }
                    td { a href=(way) { (asked.t("decide.compare")) } }
                } }
            } }
        }
        @if more > 0 { p.muted { (asked.tn("decide.other_more", &[("count", &show::number(more))])) } }
    })
}

/// The children who are called so; where something else of the household was looked for, all of them.
fn children(asked: &Asked, household: &HouseholdRow) -> Result<Vec<PersonRow>, Problem> {
    let matched: Vec<PersonRow> =
        household.matched.iter().filter(|person| person.is_child).cloned().collect();
    if !matched.is_empty() {
        return Ok(matched);
    }
    let people = asked.office().people_of(household.document)?;
    Ok(people.into_iter().filter(|person| person.is_child).collect())
}

fn child(person: &PersonRow) -> Markup {
    html! {
        strong { @if person.name.is_empty() { "–" } @else { (show::name(&person.name)) } }
        @if !person.birth.is_empty() { ", " (show::written_date(&person.birth)) }
    }
}

fn told(asked: &Asked, household: &HouseholdRow) -> Result<Markup, Problem> {
    Ok(html! {
        (asked.t("decide.household")) " " (show::name(&household.number)) " – " (show::name(&household.head)) ", "
        (village_name(asked, &household.village)?)
        @if !household.address.is_empty() { ", " (show::name(&household.address)) }
    })
}
