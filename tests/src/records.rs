//! Household records of the size that the design's numbers are stated for: about 100 scalar leaves, 4
//! members, 2 children with 22 fields each, 3 visits; about 2,150 bytes as JSON. Synthetic, from a seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde_json::{Value as Json, json};
use sync_core::document::{Container, Edit, Household, LocalChange, Value};
use sync_core::entry::{Entry, plan_entry};
use sync_core::id::{ActorId, EntityId};
use sync_core::seal::ConfidentialPublicKey;

const SURNAMES: [&str; 12] =
    ["Hoàng", "Nông", "Lý", "Lương", "Vi", "Lộc", "Triệu", "Nguyễn", "Bế", "Đàm", "Hà", "Chu"];
const MIDDLES: [&str; 8] = ["Văn", "Thị", "Đức", "Minh", "Thu", "Ngọc", "Quang", "Thanh"];
const GIVEN: [&str; 20] = [
    "An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Hương", "Khánh", "Lan", "Linh", "Mai", "Nam", "Nga", "Phúc",
    "Quân", "Sơn", "Thảo", "Trang", "Tuấn", "Yến",
];
const JOBS: [&str; 5] = ["Làm ruộng", "Công nhân", "Buôn bán", "Giáo viên", "Thợ xây"];
const SCHOOLS: [&str; 4] = ["Mầm non Giả Lập", "Tiểu học Giả Lập", "THCS Giả Lập 1", "THCS Giả Lập 2"];

/// A maker of records; the same seed makes the same.
#[derive(Debug)]
pub struct Records {
    random: ChaCha20Rng,
}

impl Records {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: ChaCha20Rng::seed_from_u64(seed) }
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.random.random_range(0..words.len())]
    }

    fn name(&mut self, surname: &str) -> String {
        format!("{surname} {} {}", self.pick(&MIDDLES), self.pick(&GIVEN))
    }

    fn date(&mut self, years: core::ops::Range<u32>) -> String {
        let (year, month, day) = (
            self.random.random_range(years),
            self.random.random_range(1..=12),
            self.random.random_range(1..=28),
        );
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// The entry of a household registered for the first time.
    pub fn household(&mut self, number: usize) -> Json {
        let surname = self.pick(&SURNAMES);
        let ethnicity = self.pick(&["01", "02", "07", "09"]);
        let members: Vec<Json> = ["head", "spouse", "parent", "parent"]
            .into_iter()
            .map(|relation| {
                json!({
                    "ref": format!("m{}", self.random.random_range(0..1_000_000)), "name": self.name(surname),
                    "birth_date": self.random.random_range(1950..1996).to_string(),
                    "sex": self.pick(&["male", "female"]), "relation_to_head": relation,
                    "occupation": self.pick(&JOBS),
                })
            })
            .collect();
        let children: Vec<Json> = (0..2).map(|index| self.child(index, surname, ethnicity)).collect();
        json!({
            "entry": 1,
            "household": {
                "number": number.to_string(), "head_name": self.name(surname),
                "address": format!("Xóm {}", self.random.random_range(1..9)),
                "phone": format!("0000{:06}", self.random.random_range(0..1_000_000)),
                "poverty_status": self.pick(&["poor", "near_poor", "neither", "neither", "neither"]),
            },
            "members": members, "children": children,
        })
    }

    fn child(&mut self, index: usize, surname: &str, ethnicity: &str) -> Json {
        let birth = self.date(2009..2024);
        json!({
            "ref": format!("c{index}"), "name": self.name(surname), "birth_date": birth,
            "sex": self.pick(&["male", "female"]), "ethnicity": ethnicity,
            "identity_number": format!("099{:09}", self.random.random_range(0..1_000_000_000u64)),
            "relation_to_head": "child", "birth_registration": "registered",
            "birth_registration_number": format!("{}/{}", self.random.random_range(1..400), &birth[..4]),
            "health_insurance": true, "health_insurance_used": self.random.random_bool(0.4),
            "health_insurance_number": format!("TE199{:010}", self.random.random_range(0..10_000_000_000u64)),
            "schooling": self.pick(&["preschool", "primary", "lower_secondary"]),
            "school": self.pick(&SCHOOLS), "class": format!("{}A", self.random.random_range(1..10)),
            "father_name": self.name(surname), "father_status": "living", "father_occupation": self.pick(&JOBS),
            "mother_name": self.name(surname), "mother_status": "living", "mother_occupation": self.pick(&JOBS),
            "father_birth_year": self.random.random_range(1970..2000).to_string(),
            "mother_birth_year": self.random.random_range(1970..2000).to_string(),
        })
    }

    /// A household's first two changes: the document, and what is known of it with its three last visits.
    ///
    /// # Panics
    /// Never: the entry is one of [`Self::household`].
    pub fn document(
        &mut self,
        actor: ActorId,
        village: &str,
        number: usize,
    ) -> (Household, Vec<LocalChange>) {
        let time = 1_700_000_000 + i64::try_from(number).expect("few households");
        let (mut household, genesis) =
            Household::create(actor, village, time, u64::from(self.random.random::<u32>()));
        let entry = Entry::from_json(self.household(number)).expect("made to the entry's schema");
        let key = ConfidentialPublicKey([9; 32]);
        let mut edits =
            plan_entry(&entry, &household.view(), &key, &mut self.random).expect("nothing to refuse").edits;
        for _ in 0..3 {
            edits.extend(self.visit_edits("2023-2"));
        }
        let first = household.edit(&edits, time).expect("there is something to write");
        (household, vec![genesis, first])
    }

    fn visit_edits(&mut self, round: &str) -> Vec<Edit> {
        let key = EntityId::draw(&mut self.random);
        let date = self.date(2023..2025);
        vec![
            Edit::entity(Container::Visits, &key, "date", date),
            Edit::entity(Container::Visits, &key, "round", round),
            Edit::entity(Container::Visits, &key, "result", "met"),
        ]
    }

    /// One home visit: six fields edited and one visit added, as one change.
    ///
    /// # Panics
    /// Never on a document of [`Self::document`].
    pub fn visit(&mut self, household: &mut Household, time: i64) -> LocalChange {
        let view = household.view();
        let children: Vec<EntityId> = view.of(Container::Children).map(|(key, _)| key.clone()).collect();
        let child = children[self.random.random_range(0..children.len())].clone();
        let (class, school) = (format!("{}B", self.random.random_range(1..10)), self.pick(&SCHOOLS));
        let registered = format!("{}/2024", self.random.random_range(1..400));
        let address =
            format!("Xóm {}, nhà {}", self.random.random_range(1..9), self.random.random_range(1..90));
        let mut edits = vec![
            Edit::entity(Container::Children, &child, "class", class),
            Edit::entity(Container::Children, &child, "school", school.to_owned() + " mới"),
            Edit::entity(Container::Children, &child, "birth_registration_number", registered),
            Edit::entity(Container::Children, &child, "health_insurance_used", Value::Null),
            Edit::household("address", address),
            Edit::household("phone", format!("0000{:06}", self.random.random_range(0..1_000_000))),
        ];
        edits.extend(self.visit_edits("2024-2"));
        household.edit(&edits, time).expect("there is something to write")
    }
}
