//! The element `<sqlite-query>` itself: what it asks, of whom, and what it does with the answer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, WeakRef};
use sqlite_elements::client::{Connection, Subscription};
use sqlite_elements::request::{Failure, FailureKind};
use sqlite_elements::sql::{Code, Params, Rows, SqlFailure, Statement};
use sqlite_elements::web::Timer;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, HtmlFormElement};

use super::form::FormListener;
use super::view::{Speaker, View};
use crate::base::{self, Base, show_states};
use crate::db::{self, Reach, SessionNumber};
use crate::document::{self, Depth};
use crate::event::{detail, fire, fire_error};
use crate::params::Fields;
use crate::schedule::{self, Due, ElementNumber, Look};
use crate::shell::Core;
use crate::tree::{self, set_attribute};
use crate::{failure, style};

mod script;

#[wasm_bindgen(module = "/src/transition.js")]
extern "C" {
    #[wasm_bindgen(js_namespace = transitions, js_name = wanted)]
    fn are_transitions_wanted() -> bool;
    #[wasm_bindgen(js_namespace = transitions, js_name = start)]
    fn start_transition(update: JsValue);
}

/// From how many rows on a page may want the browser to skip those out of sight. It is the page's to say so: what
/// `content-visibility` skips is clipped too, and Chromium is slow at it for list items (1.6 s for 10,000, 0.3 s as blocks).
const MANY: usize = 1_000;
/// How old "3 minutes ago" may be.
const AGING_MS: f64 = 20_000.0;

/// The core of one `<sqlite-query>`.
pub(crate) struct Query {
    number: ElementNumber,
    element: WeakRef<HtmlElement>,
    due: Due,
    asked: RefCell<Option<Asked>>,
    answer: RefCell<Answer>,
    /// The failure that was said last, until something is asked anew or rows are shown.
    told: RefCell<Option<Failure>>,
    /// Whether the answer is to be rendered still.
    fresh: Cell<bool>,
    view: RefCell<View>,
    form: RefCell<Option<FormListener>>,
    refreshing: RefCell<Vec<Function>>,
    /// When what is shown is to be said anew, because it tells how long ago something was.
    aging: RefCell<Option<Timer>>,
    aged: Cell<bool>,
    transition: Cell<Transition>,
}

/// Where a change is that is shown as a view transition.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Transition {
    #[default]
    None,
    /// The browser takes a picture of what is shown now; the change waits for that.
    Begins,
    /// The change is to be made now.
    Due,
}

/// What the element asks now.
struct Asked {
    session: SessionNumber,
    statement: Statement,
    state: AskedState,
    _subscription: Subscription,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AskedState {
    Waiting,
    Answered,
}

/// The latest answer, be it to what is asked now or to what was asked before.
enum Answer {
    None,
    Rows(Rows),
    Failed(Failure, Speaker),
}

/// What the document says the element should ask.
enum Wanted {
    Ask {
        session: SessionNumber,
        connection: Connection,
        statement: Statement,
    },
    /// Of a database that is not ready.
    Wait,
    Fail(Failure, Speaker),
}

impl Core for Query {
    const BASE: Base = Base::Query;
    /// And all `data-*` attributes, which cannot be listed here: `document::watch_data`.
    const ATTRIBUTES: &'static [&'static str] = &["sql", "db", "form", "key", "row-key", "caption"];

    fn begin(element: &HtmlElement) -> Rc<Self> {
        let query = Rc::new(Query::new(element));
        base::attach(element, script::QueryCore::of(query.clone()).into());
        query
    }

    fn connected(self: &Rc<Self>, element: &HtmlElement) {
        document::warn_if_misplaced(element);
        schedule::soon(self.clone());
    }

    fn disconnected(self: &Rc<Self>) {
        schedule::soon(self.clone());
    }

    fn changed(self: &Rc<Self>, attribute: &str) {
        if matches!(attribute, "key" | "row-key" | "caption") {
            self.fresh.set(true);
        }
        schedule::soon(self.clone());
    }
}

impl Look for Query {
    fn due(&self) -> &Due {
        &self.due
    }

    fn look(self: Rc<Self>) {
        let Some(element) = self.element.deref() else { return };
        if !document::is_live(&element) {
            return self.leave(&element);
        }
        let core: Rc<dyn Look> = self.clone();
        schedule::enlist(self.number, Rc::downgrade(&core));
        document::watch(&element, Depth::Descendants);
        document::watch_data(&element);
        style::adopt(&element);
        match self.wanted(&element) {
            Wanted::Ask {
                session,
                connection,
                statement,
            } => {
                let same = |asked: &Asked| asked.session == session && asked.statement == statement;
                if !self.asked.borrow().as_ref().is_some_and(same) {
                    self.ask(session, &connection, statement);
                }
            }
            Wanted::Wait => drop(self.asked.take()),
            Wanted::Fail(failure, speaker) => {
                drop(self.asked.take());
                self.fail(failure, speaker);
            }
        }
        self.render(&element);
    }
}

