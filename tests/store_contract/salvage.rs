//! What a store salvages of a database that it refuses to load.

use sqlite_elements::storage::{BlockNo, RecordName, Salvage, Seq, Store};

use super::Stores;
use super::leader::Leader;

const PAGE: usize = 4096;

/// Two blocks in a checkpoint; then page 1 is written again, and page 101 is added.
async fn written<D: Stores>(disk: &D) -> Leader<D::Store> {
    let mut leader = Leader::of(disk).await;
    leader.write(100, &[(1, 1), (2, 2), (100, 4)]).await;
    leader.fold_all().await;
    leader.write(100, &[(1, 7)]).await;
    leader.write(101, &[(101, 9)]).await;
    leader
}

/// Salvages the database while one byte of this record is altered.
async fn salvaged<D: Stores>(disk: &D, record: RecordName) -> Salvage {
    let store = disk.open().await;
    disk.flip_byte(record, 45).await;
    store.load().await.expect_err("it is damaged");
    let salvage = store.salvage().await.expect("it can be read");
    disk.flip_byte(record, 45).await;
    salvage
}

/// The byte that fills each of the pages 1, 2, 100, and 101.
fn fills(salvage: &Salvage) -> [u8; 4] {
    assert_eq!(salvage.file.len(), 101 * PAGE);
    [1, 2, 100, 101].map(|number: usize| salvage.file[(number - 1) * PAGE + PAGE / 2])
}

fn names(salvage: &Salvage) -> Vec<&str> {
    let name = |damaged: &'_ String| damaged.find(": ").expect("name: reason");
    salvage
        .damaged
        .iter()
        .map(|damaged| &damaged[..name(damaged)])
        .collect()
}

pub(crate) async fn a_whole_database_is_salvaged_whole<D: Stores>(disk: &D) {
    let nothing = disk.open().await.salvage().await;
    assert_eq!(nothing, Ok(Salvage::default()));
    let leader = written(disk).await;
    let salvage = disk.open().await.salvage().await.expect("it can be read");
    assert_eq!(salvage.file, leader.image.pages().concat());
    assert_eq!(salvage.damaged, [""; 0]);
}

pub(crate) async fn of_a_damaged_database_all_other_records_are_salvaged<D: Stores>(disk: &D) {
    let leader = written(disk).await;
    let lost_block = salvaged(disk, RecordName::Block(BlockNo(1))).await;
    assert_eq!(
        (fills(&lost_block), names(&lost_block)),
        ([7, 2, 0, 9], vec!["block 1"])
    );
    let lost_commit = salvaged(disk, RecordName::Commit(Seq(2))).await;
    assert_eq!(
        (fills(&lost_commit), names(&lost_commit)),
        ([1, 2, 4, 9], vec!["commit 2"])
    );
    let lost_head = salvaged(disk, RecordName::Head).await;
    assert_eq!(
        (lost_head.file.as_slice(), names(&lost_head)),
        (&*leader.image.pages().concat(), vec!["head"])
    );
}
