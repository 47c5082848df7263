use jiff::civil::date;
use serde_json::{Value, json};

use super::*;

fn codes(name: Name) -> Vec<&'static str> {
    catalogue(name).entries.iter().map(|entry| entry.code.as_str()).collect()
}

#[test]
fn every_compiled_in_catalogue_loads_under_its_name() {
    for &name in Name::ALL {
        let loaded = Catalogue::load(name.source()).map_err(|error| format!("{}: {error}", name.as_str()));
        assert_eq!(loaded.expect("loads").name, name.as_str());
        assert_eq!(name.as_str().parse(), Ok(name));
    }
    assert_eq!("no_such".parse::<Name>(), Err(UnknownCatalogue));
}

#[test]
fn pointers_between_catalogues_lead_somewhere() {
    for entry in Name::ALL.iter().flat_map(|&name| &catalogue(name).entries) {
        if let Some(SameAs { catalogue: other, code }) = &entry.same_as {
            assert!(catalogue(*other).has(code), "{} → {code}", entry.code);
        }
    }
}

#[test]
fn the_form_of_2024_has_its_groups_and_lines() {
    let day = date(2024, 11, 20);
    let of = |section: &str, cut: Cut| {
        circumstances()
            .iter()
            .filter(|c| c.entry.is_valid_on(day) && c.section() == section && c.cut == cut)
            .count()
    };
    assert_eq!([of("II", Cut::Group), of("III", Cut::Group), of("IV", Cut::Group)], [14, 7, 2]);
    assert_eq!(of("II", Cut::Level), 3);
    assert_eq!(of("II", Cut::Second), 3 + 6);
    // 1.x 4, 2.x 2, 3.1–12, 5.x 2, 6.x 3 + 6, 7.x 2, 8.x 2, 10.x 5, 11.x 5, 12.x 2, 13.x 2, 14.x 3.
    assert_eq!(of("II", Cut::Cause), 4 + 2 + 12 + 2 + 9 + 2 + 2 + 5 + 5 + 2 + 2 + 3);
    assert_eq!(catalogue(Name::Circumstances).valid_on(day).count(), 98);
    for code in ["II", "II-0", "II.4.4", "II.4.4-6-1", "II.6.1-2", "III.1-1", "IV.2.2-1", "IV.2.2-2"] {
        assert!(circumstance(code).is_some(), "{code}");
    }
}

#[test]
fn restricted_codes_are_exactly_those_sealed_in_the_field() {
    for c in circumstances() {
        let group = matches!(c.group(), Some("II.5" | "II.6" | "II.7" | "II.11" | "II.12"));
        let line = matches!(c.code(), "II.10.2" | "II.10.3" | "II.10.5");
        assert_eq!(c.restricted, group || line, "{}", c.code());
    }
}

#[test]
fn the_fourteen_groups_name_their_articles() {
    for (group, law) in [
        ("II.1", "Luật Trẻ em 2016 Đ10.1.a; NĐ 56/2017/NĐ-CP Đ3"),
        ("II.5", "Luật Trẻ em 2016 Đ10.1.đ; NĐ 56/2017/NĐ-CP Đ7"),
        ("II.14", "Luật Trẻ em 2016 Đ10.1.o; NĐ 56/2017/NĐ-CP Đ16"),
    ] {
        assert_eq!(circumstance(group).and_then(|c| c.law), Some(law));
    }
    assert!(
        circumstances().iter().all(|c| c.law.is_some() == c.group().is_some_and(|g| g.starts_with("II.")))
    );
}

#[test]
fn group_and_section_are_found_from_any_depth() {
    for (code, group, section) in [
        ("II.4.4-6-1", Some("II.4"), "II"),
        ("II.6.1-1", Some("II.6"), "II"),
        ("II.4", Some("II.4"), "II"),
        ("III.1-1", Some("III.1"), "III"),
        ("II", None, "II"),
        ("III-0", None, "III"),
        ("2023.III.4", Some("2023.III.4"), "2023.III"),
    ] {
        let found = circumstance(code).expect("exists");
        assert_eq!((found.group(), found.section()), (group, section), "{code}");
    }
}

#[test]
fn totals_titles_and_derived_lines_are_not_recorded() {
    for code in
        ["II", "II-0", "II.4.4", "III.1", "III.1-1", "IV.2", "IV.2.1", "IV.2.2-1", "2023.III.1", "2023.IV.2"]
    {
        assert!(!circumstance(code).expect("exists").is_recorded(), "{code}");
    }
    for code in ["II.4", "II.4.1", "II.4.4-6-1", "II.3.13", "III.2", "IV.1", "2023.III.4"] {
        assert!(circumstance(code).expect("exists").is_recorded(), "{code}");
    }
}

#[test]
fn codes_of_2023_become_codes_of_2024_where_that_is_decided() {
    let (before, after) = (date(2024, 2, 28), date(2024, 2, 29));
    for (old, new) in [
        ("2023.III.1", vec!["III.1"]),
        ("2023.III.2", vec!["III.2"]),
        ("2023.III.3", vec!["III.3"]),
        ("2023.III.4", vec!["III.4", "III.5"]),
        ("2023.III.5", vec!["III.6"]),
        ("2023.III.6", vec!["III.7"]),
        ("2023.IV.1", vec!["IV.1"]),
        ("2023.IV.2", vec!["IV.2"]),
        ("II.4.1", vec!["II.4.1"]),
        ("no such", vec![]),
    ] {
        assert_eq!(codes_on(old, after), new);
        assert!(new.is_empty() || codes_on(old, before) == [old]);
    }
    assert_eq!(circumstance("2023.III.3").map(CircumstanceCode::mapping), Some(Mapping::Widened("III.3")));
    assert!(matches!(circumstance("2023.III.4").map(CircumstanceCode::mapping), Some(Mapping::EitherOf(_))));
    assert_eq!(circumstance("III.4").map(CircumstanceCode::mapping), Some(Mapping::Current));
}

