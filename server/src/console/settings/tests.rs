//! What the commune sets for itself, typed and refused and kept.

use std::io::Cursor;

use axum::http::StatusCode;
use calamine::{Reader as _, Xlsx, open_workbook_from_rs};
use ed25519_dalek::SigningKey;
use sync_core::date::Date;

use crate::console::tests::Desk;
use crate::office::places::NOW;
use crate::office::{EXPORT_COLUMNS, Role};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn the_communes_name_and_code_hold_from_their_day() {
    let mut desk = Desk::officer();
    let fields = [
        ("name0", "Xã Giả Lập Cũ"),
        ("code0", "06442"),
        ("upper0", "Huyện Giả Lập"),
        ("from1", "01/07/2025"),
        ("name1", "Xã Giả Lập Mới"),
        ("code1", "06445"),
        ("upper1", "Tỉnh Giả Lập"),
        ("name2", ""),
        ("unit_word", "ấp"),
    ];
    let answer = desk.post("/office/settings/profile", &fields);
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let on = |date: &str| desk.office.profile(day(date), None).unwrap();
    assert_eq!(on("2025-06-30").period.name, "Xã Giả Lập Cũ");
    assert_eq!((on("2025-07-01").period.code.as_str(), on("2025-07-01").unit_word.as_str()), ("06445", "ấp"));
    assert_eq!(desk.office.profile(day("2025-07-01"), Some(0)).unwrap().period.name, "Xã Giả Lập");
    let page = desk.open("/office/settings/profile").text();
    assert!(page.contains("<bdi>Xã Giả Lập Mới</bdi>"), "every page bears the name at once");
    assert!(page.contains("Danh mục ghi mã 06445"), "a code that is another place's is told");
}

#[test]
fn a_refused_profile_comes_back_as_it_was_typed() {
    let mut desk = Desk::officer();
    let fields = [
        ("name0", ""),
        ("code0", "644"),
        ("from1", "31/02/2025"),
        ("name1", "Xã Gõ Dở"),
        ("unit_word", "thôn"),
    ];
    let answer = desk.post("/office/settings/profile", &fields);
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    for expected in
        ["id=\"e-name0\"", "id=\"e-code0\"", "id=\"e-from1\"", "Xã Gõ Dở", "31/02/2025", "value=\"644\""]
    {
        assert!(page.contains(expected), "{expected}");
    }
    assert_eq!(desk.office.commune_name(), "Xã Giả Lập");
}

#[test]
fn villages_are_merged_and_split_on_their_pages() {
    let mut desk = Desk::officer();
    let fields = [
        ("villages", "01"),
        ("villages", "02"),
        ("into", ""),
        ("code", "07"),
        ("name", "Thôn Hợp Nhất"),
        ("since", "01/07/2099"),
        ("grant", "1"),
    ];
    let answer = desk.post("/office/settings/villages/merge", &fields);
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    assert!(page.contains("id=\"e-since\"") && page.contains("Thôn Hợp Nhất") && page.contains("01/07/2099"));

    let mut fields = fields;
    fields[5].1 = "01/07/1925";
    let page = desk.post("/office/settings/villages/merge", &fields).text();
    assert!(page.contains("id=\"e-since\"") && page.contains("từ 01/01/2000 trở đi"), "{page}");
    fields[5].1 = "01/07/2025";
    let answer = desk.post("/office/settings/villages/merge", &fields);
    assert_eq!(answer.location.as_deref(), Some("/office/settings/villages"), "{}", answer.text());
    let page = desk.open("/office/settings/villages").text();
    assert!(page.contains("Thôn Hợp Nhất") && page.contains("không còn; các hộ tính vào"));
    let split = [
        ("village", "07"),
        ("code0", "08"),
        ("name0", "Thôn Tám"),
        ("code1", "09"),
        ("name1", "Thôn Chín"),
        ("rest", "2"),
        ("since", "1/1/2026"),
    ];
    let answer = desk.post("/office/settings/villages/split", &split);
    assert_eq!(
        answer.location.as_deref(),
        Some("/office/settings/villages/assign?village=09&since=2026-01-01"),
        "{}",
        answer.text()
    );
    let codes = |date: &str| -> Vec<String> {
        desk.office.villages_on(day(date)).unwrap().into_iter().map(|village| village.code).collect()
    };
    assert_eq!((codes("2025-06-30").join(" "), codes("2025-07-01").join(" ")), ("01 02".into(), "07".into()));
    assert_eq!(codes("2026-01-01").join(" "), "08 09");
    assert_eq!(desk.open("/office/settings/villages/burn").status, StatusCode::NOT_FOUND);
}

