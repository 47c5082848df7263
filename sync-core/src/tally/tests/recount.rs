//! An independent recount: slow, and as close to the words of the rules as it can be written. Every
//! possible world is gone through day by day; no selectors, no bits, no breaks.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use schemas::form::form;

use super::sample::{
    AS_OF, FROM, day, drawn_pairs, drawn_restricted, households, pairs_among, period, restricted_among, te03,
};
use crate::date::{Date, PartialDate};
use crate::facts::{
    Choice, HouseholdFacts, PersonFacts, PersonPair, PersonRef, Poverty, RestrictedFact, SamePerson, Sex,
};
use crate::tally::person::Possible;
use crate::tally::{Contribution, Counter};

/// Worlds of one person that the recount goes through; beyond, the example is passed over.
const PATIENCE: usize = 2_500;

/// Answers questions with every combination of answers, one run after another.
#[derive(Default)]
struct Oracle {
    answers: Vec<(usize, usize)>,
    asked: usize,
}

impl Oracle {
    fn pick(&mut self, options: usize) -> usize {
        assert!(options > 0, "a question without answers");
        if self.asked == self.answers.len() {
            self.answers.push((0, options));
        }
        self.asked += 1;
        self.answers[self.asked - 1].0
    }

    fn of<T: Clone>(&mut self, options: &[T]) -> T {
        options[self.pick(options.len())].clone()
    }

    fn choice<T: Clone>(&mut self, choice: &Choice<T>) -> T {
        let all: Vec<T> = choice.values().cloned().collect();
        self.of(&all)
    }

    /// The next combination; false when all were given.
    fn next(&mut self) -> bool {
        self.asked = 0;
        while let Some((answer, options)) = self.answers.pop() {
            if answer + 1 < options {
                self.answers.push((answer + 1, options));
                return true;
            }
        }
        false
    }
}

/// A recount's record: household, person, opened reports.
type Record<'a> = (&'a HouseholdFacts, &'a PersonFacts, Vec<&'a RestrictedFact>);

struct Lived {
    stated: Option<PartialDate>,
    birth: Date,
    turns: Vec<(Date, u8)>,
    hurt: Vec<(Date, String, Option<String>)>,
}

impl Lived {
    /// Whether the person lives here at some moment of the day, and at its end.
    fn on(&self, day: Date) -> (bool, bool) {
        let mut lives = self.turns.first().is_none_or(|(_, turn)| turn % 2 == 1);
        let mut that_day = false;
        for (when, turn) in &self.turns {
            if *when == day {
                that_day |= lives;
            }
            if *when <= day {
                lives = turn % 2 == 0;
            }
        }
        (self.birth <= day && (that_day || lives), self.birth <= day && lives)
    }
}

struct Recount<'a> {
    from: Date,
    as_of: Date,
    village: Option<&'a str>,
}

fn all_days(date: PartialDate) -> Vec<Date> {
    date.first().series(jiff::Span::new().days(1)).take_while(|d| *d <= date.last()).collect()
}

fn age(birth: Date, on: Date) -> i16 {
    let before = (on.month(), on.day()) < (birth.month(), birth.day());
    on.year() - birth.year() - i16::from(before)
}

