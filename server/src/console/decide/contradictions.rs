//! What can't both be right inside one record: the words of the issue, the facts concerned with who wrote them, and
//! the ways out: correct a field, withdraw what was recorded by mistake, or say that it is as it stands.

use maud::{Markup, html};
use sync_core::document::{Container, Fields, Seen, Target, Value, is_withdrawn, shape, shown_text};
use sync_core::id::EntityId;
use sync_core::issues::{IssueCode, Severity};

use super::deed::carry_out;
use super::queue::{self, Again, Filter, Listing, Open, Row};
use super::standing::{Record, entity_of, told, whose};
use super::{key, pairs, reason};
use crate::console::input::Errors;
use crate::console::{Asked, Fault, Language, Reply, show};
use crate::office::{Deed, IssueFilter, IssueRow, Subject};
use crate::problem::Problem;

/// How many wait, those set aside among them.
pub(super) fn count(asked: &Asked, village: Option<&str>) -> Result<usize, Problem> {
    let (_, total) = asked.office().issue_rows(&wanted(village, 1))?;
    Ok(usize::try_from(total).unwrap_or(usize::MAX))
}

fn wanted(village: Option<&str>, page: usize) -> IssueFilter {
    IssueFilter {
        severity: Some(Severity::Contradiction),
        village: village.map(str::to_owned),
        page: page - 1,
        ..IssueFilter::default()
    }
}

fn subject_of(row: &IssueRow) -> Option<Subject> {
    let target = key::target(&row.container, &row.entity)?;
    Some(Subject::Issue { document: row.document, target, code: row.code.code().to_owned() })
}

/// A page of them, without those that somebody said are right.
pub(super) fn listing(asked: &Asked, filter: &Filter) -> Result<Listing, Problem> {
    let (found, total) = asked.office().issue_rows(&wanted(filter.village.as_deref(), filter.page))?;
    let aside = asked.office().set_asides(asked.now())?;
    let mut rows: Vec<Row> = Vec::with_capacity(found.len());
    for row in &found {
        let Some(subject) = subject_of(row) else { continue };
        let seen = if aside.names(&subject) { asked.office().seen(&subject)? } else { None };
        let key = key::text(&subject);
        // One object may break one rule in several fields: that is one thing to decide.
        if seen.is_some_and(|seen| aside.of(&subject, seen).is_some())
            || rows.iter().any(|row| row.key == key)
        {
            continue;
        }
        rows.push(Row {
            key,
            title: html! { (show::name(row.person.as_ref().map_or("–", |person| &person.name))) },
            note: html! { (say(asked, row.code)) },
        });
    }
    Ok(Listing { rows, total: usize::try_from(total).unwrap_or(usize::MAX), ticked: false })
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
    let code = IssueCode::all().find(|known| known.code() == code).ok_or(Fault::NotFound)?;
    let record = Record::read(asked, *document)?;
    let objects = concerned(&record, target, code);
    Ok(html! {
        h2 { (say(asked, code)) }
        (open.warning(asked))
        (whose(asked, &record, target)?)
        p { (next(asked, code)) }
        form method="post" action="/office/decide/right" {
            (open.hidden(asked))
            p.decide-answers {
                button type="submit" data-key="d" { (asked.t("decide.is_right")) " " span.kbd { "d" } }
                (pairs::later(asked))
            }
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
    let Some(reason) = reason::read(asked) else {
        let mut errors = Errors::default();
        errors.add("reason", asked.t("decide.reason_needed"));
        let here = Filter { at: Some(name.to_owned()), ..Filter::of_form(asked) };
        return queue::again(asked, &here, &Again::wrong(errors));
    };
    let seen = asked.field("withdrawn").parse().map_err(|_| Fault::NotFound)?;
    carry_out(asked, name, Deed::Withdraw { document, target, reason, seen }, "decide.done_withdrawn")
}
