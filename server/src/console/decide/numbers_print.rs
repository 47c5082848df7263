//! The data-cleaning lists on paper: for the round's re-check at the households, and for the commune's police to
//! complete and sign (steps 2 and 3 of LĐTBXH 2513/LĐTBXH-TTTT 2022).

use std::collections::BTreeMap;

use maud::{Markup, html};
use schemas::catalogue::Name;
use sync_core::facts::PersonRef;
use sync_core::issues::IssueCode;

use super::contradictions::say;
use super::numbers::wanted;
use super::standing::village_name;
use crate::console::limits::ROWS_A_PAGE;
use crate::console::{Area, Asked, Fault, Reply, show};
use crate::office::PersonRow;
use crate::problem::Problem;

/// Most pages of the index that one print reads: a village has fewer, a whole commune is printed by village.
const PAGES_MAX: usize = 60;

/// `GET /office/decide/numbers/print?for=round|police&village=`.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let is_police = asked.query("for") == Some("police");
    let village = asked.query("village");
    let (children, is_whole) = children(asked, village)?;
    let title = asked.t(if is_police { "decide.print_police_title" } else { "decide.print_round_title" });
    let place = match village {
        Some(village) => village_name(asked, village)?,
        None => html! { (asked.tu("decide.village_all")) },
    };
    let body = html! {
        div.decide-print {
            p { (place) ", " (show::day(asked.today())) }
            @if !is_whole { p.tag.tag-warn { (asked.tu("decide.print_too_many")) } }
            p.screen-only.muted { (asked.t("decide.print_how")) }
            @if is_police { (police(asked, &children)?) } @else { (round(asked, &children)?) }
            (signatures(asked, is_police))
        }
    };
    Ok(asked.page(Area::Decide, title, body))
}

/// A child and what is wrong with its record.
struct Listed {
    person: PersonRow,
    codes: Vec<IssueCode>,
}

/// The children in the order of villages and households, and whether they are all.
fn children(asked: &Asked, village: Option<&str>) -> Result<(Vec<Listed>, bool), Problem> {
    let mut listed: Vec<Listed> = Vec::new();
    let mut places: BTreeMap<PersonRef, usize> = BTreeMap::new();
    for page in 1..=PAGES_MAX {
        let (rows, total) = asked.office().issue_rows(&wanted(None, village, page))?;
        for row in rows {
            let Some(person) = row.person.filter(|person| person.is_child) else { continue };
            let name = PersonRef { document: person.document, person: person.person.clone() };
            let place = *places.entry(name).or_insert_with(|| {
                listed.push(Listed { person, codes: Vec::new() });
                listed.len() - 1
            });
            listed[place].codes.push(row.code);
        }
        if (page * ROWS_A_PAGE) as u64 >= total {
            return Ok((listed, true));
        }
    }
    Ok((listed, false))
}

fn head(asked: &Asked, columns: &[&str]) -> Markup {
    html! { thead { tr { @for words in columns { th scope="col" { (asked.tu(words)) } } } } }
}

/// What a collector takes along: what is recorded, what is wrong, and room to write.
fn round(asked: &Asked, children: &[Listed]) -> Result<Markup, Problem> {
    let columns = [
        "decide.print_order",
        "decide.village",
        "decide.household_number",
        "decide.head",
        "decide.child",
        "decide.born",
        "decide.sex",
        "decide.ethnicity",
        "decide.parents",
        "decide.number",
        "decide.what_is_wrong",
        "decide.print_write",
    ];
    Ok(html! {
        table.grid aria-label=(asked.t("decide.print_round_title")) {
            (head(asked, &columns))
            tbody { @for (place, Listed { person, codes }) in children.iter().enumerate() { tr {
                td.num { (place + 1) }
                td { (village_name(asked, &person.village)?) }
                td { (show::name(&person.household_number)) }
                td { (show::name(&person.head)) }
                (who(asked, person))
                td { (parents(person)) }
                td.exact { (show::name(&person.identity_number)) }
                td { @for code in codes { div { (say(asked, *code)) } } }
                td.blank {}
            } } }
        }
    })
}

/// What the police complete: who it is, and an empty place for the number.
fn police(asked: &Asked, children: &[Listed]) -> Result<Markup, Problem> {
    let columns = [
        "decide.print_order",
        "decide.child",
        "decide.born",
        "decide.sex",
        "decide.ethnicity",
        "decide.parents",
        "decide.address",
        "decide.number",
        "decide.print_number_given",
        "decide.print_note",
    ];
    Ok(html! {
        table.grid aria-label=(asked.t("decide.print_police_title")) {
            (head(asked, &columns))
            tbody { @for (place, Listed { person, .. }) in children.iter().enumerate() { tr {
                td.num { (place + 1) }
                (who(asked, person))
                td { (parents(person)) }
                td { (show::name(&person.address)) " " (village_name(asked, &person.village)?) }
                td.exact { (show::name(&person.identity_number)) }
                td.blank {}
                td.blank {}
            } } }
        }
    })
}

fn who(asked: &Asked, person: &PersonRow) -> Markup {
    let label = |of: Name, code: &str| {
        if code.is_empty() { String::new() } else { show::code_label(asked.language(), of, code) }
    };
    html! {
        td { (show::name(&person.name)) }
        td.exact { (show::written_date(&person.birth)) }
        td { (label(Name::Sexes, &person.sex)) }
        td { (label(Name::EthnicGroups, &person.ethnicity)) }
    }
}

fn parents(person: &PersonRow) -> Markup {
    let named = [&person.father, &person.mother, &person.carer].into_iter().filter(|name| !name.is_empty());
    html! { @for name in named { div { (show::name(name)) } } }
}

fn signatures(asked: &Asked, is_police: bool) -> Markup {
    let who = if is_police { "decide.print_signed_police" } else { "decide.print_signed_collector" };
    html! {
        div.decide-signatures.print-only {
            @for words in [who, "decide.print_signed_officer"] {
                div { p { strong { (asked.t(words)) } br; (asked.t("decide.print_sign")) } }
            }
        }
    }
}
