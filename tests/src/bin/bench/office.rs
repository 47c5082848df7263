//! The office: ingest, memory, tallies.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ed25519_dalek::{Signer as _, SigningKey};
use minicbor::bytes::ByteArray;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use server::office::{Author, CommuneConfig, Incoming, Office, OfficeOptions};
use server::phone::client::{self, Client, Surroundings, SyncOptions};
use sothon_tests::records::Records;
use sync_core::batch::enrolment_signing_bytes;
use sync_core::date::Date;
use sync_core::device::{
    Answer, DeviceState, DeviceStore as _, Encoding, MemoryStore, ReceivedChange, ResponsePlan, Session,
    Statement, Step, sign_off,
};
use sync_core::document::{Household, LocalChange};
use sync_core::id::{BatchHash, DocumentId};
use sync_core::seal::ConfidentialPublicKey;
use sync_core::tally::{Counter, Period};
use sync_core::wire::{Cursor, EnrolmentRequest, EnrolmentResponse, Position, from_plain, to_plain};

use crate::{figure, note};

/// Households of one village, and of one phone.
const VILLAGE: usize = 300;
const SEED: u64 = 7;
/// The synthetic day of the measurements, seconds since 1970.
const CLOCK: i64 = 1_731_000_000;

/// Code of the n-th village.
pub(crate) fn village(index: usize) -> String {
    format!("{:03}", index + 1)
}

/// A commune to measure on.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
    office: Arc<Office>,
    villages: Vec<Vec<(DocumentId, Vec<LocalChange>)>>,
    records: Records,
    random: ChaCha20Rng,
}

/// A phone in this process.
pub(crate) struct Phone {
    pub(crate) key: SigningKey,
    pub(crate) store: MemoryStore,
    village: usize,
}

/// Body bytes and requests of one sync.
#[derive(Default)]
pub(crate) struct Carried {
    pub(crate) up: usize,
    pub(crate) down: usize,
    pub(crate) requests: usize,
    /// Time the office took, all its answers together.
    pub(crate) office: Duration,
}

impl Bench {
    /// A commune of so many households in villages of 300.
    pub(crate) fn new(households: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let count = households.div_ceil(VILLAGE);
        let config = CommuneConfig {
            name: "Xã Giả Lập".into(),
            unit_word: "thôn".into(),
            villages: (0..count)
                .map(|index| (village(index), format!("Thôn Giả Lập {}", index + 1)))
                .collect(),
            confidential_key: ConfidentialPublicKey([9; 32]),
        };
        let options = OfficeOptions { random: Box::new(ChaCha20Rng::seed_from_u64(SEED)) };
        let office = Arc::new(Office::create(&folder.path().join("register.sqlite"), &config, options)?);
        let author = Author::from_bytes(&[5; 32]);
        let mut records = Records::new(SEED);
        let mut villages = vec![Vec::new(); count];
        let mut waiting = Vec::new();
        for number in 0..households {
            let place = number / VILLAGE;
            let (household, changes) =
                records.document(author.actor(office.commune()), &village(place), number);
            waiting.extend(changes.iter().map(|change| (household.id(), change.clone())));
            villages[place].push((household.id(), changes));
            if waiting.len() >= 240 || number + 1 == households {
                office.author(&author, std::mem::take(&mut waiting), Vec::new(), CLOCK)?;
            }
            if households > 1_000 && number % 2_000 == 1_999 {
                eprint!("\rpreparing {} of {households} households", number + 1);
            }
        }
        eprintln!();
        Ok(Self { folder, office, villages, records, random: ChaCha20Rng::seed_from_u64(SEED + 1) })
    }

