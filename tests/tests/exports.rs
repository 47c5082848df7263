//! Files that leave the office, opened by other programs' readers: figures are those of the form, sums are formulas
//! with their results, and nothing anybody wrote is a formula, turns a line around or breaks a file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use server::report::{
    self, Figures, FilingMark, Filled, List, Narrative, Plan, Signatory, Span, TargetFigure, XlsxError,
};
use sync_core::tally::{Bounds, Period, Value};

/// Names people may have written, all invented.
const HOSTILE: [&str; 7] = [
    "=HYPERLINK(\"http://example.invalid\",\"An\")",
    "+84 912",
    "-2+3",
    "@SUM(A1:A9)",
    "<script>alert(1)</script>",
    "\u{202e}nA năV nễyugN",
    "Nguyễn Văn\u{0}\u{7} An",
];

fn period(from: &str, as_of: &str) -> Period {
    Period::new(from.parse().unwrap(), as_of.parse().unwrap()).unwrap()
}

/// A form whose cells hold invented numbers: line 3 of a column of 7 says 3 × 7.
fn filled(code: &str, factor: u64) -> Filled {
    let form = schemas::form::form(code).unwrap().clone();
    let period = period("2023-11-21", "2024-11-20");
    let nothing = Default::default();
    let mut tally = sync_core::tally::tally(&form, period, None, [], &[], None, &nothing).unwrap();
    for (row, line) in (1u64..).zip(&mut tally.lines) {
        for value in &mut line.values {
            match value {
                Value::Children(cell) => {
                    let number = row * factor;
                    cell.children = Bounds { least: number, most: number + u64::from(row == 30) * 2 };
                }
                Value::Percent { tenths } => *tenths = Some(Bounds { least: row * 10, most: row * 10 }),
                Value::Heading | Value::Typed => {}
            }
        }
    }
    Filled {
        commune: HOSTILE[4].to_owned(),
        upper_level: HOSTILE[0].to_owned(),
        village: None,
        signatories: vec![
            Signatory { role: "Người lập biểu".into(), name: HOSTILE[5].into() },
            Signatory { role: "Lãnh đạo phê duyệt".into(), name: "ă".repeat(10_000) },
        ],
        typed: [("II.1/1".to_owned(), "1250.5".to_owned())].into(),
        parameters: [("total_population".to_owned(), 9_000)].into(),
        parameter_days: Default::default(),
        form,
        tally,
        known_at: 7,
        filing: Some(FilingMark { number: 3, revision: 2, digest: "ab".repeat(32) }),
    }
}

/// The place of a line's first number in a workbook.
fn place(filled: &Filled, line: &str) -> (u32, u32) {
    let (head, first) = if filled.units_by_line() { (7, 3) } else { (9, 2) };
    let index = filled.form.lines.iter().position(|known| known.code == line).unwrap();
    (head + u32::try_from(index).unwrap(), first)
}

/// Line I.1 of 03/TE made the sum of boys and girls, in every column.
fn added_up(mut filled: Filled) -> Filled {
    let place = |code: &str| filled.form.lines.iter().position(|line| line.code == code).unwrap();
    let (whole, boys, girls) = (place("I.1"), place("I.1.1"), place("I.1.2"));
    for column in 0..filled.form.columns.len() {
        let number = |line: usize| match filled.tally.lines[line].values[column] {
            Value::Children(cell) => cell.children.least,
            _ => 0,
        };
        let sum = number(boys) + number(girls);
        if let Value::Children(cell) = &mut filled.tally.lines[whole].values[column] {
            cell.children = Bounds { least: sum, most: sum };
        }
    }
    filled
}

