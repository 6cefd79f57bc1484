//! What lists and pictures show of a posture: rows and sums, made once when a posture is published.

pub mod access;
pub mod assets;
pub mod conversations;
pub mod findings;
pub mod flows;
pub mod map;
pub mod protocols;
pub mod summary;
