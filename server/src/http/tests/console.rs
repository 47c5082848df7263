//! The console's pages through the door: header fields, limits, addresses.

use super::*;
use crate::console::limits::FORM_BYTES_MAX;

fn start_with_console() -> (Running, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let console = Arc::new(Console::new(office(folder.path()), folder.path().to_owned()));
    (start_with(Limits::default(), super::super::console::routes(&console)), folder)
}

#[test]
fn a_page_may_be_framed_scripted_or_kept_by_nobody() {
    let (running, _folder) = start_with_console();
    for path in ["/office/sign-in", "/office", "/office/nothing-here"] {
        let answer = running.get(path);
        let policy = &answer.fields["content-security-policy"];
        for part in
            ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "form-action 'self'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(answer.fields["content-type"], "text/html; charset=utf-8", "{path}");
        assert_eq!(answer.fields["cache-control"], "no-store", "{path}");
        assert_eq!(answer.fields["x-frame-options"], "DENY", "{path}");
        assert!(answer.fields["server-timing"].starts_with("page;dur="), "{path}");
        let page = String::from_utf8(answer.body).unwrap();
        assert!(
            !page.contains("<script>") && !page.contains(" style=") && !page.contains(" onclick="),
            "{path}"
        );
    }
    assert_eq!(running.get("/office/nothing-here").status, 404);
}

#[test]
fn what_is_too_large_is_a_page_and_nobody_unknown_may_send_a_file() {
    let (running, _folder) = start_with_console();
    let form = "application/x-www-form-urlencoded";
    let body = vec![b'a'; FORM_BYTES_MAX + 1];
    let answer = running.send("POST /office/sign-in", &[("content-type", form)], &body);
    assert_eq!((answer.status, answer.fields["content-type"].as_str()), (413, "text/html; charset=utf-8"));
    let files = "multipart/form-data; boundary=x";
    let answer = running.send("POST /office/confidential", &[("content-type", files)], &body);
    assert_eq!(answer.status, 413, "only who is signed in may have so much held for them");
    let answer = running.send("POST /office/confidential", &[("content-type", files)], b"--y\r\n");
    assert_eq!((answer.status, answer.fields["content-type"].as_str()), (400, "text/html; charset=utf-8"));
    assert!(!running.stop().1.contains("office/sign-in?"), "addresses are logged as templates");
}

#[test]
fn cookies_in_fields_of_their_own_are_all_read() {
    let (running, _folder) = start_with_console();
    let one =
        running.send("GET /office/sign-in", &[("cookie", "a=b"), ("cookie", "sothon-language=en")], b"");
    assert!(String::from_utf8(one.body).unwrap().contains("<html lang=\"en\">"));
}
