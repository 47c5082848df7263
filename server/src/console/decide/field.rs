//! One field of one record, corrected by an officer with a reason.

use axum::http::StatusCode;
use maud::{Markup, html};
use sync_core::document::Target;

use super::filter::{Filter, Kind};
use super::queue::{Again, Open};
use super::standing::{Record, entity_of, told, whose};
use super::typed::{self, Input};
use super::{key, reason};
use crate::console::input::Errors;
use crate::console::{Area, Asked, Fault, Reply, show};
use crate::office::{Deed, Subject};

/// `GET /office/decide/field?document=&container=&entity=&field=&from=`.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let part = |name: &str| asked.query(name).unwrap_or_default();
    let name = format!("f~{}~{}~{}~{}", part("document"), part("container"), part("entity"), part("field"));
    let body = body(asked, &name, asked.query("from"), None)?;
    Ok(asked.page(Area::Decide, asked.t("decide.correct_title"), body))
}

fn body(asked: &Asked, name: &str, from: Option<&str>, again: Option<&Again>) -> Result<Markup, Fault> {
    let subject = key::subject(name).ok_or(Fault::NotFound)?;
    let Subject::Field { document, target, field } = &subject else { return Err(Fault::NotFound) };
    let entity = entity_of(target);
    let known = entity.field(field).filter(|known| typed::is_writable(known)).ok_or(Fault::NotFound)?;
    let seen = asked.office().seen(&subject)?.ok_or(Fault::NotFound)?;
    let record = Record::read(asked, *document)?;
    let stands = record.fields(target).and_then(|fields| fields.get(field));
    let begins = stands.map(|field| typed::written(known, &field.shown().value)).unwrap_or_default();
    let from = from.filter(|from| key::subject(from).is_some());
    let queue = asked.office().queue(asked.now())?;
    let filter = Filter::of(Kind::Contradictions);
    let open = Open {
        queue: &queue,
        filter: &filter,
        key: name,
        next: from,
        place: 0,
        again,
        seen: Some(seen),
        from: None,
    };
    Ok(html! {
        (open.warning(asked))
        (whose(asked, &record, target)?)
        div.card {
            p { strong { (show::label(asked.language(), entity.kind, field)) } ": " (asked.t("decide.stands_now")) }
            (told(asked, &record, target, field)?)
        }
        form method="post" action="/office/decide/field" {
            (open.hidden(asked))
            (Input {
                kind: entity.kind, field: known, name: "other", label: asked.t("decide.right_value"),
                typed: open.typed(asked, "other", &begins), error: open.error("other"), focus: true,
            }.markup(asked))
            (reason::inputs(asked, &open))
            p.decide-answers {
                button.primary type="submit" { (asked.t("decide.write")) }
                a href=(back(&subject, from)) { (asked.t("decide.back")) }
            }
        }
    })
}

/// Where the correction was asked for: an item of the queue, or the household.
fn back(subject: &Subject, from: Option<&str>) -> String {
    let filter = Filter::of(Kind::Contradictions);
    match (from, subject) {
        (Some(from), _) => filter.href(Some(from)),
        (None, Subject::Field { document, target: Target::Entity(_, entity), .. }) => {
            format!("/office/household/{document}#{entity}")
        }
        (None, Subject::Field { document, .. }) => format!("/office/household/{document}"),
        _ => filter.href(None),
    }
}

/// `POST /office/decide/field`.
pub(super) fn correct(asked: &Asked) -> Result<Reply, Fault> {
    let name = asked.field("key");
    let from = Some(asked.field("next")).filter(|from| !from.is_empty());
    let Some(subject @ Subject::Field { document, target, field }) = &key::subject(name) else {
        return Err(Fault::NotFound);
    };
    let entity = entity_of(target);
    let known = entity.field(field).filter(|known| typed::is_writable(known)).ok_or(Fault::NotFound)?;
    let seen = asked.field("seen").parse().map_err(|_| Fault::NotFound)?;
    let mut errors = Errors::default();
    let reason = reason::read(asked);
    if reason.is_empty() {
        errors.add("reason", asked.t("decide.reason_needed"));
    }
    let value = match typed::read(entity.kind, known, asked.field("other"), asked.today()) {
        Ok(value) => value,
        Err(wrong) => {
            errors.add("other", wrong.words(asked));
            return show_again(asked, name, from, &Again::wrong(errors));
        }
    };
    if !errors.is_empty() {
        return show_again(asked, name, from, &Again::wrong(errors));
    }
    let deed = Deed::Settle {
        document: *document,
        target: target.clone(),
        field: field.clone(),
        value,
        reason: Some(reason),
        seen,
    };
    match asked.office().do_deed(&asked.officer().author, deed, asked.now()) {
        Ok(id) => {
            asked.say_undo(asked.t("decide.done_value").to_owned(), &format!("/office/deeds/{id}/undo"));
            Ok(Reply::see(&back(subject, from)))
        }
        Err(error) => show_again(asked, name, from, &Again::of(asked, &error)?),
    }
}

fn show_again(asked: &Asked, name: &str, from: Option<&str>, again: &Again) -> Result<Reply, Fault> {
    let status = if again.changed { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let body = body(asked, name, from, Some(again))?;
    Ok(asked.page_with(status, Area::Decide, asked.t("decide.correct_title"), body))
}
