//! The clock: wall time, as fine as the browser gives it, and the same in all tabs.
//!
//! `performance.timeOrigin + performance.now()` alone was refused: that clock stands still while the machine sleeps (in
//! Chromium on Linux and macOS). A tab from before a night's sleep and one from after it would disagree by hours about
//! when a lease ends. So `Date.now()` says where the clock stands, and `performance.now()` only subdivides its
//! milliseconds (<https://w3c.github.io/hr-time/#sec-performance>).

use std::cell::Cell;

use wasm_bindgen::prelude::*;

/// How many milliseconds the two clocks may differ before the fine one is set again: more than both round off, less
/// than any lease notices.
const DRIFT_MS: f64 = 20.0;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

thread_local! {
    /// Wall time at which `performance.now()` was 0, in milliseconds since the UNIX epoch.
    static ORIGIN_MS: Cell<f64> = const { Cell::new(0.0) };
}

/// Milliseconds since the UNIX epoch, with fractions.
pub fn since_epoch_ms() -> f64 {
    let (wall, fine) = (js_sys::Date::now(), performance_now());
    ORIGIN_MS.with(|origin| {
        if (origin.get() + fine - wall).abs() > DRIFT_MS {
            origin.set(wall - fine);
        }
        origin.get() + fine
    })
}

/// Milliseconds since this page or worker started, with fractions. Never goes back, so it is for durations.
pub fn since_start_ms() -> f64 {
    performance_now()
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    fn the_clock_is_the_wall_clock_even_if_the_fine_one_stood_still() {
        for slept_ms in [0.0, 8.0 * 3_600_000.0, -5_000.0] {
            ORIGIN_MS.set(ORIGIN_MS.get() - slept_ms);
            assert!(
                (since_epoch_ms() - js_sys::Date::now()).abs() <= DRIFT_MS + 1.0,
                "after {slept_ms} ms"
            );
        }
    }
}
