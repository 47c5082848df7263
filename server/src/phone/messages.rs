//! What the reference client says to people: Vietnamese first, English second, both from data files.
//!
//! Every code that may reach a collector has a sentence and a next step in both languages; tests hold
//! the files against the codes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Language of what is said to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    codes: BTreeMap<String, Advice>,
    words: BTreeMap<String, String>,
}

/// What is said of a code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// What happened.
    pub say: String,
    /// What the collector can do.
    pub next: String,
}

impl Language {
    fn texts(self) -> &'static Texts {
        fn load(json: &str) -> Texts {
            serde_json::from_str(json).expect("a test loads the compiled-in texts")
        }
        static VI: LazyLock<Texts> = LazyLock::new(|| load(include_str!("messages.vi.json")));
        static EN: LazyLock<Texts> = LazyLock::new(|| load(include_str!("messages.en.json")));
        match self {
            Self::Vi => &VI,
            Self::En => &EN,
        }
    }

    /// What is said of a code; a code of a newer office gets what is said of `internal`.
    ///
    /// # Panics
    /// Never: a test asserts that `internal` has a text.
    #[must_use]
    pub fn advice(self, code: &str) -> &'static Advice {
        let codes = &self.texts().codes;
        codes.get(code).or_else(|| codes.get("internal")).expect("a test asserts that `internal` has a text")
    }

    /// A word or short sentence.
    ///
    /// # Panics
    /// On a key the files don't have: keys are literals, and a test looks for each of them.
    #[must_use]
    pub fn word(self, key: &str) -> &'static str {
        self.texts().words.get(key).expect("a test looks for every key used in this module")
    }

    /// A sentence with its places filled: `{name}` becomes the value given with `name`.
    #[must_use]
    pub fn fill(self, key: &str, values: &[(&str, &dyn core::fmt::Display)]) -> String {
        values.iter().fold(self.word(key).to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), &value.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use sync_core::document::Refusal;
    use sync_core::entry::EntryError;
    use sync_core::notice::NoticeRefusal;
    use sync_core::wire::{CODE_RELEASED, WARNING_CLOCK_OFF};

    use super::*;
    use crate::phone::cli::COMMAND_CODES;
    use crate::phone::client::ClientError;
    use crate::problem::Code;
    use device_store::StoreError;

    /// Every code that may reach a collector.
    fn codes() -> Vec<&'static str> {
        let entry = |part: &str| part.to_owned();
        let entry_errors = [
            EntryError::TooLarge,
            EntryError::NotJson { line: 1, column: 1 },
            EntryError::Shape { part: entry("entry"), expected: "an object" },
            EntryError::UnknownPart(entry("pets")),
            EntryError::FieldName(entry("household.X")),
            EntryError::TextTooLong(entry("household.note")),
            EntryError::Unresolved(entry("children[0].id")),
            EntryError::Unidentified,
            EntryError::Unsealable(entry("restricted[0]")),
        ];
        let problems = Code::ALL.iter().map(|code| code.code());
        let refusals = Refusal::ALL.into_iter().map(Refusal::code);
        let notices = NoticeRefusal::ALL.into_iter().map(NoticeRefusal::code);
        let entries: Vec<&str> = entry_errors.iter().map(EntryError::code).collect();
        let other = StoreError::CODES.into_iter().chain(ClientError::CODES).chain(COMMAND_CODES);
        problems
            .chain(refusals)
            .chain(notices)
            .chain(entries)
            .chain(other)
            .chain([CODE_RELEASED, WARNING_CLOCK_OFF])
            .collect()
    }

    #[test]
    fn every_code_has_a_sentence_and_a_next_step_in_both_languages() {
        for language in [Language::Vi, Language::En] {
            for code in codes() {
                let advice = language.texts().codes.get(code);
                let advice = advice.unwrap_or_else(|| panic!("{code} has no text in {language:?}"));
                assert!(advice.say.ends_with('.') && advice.next.ends_with('.'), "{code} in {language:?}");
            }
        }
    }

    #[test]
    fn no_text_is_for_a_code_that_does_not_exist() {
        let codes = codes();
        for language in [Language::Vi, Language::En] {
            for code in language.texts().codes.keys() {
                assert!(codes.contains(&code.as_str()), "{code} is said of nothing");
            }
        }
    }

    #[test]
    fn both_languages_have_the_same_words_with_the_same_places() {
        let places = |text: &str| -> Vec<String> {
            let mut places: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split('}').next())
                .map(str::to_owned)
                .collect();
            places.sort();
            places
        };
        let (vi, en) = (&Language::Vi.texts().words, &Language::En.texts().words);
        assert_eq!(vi.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
        for (key, text) in vi {
            assert_eq!(places(text), places(&en[key]), "{key}");
        }
    }

    #[test]
    fn every_word_used_is_there_and_every_word_there_is_used() {
        let sources = [
            include_str!("cli.rs"),
            include_str!("cli/edit.rs"),
            include_str!("cli/enrol.rs"),
            include_str!("cli/failure.rs"),
            include_str!("cli/issues.rs"),
            include_str!("cli/notice.rs"),
            include_str!("cli/report.rs"),
            include_str!("cli/show.rs"),
            include_str!("cli/sync.rs"),
            include_str!("cli/visit.rs"),
        ]
        .concat();
        let used: Vec<&str> = ["word(\"", "fill(\""]
            .iter()
            .flat_map(|call| sources.split(call).skip(1).filter_map(|rest| rest.split('"').next()))
            .collect();
        let words = &Language::Vi.texts().words;
        for key in &used {
            assert!(words.contains_key(*key), "{key} has no text");
        }
        for key in words.keys() {
            assert!(used.contains(&key.as_str()), "{key} is used nowhere");
        }
    }
}
