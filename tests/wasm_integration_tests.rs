//! Two real tabs of one database: two drivers of [`sqlite_elements::tab::worker`], each over a port of its own. They
//! share the browser's BroadcastChannel, Web Locks and IndexedDB. The tests show which tab leads, which may write, and
//! what becomes of a follower's writes, as the guide says.
//!
//! Both run in one worker, and no promise depends on that: one tab reaches the other only through the browser. Pages
//! that close or crash are tested end to end, with Playwright.
#![cfg(target_family = "wasm")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use sqlite_elements::request::{
    CallId, Change, Event, Failure, FailureKind, LeaderInfo, NonLeaderWrites, Origin, Request, Response, UserId,
    decode, encode,
};
use sqlite_elements::sql::{Statement, Value, Work};
use sqlite_elements::storage::{Durability, IndexedDbStore};
use sqlite_elements::tab::worker::serve;
use sqlite_elements::web::{Inbox, Port, Timer, since_epoch_ms};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::MessageChannel;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Far longer than anything here takes, and shorter than the runner's timeout: what does not come fails by name.
const PATIENCE_MS: f64 = 20_000.0;

const WRITES: [&str; 4] = [
    "INSERT INTO guests (name) VALUES ('Mallory')",
    "UPDATE guests SET name = 'Mallory'",
    "DELETE FROM guests",
    "REPLACE INTO guests (id, name) VALUES (1, 'Mallory')",
];

#[wasm_bindgen_test]
async fn test_write_guard_prevents_follower_writes() {
    let [leader, follower] = tabs("write-guard").await;
    leader
        .execute("CREATE TABLE guests (id INTEGER PRIMARY KEY, name TEXT)")
        .await
        .unwrap();
    leader
        .execute("INSERT INTO guests (name) VALUES ('Ada')")
        .await
        .unwrap();
    let seq = leader.seq();
    follower.shows(seq).await;

    for sql in WRITES {
        assert_denied(&follower.execute(sql).await.unwrap_err(), sql);
    }
    assert_denied(&follower.execute("BEGIN").await.unwrap_err(), "BEGIN");
    assert_eq!(follower.names().await, ["Ada"], "reading is everybody's");

    leader
        .execute("INSERT INTO guests (name) VALUES ('Grace')")
        .await
        .unwrap();
    assert_eq!(leader.seq(), seq + 1, "nothing was committed in between");
    follower.shows(seq + 1).await;
    for tab in [&leader, &follower] {
        assert_eq!(tab.names().await, ["Ada", "Grace"]);
    }
    follower.execute("CREATE INDEX by_name ON guests (name)").await.unwrap();
    assert_eq!(
        follower.changes().last().unwrap().seq,
        seq + 2,
        "a change of the schema is not guarded, and is done by the leader"
    );
    close([leader, follower]).await;
}

#[wasm_bindgen_test]
async fn test_wait_for_leadership() {
    let [leader, follower] = tabs("wait-for-leadership").await;
    leader
        .execute("CREATE TABLE guests (id INTEGER PRIMARY KEY, name TEXT)")
        .await
        .unwrap();
    assert_eq!(follower.leader().await, (false, leader.id()));
    follower.shows(leader.seq()).await;
    assert_denied(&follower.execute(WRITES[0]).await.unwrap_err(), "before it leads");

    let before = leader.id();
    let lease_expiry_ms = follower.heard.borrow().leader.lease_expiry_ms;
    leader.close().await;
    follower.until("it leads", |heard| heard.leader.is_leader).await;
    assert!(
        since_epoch_ms() < lease_expiry_ms as f64,
        "it did not wait for the lease to end"
    );
    assert_eq!(follower.leader().await, (true, follower.id()));
    assert_ne!(follower.id(), before);
    follower
        .execute("INSERT INTO guests (name) VALUES ('Carol')")
        .await
        .unwrap();
    assert_eq!(follower.names().await, ["Carol"]);

    let next = TestTab::open("wait-for-leadership").await;
    assert_eq!(next.leader_known().await, (false, follower.id()));
    assert_eq!(next.names().await, ["Carol"], "it was stored");
    close([follower, next]).await;
}

#[wasm_bindgen_test]
async fn test_request_leadership_hands_over() {
    let [leader, follower] = tabs("request-leadership").await;
    leader
        .execute("CREATE TABLE guests (id INTEGER PRIMARY KEY, name TEXT)")
        .await
        .unwrap();
    follower.shows(leader.seq()).await;
    assert_eq!(leader.lead().await, Ok(()), "who leads already has it at once");
    assert_eq!(leader.leader().await, (true, leader.id()));

    assert_eq!(follower.lead().await, Ok(()));
    assert_eq!(follower.leader().await, (true, follower.id()));
    let successor = follower.id();
    leader
        .until("it follows", |heard| {
            !heard.leader.is_leader && heard.leader.leader_id == successor
        })
        .await;
    assert_denied(&leader.execute(WRITES[0]).await.unwrap_err(), "who led before");
    follower
        .execute("INSERT INTO guests (name) VALUES ('Dave')")
        .await
        .unwrap();
    leader.shows(follower.seq()).await;
    assert_eq!(leader.names().await, ["Dave"]);
    close([leader, follower]).await;
}

