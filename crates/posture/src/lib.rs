//! Journal in, posture out: who is there, what they are, what they do, and what is wrong with that.
//!
//! Invariants: a pure fold. No I/O, no clock, no randomness; the same journal gives the same posture in any batch size.

pub mod access;
pub mod access_view;
pub mod allowed;
pub mod assess;
pub mod bearing;
pub mod checks;
pub mod classify;
pub mod coverage;
pub mod document;
pub mod exposure;
pub mod features;
pub mod fold;
pub mod identity;
pub mod intel;
pub mod inventory;
pub mod levels;
pub mod plant;
pub mod plant_file;
pub mod plant_view;
pub mod questions;
pub mod reach;
pub mod reach_view;
pub mod reconcile;
pub mod reconcile_view;
pub mod resolve;
pub mod ruling;
pub mod said;
pub mod site;
pub mod stated;
pub mod triage;
pub mod vendors;
pub mod view;
pub mod zoning;
