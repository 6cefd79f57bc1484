//! Broken input: what was whole before the break is kept, the break is named, nothing panics or eats memory.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod build;

use build::*;
use model::journal::{Problem, ProblemSeverity};

fn error(file: &[u8]) -> String {
    reader(file).err().map(|e| e.to_string()).unwrap_or_default()
}

fn problems(file: &[u8]) -> Vec<Problem> {
    let all = read(file).unwrap().1.problems;
    all.into_iter().filter(|p| p.severity > ProblemSeverity::Info).collect()
}

#[test]
fn what_is_no_capture_is_an_error() {
    assert_eq!(error(b""), "cannot read capture test: it is empty");
    assert!(error(b"hello world, this is no capture").starts_with("cannot read capture test: not a capture"));
    assert!(error(&gzip(b"hello world")).contains("not a capture"));
    assert!(error(&pcap_header(Order::Big, 0xa1b2_c3d4, (3, 0), 1)).contains("version 3.0"));
    assert!(error(&gzip(b"hello world")[..12]).starts_with("cannot read capture test: "));
    let missing = sightglass_capture::reader::CaptureReader::open(
        "/nowhere/a.pcap".as_ref(),
        model::evidence::CaptureId(0),
    );
    assert!(missing.err().unwrap().to_string().starts_with("cannot read capture /nowhere/a.pcap: "));
}

#[test]
fn cut_anywhere_keeps_what_came_before() {
    let plain = [pcap(Order::Little, 0xa1b2_c3d4), pcap(Order::Big, 0xa1b2_3c4d)];
    let files = [plain[0].clone(), plain[1].clone(), pcapng(Order::Little), pcapng(Order::Big)];
    for file in files {
        let (whole, _) = read(&file).unwrap();
        let mut most = 0;
        for end in 0..file.len() {
            let Some((frames, summary)) = read(&file[..end]) else { continue };
            assert!(whole.starts_with(&frames), "cut at {end}");
            assert!(frames.len() >= most, "cut at {end}");
            most = frames.len();
            for p in summary.problems.iter().filter(|p| p.severity != ProblemSeverity::Info) {
                assert_eq!(p.severity, ProblemSeverity::Warning);
                assert!(p.what.contains("cut short"), "{p:?}");
            }
        }
        assert!(most + 1 >= whole.len());
    }
}

#[test]
fn cut_packed_files_keep_what_was_unpacked() {
    let plain = pcapng(Order::Little);
    let (whole, _) = read(&plain).unwrap();
    for packed in [gzip(&plain), zstd(&plain), [gzip(&plain), gzip(&plain)].concat()] {
        for end in 0..packed.len() {
            let Some((frames, summary)) = read(&packed[..end]) else { continue };
            let first: Vec<_> = frames.iter().take(whole.len()).cloned().collect();
            assert!(whole.starts_with(&first), "cut at {end}");
            let told = summary.problems.iter().any(|p| p.what.contains("cut short"));
            assert!(told || frames.len() == whole.len(), "cut at {end}: {summary:?}");
        }
    }
}

#[test]
fn absurd_pcap_record_stops_the_reading() {
    let mut file = pcap(Order::Little, 0xa1b2_c3d4);
    file.extend(Order::Little.words(&[1, 1, 0x7fff_ffff, 60]));
    file.extend([0; 500]);
    let found = problems(&file);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].frame, found[0].severity), (Some(3), ProblemSeverity::Error));
    assert_eq!(found[0].what, "corrupt record header: a frame of 2147483647 bytes");
}

/// Four frames; the block of the second is changed.
fn damaged(order: Order, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let good = |n: u64| enhanced(order, 0, n, 8, &[n as u8; 8], &[]);
    let mut bad = good(2);
    change(&mut bad);
    [section(order), interface(order, 1, 0, &[]), good(1), bad, good(3), good(4)].concat()
}

