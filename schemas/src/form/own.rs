//! A form of a commune's own in the place of one shipped, as when the ministry changes it and the program does not
//! know yet.
//!
//! Enters: a file of the format of `forms/*.json`, from a commune's helper. Leaves: a [`Form`] of the same name and of a
//! version of its own. Invariant: what stands in it can be printed in every format and named in an address.

use super::{Form, FormError, Problem};

/// Steps a line may stand inwards.
pub(super) const DEPTH_MAX: u8 = 8;
/// Characters of a code: it may become the name of a sheet, which holds no more.
pub(super) const CODE_CHARS_MAX: usize = 31;
/// Characters of any other text: in the narrowest place of a print it still fits a page.
pub(super) const TEXT_CHARS_MAX: usize = 600;
/// Characters of what a commune adds to the year in the name of its version.
const EDITION_CHARS_MAX: usize = 24;

impl Form {
    /// Reads a form that a commune puts in the place of this one: whole, of the same name, of a version of its own
    /// (`2024-xa-1`), with codes and texts that any print can hold.
    ///
    /// # Errors
    /// What is wrong in it, and where.
    pub fn replaced_by(&self, json: &str) -> Result<Self, FormError> {
        let own = Self::from_json(json)?;
        if own.form != self.form {
            return Err(FormError::OtherForm { expected: self.form.clone(), found: own.form });
        }
        match own.unprintable(&self.edition) {
            None => Ok(own),
            Some((at, problem)) => Err(FormError::Invalid { form: own.form, at, problem }),
        }
    }

    /// The first thing in a commune's own form that prints, addresses or files can't hold.
    fn unprintable(&self, shipped: &str) -> Option<(String, Problem)> {
        if self.edition == shipped || !is_own_edition(&self.edition) {
            return Some(("form".to_owned(), Problem::Edition { shipped: shipped.to_owned() }));
        }
        let heading = [
            ("number", &self.number),
            ("title", &self.title),
            ("place", &self.place),
            ("basis", &self.basis),
            ("frequency", &self.frequency),
            ("due", &self.due),
            ("signature_note", &self.signature_note),
        ];
        let of_form = heading.into_iter().chain(self.signatories.iter().map(|role| ("signatories", role)));
        let lines = self.lines.iter().map(|line| {
            let texts = [
                ("number", &line.number),
                ("mark", &line.mark),
                ("label", &line.label),
                ("unit", &line.unit),
            ];
            let deep = (line.depth > DEPTH_MAX).then_some(Problem::TooDeep);
            (format!("line {}", line.code), wrong(Some(&line.code), texts).or(deep))
        });
        let columns = self.columns.iter().map(|column| {
            let texts = [("header", &column.header), ("unit", &column.unit)];
            (format!("column {}", column.code), wrong(Some(&column.code), texts))
        });
        let parameters = self.parameters.iter().map(|parameter| {
            let texts = [("label", &parameter.label), ("unit", &parameter.unit)];
            (
                format!("parameter {}", parameter.key),
                wrong(None, texts).or_else(|| {
                    let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                    let fits = parameter.key.len() <= CODE_CHARS_MAX && parameter.key.chars().all(is_key);
                    (!fits).then_some(Problem::Code)
                }),
            )
        });
        let heading = core::iter::once(("form".to_owned(), wrong(None, of_form)));
        let mut places = heading.chain(columns).chain(lines).chain(parameters);
        places.find_map(|(at, problem)| Some((at, problem?)))
    }

    /// The version a commune's next file of this form might have: `2024-xa-1`, and one more for each.
    #[must_use]
    pub fn next_edition(&self) -> String {
        let (name, number) = self.edition.rsplit_once('-').unwrap_or((&self.edition, ""));
        match number.parse::<u32>() {
            Ok(number) if name.contains('-') => format!("{name}-{}", number.saturating_add(1)),
            _ => format!("{}-xa-1", self.edition.split('-').next().unwrap_or_default()),
        }
    }
}

