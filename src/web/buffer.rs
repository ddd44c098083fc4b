//! Frees buffers outside of the WebAssembly memory that nobody needs any more.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type Transferable;

    /// <https://tc39.es/ecma262/#sec-arraybuffer.prototype.transfer>.
    /// Absent before Chrome 114, Firefox 122 and Safari 17.4.
    #[wasm_bindgen(method, catch)]
    fn transfer(this: &Transferable, length: u32) -> Result<ArrayBuffer, JsValue>;
}

/// Bytes. Smaller buffers are left to the garbage collector.
const LARGE: u32 = 64 << 10;

/// Frees the memory of a buffer at once, where the browser can. The garbage collector sees only the small object in
/// front of the buffer, and may let several files of 50 MB pile up.
pub(super) fn release(bytes: &Uint8Array) {
    if bytes.length() >= LARGE {
        // Without `transfer`, the garbage collector frees the buffer in the end.
        let _ = bytes.buffer().unchecked_ref::<Transferable>().transfer(0);
    }
}
