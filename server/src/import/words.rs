//! What the words of a register mean: codes, yes and no, headings.
//!
//! Enters: `words.json` and the labels of every catalogue. Invariant: a word means one code of its
//! catalogue; accents, case and punctuation do not count.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemas::catalogue::{CircumstanceCode, Name, catalogue, circumstance};
use schemas::text;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsFile {
    #[serde(rename = "about")]
    _about: String,
    yes: Vec<String>,
    no: Vec<String>,
    needed: Vec<String>,
    headings: BTreeMap<String, Vec<String>>,
    unit_words: Vec<String>,
    words: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// Every word, ready to be looked up.
pub(super) struct Words {
    yes: Vec<String>,
    no: Vec<String>,
    /// Folded only: they end a text, brackets and all.
    needed: Vec<String>,
    /// Target by key of heading.
    headings: BTreeMap<String, String>,
    unit_words: Vec<String>,
    codes: BTreeMap<Name, BTreeMap<String, &'static str>>,
}

/// A word as it is compared: folded, punctuation as space.
pub(super) fn key(word: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { ' ' };
    text::display(&text::fold(word).chars().map(plain).collect::<String>())
}

/// The words compiled into this version.
pub(super) fn words() -> &'static Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| {
        let file: WordsFile =
            serde_json::from_str(include_str!("words.json")).expect("a test reads the compiled-in words");
        Words::of(&file)
    });
    &WORDS
}

impl Words {
    fn of(file: &WordsFile) -> Self {
        let keys = |list: &[String]| list.iter().map(|word| key(word)).collect::<Vec<_>>();
        let mut codes = BTreeMap::new();
        for &name in Name::ALL {
            let mut known: BTreeMap<String, &'static str> = BTreeMap::new();
            let entries = &catalogue(name).entries;
            // Of equal labels the first is the one in force: catalogues list what has ended last.
            let mut add = |word: &str, code: &'static str| {
                known.entry(key(word)).or_insert(code);
            };
            for entry in entries {
                add(&entry.code, &entry.code);
                add(&entry.label, &entry.code);
            }
            let added = file.words.get(name.as_str()).into_iter().flatten();
            for (code, list) in added {
                if let Some(entry) = catalogue(name).history(code).last() {
                    list.iter().for_each(|word| add(word, &entry.code));
                }
            }
            for entry in entries {
                entry.plain.iter().for_each(|word| add(word, &entry.code));
            }
            codes.insert(name, known);
        }
        let headings = file.headings.iter();
        Self {
            yes: keys(&file.yes),
            no: keys(&file.no),
            needed: file.needed.iter().map(|word| text::fold(word)).collect(),
            headings: headings
                .flat_map(|(target, list)| list.iter().map(move |heading| (key(heading), target.clone())))
                .collect(),
            unit_words: keys(&file.unit_words),
            codes,
        }
    }

    /// The code a word stands for.
    pub(super) fn code(&self, name: Name, word: &str) -> Option<&'static str> {
        let codes = self.codes.get(&name)?;
        let key = key(word);
        let padded =
            || (key.len() == 1 && key.bytes().all(|c| c.is_ascii_digit())).then(|| format!("0{key}"));
        codes.get(&key).or_else(|| codes.get(&padded()?)).copied()
    }

    /// The circumstance meant: a code, a code with its wording behind it, or a wording.
    pub(super) fn circumstance(&self, text: &str) -> Option<&'static CircumstanceCode> {
        let as_code = |text: &str| {
            let code = text.trim_matches([' ', '.', ':', ',', '-', '–', '(', ')']).to_uppercase();
            circumstance(&code)
        };
        let first = || as_code(text.split_whitespace().next()?);
        let worded = || circumstance(self.code(Name::Circumstances, text)?);
        as_code(text).or_else(worded).or_else(first)
    }

    /// Yes or no.
    pub(super) fn answer(&self, word: &str) -> Option<bool> {
        let key = key(word);
        let is_in = |list: &[String]| list.contains(&key);
        if is_in(&self.yes) { Some(true) } else { is_in(&self.no).then_some(false) }
    }

    /// A support, and whether it is said to be received rather than needed.
    pub(super) fn support(&self, text: &str) -> Option<(&'static str, bool)> {
        let folded = text::fold(text);
        let needed = self.needed.iter().find_map(|ending| folded.strip_suffix(ending.as_str()));
        let code = self.code(Name::SupportForms, needed.unwrap_or(&folded))?;
        Some((code, needed.is_none()))
    }

    /// The target that a heading means beside those of the record definition.
    pub(super) fn heading(&self, heading: &str) -> Option<&str> {
        self.headings.get(&key(heading)).map(String::as_str)
    }

    /// A village's name, as a key, without the word for a village before it.
    pub(super) fn village_key(&self, name: &str) -> String {
        let whole = key(name);
        let shorter =
            self.unit_words.iter().find_map(|word| whole.strip_prefix(word.as_str())?.strip_prefix(' '));
        shorter.map_or_else(|| whole.clone(), str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> WordsFile {
        serde_json::from_str(include_str!("words.json")).expect("words")
    }

    #[test]
    fn every_word_means_the_code_it_stands_under() {
        for (name, codes) in &file().words {
            let name: Name = name.parse().expect("a catalogue");
            for (code, list) in codes {
                assert!(catalogue(name).has(code), "{code}");
                for word in list {
                    assert_eq!(words().code(name, word), Some(code.as_str()), "{word}");
                }
            }
        }
    }

    #[test]
    fn every_label_and_code_is_understood() {
        for &name in Name::ALL.iter().filter(|name| **name != Name::AdministrativeUnits) {
            for entry in &catalogue(name).entries {
                assert_eq!(words().code(name, &entry.code), Some(entry.code.as_str()));
                assert!(words().code(name, &entry.label).is_some(), "{}", entry.label);
            }
        }
    }

    #[test]
    fn circumstances_are_understood_by_code_and_wording() {
        for (text, expected) in [
            ("II.4.1", Some("II.4.1")),
            ("ii.4.4-6-1.", Some("II.4.4-6-1")),
            ("II.9 - bị bạo lực", Some("II.9")),
            ("Trẻ em khuyết tật nặng", Some("II.4.2")),
            ("Trẻ em bị bắt cóc, chiếm đoạt, đánh tráo", Some("IV.1")),
            ("2023.III.4", Some("2023.III.4")),
            ("II.99.1", None),
            ("khó khăn", None),
        ] {
            assert_eq!(words().circumstance(text).map(CircumstanceCode::code), expected, "{text}");
        }
    }

    #[test]
    fn a_need_is_told_from_a_support_received() {
        assert_eq!(words().support("Hỗ trợ giáo dục (cần)"), Some(("education", false)));
        assert_eq!(words().support("Hỗ trợ giáo dục"), Some(("education", true)));
        assert_eq!(words().support("Cần"), None);
    }
}
