//! The queue as an officer uses it, without a browser. All people are synthetic.

use axum::http::StatusCode;
use sync_core::document::{Container, Edit, Household, LocalChange};
use sync_core::id::{DocumentId, EntityId};

use crate::console::tests::{CLOCK, Desk};
use crate::office::{Author, Role};

mod contradictions;
mod done;
mod lists;
mod meanwhile;
mod moves;
mod pairs;
mod refused;
mod two;

/// Two collectors who wrote about one household without knowing of each other.
struct Village {
    document: DocumentId,
    one: (Author, Household),
    other: (Author, Household),
}

impl Village {
    fn new(desk: &Desk) -> Self {
        Self::salted(desk, 7)
    }

    fn salted(desk: &Desk, salt: u64) -> Self {
        Self::begun(desk, "01", salt)
    }

    fn begun(desk: &Desk, code: &str, salt: u64) -> Self {
        let authors =
            [Author::officer(&[1; 32], "Máy giả lập 1"), Author::officer(&[2; 32], "Máy giả lập 2")];
        let [one, other] = authors;
        let commune = desk.office.commune();
        let (household, genesis) = Household::create(one.actor(commune), code, CLOCK, salt);
        let twin = Household::load(other.actor(commune), &[&genesis.bytes]).expect("a genesis");
        let document = household.id();
        let village = Self { document, one: (one, household), other: (other, twin) };
        village.keep(desk, &village.one.0, genesis);
        village
    }

    fn keep(&self, desk: &Desk, author: &Author, change: LocalChange) {
        let accepted = desk.office.author(author, vec![(self.document, change)], Vec::new(), CLOCK);
        assert_eq!(accepted.expect("an accepted change"), 1);
    }

    /// The first collector's edits, which the second learns.
    fn told(&mut self, desk: &Desk, edits: &[Edit]) {
        let change = self.one.1.edit(edits, CLOCK).expect("an edit");
        self.other.1.apply(&[&change.bytes]).expect("sound");
        self.keep(desk, &self.one.0, change);
    }

    /// What each wrote without knowing of the other.
    fn disputed(&mut self, desk: &Desk, one: &[Edit], other: &[Edit]) {
        let first = self.one.1.edit(one, CLOCK).expect("an edit");
        let second = self.other.1.edit(other, CLOCK).expect("an edit");
        self.keep(desk, &self.one.0, first);
        self.keep(desk, &self.other.0, second);
    }
}

fn child(n: u8) -> EntityId {
    format!("{n:0>13}").parse().expect("thirteen digits are a key")
}

fn set(n: u8, field: &str, value: &str) -> Edit {
    Edit::entity(Container::Children, &child(n), field, value)
}

/// A desk with a child of whom two fields are disputed.
fn desk_with_dispute() -> (Desk, Village) {
    let desk = Desk::officer();
    let mut village = Village::new(&desk);
    village.told(&desk, &[set(1, "name", "Trẻ Giả Lập"), Edit::household("head_name", "Chủ Hộ Giả Lập")]);
    village.disputed(
        &desk,
        &[set(1, "birth_date", "2015-05-03"), set(1, "class", "4A")],
        &[set(1, "birth_date", "2016-05-03"), set(1, "class", "4B")],
    );
    desk.office.index_now(&[village.document]).expect("rows");
    (desk, village)
}

fn key_of(village: &Village, n: u8, field: &str) -> String {
    format!("f~{}~children~{}~{field}", village.document, child(n))
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the hidden field");
    rest.split('"').next().expect("a value").to_owned()
}

