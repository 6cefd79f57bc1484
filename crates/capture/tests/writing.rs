//! What is written is read back as it was.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod build;

use build::*;
use model::evidence::CaptureId;
use model::frame::{Frame, LinkType};
use model::time::Timestamp;
use sightglass_capture::reader::CaptureReader;
use sightglass_capture::writer::{FrameWriter, write_frames};

fn frame(n: u8, link: u16, data: &[u8]) -> Frame<'_> {
    let time = Timestamp(1_700_000_000_123_456_780 + i64::from(n));
    Frame { capture: CaptureId(7), number: u64::from(n), time, link: LinkType(link), wire_len: 1000, data }
}

#[test]
fn frames_come_back() {
    let data = [1, 2, 3, 4, 5];
    let frames: Vec<_> = (1..=5).map(|n| frame(n, 1 + u16::from(n % 2), &data[..usize::from(n)])).collect();
    let mut file = Vec::new();
    assert_eq!(write_frames(&mut file, frames.iter().copied()).unwrap(), 5);
    let (back, summary) = read(&file).unwrap();
    assert!(summary.problems.is_empty());
    for (frame, back) in frames.iter().zip(&back) {
        assert_eq!((frame.number, frame.time.0, frame.wire_len), (back.number, back.time, back.wire_len));
        assert_eq!((frame.link.0, frame.data), (back.link, &back.data[..]));
    }
    assert_eq!(back.len(), 5);
}

#[test]
fn comments_of_any_length() {
    for comment in ["", "a", "ab", "abc", "abcd", &"ä".repeat(5000)] {
        let mut writer = FrameWriter::new(Vec::new()).unwrap();
        writer.frame(&frame(1, 1, &[1, 2, 3]), comment).unwrap();
        writer.frame(&frame(2, 1, &[4]), comment).unwrap();
        let (back, summary) = read(&writer.into_inner()).unwrap();
        assert_eq!(back.len(), 2);
        assert!(summary.problems.is_empty());
    }
}

#[test]
fn frames_can_be_copied_while_reading() {
    let file = pcapng(Order::Big);
    let mut reader = reader(&file).unwrap();
    let mut writer = FrameWriter::new(Vec::new()).unwrap();
    while let Some(frame) = reader.next_frame() {
        writer.frame(&frame, &format!("frame {}", frame.number)).unwrap();
    }
    let renumbered = read(&file).unwrap().0.into_iter().zip(1..).map(|(f, number)| Read { number, ..f });
    assert_eq!(read(&writer.into_inner()).unwrap().0, renumbered.collect::<Vec<_>>());
}

#[test]
fn progress_reaches_the_size_of_the_file() {
    let path = std::env::temp_dir().join(format!("sightglass-progress-{}.pcap.gz", std::process::id()));
    std::fs::write(&path, gzip(&pcap(Order::Little, 0xa1b2_c3d4))).unwrap();
    let mut reader = CaptureReader::open(&path, CaptureId(0)).unwrap();
    while reader.next_frame().is_some() {}
    let progress = reader.progress();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(Some(progress.read_bytes), progress.total_bytes);
}
