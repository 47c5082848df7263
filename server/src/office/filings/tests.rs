#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Filings against a register that goes on. Every person here is made up.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sync_core::document::{Edit, Household, Value as Recorded};
use sync_core::entry::{Entry, plan_entry};
use sync_core::id::DocumentId;
use sync_core::random::Random as _;
use tempfile::TempDir;

use super::*;
use crate::office::typed::{Length, Proposal, Typing};
use crate::office::{CommuneConfig, OfficeOptions};

const CLOCK: i64 = 1_795_136_400;
const KEY: [u8; 32] = [9; 32];

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn period(from: &str, as_of: &str) -> Period {
    Period::new(day(from), day(as_of)).unwrap()
}

/// The year that ends with a day.
fn year(as_of: &str) -> Period {
    let as_of = day(as_of);
    Period::new(as_of.saturating_sub(jiff::Span::new().years(1)), as_of).unwrap()
}

fn today() -> Date {
    day("2026-11-20")
}

struct World {
    folder: TempDir,
    office: Office,
    mai: Author,
    random: StdRng,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = CommuneConfig {
            name: "Xã Giả Lập".into(),
            unit_word: "thôn".into(),
            villages: vec![("01".into(), "Thôn Một".into()), ("02".into(), "Thôn Hai".into())],
            confidential_key: ConfidentialKey::from_bytes(KEY).public().unwrap(),
        };
        let options = OfficeOptions { random: Box::new(StdRng::seed_from_u64(7)) };
        let office = Office::create(&folder.path().join("register.sqlite"), &config, options).unwrap();
        let mai = Author::officer(&[5; 32], "Mai Giả Lập");
        Self { folder, office, mai, random: StdRng::seed_from_u64(8) }
    }

    /// A household with one girl who lacks both parents, and a sealed report where asked.
    fn household(&mut self, village: &str, sealed: bool) -> DocumentId {
        let mut entry = json!({
            "entry": 1,
            "children": [{ "ref": "a", "birth_date": "2019-05-03", "sex": "female", "ethnicity": "01" }],
            "circumstances": [{ "ref": "c", "person": "a", "code": "II.1.1", "start": "2024-01-01" }],
        });
        if sealed {
            entry["restricted"] = json!([{ "person": "a", "code": "II.5", "start": "2025-01-01" }]);
        }
        let author = Author::from_bytes(&[4; 32]);
        let actor = author.actor(self.office.commune());
        let (mut household, first) = Household::create(actor, village, CLOCK, self.random.next_u64());
        let entry = Entry::from_json(entry).unwrap();
        let key = &self.office.commune().confidential_key;
        let plan = plan_entry(&entry, &household.view(), key, &mut self.random).unwrap();
        let change = household.edit(&plan.edits, CLOCK).unwrap();
        let id = household.id();
        self.office.author(&author, vec![(id, first), (id, change)], Vec::new(), CLOCK).unwrap();
        id
    }

    /// The girl turns out to be born in 2005.
    fn correct_birth(&self, document: DocumentId) {
        let author = Author::from_bytes(&[4; 32]);
        let actor = author.actor(self.office.commune());
        let mut household = self.office.household(document, None, actor).unwrap();
        let view = household.view();
        let child = view.entities[&sync_core::document::Container::Children].keys().next().unwrap().clone();
        let edit = Edit::entity(
            sync_core::document::Container::Children,
            &child,
            "birth_date",
            Recorded::Text("2005-05-03".into()),
        );
        let change = household.edit(&[edit], CLOCK).unwrap();
        self.office.author(&author, vec![(document, change)], Vec::new(), CLOCK).unwrap();
    }

    fn wanted(form: &str, as_of: &str, village: Option<&str>) -> Wanted {
        Wanted { form: form.into(), period: year(as_of), village: village.map(str::to_owned) }
    }

    fn position(&self) -> u64 {
        self.office.status().unwrap().log_position
    }

    fn freeze(&self, wanted: &Wanted, revision: u32, reason: &str) -> Result<u64, FilingError> {
        self.freeze_with(wanted, revision, reason, None)
    }

    fn freeze_with(
        &self,
        wanted: &Wanted,
        revision: u32,
        reason: &str,
        key: Option<&ConfidentialKey>,
    ) -> Result<u64, FilingError> {
        let freeze =
            Freeze { wanted: wanted.clone(), known_at: self.position(), revision, reason: reason.into() };
        self.office.freeze(&self.mai, &freeze, key, today(), CLOCK)
    }

    fn cell(&self, number: u64, line: &str) -> u64 {
        let frozen = self.office.frozen(number).unwrap();
        frozen.filled.tally.cell(line, 0).unwrap().children.exact().unwrap()
    }
}

