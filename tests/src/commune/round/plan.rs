//! Plans what each device does on its own; [`super::plan_shared`] plans what takes two.

use std::collections::{BTreeMap, VecDeque};

use jiff::ToSpan;
use serde_json::{Value, json};
use sync_core::date::Date;

use super::super::dice::Dice;
use super::super::model::{Child, Commune, Household, Sex};
use super::super::people::{self, Taken};
use super::super::{REGISTER_DATE, names};
use super::{Action, ChildRef, DeviceScript, Doing, NewChild, Planted, ROUND, RoundScript, SHARED_VILLAGES};

/// Visits a device makes in the round.
const VISITS: usize = 30;
/// The first day of the round, and how many days it lasts.
const FIRST_DAY: Date = Date::constant(2024, 10, 6);
const DAYS: usize = 20;

/// Clock offsets in seconds, dealt to the devices in turn.
const CLOCKS: [i64; 18] = [
    0,
    -40,
    75,
    25_200,
    -3,
    190,
    -18_000,
    12,
    -189_345_600,
    5,
    -610,
    94_694_400,
    0,
    8,
    43_200,
    -90,
    2,
    -86_400,
];

pub(super) struct Planner<'a> {
    pub(super) commune: &'a Commune,
    pub(super) dice: Dice,
    pub(super) taken: Taken,
    pub(super) devices: Vec<DeviceScript>,
    pub(super) planted: Vec<Planted>,
    /// Households no situation has taken yet, by village.
    free: BTreeMap<&'a str, VecDeque<&'a Household>>,
    /// The next number for a household new to the village.
    next_number: BTreeMap<&'a str, usize>,
}

pub(super) fn plan(commune: &Commune, seed: u64) -> RoundScript {
    let mut planner = Planner::new(commune, seed);
    planner.shared_work();
    planner.across_villages();
    planner.deaths();
    for device in 0..planner.devices.len() {
        planner.own_work(device);
    }
    for device in 0..planner.devices.len() {
        planner.fill(device);
    }
    let Planner { devices, planted, .. } = planner;
    RoundScript { seed, round: ROUND.to_owned(), devices, planted }
}

impl<'a> Planner<'a> {
    fn new(commune: &'a Commune, seed: u64) -> Self {
        let mut dice = Dice::new(seed, 4);
        let mut taken: Taken = commune
            .children()
            .map(|(_, child)| (names::fold(&child.name), child.birth.first().year()))
            .collect();
        let numbers = commune.children().filter_map(|(_, child)| {
            child.identity_number.as_ref().map(|number| (number.clone(), child.birth.first().year()))
        });
        taken.extend(numbers);
        let mut free: BTreeMap<&str, VecDeque<&Household>> = BTreeMap::new();
        for household in &commune.households {
            free.entry(&household.village).or_default().push_back(household);
        }
        let next_number = free.iter().map(|(village, households)| (*village, households.len() + 1)).collect();
        for households in free.values_mut() {
            dice.shuffle(households.make_contiguous());
        }
        let mut planner =
            Self { commune, dice, taken, devices: Vec::new(), planted: Vec::new(), free, next_number };
        for village in &commune.villages {
            let suffixes: &[&str] =
                if SHARED_VILLAGES.contains(&village.code.as_str()) { &["a", "b"] } else { &[""] };
            for suffix in suffixes {
                planner.device(&village.code, suffix);
            }
        }
        planner
    }

    fn device(&mut self, village: &str, suffix: &str) {
        let group = self.dice.weighted(names::ETHNIC_SHARES);
        let sex = if self.dice.percent(40) { Sex::Male } else { Sex::Female };
        let surname = names::surname(&mut self.dice, group);
        self.devices.push(DeviceScript {
            name: format!("dt-{village}{suffix}"),
            collector: names::adult(&mut self.dice, surname, sex),
            villages: vec![village.to_owned()],
            clock_offset_seconds: CLOCKS[self.devices.len() % CLOCKS.len()],
            actions: Vec::new(),
        });
    }

    /// The devices of a village, by index.
    pub(super) fn devices_of(&self, village: &str) -> Vec<usize> {
        (0..self.devices.len())
            .filter(|d| self.devices[*d].villages.iter().any(|own| own == village))
            .collect()
    }

