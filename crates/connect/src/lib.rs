//! Talks to other systems and reads their exports.

pub mod archive;
pub mod engineering;
pub mod logs;
pub mod netconfig;