#[test]
fn a_filing_is_reproduced_after_everything_changed() {
    let mut world = World::new();
    let first = world.household("01", false);
    let wanted = World::wanted("03/TE", "2026-11-20", None);
    let number = world.freeze(&wanted, 1, "").unwrap();
    let bytes = world.office.frozen_bytes(number).unwrap();
    assert_eq!(world.cell(number, "II.1"), 1);
    world.household("02", false);
    world.correct_birth(first);
    let columns = json!({
        "form": "03/TE", "edition": "2024",
        "columns": [{ "code": "1", "header": "Tổng số", "confirmed": true, "kind": { "children": {} } }],
    });
    world.office.set("columns/03/TE", &columns, CLOCK).unwrap();
    world.office.set("parameter/total_population", &json!(9_000), CLOCK).unwrap();
    assert_eq!(world.office.reproduce(number, None).unwrap(), Reproduction::Same);
    assert_eq!(world.office.frozen_bytes(number).unwrap(), bytes);
    let filing = world.office.filing(number).unwrap();
    assert_eq!(world.office.filing_signed(&filing).unwrap(), Signed::Fits);
    assert_eq!((filing.officer.as_str(), filing.revision), ("Mai Giả Lập", 1));
    // Against now: the definition is another, one child too old, one more in another village.
    let frozen = world.office.frozen(number).unwrap();
    let facts = world.office.facts_now(None).unwrap();
    let since = world.office.changed_since(&frozen, &facts).unwrap();
    assert!(since.iter().any(|difference| difference.place == Place::Definition));
    assert!(since.iter().all(|d| d.place != Place::Cell { line: "II.1".into(), column: "1".into() }));
}

#[test]
fn a_filing_is_reproduced_from_a_backup_and_its_signature_still_fits() {
    let mut world = World::new();
    world.household("01", false);
    let wanted = World::wanted("01/TE", "2026-11-20", None);
    let form = world.office.form_at("01/TE", world.position()).unwrap();
    let cells = BTreeMap::from([("II.1/1".to_owned(), Some("12.5".to_owned()))]);
    let typed = Typing { cells, ..Typing::default() };
    world.office.type_in(&world.mai, &form, wanted.period, &typed, CLOCK).unwrap();
    let number = world.freeze(&wanted, 1, "").unwrap();
    world.household("01", false);
    let copy = world.folder.path().join("backup.sqlite");
    world.office.backup(&copy).unwrap();
    let options = OfficeOptions { random: Box::new(StdRng::seed_from_u64(99)) };
    let restored = Office::open(&copy, options).unwrap();
    assert_eq!(restored.reproduce(number, None).unwrap(), Reproduction::Same);
    let filing = restored.filing(number).unwrap();
    assert_eq!(restored.filing_signed(&filing).unwrap(), Signed::Fits);
    assert_eq!(restored.frozen(number).unwrap().filled.typed["II.1/1"], "12.5");
}

