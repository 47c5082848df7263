//! The compiler that builds for the browser, and the check that the core needs nothing but a browser.
//!
//! Two ways lead there. Rustup's target is one download on an ordinary machine. Where its server can't be
//! reached, Debian's own compiler builds the standard library from source; it is another version than rustup's,
//! so it gets a target directory and an environment of its own.

use crate::{module, shell, system};
use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TARGET: &str = "wasm32-unknown-unknown";

/// Tells getrandom, which automerge asks for an actor, to use the browser's source of randomness.
const RANDOMNESS: &str = r#"--cfg getrandom_backend="wasm_js""#;

/// What the phone's SQLite is built without, to shorten the download: extensions nobody calls, and every cipher
/// but the store's, ChaCha20.
const SQLITE_FLAGS: &[&str] = &[
    "-USQLITE_ENABLE_FTS5",
    "-USQLITE_ENABLE_RTREE",
    "-USQLITE_ENABLE_SESSION",
    "-USQLITE_ENABLE_PREUPDATE_HOOK",
    "-USQLITE_ENABLE_BYTECODE_VTAB",
    "-USQLITE_ENABLE_DBPAGE_VTAB",
    "-USQLITE_ENABLE_DBSTAT_VTAB",
    "-USQLITE_ENABLE_STMTVTAB",
    "-USQLITE_ENABLE_MATH_FUNCTIONS",
    "-USQLITE_ENABLE_OFFSET_SQL_FUNC",
    "-USQLITE_ENABLE_UNKNOWN_SQL_FUNCTION",
    "-DSQLITE_OMIT_JSON",
    "-DHAVE_CIPHER_AES_128_CBC=0",
    "-DHAVE_CIPHER_AES_256_CBC=0",
    "-DHAVE_CIPHER_SQLCIPHER=0",
    "-DHAVE_CIPHER_RC4=0",
    "-DHAVE_CIPHER_ASCON128=0",
    "-DHAVE_CIPHER_AEGIS=0",
];

/// What zstd is built without: the core compresses at level 19 alone, which uses none of these.
const ZSTD_FLAGS: &[&str] = &[
    "-DZSTD_EXCLUDE_DFAST_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_GREEDY_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_LAZY_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_LAZY2_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_BTLAZY2_BLOCK_COMPRESSOR",
];

/// Which compiler builds modules.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Toolchain {
    /// Rustup's where its target is there or can be added, Debian's otherwise.
    Auto,
    /// The compiler that runs cargo.
    Rustup,
    /// Debian's, with the standard library built from source.
    Debian,
}

/// A cargo that builds for the browser.
pub(crate) struct Compiler {
    debian: bool,
    clang: String,
    /// Its own target directory.
    directory: PathBuf,
}

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LINKER: &str = "wasm-ld-22";

impl Compiler {
    /// Finds the compiler, or installs what is missing.
    ///
    /// # Errors
    /// When a tool is missing and can't be installed.
    pub(crate) fn find(toolchain: Toolchain) -> Result<Self> {
        let rustup = match toolchain {
            Toolchain::Rustup => {
                ensure!(rustup_target(), "rustup cannot add the target {TARGET}");
                true
            }
            Toolchain::Auto => rustup_target(),
            Toolchain::Debian => false,
        };
        if !rustup {
            ensure_debian()?;
        }
        let (clang, name) = if rustup { ("clang", "wasm") } else { ("clang-22", "wasm-debian") };
        Ok(Self {
            debian: !rustup,
            clang: find_clang(clang)?,
            directory: shell::target_directory()?.join(name),
        })
    }

    /// `cargo SUBCOMMAND` for the browser.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let mut flags = RANDOMNESS.to_owned();
        let mut cargo = shell::command(if self.debian { DEBIAN_CARGO } else { "cargo" });
        if self.debian {
            // Cargo tells its children which cargo and which toolchain it is; this child is another.
            for inherited in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "LD_LIBRARY_PATH"] {
                cargo.env_remove(inherited);
            }
            cargo.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
            cargo.arg("-Zbuild-std=std,panic_abort");
            flags += &format!(" -C linker={DEBIAN_LINKER}");
        }
        cargo
            .args([subcommand, "--target", TARGET, "--target-dir"])
            .arg(&self.directory)
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("CC_wasm32_unknown_unknown", &self.clang)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags)
            .env("CFLAGS_wasm32_unknown_unknown", ZSTD_FLAGS.join(" "))
            .env("SQLITE_WASM_RS_FLAGS", SQLITE_FLAGS.join(" "));
        cargo
    }

    /// Where the module of a crate lies after a build in a profile's `folder`.
    pub(crate) fn module(&self, folder: &str, library: &str) -> PathBuf {
        self.directory.join(TARGET).join(folder).join(format!("{library}.wasm"))
    }
}

