//! The store in memory. It keeps the contract, fails where it is told to, and gives the same image whatever happens
//! between its operations.
#![cfg(not(target_family = "wasm"))]

mod store_contract;

use std::collections::BTreeMap;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use fastrand::Rng;
use sqlite_elements::sql::WriteSet;
use sqlite_elements::storage::{
    CatchUp, Dirty, Disk, Epoch, FaultPoint, Folding, Image, MemoryStore, Operation, Page, PageCount, PageNo, PageSize,
    Position, RecordName, Replies, Seq, Store, StoreError,
};
use store_contract::{Stores, for_each_promise};

impl Stores for Disk {
    type Store = MemoryStore;

    async fn open(&self) -> MemoryStore {
        Disk::open(self)
    }

    async fn flip_byte(&self, record: RecordName, at: usize) {
        assert!(Disk::flip_byte(self, record, at), "{record} has no byte {at}");
    }
}

macro_rules! natively {
    ($($promise:ident,)*) => {
        $(#[test]
        fn $promise() {
            now(store_contract::$promise(&Disk::default()));
        })*
    };
}

for_each_promise!(natively);

/// The result of a future that is ready at once. All futures of this store are.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("a store in memory does not wait"),
    }
}

/// What the database should be: plain bytes, by rules that are written a second time here.
#[derive(Clone, Debug, Default, PartialEq)]
struct Truth {
    pages: Vec<Vec<u8>>,
}

impl Truth {
    fn write(&mut self, dirty: &Dirty) {
        let size = dirty.page_size.bytes();
        if self.pages.first().is_some_and(|page| page.len() != size) {
            self.pages.clear();
        }
        self.pages.resize(dirty.page_count.0 as usize, vec![0; size]);
        for (number, page) in &dirty.pages {
            if let Some(place) = self.pages.get_mut(number.index()) {
                *place = page.to_vec();
            }
        }
    }

    fn is(&self, image: &Image) -> bool {
        self.pages
            .iter()
            .map(Vec::as_slice)
            .eq(image.pages().iter().map(AsRef::as_ref))
    }
}

/// A tab that leads.
struct Leader {
    store: MemoryStore,
    epoch: Epoch,
    image: Image,
    replies: Replies,
    folding: Folding,
}

impl Leader {
    fn of(disk: &Disk) -> Self {
        let store = disk.open();
        let epoch = now(store.raise_epoch()).expect("the epoch is raised").epoch;
        let loaded = now(store.load()).expect("it loads");
        Leader {
            store,
            epoch,
            image: loaded.image,
            replies: loaded.replies,
            folding: loaded.folding,
        }
    }

    fn append(&mut self, dirty: Dirty) -> Result<Position, StoreError> {
        let commit = self.image.commit(self.epoch, dirty, WriteSet::default(), Vec::new());
        now(self.store.append(&commit))?;
        self.image.apply(&commit).expect("it was made of this image");
        self.folding.note(&commit);
        Ok(commit.after)
    }

    fn fold(&mut self) -> Result<(), StoreError> {
        let blocks = self.folding.next_blocks(&self.image, &self.replies);
        if !blocks.is_empty() {
            return now(self.store.write_blocks(self.epoch, &blocks));
        }
        match self.folding.finish() {
            Some(checkpoint) => now(self.store.finish_checkpoint(self.epoch, &checkpoint)),
            None => Ok(()),
        }
    }
}

fn page(size: PageSize, fill: u8) -> Page {
    Rc::from(vec![fill; size.bytes()])
}

fn one_page(fill: u8) -> Dirty {
    let pages = BTreeMap::from([(PageNo::FIRST, page(PageSize::DEFAULT, fill))]);
    Dirty {
        page_size: PageSize::DEFAULT,
        page_count: PageCount(1),
        pages,
    }
}

