//! Whether the browser may freeze the page. The page goes out of sight, for good or until it comes back (`pagehide`),
//! or the browser stops it where it is (`freeze`). Later it returns (`pageshow`, `resume`)
//! (<https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-pagetransitionevent-interface>,
//! <https://wicg.github.io/page-lifecycle/>).
//!
//! The worker hears of it by a message. Chromium stops a worker together with its page, ahead of messages that wait: on
//! a busy machine 21 of 28 frozen leaders kept their lock. So the handler of `freeze` does not return before the worker
//! has had time to read the message. Holding the lock in the page, which could let go at once, was refused: a page that
//! computes would keep other tabs waiting.

use std::hint::spin_loop;

use js_sys::global;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, EventTarget};

use super::clock::since_start_ms;

/// How many milliseconds the worker has to read a message and let a lock go. Nobody sees the page meanwhile.
const NOTICE_MS: f64 = 50.0;

/// What the browser does with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// From now on the browser may stop the page at any moment.
    Lost,
    /// The page runs again.
    Regained,
}

/// Watches the page's sight until it is dropped.
#[must_use = "nothing is heard once this is dropped"]
pub struct SightWatch {
    page: EventTarget,
    heard: Closure<dyn FnMut(Event)>,
}

/// The last two are fired at the document; the window sees them in the capture phase.
const EVENTS: [&str; 4] = ["pagehide", "pageshow", "freeze", "resume"];

impl SightWatch {
    /// Calls `each` whenever the page goes out of sight or comes back.
    pub fn begin(mut each: impl FnMut(Sight) + 'static) -> Self {
        let mut last = Sight::Regained;
        let heard = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let event = event.type_();
            let sight = match event.as_str() {
                "pagehide" | "freeze" => Sight::Lost,
                _ => Sight::Regained,
            };
            each(sight);
            // A page that was left and then frozen has told its worker already, and the next page may wait for this
            // thread.
            if event == "freeze" && last == Sight::Regained {
                wait_for_the_worker();
            }
            last = sight;
        });
        let page: EventTarget = global().unchecked_into();
        for event in EVENTS {
            // Listening to an event by its name does not throw.
            let _ = page.add_event_listener_with_callback_and_bool(event, heard.as_ref().unchecked_ref(), true);
        }
        SightWatch { page, heard }
    }
}

/// Busy-waits. There is nothing to await: after the event, the page stands still.
fn wait_for_the_worker() {
    let until = since_start_ms() + NOTICE_MS;
    while since_start_ms() < until {
        spin_loop();
    }
}

impl Drop for SightWatch {
    fn drop(&mut self) {
        for event in EVENTS {
            let heard = self.heard.as_ref().unchecked_ref();
            let _ = self
                .page
                .remove_event_listener_with_callback_and_bool(event, heard, true);
        }
    }
}
