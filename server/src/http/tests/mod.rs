//! The door from outside: a real office behind real TLS on a free port, and a client that sends bytes as
//! given, wrong ones too.

mod app;
mod bodies;
mod console;
mod robustness;
mod routes;
mod transport;

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::SeedableRng as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};
use serde_json::Value;
use sync_core::seal::ConfidentialPublicKey;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::office::{CommuneConfig, OfficeOptions};

/// No answer for so long is a failure; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// An office that serves in a thread of its own.
struct Running {
    address: SocketAddr,
    folder: TempDir,
    log: Log,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn office(folder: &Path) -> Arc<Office> {
    let config = CommuneConfig {
        name: "Hoằng Đông".to_owned(),
        unit_word: "thôn".to_owned(),
        villages: vec![("01".to_owned(), "Thôn 1".to_owned())],
        confidential_key: ConfidentialPublicKey([9; 32]),
    };
    let options = OfficeOptions { random: Box::new(rand::rngs::StdRng::seed_from_u64(7)) };
    Arc::new(Office::create(&folder.join("office.sqlite"), &config, options).unwrap())
}

fn start() -> Running {
    start_with(Limits::default(), Router::new())
}

fn start_with(limits: Limits, routes: Router<Arc<App>>) -> Running {
    start_serving(limits, routes, AppFiles::none())
}

fn start_serving(limits: Limits, routes: Router<Arc<App>>, files: AppFiles) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let office = office(folder.path());
    let tls = Tls::Development { host_names: Vec::new() };
    let mut options = ServeOptions::new((Ipv4Addr::LOCALHOST, 0).into(), tls, folder.path().to_owned());
    (options.limits, options.app) = (limits, files);
    let (listening, address) = mpsc::channel();
    options.on_listening = Box::new(move |address| listening.send(address).unwrap());
    let (stop, stopped) = oneshot::channel();
    let log = Log::default();
    let writer = log.clone();
    let thread = std::thread::spawn(move || {
        let lines = tracing_subscriber::fmt::layer().json().with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let result = runtime.block_on(async {
                let app = Arc::new(App::new(office, &options));
                let routes = router(&app, routes);
                serve_routes(&app, routes, options, async { stopped.await.unwrap() }).await
            });
            runtime.shutdown_background();
            result
        })
    });
    Running { address: address.recv().unwrap(), folder, log, stop: Some(stop), thread: Some(thread) }
}

impl Running {
    /// Tells the office to stop and waits until it has.
    fn stop(mut self) -> (Result<(), ServeError>, String) {
        self.tell_to_stop();
        let result = self.thread.take().unwrap().join().unwrap();
        (result, self.log.text())
    }

    fn tell_to_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    fn client(&self, versions: &[&'static SupportedProtocolVersion], alpn: &[&str]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        let authority = tls::development_authority(self.folder.path());
        roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        let mut config = ClientConfig::builder_with_provider(tls::provider())
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    fn tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn connect(&self) -> Connection {
        self.connect_as(&self.client(&[&rustls::version::TLS13], &["http/1.1"]))
    }

    fn connect_as(&self, client: &Arc<ClientConfig>) -> Connection {
        let name = ServerName::try_from("localhost").unwrap();
        let session = ClientConnection::new(Arc::clone(client), name).unwrap();
        Connection(StreamOwned::new(session, self.tcp()))
    }

    /// One request on a connection of its own, header fields as given.
    fn send(&self, line: &str, fields: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut connection = self.connect();
        let length = body.len().to_string();
        let fields = [&[("content-length", length.as_str()), ("connection", "close")], fields].concat();
        connection.write_head(line, &fields);
        connection.write(body);
        connection.answer()
    }

    fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[], b"")
    }

    /// An exchange with a signature of the right form.
    fn exchange(&self, fields: &[(&str, &str)], body: &[u8]) -> Answer {
        let signature = signature();
        self.send("POST /v1/exchange", &[&[("sothon-signature", signature.as_str())], fields].concat(), body)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            if let Some(stop) = self.stop.take() {
                let _ = stop.send(());
            }
            let _ = thread.join();
        }
    }
}

fn signature() -> String {
    URL_SAFE_NO_PAD.encode([7; 64])
}

struct Connection(StreamOwned<ClientConnection, TcpStream>);

impl Connection {
    fn write_head(&mut self, line: &str, fields: &[(&str, &str)]) {
        let mut head = format!("{line} HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in fields {
            head += &format!("{name}: {value}\r\n");
        }
        self.write((head + "\r\n").as_bytes());
    }

    /// Writes what the office still takes; it may have answered and closed already.
    fn write(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).and_then(|()| self.0.flush());
    }

    /// Reads to the empty line; none if the connection ends first.
    fn read_head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match self.0.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                Ok(_) => return None,
                Err(error) => {
                    assert_ne!(error.kind(), io::ErrorKind::WouldBlock, "no answer within {PATIENCE:?}");
                    return None;
                }
            }
        }
        Some(String::from_utf8(head).unwrap())
    }

    /// The answer, of which there must be one.
    fn answer(&mut self) -> Answer {
        self.answer_or_end().expect("the office closed the connection without an answer")
    }

    fn answer_or_end(&mut self) -> Option<Answer> {
        let head = self.read_head()?;
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let mut fields = BTreeMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            assert!(fields.insert(name.to_owned(), value.to_owned()).is_none(), "{name} twice");
        }
        let length = fields.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        // An answer to HEAD has a length and no body.
        let read = self.0.read_exact(&mut body);
        if read.is_err() {
            body.clear();
        }
        Some(Answer { status, fields, body })
    }

    /// Whether the office ended the connection rather than sending anything.
    fn is_closed(&mut self) -> bool {
        self.read_head().is_none()
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    fields: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The code of a problem, whose form is checked on the way.
    #[track_caller]
    fn problem(&self) -> String {
        assert_eq!(self.fields.get("content-type").map(String::as_str), Some(MEDIA_PROBLEM), "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status);
        assert_eq!(body["request_id"], self.fields[REQUEST_ID_HEADER].as_str());
        assert_eq!(self.fields["cache-control"], "no-store");
        body["code"].as_str().unwrap().to_owned()
    }
}
