//! The thread that keeps rows up to date while nobody asks for a page.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::civil::Date;

use crate::office::{Office, lock};

/// How long the thread rests when every row is up to date: about as long as a page may be behind where nobody
/// looks.
const REST: Duration = Duration::from_secs(5);
/// How long it rests between two groups, so that devices and pages come first.
const PAUSE: Duration = Duration::from_millis(10);

/// After so many rests, five minutes, what no page asked for meanwhile is dropped from memory.
const RESTS_BEFORE_FORGETTING: u32 = 60;

/// Makes rows in the background until it is dropped.
pub struct IndexThread {
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Stop {
    wanted: Mutex<bool>,
    told: Condvar,
}

impl Stop {
    /// Rests, and says whether to stop.
    fn rest(&self, at_most: Duration) -> bool {
        let wanted = lock(&self.wanted);
        let (wanted, _) = self
            .told
            .wait_timeout_while(wanted, at_most, |wanted| !*wanted)
            .unwrap_or_else(PoisonError::into_inner);
        *wanted
    }
}

impl IndexThread {
    /// Starts it. `today` is asked again and again: after midnight every row is made anew.
    ///
    /// # Errors
    /// The operating system has no thread to give.
    pub fn start(office: Arc<Office>, today: impl Fn() -> Date + Send + 'static) -> io::Result<Self> {
        let stop = Arc::new(Stop::default());
        let told = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("index".into()).spawn(move || {
            let mut rests = 0;
            loop {
                let rest = match office.index_some(today()) {
                    Ok(0) => REST,
                    Ok(_) => PAUSE,
                    Err(problem) => {
                        tracing::warn!(code = problem.code.code(), "rows for pages could not be made");
                        REST
                    }
                };
                rests = if rest == REST { rests + 1 } else { rests };
                if rests == RESTS_BEFORE_FORGETTING {
                    rests = 0;
                    office.forget_unused();
                }
                if told.rest(rest) {
                    break;
                }
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for IndexThread {
    fn drop(&mut self) {
        *lock(&self.stop.wanted) = true;
        self.stop.told.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the index thread had panicked");
        }
    }
}