#[wasm_bindgen_test]
async fn test_allow_non_leader_writes_override() {
    let [leader, follower] = tabs("non-leader-writes").await;
    leader
        .execute("CREATE TABLE guests (id INTEGER PRIMARY KEY, name TEXT)")
        .await
        .unwrap();
    let schema = leader.seq();
    follower.shows(schema).await;
    assert_denied(&follower.execute(WRITES[0]).await.unwrap_err(), "before it is allowed");

    follower.set_policy(NonLeaderWrites::Forwarded).await;
    let mut expected = Vec::new();
    for round in 0..5 {
        for (tab, who) in [(&follower, "follower"), (&leader, "leader")] {
            let name = format!("{who} {round}");
            let insert = Statement::with("INSERT INTO guests (name) VALUES (?)", vec![Value::from(name.as_str())]);
            tab.execute(insert).await.unwrap();
            expected.push(name);
        }
        assert_eq!(
            follower.leader().await,
            (false, leader.id()),
            "it writes and does not lead"
        );
    }
    follower.shows(leader.seq()).await;
    for tab in [&leader, &follower] {
        assert_eq!(tab.names().await, expected, "in the order of the commits");
    }
    let histories = [&leader, &follower].map(|tab| {
        let changes = tab.changes();
        changes
            .iter()
            .map(|change| change.seq)
            .filter(|seq| *seq > schema)
            .collect::<Vec<_>>()
    });
    assert_eq!(histories[0], (schema + 1..=schema + 10).collect::<Vec<_>>());
    assert_eq!(histories[0], histories[1], "one history");
    let first_insert = |tab: &TestTab| tab.changes().iter().find(|change| change.seq == schema + 1).cloned();
    assert_eq!(first_insert(&leader).unwrap().origin, Origin::Elsewhere);
    assert_eq!(first_insert(&follower).unwrap().origin, Origin::Here);

    follower.set_policy(NonLeaderWrites::Refused).await;
    assert_denied(&follower.execute(WRITES[2]).await.unwrap_err(), "after it is set back");
    follower.write(WRITES[2]).await.unwrap();
    assert_eq!(follower.names().await, [""; 0], "a queued write needs no permission");
    close([leader, follower]).await;
}

/// A leader and a follower of a new database.
async fn tabs(name: &'static str) -> [TestTab; 2] {
    IndexedDbStore::delete(name).await.expect("nobody has it open");
    let leader = TestTab::open(name).await;
    leader.until("it leads", |heard| heard.leader.is_leader).await;
    let follower = TestTab::open(name).await;
    assert_eq!(follower.leader_known().await, (false, leader.id()));
    [leader, follower]
}

async fn close(tabs: [TestTab; 2]) {
    for tab in tabs {
        tab.close().await;
    }
}

fn assert_denied(failure: &Failure, what: &str) {
    assert_eq!(failure.code.name(), "WRITE_PERMISSION_DENIED", "{what}: {failure}");
    assert_eq!(failure.name, FailureKind::Write, "{what}");
    assert!(
        failure.message.contains("WRITE_PERMISSION_DENIED"),
        "the guide looks for it there: {failure}"
    );
}

/// The page's end of one tab.
struct TestTab {
    port: Port,
    heard: Rc<RefCell<Heard>>,
    /// Tells that `heard` has something new, or that the time is up.
    news: Inbox<News>,
    last_call: Cell<u64>,
}

#[derive(Debug)]
struct Heard {
    tab: String,
    leader: LeaderInfo,
    changes: Vec<Change>,
    answers: BTreeMap<CallId, Result<Response, Failure>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Heard,
    TooLate,
}

impl TestTab {
    async fn open(name: &str) -> TestTab {
        let channel = MessageChannel::new().unwrap();
        spawn_local(serve(name.to_owned(), Durability::Relaxed, channel.port2()));
        let heard = Rc::new(RefCell::new(Heard {
            tab: String::new(),
            leader: LeaderInfo {
                is_leader: false,
                leader_id: String::new(),
                lease_expiry_ms: 0,
            },
            changes: Vec::new(),
            answers: BTreeMap::new(),
        }));
        let news = Inbox::default();
        let (hearing, told) = (Rc::clone(&heard), news.clone());
        let port = Port::listen(channel.port1(), move |bytes| {
            decode(&bytes).for_each(|event| hearing.borrow_mut().hear(event.expect("it is an event")));
            told.push(News::Heard);
        });
        let tab = TestTab {
            port,
            heard,
            news,
            last_call: Cell::new(0),
        };
        tab.until("it is open", |heard| !heard.tab.is_empty()).await;
        tab
    }

