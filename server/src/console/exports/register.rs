//! The register as a workbook: one child a row, in the columns another program wants.
//!
//! The columns are a setting, and may ask for any field: every document is opened. Several threads do that, each at
//! most a piece ahead of the workbook, which lies in a file: the commune is never in memory.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Scope, available_parallelism};

use axum::http::StatusCode;
use schemas::export::{ColumnMap, MappedColumn, Source, register_columns};
use schemas::record::EntityKind;
use serde_json::json;
use sync_core::date::Date;
use sync_core::document::{Container, Fields, View, is_withdrawn, shown_text};
use sync_core::id::{DocumentId, EntityId};
use sync_core::register::people_on;

use super::super::villages::Villages;
use super::super::{Asked, Fault, Reply};
use super::XLSX;
use super::lists::{household, of_child, supports, village, written};
use crate::office::{EXPORT_COLUMNS, Office};
use crate::problem::Problem;
use crate::report::{self, List};

/// Documents that a thread reads at a time.
const PIECE: usize = 64;
/// Threads that read documents for one workbook.
const READERS_MAX: usize = 4;

pub(super) fn register(asked: &Asked) -> Result<Reply, Fault> {
    let office = asked.office();
    let own = office.setting_now(EXPORT_COLUMNS)?;
    let own = own.map(|columns| ColumnMap::load(&columns.to_string())).transpose();
    let own = own.map_err(|_| Fault::Refused(StatusCode::CONFLICT, "exports.columns_wrong"))?;
    let columns = &own.as_ref().unwrap_or(register_columns()).columns;
    let village = village(asked, asked.today())?;
    let villages = Villages::on(asked, asked.today())?;
    let list = List {
        sheet: "Tre em".into(),
        title: String::new(),
        notes: Vec::new(),
        headings: columns.iter().map(|column| column.heading.clone()).collect(),
        day: asked.today(),
    };
    let mut documents = match &village {
        Some(village) => office.documents_in(village, asked.today())?,
        None => office.documents(None)?,
    };
    let places = office.book_order(|code| villages.name(code))?;
    // What can't be read stands last.
    documents.sort_by_key(|document| places.get(document).copied().unwrap_or(usize::MAX));
    let pieces: Vec<&[DocumentId]> = documents.chunks(PIECE).collect();
    let book = Book { office, columns, villages: &villages, today: asked.today() };
    let read = |piece: &&[DocumentId]| book.rows(piece);
    let bytes = std::thread::scope(|scope| {
        let rows = side_by_side(scope, &pieces, &read).flat_map(|piece| match piece {
            Ok(rows) => rows.into_iter().map(Ok).collect(),
            Err(problem) => vec![Err(Fault::from(problem))],
        });
        let numbered = (1..).zip(rows).map(|(number, row)| book.numbered(number, row?));
        report::list(&list, &asked.console().data_dir, numbered)
    })?;
    asked.note(json!({ "act": "export", "what": "register", "village": village }))?;
    let village = village.map(|code| format!("-{code}")).unwrap_or_default();
    Ok(Reply::file(&format!("so-tre-em-{}{village}.xlsx", asked.today()), XLSX, bytes))
}

/// What `work` makes of each piece, in the order of the pieces.
fn side_by_side<'scope, 'env: 'scope, T: Sync, R: Send + 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    pieces: &'env [T],
    work: &'env (impl Fn(&T) -> R + Sync),
) -> impl Iterator<Item = R> {
    let readers = available_parallelism().map_or(1, NonZero::get).min(READERS_MAX);
    let lanes: Vec<Receiver<R>> = (0..readers)
        .map(|lane| {
            let (give, take) = sync_channel(1);
            scope.spawn(move || {
                // Where nobody takes any more, the workbook could not be written.
                let own = pieces.iter().skip(lane).step_by(readers);
                own.map(work).try_for_each(|made| give.send(made)).ok();
            });
            take
        })
        .collect();
    // A thread that panics gives no more, and the scope passes its panic on.
    (0..pieces.len()).map_while(move |place| lanes[place % readers].recv().ok())
}

/// What stays the same for every row.
struct Book<'a> {
    office: &'a Office,
    columns: &'a [MappedColumn],
    villages: &'a Villages,
    today: Date,
}

impl Book<'_> {
    /// A row for each child of these households that lives here, without its number.
    fn rows(&self, documents: &[DocumentId]) -> Result<Vec<Vec<String>>, Problem> {
        let mut rows = Vec::new();
        for document in documents {
            let view = household(self.office, *document)?;
            let people = people_on(&view, self.today);
            let lives = |key: &EntityId| people.iter().any(|one| one.key == *key && one.is_present);
            let here = view.of(Container::Children).filter(|(key, child)| {
                lives(key) && !is_withdrawn(&view.household) && !is_grown(child, self.today)
            });
            rows.extend(here.map(|(key, child)| {
                self.columns.iter().map(|column| self.cell(&column.value, &view, key, child)).collect()
            }));
        }
        Ok(rows)
    }

    fn numbered(&self, number: usize, mut row: Vec<String>) -> Result<Vec<String>, Fault> {
        for (cell, column) in row.iter_mut().zip(self.columns) {
            if column.value == Source::Row {
                *cell = number.to_string();
            }
        }
        Ok(row)
    }

    fn cell(&self, source: &Source, view: &View, key: &EntityId, child: &Fields) -> String {
        match source {
            Source::Row => String::new(),
            Source::VillageCode => self.villages.of(view).0,
            Source::VillageName => self.villages.of(view).1,
            Source::Household(name) => written(EntityKind::Household, &view.household, name),
            Source::Child(name) => written(EntityKind::Child, child, name),
            Source::Circumstances => {
                let codes = of_child(view, Container::Circumstances, key);
                codes
                    .filter_map(|circumstance| shown_text(circumstance, "code"))
                    .collect::<Vec<_>>()
                    .join("; ")
            }
            Source::Supports => supports(view, key),
            Source::Events => {
                let events = of_child(view, Container::Events, key).map(|event| {
                    let kind = written(EntityKind::Event, event, "kind");
                    format!("{kind} {}", written(EntityKind::Event, event, "date")).trim().to_owned()
                });
                events.collect::<Vec<_>>().join("; ")
            }
        }
    }
}

/// Whether a child is of age for certain.
fn is_grown(child: &Fields, today: Date) -> bool {
    let of_age = today.saturating_sub(jiff::Span::new().years(16)).to_string();
    shown_text(child, "birth_date").is_some_and(|birth| match birth.len() {
        10 => birth <= of_age.as_str(),
        7 => birth < &of_age[..7],
        4 => birth < &of_age[..4],
        _ => false,
    })
}
