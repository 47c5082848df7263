//! Reading forms: from text to a [`Form`] whose every reference leads somewhere.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::error::Category;

use crate::catalogue::{Name, catalogue};

use super::own::{CODE_CHARS_MAX, DEPTH_MAX, TEXT_CHARS_MAX};
use super::{AgeBand, Column, ColumnKind, Ethnicity, Form, LineSource, Rule, Selector};

/// The files compiled in, in the order of their numbers: (form, its columns if they are kept apart).
const SHIPPED: [(&str, Option<&str>); 3] = [
    (include_str!("../../forms/01-TE.2024.json"), None),
    (include_str!("../../forms/02-TE.2024.json"), None),
    (include_str!("../../forms/03-TE.2024.json"), Some(include_str!("../../forms/03-TE.columns.json"))),
];

/// Nobody is older, in years.
const AGE_MAX: u8 = 130;
/// Lines, and columns, that a form may have: far above any real one.
const LINES_MAX: usize = 1000;
const COLUMNS_MAX: usize = 24;

/// Why a text is not a form, or not a form's columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Not JSON, or not of the shape of a form.
    #[error("line {line}, column {column} of the text: {reason}")]
    Shape {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the text, from 1.
        column: usize,
        /// What is missing or not understood there.
        reason: String,
        /// The same, for a program that says it in another language.
        problem: ShapeProblem,
    },
    /// The columns are another form's.
    #[error("these columns are for {found}, not for {expected}")]
    OtherForm {
        /// The form they were handed to.
        expected: String,
        /// The form they name.
        found: String,
    },
    /// Something in it is wrong.
    #[error("{form}: {at}: {problem}")]
    Invalid {
        /// The form.
        form: String,
        /// Where: e.g. `line II.4.1` or `column 3`.
        at: String,
        /// What.
        problem: Problem,
    },
}

/// What is wrong with a text's shape at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShapeProblem {
    /// Not JSON: a comma, a quotation mark or a bracket too many, missing or of the wrong kind.
    NotJson,
    /// It ends before it is complete.
    Ended,
    /// A field is missing.
    Missing(String),
    /// There is no field of this name.
    Unknown(String),
    /// There is no such value.
    UnknownValue(String),
    /// A field twice.
    Repeated(String),
    /// A value of another kind: text for a number, a list for a text, a number out of range.
    WrongKind,
}

impl ShapeProblem {
    /// What serde says, and the same in its own words without the place.
    pub(crate) fn told(error: &serde_json::Error) -> (Self, String) {
        let full = error.to_string();
        let reason = full.rsplit_once(" at line ").map_or(full.as_str(), |(reason, _)| reason).to_owned();
        (Self::of(error, &reason), reason)
    }

    /// serde tells names only within its message; what it says otherwise is about the kind of a value.
    fn of(error: &serde_json::Error, reason: &str) -> Self {
        let named = |begin: &str| {
            let (name, _) = reason.strip_prefix(begin)?.split_once('`')?;
            Some(name.to_owned())
        };
        match error.classify() {
            Category::Eof => Self::Ended,
            Category::Syntax | Category::Io => Self::NotJson,
            Category::Data => named("missing field `")
                .map(Self::Missing)
                .or_else(|| named("unknown field `").map(Self::Unknown))
                .or_else(|| named("unknown variant `").map(Self::UnknownValue))
                .or_else(|| named("duplicate field `").map(Self::Repeated))
                .unwrap_or(Self::WrongKind),
        }
    }
}

