//! The sổ theo dõi trẻ em trong gia đình as communes keep it: a row a child, words for codes, dates as
//! written by hand, and some rows nobody can read.
//!
//! Row 1 is the mark of synthetic data, row 2 the headings, children follow from row 3; the numbers are
//! the same in CSV and XLSX. In a cell with several values they are separated by `; `. "Từ ngày"
//! answers "Mã hoàn cảnh" value by value (an empty one: unknown), or with one date for all;
//! "Ngày biến động" answers "Biến động" value by value.

use std::io::Write;
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use sync_core::date::{Date, PartialDate};

use super::SEED;
use super::model::{Child, Commune, Household, Insurance};
use super::words::{self, MARK, word};

/// Headings of the columns, in order.
pub const HEADINGS: [&str; 31] = [
    "THÔN",
    "Số hộ",
    "Chủ hộ",
    "Địa chỉ",
    "Hộ nghèo/cận nghèo",
    "SĐT",
    "STT",
    "Họ và tên trẻ",
    "Ngày sinh",
    "Giới tính",
    "Dân tộc",
    "Số định danh",
    "Quan hệ với chủ hộ",
    "Họ tên cha",
    "Năm sinh cha",
    "Nghề cha",
    "Họ tên mẹ",
    "Năm sinh mẹ",
    "Nghề mẹ",
    "Người nuôi dưỡng",
    "Khai sinh",
    "Thẻ BHYT",
    "Cấp học",
    "Lớp",
    "Trường",
    "Mã hoàn cảnh",
    "Từ ngày",
    "Hình thức trợ giúp",
    "Biến động",
    "Ngày biến động",
    "Ghi chú",
];

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing written.
    Empty,
    /// Text, also digits that must keep their zeros.
    Text(String),
    /// A number: in XLSX a numeric cell.
    Number(i64),
    /// A day: in XLSX a real date cell, in CSV `dd/mm/yyyy`.
    Day(Date),
}

impl Cell {
    fn text(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    fn written(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Day(day) => by_hand((*day).into()),
        }
    }
}

/// Why a row cannot be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowProblem {
    /// A date nobody can read.
    UnreadableDate,
    /// A village the commune does not have.
    UnknownVillage,
    /// Neither the child's name nor the household's number.
    MissingNameAndHousehold,
    /// A circumstance code that no catalogue has.
    UnknownCircumstance,
    /// Text far too long for its field.
    TextTooLong,
    /// A word the column does not know (sex, ethnic group, poverty, support, event).
    UnknownWord,
}

/// A row that an import must refuse whole and report; its child is in no count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Row number as a spreadsheet shows it, from 1.
    pub row: usize,
    /// Heading of the column at fault.
    pub heading: &'static str,
    /// What is wrong.
    pub problem: RowProblem,
}

/// A row that is imported, with a doubt an import may mention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowWarning {
    /// Row number as a spreadsheet shows it, from 1.
    pub row: usize,
    /// Heading of the column in doubt.
    pub heading: &'static str,
}

/// The register of a commune.
#[derive(Debug, Clone)]
pub struct Register {
    rows: Vec<Vec<Cell>>,
    errors: Vec<RowError>,
    warnings: Vec<RowWarning>,
}

const DATE: RowProblem = RowProblem::UnreadableDate;
const WORD: RowProblem = RowProblem::UnknownWord;

/// What is broken, where, and how. The text of the too long one is made when it is written.
const BROKEN: [(&str, &str, RowProblem); 13] = [
    ("Ngày sinh", "32/13/2019", DATE),
    ("Ngày sinh", "không nhớ", DATE),
    ("Ngày sinh", "30/02/2017", DATE),
    ("THÔN", "Thôn Không Có", RowProblem::UnknownVillage),
    ("Số hộ", "", RowProblem::MissingNameAndHousehold),
    ("Mã hoàn cảnh", "II.99.1", RowProblem::UnknownCircumstance),
    ("Mã hoàn cảnh", "II.4.2; khó khăn", RowProblem::UnknownCircumstance),
    ("Họ và tên trẻ", "", RowProblem::TextTooLong),
    ("Giới tính", "X", WORD),
    ("Dân tộc", "Không có trong danh mục", WORD),
    ("Từ ngày", "tháng sáu âm lịch", DATE),
    ("Biến động", "Đi chơi", WORD),
    ("Ngày biến động", "99/99/9999", DATE),
];

/// Characters of the over-long name.
const TOO_LONG: usize = 30_000;

