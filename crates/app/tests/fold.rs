//! The fold does not know how its input was divided: the frames of a capture, given as one file or as several, their observations taken
//! at any points, give the same observations with the same witnesses, and the same posture.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use capture::reader::CaptureReader;
use dissect::Dissector;
use model::frame::{Frame, LinkType};
use model::limits::Limits;
use model::{CaptureId, Evidence, Fact, Observation, Timestamp};
use posture::checks::Checks;
use posture::intel::matcher::Intel;
use posture::site::Site;
use posture::view::Viewer;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Captures larger than this take too long here.
const BYTES_MAX: u64 = 600_000;
/// One in so many of the shared captures is tried.
const EVERY: usize = 4;

/// Small, and the same everywhere: xorshift64*.
struct Chance(u64);

impl Chance {
    fn one_in(&mut self, n: u64) -> bool {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).is_multiple_of(n)
    }
}

struct Owned {
    time: Timestamp,
    link: LinkType,
    wire_len: u32,
    data: Vec<u8>,
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = ["sample-plant", "second-plant"];
    let mut files = own.map(|site| root.join(format!("../../corpus/sites/{site}.pcapng.zst"))).to_vec();
    let shared =
        std::env::var_os("SIGHTGLASS_SHARED").map_or_else(|| root.join("../../../shared"), PathBuf::from);
    let folder = shared.join("corpus/pcaps");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("\n!!! NO CAPTURE CORPUS at {}: only the own plants were divided.\n", folder.display());
        return files;
    };
    let mut others: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
    others.retain(|path| path.metadata().unwrap().len() < BYTES_MAX);
    others.sort();
    files.extend(others.into_iter().step_by(EVERY));
    files
}

fn frames(path: &Path) -> Vec<Owned> {
    let Ok(mut reader) = CaptureReader::open(path, CaptureId(0)) else { return Vec::new() };
    let mut frames = Vec::new();
    while let Some(f) = reader.next_frame() {
        frames.push(Owned { time: f.time, link: f.link, wire_len: f.wire_len, data: f.data.to_vec() });
    }
    frames
}

/// What is said when a new capture begins and when observations are taken as `begins` and `takes` like, and how many frames each
/// capture has.
fn observe(
    frames: &[Owned],
    mut begins: impl FnMut() -> bool,
    mut takes: impl FnMut() -> bool,
) -> (Vec<Observation>, Vec<u64>) {
    let mut dissector = Dissector::new(Limits::default());
    let (mut said, mut captures) = (Vec::new(), vec![0]);
    for Owned { time, link, wire_len, data } in frames {
        if begins() {
            captures.push(0);
        }
        let capture = CaptureId(u32::try_from(captures.len() - 1).unwrap());
        *captures.last_mut().unwrap() += 1;
        let number = *captures.last().unwrap();
        let (time, link, wire_len) = (*time, *link, *wire_len);
        dissector.frame(&Frame { capture, number, time, link, wire_len, data });
        if takes() {
            said.extend(dissector.take());
        }
    }
    dissector.finish_into(&mut |batch| said.extend(batch));
    (said, captures)
}

/// Numbers the frames through, as if all captures were one.
fn joined(mut observations: Vec<Observation>, captures: &[u64]) -> Vec<Observation> {
    let through = |e: &mut Evidence| {
        let before = captures.iter().take(usize::try_from(e.capture.0).unwrap()).sum::<u64>();
        e.frame += if e.frame == 0 { 0 } else { before };
        e.capture = CaptureId(0);
    };
    for o in &mut observations {
        through(&mut o.evidence);
        if let Fact::Conversation(report) = &mut o.fact {
            report.operations.iter_mut().for_each(|count| through(&mut count.first));
        }
    }
    observations
}

/// The posture without the names of files and numbers of frames.
fn posture(observations: &[Observation], checks: &Checks) -> Value {
    let mut site = Site::default();
    observations.iter().for_each(|o| site.observe(o));
    let posture = posture::assess::assess(
        posture::resolve::resolve(&site),
        &Intel::new(),
        checks,
        Timestamp::default(),
    );
    let viewer = Viewer::new(&posture);
    let mut document = serde_json::to_value(viewer.analysis(&posture, "")).unwrap();
    strip(&mut document);
    document
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("evidence");
            map.values_mut().for_each(strip);
        }
        Value::Array(all) => all.iter_mut().for_each(strip),
        _ => {}
    }
}

#[test]
fn how_a_capture_is_divided_does_not_matter() {
    let checks = Checks::builtin().unwrap();
    let mut said = 0;
    for path in files() {
        let frames = frames(&path);
        let (whole, _) = observe(&frames, || false, || false);
        let expected = posture(&whole, &checks);
        said += whole.len();
        for (seed, every) in [(1, 2), (2, 30), (3, 500)] {
            let (mut cuts, mut takes) = (Chance(seed), Chance(seed + 100));
            let (parts, captures) = observe(&frames, || cuts.one_in(every), || takes.one_in(every));
            assert_eq!(posture(&parts, &checks), expected, "{} in {}", path.display(), captures.len());
            let parts = joined(parts, &captures);
            assert_eq!(whole.len(), parts.len(), "{} in {}", path.display(), captures.len());
            for (a, b) in whole.iter().zip(&parts) {
                assert_eq!(a, b, "{} in {} captures", path.display(), captures.len());
            }
        }
    }
    assert!(said > 1000 && differences_are_seen(&checks), "{said}");
}

/// The comparison sees what differs: without its first half a plant is another one.
fn differences_are_seen(checks: &Checks) -> bool {
    let all = frames(&files()[1]);
    let (whole, _) = observe(&all, || false, || false);
    let (half, _) = observe(&all[all.len() / 2..], || false, || false);
    posture(&whole, checks) != posture(&half, checks) && posture(&whole, checks)["assets"] != json!([])
}