#[test]
fn sums_and_shares_are_formulas_that_carry_their_results() {
    let third = added_up(filled("03/TE", 2));
    let first = Filled {
        typed: [
            ("II.1/1", "12.5"),
            ("II.1.1/1", "4"),
            ("II.1.2/1", "8.5"),
            ("II.2/1", "3"),
            ("II.2.1/1", "1"),
        ]
        .map(|(cell, number)| (cell.to_owned(), number.to_owned()))
        .into(),
        ..filled("01/TE", 2)
    };
    // Columns of a commune's own: all children, boys, girls.
    let own = r#"{"form":"03/TE","edition":"2024","columns":[
        {"code":"1","header":"Tổng cộng","confirmed":true,"kind":{"children":{}}},
        {"code":"2","header":"Nam","confirmed":true,"kind":{"children":{"sex":"male"}}},
        {"code":"3","header":"Nữ","confirmed":true,"kind":{"children":{"sex":"female"}}}]}"#;
    let mut by_sex = filled("03/TE", 2);
    by_sex.form = by_sex.form.with_columns(own).unwrap();
    for line in &mut by_sex.tally.lines {
        line.values.truncate(3);
        let counted = |number| {
            Value::Children(sync_core::tally::Cell {
                children: Bounds { least: number, most: number },
                ..Default::default()
            })
        };
        if let Value::Children(_) = line.values[0] {
            line.values = vec![counted(7), counted(4), counted(3)];
        }
    }
    for (form, line, column, formula) in [
        (&third, "I.1", 0, "C13+C14"),
        (&third, "I.1", 2, "E13+E14"),
        (&third, "II.1", 1, "ROUND(C20/$C$11*100,1)"),
        (&first, "I.1-1", 0, "ROUND(D9/9000*100,1)"),
        (&first, "II.1", 0, "D20+D21"),
        (&by_sex, "II.4", 0, "D44+E44"),
    ] {
        let bytes = report::xlsx(form).unwrap();
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
        let sheet = form.form.form.replace('/', "-");
        let (row, first) = place(form, line);
        let formulas = book.worksheet_formula(&sheet).unwrap();
        let found = formulas.get_value((row, first + column)).cloned().unwrap_or_default();
        assert_eq!(found, formula, "{sheet} {line}");
        let values = book.worksheet_range(&sheet).unwrap();
        let index = form.form.lines.iter().position(|known| known.code == line).unwrap();
        let shown = form.shown(index, usize::try_from(column).unwrap());
        let report::Shown::Exact(number) = shown else { panic!("{line} is a number") };
        assert_eq!(values.get_value((row, first + column)), Some(&Data::Float(number.value())), "{line}");
        // And the parts, as another program reads them, add up to it.
        if let Some(parts) = formula.split_once('+') {
            let cell = |name: &str| {
                let column = u32::from(name.as_bytes()[0] - b'A');
                let row: u32 = name[1..].parse().unwrap();
                match values.get_value((row - 1, column)) {
                    Some(Data::Float(number)) => *number,
                    other => panic!("{name}: {other:?}"),
                }
            };
            assert!((cell(parts.0) + cell(parts.1) - number.value()).abs() < 1e-9, "{sheet} {line}");
        }
    }
}

#[test]
fn a_sum_that_does_not_add_up_or_is_not_settled_is_no_formula() {
    let formula = |form: &Filled, line: &str| {
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(report::xlsx(form).unwrap())).unwrap();
        let sheet = form.form.form.replace('/', "-");
        book.worksheet_formula(&sheet).unwrap().get_value(place(form, line)).cloned().unwrap_or_default()
    };
    // Boys and girls are 8 and 10, and the total says 4: the print says what the screen says.
    assert_eq!(formula(&filled("03/TE", 2), "I.1"), "");
    let mut open = added_up(filled("03/TE", 2));
    for line in &mut open.tally.lines[1..4] {
        if let Value::Children(cell) = &mut line.values[0] {
            cell.children.most += 2;
        }
    }
    assert_eq!(formula(&open, "I.1"), "");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(report::xlsx(&open).unwrap())).unwrap();
    let values = book.worksheet_range("03-TE").unwrap();
    assert_eq!(values.get_value(place(&open, "I.1")), Some(&Data::String("18–20".into())));
}

#[test]
fn a_line_that_is_no_plain_sum_or_rests_on_something_undecided_is_no_formula() {
    let form = filled("03/TE", 2);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(report::xlsx(&form).unwrap())).unwrap();
    let formulas = book.worksheet_formula("03-TE").unwrap();
    // Covered by its parts, and a second cut beside the first.
    for line in ["II", "II.3", "II.4"] {
        let (row, column) = place(&form, line);
        assert_eq!(formulas.get_value((row, column)).map(String::as_str).unwrap_or_default(), "", "{line}");
    }
    let undecided = form.form.lines[29].code.clone();
    let (row, column) = place(&form, &undecided);
    assert_eq!(
        formulas.get_value((row, column + 1)).map(String::as_str).unwrap_or_default(),
        "",
        "{undecided}"
    );
    let values = book.worksheet_range("03-TE").unwrap();
    assert_eq!(values.get_value((row, column)), Some(&Data::String("60–62".into())));
}

