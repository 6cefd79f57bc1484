//! Bytes in, observations out: link layers, conversations, reassembly, and one file per protocol.
//!
//! Invariants: no I/O, no clock, no randomness, no knowledge of assets. Any bytes in any pieces never panic and never exceed
//! [`Limits`](model::limits::Limits); a hit cap is an observation of its own. Nothing is kept that grows with traffic.

mod conversations;
mod dissector;
pub mod emit;
mod facts;
mod flow;
mod fragments;
mod late;
pub mod packet;
mod presence;
pub mod protocol;
pub mod protocols;
pub mod reader;
#[cfg(test)]
mod reassembly_laws;
mod secrets;
pub mod shard;
mod stream;
mod tally;
#[cfg(test)]
mod testing;
mod tunnel;

pub use dissector::Dissector;
pub use secrets::SecretKey;
