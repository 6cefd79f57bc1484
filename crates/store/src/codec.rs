//! How batches and documents lie in a row: MessagePack with named fields, then zstd with a check sum.

use model::journal::Entry;
use std::io::{Read, Write};

/// The shape written today. A new shape gets a new number; every number ever written is read for ever.
pub(crate) const FORMAT: i16 = 1;

/// Largest batch or document after decompression, in bytes: a damaged row must not fill the memory.
const PLAIN_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// zstd's own default: half the time of level 6 for a few percent of size.
const LEVEL: i32 = 3;

/// Compresses with a check sum, so that damage shows.
pub(crate) fn pack(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(plain)?;
    encoder.finish()
}

/// The inverse of [`pack`].
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<u8>, String> {
    let decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(|e| e.to_string())?;
    let mut plain = Vec::new();
    let read = decoder.take(PLAIN_BYTES_MAX + 1).read_to_end(&mut plain).map_err(|e| e.to_string())?;
    if read as u64 > PLAIN_BYTES_MAX {
        return Err(format!("more than {PLAIN_BYTES_MAX} bytes"));
    }
    Ok(plain)
}

/// A batch as a row's payload.
pub(crate) fn encode(entries: &[Entry]) -> Result<Vec<u8>, String> {
    let plain = rmp_serde::to_vec_named(entries).map_err(|e| e.to_string())?;
    pack(&plain).map_err(|e| e.to_string())
}

/// A row's payload as a batch.
pub(crate) fn decode(format: i64, payload: &[u8]) -> Result<Vec<Entry>, String> {
    if format != i64::from(FORMAT) {
        return Err(format!("its format {format} is not known to this program"));
    }
    rmp_serde::from_slice(&unpack(payload)?).map_err(|e| e.to_string())
}
