//! Hostile names in everything that is shown or taken out. Every person here is made up.

mod codes;
mod lists;
mod moved;
mod report;

use std::io::Cursor;

use axum::http::StatusCode;
use calamine::{Reader as _, Xlsx, open_workbook_from_rs};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use schemas::target::{Filled, TargetSet, target_sets};
use serde_json::Value as Json;
use sync_core::document::{Container, Edit, Household, Value};
use sync_core::entry::{Entry, plan_entry};
use sync_core::id::{DocumentId, EntityId};
use sync_core::seal::SealedReport;

use crate::console::tests::{CLOCK, Desk};
use crate::console::{Access, Takes, routes};
use crate::office::Author;

/// A program, formulas, and a text that turns the line around.
const HOSTILE: [&str; 8] = [
    "<script>alert('ten')</script><img src=x onerror=alert(1)>\"'>",
    "=HYPERLINK(\"http://xau.example\",\"xem\")",
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
    "\t=1+1",
    "\r\n=1+1",
    "An\u{202e}gpj.exe\u{202d}",
];
/// What is left of every one of them, wherever it is shown.
const TRACES: [&str; 8] = ["alert('ten')", "HYPERLINK", "cmd|", "SUM(1+1)", "2+3", "=1+1", "=1+1", "gpj.exe"];
/// The month in which everything happened to these children, and every other way to ask for a day.
const ASKED: &str =
    "from=2026-10-01&to=2026-10-31&month=2026-10&as_of=2026-10-31&line=II.4.1&column=1&who=counted";

/// A child for each hostile name: born in October 2026, hurt and in a circumstance since.
fn desk() -> Desk {
    let desk = Desk::officer();
    let author = Author::from_bytes(&[5; 32]);
    // As long as a record takes; a change takes it in few fields.
    let endless = "Ế".repeat(sync_core::limits::TEXT_BYTES_MAX / "Ế".len());
    let short = |name: &str| name.len() < 100;
    for (number, name) in (0..).zip(HOSTILE.into_iter().chain([endless.as_str()])) {
        let actor = author.actor(desk.office.commune());
        let (mut household, genesis) = Household::create(actor, "01", CLOCK, number);
        let keys: [EntityId; 3] = std::array::from_fn(|at| format!("{at:013}").parse().unwrap());
        let [child, circumstance, event] = &keys;
        let of_household = ["number", "head_name", "address", "hamlet", "phone", "note", "poverty_basis"];
        let taken = if short(name) { of_household.len() } else { 3 };
        let mut edits: Vec<Edit> =
            of_household[..taken].iter().map(|field| Edit::household(field, name)).collect();
        let of = |field: &str, value: &str| Edit::entity(Container::Children, child, field, value);
        let fields = [
            "name",
            "father_name",
            "mother_name",
            "carer_name",
            "school",
            "specific_address",
            "identity_number",
        ];
        let taken = if short(name) { fields.len() } else { 1 };
        edits.extend(fields[..taken].iter().map(|field| of(field, name)));
        edits.extend([of("birth_date", "2026-10-05"), of("sex", "female")]);
        for (container, key, facts) in [
            (Container::Circumstances, circumstance, [("code", "II.4.1"), ("start", "2026-10-06")]),
            (Container::Events, event, [("kind", "injury"), ("date", "2026-10-07")]),
        ] {
            let of = |field: &str, value: &str| Edit::entity(container, key, field, value);
            edits.push(of("person", child.as_str()));
            edits.extend(facts.map(|(field, value)| of(field, value)));
        }
        let change = household.edit(&edits, CLOCK).unwrap();
        let changes = vec![(household.id(), genesis), (household.id(), change)];
        desk.office.author(&author, changes, Vec::new(), CLOCK).unwrap();
    }
    desk
}

/// A household as a visit writes it down.
fn enter(desk: &Desk, village: &str, entry: Json) -> DocumentId {
    let author = Author::from_bytes(&[5; 32]);
    let salt = desk.office.documents(None).unwrap().len() as u64;
    let mut random = StdRng::seed_from_u64(salt);
    let (mut household, genesis) =
        Household::create(author.actor(desk.office.commune()), village, CLOCK, salt);
    let key = &desk.office.commune().confidential_key;
    let plan = plan_entry(&Entry::from_json(entry).unwrap(), &household.view(), key, &mut random).unwrap();
    let change = household.edit(&plan.edits, CLOCK).unwrap();
    let document = household.id();
    let changes = vec![(document, genesis), (document, change)];
    desk.office.author(&author, changes, Vec::new(), CLOCK).unwrap();
    document
}

