//! What a document's rows say, and how they are written.

use std::collections::BTreeSet;

use jiff::Span;
use jiff::civil::Date;
use rusqlite::{Connection, params};
use schemas::record::definition;
use schemas::text::fold;
use sync_core::document::{Container, Field, Fields, View, is_withdrawn, shape, shown_text};
use sync_core::facts::{HouseholdFacts, PersonFacts, Poverty};
use sync_core::id::{DocumentId, EntityId};
use sync_core::issues::{Issue, IssueCode, Place, Severity, issues};
use sync_core::projection::project;
use sync_core::register::{EDITION, Summary, people_on};
use sync_core::tally::lines_that_may_hold;

use crate::office::deeds::Records;
use crate::office::places::VillageMap;
use crate::problem::Problem;

/// Age from which nobody is a child of the law (Luật Trẻ em Đ1).
const CHILD_BELOW: i32 = 16;
/// 03/TE III.1 and its "trong đó", which follow from the household's poverty status.
const IN_POVERTY: &str = "III.1";
const IN_POOR_FAMILY: &str = "III.1-1";
/// Their section.
const AT_RISK: &str = "III";

/// A document's rows.
pub(super) struct Made {
    summary: Summary,
    people: Vec<PersonMade>,
    issues: Vec<Issue>,
    /// Whom each issue is about.
    concerned: Vec<Option<EntityId>>,
    /// By which duplicates and moves are found.
    records: Records,
}

struct PersonMade {
    key: EntityId,
    is_child: bool,
    /// As the columns of `person_row` stand, from `name` to `carer`.
    shown: [String; 8],
    address: String,
    gone: bool,
    withdrawn: bool,
    search: String,
    lines: BTreeSet<&'static str>,
}

/// Fields of a person in the order of the columns.
const SHOWN: [&str; 8] =
    ["name", "birth_date", "sex", "identity_number", "ethnicity", "father_name", "mother_name", "carer_name"];

impl Made {
    pub(super) fn of(view: &View, on: Date) -> Self {
        let facts = project(view);
        let summary = Summary::of(view, &facts, on, definition());
        // What people wrote differently is in the projection's `conflict`.
        let issues: Vec<Issue> = issues(view, on, definition())
            .into_iter()
            .filter(|issue| issue.code != IssueCode::Undecided)
            .collect();
        let concerned = issues.iter().map(|issue| concerned(view, &issue.place)).collect();
        Self { people: people(view, &facts, on), summary, issues, concerned, records: Records::of(view) }
    }

    fn count(&self, severity: Severity) -> usize {
        self.issues.iter().filter(|issue| issue.severity() == severity).count()
    }

    pub(super) fn write(
        &self,
        sql: &Connection,
        log: u64,
        on: Date,
        map: &VillageMap,
    ) -> Result<(), Problem> {
        let Self { summary, .. } = self;
        let document = summary.document.0;
        let place = map.place(summary.document, &summary.village);
        sql.prepare_cached(
            "INSERT INTO household_row (document, made_log, made_on, edition, village, number, head, hamlet,
                 address, children, special, sealed, undecided, contradictions, doubtful, missing, last_visit,
                 withdrawn, by_number, search, code, unplaced)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                 ?21, ?22)",
        )?
        .execute(params![
            document,
            log,
            on.to_string(),
            EDITION,
            place.village,
            summary.number,
            summary.head,
            summary.hamlet,
            summary.address,
            summary.children,
            summary.special,
            summary.sealed,
            summary.undecided,
            self.count(Severity::Contradiction),
            self.count(Severity::Doubtful),
            self.count(Severity::Missing),
            summary.last_visit().map(|date| date.to_string()),
            summary.withdrawn,
            summary.by_number,
            summary.search,
            summary.village,
            place.unplaced,
        ])?;
        // Pairs take their villages from the household's row.
        self.records.write(sql)?;
        self.people.iter().try_for_each(|person| person.write(sql, summary.document))?;
        for (at, visit) in summary.visits.iter().enumerate() {
            let days = visit.date.map(|date| (date.first().to_string(), date.last().to_string()));
            let (first, last) = days.unzip();
            sql.prepare_cached(
                "INSERT INTO visit_row (document, place, round, first, last, made) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![document, at, visit.round, first, last, visit.is_made()])?;
        }
        for (at, (issue, concerned)) in self.issues.iter().zip(&self.concerned).enumerate() {
            let (container, entity) = place_of(&issue.place);
            sql.prepare_cached(
                "INSERT INTO issue_row (document, place, village, by_number, severity, code, container, entity,
                     field, person)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                document,
                at,
                place.village,
                summary.by_number,
                severity_key(issue.severity()),
                issue.code.code(),
                container,
                entity,
                issue.field.as_deref().unwrap_or_default(),
                concerned.as_ref().map_or("", EntityId::as_str),
            ])?;
        }
        Ok(())
    }
}

