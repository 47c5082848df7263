use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use schemas::format::FormatWarning as W;
use schemas::record::definition;
use serde_json::{Value as Json, json};

use super::IssueCode as I;
use super::*;
use crate::document::{Edit, Field, Fields, Household, LocalChange, Written};
use crate::entry::{Entry, plan_entry};
use crate::id::{ActorId, DocumentId};
use crate::seal::ConfidentialKey;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The day on which everything below is looked at.
fn on() -> Date {
    day("2024-10-12")
}

/// A household of which nothing is missing: a child `c1` of 9, a member `m1` of 35.
fn complete() -> Json {
    json!({
        "entry": 1,
        "village": "01",
        "visit": {"date": "2024-10-12", "round": "2024-2", "result": "met"},
        "household": {"number": "12", "head_name": "Hoàng Văn Páo", "address": "Xóm Đình", "phone": "0912345678",
            "poverty_status": "poor"},
        "members": [{"ref": "m1", "name": "Hoàng Văn Páo", "birth_date": "1989", "sex": "male"}],
        "children": [{"ref": "c1", "name": "Hoàng Thị Sua", "birth_date": "2015-03-04", "sex": "female",
            "ethnicity": "08", "identity_number": "020315123456", "birth_registration": "registered",
            "birth_registration_number": "12/2015", "health_insurance": true,
            "health_insurance_number": "2020123456", "schooling": "primary",
            "father_name": "Hoàng Văn Páo", "father_status": "living", "mother_status": "living"}],
    })
}

/// Lays `patch` over `base`: objects field by field, a list's first object over the first.
fn lay(base: &mut Json, patch: Json) {
    match (base, patch) {
        (Json::Object(base), Json::Object(patch)) => {
            for (name, value) in patch {
                lay(base.entry(name).or_insert(Json::Null), value);
            }
        }
        (Json::Array(base), Json::Array(patch)) => {
            for (at, value) in patch.into_iter().enumerate() {
                match base.get_mut(at) {
                    Some(standing) => lay(standing, value),
                    None => base.push(value),
                }
            }
        }
        (base, patch) => *base = patch,
    }
}

fn actor(number: u8) -> ActorId {
    ActorId([number; 16])
}

struct Desk {
    household: Household,
    changes: Vec<LocalChange>,
    plan: EntryPlan,
    random: ChaCha20Rng,
}

impl Desk {
    fn new() -> Self {
        let (household, genesis) = Household::create(actor(1), "01", 0, 7);
        let random = ChaCha20Rng::seed_from_u64(1);
        Self { household, changes: vec![genesis], plan: EntryPlan::default(), random }
    }

    fn enter(&mut self, entry: Json) {
        let key = ConfidentialKey::draw(&mut self.random).public().unwrap();
        let entry = Entry::from_json(entry).unwrap();
        let refs = std::mem::take(&mut self.plan.refs);
        self.plan = plan_entry(&entry, &self.household.view(), &key, &mut self.random).unwrap();
        self.plan.refs.extend(refs);
        self.changes.extend(self.household.edit(&self.plan.edits, 0));
    }

    fn found(&self) -> Vec<Issue> {
        issues(&self.household.view(), on(), definition())
    }
}

fn found(patch: Json) -> Vec<Issue> {
    let mut entry = complete();
    lay(&mut entry, patch);
    let mut desk = Desk::new();
    desk.enter(entry);
    desk.found()
}

fn codes(found: &[Issue]) -> BTreeSet<&'static str> {
    found.iter().map(|issue| issue.code.code()).collect()
}

/// The complete household with `patch` laid over it has issues of exactly these kinds.
#[track_caller]
fn check(patch: Json, expected: &[I]) {
    let expected: BTreeSet<_> = expected.iter().map(|code| code.code()).collect();
    let text = patch.to_string();
    assert_eq!(codes(&found(patch)), expected, "{text}");
}

fn child(fields: Json) -> Json {
    json!({ "children": vec![fields] })
}

fn circumstance(code: &str) -> Json {
    json!({"person": "c1", "code": code, "start": "2020"})
}

fn circumstances(codes: &[&str]) -> Json {
    json!({"circumstances": codes.iter().map(|code| circumstance(code)).collect::<Vec<_>>()})
}

fn event(kind: &str, date: &str) -> Json {
    json!({"person": "c1", "kind": kind, "date": date})
}

fn events(list: &[(&str, &str)]) -> Json {
    json!({"events": list.iter().map(|(kind, date)| event(kind, date)).collect::<Vec<_>>()})
}

