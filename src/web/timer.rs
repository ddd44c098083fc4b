//! A timer that fires once: `setTimeout`, in a page and in a worker alike; without a delay, a task.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use super::task::in_task;

/// The longest delay that browsers keep, in milliseconds (a signed 32-bit number).
const LONGEST_MS: f64 = i32::MAX as f64;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Closure<dyn FnMut()>, delay_ms: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);

    type Document;
    /// Absent in a worker.
    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<Document>;
    /// <https://html.spec.whatwg.org/multipage/interaction.html#page-visibility>
    #[wasm_bindgen(method, getter, js_name = hidden)]
    fn is_hidden(this: &Document) -> bool;
}

/// Whether the browser may run this page's timers late on purpose, because the page is hidden.
pub fn are_throttled() -> bool {
    DOCUMENT.with(|document| document.as_ref().is_some_and(Document::is_hidden))
}

/// A pending timer, cancelled on drop.
#[derive(Debug)]
#[must_use = "the timer is cancelled when this is dropped"]
pub struct Timer(Kind);

#[derive(Debug)]
enum Kind {
    Later {
        id: JsValue,
        _callback: Closure<dyn FnMut()>,
    },
    /// Without a delay: `setTimeout` would wait 4 ms where one timer sets another.
    Now { is_cancelled: Rc<Cell<bool>> },
}

impl Timer {
    /// Calls `callback` once, not before `delay_ms` from now (rounded up to whole milliseconds; about 24 days at most).
    pub fn after(delay_ms: f64, callback: impl FnOnce() + 'static) -> Self {
        if delay_ms <= 0.0 {
            let is_cancelled = Rc::new(Cell::new(false));
            let flag = Rc::clone(&is_cancelled);
            in_task(move || {
                if !flag.get() {
                    callback();
                }
            });
            return Timer(Kind::Now { is_cancelled });
        }
        let callback = Closure::once(callback);
        let id = set_timeout(&callback, delay_ms.ceil().min(LONGEST_MS));
        Timer(Kind::Later {
            id,
            _callback: callback,
        })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        match &self.0 {
            Kind::Later { id, .. } => clear_timeout(id),
            Kind::Now { is_cancelled } => is_cancelled.set(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::web::inbox::Inbox;

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

    #[wasm_bindgen_test]
    async fn a_timer_without_a_delay_is_a_task_that_can_be_dropped() {
        let fired = Inbox::default();
        let (dropped, kept) = (fired.clone(), fired.clone());
        drop(Timer::after(0.0, move || dropped.push("dropped")));
        let _kept = Timer::after(0.0, move || kept.push("kept"));
        assert_eq!(fired.take(), [""; 0], "not at once");
        assert_eq!(fired.next().await, "kept");
        assert_eq!(fired.take(), [""; 0]);
    }
}
