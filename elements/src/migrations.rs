//! The scripts inside a `<sqlite-db>`: `<script type="application/sql">`, with text or with `src`. Before them may
//! stand one `<script type="application/vnd.sqlite3" src="…">`, an SQLite file that a new database begins with.
//!
//! These scripts are data blocks in HTML's sense (4.12.1). Browsers neither run nor fetch them, so no
//! Content-Security-Policy forbids them, and their text needs no escaping. The engine decides which of the scripts a
//! database already has.

#![cfg(target_family = "wasm")]

use js_sys::{Promise, Uint8Array};
use sqlite_elements::request::{Failure, FailureKind};
use sqlite_elements::sql::{Code, Script, limits};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Response};

use crate::{document, tree};

/// One migration, as the page's author wrote it in the element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Text(String),
    /// The address of an SQL file, relative to the document's base URL.
    Address(String),
    /// The address of an SQLite file.
    File(String),
}

/// The migrations among the element's children, in document order.
pub(crate) fn sources(element: &Element) -> Vec<Source> {
    std::iter::successors(element.first_element_child(), Element::next_element_sibling)
        .filter(|child| tree::local_name(child) == "script")
        .filter_map(|script| {
            let kind = tree::attribute(&script, "type")
                .unwrap_or_default()
                .to_ascii_lowercase();
            match (kind.as_str(), tree::attribute(&script, "src")) {
                ("application/sql", Some(address)) => Some(Source::Address(address)),
                ("application/sql", None) => Some(Source::Text(script.text_content().unwrap_or_default())),
                ("application/vnd.sqlite3", Some(address)) => Some(Source::File(address)),
                _ => None,
            }
        })
        .collect()
}

/// Loads all sources, in order. An SQLite file comes without its bytes: [`bring`] adds them.
pub(crate) async fn load(sources: &[Source]) -> Result<Vec<Script>, Failure> {
    let mut scripts = Vec::with_capacity(sources.len());
    for source in sources {
        scripts.push(match source {
            Source::Text(text) => Script::Sql(text.clone()),
            Source::Address(address) => {
                let text = fetch(address, Response::text).await?;
                Script::Sql(text.as_string().unwrap_or_default())
            }
            Source::File(address) => Script::File {
                name: address.clone(),
                file: None,
            },
        });
    }
    Ok(scripts)
}

/// Whether the database is new and must begin with a file, but the write did not contain the file's bytes.
pub(crate) fn lacks_file(failure: &Failure) -> bool {
    failure.code == Code::MigrationFileNeeded
}

/// Fetches the bytes of the SQLite files.
pub(crate) async fn bring(scripts: &mut [Script]) -> Result<(), Failure> {
    for script in scripts {
        if let Script::File { name, file } = script {
            let bytes = Uint8Array::new(&fetch(name, Response::array_buffer).await?);
            limits::file(|| format!("the file {name}"), bytes.length() as usize)?;
            *file = Some(bytes.to_vec());
        }
    }
    Ok(())
}

/// Fetches an address and reads the body of the response.
async fn fetch(address: &str, body: fn(&Response) -> Result<Promise, JsValue>) -> Result<JsValue, Failure> {
    let message = |error: JsValue| {
        let error = error.dyn_into::<js_sys::Error>();
        not_loaded(
            address,
            &error.map_or_else(|_| String::new(), |error| error.message().into()),
        )
    };
    let response = JsFuture::from(document::window().fetch_with_str(address))
        .await
        .map_err(message)?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(not_loaded(
            address,
            &format!("the server answered {}", response.status()),
        ));
    }
    JsFuture::from(body(&response).map_err(message)?).await.map_err(message)
}

fn not_loaded(address: &str, reason: &str) -> Failure {
    let reason = if reason.is_empty() {
        "the browser does not say why"
    } else {
        reason
    };
    let message = format!("the migration at {address} cannot be loaded: {reason}; its src must lead to a file");
    Failure::new(FailureKind::State, Code::MigrationNotLoaded, message)
}
