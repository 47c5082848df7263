use std::collections::{BTreeMap, BTreeSet};

use calamine::{Data, Reader, Xlsx, open_workbook};
use sha2::{Digest, Sha256};

use super::expected::{LINES, form_03, form_03_of};
use super::register::{HEADINGS, column};
use super::round::{Doing, Planted};
use super::words::MARK;
use super::*;

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn csv_of(commune: &Commune) -> Vec<u8> {
    let mut bytes = Vec::new();
    commune.register().write_csv(&mut bytes).expect("memory takes everything");
    bytes
}

#[test]
fn the_default_commune_and_its_round_are_frozen() {
    let commune = Commune::default_seed();
    let script = RoundScript::generate(&commune, SEED);
    let json = serde_json::to_vec(&commune).expect("serialises");
    let round = serde_json::to_vec(&script).expect("serialises");
    assert_eq!(
        [digest(&json), digest(&csv_of(&commune)), digest(&round)],
        [
            "848da34c80acb14d33aacea6988ebdb4869573999e59999f769708c9aa319a28",
            "d2c4037e6f052a0a1d6fb6140314b5fa9d075a52d1d3ae504a21939f7bd33e23",
            "7d22df128f15f36373d896d60140edf70528e65b463eb920c5c94f56545282a7",
        ],
        "the generator changed: everything measured with it has to be measured again"
    );
    assert_eq!(serde_json::from_slice::<Commune>(&json).expect("reads back"), commune);
    assert_eq!(serde_json::from_slice::<RoundScript>(&round).expect("reads back"), script);
}

#[test]
fn another_seed_gives_another_commune() {
    let small = Scale { villages: 2, households: 50 };
    assert_eq!(Commune::generate(1, small), Commune::generate(1, small));
    assert_ne!(Commune::generate(1, small).households, Commune::generate(2, small).households);
}

#[test]
fn every_line_of_the_form_is_occupied_for_sure() {
    let counts = form_03(&Commune::default_seed(), FROM, AS_OF);
    assert_eq!(counts.len(), LINES.len());
    let empty: Vec<&str> = LINES.iter().copied().filter(|line| counts[*line].least == 0).collect();
    assert_eq!(empty, [""; 0]);
    assert!(counts.values().any(|count| count.least < count.most), "rough dates leave some cells open");
}

#[test]
fn the_commune_is_about_the_size_and_shape_of_hoang_dong() {
    let commune = Commune::default_seed();
    assert_eq!((commune.villages.len(), commune.households.len()), (16, 1_900));
    let counts = form_03(&commune, FROM, AS_OF);
    let children = counts["I.1"].least;
    assert!((2_500..=2_700).contains(&children), "{children} children");
    let share = |line: &str| f64::from(counts[line].least) / f64::from(children) * 100.0;
    for (line, low, high) in [
        ("I.1.1", 49.0, 55.0),
        ("I.1.3-1", 15.0, 26.0),
        ("II", 3.0, 6.0),
        ("III.1", 10.0, 16.0),
        ("III.1-1", 4.0, 8.5),
        ("III.6", 2.0, 5.0),
    ] {
        assert!((low..=high).contains(&share(line)), "{line}: {:.1} %", share(line));
    }
    let smallest = commune.villages.iter().map(|village| {
        commune.households.iter().filter(|household| household.village == village.code).count()
    });
    assert!(smallest.min().expect("villages") >= 70);
}

#[test]
fn sums_of_the_form_hold_in_the_expected_count() {
    let commune = Commune::default_seed();
    let counts = form_03(&commune, FROM, AS_OF);
    let least = |line: &str| counts[line].least;
    assert_eq!(least("I.1"), least("I.1.1") + least("I.1.2"));
    assert_eq!(least("I.1"), least("I.1.3-1") + least("I.1.3-2"));
    assert!(
        least("II.4") > least("II.4.1") + least("II.4.2") + least("II.4.3"),
        "some degrees are undecided"
    );
    assert!(least("IV.2.2") > least("IV.2.2-1") + least("IV.2.2-2"), "there are other fatal injuries");
    let by_village: u32 = commune
        .villages
        .iter()
        .map(|village| {
            let own = commune.children().filter(|(household, _)| household.village == village.code);
            form_03_of(own, FROM, AS_OF)["I.1"].most
        })
        .sum();
    assert_eq!(by_village, counts["I.1"].most);
}

