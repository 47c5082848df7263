//! Text with commas, semicolons or tabs.

use std::borrow::Cow;

use super::error::ImportError;
use super::table::{Cell, Table};

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Bytes at the beginning by which the delimiter is told.
const SAMPLE: usize = 16 * 1024;

/// Reads UTF-8 text, with or without a byte-order mark, or UTF-16 with one: what Excel calls “Unicode Text”.
pub(super) fn read(bytes: &[u8]) -> Result<Table, ImportError> {
    let text = decoded(bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.trim().is_empty() {
        return Err(ImportError::Empty);
    }
    let bytes = text.as_bytes();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(bytes))
        .from_reader(bytes);
    let mut table = Table::default();
    let mut record = csv::StringRecord::new();
    let mut row = 0;
    loop {
        // The reader skips blank lines; a spreadsheet counts them.
        let at = usize::try_from(reader.position().byte()).map_err(|_| ImportError::NotText)?;
        row += 1 + blank_lines(bytes, at);
        if !reader.read_record(&mut record).map_err(|_| ImportError::NotText)? {
            return Ok(table);
        }
        for (column, text) in record.iter().enumerate() {
            table.put(row, column, Cell::of_text(text))?;
        }
    }
}

fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, ImportError> {
    let units: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ if bytes.contains(&0) => return Err(ImportError::NotText),
        _ => return core::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| ImportError::OldEncoding),
    };
    let (pairs, rest) = bytes.as_chunks();
    let text = char::decode_utf16(pairs.iter().copied().map(units)).collect::<Result<String, _>>();
    match text {
        Ok(text) if rest.is_empty() && !text.contains('\0') => Ok(Cow::Owned(text)),
        _ => Err(ImportError::NotText),
    }
}

/// Lines with nothing at all in them from `at` on.
fn blank_lines(bytes: &[u8], at: usize) -> usize {
    let mut rest = bytes.get(at..).unwrap_or_default();
    // The second half of a line end whose first half ended the record before.
    if at > 0 && bytes.get(at - 1) == Some(&b'\r') {
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
    let mut lines = 0;
    loop {
        rest = match rest {
            [b'\r', b'\n', rest @ ..] | [b'\n' | b'\r', rest @ ..] => rest,
            _ => return lines,
        };
        lines += 1;
    }
}

/// Whichever stands most often outside quotes near the beginning; a comma if none does.
fn delimiter(bytes: &[u8]) -> u8 {
    let mut counts = [0usize; DELIMITERS.len()];
    let mut quoted = false;
    for &byte in bytes.iter().take(SAMPLE) {
        if byte == b'"' {
            quoted = !quoted;
        } else if !quoted && let Some(at) = DELIMITERS.iter().position(|&known| known == byte) {
            counts[at] += 1;
        }
    }
    // The first of equals: a comma before a semicolon before a tab.
    let best = (0..DELIMITERS.len()).rev().max_by_key(|&at| counts[at]).unwrap_or(0);
    DELIMITERS[best]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
        rows_of(text.as_bytes())
    }

    fn rows_of(bytes: &[u8]) -> Vec<(usize, Vec<String>)> {
        let table = read(bytes).expect("text");
        let written = |cells: &[Cell]| cells.iter().map(|cell| cell.written().into_owned()).collect();
        table.rows.iter().map(|row| (row.number, written(&row.cells))).collect()
    }

    #[test]
    fn all_three_delimiters_and_a_mark_are_understood() {
        for text in ["\u{feff}a,b\n\"c,d\",\n", "a;b\r\n\"c,d\";\r\n", "a\tb\n\"c,d\"\t\n"] {
            let expected = vec![(1, vec!["a".into(), "b".into()]), (2, vec!["c,d".to_owned()])];
            assert_eq!(rows(text), expected, "{text}");
        }
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("{end}a,b{end}{end}{end}\"c\nd\",e{end},{end}f,g{end}");
            let numbers: Vec<usize> = rows(&text).into_iter().map(|(number, _)| number).collect();
            assert_eq!(numbers, [2, 5, 7], "{end:?}");
        }
    }

    #[test]
    fn unicode_text_of_excel_is_read() {
        let expected =
            vec![(1, vec!["Họ".to_owned(), "Xóm".into()]), (2, vec!["Lý 😀".into(), "Đồi".into()])];
        let units: Vec<u16> = "\u{feff}Họ\tXóm\r\nLý 😀\tĐồi\r\n".encode_utf16().collect();
        for bytes in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
            let bytes: Vec<u8> = units.iter().flat_map(|unit| bytes(*unit)).collect();
            assert_eq!(rows_of(&bytes), expected);
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for (bytes, code) in [
            // Cut in the middle of a letter; half a surrogate pair.
            (&b"\xff\xfea\0b"[..], "not_text"),
            (b"\xff\xfe\x00\xd8a\0", "not_text"),
            (b"\xff\xfea\0\0\0", "not_text"),
            (b"a\0b", "not_text"),
            // "Họ" in windows-1258.
            (b"H\xf4\xf2,a", "old_encoding"),
            (b" \n \n", "file_empty"),
        ] {
            assert_eq!(read(bytes).err().map(|error| error.code()), Some(code));
        }
    }
}
