//! The register a commune already keeps becomes records: one row a child, household columns repeated.
//!
//! Step 1 of the way of a fact, for everything known before the first visit. Enters: an .xlsx or CSV file
//! ([`RegisterFile`], [`limits`]), from the command line or the console. Leaves: changes by the office's own hand, and a report. The way of a row: a table
//! (`table`), columns that mean something (`columns`), what the row says (`row`, `facts`), what of it may
//! be written (`plan`).
//!
//! Invariants: a broken row is refused whole and the rest imported; running again doubles nothing, and
//! an import cut off goes on where it stopped; what somebody in the field has changed since is reported,
//! never overwritten; nothing is removed; restricted circumstances are sealed and remembered nowhere in
//! the clear. No cell's contents are logged or printed.

mod args;
mod columns;
pub(crate) mod date;
mod delimited;
mod error;
mod facts;
mod file;
pub mod limits;
mod memory;
mod plan;
mod report;
mod row;
mod table;
mod value;
mod words;
mod workbook;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemas::record::EntityKind;
use schemas::text;
use serde_json::Value as Json;
use sync_core::date::vietnam_day_of;
use sync_core::document::{LocalChange, shown_text};
use sync_core::id::DocumentId;
use sync_core::random::Random;

pub use args::ImportArgs;
pub use columns::{MappingFile, TargetChoice};
pub use error::ImportError;
pub use file::{Foreign, RegisterFile};
pub use report::{
    Difference, DifferenceKind, Doubt, ImportReport, MissingRow, RowError, RowProblem, RowWarning,
};

use crate::office::{Author, ImportedRow, Office};
use columns::{Columns, Target};
use memory::Known;
use plan::{Group, Outcome, Planned, Planner};
use report::RefusedRow;
use row::{Fields, RowReader, Said, Villages, heading_of, household_key};
use table::Table;

/// How an import is done.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Name of the register: runs with one name continue each other. `None`: that of the mapping, else
    /// the file's name without its ending.
    pub source: Option<String>,
    /// Sheet of a workbook; `None`: the first.
    pub sheet: Option<String>,
    /// What columns mean, where headings do not say.
    pub mapping: Option<MappingFile>,
    /// Code of the village of every row that names none.
    pub village: Option<String>,
    /// Where refused rows are written; `None`: nowhere.
    pub errors: Option<PathBuf>,
    /// Everything but writing to the register.
    pub dry_run: bool,
    /// By whose key restricted facts are compared with an earlier import's: the office's own, so that an import
    /// by one person can continue another's. `None`: the author's.
    pub digest_key: Option<Author>,
}

/// What an import is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Rows are read.
    Reading,
    /// Households are put on disk.
    Writing,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Rows read, or households written.
    pub done: usize,
    /// Of so many.
    pub total: usize,
}

/// What the columns of a file are taken for: what `--print-mapping` shows, and a person may correct.
#[derive(Clone, PartialEq, Eq)]
pub struct MappingPreview {
    /// The mapping that would be used; headings that nobody understood are mapped to `ignore`.
    pub mapping: MappingFile,
    /// Headings that nobody understood.
    pub unmapped: Vec<String>,
    /// Every heading, in the order of the file, with what stands in its first rows. Personal data.
    pub columns: Vec<ColumnPreview>,
}

/// A column of a file. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct ColumnPreview {
    /// Its heading.
    pub heading: String,
    /// What it is taken for.
    pub target: String,
    /// Its first values.
    pub values: Vec<String>,
}

/// Values of a column that are shown to recognise it by.
const VALUES_SHOWN: usize = 3;

/// Tells what the columns of a file would be taken for.
///
/// # Errors
/// The file or the mapping can't be used; see [`ImportError`].
pub fn preview_mapping(path: &Path, options: &ImportOptions) -> Result<MappingPreview, ImportError> {
    preview(&RegisterFile::open(path)?, options)
}

/// The same, of a file at hand.
///
/// # Errors
/// As [`preview_mapping`].
pub fn preview(file: &RegisterFile, options: &ImportOptions) -> Result<MappingPreview, ImportError> {
    let table = table::read(file, options.sheet.as_deref())?;
    let columns = Columns::of(&table, options.mapping.as_ref())?;
    let values = |at: usize| -> Vec<String> {
        let below = table.rows.iter().filter(|row| row.number > columns.heading_row);
        let written = below.filter(|row| !Columns::is_numbering(row)).map(|row| row.cell(at).written());
        written.filter(|text| !text.trim().is_empty()).take(VALUES_SHOWN).map(Cow::into_owned).collect()
    };
    let mapping = columns.to_file(&source_of(file, options)?);
    let shown = columns.headings.iter().enumerate().filter(|(_, heading)| !heading.is_empty());
    let shown = shown.map(|(at, heading)| ColumnPreview {
        heading: heading.clone(),
        target: columns.target_at(at).name(),
        values: values(at),
    });
    Ok(MappingPreview { columns: shown.collect(), mapping, unmapped: columns.unmapped.clone() })
}

