//! From a file to the store: the engine reads on a thread of its own, the store takes what comes, all or nothing.

use crate::clock;
use crate::engine::{Engine, Piece, Sink, Source, Stop};
use crate::intel::keeping::{self, Given, Keeping, NotKept};
use api::job::Job;
use connect::bundle::Trusted;
use model::CaptureId;
use std::path::PathBuf;
use std::sync::Arc;
use store::Store;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pieces that may wait for the store: enough to keep both busy, few enough to keep little in memory.
const AHEAD: usize = 32;

/// Why nothing was taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The input, or the wish to stop.
    #[error(transparent)]
    Input(#[from] Stop),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A bug: the reader ended abnormally.
    #[error("reading ended abnormally; this is a bug worth reporting")]
    Bug,
}

/// Takes a capture in.
pub(crate) async fn capture(
    store: &Store,
    engine: &Arc<dyn Engine>,
    job: &Arc<Job>,
    path: PathBuf,
    name: String,
) -> Result<CaptureId, Failure> {
    let mut import = store.begin_import(&name, clock::now()).await?;
    let source = Source { path, name, capture: import.capture() };
    let (mut pieces, reading) = read(engine, job, source, |engine, source, sink| engine.import(source, sink));
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Batch(entries) => import.append(&entries).await?,
            Piece::Frame(frame) => import.keep_frame(&frame).await?,
            Piece::Found(_) => return Err(Failure::Bug),
        }
    }
    match reading.await {
        Ok(Ok(())) => Ok(import.commit().await?),
        Ok(Err(stop)) => {
            import.abandon().await?;
            Err(stop.into())
        }
        Err(_) => Err(Failure::Bug),
    }
}

/// Takes intelligence in: a file, a folder or a signed bundle; all of it or nothing. Answers what to tell people.
pub(crate) async fn intelligence(
    store: &Store,
    engine: &Arc<dyn Engine>,
    job: &Arc<Job>,
    given: Given,
    trust: &Arc<[Trusted]>,
) -> Result<(), Failure> {
    let loaded = store.feeds().await?;
    let (trust, now, replace) = (Arc::clone(trust), clock::now(), given.replace_advisories);
    let prepared = tokio::task::spawn_blocking(move || keeping::prepare(given, &trust, &loaded, now));
    let prepared = prepared.await.map_err(|_| Failure::Bug)?.map_err(Stop::Unreadable)?;
    prepared.warnings.iter().for_each(|warning| job.problem(warning));
    let mut keeping = Keeping::begin(store, prepared.about.clone(), replace).await?;
    let source = Source {
        path: prepared.path.clone(),
        name: prepared.about.source.clone(),
        capture: CaptureId::default(),
    };
    let (mut pieces, reading) = read(engine, job, source, |engine, source, sink| engine.unpack(source, sink));
    while let Some(piece) = pieces.recv().await {
        let Piece::Found(found) = piece else { return Err(Failure::Bug) };
        for one in found {
            keeping.take(one).await?;
        }
    }
    match reading.await {
        Ok(Ok(())) => keeping.commit().await.map(|_| ()).map_err(|e| match e {
            NotKept::Nothing(why) => Stop::Unreadable(why).into(),
            NotKept::Store(e) => e.into(),
        }),
        Ok(Err(stop)) => {
            keeping.abandon().await?;
            Err(stop.into())
        }
        Err(_) => Err(Failure::Bug),
    }
}

type Reading = JoinHandle<Result<(), Stop>>;

fn read(
    engine: &Arc<dyn Engine>,
    job: &Arc<Job>,
    source: Source,
    work: impl FnOnce(&dyn Engine, &Source, &mut Sink) -> Result<(), Stop> + Send + 'static,
) -> (mpsc::Receiver<Piece>, Reading) {
    let (mut sink, pieces) = Sink::new(Arc::clone(job), AHEAD);
    let engine = Arc::clone(engine);
    (pieces, tokio::task::spawn_blocking(move || work(engine.as_ref(), &source, &mut sink)))
}