#[test]
fn a_filing_is_amended_by_a_revision_with_a_reason_only() {
    let mut world = World::new();
    world.household("01", false);
    let wanted = World::wanted("03/TE", "2026-11-20", None);
    let first = world.freeze(&wanted, 1, "").unwrap();
    world.household("01", false);
    let needed = world.freeze(&wanted, 2, "");
    assert_eq!(needed, Err(FilingError::ReasonNeeded(ReasonFor::Amends)));
    assert_eq!(world.freeze(&wanted, 1, "gửi hai lần"), Err(FilingError::FiledMeanwhile));
    let long = "ạ".repeat(REASON_CHARS_MAX + 1);
    assert_eq!(world.freeze(&wanted, 2, &long), Err(FilingError::ReasonTooLong));
    let second = world.freeze(&wanted, 2, "thôn 01 báo thêm một em").unwrap();
    assert_eq!((world.cell(first, "II.1"), world.cell(second, "II.1")), (1, 2));
    let all = world.office.filings_of(&wanted).unwrap();
    assert_eq!(all.iter().map(|filing| filing.revision).collect::<Vec<_>>(), [2, 1]);
    // A village's form is another form.
    world.freeze(&World::wanted("03/TE", "2026-11-20", Some("01")), 1, "").unwrap();
    assert_eq!(world.office.last_filing(&wanted).unwrap().unwrap().number, second);
    // Not even a program that holds the file can change one by accident.
    let refused = world.office.writer.write(move |sql, _| {
        assert!(sql.execute("UPDATE filing SET reason = 'x' WHERE number = ?1", [first]).is_err());
        assert!(sql.execute("DELETE FROM filing WHERE number = ?1", [first]).is_err());
        Ok(())
    });
    refused.unwrap();
}

#[test]
fn a_half_year_and_a_year_of_one_day_are_no_revisions_of_each_other() {
    let mut world = World::new();
    world.household("01", false);
    let year = World::wanted("03/TE", "2026-11-20", None);
    let half = Wanted { period: Period::new(day("2026-05-26"), day("2026-11-20")).unwrap(), ..year.clone() };
    let first = world.freeze(&year, 1, "").unwrap();
    let second = world.freeze(&half, 1, "").unwrap();
    assert_eq!(world.office.filings_of(&year).unwrap().len(), 1);
    assert_eq!(world.freeze(&half, 1, ""), Err(FilingError::FiledMeanwhile));
    // A later half-year is compared with the half-year, a later year with the year.
    for (from, as_of, filed) in [("2026-11-21", "2027-05-25", second), ("2026-05-26", "2027-05-25", first)] {
        let later = Wanted { period: Period::new(day(from), day(as_of)).unwrap(), ..year.clone() };
        assert_eq!(world.office.last_filing(&later).unwrap().unwrap().number, filed, "{from}");
    }
}

#[test]
fn filings_of_an_earlier_version_of_the_program_go_on_unchanged() {
    let mut world = World::new();
    world.household("01", false);
    let year = World::wanted("03/TE", "2026-11-20", None);
    let half = Wanted { period: Period::new(day("2026-05-26"), day("2026-11-20")).unwrap(), ..year.clone() };
    world.freeze(&year, 1, "").unwrap();
    world.office.set("x", &json!(1), CLOCK).unwrap();
    // Version 9 numbered the half-year's form after the year's.
    let before = {
        let path = world.folder.path().join("register.sqlite");
        let sql = Connection::open(&path).unwrap();
        sql.execute_batch(include_str!("../../../migrations/010_filing_periods.sql")).unwrap();
        world.office.frozen_bytes(1).unwrap()
    };
    let filing = world.office.filing(1).unwrap();
    assert_eq!(world.office.filing_signed(&filing).unwrap(), Signed::Fits);
    assert_eq!(world.office.reproduce(1, None).unwrap(), Reproduction::Same);
    assert_eq!(world.office.frozen_bytes(1).unwrap(), before);
    world.freeze(&half, 1, "").unwrap();
    assert_eq!(world.office.filings_of(&half).unwrap()[0].number, 2);
}

