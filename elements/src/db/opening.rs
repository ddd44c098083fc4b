//! One opening of a database by a `<sqlite-db>`: its settings, its connection, and how far its migrations have come.
//!
//! The element opens anew when its name or durability changes. What comes late of the earlier opening is known by its
//! [`OpeningNumber`].

use std::cell::Cell;

use sqlite_elements::client::{Connection, Database, Listener, OpenOptions, database_name};
use sqlite_elements::request::{Event, Failure, FailureKind, LeaderInfo};
use sqlite_elements::sql::Code;
use sqlite_elements::storage::Durability;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use crate::{migrations, tree};

#[wasm_bindgen]
extern "C" {
    type Attributed;
    /// The attribute as the document has it. A Rust `String` may differ: it cannot hold half of a surrogate pair.
    #[wasm_bindgen(method, js_name = getAttribute)]
    fn attribute(this: &Attributed, name: &str) -> JsValue;
}

/// The number of one opening of a database by an element. It shows that something late belongs to an earlier opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpeningNumber(u32);

/// The database's name and durability, or why it cannot be opened.
pub(super) type Settings = Result<(String, Durability), Failure>;

pub(super) struct Opening {
    number: OpeningNumber,
    settings: Settings,
    connection: Connection,
    /// The migrations that were last requested, as they stand in the element.
    scripts: Option<Vec<migrations::Source>>,
    migrating: Migrating,
    phase: Phase,
    leader: Option<LeaderInfo>,
    /// Made when script first asks for it.
    database: Option<JsValue>,
    _listener: Listener,
}

#[derive(Clone)]
pub(super) enum Phase {
    Loading,
    Ready,
    Failed(Failure),
}

thread_local! {
    static OPENINGS: Cell<u32> = const { Cell::new(0) };
}

/// Whether a migration is under way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Migrating {
    No,
    UnderWay,
    /// One is under way. Meanwhile the schema has changed, or there are more scripts, so another one must follow.
    Again,
}

impl Opening {
    /// Opens the database. `heard` hears the connection's events.
    pub(super) fn begin(settings: Settings, heard: impl Fn(OpeningNumber, &Event) + 'static) -> Self {
        let number = OpeningNumber(OPENINGS.replace(OPENINGS.get() + 1));
        let connection = match &settings {
            Ok((name, durability)) => Connection::open(
                name,
                OpenOptions {
                    durability: *durability,
                },
            ),
            Err(refusal) => Connection::refused(refusal),
        };
        let listener = connection.listen(move |event| heard(number, event));
        Opening {
            number,
            settings,
            connection,
            scripts: None,
            migrating: Migrating::No,
            phase: Phase::Loading,
            leader: None,
            database: None,
            _listener: listener,
        }
    }

    pub(super) fn number(&self) -> OpeningNumber {
        self.number
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn phase(&self) -> &Phase {
        &self.phase
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// The same connection as script sees it.
    pub(super) fn database(&mut self) -> JsValue {
        let connection = &self.connection;
        self.database
            .get_or_insert_with(|| Database::from(connection.clone()).into())
            .clone()
    }

    /// Notes who leads. Whether that is news: the event also comes when the lease is extended.
    pub(super) fn note_leader(&mut self, info: &LeaderInfo) -> bool {
        let same = |before: &LeaderInfo| before.is_leader == info.is_leader && before.leader_id == info.leader_id;
        if self.leader.as_ref().is_some_and(same) {
            return false;
        }
        self.leader = Some(info.clone());
        true
    }

    pub(super) fn leads(&self) -> bool {
        self.leader.as_ref().is_some_and(|leader| leader.is_leader)
    }

    /// Takes the migrations that stand in the element now. Whether they are more than before.
    pub(super) fn take_scripts(&mut self, scripts: Vec<migrations::Source>) -> bool {
        // A framework may remove scripts after they ran. That undoes nothing.
        let before = self.scripts.as_ref();
        if self.settings.is_err() || before.is_some_and(|before| before.starts_with(&scripts)) {
            return false;
        }
        self.scripts = Some(scripts);
        true
    }

    pub(super) fn has_scripts(&self) -> bool {
        self.scripts.as_ref().is_some_and(|scripts| !scripts.is_empty())
    }

    /// Whether the caller must start a migration. If not, one is under way, and another one will follow it.
    pub(super) fn begin_migrating(&mut self) -> bool {
        let before = self.migrating;
        self.migrating = match before {
            Migrating::No => Migrating::UnderWay,
            Migrating::UnderWay | Migrating::Again => Migrating::Again,
        };
        before == Migrating::No
    }

    pub(super) fn begin_preparing(&mut self) -> (String, Connection, Vec<migrations::Source>) {
        self.migrating = Migrating::UnderWay;
        let scripts = self.scripts.clone().unwrap_or_default();
        let name = self.settings.as_ref().map(|(name, _)| name.clone());
        (name.unwrap_or_default(), self.connection.clone(), scripts)
    }

    /// Ends the migration, unless another one must follow.
    pub(super) fn has_migrated(&mut self) -> Migrating {
        let so_far = self.migrating;
        if so_far == Migrating::UnderWay {
            self.migrating = Migrating::No;
        }
        so_far
    }
}

/// Closes the connection at once. Script may still hold this session's `database`, and garbage collection may take
/// long.
impl Drop for Opening {
    fn drop(&mut self) {
        let connection = self.connection.clone();
        spawn_local(async move { connection.close().await });
    }
}

impl Phase {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Phase::Loading => "loading",
            Phase::Ready => "ready",
            Phase::Failed(_) => "error",
        }
    }
}

/// The settings that the attributes of the element say.
pub(super) fn settings_of(element: &HtmlElement) -> Settings {
    let name = element.unchecked_ref::<Attributed>().attribute("name");
    if name.is_null() || name == "" {
        let message = "<sqlite-db> needs a name, as in <sqlite-db name=\"app.db\">";
        return Err(Failure::new(FailureKind::State, Code::NameMissing, message));
    }
    Ok((database_name(&name)?, durability_of(element)?))
}

fn durability_of(element: &HtmlElement) -> Result<Durability, Failure> {
    match tree::attribute(element, "durability").as_deref() {
        None | Some("") => Ok(Durability::default()),
        // A wrong value is an error: an author who misspells "strict" relies on it.
        Some(given) => Durability::named(given).ok_or_else(|| {
            let message = format!(
                "durability=\"{given}\" of a <sqlite-db> is neither \"relaxed\" nor \"strict\"; correct it, or leave it out"
            );
            Failure::new(FailureKind::State, Code::DurabilityUnknown, message)
        }),
    }
}
