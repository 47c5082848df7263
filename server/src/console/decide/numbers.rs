//! The data-cleaning lists (LĐTBXH 2513/LĐTBXH-TTTT 2022): children without identity number, with one of the wrong
//! shape, or without the basics; and a grid to type the numbers that came back.
//!
//! Enters: issues of the office's index. Leaves: one deed a number. Numbers are warned about and never guessed;
//! the first three digits are compared with nothing.

use maud::{Markup, html};
use schemas::format::{self, FormatWarning, Sex};
use sync_core::document::{Container, Seen, Target, shown_text};
use sync_core::facts::PersonRef;
use sync_core::id::{DocumentId, EntityId};
use sync_core::issues::IssueCode;

use super::contradictions::say;
use super::filter::{Filter, Kind};
use super::key;
use super::queue::{self, Again, pager};
use super::standing::{Record, village_name};
use crate::console::input::Errors;
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::{Deed, DeedError, IssueFilter, IssueRow, PersonRow, Subject};
use crate::problem::Problem;

/// Field of the number.
const NUMBER: &str = "identity_number";

/// The three lists of step 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Without identity number.
    Missing,
    /// With one of another shape, or that does not go with sex or year of birth.
    Malformed,
    /// Without name, date of birth, sex, ethnic group, or anybody who looks after the child.
    Basics,
}

impl Part {
    pub(super) const ALL: [Self; 3] = [Self::Missing, Self::Malformed, Self::Basics];

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Basics => "basics",
        }
    }

    pub(super) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.code() == code)
    }

    pub(super) fn label(self, asked: &Asked) -> &'static str {
        asked.t(match self {
            Self::Missing => "decide.numbers_missing",
            Self::Malformed => "decide.numbers_malformed",
            Self::Basics => "decide.numbers_basics",
        })
    }

    pub(super) fn codes(self) -> Vec<IssueCode> {
        use FormatWarning as W;
        use IssueCode as I;
        match self {
            Self::Missing => vec![I::MissingIdentityNumber],
            Self::Malformed => [
                W::IdentityNumberLength,
                W::IdentityNumberOtherPaper,
                W::IdentityNumberOldCard,
                W::IdentityNumberStopgap,
                W::IdentityNumberSex,
                W::IdentityNumberBirthYear,
            ]
            .map(I::Format)
            .to_vec(),
            Self::Basics => vec![
                I::MissingName,
                I::MissingBirthDate,
                I::MissingSex,
                I::MissingEthnicity,
                I::MissingParents,
            ],
        }
    }
}

/// The issues of one list or of all; `page` from 1.
pub(super) fn wanted(part: Option<Part>, village: Option<&str>, page: usize) -> IssueFilter {
    let parts = part.map_or(Part::ALL.to_vec(), |part| vec![part]);
    IssueFilter {
        severity: None,
        codes: parts.into_iter().flat_map(Part::codes).collect(),
        village: village.map(str::to_owned),
        page: page - 1,
    }
}

/// How much is missing or malformed.
pub(super) fn count(asked: &Asked, village: Option<&str>) -> Result<usize, Problem> {
    let total = asked.office().issue_count(&wanted(None, village, 1))?;
    Ok(usize::try_from(total).unwrap_or(usize::MAX))
}

/// The lists and the grid.
pub(super) fn body(asked: &Asked, filter: &Filter, again: Option<&Again>) -> Result<Markup, Fault> {
    let part = filter.part.unwrap_or(Part::Missing);
    let filter = &Filter { part: Some(part), ..filter.clone() };
    let (rows, total) =
        asked.office().issue_rows(&wanted(Some(part), filter.village.as_deref(), filter.page))?;
    let keys: Vec<String> = rows.iter().map(key_of).collect();
    let next = filter.next.as_ref().filter(|next| keys.contains(next));
    let open = filter.at.as_ref().or(next).or(keys.first());
    // Somebody was quicker and the child stands in this list no more: what was typed must not be lost with its row.
    let lost = match (again, &filter.at) {
        (Some(again), Some(key)) if !keys.contains(key) => lost(asked, filter, key, again)?,
        _ => html! {},
    };
    let village = filter.village.as_ref().map(|village| format!("&village={village}")).unwrap_or_default();
    let list = |how: &str, whom: &str| format!("/office/decide/numbers/{how}?for={whom}{village}");
    Ok(html! {
        nav.screen-only aria-label=(asked.t("decide.numbers_lists")) { ul.decide-kinds {
            @for each in Part::ALL {
                @let there = Filter { part: Some(each), village: filter.village.clone(), ..Filter::of(Kind::Numbers) };
                li { a href=(there.href(None)) aria-current=[(each == part).then_some("page")] { (each.label(asked)) } }
            }
        } }
        p.screen-only {
            a href=(list("print", "round")) { (asked.t("decide.print_round")) } " · "
            a href=(list("print", "police")) { (asked.t("decide.print_police")) } " · "
            a href=(list("xlsx", "round")) download { (asked.t("decide.print_xlsx_round")) } " · "
            a href=(list("xlsx", "police")) download { (asked.t("decide.print_xlsx_police")) }
        }
        (lost)
        @if rows.is_empty() { p.card { (asked.t("decide.nothing")) } }
        @else {
            table.grid.numbers {
                caption { (part.label(asked)) " (" (show::number(total)) ")" }
                thead { tr {
                    @for words in ["decide.village", "decide.household_number", "decide.child", "decide.born", "decide.sex", "decide.what_is_wrong"] {
                        th scope="col" { (asked.tu(words)) }
                    }
                    th scope="col" { (asked.t(if part == Part::Basics { "decide.correct" } else { "decide.number" })) }
                } }
                tbody {
                    @for (place, row) in rows.iter().enumerate() {
                        @let is_open = open == Some(&keys[place]);
                        (grid_row(asked, filter, row, &keys, place, again.filter(|_| is_open), is_open)?)
                    }
                }
            }
            (pager(asked, filter, usize::try_from(total).unwrap_or(usize::MAX)))
        }
    })
}

