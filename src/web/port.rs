//! MessagePort: one end of a pipe between two threads of a page
//! (<https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports>).

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{MessageEvent, MessagePort};

use super::BrowserError;

/// An open port of byte messages; closed on drop. What was posted before still arrives.
#[derive(Debug)]
#[must_use = "the port is closed when this is dropped"]
pub struct Port {
    port: MessagePort,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

impl Port {
    /// Calls `heard` for each message, those included that arrived before.
    pub fn listen(port: MessagePort, mut heard: impl FnMut(Vec<u8>) + 'static) -> Self {
        let heard = Closure::new(move |event: MessageEvent| {
            if let Some(bytes) = event.data().dyn_ref::<Uint8Array>() {
                heard(bytes.to_vec());
            }
        });
        // Setting the handler also starts the port.
        port.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        Port { port, _heard: heard }
    }

    /// Posts bytes: copied out of this module's memory once, then handed over.
    pub fn post(&self, bytes: &[u8]) -> Result<(), BrowserError> {
        let bytes = Uint8Array::from(bytes);
        Ok(self
            .port
            .post_message_with_transferable(&bytes, &Array::of1(&bytes.buffer()))?)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
        self.port.close();
    }
}
