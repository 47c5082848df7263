//! One household with everything that is recorded of it.

use maud::{Markup, html};
use schemas::record::{EntityKind, definition};
use sync_core::document::{Container, Fields, Target, is_withdrawn, shape, shown_text};
use sync_core::facts::PersonRef;
use sync_core::history;
use sync_core::id::EntityId;
use sync_core::issues::{Issue, IssueCode, Place, Severity, issues};
use sync_core::register::people_on;

use super::super::page::lines;
use super::super::{Area, Asked, Fault, Language, Reply, decide, show};
use super::told::{Told, kind_of, object_name, person_name};
use super::{fields, people};
use crate::office::Subject;
use crate::problem::Problem;

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let told = Told::of(asked, super::document(asked)?)?;
    let now = people_on(&told.view, asked.today());
    let body = html! {
        (crumbs(&told))
        p.row-actions.screen-only {
            a href={ (told.address()) "/history" } { (asked.t("register.history")) }
            " " a href={ (told.address()) "/print" } { (asked.t("register.print")) }
            " " a href=(decide::link_with(told.document, None)) { (asked.t("register.link_household")) }
        }
        @if is_withdrawn(&told.view.household) {
            p.message.warn { (asked.t("register.household_withdrawn")) }
        }
        (looks(&told))
        section.card {
            h2 { (asked.t("register.the_household")) }
            (fields::facts(&told, EntityKind::Household, &Target::Household, &[]))
        }
        (people::section(&told, Container::Children, asked.t("register.children_title"), &now))
        (people::section(&told, Container::Members, asked.t("register.members_title"), &now))
        (people::of_nobody(&told))
        (sealed(&told)?)
        (links(&told)?)
        (visits(&told))
        (decisions(&told))
    };
    Ok(asked.page(Area::Register, &told.name(), body))
}

pub(super) fn crumbs(told: &Told<'_>) -> Markup {
    html! {
        nav.crumbs {
            a href="/office/register" { (told.asked.t("register.title")) } " › "
            a href={ "/office/register?village=" (told.village.0) } { (show::name(&told.village.1)) }
        }
    }
}

/// What wants a look: what is undecided, then issues, the gravest first.
fn looks(told: &Told<'_>) -> Markup {
    let asked = told.asked;
    let mut found = issues(&told.view, asked.today(), definition());
    found.sort_by_key(|issue| issue.code.severity());
    let undecided: Vec<(Target, String)> = told
        .view
        .conflicts()
        .map(|(place, field, _)| {
            let target =
                place.map_or(Target::Household, |(container, key)| Target::Entity(container, key.clone()));
            (target, field.to_owned())
        })
        .collect();
    let others: Vec<&Issue> = found.iter().filter(|issue| issue.code != IssueCode::Undecided).collect();
    html! {
        @if !undecided.is_empty() {
            section.card {
                h2 { (asked.tn("register.undecided_title", &[("count", &undecided.len().to_string())])) }
                ul {
                    @for (target, field) in &undecided {
                        li {
                            (object_name(asked, &told.view, target)) ": "
                            @match kind_of(target) {
                                Some(kind) => (show::label(asked.language(), kind, field)),
                                None => (field),
                            }
                            " – " (values(told, target, field)) " "
                            a.screen-only href=(fields::decide(told, target, field)) { (asked.t("register.decide")) }
                        }
                    }
                }
            }
        }
        @if !others.is_empty() {
            details.card open[others.iter().any(|issue| issue.severity() == Severity::Contradiction)] {
                summary { (asked.tn("register.issues_title", &[("count", &others.len().to_string())])) }
                ul { @for issue in others { (look(told, issue)) } }
            }
        }
    }
}

/// The values that stand in a field, side by side.
fn values(told: &Told<'_>, target: &Target, field: &str) -> Markup {
    let standing = told.fields(target).and_then(|fields| fields.get(field));
    let kind = kind_of(target).unwrap_or(EntityKind::Household);
    html! {
        @if let Some(field_values) = standing {
            @for (at, written) in field_values.values().enumerate() {
                @if at > 0 { " / " }
                span.undecided { (told.value(kind, field, &written.value)) }
            }
        }
    }
}

