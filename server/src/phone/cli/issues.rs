//! Issues of a record, in words: what contradicts itself first, what is still to be asked last.

use std::fmt::Write as _;

use schemas::record::{self, EntityKind};
use sync_core::issues::{Issue, Place, Severity};

use super::report::kind_of;
use super::show::Page;
use crate::phone::messages::Language;

/// The issues under a heading for each severity; nothing if there are none.
pub(super) fn text(page: &Page<'_>, issues: &[Issue], indent: &str) -> String {
    let headings = [
        (Severity::Contradiction, page.language.word("issues_contradiction")),
        (Severity::Doubtful, page.language.word("issues_doubtful")),
        (Severity::Missing, page.language.word("issues_missing")),
    ];
    let mut text = String::new();
    for (severity, heading) in headings {
        let of_severity: Vec<&Issue> = issues.iter().filter(|issue| issue.severity() == severity).collect();
        if of_severity.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{indent}{heading} ({})", of_severity.len());
        for issue in of_severity {
            let words = issue.code.words();
            let (say, next) = match page.language {
                Language::Vi => (&words.say, &words.next),
                Language::En => (&words.say_en, &words.next_en),
            };
            let _ = writeln!(text, "{indent}  - {}: {say} [{}]", place(page, issue), issue.code.code());
            let _ = writeln!(text, "{indent}    {}: {next}", page.language.word("next"));
        }
    }
    text
}

/// The object's name and the field's label, as `show` has them.
fn place(page: &Page<'_>, issue: &Issue) -> String {
    let entity = |kind| record::definition().entity(kind);
    let (kind, mut text) = match &issue.place {
        Place::Household => {
            let household = entity(EntityKind::Household);
            (Some(household.kind), page.label(&household.label, &household.label_en).to_owned())
        }
        Place::Entity(container, key) => {
            let fields = page.view.entity(*container, key);
            let title = fields.map(|fields| page.title(*container, key, fields));
            (kind_of(*container), title.unwrap_or_else(|| key.to_string()))
        }
    };
    if let Some(name) = &issue.field {
        let field = kind.and_then(|kind| entity(kind).field(name));
        let label = field.map_or(name.as_str(), |field| page.label(&field.label, &field.label_en));
        let _ = write!(text, " · {label}");
    }
    text
}