    pub(super) fn village(&self, device: usize) -> &'a str {
        let code = &self.devices[device].villages[0];
        let village = self.commune.villages.iter().find(|village| village.code == *code);
        village.map_or("", |village| village.code.as_str())
    }

    /// Takes a household of the village that nothing else will happen to.
    pub(super) fn take(
        &mut self,
        village: &str,
        fits: impl Fn(&'a Household) -> bool,
    ) -> Option<&'a Household> {
        let free = self.free.get_mut(village)?;
        let at = free.iter().position(|household| fits(household))?;
        free.remove(at)
    }

    /// Takes a household with a child who fits, is present, and whose age is beyond doubt.
    pub(super) fn take_child(
        &mut self,
        village: &str,
        fits: impl Fn(&Child) -> bool,
    ) -> Option<(&'a Household, &'a Child)> {
        let fits = |child: &Child| {
            let year = child.birth.first().year();
            child.is_present() && child.birth.is_exact() && (2010..2023).contains(&year) && fits(child)
        };
        let household = self.take(village, |household| household.children.iter().any(fits))?;
        household.children.iter().find(|child| fits(child)).map(|child| (household, child))
    }

    /// Records a visit; its date follows when all are known.
    pub(super) fn act(&mut self, device: usize, number: &str, result: &str, doings: Vec<Doing>) {
        let village = self.village(device).to_owned();
        let action =
            Action { village, number: number.to_owned(), date: FIRST_DAY, result: result.to_owned(), doings };
        self.devices[device].actions.push(action);
    }

    pub(super) fn new_number(&mut self, village: &str) -> String {
        let next = self.next_number.get_mut(village).expect("every village has a next number");
        *next += 1;
        (*next - 1).to_string()
    }

    /// A day after the register was written and before the round.
    pub(super) fn recent(&mut self) -> Date {
        REGISTER_DATE.saturating_add(self.dice.between(1, 5).days())
    }

    /// A newborn of a household, named like no other child of the year.
    pub(super) fn newborn(&mut self, household: &Household) -> (NewChild, Date) {
        let birth = self.recent();
        let like = &household.children[0];
        let surname = like.name.split(' ').next().unwrap_or("Nguyễn");
        let siblings: Vec<String> = household.children.iter().map(|child| child.name.clone()).collect();
        let mut child =
            people::child(&mut self.dice, &mut self.taken, surname, &like.ethnicity, birth, &siblings);
        child.birth = birth.into();
        child.father.clone_from(&like.father);
        child.mother.clone_from(&like.mother);
        child.relation_to_head.clone_from(&like.relation_to_head);
        let mut new = same_child(&child);
        new.birth_registration = "in_progress".to_owned();
        new.identity_number = None;
        (new, birth)
    }

    fn own_work(&mut self, device: usize) {
        const CODES: [&str; 8] = ["III.6", "III.3", "II.4.3", "III.7", "II.9", "III.4", "II.4", "III.5"];
        const RESTRICTED: [&str; 9] = [
            "II.11.4", "II.5.1", "II.7.2", "II.10.2", "II.12.1", "II.6.1-1", "II.10.5", "II.11.1", "II.10.3",
        ];
        const CAUSES: [&str; 5] =
            ["injury_traffic", "injury_fall", "injury_burn", "injury_drowning", "injury_other"];
        const FORMS: [&str; 5] = ["education", "medical", "social_allowance", "counselling", "other"];
        let village = self.village(device);
        if let Some(household) = self.take(village, |_| true) {
            let (child, birth) = self.newborn(household);
            let born = event(&child.name, "birth", birth, None, None);
            self.act(device, &household.number, "met", vec![Doing::AddChild { child }, born]);
        }
        for _ in 0..4 {
            if let Some((household, child)) = self.take_child(village, |child| !child.class.is_empty()) {
                let class = format!("{} (2024–2025)", child.class);
                self.act(device, &household.number, "met", vec![set(child, "class", json!(class))]);
            }
        }
        for clear in [false, true] {
            if let Some(household) = self.take(village, |household| household.phone.is_some()) {
                let value = if clear { Value::Null } else { json!(format!("0000{}", self.dice.digits(6))) };
                let doing = Doing::SetHousehold { field: "phone".to_owned(), value };
                self.act(device, &household.number, "met", vec![doing]);
            }
        }
        for turn in 0..2 {
            let code = CODES[(2 * device + turn) % CODES.len()];
            let start = self.recent().into();
            if let Some((household, child)) = self.take_child(village, |child| child.circumstances.is_empty())
            {
                let found = Doing::Circumstance {
                    child: child.name.clone(),
                    code: code.to_owned(),
                    start: Some(start),
                };
                let helped = support(child, FORMS[(device + turn) % FORMS.len()], turn == 0);
                self.act(device, &household.number, "met", vec![found, helped]);
            }
        }
        if let Some((household, child)) = self.take_child(village, |child| !child.circumstances.is_empty()) {
            let helped = support(child, FORMS[(device + 2) % FORMS.len()], true);
            self.act(device, &household.number, "met", vec![helped]);
        }
        if device.is_multiple_of(2) {
            let old_enough =
                |child: &Child| child.circumstances.is_empty() && child.birth.first().year() < 2012;
            if let Some((household, child)) = self.take_child(village, old_enough) {
                let sealed = Doing::Restricted {
                    child: child.name.clone(),
                    code: RESTRICTED[device / 2 % RESTRICTED.len()].to_owned(),
                    start: Some(people::partial("2024-09")),
                    note: "Gia đình báo, đã gặp riêng (giả lập)".to_owned(),
                    supports: vec!["counselling".to_owned()],
                };
                self.act(device, &household.number, "met", vec![sealed]);
            }
        } else if let Some((household, child)) = self.take_child(village, |child| child.events.is_empty()) {
            let cause = CAUSES[device / 2 % CAUSES.len()];
            let date = self.recent();
            self.act(
                device,
                &household.number,
                "met",
                vec![event(&child.name, "injury", date, Some(cause), None)],
            );
        }
        if device.is_multiple_of(4)
            && let Some(household) = self.take(village, |household| household.children.iter().any(turned_16))
            && let Some(child) = household.children.iter().find(|child| turned_16(child))
        {
            let day = child.birth.first().saturating_add(16.years());
            self.act(
                device,
                &household.number,
                "met",
                vec![event(&child.name, "turned_16", day, None, None)],
            );
        }
        if device % 5 == 1
            && let Some(household) = self.take(village, |household| household.poverty.code() == "near_poor")
        {
            let doing = Doing::SetHousehold { field: "poverty_status".to_owned(), value: json!("poor") };
            self.act(device, &household.number, "met", vec![doing]);
        }
        let results: &[&str] = match device % 5 {
            0 => &["absent", "absent", "moved_away"],
            3 => &["absent", "absent", "refused"],
            _ => &["absent", "absent"],
        };
        for result in results {
            if let Some(household) = self.take(village, |_| true) {
                self.act(device, &household.number, result, Vec::new());
            }
        }
    }

    fn deaths(&mut self) {
        let count = self.devices.len();
        for (nth, cause) in ["injury_drowning", "illness", "injury_traffic"].into_iter().enumerate() {
            let device = (5 * nth + 1) % count;
            let village = self.village(device);
            let date = self.recent();
            if let Some((household, child)) = self.take_child(village, |child| child.circumstances.is_empty())
            {
                let died = event(&child.name, "death", date, Some(cause), None);
                self.act(device, &household.number, "met", vec![died]);
            }
        }
    }

    /// Visits to households where nothing has changed, up to [`VISITS`]; then the order and the dates.
    fn fill(&mut self, device: usize) {
        let village = self.village(device);
        while self.devices[device].actions.len() < VISITS {
            match self.take(village, |_| true) {
                Some(household) => self.act(device, &household.number, "met", Vec::new()),
                None => break,
            }
        }
        let actions = &mut self.devices[device].actions;
        self.dice.shuffle(actions);
        let count = actions.len().max(1);
        for (nth, action) in actions.iter_mut().enumerate() {
            action.date = FIRST_DAY.saturating_add(((nth * DAYS / count) as i64).days());
        }
    }
}

