//! Every variant of the two formats, read from files made by hand.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod build;

use build::*;
use model::journal::ProblemSeverity;

fn frame(number: u64, time: i64, link: u16, wire_len: u32, data: &[u8]) -> Read {
    Read { number, time, link, wire_len, data: data.to_vec() }
}

#[test]
fn pcap_in_both_orders_and_units() {
    for order in ORDERS {
        for (magic, unit) in [(0xa1b2_c3d4, 1000), (0xa1b2_3c4d, 1)] {
            let (frames, summary) = read(&pcap(order, magic)).unwrap();
            let last = 4_000_000_000_000_000_000 + 999_999 * unit;
            assert_eq!(
                frames,
                [
                    frame(1, 100_000_000_000 + 5 * unit, 1, 4, &[1, 2, 3, 4]),
                    frame(2, 101_000_000_000 + 6 * unit, 1, 1500, &[5, 6]),
                    frame(3, last, 1, 60, &[]),
                ]
            );
            assert_eq!((summary.format.as_str(), summary.packets, summary.bytes), ("pcap", 3, 6));
            assert_eq!(summary.first.unwrap().0, 100_000_000_000 + 5 * unit);
            assert_eq!(summary.last.unwrap().0, last);
            assert!(summary.problems.is_empty(), "{summary:?}");
        }
    }
}

#[test]
fn modified_pcap_has_longer_record_headers() {
    for order in ORDERS {
        let mut file = pcap_header(order, 0xa1b2_cd34, (2, 4), 1);
        for n in 0..2 {
            file.extend(order.words(&[n, 0, 3, 3, 0xdead, 0xbeef]));
            file.extend([n as u8; 3]);
        }
        let (frames, _) = read(&file).unwrap();
        assert_eq!(frames, [frame(1, 0, 1, 3, &[0; 3]), frame(2, 1_000_000_000, 1, 3, &[1; 3])]);
    }
}

#[test]
fn old_pcap_versions_swap_the_lengths() {
    for (version, lengths) in [((2, 2), [9, 2]), ((2, 3), [9, 2]), ((2, 3), [2, 9]), ((543, 0), [9, 2])] {
        let mut file = pcap_header(Order::Big, 0xa1b2_c3d4, version, 1);
        file.extend(Order::Big.words(&[1, 0, lengths[0], lengths[1]]));
        file.extend([1, 2]);
        let (frames, _) = read(&file).unwrap();
        assert_eq!(frames, [frame(1, 1_000_000_000, 1, 9, &[1, 2])]);
    }
}

#[test]
fn pcap_link_type_without_fcs_bits() {
    let mut file = pcap_header(Order::Little, 0xa1b2_c3d4, (2, 4), 0x5400_0114);
    file.extend(Order::Little.words(&[1, 0, 0, 0]));
    assert_eq!(read(&file).unwrap().0, [frame(1, 1_000_000_000, 0x114, 0, &[])]);
}

fn expected_pcapng() -> Vec<Read> {
    vec![
        frame(1, 1_000_007_000, 1, 4, &[1, 2, 3, 4]),
        frame(2, 1_700_000_000_123_456_789, 113, 99, &[5]),
        frame(3, 2_500_000_000, 101, 0, &[]),
        frame(4, 2_500_000_000, 1, 9, &[1, 2, 3, 4, 5, 6]),
        frame(6, 2_500_000_000, 1, 3, &[7, 8, 9]),
        frame(7, 2_000_000_000, 1, 2, &[8, 9]),
    ]
}

#[test]
fn pcapng_with_everything_in_it() {
    for order in ORDERS {
        let (frames, summary) = read(&pcapng(order)).unwrap();
        assert_eq!(frames, expected_pcapng());
        assert_eq!((summary.format.as_str(), summary.packets), ("pcapng", 6));
        assert_eq!(summary.first.unwrap().0, 1_000_007_000);
        assert_eq!(summary.last.unwrap().0, 1_700_000_000_123_456_789);
        let notes: Vec<_> = summary.problems.iter().map(|p| (p.severity, p.what.as_str())).collect();
        assert_eq!(
            notes,
            [
                (ProblemSeverity::Info, "2 frames have no time of their own"),
                (ProblemSeverity::Info, "1 records have a frame number and no frame"),
                (ProblemSeverity::Info, "12 frames were lost by the capturing host, as the capture says"),
            ]
        );
    }
}

#[test]
fn pcapng_sections_of_either_order() {
    let (frames, summary) = read(&[pcapng(Order::Big), pcapng(Order::Little)].concat()).unwrap();
    let numbers: Vec<_> = frames.iter().map(|f| f.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 13, 14]);
    let again: Vec<_> = frames[6..].iter().cloned().map(|f| Read { number: f.number - 7, ..f }).collect();
    assert_eq!(again, expected_pcapng());
    assert!(summary.problems[2].what.starts_with("24 frames were lost"));
}

#[test]
fn blocks_whose_length_leaves_out_the_padding() {
    let order = Order::Little;
    let mut file = [section(order), interface(order, 1, 0, &[])].concat();
    let mut odd = enhanced(order, 0, 1, 3, &[1, 2, 3], &[]);
    let total = odd.len();
    odd[4] = 35;
    odd[total - 4] = 35;
    file.extend(odd.repeat(2));
    let (frames, summary) = read(&file).unwrap();
    assert_eq!(frames.iter().map(|f| f.data.len()).collect::<Vec<_>>(), [3, 3]);
    assert!(summary.problems.is_empty());
}

#[test]
fn packed_files() {
    let plain = [pcapng(Order::Big), pcapng(Order::Little)].concat();
    let (expected, _) = read(&plain).unwrap();
    let (head, tail) = plain.split_at(plain.len() / 3);
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4].to_vec();
    for packed in [
        gzip(&plain),
        [gzip(head), gzip(tail)].concat(),
        [gzip(b""), gzip(&plain)].concat(),
        zstd(&plain),
        [zstd(head), zstd(tail)].concat(),
        [skippable, zstd(&plain)].concat(),
    ] {
        let (frames, summary) = read(&packed).unwrap();
        assert_eq!(frames, expected);
        assert_eq!(summary.format, "pcapng");
        assert!(summary.problems.iter().all(|p| p.severity == ProblemSeverity::Info));
    }
}

#[test]
fn large_frames_fit() {
    let order = Order::Little;
    let data = vec![7; 3 << 20];
    let file = [section(order), interface(order, 1, 0, &[])].concat();
    let file = [file, enhanced(order, 0, 1, 3 << 20, &data, &[]).repeat(3)].concat();
    for file in [gzip(&file), file] {
        let (frames, summary) = read(&file).unwrap();
        assert_eq!(frames.len(), 3);
        assert!(frames.iter().all(|f| f.data == data));
        assert!(summary.problems.is_empty());
    }
}
