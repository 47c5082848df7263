//! The register the commune already keeps, taken over in the browser: upload, columns, trial, confirmation.
//!
//! Enters: a workbook or text file of an officer. Leaves: by [`crate::import`], changes by that officer's hand.
//! Invariants: nothing is written before somebody saw what would be; the file is kept in memory for an hour at most
//! ([`jobs`]); no address and no log line says what is in it.

mod jobs;
mod report;
#[cfg(test)]
mod tests;

use axum::http::header::REFRESH;
use axum::http::{HeaderValue, StatusCode};
use maud::{Markup, html};
use schemas::record::{EntityKind, definition};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use sync_core::id::ChangeHash;

use super::input::{self, Errors};
use super::page::Say;
use super::villages::village_choices;
use super::{Access, Area, Asked, Fault, Language, Reply, Route, show};
use crate::import::{
    self, ImportError, ImportOptions, MappingFile, MappingPreview, RegisterFile, TargetChoice,
};
use crate::office::Author;
use crate::problem::Code;
pub(crate) use jobs::Jobs;
use jobs::{Busy, Stage};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/import", Access::Officer, first),
    Route::upload("/office/import", Access::Officer, take),
    Route::get("/office/import/{id}", Access::Officer, one),
    Route::post("/office/import/{id}/check", Access::Officer, check),
    Route::post("/office/import/{id}/apply", Access::Officer, apply),
    Route::post("/office/import/{id}/forget", Access::Officer, forget),
    Route::get("/office/import/{id}/errors.csv", Access::Officer, errors),
];

/// Seconds between two looks at an import that is running.
const REFRESH_SECONDS: &str = "2";

fn first(asked: &Asked) -> Result<Reply, Fault> {
    Ok(asked.page(Area::Settings, asked.t("import.title"), upload_form(asked, &Errors::default())))
}

fn upload_form(asked: &Asked, errors: &Errors) -> Markup {
    let own = asked.console().imports.of(asked.officer().account);
    let file =
        input::file_field("file", asked.t("import.file"), ".xlsx,.xlsm,.csv,.txt,.tsv", errors.of("file"));
    html! {
        (crumbs(asked))
        (errors.summary(asked))
        @for (id, name) in &own {
            p { a href=(address(id)) { (asked.t("import.go_on")) " " (show::name(name)) } }
        }
        p { (asked.t("import.what")) }
        form method="post" action="/office/import" enctype="multipart/form-data" {
            (asked.token())
            (file)
            button type="submit" { (asked.t("import.upload")) }
        }
        p.muted { (asked.t("import.kept")) }
    }
}

fn crumbs(asked: &Asked) -> Markup {
    html! { nav.crumbs { a href="/office/settings" { (asked.t("settings.title")) } } }
}

fn address(id: &str) -> String {
    format!("/office/import/{id}")
}

/// What is said of a file that can't be imported as a whole.
fn error_words(asked: &Asked, error: &ImportError) -> String {
    match error {
        ImportError::TooManyColumns { row } => {
            asked.tn("import.error_too_many_columns", &[("row", &row.to_string())])
        }
        ImportError::MappingTwice(target) => {
            asked.tn("import.error_mapping_twice", &[("target", &target_label(asked.language(), target))])
        }
        other => code_words(asked, other.code()),
    }
}

