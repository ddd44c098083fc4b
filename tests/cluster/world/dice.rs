//! Seeded random numbers: `fastrand`, with the few throws that a run needs.
//!
//! A seed replays only under one version of `fastrand`, which may change its sequence, so `Cargo.toml` pins it.

/// The source of what happens by chance.
#[derive(Clone, Debug)]
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds must not begin alike.
        Dice(fastrand::Rng::with_seed(seed).fork())
    }

    /// Other dice: what they throw does not depend on how often these are thrown from now on.
    pub(crate) fn fork(&mut self) -> Self {
        Dice(self.0.fork())
    }

    /// A number from 0 up to but not including `end`; 0 if there is none.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.u64(..end.max(1))
    }

    /// True `times` times in a thousand.
    pub(crate) fn per_mille(&mut self, times: u64) -> bool {
        self.below(1_000) < times
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        self.0.choice(of)
    }

    /// A time, mostly short and sometimes long: from `least` up to about 500 times `least`.
    pub(crate) fn skewed_us(&mut self, least: u64) -> u64 {
        let magnitude = self.below(10);
        least + self.below(least << magnitude)
    }
}
