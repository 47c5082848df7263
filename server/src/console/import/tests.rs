//! A register taken over in the browser. All people are synthetic.

use axum::http::StatusCode;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::console::tests::{Answer, CLOCK, Desk};
use crate::import::ImportOptions;
use crate::office::{Author, Role};

const REGISTER: &str = "Thôn,Số hộ,Chủ hộ,Họ và tên trẻ,Ngày sinh,Giới tính
01,1,Lý Giả Lập,Lý Thị Một,03/05/2019,Nữ
01,1,Lý Giả Lập,Lý Văn Hai,2021,Nam
02,7,Hoàng Giả Lập,Hoàng Văn Ba,01/01/2031,Nam
02,8,=1+1,Nông Thị Bốn,ba mươi tháng hai,Nữ
";

fn upload(desk: &mut Desk, name: &str, bytes: &[u8]) -> Answer {
    desk.send("/office/import", &[], &[("file", name, bytes)])
}

/// Uploads a register; the address of its import.
fn begun(desk: &mut Desk, text: &str) -> String {
    let answer = upload(desk, "so-2026.csv", text.as_bytes());
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.location.unwrap()
}

/// What the mapping page proposes, as a browser would send it back.
fn proposed(page: &str) -> Vec<(String, String)> {
    let mut fields =
        vec![("source".to_owned(), "so-2026".to_owned()), ("heading_row".to_owned(), "1".to_owned())];
    for part in page.split("<select ").skip(1) {
        let name = part.split("name=\"").nth(1).unwrap().split('"').next().unwrap();
        let chosen = part.split("</select>").next().unwrap().split(" selected").next().unwrap();
        let value = chosen.rsplit("value=\"").next().unwrap().split('"').next().unwrap();
        fields.push((name.to_owned(), value.to_owned()));
    }
    fields
}

fn send(desk: &mut Desk, address: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    desk.post(address, &fields)
}

/// The page once the work is done: looked at again and again, as the browser does.
fn finished(desk: &mut Desk, address: &str) -> String {
    loop {
        let page = desk.open(address).text();
        if !page.contains("<progress") {
            return page;
        }
        std::thread::yield_now();
    }
}

/// The numbers of the first table of a report.
fn numbers(page: &str) -> Vec<String> {
    let table = page.split("<table").nth(1).unwrap().split("</table>").next().unwrap();
    let cells = table.split("<td class=\"num\">").skip(1);
    cells.map(|cell| cell.split('<').next().unwrap().to_owned()).collect()
}

#[test]
fn a_trial_run_writes_nothing_and_the_import_comes_to_the_same() {
    let mut desk = Desk::officer();
    let address = begun(&mut desk, REGISTER);
    let mapping = desk.open(&address).text();
    assert!(mapping.contains("Lý Thị Một"), "the first values help to recognise a column");
    let fields = proposed(&mapping);
    assert!(fields.contains(&("c3".to_owned(), "children.name".to_owned())), "{fields:?}");
    assert_eq!(send(&mut desk, &format!("{address}/check"), &fields).location.as_deref(), Some(&*address));
    let trial = finished(&mut desk, &address);
    assert_eq!(numbers(&trial), ["4", "3", "0", "0", "1", "2", "0"]);
    assert!(trial.contains("Ngày sinh sau ngày nhập sổ"), "a birth in the future is doubted");
    assert!(trial.contains("Không đọc được ngày"), "the refused row says why");
    assert!(
        !trial.contains("unreadable_date") && !trial.contains("birth_date_future"),
        "in words, not codes"
    );
    assert_eq!(desk.office.documents(None).unwrap().len(), 0, "a trial writes nothing");

    desk.post(&format!("{address}/apply"), &[]);
    let done = finished(&mut desk, &address);
    assert_eq!(numbers(&done), numbers(&trial));
    assert_eq!(desk.office.documents(None).unwrap().len(), 2);
    let again = desk.post(&format!("{address}/apply"), &[]);
    assert_eq!(again.status, StatusCode::NOT_FOUND, "the file is gone once it is in the register");

    // The same file again: its columns are remembered, and nothing is doubled.
    let address = begun(&mut desk, REGISTER);
    let fields = proposed(&desk.open(&address).text());
    send(&mut desk, &format!("{address}/check"), &fields);
    let trial = finished(&mut desk, &address);
    assert_eq!(numbers(&trial), ["4", "0", "0", "3", "1", "0", "0"]);
    assert!(!trial.contains(&format!("{address}/apply")), "there is nothing to import");
}

