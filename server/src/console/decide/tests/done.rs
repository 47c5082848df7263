//! What was decided or set aside, told again, and taken back. All people are synthetic.

use super::*;
use crate::console::decide::key;

#[test]
fn what_is_set_aside_is_counted_nowhere_listed_apart_and_brought_back() {
    let (mut desk, village) = desk_with_dispute();
    let key = key_of(&village, 1, "class");
    let seen = hidden(&desk.open(&format!("/office/decide?at={key}")).text(), "seen");
    let form = [("key", key.as_str()), ("seen", &seen), ("kind", "values")];
    assert_eq!(desk.post("/office/decide/later", &form).status, StatusCode::SEE_OTHER);
    let page = desk.open("/office/decide?kind=values").text();
    assert_eq!(page.matches("name=\"item\"").count(), 1);
    assert!(
        page.contains("Ghi khác nhau <span class=\"count\">(1)")
            && page.contains("Đã để riêng <span class=\"count\">(1)")
    );
    let today = desk.open("/office").text();
    assert!(
        today.contains(">1</strong> Ghi khác nhau") && today.contains("kind=values&amp;village=01\">1</a>")
    );
    let aside = desk.open("/office/decide?kind=aside").text();
    assert!(
        aside.contains("Trẻ Giả Lập") && aside.contains("Để sau, đến") && aside.contains("Cán Bộ Giả Lập")
    );
    let done = desk.open("/office/decide?kind=done").text();
    assert!(done.contains("Để sau, đến") && !done.contains("Đúng như vậy, không phải sửa"));
    let deed = desk.office.deeds(None, 1).expect("rows")[0].id;
    let back = desk.post(&format!("/office/deeds/{deed}/undo"), &[]);
    assert_eq!(back.location, Some(format!("/office/decide?kind=values&at={key}")));
    assert!(desk.open("/office").text().contains(">2</strong> Ghi khác nhau"));
    assert!(desk.open("/office/decide?kind=aside").text().contains("Không có việc nào để riêng."));

    // Right as it is says why, and is told apart.
    let answer = desk.post("/office/decide/right", &form);
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = [&form[..], &[("usual", "visited")]].concat();
    assert_eq!(desk.post("/office/decide/right", &form).status, StatusCode::SEE_OTHER);
    for kind in ["aside", "done"] {
        let page = desk.open(&format!("/office/decide?kind={kind}")).text();
        assert!(
            page.contains("Đúng như vậy, không phải sửa") && page.contains("Đã đến thăm trực tiếp"),
            "{kind}"
        );
    }
}

#[test]
fn what_was_decided_is_told_with_what_stood_before_and_why() {
    let (mut desk, village) = desk_with_dispute();
    let key = key_of(&village, 1, "birth_date");
    let seen = hidden(&desk.open(&format!("/office/decide?at={key}")).text(), "seen");
    let form =
        [("key", key.as_str()), ("seen", &seen), ("pick", "other"), ("other", "2014"), ("usual", "paper")];
    assert_eq!(desk.post("/office/decide/value", &form).status, StatusCode::SEE_OTHER);
    let key = key_of(&village, 1, "class");
    let seen = hidden(&desk.open(&format!("/office/decide?at={key}")).text(), "seen");
    let form = [("key", key.as_str()), ("seen", &seen), ("pick", "0")];
    assert_eq!(desk.post("/office/decide/value", &form).status, StatusCode::SEE_OTHER);
    let page = desk.open("/office/decide?kind=done").text();
    let row = |of: &str| page.split("<tr>").find(|row| row.contains(of)).expect("its row").to_owned();
    let birth = row("03/05/2016");
    for told in ["03/05/2015", "03/05/2016", "2014</", "Theo giấy khai sinh", "Cán Bộ Giả Lập", "Hoàn tác"]
    {
        assert!(birth.contains(told), "{told}: {birth}");
    }
    assert_eq!(birth.matches("Trẻ Giả Lập").count(), 1, "nobody is named twice: {birth}");
    assert!(birth.contains(&format!("/office/household/{}#{}", village.document, child(1))));
    assert!(row("4A").contains("Đã xem các bản ghi"), "of a pick something is kept");
}

#[test]
fn a_deed_about_what_is_told_of_a_child_names_the_child() {
    let desk = Desk::officer();
    let mut village = Village::new(&desk);
    let death = |n: u8, day: &str| {
        let of = |field: &str, value: &str| Edit::entity(Container::Events, &child(n), field, value);
        [of("person", child(1).as_str()), of("kind", "death"), of("date", day)]
    };
    let own = [set(1, "name", "Trẻ Giả Lập"), set(1, "birth_date", "2015-05-03")];
    let told = [&own[..], &death(5, "2022-05-03"), &death(6, "2023-06-04")].concat();
    village.told(&desk, &told);
    let mut desk = desk;
    let found = desk.office.queue(desk.clock).expect("the queue").contradictions[0].clone();
    let key = key::text(&found.subject);
    assert!(!key.contains("~children~"), "of an event: {key}");
    let seen = hidden(&desk.open(&format!("/office/decide?kind=contradictions&at={key}")).text(), "seen");
    let form = [("key", key.as_str()), ("seen", &seen), ("kind", "contradictions"), ("usual", "asked")];
    assert_eq!(desk.post("/office/decide/right", &form).status, StatusCode::SEE_OTHER);
    for kind in ["done", "aside"] {
        let page = desk.open(&format!("/office/decide?kind={kind}")).text();
        assert_eq!(page.matches("Trẻ Giả Lập").count(), 1, "{kind}");
    }
    let page = desk.open(&format!("/office/household/{}", village.document)).text();
    assert!(page.contains("đã mất") && !page.contains("không còn ở hộ này"), "why the child is gone");
}
