use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::json;

use super::*;

fn field(kind: EntityKind, name: &str) -> &'static Field {
    definition().entity(kind).field(name).unwrap_or_else(|| panic!("{kind:?}.{name}"))
}

#[test]
fn the_definition_has_the_agreed_fields() {
    use EntityKind as K;
    let names =
        |kind| definition().entity(kind).fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(" ");
    let common = "name birth_date sex ethnicity identity_number relation_to_head phone occupation";
    let child = "birth_registration birth_registration_number health_insurance_number health_insurance \
        health_insurance_used schooling school class father_name father_birth_year father_occupation mother_name \
        mother_birth_year mother_occupation father_status mother_status carer_name carer_birth_year \
        carer_occupation carer_relation specific_address";
    let household =
        "number head_name address hamlet phone poverty_status poverty_year poverty_basis note withdrawn";
    assert_eq!(names(K::Household), household);
    assert_eq!(names(K::Member), format!("{common} note withdrawn"));
    assert_eq!(names(K::Child), format!("{common} {child} note withdrawn"));
    assert_eq!(names(K::Circumstance), "person code start end end_reason note withdrawn");
    assert_eq!(names(K::Support), "person form received start end source amount note withdrawn");
    assert_eq!(names(K::Event), "person kind date cause other_place note withdrawn");
    assert_eq!(names(K::Visit), "date round result note");
    assert_eq!(names(K::Link), "kind person other_document other_person decided_by reason");
    assert_eq!(names(K::Restricted), "person code start end note supports");
    assert_eq!(definition().entity_in("children").map(|e| e.kind), Some(K::Child));
    assert_eq!(definition().identified_by, ["number", "head_name"]);
}

#[test]
fn what_the_ministry_demands_at_least_is_there_and_marked() {
    for name in [
        "identity_number",
        "name",
        "birth_date",
        "sex",
        "ethnicity",
        "father_name",
        "mother_name",
        "carer_name",
    ] {
        assert!(field(EntityKind::Child, name).purpose.contains("2513"), "{name}");
    }
    assert!(field(EntityKind::Child, "ethnicity").sensitivity.is_sensitive());
    assert!(field(EntityKind::Circumstance, "code").sensitivity.is_sensitive());
    let sealed = &definition().entity(EntityKind::Restricted).fields;
    assert!(sealed.iter().skip(1).all(|f| f.sensitivity == Sensitivity::SensitiveRestricted));
}

#[test]
fn headings_of_paper_books_are_understood() {
    for (heading, kind, name) in [
        ("Họ và tên trẻ", EntityKind::Child, "name"),
        ("HỌ VÀ TÊN", EntityKind::Child, "name"),
        ("ngay thang nam sinh", EntityKind::Child, "birth_date"),
        ("Ngày, tháng, năm sinh:", EntityKind::Child, "birth_date"),
        ("Giới tính", EntityKind::Child, "sex"),
        ("Số ĐDCN", EntityKind::Child, "identity_number"),
        ("Họ tên bố", EntityKind::Child, "father_name"),
        ("SĐT", EntityKind::Household, "phone"),
        ("Chủ hộ", EntityKind::Household, "head_name"),
        ("Số thứ tự hộ", EntityKind::Household, "number"),
        ("Nghèo / cận nghèo", EntityKind::Household, "poverty_status"),
        ("Mã hoàn cảnh", EntityKind::Circumstance, "code"),
        ("Hình thức trợ giúp", EntityKind::Support, "form"),
        ("Biến động", EntityKind::Event, "kind"),
    ] {
        let found = definition().fields_of_heading(heading);
        assert_eq!(found.first().map(|(k, f)| (*k, f.name.as_str())), Some((kind, name)), "{heading}");
    }
    assert!(definition().fields_of_heading("Màu áo").is_empty());
    assert!(definition().is_village_heading("THÔN") && !definition().is_village_heading("Xã"));
}

