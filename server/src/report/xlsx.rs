//! The official layout as a workbook: prints on A4, numbers are numbers, sums are formulas where the form says
//! so, what is undecided stands out.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Note, Workbook,
    Worksheet,
};
use sync_core::date::Date;

use super::layout::{Reckoning, label};
use super::{Filled, Shown, Signatory};

/// Why a workbook can't be made.
#[derive(Debug, thiserror::Error)]
#[error("the workbook can't be made: {0}")]
pub struct XlsxError(#[from] rust_xlsxwriter::XlsxError);

/// Yellow that survives a black-and-white printer: the text says least–most anyway.
const UNDECIDED: Color = Color::RGB(0x00FF_F2CC);
/// The font of official letters.
pub(super) const FONT: &str = "Times New Roman";
/// What Excel calls A4.
pub(super) const A4: u8 = 9;
/// Height of a line of the table, points.
pub(super) const LINE: f64 = 15.0;
/// Lines of a row at most: Excel knows no row taller than 409 points.
const LINES_MAX: u32 = 20;
/// First row of the table's head, from 0.
const HEAD: u32 = 6;

/// The form as an XLSX workbook.
///
/// # Errors
/// [`XlsxError`], which only a fault of this program can cause.
pub fn xlsx(filled: &Filled) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = workbook(&filled.form.title, filled.tally.period.as_of())?;
    let sheet = workbook.add_worksheet();
    sheet.set_name(filled.form.form.replace('/', "-"))?;
    let page = Page::of(filled);
    page.heading(sheet)?;
    page.head(sheet)?;
    page.body(sheet)?;
    let bottom = page.foot(sheet)?;
    page.print_setup(sheet, bottom)?;
    Ok(workbook.save_to_buffer()?)
}

/// A workbook that gives the same bytes whenever it is made: its date is the day it is of.
pub(super) fn workbook(title: &str, day: Date) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    let (month, date) = (day.month().unsigned_abs(), day.day().unsigned_abs());
    let created = ExcelDateTime::from_ymd(day.year().unsigned_abs().max(1900), month, date)?;
    workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&created));
    Ok(workbook)
}

/// Where things stand on the sheet.
struct Page<'a> {
    filled: &'a Filled,
    head: Vec<Vec<String>>,
    /// First column of numbers.
    first: u16,
    /// Last column.
    last: u16,
}

impl<'a> Page<'a> {
    fn of(filled: &'a Filled) -> Self {
        let first = if filled.units_by_line() { 3 } else { 2 };
        let columns = u16::try_from(filled.form.columns.len()).unwrap_or(u16::MAX - first);
        Self { filled, head: filled.head(), first, last: first + columns.max(1) - 1 }
    }

    fn wide(&self) -> bool {
        self.filled.form.columns.len() > 1
    }

    /// Width of a column, characters.
    fn width(&self, column: u16) -> f64 {
        match (column, self.wide()) {
            (0, _) => 6.0,
            (1, true) => 58.0,
            (1, false) => 64.0,
            (_, true) => 11.0,
            (_, false) => 14.0,
        }
    }

    /// First row of the table's body.
    fn top(&self) -> u32 {
        HEAD + u32::try_from(self.head.len()).unwrap_or_default()
    }

    fn row(&self, line: usize) -> u32 {
        self.top() + u32::try_from(line).unwrap_or_default()
    }

    /// The sheet's name of a cell of the form.
    fn cell(&self, (line, column): (usize, usize), fixed: bool) -> String {
        let column = self.first + u16::try_from(column).unwrap_or_default();
        if fixed {
            rust_xlsxwriter::utility::row_col_to_cell_absolute(self.row(line), column)
        } else {
            rust_xlsxwriter::utility::row_col_to_cell(self.row(line), column)
        }
    }

    fn heading(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let (filled, form) = (self.filled, &self.filled.form);
        let bold = text().set_bold().set_align(FormatAlign::Center);
        let left = text().set_align(FormatAlign::Center);
        sheet.merge_range(0, 0, 0, 1, &super::clean(&filled.upper_level), &left)?;
        sheet.merge_range(1, 0, 1, 1, &filled.committee(), &bold)?;
        let right = text().set_align(FormatAlign::Right);
        for (row, text, format) in [
            (0, form.number.clone(), right.clone().set_bold()),
            (1, format!("Kỳ báo cáo: {}", form.frequency), right.clone()),
            (2, format!("Ngày báo cáo: {}", form.due), right),
        ] {
            if self.last > 2 {
                sheet.merge_range(row, 2, row, self.last, &text, &format)?;
            } else {
                sheet.write_string_with_format(row, self.last, text, &format)?;
            }
        }
        sheet.merge_range(3, 0, 3, self.last, &form.title, &bold.clone().set_font_size(14))?;
        sheet.merge_range(4, 0, 4, self.last, &filled.place(), &bold)?;
        // The rows above the table are counted: a form whose headings are a hypothesis says so beside its days.
        let days =
            filled.unconfirmed().map_or_else(|| filled.days(), |note| format!("{}. {note}", filled.days()));
        sheet.merge_range(5, 0, 5, self.last, &days, &left)?;
        Ok(())
    }