#[test]
fn a_file_of_columns_with_an_error_says_the_line_and_what() {
    let mut desk = Desk::officer();
    let address = "/office/settings/columns/03-TE";
    let page = desk.open(address).text();
    assert!(page.contains("chưa xác nhận"), "the shipped header is a hypothesis");
    let file = |line: &str| {
        format!("{{\n\"form\": \"03/TE\",\n\"edition\": \"2024\",\n\"columns\": [\n{line}\n]\n}}")
    };
    let good = r#"{"code": "1", "header": "Tổng số trẻ", "unit": "Người", "confirmed": true, "kind": {"children": {}}}"#;
    for (text, expected) in [
        (file(&good.replace("\"unit\"", "\"units\"")), "Dòng 5: không có mục nào tên “units”"),
        (file(&format!("{good},")), "Dòng 6: không đúng cú pháp JSON"),
        (file(&format!("{good},\n{good}")), "Dòng 6: cột 1: mã này dùng hai lần"),
        (file(&good.replace("{}", "{\"supports\": [\"vàng\"]}")), "không có hình thức trợ giúp “vàng”"),
        (file(good).replace("03/TE", "01/TE"), "Dòng 2: Các cột này là của biểu 01/TE"),
    ] {
        let answer = desk.send(address, &[("text", &text)], &[]);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().contains(expected), "{expected}\n{}", answer.text());
        assert!(answer.text().contains("Tổng số trẻ"), "what was typed is still there");
    }
    let looked = desk.send(address, &[("text", &file(good)), ("look", "1")], &[]);
    assert!(looked.text().contains("<bdi>Tổng số trẻ</bdi>"), "{}", looked.text());
    assert_eq!(desk.office.form_at("03/TE", NOW).unwrap().columns.len(), 8, "a look sets nothing");
    let answer = desk.send(address, &[], &[("file", "cot.json", file(good).as_bytes())]);
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(desk.office.form_at("03/TE", NOW).unwrap().columns[0].header, "Tổng số trẻ");
    let told = desk.post(&format!("{address}/default"), &[("position", "1")]);
    assert_eq!(told.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.office.form_at("03/TE", NOW).unwrap().columns.len(), 1, "set after that page was opened");
    let position = desk.office.log_position().unwrap().to_string();
    desk.post(&format!("{address}/default"), &[("position", &position)]);
    assert_eq!(desk.office.form_at("03/TE", NOW).unwrap().columns.len(), 8);
}

