//! Panics, overload, clients that stall or go away, and stopping.

use std::sync::mpsc;

use axum::extract::State;
use axum::routing::get;
use sync_core::wire::MEDIA_PLAIN;

use super::*;

#[test]
fn a_panic_is_a_problem_for_one_request_only() {
    async fn in_handler() -> &'static str {
        panic!("Nguyễn Văn An")
    }
    async fn in_work(State(app): State<Arc<App>>) -> Result<(), Problem> {
        exchange::work(&app, &app.turns, |_| panic!("Nguyễn Văn An")).await
    }
    let limits = Limits { work_at_once: 1, ..Limits::default() };
    let running =
        start_with(limits, Router::new().route("/handler", get(in_handler)).route("/work", get(in_work)));
    for path in ["/handler", "/work", "/handler", "/work"] {
        let answer = running.get(path);
        assert_eq!((answer.status, answer.problem().as_str()), (500, "internal"), "{path}");
        assert!(!answer.text().contains("Nguy"), "{answer:?}");
    }
    // The turn of the work that panicked is free again.
    assert_eq!(running.exchange(&[("content-type", MEDIA_PLAIN)], b"").problem(), "body_malformed");
    let (result, log) = running.stop();
    result.unwrap();
    assert!(!log.contains("Nguy"), "{log}");
}

#[test]
fn too_many_requests_at_once_are_told_to_come_back() {
    let limits = Limits { work_at_once: 0, work_wait: Duration::ZERO, ..Limits::default() };
    let running = start_with(limits, Router::new());
    let answer = running.exchange(&[("content-type", MEDIA_PLAIN)], b"");
    assert_eq!((answer.status, answer.problem().as_str()), (503, "overloaded"));
    assert!(answer.fields.contains_key("retry-after"));
    assert_eq!(running.get("/health").status, 200, "an overloaded office is still alive");
}

#[test]
fn work_that_takes_too_long_is_answered_and_goes_on() {
    let (release, released) = mpsc::channel::<()>();
    let (finished, finish) = mpsc::channel();
    let stuck = Arc::new(Mutex::new(Some((released, finished))));
    let route = get(async move |State(app): State<Arc<App>>| {
        let (released, finished) = stuck.lock().unwrap().take().unwrap();
        exchange::work(&app, &app.turns, move |_| {
            released.recv().unwrap();
            finished.send(()).unwrap();
            Ok(())
        })
        .await
    });
    let limits = Limits { work_time: Duration::from_millis(10), ..Limits::default() };
    let running = start_with(limits, Router::new().route("/stuck", route));
    assert_eq!(running.get("/stuck").problem(), "overloaded");
    release.send(()).unwrap();
    finish.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn a_client_that_goes_away_is_logged_and_its_work_is_waited_for() {
    let (begun, begin) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let stuck = Arc::new(Mutex::new(Some(released)));
    let route = get(async move |State(app): State<Arc<App>>| {
        let (released, begun) = (stuck.lock().unwrap().take().unwrap(), begun.clone());
        exchange::work(&app, &app.turns, move |_| {
            begun.send(()).unwrap();
            let _ = released.recv();
            Ok(())
        })
        .await
    });
    let limits = Limits { stop_time: Duration::from_millis(50), ..Limits::default() };
    let running = start_with(limits, Router::new().route("/stuck", route));
    let mut connection = running.connect();
    connection.write_head("GET /stuck", &[]);
    begin.recv_timeout(PATIENCE).unwrap();
    drop(connection);
    let (result, log) = running.stop();
    result.unwrap();
    assert!(log.contains("abandoned by the client"), "{log}");
    assert!(log.contains("stopped while the office still worked"), "{log}");
    drop(release);
}

#[test]
fn a_client_that_stalls_loses_its_connection() {
    let short = Duration::from_millis(50);
    for (name, limits) in [
        ("header", Limits { header_read_time: short, ..Limits::default() }),
        ("idle", Limits { connection_idle: short, ..Limits::default() }),
        ("whole time", Limits { connection_time: short, ..Limits::default() }),
    ] {
        let running = start_with(limits, Router::new());
        let mut connection = running.connect();
        connection.write(b"GET /health HTTP/1.1\r\nhost: local");
        assert!(connection.is_closed(), "{name}");
        let mut idle = running.connect();
        idle.write_head("GET /health", &[]);
        if let Some(answer) = idle.answer_or_end() {
            assert_eq!(answer.status, 200, "{name}");
        }
        assert!(idle.is_closed(), "{name}: kept open after an answer");
        running.stop().0.unwrap();
    }
}

#[test]
fn a_handshake_that_stalls_ends() {
    let limits = Limits { handshake_time: Duration::from_millis(20), ..Limits::default() };
    let running = start_with(limits, Router::new());
    let mut silent = running.tcp();
    assert_eq!(silent.read(&mut [0; 16]).unwrap(), 0);
}

#[test]
fn a_connection_too_many_is_closed_and_counted() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let running = start_with(limits, Router::new());
    let mut first = running.connect();
    first.write_head("GET /health", &[]);
    assert_eq!(first.answer().status, 200);
    let mut second = running.connect();
    second.write_head("GET /health", &[]);
    assert!(second.is_closed());
    first.write_head("GET /metrics", &[]);
    let answer = first.answer();
    assert!(answer.text().contains("sothon_connections_refused_total 1"), "{}", answer.text());
}

#[test]
fn stopping_lets_a_running_request_finish() {
    let mut running = start();
    let mut connection = running.connect();
    connection.write_head(
        "POST /v1/exchange",
        &[
            ("content-type", MEDIA_PLAIN),
            ("sothon-signature", &signature()),
            ("content-length", "4"),
            ("expect", "100-continue"),
        ],
    );
    // The office asks for the body: the request is running.
    let asked = connection.read_head().unwrap();
    assert!(asked.starts_with("HTTP/1.1 100 "), "{asked}");
    running.tell_to_stop();
    connection.write(b"body");
    let answer = connection.answer();
    assert_eq!(answer.problem(), "body_malformed");
    assert!(connection.is_closed(), "no further request is taken");
    let (address, thread) = (running.address, running.thread.take().unwrap());
    thread.join().unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err());
    assert!(running.log.text().contains("\"stopped\""), "{}", running.log.text());
}

#[test]
fn stopping_does_not_wait_for_idle_connections() {
    let running = start();
    let mut connection = running.connect();
    connection.write_head("GET /health", &[]);
    assert_eq!(connection.answer().status, 200);
    let (result, _) = running.stop();
    result.unwrap();
    assert!(connection.is_closed());
}

#[test]
fn an_address_in_use_is_named() {
    let running = start();
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::Development { host_names: Vec::new() };
    let options = ServeOptions::new(running.address, tls, folder.path().to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime
        .block_on(serve(office(folder.path()), options, std::future::pending()))
        .expect_err("the address is taken");
    assert!(error.to_string().contains(&running.address.to_string()), "{error}");
}
