//! Rows, numbers and people of a household, read from its document.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::date::{Date, PartialDate};
use crate::document::{Container, Edit, Household, Value, View};
use crate::id::{DeviceId, DocumentId, EntityId};
use crate::projection::project;
use crate::review::{changed_since, review};
use crate::wire::ReviewRound;

const TODAY: Date = Date::constant(2026, 11, 23);

/// A household written object by object.
struct Book {
    household: Household,
    random: ChaCha20Rng,
}

impl Book {
    fn new(salt: u64) -> Self {
        let (household, _) = Household::create(DeviceId([1; 12]).actor(1), "01", 1, salt);
        Self { household, random: ChaCha20Rng::seed_from_u64(salt) }
    }

    fn own(&mut self, field: &str, value: &str) {
        self.household.edit(&[Edit::household(field, value)], 1);
    }

    fn add<const N: usize>(&mut self, container: Container, fields: [(&str, Value); N]) -> EntityId {
        let key = EntityId::draw(&mut self.random);
        let edits = fields.map(|(field, value)| Edit::entity(container, &key, field, value));
        self.household.edit(&edits, 1);
        key
    }

    fn child(&mut self, name: &str, born: &str) -> EntityId {
        self.add(Container::Children, [("name", name.into()), ("birth_date", born.into())])
    }

    fn special(&mut self, child: &EntityId, code: &str, start: &str) -> EntityId {
        let fields = [("person", child.as_str().into()), ("code", code.into()), ("start", start.into())];
        self.add(Container::Circumstances, fields)
    }

    fn event(&mut self, person: &EntityId, kind: &str, date: &str) {
        let fields = [("person", person.as_str().into()), ("kind", kind.into()), ("date", date.into())];
        self.add(Container::Events, fields);
    }

    fn visit(&mut self, date: &str, round: Option<&str>, result: &str) {
        let round = round.map_or(Value::Null, Value::from);
        self.add(Container::Visits, [("date", date.into()), ("round", round), ("result", result.into())]);
    }

    fn view(&self) -> View {
        self.household.view()
    }

    fn summary(&self) -> Summary {
        let view = self.view();
        Summary::of(&view, &project(&view), TODAY, schemas::record::definition())
    }
}

fn round() -> ReviewRound {
    ReviewRound {
        code: "2026-2".to_owned(),
        title: "Đợt 2 năm 2026".to_owned(),
        starts: "2026-11-01".to_owned(),
        ends: "2026-11-30".to_owned(),
        as_of: "2026-11-20".to_owned(),
    }
}

#[test]
fn children_who_left_are_not_counted_and_special_ones_as_a_tally_counts_them() {
    let mut book = Book::new(1);
    let here = book.child("Trẻ một", "2018-05");
    let gone = book.child("Trẻ hai", "2017");
    let sixteen = book.child("Trẻ ba", "2010-11-23");
    let ended = book.child("Trẻ tư", "2015-01-02");
    for child in [&here, &gone, &sixteen] {
        book.special(child, "II.1.3", "2020");
    }
    let over = book.special(&ended, "II.1.3", "2020");
    book.household.edit(&[Edit::entity(Container::Circumstances, &over, "end", "2026-11-22")], 2);
    book.special(&ended, "III.7", "2020");
    book.event(&gone, "moved_out", "2026-10");
    let summary = book.summary();
    assert_eq!((summary.children, summary.special), (3, 1));
    let mistaken = Edit::entity(Container::Children, &here, "withdrawn", true);
    book.household.edit(&[mistaken], 2);
    let summary = book.summary();
    assert_eq!((summary.children, summary.special), (2, 0));
}

