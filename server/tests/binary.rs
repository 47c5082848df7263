//! The binary exists and answers. The end-to-end tests of the workspace need this test too: without one
//! in this package, building all tests would not build `sothon`.

use std::process::Command;

#[test]
fn the_binary_tells_its_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_sothon")).arg("--version").output().expect("sothon starts");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), concat!("sothon ", env!("CARGO_PKG_VERSION")));
}
