//! Decisions on what changed meanwhile: told, nothing overwritten, nothing typed lost. All people are synthetic.

use super::*;

const LATE: &str = "lý do của người đến sau";

/// What a second officer is told who answers an item that the first has settled.
fn late(desk: &Desk, address: &str, form: &[(&str, &str)]) -> String {
    let mut second = desk.beside().signed_in("can-bo-2", &[Role::Officer]);
    let answer = second.post(address, form);
    assert_eq!(answer.status, StatusCode::CONFLICT, "{address}");
    let page = answer.text();
    assert!(page.contains("Có người vừa ghi hoặc quyết định ở đây."), "{address}");
    page
}

#[test]
fn two_officers_answer_one_pair() {
    let (mut desk, _) = desk_with_households();
    let key = crate::console::decide::key::text(
        &desk.office.queue(desk.clock).expect("the queue").pairs[0].subject(),
    );
    let seen = hidden(&desk.open(&format!("/office/decide?kind=pairs&at={key}")).text(), "seen");
    let form = |answer: &'static str, reason: &'static str| {
        [("key", key.as_str()), ("seen", &seen), ("kind", "pairs"), ("answer", answer), ("reason", reason)]
    };
    let first = desk.post("/office/decide/pair", &form("yes", "một giấy khai sinh"));
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let page = late(&desk, "/office/decide/pair", &form("no", LATE));
    assert_eq!(page.matches(&format!("value=\"{LATE}\"")).count(), 1, "in the form it was typed in");
    assert!(page.contains("một giấy khai sinh"), "what the first decided, and why");
    assert_eq!(desk.office.deeds(None, 9).expect("rows").len(), 1);
}

#[test]
fn two_officers_answer_two_households() {
    let (mut desk, _) = desk_with_households();
    let page = desk.open("/office/decide?kind=pairs").text();
    let (key, seen) = (open_key(&page), hidden(&page, "seen"));
    let form = |reason: &'static str| {
        [
            ("key", key.as_str()),
            ("seen", &seen),
            ("kind", "pairs"),
            ("answer", "yes"),
            ("kept", "b"),
            ("withdraw", "1"),
            ("reason", reason),
        ]
    };
    let first = desk.post("/office/decide/households", &form("một hộ ghi hai lần"));
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let page = late(&desk, "/office/decide/households", &form(LATE));
    assert!(page.contains(&format!("value=\"{LATE}\"")) && page.contains("value=\"b\" checked"));
    assert_eq!(desk.office.deeds(None, 9).expect("rows").len(), 1);
}

#[test]
fn two_officers_type_one_identity_number() {
    let desk = Desk::officer();
    let mut village = Village::new(&desk);
    let born = [set(1, "name", "Trẻ Giả Lập"), set(1, "birth_date", "2015-05-03"), set(1, "sex", "male")];
    village.told(&desk, &born);
    let mut desk = desk;
    let page = desk.open("/office/decide?kind=numbers").text();
    let key = open_key(&page);
    let form = |number: &'static str| {
        [("key", key.as_str()), ("kind", "numbers"), ("part", "missing"), ("number", number), ("stood", "")]
    };
    let first = desk.post("/office/decide/number", &form("020215123456"));
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    // The child is in the list no more; what was typed stands beside what was saved.
    let page = late(&desk, "/office/decide/number", &form("020215999999"));
    assert!(page.contains("value=\"020215999999\"") && page.contains("020215123456"));
    let again = [
        ("key", key.as_str()),
        ("kind", "numbers"),
        ("part", "missing"),
        ("number", "020215999999"),
        ("stood", "020215123456"),
    ];
    assert_eq!(desk.post("/office/decide/number", &again).status, StatusCode::SEE_OTHER, "having seen it");
}