    /// Waits until `so` is true of what the tab has heard.
    async fn until(&self, what: &str, so: impl Fn(&Heard) -> bool) {
        let late = self.news.clone();
        let _patience = Timer::after(PATIENCE_MS, move || late.push(News::TooLate));
        while !so(&self.heard.borrow()) {
            let news = self.news.next().await;
            assert_eq!(
                news,
                News::Heard,
                "waited for {what} in vain: {:?}",
                self.heard.borrow()
            );
        }
    }

    async fn call(&self, request: impl FnOnce(CallId) -> Request) -> Result<Response, Failure> {
        self.last_call.set(self.last_call.get() + 1);
        let call = CallId(self.last_call.get());
        let request = request(call);
        self.port.post(|part| encode(&request, part)).unwrap();
        self.until(&format!("{request:?}"), |heard| heard.answers.contains_key(&call))
            .await;
        let answer = self.heard.borrow_mut().answers.remove(&call);
        answer.expect("it is here")
    }

    async fn execute(&self, statement: impl Into<TestStatement>) -> Result<Vec<Vec<Value>>, Failure> {
        let TestStatement(statement) = statement.into();
        let user = UserId(1);
        let execute = |call| Request::Execute { call, user, statement };
        self.call(execute).await.map(rows_of)
    }

    async fn write(&self, sql: &str) -> Result<Vec<Vec<Value>>, Failure> {
        let work = Work::batch(vec![Statement::new(sql)]);
        let timeout_ms = 5_000;
        let write = |call| Request::Write { call, work, timeout_ms };
        self.call(write).await.map(rows_of)
    }

    async fn names(&self) -> Vec<String> {
        let rows = self.execute("SELECT name FROM guests ORDER BY id").await.unwrap();
        let text = |cell: &Value| match cell {
            Value::Text(text) => text.clone(),
            other => panic!("a name is a text: {other:?}"),
        };
        rows.iter().map(|row| text(&row[0])).collect()
    }

    async fn lead(&self) -> Result<(), Failure> {
        let answer = self.call(|call| Request::Lead { call }).await?;
        assert_eq!(answer, Response::Done);
        Ok(())
    }

    async fn set_policy(&self, policy: NonLeaderWrites) {
        let set = self.call(|call| Request::NonLeaderWrites { call, policy }).await;
        assert_eq!(set, Ok(Response::Done));
    }

    /// Whether this tab leads, and the id of the tab that does.
    async fn leader(&self) -> (bool, String) {
        match self.call(|call| Request::LeaderInfo { call }).await {
            Ok(Response::Leadership(leader)) => (leader.is_leader, leader.leader_id),
            other => panic!("not who leads: {other:?}"),
        }
    }

    async fn leader_known(&self) -> (bool, String) {
        self.until("it knows who leads", |heard| !heard.leader.leader_id.is_empty())
            .await;
        self.leader().await
    }

    /// Waits until this tab shows the commit `seq`.
    async fn shows(&self, seq: u64) {
        self.until(&format!("commit {seq}"), |heard| heard.seq() >= seq).await;
    }

    /// The seq of the last commit that this tab shows.
    fn seq(&self) -> u64 {
        self.heard.borrow().seq()
    }

    fn changes(&self) -> Vec<Change> {
        self.heard.borrow().changes.clone()
    }

    fn id(&self) -> String {
        self.heard.borrow().tab.clone()
    }

    async fn close(self) {
        let closed = self.call(|call| Request::Close { call }).await;
        assert_eq!(closed, Ok(Response::Done));
    }
}

impl Heard {
    fn hear(&mut self, event: Event) {
        match event {
            Event::Opened { tab } => self.tab = tab,
            Event::Leadership(leader) => self.leader = leader,
            Event::Changed(change) => self.changes.push(change),
            Event::Answered { call, answer } => drop(self.answers.insert(call, answer)),
            Event::Rows { .. } | Event::Pending { .. } | Event::Found { .. } | Event::Transactions { .. } => {}
            Event::InMemory(failure) | Event::Warning(failure) | Event::Failed(failure) => {
                panic!("nothing is to go wrong here: {failure}")
            }
        }
    }

    fn seq(&self) -> u64 {
        self.changes.last().map_or(0, |change| change.seq)
    }
}

/// A statement, made from a [`Statement`] or from a text.
struct TestStatement(Statement);

impl From<&str> for TestStatement {
    fn from(sql: &str) -> Self {
        TestStatement(Statement::new(sql))
    }
}

impl From<Statement> for TestStatement {
    fn from(statement: Statement) -> Self {
        TestStatement(statement)
    }
}

fn rows_of(response: Response) -> Vec<Vec<Value>> {
    match response {
        Response::Outcome(outcome) => outcome.rows.table().1,
        other => panic!("not an outcome: {other:?}"),
    }
}
