//! The file that is imported: its name and its bytes, wherever they came from.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::error::ImportError;
use super::{limits, workbook};

/// First bytes of a ZIP file, which an .xlsx workbook is.
const ZIP: &[u8] = b"PK\x03\x04";
/// First bytes of the container of .xls workbooks and of encrypted ones.
const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];

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
        if self.bytes.len() > limits::FILE_BYTES_MAX {
            Err(ImportError::FileTooLarge)
        } else if self.bytes.is_empty() {
            Err(ImportError::Empty)
        } else if self.bytes.starts_with(ZIP) {
            Ok(Kind::Workbook)
        } else if self.bytes.starts_with(OLE) {
            Err(ImportError::WorkbookOld)
        } else if is_named_workbook {
            Err(ImportError::NotAWorkbook)
        } else {
            Ok(Kind::Text)
        }
    }
}