#[test]
fn nobody_is_taken_for_somebody_else_by_accident() {
    let commune = Commune::default_seed();
    let (mut people, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for (household, child) in commune.children() {
        let year = child.birth.first().year();
        assert!(people.insert((names::fold(&child.name), year)), "{} of {year} twice", child.name);
        if let Some(number) = &child.identity_number {
            assert!(numbers.insert(number.clone()), "{number} twice");
            assert!(number.len() == 12 && number.starts_with("099"), "{number}");
        }
        assert!(household.phone.as_ref().is_none_or(|phone| phone.len() == 10 && phone.starts_with("0000")));
    }
}

#[test]
fn facts_of_a_child_agree_with_each_other() {
    for (household, child) in Commune::default_seed().children() {
        for held in &child.circumstances {
            let wanted = match held.code.as_str() {
                "II.13.1" => "poor",
                "II.13.2" => "near_poor",
                _ => household.poverty.code(),
            };
            assert_eq!(household.poverty.code(), wanted, "{}", held.code);
            assert!(
                held.start.is_none_or(|start| start.last() >= child.birth.first()),
                "{} before birth",
                held.code
            );
        }
        assert!(
            !child.holds("II.4.4") || child.holds("II.4.1") || child.holds("II.4.2") || child.holds("II.4.3")
        );
        assert!(child.birth.first() <= REGISTER_DATE);
        assert!(
            child.events.iter().all(|event| event.date <= REGISTER_DATE && event.date >= child.birth.first())
        );
    }
}

#[test]
fn csv_reads_back_row_by_row() {
    let commune = Commune::generate(7, Scale::villages_of_300(1));
    let register = commune.register();
    let bytes = csv_of(&commune);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
    let records: Vec<csv::StringRecord> =
        reader.records().collect::<Result<_, _>>().expect("every row as long");
    assert_eq!(&records[0][0], MARK);
    assert_eq!(records[1].iter().collect::<Vec<_>>(), HEADINGS);
    assert_eq!(records.len() - 2, commune.children().count() + register.expected_row_errors().len());
    let broken: BTreeSet<usize> = register.expected_row_errors().iter().map(|error| error.row).collect();
    let sound = records.iter().enumerate().skip(2).filter(|(at, _)| !broken.contains(&(at + 1)));
    for ((_, record), (household, child)) in sound.zip(commune.children()) {
        assert_eq!(record[column("Họ và tên trẻ")], child.name);
        assert_eq!(record[column("Số hộ")], household.number);
        let codes: Vec<&str> =
            record[column("Mã hoàn cảnh")].split("; ").filter(|code| !code.is_empty()).collect();
        assert_eq!(codes, child.circumstances.iter().map(|held| held.code.as_str()).collect::<Vec<_>>());
        let starts = record[column("Từ ngày")].split("; ").count();
        assert!(starts == 1 || starts == codes.len());
    }
}

#[test]
fn broken_rows_are_where_they_are_said_to_be() {
    let register = Commune::default_seed().register();
    assert_eq!(register.expected_row_errors().len(), 13);
    for error in register.expected_row_errors() {
        let row = &register.rows()[error.row - 3];
        let name = format!("{:?}", row[column("Họ và tên trẻ")]);
        let is_named = name.contains("Dòng Hỏng") || name.contains("Rất dài") || name.contains("Empty");
        assert!(is_named, "row {}: {name}", error.row);
    }
    assert!(register.expected_row_warnings().len() >= 3);
}

#[test]
fn xlsx_carries_the_mark_and_the_same_rows() {
    let commune = Commune::generate(7, Scale { villages: 3, households: 60 });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("so.xlsx");
    commune.register().write_xlsx(&path).expect("written");
    let first = std::fs::read(&path).expect("a file");
    commune.register().write_xlsx(&path).expect("written");
    assert_eq!(std::fs::read(&path).expect("a file"), first, "the same bytes each time");
    let mut book: Xlsx<_> = open_workbook(&path).expect("opens");
    let range = book.worksheet_range("Sổ theo dõi").expect("the sheet");
    assert_eq!(range.get((0, 0)), Some(&Data::String(MARK.to_owned())));
    assert_eq!(range.get((1, 7)), Some(&Data::String("Họ và tên trẻ".to_owned())));
    assert_eq!(range.height(), commune.register().rows().len() + 2);
    assert!(range.used_cells().any(|(_, column, cell)| column == 8 && matches!(cell, Data::DateTime(_))));
}

#[test]
fn a_round_has_eighteen_devices_and_every_situation() {
    let commune = Commune::default_seed();
    let script = RoundScript::generate(&commune, SEED);
    assert_eq!(script.devices.len(), 18);
    let mut planted: BTreeMap<String, usize> = BTreeMap::new();
    for situation in &script.planted {
        let kind =
            serde_json::to_value(situation).expect("serialises")["planted"].as_str().map(str::to_owned);
        *planted.entry(kind.expect("tagged")).or_default() += 1;
    }
    let counts: Vec<(&str, usize)> = planted.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(
        counts,
        [
            ("agreed", 4),
            ("both_hold", 6),
            ("came_only", 3),
            ("disputed", 6),
            ("household_twice", 2),
            ("left_only", 3),
            ("moved", 6),
            ("registered_twice", 7),
            ("restated", 6),
        ]
    );
    for device in &script.devices {
        assert!((28..=36).contains(&device.actions.len()), "{}: {}", device.name, device.actions.len());
        assert!(device.actions.is_sorted_by_key(|action| action.date));
        assert!(device.actions.iter().any(|action| action.doings.is_empty()));
        let own: BTreeSet<_> =
            device.actions.iter().map(|action| (&action.village, &action.number)).collect();
        assert_eq!(own.len(), device.actions.len(), "{} visits a household twice", device.name);
    }
    let years = 365 * 86_400;
    assert!(script.devices.iter().any(|device| device.clock_offset_seconds < -5 * years));
    assert!(script.devices.iter().any(|device| device.clock_offset_seconds > 2 * years));
}

#[test]
fn actions_speak_of_children_who_are_there() {
    let commune = Commune::default_seed();
    let script = RoundScript::generate(&commune, SEED);
    for action in script.actions() {
        let mut known: BTreeSet<&str> = commune
            .household(&action.village, &action.number)
            .map(|household| household.children.iter().map(|child| child.name.as_str()).collect())
            .unwrap_or_default();
        let is_new = known.is_empty();
        for doing in &action.doings {
            match doing {
                Doing::NewHousehold { .. } => assert!(is_new),
                Doing::SetHousehold { .. } => assert!(!is_new),
                Doing::AddChild { child } => {
                    assert!(known.insert(&child.name), "{} is there already", child.name);
                }
                Doing::SetChild { child, .. }
                | Doing::Event { child, .. }
                | Doing::Circumstance { child, .. }
                | Doing::Restricted { child, .. }
                | Doing::Support { child, .. }
                | Doing::LinkMoved { child, .. } => assert!(known.contains(child.as_str()), "{child}"),
            }
        }
    }
    for situation in &script.planted {
        if let Planted::Moved { from, .. } | Planted::CameOnly { from, .. } = situation {
            let household =
                commune.household(&from.village, &from.number).expect("a household of the register");
            assert!(
                household.children.iter().any(|child| child.name == from.name && Some(child.stt) == from.stt)
            );
        }
    }
}

#[test]
fn one_village_and_many_can_be_made_and_walked() {
    for scale in [Scale::villages_of_300(1), Scale { villages: 67, households: 2_000 }] {
        let commune = Commune::generate(3, scale);
        assert_eq!(commune.households.len(), scale.households);
        let script = RoundScript::generate(&commune, 3);
        assert!(script.devices.iter().all(|device| !device.actions.is_empty()));
    }
}
