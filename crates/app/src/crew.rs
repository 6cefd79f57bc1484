//! Dissecting on several cores: one thread reads and lends a hand, others dissect.
//!
//! `dissect::shard` keeps all frames between two hosts together, and claims merge in any order, so the posture is the same for any
//! number of threads. There are more dissectors than threads: hosts are busy at different times, and a thread takes the next
//! dissector that has frames waiting. The caps are shared out, so memory does not grow with the threads.

use capture::reader::{Block, CaptureReader};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, unbounded};
use dissect::{Dissector, SecretKey, shard};
use model::limits::{Limits, ROOM_NS};
use model::observation::GapKind;
use model::{CaptureId, Evidence, Fact, Host, Name, Observation, Timestamp};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;

/// Observations are handed on in batches of about this many.
const BATCH: usize = 4096;
/// Frames that one dissector alone reads at a step.
const STEP_FRAMES: usize = 8192;
/// Dissectors for each thread. Measured on two cores: with one each, a thread waits for the other a fifth of the time.
const DISSECTORS: usize = 3;
/// Blocks that may wait to be dissected.
const BLOCKS_WAITING: usize = 4;
/// Batches of observations that may wait to be folded.
const BATCHES_WAITING: usize = 16;
/// More threads than this only wait for the one that reads.
const THREADS_MAX: usize = 8;

/// Takes observations.
pub(crate) type Take<'a> = &'a mut dyn FnMut(Vec<Observation>);

/// As many threads as there are cores, within reason.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX)
}

/// One dissector, or several side by side.
pub(crate) enum Dissectors {
    /// In the thread that reads.
    One(Box<Dissector>),
    /// In threads of their own.
    Many(Crew),
}

impl Dissectors {
    /// For so many threads; one means none but the caller's own.
    pub(crate) fn new(threads: usize, limits: &Limits, key: &SecretKey) -> Self {
        match threads.clamp(1, THREADS_MAX) {
            1 => Self::One(Box::new(Dissector::new(limits.clone()).with_key(Some(key.clone())))),
            many => Self::Many(Crew::new(many, limits, key)),
        }
    }

    /// Reads some frames and answers how many; none at the end of the capture.
    pub(crate) fn step(&mut self, reader: &mut CaptureReader, take: Take<'_>) -> usize {
        match self {
            Self::One(dissector) => step_alone(dissector, reader, take),
            Self::Many(crew) => crew.step(reader, take),
        }
    }

    /// Ends the input.
    pub(crate) fn finish_into(self, take: Take<'_>) {
        match self {
            Self::One(mut dissector) => dissector.finish_into(take),
            Self::Many(crew) => crew.finish_into(take),
        }
    }
}

fn step_alone(dissector: &mut Dissector, reader: &mut CaptureReader, take: Take<'_>) -> usize {
    let mut frames = 0;
    while frames < STEP_FRAMES
        && let Some(frame) = reader.next_frame()
    {
        dissector.frame(&frame);
        frames += 1;
        if dissector.waiting() >= BATCH {
            take(dissector.take());
        }
    }
    take(dissector.take());
    frames
}

/// Threads that dissect, the caller's among them.
pub(crate) struct Crew {
    seats: Arc<[Seat]>,
    attempts: Attempts,
    /// Loads sent so far.
    loads: u64,
    tasks: Sender<Task>,
    /// The other end of it, as the threads have it.
    work: Receiver<Task>,
    results: Receiver<Vec<Observation>>,
    /// Loads that every dissector is done with, to be filled again.
    done: Receiver<Load>,
    give_back: Sender<Load>,
    threads: Vec<JoinHandle<()>>,
}

/// A stretch of a capture, with a share for each seat.
#[derive(Default)]
struct Load {
    block: Block,
    /// Its place in the row: every dissector takes loads in this order.
    turn: u64,
    /// Nothing follows: dissectors give their reports.
    ends: bool,
}

/// A load, and the seat that is to look at it.
type Task = (Arc<Load>, usize);

