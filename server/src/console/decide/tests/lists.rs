//! The data-cleaning lists on paper and as workbooks. All people are synthetic.

use std::io::Cursor;

use calamine::{Reader as _, Xlsx, open_workbook_from_rs};

use super::*;
use crate::console::limits::ISSUES_PRINTED_MAX;

/// A name that a careless program takes for a formula.
const FORMULA: &str = "=HYPERLINK(\"http://xau.example\")";

/// Village 01 has a child without a number and one with half of one; village 02 one of whom little is known; and one
/// who lacks nothing.
fn desk() -> Desk {
    let desk = Desk::officer();
    let parents = |n| [set(n, "mother_name", "Mẹ Giả Lập"), set(n, "ethnicity", "01")];
    let mut first = Village::begun(&desk, "01", 1);
    let own = [
        Edit::household("head_name", "Chủ Hộ Một"),
        Edit::household("number", "7"),
        Edit::household("address", "Xóm Đồi"),
    ];
    let one = [set(1, "name", FORMULA), set(1, "birth_date", "2015-05-03"), set(1, "sex", "female")];
    let two = [
        set(2, "name", "Trẻ Giả Hai"),
        set(2, "birth_date", "2016"),
        set(2, "sex", "male"),
        set(2, "identity_number", "02021"),
    ];
    let whole = [
        set(3, "name", "Trẻ Giả Đủ"),
        set(3, "birth_date", "2015-05-03"),
        set(3, "sex", "male"),
        set(3, "identity_number", "020215123456"),
    ];
    first.told(&desk, &[&own[..], &one, &parents(1), &two, &parents(2), &whole, &parents(3)].concat());
    let mut second = Village::begun(&desk, "02", 2);
    second.told(&desk, &[Edit::household("head_name", "Chủ Hộ Hai"), set(4, "name", "Trẻ Giả Bốn")]);
    desk
}

/// Text of the cells of a page's rows.
fn rows(page: &str) -> Vec<Vec<String>> {
    let text = |cell: &str| {
        let (_, inner) = cell.split_once('>').expect("a cell's end");
        let mut told = String::new();
        let mut is_tag = false;
        for c in inner.split("</td>").next().expect("a cell").replace("</div><div>", "; ").chars() {
            match c {
                '<' => is_tag = true,
                '>' => is_tag = false,
                c if !is_tag => told.push(c),
                _ => {}
            }
        }
        told.replace("&quot;", "\"")
    };
    let rows = page.split("<tr>").skip(1).filter(|row| row.contains("<td"));
    rows.map(|row| row.split("<td").skip(1).map(text).collect()).collect()
}

fn sheet(bytes: Vec<u8>) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).expect("a workbook");
    let range = book.worksheet_range_at(0).expect("a sheet").expect("its cells");
    assert_eq!(
        book.worksheet_formula(&book.sheet_names()[0].clone()).expect("formulas").used_cells().count(),
        0
    );
    range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

