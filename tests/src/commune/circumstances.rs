//! Who is in which circumstance: every line of 03/TE is occupied, in proportions a commune would know.

use sync_core::date::{Date, PartialDate};

use super::dice::Dice;
use super::expected::lies_in;
use super::model::{Adult, Child, Circumstance, Household, Poverty, Sex, Support};
use super::people::{adult, partial};
use super::{AS_OF, REGISTER_DATE, names};

/// A line and how many children of a commune of 2,600 are in it, by age in whole years (both included).
struct Quota(&'static str, usize, i32, i32);

/// Children in special circumstances, groups 1 to 14: first cuts, each given to a child not yet in one.
const SPECIAL: &[Quota] = &[
    Quota("II.1.1", 1, 9, 14),
    Quota("II.1.2", 1, 4, 14),
    Quota("II.1.3", 6, 3, 14),
    Quota("II.1.4", 2, 3, 14),
    Quota("II.2.1", 1, 1, 10),
    Quota("II.2.2", 3, 0, 10),
    Quota("II.3.1", 1, 3, 14),
    Quota("II.3.2", 2, 3, 14),
    Quota("II.3.3", 2, 3, 14),
    Quota("II.3.4", 1, 3, 14),
    Quota("II.3.5", 1, 3, 14),
    Quota("II.3.6", 1, 3, 14),
    Quota("II.3.7", 2, 3, 14),
    Quota("II.3.8", 1, 3, 14),
    Quota("II.3.9", 2, 3, 14),
    Quota("II.3.10", 1, 3, 14),
    Quota("II.3.11", 1, 0, 1),
    Quota("II.3.12", 1, 3, 14),
    Quota("II.4.1", 5, 1, 14),
    Quota("II.4.2", 14, 2, 14),
    Quota("II.4.3", 16, 3, 14),
    Quota("II.4", 2, 2, 12),
    Quota("II.5.1", 2, 2, 14),
    Quota("II.5.2", 1, 2, 14),
    Quota("II.6.1-1", 2, 13, 14),
    Quota("II.6.1-2", 1, 13, 14),
    Quota("II.6.2-1", 1, 13, 14),
    Quota("II.6.2-2", 1, 13, 14),
    Quota("II.6.3-1", 1, 14, 14),
    Quota("II.6.3-2", 1, 14, 14),
    Quota("II.7.1", 1, 13, 14),
    Quota("II.7.2", 1, 13, 14),
    Quota("II.8.1", 1, 12, 14),
    Quota("II.8.2", 4, 12, 14),
    Quota("II.9", 3, 3, 14),
    Quota("II.10.1", 3, 13, 14),
    Quota("II.10.2", 1, 12, 14),
    Quota("II.10.3", 1, 12, 14),
    Quota("II.10.4", 1, 10, 14),
    Quota("II.10.5", 1, 13, 14),
    Quota("II.11.1", 1, 10, 14),
    Quota("II.11.2", 1, 12, 14),
    Quota("II.11.3", 1, 12, 14),
    Quota("II.11.4", 2, 8, 14),
    Quota("II.11.5", 1, 12, 14),
    Quota("II.12.1", 1, 10, 14),
    Quota("II.12.2", 1, 8, 14),
    Quota("II.13.1", 3, 1, 14),
    Quota("II.13.2", 3, 1, 14),
    Quota("II.14.1", 1, 4, 12),
    Quota("II.14.2", 1, 4, 12),
    Quota("II.14.3", 1, 4, 12),
];

/// Children at risk (but for III.1, which follows from poverty) and in other circumstances.
const AT_RISK: &[Quota] = &[
    Quota("III.2", 9, 11, 14),
    Quota("III.3", 44, 0, 14),
    Quota("III.4", 16, 0, 14),
    Quota("III.5", 12, 0, 14),
    Quota("III.6", 88, 1, 14),
    Quota("III.7", 58, 1, 14),
    Quota("IV.1", 1, 1, 8),
];

/// Kinds of disability (II.4.4), cycled through so that each is met. Autism lies inside "other".
const KINDS: &[&[&str]] = &[
    &["II.4.4-1"],
    &["II.4.4-5"],
    &["II.4.4-2"],
    &["II.4.4-4"],
    &["II.4.4-3"],
    &["II.4.4-6", "II.4.4-6-1"],
    &["II.4.4-1", "II.4.4-5"],
    &["II.4.4-6"],
    &["II.4.4-1"],
];

/// Arrangements of care (II.3.13–3.15), cycled through; some children have none.
const CARE: &[Option<&str>] =
    &[Some("II.3.13"), Some("II.3.14"), Some("II.3.15"), Some("II.3.13"), None, Some("II.3.13")];

struct Deal<'a> {
    dice: Dice,
    households: &'a mut [Household],
    /// Children sure to be under 16 at [`AS_OF`], shuffled: (household, child).
    pool: Vec<(usize, usize)>,
}