impl Register {
    /// Writes the commune's children into rows, with the broken rows scattered among them.
    #[must_use]
    pub fn of(commune: &Commune) -> Self {
        let mut register = Self { rows: Vec::new(), errors: Vec::new(), warnings: Vec::new() };
        let children: Vec<_> = commune.children().collect();
        let step = (children.len() / BROKEN.len()).max(1);
        for (i, (household, child)) in children.iter().enumerate() {
            if i % step == step / 2
                && let Some(fault) = BROKEN.get(i / step)
            {
                register.broken(commune, household, child, i / step, fault);
            }
            let mut row = row(commune, household, child, i);
            if i % 700 == 350 && child.identity_number.is_some() {
                let doubtful = if i % 1_400 == 350 { "099A12345678" } else { "09912345" };
                *cell(&mut row, "Số định danh") = Cell::text(doubtful);
                register.warnings.push(RowWarning { row: register.next_row(), heading: "Số định danh" });
            }
            register.rows.push(row);
        }
        register
    }

    fn next_row(&self) -> usize {
        self.rows.len() + 3
    }

    /// A child who exists only in an unreadable row of a household that is otherwise in order.
    fn broken(
        &mut self,
        commune: &Commune,
        household: &Household,
        like: &Child,
        nth: usize,
        fault: &(&'static str, &str, RowProblem),
    ) {
        let &(heading, text, problem) = fault;
        let child = Child {
            stt: 9_001 + nth as u32,
            name: format!("{} Dòng Hỏng Số {}", like.name.split(' ').next().unwrap_or_default(), nth + 1),
            birth: Date::constant(2015, 3, 1 + nth as i8).into(),
            identity_number: None,
            insurance: Insurance::Unknown,
            circumstances: Vec::new(),
            supports: Vec::new(),
            events: Vec::new(),
            note: String::new(),
            ..like.clone()
        };
        let mut row = row(commune, household, &child, 0);
        *cell(&mut row, heading) = Cell::text(text);
        match (problem, heading) {
            (RowProblem::MissingNameAndHousehold, _) => *cell(&mut row, "Họ và tên trẻ") = Cell::Empty,
            (RowProblem::TextTooLong, _) => {
                *cell(&mut row, heading) = Cell::Text("Rất dài ".repeat(TOO_LONG / 8));
            }
            (_, "Từ ngày") => *cell(&mut row, "Mã hoàn cảnh") = Cell::text("II.4.3"),
            (_, "Biến động") => *cell(&mut row, "Ngày biến động") = Cell::text("02/02/2024"),
            (_, "Ngày biến động") => *cell(&mut row, "Biến động") = Cell::text("Chuyển đến"),
            _ => {}
        }
        self.errors.push(RowError { row: self.next_row(), heading, problem });
        self.rows.push(row);
    }

    /// The rows of children, the first being row 3 of the file.
    #[must_use]
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// Rows an import must refuse, in order.
    #[must_use]
    pub fn expected_row_errors(&self) -> &[RowError] {
        &self.errors
    }

    /// Rows of which an identity number is malformed: warned about, imported all the same.
    #[must_use]
    pub fn expected_row_warnings(&self) -> &[RowWarning] {
        &self.warnings
    }

    /// Writes UTF-8 CSV without a byte-order mark; every record has as many fields as there are headings.
    ///
    /// # Errors
    /// Whatever `out` fails with.
    pub fn write_csv(&self, out: &mut impl Write) -> csv::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        let mut title = vec![""; HEADINGS.len()];
        title[0] = MARK;
        writer.write_record(&title)?;
        writer.write_record(HEADINGS)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::written))?;
        }
        writer.flush()?;
        Ok(())
    }

    /// Writes one sheet "Sổ theo dõi".
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_xlsx(&self, path: impl AsRef<Path>) -> Result<(), XlsxError> {
        let mut workbook = Workbook::new();
        let made = ExcelDateTime::from_ymd(2024, 9, 30)?;
        workbook.set_properties(
            &DocProperties::new().set_title(MARK).set_comment(MARK).set_creation_datetime(&made),
        );
        let (bold, day) = (Format::new().set_bold(), Format::new().set_num_format("dd/mm/yyyy"));
        let sheet = workbook.add_worksheet();
        sheet.set_name("Sổ theo dõi")?.set_freeze_panes(2, 0)?;
        sheet.write_with_format(0, 0, MARK, &bold)?;
        for (column, heading) in HEADINGS.iter().enumerate() {
            sheet.write_with_format(1, column as u16, *heading, &bold)?;
        }
        for (number, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let (r, c) = (number as u32 + 2, column as u16);
                match cell {
                    Cell::Empty => continue,
                    Cell::Text(text) => sheet.write(r, c, text)?,
                    Cell::Number(number) => sheet.write(r, c, *number as f64)?,
                    Cell::Day(date) => {
                        let date = ExcelDateTime::from_ymd(
                            date.year() as u16,
                            date.month() as u8,
                            date.day() as u8,
                        )?;
                        sheet.write_with_format(r, c, &date, &day)?
                    }
                };
            }
        }
        workbook.save(path.as_ref())
    }
}

impl Commune {
    /// The register of this commune.
    #[must_use]
    pub fn register(&self) -> Register {
        Register::of(self)
    }

    /// The commune of [`SEED`] at its default size.
    #[must_use]
    pub fn default_seed() -> Self {
        Self::generate(SEED, super::Scale::commune())
    }
}

