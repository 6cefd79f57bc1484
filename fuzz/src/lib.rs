//! The drivers, for the targets.
pub mod drivers;
