//! The element `<sqlite-write>`: it binds the fields, runs the statement, and shows what became of it.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;

use js_sys::WeakRef;
use sqlite_elements::client::last_insert_id;
use sqlite_elements::durations::WRITE_TIMEOUT_MS;
use sqlite_elements::request::Failure;
use sqlite_elements::sql::{Outcome, Params, Statement, Work};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AddEventListenerOptions, Element, Event, HtmlElement, HtmlInputElement};

use super::cause::{Cause, fields_of, is_confirmed};
use crate::base::show_states;
use crate::event::{detail, fire, fire_error};
use crate::notice::NoticePlace;
use crate::params::{Fields, is_nearest, reset_form};
use crate::tree::{self, set_attribute};
use crate::{buttons, db, failure, notice};

#[wasm_bindgen(module = "/src/editable.js")]
extern "C" {
    /// Marks the text of an element that is edited in place as not stored.
    #[wasm_bindgen(js_namespace = editable)]
    fn refuse(field: &Element);
}

/// The core of one `<sqlite-write>`.
pub(crate) struct Write {
    element: WeakRef<HtmlElement>,
    pending: Cell<u32>,
    failure: RefCell<Option<Failure>>,
}

impl Write {
    pub(super) fn new(element: &HtmlElement) -> Self {
        Write {
            element: WeakRef::new(element),
            pending: Cell::new(0),
            failure: RefCell::default(),
        }
    }

    /// The element, if it has not been collected.
    pub(super) fn element(&self) -> Option<HtmlElement> {
        self.element.deref()
    }

    /// Whether a write is under way.
    pub(super) fn is_pending(&self) -> bool {
        self.pending.get() > 0
    }

    /// Why the last write failed.
    pub(super) fn failure(&self) -> Ref<'_, Option<Failure>> {
        self.failure.borrow()
    }

    /// Starts the statement. This call reads the fields and disables the buttons.
    pub(super) fn start(
        self: Rc<Self>,
        element: HtmlElement,
        cause: Cause,
    ) -> impl Future<Output = Result<Outcome, Failure>> + 'static {
        let sql = tree::attribute(&element, "sql").unwrap_or_default();
        let fields = fields_of(&element, &cause);
        self.pending.set(self.pending.get() + 1);
        self.show_states(&element);
        let off = match cause {
            Cause::Field(_) => None,
            _ => Some(buttons::switch_off(&element)),
        };
        async move {
            let names = fields.names();
            let result = perform(&element, sql, fields).await;
            drop(off);
            self.pending.set(self.pending.get() - 1);
            match &result {
                Ok(outcome) => self.show_success(&element, &cause, outcome),
                Err(failure) => self.show_failure(&element, &cause, failure, &names),
            }
            self.show_states(&element);
            result
        }
    }

    /// Removes the message when the attempt that it belongs to is given up: its form is reset, or its dialog is closed.
    pub(super) fn withdraw(&self, element: &Element) {
        if self.failure.take().is_some() {
            notice::clear(element);
            self.show_states(element);
        }
    }

    /// Listens once for the end of the dialog around the element.
    fn follow_dialog(self: &Rc<Self>, element: &HtmlElement) {
        let Some(dialog) = tree::closest(element, "dialog") else {
            return;
        };
        let (write, own) = (Rc::downgrade(self), self.element.clone());
        let closed = Closure::once_into_js(move || {
            if let (Some(write), Some(element)) = (write.upgrade(), own.deref()) {
                write.withdraw(&element);
            }
        });
        let options = AddEventListenerOptions::new();
        options.set_once(true);
        let listener = closed.unchecked_ref();
        dialog
            .add_event_listener_with_callback_and_add_event_listener_options("close", listener, &options)
            .expect_throw("a listener can be added");
    }

    fn show_states(&self, element: &Element) {
        let (pending, failed) = (self.is_pending(), self.failure.borrow().is_some());
        set_attribute(element, "aria-busy", pending.then_some("true"));
        show_states(element, &[("pending", pending), ("error", failed)]);
    }

    fn show_success(&self, element: &HtmlElement, cause: &Cause, outcome: &Outcome) {
        self.failure.replace(None);
        notice::clear(element);
        if let Cause::Form { form, said, .. } = cause
            && !tree::has_attribute(element, "keep")
        {
            reset_form(form, said);
        }
        fire(element, "done", detail_of(outcome));
    }

    fn show_failure(self: &Rc<Self>, element: &HtmlElement, cause: &Cause, failure: &Failure, names: &[String]) {
        self.failure.replace(Some(failure.clone()));
        notice::show(element, failure, NoticePlace::Last);
        self.follow_dialog(element);
        if let Cause::Field(field) = cause {
            refuse(field);
            // A checkbox that could not be stored shows the stored state again. A text stays, so that the person can
            // correct it.
            if let Some(input) = field.dyn_ref::<HtmlInputElement>()
                && matches!(input.type_().as_str(), "checkbox" | "radio")
            {
                input.set_checked(input.default_checked());
            }
        }
        fire_error(element, failure, names);
    }

    pub(super) fn set_off(self: &Rc<Self>, event: &Event, element: HtmlElement, cause: Cause) {
        event.prevent_default();
        let pending = self.is_pending() && !matches!(cause, Cause::Field(_));
        if pending || !cause.is_valid(&element) || !is_confirmed(&element) {
            return;
        }
        let outcome = self.clone().start(element, cause);
        // The element shows the outcome.
        spawn_local(async move { drop(outcome.await) });
    }

    /// The element and the event's target, if the event is for this element and no listener has cancelled it.
    pub(super) fn accept(&self, event: &Event) -> Option<(HtmlElement, Element)> {
        let element = self.element()?;
        let target = event.target()?.dyn_into::<Element>().ok()?;
        (!event.default_prevented() && is_nearest(&element, &target)).then_some((element, target))
    }
}

async fn perform(element: &HtmlElement, sql: String, fields: Fields) -> Result<Outcome, Failure> {
    if sql.trim().is_empty() {
        return Err(failure::sql_missing("sqlite-write", "INSERT INTO"));
    }
    let db = db::find(element).ok_or_else(|| db::failure_of_missing(element))?;
    let params = fields.read().await?;
    let connection = db.ready().await?;
    let statement = Statement {
        sql,
        params: Params::Named(params),
    };
    connection.write(Work::batch(vec![statement]), WRITE_TIMEOUT_MS).await
}

/// What the event `done` tells, and what a submission resolves to.
pub(super) fn detail_of(outcome: &Outcome) -> JsValue {
    detail([
        ("changes", (outcome.changes as f64).into()),
        ("lastInsertId", last_insert_id(outcome)),
    ])
}
