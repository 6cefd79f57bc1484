//! Points in time as directories and lists write them.

use model::Timestamp;

/// Seconds from 1601-01-01 to 1970-01-01, both UTC.
const FILETIME_EPOCH: i64 = 11_644_473_600;

/// A FILETIME: hundreds of nanoseconds since 1601 (MS-DTYP 2.3.3). Zero and the greatest number stand for never (MS-ADA1,
/// accountExpires).
pub(super) fn filetime(text: &str) -> Option<Timestamp> {
    let ticks: i64 = text.trim().parse().ok()?;
    if ticks <= 0 || ticks == i64::MAX {
        return None;
    }
    let nanos = u32::try_from(ticks % 10_000_000).ok()? * 100;
    Some(Timestamp::from_parts(ticks / 10_000_000 - FILETIME_EPOCH, nanos))
}

/// Generalized time in UTC: `20261201123456Z`, with or without a fraction (RFC 4517, 3.3.13).
pub(super) fn generalized(text: &str) -> Option<Timestamp> {
    let text = text.trim().strip_suffix('Z')?;
    let whole = text.split(['.', ',']).next()?;
    if whole.len() != 14 || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| whole.get(from..to);
    let (date, clock) =
        ((part(0, 4)?, part(4, 6)?, part(6, 8)?), (part(8, 10)?, part(10, 12)?, part(12, 14)?));
    Timestamp::parse(&format!("{}-{}-{}T{}:{}:{}Z", date.0, date.1, date.2, clock.0, clock.1, clock.2))
}

/// Days since 1970 (shadowExpire; RFC 2307, 3). Negative numbers and zero stand for never.
pub(super) fn days(text: &str) -> Option<Timestamp> {
    let days: i64 = text.trim().parse().ok().filter(|d| *d > 0)?;
    Some(Timestamp::from_parts(days.checked_mul(86_400)?, 0))
}

/// A cell of a list: `2026-12-01`, `2026-12-01 08:30[:00]`, or RFC 3339 in UTC. Without a zone it is UTC.
pub(super) fn cell(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(time) = Timestamp::parse(text) {
        return Some(time);
    }
    let (date, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let clock = if clock.matches(':').count() == 1 { format!("{clock}:00") } else { clock.to_owned() };
    let plain = date.len() == 10 && clock.len() == 8;
    Timestamp::parse(&format!("{date}T{clock}Z")).filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Timestamp> {
        Some(Timestamp::parse(text).unwrap())
    }

    #[test]
    fn each_clock_has_its_epoch() {
        assert_eq!(filetime("128930364000000000"), at("2009-07-25T23:00:00Z"));
        for never in ["0", "9223372036854775807", "-1", "", "soon"] {
            assert_eq!(filetime(never), None, "{never}");
        }
        assert_eq!(generalized("20261201123456Z"), at("2026-12-01T12:34:56Z"));
        assert_eq!(generalized("20261201123456.789Z"), at("2026-12-01T12:34:56Z"));
        for bad in ["2026", "20261201123456", "20261301123456Z", "äöüäöü1Z"] {
            assert_eq!(generalized(bad), None, "{bad}");
        }
        assert_eq!(days("20789"), at("2026-12-02T00:00:00Z"));
        assert_eq!(days("-1"), None);
    }

    #[test]
    fn cells_as_people_write_them() {
        assert_eq!(cell("2026-12-01"), at("2026-12-01T00:00:00Z"));
        assert_eq!(cell("2026-12-01 08:30"), at("2026-12-01T08:30:00Z"));
        assert_eq!(cell("2026-12-01T08:30:00Z"), at("2026-12-01T08:30:00Z"));
        for bad in ["1.12.2026", "12/01/2026", "soon", ""] {
            assert_eq!(cell(bad), None, "{bad}");
        }
    }
}
