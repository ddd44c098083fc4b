//! Whether the page may be frozen: it goes out of sight for good or for the way back (`pagehide`), or the browser stops
//! it where it is (`freeze`), and it returns (`pageshow`, `resume`)
//! (<https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-pagetransitionevent-interface>,
//! <https://wicg.github.io/page-lifecycle/>).

use js_sys::global;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, EventTarget};

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
        let heard = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            each(match event.type_().as_str() {
                "pagehide" | "freeze" => Sight::Lost,
                _ => Sight::Regained,
            });
        });
        let page: EventTarget = global().unchecked_into();
        for event in EVENTS {
            // Listening to an event by its name does not throw.
            let _ = page.add_event_listener_with_callback_and_bool(event, heard.as_ref().unchecked_ref(), true);
        }
        SightWatch { page, heard }
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
