//! The phone's app: which address means which file, how long it may be kept, in which coding it comes, and
//! that nothing but the app's files can be had.

use std::fs;

use super::*;

const INDEX: &str = "<!doctype html><title>Sổ Thôn</title><p>made up for the tests</p>";
const SCRIPT: &str = "console.log('made up for the tests')";

/// A folder as the build leaves one, and beside it a file that belongs to nobody outside.
fn built() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    let dist = folder.path().join("dist");
    fs::create_dir_all(dist.join("assets")).unwrap();
    for (name, bytes) in [
        ("index.html", INDEX.as_bytes()),
        ("sw.js", b"self.oninstall = null"),
        ("manifest.webmanifest", b"{}"),
        ("icon.svg", b"<svg/>"),
        ("assets/main-3f2a.js", SCRIPT.as_bytes()),
        ("assets/main-3f2a.js.br", b"the brotli form"),
        ("assets/main-3f2a.js.gz", b"the gzip form"),
        ("assets/core-77aa.wasm", b"\0asm\x01\0\0\0"),
        ("assets/style-1.css", b"p{}"),
        ("assets/odd.bin", b"?"),
        ("orphan.js.br", b"a form of nothing"),
        (".vite", b"a tool's"),
    ] {
        fs::write(dist.join(name), bytes).unwrap();
    }
    folder
}

fn app_of(folder: &TempDir) -> AppFiles {
    AppFiles::read(&folder.path().join("dist")).unwrap()
}

fn start_app() -> Running {
    start_serving(Limits::default(), Router::new(), app_of(&built()))
}

#[test]
fn every_file_comes_with_its_media_type_and_its_time() {
    let running = start_app();
    let for_ever = "public, max-age=31536000, immutable";
    for (path, media, keep) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/sw.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
        ("/assets/main-3f2a.js", "text/javascript; charset=utf-8", for_ever),
        ("/assets/core-77aa.wasm", "application/wasm", for_ever),
        ("/assets/style-1.css", "text/css; charset=utf-8", for_ever),
        ("/assets/odd.bin", "application/octet-stream", for_ever),
    ] {
        let answer = running.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.fields["content-type"], media, "{path}");
        assert_eq!(answer.fields["cache-control"], keep, "{path}");
        assert_eq!(answer.fields["vary"], "accept-encoding", "{path}");
    }
    assert_eq!(running.get("/assets/main-3f2a.js").text(), SCRIPT);
}

#[test]
fn an_address_inside_the_app_answers_with_its_page() {
    let running = start_app();
    for path in ["/", "/?from=home", "/household/2f", "/v", "/version", "/round_2", "/healthy"] {
        let answer = running.get(path);
        assert_eq!((answer.status, answer.text()), (200, INDEX), "{path}");
    }
}

#[test]
fn nothing_but_the_files_can_be_had_however_it_is_asked_for() {
    let running = start_app();
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/assets/./main-3f2a.js",
        "/assets//main-3f2a.js",
        "/assets%2fmain-3f2a.js",
        "/assets/main-3f2a%2ejs",
        "//index.html",
        "/index.html/",
        "/INDEX.HTML",
        "/index.html%00",
        "/%00",
        "/a//b",
        "/a/",
        "//",
        "/h%c3%b4",
        "/secret.txt",
        "/dist/index.html",
        "/.vite",
        "/orphan.js",
        "/orphan.js.br",
        "/assets/main-3f2a.js.br",
        "/assets/main-3f2a.js.gz",
        "/assets/main-0000.js",
        "/assets",
        "/assets/",
        "/favicon.ico",
    ] {
        let answer = running.get(path);
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"), "{path}");
    }
}

#[test]
fn the_office_s_own_addresses_stay_the_office_s() {
    let running = start_app();
    for line in
        ["GET /v1", "GET /v1/", "GET /v1/nothing", "POST /v1/nothing", "POST /v2/exchange", "GET /health/x"]
    {
        let answer = running.send(line, &[], b"");
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"), "{line}");
    }
    assert_eq!(running.get("/v1/exchange").problem(), "method_not_allowed");
    assert_eq!(running.get("/health").json()["status"], "ok");
    assert!(running.get("/metrics").text().contains("sothon_requests"));
}

#[test]
fn only_get_and_head_are_answered() {
    let running = start_app();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "NGUYEN"] {
        for path in ["/", "/sw.js", "/assets/main-3f2a.js", "/household/2f"] {
            let answer = running.send(&format!("{method} {path}"), &[], b"");
            assert_eq!(answer.problem(), "method_not_allowed", "{method} {path}");
            assert_eq!((answer.status, answer.fields["allow"].as_str()), (405, "GET,HEAD"));
        }
    }
}

