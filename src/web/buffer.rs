//! Buffers outside of this module's memory that nobody needs any more.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type Transferable;

    /// <https://tc39.es/ecma262/#sec-arraybuffer.prototype.transfer>, absent before Chrome 114, Firefox 122, Safari 17.4.
    #[wasm_bindgen(method, catch)]
    fn transfer(this: &Transferable, length: u32) -> Result<ArrayBuffer, JsValue>;
}

/// Smaller ones are left to the garbage collector.
const LARGE: u32 = 64 << 10;

/// Gives the memory of a buffer back at once, where the browser can: a garbage collector sees only the small object in
/// front of it, and may let some files of 50 MB gather.
pub(super) fn release(bytes: &Uint8Array) {
    if bytes.length() >= LARGE {
        // Without it, the collector has it in the end.
        let _ = bytes.buffer().unchecked_ref::<Transferable>().transfer(0);
    }
}
