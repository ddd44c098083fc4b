//! When an element looks at the document: once, in a microtask, after any number of changes.
//!
//! The crate `custom-elements` locks an element's state while one of its callbacks runs. Setting one of the element's
//! own attributes there would call back into the locked state. So the callbacks here only record "look again":
//! [`soon`]. The look compares what the document says with what is in effect. So the order of attributes, children,
//! insertion and definition does not matter. An element that is moved (removed and inserted within one task) finds
//! nothing to do.

#![cfg(target_family = "wasm")]

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use sqlite_elements::ascending::Ascending;
use wasm_bindgen_futures::spawn_local;

/// The number of one element. It is unique in this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ElementNumber(pub(crate) u32);

/// Whether a look is due.
#[derive(Debug, Default)]
pub(crate) struct Due(Cell<bool>);

/// What every element's core can do.
pub(crate) trait Look {
    /// Whether this core has a look ahead of it.
    fn due(&self) -> &Due;

    /// Brings into effect what the document says. Never called from within a callback of the element.
    fn look(self: Rc<Self>);
}

thread_local! {
    static NEXT_NUMBER: Cell<u32> = const { Cell::new(1) };
    static LOOKING: RefCell<Ascending<ElementNumber, Weak<dyn Look>>> = const { RefCell::new(Ascending::new()) };
}

impl ElementNumber {
    /// A number that no element has yet.
    pub(crate) fn next() -> Self {
        ElementNumber(NEXT_NUMBER.replace(NEXT_NUMBER.get() + 1))
    }
}

/// Makes a core look in a microtask. Further calls before that microtask add nothing.
pub(crate) fn soon(core: Rc<dyn Look>) {
    if core.due().0.replace(true) {
        return;
    }
    spawn_local(async move {
        // Cleared before the look, so that a change during the look causes another one.
        core.due().0.set(false);
        core.look();
    });
}

/// From now on [`announce`] and [`soon_by_number`] reach this core. To repeat the call is harmless.
pub(crate) fn enlist(number: ElementNumber, core: Weak<dyn Look>) {
    LOOKING.with_borrow_mut(|looking| looking.insert(number, core));
}

/// From now on [`announce`] and [`soon_by_number`] no longer reach this core.
pub(crate) fn discharge(number: ElementNumber) {
    // While the page itself is unloaded, this list may be dropped before an element.
    let _ = LOOKING.try_with(|looking| looking.borrow_mut().remove(&number));
}

/// Makes all connected elements look again: a database came, went, or became ready, or the document is parsed.
pub(crate) fn announce() {
    let cores: Vec<_> = LOOKING.with_borrow(|looking| looking.values().filter_map(Weak::upgrade).collect());
    cores.into_iter().for_each(soon);
}

/// Makes the core with this number look, as [`soon`] does.
pub(crate) fn soon_by_number(number: ElementNumber) {
    if let Some(core) = LOOKING.with_borrow(|looking| looking.get(&number).and_then(Weak::upgrade)) {
        soon(core);
    }
}
