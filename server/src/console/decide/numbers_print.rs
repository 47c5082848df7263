//! The data-cleaning lists to keep: for the round's re-check at the households, and for the commune's police to complete
//! and sign (steps 2 and 3 of LĐTBXH 2513/LĐTBXH-TTTT 2022).
//!
//! Enters: issues of the office's index. Leaves: a page to print, each village on sheets of its own because each has its
//! own collector; the same rows as a workbook, where a column says the village. Invariant: a workbook leaves an act,
//! because it hands out names.

use std::collections::BTreeMap;

use maud::{Markup, html};
use schemas::catalogue::Name;
use sync_core::facts::PersonRef;
use sync_core::issues::IssueCode;

use super::contradictions::say;
use super::numbers::wanted;
use crate::console::exports::XLSX;
use crate::console::limits::{ISSUES_IN_A_FILE_MAX, ISSUES_PRINTED_MAX};
use crate::console::villages::{village_name, village_on};
use crate::console::{Area, Asked, Fault, Reply, show};
use crate::office::PersonRow;
use crate::problem::Problem;
use crate::report::{self, List};

/// Whom a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// Who goes to the households again.
    Round,
    /// Who gives identity numbers.
    Police,
}

/// A column of a list.
struct Column {
    /// Key of its heading.
    heading: &'static str,
    /// The lines of its cell; none for a cell that is left for the pen.
    lines: Option<fn(&Asked, &Listed) -> Vec<String>>,
    /// Never broken over two lines: dates and numbers.
    exact: bool,
}

impl Column {
    fn told(heading: &'static str, lines: fn(&Asked, &Listed) -> Vec<String>) -> Self {
        Self { heading, lines: Some(lines), exact: false }
    }

    fn exact(heading: &'static str, lines: fn(&Asked, &Listed) -> Vec<String>) -> Self {
        Self { exact: true, ..Self::told(heading, lines) }
    }

    fn blank(heading: &'static str) -> Self {
        Self { heading, lines: None, exact: false }
    }

    fn cell(&self, asked: &Asked, row: &Listed) -> Vec<String> {
        self.lines.map(|lines| lines(asked, row)).unwrap_or_default()
    }
}

impl Whom {
    fn of(asked: &Asked) -> Self {
        if asked.query("for") == Some("police") { Self::Police } else { Self::Round }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Round => "round",
            Self::Police => "police",
        }
    }

    fn title(self, asked: &Asked) -> &'static str {
        asked.t(match self {
            Self::Round => "decide.print_round_title",
            Self::Police => "decide.print_police_title",
        })
    }

    /// Who signs, the officer last.
    fn signed(self) -> [&'static str; 2] {
        let other = match self {
            Self::Round => "decide.print_signed_collector",
            Self::Police => "decide.print_signed_police",
        };
        [other, "decide.print_signed_officer"]
    }

    /// After the number of the row; of which village it is, the sheet says.
    fn columns(self) -> Vec<Column> {
        let who = [
            Column::told("decide.child", |_, row| vec![row.person.name.clone()]),
            Column::exact("decide.born", |_, row| vec![show::written_date(&row.person.birth)]),
            Column::told("decide.sex", |asked, row| label(asked, Name::Sexes, &row.person.sex)),
            Column::told("decide.ethnicity", |asked, row| {
                label(asked, Name::EthnicGroups, &row.person.ethnicity)
            }),
            Column::told("decide.parents", |_, row| parents(&row.person)),
        ];
        let number = Column::exact("decide.number", |_, row| vec![row.person.identity_number.clone()]);
        let wanted = Column::told("decide.print_wanted", reasons);
        let mut columns = Vec::new();
        match self {
            Self::Round => {
                let of = |_: &Asked, row: &Listed| vec![row.person.household_number.clone()];
                columns.push(Column::told("decide.household_number", of));
                columns.push(Column::told("decide.head", |_, row| vec![row.person.head.clone()]));
                columns.extend(who);
                columns.extend([number, wanted, Column::blank("decide.print_write")]);
            }
            Self::Police => {
                columns.extend(who);
                columns.push(Column::told("decide.address", |_, row| vec![row.person.address.clone()]));
                columns.extend([number, wanted]);
                columns.extend(["decide.print_number_given", "decide.print_note"].map(Column::blank));
            }
        }
        columns
    }
}

/// A child and what is wrong with its record.
struct Listed {
    person: PersonRow,
    /// What its village is called.
    village: String,
    codes: Vec<IssueCode>,
}

fn label(asked: &Asked, of: Name, code: &str) -> Vec<String> {
    let is_told = !code.is_empty();
    is_told.then(|| show::code_label(asked.language(), of, code)).into_iter().collect()
}

fn parents(person: &PersonRow) -> Vec<String> {
    let named = [&person.father, &person.mother, &person.carer].into_iter();
    named.filter(|name| !name.is_empty()).cloned().collect()
}

fn reasons(asked: &Asked, row: &Listed) -> Vec<String> {
    row.codes.iter().map(|code| say(asked, *code).to_owned()).collect()
}

/// The village that the address names, if any.
fn village(asked: &Asked) -> Result<Option<String>, Fault> {
    match asked.query("village") {
        Some(code) => Ok(Some(village_on(asked, code, asked.today())?.ok_or(Fault::NotFound)?)),
        None => Ok(None),
    }
}

