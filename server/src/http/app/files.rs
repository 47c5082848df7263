//! The app's files: from the program itself, or from a folder, read once at start.
//!
//! Enters: what `npm run build` left in `phone/app/dist`. Leaves: every file in memory with its media type,
//! its tags, and its forms compressed beforehand (`main.js.br` and `main.js.gz` beside `main.js`).
//!
//! Invariant: what is served is what was there at start. A later change on disk, or a link put there, is
//! not followed.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::HeaderValue;
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

use crate::http::limits::{APP_BYTES_MAX, APP_DEPTH_MAX, APP_FILES_MAX};

/// The page that every address inside the app answers with.
const INDEX: &str = "index.html";
/// The folder in which the build names files after their content.
const NAMED_BY_CONTENT: &str = "assets/";

/// The built app, put into the program when it is compiled for release. A debug build reads the folder
/// when it starts.
#[derive(RustEmbed)]
#[folder = "../phone/app/dist"]
#[allow_missing = true]
struct Built;

/// Why a folder can't be served as the app. Each names the next step.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A file or folder can't be read.
    #[error("reading {path}: {source}")]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder is not a built app.
    #[error("no {INDEX} there: it is not the built app; name the folder `dist` that `cargo xtask app` makes")]
    NoIndex,
    /// A name the build would not give, or something that is neither file nor folder.
    #[error("{path}: not a file of the app (plain files named with letters, digits, `.`, `-` and `_`)")]
    Foreign {
        /// What was found.
        path: PathBuf,
    },
    /// Above [`APP_FILES_MAX`], [`APP_BYTES_MAX`] or [`APP_DEPTH_MAX`].
    #[error(
        "too much for the app: at most {APP_FILES_MAX} files of together {APP_BYTES_MAX} bytes, \
         {APP_DEPTH_MAX} folders deep; name the folder `dist` that `cargo xtask app` makes"
    )]
    TooLarge,
}

/// The files of the app, or none. A clone shares them.
#[derive(Clone, Default)]
pub struct AppFiles {
    files: Arc<BTreeMap<String, File>>,
}

/// One file in every form there is of it.
pub(super) struct File {
    /// Its media type.
    pub(super) media: &'static str,
    /// Whether its name changes with its content.
    pub(super) named_by_content: bool,
    pub(super) plain: Form,
    pub(super) gzip: Option<Form>,
    pub(super) brotli: Option<Form>,
}

/// The bytes of a file in one content coding.
pub(super) struct Form {
    pub(super) bytes: Bytes,
    /// A strong entity tag: the SHA-256 of the bytes, so that each form has its own (RFC 9110 section 8.8.3).
    pub(super) tag: HeaderValue,
}

impl Form {
    fn new(bytes: Bytes) -> Self {
        let tag: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::try_from(format!("\"{tag}\"")).expect("hex digits in quotes");
        Self { bytes, tag }
    }
}

impl AppFiles {
    /// No app: the exchange alone.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The app this program carries; none if it was compiled without.
    #[must_use]
    pub fn embedded() -> Self {
        let files = Built::iter().filter_map(|name| {
            let bytes = match Built::get(&name)?.data {
                std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                std::borrow::Cow::Owned(bytes) => bytes.into(),
            };
            Some((name.into_owned(), bytes))
        });
        Self::of(files.collect()).unwrap_or_default()
    }

    /// The app in `folder`.
    ///
    /// # Errors
    /// See [`AppError`]. Files and folders whose names begin with a dot are left out.
    pub fn read(folder: &Path) -> Result<Self, AppError> {
        let mut reading = Reading { files: BTreeMap::new(), bytes_left: APP_BYTES_MAX };
        reading.folder(folder, "", APP_DEPTH_MAX)?;
        Self::of(reading.files)
    }

    /// Puts each compressed form with its file. A compressed form alone is no file.
    fn of(mut bytes: BTreeMap<String, Bytes>) -> Result<Self, AppError> {
        let names: Vec<String> =
            bytes.keys().filter(|name| !name.ends_with(".br") && !name.ends_with(".gz")).cloned().collect();
        let files: BTreeMap<_, _> = names
            .into_iter()
            .filter_map(|name| {
                let mut form = |ending: &str| bytes.remove(&format!("{name}{ending}")).map(Form::new);
                let file = File {
                    media: media_type(&name),
                    named_by_content: name.starts_with(NAMED_BY_CONTENT),
                    plain: form("")?,
                    gzip: form(".gz"),
                    brotli: form(".br"),
                };
                Some((name, file))
            })
            .collect();
        if files.contains_key(INDEX) { Ok(Self { files: Arc::new(files) }) } else { Err(AppError::NoIndex) }
    }

    /// Whether there is an app.
    #[must_use]
    pub fn is_present(&self) -> bool {
        !self.files.is_empty()
    }

    /// The file of exactly this name.
    pub(super) fn file(&self, name: &str) -> Option<&File> {
        self.files.get(name)
    }

    /// The page of the app.
    pub(super) fn index(&self) -> Option<&File> {
        self.file(INDEX)
    }
}

impl fmt::Debug for AppFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AppFiles").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

/// A folder while it is read, and what may still be read of it.
struct Reading {
    files: BTreeMap<String, Bytes>,
    bytes_left: usize,
}

impl Reading {
    fn folder(&mut self, folder: &Path, prefix: &str, depth_left: usize) -> Result<(), AppError> {
        let depth_left = depth_left.checked_sub(1).ok_or(AppError::TooLarge)?;
        for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
            let entry = entry.map_err(unreadable(folder))?;
            let path = entry.path();
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| is_plain(name)) else {
                return Err(AppError::Foreign { path });
            };
            if name.starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(unreadable(&path))?;
            let name = format!("{prefix}{name}");
            if kind.is_dir() {
                self.folder(&path, &format!("{name}/"), depth_left)?;
            } else if kind.is_file() {
                self.file(&path, name)?;
            } else {
                return Err(AppError::Foreign { path });
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: String) -> Result<(), AppError> {
        if self.files.len() == APP_FILES_MAX {
            return Err(AppError::TooLarge);
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(unreadable(path))?;
        file.take(self.bytes_left as u64 + 1).read_to_end(&mut bytes).map_err(unreadable(path))?;
        self.bytes_left = self.bytes_left.checked_sub(bytes.len()).ok_or(AppError::TooLarge)?;
        self.files.insert(name, bytes.into());
        Ok(())
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> AppError {
    move |source| AppError::Unreadable { path: path.to_owned(), source }
}

fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// The media type by the name's ending. What is not known here the browser may only save.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
