//! Files that are no register, or that would cost more than they are worth.

use std::io::Write;

use server::import::{self, ImportOptions};

use super::{HEADINGS, csv_of, one_village, small};

/// A ZIP of one stored file whose directory declares a size of its own choosing.
fn zip_declaring(name: &str, declared: u32) -> Vec<u8> {
    let mut zip = Vec::new();
    let both = |zip: &mut Vec<u8>| {
        // Version, flags, method (stored), time, date, checksum, packed size, unpacked size, name, extra.
        zip.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
        zip.extend([0; 4]);
        zip.extend(0u32.to_le_bytes());
        zip.extend(declared.to_le_bytes());
        zip.extend((name.len() as u16).to_le_bytes());
        zip.extend(0u16.to_le_bytes());
    };
    zip.extend(b"PK\x03\x04");
    both(&mut zip);
    zip.extend(name.as_bytes());
    let directory = zip.len() as u32;
    zip.extend(b"PK\x01\x02\x14\0");
    both(&mut zip);
    zip.extend([0; 14]);
    zip.extend(name.as_bytes());
    let size = zip.len() as u32 - directory;
    zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend(size.to_le_bytes());
    zip.extend(directory.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

#[test]
fn files_that_are_no_register_are_told_apart() {
    let mut world = one_village();
    let many: String = (0..300).map(|at| format!("Cột {at},")).collect();
    let wide = format!("{HEADINGS}{many}\n");
    let numbers: Vec<u8> = (0..4_096u32).map(|at| (at * 37 % 251) as u8).collect();
    let long = format!("{HEADINGS}{}", "1,\n".repeat(import::limits::ROWS_MAX + 1));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a.csv", Vec::new(), "file_empty"),
        ("a.xlsx", Vec::new(), "file_empty"),
        ("a.xlsx", b"PK".to_vec(), "not_a_workbook"),
        ("a.csv", b"ab".to_vec(), "no_headings"),
        ("a.csv", b" \n\n".to_vec(), "file_empty"),
        ("a.csv", numbers.clone(), "not_text"),
        ("a.xlsx", numbers, "not_a_workbook"),
        ("a.xlsx", csv_of(&small()), "not_a_workbook"),
        ("a.xlsx", b"PK\x03\x04 and nothing else".to_vec(), "workbook_damaged"),
        ("a.xlsx", zip_declaring("xl/workbook.xml", 0), "not_a_workbook"),
        ("a.xlsx", zip_declaring("xl/workbook.xml", 3_000_000_000), "workbook_too_large"),
        ("a.xls", vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], "workbook_old"),
        ("a.csv", b"%PDF-1.4".to_vec(), "file_is_pdf"),
        ("a.csv", b"H\xf4\xf2 t\xean".to_vec(), "old_encoding"),
        ("a.csv", wide.into_bytes(), "too_many_columns"),
        ("a.csv", long.into_bytes(), "too_many_rows"),
        ("a.csv", "Thôn,Họ và tên trẻ\n1,Lý A\n".as_bytes().to_vec(), "no_household_column"),
    ];
    for (name, bytes, expected) in cases {
        let path = world.file(name, &bytes);
        let code = world.try_import(&path, &ImportOptions::default()).err().map(|error| error.code());
        assert_eq!(code, Some(expected), "{name} of {} bytes", bytes.len());
    }
    let missing = world.path("nowhere.csv");
    let code = world.try_import(&missing, &ImportOptions::default()).err().map(|error| error.code());
    assert_eq!(code, Some("file_unreadable"));
    assert_eq!(world.office.documents(None).expect("read"), []);
}

#[test]
fn a_workbook_that_unpacks_without_end_is_refused() {
    let mut world = one_village();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let zeros = vec![b' '; 1 << 20];
    for part in ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"] {
        zip.start_file(part, options).expect("a file");
        for _ in 0..(import::limits::WORKBOOK_BYTES_MAX >> 21) + 1 {
            zip.write_all(&zeros).expect("memory takes it");
        }
    }
    let bytes = zip.finish().expect("finished").into_inner();
    assert!(bytes.len() < 2 << 20, "a small file");
    let path = world.file("a.xlsx", &bytes);
    let code = world.try_import(&path, &ImportOptions::default()).err().map(|error| error.code());
    assert_eq!(code, Some("workbook_too_large"));
}

#[test]
fn an_archive_of_many_names_is_refused_before_they_are_read() {
    let mut world = one_village();
    let one = zip_declaring("xl/workbook.xml", 0);
    let counted = one.len() - 12;
    let with = |entries: u16| {
        let mut bytes = one.clone();
        bytes[counted..counted + 2].copy_from_slice(&entries.to_le_bytes());
        bytes
    };
    let larger = [b"PK\x06\x07".as_slice(), &[0; 16], &one[one.len() - 22..]].concat();
    for (bytes, expected) in [
        (with(import::limits::WORKBOOK_ENTRIES_MAX as u16 + 1), "workbook_too_large"),
        (with(u16::MAX), "workbook_too_large"),
        ([&one[..one.len() - 22], &larger].concat(), "workbook_too_large"),
        (with(1), "not_a_workbook"),
    ] {
        let path = world.file("a.xlsx", &bytes);
        let code = world.try_import(&path, &ImportOptions::default()).err().map(|error| error.code());
        assert_eq!(code, Some(expected));
    }
}

#[test]
fn a_lonely_cell_far_away_costs_nothing() {
    let mut world = one_village();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in ["Thôn", "Số hộ", "Họ và tên trẻ", "Ngày sinh"].iter().enumerate() {
        sheet.write(0, column as u16, *heading).expect("written");
    }
    for (column, text) in ["01", "1", "Lý A", "2015"].iter().enumerate() {
        sheet.write(1_048_575, column as u16, *text).expect("written");
    }
    let path = world.path("a.xlsx");
    book.save(&path).expect("saved");
    assert_eq!(world.import(&path).imported, 1);
    let sheet = book.worksheet_from_index(0).expect("a sheet");
    sheet.write(1_048_575, 16_383, "x").expect("written");
    book.save(&path).expect("saved");
    let code = world.try_import(&path, &ImportOptions::default()).err().map(|error| error.code());
    assert_eq!(code, Some("too_many_columns"));
    let elsewhere = ImportOptions { sheet: Some("Khác".to_owned()), ..ImportOptions::default() };
    assert_eq!(world.try_import(&path, &elsewhere).err().map(|error| error.code()), Some("sheet_unknown"));
}