impl FormError {
    /// The line of `json`, from 1, on which a person should look; none where it is about the whole.
    #[must_use]
    pub fn line_in(&self, json: &str) -> Option<usize> {
        match self {
            Self::Shape { line, .. } => Some(*line),
            Self::OtherForm { .. } => line_of(json, "form", None).next(),
            Self::Invalid { problem: Problem::Edition { .. }, .. } => line_of(json, "edition", None).next(),
            Self::Invalid { at, problem, .. } => {
                let (what, code) = at.split_once(' ')?;
                let (key, within) = match what {
                    "line" => ("code", "lines"),
                    "column" => ("code", "columns"),
                    "parameter" => ("key", "parameters"),
                    // `check 3 (II.4)`: the third of them.
                    "check" => {
                        let number: usize = code.split(' ').next()?.parse().ok()?;
                        return line_of(json, "rule", None).nth(number.checked_sub(1)?);
                    }
                    _ => return None,
                };
                // Columns and lines may share a code; each list stands behind its name.
                let from = json.find(&format!("\"{within}\"")).unwrap_or_default();
                let before = json[..from].matches('\n').count();
                let is_second = *problem == Problem::Repeated;
                let found = line_of(&json[from..], key, Some(code)).nth(usize::from(is_second));
                found.map(|line| before + line)
            }
        }
    }
}

/// Lines on which a field of this name stands, with this text if one is asked for.
pub(crate) fn line_of<'j>(
    json: &'j str,
    name: &str,
    text: Option<&str>,
) -> impl Iterator<Item = usize> + use<'j> {
    let quoted = |text: &str| serde_json::to_string(text).expect("a text becomes JSON");
    let (name, text) = (quoted(name), text.map(quoted));
    let mut from = 0;
    core::iter::from_fn(move || {
        loop {
            let at = from + json.get(from..)?.find(&name)?;
            from = at + name.len();
            let value = json[from..].trim_start().strip_prefix(':').map(str::trim_start);
            let fits = value.is_some_and(|value| text.as_ref().is_none_or(|text| value.starts_with(text)));
            if fits {
                return Some(1 + json[..at].matches('\n').count());
            }
        }
    })
}

/// What is wrong at one place of a form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Two lines, columns or parameters of one code.
    #[error("the code is used twice")]
    Repeated,
    /// It must not be empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// More than the limit.
    #[error("more than {0}")]
    TooMany(usize),
    /// No such line.
    #[error("no line has the code {0:?}")]
    NoLine(String),
    /// The line is not counted from the register.
    #[error("line {0:?} is not counted from the register")]
    NotDerived(String),
    /// No such column, or one that shows no children.
    #[error("no column that counts children has the code {0:?}")]
    NoColumn(String),
    /// No such parameter.
    #[error("no parameter has the key {0:?}")]
    NoParameter(String),
    /// Not in the catalogue of circumstances.
    #[error("no circumstance has the code {0:?}")]
    NoCircumstance(String),
    /// Not in the catalogue of life events.
    #[error("no life event is called {0:?}")]
    NoEvent(String),
    /// Not in the catalogue of causes.
    #[error("no cause is called {0:?}")]
    NoCause(String),
    /// Not in the catalogue of stages of schooling.
    #[error("no stage of schooling is called {0:?}")]
    NoSchooling(String),
    /// Not in the catalogue of forms of support.
    #[error("no form of support is called {0:?}")]
    NoSupport(String),
    /// Not in the catalogue of ethnic groups.
    #[error("no ethnic group has the code {0:?}")]
    NoEthnicity(String),
    /// A band in which nobody can be.
    #[error("nobody can be of that age")]
    NoAge,
    /// Not a day of the year.
    #[error("not a day of the year")]
    NoDay,
    /// A rule over lines that officers type in names one that is not.
    #[error("line {0:?} is not typed in")]
    NotTyped(String),
    /// The version is not the commune's own.
    #[error("the version must be the year, a hyphen and a name, and not {shipped:?}: {shipped}-xa-1")]
    Edition {
        /// The version shipped.
        shipped: String,
    },
    /// A code that can't stand in an address or a file.
    #[error(
        "a code is 1 to {CODE_CHARS_MAX} letters, digits, dots and hyphens, and begins with a letter or a digit"
    )]
    Code,
    /// A text that can't be printed.
    #[error("{0} has characters that can't be printed, or more than {TEXT_CHARS_MAX}")]
    Text(&'static str),
    /// A line that stands further in than a print can show.
    #[error("more than {DEPTH_MAX} steps inwards")]
    TooDeep,
    /// `occurrences`, or sums of a check, that lead back to the line itself.
    #[error("it is added up from itself")]
    Circular,
}