fn both(mut one: Json, other: Json) -> Json {
    lay(&mut one, other);
    one
}

#[test]
fn a_complete_household_has_no_issues() {
    check(json!({}), &[]);
}

#[test]
fn what_is_missing_is_asked_for() {
    check(json!({"household": {"number": null, "head_name": " "}}), &[I::MissingIdentification]);
    check(json!({"household": {"number": null}}), &[]);
    check(json!({"household": {"poverty_status": null}}), &[I::MissingPovertyStatus]);
    check(child(json!({"name": null})), &[I::MissingName]);
    check(json!({"members": [{"name": ""}]}), &[I::MissingName]);
    check(child(json!({"birth_date": null})), &[I::MissingBirthDate]);
    check(child(json!({"sex": null})), &[I::MissingSex]);
    check(child(json!({"ethnicity": null})), &[I::MissingEthnicity]);
    check(child(json!({"identity_number": null})), &[I::MissingIdentityNumber]);
    check(child(json!({"father_name": null})), &[I::MissingParents]);
    check(child(json!({"father_name": null, "carer_name": "Bà Sinh"})), &[]);
    check(child(json!({"birth_registration": null})), &[I::MissingBirthRegistration]);
    check(child(json!({"schooling": null})), &[I::MissingSchooling]);
    check(child(json!({"health_insurance": null})), &[]);
    let at_five = json!({"birth_date": "2019-05", "identity_number": "020319123456",
        "birth_registration_number": null, "health_insurance": null, "schooling": null});
    check(child(at_five), &[I::MissingHealthInsurance]);
    let five_or_six = json!({"birth_date": "2018", "identity_number": "020318123456",
        "birth_registration_number": null, "health_insurance": null, "schooling": null});
    check(child(five_or_six), &[I::MissingHealthInsurance, I::MissingSchooling]);
}

#[test]
fn what_is_missing_in_a_record_of_something_is_asked_for() {
    let one = |fields: Json| both(circumstances(&["III.6"]), json!({"circumstances": [fields]}));
    check(one(json!({"person": null})), &[I::MissingPerson]);
    check(one(json!({"code": null})), &[I::MissingCode]);
    check(one(json!({"start": null})), &[I::MissingStart]);
    check(one(json!({"end_reason": "resolved"})), &[I::MissingEnd]);
    check(one(json!({"end_reason": "resolved", "end": "2024-05"})), &[]);
    check(json!({"supports": [{"person": "c1", "start": "2024"}]}), &[I::MissingForm]);
    check(json!({"events": [{"person": "c1", "date": "2024-01"}]}), &[I::MissingKind]);
    check(json!({"events": [{"person": "c1", "kind": "moved_in"}]}), &[I::MissingDate]);
    check(json!({"visit": {"date": null}}), &[I::MissingDate]);
    check(events(&[("death", "2024-01")]), &[I::MissingCause]);
    check(events(&[("injury", "2024-01")]), &[I::MissingCause]);
    check(both(circumstances(&["II.9"]), json!({"household": {"address": null}})), &[I::MissingAddress]);
    let elsewhere =
        json!({"household": {"address": null}, "children": [{"specific_address": "Nhà bà Sinh"}]});
    check(both(circumstances(&["II.9"]), elsewhere), &[]);
    check(circumstances(&["II.4.4-1"]), &[I::MissingDisabilityLevel]);
    check(circumstances(&["II.4.4-1", "II.4.2"]), &[]);
    check(circumstances(&["II.4.4-1", "II.4.4-5", "II.4"]), &[]);
    check(circumstances(&["II.3.13"]), &[I::MissingGroupLine]);
    check(circumstances(&["II.3.13", "II.3.9"]), &[]);
}

#[test]
fn nothing_is_asked_of_those_who_died_moved_away_or_are_grown_up() {
    let bare = json!({"sex": null, "ethnicity": null, "schooling": null});
    let death = json!({"events": [{"person": "c1", "kind": "death", "date": "2023", "cause": "illness"}]});
    check(both(child(bare.clone()), death), &[]);
    check(both(child(bare.clone()), events(&[("moved_out", "2023")])), &[]);
    check(
        both(child(bare), events(&[("moved_out", "2022"), ("moved_in", "2023"), ("birth", "2015-03-04")])),
        &[I::MissingSex, I::MissingEthnicity, I::MissingSchooling],
    );
    let grown = json!({"birth_date": "2008-10-12", "identity_number": "020308123456", "sex": "female",
        "birth_registration_number": null, "schooling": null, "ethnicity": null});
    check(child(grown), &[]);
}

