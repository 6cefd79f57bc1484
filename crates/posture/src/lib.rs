//! Journal in, posture out: who is there, what they are, what they do, and what is wrong with that.
//!
//! Invariants: a pure fold. No I/O, no clock, no randomness; the same journal gives the same posture in any batch size.

pub mod assess;
pub mod checks;
pub mod classify;
pub mod document;
pub mod features;
pub mod identity;
pub mod intel;
pub mod inventory;
pub mod levels;
pub mod reconcile;
pub mod resolve;
pub mod site;
pub mod vendors;
pub mod view;
