//! Who signs each form: role and name, left to right.

use maud::html;
use schemas::form::{Form, forms};

use crate::console::input::{self, Errors};
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply};
use crate::report::Signatory;

/// People who sign one form: what fits beside each other on a sheet.
const SIGNATORIES_MAX: usize = 4;
/// A role or a name, in characters.
const CHARS_MAX: usize = 100;

/// Name of a field: a form's number is no name of one.
fn field(form: &Form, what: &str, at: usize) -> String {
    format!("{what}-{}-{at}", form.form.replace('/', "-"))
}

fn typed(asked: &Asked, form: &Form) -> Vec<Signatory> {
    let text = |what: &str, at: usize| asked.field(&field(form, what, at)).to_owned();
    (0..SIGNATORIES_MAX).map(|at| Signatory { role: text("role", at), name: text("name", at) }).collect()
}

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let seen_at = asked.office().log_position()?;
    let mut all = Vec::new();
    for form in forms() {
        let set = asked.office().signatories(&form.form, crate::office::places::NOW)?;
        let unsigned = |role: &String| Signatory { role: role.clone(), name: String::new() };
        all.push((form, set.unwrap_or_else(|| form.signatories.iter().map(unsigned).collect())));
    }
    Ok(body(asked, &all, seen_at, &Errors::default()))
}

fn body(asked: &Asked, all: &[(&Form, Vec<Signatory>)], seen_at: u64, errors: &Errors) -> Reply {
    let blank = Signatory { role: String::new(), name: String::new() };
    let body = html! {
        p { (asked.t("settings.signatories_how")) }
        form method="post" action="/office/settings/signatories" {
            (asked.token())
            input type="hidden" name="position" value=(seen_at);
            @for (form, signatories) in all {
                fieldset.card {
                    legend { (form.number) }
                    @for at in 0..SIGNATORIES_MAX {
                        @let signatory = signatories.get(at).unwrap_or(&blank);
                        div.filters {
                            @let (role, name) = (field(form, "role", at), field(form, "name", at));
                            (input::text_field(&role, asked.t("settings.role"), &signatory.role, errors.of(&role)))
                            (input::text_field(&name, asked.t("settings.person_name"), &signatory.name, errors.of(&name)))
                        }
                    }
                }
            }
            button type="submit" { (asked.t("settings.save")) }
        }
    };
    super::page(asked, errors, asked.t("settings.signatories"), &body)
}

pub(super) fn take(asked: &Asked) -> Result<Reply, Fault> {
    let mut errors = Errors::default();
    let seen_at = super::seen_at(asked);
    let all: Vec<(&Form, Vec<Signatory>)> = forms().iter().map(|form| (form, typed(asked, form))).collect();
    for (form, signatories) in &all {
        for (at, signatory) in signatories.iter().enumerate() {
            // The labels of all forms are the same: whose field it is, the message says.
            let wrong = |key: &str| {
                let (number, max) = ((at + 1).to_string(), CHARS_MAX.to_string());
                asked.tn(key, &[("form", &form.form), ("number", &number), ("max", &max)])
            };
            if signatory.role.is_empty() && !signatory.name.is_empty() {
                errors.add(&field(form, "role", at), wrong("settings.error_role"));
            }
            for (what, text) in [("role", &signatory.role), ("name", &signatory.name)] {
                if text.chars().count() > CHARS_MAX {
                    errors.add(&field(form, what, at), wrong("settings.error_too_long"));
                }
            }
        }
    }
    if !errors.is_empty() {
        return Ok(body(asked, &all, seen_at, &errors));
    }
    let mut changed = Vec::new();
    for (form, signatories) in &all {
        let mut signatories = signatories.clone();
        signatories.retain(|signatory| !signatory.role.is_empty());
        let set = asked.office().signatories(&form.form, crate::office::places::NOW)?;
        if set.as_ref() != Some(&signatories) {
            changed.push((form.form.clone(), signatories));
        }
    }
    if !asked.office().set_signatories(&asked.officer().author, &changed, seen_at, asked.now())? {
        let first = changed.first().and_then(|(name, _)| all.iter().find(|(form, _)| form.form == *name));
        if let Some((form, _)) = first {
            errors.add(&field(form, "role", 0), asked.t("settings.set_meanwhile"));
        }
        return Ok(body(asked, &all, asked.office().log_position()?, &errors));
    }
    asked.say(Say::Done, asked.t("settings.saved").to_owned());
    Ok(Reply::see("/office/settings/signatories"))
}
