//! Children of a circumstance with their addresses, on a page and as a workbook; and what this list and the register
//! have in common.

use maud::html;
use schemas::catalogue::Name;
use schemas::form::{Form, LineSource};
use schemas::record::{EntityKind, FieldType, definition};
use serde_json::json;
use sync_core::date::Date;
use sync_core::document::{Container, Fields, Value, View, is_withdrawn, shown_text};
use sync_core::facts::PersonRef;
use sync_core::id::{ActorId, DocumentId, EntityId};
use sync_core::tally::Period;

use super::super::input::{date_field, select_field};
use super::super::villages::{Villages, village_choices, village_on};
use super::super::{Area, Asked, Fault, Language, Reply, adhoc, forms, show};
use super::{XLSX, day};
use crate::office::Office;
use crate::problem::{Code, Problem};
use crate::report::{self, List, XlsxError};

/// Children on the page of a circumstance; the file has all.
const SHOWN_MAX: usize = 50;

impl From<XlsxError> for Fault {
    fn from(_: XlsxError) -> Self {
        Code::StorageFull.into()
    }
}

/// What a document says.
pub(super) fn household(office: &Office, document: DocumentId) -> Result<View, Problem> {
    Ok(office.household(document, None, ActorId([0; 16]))?.view())
}

/// As the book has them: by village, then by the household's number.
pub(super) fn in_order<T>(
    asked: &Asked,
    listed: Vec<T>,
    document: impl Fn(&T) -> DocumentId,
) -> Result<Vec<T>, Problem> {
    let documents: Vec<DocumentId> = listed.iter().map(document).collect();
    let rows = asked.office().households_named(&documents)?;
    let mut listed: Vec<_> = rows
        .into_iter()
        .zip(listed)
        .map(|(row, item)| {
            let place = row.map(|row| {
                let number = row.number.parse::<u64>().unwrap_or(u64::MAX);
                (row.village, number, row.number)
            });
            // What can't be read stands last.
            ((place.is_none(), place), item)
        })
        .collect();
    listed.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(listed.into_iter().map(|(_, item)| item).collect())
}

/// The village of a day that was asked for, if there is one of that code.
pub(super) fn village(asked: &Asked, day: Date) -> Result<Option<String>, Fault> {
    let Some(code) = asked.query("village") else { return Ok(None) };
    village_on(asked, code, day)?.map(Some).ok_or(Fault::NotFound)
}

/// What an entry of the household says of a child, entry by entry.
pub(super) fn of_child<'a>(
    view: &'a View,
    of: Container,
    key: &'a EntityId,
) -> impl Iterator<Item = &'a Fields> {
    let entries = view.of(of).map(|(_, fields)| fields);
    entries.filter(move |fields| shown_text(fields, "person") == Some(key.as_str()) && !is_withdrawn(fields))
}

/// The help a child gets.
pub(super) fn supports(view: &View, key: &EntityId) -> String {
    let supports = of_child(view, Container::Supports, key).map(|support| {
        let form = written(EntityKind::Support, support, "form");
        match written(EntityKind::Support, support, "start") {
            day if day.is_empty() => form,
            day => format!("{form} (từ {day})"),
        }
    });
    supports.collect::<Vec<_>>().join("; ")
}

/// A field as a person reads it; what is disputed shows every value.
pub(super) fn written(kind: EntityKind, fields: &Fields, name: &str) -> String {
    let Some(field) = fields.get(name) else { return String::new() };
    let known = definition().entity(kind).field(name);
    let value = |value: &Value| match (value, known.map(|known| (known.kind, known.catalogue))) {
        (Value::Null | Value::Bytes(_), _) => String::new(),
        (Value::Bool(true), _) => "Có".into(),
        (Value::Bool(false), _) => "Không".into(),
        (Value::Int(number), _) => number.to_string(),
        (Value::Text(text), Some((FieldType::Date | FieldType::Day, _))) => show::written_date(text),
        (Value::Text(text), Some((FieldType::Code, Some(of)))) => show::code_label(Language::Vi, of, text),
        (Value::Text(text), _) => text.clone(),
    };
    field.values().map(|written| value(&written.value)).collect::<Vec<_>>().join(" / ")
}