#[test]
fn values_are_checked_for_kind_and_size_only() {
    use EntityKind as K;
    let too_long = "ă".repeat(101);
    for (kind, name, value, expected) in [
        (K::Child, "name", json!("ă".repeat(100)), Ok(())),
        (K::Child, "name", json!(too_long), Err(ValueError::TooLong { max: 100 })),
        (K::Child, "name", json!(null), Ok(())),
        (K::Child, "name", json!(7), Err(ValueError::Type)),
        (K::Child, "birth_date", json!("2019-05"), Ok(())),
        (K::Child, "birth_date", json!("2019-02-30"), Err(ValueError::Type)),
        (K::Child, "birth_date", json!("03/05/2019"), Err(ValueError::Type)),
        (K::Child, "birth_date", json!("ă19-05-03"), Err(ValueError::Type)),
        (K::Visit, "date", json!("2024-10"), Err(ValueError::Type)),
        (K::Child, "identity_number", json!("không nhớ"), Ok(())),
        (K::Child, "sex", json!("male"), Ok(())),
        (K::Child, "sex", json!("nam"), Err(ValueError::Code)),
        (K::Child, "health_insurance", json!("yes"), Err(ValueError::Type)),
        (K::Child, "father_birth_year", json!(1990), Ok(())),
        (K::Child, "father_birth_year", json!(90), Err(ValueError::Range { min: 1850, max: 2200 })),
        (K::Circumstance, "code", json!("II.4.4-6-1"), Ok(())),
        (K::Circumstance, "code", json!("2023.III.4"), Ok(())),
        (K::Circumstance, "code", json!("III.1"), Err(ValueError::Code)),
        (K::Circumstance, "code", json!("II"), Err(ValueError::Code)),
        (K::Circumstance, "code", json!("II.11.1"), Err(ValueError::Restricted)),
        (K::Restricted, "code", json!("II.11.1"), Ok(())),
        (K::Restricted, "code", json!("II.4.1"), Err(ValueError::Code)),
        (K::Restricted, "supports", json!(["medical"]), Ok(())),
        (K::Restricted, "supports", json!(["gold"]), Err(ValueError::Code)),
        (K::Support, "person", json!("0123456789abc"), Ok(())),
        (K::Support, "person", json!("0123456789abz"), Err(ValueError::Type)),
        (K::Link, "other_document", json!("00112233445566778899aabbccddeeff"), Ok(())),
    ] {
        assert_eq!(field(kind, name).check(kind, &value), expected, "{kind:?}.{name} {value}");
    }
}

#[test]
fn the_published_schema_is_the_generated_one() {
    let generated = format!("{:#}\n", entry_json_schema());
    assert_eq!(ENTRY_SCHEMA, generated, "renew it: see schemas/examples/entry_schema.rs");
}

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(ENTRY_SCHEMA).expect("JSON");
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    jsonschema::draft202012::new(&schema).expect("a schema")
});

fn sample() -> Value {
    json!({
        "entry": 1, "village": "01",
        "visit": {"date": "2024-10-12", "round": "2024-2", "result": "met"},
        "household": {"number": "17", "head_name": "Hoàng Văn Mẫu", "poverty_status": "near_poor", "poverty_year": 2024, "phone": null},
        "members": [{"ref": "m1", "name": "Hoàng Văn Mẫu", "relation_to_head": "head"}],
        "children": [
            {"ref": "c1", "name": "Hoàng Thị Mẫu", "birth_date": "2015", "sex": "female", "ethnicity": "02", "health_insurance": true, "father_birth_year": 1985},
            {"id": "0123456789abc", "schooling": null},
        ],
        "circumstances": [{"ref": "k1", "person": "c1", "code": "II.4.1", "start": "2020"}, {"id": "0123456789abd", "end": "2024-09-01", "end_reason": "resolved"}],
        "supports": [{"ref": "s1", "person": "c1", "form": "social_allowance", "received": true, "start": "2021-03", "amount": "540000"}],
        "events": [{"ref": "e1", "person": "c1", "kind": "moved_in", "date": "2024-08-15", "other_place": "xã khác"}],
        "links": [{"ref": "l1", "kind": "moved", "person": "c1", "other_document": "00112233445566778899aabbccddeeff", "other_person": "0123456789abe"}],
        "restricted": [{"person": "c1", "code": "II.11.1", "start": "2024-06", "note": "…", "supports": ["counselling"]}],
    })
}

