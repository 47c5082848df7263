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

#[test]
fn who_answers_what_another_set_aside_is_told_where_it_is_and_can_bring_it_back() {
    let (mut desk, village) = desk_with_dispute();
    let mut second = desk.beside().signed_in("can-bo-2", &[Role::Officer]);
    let key = key_of(&village, 1, "class");
    let address = format!("/office/decide?kind=values&at={key}");
    let seen = hidden(&second.open(&address).text(), "seen");
    let form = [("key", key.as_str()), ("seen", &seen), ("kind", "values"), ("reason", LATE)];
    assert_eq!(desk.post("/office/decide/later", &form[..3]).status, StatusCode::SEE_OTHER);

    let answer = second.post("/office/decide/right", &form);
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let page = answer.text();
    assert!(page.contains("Việc này đã được cán bộ khác để riêng."));
    assert!(!page.contains("Có người vừa ghi hoặc quyết định ở đây."), "nothing changed");
    assert!(page.contains(LATE), "what was typed is kept");
    let warning = page.split("role=\"alert\"").nth(1).expect("a warning");
    let (warning, _) = warning.split_once("</div>").expect("its end");
    assert!(warning.contains("<a href=\"/office/decide?kind=aside\">Đã để riêng</a>"), "{warning}");

    let deed = desk.office.deeds(None, 1).expect("rows")[0].id;
    let back = second.post(&format!("/office/deeds/{deed}/undo"), &[]);
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert_eq!(second.post("/office/decide/right", &form).status, StatusCode::SEE_OTHER);
}

#[test]
fn who_answers_two_households_that_another_put_off_is_told_so() {
    let (mut desk, _) = desk_with_households();
    let mut second = desk.beside().signed_in("can-bo-2", &[Role::Officer]);
    let page = second.open("/office/decide?kind=pairs").text();
    let (key, seen) = (open_key(&page), hidden(&page, "seen"));
    let form =
        [("key", key.as_str()), ("seen", &seen), ("kind", "pairs"), ("answer", "no"), ("reason", LATE)];
    assert_eq!(desk.post("/office/decide/later", &form[..3]).status, StatusCode::SEE_OTHER);
    let answer = second.post("/office/decide/households", &form);
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let page = answer.text();
    assert!(page.contains("Việc này đã được cán bộ khác để riêng.") && page.contains(LATE));
}
