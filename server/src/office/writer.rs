//! The one writer: a thread that owns its connection, takes what has queued up, and puts it on disk in
//! one transaction (group commit). Who asked is answered after the commit, not before.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, Savepoint, TransactionBehavior};

use super::Commune;
use crate::problem::{Code, Problem};

/// Requests that may wait for the writer; one more is told `overloaded`.
const QUEUE_MAX: usize = 256;
/// Requests put on disk by one transaction.
const GROUP_MAX: usize = 64;

/// What a piece of work answers, before the transaction it is part of is committed.
type Work = Box<dyn FnOnce(&Connection, &Commune) -> Result<(), Problem> + Send>;

struct Job {
    work: Work,
    /// Told once the transaction is on disk, or why it is not.
    done: SyncSender<Result<(), Problem>>,
}

/// A handle to the writer's thread. Dropping it finishes what is queued.
pub(super) struct Writer {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, commune: Commune) -> Result<Self, rusqlite::Error> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || run(connection, &commune, &jobs))
            .map_err(|_| rusqlite::Error::InvalidQuery)?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` in the writer's transaction and returns its value once that is on disk.
    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Commune) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (done, answer) = sync_channel(1);
        let (keep, value) = sync_channel(1);
        let work: Work = Box::new(move |transaction, commune| {
            let result = work(transaction, commune)?;
            // The receiver waits in this very call.
            let _ = keep.send(result);
            Ok(())
        });
        let queue = self.queue.as_ref().ok_or(Code::Overloaded)?;
        match queue.try_send(Job { work, done }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(Code::Overloaded.into()),
            Err(TrySendError::Disconnected(_)) => return Err(Code::Internal.into()),
        }
        answer.recv().map_err(|_| Problem::from(Code::Internal))??;
        value.recv().map_err(|_| Code::Internal.into())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut connection: Connection, commune: &Commune, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        while group.len() < GROUP_MAX {
            let Ok(job) = jobs.try_recv() else { break };
            group.push(job);
        }
        commit_group(&mut connection, commune, group);
    }
}

fn commit_group(connection: &mut Connection, commune: &Commune, group: Vec<Job>) {
    let mut transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            let problem = Problem::from(error);
            group.iter().for_each(|job| answer(&job.done, Err(problem.clone())));
            return;
        }
    };
    let mut lost: Option<Problem> = None;
    let outcomes: Vec<_> = group
        .into_iter()
        .map(|job| {
            if let Some(problem) = &lost {
                return (job.done, Err(problem.clone()));
            }
            let outcome = transaction
                .savepoint()
                .map_err(Problem::from)
                .and_then(|savepoint| one(savepoint, commune, job.work));
            if transaction.is_autocommit() {
                // A full disk or a failing one ends the whole transaction, not only this part of it.
                lost = Some(outcome.clone().err().unwrap_or_else(|| Code::Internal.into()));
            }
            (job.done, outcome)
        })
        .collect();
    let committed = match lost {
        None => transaction.commit().map_err(Problem::from),
        Some(problem) => Err(problem),
    };
    for (done, outcome) in outcomes {
        answer(&done, committed.clone().and(outcome));
    }
}

/// One request's failure undoes its own writes and nobody else's.
fn one(mut savepoint: Savepoint<'_>, commune: &Commune, work: Work) -> Result<(), Problem> {
    match catch_unwind(AssertUnwindSafe(|| work(&savepoint, commune))) {
        Ok(Ok(())) => Ok(savepoint.commit()?),
        Ok(Err(problem)) => {
            undo(&mut savepoint);
            Err(problem)
        }
        Err(_) => {
            undo(&mut savepoint);
            Err(Code::Internal.into())
        }
    }
}

/// Where this fails, the database has undone the whole transaction already, which the caller notices.
fn undo(savepoint: &mut Savepoint<'_>) {
    if !savepoint.is_autocommit()
        && let Err(error) = savepoint.rollback()
    {
        tracing::error!(sqlite = ?error.sqlite_error_code(), "a savepoint could not be undone");
    }
}

/// Whoever asked may have gone away; what was committed is on disk all the same.
fn answer(done: &SyncSender<Result<(), Problem>>, outcome: Result<(), Problem>) {
    let _ = done.send(outcome);
}
