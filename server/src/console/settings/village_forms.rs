//! The forms by which villages are added, renamed, closed, merged and split, and households assigned.

use maud::{Markup, html};
use sync_core::date::Date;
use sync_core::id::DocumentId;

use crate::console::input::{self, Errors};
use crate::console::villages::village_choices;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::pages::HouseholdRow;
use crate::office::places::{PlaceAct, PlaceError, PlacePart};

/// New villages of one split.
const PARTS_MAX: usize = 5;

/// What is done to villages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Add,
    Rename,
    Close,
    Merge,
    Split,
    Assign,
}

impl What {
    pub(super) const ALL: [Self; 6] =
        [Self::Add, Self::Rename, Self::Merge, Self::Split, Self::Assign, Self::Close];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Rename => "rename",
            Self::Close => "close",
            Self::Merge => "merge",
            Self::Split => "split",
            Self::Assign => "assign",
        }
    }

    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.name() == name)
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Add => "settings.villages_add",
            Self::Rename => "settings.villages_rename",
            Self::Close => "settings.villages_close",
            Self::Merge => "settings.villages_merge",
            Self::Split => "settings.villages_split",
            Self::Assign => "settings.villages_assign",
        }
    }

    fn how(self) -> &'static str {
        match self {
            Self::Add => "settings.villages_add_how",
            Self::Rename => "settings.villages_rename_how",
            Self::Close => "settings.villages_close_how",
            Self::Merge => "settings.villages_merge_how",
            Self::Split => "settings.villages_split_how",
            Self::Assign => "settings.villages_assign_how",
        }
    }
}

/// Beside which field an error is said.
fn field_of(what: What, part: PlacePart) -> String {
    let numbered = |name: &str, at: usize| {
        if what == What::Split { format!("{name}{}", at.min(PARTS_MAX - 1)) } else { name.to_owned() }
    };
    match part {
        PlacePart::Since => "since".to_owned(),
        PlacePart::Villages => "villages".to_owned(),
        PlacePart::Into => if what == What::Split { "rest" } else { "into" }.to_owned(),
        PlacePart::Code(at) => numbered("code", at),
        PlacePart::Name(at) => numbered("name", at),
        PlacePart::Households => "households".to_owned(),
        PlacePart::Village | PlacePart::Whole => "village".to_owned(),
    }
}

/// Says everything that is wrong, each beside its field.
pub(super) fn say_errors(asked: &Asked, what: What, wrong: &[(PlacePart, PlaceError)], errors: &mut Errors) {
    for (part, error) in wrong {
        errors.add(&field_of(what, *part), super::villages::error_words(asked, error));
    }
}

/// Code of each village, and how a list to choose from names it.
type Choices = Vec<(String, String)>;

/// The form, filled with what was typed.
pub(super) fn form(asked: &Asked, what: What, errors: &Errors) -> Result<Reply, Fault> {
    let villages = village_choices(asked, asked.today())?;
    let choices: Choices =
        villages.into_iter().map(|(code, name)| (code.clone(), format!("{code} {name}"))).collect();
    let fields = match what {
        What::Add => new_village(asked, None, errors),
        What::Rename => html! {
            (input::select_field("village", &asked.tu("settings.village"), chosen(asked), &choices, errors.of("village")))
            (input::text_field("name", &asked.tu("settings.village_name_new"), asked.field("name"), errors.of("name")))
        },
        What::Close => input::select_field(
            "village",
            &asked.tu("settings.village"),
            chosen(asked),
            &choices,
            errors.of("village"),
        ),
        What::Merge => merge(asked, &choices, errors),
        What::Split => split(asked, &choices, errors),
        What::Assign => assign(asked, &choices, errors)?,
    };
    let proposed = || asked.query("since").and_then(input::parse_day).map(show::day).unwrap_or_default();
    let since = if asked.has("since") { asked.field("since").to_owned() } else { proposed() };
    let body = html! {
        p { (asked.tu(what.how())) }
        @if what == What::Assign { (pick_village(asked, &choices)) }
        form.card method="post" action={ "/office/settings/villages/" (what.name()) } {
            (asked.token())
            (fields)
            (input::date_field("since", asked.t("settings.since"), &since, errors.of("since")))
            @if matches!(what, What::Merge | What::Split) {
                (input::tick_field("grant", "1", &asked.tu("settings.villages_grant"), !asked.has("since") || asked.has("grant")))
                p.muted { (asked.tu("settings.villages_phones")) }
            }
            button type="submit" { (asked.tu(what.title())) }
        }
        p { a href="/office/settings/villages" { (asked.t("settings.back")) } }
    };
    Ok(super::page(asked, errors, &asked.tu(what.title()), &body))
}

