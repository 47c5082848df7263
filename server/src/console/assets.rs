//! The console's own style sheets and scripts, carried by the program.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

use super::access::Access;
use super::{Asked, Fault, Reply, Route};

pub(super) const ROUTES: &[Route] = &[Route::get("/office/assets/{name}", Access::Anyone, file)];

#[derive(RustEmbed)]
#[folder = "src/console/assets"]
struct Files;

/// First hexadecimal digits of each file's SHA-256: an address that changes when the file does.
static VERSIONS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let version = |name: &str| {
        let bytes = Files::get(name).map(|file| file.data).unwrap_or_default();
        Sha256::digest(&bytes)[..6].iter().map(|byte| format!("{byte:02x}")).collect()
    };
    Files::iter().map(|name| (name.to_string(), version(&name))).collect()
});

/// Whether there is such a file.
pub(super) fn exists(name: &str) -> bool {
    VERSIONS.contains_key(name)
}

/// Where a file is.
pub(super) fn address(name: &str) -> String {
    format!("/office/assets/{name}?v={}", VERSIONS.get(name).map_or("", String::as_str))
}

fn file(asked: &Asked) -> Result<Reply, Fault> {
    let name = asked.path("name");
    let bytes = Files::get(name).ok_or(Fault::NotFound)?.data.into_owned();
    let media = match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        _ => return Err(Fault::NotFound),
    };
    let headers = vec![
        (CONTENT_TYPE, HeaderValue::from_static(media)),
        // Addressed by its content: see `address`.
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok(Reply { status: StatusCode::OK, headers, body: bytes })
}
