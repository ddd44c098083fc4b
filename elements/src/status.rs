//! `<sqlite-status>`: which tab leads, what a stored write survives, how many writes wait, and how long the last change
//! took to arrive in this tab.
//!
//! Only the leadership is announced to screen readers (`role="status"`). The numbers change many times a second, so the
//! elements that show them are silent.

#![cfg(target_family = "wasm")]

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::WeakRef;
use sqlite_elements::client::{Connection, Listener};
use sqlite_elements::storage::Durability;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, HtmlElement};

use crate::base::{self, Base};
use crate::db::{self, OpeningNumber, Reach};
use crate::document;
use crate::schedule::{self, Due, ElementNumber, Look};
use crate::shell::Core;
use crate::{style, tree};

/// The core of one `<sqlite-status>`.
pub(crate) struct StatusLine {
    number: ElementNumber,
    element: WeakRef<HtmlElement>,
    due: Due,
    listening: RefCell<Option<Listening>>,
    parts: RefCell<Option<Parts>>,
}

struct Listening {
    session: OpeningNumber,
    connection: Connection,
    _listener: Listener,
}

/// The elements that show the texts. They are in the document while the status element is.
struct Parts {
    role: Element,
    durability: Element,
    pending: Element,
    latency: Element,
}

impl Core for StatusLine {
    const BASE: Base = Base::Status;
    const ATTRIBUTES: &'static [&'static str] = &["db"];

    fn begin(element: &HtmlElement) -> Rc<Self> {
        let status = Rc::new(StatusLine {
            number: ElementNumber::next(),
            element: WeakRef::new(element),
            due: Due::default(),
            listening: RefCell::default(),
            parts: RefCell::default(),
        });
        base::attach(element, StatusCore(status.clone()).into());
        status
    }

    fn look_soon(self: &Rc<Self>) {
        schedule::soon(self.clone());
    }
}

impl Look for StatusLine {
    fn due(&self) -> &Due {
        &self.due
    }

    fn look(self: Rc<Self>) {
        let Some(element) = document::connected(&self.element) else {
            schedule::discharge(self.number);
            drop(self.listening.take());
            self.parts.take().iter().for_each(Parts::remove);
            return;
        };
        let core: Rc<dyn Look> = self.clone();
        schedule::enlist(self.number, Rc::downgrade(&core));
        style::adopt(&element);
        let mut parts = self.parts.borrow_mut();
        let parts = parts.get_or_insert_with(|| Parts::new(&element));
        match db::reach(&element) {
            Reach::Ready(session, connection) => {
                self.listen(session, connection);
                self.show(parts);
            }
            Reach::Loading => self.show_nobody(parts, "connecting"),
            Reach::Failed(_) => self.show_nobody(parts, "unavailable"),
            Reach::Missing => self.show_nobody(parts, "no database"),
        }
    }
}

impl StatusLine {
    fn listen(self: &Rc<Self>, session: OpeningNumber, connection: Connection) {
        if self
            .listening
            .borrow()
            .as_ref()
            .is_some_and(|listening| listening.session == session)
        {
            return;
        }
        let weak = Rc::downgrade(self);
        let listener = connection.listen(move |_| weak.upgrade().into_iter().for_each(|status| schedule::soon(status)));
        let earlier = self.listening.replace(Some(Listening {
            session,
            connection,
            _listener: listener,
        }));
        drop(earlier);
    }

    fn show(&self, parts: &Parts) {
        let listening = self.listening.borrow();
        let Some(status) = listening.as_ref().map(|listening| listening.connection.status()) else {
            return;
        };
        let role = match (status.leader.is_leader, status.leader.leader_id.is_empty()) {
            (true, _) => "leader",
            (false, false) => "follower",
            (false, true) => "no leader",
        };
        let role = match status.in_memory {
            Some(_) => "in memory only",
            None => role,
        };
        set_text(&parts.role, role);
        let durability = match (&status.in_memory, status.durability) {
            (Some(_), _) => "",
            (None, Durability::Relaxed) => "survives crashes",
            (None, Durability::Strict) => "survives power cuts",
        };
        set_text(&parts.durability, durability);
        let pending = match status.pending {
            0 => String::new(),
            1 => "1 write pending".to_owned(),
            writes => format!("{writes} writes pending"),
        };
        set_text(&parts.pending, &pending);
        // A leader's own commits do not arrive from another tab. A change that arrived before this tab led is out of
        // date.
        let last_change = status.last_change.filter(|_| !status.leader.is_leader);
        let latency = last_change.and_then(|change| change.latency_ms);
        set_text(
            &parts.latency,
            &latency
                .map(|latency_ms| format!("{} ms", latency_ms.round() as u64))
                .unwrap_or_default(),
        );
    }

    fn show_nobody(&self, parts: &Parts, role: &str) {
        drop(self.listening.take());
        set_text(&parts.role, role);
        set_text(&parts.durability, "");
        set_text(&parts.pending, "");
        set_text(&parts.latency, "");
    }
}

impl Parts {
    fn new(element: &HtmlElement) -> Self {
        let document = document::of(element);
        let parts = Parts {
            role: part(&document, element, "role"),
            durability: part(&document, element, "durability"),
            pending: part(&document, element, "pending"),
            latency: part(&document, element, "latency"),
        };
        tree::set_attribute(&parts.role, "role", Some("status"));
        parts
    }

    fn remove(&self) {
        [&self.role, &self.durability, &self.pending, &self.latency]
            .into_iter()
            .for_each(|part| tree::detach(part));
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        schedule::discharge(self.number);
    }
}

fn part(document: &Document, element: &HtmlElement, name: &str) -> Element {
    let part = tree::create(document, "span");
    tree::set_attribute(&part, "part", Some(name));
    tree::append(element, &part);
    set_text(&part, "");
    part
}

fn set_text(part: &Element, text: &str) {
    if part.text_content().as_deref() != Some(text) {
        part.set_text_content(Some(text));
    }
    tree::set_attribute(part, "hidden", text.is_empty().then_some(""));
}

/// The core, as `base.js` sees it. `base.js` only keeps it alive.
#[wasm_bindgen(skip_typescript)]
pub struct StatusCore(#[expect(dead_code)] Rc<StatusLine>);
