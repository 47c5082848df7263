//! Why something was decided: one of the usual reasons, own words, or both.

use maud::{Markup, html};

use super::queue::Open;
use crate::console::Asked;
use crate::office::REASON_CHARS_MAX;

/// The usual reasons: what a form says, and the key of the words that are recorded.
const USUAL: [(&str, &str); 6] = [
    ("asked", "decide.reason_asked"),
    ("paper", "decide.reason_paper"),
    ("police", "decide.reason_police"),
    ("school", "decide.reason_school"),
    ("latest", "decide.reason_latest"),
    ("slip", "decide.reason_slip"),
];

/// The inputs of the one form of a panel that has them.
pub(super) fn inputs(asked: &Asked, open: &Open<'_>) -> Markup {
    let typed = [open.typed(asked, "usual", ""), open.typed(asked, "reason", "")];
    of_form(asked, "", typed, open.error("reason"))
}

/// The inputs of one of several forms; `id` tells them apart.
pub(super) fn of_form(asked: &Asked, id: &str, typed: [&str; 2], error: Option<&str>) -> Markup {
    let (usual, own, wrong) = (format!("usual{id}"), format!("reason{id}"), format!("reason-error{id}"));
    html! {
        div.decide-reason {
            div.field {
                label for=(usual) { (asked.t("decide.reason")) }
                select id=(usual) name="usual" {
                    option value="" { (asked.t("decide.reason_none")) }
                    @for (code, words) in USUAL {
                        option value=(code) selected[typed[0] == code] { (asked.t(words)) }
                    }
                }
            }
            div.field {
                label for=(own) { (asked.t("decide.reason_own")) }
                input id=(own) name="reason" type="text" maxlength=(OWN_CHARS_MAX) autocomplete="off" size="40" autofocus[error.is_some()]
                    value=(typed[1]) aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| &wrong)];
                @if let Some(error) = error { p.field-error id=(wrong) { (error) } }
            }
        }
    }
}

/// Longest own words: with a usual reason before them they still fit.
const OWN_CHARS_MAX: usize = REASON_CHARS_MAX - 100;

/// The reason as it is recorded; none if nothing was chosen or typed.
pub(super) fn read(asked: &Asked) -> Option<String> {
    let usual = USUAL.iter().find(|(code, _)| *code == asked.field("usual")).map(|(_, words)| asked.t(words));
    match (usual, asked.field("reason")) {
        (None, "") => None,
        (Some(usual), "") => Some(usual.to_owned()),
        (None, own) => Some(own.to_owned()),
        (Some(usual), own) => Some(format!("{usual}: {own}")),
    }
}
