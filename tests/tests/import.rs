//! `sothon import`: the register a commune keeps becomes records, once, and stays right when it is
//! imported again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value as Json, json};
use server::import::{
    self, DifferenceKind, Doubt, ImportError, ImportOptions, ImportReport, MappingFile, Phase, RowProblem,
};
use server::office::{Author, CommuneConfig, Office, OfficeOptions};
use sothon_tests::commune::{self, AS_OF, Commune, FROM, Scale, register};
use sync_core::document::{Container, Edit, Household, View, shape, shown_text};
use sync_core::id::{ActorId, DocumentId};
use sync_core::seal::ConfidentialKey;
use sync_core::tally::{Period, tally};
use tempfile::TempDir;

#[path = "import/files.rs"]
mod files;

const CLOCK: i64 = 1_729_000_000;
const READER: ActorId = ActorId([0; 16]);

/// An office with the villages of a commune, and a folder for files.
struct World {
    folder: TempDir,
    office: Office,
    author: Author,
    key: ConfidentialKey,
    random: ChaCha20Rng,
}

impl World {
    fn new(villages: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut random = ChaCha20Rng::seed_from_u64(5);
        let key = ConfidentialKey::draw(&mut random);
        let config = CommuneConfig {
            name: "Xã Giả Lập".to_owned(),
            unit_word: "thôn".to_owned(),
            villages: villages.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned())).collect(),
            confidential_key: key.public().expect("a drawn key is one"),
        };
        let options = OfficeOptions { random: Box::new(ChaCha20Rng::seed_from_u64(6)) };
        let office =
            Office::create(&folder.path().join("register.sqlite"), &config, options).expect("created");
        Self { folder, office, author: Author::from_bytes(&[3; 32]), key, random }
    }

    fn of(commune: &Commune) -> Self {
        let villages: Vec<(&str, &str)> =
            commune.villages.iter().map(|village| (village.code.as_str(), village.name.as_str())).collect();
        Self::new(&villages)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    fn try_import(&mut self, path: &Path, options: &ImportOptions) -> Result<ImportReport, ImportError> {
        import::run(&self.office, &self.author, path, options, CLOCK, &mut self.random, &mut |_| ())
    }

    fn import(&mut self, path: &Path) -> ImportReport {
        self.try_import(path, &ImportOptions::default()).expect("a register")
    }

    /// Imports text as the register `so`.
    fn import_text(&mut self, text: &str) -> ImportReport {
        let path = self.file("so.csv", text.as_bytes());
        self.import(&path)
    }

    fn views(&self) -> Vec<View> {
        let documents = self.office.documents(None).expect("read");
        documents.into_iter().map(|document| self.household(document).view()).collect()
    }

    fn household(&self, document: DocumentId) -> Household {
        self.office.household(document, None, READER).expect("known")
    }

    fn position(&self) -> u64 {
        self.office.status().expect("read").log_position
    }

    /// Somebody else changes the only document.
    fn edit_in_the_field(&self, edit: impl FnOnce(&View) -> Vec<Edit>) {
        let collector = Author::from_bytes(&[9; 32]);
        let document = self.office.documents(None).expect("read")[0];
        let mut household =
            self.office.household(document, None, collector.actor(self.office.commune())).expect("known");
        let change = household.edit(&edit(&household.view()), CLOCK + 60).expect("something new");
        self.office.author(&collector, vec![(document, change)], Vec::new(), CLOCK + 60).expect("accepted");
    }
}

fn csv_of(commune: &Commune) -> Vec<u8> {
    let mut bytes = Vec::new();
    commune.register().write_csv(&mut bytes).expect("memory takes everything");
    bytes
}

fn small() -> Commune {
    Commune::generate(11, Scale { villages: 3, households: 90 })
}

