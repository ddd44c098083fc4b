//! What an acknowledged append survives. A page chooses it for its database, and a store keeps to it.

/// What an acknowledged append survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the tab and of the browser: the operating system has the bytes.
    #[default]
    Relaxed,
    /// A power cut too: the disk has the bytes.
    Strict,
}

impl Durability {
    /// Its name in IndexedDB (Indexed Database API 3.0, `IDBTransactionDurability`) and in the attribute of
    /// `<sqlite-db>`.
    pub fn name(self) -> &'static str {
        match self {
            Durability::Relaxed => "relaxed",
            Durability::Strict => "strict",
        }
    }

    /// The durability with this name.
    pub fn named(name: &str) -> Option<Self> {
        [Durability::Relaxed, Durability::Strict]
            .into_iter()
            .find(|durability| durability.name() == name)
    }
}