/// The first rows of a file, with the numbers a spreadsheet shows, so that a person can say which holds the
/// headings. Personal data.
///
/// # Errors
/// The file can't be used; see [`ImportError`].
pub fn first_rows(
    file: &RegisterFile,
    sheet: Option<&str>,
) -> Result<Vec<(usize, Vec<String>)>, ImportError> {
    let table = table::read(file, sheet)?;
    let near = table.rows.iter().take_while(|row| row.number <= limits::HEADING_ROWS_MAX);
    let written = |row: &table::Row| row.cells.iter().map(|cell| cell.written().into_owned()).collect();
    Ok(near.map(|row| (row.number, written(row))).collect())
}

/// Imports a register from a file on disk. `clock`: seconds since 1970.
///
/// # Errors
/// As [`run_file`].
pub fn run(
    office: &Office,
    author: &Author,
    path: &Path,
    options: &ImportOptions,
    clock: i64,
    random: &mut dyn Random,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    run_file(office, author, &RegisterFile::open(path)?, options, clock, random, progress)
}

/// Imports a register. `clock`: seconds since 1970.
///
/// # Errors
/// Only what concerns the file as a whole, or the office; see [`ImportError`]. Rows that can't be
/// imported are in the report. What was put on disk before an error stays, and the next run goes on.
pub fn run_file(
    office: &Office,
    author: &Author,
    file: &RegisterFile,
    options: &ImportOptions,
    clock: i64,
    random: &mut dyn Random,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let source = source_of(file, options)?;
    let table = table::read(file, options.sheet.as_deref())?;
    let columns = Columns::of(&table, options.mapping.as_ref())?;
    let villages = office.villages()?;
    if options.village.as_ref().is_some_and(|code| villages.iter().all(|(known, _)| known != code)) {
        return Err(ImportError::VillageUnknown);
    }
    let only = match villages.as_slice() {
        [(code, _)] => Some(code.as_str()),
        _ => None,
    };
    let village = options.village.as_deref().or(only);
    if village.is_none() && columns.of_target(Target::Village).is_none() {
        return Err(ImportError::NoVillageColumn);
    }
    if ["number", "head_name"].iter().all(|name| columns.field(EntityKind::Household, name).is_none()) {
        return Err(ImportError::NoHouseholdColumn);
    }
    let mut report = ImportReport::new(&columns, &source, options.dry_run);
    let villages = Villages::of(&villages);
    let reader = RowReader { columns: &columns, villages: &villages, village, today: vietnam_day_of(clock) };
    let groups = read_rows(&table, &reader, &mut report, progress);
    drop(table);
    let known = memory::known(office.imported_rows(&source)?);
    let digest_key = options.digest_key.as_ref().unwrap_or(author);
    let planner = Planner { office, author, digest_key, source: &source, clock };
    write_groups(&planner, &groups, &known, &mut report, random, progress)?;
    report.errors.sort_by_key(|error| error.row);
    report.warnings.sort_by_key(|warning| warning.row);
    report.differs.sort_by_key(|difference| difference.row);
    report.refused.sort_by_key(|refused| refused.row);
    if let Some(path) = &options.errors {
        report.write_refused(path)?;
    }
    tracing::info!(
        rows = report.rows,
        imported = report.imported,
        changed = report.changed,
        refused = report.rows_refused(),
        differs = report.differs.len(),
        households = report.households_created,
        changes = report.changes,
        dry_run = report.dry_run,
        "register imported"
    );
    Ok(report)
}

fn source_of(file: &RegisterFile, options: &ImportOptions) -> Result<String, ImportError> {
    let of_mapping = options.mapping.as_ref().and_then(|mapping| mapping.source.clone());
    let source = options.source.clone().or(of_mapping).unwrap_or_else(|| file.stem());
    let source = text::display(&source);
    if source.chars().count() > limits::SOURCE_CHARS_MAX {
        Err(ImportError::SourceTooLong)
    } else {
        Ok(source)
    }
}

