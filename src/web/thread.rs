//! A dedicated worker of a page, as Rust sees it: `thread.js` starts it, keeps what it says until somebody listens, and
//! says when the page's policy forbids it. [`crate::client`]'s worker owns one at a time.
//!
//! Invariant: after the drop of a [`Thread`] its worker is terminated, and neither callback is called again.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use super::error::BrowserError;

#[wasm_bindgen(module = "/src/web/thread.js")]
extern "C" {
    /// What starts a worker: an address or a text, with a name and a kind.
    #[derive(Debug)]
    pub type WorkerScript;

    #[derive(Debug)]
    type ScriptThread;

    #[wasm_bindgen(catch, js_name = startThread)]
    fn start_thread(script: &WorkerScript) -> Result<ScriptThread, JsValue>;
    #[wasm_bindgen(method)]
    fn listen(this: &ScriptThread, heard: &Closure<dyn FnMut(JsValue)>, failed: &Closure<dyn FnMut(String)>);
    #[wasm_bindgen(method, catch, js_name = giveModule)]
    fn give_module(this: &ScriptThread, module: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn post(this: &ScriptThread, message: &JsValue, transfer: &Array) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn end(this: &ScriptThread);
}

/// What a page hears of its worker.
#[derive(Debug)]
pub enum ThreadEvent {
    /// The worker posted this.
    Message(JsValue),
    /// The policy forbids the worker, its script could not be loaded, or something in it was thrown and not caught.
    Error(String),
}

/// A running worker; terminated on drop.
#[derive(Debug)]
#[must_use = "the worker is terminated when this is dropped"]
pub struct Thread {
    thread: ScriptThread,
    _heard: Closure<dyn FnMut(JsValue)>,
    _failed: Closure<dyn FnMut(String)>,
}

impl Thread {
    /// Starts a worker, gives it this library's WebAssembly, and calls `heard` for each event, the first one after this
    /// has returned. A worker that was started while the WebAssembly was on its way is taken over.
    pub fn start(script: &WorkerScript, heard: impl Fn(ThreadEvent) + Clone + 'static) -> Result<Self, BrowserError> {
        let failed = heard.clone();
        let heard = Closure::new(move |data| heard(ThreadEvent::Message(data)));
        let failed = Closure::new(move |reason| failed(ThreadEvent::Error(reason)));
        let thread = Thread {
            thread: start_thread(script)?,
            _heard: heard,
            _failed: failed,
        };
        thread.thread.give_module(&wasm_bindgen::module())?;
        thread.thread.listen(&thread._heard, &thread._failed);
        Ok(thread)
    }

    /// Posts a message. The objects in `transfer` are transferred with it.
    pub fn post(&self, message: &JsValue, transfer: &Array) -> Result<(), BrowserError> {
        Ok(self.thread.post(message, transfer)?)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.thread.end();
    }
}