#[test]
fn the_population_of_a_period_is_the_last_one_typed_in_up_to_its_day() {
    let world = World::new();
    let population = |as_of: &str| {
        let form = world.office.form_at("01/TE", world.position()).unwrap();
        let valid = world.office.parameters_at(&form, day(as_of), world.position()).unwrap();
        valid.get("total_population").map(|value| (value.number, value.day))
    };
    let form = world.office.form_at("01/TE", world.position()).unwrap();
    assert_eq!(population("2026-11-20"), None);
    world.office.set("parameter/total_population", &json!(8_000), CLOCK).unwrap();
    let wanted = World::wanted("01/TE", "2026-11-20", None);
    let old = world.freeze(&wanted, 1, "").unwrap();
    let typed = |number: Option<u64>| Typing {
        parameters: BTreeMap::from([("total_population".to_owned(), number)]),
        seen_at: world.position(),
        ..Typing::default()
    };
    for (as_of, number) in [("2026-11-20", 9_000), ("2027-11-20", 9_500)] {
        let period = year(as_of);
        assert!(world.office.type_in(&world.mai, &form, period, &typed(Some(number)), CLOCK).unwrap());
    }
    for (as_of, valid) in [
        ("2025-11-20", (8_000, None)),
        ("2026-11-20", (9_000, Some(day("2026-11-20")))),
        ("2027-05-25", (9_000, Some(day("2026-11-20")))),
        ("2028-05-25", (9_500, Some(day("2027-11-20")))),
    ] {
        assert_eq!(population(as_of), Some(valid), "{as_of}");
    }
    let later = world
        .office
        .fill(&World::wanted("01/TE", "2027-05-25", None), &world.office.facts_now(None).unwrap());
    let notes = later.unwrap().notes().join("\n");
    assert!(notes.contains("9.000 người (số của kỳ tính đến 20/11/2026)"), "{notes}");
    // A filing from before there were days is what it was.
    assert_eq!(world.office.reproduce(old, None).unwrap(), Reproduction::Same);
    let history = world.office.parameter_history("total_population", day("2026-11-20")).unwrap();
    assert_eq!(
        history.iter().map(|row| (row.value.clone(), row.by)).collect::<Vec<_>>(),
        [(json!(9_000), Some(world.mai.device()))]
    );
    world.office.type_in(&world.mai, &form, year("2027-11-20"), &typed(None), CLOCK).unwrap();
    assert_eq!(population("2028-05-25").unwrap().0, 9_000, "taken back");
}

#[test]
fn a_form_of_the_communes_own_is_in_force_from_now_on_and_filings_keep_theirs() {
    let mut world = World::new();
    world.household("01", false);
    let wanted = World::wanted("03/TE", "2026-11-20", None);
    let first = world.freeze(&wanted, 1, "").unwrap();
    let mut own = schemas::form::form("03/TE").unwrap().clone();
    own.edition = own.next_edition();
    own.lines.truncate(8);
    own.checks.truncate(2);
    for line in &mut own.lines {
        if let schemas::form::LineSource::Derived { occurrences, .. } = &mut line.source {
            occurrences.clear();
        }
    }
    let text = serde_json::to_string_pretty(&own).unwrap();
    let own = crate::office::read_form("03/TE", &text).unwrap();
    let columns = json!({
        "form": "03/TE", "edition": "2024",
        "columns": [{ "code": "1", "header": "Tổng", "confirmed": true, "kind": { "children": {} } }],
    });
    world.office.set("columns/03/TE", &columns, CLOCK).unwrap();
    let seen_at = world.position();
    assert!(world.office.set_form(Some(&world.mai), "03/TE", Some(&own), seen_at, CLOCK).unwrap());
    assert!(!world.office.set_form(Some(&world.mai), "03/TE", None, seen_at, CLOCK).unwrap(), "not seen");
    let second = world.freeze(&wanted, 2, "mẫu mới").unwrap();
    let frozen = world.office.frozen(second).unwrap().filled;
    assert_eq!((frozen.form.edition.as_str(), frozen.form.lines.len()), ("2024-xa-1", 8));
    assert_eq!(frozen.form.columns.len(), 8, "columns set before it are taken back");
    let seen_at = world.position();
    assert!(world.office.set_form(Some(&world.mai), "03/TE", None, seen_at, CLOCK).unwrap());
    assert_eq!(
        world.office.form_at("03/TE", world.position()).unwrap(),
        *schemas::form::form("03/TE").unwrap()
    );
    for number in [first, second] {
        assert_eq!(world.office.reproduce(number, None).unwrap(), Reproduction::Same);
    }
}

