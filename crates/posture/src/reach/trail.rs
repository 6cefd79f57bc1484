//! What was found out on the way, and how the destination changes.

use super::lists::Possible;
use super::matching::{Packet, Truth, matches};
use super::world::Site;
use super::{Answer, Outcome, STEPS_MAX, Step};
use model::Text;
use model::network::{Change, Translated};
use std::net::IpAddr;

/// What was found out on the way so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail {
    by: Vec<Step>,
    /// Something may as well be otherwise.
    pub(super) shaken: Option<String>,
}

impl Trail {
    pub(super) fn add(&mut self, steps: Vec<Step>) {
        let room = STEPS_MAX.saturating_sub(self.by.len());
        self.by.extend(steps.into_iter().take(room));
    }

    pub(super) fn answer(mut self, outcome: Outcome, why: String, last: Option<Step>) -> Answer {
        self.add(last.into_iter().collect());
        Answer { outcome, by: self.by, why, beyond: Vec::new() }
    }

    /// The end is reached.
    pub(super) fn passed(self, why: String, beyond: Option<IpAddr>) -> Answer {
        let (outcome, why) = match self.shaken.clone() {
            Some(reason) => (Outcome::Undecided, reason),
            None => (Outcome::Allowed, why),
        };
        Answer { beyond: beyond.into_iter().collect(), ..self.answer(outcome, why, None) }
    }

    /// Takes what the lists at a place do; an answer when they drop the packet.
    pub(super) fn lists(&mut self, site: &Site<'_>, place: &str, possible: Possible) -> Option<Answer> {
        let name = site.name();
        match possible.outcome() {
            Outcome::Denied => {
                let why = format!("{name} drops it {place}");
                let mut answer = self.clone().answer(Outcome::Denied, why, None);
                let room = STEPS_MAX.saturating_sub(answer.by.len());
                answer.by.extend(possible.by.into_iter().take(room));
                return Some(answer);
            }
            Outcome::Allowed => {}
            _ => {
                self.shaken.get_or_insert_with(|| {
                    format!("what {name} does {place} depends on what was not understood")
                });
            }
        }
        self.add(possible.by);
        None
    }
}

/// Changes the destination as the first translation says that fits; the step that leaves it open otherwise.
pub(super) fn translate(site: &Site<'_>, packet: &mut Packet<'_>, seen_now: Translated) -> Result<(), Step> {
    for translation in &site.device.translations {
        let (to, base, port) = match translation.change {
            Change::Destination { to, base, port, seen } if seen == seen_now => (to, base, port),
            Change::Nothing if seen_now == Translated::First => (Some(packet.to), None, None),
            _ => continue,
        };
        let open = || site.step(&Text::new(""), translation.line, &translation.text, Outcome::Undecided);
        match (matches(&translation.when, packet), to) {
            (Truth::No, _) => {}
            (Truth::Yes, Some(to)) => {
                packet.to = base.map_or(Some(to), |base| shifted(packet.to, base, to)).ok_or_else(open)?;
                packet.port = packet.port.map(|old| port.unwrap_or(old));
                return Ok(());
            }
            (Truth::Yes, None) | (Truth::Maybe, _) => return Err(open()),
        }
    }
    Ok(())
}

/// The address that lies as far from `to` as `ip` lies from `base`.
fn shifted(ip: IpAddr, base: IpAddr, to: IpAddr) -> Option<IpAddr> {
    match (ip, base, to) {
        (IpAddr::V4(ip), IpAddr::V4(base), IpAddr::V4(to)) => {
            let by = ip.to_bits().checked_sub(base.to_bits())?;
            Some(IpAddr::V4(to.to_bits().checked_add(by)?.into()))
        }
        (IpAddr::V6(ip), IpAddr::V6(base), IpAddr::V6(to)) => {
            let by = ip.to_bits().checked_sub(base.to_bits())?;
            Some(IpAddr::V6(to.to_bits().checked_add(by)?.into()))
        }
        _ => None,
    }
}
