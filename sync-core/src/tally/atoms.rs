//! A form compiled: its selectors as formulas over yes-or-no questions ("atoms"), a person's answers
//! as a set of bits. Selectors have no "not", so more answers never make a formula false.

use std::collections::BTreeMap;

use schemas::catalogue::{Name, catalogue, circumstances, codes_on};
use schemas::form::{
    self, AgeBand, CircumstanceIs, ColumnKind, Ethnicity, EventIs, Filter, Form, LineSource, PersonIs,
    Selector,
};

use crate::date::Date;
use crate::facts::{Poverty, Schooling, Sex};

use super::{Period, TallyError};

/// Answers to at most [`Bits::MAX`] questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bits([u64; 4]);

/// No question answered with yes.
pub(super) const NOTHING: Bits = Bits([0; 4]);

impl Bits {
    pub(super) const MAX: usize = 256;

    pub(super) fn set(&mut self, atom: u8) {
        self.0[usize::from(atom) / 64] |= 1 << (atom % 64);
    }

    pub(super) fn has(&self, atom: u8) -> bool {
        self.0[usize::from(atom) / 64] >> (atom % 64) & 1 == 1
    }

    pub(super) fn or(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
        self
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a &= b);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    pub(super) fn iter(self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(move |&atom| self.has(atom))
    }
}

impl FromIterator<u8> for Bits {
    fn from_iter<I: IntoIterator<Item = u8>>(atoms: I) -> Self {
        let mut bits = Self::default();
        atoms.into_iter().for_each(|atom| bits.set(atom));
        bits
    }
}

/// A question about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Atom {
    /// Lives in the scope of the tally on the as-of date.
    Resident,
    Age(AgeBand),
    Sex(form::Sex),
    Ethnicity(Ethnicity),
    Insurance(bool),
    InsuranceUsed(bool),
    BirthRegistered(bool),
    /// At one of these stages.
    Schooling(Vec<String>),
    /// Of a household visited in the period.
    Visited,
    Poverty(form::Poverty),
    Circumstance(CircumstanceIs),
    Event(EventIs),
    /// Received one of these forms of support in the period.
    Support(Vec<String>),
    /// The same, by a sealed report.
    SealedSupport(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Formula {
    Atom(u8),
    All(Vec<Formula>),
    Any(Vec<Formula>),
}

impl Formula {
    pub(super) fn holds(&self, bits: Bits) -> bool {
        match self {
            Self::Atom(atom) => bits.has(*atom),
            Self::All(inner) => inner.iter().all(|formula| formula.holds(bits)),
            Self::Any(inner) => inner.iter().any(|formula| formula.holds(bits)),
        }
    }

    fn collect(&self, bits: &mut Bits) {
        match self {
            Self::Atom(atom) => bits.set(*atom),
            Self::All(inner) | Self::Any(inner) => inner.iter().for_each(|formula| formula.collect(bits)),
        }
    }

    /// Every question it asks.
    pub(super) fn atoms(&self) -> Bits {
        let mut bits = Bits::default();
        self.collect(&mut bits);
        bits
    }
}

/// A line counted from the register.
#[derive(Debug, Clone)]
pub(super) struct CompiledLine {
    pub(super) formula: Formula,
    /// The events it asks for; empty for a line of states.
    pub(super) events: Vec<u8>,
    /// Places of the lines whose occurrences add up to its own.
    pub(super) occurrences: Vec<usize>,
    pub(super) counts_restricted: bool,
}

/// A column that counts children.
#[derive(Debug, Clone)]
pub(super) struct CompiledColumn {
    /// For ordinary lines.
    pub(super) open: Formula,
    /// For lines that count restricted circumstances.
    pub(super) sealed: Formula,
}

/// Days of birth that bound an age band on the as-of date: inside are `below < birth ≤ from`.
#[derive(Debug, Clone, Copy)]
struct AgeCut {
    atom: u8,
    from: Date,
    below: Date,
}

#[derive(Debug, Clone)]
pub(super) struct Compiled {
    pub(super) lines: Vec<Option<CompiledLine>>,
    pub(super) columns: Vec<Option<CompiledColumn>>,
    /// Residence: the first atom of every form.
    pub(super) resident: u8,
    pub(super) universe: Option<AgeBand>,
    /// Nobody of this age or above is counted in any line; `None`: no such age.
    pub(super) age_below: Option<u8>,
    /// First days of birth on which an answer about age changes.
    pub(super) birth_breaks: Vec<Date>,
    atoms: Vec<Atom>,
    ages: Vec<AgeCut>,
    sexes: [Bits; 2],
    ethnicity_unknown: Vec<Bits>,
    ethnicities: Vec<Bits>,
    poverty: [Bits; 3],
    insurance: [[Bits; 2]; 2],
    birth_registered: [Bits; 2],
    schooling: [Bits; Schooling::ALL.len()],
    visited: Bits,
    codes: BTreeMap<&'static str, Vec<Bits>>,
    support_unknown: Vec<Bits>,
}

/// The day on which somebody born on `birth` becomes `years` old (29 February: the 28th in other years).
pub(crate) fn birthday(birth: Date, years: u8) -> Date {
    birth.saturating_add(jiff::Span::new().years(i32::from(years)))
}

/// The last day of birth of those who are `years` old or older on `day`.
pub(super) fn born_until(day: Date, years: u8) -> Date {
    let same_day = day.saturating_sub(jiff::Span::new().years(i32::from(years)));
    let next = day_after(same_day);
    if birthday(next, years) <= day { next } else { same_day }
}

pub(super) fn day_after(day: Date) -> Date {
    day.tomorrow().unwrap_or(Date::MAX)
}

struct Compiler<'f> {
    form: &'f Form,
    atoms: Vec<Atom>,
}

