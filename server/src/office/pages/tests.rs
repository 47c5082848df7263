//! Rows against documents. Every person here is made up.

use std::sync::Arc;

use jiff::civil::Date;
use sync_core::document::{Container, Edit, Target, Value};
use sync_core::facts::PersonRef;
use sync_core::issues::{IssueCode, Severity};
use sync_core::projection::project;
use sync_core::register::{InRound, Summary};
use sync_core::wire::ReviewRound;

use super::*;
use crate::office::desk::{CLOCK, Desk};

const TODAY: Date = Date::constant(2026, 11, 20);

/// A child of a made-up household: name, birth, and a line of 03/TE.
type Child<'a> = (&'a str, &'a str, Option<&'a str>);

impl Desk {
    fn registered(&mut self, village: &str, number: &str, head: &str, children: &[Child<'_>]) -> DocumentId {
        let own = [("number", number), ("head_name", head), ("poverty_status", "neither")];
        let said: Vec<_> = children
            .iter()
            .map(|(name, birth, _)| [("name", *name), ("birth_date", *birth), ("sex", "female")])
            .collect();
        let (document, people) =
            self.begin(village, &own, &said.iter().map(<[_; 3]>::as_slice).collect::<Vec<_>>());
        for (child, (.., line)) in people.iter().zip(children) {
            let Some(line) = line else { continue };
            let circumstance = self.key();
            let of = |field, value: &str| Edit::entity(Container::Circumstances, &circumstance, field, value);
            let told = [of("person", child.person.as_str()), of("code", line), of("start", "2024")];
            self.edit(&self.before, document, &told);
        }
        document
    }

    fn visit(&mut self, document: DocumentId, day: &str, round: Option<&str>, result: &str) {
        let visit = self.key();
        let of = |field, value: &str| Edit::entity(Container::Visits, &visit, field, value);
        let mut edits = vec![of("date", day), of("result", result)];
        edits.extend(round.map(|round| of("round", round)));
        self.edit(&self.before, document, &edits);
    }

    /// Households, those visited and tried in the round, those with something undecided: counted from the documents.
    fn as_documents_say(&self, village: &str, today: Date) -> (u64, u64, u64, u64) {
        let mut counts = (0, 0, 0, 0);
        for document in self.office.documents(Some(village)).unwrap() {
            let view = self.view(document);
            let summary = Summary::of(&view, &project(&view), today, schemas::record::definition());
            if summary.withdrawn {
                continue;
            }
            counts.0 += 1;
            counts.1 += u64::from(summary.in_round(&round()) == InRound::Visited);
            counts.2 += u64::from(summary.in_round(&round()) == InRound::Tried);
            counts.3 += u64::from(summary.undecided > 0);
        }
        counts
    }

    /// Households of a list, by number.
    fn listed(&self, filter: &Filter) -> Vec<String> {
        let found = self.office.households(filter, 0).unwrap();
        assert_eq!(found.total, found.rows.len() as u64);
        found.rows.into_iter().map(|row| row.number).collect()
    }

    /// Households found, by number, with the people who were meant.
    fn found(&self, text: &str) -> Vec<(String, Vec<String>)> {
        let found = self.office.search(text, None, 0).unwrap();
        let names = |row: HouseholdRow| row.matched.into_iter().map(|person| person.name).collect();
        found.rows.into_iter().map(|row| (row.number.clone(), names(row))).collect()
    }
}

fn round() -> ReviewRound {
    ReviewRound {
        code: "2026-2".into(),
        title: "Đợt giả lập".into(),
        starts: "2026-11-01".into(),
        ends: "2026-11-30".into(),
        as_of: "2026-11-20".into(),
    }
}

#[test]
fn a_change_is_in_the_next_list_and_an_older_row_never_overwrites_it() {
    let mut desk = Desk::new();
    let document = desk.registered("01", "12", "Nguyễn Văn Giả", &[("Nguyễn Thị Một", "2020-05-03", None)]);
    assert_eq!(desk.listed(&Filter::default()), ["12"]);
    let old = desk.office.read(|sql| rows_of(sql, document, TODAY)).unwrap().unwrap();
    desk.edit(&desk.before, document, &[Edit::household("number", "13")]);
    assert_eq!(desk.listed(&Filter::default()), ["13"]);
    desk.office.writer.write(move |sql, _| old.write(sql, &VillageMap::default())).unwrap();
    assert_eq!(desk.listed(&Filter::default()), ["13"], "a row made from less of the log is dropped");
    assert_eq!(desk.office.index_behind().unwrap(), 0);
    assert!(desk.folder.path().exists());
}

#[test]
fn what_was_changed_while_rows_were_made_stays_due() {
    let mut desk = Desk::new();
    let document = desk.registered("01", "12", "Nguyễn Văn Giả", &[]);
    let old = desk.office.read(|sql| rows_of(sql, document, TODAY)).unwrap().unwrap();
    desk.edit(&desk.before, document, &[Edit::household("number", "13")]);
    desk.office.writer.write(move |sql, _| old.write(sql, &VillageMap::default())).unwrap();
    let due = desk.office.read(|sql| due(sql, 10)).unwrap();
    assert_eq!(due, [document]);
    assert_eq!(desk.listed(&Filter::default()), ["13"]);
}

#[test]
fn more_than_a_page_may_wait_for_is_left_and_told() {
    let mut desk = Desk::new();
    let count = CATCH_UP_MAX + 5;
    for number in 0..count {
        desk.registered("01", &number.to_string(), "Trần Thị Giả", &[]);
    }
    assert_eq!(desk.office.index_behind().unwrap(), 5);
    assert_eq!(desk.office.index_all(TODAY).unwrap(), 5);
    let first = desk.office.households(&Filter::default(), 0).unwrap();
    assert_eq!((first.rows.len(), first.total), (PAGE_ROWS, count as u64));
    let second = desk.office.households(&Filter::default(), 1).unwrap();
    let numbers: Vec<String> = first.rows.into_iter().chain(second.rows).map(|row| row.number).collect();
    let expected: Vec<String> = (0..count).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected, "numbers order by value");
}

