//! Every text of the console, in Vietnamese and English, from data files: one pair an area.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Language {
    /// As HTML names it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// From its name; anything unknown is Vietnamese.
    pub(crate) fn of(code: &str) -> Self {
        if code == "en" { Self::En } else { Self::Vi }
    }
}

macro_rules! areas {
    ($($area:literal),*) => {
        const FILES: &[(&str, &str, &str)] = &[$((
            $area,
            include_str!(concat!("words/", $area, ".vi.json")),
            include_str!(concat!("words/", $area, ".en.json")),
        )),*];
    };
}

areas!(
    "frame", "today", "rounds", "register", "decide", "forms", "filings", "targets", "lists", "settings",
    "import", "exports"
);

type Texts = HashMap<String, &'static str>;

fn load(pick: fn(&(&'static str, &'static str, &'static str)) -> &'static str) -> Texts {
    let mut texts = Texts::new();
    for file in FILES {
        let area: HashMap<String, String> =
            serde_json::from_str(pick(file)).expect("a test loads the compiled-in texts");
        // Read once in the life of the program.
        texts.extend(area.into_iter().map(|(key, text)| (format!("{}.{key}", file.0), &*text.leak())));
    }
    texts
}

static VI: LazyLock<Texts> = LazyLock::new(|| load(|file| file.1));
static EN: LazyLock<Texts> = LazyLock::new(|| load(|file| file.2));

/// The text of a key; an unknown key stands for itself, so that a page is never lost for a word.
pub(crate) fn text(language: Language, key: &str) -> &'static str {
    let texts = match language {
        Language::Vi => &*VI,
        Language::En => &*EN,
    };
    match texts.get(key) {
        Some(text) => text,
        None => {
            debug_assert!(false, "no words for {key}");
            "…"
        }
    }
}

/// The text with what stands in braces replaced.
pub(crate) fn filled(language: Language, key: &str, with: &[(&str, &str)]) -> String {
    let mut rest = text(language, key);
    let mut filled = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(with.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn both_languages_say_the_same_things() {
        let keys = |texts: &Texts| texts.keys().cloned().collect::<BTreeSet<_>>();
        let (vi, en) = (keys(&VI), keys(&EN));
        assert_eq!(vi.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in English");
        assert_eq!(en.difference(&vi).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in Vietnamese");
        let names = |text: &str| -> BTreeSet<String> {
            text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect()
        };
        // English says village, whatever the commune calls one.
        let names =
            |text| names(text).into_iter().filter(|name| name.to_lowercase() != "unit").collect::<Vec<_>>();
        for (key, text) in VI.iter() {
            assert_eq!(names(text), names(EN[key]), "{key} fills in other things");
            assert!(!text.trim().is_empty() && !EN[key].trim().is_empty(), "{key} says nothing");
        }
    }

    #[test]
    fn every_key_in_the_code_has_words() {
        fn read(folder: &std::path::Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    read(&path, found);
                } else if path.extension().is_some_and(|end| end == "rs") {
                    found.push(std::fs::read_to_string(path).unwrap());
                }
            }
        }
        let mut sources = Vec::new();
        read(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console"), &mut sources);
        let mut missing = BTreeSet::new();
        let mut seen = 0;
        for source in &sources {
            for quoted in source.split('"').skip(1).step_by(2) {
                let Some((area, key)) = quoted.split_once('.') else { continue };
                let is_key = FILES.iter().any(|file| file.0 == area)
                    && !key.is_empty()
                    && key.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
                let is_file = ["css", "js", "json", "rs", "csv", "xlsx", "sqlite"].contains(&key);
                if is_key && !is_file {
                    seen += 1;
                    if !VI.contains_key(quoted) {
                        missing.insert(quoted.to_owned());
                    }
                }
            }
        }
        assert_eq!(missing, BTreeSet::new());
        assert!(seen > 50, "the keys are found");
    }

    #[test]
    fn what_stands_in_braces_is_replaced_once() {
        assert_eq!(filled(Language::Vi, "frame.signed_in_as", &[("name", "{x}")]).matches("{x}").count(), 1);
    }
}
