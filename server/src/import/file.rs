//! The file that is imported: its name and its bytes, wherever they came from, and what kind of file it is.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::Path;

use super::error::ImportError;
use super::{limits, workbook};

/// First bytes of a ZIP file, which an .xlsx workbook is.
const ZIP: &[u8] = b"PK\x03\x04";
/// First bytes of the container of .xls workbooks, of encrypted ones and of .doc documents.
const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];
/// What such a container calls the text of a .doc document, in UTF-16.
const OLE_DOCUMENT: &[u8] = b"W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t\0";
/// How files begin that people take for a register.
const FOREIGN: [(&[u8], Foreign); 11] = [
    (b"%PDF", Foreign::Pdf),
    (b"{\\rtf", Foreign::Document),
    (b"\x89PNG", Foreign::Picture),
    (b"\xff\xd8\xff", Foreign::Picture),
    (b"GIF8", Foreign::Picture),
    (b"RIFF", Foreign::Picture),
    (b"II*\0", Foreign::Picture),
    (b"MM\0*", Foreign::Picture),
    (b"Rar!", Foreign::Archive),
    (b"7z\xbc\xaf", Foreign::Archive),
    (b"\x1f\x8b", Foreign::Archive),
];
/// How a web page begins, which some programs save under the name of a workbook.
const WEB_PAGE: [&[u8]; 4] = [b"<!doctype", b"<html", b"<?xml", b"<table"];

/// What a file is that holds no register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// A PDF.
    Pdf,
    /// A text document, of Word or another program.
    Document,
    /// A photograph or a scan.
    Picture,
    /// Files packed together.
    Archive,
    /// HTML or XML.
    WebPage,
    /// A spreadsheet of another kind: .ods, .xlsb.
    OtherSpreadsheet,
}

impl Foreign {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Pdf => "file_is_pdf",
            Self::Document => "file_is_document",
            Self::Picture => "file_is_picture",
            Self::Archive => "file_is_archive",
            Self::WebPage => "file_is_web_page",
            Self::OtherSpreadsheet => "file_is_other_spreadsheet",
        }
    }
}

/// A register as it was handed over: personal data, never printed.
#[derive(Clone)]
pub struct RegisterFile {
    name: String,
    bytes: Vec<u8>,
}

impl core::fmt::Debug for RegisterFile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "RegisterFile({} bytes)", self.bytes.len())
    }
}

/// What a file is, told by what is in it and not by its name alone.
pub(super) enum Kind {
    Workbook,
    Text,
}

impl RegisterFile {
    /// A file that was uploaded.
    ///
    /// # Errors
    /// Too large, empty, or of a kind that can't be read; see [`ImportError`].
    pub fn new(name: &str, bytes: Vec<u8>) -> Result<Self, ImportError> {
        let file = Self { name: name.to_owned(), bytes };
        file.kind()?;
        Ok(file)
    }

    /// A file on disk.
    ///
    /// # Errors
    /// It can't be read; and as [`Self::new`].
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let mut bytes = Vec::new();
        File::open(path)?.take(limits::FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
        Self::new(&path.file_name().unwrap_or_default().to_string_lossy(), bytes)
    }