#[test]
fn head_tells_what_get_would_send() {
    let running = start_app();
    let brotli = [("accept-encoding", "br")];
    for (path, fields) in [("/", &[][..]), ("/assets/main-3f2a.js", &brotli), ("/sw.js", &[])] {
        let [mut get, mut head] =
            ["GET", "HEAD"].map(|method| running.send(&format!("{method} {path}"), fields, b""));
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.fields["content-length"], get.body.len().to_string());
        for answer in [&mut get, &mut head] {
            answer.fields.remove(REQUEST_ID_HEADER);
            answer.fields.remove("date");
        }
        assert_eq!(get.fields, head.fields, "{path}");
    }
}

#[test]
fn the_smallest_form_the_client_takes_is_sent() {
    let running = start_app();
    for (accepted, coding, body) in [
        ("gzip, deflate, br, zstd", Some("br"), "the brotli form"),
        ("gzip", Some("gzip"), "the gzip form"),
        ("GZIP, BR;q=0.5", Some("gzip"), "the gzip form"),
        ("br;q=0, gzip;q=0.1", Some("gzip"), "the gzip form"),
        ("*", Some("br"), "the brotli form"),
        ("*, br;q=0", Some("gzip"), "the gzip form"),
        ("identity, br;q=0.9", None, SCRIPT),
        ("br;q=nonsense", None, SCRIPT),
        ("zstd", None, SCRIPT),
        ("", None, SCRIPT),
    ] {
        let answer = running.send("GET /assets/main-3f2a.js", &[("accept-encoding", accepted)], b"");
        assert_eq!(answer.fields.get("content-encoding").map(String::as_str), coding, "{accepted:?}");
        assert_eq!((answer.status, answer.text()), (200, body), "{accepted:?}");
        assert_eq!(answer.fields["content-type"], "text/javascript; charset=utf-8");
    }
    // What has no such form is sent as it is.
    let plain = running.send("GET /sw.js", &[("accept-encoding", "br")], b"");
    assert_eq!((plain.status, plain.fields.get("content-encoding")), (200, None));
}

#[test]
fn a_form_the_client_has_is_not_sent_again() {
    let running = start_app();
    let path = "/assets/main-3f2a.js";
    let tag = |coding| {
        running.send(&format!("GET {path}"), &[("accept-encoding", coding)], b"").fields["etag"].clone()
    };
    let (plain, gzip, brotli) = (tag("identity"), tag("gzip"), tag("br"));
    assert_eq!(plain.len(), 66, "the SHA-256 in quotes: {plain}");
    assert!(plain != gzip && gzip != brotli && plain != brotli);

    let asked = |coding: &str, known: &str| {
        running.send(&format!("GET {path}"), &[("accept-encoding", coding), ("if-none-match", known)], b"")
    };
    for known in [brotli.clone(), format!("W/{brotli}"), format!("\"old\" , {brotli}"), "*".to_owned()] {
        let answer = asked("br", &known);
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{known}");
        assert_eq!(answer.fields["etag"], brotli);
        assert_eq!(answer.fields["vary"], "accept-encoding");
        assert_eq!(answer.fields["cache-control"], "public, max-age=31536000, immutable");
        assert!(!answer.fields.contains_key("content-type"));
    }
    for known in [gzip.as_str(), "\"old\"", "nonsense", ""] {
        assert_eq!(asked("br", known).status, 200, "{known}");
    }
    let head = running.send("HEAD /", &[("if-none-match", "*")], b"");
    assert_eq!(head.status, 304);
}

#[test]
fn every_answer_of_the_app_is_protected() {
    let running = start_app();
    let policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
        img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let known = [("if-none-match", "*")];
    for (path, fields) in
        [("/", &[][..]), ("/household/2f", &[]), ("/assets/main-3f2a.js", &[]), ("/sw.js", &known)]
    {
        let answer = running.send(&format!("GET {path}"), fields, b"");
        for (name, value) in [
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.fields.get(name).map(String::as_str), Some(value), "{path} {name}");
        }
        assert!(answer.fields.contains_key(REQUEST_ID_HEADER));
    }
}

