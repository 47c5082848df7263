//! The three faces forms are set in: how wide a text is, and where it breaks.

use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// Which face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Regular,
    Bold,
    Italic,
}

/// A face that can measure.
pub(super) struct Face {
    pub(super) font: Font,
    outlines: FontRef<'static>,
    units: f32,
}

/// Liberation Serif, under the SIL Open Font License: `server/assets/fonts`.
const FILES: [&[u8]; 3] = [
    include_bytes!("../../../assets/fonts/LiberationSerif-Regular.ttf"),
    include_bytes!("../../../assets/fonts/LiberationSerif-Bold.ttf"),
    include_bytes!("../../../assets/fonts/LiberationSerif-Italic.ttf"),
];

static FACES: LazyLock<[Face; 3]> = LazyLock::new(|| FILES.map(Face::open));

impl Style {
    /// Its face.
    pub(super) fn face(self) -> &'static Face {
        &FACES[self as usize]
    }
}

impl Face {
    fn open(bytes: &'static [u8]) -> Self {
        let font = Font::new(bytes.into(), 0).expect("the fonts are part of the program");
        let outlines = FontRef::new(bytes).expect("the fonts are part of the program");
        Self { units: font.units_per_em(), font, outlines }
    }

    /// Glyphs of a text, one a character: Vietnamese in its composed form needs no shaping, and what the font
    /// lacks shows as an empty box while its character stays in the text.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let letters = self.outlines.charmap();
        let metrics = self.outlines.glyph_metrics(Size::unscaled(), LocationRef::default());
        let glyph = |(start, character): (usize, char)| {
            let id = letters.map(character).unwrap_or_default();
            let advance = metrics.advance_width(id).unwrap_or_default() / self.units;
            let end = start + character.len_utf8();
            KrillaGlyph::new(GlyphId::new(id.to_u32()), advance, 0.0, 0.0, 0.0, start..end, None)
        };
        text.char_indices().map(glyph).collect()
    }

    /// Width of a text in points.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        self.glyphs(text).iter().map(|glyph| glyph.x_advance).sum::<f32>() * size
    }

    /// A text broken into lines no wider than `width`: between words, and within a word that fills a line.
    pub(super) fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let line = lines.last_mut().expect("never empty");
            let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&joined, size) <= width {
                *line = joined;
                continue;
            }
            if !line.is_empty() {
                lines.push(String::new());
            }
            let mut used = 0.0;
            for (character, glyph) in word.chars().zip(self.glyphs(word)) {
                let advance = glyph.x_advance * size;
                if used > 0.0 && used + advance > width {
                    lines.push(String::new());
                    used = 0.0;
                }
                lines.last_mut().expect("never empty").push(character);
                used += advance;
            }
        }
        lines
    }
}