fn turned_16(child: &Child) -> bool {
    let day = child.birth.first().saturating_add(16.years());
    child.birth.is_exact() && child.events.is_empty() && day.year() == 2024 && day <= REGISTER_DATE
}

pub(super) fn reference(household: &Household, child: &Child) -> ChildRef {
    ChildRef {
        village: household.village.clone(),
        number: household.number.clone(),
        stt: Some(child.stt),
        name: child.name.clone(),
    }
}

/// The same child, as another collector would write it down.
pub(super) fn same_child(child: &Child) -> NewChild {
    NewChild {
        name: child.name.clone(),
        birth_date: child.birth,
        sex: child.sex.code().to_owned(),
        ethnicity: child.ethnicity.clone(),
        relation_to_head: child.relation_to_head.clone(),
        identity_number: child.identity_number.clone(),
        father_name: child.father.as_ref().map(|father| father.name.clone()),
        mother_name: child.mother.as_ref().map(|mother| mother.name.clone()),
        birth_registration: child.birth_registration.clone(),
        schooling: child.schooling.clone(),
    }
}

pub(super) fn set(child: &Child, field: &str, value: Value) -> Doing {
    Doing::SetChild { child: child.name.clone(), field: field.to_owned(), value }
}

fn support(child: &Child, form: &str, received: bool) -> Doing {
    let start = received.then(|| people::partial("2024-09"));
    Doing::Support { child: child.name.clone(), form: form.to_owned(), received, start }
}

pub(super) fn event(child: &str, kind: &str, date: Date, cause: Option<&str>, place: Option<&str>) -> Doing {
    Doing::Event {
        child: child.to_owned(),
        kind: kind.to_owned(),
        date: date.into(),
        cause: cause.map(str::to_owned),
        other_place: place.map(str::to_owned),
    }
}
