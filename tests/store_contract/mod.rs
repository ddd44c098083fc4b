//! What every store promises, as one suite: `memory_store` runs it natively, `wasm_store` in a browser.
//!
//! Each promise is a function over [`Stores`], a disk on which any number of tabs open stores. [`for_each_promise`]
//! passes all their names to a macro that makes a test of each. The suite is here and not in the library because it
//! needs only the public interface and is not shipped.

mod large;
mod leader;
mod salvage;

use std::pin::pin;
use std::task::Poll;

pub(crate) use large::{
    a_commit_of_20_mb_is_stored_as_a_whole, a_commit_of_many_pieces_is_stored_and_folded_as_a_whole,
    a_commit_that_is_too_large_is_refused_and_changes_nothing,
};
use leader::{Leader, assert_loads, dirty, request};
pub(crate) use salvage::{a_whole_database_is_salvaged_whole, of_a_damaged_database_all_other_records_are_salvaged};
use sqlite_elements::sql::WriteSet;
use sqlite_elements::storage::{
    BlockNo, CatchUp, Checkpoint, Commit, Epoch, Image, Lease, LeaseAct, LeaseStep, PageCount, PageNo, PageSize,
    Position, RecordName, Replies, Seq, Store, StoreError, TabId,
};
use sqlite_elements::time::Timestamp;
use uuid::Uuid;

/// One disk, empty at first.
pub(crate) trait Stores {
    type Store: Store;

    /// Opens the database as another tab does.
    async fn open(&self) -> Self::Store;

    /// Alters one byte of an existing record.
    async fn flip_byte(&self, record: RecordName, at: usize);
}

macro_rules! for_each_promise {
    ($keep:ident) => {
        $keep! {
            a_database_that_does_not_exist_yet_is_empty,
            what_was_appended_is_there_for_another_tab,
            an_append_under_an_older_epoch_is_refused,
            an_append_to_an_empty_store_is_refused,
            of_two_tabs_that_raise_the_epoch_at_once_each_gets_its_own,
            of_two_appends_of_the_same_number_one_is_kept,
            an_append_that_leaves_a_gap_is_refused,
            a_new_leader_learns_where_the_newest_commit_left_off,
            a_checkpoint_changes_nothing_that_is_loaded,
            a_leader_that_dies_between_the_steps_of_a_checkpoint_leaves_the_database_as_it_was,
            a_checkpoint_under_an_older_epoch_is_refused,
            an_older_checkpoint_does_not_undo_a_newer_one,
            a_checkpoint_of_a_commit_that_is_not_stored_is_refused,
            a_database_that_shrinks_and_changes_its_page_size_survives_checkpoints,
            commits_after_mine_come_in_order,
            commits_after_one_that_was_folded_are_loaded_anew,
            replies_survive_a_checkpoint,
            a_damaged_record_is_named,
            two_thousand_appends_are_all_there,
            a_commit_of_20_mb_is_stored_as_a_whole,
            a_commit_of_many_pieces_is_stored_and_folded_as_a_whole,
            a_commit_that_is_too_large_is_refused_and_changes_nothing,
            blocks_of_a_commit_that_is_not_stored_are_refused,
            of_two_tabs_that_want_the_lease_at_once_one_gets_it,
            a_lease_is_kept_for_other_tabs_and_changes_nothing_of_the_database,
            a_damaged_lease_is_taken_anew,
            a_whole_database_is_salvaged_whole,
            of_a_damaged_database_all_other_records_are_salvaged,
        }
    };
}
pub(crate) use for_each_promise;

/// Runs both at the same time.
pub(crate) async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |context| {
        if first.is_none()
            && let Poll::Ready(done) = one.as_mut().poll(context)
        {
            first = Some(done);
        }
        if second.is_none()
            && let Poll::Ready(done) = other.as_mut().poll(context)
        {
            second = Some(done);
        }
        if first.is_none() || second.is_none() {
            return Poll::Pending;
        }
        Poll::Ready(first.take().zip(second.take()).expect("both are there"))
    })
    .await
}

