use super::*;

/// TT, label and ĐVT of every line as S03 has them, in order (taken from it by a script).
const SOURCES: [(&str, &str, usize); 3] = [
    ("01/TE", include_str!("../../forms/source/01-TE.2024.tsv"), 68),
    ("02/TE", include_str!("../../forms/source/02-TE.2024.tsv"), 36),
    ("03/TE", include_str!("../../forms/source/03-TE.2024.tsv"), 106),
];

fn te03() -> &'static Form {
    form("03/TE").expect("shipped")
}

fn original<'a>(line: &'a Line, field: &str, now: &'a str) -> &'a str {
    let repaired = |d: &&Damage| d.field == field && d.repaired.is_some();
    line.damage.iter().find(repaired).map_or(now, |damage| {
        assert_eq!(damage.repaired.as_deref(), Some(now), "{}", line.code);
        &damage.source
    })
}

#[test]
fn every_line_of_the_source_is_there_in_order_word_for_word_or_listed_as_damage() {
    for (name, source, count) in SOURCES {
        let form = form(name).expect("shipped");
        assert_eq!(form.lines.len(), count, "{name}");
        assert_eq!(source.lines().count(), count, "{name}");
        for (line, row) in form.lines.iter().zip(source.lines()) {
            let mut cells = row.split('\t');
            let (number, label, unit) =
                (cells.next().expect("TT"), cells.next().expect("label"), cells.next().expect("unit"));
            assert_eq!(line.number, number);
            let text = label.strip_prefix(line.mark.as_str()).expect("mark").trim_start();
            assert_eq!(original(line, "label", &line.label), text, "{name} {}", line.code);
            assert_eq!(original(line, "unit", &line.unit), unit, "{name} {}", line.code);
        }
    }
}

#[test]
fn no_label_keeps_the_damage_that_the_source_had() {
    for form in forms() {
        for line in &form.lines {
            for text in [&line.label, &line.unit] {
                assert!(!text.to_lowercase().contains("xã, xã") && !text.contains("Xã/xã"), "{}", line.code);
                assert!(!text.contains("phố cập"), "{}", line.code);
            }
        }
    }
    let second = form("02/TE").expect("shipped").line("II.1.2-1").expect("line");
    assert_eq!(second.label, "Số cơ sở ngoài công lập");
    let prison = te03().line("II.6.3-1").expect("line");
    assert_eq!((prison.damage.len(), &prison.damage[0].repaired), (1, &None));
}

#[test]
fn codes_are_section_and_number_and_rows_without_number_count_on_from_their_parent() {
    for (name, code, label) in [
        ("01/TE", "I.1-1", "Tỷ lệ trẻ em dưới 16 tuổi/tổng dân số"),
        ("01/TE", "I.3-2", "Số trẻ em dưới 6 tuổi được khám chữa bệnh bằng thẻ bảo hiểm y tế"),
        ("01/TE", "IX.4.2", "Nguồn vận động"),
        (
            "02/TE",
            "II.1.1-2-2",
            "Số cán bộ trực tiếp thực hiện chức năng, nhiệm vụ cung cấp dịch vụ của cơ sở",
        ),
        ("02/TE", "II.2-1", "Số lớp tập huấn/bồi dưỡng"),
        ("03/TE", "I.1.3-1", "Dân tộc Kinh"),
        ("03/TE", "II-0", "Nhóm trẻ em có hoàn cảnh đặc biệt chia theo các loại sau:"),
        ("03/TE", "II.3.13", "Số trẻ em không nơi nương tựa được chăm sóc thay thế bởi người thân thích"),
        ("03/TE", "II.4.4-6", "Trẻ em khuyết tật khác"),
        ("03/TE", "II.4.4-6-1", "Trong đó: Trẻ em tự kỷ"),
        (
            "03/TE",
            "II.6.1-1",
            "Trẻ em vi phạm pháp luật đang bị áp dụng biện pháp xử lý hành chính, giáo dục tại xã, phường, thị trấn",
        ),
        ("03/TE", "III.1-1", "Trong đó: Trẻ em sống trong gia đình nghèo"),
        ("03/TE", "IV.2.2-1", "Trong đó: Số trẻ em tử vong do đuối nước"),
        ("03/TE", "IV.2.2-2", "Số trẻ em tử vong do tai nạn giao thông"),
    ] {
        let line = form(name).expect("shipped").line(code).unwrap_or_else(|| panic!("{name} {code}"));
        assert_eq!(line.label, label);
    }
    assert!(form("04/TE").is_none());
}

