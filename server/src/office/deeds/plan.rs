//! A deed becomes edits, document by document. Nothing is written here.

use std::collections::BTreeMap;

use schemas::record::definition;
use sync_core::document::{
    Container, Decision, Edit, Field, Fields, Target, Value, View, is_withdrawn, shape, shown_text,
};
use sync_core::facts::PersonRef;
use sync_core::id::{DocumentId, EntityId};
use sync_core::random::Random;
use sync_core::seal::is_restricted;

use super::{DEED_REASON_CHARS_MAX, Deed, DeedError, LinkKind};

/// The field of identity numbers.
const IDENTITY_NUMBER: &str = "identity_number";
/// Longest name in `decided_by`, as the record definition says.
const DECIDED_BY_CHARS_MAX: usize = 100;

/// What planning reads and draws from.
pub(super) struct Planner<'a> {
    /// Views of the documents the deed is about.
    pub(super) views: &'a BTreeMap<DocumentId, View>,
    /// What the village of each household is called.
    pub(super) villages: &'a BTreeMap<DocumentId, String>,
    /// Who decides, as phones are told.
    pub(super) by: &'a str,
    pub(super) random: &'a mut dyn Random,
}

/// Edits by document.
pub(super) type Edits = BTreeMap<DocumentId, Vec<Edit>>;