fn record_of(error: StoreError) -> String {
    match error {
        StoreError::Corrupt { record, .. } => record,
        other => panic!("not the damage of a record: {other}"),
    }
}

pub(crate) async fn a_database_that_does_not_exist_yet_is_empty<D: Stores>(disk: &D) {
    let store = disk.open().await;
    let loaded = store.load().await.expect("it loads");
    assert_eq!(loaded.image.page_count(), PageCount(0));
    assert_eq!(loaded.head.position, Position::default());
    assert!(loaded.replies.is_empty());
    let Ok(CatchUp::Commits(commits)) = store.commits_after(Seq(0)).await else {
        panic!("nothing to reload")
    };
    assert_eq!(commits, []);
}

pub(crate) async fn what_was_appended_is_there_for_another_tab<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(3, &[(1, 1), (2, 2), (3, 3)]).await;
    leader.write(5, &[(2, 9), (5, 5)]).await;
    assert_loads(disk, &leader).await;
    let loaded = disk.open().await.load().await.expect("it loads");
    assert_eq!(
        loaded.image.page(PageNo::new(2).expect("not 0")).map(|page| page[0]),
        Some(9)
    );
    assert_eq!(
        loaded.image.page(PageNo::new(4).expect("not 0")).map(|page| page[0]),
        Some(0)
    );
}

pub(crate) async fn an_append_under_an_older_epoch_is_refused<D: Stores>(disk: &D) {
    let mut old = Leader::of(disk).await;
    old.write(1, &[(1, 1)]).await;
    let mut new = Leader::of(disk).await;
    assert!(new.epoch > old.epoch);
    let late = old.step(1, &[(1, 2)]);
    assert_eq!(old.append(&late).await, Err(StoreError::Fenced { stored: new.epoch }));
    assert_loads(disk, &new).await;
    new.write(1, &[(1, 3)]).await;
    let late = old.step(1, &[(1, 2)]);
    assert_eq!(old.append(&late).await, Err(StoreError::Fenced { stored: new.epoch }));
    assert_loads(disk, &new).await;
}

pub(crate) async fn an_append_to_an_empty_store_is_refused<D: Stores>(disk: &D) {
    let store = disk.open().await;
    for epoch in [Epoch(0), Epoch(1)] {
        let page = dirty(PageSize::DEFAULT, 1, &[(1, 1)]);
        let commit = Image::empty().commit(epoch, page, WriteSet::default(), Vec::new());
        assert!(matches!(store.append(&commit).await, Err(StoreError::Gone(_))));
    }
    assert_eq!(
        store.load().await.map(|loaded| loaded.head.position),
        Ok(Position::default())
    );
}

pub(crate) async fn of_two_tabs_that_raise_the_epoch_at_once_each_gets_its_own<D: Stores>(disk: &D) {
    let (one, other) = (disk.open().await, disk.open().await);
    let (first, second) = both(one.raise_epoch(), other.raise_epoch()).await;
    let (first, second) = (first.expect("raised").epoch, second.expect("raised").epoch);
    assert_eq!([first.min(second), first.max(second)], [Epoch(1), Epoch(2)]);
}

pub(crate) async fn of_two_appends_of_the_same_number_one_is_kept<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(1, &[(1, 1)]).await;
    let (one, other) = (leader.step(1, &[(1, 2)]), leader.step(1, &[(1, 3)]));
    let twin = disk.open().await;
    let (first, second) = both(leader.store.append(&one), twin.append(&other)).await;
    let fenced = Err(StoreError::Fenced { stored: leader.epoch });
    let kept = match (first, second) {
        (Ok(()), refused) if refused == fenced => one,
        (refused, Ok(())) if refused == fenced => other,
        neither => panic!("{neither:?}"),
    };
    let loaded = twin.load().await.expect("it loads");
    assert_eq!(loaded.head.position, kept.after);
}

