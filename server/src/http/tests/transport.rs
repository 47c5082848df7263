//! TLS and HTTP as such.

use rustls::{HandshakeKind, ProtocolVersion};

use super::*;

#[test]
fn tls_1_2_is_refused() {
    let running = start();
    let mut connection = running.connect_as(&running.client(&[&rustls::version::TLS12], &[]));
    let error = connection.0.write_all(b"GET /health HTTP/1.1\r\n\r\n").unwrap_err();
    assert!(error.to_string().contains("ProtocolVersion"), "{error}");
}

#[test]
fn plain_http_gets_no_answer() {
    let running = start();
    let mut stream = running.tcp();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received);
    assert!(!received.starts_with(b"HTTP"), "{received:?}");
}

#[test]
fn a_certificate_of_another_authority_is_not_accepted_by_the_client() {
    let (running, other) = (start(), start());
    let mut connection = running.connect_as(&other.client(&[&rustls::version::TLS13], &[]));
    let error = connection.0.write_all(b"GET /health HTTP/1.1\r\n\r\n").unwrap_err();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
}

#[test]
fn a_second_session_is_resumed_and_small() {
    /// All bytes of connection, handshake, request and answer, both ways, without TCP and IP.
    const RESUMED_BYTES_MAX: u64 = 1300;
    let running = start();
    let client = running.client(&[&rustls::version::TLS13], &["http/1.1"]);
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let mut connection = running.connect_as(&client);
        connection.write_head("GET /health", &[("connection", "close")]);
        assert_eq!(connection.answer().status, 200);
        assert!(connection.is_closed());
        assert_eq!(connection.0.conn.protocol_version(), Some(ProtocolVersion::TLSv1_3));
        assert_eq!(connection.0.conn.handshake_kind(), Some(expected));
    }
    let mut wire = CountedClient::connect(&running, &client);
    let bytes = wire.health();
    assert!(bytes <= RESUMED_BYTES_MAX, "a resumed session took {bytes} bytes");
}

#[test]
fn http_2_is_spoken_where_the_client_wants_it() {
    let running = start();
    let client = running.client(&[&rustls::version::TLS13], &["h2"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (status, id) = runtime.block_on(async {
        let tcp = tokio::net::TcpStream::connect(running.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = tokio_rustls::TlsConnector::from(client).connect(name, tcp).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let (mut requests, connection) = h2::client::handshake(stream).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = axum::http::Request::get("https://localhost/health").body(()).unwrap();
        let (answer, _) = requests.send_request(request, true).unwrap();
        let answer = answer.await.unwrap();
        let id = answer.headers()[REQUEST_ID_HEADER].clone();
        drop(requests);
        connection.abort();
        (answer.status(), id)
    });
    assert_eq!(status, 200);
    assert!(!id.is_empty());
}

#[test]
fn a_header_above_the_limits_is_refused() {
    let running = start();
    let long = "a".repeat(limits::HEADER_BYTES_MAX);
    let mut connection = running.connect();
    connection.write_head("GET /health", &[("x-long", &long)]);
    assert_eq!(connection.answer().status, 431);
    let names: Vec<_> = (0..=limits::HEADER_FIELDS_MAX).map(|number| format!("x-{number}")).collect();
    let fields: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let mut connection = running.connect();
    connection.write_head("GET /health", &fields);
    assert_eq!(connection.answer().status, 431);
    let mut connection = running.connect();
    connection.write_head(&format!("GET /{long}"), &[]);
    let status = connection.answer().status;
    assert!(matches!(status, 414 | 431), "{status}");
    assert_eq!(running.get("/health").status, 200);
}

#[test]
fn two_lengths_of_one_body_are_refused() {
    let running = start();
    for fields in [
        &[("content-length", "5"), ("content-length", "6")][..],
        &[("content-length", "five")],
        &[("transfer-encoding", "gzip")],
    ] {
        let mut connection = running.connect();
        connection.write_head("POST /v1/exchange", fields);
        connection.write(b"hello");
        assert_eq!(connection.answer().status, 400, "{fields:?}");
    }
}

/// A client that counts what crosses the wire.
struct CountedClient {
    session: ClientConnection,
    tcp: TcpStream,
    bytes: u64,
}

impl CountedClient {
    fn connect(running: &Running, client: &Arc<ClientConfig>) -> Self {
        let name = ServerName::try_from("localhost").unwrap();
        let session = ClientConnection::new(Arc::clone(client), name).unwrap();
        Self { session, tcp: running.tcp(), bytes: 0 }
    }

    /// Asks for `/health` and returns the bytes of the whole connection.
    fn health(&mut self) -> u64 {
        self.session
            .writer()
            .write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        loop {
            while self.session.wants_write() {
                self.bytes += self.session.write_tls(&mut self.tcp).unwrap() as u64;
            }
            let read = self.session.read_tls(&mut self.tcp).unwrap();
            self.bytes += read as u64;
            let state = self.session.process_new_packets().unwrap();
            let mut plain = vec![0; state.plaintext_bytes_to_read()];
            self.session.reader().read_exact(&mut plain).unwrap();
            answer.extend_from_slice(&plain);
            if read == 0 || state.peer_has_closed() {
                break;
            }
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        assert_eq!(self.session.handshake_kind(), Some(HandshakeKind::Resumed));
        self.bytes
    }
}
