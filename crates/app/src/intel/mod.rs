//! `sightglass intel`: vulnerability intelligence.

pub(crate) mod args;
pub(crate) mod keeping;
mod make;
pub(crate) mod reading;
mod show;

use crate::data::DataFolder;
use crate::{clock, settings, text};
use anyhow::{Result, anyhow};
use args::{Data, Import, Intel, KeyVerb, Verb};
use connect::feeds::Found;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use keeping::{Given, Keeping};
use std::ops::ControlFlow;
use store::Store;
use tokio::sync::mpsc;

/// Done, but something was refused.
const PARTLY: u8 = 1;
/// Batches that may wait for the store, and what is in one.
const AHEAD: usize = 16;
const BATCH: usize = 256;

/// Runs the command; answers the exit status.
///
/// # Errors
/// When something cannot be read, written or verified.
pub(crate) fn run(options: &Intel) -> Result<u8> {
    match &options.verb {
        Verb::List(list) => with_store(&list.data, async |store| show::list(&store, list.format).await),
        Verb::Import(import) => with_store(&import.data, async |store| self::import(&store, import).await),
        Verb::Remove(remove) => with_store(&remove.data, async |store| {
            let gone = store.remove_feed(&remove.feed).await?;
            anyhow::ensure!(gone, "there is no feed {}", remove.feed);
            Ok(0)
        }),
        Verb::Bundle(bundle) => make::bundle(bundle).map(|()| 0),
        Verb::Key(key) => match &key.verb {
            KeyVerb::New { file } => make::keys(file).map(|()| 0),
        },
    }
}

/// Works on the store of a data folder that no server uses.
fn with_store(data: &Data, work: impl AsyncFnOnce(Store) -> Result<u8>) -> Result<u8> {
    let path = settings::data_folder(data.data.clone()).map_err(|e| anyhow!(e))?;
    let folder = DataFolder::take(&path).map_err(|e| {
        anyhow!("{e}; a running server takes intelligence under Data sources or through its API")
    })?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = Store::open(&folder.database()).await?;
        let done = work(store.clone()).await;
        store.close().await;
        done
    })
}

async fn import(store: &Store, options: &Import) -> Result<u8> {
    let trust = keeping::trusted(&options.trust).map_err(|e| anyhow!(e))?;
    let mut status = 0;
    for path in &options.paths {
        let name = path.display().to_string();
        let given =
            Given { path: path.clone(), name, replace_advisories: false, allow_older: options.allow_older };
        let loaded = store.feeds().await?;
        let prepared = keeping::prepare(given, &trust, &loaded, clock::now()).map_err(|e| anyhow!(e))?;
        for warning in &prepared.warnings {
            eprintln!("sightglass: {}", text::inert(warning));
        }
        let feeds = one(store, &prepared, options.quiet).await?;
        for (feed, about) in &feeds {
            println!("{}", text::inert(&show::line(feed, about)));
            for why in &about.reasons {
                eprintln!("sightglass: {}", text::inert(why));
            }
            if about.refused > 0 {
                status = PARTLY;
            }
        }
    }
    Ok(status)
}

type Feeds = std::collections::BTreeMap<String, model::threat::Provenance>;

/// Loads one source: a thread reads, the store takes.
async fn one(store: &Store, prepared: &keeping::Prepared, quiet: bool) -> Result<Feeds> {
    let mut keeping = Keeping::begin(store, prepared.about.clone(), false).await?;
    let (into, mut batches) = mpsc::channel(AHEAD);
    let (path, bar) = (prepared.path.clone(), bar(&prepared.path, quiet));
    let reading = tokio::task::spawn_blocking(move || read(&path, &bar, &into));
    while let Some(batch) = batches.recv().await {
        for found in batch {
            keeping.take(found).await?;
        }
    }
    match reading.await? {
        Ok(()) => {}
        Err(e) => {
            keeping.abandon().await?;
            return Err(e.into());
        }
    }
    Ok(keeping.commit().await?)
}

fn read(
    path: &std::path::Path,
    bar: &ProgressBar,
    into: &mpsc::Sender<Vec<Found>>,
) -> Result<(), connect::archive::Error> {
    let mut batch = Vec::new();
    let read = reading::read(path, &mut |found| {
        if let Found::Progress(bytes) = found {
            bar.set_position(bytes);
            return ControlFlow::Continue(());
        }
        batch.push(found);
        let gone = batch.len() >= BATCH && into.blocking_send(std::mem::take(&mut batch)).is_err();
        if gone { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    // A store that failed says why itself.
    let _ = into.blocking_send(batch);
    read
}

fn bar(path: &std::path::Path, quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(5) };
    let size = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
    let bar = ProgressBar::with_draw_target(size, target);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} · {eta} left");
    bar.set_message(text::inert(&path.display().to_string()));
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
