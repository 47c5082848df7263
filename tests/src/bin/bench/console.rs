//! The officer's pages: server time of each with the large commune and a queue of a thousand decisions.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use server::console::{self, Console, Incoming};
use server::office::{Office, Role};
use sync_core::device::Encoding;
use sync_core::id::DocumentId;

use crate::office::{Bench, village};
use crate::{figure, note};

/// What a page may cost the server, milliseconds.
const GOAL_MS: f64 = 100.0;
/// Each page is asked for so often; the middle one counts.
const TIMES: usize = 7;
/// Households of one village that two collectors visit without knowing of each other.
const DISPUTED: usize = 260;
/// Households that changed since their village was signed off: more than one page of them.
const CHANGED: usize = 60;
const PASSWORD: &str = "chín con trâu trắng";

/// An officer at the console, without a network.
struct Officer {
    console: Arc<Console>,
    clock: i64,
    cookie: String,
    token: String,
}

impl Officer {
    fn sign_in(office: &Arc<Office>, bench: &Bench) -> anyhow::Result<Self> {
        let console = Arc::new(Console::new(Arc::clone(office), bench.folder().to_owned()));
        let mut officer = Self { console, clock: bench.clock(), cookie: String::new(), token: String::new() };
        let code =
            office.invite(None, "Cán Bộ Giả Lập", &Role::ALL.into_iter().collect(), None, bench.clock())?;
        let fields = [
            ("code", code.text.as_str()),
            ("name", "Cán Bộ Giả Lập"),
            ("login", "can-bo"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ];
        officer.ask("/office/invitation", Some(&fields))?;
        let page = officer.ask("/office/account", None)?.1;
        let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        officer.token = token.context("a signed-in page")?.to_owned();
        Ok(officer)
    }

    /// Asks, and returns the milliseconds it took and the page.
    fn ask(&mut self, address: &str, form: Option<&[(&str, &str)]>) -> anyhow::Result<(f64, String)> {
        let (route, incoming) = console::find(form.is_some(), address).context("an address")?;
        let mut fields: Vec<(String, String)> =
            form.into_iter().flatten().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        fields.push(("csrf".into(), self.token.clone()));
        let incoming = Incoming {
            cookies: self.cookie.clone(),
            fetch_site: Some("same-origin".into()),
            form: fields,
            ..incoming
        };
        let started = Instant::now();
        let answer = self.console.answer(route, incoming, self.clock);
        let spent = started.elapsed().as_secs_f64() * 1000.0;
        anyhow::ensure!(
            answer.status.is_success() || answer.status.is_redirection(),
            "{address}: {}",
            answer.status
        );
        for (name, value) in &answer.headers {
            let pair = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if name.as_str() == "set-cookie" {
                pair.clone_into(&mut self.cookie);
            }
        }
        let location = answer.headers.iter().find(|(name, _)| name.as_str() == "location");
        let body = match location {
            Some((_, place)) => place.to_str().unwrap_or_default().to_owned(),
            None => String::from_utf8_lossy(&answer.body).into_owned(),
        };
        Ok((spent, body))
    }
}

/// Two collectors of one village write different things of the same households.
fn dispute(bench: &mut Bench, index: usize) -> anyhow::Result<()> {
    let mut phones = [bench.enrol(&village(index))?, bench.enrol(&village(index))?];
    for phone in &mut phones {
        bench.fill(phone)?;
    }
    for phone in &mut phones {
        bench.visits_of_first(phone, DISPUTED)?;
    }
    for phone in &mut phones {
        bench.sync(phone, Encoding::Packed, None)?;
    }
    Ok(())
}

/// A village was signed off, and somebody else has visited a page full of its households since.
fn change_since(bench: &mut Bench, round: &str, index: usize) -> anyhow::Result<()> {
    let mut phones = [bench.enrol(&village(index))?, bench.enrol(&village(index))?];
    for phone in &mut phones {
        bench.fill(phone)?;
        bench.sync(phone, Encoding::Packed, None)?;
    }
    let [signs, visits] = &mut phones;
    bench.sign_off(signs, round)?;
    bench.sync(signs, Encoding::Packed, None)?;
    bench.visits_of_first(visits, CHANGED)?;
    bench.sync(visits, Encoding::Packed, None)?;
    Ok(())
}

/// Addresses of pages, by what they are called.
fn pages(household: DocumentId, change: &str, changed: &str) -> Vec<(&'static str, String)> {
    let as_of = "as_of=2024-11-20";
    let mut pages = vec![
        ("today", "/office".to_owned()),
        ("rounds", "/office/rounds".to_owned()),
        ("one round", "/office/rounds/2024-2".to_owned()),
        ("one round, what changed since a sign-off", format!("/office/rounds/2024-2/changed/{changed}")),
        ("register", "/office/register".to_owned()),
        ("register, one village, third page", "/office/register?village=002&page=3".to_owned()),
        ("register, one circumstance", "/office/register?circumstance=II.4".to_owned()),
        ("household", format!("/office/household/{household}")),
        ("household, its history", format!("/office/household/{household}/history")),
        ("household, to print", format!("/office/household/{household}/print")),
        ("a signed change", format!("/office/change/{change}")),
    ];
    for (name, kind) in [
        ("queue: fields with several values", "values"),
        ("queue: candidate pairs", "pairs"),
        ("queue: moves", "moves"),
        ("queue: contradictions", "contradictions"),
        ("queue: identity numbers", "numbers"),
        ("queue: quarantine", "quarantine"),
    ] {
        pages.push((name, format!("/office/decide?kind={kind}")));
    }
    pages.extend([
        ("forms", "/office/forms".to_owned()),
        ("01/TE", format!("/office/forms/01-TE?{as_of}")),
        ("02/TE", format!("/office/forms/02-TE?{as_of}")),
        ("03/TE", format!("/office/forms/03-TE?{as_of}")),
        ("03/TE of one village", format!("/office/forms/03-TE?{as_of}&village=005")),
        ("a cell: children of III.1", format!("/office/forms/03-TE/cell?line=III.1&column=1&{as_of}")),
        ("a cell: all children, I.1", format!("/office/forms/03-TE/cell?line=I.1&column=1&{as_of}")),
        ("filings", "/office/filings".to_owned()),
        ("03/TE, village by village", format!("/office/forms/03-TE?{as_of}&villages=1")),
        (
            "03/TE, beside last year and the villages",
            format!("/office/forms/03-TE?{as_of}&year=1&villages=1"),
        ),
        ("targets", "/office/targets?as_of=2024-11-05".to_owned()),
        ("lists", "/office/lists".to_owned()),
        ("list: changes of a year", "/office/lists/changes?from=2023-11-06&to=2024-11-05".to_owned()),
        ("list: health insurance of a month", "/office/lists/insurance?month=2024-10".to_owned()),
        ("list: sudden cases of a month", "/office/lists/sudden?from=2024-10-06&to=2024-11-05".to_owned()),
        ("list: one circumstance", "/office/lists/circumstance/II.4".to_owned()),
        ("list: III.1", "/office/lists/circumstance/III.1".to_owned()),
        ("report of a year", "/office/report/year?as_of=2024-11-20".to_owned()),
        ("03/TE, about to be frozen", format!("/office/forms/03-TE/freeze?{as_of}")),
        ("identity numbers of one village, to print", "/office/decide/numbers/print?village=005".to_owned()),
        ("settings", "/office/settings".to_owned()),
        ("settings: villages", "/office/settings/villages".to_owned()),
        ("settings: devices", "/office/settings/devices".to_owned()),
        ("accounts", "/office/accounts".to_owned()),
    ]);
    pages
}

/// Measures every page.
pub(crate) fn measure(households: usize) -> anyhow::Result<()> {
    println!("-- the officer's pages ({households} households)");
    let mut bench = Bench::new(households)?;
    let disputed = (2.min(bench.villages())..4.min(bench.villages())).collect::<Vec<_>>();
    for index in disputed {
        dispute(&mut bench, index)?;
    }
    let round = sync_core::wire::ReviewRound {
        code: "2024-2".into(),
        title: "Đợt giả lập".into(),
        starts: "2024-10-01".into(),
        ends: "2024-11-05".into(),
        as_of: "2024-11-20".into(),
    };
    bench.office().open_round(None, &round, bench.clock())?;
    let changed = 4.min(bench.villages() - 1);
    change_since(&mut bench, &round.code, changed)?;
    let started = Instant::now();
    while bench.office().index_behind()? > 0 {}
    note("rows for the pages made anew", households as f64 / started.elapsed().as_secs_f64(), "/s");
    note("fields with several values in the queue", bench.office().status()?.conflicts as f64, "");
    let office = bench.share();
    let mut officer = Officer::sign_in(&office, &bench)?;
    let household = office.documents(Some(&village(2)))?[0];
    let change: String = office.read(|sql| {
        sql.query_row("SELECT lower(hex(hash)) FROM log WHERE kind = 1 LIMIT 1", [], |row| row.get(0))
            .map_err(anyhow::Error::from)
    })?;
    let mut slowest: f64 = 0.0;
    for (name, address) in pages(household, &change, &village(changed)) {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            times.push(officer.ask(&address, None)?.0);
        }
        let first = times[0];
        times.sort_by(f64::total_cmp);
        slowest = slowest.max(times[TIMES / 2]);
        figure(&format!("page: {name} (first time {first:.0} ms)"), times[TIMES / 2], "ms", GOAL_MS);
    }
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let (posted, place) = officer.ask("/office/register/search", Some(&[("sought", "hoang van an")]))?;
        times.push(posted + officer.ask(&place, None)?.0);
    }
    times.sort_by(f64::total_cmp);
    figure("page: register, search by name without diacritics", times[TIMES / 2], "ms", GOAL_MS);
    let (spent, _) = officer.ask("/office/lists/register.xlsx", None)?;
    note(&format!("the register as a workbook, {households} households"), spent / 1000.0, "s");
    figure("the slowest page", slowest.max(times[TIMES / 2]), "ms", GOAL_MS);
    Ok(())
}
