//! Byte order of a capture file, and reading numbers in it.

/// Byte order of the host that wrote the file, or the section of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    /// The two bytes at `at`; 0 beyond the end, so check the length of the whole before.
    #[inline]
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let b = chunk::<2>(bytes, at);
        if self == Self::Little { u16::from_le_bytes(b) } else { u16::from_be_bytes(b) }
    }

    /// The four bytes at `at`; 0 beyond the end.
    #[inline]
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let b = chunk::<4>(bytes, at);
        if self == Self::Little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) }
    }

    /// The four bytes at `at` as a length in memory; 0 beyond the end.
    #[inline]
    pub(crate) fn len(self, bytes: &[u8], at: usize) -> usize {
        usize::try_from(self.u32(bytes, at)).unwrap_or(usize::MAX)
    }

    /// The eight bytes at `at`; 0 beyond the end.
    pub(crate) fn u64(self, bytes: &[u8], at: usize) -> u64 {
        let b = chunk::<8>(bytes, at);
        if self == Self::Little { u64::from_le_bytes(b) } else { u64::from_be_bytes(b) }
    }
}

#[inline]
fn chunk<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}
