//! The class `Database` of JavaScript. Its public types and texts are in `elements/sqlite-elements.d.ts`.
//!
//! Only translation: arguments in, results and errors out. A registered callback or live query keeps its connection alive, so a page that lets go of the
//! object still hears its events. `close()` ends both.
//!
//! Arguments are read before a method returns, because script may reuse its array for the next call. So methods
//! return a `Promise`: an async method exported by wasm-bindgen reads its arguments in a later microtask. The calls
//! themselves are made in that microtask, in the order of the methods.

#![cfg(target_family = "wasm")]

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{Array, Function, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::abort;
use super::arguments::{
    bytes, callback, durability, elapsed_ms, flag, milliseconds, name as name_of, signal, statement, statements, text,
};
use super::connection::{Connection, Listener, OpenOptions, Subscription};
use super::error::{ArgumentError, js_error};
use super::optimistic::OptimisticMode;
use super::promise::{done, promise};
use super::result::{change_detail, metrics_json, query_result, rows_object, set};
use crate::ascending::Ascending;
use crate::durations::WRITE_TIMEOUT_MS;
use crate::request::{Event, Failure, LeaderInfo, Metrics, MetricsAction, NonLeaderWrites, Origin};
use crate::sql::{Outcome, Rows, SqlFailure, Statement, Work};
use crate::storage::{Durability, IndexedDbStore, Store};
use crate::web::{report_exception, since_start_ms};

/// The class `Database` of JavaScript: one user of a database.
#[wasm_bindgen]
pub struct Database {
    connection: Connection,
    registered: Rc<RefCell<Registered>>,
    /// Set by `close()` at once. The connection closes in a later microtask, after the calls before it.
    closing: Cell<bool>,
}

/// Ends one live query by `unsubscribe()`. Letting go of the object does not end the query.
#[wasm_bindgen]
pub struct LiveQuery {
    registered: Weak<RefCell<Registered>>,
    number: u32,
}

/// The callbacks and live queries of script.
#[derive(Default)]
struct Registered {
    last: u32,
    live: Ascending<u32, Subscription>,
    changes: Vec<Listener>,
}

#[wasm_bindgen]
impl Database {
    /// Opens a database. Resolves when it is open and a leader is known.
    #[wasm_bindgen(js_name = newDatabase)]
    pub fn new_database(name: JsValue, options: JsValue) -> Promise {
        let asked = name_of(&name).and_then(|name| Ok((name, durability(&options)?)));
        promise(async move {
            let (name, durability) = asked?;
            let connection = Connection::open(&name, OpenOptions { durability });
            connection.opened().await?;
            connection.led().await?;
            Ok(Database::from(connection).into())
        })
    }

    /// Runs a statement as what SQLite says it is.
    pub fn execute(&self, sql: JsValue, params: JsValue) -> Promise {
        let (connection, statement) = (self.connection.clone(), statement(&sql, &params));
        result(async move { Ok(connection.execute(statement?).await?) })
    }

    /// The same as `execute`.
    #[wasm_bindgen(js_name = executeWithParams)]
    pub fn execute_with_params(&self, sql: JsValue, params: JsValue) -> Promise {
        self.execute(sql, params)
    }

    /// Runs a statement that only reads, until the signal in its options aborts.
    pub fn query(&self, sql: JsValue, params: JsValue, options: JsValue) -> Promise {
        let asked = statement(&sql, &params).and_then(|statement| Ok((statement, signal(&options)?)));
        let connection = self.connection.clone();
        result(async move {
            match asked? {
                (statement, None) => Ok(connection.query(statement, None).await?),
                (statement, Some(signal)) => abort::query(&connection, statement, signal).await,
            }
        })
    }

    /// Resolves to the kind of a statement. Nothing is run.
    pub fn classify(&self, sql: JsValue) -> Promise {
        let (connection, sql) = (self.connection.clone(), text("sql", &sql));
        promise(async move { Ok(connection.classify(sql?).await?.name().into()) })
    }

    /// Queues one statement for the leader, with the default timeout.
    #[wasm_bindgen(js_name = queueWrite)]
    pub fn queue_write(&self, sql: JsValue, params: JsValue) -> Promise {
        self.write(one(&sql, &params), Ok(WRITE_TIMEOUT_MS))
    }

    /// Queues one statement for the leader, with a timeout in milliseconds.
    #[wasm_bindgen(js_name = queueWriteWithTimeout)]
    pub fn queue_write_with_timeout(&self, sql: JsValue, timeout_ms: JsValue, params: JsValue) -> Promise {
        self.write(one(&sql, &params), milliseconds("timeoutMs", &timeout_ms))
    }

    /// Queues several statements for the leader as one write.
    pub fn batch(&self, batch: JsValue) -> Promise {
        self.write(statements(&batch), Ok(WRITE_TIMEOUT_MS))
    }

    /// Stops every query of this page on this database. Writes go on.
    pub fn interrupt(&self) -> Promise {
        let connection = self.connection.clone();
        promise(async move { done(connection.interrupt()) })
    }

    /// Resolves to the database as an SQLite file.
    pub fn export(&self) -> Promise {
        let connection = self.connection.clone();
        promise(async move { Ok(Uint8Array::from(connection.export().await?.as_slice()).into()) })
    }

    /// Replaces the database by an SQLite file.
    pub fn import(&self, file: JsValue) -> Promise {
        let (connection, given) = (self.connection.clone(), bytes("file", &file));
        promise(async move {
            let file = given?.await?;
            done(connection.import(file).await)
        })
    }

    /// `"indexeddb"`, or `"memory"` where the browser offers no storage.
    #[wasm_bindgen(getter)]
    pub fn storage(&self) -> String {
        let in_memory = self.connection.status().in_memory;
        in_memory.map_or("indexeddb", |_| "memory").to_owned()
    }

    /// The id of this tab, as in `LeaderInfo.leaderId`; empty until the database is open.
    #[wasm_bindgen(getter, js_name = instanceId)]
    pub fn instance_id(&self) -> String {
        self.connection.status().tab.unwrap_or_default()
    }

    /// Resolves to whether this tab leads.
    #[wasm_bindgen(js_name = isLeader)]
    pub fn is_leader(&self) -> Promise {
        self.leadership(|info| info.is_leader.into())
    }

    /// Resolves to `{ isLeader, leaderId, leaseExpiry }`, the last in milliseconds since the Unix epoch.
    #[wasm_bindgen(js_name = getLeaderInfo)]
    pub fn leader_info(&self) -> Promise {
        self.leadership(|info| {
            let object = Object::new();
            set(&object, "isLeader", &info.is_leader.into());
            set(&object, "leaderId", &info.leader_id.as_str().into());
            set(&object, "leaseExpiry", &(info.lease_expiry_ms as f64).into());
            object.into()
        })
    }

    /// Resolves when this tab leads. Rejects after five seconds.
    #[wasm_bindgen(js_name = waitForLeadership)]
    pub fn wait_for_leadership(&self) -> Promise {
        let connection = self.connection.clone();
        promise(async move { done(connection.lead().await) })
    }

    /// Asks for leadership. Resolves when this tab leads.
    #[wasm_bindgen(js_name = requestLeadership)]
    pub fn request_leadership(&self) -> Promise {
        let connection = self.connection.clone();
        promise(async move { done(connection.request_leadership().await) })
    }

    /// Sets whether `execute` forwards row writes to the leader, or refuses them.
    #[wasm_bindgen(js_name = allowNonLeaderWrites)]
    pub fn allow_non_leader_writes(&self, allow: JsValue) -> Promise {
        let policy = flag("allow", &allow).map(|allow| match allow {
            true => NonLeaderWrites::Forwarded,
            false => NonLeaderWrites::Refused,
        });
        let connection = self.connection.clone();
        promise(async move { done(connection.set_non_leader_writes(policy?).await) })
    }

    /// Calls `each` with the kind and the details of every commit of another tab.
    #[wasm_bindgen(js_name = onDataChange)]
    pub fn on_data_change(&self, each: JsValue) -> Result<(), JsValue> {
        let each = callback("the callback", each)?;
        self.usable()?;
        let alive = self.clone_handles();
        let listener = self.connection.listen(move |event| {
            let _alive = &alive;
            if let Event::Changed(change) = event
                && change.origin == Origin::Elsewhere
            {
                report_thrown(each.call2(&JsValue::UNDEFINED, &change.kind.name().into(), &change_detail(change)));
            }
        });
        self.registered.borrow_mut().changes.push(listener);
        Ok(())
    }

    /// Calls `each` with the rows of a query, soon and again whenever a commit changed them.
    #[wasm_bindgen(js_name = liveQuery)]
    pub fn live_query(&self, sql: JsValue, params: JsValue, each: JsValue) -> Result<LiveQuery, JsValue> {
        let statement = statement(&sql, &params)?;
        let each = callback("the callback", each)?;
        self.usable()?;
        let alive = self.clone_handles();
        let subscription = self.connection.subscribe(statement, move |rows| {
            let _alive = &alive;
            call_with_rows(&each, rows);
        });
        let mut registered = self.registered.borrow_mut();
        registered.last += 1;
        let number = registered.last;
        registered.live.insert(number, subscription);
        Ok(LiveQuery {
            registered: Rc::downgrade(&self.registered),
            number,
        })
    }

    /// Resolves when all earlier writes of this page are settled.
    pub fn sync(&self) -> Promise {
        let connection = self.connection.clone();
        promise(async move { done(connection.flush().await) })
    }

    /// Leaves the database. Resolves when the last user's writes are settled and the worker has given everything back.
    pub fn close(&self) -> Promise {
        self.closing.set(true);
        drop(self.registered.take());
        let connection = self.connection.clone();
        promise(async move {
            connection.close().await;
            Ok(JsValue::UNDEFINED)
        })
    }
}

// What belongs to the page, not to one object: the optimistic mode, and the metrics. The worker counts the metrics,
// because the worker sees leaders change and commits arrive.
#[wasm_bindgen]
impl Database {
    /// Switches the optimistic mode of this page on or off.
    #[wasm_bindgen(js_name = enableOptimisticUpdates)]
    pub fn enable_optimistic_updates(&self, enabled: JsValue) -> Promise {
        let mode = flag("enabled", &enabled).map(|enabled| match enabled {
            true => OptimisticMode::On,
            false => OptimisticMode::Off,
        });
        let connection = self.connection.clone();
        promise(async move {
            let mode = mode?;
            connection.optimistic()?.borrow_mut().set_mode(mode);
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Resolves to whether the optimistic mode is on.
    #[wasm_bindgen(js_name = isOptimisticMode)]
    pub fn is_optimistic_mode(&self) -> Promise {
        let connection = self.connection.clone();
        promise(async move { Ok((connection.optimistic()?.borrow().mode() == OptimisticMode::On).into()) })
    }

    /// Announces a write that will be queued. Resolves to its id, a string.
    #[wasm_bindgen(js_name = trackOptimisticWrite)]
    pub fn track_optimistic_write(&self, sql: JsValue) -> Promise {
        let (connection, sql) = (self.connection.clone(), text("sql", &sql));
        promise(async move { Ok(connection.announce_write(&sql?).await?.into()) })
    }

    /// Resolves to the number of queued or announced writes that have no answer yet.
    #[wasm_bindgen(js_name = getPendingWritesCount)]
    pub fn pending_writes_count(&self) -> Promise {
        let connection = self.connection.clone();
        promise(async move { Ok((connection.optimistic()?.borrow().pending() as u32).into()) })
    }

    /// Forgets all tracked writes. The writes themselves go on.
    #[wasm_bindgen(js_name = clearOptimisticWrites)]
    pub fn clear_optimistic_writes(&self) -> Promise {
        let connection = self.connection.clone();
        promise(async move {
            connection.optimistic()?.borrow_mut().clear();
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Switches counting for the metrics on or off.
    #[wasm_bindgen(js_name = enableCoordinationMetrics)]
    pub fn enable_coordination_metrics(&self, enabled: JsValue) -> Promise {
        let action = flag("enabled", &enabled).map(|enabled| match enabled {
            true => MetricsAction::Enable,
            false => MetricsAction::Disable,
        });
        self.metrics(action, nothing)
    }

    /// Resolves to whether counting is on.
    #[wasm_bindgen(js_name = isCoordinationMetricsEnabled)]
    pub fn is_coordination_metrics_enabled(&self) -> Promise {
        self.metrics(Ok(MetricsAction::Read), |metrics| metrics.enabled.into())
    }

    /// Counts one change of leadership, whichever way it went.
    #[wasm_bindgen(js_name = recordLeadershipChange)]
    pub fn record_leadership_change(&self, became_leader: JsValue) -> Promise {
        let action = flag("becameLeader", &became_leader).map(|_| MetricsAction::RecordLeadershipChange);
        self.metrics(action, nothing)
    }

    /// Counts one broadcast commit that was applied `latency_ms` after it was stored.
    #[wasm_bindgen(js_name = recordNotificationLatency)]
    pub fn record_notification_latency(&self, latency_ms: JsValue) -> Promise {
        let latency_ms = elapsed_ms("latencyMs", &latency_ms);
        let action = latency_ms.map(|latency_ms| MetricsAction::RecordNotificationLatency { latency_ms });
        self.metrics(action, nothing)
    }

    /// Counts one row write that was refused because this tab does not lead.
    #[wasm_bindgen(js_name = recordWriteConflict)]
    pub fn record_write_conflict(&self) -> Promise {
        self.metrics(Ok(MetricsAction::RecordWriteConflict), nothing)
    }

    /// Counts one commit of another tab that was applied.
    #[wasm_bindgen(js_name = recordFollowerRefresh)]
    pub fn record_follower_refresh(&self) -> Promise {
        self.metrics(Ok(MetricsAction::RecordFollowerRefresh), nothing)
    }

    /// Resolves to the metrics as JSON.
    #[wasm_bindgen(js_name = getCoordinationMetrics)]
    pub fn coordination_metrics(&self) -> Promise {
        self.metrics(Ok(MetricsAction::Read), |metrics| metrics_json(metrics).into())
    }

    /// Sets all counts to zero. Counting stays on or off.
    #[wasm_bindgen(js_name = resetCoordinationMetrics)]
    pub fn reset_coordination_metrics(&self) -> Promise {
        self.metrics(Ok(MetricsAction::Reset), nothing)
    }
}

// What is stored under a name, without opening a database: a damaged one cannot be opened. The worker is not asked,
// because it serves open databases.
#[wasm_bindgen]
impl Database {
    /// Resolves to `{ file, damaged }`: see [`crate::storage::Salvage`].
    pub fn recover(name: JsValue) -> Promise {
        let name = name_of(&name);
        promise(async move {
            let store = IndexedDbStore::open(&name?, Durability::default()).await;
            let salvage = store.map_err(Failure::from)?.salvage().await.map_err(Failure::from)?;
            let found = Object::new();
            set(&found, "file", &Uint8Array::from(salvage.file.as_slice()));
            let damaged: Array = salvage.damaged.iter().map(JsValue::from).collect();
            set(&found, "damaged", &damaged);
            Ok(found.into())
        })
    }

    /// Deletes everything that is stored under this name.
    pub fn delete(name: JsValue) -> Promise {
        let name = name_of(&name);
        promise(async move { done(IndexedDbStore::delete(&name?).await.map_err(Failure::from)) })
    }
}

impl Database {
    fn usable(&self) -> Result<(), Failure> {
        if self.closing.get() {
            return Err(Failure::closed());
        }
        self.connection.usable()
    }

    fn write(&self, batch: Result<Vec<Statement>, ArgumentError>, timeout_ms: Result<u32, ArgumentError>) -> Promise {
        let connection = self.connection.clone();
        result(async move { Ok(connection.write(Work::batch(batch?), timeout_ms?).await?) })
    }

    fn leadership(&self, tell: fn(&LeaderInfo) -> JsValue) -> Promise {
        let connection = self.connection.clone();
        promise(async move { Ok(tell(&connection.leader_info().await?)) })
    }

    fn metrics(&self, action: Result<MetricsAction, ArgumentError>, tell: fn(&Metrics) -> JsValue) -> Promise {
        let connection = self.connection.clone();
        promise(async move { Ok(tell(&connection.metrics(action?).await?)) })
    }

    /// What a registered callback keeps alive. `close()` or `unsubscribe()` breaks this circle.
    fn clone_handles(&self) -> (Connection, Rc<RefCell<Registered>>) {
        (self.connection.clone(), Rc::clone(&self.registered))
    }
}

#[wasm_bindgen]
impl LiveQuery {
    /// Ends the live query.
    pub fn unsubscribe(&self) {
        let ended = self
            .registered
            .upgrade()
            .and_then(|registered| registered.borrow_mut().live.remove(&self.number));
        // Dropped with nothing borrowed, because it may own the last hold on the connection.
        drop(ended);
    }
}

/// The `Database` that an element hands to script. It is the element's own user, so either one closes it for both.
impl From<Connection> for Database {
    fn from(connection: Connection) -> Self {
        Database {
            connection,
            registered: Rc::default(),
            closing: Cell::new(false),
        }
    }
}

fn nothing(_: &Metrics) -> JsValue {
    JsValue::UNDEFINED
}

/// A batch of one.
fn one(sql: &JsValue, params: &JsValue) -> Result<Vec<Statement>, ArgumentError> {
    Ok(vec![statement(sql, params)?])
}

/// A promise of the result of `call`, with the time that it took from now.
fn result(call: impl Future<Output = Result<Outcome, JsValue>> + 'static) -> Promise {
    let start = since_start_ms();
    promise(async move { Ok(query_result(&call.await?, since_start_ms() - start).into()) })
}

/// Calls `each` with the rows, or with `undefined` and the error.
fn call_with_rows(each: &Function, rows: Result<Rows, SqlFailure>) {
    let called = match rows {
        Ok(rows) => each.call1(&JsValue::UNDEFINED, &rows_object(&rows)),
        Err(failure) => each.call2(&JsValue::UNDEFINED, &JsValue::UNDEFINED, &js_error(&failure.into())),
    };
    report_thrown(called);
}

/// Reports what a page's callback threw to the page. It must not stop the other callbacks.
fn report_thrown(called: Result<JsValue, JsValue>) {
    if let Err(exception) = called {
        report_exception(&exception);
    }
}