#[test]
fn a_whole_form_with_an_error_says_the_line_and_what_and_a_right_one_is_in_force() {
    let mut desk = Desk::officer();
    let address = "/office/settings/form-file/01-TE";
    let file = desk.open(&format!("{address}/file"));
    let text = file.text();
    assert!(text.contains("\"edition\": \"2024-xa-1\""), "a version is proposed");
    let line_of = |text: &str, part: &str| 1 + text.lines().position(|line| line.contains(part)).unwrap();
    // What is wrong within a line of the form is said at its code.
    for (from, to, said, at) in [
        ("\"depth\": 0", "\"deep\": 0", "không có mục nào tên “deep”", "\"deep\": 0"),
        ("\"2024-xa-1\"", "\"2024\"", "cả biểu: số bản (edition) phải là năm", "\"edition\": \"2024\""),
        (
            "\"of\": \"I.4\"",
            "\"of\": \"I.9\"",
            "dòng biểu I.4-1: biểu không có dòng “I.9”",
            "\"code\": \"I.4-1\"",
        ),
        ("\"Số trẻ em dưới 16 tuổi\"", "\"\"", "dòng biểu I.1: mục “label” để trống", "\"code\": \"I.1\""),
    ] {
        let wrong = text.replacen(from, to, 1);
        assert_ne!(wrong, text, "{from}");
        let answer = desk.send(address, &[], &[("file", "bieu.json", wrong.as_bytes())]);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = answer.text();
        let told = page.split_once("id=\"e-text\">").unwrap().1.split_once('<').unwrap().0;
        assert!(told.starts_with(&format!("Dòng {}: {said}", line_of(&wrong, at))), "{said}: {told}");
        assert_eq!(desk.office.form_at("01/TE", NOW).unwrap().edition, "2024");
    }
    let large = vec![b' '; 300 * 1024];
    let answer = desk.send(address, &[], &[("file", "bieu.json", &large)]);
    assert!(answer.text().contains("Tệp lớn quá 256 KB"), "{}", answer.text());
    let own = text.replacen("Số trẻ em dưới 16 tuổi", "Số trẻ em <16>", 1);
    let looked = desk.send(address, &[("text", &own), ("look", "1")], &[]).text();
    assert!(looked.contains("Dòng đổi chữ: 1: I.1") && looked.contains("Chưa lưu gì"), "{looked}");
    assert_eq!(desk.office.form_at("01/TE", NOW).unwrap().edition, "2024", "a look sets nothing");
    let position = desk.office.log_position().unwrap().to_string();
    let sent = desk.send(address, &[("position", &position)], &[("file", "bieu.json", own.as_bytes())]);
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let sheet = desk.open("/office/forms/01-TE").text();
    assert!(sheet.contains("Số trẻ em &lt;16&gt;") && sheet.contains("Năm 2026"), "{sheet}");
    let page = desk.open(address).text();
    assert!(page.contains("biểu của xã") && page.contains("Cán Bộ Giả Lập"), "{page}");
    // The same version with other contents is none.
    let other = own.replacen("<16>", "<17>", 1);
    assert!(desk.send(address, &[("text", &other)], &[]).text().contains("ví dụ 2024-xa-2"));
    let position = desk.office.log_position().unwrap().to_string();
    desk.post(&format!("{address}/default"), &[("position", &position)]);
    assert_eq!(desk.office.form_at("01/TE", NOW).unwrap().edition, "2024");
    // Nor is it after one went back, for filings may have been printed with it.
    assert!(desk.send(address, &[("text", &other)], &[]).text().contains("ví dụ 2024-xa-2"));
    assert!(desk.open(&format!("{address}/file")).text().contains("\"edition\": \"2024-xa-2\""));
    assert!(desk.open(address).text().contains("mẫu có sẵn"));
}

