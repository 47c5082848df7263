//! Two records of children, held against each other.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use schemas::text::fold;

use super::{CHILD_SCORE_MIN, Reason, score};
use crate::document::{Container, Fields, Seen, View};
use crate::facts::SamePerson;
use crate::pairs::{self, PersonIdentity};

/// A child of the register, as far as it is compared: every value of every field, folded. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ChildRecord {
    /// Names, births, numbers and links, as [`crate::pairs`] reads them.
    #[n(0)]
    pub identity: PersonIdentity,
    /// The village's code.
    #[n(1)]
    pub village: String,
    /// Codes of the catalogue `sexes`.
    #[n(2)]
    sexes: Vec<String>,
    #[n(3)]
    mothers: Vec<String>,
    #[n(4)]
    fathers: Vec<String>,
    #[n(5)]
    carers: Vec<String>,
    #[n(6)]
    heads: Vec<String>,
    #[n(7)]
    addresses: Vec<String>,
    /// Names of other children of the household who were born on the same day.
    #[n(8)]
    twins: Vec<String>,
    /// The record's fields as they stand.
    #[n(9)]
    seen: i64,
}

impl core::fmt::Debug for ChildRecord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ChildRecord({}/{})", self.identity.document, self.identity.person)
    }
}

/// Why two records may be one child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// 0 to 100: the place in the queue.
    pub score: u8,
    /// For and against, in the order of [`Reason::ALL`].
    pub reasons: Vec<Reason>,
    /// Whether [`crate::pairs`] takes the two for a candidate pair, so that a tally's cells are widened.
    pub widens: bool,
}

/// The children of a household that are compared: not those withdrawn for certain, nor those of whom nothing is known
/// by which anybody could be recognised.
#[must_use]
pub fn child_records(view: &View) -> Vec<ChildRecord> {
    let identities = pairs::identities(view);
    let child = |identity: &PersonIdentity| view.entity(Container::Children, &identity.person);
    let compared = identities.iter().filter_map(|identity| Some((identity, child(identity)?)));
    compared
        .map(|(identity, fields)| {
            let twins = identities.iter().filter(|other| {
                other.person != identity.person
                    && other.births.iter().any(|birth| is_day(birth) && identity.births.contains(birth))
            });
            ChildRecord {
                identity: identity.clone(),
                village: view.village.clone(),
                sexes: texts(fields, "sex", str::to_owned),
                mothers: texts(fields, "mother_name", fold),
                fathers: texts(fields, "father_name", fold),
                carers: texts(fields, "carer_name", fold),
                heads: texts(&view.household, "head_name", fold),
                addresses: texts(&view.household, "address", fold),
                twins: twins.flat_map(|twin| twin.names.iter().cloned()).collect(),
                seen: Seen::of_record(fields).to_i64(),
            }
        })
        .collect()
}