/// The number that could not be saved, beside the one that stands since.
fn lost(asked: &Asked, filter: &Filter, key: &str, again: &Again) -> Result<Markup, Fault> {
    let Some(Subject::Issue { document, target: Target::Entity(Container::Children, person), .. }) =
        key::subject(key)
    else {
        return Err(Fault::NotFound);
    };
    let named = PersonRef { document, person };
    let row = asked.office().people_named(&[named])?.pop().flatten().ok_or(Fault::NotFound)?;
    let form = NumberForm {
        filter,
        name: &row.name,
        entity: row.person.as_str(),
        stood: &row.identity_number,
        key,
        next: None,
        again: Some(again),
        focus: true,
    };
    Ok(html! {
        div.card {
            p {
                a href={ "/office/household/" (document) "#" (row.person) } { (show::name(&row.name)) } ": "
                (asked.t("decide.stands_now")) " " strong { (show::name(&row.identity_number)) }
            }
            (form.markup(asked))
        }
    })
}

fn key_of(row: &IssueRow) -> String {
    let subject = key::target(&row.container, &row.entity).map(|target| Subject::Issue {
        document: row.document,
        target,
        code: row.code.code().to_owned(),
    });
    subject.as_ref().map(key::text).unwrap_or_default()
}

fn grid_row(
    asked: &Asked,
    filter: &Filter,
    row: &IssueRow,
    keys: &[String],
    place: usize,
    again: Option<&Again>,
    focus: bool,
) -> Result<Markup, Problem> {
    let said = |of: fn(&PersonRow) -> &String| row.person.as_ref().map_or("", |person| of(person).as_str());
    let name = Some(said(|person| &person.name)).filter(|name| !name.is_empty()).unwrap_or("–");
    let sex = said(|person| &person.sex);
    let is_number = filter.part != Some(Part::Basics) && row.container == Container::Children.key();
    Ok(html! {
        tr id=(row.entity) {
            td { (village_name(asked, &row.village)?) }
            td { (show::name(said(|person| &person.household_number))) " " (show::name(said(|person| &person.head))) }
            td { a href={ "/office/household/" (row.document) "#" (row.entity) } { (show::name(name)) } }
            td { (show::written_date(said(|person| &person.birth))) }
            td { @if !sex.is_empty() { (show::code_label(asked.language(), schemas::catalogue::Name::Sexes, sex)) } }
            td { (say(asked, row.code)) }
            td {
                @if is_number {
                    (NumberForm {
                        filter, name, entity: &row.entity, stood: said(|person| &person.identity_number),
                        key: &keys[place], next: keys.get(place + 1), again, focus,
                    }.markup(asked))
                } @else {
                    a href={
                        "/office/decide/field?document=" (row.document) "&container=" (row.container)
                        "&entity=" (row.entity) "&field=" (row.field)
                    } autofocus[focus] { (asked.t("decide.correct")) }
                }
            }
        }
    })
}

/// The cell of the grid in which a number is typed.
struct NumberForm<'a> {
    filter: &'a Filter,
    /// The child's.
    name: &'a str,
    entity: &'a str,
    /// The number as it stands.
    stood: &'a str,
    key: &'a str,
    /// The row that follows.
    next: Option<&'a String>,
    again: Option<&'a Again>,
    focus: bool,
}