#[test]
fn values_that_can_hardly_be_meant_are_doubtful() {
    check(child(json!({"name": 5})), &[I::WrongType]);
    check(child(json!({"health_insurance": "có"})), &[I::WrongType]);
    check(json!({"household": {"poverty_year": 24}}), &[I::OutOfRange]);
    check(child(json!({"birth_date": "4/3/2015"})), &[I::UnreadableDate]);
    check(json!({"visit": {"date": "2024-10"}}), &[I::UnreadableDate]);
    check(json!({"household": {"hamlet": "x".repeat(61)}}), &[I::TextTooLong]);
    check(child(json!({"ethnicity": "57"})), &[I::UnknownCode]);
    check(circumstances(&["II.99"]), &[I::UnknownCode]);
    check(circumstances(&["III.1"]), &[I::CodeNotRecorded]);
    check(circumstances(&["II.4.4"]), &[I::CodeNotRecorded]);
    check(child(json!({"favourite_game": "ô ăn quan"})), &[I::UnknownField]);
    check(circumstances(&["2023.III.4"]), &[I::CodeNeedsChoice]);
    check(circumstances(&["2023.III.5"]), &[]);
    check(both(circumstances(&["2023.III.4"]), json!({"circumstances": [{"end": "2024-01"}]})), &[]);
}

#[test]
fn numbers_are_held_against_the_rest_of_the_record() {
    let identity = |number: &str| child(json!({"identity_number": number}));
    check(identity("02031512345"), &[I::Format(W::IdentityNumberLength)]);
    check(identity("C1234567"), &[I::Format(W::IdentityNumberOtherPaper)]);
    check(identity("082345678"), &[I::Format(W::IdentityNumberOldCard)]);
    check(identity("000000000000"), &[I::Format(W::IdentityNumberStopgap)]);
    check(identity("020215123456"), &[I::Format(W::IdentityNumberSex)]);
    check(identity("020314123456"), &[I::Format(W::IdentityNumberBirthYear)]);
    let insurance = |number: &str| child(json!({"health_insurance_number": number}));
    check(insurance("12345"), &[I::Format(W::HealthInsuranceLength)]);
    check(insurance("TE9202020123456"), &[I::Format(W::HealthInsuranceShape)]);
    check(insurance("020315654321"), &[I::Format(W::HealthInsuranceOtherIdentity)]);
    let registration = |number: &str| child(json!({"birth_registration_number": number}));
    check(registration("có"), &[I::Format(W::BirthRegistrationShape)]);
    check(registration("12/2014"), &[I::Format(W::BirthRegistrationYear)]);
    check(json!({"household": {"phone": "bà Hai"}}), &[I::Format(W::PhoneShape)]);
}

#[test]
fn age_is_held_against_the_part_of_the_record() {
    let grown = json!({"birth_date": "2008-10-12", "identity_number": "020308123456",
        "birth_registration_number": null});
    check(both(child(grown.clone()), circumstances(&["III.6"])), &[I::OpenAfter16]);
    let ended =
        json!({"circumstances": [{"person": "c1", "code": "III.6", "start": "2020", "end": "2024-10-12"}]});
    check(both(child(grown), ended), &[]);
    let tomorrow = json!({"birth_date": "2008-10-13", "identity_number": "020308123456",
        "birth_registration_number": null});
    check(both(child(tomorrow), circumstances(&["III.6"])), &[]);
    check(json!({"members": [{"birth_date": "2008-10-13"}]}), &[I::MemberUnder16]);
    check(json!({"members": [{"birth_date": "2008"}]}), &[]);
}

