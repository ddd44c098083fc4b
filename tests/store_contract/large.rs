//! Commits that are larger than one record, or than a commit may be.

use std::rc::Rc;

use sqlite_elements::storage::{CatchUp, Commit, PageNo, PageSize, RecordName, Seq, Store, StoreError};

use super::leader::{Leader, assert_loads, dirty};
use super::{Stores, record_of};

pub(crate) async fn a_commit_of_20_mb_is_stored_as_a_whole<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    let pages: Vec<(u32, u8)> = (1..=5_120).map(|number| (number, number as u8)).collect();
    leader.write(5_120, &pages).await;
    assert_loads(disk, &leader).await;
    let follower = disk.open().await;
    let Ok(CatchUp::Commits(commits)) = follower.commits_after(Seq(0)).await else {
        panic!("it is not folded")
    };
    assert_eq!(
        commits.iter().map(|commit| commit.pages.len()).collect::<Vec<usize>>(),
        [5_120]
    );
    leader.fold_all().await;
    assert_loads(disk, &leader).await;
}

/// A commit of 72 MiB, in pages of 64 KiB: there are few of them, so they are made quickly.
async fn written_in_pieces<D: Stores>(disk: &D) -> Leader<D::Store> {
    let mut leader = Leader::of(disk).await;
    leader.write(3, &[(1, 1)]).await;
    let size = PageSize::new(65_536).expect("a power of two");
    let pages: Vec<(u32, u8)> = (1..=1_152).map(|number| (number, number as u8)).collect();
    let commit = leader.step_of(dirty(size, 1_152, &pages));
    leader.append(&commit).await.expect("it is appended");
    leader
}

pub(crate) async fn a_commit_of_many_pieces_is_stored_and_folded_as_a_whole<D: Stores>(disk: &D) {
    let mut leader = written_in_pieces(disk).await;
    assert_loads(disk, &leader).await;
    let head = disk.open().await.raise_epoch().await.expect("raised");
    assert_eq!(head.position, leader.image.position());
    leader.epoch = head.epoch;
    leader.write(1_152, &[(7, 9)]).await;
    let Ok(CatchUp::Commits(commits)) = disk.open().await.commits_after(Seq(1)).await else {
        panic!("it is not folded")
    };
    assert_eq!([commits[0].pages.len(), commits[1].pages.len()], [1_152, 1]);
    let piece = RecordName::Piece(Seq(2), 2);
    disk.flip_byte(piece, 100).await;
    assert_eq!(
        record_of(disk.open().await.load().await.expect_err("it is damaged")),
        "commit 2, piece 2"
    );
    let salvage = disk.open().await.salvage().await.expect("it can be read");
    assert_eq!(salvage.damaged[0], "commit 2, piece 2: bytes are missing or altered");
    assert_eq!(
        [1, 8, 1_000].map(|page| salvage.file[(page - 1) << 16]),
        [1, 8, 1_000_u32 as u8]
    );
    disk.flip_byte(piece, 100).await;
    leader.fold_all().await;
    assert_loads(disk, &leader).await;
    leader.write(1_152, &[(8, 9)]).await;
    assert_loads(disk, &leader).await;
}

pub(crate) async fn a_commit_that_is_too_large_is_refused_and_changes_nothing<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(3, &[(1, 1)]).await;
    let mut commit = leader.step(3, &[(1, 2)]);
    let page = Rc::clone(&commit.pages[0].1);
    let many = (1..=u32::try_from(Commit::MOST_BYTES / 4096).expect("it fits")).filter_map(PageNo::new);
    commit.pages = many.map(|number| (number, Rc::clone(&page))).collect();
    let refused = leader.store.append(&commit).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    assert_loads(disk, &leader).await;
    leader.write(3, &[(1, 3)]).await;
    assert_loads(disk, &leader).await;
}
