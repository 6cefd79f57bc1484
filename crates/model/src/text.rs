//! Text from the wire, bounded and inert; and names that the project itself gives.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Text that another system wrote: at most [`Text::MAX_BYTES`] bytes of UTF-8, trimmed of blanks and NULs at both ends.
///
/// Control characters are kept as they came (they are evidence); every output makes them visible in its own way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(Box<str>);

impl Text {
    /// Longest kept text in bytes; longer text is cut at a character boundary.
    pub const MAX_BYTES: usize = 512;

    /// Reads UTF-8; bytes that are not valid UTF-8 are taken as Latin-1, so that no name is lost.
    pub fn from_wire(bytes: &[u8]) -> Self {
        let bytes = bytes.get(..Self::MAX_BYTES * 2).unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::new(text),
            Err(e) if e.error_len().is_none() && bytes.len() == Self::MAX_BYTES * 2 => {
                Self::new(&String::from_utf8_lossy(bytes.get(..e.valid_up_to()).unwrap_or_default()))
            }
            Err(_) => Self::new(&bytes.iter().map(|&b| char::from(b)).collect::<String>()),
        }
    }

    /// Reads UTF-16, little endian, as Windows protocols write it; a lone surrogate becomes U+FFFD.
    pub fn from_utf16le(bytes: &[u8]) -> Self {
        let units = bytes.chunks_exact(2).take(Self::MAX_BYTES).map(|p| match p {
            [low, high] => u16::from_le_bytes([*low, *high]),
            _ => 0,
        });
        Self::new(&char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>())
    }

    /// Trims and bounds.
    pub fn new(text: &str) -> Self {
        let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        let mut end = text.len().min(Self::MAX_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self(text.get(..end).unwrap_or_default().into())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Nothing left after trimming.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// A name the project gives (a protocol, an operation, a field): free to copy on the sensor, owned once it crossed the line.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(Cow<'static, str>);

impl Name {
    /// A name known at build time.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A name made at run time, such as one for an unknown function code.
    pub fn owned(name: String) -> Self {
        Self(Cow::Owned(name))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Name {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_bounded_and_never_lost() {
        assert_eq!(Text::from_wire(b"  CPU 315-2 \0\0").as_str(), "CPU 315-2");
        assert_eq!(Text::from_wire(b"M\xfcller").as_str(), "Müller");
        let long = Text::from_wire("ä".repeat(2000).as_bytes());
        assert!(long.as_str().len() <= Text::MAX_BYTES && long.as_str().chars().all(|c| c == 'ä'));
        assert_eq!(Text::from_utf16le(b"H\0M\0I\0").as_str(), "HMI");
    }
}
