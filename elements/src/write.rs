//! `<sqlite-write sql="INSERT INTO …">`: runs a statement for a form, a button or a field.
//!
//! If the element contains a `<form>`, submitting the form runs the statement. If it contains no form, its buttons run
//! it. If it has neither, a change of its field runs it (a checkbox in a row). The named fields and the `data-*`
//! attributes are bound as parameters (`params`). The write goes to the leader, in whichever tab that is. While the
//! write is under way, the buttons are disabled. An error message is shown beside them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Promise, WeakRef};
use sqlite_elements::client::{js_error, last_insert_id, promise};
use sqlite_elements::durations::WRITE_TIMEOUT_MS;
use sqlite_elements::request::Failure;
use sqlite_elements::sql::{Outcome, Params, Statement, Work};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    AddEventListenerOptions, Element, Event, EventTarget, HtmlElement, HtmlFormElement, HtmlInputElement, SubmitEvent,
};

use crate::base::{self, Base, show_states};
use crate::event::{detail, fire, fire_error};
use crate::notice::Place;
use crate::params::{Fields, is_nearest, is_valid, reset_form, said_by_form};
use crate::shell::Core;
use crate::tree::{self, set_attribute};
use crate::{buttons, db, document, failure, notice, style};

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

/// What started a write.
enum Cause {
    Form {
        form: HtmlFormElement,
        /// The form's values when it was submitted.
        said: Array,
        submitter: Option<Element>,
    },
    Button(Element),
    Field(Element),
    Script,
}

impl Cause {
    /// Whether the fields are valid. The browser has validated a form before it submits it.
    fn is_valid(&self, element: &Element) -> bool {
        match self {
            Cause::Button(button) => tree::has_attribute(button, "formnovalidate") || is_valid(element, None),
            Cause::Field(field) => is_valid(element, Some(field)),
            Cause::Form { .. } | Cause::Script => true,
        }
    }
}

impl Core for Write {
    const BASE: Base = Base::Write;
    const ATTRIBUTES: &'static [&'static str] = &[];

    fn begin(element: &HtmlElement) -> Rc<Self> {
        let write = Rc::new(Write {
            element: WeakRef::new(element),
            pending: Cell::new(0),
            failure: RefCell::default(),
        });
        base::attach(element, WriteCore(write.clone()).into());
        write
    }

    fn connected(self: &Rc<Self>, element: &HtmlElement) {
        style::adopt(element);
        document::warn_if_misplaced(element);
    }
}

impl Write {
    /// Starts the statement. This call reads the fields and disables the buttons.
    fn start(
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
    fn withdraw(&self, element: &Element) {
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
        let (pending, failed) = (self.pending.get() > 0, self.failure.borrow().is_some());
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
        notice::show(element, failure, Place::Last);
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

    fn set_off(self: &Rc<Self>, event: &Event, element: HtmlElement, cause: Cause) {
        event.prevent_default();
        let pending = self.pending.get() > 0 && !matches!(cause, Cause::Field(_));
        if pending || !cause.is_valid(&element) || !is_confirmed(&element) {
            return;
        }
        let outcome = self.clone().start(element, cause);
        // The element shows the outcome.
        spawn_local(async move { drop(outcome.await) });
    }

    /// The element and the event's target, if the event is for this element and no listener has cancelled it.
    fn accept(&self, event: &Event) -> Option<(HtmlElement, Element)> {
        let element: HtmlElement = self.element.deref()?;
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

fn fields_of(element: &HtmlElement, cause: &Cause) -> Fields {
    let mut fields = Fields::of_attributes(element);
    match cause {
        Cause::Form { form, submitter, .. } => fields.add_form(form, submitter.as_ref()),
        Cause::Button(button) => {
            fields.add_within(element);
            fields.add_button(button);
        }
        Cause::Field(_) => fields.add_within(element),
        Cause::Script => match form_in(element) {
            Some(form) => fields.add_form(&form, None),
            None => fields.add_within(element),
        },
    }
    fields
}

fn form_in(element: &Element) -> Option<HtmlFormElement> {
    let form = tree::find(element, "form:not([id^=sqlite-radios-])")?;
    is_nearest(element, &form).then(|| form.unchecked_into())
}

fn is_confirmed(element: &Element) -> bool {
    tree::attribute(element, "confirm").is_none_or(|question| {
        let window = web_sys::window().expect_throw("elements live in a window");
        window.confirm_with_message(&question).unwrap_or(false)
    })
}

fn detail_of(outcome: &Outcome) -> JsValue {
    detail([
        ("changes", (outcome.changes as f64).into()),
        ("lastInsertId", last_insert_id(outcome)),
    ])
}

/// The core, as `base.js` sees it.
#[wasm_bindgen(skip_typescript)]
pub struct WriteCore(Rc<Write>);

#[wasm_bindgen]
impl WriteCore {
    /// Whether a write is under way.
    #[wasm_bindgen(getter)]
    pub fn pending(&self) -> bool {
        self.0.pending.get() > 0
    }

    /// Why the last write failed, or `null`.
    #[wasm_bindgen(getter)]
    pub fn error(&self) -> JsValue {
        self.0.failure.borrow().as_ref().map_or(JsValue::NULL, js_error)
    }

    /// Runs the statement with the current values of the fields. The promise rejects as that of `Database.queueWrite`
    /// does.
    pub fn submit(&self) -> Promise {
        let Some(element) = self.0.element.deref() else {
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
        if let (Some(element), Some(target)) = (self.0.element.deref(), target.dyn_ref::<Element>())
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
