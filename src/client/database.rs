//! The class `Database` of JavaScript. Its public types and texts are in `elements/sqlite-elements.d.ts`.
//!
//! Only translation: arguments in, results and errors out. What script has registered (callbacks, live queries)
//! keeps its connection alive, so that a page which lets go of the object goes on hearing; `close()` ends both.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use js_sys::{Function, Object};
use wasm_bindgen::prelude::*;

use super::arguments::{callback, durability, milliseconds, parameters, statement, statements, text};
use super::connection::{Connection, Listener, OpenOptions, Subscription};
use super::error::js_error;
use super::result::{change_detail, query_result, rows_object, set};
use crate::request::{Event, Failure, NonLeaderWrites, Origin};
use crate::sql::{Outcome, Rows, SqlFailure, Statement, Work};
use crate::web::{report_exception, since_start_ms};

/// As the guide has it.
const WRITE_TIMEOUT_MS: u32 = 5_000;

#[wasm_bindgen]
pub struct Database {
    connection: Connection,
    registered: Rc<RefCell<Registered>>,
}

/// Ends one live query; letting go of it does not.
#[wasm_bindgen]
pub struct LiveQuery {
    registered: Weak<RefCell<Registered>>,
    number: u32,
}

/// What script has registered.
#[derive(Default)]
struct Registered {
    last: u32,
    live: BTreeMap<u32, Subscription>,
    changes: Vec<Listener>,
}

#[wasm_bindgen]
impl Database {
    #[wasm_bindgen(js_name = newDatabase)]
    pub async fn new_database(name: JsValue, options: JsValue) -> Result<Database, JsValue> {
        let name = text("the name of a database", &name)?;
        let connection = Connection::open(
            &name,
            OpenOptions {
                durability: durability(&options)?,
            },
        );
        connection.opened().await.map_err(|failure| js_error(&failure))?;
        connection.led().await;
        Ok(Database {
            connection,
            registered: Rc::default(),
        })
    }

    pub async fn execute(&self, sql: JsValue, params: JsValue) -> Result<Object, JsValue> {
        let statement = statement(&sql, &params)?;
        timed(self.connection.execute(statement)).await
    }

    #[wasm_bindgen(js_name = executeWithParams)]
    pub async fn execute_with_params(&self, sql: JsValue, params: JsValue) -> Result<Object, JsValue> {
        self.execute(sql, params).await
    }

    #[wasm_bindgen(js_name = queueWrite)]
    pub async fn queue_write(&self, sql: JsValue, params: JsValue) -> Result<Object, JsValue> {
        let work = Work::batch(vec![statement(&sql, &params)?]);
        timed(self.connection.write(work, WRITE_TIMEOUT_MS)).await
    }

    #[wasm_bindgen(js_name = queueWriteWithTimeout)]
    pub async fn queue_write_with_timeout(
        &self,
        sql: JsValue,
        timeout_ms: JsValue,
        params: JsValue,
    ) -> Result<Object, JsValue> {
        let work = Work::batch(vec![statement(&sql, &params)?]);
        timed(self.connection.write(work, milliseconds("timeoutMs", &timeout_ms)?)).await
    }

    pub async fn batch(&self, batch: JsValue) -> Result<Object, JsValue> {
        let work = Work::batch(statements(&batch)?);
        timed(self.connection.write(work, WRITE_TIMEOUT_MS)).await
    }

    /// What `LeaderInfo.leaderId` is when this tab leads.
    #[wasm_bindgen(getter, js_name = instanceId)]
    pub fn instance_id(&self) -> String {
        self.connection.status().tab.unwrap_or_default()
    }

    #[wasm_bindgen(js_name = isLeader)]
    pub async fn is_leader(&self) -> Result<bool, JsValue> {
        let info = self
            .connection
            .leader_info()
            .await
            .map_err(|failure| js_error(&failure))?;
        Ok(info.is_leader)
    }

