//! Scores of the Exploit Prediction Scoring System (FIRST): CSV with `cve,epss,percentile`, under a comment with the date of the model.

use super::probe::Probe;
use super::{Body, Data, Fault, Format, Out};
use model::Text;
use model::threat::{self, CveId, Said};
use std::io::{BufRead, Cursor, Read as _};

pub(super) const NAME: &str = "epss";
const HEADER: &str = "cve,epss,percentile";
/// Longest line, in bytes.
const LINE_BYTES_MAX: u64 = 4096;
/// Lines that are refused one by one; with more the file is none.
const REFUSED_MAX: u64 = 1000;

/// The scores; each day's file is complete.
pub(super) struct Epss;

impl Format for Epss {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "Exploit Prediction Scoring System (FIRST)"
    }

    fn complete(&self) -> bool {
        true
    }

    fn is(&self, probe: &Probe<'_>) -> bool {
        let head = probe.head();
        let second = head.lines().nth(1).unwrap_or_default();
        head.starts_with(HEADER) || head.starts_with("#model_version") && second.starts_with(HEADER)
    }

    fn read(&self, body: Body<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        let name = body.name;
        match body.data {
            Data::Text(text) => lines(name, &mut Cursor::new(text.into_bytes()), out),
            Data::Long(mut reader) => lines(name, &mut reader, out),
        }
    }
}

fn lines(name: &str, reader: &mut dyn BufRead, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut date = Text::new(&date_in(name));
    let (mut line, mut refused) = (String::new(), 0);
    for number in 1_u64.. {
        line.clear();
        let read = reader.take(LINE_BYTES_MAX).read_line(&mut line);
        if read.map_err(|e| Fault::Broken(format!("{name}:{number}: {e}")))? == 0 {
            break;
        }
        let text = line.trim().trim_start_matches('\u{feff}');
        if let Some(comment) = text.strip_prefix('#') {
            date = Text::new(&date_in(comment));
        } else if !text.is_empty() && text != HEADER {
            match score(text, &date) {
                Some((cve, epss)) => out.said(NAME, cve, Said::Epss(epss))?,
                None => {
                    refused += 1;
                    if refused > REFUSED_MAX {
                        return Err(Fault::Broken(format!(
                            "{name}:{number}: more than {REFUSED_MAX} lines are no scores"
                        )));
                    }
                    out.refuse(
                        NAME,
                        format!("{name}:{number}: this is no CVE with two numbers from 0 to 1"),
                    )?;
                }
            }
        }
    }
    out.as_of(NAME, date.as_str())
}

fn score(line: &str, date: &Text) -> Option<(CveId, threat::Epss)> {
    let mut cells = line.split(',');
    let cve = CveId::parse(cells.next()?)?;
    let mut number = || cells.next()?.trim().parse::<f32>().ok().filter(|n| (0.0..=1.0).contains(n));
    let (score, percentile) = (number()?, number()?);
    Some((cve, threat::Epss { score, percentile, date: date.clone() }))
}

/// The first `YYYY-MM-DD` in a comment or the name of a file; empty when there is none.
fn date_in(text: &str) -> String {
    let shape = |window: &[u8]| {
        window
            .iter()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() })
    };
    let found = text.as_bytes().windows(10).find(|w| shape(w));
    found.map(|w| String::from_utf8_lossy(w).into_owned()).unwrap_or_default()
}
