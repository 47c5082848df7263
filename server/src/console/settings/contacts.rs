//! Whom collectors may call, as every phone shows it.

use maud::html;
use sync_core::limits::{CONTACTS_MAX, LABEL_BYTES_MAX};

use crate::console::input::{self, Errors};
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply, show};
use crate::problem::Code;

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    body(asked, &Errors::default())
}

fn body(asked: &Asked, errors: &Errors) -> Result<Reply, Fault> {
    let contacts = asked.office().contacts()?;
    let body = html! {
        p { (asked.t("settings.contacts_how")) }
        table.grid {
            caption { (asked.t("settings.contacts")) }
            thead { tr {
                th scope="col" { (asked.t("settings.contact_label")) }
                th scope="col" { (asked.t("settings.contact_phone")) }
                th.screen-only scope="col" { (asked.t("settings.actions")) }
            } }
            tbody {
                @for (label, phone) in &contacts {
                    tr {
                        th scope="row" { (show::name(label)) }
                        td { (show::name(phone)) }
                        td.screen-only {
                            form method="post" action="/office/settings/contacts/remove" {
                                (asked.token())
                                input type="hidden" name="label" value=(label);
                                button.quiet type="submit" { (asked.t("settings.remove")) }
                            }
                        }
                    }
                }
            }
        }
        form.filters method="post" action="/office/settings/contacts" {
            (asked.token())
            (input::text_field("label", asked.t("settings.contact_label"), asked.field("label"), errors.of("label")))
            (input::text_field("phone", asked.t("settings.contact_phone"), asked.field("phone"), errors.of("phone")))
            button type="submit" { (asked.t("settings.contact_set")) }
        }
    };
    Ok(super::page(asked, errors, asked.t("settings.contacts"), &body))
}

/// Characters of a number: + and digits, and what people write between them.
fn is_number(phone: &str) -> bool {
    let written = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '.' | '-' | '(' | ')');
    (3..=30).contains(&phone.len())
        && phone.chars().all(written)
        && phone.chars().filter(char::is_ascii_digit).count() >= 3
}

pub(super) fn take(asked: &Asked) -> Result<Reply, Fault> {
    let (label, phone) = (asked.field("label"), asked.field("phone"));
    let mut errors = Errors::default();
    if label.is_empty() || label.len() > LABEL_BYTES_MAX || show::plain(label) != label {
        errors.add("label", asked.t("settings.error_contact_label"));
    }
    if !is_number(phone) {
        errors.add("phone", asked.t("settings.error_contact_phone"));
    }
    if !errors.is_empty() {
        return body(asked, &errors);
    }
    match asked.office().set_contact(Some(&asked.officer().author), label, phone, asked.now()) {
        Err(problem) if problem.code == Code::LimitExceeded => {
            errors.add(
                "label",
                asked.tn("settings.error_contacts_many", &[("count", &CONTACTS_MAX.to_string())]),
            );
            body(asked, &errors)
        }
        other => {
            other?;
            asked.say(Say::Done, asked.t("settings.saved_told").to_owned());
            Ok(Reply::see("/office/settings/contacts"))
        }
    }
}

pub(super) fn remove(asked: &Asked) -> Result<Reply, Fault> {
    asked.office().remove_contact(Some(&asked.officer().author), asked.field("label"), asked.now())?;
    asked.say(Say::Done, asked.t("settings.saved_told").to_owned());
    Ok(Reply::see("/office/settings/contacts"))
}