fn chosen(asked: &Asked) -> &str {
    if asked.has("village") { asked.field("village") } else { asked.query("village").unwrap_or_default() }
}

/// Code and name of a new village; of several, the one at a place from 0.
fn new_village(asked: &Asked, at: Option<usize>, errors: &Errors) -> Markup {
    let field = |name: &str, words: &str| {
        let label = asked.tu(words);
        let (name, label) = match at {
            None => (name.to_owned(), label),
            Some(at) => {
                let number = (at + 1).to_string();
                let with = [("number", number.as_str()), ("label", label.as_str())];
                (format!("{name}{at}"), asked.tn("settings.village_line", &with))
            }
        };
        input::text_field(&name, &label, asked.field(&name), errors.of(&name))
    };
    html! {
        div.filters {
            (field("code", "settings.village_code_new"))
            (field("name", "settings.village_name_new"))
        }
    }
}

fn merge(asked: &Asked, villages: &Choices, errors: &Errors) -> Markup {
    let ticked: Vec<&str> = asked.fields("villages").collect();
    let mut into = vec![(String::new(), asked.tu("settings.into_new"))];
    into.extend(villages.iter().cloned());
    html! {
        fieldset {
            legend { (asked.tu("settings.villages_ending")) }
            (input::group_error(&asked.tu("settings.villages_ending"), errors.of("villages")))
            @for (code, label) in villages {
                (input::tick_field("villages", code, label, ticked.contains(&code.as_str())))
            }
        }
        (input::select_field("into", asked.t("settings.into"), asked.field("into"), &into, errors.of("into")))
        (new_village(asked, None, errors))
    }
}

fn split(asked: &Asked, villages: &Choices, errors: &Errors) -> Markup {
    let mut rest = vec![(String::new(), asked.tu("settings.rest_itself"))];
    rest.extend(
        (1..=PARTS_MAX)
            .map(|at| (at.to_string(), asked.tn("settings.rest_part", &[("number", &at.to_string())]))),
    );
    html! {
        (input::select_field("village", &asked.tu("settings.village"), chosen(asked), villages, errors.of("village")))
        fieldset {
            legend { (asked.tu("settings.parts")) }
            @for at in 0..PARTS_MAX { (new_village(asked, Some(at), errors)) }
        }
        (input::select_field("rest", asked.t("settings.rest"), asked.field("rest"), &rest, errors.of("rest")))
    }
}

/// Which village's households are to be assigned.
fn pick_village(asked: &Asked, villages: &Choices) -> Markup {
    html! {
        form.filters method="get" action="/office/settings/villages/assign" {
            (input::select_field("village", asked.t("settings.households_of"), chosen(asked), villages, None))
            button type="submit" { (asked.t("settings.show")) }
        }
    }
}

fn assign(asked: &Asked, villages: &Choices, errors: &Errors) -> Result<Markup, Fault> {
    let village = match chosen(asked) {
        "" => villages.first().map_or("", |(code, _)| code),
        code => code,
    };
    let documents = asked.office().documents_in(village, asked.today())?;
    let mut rows: Vec<HouseholdRow> = asked
        .office()
        .households_named(&documents)?
        .into_iter()
        .flatten()
        .filter(|row| !row.withdrawn)
        .collect();
    let folded = |row: &HouseholdRow| (schemas::text::fold(&row.hamlet), schemas::text::fold(&row.head));
    rows.sort_by_cached_key(folded);
    let ticked: Vec<&str> = asked.fields("household").collect();
    // Of a village that was split, the households that stay with the rest are said to: they are placed then.
    let into: Choices = villages
        .iter()
        .map(|(code, label)| match code == village {
            true => (code.clone(), asked.tn("settings.assign_stay", &[("village", label)])),
            false => (code.clone(), label.clone()),
        })
        .collect();
    let chosen = match asked.field("into") {
        "" => into.iter().find(|(code, _)| code != village).map_or("", |(code, _)| code),
        chosen => chosen,
    };
    Ok(html! {
        input type="hidden" name="village" value=(village);
        (input::group_error(asked.t("settings.households"), errors.of("households")))
        @for hamlet in rows.chunk_by(|a, b| schemas::text::fold(&a.hamlet) == schemas::text::fold(&b.hamlet)) {
            fieldset.hamlet {
                legend {
                    @if hamlet[0].hamlet.is_empty() { (asked.t("settings.no_hamlet")) } @else { (show::name(&hamlet[0].hamlet)) }
                    " (" (hamlet.len()) ")"
                }
                (input::tick_field("hamlet", &hamlet[0].document.to_string(), asked.t("settings.hamlet_whole"), false))
                @for row in hamlet {
                    @let id = row.document.to_string();
                    label.tick {
                        input type="checkbox" name="household" value=(id) checked[ticked.contains(&id.as_str())];
                        " " (row.number) " " (show::name(&row.head)) " " span.muted { (show::name(&row.address)) }
                        @if row.unplaced { " " span.tag.tag-warn { (asked.tu("register.unplaced")) } }
                    }
                }
            }
        }
        (input::select_field("into", &asked.tu("settings.assign_into"), chosen, &into, errors.of("into")))
    })
}

