//! Pages after the commune merged its villages, and in a commune that has another word for one. Everybody is made up.

use sync_core::document::{Container, Edit, Household};
use sync_core::id::{DocumentId, EntityId};

use super::super::tests::{CLOCK, Desk, KEY};
use crate::office::{Author, Role};

/// A household of a village, with a head.
fn household(desk: &Desk, village: &str, head: &str) -> DocumentId {
    let author = Author::from_bytes(&[5; 32]);
    let actor = author.actor(desk.office.commune());
    let (mut household, genesis) = Household::create(actor, village, CLOCK, head.len() as u64);
    let change = household.edit(&[Edit::household("head_name", head)], CLOCK).unwrap();
    let document = household.id();
    desk.office.author(&author, vec![(document, genesis), (document, change)], Vec::new(), CLOCK).unwrap();
    document
}

fn merge(desk: &mut Desk) {
    let fields = [
        ("villages", "01"),
        ("villages", "02"),
        ("into", ""),
        ("code", "07"),
        ("name", "Thôn Hợp Nhất"),
        ("since", "01/11/2026"),
    ];
    let answer = desk.post("/office/settings/villages/merge", &fields);
    assert_eq!(answer.location.as_deref(), Some("/office/settings/villages"), "{}", answer.text());
}

#[test]
fn pages_go_by_the_villages_of_today() {
    let mut desk = Desk::officer();
    let document = household(&desk, "01", "Chủ Hộ Giả");
    household(&desk, "02", "Bà Khác Giả");
    merge(&mut desk);
    let option = "<option value=\"07\" selected>Thôn Hợp Nhất</option>";
    for address in ["/office/register?village=07", "/office/register?village=01"] {
        let page = desk.open(address).text();
        assert!(page.contains(option), "{address}: {page}");
        assert!(page.contains("Chủ Hộ Giả") && page.contains("Bà Khác Giả"), "{address}");
        assert!(!page.contains("value=\"01\"") && !page.contains("Thôn Giả Lập 1"), "{address}: {page}");
    }
    let page = desk.open(&format!("/office/household/{document}")).text();
    assert!(page.contains("/office/register?village=07") && page.contains("Thôn Hợp Nhất"), "{page}");
    let page = desk.open("/office/decide?kind=values&village=01").text();
    assert!(page.contains(option), "a link from before the merger: {page}");
    for address in ["/office/decide?kind=values", "/office/lists", "/office/forms"] {
        let page = desk.open(address).text();
        assert!(page.contains("value=\"07\"") && !page.contains("value=\"01\""), "{address}");
    }
}

#[test]
fn lists_of_a_day_name_the_villages_of_that_day() {
    let mut desk = Desk::officer();
    let author = Author::from_bytes(&[5; 32]);
    let (mut household, genesis) = Household::create(author.actor(desk.office.commune()), "01", CLOCK, 3);
    let child: EntityId = "0123456789abc".parse().unwrap();
    let of = |field: &str, value: &str| Edit::entity(Container::Children, &child, field, value);
    let told =
        [of("name", "Trẻ Giả"), of("birth_date", "2019-05-03"), Edit::household("poverty_status", "poor")];
    let change = household.edit(&told, CLOCK).unwrap();
    let document = household.id();
    desk.office.author(&author, vec![(document, genesis), (document, change)], Vec::new(), CLOCK).unwrap();
    merge(&mut desk);
    for (day, village, other) in
        [("2026-10-31", "Thôn Giả Lập 1", "Thôn Hợp Nhất"), ("2026-11-20", "Thôn Hợp Nhất", "Thôn Giả Lập 1")]
    {
        for address in [
            format!("/office/lists/circumstance/III.1?as_of={day}"),
            format!("/office/forms/03-TE/cell?line=III.1&column=1&as_of={day}"),
            format!("/office/forms/03-TE/cell/file/csv?line=III.1&column=1&as_of={day}"),
            format!("/office/lists/changes?from=2019-05-01&to={day}&kind=born"),
            format!("/office/lists/changes?from=2019-05-01&to={day}&kind=born&file=csv"),
        ] {
            let page = desk.open(&address).text();
            let listed = &page[page.find("Trẻ Giả").unwrap()..];
            assert!(listed.contains(village) && !listed.contains(other), "{address}: {page}");
        }
    }
}

