//! Codes are for programs: a person reads words, on the screen and in every file.

use serde_json::json;

use super::{ASKED, addresses, cells, enter};
use crate::console::tests::Desk;
use crate::console::{Access, Takes, routes};

/// Codes of catalogues that are no words of either language, and that this register holds.
const CODES: [&str; 9] = [
    "male",
    "near_poor",
    "injury_traffic",
    "moved_in",
    "lower_secondary",
    "not_registered",
    "social_allowance",
    "not_related",
    "injury",
];

/// What a person reads of a page: no tags, and nothing that is typed into a field.
fn read(page: &str) -> String {
    let without = |page: &str, tag: &str| -> String {
        let (begin, end) = (format!("<{tag}"), format!("</{tag}>"));
        let mut parts = page.split(&begin);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |read, part| read + part.split_once(&end).map_or("", |(_, after)| after))
    };
    let page = without(&without(page, "textarea"), "code");
    page.split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn no_page_and_no_file_says_a_code_where_there_are_words() {
    let mut desk = Desk::officer();
    enter(
        &desk,
        "01",
        json!({
            "entry": 1,
            "household": { "number": "7", "head_name": "Chủ Hộ Giả Lập", "poverty_status": "near_poor" },
            "children": [{
                "ref": "a", "name": "Bé Giả Lập", "birth_date": "2022-03-01", "sex": "male", "ethnicity": "02",
                "schooling": "lower_secondary", "birth_registration": "not_registered",
                "relation_to_head": "not_related",
            }],
            "circumstances": [{ "ref": "c", "person": "a", "code": "II.4.1", "start": "2026-10-06" }],
            "supports": [{ "ref": "s", "person": "a", "form": "social_allowance", "received": true, "start": "2026-10-07" }],
            "events": [
                { "ref": "e", "person": "a", "kind": "injury", "date": "2026-10-08", "cause": "injury_traffic" },
                { "ref": "f", "person": "a", "kind": "moved_in", "date": "2026-10-02" },
            ],
        }),
    );
    let mut shown_in = 0;
    let templates = routes().filter(|route| route.takes == Takes::Nothing && route.access == Access::Officer);
    for template in templates.map(|route| route.path).collect::<Vec<_>>() {
        for address in addresses(&desk, template) {
            for file in ["", "&file=xlsx", "&file=csv"] {
                let answer = desk.open(&format!("{address}?{ASKED}{file}"));
                let is_list = answer.bytes.starts_with(b"PK") || answer.bytes.starts_with(b"\xef\xbb\xbf");
                let said = match answer.bytes.first() {
                    _ if is_list => cells(&address, &answer.bytes).join("\n"),
                    // PDF and JSON are tried in journeys.
                    Some(b'<') => read(&answer.text()),
                    _ => continue,
                };
                shown_in += usize::from(said.contains("Bé Giả Lập"));
                let words: Vec<&str> =
                    said.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).collect();
                for code in CODES {
                    assert!(!words.contains(&code), "{address}{file}: {code}\n{said}");
                }
            }
        }
    }
    assert!(shown_in > 20, "the child is in {shown_in} pages and files");
    let cell = "as_of=2026-10-31&from=2025-11-01&line=II.4.1&column=1";
    let list = desk.open(&format!("/office/forms/03-TE/cell/file/csv?{cell}")).text();
    assert!(list.contains(",Bé Giả Lập,01/03/2022,Nam,"), "{list}");
}
