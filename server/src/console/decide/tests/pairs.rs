//! Records that a list found and that may be one child or household. All people are synthetic.

use super::*;
use crate::console::decide::key;

#[test]
fn after_two_households_are_linked_the_next_item_is_one_that_still_waits() {
    let (mut desk, villages) = desk_with_households();
    let page = desk.open("/office/decide?kind=pairs").text();
    let key = open_key(&page);
    assert!(key.starts_with("h~"), "households first: {key}");
    let waiting = |desk: &Desk| {
        let queue = desk.office.queue(desk.clock).expect("the queue");
        let households = queue.households.iter().map(|both| key::text(&both.subject()));
        households.chain(queue.pairs.iter().map(|pair| key::text(&pair.subject()))).collect::<Vec<_>>()
    };
    let before = waiting(&desk);
    assert_eq!(before.len(), 3 + 6);
    // Whatever was to follow: a pair of children that the link decides as well.
    let decided = before
        .iter()
        .find(|pair| pair.starts_with("p~") && key.split('~').skip(1).all(|document| pair.contains(document)))
        .expect("a pair of these two");
    let seen = hidden(&page, "seen");
    let form = [
        ("key", key.as_str()),
        ("seen", &seen),
        ("kind", "pairs"),
        ("next", decided),
        ("answer", "yes"),
        ("withdraw", "1"),
        ("usual", "asked"),
    ];
    let answer = desk.post("/office/decide/households", &form);
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let after = waiting(&desk);
    assert!(!after.contains(decided) && !after.is_empty());
    let page = desk.open(&answer.location.expect("the way goes on")).text();
    assert!(after.contains(&open_key(&page)), "what is open waits");
    assert!(!page.contains("Việc này không còn phải quyết định."));
    let count = format!("({})", after.len());
    assert!(page.contains(&count), "{count}");
    assert!(desk.open("/office").text().contains(&format!(">{}</strong> Có thể ghi trùng", after.len())));
    let done = desk.open("/office/decide?kind=done").text();
    assert!(done.contains("Nối hai hộ") && done.contains("Đã hỏi lại gia đình"));
    assert!(villages.iter().any(|village| done.contains(&village.document.to_string())));
}

#[test]
fn what_has_no_reason_comes_back_with_everything_typed() {
    let (mut desk, _) = desk_with_households();
    let queue = desk.office.queue(desk.clock).expect("the queue");
    let key = key::text(&queue.pairs[0].subject());
    let seen = hidden(&desk.open(&format!("/office/decide?kind=pairs&at={key}")).text(), "seen");
    for (answer, reason) in [("yes", ""), ("no", " ")] {
        let form = [
            ("key", key.as_str()),
            ("seen", &seen),
            ("kind", "pairs"),
            ("answer", answer),
            ("reason", reason),
        ];
        let answer = desk.post("/office/decide/pair", &form);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = answer.text();
        assert!(page.contains("Hãy chọn hoặc ghi lý do.") && open_key(&page) == key);
    }
    let form = [
        ("key", key.as_str()),
        ("seen", &seen),
        ("kind", "pairs"),
        ("answer", "no"),
        ("reason", "hai chị em họ"),
    ];
    assert_eq!(desk.post("/office/decide/pair", &form).status, StatusCode::SEE_OTHER);
    assert!(desk.open("/office/decide?kind=done").text().contains("hai chị em họ"));
}

#[test]
fn the_history_of_a_link_names_the_person_of_the_other_household() {
    let (mut desk, _) = desk_with_households();
    let pair = desk.office.queue(desk.clock).expect("the queue").pairs[0].clone();
    let key = key::text(&pair.subject());
    let seen = hidden(&desk.open(&format!("/office/decide?kind=pairs&at={key}")).text(), "seen");
    let form = [("key", key.as_str()), ("seen", &seen), ("answer", "yes"), ("usual", "asked")];
    assert_eq!(desk.post("/office/decide/pair", &form).status, StatusCode::SEE_OTHER);
    for (this, other) in [(&pair.a, &pair.b), (&pair.b, &pair.a)] {
        let page = desk.open(&format!("/office/household/{}/history", this.document)).text();
        let named = format!("/office/household/{}#{}\"><bdi>Trẻ Giả", other.document, other.person);
        assert!(page.contains(&named), "{named}");
    }
}