#[test]
fn nothing_anybody_wrote_is_a_formula_in_a_form_or_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let list = List {
        sheet: "II.4".into(),
        title: HOSTILE[0].into(),
        notes: vec![HOSTILE[2].into()],
        headings: HOSTILE.map(str::to_owned).to_vec(),
        day: "2024-11-20".parse().unwrap(),
    };
    let long = "=".repeat(50_000);
    let rows = [HOSTILE.map(str::to_owned).to_vec(), vec![long; 7]];
    let bytes = report::list(&list, folder.path(), rows.into_iter().map(Ok::<_, XlsxError>)).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert!(book.worksheet_formula("II.4").unwrap().used_cells().all(|(.., formula)| formula.is_empty()));
    let cells = book.worksheet_range("II.4").unwrap();
    let text = |row, column| cells.get_value((row, column)).unwrap().to_string();
    assert_eq!(text(3, 0), HOSTILE[0]);
    assert_eq!(text(3, 5), "nA năV nễyugN");
    assert_eq!(text(3, 6), "Nguyễn Văn An");
    assert_eq!(text(4, 0).chars().count(), 32_001);

    let form = filled("01/TE", 1);
    let csv = String::from_utf8(report::csv(&form)).unwrap();
    assert!(csv.lines().flat_map(|line| line.split(',')).all(|cell| !cell.starts_with(['=', '+', '-', '@'])));
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(report::xlsx(&form).unwrap())).unwrap();
    let formulas = book.worksheet_formula("01-TE").unwrap();
    assert!(formulas.used_cells().all(|(.., formula)| formula.is_empty() || formula.starts_with("ROUND(")));
}

#[test]
fn everybody_who_signs_stands_in_the_workbook_with_a_place_of_their_own() {
    let all = ["Người lập biểu", "Kế toán", "Công chức Văn hóa - Xã hội", "Chủ tịch UBND xã"];
    for (form, people) in ["01/TE", "03/TE"].into_iter().flat_map(|form| (1..=4).map(move |n| (form, n))) {
        let signatories = all[..people].iter().enumerate();
        let signatories = signatories
            .map(|(at, role)| Signatory { role: (*role).into(), name: format!("Người Giả Lập {at}") });
        let filled = Filled { signatories: signatories.collect(), ..filled(form, 1) };
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(report::xlsx(&filled).unwrap())).unwrap();
        let sheet = book.worksheet_range(&form.replace('/', "-")).unwrap();
        let place = |text: &str| {
            let mut found =
                sheet.used_cells().filter(|(.., cell)| matches!(cell, Data::String(said) if said == text));
            let (row, column, _) = found.next().unwrap_or_else(|| panic!("{form}, {people}: {text}"));
            assert!(found.next().is_none(), "{text} stands once");
            (row, column)
        };
        for (at, role) in all[..people].iter().enumerate() {
            let (role, name) = (place(role), place(&format!("Người Giả Lập {at}")));
            assert_eq!(
                (name.0 - role.0, name.1),
                (5, role.1),
                "{form}: a name below its role, and room to sign"
            );
        }
        let last_name = (0..people).map(|at| place(&format!("Người Giả Lập {at}")).0).max().unwrap();
        let printed = book.defined_names().iter().find(|(name, _)| name.ends_with("Print_Area"));
        let last_printed = printed.and_then(|(_, area)| area.rsplit('$').next()).unwrap();
        assert_eq!(last_printed, (last_name + 1).to_string(), "{form}, {people}: names end the print");
        let roles: Vec<(usize, usize)> = all[..people].iter().map(|role| place(role)).collect();
        assert!(roles.is_sorted(), "{form}: left to right, then downwards: {roles:?}");
        if people == 3 && form == "03/TE" {
            assert!(roles.iter().all(|role| role.0 == roles[0].0), "beside each other: {roles:?}");
        }
    }
}

