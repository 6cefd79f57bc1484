//! Frames from capture files
