//! The numbers of the design, measured and printed beside their goals. `cargo xtask bench` builds and
//! starts this. Records are those of [`sothon_tests::records`]; sizes are exact for the seed, times are
//! this machine's.

mod console;
mod office;
mod wire;

use clap::Parser;

/// Measures the numbers the design names and prints each beside its goal.
#[derive(Debug, Parser)]
struct Arguments {
    /// Households in the large commune.
    #[arg(long, default_value_t = 20_000)]
    households: usize,
    /// Only the measurements whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
}

/// Prints one figure beside its goal.
fn figure(what: &str, measured: f64, unit: &str, goal: f64) {
    let verdict = if measured <= goal { "held" } else { "MISSED" };
    println!("{what:<74} {measured:>10.2} {unit:<4} goal {goal:>7.1} {unit:<4} {verdict}");
}

/// Prints one figure that has no goal of its own.
fn note(what: &str, measured: f64, unit: &str) {
    println!("{what:<74} {measured:>10.2} {unit}");
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let wants = |name: &str| name.contains(&arguments.only);
    if wants("wire") {
        wire::measure()?;
    }
    if wants("office") {
        office::measure(arguments.households)?;
    }
    if wants("console") {
        console::measure(arguments.households)?;
    }
    Ok(())
}