impl NumberForm<'_> {
    fn markup(&self, asked: &Asked) -> Markup {
        let error = self.again.and_then(|again| again.errors.text_of("number"));
        let doubt = self.again.and_then(|again| again.errors.text_of("anyway"));
        let changed = self.again.and_then(|again| again.said).map(|words| asked.t(words));
        let typed = if self.again.is_some() { asked.field("number") } else { self.stood };
        let id = format!("number-{}", self.entity);
        let wrong = format!("{id}-error");
        let said = error.or(doubt).or(changed);
        html! {
            form method="post" action="/office/decide/number" {
                (asked.token())
                (self.filter.hidden(self.next.map(String::as_str), 0))
                input type="hidden" name="key" value=(self.key);
                input type="hidden" name="stood" value=(self.stood);
                input id=(id) type="text" name="number" value=(typed) inputmode="numeric"
                    autocomplete="off" autofocus[self.focus] aria-label={ (asked.t("decide.number")) " " (show::plain(self.name)) }
                    aria-invalid=[said.map(|_| "true")] aria-describedby=[said.map(|_| &wrong)];
                button type="submit" { (asked.t("decide.save")) }
                @if doubt.is_some() { button type="submit" name="anyway" value="1" { (asked.t("decide.save_anyway")) } }
                @if let Some(said) = said { p.field-error id=(wrong) { (said) } }
            }
        }
    }
}

/// Whose number it is already, in words.
fn of_another(
    asked: &Asked,
    number: &str,
    document: DocumentId,
    person: &EntityId,
) -> Result<Option<String>, Problem> {
    if number.is_empty() {
        return Ok(None);
    }
    let this = PersonRef { document, person: person.clone() };
    let other = asked.office().other_of_number(&format::bare(number), &this)?;
    Ok(other.map(|other| {
        let household = asked.tn(
            "register.household_named",
            &[("number", &show::plain(&other.household_number)), ("head", &show::plain(&other.head))],
        );
        let name = [("name", show::plain(&other.name)), ("household", household)];
        asked.tn("decide.number_of_another", &name.each_ref().map(|(key, value)| (*key, value.as_str())))
    }))
}

/// `POST /office/decide/number`.
pub(super) fn save(asked: &Asked) -> Result<Reply, Fault> {
    let name = asked.field("key");
    let Some(Subject::Issue { document, target: Target::Entity(Container::Children, person), .. }) =
        key::subject(name)
    else {
        return Err(Fault::NotFound);
    };
    let record = Record::read(asked, document)?;
    let fields = record.view.entity(Container::Children, &person).ok_or(Fault::NotFound)?;
    let next = Filter::of_form(asked);
    let here = Filter { at: Some(name.to_owned()), ..next.clone() };
    let stands = fields.get(NUMBER);
    let stood = asked.field("stood");
    if stands.is_some_and(|field| {
        field.is_disputed() || field.shown().value.as_text().unwrap_or_default() != stood
    }) || (stands.is_none() && !stood.is_empty())
    {
        return queue::again(asked, &here, &Again::changed());
    }
    let mut errors = Errors::default();
    let number = asked.field("number").to_owned();
    let year = shown_text(fields, "birth_date").and_then(|birth| birth.get(..4)?.parse().ok());
    let warnings = format::identity_number(&number, shown_text(fields, "sex").and_then(Sex::from_code), year);
    let is_doubt = |warning: &FormatWarning| {
        use FormatWarning as W;
        matches!(warning, W::IdentityNumberSex | W::IdentityNumberBirthYear | W::IdentityNumberStopgap)
    };
    if let Some(warning) = warnings.iter().find(|warning| !is_doubt(warning)) {
        errors.add("number", say(asked, IssueCode::Format(*warning)));
    } else if let Some(other) =
        of_another(asked, &number, document, &person)?.filter(|_| !asked.has("anyway"))
    {
        errors.add("anyway", other);
    } else if let Some(warning) = warnings.first().filter(|_| !asked.has("anyway")) {
        errors.add("anyway", say(asked, IssueCode::Format(*warning)));
    } else if number.is_empty() {
        errors.add("number", asked.t("decide.wrong_empty"));
    }
    if !errors.is_empty() {
        return queue::again(asked, &here, &Again::wrong(errors));
    }
    let deed = Deed::IdentityNumber { document, person, number, seen: Seen::of_field(stands) };
    match asked.office().do_deed(&asked.officer().author, deed, asked.now()) {
        Ok(id) => {
            asked.say_undo(asked.t("decide.done_number").to_owned(), &format!("/office/deeds/{id}/undo"));
            Ok(next.go_on())
        }
        Err(DeedError::NothingToWrite) => {
            asked.say(Say::Warn, asked.t("decide.error_nothing").to_owned());
            Ok(next.go_on())
        }
        Err(DeedError::Value) => {
            errors.add("number", say(asked, IssueCode::Format(FormatWarning::IdentityNumberLength)));
            queue::again(asked, &here, &Again::wrong(errors))
        }
        Err(error) => queue::again(asked, &here, &Again::of(asked, &error)?),
    }
}