#[test]
fn a_pdf_of_hostile_and_endless_names_is_made_and_always_the_same() {
    for code in ["01/TE", "02/TE", "03/TE"] {
        let form = filled(code, 3);
        let pdf = report::pdf(&form).unwrap();
        assert!(pdf.starts_with(b"%PDF-"));
        assert!(pdf == report::pdf(&form).unwrap(), "{code}");
        let mut other = form;
        other.known_at += 1;
        assert!(pdf != report::pdf(&other).unwrap(), "{code}");
    }
}

#[test]
fn the_narrative_report_has_the_outline_the_figures_and_last_years() {
    let figures = |factor| Figures {
        basic: filled("01/TE", factor),
        system: filled("02/TE", factor),
        special: filled("03/TE", factor),
        flow: Default::default(),
    };
    let figure = |number: &str, reached: Option<&str>| TargetFigure {
        number: number.into(),
        what: "Trẻ em có thẻ BHYT".into(),
        promised: "≥ 95% (năm 2025)".into(),
        reached: reached.map(str::to_owned),
    };
    let plan = Plan {
        set: "gia-lap".into(),
        title: "Kế hoạch giả lập".into(),
        figures: vec![figure("1", Some("80% (120/150 trẻ em)")), figure("2", None)],
    };
    let narrative = Narrative { span: Span::Year, now: figures(2), before: figures(1), plans: vec![plan] };
    let bytes = report::docx(&narrative).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut xml = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    for heading in [
        "I. Đặc điểm tình hình",
        "2. Công tác bảo vệ trẻ em (ở 3 cấp độ)",
        "1. So sánh kết quả, hiệu quả so với cùng kỳ năm 2023",
        "IV. Kế hoạch năm 2025",
    ] {
        assert!(xml.contains(heading), "{heading}");
    }
    // Line I.1 is the second of 03/TE: 4 children now, 2 a year before.
    assert!(xml.contains("toàn xã có 4 trẻ em dưới 16 tuổi"));
    assert!(xml.contains("- 1. Trẻ em có thẻ BHYT: cần đạt ≥ 95% (năm 2025); đã đạt 80% (120/150 trẻ em);"));
    assert!(xml.contains("- 2. Trẻ em có thẻ BHYT: cần đạt ≥ 95% (năm 2025); đã đạt …;"));
    assert!(xml.contains(">+100<"));
    assert!(xml.contains("Tổng ngân sách: 1.250,5 triệu đồng"));
    assert!(!xml.contains("<script>") && !xml.contains('\u{202e}'));
    assert_eq!(xml.matches("- Trẻ em có hoàn cảnh đặc biệt – ").count(), 6, "columns 3 to 8");
}

#[test]
fn the_narrative_report_tells_of_help_what_a_communes_own_columns_count_as_help() {
    let own = r#"{"form":"03/TE","edition":"2024","columns":[
        {"code":"1","header":"Được trợ cấp","confirmed":true,"kind":{"children":{"supports":["social_allowance"]}}},
        {"code":"2","header":"Tổng cộng","confirmed":true,"kind":{"children":{}}},
        {"code":"3","header":"Nam","confirmed":true,"kind":{"children":{"sex":"male"}}},
        {"code":"4","header":"Nữ","confirmed":true,"kind":{"children":{"sex":"female"}}}]}"#;
    let figures = || {
        let mut special = filled("03/TE", 2);
        special.form = special.form.with_columns(own).unwrap();
        Figures { basic: filled("01/TE", 2), system: filled("02/TE", 2), special, flow: Default::default() }
    };
    let narrative = Narrative { span: Span::HalfYear, now: figures(), before: figures(), plans: Vec::new() };
    let mut archive = zip::ZipArchive::new(Cursor::new(report::docx(&narrative).unwrap())).unwrap();
    let mut xml = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    assert_eq!(xml.matches("- Trẻ em có hoàn cảnh đặc biệt – ").count(), 1);
    assert!(xml.contains("- Trẻ em có hoàn cảnh đặc biệt – Được trợ cấp"));
}
