//! Makes seeds out of captures and logs: `cargo run --release --bin seeds -- OUT FILE…`. Of each tab-separated log of Zeek there is one
//! as it is, one in Zeek's JSON and one as Malcolm exports it.

use capture::reader::CaptureReader;
use dissect::protocols::PROTOCOLS;
use model::CaptureId;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use sightglass_fuzz::drivers::{LOG_NAMES, NEXT_FILE};

/// Messages kept of one conversation, and their bytes.
const MESSAGES_MAX: usize = 24;
const BYTES_MAX: usize = 4000;
const FRAMES_MAX: usize = 30;

fn main() -> std::io::Result<()> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let out = paths.next().ok_or_else(|| std::io::Error::other("usage: seeds OUT FILE…"))?;
    for target in ["dissector", "frames", "capture_file", "logs"] {
        std::fs::create_dir_all(out.join(target))?;
    }
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if connect::logs::is_log_file(&path) {
            log(&path, &name, &out)?;
            continue;
        }
        if let Ok(bytes) = std::fs::read(&path).map_err(drop).and_then(|b| if b.len() < 20_000 { Ok(b) } else { Err(()) }) {
            std::fs::write(out.join("capture_file").join(&name), bytes)?;
        }
        capture(&path, &name, &out)?;
    }
    Ok(())
}

/// The first lines of a log, after the octet that names the file, in up to three spellings.
fn log(path: &Path, name: &str, out: &Path) -> std::io::Result<()> {
    let bytes = std::fs::read(path)?;
    // The folder tells logs of one name apart.
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let write = |what: &str, pick: &str, text: &str| {
        let pick = LOG_NAMES.iter().position(|n| *n == pick).unwrap_or(LOG_NAMES.len() - 1);
        let seed = [&[u8::try_from(pick).unwrap_or_default()], text.as_bytes()].concat();
        std::fs::write(out.join("logs").join(format!("{what}-{folder}-{name}")), seed)
    };
    let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
    let end = text.char_indices().take_while(|(at, _)| *at < BYTES_MAX).filter(|(_, c)| *c == '\n').last();
    let text = end.and_then(|(at, _)| text.get(..=at)).unwrap_or(&text);
    if text.len() > 2 * BYTES_MAX || text.as_bytes().windows(NEXT_FILE.len()).any(|w| w == NEXT_FILE) {
        return Ok(());
    }
    let Some((zeek, malcolm)) = respelled(text) else { return write("other", name, text) };
    write("tsv", name, text)?;
    write("json", "notes.txt", &zeek)?;
    write("malcolm", "malcolm.ndjson", &malcolm)
}

/// Rows of a tab-separated log as JSON, in Zeek's words and in Malcolm's.
fn respelled(text: &str) -> Option<(String, String)> {
    let header = |key: &str| text.lines().find_map(|l| l.strip_prefix(key));
    let (log, fields) = (header("#path\t")?, header("#fields\t")?);
    let (mut zeek, mut malcolm) = (String::new(), String::new());
    for row in text.lines().filter(|l| !l.starts_with('#')) {
        let pairs = || fields.split('\t').zip(row.split('\t')).filter(|(_, value)| *value != "-");
        let own: Vec<String> = pairs().map(|(field, value)| format!("{field:?}:{value:?}")).collect();
        let own = own.join(",");
        zeek.push_str(&format!("{{\"_path\":{log:?},{own}}}\n"));
        let ecs = [("id.orig_h", "source.ip"), ("id.orig_p", "source.port"), ("id.resp_h", "destination.ip"),
            ("id.resp_p", "destination.port"), ("ts", "@timestamp"), ("proto", "network.transport"), ("uid", "zeek.uid")];
        let moved = pairs().filter_map(|(field, value)| Some((ecs.iter().find(|(zeek, _)| *zeek == field)?.1, value)));
        let moved: Vec<String> = moved.map(|(field, value)| format!("{field:?}:{value:?}")).collect();
        malcolm.push_str(&format!(
            "{{\"event\":{{\"dataset\":{log:?},\"provider\":\"zeek\"}},{}{}\"zeek\":{{{log:?}:{{{own}}}}}}}\n",
            moved.join(","), if moved.is_empty() { "" } else { "," },
        ));
    }
    Some((zeek, malcolm))
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