#[test]
fn the_app_is_served_while_the_office_has_no_turn_to_give() {
    let limits = Limits { work_at_once: 0, ..Limits::default() };
    let running = start_serving(limits, Router::new(), app_of(&built()));
    assert_eq!(running.get("/").text(), INDEX);
    assert_eq!(running.get("/assets/main-3f2a.js").status, 200);
}

#[test]
fn files_are_counted_and_logged_without_their_addresses() {
    let running = start_app();
    running.get("/household/nguyen-van-an?child=secret");
    running.get("/assets/main-3f2a.js");
    running.get("/nguyen.txt");
    let metrics = running.get("/metrics");
    for line in [
        r#"sothon_requests_total{route="app",class="2xx"} 2"#,
        r#"sothon_requests_total{route="unmatched",class="4xx"} 1"#,
    ] {
        assert!(metrics.text().lines().any(|found| found == line), "{line}\n{}", metrics.text());
    }
    let (_, log) = running.stop();
    assert_eq!(log.matches(r#""route":"app""#).count(), 2, "{log}");
    assert!(!log.contains("nguyen") && !log.contains("secret") && !log.contains("3f2a"), "{log}");
}

#[test]
fn a_program_without_the_app_says_how_to_have_it() {
    let running = start();
    let answer = running.get("/");
    assert_eq!((answer.status, answer.fields["content-type"].as_str()), (404, "text/plain; charset=utf-8"));
    for part in ["không kèm ứng dụng", "carries no phone app", "cargo xtask app", "--app"] {
        assert!(answer.text().contains(part), "{part}");
    }
    assert_eq!(answer.fields["cache-control"], "no-store");
    for path in ["/index.html", "/household/2f", "/sw.js"] {
        assert_eq!(running.get(path).problem(), "not_found", "{path}");
    }
}

#[test]
fn a_folder_that_is_not_the_app_is_refused() {
    let folder = built();
    assert!(matches!(AppFiles::read(folder.path()), Err(AppError::NoIndex)));
    assert!(matches!(AppFiles::read(&folder.path().join("none")), Err(AppError::Unreadable { .. })));
    let index = folder.path().join("dist/index.html");
    assert!(matches!(AppFiles::read(&index), Err(AppError::Unreadable { .. })));

    fs::write(folder.path().join("dist/Sổ thôn.html"), "").unwrap();
    assert!(matches!(AppFiles::read(&folder.path().join("dist")), Err(AppError::Foreign { .. })));
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let folder = built();
    let dist = folder.path().join("dist");
    std::os::unix::fs::symlink("../secret.txt", dist.join("link.txt")).unwrap();
    assert!(matches!(AppFiles::read(&dist), Err(AppError::Foreign { .. })));
}

#[test]
fn a_folder_above_the_limits_is_refused() {
    let folder = built();
    let dist = folder.path().join("dist");
    let refused = || matches!(AppFiles::read(&dist), Err(AppError::TooLarge));

    let large = fs::File::create(dist.join("large.bin")).unwrap();
    large.set_len(limits::APP_BYTES_MAX as u64).unwrap();
    assert!(refused(), "bytes");
    fs::remove_file(dist.join("large.bin")).unwrap();

    let deep = dist.join(["d"; limits::APP_DEPTH_MAX].join("/"));
    fs::create_dir_all(&deep).unwrap();
    assert!(refused(), "depth");
    fs::remove_dir_all(dist.join("d")).unwrap();

    for number in 0..limits::APP_FILES_MAX {
        fs::write(dist.join(format!("{number}.txt")), "").unwrap();
    }
    assert!(refused(), "files");
}

#[test]
fn a_later_change_of_the_folder_is_not_served() {
    let folder = built();
    let running = start_serving(Limits::default(), Router::new(), app_of(&folder));
    fs::write(folder.path().join("dist/index.html"), "changed").unwrap();
    assert_eq!(running.get("/").text(), INDEX);
}

#[test]
fn a_body_sent_with_a_get_is_read_away_and_is_no_request() {
    let running = start_app();
    let mut connection = running.connect();
    // In two parts, the second of which another connection's whole answer comes before: the body is waited for.
    connection.write_head("GET /", &[("content-length", "5")]);
    connection.write(b"hel");
    let mut other = running.connect();
    other.write_head("GET /", &[]);
    assert_eq!(other.answer().text(), INDEX);
    connection.write(b"lo");
    assert_eq!(connection.answer().text(), INDEX);
    let mut rest = Vec::new();
    connection.write_head("GET /sw.js", &[("connection", "close")]);
    let second = connection.answer();
    assert_eq!(second.status, 200);
    let _ = connection.0.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{rest:?}");
}
