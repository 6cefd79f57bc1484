//! The one writer: takes events one after the other, changes the store, works out the posture anew and publishes it.

use crate::engine::{Engine, Stop};
use crate::import::{self, Failure};
use crate::intel::keeping::Given;
use crate::{clock, decisions};
use api::event::{Decide, Event};
use api::job::{Job, JobState};
use api::snapshot::Snapshot;
use connect::bundle::Trusted;
use futures_util::{Stream, StreamExt};
use model::journal::Entry;
use model::plant::Act;
use model::{CaptureId, Name, Text};
use posture::document::{AdvisoryView, Analysis};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use store::{Error, Store};
use tokio::sync::{mpsc, watch};

/// How often it is looked whether rulings have run out.
const TICK: std::time::Duration = std::time::Duration::from_secs(600);
/// Batches that may wait for the fold.
const AHEAD: usize = 4;

/// Owns the way to every change.
pub(crate) struct Writer {
    store: Store,
    engine: Arc<dyn Engine>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    generation: u64,
    /// What the engine folded may not be what the store holds: the next time all is folded anew.
    adrift: bool,
    trust: Arc<[Trusted]>,
}

/// What an event made of the store.
enum Change {
    /// A capture came.
    Grown(CaptureId),
    /// Something went.
    Shrunk,
    /// What is judged is the same, but not what it is judged by.
    Learned,
}

impl Writer {
    /// A writer that has published what the store holds already.
    pub(crate) async fn start(
        store: Store,
        engine: Arc<dyn Engine>,
    ) -> Result<(Self, watch::Receiver<Arc<Snapshot>>), Failure> {
        let (snapshots, published) = watch::channel(Arc::new(Snapshot::empty()));
        let mut writer =
            Self { store, engine, snapshots, generation: 0, adrift: true, trust: Arc::default() };
        writer.learn().await?;
        writer.publish(Change::Shrunk, Vec::new()).await?;
        Ok((writer, published))
    }

    /// Takes bundles that one of these keys signed.
    pub(crate) fn trusting(self, keys: Vec<Trusted>) -> Self {
        Self { trust: keys.into(), ..self }
    }

