//! From what is drawn on each page to the file: text in reading order, tagged so that a screen reader finds the
//! title, the paragraphs and the table's rows.

use std::num::NonZeroU16;

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree,
};
use krilla::{Document, SerializeSettings};

use super::face::Style;

/// One line of text.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) x: f32,
    pub(super) baseline: f32,
    pub(super) size: f32,
    pub(super) style: Style,
    pub(super) text: String,
}

/// What a text is to a reader who does not see the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Title,
    Paragraph,
    /// A cell of the table's head, in this row.
    Head(usize),
    /// A cell of the table, in this row.
    Cell(usize),
    /// Said already elsewhere: a repeated head, a page's number.
    Repeated,
}

/// Lines that belong together.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) role: Role,
    pub(super) runs: Vec<Run>,
}

/// A rectangle: a cell's border or its shade.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) shaded: bool,
}

/// What is on one page.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    pub(super) frames: Vec<Frame>,
    pub(super) blocks: Vec<Block>,
}

/// Why a PDF can't be made.
#[derive(Debug, thiserror::Error)]
#[error("the PDF can't be made: {0:?}")]
pub struct PdfError(krilla::error::KrillaError);

/// The file. It says no date: the same sheets give the same bytes.
pub(super) fn write(title: &str, size: (f32, f32), sheets: &[Sheet]) -> Result<Vec<u8>, PdfError> {
    let mut document = Document::new_with(SerializeSettings::default());
    document.set_metadata(Metadata::new().title(title.to_owned()).language("vi".into()));
    let mut reading = Reading::default();
    for sheet in sheets {
        let settings = PageSettings::from_wh(size.0, size.1).expect("the paper has a size");
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        sheet.frames.iter().for_each(|frame| draw_frame(&mut surface, frame));
        surface.set_stroke(None);
        surface.set_fill(Some(Fill::default()));
        surface.end_tagged();
        for block in &sheet.blocks {
            let nodes: Vec<Node> =
                block.runs.iter().map(|run| draw_run(&mut surface, block.role, run)).collect();
            reading.take(block.role, nodes);
        }
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(reading.tree());
    document.finish().map_err(PdfError)
}

fn draw_frame(surface: &mut Surface<'_>, frame: &Frame) {
    let Some(rect) = Rect::from_xywh(frame.left, frame.top, frame.width, frame.height) else { return };
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    let Some(path) = path.finish() else { return };
    // Light enough to survive a black-and-white printer.
    let shade = Fill { paint: rgb::Color::new(0xff, 0xf2, 0xcc).into(), ..Fill::default() };
    surface.set_fill(frame.shaded.then_some(shade));
    surface.set_stroke(Some(Stroke { width: 0.5, ..Stroke::default() }));
    surface.draw_path(&path);
}

fn draw_run(surface: &mut Surface<'_>, role: Role, run: &Run) -> Node {
    let tag = match role {
        Role::Repeated => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Page)),
        _ => ContentTag::Span(SpanTag::empty()),
    };
    let place = surface.start_tagged(tag);
    let face = run.style.face();
    let start = Point::from_xy(run.x, run.baseline);
    surface.draw_glyphs(start, &face.glyphs(&run.text), face.font.clone(), &run.text, run.size, false);
    surface.end_tagged();
    place.into()
}

/// The document as it is read aloud.
#[derive(Default)]
struct Reading {
    before: Vec<Node>,
    head: Rows,
    body: Rows,
    after: Vec<Node>,
}

/// Rows of a table, each with its number.
#[derive(Default)]
struct Rows(Vec<(usize, TagGroup)>);

impl Rows {
    fn push(&mut self, number: usize, cell: TagGroup) {
        if self.0.last().is_none_or(|(last, _)| *last != number) {
            self.0.push((number, TagGroup::new(Tag::TR)));
        }
        if let Some((_, row)) = self.0.last_mut() {
            row.push(cell);
        }
    }

    fn group(self, tag: TagGroup) -> TagGroup {
        self.0.into_iter().fold(tag, |mut group, (_, row)| {
            group.push(row);
            group
        })
    }
}

impl Reading {
    fn take(&mut self, role: Role, nodes: Vec<Node>) {
        match role {
            Role::Repeated => {}
            Role::Head(row) => {
                self.head.push(row, TagGroup::with_children(Tag::TH(TableHeaderScope::Column), nodes));
            }
            Role::Cell(row) => self.body.push(row, TagGroup::with_children(Tag::TD, nodes)),
            Role::Title => {
                self.apart().push(TagGroup::with_children(Tag::Hn(NonZeroU16::MIN, None), nodes).into());
            }
            Role::Paragraph => self.apart().push(TagGroup::with_children(Tag::P, nodes).into()),
        }
    }

    fn apart(&mut self) -> &mut Vec<Node> {
        if self.body.0.is_empty() { &mut self.before } else { &mut self.after }
    }

    fn tree(self) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some("vi".into()));
        self.before.into_iter().for_each(|node| tree.push(node));
        let mut table = TagGroup::new(Tag::Table);
        table.push(self.head.group(TagGroup::new(Tag::THead)));
        table.push(self.body.group(TagGroup::new(Tag::TBody)));
        tree.push(table);
        self.after.into_iter().for_each(|node| tree.push(node));
        tree
    }
}
