//! The definitions the pages draw from: what a record consists of, the catalogues, the deciding questions.

use schemas::catalogue::Name;
use schemas::record;

/// The data files as they are, joined: parsing them here only to write them again would cost a slow phone
/// a tenth of a second.
pub(crate) fn definitions() -> String {
    let catalogues: Vec<String> =
        Name::ALL.iter().map(|name| format!("\"{}\":{}", name.as_str(), name.source())).collect();
    format!(
        "{{\"record\":{},\"catalogues\":{{{}}},\"questions\":{}}}",
        record::source(),
        catalogues.join(","),
        record::questions_source()
    )
}