impl Compiler<'_> {
    fn atom(&mut self, atom: Atom) -> Result<Formula, TallyError> {
        let place = self.atoms.iter().position(|known| *known == atom).unwrap_or_else(|| {
            self.atoms.push(atom);
            self.atoms.len() - 1
        });
        let too_many = TallyError::TooManyDistinctions { max: Bits::MAX };
        u8::try_from(place).map(Formula::Atom).map_err(|_| too_many)
    }

    fn all(&mut self, selectors: &[Selector], flow: bool) -> Result<Vec<Formula>, TallyError> {
        selectors.iter().map(|selector| self.selector(selector, flow)).collect()
    }

    /// `flow`: an event is among the conditions that must hold together, so residence on the as-of date
    /// is not asked for (the event's own day decides).
    fn selector(&mut self, selector: &Selector, flow: bool) -> Result<Formula, TallyError> {
        let state = match selector {
            Selector::AnyOf(inner) => return Ok(Formula::Any(self.all(inner, flow)?)),
            Selector::AllOf(inner) => {
                let flow = flow || selector.any(&mut |s| matches!(s, Selector::Event(_)));
                return Ok(Formula::All(self.all(inner, flow)?));
            }
            Selector::Event(is) => return self.atom(Atom::Event(is.clone())),
            Selector::Person(is) => self.person(is)?,
            Selector::Circumstance(is) => vec![self.atom(Atom::Circumstance(is.clone()))?],
            Selector::Poverty(any) => {
                let any: Result<_, _> = any.iter().map(|p| self.atom(Atom::Poverty(*p))).collect();
                vec![Formula::Any(any?)]
            }
        };
        let mut all = state;
        if !flow {
            all.push(self.atom(Atom::Resident)?);
            if let Some(band) = self.form.universe {
                all.push(self.atom(Atom::Age(band))?);
            }
        }
        Ok(Formula::All(all))
    }

    fn person(&mut self, is: &PersonIs) -> Result<Vec<Formula>, TallyError> {
        let asked = [
            is.age.map(Atom::Age),
            is.sex.map(Atom::Sex),
            is.ethnicity.clone().map(Atom::Ethnicity),
            is.health_insurance.map(Atom::Insurance),
            is.health_insurance_used.map(Atom::InsuranceUsed),
            is.birth_registered.map(Atom::BirthRegistered),
            (!is.schooling.is_empty()).then(|| Atom::Schooling(is.schooling.clone())),
            is.visited.then_some(Atom::Visited),
        ];
        asked.into_iter().flatten().map(|atom| self.atom(atom)).collect()
    }

    fn filter(&mut self, filter: &Filter) -> Result<CompiledColumn, TallyError> {
        let is = PersonIs {
            age: filter.age,
            sex: filter.sex,
            ethnicity: filter.ethnicity.clone(),
            ..PersonIs::default()
        };
        let mut open = self.person(&is)?;
        let mut sealed = open.clone();
        if !filter.supports.is_empty() {
            let support = self.atom(Atom::Support(filter.supports.clone()))?;
            let by_report = self.atom(Atom::SealedSupport(filter.supports.clone()))?;
            open.push(support.clone());
            sealed.push(Formula::Any(vec![support, by_report]));
        }
        Ok(CompiledColumn { open: Formula::All(open), sealed: Formula::All(sealed) })
    }
}

