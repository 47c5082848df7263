//! Lists and targets at a desk. Every person here is made up.

use std::io::Cursor;

use axum::http::StatusCode;
use calamine::{Reader as _, Xlsx, open_workbook_from_rs};
use sync_core::document::{Container, Edit, Household};
use sync_core::id::{DocumentId, EntityId};

use crate::console::tests::{CLOCK, Desk};
use crate::office::Author;

/// A child of a made-up household: name, birth, life event and its day, circumstance since a day.
struct Child {
    name: &'static str,
    birth: &'static str,
    event: Option<(&'static str, &'static str)>,
    circumstance: Option<(&'static str, &'static str)>,
}

fn child(name: &'static str, birth: &'static str) -> Child {
    Child { name, birth, event: None, circumstance: None }
}

/// Keys in the order they are asked for.
fn key(number: usize) -> EntityId {
    format!("{number:013}").parse().unwrap()
}

fn household(desk: &Desk, village: &str, children: &[Child]) -> DocumentId {
    let author = Author::from_bytes(&[5; 32]);
    let actor = author.actor(desk.office.commune());
    let salt = desk.office.documents(None).unwrap().len() as u64;
    let (mut household, genesis) = Household::create(actor, village, CLOCK, salt);
    let mut edits =
        vec![Edit::household("head_name", "Chủ Hộ Giả Lập"), Edit::household("poverty_status", "neither")];
    for (number, child) in children.iter().enumerate() {
        let id = key(number * 10);
        let of = |field: &str, value: &str| Edit::entity(Container::Children, &id, field, value);
        edits.extend([of("name", child.name), of("birth_date", child.birth), of("sex", "female")]);
        if let Some((kind, day)) = child.event {
            let event = key(number * 10 + 1);
            let of = |field: &str, value: &str| Edit::entity(Container::Events, &event, field, value);
            edits.extend([of("person", id.as_str()), of("kind", kind), of("date", day)]);
        }
        if let Some((code, start)) = child.circumstance {
            let entry = key(number * 10 + 2);
            let of = |field: &str, value: &str| Edit::entity(Container::Circumstances, &entry, field, value);
            edits.extend([of("person", id.as_str()), of("code", code), of("start", start)]);
        }
    }
    let document = household.id();
    let change = household.edit(&edits, CLOCK).unwrap();
    let changes = vec![(document, genesis), (document, change)];
    desk.office.author(&author, changes, Vec::new(), CLOCK).unwrap();
    document
}

/// An office in which, in October 2026, one child was born, one left, one became sixteen and one was hurt.
fn desk() -> Desk {
    let desk = Desk::officer();
    household(
        &desk,
        "01",
        &[
            child("Bé Giả Lập Sinh", "2026-10-05"),
            Child { event: Some(("moved_out", "2026-10-20")), ..child("Bé Giả Lập Đi", "2021-03-01") },
            child("Bé Giả Lập Lớn", "2010-10-10"),
        ],
    );
    household(
        &desk,
        "02",
        &[
            Child { event: Some(("injury", "2026-10-15")), ..child("Bé Giả Lập Ngã", "2018-03-01") },
            Child {
                circumstance: Some(("II.1.1", "2026-10-02")),
                ..child("<b>Bé</b> =Mồ Côi", "2017-03-01")
            },
        ],
    );
    desk
}

const OCTOBER: &str = "from=2026-10-01&to=2026-10-31";