    fn head(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let format = bordered().set_bold().set_align(FormatAlign::Center);
        for (row, texts) in (HEAD..).zip(&self.head) {
            let lines = texts.iter().zip(0u16..).map(|(text, column)| lines(text, self.width(column)));
            sheet.set_row_height(row, LINE * f64::from(lines.max().unwrap_or(1)))?;
            for (column, text) in (0u16..).zip(texts) {
                sheet.write_string_with_format(row, column, text, &format)?;
            }
        }
        Ok(())
    }

    fn body(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        for (index, line) in self.filled.form.lines.iter().enumerate() {
            let row = self.row(index);
            let strong = |format: Format| if line.depth == 0 { format.set_bold() } else { format };
            let number = strong(bordered()).set_align(FormatAlign::Center);
            sheet.write_string_with_format(row, 0, &line.number, &number)?;
            let format = strong(bordered()).set_indent(line.depth.saturating_sub(1).min(15));
            let label = label(line);
            // Not every program finds the height of a row by itself.
            let tall =
                lines(&label, self.width(1) - f64::from(line.depth)).max(lines(&line.unit, self.width(2)));
            sheet.set_row_height(row, LINE * f64::from(tall))?;
            sheet.write_string_with_format(row, 1, label, &format)?;
            if self.first > 2 {
                sheet.write_string_with_format(
                    row,
                    2,
                    &line.unit,
                    &bordered().set_align(FormatAlign::Center),
                )?;
            }
            for column in 0..self.filled.form.columns.len() {
                self.value(sheet, index, column, &strong(bordered()))?;
            }
        }
        Ok(())
    }

    fn value(
        &self,
        sheet: &mut Worksheet,
        line: usize,
        column: usize,
        format: &Format,
    ) -> Result<(), XlsxError> {
        let row = self.row(line);
        let place = self.first + u16::try_from(column).unwrap_or_default();
        let format = format.clone().set_align(FormatAlign::Right);
        let shown = self.filled.shown(line, column);
        match &shown {
            Shown::Empty | Shown::Missing => sheet.write_blank(row, place, &format)?,
            Shown::Exact(number) => {
                let format = format.set_num_format(match number.decimals() {
                    0 => "#,##0",
                    1 => "#,##0.0",
                    2 => "#,##0.00",
                    _ => "#,##0.000",
                });
                match self.filled.reckoning(line, column) {
                    // The result stands beside the formula: not every program that opens a workbook calculates.
                    Some(reckoning) => {
                        let formula = Formula::new(self.formula(&reckoning)).set_result(number.plain());
                        sheet.write_formula_with_format(row, place, formula, &format)?
                    }
                    None => sheet.write_number_with_format(row, place, number.value(), &format)?,
                }
            }
            Shown::Range { least, most, sealed } => {
                let sealed = if *sealed { " Còn báo cáo kín chưa mở." } else { "" };
                let why = format!("Ít nhất {least}, nhiều nhất {most}: còn điều chưa quyết định.{sealed}");
                sheet.insert_note(row, place, &Note::new(why).add_author_prefix(false))?;
                let format = format.set_background_color(UNDECIDED);
                sheet.write_string_with_format(row, place, shown.text(), &format)?
            }
            Shown::NoShare | Shown::Answer(_) => {
                sheet.write_string_with_format(row, place, shown.text(), &format)?
            }
        };
        Ok(())
    }