#[test]
fn rows_of_another_day_or_edition_are_made_anew_in_the_background_only() {
    let mut desk = Desk::new();
    desk.registered("01", "1", "Lê Thị Giả", &[("Lê Văn Một", "2010-11-21", Some("II.4.1"))]);
    assert_eq!(desk.office.index_all(TODAY).unwrap(), 1);
    assert_eq!(desk.office.index_all(TODAY).unwrap(), 0);
    let special = |desk: &Desk| desk.office.households(&Filter::default(), 0).unwrap().rows[0].special;
    assert_eq!(special(&desk), 1);
    let birthday = TODAY.tomorrow().unwrap();
    assert_eq!(desk.office.index_behind().unwrap(), 0, "another day is nothing to wait for");
    assert_eq!(desk.office.index_all(birthday).unwrap(), 1);
    assert_eq!(special(&desk), 0, "16 today");
    desk.office
        .writer
        .write(|sql, _| Ok(sql.execute("UPDATE household_row SET edition = '0'", [])?))
        .unwrap();
    assert_eq!(desk.office.index_all(birthday).unwrap(), 1);
}

#[test]
fn the_index_thread_makes_what_is_due_and_stops() {
    let mut desk = Desk::new();
    let document = desk.registered("01", "1", "Lê Thị Giả", &[]);
    let office = Arc::new(desk.office);
    let (asked, told) = std::sync::mpsc::channel();
    let thread = IndexThread::start(Arc::clone(&office), move || {
        let _ = asked.send(());
        TODAY
    });
    let thread = thread.unwrap();
    // The second time it asks for the day, the first group is written.
    told.recv().unwrap();
    told.recv().unwrap();
    drop(thread);
    assert_eq!(office.read(|sql| due(sql, 1)).unwrap(), []);
    assert!(office.read(|sql| Ok::<_, Problem>(rows_of(sql, document, TODAY)?.is_some())).unwrap());
    assert_eq!(Arc::strong_count(&office), 1, "the thread let go of the office");
}

