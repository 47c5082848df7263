//! The month's list of health-insurance cards of children under 6 (S03: "hàng tháng tổng hợp, đối chiếu số liệu
//! tăng, giảm thẻ BHYT trẻ em"): who has a right to one from this month, and who no longer has.
//!
//! The register says whether a child holds a card, not since when: the list follows the right to a card – born,
//! moved in; moved out, died, turned 6 – and says of each whether a card is recorded.

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::record::EntityKind;
use sync_core::date::Date;
use sync_core::facts::PersonRef;
use sync_core::tally::Period;
use sync_core::tally::changes::{Change, changes};

use super::changes::{head, line, listed};
use super::days::{Span, checked};
use super::rows::{self, Extra, File, Listed};
use super::{placed, take_out};
use crate::console::input::{Errors, text_field};
use crate::console::villages::Villages;
use crate::console::{Area, Asked, Fault, Reply, exports, show};
use crate::office::{CountError, Households, PersonRow};
use crate::problem::Problem;

/// Below this age the state pays for the card (Luật Bảo hiểm y tế, Điều 12).
const SIX: u8 = 6;
/// The target that lists children under 6 without a card.
const WITHOUT_CARD: &str = "/office/targets/hoang-dong-2024/IV.2.2";

/// Month and year, as `11/2024`.
pub(super) fn month_field(asked: &Asked, span: &Span, errors: &Errors) -> Markup {
    let typed = match errors.of("month") {
        Some(_) => asked.query("month").unwrap_or_default().to_owned(),
        None => span.period.from().strftime("%m/%Y").to_string(),
    };
    text_field("month", asked.t("lists.month"), &typed, errors.of("month"))
}

/// `11/2024`, or `2024-11` as an address has it.
fn parse_month(text: &str) -> Option<Date> {
    let (year, month) = match (text.split_once('/'), text.split_once('-')) {
        (Some((month, year)), _) => (year, month),
        (None, Some((year, month))) => (year, month),
        _ => return None,
    };
    Date::new(year.trim().parse().ok()?, month.trim().parse().ok()?, 1).ok()
}

/// The month asked for, up to today; this month where there is none or it can't be one.
fn month(asked: &Asked, errors: &mut Errors) -> Span {
    let this = Span::of_month(asked.today());
    let Some(typed) = asked.query("month") else { return this };
    let Some(first) = parse_month(typed) else {
        errors.add("month", asked.t("lists.not_a_month"));
        return this;
    };
    let Some(first) = checked(asked, "month", first, errors) else { return this };
    let last = first.last_of_month().min(asked.today());
    Period::new(first, last).map_or(this, |period| Span {
        period,
        typed_from: show::day(first),
        typed_to: show::day(last),
    })
}

/// `/office/lists/insurance?month=2024-11`.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let mut errors = Errors::default();
    let span = month(asked, &mut errors);
    let fields = html! {
        form.filters.screen-only method="get" action="/office/lists/insurance" {
            (month_field(asked, &span, &errors))
            button type="submit" { (asked.t("lists.show")) }
        }
    };
    let form = html! { (errors.summary(asked)) (fields) };
    if !errors.is_empty() {
        let title = asked.t("lists.insurance");
        return Ok(asked.page_with(StatusCode::UNPROCESSABLE_ENTITY, Area::Lists, title, form));
    }
    let facts = asked.facts()?;
    let households = placed(asked, &facts, &span)?;
    let all = changes(households.iter(), &facts.pairs, span.period, SIX, None).map_err(CountError::from)?;
    let row = |change: &Change| Listed {
        more: card(asked, &households, &change.person).to_owned(),
        ..listed(change, asked.t(words(change)))
    };
    let (more, fewer): (Vec<&Change>, Vec<&Change>) =
        all.listed.iter().partition(|change| change.kind.adds());
    let more: Vec<Listed> = more.into_iter().map(row).collect();
    let fewer: Vec<Listed> = fewer.into_iter().map(row).collect();
    let month = span.period.from().strftime("%m/%Y").to_string();
    let title = asked.tn("lists.insurance_title", &[("month", &month)]);
    let address = format!("/office/lists/insurance?month={}", span.period.from().strftime("%Y-%m"));
    let villages = Villages::on(asked, span.period.as_of())?;
    if let Some(kind) = asked.query("file") {
        let name = format!("bhyt-duoi-6-tuoi-{}", span.period.from().strftime("%Y-%m"));
        return file(asked, &villages, name, title, &[("lists.more", more), ("lists.fewer", fewer)])?
            .send(asked, kind);
    }
    let columns = [Extra::What, Extra::When, Extra::More("lists.card")];
    let body = html! {
        nav.crumbs { a href="/office/lists" { (asked.t("lists.title")) } }
        (form)
        p { (asked.t("lists.insurance_how")) }
        div.scroll { table.grid.flows {
            caption { (asked.t("lists.reconciled_six")) }
            (head(asked, asked.t("lists.under_six"), "lists.six"))
            tbody { (line(asked, asked.t("lists.whole_commune"), &all.total)) }
        } }
        (take_out(asked, &address))
        (rows::table(asked, &villages, &more, asked.t("lists.more"), &address, &columns)?)
        (rows::table(asked, &villages, &fewer, asked.t("lists.fewer"), &address, &columns)?)
        p { a href={ (WITHOUT_CARD) "?who=missing&as_of=" (span.period.as_of()) } { (asked.t("lists.without_card")) } }
    };
    Ok(asked.page(Area::Lists, &title, body))
}

