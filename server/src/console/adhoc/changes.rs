//! What changed in a period: children born, arrived, left, dead, sixteen; circumstances begun and ended; and that
//! the numbers of both ends agree with it.

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::catalogue::Name;
use sync_core::tally::Bounds;
use sync_core::tally::changes::{Change, ChangeKind, Changes, Flow, changes};
use sync_core::tally::happened::{Happened, Happening, happened};

use super::days::Span;
use super::rows::{self, Extra, File, Listed};
use super::{in_village, note_restricted, placed, span_fields, take_out, village_field};
use crate::console::input::Errors;
use crate::console::villages::{Villages, village_choices, village_on};
use crate::console::{Area, Asked, Fault, Language, Reply, show};
use crate::office::CountError;

/// Below this age one is a child (Luật Trẻ em 2016, Điều 1).
const SIXTEEN: u8 = 16;

/// What the list shows of all that changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Of(ChangeKind),
    Entered,
    Ended,
}

const KINDS: [(Kind, &str, &str); 7] = [
    (Kind::Of(ChangeKind::Born), "born", "lists.born"),
    (Kind::Of(ChangeKind::Arrived), "arrived", "lists.arrived"),
    (Kind::Of(ChangeKind::Left), "left", "lists.left"),
    (Kind::Of(ChangeKind::Died), "died", "lists.died"),
    (Kind::Of(ChangeKind::CameOfAge), "sixteen", "lists.sixteen"),
    (Kind::Entered, "entered", "lists.entered"),
    (Kind::Ended, "ended", "lists.ended"),
];

/// `/office/lists/changes?from=&to=&village=&kind=&page=`.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let mut errors = Errors::default();
    let span = Span::asked(asked, &mut errors);
    let villages = village_choices(asked, span.period.as_of())?;
    let village = match asked.query("village") {
        Some(code) => village_on(asked, code, span.period.as_of())?,
        None => None,
    };
    let village = village.as_deref();
    let kind = asked.query("kind").and_then(|kind| KINDS.iter().find(|(_, code, _)| *code == kind));
    let fields = html! {
        form.filters.screen-only method="get" action="/office/lists/changes" {
            (span_fields(asked, "", &span, &errors))
            (village_field(asked, "", &villages, village.unwrap_or_default()))
            button type="submit" { (asked.t("lists.show")) }
        }
    };
    let form = html! { (errors.summary(asked)) (fields) };
    let title = asked.tn(
        "lists.changes_title",
        &[("from", &show::day(span.period.from())), ("to", &show::day(span.period.as_of()))],
    );
    if !errors.is_empty() {
        return Ok(asked.page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            Area::Lists,
            asked.t("lists.changes"),
            form,
        ));
    }
    let facts = asked.facts()?;
    if kind.is_none_or(|(of, _, _)| !matches!(of, Kind::Of(_))) {
        note_restricted(asked, &facts, span.noted("changes", village))?;
    }
    let households = placed(asked, &facts, &span)?;
    let all =
        changes(households.iter(), &facts.pairs, span.period, SIXTEEN, village).map_err(CountError::from)?;
    let happened =
        happened(in_village(&households, village), facts.restricted.as_deref(), span.period, SIXTEEN);
    let listed: Vec<Listed> = KINDS
        .iter()
        .filter(|(of, _, _)| kind.is_none_or(|(asked, _, _)| asked == of))
        .flat_map(|(of, _, words)| of_kind(asked, *of, asked.t(words), &all, &happened))
        .collect();
    let mut address = format!("/office/lists/changes?{}", span.query());
    if let Some(village) = village {
        address.push_str(&format!("&village={village}"));
    }
    let of_kind_address = kind.map_or(address.clone(), |(_, code, _)| format!("{address}&kind={code}"));
    let villages_then = Villages::on(asked, span.period.as_of())?;
    if let Some(file) = asked.query("file") {
        let name = format!("bien-dong-{}-{}", span.period.from(), span.period.as_of());
        return File::of_people(asked, &villages_then, name, title, &listed)?.send(asked, file);
    }
    let caption = kind.map_or(asked.t("lists.all_changes"), |(_, _, words)| asked.t(words));
    let body = html! {
        nav.crumbs { a href="/office/lists" { (asked.t("lists.title")) } }
        (form)
        (flows(asked, &all, village, &villages))
        nav.kinds.screen-only aria-label=(asked.t("lists.what")) { ul {
            li { a href=(address) aria-current=[kind.is_none().then_some("page")] { (asked.t("lists.all_changes")) } }
            @for (of, code, words) in KINDS {
                li { a href={ (address) "&kind=" (code) }
                    aria-current=[kind.is_some_and(|(asked, _, _)| *asked == of).then_some("page")] { (asked.t(words)) } }
            }
        } }
        (take_out(asked, &of_kind_address))
        (rows::table(asked, &villages_then, &listed, caption, &of_kind_address, &[Extra::What, Extra::When])?)
        @if facts.restricted.is_none() { p.muted { (asked.t("lists.sealed_left_out")) } }
    };
    Ok(asked.page(Area::Lists, &title, body))
}