fn texts(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

const NUMBER: &str = "Chưa ghi số định danh cá nhân.";

#[test]
fn the_rounds_list_tells_who_what_is_wrong_and_where_to_sign() {
    let mut desk = desk();
    let page = desk.open("/office/decide/numbers/print?for=round").text();
    assert_eq!(page.matches("<section class=\"decide-sheet\">").count(), 2, "a sheet for each village");
    assert_eq!(page.matches("Người rà soát").count(), 2);
    assert_eq!(page.matches("Công chức Văn hóa - Xã hội").count(), 2);
    assert!(page.contains("<th scope=\"col\">Cần bổ sung, đính chính</th><th scope=\"col\">Ghi lại</th>"));
    let told = rows(&page);
    let known: Vec<Vec<String>> = told.iter().map(|row| row[..9].to_vec()).collect();
    let expected = [
        ["1", "7", "Chủ Hộ Một", FORMULA, "03/05/2015", "Nữ", "Kinh", "Mẹ Giả Lập", ""],
        ["2", "7", "Chủ Hộ Một", "Trẻ Giả Hai", "2016", "Nam", "Kinh", "Mẹ Giả Lập", "02021"],
        ["1", "", "Chủ Hộ Hai", "Trẻ Giả Bốn", "", "", "", "", ""],
    ];
    assert_eq!(known, expected.map(|row| texts(&row)));
    assert!(told.iter().all(|row| row.len() == 11 && row[10].is_empty()), "room to write");
    let reasons: Vec<usize> =
        told.iter().map(|row| row[9].split("; ").filter(|text| !text.is_empty()).count()).collect();
    assert_eq!(reasons, [1, 1, 5], "{told:?}");
    assert!(!page.contains("Trẻ Giả Đủ"));
    let one = desk.open("/office/decide/numbers/print?for=round&village=02").text();
    assert_eq!(rows(&one).len(), 1);
    assert_eq!(desk.open("/office/decide/numbers/print?for=round&village=77").status, StatusCode::NOT_FOUND);
}

#[test]
fn the_polices_list_says_of_each_child_what_is_to_be_completed() {
    let mut desk = desk();
    let page = desk.open("/office/decide/numbers/print?for=police").text();
    for heading in ["Cần bổ sung, đính chính", "Số định danh (Công an xã ghi)", "Ghi chú"] {
        assert!(page.contains(&format!("<th scope=\"col\">{heading}</th>")), "{heading}");
    }
    assert_eq!(page.matches("<strong>Công an xã</strong>").count(), 2);
    let told = rows(&page);
    assert!(told.iter().all(|row| row.len() == 11 && row[9].is_empty() && row[10].is_empty()), "{told:?}");
    let [first, second, third] = &told[..] else { panic!("three children: {told:?}") };
    assert_eq!(first[..8], texts(&["1", FORMULA, "03/05/2015", "Nữ", "Kinh", "Mẹ Giả Lập", "Xóm Đồi", ""]));
    assert_eq!((first[8].as_str(), second[7].as_str()), (NUMBER, "02021"));
    assert_ne!(second[8], NUMBER, "it has one, of the wrong shape");
    assert_eq!(third[8].split("; ").count(), 5);
}

#[test]
fn the_workbooks_have_the_rows_of_the_page_as_text_and_leave_an_act() {
    let mut desk = desk();
    for (whom, signed) in [("round", "Ghi lại"), ("police", "Ghi chú")] {
        let printed = rows(&desk.open(&format!("/office/decide/numbers/print?for={whom}")).text());
        let before = desk.office.status().expect("a status").log_position;
        let answer = desk.open(&format!("/office/decide/numbers/xlsx?for={whom}"));
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(desk.office.status().expect("a status").log_position, before + 1, "names left the office");
        let told = sheet(answer.bytes);
        let head = told.iter().position(|row| row[0] == "TT").expect("the headings");
        assert_eq!(told[head].last().map(String::as_str), Some(signed));
        let villages: Vec<&str> = told[head + 1..].iter().map(|row| row[1].as_str()).collect();
        assert_eq!(villages, ["Thôn Giả Lập 1", "Thôn Giả Lập 1", "Thôn Giả Lập 2"]);
        let listed: Vec<Vec<String>> = told[head + 1..].iter().map(|row| row[2..].to_vec()).collect();
        let shown: Vec<Vec<String>> = printed.iter().map(|row| row[1..].to_vec()).collect();
        assert_eq!(listed, shown);
    }
}

#[test]
fn a_list_of_more_than_a_page_is_whole_and_one_that_is_too_long_says_so() {
    let mut desk = Desk::officer();
    // Of whom only the name is known, five things are missing.
    let called = |n: u8| set(n, "name", &format!("Trẻ Giả {n}"));
    let a_village = u8::try_from(ISSUES_PRINTED_MAX / 5 / 10).expect("sixty children");
    for salt in 0..10 {
        let children: Vec<Edit> = (1..=a_village).map(called).collect();
        Village::begun(&desk, "01", salt).told(&desk, &children);
    }
    let too_long = "Danh sách quá dài, ở đây chưa có đủ: hãy chọn từng thôn.";
    let address = "/office/decide/numbers/print?for=round";
    let page = desk.open(address).text();
    assert_eq!(rows(&page).len(), ISSUES_PRINTED_MAX / 5, "each once");
    assert!(!page.contains(too_long));
    Village::begun(&desk, "02", 11).told(&desk, &[called(1)]);
    let page = desk.open(address).text();
    assert!(page.contains(too_long));
    assert_eq!(rows(&page).len(), ISSUES_PRINTED_MAX / 5);
    // A workbook has room for them.
    let told = sheet(desk.open("/office/decide/numbers/xlsx?for=round").bytes);
    let head = told.iter().position(|row| row[0] == "TT").expect("the headings");
    assert_eq!(told.len() - head - 1, ISSUES_PRINTED_MAX / 5 + 1);
    assert!(!told.concat().iter().any(|cell| cell == too_long));
}
