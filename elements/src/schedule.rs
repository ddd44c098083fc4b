//! When an element looks at itself: once, in a microtask, after whatever has happened to it.
//!
//! The crate `custom-elements` locks an element's state while one of its callbacks runs, and setting an own attribute
//! there would enter it again. So the callbacks here record nothing but "look again": [`soon`]. The look compares
//! what the document says with what is in effect. That makes the order of attributes, children, insertion and
//! definition immaterial, and an element that is moved (taken out and put in within one task) finds nothing to do.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use sqlite_elements::ascending::Ascending;
use wasm_bindgen_futures::spawn_local;

/// Names one element of this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ElementNumber(pub(crate) u32);

/// Whether a look is due.
#[derive(Debug, Default)]
pub(crate) struct Due(Cell<bool>);

/// What every element's core can do.
pub(crate) trait Look {
    fn due(&self) -> &Due;

    /// Brings into effect what the document says. Never called from within a callback of the element.
    fn look(self: Rc<Self>);
}

thread_local! {
    static NEXT_NUMBER: Cell<u32> = const { Cell::new(1) };
    static LOOKING: RefCell<Ascending<ElementNumber, Weak<dyn Look>>> = const { RefCell::new(Ascending::new()) };
}

impl ElementNumber {
    pub(crate) fn next() -> Self {
        ElementNumber(NEXT_NUMBER.replace(NEXT_NUMBER.get() + 1))
    }
}

/// Lets a core look in a microtask; further calls until then are one.
pub(crate) fn soon(core: Rc<dyn Look>) {
    if core.due().0.replace(true) {
        return;
    }
    spawn_local(async move {
        core.due().0.set(false);
        core.look();
    });
}

/// From now on the core hears [`announce`] and [`soon_by_number`]. Harmless when repeated.
pub(crate) fn enlist(number: ElementNumber, core: Weak<dyn Look>) {
    LOOKING.with_borrow_mut(|looking| looking.insert(number, core));
}

pub(crate) fn discharge(number: ElementNumber) {
    // An element may go while the page itself goes, after the list has.
    let _ = LOOKING.try_with(|looking| looking.borrow_mut().remove(&number));
}

/// All connected elements look again: a database came, went, or became ready, or the document is parsed.
pub(crate) fn announce() {
    let cores: Vec<_> = LOOKING.with_borrow(|looking| looking.values().filter_map(Weak::upgrade).collect());
    cores.into_iter().for_each(soon);
}

pub(crate) fn soon_by_number(number: ElementNumber) {
    if let Some(core) = LOOKING.with_borrow(|looking| looking.get(&number).and_then(Weak::upgrade)) {
        soon(core);
    }
}
