//! Counts for Prometheus. Labels are routes, classes and codes of this program; never a device, a
//! collector, a village or anything that a request says.

use std::fmt;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use sync_core::wire::PROTOCOL_VERSIONS;

use crate::office::OfficeStatus;

/// Media type of what [`Metrics::text`] writes.
pub(super) const MEDIA_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Upper bounds of the duration's buckets, seconds.
const DURATION_BUCKETS: [f64; 12] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRoute {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    route: String,
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCode {
    code: &'static str,
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finished<'a> {
    /// The route's template.
    pub(super) route: &'a str,
    /// None if the client went away first.
    pub(super) status: Option<u16>,
    pub(super) code: Option<&'static str>,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) seconds: f64,
}

/// All counts of the HTTP face, and those of the office when it was last asked.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<ByOutcome, Counter>,
    durations: Family<ByRoute, Histogram, fn() -> Histogram>,
    problems: Family<ByCode, Counter>,
    body_bytes_in: Family<ByRoute, Counter>,
    body_bytes_out: Family<ByRoute, Counter>,
    pub(super) connections: Counter,
    pub(super) connections_refused: Counter,
    pub(super) connection_bytes_in: Counter,
    pub(super) connection_bytes_out: Counter,
    log_position: Gauge<u64, AtomicU64>,
    documents: Gauge<u64, AtomicU64>,
    devices: Gauge<u64, AtomicU64>,
    quarantined: Gauge<u64, AtomicU64>,
    conflicts: Gauge<u64, AtomicU64>,
    notices: Gauge<u64, AtomicU64>,
    urgent_unopened: Gauge<u64, AtomicU64>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("sothon");
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS)),
            problems: Family::default(),
            body_bytes_in: Family::default(),
            body_bytes_out: Family::default(),
            connections: Counter::default(),
            connections_refused: Counter::default(),
            connection_bytes_in: Counter::default(),
            connection_bytes_out: Counter::default(),
            log_position: Gauge::default(),
            documents: Gauge::default(),
            devices: Gauge::default(),
            quarantined: Gauge::default(),
            conflicts: Gauge::default(),
            notices: Gauge::default(),
            urgent_unopened: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register(
            "build",
            "Version of the program and newest version of the protocol",
            Info::new(vec![
                ("version", env!("CARGO_PKG_VERSION").to_owned()),
                ("protocol", PROTOCOL_VERSIONS.end().to_string()),
            ]),
        );
        registry.register(
            "requests",
            "Requests by route and class of status; class abandoned: the client went away",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "From the end of the header to the answer",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register("problems", "Problems by code", metrics.problems.clone());
        for (name, help, family) in [
            ("body_received", "Bodies as received", &metrics.body_bytes_in),
            ("body_sent", "Bodies as sent", &metrics.body_bytes_out),
        ] {
            registry.register_with_unit(name, help, Unit::Bytes, family.clone());
        }
        for (name, help, counter) in [
            ("connections", "Connections let in", &metrics.connections),
            (
                "connections_refused",
                "Connections closed because too many were open",
                &metrics.connections_refused,
            ),
        ] {
            registry.register(name, help, counter.clone());
        }
        for (name, help, counter) in [
            ("connection_received", "Everything received, TLS included", &metrics.connection_bytes_in),
            ("connection_sent", "Everything sent, TLS included", &metrics.connection_bytes_out),
        ] {
            registry.register_with_unit(name, help, Unit::Bytes, counter.clone());
        }
        for (name, help, gauge) in [
            ("log_position", "Changes acknowledged and in the log", &metrics.log_position),
            ("documents", "Household documents", &metrics.documents),
            ("devices", "Devices enrolled and not revoked", &metrics.devices),
            ("quarantined_changes", "Changes refused and kept in quarantine", &metrics.quarantined),
            ("conflicts", "Fields with several values", &metrics.conflicts),
            ("notices", "Urgent reports and sign-offs on disk", &metrics.notices),
            ("urgent_unopened", "Urgent reports that nobody has opened", &metrics.urgent_unopened),
        ] {
            registry.register(name, help, gauge.clone());
        }
        Self { registry, ..metrics }
    }

    /// Counts a request that ended.
    pub(super) fn count(&self, finished: Finished<'_>) {
        let class = match finished.status {
            None => "abandoned",
            Some(..200) => "1xx",
            Some(..300) => "2xx",
            Some(..400) => "3xx",
            Some(..500) => "4xx",
            Some(_) => "5xx",
        };
        let route = finished.route.to_owned();
        self.requests.get_or_create(&ByOutcome { route: route.clone(), class }).inc();
        let by_route = ByRoute { route };
        self.durations.get_or_create(&by_route).observe(finished.seconds);
        self.body_bytes_in.get_or_create(&by_route).inc_by(finished.bytes_in);
        self.body_bytes_out.get_or_create(&by_route).inc_by(finished.bytes_out);
        if let Some(code) = finished.code {
            self.problems.get_or_create(&ByCode { code }).inc();
        }
    }

    /// Takes over the office's counts.
    pub(super) fn observe(&self, status: &OfficeStatus) {
        self.log_position.set(status.log_position);
        self.documents.set(status.documents);
        self.devices.set(status.devices);
        self.quarantined.set(status.quarantined);
        self.conflicts.set(status.conflicts);
        self.notices.set(status.notices);
        self.urgent_unopened.set(status.urgent_unopened);
    }

    /// The exposition.
    pub(super) fn text(&self) -> String {
        let mut exposition = String::new();
        text::encode(&mut exposition, &self.registry).expect("a String takes every write");
        exposition
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Metrics(..)")
    }
}
