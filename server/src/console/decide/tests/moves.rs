//! Moves between two households, confirmed at both ends. All people are synthetic.

use sync_core::document::{Container, is_withdrawn, shown_text};
use sync_core::id::ActorId;

use super::*;

/// A child who left the first village for the second, where it is registered; only the departure is told.
pub(super) fn desk_with_move() -> (Desk, [Village; 2]) {
    let desk = Desk::officer();
    let mut villages = [Village::begun(&desk, "01", 1), Village::begun(&desk, "02", 2)];
    for village in &mut villages {
        let own = [set(1, "name", "Trẻ Giả Chuyển"), set(1, "birth_date", "2015-05-03")];
        village.told(&desk, &[&own[..], &[set(1, "mother_name", "Mẹ Giả Lập")]].concat());
    }
    leaves(&desk, &mut villages[0]);
    (desk, villages)
}

/// The first child of a household left for the second village.
pub(super) fn leaves(desk: &Desk, village: &mut Village) {
    let of = |field: &str, value: &str| Edit::entity(Container::Events, &child(9), field, value);
    let told = [
        of("person", child(1).as_str()),
        of("kind", "moved_out"),
        of("date", "2026-05-20"),
        of("other_place", "Thôn Giả Lập 2"),
    ];
    village.told(desk, &told);
}

fn events(desk: &Desk, village: &Village) -> Vec<[Option<String>; 2]> {
    let record = desk.office.household(village.document, None, ActorId([0; 16])).expect("a household");
    let view = record.view();
    let told = view.of(Container::Events).map(|(_, event)| event).filter(|event| !is_withdrawn(event));
    told.map(|event| ["kind", "date"].map(|field| shown_text(event, field).map(str::to_owned))).collect()
}

#[test]
fn a_move_is_confirmed_at_both_ends_with_a_date_that_can_be_and_undone() {
    let (mut desk, [left, reached]) = desk_with_move();
    let page = desk.open("/office/decide?kind=moves").text();
    let key = open_key(&page);
    let seen = hidden(&page, "seen");
    for told in ["Thôn Giả Lập 1", "Thôn Giả Lập 2", "Nơi đến chưa ghi chuyển đến.", "value=\"20/05/2026\""]
    {
        assert!(page.contains(told), "{told}");
    }
    assert!(!page.contains("Nơi đi chưa ghi chuyển đi."), "it is told there");
    let before = desk.office.status().expect("a status").log_position;
    let mut post = |date: &str| {
        let form = [
            ("key", key.as_str()),
            ("seen", &seen),
            ("kind", "moves"),
            ("answer", "yes"),
            ("date", date),
            ("reason", "hai bên cùng xác nhận"),
        ];
        desk.post("/office/decide/move", &form)
    };
    for (date, says) in [
        ("20/05/2030", "Ngày chuyển không thể ở tương lai"),
        ("01/01/1990", "Ngày chuyển không thể ở tương lai"),
        ("hôm kia", "Không đọc được ngày này."),
    ] {
        let answer = post(date);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{date}");
        let page = answer.text();
        let (_, beside) = page.split_once("name=\"date\"").expect("the field");
        let (field, _) = beside.split_once("</div>").expect("its end");
        assert!(field.contains(says) && field.contains(&format!("value=\"{date}\"")), "{field}");
        assert!(page.contains("value=\"hai bên cùng xác nhận\""), "{date}");
    }
    let answer = post("21/05/2026");
    assert_eq!(answer.location.as_deref(), Some("/office/decide?kind=moves"));
    assert_eq!(desk.office.queue(desk.clock).expect("the queue").moves, []);
    let told = |kind: &str, date: &str| [[kind, date].map(|text| Some(text.to_owned()))];
    assert_eq!(events(&desk, &left), told("moved_out", "2026-05-20"), "what was told stays");
    assert_eq!(events(&desk, &reached), told("moved_in", "2026-05-21"));
    let written = desk.office.log_after(before, 10).expect("the log");
    let mut documents: Vec<_> = written.iter().map(|change| change.document).collect();
    documents.sort_unstable();
    let mut both = [left.document, reached.document];
    both.sort_unstable();
    assert_eq!(documents, both, "a change for each household, which travels to its phones");
    let deed = desk.office.deeds(None, 1).expect("rows").remove(0);
    for change in &deed.changes {
        let label = desk.office.recorded(*change).expect("a change").label;
        assert_eq!(label, "Cán Bộ Giả Lập", "signed by the officer");
    }

    let deed = deed.id;
    let answer = desk.post(&format!("/office/deeds/{deed}/undo"), &[]);
    let again = format!("/office/decide?kind=moves&at={key}");
    assert_eq!(answer.location, Some(again.clone()));
    assert!(desk.open(&again).text().contains("Nơi đến chưa ghi chuyển đến."));
    assert!(events(&desk, &reached).is_empty());
}

#[test]
fn of_two_officers_who_confirm_and_deny_a_move_the_second_is_told_and_keeps_what_they_typed() {
    let (mut desk, [_, reached]) = desk_with_move();
    let mut second = desk.beside().signed_in("can-bo-2", &[Role::Officer]);
    let page = desk.open("/office/decide?kind=moves").text();
    let (key, seen) = (open_key(&page), hidden(&page, "seen"));
    let form = |answer: &'static str, date: &'static str| {
        [
            ("key", key.clone()),
            ("seen", seen.clone()),
            ("kind", "moves".to_owned()),
            ("answer", answer.to_owned()),
            ("date", date.to_owned()),
            ("reason", "đã gọi hỏi".to_owned()),
        ]
    };
    let post = |desk: &mut Desk, answer, date| {
        let form = form(answer, date);
        let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        desk.post("/office/decide/move", &fields)
    };
    assert_eq!(post(&mut desk, "yes", "20/05/2026").status, StatusCode::SEE_OTHER);
    for answer in ["no", "yes"] {
        let late = post(&mut second, answer, "22/05/2026");
        assert_eq!(late.status, StatusCode::CONFLICT, "{answer}");
        let page = late.text();
        assert!(page.contains("Có người vừa ghi hoặc quyết định ở đây."));
        assert!(page.contains("value=\"đã gọi hỏi\"") && page.contains("value=\"22/05/2026\""), "{answer}");
    }
    assert_eq!(events(&desk, &reached).len(), 1, "nothing was overwritten");
}