fn look(told: &Told<'_>, issue: &Issue) -> Markup {
    let words = issue.code.words();
    let (say, next) = match told.asked.language() {
        Language::Vi => (&words.say, &words.next),
        Language::En => (&words.say_en, &words.next_en),
    };
    let (class, key) = match issue.severity() {
        Severity::Contradiction => ("tag tag-bad", "register.contradiction"),
        Severity::Doubtful => ("tag tag-warn", "register.doubtful"),
        Severity::Missing => ("tag", "register.missing"),
    };
    let target = match &issue.place {
        Place::Household => Target::Household,
        Place::Entity(container, key) => Target::Entity(*container, key.clone()),
    };
    html! {
        li {
            span class=(class) { (told.asked.t(key)) } " "
            @match &target {
                Target::Household => {},
                Target::Entity(_, key) => { a href={ "#" (key) } { (object_name(told.asked, &told.view, &target)) } ": " },
            }
            (say) " " span.muted { (next) }
            @if let Some(field) = &issue.field {
                " " a.screen-only href=(fields::decide(told, &target, field)) { (told.asked.t("register.change")) }
            }
        }
    }
}

/// Sealed reports: how many, and with the confidential key what they say. Whoever reads them is written down.
fn sealed(told: &Told<'_>) -> Result<Markup, Problem> {
    let asked = told.asked;
    let reports = history::sealed(&told.household, &told.view);
    if reports.is_empty() {
        return Ok(html! {});
    }
    let key = asked.confidential_key();
    if key.is_some() {
        asked.note(serde_json::json!({
            "act": "read_sealed", "document": told.document, "reports": reports.len(),
        }))?;
    }
    let opened = reports.iter().map(|report| {
        let contents =
            key.as_ref().and_then(|key| asked.office().open_report(told.document, &report.key, key).ok());
        (report, contents)
    });
    Ok(html! {
        section.card #sealed {
            h2 { (asked.tn("register.sealed_title", &[("count", &reports.len().to_string())])) }
            @if key.is_none() { p.muted { (asked.t("register.sealed_says")) } }
            ul.records {
                @for (report, contents) in opened {
                    li id=(report.key) {
                        p.muted {
                            bdi { (told.author(&report.writing.actor)) }
                            @if let Some(at) = report.writing.at { ", " (show::moment(at)) }
                            @if let Some(change) = report.writing.change {
                                " " a.screen-only href={ "/office/change/" (change) } { (asked.t("register.source")) }
                            }
                        }
                        @match contents {
                            Some(report) => (contents_of(told, &report)),
                            None => { @if key.is_some() { p { (asked.t("register.sealed_unopenable")) } } },
                        }
                    }
                }
            }
        }
    })
}

fn contents_of(told: &Told<'_>, report: &sync_core::seal::SealedReport) -> Markup {
    let asked = told.asked;
    let language = asked.language();
    let label = |field| show::label(language, EntityKind::Restricted, field);
    let code = |of, code: &str| show::code_label(language, of, code);
    html! {
        dl.fields {
            div.fact { dt { (label("person")) } dd {
                @match report.person.parse::<EntityId>() {
                    Ok(key) => (person_name(asked, &told.view, &key)),
                    Err(_) => (show::name(&report.person)),
                }
            } }
            div.fact { dt { (label("code")) } dd { bdi { (code(schemas::catalogue::Name::Circumstances, &report.code)) } } }
            @if let Some(start) = &report.start { div.fact { dt { (label("start")) } dd { (show::written_date(start)) } } }
            @if let Some(end) = &report.end { div.fact { dt { (label("end")) } dd { (show::written_date(end)) } } }
            @if !report.supports.is_empty() {
                div.fact { dt { (label("supports")) } dd {
                    ul { @for form in &report.supports { li { (code(schemas::catalogue::Name::SupportForms, form)) } } }
                } }
            }
            @if let Some(note) = &report.note { div.fact { dt { (label("note")) } dd { (lines(&show::plain(note))) } } }
        }
    }
}

