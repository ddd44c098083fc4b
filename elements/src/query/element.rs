//! The element `<sqlite-query>`: what it asks, which database it asks, and what it does with the answer.

#![cfg(target_family = "wasm")]

use std::cell::{Cell, Ref, RefCell};
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
use crate::base::show_states;
use crate::db::{self, OpeningNumber, Reach};
use crate::document::{self, Depth};
use crate::event::{detail, fire, fire_error};
use crate::params::Fields;
use crate::schedule::{self, Due, ElementNumber, Look};
use crate::tree::{self, set_attribute};
use crate::{failure, style};

#[wasm_bindgen(module = "/src/transition.js")]
extern "C" {
    #[wasm_bindgen(js_namespace = transitions, js_name = wanted)]
    fn are_transitions_wanted() -> bool;
    #[wasm_bindgen(js_namespace = transitions, js_name = start)]
    fn start_transition(update: JsValue);
}

/// The number of rows from which the element has the state `many`. A page may then let the browser skip rows that are
/// out of sight. The library does not do that by itself: `content-visibility` also clips what it skips, and Chromium is
/// slow at it for list items (1.6 s for 10,000; 0.3 s as blocks).
const MANY: usize = 1_000;
/// How old a text such as "3 minutes ago" may become.
const AGING_MS: f64 = 20_000.0;

/// The core of one `<sqlite-query>`.
pub(crate) struct Query {
    number: ElementNumber,
    element: WeakRef<HtmlElement>,
    due: Due,
    asked: RefCell<Option<Asked>>,
    answer: RefCell<Answer>,
    /// The failure that was reported last. Cleared by a new question and by rows.
    told: RefCell<Option<Failure>>,
    /// Whether the answer must still be rendered.
    fresh: Cell<bool>,
    view: RefCell<View>,
    form: RefCell<Option<FormListener>>,
    refreshing: RefCell<Vec<Function>>,
    /// The timer that renews the texts that say how long ago something was.
    aging: RefCell<Option<Timer>>,
    aged: Cell<bool>,
    transition: Cell<Transition>,
}

/// The stage of a change that is shown as a view transition.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Transition {
    #[default]
    None,
    /// The browser captures the current rows. The change waits until it has.
    Begins,
    /// The change must be made now.
    Due,
}

/// What the element asks now.
struct Asked {
    session: OpeningNumber,
    statement: Statement,
    state: AskedState,
    _subscription: Subscription,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AskedState {
    Waiting,
    Answered,
}

/// The latest answer, to the current question or to an earlier one.
enum Answer {
    None,
    Rows(Rows),
    Failed(Failure, Speaker),
}

/// What the element should ask, according to the document.
enum Wanted {
    Ask {
        session: OpeningNumber,
        connection: Connection,
        statement: Statement,
    },
    /// The database is not ready, or the parser may still find what is missing.
    Wait,
    Fail(Failure, Speaker),
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
    pub(super) fn new(element: &HtmlElement) -> Self {
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

    pub(super) fn number(&self) -> ElementNumber {
        self.number
    }

    /// Why the state is `error`.
    pub(super) fn failure(&self) -> Option<Ref<'_, Failure>> {
        let failure = Ref::filter_map(self.answer.borrow(), |answer| match answer {
            Answer::Failed(failure, _) => Some(failure),
            Answer::None | Answer::Rows(_) => None,
        });
        failure.ok()
    }

    /// The rows of the latest answer, if it has any.
    pub(super) fn rows(&self) -> Option<Ref<'_, Rows>> {
        let rows = Ref::filter_map(self.answer.borrow(), |answer| match answer {
            Answer::Rows(rows) => Some(rows),
            Answer::None | Answer::Failed(..) => None,
        });
        rows.ok()
    }

    /// Makes the element render its answer again at its next look.
    pub(super) fn refresh_view(&self) {
        self.fresh.set(true);
    }

    /// Asks again. `resolve` is called when the answer is shown.
    pub(super) fn ask_again(self: &Rc<Self>, resolve: Function) {
        drop(self.asked.take());
        self.refreshing.borrow_mut().push(resolve);
        schedule::soon(self.clone());
    }

    /// Gives back what a connected element holds. The nodes that it shows stay in it.
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
            return match document::is_parsed(&document::of(element)) {
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

    /// Adds the fields of the form that the element names, and listens to that form.
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

    fn ask(self: &Rc<Self>, session: OpeningNumber, connection: &Connection, statement: Statement) {
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

    /// Only records the answer: the subscription must not be dropped from within its own callback.
    fn answered(self: Rc<Self>, session: OpeningNumber, question: &Statement, answer: Result<Rows, SqlFailure>) {
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
        // The view is taken out of its cell: inserting and removing nodes runs the page's own code, which may call this
        // element.
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

    /// Whether the change must wait for a view transition. If rows will change while a person sees them, the browser
    /// captures them first.
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
            // At once and not in a microtask: the browser captures the new state when this callback returns.
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

    /// Reports a failure once: the same failure may come with every commit.
    fn tell(&self, element: &Element, failure: &Failure) {
        if self.told.replace(Some(failure.clone())).as_ref() != Some(failure) {
            fire_error(element, failure, &self.names());
        }
    }

    /// The names of the current parameters.
    fn names(&self) -> Vec<String> {
        match self.asked.borrow().as_ref().map(|asked| &asked.statement.params) {
            Some(Params::Named(values)) => values.iter().map(|(name, _)| name.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the element shows the answer to the current question.
    fn is_settled(&self) -> bool {
        self.has_current_answer() && !self.fresh.get()
    }

    /// Whether the latest answer is to the current question, or says why nothing can be asked.
    fn has_current_answer(&self) -> bool {
        match self.asked.borrow().as_ref() {
            Some(asked) => asked.state == AskedState::Answered,
            None => matches!(*self.answer.borrow(), Answer::Failed(..)),
        }
    }

    /// The attribute `state`.
    pub(super) fn state(&self) -> &'static str {
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
