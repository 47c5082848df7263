//! Writes the register of a synthetic commune, as the commune would keep it, for `sothon import`: nobody in
//! it exists. Prints a line `CODE=NAME` for each village, as `sothon init --village` takes it.

use std::fs::File;
use std::path::PathBuf;

use clap::Parser;
use sothon_tests::commune::{Commune, SEED, Scale};

#[derive(Debug, Parser)]
struct Arguments {
    /// Households in all.
    #[arg(long, default_value_t = 300)]
    households: usize,
    /// Villages they live in.
    #[arg(long, default_value_t = 1)]
    villages: usize,
    /// Seed of the commune.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// CSV file to write.
    file: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let Arguments { households, villages, seed, file } = Arguments::parse();
    let commune = Commune::generate(seed, Scale { villages, households });
    commune.register().write_csv(&mut File::create(file)?)?;
    for village in &commune.villages {
        println!("{}={}", village.code, village.name);
    }
    Ok(())
}