impl PersonMade {
    fn write(&self, sql: &Connection, document: DocumentId) -> Result<(), Problem> {
        let [name, birth, sex, identity_number, ethnicity, father, mother, carer] = &self.shown;
        sql.prepare_cached(
            "INSERT INTO person_row (document, person, is_child, name, birth, sex, identity_number, ethnicity,
                 father, mother, carer, gone, withdrawn, search, address)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            document.0,
            self.key.as_str(),
            self.is_child,
            name,
            birth,
            sex,
            identity_number,
            ethnicity,
            father,
            mother,
            carer,
            self.gone,
            self.withdrawn,
            self.search,
            self.address,
        ])?;
        for line in &self.lines {
            sql.prepare_cached("INSERT INTO circumstance_row (document, person, line) VALUES (?1, ?2, ?3)")?
                .execute(params![document.0, self.key.as_str(), line])?;
        }
        Ok(())
    }
}

/// Removes a document's rows.
pub(super) fn clear(sql: &Connection, document: DocumentId) -> Result<(), Problem> {
    for statement in [
        "DELETE FROM household_row WHERE document = ?1",
        "DELETE FROM person_row WHERE document = ?1",
        "DELETE FROM circumstance_row WHERE document = ?1",
        "DELETE FROM visit_row WHERE document = ?1",
        "DELETE FROM issue_row WHERE document = ?1",
    ] {
        sql.prepare_cached(statement)?.execute(params![document.0])?;
    }
    Ok(())
}

/// How a severity is kept.
pub(super) fn severity_key(severity: Severity) -> &'static str {
    match severity {
        Severity::Contradiction => "contradiction",
        Severity::Doubtful => "doubtful",
        Severity::Missing => "missing",
    }
}

fn place_of(place: &Place) -> (&'static str, &str) {
    match place {
        Place::Household => (shape::KEY_HOUSEHOLD, ""),
        Place::Entity(container, key) => (container.key(), key.as_str()),
    }
}

/// Whom an issue is about: the person itself, or whom the record names.
fn concerned(view: &View, place: &Place) -> Option<EntityId> {
    let Place::Entity(container, key) = place else { return None };
    match container {
        Container::Children | Container::Members => Some(key.clone()),
        _ => shown_text(view.entity(*container, key)?, shape::FIELD_PERSON)?.parse().ok(),
    }
}

fn people(view: &View, facts: &HouseholdFacts, on: Date) -> Vec<PersonMade> {
    let now = people_on(view, on);
    let whole = is_withdrawn(&view.household);
    let of = |container: Container| view.of(container).map(move |(key, fields)| (container, key, fields));
    of(Container::Children)
        .chain(of(Container::Members))
        .map(|(container, key, fields)| {
            let is_child = container == Container::Children;
            let shown = SHOWN.map(|name| shown_text(fields, name).unwrap_or_default().to_owned());
            let withdrawn = whole || is_withdrawn(fields);
            let present = now.iter().any(|person| person.key == *key && person.is_present);
            let facts_of = facts.people.iter().find(|person| person.id == *key);
            let lines = facts_of
                .filter(|_| is_child && present && !withdrawn)
                .map(|person| lines(facts, person, on))
                .unwrap_or_default();
            PersonMade {
                key: key.clone(),
                is_child,
                shown,
                address: address(view, fields),
                gone: !present && !withdrawn,
                withdrawn,
                search: search(fields),
                lines,
            }
        })
        .collect()
}

/// Where a person of a household stays: a place of their own if one is recorded, otherwise the household's address and
/// hamlet. Whoever goes there needs every value that stands.
pub(crate) fn address(view: &View, person: &Fields) -> String {
    let all = |fields: &Fields, name: &str| {
        let values = fields.get(name).into_iter().flat_map(Field::values);
        let texts = values.filter_map(|written| written.value.as_text()).filter(|text| !text.is_empty());
        texts.collect::<Vec<_>>().join(" / ")
    };
    match all(person, "specific_address") {
        none if none.is_empty() => {
            let parts = ["address", "hamlet"].map(|name| all(&view.household, name));
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        }
        elsewhere => elsewhere,
    }
}

/// The lines of 03/TE a child may be in, with the groups and sections above them; none from 16 on.
fn lines(facts: &HouseholdFacts, person: &PersonFacts, on: Date) -> BTreeSet<&'static str> {
    let sixteenth = |birth: Date| birth.saturating_add(Span::new().years(CHILD_BELOW));
    let may_be_child =
        person.birth.values().any(|birth| birth.is_none_or(|birth| sixteenth(birth.last()) > on));
    if !may_be_child {
        return BTreeSet::new();
    }
    let held = person.circumstances.iter().flat_map(|fact| lines_that_may_hold(fact, on));
    let mut lines: BTreeSet<&'static str> = held
        .flat_map(|line| [Some(line.code()), line.group(), Some(line.section())].into_iter().flatten())
        .collect();
    for poverty in facts.poverty.values().flatten() {
        match poverty {
            Poverty::Poor => lines.extend([AT_RISK, IN_POVERTY, IN_POOR_FAMILY]),
            Poverty::NearPoor => lines.extend([AT_RISK, IN_POVERTY]),
            Poverty::Neither => {}
        }
    }
    lines
}

/// What a person is looked for by, folded: every value that stands.
fn search(fields: &Fields) -> String {
    let values = ["name", "identity_number", "phone"]
        .into_iter()
        .filter_map(|name| fields.get(name))
        .flat_map(Field::values)
        .filter_map(|written| written.value.as_text());
    values.map(fold).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}
