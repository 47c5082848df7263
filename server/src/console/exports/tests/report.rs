//! The narrative report beside the forms of the same days.

use std::io::{Cursor, Read as _};

use serde_json::json;

use super::enter;
use crate::console::tests::Desk;

/// The texts of a Word file, in their order.
fn texts(bytes: Vec<u8>) -> Vec<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut xml = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    let runs = xml.split("<w:t").skip(1).filter_map(|part| part.split_once('>')?.1.split_once("</w:t>"));
    runs.map(|(text, _)| text.to_owned()).collect()
}

/// What the comparison says of a line: now, a year before.
fn compared(texts: &[String], line: &str) -> (String, String) {
    let place = texts.iter().position(|text| text == line).unwrap_or_else(|| panic!("{line}: {texts:?}"));
    (texts[place + 1].clone(), texts[place + 2].clone())
}

/// What stands in column 1 of a line of 03/TE.
fn in_form(desk: &mut Desk, days: &str, line: &str) -> String {
    let json = desk.open(&format!("/office/forms/03-TE/file/json?{days}")).text();
    let form: serde_json::Value = serde_json::from_str(&json).unwrap();
    let lines = form["lines"].as_array().unwrap();
    let found = lines.iter().find(|known| known["code"] == line).unwrap();
    let children = &found["values"][0]["children"];
    assert_eq!(children["least"], children["most"]);
    children["most"].to_string()
}

#[test]
fn a_report_covers_the_days_of_the_form_and_is_compared_with_the_same_days_a_year_before() {
    let mut desk = Desk::officer();
    // On the second day of each half-year that the form of 25/5 covers, in three years.
    for (name, day) in
        [("Một", "2025-11-22"), ("Hai", "2025-11-22"), ("Ba", "2024-11-22"), ("Tư", "2023-11-22")]
    {
        enter(
            &desk,
            "01",
            json!({
                "entry": 1,
                "children": [{ "ref": "a", "name": format!("Bé Giả Lập {name}"), "birth_date": "2015-03-01", "sex": "female" }],
                "events": [{ "ref": "e", "person": "a", "kind": "death", "date": day, "cause": "injury_drowning" }],
            }),
        );
    }
    const LINE: &str = "Trẻ em bị tai nạn thương tích (Người)";
    for (span, days, from) in [
        ("half", "as_of=2026-05-25&from=2025-11-21", "21/11/2025"),
        ("year", "as_of=2026-05-25&from=2025-05-26", "26/05/2025"),
    ] {
        let now = in_form(&mut desk, days, "IV.2");
        let before = in_form(&mut desk, &days.replace("2025-", "2024-").replace("2026-", "2025-"), "IV.2");
        assert_eq!((now.as_str(), before.as_str()), ("2", "1"), "{span}");
        let report = texts(desk.open(&format!("/office/report/{span}.docx?as_of=2026-05-25")).bytes);
        assert_eq!(compared(&report, LINE), (now, before), "{span}");
        let all = report.join("\n");
        assert!(all.contains(&format!("Số liệu từ ngày {from} đến ngày 25/05/2026.")), "{span}: {all}");
        assert!(
            all.contains("2 trẻ em tử vong do tai nạn thương tích (trong đó 2 do đuối nước"),
            "{span}: {all}"
        );
        let page = desk.open(&format!("/office/report/{span}?as_of=2026-05-25")).text();
        assert!(page.contains(&format!("Số liệu từ ngày {from} đến ngày 25/05/2026")), "{page}");
        assert!(page.contains(&format!("/typed?{}", days.replace('&', "&amp;"))), "{page}");
    }
    // The form's page leads to the same days, whatever day the half-year ends on.
    for (as_of, from) in [
        ("25/05/2026", "21/11/2025"),
        ("26/05/2026", "21/11/2025"),
        ("30/06/2026", "01/01/2026"),
        ("20/11/2026", "26/05/2026"),
        ("23/11/2026", "26/05/2026"),
    ] {
        let form = desk.open(&format!("/office/forms?form=03-TE&as_of={as_of}&period=half"));
        let plain = |day: &str| day.rsplit('/').collect::<Vec<_>>().join("-");
        let days = format!("as_of={}&from={}", plain(as_of), plain(from));
        assert!(form.location.is_some_and(|address| address.ends_with(&days)), "{as_of}");
        let page = desk.open(&format!("/office/report/half?as_of={}", plain(as_of))).text();
        assert!(page.contains(&format!("Số liệu từ ngày {from} đến ngày {as_of}")), "{as_of}: {page}");
    }
}
