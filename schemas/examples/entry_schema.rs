//! Prints the JSON Schema of a form entry, to renew `schemas/records/entry.1.schema.json`:
//! `cargo run -p schemas --example entry_schema > schemas/records/entry.1.schema.json`

#[allow(clippy::disallowed_macros, reason = "printing is what this tool is for; the library prints nothing")]
fn main() {
    println!("{:#}", schemas::record::entry_json_schema());
}