/// A line of 03/TE whose children can be listed.
struct Circumstance {
    form: Form,
    code: String,
    label: String,
    as_of: Date,
    village: Option<String>,
    /// The children, and whether each is counted for certain.
    children: Vec<(PersonRef, bool)>,
    /// Sealed reports that nobody opened, each of which may add a child.
    sealed: usize,
}

impl Circumstance {
    fn of(asked: &Asked) -> Result<Self, Fault> {
        let as_of = day(asked)?;
        let facts = asked.facts()?;
        let form = asked.office().form_at("03/TE", facts.known_at).map_err(forms::fault)?;
        let line = form.line(asked.path("code")).ok_or(Fault::NotFound)?;
        if !matches!(line.source, LineSource::Derived { .. }) {
            return Err(Fault::NotFound);
        }
        let (code, label) = (line.code.clone(), line.label.clone());
        let column = form.columns.first().ok_or(Fault::NotFound)?.code.clone();
        let period = Period::new(forms::year_until(as_of), as_of).map_err(|_| Fault::from(Code::Internal))?;
        let village = village(asked, as_of)?;
        if form.counts_restricted(line) {
            let list = json!({
                "list": "circumstance", "line": code, "village": village, "as_of": as_of.to_string(),
            });
            adhoc::note_restricted(asked, &facts, list)?;
        }
        let explained = asked.office().explained(&form, period, village.as_deref(), &facts, (&code, &column));
        let explained = explained.map_err(|error| forms::fault(error.into()))?;
        let children = explained
            .children
            .iter()
            .filter_map(|child| Some((child.records.first()?.clone(), child.certain)));
        let children =
            in_order(asked, children.collect(), |(person, _): &(PersonRef, bool)| person.document)?;
        let sealed = explained.sealed.len();
        Ok(Self { form, code, label, as_of, village, children, sealed })
    }
}

/// The children of a line, and a button to keep the list.
pub(super) fn circumstance(asked: &Asked) -> Result<Reply, Fault> {
    let found = Circumstance::of(asked)?;
    let people: Vec<PersonRef> =
        found.children.iter().map(|(person, _)| person.clone()).take(SHOWN_MAX).collect();
    let rows = asked.office().people_named(&people)?;
    let names = Villages::on(asked, asked.today())?;
    let mut villages = vec![(String::new(), asked.t("forms.whole_commune").to_owned())];
    let choices = village_choices(asked, found.as_of)?;
    villages.extend(choices.into_iter().map(|(code, name)| (code.clone(), format!("{code} {name}"))));
    let village = found.village.as_deref().unwrap_or_default();
    let count = found.children.len().to_string();
    let body = html! {
        form.filters method="get" {
            (date_field("as_of", asked.t("exports.as_of"), &show::day(found.as_of), None))
            (select_field("village", &asked.tu("exports.village"), village, &villages, None))
            button type="submit" { (asked.t("exports.show")) }
        }
        p { (asked.tn("exports.children", &[("count", &count)])) }
        @if found.sealed > 0 {
            p.message.warn { (asked.tn("exports.sealed", &[("count", &found.sealed.to_string())])) }
        }
        p { a href={ "/office/lists/circumstance/" (found.code) "/xlsx?as_of=" (found.as_of) "&village=" (forms::encoded(village)) } {
            (asked.t("exports.download_xlsx"))
        } }
        table.grid {
            caption { (found.code) " " (found.label) }
            thead { tr {
                th scope="col" { (asked.t("exports.child")) }
                th scope="col" { (asked.t("exports.birth")) }
                th scope="col" { (asked.tu("exports.village")) }
                th scope="col" { (asked.t("exports.address")) }
                th scope="col" { (asked.t("exports.certain")) }
            } }
            tbody {
                @for (person, (_, certain)) in rows.iter().zip(&found.children) {
                    @if let Some(person) = person {
                        tr {
                            th scope="row" {
                                a href={ "/office/household/" (person.document) "#" (person.person) } { (show::name(&person.name)) }
                            }
                            td { (show::written_date(&person.birth)) }
                            td { (show::name(&names.name(&person.village))) }
                            td { (show::name(&person.address)) }
                            td { @if *certain { (asked.t("exports.yes")) } @else { span.tag.tag-warn { (asked.t("exports.undecided")) } } }
                        }
                    }
                }
            }
        }
        @if found.children.len() > SHOWN_MAX {
            p.muted { (asked.tn("exports.more", &[("count", &SHOWN_MAX.to_string())])) }
        }
    };
    let title = format!("{} {}", found.code, found.label);
    Ok(asked.page(Area::Lists, &title, body))
}

