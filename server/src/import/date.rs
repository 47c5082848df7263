//! Dates as people write them.

use schemas::text;
use sync_core::date::PartialDate;

/// Words around the numbers of a date, folded.
const WORDS: [&str; 4] = ["ngay", "thang", "nam", "sinh"];

/// Reads `03/05/2019`, `3-5-2019`, `05/2019`, `2019`, `2019-05-03`, `ngày 3 tháng 5 năm 2019`. The day
/// always stands before the month; a year always has four digits, for nothing is guessed.
pub(crate) fn read(text: &str) -> Option<PartialDate> {
    let folded = text::fold(text);
    let folded = folded.strip_suffix("00:00:00").unwrap_or(&folded).trim_end_matches([' ', 't']);
    let parts: Vec<&str> = folded
        .split(['/', '-', '.', ' ', ','])
        .filter(|part| !part.is_empty() && !WORDS.contains(part))
        .collect();
    let is_number = |part: &&str| part.len() <= 4 && part.bytes().all(|c| c.is_ascii_digit());
    if !(1..=3).contains(&parts.len()) || !parts.iter().all(is_number) {
        return None;
    }
    let year_first = parts[0].len() == 4;
    let ordered: Vec<&str> = if year_first { parts } else { parts.into_iter().rev().collect() };
    let (year, rest) = ordered.split_first()?;
    if year.len() != 4 || rest.iter().any(|part| part.len() > 2) {
        return None;
    }
    let rest: String = rest.iter().map(|part| format!("-{part:0>2}")).collect();
    format!("{year}{rest}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_precisely_as_they_are_written() {
        for (text, expected) in [
            ("03/05/2019", Some("2019-05-03")),
            ("3-5-2019", Some("2019-05-03")),
            ("3.5.2019", Some("2019-05-03")),
            ("05/2019", Some("2019-05")),
            ("5/2019", Some("2019-05")),
            ("2019", Some("2019")),
            ("2019-05-03", Some("2019-05-03")),
            ("2019-05-03 00:00:00", Some("2019-05-03")),
            ("2019-05", Some("2019-05")),
            ("ngày 3 tháng 5 năm 2019", Some("2019-05-03")),
            ("Năm 2019", Some("2019")),
            (" 29/02/2020 ", Some("2020-02-29")),
            ("29/02/2019", None),
            ("32/13/2019", None),
            ("13/2019", None),
            ("99/99/9999", None),
            ("03/05/19", None),
            ("5/3/2019/1", None),
            ("không nhớ", None),
            ("tháng sáu âm lịch", None),
            ("43588", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(read(text).map(|date| date.to_string()).as_deref(), expected, "{text}");
        }
    }
}
