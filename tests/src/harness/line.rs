//! The line between phones and office: a TCP proxy that counts bytes, cuts connections, and stands still
//! at a chosen byte so that a test can kill a process exactly there.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What a test waits for.
#[derive(Debug)]
pub enum Event {
    /// The line stands still: as many bytes have passed as [`Line::halt_after`] was told.
    Halted,
    /// A process ended; which one, and what it said.
    Ended(usize, super::Ran),
}

/// Bytes that are carried at once: few, so that a cut can fall anywhere.
const CHUNK: usize = 512;

#[derive(Default)]
struct State {
    office: Option<SocketAddr>,
    /// For the next connections, in order: bytes until each is cut.
    cuts: VecDeque<u64>,
    /// Bytes carried in both directions.
    passed: u64,
    /// Connections that were cut.
    cut: u64,
    /// Where the line stands still, and who is told.
    halt: Option<(u64, Sender<Event>)>,
    halted: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    go_on: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, once the line does not stand still.
    fn moving(&self) -> MutexGuard<'_, State> {
        let state = self.state();
        self.go_on.wait_while(state, |state| state.halted).unwrap_or_else(PoisonError::into_inner)
    }

    /// How many of `wanted` bytes may pass now. Waits while the line stands still.
    fn allow(&self, wanted: usize) -> usize {
        loop {
            let mut state = self.moving();
            let room = state.halt.as_ref().map(|(at, _)| at.saturating_sub(state.passed));
            match room {
                Some(0) => {
                    if let Some((_, teller)) = state.halt.take() {
                        state.halted = true;
                        // A test that no longer listens wants nothing to stand still.
                        state.halted = teller.send(Event::Halted).is_ok();
                    }
                }
                _ => {
                    let wanted = wanted as u64;
                    let allowed = room.map_or(wanted, |room| room.min(wanted));
                    state.passed += allowed;
                    return usize::try_from(allowed).expect("no more than was wanted");
                }
            }
        }
    }
}

/// The line. Its threads end with the test's process.
#[derive(Clone)]
pub struct Line {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Line {
    /// A line that leads nowhere yet.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shared = Arc::new(Shared::default());
        let line = Self { address, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            for phone in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || carry(&shared, &phone));
            }
        });
        line
    }

    /// The address phones are given.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Where the office is reached from now on.
    pub fn lead_to(&self, office: SocketAddr) {
        self.shared.state().office = Some(office);
    }

    /// Cuts the next connections, each after so many bytes in both directions together.
    pub fn cut_after(&self, bytes: impl IntoIterator<Item = u64>) {
        self.shared.state().cuts.extend(bytes);
    }

    /// Forgets cuts that have not happened.
    pub fn steady(&self) {
        self.shared.state().cuts.clear();
    }

    /// Connections that were cut so far.
    #[must_use]
    pub fn cut(&self) -> u64 {
        self.shared.state().cut
    }

    /// Bytes that have passed in both directions.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.shared.state().passed
    }

    /// Stands still when `bytes` more have passed, and tells it.
    pub fn halt_after(&self, bytes: u64, teller: Sender<Event>) {
        let mut state = self.shared.state();
        state.halt = Some((state.passed + bytes, teller));
    }

    /// Carries on, and forgets where it should have stood still.
    pub fn go_on(&self) {
        let mut state = self.shared.state();
        state.halt = None;
        state.halted = false;
        drop(state);
        self.shared.go_on.notify_all();
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

fn carry(shared: &Arc<Shared>, phone: &TcpStream) {
    let (office, budget) = {
        let mut state = shared.moving();
        (state.office, state.cuts.pop_front())
    };
    let Some(office) = office.and_then(|office| TcpStream::connect(office).ok()) else {
        let _ = phone.shutdown(Shutdown::Both);
        return;
    };
    let budget = Arc::new(Mutex::new(budget));
    let back = {
        let (shared, budget) = (Arc::clone(shared), Arc::clone(&budget));
        let (Ok(from), Ok(to)) = (office.try_clone(), phone.try_clone()) else { return };
        std::thread::spawn(move || pump(&shared, &budget, from, to))
    };
    if let (Ok(from), Ok(to)) = (phone.try_clone(), office.try_clone()) {
        pump(shared, &budget, from, to);
    }
    let _ = back.join();
}

/// Carries one direction until it ends or the connection's bytes are used up.
fn pump(shared: &Shared, budget: &Mutex<Option<u64>>, mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; CHUNK];
    let end = loop {
        let Ok(read @ 1..) = from.read(&mut buffer) else { break Shutdown::Write };
        match pass(shared, budget, &buffer[..read], &mut to) {
            Ok(true) => {}
            Ok(false) => {
                shared.state().cut += 1;
                let _ = from.shutdown(Shutdown::Both);
                break Shutdown::Both;
            }
            Err(_) => {
                let _ = from.shutdown(Shutdown::Both);
                break Shutdown::Both;
            }
        }
    };
    let _ = to.shutdown(end);
}

/// Whether the connection goes on after these bytes.
fn pass(
    shared: &Shared,
    budget: &Mutex<Option<u64>>,
    mut bytes: &[u8],
    to: &mut TcpStream,
) -> io::Result<bool> {
    let whole = {
        let mut budget = budget.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *budget {
            None => true,
            Some(left) => {
                let fits = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                let whole = fits == bytes.len();
                bytes = &bytes[..fits];
                *left -= fits as u64;
                whole
            }
        }
    };
    while !bytes.is_empty() {
        let allowed = shared.allow(bytes.len());
        to.write_all(&bytes[..allowed])?;
        bytes = &bytes[allowed..];
    }
    Ok(whole)
}