#[test]
fn a_search_finds_every_value_of_a_household_and_its_people_without_accents() {
    let mut book = Book::new(1);
    book.own("head_name", "Đặng Thị Giả Lập");
    // Made again from the same, the first change is the same.
    let (_, genesis) = Household::create(DeviceId([1; 12]).actor(1), "01", 1, 1);
    let mut other = Household::load(DeviceId([2; 12]).actor(1), &[&genesis.bytes]).expect("sound");
    let beside = other.edit(&[Edit::household("head_name", "Lò Văn Thử")], 2).expect("an edit");
    book.household.apply(&[&beside.bytes]).expect("sound");
    book.own("phone", "0900 000 001");
    book.add(
        Container::Members,
        [("name", "Nông Văn Mẫu".into()), ("identity_number", "000000000001".into())],
    );
    let summary = book.summary();
    assert_eq!(summary.undecided, 1);
    for looked_for in ["dang thi", "lo van thu", "lap dang", "lo thu", "NÔNG", "000 001", "000000000001"] {
        assert!(summary.says(&schemas::text::fold(looked_for)), "{looked_for}");
    }
    assert!(!summary.says(&schemas::text::fold("Đặng Thử")), "words of two people");
}

#[test]
fn a_visit_belongs_to_the_round_it_names_or_to_the_days_it_falls_in() {
    use InRound::{NotVisited, Tried, Visited};
    type Visit = (&'static str, Option<&'static str>, &'static str);
    let cases: [(&[Visit], InRound); 8] = [
        (&[], NotVisited),
        (&[("2026-10-30", None, "met")], NotVisited),
        (&[("2026-11-10", Some("2026-1"), "met")], NotVisited),
        (&[("2026-11-10", None, "met")], Visited),
        (&[("2026-10-30", Some("2026-2"), "met")], Visited),
        (&[("2026-11-10", Some("2026-2"), "absent")], Tried),
        (&[("2026-11-10", None, "refused"), ("2026-11-12", None, "moved_away")], Visited),
        (&[("không rõ", None, "met")], NotVisited),
    ];
    for (visits, expected) in cases {
        let mut book = Book::new(1);
        visits.iter().for_each(|(date, round, result)| book.visit(date, *round, result));
        assert_eq!(book.summary().in_round(&round()), expected, "{visits:?}");
    }
    let mut book = Book::new(1);
    book.visit("2026-11-10", None, "met");
    book.visit("2026-10", None, "met");
    assert_eq!(book.summary().last_visit(), "2026-11-10".parse::<PartialDate>().ok());
}

#[test]
fn people_have_their_age_and_whether_they_live_here() {
    let mut book = Book::new(1);
    let leap = book.child("Trẻ một", "2012-02-29");
    let year = book.child("Trẻ hai", "2010");
    let due = book.child("Trẻ ba", "2010-11-23");
    let noted = book.child("Trẻ tư", "2010-01-01");
    let unborn = book.child("Trẻ năm", "2027-01-01");
    let unknown = book.add(Container::Children, [("name", "Trẻ sáu".into())]);
    let adult = book.add(Container::Members, [("birth_date", "1980-11-24".into())]);
    book.event(&noted, "turned_16", "2026-01-01");
    book.event(&adult, "death", "2026-06-01");
    let people = people_on(&book.view(), TODAY);
    let of = |key: &EntityId| {
        let person = people.iter().find(|person| person.key == *key).expect("everybody is told");
        (person.age, person.is_present, person.sixteen)
    };
    assert_eq!(of(&leap), (Some(14), true, Sixteen::No));
    assert_eq!(of(&year), (Some(16), true, Sixteen::No), "perhaps only in December");
    assert_eq!(of(&due), (Some(16), true, Sixteen::Due));
    assert_eq!(of(&noted), (Some(16), true, Sixteen::Recorded));
    assert_eq!(of(&unborn), (Some(0), true, Sixteen::No));
    assert_eq!(of(&unknown), (None, true, Sixteen::No));
    assert_eq!(of(&adult), (Some(45), false, Sixteen::No));
}

#[test]
fn a_row_is_read_back_as_it_was_kept() {
    let mut book = Book::new(1);
    book.own("number", "012");
    book.visit("2026-11-10", Some("2026-2"), "met");
    let summary = book.summary();
    assert_eq!(Summary::decode(&summary.encode()), Ok(summary.clone()));
    let bytes = summary.encode();
    assert!(Summary::decode(&bytes[..bytes.len() - 1]).is_err());
    assert!(!format!("{summary:?}").contains("012"));
}

#[test]
fn households_stand_by_number_and_by_place() {
    let book = |number: &str, head: &str, hamlet: &str| {
        let mut book = Book::new(1);
        book.own("number", number);
        book.own("head_name", head);
        book.own("hamlet", hamlet);
        book.summary()
    };
    let [a, b, c] = [
        book("2", "Lò Văn Ba", "Xóm Trên"),
        book("10", "Lò Văn An", "Xóm Dưới"),
        book("10", "Lò Văn Bà", "Xóm Dưới"),
    ];
    assert!(a.by_number < b.by_number && b.by_number < c.by_number);
    assert!(b.by_place < c.by_place && c.by_place < a.by_place);
}

#[test]
fn a_household_is_named_by_its_document_or_by_village_and_number() {
    let number = |village: &str, number: &str| HouseholdName::Number(village.to_owned(), number.to_owned());
    let document = DocumentId([0xab; 16]);
    let cases = [
        ("03/12", Ok(number("03", "12"))),
        (" 03 / 012 ", Ok(number("03", "12"))),
        ("03/12B", Ok(number("03", "12b"))),
        ("03/0", Ok(number("03", "0"))),
        (&document.to_string(), Ok(HouseholdName::Document(document))),
        ("12", Err(NoName)),
        ("/12", Err(NoName)),
        ("03/", Err(NoName)),
        ("", Err(NoName)),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse(), expected, "{text}");
    }
}

