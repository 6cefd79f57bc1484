//! Writing frames to a pcapng file (draft-ietf-opsawg-pcapng): one section, one interface per link type.
//!
//! Times are kept to the nanosecond. Times before 1970 are written as 1970.

use model::frame::{Frame, LinkType};
use std::io::{self, Write};

/// Section Header Block without options, section length not given (section 4.1).
const SECTION_HEADER: [u8; 28] = [
    0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0,
    0, // type, length, magic, version 1.0
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0,
];
/// Interface Description Block (section 4.2) and its length: no snap length, `if_tsresol` 9, end of options.
const INTERFACE_DESCRIPTION: u32 = 1;
const INTERFACE_BYTES: u32 = 32;
const INTERFACE_OPTIONS: [u8; 12] = [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0];
/// Enhanced Packet Block (section 4.3), and its length without data and options.
const ENHANCED_PACKET: u32 = 6;
const PACKET_BYTES: u32 = 32;
/// `opt_comment` (section 3.5).
const COMMENT: u16 = 1;
/// Longest comment that is written, in bytes; an option could hold 65 535.
const COMMENT_BYTES_MAX: usize = 4096;

/// Writes frames, one after the other. Give it a buffered writer; it does not flush.
pub struct FrameWriter<W> {
    out: W,
    links: Vec<LinkType>,
}

impl<W: Write> FrameWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// When the output fails.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(&SECTION_HEADER)?;
        Ok(Self { out, links: Vec::new() })
    }

    /// Writes one frame with a comment for the reader, empty for none; a comment is cut after 4096 bytes.
    ///
    /// # Errors
    /// When the output fails, or the frame has 4 GiB or more.
    pub fn frame(&mut self, frame: &Frame<'_>, comment: &str) -> io::Result<()> {
        let interface = self.interface(frame.link)?;
        let captured = u32::try_from(frame.data.len()).map_err(|_| too_long())?;
        let options = options(comment);
        let more = u32::try_from(options.len()).map_err(|_| too_long())?;
        let padded = captured.checked_next_multiple_of(4).ok_or_else(too_long)?;
        let total =
            PACKET_BYTES.checked_add(more).and_then(|n| n.checked_add(padded)).ok_or_else(too_long)?;
        let [high, low] = halves(frame.time.0.max(0).unsigned_abs());
        self.words(&[ENHANCED_PACKET, total, interface, high, low, captured, frame.wire_len])?;
        self.out.write_all(frame.data)?;
        self.out.write_all(padding(frame.data.len()))?;
        self.out.write_all(&options)?;
        self.words(&[total])
    }

    /// Ends the file and gives the output back.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Number of the interface of that link type, described when it is first used.
    fn interface(&mut self, link: LinkType) -> io::Result<u32> {
        let known = self.links.iter().position(|l| *l == link);
        let index = known.unwrap_or(self.links.len());
        if known.is_none() {
            self.links.push(link);
            self.words(&[INTERFACE_DESCRIPTION, INTERFACE_BYTES, u32::from(link.0), 0])?;
            self.out.write_all(&INTERFACE_OPTIONS)?;
            self.words(&[INTERFACE_BYTES])?;
        }
        u32::try_from(index).map_err(|_| too_long())
    }

    fn words(&mut self, words: &[u32]) -> io::Result<()> {
        words.iter().try_for_each(|word| self.out.write_all(&word.to_le_bytes()))
    }
}

/// Writes frames as a whole file and says how many they were.
///
/// # Errors
/// When the output fails.
pub fn write_frames<'a>(out: impl Write, frames: impl IntoIterator<Item = Frame<'a>>) -> io::Result<u64> {
    let mut writer = FrameWriter::new(out)?;
    let mut count = 0;
    for frame in frames {
        writer.frame(&frame, "")?;
        count += 1;
    }
    writer.into_inner().flush()?;
    Ok(count)
}

fn options(comment: &str) -> Vec<u8> {
    let text = comment.as_bytes().get(..comment.floor_char_boundary(COMMENT_BYTES_MAX)).unwrap_or_default();
    let Ok(len) = u16::try_from(text.len()) else { return Vec::new() };
    if len == 0 {
        return Vec::new();
    }
    let header = [COMMENT.to_le_bytes(), len.to_le_bytes()];
    [header.as_flattened(), text, padding(text.len()), &[0; 4]].concat()
}

fn padding(len: usize) -> &'static [u8] {
    match len % 4 {
        1 => &[0; 3],
        2 => &[0; 2],
        3 => &[0; 1],
        _ => &[],
    }
}

fn halves(n: u64) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = n.to_be_bytes();
    [u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])]
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "frame too long for a pcapng block")
}