    /// Takes events until it is told to stop. All that can happen is in this list.
    pub(crate) async fn run(mut self, mut events: mpsc::Receiver<Event>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                _ = ticks.tick() => {
                    self.pass_time().await;
                    continue;
                }
            };
            let Some(event) = event else { break };
            match event {
                Event::ImportCapture { job, path, name } => self.import_capture(job, path, name).await,
                Event::DeleteCapture { job, capture } => self.delete_capture(job, capture).await,
                Event::ImportIntelligence { job, path, name, replace_advisories, allow_older } => {
                    let given = Given { path, name, replace_advisories, allow_older };
                    self.import_intelligence(job, given).await;
                }
                Event::RemoveFeed { job, feed } => self.remove_feed(job, feed).await,
                Event::Decide(decide) => self.decide(decide).await,
                Event::Shutdown => break,
            }
        }
    }

    async fn import_capture(&mut self, job: Arc<Job>, path: PathBuf, name: String) {
        job.becomes(JobState::Reading);
        let done = import::capture(&self.store, &self.engine, &job, path.clone(), name).await;
        if let Ok(capture) = &done {
            job.concerns(*capture);
        }
        remove(&path).await;
        self.end(&job, done.map(Change::Grown)).await;
    }

    async fn delete_capture(&mut self, job: Arc<Job>, capture: CaptureId) {
        job.becomes(JobState::Reading);
        let done = match job.is_cancelled() {
            true => Err(Stop::Asked.into()),
            false => self.store.delete_capture(capture).await.map_err(Failure::from),
        };
        self.end(&job, done.map(|()| Change::Shrunk)).await;
    }

    async fn decide(&mut self, decide: Decide) {
        let Decide { by, why, acts, answer } = decide;
        let done = self.take_decisions(&by, &why, acts).await;
        // Who asked may be gone; what was decided holds all the same.
        let _ = answer.send(done);
    }

    async fn take_decisions(&mut self, by: &Text, why: &Text, acts: Vec<Act>) -> Result<Vec<u64>, String> {
        let failed = |e: Error| {
            tracing::error!("cannot keep decisions: {e}");
            "the store failed; the log says why".to_owned()
        };
        let known = self.store.decisions().await.map_err(failed)?;
        let made = decisions::checked(&known, by, why, acts, clock::now())?;
        self.store.decide(&made).await.map_err(failed)?;
        let numbers = made.iter().map(|d| d.number).collect();
        self.conclude(made.into_iter().map(Entry::Decided).collect()).await;
        Ok(numbers)
    }

    /// Rulings run out, though nobody does anything.
    async fn pass_time(&mut self) {
        let dated = has_dates(self.snapshots.borrow().analysis());
        if dated {
            self.conclude(Vec::new()).await;
        }
    }

    /// Publishes what follows from these further entries, which are kept: should it fail, they count at the next chance.
    async fn conclude(&mut self, more: Vec<Entry>) {
        if let Err(failure) = self.publish(Change::Learned, more).await {
            tracing::error!("cannot conclude anew: {failure}");
        }
    }

    async fn import_intelligence(&mut self, job: Arc<Job>, given: Given) {
        job.becomes(JobState::Reading);
        let path = given.path.clone();
        let done = import::intelligence(&self.store, &self.engine, &job, given, &self.trust).await;
        remove(&path).await;
        let done = match done {
            Ok(()) => self.learn().await,
            failed => failed,
        };
        self.end(&job, done.map(|()| Change::Learned)).await;
    }

    async fn remove_feed(&mut self, job: Arc<Job>, feed: String) {
        job.becomes(JobState::Reading);
        let done = match self.store.remove_feed(&feed).await {
            Ok(true) => self.learn().await,
            Ok(false) => Err(Stop::Unreadable(format!("there is no feed {feed}")).into()),
            Err(e) => Err(e.into()),
        };
        self.end(&job, done.map(|()| Change::Learned)).await;
    }

    /// Publishes what changed, and tells how the job ended.
    async fn end(&mut self, job: &Job, done: Result<Change, Failure>) {
        let published = match done {
            Ok(change) => {
                job.becomes(JobState::Assessing);
                self.publish(change, Vec::new()).await
            }
            Err(failure) => Err(failure),
        };
        match published {
            Ok(()) => job.becomes(JobState::Done),
            Err(Failure::Input(Stop::Asked)) => job.becomes(JobState::Cancelled),
            Err(failure) => {
                tracing::warn!("job {} failed: {failure}", job.id());
                job.fails(failure.to_string());
            }
        }
    }

    /// Gives the engine the advisories that are kept, and what feeds say of their CVEs.
    async fn learn(&self) -> Result<(), Failure> {
        let (into, advisories) = mpsc::channel(AHEAD);
        let engine = Arc::clone(&self.engine);
        let learning = tokio::task::spawn_blocking(move || engine.learn(&mut Arriving(advisories)));
        let fed = feed(self.store.advisories(), into).await;
        let cves = learning.await.map_err(|_| Failure::Bug)?;
        fed?;
        let statements = self.store.statements(&cves).await?;
        let named = |(cve, feed, said)| (cve, Name::owned(feed), said);
        self.engine.inform(statements.into_iter().map(named).collect());
        Ok(())
    }

    /// Publishes what follows from a change and these entries that the store holds too. What the engine has folded grows; where it
    /// cannot, all is folded anew.
    async fn publish(&mut self, change: Change, more: Vec<Entry>) -> Result<(), Failure> {
        let anew = std::mem::replace(&mut self.adrift, true) || matches!(change, Change::Shrunk);
        let (into, journal) = mpsc::channel(AHEAD);
        let engine = Arc::clone(&self.engine);
        let generation = self.generation + 1;
        let concluding = tokio::task::spawn_blocking(move || {
            let mut journal = Arriving(journal);
            let analysis = if anew { engine.assess(&mut journal) } else { engine.conclude(&mut journal) };
            Snapshot::new(generation, analysis).with_threats(engine.threats())
        });
        let fed = match (anew, change) {
            (true, _) => {
                let decided = self.store.decisions().await?.into_iter().map(Entry::Decided).collect();
                feed(self.store.journal().chain(once(decided)), into).await
            }
            (false, Change::Grown(capture)) => feed(self.store.journal_of(capture), into).await,
            (false, _) => feed(once(more), into).await,
        };
        let snapshot = concluding.await.map_err(|_| Failure::Bug)?;
        fed?;
        self.generation = generation;
        self.snapshots.send_replace(Arc::new(snapshot));
        self.adrift = false;
        Ok(())
    }
}

/// Something in it runs out at a date.
fn has_dates(analysis: &Analysis) -> bool {
    let stated = |a: &AdvisoryView| a.stated.as_ref().is_some_and(|s| s.until.is_some());
    analysis.flows.iter().any(|f| f.until.is_some()) || analysis.advisories.iter().any(stated)
}

/// Entries as the only batch of a journal.
fn once(entries: Vec<Entry>) -> impl Stream<Item = Result<Vec<Entry>, Error>> {
    futures_util::stream::once(std::future::ready(Ok(entries)))
}

/// What a channel brings, as an iterator for a thread that may block.
struct Arriving<T>(mpsc::Receiver<T>);

impl<T> Iterator for Arriving<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.blocking_recv()
    }
}

/// Sends what a stream gives until it ends, fails, or nobody wants more.
async fn feed<T>(stream: impl Stream<Item = Result<T, Error>>, into: mpsc::Sender<T>) -> Result<(), Error> {
    let mut stream = pin!(stream);
    while let Some(item) = stream.next().await {
        if into.send(item?).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// What cannot be removed now is removed at the next start.
async fn remove(path: &std::path::Path) {
    let gone = if path.is_dir() {
        tokio::fs::remove_dir_all(path).await
    } else {
        tokio::fs::remove_file(path).await
    };
    if let Err(e) = gone {
        tracing::warn!("cannot remove {}: {e}", path.display());
    }
}

#[cfg(test)]
mod tests;
