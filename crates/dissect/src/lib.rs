//! Bytes in, observations out
