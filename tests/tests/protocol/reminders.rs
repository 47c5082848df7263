//! Frozen vector of what was added to commune-info last: reminders of a village (docs/protocol.md, section 16).

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use sync_core::wire::{CommuneInfo, Reminder, from_plain, to_plain};

use crate::sample::Sample;
use crate::vectors::{hex, unhex};

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/wire/vectors/v1-reminders.json")
}

pub(crate) fn commune(sample: &Sample) -> CommuneInfo {
    let reminder = Reminder { round: "2024-2".into(), village: "01".into(), day: "2024-10-18".into() };
    CommuneInfo { reminders: Some(vec![reminder]), ..crate::notices::commune(sample) }
}

#[test]
fn reminders_are_written_and_read_as_they_were_frozen() {
    let sample = Sample::new();
    let computed = json!({
        "protocol": 1,
        "about": "docs/protocol.md section 16. Keys and documents are those of v1.json. Byte strings are hexadecimal.",
        "commune_info": hex(to_plain(&commune(&sample))),
    });
    if std::env::var_os("SOTHON_BLESS").is_some_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(&computed).expect("JSON") + "\n";
        fs::write(file(), text).expect("the vector can be written");
    }
    let frozen = fs::read_to_string(file()).expect("the vector is part of the repository");
    let frozen: Json = serde_json::from_str(&frozen).expect("JSON");
    assert_eq!(frozen, computed);
    let read: CommuneInfo = from_plain(&unhex(&frozen["commune_info"])).expect("a commune-info");
    assert_eq!(read, commune(&sample));
}