/// What a document says, without its random keys.
fn plain(view: &View) -> Json {
    let json = view.to_json();
    let people: BTreeMap<String, String> = view
        .of(Container::Children)
        .map(|(key, fields)| (key.to_string(), shown_text(fields, "name").unwrap_or_default().to_owned()))
        .collect();
    let list = |container: Container| -> Vec<String> {
        let entries = json[container.key()].as_object().cloned().unwrap_or_default();
        let mut list: Vec<String> = entries
            .into_iter()
            .map(|(_, mut entry)| {
                if let Some(person) =
                    entry.get("person").and_then(Json::as_str).and_then(|key| people.get(key))
                {
                    entry["person"] = person.as_str().into();
                }
                if let Some(fields) = entry.as_object_mut() {
                    fields.sort_keys();
                }
                entry.to_string()
            })
            .collect();
        list.sort();
        list
    };
    json!({
        "village": view.village,
        "household": json["household"],
        "children": list(Container::Children),
        "circumstances": list(Container::Circumstances),
        "supports": list(Container::Supports),
        "events": list(Container::Events),
        "sealed": view.of(Container::Sealed).count(),
    })
}

fn plain_all(world: &World) -> BTreeSet<String> {
    world.views().iter().map(|view| plain(view).to_string()).collect()
}

fn expected_problem(problem: register::RowProblem) -> RowProblem {
    match problem {
        register::RowProblem::UnreadableDate => RowProblem::UnreadableDate,
        register::RowProblem::UnknownVillage => RowProblem::UnknownVillage,
        register::RowProblem::MissingNameAndHousehold => RowProblem::MissingIdentity,
        register::RowProblem::UnknownCircumstance => RowProblem::UnknownCircumstance,
        register::RowProblem::TextTooLong => RowProblem::TextTooLong,
        register::RowProblem::UnknownWord => RowProblem::UnknownWord,
    }
}

fn assert_as_expected(commune: &Commune, report: &ImportReport) {
    let register = commune.register();
    let errors: Vec<_> =
        report.errors.iter().map(|error| (error.row, error.heading.as_str(), error.problem)).collect();
    let expected: Vec<_> = register
        .expected_row_errors()
        .iter()
        .map(|error| (error.row, error.heading, expected_problem(error.problem)))
        .collect();
    assert_eq!(errors, expected);
    let warnings: Vec<_> = report
        .warnings
        .iter()
        .filter(|warning| warning.doubt != Doubt::PhoneShape)
        .map(|warning| (warning.row, warning.heading.as_str()))
        .collect();
    let expected: Vec<_> =
        register.expected_row_warnings().iter().map(|warning| (warning.row, warning.heading)).collect();
    assert_eq!(warnings, expected);
    assert_eq!(report.rows, register.rows().len());
    assert_eq!(report.imported, commune.children().count());
    assert_eq!(report.households_created, commune.households.len());
    assert_eq!(report.rows_refused(), expected_len(register.expected_row_errors()));
    assert_eq!(report.unmapped, [""; 0]);
    assert!(report.differs.is_empty() && report.missing_from_file.is_empty());
}

fn expected_len(errors: &[register::RowError]) -> usize {
    errors.iter().map(|error| error.row).collect::<BTreeSet<_>>().len()
}

#[test]
fn the_whole_register_gives_the_expected_count_and_errors() {
    let commune = Commune::default_seed();
    let mut world = World::of(&commune);
    let path = world.file("so.csv", &csv_of(&commune));
    let report = world.import(&path);
    assert_as_expected(&commune, &report);

    let facts = world.office.facts(None, Some(&world.key)).expect("read");
    assert_eq!(facts.unopened, 0);
    let form = schemas::form::form("03/TE").expect("shipped");
    let period = Period::new(FROM, AS_OF).expect("in order");
    let restricted = facts.restricted.as_deref();
    let filled = tally(form, period, None, &facts.households, &facts.pairs, restricted, &BTreeMap::new());
    let filled = filled.expect("a form of ours");
    for (line, expected) in commune::expected::form_03(&commune, FROM, AS_OF) {
        let counted = filled.cell(&line, 0).expect("every line of the form counts children").children;
        let expected = (u64::from(expected.least), u64::from(expected.most));
        assert_eq!((counted.least, counted.most), expected, "line {line}");
    }

    let position = world.position();
    let again = world.import(&path);
    assert_eq!(world.position(), position, "nothing was said twice");
    assert_eq!((again.changes, again.imported, again.changed), (0, 0, 0));
    assert_eq!(again.unchanged, report.imported);
}

