//! Households and the children in them, as they were before anything happened to them.
//!
//! Identity numbers begin with `099`: birth registration was coded 001–096 by province, and countries
//! are coded from 101 as far as known, so no living person holds one. Cards use province `99`, and
//! phones begin `0000`.

use std::collections::BTreeSet;

use jiff::ToSpan;
use sync_core::date::{Date, PartialDate};

use super::REGISTER_DATE;
use super::dice::Dice;
use super::model::{Adult, Child, Household, Insurance, LifeEvent, Member, Poverty, Scale, Sex, Village};
use super::names;

/// Weight of each year of age, 0 to 17: births have been falling since about 2018.
const AGES: [usize; 18] = [50, 53, 57, 61, 64, 67, 69, 69, 68, 66, 65, 63, 61, 60, 58, 44, 34, 26];

/// Folded names and identity numbers already given, each with the year of birth: no two children are
/// taken for one person by accident.
pub(super) type Taken = BTreeSet<(String, i16)>;

pub(super) fn villages(scale: Scale) -> Vec<Village> {
    (0..scale.villages).map(|i| Village { code: format!("{:02}", i + 1), name: names::village(i) }).collect()
}

/// How many households each village has: villages differ, their sum is exact.
fn sizes(dice: &mut Dice, scale: Scale) -> Vec<usize> {
    let even = scale.households.is_multiple_of(300) && scale.households / 300 == scale.villages;
    let weights: Vec<usize> =
        (0..scale.villages).map(|_| if even { 1 } else { dice.between(80, 140) as usize }).collect();
    let sum: usize = weights.iter().sum();
    let mut upto = 0;
    let mut given = 0;
    weights
        .iter()
        .map(|weight| {
            upto += weight;
            let size = scale.households * upto / sum - given;
            given += size;
            size
        })
        .collect()
}

pub(super) fn households(seed: u64, scale: Scale, villages: &[Village]) -> Vec<Household> {
    let dice = &mut Dice::new(seed, 1);
    let mut taken = Taken::new();
    let mut households = Vec::with_capacity(scale.households);
    for (village, size) in villages.iter().zip(sizes(dice, scale)) {
        for number in 1..=size {
            households.push(household(dice, &mut taken, &village.code, number));
        }
    }
    households
}

fn household(dice: &mut Dice, taken: &mut Taken, village: &str, number: usize) -> Household {
    let group = dice.weighted(names::ETHNIC_SHARES);
    let surname = names::surname(dice, group);
    let births = births(dice);
    let eldest = births.iter().map(|birth| birth.year()).min().expect("a household has a child");
    let mother_birth = eldest - dice.between(18, 33) as i16;
    let mother_group = if dice.percent(80) { group } else { dice.weighted(names::ETHNIC_SHARES) };
    let mother_surname = names::surname(dice, mother_group);
    let mother = adult(dice, mother_surname, Sex::Female, mother_birth);
    let father_birth = mother_birth - dice.between(-1, 6) as i16;
    let father = adult(dice, surname, Sex::Male, father_birth);
    let grandparent = dice.percent(28).then(|| {
        let sex = if dice.percent(60) { Sex::Male } else { Sex::Female };
        let birth = father_birth - dice.between(20, 32) as i16;
        (adult(dice, surname, sex, birth), sex)
    });

    let mut members = Vec::new();
    let mut member = |adult: &Adult, sex: Sex, ethnicity: &str, relation: &str| {
        members.push(Member {
            name: adult.name.clone(),
            birth_year: adult.birth_year,
            sex,
            ethnicity: ethnicity.to_owned(),
            relation_to_head: relation.to_owned(),
            occupation: adult.occupation.clone(),
        });
    };
    let (head_name, relation) = if let Some((elder, sex)) = &grandparent {
        member(elder, *sex, group, "head");
        member(&father, Sex::Male, group, "child");
        member(&mother, Sex::Female, mother_group, "other_relative");
        (elder.name.clone(), "grandchild")
    } else if dice.percent(86) {
        member(&father, Sex::Male, group, "head");
        member(&mother, Sex::Female, mother_group, "spouse");
        (father.name.clone(), "child")
    } else {
        member(&mother, Sex::Female, mother_group, "head");
        member(&father, Sex::Male, group, "spouse");
        (mother.name.clone(), "child")
    };
    let mut children: Vec<Child> = Vec::with_capacity(births.len());
    for birth in births {
        let siblings: Vec<String> = children.iter().map(|child| child.name.clone()).collect();
        let mut child = child(dice, taken, surname, group, birth, &siblings);
        child.relation_to_head = relation.to_owned();
        child.father = Some(father.clone());
        child.mother = Some(mother.clone());
        children.push(child);
    }
    let poverty = match dice.below(100) {
        0..=5 => Poverty::Poor,
        6..=12 => Poverty::NearPoor,
        _ => Poverty::Neither,
    };
    Household {
        village: village.to_owned(),
        number: number.to_string(),
        head_name,
        address: format!("Số {}, ngõ {}", dice.between(1, 98), dice.between(1, 9)),
        phone: dice.percent(88).then(|| format!("0000{}", dice.digits(6))),
        poverty,
        members,
        children,
    }
}

/// An adult of that surname.
pub(super) fn adult(dice: &mut Dice, surname: &str, sex: Sex, birth_year: i16) -> Adult {
    Adult {
        name: names::adult(dice, surname, sex),
        birth_year,
        occupation: dice.weighted(names::OCCUPATIONS).to_owned(),
    }
}

