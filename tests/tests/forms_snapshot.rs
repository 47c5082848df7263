//! The printed forms: bytes that must never change by themselves. A synthetic commune's register is
//! imported and all three forms are written; tables and CSV are frozen under `tests/snapshots`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value as Json, json};
use server::import::{self, ImportOptions};
use server::office::{Author, CommuneConfig, Office, OfficeOptions};
use server::report::{self, Filled, Signatory};
use sothon_tests::commune::{self, AS_OF, Commune, FROM, Scale};
use sync_core::document::Edit;
use sync_core::seal::ConfidentialKey;
use sync_core::tally::{Counter, Period, Tally};
use tempfile::TempDir;

const CLOCK: i64 = 1_729_000_000;
/// Numbers a form needs and has no line for.
type Parameters = BTreeMap<String, u64>;

const FORMS: [&str; 3] = ["01/TE", "02/TE", "03/TE"];

/// An office that has imported a synthetic register; everything about it comes from one seed.
struct Desk {
    _folder: TempDir,
    commune: Commune,
    office: Office,
    author: Author,
    key: ConfidentialKey,
}

/// A form in every format.
#[derive(PartialEq, Eq)]
struct Printed {
    table: String,
    csv: Vec<u8>,
    json: Vec<u8>,
    xlsx: Vec<u8>,
    pdf: Vec<u8>,
}

impl Desk {
    fn new() -> Self {
        let commune = Commune::generate(2024, Scale { villages: 4, households: 480 });
        let folder = tempfile::tempdir().expect("a folder");
        let mut random = ChaCha20Rng::seed_from_u64(5);
        let key = ConfidentialKey::draw(&mut random);
        let villages = commune.villages.iter().map(|village| (village.code.clone(), village.name.clone()));
        let config = CommuneConfig {
            name: "Xã Giả Lập".to_owned(),
            unit_word: "thôn".to_owned(),
            villages: villages.collect(),
            confidential_key: key.public().expect("a drawn key is one"),
        };
        let options = OfficeOptions { random: Box::new(ChaCha20Rng::seed_from_u64(6)) };
        let office =
            Office::create(&folder.path().join("register.sqlite"), &config, options).expect("created");
        let author = Author::from_bytes(&[3; 32]);
        office.set("parameter/total_population", &json!(1_969), CLOCK).expect("set");
        let register = folder.path().join("so.csv");
        write_register(&commune, &register);
        let options = ImportOptions::default();
        let imported = import::run(&office, &author, &register, &options, CLOCK, &mut random, &mut |_| ())
            .expect("a register");
        assert_eq!(imported.imported, commune.children().count());
        Self { _folder: folder, commune, office, author, key }
    }

    fn tally(&self, form: &str, known_at: Option<u64>, open: bool) -> (Tally, Parameters, u64) {
        let form = schemas::form::form(form).expect("shipped");
        let facts = self.office.facts(known_at, open.then_some(&self.key)).expect("read");
        let mut parameters = BTreeMap::new();
        for parameter in &form.parameters {
            let set =
                self.office.setting(&format!("parameter/{}", parameter.key), facts.known_at).expect("read");
            parameters
                .extend(set.and_then(|value| value.as_u64()).map(|number| (parameter.key.clone(), number)));
        }
        let period = Period::new(FROM, AS_OF).expect("in order");
        let counter = Counter::new(form, period, None).expect("a form of ours");
        let sum = counter.contribution(&facts.households, &facts.pairs, facts.restricted.as_deref());
        (counter.tally(&sum, &parameters), parameters, facts.known_at)
    }

    fn print(&self, form: &str, known_at: Option<u64>, open: bool) -> Printed {
        let filled = self.filled(form, known_at, open);
        Printed {
            table: report::table(&filled),
            csv: report::csv(&filled),
            json: report::json(&filled),
            xlsx: report::xlsx(&filled).expect("a workbook"),
            pdf: report::pdf(&filled).expect("a PDF"),
        }
    }

    fn filled(&self, form: &str, known_at: Option<u64>, open: bool) -> Filled {
        let (tally, parameters, known_at) = self.tally(form, known_at, open);
        let form = schemas::form::form(form).expect("shipped").clone();
        let sign = |role: &String| Signatory { role: role.clone(), name: String::new() };
        Filled {
            commune: self.office.commune().name.clone(),
            upper_level: String::new(),
            village: None,
            signatories: form.signatories.iter().map(sign).collect(),
            typed: [("II.1/1".to_owned(), "1250.5".to_owned())].into_iter().collect(),
            parameters,
            parameter_days: BTreeMap::new(),
            form,
            tally,
            known_at,
            filing: None,
        }
    }

    /// Somebody changes households: poverty, which all forms count.
    fn change_households(&self) {
        let collector = Author::from_bytes(&[9; 32]);
        let mut changes = Vec::new();
        for document in self.office.documents(None).expect("read").into_iter().take(40) {
            let mut household =
                self.office.household(document, None, collector.actor(self.office.commune())).expect("known");
            let poor = [Edit::household("poverty_status", "poor"), Edit::household("poverty_year", "2024")];
            changes.extend(household.edit(&poor, CLOCK + 60).map(|change| (document, change)));
        }
        assert!(changes.len() > 30);
        self.office.author(&collector, changes, Vec::new(), CLOCK + 60).expect("accepted");
        self.office.set("parameter/total_population", &json!(2_500), CLOCK + 61).expect("set");
    }
}