#[test]
fn people_are_found_without_accents_by_numbers_and_in_any_order_of_words() {
    let mut desk = Desk::new();
    desk.registered("01", "7", "Đặng Văn Hoà", &[("Đặng Thị Ngọc Ánh", "2019-05-03", None)]);
    let second = desk.registered("02", "107", "Trần Văn Bảy", &[("Trần Ánh Dương", "2018", None)]);
    desk.edit(
        &desk.before,
        second,
        &[Edit::household("address", "Ngõ 7, đường Giả"), Edit::household("withdrawn", false)],
    );
    let child = desk.office.people_of(second).unwrap()[0].person.clone();
    desk.edit(
        &desk.before,
        second,
        &[Edit::entity(Container::Children, &child, "identity_number", "001318000107")],
    );
    let one =
        |number: &str, names: &[&str]| (number.to_owned(), names.iter().map(ToString::to_string).collect());
    type Found = Vec<(String, Vec<String>)>;
    let cases: [(&str, Found); 7] = [
        ("dang anh", vec![one("7", &["Đặng Thị Ngọc Ánh"])]),
        ("ÁNH", vec![one("7", &["Đặng Thị Ngọc Ánh"]), one("107", &["Trần Ánh Dương"])]),
        ("duong tran", vec![one("107", &["Trần Ánh Dương"])]),
        ("001318000107", vec![one("107", &["Trần Ánh Dương"])]),
        // The household of that number first, then whoever else has it somewhere.
        ("07", vec![one("7", &[]), one("107", &["Trần Ánh Dương"])]),
        ("đường giả", vec![one("107", &[])]),
        ("không ai cả", vec![]),
    ];
    for (text, expected) in cases {
        assert_eq!(desk.found(text), expected, "{text}");
    }
    for nothing in ["", "  ", "%", "' OR 1=1 --"] {
        assert_eq!(desk.found(nothing), [], "{nothing}");
    }
}

#[test]
fn lists_are_narrowed_by_village_line_and_what_is_wrong() {
    let mut desk = Desk::new();
    desk.registered("01", "1", "Giả Một", &[("Trẻ Một", "2019-05-03", Some("II.4.1"))]);
    // An orphan with a living mother is a contradiction.
    let orphan = desk.registered("01", "2", "Giả Hai", &[("Trẻ Hai", "2018-01-01", Some("II.1.3"))]);
    let child = desk.office.people_of(orphan).unwrap()[0].person.clone();
    desk.edit(&desk.before, orphan, &[Edit::entity(Container::Children, &child, "mother_status", "living")]);
    let gone = desk.registered("02", "3", "Giả Ba", &[("Trẻ Ba", "2009-01-01", Some("II.4.1"))]);
    desk.edit(&desk.before, gone, &[Edit::household("poverty_status", "poor")]);
    let mistake = desk.registered("02", "4", "Giả Bốn", &[("Trẻ Bốn", "2018-01-01", Some("II.4.2"))]);
    desk.edit(&desk.before, mistake, &[Edit::household("withdrawn", true)]);
    let of = |line: Option<&str>, village: Option<&str>, only: Only| Filter {
        village: village.map(str::to_owned),
        line: line.map(str::to_owned),
        only,
    };
    let cases = [
        (of(None, None, Only::Standing), vec!["1", "2", "3"]),
        (of(None, Some("02"), Only::Standing), vec!["3"]),
        (of(Some("II.4"), None, Only::Standing), vec!["1"]),
        (of(Some("II"), None, Only::Standing), vec!["1", "2"]),
        (of(Some("II.4.1"), Some("02"), Only::Standing), vec![]),
        (of(None, None, Only::Contradictions), vec!["2", "3"]),
        (of(None, None, Only::Withdrawn), vec!["4"]),
        (of(None, None, Only::Undecided), vec![]),
    ];
    for (filter, expected) in cases {
        assert_eq!(desk.listed(&filter), expected, "{filter:?}");
    }
    let found = desk.office.households(&of(Some("II.4"), None, Only::Standing), 0).unwrap();
    assert_eq!(found.rows[0].matched[0].name, "Trẻ Một");
}