fn code_words(asked: &Asked, code: &str) -> String {
    let known = match code {
        "file_too_large" => "import.error_file_too_large",
        "file_empty" => "import.error_file_empty",
        "not_a_workbook" => "import.error_not_a_workbook",
        "file_is_pdf" => "import.error_file_is_pdf",
        "file_is_document" => "import.error_file_is_document",
        "file_is_picture" => "import.error_file_is_picture",
        "file_is_archive" => "import.error_file_is_archive",
        "file_is_web_page" => "import.error_file_is_web_page",
        "file_is_other_spreadsheet" => "import.error_file_is_other_spreadsheet",
        "workbook_old" => "import.error_workbook_old",
        "workbook_damaged" => "import.error_workbook_damaged",
        "workbook_too_large" => "import.error_workbook_too_large",
        "sheet_unknown" => "import.error_sheet_unknown",
        "not_text" => "import.error_not_text",
        "old_encoding" => "import.error_old_encoding",
        "too_many_rows" => "import.error_too_many_rows",
        "too_many_columns" => "import.error_too_many_columns",
        "no_headings" => "import.error_no_headings",
        "no_village_column" => "import.error_no_village_column",
        "no_household_column" => "import.error_no_household_column",
        "village_unknown" => "import.error_village_unknown",
        "mapping_heading" => "import.error_mapping_heading",
        "source_too_long" => "import.error_source_too_long",
        "storage_full" => "import.error_storage_full",
        _ => "import.error_internal",
    };
    asked.tu(known)
}

fn take(asked: &Asked) -> Result<Reply, Fault> {
    let mut wrong = Errors::default();
    let officer = asked.officer();
    match asked.file("file") {
        None => wrong.add("file", asked.t("import.no_file")),
        Some(upload) => match readable(&upload.name, &upload.bytes) {
            Err(error) => wrong.add("file", error_words(asked, &error)),
            Ok(file) => {
                let mut name = [0u8; 12];
                asked.office().draw(|random| random.fill(&mut name));
                let id: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
                match asked.console().imports.add(&id, officer.account, &upload.name, file) {
                    Ok(()) => return Ok(Reply::see(&address(&id))),
                    Err(_) => wrong.add("file", asked.t("import.busy_files")),
                }
            }
        },
    }
    let body = upload_form(asked, &wrong);
    Ok(asked.page_with(StatusCode::UNPROCESSABLE_ENTITY, Area::Settings, asked.t("import.title"), body))
}

/// The file, if it can be read. Which sheet holds the register, and which row its headings, a person may say later.
fn readable(name: &str, bytes: &[u8]) -> Result<RegisterFile, ImportError> {
    let file = RegisterFile::new(name, bytes.to_vec())?;
    let has_other_sheets = file.sheets()?.len() > 1;
    let unnamed = ImportOptions { source: Some(String::new()), ..ImportOptions::default() };
    match import::preview(&file, &unnamed) {
        Err(error) if !has_other_sheets && !matches!(error, ImportError::NoHeadings) => Err(error),
        _ => Ok(file),
    }
}

/// What a page about one import is made of.
struct Seen {
    id: String,
    name: String,
    file: Option<std::sync::Arc<RegisterFile>>,
    options: ImportOptions,
    stage: Stage,
}

fn seen(asked: &Asked) -> Result<Seen, Fault> {
    let look = |job: &mut jobs::Job| Seen {
        id: job.id.clone(),
        name: job.name.clone(),
        file: job.file.clone(),
        options: job.options.clone(),
        stage: job.stage.clone(),
    };
    asked.console().imports.with(asked.path("id"), asked.officer().account, look).ok_or(Fault::NotFound)
}

fn one(asked: &Asked) -> Result<Reply, Fault> {
    let seen = seen(asked)?;
    let title = asked.t("import.title");
    match &seen.stage {
        Stage::Mapping => mapping_page(asked, &seen, &Errors::default()),
        Stage::Running { dry_run, progress } => {
            let body = html! { (crumbs(asked)) (report::progress(asked, *dry_run, *progress)) };
            let page = asked.page(Area::Settings, title, body);
            Ok(page.with(REFRESH, HeaderValue::from_static(REFRESH_SECONDS)))
        }
        Stage::Checked(found) | Stage::Done(found) => {
            let body = html! {
                (crumbs(asked))
                p { (show::name(&seen.name)) }
                (report::page(asked, &seen.id, found))
            };
            Ok(asked.page(Area::Settings, title, body))
        }
        Stage::Failed(code) => {
            let mut wrong = Errors::default();
            wrong.add("columns", code_words(asked, code));
            mapping_page(asked, &seen, &wrong)
        }
    }
}

