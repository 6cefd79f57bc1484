//! Addresses in the spellings of engineering tools.

use model::Mac;
use std::net::{IpAddr, Ipv4Addr};

/// An address that one station can have.
pub(super) fn ip(text: &str) -> Option<IpAddr> {
    let ip: IpAddr = text.trim().parse().ok()?;
    is_station(ip).then_some(ip)
}

/// Four octets in hexadecimal, with or without blanks: `C0A80014`, `C0 A8 00 14`.
pub(super) fn hex_ip(text: &str) -> Option<IpAddr> {
    let octets: [u8; 4] = hex(text)?.try_into().ok()?;
    Some(IpAddr::V4(Ipv4Addr::from(octets))).filter(|ip| is_station(*ip))
}

/// Six octets, in any of the usual spellings: `00-1C-06-00-00-01`, `001C06000001`, `00 1C 06 00 00 01`.
pub(super) fn mac(text: &str) -> Option<Mac> {
    hex(text)?.try_into().ok().map(Mac)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !matches!(c, '-' | ':' | ' ' | '.'))
        .map(|c| c.to_digit(16))
        .take(64)
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok());
    if rest.is_empty() { bytes.collect() } else { None }
}

/// Neither a group nor "none yet" nor the host itself.
fn is_station(ip: IpAddr) -> bool {
    !ip.is_unspecified() && !ip.is_multicast() && !ip.is_loopback() && ip != IpAddr::V4(Ipv4Addr::BROADCAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let told = |ip: Option<IpAddr>| ip.map(|ip| ip.to_string());
        assert_eq!(told(ip(" 192.168.0.1 ")).as_deref(), Some("192.168.0.1"));
        assert_eq!(told(hex_ip("C0A80014")).as_deref(), Some("192.168.0.20"));
        assert_eq!(told(hex_ip("0A 01 00 05")).as_deref(), Some("10.1.0.5"));
        for none in ["0.0.0.0", "239.1.1.1", "255.255.255.255", "127.0.0.1", "7", ""] {
            assert_eq!(ip(none), None, "{none}");
        }
        assert_eq!(mac("00-1C-06-00-00-0A").map(|m| m.to_string()).as_deref(), Some("00:1c:06:00:00:0a"));
        assert_eq!(mac("001C0600000A"), mac("00 1C 06 00 00 0A"));
        assert_eq!((mac("00-1C"), mac("001C0600000A0"), hex_ip("C0A8")), (None, None, None));
    }
}
