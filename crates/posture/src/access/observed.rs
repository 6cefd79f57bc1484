//! How long the plant was listened to: silence means something only where somebody listened.

use super::DAY_NS;
use crate::inventory::Inventory;
use model::Timestamp;

/// What was observed, and the period that use is looked at over. The period ends with the last frame or line: a capture of last year is
/// judged by last year.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Observed {
    /// Length of the period in days.
    pub days: u32,
    /// Beginning of the period.
    pub since: Timestamp,
    /// End of the period.
    pub until: Timestamp,
    /// Nanoseconds within the period that captures or logs cover.
    covered: u64,
}

impl Observed {
    /// From the captures and logs of an inventory.
    pub(super) fn of(inventory: &Inventory, days: u32) -> Self {
        let mut spans: Vec<(Timestamp, Timestamp)> = inventory
            .captures
            .iter()
            .filter(|c| !c.is_file())
            .filter_map(|c| Some((c.first?, c.last?)))
            .collect();
        spans.sort_unstable();
        let until = spans.iter().map(|(_, last)| *last).max().unwrap_or_default();
        let since = Timestamp(until.0.saturating_sub(i64::from(days).saturating_mul(DAY_NS)));
        let (mut covered, mut end) = (0, since);
        for (first, last) in spans {
            covered += last.since(first.max(end));
            end = end.max(last);
        }
        Self { days, since, until, covered }
    }

    /// Days that were listened to, rounded up.
    pub fn covered_days(&self) -> u32 {
        u32::try_from(self.covered.div_ceil(DAY_NS.unsigned_abs())).unwrap_or(u32::MAX).min(self.days)
    }

    /// It was listened all the time, but for a day or a hundredth: captures are cut, and sensors are restarted.
    pub fn is_covered(&self) -> bool {
        let days = u64::from(self.days);
        let slack = days.div_ceil(100).max(1);
        self.days > 0 && self.covered >= days.saturating_sub(slack) * DAY_NS.unsigned_abs()
    }

    /// It lies within the period.
    pub fn has(&self, time: Timestamp) -> bool {
        time >= self.since
    }
}
