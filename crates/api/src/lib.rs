//! REST resources as views over a posture