/// The rows of a workbook's first sheet.
fn rows(bytes: Vec<u8>) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

/// What may stand in an address for a name of its template.
fn fillings(desk: &Desk, name: &str) -> Vec<String> {
    let own = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    match name {
        "form" => own(&["01-TE", "02-TE", "03-TE"]),
        "format" => own(&["xlsx", "pdf", "csv", "json", "txt"]),
        "code" => own(&["II.4", "II.4.1", "2026-1"]),
        "set" => target_sets().iter().map(|set| set.set.clone()).collect(),
        "measure" => {
            let measures = target_sets().iter().flat_map(TargetSet::measures);
            let counted = measures.filter(|measure| matches!(measure.filled, Filled::Counted { .. }));
            counted.map(|measure| measure.id.clone()).collect()
        }
        "document" => desk.office.documents(None).unwrap().iter().take(3).map(ToString::to_string).collect(),
        "village" => own(&["01"]),
        "kind" => own(&["xlsx", "csv"]),
        "what" => own(&["rename", "merge", "split"]),
        // Of what this register has none.
        "hash" | "id" | "number" | "entity" | "*path" | "file" => own(&["1"]),
        other => panic!("say what may stand for {{{other}}}, so that its pages are looked at too"),
    }
}

/// Every address of a template.
fn addresses(desk: &Desk, template: &str) -> Vec<String> {
    let Some((before, rest)) = template.split_once('{') else { return vec![template.to_owned()] };
    let (name, after) = rest.split_once('}').unwrap();
    let filled = fillings(desk, name).into_iter().map(|value| format!("{before}{value}{after}"));
    filled.flat_map(|address| addresses(desk, &address)).collect()
}

