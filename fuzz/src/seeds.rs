//! Makes seeds out of captures: `cargo run --release --bin seeds -- OUT CAPTURE…`

use capture::reader::CaptureReader;
use dissect::protocols::PROTOCOLS;
use model::CaptureId;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Messages kept of one conversation, and their bytes.
const MESSAGES_MAX: usize = 24;
const BYTES_MAX: usize = 4000;
const FRAMES_MAX: usize = 30;

fn main() -> std::io::Result<()> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let out = paths.next().ok_or_else(|| std::io::Error::other("usage: seeds OUT CAPTURE…"))?;
    for target in ["dissector", "frames", "capture_file"] {
        std::fs::create_dir_all(out.join(target))?;
    }
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Ok(bytes) = std::fs::read(&path).map_err(drop).and_then(|b| if b.len() < 20_000 { Ok(b) } else { Err(()) }) {
            std::fs::write(out.join("capture_file").join(&name), bytes)?;
        }
        capture(&path, &name, &out)?;
    }
    Ok(())
}

/// One file of frames, and one file of messages for each conversation at a usual port.
fn capture(path: &Path, name: &str, out: &Path) -> std::io::Result<()> {
    let Ok(mut reader) = CaptureReader::open(path, CaptureId(0)) else { return Ok(()) };
    let (mut frames, mut count) = (Vec::new(), 0);
    let mut talks: BTreeMap<(usize, u16), Vec<u8>> = BTreeMap::new();
    while let Some(frame) = reader.next_frame() {
        count += 1;
        if count <= FRAMES_MAX && frame.link.0 == 1 {
            frames.push(0);
            frames.extend(u16::try_from(frame.data.len()).unwrap_or(u16::MAX).to_be_bytes());
            frames.extend_from_slice(frame.data);
        }
        if let Some((protocol, other, to_server, message)) = message(frame.data) {
            let talk = talks.entry((protocol, other)).or_insert_with(|| vec![u8::try_from(protocol).unwrap_or_default()]);
            if talk.len() < BYTES_MAX && !message.is_empty() {
                talk.push(0xfe | u8::from(!to_server));
                talk.extend(u16::try_from(message.len()).unwrap_or(u16::MAX).to_be_bytes());
                talk.extend_from_slice(message);
            }
        }
        if count > 20_000 {
            break;
        }
    }
    std::fs::write(out.join("frames").join(name), frames)?;
    for ((protocol, other), talk) in talks.into_iter().take(MESSAGES_MAX) {
        let file = format!("{}-{other}-{name}", PROTOCOLS[protocol].info().name);
        std::fs::write(out.join("dissector").join(file), talk)?;
    }
    Ok(())
}

/// Protocol, port of the client, direction and content of a plain Ethernet frame with IPv4 and TCP or UDP, or with a protocol of its own.
fn message(frame: &[u8]) -> Option<(usize, u16, bool, &[u8])> {
    let be16 = |at: usize| Some(u16::from_be_bytes([*frame.get(at)?, *frame.get(at + 1)?]));
    let kind = be16(12)?;
    let place = |port: u16, tcp: bool| {
        PROTOCOLS.iter().position(|p| {
            let info = p.info();
            // The driver sends to the first TCP port where there is one.
            if tcp { info.tcp.contains(&port) } else { info.tcp.is_empty() && info.udp.contains(&port) }
        })
    };
    if kind != 0x0800 {
        let protocol = PROTOCOLS.iter().position(|p| p.info().ethertypes.contains(&kind))?;
        return Some((protocol, 0, true, frame.get(14..)?));
    }
    let header = usize::from(frame.get(14)? & 15) * 4;
    let (at, tcp) = (14 + header, frame.get(23)? == &6);
    let (from, to) = (be16(at)?, be16(at + 2)?);
    let body = if tcp { at + usize::from(frame.get(at + 12)? >> 4) * 4 } else { at + 8 };
    let end = 14 + usize::from(be16(16)?);
    let content = frame.get(body..end.min(frame.len()))?;
    match (place(to, tcp), place(from, tcp)) {
        (Some(protocol), _) => Some((protocol, from, true, content)),
        (None, Some(protocol)) => Some((protocol, to, false, content)),
        _ => None,
    }
}
