//! Which rows are new, gone, or moved: the plan by which `rows` changes the document as little as possible.
//!
//! Two rows are the same if their keys are equal. Of the rows that stay, the longest run that is still in order is not
//! touched (longest increasing subsequence, O(n log n)). So a row that jumps costs one move, and not one for each row
//! that it passes. The row with the focus is always part of that run. A node that is moved loses the focus, the caret
//! and an open menu, unless the browser has `moveBefore`.

use std::collections::HashMap;

use sqlite_elements::sql::Value;

/// The identity of a row. Rows with equal values in the key column are numbered in their order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    identity: Identity,
    occurrence: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Identity {
    Position(usize),
    Null,
    Integer(i64),
    Real(u64),
    Text(String),
    Blob(Vec<u8>),
}

/// What happens to one new row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    New,
    /// The old row with this index stays in place.
    Stays(usize),
    /// The old row with this index moves here.
    Moves(usize),
}

/// How the old rows become the new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Indices of old rows that are gone.
    pub gone: Vec<usize>,
    /// One slot for each new row, in order.
    pub slots: Vec<Slot>,
}

/// The keys of a result: the values of one column, or positions.
pub fn keys(rows: &[Vec<Value>], column: Option<usize>) -> Vec<Key> {
    let Some(column) = column else {
        return (0..rows.len())
            .map(|at| Key {
                identity: Identity::Position(at),
                occurrence: 0,
            })
            .collect();
    };
    let mut seen: HashMap<Identity, u32> = HashMap::with_capacity(rows.len());
    let mut key = |row: &Vec<Value>| {
        let identity = row.get(column).map_or(Identity::Null, Identity::of);
        let count = seen.entry(identity.clone()).or_default();
        *count += 1;
        Key {
            identity,
            occurrence: *count,
        }
    };
    rows.iter().map(&mut key).collect()
}

/// How the rows change from `old` to `new`. `pinned` is an old row that must not move if it stays.
pub fn plan(old: &[Key], new: &[Key], pinned: Option<usize>) -> Plan {
    if old == new {
        return Plan {
            gone: Vec::new(),
            slots: (0..new.len()).map(Slot::Stays).collect(),
        };
    }
    let mut unclaimed: HashMap<&Key, usize> = old.iter().enumerate().map(|(at, key)| (key, at)).collect();
    let sources: Vec<Option<usize>> = new.iter().map(|key| unclaimed.remove(key)).collect();
    let mut gone: Vec<usize> = unclaimed.into_values().collect();
    gone.sort_unstable();
    let mut slots: Vec<Slot> = sources
        .iter()
        .map(|source| source.map_or(Slot::New, Slot::Moves))
        .collect();
    for at in in_order(&sources, pinned) {
        if let Some(source) = sources[at] {
            slots[at] = Slot::Stays(source);
        }
    }
    Plan { gone, slots }
}

/// Indices into `sources` of a longest run of increasing sources. The run contains `pinned` if that row is there.
fn in_order(sources: &[Option<usize>], pinned: Option<usize>) -> Vec<usize> {
    let pin = pinned.and_then(|pin| Some((sources.iter().position(|source| *source == Some(pin))?, pin)));
    // A row on the wrong side of the pinned row cannot be in one run with it. Any run of the other rows can.
    let fits = |at: usize, source: usize| pin.is_none_or(|(pin_at, pin)| at.cmp(&pin_at) == source.cmp(&pin));
    // `tails[n]` ends the run of `n + 1` rows whose last source is the smallest. `before` leads back along a run.
    let mut tails: Vec<(usize, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; sources.len()];
    for (at, source) in sources.iter().enumerate() {
        let Some(source) = source.filter(|source| fits(at, *source)) else {
            continue;
        };
        let length = tails.partition_point(|(_, tail)| *tail < source);
        before[at] = length.checked_sub(1).map(|previous| tails[previous].0);
        match tails.get_mut(length) {
            Some(tail) => *tail = (at, source),
            None => tails.push((at, source)),
        }
    }
    let mut run: Vec<usize> = std::iter::successors(tails.last().map(|(at, _)| *at), |at| before[*at]).collect();
    run.reverse();
    run
}

