//! Reports to the developer: the console, and `reportError` for what a page's own callback threw.

use std::panic::PanicHookInfo;
use std::sync::Once;

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(text: &str);
    /// <https://html.spec.whatwg.org/multipage/webappapis.html#dom-reporterror>
    #[wasm_bindgen(js_name = reportError)]
    fn report_error(exception: &JsValue);
}

/// Writes one line to the console, as an error.
pub fn report_text(text: &str) {
    console_error(text);
}

/// Reports an exception as if nothing had caught it: `window.onerror`, the console.
pub fn report_exception(exception: &JsValue) {
    report_error(exception);
}

/// From now on, a panic of this thread is written to the console with its place in the source, and then passed to
/// `then`. Only the first call counts.
pub fn report_panics(then: impl Fn(&str) + Send + Sync + 'static) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        std::panic::set_hook(Box::new(move |panic: &PanicHookInfo<'_>| {
            let text = format!("sqlite-elements {panic}");
            console_error(&text);
            then(&text);
        }));
    });
}