/// Birth dates of a household's children, eldest first: at least 300 days apart, or twins.
fn births(dice: &mut Dice) -> Vec<Date> {
    let ages: Vec<(i32, usize)> =
        AGES.iter().enumerate().map(|(age, weight)| (age as i32, *weight)).collect();
    let count = dice.weighted(&[(1_usize, 61), (2, 32), (3, 6), (4, 1)]);
    let mut births: Vec<Date> = Vec::with_capacity(count);
    while births.len() < count {
        let days = dice.weighted(&ages) * 365 + dice.between(0, 364);
        let birth = REGISTER_DATE.saturating_sub(days.days());
        if let Some(twin) = births.last().copied()
            && dice.percent(2)
        {
            births.push(twin);
        } else if births.iter().all(|other| (birth.duration_since(*other).as_hours() / 24).abs() > 300) {
            births.push(birth);
        }
    }
    births.sort_unstable();
    births
}

/// A child with what follows from birth alone. The name is new to the commune among those born that year.
pub(super) fn child(
    dice: &mut Dice,
    taken: &mut Taken,
    surname: &str,
    ethnicity: &str,
    birth: Date,
    siblings: &[String],
) -> Child {
    let sex = if dice.percent(52) { Sex::Male } else { Sex::Female };
    let name = loop {
        let name = names::child(dice, surname, sex);
        let is_new = !siblings.contains(&name) && !taken.contains(&(names::fold(&name), birth.year()));
        if is_new {
            taken.insert((names::fold(&name), birth.year()));
            break name;
        }
    };
    let age = (REGISTER_DATE.duration_since(birth).as_hours() / 24 / 365) as i32;
    let precise = dice.below(100);
    let known = match precise {
        0..=3 => partial(&format!("{:04}", birth.year())),
        4..=6 => partial(&format!("{:04}-{:02}", birth.year(), birth.month())),
        _ => birth.into(),
    };
    let (schooling, class, school) = schooling(dice, birth.year());
    let registered = if age == 0 { dice.below(100) } else { 10 + dice.below(90) };
    Child {
        stt: 0,
        name,
        birth: known,
        sex,
        ethnicity: ethnicity.to_owned(),
        identity_number: dice
            .percent(if age == 0 { 80 } else { 94 })
            .then(|| identity_number(dice, taken, sex, birth.year())),
        relation_to_head: "child".to_owned(),
        father: None,
        mother: None,
        carer: None,
        birth_registration: match registered {
            0..=3 => "not_registered",
            4..=9 => "in_progress",
            _ => "registered",
        }
        .to_owned(),
        insurance: insurance(dice, age),
        schooling: schooling.to_owned(),
        class,
        school,
        circumstances: Vec::new(),
        supports: Vec::new(),
        events: Vec::<LifeEvent>::new(),
        note: String::new(),
    }
}

/// A date the generator writes itself.
pub(super) fn partial(text: &str) -> PartialDate {
    text.parse().expect("the generator writes well-formed dates")
}

/// A number nobody in the commune has yet.
pub(super) fn identity_number(dice: &mut Dice, taken: &mut Taken, sex: Sex, year: i16) -> String {
    let century = if year < 2000 { 0 } else { 2 } + u8::from(sex == Sex::Female);
    loop {
        let number = format!("099{century}{:02}{}", year.rem_euclid(100), dice.digits(6));
        if taken.insert((number.clone(), year)) {
            return number;
        }
    }
}

fn insurance(dice: &mut Dice, age: i32) -> Insurance {
    match dice.below(100) {
        0..=2 => Insurance::None,
        3..=4 => Insurance::Unknown,
        5..=11 => Insurance::Held,
        12..=30 => Insurance::Number(format!("00{}", dice.digits(8))),
        _ => Insurance::Number(format!("{}9900{}", if age < 6 { "TE1" } else { "HS4" }, dice.digits(8))),
    }
}

/// Schooling in the school year 2024–2025 by year of birth: (code, class, school).
fn schooling(dice: &mut Dice, birth_year: i16) -> (&'static str, String, String) {
    let turns = 2024 - birth_year;
    let class = |dice: &mut Dice, grade: i16| format!("{grade}{}", dice.pick(&["A", "B", "C", "D"]));
    match turns {
        ..=1 => ("not_yet", String::new(), String::new()),
        2 if dice.percent(60) => ("not_yet", String::new(), String::new()),
        2..=5 if dice.percent(96) => {
            let group = ["Nhà trẻ", "Mầm", "Chồi", "Lá"][(turns - 2) as usize];
            ("preschool", group.to_owned(), "Trường Mầm non Hoa Ban".to_owned())
        }
        2..=5 => ("not_yet", String::new(), String::new()),
        6..=10 => {
            let school = dice.pick(&["Trường Tiểu học Bình Minh", "Trường Tiểu học Suối Trong"]);
            ("primary", class(dice, turns - 5), school.to_owned())
        }
        11..=14 => ("lower_secondary", class(dice, turns - 5), "Trường THCS Đồi Thông".to_owned()),
        _ if dice.percent(80) => {
            ("upper_secondary", class(dice, (turns - 5).min(12)), "Trường THPT Núi Tiên".to_owned())
        }
        _ if dice.percent(65) => ("vocational", String::new(), "Trung tâm GDNN Cửa Bắc".to_owned()),
        _ => ("completed", String::new(), String::new()),
    }
}
