//! Everything continuous integration runs, as steps that can also be run one by one.

use crate::steps::Report;
use crate::wasm::{self, Toolchain};
use crate::{app, journeys, node, shell, tools};
use anyhow::Result;
use clap::{Args, ValueEnum};

/// What to run.
#[derive(Args)]
pub(crate) struct Options {
    /// Only this step; may be repeated.
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
    /// Stop at the first step that fails.
    #[arg(long)]
    fail_fast: bool,
    /// Also compare the dependencies with the advisory database, which is fetched from the network.
    #[arg(long)]
    advisories: bool,
    /// Which compiler builds the WebAssembly module.
    #[arg(long, value_enum, default_value = "auto", hide = true)]
    toolchain: Toolchain,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Find or install what the other steps need.
    Tools,
    /// The formatting of every file.
    Fmt,
    /// Licences, banned crates and sources of the dependencies.
    Deny,
    /// Clippy on every target, warnings denied.
    Clippy,
    /// The phone's app: built, its types checked, its own tests.
    App,
    /// Every test but the documentation's.
    Test,
    /// The examples in the documentation.
    Doctest,
    /// The documentation itself, warnings denied.
    Doc,
    /// The core as a WebAssembly module.
    Wasm,
    /// Journeys through the app in a real browser.
    Phone,
    /// Known vulnerabilities of the dependencies; only when asked for.
    Advisories,
}

impl Step {
    /// Every step, in the order in which they run: the quick ones first.
    const ALL: [Self; 11] = [
        Self::Tools,
        Self::Fmt,
        Self::Deny,
        Self::Clippy,
        Self::App,
        Self::Test,
        Self::Doctest,
        Self::Doc,
        Self::Wasm,
        Self::Phone,
        Self::Advisories,
    ];

    /// The name and the meaning, as `--help` gives them.
    fn heading(self) -> (String, String) {
        let value = self.to_possible_value().expect("no step is hidden");
        (value.get_name().to_owned(), value.get_help().map(ToString::to_string).unwrap_or_default())
    }

    fn run(self, toolchain: Toolchain) -> Result<()> {
        match self {
            Self::Tools => {
                tools::ensure_c_compiler()?;
                tools::ensure_component("rustfmt", "fmt")?;
                tools::ensure_component("clippy", "clippy")?;
                tools::DENY.ensure()?;
                tools::NEXTEST.ensure()?;
                println!("Node.js {}", node::ensure()?);
                println!("{}", tools::ensure_chromium()?.display());
                println!("{}", tools::ensure_readers()?.display());
                Ok(())
            }
            Self::Fmt => {
                tools::ensure_component("rustfmt", "fmt")?;
                shell::run(&mut shell::cargo(&["fmt", "--all", "--check"]))
            }
            Self::Deny => deny(&["licenses", "bans", "sources"]),
            Self::Clippy => {
                tools::ensure_component("clippy", "clippy")?;
                let mut command = shell::cargo(&["clippy", "--workspace", "--all-targets"]);
                if tools::warnings_are_denied() {
                    command.args(["--", "-D", "warnings"]);
                }
                shell::run(&mut command)
            }
            Self::App => app::check(toolchain),
            Self::Test => {
                tools::ensure_c_compiler()?;
                tools::NEXTEST.ensure()?;
                shell::run(&mut shell::cargo(&["nextest", "run", "--workspace"]))
            }
            Self::Doctest => shell::run(&mut shell::cargo(&["test", "--doc", "--workspace", "--quiet"])),
            Self::Doc => {
                let mut command =
                    shell::cargo(&["doc", "--no-deps", "--workspace", "--document-private-items"]);
                if tools::warnings_are_denied() {
                    command.env("RUSTDOCFLAGS", "-D warnings");
                }
                shell::run(&mut command)
            }
            Self::Wasm => wasm::check(toolchain),
            Self::Phone => journeys::run(toolchain),
            Self::Advisories => deny(&["advisories"]),
        }
    }
}

fn deny(checks: &[&str]) -> Result<()> {
    tools::DENY.ensure()?;
    shell::run(shell::cargo(&["deny", "check", "--hide-inclusion-graph"]).args(checks))
}

/// Runs the chosen steps; `true` when all of them succeeded.
///
/// # Errors
/// None of its own: a step that fails is in the report.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let chosen = |step: &Step| match (options.only.is_empty(), *step) {
        (true, Step::Advisories) => options.advisories,
        (true, _) => true,
        (false, Step::Advisories) if options.advisories => true,
        (false, step) => options.only.contains(&step),
    };
    let mut report = Report::start();
    for step in Step::ALL.into_iter().filter(chosen) {
        let (name, what) = step.heading();
        let succeeded = report.step(&name, &what, || step.run(options.toolchain));
        // Without its tools a step fails for a reason that says nothing about the tree.
        if !succeeded && (options.fail_fast || step == Step::Tools) {
            break;
        }
    }
    Ok(report.finish())
}
