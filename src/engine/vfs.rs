//! The file system (VFS) that SQLite sees: one file per connection, a view of the engine's pages.
//!
//! The traits of `rsqlite-vfs` are safe; the only `unsafe` here is the registration. It happens once per process,
//! natively and on wasm32 alike, and carries no state, so engines on many threads share it. A connection gets its pages
//! by hand-over: they lie in a thread-local while SQLite opens the main file, which SQLite does before
//! `sqlite3_open_v2` returns. A registry of names was refused: no name would be looked up twice.
//!
//! Locks do nothing: there is one thread, and the two connections never run at once. SQLite opens the main file alone,
//! because journals and temporary tables live in memory (see `session`). The exception is the copy of an imported file
//! ([`with_second`]): its journal is a file here, and is gone when it is closed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;

use rsqlite_vfs::{
    AccessMode, DeviceCharacteristics, FileKind, LockLevel, OpenOptions, OpenRequest, OpenedFile, OsCallback,
    SQLiteIoMethods, SQLiteVfs, SectorSize, SyncOptions, VfsError, VfsErrorCode, VfsFile, VfsResult, VfsStore,
    register_vfs,
};
use rusqlite::{Connection, OpenFlags};

use super::engine_error::EngineError;
use super::failure::failure;
use super::pages::{Pages, View};
use super::progress;
use crate::storage::Image;

const NAME: &str = "sqlite-elements";

thread_local! {
    static HANDED_OVER: Cell<Option<PageFile>> = const { Cell::new(None) };
}

/// Opens a connection to these pages.
pub(super) fn open(pages: &Rc<RefCell<Pages>>, view: View) -> Result<Connection, EngineError> {
    register()?;
    let access = match view {
        View::Committed => OpenFlags::SQLITE_OPEN_READ_ONLY,
        View::Staged => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let file_name = match view {
        View::Committed => "committed",
        View::Staged => "staged",
    };
    HANDED_OVER.set(Some(PageFile {
        pages: Rc::clone(pages),
        view,
    }));
    let opened = Connection::open_with_flags_and_vfs(file_name, access | OpenFlags::SQLITE_OPEN_NO_MUTEX, NAME);
    // If SQLite failed before it opened the file, the pages must not wait for the next connection.
    HANDED_OVER.set(None);
    opened.map_err(|error| EngineError::Sqlite(failure(error, "")))
}

/// Runs `action`, during which SQLite opens a second database: these pages.
pub(super) fn with_second<T>(pages: &Rc<RefCell<Pages>>, action: impl FnOnce() -> T) -> T {
    HANDED_OVER.set(Some(PageFile {
        pages: Rc::clone(pages),
        view: View::Staged,
    }));
    let result = action();
    HANDED_OVER.set(None);
    result
}

#[allow(unsafe_code, reason = "registering a VFS with SQLite is unsafe by nature")]
fn register() -> Result<(), EngineError> {
    static REGISTERED: OnceLock<Result<(), String>> = OnceLock::new();
    let registered = REGISTERED.get_or_init(|| {
        // SAFETY: `PageVfs` and `PageIo` override no callback, version, or layout of `rsqlite-vfs`, so
        // these agree. The application data is `()`: there is nothing that threads could share. The
        // `OnceLock` serialises look-up and registration, and `into_raw` keeps the registration for
        // the life of the process, so it outlives every file.
        let registration = unsafe { register_vfs::<PageIo, PageVfs>(NAME, (), false) };
        registration
            .map(|kept| _ = kept.into_raw())
            .map_err(|error| error.to_string())
    });
    registered.clone().map_err(EngineError::Vfs)
}

/// One open file: pages, and the view of them.
struct PageFile {
    pages: Rc<RefCell<Pages>>,
    view: View,
}

impl VfsFile for PageFile {
    fn read(&mut self, buffer: &mut [u8], offset: u64) -> VfsResult<usize> {
        let pages = self.pages.try_borrow().map_err(|_| in_use(VfsErrorCode::IoRead))?;
        let read = pages.read(self.view, buffer, offset);
        drop(pages);
        progress::after_page();
        Ok(read)
    }

    fn write(&mut self, bytes: &[u8], offset: u64) -> VfsResult<()> {
        self.staged(VfsErrorCode::IoWrite)?.write(bytes, offset);
        progress::after_page();
        Ok(())
    }

    fn truncate(&mut self, size: u64) -> VfsResult<()> {
        self.staged(VfsErrorCode::IoTruncate)?.truncate(size);
        Ok(())
    }

    /// Does nothing: the store makes a commit durable, after SQLite's own commit.
    fn sync(&mut self, _options: SyncOptions) -> VfsResult<()> {
        Ok(())
    }

    fn size(&self) -> VfsResult<u64> {
        let pages = self.pages.try_borrow().map_err(|_| in_use(VfsErrorCode::IoStat))?;
        Ok(pages.size(self.view))
    }

    fn lock(&mut self, _level: LockLevel) -> VfsResult<()> {
        Ok(())
    }

    fn unlock(&mut self, _level: LockLevel) -> VfsResult<()> {
        Ok(())
    }

    fn check_reserved_lock(&self) -> VfsResult<bool> {
        Ok(false)
    }

    /// The smallest size: with larger sectors SQLite would journal the neighbours of small pages too.
    fn sector_size(&self) -> SectorSize {
        SectorSize::new(512).unwrap_or(SectorSize::DEFAULT)
    }

    /// Writing to memory never disturbs the bytes beside it.
    fn device_characteristics(&self) -> DeviceCharacteristics {
        DeviceCharacteristics::POWERSAFE_OVERWRITE
    }
}

impl PageFile {
    fn staged(&self, code: VfsErrorCode) -> VfsResult<std::cell::RefMut<'_, Pages>> {
        if self.view == View::Committed {
            return Err(VfsError::new(VfsErrorCode::ReadOnly, "the image is read-only".into()));
        }
        self.pages.try_borrow_mut().map_err(|_| in_use(code))
    }
}