/// The households ticked, one by one or by hamlet: a ticked hamlet is named by one of its households.
fn households(asked: &Asked) -> Result<Vec<DocumentId>, Fault> {
    let of = |name| asked.fields(name).filter_map(|text| text.parse::<DocumentId>().ok()).collect::<Vec<_>>();
    let documents = asked.office().documents_in(asked.field("village"), asked.today())?;
    let hamlets = of("hamlet");
    let mut chosen: Vec<DocumentId> =
        of("household").into_iter().filter(|id| documents.contains(id)).collect();
    if !hamlets.is_empty() {
        let rows: Vec<HouseholdRow> =
            asked.office().households_named(&documents)?.into_iter().flatten().collect();
        let folded = |row: &HouseholdRow| schemas::text::fold(&row.hamlet);
        let whole: Vec<String> =
            rows.iter().filter(|row| hamlets.contains(&row.document)).map(folded).collect();
        chosen.extend(rows.iter().filter(|row| whole.contains(&folded(row))).map(|row| row.document));
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

/// What the form says, with what is wrong in it that only the form knows. Without a day that can be read the act is
/// held against today: the rest is looked through all the same.
pub(super) fn read(asked: &Asked, what: What, errors: &mut Errors) -> Result<(PlaceAct, Date), Fault> {
    let text = |name: &str| asked.field(name).to_owned();
    let act = match what {
        What::Add => PlaceAct::Add { code: text("code"), name: text("name") },
        What::Rename => PlaceAct::Rename { code: text("village"), name: text("name") },
        What::Close => PlaceAct::Close { code: text("village") },
        What::Merge => {
            let into = text("into");
            let ticked = asked.fields("villages").map(str::to_owned);
            if into.is_empty() {
                PlaceAct::Merge { villages: ticked.collect(), into: text("code"), name: Some(text("name")) }
            } else {
                // The village that goes on may be ticked among those that come together.
                let villages = ticked.filter(|code| *code != into).collect();
                PlaceAct::Merge { villages, into, name: None }
            }
        }
        What::Split => {
            let parts = (0..PARTS_MAX).map(|at| (text(&format!("code{at}")), text(&format!("name{at}"))));
            let mut into: Vec<(String, String)> = parts.collect();
            // Lines left empty at the end are none; one between others is told by its own error.
            let is_filled = |(code, name): &(String, String)| !(code.is_empty() && name.is_empty());
            into.truncate(into.iter().rposition(is_filled).map_or(0, |last| last + 1));
            let rest = match asked.field("rest").parse::<usize>() {
                Err(_) => text("village"),
                Ok(number) => match into.get(number.wrapping_sub(1)) {
                    Some((code, _)) => code.clone(),
                    None => {
                        errors.add("rest", asked.tu("settings.error_rest"));
                        String::new()
                    }
                },
            };
            PlaceAct::Split { village: text("village"), into, rest }
        }
        What::Assign => PlaceAct::Assign { households: households(asked)?, village: text("into") },
    };
    let since = input::parse_day(asked.field("since"));
    if since.is_none() {
        errors.add("since", asked.t("settings.error_day"));
    }
    Ok((act, since.unwrap_or(asked.today())))
}