#[test]
fn the_changes_of_a_month_are_listed_with_their_households_and_both_ends_agree() {
    let mut desk = desk();
    let page = desk.open(&format!("/office/lists/changes?{OCTOBER}"));
    assert_eq!(page.status, StatusCode::OK);
    let text = page.text();
    for name in ["Bé Giả Lập Sinh", "Bé Giả Lập Đi", "Bé Giả Lập Lớn"] {
        assert!(text.contains(name), "{name}");
    }
    assert!(!text.contains("Bé Giả Lập Ngã"), "an injury is no change of who is a child here");
    assert!(text.contains("&lt;b&gt;Bé&lt;/b&gt;") && !text.contains("<b>Bé"), "a hostile name stays a name");
    assert!(text.contains("/office/household/"));
    // Opening 4, one born, one left, one sixteen: closing 3. Every line agrees.
    let total = text.split("<tfoot>").nth(1).unwrap().split("</tfoot>").next().unwrap();
    let numbers: Vec<&str> =
        total.split("<td class=\"num\">").skip(1).map(|cell| cell.split('<').next().unwrap()).collect();
    assert_eq!(numbers, ["4", "1", "0", "1", "0", "1", "3"]);
    assert!(!text.contains("tag-bad"));
    let village = desk.open(&format!("/office/lists/changes?{OCTOBER}&village=02&kind=entered")).text();
    assert!(village.contains("Mồ Côi") && !village.contains("Bé Giả Lập Sinh"));
}

#[test]
fn the_month_of_the_insurance_list_has_who_is_more_and_who_is_fewer() {
    let mut desk = desk();
    let text = desk.open("/office/lists/insurance?month=2026-10").text();
    let place = |name: &str| text.find(name).unwrap_or_else(|| panic!("{name}"));
    assert!(place("Bé Giả Lập Sinh") < place("Bé Giả Lập Đi"));
    assert!(!text.contains("Bé Giả Lập Lớn") && !text.contains("Bé Giả Lập Ngã"));
}

#[test]
fn sudden_cases_name_the_hurt_and_those_newly_in_a_circumstance() {
    let mut desk = desk();
    let text = desk.open(&format!("/office/lists/sudden?{OCTOBER}")).text();
    assert!(text.contains("Bé Giả Lập Ngã") && text.contains("Mồ Côi"));
    assert!(!text.contains("Bé Giả Lập Sinh"));
    let other = desk.open("/office/lists/sudden?from=2026-11-01&to=2026-11-20").text();
    assert!(!other.contains("Bé Giả Lập"));
}

#[test]
fn a_list_that_is_taken_out_is_formula_safe_and_noted() {
    let mut desk = desk();
    let before = desk.office.status().unwrap().log_position;
    let file = desk.open(&format!("/office/lists/sudden?{OCTOBER}&file=csv"));
    assert!(file.bytes.starts_with(&[0xef, 0xbb, 0xbf]));
    let text = file.text();
    assert_eq!(text.lines().count(), 3, "a heading and two children: {text}");
    assert!(
        text.lines().all(|line| line.split(',').all(|cell| !cell.starts_with(['=', '+', '@']))),
        "{text}"
    );
    assert_eq!(desk.office.status().unwrap().log_position, before + 1);
    let book = desk.open(&format!("/office/lists/sudden?{OCTOBER}&file=xlsx"));
    assert!(book.bytes.starts_with(b"PK"));
    assert_eq!(desk.open(&format!("/office/lists/sudden?{OCTOBER}&file=exe")).status, StatusCode::NOT_FOUND);
}

