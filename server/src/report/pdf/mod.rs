//! The official layout as PDF, set page by page: 01 and 02/TE upright, 03/TE across.
//!
//! Enters: a [`Filled`]. Leaves: the same bytes for the same value, without a date of printing. Fonts are
//! embedded, the text can be searched and copied, and the table's head is repeated on every page.

mod face;
mod paper;

pub use paper::PdfError;

use super::layout::label;
use super::{Filled, Shown, Signatory, clean};
use face::Style;
use paper::{Block, Frame, Role, Run, Sheet};

/// A4 upright in points.
const A4: (f32, f32) = (595.28, 841.89);
/// White around the print.
const MARGIN: f32 = 42.0;
/// What is left to a line's wording where many columns stand beside it, points.
const LABEL_WIDTH_MIN: f32 = 100.0;
/// Space between a cell's border and its text.
const PADDING: f32 = 3.0;
/// From one line to the next, as a share of the size.
const LEADING: f32 = 1.2;
/// From a line's top to its baseline, as a share of the size.
const ASCENT: f32 = 0.95;
/// Letters of a name in a heading before it is cut.
const NAME_CHARS_MAX: usize = 160;
/// Left free above a name: room for a signature and a seal.
const SIGNATURE: f32 = 64.0;

/// The form as PDF.
///
/// # Errors
/// [`PdfError`], which only a fault of this program can cause.
pub fn pdf(filled: &Filled) -> Result<Vec<u8>, PdfError> {
    let wide = filled.form.columns.len() > 1;
    let mut composer = Composer::new(filled, wide);
    composer.heading();
    composer.table();
    composer.foot();
    let size = composer.size;
    paper::write(&filled.form.title, size, &composer.finish())
}

#[derive(Clone, Copy, PartialEq)]
enum Align {
    Left,
    Centre,
    Right,
}

/// A text and how it is set.
struct Set {
    text: String,
    size: f32,
    style: Style,
    align: Align,
}

/// Fills page after page, downwards.
struct Composer<'a> {
    filled: &'a Filled,
    size: (f32, f32),
    /// Size of the table's text.
    text: f32,
    /// Left edges of the table's columns, and the right edge of the last.
    edges: Vec<f32>,
    sheets: Vec<Sheet>,
    /// Where the next thing stands.
    y: f32,
}

impl<'a> Composer<'a> {
    fn new(filled: &'a Filled, wide: bool) -> Self {
        let size = if wide { (A4.1, A4.0) } else { A4 };
        let columns = filled.form.columns.len();
        let mut widths = vec![if wide { 30.0 } else { 32.0 }, 0.0];
        if filled.units_by_line() {
            widths.push(66.0);
        }
        // The first column holds the largest numbers, least–most.
        let width = |column| {
            if !wide {
                84.0
            } else if column == 0 {
                62.0
            } else {
                52.0
            }
        };
        widths.extend((0..columns).map(width));
        let used: f32 = widths.iter().sum();
        // A form of many columns is set smaller, as a whole.
        let free = size.0 - 2.0 * MARGIN - LABEL_WIDTH_MIN;
        let scale = (free / used).min(1.0);
        widths.iter_mut().for_each(|width| *width *= scale);
        widths[1] = size.0 - 2.0 * MARGIN - used * scale;
        let mut edges = vec![MARGIN];
        for width in widths {
            edges.push(edges.last().copied().unwrap_or(MARGIN) + width);
        }
        Self {
            filled,
            size,
            text: scale * if wide { 9.5 } else { 11.0 },
            edges,
            sheets: vec![Sheet::default()],
            y: MARGIN,
        }
    }

    fn sheet(&mut self) -> &mut Sheet {
        self.sheets.last_mut().expect("there is a first page")
    }

    fn bottom(&self) -> f32 {
        self.size.1 - MARGIN
    }

    /// Sets a text between two edges, its top at `top`; answers how tall it is.
    fn set(&mut self, role: Role, set: &Set, (left, right): (f32, f32), top: f32) -> f32 {
        let face = set.style.face();
        let lines = face.lines(&set.text, set.size, right - left);
        let leading = set.size * LEADING;
        let mut baseline = top + set.size * ASCENT;
        let mut runs = Vec::with_capacity(lines.len());
        let count = lines.len();
        for text in lines {
            let free = right - left - face.width(&text, set.size);
            let x = match set.align {
                Align::Left => left,
                Align::Centre => left + free / 2.0,
                Align::Right => left + free,
            };
            runs.push(Run { x, baseline, size: set.size, style: set.style, text });
            baseline += leading;
        }
        if runs.iter().any(|run| !run.text.is_empty()) || matches!(role, Role::Cell(_) | Role::Head(_)) {
            self.sheet().blocks.push(Block { role, runs });
        }
        leading * f32::from(u16::try_from(count).unwrap_or(u16::MAX))
    }

