//! One row becomes what it says of a household, a child, and the child's circumstances, supports and
//! events; or it is refused whole.

use std::collections::BTreeMap;

use schemas::format::{self, Known, Sex};
use schemas::record::{EntityKind, FieldType};
use schemas::text;
use serde_json::{Map, Value as Json};
use sync_core::date::{Date, PartialDate};
use sync_core::document::Container;

use super::columns::{Column, Columns, Target};
use super::facts;
use super::report::{Doubt, RowError, RowProblem, RowWarning};
use super::table::Row;
use super::value;
use super::words::words;

/// Fields by name; `null` where the cell is empty. Columns the file does not have are not in it.
pub(super) type Fields = Map<String, Json>;

/// Something that a row says of its child beside the child's own fields.
#[derive(Clone, PartialEq)]
pub(super) struct Fact {
    pub(super) container: Container,
    /// Tells it from the others of its row: container, code, and a number where a code repeats.
    pub(super) key: String,
    /// Code, form or kind.
    pub(super) code: &'static str,
    /// The code included.
    pub(super) fields: Fields,
    /// To be sealed.
    pub(super) restricted: bool,
}

/// What a row says.
pub(super) struct Said {
    pub(super) row: usize,
    pub(super) village: String,
    /// Identifies the household within its village.
    pub(super) household_key: String,
    pub(super) household: Fields,
    /// Whether it speaks of a child at all.
    pub(super) has_child: bool,
    pub(super) child: Fields,
    pub(super) row_number: String,
    pub(super) facts: Vec<Fact>,
}

/// Villages by what people write for them.
pub(super) struct Villages {
    by_key: BTreeMap<String, Option<String>>,
}

impl Villages {
    pub(super) fn of(villages: &[(String, String)]) -> Self {
        let mut by_key: BTreeMap<String, Option<String>> = BTreeMap::new();
        for (code, name) in villages {
            // Names that read alike name neither village; the code still does.
            let known = by_key.entry(words().village_key(name)).or_insert_with(|| Some(code.clone()));
            if known.as_ref() != Some(code) {
                *known = None;
            }
        }
        for (code, _) in villages {
            by_key.insert(plain_number(&words().village_key(code)), Some(code.clone()));
        }
        Self { by_key }
    }

    /// The code of the village written.
    pub(super) fn find(&self, written: &str) -> Option<&str> {
        let key = words().village_key(written);
        self.by_key.get(&key).or_else(|| self.by_key.get(&plain_number(&key)))?.as_deref()
    }
}

/// A number without zeros before it; other text as it is.
fn plain_number(text: &str) -> String {
    let is_number = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    if is_number { format!("{:0>1}", text.trim_start_matches('0')) } else { text.to_owned() }
}

/// What identifies a household within its village: its number, else its head.
pub(super) fn household_key(number: Option<&str>, head: Option<&str>) -> Option<String> {
    let plain = |text: &str| text::fold(text).replace('|', " ");
    let number = number.map(|number| plain_number(&plain(number))).filter(|number| !number.is_empty());
    let head = || head.map(plain).filter(|head| !head.is_empty()).map(|head| format!("~{head}"));
    number.or_else(head)
}

/// Reads rows of one file.
pub(super) struct RowReader<'a> {
    pub(super) columns: &'a Columns,
    pub(super) villages: &'a Villages,
    /// Village of every row that names none.
    pub(super) village: Option<&'a str>,
    /// Nobody is born later.
    pub(super) today: Date,
}

/// What is wrong with the row being read.
pub(super) struct Findings<'a> {
    row: usize,
    errors: Vec<RowError>,
    pub(super) warnings: &'a mut Vec<RowWarning>,
}

impl Findings<'_> {
    pub(super) fn error(&mut self, heading: &str, problem: RowProblem) {
        let error = RowError { row: self.row, heading: heading.to_owned(), problem };
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    pub(super) fn doubt(&mut self, heading: &str, doubt: Doubt) {
        self.warnings.push(RowWarning { row: self.row, heading: heading.to_owned(), doubt });
    }
}