#[test]
fn a_decision_opens_the_next_item_and_the_second_officer_is_told_what_was_decided() {
    let (mut desk, village) = desk_with_dispute();
    let mut second = desk.beside().signed_in("can-bo-2", &[Role::Officer]);
    let key = key_of(&village, 1, "birth_date");
    let address = format!("/office/decide?kind=values&at={key}");
    let page = desk.open(&address).text();
    assert!(page.contains("03/05/2015") && page.contains("03/05/2016") && page.contains("Máy giả lập 1"));
    assert_eq!(page.matches("autofocus").count() - page.matches("<button autofocus").count(), 1, "one focus");
    let seen = hidden(&page, "seen");
    let also_seen = hidden(&second.open(&address).text(), "seen");
    let next = key_of(&village, 1, "class");
    let form = [
        ("key", key.as_str()),
        ("seen", &seen),
        ("kind", "values"),
        ("next", &next),
        ("pick", "0"),
        ("usual", "paper"),
    ];
    let answer = desk.post("/office/decide/value", &form);
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location, Some(format!("/office/decide?kind=values&why=paper&next={next}")));
    assert_eq!(desk.office.conflicts(None).expect("rows").len(), 1);

    let late = [
        ("key", key.as_str()),
        ("seen", &also_seen),
        ("kind", "values"),
        ("pick", "other"),
        ("other", "04/05/2016"),
        ("reason", "gia đình nói vậy"),
    ];
    let answer = second.post("/office/decide/value", &late);
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let page = answer.text();
    assert!(page.contains("Cán Bộ Giả Lập"), "who decided");
    assert!(page.contains("04/05/2016") && page.contains("gia đình nói vậy"), "what was typed is kept");
    assert_eq!(desk.office.conflicts(None).expect("rows").len(), 1, "nothing was overwritten");

    let undo = desk.office.deeds(None, 1).expect("rows")[0].id;
    let answer = desk.post(&format!("/office/deeds/{undo}/undo"), &[]);
    assert_eq!(answer.location, Some(address));
    assert_eq!(desk.office.conflicts(None).expect("rows").len(), 2, "the dispute is open again");
}

#[test]
fn a_third_value_needs_a_reason_and_a_form_that_fits_and_nothing_typed_is_lost() {
    let (mut desk, village) = desk_with_dispute();
    let key = key_of(&village, 1, "birth_date");
    let seen = hidden(&desk.open(&format!("/office/decide?at={key}")).text(), "seen");
    let form = |other: &str, reason: &str| {
        [
            ("key", key.clone()),
            ("seen", seen.clone()),
            ("pick", "other".into()),
            ("other", other.into()),
            ("reason", reason.into()),
        ]
    };
    let long = "a".repeat(crate::office::DEED_REASON_CHARS_MAX + 1);
    let long = long.as_str();
    for (other, reason) in
        [("31/02/2016", "lý do giả lập"), ("05/2016", ""), ("", "lý do giả lập"), ("05/2016", long)]
    {
        let fields = form(other, reason);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = desk.post("/office/decide/value", &fields);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{other} {reason}");
        let page = answer.text();
        assert!(page.contains("field-error") && page.contains(other) && page.contains(reason));
        assert_eq!(page.contains("Dài quá 500 ký tự."), reason == long);
        assert!(
            !page.contains("maxlength"),
            "what is pasted is refused beside the field, not cut by the browser"
        );
    }
    let fields = form("05/2016", "lý do giả lập");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(desk.post("/office/decide/value", &fields).status, StatusCode::SEE_OTHER);
    let page = desk.open(&format!("/office/decide?at={key}")).text();
    assert!(page.contains("05/2016") && page.contains("lý do giả lập"), "the decision and its reason");
}

/// The value of what a page of the queue has open.
fn open_key(page: &str) -> String {
    hidden(page, "key")
}

/// Three households of one name and address in which somebody registered the same two children.
fn desk_with_households() -> (Desk, Vec<Village>) {
    let desk = Desk::officer();
    let mut villages: Vec<Village> = (0..3).map(|salt| Village::salted(&desk, salt)).collect();
    for village in &mut villages {
        let own = [Edit::household("head_name", "Chủ Hộ Giả Lập"), Edit::household("address", "Xóm Giả Lập")];
        let children = [1, 2].map(|n| {
            let (name, birth) = (["Trẻ Giả An", "Trẻ Giả Bình"][n - 1], ["2015-05-03", "2017-02-09"][n - 1]);
            let n = u8::try_from(n).expect("one or two");
            [set(n, "name", name), set(n, "birth_date", birth)]
        });
        village.told(&desk, &[own.to_vec(), children.concat()].concat());
    }
    (desk, villages)
}

