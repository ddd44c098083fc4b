//! What an acknowledged append survives. A page chooses it for its database; a store keeps it.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the tab and of the browser: the operating system has the bytes.
    #[default]
    Relaxed,
    /// A power cut too: the disk has them.
    Strict,
}

impl Durability {
    /// As IndexedDB names it (Indexed Database API 3.0, `IDBTransactionDurability`), and the attribute of `<sqlite-db>`.
    pub fn name(self) -> &'static str {
        match self {
            Durability::Relaxed => "relaxed",
            Durability::Strict => "strict",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Durability::Relaxed, Durability::Strict]
            .into_iter()
            .find(|durability| durability.name() == name)
    }
}
