//! What was seen: from captures, or from the store of a server.

use super::args::Here;
use crate::analyze;
use crate::data::DataFolder;
use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use model::journal::Entry;
use posture::inventory::Inventory;
use posture::site::Site;
use std::path::Path;

/// The inventory, and the exit status so far.
///
/// # Errors
/// Nothing could be read.
pub(super) fn inventory(options: &Here) -> Result<(Inventory, u8)> {
    let mut site = Site::default();
    let status = match &options.data {
        Some(data) => {
            stored(data, &mut site)?;
            0
        }
        None => {
            let accounts = connect::directory::Mapping::default();
            analyze::read_all(&options.captures, options.threads, options.quiet, &accounts, &mut site)?
        }
    };
    anyhow::ensure!(status != analyze::NOTHING_READ, "no capture could be read");
    Ok((posture::resolve::resolve(&site), status))
}

fn stored(data: &Path, site: &mut Site) -> Result<()> {
    let name = data.display();
    // A folder that is not there would be made.
    anyhow::ensure!(data.is_dir(), "there is no data folder {name}");
    let folder = DataFolder::take(data).map_err(anyhow::Error::msg)?;
    anyhow::ensure!(folder.database().is_file(), "{name} holds no store of sightglass");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let store = store::Store::open(&folder.database()).await.context("cannot open the store")?;
        {
            let mut journal = std::pin::pin!(store.journal());
            while let Some(batch) = journal.next().await {
                for entry in batch.context("cannot read the store")? {
                    site.apply(&entry);
                }
            }
        }
        for decision in store.decisions().await.context("cannot read the store")? {
            site.apply(&Entry::Decided(decision));
        }
        store.close().await;
        Ok(())
    })
}