#[test]
fn what_was_chosen_for_a_column_is_proposed_for_the_same_headings_in_a_file_of_another_name() {
    let register = |name: &str| {
        format!("Thôn,Số hộ,Chủ hộ,Họ và tên trẻ,Ngày sinh,{name}\n01,1,Lý Giả,Lý Thị Một,2019,x\n")
    };
    let column = |fields: &[(String, String)]| {
        fields.iter().find(|(name, _)| name == "c5").map(|(_, target)| target.clone()).unwrap()
    };
    let mut desk = Desk::officer();
    let address = begun(&mut desk, &register("Điện thoại"));
    let mut fields = proposed(&desk.open(&address).text());
    assert_eq!(column(&fields), "household.phone", "what the heading says");
    for (name, target) in &mut fields {
        if name == "c5" {
            *target = "household.note".to_owned();
        }
    }
    send(&mut desk, &format!("{address}/check"), &fields);
    finished(&mut desk, &address);

    let again = upload(&mut desk, "danh-sach-2027.csv", register("Điện thoại").as_bytes()).location.unwrap();
    assert_ne!(again, address);
    assert_eq!(column(&proposed(&desk.open(&again).text())), "household.note", "what somebody chose");
    // Of other headings nobody decided anything.
    let other =
        upload(&mut desk, "danh-sach-2028.csv", register("Số điện thoại").as_bytes()).location.unwrap();
    assert_eq!(column(&proposed(&desk.open(&other).text())), "household.phone");
}

#[test]
fn an_officers_import_continues_that_of_the_command_line_without_betraying_what_is_sealed() {
    let mut desk = Desk::officer();
    let register = "Thôn,Số hộ,Chủ hộ,Họ và tên trẻ,Ngày sinh,Mã hoàn cảnh
01,1,Lý Giả Lập,Lý Thị Một,03/05/2019,II.5.1
01,2,Hoàng Giả Lập,Hoàng Văn Hai,04/05/2019,
";
    std::fs::write(desk.console.data_dir.join("office.key"), format!("{}\n", "03".repeat(32))).unwrap();
    let file = crate::import::RegisterFile::new("so-2026.csv", register.into()).unwrap();
    let (author, options) = (Author::from_bytes(&[3; 32]), ImportOptions::default());
    let mut random = StdRng::seed_from_u64(3);
    crate::import::run_file(&desk.office, &author, &file, &options, CLOCK, &mut random, &mut |_| ()).unwrap();

    let address = begun(&mut desk, register);
    let fields = proposed(&desk.open(&address).text());
    send(&mut desk, &format!("{address}/check"), &fields);
    let trial = finished(&mut desk, &address);
    assert_eq!(numbers(&trial), ["2", "0", "0", "2", "0", "0", "0"]);
    assert!(!trial.contains("/office/household/"), "no row looks changed: {trial}");
}

#[test]
fn a_report_of_other_choices_can_not_be_applied() {
    let mut desk = Desk::officer();
    let address = begun(&mut desk, REGISTER);
    let fields = proposed(&desk.open(&address).text());
    send(&mut desk, &format!("{address}/check"), &fields);
    assert!(finished(&mut desk, &address).contains(&format!("{address}/apply")));
    let mut again = fields.clone();
    again.push(("again".to_owned(), "1".to_owned()));
    send(&mut desk, &format!("{address}/check"), &again);
    assert_eq!(desk.post(&format!("{address}/apply"), &[]).status, StatusCode::NOT_FOUND);
    assert!(!desk.open(&address).text().contains(&format!("{address}/apply")), "the columns are shown again");
    assert_eq!(desk.office.documents(None).unwrap().len(), 0);
}

