//! Bytes of a text file as characters, and where its lines begin.
//!
//! Byte order marks and how an XML document tells its encoding: XML 1.0 §4.3.3 and appendix F. Windows-1252: Unicode consortium,
//! mapping table CP1252.

use super::project::FileError;
use std::borrow::Cow;

/// Largest file, as it lies on disk and decoded, in bytes.
pub(super) const FILE_BYTES_MAX: usize = 100 << 20;
/// Bytes in which an XML declaration ends.
const DECLARATION_BYTES: usize = 256;

/// The text of a file.
///
/// # Errors
/// It is too large, or is not in the encoding it says it is in.
pub(super) fn decode<'a>(name: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>, FileError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FileError::whole(name, format!("larger than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(utf8(name, rest)?),
        [0xff, 0xfe, rest @ ..] => utf16(name, rest, u16::from_le_bytes)?.into(),
        [0xfe, 0xff, rest @ ..] => utf16(name, rest, u16::from_be_bytes)?.into(),
        [b'<', 0, ..] => utf16(name, bytes, u16::from_le_bytes)?.into(),
        [0, b'<', ..] => utf16(name, bytes, u16::from_be_bytes)?.into(),
        _ => eight_bits(name, bytes)?,
    };
    if text.len() > FILE_BYTES_MAX {
        return Err(FileError::whole(name, format!("larger than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    Ok(text)
}

/// UTF-8; what says it is Latin-1, and text that says nothing and is not UTF-8, is taken as Windows-1252.
fn eight_bits<'a>(name: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>, FileError> {
    match declared(bytes).as_deref() {
        Some("iso-8859-1" | "latin1" | "windows-1252" | "cp1252") => Ok(windows_1252(bytes).into()),
        Some("utf-8" | "us-ascii" | "ascii") => Ok(utf8(name, bytes)?.into()),
        Some(other) => {
            let mut error = FileError::whole(name, format!("encoding {other:?} is not read"));
            (error.line, error.column) = (1, 1);
            Err(error)
        }
        // XML without a declaration is UTF-8; other text of Windows tools is in the code page of its country.
        None if bytes.starts_with(b"<") => Ok(utf8(name, bytes)?.into()),
        None => Ok(std::str::from_utf8(bytes).map_or_else(|_| windows_1252(bytes).into(), Cow::Borrowed)),
    }
}

/// The encoding an XML declaration names, in small letters and short.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(DECLARATION_BYTES))?;
    let head = String::from_utf8_lossy(head.strip_prefix(b"<?xml")?);
    let (declaration, _) = head.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (encoding, _) = value.get(1..)?.split_once(quote)?;
    Some(encoding.chars().take(32).collect::<String>().to_ascii_lowercase())
}

fn utf8<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, FileError> {
    std::str::from_utf8(bytes).map_err(|e| {
        let good = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let good = std::str::from_utf8(good).unwrap_or_default();
        Lines::new(good).error(name, good, good.len(), "not UTF-8".into())
    })
}

fn utf16(name: &str, bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, FileError> {
    let mut text = String::with_capacity(bytes.len() / 2);
    let (pairs, rest) = bytes.as_chunks::<2>();
    let at = |text: &str| Lines::new(text).error(name, text, text.len(), "not UTF-16".into());
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        text.push(c.map_err(|_| at(&text))?);
    }
    if rest.is_empty() { Ok(text) } else { Err(at(&text)) }
}

fn windows_1252(bytes: &[u8]) -> String {
    /// 0x80 to 0x9f; the five that are not assigned stay control characters.
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let one = |&b: &u8| match b {
        0x80..=0x9f => HIGH.get(usize::from(b) - 0x80).copied().unwrap_or('\u{fffd}'),
        _ => char::from(b),
    };
    bytes.iter().map(one).collect()
}

/// Where the lines of a text begin.
pub(super) struct Lines(Vec<u32>);

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        Self(ends.map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX)).collect())
    }

    /// Number of the line that holds this byte, counted from 1.
    pub(super) fn line(&self, at: usize) -> u32 {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        u32::try_from(self.0.partition_point(|&end| end < at)).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// An error at this byte of the text.
    pub(super) fn error(&self, name: &str, text: &str, at: usize, what: String) -> FileError {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = text.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before.get(start..).unwrap_or_default().chars().count();
        let column = u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1);
        FileError { name: name.to_owned(), line: self.line(at), column, what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_of(text: &str) -> Vec<u8> {
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    }

    #[test]
    fn encodings() {
        assert_eq!(decode("a", b"\xef\xbb\xbf<a/>").unwrap(), "<a/>");
        assert_eq!(decode("a", &utf16_of("<Müller/>")).unwrap(), "<Müller/>");
        assert_eq!(decode("a", &utf16_of("<a/>")[2..]).unwrap(), "<a/>");
        let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a b=\"M\xfcller \x80\"/>";
        assert!(decode("a", latin).unwrap().contains("Müller €"));
        assert_eq!(decode("a", b"VendName = \"M\xfcller\"").unwrap(), "VendName = \"Müller\"");
    }

    #[test]
    fn what_is_not_text_is_told_with_its_place() {
        let e = decode("a.xml", b"<?xml version='1.0' encoding='utf-8'?>\n<a b=\"\xfc\"/>").unwrap_err();
        assert_eq!(e.to_string(), "a.xml:2:7: not UTF-8");
        assert!(decode("a", b"<?xml version='1.0' encoding='EBCDIC'?><a/>").is_err());
        assert!(decode("a", b"\xff\xfe<\0a").is_err());
        assert!(decode("a", b"\xff\xfe\x00\xd8").is_err(), "a lone surrogate");
    }

    #[test]
    fn lines_are_counted_from_one() {
        let lines = Lines::new("a\nbc\n\nd");
        let at: Vec<u32> = (0..8).map(|at| lines.line(at)).collect();
        assert_eq!(at, [1, 1, 2, 2, 2, 3, 4, 4]);
    }
}
