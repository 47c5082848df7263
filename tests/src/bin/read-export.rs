//! Reads a workbook or a document that the office exported, with programs that are not the office's: calamine, zip.
//! Prints JSON: `{"sheets": {name: [[cell as text]]}, "formulas": {name: [formula]}}` or `{"paragraphs": [text]}`.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use calamine::{Data, Reader as _, Xlsx};
use clap::Parser;
use serde_json::json;

#[derive(Debug, Parser)]
struct Arguments {
    /// An XLSX or DOCX file, told apart by what is in it.
    file: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let bytes = std::fs::read(Arguments::parse().file)?;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes.clone()))?;
    let read = if archive.by_name("word/document.xml").is_ok() {
        let mut xml = String::new();
        archive.by_name("word/document.xml")?.read_to_string(&mut xml)?;
        json!({ "paragraphs": paragraphs(&xml)? })
    } else {
        workbook(bytes)?
    };
    println!("{read}");
    Ok(())
}

fn workbook(bytes: Vec<u8>) -> anyhow::Result<serde_json::Value> {
    let mut workbook = Xlsx::new(Cursor::new(bytes))?;
    let (mut sheets, mut formulas) = (BTreeMap::new(), BTreeMap::new());
    for name in workbook.sheet_names() {
        let range = workbook.worksheet_range(&name)?;
        let rows: Vec<Vec<String>> = range.rows().map(|row| row.iter().map(text).collect()).collect();
        let written = workbook.worksheet_formula(&name)?;
        let of_sheet: Vec<String> =
            written.cells().map(|(_, _, formula)| formula.clone()).filter(|f| !f.is_empty()).collect();
        formulas.insert(name.clone(), of_sheet);
        sheets.insert(name, rows);
    }
    Ok(json!({ "sheets": sheets, "formulas": formulas }))
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        other => other.to_string(),
    }
}

/// The text of each paragraph: what stands in its `w:t` elements.
fn paragraphs(xml: &str) -> anyhow::Result<Vec<String>> {
    if !xml.contains("<w:document") {
        bail!("not a document");
    }
    let mut paragraphs = Vec::new();
    for paragraph in xml.split("</w:p>") {
        let mut whole = String::new();
        for piece in paragraph.split("<w:t").skip(1).filter(|piece| piece.starts_with(['>', ' '])) {
            let (_, after) = piece.split_once('>').context("an element that ends")?;
            whole.push_str(after.split("</w:t>").next().unwrap_or_default());
        }
        let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
        let whole = plain.iter().fold(whole, |text, (from, to)| text.replace(from, to));
        if !whole.is_empty() {
            paragraphs.push(whole);
        }
    }
    Ok(paragraphs)
}
