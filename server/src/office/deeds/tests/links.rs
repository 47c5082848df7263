//! Two records of one child or household: linked, parted, moved, and undone.

use jiff::civil::Date;
use proptest::prelude::*;

use super::*;
use crate::office::places::PlaceAct;

#[test]
fn of_two_officers_who_link_and_part_one_pair_the_second_is_told() {
    let mut desk = Desk::new();
    let (_, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (_, b) = desk.household("02", "Lê Giả Khác", &[AN]);
    let (same, apart) = (desk.link(&a[0], &b[0], LinkKind::Same), desk.link(&a[0], &b[0], LinkKind::NotSame));
    desk.office.do_deed(&desk.mai, same, CLOCK).unwrap();
    assert_eq!(desk.office.do_deed(&desk.binh, apart, CLOCK), Err(DeedError::ChangedMeanwhile));
    // Having seen the link, the other may still say otherwise; the link gives way.
    desk.office.do_deed(&desk.binh, desk.link(&a[0], &b[0], LinkKind::NotSame), CLOCK).unwrap();
    assert_eq!(desk.told(), []);
}

#[test]
fn a_link_is_told_in_both_documents_and_undone_restores_what_a_tally_is_told() {
    let mut desk = Desk::new();
    let (left, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (right, b) = desk.household("02", "Lê Giả Khác", &[AN]);
    let before = desk.told();
    assert!(matches!(before[..], [(SamePerson::Undecided, ..)]));
    for (kind, told) in [(LinkKind::Same, Some(SamePerson::Linked)), (LinkKind::NotSame, None)] {
        let [pair] = desk.pairs().try_into().unwrap();
        assert!(pair.widens && pair.reasons.contains(&Reason::SameName));
        assert_eq!(pair.seen, desk.seen(&pair.subject()), "a row's state is that of the deed");
        let deed = desk.done(desk.link(&a[0], &b[0], kind));
        assert_eq!(desk.told().first().map(|(same, ..)| *same), told);
        assert_eq!(desk.pairs(), []);
        for document in [left, right] {
            let view = desk.on_phone(document);
            let link =
                view.of(Container::Links).map(|(_, link)| link).find(|link| !is_withdrawn(link)).unwrap();
            assert_eq!(shown_text(link, "kind"), Some(kind.code()));
            assert_eq!(shown_text(link, "decided_by"), Some("Mai Giả Lập"));
            assert_eq!(desk.office.deeds_of(document).unwrap()[0].id, deed);
        }
        desk.office.undo_deed(&desk.mai, deed, CLOCK).unwrap();
        assert_eq!(desk.told(), before);
    }
    // A link that no deed made is withdrawn as well, and stands again when that is undone.
    let key = desk.key();
    let of = |field: &str, value: &str| Edit::entity(Container::Links, &key, field, value);
    let document = a[0].document.to_string();
    let link = [
        of("kind", "moved"),
        of("person", b[0].person.as_str()),
        of("other_document", &document),
        of("other_person", a[0].person.as_str()),
    ];
    desk.edit(&desk.before, right, &link);
    let seen = desk.seen(&Subject::pair(a[0].clone(), b[0].clone()));
    let deed =
        desk.done(Deed::Unlink { a: a[0].clone(), b: b[0].clone(), reason: Some(BECAUSE.into()), seen });
    assert_eq!(desk.told(), before);
    desk.office.undo_deed(&desk.mai, deed, CLOCK).unwrap();
    assert!(matches!(desk.told()[..], [(SamePerson::Linked, ..)]));
}

#[test]
fn two_registered_twins_are_no_pair_and_a_letter_too_few_is_one_that_widens_nothing() {
    let mut desk = Desk::new();
    let twin = [AN, &[("name", "Nguyễn Giả Anh")]].concat();
    desk.household("01", "Trần Giả Chủ", &[AN, &twin]);
    assert_eq!(desk.pairs(), []);
    let (_, far) = desk.household("02", "Lê Giả Khác", &[&[AN, &[("name", "Nguyễn Giả Aan")]].concat()]);
    let [pair] = desk.pairs().try_into().unwrap();
    assert!(!pair.widens && pair.reasons.contains(&Reason::NameNear));
    assert!(pair.a == far[0] || pair.b == far[0]);
    assert_eq!(desk.told(), []);
    assert!(pair.is_of(Some("01")) && pair.is_of(Some("02")) && pair.is_of(None) && !pair.is_of(Some("03")));
}

#[test]
fn a_move_is_confirmed_at_the_end_where_it_was_not_told() {
    let mut desk = Desk::new();
    let (left, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (right, b) = desk.household("02", "Lê Giả Khác", &[AN]);
    let event = desk.key();
    let of = |field: &str, value: &str| Edit::entity(Container::Events, &event, field, value);
    let told = [
        of("person", a[0].person.as_str()),
        of("kind", "moved_out"),
        of("date", "2026-05-20"),
        of("other_place", "Thôn Hai, Xã Giả Lập"),
    ];
    desk.edit(&desk.before, left, &told);
    let [row] = desk.waiting().moves.clone().try_into().unwrap();
    assert!(row.is_of(Some("01")) && row.is_of(Some("02")) && !row.is_of(Some("03")));
    let found = &row.found;
    assert_eq!((found.from.as_ref(), found.to.as_ref()), (Some(&a[0]), Some(&b[0])));
    assert!(!found.departure_missing && found.arrival_missing && found.link_missing);
    assert_eq!(desk.pairs(), [], "told once, as a move");
    let seen = desk.seen(&row.subject());
    let deed = desk.done(Deed::ConfirmMove {
        from: a[0].clone(),
        to: b[0].clone(),
        date: None,
        reason: BECAUSE.into(),
        seen,
    });
    assert_eq!(desk.waiting().moves, []);
    let view = desk.on_phone(right);
    let arrival = view.of(Container::Events).map(|(_, event)| event).next().unwrap();
    let shown = ["kind", "date", "other_place"].map(|field| shown_text(arrival, field));
    assert_eq!(shown, [Some("moved_in"), Some("2026-05-20"), Some("Thôn Một")]);
    assert_eq!(desk.view(left).of(Container::Events).count(), 1, "what was told is not told again");
    desk.office.undo_deed(&desk.mai, deed, CLOCK).unwrap();
    assert_eq!(desk.waiting().moves.len(), 1);
}

#[test]
fn a_move_between_villages_that_became_one_is_found_with_both_its_ends() {
    let mut desk = Desk::new();
    let (_, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (right, b) = desk.household("02", "Lê Giả Khác", &[AN]);
    let villages = vec!["01".to_owned(), "02".to_owned()];
    let merger = PlaceAct::Merge { villages, into: "07".into(), name: Some("Thôn Hợp Nhất".into()) };
    let (from, today) = (Date::constant(2026, 11, 10), Date::constant(2026, 11, 20));
    desk.office.change_places(&desk.mai, &merger, from, false, today, CLOCK).unwrap();
    let event = desk.key();
    let of = |field: &str, value: &str| Edit::entity(Container::Events, &event, field, value);
    let told = [
        of("person", b[0].person.as_str()),
        of("kind", "moved_in"),
        of("date", "2026-11-15"),
        of("other_place", "Thôn Một"),
    ];
    desk.edit(&desk.before, right, &told);
    let [row] = desk.waiting().moves.clone().try_into().unwrap();
    assert_eq!((row.found.from.as_ref(), row.found.to.as_ref()), (Some(&a[0]), Some(&b[0])));
    assert_eq!([&row.from_village, &row.to_village], [&Some("07".to_owned()), &Some("07".to_owned())]);
    assert_eq!(desk.pairs(), [], "told once, as a move");
}

#[test]
fn two_documents_of_one_household_are_linked_child_by_child() {
    let mut desk = Desk::new();
    let (kept, a) = desk.household("01", "Trần Giả Chủ", &[AN, BINH]);
    let (second, b) = desk.household("01", "Tran Gia Chu", &[AN, BINH]);
    let [found] = desk.waiting().households.clone().try_into().unwrap();
    assert_eq!(found.reasons.last(), Some(&HouseholdReason::SameChildren));
    assert_eq!(found.pairs.len(), 2);
    let pairs: Vec<(EntityId, EntityId)> =
        a.iter().zip(&b).map(|(a, b)| (a.person.clone(), b.person.clone())).collect();
    let seen = desk.seen(&Subject::households(kept, second));
    let deed = |pairs: &[(EntityId, EntityId)]| Deed::LinkHouseholds {
        kept,
        second,
        pairs: pairs.to_vec(),
        withdraw: true,
        reason: "một hộ ghi hai lần".into(),
        seen,
    };
    let refused = desk.office.do_deed(&desk.mai, deed(&pairs[..1]), CLOCK);
    assert_eq!(refused, Err(DeedError::ChildrenLeft));
    let done = desk.done(deed(&pairs));
    assert!(is_withdrawn(&desk.on_phone(second).household));
    assert_eq!(desk.waiting().households, []);
    assert_eq!(desk.pairs(), []);
    desk.office.undo_deed(&desk.mai, done, CLOCK).unwrap();
    assert!(!is_withdrawn(&desk.on_phone(second).household));
    assert_eq!(desk.pairs().len(), 2);
}

#[test]
fn of_two_officers_who_link_a_household_with_this_one_and_with_another_the_second_is_told() {
    let mut desk = Desk::new();
    let (one, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (two, b) = desk.household("01", "Trần Giả Chủ", &[AN]);
    let (_, c) = desk.household("02", "Lê Giả Khác", &[AN]);
    let households = |desk: &Desk| Deed::LinkHouseholds {
        kept: one,
        second: two,
        pairs: vec![(a[0].person.clone(), b[0].person.clone())],
        withdraw: true,
        reason: BECAUSE.into(),
        seen: desk.seen(&Subject::households(one, two)),
    };
    for other in [&a[0], &c[0]] {
        let looked_at = households(&desk);
        let linked = desk.done(desk.link(&b[0], other, LinkKind::Same));
        let answer = desk.office.do_deed(&desk.binh, looked_at, CLOCK);
        assert_eq!(answer, Err(DeedError::ChangedMeanwhile), "somebody linked a child of it");
        let looked_at = households(&desk);
        desk.office.undo_deed(&desk.mai, linked, CLOCK).unwrap();
        let answer = desk.office.do_deed(&desk.binh, looked_at, CLOCK);
        assert_eq!(answer, Err(DeedError::ChangedMeanwhile), "somebody parted them");
    }
    desk.office.do_deed(&desk.binh, households(&desk), CLOCK).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever is linked and parted among three records of one child, undone in reverse every tally reads what it
    /// read before.
    #[test]
    fn links_undone_in_reverse_restore_the_tally(steps in prop::collection::vec((0usize..3, 0usize..3), 1..5)) {
        let mut desk = Desk::new();
        let people: Vec<PersonRef> =
            (0..3).map(|_| desk.household("01", "Trần Giả Chủ", &[AN]).1.remove(0)).collect();
        let mut told = vec![desk.told()];
        let mut done = Vec::new();
        for (pair, kind) in steps {
            let (a, b) = [(0, 1), (0, 2), (1, 2)][pair];
            let kind = [LinkKind::Same, LinkKind::Moved, LinkKind::NotSame][kind];
            match desk.office.do_deed(&desk.mai, desk.link(&people[a], &people[b], kind), CLOCK) {
                Ok(deed) => {
                    done.push(deed);
                    told.push(desk.told());
                }
                Err(error) => prop_assert_eq!(error, DeedError::NothingToWrite),
            }
        }
        for deed in done.into_iter().rev() {
            prop_assert_eq!(Some(desk.told()), told.pop());
            desk.office.undo_deed(&desk.binh, deed, CLOCK).expect("nobody else wrote");
        }
        prop_assert_eq!(Some(desk.told()), told.pop());
    }
}
