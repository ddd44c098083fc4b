//! Whether the page may be frozen: it goes out of sight for good or for the way back (`pagehide`), or the browser stops
//! it where it is (`freeze`), and it returns (`pageshow`, `resume`)
//! (<https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-pagetransitionevent-interface>,
//! <https://wicg.github.io/page-lifecycle/>).
//!
//! The worker hears of it by a message. Chromium stops a worker together with its page and ahead of messages that
//! wait: on a busy machine 21 of 28 leaders that were frozen kept their lock. So `freeze` is not over before the
//! worker had time to read. To hold the lock in the page instead, which could let go at once, was refused: a page that
//! computes would keep others waiting.

use std::hint::spin_loop;

use js_sys::global;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, EventTarget};

use super::since_start_ms;

/// What a worker has to read a message and to let a lock go. Nobody sees the page meanwhile.
const NOTICE_MS: f64 = 50.0;

/// What the browser does with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// From now on nothing of the page may run.
    Lost,
    Regained,
}

/// Calls back until dropped.
#[must_use = "nothing is heard once this is dropped"]
pub struct SightWatch {
    page: EventTarget,
    heard: Closure<dyn FnMut(Event)>,
}

/// The last two are fired at the document; the window sees them on their way down.
const EVENTS: [&str; 4] = ["pagehide", "pageshow", "freeze", "resume"];

impl SightWatch {
    pub fn begin(mut each: impl FnMut(Sight) + 'static) -> Self {
        let mut last = Sight::Regained;
        let heard = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let event = event.type_();
            let sight = match event.as_str() {
                "pagehide" | "freeze" => Sight::Lost,
                _ => Sight::Regained,
            };
            each(sight);
            // One that is left and then frozen has given notice, and the next page may be waiting for this thread.
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

/// There is nothing to await: what follows the event is the standstill.
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
