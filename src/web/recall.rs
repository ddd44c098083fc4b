//! Recall: one thread takes something back, and another can see that while it is busy and hears no messages.
//!
//! Without shared memory there is one thing that a page can change and a worker can look at synchronously: whether a
//! blob URL still leads to something. Workers may make a synchronous XMLHttpRequest
//! (<https://xhr.spec.whatwg.org/#the-open()-method>), and a revoked URL is a network error
//! (<https://w3c.github.io/FileAPI/#requestmodel>). A look takes about a millisecond, so it suits only work that runs
//! for long.

use js_sys::Array;
use web_sys::{Blob, Url, XmlHttpRequest};

use super::error::BrowserError;

/// Something that can be taken back, by dropping this.
#[derive(Debug)]
#[must_use = "dropping it takes it back"]
pub struct Recall {
    url: String,
}

impl Recall {
    /// Makes a name that leads to something until this is dropped.
    pub fn new() -> Result<Self, BrowserError> {
        let nothing = Blob::new_with_u8_array_sequence(&Array::new())?;
        let url = Url::create_object_url_with_blob(&nothing)?;
        Ok(Recall { url })
    }

    /// The name that the other thread looks at: a blob URL.
    pub fn name(&self) -> &str {
        &self.url
    }
}

impl Drop for Recall {
    fn drop(&mut self) {
        // Revoking one's own URL does not throw.
        let _ = Url::revoke_object_url(&self.url);
    }
}

/// Whether a name still leads to something. Also false where the page's policy forbids the look (`connect-src` without
/// `blob:`).
pub fn is_there(name: &str) -> bool {
    let looked = XmlHttpRequest::new().and_then(|request| {
        request.open_with_async("GET", name, false)?;
        request.send()
    });
    looked.is_ok()
}
