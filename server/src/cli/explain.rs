//! `sothon explain`: the way back from a cell.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use schemas::record::{EntityKind, definition};
use serde_json::{Value as Json, json};
use sync_core::document::{Container, Field, Fields, Household, View, Written, shown_text};
use sync_core::facts::PersonRef;
use sync_core::id::{ActorId, DocumentId};
use sync_core::tally::{Because, Counter, ExplainedChild, Why};

use super::context::Context;
use super::tally::{Scope, ScopeArgs};
use crate::phone::cli::clean;

/// List the children behind a cell of a form, what in their records put them there, and the signed
/// change behind each fact: device, batch, when it was signed and when it arrived.
///
/// Children who are counted only if something undecided is decided so are marked. Sealed reports are
/// listed by envelope only.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  sothon explain 03/TE II.4.1 --as-of 2024-11-20\n  sothon explain 03/TE I.1 --as-of 2024-11-20 --village 03 --column 3 --json"
)]
pub(super) struct ExplainArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Code of the line, e.g. II.4.1 (sothon tally --format csv shows the codes).
    line: String,
    /// Code of the column.
    #[arg(long, default_value = "1")]
    column: String,
    /// As JSON, for a program.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, args: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let scope = args.scope.load(context)?;
    let code = scope.village.as_ref().map(|(code, _)| code.as_str());
    let counter = Counter::new(&scope.form, scope.period, code)?;
    let facts = &scope.facts;
    let explanation = counter.explain(
        &facts.households,
        &facts.pairs,
        facts.restricted.as_deref(),
        &args.line,
        &args.column,
    )?;
    let mut teller = Teller { scope: &scope, views: BTreeMap::new() };
    let children =
        explanation.children.iter().map(|child| teller.child(child)).collect::<anyhow::Result<Vec<_>>>()?;
    let label = scope.form.line(&args.line).map_or("", |line| line.label.as_str());
    let whole = json!({
        "form": scope.form.form, "line": args.line, "label": label, "column": args.column,
        "as_of": scope.period.as_of().to_string(), "known_at": facts.known_at,
        "children": children, "sealed_unopened": explanation.sealed.len(),
    });
    if args.json {
        out!("{}", serde_json::to_string_pretty(&whole)?);
    } else {
        print_text(&whole, &scope.office.unit_word())?;
    }
    Ok(ExitCode::SUCCESS)
}

struct Teller<'a> {
    scope: &'a Scope,
    views: BTreeMap<DocumentId, (Household, View)>,
}

impl Teller<'_> {
    fn load(&mut self, document: DocumentId) -> anyhow::Result<()> {
        if !self.views.contains_key(&document) {
            let known_at = Some(self.scope.facts.known_at);
            let household = self.scope.office.household(document, known_at, ActorId([0; 16]))?;
            let view = household.view();
            self.views.insert(document, (household, view));
        }
        Ok(())
    }

    fn child(&mut self, child: &ExplainedChild) -> anyhow::Result<Json> {
        for document in
            child.because.iter().map(Because::document).chain(child.records.iter().map(|r| r.document))
        {
            self.load(document)?;
        }
        let records: Vec<Json> = child.records.iter().map(|record| self.record(record)).collect();
        let because =
            child.because.iter().map(|because| self.because(because)).collect::<anyhow::Result<Vec<_>>>()?;
        let undecided: Vec<String> = child.undecided.iter().map(why).collect();
        Ok(
            json!({ "records": records, "certain": child.certain, "undecided": undecided, "because": because }),
        )
    }

    fn record(&self, record: &PersonRef) -> Json {
        let Some((_, view)) = self.views.get(&record.document) else { return Json::Null };
        let fields = view.person(&record.person).map(|(_, fields)| fields);
        let text = |name: &str| fields.and_then(|fields| shown_text(fields, name)).unwrap_or_default();
        json!({
            "document": record.document, "person": record.person,
            "village": view.village, "household": shown_text(&view.household, "number").unwrap_or_default(),
            "name": text("name"), "birth_date": text("birth_date"),
        })
    }

    fn because(&self, because: &Because) -> anyhow::Result<Json> {
        let (household, view) = &self.views[&because.document()];
        let container = because.container();
        let (kind, names): (_, &[&str]) = match because {
            Because::Household(_) => (EntityKind::Household, &["poverty_status"]),
            Because::Child(_) => (EntityKind::Child, &["birth_date", "sex", "ethnicity"]),
            Because::Circumstance(..) => (EntityKind::Circumstance, &["code", "start", "end"]),
            Because::Event(..) => (EntityKind::Event, &["kind", "date", "cause"]),
            Because::Support(..) => (EntityKind::Support, &["form", "start", "end"]),
            // What is sealed is named by its envelope, never by its contents.
            Because::Sealed(..) => {
                return Ok(json!({ "container": container, "entity": because.entity(), "facts": [] }));
            }
        };
        let fields: Option<&Fields> = match because.entity() {
            None => Some(&view.household),
            Some(key) => match because {
                Because::Child(_) => view.person(key).map(|(_, fields)| fields),
                _ => Container::of_key(container).and_then(|container| view.entity(container, key)),
            },
        };
        let mut facts = Vec::new();
        for name in names {
            for written in fields.and_then(|fields| fields.get(*name)).into_iter().flat_map(Field::values) {
                let label = definition().entity(kind).field(name).map_or(*name, |field| field.label.as_str());
                facts.push(self.fact(household, label, written)?);
            }
        }
        Ok(json!({ "container": container, "entity": because.entity(), "facts": facts }))
    }

    fn fact(&self, household: &Household, label: &str, written: &Written) -> anyhow::Result<Json> {
        let hash = household.change_of(written);
        let change = match hash.map(|hash| self.scope.office.recorded(hash)) {
            None => Json::Null,
            Some(recorded) => {
                let recorded = recorded?;
                json!({
                    "hash": recorded.hash, "log": recorded.position, "device": recorded.device,
                    "label": recorded.label, "batch": recorded.batch,
                    "signed_at": moment(recorded.signed_at), "received_at": moment(recorded.received_at),
                })
            }
        };
        Ok(json!({ "field": label, "value": written.value.to_json(), "change": change }))
    }
}