#[test]
fn what_the_register_cannot_know_is_typed() {
    let first = form("01/TE").expect("shipped");
    for line in &first.lines {
        let counted = matches!(line.source, LineSource::Derived { .. } | LineSource::Percent { .. });
        assert!(!counted || line.code.starts_with("I."), "{}", line.code);
    }
    assert_eq!(first.parameters[0].key, "total_population");
    let second = form("02/TE").expect("shipped");
    assert!(second.lines.iter().all(|l| matches!(l.source, LineSource::Typed | LineSource::Heading)));
}

#[test]
fn the_columns_of_03_te_are_eight_and_none_is_confirmed() {
    let units: Vec<&str> = te03().columns.iter().map(|c| c.unit.as_str()).collect();
    assert_eq!(units, ["Người", "%", "Người", "Người", "Người", "Người", "Người", "Người"]);
    assert!(te03().has_unconfirmed_columns() && te03().columns.iter().all(|c| !c.confirmed));
    assert!(include_str!("../../forms/03-TE.columns.json").contains(UNCONFIRMED));
}

#[test]
fn a_commune_replaces_the_columns_by_a_file_of_its_own() {
    let own = r#"{"form":"03/TE","edition":"2024","columns":[
        {"code":"1","header":"Tổng số","unit":"Người","confirmed":true,"kind":{"children":{}}},
        {"code":"2","header":"Nữ dân tộc dưới 6 tuổi","unit":"Người","confirmed":true,
         "kind":{"children":{"sex":"female","age":{"below":6},"ethnicity":{"except":["01"]}}}}]}"#;
    let form = te03().with_columns(own).expect("valid");
    assert_eq!((form.columns.len(), form.lines.len()), (2, 106));
    assert!(!form.has_unconfirmed_columns());
}

