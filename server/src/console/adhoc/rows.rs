//! A list of people, one row each: on a page of fifty, or whole in a file.

use maud::{Markup, html};
use sync_core::date::PartialDate;
use sync_core::facts::PersonRef;
use sync_core::id::DocumentId;

use crate::console::exports::XLSX;
use crate::console::villages::Villages;
use crate::console::{Asked, Fault, Reply, limits, show};
use crate::office::PersonRow;
use crate::problem::Problem;
use crate::report::{self, List};

/// A row before the names are looked up.
#[derive(Clone)]
pub(in crate::console) struct Listed {
    /// Whom it is about.
    pub(in crate::console) person: PersonRef,
    /// What happened; empty where the heading says it.
    pub(in crate::console) what: String,
    /// When, as far as known.
    pub(in crate::console) when: Vec<PartialDate>,
    /// What else there is to say.
    pub(in crate::console) more: String,
    /// Whatever is decided, it is so.
    pub(in crate::console) certain: bool,
    /// The record may be the same child as another.
    pub(in crate::console) maybe_same: bool,
}

impl Listed {
    pub(in crate::console) fn of(person: PersonRef, certain: bool) -> Self {
        Self {
            person,
            certain,
            what: String::new(),
            when: Vec::new(),
            more: String::new(),
            maybe_same: false,
        }
    }
}

/// What a list has besides a person's own columns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Extra {
    /// What happened.
    What,
    /// When.
    When,
    /// A remark, under this heading (a key of the words).
    More(&'static str),
}

/// When it happened.
pub(super) fn dates(listed: &Listed) -> String {
    listed.when.iter().map(show::date).collect::<Vec<_>>().join(", ")
}

/// Why it is only possible; empty if it is certain.
pub(super) fn doubt(asked: &Asked, listed: &Listed) -> &'static str {
    match (listed.certain, listed.maybe_same) {
        (_, true) => asked.t("lists.maybe_same"),
        (false, false) => asked.t("lists.maybe"),
        (true, false) => "",
    }
}

