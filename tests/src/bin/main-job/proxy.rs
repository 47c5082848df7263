//! A bad line: forwards bytes between the phones and the office, and cuts some connections off.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// One connection in so many is cut.
const CUT_ONE_IN: usize = 4;

/// A line that cuts connections; it lives as long as the process.
#[derive(Debug, Clone)]
pub(crate) struct BadLine {
    /// Where phones connect to.
    pub(crate) address: SocketAddr,
    cut: Arc<AtomicUsize>,
}

impl BadLine {
    /// Opens a line to the office at `office`.
    ///
    /// # Errors
    /// No port can be opened.
    pub(crate) fn open(office: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let line = Self { address: listener.local_addr()?, cut: Arc::default() };
        let cut = Arc::clone(&line.cut);
        thread::spawn(move || {
            for (number, phone) in (1usize..).zip(listener.incoming().flatten()) {
                let Ok(office) = TcpStream::connect(office) else { continue };
                // A place that moves: in the handshake, in the request, in the answer.
                let until = if number % CUT_ONE_IN == 0 { 400 + number * 1_237 % 9_000 } else { usize::MAX };
                let cut = Arc::clone(&cut);
                thread::spawn(move || carry(&phone, &office, until, &cut));
            }
        });
        Ok(line)
    }

    /// Connections cut so far.
    #[must_use]
    pub(crate) fn cut(&self) -> usize {
        self.cut.load(Ordering::Relaxed)
    }
}

/// Carries both directions until one ends or `until` bytes have come down.
fn carry(phone: &TcpStream, office: &TcpStream, until: usize, cut: &AtomicUsize) {
    let (Ok(mut from_phone), Ok(mut to_office)) = (phone.try_clone(), office.try_clone()) else { return };
    let up = thread::spawn(move || {
        let _ = std::io::copy(&mut from_phone, &mut to_office);
        let _ = to_office.shutdown(Shutdown::Write);
    });
    let (mut from_office, mut to_phone) = (office, phone);
    let mut buffer = [0; 4096];
    let mut carried = 0;
    while let Ok(count @ 1..) = from_office.read(&mut buffer) {
        let fitting = count.min(until - carried);
        if to_phone.write_all(&buffer[..fitting]).is_err() {
            break;
        }
        carried += fitting;
        if carried >= until {
            cut.fetch_add(1, Ordering::Relaxed);
            let _ = office.shutdown(Shutdown::Both);
            break;
        }
    }
    let _ = phone.shutdown(Shutdown::Both);
    let _ = up.join();
}
