//! Ids: UUIDs that sort by the time when they were made (version 7, RFC 9562, 5.7).

use uuid::{Builder, Uuid};
use wasm_bindgen::prelude::*;

use super::clock::since_epoch_ms;

#[wasm_bindgen]
extern "C" {
    /// <https://w3c.github.io/webcrypto/#Crypto-method-getRandomValues>
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_random(bytes: &mut [u8]);
}

/// A new UUIDv7: 48 bits of milliseconds, and the rest from the browser's cryptographic random source.
pub fn time_ordered_id() -> Uuid {
    let mut random = [0; 10];
    fill_with_random(&mut random);
    Builder::from_unix_timestamp_millis(since_epoch_ms() as u64, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::web::inbox::Inbox;
    use crate::web::timer::Timer;

    #[wasm_bindgen_test]
    async fn the_tab_that_was_born_first_has_the_lowest_id() {
        let first = time_ordered_id();
        let later = Inbox::default();
        let passed = later.clone();
        let _timer = Timer::after(2.0, move || passed.push(()));
        later.next().await;
        let second = time_ordered_id();
        assert!(first < second);
        assert_eq!(first.get_version_num(), 7);
    }

    #[wasm_bindgen_test]
    fn ids_of_one_millisecond_differ() {
        assert_ne!(time_ordered_id(), time_ordered_id());
    }
}
