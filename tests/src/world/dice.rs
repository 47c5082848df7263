//! The world's only source of chance.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// ChaCha20 from a seed: the same seed replays the same world.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha20Rng);

impl Dice {
    /// The dice of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    /// Dice of their own for one part of the world, which do not shift when another part draws more.
    #[must_use]
    pub fn part(&mut self) -> Self {
        Self::new(self.0.next_u64())
    }

    /// A number in `0..n`; `n` is at least 1.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.0.next_u64() % n as u64).expect("less than a usize")
    }

    /// True in `p` of 100 draws.
    pub fn percent(&mut self, p: usize) -> bool {
        self.below(100) < p
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Any order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, self.below(place + 1));
        }
    }

    /// As the core wants it.
    pub fn random(&mut self) -> &mut ChaCha20Rng {
        &mut self.0
    }

    /// 32 random bytes.
    pub fn bytes32(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
