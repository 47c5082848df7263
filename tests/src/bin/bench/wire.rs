//! What travels: bytes and requests.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use sync_core::device::{DeviceStore as _, Encoding, Outgoing, Session, Step};
use sync_core::wire::MEDIA_PACKED;

use crate::office::{Bench, Phone, village};
use crate::{figure, note};

/// Households of the village measured.
const HOUSEHOLDS: usize = 300;
/// Visits of one night.
const VISITS: usize = 30;

pub(crate) fn measure() -> anyhow::Result<()> {
    println!("-- what travels ({HOUSEHOLDS} households, a night of {VISITS} visits)");
    let mut bench = Bench::new(HOUSEHOLDS)?;
    pull(&bench, Encoding::Packed, Some(1024 * 1024))?;
    let mut phone = bench.enrol(&village(0))?;
    bench.fill(&mut phone)?;
    bench.visits(&mut phone, VISITS)?;
    let night = bench.sync(&mut phone, Encoding::Packed, None)?;
    figure("a night of 30 visits, body up, packed", night.up as f64 / 1000.0, "KB", 3.0);
    figure("a night of 30 visits, requests", night.requests as f64, "", 1.0);
    bench.visits(&mut phone, VISITS)?;
    let plain = bench.sync(&mut phone, Encoding::Plain, None)?;
    note("the same plain, before any content encoding", plain.up as f64 / 1000.0, "KB");
    nothing_changed(&bench, &mut phone)
}

fn pull(bench: &Bench, encoding: Encoding, page_bytes: Option<u32>) -> anyhow::Result<()> {
    let mut phone = bench.enrol(&village(0))?;
    let first = bench.sync(&mut phone, encoding, page_bytes)?;
    figure(
        "first pull of 300 households with no history, body down, packed",
        first.down as f64 / 1000.0,
        "KB",
        125.0,
    );
    note("  in requests of at most 1 MiB of raw changes", first.requests as f64, "");
    let mut phone = bench.enrol(&village(0))?;
    let paged = bench.sync(&mut phone, encoding, None)?;
    note("  the same in pages of the default size", paged.down as f64 / 1000.0, "KB");
    note("  requests", paged.requests as f64, "");
    Ok(())
}

/// Bytes on the wire, TLS and HTTP included, of a sync with nothing to say, on a resumed session.
fn nothing_changed(bench: &Bench, phone: &mut Phone) -> anyhow::Result<()> {
    let office = bench.serve()?;
    let roots = CertificateDer::pem_file_iter(bench.ca())?.collect::<Result<Vec<_>, _>>()?;
    let mut store = rustls::RootCertStore::empty();
    store.add_parsable_certificates(roots);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(store)
        .with_no_client_auth();
    let config = Arc::new(config);
    let mut session = Session::new(phone.key.clone(), Encoding::Packed, None);
    let Step::Send(outgoing) = session.poll(&mut phone.store, bench.clock())? else {
        anyhow::bail!("a sync begins with a request");
    };
    let first = post(&config, office.address, &outgoing)?;
    let resumed = post(&config, office.address, &outgoing)?;
    note("nothing changed, first connection of the process", first as f64 / 1000.0, "KB");
    figure("nothing changed, TLS and HTTP included, resumed session", resumed as f64 / 1000.0, "KB", 1.5);
    figure("nothing changed, requests", 1.0, "", 1.0);
    drop(office);
    phone.store.state()?;
    Ok(())
}

/// Sends one exchange over a new connection and returns the bytes that went through the socket.
fn post(
    config: &Arc<rustls::ClientConfig>,
    address: std::net::SocketAddr,
    outgoing: &Outgoing,
) -> anyhow::Result<usize> {
    let name = ServerName::IpAddress(address.ip().into());
    let mut tls = rustls::ClientConnection::new(Arc::clone(config), name)?;
    let mut socket = Counting { socket: TcpStream::connect(address)?, bytes: 0 };
    let mut stream = rustls::Stream::new(&mut tls, &mut socket);
    let head = format!(
        "POST /v1/exchange HTTP/1.1\r\nhost: {address}\r\nuser-agent: sothon/0.1.0\r\ncontent-type: {MEDIA_PACKED}\r\nsothon-signature: {}\r\ncontent-length: {}\r\n\r\n",
        URL_SAFE_NO_PAD.encode(outgoing.signature),
        outgoing.body.len()
    );
    stream.write_all(&[head.as_bytes(), &outgoing.body].concat())?;
    let mut answer = Vec::new();
    while !is_whole(&answer) {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer)?;
        anyhow::ensure!(count > 0, "the answer was cut off");
        answer.extend_from_slice(&buffer[..count]);
    }
    anyhow::ensure!(
        answer.starts_with(b"HTTP/1.1 200"),
        "the office refused: {}",
        String::from_utf8_lossy(&answer)
    );
    tls.send_close_notify();
    while tls.wants_write() {
        tls.write_tls(&mut socket)?;
    }
    Ok(socket.bytes)
}

/// Whether head and body are there.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    answer.len() >= end + 4 + length
}

struct Counting {
    socket: TcpStream,
    bytes: usize,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.socket.read(buffer)?;
        self.bytes += count;
        Ok(count)
    }
}

impl Write for Counting {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let count = self.socket.write(buffer)?;
        self.bytes += count;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.socket.flush()
    }
}
