//! Lists of children by the place where each is to be found, in the order of the book. Every person here is made up.

use serde_json::json;
use sync_core::document::{Container, Edit, Household};
use sync_core::id::{DocumentId, EntityId};

use super::{enter, rows};
use crate::console::tests::{CLOCK, Desk};
use crate::office::Author;

/// A child as its household tells of it, and how it came or left.
fn told(village: &str, event: [&str; 2]) -> Vec<Edit> {
    let [child, circumstance, happened] = keys();
    let of_household = ["head_name", "address"].into_iter().zip(["Chủ Hộ Giả Lập", "Xóm Giả Lập"]);
    let household = of_household.map(|(field, value)| Edit::household(field, format!("{value} {village}")));
    let entities = [
        (
            Container::Children,
            &child,
            &[("name", "Bé Giả Chuyển"), ("birth_date", "2019-05-03"), ("sex", "female")][..],
        ),
        (
            Container::Circumstances,
            &circumstance,
            &[("person", child.as_str()), ("code", "II.4.1"), ("start", "2026-01-02")],
        ),
        (Container::Events, &happened, &[("person", child.as_str()), ("kind", event[0]), ("date", event[1])]),
    ];
    let entities = entities.iter().flat_map(|(container, key, fields)| {
        fields.iter().map(|(field, value)| Edit::entity(*container, key, field, *value))
    });
    household.chain(entities).collect()
}

fn keys() -> [EntityId; 3] {
    ["0000000000001", "0000000000002", "0000000000003"].map(|key| key.parse().unwrap())
}

/// A desk with a child who moved from village 01 to village 02, confirmed at both ends; which of its two documents
/// stands first is chosen.
fn desk_with_move(old_is_first: bool) -> (Desk, [DocumentId; 2]) {
    let desk = Desk::officer();
    let author = Author::from_bytes(&[5; 32]);
    let begin =
        |village: &str, salt| Household::create(author.actor(desk.office.commune()), village, CLOCK, salt);
    let old = begin("01", 1);
    let mut candidates = (2..).map(|salt| begin("02", salt));
    let new = candidates.find(|(new, _)| (old.0.id() < new.id()) == old_is_first).unwrap();
    let documents = [old.0.id(), new.0.id()];
    let [child, _, link] = keys();
    let of = |field: &str, value: &str| Edit::entity(Container::Links, &link, field, value);
    let other = documents[0].to_string();
    let moved = [
        of("kind", "moved"),
        of("person", child.as_str()),
        of("other_document", &other),
        of("other_person", child.as_str()),
    ];
    let arrived = [told("02", ["moved_in", "2026-05-21"]), moved.to_vec()].concat();
    for ((mut household, genesis), edits) in [(old, told("01", ["moved_out", "2026-05-20"])), (new, arrived)]
    {
        let change = household.edit(&edits, CLOCK).unwrap();
        let id = household.id();
        desk.office.author(&author, vec![(id, genesis), (id, change)], Vec::new(), CLOCK).unwrap();
    }
    (desk, documents)
}

/// Everything that is listed of children of a circumstance, on every page and in every file; of a page, its table.
fn listed(desk: &mut Desk, days: &str) -> Vec<(String, String)> {
    let cell = format!("{days}&line=II.4.1&column=1");
    let addresses = [
        format!("/office/lists/circumstance/II.4.1?{days}"),
        format!("/office/lists/circumstance/II.4.1/print?{days}"),
        format!("/office/lists/circumstance/II.4.1/xlsx?{days}"),
        format!("/office/forms/03-TE/cell/print?{cell}"),
        format!("/office/forms/03-TE/cell/file/xlsx?{cell}"),
        format!("/office/forms/03-TE/cell/file/csv?{cell}"),
    ];
    let said = |address: String| {
        let answer = desk.open(&address);
        let text = if answer.bytes.starts_with(b"PK") {
            rows(answer.bytes).iter().map(|row| row.join("\t")).collect::<Vec<_>>().join("\n")
        } else {
            let text = answer.text();
            text.split_once("<tbody>").map_or(text.clone(), |(_, body)| body.to_owned())
        };
        (address, text)
    };
    addresses.into_iter().map(said).collect()
}

