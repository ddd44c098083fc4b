//! `<sqlite-write sql="INSERT INTO …">`: runs a statement for a form, a button or a field.
//!
//! If the element contains a `<form>`, submitting the form runs the statement. If it contains no form, its buttons run
//! it. If it has neither, a change of its field runs it (a checkbox in a row). The named fields and the `data-*`
//! attributes are bound as parameters (`params`). The write goes to the leader, in whichever tab that is. While the
//! write is under way, the buttons are disabled. An error message is shown beside them.
//!
//! | file | of |
//! |---|---|
//! | [`element`] | the element: its statement, and what became of it |
//! | [`cause`] | what starts a write, and what is bound then |
//! | [`script`] | the element as the page sees it |

#![cfg(target_family = "wasm")]

mod cause;
mod element;
mod script;

pub(crate) use element::Write;
