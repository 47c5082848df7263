//! What the commune sets for itself: its names, villages, signatories, columns of forms and of the register for another
//! program, contacts, devices.
//!
//! Enters: what an officer, or the keeper of the machine, types. Leaves: acts of the log, each signed by who typed
//! it. Invariants: nothing here changes a past day: names, villages and codes carry the day from which they hold; a
//! form that is refused comes back as it was typed, with what is wrong beside each field.

mod columns;
mod contacts;
mod devices;
mod export_columns;
mod form_file;
mod profile;
mod signatories;
#[cfg(test)]
mod tests;
mod village_forms;
mod villages;

use axum::http::StatusCode;
use maud::{Markup, html};

use super::input::Errors;
use super::{Access, Area, Asked, Fault, Reply, Route};
use crate::office::Role;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/settings", Access::SignedIn, index),
    Route::get("/office/settings/profile", Access::Officer, profile::page),
    Route::post("/office/settings/profile", Access::Officer, profile::take),
    Route::get("/office/settings/villages", Access::Officer, villages::page),
    Route::get("/office/settings/villages/{what}", Access::Officer, villages::ask),
    Route::post("/office/settings/villages/{what}", Access::Officer, villages::take),
    Route::get("/office/settings/signatories", Access::Officer, signatories::page),
    Route::post("/office/settings/signatories", Access::Officer, signatories::take),
    Route::get("/office/settings/columns", Access::Officer, columns::list),
    Route::get("/office/settings/columns/{form}", Access::Officer, columns::page),
    Route::upload("/office/settings/columns/{form}", Access::Officer, columns::take),
    Route::post("/office/settings/columns/{form}/default", Access::Officer, columns::take_default),
    Route::get("/office/settings/form-file/{form}", Access::Officer, form_file::page),
    Route::upload("/office/settings/form-file/{form}", Access::Officer, form_file::take),
    Route::post("/office/settings/form-file/{form}/default", Access::Officer, form_file::take_default),
    Route::get("/office/settings/form-file/{form}/file", Access::Officer, form_file::file),
    Route::get("/office/settings/export-columns", Access::Officer, export_columns::page),
    Route::upload("/office/settings/export-columns", Access::Officer, export_columns::take),
    Route::post("/office/settings/export-columns/default", Access::Officer, export_columns::take_default),
    Route::get("/office/settings/contacts", Access::Officer, contacts::page),
    Route::post("/office/settings/contacts", Access::Officer, contacts::take),
    Route::post("/office/settings/contacts/remove", Access::Officer, contacts::remove),
    Route::get("/office/settings/devices", Access::Keeper, devices::list),
    Route::post("/office/settings/devices", Access::Keeper, devices::enrol),
    Route::get("/office/settings/devices/{device}", Access::Keeper, devices::one),
    Route::post("/office/settings/devices/{device}", Access::Keeper, devices::grant),
    Route::post("/office/settings/devices/{device}/revoke", Access::Keeper, devices::revoke),
    Route::get("/office/settings/backup", Access::Keeper, backup),
];

/// The cards: address, what it is called, what it is for, who sees it.
const CARDS: &[(&str, &str, &str, Role)] = &[
    ("/office/settings/profile", "settings.profile", "settings.profile_what", Role::Officer),
    ("/office/settings/villages", "settings.villages", "settings.villages_what", Role::Officer),
    ("/office/settings/signatories", "settings.signatories", "settings.signatories_what", Role::Officer),
    ("/office/settings/columns", "settings.columns", "settings.columns_what", Role::Officer),
    (
        "/office/settings/export-columns",
        "settings.export_columns",
        "settings.export_columns_what",
        Role::Officer,
    ),
    ("/office/settings/contacts", "settings.contacts", "settings.contacts_what", Role::Officer),
    ("/office/import", "settings.import", "settings.import_what", Role::Officer),
    ("/office/settings/devices", "settings.devices", "settings.devices_what", Role::Keeper),
    ("/office/accounts", "settings.accounts", "settings.accounts_what", Role::Keeper),
    ("/office/settings/backup", "settings.backup", "settings.backup_what", Role::Keeper),
];

fn index(asked: &Asked) -> Result<Reply, Fault> {
    let roles = &asked.officer().roles;
    let body = html! {
        ul.cards {
            @for (address, title, what, _) in CARDS.iter().filter(|(.., role)| roles.contains(role)) {
                li.card { h2 { a href=(address) { (asked.tu(title)) } } p { (asked.tu(what)) } }
            }
        }
    };
    Ok(asked.page(Area::Settings, asked.t("settings.title"), body))
}

/// A page below the cards.
fn page(asked: &Asked, errors: &Errors, title: &str, body: &Markup) -> Reply {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let body = html! {
        nav.crumbs { a href="/office/settings" { (asked.t("settings.title")) } }
        (errors.summary(asked))
        (body)
    };
    asked.page_with(status, Area::Settings, title, body)
}

/// The log position a page showed, which its form carries: what was set after it, its reader has not seen.
fn seen_at(asked: &Asked) -> u64 {
    asked.field("position").parse().unwrap_or(0)
}

/// Why a file of text can't be read.
enum Unfit {
    TooLarge,
    NotText,
}

impl Unfit {
    /// What is said of it.
    fn words(&self, asked: &Asked, bytes_max: usize) -> String {
        match self {
            Self::TooLarge => {
                asked.tn("settings.error_columns_large", &[("kb", &(bytes_max / 1024).to_string())])
            }
            Self::NotText => asked.t("settings.error_not_text").to_owned(),
        }
    }
}

/// The file that was sent as `file`, or the text beside it.
fn sent(asked: &Asked, bytes_max: usize) -> Result<String, Unfit> {
    let text = match asked.file("file") {
        None => asked.field("text"),
        Some(upload) if upload.bytes.len() > bytes_max => return Err(Unfit::TooLarge),
        Some(upload) => {
            let text = core::str::from_utf8(&upload.bytes).map_err(|_| Unfit::NotText)?;
            text.trim_start_matches('\u{feff}')
        }
    };
    if text.len() > bytes_max { Err(Unfit::TooLarge) } else { Ok(text.replace("\r\n", "\n")) }
}

fn backup(asked: &Asked) -> Result<Reply, Fault> {
    let body = html! {
        p { (asked.t("settings.backup_how")) }
        pre { code { "sothon backup so-thon-" (asked.today()) ".sqlite" } }
        p { (asked.t("settings.backup_keys")) }
    };
    Ok(page(asked, &Errors::default(), asked.t("settings.backup"), &body))
}