pub(crate) async fn an_append_that_leaves_a_gap_is_refused<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(1, &[(1, 1)]).await;
    let mut ahead = leader.image.clone();
    ahead
        .apply(&leader.step(1, &[(1, 2)]))
        .expect("it was made of this image");
    let page = dirty(PageSize::DEFAULT, 1, &[(1, 3)]);
    let third = ahead.commit(leader.epoch, page, WriteSet::default(), Vec::new());
    let refused = leader.store.append(&third).await.expect_err("the second is missing");
    assert_eq!(record_of(refused), "commit 2");
    assert_loads(disk, &leader).await;
}

pub(crate) async fn a_new_leader_learns_where_the_newest_commit_left_off<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    for fill in 1..=12 {
        leader.write(1, &[(1, fill)]).await;
    }
    let head = disk.open().await.raise_epoch().await.expect("raised");
    assert_eq!(
        (head.epoch, head.position),
        (leader.epoch.next(), leader.image.position())
    );
    let mut leader = Leader::of(disk).await;
    leader.fold_all().await;
    let head = disk.open().await.raise_epoch().await.expect("raised");
    assert_eq!(head.position, leader.image.position(), "also when the log is empty");
}

pub(crate) async fn a_checkpoint_changes_nothing_that_is_loaded<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(700, &[(1, 1), (64, 2), (65, 3), (700, 4)]).await;
    let mut steps = 1;
    while leader.fold().await.is_none() {
        assert_loads(disk, &leader).await;
        leader.write(700 + steps, &[(1, 5), (30 * steps, 6)]).await;
        assert_loads(disk, &leader).await;
        steps += 1;
    }
    assert!(steps > 2, "there was something in between");
    assert_loads(disk, &leader).await;
    leader.write(701, &[(1, 7)]).await;
    leader.fold_all().await;
    assert_loads(disk, &leader).await;
}

pub(crate) async fn a_leader_that_dies_between_the_steps_of_a_checkpoint_leaves_the_database_as_it_was<D: Stores>(
    disk: &D,
) {
    let mut leader = Leader::of(disk).await;
    leader.write(600, &[(1, 1), (600, 2)]).await;
    leader.fold_all().await;
    for steps in 0..3_u8 {
        leader
            .write(
                600,
                &[(1, 10 + steps), (100, steps), (200, steps), (300, steps), (500, steps)],
            )
            .await;
        for _ in 0..steps {
            assert_eq!(leader.fold().await, None, "it is not done yet");
        }
        leader.write(600 - u32::from(steps), &[(1, 20 + steps)]).await;
        let next = Leader::of(disk).await;
        assert!(next.image.pages() == leader.image.pages(), "after {steps} steps");
        leader = next;
    }
    leader.fold_all().await;
    assert_loads(disk, &leader).await;
}

pub(crate) async fn a_checkpoint_under_an_older_epoch_is_refused<D: Stores>(disk: &D) {
    let mut old = Leader::of(disk).await;
    old.write(1, &[(1, 1)]).await;
    let new = Leader::of(disk).await;
    let fenced = Err(StoreError::Fenced { stored: new.epoch });
    let blocks = old.folding.next_blocks(&old.image, &old.replies);
    assert_eq!(old.store.write_blocks(old.epoch, &blocks).await, fenced);
    let checkpoint = old.folding.finish().expect("all blocks were given");
    assert_eq!(old.store.finish_checkpoint(old.epoch, &checkpoint).await, fenced);
    assert_loads(disk, &new).await;
}

pub(crate) async fn an_older_checkpoint_does_not_undo_a_newer_one<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(1, &[(1, 1)]).await;
    let mut slow = leader.folding.clone();
    slow.next_blocks(&leader.image, &leader.replies);
    let late = slow.finish().expect("there is one block");
    leader.write(1, &[(1, 2)]).await;
    leader.fold_all().await;
    assert_eq!(leader.store.finish_checkpoint(leader.epoch, &late).await, Ok(()));
    assert_loads(disk, &leader).await;
}