impl ImportReport {
    fn new(columns: &Columns, source: &str, dry_run: bool) -> Self {
        Self {
            rows: 0,
            imported: 0,
            changed: 0,
            unchanged: 0,
            differs: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
            missing_from_file: Vec::new(),
            households_created: 0,
            changes: 0,
            sealed: 0,
            unmapped: columns.unmapped.clone(),
            mapping: columns.to_file(source),
            dry_run,
            headings: columns.headings.clone(),
            refused: Vec::new(),
        }
    }

    fn refuse(&mut self, row: &table::Row, errors: Vec<RowError>) {
        let cells = row.cells.iter().map(|cell| cell.written().into_owned()).collect();
        self.refused.push(RefusedRow { row: row.number, cells });
        self.errors.extend(errors);
    }
}

/// Rows between two progress reports.
const ROWS_A_REPORT: usize = 500;

/// Reads every row and brings those of one household together, in the order of the file.
fn read_rows(
    table: &Table,
    reader: &RowReader<'_>,
    report: &mut ImportReport,
    progress: &mut dyn FnMut(Progress),
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut keys: BTreeSet<String> = BTreeSet::new();
    let mut sizes: Vec<usize> = Vec::new();
    let heading_row = reader.columns.heading_row;
    let below = |row: &&table::Row| row.number > heading_row;
    let total = table.rows.iter().filter(below).count();
    for (done, row) in table.rows.iter().filter(below).enumerate() {
        if done % ROWS_A_REPORT == 0 {
            progress(Progress { phase: Phase::Reading, done, total });
        }
        if row.number == heading_row + 1 && Columns::is_numbering(row) {
            continue;
        }
        report.rows += 1;
        let warnings = report.warnings.len();
        let said = match reader.read(row, &mut report.warnings) {
            Ok(said) => said,
            Err(errors) => {
                report.refuse(row, errors);
                continue;
            }
        };
        let place = (said.village.clone(), said.household_key.clone());
        let at = places.get(&place).copied();
        let size = size_of(&said);
        let of = |kind, name| heading_of(reader.columns.field(kind, name)).to_owned();
        let number = of(EntityKind::Household, "number");
        let problem = if size > limits::ROW_BYTES_MAX {
            Some((number, RowProblem::TextTooLong))
        } else if at.is_some_and(|at| {
            groups[at].rows.len() >= limits::HOUSEHOLD_ROWS_MAX
                || sizes[at] + size > limits::HOUSEHOLD_BYTES_MAX
        }) {
            Some((number, RowProblem::HouseholdTooLarge))
        } else if said.has_child && !keys.insert(memory::child_row_key(&said)) {
            Some((of(EntityKind::Child, "name"), RowProblem::RowRepeated))
        } else {
            None
        };
        if let Some((heading, problem)) = problem {
            report.warnings.truncate(warnings);
            report.refuse(row, vec![RowError { row: row.number, heading, problem }]);
            continue;
        }
        let at = at.unwrap_or_else(|| {
            let (village, household_key) = place.clone();
            groups.push(Group { village, household_key, household: Fields::new(), rows: Vec::new() });
            sizes.push(0);
            places.insert(place, groups.len() - 1);
            groups.len() - 1
        });
        sizes[at] += size;
        join(&mut groups[at], said, reader.columns, report, warnings);
    }
    groups
}

fn size_of(said: &Said) -> usize {
    let facts: usize = said.facts.iter().map(|fact| plan::bytes_of(&fact.fields) + 64).sum();
    plan::bytes_of(&said.household) + plan::bytes_of(&said.child) + facts
}

/// Adds a row to its household. What the first row says stands; a later one may add, and contradictions
/// are doubts. A doubt about the household itself is told once, with its first row.
fn join(group: &mut Group, said: Said, columns: &Columns, report: &mut ImportReport, warnings: usize) {
    if !group.rows.is_empty() {
        let of_household: Vec<&str> = columns.headings_of(EntityKind::Household).collect();
        let own = report.warnings.split_off(warnings);
        report.warnings.extend(own.into_iter().filter(|w| !of_household.contains(&w.heading.as_str())));
    }
    for (name, value) in &said.household {
        match group.household.get(name) {
            Some(standing) if !standing.is_null() => {
                if !value.is_null() && !same_words(name, standing, value) {
                    let heading = heading_of(columns.field(EntityKind::Household, name)).to_owned();
                    report.warnings.push(RowWarning {
                        row: said.row,
                        heading,
                        doubt: Doubt::HouseholdContradicts,
                    });
                }
            }
            _ => {
                group.household.insert(name.clone(), value.clone());
            }
        }
    }
    group.rows.push(said);
}

