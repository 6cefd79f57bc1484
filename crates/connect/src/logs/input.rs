//! Pieces of a log, one after the other: lines, or the documents of one JSON array. Bounded, whatever the file holds.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest piece that is read, in bytes. Zeek cuts no field; the longest lines of real logs have some 100 kB.
pub(super) const PIECE_BYTES_MAX: usize = 1 << 20;
/// Largest window a zstd frame may ask for, as a power of two (`ZSTD_WINDOWLOG_LIMIT_DEFAULT`, zstd.h).
const ZSTD_WINDOW_LOG_MAX: u32 = 27;
const BUFFER_BYTES: usize = 64 << 10;

/// Bytes of the underlying file that were read.
pub(super) type Consumed = Arc<AtomicU64>;

struct Counted<R>(R, Consumed);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(into)?;
        self.1.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// The unpacked text of a log.
pub(super) struct Input {
    pub(super) bytes: Box<dyn BufRead + Send>,
    pub(super) consumed: Consumed,
    pub(super) total: Option<u64>,
}

impl Input {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let about = file.metadata()?;
        Self::new(Box::new(file), about.is_file().then_some(about.len()))
    }

    /// Unpacks gzip and zstd, by their first bytes (RFC 1952 §2.3.1, RFC 8878 §3.1.1).
    pub(super) fn new(input: Box<dyn Read + Send>, total: Option<u64>) -> io::Result<Self> {
        let consumed = Consumed::default();
        let mut input = Counted(input, Arc::clone(&consumed));
        let mut magic = Vec::with_capacity(4);
        input.by_ref().take(4).read_to_end(&mut magic)?;
        Ok(Self { bytes: unpack(&magic.clone(), Cursor::new(magic).chain(input))?, consumed, total })
    }
}

fn unpack(magic: &[u8], packed: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let packed = BufReader::with_capacity(BUFFER_BYTES, packed);
    Ok(match magic {
        [0x1f, 0x8b, 8, ..] => Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(packed))),
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder))
        }
        _ => Box::new(packed),
    })
}

/// How a log is divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Division {
    /// A piece is a line.
    Lines,
    /// A piece is an object of the first array: of the whole document, or of its `hits.hits`.
    Array,
}

/// What one step gives.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Piece {
    /// A piece is in the buffer.
    Whole,
    /// A piece was longer than [`PIECE_BYTES_MAX`] and was passed over.
    TooLong,
    /// The input ended, in the middle of a piece when this is true.
    End { cut: bool },
}

/// Divides an input.
pub(super) struct Pieces {
    division: Division,
    /// The piece.
    pub(super) buffer: Vec<u8>,
    /// In an array: its first bracket was seen.
    inside: bool,
    ended: bool,
}

impl Pieces {
    pub(super) fn new(division: Division) -> Self {
        Self { division, buffer: Vec::new(), inside: false, ended: false }
    }

    /// The next piece, into the buffer.
    ///
    /// # Errors
    /// The input cannot be read any further.
    pub(super) fn next(&mut self, input: &mut dyn BufRead) -> io::Result<Piece> {
        self.buffer.clear();
        match self.division {
            Division::Lines => self.line(input),
            Division::Array => self.element(input),
        }
    }

