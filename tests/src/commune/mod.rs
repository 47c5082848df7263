//! A synthetic commune shaped like xã Hoàng Đồng of S03, the same for the same seed on every machine.
//!
//! [`Commune::generate`] makes villages, households and children ([`model`]). From them are written
//! the register the commune would keep ([`register`], in words of [`words`]), an independent count of
//! 03/TE ([`expected`]) and the script of a review round of several collectors ([`round`]).
//!
//! Invariants: no clock, no unseeded chance, no unordered maps; nothing here uses the core but for its
//! dates, so that it can contradict the core. Nobody in it exists: names are drawn from tables
//! ([`names`]), identity numbers carry a prefix that is not issued ([`people`]), and every exported
//! file says [`words::MARK`].

mod circumstances;
mod dice;
mod events;
pub mod expected;
pub mod model;
pub mod names;
pub mod people;
pub mod register;
pub mod round;
#[cfg(test)]
mod tests;
pub mod words;

pub use model::{Child, Commune, Household, Scale};
pub use register::Register;
pub use round::{DeviceScript, ROUND, Resolver, RoundScript};
use sync_core::date::Date;

/// The day the register was last written: nothing in it is later.
pub const REGISTER_DATE: Date = Date::constant(2024, 9, 30);

/// First day of the reporting period the commune is made for.
pub const FROM: Date = Date::constant(2023, 11, 21);

/// Last day of the period, and as-of date of its stock lines.
pub const AS_OF: Date = Date::constant(2024, 11, 20);

/// Seed of the commune that `cargo xtask run` and the frozen digests use.
pub const SEED: u64 = 2024;

impl Commune {
    /// Makes a commune. The same arguments give the same commune.
    ///
    /// # Panics
    /// When `scale` asks for no village, more than 96, or fewer households than villages.
    #[must_use]
    pub fn generate(seed: u64, scale: Scale) -> Self {
        assert!((1..=96).contains(&scale.villages), "a commune has 1 to 96 villages");
        assert!(scale.households >= scale.villages, "every village has a household");
        let villages = people::villages(scale);
        let mut households = people::households(seed, scale, &villages);
        circumstances::deal(seed, &mut households);
        events::happen(seed, &mut households);
        let (mut village, mut stt) = (String::new(), 0);
        for household in &mut households {
            if household.village != village {
                (village, stt) = (household.village.clone(), 0);
            }
            for child in &mut household.children {
                stt += 1;
                child.stt = stt;
            }
        }
        Self { seed, scale, villages, households }
    }
}
