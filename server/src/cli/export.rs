//! `sothon export`.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use sync_core::document::{Container, View, shown_text};
use sync_core::id::ActorId;

use super::context::Context;
use super::device::known_village;

/// Write the register out. JSON lines hold everything, disputed values and keys included, one household
/// a line; CSV holds one child a row, with the headings that `sothon import` understands.
///
/// Both contain personal data: keep the file as you keep the register. Sealed reports stay sealed.
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  sothon export --format csv --village 03 --output thon-03.csv")]
pub(super) struct ExportArgs {
    /// How it is written.
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Only this village.
    #[arg(long, value_name = "CODE")]
    village: Option<String>,
    /// A file to write to instead of standard output; must not exist.
    #[arg(long, short)]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One household a line, as JSON.
    Jsonl,
    /// One child a row.
    Csv,
}

/// Heading, and where its value comes from: a field of the household (`h`) or of the child (`c`).
const COLUMNS: [(&str, char, &str); 15] = [
    ("Số hộ", 'h', "number"),
    ("Chủ hộ", 'h', "head_name"),
    ("Địa chỉ", 'h', "address"),
    ("Hộ nghèo/cận nghèo", 'h', "poverty_status"),
    ("Họ và tên trẻ", 'c', "name"),
    ("Ngày sinh", 'c', "birth_date"),
    ("Giới tính", 'c', "sex"),
    ("Dân tộc", 'c', "ethnicity"),
    ("Số định danh", 'c', "identity_number"),
    ("Quan hệ với chủ hộ", 'c', "relation_to_head"),
    ("Họ tên cha", 'c', "father_name"),
    ("Họ tên mẹ", 'c', "mother_name"),
    ("Cấp học", 'c', "schooling"),
    ("Trường", 'c', "school"),
    ("Ghi chú", 'c', "note"),
];

pub(super) fn run(context: &Context, args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    if let Some(village) = &args.village {
        known_village(&office, village)?;
    }
    let mut out: Box<dyn Write> = match &args.output {
        Some(path) => {
            // Personal data: readable by its owner alone.
            let file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .with_context(|| format!("creating {}", path.display()))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(io::stdout().lock())),
    };
    if args.format == Format::Csv {
        // A spreadsheet takes text for UTF-8 only with this mark.
        out.write_all("\u{feff}".as_bytes())?;
        let headings: Vec<&str> = ["Thôn"]
            .into_iter()
            .chain(COLUMNS.iter().map(|(heading, ..)| *heading))
            .chain(["Mã hoàn cảnh"])
            .collect();
        write_row(&mut out, &headings)?;
    }
    for document in office.documents(args.village.as_deref())? {
        let view = office.household(document, None, ActorId([0; 16]))?.view();
        match args.format {
            Format::Jsonl => writeln!(out, "{}", view.to_json())?,
            Format::Csv => write_children(&mut out, &view)?,
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn write_children(out: &mut dyn Write, view: &View) -> anyhow::Result<()> {
    for (key, fields) in view.of(Container::Children) {
        let codes: Vec<&str> = view
            .of(Container::Circumstances)
            .filter(|(_, circumstance)| shown_text(circumstance, "person") == Some(key.as_str()))
            .filter_map(|(_, circumstance)| shown_text(circumstance, "code"))
            .collect();
        let codes = codes.join("; ");
        let mut row = vec![view.village.as_str()];
        row.extend(COLUMNS.iter().map(|(_, of, name)| {
            shown_text(if *of == 'h' { &view.household } else { fields }, name).unwrap_or_default()
        }));
        row.push(&codes);
        write_row(out, &row)?;
    }
    Ok(())
}

/// One CSV row; a cell that a spreadsheet would take for a formula gets an apostrophe.
fn write_row(out: &mut dyn Write, cells: &[&str]) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    for cell in cells {
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            writer.write_field(format!("'{cell}"))?;
        } else {
            writer.write_field(cell)?;
        }
    }
    writer.write_record(None::<&[u8]>)?;
    writer.flush()?;
    Ok(())
}
