//! `sightglass analyze`: captures in, posture out.

use crate::args::{Analyze, Format};
use crate::crew;
use crate::key;
use crate::pipeline::{self, Sensor, Sink};
use crate::{clock, folder, knowledge, text};
use anyhow::{Context as _, Result};
use capture::reader::Progress;
use connect::directory::Mapping;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::access::Listed;
use model::cmdb::Record;
use model::finding::Severity;
use model::journal::{Capture, Entry, Problem, ProblemSeverity};
use model::network::NetworkDevice;
use model::{CaptureId, Observation};
use posture::intel::fleet::Memo;
use posture::site::Site;
use posture::view::{Posture, Viewer};
use std::io::Write as _;
use std::num::NonZeroU8;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

/// Done, but some input could not be read to its end.
const PARTLY_READ: u8 = 1;
/// A finding of the severity of `--fail-on` is open.
const FAIL_ON_MET: u8 = 3;
/// Nothing could be read.
pub(crate) const NOTHING_READ: u8 = 4;

/// Runs the command; answers the exit status.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn run(options: &Analyze) -> Result<u8> {
    let (posture, status) = posture(options)?;
    print(options, &posture)?;
    let limit = options.fail_on.map(Severity::from);
    let met = limit.is_some_and(|limit| posture.findings.iter().any(|f| f.severity >= limit));
    Ok(if met && status != NOTHING_READ { FAIL_ON_MET } else { status })
}

/// Reads the captures and works the posture out; with it the exit status so far.
///
/// # Errors
/// When what the judgement rests on (checks, advisories, the model) cannot be read.
pub(crate) fn posture(options: &Analyze) -> Result<(Posture, u8)> {
    let checks = Checks::of(options)?;
    let model = options.model.as_deref().map(knowledge::model).transpose()?;
    let (intel, threats, problems) = knowledge::intel(&options.intel)?;
    let mut site = Site::default();
    let status = read_all(&options.captures, options.threads, options.quiet, &options.accounts, &mut site)?;
    let checks = checks.ready()?;
    let now = clock::now();
    model.into_iter().flatten().for_each(|decision| site.apply(&Entry::Decided(decision)));
    let inventory = posture::resolve::resolve(&site);
    drop(site);
    let mut posture =
        posture::assess::assess_over(inventory, &intel, &mut Memo::default(), &checks, now, options.days);
    posture.threats = threats;
    posture.problems.extend(problems);
    Ok((posture, status))
}

/// The checks. The built-in ones are made ready beside the reading: nobody can have made a mistake in them, and it takes longer than
/// to read a small capture.
enum Checks {
    Ready(posture::checks::Checks),
    Loading(JoinHandle<Result<posture::checks::Checks>>),
}

impl Checks {
    /// # Errors
    /// When a check of the user's folder does not load: before the reading, which may take long.
    fn of(options: &Analyze) -> Result<Self> {
        let alone = options.threads.is_some_and(|n| n.get() == 1);
        if options.checks.is_some() || alone {
            return knowledge::checks(options.checks.as_deref()).map(Self::Ready);
        }
        Ok(Self::Loading(std::thread::spawn(|| knowledge::checks(None))))
    }

    fn ready(self) -> Result<posture::checks::Checks> {
        match self {
            Self::Ready(checks) => Ok(checks),
            Self::Loading(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        }
    }
}

fn print(options: &Analyze, posture: &Posture) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = match options.format {
        Format::Json => {
            let mut json = serde_json::Serializer::new(&mut out);
            let viewer = Viewer::new(posture);
            let written = viewer.write(posture, env!("CARGO_PKG_VERSION"), &mut json);
            written.map_err(Into::into).and_then(|()| writeln!(out))
        }
        Format::Text => text::report(posture, &mut out),
    };
    match written.and_then(|()| out.flush()) {
        // The reader went away (`| head`): not our fault.
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write the posture"),
    }
}