#[test]
fn a_child_that_moved_is_listed_where_it_lives_whichever_record_stands_first() {
    for old_is_first in [true, false] {
        let (mut desk, [old, new]) = desk_with_move(old_is_first);
        for (days, village, other) in [
            ("as_of=2026-11-20&from=2025-11-21", "02", "01"),
            ("as_of=2026-11-20&from=2025-11-21&village=02", "02", "01"),
            // On that day it still lived where it left.
            ("as_of=2026-05-01&from=2025-05-02&village=01", "01", "02"),
        ] {
            for (address, text) in listed(&mut desk, days) {
                assert_eq!(text.matches("Bé Giả Chuyển").count(), 1, "{old_is_first} {address}: {text}");
                for shown in ["Chủ Hộ Giả Lập", "Xóm Giả Lập"] {
                    assert!(text.contains(&format!("{shown} {village}")), "{old_is_first} {address}: {text}");
                    assert!(!text.contains(&format!("{shown} {other}")), "{old_is_first} {address}: {text}");
                }
                let name = format!("Thôn Giả Lập {}", village.trim_start_matches('0'));
                assert!(text.contains(&name), "{old_is_first} {address}: {text}");
            }
        }
        // The page of the cell leads to both records, to where it lives first.
        let days = "as_of=2026-11-20&from=2025-11-21";
        let page = desk.open(&format!("/office/forms/03-TE/cell?{days}&line=II.4.1&column=1")).text();
        let place = |document| page.find(&format!("/office/household/{document}#")).unwrap();
        assert!(place(new) < place(old), "{old_is_first}: {page}");
        let list = desk.open(&format!("/office/lists/circumstance/II.4.1?{days}")).text();
        assert!(list.contains(&format!("/office/household/{new}#")), "{old_is_first}: {list}");
    }
}

#[test]
fn every_list_has_the_children_in_the_order_of_the_book() {
    let mut desk = Desk::officer();
    for (village, number, names) in [
        ("02", "1", &["Giả Năm"][..]),
        ("01", "10", &["Giả Bốn"]),
        ("01", "9", &["Giả Em", "Giả Ba", "Giả Ánh", "Giả Dân", "Giả Bảy", "Giả Cam"]),
    ] {
        let refs = (0..names.len()).map(|at| (format!("c{at}"), format!("d{at}"))).collect::<Vec<_>>();
        let children = refs.iter().zip(names).map(|((child, _), name)| {
            json!({ "ref": child, "name": name, "birth_date": "2019-05-03", "sex": "female" })
        });
        let circumstances = refs.iter().map(|(child, circumstance)| {
            json!({ "ref": circumstance, "person": child, "code": "II.4.1", "start": "2026-01-02" })
        });
        let entry = json!({
            "entry": 1, "household": { "number": number, "head_name": "Chủ Hộ Giả Lập" },
            "children": children.collect::<Vec<_>>(), "circumstances": circumstances.collect::<Vec<_>>(),
        });
        enter(&desk, village, entry);
    }
    let expected = ["Ánh", "Ba", "Bảy", "Cam", "Dân", "Em", "Bốn", "Năm"].map(|name| format!("Giả {name}"));
    for (address, text) in listed(&mut desk, "as_of=2026-11-20&from=2025-11-21") {
        let places =
            expected.each_ref().map(|name| text.find(&**name).unwrap_or_else(|| panic!("{address}: {text}")));
        assert!(places.is_sorted(), "{address}: {text}");
    }
    let register = rows(desk.open("/office/lists/register.xlsx").bytes);
    let register = register.iter().map(|row| row.join("\t")).collect::<Vec<_>>().join("\n");
    let places = ["Giả Ba", "Giả Bốn", "Giả Năm"].map(|name| register.find(name).unwrap());
    assert!(places.is_sorted(), "{register}");
}
