//! Vulnerability intelligence: advisories in, matches of observed products out.
//!
//! Pure like the rest of the crate: the texts of the documents are handed in, nothing is fetched. Feed texts are untrusted: every reader
//! here is a single bounded pass, and what cannot be read is kept as text and answers "possible".

mod claim;
pub mod csaf;
pub mod family;
mod fit;
pub mod fleet;
mod layout;
pub mod matcher;
mod product;
mod profile;
mod qualifier;
pub mod range;
mod shelf;
pub(crate) mod text;
pub mod threat;
mod unit;
pub mod vendor;
pub mod version;
mod words;
