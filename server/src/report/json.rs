//! For another program: everything the tally knows, and what officers typed in.

use serde_json::{Value as Json, json};
use sync_core::tally::Value;

use super::Filled;
use super::layout::typed_key;

/// The form as JSON, pretty-printed, ending with a line feed.
#[must_use]
pub fn json(filled: &Filled) -> Vec<u8> {
    let (form, tally) = (&filled.form, &filled.tally);
    let lines = form.lines.iter().zip(&tally.lines).map(|(line, counted)| {
        let values = counted.values.iter().zip(&form.columns).map(|(value, column)| {
            let typed = filled.typed.get(&typed_key(&line.code, &column.code));
            match (value, typed) {
                (Value::Typed, Some(typed)) => json!({ "kind": "typed", "value": typed }),
                _ => serde_json::to_value(value).expect("a value is plain"),
            }
        });
        json!({
            "code": line.code, "number": line.number, "label": line.label, "unit": line.unit,
            "values": values.collect::<Vec<Json>>(),
        })
    });
    let columns = form.columns.iter().map(|column| {
        json!({
            "code": column.code, "header": filled.header(column), "unit": column.unit, "confirmed": column.confirmed,
        })
    });
    let whole = json!({
        "form": form.form,
        "edition": form.edition,
        "commune": filled.commune,
        "village": filled.village.as_ref().map(|(_, name)| name),
        "village_code": filled.village.as_ref().map(|(code, _)| code),
        "from": tally.period.from().to_string(),
        "as_of": tally.period.as_of().to_string(),
        "known_at": filled.known_at,
        "sealed_unopened": tally.sealed,
        "parameters": filled.parameters,
        "filing": filled.filing,
        "columns": columns.collect::<Vec<Json>>(),
        "lines": lines.collect::<Vec<Json>>(),
        "checks": tally.checks,
    });
    let mut bytes = serde_json::to_vec_pretty(&whole).expect("a tree of plain values is JSON");
    bytes.push(b'\n');
    bytes
}