#[test]
fn a_round_waits_for_the_villages_there_are() {
    let mut desk = Desk::officer();
    household(&desk, "01", "Chủ Hộ Giả");
    household(&desk, "02", "Bà Khác Giả");
    for (code, as_of) in [("sau", "20/11/2026"), ("truoc", "20/10/2026")] {
        let fields = [
            ("code", code),
            ("title", "Rà soát"),
            ("starts", "1/11/2026"),
            ("ends", "30/11/2026"),
            ("as_of", as_of),
        ];
        assert!(desk.post("/office/rounds", &fields).location.is_some());
    }
    merge(&mut desk);
    let close = desk.open("/office/rounds/sau/close").text();
    assert!(close.contains("Thôn Hợp Nhất: 0/2") || close.contains("0/2"), "{close}");
    assert_eq!(close.matches("<li>").count() - close.matches("<li><a").count(), 1, "{close}");
    let page = desk.open("/office/rounds/sau").text();
    // Under the one village, the register of each old one, which its collector signs.
    assert!(
        page.contains("0/1") && page.contains("Thôn Giả Lập 1") && page.contains("Thôn Giả Lập 2"),
        "{page}"
    );
    assert!(page.contains("/office/register?village=07") && !page.contains("/office/register?village=01"));
    let page = desk.open("/office/rounds/truoc").text();
    assert!(
        page.contains("0/2") && page.contains("/office/register?village=01"),
        "as of a day before: {page}"
    );
    let today = desk.open("/office").text();
    assert!(today.contains("/office/register?village=07") && !today.contains("/office/register?village=02"));
}