#[test]
fn the_column_of_all_children_is_found_wherever_it_stands() {
    let with = |kinds: &[&str]| {
        let column = |(at, kind): (usize, &&str)| {
            format!(r#"{{"code":"c{at}","header":"h","unit":"","confirmed":true,"kind":{kind}}}"#)
        };
        let columns: Vec<String> = kinds.iter().enumerate().map(column).collect();
        let file = format!(r#"{{"form":"03/TE","edition":"x","columns":[{}]}}"#, columns.join(","));
        te03().with_columns(&file).expect("valid").total_column()
    };
    let (boys, all) = (r#"{"children":{"sex":"male"}}"#, r#"{"children":{}}"#);
    let share = r#"{"percent":{"column":"c1","of_column":"c1"}}"#;
    assert_eq!(with(&[boys, all]), 1);
    assert_eq!(with(&[share, boys]), 1, "none counts all: the first that counts children");
    assert_eq!((te03().total_column(), form("01/TE").expect("shipped").total_column()), (0, 0));
}

#[test]
fn wrong_columns_are_refused_with_what_and_where() {
    let file = |columns: &str| format!(r#"{{"form":"03/TE","edition":"x","columns":[{columns}]}}"#);
    let column = |code: &str, kind: &str| {
        format!(r#"{{"code":"{code}","header":"h","unit":"","confirmed":true,"kind":{kind}}}"#)
    };
    let all = r#"{"children":{}}"#;
    for (json, expected) in [
        ("{".to_owned(), "line 1, column 1 of the text: EOF while parsing an object"),
        (file("").replace("03", "01"), "these columns are for 01/TE, not for 03/TE"),
        (file(""), "03/TE: form: columns is empty"),
        (file(&format!("{0},{0}", column("1", all))), "03/TE: column 1: the code is used twice"),
        (
            file(&column("3", r#"{"children":{"supports":["gold"]}}"#)),
            "03/TE: column 3: no form of support is called \"gold\"",
        ),
        (
            file(&column("3", r#"{"children":{"age":{"from":6,"below":6}}}"#)),
            "03/TE: column 3: nobody can be of that age",
        ),
        (
            file(&column("3", r#"{"children":{"ethnicity":{"only":["99"]}}}"#)),
            "03/TE: column 3: no ethnic group has the code \"99\"",
        ),
        (
            file(&column("2", r#"{"percent":{"column":"1","of_line":"I.1","of_column":"1"}}"#)),
            "03/TE: column 2: no column that counts children has the code \"1\"",
        ),
        (
            file(&format!(
                "{},{}",
                column("1", all),
                column("2", r#"{"percent":{"column":"1","of_line":"I.9","of_column":"1"}}"#)
            )),
            "03/TE: column 2: no line has the code \"I.9\"",
        ),
    ] {
        assert_eq!(te03().with_columns(&json).expect_err(&json).to_string(), expected);
    }
}

#[test]
fn a_form_whose_references_lead_nowhere_is_refused() {
    let json = serde_json::to_string(te03()).expect("serialises");
    assert_eq!(&Form::from_json(&json).expect("valid"), te03());
    for (from, to, at, problem) in [
        (r#""code":"II.1.2""#, r#""code":"II.1.1""#, "line II.1.1", Problem::Repeated),
        (r#"["II.9"]"#, r#"["II.99"]"#, "line II.9", Problem::NoCircumstance("II.99".into())),
        (r#"["injury_traffic"]"#, r#"["war"]"#, "line IV.2.2-2", Problem::NoCause("war".into())),
        (r#"["injury"]"#, r#"["harm"]"#, "line IV", Problem::NoEvent("harm".into())),
        (
            r#"["I.1.1","I.1.2"]"#,
            r#"["I.1.1","I.1.3"]"#,
            "check 1 (I.1)",
            Problem::NotDerived("I.1.3".into()),
        ),
        (r#"["I.1.1","I.1.2"]"#, "[]", "check 1 (I.1)", Problem::Empty("parts")),
        (r#""occurrences":["IV.1","IV.2"]"#, r#""occurrences":["IV.1","II"]"#, "line IV", Problem::Circular),
        (r#"["I.1.1","I.1.2"]"#, r#"["I.1.1","I.1"]"#, "check 1 (I.1)", Problem::Circular),
        (r#""universe":{"below":16}"#, r#""universe":{"below":0}"#, "form", Problem::NoAge),
    ] {
        assert!(json.contains(from), "{from}");
        let broken = json.replacen(from, to, 1);
        let expected = FormError::Invalid { form: "03/TE".into(), at: at.into(), problem };
        assert_eq!(Form::from_json(&broken).expect_err(from), expected);
    }
}

#[test]
fn sums_that_lead_back_over_other_sums_are_refused() {
    let check = |whole: &str, part: &str, rule: &str| {
        format!(r#"{{"rule":"{rule}","whole":"{whole}","parts":["{part}"],"note":"n"}}"#)
    };
    let with = |checks: [String; 2]| {
        let mut json = serde_json::to_value(te03()).expect("serialises");
        json["checks"] = checks
            .iter()
            .map(|check| serde_json::from_str::<serde_json::Value>(check).expect("JSON"))
            .collect();
        Form::from_json(&json.to_string()).map(|form| form.checks.len())
    };
    let there = check("I.1.1", "I.1.2", "equals_sum");
    let refused = with([there.clone(), check("I.1.2", "I.1.1", "equals_sum")]).expect_err("a circle");
    assert!(matches!(refused, FormError::Invalid { problem: Problem::Circular, .. }), "{refused}");
    assert_eq!(with([there, check("I.1.2", "I.1.1", "covered_by")]), Ok(2), "one of them is no sum");
}

#[test]
fn restricted_lines_are_found_with_the_totals_that_contain_them() {
    let restricted: Vec<&str> =
        te03().lines.iter().filter(|line| te03().counts_restricted(line)).map(|l| l.code.as_str()).collect();
    for code in
        ["II", "II.5", "II.5.1", "II.6.1-2", "II.7", "II.10", "II.10.2", "II.10.5", "II.11.3", "II.12.1"]
    {
        assert!(restricted.contains(&code), "{code}");
    }
    for code in ["I.1", "II.1", "II.4", "II.10.1", "II.10.4", "II.13", "III", "IV"] {
        assert!(!restricted.contains(&code), "{code}");
    }
}

#[test]
fn every_circumstance_that_may_be_recorded_is_a_line_counted_by_its_own_code() {
    for circumstance in circumstances() {
        if !circumstance.is_recorded() || circumstance.section().starts_with("2023") {
            continue;
        }
        let line = te03().line(circumstance.code()).unwrap_or_else(|| panic!("{}", circumstance.code()));
        let plain = |label: &str| label.trim_start_matches("Trong đó: ").trim_end_matches('.').to_owned();
        assert_eq!(plain(&line.label), plain(&circumstance.entry.label));
        let LineSource::Derived { selector: Selector::Circumstance(is), .. } = &line.source else {
            panic!("{}", line.code)
        };
        assert!(is.takes_in(&line.code));
    }
}

#[test]
fn a_group_takes_in_what_lies_beneath_it_and_nothing_beside_it() {
    for (code, group, within) in [
        ("II.4", "II.4", true),
        ("II.4.1", "II.4", true),
        ("II.4.4-6-1", "II.4.4-6", true),
        ("II.10", "II.1", false),
    ] {
        assert_eq!(is_within(code, group), within, "{code} {group}");
    }
}
