//! The command line of `sothon import`.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use super::error::ImportError;
use super::limits;
use super::{ImportOptions, MappingFile};

/// Take over a register the commune already keeps: one row a child, the household's columns repeated.
///
/// Headings are understood by themselves where they are the usual ones (Thôn, Số hộ, Chủ hộ, Họ và tên
/// trẻ, Ngày sinh, Mã hoàn cảnh, …). Several values in one cell are separated by semicolons. A row that
/// can't be understood is refused whole and reported; everything else is imported. Running the command
/// again with a newer file adds new children and changed cells, doubles nothing, removes nothing, and
/// never overwrites what a collector has changed since: that is reported.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "Examples:
  See what the columns would be taken for:
    sothon import so-theo-doi.xlsx --print-mapping
  Try without writing, and get the rows that need repair as a file:
    sothon import so-theo-doi.xlsx --dry-run --errors can-sua.csv
  Import; later import the repaired rows as part of the same register:
    sothon import so-theo-doi.xlsx
    sothon import can-sua.csv --source so-theo-doi

The mapping file, where headings are unusual:
  {\"heading_row\": 3, \"source\": \"so-2024\",
   \"columns\": {\"Họ tên\": \"children.name\", \"Hộ số\": \"household.number\", \"Cột 7\": \"ignore\"}}
Targets: village, row_number, ignore, and fields such as household.head_name, children.birth_date,
circumstances.code, circumstances.start, supports.form, events.kind, events.date.

Restricted circumstances (HIV, sexual abuse, offences, drugs, trafficking) are sealed to the commune's
confidential key. The file itself, and the file of --errors, hold them readable: keep both as closed
as the paper register.")]
pub struct ImportArgs {
    /// The register: .xlsx, or CSV in UTF-8 with commas, semicolons or tabs.
    pub file: PathBuf,
    /// Sheet of the workbook [default: the first].
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// What columns mean, as JSON; see the examples.
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Print what the columns would be taken for, as a mapping file, and stop.
    #[arg(long)]
    pub print_mapping: bool,
    /// Name of the register: files imported under one name continue each other [default: the file's name
    /// without its ending].
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Code of the village of rows that name none.
    #[arg(long, value_name = "CODE")]
    pub village: Option<String>,
    /// Write refused rows, with the reasons, into this CSV file (personal data).
    #[arg(long, value_name = "FILE")]
    pub errors: Option<PathBuf>,
    /// Do everything but write to the register.
    #[arg(long)]
    pub dry_run: bool,
}

impl ImportArgs {
    /// The options asked for; reads the mapping file.
    ///
    /// # Errors
    /// The mapping can't be read.
    pub fn options(&self) -> Result<ImportOptions, ImportError> {
        Ok(ImportOptions {
            source: self.source.clone(),
            sheet: self.sheet.clone(),
            mapping: self.mapping.as_deref().map(read_mapping).transpose()?,
            village: self.village.clone(),
            errors: self.errors.clone(),
            dry_run: self.dry_run,
            digest_key: None,
        })
    }
}

fn read_mapping(path: &Path) -> Result<MappingFile, ImportError> {
    let mut json = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| ImportError::MappingFile(path.to_owned(), error))?;
    file.take(limits::MAPPING_BYTES_MAX + 1).read_to_end(&mut json)?;
    if json.len() as u64 > limits::MAPPING_BYTES_MAX {
        return Err(ImportError::FileTooLarge);
    }
    MappingFile::parse(json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&json))
}