fn write_register(commune: &Commune, path: &Path) {
    let mut bytes = Vec::new();
    commune.register().write_csv(&mut bytes).expect("memory takes everything");
    std::fs::write(path, bytes).expect("written");
}

/// What a cell of the workbook should hold, from the JSON.
fn shown(value: &Json) -> Data {
    let exact = |bounds: &Json| {
        let (least, most) = (bounds["least"].as_f64()?, bounds["most"].as_f64()?);
        (least == most).then_some(least)
    };
    let text = |bounds: &Json, divide: bool| {
        let show = |name: &str| {
            let number = bounds[name].as_u64().expect("a number");
            if divide { format!("{},{}", number / 10, number % 10) } else { thousands(number) }
        };
        let (least, most) = (show("least"), show("most"));
        if least == most { least } else { format!("{least}–{most}") }
    };
    match value["kind"].as_str() {
        Some("typed") if value["value"] == "1250.5" => Data::Float(1250.5),
        Some("heading" | "typed") => Data::Empty,
        Some("children") => {
            let bounds = &value["children"];
            match exact(bounds).filter(|_| value["sealed"] == false) {
                Some(number) => Data::Float(number),
                None if value["sealed"] == true => Data::String(format!("{}*", text(bounds, false))),
                None => Data::String(text(bounds, false)),
            }
        }
        Some("percent") if value["tenths"].is_null() => Data::String("–".into()),
        Some("percent") => match exact(&value["tenths"]) {
            Some(tenths) => Data::Float(tenths / 10.0),
            None => Data::String(text(&value["tenths"], true)),
        },
        kind => panic!("a kind of value this test does not know: {kind:?}"),
    }
}

/// The Vietnamese way of writing a count below a million.
fn thousands(number: u64) -> String {
    if number < 1_000 { number.to_string() } else { format!("{}.{:03}", number / 1_000, number % 1_000) }
}

fn freeze(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn the_forms_of_the_synthetic_commune_are_frozen() {
    let desk = Desk::new();
    for form in FORMS {
        for (open, which) in [(false, "sealed"), (true, "opened")] {
            let printed = desk.print(form, None, open);
            let name = format!("{}.{which}", form.replace('/', "-"));
            freeze(&format!("{name}.table"), &printed.table);
            freeze(
                &format!("{name}.csv"),
                &String::from_utf8(printed.csv).expect("UTF-8").replace("\r\n", "\n"),
            );
        }
    }
    // The independent count of the generator.
    let (filled, ..) = desk.tally("03/TE", None, true);
    for (line, expected) in commune::expected::form_03(&desk.commune, FROM, AS_OF) {
        let counted = filled.cell(&line, 0).unwrap_or_else(|| panic!("line {line} counts children"));
        let counted = (counted.children.least, counted.children.most);
        assert_eq!(counted, (expected.least.into(), expected.most.into()), "line {line}");
    }
}

#[test]
fn the_same_arguments_give_the_same_bytes_whatever_came_later() {
    let desk = Desk::new();
    let whole = |known_at: Option<u64>| -> Vec<Printed> {
        let all = FORMS.iter().flat_map(|form| [(form, false), (form, true)]);
        all.map(|(form, open)| desk.print(form, known_at, open)).collect()
    };
    let first = whole(None);
    assert!(whole(None) == first, "a second print differs");
    let position = desk.office.status().expect("read").log_position;
    desk.change_households();
    let later = whole(None);
    assert!(later.iter().zip(&first).all(|(later, first)| later.table != first.table), "the changes count");
    assert!(whole(Some(position)) == first, "what was known then has changed");
    assert!(whole(None) == later);
    assert_ne!(desk.author.device(), Author::from_bytes(&[9; 32]).device());
}

#[test]
fn a_workbook_read_again_says_what_the_json_says() {
    let desk = Desk::new();
    let (mut numbers, mut ranges) = (0, 0);
    for form in FORMS {
        for open in [false, true] {
            let printed = desk.print(form, None, open);
            let json: Json = serde_json::from_slice(&printed.json).expect("JSON");
            let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(printed.xlsx)).expect("a workbook");
            let sheet =
                workbook.worksheet_range(&form.replace('/', "-")).expect("a sheet named after the form");
            let lines = json["lines"].as_array().expect("lines");
            let head = sheet.rows().position(|row| row.first() == Some(&Data::String("TT".into())));
            let head = u32::try_from(head.expect("a head")).expect("near the top");
            // Below the headings, and where units stand below them, those and the columns' numbers.
            let (top, first) = if form == "03/TE" { (head + 3, 2) } else { (head + 1, 3) };
            for (row, line) in (top..).zip(lines) {
                let label = line["label"].as_str().expect("a label");
                let at = sheet.get_value((row, 1)).map(ToString::to_string).unwrap_or_default();
                assert!(at.ends_with(label), "{form} row {row}: {at} instead of {label}");
                for (column, value) in (first..).zip(line["values"].as_array().expect("values")) {
                    let cell = sheet.get_value((row, column)).cloned().unwrap_or_default();
                    assert_eq!(cell, shown(value), "{form} line {} column {column}", line["code"]);
                    numbers += u32::from(matches!(cell, Data::Float(_)));
                    ranges += u32::from(matches!(cell, Data::String(_)));
                }
            }
        }
    }
    assert!(numbers > 500 && ranges > 50, "{numbers} numbers, {ranges} ranges");
}