    fn formula(&self, reckoning: &Reckoning) -> String {
        match reckoning {
            Reckoning::Sum(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.cell(*part, false)).collect();
                format!("={}", parts.join("+"))
            }
            Reckoning::Share { part, whole } => {
                format!("=ROUND({}/{}*100,1)", self.cell(*part, false), self.cell(*whole, true))
            }
            Reckoning::ShareOfNumber { part, whole } => {
                format!("=ROUND({}/{whole}*100,1)", self.cell(*part, false))
            }
        }
    }

    /// Notes and signatures; the last row used.
    fn foot(&self, sheet: &mut Worksheet) -> Result<u32, XlsxError> {
        let filled = self.filled;
        let mut row = self.row(filled.form.lines.len());
        let small = text().set_italic().set_font_size(10);
        for note in filled.notes().into_iter().chain([filled.provenance()]).chain(filled.mark()) {
            sheet.write_string_with_format(row, 0, note, &small)?;
            row += 1;
        }
        row += 1;
        let centred = text().set_align(FormatAlign::Center).set_text_wrap();
        let right = (2, self.last);
        self.write(sheet, row, right, "…… ngày……… tháng…… năm………", &centred.clone().set_italic())?;
        let mut bottom = row;
        for people in filled.signing().chunks(self.side_by_side_max()) {
            bottom = row + 6;
            let places = self.signing_places(people.len());
            for (place, signatory) in places.iter().zip(people) {
                self.write(sheet, row + 1, *place, &signatory.role, &centred.clone().set_bold())?;
                self.write(
                    sheet,
                    row + 2,
                    *place,
                    &filled.form.signature_note,
                    &centred.clone().set_italic(),
                )?;
                self.write(sheet, bottom, *place, &signatory.name, &centred.clone().set_bold())?;
            }
            // A merged cell does not find its height by itself.
            let tall = |text: fn(&Signatory) -> &str| {
                let of = places.iter().zip(people).map(|(place, of)| lines(text(of), self.width_of(*place)));
                LINE * f64::from(of.max().unwrap_or(1))
            };
            sheet.set_row_height(row + 1, tall(|signatory| &signatory.role))?;
            sheet.set_row_height(bottom, tall(|signatory| &signatory.name))?;
            row = bottom + 1;
        }
        Ok(bottom)
    }

    /// A text across columns of one row.
    fn write(
        &self,
        sheet: &mut Worksheet,
        row: u32,
        (from, to): (u16, u16),
        text: &str,
        format: &Format,
    ) -> Result<(), XlsxError> {
        if from < to {
            sheet.merge_range(row, from, row, to, text, format)?;
        } else {
            sheet.write_string_with_format(row, from, text, format)?;
        }
        Ok(())
    }

    fn width_of(&self, (from, to): (u16, u16)) -> f64 {
        (from..=to).map(|column| self.width(column)).sum()
    }

    /// How many people sign beside each other: one below the labels, the others below two columns of numbers each.
    fn side_by_side_max(&self) -> usize {
        1 + usize::from((self.last - 1) / 2).max(1)
    }

    /// Where so many people sign, left to right, as columns. One alone signs on the right, below the day.
    fn signing_places(&self, people: usize) -> Vec<(u16, u16)> {
        let (columns, beside) = (self.last - 1, u16::try_from(people).unwrap_or(1).saturating_sub(1).max(1));
        let edge = |place: u16| 2 + columns * place / beside;
        let below_numbers = (0..beside).map(|place| (edge(place), edge(place + 1) - 1));
        let below_labels = (people > 1).then_some((0, 1));
        below_labels.into_iter().chain(below_numbers).collect()
    }

    fn print_setup(&self, sheet: &mut Worksheet, bottom: u32) -> Result<(), XlsxError> {
        for column in 0..=self.last {
            sheet.set_column_width(column, self.width(column))?;
        }
        if self.wide() {
            sheet.set_landscape();
        }
        sheet.set_paper_size(A4).set_print_fit_to_pages(1, 0);
        sheet.set_margins(0.6, 0.6, 0.6, 0.7, 0.3, 0.3);
        sheet.set_repeat_rows(HEAD, self.top() - 1)?;
        sheet.set_freeze_panes(self.top(), 2)?;
        sheet.set_print_area(0, 0, bottom, self.last)?;
        let mark = self.filled.mark().unwrap_or_default();
        sheet.set_footer(format!(
            "&L&8{}&C&8Trang &P/&N&R&8{}",
            mark.replace('&', "&&"),
            self.filled.form.number
        ));
        Ok(())
    }
}

pub(super) fn text() -> Format {
    Format::new().set_font_name(FONT).set_font_size(12)
}

pub(super) fn bordered() -> Format {
    text().set_font_size(11).set_border(FormatBorder::Thin).set_align(FormatAlign::Top).set_text_wrap()
}

/// Lines that a text takes in a column so many characters wide: rather one too many than one too few.
pub(super) fn lines(text: &str, width: f64) -> u32 {
    // Letters of the print's font are narrower than the digits columns are measured by.
    let width = width * 1.15;
    let mut lines = 1;
    let mut used = 0.0;
    for word in text.split_whitespace() {
        let letters = u32::try_from(word.chars().count()).map_or(f64::MAX, f64::from);
        if used > 0.0 && used + 1.0 + letters > width {
            lines += 1;
            used = 0.0;
        }
        used += letters + if used > 0.0 { 1.0 } else { 0.0 };
        while used > width && lines < LINES_MAX {
            lines += 1;
            used -= width;
        }
    }
    lines.min(LINES_MAX)
}
