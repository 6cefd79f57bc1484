//! Time of reading alone: `cargo run --release -p sightglass-capture --example read_speed -- CAPTURE`.

use model::evidence::CaptureId;
use sightglass_capture::reader::CaptureReader;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let began = Instant::now();
        let mut reader = CaptureReader::open(Path::new(&path), CaptureId(0))?;
        let mut last_bytes = 0_u64;
        while let Some(frame) = reader.next_frame() {
            last_bytes = last_bytes.wrapping_add(u64::from(frame.data.last().copied().unwrap_or(0)));
        }
        let (took, capture) = (began.elapsed(), reader.summary());
        let per_packet = took.as_nanos() / u128::from(capture.packets.max(1));
        println!("{path}: {} packets, {per_packet} ns each, {took:.2?} (sum {last_bytes})", capture.packets);
        for problem in capture.problems {
            println!("  after frame {:?}: {}", problem.frame, problem.what);
        }
    }
    Ok(())
}
