//! The main job on a synthetic commune: a register is imported, 18 collectors work a round offline, sync
//! over TLS on a bad line, and the office fills in 03/TE. Everything goes through the program `sothon`,
//! as it would in a commune. `cargo xtask run` builds and starts this.

mod commands;
mod proxy;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Context as _;
use clap::Parser;
use commands::{Registered, Sothon, say};
use proxy::BadLine;
use serde_json::{Value as Json, json};
use sothon_tests::commune::{AS_OF, Commune, DeviceScript, FROM, ROUND, RoundScript, SEED, Scale};

/// Plays a review round of a synthetic commune through the real program.
#[derive(Debug, Parser)]
struct Arguments {
    /// Seed of the commune and of the round.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Stop when the forms are printed instead of serving on.
    #[arg(long)]
    no_serve: bool,
    /// Folder for the register and the phones; a new temporary one if left out.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// Phones that sync at the same time.
const AT_ONCE: usize = 6;
/// First day of the round: a household visited before is still to be visited.
const ROUND_BEGINS: &str = "2024-10-01";
/// Its last day for the villages.
const ROUND_ENDS: &str = "2024-11-05";

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let temporary = tempfile::Builder::new().prefix("sothon-").tempdir()?;
    let folder = arguments.folder.clone().unwrap_or_else(|| temporary.path().to_owned());
    let sothon = Sothon::find(&folder)?;

    say(started, "DỮ LIỆU GIẢ LẬP – a synthetic commune, no real person");
    let commune = Commune::generate(arguments.seed, Scale::commune());
    let script = RoundScript::generate(&commune, arguments.seed);
    say(
        started,
        &format!(
            "{} villages, {} households, {} collectors",
            commune.villages.len(),
            commune.households.len(),
            script.devices.len()
        ),
    );

    let villages: Vec<(String, String)> =
        commune.villages.iter().map(|village| (village.code.clone(), village.name.clone())).collect();
    sothon.init("Xã Giả Lập", &villages)?;
    let register = folder.join("so-theo-doi.xlsx");
    commune.register().write_xlsx(&register)?;
    say(started, "importing the register the commune kept (with broken rows in it)");
    sothon.import(&register)?;
    let registered = Registered::read(&sothon)?;
    sothon.open_round(ROUND, ROUND_BEGINS, ROUND_ENDS, &AS_OF.to_string())?;
    say(started, &format!("{} households in the register", registered.len()));

    let mut office = sothon.serve()?;
    let line = BadLine::open(office.address)?;
    say(
        started,
        &format!(
            "the office serves at https://{}; the phones' line at {} cuts one connection in four",
            office.address, line.address
        ),
    );

    let phones = &script.devices;
    let progress = Progress::new(started, phones.len());
    in_parallel(phones, |phone| {
        let code = sothon.enrol_code(phone)?;
        sothon.phone(
            phone,
            &[
                "enrol",
                "--server",
                &format!("https://{}", line.address),
                "--ca",
                &sothon.ca(),
                "--code",
                &code,
                "--retries",
                "20",
            ],
        )?;
        sothon.phone(phone, &["sync", "--retries", "30"])?;
        progress.one("enrolled and filled");
        Ok(())
    })?;

    say(started, "the round: everybody records visits, nobody has a network");
    let progress = Progress::new(started, phones.len());
    in_parallel(phones, |phone| {
        let entries: Vec<Json> = phone
            .actions
            .iter()
            .map(|action| {
                let entry = action.to_entry(&registered);
                match registered.document_of(&action.village, &action.number) {
                    Some(document) => json!({ "document": document, "entry": entry }),
                    None => json!({ "entry": entry }),
                }
            })
            .collect();
        sothon.visits(phone, &entries)?;
        progress.one("recorded");
        Ok(())
    })?;

