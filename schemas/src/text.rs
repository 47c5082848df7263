//! Vietnamese text: how it is shown, searched and sorted.
//!
//! Enters: text as typed, pasted or imported, precomposed or not. Leaves: [`display`] (what is stored
//! and shown), [`fold`] (what is searched) and [`sort_key`], [`name_sort_key`] (what is ordered by).
//! None depends on the machine's locale. A fold or a key is as personal as the text it comes from.

use unicode_normalization::UnicodeNormalization;

/// Characters that are invisible in every font and only come along with pasted text.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}')
        || (c.is_control() && !c.is_whitespace())
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}')
}

/// Words joined by one space each, nothing before or after.
fn collapse(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    let mut space = false;
    for c in chars.filter(|&c| !is_invisible(c)) {
        if c.is_whitespace() {
            space = true;
        } else {
            if space && !out.is_empty() {
                out.push(' ');
            }
            space = false;
            out.push(c);
        }
    }
    out
}

/// Text as it is stored and shown: Unicode normal form C, single spaces, no invisible characters.
/// Letters, accents and case stay as they were written.
#[must_use]
pub fn display(text: &str) -> String {
    // Dropping a character can bring two together that compose, so composing comes last.
    collapse(text.chars()).nfc().collect()
}

/// Text as it is searched: no accents, `đ` as `d`, lower case, single spaces. "Đặng Thị Hoà" and
/// "dang thi hoa" fold alike. Never shown.
#[must_use]
pub fn fold(text: &str) -> String {
    collapse(text.nfkd().flat_map(char::to_lowercase).nfkd().filter(|&c| !is_mark(c)).map(|c| match c {
        // U+00F0 is the Icelandic letter that old fonts put in place of đ.
        'đ' | 'ð' => 'd',
        other => other,
    }))
}

/// Bytes that order Vietnamese text when compared one by one, as a dictionary does: syllable by
/// syllable, within a syllable first the letters (a ă â b c d đ e ê … o ô ơ … u ư …), then the tone
/// (ngang, huyền, hỏi, ngã, sắc, nặng). So "ba hoa" stands before "bà con", and "hoà" and "hòa" are
/// equal. Numbers order by value ("Thôn 2" before "Thôn 10") and stand before letters. Case and
/// punctuation do not count; break ties by the text itself.
#[must_use]
pub fn sort_key(text: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(2 * text.len());
    syllables(text).iter().for_each(|syllable| push_syllable(&mut key, syllable));
    key
}

/// Orders people the Vietnamese way: by given name (the last syllable), then by family name and the
/// rest from the front.
#[must_use]
pub fn name_sort_key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(2 * name.len());
    if let Some((given, rest)) = syllables(name).split_last() {
        push_syllable(&mut key, given);
        rest.iter().for_each(|syllable| push_syllable(&mut key, syllable));
    }
    key
}

/// Lower-case, decomposed syllables; whatever is no letter, digit or mark separates them.
fn syllables(text: &str) -> Vec<Vec<char>> {
    let lower = text.nfd().flat_map(char::to_lowercase).nfd().filter(|&c| !is_invisible(c));
    let mut all: Vec<Vec<char>> = vec![Vec::new()];
    for c in lower {
        if c.is_alphanumeric() || is_mark(c) {
            all.last_mut().expect("starts with one").push(c);
        } else {
            all.push(Vec::new());
        }
    }
    all.retain(|syllable| syllable.iter().any(|&c| !is_mark(c)));
    all
}

// Byte values of a key, lowest first: what ends sorts before what goes on.
const SYLLABLE_END: u8 = 0x01;
const LETTERS_END: u8 = 0x02;
const TONE_FIRST: u8 = 0x03;
const NUMBER: u8 = 0x10;
const DIGIT_FIRST: u8 = 0x20;
const LETTER_FIRST: u8 = 0x40;
const OTHER: u8 = 0xF0;

const LETTERS: &str = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";
/// Ngang has no mark; then huyền, hỏi, ngã, sắc, nặng.
const TONES: [char; 5] = ['\u{0300}', '\u{0309}', '\u{0303}', '\u{0301}', '\u{0323}'];

