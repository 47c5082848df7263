//! What can't both be right inside one record: the words of the issue, the facts concerned with who wrote them, and
//! the ways out: correct a field, withdraw what was recorded by mistake, or say that it is as it stands.

use maud::{Markup, html};
use sync_core::document::{Container, Fields, Seen, Target, Value, is_withdrawn, shape, shown_text};
use sync_core::facts::PersonRef;
use sync_core::id::EntityId;
use sync_core::issues::{IssueCode, Severity};

use super::deed::carry_out;
use super::filter::Filter;
use super::queue::{Listing, Open, Row};
use super::standing::{Record, entity_of, told, whose};
use super::{key, pairs, reason};
use crate::console::limits::ROWS_A_PAGE;
use crate::console::{Asked, Fault, Language, Reply, show};
use crate::office::{Contradiction, Deed, Queue, Subject};
use crate::problem::Problem;

/// A page of them.
pub(super) fn listing(asked: &Asked, queue: &Queue, filter: &Filter) -> Result<Listing, Problem> {
    let all: Vec<&Contradiction> =
        queue.contradictions.iter().filter(|found| found.is_of(filter.village.as_deref())).collect();
    let page = all.iter().skip((filter.page - 1) * ROWS_A_PAGE).take(ROWS_A_PAGE);
    let people: Vec<PersonRef> = page.clone().filter_map(|found| found.person.clone()).collect();
    let mut named = asked.office().people_named(&people)?.into_iter();
    let rows = page.map(|found| {
        let person = found.person.as_ref().and_then(|_| named.next()).flatten();
        Row {
            key: key::text(&found.subject),
            title: html! { (show::name(person.as_ref().map_or("–", |person| &person.name))) },
            note: html! { (say(asked, found.code)) },
        }
    });
    Ok(Listing { rows: rows.collect(), total: all.len(), ticked: false })
}

/// What an issue is, in the page's language.
pub(super) fn say(asked: &Asked, code: IssueCode) -> &'static str {
    let words = code.words();
    if asked.language() == Language::En { &words.say_en } else { &words.say }
}

fn next(asked: &Asked, code: IssueCode) -> &'static str {
    let words = code.words();
    if asked.language() == Language::En { &words.next_en } else { &words.next }
}

/// The open contradiction.
pub(super) fn panel(asked: &Asked, open: &Open<'_>) -> Result<Markup, Fault> {
    let Some(Subject::Issue { document, target, code }) = &key::subject(open.key) else {
        return Err(Fault::NotFound);
    };
    let mut known = IssueCode::all().filter(|known| known.severity() == Severity::Contradiction);
    let code = known.find(|known| known.code() == code).ok_or(Fault::NotFound)?;
    let record = Record::read(asked, *document)?;
    let mut objects = concerned(&record, target, code);
    // Somebody was quicker to withdraw it: what was typed stays in its form.
    if let Some(Subject::Field { target: typed, .. }) =
        open.again.and_then(|_| key::subject(asked.field("object")))
        && objects.iter().all(|(known, _)| *known != typed)
    {
        objects.push((typed, ALL_FIELDS));
    }
    // What was typed belongs to one of the forms: an object is named by that which withdraws it.
    let of_right = Open { again: open.again.filter(|_| asked.field("object").is_empty()), ..*open };
    Ok(html! {
        h2 { (say(asked, code)) }
        (open.warning(asked))
        (whose(asked, &record, target)?)
        p { (next(asked, code)) }
        form method="post" action="/office/decide/right" {
            (open.hidden(asked))
            p.decide-answers {
                button type="submit" data-key="d" { (asked.t("decide.is_right")) " " span.kbd { "d" } }
                (pairs::later(asked, open))
            }
            (reason::inputs(asked, &of_right))
        }
        @for (place, (object, fields)) in objects.iter().enumerate() {
            (facts(asked, open, &record, object, fields, place == 0 && open.again.is_none())?)
        }
    })
}

/// The objects that an issue is about, the one it was found in first, each with the fields that matter.
fn concerned(record: &Record, target: &Target, code: IssueCode) -> Vec<(Target, &'static [&'static str])> {
    let mut objects = vec![(target.clone(), ALL_FIELDS)];
    let Some((person, _)) = record.person(target) else { return objects };
    let mut add = |object: Target, fields| {
        if objects.iter().all(|(known, _)| *known != object) {
            objects.push((object, fields));
        }
    };
    if let Some((container, _)) = record.view.person(&person) {
        add(Target::Entity(container, person.clone()), of_person(code));
    }
    for container in siblings(code) {
        for (key, _) in of(record, *container, &person) {
            add(Target::Entity(*container, key.clone()), ALL_FIELDS);
        }
    }
    if matches!(code, IssueCode::IllButNotPoor | IssueCode::IllOtherPoverty) {
        add(Target::Household, &["poverty_status", "poverty_year", "poverty_basis"]);
    }
    objects
}

/// Every field that says something.
const ALL_FIELDS: &[&str] = &[];
/// Shown even where nothing is recorded: often it is just what has to be added.
const OFTEN_MISSING: [&str; 4] = ["start", "end", "end_reason", "date"];

