//! A `<sqlite-write>` as the page sees it: what the browser and `base.js` tell the element, and its properties.

use std::rc::Rc;

use js_sys::Promise;
use sqlite_elements::client::{js_error, promise};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, EventTarget, HtmlElement, HtmlFormElement, SubmitEvent};

use super::cause::{Cause, form_in};
use super::element::{Write, detail_of};
use crate::base::{self, Base};
use crate::params::{is_nearest, said_by_form};
use crate::shell::Core;
use crate::{buttons, document, style};

/// The core, as `base.js` sees it.
#[wasm_bindgen(skip_typescript)]
pub struct WriteCore(Rc<Write>);

impl Core for Write {
    const BASE: Base = Base::Write;
    const ATTRIBUTES: &'static [&'static str] = &[];

    fn begin(element: &HtmlElement) -> Rc<Self> {
        let write = Rc::new(Write::new(element));
        base::attach(element, WriteCore(write.clone()).into());
        write
    }

    fn connected(self: &Rc<Self>, element: &HtmlElement) {
        style::adopt(element);
        document::warn_if_misplaced(element);
    }
}

#[wasm_bindgen]
impl WriteCore {
    /// Whether a write is under way.
    #[wasm_bindgen(getter)]
    pub fn pending(&self) -> bool {
        self.0.is_pending()
    }

    /// Why the last write failed, or `null`.
    #[wasm_bindgen(getter)]
    pub fn error(&self) -> JsValue {
        self.0.failure().as_ref().map_or(JsValue::NULL, js_error)
    }

    /// Runs the statement with the current values of the fields. The promise rejects as that of `Database.queueWrite`
    /// does.
    pub fn submit(&self) -> Promise {
        let Some(element) = self.0.element() else {
            return Promise::resolve(&JsValue::UNDEFINED);
        };
        let outcome = self.0.clone().start(element, Cause::Script);
        promise(async move {
            outcome
                .await
                .map(|outcome| detail_of(&outcome))
                .map_err(|failure| js_error(&failure))
        })
    }

    /// A form was submitted.
    pub fn submitted(&self, event: &Event) {
        let Some((element, target)) = self.0.accept(event) else {
            return;
        };
        let Ok(form) = target.dyn_into::<HtmlFormElement>() else {
            return;
        };
        let submitter = event
            .dyn_ref::<SubmitEvent>()
            .and_then(SubmitEvent::submitter)
            .map(Element::from);
        let said = said_by_form(&form);
        self.0.set_off(event, element, Cause::Form { form, said, submitter });
    }

    /// Something was clicked. A button starts the write if the element has no form.
    pub fn clicked(&self, event: &Event) {
        let Some((element, target)) = self.0.accept(event) else {
            return;
        };
        let Some(button) = buttons::around(&element, &target) else {
            return;
        };
        if form_in(&element).is_none() {
            self.0.set_off(event, element, Cause::Button(button));
        }
    }

    /// A form was reset, or a dialog was closed.
    pub fn withdrawn(&self, target: &EventTarget) {
        if let (Some(element), Some(target)) = (self.0.element(), target.dyn_ref::<Element>())
            && is_nearest(&element, target)
        {
            self.0.withdraw(&element);
        }
    }

    /// A field was changed. It starts the write if the element has neither a form nor a button.
    pub fn changed(&self, event: &Event) {
        let Some((element, target)) = self.0.accept(event) else {
            return;
        };
        if form_in(&element).is_none() && !buttons::any(&element) {
            self.0.set_off(event, element, Cause::Field(target));
        }
    }
}
