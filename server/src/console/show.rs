//! How dates, numbers, names and recorded values stand on a page.
//!
//! Enters: what the record says, hostile or not. Leaves: text and markup. Invariants: whatever came from a
//! record is escaped, isolated from the writing direction around it, and without the controls that reorder a
//! line; a code becomes its official label and never an error.

use jiff::civil::Date;
use maud::{Markup, html};
use schemas::catalogue::{Name, catalogue};
use schemas::record::{EntityKind, Field, FieldType, definition};
use sync_core::date::PartialDate;
use sync_core::document::{Value, shape};
use sync_core::tally::Bounds;

use super::{Asked, Language};

/// Characters of a name or address that a list shows; a household's page shows all ([`whole`]).
pub(crate) const NAME_CHARS_MAX: usize = 120;

/// Việt Nam's time all year round.
const VIETNAM: jiff::tz::Offset = jiff::tz::Offset::constant(7);

/// As far as it is known: `23/11/2026`, `11/2026`, `2026`.
pub(crate) fn date(date: &PartialDate) -> String {
    let first = date.first();
    if date.is_exact() {
        day(first)
    } else if first.month() == date.last().month() {
        first.strftime("%m/%Y").to_string()
    } else {
        first.strftime("%Y").to_string()
    }
}

/// A word as a line begins with it.
pub(crate) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `23/11/2026`.
pub(crate) fn day(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

/// A date as records write it (`2026-11-23`), shown as people do; what is none stays as it is written.
pub(crate) fn written_date(text: &str) -> String {
    text.parse().map_or_else(|_| plain(text), |parsed| date(&parsed))
}

/// The minute in Việt Nam of a clock in seconds since 1970: `23/11/2026 08:05`.
pub(crate) fn moment(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    VIETNAM.to_datetime(at).strftime("%d/%m/%Y %H:%M").to_string()
}

/// With dots between thousands: `1.234`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push('.');
        }
        shown.push(digit);
    }
    shown
}

/// One number, or least–most marked as undecided.
pub(crate) fn bounds(bounds: Bounds) -> Markup {
    match bounds.exact() {
        Some(exact) => html! { (number(exact)) },
        None => html! { span.undecided { (number(bounds.least)) "–" (number(bounds.most)) } },
    }
}

/// A text of a record without what is invisible and reorders or breaks the line it stands in.
pub(crate) fn plain(text: &str) -> String {
    let is_trick = |c: char| {
        matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
            || (c.is_control() && c != '\n')
    };
    text.chars().filter(|c| !is_trick(*c)).collect()
}

/// A name, address or other text of a record, as lists show it: isolated, and cut where it is absurdly long.
pub(crate) fn name(text: &str) -> Markup {
    let shown = plain(text);
    match shown.char_indices().nth(NAME_CHARS_MAX) {
        None => html! { bdi { (shown) } },
        Some((end, _)) => html! { bdi { (&shown[..end]) "…" } },
    }
}

/// The whole of a text of a record, however long.
pub(crate) fn whole(text: &str) -> Markup {
    html! { bdi.whole { (plain(text)) } }
}

/// The label of a field of a record; the name of one that this version does not know. Nobody types into a link, but it is
/// taken back by the field by which every record is.
pub(crate) fn label(language: Language, kind: EntityKind, field: &str) -> &str {
    let of = |kind| definition().entity(kind).field(field);
    let withdrawn = || of(EntityKind::Household).filter(|_| field == shape::FIELD_WITHDRAWN);
    match (of(kind).or_else(withdrawn), language) {
        (Some(known), Language::Vi) => &known.label,
        (Some(known), Language::En) => &known.label_en,
        (None, _) => field,
    }
}

/// The label of a code of a catalogue, whatever year it is of; the code itself if it is none. A circumstance
/// keeps its code in front: the forms number their lines by it.
pub(crate) fn code_label(language: Language, of: Name, code: &str) -> String {
    let Some(entry) = catalogue(of).history(code).last() else { return plain(code) };
    let label = match language {
        Language::Vi => &entry.label,
        Language::En => entry.label_en.as_ref().unwrap_or(&entry.label),
    };
    if of == Name::Circumstances { format!("{code} {label}") } else { label.clone() }
}

/// What stands in a field, as a person reads it.
pub(crate) fn value(asked: &Asked, kind: EntityKind, field: &str, value: &Value) -> Markup {
    let known = definition().entity(kind).field(field);
    match value {
        Value::Null => html! { span.muted { (asked.t("register.unknown")) } },
        Value::Bool(true) => html! { (asked.t("register.yes")) },
        Value::Bool(false) => html! { (asked.t("register.no")) },
        // Years are the numbers of a record: no dots between thousands.
        Value::Int(number) => html! { (number) },
        Value::Bytes(_) => html! { span.muted { (asked.t("register.sealed")) } },
        Value::Text(text) => written(asked.language(), known, text),
    }
}

fn written(language: Language, field: Option<&Field>, text: &str) -> Markup {
    match field.map(|field| (field.kind, field.catalogue)) {
        Some((FieldType::Date | FieldType::Day, _)) => html! { bdi { (written_date(text)) } },
        Some((FieldType::Code, Some(of))) => html! { bdi { (code_label(language, of, text)) } },
        _ => whole(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_stand_as_vietnamese_write_them() {
        for (given, shown) in [(0, "0"), (999, "999"), (1_234, "1.234"), (1_234_567, "1.234.567")] {
            assert_eq!(number(given), shown);
        }
        for (given, shown) in [("2019-05-03", "03/05/2019"), ("2019-05", "05/2019"), ("2019", "2019")] {
            assert_eq!(written_date(given), shown);
        }
        assert_eq!(written_date("mùa xuân"), "mùa xuân");
        assert_eq!(moment(1_795_392_000), "23/11/2026 07:00");
        assert_eq!(
            bounds(Bounds { least: 2_598, most: 2_619 }).into_string(),
            "<span class=\"undecided\">2.598–2.619</span>"
        );
        assert_eq!(bounds(Bounds { least: 3, most: 3 }).into_string(), "3");
    }

    #[test]
    fn a_hostile_name_stays_a_name() {
        let hostile = "<script>alert(1)</script>\u{202E}txt\u{2066}\u{0007}";
        assert_eq!(name(hostile).into_string(), "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;txt</bdi>");
        let long = "Ạ".repeat(10_000);
        let shown = name(&long).into_string();
        assert_eq!(shown.chars().filter(|c| *c == 'Ạ').count(), NAME_CHARS_MAX);
        assert!(shown.ends_with("…</bdi>"));
        assert_eq!(whole(&long).into_string().chars().filter(|c| *c == 'Ạ').count(), 10_000);
    }

    #[test]
    fn what_takes_a_record_back_is_named_whatever_the_record_is() {
        for kind in [EntityKind::Household, EntityKind::Child, EntityKind::Link] {
            assert_eq!(label(Language::Vi, kind, "withdrawn"), "Rút bỏ (ghi nhầm)");
            assert_eq!(label(Language::En, kind, "withdrawn"), "Withdrawn as a mistake");
        }
        assert_eq!(label(Language::Vi, EntityKind::Link, "of_a_later_version"), "of_a_later_version");
    }

    #[test]
    fn a_code_becomes_its_official_label_and_an_unknown_one_itself() {
        assert_eq!(code_label(Language::Vi, Name::Sexes, "male"), "Nam");
        assert!(code_label(Language::Vi, Name::Circumstances, "II.1").starts_with("II.1 "));
        assert_eq!(code_label(Language::Vi, Name::Sexes, "=cmd()"), "=cmd()");
    }
}
