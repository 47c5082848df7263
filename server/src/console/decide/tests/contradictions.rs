//! The ways out of a contradiction: a field corrected, an entry withdrawn. All people are synthetic.

use super::*;

/// A child of whom two deaths are told; and the key of the contradiction.
fn desk_with_two_deaths() -> (Desk, Village, String) {
    let desk = Desk::officer();
    let mut village = Village::new(&desk);
    let death = |n: u8, day: &str| {
        let of = |field: &str, value: &str| Edit::entity(Container::Events, &child(n), field, value);
        [of("person", child(1).as_str()), of("kind", "death"), of("date", day)]
    };
    let own = [set(1, "name", "Trẻ Giả Lập"), set(1, "birth_date", "2015-05-03")];
    village.told(&desk, &[&own[..], &death(5, "2022-05-03"), &death(6, "2023-06-04")].concat());
    let found = desk.office.queue(desk.clock).expect("the queue").contradictions[0].subject.clone();
    (desk, village, crate::console::decide::key::text(&found))
}

/// What the form that withdraws an object begins with.
fn withdrawal(page: &str, entity: &str) -> [String; 2] {
    let forms = page.split("action=\"/office/decide/withdraw\"").skip(1);
    let mut of = forms.filter(|form| hidden(form, "entity") == entity);
    let form = of.next().expect("the object's form");
    ["object", "withdrawn"].map(|name| hidden(form, name))
}

#[test]
fn a_field_is_corrected_after_a_message_and_the_way_leads_back() {
    let (mut desk, village, key) = desk_with_two_deaths();
    let panel = desk.open(&format!("/office/decide?kind=contradictions&at={key}")).text();
    let address = format!(
        "/office/decide/field?document={}&amp;container=events&amp;entity={}&amp;field=date&amp;from={key}",
        village.document,
        child(6)
    );
    assert!(panel.contains(&address), "the panel leads to the field");
    let page = desk.open(&address.replace("&amp;", "&")).text();
    assert!(page.contains("value=\"04/06/2023\""), "what stands is where typing begins");
    let (field, seen) = (hidden(&page, "key"), hidden(&page, "seen"));
    let post = |desk: &mut Desk, seen: &str, value: &str, reason: &str| {
        let form = [
            ("key", field.as_str()),
            ("seen", seen),
            ("next", &key),
            ("other", value),
            ("usual", ""),
            ("reason", reason),
        ];
        desk.post("/office/decide/field", &form)
    };
    for (value, reason, says) in [
        ("31/02/2022", "theo giấy báo tử", "Không đọc được ngày này."),
        ("", "theo giấy báo tử", "Ô này còn trống."),
        ("05/06/2023", "", "Hãy chọn hoặc ghi lý do."),
    ] {
        let answer = post(&mut desk, &seen, value, reason);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{value} {reason}");
        let page = answer.text();
        assert!(page.contains(says) && page.contains(&format!("value=\"{reason}\"")), "{value} {reason}");
        let (_, beside) = page.split_once("id=\"other\"").expect("the field");
        assert!(beside.split_once("</div>").expect("its end").0.contains(&format!("value=\"{value}\"")));
    }
    let back = format!("/office/decide?kind=contradictions&at={key}");
    assert_eq!(post(&mut desk, &seen, "03/05/2022", "theo giấy báo tử").location, Some(back.clone()));
    let page = desk.open(&back).text();
    assert!(page.contains("Đã quyết định.") && !page.contains("04/06/2023"));
    // Somebody who still looked at the old value is told, and keeps what they typed.
    let late = post(&mut desk, &seen, "09/09/2023", "trạm y tế nói");
    assert_eq!(late.status, StatusCode::CONFLICT);
    let page = late.text();
    assert!(page.contains("value=\"09/09/2023\"") && page.contains("value=\"trạm y tế nói\""));
    let deed = desk.office.deeds(None, 1).expect("rows")[0].id;
    assert_eq!(desk.post(&format!("/office/deeds/{deed}/undo"), &[]).status, StatusCode::SEE_OTHER);
    assert!(desk.open(&back).text().contains("04/06/2023"), "undone");
}

#[test]
fn an_entry_made_by_mistake_is_withdrawn_with_a_reason_and_comes_back() {
    let (mut desk, _, key) = desk_with_two_deaths();
    let mut second = desk.beside().signed_in("can-bo-2", &[Role::Officer]);
    let here = format!("/office/decide?kind=contradictions&at={key}");
    let page = desk.open(&here).text();
    let entity = child(6).to_string();
    let [object, withdrawn] = withdrawal(&page, &entity);
    let post = |desk: &mut Desk, reason: &str| {
        let form = [
            ("key", key.as_str()),
            ("kind", "contradictions"),
            ("object", &object),
            ("entity", &entity),
            ("withdrawn", &withdrawn),
            ("reason", reason),
        ];
        desk.post("/office/decide/withdraw", &form)
    };
    let long = "ghi nhầm ".repeat(70);
    for (reason, kept, said) in [("", 0, "Hãy chọn hoặc ghi lý do."), (long.trim(), 1, "Dài quá 500 ký tự.")]
    {
        let answer = post(&mut desk, reason);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = answer.text();
        assert_eq!(page.matches(said).count(), 1, "beside the form it was typed in");
        assert_eq!(page.matches(long.trim()).count(), kept);
        assert_eq!(page.matches("<details open").count(), 1);
    }
    let waiting = |desk: &Desk| desk.office.queue(desk.clock).expect("the queue").contradictions.len();
    let before = waiting(&desk);
    let answer = post(&mut desk, "một người ghi hai lần");
    assert_eq!(answer.location.as_deref(), Some("/office/decide?kind=contradictions"));
    let page = desk.open("/office/decide?kind=contradictions").text();
    assert!(page.contains("Đã rút bỏ mục ghi nhầm") && page.contains("Không còn việc nào ở đây."));

    let late = post(&mut second, "lý do của người đến sau");
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text().contains("value=\"lý do của người đến sau\""), "what was typed is kept");

    let deed = desk.office.deeds(None, 1).expect("rows")[0].id;
    desk.post(&format!("/office/deeds/{deed}/undo"), &[]);
    assert_eq!(waiting(&desk), before, "undone");
}

#[test]
fn who_says_that_it_is_right_while_somebody_writes_is_told_and_keeps_the_reason() {
    let (mut desk, mut village, key) = desk_with_two_deaths();
    let page = desk.open(&format!("/office/decide?kind=contradictions&at={key}")).text();
    let seen = hidden(&page, "seen");
    village.told(&desk, &[set(1, "birth_date", "2016-05-03")]);
    let form = [("key", key.as_str()), ("seen", &seen), ("kind", "contradictions"), ("reason", "đã hỏi kỹ")];
    let answer = desk.post("/office/decide/right", &form);
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.text().matches("value=\"đã hỏi kỹ\"").count(), 1);
}
