#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
//! The forms as an officer meets them. Every person here is made up.

use axum::http::StatusCode;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use sync_core::document::{Container, Edit, Household, shown_text};
use sync_core::entry::{Entry, plan_entry};
use sync_core::id::ActorId;
use sync_core::tally::Period;

use crate::console::tests::{CLOCK, Desk};
use crate::office::Author;

/// A household of one girl without parents.
fn enter(desk: &Desk, village: &str, birth: &str) {
    let salt = desk.office.documents(None).unwrap().len() as u64;
    let mut random = StdRng::seed_from_u64(salt);
    let author = Author::from_bytes(&[4; 32]);
    let actor = author.actor(desk.office.commune());
    let (mut household, first) = Household::create(actor, village, CLOCK, salt);
    let entry = Entry::from_json(json!({
        "entry": 1,
        "children": [{ "ref": "a", "name": "Trẻ <b>Giả</b> Lập", "birth_date": birth, "sex": "female" }],
        "circumstances": [{ "ref": "c", "person": "a", "code": "II.1.1", "start": "2024-01-01" }],
    }))
    .unwrap();
    let key = &desk.office.commune().confidential_key;
    let plan = plan_entry(&entry, &household.view(), key, &mut random).unwrap();
    let change = household.edit(&plan.edits, CLOCK).unwrap();
    let id = household.id();
    desk.office.author(&author, vec![(id, first), (id, change)], Vec::new(), CLOCK).unwrap();
}

/// Households of one child each: a girl of seven, one whose birth year alone is known, one in village 02.
fn desk() -> Desk {
    let desk = Desk::officer();
    for (village, birth) in [("01", "2019-05-03"), ("01", "2010"), ("02", "2020-01-01")] {
        enter(&desk, village, birth);
    }
    desk
}

const SHEET: &str = "/office/forms/03-TE?as_of=2026-11-20&from=2025-11-21";

#[test]
fn a_form_stands_in_its_official_layout_with_what_is_undecided() {
    let mut desk = desk();
    let answer = desk.open(SHEET);
    let page = answer.text();
    assert_eq!(answer.status, StatusCode::OK);
    assert!(page.contains("THỐNG KÊ TRẺ EM CÓ HOÀN CẢNH ĐẶC BIỆT"));
    assert!(page.contains("chưa xác nhận"));
    assert!(page.contains("<span class=\"undecided\">2–3</span>"), "born in 2010: perhaps 16");
    assert!(page.contains("/office/forms/03-TE/cell?as_of=2026-11-20&amp;from=2025-11-21&amp;line=II.1"));
    for beside in ["&year=1", "&filing=1", "&villages=1", "&villages=1&year=1&column=3", "&village=01"] {
        assert_eq!(desk.open(&format!("{SHEET}{beside}")).status, StatusCode::OK, "{beside}");
    }
    let villages = desk.open(&format!("{SHEET}&villages=1")).text();
    assert!(villages.contains("Thôn Giả Lập 2"));
    assert_eq!(desk.open(&format!("{SHEET}&village=77")).status, StatusCode::NOT_FOUND);
    assert_eq!(desk.open("/office/forms/09-TE").status, StatusCode::NOT_FOUND);
}

#[test]
fn a_day_that_makes_no_sense_is_said_beside_its_field() {
    let mut desk = desk();
    for (as_of, said) in [
        ("1900-01-01", "quá sớm"),
        ("31/02/2026", "Không đọc được ngày"),
        ("hôm nay", "Không đọc được ngày"),
        ("2999-01-01", "quá xa"),
    ] {
        let away = desk.open(&format!("/office/forms/03-TE?as_of={}", super::encoded(as_of)));
        assert_eq!(away.status, StatusCode::SEE_OTHER, "{as_of}");
        let answer = desk.open(&away.location.unwrap());
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{as_of}");
        let page = answer.text();
        assert!(page.contains(said) && page.contains("id=\"e-as_of\""), "{as_of}");
    }
    let next_year = desk.open("/office/forms/03-TE?as_of=2027-05-25").text();
    assert!(next_year.contains("Ngày 25/05/2027 chưa đến"));
    assert!(
        desk.open("/office/forms/03-TE?as_of=2023-06-30").text().contains("có hiệu lực từ ngày 29/02/2024")
    );
    // A day that can't be, in an address: said first on the page, with everything else as it was chosen.
    let sent_back = desk.open("/office/forms/03-TE?as_of=31/02/2026&village=01").location.unwrap();
    let page = desk.open(&sent_back).text();
    let (message, forms) =
        (page.find("class=\"field-error\"").unwrap(), page.find("id=\"form-03-TE\"").unwrap());
    assert!(message < forms && page.contains("<option value=\"01\" selected"), "{page}");
    let chosen = desk.open("/office/forms?form=03-TE&as_of=20/11/2026&period=half&village=01");
    let wanted = "/office/forms/03-TE?as_of=2026-11-20&from=2026-05-26&village=01";
    assert_eq!(chosen.location.as_deref(), Some(wanted));
}

