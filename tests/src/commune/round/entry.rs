//! From an action to the form entry a client hands to the core.

use serde_json::{Map, Value, json};

use super::{Action, Doing, NewChild, ROUND, Resolver};

/// A form entry being written.
struct Entry<'a> {
    action: &'a Action,
    resolve: &'a dyn Resolver,
    /// (name, `id` or `ref`, key, fields) of each child the action speaks of.
    children: Vec<(String, &'static str, String, Map<String, Value>)>,
    household: Map<String, Value>,
    circumstances: Vec<Value>,
    supports: Vec<Value>,
    events: Vec<Value>,
    links: Vec<Value>,
    restricted: Vec<Value>,
}

impl Action {
    /// The form entry of this visit, for the document `resolve` knows the household by, or for a new one.
    ///
    /// A child the store cannot find is written down as new by name, as a collector would. A link whose
    /// other end cannot be found is left out.
    #[must_use]
    pub fn to_entry(&self, resolve: &dyn Resolver) -> Value {
        let mut entry = Entry {
            action: self,
            resolve,
            children: Vec::new(),
            household: Map::new(),
            circumstances: Vec::new(),
            supports: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            restricted: Vec::new(),
        };
        if resolve.document(&self.village, &self.number).is_none() {
            entry.household.insert("number".to_owned(), json!(self.number));
        }
        for doing in &self.doings {
            entry.add(doing);
        }
        entry.finish()
    }
}

impl Entry<'_> {
    fn add(&mut self, doing: &Doing) {
        match doing {
            Doing::NewHousehold { head_name, address, poverty_status } => {
                for (field, value) in
                    [("head_name", head_name), ("address", address), ("poverty_status", poverty_status)]
                {
                    self.household.insert(field.to_owned(), json!(value));
                }
            }
            Doing::SetHousehold { field, value } => {
                self.household.insert(field.clone(), value.clone());
            }
            Doing::SetChild { child, field, value } => {
                let at = self.child(child);
                self.children[at].3.insert(field.clone(), value.clone());
            }
            Doing::AddChild { child } => self.add_child(child),
            Doing::Event { child, kind, date, cause, other_place } => {
                let mut event = json!({"ref": format!("e{}", self.events.len() + 1), "person": self.key(child), "kind": kind,
                           "date": date.to_string()});
                put(&mut event, "cause", cause.as_deref());
                put(&mut event, "other_place", other_place.as_deref());
                self.events.push(event);
            }
            Doing::Circumstance { child, code, start } => {
                let mut held = json!({"ref": format!("k{}", self.circumstances.len() + 1), "person": self.key(child),
                                      "code": code});
                put(&mut held, "start", start.map(|start| start.to_string()).as_deref());
                self.circumstances.push(held);
            }
            Doing::Restricted { child, code, start, note, supports } => {
                let mut sealed =
                    json!({"person": self.key(child), "code": code, "note": note, "supports": supports});
                put(&mut sealed, "start", start.map(|start| start.to_string()).as_deref());
                self.restricted.push(sealed);
            }
            Doing::Support { child, form, received, start } => {
                let mut support = json!({"ref": format!("s{}", self.supports.len() + 1), "person": self.key(child),
                                         "form": form, "received": received});
                put(&mut support, "start", start.map(|start| start.to_string()).as_deref());
                self.supports.push(support);
            }
            Doing::LinkMoved { child, from } => {
                let document = self.resolve.document(&from.village, &from.number);
                let person = self.resolve.child(&from.village, &from.number, &from.name);
                if let (Some(document), Some(person)) = (document, person) {
                    let link = json!({"ref": format!("l{}", self.links.len() + 1), "kind": "moved",
                                      "person": self.key(child), "other_document": document, "other_person": person});
                    self.links.push(link);
                }
            }
        }
    }

    fn add_child(&mut self, child: &NewChild) {
        let key = format!("c{}", self.children.len() + 1);
        let Value::Object(fields) = serde_json::to_value(child).expect("a child's fields are texts") else {
            unreachable!("a struct serialises to an object")
        };
        self.children.push((child.name.clone(), "ref", key, fields));
    }

    /// Index of the child of that name among those the entry speaks of.
    fn child(&mut self, name: &str) -> usize {
        if let Some(at) = self.children.iter().position(|child| child.0 == name) {
            return at;
        }
        let known = self.resolve.child(&self.action.village, &self.action.number, name);
        let child = match known {
            Some(id) => (name.to_owned(), "id", id, Map::new()),
            None => {
                let fields = Map::from_iter([("name".to_owned(), json!(name))]);
                (name.to_owned(), "ref", format!("c{}", self.children.len() + 1), fields)
            }
        };
        self.children.push(child);
        self.children.len() - 1
    }

    fn key(&mut self, name: &str) -> String {
        let at = self.child(name);
        self.children[at].2.clone()
    }

    fn finish(self) -> Value {
        let Action { village, date, result, .. } = self.action;
        let mut entry = json!({"entry": 1, "village": village,
                               "visit": {"date": date.to_string(), "round": ROUND, "result": result}});
        if !self.household.is_empty() {
            entry["household"] = Value::Object(self.household);
        }
        // A child the entry only refers to by id needs no place in `children`.
        let children: Vec<Value> = self
            .children
            .into_iter()
            .filter(|(_, _, _, fields)| !fields.is_empty())
            .map(|(_, how, key, mut fields)| {
                fields.insert(how.to_owned(), json!(key));
                Value::Object(fields)
            })
            .collect();
        for (name, items) in [
            ("children", children),
            ("circumstances", self.circumstances),
            ("supports", self.supports),
            ("events", self.events),
            ("links", self.links),
            ("restricted", self.restricted),
        ] {
            if !items.is_empty() {
                entry[name] = Value::Array(items);
            }
        }
        entry
    }
}

