//! Lists that people go by: who, where, and in words. Every person here is made up.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use super::{enter, rows};
use crate::console::tests::{CLOCK, Desk};

fn child(number: usize, more: &Json) -> Json {
    let mut child = json!({
        "ref": format!("c{number}"), "name": format!("Bé Giả Lập {number:03}"), "birth_date": "2023-03-01", "sex": "female",
    });
    child.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    child
}

/// The row of a list in which somebody stands, by heading.
fn row_of(rows: &[Vec<String>], heading: &str, name: &str) -> Vec<(String, String)> {
    let head = rows.iter().find(|row| row.iter().any(|cell| cell == heading)).unwrap();
    let row = rows.iter().find(|row| row.iter().any(|cell| cell == name)).unwrap();
    head.iter().cloned().zip(row.iter().cloned()).collect()
}

fn said<'r>(row: &'r [(String, String)], heading: &str) -> &'r str {
    &row.iter().find(|(known, _)| known == heading).unwrap_or_else(|| panic!("{heading}: {row:?}")).1
}

#[test]
fn a_list_by_circumstance_has_every_child_at_the_place_where_it_stays() {
    let mut desk = Desk::officer();
    let entry = |from: usize, to: usize| {
        let elsewhere = |number| {
            if number == 1 {
                json!({ "specific_address": "Nhà bà ngoại, Xóm Trại" })
            } else {
                json!({})
            }
        };
        let circumstance = |number: usize| json!({ "ref": format!("d{number}"), "person": format!("c{number}"), "code": "II.4.1", "start": "2026-10-02" });
        json!({
            "entry": 1,
            "household": { "number": "7", "head_name": "Chủ Hộ Giả Lập", "address": "Số 5 đường Đê", "hamlet": "Xóm Đình" },
            "children": (from..to).map(|number| child(number, &elsewhere(number))).collect::<Vec<_>>(),
            "circumstances": (from..to).map(circumstance).collect::<Vec<_>>(),
        })
    };
    for from in (1..=55).step_by(11) {
        enter(&desk, "02", entry(from, from + 11));
    }
    let list = "/office/lists/circumstance/II.4.1";
    let names = |page: &str| -> Vec<String> {
        page.split("<bdi>Bé Giả Lập ").skip(1).map(|rest| rest[..3].to_owned()).collect()
    };
    let first = desk.open(&format!("{list}?as_of=2026-11-20")).text();
    assert_eq!(names(&first).len(), 50);
    assert!(first.contains("rel=\"next\"") && first.contains("Trang 1/2"), "{first}");
    let second = desk.open(&format!("{list}?as_of=2026-11-20&page=2")).text();
    let mut all = [names(&first), names(&second)].concat();
    all.sort();
    assert_eq!(all, (1..=55).map(|number| format!("{number:03}")).collect::<Vec<_>>());
    let print = desk.open(&format!("{list}/print?as_of=2026-11-20&village=02")).text();
    assert_eq!(names(&print).len(), 55, "whole on paper");
    assert!(print.contains("Nhà bà ngoại, Xóm Trại") && print.contains("Số 5 đường Đê, Xóm Đình"), "{print}");
    assert_eq!(names(&desk.open(&format!("{list}/print?as_of=2026-11-20&village=01")).text()).len(), 0);

    // The same place, wherever somebody is sent there.
    let cell = "as_of=2026-11-20&from=2025-11-21&line=II.4.1&column=1";
    for (address, name, place) in [
        (format!("{list}/xlsx?as_of=2026-11-20"), "Họ và tên trẻ", "Địa chỉ cụ thể"),
        (format!("/office/forms/03-TE/cell/file/xlsx?{cell}"), "Họ và tên", "Địa chỉ"),
        ("/office/lists/sudden?from=2026-10-01&to=2026-10-31&file=xlsx".into(), "Họ và tên", "Địa chỉ"),
        ("/office/lists/changes?from=2026-10-01&to=2026-10-31&file=xlsx".into(), "Họ và tên", "Địa chỉ"),
    ] {
        let rows = rows(desk.open(&address).bytes);
        for (child, expected) in
            [("Bé Giả Lập 001", "Nhà bà ngoại, Xóm Trại"), ("Bé Giả Lập 002", "Số 5 đường Đê, Xóm Đình")]
        {
            let row = row_of(&rows, name, child);
            assert_eq!(said(&row, place), expected, "{address}");
            assert_eq!(said(&row, "Thôn"), "Thôn Giả Lập 2", "{address}: a name, no code");
        }
    }
    let police = desk.open("/office/decide/numbers/print?for=police").text();
    assert!(
        police.contains("Nhà bà ngoại, Xóm Trại") && police.contains("Số 5 đường Đê, Xóm Đình"),
        "{police}"
    );
}

