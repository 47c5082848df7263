use super::*;

/// Every target's sentence as its plan has it, in order (taken from the plans by a script).
const SOURCES: [(&str, &str); 3] = [
    ("tam-my-2026", include_str!("../../targets/source/tam-my-2026.txt")),
    ("hoang-dong-2024", include_str!("../../targets/source/hoang-dong-2024.txt")),
    ("tan-loi-2024", include_str!("../../targets/source/tan-loi-2024.txt")),
];

fn set(name: &str) -> &'static TargetSet {
    target_sets().iter().find(|set| set.set == name).expect("shipped")
}

#[test]
fn every_target_of_the_plans_is_there_in_order_word_for_word_or_listed_as_damage() {
    for (name, source) in SOURCES {
        let targets: Vec<&Target> = set(name).targets().collect();
        assert_eq!(targets.len(), source.lines().count(), "{name}");
        for (target, line) in targets.iter().zip(source.lines()) {
            let repaired = target.damage.iter().fold(line.to_owned(), |text, damage| {
                assert!(text.contains(&damage.source), "{name} {}", target.number);
                text.replace(&damage.source, damage.repaired.as_deref().expect("repaired"))
            });
            assert!(repaired.ends_with(&target.wording), "{name} {}: {repaired}", target.number);
            let before = repaired.len() - target.wording.len();
            assert!(before <= "- Chỉ tiêu 24: ".len(), "{name} {}: words are missing", target.number);
        }
    }
}

#[test]
fn the_plan_of_tan_loi_has_24_targets_and_the_others_theirs() {
    let numbers: Vec<String> = set("tan-loi-2024").targets().map(|target| target.number.clone()).collect();
    assert_eq!(numbers, (1..=24).map(|number| number.to_string()).collect::<Vec<_>>());
    let all_of = |name: &str| {
        set(name)
            .measures()
            .all(|m| m.goals[0].must == Must::AtLeast && m.goals[0].value.to_string() == "100")
    };
    assert_eq!(set("tam-my-2026").targets().count(), 4);
    assert!(all_of("tam-my-2026"));
    assert!(!all_of("hoang-dong-2024"), "76 % is promised once");
}

#[test]
fn every_promised_value_stands_in_the_sentence_it_is_from() {
    for set in target_sets() {
        for target in set.targets() {
            for measure in &target.measures {
                for goal in &measure.goals {
                    let value = goal.value.to_string().replace('.', ",");
                    assert!(target.wording.contains(&value), "{} {}: {value}", set.set, measure.id);
                    let year = goal.year.is_none_or(|year| target.wording.contains(&year.to_string()));
                    assert!(year, "{} {}: {:?}", set.set, measure.id, goal.year);
                }
            }
        }
    }
}

#[test]
fn the_goal_of_a_year_is_the_next_one_due_or_the_last() {
    let measure = set("tan-loi-2024").measure("4-2").expect("stunting");
    let in_year = |year| {
        let goal = measure.goal_in(year);
        (goal.must, goal.value.to_string())
    };
    assert_eq!(in_year(2024), (Must::AtMost, "20".into()));
    assert_eq!(in_year(2025), (Must::AtMost, "20".into()));
    assert_eq!(in_year(2026), (Must::Below, "19".into()));
    assert_eq!(in_year(2031), (Must::Below, "19".into()));
}

#[test]
fn a_number_is_kept_exactly() {
    for (text, thousandths) in [("0.12", 120), ("550", 550_000), ("99.1", 99_100), ("0.001", 1)] {
        let number: Decimal = text.parse().expect("a number");
        assert_eq!(number.thousandths(), thousandths);
        assert_eq!(number.to_string(), text);
    }
    for text in ["", ".5", "5.", "1,5", "-1", "1.2345", "1234567890", "1e3", "٣"] {
        assert_eq!(text.parse::<Decimal>(), Err(DecimalError), "{text}");
    }
}

#[test]
fn what_is_wrong_in_a_set_is_told() {
    let good = SHIPPED[0];
    assert!(TargetSet::from_json(good).is_ok());
    let broken = |from: &str, to: &str| TargetSet::from_json(&good.replacen(from, to, 1));
    assert!(matches!(broken("tam-my-2026", "tam my"), Err(TargetError::Name(_))));
    assert!(matches!(broken("\"id\": \"2\"", "\"id\": \"1\""), Err(TargetError::Repeated(id)) if id == "1"));
    assert!(matches!(broken("II.14", "II.15"), Err(TargetError::Counted(_))));
    assert!(matches!(broken("\"social_allowance\"", "\"rice\""), Err(TargetError::Counted(_))));
    assert!(matches!(broken("\"sections\"", "\"section\""), Err(TargetError::Shape { .. })));
    let goals = r#""goals": [{"must": "at_least", "value": "100"}]"#;
    assert!(matches!(broken(goals, r#""goals": []"#), Err(TargetError::Goals(_))));
}
