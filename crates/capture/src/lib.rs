//! Frames from capture files: pcap and pcapng, plain or compressed, read in one pass with bounded memory.
//!
//! [`reader::CaptureReader`] reads, [`writer::FrameWriter`] writes. Broken input is not an error: what could be
//! read is given out and the rest is named in the problems of the capture.

pub mod error;
mod interface;
mod order;
mod pcap;
mod pcapng;
pub mod reader;
mod source;
mod step;
mod window;
pub mod writer;
