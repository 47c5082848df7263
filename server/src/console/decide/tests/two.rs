//! Records that an officer knows to be one child or household: sought, compared, linked, parted. All people are synthetic.

use sync_core::document::shown_text;
use sync_core::facts::{PersonRef, SamePerson};

use super::moves::leaves;
use super::*;
use crate::console::decide::two;
use crate::office::Subject;

/// Two households whose children nobody would take for one.
fn desk_with_two() -> (Desk, [Village; 2]) {
    let desk = Desk::officer();
    let mut villages = [Village::begun(&desk, "01", 1), Village::begun(&desk, "02", 2)];
    villages[0].told(
        &desk,
        &[
            Edit::household("head_name", "Chủ Hộ Trên"),
            set(1, "name", "Trẻ Giả Bống"),
            set(1, "birth_date", "2015-05-03"),
        ],
    );
    villages[1].told(
        &desk,
        &[
            Edit::household("head_name", "Chủ Hộ Dưới"),
            set(2, "name", "Lò Thị Khác"),
            set(2, "birth_date", "2016"),
        ],
    );
    (desk, villages)
}

fn pair(villages: &[Village; 2]) -> Subject {
    let [a, b] = villages;
    Subject::pair(
        PersonRef { document: a.document, person: child(1) },
        PersonRef { document: b.document, person: child(2) },
    )
}

/// Every link that stands: kind, and who decided.
fn links(desk: &Desk, village: &Village) -> Vec<[Option<String>; 2]> {
    let nobody = sync_core::id::ActorId([0; 16]);
    let view = desk.office.household(village.document, None, nobody).expect("a household").view();
    let links = view.of(Container::Links).map(|(_, link)| link);
    let standing = links.filter(|link| !sync_core::document::is_withdrawn(link));
    standing
        .map(|link| ["kind", "decided_by"].map(|field| shown_text(link, field).map(str::to_owned)))
        .collect()
}

fn is_linked(desk: &Desk) -> bool {
    let facts = desk.office.facts(None, None).expect("facts");
    facts.pairs.iter().any(|pair| pair.same == SamePerson::Linked)
}

#[test]
fn a_child_is_sought_compared_linked_and_parted_again_with_reasons() {
    let (mut desk, villages) = desk_with_two();
    let home = format!("/office/household/{}", villages[0].document);
    let seek = format!("/office/decide/other?document={}&person={}", villages[0].document, child(1));
    assert!(desk.open(&home).text().contains(&seek.replace('&', "&amp;")), "the child's card leads there");
    assert!(desk.open(&seek).text().contains("Trẻ Giả Bống"));
    let form = [
        ("document", villages[0].document.to_string()),
        ("person", child(1).to_string()),
        ("sought", "lo thi khac".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let found = desk.post("/office/decide/other", &form).location.expect("where it is shown");
    assert_eq!(found, format!("{seek}&s=1"), "no name in the address");
    let page = desk.open(&found).text();
    let address = two::address(&pair(&villages), villages[0].document);
    assert!(page.contains(&address.replace('&', "&amp;")) && page.contains("Lò Thị Khác"));

    let page = desk.open(&address).text();
    assert!(page.contains("Trẻ Giả Bống") && page.contains("Lò Thị Khác"), "side by side");
    assert!(!page.contains("Việc này không còn phải quyết định.") && !page.contains("Để sau"));
    let (key, seen, from) = (open_key(&page), hidden(&page, "seen"), hidden(&page, "from"));
    let answer = |desk: &mut Desk, action: &str, seen: &str, more: &[(&str, &str)]| {
        let own = [("key", key.as_str()), ("seen", seen), ("from", from.as_str())];
        desk.post(&format!("/office/decide/{action}"), &[&own[..], more].concat())
    };
    let unsaid = answer(&mut desk, "pair", &seen, &[("answer", "yes")]);
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unsaid.text().contains("Hãy chọn hoặc ghi lý do."));
    let linked = answer(&mut desk, "pair", &seen, &[("answer", "yes"), ("reason", "mẹ cháu xác nhận")]);
    assert_eq!(linked.location, Some(home.clone()));
    assert!(is_linked(&desk));
    for village in &villages {
        let told = [Some("same".to_owned()), Some("Cán Bộ Giả Lập".to_owned())];
        assert_eq!(links(&desk, village), [told], "told in both records");
    }

    // The household's page leads back to the two, and there the link can be taken back.
    assert!(desk.open(&home).text().contains(&address.replace('&', "&amp;")));
    let mut second = desk.beside().signed_in("can-bo-2", &[Role::Officer]);
    let page = desk.open(&address).text();
    assert!(page.contains("mẹ cháu xác nhận") && page.contains("action=\"/office/decide/unlink\""));
    assert!(!page.contains("action=\"/office/decide/pair\""), "what is linked is not linked again");
    let seen = hidden(&page, "seen");
    let unsaid = answer(&mut desk, "unlink", &seen, &[("parts", "1")]);
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_linked(&desk));
    let parted = answer(&mut desk, "unlink", &seen, &[("parts", "1"), ("reason", "nhầm hai cháu")]);
    assert_eq!(parted.location, Some(home.clone()));
    assert!(!is_linked(&desk) && villages.iter().all(|village| links(&desk, village).is_empty()));
    let page = desk.open(&home).text();
    assert!(page.contains("nhầm hai cháu"), "the record tells why");
    let late = answer(&mut second, "unlink", &seen, &[("parts", "1"), ("reason", "người đến sau")]);
    assert_eq!(late.status, StatusCode::CONFLICT, "of two officers the second is told");

    let deed = desk.office.deeds(None, 1).expect("rows")[0].id;
    let back = desk.post(&format!("/office/deeds/{deed}/undo"), &[]);
    let to = back.location.expect("the way back");
    assert!(to.starts_with("/office/decide/pair?at=p~"), "no list has the two: {to}");
    assert!(desk.open(&to).text().contains("mẹ cháu xác nhận") && is_linked(&desk), "the link stands again");
}