impl RowReader<'_> {
    /// What the row says. Doubts go to `warnings`, unless the row is refused.
    pub(super) fn read(&self, row: &Row, warnings: &mut Vec<RowWarning>) -> Result<Said, Vec<RowError>> {
        let before = warnings.len();
        let mut findings = Findings { row: row.number, errors: Vec::new(), warnings };
        let said = self.read_whole(row, &mut findings);
        let errors = findings.errors;
        match said {
            Some(said) if errors.is_empty() => Ok(said),
            _ => {
                warnings.truncate(before);
                Err(errors)
            }
        }
    }

    fn read_whole(&self, row: &Row, findings: &mut Findings<'_>) -> Option<Said> {
        let village = self.village(row, findings);
        let row_number = self
            .columns
            .of_target(Target::RowNumber)
            .map(|column| value::cell_text(row.cell(column.at)).unwrap_or_default());
        let mut household = self.fields(EntityKind::Household, row, findings);
        let child = self.fields(EntityKind::Child, row, findings);
        let facts = facts::read(self.columns, row, &mut household, findings);
        let written = |fields: &Fields, name: &str| {
            fields.get(name).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (number, head) = (written(&household, "number"), written(&household, "head_name"));
        let has_child = child.values().any(|value| !value.is_null()) || !facts.is_empty();
        let name = written(&child, "name");
        let key = household_key(number.as_deref(), head.as_deref());
        if key.is_none() || (number.is_none() && name.is_none()) {
            let of = |name: &str| self.columns.field(EntityKind::Household, name);
            let column = of("number").or_else(|| of("head_name"));
            // A cell that can't be read has said what is wrong already.
            if findings.errors.is_empty() {
                findings.error(heading_of(column), RowProblem::MissingIdentity);
            }
            return None;
        }
        if has_child {
            for (name, doubt) in [("name", Doubt::ChildNameMissing), ("birth_date", Doubt::BirthDateMissing)]
            {
                if written(&child, name).is_none() {
                    findings.doubt(heading_of(self.columns.field(EntityKind::Child, name)), doubt);
                }
            }
        }
        let birth = written(&child, "birth_date").and_then(|text| text.parse::<PartialDate>().ok());
        if birth.is_some_and(|birth| birth.first() > self.today) {
            findings.doubt(
                heading_of(self.columns.field(EntityKind::Child, "birth_date")),
                Doubt::BirthDateFuture,
            );
        }
        self.check_formats(&household, &child, findings);
        Some(Said {
            row: row.number,
            village: village?,
            household_key: key?,
            household,
            has_child,
            child,
            row_number: row_number.unwrap_or_default(),
            facts,
        })
    }

    fn village(&self, row: &Row, findings: &mut Findings<'_>) -> Option<String> {
        let column = self.columns.of_target(Target::Village);
        let text = match column.map(|column| value::cell_text(row.cell(column.at))) {
            None => String::new(),
            Some(Ok(text)) => text,
            Some(Err(problem)) => {
                findings.error(heading_of(column), problem);
                return None;
            }
        };
        if text.is_empty() {
            if self.village.is_none() {
                findings.error(heading_of(column), RowProblem::VillageMissing);
            }
            return self.village.map(str::to_owned);
        }
        let found = self.villages.find(&text);
        if found.is_none() {
            findings.error(heading_of(column), RowProblem::UnknownVillage);
        }
        found.map(str::to_owned)
    }

    fn fields(&self, kind: EntityKind, row: &Row, findings: &mut Findings<'_>) -> Fields {
        let mut fields = Fields::new();
        for column in &self.columns.mapped {
            let Target::Field(of, field) = column.target else { continue };
            if of != kind {
                continue;
            }
            let text = value::cell_text(row.cell(column.at));
            let read =
                text.as_deref().map_err(|problem| *problem).and_then(|text| value::read(kind, field, text));
            let number = paper_number(kind, &field.name);
            let number = number.filter(|number| self.columns.field(kind, number).is_none());
            match (read, number) {
                (Ok(json), number) => {
                    fields.insert(field.name.clone(), json);
                    number.map(|number| fields.insert(number.to_owned(), Json::Null));
                }
                // A number where yes or no is asked: the paper exists, and this is its number.
                (Err(RowProblem::UnknownWord), Some(number))
                    if text.as_deref().is_ok_and(value::is_paper_number) =>
                {
                    let answer =
                        if field.kind == FieldType::Bool { true.into() } else { "registered".into() };
                    fields.insert(field.name.clone(), answer);
                    fields.insert(number.to_owned(), text.unwrap_or_default().into());
                }
                (Err(problem), _) => findings.error(&column.heading, problem),
            }
        }
        fields
    }

    fn check_formats(&self, household: &Fields, child: &Fields, findings: &mut Findings<'_>) {
        let text = |name: &str| child.get(name).and_then(Json::as_str);
        let known = Known {
            sex: text("sex").and_then(Sex::from_code),
            birth_year: text("birth_date").and_then(|date| date.get(..4)?.parse().ok()),
            identity_number: text("identity_number"),
        };
        for column in &self.columns.mapped {
            let Target::Field(kind, field) = column.target else { continue };
            let (fields, known) = match kind {
                EntityKind::Household => (household, Known::default()),
                EntityKind::Child => (child, known),
                _ => continue,
            };
            // The number may have been found in the column that asks whether there is one.
            let number = paper_number(kind, &field.name)
                .and_then(|name| schemas::record::definition().entity(kind).field(name));
            for field in [Some(field), number].into_iter().flatten() {
                let (Some(format), Some(written)) =
                    (field.format, fields.get(&field.name).and_then(Json::as_str))
                else {
                    continue;
                };
                if number.is_some_and(|number| number.name == field.name)
                    && self.columns.field(kind, &field.name).is_some()
                {
                    continue;
                }
                for warning in format::check(format, written, known) {
                    if let Some(doubt) = Doubt::of_format(warning) {
                        findings.doubt(&column.heading, doubt);
                    }
                }
            }
        }
    }
}