/// Links to records elsewhere, each with the person and the household at the other end.
fn links(told: &Told<'_>) -> Result<Markup, Problem> {
    let asked = told.asked;
    let found: Vec<_> = told.view.of(Container::Links).collect();
    if found.is_empty() {
        return Ok(html! {});
    }
    let ends: Vec<Option<PersonRef>> = found
        .iter()
        .map(|(_, fields)| {
            let document = shown_text(fields, "other_document")?.parse().ok()?;
            Some(PersonRef { document, person: shown_text(fields, "other_person")?.parse().ok()? })
        })
        .collect();
    let known: Vec<PersonRef> = ends.iter().flatten().cloned().collect();
    let mut named = asked.office().people_named(&known)?.into_iter();
    let others: Vec<_> = ends.iter().map(|end| end.as_ref().and_then(|_| named.next().flatten())).collect();
    Ok(html! {
        section.card {
            h2 { (asked.tn("register.links_title", &[("count", &found.len().to_string())])) }
            ul.records {
                @for (((key, fields), end), other) in found.iter().zip(&ends).zip(&others) {
                    li id=(key) {
                        @if is_withdrawn(fields) { span.tag { (asked.t("register.link_undone")) } " " }
                        @if let Some(end) = end {
                            p { a href={ "/office/household/" (end.document) "#" (end.person) } {
                                @match other {
                                    Some(other) => {
                                        (show::name(&other.name))
                                        @if !other.birth.is_empty() { ", " (show::written_date(&other.birth)) }
                                    },
                                    None => (asked.t("register.other_household")),
                                }
                            }
                            @if let Some(address) = other.as_ref().and_then(|_| parting(told, fields, end)) {
                                " " a.screen-only href=(address) { (asked.t("register.unlink")) }
                            } }
                        }
                        (fields::facts(told, EntityKind::Link, &Target::Entity(Container::Links, (*key).clone()), &["other_document", "other_person"]))
                    }
                }
            }
        }
    })
}

/// The way to take a link back that stands, whoever made it: both records, and what was said of them.
fn parting(told: &Told<'_>, link: &Fields, other: &PersonRef) -> Option<String> {
    let person = shown_text(link, shape::FIELD_PERSON).filter(|_| !is_withdrawn(link))?.parse().ok()?;
    let this = PersonRef { document: told.document, person };
    Some(decide::two_records(&Subject::pair(this, other.clone()), told.document))
}

fn visits(told: &Told<'_>) -> Markup {
    let found: Vec<_> = told.view.of(Container::Visits).collect();
    html! {
        section.card {
            h2 { (told.asked.t("register.visits_title")) }
            @if found.is_empty() { p.muted { (told.asked.t("register.never_visited")) } }
            (people::records(told, Container::Visits, told.asked.t("register.visits"), &found, &[]))
        }
    }
}

/// What officers and collectors decided, the latest first.
fn decisions(told: &Told<'_>) -> Markup {
    let asked = told.asked;
    let made = history::decisions(&told.household, &told.view);
    html! {
        @if !made.is_empty() {
            section.card {
                h2 { (asked.tn("register.decisions_title", &[("count", &made.len().to_string())])) }
                ul.records {
                    @for decided in &made {
                        li {
                            @let kind = kind_of(&decided.target).unwrap_or(EntityKind::Household);
                            @let undone = told.view.entity(Container::Decisions, &decided.key).is_some_and(is_withdrawn);
                            @if undone { span.tag { (asked.t("register.decision_undone")) } " " }
                            (object_name(asked, &told.view, &decided.target)) ", "
                            (show::label(asked.language(), kind, &decided.field)) ": "
                            strong { (told.value(kind, &decided.field, &decided.value)) }
                            @if let Some(reason) = &decided.reason { br; (asked.t("register.reason")) ": " (show::whole(reason)) }
                            p.muted {
                                bdi { (told.author(&decided.writing.actor)) }
                                @if let Some(at) = decided.writing.at { ", " (show::moment(at)) }
                                @if let Some(change) = decided.writing.change {
                                    " " a.screen-only href={ "/office/change/" (change) } { (asked.t("register.source")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
