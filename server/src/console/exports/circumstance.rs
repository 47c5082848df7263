//! Children of a circumstance with their addresses (S00: "danh sách trẻ em … kèm địa chỉ cụ thể"): page by page, whole on
//! paper, and as a workbook.
//!
//! Enters: a line of 03/TE that the register fills, a day, perhaps a village. Leaves: the children behind it as the
//! list of a cell has them ([`Children`]). Invariants: whoever lists children with the confidential key open leaves an act; an address names nobody.

use std::ops::Range;

use maud::{Markup, html};
use schemas::catalogue::Name;
use schemas::form::{Form, Line, LineSource};
use schemas::record::EntityKind;
use serde_json::json;
use sync_core::date::Date;
use sync_core::document::{Container, Fields, View, shown_text};
use sync_core::tally::Period;

use super::super::forms::{Children, Told};
use super::super::input::{date_field, select_field};
use super::super::villages::{Villages, village_choices};
use super::super::{Area, Asked, Fault, Language, Reply, adhoc, forms, limits, show};
use super::lists::{household, of_child, supports, village, written};
use super::{XLSX, day};
use crate::office::{PersonRow, address};
use crate::problem::Code;
use crate::report::{self, List};

/// The groups of 03/TE that the register fills, in the form's order, as a list to choose from: also those that no
/// circumstance is recorded for, because they follow from poverty or from what happened.
pub(in crate::console) fn groups(asked: &Asked) -> Result<Markup, Fault> {
    let form = asked.office().form_at("03/TE", crate::office::places::NOW).map_err(forms::fault)?;
    let is_group = |line: &&Line| {
        line.depth == 1 && !line.code.starts_with("I.") && matches!(line.source, LineSource::Derived { .. })
    };
    // The form speaks Vietnamese; the catalogue knows most of its groups in both languages.
    let name = |line: &Line| match show::code_label(asked.language(), Name::Circumstances, &line.code) {
        known if asked.language() == Language::En && known != line.code => known,
        _ => format!("{} {}", line.code, line.label),
    };
    Ok(html! {
        ul.groups {
            @for line in form.lines.iter().filter(is_group) {
                li { a href={ "/office/lists/circumstance/" (forms::encoded(&line.code)) } { (name(line)) } }
            }
        }
    })
}

/// A line of 03/TE whose children can be listed.
struct Circumstance {
    form: Form,
    code: String,
    label: String,
    as_of: Date,
    village: Option<String>,
    villages: Villages,
    children: Children,
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
        let column = form.columns.get(form.total_column()).ok_or(Fault::NotFound)?.code.clone();
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
        let villages = Villages::on(asked, as_of)?;
        let children = Children::of(asked, explained, &villages, village.as_deref())?;
        Ok(Self { form, code, label, as_of, village, villages, children })
    }
}

impl Circumstance {
    fn title(&self) -> String {
        format!("{} {}", self.code, self.label)
    }

    /// The address of this list: `""`, `"/print"`, `"/xlsx"`.
    fn address(&self, page: &str) -> String {
        let village = self.village.as_deref().unwrap_or_default();
        format!(
            "/office/lists/circumstance/{}{page}?as_of={}&village={}",
            forms::encoded(&self.code),
            self.as_of,
            forms::encoded(village)
        )
    }

    /// How many there are, and that sealed reports may add to them.
    fn counts(&self, asked: &Asked) -> Markup {
        html! {
            @let (count, sealed) = (self.children.len() as u64, self.children.sealed() as u64);
            @let count = if sealed == 0 { show::number(count) } else { format!("{}–{}", show::number(count), show::number(count + sealed)) };
            p { (asked.tn("exports.children", &[("count", &count)])) }
            @if self.children.sealed() > 0 {
                p.message.warn { (asked.tn("exports.sealed", &[("count", &self.children.sealed().to_string())])) }
            }
        }
    }

    /// The children at these places.
    fn table(&self, asked: &Asked, places: Range<usize>) -> Result<Markup, Fault> {
        let first = places.start + 1;
        let told = self.children.told(asked, places)?;
        Ok(html! {
            table.grid.list {
                caption { (self.title()) }
                thead { tr {
                    th scope="col" { (asked.t("lists.order")) }
                    th scope="col" { (asked.t("exports.child")) }
                    th scope="col" { (asked.t("exports.birth")) }
                    th scope="col" { (asked.t("exports.sex")) }
                    th scope="col" { (asked.tu("exports.village")) }
                    th scope="col" { (asked.t("exports.head")) }
                    th scope="col" { (asked.t("exports.address")) }
                    th scope="col" { (asked.t("exports.certain")) }
                } }
                tbody {
                    @for (place, told) in (first..).zip(&told) {
                        tr { td.num { (place) } (row_of(asked, &self.villages, told)) }
                    }
                }
            }
        })
    }
}

/// What the page and the print show of a child.
fn row_of(asked: &Asked, villages: &Villages, told: &Told<'_>) -> Markup {
    let (person, row) = (told.record(), told.row());
    let of = |part: fn(&PersonRow) -> &String| row.map_or("", |row| part(row));
    let sex = of(|row| &row.sex);
    html! {
        th scope="row" {
            a href={ "/office/household/" (person.document) "#" (person.person) } {
                @if of(|row| &row.name).is_empty() { (asked.t("lists.unnamed")) } @else { (show::name(of(|row| &row.name))) }
            }
        }
        td { (show::written_date(of(|row| &row.birth))) }
        td { @if !sex.is_empty() { (show::code_label(asked.language(), Name::Sexes, sex)) } }
        td { (show::name(&row.map(|row| villages.of_person(row)).unwrap_or_default())) }
        td { (show::name(of(|row| &row.head))) }
        td { (show::name(of(|row| &row.address))) }
        td { @if told.child.certain { (asked.t("exports.yes")) } @else { span.tag.tag-warn { (asked.t("exports.undecided")) } } }
    }
}

