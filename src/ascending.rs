//! A map for few entries, or for keys that are given out in ascending order: a sorted vector.
//!
//! Used for live queries, listeners, users and tabs: there are rarely more than some hundred, and their ids count up.
//! It has those methods of `BTreeMap` that its users need. Each `BTreeMap` with other type arguments is compiled
//! separately and costs a page about a kilobyte, so `BTreeMap` stays for maps that may be large and lose entries
//! anywhere.

/// A map whose entries are sorted by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ascending<K, V>(Vec<(K, V)>);

impl<K: Ord + Copy, V> Ascending<K, V> {
    /// A map without entries.
    pub const fn new() -> Self {
        Ascending(Vec::new())
    }

    /// Sets the value of a key. Returns the value that it replaces, if there is one.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(key) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// Removes a key. Returns its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.find(*key).ok()?;
        Some(self.0.remove(at).1)
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let at = self.find(*key).ok()?;
        Some(&self.0[at].1)
    }

    /// The value of a key, mutable.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.find(*key).ok()?;
        Some(&mut self.0[at].1)
    }

    /// All entries, ascending by key.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    /// All keys, ascending.
    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.0.iter().map(|(key, _)| *key)
    }

    /// All values, in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    /// All values, mutable, in the order of their keys.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// Removes the entries for which `is_meant` is true, and returns them. The others keep their order.
    pub fn take(&mut self, mut is_meant: impl FnMut(K, &V) -> bool) -> Vec<(K, V)> {
        let (mut taken, mut kept) = (Vec::new(), Vec::new());
        for (key, value) in std::mem::take(&mut self.0) {
            let side = if is_meant(key, &value) { &mut taken } else { &mut kept };
            side.push((key, value));
        }
        self.0 = kept;
        taken
    }

    /// Removes all entries, and returns them.
    pub fn take_all(&mut self) -> Vec<(K, V)> {
        std::mem::take(&mut self.0)
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    fn find(&self, key: K) -> Result<usize, usize> {
        self.0.binary_search_by_key(&key, |(key, _)| *key)
    }
}

impl<K, V> Default for Ascending<K, V> {
    fn default() -> Self {
        Ascending(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stand_in_the_order_of_their_keys_whatever_the_order_of_their_coming() {
        let mut map = Ascending::new();
        for key in [3, 1, 2] {
            assert_eq!(map.insert(key, key * 10), None);
        }
        assert_eq!(map.insert(2, 21), Some(20));
        assert_eq!(map.iter().collect::<Vec<_>>(), [(1, &10), (2, &21), (3, &30)]);
        assert_eq!((map.get(&2), map.get(&4)), (Some(&21), None));
    }

    #[test]
    fn what_is_taken_is_gone_and_the_others_keep_their_order() {
        let mut map = Ascending::new();
        for key in 0..5 {
            map.insert(key, ());
        }
        assert_eq!(map.take(|key, ()| key % 2 == 1).len(), 2);
        assert_eq!(map.remove(&2), Some(()));
        assert_eq!(map.keys().collect::<Vec<_>>(), [0, 4]);
        assert_eq!(map.remove(&2), None);
    }
}
