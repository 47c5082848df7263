//! What collectors write: form entries drawn by the dice, all marked as synthetic.

use serde_json::{Value as Json, json};
use sync_core::document::{Container, View};
use sync_core::id::EntityId;

use super::dice::Dice;

const NAMES: [&str; 8] = [
    "Lò Văn Giả",
    "Hà Thị Lập",
    "Phạm Giả Định",
    "Lê Mẫu Thử",
    "Trương Thị Mô",
    "Bùi Văn Phỏng",
    "Đỗ Thị Ví",
    "Cao Dụ",
];
const CODES: [&str; 6] = ["II.1.1", "II.4.1", "II.4.4-1", "III.2", "IV.1", "II.3.13"];
const RESTRICTED: [&str; 3] = ["II.5.1", "II.11.1", "II.7.1"];
const PHONES: [&str; 3] = ["0900000001", "0900000002", "0900000003"];

fn date(dice: &mut Dice, years: usize) -> String {
    let year = 2024 - dice.below(years);
    match dice.below(4) {
        0 => format!("{year}"),
        1 => format!("{year}-{:02}", 1 + dice.below(12)),
        _ => format!("{year}-{:02}-{:02}", 1 + dice.below(12), 1 + dice.below(28)),
    }
}

fn child(dice: &mut Dice, name: &str) -> Json {
    json!({
        "ref": name,
        "name": *dice.pick(&NAMES),
        "birth_date": date(dice, 15),
        "sex": if dice.percent(50) { "male" } else { "female" },
        "ethnicity": *dice.pick(&["01", "02", "03"]),
        "schooling": *dice.pick(&["preschool", "primary", "lower_secondary"]),
    })
}

/// A household nobody has visited before.
#[must_use]
pub fn new_household(dice: &mut Dice, village: &str) -> Json {
    let children: Vec<Json> = (0..1 + dice.below(3)).map(|n| child(dice, &format!("c{n}"))).collect();
    let mut entry = json!({
        "entry": 1,
        "village": village,
        "visit": { "date": date(dice, 2), "round": "2024-2", "result": "met" },
        "household": {
            "head_name": *dice.pick(&NAMES),
            "number": format!("{}", dice.below(400)),
            "poverty_status": *dice.pick(&["poor", "near_poor", "neither"]),
        },
        "members": [{ "ref": "m1", "name": *dice.pick(&NAMES), "birth_date": date(dice, 60), "relation_to_head": "head" }],
        "children": children,
    });
    if dice.percent(40) {
        entry["circumstances"] =
            json!([{ "ref": "k1", "person": "c0", "code": *dice.pick(&CODES), "start": date(dice, 5) }]);
    }
    if dice.percent(15) {
        entry["restricted"] =
            json!([{ "person": "c0", "code": *dice.pick(&RESTRICTED), "start": date(dice, 3) }]);
    }
    entry
}

/// Another visit to a household as this phone knows it. Few values, so that two phones often write
/// different things into one field, and sometimes the same.
#[must_use]
pub fn visit(dice: &mut Dice, view: &View) -> Json {
    let mut entry = json!({ "entry": 1, "household": {} });
    let children: Vec<&EntityId> = view.of(Container::Children).map(|(key, _)| key).collect();
    let person = (!children.is_empty()).then(|| (*dice.pick(&children)).to_string());
    match dice.below(13) {
        0 | 9 | 10 => entry["household"]["phone"] = json!(*dice.pick(&PHONES)),
        1 | 11 | 12 => {
            entry["household"]["poverty_status"] = json!(*dice.pick(&["poor", "near_poor", "neither"]));
        }
        2 => entry["children"] = json!([child(dice, "c0")]),
        3 => entry["household"]["note"] = Json::Null,
        other => {
            let Some(person) = person else {
                entry["household"]["note"] = json!("GIẢ LẬP");
                return entry;
            };
            match other {
                4 => {
                    let schooling = *dice.pick(&["primary", "dropped_out", "completed"]);
                    entry["children"] =
                        json!([{ "id": person, "name": *dice.pick(&NAMES), "schooling": schooling }]);
                }
                5 => {
                    let code = *dice.pick(&CODES);
                    entry["circumstances"] =
                        json!([{ "ref": "k", "person": person, "code": code, "start": date(dice, 4) }]);
                }
                6 => {
                    let form = *dice.pick(&["social_allowance", "medical", "education"]);
                    entry["supports"] =
                        json!([{ "ref": "s", "person": person, "form": form, "received": true }]);
                }
                7 => {
                    let kind = *dice.pick(&["moved_out", "moved_in", "injury", "death"]);
                    entry["events"] =
                        json!([{ "ref": "e", "person": person, "kind": kind, "date": date(dice, 2) }]);
                }
                _ => {
                    let code = *dice.pick(&RESTRICTED);
                    entry["restricted"] = json!([{ "person": person, "code": code, "start": date(dice, 2) }]);
                }
            }
        }
    }
    if dice.percent(50) {
        entry["visit"] = json!({ "date": date(dice, 1), "round": "2024-2", "result": "met" });
    }
    entry
}
