//! Records with right checksums and wrong numbers. A broken version of the library may have written them, or somebody
//! who can write into the page's storage. The store names them as damaged or reads them. It never panics, hangs, or
//! takes more memory than the records account for.
#![cfg(not(target_family = "wasm"))]

use std::collections::BTreeMap;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use fastrand::Rng;
use sqlite_elements::sql::WriteSet;
use sqlite_elements::storage::{
    BlockNo, Checksum, Commit, Dirty, Disk, Epoch, Folding, Image, PageCount, PageNo, PageSize, Position, RecordName,
    Replies, Seq, Store, StoreError,
};
use xxhash_rust::xxh3::xxh3_64;

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("a store in memory does not wait"),
    }
}

/// Two blocks of small pages, replies, and three commits after the checkpoint.
fn written() -> Disk {
    let disk = Disk::default();
    let store = disk.open();
    let epoch = now(store.raise_epoch()).expect("raised").epoch;
    let mut image = Image::empty();
    let mut folding = Folding::default();
    let write = |image: &mut Image, folding: &mut Folding, number: u32| {
        let page_size = PageSize::new(512).expect("a power of two");
        let pages = BTreeMap::from([(PageNo::new(number).expect("not 0"), Rc::from(vec![number as u8; 512]))]);
        let dirty = Dirty {
            page_size,
            page_count: PageCount(100),
            pages,
        };
        let commit = image.commit(epoch, dirty, WriteSet::default(), Vec::new());
        now(store.append(&commit)).expect("appended");
        image.apply(&commit).expect("it follows");
        folding.note(&commit);
    };
    write(&mut image, &mut folding, 1);
    write(&mut image, &mut folding, 90);
    loop {
        let blocks = folding.next_blocks(&image, &Replies::default());
        if blocks.is_empty() {
            break;
        }
        now(store.write_blocks(epoch, &blocks)).expect("written");
    }
    let checkpoint = folding.finish().expect("all are written");
    now(store.finish_checkpoint(epoch, &checkpoint)).expect("finished");
    [2, 3, 4]
        .iter()
        .for_each(|number| write(&mut image, &mut folding, *number));
    disk
}

/// The record with these bytes at this place, and the checksum made to fit.
fn forged(disk: &Disk, record: RecordName, at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut forged = disk.bytes(record).expect("it is there");
    let end = forged.len() - 8;
    let place = at.min(end)..(at + bytes.len()).min(end);
    let length = place.len();
    forged[place].copy_from_slice(&bytes[..length]);
    sealed(forged[..end].to_vec())
}

fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = xxh3_64(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// Reads the disk in every way, and returns the answer of a load.
fn read(disk: &Disk) -> Result<Position, StoreError> {
    let salvage = now(disk.open().salvage()).expect("a salvage gives what there is");
    assert!(
        salvage.file.len() < 4 << 20,
        "{} bytes of a few records",
        salvage.file.len()
    );
    assert!(salvage.damaged.len() < 50, "{} lines", salvage.damaged.len());
    for seq in [0, 2, 3, 4, 5, u64::MAX] {
        let _ = now(disk.open().commits_after(Seq(seq)));
    }
    now(disk.open().load()).map(|loaded| loaded.head.position)
}

fn corrupt(disk: &Disk) -> String {
    match read(disk) {
        Err(StoreError::Corrupt { record, .. }) => record,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_head_that_promises_more_than_there_is_is_named() {
    let numbers: [(usize, &[u8], &str); 4] = [
        (36, &u32::MAX.to_le_bytes(), "head"),
        (8, &u64::MAX.to_le_bytes(), "head"),
        (16, &u64::MAX.to_le_bytes(), "head"),
        (16, &9_000_000_000_000_000_u64.to_le_bytes(), "commit 9000000000000001"),
    ];
    for (at, bytes, named) in numbers {
        let disk = written();
        disk.put(RecordName::Head, Some(forged(&disk, RecordName::Head, at, bytes)));
        assert_eq!(corrupt(&disk), named, "{bytes:?} at {at}");
        let raised = now(disk.open().raise_epoch());
        assert!(raised.is_ok() || matches!(raised, Err(StoreError::Corrupt { .. })));
    }
}

/// A head may promise more pages than there are, if a later commit says how many there are.
#[test]
fn pages_that_no_block_has_are_not_made_up() {
    let disk = written();
    let promises = forged(&disk, RecordName::Head, 36, &4_000_000_u32.to_le_bytes());
    disk.put(RecordName::Head, Some(promises));
    assert_eq!(read(&disk).map(|position| position.seq), Ok(Seq(5)));
    (3..=5).for_each(|seq| disk.put(RecordName::Commit(Seq(seq)), None));
    assert_eq!(corrupt(&disk), "block 2");
}

#[test]
fn a_commit_or_block_with_absurd_numbers_is_named() {
    let (newest, block) = (RecordName::Commit(Seq(5)), RecordName::Block(BlockNo(0)));
    let numbers: [(RecordName, usize, &[u8], &str); 7] = [
        (newest, 44, &u32::MAX.to_le_bytes(), "commit 5"),
        (newest, 48, &u32::MAX.to_le_bytes(), "commit 5"),
        (newest, 52, &u32::MAX.to_le_bytes(), "commit 5"),
        (newest, 8, &u64::MAX.to_le_bytes(), "commit 5"),
        (newest, 16, &u64::MAX.to_le_bytes(), "commit 5"),
        (block, 8, &u32::MAX.to_le_bytes(), "block 0"),
        (block, 12, &65_536_u32.to_le_bytes(), "block 0"),
    ];
    for (record, at, bytes, named) in numbers {
        let disk = written();
        disk.put(record, Some(forged(&disk, record, at, bytes)));
        assert_eq!(corrupt(&disk), named, "{bytes:?} at {at}");
    }
}

#[test]
fn records_under_numbers_far_away_are_named_at_once() {
    for seq in [7, 1_000_000_000_000_000, u64::MAX] {
        let disk = written();
        disk.put(RecordName::Commit(Seq(seq)), disk.bytes(RecordName::Commit(Seq(5))));
        assert_eq!(corrupt(&disk), "commit 6", "a commit at {seq}");
    }
    let disk = written();
    disk.put(
        RecordName::Block(BlockNo(u32::MAX)),
        disk.bytes(RecordName::Block(BlockNo(1))),
    );
    assert_eq!(corrupt(&disk), format!("block {}", u32::MAX));
}

#[test]
fn a_block_that_is_missing_is_named() {
    for number in [0, 1] {
        let disk = written();
        disk.put(RecordName::Block(BlockNo(number)), None);
        assert_eq!(corrupt(&disk), format!("block {number}"));
    }
}

/// The commit follows the image, and has a checksum that nobody could have computed.
#[test]
fn a_commit_that_grows_the_image_beyond_what_memory_has_is_no_commit() {
    let at = |seq| Position {
        seq: Seq(seq),
        checksum: Checksum(0),
    };
    let commit = |page_size: u32, page_count: u32| Commit {
        epoch: Epoch(1),
        before: Position::default(),
        after: at(1),
        page_size: PageSize::new(page_size).expect("a power of two"),
        page_count: PageCount(page_count),
        pages: Vec::new(),
        write_set: WriteSet::default(),
        replies: Vec::new(),
    };
    for absurd in [commit(512, u32::MAX), commit(65_536, 65_537), commit(4096, 1 << 21)] {
        assert!(Commit::decode(&absurd.encode()).is_err());
        assert!(
            Image::empty().apply(&absurd).is_err(),
            "and none is applied that was not decoded"
        );
    }
}

#[test]
fn whatever_is_written_into_a_record_reading_it_comes_to_an_end() {
    let only = std::env::var("SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let seeds = only.map_or(0..1_500, |seed| seed..seed + 1);
    let (mut refused, mut whole) = (0, 0);
    for seed in seeds {
        let told = OnPanic(seed);
        let mut dice = Rng::with_seed(seed);
        let disk = written();
        for _ in 0..=dice.usize(..2) {
            mutate(&mut dice, &disk);
        }
        match read(&disk) {
            Ok(_) => whole += 1,
            Err(StoreError::Corrupt { .. } | StoreError::Layout { .. }) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
        let _ = now(disk.open().raise_epoch());
        drop(told);
    }
    assert!(only.is_some() || (refused > 500 && whole > 50), "{refused} {whole}");
}

/// Removes, cuts or copies a record, or changes a number in it; the checksum always fits.
fn mutate(dice: &mut Rng, disk: &Disk) {
    let records = disk.records();
    let record = records[dice.usize(..records.len())];
    let length = disk.bytes(record).expect("it is there").len();
    // Mostly the first fields, because they have the counts.
    let at = 4 + if dice.usize(..4) == 0 {
        dice.usize(..length)
    } else {
        4 * dice.usize(..16)
    };
    let limits = [
        0,
        1,
        63,
        64,
        65,
        1 << 14,
        1 << 26,
        1 << 31,
        u64::from(u32::MAX),
        1 << 53,
        u64::MAX,
        dice.u64(..),
    ];
    let number = limits[dice.usize(..limits.len())];
    match dice.usize(..8) {
        0 => disk.put(record, None),
        1 => {
            let bytes = disk.bytes(record).expect("it is there");
            let cut = dice.usize(..length - 8);
            disk.put(record, Some(sealed(bytes[..cut].to_vec())));
        }
        2 => {
            let elsewhere = [
                RecordName::Commit(Seq(number)),
                RecordName::Block(BlockNo(number as u32)),
            ];
            disk.put(elsewhere[dice.usize(..2)], disk.bytes(record));
        }
        3..6 => disk.put(record, Some(forged(disk, record, at, &(number as u32).to_le_bytes()))),
        _ => disk.put(record, Some(forged(disk, record, at, &number.to_le_bytes()))),
    }
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