/// The age from which nobody is counted, if every line has one.
fn age_below(form: &Form) -> Option<u8> {
    if let Some(band) = form.universe {
        return Some(band.below);
    }
    let lines = form.lines.iter().filter_map(|line| match &line.source {
        LineSource::Derived { selector: Selector::Person(is), .. } => Some(is.age.map(|band| band.below)),
        LineSource::Derived { .. } => Some(None),
        _ => None,
    });
    lines.collect::<Option<Vec<u8>>>()?.into_iter().max()
}

impl Compiled {
    pub(super) fn new(form: &Form, period: Period) -> Result<Self, TallyError> {
        let mut compiler = Compiler { form, atoms: vec![Atom::Resident] };
        let mut lines = Vec::new();
        for line in &form.lines {
            let LineSource::Derived { selector, occurrences } = &line.source else {
                lines.push(None);
                continue;
            };
            let formula = compiler.selector(selector, false)?;
            let place = |code: &String| form.lines.iter().position(|line| line.code == *code);
            let events = |atom: &u8| matches!(compiler.atoms[usize::from(*atom)], Atom::Event(_));
            lines.push(Some(CompiledLine {
                events: formula.atoms().iter().filter(events).collect(),
                formula,
                occurrences: occurrences.iter().filter_map(place).collect(),
                counts_restricted: form.counts_restricted(line),
            }));
        }
        let columns: Result<Vec<_>, _> = form
            .columns
            .iter()
            .map(|column| match &column.kind {
                ColumnKind::Children(filter) => compiler.filter(filter).map(Some),
                ColumnKind::Percent { .. } => Ok(None),
            })
            .collect();
        let mut compiled = Self {
            lines,
            columns: columns?,
            resident: 0,
            universe: form.universe,
            age_below: age_below(form),
            birth_breaks: Vec::new(),
            atoms: compiler.atoms,
            ages: Vec::new(),
            sexes: Default::default(),
            ethnicity_unknown: Vec::new(),
            ethnicities: Vec::new(),
            poverty: Default::default(),
            insurance: Default::default(),
            birth_registered: Default::default(),
            schooling: Default::default(),
            visited: NOTHING,
            codes: BTreeMap::new(),
            support_unknown: Vec::new(),
        };
        compiled.tabulate(form, period);
        Ok(compiled)
    }

    fn where_atom(&self, mut answers: impl FnMut(&Atom) -> bool) -> Bits {
        let atoms = self.atoms.iter().enumerate().filter(|(_, atom)| answers(atom));
        atoms.map(|(place, _)| u8::try_from(place).expect("the compiler counted them")).collect()
    }

    fn tabulate(&mut self, form: &Form, period: Period) {
        let as_of = period.as_of();
        self.birth_breaks = vec![day_after(as_of)];
        for (place, atom) in self.atoms.iter().enumerate() {
            let Atom::Age(band) = atom else { continue };
            let atom = u8::try_from(place).expect("the compiler counted them");
            let from = born_until(as_of, band.from.unwrap_or(0));
            let below = born_until(as_of, band.below);
            self.ages.push(AgeCut { atom, from, below });
            self.birth_breaks.extend([day_after(from), day_after(below)]);
        }
        self.birth_breaks.sort();
        self.birth_breaks.dedup();
        self.sexes =
            [form::Sex::Male, form::Sex::Female].map(|sex| self.where_atom(|a| *a == Atom::Sex(sex)));
        let poverty = [form::Poverty::Poor, form::Poverty::NearPoor, form::Poverty::Neither];
        self.poverty = poverty.map(|status| self.where_atom(|a| *a == Atom::Poverty(status)));
        self.insurance = [
            [false, true].map(|held| self.where_atom(|a| *a == Atom::Insurance(held))),
            [false, true].map(|used| self.where_atom(|a| *a == Atom::InsuranceUsed(used))),
        ];
        self.birth_registered =
            [false, true].map(|registered| self.where_atom(|a| *a == Atom::BirthRegistered(registered)));
        self.schooling = Schooling::ALL.map(|(_, code)| {
            self.where_atom(|a| matches!(a, Atom::Schooling(stages) if stages.iter().any(|s| s == code)))
        });
        self.visited = self.where_atom(|a| *a == Atom::Visited);
        // 0 stands for an ethnic group that no form names.
        self.ethnicities = (0..=99_u8).map(|number| self.ethnicity_bits(&format!("{number:02}"))).collect();
        self.ethnicity_unknown = self.ethnicities.clone();
        self.ethnicity_unknown.sort();
        self.ethnicity_unknown.dedup();
        // On days before the form was in force its lines already stand for what came before.
        let day = as_of.max(form.valid_from);
        for circumstance in circumstances() {
            let meant = codes_on(circumstance.code(), day);
            let bits = meant
                .iter()
                .map(|code| self.where_atom(|a| matches!(a, Atom::Circumstance(is) if is.takes_in(code))));
            let bits: Vec<Bits> = bits.collect();
            self.codes.insert(circumstance.code(), bits);
        }
        let forms = catalogue(Name::SupportForms).entries.iter();
        self.support_unknown = forms.map(|entry| self.support_bits(&entry.code)).collect();
    }