#[test]
fn a_reused_code_means_another_commune_on_another_day() {
    let units = catalogue(Name::AdministrativeUnits);
    let label = |code: &str, day| units.entry(code, day).map(|entry| entry.label.as_str());
    let (old, new) = (date(2025, 6, 30), date(2025, 7, 1));
    assert_eq!(label("05986", old), Some("Xã Hoàng Đồng (thành phố Lạng Sơn)"));
    assert_eq!(label("05986", new), Some("Phường Tam Thanh"));
    assert_eq!(units.successors("05986", old), Some(Mapping::Ended));
    assert_eq!(label("25342", new), None);
    assert_eq!(units.successors("25342", old), Some(Mapping::Ended));
    assert_eq!(units.successors("15271", old), Some(Mapping::Widened("15271")));
    assert_eq!(label("75", date(2026, 4, 30)), Some("Thành phố Đồng Nai"));
}

#[test]
fn small_catalogues_carry_the_codes_that_records_use() {
    assert_eq!(codes(Name::PovertyStatus), ["poor", "near_poor", "neither"]);
    assert_eq!(
        codes(Name::SupportForms),
        ["social_allowance", "medical", "education", "counselling", "other"]
    );
    assert_eq!(codes(Name::EventKinds), ["birth", "moved_in", "moved_out", "death", "turned_16", "injury"]);
    assert_eq!(codes(Name::ParentStatus), ["living", "dead", "missing", "unknown"]);
    assert_eq!(codes(Name::EthnicGroups), (1..=56).map(|n| format!("{n:02}")).collect::<Vec<_>>());
    assert_eq!(catalogue(Name::EthnicGroups).label("01"), Some("Kinh"));
    assert_eq!(catalogue(Name::VillageUnitWords).entries.len(), 10);
}

fn loaded(entries: &Value) -> Result<(), CatalogueError> {
    let file = json!({"catalogue": "x", "version": 1, "title": "x", "title_en": "x", "source": "x", "entries": entries});
    Catalogue::load(&file.to_string()).map(|_| ())
}

#[test]
fn a_damaged_catalogue_is_refused_with_its_reason() {
    let (a, b) = (|| "a".to_owned(), || "b".to_owned());
    for (entries, expected) in [
        (
            json!([{"code": "a", "label": "A"}, {"code": "a", "label": "A"}]),
            CatalogueError::Overlap { code: a() },
        ),
        (
            json!([{"code": "a", "label": "A", "valid_to": "2020-01-02"}, {"code": "a", "label": "A", "valid_from": "2020-01-01"}]),
            CatalogueError::Overlap { code: a() },
        ),
        (json!([{"code": "", "label": "A"}]), CatalogueError::Code { position: 1 }),
        (json!([{"code": "a", "label": "A\u{0300}"}]), CatalogueError::Label { code: a() }),
        (
            json!([{"code": "a", "label": "A", "valid_from": "2020-01-01", "valid_to": "2020-01-01"}]),
            CatalogueError::Validity { code: a() },
        ),
        (
            json!([{"code": "a", "label": "A", "parent": "b"}]),
            CatalogueError::Parent { code: a(), parent: b() },
        ),
        (
            json!([{"code": "a", "label": "A", "successors": {"kind": "exact", "to": ["a"]}}]),
            CatalogueError::Successors { code: a() },
        ),
        (
            json!([{"code": "a", "label": "A", "valid_to": "2020-01-01", "successors": {"kind": "either_of", "to": ["a"]}}]),
            CatalogueError::Successors { code: a() },
        ),
        (
            json!([{"code": "a", "label": "A", "valid_to": "2020-01-01", "successors": {"kind": "exact", "to": ["b"]}}]),
            CatalogueError::Successor { code: a(), successor: b() },
        ),
        (
            json!([{"code": "a", "label": "A", "circumstance": {"cut": "group", "restricted": false}}]),
            CatalogueError::Place { code: a() },
        ),
    ] {
        assert_eq!(loaded(&entries), Err(expected));
    }
    for entries in [
        json!([{"code": "a"}]),
        json!([{"code": "a", "label": "A", "else": 1}]),
        json!([{"code": "a", "label": "A", "valid_from": "2023-02-29"}]),
    ] {
        assert!(matches!(loaded(&entries), Err(CatalogueError::Syntax { .. })));
    }
    let reused = json!([{"code": "a", "label": "A", "valid_to": "2020-01-01", "successors": {"kind": "exact", "to": ["a"]}},
        {"code": "a", "label": "B", "valid_from": "2020-01-01"}]);
    assert_eq!(loaded(&reused), Ok(()));
}

#[test]
fn the_catalogue_and_the_form_of_2024_say_the_same_words() {
    let form = crate::form::form("03/TE").expect("compiled in");
    let of_2024 = circumstances().iter().filter(|c| c.entry.valid_to.is_none());
    for found in of_2024 {
        let line = form.line(found.code()).unwrap_or_else(|| panic!("{} has no line", found.code()));
        assert_eq!(line.label, found.entry.label, "{}", found.code());
    }
    for line in form.lines.iter().filter(|line| line.code != "I" && !line.code.starts_with("I.")) {
        assert!(circumstance(&line.code).is_some(), "{} is no circumstance", line.code);
    }
}