/// Builds `sync-core`, with `schemas` below it, into a module and looks at what it wants from outside.
///
/// # Errors
/// When a tool is missing and can't be installed, the core does not compile or link, or it needs a system.
pub(crate) fn check(toolchain: Toolchain) -> Result<()> {
    let compiler = Compiler::find(toolchain)?;
    let mut cargo = compiler.cargo("rustc");
    cargo
        .args(["--package", "sync-core", "--features", "wasm", "--lib", "--crate-type", "cdylib"])
        // Nothing runs: the compiler need not optimise.
        .args(["--config", r#"profile.dev.package."*".opt-level=0"#])
        // Nothing is exported, and what no export reaches would be left out: link the core's own code whole.
        .args(["--", "-C", "link-dead-code", "-C", "link-arg=--no-gc-sections"]);
    shell::run(&mut cargo)?;
    only_javascript(&compiler.module("debug", "sync_core"))
}

/// What JavaScript provides is generated by wasm-bindgen; every other import would be a function of a system.
///
/// # Errors
/// When there is no module or it has another import.
pub(crate) fn only_javascript(module: &Path) -> Result<()> {
    let bytes = std::fs::read(module).with_context(|| format!("no module at {}", module.display()))?;
    let imports = module::imports(&bytes)?;
    let of_a_system: Vec<_> = imports
        .iter()
        .filter(|import| !import.module.starts_with("__wbindgen_"))
        .map(|import| &import.name)
        .collect();
    ensure!(of_a_system.is_empty(), "the module calls what a browser does not have: {of_a_system:?}");
    println!("linked {} kB with {} imports, all of them JavaScript's", bytes.len() / 1000, imports.len());
    Ok(())
}

/// Whether the compiler that runs cargo has the target, added now if need be.
fn rustup_target() -> bool {
    let present = || {
        let sysroot = shell::output(shell::command("rustc").args(["--print", "sysroot"]));
        sysroot.is_some_and(|root| Path::new(&root).join("lib/rustlib").join(TARGET).join("lib").is_dir())
    };
    present()
        || (system::find("rustup").is_some()
            && shell::run(shell::command("rustup").args(["target", "add", TARGET])).is_ok()
            && present())
}

/// Debian's compiler with the source of the standard library.
fn ensure_debian() -> Result<()> {
    let source = |sysroot: &str| Path::new(sysroot).join("lib/rustlib/src/rust/library/std").is_dir();
    let complete = || {
        Path::new(DEBIAN_CARGO).is_file()
            && system::find(DEBIAN_LINKER).is_some()
            && shell::output(shell::command(DEBIAN_RUSTC).args(["--print", "sysroot"]))
                .is_some_and(|root| source(&root))
    };
    if complete() {
        return Ok(());
    }
    let packages = ["rustc-web", "cargo-web", "rust-web-src", "lld-22", "clang-22"];
    let why = format!("a compiler for {TARGET} (rustup target add {TARGET} did not work either)");
    system::install(&packages, &why)?;
    ensure!(
        complete(),
        "{} are installed, but {DEBIAN_CARGO} still can't build for {TARGET}",
        packages.join(", ")
    );
    Ok(())
}

/// A C compiler that can write WebAssembly, for SQLite and zstd; `package` is installed where none is found.
fn find_clang(package: &str) -> Result<String> {
    if let Ok(chosen) = std::env::var("CC_wasm32_unknown_unknown") {
        return Ok(chosen);
    }
    let search = || {
        let numbered = (14..=30).rev().map(|version| format!("clang-{version}"));
        std::iter::once("clang".to_owned()).chain(numbered).find(|name| writes_wasm(name))
    };
    if let Some(found) = search() {
        return Ok(found);
    }
    system::install(&[package], "clang, which compiles C for WebAssembly")?;
    match search() {
        Some(found) => Ok(found),
        None => bail!("{package} is installed, but can't compile for {TARGET}"),
    }
}

fn writes_wasm(clang: &str) -> bool {
    system::find(clang).is_some()
        && Command::new(clang)
            .args(["--target=wasm32-unknown-unknown", "-x", "c", "-c", "/dev/null", "-o", "/dev/null"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
}
