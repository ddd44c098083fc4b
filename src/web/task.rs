//! A task of its own, as soon as the browser gets to it, in a page and in a worker alike.
//!
//! Used by timers without a delay, and by code that dispatches events. Tasks come from a MessageChannel: `setTimeout`
//! waits 4 ms where timers set timers (HTML, 8.7, "timer initialization steps": a nesting level above 5), and up to a
//! second in a hidden tab. They run in the order of the calls, after what the browser has queued before.

use std::cell::RefCell;
use std::collections::VecDeque;

use wasm_bindgen::prelude::*;
use web_sys::MessageChannel;

type Task = Box<dyn FnOnce()>;

struct Tasks {
    channel: MessageChannel,
    waiting: VecDeque<Task>,
    _run: Closure<dyn FnMut()>,
}

thread_local! {
    static TASKS: RefCell<Option<Tasks>> = const { RefCell::new(None) };
}

/// Runs `task` in an event-loop task of its own.
pub fn in_task(task: impl FnOnce() + 'static) {
    TASKS.with_borrow_mut(|tasks| {
        let tasks = tasks.get_or_insert_with(Tasks::new);
        tasks.waiting.push_back(Box::new(task));
        tasks
            .channel
            .port2()
            .post_message(&JsValue::NULL)
            .expect_throw("null can be posted");
    });
}

impl Tasks {
    fn new() -> Self {
        let channel = MessageChannel::new().expect_throw("MessageChannel exists");
        let run = Closure::new(|| {
            let task = TASKS.with_borrow_mut(|tasks| tasks.as_mut().and_then(|tasks| tasks.waiting.pop_front()));
            // The borrow has ended: a task may call `in_task`.
            if let Some(task) = task {
                task();
            }
        });
        channel.port1().set_onmessage(Some(run.as_ref().unchecked_ref()));
        Tasks {
            channel,
            waiting: VecDeque::new(),
            _run: run,
        }
    }
}