/// The file for the insurance office: why each card comes or goes, and whose it is.
fn file(
    asked: &Asked,
    villages: &Villages,
    name: String,
    title: String,
    parts: &[(&'static str, Vec<Listed>)],
) -> Result<File, Problem> {
    let headings = [
        "lists.order",
        "lists.more_or_fewer",
        "lists.reason",
        "lists.when",
        "lists.name",
        "lists.birth",
        "lists.sex",
        "lists.father",
        "lists.mother",
        "lists.carer",
        "lists.identity_number",
        "lists.card_number",
        "lists.card",
        "lists.village",
        "lists.household_number",
        "lists.head",
        "lists.address",
        "lists.certainty",
    ];
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (part, listed) in parts {
        let people = rows::named(asked, &listed.iter().collect::<Vec<_>>())?;
        for (row, person) in listed.iter().zip(people) {
            let view = exports::household(asked.office(), row.person.document)?;
            let child = view.person(&row.person.person).map(|(_, fields)| fields);
            let said = |field| child.map(|child| exports::written(EntityKind::Child, child, field));
            let said = |field| said(field).unwrap_or_default();
            let of = |part: fn(&PersonRow) -> &String| person.as_ref().map(part).cloned().unwrap_or_default();
            rows.push(vec![
                (rows.len() + 1).to_string(),
                asked.t(part).to_owned(),
                row.what.clone(),
                rows::dates(row),
                said("name"),
                said("birth_date"),
                said("sex"),
                said("father_name"),
                said("mother_name"),
                said("carer_name"),
                said("identity_number"),
                said("health_insurance_number"),
                row.more.clone(),
                person.as_ref().map(|person| villages.of_person(person)).unwrap_or_default(),
                of(|person| &person.household_number),
                of(|person| &person.head),
                of(|person| &person.address),
                rows::doubt(asked, row).to_owned(),
            ]);
        }
    }
    Ok(File { name, title, headings: rows::headings(asked, &headings), rows })
}

fn words(change: &Change) -> &'static str {
    use sync_core::tally::changes::ChangeKind::{Arrived, Born, CameOfAge, Died, Left};
    match change.kind {
        Born => "lists.born",
        Arrived => "lists.arrived",
        Left => "lists.left",
        Died => "lists.died",
        CameOfAge => "lists.six",
    }
}

/// Whether the child holds a card, as recorded.
fn card(asked: &Asked, households: &Households, person: &PersonRef) -> &'static str {
    let household = households.of(person.document);
    let facts = household.and_then(|household| household.people.iter().find(|one| one.id == person.person));
    let Some(held) = facts.map(|facts| &facts.health_insurance) else { return asked.t("lists.card_unknown") };
    match (held.is_disputed(), held.shown()) {
        (true, _) => asked.t("lists.card_disputed"),
        (false, Some(true)) => asked.t("lists.card_held"),
        (false, Some(false)) => asked.t("lists.card_none"),
        (false, None) => asked.t("lists.card_unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_as_people_and_addresses_write_it() {
        for text in ["11/2024", "2024-11", " 11 / 2024 "] {
            assert_eq!(parse_month(text.trim()), Some(Date::constant(2024, 11, 1)), "{text}");
        }
        for text in ["", "2024", "13/2024", "11-2024", "x/2024", "2024-11-01", "1/1/2024"] {
            assert_eq!(parse_month(text), None, "{text}");
        }
    }
}
