//! Imports under way: an uploaded file, what was decided about its columns, and the thread that works on it.
//!
//! Invariants: the file is kept in memory only, and no longer than [`KEPT`] after it came or an import of it ended;
//! only the account that uploaded it sees it; one import runs at a time, so that two of one register can't double it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::import::{self, ImportError, ImportOptions, ImportReport, Progress, RegisterFile};
use crate::office::{Author, Office};

/// How long an uploaded file is kept.
const KEPT: Duration = Duration::from_secs(3600);
/// How often it is looked after.
const SWEEP: Duration = Duration::from_secs(60);
/// Files kept at once, each of at most `UPLOAD_BYTES_MAX`.
const FILES_MAX: usize = 3;

/// Where an import is.
#[derive(Clone)]
pub(super) enum Stage {
    /// The columns wait for a person's look.
    Mapping,
    /// A thread is at work; none yet: it has only begun.
    Running { dry_run: bool, progress: Option<Progress> },
    /// Everything was done but writing.
    Checked(Arc<ImportReport>),
    /// It is in the register.
    Done(Arc<ImportReport>),
    /// The file as a whole can't be imported; what to say is under this code.
    Failed(&'static str),
}

/// One file on its way into the register.
pub(super) struct Job {
    pub(super) id: String,
    pub(super) account: u64,
    /// As the person's computer calls it.
    pub(super) name: String,
    /// Gone once it is in the register.
    pub(super) file: Option<Arc<RegisterFile>>,
    pub(super) options: ImportOptions,
    pub(super) stage: Stage,
    touched: Instant,
}

impl Job {
    /// Takes other options. What was found with the ones before is no longer what an import would do.
    pub(super) fn choose(&mut self, options: ImportOptions) {
        self.options = options;
        if !matches!(self.stage, Stage::Running { .. }) {
            self.stage = Stage::Mapping;
        }
    }
}

#[derive(Default)]
struct State {
    jobs: Vec<Job>,
    sweeping: bool,
}

impl State {
    fn job(&mut self, id: &str, account: u64) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id && job.account == account)
    }

    fn is_running(&self) -> bool {
        self.jobs.iter().any(|job| matches!(job.stage, Stage::Running { .. }))
    }

    fn forget_old(&mut self) {
        self.jobs.retain(|job| matches!(job.stage, Stage::Running { .. }) || job.touched.elapsed() < KEPT);
    }
}

/// Why a file is not taken, or no import begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Busy {
    /// Others' files are waiting.
    Files,
    /// Another import is running.
    Running,
    /// There is no such import any more, or it is not ready for this.
    Gone,
}

/// Imports under way. Cheap to share.
#[derive(Clone, Default)]
pub(crate) struct Jobs(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// A file was forgotten.
    forgotten: Condvar,
}

impl Jobs {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a file under `id`. A person's earlier file gives way.
    pub(super) fn add(&self, id: &str, account: u64, name: &str, file: RegisterFile) -> Result<(), Busy> {
        let mut state = self.state();
        state.forget_old();
        state.jobs.retain(|job| job.account != account || matches!(job.stage, Stage::Running { .. }));
        if state.jobs.len() >= FILES_MAX {
            return Err(Busy::Files);
        }
        let options = ImportOptions { source: Some(file.stem()), ..ImportOptions::default() };
        state.jobs.push(Job {
            id: id.to_owned(),
            account,
            name: name.to_owned(),
            file: Some(Arc::new(file)),
            options,
            stage: Stage::Mapping,
            touched: Instant::now(),
        });
        if !state.sweeping {
            state.sweeping = true;
            let jobs = self.clone();
            std::thread::spawn(move || jobs.sweep());
        }
        Ok(())
    }

    /// Forgets files whose time is over, until there are none.
    fn sweep(&self) {
        let mut state = self.state();
        while !state.jobs.is_empty() {
            let waited = self.0.forgotten.wait_timeout(state, SWEEP);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.forget_old();
        }
        state.sweeping = false;
    }

    /// Looks at, or changes, an import of this account.
    pub(super) fn with<T>(&self, id: &str, account: u64, look: impl FnOnce(&mut Job) -> T) -> Option<T> {
        let mut state = self.state();
        state.forget_old();
        state.job(id, account).map(look)
    }

    /// This account's imports.
    pub(super) fn of(&self, account: u64) -> Vec<(String, String)> {
        let mut state = self.state();
        state.forget_old();
        let own = state.jobs.iter().filter(|job| job.account == account);
        own.map(|job| (job.id.clone(), job.name.clone())).collect()
    }

    /// Forgets an import that is not running.
    pub(super) fn forget(&self, id: &str, account: u64) {
        self.state().jobs.retain(|job| {
            job.id != id || job.account != account || matches!(job.stage, Stage::Running { .. })
        });
        self.0.forgotten.notify_all();
    }

    /// Begins the work in a thread of its own: a dry run, or the import itself.
    pub(super) fn start(
        &self,
        id: &str,
        office: Arc<Office>,
        officer: (u64, Author),
        dry_run: bool,
        clock: i64,
    ) -> Result<(), Busy> {
        let (account, author) = officer;
        let mut state = self.state();
        if state.is_running() {
            return Err(Busy::Running);
        }
        let job = state.job(id, account).ok_or(Busy::Gone)?;
        let file = job.file.clone().ok_or(Busy::Gone)?;
        if !dry_run && !matches!(job.stage, Stage::Checked(_)) {
            return Err(Busy::Gone);
        }
        job.stage = Stage::Running { dry_run, progress: None };
        let options = ImportOptions { dry_run, ..job.options.clone() };
        let (jobs, id) = (self.clone(), id.to_owned());
        std::thread::spawn(move || {
            let work = AssertUnwindSafe(|| {
                run(&office, &author, &file, &options, clock, &mut |progress| {
                    jobs.with(&id, account, |job| {
                        job.stage = Stage::Running { dry_run, progress: Some(progress) };
                    });
                })
            });
            let stage = match catch_unwind(work) {
                Ok(Ok(report)) if dry_run => Stage::Checked(Arc::new(report)),
                Ok(Ok(report)) => Stage::Done(Arc::new(report)),
                Ok(Err(error)) => Stage::Failed(error.code()),
                Err(_) => Stage::Failed(crate::problem::Code::Internal.code()),
            };
            jobs.with(&id, account, |job| {
                if matches!(stage, Stage::Done(_)) {
                    job.file = None;
                }
                job.stage = stage;
                job.touched = Instant::now();
            });
        });
        Ok(())
    }
}

fn run(
    office: &Office,
    author: &Author,
    file: &RegisterFile,
    options: &ImportOptions,
    clock: i64,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let seed = office.draw(|random| {
        let mut seed = [0; 32];
        random.fill(&mut seed);
        seed
    });
    import::run_file(office, author, file, options, clock, &mut StdRng::from_seed(seed), progress)
}