fn place(asked: &Asked, village: Option<&str>) -> Result<String, Problem> {
    village.map_or_else(|| Ok(asked.tu("decide.village_all")), |code| village_name(asked, code))
}

/// The children in the order of villages and households, and whether they are all. Everything is read at once: whatever
/// a phone sends meanwhile moves no child onto the list twice, or past it.
fn children(asked: &Asked, village: Option<&str>, issues_max: usize) -> Result<(Vec<Listed>, bool), Problem> {
    let mut listed: Vec<Listed> = Vec::new();
    let mut places: BTreeMap<PersonRef, usize> = BTreeMap::new();
    let names: BTreeMap<String, String> = asked.office().villages()?.into_iter().collect();
    let (rows, total) = asked.office().issues_at_once(&wanted(None, village, 1), issues_max)?;
    for row in rows {
        let Some(person) = row.person.filter(|person| person.is_child) else { continue };
        let name = PersonRef { document: person.document, person: person.person.clone() };
        let place = *places.entry(name).or_insert_with(|| {
            let village = names.get(&person.village).unwrap_or(&person.village).clone();
            listed.push(Listed { person, village, codes: Vec::new() });
            listed.len() - 1
        });
        listed[place].codes.push(row.code);
    }
    Ok((listed, total <= issues_max as u64))
}

/// What a list says above its rows: of where and when it is; and if it is not whole, that.
fn notes(asked: &Asked, village: Option<&str>, is_whole: bool) -> Result<(String, Option<String>), Problem> {
    let of = format!("{}, {}", place(asked, village)?, show::day(asked.today()));
    Ok((of, (!is_whole).then(|| asked.tu("decide.print_too_many"))))
}

/// `GET /office/decide/numbers/print?for=round|police&village=`.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let (whom, village) = (Whom::of(asked), village(asked)?);
    let (children, is_whole) = children(asked, village.as_deref(), ISSUES_PRINTED_MAX)?;
    let (of, more) = notes(asked, village.as_deref(), is_whole)?;
    let body = html! {
        div.decide-print {
            p { (of) }
            @if let Some(more) = more { p.tag.tag-warn { (more) } }
            p.screen-only.muted { (asked.t("decide.print_how")) }
            @if children.is_empty() { p { (asked.t("decide.nothing")) } }
            @for of_village in children.chunk_by(|a, b| a.person.village == b.person.village) {
                (sheet(asked, whom, of_village))
            }
        }
    };
    Ok(asked.page(Area::Decide, whom.title(asked), body))
}

/// The children of one village, and who signs for them.
fn sheet(asked: &Asked, whom: Whom, children: &[Listed]) -> Markup {
    let columns = whom.columns();
    html! {
        section.decide-sheet {
            h2 { (show::name(&children[0].village)) " (" (show::number(children.len() as u64)) ")" }
            table.grid aria-label={ (whom.title(asked)) ": " (show::plain(&children[0].village)) } {
                thead { tr {
                    th scope="col" { (asked.t("decide.print_order")) }
                    @for column in &columns { th scope="col" { (asked.tu(column.heading)) } }
                } }
                tbody { @for (place, row) in children.iter().enumerate() { tr {
                    td.num { (place + 1) }
                    @for column in &columns {
                        td.exact[column.exact].blank[column.lines.is_none()] {
                            @for line in column.cell(asked, row) { div { (show::name(&line)) } }
                        }
                    }
                } } }
            }
            div.decide-signatures.print-only {
                @for words in whom.signed() {
                    div { p { strong { (asked.t(words)) } br; (asked.t("decide.print_sign")) } }
                }
            }
        }
    }
}

/// `GET /office/decide/numbers/xlsx?for=round|police&village=`: the same rows, and more of them.
pub(super) fn file(asked: &Asked) -> Result<Reply, Fault> {
    let (whom, village) = (Whom::of(asked), village(asked)?);
    let (children, is_whole) = children(asked, village.as_deref(), ISSUES_IN_A_FILE_MAX)?;
    let (of, more) = notes(asked, village.as_deref(), is_whole)?;
    let columns = whom.columns();
    let first = [asked.t("decide.print_order").to_owned(), asked.tu("decide.village")];
    let day = asked.today();
    let list = List {
        sheet: "Tre em".to_owned(),
        title: whom.title(asked).to_owned(),
        notes: [of].into_iter().chain(more).collect(),
        headings: first.into_iter().chain(columns.iter().map(|column| asked.tu(column.heading))).collect(),
        day,
    };
    let rows = children.iter().enumerate().map(|(place, row)| {
        let first = [(place + 1).to_string(), row.village.clone()];
        let told = columns.iter().map(|column| column.cell(asked, row).join("; "));
        Ok::<_, Fault>(first.into_iter().chain(told).collect())
    });
    let bytes = report::list(&list, &asked.console().data_dir, rows)?;
    asked.note(serde_json::json!({
        "act": "export", "what": "numbers", "kind": "xlsx", "for": whom.code(), "village": village,
        "rows": children.len(),
    }))?;
    let of = village.as_deref().unwrap_or("xa");
    let name = format!("lam-sach-du-lieu-{}-{of}-{day}.xlsx", whom.code());
    Ok(Reply::file(&name, XLSX, bytes))
}
