//! What an import would do, or did, as a page: numbers, refused rows, differences, doubts. No cell's contents.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{address, forget_form};
use crate::console::{Asked, Language, show};
use crate::import::{ImportReport, Phase, Progress};

/// Lines of one kind that a page spells out; the rest is in the file of refused rows.
const LINES_MAX: usize = 50;
/// Rows that a doubt names.
const ROWS_NAMED_MAX: usize = 12;

fn count(number: usize) -> String {
    show::number(number as u64)
}

/// The words of the page's language.
fn said(asked: &Asked, vietnamese: &'static str, english: &'static str) -> &'static str {
    if asked.language() == Language::Vi { vietnamese } else { english }
}

/// An import at work.
pub(super) fn progress(asked: &Asked, dry_run: bool, progress: Option<Progress>) -> Markup {
    let (phase, done, total) = match progress {
        None => ("import.phase_reading", 0, 0),
        Some(at) if at.phase == Phase::Reading => ("import.phase_reading", at.done, at.total),
        Some(at) if dry_run => ("import.phase_comparing", at.done, at.total),
        Some(at) => ("import.phase_writing", at.done, at.total),
    };
    html! {
        div role="status" {
            p { (asked.t(phase)) " " (count(done)) " / " (count(total)) }
            progress.bar max=(total.max(1)) value=(done) aria-label=(asked.t(phase)) {}
            p.muted { (asked.t("import.wait")) }
        }
    }
}

/// What a dry run found, with the button that imports; or what an import came to.
pub(super) fn page(asked: &Asked, id: &str, report: &ImportReport) -> Markup {
    html! {
        @if !report.dry_run { p.tag.tag-ok { (asked.t("import.done")) } }
        (numbers(asked, report))
        (refused(asked, id, report))
        (doubts(asked, report))
        (differences(asked, report))
        (missing(asked, report))
        @if !report.unmapped.is_empty() {
            details {
                summary { (asked.t("import.unmapped")) ": " (report.unmapped.len()) }
                ul { @for heading in &report.unmapped { li { (show::name(heading)) } } }
            }
        }
        @if report.dry_run {
            @if report.changes == 0 {
                p { (asked.t("import.nothing_new")) }
            } @else {
                form.card method="post" action={ (address(id)) "/apply" } {
                    (asked.token())
                    p { (asked.tn("import.confirm_what", &[
                        ("rows", &count(report.imported + report.changed)), ("source", &source(report))])) }
                    p.muted { (asked.t("import.confirm_no_undo")) }
                    button type="submit" { (asked.t("import.confirm")) }
                }
            }
            (forget_form(asked, id))
        } @else {
            p.row-actions {
                a href="/office/register" { (asked.t("import.to_register")) } " "
                a href="/office/decide" { (asked.t("import.to_decide")) } " "
                a href="/office/import" { (asked.t("import.another")) }
            }
        }
    }
}

fn source(report: &ImportReport) -> String {
    show::plain(report.mapping.source.as_deref().unwrap_or_default())
}

fn numbers(asked: &Asked, report: &ImportReport) -> Markup {
    let rows = [
        ("import.rows", report.rows),
        ("import.rows_new", report.imported),
        ("import.rows_changed", report.changed),
        ("import.rows_unchanged", report.unchanged),
        ("import.rows_refused", report.rows_refused()),
        ("import.households_new", report.households_created),
        ("import.sealed", report.sealed),
    ];
    html! {
        table.grid {
            caption { (asked.t(if report.dry_run { "import.would_be" } else { "import.has_been" })) }
            tbody {
                @for (words, number) in rows {
                    tr { th scope="row" { (asked.t(words)) } td.num { (count(number)) } }
                }
            }
        }
    }
}