/// Whether a version is a year, a hyphen and a name: `2024-xa-1`.
fn is_own_edition(edition: &str) -> bool {
    let Some((year, name)) = edition.split_once('-') else { return false };
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = !name.is_empty() && name.len() <= EDITION_CHARS_MAX;
    is_year && is_name && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What of a place's code and texts can't be printed.
fn wrong<'t>(
    code: Option<&str>,
    texts: impl IntoIterator<Item = (&'static str, &'t String)>,
) -> Option<Problem> {
    let is_code = |code: &str| {
        code.len() <= CODE_CHARS_MAX
            && code.starts_with(|c: char| c.is_ascii_alphanumeric())
            && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
    };
    if code.is_some_and(|code| !is_code(code)) {
        return Some(Problem::Code);
    }
    let reorders = |c| matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let fits = |text: &str| {
        text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(|c| c.is_control() || reorders(c))
    };
    texts.into_iter().find(|(_, text)| !fits(text)).map(|(name, _)| Problem::Text(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::form;

    /// The shipped form as a commune might send it: a line of JSON for each line of the form.
    fn file(change: impl Fn(&mut Form)) -> String {
        let mut own = form("01/TE").expect("shipped").clone();
        own.edition = own.next_edition();
        change(&mut own);
        serde_json::to_string_pretty(&own).expect("plain data")
    }

    #[test]
    fn a_commune_replaces_a_whole_form_under_a_version_of_its_own() {
        let shipped = form("01/TE").expect("shipped");
        let own = shipped.replaced_by(&file(|own| own.lines[0].label = "Nhãn khác".into())).expect("right");
        assert_eq!((own.edition.as_str(), own.next_edition().as_str()), ("2024-xa-1", "2024-xa-2"));
        assert_eq!(own.lines[0].label, "Nhãn khác");
        // A rule over typed lines stays one.
        let mixed = file(|own| own.checks[3].parts.push("I.1".into()));
        let refused = shipped.replaced_by(&mixed).expect_err("I.1 is counted");
        assert_eq!(refused.to_string(), "01/TE: check 4 (II.1): line \"I.1\" is not typed in");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let shipped = form("01/TE").expect("shipped");
        let long = "ă".repeat(TEXT_CHARS_MAX + 1);
        let edition = || Problem::Edition { shipped: "2024".into() };
        let cases: [(String, Problem, &str); 10] = [
            (file(|own| own.edition = "2024".into()), edition(), "\"edition\""),
            (file(|own| own.edition = "xa-1".into()), edition(), "\"edition\""),
            (file(|own| own.edition = "2024-xã".into()), edition(), "\"edition\""),
            (file(|own| own.lines[9].code = "=I.4-1".into()), Problem::Code, "\"=I.4-1\""),
            (file(|own| own.lines[4].label = long.clone()), Problem::Text("label"), "\"I.2-1\""),
            (file(|own| own.columns[0].header = "a\u{202e}b".into()), Problem::Text("header"), "\"1\""),
            (file(|own| own.lines[3].depth = 9), Problem::TooDeep, "\"I.2\""),
            (file(|own| own.lines[5].code = "I.2".into()), Problem::Repeated, "\"I.2\""),
            (
                file(|own| own.checks[1].parts[0] = "I.9".into()),
                Problem::NoLine("I.9".into()),
                "\"at_least_each\"",
            ),
            (
                file(|own| own.lines[1].source = crate::form::LineSource::Typed),
                Problem::NotDerived("I.1".into()),
                "\"I.1-1\"",
            ),
        ];
        for (json, expected, said) in cases {
            let error = shipped.replaced_by(&json).expect_err(said);
            let line = error.line_in(&json).unwrap_or_else(|| panic!("{error} names a line"));
            assert!(json.lines().nth(line - 1).expect("a line").contains(said), "{error}: line {line}");
            let FormError::Invalid { problem, .. } = error else { panic!("{error}") };
            assert_eq!(problem, expected);
        }
        let other = file(|own| own.form = "02/TE".into());
        assert_eq!(shipped.replaced_by(&other).expect_err("another form").line_in(&other), Some(2));
    }
}
