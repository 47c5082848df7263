//! How a circumstance is found: in plain words first, then by the questions that decide between the lines of
//! its group.
//!
//! Enters: `schemas/records/circumstance_questions.json`, compiled in. Leaves: [`QuestionGroup`]s, in the
//! shape in which the phone's pages ask them. Invariants: every line that is recorded as a circumstance can be
//! reached, and nothing else; no question leads back to one that was asked. The words are ours; the official
//! line is always shown beside them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Cut, circumstance};

/// A group of 03/TE II–IV in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionGroup {
    /// Code of the group, for example `II.4`: what is recorded where the line is not known.
    pub code: String,
    /// Vietnamese.
    pub plain: String,
    /// English.
    pub plain_en: String,
    /// Asked in order, but one that an answer names as `next` only when that answer is given. None: the
    /// group's own code is the answer.
    pub questions: Vec<Question>,
}

/// A question of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name in the group.
    pub id: String,
    /// Vietnamese.
    pub ask: String,
    /// English.
    pub ask_en: String,
    /// Several answers may be given, or none.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub many: bool,
    /// What may be answered.
    pub answers: Vec<Answer>,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Vietnamese.
    pub plain: String,
    /// English.
    pub plain_en: String,
    /// The lines it records; none: nothing is recorded by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// The question it leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Why a file of questions is not usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionsError {
    /// The file is not JSON of the expected shape.
    #[error("not a file of questions: line {line}, column {column}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A version this program doesn't know.
    #[error("questions of version {0} are not known")]
    Version(u32),
    /// A group that is no group of recorded circumstances, or stands twice.
    #[error("{0}: not a group of recorded circumstances, or there twice")]
    Group(String),
    /// A question without answers, named twice, or led to by no such name or from itself.
    #[error("{group}: the question {id:?} has no answers, stands twice, is not there or leads back")]
    Question {
        /// The group.
        group: String,
        /// The question's name.
        id: String,
    },
    /// A code that is not recorded, or of another group.
    #[error("{group}: {code} is not a recorded line of the group")]
    Code {
        /// The group.
        group: String,
        /// The code.
        code: String,
    },
    /// Words are missing.
    #[error("{0}: words are missing")]
    Words(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "questions")]
    version: u32,
    #[serde(rename = "note")]
    _note: String,
    groups: Vec<QuestionGroup>,
}

fn load(json: &str) -> Result<Vec<QuestionGroup>, QuestionsError> {
    let file: File = serde_json::from_str(json)
        .map_err(|error| QuestionsError::Syntax { line: error.line(), column: error.column() })?;
    if file.version != 1 {
        return Err(QuestionsError::Version(file.version));
    }
    let mut codes = BTreeSet::new();
    for group in &file.groups {
        let known =
            circumstance(&group.code).is_some_and(|code| code.cut == Cut::Group && code.is_recorded());
        if !known || !codes.insert(&group.code) {
            return Err(QuestionsError::Group(group.code.clone()));
        }
        group.check()?;
    }
    Ok(file.groups)
}

impl QuestionGroup {
    fn check(&self) -> Result<(), QuestionsError> {
        let wrong = |id: &str| QuestionsError::Question { group: self.code.clone(), id: id.to_owned() };
        let mut asked = BTreeSet::new();
        let mut words = vec![&self.plain, &self.plain_en];
        // A question leads only to a later one, so that no answers go round.
        for (place, question) in self.questions.iter().enumerate() {
            if question.answers.is_empty() || !asked.insert(&question.id) {
                return Err(wrong(&question.id));
            }
            words.extend([&question.ask, &question.ask_en]);
            for answer in &question.answers {
                words.extend([&answer.plain, &answer.plain_en]);
                let later = &self.questions[place + 1..];
                if let Some(next) = answer.next.as_ref().filter(|next| later.iter().all(|q| q.id != **next)) {
                    return Err(wrong(next));
                }
                let of_group = |code: &&String| {
                    circumstance(code)
                        .is_some_and(|found| found.is_recorded() && found.group() == Some(&self.code))
                };
                if let Some(code) = answer.codes.iter().find(|code| !of_group(code)) {
                    return Err(QuestionsError::Code { group: self.code.clone(), code: code.clone() });
                }
            }
        }
        match words.iter().all(|words| !words.trim().is_empty()) {
            true => Ok(()),
            false => Err(QuestionsError::Words(self.code.clone())),
        }
    }
}