#[test]
fn a_day_that_has_not_come_needs_a_reason() {
    let world = World::new();
    let wanted = World::wanted("03/TE", "2027-05-25", None);
    assert_eq!(world.freeze(&wanted, 1, ""), Err(FilingError::ReasonNeeded(ReasonFor::NotYet)));
    world.freeze(&wanted, 1, "bản thử").unwrap();
}

#[test]
fn a_filing_altered_on_disk_is_told() {
    let world = World::new();
    let number = world.freeze(&World::wanted("03/TE", "2026-11-20", None), 1, "").unwrap();
    let alter = |sql: &'static str| {
        world.office.writer.write(move |connection, _| {
            connection.execute_batch("DROP TRIGGER IF EXISTS filing_is_not_changed")?;
            connection.execute_batch(sql)?;
            Ok(())
        })
    };
    alter("UPDATE filing SET reason = 'thêm'").unwrap();
    let filing = world.office.filing(number).unwrap();
    assert_eq!(world.office.filing_signed(&filing).unwrap(), Signed::Altered);
    alter("UPDATE filing SET reason = '', frozen = CAST(replace(CAST(frozen AS TEXT), '\"least\":0', '\"least\":1') AS BLOB)").unwrap();
    let filing = world.office.filing(number).unwrap();
    assert_eq!(world.office.filing_signed(&filing).unwrap(), Signed::Altered);
    assert!(matches!(world.office.reproduce(number, None), Ok(Reproduction::Differs { at, .. }) if at > 0));
    alter("UPDATE log SET bytes = CAST(replace(CAST(bytes AS TEXT), '\"revision\":1', '\"revision\":2') AS BLOB) WHERE kind = 2")
        .unwrap();
    assert_eq!(world.office.filing_signed(&filing).unwrap(), Signed::Forged);
}

#[test]
fn what_was_counted_with_the_key_is_counted_again_with_it_only() {
    let mut world = World::new();
    world.household("01", true);
    let key = ConfidentialKey::from_bytes(KEY);
    let wanted = World::wanted("03/TE", "2026-11-20", None);
    let closed = world.freeze(&wanted, 1, "").unwrap();
    let opened = world.freeze_with(&wanted, 2, "đếm cả báo cáo niêm phong", Some(&key)).unwrap();
    let bounds = |number| world.office.frozen(number).unwrap().filled.tally.cell("II.5", 0).unwrap().children;
    assert_eq!((bounds(closed).least, bounds(closed).most), (0, 1));
    assert_eq!((bounds(opened).least, bounds(opened).most), (1, 1));
    assert_eq!(world.office.reproduce(opened, None), Err(FilingError::KeyNeeded));
    assert_eq!(world.office.reproduce(opened, Some(&key)).unwrap(), Reproduction::Same);
    assert_eq!(world.office.reproduce(closed, Some(&key)).unwrap(), Reproduction::Same);
}

