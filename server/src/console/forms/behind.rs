//! The children behind a cell: on a page, on paper, in a file.
//!
//! Enters: an address with a form, a day, a line and a column. Leaves: the children in the order
//! of the book ([`super::children`]) with what lists show of them.
//! Invariants: behind a line that counts restricted facts alone, nobody is listed without the confidential key; whoever
//! lists children with the key open leaves an act; an address names nobody.

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::catalogue::Name;
use schemas::form::Line;
use serde_json::json;

use super::super::villages::Villages;
use super::super::{Area, Asked, Fault, Language, Reply, limits, show};
use super::cell::why_words;
use super::children::{Children, Told};
use super::scope::{Scope, encoded, fault};
use super::sheet::{is_restricted_only, line_name, written};
use crate::office::pages::PersonRow;
use crate::report::{self, Filled, List};

/// A cell of a form.
pub(super) struct Cell {
    pub(super) scope: Scope,
    pub(super) villages: Villages,
    filled: Filled,
    line: usize,
    column: usize,
}

impl Cell {
    /// The cell that an address names.
    ///
    /// # Errors
    /// What can't be asked for.
    pub(super) fn of(asked: &Asked) -> Result<Self, Fault> {
        let scope = Scope::of(asked)?;
        let filled = asked.office().fill(&scope.wanted, &scope.facts).map_err(fault)?;
        let named = |name| asked.query(name).unwrap_or_default();
        let line = filled.form.lines.iter().position(|known| known.code == named("line"));
        let column = filled.form.columns.iter().position(|known| known.code == named("column"));
        let (line, column) = (line.ok_or(Fault::NotFound)?, column.ok_or(Fault::NotFound)?);
        let villages = Villages::on(asked, scope.wanted.period.as_of())?;
        Ok(Self { scope, villages, filled, line, column })
    }

    fn line(&self) -> &Line {
        &self.filled.form.lines[self.line]
    }

    fn codes(&self) -> (&str, &str) {
        (&self.line().code, &self.filled.form.columns[self.column].code)
    }

    /// The address of a page of this cell: `""`, `"/print"` …
    pub(super) fn address(&self, page: &str) -> String {
        let (line, column) = self.codes();
        let cell = self.scope.address(&format!("/cell{page}"));
        format!("{cell}&line={}&column={}", encoded(line), encoded(column))
    }

    pub(super) fn title(&self, asked: &Asked) -> String {
        let (line, column) = self.codes();
        asked.tn("forms.behind_cell", &[("line", line), ("column", column)])
    }

    /// What the cell is, and what it says.
    pub(super) fn heading(&self, asked: &Asked) -> Markup {
        let form = &self.filled.form;
        let (line, column) = self.codes();
        html! {
            nav.crumbs { a href="/office/forms" { (asked.t("forms.title")) } " › " a href=(self.scope.address("")) { (form.form) } " › " (line) }
            (self.scope.warnings(asked, form))
            p { strong { (line_name(form, line)) } }
            p {
                (asked.t("forms.column")) " " (column) " – " (self.filled.marked_header(&form.columns[self.column])) ": "
                strong { (written(&self.filled.shown(self.line, self.column))) } ". " (self.filled.place()) ". " (self.filled.days())
            }
        }
    }

    /// That nobody is listed here without the key.
    pub(super) fn shut(&self, asked: &Asked) -> Markup {
        html! {
            p.message.warn { (asked.t("forms.cell_restricted")) " " a href="/office/confidential" { (asked.t("forms.open_key")) } }
        }
    }

    /// The children; none behind a line that is restricted as a whole, without the key.
    ///
    /// # Errors
    /// Those of counting and of the database.
    pub(super) fn children(&self, asked: &Asked) -> Result<Option<Children>, Fault> {
        let form = &self.filled.form;
        if is_restricted_only(form, self.line()) && self.scope.facts.restricted.is_none() {
            return Ok(None);
        }
        let (period, village) = (self.scope.wanted.period, self.scope.wanted.village.as_deref());
        let explained = asked.office().explained(form, period, village, &self.scope.facts, self.codes());
        let explained = explained.map_err(|error| fault(error.into()))?;
        Ok(Some(Children::of(asked, explained, &self.villages, village)?))
    }

    /// Leaves an act if what is listed rests on opened reports.
    ///
    /// # Errors
    /// The database's.
    pub(super) fn note_listed(&self, asked: &Asked, act: &str, kind: Option<&str>) -> Result<(), Fault> {
        let opened = self.scope.facts.restricted.is_some() && self.filled.form.counts_restricted(self.line());
        if !opened && kind.is_none() {
            return Ok(());
        }
        let (line, column) = self.codes();
        Ok(asked.note(json!({
            "act": act, "what": kind.map(|_| "cell"), "kind": kind, "form": self.filled.form.form, "line": line,
            "column": column, "village": self.scope.wanted.village, "restricted": opened,
            "as_of": self.scope.wanted.period.as_of().to_string(),
        }))?)
    }
}