/// What a file of columns holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    form: String,
    #[serde(rename = "edition")]
    _edition: String,
    #[serde(default, rename = "status")]
    _status: String,
    #[serde(default, rename = "note")]
    _note: String,
    columns: Vec<Column>,
}

/// All forms shipped, in the order of their numbers.
pub fn forms() -> &'static [Form] {
    static FORMS: OnceLock<Vec<Form>> = OnceLock::new();
    FORMS.get_or_init(|| {
        let shipped = SHIPPED.iter().map(|(text, columns)| {
            let form: Form = parse(text).expect("shipped forms are tested");
            match columns {
                Some(columns) => form.with_columns(columns),
                None => form.validated(),
            }
            .expect("shipped forms are tested")
        });
        shipped.collect()
    })
}

/// The form shipped under this name, e.g. `03/TE`; `None` for a name that is none.
#[must_use]
pub fn form(name: &str) -> Option<&'static Form> {
    forms().iter().find(|form| form.form == name)
}

fn parse<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, FormError> {
    serde_json::from_str(text).map_err(|error| {
        let (problem, reason) = ShapeProblem::told(&error);
        FormError::Shape { line: error.line(), column: error.column(), reason, problem }
    })
}

impl Form {
    /// Reads a whole form, its columns included.
    ///
    /// # Errors
    /// What is wrong in it, and where.
    pub fn from_json(json: &str) -> Result<Self, FormError> {
        parse::<Self>(json)?.validated()
    }

    /// This form with other columns, as a commune that has the printed form describes them.
    ///
    /// # Errors
    /// What is wrong in the file of columns, and where.
    pub fn with_columns(&self, json: &str) -> Result<Self, FormError> {
        let columns: Columns = parse(json)?;
        if columns.form != self.form {
            return Err(FormError::OtherForm { expected: self.form.clone(), found: columns.form });
        }
        Self { columns: columns.columns, ..self.clone() }.validated()
    }

    fn validated(self) -> Result<Self, FormError> {
        match self.first_problem() {
            None => Ok(self),
            Some((at, problem)) => Err(FormError::Invalid { form: self.form, at, problem }),
        }
    }

    fn first_problem(&self) -> Option<(String, Problem)> {
        let at_form = |problem| Some(("form".to_owned(), problem));
        if self.lines.is_empty() {
            return at_form(Problem::Empty("lines"));
        }
        if self.columns.is_empty() {
            return at_form(Problem::Empty("columns"));
        }
        if self.lines.len() > LINES_MAX {
            return at_form(Problem::TooMany(LINES_MAX));
        }
        if self.columns.len() > COLUMNS_MAX {
            return at_form(Problem::TooMany(COLUMNS_MAX));
        }
        let year = |d: &super::Deadline| jiff::civil::Date::new(2024, d.month, d.day).is_err();
        if self.deadlines.iter().any(year) {
            return at_form(Problem::NoDay);
        }
        let places = [
            ("line", self.lines.iter().map(|l| l.code.as_str()).collect::<Vec<_>>()),
            ("column", self.columns.iter().map(|c| c.code.as_str()).collect()),
            ("parameter", self.parameters.iter().map(|p| p.key.as_str()).collect()),
        ];
        for (what, codes) in places {
            let mut seen = BTreeSet::new();
            for code in codes {
                if code.is_empty() {
                    return Some((what.to_owned(), Problem::Empty("code")));
                }
                if !seen.insert(code) {
                    return Some((format!("{what} {code}"), Problem::Repeated));
                }
            }
        }
        let of_form = self.universe.and_then(age_problem).map(|problem| ("form".to_owned(), problem));
        of_form
            .or_else(|| self.line_problem())
            .or_else(|| self.column_problem())
            .or_else(|| self.check_problem())
    }

