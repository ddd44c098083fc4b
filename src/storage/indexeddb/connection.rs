//! The connection to one IndexedDB database: opened, lost, deleted.
//!
//! | event | answer |
//! |---|---|
//! | `upgradeneeded` | the object stores are made (there is only version 1 so far) |
//! | `blocked` | waited out: the connections that block hear `versionchange`, and close |
//! | `versionchange` | closed at once, so that a deletion or a newer version of the library need not wait |
//! | `close` | the browser cut the connection (data cleared or evicted, storage crashed) |
//!
//! After the last two, every operation fails with [`StoreError::Gone`], and [`StoreConnection::on_lost`] calls back. A
//! connection is never opened again behind its owner's back: it would find another database than the one that was read.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbFactory, IdbOpenDbRequest};

use super::error::{Moment, is_newer, store_error};
use super::table::Table;
use crate::storage::store_error::StoreError;
use crate::web::indexeddb::{EventListener, answer, factory};

const VERSION: u32 = 1;

/// Whether and why the connection is cut, and whom to tell.
struct Lost {
    reason: Cell<Option<&'static str>>,
    tell: RefCell<Option<Tell>>,
}

type Tell = Box<dyn FnOnce(StoreError)>;

pub(super) struct StoreConnection {
    database: IdbDatabase,
    lost: Rc<Lost>,
    _listener: EventListener,
}

impl StoreConnection {
    /// Opens the database, or creates it.
    pub(super) async fn open(name: &str) -> Result<Self, StoreError> {
        let factory = available()?;
        let request = factory.open_with_u32(&full_name(name), VERSION).map_err(opening)?;
        // Kept until the request is answered: a listener that is dropped hears nothing.
        let _upgrade = on_upgrade(&request, create_tables);
        match answer(request.into()).await {
            Ok(database) => Ok(StoreConnection::to(database.unchecked_into())),
            Err(thrown) if is_newer(&thrown) => Err(newer(&factory, name).await),
            Err(thrown) => Err(opening(thrown)),
        }
    }

    /// Deletes the database, once all connections to it are closed.
    pub(super) async fn delete(name: &str) -> Result<(), StoreError> {
        let request = available()?.delete_database(&full_name(name)).map_err(opening)?;
        answer(request.into()).await.map_err(opening)?;
        Ok(())
    }

    /// The database, unless the connection is cut.
    pub(super) fn database(&self) -> Result<&IdbDatabase, StoreError> {
        match self.lost.reason.get() {
            None => Ok(&self.database),
            Some(reason) => Err(StoreError::Gone(reason.into())),
        }
    }

    /// Calls `tell` once the connection is cut; at once if it is cut already.
    pub(super) fn on_lost(&self, tell: impl FnOnce(StoreError) + 'static) {
        *self.lost.tell.borrow_mut() = Some(Box::new(tell));
        self.lost.told();
    }

    fn to(database: IdbDatabase) -> Self {
        let lost = Rc::new(Lost {
            reason: Cell::new(None),
            tell: RefCell::new(None),
        });
        let heard = {
            let (database, lost) = (database.clone(), Rc::clone(&lost));
            move |event: web_sys::Event| {
                lost.reason.set(Some(match event.type_().as_str() {
                    "versionchange" => {
                        database.close();
                        "it was deleted or upgraded"
                    }
                    _ => "the browser closed it",
                }));
                lost.told();
            }
        };
        let listener = EventListener::new(&database, &["versionchange", "close"], heard);
        StoreConnection {
            database,
            lost,
            _listener: listener,
        }
    }
}

impl Lost {
    fn told(&self) {
        if let Some(reason) = self.reason.get()
            && let Some(tell) = self.tell.take()
        {
            tell(StoreError::Gone(reason.into()));
        }
    }
}

impl Drop for StoreConnection {
    fn drop(&mut self) {
        self.database.close();
    }
}

fn full_name(name: &str) -> String {
    format!("sqlite-elements:{name}")
}

fn available() -> Result<IdbFactory, StoreError> {
    let factory = factory().map_err(opening)?;
    factory.ok_or_else(|| StoreError::Unavailable("this browser has no IndexedDB".into()))
}

fn opening(thrown: JsValue) -> StoreError {
    store_error(Moment::Opening, &thrown)
}

/// Calls `upgrade` when the request needs an upgrade. If that fails, nothing is created.
fn on_upgrade(
    request: &IdbOpenDbRequest,
    upgrade: impl Fn(&IdbDatabase) -> Result<(), JsValue> + 'static,
) -> EventListener {
    let opened = request.clone();
    EventListener::new(request, &["upgradeneeded"], move |_| {
        let upgraded = opened.result().and_then(|database| upgrade(database.unchecked_ref()));
        if upgraded.is_err()
            && let Some(transaction) = opened.transaction()
        {
            // Throws only if the transaction has ended. Either way the request fails, and says so.
            let _ = transaction.abort();
        }
    })
}

fn create_tables(database: &IdbDatabase) -> Result<(), JsValue> {
    Table::ALL
        .iter()
        .try_for_each(|table| database.create_object_store(table.name()).map(drop))
}

/// The error for a database with a newer version. It says which version.
async fn newer(factory: &IdbFactory, name: &str) -> StoreError {
    let request = match factory.open(&full_name(name)) {
        Ok(request) => request,
        Err(thrown) => return opening(thrown),
    };
    // The database may have been deleted in this moment. It must not be created without its object stores.
    let _upgrade = on_upgrade(&request, |_| Err(JsValue::NULL));
    match answer(request.into()).await {
        Ok(database) => {
            let database: IdbDatabase = database.unchecked_into();
            database.close();
            StoreError::Layout {
                stored: database.version() as u32,
                known: VERSION,
            }
        }
        Err(thrown) => opening(thrown),
    }
}
