//! The register's pages as somebody at a desk sees them. Every person here is made up.

use axum::http::StatusCode;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sync_core::document::{Container, Edit, Household, Value};
use sync_core::id::{DocumentId, EntityId};
use sync_core::seal::SealedReport;

use super::super::show;
use super::super::tests::{CLOCK, Desk, KEY};
use crate::office::{Author, Role};

/// A name that breaks what is careless: markup, writing direction, a formula, a control character.
const HOSTILE: &str = "=cmd|'/c calc'!A1<script>alert(\"1\")</script>\u{202E}gnp.\u{2066}\u{0007}";

struct Written {
    document: DocumentId,
    child: EntityId,
}

/// A household of one child.
fn household(desk: &Desk, head: &str, child_name: &str, note: &str, report: Option<&str>) -> Written {
    let mut random = StdRng::seed_from_u64(head.len() as u64);
    let author = Author::from_bytes(&[5; 32]);
    let commune = desk.office.commune();
    let (mut household, genesis) = Household::create(author.actor(commune), "01", CLOCK, head.len() as u64);
    let document = household.id();
    let child = EntityId::draw(&mut random);
    let of = |field: &str, value: &str| Edit::entity(Container::Children, &child, field, value);
    let mut edits = vec![
        Edit::household("number", "12"),
        Edit::household("head_name", head),
        Edit::household("address", "Số 1, ngõ Giả"),
        of("name", child_name),
        of("birth_date", "2019-05-03"),
        of("note", note),
    ];
    if let Some(code) = report {
        let key = EntityId::draw(&mut random);
        let report = SealedReport {
            person: child.to_string(),
            code: code.to_owned(),
            start: None,
            end: None,
            note: Some("ghi chú kín giả".into()),
            supports: Vec::new(),
        };
        let envelope = report.seal(&commune.confidential_key, document, &key, &mut random).unwrap();
        edits.push(Edit::entity(Container::Sealed, &key, "envelope", Value::Bytes(envelope)));
    }
    let change = household.edit(&edits, CLOCK).unwrap();
    let changes = vec![(document, genesis), (document, change)];
    desk.office.author(&author, changes, Vec::new(), CLOCK).unwrap();
    Written { document, child }
}

/// Every page that shows the household.
fn pages(written: &Written) -> [String; 4] {
    let household = format!("/office/household/{}", written.document);
    [
        "/office/register".to_owned(),
        household.clone(),
        format!("{household}/history"),
        format!("{household}/print"),
    ]
}

#[test]
fn a_hostile_name_is_a_name_on_every_page() {
    let mut desk = Desk::officer();
    // As long as a record takes.
    let count = sync_core::limits::TEXT_BYTES_MAX / "Ạ".len();
    let long = "Ạ".repeat(count);
    let written = household(&desk, HOSTILE, &long, HOSTILE, None);
    for address in pages(&written) {
        let answer = desk.open(&address);
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        let page = answer.text();
        assert!(page.contains("&lt;script&gt;alert("), "{address} shows the name");
        assert!(!page.contains("<script>alert"), "{address}");
        for control in ['\u{202E}', '\u{2066}', '\u{0007}'] {
            assert!(!page.contains(control), "{address}");
        }
    }
    let letters = |page: String| page.chars().filter(|c| *c == 'Ạ').count();
    let [_, address, ..] = pages(&written);
    assert!(letters(desk.open(&address).text()) >= count, "the household's page has all of it");
    let found = desk.post("/office/register/search", &[("sought", "ạạạ")]).location.unwrap();
    let list = letters(desk.open(&found).text());
    assert_eq!(list - "ạạạ".chars().filter(|c| *c == 'Ạ').count(), show::NAME_CHARS_MAX, "a list cuts it");
}

#[test]
fn what_is_looked_for_is_in_no_address_and_in_nobody_elses_session() {
    let mut desk = Desk::officer();
    let written = household(&desk, "Nguyễn Văn Giả", "Nguyễn Thị Hoà", "", None);
    let place = desk.post("/office/register/search", &[("sought", "nguyen hoa")]).location.unwrap();
    assert_eq!(place, "/office/register?s=1");
    let page = desk.open(&place).text();
    assert!(page.contains(&format!("/office/household/{}#{}", written.document, written.child)));
    assert!(page.contains("Nguyễn Thị Hoà"));
    let mut other = desk.beside().signed_in("nguoi-khac", &[Role::Officer]);
    let page = other.open(&place).text();
    assert!(page.contains("Lần tìm này đã cũ"), "another session does not know the search");
    let nothing = desk.post("/office/register/search", &[("sought", " ")]).location.unwrap();
    assert_eq!(nothing, "/office/register");
}

