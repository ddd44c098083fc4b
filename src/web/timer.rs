//! A timer that runs once (`setTimeout`, in a page and in a worker alike).

use wasm_bindgen::prelude::*;

/// The longest delay that the browser keeps (a signed 32-bit number of milliseconds).
const LONGEST_MS: f64 = i32::MAX as f64;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Closure<dyn FnMut()>, delay_ms: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// A timer under way; cancelled on drop.
#[derive(Debug)]
#[must_use = "the timer is cancelled when this is dropped"]
pub struct Timer {
    id: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Calls back once, not before `delay_ms` from now (rounded up; about 24 days at the most).
    pub fn after(delay_ms: f64, callback: impl FnOnce() + 'static) -> Self {
        let callback = Closure::once(callback);
        let id = set_timeout(&callback, delay_ms.ceil().clamp(0.0, LONGEST_MS));
        Timer {
            id,
            _callback: callback,
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::web::Inbox;

    #[wasm_bindgen_test]
    async fn a_dropped_timer_does_not_fire() {
        let fired = Inbox::default();
        let (early, late) = (fired.clone(), fired.clone());
        let dropped = Timer::after(1.0, move || early.push("dropped"));
        let _kept = Timer::after(5.0, move || late.push("kept"));
        drop(dropped);
        assert_eq!(fired.next().await, "kept");
        assert_eq!(fired.take(), [""; 0]);
    }
}
