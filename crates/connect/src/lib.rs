//! Talks to other systems and reads their exports.

pub mod archive;
pub mod cmdb;
pub mod logs;
pub mod transport;