    fn heading(&mut self) {
        let (filled, form) = (self.filled, &self.filled.form);
        let (left, right) = (MARGIN, self.size.0 - MARGIN);
        let middle = left + (right - left) * 0.55;
        let set = |text: &str, size, style, align| Set { text: short(text), size, style, align };
        let top = self.y;
        let mut down = top;
        for (text, style) in [(filled.upper_level.clone(), Style::Regular), (filled.committee(), Style::Bold)]
        {
            if !text.is_empty() {
                down += self.set(
                    Role::Paragraph,
                    &set(&text, 12.0, style, Align::Centre),
                    (left, middle - 20.0),
                    down,
                );
            }
        }
        let mut beside = top;
        for (text, style) in [
            (form.number.clone(), Style::Bold),
            (format!("Kỳ báo cáo: {}", form.frequency), Style::Regular),
            (format!("Ngày báo cáo: {}", form.due), Style::Regular),
        ] {
            beside +=
                self.set(Role::Paragraph, &set(&text, 12.0, style, Align::Right), (middle, right), beside);
        }
        self.y = down.max(beside) + 12.0;
        for (role, text, size, style) in [
            (Role::Title, form.title.clone(), 14.0, Style::Bold),
            (Role::Paragraph, filled.place(), 12.0, Style::Bold),
            (Role::Paragraph, filled.days(), 12.0, Style::Italic),
        ] {
            self.y += self.set(role, &set(&text, size, style, Align::Centre), (left, right), self.y);
        }
        if let Some(text) = filled.unconfirmed() {
            let note = set(&text, 11.0, Style::Italic, Align::Centre);
            self.y += self.set(Role::Paragraph, &note, (left, right), self.y);
        }
        self.y += 8.0;
    }

    fn table(&mut self) {
        self.head(Role::Head);
        for index in 0..self.filled.form.lines.len() {
            let cells = self.row(index);
            let height = self.height(&cells);
            if self.y + height > self.bottom() {
                self.sheets.push(Sheet::default());
                self.y = MARGIN;
                self.head(|_| Role::Repeated);
            }
            self.draw(Role::Cell(index), &cells, height);
        }
    }

    fn head(&mut self, role: impl Fn(usize) -> Role) {
        for (number, texts) in self.filled.head().into_iter().enumerate() {
            let cell =
                |text| (Set { text, size: self.text, style: Style::Bold, align: Align::Centre }, false);
            let cells: Vec<(Set, bool)> = texts.into_iter().map(cell).collect();
            let height = self.height(&cells);
            self.draw(role(number), &cells, height);
        }
    }

    /// The cells of a line, and which are shaded.
    fn row(&self, index: usize) -> Vec<(Set, bool)> {
        let line = &self.filled.form.lines[index];
        let style = if line.depth == 0 { Style::Bold } else { Style::Regular };
        let set = |text: String, align| Set { text, size: self.text, style, align };
        let mut cells =
            vec![(set(line.number.clone(), Align::Centre), false), (set(label(line), Align::Left), false)];
        if self.filled.units_by_line() {
            cells.push((set(line.unit.clone(), Align::Centre), false));
        }
        for column in 0..self.filled.form.columns.len() {
            let shown = self.filled.shown(index, column);
            // A line to write on looks empty on paper.
            let mut text = if shown == Shown::Missing { String::new() } else { short(&shown.text()) };
            let (left, right) = self.inside(cells.len());
            if style.face().width(&text, self.text) > right - left {
                // A number is never broken: its two bounds stand below each other.
                text = text.replace('–', "– ");
            }
            cells.push((set(text, Align::Right), matches!(shown, Shown::Range { .. })));
        }
        cells
    }

    fn inside(&self, column: usize) -> (f32, f32) {
        (self.edges[column] + PADDING, self.edges[column + 1] - PADDING)
    }

    fn height(&self, cells: &[(Set, bool)]) -> f32 {
        let lines = cells.iter().enumerate().map(|(column, (set, _))| {
            let (left, right) = self.inside(column);
            set.style.face().lines(&set.text, set.size, right - left).len()
        });
        let lines = lines.max().unwrap_or(1);
        self.text * LEADING * f32::from(u16::try_from(lines).unwrap_or(u16::MAX)) + 2.0 * PADDING
    }

    fn draw(&mut self, role: Role, cells: &[(Set, bool)], height: f32) {
        let top = self.y;
        for (column, (set, shaded)) in cells.iter().enumerate() {
            let (left, width) = (self.edges[column], self.edges[column + 1] - self.edges[column]);
            self.sheet().frames.push(Frame { left, top, width, height, shaded: *shaded });
            self.set(role, set, self.inside(column), top + PADDING);
        }
        self.y = top + height;
    }