/// Gives circumstances and supports to the children of `households`.
pub(super) fn deal(seed: u64, households: &mut [Household]) {
    let mut pool = Vec::new();
    for (h, household) in households.iter().enumerate() {
        for (c, child) in household.children.iter().enumerate() {
            if age(child) < 15 {
                pool.push((h, c));
            }
        }
    }
    let mut dice = Dice::new(seed, 2);
    dice.shuffle(&mut pool);
    let share = |count: usize| ((count * pool.len() + 1_225) / 2_450).max(1);
    let (special, at_risk): (Vec<usize>, Vec<usize>) = (
        SPECIAL.iter().map(|quota| share(quota.1)).collect(),
        AT_RISK.iter().map(|quota| share(quota.1)).collect(),
    );
    let mut deal = Deal { dice, households, pool };
    for (quota, count) in SPECIAL.iter().zip(special) {
        deal.special(quota, count);
    }
    deal.second_cuts();
    for (quota, count) in AT_RISK.iter().zip(at_risk) {
        deal.at_risk(quota, count);
    }
    deal.supports();
}

/// Whole years at [`AS_OF`], at least: a year-only birth counts as its first day.
fn age(child: &Child) -> i32 {
    let birth = child.birth.first();
    let had_birthday = (birth.month(), birth.day()) <= (AS_OF.month(), AS_OF.day());
    i32::from(AS_OF.year() - birth.year()) - i32::from(!had_birthday)
}

impl Deal<'_> {
    fn special(&mut self, quota: &Quota, count: usize) {
        let &Quota(code, _, youngest, eldest) = quota;
        let mut left = count;
        for i in 0..self.pool.len() {
            if left == 0 {
                break;
            }
            let (h, c) = self.pool[i];
            let (household, child) = (&self.households[h], &self.households[h].children[c]);
            let poverty_fits = match code {
                "II.13.1" => household.poverty == Poverty::Poor,
                "II.13.2" => household.poverty == Poverty::NearPoor,
                _ => true,
            };
            let is_free = household.children.iter().all(|sibling| sibling.circumstances.is_empty());
            if poverty_fits && is_free && (youngest..=eldest).contains(&age(child)) {
                self.hold(h, c, code);
                self.mark_special(h, c, code);
                left -= 1;
            }
        }
    }

    /// Makes the rest of the child's row agree with its circumstance.
    fn mark_special(&mut self, h: usize, c: usize, code: &str) {
        let child = &mut self.households[h].children[c];
        let raised = |dice: &mut Dice, group: &str| -> Adult {
            let sex = if dice.percent(40) { Sex::Male } else { Sex::Female };
            let surname = names::surname(dice, group);
            let year = dice.between(1955, 1985) as i16;
            adult(dice, surname, sex, year)
        };
        match code {
            "II.1.1" => child.note = "Bố mẹ đã mất".to_owned(),
            _ if code.starts_with("II.1.") => {
                child.note = "Bố mẹ đã mất".to_owned();
                child.carer = Some(raised(&mut self.dice, &child.ethnicity));
                child.relation_to_head =
                    if code == "II.1.3" { "grandchild" } else { "not_related" }.to_owned();
            }
            _ if code.starts_with("II.2.") || code == "II.14.1" || code == "II.14.3" => {
                (child.father, child.mother) = (None, None);
                child.carer = Some(raised(&mut self.dice, "01"));
                child.relation_to_head = "not_related".to_owned();
                child.identity_number = None;
            }
            "II.3.11" => {
                for parent in [&mut child.father, &mut child.mother].into_iter().flatten() {
                    parent.birth_year = 2009;
                }
            }
            _ if code.starts_with("II.3.") => child.carer = Some(raised(&mut self.dice, &child.ethnicity)),
            _ if code.starts_with("II.8.") => {
                child.schooling = "dropped_out".to_owned();
                (child.class, child.school) = (String::new(), String::new());
            }
            _ => {}
        }
    }

    fn second_cuts(&mut self) {
        let (mut kinds, mut cares) = (KINDS.iter().cycle(), CARE.iter().cycle());
        for i in 0..self.pool.len() {
            let (h, c) = self.pool[i];
            let code = match self.households[h].children[c].circumstances.first() {
                Some(held) => held.code.clone(),
                None => continue,
            };
            if code.starts_with("II.4.") {
                let together = self.dice.percent(60);
                for kind in *kinds.next().expect("a cycle has no end") {
                    self.hold(h, c, kind);
                    let circumstances = &mut self.households[h].children[c].circumstances;
                    if together && let [first, .., last] = circumstances.as_mut_slice() {
                        last.start = first.start;
                    }
                }
            } else if code.starts_with("II.3.")
                && let Some(care) = cares.next().expect("a cycle has no end")
            {
                self.hold(h, c, care);
            } else if code == "II.9" || code == "II.12.1" {
                self.hold(h, c, "II.10.4");
            }
        }
    }

    /// What happens to a family happens to its children together.
    fn at_risk(&mut self, quota: &Quota, count: usize) {
        let &Quota(code, _, youngest, eldest) = quota;
        let offset = self.dice.below(self.pool.len().max(1));
        let mut left = count;
        for i in 0..self.pool.len() {
            if left == 0 {
                break;
            }
            let (h, c) = self.pool[(i + offset) % self.pool.len()];
            let family: Vec<usize> = match code {
                "III.2" | "IV.1" => vec![c],
                _ => (0..self.households[h].children.len()).collect(),
            };
            if !family.iter().all(|c| at_risk_fits(&self.households[h].children[*c], code)) {
                continue;
            }
            for c in family {
                let child = &self.households[h].children[c];
                if (youngest..=eldest).contains(&age(child)) && left > 0 {
                    self.hold(h, c, code);
                    self.mark_at_risk(h, c, code);
                    left -= 1;
                }
            }
        }
    }

    fn mark_at_risk(&mut self, h: usize, c: usize, code: &str) {
        let child = &mut self.households[h].children[c];
        match code {
            "III.2" => {
                child.schooling = "dropped_out".to_owned();
                (child.class, child.school) = (String::new(), String::new());
            }
            "III.6" => child.note = "Bố mẹ đi làm ăn xa".to_owned(),
            "III.7" => child.note = "Bố đã mất".to_owned(),
            _ => {}
        }
    }

    fn hold(&mut self, h: usize, c: usize, code: &str) {
        let birth = self.households[h].children[c].birth;
        let start = start(&mut self.dice, birth, code);
        let circumstances = &mut self.households[h].children[c].circumstances;
        if circumstances.iter().all(|held| held.code != code) {
            circumstances.push(Circumstance { code: code.to_owned(), start });
        }
    }

    fn supports(&mut self) {
        const FORMS: &[(&str, usize)] = &[
            ("social_allowance", 30),
            ("medical", 20),
            ("education", 22),
            ("counselling", 14),
            ("other", 14),
        ];
        let Self { dice, households, .. } = self;
        for household in households.iter_mut() {
            let is_poor = household.poverty != Poverty::Neither;
            for child in &mut household.children {
                let is_special = child.holds("II");
                let count = match (is_special, child.circumstances.is_empty(), is_poor) {
                    (true, ..) => dice.below(4),
                    (false, false, _) => dice.below(2),
                    (false, true, true) => usize::from(dice.percent(40)),
                    _ => 0,
                };
                for _ in 0..count {
                    let form = dice.weighted(FORMS).to_owned();
                    let received = dice.percent(86);
                    if child.supports.iter().all(|support| support.form != form) {
                        child.supports.push(Support { form, received });
                    }
                }
            }
        }
    }
}