#[test]
fn typed_lines_are_proposed_for_the_next_period_and_counted_once_taken() {
    let world = World::new();
    let office = &world.office;
    let form = office.form_at("01/TE", world.position()).unwrap();
    let (before, now) = (year("2025-11-20"), year("2026-11-20"));
    let typed = |cell: &str, number: Option<&str>| Typing {
        cells: BTreeMap::from([(cell.to_owned(), number.map(str::to_owned))]),
        seen_at: world.position(),
        ..Typing::default()
    };
    let cell = |number| typed("II.1/1", number);
    office.type_in(&world.mai, &form, before, &cell(Some("10")), CLOCK).unwrap();
    office.type_in(&world.mai, &form, before, &cell(Some("12.5")), CLOCK + 60).unwrap();
    let history = office.typed_history("01/TE", before).unwrap();
    let said: Vec<_> = history["II.1/1"].iter().map(|row| (row.value.clone(), row.at)).collect();
    assert_eq!(said, [(json!("12.5"), CLOCK + 60), (json!("10"), CLOCK)]);
    assert_eq!(history["II.1/1"][0].by, Some(world.mai.device()));
    let position = world.position();
    assert!(office.typed_at(&form, now, position).unwrap().is_empty(), "a proposal is not counted");
    let proposals = office.typed_proposals(&form, now, position).unwrap();
    let proposal = Proposal { as_of: before.as_of(), length: Length::Alike, value: "12.5".into() };
    assert_eq!(proposals["II.1/1"], proposal);
    office.type_in(&world.mai, &form, now, &cell(Some("12.5")), CLOCK + 120).unwrap();
    let filled =
        office.fill(&World::wanted("01/TE", "2026-11-20", None), &office.facts_now(None).unwrap()).unwrap();
    assert_eq!(filled.typed["II.1/1"], "12.5");
    assert!(office.typed_proposals(&form, now, world.position()).unwrap().is_empty());
    // Taken back, it is proposed again; what the log knew before stays as it was.
    office.type_in(&world.mai, &form, now, &cell(None), CLOCK + 180).unwrap();
    assert!(office.typed_at(&form, now, world.position()).unwrap().is_empty());
    assert_eq!(office.typed_at(&form, now, world.position() - 1).unwrap()["II.1/1"], "12.5");
    let nowhere = typed("I.1/1", Some("1"));
    let refused = office.type_in(&world.mai, &form, now, &nowhere, CLOCK);
    assert_eq!(refused.unwrap_err().code, Code::NotFound, "a counted line is not typed");
}