#[test]
fn whole_and_half_filled_entries_are_valid() {
    let entries = [
        sample(),
        json!({"entry": 1}),
        json!({"entry": 1, "village": "01", "household": {"head_name": "Lý Văn Mẫu"}}),
        json!({"entry": 1, "visit": {"date": "2024-10-12", "result": "absent"}}),
        json!({"entry": 1, "children": [{"ref": "c1"}], "circumstances": [{"ref": "k1", "person": "c1"}]}),
        json!({"entry": 1, "children": [{"id": "0123456789abc", "identity_number": "12"}]}),
    ];
    for entry in entries {
        let errors: Vec<String> = SCHEMA.iter_errors(&entry).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn entries_that_say_nothing_sensible_are_invalid() {
    for (pointer, value) in [
        ("/entry", json!(2)),
        ("/village", json!("")),
        ("/visit/date", json!("2024-10")),
        ("/visit/result", json!("fled")),
        ("/household/poverty_year", json!("2024")),
        ("/household/head_name", json!("x".repeat(101))),
        ("/household", json!({"colour": "red"})),
        ("/children/0/birth_date", json!("12/10/2015")),
        ("/children/0/sex", json!("x")),
        ("/children/0/health_insurance", json!(1)),
        ("/children/0", json!({"name": "without ref or id"})),
        ("/children/0", json!({"ref": "c1", "id": "0123456789abc"})),
        ("/children/0/ref", json!("0123456789abc")),
        ("/children/1/id", json!("c1")),
        ("/circumstances/0/code", json!("II.11.1")),
        ("/circumstances/0/code", json!("III.1")),
        ("/restricted/0/code", json!("II.4.1")),
        ("/restricted/0", json!({"person": "c1"})),
        ("/restricted/0/supports", json!(["counselling", "counselling"])),
        ("/links/0/other_document", json!("xyz")),
        ("/members", json!((0..61).map(|n| json!({"ref": format!("m{n}")})).collect::<Vec<_>>())),
    ] {
        let mut entry = sample();
        *entry.pointer_mut(pointer).expect("in the sample") = value.clone();
        assert!(!SCHEMA.is_valid(&entry), "{pointer} {value}");
    }
}

#[test]
fn schema_and_field_check_agree_on_every_field() {
    let values = [
        json!(null),
        json!(true),
        json!(1990),
        json!(-1),
        json!(""),
        json!("x".repeat(5000)),
        json!("2019"),
        json!("2019-05"),
        json!("2019-05-03"),
        json!("1849"),
        json!("2200-13"),
        json!("male"),
        json!("01"),
        json!("II.4.1"),
        json!("II.5"),
        json!("poor"),
        json!("medical"),
        json!(["medical"]),
        json!([1]),
        json!("0123456789abc"),
        json!("00112233445566778899aabbccddeeff"),
    ];
    let lists = [
        (EntityKind::Member, "members"),
        (EntityKind::Child, "children"),
        (EntityKind::Circumstance, "circumstances"),
        (EntityKind::Support, "supports"),
        (EntityKind::Event, "events"),
        (EntityKind::Link, "links"),
    ];
    for (kind, list) in lists {
        for field in &definition().entity(kind).fields {
            for value in &values {
                let entry = json!({"entry": 1, list: [{"ref": "x", field.name.as_str(): value}]});
                let named = field.kind == FieldType::Entity
                    && value.as_str().is_some_and(|v| v == "poor" || v == "medical" || v == "male");
                let expected = named || field.check(kind, value).is_ok();
                assert_eq!(SCHEMA.is_valid(&entry), expected, "{kind:?}.{} {value}", field.name);
            }
        }
    }
}

fn damaged(change: impl FnOnce(&mut Value)) -> RecordError {
    let mut file: Value = serde_json::from_str(include_str!("../../records/household.1.json")).expect("JSON");
    change(&mut file);
    RecordDefinition::load(&file.to_string()).expect_err("damaged")
}

#[test]
fn a_damaged_definition_is_refused_with_its_reason() {
    let kind = EntityKind::Household;
    let shape = |field: &str| RecordError::Shape { kind, field: field.into() };
    let first = "/entities/0/fields/0";
    assert_eq!(
        damaged(|f| f["entities"][1]["kind"] = json!("child")),
        RecordError::Entities { kind: EntityKind::Member }
    );
    assert_eq!(
        damaged(|f| f["identified_by"] = json!(["colour"])),
        RecordError::Fields { kind, field: "colour".into() }
    );
    assert_eq!(
        damaged(|f| f["entities"][0]["fields"][1]["name"] = json!("number")),
        RecordError::Fields { kind, field: "number".into() }
    );
    for (name, value) in [
        ("max_chars", json!(null)),
        ("max_chars", json!(0)),
        ("purpose", json!("")),
        ("catalogue", json!("sexes")),
        ("min", json!(1)),
    ] {
        assert_eq!(
            damaged(|f| f.pointer_mut(first).expect("a field")[name] = value),
            shape("number"),
            "{name}"
        );
    }
    assert_eq!(
        damaged(|f| f.pointer_mut(first).expect("a field")["import"] = json!(["chu ho"])),
        RecordError::Heading { kind, heading: "chu ho".into() }
    );
    assert!(matches!(damaged(|f| f["surprise"] = json!(1)), RecordError::Syntax { .. }));
}