#[test]
fn a_value_written_by_a_clock_that_was_wrong_says_so_in_the_queue_and_in_the_history() {
    let desk = Desk::officer();
    let mut village = Village::new(&desk);
    village.told(&desk, &[set(1, "name", "Trẻ Giả Lập")]);
    let year = 365 * 24 * 3600;
    let (one, other) = ([set(1, "class", "4A")], [set(1, "class", "4B")]);
    let behind = village.one.1.edit(&one, CLOCK - 3 * year).expect("an edit");
    let ahead = village.other.1.edit(&other, CLOCK + 40 * 24 * 3600).expect("an edit");
    let change = behind.hash;
    village.keep(&desk, &village.one.0, behind);
    village.keep(&desk, &village.other.0, ahead);
    let mut desk = desk;
    let page = desk.open(&format!("/office/decide?at={}", key_of(&village, 1, "class"))).text();
    assert_eq!(page.matches("đồng hồ máy chậm khoảng 3 năm").count(), 1);
    assert_eq!(page.matches("đồng hồ máy nhanh khoảng 40 ngày").count(), 1);
    let history = desk.open(&format!("/office/household/{}/history", village.document)).text();
    assert_eq!(history.matches("đồng hồ máy").count(), 2, "and not beside what was written in time");
    assert!(desk.open(&format!("/office/change/{change}")).text().contains("đồng hồ máy chậm khoảng 3 năm"));
}

#[test]
fn what_is_safe_is_shown_first_then_written_at_once_and_undone_as_a_whole() {
    let desk = Desk::officer();
    let mut village = Village::new(&desk);
    village.told(&desk, &[set(1, "name", "Trẻ"), set(2, "name", "Trẻ")]);
    village.disputed(
        &desk,
        &[set(1, "father_name", "NGUYỄN VĂN GIẢ"), set(2, "birth_date", "2016"), set(2, "sex", "male")],
        &[
            set(1, "father_name", "Nguyễn Văn Giả"),
            set(2, "birth_date", "2016-05-03"),
            set(2, "sex", "female"),
        ],
    );
    let mut desk = desk;
    let preview = desk.post("/office/decide/bulk", &[("kind", "values"), ("every", "1")]).text();
    assert!(
        preview.contains("<strong><bdi class=\"whole\">Nguyễn Văn Giả</bdi></strong>")
            && preview.contains("03/05/2016")
    );
    assert_eq!(preview.matches("name=\"item\"").count(), 2, "the sex is left to somebody's judgement");
    let parts = |name: &str| -> Vec<String> {
        let marked = format!("name=\"{name}\" value=\"");
        preview.split(&marked).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    };
    let (items, saw) = (parts("item"), parts("saw"));
    let mut form: Vec<(&str, &str)> = vec![("kind", "values")];
    for (item, saw) in items.iter().zip(&saw) {
        form.extend([("item", item.as_str()), ("saw", saw.as_str())]);
    }
    let before = desk.office.deeds(None, 50).expect("rows").len();
    assert_eq!(desk.post("/office/decide/bulk/write", &form).status, StatusCode::SEE_OTHER);
    assert_eq!(desk.office.conflicts(None).expect("rows").len(), 1);
    assert_eq!(desk.post("/office/decide/bulk/write", &form).status, StatusCode::SEE_OTHER);
    let deeds = desk.office.deeds(None, 50).expect("rows");
    assert_eq!(deeds.len() - before, 2, "what was written is not written again");
    let (last, first) = (deeds[0].id, deeds[1].id);
    desk.post(&format!("/office/decide/bulk/{first}/{last}/undo"), &[]);
    assert_eq!(desk.office.conflicts(None).expect("rows").len(), 3, "all are open again");
}