/// The children of a line, a page of them at a time, and the ways to print or keep the whole list.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let found = Circumstance::of(asked)?;
    let mut villages = vec![(String::new(), asked.t("forms.whole_commune").to_owned())];
    let choices = village_choices(asked, found.as_of)?;
    villages.extend(choices.into_iter().map(|(code, name)| (code.clone(), format!("{code} {name}"))));
    let village = found.village.as_deref().unwrap_or_default();
    let pages = found.children.len().div_ceil(limits::ROWS_A_PAGE).max(1);
    let number = asked.query("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
    let first = (number - 1) * limits::ROWS_A_PAGE;
    let body = html! {
        nav.crumbs { a href="/office/lists" { (asked.t("lists.title")) } }
        form.filters method="get" {
            (date_field("as_of", asked.t("exports.as_of"), &show::day(found.as_of), None))
            (select_field("village", &asked.tu("exports.village"), village, &villages, None))
            button type="submit" { (asked.t("exports.show")) }
        }
        (found.counts(asked))
        p.row-actions {
            a.button href=(found.address("/print")) { (asked.t("forms.cell_print")) }
            a.button href=(found.address("/xlsx")) download { (asked.t("exports.download_xlsx")) }
        }
        (found.table(asked, first..found.children.len().min(first + limits::ROWS_A_PAGE))?)
        @if pages > 1 {
            nav.pager aria-label=(asked.t("lists.pages")) {
                @if number > 1 { a rel="prev" href={ (found.address("")) "&page=" (number - 1) } { (asked.t("lists.earlier")) } }
                span { (asked.tn("lists.page", &[("page", &number.to_string()), ("pages", &pages.to_string())])) }
                @if number < pages { a rel="next" href={ (found.address("")) "&page=" (number + 1) } { (asked.t("lists.later")) } }
            }
        }
    };
    Ok(asked.page(Area::Lists, &found.title(), body))
}

/// All of them, to be printed.
pub(super) fn print(asked: &Asked) -> Result<Reply, Fault> {
    let found = Circumstance::of(asked)?;
    let count = found.children.len();
    let list = if count > limits::PRINTED_ROWS_MAX {
        html! {
            p.message.warn {
                (asked.tn("forms.cell_long", &[("most", &show::number(limits::PRINTED_ROWS_MAX as u64))])) " "
                a href=(found.address("/xlsx")) download { (asked.t("exports.download_xlsx")) }
            }
        }
    } else {
        html! {
            p.screen-only { (asked.t("forms.cell_print_how")) " " a href=(found.address("")) { (asked.t("lists.back_to_list")) } }
            (found.table(asked, 0..count)?)
        }
    };
    let place = match &found.village {
        Some(code) => found.villages.name(code),
        None => asked.office().commune_name(),
    };
    let body = html! {
        p { (show::name(&place)) ". " (asked.t("exports.as_of")) " " (show::day(found.as_of)) "." }
        (found.counts(asked))
        (list)
    };
    Ok(asked.page(Area::Lists, &found.title(), body))
}

/// The same with everything somebody needs who goes there.
pub(super) fn xlsx(asked: &Asked) -> Result<Reply, Fault> {
    let found = Circumstance::of(asked)?;
    let mut notes = vec![format!(
        "{}; tính đến ngày {}. Tài liệu có thông tin cá nhân: giữ như giữ sổ.",
        asked.office().commune_name(),
        show::day(found.as_of)
    )];
    if found.children.sealed() > 0 {
        notes.push(format!("Còn {} báo cáo kín chưa mở: có thể thêm trẻ.", found.children.sealed()));
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
    let told = found.children.told(asked, 0..found.children.len())?;
    // Brothers and sisters stand together: their household is read once.
    let mut last: Option<View> = None;
    let rows = (1..).zip(&told).map(|(number, told)| {
        let document = told.record().document;
        let view = match last.take() {
            Some(view) if view.document == document => view,
            _ => household(asked.office(), document)?,
        };
        Ok::<_, Fault>(row(last.insert(view), told, number, &found.form, &found.villages))
    });
    let bytes = report::list(&list, &asked.console().data_dir, rows)?;
    asked.note(json!({
        "act": "export", "what": "circumstance", "code": found.code, "village": found.village,
        "as_of": found.as_of.to_string(),
    }))?;
    let code: String = found.code.chars().filter(char::is_ascii).collect();
    Ok(Reply::file(&format!("danh-sach-{code}-{}.xlsx", found.as_of), XLSX, bytes))
}

fn row(view: &View, told: &Told<'_>, number: usize, form: &Form, villages: &Villages) -> Vec<String> {
    let person = told.record();
    let nobody = Fields::new();
    let child = view.person(&person.person).map_or(&nobody, |(_, fields)| fields);
    let of = |name: &str| written(EntityKind::Child, child, name);
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
        address(view, child),
        written(EntityKind::Household, &view.household, "number"),
        written(EntityKind::Household, &view.household, "head_name"),
        circumstances.collect::<Vec<_>>().join("; "),
        supports(view, &person.person),
        if told.child.certain {
            String::new()
        } else {
            "Chưa chắc chắn: còn điều chưa quyết định".into()
        },
    ]
}