/// Whether an at-risk line can be said of the child beside what already is.
fn at_risk_fits(child: &Child, code: &str) -> bool {
    let has_parents = !["II.1", "II.2", "II.3", "II.14"].iter().any(|group| child.holds(group));
    match code {
        "III.2" => child.schooling == "lower_secondary" && !child.holds("II"),
        "III.6" | "III.7" => has_parents && !child.holds("III.6") && !child.holds("III.7"),
        "IV.1" => child.circumstances.is_empty(),
        _ => has_parents && !child.holds(code),
    }
}

/// When a circumstance began, as precisely as the village remembers. Never in the future of the register.
fn start(dice: &mut Dice, birth: PartialDate, code: &str) -> Option<PartialDate> {
    let from_birth = code.starts_with("II.2") || (code.starts_with("II.4") && dice.percent(60));
    let born = birth.last();
    // What is done to children, and what they do, was found out lately; what families live with lasts.
    let is_recent = ["II.5", "II.6", "II.7", "II.8", "II.9", "II.10", "II.11", "II.12", "II.14"];
    let years = if is_recent.iter().any(|group| lies_in(code, group)) { 2 } else { 6 };
    let year = if from_birth { born.year() } else { (born.year() + 1).max(2024 - dice.below(years) as i16) };
    let vague = code == "III.6" || code == "III.7";
    let day = Date::constant(year, 1 + dice.below(8) as i8, 1 + dice.below(28) as i8)
        .clamp(born.min(REGISTER_DATE), REGISTER_DATE);
    match dice.below(10) {
        0 => None,
        1..=3 if vague || year < 2024 => Some(partial(&format!("{:04}", day.year()))),
        4..=5 => Some(partial(&format!("{:04}-{:02}", day.year(), day.month()))),
        _ => Some(day.into()),
    }
}