#[test]
fn a_cell_lists_as_many_children_as_it_says() {
    let mut desk = desk();
    let page =
        desk.open("/office/forms/03-TE/cell?as_of=2026-11-20&from=2025-11-21&line=II.1.1&column=1").text();
    assert!(page.contains("<span class=\"undecided\">2–3</span>"));
    assert!(page.contains("2 em chắc chắn, 1 em chưa chắc, 0 báo cáo kín"));
    assert_eq!(page.matches("<ol class=\"children\"").count(), 2);
    assert_eq!(page.matches("Vì sao em có trong ô này").count(), 3);
    assert!(page.contains("Ngày sinh chưa rõ"));
    assert!(page.contains("/office/change/") && page.contains("/office/household/"));
    assert!(!page.contains("<b>Giả</b>"), "a name is no markup");
    for wrong in ["line=IX.9&column=1", "line=II.1&column=2", "line=II.1&column=1&page=9", "column=1"] {
        let answer = desk.open(&format!("/office/forms/03-TE/cell?as_of=2026-11-20&{wrong}"));
        assert!(answer.status.is_client_error(), "{wrong}: {}", answer.status);
    }
    // Restricted lines say nothing of anybody without the key.
    let restricted = desk.open("/office/forms/03-TE/cell?as_of=2026-11-20&line=II.5&column=1").text();
    assert!(restricted.contains("thông tin mật") && !restricted.contains("class=\"children\""));
}

#[test]
fn what_is_typed_wrong_is_said_beside_its_field_and_nothing_is_lost() {
    let mut desk = desk();
    let days = [("as_of", "2026-11-20"), ("from", "2025-11-21"), ("position", "999999")];
    let with = |more: &[(&'static str, &'static str)]| [&days[..], more].concat();
    let answer = desk.post(
        "/office/forms/01-TE/typed",
        &with(&[("II.1/1", "mười"), ("II.1.1/1", "1.234,5"), ("total_population", "0")]),
    );
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    assert!(page.contains("value=\"mười\"") && page.contains("value=\"1.234,5\""));
    assert!(page.contains("id=\"e-II.1/1\"") && page.contains("id=\"e-total_population\""));
    let half = desk.post("/office/forms/01-TE/typed", &with(&[("IV.1.1/1", "2,5"), ("II.1/1", "2,5")]));
    assert_eq!(
        half.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "half a class; half a million of money is none"
    );
    let page = half.text();
    assert!(page.contains("Dòng này đếm theo lớp: ghi số nguyên."), "{page}");
    assert!(page.contains("id=\"e-IV.1.1/1\"") && !page.contains("id=\"e-II.1/1\""));
    let answer = desk.post(
        "/office/forms/01-TE/typed",
        &with(&[("II.1/1", "10"), ("II.1.1/1", "1.234,5"), ("total_population", "9.000")]),
    );
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let sheet = desk.open("/office/forms/01-TE?as_of=2026-11-20&from=2025-11-21").text();
    assert!(sheet.contains("1.234,5") && sheet.contains("9.000"));
    // Half a year that ends on the same day has numbers of its own: the year's are shown with their days, one by one.
    let half = desk.open("/office/forms/01-TE/typed?as_of=2026-11-20&from=2026-05-26").text();
    assert!(half.contains("Kỳ từ 21/11/2025 đến 20/11/2026, dài ngắn khác kỳ này: 1.234,5"), "{half}");
    assert!(!half.contains("name=\"take_all\"") && half.contains("name=\"take\" value=\"II.1.1/1\""));
    assert!(!desk.open("/office/forms/01-TE?as_of=2026-11-20&from=2026-05-26").text().contains("1.234,5"));
    // The next period: proposed, and not counted until taken.
    let next = "/office/forms/01-TE/typed?as_of=2027-11-20&from=2026-11-21";
    let page = desk.open(next).text();
    assert!(page.contains("Kỳ trước (20/11/2026): 1.234,5"));
    assert!(!desk.open("/office/forms/01-TE?as_of=2027-11-20").text().contains("1.234,5"));
    let taken = desk.post(
        "/office/forms/01-TE/typed",
        &[
            ("as_of", "2027-11-20"),
            ("from", "2026-11-21"),
            ("position", "999999"),
            ("take_all", "1"),
            ("II.1/1", "11"),
        ],
    );
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    let page = desk.open(next).text();
    assert!(page.contains("value=\"1.234,5\"") && page.contains("value=\"11\""), "what was typed stays");
}

