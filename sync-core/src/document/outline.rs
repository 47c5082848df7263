//! What a change would touch, told without what it says: for whoever looks at a change that was refused.

use std::collections::BTreeSet;

use automerge::Change;
use automerge::legacy::{Key, OpType};

use super::examine::{Refusal, guarded};
use crate::chunk;

/// A change in counts. No value, no name of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The author's clock, seconds since 1970.
    pub time: i64,
    /// Whether it creates a household's document.
    pub creates: bool,
    /// Values it writes.
    pub writes: usize,
    /// Objects it begins.
    pub begins: usize,
    /// Operations of any other kind: this program makes none.
    pub others: usize,
    /// Names of the fields it writes, ascending; only those of the form of a field's name.
    pub fields: Vec<String>,
    /// Changes it depends on.
    pub dependencies: usize,
}

/// Reads a change as far as it can be read; `None` if its bytes are no change.
#[must_use]
pub fn outline(bytes: &[u8]) -> Option<Outline> {
    let (_, opened) = chunk::open(bytes).ok()?;
    let expanded = guarded(|| {
        Change::try_from(bytes).map(|change| change.decode()).map_err(|_| Refusal::ChangeMalformed)
    })
    .ok()?;
    let (mut writes, mut begins, mut others) = (0, 0, 0);
    let mut fields = BTreeSet::new();
    for op in &expanded.operations {
        match (&op.action, &op.key) {
            (OpType::Put(_), Key::Map(name)) => {
                writes += 1;
                if super::shape::is_field_name(name) {
                    fields.insert(name.to_string());
                }
            }
            (OpType::Make(_), _) => begins += 1,
            _ => others += 1,
        }
    }
    Some(Outline {
        time: opened.time,
        creates: opened.deps.is_empty(),
        writes,
        begins,
        others,
        fields: fields.into_iter().collect(),
        dependencies: opened.deps.len(),
    })
}
