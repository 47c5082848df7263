//! The form's arithmetic, rule by rule: what fails first.

use maud::{Markup, html};
use schemas::form::{Line, LineSource, Rule};
use sync_core::tally::Outcome;

use super::super::Asked;
use super::scope::{Scope, encoded};
use super::sheet::line_name;
use crate::report::{Checked, Filled, Must, signed, typed_key};

/// All checks of the form, those that fail first.
pub(super) fn section(asked: &Asked, filled: &Filled, scope: &Scope) -> Markup {
    let checks = filled.checked();
    let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
    let (violated, undecided, holds) =
        (count(Outcome::Violated), count(Outcome::Undecided), count(Outcome::Holds));
    let of = |outcome| checks.iter().filter(|check| check.outcome == outcome).copied().collect::<Vec<_>>();
    html! {
        @if !checks.is_empty() {
            section.screen-only aria-labelledby="checks" {
                h2 #checks { (asked.t("forms.checks")) }
                p {
                    @if violated > 0 { span.tag.tag-bad { (asked.tn("forms.checks_violated", &[("count", &violated.to_string())])) } " " }
                    @if undecided > 0 { span.tag.tag-warn { (asked.tn("forms.checks_undecided", &[("count", &undecided.to_string())])) } " " }
                    span.tag.tag-ok { (asked.tn("forms.checks_hold", &[("count", &holds.to_string())])) }
                }
                (table(asked, filled, scope, &of(Outcome::Violated), "forms.checks"))
                @if undecided > 0 {
                    details { summary { (asked.t("forms.checks_show_undecided")) }
                        (table(asked, filled, scope, &of(Outcome::Undecided), "forms.checks_show_undecided")) }
                }
                @if holds > 0 {
                    details { summary { (asked.t("forms.checks_show_held")) }
                        (table(asked, filled, scope, &of(Outcome::Holds), "forms.checks_show_held")) }
                }
            }
        }
    }
}

fn table(asked: &Asked, filled: &Filled, scope: &Scope, checks: &[Checked<'_>], label: &str) -> Markup {
    html! {
        @if !checks.is_empty() {
            table.grid aria-label=(asked.t(label)) {
                thead { tr {
                    th scope="col" { (asked.t("forms.check_line")) }
                    th scope="col" { (asked.t("forms.check_rule")) }
                    th scope="col" { (asked.t("forms.column")) }
                    th scope="col" { (asked.t("forms.difference")) }
                } }
                tbody {
                    @for check in checks { (row(asked, filled, scope, check)) }
                }
            }
        }
    }
}

fn row(asked: &Asked, filled: &Filled, scope: &Scope, checked: &Checked<'_>) -> Markup {
    let ends = match checked.difference {
        (least, most) if least == most => signed(least),
        (least, most) => asked.tn("forms.from_most", &[("least", &signed(least)), ("most", &signed(most))]),
    };
    html! {
        tr {
            td { a href={ "#line-" (checked.line) } { (line_name(&filled.form, checked.line)) } }
            td { (rule(asked, checked)) }
            td { a href=(leads_to(filled, scope, checked)) { (checked.column) } }
            td.num { (ends) }
        }
    }
}

/// Where somebody can do something about it: the children of a counted line, the field of a typed one.
fn leads_to(filled: &Filled, scope: &Scope, checked: &Checked<'_>) -> String {
    let typed = |field: &str| format!("{}#f-{field}", scope.address("/typed"));
    match checked.must {
        Must::Hold(parameter, _) => typed(&parameter.key),
        Must::Rule(_) => match filled.form.line(checked.line) {
            Some(Line { source: LineSource::Typed, .. }) => typed(&typed_key(checked.line, checked.column)),
            _ => format!(
                "{}&line={}&column={}",
                scope.address("/cell"),
                encoded(checked.line),
                encoded(checked.column)
            ),
        },
    }
}

/// What must hold, with links to the lines it names.
fn rule(asked: &Asked, checked: &Checked<'_>) -> Markup {
    let check = match checked.must {
        Must::Rule(check) => check,
        Must::Hold(parameter, part) => {
            return html! {
                (asked.tn("forms.rule_hold", &[("number", &parameter.label)])) " "
                a href={ "#line-" (part.code) } { (part.code) }
            };
        }
    };
    let key = match check.rule {
        Rule::EqualsSum => "forms.rule_equals_sum",
        Rule::CoveredBy => "forms.rule_covered_by",
        Rule::AtLeastEach => "forms.rule_at_least_each",
        Rule::AtLeastSum => "forms.rule_at_least_sum",
    };
    html! {
        (asked.t(key)) " "
        @for (at, part) in check.parts.iter().enumerate() {
            @if at > 0 { ", " }
            a href={ "#line-" (part) } { (part) }
        }
    }
}