#[test]
fn every_group_that_the_form_counts_is_offered_also_those_nobody_records() {
    let mut desk = Desk::officer();
    enter(
        &desk,
        "01",
        json!({
            "entry": 1, "household": { "poverty_status": "near_poor" }, "children": [child(1, &json!({}))],
            "events": [{ "ref": "e", "person": "c1", "kind": "injury", "date": "2026-10-08", "cause": "injury_fall" }],
        }),
    );
    let index = desk.open("/office/lists").text();
    let form = schemas::form::form("03/TE").unwrap();
    let counted = |code: &str| {
        let line = form.line(code).unwrap();
        matches!(line.source, schemas::form::LineSource::Derived { .. })
    };
    for (section, groups) in [("II", 14), ("III", 7), ("IV", 2)] {
        for code in (1..=groups).map(|number| format!("{section}.{number}")) {
            assert!(counted(&code), "{code}");
            assert!(index.contains(&format!("\"/office/lists/circumstance/{code}\"")), "{code}: {index}");
        }
    }
    assert!(index.contains("III.1 Trẻ em sống trong gia đình nghèo, cận nghèo"));
    assert!(!index.contains("circumstance/I.1\"") && !index.contains("circumstance/II-0\""));
    for code in ["III.1", "IV.2"] {
        let list = desk.open(&format!("/office/lists/circumstance/{code}?as_of=2026-11-20")).text();
        assert!(list.contains("Bé Giả Lập 001"), "{code}: {list}");
    }
}

#[test]
fn the_insurance_office_gets_a_file_with_what_it_asks_for() {
    let mut desk = Desk::officer();
    enter(
        &desk,
        "02",
        json!({
            "entry": 1,
            "household": { "number": "12", "head_name": "Chủ Hộ Giả Lập", "address": "Xóm Đình" },
            "children": [
                child(1, &json!({
                    "birth_date": "2026-10-05", "father_name": "Cha Giả Lập", "mother_name": "Mẹ Giả Lập",
                    "health_insurance": true, "health_insurance_number": "TE1380123456789",
                })),
                child(2, &json!({ "birth_date": "2020-10-09", "sex": "male" })),
            ],
        }),
    );
    let rows = rows(desk.open("/office/lists/insurance?month=2026-10&file=xlsx").bytes);
    let born = row_of(&rows, "Số thẻ BHYT", "Bé Giả Lập 001");
    for (heading, expected) in [
        ("Tăng/Giảm", "Tăng"),
        ("Lý do", "Sinh"),
        ("Ngày sinh", "05/10/2026"),
        ("Giới tính", "Nữ"),
        ("Họ tên cha", "Cha Giả Lập"),
        ("Họ tên mẹ", "Mẹ Giả Lập"),
        ("Số thẻ BHYT", "TE1380123456789"),
        ("Thẻ BHYT", "Có thẻ"),
        ("Thôn", "Thôn Giả Lập 2"),
        ("Số hộ", "12"),
        ("Chủ hộ", "Chủ Hộ Giả Lập"),
        ("Địa chỉ", "Xóm Đình"),
    ] {
        assert_eq!(said(&born, heading), expected, "{heading}");
    }
    let six = row_of(&rows, "Số thẻ BHYT", "Bé Giả Lập 002");
    assert_eq!((said(&six, "Tăng/Giảm"), said(&six, "Lý do")), ("Giảm", "Đủ 6 tuổi"));
    assert_eq!((said(&six, "Giới tính"), said(&six, "Số thẻ BHYT")), ("Nam", ""));
}

#[test]
fn the_file_of_sudden_cases_has_the_urgent_reports_of_its_page() {
    let mut desk = Desk::officer();
    enter(&desk, "01", json!({ "entry": 1, "children": [child(1, &json!({}))] }));
    let file = desk.console.data_dir.join("register.sqlite");
    let sql = rusqlite::Connection::open(file).unwrap();
    for (number, opened) in [(1_u8, None), (2, Some("Cán Bộ Giả Lập"))] {
        sql.execute(
            "INSERT INTO notice (id, device, kind, made_at, received_at, body, signature, opened_at, opened_by)
             VALUES (?1, (SELECT id FROM device LIMIT 1), 1, ?2, ?2, x'00', x'00', iif(?3 IS NULL, NULL, ?2), ?3)",
            rusqlite::params![[number; 16], CLOCK, opened],
        )
        .unwrap();
    }
    let days = "from=2026-11-01&to=2026-11-23";
    assert!(desk.open(&format!("/office/lists/sudden?{days}")).text().contains("Báo tin khẩn (2)"));
    let list = rows(desk.open(&format!("/office/lists/sudden?{days}&file=xlsx")).bytes);
    let urgent: Vec<&Vec<String>> = list.iter().filter(|row| row[1] == "Báo tin khẩn").collect();
    assert_eq!(urgent.len(), 2, "{list:?}");
    assert!(urgent.iter().all(|row| row[2].starts_with("23/11/2026") && row[3].is_empty()));
    let remarks = urgent.iter().map(|row| row[10].as_str()).collect::<Vec<_>>().join("\n");
    assert!(remarks.contains("Chưa ai mở") && remarks.contains("Cán Bộ Giả Lập"), "{remarks}");
    assert_eq!(desk.open(&format!("/office/lists/sudden?{days}&file=csv")).status, StatusCode::OK);
}