    say(started, "the night: everybody syncs, twice, so that all see all");
    let sums = Mutex::new(BTreeMap::<String, u64>::new());
    for turn in ["first", "second"] {
        let progress = Progress::new(started, phones.len());
        in_parallel(phones, |phone| {
            let summary: Json =
                serde_json::from_str(&sothon.phone(phone, &["sync", "--retries", "30", "--json"])?)?;
            let mut sums = sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            for name in ["requests", "acknowledged", "refused", "received"] {
                *sums.entry(name.to_owned()).or_default() += summary[name].as_u64().unwrap_or_default();
            }
            progress.one(&format!("{turn} sync"));
            Ok(())
        })?;
    }
    let sums = sums.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let sums: Vec<String> = sums.iter().map(|(name, sum)| format!("{name} {sum}")).collect();
    say(started, &format!("{}; connections cut {}", sums.join(", "), line.cut()));

    let (from, as_of) = (FROM.to_string(), AS_OF.to_string());
    println!(
        "\n{}",
        sothon.run(&[
            "tally",
            "03/TE",
            "--from",
            &from,
            "--as-of",
            &as_of,
            "--confidential-key",
            &sothon.key()
        ])?
    );
    println!("{}", commands::first_lines(&sothon.run(&["conflicts"])?, 40));
    next_steps(&sothon, phones)?;
    say(started, sothon.run(&["verify"])?.lines().last().unwrap_or_default());
    say(started, "done");
    if arguments.no_serve {
        office.stop()?;
    } else {
        println!(
            "Serving on; the data are in {}. Try: sothon --data {} explain 03/TE II.4.1 --as-of {as_of}. Ctrl-C stops.",
            folder.display(),
            sothon.data()
        );
        if let Some(phone) = phones.first() {
            println!(
                "Open the app as one more collector of {}: https://localhost:{}/#enrol={} (for a browser that \
                 trusts {}/tls/ca.pem; the code works once).",
                phone.villages.join(", "),
                office.address.port(),
                sothon.enrol_code(phone)?,
                sothon.data()
            );
        }
        println!(
            "Open the console as an officer: https://localhost:{}/office – choose “Nhập mã mời” and enter {} (the code \
             works once). {} opens what is sealed.",
            office.address.port(),
            sothon.invitation()?,
            sothon.key()
        );
        office.wait()?;
    }
    Ok(())
}

/// Runs `work` for every phone, a few at a time; the first error ends it.
fn in_parallel(
    phones: &[DeviceScript],
    work: impl Fn(&DeviceScript) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<()> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(phone) = phones.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = work(phone).with_context(|| phone.name.clone()) {
                        *failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                        return;
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).map_or(Ok(()), Err)
}

struct Progress {
    started: Instant,
    done: AtomicUsize,
    all: usize,
}

impl Progress {
    fn new(started: Instant, all: usize) -> Self {
        Self { started, done: AtomicUsize::new(0), all }
    }

    fn one(&self, what: &str) {
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(6) || done == self.all {
            say(self.started, &format!("{what}: {done} of {}", self.all));
        }
    }
}

/// What each collector should do next, from the phones' own words.
fn next_steps(sothon: &Sothon, phones: &[DeviceScript]) -> anyhow::Result<()> {
    println!("Việc tiếp theo của từng người thu thập (đợt {ROUND}):");
    for phone in phones {
        let status: Json = serde_json::from_str(&sothon.phone(phone, &["status", "--json"])?)?;
        let households: Json = serde_json::from_str(&sothon.phone(phone, &["list", "--json"])?)?;
        let list = households.as_array().context("a list of households")?;
        let visited = list
            .iter()
            .filter(|household| household["last_visit"].as_str().is_some_and(|day| day >= ROUND_BEGINS))
            .count();
        let mut steps = vec![format!("thăm {} hộ còn lại trong {} hộ", list.len() - visited, list.len())];
        let count = |name: &str| match &status[name] {
            Json::Array(list) => list.len() as u64,
            other => other.as_u64().unwrap_or_default(),
        };
        if count("undecided") > 0 {
            steps.push(format!("xem {} trường có nhiều giá trị", count("undecided")));
        }
        if count("refused") > 0 {
            let why = status["refused"][0]["next"].as_str().unwrap_or_default().to_owned();
            steps.push(format!("{} thay đổi bị từ chối: {why}", count("refused")));
        }
        if count("unsent") > 0 {
            steps.push(format!("đồng bộ {} thay đổi", count("unsent")));
        }
        println!("  {} (thôn {}): {}", phone.collector, phone.villages.join(", "), steps.join("; "));
    }
    Ok(())
}