#[test]
fn the_register_has_who_lives_here_today() {
    let mut desk = Desk::officer();
    let left = |name, birth, day| Child { event: Some(("moved_out", day)), ..child(name, birth) };
    let document = household(
        &desk,
        "01",
        &[
            left("Bé Giả Lập Đi Rồi", "2021-03-01", "2026-10-20"),
            left("Bé Giả Lập Sắp Đi", "2021-03-02", "2027-01-05"),
            left("Bé Giả Lập Trở Về", "2021-03-03", "2026-10-20"),
            child("Người Giả Lập Lớn", "2010-10-10"),
        ],
    );
    let author = Author::from_bytes(&[5; 32]);
    let mut returned = desk.office.household(document, None, author.actor(desk.office.commune())).unwrap();
    let of = |field: &str, value: &str| Edit::entity(Container::Events, &key(27), field, value);
    let edits = [of("person", key(20).as_str()), of("kind", "moved_in"), of("date", "2026-11-01")];
    let change = returned.edit(&edits, CLOCK).unwrap();
    desk.office.author(&author, vec![(document, change)], Vec::new(), CLOCK).unwrap();

    let file = desk.open("/office/lists/register.xlsx");
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(file.bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let cells: Vec<String> = sheet.cells().map(|(_, _, cell)| cell.to_string()).collect();
    let listed = |name: &str| cells.iter().any(|cell| cell == name);
    assert!(listed("Bé Giả Lập Sắp Đi"), "the day of the move has not come: {cells:?}");
    assert!(listed("Bé Giả Lập Trở Về"), "who came back lives here: {cells:?}");
    assert!(!listed("Bé Giả Lập Đi Rồi") && !listed("Người Giả Lập Lớn"), "{cells:?}");
}

/// The names in the table of a page under this caption.
fn listed(page: &str, caption: &str) -> Vec<String> {
    let tables = page.split("<caption>").skip(1);
    let Some(table) = tables.into_iter().find(|table| table.starts_with(&format!("{caption} ("))) else {
        return Vec::new();
    };
    let rows = table.split("</table>").next().unwrap().split("<bdi>").skip(1);
    let names = rows.map(|row| row.split('<').next().unwrap().to_owned());
    names.filter(|name| name.starts_with("Bé")).collect()
}

#[test]
fn the_first_and_the_last_day_of_a_period_are_in_it_and_the_days_beside_are_not() {
    let mut desk = Desk::officer();
    let event = |name, birth, kind, day| Child { event: Some((kind, day)), ..child(name, birth) };
    household(
        &desk,
        "01",
        &[
            child("Bé 16 trước", "2010-09-30"),
            child("Bé 16 đầu", "2010-10-01"),
            child("Bé 16 cuối", "2010-10-31"),
            child("Bé 16 sau", "2010-11-01"),
            child("Bé 6 trước", "2020-09-30"),
            child("Bé 6 đầu", "2020-10-01"),
            child("Bé 6 cuối", "2020-10-31"),
            child("Bé 6 sau", "2020-11-01"),
            child("Bé sinh trước", "2026-09-30"),
            child("Bé sinh đầu", "2026-10-01"),
            child("Bé sinh cuối", "2026-10-31"),
            child("Bé sinh sau", "2026-11-01"),
            event("Bé ngắn ngủi", "2026-10-01", "death", "2026-10-31"),
            event("Bé mất trước", "2018-01-01", "death", "2026-09-30"),
            event("Bé mất đầu", "2018-01-01", "death", "2026-10-01"),
            event("Bé mất sau", "2018-01-01", "death", "2026-11-01"),
            event("Bé lớn đi", "2010-10-15", "moved_out", "2026-10-14"),
        ],
    );
    let mut of = |kind: &str, caption: &str| {
        let mut names =
            listed(&desk.open(&format!("/office/lists/changes?{OCTOBER}&kind={kind}")).text(), caption);
        names.sort();
        names
    };
    assert_eq!(of("sixteen", "Đủ 16 tuổi"), ["Bé 16 cuối", "Bé 16 đầu"]);
    assert_eq!(of("born", "Sinh"), ["Bé ngắn ngủi", "Bé sinh cuối", "Bé sinh đầu"]);
    assert_eq!(of("died", "Tử vong"), ["Bé mất đầu", "Bé ngắn ngủi"]);
    assert_eq!(of("left", "Chuyển đi"), ["Bé lớn đi"], "who left before turning 16 did not turn 16 here");
    let month = desk.open("/office/lists/insurance?month=2026-10").text();
    let fewer = listed(&month, "Giảm");
    assert!(fewer.contains(&"Bé 6 đầu".to_owned()) && fewer.contains(&"Bé 6 cuối".to_owned()), "{fewer:?}");
    assert!(
        fewer.contains(&"Bé ngắn ngủi".to_owned())
            && listed(&month, "Tăng").contains(&"Bé ngắn ngủi".to_owned())
    );
    assert!(
        !fewer.iter().any(|name| ["Bé 6 trước", "Bé 6 sau", "Bé mất đầu"].contains(&name.as_str())),
        "{fewer:?}"
    );
    // Both ends agree with what is between.
    assert!(!month.contains("tag-bad"));
    let sudden = desk.open(&format!("/office/lists/sudden?{OCTOBER}")).text();
    assert_eq!(listed(&sudden, "Trẻ tử vong").len(), 2, "{sudden}");
}

#[test]
fn a_move_between_two_villages_is_no_arrival_in_the_commune() {
    let mut desk = Desk::officer();
    let moved =
        |kind| Child { event: Some((kind, "2026-10-12")), ..child("Bé Chuyển Thôn", "2021-03-01") };
    let here = household(&desk, "01", &[moved("moved_out")]);
    let there = household(&desk, "02", &[moved("moved_in")]);
    let author = Author::from_bytes(&[5; 32]);
    let mut after = desk.office.household(there, None, author.actor(desk.office.commune())).unwrap();
    let of = |field: &str, value: &str| Edit::entity(Container::Links, &key(50), field, value);
    let link = [
        of("kind", "moved"),
        of("person", key(0).as_str()),
        of("other_document", &here.to_string()),
        of("other_person", key(0).as_str()),
    ];
    let change = after.edit(&link, CLOCK).unwrap();
    desk.office.author(&author, vec![(there, change)], Vec::new(), CLOCK).unwrap();
    let mut of = |more: &str, caption: &str| {
        listed(&desk.open(&format!("/office/lists/changes?{OCTOBER}{more}")).text(), caption)
    };
    assert_eq!(of("&kind=arrived", "Chuyển đến"), Vec::<String>::new());
    assert_eq!(of("&kind=left", "Chuyển đi"), Vec::<String>::new());
    assert_eq!(of("&kind=left&village=01", "Chuyển đi"), ["Bé Chuyển Thôn"]);
    assert_eq!(of("&kind=arrived&village=02", "Chuyển đến"), ["Bé Chuyển Thôn"]);
    let month = desk.open("/office/lists/insurance?month=2026-10").text();
    assert_eq!(
        (listed(&month, "Tăng"), listed(&month, "Giảm")),
        (Vec::new(), Vec::new()),
        "one card, not two"
    );
}

#[test]
fn a_day_that_can_not_be_read_is_the_only_thing_said() {
    let mut desk = Desk::officer();
    for list in ["sudden", "changes"] {
        let page = desk.open(&format!("/office/lists/{list}?from=32/12/2026&to=2026-10-31")).text();
        assert_eq!(page.matches("class=\"field-error\"").count(), 1, "{page}");
        assert!(!page.contains("Ngày cuối phải sau ngày đầu"), "{list}");
        let order = desk.open(&format!("/office/lists/{list}?from=2026-10-31&to=2026-10-01")).text();
        assert_eq!(order.matches("class=\"field-error\"").count(), 1);
        assert!(order.contains("Ngày cuối phải sau ngày đầu"), "{list}");
    }
}

#[test]
fn days_that_are_none_or_to_come_are_said_beside_the_field() {
    let mut desk = desk();
    for (address, typed) in [
        ("/office/lists/changes?from=32/10/2026&to=2026-10-31", "32/10/2026"),
        ("/office/lists/changes?from=2026-10-01&to=2027-10-31", "2027-10-31"),
        ("/office/lists/changes?from=1900-01-01&to=2026-10-31", "1900-01-01"),
        ("/office/lists/changes?from=2026-10-31&to=2026-10-01", "2026-10-31"),
        ("/office/lists/insurance?month=13/2026", "13/2026"),
        ("/office/targets?as_of=1/1/2030", "1/1/2030"),
    ] {
        let page = desk.open(address);
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{address}");
        assert!(page.text().contains("field-error") && page.text().contains(typed), "{address}");
    }
}

#[test]
fn a_target_that_the_register_counts_says_who_is_behind_it() {
    let mut desk = desk();
    let page = desk.open("/office/targets?set=tan-loi-2024&as_of=2026-11-20").text();
    // One of three children is in special circumstances: above the 3.5 % of 2030.
    assert!(page.contains("33,33%") && page.contains("tag-bad"), "{page}");
    let behind = desk.open("/office/targets/tan-loi-2024/8-1?as_of=2026-11-20").text();
    assert!(behind.contains("Mồ Côi") && !behind.contains("Bé Giả Lập Sinh"));
    // The plan's sentence, both its values, what is divided by what, and where that stands.
    for said in [
        "Giảm tỷ lệ trẻ em có hoàn cảnh đặc biệt trên tổng số trẻ em xuống dưới 4,5% vào năm 2025 và 3,5% vào năm 2030",
        "Tân Lợi",
        "mục II.2.b",
        "&lt; 4,5% (2025)",
        "&lt; 3,5% (2030)",
        "tử số)</dt> <dd>1</dd>",
        "mẫu số)</dt> <dd>3</dd>",
        "33,33%",
        "tag-bad",
    ] {
        let plain = behind.replace("</dt><dd>", "</dt> <dd>");
        assert!(plain.contains(said), "{said}: {plain}");
    }
    let not_helped = desk.open("/office/targets/tan-loi-2024/8-2?as_of=2026-11-20").text();
    assert!(not_helped.contains("Mồ Côi"));
    assert_eq!(desk.open("/office/targets/tan-loi-2024/7?as_of=2026-11-20").status, StatusCode::NOT_FOUND);
}

#[test]
fn a_typed_figure_is_kept_with_its_author_and_a_wrong_one_is_given_back() {
    let mut desk = desk();
    let day = [("set", "tan-loi-2024"), ("as_of", "2026-11-20")];
    let send =
        |desk: &mut Desk, figures: &[(&str, &str)]| desk.post("/office/targets", &[&day, figures].concat());
    let wrong = send(&mut desk, &[("v-1", "86,5"), ("was-v-1", ""), ("v-2", "101"), ("was-v-2", "")]);
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("value=\"86,5\"") && wrong.text().contains("value=\"101\""));
    let key = "target/tan-loi-2024.1/2026";
    assert_eq!(desk.office.setting_now(key).unwrap(), None, "all or nothing");
    let right = send(&mut desk, &[("v-1", "86,5"), ("was-v-1", "")]);
    assert_eq!(right.status, StatusCode::SEE_OTHER, "{}", right.text());
    assert_eq!(desk.office.setting_now(key).unwrap(), Some("86.5".into()));
    let page = desk.open(&right.location.unwrap()).text();
    assert!(page.contains("86,5%") && page.contains("Cán Bộ Giả Lập") && page.contains("tag-ok"));
    // Somebody who saw the page before does not write over it unknowingly.
    let late = send(&mut desk, &[("v-1", "50"), ("was-v-1", "")]);
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(desk.office.setting_now(key).unwrap(), Some("86.5".into()));
    let back = send(&mut desk, &[("v-1", ""), ("was-v-1", "86,5")]);
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.office.setting_now(key).unwrap(), None);
}

