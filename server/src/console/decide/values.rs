//! A field on which people wrote different things: the values side by side, one to be picked or another typed.

use maud::{Markup, html};
use sync_core::document::{Seen, Target};
use sync_core::facts::PersonRef;
use sync_core::history::{self, StandingValue};
use sync_core::id::DocumentId;

use super::deed::{carry_out, show_again};
use super::filter::Filter;
use super::key;
use super::queue::{Again, Listing, Open, Row};
use super::reason;
use super::standing::{Record, entity_of, origin, told, whose};
use super::typed::{self, Input};
use crate::console::input::Errors;
use crate::console::limits::ROWS_A_PAGE;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::{Deed, DisputedField, Queue, Subject};
use crate::problem::Problem;

/// The choice of a value that nobody wrote yet.
const OTHER: &str = "other";

/// `POST /office/decide/value`.
pub(super) fn decide(asked: &Asked) -> Result<Reply, Fault> {
    let name = asked.field("key");
    let Some(Subject::Field { document, target, field }) = key::subject(name) else {
        return Err(Fault::NotFound);
    };
    let record = Record::read(asked, document)?;
    let values = record.values(&target, &field);
    let entity = entity_of(&target);
    let stands = Seen::of_field(record.fields(&target).and_then(|fields| fields.get(&field)));
    let seen = asked.field("seen").parse().ok();
    if seen != Some(stands) {
        return show_again(asked, name, &Again::changed());
    }
    let mut errors = Errors::default();
    let given = reason::read(asked);
    let value = match asked.field("pick") {
        OTHER => match entity.field(&field).filter(|known| typed::is_writable(known)) {
            Some(known) => {
                if given.is_empty() {
                    errors.add("reason", asked.t("decide.reason_needed").to_owned());
                }
                typed::read(entity.kind, known, asked.field("other"), asked.today())
                    .map_err(|wrong| errors.add("other", wrong.words(asked)))
                    .ok()
            }
            None => None,
        },
        place => {
            place.parse::<usize>().ok().and_then(|place| values.get(place)).map(|value| value.value.clone())
        }
    };
    match value {
        Some(value) if errors.is_empty() => {
            let reason = Some(if given.is_empty() { asked.t(reason::SEEN).to_owned() } else { given });
            let deed = Deed::Settle { document, target, field, value, reason, seen: stands };
            carry_out(asked, name, deed, "decide.done_value")
        }
        value => {
            if value.is_none() && errors.is_empty() {
                errors.add("pick", asked.t("decide.pick_needed").to_owned());
            }
            show_again(asked, name, &Again::wrong(errors))
        }
    }
}

/// A page of them.
pub(super) fn listing(asked: &Asked, queue: &Queue, filter: &Filter) -> Result<Listing, Problem> {
    let all: Vec<&DisputedField> =
        queue.fields.iter().filter(|field| field.is_of(filter.village.as_deref())).collect();
    let page = all.iter().skip((filter.page - 1) * ROWS_A_PAGE).take(ROWS_A_PAGE);
    let people: Vec<PersonRef> = page.clone().map(|field| person_of(&field.subject)).collect();
    let named = asked.office().people_named(&people)?;
    let rows = page.zip(named).map(|(field, person)| Row {
        key: key::text(&field.subject),
        title: html! { (field_label(asked, &field.subject)) },
        note: html! {
            @if let Some(person) = &person { (show::name(&person.name)) ", " }
            (asked.tn("decide.choices", &[("count", &show::number(field.choices))]))
        },
    });
    Ok(Listing { rows: rows.collect(), total: all.len(), ticked: true })
}

/// The person a field is of; a record of another kind has none of that name.
fn person_of(subject: &Subject) -> PersonRef {
    let none = "0000000000000".parse().expect("thirteen digits are a key");
    match subject {
        Subject::Field { document, target: Target::Entity(_, person), .. } => {
            PersonRef { document: *document, person: person.clone() }
        }
        Subject::Field { document, .. } => PersonRef { document: *document, person: none },
        _ => PersonRef { document: DocumentId([0; 16]), person: none },
    }
}