pub(crate) async fn a_checkpoint_of_a_commit_that_is_not_stored_is_refused<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(1, &[(1, 1)]).await;
    let never = leader.step(1, &[(1, 2)]);
    let ahead = Checkpoint {
        position: never.after,
        page_size: never.page_size,
        page_count: never.page_count,
        replies: Replies::default(),
    };
    let refused = leader.store.finish_checkpoint(leader.epoch, &ahead).await;
    assert_eq!(record_of(refused.expect_err("it is not there")), "commit 2");
    assert_loads(disk, &leader).await;
}

pub(crate) async fn a_database_that_shrinks_and_changes_its_page_size_survives_checkpoints<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(300, &[(1, 1), (100, 2), (300, 3)]).await;
    leader.fold_all().await;
    leader.write(10, &[(1, 4)]).await;
    assert_loads(disk, &leader).await;
    leader.write(300, &[(1, 5), (290, 6)]).await;
    leader.fold_all().await;
    assert_loads(disk, &leader).await;
    let smaller = leader.step_of(dirty(
        PageSize::new(1024).expect("a power of two"),
        500,
        &[(1, 7), (500, 8)],
    ));
    leader.append(&smaller).await.expect("it is appended");
    assert_loads(disk, &leader).await;
    assert_eq!(leader.fold().await, None);
    assert_loads(disk, &leader).await;
    leader.fold_all().await;
    assert_loads(disk, &leader).await;
    leader.write(0, &[]).await;
    leader.fold_all().await;
    assert_loads(disk, &leader).await;
}

pub(crate) async fn commits_after_mine_come_in_order<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    let mut commits = Vec::new();
    for fill in 1..=70 {
        let commit = leader.step(2, &[(1, fill), (2, 0)]);
        leader.append(&commit).await.expect("it is appended");
        commits.push(commit);
    }
    let follower = disk.open().await;
    for seq in [0, 1, 6, 64, 69, 70] {
        let Ok(CatchUp::Commits(answer)) = follower.commits_after(Seq(seq)).await else {
            panic!("after {seq}")
        };
        assert_eq!(answer, commits[seq as usize..], "after {seq}");
    }
}

pub(crate) async fn commits_after_one_that_was_folded_are_loaded_anew<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(1, &[(1, 1)]).await;
    leader.write(1, &[(1, 2)]).await;
    leader.fold_all().await;
    leader.write(1, &[(1, 3)]).await;
    let follower = disk.open().await;
    assert!(matches!(follower.commits_after(Seq(0)).await, Ok(CatchUp::Reload)));
    assert!(matches!(follower.commits_after(Seq(1)).await, Ok(CatchUp::Reload)));
    let Ok(CatchUp::Commits(commits)) = follower.commits_after(Seq(2)).await else {
        panic!("it is not folded")
    };
    assert_eq!(commits.iter().map(Commit::seq).collect::<Vec<Seq>>(), [Seq(3)]);
    let unknown = follower.commits_after(Seq(4)).await;
    assert!(
        matches!(unknown, Ok(CatchUp::Reload)),
        "a position that this history never had"
    );
}

pub(crate) async fn replies_survive_a_checkpoint<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(1, &[(1, 1)]).await;
    leader.write(1, &[(1, 2)]).await;
    leader.fold_all().await;
    leader.write(1, &[(1, 3)]).await;
    let loaded = disk.open().await.load().await.expect("it loads");
    for counter in 1..=3 {
        assert!(loaded.replies.find(request(counter)).is_some(), "request {counter}");
    }
}