    fn line_problem(&self) -> Option<(String, Problem)> {
        self.lines.iter().find_map(|line| {
            let problem = match &line.source {
                _ if line.label.is_empty() => Some(Problem::Empty("label")),
                LineSource::Heading | LineSource::Typed => None,
                LineSource::Derived { selector, occurrences } => self
                    .selector_problem(selector)
                    .or_else(|| occurrences.iter().find_map(|code| self.derived_problem(code)))
                    .or_else(|| self.leads_back(&line.code, occurrences).then_some(Problem::Circular)),
                LineSource::Percent { of, denominator } => self.derived_problem(of).or_else(|| {
                    let known = self.parameters.iter().any(|p| p.key == *denominator);
                    (!known).then(|| Problem::NoParameter(denominator.clone()))
                }),
            };
            problem.map(|problem| (format!("line {}", line.code), problem))
        })
    }

    /// Sums of sums are not needed by any form, so one step is all there is to follow.
    fn leads_back(&self, code: &str, occurrences: &[String]) -> bool {
        occurrences.iter().any(|part| {
            let sums = self.line(part).is_some_and(
                |line| matches!(&line.source, LineSource::Derived { occurrences, .. } if !occurrences.is_empty()),
            );
            part == code || sums
        })
    }

    fn column_problem(&self) -> Option<(String, Problem)> {
        let counts =
            |code: &String| self.column(code).is_some_and(|c| matches!(c.kind, ColumnKind::Children(_)));
        self.columns.iter().find_map(|column| {
            let problem = match &column.kind {
                _ if column.header.is_empty() => Some(Problem::Empty("header")),
                ColumnKind::Children(filter) => unknown(Name::SupportForms, &filter.supports)
                    .map(Problem::NoSupport)
                    .or_else(|| filter.age.and_then(age_problem))
                    .or_else(|| filter.ethnicity.as_ref().and_then(ethnicity_problem)),
                ColumnKind::Percent { column: numerator, of_line, of_column } => [numerator, of_column]
                    .into_iter()
                    .find(|code| !counts(code))
                    .map(|code| Problem::NoColumn(code.clone()))
                    .or_else(|| of_line.as_ref().and_then(|code| self.derived_problem(code))),
            };
            problem.map(|problem| (format!("column {}", column.code), problem))
        })
    }

    fn check_problem(&self) -> Option<(String, Problem)> {
        self.checks.iter().enumerate().find_map(|(index, check)| {
            let empty = check.parts.is_empty().then_some(Problem::Empty("parts"));
            let mut named = core::iter::once(&check.whole).chain(&check.parts);
            // A rule is over lines that are counted, or over lines that officers type in.
            let is_typed = self.line(&check.whole).is_some_and(|line| line.source == LineSource::Typed);
            let of_line = |code| if is_typed { self.typed_problem(code) } else { self.derived_problem(code) };
            let problem = empty
                .or_else(|| named.find_map(|code| of_line(code)))
                .or_else(|| self.adds_to_itself(&check.whole).then_some(Problem::Circular));
            problem.map(|problem| (format!("check {} ({})", index + 1, check.whole), problem))
        })
    }

    /// Whether sums of sums lead from a whole back to it: a workbook would calculate it from itself.
    fn adds_to_itself(&self, whole: &str) -> bool {
        let parts_of = |code: &str| {
            let of = code.to_owned();
            let sums = self.checks.iter().filter(move |sum| sum.rule == Rule::EqualsSum && sum.whole == of);
            sums.flat_map(|sum| &sum.parts)
        };
        let mut known: BTreeSet<&String> = BTreeSet::new();
        let mut next: Vec<&String> = parts_of(whole).collect();
        while let Some(part) = next.pop() {
            if known.insert(part) {
                next.extend(parts_of(part));
            }
        }
        known.iter().any(|part| *part == whole)
    }

    fn typed_problem(&self, code: &str) -> Option<Problem> {
        match self.line(code).map(|line| &line.source) {
            Some(LineSource::Typed) => None,
            Some(_) => Some(Problem::NotTyped(code.to_owned())),
            None => Some(Problem::NoLine(code.to_owned())),
        }
    }

    fn derived_problem(&self, code: &str) -> Option<Problem> {
        match self.line(code).map(|line| &line.source) {
            Some(LineSource::Derived { .. }) => None,
            Some(_) => Some(Problem::NotDerived(code.to_owned())),
            None => Some(Problem::NoLine(code.to_owned())),
        }
    }