/// A dissector, and whose turn it is.
struct Seat {
    state: Mutex<(Dissector, u64)>,
    changed: Condvar,
}

impl Crew {
    fn new(threads: usize, limits: &Limits, key: &SecretKey) -> Self {
        let (count, attempts_max) = (threads * DISSECTORS, limits.attempts_max);
        let limits = share(limits, count);
        let seats: Arc<[Seat]> = (0..count).map(|_| Seat::new(limits.clone(), key)).collect();
        let (tasks, work) = bounded::<Task>(BLOCKS_WAITING * count);
        let (out, results) = bounded(BATCHES_WAITING);
        let (give_back, done) = unbounded();
        let start = |_| {
            let (seats, work) = (Arc::clone(&seats), work.clone());
            let (out, give_back) = (out.clone(), give_back.clone());
            std::thread::spawn(move || work_on(&seats, &work, &out, &give_back))
        };
        let threads = (1..threads).map(start).collect();
        let attempts = Attempts::new(attempts_max);
        Self { seats, attempts, loads: 0, tasks, work, results, done, give_back, threads }
    }

    fn step(&mut self, reader: &mut CaptureReader, take: Take<'_>) -> usize {
        let mut load = self.done.try_recv().unwrap_or_default();
        let seats = self.seats.len();
        if !reader.next_block(&mut load.block, seats, |frame| shard::of(frame, seats)) {
            return 0;
        }
        let frames = load.block.len();
        self.hand_over(load, take);
        frames
    }

    /// Gives every dissector a load. Where enough wait already, does one of them first: what was read a moment ago is still in the
    /// cache of this core.
    fn hand_over(&mut self, mut load: Load, take: Take<'_>) {
        load.turn = self.loads;
        self.loads += 1;
        let load = Arc::new(load);
        for seat in 0..self.seats.len() {
            let mut task = (Arc::clone(&load), seat);
            while let Err(TrySendError::Full(back)) = self.tasks.try_send(task) {
                task = back;
                self.lend_a_hand(take);
            }
        }
        give_back(load, &self.give_back);
        self.collect(take);
    }

    /// Does one of the tasks that wait; `false` when none does. What it says is taken at once: nobody else empties the results.
    fn lend_a_hand(&mut self, take: Take<'_>) -> bool {
        let Ok((load, at)) = self.work.try_recv() else { return false };
        let Self { seats, attempts, .. } = self;
        let seat = seats.get(at);
        // A seat whose dissector panicked says so when its thread is joined.
        let _ = seat.and_then(|seat| seat.look_through(&load, at, &mut |batch| take(attempts.within(batch))));
        give_back(load, &self.give_back);
        self.collect(take);
        true
    }

    /// Takes the results that are there, which the threads may be waiting to be rid of.
    fn collect(&mut self, take: Take<'_>) {
        let Self { results, attempts, .. } = self;
        results.try_iter().for_each(|batch| take(attempts.within(batch)));
    }