    /// The name without its ending: a register's name, if nobody gives another.
    #[must_use]
    pub fn stem(&self) -> String {
        Path::new(&self.name).file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Names of the sheets; none of a text file.
    ///
    /// # Errors
    /// The workbook can't be read.
    pub fn sheets(&self) -> Result<Vec<String>, ImportError> {
        match self.kind()? {
            Kind::Workbook => workbook::sheets(&self.bytes),
            Kind::Text => Ok(Vec::new()),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn kind(&self) -> Result<Kind, ImportError> {
        let extension = Path::new(&self.name).extension().map(OsStr::to_ascii_lowercase);
        let is_named_workbook = extension.is_some_and(|extension| extension == "xlsx" || extension == "xlsm");
        let begins = |with: &[u8]| self.bytes.starts_with(with);
        if self.bytes.len() > limits::FILE_BYTES_MAX {
            Err(ImportError::FileTooLarge)
        } else if self.bytes.is_empty() {
            Err(ImportError::Empty)
        } else if begins(ZIP) {
            zipped(&self.bytes)
        } else if begins(OLE) {
            let is_document = self.bytes.windows(OLE_DOCUMENT.len()).any(|bytes| bytes == OLE_DOCUMENT);
            Err(if is_document { ImportError::Foreign(Foreign::Document) } else { ImportError::WorkbookOld })
        } else if let Some((_, foreign)) = FOREIGN.iter().find(|(beginning, _)| begins(beginning)) {
            Err(ImportError::Foreign(*foreign))
        } else if is_web_page(&self.bytes) {
            Err(ImportError::Foreign(Foreign::WebPage))
        } else if is_named_workbook {
            Err(ImportError::NotAWorkbook)
        } else {
            Ok(Kind::Text)
        }
    }
}

/// Whether a ZIP says of itself that it holds more than a workbook does: asked before its list of names is read, which
/// costs memory for each (APPNOTE.TXT 4.3.16; an archive of the larger layout, 4.3.15, holds more than 65,535).
fn has_too_many_entries(bytes: &[u8]) -> bool {
    const END: &[u8] = b"PK\x05\x06";
    const LOCATOR: &[u8] = b"PK\x06\x07";
    /// From the record's beginning to the number of entries.
    const ENTRIES_AT: usize = 10;
    // The record is last, but for a comment of at most 65,535 bytes; whichever reading is taken, none may be too long.
    let tail = &bytes[bytes.len().saturating_sub(22 + 20 + usize::from(u16::MAX))..];
    let entries = |at: usize| {
        tail.get(at + ENTRIES_AT..at + ENTRIES_AT + 2).map(|two| u16::from_le_bytes([two[0], two[1]]))
    };
    let ends = tail.windows(END.len()).enumerate().filter(|(_, bytes)| *bytes == END);
    let too_many =
        |(at, _)| entries(at).is_some_and(|count| usize::from(count) > limits::WORKBOOK_ENTRIES_MAX);
    tail.windows(LOCATOR.len()).any(|bytes| bytes == LOCATOR) || ends.into_iter().any(too_many)
}

/// What kind of file a ZIP is, by the names in it.
fn zipped(bytes: &[u8]) -> Result<Kind, ImportError> {
    if has_too_many_entries(bytes) {
        return Err(ImportError::WorkbookTooLarge);
    }
    // Its list of names stands at the end: a file that was cut off has none.
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ImportError::WorkbookDamaged)?;
    let names: Vec<String> = zip.file_names().flatten().map(|name| name.replace('\\', "/")).collect();
    let has = |begin: &str| names.iter().any(|name| name.starts_with(begin));
    if has("xl/workbook.bin") {
        Err(ImportError::Foreign(Foreign::OtherSpreadsheet))
    } else if has("xl/") {
        Ok(Kind::Workbook)
    } else if has("word/") || has("ppt/") {
        Err(ImportError::Foreign(Foreign::Document))
    } else {
        let mut media = String::new();
        if let Ok(entry) = zip.by_name("mimetype") {
            // What can't be read is no document of this kind.
            entry.take(100).read_to_string(&mut media).unwrap_or_default();
        }
        Err(ImportError::Foreign(match media.strip_prefix("application/vnd.oasis.opendocument.") {
            Some(kind) if kind.starts_with("spreadsheet") => Foreign::OtherSpreadsheet,
            Some(_) => Foreign::Document,
            None => Foreign::Archive,
        }))
    }
}

fn is_web_page(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    WEB_PAGE.iter().any(|begin| text.get(..begin.len()).is_some_and(|text| text.eq_ignore_ascii_case(begin)))
}
