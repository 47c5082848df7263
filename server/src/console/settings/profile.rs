//! The commune's name, official code and level above, each from a day on; the word for a village.

use maud::{Markup, html};
use schemas::catalogue::{Name, catalogue};
use schemas::text;
use sync_core::date::Date;

use crate::console::input::{self, Errors};
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::ProfilePeriod;

/// Longest name or level, in characters.
const NAME_CHARS_MAX: usize = 200;
/// Names of the commune on one page: those it had, and one more.
const ROWS_MAX: usize = 20;

/// One row as it was typed.
#[derive(Default)]
struct Row {
    from: String,
    name: String,
    code: String,
    upper_level: String,
}

impl Row {
    fn of(period: &ProfilePeriod) -> Self {
        Self {
            from: period.from.map(show::day).unwrap_or_default(),
            name: period.name.clone(),
            code: period.code.clone(),
            upper_level: period.upper_level.clone(),
        }
    }

    fn typed(asked: &Asked, at: usize) -> Self {
        let text = |name: &str| asked.field(&format!("{name}{at}")).to_owned();
        Self { from: text("from"), name: text("name"), code: text("code"), upper_level: text("upper") }
    }

    fn is_blank(&self) -> bool {
        [&self.from, &self.name, &self.code].into_iter().all(String::is_empty)
    }
}

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let seen_at = asked.office().log_position()?;
    let mut rows: Vec<Row> = asked.office().profile_periods()?.iter().map(Row::of).collect();
    rows.push(Row::default());
    let unit_word = asked.office().profile(asked.today(), None)?.unit_word;
    form(asked, &rows, &unit_word, seen_at, &Errors::default())
}

fn form(asked: &Asked, rows: &[Row], unit_word: &str, seen_at: u64, errors: &Errors) -> Result<Reply, Fault> {
    let mut words: Vec<(String, String)> = catalogue(Name::VillageUnitWords)
        .entries
        .iter()
        .map(|entry| (entry.label.to_lowercase(), entry.label.to_lowercase()))
        .collect();
    if words.iter().all(|(word, _)| word != unit_word) {
        words.push((unit_word.to_owned(), unit_word.to_owned()));
    }
    let history = asked.office().setting_history("profile/periods")?;
    let body = html! {
        form method="post" action="/office/settings/profile" {
            (asked.token())
            input type="hidden" name="position" value=(seen_at);
            @for (at, row) in rows.iter().enumerate() {
                fieldset.card {
                    legend {
                        @if at == 0 { (asked.t("settings.profile_first")) }
                        @else if at + 1 == rows.len() && row.is_blank() { (asked.t("settings.profile_add")) }
                        @else { (asked.t("settings.profile_next")) }
                    }
                    (period_fields(asked, at, row, errors))
                }
            }
            (input::select_field("unit_word", asked.t("settings.unit_word"), unit_word, &words, None))
            button type="submit" { (asked.t("settings.save")) }
        }
        p.muted { (asked.t("settings.profile_note")) }
        @if let Some(last) = history.first() {
            p.muted { (asked.tn("settings.last_set", &[("when", &show::moment(last.at))])) }
        }
    };
    Ok(super::page(asked, errors, asked.t("settings.profile"), &body))
}

fn period_fields(asked: &Asked, at: usize, row: &Row, errors: &Errors) -> Markup {
    let named = |name: &str| format!("{name}{at}");
    html! {
        @if at > 0 {
            (input::date_field(&named("from"), asked.t("settings.from"), &row.from, errors.of(&named("from"))))
        }
        (input::text_field(&named("name"), asked.t("settings.commune_name"), &row.name, errors.of(&named("name"))))
        (input::text_field(&named("code"), asked.t("settings.commune_code"), &row.code, errors.of(&named("code"))))
        (input::text_field(&named("upper"), asked.t("settings.upper_level"), &row.upper_level, errors.of(&named("upper"))))
    }
}

/// What a row says, with what is wrong in it; nothing of a blank one that may be blank.
fn read(asked: &Asked, at: usize, row: &Row, errors: &mut Errors) -> Option<ProfilePeriod> {
    if at > 0 && row.is_blank() {
        return None;
    }
    let named = |name: &str| format!("{name}{at}");
    if row.name.is_empty() || row.name.chars().count() > NAME_CHARS_MAX {
        errors.add(&named("name"), asked.t("settings.error_name"));
    }
    if !(row.code.is_empty() || (row.code.len() == 5 && row.code.bytes().all(|c| c.is_ascii_digit()))) {
        errors.add(&named("code"), asked.t("settings.error_code"));
    }
    if row.upper_level.chars().count() > NAME_CHARS_MAX {
        errors.add(&named("upper"), asked.t("settings.error_name"));
    }
    let from = if at == 0 {
        None
    } else {
        let from = input::parse_day(&row.from);
        match from {
            None => errors.add(&named("from"), asked.t("settings.error_day")),
            Some(day) if day > asked.today() => {
                errors.add(&named("from"), asked.t("settings.error_day_not_come"));
            }
            Some(_) => {}
        }
        from
    };
    let Row { name, code, upper_level, .. } = row;
    Some(ProfilePeriod { from, name: name.clone(), code: code.clone(), upper_level: upper_level.clone() })
}

/// What the catalogue calls a code on a day, if it is not what was typed: codes are used again.
fn other_name(period: &ProfilePeriod, today: Date) -> Option<&'static str> {
    let day = period.from.unwrap_or(today);
    let entry = catalogue(Name::AdministrativeUnits).entry(&period.code, day)?;
    let known = text::fold(&entry.label);
    (!known.contains(&text::fold(&period.name)) && !text::fold(&period.name).contains(&known))
        .then_some(&entry.label)
}

pub(super) fn take(asked: &Asked) -> Result<Reply, Fault> {
    let count = (0..ROWS_MAX).take_while(|at| asked.has(&format!("name{at}"))).count();
    let rows: Vec<Row> = (0..count.max(1)).map(|at| Row::typed(asked, at)).collect();
    let unit_word = asked.field("unit_word");
    let seen_at = super::seen_at(asked);
    let mut errors = Errors::default();
    let mut periods: Vec<ProfilePeriod> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let Some(period) = read(asked, at, row, &mut errors) else { continue };
        if periods.iter().any(|other| other.from == period.from) && errors.of(&format!("from{at}")).is_none()
        {
            errors.add(&format!("from{at}"), asked.t("settings.error_day_twice"));
        }
        periods.push(period);
    }
    if unit_word.is_empty() || unit_word.chars().count() > NAME_CHARS_MAX {
        errors.add("unit_word", asked.t("settings.error_name"));
    }
    if !errors.is_empty() {
        return form(asked, &rows, unit_word, seen_at, &errors);
    }
    let author = &asked.officer().author;
    if !asked.office().set_profile(author, &periods, unit_word, seen_at, asked.now())? {
        errors.add("name0", asked.t("settings.set_meanwhile"));
        return form(asked, &rows, unit_word, asked.office().log_position()?, &errors);
    }
    for period in &periods {
        if let Some(other) = other_name(period, asked.today()) {
            let with = [("code", period.code.as_str()), ("name", other)];
            asked.say(Say::Warn, asked.tn("settings.code_of_other", &with));
        }
    }
    asked.say(Say::Done, asked.t("settings.saved_told").to_owned());
    Ok(Reply::see("/office/settings/profile"))
}