    fn finish_into(mut self, take: Take<'_>) {
        self.hand_over(Load { ends: true, ..Load::default() }, take);
        while self.lend_a_hand(take) {}
        // Without the sender of tasks the threads end, and the last one closes the results.
        drop(self.tasks);
        self.results.iter().for_each(|batch| take(self.attempts.within(batch)));
        take(self.attempts.left_out());
        for thread in self.threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// What a thread does until there is no more work.
fn work_on(seats: &[Seat], work: &Receiver<Task>, out: &Sender<Vec<Observation>>, done: &Sender<Load>) {
    for (load, at) in work {
        let Some(seat) = seats.get(at) else { continue };
        let mut gone = false;
        let mut hand_on = |batch| gone |= out.send(batch).is_err();
        // A dissector that panicked ends the threads, one after the other; the panic is told when they are joined.
        if seat.look_through(&load, at, &mut hand_on).is_none() {
            return;
        }
        give_back(load, done);
        // Nobody takes results any more when the reading was cancelled: then the rest is of no use.
        if gone {
            return;
        }
    }
}

/// Whoever is the last to be done with a load makes it free to be filled again: a new one each time would cost the system a quarter
/// of a thousand pages.
fn give_back(load: Arc<Load>, done: &Sender<Load>) {
    if let Some(load) = Arc::into_inner(load) {
        let _ = done.send(load);
    }
}

impl Seat {
    fn new(limits: Limits, key: &SecretKey) -> Self {
        let dissector = Dissector::new(limits).with_key(Some(key.clone()));
        Self { state: Mutex::new((dissector, 0)), changed: Condvar::new() }
    }

    /// Looks through the frames of this seat, and hands on what was said; none when its dissector panicked before.
    fn look_through(&self, load: &Load, at: usize, take: Take<'_>) -> Option<()> {
        let mut turn = self.wait_for(load.turn)?;
        let dissector = turn.dissector();
        load.block.frames(at).for_each(|frame| dissector.frame(&frame));
        let batch = if dissector.waiting() >= BATCH { dissector.take() } else { Vec::new() };
        if load.ends {
            dissector.finish_into(take);
        }
        // Others may go on with this dissector while the results wait for their place.
        drop(turn);
        if !batch.is_empty() {
            take(batch);
        }
        Some(())
    }

    /// Waits until the loads before `turn` were looked at; none when the dissector panicked.
    fn wait_for(&self, turn: u64) -> Option<Turn<'_>> {
        let state = self.state.lock().ok()?;
        let state = self.changed.wait_while(state, |(_, next)| *next != turn).ok()?;
        Some(Turn { state, changed: &self.changed })
    }
}

/// The right to use a dissector; the next load's turn comes when it is given up, whatever happened.
struct Turn<'a> {
    state: MutexGuard<'a, (Dissector, u64)>,
    changed: &'a Condvar,
}

impl Turn<'_> {
    fn dissector(&mut self) -> &mut Dissector {
        &mut self.state.0
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.state.1 += 1;
        self.changed.notify_all();
    }
}

/// Attempts to connect, counted over all dissectors: a scan of one host is all at one of them, and may have all the places.
struct Attempts {
    max: usize,
    free: usize,
    since: Timestamp,
    left_out: u64,
}

impl Attempts {
    fn new(max: usize) -> Self {
        Self { max, free: max, since: Timestamp(i64::MIN), left_out: 0 }
    }

    /// The observations without the attempts for which there is no place.
    fn within(&mut self, mut batch: Vec<Observation>) -> Vec<Observation> {
        batch.retain(|o| match &o.fact {
            Fact::Conversation(report) if report.is_attempt() => self.take(report.last),
            _ => true,
        });
        batch
    }

    fn take(&mut self, time: Timestamp) -> bool {
        if time.since(self.since) > ROOM_NS {
            (self.since, self.free) = (time, self.max);
        }
        let free = self.free > 0;
        self.free = self.free.saturating_sub(1);
        self.left_out += u64::from(!free);
        free
    }

    /// What says that attempts were left out.
    fn left_out(&self) -> Vec<Observation> {
        if self.left_out == 0 {
            return Vec::new();
        }
        let evidence =
            Evidence { capture: CaptureId(0), frame: 0, time: self.since, field: Name::new(""), bytes: None };
        let fact = Fact::Gap { kind: GapKind::AttemptOverflow, count: self.left_out };
        vec![Observation { subject: Host { mac: None, ip: None }.into(), fact, evidence }]
    }
}

/// The caps of one dissector of `many`, so that all together stay within `limits`. What is one conversation's own stays whole, and
/// attempts are counted over all ([`Attempts`]).
fn share(limits: &Limits, many: usize) -> Limits {
    let part = |all: usize| all.div_ceil(many);
    Limits {
        conversations_max: part(limits.conversations_max),
        reassembly_bytes_max: part(limits.reassembly_bytes_max),
        fragments_max: part(limits.fragments_max),
        facts_max: part(limits.facts_max),
        sources_max: part(limits.sources_max),
        attempting_sources_max: part(limits.attempting_sources_max),
        ..limits.clone()
    }
}