impl Identity {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Identity::Null,
            Value::Integer(integer) => Identity::Integer(*integer),
            Value::Real(real) => Identity::Real(real.to_bits()),
            Value::Text(text) => Identity::Text(text.clone()),
            Value::Blob(blob) => Identity::Blob(blob.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[i64]) -> Vec<Key> {
        keys(
            &ids.iter().map(|id| vec![Value::from(*id)]).collect::<Vec<_>>(),
            Some(0),
        )
    }

    /// Does to a list what `rows` does to the document. Counts how many rows it touched.
    fn carry_out(old: &[i64], new: &[i64], pinned: Option<usize>) -> (Vec<i64>, usize) {
        let plan = plan(&ids(old), &ids(new), pinned);
        let mut list: Vec<i64> = old.to_vec();
        let mut touched = plan.gone.len();
        list.retain(|id| !plan.gone.iter().any(|gone| old[*gone] == *id));
        let mut next: Option<i64> = None;
        for (slot, id) in plan.slots.iter().zip(new).rev() {
            if !matches!(slot, Slot::Stays(_)) {
                touched += 1;
                list.retain(|other| other != id);
                let at = next.map_or(list.len(), |next| list.iter().position(|id| *id == next).unwrap());
                list.insert(at, *id);
            }
            next = Some(*id);
        }
        (list, touched)
    }

    #[test]
    fn any_order_is_reached() {
        let lists: [&[i64]; 8] = [
            &[],
            &[1],
            &[1, 2, 3, 4, 5],
            &[5, 4, 3, 2, 1],
            &[2, 3, 9, 1],
            &[7, 8],
            &[1, 9, 2, 8, 3],
            &[3, 1, 2],
        ];
        for old in lists {
            for new in lists {
                for pinned in (0..old.len()).map(Some).chain([None]) {
                    assert_eq!(
                        carry_out(old, new, pinned).0,
                        new,
                        "{old:?} to {new:?}, pinned {pinned:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_did_not_change_is_not_touched() {
        assert_eq!(carry_out(&[1, 2, 3], &[1, 2, 3], None).1, 0);
        assert_eq!(
            carry_out(&[1, 2, 3, 4], &[4, 1, 2, 3], None).1,
            1,
            "one row jumps to the front"
        );
        assert_eq!(
            carry_out(&[1, 2, 3, 4], &[2, 3, 4, 1], None).1,
            1,
            "one row jumps to the end"
        );
        assert_eq!(carry_out(&[1, 2, 3, 4], &[1, 3, 4], None).1, 1);
        assert_eq!(carry_out(&[1, 2, 3, 4], &[1, 2, 9, 3, 4], None).1, 1);
    }

    #[test]
    fn the_pinned_row_never_moves() {
        let (old, new) = ([1, 2, 3, 4], [4, 1, 2, 3]);
        let plan = plan(&ids(&old), &ids(&new), Some(3));
        assert_eq!(plan.slots[0], Slot::Stays(3), "the others go around it");
        assert_eq!(carry_out(&old, &new, Some(3)), (new.to_vec(), 3));
    }

    #[test]
    fn a_pinned_row_that_is_gone_pins_nothing() {
        assert_eq!(carry_out(&[1, 2, 3], &[2, 3], Some(0)), (vec![2, 3], 1));
    }

    #[test]
    fn equal_keys_are_told_apart_by_their_order() {
        let twice = ids(&[1, 1]);
        assert_ne!(twice[0], twice[1]);
        assert_eq!(twice, ids(&[1, 1]));
        assert_eq!(carry_out(&[5], &[5], None).1, 0);
    }

    #[test]
    fn values_of_different_types_are_different_keys() {
        let rows = [
            Value::from(1),
            Value::from("1"),
            Value::Null,
            Value::Real(1.0),
            Value::Blob(vec![1]),
        ];
        let keys = keys(&rows.map(|value| vec![value]), Some(0));
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
