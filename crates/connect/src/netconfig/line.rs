//! Lines and words of a configuration, and how they are shown without secrets.

use model::Text;
use model::network::Net;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// UTF-8, else Latin-1; without a byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()),
    }
}

/// Line numbers, from 1.
pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

/// Words of a line, taken one by one.
#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
}

impl<'a> Words<'a> {
    /// Divides at blanks.
    pub(super) fn new(line: &'a str) -> Self {
        Self::of(line.split_whitespace().collect())
    }

    /// These words.
    pub(super) fn of(words: Vec<&'a str>) -> Self {
        Self { words, at: 0 }
    }

    /// The next word, which stays.
    pub(super) fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    /// The next word.
    pub(super) fn next(&mut self) -> Option<&'a str> {
        let word = self.peek()?;
        self.at += 1;
        Some(word)
    }

    /// Takes the next word when it is this one.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let is = self.peek() == Some(word);
        self.at += usize::from(is);
        is
    }

    /// Takes these words when they come next.
    pub(super) fn eat_all(&mut self, words: &[&str]) -> bool {
        let is = self.rest().starts_with(words);
        self.at += if is { words.len() } else { 0 };
        is
    }

    /// What was not taken.
    pub(super) fn rest(&self) -> &[&'a str] {
        self.words.get(self.at..).unwrap_or_default()
    }

    /// Nothing left.
    pub(super) fn is_done(&self) -> bool {
        self.rest().is_empty()
    }
}

/// Words after which a secret may come.
const SECRET_WORDS: [&str; 24] = [
    "password",
    "passwd",
    "secret",
    "key",
    "key-string",
    "community",
    "psk",
    "pre-shared-key",
    "presharedkey",
    "passphrase",
    "psksecret",
    "md5",
    "sha",
    "authentication",
    "authentication-key",
    "auth",
    "priv",
    "hash",
    "private-key",
    "enc",
    "host-key",
    "token",
    "cipher",
    "bcrypt-hash",
];

/// A line to be shown: bounded, and cut where a secret may come.
pub(super) fn shown(line: &str) -> Text {
    let mut kept = String::new();
    for word in line.split_whitespace() {
        if kept.len() > Text::MAX_BYTES {
            break;
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(word);
        let plain = word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase();
        if SECRET_WORDS.contains(&plain.as_str()) {
            kept.push_str(" (hidden)");
            break;
        }
    }
    Text::new(&kept)
}

/// Length of the prefix that a network mask stands for; `None` when its ones are not in front.
pub(super) fn prefix_of_mask(mask: Ipv4Addr) -> Option<u8> {
    let bits = mask.to_bits();
    let length = bits.leading_ones();
    let whole = bits.checked_shl(length).unwrap_or(0) == 0;
    if whole { u8::try_from(length).ok() } else { None }
}

/// Address and the bits that count, as the simplest network that says it.
pub(super) fn net_of_care(address: Ipv4Addr, care: Ipv4Addr) -> Net {
    match prefix_of_mask(care) {
        Some(length) => Net::Prefix(IpAddr::V4(address), length),
        None => Net::Wildcard { address, care },
    }
}

/// `A`, `A/LENGTH` or `A/MASK`.
pub(super) fn net(text: &str) -> Option<Net> {
    let Some((address, length)) = text.split_once('/') else {
        return text.parse().ok().map(Net::host);
    };
    let address: IpAddr = address.parse().ok()?;
    if let (IpAddr::V4(v4), Ok(mask)) = (address, length.parse::<Ipv4Addr>()) {
        return Some(net_of_care(v4, mask));
    }
    prefix_length(address, length).map(|length| Net::Prefix(address, length))
}

/// A length that fits the version of an address.
pub(super) fn prefix_length(address: IpAddr, text: &str) -> Option<u8> {
    let max = if address.is_ipv4() { 32 } else { 128 };
    text.parse().ok().filter(|length| *length <= max)
}

/// `A/LENGTH` as an interface or a route has it.
pub(super) fn address_and_length(text: &str) -> Option<(IpAddr, u8)> {
    match net(text)? {
        Net::Prefix(address, length) => Some((address, length)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_networks() {
        assert_eq!(prefix_of_mask(Ipv4Addr::new(255, 255, 255, 0)), Some(24));
        assert_eq!(prefix_of_mask(Ipv4Addr::UNSPECIFIED), Some(0));
        assert_eq!(prefix_of_mask(Ipv4Addr::BROADCAST), Some(32));
        assert_eq!(prefix_of_mask(Ipv4Addr::new(255, 0, 255, 0)), None);
        assert_eq!(net("10.0.0.0/255.0.255.0").map(|n| n.contains("10.9.0.3".parse().unwrap())), Some(true));
        assert!(net("10.0.0.0/33").is_none() && net("::/129").is_none() && net("host.example").is_none());
    }

    #[test]
    fn what_follows_a_secret_word_is_not_shown() {
        assert_eq!(
            shown("neighbor 10.0.0.1 password 7 094F471A1A0A").as_str(),
            "neighbor 10.0.0.1 password (hidden)"
        );
        assert_eq!(shown("set psksecret ENC abc").as_str(), "set psksecret (hidden)");
        assert!(shown(&"x ".repeat(10_000)).as_str().len() <= Text::MAX_BYTES);
    }
}
