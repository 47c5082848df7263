//! Text with commas, semicolons or tabs.

use super::error::ImportError;
use super::table::{Cell, Table};

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Bytes at the beginning by which the delimiter is told.
const SAMPLE: usize = 16 * 1024;

/// Reads UTF-8 text, with or without a byte-order mark.
pub(super) fn read(bytes: &[u8]) -> Result<Table, ImportError> {
    let text = core::str::from_utf8(bytes).map_err(|_| ImportError::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Err(ImportError::NotText);
    }
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
        let table = read(text.as_bytes()).expect("text");
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
    fn what_is_no_text_is_refused() {
        for (bytes, code) in
            [(&b"\xff\xfea\0b\0"[..], "not_text"), (b"a\0b", "not_text"), (b" \n \n", "file_empty")]
        {
            assert_eq!(read(bytes).err().map(|error| error.code()), Some(code));
        }
    }
}
