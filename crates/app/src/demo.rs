//! The sample plant: a capture that comes with the program, loaded where nothing is kept yet.

use api::event::Event;
use api::job::{JobKind, Jobs};
use rust_embed::RustEmbed;
use std::path::Path;
use store::Store;
use tokio::sync::mpsc;

const SAMPLE: &str = "sample-plant.pcapng.zst";

#[derive(RustEmbed)]
#[folder = "../../corpus/sites"]
#[include = "sample-plant.pcapng.zst"]
#[allow_missing = true]
struct Samples;

/// Advisories that concern the sample plant.
#[derive(RustEmbed)]
#[folder = "../../content/sample-advisories"]
#[include = "*.json"]
struct Advisories;

/// Queues the import of the sample advisories, unless some are kept already.
pub(crate) async fn load_advisories(
    store: &Store,
    events: &mpsc::Sender<Event>,
    jobs: &Jobs,
    uploads: &Path,
) -> Result<(), String> {
    if !store.advisory_names().await.map_err(|e| e.to_string())?.is_empty() {
        return Ok(());
    }
    let folder = uploads.join("sample-advisories.upload");
    write_advisories(&folder).await.map_err(|e| format!("cannot write {}: {e}", folder.display()))?;
    let name = "sample advisories";
    let job = jobs.open(JobKind::AdvisoryImport, name, 0);
    let event = Event::ImportIntelligence {
        job,
        path: folder,
        name: name.into(),
        replace_advisories: true,
        allow_older: false,
    };
    events.send(event).await.map_err(|_| "the writer is gone".to_owned())
}

async fn write_advisories(folder: &Path) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    for name in Advisories::iter() {
        if let Some(file) = Advisories::get(&name) {
            tokio::fs::write(folder.join(name.as_ref()), &file.data).await?;
        }
    }
    Ok(())
}

/// Queues the import of the sample, unless a capture is kept already.
pub(crate) async fn load(
    store: &Store,
    events: &mpsc::Sender<Event>,
    jobs: &Jobs,
    uploads: &Path,
) -> Result<(), String> {
    if !store.captures().await.map_err(|e| e.to_string())?.is_empty() {
        return Ok(());
    }
    let Some(sample) = Samples::get(SAMPLE) else {
        return Err("this program was built without the sample plant".into());
    };
    let path = uploads.join("sample.upload");
    tokio::fs::write(&path, &sample.data)
        .await
        .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    let job = jobs.open(JobKind::CaptureImport, SAMPLE, sample.data.len() as u64);
    let event = Event::ImportCapture { job, path, name: SAMPLE.into() };
    events.send(event).await.map_err(|_| "the writer is gone".to_owned())
}
