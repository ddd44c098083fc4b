//! Recall: one thread takes something back, and another can see that while it is busy and hears no messages.
//!
//! Without shared memory there is one thing that a worker can look at synchronously and a page can change: whether a
//! blob URL still leads to something. A synchronous XMLHttpRequest is allowed in workers
//! (<https://xhr.spec.whatwg.org/#the-open()-method>), and a revoked URL is a network error
//! (<https://w3c.github.io/FileAPI/#requestmodel>). It takes about a millisecond, so it is for what runs for long.

use js_sys::Array;
use web_sys::{Blob, Url, XmlHttpRequest};

use super::BrowserError;

/// Something that may be taken back. Dropped, it is.
#[derive(Debug)]
#[must_use = "dropping it takes it back"]
pub struct Recall {
    url: String,
}

impl Recall {
    pub fn new() -> Result<Self, BrowserError> {
        let nothing = Blob::new_with_u8_array_sequence(&Array::new())?;
        let url = Url::create_object_url_with_blob(&nothing)?;
        Ok(Recall { url })
    }

    /// What the other thread looks at.
    pub fn name(&self) -> &str {
        &self.url
    }
}

impl Drop for Recall {
    fn drop(&mut self) {
        // Revoking a URL of one's own does not throw.
        let _ = Url::revoke_object_url(&self.url);
    }
}

/// Whether a name leads to something still. Not where the page's policy forbids to look (`connect-src` without `blob:`).
pub fn is_there(name: &str) -> bool {
    let looked = XmlHttpRequest::new().and_then(|request| {
        request.open_with_async("GET", name, false)?;
        request.send()
    });
    looked.is_ok()
}
