//! The default look of the elements, as a constructed style sheet. A strict Content-Security-Policy forbids `<style>`
//! but not this (CSSOM, 6.1).
//!
//! The rules stand in a cascade layer and have no specificity, so any rule of the page wins.

#![cfg(target_family = "wasm")]

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{CssStyleSheet, Document, Element, ShadowRoot};

use crate::tree;

const CSS: &str = include_str!("style.css");

thread_local! {
    static SHEET: Option<CssStyleSheet> = sheet();
}

/// Adds the style sheet to the tree that contains the element, once.
pub(crate) fn adopt(element: &Element) {
    SHEET.with(|sheet| {
        let Some(sheet) = sheet else { return };
        let root = tree::root(element);
        if let Some(root) = root.dyn_ref::<ShadowRoot>() {
            add(&root.adopted_style_sheets(), sheet);
        } else if let Some(document) = root.dyn_ref::<Document>() {
            add(&document.adopted_style_sheets(), sheet);
        }
    });
}

/// `adoptedStyleSheets` is an observable array: a pushed sheet applies at once.
fn add(sheets: &Array, sheet: &CssStyleSheet) {
    if !sheets.includes(sheet, 0) {
        sheets.push(sheet);
    }
}

/// `None` where the browser cannot construct style sheets. The elements then work without the default look.
fn sheet() -> Option<CssStyleSheet> {
    let sheet = CssStyleSheet::new().ok()?;
    sheet.replace_sync(CSS).ok()?;
    Some(sheet)
}
