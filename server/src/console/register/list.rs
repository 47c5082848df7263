//! Households in a list, narrowed by filters or found by a search.

use maud::{Markup, html};
use schemas::catalogue::{Cut, circumstances};
use sync_core::document::View;

use super::super::villages::{Choice, Villages, village_choices, village_on};
use super::super::{Area, Asked, Fault, Language, Reply, limits, show};
use super::told::{READER, why_gone};
use crate::office::pages::{Filter, Found, HouseholdRow, Only, PAGE_ROWS, PersonRow};
use crate::problem::Problem;

/// What a list can be narrowed to: the address's word, and the words for people.
const ONLY: [(&str, Only, &str); 8] = [
    ("", Only::Standing, "register.only_standing"),
    ("undecided", Only::Undecided, "register.only_undecided"),
    ("contradictions", Only::Contradictions, "register.only_contradictions"),
    ("doubtful", Only::Doubtful, "register.only_doubtful"),
    ("missing", Only::Missing, "register.only_missing"),
    ("sealed", Only::Sealed, "register.only_sealed"),
    ("unplaced", Only::Unplaced, "register.only_unplaced"),
    ("withdrawn", Only::Withdrawn, "register.only_withdrawn"),
];

/// Keeps what is looked for in the session: it may be a name, and an address is written into histories and logs.
pub(super) fn search(asked: &Asked) -> Result<Reply, Fault> {
    let sought = asked.field("sought");
    if sought.is_empty() {
        return Ok(Reply::see("/office/register"));
    }
    Ok(Reply::see(&format!("/office/register?s={}", asked.remember_search(sought))))
}

pub(super) fn list(asked: &Asked) -> Result<Reply, Fault> {
    let behind = asked.office().index_behind()?;
    let shown = Shown::of(asked)?;
    let found = match &shown.sought {
        Some(sought) => asked.office().search(sought, shown.filter.village.as_deref(), shown.page)?,
        None => asked.office().households(&shown.filter, shown.page)?,
    };
    let body = html! {
        (notice(asked, behind))
        (shown.search_form(asked))
        @if shown.forgotten { p.message.warn role="status" { (asked.t("register.search_forgotten")) } }
        @if shown.sought.is_none() { (shown.filters(asked)) }
        (shown.table(asked, &found)?)
        (shown.pager(asked, &found))
    };
    Ok(asked.page(Area::Register, asked.t("register.title"), body))
}

/// That some rows say less than the log, while they are being made.
pub(super) fn notice(asked: &Asked, behind: u64) -> Markup {
    html! {
        @if behind > 0 {
            p.message.warn role="status" { (asked.tn("register.behind", &[("count", &show::number(behind))])) }
        }
    }
}

/// What the address asks for.
struct Shown {
    /// Those of today.
    villages: Vec<Choice>,
    /// What the rows' villages are called.
    names: Villages,
    filter: Filter,
    only: &'static str,
    /// The session's number of the search, and what was looked for.
    number: Option<u64>,
    sought: Option<String>,
    /// A search that the session does not remember any more.
    forgotten: bool,
    page: usize,
}

