//! Sightglass: passive OT security posture management.

fn main() {}