#[test]
fn a_half_year_and_the_year_that_ends_on_its_day_have_numbers_of_their_own() {
    let world = World::new();
    let office = &world.office;
    let form = office.form_at("01/TE", world.position()).unwrap();
    let (half, year) = (period("2026-05-26", "2026-11-20"), period("2025-11-21", "2026-11-20"));
    let type_in = |period, number: Option<&str>| {
        let cells = BTreeMap::from([("II.1/1".to_owned(), number.map(str::to_owned))]);
        let typing = Typing { cells, seen_at: world.position(), ..Typing::default() };
        assert!(office.type_in(&world.mai, &form, period, &typing, CLOCK).unwrap());
    };
    let typed = |period| office.typed_at(&form, period, world.position()).unwrap().remove("II.1/1");
    // From before numbers were of a period: it stands in both, and a filing of then is what it was.
    office.set("typed/01/TE/2026-11-20/II.1/1", &json!("7"), CLOCK).unwrap();
    assert_eq!((typed(half), typed(year)), (Some("7".into()), Some("7".into())));
    let wanted = Wanted { form: "01/TE".into(), period: year, village: None };
    let filed = world.freeze(&wanted, 1, "").unwrap();

    type_in(half, Some("10"));
    assert_eq!((typed(half), typed(year)), (Some("10".into()), Some("7".into())));
    type_in(year, Some("24.5"));
    assert_eq!((typed(half), typed(year)), (Some("10".into()), Some("24.5".into())));
    let history = office.typed_history("01/TE", half).unwrap();
    let said: Vec<_> = history["II.1/1"].iter().map(|row| row.value.clone()).collect();
    assert_eq!(said, [json!("10"), json!("7")]);
    // Taken back, what is older does not come back by itself.
    type_in(half, None);
    assert_eq!((typed(half), typed(year)), (None, Some("24.5".into())));
    assert_eq!(office.reproduce(filed, None).unwrap(), Reproduction::Same);

    // Of the periods before, one as long is proposed; another only where there is none, and it says so.
    let proposed = |period| office.typed_proposals(&form, period, world.position()).unwrap().remove("II.1/1");
    let proposal =
        |as_of, length, value: &str| Some(Proposal { as_of: day(as_of), length, value: value.into() });
    let unlike = Length::Unlike { from: day("2025-11-21") };
    assert_eq!(proposed(half), proposal("2026-11-20", unlike, "24.5"));
    type_in(period("2025-11-21", "2026-05-25"), Some("9"));
    assert_eq!(proposed(half), proposal("2026-05-25", Length::Alike, "9"));
    let next = period("2026-11-21", "2027-11-20");
    assert_eq!(proposed(next), proposal("2026-11-20", Length::Alike, "24.5"));
    // Nobody knows how long a period was from before numbers were of one: any that is as long for certain goes before.
    office.set("typed/01/TE/2027-05-25/II.1/1", &json!("8"), CLOCK).unwrap();
    assert_eq!(proposed(next), proposal("2026-11-20", Length::Alike, "24.5"));
    let short = period("2027-10-01", "2027-11-20");
    assert_eq!(proposed(short), proposal("2027-05-25", Length::Unknown, "8"));
}

#[test]
fn what_is_in_memory_is_what_is_on_disk() {
    let mut world = World::new();
    let key = ConfidentialKey::from_bytes(KEY);
    let same = |world: &World| {
        for key in [None, Some(&key)] {
            let (held, read) = (world.office.facts_now(key).unwrap(), world.office.facts(None, key).unwrap());
            assert_eq!((held.known_at, held.learned_at), (read.known_at, read.learned_at));
            assert!(held.households.iter().eq(read.households.iter()));
            assert_eq!(held.pairs, read.pairs);
            assert_eq!(held.restricted, read.restricted);
            assert_eq!((held.opened_by, held.unopened), (read.opened_by, read.unopened));
        }
    };
    same(&world);
    let first = world.household("01", true);
    same(&world);
    world.household("02", false);
    world.correct_birth(first);
    same(&world);
    let before = world.office.facts_now(None).unwrap();
    world.office.set("x", &json!(1), CLOCK).unwrap();
    let after = world.office.facts_now(None).unwrap();
    assert_eq!((before.known_at + 1, before.learned_at), (after.known_at, after.learned_at));
    world.office.forget_opened();
    world.office.forget_unused();
    world.office.forget_unused();
    same(&world);
}

#[test]
fn villages_counted_in_one_pass_are_the_forms_of_the_villages() {
    let mut world = World::new();
    for village in ["01", "02", "01"] {
        world.household(village, false);
    }
    let facts = world.office.facts_now(None).unwrap();
    let whole = world.office.fill(&World::wanted("03/TE", "2026-11-20", None), &facts).unwrap();
    let villages = world.office.fill_villages(&whole, &facts).unwrap();
    for (code, count) in [("01", 2), ("02", 1)] {
        let alone = world.office.fill(&World::wanted("03/TE", "2026-11-20", Some(code)), &facts).unwrap();
        assert_eq!(alone.tally, villages[code]);
        assert_eq!(villages[code].cell("II.1", 0).unwrap().children.exact(), Some(count));
    }
    let nowhere = world.office.fill(&World::wanted("03/TE", "2026-11-20", Some("99")), &facts);
    assert_eq!(nowhere.unwrap_err(), FillError::NoVillage);
}
