//! Names of items of the queue, as addresses and forms carry them: documents, random keys, names of fields
//! and codes, never anything that was recorded.
//!
//! `f~document~container~entity~field`, `i~document~container~entity~code`, `p~document~person~document~person`,
//! `m~` likewise with an empty end where there is no record, `h~document~document`, `q~row`.

use sync_core::document::{Container, Target, shape};
use sync_core::facts::PersonRef;
use sync_core::id::DocumentId;

use crate::office::Subject;

/// Longest name of an item: two documents and two people.
const BYTES_MAX: usize = 160;

/// The name of what a deed is about.
pub(super) fn text(subject: &Subject) -> String {
    match subject {
        Subject::Field { document, target, field } => {
            format!("f~{document}~{}~{}~{field}", container(target), entity(target))
        }
        Subject::Issue { document, target, code } => {
            format!("i~{document}~{}~{}~{code}", container(target), entity(target))
        }
        Subject::Pair { a, b } => format!("p~{}~{}~{}~{}", a.document, a.person, b.document, b.person),
        Subject::Move { from, to } => {
            let end = |end: &Option<PersonRef>| match end {
                Some(end) => format!("{}~{}", end.document, end.person),
                None => "~".to_owned(),
            };
            format!("m~{}~{}", end(from), end(to))
        }
        Subject::Households { a, b } => format!("h~{a}~{b}"),
        Subject::Quarantine { id } => format!("q~{id}"),
    }
}

/// What a name stands for; nothing for any other text.
pub(super) fn subject(text: &str) -> Option<Subject> {
    if text.len() > BYTES_MAX {
        return None;
    }
    let parts: Vec<&str> = text.split('~').collect();
    Some(match parts.as_slice() {
        ["f", document, container, entity, field] if shape::is_field_name(field) => Subject::Field {
            document: document.parse().ok()?,
            target: target(container, entity)?,
            field: (*field).to_owned(),
        },
        ["i", document, container, entity, code] if is_code(code) => Subject::Issue {
            document: document.parse().ok()?,
            target: target(container, entity)?,
            code: (*code).to_owned(),
        },
        ["p", document, person, other, twin] => Subject::pair(end(document, person)?, end(other, twin)?),
        ["m", document, person, other, twin] => {
            let optional = |document: &str, person: &str| match (document, person) {
                ("", "") => Some(None),
                (document, person) => end(document, person).map(Some),
            };
            Subject::Move { from: optional(document, person)?, to: optional(other, twin)? }
        }
        ["h", a, b] => Subject::households(a.parse().ok()?, b.parse().ok()?),
        ["q", id] => Subject::Quarantine { id: id.parse().ok()? },
        _ => return None,
    })
}

/// The object that a container's root key and an entry's key name.
pub(super) fn target(container: &str, entity: &str) -> Option<Target> {
    match container {
        shape::KEY_HOUSEHOLD if entity.is_empty() => Some(Target::Household),
        _ => Some(Target::Entity(Container::of_key(container)?, entity.parse().ok()?)),
    }
}

/// `household`, or the container's root key.
pub(super) fn container(target: &Target) -> &'static str {
    match target {
        Target::Household => shape::KEY_HOUSEHOLD,
        Target::Entity(container, _) => container.key(),
    }
}

/// Key in the container; empty for the household itself.
pub(super) fn entity(target: &Target) -> &str {
    match target {
        Target::Household => "",
        Target::Entity(_, key) => key.as_str(),
    }
}

fn is_code(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'_' | b'.'))
}

fn end(document: &str, person: &str) -> Option<PersonRef> {
    let document: DocumentId = document.parse().ok()?;
    Some(PersonRef { document, person: person.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "000102030405060708090a0b0c0d0e0f";
    const OTHER: &str = "100102030405060708090a0b0c0d0e0f";
    const ENTITY: &str = "0123456789abc";

    #[test]
    fn names_of_items_are_read_as_they_are_written() {
        for name in [
            format!("f~{DOCUMENT}~household~~phone"),
            format!("f~{DOCUMENT}~children~{ENTITY}~birth_date"),
            format!("i~{DOCUMENT}~circumstances~{ENTITY}~two_lines"),
            format!("i~{DOCUMENT}~children~{ENTITY}~identity_number.length"),
            format!("p~{DOCUMENT}~{ENTITY}~{OTHER}~{ENTITY}"),
            format!("m~{DOCUMENT}~{ENTITY}~{OTHER}~{ENTITY}"),
            format!("m~~~{OTHER}~{ENTITY}"),
            format!("m~{DOCUMENT}~{ENTITY}~~"),
            format!("h~{DOCUMENT}~{OTHER}"),
            "q~17".to_owned(),
        ] {
            assert_eq!(subject(&name).map(|subject| text(&subject)), Some(name));
        }
    }

    #[test]
    fn a_pair_has_one_name_whichever_comes_first() {
        let (one, other) = (
            format!("p~{DOCUMENT}~{ENTITY}~{OTHER}~{ENTITY}"),
            format!("p~{OTHER}~{ENTITY}~{DOCUMENT}~{ENTITY}"),
        );
        assert_eq!(subject(&one), subject(&other));
    }

    #[test]
    fn anything_else_is_no_item() {
        for name in [
            String::new(),
            "~~~".into(),
            "q~one".into(),
            format!("f~{DOCUMENT}~pets~{ENTITY}~name"),
            format!("f~{DOCUMENT}~children~{ENTITY}~Name"),
            format!("f~{DOCUMENT}~children~{ENTITY}~name~x"),
            format!("f~{DOCUMENT}~children~~name"),
            format!("f~{DOCUMENT}~household~{ENTITY}~phone"),
            format!("f~{DOCUMENT}~children~{ENTITY}~<script>"),
            format!("p~{DOCUMENT}~{ENTITY}"),
            format!("i~{DOCUMENT}~children~{ENTITY}~{}", "a".repeat(200)),
        ] {
            assert_eq!(subject(&name), None, "{name}");
        }
    }
}
