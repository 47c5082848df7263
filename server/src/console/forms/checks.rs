//! The form's arithmetic, rule by rule: what fails first.

use maud::{Markup, html};
use schemas::form::{Check, Rule};
use sync_core::tally::{CheckResult, Outcome};

use super::super::{Asked, show};
use super::scope::{Scope, encoded};
use super::sheet::line_name;
use crate::report::Filled;

/// All checks of the form, those that fail first.
pub(super) fn section(asked: &Asked, filled: &Filled, scope: &Scope) -> Markup {
    let checks = &filled.tally.checks;
    let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
    let (violated, undecided, holds) =
        (count(Outcome::Violated), count(Outcome::Undecided), count(Outcome::Holds));
    html! {
        @if !checks.is_empty() {
            section.screen-only aria-labelledby="checks" {
                h2 #checks { (asked.t("forms.checks")) }
                p {
                    @if violated > 0 { span.tag.tag-bad { (asked.tn("forms.checks_violated", &[("count", &violated.to_string())])) } " " }
                    @if undecided > 0 { span.tag.tag-warn { (asked.tn("forms.checks_undecided", &[("count", &undecided.to_string())])) } " " }
                    span.tag.tag-ok { (asked.tn("forms.checks_hold", &[("count", &holds.to_string())])) }
                }
                (table(asked, filled, scope, &|check| check.outcome == Outcome::Violated, "forms.checks"))
                @if undecided > 0 {
                    details { summary { (asked.t("forms.checks_show_undecided")) }
                        (table(asked, filled, scope, &|check| check.outcome == Outcome::Undecided, "forms.checks_show_undecided")) }
                }
                @if holds > 0 {
                    details { summary { (asked.t("forms.checks_show_held")) }
                        (table(asked, filled, scope, &|check| check.outcome == Outcome::Holds, "forms.checks_show_held")) }
                }
            }
        }
    }
}

fn table(
    asked: &Asked,
    filled: &Filled,
    scope: &Scope,
    which: &dyn Fn(&CheckResult) -> bool,
    label: &str,
) -> Markup {
    let checks: Vec<&CheckResult> = filled.tally.checks.iter().filter(|check| which(check)).collect();
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

fn row(asked: &Asked, filled: &Filled, scope: &Scope, result: &CheckResult) -> Markup {
    let check = filled.form.checks.get(result.check);
    let ends = match result.difference {
        (least, most) if least == most => number(least),
        (least, most) => format!("{} … {}", number(least), number(most)),
    };
    html! {
        tr {
            td { a href={ "#line-" (result.whole) } { (line_name(&filled.form, &result.whole)) } }
            td {
                @if let Some(check) = check { (rule(asked, check)) }
            }
            td {
                a href={ (scope.address("/cell")) "&line=" (encoded(&result.whole)) "&column=" (encoded(&result.column)) } {
                    (result.column)
                }
            }
            td.num { (ends) }
        }
    }
}

/// What must hold, with links to the lines it names.
fn rule(asked: &Asked, check: &Check) -> Markup {
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

fn number(difference: i64) -> String {
    let shown = show::number(difference.unsigned_abs());
    if difference < 0 { format!("−{shown}") } else { shown }
}