/// The rows of the page that the address asks for (`page`), and the way to the others. `villages` are those of the list's
/// day.
pub(in crate::console) fn table(
    asked: &Asked,
    villages: &Villages,
    listed: &[Listed],
    caption: &str,
    address: &str,
    extras: &[Extra],
) -> Result<Markup, Problem> {
    let pages = listed.len().div_ceil(limits::ROWS_A_PAGE).max(1);
    let page = asked.query("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
    let first = (page - 1) * limits::ROWS_A_PAGE;
    let shown: Vec<&Listed> = listed.iter().skip(first).take(limits::ROWS_A_PAGE).collect();
    let people = named(asked, &shown)?;
    let has = |extra: Extra| extras.contains(&extra);
    let more = extras.iter().find_map(|extra| if let Extra::More(key) = extra { Some(*key) } else { None });
    Ok(html! {
        @if listed.is_empty() { p.muted { (caption) ": " (asked.t("lists.nobody")) } }
        @else {
            div.scroll { table.grid.list {
                caption { (caption) " (" (show::number(listed.len() as u64)) ")" }
                thead { tr {
                    th scope="col" { (asked.t("lists.order")) }
                    th scope="col" { (asked.t("lists.name")) }
                    th scope="col" { (asked.t("lists.birth")) }
                    @if has(Extra::What) { th scope="col" { (asked.t("lists.what")) } }
                    @if has(Extra::When) { th scope="col" { (asked.t("lists.when")) } }
                    @if let Some(key) = more { th scope="col" { (asked.t(key)) } }
                    th scope="col" { (unit(asked)) }
                    th scope="col" { (asked.t("lists.household")) }
                    th scope="col" { (asked.t("lists.certainty")) }
                } }
                tbody { @for (place, (row, person)) in shown.iter().zip(&people).enumerate() {
                    tr {
                        td.num { (first + place + 1) }
                        td { a href={ "/office/household/" (row.person.document) "#" (row.person.person) } {
                            @match person {
                                Some(person) if !person.name.is_empty() => (show::name(&person.name)),
                                _ => (asked.t("lists.unnamed")),
                            }
                        } }
                        td.day { @if let Some(person) = person { (show::written_date(&person.birth)) } }
                        @if has(Extra::What) { td { (row.what) } }
                        @if has(Extra::When) { td.day { @if row.when.is_empty() { (asked.t("lists.day_unknown")) } @else { (dates(row)) } } }
                        @if more.is_some() { td { (row.more) } }
                        td { @if let Some(person) = person { (show::name(&villages.of_person(person))) } }
                        td { @if let Some(person) = person { (show::name(&household(person))) } }
                        td { @let doubt = doubt(asked, row); @if !doubt.is_empty() { span.tag.tag-warn { (doubt) } } }
                    }
                } }
            } }
            @if pages > 1 {
                nav.pager.screen-only aria-label=(asked.t("lists.pages")) {
                    @if page > 1 { a rel="prev" href={ (address) "&page=" (page - 1) } { (asked.t("lists.earlier")) } }
                    span { (asked.tn("lists.page", &[("page", &page.to_string()), ("pages", &pages.to_string())])) }
                    @if page < pages { a rel="next" href={ (address) "&page=" (page + 1) } { (asked.t("lists.later")) } }
                }
            }
        }
    })
}

/// The people of these rows. A household that came a moment ago has no rows to look names up in yet: they are made.
pub(super) fn named(asked: &Asked, listed: &[&Listed]) -> Result<Vec<Option<PersonRow>>, Problem> {
    let people: Vec<PersonRef> = listed.iter().map(|row| row.person.clone()).collect();
    let named = asked.office().people_named(&people)?;
    let unknown = people.iter().zip(&named).filter(|(_, row)| row.is_none());
    let mut new: Vec<DocumentId> = unknown.map(|(person, _)| person.document).collect();
    new.sort_unstable();
    new.dedup();
    if new.is_empty() {
        return Ok(named);
    }
    asked.office().index_now(&new)?;
    asked.office().people_named(&people)
}

/// The word for a village, as a heading.
pub(super) fn unit(asked: &Asked) -> String {
    let word = show::plain(&asked.office().unit_word());
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Head, number and place of the household, on a line.
fn household(person: &PersonRow) -> String {
    let parts = [&person.head, &person.household_number, &person.address];
    parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}

/// A list that leaves the office: every row whole.
pub(super) struct File {
    /// Without an ending, and naming nobody.
    pub(super) name: String,
    /// Above the table.
    pub(super) title: String,
    pub(super) headings: Vec<String>,
    /// As long as the headings each.
    pub(super) rows: Vec<Vec<String>>,
}

/// Headings of a list of what happened to people; [`File::of_people`] fills them in this order.
const HEADINGS: [&str; 12] = [
    "lists.order",
    "lists.what",
    "lists.when",
    "lists.name",
    "lists.birth",
    "lists.identity_number",
    "lists.village",
    "lists.head",
    "lists.household_number",
    "lists.address",
    "lists.remark",
    "lists.certainty",
];

impl File {
    /// What happened to these people, and where they are found.
    pub(super) fn of_people(
        asked: &Asked,
        villages: &Villages,
        name: String,
        title: String,
        listed: &[Listed],
    ) -> Result<Self, Problem> {
        let people = named(asked, &listed.iter().collect::<Vec<_>>())?;
        let row = |(place, (row, person)): (usize, (&Listed, &Option<PersonRow>))| {
            let of = |part: fn(&PersonRow) -> &String| person.as_ref().map(part).cloned().unwrap_or_default();
            vec![
                (place + 1).to_string(),
                row.what.clone(),
                dates(row),
                of(|person| &person.name),
                show::written_date(&of(|person| &person.birth)),
                of(|person| &person.identity_number),
                person.as_ref().map(|person| villages.of_person(person)).unwrap_or_default(),
                of(|person| &person.head),
                of(|person| &person.household_number),
                of(|person| &person.address),
                row.more.clone(),
                doubt(asked, row).to_owned(),
            ]
        };
        let rows = listed.iter().zip(&people).enumerate().map(row).collect();
        Ok(Self { name, title, headings: headings(asked, &HEADINGS), rows })
    }

    /// Something that names nobody, in the columns of [`File::of_people`].
    pub(super) fn add_nameless(&mut self, what: String, when: String, remark: String) {
        let number = (self.rows.len() + 1).to_string();
        let mut row = vec![number, what, when];
        row.resize(HEADINGS.len() - 2, String::new());
        row.extend([remark, String::new()]);
        self.rows.push(row);
    }

    /// The file in a format. Taking names out is noted in the log.
    pub(super) fn send(self, asked: &Asked, kind: &str) -> Result<Reply, Fault> {
        let count = self.rows.len();
        let (bytes, media) = match kind {
            "xlsx" => {
                let list = List {
                    sheet: asked.t("lists.sheet").to_owned(),
                    title: self.title,
                    notes: vec![asked.office().commune_name()],
                    headings: self.headings,
                    day: asked.today(),
                };
                let rows = self.rows.into_iter().map(Ok::<_, Fault>);
                (report::list(&list, &asked.console().data_dir, rows)?, XLSX)
            }
            "csv" => {
                let headings: Vec<&str> = self.headings.iter().map(String::as_str).collect();
                (report::list_csv(&headings, &self.rows), "text/csv; charset=utf-8")
            }
            _ => return Err(Fault::NotFound),
        };
        asked.note(serde_json::json!({ "act": "list", "list": self.name, "rows": count }))?;
        Ok(Reply::file(&format!("{}.{kind}", self.name), media, bytes))
    }
}

/// Headings by their keys of the words.
pub(super) fn headings(asked: &Asked, keys: &[&'static str]) -> Vec<String> {
    keys.iter().map(|key| asked.tu(key)).collect()
}