/// Headings of the list on paper and in files; official Vietnamese, whatever the screen speaks.
fn headings(asked: &Asked) -> [String; 9] {
    let unit = show::capitalised(asked.unit_word());
    ["TT", "Họ và tên", "Ngày sinh", "Giới tính", &unit, "Số thứ tự hộ", "Chủ hộ", "Địa chỉ", "Ghi chú"]
        .map(str::to_owned)
}

/// As the headings speak.
fn sex(code: &str) -> String {
    show::code_label(Language::Vi, Name::Sexes, code)
}

/// A row of the list: everything a person needs to find the child.
fn row(asked: &Asked, cell: &Cell, number: usize, told: &Told<'_>) -> Vec<String> {
    let row = told.row();
    let of = |text: fn(&PersonRow) -> &str| row.map(text).unwrap_or_default().to_owned();
    let mut notes: Vec<&str> = told.child.undecided.iter().map(|why| asked.t(why_words(why))).collect();
    notes.sort_unstable();
    notes.dedup();
    if !told.child.certain {
        notes.insert(0, asked.t("forms.uncertain"));
    }
    vec![
        number.to_string(),
        of(|row| &row.name),
        row.map(|row| show::written_date(&row.birth)).unwrap_or_default(),
        row.map(|row| row.sex.as_str()).filter(|code| !code.is_empty()).map(sex).unwrap_or_default(),
        row.map(|row| cell.villages.of_person(row)).unwrap_or_default(),
        of(|row| &row.household_number),
        of(|row| &row.head),
        of(|row| &row.address),
        notes.join("; "),
    ]
}

/// The whole list, to be printed.
pub(super) fn print(asked: &Asked) -> Result<Reply, Fault> {
    let cell = Cell::of(asked)?;
    let list = match cell.children(asked)? {
        None => cell.shut(asked),
        Some(children) if children.len() > limits::PRINTED_ROWS_MAX => html! {
            p.message.warn {
                (asked.tn("forms.cell_long", &[("most", &show::number(limits::PRINTED_ROWS_MAX as u64))])) " "
                a href=(cell.address("/file/xlsx")) download { (asked.t("forms.cell_xlsx")) }
            }
        },
        Some(children) => {
            cell.note_listed(asked, "restricted_cell_listed", None)?;
            let told = children.told(asked, 0..children.len())?;
            html! {
                p.screen-only { (asked.t("forms.cell_print_how")) }
                table.grid.cell-list aria-label=(cell.title(asked)) {
                    thead { tr { @for heading in headings(asked) { th scope="col" { (heading) } } } }
                    tbody { @for (number, told) in (1..).zip(&told) {
                        tr { @for text in row(asked, &cell, number, told) { td { (show::name(&text)) } } }
                    } }
                }
                @if children.sealed() > 0 {
                    p { (asked.tn("forms.sealed_count", &[("count", &show::number(children.sealed() as u64))])) }
                }
            }
        }
    };
    let body = html! { (cell.heading(asked)) (list) };
    Ok(asked.page(Area::Forms, &cell.title(asked), body))
}

/// The whole list as a file.
pub(super) fn file(asked: &Asked) -> Result<Reply, Fault> {
    let cell = Cell::of(asked)?;
    let kind = asked.path("kind");
    if !["xlsx", "csv"].contains(&kind) {
        return Err(Fault::NotFound);
    }
    let Some(children) = cell.children(asked)? else {
        return Err(Fault::Refused(StatusCode::FORBIDDEN, "forms.cell_restricted"));
    };
    let told = children.told(asked, 0..children.len())?;
    let rows: Vec<Vec<String>> =
        (1..).zip(&told).map(|(number, told)| row(asked, &cell, number, told)).collect();
    let (line, column) = cell.codes();
    let as_of = cell.scope.wanted.period.as_of();
    let (media, bytes) = match kind {
        "csv" => (
            "text/csv; charset=utf-8",
            report::list_csv(&headings(asked).each_ref().map(String::as_str), &rows),
        ),
        _ => {
            let list = List {
                sheet: "Tre em".into(),
                title: format!("DANH SÁCH: {}", cell.line().label),
                notes: vec![
                    format!(
                        "{}, dòng {line}, cột {column}. {}. {}.",
                        cell.filled.form.number,
                        cell.filled.place(),
                        cell.filled.days()
                    ),
                    "Tài liệu có thông tin cá nhân: giữ như giữ sổ.".into(),
                ],
                headings: headings(asked).to_vec(),
                day: as_of,
            };
            let rows = rows.into_iter().map(Ok::<_, Fault>);
            (super::super::exports::XLSX, report::list(&list, &asked.console().data_dir, rows)?)
        }
    };
    cell.note_listed(asked, "export", Some(kind))?;
    let plain =
        |code: &str| code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect::<String>();
    let form = cell.filled.form.form.replace('/', "-");
    let name = format!("danh-sach-{form}-{}-cot-{}-{as_of}.{kind}", plain(line), plain(column));
    Ok(Reply::file(&name, media, bytes))
}
