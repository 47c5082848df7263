//! Which disputed fields may be settled many at a time.
//!
//! Enters: the values that stand in one field. Leaves: the one that says everything the others say, or
//! nothing. Invariant: a value is safe only if no other contradicts it, whatever the truth is: the same
//! words written another way, or a date of which the others know only the month or the year. Whether a
//! child is a boy is never safe.

use std::collections::BTreeSet;

use schemas::format;
use schemas::record::{Field, FieldType};
use schemas::text;
use sync_core::date::PartialDate;
use sync_core::document::Value;

/// Why a value needs nobody's judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Safe {
    /// The same words: other capitals, spaces or places of the marks, or no marks at all.
    SameWords,
    /// The same number, grouped otherwise.
    SameNumber,
    /// The others know less of the same date.
    MoreExact,
}

/// The place of the value that says what all of them say; none if somebody has to choose.
pub(super) fn pick(field: &Field, values: &[&Value]) -> Option<(usize, Safe)> {
    let texts: Vec<&str> = values.iter().map(|value| value.as_text()).collect::<Option<_>>()?;
    if texts.len() < 2 {
        return None;
    }
    match field.kind {
        FieldType::Date => most_exact(&texts).map(|place| (place, Safe::MoreExact)),
        FieldType::Text if field.format.is_some() => {
            same_number(&texts).map(|place| (place, Safe::SameNumber))
        }
        FieldType::Text => same_words(&texts).map(|place| (place, Safe::SameWords)),
        _ => None,
    }
}

fn most_exact(texts: &[&str]) -> Option<usize> {
    let are_dates = texts.iter().all(|text| text.parse::<PartialDate>().is_ok());
    let place = (0..texts.len()).max_by_key(|place| texts[*place].len())?;
    let within = |text: &&str| texts[place].starts_with(*text);
    (are_dates && texts.iter().all(within)).then_some(place)
}

fn same_number(texts: &[&str]) -> Option<usize> {
    let bare: BTreeSet<String> = texts.iter().map(|text| format::bare(text).to_lowercase()).collect();
    let shortest = (0..texts.len()).min_by_key(|place| texts[*place].chars().count())?;
    (bare.len() == 1 && !bare.contains("")).then_some(shortest)
}

fn same_words(texts: &[&str]) -> Option<usize> {
    let folds: BTreeSet<String> = texts.iter().map(|text| text::fold(text)).collect();
    let fold = folds.first().filter(|fold| folds.len() == 1 && !fold.is_empty())?;
    // A sort key knows letters and tones, whatever their case and wherever the tone is written.
    let without_marks = text::sort_key(fold);
    let spellings: Vec<Vec<u8>> = texts.iter().map(|text| text::sort_key(text)).collect();
    let marked: BTreeSet<&Vec<u8>> = spellings.iter().filter(|key| **key != without_marks).collect();
    if marked.len() > 1 {
        return None;
    }
    // Whoever wrote the marks knew more than whoever left them out.
    let knows = |place: &usize| marked.is_empty() || spellings[*place] != without_marks;
    (0..texts.len()).rev().filter(knows).max_by_key(|place| capitals(texts[*place]))
}

/// Words written as names are: one capital in front, small letters behind.
fn capitals(text: &str) -> usize {
    let as_name = |word: &&str| {
        let mut chars = word.chars();
        chars.next().is_some_and(char::is_uppercase) && chars.all(|c| !c.is_uppercase())
    };
    text.split_whitespace().filter(as_name).count()
}

#[cfg(test)]
mod tests {
    use schemas::record::{EntityKind, definition};

    use super::*;

    #[test]
    fn only_what_no_other_value_contradicts_is_safe() {
        type Case = (&'static str, &'static [&'static str], Option<(usize, Safe)>);
        let (words, number, exact) = (Safe::SameWords, Safe::SameNumber, Safe::MoreExact);
        let cases: [Case; 19] = [
            ("name", &["NGUYỄN VĂN AN", "Nguyễn Văn An"], Some((1, words))),
            ("name", &["nguyen van an", "Nguyễn Văn An", "NGUYEN VAN AN"], Some((1, words))),
            ("name", &["Nguyễn  Văn An ", "nguyễn văn an"], Some((0, words))),
            ("name", &["Đỗ Thị Hoà", "Đỗ Thị Hòa"], Some((0, words))),
            ("name", &["Đỗ Thị Ho\u{0061}\u{0300}", "Đỗ Thị Hòa"], Some((0, words))),
            ("name", &["Nguyễn Văn An", "Nguyễn Văn Ân"], None),
            ("name", &["Lê Hà", "Lê Hạ", "Le Ha"], None),
            ("name", &["Nguyễn Van An", "Nguyễn Văn An"], None),
            ("name", &["An", "Anh"], None),
            ("name", &["", " "], None),
            ("birth_date", &["2019", "2019-05-03"], Some((1, exact))),
            ("birth_date", &["2019-05-03", "2019-05", "2019"], Some((0, exact))),
            ("birth_date", &["2019-05-03", "2018"], None),
            ("birth_date", &["2019-05-03", "2019-05-04", "2019"], None),
            ("birth_date", &["201", "2019"], None),
            ("identity_number", &["020 215 123 456", "020215123456"], Some((1, number))),
            ("identity_number", &["020215123456", "020215123457"], None),
            ("identity_number", &["-", "."], None),
            ("sex", &["male", "female"], None),
        ];
        let child = definition().entity(EntityKind::Child);
        for (field, texts, expected) in cases {
            let values: Vec<Value> = texts.iter().map(|text| Value::from(*text)).collect();
            let field = child.field(field).expect("a field of a child");
            assert_eq!(pick(field, &values.iter().collect::<Vec<_>>()), expected, "{} {texts:?}", field.name);
        }
    }

    #[test]
    fn what_somebody_cleared_is_never_safe() {
        let child = definition().entity(EntityKind::Child);
        let name = child.field("name").expect("a field of a child");
        assert_eq!(pick(name, &[&Value::Null, &"An".into()]), None);
        assert_eq!(pick(name, &[&"An".into()]), None);
    }
}
