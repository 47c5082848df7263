//! What is said beside a time that a device's clock told, where the office knows better.

use maud::{Markup, html};

use super::super::{Asked, show};
use crate::office::RecordedChange;

const DAY_SECONDS: u64 = 24 * 3600;
/// From so many days on months are told, and from so many years: a clock is off by about so much.
const DAYS_MAX: u64 = 60;
const YEAR_DAYS: u64 = 365;

/// A warning beside the time at which a change was made, if the device's clock was wrong then.
pub(in crate::console) fn warning(asked: &Asked, recorded: &RecordedChange, made_at: i64) -> Markup {
    html! {
        @if let Some(off) = recorded.clock_off(made_at) {
            " " span.tag.tag-warn {
                (asked.tn(
                    if off > 0 { "register.clock_ahead" } else { "register.clock_behind" },
                    &[("off", &about(asked, off.unsigned_abs()))],
                ))
            }
        }
    }
}

/// About how long, in the largest unit that says enough.
fn about(asked: &Asked, seconds: u64) -> String {
    let (key, count) = match seconds / DAY_SECONDS {
        days if days < DAYS_MAX => ("register.about_days", days),
        days if days < YEAR_DAYS => ("register.about_months", (days * 12 + YEAR_DAYS / 2) / YEAR_DAYS),
        days => ("register.about_years", (days + YEAR_DAYS / 2) / YEAR_DAYS),
    };
    asked.tn(key, &[("count", &show::number(count))])
}