#[test]
fn a_link_that_no_officer_made_is_taken_back_from_either_household() {
    for side in [0, 1] {
        let (mut desk, mut villages) = desk_with_two();
        let other = villages[1].document.to_string();
        let of = |field: &str, value: &str| Edit::entity(Container::Links, &child(7), field, value);
        let told = [
            of("kind", "moved"),
            of("person", child(1).as_str()),
            of("other_document", &other),
            of("other_person", child(2).as_str()),
        ];
        villages[0].told(&desk, &told);
        desk.office.index_now(&villages.each_ref().map(|village| village.document)).expect("rows");
        assert!(is_linked(&desk));
        let from = villages[side].document;
        let address = two::address(&pair(&villages), from);
        if side == 0 {
            let home = desk.open(&format!("/office/household/{from}")).text();
            assert!(home.contains(&address.replace('&', "&amp;")) && home.contains("Bỏ nối"));
        }
        let page = desk.open(&address).text();
        let form = [
            ("key", open_key(&page)),
            ("seen", hidden(&page, "seen")),
            ("from", from.to_string()),
            ("reason", "hai cháu khác nhau".to_owned()),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(desk.post("/office/decide/unlink", &form).status, StatusCode::SEE_OTHER);
        assert!(!is_linked(&desk), "{side}");
        let deed = desk.office.deeds(None, 1).expect("rows")[0].id;
        desk.post(&format!("/office/deeds/{deed}/undo"), &[]);
        assert!(is_linked(&desk), "undone");
    }
}

#[test]
fn a_move_whose_other_end_no_list_found_is_completed_by_hand() {
    let (desk, mut villages) = desk_with_two();
    leaves(&desk, &mut villages[0]);
    let mut desk = desk;
    let page = desk.open("/office/decide?kind=moves").text();
    assert!(page.contains("Chưa tìm thấy trẻ này ở thôn chuyển đến."));
    assert!(page.matches("Trẻ Giả Bống").count() > 1, "who it is about, in the list and beside it");
    let seek = format!("/office/decide/other?document={}&person={}&way=left", villages[0].document, child(1));
    assert!(page.contains(&seek.replace('&', "&amp;")));
    let form = [
        ("document", villages[0].document.to_string()),
        ("person", child(1).to_string()),
        ("way", "left".to_owned()),
        ("sought", "Chủ Hộ Dưới".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let found = desk.post("/office/decide/other", &form).location.expect("where it is shown");
    let page = desk.open(&found).text();
    let ends = villages.each_ref().map(|village| village.document);
    let subject = Subject::Move {
        from: Some(PersonRef { document: ends[0], person: child(1) }),
        to: Some(PersonRef { document: ends[1], person: child(2) }),
    };
    let address = two::address(&subject, ends[0]);
    assert!(
        page.contains(&address.replace('&', "&amp;")),
        "by the head's name all children of the household"
    );
    let page = desk.open(&address).text();
    let form = [
        ("key", open_key(&page)),
        ("seen", hidden(&page, "seen")),
        ("from", hidden(&page, "from")),
        ("answer", "yes".to_owned()),
        ("date", "20/05/2026".to_owned()),
        ("reason", "tên đổi khi nhập hộ".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let odd: Vec<(&str, &str)> =
        form.iter().map(|(name, value)| (*name, if *name == "date" { "hôm kia" } else { *value })).collect();
    let answer = desk.post("/office/decide/move", &odd);
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("value=\"hôm kia\"") && answer.text().contains("tên đổi khi nhập hộ"));
    let done = desk.post("/office/decide/move", &form);
    assert_eq!(done.location, Some(format!("/office/household/{}", ends[0])));
    assert_eq!(desk.office.queue(desk.clock).expect("the queue").moves, []);
    assert!(is_linked(&desk));
    // Who wants to part them is told that the confirmation wrote more than the link, and undoes the whole of it.
    let pair = two::address(
        &Subject::pair(
            PersonRef { document: ends[0], person: child(1) },
            PersonRef { document: ends[1], person: child(2) },
        ),
        ends[0],
    );
    let page = desk.open(&pair).text();
    assert!(page.contains("Nếu xác nhận nhầm, hãy hoàn tác cả lần xác nhận"), "{page}");
    let undo = page.split("action=\"/office/deeds/").nth(1).and_then(|rest| rest.split('"').next());
    let undone = desk.post(&format!("/office/deeds/{}", undo.expect("a button")), &[]);
    assert_eq!(undone.status, StatusCode::SEE_OTHER, "{}", undone.text());
    assert!(!is_linked(&desk));
    assert_eq!(desk.office.queue(desk.clock).expect("the queue").moves.len(), 1, "as it was before");
}

#[test]
fn a_household_written_twice_under_two_names_is_linked_and_withdrawn_once_its_children_are() {
    let (mut desk, villages) = desk_with_two();
    let [kept, second] = villages.each_ref().map(|village| village.document);
    let home = desk.open(&format!("/office/household/{kept}")).text();
    assert!(home.contains(&format!("/office/decide/other?document={kept}\"")));
    let address = two::address(&Subject::households(kept, second), kept);
    let answer = |desk: &mut Desk| {
        let page = desk.open(&address).text();
        let side = if hidden(&page, "key") == format!("h~{kept}~{second}") { "a" } else { "b" };
        let form = [
            ("key", open_key(&page)),
            ("seen", hidden(&page, "seen")),
            ("from", kept.to_string()),
            ("answer", "yes".to_owned()),
            ("kept", side.to_owned()),
            ("withdraw", "1".to_owned()),
            ("reason", "một hộ ghi hai lần".to_owned()),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        desk.post("/office/decide/households", &form)
    };
    let refused = answer(&mut desk);
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("Hộ kia còn trẻ chưa được nối"), "nobody is counted nowhere");
    let page = desk.open(&two::address(&pair(&villages), kept)).text();
    let form = [
        ("key", open_key(&page)),
        ("seen", hidden(&page, "seen")),
        ("from", kept.to_string()),
        ("answer", "yes".to_owned()),
        ("reason", "một trẻ".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(desk.post("/office/decide/pair", &form).status, StatusCode::SEE_OTHER);
    assert!(desk.open(&address).text().contains("Các trẻ sau sẽ được nối với nhau:"));
    let done = answer(&mut desk);
    assert_eq!(done.location, Some(format!("/office/household/{kept}")));
    assert!(desk.open(&format!("/office/household/{second}")).text().contains("đã được rút bỏ vì ghi nhầm"));
}

#[test]
fn nonsense_names_no_two_records() {
    let (mut desk, villages) = desk_with_two();
    let [a, b] = villages.each_ref().map(|village| village.document);
    for address in [
        "/office/decide/pair".to_owned(),
        format!("/office/decide/pair?at=q~1&from={a}"),
        format!("/office/decide/pair?at=p~{a}~{}~{b}~{}", child(1), child(2)),
        format!("/office/decide/pair?at=p~{a}~{}~{b}~{}&from={a}", child(1), child(8)),
        format!("/office/decide/pair?at=m~{a}~{}~~&from={a}", child(1)),
        "/office/decide/other".to_owned(),
        format!("/office/decide/other?document={a}&person={}", child(8)),
        format!("/office/decide/other?document={}", DocumentId([7; 16])),
    ] {
        assert_eq!(desk.open(&address).status, StatusCode::NOT_FOUND, "{address}");
    }
}

#[test]
fn a_search_that_the_session_has_forgotten_says_so() {
    let (mut desk, villages) = desk_with_two();
    let known = format!("/office/decide/other?document={}", villages[0].document);
    let forgotten = "Lần tìm này đã cũ nên không còn được nhớ.";
    assert!(desk.open(&format!("{known}&s=77")).text().contains(forgotten));
    assert!(!desk.open(&known).text().contains(forgotten), "nothing was looked for yet");
}