/// The same with everything somebody needs who goes there.
pub(super) fn circumstance_xlsx(asked: &Asked) -> Result<Reply, Fault> {
    let found = Circumstance::of(asked)?;
    let villages = Villages::on(asked, found.as_of)?;
    let mut notes = vec![format!(
        "{}; tính đến ngày {}. Tài liệu có thông tin cá nhân: giữ như giữ sổ.",
        asked.office().commune_name(),
        show::day(found.as_of)
    )];
    if found.sealed > 0 {
        notes.push(format!("Còn {} báo cáo kín chưa mở: có thể thêm trẻ.", found.sealed));
    }
    let unit = show::capitalised(asked.unit_word());
    let headings = [
        "TT",
        "Họ và tên trẻ",
        "Ngày sinh",
        "Giới tính",
        "Họ tên cha",
        "Họ tên mẹ",
        "Người nuôi dưỡng",
        unit.as_str(),
        "Địa chỉ cụ thể",
        "Số thứ tự hộ",
        "Chủ hộ",
        "Hoàn cảnh",
        "Trợ giúp",
        "Ghi chú",
    ];
    let list = List {
        sheet: found.code.clone(),
        title: format!("DANH SÁCH: {}", found.label),
        notes,
        headings: headings.map(str::to_owned).to_vec(),
        day: found.as_of,
    };
    let rows = found.children.iter().enumerate().map(|(index, (person, certain))| {
        let view = household(asked.office(), person.document)?;
        Ok::<_, Fault>(row(&view, person, index + 1, *certain, &found.form, &villages))
    });
    let bytes = report::list(&list, &asked.console().data_dir, rows)?;
    asked.note(json!({
        "act": "export", "what": "circumstance", "code": found.code, "village": found.village,
        "as_of": found.as_of.to_string(),
    }))?;
    let code: String = found.code.chars().filter(char::is_ascii).collect();
    Ok(Reply::file(&format!("danh-sach-{code}-{}.xlsx", found.as_of), XLSX, bytes))
}

fn row(
    view: &View,
    person: &PersonRef,
    number: usize,
    certain: bool,
    form: &Form,
    villages: &Villages,
) -> Vec<String> {
    let nobody = Fields::new();
    let child = view.person(&person.person).map_or(&nobody, |(_, fields)| fields);
    let of = |name: &str| written(EntityKind::Child, child, name);
    let address = match of("specific_address") {
        none if none.is_empty() => {
            let (hamlet, address) = (
                written(EntityKind::Household, &view.household, "hamlet"),
                written(EntityKind::Household, &view.household, "address"),
            );
            [address, hamlet].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        }
        elsewhere => elsewhere,
    };
    let circumstances = of_child(view, Container::Circumstances, &person.person).map(|circumstance| {
        let code = shown_text(circumstance, "code").unwrap_or_default();
        let label = form.line(code).map_or_else(
            || show::code_label(Language::Vi, Name::Circumstances, code),
            |line| format!("{code} {}", line.label),
        );
        match written(EntityKind::Circumstance, circumstance, "start") {
            day if day.is_empty() => label,
            day => format!("{label} (từ {day})"),
        }
    });
    vec![
        number.to_string(),
        of("name"),
        of("birth_date"),
        of("sex"),
        of("father_name"),
        of("mother_name"),
        of("carer_name"),
        villages.of(view).1,
        address,
        written(EntityKind::Household, &view.household, "number"),
        written(EntityKind::Household, &view.household, "head_name"),
        circumstances.collect::<Vec<_>>().join("; "),
        supports(view, &person.person),
        if certain {
            String::new()
        } else {
            "Chưa chắc chắn: còn điều chưa quyết định".into()
        },
    ]
}
