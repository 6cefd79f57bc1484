//! What to do about a match: now, at the next outage, never; in the manner of SSVC (CERT/CC, *Stakeholder-Specific Vulnerability
//! Categorization* 2.1, deployer decision model).
//!
//! Three decision points, each with the sentence that shows where its value comes from, and one table that people can read
//! (`content/triage/decisions.tsv`). Pure. A match that is only possible is never decided upon: first the missing fact is found out.

use crate::document::ThreatView;
use crate::exposure::{Exposed, Exposure};
use crate::stated::Stated;
use model::advisory::MatchStatus;
use serde::Serialize;
use std::sync::LazyLock;
use utoipa::ToSchema;

/// The table.
static TABLE: &str = include_str!("../../../content/triage/decisions.tsv");
/// From this probability of exploitation within 30 days on (EPSS, FIRST), an exploit counts as good as public.
const EPSS_PROBABLE: f32 = 0.1;

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Rule {
    /// `none`, `poc` or `active`.
    pub exploitation: &'static str,
    /// `small`, `controlled` or `open`.
    pub exposure: &'static str,
    /// `low`, `medium` or `high`.
    pub consequence: &'static str,
    /// `now`, `next_outage` or `never`.
    pub decision: &'static str,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut words = line.split('\t');
        let (exploitation, exposure) = (words.next()?, words.next()?);
        Some(Rule { exploitation, exposure, consequence: words.next()?, decision: words.next()? })
    };
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(row).collect()
});

/// The rules, all of them.
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// What to do about a match, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Triage {
    /// `now`, `next_outage`, `never`; `find_out`: the match is only possible, and would not be `never`; `accepted`: a person bears with it
    /// until a date.
    pub decision: &'static str,
    /// `none`, `poc` or `active`.
    pub exploitation: &'static str,
    /// `small`, `controlled` or `open`.
    pub exposure: &'static str,
    /// `low`, `medium` or `high`.
    pub consequence: &'static str,
    /// Where these come from, one sentence each.
    pub why: [String; 3],
}

impl Triage {
    /// Of a match of this status; none when nothing is to be done.
    pub fn of(
        status: MatchStatus,
        threat: &ThreatView,
        exposed: &Exposed,
        stated: Option<&Stated>,
    ) -> Option<Self> {
        if !matches!(status, MatchStatus::Affected | MatchStatus::Possible) {
            return None;
        }
        let (exploitation, seen) = exploitation(threat);
        let exposure = exposed.exposure.as_str();
        let decided = decide(exploitation, exposure, exposed.consequence);
        let decision = match status {
            _ if stated.is_some_and(Stated::is_acceptance) => "accepted",
            MatchStatus::Possible if decided != "never" => "find_out",
            _ => decided,
        };
        let why = [seen, exposed.why.clone(), exposed.weighed.clone()];
        Some(Self { decision, exploitation, exposure, consequence: exposed.consequence, why })
    }
}

/// What the table says; `next_outage` should a row be missing, which a test excludes.
fn decide(exploitation: &str, exposure: &str, consequence: &str) -> &'static str {
    let asked = |rule: &&Rule| {
        (rule.exploitation, rule.exposure, rule.consequence) == (exploitation, exposure, consequence)
    };
    rules().iter().find(asked).map_or("next_outage", |rule| rule.decision)
}

fn exploitation(threat: &ThreatView) -> (&'static str, String) {
    let ssvc = threat.ssvc.as_ref();
    let says = |word: &str| ssvc.filter(|s| s.exploitation.eq_ignore_ascii_case(word));
    if let Some(kev) = &threat.kev {
        return ("active", format!("it is exploited: {} has it since {}", kev.source, kev.added));
    }
    if let Some(ssvc) = says("active") {
        return ("active", format!("{} says it is exploited", ssvc.source));
    }
    if let Some(exploit) = threat.exploits.first() {
        return ("poc", format!("an exploit is public: {exploit}"));
    }
    if let Some(ssvc) = says("poc") {
        return ("poc", format!("{} says an exploit is public", ssvc.source));
    }
    match &threat.epss {
        Some(epss) if epss.score >= EPSS_PROBABLE => {
            let percent = epss.score * 100.0;
            ("poc", format!("its exploitation within 30 days has a probability of {percent:.0} % (EPSS)"))
        }
        // Which feeds are loaded is not known here: what none of them says is no proof.
        _ => ("none", "nothing that is loaded speaks of its exploitation".into()),
    }
}

impl Exposure {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Controlled => "controlled",
            Self::Open => "open",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPLOITATION: [&str; 3] = ["none", "poc", "active"];
    const EXPOSURE: [&str; 3] = ["small", "controlled", "open"];
    const CONSEQUENCE: [&str; 3] = ["low", "medium", "high"];
    const DECISION: [&str; 3] = ["never", "next_outage", "now"];

    fn urgency(e: usize, x: usize, c: usize) -> usize {
        let asked = |r: &&Rule| {
            (r.exploitation, r.exposure, r.consequence) == (EXPLOITATION[e], EXPOSURE[x], CONSEQUENCE[c])
        };
        let found: Vec<&Rule> = rules().iter().filter(asked).collect();
        assert_eq!(found.len(), 1, "{e} {x} {c}");
        DECISION.iter().position(|word| *word == found[0].decision).unwrap()
    }

    #[test]
    fn the_table_is_whole_and_what_is_worse_is_never_less_urgent() {
        assert_eq!(rules().len(), 27);
        for (e, x, c) in (0..27).map(|n| (n / 9, n / 3 % 3, n % 3)) {
            let here = urgency(e, x, c);
            assert!(e == 2 || urgency(e + 1, x, c) >= here);
            assert!(x == 2 || urgency(e, x + 1, c) >= here);
            assert!(c == 2 || urgency(e, x, c + 1) >= here);
        }
        assert_eq!((urgency(0, 0, 0), urgency(2, 2, 2)), (0, 2));
    }
}