#[test]
fn villages_stand_as_the_documents_say() {
    let mut desk = Desk::new();
    assert!(desk.office.open_round(None, &round(), CLOCK).unwrap());
    let visited = desk.registered("01", "1", "Giả Một", &[("Trẻ Một", "2019-05-03", Some("II.4.1"))]);
    let tried = desk.registered("01", "2", "Giả Hai", &[("Trẻ Hai", "2018-01-01", None)]);
    let by_date = desk.registered("02", "3", "Giả Ba", &[("Trẻ Ba", "2018-01-01", None)]);
    let before = desk.registered("02", "4", "Giả Bốn", &[]);
    let mistake = desk.registered("02", "5", "Giả Năm", &[]);
    desk.visit(visited, "2026-11-03", Some("2026-2"), "absent");
    desk.visit(visited, "2026-11-04", Some("2026-2"), "met");
    desk.visit(tried, "2026-11-03", Some("2026-2"), "absent");
    desk.visit(by_date, "2026-11-03", None, "met");
    desk.visit(before, "2026-10-03", None, "met");
    desk.edit(&desk.before, mistake, &[Edit::household("withdrawn", true)]);
    for today in [TODAY, TODAY] {
        let quick = desk.office.village_states(Some(&round()), today).unwrap();
        for quick in &quick {
            let counts = (quick.households, quick.visited, quick.tried, quick.undecided);
            assert_eq!(counts, desk.as_documents_say(&quick.code, today), "{}", quick.code);
            let [of] = quick.sign_offs.as_slice() else { panic!("one code, one sign-off") };
            assert_eq!(
                (of.code.as_str(), of.signed.is_some(), of.reopened),
                (quick.code.as_str(), false, false)
            );
        }
        let names: Vec<&str> = quick.iter().map(|state| state.name.as_str()).collect();
        assert_eq!(names, ["Thôn Một", "Thôn Hai"]);
        let counts = |state: &VillageState| (state.visited, state.tried, state.children, state.special);
        assert_eq!(quick.iter().map(counts).collect::<Vec<_>>(), [(1, 1, 2, 1), (1, 0, 1, 0)]);
    }
    let without = desk.office.village_states(None, TODAY).unwrap();
    assert_eq!(
        without.iter().map(|state| (state.households, state.visited)).collect::<Vec<_>>(),
        [(2, 0), (2, 0)]
    );
}

#[test]
fn issues_are_told_with_whom_they_are_about() {
    let mut desk = Desk::new();
    let document = desk.registered("01", "1", "Giả Một", &[("Trẻ Một", "2009-05-03", Some("II.4.1"))]);
    desk.registered("02", "2", "Giả Hai", &[("Trẻ Hai", "2019-05-03", None)]);
    let contradictions = IssueFilter { severity: Some(Severity::Contradiction), ..IssueFilter::default() };
    let (rows, total) = desk.office.issue_rows(&contradictions).unwrap();
    assert_eq!(total, 1);
    let [row] = rows.as_slice() else { panic!("one row") };
    assert_eq!(
        (row.document, row.code, row.container.as_str()),
        (document, IssueCode::OpenAfter16, "circumstances")
    );
    assert_eq!(row.person.as_ref().unwrap().name, "Trẻ Một");
    let numbers = IssueFilter {
        codes: vec![IssueCode::MissingIdentityNumber],
        village: Some("02".into()),
        ..IssueFilter::default()
    };
    let (rows, total) = desk.office.issue_rows(&numbers).unwrap();
    assert_eq!((rows.len(), total), (1, 1));
    assert_eq!(rows[0].person.as_ref().unwrap().name, "Trẻ Hai");
    let beyond = IssueFilter { page: 3, ..numbers };
    assert_eq!(desk.office.issue_rows(&beyond).unwrap(), (Vec::new(), 1));
}

#[test]
fn issues_that_are_read_at_once_are_those_of_all_pages() {
    let mut desk = Desk::new();
    for (number, village) in [("1", "02"), ("2", "01")] {
        let names: Vec<String> = (0..30).map(|n| format!("Trẻ Giả {n}")).collect();
        let children: Vec<Child<'_>> = names.iter().map(|name| (name.as_str(), "2019-05-03", None)).collect();
        desk.registered(village, number, "Giả Chủ", &children);
    }
    let filter =
        |page| IssueFilter { codes: vec![IssueCode::MissingIdentityNumber], page, ..IssueFilter::default() };
    let pages = [0, 1].map(|page| desk.office.issue_rows(&filter(page)).unwrap().0).concat();
    assert_eq!(desk.office.issues_at_once(&filter(0), 60).unwrap(), (pages.clone(), 60));
    let (some, total) = desk.office.issues_at_once(&filter(0), 7).unwrap();
    assert_eq!((some.as_slice(), total), (&pages[..7], 60), "how many there are is told all the same");
}