#[test]
fn csv_and_workbook_give_the_same_households() {
    let commune = small();
    let mut of_csv = World::of(&commune);
    let path = of_csv.file("so.csv", &csv_of(&commune));
    assert_as_expected(&commune, &of_csv.import(&path));

    let mut of_xlsx = World::of(&commune);
    let path = of_xlsx.path("so.xlsx");
    commune.register().write_xlsx(&path).expect("written");
    assert_as_expected(&commune, &of_xlsx.import(&path));
    assert_eq!(plain_all(&of_csv), plain_all(&of_xlsx));

    let position = of_csv.position();
    let copied = of_csv.path("so.xlsx");
    std::fs::copy(&path, &copied).expect("copied");
    assert_eq!(of_csv.import(&copied).changes, 0, "the workbook continues the text of the same name");
    assert_eq!(of_csv.position(), position);
}

#[test]
fn a_dry_run_tells_the_same_and_writes_nothing() {
    let commune = small();
    let mut world = World::of(&commune);
    let path = world.file("so.csv", &csv_of(&commune));
    let dry = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let position = world.position();
    let report = world.try_import(&path, &dry).expect("a register");
    assert_as_expected(&commune, &report);
    assert_eq!(world.position(), position);
    assert_eq!(world.import(&path).changes, report.changes);
}

const HEADINGS: &str = "Thôn,Số hộ,Chủ hộ,Hộ nghèo/cận nghèo,STT,Họ và tên trẻ,Ngày sinh,Giới tính,Lớp,Mã hoàn cảnh,Từ ngày,Hình thức trợ giúp,Biến động,Ngày biến động\n";

fn one_village() -> World {
    World::new(&[("01", "Hoàng Tân"), ("02", "Hoàng Thủy")])
}

fn child_of(world: &World, name: &str) -> (View, sync_core::id::EntityId) {
    for view in world.views() {
        let found = view
            .of(Container::Children)
            .find(|(_, fields)| shown_text(fields, "name") == Some(name))
            .map(|(key, _)| key.clone());
        if let Some(key) = found {
            return (view, key);
        }
    }
    panic!("{name} is not in the register");
}

fn child_field(world: &World, name: &str, field: &str) -> Option<String> {
    let (view, key) = child_of(world, name);
    shown_text(view.entity(Container::Children, &key)?, field).map(str::to_owned)
}

fn codes_of(world: &World, name: &str) -> Vec<(String, Option<String>)> {
    let (view, key) = child_of(world, name);
    let mut codes: Vec<_> = view
        .of(Container::Circumstances)
        .filter(|(_, fields)| shown_text(fields, shape::FIELD_PERSON) == Some(key.as_str()))
        .map(|(_, fields)| {
            let text = |name: &str| shown_text(fields, name).map(str::to_owned);
            (text("code").unwrap_or_default(), text("start"))
        })
        .collect();
    codes.sort();
    codes
}

fn row(number: &str, name: &str, class: &str, code: &str, start: &str) -> String {
    format!("Hoàng Tân,{number},Chủ {number},Không,1,{name},03/05/2015,Nam,{class},{code},{start},,,\n")
}

