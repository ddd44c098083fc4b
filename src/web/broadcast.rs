//! BroadcastChannel: a message that one tab posts under a name reaches every tab of the origin that listens under it
//! (<https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts>).

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{BroadcastChannel, MessageEvent};

use super::buffer::release;
use super::error::BrowserError;

/// An open channel of byte messages, closed on drop. It does not hear its own messages.
#[derive(Debug)]
#[must_use = "the channel is closed when this is dropped"]
pub struct Broadcast {
    channel: BroadcastChannel,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

impl Broadcast {
    /// Opens a channel, and calls `heard` for each message of bytes. Other messages under this name are not ours.
    pub fn open(name: &str, mut heard: impl FnMut(Vec<u8>) + 'static) -> Result<Self, BrowserError> {
        let channel = BroadcastChannel::new(name)?;
        let heard = Closure::new(move |event: MessageEvent| {
            if let Some(bytes) = event.data().dyn_ref::<Uint8Array>() {
                let copy = bytes.to_vec();
                release(bytes);
                heard(copy);
            }
        });
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        Ok(Broadcast { channel, _heard: heard })
    }

    /// Posts to all who listen under a name, without listening: an open channel is sent a copy of all that others post.
    /// Messages under several names still arrive in order.
    pub fn post_once(name: &str, bytes: &[u8]) -> Result<(), BrowserError> {
        let channel = BroadcastChannel::new(name)?;
        let bytes = Uint8Array::from(bytes);
        let posted = channel.post_message(&bytes);
        channel.close();
        release(&bytes);
        Ok(posted?)
    }

    /// Posts a copy to every other tab.
    pub fn post(&self, bytes: &[u8]) -> Result<(), BrowserError> {
        Ok(self.channel.post_message(&Uint8Array::from(bytes))?)
    }
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