fn of_person(code: IssueCode) -> &'static [&'static str] {
    use IssueCode as I;
    match code {
        I::OrphanParentLiving | I::HalfOrphanBothLiving | I::HalfOrphanBothDead | I::MissingParentLiving => {
            &["name", "father_name", "father_status", "mother_name", "mother_status"]
        }
        I::DropoutInSchool => &["name", "birth_date", "schooling", "school", "class"],
        _ => &["name", "birth_date", "sex"],
    }
}

/// Records of the same person that the issue holds against each other.
fn siblings(code: IssueCode) -> &'static [Container] {
    use IssueCode as I;
    match code {
        I::TwoDeaths
        | I::AfterDeath
        | I::ArrivedTwice
        | I::LeftTwice
        | I::Turned16TooEarly
        | I::BirthDiffers => &[Container::Events],
        I::TwoLevels | I::TwoLines | I::OpenAfter16 => &[Container::Circumstances],
        _ => &[],
    }
}

fn of<'a>(
    record: &'a Record,
    container: Container,
    person: &'a EntityId,
) -> impl Iterator<Item = (&'a EntityId, &'a Fields)> {
    let is_theirs = |fields: &Fields| shown_text(fields, shape::FIELD_PERSON) == Some(person.as_str());
    record.view.of(container).filter(move |(_, fields)| is_theirs(fields) && !is_withdrawn(fields))
}

fn facts(
    asked: &Asked,
    open: &Open<'_>,
    record: &Record,
    object: &Target,
    wanted: &[&str],
    focus: bool,
) -> Result<Markup, Problem> {
    let entity = entity_of(object);
    let stand = record.fields(object);
    let says = |name: &str| {
        stand
            .and_then(|fields| fields.get(name))
            .is_some_and(|field| field.values().any(|v| v.value != Value::Null))
    };
    let is_shown = |name: &str| {
        name != shape::FIELD_PERSON
            && name != shape::FIELD_WITHDRAWN
            && (wanted.contains(&name)
                || (wanted.is_empty() && (says(name) || OFTEN_MISSING.contains(&name))))
    };
    let shown: Vec<_> = entity.fields.iter().filter(|field| is_shown(&field.name)).collect();
    let label = if asked.language() == Language::En { &entity.label_en } else { &entity.label };
    let document = record.view.document;
    Ok(html! {
        section.card {
            h3 { (label) }
            table.grid aria-label=(label) { tbody {
                @for (place, field) in shown.iter().enumerate() {
                    tr {
                        th scope="row" { (show::label(asked.language(), entity.kind, &field.name)) }
                        td { (told(asked, record, object, &field.name)?) }
                        td.row-actions { @if super::typed::is_writable(field) {
                            a autofocus[focus && place == 0] href={
                                "/office/decide/field?document=" (document) "&container=" (key::container(object))
                                "&entity=" (key::entity(object)) "&field=" (field.name) "&from=" (open.key)
                            } { (asked.t("decide.correct")) span.visually-hidden { " " (field.label) } }
                        } }
                    }
                }
            } }
            @if *object != Target::Household { (withdrawal(asked, open, record, object)) }
        }
    })
}

/// The way to say that an entry is a mistake, folded away: it needs a reason.
fn withdrawal(asked: &Asked, open: &Open<'_>, record: &Record, object: &Target) -> Markup {
    let is_this = open.again.is_some() && asked.field("entity") == key::entity(object);
    let typed = if is_this { [asked.field("usual"), asked.field("reason")] } else { [""; 2] };
    let subject = Subject::Field {
        document: record.view.document,
        target: object.clone(),
        field: shape::FIELD_WITHDRAWN.to_owned(),
    };
    let seen = Seen::of_field(record.fields(object).and_then(|fields| fields.get(shape::FIELD_WITHDRAWN)));
    html! {
        details open[is_this] {
            summary { (asked.t("decide.withdraw")) }
            form method="post" action="/office/decide/withdraw" {
                (open.hidden(asked))
                input type="hidden" name="object" value=(key::text(&subject));
                input type="hidden" name="entity" value=(key::entity(object));
                input type="hidden" name="withdrawn" value=(seen);
                p.muted { (asked.t("decide.withdraw_note")) }
                (reason::of_form(asked, key::entity(object), typed, is_this.then(|| open.error("reason")).flatten()))
                button type="submit" { (asked.t("decide.withdraw")) }
            }
        }
    }
}

/// `POST /office/decide/withdraw`.
pub(super) fn withdraw(asked: &Asked) -> Result<Reply, Fault> {
    let name = asked.field("key");
    let Some(Subject::Field { document, target, field }) = key::subject(asked.field("object")) else {
        return Err(Fault::NotFound);
    };
    if field != shape::FIELD_WITHDRAWN {
        return Err(Fault::NotFound);
    }
    let reason = reason::read(asked);
    let seen = asked.field("withdrawn").parse().map_err(|_| Fault::NotFound)?;
    carry_out(asked, name, Deed::Withdraw { document, target, reason, seen }, "decide.done_withdrawn")
}