#[test]
fn the_register_leaves_in_the_communes_own_columns() {
    let mut desk = Desk::officer();
    let address = "/office/settings/export-columns";
    let headings = |desk: &mut Desk| -> Vec<String> {
        let file = desk.open("/office/lists/register.xlsx").bytes;
        let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(file)).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        sheet.rows().next().unwrap().iter().map(ToString::to_string).collect()
    };
    let shipped = headings(&mut desk);
    let page = desk.open(address).text();
    assert!(page.contains("chưa xác nhận") && page.contains("child.birth_date"), "{page}");
    let file = |second: &str| {
        format!(
            "{{\n\"columns\": [\n{{\"heading\": \"Mã định danh\", \"value\": \"child.identity_number\"}},\n{second}\n]\n}}"
        )
    };
    for (wrong, said) in [
        (file("{\"heading\": \"Tên\", \"value\": \"child.ten\"}"), "Dòng 4: không có giá trị “child.ten”"),
        (file("{\"heading\": \"Tên\", \"values\": \"child.name\"}"), "Dòng 4: không có mục nào tên “values”"),
        (file("{\"heading\": \"\", \"value\": \"child.name\"}"), "Dòng 4: Cột 2: tên cột để trống"),
        ("{\"columns\": []}".to_owned(), "Cần từ 1 đến 200 cột; tệp này có 0."),
    ] {
        let answer = desk.send(address, &[("text", &wrong)], &[]);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = answer.text();
        assert!(page.contains(said) && page.contains("id=\"e-text\""), "{said}\n{page}");
        assert_eq!(headings(&mut desk), shipped);
    }
    let seen = desk.office.log_position().unwrap().to_string();
    let own = file("{\"heading\": \"Tên <b>trẻ</b>\", \"value\": \"child.name\"}");
    let set =
        |desk: &mut Desk| desk.send(address, &[("position", &seen)], &[("file", "cot.json", own.as_bytes())]);
    let answer = set(&mut desk);
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(headings(&mut desk), ["Mã định danh", "Tên <b>trẻ</b>"]);
    let history = desk.office.setting_history(EXPORT_COLUMNS).unwrap();
    assert!(history[0].by.is_some(), "signed by its officer");
    let page = desk.open(address).text();
    assert!(page.contains("cột của xã") && page.contains("<bdi>Tên &lt;b&gt;trẻ&lt;/b&gt;</bdi>"), "{page}");
    let late = set(&mut desk);
    assert!(late.text().contains("Vừa có người khác sửa mục này"), "{}", late.text());
    let seen = desk.office.log_position().unwrap().to_string();
    desk.post(&format!("{address}/default"), &[("position", &seen)]);
    assert_eq!(headings(&mut desk), shipped);
}

#[test]
fn who_signs_is_set_for_each_form() {
    let mut desk = Desk::officer();
    let fields = [
        ("role-01-TE-0", "Người lập biểu"),
        ("name-01-TE-0", "Lý Giả Lập"),
        ("role-03-TE-0", "Chủ tịch"),
        ("role-03-TE-1", ""),
    ];
    let answer = desk.post("/office/settings/signatories", &fields);
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let set = desk.office.signatories("01/TE", NOW).unwrap().unwrap();
    assert_eq!((set.len(), set[0].name.as_str()), (1, "Lý Giả Lập"));
    let answer = desk.post("/office/settings/signatories", &[("name-02-TE-1", "Ai Đó")]);
    assert!(answer.text().contains("id=\"e-role-02-TE-1\"") && answer.text().contains("Ai Đó"));
    assert!(
        answer.text().contains("Biểu 02/TE, người ký thứ 2"),
        "whose, for every form has the same labels"
    );
}

#[test]
fn a_device_is_let_in_with_a_code_and_a_picture_and_shut_out_with_a_tick() {
    let mut desk = Desk::officer();
    let fields = [("label", "Máy 1"), ("hours", "48"), ("address", "https://so.example.vn:8443")];
    let answer = desk.post("/office/settings/devices", &fields);
    assert!(answer.text().contains("id=\"f-village\""), "no village was chosen");
    let fields =
        [("label", "Máy 1"), ("village", "01"), ("hours", "48"), ("address", "https://so.example.vn:8443/")];
    let page = desk.post("/office/settings/devices", &fields).text();
    assert!(page.contains("https://so.example.vn:8443/#enrol=") && page.contains("<svg"), "{page}");
    for address in ["http://so.example.vn", "https://", "https://a@b", "https://so.example.vn/app"] {
        let fields = [("label", "Máy 1"), ("village", "01"), ("hours", "48"), ("address", address)];
        let answer = desk.post("/office/settings/devices", &fields);
        assert!(answer.text().contains("id=\"e-address\""), "{address}");
    }
    let mut officer = desk.beside().signed_in("chi-can-bo", &[Role::Officer]);
    assert_eq!(officer.open("/office/settings/devices").status, StatusCode::FORBIDDEN);
    let index = officer.open("/office/settings").text();
    assert!(index.contains("/office/settings/villages") && !index.contains("/office/settings/devices"));
}

