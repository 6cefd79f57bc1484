//! Talks to other systems and reads their exports. Only [`transport`] opens connections.

pub mod archive;
pub mod cmdb;
pub mod directory;
pub mod engineering;
pub mod logs;
pub mod netconfig;
pub mod transport;
