//! What is known of a write when it is sent to a leader: whether leaders ended while they had it (see [`super::trials`]).

use serde::{Deserialize, Serialize};

/// What the asker records about a write and sends with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// No leader that had it ended in silence. It runs in a group with others.
    #[default]
    Clean,
    /// A leader that had it ended in silence. It is run alone, and only when its asker agrees.
    Suspect,
    /// A second leader ended in silence while it ran it. It is not run again.
    Condemned,
}
