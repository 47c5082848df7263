//! Requests over TLS, with the content coding a test wants: the reference client always takes zstd.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use server::phone::client::{Carrier, ClientError, Reply};
use sothon_tests::harness::Commune;
use sync_core::device::{Encoding, Outgoing};
use sync_core::wire::MEDIA_PLAIN;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// A connection that trusts the commune's development certificate.
pub(crate) fn agent(commune: &Commune) -> Agent {
    let pem = std::fs::read(commune.ca()).expect("served once");
    let certificates = parse_pem(&pem)
        .filter_map(|item| match item.expect("PEM") {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(certificates)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    Agent::config_builder().proxy(None).http_status_as_error(false).tls_config(tls).build().new_agent()
}

/// Carries plain messages under one content coding.
pub(crate) struct Coded {
    pub(crate) agent: Agent,
    pub(crate) url: String,
    pub(crate) coding: &'static str,
    /// Content codings of the answers.
    pub(crate) answered: Mutex<Vec<Option<String>>>,
}

impl Carrier for Coded {
    fn exchange(&self, outgoing: &Outgoing) -> Result<Reply, ClientError> {
        let body = match self.coding {
            "gzip" => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(&outgoing.body).expect("memory takes everything");
                encoder.finish().expect("memory takes everything")
            }
            "zstd" => zstd::bulk::compress(&outgoing.body, 3).expect("memory takes everything"),
            _ => outgoing.body.clone(),
        };
        let mut answer = self
            .agent
            .post(format!("{}/v1/exchange", self.url))
            .header("Content-Type", MEDIA_PLAIN)
            .header("Content-Encoding", self.coding)
            .header("Accept", MEDIA_PLAIN)
            .header("Accept-Encoding", self.coding)
            .header("Sothon-Signature", URL_SAFE_NO_PAD.encode(outgoing.signature))
            .send(&body)
            .expect("an answer");
        assert_eq!(answer.status(), 200, "{:?}", answer.body_mut().read_to_string());
        assert_eq!(answer.headers()["content-type"], MEDIA_PLAIN);
        let coding =
            answer.headers().get("content-encoding").map(|value| value.to_str().expect("ASCII").to_owned());
        let received = answer.body_mut().read_to_vec().expect("a whole body");
        let mut decoded = Vec::new();
        match coding.as_deref() {
            Some("gzip") => drop(GzDecoder::new(&received[..]).read_to_end(&mut decoded).expect("gzip")),
            Some("zstd") => decoded = zstd::stream::decode_all(&received[..]).expect("zstd"),
            Some(other) => panic!("an unknown coding: {other}"),
            None => decoded.clone_from(&received),
        }
        self.answered.lock().expect("one thread").push(coding);
        let (bytes_sent, bytes_received) = (body.len() as u64, received.len() as u64);
        Ok(Reply::Message { encoding: Encoding::Plain, body: decoded, bytes_sent, bytes_received })
    }
}
