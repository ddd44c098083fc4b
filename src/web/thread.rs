//! A dedicated worker of a page, started from a file or from source text
//! (<https://html.spec.whatwg.org/multipage/workers.html#dedicated-workers-and-the-worker-interface>).
//!
//! From text, because a worker's own script must be of the page's origin, and a library on another server is not. What
//! the text imports may come from anywhere that allows it (CORS). From a file, because a policy may allow workers from
//! the page's origin alone.
//!
//! Invariant: if a worker may not start, its owner hears of it, provided that the browser reports it in any way: as an
//! exception, as an event of the worker, or as a violation of the page's policy.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{
    Blob, BlobPropertyBag, ErrorEvent, Event, EventTarget, MessageEvent, Url, Worker, WorkerOptions, WorkerType,
};

use super::BrowserError;

/// The Trusted Types policy that passes the URLs of workers. A page's own policy allows it by this name.
const POLICY: &str = "sqlite-elements";
const VIOLATION: &str = "securitypolicyviolation";

#[wasm_bindgen]
extern "C" {
    type TrustedTypes;
    type TrustedTypePolicy;

    /// <https://w3c.github.io/trusted-types/dist/spec/>: where a page requires it, the URL of a worker must have passed
    /// through a policy.
    #[wasm_bindgen(thread_local_v2, js_name = trustedTypes)]
    static TRUSTED_TYPES: Option<TrustedTypes>;

    #[wasm_bindgen(method, catch, js_name = createPolicy)]
    fn create_policy(this: &TrustedTypes, name: &str, rules: &Object) -> Result<TrustedTypePolicy, JsValue>;

    #[wasm_bindgen(method, js_name = createScriptURL)]
    fn create_script_url(this: &TrustedTypePolicy, url: &str) -> JsValue;
}

/// What starts a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerSource {
    /// The URL of a file of the page's origin.
    File(String),
    /// The script itself.
    Text(String),
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
    worker: Worker,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _failed: Closure<dyn FnMut(Event)>,
    _violations: Violations,
}

/// Listens for violations of the page's policy until it is dropped.
#[derive(Debug)]
struct Violations(Closure<dyn FnMut(Event)>);

impl Thread {
    /// Starts a worker of this kind, and calls `heard` for each event. `name` is what developer tools call the worker.
    pub fn start(
        name: &str,
        kind: WorkerType,
        script: &WorkerSource,
        heard: impl Fn(ThreadEvent) + Clone + 'static,
    ) -> Result<Self, BrowserError> {
        // The violation may be all that is ever heard of a refused worker. A worker that has spoken was not refused.
        let has_spoken = Rc::new(Cell::new(false));
        let (refused, spoken) = (heard.clone(), Rc::clone(&has_spoken));
        let violations = Violations::of(script, move || {
            if !spoken.get() {
                refused(ThreadEvent::Error("the page's policy forbids it".to_owned()));
            }
        });
        let worker = match script {
            WorkerSource::File(url) => new_worker(url, name, kind),
            WorkerSource::Text(text) => new_worker_of_text(text, name, kind),
        }?;
        let failed = heard.clone();
        let heard = Closure::new(move |event: MessageEvent| {
            has_spoken.set(true);
            heard(ThreadEvent::Message(event.data()));
        });
        let failed = Closure::new(move |event: Event| failed(ThreadEvent::Error(description(&event))));
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        Ok(Thread {
            worker,
            _heard: heard,
            _failed: failed,
            _violations: violations,
        })
    }

    /// Posts a message. The objects in `transfer` are transferred with it.
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

impl Violations {
    /// Calls `refused` when the policy does not allow a worker from this script.
    fn of(script: &WorkerSource, refused: impl Fn() + 'static) -> Self {
        // For a blob URL, the event says only `blob`.
        let blocked = match script {
            WorkerSource::File(url) => url.clone(),
            WorkerSource::Text(_) => "blob".to_owned(),
        };
        let heard = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let says = |name: &str, what: &str| Reflect::get(&event, &name.into()).is_ok_and(|value| value == what);
            if says("blockedURI", &blocked)
                && says("effectiveDirective", "worker-src")
                && says("disposition", "enforce")
            {
                refused();
            }
        });
        let scope: EventTarget = js_sys::global().unchecked_into();
        // If this scope takes no listener, violations go unheard.
        let _ = scope.add_event_listener_with_callback(VIOLATION, heard.as_ref().unchecked_ref());
        Violations(heard)
    }
}

impl Drop for Violations {
    fn drop(&mut self) {
        let scope: EventTarget = js_sys::global().unchecked_into();
        let _ = scope.remove_event_listener_with_callback(VIOLATION, self.0.as_ref().unchecked_ref());
    }
}

fn new_worker_of_text(text: &str, name: &str, kind: WorkerType) -> Result<Worker, JsValue> {
    let script = BlobPropertyBag::new();
    script.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &script)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let worker = new_worker(&url, name, kind);
    // The worker has resolved the URL already, so revoking it stops nothing.
    Url::revoke_object_url(&url)?;
    worker
}

/// Constructs the worker by hand: web-sys takes the URL as text only, which a page that requires Trusted Types refuses.
fn new_worker(url: &str, name: &str, kind: WorkerType) -> Result<Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(kind);
    options.set_name(name);
    let constructor: Function = Reflect::get(&js_sys::global(), &"Worker".into())?.dyn_into()?;
    let worker = Reflect::construct(&constructor, &Array::of2(&trusted(url), &options))?;
    Ok(worker.unchecked_into())
}

/// The URL as the page's policy wants it. If no policy may be made, the plain URL: then the constructor says why not.
fn trusted(url: &str) -> JsValue {
    thread_local! {
        static POLICY: OnceCell<Option<TrustedTypePolicy>> = const { OnceCell::new() };
    }
    POLICY.with(|made| match made.get_or_init(new_policy) {
        Some(policy) => policy.create_script_url(url),
        None => url.into(),
    })
}

fn new_policy() -> Option<TrustedTypePolicy> {
    TRUSTED_TYPES.with(|types| {
        // Only URLs from this file come here, so the policy returns each one unchanged.
        let as_it_is = Closure::<dyn Fn(String) -> String>::new(|url| url).into_js_value();
        let rules = Object::new();
        Reflect::set(&rules, &"createScriptURL".into(), &as_it_is).ok()?;
        types.as_ref()?.create_policy(POLICY, &rules).ok()
    })
}

/// What an error event says. A script that cannot be loaded gives a plain event without any text.
fn description(event: &Event) -> String {
    match event.dyn_ref::<ErrorEvent>() {
        Some(error) => error.message(),
        None => "its script could not be loaded".to_owned(),
    }
}
