//! A map for few entries, or for keys that are given out in ascending order: a sorted vector.
//!
//! For live queries, listeners, users, tabs: there are some, rarely some hundred, and their numbers count up. It has the
//! methods of `BTreeMap` that are used of it. Each `BTreeMap` of other types is compiled anew and costs a page about
//! a kilobyte; so that one stays for what may be many, and loses entries anywhere.

/// Sorted by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ascending<K, V>(Vec<(K, V)>);

impl<K: Ord + Copy, V> Ascending<K, V> {
    pub const fn new() -> Self {
        Ascending(Vec::new())
    }

    /// The value that was there, if one was.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(key) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.find(*key).ok()?;
        Some(self.0.remove(at).1)
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        let at = self.find(*key).ok()?;
        Some(&self.0[at].1)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.find(*key).ok()?;
        Some(&mut self.0[at].1)
    }

    pub fn contains_key(&self, key: &K) -> bool {
        self.find(*key).is_ok()
    }

    pub fn first(&self) -> Option<(K, &V)> {
        self.0.first().map(|(key, value)| (*key, value))
    }

    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.0.iter().map(|(key, _)| *key)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// Takes out those that are meant.
    pub fn take(&mut self, mut is_meant: impl FnMut(K, &V) -> bool) -> Vec<(K, V)> {
        let (mut taken, mut kept) = (Vec::new(), Vec::new());
        for (key, value) in std::mem::take(&mut self.0) {
            let side = if is_meant(key, &value) { &mut taken } else { &mut kept };
            side.push((key, value));
        }
        self.0 = kept;
        taken
    }

    pub fn take_all(&mut self) -> Vec<(K, V)> {
        std::mem::take(&mut self.0)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

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