#[test]
fn refused_rows_can_be_downloaded_and_are_no_formulas() {
    let mut desk = Desk::officer();
    let address = begun(&mut desk, REGISTER);
    let fields = proposed(&desk.open(&address).text());
    send(&mut desk, &format!("{address}/check"), &fields);
    finished(&mut desk, &address);
    let file = desk.open(&format!("{address}/errors.csv")).text();
    assert!(file.contains("ba mươi tháng hai") && file.contains("'=1+1"), "{file}");
    assert!(!file.contains(",=1+1") && !file.contains("unreadable_date"), "{file}");
    assert!(!file.contains("Lý Thị Một"), "only refused rows");
}

/// A ZIP with these files in it.
fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook with these cells.
fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        sheet.write_row(row, 0, cells.iter().copied()).unwrap();
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn what_is_no_register_is_told_beside_the_file() {
    let mut desk = Desk::officer();
    let book = workbook(&[&["Thôn", "Số hộ"], &["01", "1"]]);
    let document: Vec<u8> = "WordDocument".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let long = format!("Thôn,Số hộ,Họ và tên trẻ\n{}", "1,1\n".repeat(crate::import::limits::ROWS_MAX + 1));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("so.pdf", b"%PDF-1.7 \xe2\xe3".to_vec(), "tệp PDF, không phải bảng tính"),
        ("so.csv", b"%PDF-1.7 plain".to_vec(), "tệp PDF"),
        ("so.docx", zipped(&[("word/document.xml", b"<w/>")]), "tệp văn bản"),
        ("so.doc", [&[0xd0, 0xcf, 0x11, 0xe0, 0][..], &document].concat(), "tệp văn bản"),
        ("so.rtf", b"{\\rtf1 S\\u7893".to_vec(), "tệp văn bản"),
        ("so.xlsx", b"\x89PNG\r\n\x1a\n\0\0".to_vec(), "tệp ảnh"),
        ("so.jpg", b"\xff\xd8\xff\xe0\0".to_vec(), "tệp ảnh"),
        ("so.zip", zipped(&[("so.xlsx", &book)]), "tệp nén"),
        ("so.rar", b"Rar!\x1a\x07".to_vec(), "tệp nén"),
        ("so.xls", b"\n<HTML><table><tr><td>1".to_vec(), "trang web"),
        (
            "so.ods",
            zipped(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")]),
            "bảng tính dạng khác",
        ),
        ("so.xlsb", zipped(&[("xl/workbook.bin", b"")]), "bảng tính dạng khác"),
        ("so.xlsx", b"khong phai Excel".to_vec(), "dù tên có đuôi .xlsx"),
        ("so.xls", vec![0xd0, 0xcf, 0x11, 0xe0, 1, 2], ".xls cũ"),
        ("so.xlsx", book[..book.len() / 2].to_vec(), "bị hỏng"),
        ("so.csv", Vec::new(), "không có gì"),
        ("so.xlsx", Vec::new(), "không có gì"),
        ("so.csv", b"a\0b\x01".to_vec(), "không phải bảng tính"),
        // "Họ và tên" in windows-1258, and in the letters of a TCVN3 font.
        ("so.csv", b"H\xf4\xf2 va\xcc t\xean,Ng\xe0y".to_vec(), "không phải Unicode"),
        ("so.csv", "Th«n,Sè hé,Hä vµ tªn,Ngµy sinh\n01,1,NguyÔn,2015\n".into(), "không phải Unicode"),
        (
            "so.xlsx",
            workbook(&[&["Thoân", "Soá hoä", "Hoï vaø teân", "Giôùi tính"], &["01", "1", "Lyù Thò", "Nöõ"]]),
            "không phải Unicode",
        ),
        // Ten million rows are refused long before they are read.
        ("so.csv", long.into_bytes(), "quá nhiều dòng"),
    ];
    for (name, bytes, words) in cases {
        let answer = upload(&mut desk, name, &bytes);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {words}");
        let text = answer.text();
        let said = text.split("id=\"e-file\">").nth(1).unwrap().split('<').next().unwrap();
        assert!(said.contains(words), "{name}: {words}: {said}");
        assert!(!said.contains("dòng tiêu đề"), "{name}: nobody is asked for the headings of it");
    }
    let answer = desk.send("/office/import", &[], &[]);
    assert!(answer.text().contains("Chưa chọn tệp"));
}

