//! Real captures: packet count and times against an independent reader's. Skips, loudly, where the captures are absent.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use model::evidence::CaptureId;
use model::time::Timestamp;
use serde_json::Value;
use sightglass_capture::reader::{Block, CaptureReader};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the reader is meant to differ, and why.
const KNOWN: [(&str, &str); 5] = [
    ("gopacket_test017_695cfaec.pcapng", "custom blocks have frame numbers but are no frames"),
    ("ntopng_aarp-heapoverflow-1_167cfdfe.pcap", "microseconds above a second: there they wrap at 32 bits"),
    ("ntopng_tcp-header-heapoverflow_a6b7ab08.pcap", "likewise"),
    ("tcpdump_rx-serviceid-oobr_c55fcba7.pcap", "likewise"),
    ("tcpdump_timestamp-invalid-micro_8b57442c.pcap", "likewise"),
];

/// Where the shared captures lie: `SIGHTGLASS_SHARED`, or `../shared` beside the repository.
fn corpus() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    std::env::var_os("SIGHTGLASS_SHARED").map_or_else(default, PathBuf::from).join("corpus")
}

/// Number, time, length on the wire and bytes of every frame of a share, one after the other.
fn frames<'a>(frames: impl Iterator<Item = model::frame::Frame<'a>>) -> Vec<(u64, i64, u32, Vec<u8>)> {
    frames.map(|f| (f.number, f.time.0, f.wire_len, f.data.to_vec())).collect()
}

#[test]
fn blocks_hold_the_same_frames() {
    let Ok(files) = fs::read_dir(corpus().join("pcaps")) else {
        eprintln!("SKIPPED: no captures at {}; set SIGHTGLASS_SHARED", corpus().display());
        return;
    };
    let (mut most, mut block) = (0, Block::default());
    for path in files.map(|f| f.unwrap().path()) {
        let Ok(mut reader) = CaptureReader::open(&path, CaptureId(0)) else { continue };
        let mut single = Vec::new();
        while let Some(f) = reader.next_frame() {
            single.push((f.number, f.time.0, f.wire_len, f.data.to_vec()));
        }
        let mut blocks = CaptureReader::open(&path, CaptureId(0)).unwrap();
        let (mut sorted, mut count) = (Vec::new(), 0);
        while blocks.next_block(&mut block, 3, |f| f.data.len() % 3) {
            count += 1;
            assert!(!block.is_empty());
            sorted.extend((0..3).flat_map(|share| frames(block.frames(share))));
        }
        sorted.sort();
        assert_eq!(single, sorted, "{}", path.display());
        assert_eq!(reader.summary(), blocks.summary());
        most = most.max(count);
    }
    assert!(most > 3, "no capture was larger than a block");
}

#[test]
fn agrees_with_the_truth_of_every_capture() {
    let corpus = corpus();
    let Ok(files) = fs::read_dir(corpus.join("pcaps")) else {
        eprintln!("SKIPPED: no captures at {}; set SIGHTGLASS_SHARED", corpus.display());
        return;
    };
    let mut paths: Vec<_> = files.map(|f| f.unwrap().path()).collect();
    paths.sort();
    let (mut compared, mut differences) = (0, Vec::new());
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy();
        let Ok(truth) = fs::read(corpus.join(format!("truth/{name}.json"))) else { continue };
        let truth: Value = serde_json::from_slice(&truth).unwrap();
        compared += 1;
        let difference = compare(path, &truth).map(|d| format!("{name}: {d}"));
        match KNOWN.iter().find(|(known, _)| *known == name) {
            Some((_, why)) => assert!(difference.is_some(), "{name} differs no more ({why})"),
            None => differences.extend(difference),
        }
    }
    eprintln!("{compared} captures compared, {} differ", differences.len());
    assert!(compared > 0, "no truth beside {}", corpus.display());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn compare(path: &Path, truth: &Value) -> Option<String> {
    let capture = &truth["capture"];
    let mut reader = match CaptureReader::open(path, CaptureId(0)) {
        Ok(reader) => reader,
        Err(e) => return (capture["packets"].as_u64() != Some(0)).then(|| e.to_string()),
    };
    let mut wire_bytes = 0;
    while let Some(frame) = reader.next_frame() {
        wire_bytes += u64::from(frame.wire_len);
    }
    let found = reader.summary();
    let times = [found.first, found.last].map(|t| t.map_or(0.0, seconds));
    let expected = [&capture["first"], &capture["last"]].map(|t| t.as_f64().unwrap_or(0.0));
    let near = times.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-6);
    let counts = (found.packets, wire_bytes);
    let wanted = (capture["packets"].as_u64()?, capture["bytes_on_wire"].as_u64()?);
    let problems = found.problems.iter().map(|p| p.what.as_str()).collect::<Vec<_>>().join("; ");
    let differs = !near || counts != wanted;
    differs.then(|| format!("{counts:?} {times:?} instead of {wanted:?} {expected:?} ({problems})"))
}

fn seconds(time: Timestamp) -> f64 {
    time.0 as f64 / 1e9
}