/// The field of the number that a column often holds in place of yes or no.
fn paper_number(kind: EntityKind, name: &str) -> Option<&'static str> {
    match (kind, name) {
        (EntityKind::Child, "health_insurance") => Some("health_insurance_number"),
        (EntityKind::Child, "birth_registration") => Some("birth_registration_number"),
        _ => None,
    }
}

pub(super) fn heading_of(column: Option<&Column>) -> &str {
    column.map_or("", |column| &column.heading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_village_is_found_by_code_and_by_name() {
        let villages =
            [("01", "Hoàng Tân"), ("02", "Thôn Hoàng Thủy"), ("03", "Bản Mới"), ("04", "Thôn Mới")];
        let villages = Villages::of(&villages.map(|(code, name)| (code.to_owned(), name.to_owned())));
        for (text, expected) in [
            ("Hoàng Tân", Some("01")),
            ("thôn hoàng tân", Some("01")),
            ("HOÀNG THUỶ", Some("02")),
            ("01", Some("01")),
            ("1", Some("01")),
            ("Thôn 2", Some("02")),
            ("Mới", None),
            ("Không Có", None),
        ] {
            assert_eq!(villages.find(text), expected, "{text}");
        }
    }

    #[test]
    fn a_household_is_its_number_else_its_head() {
        assert_eq!(household_key(Some("012"), Some("Lý A")).as_deref(), Some("12"));
        assert_eq!(household_key(Some("0"), None).as_deref(), Some("0"));
        assert_eq!(household_key(None, Some("Lý  A")).as_deref(), Some("~ly a"));
        assert_eq!(household_key(None, None), None);
    }
}
