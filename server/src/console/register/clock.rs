//! What is said beside a time that a device's clock told, where the office knows better.

use maud::{Markup, html};

use super::super::{Asked, show};
use crate::office::RecordedChange;

const HOUR_SECONDS: u64 = 3600;
const DAY_SECONDS: u64 = 24 * HOUR_SECONDS;
/// Up to so many hours hours are told.
const HOURS_MAX: u64 = 48;
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
        _ if seconds < HOURS_MAX * HOUR_SECONDS => {
            ("register.about_hours", (seconds + HOUR_SECONDS / 2) / HOUR_SECONDS)
        }
        days if days < DAYS_MAX => ("register.about_days", days),
        days if days < YEAR_DAYS => ("register.about_months", (days * 12 + YEAR_DAYS / 2) / YEAR_DAYS),
        days => ("register.about_years", (days + YEAR_DAYS / 2) / YEAR_DAYS),
    };
    asked.tn(key, &[("count", &show::number(count))])
}

#[cfg(test)]
mod tests {
    use sync_core::document::{Edit, Household};

    use super::HOUR_SECONDS;
    use crate::console::tests::{CLOCK, Desk};
    use crate::office::Author;

    #[test]
    fn what_was_written_hours_after_it_arrived_says_so() {
        let mut desk = Desk::officer();
        let author = Author::from_bytes(&[5; 32]);
        let (mut household, genesis) = Household::create(author.actor(desk.office.commune()), "01", CLOCK, 1);
        let document = household.id();
        let hours = |count: u64| CLOCK + i64::try_from(count * HOUR_SECONDS).unwrap();
        // A clock that is nearly right says nothing; one set to another part of the world does.
        let nearly = household.edit(&[Edit::household("number", "12")], hours(1)).unwrap();
        let ahead = household.edit(&[Edit::household("number", "13")], hours(7)).unwrap();
        let changes = [genesis, nearly, ahead].map(|change| (document, change));
        desk.office.author(&author, changes.to_vec(), Vec::new(), CLOCK).unwrap();
        let page = desk.open(&format!("/office/household/{document}/history")).text();
        assert_eq!(
            page.matches("đồng hồ máy").count() - page.matches("đồng hồ máy ghi").count(),
            1,
            "{page}"
        );
        assert!(page.contains("đồng hồ máy nhanh khoảng 7 giờ"), "{page}");
    }
}