fn put(object: &mut Value, field: &str, value: Option<&str>) {
    if let Some(value) = value {
        object[field] = json!(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commune::round::ChildRef;
    use sync_core::date::Date;

    struct Known;

    impl Resolver for Known {
        fn document(&self, _village: &str, number: &str) -> Option<String> {
            (number != "999").then(|| format!("doc{number}"))
        }

        fn child(&self, _village: &str, number: &str, child_name: &str) -> Option<String> {
            (number != "999").then(|| format!("id-{child_name}"))
        }
    }

    fn action(number: &str, doings: Vec<Doing>) -> Action {
        let date = Date::constant(2024, 10, 12);
        Action { village: "01".into(), number: number.into(), date, result: "met".into(), doings }
    }

    #[test]
    fn an_unchanged_visit_says_no_more_than_that() {
        let visit = json!({"date": "2024-10-12", "round": "2024-2", "result": "met"});
        assert_eq!(
            action("5", vec![]).to_entry(&Known),
            json!({"entry": 1, "village": "01", "visit": visit})
        );
    }

    #[test]
    fn a_known_child_goes_by_id_and_a_new_one_by_ref() {
        let new = NewChild {
            name: "B".into(),
            birth_date: "2024-10".parse().expect("a date"),
            sex: "male".into(),
            ethnicity: "02".into(),
            relation_to_head: "child".into(),
            identity_number: None,
            father_name: None,
            mother_name: None,
            birth_registration: "not_registered".into(),
            schooling: "not_yet".into(),
        };
        let from = ChildRef { village: "02".into(), number: "7".into(), stt: Some(1), name: "B".into() };
        let entry = action(
            "5",
            vec![
                Doing::SetChild { child: "A".into(), field: "phone".into(), value: Value::Null },
                Doing::AddChild { child: new },
                Doing::LinkMoved { child: "B".into(), from },
                Doing::Circumstance { child: "C".into(), code: "II.9".into(), start: None },
            ],
        )
        .to_entry(&Known);
        assert_eq!(entry["children"][0], json!({"phone": null, "id": "id-A"}));
        assert_eq!(entry["children"][1]["ref"], "c2");
        assert_eq!(entry["children"].as_array().map(Vec::len), Some(2));
        assert_eq!(entry["links"][0]["person"], "c2");
        assert_eq!(entry["links"][0]["other_document"], "doc7");
        assert_eq!(entry["circumstances"], json!([{"ref": "k1", "person": "id-C", "code": "II.9"}]));
    }

    #[test]
    fn a_household_the_store_does_not_hold_is_numbered_in_its_entry() {
        let entry = action("999", vec![]).to_entry(&Known);
        assert_eq!(entry["household"], json!({"number": "999"}));
    }
}