/// Any write that SQLite might do to its file, and some that it would not.
fn random_write(dice: &mut Rng, image: &Image) -> Dirty {
    let mut size = image.page_size();
    if dice.u32(..40) == 0 || image.page_count() == PageCount(0) {
        size = PageSize::new(512 << dice.u32(..2)).expect("a power of two");
    }
    let count = match dice.u32(..8) {
        0 => 1 + dice.u32(..400),
        1 => 1 + image.page_count().0 / 2,
        _ => (image.page_count().0 + dice.u32(..20)).max(1),
    };
    let mut pages = BTreeMap::new();
    for _ in 0..dice.u32(..6) {
        let number = PageNo::new(1 + dice.u32(..count + 3)).expect("not 0");
        pages.insert(number, page(size, dice.u32(..256) as u8));
    }
    pages.insert(PageNo::FIRST, page(size, dice.u32(..256) as u8));
    Dirty {
        page_size: size,
        page_count: PageCount(count),
        pages,
    }
}

/// A disk under random operations, and what it should hold at each seq.
struct History {
    disk: Disk,
    leader: Leader,
    truth: BTreeMap<Seq, Truth>,
    follower: Image,
    checkpoints: u32,
}

impl History {
    fn new() -> Self {
        let disk = Disk::default();
        let leader = Leader::of(&disk);
        let truth = BTreeMap::from([(Seq(0), Truth::default())]);
        History {
            disk,
            leader,
            truth,
            follower: Image::empty(),
            checkpoints: 0,
        }
    }

    fn step(&mut self, dice: &mut Rng) {
        match dice.u32(..16) {
            0..6 => self.write(dice),
            6..10 => self.fold(),
            10 => self.fail_before(dice),
            11 => self.crash_after(dice),
            12 => self.leader = Leader::of(&self.disk),
            13 => self.leader.folding.abandon(),
            14 => self.load(),
            _ => self.catch_up(),
        }
    }

    fn write(&mut self, dice: &mut Rng) {
        let dirty = random_write(dice, &self.leader.image);
        let expected = self.after(&dirty);
        let position = self.leader.append(dirty).expect("it is appended");
        assert!(
            expected.is(&self.leader.image),
            "the leader's image after {}",
            position.seq
        );
        self.truth.insert(position.seq, expected);
    }

    fn fold(&mut self) {
        self.leader.fold().expect("nothing was told to fail");
    }

    /// An operation is refused, because the disk is full for a moment: nothing has changed.
    fn fail_before(&mut self, dice: &mut Rng) {
        let full = StoreError::Quota("for a moment".into());
        let operations = [Operation::Append, Operation::WriteBlocks, Operation::FinishCheckpoint];
        let operation = operations[dice.u32(..3) as usize];
        if operation == Operation::Append {
            let dirty = random_write(dice, &self.leader.image);
            self.disk.fail(FaultPoint::Before(operation), full.clone());
            assert_eq!(self.leader.append(dirty), Err(full));
        } else {
            self.write(dice);
            self.disk.fail(FaultPoint::Before(operation), full);
            while self.leader.fold().is_ok() {}
            self.leader.folding.abandon();
        }
        self.load();
    }

    /// An operation is done, but the leader dies before it hears so.
    fn crash_after(&mut self, dice: &mut Rng) {
        let died = StoreError::Gone("the tab died".into());
        if dice.u32(..2) == 0 {
            let dirty = random_write(dice, &self.leader.image);
            let expected = self.after(&dirty);
            self.disk.fail(FaultPoint::After(Operation::Append), died.clone());
            assert_eq!(self.leader.append(dirty), Err(died));
            self.truth.insert(self.leader.image.position().seq.next(), expected);
        } else {
            self.disk
                .fail(FaultPoint::After(Operation::FinishCheckpoint), died.clone());
            while self.leader.fold().is_ok() {}
            self.checkpoints += 1;
        }
        self.leader = Leader::of(&self.disk);
        self.load();
    }

    fn load(&self) {
        let loaded = now(self.disk.open().load()).expect("it loads");
        let (seq, truth) = self.truth.last_key_value().expect("never empty");
        assert_eq!(loaded.head.position.seq, *seq);
        assert!(truth.is(&loaded.image), "the image loaded at {seq}");
    }