impl Planner<'_> {
    pub(super) fn edits(&mut self, deed: &Deed) -> Result<Edits, DeedError> {
        let mut edits = Edits::new();
        match deed {
            Deed::Settle { document, target, field, value, reason, .. } => {
                let reason = reason_of(reason.as_deref().unwrap_or_default())?;
                let is_unsaid = reason.is_none() && !self.stands(*document, target, field, value)?;
                self.settle(&mut edits, *document, target, field, value, reason)?;
                if is_unsaid {
                    return Err(DeedError::Reason);
                }
            }
            Deed::IdentityNumber { document, person, number, .. } => {
                let number = schemas::format::bare(number);
                if number.len() != 12 || !number.bytes().all(|c| c.is_ascii_digit()) {
                    return Err(DeedError::Value);
                }
                let target = Target::Entity(Container::Children, person.clone());
                self.settle(&mut edits, *document, &target, IDENTITY_NUMBER, &number.into(), None)?;
            }
            Deed::Withdraw { document, target, reason, .. } => {
                let reason = demanded(reason)?;
                let withdrawn = shape::FIELD_WITHDRAWN;
                self.settle(&mut edits, *document, target, withdrawn, &true.into(), Some(reason))?;
            }
            Deed::Link { a, b, kind, reason, .. } => {
                self.link(&mut edits, a, b, *kind, &demanded(reason)?)?;
            }
            Deed::Unlink { a, b, reason, .. } => {
                let reason = reason_of(reason.as_deref().unwrap_or_default())?;
                for (document, key) in self.links_between(a, b, |_| true)? {
                    let Edit { target, field, value } = withdrawal(&key);
                    let edits = edits.entry(document).or_default();
                    if reason.is_some() {
                        let reason = reason.clone();
                        edits.extend(Decision { target, field, value, reason }.edits(self.random));
                    } else {
                        edits.push(Edit { target, field, value });
                    }
                }
            }
            Deed::ConfirmMove { from, to, date, reason, .. } => {
                self.link(&mut edits, from, to, LinkKind::Moved, &demanded(reason)?)?;
                let told = date.map(|date| date.to_string());
                let dates = [self.event_date(from, "moved_out")?, self.event_date(to, "moved_in")?];
                let date = told.or_else(|| dates.iter().flatten().flatten().next().cloned());
                let [departure, arrival] = dates.map(|date| date.is_some());
                if !departure {
                    self.event(&mut edits, from, "moved_out", date.as_deref(), to)?;
                }
                if !arrival {
                    self.event(&mut edits, to, "moved_in", date.as_deref(), from)?;
                }
            }
            Deed::LinkHouseholds { kept, second, pairs, withdraw, reason, .. } => {
                self.link_households(&mut edits, *kept, *second, pairs, *withdraw, demanded(reason)?)?;
            }
            Deed::SetAside { .. } | Deed::QuarantineRetry { .. } | Deed::QuarantineSeen { .. } => {}
        }
        Ok(edits)
    }

    fn view(&self, document: DocumentId) -> Result<&View, DeedError> {
        self.views.get(&document).ok_or(DeedError::NotFound)
    }

    /// Whether somebody wrote the value there already.
    fn stands(
        &self,
        document: DocumentId,
        target: &Target,
        field: &str,
        value: &Value,
    ) -> Result<bool, DeedError> {
        let fields = object(self.view(document)?, target).ok_or(DeedError::NotFound)?;
        Ok(fields.get(field).is_some_and(|field| field.values().any(|written| written.value == *value)))
    }

    fn settle(
        &mut self,
        edits: &mut Edits,
        document: DocumentId,
        target: &Target,
        field: &str,
        value: &Value,
        reason: Option<String>,
    ) -> Result<(), DeedError> {
        let fields = object(self.view(document)?, target).ok_or(DeedError::NotFound)?;
        let standing = fields.get(field);
        let stands = standing.is_some_and(|field| field.values().any(|written| written.value == *value));
        let disputed = standing.is_some_and(Field::is_disputed);
        if stands && !disputed {
            return Err(DeedError::NothingToWrite);
        }
        check(target, field, value, stands)?;
        let edits = edits.entry(document).or_default();
        if disputed || reason.is_some() {
            let (target, field, value) = (target.clone(), field.to_owned(), value.clone());
            edits.extend(Decision { target, field, value, reason }.edits(self.random));
        } else {
            edits.push(Edit { target: target.clone(), field: field.to_owned(), value: value.clone() });
        }
        Ok(())
    }

    /// Links of one kind in both documents; links of other kinds between the two are withdrawn, because a link that
    /// says "one person" would win over any number that say "two".
    fn link(
        &mut self,
        edits: &mut Edits,
        a: &PersonRef,
        b: &PersonRef,
        kind: LinkKind,
        reason: &str,
    ) -> Result<(), DeedError> {
        if a == b {
            return Err(DeedError::SameRecord);
        }
        for end in [a, b] {
            let view = self.view(end.document)?;
            view.person(&end.person).ok_or(DeedError::NotFound)?;
        }
        for (document, key) in self.links_between(a, b, |told| told != kind.code())? {
            edits.entry(document).or_default().push(withdrawal(&key));
        }
        let by: String = self.by.chars().take(DECIDED_BY_CHARS_MAX).collect();
        for (this, other) in [(a, b), (b, a)] {
            let told = links_of(self.view(this.document)?, this, other)
                .any(|(_, link)| shown_text(link, "kind") == Some(kind.code()));
            if told {
                continue;
            }
            let key = EntityId::draw(self.random);
            let say = |field: &str, value: &str| Edit::entity(Container::Links, &key, field, value);
            let document = other.document.to_string();
            let link = edits.entry(this.document).or_default();
            link.extend([
                say("kind", kind.code()),
                say("person", this.person.as_str()),
                say("other_document", &document),
                say("other_person", other.person.as_str()),
                say("decided_by", &by),
                say("reason", reason),
            ]);
        }
        Ok(())
    }

    /// Links between two records that stand, in either document.
    fn links_between(
        &self,
        a: &PersonRef,
        b: &PersonRef,
        which: impl Fn(&str) -> bool,
    ) -> Result<Vec<(DocumentId, EntityId)>, DeedError> {
        let mut found = Vec::new();
        for (this, other) in [(a, b), (b, a)] {
            let links = links_of(self.view(this.document)?, this, other);
            let links = links.filter(|(_, link)| which(shown_text(link, "kind").unwrap_or_default()));
            found.extend(links.map(|(key, _)| (this.document, key.clone())));
        }
        Ok(found)
    }

    /// The date of a person's event of one kind; the outer `None`: there is no such event.
    fn event_date(&self, person: &PersonRef, kind: &str) -> Result<Option<Option<String>>, DeedError> {
        let events = self.view(person.document)?.of(Container::Events).map(|(_, event)| event);
        let of_person = events.filter(|event| {
            !is_withdrawn(event)
                && shown_text(event, shape::FIELD_PERSON) == Some(person.person.as_str())
                && shown_text(event, "kind") == Some(kind)
        });
        Ok(of_person.map(|event| shown_text(event, "date").map(str::to_owned)).max())
    }

    fn event(
        &mut self,
        edits: &mut Edits,
        person: &PersonRef,
        kind: &str,
        date: Option<&str>,
        other: &PersonRef,
    ) -> Result<(), DeedError> {
        let own = &self.view(other.document)?.village;
        let place = self.villages.get(&other.document).unwrap_or(own).clone();
        let key = EntityId::draw(self.random);
        let say = |field: &str, value: &str| Edit::entity(Container::Events, &key, field, value);
        let event = edits.entry(person.document).or_default();
        event.extend([say("person", person.person.as_str()), say("kind", kind), say("other_place", &place)]);
        event.extend(date.map(|date| say("date", date)));
        Ok(())
    }

    fn link_households(
        &mut self,
        edits: &mut Edits,
        kept: DocumentId,
        second: DocumentId,
        pairs: &[(EntityId, EntityId)],
        withdraw: bool,
        reason: String,
    ) -> Result<(), DeedError> {
        if kept == second {
            return Err(DeedError::SameRecord);
        }
        self.view(kept)?;
        let paired = |key: &EntityId| pairs.iter().any(|(_, other)| other == key);
        let uncounted = |(key, fields): (&EntityId, &Fields)| !is_withdrawn(fields) && !paired(key);
        if self.view(second)?.of(Container::Children).any(uncounted) && withdraw {
            return Err(DeedError::ChildrenLeft);
        }
        for (a, b) in pairs {
            let a = PersonRef { document: kept, person: a.clone() };
            let b = PersonRef { document: second, person: b.clone() };
            self.link(edits, &a, &b, LinkKind::Same, &reason)?;
        }
        if withdraw {
            let target = Target::Household;
            self.settle(edits, second, &target, shape::FIELD_WITHDRAWN, &true.into(), Some(reason))?;
        }
        Ok(())
    }
}