#[test]
fn a_sealed_report_is_a_number_until_the_key_is_open_and_who_reads_it_is_written_down() {
    let mut desk = Desk::officer();
    let written = household(&desk, "Nguyễn Văn Giả", "Nguyễn Thị Hoà", "", Some("II.11.1"));
    let [_, address, history, print] = pages(&written);
    let acts = |desk: &Desk| desk.office.status().unwrap().log_position;
    for address in [&address, &history, &print] {
        let before = acts(&desk);
        let page = desk.open(address).text();
        assert!(!page.contains("ghi chú kín giả") && !page.contains("II.11.1"), "{address}");
        assert_eq!(acts(&desk), before, "{address}");
    }
    assert!(desk.open(&address).text().contains("Báo cáo kín (1)"));
    let key = sync_core::id::ChangeHash(KEY).to_string();
    desk.send("/office/confidential", &[], &[("key", "confidential.key", key.as_bytes())]);
    let before = acts(&desk);
    let page = desk.open(&address).text();
    assert!(page.contains("ghi chú kín giả") && page.contains("II.11.1"));
    assert_eq!(acts(&desk), before + 1, "the reading is an act of the log");
    for address in [&history, &print] {
        assert!(!desk.open(address).text().contains("ghi chú kín giả"), "{address}");
    }
    let mut other = desk.beside().signed_in("nguoi-khac", &[Role::Officer]);
    assert!(!other.open(&address).text().contains("ghi chú kín giả"), "the key is one session's");
}

#[test]
fn from_a_value_to_the_signature_is_one_step() {
    let mut desk = Desk::officer();
    let written = household(&desk, "Nguyễn Văn Giả", "Nguyễn Thị Hoà", "", None);
    let [_, address, ..] = pages(&written);
    let page = desk.open(&address).text();
    let (_, rest) = page.split_once("href=\"/office/change/").unwrap();
    let (hash, _) = rest.split_once('"').unwrap();
    let change = desk.open(&format!("/office/change/{hash}")).text();
    assert!(change.contains("chữ ký đúng") && change.contains(hash));
    assert!(change.contains("Nguyễn Thị Hoà"));
    let decide = format!(
        "/office/decide/field?document={}&amp;container=children&amp;entity={}&amp;field=birth_date",
        written.document, written.child
    );
    assert!(page.contains(&decide), "each field can be written anew");
    for nothing in
        ["/office/change/00", "/office/household/xyz", &format!("/office/change/{}", "0".repeat(64))]
    {
        assert_eq!(desk.open(nothing).status, StatusCode::NOT_FOUND, "{nothing}");
    }
}

#[test]
fn filters_narrow_the_list_and_wrong_ones_are_left_out() {
    let mut desk = Desk::officer();
    let written = household(&desk, "Nguyễn Văn Giả", "Nguyễn Thị Hoà", "", None);
    let link = format!("/office/household/{}", written.document);
    for (query, shown) in [
        ("", true),
        ("?village=01", true),
        ("?village=02", false),
        ("?village=' OR 1=1", true),
        ("?circumstance=II.4", false),
        ("?circumstance=<script>", true),
        ("?only=missing", true),
        ("?only=undecided", false),
        ("?page=99999999999999999999", true),
        ("?page=7", false),
        ("?s=5", true),
    ] {
        let answer = desk.open(&format!("/office/register{query}"));
        assert_eq!((answer.status, answer.text().contains(&link)), (StatusCode::OK, shown), "{query}");
    }
}

