//! The narrative report as a Word file, set as official letters are (NĐ 30/2020): the officer goes on writing in it.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, Docx, LineSpacing, PageMargin, Paragraph, Run, RunFonts, Table, TableCell,
    TableLayoutType, TableRow, WidthType,
};

use super::clean;
use super::narrative::{BLANK, Narrative, Section};

/// Why a Word file can't be made.
#[derive(Debug, thiserror::Error)]
#[error("the Word file can't be made")]
pub struct DocxError;

/// Half points.
const TEXT: usize = 26;
const HEADING: usize = 24;
/// Twentieths of a point: A4, and margins of 30, 20, 20 and 20 mm.
const PAGE: (u32, u32) = (11_906, 16_838);
const LEFT: i32 = 1_701;
const OTHER: i32 = 1_134;
/// First line of a paragraph.
const INDENT: i32 = 567;
/// Widths of the comparison's columns.
const WIDTHS: [usize; 5] = [4_100, 1_250, 1_250, 1_400, 1_070];
/// Widths of the two halves of the heading and of the foot.
const HALVES: [usize; 2] = [3_100, 5_970];

/// The report as DOCX.
///
/// # Errors
/// [`DocxError`], which only a fault of this program can cause.
pub fn docx(narrative: &Narrative) -> Result<Vec<u8>, DocxError> {
    let font = RunFonts::new().ascii("Times New Roman").hi_ansi("Times New Roman").cs("Times New Roman");
    let margin = PageMargin::new().top(OTHER).bottom(OTHER).left(LEFT).right(OTHER);
    let mut docx = Docx::new()
        .default_fonts(font)
        .default_size(TEXT)
        .page_size(PAGE.0, PAGE.1)
        .page_margin(margin)
        .add_table(heading(narrative))
        .add_paragraph(Paragraph::new())
        .add_paragraph(centred("BÁO CÁO", true));
    for line in narrative.title() {
        docx = docx.add_paragraph(centred(&line, true));
    }
    docx = docx.add_paragraph(Paragraph::new());
    for section in narrative.sections() {
        docx = set(docx, &section, narrative);
    }
    docx = docx.add_paragraph(Paragraph::new()).add_table(foot(narrative));
    let mut bytes = Cursor::new(Vec::new());
    docx.pack(&mut bytes).map_err(|_| DocxError)?;
    Ok(bytes.into_inner())
}

fn run(text: &str, bold: bool) -> Run {
    let run = Run::new().add_text(text);
    if bold { run.bold() } else { run }
}

fn centred(text: &str, bold: bool) -> Paragraph {
    Paragraph::new().align(AlignmentType::Center).add_run(run(text, bold))
}

fn set(mut docx: Docx, section: &Section, narrative: &Narrative) -> Docx {
    let spacing = || LineSpacing::new().before(60).after(60);
    let heading =
        Paragraph::new().add_run(run(&section.heading, true)).line_spacing(spacing()).keep_next(true);
    docx = docx.add_paragraph(heading.outline_lvl(usize::from(section.level.saturating_sub(1))));
    if section.table {
        docx = docx.add_table(comparison(narrative));
        for note in narrative.notes() {
            docx = docx.add_paragraph(Paragraph::new().add_run(run(&note, false).italic().size(20)));
        }
    }
    for text in &section.paragraphs {
        let paragraph = Paragraph::new()
            .align(AlignmentType::Both)
            .indent(None, Some(docx_rs::SpecialIndentType::FirstLine(INDENT)), None, None)
            .line_spacing(spacing())
            .add_run(run(text, false));
        docx = docx.add_paragraph(paragraph);
    }
    docx
}

fn cell(width: usize, paragraphs: Vec<Paragraph>) -> TableCell {
    let cell = TableCell::new().width(width, WidthType::Dxa);
    paragraphs.into_iter().fold(cell, TableCell::add_paragraph)
}

fn halves(left: Vec<Paragraph>, right: Vec<Paragraph>) -> Table {
    let row = TableRow::new(vec![cell(HALVES[0], left), cell(HALVES[1], right)]);
    Table::without_borders(vec![row]).set_grid(HALVES.to_vec()).layout(TableLayoutType::Fixed)
}

fn heading(narrative: &Narrative) -> Table {
    let form = &narrative.now.special;
    let commune = clean(&form.commune);
    let small = |text: &str, bold| {
        Paragraph::new().align(AlignmentType::Center).add_run(run(text, bold).size(HEADING))
    };
    let mut left = Vec::new();
    if !form.upper_level.is_empty() {
        left.push(small(&clean(&form.upper_level), false));
    }
    left.push(small("ỦY BAN NHÂN DÂN", true));
    left.push(small(&commune.to_uppercase(), true));
    left.push(small("Số: ……/BC-UBND", false));
    let kinds = ["Xã ", "Phường ", "Thị trấn ", "Đặc khu "];
    let place = kinds.iter().find_map(|kind| commune.strip_prefix(kind)).unwrap_or(&commune);
    let year = form.tally.period.as_of().year();
    let date = run(&format!("{place}, ngày …… tháng …… năm {year}"), false).italic();
    let right = vec![
        small("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", true),
        centred("Độc lập - Tự do - Hạnh phúc", true),
        Paragraph::new().align(AlignmentType::Center).add_run(date),
    ];
    halves(left, right)
}

fn foot(narrative: &Narrative) -> Table {
    let line = |text: &str, size| Paragraph::new().add_run(run(text, false).size(size));
    let left = vec![
        Paragraph::new().add_run(run("Nơi nhận:", true).italic().size(24)),
        line(&format!("- {BLANK};"), 22),
        line("- Lưu: VT.", 22),
    ];
    // Whoever signs a form alone has drawn it up; among several the last one approves.
    let name = narrative.now.special.signing().into_iter().skip(1).last().map(|signatory| signatory.name);
    let mut right = vec![
        centred("THỦ TRƯỞNG ĐƠN VỊ", true),
        Paragraph::new().align(AlignmentType::Center).add_run(run("(Ký tên, đóng dấu)", false).italic()),
    ];
    right.extend((0..4).map(|_| Paragraph::new()));
    right.push(centred(&name.unwrap_or_default(), true));
    halves(left, right)
}

fn comparison(narrative: &Narrative) -> Table {
    let year = narrative.now.special.tally.period.as_of().year();
    let before = format!("Cùng kỳ năm {}", year - 1);
    let row = |texts: [&str; 5], bold: bool| {
        let cells = texts.iter().zip(WIDTHS).enumerate().map(|(index, (text, width))| {
            let align = match index {
                _ if bold => AlignmentType::Center,
                0 => AlignmentType::Left,
                _ => AlignmentType::Right,
            };
            let set = run(&clean(text), bold).size(22);
            cell(width, vec![Paragraph::new().align(align).add_run(set)])
        });
        TableRow::new(cells.collect()).cant_split()
    };
    let mut rows = vec![row(["Chỉ tiêu", "Kỳ này", &before, "Chênh lệch", "%"], true)];
    for [name, now, then, difference, percent] in narrative.comparison() {
        rows.push(row([&name, &now, &then, &difference, &percent], false));
    }
    Table::new(rows).set_grid(WIDTHS.to_vec()).layout(TableLayoutType::Fixed)
}
