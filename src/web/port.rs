//! MessagePort: one end of a pipe between two threads of a page
//! (<https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports>).

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{MessageEvent, MessagePort};

use super::BrowserError;
use super::buffer::release;

/// An open port, closed on drop. Each message is bytes in parts. What was posted before the drop still arrives.
#[derive(Debug)]
#[must_use = "the port is closed when this is dropped"]
pub struct Port {
    port: MessagePort,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

impl Port {
    /// Calls `heard` for each message, including those that arrived before.
    pub fn listen(port: MessagePort, mut heard: impl FnMut(Vec<u8>) + 'static) -> Self {
        let heard = Closure::new(move |event: MessageEvent| {
            if let Some(parts) = event.data().dyn_ref::<Array>() {
                heard(joined(parts));
            }
        });
        // Setting the handler also starts the port.
        port.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        Port { port, _heard: heard }
    }

    /// Posts the parts that `write` gives, as one message. Each part is copied once out of the WebAssembly memory, then
    /// transferred.
    pub fn post(&self, write: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Result<(), BrowserError> {
        let (parts, buffers) = (Array::new(), Array::new());
        write(&mut |part| {
            let part = Uint8Array::from(part);
            buffers.push(&part.buffer());
            parts.push(&part);
        });
        Ok(self.port.post_message_with_transferable(&parts, &buffers)?)
    }
}

/// All parts, concatenated.
fn joined(parts: &Array) -> Vec<u8> {
    let parts: Vec<Uint8Array> = parts.iter().map(JsCast::unchecked_into).collect();
    let length = parts.iter().map(|part| part.length() as usize).sum();
    let mut bytes = vec![0; length];
    let mut rest = bytes.as_mut_slice();
    for part in parts {
        let (here, behind) = rest.split_at_mut(part.length() as usize);
        part.copy_to(here);
        release(&part);
        rest = behind;
    }
    bytes
}

impl Drop for Port {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
        self.port.close();
    }
}