#[test]
fn a_changed_cell_is_written_and_a_new_child_added() {
    let mut world = one_village();
    let first = format!("{HEADINGS}{}", row("1", "Lý A", "3A", "II.4.1", "2020"));
    assert_eq!(world.import_text(&first).imported, 1);
    let second = format!(
        "{HEADINGS}{}{}{}",
        row("1", "Lý A", "4A", "II.4.2; III.7", "2021; 05/2022"),
        row("1", "Lý B", "1A", "", "").replace("03/05/2015", "01/01/2017"),
        row("2", "Lý C", "2A", "", ""),
    );
    let report = world.import_text(&second);
    assert_eq!((report.imported, report.changed, report.unchanged), (2, 1, 0));
    assert_eq!((report.households_created, report.differs.len()), (1, 0));
    assert_eq!(child_field(&world, "Lý A", "class").as_deref(), Some("4A"));
    let codes = [("II.4.2", "2021"), ("III.7", "2022-05")];
    let codes = codes.map(|(code, start)| (code.to_owned(), Some(start.to_owned())));
    assert_eq!(codes_of(&world, "Lý A"), codes, "a corrected level is the same circumstance");
    assert_eq!(child_of(&world, "Lý A").0.document, child_of(&world, "Lý B").0.document);
    assert_eq!(world.import_text(&second).changes, 0);
}

#[test]
fn a_corrected_name_or_a_number_found_later_is_the_same_child() {
    let mut world = one_village();
    let headings = "Thôn,Số hộ,STT,Họ và tên trẻ,Ngày sinh,Số định danh\n";
    world.import_text(&format!("{headings}1,5,1,Lý Văn An,03/05/2015,\n1,5,2,Lý Văn Bình,01/02/2017,\n"));
    let report = world.import_text(&format!(
        "{headings}1,5,1,Lý Văn Ân,03/05/2015,099215000017\n1,5,2,Lý Văn Bình,01/02/2017,\n"
    ));
    assert_eq!((report.imported, report.changed, report.unchanged), (0, 1, 1));
    assert!(report.missing_from_file.is_empty());
    assert_eq!(child_field(&world, "Lý Văn Ân", "identity_number").as_deref(), Some("099215000017"));
    assert_eq!(world.views()[0].of(Container::Children).count(), 2);
}

#[test]
fn what_the_field_has_changed_is_never_overwritten() {
    let mut world = one_village();
    world.import_text(&format!("{HEADINGS}{}", row("1", "Lý A", "3A", "III.6", "2020")));
    world.edit_in_the_field(|view| {
        let (child, _) = view.of(Container::Children).next().expect("one child");
        let (held, _) = view.of(Container::Circumstances).next().expect("one circumstance");
        vec![
            Edit::entity(Container::Children, child, "class", "3B"),
            Edit::entity(Container::Circumstances, held, "start", "2019-06"),
            Edit::household("address", "Xóm trên"),
        ]
    });
    let same = world.import_text(&format!("{HEADINGS}{}", row("1", "Lý A", "3A", "III.6", "2020")));
    assert_eq!((same.changes, same.unchanged, same.differs.len()), (0, 1, 0), "the file says nothing new");

    let newer = format!("{HEADINGS}{}", row("1", "Lý A", "4A", "III.6", "2021"));
    for _ in 0..2 {
        let report = world.import_text(&newer);
        let differs: Vec<_> = report.differs.iter().map(|d| (d.row, d.field.as_str(), d.kind)).collect();
        let changed = DifferenceKind::FieldChanged;
        assert_eq!(differs, [(2, "children.class", changed), (2, "circumstances.start", changed)]);
        assert_eq!((report.changes, report.changed, report.unchanged), (0, 0, 1));
        assert_eq!(child_field(&world, "Lý A", "class").as_deref(), Some("3B"));
    }
    // Once the field says the same, the row is settled.
    world.edit_in_the_field(|view| {
        let (child, _) = view.of(Container::Children).next().expect("one child");
        let (held, _) = view.of(Container::Circumstances).next().expect("one circumstance");
        vec![
            Edit::entity(Container::Children, child, "class", "4A"),
            Edit::entity(Container::Circumstances, held, "start", "2021"),
        ]
    });
    assert!(world.import_text(&newer).differs.is_empty());
}