/// The column of a heading, from 0.
///
/// # Panics
/// When there is no such heading.
#[must_use]
pub fn column(heading: &str) -> usize {
    HEADINGS.iter().position(|known| *known == heading).expect("a heading of the register")
}

fn cell<'a>(row: &'a mut [Cell], heading: &str) -> &'a mut Cell {
    &mut row[column(heading)]
}

/// A date as people write it: `03/05/2019`, `05/2019`, `2019`.
#[must_use]
pub fn by_hand(date: PartialDate) -> String {
    let first = date.first();
    if date.is_exact() {
        format!("{:02}/{:02}/{:04}", first.day(), first.month(), first.year())
    } else if first.month() == date.last().month() {
        format!("{:02}/{:04}", first.month(), first.year())
    } else {
        format!("{:04}", first.year())
    }
}

fn row(commune: &Commune, household: &Household, child: &Child, nth: usize) -> Vec<Cell> {
    let mut row = vec![Cell::Empty; HEADINGS.len()];
    let mut set = |heading: &str, value: Cell| row[column(heading)] = value;
    let number = |text: &str| text.parse().map_or_else(|_| Cell::text(text), Cell::Number);
    set("THÔN", Cell::text(commune.village_name(&household.village).unwrap_or_default()));
    set("Số hộ", number(&household.number));
    set("Chủ hộ", Cell::text(&household.head_name));
    set("Địa chỉ", Cell::text(&household.address));
    set("Hộ nghèo/cận nghèo", Cell::text(word(words::POVERTY, household.poverty.code())));
    set("SĐT", Cell::text(household.phone.as_deref().unwrap_or_default()));
    set("STT", Cell::Number(i64::from(child.stt)));
    set("Họ và tên trẻ", Cell::text(&child.name));
    // Some clerks let the spreadsheet have its way with a date; most type text.
    set(
        "Ngày sinh",
        if child.birth.is_exact() && nth % 5 == 3 {
            Cell::Day(child.birth.first())
        } else {
            Cell::text(&by_hand(child.birth))
        },
    );
    set("Giới tính", Cell::text(word(words::SEX, child.sex.code())));
    set("Dân tộc", Cell::text(word(words::ETHNICITY, &child.ethnicity)));
    set("Số định danh", Cell::text(child.identity_number.as_deref().unwrap_or_default()));
    set("Quan hệ với chủ hộ", Cell::text(word(words::RELATION, &child.relation_to_head)));
    for (adult, headings) in [
        (&child.father, ["Họ tên cha", "Năm sinh cha", "Nghề cha"]),
        (&child.mother, ["Họ tên mẹ", "Năm sinh mẹ", "Nghề mẹ"]),
    ] {
        if let Some(adult) = adult {
            set(headings[0], Cell::text(&adult.name));
            set(headings[1], Cell::Number(adult.birth_year.into()));
            set(headings[2], Cell::text(&adult.occupation));
        }
    }
    set("Người nuôi dưỡng", Cell::text(child.carer.as_ref().map_or("", |carer| &carer.name)));
    set("Khai sinh", Cell::text(word(words::BIRTH_REGISTRATION, &child.birth_registration)));
    set(
        "Thẻ BHYT",
        match &child.insurance {
            Insurance::Number(number) => Cell::text(number),
            Insurance::Held => Cell::text("Có"),
            Insurance::None => Cell::text("Không"),
            Insurance::Unknown => Cell::Empty,
        },
    );
    set("Cấp học", Cell::text(word(words::SCHOOLING, &child.schooling)));
    set("Lớp", Cell::text(&child.class));
    set("Trường", Cell::text(&child.school));
    let join = |items: Vec<String>| Cell::text(&items.join("; "));
    set("Mã hoàn cảnh", join(child.circumstances.iter().map(|held| held.code.clone()).collect()));
    let starts: Vec<String> =
        child.circumstances.iter().map(|held| held.start.map(by_hand).unwrap_or_default()).collect();
    let is_one = starts.iter().all(|start| Some(start) == starts.first());
    set("Từ ngày", join(if is_one { starts.into_iter().take(1).collect() } else { starts }));
    let support = |form: &str, received: bool| {
        let needed = if received { "" } else { words::NEEDED };
        format!("{}{needed}", word(words::SUPPORT_FORM, form))
    };
    set("Hình thức trợ giúp", join(child.supports.iter().map(|s| support(&s.form, s.received)).collect()));
    let event = |kind: &str, cause: Option<&str>| match cause {
        Some(cause) => format!("{} ({})", word(words::EVENT, kind), word(words::CAUSE, cause)),
        None => word(words::EVENT, kind).to_owned(),
    };
    set("Biến động", join(child.events.iter().map(|e| event(&e.kind, e.cause.as_deref())).collect()));
    set("Ngày biến động", join(child.events.iter().map(|e| by_hand(e.date.into())).collect()));
    set("Ghi chú", Cell::text(&child.note));
    row
}
