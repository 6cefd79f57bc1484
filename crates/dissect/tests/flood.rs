//! A flood of invented senders is bounded, and said; a device that comes later is still seen.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use model::frame::{Frame, LinkType};
use model::limits::Limits;
use model::observation::GapKind;
use model::{CaptureId, Fact, Observation, Timestamp};
use sightglass_dissect::Dissector;

const SYN: u8 = 2;
const ACK: u8 = 16;

/// A TCP segment without data from 10.x.y.z to 192.0.2.9 in Ethernet.
fn segment(source: u32, flags: u8) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0]);
    frame.extend((0x0a00_0000 | source).to_be_bytes());
    frame.extend([192, 0, 2, 9, 0xc0, 0, 0x01, 0xf6]);
    frame.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 4, 0, 0, 0, 0, 0]);
    frame
}

fn feed(dissector: &mut Dissector, number: u64, second: i64, data: &[u8]) {
    let wire_len = u32::try_from(data.len()).unwrap();
    let time = Timestamp(second * 1_000_000_000);
    dissector.frame(&Frame { capture: CaptureId(0), number, time, link: LinkType(1), wire_len, data });
}

fn sources(observations: &[Observation]) -> usize {
    observations.iter().filter(|o| matches!(o.fact, Fact::Present { .. })).count()
}

fn gap(observations: &[Observation], wanted: GapKind) -> u64 {
    let of = |o: &Observation| match o.fact {
        Fact::Gap { kind, count } if kind == wanted => count,
        _ => 0,
    };
    observations.iter().map(of).sum()
}

#[test]
fn a_scan_with_invented_addresses_is_bounded_and_said() {
    const SENDERS: u32 = 60_000;
    let limits = Limits::default();
    let mut dissector = Dissector::new(limits.clone());
    for source in 0..SENDERS {
        feed(&mut dissector, source.into(), 1, &segment(source, SYN));
    }
    // One of those that found no place turns out to be real: it talks on.
    feed(&mut dissector, SENDERS.into(), 2, &segment(SENDERS - 1, ACK));
    dissector.finish();
    let seen = dissector.take();
    assert_eq!(sources(&seen), limits.attempting_sources_max + 1);
    assert_eq!(
        gap(&seen, GapKind::SourceOverflow),
        u64::from(SENDERS) - limits.attempting_sources_max as u64
    );
    let conversations = seen.iter().filter(|o| matches!(o.fact, Fact::Conversation(_))).count();
    let counted = gap(&seen, GapKind::AttemptOverflow);
    assert_eq!(conversations, limits.attempts_max);
    assert_eq!(conversations as u64 + counted, u64::from(SENDERS));
}

#[test]
fn the_next_day_new_devices_are_told_apart_again() {
    let limits = Limits { attempting_sources_max: 10, ..Limits::default() };
    let mut dissector = Dissector::new(limits);
    for source in 0..1000 {
        feed(&mut dissector, source.into(), 1, &segment(source, SYN));
    }
    for source in 1000..2000 {
        feed(&mut dissector, source.into(), 100_000, &segment(source, SYN));
    }
    dissector.finish();
    assert_eq!(sources(&dissector.take()), 20);
}

/// A TCP segment with data to the port of ISO on TCP (102).
fn data(source: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = segment(source, ACK);
    let total = u16::try_from(40 + payload.len()).unwrap();
    frame[16..18].copy_from_slice(&total.to_be_bytes());
    frame[36..38].copy_from_slice(&102u16.to_be_bytes());
    frame.extend(payload);
    frame
}

#[test]
fn messages_that_are_begun_and_never_ended_stay_under_the_ceiling() {
    const PIECE: usize = 1000;
    const SENDERS: u32 = 200;
    const PLACES: u32 = 64;
    let limits = Limits { reassembly_bytes_max: PIECE * PLACES as usize, ..Limits::default() };
    let mut dissector = Dissector::new(limits);
    // RFC 1006 §6 and X.224 §13.7: a data unit that is not the last of its message.
    let mut piece = vec![3, 0];
    piece.extend(u16::try_from(7 + PIECE).unwrap().to_be_bytes());
    piece.extend([2, 0xf0, 0]);
    piece.resize(7 + PIECE, 0);
    for source in 0..SENDERS {
        feed(&mut dissector, source.into(), 1, &data(source, &piece));
    }
    dissector.finish();
    assert_eq!(gap(&dissector.take(), GapKind::ReassemblyOverflow), u64::from(SENDERS - PLACES));
}
