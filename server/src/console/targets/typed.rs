//! Figures that an officer types in, a year at a time: read, checked, kept with their author.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::target::{Decimal, Filled, Measure, TargetSet, Unit};
use serde_json::Value as Json;

use super::{decimal, label, set_named, shown};
use crate::console::input::Errors;
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::SettingRow;
use crate::office::typed::{NumberError, read_number};
use crate::problem::Problem;

/// What was typed, by field; empty for a page nobody typed on yet.
#[derive(Default)]
pub(super) struct Form(BTreeMap<String, String>);

/// A number somebody typed.
struct Number {
    value: Decimal,
    history: Vec<SettingRow>,
}

/// Everything typed for one set and year.
pub(super) struct Numbers {
    typed: BTreeMap<String, Number>,
    signers: BTreeMap<sync_core::id::DeviceId, String>,
}

fn key(set: &TargetSet, measure: &str, year: i16) -> String {
    format!("target/{}.{measure}/{year}", set.set)
}

fn field(measure: &Measure) -> String {
    format!("v-{}", measure.id)
}

fn is_typed(measure: &&Measure) -> bool {
    matches!(measure.filled, Filled::Typed { .. })
}

impl Numbers {
    pub(super) fn of(asked: &Asked, set: &TargetSet, year: i16) -> Result<Self, Problem> {
        let office = asked.office();
        let mut typed = BTreeMap::new();
        let known = office.settings_under(&format!("target/{}.", set.set), u64::MAX >> 1)?;
        for measure in set.measures().filter(is_typed) {
            let key = key(set, &measure.id, year);
            let value = known.iter().find(|(known, _)| *known == key).and_then(|(_, value)| value.as_str());
            if let Some(value) = value.and_then(|text| text.parse().ok()) {
                typed.insert(measure.id.clone(), Number { value, history: office.setting_history(&key)? });
            }
        }
        Ok(Self { typed, signers: office.signers()? })
    }

    pub(super) fn of_measure(&self, measure: &str) -> Option<Decimal> {
        self.typed.get(measure).map(|number| number.value)
    }

    /// As it stands in its field.
    fn written(&self, measure: &str) -> String {
        self.of_measure(measure).map(decimal).unwrap_or_default()
    }

    fn signer(&self, row: &SettingRow) -> &str {
        row.by.and_then(|device| self.signers.get(&device)).map_or("", String::as_str)
    }
}

/// The field of a typed figure, what is wrong with it, and who typed what before.
pub(super) fn cell(
    asked: &Asked,
    numbers: &Numbers,
    measure: &Measure,
    form: &Form,
    errors: &Errors,
) -> Markup {
    let name = field(measure);
    let stands = numbers.written(&measure.id);
    let value = form.0.get(&name).unwrap_or(&stands);
    let error = errors.of(&name);
    let described = error.map(|_| format!("e-{name}"));
    html! {
        div.field.screen-only.wrong[error.is_some()] {
            input.figure id={ "f-" (name) } name=(name) type="text" inputmode="decimal" autocomplete="off"
                maxlength="20" value=(value) aria-label=(label(asked, measure))
                aria-invalid=[error.map(|_| "true")] aria-describedby=[described];
            span { (measure.unit.sign()) }
            input type="hidden" name={ "was-" (name) } value=(stands);
            @if let Some(error) = error { p.field-error id={ "e-" (name) } { (error) } }
        }
        span.print-only { @if stands.is_empty() { "…" } @else { (stands) (measure.unit.sign()) } }
        @if let Some(number) = numbers.typed.get(&measure.id) {
            details.screen-only {
                summary { (asked.t("targets.history")) }
                ul { @for row in &number.history { li {
                    @match row.value.as_str().and_then(|text| text.parse::<Decimal>().ok()) {
                        Some(value) => { (decimal(value)) (measure.unit.sign()) },
                        None => (asked.t("targets.taken_back")),
                    }
                    ", " (show::moment(row.at)) ", " (show::name(numbers.signer(row)))
                } } }
            }
        }
    }
}

/// Keeps what was typed: all of it, or nothing if something is wrong.
pub(super) fn take(asked: &Asked) -> Result<Reply, Fault> {
    let set = set_named(asked.field("set")).ok_or(Fault::NotFound)?;
    let as_of = asked.field("as_of").parse().map_err(|_| Fault::NotFound)?;
    let mut errors = Errors::default();
    // The day came from the page itself: only a forged one is out of range.
    let as_of = super::days::checked(asked, "as_of", as_of, &mut errors).ok_or(Fault::NotFound)?;
    let seen_at = asked.office().log_position()?;
    let numbers = Numbers::of(asked, set, as_of.year())?;
    let mut changed = Vec::new();
    for measure in set.measures().filter(is_typed) {
        let name = field(measure);
        if !asked.has(&name) || asked.field(&name) == asked.field(&format!("was-{name}")) {
            continue;
        }
        match read(asked, measure, asked.field(&name)) {
            Err(text) => errors.add(&name, text),
            Ok(value) if value == numbers.of_measure(&measure.id) => {}
            Ok(_) if asked.field(&format!("was-{name}")) != numbers.written(&measure.id) => {
                let last = numbers.typed.get(&measure.id).and_then(|number| number.history.first());
                let who = last.map_or("", |row| numbers.signer(row));
                let with = [("name", who), ("value", &numbers.written(&measure.id))];
                errors.add(&name, asked.tn("targets.changed_meanwhile", &with));
            }
            Ok(value) => {
                let value = value.map_or(Json::Null, |value| Json::from(value.to_string()));
                changed.push((key(set, &measure.id, as_of.year()), value));
            }
        }
    }
    if !errors.is_empty() {
        let form = Form(asked.all_fields().iter().cloned().collect());
        return shown(asked, StatusCode::UNPROCESSABLE_ENTITY, Some(set), as_of, &form, &errors);
    }
    if !asked.office().set_seen(Some(&asked.officer().author), &changed, seen_at, asked.now())? {
        // Somebody was faster by a moment: read again, their number is said beside its field.
        return take(asked);
    }
    let count = changed.len().to_string();
    asked
        .say(Say::Done, asked.tn("targets.saved", &[("count", &count), ("year", &as_of.year().to_string())]));
    Ok(Reply::see(&super::address(set, as_of)))
}

/// A figure as people write it; nothing takes back what was typed.
fn read(asked: &Asked, measure: &Measure, text: &str) -> Result<Option<Decimal>, &'static str> {
    let number = read_number(text).map_err(|error| match error {
        NumberError::Negative => asked.t("targets.negative"),
        _ => asked.t("targets.not_a_number"),
    })?;
    let Some(number) = number else { return Ok(None) };
    let value: Decimal = number.parse().map_err(|_| asked.t("targets.too_large"))?;
    let most = Decimal::of_thousandths(measure.unit.scale() * 1000);
    match measure.unit {
        Unit::Percent if value > most => Err(asked.t("targets.above_hundred")),
        _ if value > most => Err(asked.t("targets.too_large")),
        _ => Ok(Some(value)),
    }
}