impl Shown {
    fn of(asked: &Asked) -> Result<Self, Fault> {
        let village = match asked.query("village") {
            Some(code) => village_on(asked, code, asked.today())?,
            None => None,
        };
        let wanted = asked.query("only").unwrap_or_default();
        let (only, which, _) = ONLY.into_iter().find(|(word, ..)| *word == wanted).unwrap_or(ONLY[0]);
        let line = asked.query("circumstance").filter(|code| is_offered(code));
        let number = asked.query("s").and_then(|number| number.parse().ok());
        let sought = number.and_then(|number| asked.search(number));
        let page: usize = asked.query("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        Ok(Self {
            villages: village_choices(asked, asked.today())?,
            names: Villages::on(asked, asked.today())?,
            filter: Filter { village, line: line.map(str::to_owned), only: which },
            only,
            number,
            forgotten: number.is_some() && sought.is_none(),
            sought,
            page: page.saturating_sub(1),
        })
    }

    fn search_form(&self, asked: &Asked) -> Markup {
        html! {
            form.filters.search method="post" action="/office/register/search" role="search" {
                (asked.token())
                div.field {
                    label for="f-sought" { (asked.t("register.search")) }
                    input #f-sought name="sought" type="search" autocomplete="off" spellcheck="false"
                        maxlength=(limits::SEARCH_CHARS_MAX) value=(self.sought.as_deref().unwrap_or_default())
                        aria-describedby="search-says";
                    p #search-says.muted { (asked.t("register.search_says")) }
                }
                button type="submit" { (asked.t("register.search_button")) }
                @if self.number.is_some() { a href="/office/register" { (asked.t("register.all_households")) } }
            }
        }
    }

    fn filters(&self, asked: &Asked) -> Markup {
        let Filter { village, line, .. } = &self.filter;
        html! {
            form.filters method="get" action="/office/register" {
                div.field {
                    label for="f-village" { (asked.tu("register.village")) }
                    select #f-village name="village" {
                        option value="" { (asked.t("register.whole_commune")) }
                        @for (code, name) in &self.villages {
                            option value=(code) selected[village.as_ref() == Some(code)] { (name) }
                        }
                    }
                }
                div.field {
                    label for="f-circumstance" { (asked.t("register.circumstance")) }
                    (lines(asked, line.as_deref()))
                }
                div.field {
                    label for="f-only" { (asked.t("register.only")) }
                    select #f-only name="only" {
                        @for (word, _, key) in ONLY {
                            option value=(word) selected[word == self.only] { (asked.tu(key)) }
                        }
                    }
                }
                button type="submit" { (asked.t("register.filter")) }
            }
        }
    }

    fn table(&self, asked: &Asked, found: &Found) -> Result<Markup, Problem> {
        let caption = match &self.sought {
            Some(_) => asked.tn("register.found", &[("count", &show::number(found.total))]),
            None => asked.tn("register.listed", &[("count", &show::number(found.total))]),
        };
        if found.rows.is_empty() {
            return Ok(html! { p { (caption) } });
        }
        Ok(html! {
            table.grid.register {
                caption { (caption) }
                thead { tr {
                    th.num scope="col" { (asked.t("register.number")) }
                    th scope="col" { (asked.t("register.head")) }
                    th scope="col" { (asked.tu("register.place")) }
                    th.num scope="col" { (asked.t("register.children")) }
                    th.num scope="col" { (asked.t("register.special")) }
                    th scope="col" { (asked.t("register.to_look_at")) }
                    th scope="col" { (asked.t("register.last_visit")) }
                } }
                tbody { @for row in &found.rows { (self.row(asked, row)?) } }
            }
        })
    }

    fn row(&self, asked: &Asked, row: &HouseholdRow) -> Result<Markup, Problem> {
        // Rows do not say why somebody is gone. Their document is read, and only theirs; of one that can't be read the
        // row still tells where it is.
        let gone = row.matched.iter().any(|person| person.gone);
        let record = gone.then(|| asked.office().household(row.document, None, READER).ok()).flatten();
        let record = record.map(|household| household.view());
        let place: Vec<&str> = [&row.hamlet, &row.address]
            .into_iter()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        Ok(html! {
            tr {
                td.num { (show::name(&row.number)) }
                th.long scope="row" {
                    a href={ "/office/household/" (row.document) } {
                        @if row.head.trim().is_empty() { (asked.t("register.no_head")) } @else { (show::name(&row.head)) }
                    }
                    @for person in &row.matched { (matched(asked, person, record.as_ref())) }
                }
                td.long {
                    (show::name(&self.names.name(&row.village)))
                    @if row.unplaced { " " span.tag.tag-warn { (asked.tu("register.unplaced")) } }
                    @if !place.is_empty() { br; span.muted { (show::name(&place.join(", "))) } }
                }
                td.num { (row.children) }
                td.num { (row.special) }
                td { (marks(asked, row)) }
                td { @match &row.last_visit { Some(date) => (show::date(date)), None => span.muted { "–" } } }
            }
        })
    }

    fn pager(&self, asked: &Asked, found: &Found) -> Markup {
        let pages = usize::try_from(found.total).unwrap_or(usize::MAX).div_ceil(PAGE_ROWS);
        let mut address = String::from("/office/register?");
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() {
                address.push_str(&format!("{name}={value}&"));
            }
        };
        add("village", self.filter.village.as_deref().unwrap_or_default());
        add("circumstance", self.filter.line.as_deref().unwrap_or_default());
        add("only", self.only);
        add("s", &self.number.map(|number| number.to_string()).unwrap_or_default());
        pager(asked, &address, self.page, pages)
    }
}

