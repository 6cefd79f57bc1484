//! The posture knows the protocols that the dissectors read: the two lists are in crates that do not know each other.

#![allow(missing_docs, reason = "tests")]

use dissect::protocols::PROTOCOLS;
use posture::{checks, classify};
use std::collections::BTreeSet;

/// Industrial, but who speaks them need not control anything: meters, discovery and redundancy.
const NO_CONTROL: &[&str] = &["c1222", "dlms", "mrp", "profinet-dcp"];

#[test]
fn checks_may_name_every_protocol_and_no_other() {
    let read: BTreeSet<&str> = PROTOCOLS.iter().map(|p| p.info().name).collect();
    let named: BTreeSet<&str> = checks::PROTOCOLS.iter().copied().collect();
    assert_eq!(named, read);
}

#[test]
fn every_industrial_protocol_tells_a_role() {
    let silent: Vec<&str> = PROTOCOLS
        .iter()
        .map(|p| p.info())
        .filter(|info| info.industrial && !NO_CONTROL.contains(&info.name))
        .map(|info| info.name)
        .filter(|name| !classify::is_control(name))
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}