fn push_syllable(key: &mut Vec<u8>, syllable: &[char]) {
    let rank = |at: usize| u8::try_from(at).expect("a few dozen letters");
    let mut tones = Vec::new();
    let mut at = 0;
    while at < syllable.len() {
        let c = syllable[at];
        at += 1;
        if c.is_ascii_digit() {
            let start = at - 1;
            at += syllable[at..].iter().take_while(|c| c.is_ascii_digit()).count();
            let digits: Vec<u8> =
                syllable[start..at].iter().map(|&c| rank(c as usize - '0' as usize)).collect();
            let worth = &digits[digits.iter().take_while(|&&d| d == 0).count()..];
            key.extend([NUMBER, u8::try_from(worth.len()).unwrap_or(u8::MAX)]);
            key.extend(worth.iter().map(|d| DIGIT_FIRST + d));
            continue;
        }
        if is_mark(c) {
            // A mark with no letter before it in this syllable can only be stray.
            continue;
        }
        let marks = &syllable[at..at + syllable[at..].iter().take_while(|&&c| is_mark(c)).count()];
        at += marks.len();
        tones.extend(marks.iter().filter_map(|m| TONES.iter().position(|t| t == m)));
        let shape = marks.iter().copied().find(|m| matches!(m, '\u{0302}' | '\u{0306}' | '\u{031B}'));
        let letter = match (c, shape) {
            ('ð', _) => 'đ',
            ('a', Some('\u{0306}')) => 'ă',
            ('a', Some('\u{0302}')) => 'â',
            ('e', Some('\u{0302}')) => 'ê',
            ('o', Some('\u{0302}')) => 'ô',
            ('o', Some('\u{031B}')) => 'ơ',
            ('u', Some('\u{031B}')) => 'ư',
            (plain, _) => plain,
        };
        match LETTERS.chars().position(|l| l == letter) {
            Some(place) => key.push(LETTER_FIRST + rank(place)),
            None => {
                key.push(OTHER);
                key.extend(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    key.push(LETTERS_END);
    match tones.as_slice() {
        [] => key.push(TONE_FIRST),
        several => key.extend(several.iter().map(|&tone| TONE_FIRST + 1 + rank(tone))),
    }
    key.push(SYLLABLE_END);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_search_without_accents_finds_the_name() {
        for (text, folded) in [
            ("Đặng Thị Hoà", "dang thi hoa"),
            ("  NGUYỄN\u{00A0}Văn\tƯớc ", "nguyen van uoc"),
            ("Ðinh Ngọc", "dinh ngoc"),
            ("Hoa\u{0300}ng\u{200B}", "hoang"),
            ("Y'Nuê Ê-đê", "y'nue e-de"),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn what_is_shown_keeps_accents_and_case() {
        assert_eq!(display(" Nguyê\u{0303}n  Văn\u{200B} A\n"), "Nguyễn Văn A");
        assert_eq!(display("Đắk Lắk"), "Đắk Lắk");
    }

    fn assert_ascending(texts: &[&str], key: fn(&str) -> Vec<u8>) {
        for pair in texts.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{} before {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn words_stand_in_dictionary_order() {
        assert_ascending(&["ba", "bà", "bả", "bã", "bá", "bạ", "ban", "bàn", "băn", "bân", "be"], sort_key);
        assert_ascending(
            &["ba hoa", "bà con", "bà nội", "bạc", "da", "đa", "e", "ê", "o", "ô", "ơ", "u", "ư", "v"],
            sort_key,
        );
        assert_ascending(&["Thôn 2", "Thôn 10", "Thôn 10A", "Thôn Hoàng Tân", "Thôn Hoàng Thủy"], sort_key);
        assert_ascending(&["Y", "Z", "Ы"], sort_key);
    }

    #[test]
    fn people_stand_by_given_name_first() {
        assert_ascending(
            &["Vũ Thị An", "Bùi Văn Ân", "Lý Văn Bình", "Nguyễn An Bình", "Nguyễn Thị Bình", "Đào Đạt"],
            name_sort_key,
        );
    }

    #[test]
    fn both_ways_to_place_a_tone_sort_alike() {
        assert_eq!(sort_key("hoà"), sort_key("hòa"));
        assert_eq!(sort_key("Thuý Vy"), sort_key("THÚY VY"));
    }

    /// Syllables the Vietnamese way, and now and then anything else.
    fn texts() -> impl Strategy<Value = String> {
        prop_oneof!["[a-zđĐăâêôơưÀ-ỹ0-9 ]{0,24}", any::<String>()]
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in texts()) {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }

        #[test]
        fn showing_twice_changes_nothing(text in texts()) {
            prop_assert_eq!(display(&display(&text)), display(&text));
        }

        #[test]
        fn composed_and_decomposed_text_are_alike(text in texts()) {
            let (composed, decomposed) = (text.nfc().collect::<String>(), text.nfd().collect::<String>());
            prop_assert_eq!(fold(&composed), fold(&decomposed));
            prop_assert_eq!(sort_key(&composed), sort_key(&decomposed));
            prop_assert_eq!(name_sort_key(&composed), name_sort_key(&decomposed));
        }

        #[test]
        fn a_fold_of_vietnamese_is_plain_ascii(text in "[a-zA-ZđĐăâêôơưĂÂÊÔƠƯẠ-ỹ0-9 ]{0,24}") {
            prop_assert!(fold(&text).is_ascii());
        }

        #[test]
        fn a_text_stands_before_what_continues_it(text in "[a-zđ]{1,6}( [a-zđ]{1,6}){0,3}", more in "[a-zđ]{1,6}") {
            let longer = format!("{text} {more}");
            prop_assert!(sort_key(&text) < sort_key(&longer));
        }

        #[test]
        fn equal_keys_mean_equal_folds_of_words(a in "[aàảăâđdoôơ]{0,3}", b in "[aàảăâđdoôơ]{0,3}") {
            if sort_key(&a) == sort_key(&b) {
                prop_assert_eq!(fold(&a), fold(&b));
            }
        }
    }
}
