//! The collectors' devices: who may see and write which village, and the code that lets a new one in.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use fast_qr::qr::QRBuilder;
use maud::{Markup, html};
use sync_core::id::DeviceId;
use sync_core::limits::{GRANTED_VILLAGES_MAX, LABEL_BYTES_MAX};

use crate::console::input::{self, Errors};
use crate::console::page::Say;
use crate::console::villages::village_choices;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::{DeviceRecord, EnrolmentCode};

/// How long a code can be used, in hours.
const HOURS_MAX: u16 = 720;
/// Setting that holds the address by which phones reach the office.
const KEY_ADDRESS: &str = "profile/address";
/// Light modules around a QR code, without which cameras don't find it (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

pub(super) fn list(asked: &Asked) -> Result<Reply, Fault> {
    body(asked, &Errors::default())
}

fn body(asked: &Asked, errors: &Errors) -> Result<Reply, Fault> {
    let devices = asked.office().devices()?;
    let villages = asked.office().villages()?;
    let name = |code: &String| {
        let found = villages.iter().find(|(known, _)| known == code);
        found.map_or_else(|| code.clone(), |(_, name)| show::plain(name))
    };
    let body = html! {
        table.grid {
            caption { (asked.tu("settings.devices")) }
            thead { tr {
                th scope="col" { (asked.t("settings.device_label")) }
                th scope="col" { (asked.tu("settings.device_villages")) }
                th scope="col" { (asked.t("settings.device_seen")) }
                th.num scope="col" { (asked.t("settings.device_batches")) }
                th.num scope="col" { (asked.t("settings.device_quarantined")) }
                th scope="col" { (asked.t("settings.device_state")) }
            } }
            tbody {
                @for device in &devices {
                    tr {
                        th scope="row" { a href=(address(device.id)) { (show::name(&device.label)) } }
                        td { (device.villages.iter().map(name).collect::<Vec<_>>().join(", ")) }
                        td { @match device.seen_at { Some(at) => (show::moment(at)), None => (asked.t("settings.never")) } }
                        td.num { (show::number(device.batches)) }
                        td.num { (show::number(device.quarantined)) }
                        td {
                            @if device.revoked { span.tag.tag-bad { (asked.t("settings.revoked")) } }
                            @else { span.tag.tag-ok { (asked.t("settings.in_use")) } }
                        }
                    }
                }
            }
        }
        (code_form(asked, errors)?)
    };
    Ok(super::page(asked, errors, &asked.tu("settings.devices"), &body))
}

fn address(device: DeviceId) -> String {
    format!("/office/settings/devices/{device}")
}

/// The villages of today, below each the registers of villages that ended in it, and what the device has besides.
fn villages_ticks(asked: &Asked, chosen: &[String]) -> Result<Markup, Fault> {
    let names: BTreeMap<String, String> = asked.office().villages()?.into_iter().collect();
    let today = village_choices(asked, asked.today())?;
    let codes = asked.office().village_codes(asked.today())?;
    let others = |village: &String| -> Vec<&String> {
        codes.get(village).into_iter().flatten().filter(|code| *code != village).collect()
    };
    let is_known =
        |code: &String| today.iter().any(|(village, _)| village == code || others(village).contains(&code));
    let name = |code: &String| show::plain(names.get(code).unwrap_or(code));
    let tick = |code: &String, label: &str| input::tick_field("village", code, label, chosen.contains(code));
    Ok(html! {
        @for (code, name_today) in &today {
            (tick(code, name_today))
            @if !others(code).is_empty() {
                div.old-registers {
                    @for other in others(code) {
                        (tick(other, &asked.tn("settings.village_register", &[("village", &name(other))])))
                    }
                }
            }
        }
        @for code in chosen.iter().filter(|code| !is_known(code)) {
            (tick(code, &format!("{} {}", name(code), asked.tu("settings.village_old"))))
        }
        @if today.iter().any(|(code, _)| !others(code).is_empty()) {
            p.muted { (asked.tu("settings.village_registers")) }
        }
    })
}

