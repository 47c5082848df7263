//! Why something was decided: one of the usual reasons, given by a key, own words, or both.
//!
//! Who picks one of the values that stand may leave it at having looked at them; whatever else is decided needs a
//! reason that says more, which the deed itself demands.

use maud::{Markup, html};

use super::filter::Kind;
use super::queue::Open;
use crate::console::Asked;
use crate::office::DEED_REASON_CHARS_MAX;

/// The usual reasons, by the digit that gives them: what a form says, and the key of the words that are recorded.
const USUAL: [(&str, &str); 8] = [
    ("paper", "decide.reason_paper"),
    ("asked", "decide.reason_asked"),
    ("village", "decide.reason_village"),
    ("visited", "decide.reason_visited"),
    ("latest", "decide.reason_latest"),
    ("police", "decide.reason_police"),
    ("school", "decide.reason_school"),
    ("slip", "decide.reason_slip"),
];
/// The words of a pick for which nothing else was said.
pub(super) const SEEN: &str = "decide.reason_seen";

/// The code of a usual reason, from an address or a form.
pub(super) fn usual(code: &str) -> Option<&'static str> {
    USUAL.iter().find(|(known, _)| *known == code).map(|(known, _)| *known)
}

fn words(asked: &Asked, key: &'static str) -> String {
    asked.tn(key, &[("unit", &asked.office().unit_word())])
}

/// The inputs of the one form of a panel that has them.
pub(super) fn inputs(asked: &Asked, open: &Open<'_>) -> Markup {
    let typed = [open.typed(asked, "usual", ""), open.typed(asked, "reason", "")];
    let keys = (open.filter.kind != Kind::Values).then_some("");
    Inputs { id: "", keys, typed, error: open.error("reason"), of_pick: false }.markup(asked)
}

/// The inputs of a pick: the reason given last is given again, until another is.
pub(super) fn of_pick(asked: &Asked, open: &Open<'_>) -> Markup {
    let last = open.filter.why.unwrap_or_default();
    let typed = [open.typed(asked, "usual", last), open.typed(asked, "reason", "")];
    Inputs { id: "", keys: Some("⇧"), typed, error: open.error("reason"), of_pick: true }.markup(asked)
}

/// The inputs of one of several forms; `id` tells them apart, and no key reaches them.
pub(super) fn of_form(asked: &Asked, id: &str, typed: [&str; 2], error: Option<&str>) -> Markup {
    Inputs { id, keys: None, typed, error, of_pick: false }.markup(asked)
}

struct Inputs<'a> {
    id: &'a str,
    /// What is pressed together with the digit, if keys give these reasons.
    keys: Option<&'a str>,
    /// Code of the usual reason, and own words.
    typed: [&'a str; 2],
    error: Option<&'a str>,
    of_pick: bool,
}

impl Inputs<'_> {
    fn markup(&self, asked: &Asked) -> Markup {
        let Self { id, keys, typed: [usual, own], error, of_pick } = self;
        let (text, wrong) = (format!("reason{id}"), format!("reason-error{id}"));
        let choice = |place: usize, code: &str, words: &str| {
            let radio = format!("usual{id}-{place}");
            let digit = (place + 1).to_string();
            html! {
                span.usual {
                    input id=(radio) type="radio" name="usual" value=(code) checked[code == *usual]
                        autofocus[place == 0 && error.is_some() && own.is_empty()]
                        data-reason=[keys.map(|_| &digit)] data-key=[keys.filter(|with| with.is_empty()).map(|_| &digit)];
                    label for=(radio) { @if let Some(with) = keys { span.kbd { (with) (digit) } " " } (words) }
                }
            }
        };
        html! {
            fieldset.decide-reason aria-describedby=[error.map(|_| &wrong)] {
                legend { (asked.t("decide.reason")) }
                @for (place, (code, key)) in USUAL.iter().enumerate() { (choice(place, code, &words(asked, key))) }
                @if *of_pick { (choice(USUAL.len(), "", asked.t(SEEN))) }
                div.field {
                    label for=(text) data-key=[keys.map(|_| "g")] {
                        (asked.t("decide.reason_own")) @if keys.is_some() { " " span.kbd { "g" } }
                    }
                    input id=(text) name="reason" type="text" autocomplete="off" size="40"
                        autofocus[error.is_some() && !own.is_empty()] data-reason-own
                        value=(own) aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| &wrong)];
                }
                @if let Some(error) = error { p.field-error role="alert" id=(wrong) { (error) } }
            }
        }
    }
}

/// What is wrong with a reason that the office does not take: it is missing, or too long to be recorded.
pub(super) fn wrong(asked: &Asked) -> String {
    if read(asked).is_empty() {
        asked.t("decide.reason_needed").to_owned()
    } else {
        asked.tn("decide.wrong_too_long", &[("max", &DEED_REASON_CHARS_MAX.to_string())])
    }
}

/// The reason as it is recorded; empty if nothing was chosen or typed.
pub(super) fn read(asked: &Asked) -> String {
    let chosen = asked.field("usual");
    let usual = USUAL.iter().find(|(code, _)| *code == chosen).map(|(_, key)| words(asked, key));
    match (usual, asked.field("reason")) {
        (None, own) => own.to_owned(),
        (Some(usual), "") => usual,
        (Some(usual), own) => format!("{usual}: {own}"),
    }
}