/// Links to the pages before and after; `address` ends where `page=` may stand. Pages count from 0 here.
pub(in crate::console) fn pager(asked: &Asked, address: &str, page: usize, pages: usize) -> Markup {
    html! {
        @if pages > 1 {
            nav.pager aria-label=(asked.t("register.pages")) {
                @if page > 0 { a rel="prev" href={ (address) "page=" (page) } { (asked.t("frame.previous")) } }
                span { (asked.tn("frame.page_of", &[("page", &(page + 1).to_string()), ("pages", &pages.to_string())])) }
                @if page + 1 < pages { a rel="next" href={ (address) "page=" (page + 2) } { (asked.t("frame.next")) } }
            }
        }
    }
}

/// Who in the household was meant; of those who are gone, why, as far as there is a `record` that tells it.
fn matched(asked: &Asked, person: &PersonRow, record: Option<&View>) -> Markup {
    html! {
        div.matched {
            a href={ "/office/household/" (person.document) "#" (person.person) } { (show::name(&person.name)) }
            @if !person.birth.is_empty() { " · " (show::written_date(&person.birth)) }
            @if !person.identity_number.is_empty() { " · " (show::name(&person.identity_number)) }
            @if person.gone {
                " " span.tag { (asked.t(record.map_or("register.gone", |record| why_gone(record, &person.person)))) }
            }
        }
    }
}

/// What of a household wants a look.
fn marks(asked: &Asked, row: &HouseholdRow) -> Markup {
    let marks: [(u64, &str, &str); 5] = [
        (row.undecided, "tag tag-warn", "register.mark_undecided"),
        (row.contradictions, "tag tag-bad", "register.mark_contradictions"),
        (row.doubtful, "tag", "register.mark_doubtful"),
        (row.missing, "tag", "register.mark_missing"),
        (row.sealed, "tag", "register.mark_sealed"),
    ];
    html! {
        @if row.withdrawn { span.tag.tag-bad { (asked.t("register.withdrawn")) } " " }
        @for (count, class, key) in marks {
            @if count > 0 { span class=(class) { (asked.tn(key, &[("count", &count.to_string())])) } " " }
        }
    }
}

/// The lines a list can be narrowed to: sections and groups of the form in force. What is sealed in the field has
/// no readable record to find.
fn is_offered(code: &str) -> bool {
    offered().any(|(offered, _)| offered == code)
}

/// Code of each line offered, and whether it is a section.
fn offered() -> impl Iterator<Item = (&'static str, bool)> {
    let current = circumstances().iter().filter(|line| line.entry.valid_to.is_none() && !line.restricted);
    let by_events = |code: &str| code == "IV.2";
    current
        .filter(move |line| matches!(line.cut, Cut::Section | Cut::Group) && !by_events(line.code()))
        .map(|line| (line.code(), line.cut == Cut::Section))
}

fn lines(asked: &Asked, chosen: Option<&str>) -> Markup {
    let label = |code: &str| circumstance_label(asked.language(), code);
    html! {
        select #f-circumstance name="circumstance" {
            option value="" { (asked.t("register.any_circumstance")) }
            @for (section, _) in offered().filter(|(_, is_section)| *is_section) {
                optgroup label=(label(section)) {
                    option value=(section) selected[chosen == Some(section)] {
                        (asked.tn("register.any_of", &[("section", section)]))
                    }
                    @for (group, is_section) in offered() {
                        @if !is_section && group.starts_with(&format!("{section}.")) {
                            option value=(group) selected[chosen == Some(group)] { (label(group)) }
                        }
                    }
                }
            }
        }
    }
}

fn circumstance_label(language: Language, code: &str) -> String {
    show::code_label(language, schemas::catalogue::Name::Circumstances, code)
}
