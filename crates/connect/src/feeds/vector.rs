//! CVSS vectors of every version, with the score that follows from them.
//!
//! The `cvss` crate scores; it knows versions 2.0, 3.0, 3.1 and 4.0.

use model::threat::{Cvss, CvssVersion};

/// Longest vector, in bytes; one of version 4.0 with every metric has about 220.
const VECTOR_BYTES_MAX: usize = 400;
/// Base metrics of version 4 (FIRST, CVSS 4.0 specification, table 23).
const BASE_4: [&str; 11] = ["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"];
/// Base metrics of version 3 (FIRST, CVSS 3.1 specification, table 15).
const BASE_3: [&str; 8] = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"];
/// Base metrics of version 2 (FIRST, CVSS 2.0 guide, section 2.4).
const BASE_2: [&str; 6] = ["AV", "AC", "Au", "C", "I", "A"];

/// A vector as any source writes it; `None` when it is none. The score is that of the base metrics (version 4.0: of all).
pub(super) fn cvss(text: &str) -> Option<Cvss> {
    let text = text.trim().trim_matches(['(', ')']).trim_end_matches('/');
    if text.len() > VECTOR_BYTES_MAX {
        return None;
    }
    let (version, base) = match text.get(..9) {
        Some("CVSS:3.0/") => (CvssVersion::V30, &BASE_3[..]),
        Some("CVSS:3.1/") => (CvssVersion::V31, &BASE_3[..]),
        Some("CVSS:4.0/") => (CvssVersion::V4, &BASE_4[..]),
        _ => (CvssVersion::V2, &BASE_2[..]),
    };
    let vector = if version == CvssVersion::V2 { text.trim_start_matches("CVSS:2.0/") } else { text };
    let metrics: Vec<&str> = vector.split('/').filter_map(|part| Some(part.split_once(':')?.0)).collect();
    if !base.iter().all(|metric| metrics.contains(metric)) {
        return None;
    }
    let scored = if version == CvssVersion::V4 { vector.to_owned() } else { only(vector, base) };
    let score = scored.parse::<::cvss::Cvss>().ok()?.score() as f32;
    Some(Cvss { version, vector: vector.to_owned(), score })
}

/// The vector with these metrics alone: temporal and environmental ones are somebody's judgement, not the vulnerability's.
fn only(vector: &str, metrics: &[&str]) -> String {
    let kept = |part: &&str| {
        let metric = part.split(':').next().unwrap_or_default();
        metric == "CVSS" || metrics.contains(&metric)
    };
    vector.split('/').filter(kept).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of FIRST: CVSS 2.0 guide section 3.3; CVSS 3.1 examples; CVSS 4.0 examples.
    #[test]
    fn every_version_scores_as_first_does() {
        for (vector, version, score) in [
            ("AV:N/AC:L/Au:N/C:N/I:N/A:C", "2.0", 7.8),
            ("(AV:N/AC:L/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C)", "2.0", 10.0),
            ("AV:L/AC:H/Au:N/C:C/I:C/A:C", "2.0", 6.2),
            ("CVSS:2.0/AV:N/AC:L/Au:N/C:P/I:P/A:P", "2.0", 7.5),
            ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", "3.0", 6.4),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.1", 9.8),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:P/RL:O/RC:C", "3.1", 10.0),
            ("CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "3.1", 6.5),
            ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "4.0", 7.3),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "4.0", 10.0),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N", "4.0", 6.9),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U", "4.0", 8.1),
        ] {
            let read = cvss(vector).unwrap_or_else(|| panic!("{vector}"));
            assert_eq!((read.version.as_str(), read.score), (version, score), "{vector}");
        }
    }

    #[test]
    fn what_is_no_vector_is_none() {
        for text in
            ["", "9.8", "CVSS:3.1/AV:N", "CVSS:9.9/AV:N/AC:L", "AV:N", "/////", "CVSS:3.1/AV:Ñ/AC:L", "é"]
        {
            assert!(cvss(text).is_none(), "{text}");
        }
        assert!(cvss(&"AV:N/".repeat(1000)).is_none());
    }
}
