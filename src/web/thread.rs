//! A dedicated worker of a page, started from source text
//! (<https://html.spec.whatwg.org/multipage/workers.html#dedicated-workers-and-the-worker-interface>).
//!
//! From text and not from a URL, because a worker's own script must be of the page's origin, and a library on
//! another server is not; what the text imports may come from anywhere that allows it (CORS).

use std::cell::OnceCell;

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, Event, MessageEvent, Url, Worker, WorkerOptions, WorkerType};

use super::BrowserError;

#[wasm_bindgen]
extern "C" {
    type TrustedTypes;
    type TrustedTypePolicy;

    /// <https://w3c.github.io/trusted-types/dist/spec/>: where a page demands it, the URL of a worker must have
    /// passed through a policy.
    #[wasm_bindgen(thread_local_v2, js_name = trustedTypes)]
    static TRUSTED_TYPES: Option<TrustedTypes>;

    #[wasm_bindgen(method, catch, js_name = createPolicy)]
    fn create_policy(this: &TrustedTypes, name: &str, rules: &Object) -> Result<TrustedTypePolicy, JsValue>;

    #[wasm_bindgen(method, js_name = createScriptURL)]
    fn create_script_url(this: &TrustedTypePolicy, url: &str) -> JsValue;
}

/// What a worker lets its page know.
#[derive(Debug)]
pub enum ThreadEvent {
    /// It posted this.
    Message(JsValue),
    /// Its script could not be loaded, or something in it was thrown and not caught.
    Error(String),
}

/// A running worker; terminated on drop.
#[derive(Debug)]
#[must_use = "the worker is terminated when this is dropped"]
pub struct Thread {
    worker: Worker,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _failed: Closure<dyn FnMut(Event)>,
}

impl Thread {
    /// Starts a worker whose script is `source`, of the kind given; `name` is what developer tools call it.
    pub fn start(
        name: &str,
        kind: WorkerType,
        source: &str,
        heard: impl Fn(ThreadEvent) + Clone + 'static,
    ) -> Result<Self, BrowserError> {
        let text = BlobPropertyBag::new();
        text.set_type("text/javascript");
        let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&source.into()), &text)?;
        let url = Url::create_object_url_with_blob(&blob)?;
        let worker = new_worker(&url, name, kind);
        Url::revoke_object_url(&url)?;
        let worker = worker?;
        let failed = heard.clone();
        let heard = Closure::new(move |event: MessageEvent| heard(ThreadEvent::Message(event.data())));
        let failed = Closure::new(move |event: Event| failed(ThreadEvent::Error(description(&event))));
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        Ok(Thread {
            worker,
            _heard: heard,
            _failed: failed,
        })
    }

    /// Posts a message; what stands in `transfer` is handed over with it.
    pub fn post(&self, message: &JsValue, transfer: &Array) -> Result<(), BrowserError> {
        Ok(self.worker.post_message_with_transfer(message, transfer)?)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// web-sys takes the URL as text only, which a page that demands trusted types refuses.
fn new_worker(url: &str, name: &str, kind: WorkerType) -> Result<Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(kind);
    options.set_name(name);
    let constructor: Function = Reflect::get(&js_sys::global(), &"Worker".into())?.dyn_into()?;
    let worker = Reflect::construct(&constructor, &Array::of2(&trusted(url, name), &options))?;
    Ok(worker.unchecked_into())
}

/// The URL as the page's policy wants it. If no policy may be made, the plain URL: the constructor then says why not.
fn trusted(url: &str, policy: &str) -> JsValue {
    thread_local! {
        static POLICY: OnceCell<Option<TrustedTypePolicy>> = const { OnceCell::new() };
    }
    POLICY.with(|made| match made.get_or_init(|| new_policy(policy)) {
        Some(policy) => policy.create_script_url(url),
        None => url.into(),
    })
}

fn new_policy(name: &str) -> Option<TrustedTypePolicy> {
    TRUSTED_TYPES.with(|types| {
        // Only URLs that this file made come here, so the rule is "as it is".
        let as_it_is = Closure::<dyn Fn(String) -> String>::new(|url| url).into_js_value();
        let rules = Object::new();
        Reflect::set(&rules, &"createScriptURL".into(), &as_it_is).ok()?;
        types.as_ref()?.create_policy(name, &rules).ok()
    })
}

/// A script that cannot be loaded gives a plain event without any text.
fn description(event: &Event) -> String {
    match event.dyn_ref::<ErrorEvent>() {
        Some(error) => error.message(),
        None => "its script could not be loaded".to_owned(),
    }
}
