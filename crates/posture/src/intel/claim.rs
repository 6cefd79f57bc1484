//! One entry of an advisory that means an observed product: status, what is missing, how sure, and the sentence that says why.
//!
//! Confidence is the product of two numbers. Product: 1 by order number, 0.95 by the model the device names, 0.85 by a family of the
//! tables, 0.7 by other words. Version: 1 when versions decided (or all are meant), 0.5 when a fact is missing.

use crate::intel::csaf::Stated;
use crate::intel::fit::{Fit, Grade};
use crate::intel::matcher::{Entry, Product};
use crate::intel::profile::Profile;
use crate::intel::qualifier::Judgement;
use crate::intel::range::Verdict;
use model::advisory::{MatchStatus, Missing};

/// One entry that means the product, and what it means for it.
pub(crate) struct Claim<'a> {
    product: &'a Product,
    pub(crate) entry: &'a Entry,
    pub(crate) grade: Grade,
    verdict: Verdict,
    /// Older than everything the entry names.
    early: bool,
    missing: Option<Missing>,
}

impl<'a> Claim<'a> {
    /// `None` when the version text names another product.
    pub(crate) fn of(
        product: &'a Product,
        entry: &'a Entry,
        fit: &Fit,
        profile: &Profile,
    ) -> Option<Claim<'a>> {
        let judgement = entry.qualifier.as_ref().map_or(Judgement::Version, |q| q.judge(profile));
        let serial = profile.serial.as_deref();
        let (verdict, lacking) = match judgement {
            Judgement::This => (Verdict::Inside, None),
            Judgement::Other => return None,
            Judgement::Open => (Verdict::Unsure, Some(Missing::Variant(entry.text.clone()))),
            Judgement::Version if is_of_another_part(entry, profile) => {
                (Verdict::Unsure, Some(Missing::Option(entry.text.clone())))
            }
            Judgement::Version => {
                let verdict = entry.range.verdict(&profile.versions, serial);
                (verdict, (verdict == Verdict::Unsure).then(|| lacking(entry, profile)))
            }
        };
        let early = verdict == Verdict::Outside && entry.range.is_after(&profile.versions, serial);
        let missing = lacking.or_else(|| fit.missing.clone());
        Some(Claim { product, entry, grade: fit.grade, verdict, early, missing })
    }

    /// What the statement of the advisory comes to for this product; `None` when it says nothing.
    pub(crate) fn status(&self, stated: Stated) -> Option<MatchStatus> {
        let certain = self.missing.is_none();
        match (stated, self.verdict) {
            (Stated::Affected, Verdict::Inside) if certain => Some(MatchStatus::Affected),
            (Stated::Affected, Verdict::Outside) if self.early => Some(MatchStatus::NotAffected),
            (Stated::Affected, Verdict::Outside) => Some(MatchStatus::Fixed),
            (Stated::Affected | Stated::UnderInvestigation, Verdict::Inside | Verdict::Unsure) => {
                Some(MatchStatus::Possible)
            }
            (Stated::Fixed, Verdict::Inside) if certain => Some(MatchStatus::Fixed),
            (Stated::NotAffected, Verdict::Inside) if certain => Some(MatchStatus::NotAffected),
            _ => None,
        }
    }

    /// The fact that would settle a "possible".
    pub(crate) fn missing(&self, status: MatchStatus) -> Option<&Missing> {
        self.missing.as_ref().filter(|_| status == MatchStatus::Possible)
    }

    /// How sure, 0 to 1; the rule is in the head of this module.
    pub(crate) fn confidence(&self) -> f32 {
        let product = match self.grade {
            Grade::Order => 1.0,
            Grade::Model => 0.95,
            Grade::Family => 0.85,
            Grade::Words => 0.7,
        };
        let version = if self.missing.is_none() && self.verdict != Verdict::Unsure { 1.0 } else { 0.5 };
        product * version
    }

    /// One sentence that quotes both sides.
    pub(crate) fn reason(&self, status: MatchStatus, profile: &Profile) -> String {
        let seen = match &profile.version_shown {
            Some(version) => format!("“{}” with version “{version}”", profile.shown),
            None => format!("“{}”", profile.shown),
        };
        let versions = if self.entry.text.is_empty() { "all versions" } else { self.entry.text.as_str() };
        let verb = match status {
            MatchStatus::Affected => "is meant by",
            MatchStatus::Possible => "may be meant by",
            MatchStatus::Fixed => "is outside",
            MatchStatus::NotAffected if self.early => "is older than",
            MatchStatus::NotAffected => "is declared not affected by",
        };
        let missing =
            self.missing(status).map(|what| format!("; {what} was not observed")).unwrap_or_default();
        format!("{seen} {verb} “{}”, “{versions}”{missing}.", self.product.text)
    }
}

/// The fact that an undecided range asks for.
fn lacking(entry: &Entry, profile: &Profile) -> Missing {
    if entry.range.is_of_serial() {
        Missing::Serial
    } else if entry.range.is_conditional() || !entry.range.is_readable() {
        Missing::Option(entry.text.clone())
    } else if profile.versions.is_empty() || profile.version_shown.is_some() {
        Missing::Version
    } else {
        Missing::Option(entry.text.clone())
    }
}

/// The bound names a part that the device does not show: `<=VDS R7.50` says nothing of a controller's firmware.
fn is_of_another_part(entry: &Entry, profile: &Profile) -> bool {
    let Some(label) = entry.range.label() else { return false };
    let general = label.len() < 3
        || ["fw", "firmware", "bios", "hios", "update", "patch", "kernel"]
            .iter()
            .any(|word| label.contains(word));
    let shown = |part: &str| part.contains(label) || label.contains(part);
    !general
        && !profile.wide().has(label)
        && !profile.labels.iter().any(|part| shown(part))
        && !profile.words.iter().any(|word| word.len() >= 3 && shown(word))
        && !profile.versions.is_empty()
}

/// "Not affected" outweighs a version past the range, nothing else.
pub(crate) fn strength(status: MatchStatus) -> u8 {
    match status {
        MatchStatus::Affected => 3,
        MatchStatus::Possible => 2,
        MatchStatus::NotAffected => 1,
        MatchStatus::Fixed => 0,
    }
}