#[test]
fn a_thousand_items_are_walked_fifty_at_a_time() {
    let desk = Desk::officer();
    let mut village = Village::new(&desk);
    let fields = [
        "father_name",
        "mother_name",
        "carer_name",
        "school",
        "class",
        "note",
        "phone",
        "occupation",
        "specific_address",
        "name",
    ];
    let begun: Vec<Edit> = (1..=100).map(|n| set(n, "sex", "male")).collect();
    village.told(&desk, &begun);
    for part in 0..10u8 {
        let all = |text: &str| -> Vec<Edit> {
            let children = (1..=10).map(|n| part * 10 + n);
            children.flat_map(|n| fields.map(|field| set(n, field, text))).collect()
        };
        village.disputed(&desk, &all("Một"), &all("Hai"));
    }
    let mut desk = desk;
    let mut seen = std::collections::BTreeSet::new();
    for page in 1..=20 {
        let text = desk.open(&format!("/office/decide?kind=values&page={page}")).text();
        let keys: Vec<&str> =
            text.split("name=\"item\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(keys.len(), 50, "page {page}");
        assert!(text.contains("1.000"), "how many wait");
        seen.extend(keys.into_iter().map(str::to_owned));
    }
    assert_eq!(seen.len(), 1_000);
}

#[test]
fn numbers_are_doubted_saved_and_the_next_row_is_open() {
    let desk = Desk::officer();
    let mut village = Village::new(&desk);
    let born = |n| [set(n, "name", "Trẻ Giả Lập"), set(n, "birth_date", "2015-05-03"), set(n, "sex", "male")];
    village.told(&desk, &[born(1), born(2)].concat());
    let mut desk = desk;
    let page = desk.open("/office/decide?kind=numbers").text();
    let key = hidden(&page, "key");
    let next = hidden(&page, "next");
    let mut post = |number: &str, anyway: bool| {
        let mut form = vec![
            ("key", key.as_str()),
            ("kind", "numbers"),
            ("part", "missing"),
            ("next", &next),
            ("number", number),
            ("stood", ""),
        ];
        form.extend(anyway.then_some(("anyway", "1")));
        desk.post("/office/decide/number", &form)
    };
    for wrong in ["", "123", "C1234567", "123456789"] {
        let answer = post(wrong, true);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(answer.text().contains("field-error") && answer.text().contains(wrong));
    }
    let doubted = post("020315123456", false);
    assert_eq!(doubted.status, StatusCode::UNPROCESSABLE_ENTITY, "a girl's number");
    assert!(doubted.text().contains("name=\"anyway\""));
    let saved = post("020 315 123 456", true);
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    assert_eq!(saved.location, Some(format!("/office/decide?kind=numbers&part=missing&next={next}")));
    assert_eq!(post("020215123456", false).status, StatusCode::CONFLICT, "somebody wrote it meanwhile");
    // The number of one child typed for another: whose it is comes before every other doubt.
    let form = [("key", next.as_str()), ("kind", "numbers"), ("part", "missing"), ("number", "020315123456")];
    let doubted = desk.post("/office/decide/number", &[&form[..], &[("stood", "")]].concat());
    assert_eq!(doubted.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(doubted.text().contains("Số này đang ghi cho Trẻ Giả Lập"), "{}", doubted.text());
    assert!(doubted.text().contains("name=\"anyway\""));
    let saved = desk.post("/office/decide/number", &[&form[..], &[("stood", ""), ("anyway", "1")]].concat());
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
}

#[test]
fn a_hostile_record_stays_text_in_every_list() {
    let desk = Desk::officer();
    let mut village = Village::new(&desk);
    let hostile = "<script>alert(1)</script>\u{202E}";
    village.told(&desk, &[set(1, "name", hostile), Edit::household("head_name", hostile)]);
    village.disputed(&desk, &[set(1, "note", hostile)], &[set(1, "note", "=cmd()")]);
    let mut desk = desk;
    let key = key_of(&village, 1, "note");
    for address in [
        "/office/decide".to_owned(),
        format!("/office/decide?at={key}"),
        "/office/decide?kind=numbers".to_owned(),
        "/office/decide?kind=done".to_owned(),
        "/office/decide/numbers/print?for=police".to_owned(),
        "/office/decide/numbers/print?for=round&village=01".to_owned(),
        format!(
            "/office/decide/field?document={}&container=children&entity={}&field=note",
            village.document,
            child(1)
        ),
    ] {
        let answer = desk.open(&address);
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        let page = answer.text();
        assert!(!page.contains("<script>alert") && !page.contains('\u{202E}'), "{address}");
    }
}

#[test]
fn nonsense_in_an_address_is_no_item() {
    let (mut desk, village) = desk_with_dispute();
    for address in [
        "/office/decide?kind=x&page=-1&at=%00&village=%3Cscript%3E".to_owned(),
        "/office/decide?kind=values&page=99999999999999999999".to_owned(),
        "/office/decide?kind=pairs&at=q~1".to_owned(),
        format!("/office/decide?at=f~{}~children~{}~birth_date", village.document, child(9)),
        "/office/decide?at=f~000102030405060708090a0b0c0d0e0f~household~~phone".to_owned(),
        "/office/decide/field?document=x&container=children&entity=&field=name".to_owned(),
        "/office/decide?kind=quarantine&at=q~77".to_owned(),
    ] {
        let status = desk.open(&address).status;
        assert!(status == StatusCode::OK || status == StatusCode::NOT_FOUND, "{address}: {status}");
    }
    for address in
        ["value", "pair", "households", "move", "later", "right", "withdraw", "field", "number", "quarantine"]
    {
        let answer = desk.post(&format!("/office/decide/{address}"), &[("key", "nonsense"), ("seen", "x")]);
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
    }
}