#[test]
fn an_absurd_figure_or_year_is_refused() {
    let mut desk = Desk::officer();
    for (field, typed, said) in [
        ("v-1", "100,1", "Tỷ lệ phần trăm không quá 100."),
        ("v-1", "-5", "Không ghi số âm."),
        ("v-1", "nhiều", "Ghi một số"),
        ("v-3-1", "1.001", "Số quá lớn."),
    ] {
        let fields = [("set", "tan-loi-2024"), ("as_of", "2026-11-20"), (field, typed)];
        let answer = desk.post("/office/targets", &fields);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(answer.text().contains(said), "{typed}: {}", answer.text());
    }
    for as_of in ["1900-11-20", "2027-11-20", "2026-13-01"] {
        let answer = desk.post("/office/targets", &[("set", "tan-loi-2024"), ("as_of", as_of), ("v-1", "5")]);
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{as_of}");
    }
    assert_eq!(desk.office.settings_under("target/", u64::MAX >> 1).unwrap(), []);
}

#[test]
fn the_commune_follows_the_plans_it_chose() {
    let mut desk = Desk::officer();
    assert!(desk.open("/office/targets").text().contains("Hoàng Đồng"));
    let answer = desk.post("/office/targets/sets", &[("follow", "tan-loi-2024"), ("follow", "no-such-plan")]);
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = desk.open("/office/targets").text();
    let tabs = page.split("class=\"target-sets").nth(1).unwrap().split("</nav>").next().unwrap();
    assert!(tabs.contains("Tân Lợi") && !tabs.contains("Hoàng Đồng"), "{tabs}");
}