#[test]
fn the_population_is_typed_in_for_its_period_and_never_below_the_children_counted() {
    let mut desk = desk();
    let days = [("as_of", "2026-11-20"), ("from", "2025-11-21"), ("position", "999999")];
    let with = |more: &[(&'static str, &'static str)]| [&days[..], more].concat();
    let small = desk.post("/office/forms/01-TE/typed", &with(&[("total_population", "1")]));
    assert_eq!(small.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = small.text();
    assert!(page.contains("Nhỏ hơn số trẻ em đã đếm được là 2") && page.contains("value=\"1\""), "{page}");
    // Two are certain, three are possible: three is no error and has to be looked at.
    desk.post("/office/forms/01-TE/typed", &with(&[("total_population", "2")]));
    let sheet = desk.open("/office/forms/01-TE?as_of=2026-11-20&from=2025-11-21").text();
    assert!(sheet.contains("Tổng dân số không nhỏ hơn số trẻ em ở dòng"), "{sheet}");
    // The next period goes on with it, and says so; another number is of that period alone.
    let next = "/office/forms/01-TE/typed?as_of=2027-11-20&from=2026-11-21";
    let page = desk.open(next).text();
    assert!(
        page.contains("Kỳ trước (20/11/2026): 2")
            && page.contains("name=\"take\" value=\"total_population\"")
    );
    let later = [("as_of", "2027-11-20"), ("from", "2026-11-21"), ("position", "999999")];
    let taken =
        desk.post("/office/forms/01-TE/typed", &[&later[..], &[("total_population", "9.000")]].concat());
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    let page = desk.open(next).text();
    assert!(page.contains("value=\"9.000\"") && page.contains("Cán Bộ Giả Lập"), "{page}");
    let before = desk.open("/office/forms/01-TE/typed?as_of=2026-11-20&from=2025-11-21").text();
    assert!(before.contains("name=\"total_population\" type=\"text\" value=\"2\""), "{before}");
}

#[test]
fn a_population_that_has_become_too_small_has_to_be_looked_at() {
    let desk = desk();
    desk.office.set("parameter/total_population", &json!(1), CLOCK).unwrap();
    let mut desk = desk;
    let sheet = desk.open("/office/forms/01-TE?as_of=2026-11-20&from=2025-11-21").text();
    assert!(sheet.contains("CẦN XEM: 1 chỗ không khớp") && sheet.contains("#f-total_population"), "{sheet}");
    let page = desk.open("/office/forms/01-TE/freeze?as_of=2026-11-20&from=2025-11-21").text();
    assert!(page.contains("có chỗ cộng trong biểu không khớp"));
}

#[test]
fn what_is_typed_in_has_to_add_up() {
    let mut desk = desk();
    let days = [("as_of", "2026-11-20"), ("from", "2025-11-21"), ("position", "999999")];
    let cells = [("II.1/1", "10"), ("II.1.1/1", "4"), ("II.1.2/1", "5")];
    desk.post("/office/forms/01-TE/typed", &[&days[..], &cells[..]].concat());
    let sheet = desk.open("/office/forms/01-TE?as_of=2026-11-20&from=2025-11-21").text();
    assert!(sheet.contains("CẦN XEM: 1 chỗ không khớp") && sheet.contains("#f-II.1/1"), "{sheet}");
    desk.post("/office/forms/01-TE/typed", &[&days[..], &[("II.1.2/1", "6")]].concat());
    assert!(!desk.open("/office/forms/01-TE?as_of=2026-11-20&from=2025-11-21").text().contains("CẦN XEM"));
}

#[test]
fn children_behind_a_cell_are_listed_printed_and_downloaded_by_village_and_name() {
    let mut desk = desk();
    let cell = "as_of=2026-11-20&from=2025-11-21&line=II.1.1&column=1";
    let page = desk.open(&format!("/office/forms/03-TE/cell?{cell}")).text();
    let one = page.find("Thôn Giả Lập 1").unwrap();
    assert!(one < page.find("Thôn Giả Lập 2").unwrap(), "villages by their names");
    let print = desk.open(&format!("/office/forms/03-TE/cell/print?{cell}")).text();
    assert_eq!(print.matches("Trẻ &lt;b&gt;Giả").count(), 3);
    assert!(print.contains("Chưa chắc; Ngày sinh chưa rõ"), "{print}");
    let csv = desk.open(&format!("/office/forms/03-TE/cell/file/csv?{cell}"));
    assert_eq!(csv.text().lines().count(), 4);
    let xlsx = desk.open(&format!("/office/forms/03-TE/cell/file/xlsx?{cell}"));
    assert!(xlsx.status == StatusCode::OK && xlsx.bytes.len() > 1_000);
    assert_eq!(desk.open(&format!("/office/forms/03-TE/cell/file/exe?{cell}")).status, StatusCode::NOT_FOUND);
    // Restricted: nothing leaves without the key; with it, an act says so.
    let restricted = "as_of=2026-11-20&line=II.5&column=1";
    let refused = desk.open(&format!("/office/forms/03-TE/cell/file/csv?{restricted}"));
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let key = format!("{}\n", "09".repeat(32));
    desk.send("/office/confidential", &[], &[("key", "khoa.key", key.as_bytes())]);
    let before = desk.office.log_position().unwrap();
    let opened = desk.open(&format!("/office/forms/03-TE/cell/file/csv?{restricted}"));
    assert_eq!((opened.status, desk.office.log_position().unwrap()), (StatusCode::OK, before + 1));
}

#[test]
fn what_stands_beside_a_form_says_no_difference_that_is_not_known() {
    let mut desk = desk();
    let page = desk.open(&format!("{SHEET}&year=1")).text();
    // 2–3 children this year and last: whether it rose or fell is not known.
    assert!(page.contains("chưa rõ") && !page.contains("không khác"), "{page}");
    let sheet = page.split_once("id=\"checks\"").unwrap().0;
    assert!(!sheet.contains("+1"), "{sheet}");
    assert_eq!(page.matches("chưa xác nhận").count(), 1, "said once");
    assert_eq!(page.matches("data-unconfirmed").count(), 8);
    let wide = desk.open(&format!("{SHEET}&villages=1&year=1")).text();
    assert!(wide.contains("role=\"region\" tabindex=\"0\"") && wide.contains("form-more"), "{wide}");
}

/// Freezes the form of a page, saying that its warnings were looked at.
fn freeze(desk: &mut Desk, days: &[(&'static str, &'static str)]) -> String {
    let query = days.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let page = desk.open(&format!("/office/forms/03-TE/freeze?{query}")).text();
    let hidden = ["known_at", "revision", "opened"].map(|name| {
        let after = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1;
        (name, after.split_once('"').unwrap().0.to_owned())
    });
    let mut fields = days.to_vec();
    fields.extend([("looked", "1"), ("reason", "Ghi chú giả lập")]);
    let hidden = hidden.iter().map(|(name, value)| (*name, value.as_str()));
    let fields: Vec<(&str, &str)> = fields.into_iter().chain(hidden).collect();
    let filed = desk.post("/office/forms/03-TE/freeze", &fields);
    filed.location.unwrap_or_else(|| panic!("not filed"))
}

#[test]
fn beside_a_form_stands_what_was_filed_last_with_the_difference() {
    let mut desk = desk();
    assert!(
        !desk.open(&format!("{SHEET}&filing=1")).text().contains("/office/filings/1"),
        "nothing was filed"
    );
    let filing = freeze(&mut desk, &[("as_of", "2026-11-20"), ("from", "2025-11-21")]);
    // The girl of seven turns out to be grown up.
    let document = desk.office.documents(None).unwrap().into_iter().find(|document| {
        let view = desk.office.household(*document, None, ActorId([0; 16])).unwrap().view();
        view.of(Container::Children).any(|(_, child)| shown_text(child, "birth_date") == Some("2019-05-03"))
    });
    let (document, author) = (document.unwrap(), Author::from_bytes(&[4; 32]));
    let mut household = desk.office.household(document, None, author.actor(desk.office.commune())).unwrap();
    let child = household.view().of(Container::Children).next().unwrap().0.clone();
    let edit = Edit::entity(Container::Children, &child, "birth_date", "2005-05-03");
    let change = household.edit(&[edit], CLOCK).unwrap();
    desk.office.author(&author, vec![(document, change)], Vec::new(), CLOCK).unwrap();

    let page = desk.open(&format!("{SHEET}&filing=1")).text();
    let sheet =
        page.split_once("<table class=\"grid form-sheet").unwrap().1.split_once("</table>").unwrap().0;
    let (head, body) = sheet.split_once("<tbody>").unwrap();
    assert!(head.contains(&format!("<a href=\"{filing}\">")), "{head}");
    let beside = |line: &str| -> Vec<String> {
        let row = body.split_once(&format!("id=\"line-{line}\"")).unwrap().1.split_once("</tr>").unwrap().0;
        let cells = row.split("<td class=\"num beside\">").skip(1);
        cells.map(|cell| cell.split_once("</td>").unwrap().0.to_owned()).collect()
    };
    // Two or three when it was filed, one or two now: exactly which is undecided.
    assert_eq!(beside("II.1.1")[0], "<span class=\"undecided\">2–3</span>");
    assert!(body.contains("<span class=\"undecided\">1–2</span>"), "{body}");
    assert!(beside("II.1.1")[1].contains("chưa rõ"), "{:?}", beside("II.1.1"));
    assert_eq!(beside("I.1.1"), ["0", "0"], "boys: nothing changed");
    // A village where nothing is undecided says by how much.
    let village = [("as_of", "2026-11-20"), ("from", "2025-11-21"), ("village", "02")];
    let filing = freeze(&mut desk, &village);
    assert_eq!(filing, "/office/filings/2");
    enter(&desk, "02", "2021-02-03");
    let page = desk.open(&format!("{SHEET}&village=02&filing=1")).text();
    let row = page.split_once("id=\"line-II.1.1\"").unwrap().1.split_once("</tr>").unwrap().0;
    assert!(row.contains("<td class=\"num beside\">1</td><td class=\"num beside\">+1</td>"), "{row}");
    assert!(page.contains("<a href=\"/office/filings/2\">"));
}

#[test]
fn a_number_of_a_period_of_unknown_length_is_taken_alone() {
    let mut desk = desk();
    desk.office.set("typed/01/TE/2025-11-20/II.1/1", &json!("7"), CLOCK).unwrap();
    let address = "/office/forms/01-TE/typed?as_of=2026-11-20&from=2025-11-21";
    let page = desk.open(address).text();
    assert!(page.contains("Kỳ đến 20/11/2025, không rõ tính từ ngày nào: 7"), "{page}");
    assert!(page.contains("name=\"take\" value=\"II.1/1\"") && !page.contains("name=\"take_all\""), "{page}");
    let year = Period::new("2025-11-21".parse().unwrap(), "2026-11-20".parse().unwrap()).unwrap();
    let days = [("as_of", "2026-11-20"), ("from", "2025-11-21"), ("position", "999")];
    for (button, value, typed) in [("take_all", "1", 0), ("take", "II.1/1", 1)] {
        let answer = desk.post("/office/forms/01-TE/typed", &[&days[..], &[(button, value)]].concat());
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{button}");
        assert_eq!(desk.office.typed_history("01/TE", year).unwrap().len(), typed, "{button}");
    }
}

#[test]
fn two_officers_typing_at_once_are_told() {
    let mut desk = desk();
    let fields = |position: &'static str, value: &'static str| {
        [("as_of", "2026-11-20"), ("from", "2025-11-21"), ("position", position), ("II.1/1", value)]
    };
    assert_eq!(desk.post("/office/forms/01-TE/typed", &fields("1", "10")).status, StatusCode::SEE_OTHER);
    let second = desk.post("/office/forms/01-TE/typed", &fields("1", "12"));
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(second.text().contains("Vừa có người khác sửa") && second.text().contains("value=\"12\""));
}

#[test]
fn two_officers_setting_a_shared_number_at_once_are_told_and_no_cell_is_saved() {
    let mut desk = desk();
    let page = desk.open("/office/forms/01-TE/typed?as_of=2026-11-20&from=2025-11-21").text();
    let seen = page.split_once("name=\"position\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let days = [("as_of", "2026-11-20"), ("from", "2025-11-21"), ("position", seen.as_str())];
    let first = [&days[..], &[("total_population", "9.000")]].concat();
    assert_eq!(desk.post("/office/forms/01-TE/typed", &first).status, StatusCode::SEE_OTHER);
    let second = [&days[..], &[("total_population", "9.500"), ("II.1/1", "12")]].concat();
    let told = desk.post("/office/forms/01-TE/typed", &second);
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = told.text();
    assert!(told.contains("id=\"e-total_population\"") && told.contains("“9.000”"), "{told}");
    assert!(told.contains("value=\"9.500\"") && told.contains("value=\"12\""), "nothing typed is lost");
    let year = Period::new("2025-11-21".parse().unwrap(), "2026-11-20".parse().unwrap()).unwrap();
    let history = desk.office.typed_history("01/TE", year).unwrap();
    assert!(history.is_empty(), "all or none");
}

#[test]
fn a_form_looked_at_with_the_key_is_not_frozen_without_it() {
    let mut desk = desk();
    let key = format!("{}\n", "09".repeat(32));
    desk.send("/office/confidential", &[], &[("key", "khoa.key", key.as_bytes())]);
    let page = desk.open("/office/forms/03-TE/freeze?as_of=2026-11-20&from=2025-11-21").text();
    let hidden = |page: &str, name: &str| {
        let after = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1;
        after.split_once('"').unwrap().0.to_owned()
    };
    desk.post("/office/confidential/close", &[]);
    let mut page = page;
    for expected in [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::SEE_OTHER] {
        let named = ["as_of", "from", "known_at", "revision", "opened"];
        let fields = named.map(|name| (name, hidden(&page, name)));
        let mut fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.extend([("looked", "1"), ("reason", "Ghi chú giả lập")]);
        let answer = desk.post("/office/forms/03-TE/freeze", &fields);
        assert_eq!(answer.status, expected, "{}", answer.text());
        page = answer.text();
        assert_eq!(page.contains("khóa mật đã được mở"), expected == StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[test]
fn a_form_is_frozen_shown_printed_and_reproduced() {
    let mut desk = desk();
    let page = desk.open("/office/forms/03-TE/freeze?as_of=2026-11-20&from=2025-11-21").text();
    let hidden = |name: &str| {
        let after = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1;
        after.split_once('"').unwrap().0.to_owned()
    };
    assert!(page.contains("ô chưa chốt được một con số, đang ghi ít nhất–nhiều nhất"));
    let (known_at, revision, opened) = (hidden("known_at"), hidden("revision"), hidden("opened"));
    let fields = [
        ("as_of", "2026-11-20"),
        ("from", "2025-11-21"),
        ("known_at", known_at.as_str()),
        ("revision", revision.as_str()),
        ("opened", opened.as_str()),
        ("reason", "Ghi chú giả lập"),
    ];
    let unseen = desk.post("/office/forms/03-TE/freeze", &fields);
    assert_eq!(unseen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unseen.text().contains("Ghi chú giả lập"), "what was typed stays");
    let looked = [&fields[..], &[("looked", "1")]].concat();
    let filed = desk.post("/office/forms/03-TE/freeze", &looked);
    assert_eq!(filed.location.as_deref(), Some("/office/filings/1"));
    // Sent twice, it is filed once.
    let again = desk.post("/office/forms/03-TE/freeze", &looked);
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text().contains("Vừa có người chốt biểu này"));
    let shown = desk.open("/office/filings/1?again=1&since=1").text();
    for said in ["chữ ký khớp", "trùng khớp", "Không có gì khác"] {
        assert!(shown.contains(said), "{said}");
    }
    let json = desk.open("/office/filings/1/file/json");
    assert_eq!(json.bytes, desk.office.frozen_bytes(1).unwrap());
    for kind in ["xlsx", "pdf", "csv"] {
        let file = desk.open(&format!("/office/filings/1/file/{kind}"));
        assert!(file.status == StatusCode::OK && file.bytes.len() > 1_000, "{kind}");
    }
    assert_eq!(desk.open("/office/filings/1/file/exe").status, StatusCode::NOT_FOUND);
    assert_eq!(desk.open("/office/filings/2").status, StatusCode::NOT_FOUND);
    assert!(desk.open("/office/filings").text().contains("/office/filings/1"));
}