/// The questions compiled into this version.
#[must_use]
pub fn questions() -> &'static [QuestionGroup] {
    static QUESTIONS: LazyLock<Vec<QuestionGroup>> = LazyLock::new(|| {
        load(include_str!("../../records/circumstance_questions.json"))
            .expect("a test loads the compiled-in questions")
    });
    &QUESTIONS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{CircumstanceCode, circumstances};

    fn reached() -> BTreeSet<&'static str> {
        let answers = |group: &'static QuestionGroup| group.questions.iter().flat_map(|q| &q.answers);
        let lines = questions().iter().flat_map(answers).flat_map(|answer| &answer.codes);
        lines.map(String::as_str).chain(questions().iter().map(|group| group.code.as_str())).collect()
    }

    #[test]
    fn every_line_that_is_recorded_is_reached_and_nothing_else() {
        let recorded: BTreeSet<&str> = circumstances()
            .iter()
            .filter(|code| code.is_recorded() && code.entry.valid_to.is_none())
            .map(CircumstanceCode::code)
            .collect();
        assert_eq!(reached(), recorded);
    }

    #[test]
    fn a_question_that_is_led_to_is_led_to_by_an_answer_and_the_others_by_their_order() {
        for group in questions() {
            let next: BTreeSet<&String> =
                group.questions.iter().flat_map(|q| &q.answers).filter_map(|a| a.next.as_ref()).collect();
            let first = group.questions.first();
            assert!(first.is_none_or(|first| !next.contains(&first.id)), "{}", group.code);
        }
    }

    #[test]
    fn a_restricted_group_has_no_line_that_would_be_written_in_the_clear() {
        let lines: Vec<_> = reached().into_iter().filter_map(circumstance).collect();
        assert!(lines.iter().any(|line| line.restricted));
        for line in lines {
            let group = line.group().and_then(circumstance).expect("every line has a group");
            assert!(line.restricted || !group.restricted, "{}", line.code());
        }
    }

    #[test]
    fn a_file_that_is_wrong_says_where() {
        let file = |groups: &str| load(&format!(r#"{{"questions":1,"note":"","groups":[{groups}]}}"#));
        let group = |code: &str, questions: &str| {
            format!(r#"{{"code":"{code}","plain":"p","plain_en":"p","questions":[{questions}]}}"#)
        };
        let question = |id: &str, answer: &str| {
            format!(
                r#"{{"id":"{id}","ask":"a","ask_en":"a","answers":[{{"plain":"p","plain_en":"p"{answer}}}]}}"#
            )
        };
        let wrong = |id: &str| QuestionsError::Question { group: "II.1".to_owned(), id: id.to_owned() };
        let code = |code: &str| QuestionsError::Code { group: "II.1".to_owned(), code: code.to_owned() };
        let two = format!("{},{}", question("a", ""), question("a", ""));
        let back = format!("{},{}", question("a", ""), question("b", r#","next":"a""#));
        let cases = [
            (group("II", ""), QuestionsError::Group("II".to_owned())),
            (group("III.1", ""), QuestionsError::Group("III.1".to_owned())),
            (format!("{0},{0}", group("II.1", "")), QuestionsError::Group("II.1".to_owned())),
            (group("II.1", &two), wrong("a")),
            (group("II.1", &back), wrong("a")),
            (group("II.1", &question("a", r#","next":"z""#)), wrong("z")),
            (group("II.1", r#"{"id":"a","ask":"a","ask_en":"a","answers":[]}"#), wrong("a")),
            (group("II.1", &question("a", r#","codes":["II.2.1"]"#)), code("II.2.1")),
            (group("II.1", &question("a", r#","codes":["II.1.99"]"#)), code("II.1.99")),
            (group("II.1", "").replace("\"p\"", "\" \""), QuestionsError::Words("II.1".to_owned())),
        ];
        for (groups, error) in cases {
            assert_eq!(file(&groups), Err(error), "{groups}");
        }
        assert_eq!(file(&group("II.1", "")).map(|groups| groups.len()), Ok(1));
        assert!(matches!(load("{"), Err(QuestionsError::Syntax { line: 1, .. })));
        assert_eq!(load(r#"{"questions":2,"note":"","groups":[]}"#), Err(QuestionsError::Version(2)));
    }
}