    pub(crate) fn clock(&self) -> i64 {
        CLOCK
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn office(&self) -> &Office {
        &self.office
    }

    pub(crate) fn share(&self) -> Arc<Office> {
        Arc::clone(&self.office)
    }

    /// How many villages there are.
    pub(crate) fn villages(&self) -> usize {
        self.villages.len()
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("tls/ca.pem")
    }

    /// A new phone of a village, empty.
    pub(crate) fn enrol(&self, village: &str) -> anyhow::Result<Phone> {
        let code = self.office.enrolment_code("bench", &[village.to_owned()], 3600, CLOCK)?;
        let mut seed = [0; 32];
        self.office.draw(|random| random.fill(&mut seed));
        let key = SigningKey::from_bytes(&seed);
        let public = key.verifying_key().to_bytes();
        let request = EnrolmentRequest {
            protocol: 1,
            code: code.text.clone(),
            public_key: ByteArray::from(public),
            signature: ByteArray::from(key.sign(&enrolment_signing_bytes(&code.text, &public)).to_bytes()),
        };
        let response: EnrolmentResponse = from_plain(&self.office.enrol(&to_plain(&request), CLOCK)?)?;
        let state = DeviceState {
            device: response.device,
            installation: response.installation,
            commune: response.commune,
            grants: response.grants,
            cursor: Cursor::default(),
            chain_number: 0,
            chain_hash: BatchHash([0; 32]),
            refusals_noted: 0,
        };
        let village = village.parse::<usize>()? - 1;
        Ok(Phone { key, store: MemoryStore::new(state), village })
    }

    /// Gives a phone its village as if it had read it long ago.
    pub(crate) fn fill(&self, phone: &mut Phone) -> anyhow::Result<()> {
        let state = phone.store.state()?;
        let received = self.villages[phone.village].iter().flat_map(|(document, changes)| {
            changes.iter().map(|change| ReceivedChange {
                document: *document,
                hash: change.hash,
                bytes: change.bytes.clone(),
            })
        });
        let log = self.office.status()?.log_position;
        let positions = vec![Position { village: village(phone.village), log }];
        phone.store.apply(&ResponsePlan {
            received: received.collect(),
            cursor: Cursor { incarnation: Some(self.office.commune().incarnation), positions },
            grants: state.grants,
            ..ResponsePlan::default()
        })?;
        Ok(())
    }

    /// Records visits to different households.
    pub(crate) fn visits(&mut self, phone: &mut Phone, count: usize) -> anyhow::Result<()> {
        let start = self.random.random_range(0..phone.store.documents()?.len());
        self.visits_from(phone, start, count)
    }

    /// Records visits to the first households of the village: another phone's are the same ones.
    pub(crate) fn visits_of_first(&mut self, phone: &mut Phone, count: usize) -> anyhow::Result<()> {
        self.visits_from(phone, 0, count)
    }

    fn visits_from(&mut self, phone: &mut Phone, start: usize, count: usize) -> anyhow::Result<()> {
        let actor = phone.store.state()?.actor();
        let documents = phone.store.documents()?;
        for index in 0..count {
            let document = documents[(start + 7 * index) % documents.len()];
            let changes: Vec<Vec<u8>> =
                phone.store.changes(document)?.into_iter().map(|change| change.bytes).collect();
            let mut household = Household::load(actor, &changes)?;
            let time = CLOCK + 900 * i64::try_from(index)?;
            let change = self.records.visit(&mut household, time);
            phone.store.record(document, &change)?;
        }
        Ok(())
    }

    /// The collector signs the village off in a round the phone has heard of.
    pub(crate) fn sign_off(&self, phone: &mut Phone, round: &str) -> anyhow::Result<()> {
        let (village, day) = (village(phone.village), "2024-11-07");
        let statement = Statement { round, village: &village, day, reopened: false, undecided: 0 };
        self.office.draw(|random| sign_off(&mut phone.store, &phone.key, statement, CLOCK, random))?;
        Ok(())
    }

    /// One sync within this process.
    pub(crate) fn sync(
        &self,
        phone: &mut Phone,
        encoding: Encoding,
        page_bytes: Option<u32>,
    ) -> anyhow::Result<Carried> {
        let mut session = Session::new(phone.key.clone(), encoding, page_bytes);
        let mut carried = Carried::default();
        loop {
            match session.poll(&mut phone.store, CLOCK)? {
                Step::Finished(summary) => {
                    anyhow::ensure!(summary.agrees, "the digests differ");
                    return Ok(carried);
                }
                Step::Send(outgoing) => {
                    let incoming = Incoming {
                        encoding,
                        body: &outgoing.body,
                        signature: Some(outgoing.signature),
                        answer_in: encoding,
                    };
                    let started = Instant::now();
                    let answer = self.office.exchange(incoming, CLOCK)?;
                    carried.office += started.elapsed();
                    carried.up += outgoing.body.len();
                    carried.down += answer.len();
                    carried.requests += 1;
                    session.handle_answer(&mut phone.store, Answer::Message(encoding, &answer))?;
                }
            }
        }
    }

    /// Starts the real server on this commune.
    pub(crate) fn serve(&self) -> anyhow::Result<Serving> {
        let program = std::env::current_exe()?.with_file_name("sothon");
        let mut child = Command::new(program)
            .arg("--data")
            .arg(self.folder.path())
            .args(["--log-level", "error", "serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .context("starting sothon: cargo build --release -p server")?;
        let mut lines = BufReader::new(child.stdout.take().context("piped")?).lines();
        let first = lines.next().context("the server ended before it listened")??;
        let address = first.strip_prefix("https://").context("an address")?.parse()?;
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Serving { child, address })
    }
}

/// The serving process.
pub(crate) struct Serving {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Serving {
    /// A line of /proc/PID/status in MB.
    fn memory(&self, line: &str) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let found = status.lines().find_map(|text| text.strip_prefix(line)).context("a line of memory")?;
        let kilobytes: f64 = found.split_whitespace().next().context("a number")?.parse()?;
        Ok(kilobytes / 1024.0)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn measure(households: usize) -> anyhow::Result<()> {
    println!("-- the office ({households} households in villages of {VILLAGE})");
    let started = Instant::now();
    let mut bench = Bench::new(households)?;
    note(
        "preparing: households registered and projected",
        households as f64 / started.elapsed().as_secs_f64(),
        "/s",
    );
    ingest(&mut bench)?;
    tallies(&bench)?;
    memory(&mut bench)
}

fn ingest(bench: &mut Bench) -> anyhow::Result<()> {
    let mut phone = bench.enrol(&village(0))?;
    bench.fill(&mut phone)?;
    let mut times = Vec::new();
    for _ in 0..9 {
        bench.visits(&mut phone, 30)?;
        let carried = bench.sync(&mut phone, Encoding::Packed, None)?;
        times.push(carried.office.as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    figure("a 30-visit batch: validated, on disk, answered (median of 9)", times[4], "ms", 35.0);
    let mut phones = Vec::new();
    for index in 0..bench.villages.len() {
        let mut phone = bench.enrol(&village(index))?;
        bench.fill(&mut phone)?;
        bench.visits(&mut phone, 30)?;
        phones.push(phone);
    }
    let count = phones.len();
    let started = Instant::now();
    let shared = &*bench;
    std::thread::scope(|scope| {
        let syncs: Vec<_> = phones
            .iter_mut()
            .map(|phone| scope.spawn(|| shared.sync(phone, Encoding::Packed, None).map(drop)))
            .collect();
        syncs
            .into_iter()
            .try_for_each(|sync| sync.join().unwrap_or_else(|_| anyhow::bail!("a sync panicked")))
    })?;
    figure(
        &format!("{count} phones with 30 visits each arriving together, all acknowledged"),
        started.elapsed().as_secs_f64(),
        "s",
        3.0,
    );
    Ok(())
}

fn tallies(bench: &Bench) -> anyhow::Result<()> {
    let period = Period::new(Date::constant(2023, 11, 21), Date::constant(2024, 11, 20))?;
    let mut times = Vec::new();
    let mut reading = Vec::new();
    let mut single = Vec::new();
    for _ in 0..7 {
        let started = Instant::now();
        let facts = bench.office.facts(None, None)?;
        reading.push(started.elapsed().as_secs_f64() * 1000.0);
        for name in ["01/TE", "02/TE", "03/TE"] {
            let form = schemas::form::form(name).context("an official form")?;
            let counter = Counter::new(form, period, None)?;
            let sum = counter.contribution(&facts.households, &facts.pairs, None);
            std::hint::black_box(counter.tally(&sum, &Default::default()));
        }
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        let form = schemas::form::form("03/TE").context("an official form")?;
        let counter = Counter::new(form, period, None)?;
        let started = Instant::now();
        std::hint::black_box(counter.contribution(facts.households.iter().take(1), &[], None));
        single.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    for list in [&mut times, &mut reading, &mut single] {
        list.sort_by(f64::total_cmp);
    }
    figure("all three forms from the projection, reading it included (median of 7)", times[3], "ms", 100.0);
    note("  of which reading the projection and finding pairs", reading[3], "ms");
    figure("one changed household to its tally cells", single[3], "ms", 2.0);
    Ok(())
}

fn memory(bench: &mut Bench) -> anyhow::Result<()> {
    let serving = bench.serve()?;
    let client =
        Client::new(&format!("https://{}", serving.address), Some(&fs::read_to_string(bench.ca())?))?;
    figure("office memory, idle (resident)", serving.memory("VmRSS:")?, "MB", 60.0);
    let mut phones = Vec::new();
    for index in 0..bench.villages.len() {
        let mut phone = bench.enrol(&village(index))?;
        bench.fill(&mut phone)?;
        bench.visits(&mut phone, 30)?;
        phones.push(phone);
    }
    let started = Instant::now();
    std::thread::scope(|scope| {
        let night = |phone: &mut Phone| {
            let mut surroundings = Surroundings {
                clock: &|| CLOCK,
                wait: &mut std::thread::park_timeout,
                progress: &mut |_| {},
            };
            let options = SyncOptions { retries: 50, ..SyncOptions::default() };
            client::sync(&mut phone.store, phone.key.clone(), &client, options, &mut surroundings).map(drop)
        };
        let syncs: Vec<_> = phones.iter_mut().map(|phone| scope.spawn(move || night(phone))).collect();
        syncs.into_iter().try_for_each(|sync| match sync.join() {
            Ok(done) => done.map_err(anyhow::Error::from),
            Err(_) => anyhow::bail!("a sync panicked"),
        })
    })?;
    note("the same night over TLS", started.elapsed().as_secs_f64(), "s");
    figure("office memory, during a night (peak resident)", serving.memory("VmHWM:")?, "MB", 150.0);
    let mut fresh = bench.enrol(&village(0))?;
    let mut surroundings =
        Surroundings { clock: &|| CLOCK, wait: &mut std::thread::park_timeout, progress: &mut |_| {} };
    let outcome = client::sync(
        &mut fresh.store,
        fresh.key.clone(),
        &client,
        SyncOptions::default(),
        &mut surroundings,
    )?;
    anyhow::ensure!(outcome.summary.agrees, "the digests differ");
    note("office memory after a first pull as well (peak resident)", serving.memory("VmHWM:")?, "MB");
    Ok(())
}