/// The object's fields; none for an entry that does not exist.
pub(super) fn object<'v>(view: &'v View, target: &Target) -> Option<&'v Fields> {
    match target {
        Target::Household => Some(&view.household),
        Target::Entity(container, key) => view.entity(*container, key),
    }
}

/// Links of one record to another that are not withdrawn.
pub(super) fn links_of<'v>(
    view: &'v View,
    this: &'v PersonRef,
    other: &'v PersonRef,
) -> impl Iterator<Item = (&'v EntityId, &'v Fields)> {
    view.of(Container::Links).filter(move |(_, link)| {
        let says = |field: &str, value: &str| shown_text(link, field) == Some(value);
        !is_withdrawn(link)
            && says(shape::FIELD_PERSON, this.person.as_str())
            && says("other_document", &other.document.to_string())
            && says("other_person", other.person.as_str())
    })
}

fn withdrawal(link: &EntityId) -> Edit {
    Edit::entity(Container::Links, link, shape::FIELD_WITHDRAWN, true)
}

/// Whether a deed may write the value there. A value that `stands` was examined when it came.
fn check(target: &Target, field: &str, value: &Value, stands: bool) -> Result<(), DeedError> {
    let container = match target {
        Target::Household => shape::KEY_HOUSEHOLD,
        // Links are made and withdrawn by deeds of their own, decisions and sealed reports by nothing here.
        Target::Entity(Container::Links | Container::Decisions | Container::Sealed, _) => {
            return Err(DeedError::Value);
        }
        Target::Entity(container, _) => container.key(),
    };
    let restricted = matches!(target, Target::Entity(Container::Circumstances, _))
        && field == "code"
        && value.as_text().is_some_and(is_restricted);
    if restricted {
        return Err(DeedError::Restricted);
    }
    if stands {
        return Ok(());
    }
    let entity = definition().entity_in(container).ok_or(DeedError::Value)?;
    let known = entity.field(field).ok_or(DeedError::Value)?;
    known.check(entity.kind, &value.to_json()).map_err(|_| DeedError::Value)
}

/// The reason as it is written: trimmed, none if empty.
pub(super) fn reason_of(reason: &str) -> Result<Option<String>, DeedError> {
    let reason = schemas::text::display(reason);
    match reason.chars().count() {
        0 => Ok(None),
        1..=DEED_REASON_CHARS_MAX => Ok(Some(reason)),
        _ => Err(DeedError::Reason),
    }
}

fn demanded(reason: &str) -> Result<String, DeedError> {
    reason_of(reason)?.ok_or(DeedError::Reason)
}
