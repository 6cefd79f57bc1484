//! Where the bytes come from: a file or standard input, unpacked where it is gzip or zstd.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Compressed bytes read from the system at once.
const READ_BYTES: usize = 1 << 20;
/// Unpacked bytes asked for at once: when packed data turns out to be corrupt, what one request had unpacked is lost.
const UNPACK_BYTES: usize = 16 << 10;
/// Largest window a zstd frame may ask for, as a power of two: 128 MiB, which is what decoders must allow by
/// default (`ZSTD_WINDOWLOG_LIMIT_DEFAULT`, zstd.h).
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// An input and how far it was read.
pub(crate) struct Source {
    /// The unpacked bytes.
    pub(crate) bytes: Box<dyn Read + Send>,
    /// Bytes of the underlying file that were read so far.
    pub(crate) consumed: Arc<AtomicU64>,
    /// Size of the underlying file, where it has one.
    pub(crate) total: Option<u64>,
}

impl Source {
    /// Opens a file; `-` is standard input.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if path.as_os_str() == "-" {
            return Self::new(Box::new(io::stdin()), None);
        }
        let file = File::open(path)?;
        let about = file.metadata()?;
        Self::new(Box::new(file), about.is_file().then_some(about.len()))
    }

    /// Whether a file that begins so is packed.
    pub(crate) fn is_packed(head: &[u8]) -> bool {
        !matches!(Packing::of(head.get(..4).unwrap_or(head)), Packing::Plain)
    }

    /// Looks at the first bytes and puts the right decompressor in between.
    pub(crate) fn new(input: Box<dyn Read + Send>, total: Option<u64>) -> io::Result<Self> {
        let consumed = Arc::new(AtomicU64::new(0));
        let mut input = Counted { input, consumed: Arc::clone(&consumed) };
        let mut magic = Vec::with_capacity(4);
        input.by_ref().take(4).read_to_end(&mut magic)?;
        let packing = Packing::of(&magic);
        let bytes = packing.unpack(Cursor::new(magic).chain(input))?;
        Ok(Self { bytes, consumed, total })
    }
}

/// How a file is packed.
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    /// By the first four bytes: RFC 1952 section 2.3.1 (with deflate, the only method), RFC 8878 section 3.1.1 and,
    /// for skippable frames, 3.1.2.
    fn of(magic: &[u8]) -> Self {
        match magic {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// Both decoders go on from one member or frame to the next until the input ends.
    fn unpack(self, input: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        match self {
            Self::Plain => Ok(Box::new(input)),
            Self::Gzip => {
                let packed = BufReader::with_capacity(READ_BYTES, input);
                Ok(Box::new(Portions(flate2::bufread::MultiGzDecoder::new(packed))))
            }
            Self::Zstd => {
                let packed = BufReader::with_capacity(READ_BYTES, input);
                let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
                Ok(Box::new(Portions(decoder)))
            }
        }
    }
}

/// Counts what is read.
struct Counted {
    input: Box<dyn Read + Send>,
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(room)?;
        self.consumed.fetch_add(u64::try_from(n).unwrap_or(0), Ordering::Relaxed);
        Ok(n)
    }
}

/// Asks a decoder for a little at a time.
struct Portions<R>(R);

impl<R: Read> Read for Portions<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let len = room.len().min(UNPACK_BYTES);
        self.0.read(room.get_mut(..len).unwrap_or_default())
    }
}