    fn ethnicity_bits(&self, code: &str) -> Bits {
        self.where_atom(|atom| match atom {
            Atom::Ethnicity(Ethnicity::Only(codes)) => codes.iter().any(|c| c == code),
            Atom::Ethnicity(Ethnicity::Except(codes)) => codes.iter().all(|c| c != code),
            _ => false,
        })
    }

    pub(super) fn age(&self, birth: Date) -> Bits {
        self.ages.iter().filter(|cut| cut.below < birth && birth <= cut.from).map(|cut| cut.atom).collect()
    }

    pub(super) fn any_age(&self) -> Bits {
        self.ages.iter().map(|cut| cut.atom).collect()
    }

    pub(super) fn sex(&self, sex: Sex) -> Bits {
        self.sexes[match sex {
            Sex::Male => 0,
            Sex::Female => 1,
        }]
    }

    pub(super) fn poverty(&self, status: Poverty) -> Bits {
        self.poverty[match status {
            Poverty::Poor => 0,
            Poverty::NearPoor => 1,
            Poverty::Neither => 2,
        }]
    }

    pub(super) fn insurance(&self, held: bool) -> Bits {
        self.insurance[0][usize::from(held)]
    }

    pub(super) fn insurance_used(&self, used: bool) -> Bits {
        self.insurance[1][usize::from(used)]
    }

    pub(super) fn birth_registered(&self, registered: bool) -> Bits {
        self.birth_registered[usize::from(registered)]
    }

    /// Empty where the form does not ask.
    pub(super) fn visited(&self) -> Bits {
        self.visited
    }

    /// What a stage of schooling may mean; `None`: any stage.
    pub(super) fn schooling(&self, stage: Option<Schooling>) -> impl Iterator<Item = Bits> + '_ {
        let meant = move |(one, _): &(Schooling, &str)| stage.is_none_or(|stage| stage == *one);
        Schooling::ALL.iter().zip(&self.schooling).filter(move |(one, _)| meant(one)).map(|(_, bits)| *bits)
    }

    /// `None`, and the catalogue's "56 không rõ": any group.
    pub(super) fn ethnicity(&self, code: Option<&str>) -> &[Bits] {
        let known = code.filter(|code| is_known_ethnicity(code)).and_then(|code| code.parse::<usize>().ok());
        known.and_then(|number| self.ethnicities.get(number..=number)).unwrap_or(&self.ethnicity_unknown)
    }

    /// What a circumstance's code may mean; a code that no catalogue has means nothing.
    pub(super) fn code(&self, code: &str) -> &[Bits] {
        self.codes.get(code).map_or(&[], Vec::as_slice)
    }

    pub(super) fn support_bits(&self, form: &str) -> Bits {
        self.where_atom(|atom| matches!(atom, Atom::Support(forms) if forms.iter().any(|f| f == form)))
    }

    pub(super) fn sealed_support_bits(&self, forms: &[String]) -> Bits {
        self.where_atom(
            |atom| matches!(atom, Atom::SealedSupport(asked) if asked.iter().any(|f| forms.contains(f))),
        )
    }

    /// What a support may have been whose form nobody recorded.
    pub(super) fn support_unknown(&self) -> &[Bits] {
        &self.support_unknown
    }

    /// What an event may mean. A cause that is not recorded, or recorded as unknown, may be any.
    pub(super) fn event(&self, kind: &str, cause: Option<&str>) -> Vec<Bits> {
        let of_cause = |cause: Option<&str>| {
            self.where_atom(|atom| {
                let Atom::Event(is) = atom else { return false };
                let caused = |cause: &str| is.causes.iter().any(|c| c == cause);
                is.kinds.iter().any(|k| k == kind) && (is.causes.is_empty() || cause.is_some_and(caused))
            })
        };
        if let Some(cause) = cause.filter(|cause| *cause != "unknown") {
            return vec![of_cause(Some(cause))];
        }
        let named = catalogue(Name::Causes).entries.iter().map(|entry| of_cause(Some(&entry.code)));
        let mut possible: Vec<Bits> = named.chain([of_cause(cause)]).collect();
        possible.sort();
        possible.dedup();
        possible
    }
}

/// Whether the code names a group; "56 không rõ" does not.
pub(super) fn is_known_ethnicity(code: &str) -> bool {
    code != "56"
}