#[test]
fn what_is_gone_from_the_file_is_reported_and_kept() {
    let mut world = one_village();
    let both = format!("{HEADINGS}{}{}", row("1", "Lý A", "3A", "III.6", ""), row("2", "Lý B", "3A", "", ""));
    world.import_text(&both);
    let report = world.import_text(&format!("{HEADINGS}{}", row("1", "Lý A", "3A", "", "")));
    assert_eq!(report.missing_from_file.len(), 1);
    assert_eq!(report.missing_from_file[0].document, child_of(&world, "Lý B").0.document);
    let differs: Vec<_> = report.differs.iter().map(|d| (d.field.as_str(), d.kind)).collect();
    assert_eq!(differs, [("circumstances", DifferenceKind::GoneFromRow)]);
    assert_eq!(report.changes, 0);
    assert_eq!(codes_of(&world, "Lý A").len(), 1);
}

#[test]
fn restricted_circumstances_are_sealed_and_remembered_nowhere_in_the_clear() {
    let mut world = one_village();
    let text = format!(
        "{HEADINGS}{}{}",
        row("1", "Lý A", "3A", "II.5.1; III.7", "2020; 2021"),
        row("2", "Lý B", "", "", "")
    );
    assert_eq!(world.import_text(&text).sealed, 1);
    assert_eq!(codes_of(&world, "Lý A"), [("III.7".to_owned(), Some("2021".to_owned()))]);
    let facts = world.office.facts(None, Some(&world.key)).expect("read");
    let restricted = facts.restricted.expect("with the key");
    assert_eq!(restricted.len(), 1);
    let start = restricted[0].start.map(|start| start.to_string());
    assert_eq!((restricted[0].code.as_str(), start.as_deref()), ("II.5.1", Some("2020")));
    let rows = world.office.imported_rows("so").expect("read");
    assert!(rows.iter().all(|row| !row.said.contains("II.5")));
    let sealed_of = |row: &server::office::ImportedRow| {
        let said: Json = serde_json::from_str(&row.said).expect("JSON");
        said["sealed"].as_str().map(str::len)
    };
    let of_children: Vec<_> = rows.iter().filter(|row| !row.person.is_empty()).map(sealed_of).collect();
    assert_eq!(of_children, [Some(41), Some(41)], "a row with nothing to seal looks the same");

    assert_eq!(world.import_text(&text).changes, 0);
    let more = text.replace("II.5.1; III.7,2020; 2021", "II.5.1; III.7; II.7.1,2020; 2021; 2022");
    assert_eq!(world.import_text(&more).sealed, 1, "only what came is sealed");
    let other = text.replace("2020; 2021", "2019; 2021");
    let report = world.import_text(&other);
    assert_eq!((report.sealed, report.changes), (0, 0));
    assert!(report.differs.iter().any(|differs| differs.kind == DifferenceKind::SealedChanged));
}

#[test]
fn codes_of_poverty_and_harm_become_status_and_events() {
    let mut world = one_village();
    let line = |number: &str, poverty: &str, code: &str, start: &str, event: &str, day: &str| {
        format!("01,{number},Chủ,{poverty},1,Trẻ {number},03/05/2015,Nữ,,{code},{start},,{event},{day}\n")
    };
    let report = world.import_text(&format!(
        "{HEADINGS}{}{}{}{}{}",
        line("1", "", "III.1; III.1-1", "", "", ""),
        line("2", "", "III.1", "", "", ""),
        line("3", "Không", "III.1", "", "", ""),
        line("4", "", "IV.2.2; IV.2.2-1", "05/06/2024; 05/06/2024", "Chết", "05/06/2024"),
        line("5", "", "IV.2.1; 2023.III.4", "07/2024; 2023", "", ""),
    ));
    assert_eq!(report.errors, []);
    let doubts: Vec<_> = report.warnings.iter().map(|w| (w.row, w.doubt)).collect();
    assert_eq!(doubts, [(3, Doubt::PovertyAssumed), (4, Doubt::PovertyContradicts)]);
    let said = |name: &str| plain(&child_of(&world, name).0);
    for (name, status) in [("Trẻ 1", "poor"), ("Trẻ 2", "near_poor"), ("Trẻ 3", "neither")] {
        assert_eq!(said(name)["household"]["poverty_status"], status);
    }
    let events = |name: &str| said(name)["events"].as_array().cloned().unwrap_or_default();
    let death = events("Trẻ 4");
    assert_eq!(death.len(), 1);
    assert!(
        death[0]
            .as_str()
            .is_some_and(|event| event.contains("injury_drowning") && event.contains("2024-06-05"))
    );
    let injury = events("Trẻ 5");
    assert!(
        injury[0].as_str().is_some_and(|event| event.contains("\"injury\"") && event.contains("2024-07"))
    );
    assert_eq!(codes_of(&world, "Trẻ 5"), [("2023.III.4".to_owned(), Some("2023".to_owned()))]);
}