#[test]
fn dates_are_held_against_each_other() {
    let newborn = json!({"birth_date": "2024-11", "identity_number": null, "birth_registration_number": null,
        "schooling": null});
    check(child(newborn), &[I::InFuture, I::MissingIdentityNumber]);
    check(events(&[("moved_in", "2024-10-13")]), &[I::InFuture]);
    check(json!({"visit": {"date": "2024-11-01"}}), &[I::InFuture]);
    check(events(&[("moved_in", "2024-10")]), &[]);
    check(json!({"supports": [{"person": "c1", "form": "medical", "start": "2025"}]}), &[I::InFuture]);
    check(
        json!({"supports": [{"person": "c1", "form": "medical", "start": "2025", "received": false}]}),
        &[],
    );
    check(events(&[("moved_in", "2014")]), &[I::BeforeBirth]);
    check(json!({"circumstances": [{"person": "c1", "code": "III.6", "start": "2014"}]}), &[I::BeforeBirth]);
    check(events(&[("birth", "2015-03-05")]), &[I::BirthDiffers]);
    check(events(&[("birth", "2015-03")]), &[]);
    let stretch = |start: &str, end: &str| json!({"supports": [{"person": "c1", "form": "medical", "start": start, "end": end}]});
    check(stretch("2024-05-03", "2024-05-02"), &[I::EndBeforeStart]);
    check(stretch("2024-05-03", "2024-05-03"), &[]);
    check(stretch("2024-05-03", "2024-05"), &[]);
    let death = |date: &str| json!({"person": "c1", "kind": "death", "date": date, "cause": "illness"});
    check(json!({"events": [death("2023"), death("2023-05")]}), &[I::TwoDeaths]);
    check(json!({"events": [death("2023"), event("moved_out", "2024")]}), &[I::AfterDeath]);
    check(json!({"events": [death("2023"), event("moved_out", "2023-06")]}), &[]);
    check(both(circumstances(&["III.6"]), json!({"events": [death("2019")]})), &[I::AfterDeath]);
    check(both(circumstances(&["III.6"]), json!({"events": [death("2023")]})), &[]);
    check(events(&[("turned_16", "2024-01")]), &[I::Turned16TooEarly]);
}

#[test]
fn arrivals_and_departures_take_turns() {
    check(events(&[("moved_in", "2020"), ("moved_in", "2022")]), &[I::ArrivedTwice]);
    check(events(&[("moved_in", "2020"), ("moved_out", "2021"), ("moved_in", "2022")]), &[]);
    check(events(&[("moved_out", "2020"), ("moved_out", "2022")]), &[I::LeftTwice]);
    check(events(&[("moved_out", "2020"), ("moved_in", "2022")]), &[I::LeftBeforeArrival]);
    check(events(&[("birth", "2015-03-04"), ("moved_out", "2020"), ("moved_in", "2022")]), &[]);
    check(events(&[("moved_in", "2020"), ("moved_out", "2022")]), &[]);
}

#[test]
fn circumstances_are_held_against_the_household_the_parents_and_the_school() {
    let poverty = |status: &str| json!({"household": {"poverty_status": status}});
    check(both(circumstances(&["II.13.1"]), poverty("poor")), &[]);
    check(both(circumstances(&["II.13"]), poverty("neither")), &[I::IllButNotPoor]);
    check(both(circumstances(&["II.13.1"]), poverty("near_poor")), &[I::IllOtherPoverty]);
    check(both(circumstances(&["II.13.2"]), poverty("poor")), &[I::IllOtherPoverty]);
    let parents =
        |father: &str, mother: &str| child(json!({"father_status": father, "mother_status": mother}));
    check(both(circumstances(&["II.1.3"]), parents("dead", "dead")), &[]);
    check(circumstances(&["II.1.3"]), &[I::OrphanParentLiving]);
    check(circumstances(&["III.7"]), &[I::HalfOrphanBothLiving]);
    check(circumstances(&["2023.III.6"]), &[I::HalfOrphanBothLiving]);
    check(both(circumstances(&["III.7"]), parents("dead", "living")), &[]);
    check(
        both(circumstances(&["II.3.2"]), parents("dead", "dead")),
        &[I::HalfOrphanBothDead, I::OrphanNotRecorded],
    );
    check(circumstances(&["II.3.4"]), &[I::MissingParentLiving]);
    check(parents("dead", "dead"), &[I::OrphanNotRecorded]);
    check(parents("living", "dead"), &[I::HalfOrphanNotRecorded]);
    check(parents("dead", "unknown"), &[]);
    check(child(json!({"schooling": "dropped_out"})), &[I::DropoutNotRecorded]);
    check(both(circumstances(&["II.8.2"]), child(json!({"schooling": "dropped_out"}))), &[]);
    check(circumstances(&["III.2"]), &[I::DropoutInSchool]);
}

#[test]
fn lines_that_exclude_each_other_are_found() {
    check(circumstances(&["II.4.1", "II.4.2"]), &[I::TwoLevels]);
    check(circumstances(&["II.10.1", "II.10.4"]), &[I::TwoLines]);
    check(circumstances(&["II.3", "II.3.13", "II.3.14"]), &[I::TwoLines]);
    check(circumstances(&["III.6", "III.6"]), &[I::CircumstanceTwice]);
    let changed = json!({"circumstances": [{"end": "2023"}, {"start": "2023"}]});
    check(both(circumstances(&["II.4.1", "II.4.2"]), changed), &[]);
}

