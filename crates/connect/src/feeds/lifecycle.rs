//! Lists of vendors' end-of-life dates, in YAML of this project's own making. Here they are only recognised and carried; what is in them
//! is read where products are judged.

use super::probe::Probe;
use super::{Body, Fault, Format, Found, Out};
use model::Name;

/// Word of the format.
pub const NAME: &str = "lifecycle";
/// A line of one of these at the left edge makes a YAML file such a list.
const MARKS: [&str; 3] = ["lifecycle:", "end_of_life:", "end_of_support:"];

/// End-of-life lists.
pub struct Lifecycle;

impl Format for Lifecycle {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "End-of-life dates"
    }

    fn is(&self, probe: &Probe<'_>) -> bool {
        crate::archive::has_ending(probe.name, &["yaml", "yml"])
            && probe.head().lines().any(|line| MARKS.iter().any(|mark| line.starts_with(mark)))
    }

    fn read(&self, body: Body<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        let name = body.name.rsplit('/').next().unwrap_or(body.name).to_owned();
        let text = body.text()?;
        out.put(Found::Document { feed: Name::new(NAME), name, text })
    }
}