/// An error and not a panic: a panic could not cross SQLite's C frames.
fn in_use(code: VfsErrorCode) -> VfsError {
    VfsError::new(code, "the image is borrowed while SQLite runs".into())
}

struct Files;

impl VfsStore for Files {
    type File = PageFile;
    type AppData = ();

    fn open_file(_data: &(), request: OpenRequest<'_>) -> VfsResult<OpenedFile<PageFile>> {
        let handed_over = match request.options.kind() {
            Some(FileKind::MainDb) => HANDED_OVER.take(),
            // The journal of a second database: no PRAGMA has put that one into memory.
            Some(FileKind::MainJournal) => Some(PageFile {
                pages: Rc::new(RefCell::new(Pages::new(Image::empty()))),
                view: View::Staged,
            }),
            _ => None,
        };
        match handed_over {
            Some(file) => Ok(OpenedFile {
                file,
                access: request.options.access(),
            }),
            None => Err(VfsError::new(
                VfsErrorCode::CantOpen,
                "only the database itself can be opened here".into(),
            )),
        }
    }

    fn close_file(_data: &(), _name: Option<&str>, _file: PageFile, _options: OpenOptions) -> VfsResult<()> {
        Ok(())
    }

    /// SQLite asks whether a journal or a write-ahead log was left behind. None ever is.
    fn access(_data: &(), _name: &str, _mode: AccessMode) -> VfsResult<bool> {
        Ok(false)
    }

    fn full_pathname(_data: &(), name: &str) -> VfsResult<String> {
        Ok(name.to_owned())
    }

    /// Does nothing: a journal is gone when it is closed.
    fn delete_file(_data: &(), _name: &str, _sync_dir: bool) -> VfsResult<()> {
        Ok(())
    }
}

struct PageIo;

impl SQLiteIoMethods for PageIo {
    type Store = Files;
}

struct PageVfs;

impl SQLiteVfs<PageIo> for PageVfs {
    type Os = Platform;

    fn os(_data: &()) -> &Platform {
        &Platform
    }
}

/// What SQL functions such as `datetime('now')` ask of the machine.
struct Platform;

impl OsCallback for Platform {
    /// Does nothing: SQLite sleeps only while it waits for a lock, and locks are never taken.
    fn sleep(&self, _duration: Duration) {}

    /// Gives no bytes: SQLite seeds `random()` from its default VFS, not from this one.
    fn random(&self, _buffer: &mut [u8]) -> usize {
        0
    }

    #[cfg(target_family = "wasm")]
    fn epoch_timestamp_in_ms(&self) -> VfsResult<i64> {
        Ok(js_sys::Date::now() as i64)
    }

    #[cfg(not(target_family = "wasm"))]
    fn epoch_timestamp_in_ms(&self) -> VfsResult<i64> {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ms = since.ok().and_then(|since| i64::try_from(since.as_millis()).ok());
        ms.ok_or_else(|| VfsError::new(VfsErrorCode::Error, "the clock is before 1970".into()))
    }
}