/// Reads every capture into the site; answers the exit status so far.
///
/// # Errors
/// When the system has no randomness for a key.
pub(crate) fn read_all(
    named: &[PathBuf],
    threads: Option<NonZeroU8>,
    quiet: bool,
    accounts: &Mapping,
    site: &mut Site,
) -> Result<u8> {
    let key = key::fresh().map_err(anyhow::Error::msg)?;
    let mut sensor = Sensor::new(threads.map_or_else(crew::threads, |n| n.get().into()), &key, accounts);
    let mut captures = Vec::new();
    let mut reading = Reading { site, bar: bar(quiet) };
    for (at, path) in inputs(named).iter().enumerate() {
        let id = CaptureId(u32::try_from(at).unwrap_or(u32::MAX));
        reading.start(path);
        let capture = pipeline::read(path, &path.display().to_string(), id, &mut sensor, &mut reading);
        captures.push(capture.unwrap_or_else(|error| unreadable(id, path, &error)));
    }
    sensor.finish_into(&mut |batch| reading.observations(batch));
    reading.bar.finish_and_clear();
    let cut = |c: &Capture| c.problems.iter().any(|p| p.severity >= ProblemSeverity::Warning);
    let (none, some) = (captures.iter().all(|c| c.format.is_empty()), captures.iter().any(cut));
    for capture in captures {
        tell(&capture);
        site.apply(&Entry::Capture(capture));
    }
    Ok(if none {
        NOTHING_READ
    } else if some {
        PARTLY_READ
    } else {
        0
    })
}

/// The files to read: a folder stands for what is in it. One that holds nothing stays, to be named as unreadable.
fn inputs(named: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in named {
        match folder::contents(path) {
            Ok(contents) if !contents.inputs.is_empty() => {
                files.extend(contents.inputs);
                contents.notes.iter().for_each(|note| eprintln!("sightglass: {}", text::inert(note)));
            }
            _ => files.push(path.clone()),
        }
    }
    files
}

/// A capture of which nothing could be read.
fn unreadable(id: CaptureId, path: &Path, error: &anyhow::Error) -> Capture {
    let problem = Problem { frame: None, what: format!("{error:#}"), severity: ProblemSeverity::Error };
    Capture {
        id,
        name: path.display().to_string(),
        format: String::new(),
        packets: 0,
        bytes: 0,
        first: None,
        last: None,
        problems: vec![problem],
    }
}

/// Problems go to standard error, too: who pipes the document must still see them.
fn tell(capture: &Capture) {
    for problem in capture.problems.iter().filter(|p| p.severity >= ProblemSeverity::Warning) {
        let frame = problem.frame.map(|n| format!(", {} {n}", capture.unit())).unwrap_or_default();
        eprintln!("sightglass: {}{frame}: {}", text::inert(&capture.name), text::inert(&problem.what));
    }
}

fn bar(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(5) };
    let bar = ProgressBar::with_draw_target(None, target);
    let style =
        ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} · {bytes_per_sec} · {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A reading in progress: observations go to the site, progress to the terminal.
struct Reading<'a> {
    site: &'a mut Site,
    bar: ProgressBar,
}

impl Reading<'_> {
    fn start(&self, path: &Path) {
        self.bar.reset();
        self.bar.set_message(text::inert(&path.display().to_string()));
    }
}

impl Sink for Reading<'_> {
    fn observations(&mut self, batch: Vec<Observation>) {
        for observation in batch {
            self.site.observe(&observation);
        }
    }

    fn configured(&mut self, capture: CaptureId, device: NetworkDevice) {
        self.site.apply(&Entry::Configured { capture, device: Box::new(device) });
    }

    fn recorded(&mut self, capture: CaptureId, records: Vec<Record>) {
        self.site.apply(&Entry::Recorded { capture, records });
    }

    fn listed(&mut self, capture: CaptureId, listed: Vec<Listed>) {
        self.site.apply(&Entry::Listed { capture, listed });
    }

    fn progress(&mut self, _frames: u64, progress: Progress) -> bool {
        if let Some(total) = progress.total_bytes {
            self.bar.set_length(total);
        }
        self.bar.set_position(progress.read_bytes);
        true
    }
}
