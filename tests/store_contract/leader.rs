//! A tab that leads, as the contract's tests need one: it writes pages and folds them into checkpoints.

use std::rc::Rc;

use sqlite_elements::sql::{Outcome, Rows, WriteSet};
use sqlite_elements::storage::{
    Commit, Dirty, Epoch, Folding, Image, Page, PageCount, PageNo, PageSize, Position, Replies, Reply, RequestId,
    SettledBelow, Store, StoreError, TabId,
};
use uuid::Uuid;

use super::Stores;

/// A tab that leads: it writes and folds.
pub(super) struct Leader<S> {
    pub(super) store: S,
    pub(super) epoch: Epoch,
    pub(super) image: Image,
    pub(super) replies: Replies,
    pub(super) folding: Folding,
}

impl<S: Store> Leader<S> {
    pub(super) async fn of<D: Stores<Store = S>>(disk: &D) -> Self {
        let store = disk.open().await;
        let epoch = store.raise_epoch().await.expect("the epoch is raised").epoch;
        let loaded = store.load().await.expect("it loads");
        Leader {
            store,
            epoch,
            image: loaded.image,
            replies: loaded.replies,
            folding: loaded.folding,
        }
    }

    /// The commit that writes these pages, each filled with one byte.
    pub(super) fn step(&self, count: u32, pages: &[(u32, u8)]) -> Commit {
        let page_size = self.image.page_size();
        self.step_of(dirty(page_size, count, pages))
    }

    pub(super) fn step_of(&self, dirty: Dirty) -> Commit {
        let request = request(self.image.position().seq.0 + 1);
        let outcome = Outcome {
            rows: Rows::default(),
            changes: 1,
            last_row_id: 1,
        };
        let reply = Reply {
            request,
            outcome,
            settled_below: SettledBelow(0),
        };
        self.image.commit(self.epoch, dirty, WriteSet::default(), vec![reply])
    }

    pub(super) async fn append(&mut self, commit: &Commit) -> Result<(), StoreError> {
        self.store.append(commit).await?;
        self.image.apply(commit).expect("it was made of this image");
        self.replies.record(&commit.replies);
        self.folding.note(commit);
        Ok(())
    }

    pub(super) async fn write(&mut self, count: u32, pages: &[(u32, u8)]) {
        let commit = self.step(count, pages);
        self.append(&commit).await.expect("it is appended");
    }

    /// Takes one step of a checkpoint. Returns the position of the checkpoint after the last step.
    pub(super) async fn fold(&mut self) -> Option<Position> {
        let blocks = self.folding.next_blocks(&self.image, &self.replies);
        if blocks.is_empty() {
            let checkpoint = self.folding.finish().expect("all blocks are written");
            self.store
                .finish_checkpoint(self.epoch, &checkpoint)
                .await
                .expect("it is finished");
            return Some(checkpoint.position);
        }
        self.store
            .write_blocks(self.epoch, &blocks)
            .await
            .expect("blocks are written");
        None
    }

    pub(super) async fn fold_all(&mut self) {
        while self.fold().await.is_none() {}
    }
}

pub(super) fn request(counter: u64) -> RequestId {
    RequestId {
        tab: TabId(Uuid::from_u128(7)),
        counter,
    }
}

pub(super) fn dirty(page_size: PageSize, count: u32, pages: &[(u32, u8)]) -> Dirty {
    let page = |fill: u8| -> Page { Rc::from(vec![fill; page_size.bytes()]) };
    let pages = pages
        .iter()
        .map(|(number, fill)| (PageNo::new(*number).expect("not 0"), page(*fill)));
    Dirty {
        page_size,
        page_count: PageCount(count),
        pages: pages.collect(),
    }
}

/// Asserts that a tab that opens the disk now reads this leader's state.
pub(super) async fn assert_loads<D: Stores>(disk: &D, leader: &Leader<D::Store>) {
    let loaded = disk.open().await.load().await.expect("it loads");
    assert_eq!(loaded.image.position(), leader.image.position());
    assert!(loaded.image.pages() == leader.image.pages(), "the pages differ");
    assert_eq!(loaded.replies, leader.replies);
    assert_eq!(loaded.head.position, leader.image.position());
    assert_eq!(loaded.head.epoch, leader.epoch);
}
