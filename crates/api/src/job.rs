//! Work that takes longer than a request: what is done, how fast, how long still, and how to stop it.

use model::Timestamp;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use utoipa::ToSchema;

/// Jobs remembered; beyond that the oldest finished ones are forgotten.
const JOBS_MAX: usize = 200;
/// Problems remembered of one job; more are counted.
const PROBLEMS_MAX: usize = 100;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Reads a capture.
    CaptureImport,
    /// Forgets a capture.
    CaptureDelete,
    /// Reads an archive of advisories.
    AdvisoryImport,
    /// Loads intelligence.
    IntelligenceImport,
    /// Forgets a feed of intelligence.
    FeedDelete,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for the job before it.
    Queued,
    /// Reads its input.
    Reading,
    /// Works out the posture with what was read.
    Assessing,
    /// Finished; the new posture is published.
    Done,
    /// Gave up; what was kept before is unchanged.
    Failed,
    /// Stopped on request; what was kept before is unchanged.
    Cancelled,
}

impl JobState {
    /// Nothing more will happen.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A job as clients see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JobView {
    /// Its number since the server started.
    pub id: u64,
    /// What it does.
    pub kind: JobKind,
    /// Name of its input.
    pub name: String,
    /// How far it is.
    pub state: JobState,
    /// Frames (or documents) read.
    pub packets: u64,
    /// Bytes of the input read.
    pub bytes: u64,
    /// Bytes of the input; 0 when not known.
    pub total_bytes: u64,
    /// Bytes per second so far.
    pub rate: f64,
    /// Seconds left at that rate; null when it cannot be said.
    pub seconds_left: Option<f64>,
    /// What could not be read, one sentence each; at most 100.
    pub problems: Vec<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// The capture it made or removes.
    pub capture: Option<u32>,
    /// When it was asked for, RFC 3339.
    pub created: String,
    /// When it was over, RFC 3339.
    pub finished: Option<String>,
}

/// One job, shared by the writer that does it and the requests that look at it.
#[derive(Debug)]
pub struct Job {
    id: u64,
    kind: JobKind,
    name: String,
    total_bytes: u64,
    created: Timestamp,
    packets: AtomicU64,
    bytes: AtomicU64,
    capture: AtomicU32,
    cancelled: AtomicBool,
    course: Mutex<Course>,
}

#[derive(Debug)]
struct Course {
    state: JobState,
    problems: Vec<String>,
    error: Option<String>,
    reading_since: Option<Instant>,
    finished: Option<Timestamp>,
}

impl Job {
    /// Its number.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Asks it to stop; it does so at its next step.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Someone asked it to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// It has ended, one way or another.
    pub fn is_over(&self) -> bool {
        self.course().state.is_over()
    }

    /// Tells how much was read so far.
    pub fn progress(&self, packets: u64, bytes: u64) {
        self.packets.store(packets, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Tells which capture it is about; the first has number 1.
    pub fn concerns(&self, capture: model::CaptureId) {
        self.capture.store(capture.0, Ordering::Relaxed);
    }

    /// Notes something that could not be read.
    pub fn problem(&self, what: impl Into<String>) {
        let mut course = self.course();
        if course.problems.len() < PROBLEMS_MAX {
            course.problems.push(what.into());
        }
    }

    /// Goes on to another state.
    pub fn becomes(&self, state: JobState) {
        let mut course = self.course();
        course.state = state;
        if state == JobState::Reading {
            course.reading_since = Some(Instant::now());
        }
        if state.is_over() {
            course.finished = Some(now());
        }
    }

    /// Ends it with a reason.
    pub fn fails(&self, why: impl Into<String>) {
        self.course().error = Some(why.into());
        self.becomes(JobState::Failed);
    }

    /// As clients see it now.
    pub fn view(&self) -> JobView {
        let course = self.course();
        let bytes = self.bytes.load(Ordering::Relaxed);
        let seconds = course.reading_since.map_or(0.0, |since| since.elapsed().as_secs_f64());
        let rate = if seconds > 0.0 { bytes as f64 / seconds } else { 0.0 };
        let left = self.total_bytes.saturating_sub(bytes) as f64;
        let can_say = course.state == JobState::Reading && rate > 0.0 && self.total_bytes > 0;
        JobView {
            id: self.id,
            kind: self.kind,
            name: self.name.clone(),
            state: course.state,
            packets: self.packets.load(Ordering::Relaxed),
            bytes,
            total_bytes: self.total_bytes,
            rate: if course.state == JobState::Reading { rate } else { 0.0 },
            seconds_left: can_say.then(|| left / rate),
            problems: course.problems.clone(),
            error: course.error.clone(),
            capture: Some(self.capture.load(Ordering::Relaxed)).filter(|&c| c > 0),
            created: self.created.to_string(),
            finished: course.finished.map(|t| t.to_string()),
        }
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All jobs since the server started, newest last.
#[derive(Clone, Debug, Default)]
pub struct Jobs(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    last: u64,
    jobs: VecDeque<Arc<Job>>,
}

impl Jobs {
    /// A new job, queued. `total_bytes` is the size of its input, 0 when not known.
    pub fn open(&self, kind: JobKind, name: &str, total_bytes: u64) -> Arc<Job> {
        let mut table = self.table();
        table.last += 1;
        let job = Arc::new(Job {
            id: table.last,
            kind,
            name: name.to_owned(),
            total_bytes,
            created: now(),
            packets: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            capture: AtomicU32::new(0),
            cancelled: AtomicBool::new(false),
            course: Mutex::new(Course {
                state: JobState::Queued,
                problems: Vec::new(),
                error: None,
                reading_since: None,
                finished: None,
            }),
        });
        table.jobs.push_back(Arc::clone(&job));
        table.forget();
        job
    }

    /// The job with that number, while it is remembered.
    pub fn find(&self, id: u64) -> Option<Arc<Job>> {
        self.table().jobs.iter().find(|job| job.id == id).cloned()
    }

    /// All, newest first.
    pub fn views(&self) -> Vec<JobView> {
        self.table().jobs.iter().rev().map(|job| job.view()).collect()
    }

    /// Asks every job that is not over to stop.
    pub fn cancel_all(&self) {
        self.table().jobs.iter().filter(|job| !job.is_over()).for_each(|job| job.cancel());
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn forget(&mut self) {
        while self.jobs.len() > JOBS_MAX {
            let Some(oldest) = self.jobs.iter().position(|job| job.is_over()) else { return };
            self.jobs.remove(oldest);
        }
    }
}

/// The wall clock: jobs are about this server, not about the plant's time.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_parts(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
