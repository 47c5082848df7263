//! `sothon enrol-code` and `sothon serve --app` as the keeper types them.

use std::path::Path;
use std::process::{Command, Output};

fn sothon(data: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sothon"))
        .env_remove("SOTHON_ADDRESS")
        .arg("--data")
        .arg(data)
        .args(arguments)
        .output()
        .expect("sothon starts")
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("Vietnamese is UTF-8")
}

/// A register of one made-up village, in `data` beside the confidential key.
fn register(folder: &Path) -> std::path::PathBuf {
    let (data, key) = (folder.join("data"), folder.join("confidential.key"));
    let key = key.to_str().expect("a folder of tests has a plain name");
    let made = sothon(
        &data,
        &["init", "--name", "Xã Giả Lập", "--village", "01=Thôn Một", "--confidential-key", key],
    );
    assert!(made.status.success(), "{made:?}");
    data
}

/// The line after `label`.
fn after<'a>(text: &'a str, label: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(label));
    line.unwrap_or_else(|| panic!("{label} is missing in\n{text}"))
}

#[test]
fn code_comes_as_text_link_and_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = register(folder.path());
    let enrol = |more: &[&str]| sothon(&data, &[&["enrol-code", "--village", "01"], more].concat());
    let address = ["--address", "https://so.example.vn:8443/"];

    let text = printed(&enrol(&address));
    let code = after(&text, "Mã ghi danh (dùng một lần, trong 48 giờ): ");
    let link = after(&text, "Liên kết mở ứng dụng: ");
    assert_eq!(link, format!("https://so.example.vn:8443/#enrol={code}"));
    assert!(text.lines().filter(|line| line.starts_with("████")).count() > 10, "no QR code:\n{text}");
    assert!(!text.contains('\x1b'), "colours are for terminals");

    let bare = printed(&enrol(&[&address[..], &["--no-qr"]].concat()));
    assert!(bare.contains("/#enrol=") && !bare.contains('█'), "{bare}");

    let hint = printed(&enrol(&[]));
    assert!(hint.contains("https://HOST:PORT/#enrol=") && hint.contains("--address") && !hint.contains('█'));

    let quiet = printed(&enrol(&[&address[..], &["--quiet"]].concat()));
    assert_eq!(quiet.trim().len(), code.len(), "the code alone: {quiet}");
}

#[test]
fn address_that_phones_can_t_use_makes_no_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = register(folder.path());
    let refused = sothon(&data, &["enrol-code", "--village", "01", "--address", "http://so.example.vn/app"]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("https://NAME:PORT"), "{refused:?}");
}

#[test]
fn folder_without_an_app_is_not_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = register(folder.path());
    let nothing = folder.path().to_str().expect("a plain name");
    let refused = sothon(&data, &["serve", "--listen", "127.0.0.1:0", "--app", nothing]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("cargo xtask app"), "{refused:?}");
}