/// What a target of a column is called.
fn target_label(language: Language, target: &str) -> String {
    let found = TargetChoice::all().into_iter().find(|choice| choice.name() == target);
    match found.and_then(TargetChoice::field) {
        Some((kind, field)) => show::label(language, kind, &field.name).to_owned(),
        None => match definition().entity_in(target) {
            Some(entity) if language == Language::Vi => entity.label.clone(),
            Some(entity) => entity.label_en.clone(),
            None => target.to_owned(),
        },
    }
}

/// The key under which the decisions about a file's columns are kept: by its headings, so that next year's file of
/// another name finds them again.
fn mapping_key(preview: &MappingPreview) -> String {
    let mut digest = Sha256::new();
    for column in &preview.columns {
        digest.update(schemas::text::fold(&column.heading));
        digest.update([0]);
    }
    let name: String = digest.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("import/mapping/{name}")
}

fn remembered(asked: &Asked, preview: &MappingPreview) -> Result<Option<MappingFile>, Fault> {
    let set = asked.office().setting_now(&mapping_key(preview))?;
    Ok(set.and_then(|value| serde_json::from_value(value).ok()))
}

fn mapping_page(asked: &Asked, seen: &Seen, errors: &Errors) -> Result<Reply, Fault> {
    let Some(file) = &seen.file else { return Err(Fault::NotFound) };
    let mut options = seen.options.clone();
    let mut errors = errors.clone();
    let mut preview = import::preview(file, &options);
    // What was decided about these very headings before is proposed again.
    if let Ok(found) = &preview
        && options.mapping.as_ref().is_none_or(|mapping| mapping.columns.is_empty())
        && let Some(known) = remembered(asked, found)?
    {
        options.source = known.source.clone().or(options.source);
        let with_known = ImportOptions {
            mapping: Some(MappingFile { heading_row: Some(found.mapping.heading_row.unwrap_or(1)), ..known }),
            ..options.clone()
        };
        preview = import::preview(file, &with_known).or(preview);
    }
    if preview.is_err() {
        preview = as_chosen(file, &options).or(preview);
    }
    let sheets = file.sheets().unwrap_or_default();
    if let Err(error) = &preview {
        errors.add("heading_row", error_words(asked, error));
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let villages = village_choices(asked, asked.today())?;
    let choices: Vec<(String, String)> =
        std::iter::once((String::new(), asked.t("import.village_of_row").to_owned()))
            .chain(villages)
            .collect();
    let source = options.source.clone().unwrap_or_default();
    let heading_row = match &preview {
        Ok(found) => found.mapping.heading_row,
        Err(_) => options.mapping.as_ref().and_then(|mapping| mapping.heading_row),
    };
    let row = heading_row.map(|row| row.to_string()).unwrap_or_default();
    let form = html! {
        form method="post" action={ (address(&seen.id)) "/check" } {
            (asked.token())
            div.filters {
                @if !sheets.is_empty() {
                    (input::select_field("sheet", asked.t("import.sheet"), options.sheet.as_deref().unwrap_or(&sheets[0]),
                        &sheets.iter().map(|name| (name.clone(), show::plain(name))).collect::<Vec<_>>(), errors.of("sheet")))
                }
                (input::number_field("heading_row", asked.t("import.heading_row"), &row, errors.of("heading_row")))
                button type="submit" name="again" value="1" { (asked.t("import.read_again")) }
            }
            @match &preview {
                Ok(found) => {
                    (input::text_field("source", asked.t("import.source"), &source, errors.of("source")))
                    p.muted { (asked.t("import.source_why")) }
                    (input::select_field("village", asked.t("import.village"), options.village.as_deref().unwrap_or(""),
                        &choices, errors.of("village")))
                    (columns_table(asked, found, &errors))
                    button type="submit" { (asked.t("import.check")) }
                }
                Err(_) => (first_rows(asked, file, options.sheet.as_deref())),
            }
        }
    };
    let body = html! {
        (crumbs(asked))
        p { (show::name(&seen.name)) }
        (errors.summary(asked))
        (form)
        (forget_form(asked, &seen.id))
    };
    Ok(asked.page_with(status, Area::Settings, asked.t("import.title"), body))
}

/// The columns as somebody chose them, where the choices contradict each other and can't be used.
fn as_chosen(file: &RegisterFile, options: &ImportOptions) -> Result<MappingPreview, ImportError> {
    let chosen = options.mapping.clone().unwrap_or_default();
    let bare = MappingFile { columns: serde_json::Map::new(), ..chosen.clone() };
    let mut preview = import::preview(file, &ImportOptions { mapping: Some(bare), ..options.clone() })?;
    for column in &mut preview.columns {
        if let Some(target) = chosen.columns.get(&column.heading).and_then(Json::as_str) {
            target.clone_into(&mut column.target);
        }
    }
    Ok(preview)
}

fn forget_form(asked: &Asked, id: &str) -> Markup {
    html! {
        form method="post" action={ (address(id)) "/forget" } {
            (asked.token())
            button.quiet type="submit" { (asked.t("import.forget")) }
        }
    }
}

fn columns_table(asked: &Asked, preview: &MappingPreview, errors: &Errors) -> Markup {
    let choices = TargetChoice::all();
    html! {
        (input::group_error(asked.t("import.columns"), errors.of("columns")))
        table.grid {
            caption { (asked.t("import.columns")) }
            thead { tr {
                th scope="col" { (asked.t("import.heading")) }
                th scope="col" { (asked.t("import.means")) }
                th scope="col" { (asked.t("import.values")) }
            } }
            tbody {
                @for (at, column) in preview.columns.iter().enumerate() {
                    tr {
                        th scope="row" id={ "h-" (at) } { (show::name(&column.heading)) }
                        td { (targets(asked, &choices, at, &column.target)) }
                        td.muted {
                            @for value in &column.values { div { (show::name(value)) } }
                        }
                    }
                }
            }
        }
    }
}

fn targets(asked: &Asked, choices: &[TargetChoice], at: usize, chosen: &str) -> Markup {
    let plain = |name: &str| match name {
        "village" => "import.target_village",
        "row_number" => "import.target_row_number",
        _ => "import.target_ignore",
    };
    let kinds: Vec<EntityKind> =
        choices.iter().filter_map(|choice| choice.field()).fold(Vec::new(), |mut all, (kind, _)| {
            if !all.contains(&kind) {
                all.push(kind);
            }
            all
        });
    html! {
        select name={ "c" (at) } aria-labelledby={ "h-" (at) } {
            @for choice in choices.iter().filter(|choice| choice.field().is_none()) {
                @let name = choice.name();
                option value=(name) selected[name == chosen] { (asked.tu(plain(&name))) }
            }
            @for kind in kinds {
                @let entity = definition().entity(kind);
                optgroup label=(if asked.language() == Language::Vi { &entity.label } else { &entity.label_en }) {
                    @for choice in choices.iter().filter(|choice| choice.field().is_some_and(|(of, _)| of == kind)) {
                        @let name = choice.name();
                        option value=(name) selected[name == chosen] { (target_label(asked.language(), &name)) }
                    }
                }
            }
        }
    }
}

/// The top of a file whose headings nobody found, for a person to say where they are.
fn first_rows(asked: &Asked, file: &RegisterFile, sheet: Option<&str>) -> Markup {
    let rows = import::first_rows(file, sheet).unwrap_or_default();
    html! {
        @if !rows.is_empty() {
            table.grid {
                caption { (asked.t("import.first_rows")) }
                tbody {
                    @for (number, cells) in &rows {
                        tr { th.num scope="row" { (number) } @for cell in cells { td { (show::name(cell)) } } }
                    }
                }
            }
        }
    }
}

/// What the form says about the file; the columns only if the file's headings are still those it was made for.
fn typed(asked: &Asked, file: &RegisterFile, errors: &mut Errors) -> ImportOptions {
    let some = |name: &str| Some(asked.field(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let heading_row = some("heading_row").and_then(|text| match text.parse::<usize>() {
        Ok(row) if row > 0 => Some(row),
        _ => {
            errors.add("heading_row", asked.t("import.error_heading_row"));
            None
        }
    });
    let mut options = ImportOptions {
        source: some("source"),
        sheet: some("sheet"),
        village: some("village"),
        mapping: Some(MappingFile { heading_row, ..MappingFile::default() }),
        ..ImportOptions::default()
    };
    if asked.has("again") {
        return options;
    }
    if options.source.is_none() {
        errors.add("source", asked.t("import.error_source_empty"));
    }
    if let Ok(found) = import::preview(file, &options) {
        let mut columns = serde_json::Map::new();
        for (at, column) in found.columns.iter().enumerate() {
            let target = asked.field(&format!("c{at}"));
            if TargetChoice::all().iter().any(|choice| choice.name() == target) {
                columns.entry(column.heading.clone()).or_insert(Json::from(target));
            }
        }
        options.mapping = Some(MappingFile {
            columns,
            heading_row: found.mapping.heading_row,
            source: options.source.clone(),
        });
    }
    options
}

fn check(asked: &Asked) -> Result<Reply, Fault> {
    let mut seen = seen(asked)?;
    let file = seen.file.clone().ok_or(Fault::NotFound)?;
    let mut wrong = Errors::default();
    seen.options = typed(asked, &file, &mut wrong);
    let keep = |job: &mut jobs::Job| job.choose(seen.options.clone());
    asked.console().imports.with(&seen.id, asked.officer().account, keep);
    if asked.has("again") {
        return mapping_page(asked, &seen, &wrong);
    }
    match import::preview(&file, &seen.options) {
        Err(error) => wrong.add("columns", error_words(asked, &error)),
        Ok(preview) => {
            let key = mapping_key(&preview);
            let value = json!(seen.options.mapping);
            if wrong.is_empty() && asked.office().setting_now(&key)?.as_ref() != Some(&value) {
                asked.office().set_by(&asked.officer().author, &key, &value, asked.now())?;
            }
        }
    }
    if !wrong.is_empty() {
        return mapping_page(asked, &seen, &wrong);
    }
    start(asked, &seen.id, true)
}

/// The office's own key, by which the import on the command line compares restricted facts too: by another key
/// every row that has any would look changed.
fn office_key(asked: &Asked) -> Option<Author> {
    let text = std::fs::read_to_string(asked.console().data_dir.join("office.key")).ok()?;
    let key: ChangeHash = text.trim().parse().ok()?;
    Some(Author::from_bytes(&key.0))
}

fn start(asked: &Asked, id: &str, dry_run: bool) -> Result<Reply, Fault> {
    let key = office_key(asked);
    asked.console().imports.with(id, asked.officer().account, |job| job.options.digest_key = key);
    let officer = (asked.officer().account, asked.officer().author.clone());
    match asked.console().imports.start(id, asked.office_shared(), officer, dry_run, asked.now()) {
        Ok(()) => {}
        Err(Busy::Gone) => return Err(Fault::NotFound),
        Err(Busy::Running | Busy::Files) => asked.say(Say::Warn, asked.t("import.busy_running").to_owned()),
    }
    Ok(Reply::see(&address(id)))
}

fn apply(asked: &Asked) -> Result<Reply, Fault> {
    start(asked, asked.path("id"), false)
}

fn forget(asked: &Asked) -> Result<Reply, Fault> {
    asked.console().imports.forget(asked.path("id"), asked.officer().account);
    asked.say(Say::Done, asked.t("import.forgotten").to_owned());
    Ok(Reply::see("/office/import"))
}

fn errors(asked: &Asked) -> Result<Reply, Fault> {
    let seen = seen(asked)?;
    let (Stage::Checked(found) | Stage::Done(found)) = &seen.stage else { return Err(Fault::NotFound) };
    let mut bytes = Vec::new();
    found.refused_csv(&mut bytes).map_err(|_| Fault::from(Code::Internal))?;
    asked.note(json!({ "act": "export", "what": "import_errors", "rows": found.rows_refused() }))?;
    Ok(Reply::file("dong-can-sua.csv", "text/csv; charset=utf-8", bytes))
}