fn code_form(asked: &Asked, errors: &Errors) -> Result<Markup, Fault> {
    let set = asked.office().setting_now(KEY_ADDRESS)?;
    let known = set.as_ref().and_then(|value| value.as_str()).unwrap_or_default();
    let or = |name: &str, other: &str| {
        if asked.has(name) { asked.field(name).to_owned() } else { other.to_owned() }
    };
    let chosen: Vec<String> = asked.fields("village").map(str::to_owned).collect();
    Ok(html! {
        h2 { (asked.t("settings.code_new")) }
        p { (asked.tu("settings.code_what")) }
        form.card method="post" action="/office/settings/devices" {
            (asked.token())
            (input::text_field("label", asked.t("settings.device_label"), asked.field("label"), errors.of("label")))
            fieldset {
                legend { (asked.tu("settings.device_villages")) }
                (input::group_error(&asked.tu("settings.device_villages"), errors.of("village")))
                (villages_ticks(asked, &chosen)?)
            }
            (input::number_field("hours", asked.t("settings.code_hours"), &or("hours", "48"), errors.of("hours")))
            div.origin {
                (input::text_field("address", asked.t("settings.code_address"), &or("address", known), errors.of("address")))
            }
            button type="submit" { (asked.t("settings.code_make")) }
        }
    })
}

/// The codes of the villages ticked, with those they bring along, and what is wrong.
fn ticked(asked: &Asked, errors: &mut Errors) -> Result<Vec<String>, Fault> {
    let known = asked.office().villages()?;
    let chosen: Vec<String> = asked.fields("village").map(str::to_owned).collect();
    if chosen.is_empty() || chosen.iter().any(|code| known.iter().all(|(other, _)| other != code)) {
        errors.add("village", asked.tu("settings.error_village_none"));
    }
    let codes = asked.office().codes_to_grant(&chosen, asked.today())?;
    if codes.len() > GRANTED_VILLAGES_MAX {
        let count = GRANTED_VILLAGES_MAX.to_string();
        errors.add("village", asked.tn("settings.error_villages_many", &[("count", &count)]));
    }
    Ok(codes)
}

pub(super) fn enrol(asked: &Asked) -> Result<Reply, Fault> {
    let mut errors = Errors::default();
    let label = asked.field("label");
    if label.is_empty() || label.len() > LABEL_BYTES_MAX || show::plain(label) != label {
        errors.add("label", asked.tu("settings.error_device_label"));
    }
    let villages = ticked(asked, &mut errors)?;
    let hours = asked.field("hours").parse::<u16>().ok().filter(|hours| (1..=HOURS_MAX).contains(hours));
    if hours.is_none() {
        errors.add("hours", asked.tn("settings.error_hours", &[("max", &HOURS_MAX.to_string())]));
    }
    let address = asked.field("address").trim_end_matches('/');
    if !is_address(address) {
        errors.add("address", asked.t("settings.error_address"));
    }
    let (Some(hours), true) = (hours, errors.is_empty()) else { return body(asked, &errors) };
    if asked.office().setting_now(KEY_ADDRESS)?.as_ref().and_then(|value| value.as_str()) != Some(address) {
        asked.office().set_by(&asked.officer().author, KEY_ADDRESS, &address.into(), asked.now())?;
    }
    let code = asked.office().enrolment_code(label, &villages, i64::from(hours) * 3600, asked.now())?;
    Ok(code_page(asked, label, address, &code))
}

/// How phones reach the office: `https://`, a name, perhaps a port.
fn is_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let uri: Result<axum::http::Uri, _> = text.parse();
    let authority = uri.ok().and_then(|uri| uri.authority().map(|authority| authority.as_str().to_owned()));
    !rest.is_empty() && !rest.contains('@') && !rest.starts_with(':') && authority.as_deref() == Some(rest)
}

/// The code, its link and its picture: shown this once, for the office keeps only the code's digest.
fn code_page(asked: &Asked, label: &str, address: &str, code: &EnrolmentCode) -> Reply {
    // Behind `#` the code stays in the browser of whoever opens the link.
    let link = format!("{address}/#enrol={}", code.text);
    let body = html! {
        p { (asked.tu("settings.code_once")) }
        dl.facts {
            dt { (asked.t("settings.device_label")) } dd { (show::name(label)) }
            dt { (asked.t("settings.code")) } dd { strong.code { (code.text) } }
            dt { (asked.t("settings.code_until")) } dd { (show::moment(code.expires_at)) }
            dt { (asked.t("settings.code_link")) } dd { code { (link) } }
        }
        @if let Some(picture) = picture(asked, &link) { (picture) }
        p { (asked.t("settings.code_how")) }
        p.screen-only { a href="/office/settings/devices" { (asked.tu("settings.devices")) } }
    };
    super::page(asked, &Errors::default(), asked.t("settings.code_new"), &body)
}

