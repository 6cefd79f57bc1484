//! A line as a record: fields by name, in the words of Zeek, whatever the file calls them.

use model::{Host, Mac, Timestamp, Transport};
use std::borrow::Cow;
use std::net::IpAddr;

/// A line of a log.
pub(super) trait Record {
    /// The value of a field; none when it is unset or empty. A list is written with commas.
    fn get(&self, field: &str) -> Option<Cow<'_, str>>;

    /// The first of some fields that has a value. Older and newer versions of a log name the same thing differently.
    fn any(&self, fields: &[&'static str]) -> Option<(&'static str, Cow<'_, str>)> {
        fields.iter().find_map(|&field| Some((field, self.get(field)?)))
    }
}

impl dyn Record + '_ {
    /// A number, in decimal or with `0x` in hexadecimal.
    pub(super) fn number(&self, field: &str) -> Option<u32> {
        number(&self.get(field)?)
    }

    pub(super) fn count(&self, field: &str) -> u64 {
        self.get(field).and_then(|t| t.trim().parse().ok()).unwrap_or(0)
    }

    pub(super) fn flag(&self, field: &str) -> Option<bool> {
        match self.get(field)?.as_ref() {
            "T" | "true" => Some(true),
            "F" | "false" => Some(false),
            _ => None,
        }
    }

    pub(super) fn ip(&self, field: &str) -> Option<IpAddr> {
        self.get(field)?.parse().ok()
    }

    pub(super) fn port(&self, field: &str) -> Option<u16> {
        self.get(field)?.parse().ok()
    }

    pub(super) fn mac(&self, field: &str) -> Option<Mac> {
        self.get(field)?.split(',').next()?.parse().ok()
    }

    pub(super) fn time(&self, field: &str) -> Option<Timestamp> {
        time(&self.get(field)?)
    }

    /// Ends of an exchange: who opened it and who was asked. Layer 2 logs name MAC addresses only.
    pub(super) fn ends(&self) -> Option<[Host; 2]> {
        let ip = |field| self.ip(field).map(Host::ip);
        let macs = |fields: &[&'static str]| self.any(fields)?.1.parse().ok().map(Host::mac);
        let client = ip("id.orig_h").or_else(|| macs(&["src_mac", "srcmac", "orig_l2_addr"]))?;
        let server = ip("id.resp_h").or_else(|| macs(&["dst_mac", "dstmac", "resp_l2_addr"]))?;
        Some([client, server])
    }

    /// What carries the exchange. Logs without the field are of protocols that have one usual carrier, `usually`.
    pub(super) fn transport(&self, usually: Transport) -> Transport {
        let lower = self.get("proto").map(|p| p.to_ascii_lowercase());
        match lower.as_deref() {
            Some("tcp" | "6") => Transport::Tcp,
            Some("udp" | "17") => Transport::Udp,
            Some("icmp" | "1" | "icmp6" | "ipv6-icmp" | "58") => Transport::Icmp,
            Some("ethernet") => Transport::Ethernet,
            Some(_) => usually,
            None if self.get("id.orig_h").is_none() => Transport::Ethernet,
            None => usually,
        }
    }
}

pub(super) fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Seconds since the epoch with a fraction (Zeek), milliseconds (Arkime, 13 digits), or ISO 8601 with `Z` or an offset.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.contains('T') {
        return iso(text);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let digits = fraction.get(..fraction.len().min(9))?;
    let nanos: u32 = if digits.is_empty() { 0 } else { format!("{digits:0<9}").parse().ok()? };
    if whole.len() >= 13 && fraction.is_empty() {
        return Some(Timestamp(seconds.saturating_mul(1_000_000)));
    }
    Some(Timestamp::from_parts(seconds, nanos))
}

/// `2024-01-02T03:04:05.678901+0200`, as Suricata writes it, and its relatives.
fn iso(text: &str) -> Option<Timestamp> {
    if text.ends_with('Z') {
        return Timestamp::parse(text);
    }
    let at = text.rfind(['+', '-']).filter(|&at| text.find('T').is_some_and(|t| at > t));
    let Some(at) = at else { return Timestamp::parse(&format!("{text}Z")) };
    let (clock, offset) = (text.get(..at)?, text.get(at..)?);
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let minutes: i64 = match digits.len() {
        2 => digits.parse::<i64>().ok()?.checked_mul(60)?,
        4 => digits.get(..2)?.parse::<i64>().ok()? * 60 + digits.get(2..)?.parse::<i64>().ok()?,
        _ => return None,
    };
    let local = Timestamp::parse(&format!("{clock}Z"))?;
    let shift = minutes.saturating_mul(60_000_000_000);
    let shift = if offset.starts_with('-') { -shift } else { shift };
    Some(Timestamp(local.0.saturating_sub(shift)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_writer() {
        for (text, nanos) in [
            ("1700000000.123456", 1_700_000_000_123_456_000),
            ("1700000000", 1_700_000_000_000_000_000),
            ("1700000000123", 1_700_000_000_123_000_000),
            ("2023-11-14T22:13:20.123456Z", 1_700_000_000_123_456_000),
            ("2023-11-15T00:13:20.123456+0200", 1_700_000_000_123_456_000),
            ("2023-11-14T16:13:20.123456-06:00", 1_700_000_000_123_456_000),
        ] {
            assert_eq!(time(text), Some(Timestamp(nanos)), "{text}");
        }
        for bad in ["XXXXXXXXXX.XXXXXX", "", "-", "T", "2023-11-14T22:13:20+9", "1.2.3"] {
            assert_eq!(time(bad), None, "{bad}");
        }
        assert_eq!((number("0x0a"), number("10"), number("ten")), (Some(10), Some(10), None));
    }
}