    fn line(&mut self, input: &mut dyn BufRead) -> io::Result<Piece> {
        let mut long = false;
        let mut any = false;
        loop {
            let chunk = input.fill_buf()?;
            if chunk.is_empty() {
                return Ok(if long {
                    Piece::TooLong
                } else if any {
                    Piece::Whole
                } else {
                    Piece::End { cut: false }
                });
            }
            any = true;
            let end = chunk.iter().position(|&b| b == b'\n');
            let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            long |= self.buffer.len() + part.len() > PIECE_BYTES_MAX;
            if !long {
                self.buffer.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            input.consume(used);
            if end.is_some() {
                if self.buffer.last() == Some(&b'\r') {
                    self.buffer.pop();
                }
                return Ok(if long { Piece::TooLong } else { Piece::Whole });
            }
        }
    }

    /// Objects inside the array; what lies between them (commas, blanks) and around it is passed over.
    fn element(&mut self, input: &mut dyn BufRead) -> io::Result<Piece> {
        let mut scan = Scan::default();
        let mut long = false;
        loop {
            if self.ended {
                return Ok(Piece::End { cut: false });
            }
            let chunk = input.fill_buf()?;
            if chunk.is_empty() {
                self.ended = true;
                return Ok(Piece::End { cut: scan.depth > 0 || long });
            }
            let mut used = 0;
            let mut whole = false;
            for &byte in chunk {
                used += 1;
                if !self.inside {
                    // Braces before the array belong to what is around it.
                    self.inside = scan.opens_array(byte);
                    continue;
                }
                let before = scan.depth;
                scan.step(byte);
                if before == 0 && scan.depth == 0 {
                    if byte == b']' {
                        self.ended = true;
                        break;
                    }
                    continue;
                }
                long |= self.buffer.len() >= PIECE_BYTES_MAX;
                if !long {
                    self.buffer.push(byte);
                }
                if scan.depth == 0 {
                    whole = true;
                    break;
                }
            }
            input.consume(used);
            if whole {
                return Ok(if long { Piece::TooLong } else { Piece::Whole });
            }
        }
    }
}

/// Depth in JSON text, outside strings (RFC 8259 §2, §7).
#[derive(Default)]
struct Scan {
    depth: u32,
    string: bool,
    escaped: bool,
}

impl Scan {
    fn text(&mut self, byte: u8) -> bool {
        if self.string {
            match (self.escaped, byte) {
                (true, _) => self.escaped = false,
                (false, b'\\') => self.escaped = true,
                (false, b'"') => self.string = false,
                _ => {}
            }
            return true;
        }
        self.string = byte == b'"';
        self.string
    }

    fn step(&mut self, byte: u8) {
        if !self.text(byte) {
            match byte {
                b'{' => self.depth = self.depth.saturating_add(1),
                b'}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn opens_array(&mut self, byte: u8) -> bool {
        !self.text(byte) && byte == b'['
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(division: Division, text: &[u8]) -> Vec<String> {
        let mut pieces = Pieces::new(division);
        let mut input = BufReader::with_capacity(3, text);
        let mut found = Vec::new();
        loop {
            match pieces.next(&mut input).unwrap() {
                Piece::Whole => found.push(String::from_utf8(pieces.buffer.clone()).unwrap()),
                Piece::TooLong => found.push("too long".into()),
                Piece::End { cut } => {
                    found.extend(cut.then(|| "cut".into()));
                    return found;
                }
            }
        }
    }

    #[test]
    fn lines_and_documents() {
        assert_eq!(all(Division::Lines, b"a\r\nbb\n\nc"), ["a", "bb", "", "c"]);
        assert_eq!(
            all(Division::Array, br#"[{"a":"}]"}, {"b":[{}]}] {"#),
            [r#"{"a":"}]"}"#, r#"{"b":[{}]}"#]
        );
        let hits = br#"{"took":1,"hits":{"total":{"v":2},"hits":[{"_source":{"x":"\"{"}},{"y":1}]}}"#;
        assert_eq!(all(Division::Array, hits), [r#"{"_source":{"x":"\"{"}}"#, r#"{"y":1}"#]);
        assert_eq!(all(Division::Array, br#"[{"a":1},{"b"#), [r#"{"a":1}"#, "cut"]);
    }

    #[test]
    fn long_pieces_are_passed_over() {
        let long = [vec![b'x'; PIECE_BYTES_MAX + 1], b"\nshort\n".to_vec()].concat();
        assert_eq!(all(Division::Lines, &long), ["too long", "short"]);
        let long = format!("[{{\"a\":\"{}\"}},{{\"b\":1}}]", "x".repeat(PIECE_BYTES_MAX));
        assert_eq!(all(Division::Array, long.as_bytes()), ["too long", "{\"b\":1}"]);
    }
}