#[test]
fn a_device_of_a_merged_village_is_granted_the_registers_of_the_old_ones() {
    let mut desk = Desk::officer();
    merge(&mut desk);
    let page = desk.open("/office/settings/devices").text();
    assert!(page.contains("sổ cũ của Thôn Giả Lập 1") && page.contains("sổ cũ của Thôn Giả Lập 2"), "{page}");
    let fields =
        [("label", "Máy 1"), ("village", "07"), ("hours", "48"), ("address", "https://so.example.vn:8443")];
    assert!(desk.post("/office/settings/devices", &fields).text().contains("#enrol="));
    let of_code = |sql: &rusqlite::Connection| {
        sql.query_row("SELECT villages FROM enrolment_code", [], |row| row.get::<_, String>(0))
    };
    assert_eq!(desk.office.read(of_code).unwrap(), r#"["01","02","07"]"#);
    // Who names an old register means that one: a phone of one half does not get the other by a save.
    let named = ["01", "07"].map(str::to_owned);
    assert_eq!(desk.office.codes_to_grant(&named, "2026-11-23".parse().unwrap()).unwrap(), named);
}

#[test]
fn the_communes_own_word_for_a_village_is_used() {
    let mut desk = Desk::officer();
    let position = desk.office.log_position().unwrap().to_string();
    let fields = [("name0", "Xã Giả"), ("unit_word", "bản"), ("position", &position)];
    assert!(desk.post("/office/settings/profile", &fields).location.is_some());
    for (address, said) in [
        ("/office/settings", "Thêm, đổi tên, gộp, chia, đóng bản"),
        ("/office/settings/villages", "Gộp bản"),
        ("/office/settings/villages/merge", "Các bản được gộp"),
        ("/office/settings/villages/split", "chính bản này (bản vẫn còn)"),
        ("/office/settings/devices", "Bản được ghi"),
        ("/office/rounds", "Hạn của các bản (ngày cuối)"),
        ("/office/register", "<label for=\"f-village\">Bản</label>"),
        ("/office", "Các bản"),
    ] {
        let page = desk.open(address).text();
        assert!(page.contains(said), "{address}: {page}");
        let others: Vec<&str> =
            page.split(|c: char| !c.is_alphabetic()).filter(|word| *word == "thôn").collect();
        assert_eq!(others, Vec::<&str>::new(), "{address}");
    }
}

#[test]
fn everything_wrong_in_a_form_is_said_at_once_by_label_and_in_order() {
    let mut desk = Desk::officer();
    let fields = [
        ("village", "01"),
        ("code0", "02"),
        ("name0", "Thôn Tám"),
        ("code1", "09"),
        ("name1", "thôn giả lập 2"),
        ("rest", "5"),
        ("since", "hôm qua"),
    ];
    let page = desk.post("/office/settings/villages/split", &fields).text();
    let summary = page.split("role=\"alert\"").nth(1).unwrap().split("</div>").next().unwrap();
    let links: Vec<&str> =
        summary.split("href=\"#f-").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(links, ["code0", "name1", "rest", "since"], "{summary}");
    for said in [
        ">Dòng 1: Mã thôn mới (chữ không dấu, số): Đã có thôn dùng mã này",
        ">Dòng 2: Tên thôn mới: ",
        ">Có hiệu lực từ ngày (ngày/tháng/năm): ",
    ] {
        assert!(summary.contains(said), "{said}: {summary}");
    }
    for field in links {
        assert!(page.contains(&format!("id=\"e-{field}\"")), "beside {field}");
        assert!(page.contains(&format!("id=\"f-{field}\"")), "the link leads to {field}");
    }
    assert_eq!(desk.office.village_changes().unwrap().len(), 2, "nothing was written");
}

#[test]
fn what_a_key_opened_is_forgotten_with_it_whoever_else_goes_on() {
    let mut desk = Desk::officer();
    household(&desk, "01", "Chủ Hộ Giả");
    let hex = KEY.map(|byte| format!("{byte:02x}")).concat();
    desk.send("/office/confidential", &[], &[("key", "khoa.key", hex.as_bytes())]);
    let mut other = desk.beside().signed_in("nguoi-khac", &[Role::Officer]);
    assert!(desk.open("/office").status.is_success());
    assert!(desk.office.holds_opened(), "the page counted with the key");
    for minutes in [5, 10, 15, 20] {
        other.clock = CLOCK + minutes * 60;
        assert!(other.open("/office").status.is_success());
        assert_eq!(desk.office.holds_opened(), minutes <= 15, "after {minutes} minutes");
    }
    // Nobody asks for anything at night: time alone does it.
    let mut desk = other.beside().signed_in("bao-mat", &[Role::Officer, Role::Confidential]);
    desk.clock = CLOCK;
    desk.send("/office/confidential", &[], &[("key", "khoa.key", hex.as_bytes())]);
    assert!(desk.open("/office").status.is_success() && desk.office.holds_opened());
    desk.console.sweep(CLOCK + 15 * 60);
    assert!(desk.office.holds_opened());
    desk.console.sweep(CLOCK + 15 * 60 + 1);
    assert!(!desk.office.holds_opened());
}

#[test]
fn a_form_by_village_shows_households_of_a_later_village_too() {
    let mut desk = Desk::officer();
    household(&desk, "01", "Chủ Hộ Giả");
    merge(&mut desk);
    household(&desk, "07", "Bà Khác Giả");
    let page = desk.open("/office/forms/03-TE?as_of=2026-10-20&villages=1").text();
    for name in ["Thôn Giả Lập 1", "Thôn Giả Lập 2", "Thôn Hợp Nhất"] {
        assert!(page.contains(name), "{name}: {page}");
    }
    let page = desk.open("/office/forms/03-TE?as_of=2026-11-20&villages=1").text();
    assert!(page.contains("Thôn Hợp Nhất") && !page.contains("Thôn Giả Lập 1"), "{page}");
}