/// The link as a QR code; none if it is too long for one.
fn picture(asked: &Asked, link: &str) -> Option<Markup> {
    let code = QRBuilder::new(link).build().ok()?;
    let side = code.size + 2 * QUIET_ZONE;
    let mut path = String::new();
    for y in 0..code.size {
        for (x, module) in code[y].iter().enumerate().take(code.size) {
            if module.value() {
                path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE));
            }
        }
    }
    Some(html! {
        svg.qr role="img" viewBox={ "0 0 " (side) " " (side) } width="260" height="260" shape-rendering="crispEdges"
            xmlns="http://www.w3.org/2000/svg" {
            title { (asked.t("settings.code_picture")) }
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    })
}

fn known(asked: &Asked) -> Result<DeviceRecord, Fault> {
    let id: DeviceId = asked.path("device").parse().map_err(|_| Fault::NotFound)?;
    asked.office().devices()?.into_iter().find(|device| device.id == id).ok_or(Fault::NotFound)
}

pub(super) fn one(asked: &Asked) -> Result<Reply, Fault> {
    let device = known(asked)?;
    let villages = device.villages.clone();
    one_body(asked, &device, &villages, &Errors::default())
}

fn one_body(
    asked: &Asked,
    device: &DeviceRecord,
    chosen: &[String],
    errors: &Errors,
) -> Result<Reply, Fault> {
    let body = html! {
        p { a href="/office/settings/devices" { (asked.tu("settings.devices")) } }
        dl.facts {
            dt { (asked.t("settings.device_id")) } dd { code { (device.id) } }
            dt { (asked.t("settings.device_seen")) }
            dd { @match device.seen_at { Some(at) => (show::moment(at)), None => (asked.t("settings.never")) } }
            dt { (asked.t("settings.device_batches")) } dd { (show::number(device.batches)) }
            dt { (asked.t("settings.device_quarantined")) } dd { (show::number(device.quarantined)) }
        }
        @if device.revoked {
            p.tag.tag-bad { (asked.t("settings.revoked")) }
        } @else {
            form.card method="post" action=(address(device.id)) {
                (asked.token())
                input type="hidden" name="was" value=(device.villages.join(","));
                fieldset {
                    legend { (asked.tu("settings.device_villages")) }
                    (input::group_error(&asked.tu("settings.device_villages"), errors.of("village")))
                    (villages_ticks(asked, chosen)?)
                }
                button type="submit" { (asked.t("settings.save")) }
            }
            form.card method="post" action={ (address(device.id)) "/revoke" } {
                (asked.token())
                p { (asked.t("settings.revoke_what")) }
                (input::tick_field("sure", "1", asked.t("settings.revoke_sure"), false))
                (input::group_error(asked.t("settings.revoke_sure"), errors.of("sure")))
                button type="submit" { (asked.t("settings.revoke")) }
            }
        }
    };
    Ok(super::page(asked, errors, &show::plain(&device.label), &body))
}

pub(super) fn grant(asked: &Asked) -> Result<Reply, Fault> {
    let device = known(asked)?;
    let mut errors = Errors::default();
    let villages = ticked(asked, &mut errors)?;
    // A merger, or another keeper, may have granted others while this page was open.
    if asked.field("was") != device.villages.join(",") {
        errors.add("village", asked.t("settings.set_meanwhile"));
    }
    if !errors.is_empty() {
        return one_body(asked, &device, &villages, &errors);
    }
    let passed = asked.office().grant(Some(&asked.officer().author), device.id, &villages, asked.now())?;
    asked.say(Say::Done, asked.tn("settings.granted", &[("count", &passed.to_string())]));
    Ok(Reply::see(&address(device.id)))
}

pub(super) fn revoke(asked: &Asked) -> Result<Reply, Fault> {
    let device = known(asked)?;
    if device.revoked {
        return Err(Fault::Refused(StatusCode::CONFLICT, "settings.revoked"));
    }
    if !asked.has("sure") {
        let mut errors = Errors::default();
        errors.add("sure", asked.t("settings.error_sure"));
        return one_body(asked, &device, &device.villages, &errors);
    }
    asked.office().revoke(Some(&asked.officer().author), device.id, asked.now())?;
    asked.say(Say::Done, asked.t("settings.revoked_done").to_owned());
    Ok(Reply::see("/office/settings/devices"))
}