pub(crate) async fn a_damaged_record_is_named<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(100, &[(1, 1), (100, 2)]).await;
    leader.fold_all().await;
    leader.write(100, &[(1, 3)]).await;
    leader.write(100, &[(1, 4)]).await;
    let store = disk.open().await;
    let records = [
        (RecordName::Commit(Seq(3)), "commit 3"),
        (RecordName::Commit(Seq(2)), "commit 2"),
        (RecordName::Block(BlockNo(1)), "block 1"),
        (RecordName::Replies, "replies"),
        (RecordName::Head, "head"),
    ];
    for (record, name) in records {
        disk.flip_byte(record, 45).await;
        assert_eq!(record_of(store.load().await.expect_err(name)), name);
        if record == RecordName::Commit(Seq(3)) {
            assert_eq!(record_of(store.raise_epoch().await.expect_err(name)), name);
            assert_eq!(record_of(store.commits_after(Seq(2)).await.expect_err(name)), name);
        }
        disk.flip_byte(record, 45).await;
        assert_loads(disk, &leader).await;
    }
}

pub(crate) async fn two_thousand_appends_are_all_there<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    for step in 0..2_000_u32 {
        leader
            .write(40, &[(1, step as u8), (1 + step % 40, (step / 40) as u8)])
            .await;
        if leader.folding.is_due() {
            leader.fold().await;
        }
    }
    assert_eq!(leader.image.position().seq, Seq(2_000));
    assert_loads(disk, &leader).await;
}

pub(crate) async fn blocks_of_a_commit_that_is_not_stored_are_refused<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(100, &[(1, 1), (100, 2)]).await;
    leader.fold_all().await;
    let phantom = leader.step(100, &[(1, 9), (100, 9)]);
    let (mut image, mut folding) = (leader.image.clone(), leader.folding.clone());
    image.apply(&phantom).expect("it was made of this image");
    folding.note(&phantom);
    let blocks = folding.next_blocks(&image, &leader.replies);
    assert!(!blocks.is_empty());
    let refused = leader.store.write_blocks(leader.epoch, &blocks).await;
    assert_eq!(
        record_of(refused.expect_err("nothing would put right what they overwrite")),
        "commit 2"
    );
    assert_loads(disk, &leader).await;
}

const START: Timestamp = Timestamp(1_000_000_000);

async fn lease_step(store: &impl Store, number: u128, at: Timestamp, act: LeaseAct) -> Lease {
    let tab = TabId(Uuid::from_u128(number));
    store
        .lease(&LeaseStep { tab, at, act })
        .await
        .expect("the step is taken")
}

pub(crate) async fn of_two_tabs_that_want_the_lease_at_once_one_gets_it<D: Stores>(disk: &D) {
    let (one, other) = (disk.open().await, disk.open().await);
    let wait = LeaseAct::Wait { heard: None };
    let (first, second) = both(lease_step(&one, 1, START, wait), lease_step(&other, 2, START, wait)).await;
    assert!(first.holder.is_some() && first.holder == second.holder);
}

pub(crate) async fn a_lease_is_kept_for_other_tabs_and_changes_nothing_of_the_database<D: Stores>(disk: &D) {
    let mut leader = Leader::of(disk).await;
    leader.write(1, &[(1, 1)]).await;
    let (one, other) = (disk.open().await, disk.open().await);
    let held = lease_step(&one, 1, START, LeaseAct::Wait { heard: None }).await;
    assert_eq!(lease_step(&other, 2, START, LeaseAct::Renew).await, held);
    let renewed = lease_step(&one, 1, START.after_ms(1_000), LeaseAct::Renew).await;
    assert!(renewed.expires > held.expires);
    assert_eq!(
        lease_step(&disk.open().await, 2, START, LeaseAct::Release).await,
        renewed
    );
    assert_eq!(lease_step(&one, 1, START, LeaseAct::Release).await.holder, None);
    assert_loads(disk, &leader).await;
}

pub(crate) async fn a_damaged_lease_is_taken_anew<D: Stores>(disk: &D) {
    let store = disk.open().await;
    let wait = LeaseAct::Wait { heard: None };
    let held = lease_step(&store, 1, START, wait).await;
    assert_eq!(lease_step(&store, 2, START, wait).await.holder, held.holder);
    disk.flip_byte(RecordName::Lease, 30).await;
    assert_ne!(lease_step(&store, 2, START, wait).await.holder, held.holder);
}
