//! REST resources as views over a published posture, and the web interface beside them.
//!
//! Invariants: a request reads one immutable [`snapshot::Snapshot`] and never waits for the writer; what changes something
//! becomes an [`event::Event`] for it. Nothing here listens on a socket: that is the composition's choice.

pub mod event;
pub mod export;
pub mod intelligence;
pub mod job;
pub mod query;
pub mod snapshot;
pub mod state;
pub mod views;

mod cursor;
mod error;
mod guard;
mod hex;
mod layers;
mod parameters;
mod querystring;
mod resources;
mod web;

pub use error::Problem;
pub use resources::{openapi, router};