/// Everything a file says, cell by cell; panics if any of it is more than text.
fn cells(address: &str, bytes: &[u8]) -> Vec<String> {
    if bytes.starts_with(b"PK") && address.contains(".docx") {
        return Vec::new();
    }
    if bytes.starts_with(b"PK") {
        let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        let name = book.sheet_names()[0].clone();
        for (_, _, formula) in book.worksheet_formula(&name).unwrap().cells() {
            assert!(!TRACES.iter().any(|trace| formula.contains(trace)), "{address}: {formula}");
        }
        let range = book.worksheet_range(&name).unwrap();
        return range.cells().map(|(_, _, cell)| cell.to_string()).collect();
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cells: Vec<String> = rows.iter().flat_map(|row| row.iter().map(str::to_owned)).collect();
    for cell in &cells {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{address}: {cell:?}");
    }
    cells
}

#[test]
fn a_hostile_name_is_text_on_every_page_and_in_every_file_of_the_route_table() {
    let mut desk = desk();
    let mut shown_in = Vec::new();
    let templates = routes().filter(|route| route.takes == Takes::Nothing && route.access == Access::Officer);
    for template in templates.map(|route| route.path).collect::<Vec<_>>() {
        for address in addresses(&desk, template) {
            for file in ["", "&file=xlsx", "&file=csv"] {
                let answer = desk.open(&format!("{address}?{ASKED}{file}"));
                assert!(!answer.status.is_server_error(), "{address}: {}", answer.status);
                if !answer.status.is_success() || answer.bytes.starts_with(b"%PDF") {
                    continue;
                }
                let is_file = answer.bytes.starts_with(b"PK") || answer.bytes.starts_with(b"\xef\xbb\xbf");
                let said = if is_file { cells(&address, &answer.bytes).join("\n") } else { answer.text() };
                assert!(!said.contains("\u{202e}"), "{address}: a name turns the line around");
                if !is_file {
                    assert!(!said.contains("<script>alert") && !said.contains("<img src=x"), "{address}");
                }
                let of_page = |trace: &str| trace.replace('\'', "&#39;");
                let shows = |trace: &&str| said.contains(*trace) || said.contains(&of_page(trace));
                if TRACES.iter().all(shows) {
                    shown_in.push(format!("{address}{file}"));
                }
            }
        }
    }
    // The names are where they are looked for.
    for list in [
        "/office/lists/changes",
        "/office/lists/changes&file=xlsx",
        "/office/lists/changes&file=csv",
        "/office/lists/insurance",
        "/office/lists/insurance&file=xlsx",
        "/office/lists/insurance&file=csv",
        "/office/lists/sudden",
        "/office/lists/sudden&file=xlsx",
        "/office/lists/sudden&file=csv",
        "/office/lists/register.xlsx",
        "/office/lists/circumstance/II.4",
        "/office/lists/circumstance/II.4/print",
        "/office/lists/circumstance/II.4.1/xlsx",
        "/office/targets/tan-loi-2024/8-1",
        "/office/register",
    ] {
        assert!(shown_in.iter().any(|address| address == list), "{list}: {shown_in:?}");
    }
}

#[test]
fn what_the_opened_key_lets_be_read_is_written_down_without_names() {
    let mut desk = desk();
    let mut random = StdRng::seed_from_u64(3);
    let document = desk.office.documents(None).unwrap()[0];
    let author = Author::from_bytes(&[5; 32]);
    let mut household = desk.office.household(document, None, author.actor(desk.office.commune())).unwrap();
    let [child, key]: [EntityId; 2] = ["0000000000000", "0000000000009"].map(|key| key.parse().unwrap());
    let report = SealedReport {
        person: child.to_string(),
        code: "II.5.1".into(),
        start: Some("2026-10-08".into()),
        end: None,
        note: None,
        supports: Vec::new(),
    };
    let sealing = &desk.office.commune().confidential_key;
    let envelope = report.seal(sealing, document, &key, &mut random).unwrap();
    let edit = Edit::entity(Container::Sealed, &key, "envelope", Value::Bytes(envelope));
    let change = household.edit(&[edit], CLOCK).unwrap();
    desk.office.author(&author, vec![(document, change)], Vec::new(), CLOCK).unwrap();

    let month = "from=2026-10-01&to=2026-10-31";
    let read = [
        "/office/lists/circumstance/II.5?as_of=2026-10-31".to_owned(),
        "/office/lists/circumstance/II.5/xlsx?as_of=2026-10-31".to_owned(),
        format!("/office/lists/sudden?{month}"),
        format!("/office/lists/changes?{month}"),
        format!("/office/lists/changes?{month}&kind=entered&file=csv"),
        "/office/targets/tan-loi-2024/8-1?as_of=2026-10-31".to_owned(),
    ];
    let others = [
        "/office/lists/circumstance/II.4?as_of=2026-10-31".to_owned(),
        format!("/office/lists/changes?{month}&kind=born"),
        "/office/lists/insurance?month=2026-10".to_owned(),
    ];
    let acts = |desk: &Desk| -> Vec<String> {
        desk.office
            .read(|sql| {
                let mut query =
                    sql.prepare("SELECT CAST(bytes AS TEXT) FROM log WHERE kind = 2 ORDER BY position")?;
                let rows = query.query_map([], |row| row.get(0))?;
                rows.collect::<Result<Vec<String>, rusqlite::Error>>()
            })
            .unwrap()
    };
    let noted = |desk: &mut Desk, address: &str| {
        let before = acts(desk).len();
        assert_eq!(desk.open(address).status, StatusCode::OK, "{address}");
        let new = acts(desk).split_off(before);
        new.into_iter().filter(|act| act.contains("restricted_list_read")).collect::<Vec<_>>()
    };
    for address in read.iter().chain(&others) {
        assert_eq!(noted(&mut desk, address), Vec::<String>::new(), "without the key: {address}");
    }
    let key = "09".repeat(32);
    desk.send("/office/confidential", &[], &[("key", "khoa.key", key.as_bytes())]);
    for address in &read {
        let acts = noted(&mut desk, address);
        assert_eq!(acts.len(), 1, "{address}");
        assert!(acts[0].contains("2026-10-31") && !acts[0].contains("alert"), "{}", acts[0]);
        assert!(!acts[0].contains(&document.to_string()), "{}", acts[0]);
    }
    for address in &others {
        assert_eq!(noted(&mut desk, address), Vec::<String>::new(), "nothing sealed is in it: {address}");
    }
}
