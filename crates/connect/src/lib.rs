//! Talks to other systems and reads their exports. Only [`transport`] opens connections.

pub mod archive;
pub mod bundle;
pub mod cmdb;
pub mod directory;
pub mod engineering;
pub mod feeds;
pub mod logs;
pub mod netconfig;
pub mod transport;