#[test]
fn what_was_written_since_a_sign_off_is_told_apart() {
    let mut desk = Desk::officer();
    let written = household(&desk, "Nguyễn Văn Giả", "Nguyễn Thị Hoà", "", None);
    let signed = desk.office.status().unwrap().log_position;
    let author = Author::from_bytes(&[5; 32]);
    for n in 0..25 {
        let mut record =
            desk.office.household(written.document, None, author.actor(desk.office.commune())).unwrap();
        let change = record.edit(&[Edit::household("phone", format!("09000000{n:02}"))], CLOCK).unwrap();
        desk.office.author(&author, vec![(written.document, change)], Vec::new(), CLOCK).unwrap();
    }
    let [.., history, _] = pages(&written);
    let (after, before) =
        ("<h2>Từ đây: sau khi thôn xác nhận</h2>", "<h2>Từ đây: trước khi thôn xác nhận</h2>");
    let newest = desk.open(&format!("{history}?since={signed}")).text();
    assert!(newest.contains(after) && !newest.contains(before), "the newest 20 are all later");
    assert!(newest.contains(&format!("{history}?since={signed}&amp;page=2")), "the mark goes along");
    let oldest = desk.open(&format!("{history}?since={signed}&page=2")).text();
    let parts: Vec<&str> = oldest.split(before).collect();
    assert_eq!(parts.len(), 2);
    assert!(
        parts[0].contains(after) && parts[0].contains("0900000000") && parts[1].contains("Lập hồ sơ hộ.")
    );
    assert_eq!((parts[0].matches("<article").count(), parts[1].matches("<article").count()), (5, 2));
    for plain in ["", "?since=", "?since=<script>"] {
        let page = desk.open(&format!("{history}{plain}")).text();
        assert!(!page.contains(after) && !page.contains(before), "{plain}");
    }
}

#[test]
fn of_somebody_who_is_gone_the_list_says_why() {
    for (kind, said) in [("death", "đã mất"), ("moved_out", "đã chuyển đi")] {
        let mut desk = Desk::officer();
        let written = household(&desk, "Nguyễn Văn Giả", "Nguyễn Thị Hoà", "", None);
        let mut search = || {
            let place = desk.post("/office/register/search", &[("sought", "nguyen hoa")]).location.unwrap();
            desk.open(&place).text()
        };
        assert!(!search().contains(said), "still here");
        let author = Author::from_bytes(&[5; 32]);
        let actor = author.actor(desk.office.commune());
        let mut record = desk.office.household(written.document, None, actor).unwrap();
        let event: EntityId = "0000000000009".parse().unwrap();
        let of = |field: &str, value: &str| Edit::entity(Container::Events, &event, field, value);
        let told = [of("person", written.child.as_str()), of("kind", kind), of("date", "2026-05-20")];
        let change = record.edit(&told, CLOCK).unwrap();
        desk.office.author(&author, vec![(written.document, change)], Vec::new(), CLOCK).unwrap();
        let place = desk.post("/office/register/search", &[("sought", "nguyen hoa")]).location.unwrap();
        let page = desk.open(&place).text();
        assert!(page.contains(&format!("<span class=\"tag\">{said}</span>")), "{kind}");
        assert!(!page.contains("không còn ở hộ này"), "{kind}");
    }
}

#[test]
fn a_household_that_can_not_be_read_leaves_the_list_standing() {
    let mut desk = Desk::officer();
    let written = household(&desk, "Nguyễn Văn Giả", "Nguyễn Thị Hoà", "", None);
    let author = Author::from_bytes(&[5; 32]);
    let mut record =
        desk.office.household(written.document, None, author.actor(desk.office.commune())).unwrap();
    let event: EntityId = "0000000000009".parse().unwrap();
    let of = |field: &str, value: &str| Edit::entity(Container::Events, &event, field, value);
    let told = [of("person", written.child.as_str()), of("kind", "death"), of("date", "2026-05-20")];
    let change = record.edit(&told, CLOCK).unwrap();
    desk.office.author(&author, vec![(written.document, change)], Vec::new(), CLOCK).unwrap();
    desk.office.index_now(&[written.document]).unwrap();
    let sql = rusqlite::Connection::open(desk.console.data_dir.join("register.sqlite")).unwrap();
    sql.execute("UPDATE log SET bytes = x'00' WHERE document = ?1", [written.document.0]).unwrap();
    let place = desk.post("/office/register/search", &[("sought", "nguyen hoa")]).location.unwrap();
    let answer = desk.open(&place);
    assert_eq!(answer.status, StatusCode::OK);
    let page = answer.text();
    assert!(
        page.contains("Nguyễn Thị Hoà") && page.contains("<span class=\"tag\">không còn ở hộ này</span>")
    );
}