fn field_label(asked: &Asked, subject: &Subject) -> String {
    let Subject::Field { target, field, .. } = subject else { return String::new() };
    show::label(asked.language(), entity_of(target).kind, field).to_owned()
}

/// The open field.
pub(super) fn panel(asked: &Asked, open: &Open<'_>) -> Result<Markup, Fault> {
    let Some(subject @ Subject::Field { document, target, field }) = &key::subject(open.key) else {
        return Err(Fault::NotFound);
    };
    let record = Record::read(asked, *document)?;
    let values = record.values(target, field);
    let is_settled = values.len() < 2;
    Ok(html! {
        h2 { (field_label(asked, subject)) }
        (open.warning(asked))
        (whose(asked, &record, target)?)
        @if is_settled { (settled(asked, &record, target, field)?) }
        // Whoever was too late may still decide otherwise: what they typed is kept.
        @if !is_settled || open.again.is_some() { (choices(asked, open, &record, target, field, &values)?) }
    })
}

fn choices(
    asked: &Asked,
    open: &Open<'_>,
    record: &Record,
    target: &Target,
    field: &str,
    values: &[StandingValue],
) -> Result<Markup, Fault> {
    let entity = entity_of(target);
    let known = entity.field(field).filter(|known| typed::is_writable(known));
    // Of other values a number of the old list means nothing.
    let picked = Some(open.typed(asked, "pick", ""));
    let picked = picked.filter(|pick| *pick == OTHER || open.again.is_some_and(|again| !again.changed));
    let mut origins = Vec::with_capacity(values.len());
    for value in values {
        origins.push(origin(asked, record, field, &value.writing)?);
    }
    Ok(html! {
        form method="post" action="/office/decide/value" {
            (open.hidden(asked))
            fieldset.choices {
                legend { (asked.t("decide.pick")) }
                @for (place, (value, origin)) in values.iter().zip(&origins).enumerate() {
                    @let id = format!("pick-{}", place + 1);
                    div.choice {
                        input id=(id) type="radio" name="pick" value=(place) required checked[picked == Some(place.to_string().as_str())]
                            autofocus[place == 0 && open.again.is_none()]
                            data-key=[(place < 9).then(|| (place + 1).to_string())];
                        label for=(id) {
                            @if place < 9 { span.kbd { (place + 1) } " " }
                            strong { (show::value(asked, entity.kind, field, &value.value)) }
                        }
                        (origin)
                    }
                }
                @if let Some(known) = known {
                    div.choice {
                        input #pick-other type="radio" name="pick" value=(OTHER) required checked[picked == Some(OTHER)]
                            data-key="v";
                        label for="pick-other" { span.kbd { "v" } " " (asked.t("decide.other_value")) }
                        (Input {
                            kind: entity.kind, field: known, name: "other", label: asked.t("decide.other_label"),
                            typed: open.typed(asked, "other", ""), error: open.error("other"),
                            focus: open.error("other").is_some(),
                        }.markup(asked))
                    }
                }
                @if let Some(error) = open.error("pick") { p.field-error role="alert" { (error) } }
            }
            (reason::of_pick(asked, open))
            p.decide-answers {
                button.primary type="submit" data-decide { (asked.t("decide.decide")) " " span.kbd { "Enter" } }
                button type="submit" formaction="/office/decide/later" formnovalidate data-key="s" {
                    (asked.t("decide.later")) " " span.kbd { "s" }
                }
            }
        }
    })
}

/// What is said of a field that needs no decision any more: what stands, and who said so.
fn settled(asked: &Asked, record: &Record, target: &Target, field: &str) -> Result<Markup, Problem> {
    let decided = history::decisions(&record.household, &record.view)
        .into_iter()
        .find(|decided| decided.target == *target && decided.field == field);
    Ok(html! {
        div.card {
            p { strong { (asked.t("decide.settled")) } }
            (told(asked, record, target, field)?)
            @if let Some(reason) = decided.and_then(|decided| decided.reason) {
                p { (asked.t("decide.because")) " " (show::name(&reason)) }
            }
        }
    })
}