impl Query {
    fn new(element: &HtmlElement) -> Self {
        Query {
            number: ElementNumber::next(),
            element: WeakRef::new(element),
            due: Due::default(),
            asked: RefCell::default(),
            answer: RefCell::new(Answer::None),
            told: RefCell::default(),
            fresh: Cell::new(false),
            view: RefCell::default(),
            form: RefCell::default(),
            refreshing: RefCell::default(),
            aging: RefCell::default(),
            aged: Cell::new(false),
            transition: Cell::default(),
        }
    }

    /// Gives back what a connected element holds; what it shows stays in it.
    fn leave(&self, element: &Element) {
        schedule::discharge(self.number);
        drop(self.asked.take());
        drop(self.form.take());
        drop(self.aging.take());
        self.view.take().leave(element);
        self.fresh.set(true);
        self.resolve_refreshing();
    }

    fn wanted(self: &Rc<Self>, element: &HtmlElement) -> Wanted {
        let sql = tree::attribute(element, "sql").unwrap_or_default();
        if sql.trim().is_empty() {
            return Wanted::Fail(failure::sql_missing("sqlite-query", "SELECT"), Speaker::Query);
        }
        let mut fields = Fields::of_attributes(element);
        if let Err(failure) = self.add_form(element, &mut fields) {
            return match document::is_parsed(tree::owner(element).expect_throw("a document").as_ref()) {
                true => Wanted::Fail(failure, Speaker::Query),
                false => Wanted::Wait,
            };
        }
        match db::reach(element) {
            Reach::Ready(session, connection) => {
                let statement = Statement {
                    sql,
                    params: Params::Named(fields.values()),
                };
                Wanted::Ask {
                    session,
                    connection,
                    statement,
                }
            }
            Reach::Loading => Wanted::Wait,
            Reach::Failed(failure) => Wanted::Fail(failure, Speaker::Database),
            Reach::Missing => {
                db::missing(element).map_or(Wanted::Wait, |failure| Wanted::Fail(failure, Speaker::Query))
            }
        }
    }

    /// Adds the fields of the form that the element names, and listens to it.
    fn add_form(self: &Rc<Self>, element: &HtmlElement, fields: &mut Fields) -> Result<(), Failure> {
        let Some(id) = tree::attribute(element, "form") else {
            drop(self.form.take());
            return Ok(());
        };
        let form = document::by_id(element, &id).and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
        let form = form.ok_or_else(|| {
            let message = format!(
                "form=\"{id}\" names no form: there is no <form id=\"{id}\"> in the same tree; give one that id"
            );
            Failure::new(FailureKind::State, Code::FormMissing, message)
        })?;
        if !self
            .form
            .borrow()
            .as_ref()
            .is_some_and(|listener| listener.is_of(&form))
        {
            let weak = Rc::downgrade(self);
            let look = move || weak.upgrade().into_iter().for_each(|query| schedule::soon(query));
            let earlier = self.form.replace(Some(FormListener::new(form, look)));
            drop(earlier);
        }
        if let Some(listener) = self.form.borrow().as_ref() {
            fields.add_form(listener.form(), None);
        }
        Ok(())
    }

    fn ask(self: &Rc<Self>, session: SessionNumber, connection: &Connection, statement: Statement) {
        let weak = Rc::downgrade(self);
        let question = statement.clone();
        let subscription = connection.subscribe(statement.clone(), move |answer| {
            if let Some(query) = weak.upgrade() {
                query.answered(session, &question, answer);
            }
        });
        drop(self.told.take());
        let state = AskedState::Waiting;
        let earlier = self.asked.replace(Some(Asked {
            session,
            statement,
            state,
            _subscription: subscription,
        }));
        drop(earlier);
    }

    /// Records only: the subscription must not be dropped from within its own call.
    fn answered(self: Rc<Self>, session: SessionNumber, question: &Statement, answer: Result<Rows, SqlFailure>) {
        match self.asked.borrow_mut().as_mut() {
            Some(asked) if asked.session == session && asked.statement == *question => {
                asked.state = AskedState::Answered
            }
            _ => return,
        }
        match answer {
            Ok(rows) => drop(self.answer.replace(Answer::Rows(rows))),
            Err(failure) => drop(self.answer.replace(Answer::Failed(failure.into(), Speaker::Query))),
        }
        self.fresh.set(true);
        schedule::soon(self);
    }

    fn fail(&self, failure: Failure, speaker: Speaker) {
        let same = matches!(&*self.answer.borrow(), Answer::Failed(before, _) if *before == failure);
        if !same {
            self.answer.replace(Answer::Failed(failure, speaker));
            self.fresh.set(true);
        }
    }