    fn catch_up(&mut self) {
        let store = self.disk.open();
        match now(store.commits_after(self.follower.position().seq)).expect("it answers") {
            CatchUp::Commits(commits) => {
                commits
                    .iter()
                    .for_each(|commit| self.follower.apply(commit).expect("it follows"));
            }
            CatchUp::Reload => self.follower = now(store.load()).expect("it loads").image,
        }
        let (seq, truth) = self.truth.last_key_value().expect("never empty");
        assert_eq!(self.follower.position().seq, *seq);
        assert!(truth.is(&self.follower), "the follower's image at {seq}");
    }

    fn after(&self, dirty: &Dirty) -> Truth {
        let mut truth = self.truth.last_key_value().expect("never empty").1.clone();
        truth.write(dirty);
        truth
    }
}

#[test]
fn whatever_happens_between_operations_every_tab_reads_the_same_image() {
    let only = std::env::var("SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let seeds = only.map_or(0..200, |seed| seed..seed + 1);
    let (mut commits, mut checkpoints) = (0, 0);
    for seed in seeds {
        let told = OnPanic(seed);
        let mut dice = Rng::with_seed(seed);
        let mut history = History::new();
        for _ in 0..120 {
            history.step(&mut dice);
        }
        history.load();
        history.catch_up();
        commits += history.truth.len();
        checkpoints += history.checkpoints;
        drop(told);
    }
    assert!(
        only.is_some() || (commits > 5_000 && checkpoints > 200),
        "{commits} {checkpoints}"
    );
}

/// Prints how to replay a run that panics.
struct OnPanic(u64);

impl Drop for OnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("replay with SEED={}", self.0);
        }
    }
}

#[test]
fn a_failed_append_leaves_the_database_as_it_was() {
    let disk = Disk::default();
    let mut leader = Leader::of(&disk);
    let first = leader.append(one_page(1)).expect("it is appended");
    let full = StoreError::Quota("full".into());
    disk.fail(FaultPoint::Before(Operation::Append), full.clone());
    assert_eq!(leader.append(one_page(2)), Err(full));
    assert_eq!(now(disk.open().load()).map(|loaded| loaded.head.position), Ok(first));
    leader.append(one_page(3)).expect("it was only for once");
}

#[test]
fn an_append_whose_request_fails_in_a_completed_transaction_is_refused() {
    let disk = Disk::default();
    let mut leader = Leader::of(&disk);
    let first = leader.append(one_page(1)).expect("it is appended");
    let refused = StoreError::Failed("too large".into());
    disk.fail(FaultPoint::Request(Operation::Append), refused.clone());
    assert_eq!(leader.append(one_page(2)), Err(refused));
    assert_eq!(now(disk.open().load()).map(|loaded| loaded.head.position), Ok(first));
    leader.append(one_page(3)).expect("it was only for once");
}

#[test]
fn an_append_of_which_nobody_heard_is_found_by_the_next_leader_and_fences_the_same_again() {
    let disk = Disk::default();
    let mut leader = Leader::of(&disk);
    disk.fail(FaultPoint::After(Operation::Append), StoreError::Gone("cut off".into()));
    assert!(leader.append(one_page(1)).is_err());
    let again = leader.append(one_page(1));
    assert_eq!(again, Err(StoreError::Fenced { stored: leader.epoch }));
    assert_eq!(Leader::of(&disk).image.position().seq, Seq(1));
}

#[test]
fn an_evicted_database_is_gone_for_those_who_had_it_open_and_empty_for_others() {
    let disk = Disk::default();
    let mut leader = Leader::of(&disk);
    leader.append(one_page(1)).expect("it is appended");
    disk.evict();
    assert!(matches!(leader.append(one_page(2)), Err(StoreError::Gone(_))));
    assert!(matches!(now(leader.store.load()), Err(StoreError::Gone(_))));
    assert_eq!(Leader::of(&disk).image.position(), Position::default());
}
