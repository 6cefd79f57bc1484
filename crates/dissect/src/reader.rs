//! A bounds-checked cursor. Every read either succeeds whole or says [`Short`]; nothing else can go wrong.

/// The input ends before the value does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Short;

/// What a read gives.
pub type Read<T> = Result<T, Short>;

/// Reads numbers and slices from the front of a byte slice.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    whole: &'a [u8],
    at: usize,
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $type:ty, $from:ident, $len:literal;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub fn $name(&mut self) -> Read<$type> {
            let bytes = self.rest().first_chunk::<$len>().ok_or(Short)?;
            self.at += $len;
            Ok(<$type>::$from(*bytes))
        }
    )*};
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[inline]
    pub fn new(whole: &'a [u8]) -> Self {
        Self { whole, at: 0 }
    }

    numbers! {
        /// One byte.
        u8: u8, from_be_bytes, 1;
        /// Two bytes, big endian.
        u16: u16, from_be_bytes, 2;
        /// Four bytes, big endian.
        u32: u32, from_be_bytes, 4;
        /// Eight bytes, big endian.
        u64: u64, from_be_bytes, 8;
        /// Two bytes, little endian.
        u16_le: u16, from_le_bytes, 2;
        /// Four bytes, little endian.
        u32_le: u32, from_le_bytes, 4;
        /// Eight bytes, little endian.
        u64_le: u64, from_le_bytes, 8;
    }

    /// The next `n` bytes.
    #[inline]
    pub fn take(&mut self, n: usize) -> Read<&'a [u8]> {
        let end = self.at.checked_add(n).ok_or(Short)?;
        let bytes = self.whole.get(self.at..end).ok_or(Short)?;
        self.at = end;
        Ok(bytes)
    }

    /// Passes over `n` bytes.
    #[inline]
    pub fn skip(&mut self, n: usize) -> Read<()> {
        self.take(n).map(|_| ())
    }

    /// A reader over the next `n` bytes only.
    #[inline]
    pub fn sub(&mut self, n: usize) -> Read<Reader<'a>> {
        self.take(n).map(Reader::new)
    }

    /// What is left, without taking it.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.whole.get(self.at..).unwrap_or_default()
    }

    /// Everything up to the end; at most `n` bytes.
    #[inline]
    pub fn up_to(&mut self, n: usize) -> &'a [u8] {
        let n = n.min(self.len());
        self.take(n).unwrap_or_default()
    }

    /// Bytes left.
    #[inline]
    pub fn len(&self) -> usize {
        self.whole.len().saturating_sub(self.at)
    }

    /// Nothing left.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes taken so far.
    #[inline]
    pub fn position(&self) -> usize {
        self.at
    }
}

/// The byte at `at`, or `None`. For looking ahead in probes.
#[inline]
pub fn byte(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied()
}

/// Big-endian 16 bits at `at`.
#[inline]
pub fn be16(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..)?.first_chunk::<2>().map(|b| u16::from_be_bytes(*b))
}

/// Little-endian 16 bits at `at`.
#[inline]
pub fn le16(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..)?.first_chunk::<2>().map(|b| u16::from_le_bytes(*b))
}

/// Big-endian 32 bits at `at`.
#[inline]
pub fn be32(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk::<4>().map(|b| u32::from_be_bytes(*b))
}

/// Little-endian 32 bits at `at`.
#[inline]
pub fn le32(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk::<4>().map(|b| u32::from_le_bytes(*b))
}