#[test]
fn a_household_the_field_has_recorded_is_found_by_its_number() {
    let mut world = one_village();
    let collector = Author::from_bytes(&[9; 32]);
    let (mut household, genesis) = Household::create(collector.actor(world.office.commune()), "01", CLOCK, 7);
    let key = sync_core::id::EntityId::draw(&mut world.random);
    let edits = [
        Edit::household("number", "001"),
        Edit::entity(Container::Children, &key, "name", "Lý A"),
        Edit::entity(Container::Children, &key, "birth_date", "2015"),
        Edit::entity(Container::Children, &key, "class", "5A"),
    ];
    let change = household.edit(&edits, CLOCK).expect("something");
    let changes = vec![(household.id(), genesis), (household.id(), change)];
    world.office.author(&collector, changes, Vec::new(), CLOCK).expect("accepted");

    let other_village = row("1", "Lý Khác", "", "", "").replace("Hoàng Tân", "02");
    let report =
        world.import_text(&format!("{HEADINGS}{}{other_village}", row("1", "Lý A", "3A", "III.6", "")));
    assert_eq!((report.households_created, report.imported, report.changed), (1, 1, 1));
    assert_eq!(world.office.documents(Some("01")).expect("read"), [household.id()]);
    assert_eq!(world.views().iter().map(|view| view.of(Container::Children).count()).sum::<usize>(), 2);
    assert_eq!(child_field(&world, "Lý A", "class").as_deref(), Some("5A"));
    assert_eq!(child_field(&world, "Lý A", "sex").as_deref(), Some("male"), "what was unknown is added");
    let fields: BTreeSet<&str> = report.differs.iter().map(|differs| differs.field.as_str()).collect();
    assert_eq!(fields, BTreeSet::from(["household.number", "children.birth_date", "children.class"]));
}

#[test]
fn an_import_cut_off_goes_on_where_it_stopped() {
    let commune = Commune::generate(11, Scale { villages: 2, households: 320 });
    let mut whole = World::of(&commune);
    let path = whole.file("so.csv", &csv_of(&commune));
    whole.import(&path);

    let mut world = World::of(&commune);
    let path = world.file("so.csv", &csv_of(&commune));
    let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let World { office, author, random, .. } = &mut world;
        import::run(office, author, &path, &ImportOptions::default(), CLOCK, random, &mut |progress| {
            assert!(progress.phase == Phase::Reading || progress.done < 200, "the power fails");
        })
    }));
    assert!(cut.is_err());
    let done = world.office.documents(None).expect("read").len();
    assert!((1..commune.households.len()).contains(&done), "{done} households are on disk");
    let rest = world.import(&path);
    assert_eq!(rest.households_created, commune.households.len() - done);
    assert_eq!(rest.imported + rest.unchanged, commune.children().count());
    assert_eq!(plain_all(&world), plain_all(&whole));
}