fn refused(asked: &Asked, id: &str, report: &ImportReport) -> Markup {
    html! {
        @if !report.errors.is_empty() {
            h2 { (asked.t("import.refused")) }
            p { (asked.t("import.refused_what")) }
            p { a href={ (address(id)) "/errors.csv" } { (asked.t("import.refused_download")) } }
            table.grid {
                caption { (asked.t("import.refused")) }
                thead { tr {
                    th.num scope="col" { (asked.t("import.row")) }
                    th scope="col" { (asked.t("import.heading")) }
                    th scope="col" { (asked.t("import.why")) }
                } }
                tbody {
                    @for error in report.errors.iter().take(LINES_MAX) {
                        tr {
                            td.num { (error.row) } td { (show::name(&error.heading)) }
                            td { (said(asked, error.problem.message(), error.problem.message_en())) }
                        }
                    }
                }
            }
            (more(asked, report.errors.len()))
        }
    }
}

fn more(asked: &Asked, all: usize) -> Markup {
    html! {
        @if all > LINES_MAX {
            p.muted { (asked.tn("import.more", &[("count", &count(all - LINES_MAX))])) }
        }
    }
}

/// Doubts told once a column and kind, with the first rows they stand in.
fn doubts(asked: &Asked, report: &ImportReport) -> Markup {
    let mut kinds: BTreeMap<(&str, &str), (&str, Vec<usize>)> = BTreeMap::new();
    for warning in &report.warnings {
        let message = said(asked, warning.doubt.message(), warning.doubt.message_en());
        kinds
            .entry((warning.doubt.code(), &warning.heading))
            .or_insert((message, Vec::new()))
            .1
            .push(warning.row);
    }
    html! {
        @if !kinds.is_empty() {
            h2 { (asked.t("import.doubts")) }
            p { (asked.t("import.doubts_what")) }
            table.grid {
                caption { (asked.t("import.doubts")) }
                thead { tr {
                    th scope="col" { (asked.t("import.heading")) }
                    th scope="col" { (asked.t("import.why")) }
                    th.num scope="col" { (asked.t("import.count")) }
                    th scope="col" { (asked.t("import.in_rows")) }
                } }
                tbody {
                    @for ((_, heading), (message, rows)) in &kinds {
                        tr {
                            td { (show::name(heading)) }
                            td { (message) }
                            td.num { (count(rows.len())) }
                            td { (named(rows)) }
                        }
                    }
                }
            }
        }
    }
}

fn named(rows: &[usize]) -> String {
    let first: Vec<String> = rows.iter().take(ROWS_NAMED_MAX).map(usize::to_string).collect();
    let more = if rows.len() > ROWS_NAMED_MAX { ", …" } else { "" };
    format!("{}{more}", first.join(", "))
}

fn differences(asked: &Asked, report: &ImportReport) -> Markup {
    html! {
        @if !report.differs.is_empty() {
            h2 { (asked.t("import.differs")) }
            table.grid {
                caption { (asked.t("import.differs")) }
                thead { tr {
                    th.num scope="col" { (asked.t("import.row")) }
                    th scope="col" { (asked.t("import.field")) }
                    th scope="col" { (asked.t("import.why")) }
                    th scope="col" { (asked.t("import.household")) }
                } }
                tbody {
                    @for difference in report.differs.iter().take(LINES_MAX) {
                        tr {
                            td.num { (difference.row) } td { (super::target_label(asked.language(), &difference.field)) }
                            td { (said(asked, difference.kind.message(), difference.kind.message_en())) }
                            td { a href={ "/office/household/" (difference.document) } { (asked.t("import.open")) } }
                        }
                    }
                }
            }
            (more(asked, report.differs.len()))
        }
    }
}

fn missing(asked: &Asked, report: &ImportReport) -> Markup {
    html! {
        @if !report.missing_from_file.is_empty() {
            details {
                summary { (asked.t("import.missing")) ": " (count(report.missing_from_file.len())) }
                p { (asked.t("import.missing_what")) }
                ul {
                    @for row in report.missing_from_file.iter().take(LINES_MAX) {
                        li { a href={ "/office/household/" (row.document) "#" (row.person) } { (asked.t("import.open")) } }
                    }
                }
                (more(asked, report.missing_from_file.len()))
            }
        }
    }
}
