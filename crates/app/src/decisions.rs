//! From what a person asks to decisions: checked, numbered, all or none.

use model::plant::{Act, Decision};
use model::{Text, Timestamp};
use posture::plant::{self, Plant};

/// Acts as decisions that follow those known.
///
/// # Errors
/// One of the acts cannot be; one sentence.
pub(crate) fn checked(
    known: &[Decision],
    by: &Text,
    why: &Text,
    acts: Vec<Act>,
    at: Timestamp,
) -> Result<Vec<Decision>, String> {
    let last = known.last().map_or(0, |d| d.number);
    let plant = Plant::of(known.iter());
    for act in &acts {
        plant::check(act, &plant, last)?;
    }
    let decision = |(number, act)| Decision { number, at, by: by.clone(), why: why.clone(), act };
    Ok((last + 1..).zip(acts).map(decision).collect())
}