#[test]
fn a_number_leads_to_its_household_unless_two_have_it() {
    let book = |salt: u64, number: &str| {
        let mut book = Book::new(salt);
        book.own("number", number);
        book.summary()
    };
    let (a, b, c) = (book(1, "012"), book(2, "13"), book(3, "0013"));
    let mut numbers = Numbers::default();
    [&a, &b, &c, &a].into_iter().for_each(|summary| numbers.add(summary));
    assert_eq!(numbers.find("01", " 12"), Ok(a.document));
    assert_eq!(numbers.find("02", "12"), Err(NotFound::Unknown));
    assert_eq!(numbers.find("01", "13"), Err(NotFound::Ambiguous(vec![b.document, c.document])));
}

#[test]
fn a_review_counts_every_household_that_is_not_withdrawn() {
    let mut visited = Book::new(1);
    visited.visit("2026-11-10", None, "met");
    let mut tried = Book::new(2);
    tried.visit("2026-11-10", None, "absent");
    let untouched = Book::new(3);
    let mut withdrawn = Book::new(4);
    withdrawn.household.edit(&[Edit::household("withdrawn", true)], 1);
    let summaries = [visited.summary(), tried.summary(), untouched.summary(), withdrawn.summary()];
    let done = review(&summaries, Some("01"), Some(&round()));
    assert_eq!((done.households, done.visited), (3, 1));
    assert_eq!(done.not_visited, [summaries[1].document, summaries[2].document]);
    assert_eq!(review(&summaries, Some("02"), Some(&round())).households, 0);
    assert!(review(&summaries, None, None).not_visited.is_empty());
}

#[test]
fn what_changed_or_began_since_it_was_signed_is_told() {
    let fingerprint =
        |document: u8, heads: u64| crate::heads::Fingerprint { document: DocumentId([document; 16]), heads };
    let signed = [fingerprint(1, 7), fingerprint(2, 8)];
    assert!(changed_since(&signed, &signed).is_empty());
    let now = [fingerprint(1, 7), fingerprint(2, 9), fingerprint(3, 1)];
    assert_eq!(changed_since(&signed, &now), [DocumentId([2; 16]), DocumentId([3; 16])]);
}