#[test]
fn refused_rows_can_be_repaired_and_imported() {
    let mut world = one_village();
    let text = format!("{HEADINGS}{}{}", row("1", "Lý A", "3A", "II.99", ""), row("2", "Lý B", "3A", "", ""));
    let path = world.file("so.csv", text.as_bytes());
    let errors = world.path("sua.csv");
    let options = ImportOptions { errors: Some(errors.clone()), ..ImportOptions::default() };
    let report = world.try_import(&path, &options).expect("a register");
    assert_eq!((report.imported, report.rows_refused()), (1, 1));
    assert!(!report.summary().contains("Lý A"), "a summary repeats no cell");
    assert!(report.summary().contains("unknown_circumstance"));

    let repaired = std::fs::read_to_string(&errors).expect("written").replace("II.99", "II.9");
    assert!(repaired.contains("Không có mã hoàn cảnh này"), "what is wrong stands in front, in words");
    let path = world.file("sua.csv", repaired.as_bytes());
    let options = ImportOptions { source: Some("so".to_owned()), ..ImportOptions::default() };
    let report = world.try_import(&path, &options).expect("a register");
    assert_eq!((report.imported, report.errors.len()), (1, 0));
    assert_eq!(codes_of(&world, "Lý A"), [("II.9".to_owned(), None)]);
}

#[test]
fn a_mapping_says_what_unusual_headings_mean() {
    let mut world = one_village();
    let text = "Sổ của xã\nĐơn vị,H,Người,SN,Cột lạ\n(1),(2),(3),(4),(5)\nHoàng Tân,7,Lý A,2015,bỏ\n";
    let path = world.file("so.csv", text.as_bytes());
    let code = |error: Option<ImportError>| error.map(|error| error.code());
    assert_eq!(code(world.try_import(&path, &ImportOptions::default()).err()), Some("no_headings"));
    let mapping = r#"{"heading_row": 2, "source": "cu", "columns":
        {"Đơn vị": "village", "H": "household.number", "người": "children.name", "SN": "children.birth_date"}}"#;
    let mapping = MappingFile::parse(mapping.as_bytes()).expect("a mapping");
    let options = ImportOptions { mapping: Some(mapping), ..ImportOptions::default() };
    let preview = import::preview_mapping(&path, &options).expect("a table");
    assert_eq!(preview.unmapped, ["Cột lạ"]);
    assert_eq!(preview.mapping.columns["Người"], "children.name");
    let report = world.try_import(&path, &options).expect("a register");
    assert_eq!((report.rows, report.imported), (1, 1), "the row of column numbers is none");
    assert_eq!(world.office.imported_rows("cu").expect("read").len(), 2);
    // The mapping that was printed has the same effect.
    let options = ImportOptions { mapping: Some(preview.mapping), ..ImportOptions::default() };
    assert_eq!(world.try_import(&path, &options).expect("a register").changes, 0);

    for (json, expected) in [
        ("{", "mapping_unreadable"),
        (r#"{"columns": {"H": "children.shoe_size"}}"#, "mapping_target"),
        (r#"{"columns": {"H": "members.name"}}"#, "mapping_target"),
        (r#"{"colums": {}}"#, "mapping_unreadable"),
    ] {
        assert_eq!(
            MappingFile::parse(json.as_bytes()).err().map(|error| error.code()),
            Some(expected),
            "{json}"
        );
    }
    let elsewhere =
        MappingFile::parse(r#"{"heading_row": 2, "columns": {"Không có": "village"}}"#.as_bytes());
    let options = ImportOptions { mapping: Some(elsewhere.expect("a mapping")), ..ImportOptions::default() };
    assert_eq!(code(world.try_import(&path, &options).err()), Some("mapping_heading"));
}

#[test]
fn a_register_of_one_village_needs_no_column_for_it() {
    let mut world = one_village();
    let path = world.file("so.csv", "Số hộ;Họ và tên trẻ;Ngày sinh\n1;Lý A;2015\n".as_bytes());
    let error = world.try_import(&path, &ImportOptions::default()).err();
    assert_eq!(error.map(|error| error.code()), Some("no_village_column"));
    let of = |village: &str| ImportOptions { village: Some(village.to_owned()), ..ImportOptions::default() };
    assert_eq!(world.try_import(&path, &of("99")).err().map(|error| error.code()), Some("village_unknown"));
    assert_eq!(world.try_import(&path, &of("02")).expect("a register").imported, 1);
    assert_eq!(world.views()[0].village, "02");
}