    fn selector_problem(&self, selector: &Selector) -> Option<Problem> {
        match selector {
            Selector::Person(is) => is
                .age
                .and_then(age_problem)
                .or_else(|| is.ethnicity.as_ref().and_then(ethnicity_problem))
                .or_else(|| unknown(Name::Schooling, &is.schooling).map(Problem::NoSchooling)),
            Selector::Circumstance(is) if is.codes.is_empty() && is.groups.is_empty() => {
                Some(Problem::Empty("circumstance"))
            }
            Selector::Circumstance(is) => {
                let named: Vec<&String> = is.codes.iter().chain(&is.groups).collect();
                unknown(Name::Circumstances, named).map(Problem::NoCircumstance)
            }
            Selector::Poverty(any) => any.is_empty().then_some(Problem::Empty("poverty")),
            Selector::Event(is) if is.kinds.is_empty() => Some(Problem::Empty("kinds")),
            Selector::Event(is) => unknown(Name::EventKinds, &is.kinds)
                .map(Problem::NoEvent)
                .or_else(|| unknown(Name::Causes, &is.causes).map(Problem::NoCause)),
            Selector::AnyOf(inner) | Selector::AllOf(inner) if inner.is_empty() => {
                Some(Problem::Empty("selector"))
            }
            Selector::AnyOf(inner) | Selector::AllOf(inner) => {
                inner.iter().find_map(|s| self.selector_problem(s))
            }
        }
    }
}

/// The first of these codes that the catalogue never had.
fn unknown<'c>(name: Name, codes: impl IntoIterator<Item = &'c String>) -> Option<String> {
    codes.into_iter().find(|code| !catalogue(name).has(code)).cloned()
}

fn age_problem(band: AgeBand) -> Option<Problem> {
    let possible = band.from.unwrap_or(0) < band.below && band.below <= AGE_MAX;
    (!possible).then_some(Problem::NoAge)
}

fn ethnicity_problem(ethnicity: &Ethnicity) -> Option<Problem> {
    let (Ethnicity::Only(codes) | Ethnicity::Except(codes)) = ethnicity;
    if codes.is_empty() {
        return Some(Problem::Empty("ethnicity"));
    }
    unknown(Name::EthnicGroups, codes).map(Problem::NoEthnicity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_line_on_which_it_stands() {
        let column = |line: &str| {
            format!("{{\n\"form\": \"03/TE\",\n\"edition\": \"2024\",\n\"columns\": [\n{line}\n]\n}}")
        };
        let good = r#"{"code": "1", "header": "Tổng số", "unit": "Người", "confirmed": true, "kind": {"children": {}}}"#;
        let other = good.replace("\"1\"", "\"2\"");
        let text = str::to_owned;
        for (json, line, shape) in [
            (column(&good.replace("\"unit\"", "\"units\"")), 5, Some(ShapeProblem::Unknown(text("units")))),
            (
                column(&good.replace("\"header\": \"Tổng số\", ", "")),
                5,
                Some(ShapeProblem::Missing(text("header"))),
            ),
            (column(&good.replace("{}", "{\"supports\": 7}")), 5, Some(ShapeProblem::WrongKind)),
            (
                column(&good.replace("\"children\"", "\"people\"")),
                5,
                Some(ShapeProblem::UnknownValue(text("people"))),
            ),
            (column(&format!("{good},")), 6, Some(ShapeProblem::NotJson)),
            (column(good).replace("\n]\n}", ""), 5, Some(ShapeProblem::Ended)),
            (column(&format!("{good},\n{good}")), 6, None),
            (column(&format!("{good},\n{}", other.replace("{}", "{\"supports\": [\"gold\"]}"))), 6, None),
            (column(good).replace("03/TE", "01/TE"), 2, None),
        ] {
            let error = form("03/TE").expect("shipped").with_columns(&json).expect_err(&json);
            assert_eq!(error.line_in(&json), Some(line), "{error}\n{json}");
            let found = if let FormError::Shape { problem, .. } = error { Some(problem) } else { None };
            assert_eq!(found, shape, "{json}");
        }
    }
}