    fn render(self: &Rc<Self>, element: &HtmlElement) {
        // Out of its cell, because what is inserted and removed runs the page's own code.
        let mut view = self.view.take();
        let gone = view.follow(element);
        let changed = self.fresh.take() || gone;
        if !changed
            || !self.has_current_answer()
            || !view.is_complete(element)
            || self.waits_for_picture(element, &view)
        {
            self.fresh.set(changed);
        } else {
            self.show_answer(element, &mut view);
        }
        if matches!(*self.answer.borrow(), Answer::None)
            && let Err(failure) = view.show_loading(element)
        {
            view.show_failure(element, &failure, Speaker::Query);
        }
        if self.aged.take() {
            drop(self.aging.take());
            view.age();
        }
        if view.ages() && self.aging.borrow().is_none() {
            self.aging.replace(Some(self.age_later()));
        }
        let is_many = view.count() >= MANY;
        self.view.replace(view);
        let waits = !self.is_settled();
        set_attribute(element, "state", Some(self.state()));
        set_attribute(element, "aria-busy", waits.then_some("true"));
        show_states(element, &[(self.state(), true), ("many", is_many)]);
        if !waits {
            self.resolve_refreshing();
        }
    }

    /// Whether the browser takes a picture first, of rows that are to change before people's eyes.
    fn waits_for_picture(self: &Rc<Self>, element: &Element, view: &View) -> bool {
        match self.transition.get() {
            Transition::Begins => return true,
            Transition::Due => return false,
            Transition::None if !tree::has_attribute(element, "transition") || !view.shows_rows() => return false,
            Transition::None if !are_transitions_wanted() => return false,
            Transition::None => self.transition.set(Transition::Begins),
        }
        let query = self.clone();
        start_transition(Closure::once_into_js(move || {
            query.transition.set(Transition::Due);
            query.clone().look();
            query.transition.set(Transition::None);
        }));
        true
    }

    fn age_later(self: &Rc<Self>) -> Timer {
        let weak = Rc::downgrade(self);
        Timer::after(AGING_MS, move || {
            if let Some(query) = weak.upgrade() {
                query.aged.set(true);
                schedule::soon(query);
            }
        })
    }

    fn show_answer(self: &Rc<Self>, element: &HtmlElement, view: &mut View) {
        let (columns, values) = match &*self.answer.borrow() {
            Answer::None => return,
            Answer::Failed(failure, speaker) => {
                view.show_failure(element, failure, *speaker);
                if *speaker == Speaker::Query {
                    self.tell(element, failure);
                }
                return;
            }
            Answer::Rows(rows) => rows.table(),
        };
        let count = values.len();
        let weak = Rc::downgrade(self);
        let again = move || {
            if let Some(query) = weak.upgrade() {
                query.fresh.set(true);
                schedule::soon(query);
            }
        };
        match view.show_rows(element, &columns, values, again) {
            Ok(()) => {
                drop(self.told.take());
                fire(element, "rows", detail([("count", (count as f64).into())]));
            }
            Err(failure) => {
                view.show_failure(element, &failure, Speaker::Query);
                self.tell(element, &failure);
                self.answer.replace(Answer::Failed(failure, Speaker::Query));
            }
        }
    }

    /// Says what failed, once: the same failure may come with each commit.
    fn tell(&self, element: &Element, failure: &Failure) {
        if self.told.replace(Some(failure.clone())).as_ref() != Some(failure) {
            fire_error(element, failure, &self.names());
        }
    }

    /// What the parameters of what is asked are called.
    fn names(&self) -> Vec<String> {
        match self.asked.borrow().as_ref().map(|asked| &asked.statement.params) {
            Some(Params::Named(values)) => values.iter().map(|(name, _)| name.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether what is shown answers what is asked.
    fn is_settled(&self) -> bool {
        self.has_current_answer() && !self.fresh.get()
    }

    /// Whether the latest answer is one to what is asked now, or says why nothing can be asked.
    fn has_current_answer(&self) -> bool {
        match self.asked.borrow().as_ref() {
            Some(asked) => asked.state == AskedState::Answered,
            None => matches!(*self.answer.borrow(), Answer::Failed(..)),
        }
    }

    fn state(&self) -> &'static str {
        match &*self.answer.borrow() {
            Answer::None => "loading",
            Answer::Rows(rows) if rows.is_empty() => "empty",
            Answer::Rows(_) => "ready",
            Answer::Failed(..) => "error",
        }
    }

    fn resolve_refreshing(&self) {
        for resolve in self.refreshing.take() {
            resolve
                .call0(&JsValue::UNDEFINED)
                .expect_throw("resolving a promise does not throw");
        }
    }
}

impl Drop for Query {
    fn drop(&mut self) {
        schedule::discharge(self.number);
    }
}