    /// Notes and signatures, kept together.
    fn foot(&mut self) {
        let filled = self.filled;
        let (left, right) = (MARGIN, self.size.0 - MARGIN);
        let mark = filled.filing.as_ref().map(|mark| format!("Mã kiểm tra (SHA-256): {}", mark.digest));
        let notes: Vec<String> =
            filled.notes().into_iter().chain([filled.provenance()]).chain(mark).collect();
        let signing = filled.signing();
        let edges = signing_edges(signing.len(), (left, right));
        let set = |text: &str, style| Set { text: short(text), size: 12.0, style, align: Align::Centre };
        let lines = |text: &str, style: Style, (left, right): (f32, f32)| {
            let lines = style.face().lines(&short(text), 12.0, right - left).len();
            12.0 * LEADING * f32::from(u16::try_from(lines).unwrap_or(u16::MAX))
        };
        let tallest = |text: fn(&Signatory) -> &str| {
            let tall = signing.iter().zip(&edges).map(|(of, edges)| lines(text(of), Style::Bold, *edges));
            tall.fold(0.0, f32::max)
        };
        let (roles, names) = (tallest(|one| &one.role), tallest(|one| &one.name));
        let tall = notes.len() as f32 * 2.0 * 9.0 * LEADING
            + roles
            + names
            + 2.0 * 12.0 * LEADING
            + SIGNATURE
            + 20.0;
        if self.y + tall > self.bottom() {
            self.sheets.push(Sheet::default());
            self.y = MARGIN;
        }
        self.y += 6.0;
        for text in notes {
            let note = Set { text, size: 9.0, style: Style::Italic, align: Align::Left };
            self.y += self.set(Role::Paragraph, &note, (left, right), self.y);
        }
        self.y += 10.0;
        let date = set("…… ngày……… tháng…… năm………", Style::Italic);
        self.y += self.set(Role::Paragraph, &date, (f32::midpoint(left, right), right), self.y);
        // Roles of several lines leave the names on one line all the same.
        let (top, below) = (self.y, self.y + roles);
        for (signatory, edges) in signing.iter().zip(edges) {
            self.set(Role::Paragraph, &set(&signatory.role, Style::Bold), edges, top);
            let note = &filled.form.signature_note;
            let tall = self.set(Role::Paragraph, &set(note, Style::Italic), edges, below);
            self.set(Role::Paragraph, &set(&signatory.name, Style::Bold), edges, below + tall + SIGNATURE);
        }
    }

    /// The pages, each with its foot.
    fn finish(mut self) -> Vec<Sheet> {
        let (left, right, top) = (MARGIN, self.size.0 - MARGIN, self.size.1 - MARGIN + 8.0);
        let pages = self.sheets.len();
        let mut done = Vec::with_capacity(pages);
        for (number, sheet) in std::mem::take(&mut self.sheets).into_iter().enumerate() {
            self.sheets.push(sheet);
            let place = format!("{} – {}", self.filled.form.number, short(&clean(&self.filled.commune)));
            for (text, align) in [
                (self.filled.mark().unwrap_or_default(), Align::Left),
                (format!("Trang {}/{pages}", number + 1), Align::Centre),
                (place, Align::Right),
            ] {
                let third = (right - left) / 3.0;
                let edges = match align {
                    Align::Left => (left, left + third),
                    Align::Centre => (left + third, right - third),
                    Align::Right => (right - third, right),
                };
                self.set(Role::Repeated, &Set { text, size: 8.0, style: Style::Regular, align }, edges, top);
            }
            done.append(&mut self.sheets);
        }
        done
    }
}

/// Where so many people sign, left to right, each as wide as the others. One alone signs on the right, below the day.
fn signing_edges(people: usize, (left, right): (f32, f32)) -> Vec<(f32, f32)> {
    let parts = u16::try_from(people).unwrap_or(u16::MAX).max(2);
    let width = (right - left) / f32::from(parts);
    // What two people are called does not touch.
    let inside = |part: u16| left + width * f32::from(part) + 2.0 * PADDING;
    let all = (0..parts).map(|part| (inside(part), inside(part) + width - 4.0 * PADDING));
    all.skip(usize::from(parts) - people.max(1)).collect()
}

/// A name of any length as a heading can hold it.
fn short(text: &str) -> String {
    let mut letters = text.chars();
    let mut kept: String = letters.by_ref().take(NAME_CHARS_MAX).collect();
    if letters.next().is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use sync_core::date::Date;
    use sync_core::tally::Period;

    use super::*;
    use crate::office::Wanted;
    use crate::office::desk::Desk;

    #[test]
    fn a_form_of_many_columns_stays_on_the_paper() {
        let desk = Desk::new();
        let period = Period::new(Date::constant(2025, 11, 21), Date::constant(2026, 11, 20)).unwrap();
        let wanted = Wanted { form: "03/TE".into(), period, village: None };
        let facts = desk.office.facts(None, None).unwrap();
        let mut filled = desk.office.fill(&wanted, &facts).unwrap();
        let column = filled.form.columns[0].clone();
        for count in [8, 12, 24] {
            filled.form.columns = vec![column.clone(); count];
            let composer = Composer::new(&filled, true);
            let (right, label) = (composer.edges.last().unwrap(), composer.edges[2] - composer.edges[1]);
            assert!((right - (composer.size.0 - MARGIN)).abs() < 0.1, "{count} columns end at {right}");
            assert!(label >= LABEL_WIDTH_MIN - 0.1, "{count} columns leave {label}");
        }
    }
}
