//! MessagePort: one end of a pipe between two threads of a page
//! (<https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports>).

use std::cell::RefCell;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, MessagePort};

use super::buffer::release;
use super::error::BrowserError;

/// Up to so many bytes a message is cloned; a longer one is transferred, in parts.
///
/// To transfer a buffer costs the browser more than to clone some kilobytes: with a message of 100 bytes there and back,
/// a transfer each way took 151 µs, a clone 136 µs.
const CLONED: usize = 16 << 10;

/// An open port, closed on drop. Each message is bytes. What was posted or queued before the drop still arrives.
#[derive(Debug)]
#[must_use = "the port is closed when this is dropped"]
pub struct Port {
    port: MessagePort,
    queued: RefCell<Parts>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

/// A message that is being written: short parts together, long ones each in a buffer of its own.
#[derive(Debug, Default)]
struct Parts {
    short: Vec<u8>,
    long: Array,
    buffers: Array,
}

impl Port {
    /// Calls `heard` for each message, including those that arrived before.
    pub fn listen(port: MessagePort, mut heard: impl FnMut(Vec<u8>) + 'static) -> Self {
        let heard = Closure::new(move |event: MessageEvent| {
            let message = event.data();
            if let Some(bytes) = message.dyn_ref::<Uint8Array>() {
                heard(bytes.to_vec());
            } else if let Some(parts) = message.dyn_ref::<Array>() {
                heard(joined(parts));
            }
        });
        // Setting the handler also starts the port.
        port.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        Port {
            port,
            queued: RefCell::default(),
            _heard: heard,
        }
    }

    /// Posts what is queued and the parts that `write` gives, as one message.
    pub fn post(&self, write: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Result<(), BrowserError> {
        self.queue(write);
        self.flush()
    }

    /// Queues the parts that `write` gives. They are posted with the next [`Port::flush`].
    pub fn queue(&self, write: impl FnOnce(&mut dyn FnMut(&[u8]))) {
        let mut queued = self.queued.borrow_mut();
        write(&mut |part| queued.push(part));
    }

    /// Whether nothing is queued.
    pub fn is_flushed(&self) -> bool {
        self.queued.borrow().is_empty()
    }

    /// Posts what is queued, as one message.
    pub fn flush(&self) -> Result<(), BrowserError> {
        let queued = self.queued.take();
        if queued.is_empty() {
            return Ok(());
        }
        Ok(queued.post(&self.port)?)
    }
}

impl Parts {
    fn is_empty(&self) -> bool {
        self.short.is_empty() && self.buffers.length() == 0
    }

    fn push(&mut self, part: &[u8]) {
        if self.short.len() + part.len() > CLONED {
            self.flush();
        }
        if part.len() > CLONED {
            self.push_long(part);
        } else {
            self.short.extend_from_slice(part);
        }
    }

    fn flush(&mut self) {
        let short = std::mem::take(&mut self.short);
        if !short.is_empty() {
            self.push_long(&short);
        }
    }

    /// Copies the part once out of the WebAssembly memory.
    fn push_long(&mut self, part: &[u8]) {
        let part = Uint8Array::from(part);
        self.buffers.push(&part.buffer());
        self.long.push(&part);
    }

    fn post(mut self, port: &MessagePort) -> Result<(), JsValue> {
        if self.buffers.length() == 0 {
            return port.post_message(&Uint8Array::from(self.short.as_slice()));
        }
        self.flush();
        port.post_message_with_transferable(&self.long, &self.buffers)
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
        // Whoever drops the port has given up to hear whether the last words could be said.
        let _ = self.flush();
        self.port.set_onmessage(None);
        self.port.close();
    }
}