#[test]
fn damaged_pcapng_blocks_are_left_out() {
    type Change = fn(&mut Vec<u8>);
    let changes: [(Change, &[u64], &str); 6] = [
        (
            |b| b[20..24].fill(0x7f),
            &[1, 3, 4],
            "corrupt packet block: a frame of 2139062143 bytes in 28 bytes",
        ),
        (|b| b[8..12].fill(1), &[1, 3, 4], "packet block of interface 16843009, which is not described"),
        (|b| b[36..40].fill(0), &[1, 3, 4], "its length is 40 bytes at the beginning and 0 at the end"),
        (|b| b[4..8].fill(0xff), &[1, 2, 3], "corrupt block of length 4294967295; read on 40 bytes later"),
        (|b| b[4..8].fill(0), &[1, 2, 3], "corrupt block of length 0; read on 40 bytes later"),
        (|b| b.truncate(0), &[1, 2, 3], ""),
    ];
    for order in ORDERS {
        for (change, numbers, what) in changes {
            let file = damaged(order, change);
            let frames = read(&file).unwrap().0;
            assert_eq!(frames.iter().map(|f| f.number).collect::<Vec<_>>(), numbers, "{what}");
            assert_eq!(frames.last().unwrap().data, [4; 8]);
            assert!(problems(&file).iter().all(|p| p.severity == ProblemSeverity::Warning));
            assert!(problems(&file).iter().map(|p| p.what.as_str()).collect::<String>().ends_with(what));
        }
    }
}

#[test]
fn nothing_behind_a_damaged_block() {
    let mut file = damaged(Order::Big, |b| b[4..8].fill(0xff));
    file.truncate(file.len() - 81);
    assert_eq!(read(&file).unwrap().0.len(), 1);
    assert_eq!(problems(&file)[0].severity, ProblemSeverity::Error);
    assert_eq!(problems(&file)[0].frame, Some(1));
}

#[test]
fn many_problems_are_counted() {
    let order = Order::Little;
    let file = [section(order), enhanced(order, 0, 1, 1, &[1], &[]).repeat(5000), vec![1; 9]].concat();
    let summary = read(&file).unwrap().1;
    assert_eq!(summary.problems.len(), 101);
    assert!(summary.problems[99].what.contains("cut short"));
    assert_eq!(summary.problems[100].what, "4901 more problems like these");
}

#[test]
fn random_changes_never_panic() {
    let mut chance = Chance(1);
    let seeds = [
        pcap(Order::Little, 0xa1b2_c3d4),
        pcap(Order::Big, 0xa1b2_3c4d),
        [pcapng(Order::Little), pcapng(Order::Big)].concat(),
        gzip(&pcapng(Order::Big)),
        zstd(&pcapng(Order::Little)),
    ];
    for round in 0..30_000 {
        let mut file = seeds[round % seeds.len()].clone();
        for _ in 0..=chance.below(4) {
            mutate(&mut file, &mut chance);
        }
        let _ = read(&file);
    }
}

fn mutate(file: &mut Vec<u8>, chance: &mut Chance) {
    let at = chance.below(file.len().max(1));
    let Some(byte) = file.get_mut(at) else { return };
    match chance.below(5) {
        0 => *byte = chance.next() as u8,
        1 => *byte ^= 1 << chance.below(8),
        2 => *byte = [0, 1, 0x7f, 0x80, 0xff][chance.below(5)],
        3 => drop(file.drain(at..(at + chance.below(9)).min(file.len()))),
        _ => drop(file.splice(at..at, (0..chance.below(9)).map(|n| n as u8).collect::<Vec<_>>())),
    }
}

#[test]
fn random_bytes_never_panic() {
    let mut chance = Chance(2);
    let heads = [
        pcap_header(Order::Little, 0xa1b2_c3d4, (2, 4), 1),
        pcap_header(Order::Big, 0xa1b2_cd34, (2, 3), 1),
        [section(Order::Big), interface(Order::Big, 1, 0, &[])].concat(),
        vec![0x1f, 0x8b, 8, 0],
        vec![0x28, 0xb5, 0x2f, 0xfd],
        vec![],
    ];
    for round in 0..10_000 {
        let mut file = heads[round % heads.len()].clone();
        let small = chance.below(2) == 0;
        let more = chance.below(400);
        file.extend((0..more).map(|_| if small { chance.below(8) as u8 } else { chance.next() as u8 }));
        let _ = read(&file);
    }
}