#[test]
fn what_a_person_can_still_say_is_asked_and_not_refused() {
    let mut desk = Desk::officer();
    // Headings nobody knows; a first sheet with nothing in it; a long name; text as Excel calls it "Unicode Text".
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet();
    book.add_worksheet().write_row(0, 0, ["Thôn", "Số hộ", "Họ và tên trẻ"]).unwrap();
    let unicode: Vec<u8> = format!("\u{feff}{}", REGISTER.replace(',', "\t"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes) in [
        ("so.csv".to_owned(), b"alpha,beta\n1,2\n".to_vec()),
        ("so.xlsx".to_owned(), book.save_to_buffer().unwrap()),
        (format!("{}.csv", "a".repeat(200)), REGISTER.into()),
        ("so.txt".to_owned(), unicode),
    ] {
        let answer = upload(&mut desk, &name, &bytes);
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}: {}", answer.text());
        assert!(desk.open(&answer.location.unwrap()).text().contains("heading_row"), "{name}");
    }
}

#[test]
fn what_is_wrong_with_a_row_is_said_in_the_readers_language() {
    let mut desk = Desk::officer();
    let address = begun(&mut desk, REGISTER);
    let fields = proposed(&desk.open(&address).text());
    send(&mut desk, &format!("{address}/check"), &fields);
    finished(&mut desk, &address);
    desk.read_english();
    let english = desk.open(&address).text();
    assert!(english.contains("The date can't be read"), "{english}");
    assert!(english.contains("The date of birth is after") && !english.contains("Không đọc được"));
}

#[test]
fn two_columns_for_one_field_are_told_and_nothing_chosen_is_lost() {
    let mut desk = Desk::officer();
    let address = begun(&mut desk, REGISTER);
    let mut fields = proposed(&desk.open(&address).text());
    for (name, target) in [("c2", "children.name"), ("c5", "ignore")] {
        fields.iter_mut().find(|(known, _)| known == name).unwrap().1 = target.to_owned();
    }
    fields.iter_mut().find(|(name, _)| name == "source").unwrap().1 = "so-cu-cua-xa".to_owned();
    let answer = send(&mut desk, &format!("{address}/check"), &fields);
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    assert!(page.contains("Hai cột cùng đưa vào"), "{page}");
    assert!(page.contains("so-cu-cua-xa"), "the name stays");
    let kept = proposed(&page);
    assert!(kept.contains(&("c5".to_owned(), "ignore".to_owned())), "{kept:?}");
}

#[test]
fn a_file_is_seen_by_who_uploaded_it_and_by_nobody_else() {
    let mut desk = Desk::officer();
    let address = begun(&mut desk, REGISTER);
    let mut other = desk.beside().signed_in("nguoi-khac", &[Role::Officer]);
    assert_eq!(other.open(&address).status, StatusCode::NOT_FOUND);
    assert!(!other.open("/office/import").text().contains(&address));
    assert!(desk.open("/office/import").text().contains(&address));
    desk.post(&format!("{address}/forget"), &[]);
    assert_eq!(desk.open(&address).status, StatusCode::NOT_FOUND);
}
