//! Plans what takes two devices: two collectors of one village, and children between villages.

use serde_json::{Value, json};

use super::super::model::{Child, Household};
use super::super::people::partial;
use super::plan::{Planner, event, reference, same_child, set};
use super::{ChildRef, Doing, NewChild, Planted, SHARED_VILLAGES};

/// Moves between villages that both ends record.
const MOVES: usize = 6;
/// Moves of which one end is recorded: so many only left, so many only arrived.
const HALF_MOVES: usize = 3;
/// Newborns written down in two villages.
const TWICE: usize = 3;
/// Families from outside the commune.
const ARRIVALS: usize = 4;

impl Planner<'_> {
    /// The two collectors of a village meet the same children.
    pub(super) fn shared_work(&mut self) {
        for village in SHARED_VILLAGES {
            if let &[a, b] = self.devices_of(village).as_slice() {
                self.disputes(a, b);
                self.agreements(a, b);
                self.restatements(a, b);
                self.newborn_twice(a, b);
                self.household_twice(a, b);
            }
        }
    }

    fn pair(&mut self, a: usize, b: usize, household: &Household, doings: [Vec<Doing>; 2]) {
        let [first, second] = doings;
        self.act(a, &household.number, "met", first);
        self.act(b, &household.number, "met", second);
    }

    /// Same field, different values.
    fn disputes(&mut self, a: usize, b: usize) {
        let village = self.village(a);
        for field in ["class", "birth_date", "health_insurance_number"] {
            let at_school = |child: &Child| !child.class.is_empty() && child.circumstances.is_empty();
            let Some((household, child)) = self.take_child(village, at_school) else { continue };
            let values: [Value; 2] = match field {
                "class" => [other_class(child, "E"), other_class(child, "G")],
                "birth_date" => {
                    let year = child.birth.first().year();
                    [json!(format!("{year:04}-03-05")), json!(format!("{year:04}-05-03"))]
                }
                _ => {
                    [json!(format!("00{}", self.dice.digits(8))), json!(format!("00{}", self.dice.digits(8)))]
                }
            };
            let [first, second] = values.clone();
            self.pair(a, b, household, [vec![set(child, field, first)], vec![set(child, field, second)]]);
            let child = reference(household, child);
            self.planted.push(Planted::Disputed { child, field: field.to_owned(), values });
        }
    }

    /// Same field, same value; and different fields of one child.
    fn agreements(&mut self, a: usize, b: usize) {
        let village = self.village(a);
        for field in ["school", "class"] {
            if let Some((household, child)) = self.take_child(village, |child| !child.class.is_empty()) {
                let value = if field == "class" {
                    other_class(child, "H")
                } else {
                    json!(format!("{} 2", child.school))
                };
                let same = || vec![set(child, field, value.clone())];
                self.pair(a, b, household, [same(), same()]);
                let child = reference(household, child);
                self.planted.push(Planted::Agreed { child, field: field.to_owned(), value });
            }
        }
        for (first, second) in
            [("class", "phone"), ("school", "carer_name"), ("occupation", "specific_address")]
        {
            if let Some((household, child)) = self.take_child(village, |child| !child.class.is_empty()) {
                let value = |field: &str| match field {
                    "class" => other_class(child, "K"),
                    "phone" => json!("0000123456"),
                    "carer_name" => json!(household.head_name),
                    "school" => json!(format!("{} 2", child.school)),
                    "occupation" => json!("Học sinh"),
                    _ => json!("Nhà ông bà ngoại"),
                };
                self.pair(
                    a,
                    b,
                    household,
                    [vec![set(child, first, value(first))], vec![set(child, second, value(second))]],
                );
                let fields = [first.to_owned(), second.to_owned()];
                self.planted.push(Planted::BothHold { child: reference(household, child), fields });
            }
        }
    }

    /// The same circumstance found by both, and one of the register said again by one.
    fn restatements(&mut self, a: usize, b: usize) {
        let village = self.village(a);
        let found = |child: &Child, code: &str, start: Option<&str>| {
            vec![Doing::Circumstance {
                child: child.name.clone(),
                code: code.to_owned(),
                start: start.map(partial),
            }]
        };
        for (code, starts) in [("III.3", ["2024-09", "2024"]), ("II.4.3", ["2024-09-02", "2024-09-02"])] {
            if let Some((household, child)) = self.take_child(village, |child| child.circumstances.is_empty())
            {
                let doings = starts.map(|start| found(child, code, Some(start)));
                self.pair(a, b, household, doings);
                let child = reference(household, child);
                self.planted.push(Planted::Restated { child, code: code.to_owned(), in_register: false });
            }
        }
        let held =
            |child: &Child| child.circumstances.first().is_some_and(|held| held.code.starts_with("III."));
        if let Some((household, child)) = self.take_child(village, held) {
            let code = child.circumstances[0].code.clone();
            self.act(b, &household.number, "met", found(child, &code, None));
            let child = reference(household, child);
            self.planted.push(Planted::Restated { child, code, in_register: true });
        }
    }

    /// Both write down the newborn of one household.
    fn newborn_twice(&mut self, a: usize, b: usize) {
        let village = self.village(a);
        if let Some(household) = self.take(village, |_| true) {
            let (child, birth) = self.newborn(household);
            let record = added(household, &child);
            let born = event(&child.name, "birth", birth, None, None);
            let first = vec![Doing::AddChild { child: child.clone() }, born.clone()];
            self.pair(a, b, household, [first, vec![Doing::AddChild { child }, born]]);
            self.planted.push(Planted::RegisteredTwice { a: record.clone(), b: record });
        }
    }

    /// A family from outside, opened as a new household by both.
    fn household_twice(&mut self, a: usize, b: usize) {
        let number = self.new_number(self.village(a));
        let (doings, child) = self.family_from_outside();
        let village = self.village(a).to_owned();
        self.act(a, &number, "met", doings.clone());
        self.act(b, &number, "met", doings);
        let record = ChildRef { village: village.clone(), number: number.clone(), stt: None, name: child };
        self.planted.push(Planted::HouseholdTwice { village, number });
        self.planted.push(Planted::RegisteredTwice { a: record.clone(), b: record });
    }

    /// A new household with one child; also the child's name.
    fn family_from_outside(&mut self) -> (Vec<Doing>, String) {
        // Modelled on some household of the commune: only the surname and the parents' names are alike.
        let like = &self.commune.households[self.dice.below(self.commune.households.len())];
        let (mut child, _) = self.newborn(like);
        let year = self.dice.between(2012, 2020);
        child.birth_date = partial(&format!("{year}-04-1{}", self.dice.below(10)));
        child.birth_registration = "registered".to_owned();
        child.schooling = if year > 2018 { "preschool" } else { "primary" }.to_owned();
        child.relation_to_head = "child".to_owned();
        let date = self.recent();
        let name = child.name.clone();
        let came = event(&name, "moved_in", date, None, Some("Ngoài xã"));
        let household = Doing::NewHousehold {
            head_name: child.father_name.clone().unwrap_or_else(|| like.head_name.clone()),
            address: "Nhà mới".to_owned(),
            poverty_status: "neither".to_owned(),
        };
        (vec![household, Doing::AddChild { child }, came], name)
    }

    /// Children between villages: moves told by both ends or by one, and newborns claimed by two.
    pub(super) fn across_villages(&mut self) {
        let count = self.devices.len();
        for nth in 0..ARRIVALS.min(count) {
            let device = (4 * nth + 2) % count;
            let number = self.new_number(self.village(device));
            let (doings, _) = self.family_from_outside();
            self.act(device, &number, "met", doings);
        }
        let villages = self.commune.villages.len();
        if villages < 2 {
            return;
        }
        for nth in 0..MOVES + 2 * HALF_MOVES + TWICE {
            let (x, y) = (nth % villages, (nth + 1 + nth / villages) % villages);
            if x == y {
                continue;
            }
            let device = |village: usize| self.devices_of(&self.commune.villages[village].code)[0];
            let (x, y) = (device(x), device(y));
            match nth {
                0..6 => self.moved(x, y, nth < 2),
                6..9 => self.left_only(x, y),
                9..12 => self.came_only(x, y),
                _ => self.newborn_in_two_villages(x, y),
            }
        }
    }

    fn moved(&mut self, x: usize, y: usize, into_new_household: bool) {
        let (village_x, village_y) = (self.village(x), self.village(y));
        let plain = |child: &Child| child.circumstances.is_empty() && child.events.is_empty();
        let Some((household, child)) = self.take_child(village_x, plain) else { return };
        let Some(host) = self.take(village_y, |_| true) else { return };
        let date = self.recent();
        let from = reference(household, child);
        let (place_x, place_y) = (self.place(village_x), self.place(village_y));
        self.act(
            x,
            &household.number,
            "met",
            vec![event(&child.name, "moved_out", date, None, Some(&place_y))],
        );
        let mut new = same_child(child);
        let mut doings = Vec::new();
        let number = if into_new_household {
            doings.push(Doing::NewHousehold {
                head_name: new.mother_name.clone().unwrap_or_else(|| household.head_name.clone()),
                address: "Mới chuyển đến".to_owned(),
                poverty_status: household.poverty.code().to_owned(),
            });
            new.relation_to_head = "child".to_owned();
            self.new_number(village_y)
        } else {
            new.relation_to_head = "other_relative".to_owned();
            host.number.clone()
        };
        doings.push(Doing::AddChild { child: new });
        doings.push(event(&child.name, "moved_in", date, None, Some(&place_x)));
        doings.push(Doing::LinkMoved { child: child.name.clone(), from: from.clone() });
        self.act(y, &number, "met", doings);
        let to = ChildRef { village: village_y.to_owned(), number, stt: None, name: child.name.clone() };
        self.planted.push(Planted::Moved { from, to });
    }

    fn left_only(&mut self, x: usize, y: usize) {
        let (village, place) = (self.village(x), self.place(self.village(y)));
        let Some((household, child)) = self.take_child(village, |child| child.events.is_empty()) else {
            return;
        };
        let date = self.recent();
        let left = event(&child.name, "moved_out", date, None, Some(&place));
        self.act(x, &household.number, "met", vec![left]);
        self.planted.push(Planted::LeftOnly { from: reference(household, child) });
    }

    fn came_only(&mut self, x: usize, y: usize) {
        let (village_x, village_y) = (self.village(x), self.village(y));
        let plain = |child: &Child| child.circumstances.is_empty() && child.events.is_empty();
        let Some((household, child)) = self.take_child(village_x, plain) else { return };
        let Some(host) = self.take(village_y, |_| true) else { return };
        let (date, place) = (self.recent(), self.place(village_x));
        let mut new = same_child(child);
        new.relation_to_head = "other_relative".to_owned();
        let to = added(host, &new);
        let came = event(&child.name, "moved_in", date, None, Some(&place));
        self.act(y, &host.number, "met", vec![Doing::AddChild { child: new }, came]);
        self.planted.push(Planted::CameOnly { from: reference(household, child), to });
    }

    /// The parents' village and the grandparents' both write down a newborn, the second less exactly.
    fn newborn_in_two_villages(&mut self, x: usize, y: usize) {
        let (village_x, village_y) = (self.village(x), self.village(y));
        let Some(household) = self.take(village_x, |_| true) else { return };
        let Some(host) = self.take(village_y, |_| true) else { return };
        let (child, birth) = self.newborn(household);
        let mut again = child.clone();
        again.birth_date = partial(&format!("{:04}-{:02}", birth.year(), birth.month()));
        again.relation_to_head = "grandchild".to_owned();
        let (a, b) = (added(household, &child), added(host, &again));
        let born = event(&child.name, "birth", birth, None, None);
        self.act(x, &household.number, "met", vec![Doing::AddChild { child }, born]);
        self.act(y, &host.number, "met", vec![Doing::AddChild { child: again }]);
        self.planted.push(Planted::RegisteredTwice { a, b });
    }

    fn place(&self, village: &str) -> String {
        format!("Thôn {}", self.commune.village_name(village).unwrap_or(village))
    }
}

fn added(household: &Household, child: &NewChild) -> ChildRef {
    ChildRef {
        village: household.village.clone(),
        number: household.number.clone(),
        stt: None,
        name: child.name.clone(),
    }
}

/// Another class of the same grade: letters after D are in no register.
fn other_class(child: &Child, letter: &str) -> Value {
    let grade = child.class.trim_end_matches(|end: char| end.is_ascii_uppercase());
    let gap = if grade.ends_with(|end: char| end.is_ascii_digit()) { "" } else { " " };
    json!(format!("{grade}{gap}{letter}"))
}
