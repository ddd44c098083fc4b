//! The watchdog: how a page finds out that its worker hangs, or is gone without a word.
//!
//! Called by `client::worker`, which has the clock and the worker. Pure: it hears of ticks and of signs of life, and
//! says when to ask for a sign and when to give up. A worker answers from its event loop, and gives signs by itself
//! while SQLite keeps the event loop busy. It can do neither only while a statement is inside one SQLite instruction,
//! which nothing interrupts.
//!
//! Time is counted in ticks of the page's own timer. A clock was refused: a page that was frozen, or slept with its
//! machine, would find that its worker, which slept as well, has been silent for hours. If a tick comes late, the page
//! itself was held up, so the count starts again and the worker has the whole bound.

/// Milliseconds between two ticks while a sign of life is due.
pub const TICK_MS: u32 = 1_000;
/// Milliseconds between two ticks while no sign is due.
pub const REST_MS: u32 = 2_000;
/// After this many ticks without the sign that was asked for, the worker is given up.
pub const BOUND_TICKS: u32 = 10;
/// How many milliseconds a busy machine may add to a tick before the tick counts as late.
const LATE_MS: f64 = 4_000.0;

/// The count for one worker.
#[derive(Debug, Default)]
pub struct Watchdog {
    asked: bool,
    silent_ticks: u32,
}

/// What to do at a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchStep {
    /// The worker was asked, and has time left to answer.
    Wait,
    /// Ask the worker for a sign of life.
    Ask,
    /// End the worker.
    GiveUp,
}

/// Whether the page's timers fire when they are due, as far as the browser tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timers {
    /// If one is late all the same, the page itself was held up.
    Prompt,
    /// Browsers fire the timers of a hidden page as rarely as once a minute, while its worker goes on.
    Throttled,
}

impl Watchdog {
    /// The worker gave a sign of life.
    pub fn heard(&mut self) {
        *self = Watchdog::default();
    }

    /// Milliseconds until the next tick.
    pub fn delay_ms(&self) -> u32 {
        if self.asked { TICK_MS } else { REST_MS }
    }

    /// Whether no sign of life is overdue.
    pub fn is_content(&self) -> bool {
        self.silent_ticks == 0
    }

    /// A tick, `elapsed_ms` after the one before.
    pub fn tick(&mut self, elapsed_ms: f64, timers: Timers) -> WatchStep {
        if !self.asked {
            self.asked = true;
            return WatchStep::Ask;
        }
        let late = elapsed_ms > f64::from(TICK_MS) + LATE_MS;
        // A throttled timer is late on purpose, so its tick counts.
        self.silent_ticks = match timers {
            Timers::Prompt if late => 0,
            _ => self.silent_ticks + 1,
        };
        if self.silent_ticks < BOUND_TICKS {
            WatchStep::Wait
        } else {
            WatchStep::GiveUp
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: f64 = TICK_MS as f64;

    fn asked() -> Watchdog {
        let mut watchdog = Watchdog::default();
        assert_eq!(watchdog.tick(TICK, Timers::Prompt), WatchStep::Ask);
        watchdog
    }

    /// The step at the last of this many punctual ticks.
    fn ticks(watchdog: &mut Watchdog, count: u32) -> WatchStep {
        (0..count).fold(WatchStep::Wait, |_, _| watchdog.tick(TICK, Timers::Prompt))
    }

    #[test]
    fn a_worker_that_is_silent_for_the_whole_bound_is_given_up() {
        let mut watchdog = asked();
        assert_eq!(ticks(&mut watchdog, BOUND_TICKS - 1), WatchStep::Wait);
        assert_eq!(ticks(&mut watchdog, 1), WatchStep::GiveUp);
    }

    #[test]
    fn each_sign_of_life_gives_the_whole_bound_again() {
        let mut watchdog = asked();
        for _ in 0..100 {
            assert_eq!(ticks(&mut watchdog, BOUND_TICKS - 1), WatchStep::Wait);
            watchdog.heard();
            assert_eq!(watchdog.tick(TICK, Timers::Prompt), WatchStep::Ask);
        }
    }

    #[test]
    fn a_worker_that_is_not_needed_is_asked_now_and_then() {
        let mut watchdog = Watchdog::default();
        assert_eq!(watchdog.delay_ms(), REST_MS);
        assert_eq!(watchdog.tick(f64::from(REST_MS), Timers::Prompt), WatchStep::Ask);
        assert_eq!(watchdog.delay_ms(), TICK_MS);
        watchdog.heard();
        assert_eq!(watchdog.delay_ms(), REST_MS);
    }

    #[test]
    fn after_a_night_s_sleep_the_worker_has_the_whole_bound() {
        let mut watchdog = asked();
        ticks(&mut watchdog, BOUND_TICKS - 1);
        assert_eq!(watchdog.tick(8.0 * 3_600_000.0, Timers::Prompt), WatchStep::Wait);
        assert_eq!(ticks(&mut watchdog, BOUND_TICKS - 1), WatchStep::Wait);
        assert_eq!(ticks(&mut watchdog, 1), WatchStep::GiveUp);
    }

    #[test]
    fn a_tick_that_is_throttled_counts_as_one() {
        let mut watchdog = asked();
        let mut minute = || watchdog.tick(60_000.0, Timers::Throttled);
        assert!((1..BOUND_TICKS).all(|_| minute() == WatchStep::Wait));
        assert_eq!(minute(), WatchStep::GiveUp);
    }
}
