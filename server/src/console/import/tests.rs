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
    assert!(trial.contains("birth_date_future"), "a birth in the future is doubted");
    assert!(trial.contains("unreadable_date"), "the refused row says why");
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
    assert!(!file.contains(",=1+1"), "{file}");
    assert!(!file.contains("Lý Thị Một"), "only refused rows");
}

#[test]
fn what_is_no_register_is_told_beside_the_file() {
    let mut desk = Desk::officer();
    for (name, bytes, words) in [
        ("so.xlsx", &b"khong phai Excel"[..], "không phải tệp Excel"),
        ("so.xls", &[0xd0, 0xcf, 0x11, 0xe0, 1, 2], ".xls cũ"),
        ("so.csv", &[], "không có gì"),
    ] {
        let answer = upload(&mut desk, name, bytes);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().contains(words), "{name}");
    }
    let answer = desk.send("/office/import", &[], &[]);
    assert!(answer.text().contains("Chưa chọn tệp"));
    // Ten million rows: told when the columns are read, and no row is kept.
    let long = format!("Thôn,Số hộ,Họ và tên trẻ\n{}", "1,1\n".repeat(crate::import::limits::ROWS_MAX + 1));
    let address = begun(&mut desk, &long);
    assert!(desk.open(&address).text().contains("quá nhiều dòng"));
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