type Seen = BTreeMap<(&'static str, usize), i64>;

impl Recount<'_> {
    /// Days that an unknown date may stand for: all near any day that plays a part.
    fn somewhen(&self, person: &PersonFacts) -> Vec<Date> {
        let mut days = BTreeSet::new();
        let mut known = vec![self.from, self.as_of];
        let dates = person.events.iter().flat_map(|e| e.date.values()).chain(person.birth.values());
        known.extend(dates.flatten().flat_map(|d| [d.first(), d.last()]));
        for day in known {
            for years in [0_i16, 6, 16, 18, -16] {
                let moved = day.saturating_sub(jiff::Span::new().years(i64::from(years)));
                days.extend([
                    moved.yesterday().expect("in range"),
                    moved,
                    moved.tomorrow().expect("in range"),
                ]);
            }
        }
        days.into_iter().collect()
    }

    fn lived(&self, person: &PersonFacts, oracle: &mut Oracle) -> Lived {
        let stated = oracle.choice(&person.birth);
        let birth = match stated {
            Some(stated) => oracle.of(&all_days(stated)),
            None if person.is_child => oracle.of(&self.somewhen(person)),
            None => Date::MIN,
        };
        let departs = person
            .events
            .iter()
            .any(|e| e.kind.values().any(|k| matches!(k.as_deref(), Some("moved_out" | "death"))));
        let (mut turns, mut hurt) = (Vec::new(), Vec::new());
        for event in &person.events {
            if oracle.choice(&event.withdrawn) {
                continue;
            }
            let Some(kind) = oracle.choice(&event.kind) else { continue };
            // Even numbers arrive, odd ones leave, in the order of one day.
            let turn = match kind.as_str() {
                "birth" => Some(0),
                "moved_out" => Some(1),
                "moved_in" => Some(2),
                "death" => Some(3),
                _ => None,
            };
            if turn.is_none() && kind != "injury" {
                continue;
            }
            let when = match oracle.choice(&event.date) {
                Some(date) => oracle.of(&all_days(date)),
                None if kind == "birth" || kind == "moved_in" && !departs => continue,
                None => oracle.of(&self.somewhen(person)),
            };
            turns.extend(turn.map(|turn| (when, turn)));
            if kind == "injury" || kind == "death" {
                hurt.push((when, kind, oracle.choice(&event.cause)));
            }
        }
        turns.sort();
        Lived { stated: stated.or(person.is_child.then(PartialDate::whenever)), birth, turns, hurt }
    }

    fn held(&self, start: Option<Date>, end: Option<Date>) -> bool {
        start.is_none_or(|s| s <= self.as_of) && end.is_none_or(|e| self.as_of < e)
    }

    fn day_of(date: Option<PartialDate>, oracle: &mut Oracle) -> Option<Date> {
        date.map(|date| oracle.of(&all_days(date)))
    }

    /// The lines and columns a person is in, in the world the oracle gives.
    fn world(&self, records: &[Record<'_>], oracle: &mut Oracle) -> Seen {
        let mut known = Vec::new();
        for record in records {
            if !oracle.choice(&record.1.withdrawn) {
                known.push((record, self.lived(record.1, oracle)));
            }
        }
        let here = |village: &str| self.village.is_none_or(|asked| asked == village);
        let resident: Vec<_> = known.iter().filter(|(_, lived)| lived.on(self.as_of).1).collect();
        let lives_here = resident.iter().any(|(record, _)| here(&record.0.village));
        let relevant: Vec<_> = if resident.is_empty() { known.iter().collect() } else { resident };
        if known.is_empty() {
            return Seen::new();
        }

        // Birth: the closest statement; those that differ, either.
        let stated: Vec<(PartialDate, Date)> =
            relevant.iter().filter_map(|(_, lived)| Some((lived.stated?, lived.birth))).collect();
        let wider =
            |a: &PartialDate, b: &PartialDate| a != b && a.first() <= b.first() && b.last() <= a.last();
        let closest: Vec<Date> = stated
            .iter()
            .filter(|(one, _)| !stated.iter().any(|(b, _)| wider(one, b)))
            .map(|(_, d)| *d)
            .collect();
        let birth = (!closest.is_empty()).then(|| oracle.of(&closest));
        let years = birth.map(|birth| age(birth, self.as_of));

        let mut codes: Vec<String> = Vec::new();
        let (mut sexes, mut groups, mut cards, mut used, mut statuses) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut by_report: BTreeSet<String> = BTreeSet::new();
        for (record, _) in &relevant {
            sexes.extend(oracle.choice(&record.1.sex));
            groups.extend(
                oracle.choice(&record.1.ethnicity).filter(|code| code != "56").map(|code| code == "01"),
            );
            cards.extend(oracle.choice(&record.1.health_insurance));
            used.extend(oracle.choice(&record.1.health_insurance_used));
            statuses.extend(oracle.choice(&record.0.poverty));
            for circumstance in &record.1.circumstances {
                let start = Self::day_of(oracle.choice(&circumstance.start), oracle);
                let end = Self::day_of(oracle.choice(&circumstance.end), oracle);
                if !oracle.choice(&circumstance.withdrawn) && self.held(start, end) {
                    codes.extend(oracle.choice(&circumstance.code));
                }
            }
            for fact in &record.2 {
                let start = Self::day_of(fact.start, oracle);
                let end = Self::day_of(fact.end, oracle);
                if self.held(start, end) {
                    codes.push(fact.code.clone());
                }
                if start.is_none_or(|s| s <= self.as_of) && end.is_none_or(|e| self.from < e) {
                    by_report.extend(fact.supports.iter().cloned());
                }
            }
        }
        let sex = if sexes.is_empty() { oracle.of(&[Sex::Male, Sex::Female]) } else { oracle.of(&sexes) };
        let kinh = if groups.is_empty() { oracle.of(&[true, false]) } else { oracle.of(&groups) };
        let card = if cards.is_empty() { oracle.of(&[true, false]) } else { oracle.of(&cards) };
        let used = if used.is_empty() { oracle.of(&[true, false]) } else { oracle.of(&used) };
        let every = [Poverty::Poor, Poverty::NearPoor, Poverty::Neither];
        let status = if statuses.is_empty() { oracle.of(&every) } else { oracle.of(&statuses) };
        for code in &mut codes {
            if code == "2023.III.4" {
                *code = oracle.of(&["III.4", "III.5"]).to_owned();
            }
        }

        let mut received: BTreeSet<String> = BTreeSet::new();
        for (record, _) in &known {
            for support in &record.1.supports {
                let (start, end) = (oracle.choice(&support.start), oracle.choice(&support.end));
                let counts = match (start, end) {
                    (Some(s), Some(e)) if s == e => {
                        let day = oracle.of(&all_days(s));
                        self.from <= day && day <= self.as_of
                    }
                    _ => {
                        let (start, end) = (Self::day_of(start, oracle), Self::day_of(end, oracle));
                        start.is_none_or(|s| s <= self.as_of) && end.is_none_or(|e| self.from < e)
                    }
                };
                let forms = ["social_allowance", "medical", "education", "counselling", "other"];
                let form = oracle.choice(&support.form).unwrap_or_else(|| oracle.of(&forms).to_owned());
                if counts && oracle.choice(&support.received) && !oracle.choice(&support.withdrawn) {
                    received.insert(form);
                }
            }
        }

        let (mut injured, mut died, mut drowned) = (0, 0, 0);
        for (when, kind, cause) in known.iter().flat_map(|(_, lived)| &lived.hurt) {
            let cause = match cause.as_deref() {
                None | Some("unknown") => {
                    oracle.of(&["injury_drowning", "injury_traffic", "injury_fall", "illness"])
                }
                Some(cause) => cause,
            };
            let lived = known.iter().any(|(record, lived)| here(&record.0.village) && lived.on(*when).0);
            let young = birth.is_some_and(|birth| (0..16).contains(&age(birth, *when)));
            if *when < self.from || *when > self.as_of || !lived || !young {
                continue;
            }
            let by_injury = cause.starts_with("injury_");
            injured += i64::from(kind == "injury" || by_injury);
            died += i64::from(kind == "death" && by_injury);
            drowned += i64::from(kind == "death" && cause == "injury_drowning");
        }

        let counted = lives_here && years.is_some_and(|years| (0..16).contains(&years));
        let has = |group: &str| {
            let beneath = |code: &String| {
                code == group
                    || code.starts_with(&format!("{group}."))
                    || code.starts_with(&format!("{group}-"))
            };
            i64::from(counted && codes.iter().any(beneath))
        };
        let poor = i64::from(counted && status != Poverty::Neither);
        let groups: i64 = (1..=14).map(|n| has(&format!("II.{n}"))).sum();
        let risks: i64 = poor + (2..=7).map(|n| has(&format!("III.{n}"))).sum::<i64>();
        let lines: [(&'static str, i64, bool); 28] = [
            ("I.1", i64::from(counted), false),
            ("I.1.1", i64::from(counted && sex == Sex::Male), false),
            ("I.1.2", i64::from(counted && sex == Sex::Female), false),
            ("I.1.3-1", i64::from(counted && kinh), false),
            ("I.1.3-2", i64::from(counted && !kinh), false),
            ("II", groups, true),
            ("II.3", has("II.3"), false),
            ("II.3.13", has("II.3.13"), false),
            ("II.4", has("II.4"), false),
            ("II.4.1", has("II.4.1"), false),
            ("II.4.2", has("II.4.2"), false),
            ("II.4.4", has("II.4.4"), false),
            ("II.4.4-1", has("II.4.4-1"), false),
            ("II.5", has("II.5"), true),
            ("II.5.1", has("II.5.1"), true),
            ("II.11", has("II.11"), true),
            ("II.11.2", has("II.11.2"), true),
            ("III", risks, false),
            ("III.1", poor, false),
            ("III.1-1", i64::from(counted && status == Poverty::Poor), false),
            ("III.4", has("III.4"), false),
            ("III.5", has("III.5"), false),
            ("IV", has("IV.1") + injured, false),
            ("IV.1", has("IV.1"), false),
            ("IV.2", injured, false),
            ("IV.2.1", injured, false),
            ("IV.2.2", died, false),
            ("IV.2.2-1", drowned, false),
        ];
        let mut seen = Seen::new();
        for (line, times, by_reports_too) in lines {
            let with = |form: &str| received.contains(form) || by_reports_too && by_report.contains(form);
            let any =
                ["social_allowance", "medical", "education", "counselling", "other"].iter().any(|f| with(f));
            let columns = [(0, true), (2, any), (3, with("social_allowance")), (6, with("counselling"))];
            for (column, _) in columns.iter().filter(|(_, passes)| *passes && times > 0) {
                seen.insert((line, *column), times);
            }
        }
        let aged = |from: i16, below: i16| lives_here && years.is_some_and(|y| from <= y && y < below);
        for (line, counts) in [
            ("01:I.1", aged(0, 16)),
            ("01:I.2", aged(0, 6)),
            ("01:I.3", aged(0, 6) && card),
            ("01:I.3-2", aged(0, 6) && card && used),
            ("01:I.4", aged(16, 18)),
        ] {
            if counts {
                seen.insert((line, 0), 1);
            }
        }
        seen
    }

    /// Least and most of one person: children and occurrences. `None`: too many worlds.
    fn person(&self, records: &[Record<'_>]) -> Option<BTreeMap<(&'static str, usize), [i64; 4]>> {
        let mut oracle = Oracle::default();
        let mut worlds: BTreeSet<Seen> = BTreeSet::new();
        for _ in 0..PATIENCE {
            worlds.insert(self.world(records, &mut oracle));
            if !oracle.next() {
                let cells: BTreeSet<_> = worlds.iter().flat_map(|seen| seen.keys().copied()).collect();
                let bounds = cells.into_iter().map(|cell| {
                    let times: Vec<i64> =
                        worlds.iter().map(|seen| seen.get(&cell).copied().unwrap_or(0)).collect();
                    let (least, most) =
                        (*times.iter().min().expect("some"), *times.iter().max().expect("some"));
                    (cell, [least.min(1), most.min(1), least, most])
                });
                return Some(bounds.collect());
            }
        }
        None
    }

    /// The whole register.
    fn count(
        &self,
        households: &[HouseholdFacts],
        pairs: &[PersonPair],
        restricted: Option<&[RestrictedFact]>,
    ) -> Option<BTreeMap<(&'static str, usize), [i64; 4]>> {
        let mut people: Vec<(PersonRef, Record<'_>)> = Vec::new();
        for household in households {
            for person in &household.people {
                let me = PersonRef { document: household.document, person: person.id.clone() };
                let about_me = restricted.into_iter().flatten().filter(|fact| fact.person == me).collect();
                people.push((me, (household, person, about_me)));
            }
        }
        let undecided: Vec<&PersonPair> = pairs.iter().filter(|p| p.same == SamePerson::Undecided).collect();
        let mut total: Option<BTreeMap<(&'static str, usize), [i64; 4]>> = None;
        for answers in 0..1_usize << undecided.len() {
            let mut label: Vec<usize> = (0..people.len()).collect();
            let yes =
                undecided.iter().enumerate().filter(|(bit, _)| answers >> bit & 1 == 1).map(|(_, p)| *p);
            for pair in pairs.iter().filter(|p| p.same == SamePerson::Linked).chain(yes) {
                let find = |r: &PersonRef| people.iter().position(|(me, _)| me == r).expect("among them");
                let (a, b) = (label[find(&pair.a)], label[find(&pair.b)]);
                label.iter_mut().filter(|l| **l == b).for_each(|l| *l = a);
            }
            let mut sum: BTreeMap<(&'static str, usize), [i64; 4]> = BTreeMap::new();
            for one in label.iter().copied().collect::<BTreeSet<_>>() {
                let records: Vec<Record<'_>> = people
                    .iter()
                    .zip(&label)
                    .filter(|(_, l)| **l == one)
                    .map(|((_, r), _)| r.clone())
                    .collect();
                for (cell, bounds) in self.person(&records)? {
                    let sums = sum.entry(cell).or_default();
                    sums.iter_mut().zip(bounds).for_each(|(sum, more)| *sum += more);
                }
            }
            total = Some(match total {
                None => sum,
                Some(before) => {
                    let cells: BTreeSet<_> = before.keys().chain(sum.keys()).copied().collect();
                    let of = |all: &BTreeMap<_, [i64; 4]>, cell| all.get(&cell).copied().unwrap_or_default();
                    let join = |cell| {
                        let ([a, b, c, d], [e, f, g, h]) = (of(&before, cell), of(&sum, cell));
                        (cell, [a.min(e), b.max(f), c.min(g), d.max(h)])
                    };
                    cells.into_iter().map(join).collect()
                }
            });
        }
        total
    }
}

/// Whether every person's possibilities were few enough to be combined exactly.
fn is_exact(counter: &Counter<'_>, households: &[HouseholdFacts], pairs: &[PersonPair]) -> bool {
    let mut exact = true;
    counter.gather(households, pairs, None, |cluster| {
        let groups = cluster.groups.iter().chain([&cluster.groups.concat()]).cloned().collect::<Vec<_>>();
        exact &= groups.iter().all(|group| matches!(counter.possible(group), Possible::Worlds(_)));
    });
    exact
}

fn lines_of(form: &str) -> Vec<&'static str> {
    let third = te03().lines.iter().map(|line| line.code.as_str());
    match form {
        "03/TE" => third.collect(),
        _ => ["I.1", "I.2", "I.3", "I.3-2", "I.4"].to_vec(),
    }
}

fn compare(
    households: &[HouseholdFacts],
    pairs: &[PersonPair],
    restricted: Option<&[RestrictedFact]>,
    village: Option<&str>,
) -> Result<(), TestCaseError> {
    let recount = Recount { from: day(FROM), as_of: day(AS_OF), village };
    let expected = recount.count(households, pairs, restricted);
    prop_assume!(expected.is_some());
    let expected = expected.expect("assumed");
    for name in ["03/TE", "01/TE"] {
        let form = form(name).expect("shipped");
        let counter = Counter::new(form, period(), village).expect("compiles");
        let exact = is_exact(&counter, households, pairs);
        let sum = counter.contribution(households, pairs, restricted);
        let tally = counter.tally(&sum, &BTreeMap::new());
        let open = i64::try_from(tally.sealed).expect("few");
        for code in lines_of(name) {
            for column in [0, 2, 3, 6] {
                let key = expected.keys().map(|(line, _)| *line).find(|line| {
                    *line == code && name == "03/TE"
                        || line.strip_prefix("01:") == Some(code) && name == "01/TE"
                });
                let listed = RECOUNTED.contains(&code);
                let (Some(cell), true) = (tally.cell(code, column), listed) else { continue };
                let line = form.line(code).expect("its own");
                let sealed = if form.counts_restricted(line) { open } else { 0 };
                let [least, most, fewest, mostly] =
                    key.and_then(|line| expected.get(&(line, column))).copied().unwrap_or_default();
                let expected = [least, most + sealed, fewest, mostly + sealed];
                let found =
                    [cell.children.least, cell.children.most, cell.occurrences.least, cell.occurrences.most]
                        .map(|n| i64::try_from(n).expect("few"));
                if exact {
                    prop_assert_eq!(found, expected, "{} {} column {}", name, code, column + 1);
                } else {
                    let sound = found[0] <= expected[0]
                        && found[1] >= expected[1]
                        && found[2] <= expected[2]
                        && found[3] >= expected[3];
                    prop_assert!(sound, "{name} {code} column {}: {found:?} {expected:?}", column + 1);
                }
            }
        }
    }
    Ok(())
}

/// Lines the recount counts (of 01/TE all that are derived).
const RECOUNTED: [&str; 32] = [
    "I.1", "I.2", "I.3", "I.3-2", "I.4", "I.1.1", "I.1.2", "I.1.3-1", "I.1.3-2", "II", "II.3", "II.3.13",
    "II.4", "II.4.1", "II.4.2", "II.4.4", "II.4.4-1", "II.5", "II.5.1", "II.11", "II.11.2", "III", "III.1",
    "III.1-1", "III.4", "III.5", "IV", "IV.1", "IV.2", "IV.2.1", "IV.2.2", "IV.2.2-1",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_global_rejects: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn the_tally_of_unrelated_people_equals_the_recount(
        households in households(),
        drawn in drawn_restricted(),
        opened in any::<bool>(),
        village in any::<bool>(),
    ) {
        let restricted = restricted_among(&households, &drawn);
        let restricted = opened.then_some(restricted.as_slice());
        compare(&households, &[], restricted, village.then_some("01"))?;
    }

    #[test]
    fn the_tally_of_people_who_are_or_may_be_the_same_equals_the_recount(
        households in households(),
        drawn in drawn_pairs(),
        village in any::<bool>(),
    ) {
        let pairs = pairs_among(&households, &drawn);
        compare(&households, &pairs, None, village.then_some("01"))?;
    }

    #[test]
    fn the_order_of_households_and_pairs_does_not_matter(
        households in households(),
        drawn in drawn_pairs(),
    ) {
        let pairs = pairs_among(&households, &drawn);
        let counter = Counter::new(te03(), period(), None).expect("compiles");
        let forward = counter.contribution(&households, &pairs, None);
        let back: Vec<PersonPair> = pairs
            .iter()
            .rev()
            .map(|p| PersonPair { a: p.b.clone(), b: p.a.clone(), same: p.same })
            .collect();
        prop_assert_eq!(counter.contribution(households.iter().rev(), &back, None), forward);
    }

    #[test]
    fn contributions_of_households_add_up_and_are_taken_away_again(
        households in households(),
        changed in households(),
        drawn in drawn_restricted(),
    ) {
        let restricted = restricted_among(&households, &drawn);
        let counter = Counter::new(te03(), period(), None).expect("compiles");
        let of = |one: &HouseholdFacts| counter.contribution([one], &[], Some(&restricted));
        let whole = counter.contribution(&households, &[], Some(&restricted));
        let parts: Vec<Contribution> = households.iter().map(of).collect();
        let sum: Contribution = parts.iter().sum();
        prop_assert_eq!(&sum, &whole);
        let mut households = households.clone();
        let replaced = sum - &of(&households[0]) + &of(&changed[0]);
        households[0] = changed[0].clone();
        prop_assert_eq!(replaced, counter.contribution(&households, &[], Some(&restricted)));
    }

    #[test]
    fn an_explanation_lists_as_many_children_as_the_cell_counts(
        households in households(),
        drawn in drawn_pairs(),
        line in proptest::sample::select(RECOUNTED.to_vec()),
        column in proptest::sample::select(vec![(0, "1"), (2, "3"), (6, "7")]),
    ) {
        let Some(_) = te03().line(line) else { return Ok(()) };
        let pairs = pairs_among(&households, &drawn);
        let counter = Counter::new(te03(), period(), None).expect("compiles");
        let tally = counter.tally(&counter.contribution(&households, &pairs, None), &BTreeMap::new());
        let cell = tally.cell(line, column.0).expect("counted");
        let explained = counter.explain(&households, &pairs, None, line, column.1).expect("known");
        let certain = explained.children.iter().filter(|child| child.certain).count();
        prop_assert_eq!(u64::try_from(certain).expect("few"), cell.children.least);
        let all = u64::try_from(explained.children.len() + explained.sealed.len()).expect("few");
        prop_assert!(all >= cell.children.most);
        for child in &explained.children {
            prop_assert!(!child.because.is_empty());
            prop_assert_eq!(child.undecided.is_empty(), child.certain, "{:?}", child);
        }
    }
}