    #[wasm_bindgen(js_name = waitForLeadership)]
    pub async fn wait_for_leadership(&self) -> Result<(), JsValue> {
        self.connection.lead().await.map_err(|failure| js_error(&failure))
    }

    #[wasm_bindgen(js_name = allowNonLeaderWrites)]
    pub async fn allow_non_leader_writes(&self, allow: JsValue) -> Result<(), JsValue> {
        let policy = if allow.is_truthy() {
            NonLeaderWrites::Forwarded
        } else {
            NonLeaderWrites::Refused
        };
        let set = self.connection.set_non_leader_writes(policy).await;
        set.map_err(|failure| js_error(&failure))
    }

    #[wasm_bindgen(js_name = getLeaderInfo)]
    pub async fn leader_info(&self) -> Result<Object, JsValue> {
        let info = self
            .connection
            .leader_info()
            .await
            .map_err(|failure| js_error(&failure))?;
        let object = Object::new();
        set(&object, "isLeader", &info.is_leader.into());
        set(&object, "leaderId", &info.leader_id.into());
        set(&object, "leaseExpiry", &(info.lease_expiry_ms as f64).into());
        Ok(object)
    }

    #[wasm_bindgen(js_name = onDataChange)]
    pub fn on_data_change(&self, each: JsValue) -> Result<(), JsValue> {
        let each = callback("the callback", each)?;
        self.connection.usable().map_err(|failure| js_error(&failure))?;
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

    #[wasm_bindgen(js_name = liveQuery)]
    pub fn live_query(&self, sql: JsValue, params: JsValue, each: JsValue) -> Result<LiveQuery, JsValue> {
        let statement = Statement {
            sql: text("sql", &sql)?,
            params: parameters(&params)?,
        };
        let each = callback("the callback", each)?;
        self.connection.usable().map_err(|failure| js_error(&failure))?;
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

    pub async fn sync(&self) -> Result<(), JsValue> {
        self.connection.flush().await.map_err(|failure| js_error(&failure))
    }

    pub async fn close(&self) -> Result<(), JsValue> {
        drop(self.registered.take());
        self.connection.close().await.map_err(|failure| js_error(&failure))
    }

    /// What a registered callback keeps alive; the circle is broken by `close()` or `unsubscribe()`.
    fn clone_handles(&self) -> (Connection, Rc<RefCell<Registered>>) {
        (self.connection.clone(), Rc::clone(&self.registered))
    }
}

#[wasm_bindgen]
impl LiveQuery {
    pub fn unsubscribe(&self) {
        let ended = self
            .registered
            .upgrade()
            .and_then(|registered| registered.borrow_mut().live.remove(&self.number));
        // Dropped only now, when nothing is borrowed: it may own the last hold on the connection.
        drop(ended);
    }
}

/// What an element hands to script: the element's own user, so either closes it for both.
impl From<Connection> for Database {
    fn from(connection: Connection) -> Self {
        Database {
            connection,
            registered: Rc::default(),
        }
    }
}

async fn timed(call: impl Future<Output = Result<Outcome, Failure>>) -> Result<Object, JsValue> {
    let start = since_start_ms();
    let outcome = call.await.map_err(|failure| js_error(&failure))?;
    Ok(query_result(&outcome, since_start_ms() - start))
}

/// One argument of the two: the rows, or why there are none.
fn call_with_rows(each: &Function, rows: Result<Rows, SqlFailure>) {
    let called = match rows {
        Ok(rows) => each.call1(&JsValue::UNDEFINED, &rows_object(&rows)),
        Err(failure) => each.call2(&JsValue::UNDEFINED, &JsValue::UNDEFINED, &js_error(&failure.into())),
    };
    report_thrown(called);
}

/// What a page's callback throws is the page's to hear of, and must not stop the others.
fn report_thrown(called: Result<JsValue, JsValue>) {
    if let Err(exception) = called {
        report_exception(&exception);
    }
}
