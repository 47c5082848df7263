//! The official layout as a workbook: prints on A4, numbers are numbers, what is undecided stands out.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};
use sync_core::tally::Value;

use super::{Report, text};

/// Why a workbook can't be made.
#[derive(Debug, thiserror::Error)]
#[error("the workbook can't be made: {0}")]
pub struct XlsxError(#[from] rust_xlsxwriter::XlsxError);

/// Yellow that survives a black-and-white printer: the text says least–most anyway.
const UNDECIDED: Color = Color::RGB(0x00FF_F2CC);

/// The form as an XLSX workbook.
///
/// # Errors
/// [`XlsxError`], which only a fault of this program can cause.
pub fn xlsx(report: &Report<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The day the tally is of, not the day it is printed: the same arguments give the same bytes.
    let day = report.tally.period.as_of();
    let (month, date) = (day.month().unsigned_abs(), day.day().unsigned_abs());
    let created = ExcelDateTime::from_ymd(day.year().unsigned_abs().max(1900), month, date)?;
    workbook
        .set_properties(&DocProperties::new().set_title(&report.form.title).set_creation_datetime(&created));
    let sheet = workbook.add_worksheet();
    sheet.set_name(report.form.form.replace('/', "-"))?;
    let bottom = fill(sheet, report)?;
    print_setup(sheet, report, bottom)?;
    Ok(workbook.save_to_buffer()?)
}

fn fill(sheet: &mut Worksheet, report: &Report<'_>) -> Result<u32, XlsxError> {
    let (form, tally) = (report.form, report.tally);
    let last = u16::try_from(form.columns.len() + 1).unwrap_or(u16::MAX).max(2);
    let centred = Format::new().set_bold().set_align(FormatAlign::Center).set_text_wrap();
    let bordered =
        || Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::Top).set_text_wrap();
    let head = bordered().set_bold().set_align(FormatAlign::Center);
    sheet.write_with_format(
        0,
        last,
        &form.number,
        &Format::new().set_bold().set_align(FormatAlign::Right),
    )?;
    sheet.merge_range(1, 0, 1, last, &form.title, &centred.clone().set_font_size(14))?;
    let place = format!("{}: {}", form.place, report.commune);
    let place = report.village.map_or(place.clone(), |village| format!("{place} – {village}"));
    sheet.merge_range(2, 0, 2, last, &place, &centred)?;
    sheet.merge_range(3, 0, 3, last, &report.period(), &centred)?;
    sheet.write(4, 0, format!("Kỳ báo cáo: {}", form.frequency))?;
    sheet.write(5, 0, format!("Ngày báo cáo: {}", form.due))?;
    let titles = ["TT".to_owned(), "Chỉ tiêu".to_owned()];
    let headers = form.columns.iter().map(|column| {
        let mark = if column.confirmed { String::new() } else { format!("\n({})", super::UNCONFIRMED) };
        format!("{}{mark}", column.header)
    });
    for (index, title) in (0u16..).zip(titles.into_iter().chain(headers)) {
        sheet.write_with_format(6, index, title, &head)?;
    }
    let codes =
        ["a".to_owned(), "b".to_owned()].into_iter().chain(form.columns.iter().map(|c| c.code.clone()));
    for (index, code) in (0u16..).zip(codes) {
        sheet.write_with_format(7, index, code, &head)?;
    }
    let mut row = 8;
    for (line, counted) in form.lines.iter().zip(&tally.lines) {
        let label = bordered().set_indent(line.depth.saturating_sub(1).min(15));
        let label = if line.depth <= 1 { label.set_bold() } else { label };
        sheet.write_with_format(row, 0, &line.number, &bordered())?;
        sheet.write_with_format(row, 1, super::label(line), &label)?;
        for (column, value) in (2u16..).zip(&counted.values) {
            write_value(sheet, row, column, *value, &bordered())?;
        }
        row += 1;
    }
    for note in report.notes().into_iter().chain([report.provenance()]) {
        sheet.write(row, 0, note)?;
        row += 1;
    }
    row += 1;
    let places = [1, last.saturating_sub(1)];
    sheet.write_with_format(
        row,
        places[1],
        "…… ngày……… tháng…… năm………",
        &Format::new().set_align(FormatAlign::Center),
    )?;
    for (place, signatory) in places.into_iter().zip(&form.signatories) {
        sheet.write_with_format(row + 1, place, signatory, &centred)?;
        sheet.write_with_format(
            row + 2,
            place,
            &form.signature_note,
            &Format::new().set_align(FormatAlign::Center),
        )?;
    }
    Ok(row + 2)
}

fn write_value(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    value: Value,
    format: &Format,
) -> Result<(), XlsxError> {
    let exact = match value {
        Value::Children(cell) if !cell.sealed => cell.children.exact().map(|number| (number as f64, "0")),
        Value::Percent { tenths: Some(share) } => share.exact().map(|tenths| (tenths as f64 / 10.0, "0.0")),
        _ => None,
    };
    match (exact, value) {
        (Some((number, shape)), _) => {
            sheet.write_with_format(row, column, number, &format.clone().set_num_format(shape))?
        }
        (None, Value::Heading | Value::Typed) => sheet.write_blank(row, column, format)?,
        (None, undecided) => {
            let format = format.clone().set_background_color(UNDECIDED).set_align(FormatAlign::Right);
            sheet.write_with_format(row, column, text(undecided), &format)?
        }
    };
    Ok(())
}

fn print_setup(sheet: &mut Worksheet, report: &Report<'_>, bottom: u32) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 6)?;
    sheet.set_column_width(1, 60)?;
    let columns = u16::try_from(report.form.columns.len()).unwrap_or(u16::MAX);
    for column in 2..columns.saturating_add(2) {
        sheet.set_column_width(column, 12)?;
    }
    sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0);
    sheet.set_repeat_rows(6, 7)?;
    sheet.set_print_area(0, 0, bottom, columns.saturating_add(1).max(2))?;
    sheet.set_footer("&CTrang &P/&N");
    Ok(())
}