#[test]
fn whom_to_call_is_checked_beside_its_field() {
    let mut desk = Desk::officer();
    let answer = desk.post("/office/settings/contacts", &[("label", "Trạm Y tế"), ("phone", "không có số")]);
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("id=\"e-phone\"") && answer.text().contains("value=\"Trạm Y tế\""));
    desk.post("/office/settings/contacts", &[("label", "Trạm Y tế"), ("phone", "0205 123 456")]);
    assert_eq!(desk.office.contacts().unwrap().len(), 1);
    desk.post("/office/settings/contacts/remove", &[("label", "Trạm Y tế")]);
    assert_eq!(desk.office.contacts().unwrap().len(), 0);
}

#[test]
fn who_saves_a_page_that_somebody_changed_meanwhile_is_told_and_loses_nothing() {
    let mut desk = Desk::officer();
    let seen_at = desk.office.log_position().unwrap().to_string();
    let columns = |header: &str| {
        format!(
            "{{\"form\": \"03/TE\", \"edition\": \"2024\", \"columns\": [{{\"code\": \"1\", \"header\": \"{header}\", \
             \"unit\": \"Người\", \"confirmed\": true, \"kind\": {{\"children\": {{}}}}}}]}}"
        )
    };
    let (one, two) = (columns("Cột Một"), columns("Cột Hai"));
    for (address, first, second) in [
        (
            "/office/settings/profile",
            vec![("name0", "Xã Một"), ("unit_word", "thôn")],
            vec![("name0", "Xã Hai"), ("unit_word", "thôn")],
        ),
        (
            "/office/settings/signatories",
            vec![("role-03-TE-0", "Vai Một")],
            vec![("role-03-TE-0", "Vai Hai")],
        ),
        ("/office/settings/columns/03-TE", vec![("text", one.as_str())], vec![("text", two.as_str())]),
    ] {
        let send = |desk: &mut Desk, fields: &[(&str, &str)]| {
            desk.send(address, &[&[("position", seen_at.as_str())], fields].concat(), &[])
        };
        let answer = send(&mut desk, &first);
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let told = send(&mut desk, &second);
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{address}");
        let page = told.text();
        assert!(page.contains("Vừa có người khác sửa mục này") && page.contains(" Hai"), "{page}");
    }
    assert_eq!(desk.office.commune_name(), "Xã Một");
}

#[test]
fn a_grant_from_a_page_that_is_no_longer_true_takes_nothing_away() {
    let mut desk = Desk::officer();
    let device = desk.enrol(&SigningKey::from_bytes(&[7; 32]), &["01"]);
    let address = format!("/office/settings/devices/{device}");
    assert!(desk.open(&address).text().contains("name=\"was\" value=\"01\""));
    let granted = |desk: &Desk| desk.office.devices().unwrap()[0].villages.join(",");
    // While that page is open, a merger or another keeper grants more.
    let both = ["01".to_owned(), "02".to_owned()];
    desk.office.grant(None, device, &both, desk.clock).unwrap();
    let told = desk.post(&address, &[("was", "01"), ("village", "01")]);
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.text().contains("Vừa có người khác sửa mục này"));
    assert_eq!(granted(&desk), "01,02");
    let answer = desk.post(&address, &[("was", "01,02"), ("village", "02")]);
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(granted(&desk), "02");
}

#[test]
fn a_line_left_empty_between_two_parts_of_a_split_is_told() {
    let mut desk = Desk::officer();
    let split = [
        ("village", "01"),
        ("code0", "08"),
        ("name0", "Thôn Tám"),
        ("code2", "09"),
        ("name2", "Thôn Chín"),
        ("rest", "1"),
        ("since", "01/01/2026"),
    ];
    let told = desk.post("/office/settings/villages/split", &split);
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.text().contains("id=\"e-code1\""), "{}", told.text());
    assert!(told.text().contains("Thôn Chín"), "what was typed is still there");
}