impl ChildRecord {
    /// The record's fields as they stood.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen::from_i64(self.seen)
    }

    /// Numbers that two records share if they are worth comparing: the identity number; the day of birth, day and
    /// month in either order; the name in any order of syllables with the year of birth, or with a parent; a parent
    /// with the year. Equal numbers of different things only cost a look.
    #[must_use]
    pub fn keys(&self) -> Vec<i64> {
        let key = |kind: &str, what: &str, with: &str| pairs::key_of(&format!("{kind}\n{what}"), with);
        let years: Vec<&str> = self.identity.births.iter().filter_map(|birth| birth.get(..4)).collect();
        let names: Vec<String> = self.identity.names.iter().map(|name| in_order(name).join(" ")).collect();
        // A carer stands in where no parent is known.
        let parents: Vec<&String> = match self.mothers.iter().chain(&self.fathers).collect::<Vec<_>>() {
            none if none.is_empty() => self.carers.iter().collect(),
            some => some,
        };
        let mut keys: Vec<i64> =
            self.identity.numbers.iter().map(|number| key("number", number, "")).collect();
        keys.extend(self.identity.births.iter().filter_map(|birth| {
            let (year, month, day) = parts(birth)?;
            let (low, high) = if month < day { (month, day) } else { (day, month) };
            Some(key("birth", year, &format!("{low}-{high}")))
        }));
        for year in &years {
            keys.extend(names.iter().map(|name| key("name", name, year)));
            keys.extend(parents.iter().map(|parent| key("parent", parent, year)));
        }
        for parent in &parents {
            keys.extend(names.iter().map(|name| key("child", name, parent)));
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// How alike two records are; `None` if they are not enough so, if they are one record, or if somebody has decided.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> Option<Likeness> {
        let decided = |one: &Self, two: &Self| {
            let of = |link: &pairs::Link| {
                link.document == two.identity.document && link.person == two.identity.person
            };
            one.identity.links.iter().any(of)
        };
        let same_document = self.identity.document == other.identity.document;
        let is_itself = same_document && self.identity.person == other.identity.person;
        if is_itself || decided(self, other) || decided(other, self) {
            return None;
        }
        let reasons = self.reasons(other);
        let both = [self.identity.clone(), other.identity.clone()];
        let widens = pairs::pairs(&both).iter().any(|pair| pair.same == SamePerson::Undecided);
        let score = score(reasons.iter().map(|reason| reason.weight()));
        (widens || score >= CHILD_SCORE_MIN).then_some(Likeness { score, reasons, widens })
    }

    fn reasons(&self, other: &Self) -> Vec<Reason> {
        let (a, b) = (&self.identity, &other.identity);
        let name = closest(&a.names, &b.names, |x, y| {
            if x == y {
                Some((0, Reason::SameName))
            } else if in_order(x) == in_order(y) {
                Some((1, Reason::NameReordered))
            } else {
                is_near(x, y).then_some((2, Reason::NameNear))
            }
        });
        let name =
            name.or_else(|| (!a.names.is_empty() && !b.names.is_empty()).then_some(Reason::NameDiffers));
        let number = closest(&a.numbers, &b.numbers, |x, y| {
            if x == y {
                Some((0, Reason::SameNumber))
            } else {
                is_near(x, y).then_some((1, Reason::NumberNear))
            }
        });
        let number = number
            .or_else(|| (!a.numbers.is_empty() && !b.numbers.is_empty()).then_some(Reason::NumberDiffers));
        let birth = closest(&a.births, &b.births, births);
        let birth = birth.or_else(|| {
            let known = |births: &[String]| births.iter().any(|birth| birth.len() >= 4);
            (known(&a.births) && known(&b.births)).then_some(Reason::BirthDiffers)
        });
        let share = |one: &[String], two: &[String], reason: Reason| {
            one.iter().any(|text| two.contains(text)).then_some(reason)
        };
        let sex = !self.sexes.is_empty()
            && !other.sexes.is_empty()
            && share(&self.sexes, &other.sexes, Reason::SexDiffers).is_none();
        // In one household: one birth, and they are told apart. In two: the other twin is in that household as well,
        // under this very name.
        let told_apart = name != Some(Reason::SameName) || number == Some(Reason::NumberDiffers);
        let has = |twins: &[String], names: &[String]| twins.iter().any(|twin| names.contains(twin));
        let twins = if a.document == b.document {
            birth == Some(Reason::SameBirth) && told_apart
        } else {
            name != Some(Reason::SameName) && (has(&self.twins, &b.names) || has(&other.twins, &a.names))
        };
        let mut reasons: Vec<Reason> = [
            number,
            name,
            birth,
            share(&self.mothers, &other.mothers, Reason::SameMother),
            share(&self.fathers, &other.fathers, Reason::SameFather),
            share(&self.carers, &other.carers, Reason::SameCarer),
            share(&self.heads, &other.heads, Reason::SameHead),
            share(&self.addresses, &other.addresses, Reason::SameAddress),
            sex.then_some(Reason::SexDiffers),
            twins.then_some(Reason::Twins),
        ]
        .into_iter()
        .flatten()
        .collect();
        reasons.sort_unstable();
        reasons
    }
}

/// The best reason among all values of two fields.
fn closest(
    one: &[String],
    two: &[String],
    compare: impl Fn(&str, &str) -> Option<(u8, Reason)>,
) -> Option<Reason> {
    let all = one.iter().flat_map(|x| two.iter().filter_map(|y| compare(x, y)));
    all.min_by_key(|(rank, _)| *rank).map(|(_, reason)| reason)
}

/// Two births as written: `2019`, `2019-05` or `2019-05-03`.
fn births(x: &str, y: &str) -> Option<(u8, Reason)> {
    if x == y && is_day(x) {
        return Some((0, Reason::SameBirth));
    }
    if let (Some((year, month, day)), Some(other)) = (parts(x), parts(y)) {
        return (other == (year, day, month)).then_some((1, Reason::BirthSwapped));
    }
    let within = x.len() >= 4 && y.len() >= 4 && (x.starts_with(y) || y.starts_with(x));
    within.then_some((2, Reason::BirthWithin))
}

fn is_day(birth: &str) -> bool {
    birth.len() == 10
}

/// Year, month and day of an exact date.
fn parts(birth: &str) -> Option<(&str, &str, &str)> {
    is_day(birth).then(|| Some((birth.get(..4)?, birth.get(5..7)?, birth.get(8..)?)))?
}

/// A folded name's syllables, sorted.
fn in_order(name: &str) -> Vec<&str> {
    let mut syllables: Vec<&str> = name.split(' ').collect();
    syllables.sort_unstable();
    syllables
}

/// Shorter texts are near too much.
const NEAR_CHARS_MIN: usize = 5;

/// Whether one letter more, less or other, or two neighbours swapped, make one text the other.
pub(super) fn is_near(x: &str, y: &str) -> bool {
    let (x, y): (Vec<char>, Vec<char>) = (x.chars().collect(), y.chars().collect());
    let (short, long) = if x.len() <= y.len() { (&x, &y) } else { (&y, &x) };
    if short.len() < NEAR_CHARS_MIN || long.len() - short.len() > 1 || short == long {
        return false;
    }
    let before = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[before..], &long[before..]);
    if short.len() < long.len() {
        return short == &long[1..];
    }
    short[1..] == long[1..]
        || (short.len() >= 2 && short[0] == long[1] && short[1] == long[0] && short[2..] == long[2..])
}

/// Every value of a field that is a text, made comparable; each once.
pub(super) fn texts(fields: &Fields, name: &str, comparable: impl Fn(&str) -> String) -> Vec<String> {
    let values = fields.get(name).into_iter().flat_map(crate::document::Field::values);
    let texts: BTreeSet<String> = values
        .filter_map(|written| written.value.as_text())
        .map(comparable)
        .filter(|text| !text.is_empty())
        .collect();
    texts.into_iter().collect()
}