/// A clock reading as people write it, in UTC.
fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

fn why(why: &Why) -> String {
    match why {
        Why::Birth(_) => "ngày sinh chưa rõ hoặc đang có nhiều giá trị".into(),
        Why::Sex(_) => "giới tính chưa rõ hoặc đang có nhiều giá trị".into(),
        Why::Ethnicity(_) => "dân tộc chưa rõ hoặc đang có nhiều giá trị".into(),
        Why::HealthInsurance(_) => "thẻ BHYT chưa rõ hoặc đang có nhiều giá trị".into(),
        Why::BirthRegistration(_) => "đăng ký khai sinh chưa rõ hoặc đang có nhiều giá trị".into(),
        Why::Visited(_) => "lần thăm hộ chưa rõ ngày hoặc kết quả".into(),
        Why::Schooling(_) => "việc đi học chưa rõ hoặc đang có nhiều giá trị".into(),
        Why::Poverty(_) => "hộ nghèo, cận nghèo chưa rõ hoặc đang có nhiều giá trị".into(),
        Why::Withdrawn(_) => "chưa thống nhất bản ghi này là nhầm hay không".into(),
        Why::Event(..) => "ngày, loại hoặc nguyên nhân biến động chưa rõ".into(),
        Why::Circumstance(..) => "mã hoặc thời gian hoàn cảnh chưa rõ".into(),
        Why::Support(..) => "hình thức hoặc thời gian trợ giúp chưa rõ".into(),
        Why::Sealed(..) => "thời gian trong báo cáo kín chưa rõ".into(),
        Why::MaybeSame(other) => format!("có thể trùng với em {}/{}", other.document, other.person),
        Why::RecordsDiffer => "các bản ghi của cùng một em khác nhau".into(),
    }
}

fn print_text(whole: &Json, unit: &str) -> anyhow::Result<()> {
    let text = |json: &Json| clean(&json.as_str().map_or_else(|| json.to_string(), str::to_owned));
    out!("{} {} – {}", text(&whole["form"]), text(&whole["line"]), text(&whole["label"]));
    out!(
        "cột {}; tính đến {}; theo nhật ký đến số {}",
        text(&whole["column"]),
        text(&whole["as_of"]),
        whole["known_at"]
    );
    let children = whole["children"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, child) in (1..).zip(children) {
        let mark = if child["certain"] == true { "" } else { "  [chưa chắc]" };
        for record in child["records"].as_array().into_iter().flatten() {
            out!(
                "{index:4}. {}  sinh {}  {unit} {} hộ {}{mark}",
                text(&record["name"]),
                text(&record["birth_date"]),
                text(&record["village"]),
                text(&record["household"])
            );
        }
        for reason in child["undecided"].as_array().into_iter().flatten() {
            out!("        ? {}", text(reason));
        }
        for because in child["because"].as_array().into_iter().flatten() {
            if because["container"] == "sealed" {
                out!("        báo cáo kín {}", text(&because["entity"]));
            }
            for fact in because["facts"].as_array().into_iter().flatten() {
                let change = &fact["change"];
                out!(
                    "        {}: {}  ← {} lô {} ký {} đến {} (nhật ký {})",
                    text(&fact["field"]),
                    text(&fact["value"]),
                    text(&change["label"]),
                    change["batch"],
                    text(&change["signed_at"]),
                    text(&change["received_at"]),
                    change["log"]
                );
            }
        }
    }
    let certain = children.iter().filter(|child| child["certain"] == true).count();
    out!(
        "{certain} em chắc chắn, {} em chưa chắc, {} báo cáo kín chưa mở",
        children.len() - certain,
        whole["sealed_unopened"]
    );
    Ok(())
}