#[test]
fn people_are_named_in_the_order_asked() {
    let mut desk = Desk::new();
    let document = desk.registered("01", "1", "Giả Một", &[("Trẻ Một", "2019-05-03", None)]);
    desk.office.index_now(&[document]).unwrap();
    let person = desk.office.people_of(document).unwrap()[0].person.clone();
    let known = PersonRef { document, person };
    let unknown = PersonRef { document, person: desk.key() };
    let named = desk.office.people_named(&[unknown, known]).unwrap();
    assert_eq!(named[0], None);
    let row = named[1].as_ref().unwrap();
    assert_eq!(
        (row.name.as_str(), row.head.as_str(), row.birth.as_str()),
        ("Trẻ Một", "Giả Một", "2019-05-03")
    );
    assert!(!format!("{row:?}").contains("Trẻ"), "a name is in no Debug");
}

#[test]
fn a_history_says_who_wrote_what_and_whether_the_signature_fits() {
    let mut desk = Desk::new();
    let document = desk.registered("01", "1", "Giả Một", &[("Trẻ Một", "2019-05-03", None)]);
    for number in 2..30 {
        desk.edit(&desk.before, document, &[Edit::household("number", number.to_string())]);
    }
    let page = desk.office.history(document, 0).unwrap();
    assert_eq!((page.total, page.pages, page.rows.len()), (30, 2, 20));
    let newest = &page.rows[0];
    assert!(newest.signature_fits && newest.by_office && !newest.begins);
    let edit = FieldChange {
        target: Target::Household,
        field: "number".into(),
        before: vec![Value::from("28")],
        written: Value::from("29"),
        beside: Vec::new(),
    };
    assert_eq!(newest.edits, [edit]);
    let oldest = desk.office.history(document, 1).unwrap().rows.pop().unwrap();
    assert!(oldest.begins && oldest.edits.is_empty());
    assert_eq!(desk.office.history(document, 9).unwrap().rows, []);
    let (one, _) = desk.office.change(newest.recorded.hash).unwrap();
    assert_eq!(one, *newest);

    // Whoever alters the signed batch in the database is found out.
    let altered = |sql: &Connection| sql.execute("UPDATE batch SET signed_at = signed_at + 1", []);
    desk.office.writer.write(move |sql, _| Ok(altered(sql)?)).unwrap();
    assert!(!desk.office.change(newest.recorded.hash).unwrap().0.signature_fits);
    let unknown = sync_core::id::ChangeHash([1; 32]);
    assert_eq!(desk.office.change(unknown).unwrap_err().code, crate::problem::Code::NotFound);
}

#[test]
fn rows_of_an_earlier_version_say_where_the_household_is_until_they_are_made_anew() {
    let sql = Connection::open_in_memory().unwrap();
    sql.execute_batch(
        "CREATE TABLE document (id BLOB PRIMARY KEY);
         CREATE TABLE row_due (document BLOB PRIMARY KEY);
         CREATE TABLE household_row (document BLOB PRIMARY KEY, address TEXT NOT NULL, hamlet TEXT NOT NULL);
         CREATE TABLE person_row (document BLOB NOT NULL, person TEXT NOT NULL);
         INSERT INTO document VALUES (x'01'), (x'02'), (x'03'), (x'04');
         INSERT INTO row_due VALUES (x'02');
         INSERT INTO household_row VALUES (x'01', 'Số 5', 'Xóm Đình'), (x'02', '', 'Xóm Đình'), (x'03', '', '');
         INSERT INTO person_row VALUES (x'01', 'a'), (x'01', 'b'), (x'02', 'a'), (x'03', 'a'), (x'04', 'a');",
    )
    .unwrap();
    sql.execute_batch(include_str!("../../../migrations/013_addresses.sql")).unwrap();
    let mut query = sql.prepare("SELECT address FROM person_row ORDER BY document, person").unwrap();
    let addresses: Vec<String> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(addresses, ["Số 5, Xóm Đình", "Số 5, Xóm Đình", "Xóm Đình", "", ""]);
    let due: u64 = sql.query_row("SELECT count(*) FROM row_due", [], |row| row.get(0)).unwrap();
    assert_eq!(due, 4, "each once");
}