fn of_kind(asked: &Asked, kind: Kind, words: &str, all: &Changes, happened: &[Happened]) -> Vec<Listed> {
    match kind {
        Kind::Of(kind) => {
            all.listed.iter().filter(|change| change.kind == kind).map(|c| listed(c, words)).collect()
        }
        Kind::Entered | Kind::Ended => happened
            .iter()
            .filter_map(|one| {
                let ((Happening::Entered(code), Kind::Entered) | (Happening::Ended(code), Kind::Ended)) =
                    (&one.what, kind)
                else {
                    return None;
                };
                let label = show::code_label(asked.language(), Name::Circumstances, code);
                Some(circumstance(one, format!("{words}: {label}")))
            })
            .collect(),
    }
}

/// A change as a row.
pub(super) fn listed(change: &Change, words: &str) -> Listed {
    Listed {
        what: words.to_owned(),
        when: change.when.clone(),
        maybe_same: change.maybe_same,
        ..Listed::of(change.person.clone(), change.certain)
    }
}

/// Something that happened as a row.
pub(super) fn circumstance(one: &Happened, what: String) -> Listed {
    Listed { what, when: one.when.clone(), ..Listed::of(one.person.clone(), one.certain) }
}

/// Both ends and what is between, the whole and each village.
fn flows(asked: &Asked, all: &Changes, village: Option<&str>, villages: &[(String, String)]) -> Markup {
    let name = |code: &str| {
        villages.iter().find(|(known, _)| known == code).map_or(code.to_owned(), |(_, name)| name.clone())
    };
    html! {
        div.scroll { table.grid.flows {
            caption { (asked.t("lists.reconciled")) }
            (head(asked, &rows::unit(asked), "lists.sixteen"))
            tbody {
                @if village.is_none() {
                    @for (code, flow) in &all.villages { (line(asked, &name(code), flow)) }
                }
            }
            tfoot { (line(asked, &village.map_or(asked.t("lists.whole_commune").to_owned(), name), &all.total)) }
        } }
        p.muted {
            (asked.t("lists.reconciled_why")) " "
            @if village.is_none() { (asked.t("lists.moves_inside")) }
            @if all.undecided > 0 {
                " " (asked.tn("lists.undecided", &[("count", &show::number(all.undecided))]))
            }
        }
    }
}

/// The heading of a table of flows.
pub(super) fn head(asked: &Asked, of: &str, of_age: &'static str) -> Markup {
    html! { thead { tr {
        th scope="col" { (of) }
        th.num scope="col" { (asked.t("lists.opening")) }
        th.num scope="col" { "+ " (asked.t("lists.born")) }
        th.num scope="col" { "+ " (asked.t("lists.arrived")) }
        th.num scope="col" { "− " (asked.t("lists.left")) }
        th.num scope="col" { "− " (asked.t("lists.died")) }
        th.num scope="col" { "− " (asked.t(of_age)) }
        th.num scope="col" { "= " (asked.t("lists.closing")) }
        th scope="col" { (asked.t("lists.check")) }
    } } }
}

/// One row of it, with its check.
pub(super) fn line(asked: &Asked, name: &str, flow: &Flow) -> Markup {
    let cell = |bounds: Bounds| html! { td.num { (show::bounds(bounds)) } };
    html! { tr {
        th scope="row" { (show::name(name)) }
        (cell(flow.opening))
        @for kind in ChangeKind::ALL { (cell(flow.of(kind))) }
        (cell(flow.closing))
        td { @match flow.difference() {
            (0, 0) => span.tag.tag-ok { (asked.t("lists.agrees")) },
            (least, most) if least <= 0 && 0 <= most => span.tag.tag-warn { (asked.t("lists.depends")) },
            _ => span.tag.tag-bad { (asked.t("lists.disagrees")) },
        } }
    } }
}

/// Words for a code of a catalogue, or that nobody recorded one.
pub(super) fn cause(language: Language, code: Option<&str>, unknown: &str) -> String {
    code.map_or(unknown.to_owned(), |code| show::code_label(language, Name::Causes, code))
}