/// Whether two values of a household's field are the same to the eye: `012` and `12`, capitals, accents.
fn same_words(name: &str, a: &Json, b: &Json) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) if name == "number" => {
            household_key(Some(a), None) == household_key(Some(b), None)
        }
        (Some(a), Some(b)) => text::fold(a) == text::fold(b),
        _ => a == b,
    }
}

/// Plans every household and puts them on disk piece by piece.
fn write_groups(
    planner: &Planner<'_>,
    groups: &[Group],
    known: &Known,
    report: &mut ImportReport,
    random: &mut dyn Random,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ImportError> {
    let mut standing = Standing::of(planner.office, known);
    let mut piece = Piece::default();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (done, group) in groups.iter().enumerate() {
        let place = (group.village.clone(), group.household_key.clone());
        let known = known.get(&place);
        let found = match known {
            Some(_) => None,
            None => standing.find(&group.village, &group.household_key)?,
        };
        let planned = planner.plan(group, known, found, random)?;
        if piece.changes.len() + planned.changes.len() > limits::PIECE_CHANGES_MAX {
            piece.write(planner, report.dry_run)?;
            progress(Progress { phase: Phase::Writing, done, total: groups.len() });
        }
        report.take(&planned);
        seen.extend(planned.seen);
        piece.changes.extend(planned.changes);
        piece.rows.extend(planned.rows);
    }
    piece.write(planner, report.dry_run)?;
    progress(Progress { phase: Phase::Writing, done: groups.len(), total: groups.len() });
    for ((village, _), household) in known {
        let gone = household.children.iter().filter(|row| !seen.contains(&row.row_key));
        report.missing_from_file.extend(gone.map(|row| MissingRow {
            village: village.clone(),
            document: household.document,
            person: row.person.clone(),
        }));
    }
    Ok(())
}

impl ImportReport {
    fn take(&mut self, planned: &Planned) {
        let count = |wanted| planned.outcomes.iter().filter(|outcome| **outcome == wanted).count();
        self.imported += count(Outcome::Imported);
        self.changed += count(Outcome::Changed);
        self.unchanged += count(Outcome::Unchanged);
        self.differs.extend(planned.differs.iter().cloned());
        self.households_created += usize::from(planned.created);
        self.changes += planned.changes.len();
        self.sealed += planned.sealed;
    }
}

/// What is put on disk together.
#[derive(Default)]
struct Piece {
    changes: Vec<(DocumentId, LocalChange)>,
    rows: Vec<ImportedRow>,
}

impl Piece {
    fn write(&mut self, planner: &Planner<'_>, dry_run: bool) -> Result<(), ImportError> {
        let piece = std::mem::take(self);
        let is_empty = piece.changes.is_empty() && piece.rows.is_empty();
        if !(dry_run || is_empty) {
            planner.office.author(planner.author, piece.changes, piece.rows, planner.clock)?;
        }
        Ok(())
    }
}

/// Households that the office knows and no earlier run of this register does: another register's, or
/// recorded in the field. Read only where a row might mean one.
struct Standing<'a> {
    office: &'a Office,
    imported: BTreeSet<DocumentId>,
    /// By village, then by the household's key; none where a key means several.
    villages: BTreeMap<String, BTreeMap<String, Option<DocumentId>>>,
}

impl<'a> Standing<'a> {
    fn of(office: &'a Office, known: &Known) -> Self {
        let imported = known.values().map(|household| household.document).collect();
        Self { office, imported, villages: BTreeMap::new() }
    }

    fn find(&mut self, village: &str, key: &str) -> Result<Option<DocumentId>, ImportError> {
        if !self.villages.contains_key(village) {
            let mut found: BTreeMap<String, Option<DocumentId>> = BTreeMap::new();
            let documents = self.office.documents(Some(village))?;
            for document in documents.into_iter().filter(|document| !self.imported.contains(document)) {
                let view = self.office.household(document, None, READER)?.view();
                let own = |name| shown_text(&view.household, name);
                let keys = [household_key(own("number"), None), household_key(None, own("head_name"))];
                for key in keys.into_iter().flatten() {
                    found.entry(key).and_modify(|known| *known = None).or_insert(Some(document));
                }
            }
            self.villages.insert(village.to_owned(), found);
        }
        Ok(self.villages.get(village).and_then(|found| found.get(key)).copied().flatten())
    }
}

/// Nobody: the actor by which documents are only read.
const READER: sync_core::id::ActorId = sync_core::id::ActorId([0; 16]);