#[test]
fn what_is_withdrawn_is_left_alone() {
    check(child(json!({"name": null, "sex": "x", "withdrawn": true})), &[]);
    check(json!({"household": {"withdrawn": true, "phone": "x"}}), &[]);
    check(both(circumstances(&["III.1"]), json!({"circumstances": [{"withdrawn": true}]})), &[]);
}

#[test]
fn a_sealed_report_is_not_judged() {
    let report = json!({"restricted": [{"person": "c1", "code": "II.11.1", "start": "1999", "end": "x"}]});
    check(both(report, circumstances(&["II.12"])), &[]);
}

#[test]
fn a_person_who_does_not_exist_is_told() {
    let mut desk = Desk::new();
    desk.enter(both(complete(), circumstances(&["III.6"])));
    let view = desk.household.view();
    let (key, _) = view.of(Container::Circumstances).next().unwrap();
    desk.household.edit(&[Edit::entity(Container::Circumstances, key, "person", "0123456789abc")], 0);
    assert_eq!(codes(&desk.found()), BTreeSet::from([I::UnknownPerson.code()]));
}

/// The complete household after two people wrote these values of a child's field unseen by each other.
fn disputed(name: &str, one: &str, other: &str) -> Vec<Issue> {
    let mut desk = Desk::new();
    desk.enter(complete());
    let bytes: Vec<&[u8]> = desk.changes.iter().map(|change| change.bytes.as_slice()).collect();
    let mut second = Household::load(actor(2), &bytes).unwrap();
    let key = &desk.plan.refs["c1"];
    desk.household.edit(&[Edit::entity(Container::Children, key, name, one)], 0);
    let change = second.edit(&[Edit::entity(Container::Children, key, name, other)], 0).unwrap();
    desk.household.apply(&[&change.bytes]).unwrap();
    desk.found()
}

#[test]
fn a_disputed_field_is_undecided_and_contradicts_nothing_it_may_agree_with() {
    let only = BTreeSet::from([I::Undecided.code()]);
    assert_eq!(codes(&disputed("schooling", "dropped_out", "lower_secondary")), only);
    assert_eq!(codes(&disputed("birth_date", "2024-11-01", "2015-03-05")), only);
    let of_one = codes(&disputed("ethnicity", "57", "09"));
    assert_eq!(of_one, BTreeSet::from([I::Undecided.code(), I::UnknownCode.code()]));
}

#[test]
fn issues_name_the_object_and_the_field_and_never_what_was_recorded() {
    let told = found(child(json!({"name": null, "identity_number": "98765"})));
    let shown = format!("{told:?}{}{}", told[0], serde_json::to_string(&told).unwrap());
    for secret in ["98765", "Páo", "Sua"] {
        assert!(!shown.contains(secret));
    }
    let json = serde_json::to_value(&told).unwrap();
    assert_eq!(json[0]["code"], "missing_name");
    assert_eq!(json[0]["severity"], "missing");
    assert_eq!(json[0]["container"], "children");
    assert_eq!(json[0]["field"], "name");
    assert_eq!(json[0]["id"].as_str().map(str::len), Some(13));
    assert_eq!(
        format!("{}", told[0]),
        format!("children/{}.name: missing_name", json[0]["id"].as_str().unwrap())
    );
    let own = found(json!({"household": {"phone": "x"}}));
    assert_eq!(
        serde_json::to_value(&own[0]).unwrap(),
        json!({"code": "phone.shape", "severity": "doubtful", "container": "household", "field": "phone"})
    );
}

#[test]
fn an_entry_is_told_its_own_issues_as_of_its_visit() {
    let mut desk = Desk::new();
    let second = json!({"ref": "c2", "birth_date": "2009-01-01", "father_name": "Hoàng Văn Páo"});
    let mut first = complete();
    first["children"].as_array_mut().unwrap().push(second);
    desk.enter(both(first, circumstances(&["II.4.1"])));
    let (c1, c2) = (desk.plan.refs["c1"].to_string(), desk.plan.refs["c2"].clone());
    desk.enter(json!({"entry": 1, "visit": {"date": "2024-10-12"},
        "circumstances": [{"person": c1, "code": "II.4.2", "start": "2024"}]}));
    let view = desk.household.view();
    let own = entry_issues(&view, &desk.plan, day("2024-12-01"), definition());
    // Both levels of the child, and nothing of the other child.
    assert_eq!(codes(&own), BTreeSet::from([I::TwoLevels.code()]));
    assert_eq!(own.len(), 2);
    // Turned 16 between the visit and today: on the day of the visit nothing was wrong.
    desk.enter(json!({"entry": 1, "visit": {"date": "2024-10-12"}, "circumstances": [
        {"person": c2.to_string(), "code": "III.6", "start": "2024"}]}));
    let view = desk.household.view();
    let code = |today| codes(&entry_issues(&view, &desk.plan, day(today), definition()));
    assert!(!code("2025-06-01").contains(I::OpenAfter16.code()));
    let today = issues(&view, day("2025-06-01"), definition());
    assert!(codes(&today).contains(I::OpenAfter16.code()));
    // A visit of tomorrow is no day to look from.
    assert!(code("2024-10-11").contains(I::InFuture.code()));
}

#[test]
fn every_code_is_distinct_and_has_words_in_both_languages() {
    let codes: BTreeSet<_> = I::all().map(I::code).collect();
    assert_eq!(codes.len(), I::all().count());
    let worded: BTreeSet<_> = code::all_words().keys().map(String::as_str).collect();
    assert_eq!(worded, codes);
    for code in I::all() {
        let words = code.words();
        for text in [&words.say, &words.next, &words.say_en, &words.next_en] {
            assert!(text.ends_with('.') && schemas::text::display(text) == *text, "{}", code.code());
        }
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        "[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?",
        proptest::sample::select(vec![
            "living",
            "dead",
            "poor",
            "neither",
            "dropped_out",
            "primary",
            "death",
            "moved_in",
            "moved_out",
            "turned_16",
            "birth",
            "injury",
            "II.1",
            "II.3.1",
            "II.3.13",
            "II.4.1",
            "II.4.4-1",
            "II.13.1",
            "III.1",
            "III.2",
            "III.7",
            "II.11.1",
            "2023.III.4",
            "2023.III.6",
            "0000000000000",
            "0000000000001",
            "9999-12-31",
            "2200-12-31",
            "1850",
            "2016-02-29",
            "male",
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        6 => text.prop_map(Value::Text),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<i64>().prop_map(Value::Int),
        1 => Just(Value::Null),
        1 => any::<Vec<u8>>().prop_map(Value::Bytes),
    ]
}

fn any_view() -> impl Strategy<Value = View> {
    let names: Vec<String> = definition()
        .entities
        .iter()
        .flat_map(|entity| entity.fields.iter().map(|field| field.name.clone()))
        .chain(["no_such_field".to_owned()])
        .collect();
    let field =
        (0..=Container::ALL.len(), 0..3u8, proptest::sample::select(names), any_value(), any::<bool>());
    proptest::collection::vec(field, 0..120).prop_map(|writes| {
        let mut objects: BTreeMap<(usize, u8), BTreeMap<String, Vec<Value>>> = BTreeMap::new();
        for (container, key, name, value, beside) in writes {
            let values = objects.entry((container, key)).or_default().entry(name).or_default();
            if !beside {
                values.clear();
            }
            values.push(value);
        }
        let written = |value| Written { value, actor: actor(1), counter: 1 };
        let mut view = View {
            document: DocumentId([0; 16]),
            village: "01".to_owned(),
            household: Fields::new(),
            entities: BTreeMap::new(),
        };
        for ((container, key), fields) in objects {
            let fields = fields
                .into_iter()
                .filter_map(|(name, values)| Some((name, Field::among(values.into_iter().map(written))?)));
            match Container::ALL.get(container) {
                None => view.household.extend(fields),
                Some(container) => {
                    let key = format!("000000000000{key}").parse().unwrap();
                    view.entities.entry(*container).or_default().insert(key, fields.collect());
                }
            }
        }
        view
    })
}

proptest! {
    #[test]
    fn any_record_is_looked_at_without_panic_and_every_dispute_is_told(
        view in any_view(), year in -9999i16..=9999,
    ) {
        let on = Date::new(year, 2, 28).unwrap();
        let found = issues(&view, on, definition());
        let undecided = found.iter().filter(|issue| issue.code == I::Undecided).count();
        prop_assert_eq!(undecided, view.conflicts().count());
        let mut sorted = found.clone();
        sorted.sort();
        prop_assert_eq!(found, sorted);
    }
}
