//! The writer with an engine that does as it is told.

use super::*;
use crate::engine::{Piece, Sink, Source};
use api::job::{JobKind, Jobs};
use connect::feeds::Found;
use model::journal::{Capture, Entry};
use model::threat::{CveId, Said};
use posture::document::{Analysis, AssetView, CaptureView};
use posture::intel::threat::Threats;
use std::collections::BTreeSet;
use std::path::Path;

/// Takes the words of a file for assets, one batch each; some words do something else.
#[derive(Default)]
struct Words {
    advice: std::sync::Mutex<Vec<AssetView>>,
    captures: std::sync::Mutex<Vec<CaptureView>>,
    threats: std::sync::Mutex<Arc<Threats>>,
}

impl Engine for Words {
    fn import(&self, source: &Source, sink: &mut Sink) -> Result<(), Stop> {
        let text = std::fs::read_to_string(source.path()).map_err(|e| Stop::Unreadable(e.to_string()))?;
        for (count, word) in (1..).zip(text.split_whitespace()) {
            match word {
                "broken" => return Err(Stop::Unreadable(format!("{} is broken", source.name))),
                "bug" => std::panic::resume_unwind(Box::new("a bug")),
                "wait" => while sink.progress(count, 0).is_ok() {},
                _ => {}
            }
            sink.put(Piece::Batch(vec![Entry::Capture(named(source.capture, word))]))?;
            sink.progress(count, count)?;
        }
        Ok(())
    }

    fn unpack(&self, archive: &Source, sink: &mut Sink) -> Result<(), Stop> {
        let text = std::fs::read_to_string(archive.path()).map_err(|e| Stop::Unreadable(e.to_string()))?;
        for word in text.split_whitespace() {
            if word == "broken" {
                return Err(Stop::Unreadable("broken".into()));
            }
            let (feed, name) = (Name::new("csaf:words"), format!("{word}.json"));
            sink.put(Piece::Found(vec![Found::Document { feed, name, text: word.into() }]))?;
        }
        Ok(())
    }

    fn learn(&self, advisories: &mut dyn Iterator<Item = (String, String)>) -> BTreeSet<CveId> {
        *self.advice.lock().unwrap() = advisories.map(|(name, text)| asset(&name, &text)).collect();
        BTreeSet::from([CveId { year: 2024, number: 7 }])
    }

    fn inform(&self, statements: Vec<(CveId, Name, Said)>) {
        let mut threats = Threats::default();
        statements.into_iter().for_each(|(cve, feed, said)| threats.add(cve, feed, said));
        *self.threats.lock().unwrap() = Arc::new(threats);
    }

    fn threats(&self) -> Arc<Threats> {
        Arc::clone(&self.threats.lock().unwrap())
    }

    fn assess(&self, journal: &mut dyn Iterator<Item = Vec<Entry>>) -> Analysis {
        self.captures.lock().unwrap().clear();
        self.conclude(journal)
    }

    fn conclude(&self, journal: &mut dyn Iterator<Item = Vec<Entry>>) -> Analysis {
        let words = journal.flatten().filter_map(|entry| match entry {
            Entry::Capture(capture) => Some(capture.name),
            Entry::Observed(_)
            | Entry::Decided(_)
            | Entry::Configured { .. }
            | Entry::Recorded { .. }
            | Entry::Listed { .. } => None,
        });
        let views = words.map(|path| CaptureView {
            id: 1,
            path,
            kind: "capture",
            format: String::new(),
            packets: 0,
            bytes: 0,
            first: None,
            last: None,
        });
        let mut captures = self.captures.lock().unwrap();
        captures.extend(views);
        let mut analysis = Snapshot::empty().analysis().clone();
        analysis.captures.clone_from(&captures);
        analysis.assets = self.advice.lock().unwrap().clone();
        analysis
    }
}

fn named(id: CaptureId, name: &str) -> Capture {
    Capture {
        id,
        name: name.into(),
        format: "pcap".into(),
        packets: 0,
        bytes: 0,
        first: None,
        last: None,
        problems: Vec::new(),
    }
}

fn asset(id: &str, name: &str) -> AssetView {
    AssetView {
        id: id.into(),
        name: name.into(),
        role: "unknown",
        level: None,
        zone: None,
        criticality: None,
        zone_why: None,
        safety: None,
        owner: None,
        location: None,
        conflicts: Vec::new(),
        macs: Vec::new(),
        ips: Vec::new(),
        vlans: Vec::new(),
        hostnames: Vec::new(),
        vendor: None,
        product: None,
        order_number: None,
        hardware: None,
        firmware: None,
        serial: None,
        first_seen: String::new(),
        last_seen: String::new(),
        joined_by: Vec::new(),
        services: Vec::new(),
        modules: Vec::new(),
        facts: Vec::new(),
    }
}

struct Site {
    folder: tempfile::TempDir,
    store: Store,
    jobs: Jobs,
    events: mpsc::Sender<Event>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    running: tokio::task::JoinHandle<()>,
}

async fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.db")).await.unwrap();
    let (writer, snapshots) = Writer::start(store.clone(), Arc::new(Words::default())).await.unwrap();
    let (events, arriving) = mpsc::channel(8);
    let running = tokio::spawn(writer.run(arriving));
    Site { folder, store, jobs: Jobs::default(), events, snapshots, running }
}

impl Site {
    async fn import(&self, text: &str) -> Arc<Job> {
        let job = self.jobs.open(JobKind::CaptureImport, text, 0);
        let path = self.folder.path().join(format!("{}.upload", job.id()));
        std::fs::write(&path, text).unwrap();
        let event = Event::ImportCapture { job: Arc::clone(&job), path, name: text.into() };
        self.events.send(event).await.unwrap();
        job
    }

    async fn advisories(&self, text: &str) -> Arc<Job> {
        let job = self.jobs.open(JobKind::AdvisoryImport, text, 0);
        let path = self.folder.path().join(format!("{}.upload", job.id()));
        std::fs::write(&path, text).unwrap();
        let event = Event::ImportIntelligence {
            job: Arc::clone(&job),
            path,
            name: text.into(),
            replace_advisories: true,
            allow_older: false,
        };
        self.events.send(event).await.unwrap();
        job
    }

    async fn delete(&self, id: u32) -> Arc<Job> {
        let job = self.jobs.open(JobKind::CaptureDelete, "", 0);
        let event = Event::DeleteCapture { job: Arc::clone(&job), capture: CaptureId(id) };
        self.events.send(event).await.unwrap();
        job
    }

    fn words(&self) -> Vec<String> {
        self.snapshots.borrow().analysis().captures.iter().map(|c| c.path.clone()).collect()
    }

    fn advice(&self) -> Vec<String> {
        self.snapshots.borrow().analysis().assets.iter().map(|a| a.name.clone()).collect()
    }

    /// Stops the writer once all before it is done.
    async fn end(self) -> (tempfile::TempDir, Store) {
        self.events.send(Event::Shutdown).await.unwrap();
        self.running.await.unwrap();
        (self.folder, self.store)
    }
}

async fn over(job: &Job) -> JobState {
    while !job.is_over() {
        tokio::task::yield_now().await;
    }
    job.view().state
}

fn uploads(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|x| x == "upload")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_add_up_deletion_takes_away_and_a_restart_changes_nothing() {
    let site = site().await;
    assert_eq!(site.snapshots.borrow().generation(), 1);
    let (first, second) = (site.import("a b").await, site.import("c").await);
    assert_eq!((over(&first).await, over(&second).await), (JobState::Done, JobState::Done));
    assert_eq!(
        (site.words(), site.snapshots.borrow().generation()),
        (vec!["a".into(), "b".into(), "c".into()], 3)
    );
    assert_eq!((first.view().capture, first.view().packets), (Some(1), 2));
    let gone = site.delete(1).await;
    assert_eq!(over(&gone).await, JobState::Done);
    assert_eq!(site.words(), ["c"]);
    let again = site.delete(1).await;
    assert_eq!(over(&again).await, JobState::Failed);
    assert!(again.view().error.unwrap().contains("no capture 1"));
    let (folder, store) = site.end().await;
    let (_, snapshots) = Writer::start(store, Arc::new(Words::default())).await.unwrap();
    assert_eq!(snapshots.borrow().analysis().captures.len(), 1);
    assert_eq!(uploads(folder.path()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_leaves_what_was_there() {
    let site = site().await;
    over(&*site.import("a").await).await;
    for (text, says) in [("b broken", "b broken is broken"), ("b bug", "bug"), ("broken", "broken")] {
        let job = site.import(text).await;
        assert_eq!(over(&job).await, JobState::Failed, "{text}");
        assert!(job.view().error.unwrap().contains(says));
    }
    assert_eq!((site.words(), site.snapshots.borrow().generation()), (vec!["a".to_owned()], 2));
    assert_eq!(over(&*site.import("d").await).await, JobState::Done, "the writer goes on");
    assert_eq!(site.store.captures().await.unwrap().len(), 2);
    assert_eq!(uploads(site.folder.path()), 0);
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_stops_when_asked_running_or_waiting() {
    let site = site().await;
    let running = site.import("a wait").await;
    let (waiting, deleting) = (site.import("b").await, site.delete(1).await);
    while running.view().state != JobState::Reading {
        tokio::task::yield_now().await;
    }
    site.jobs.cancel_all();
    for job in [running, waiting, deleting] {
        assert_eq!(over(&job).await, JobState::Cancelled);
    }
    assert!(site.words().is_empty());
    assert_eq!(uploads(site.folder.path()), 0);
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn advisories_are_replaced_only_by_a_whole_archive() {
    let site = site().await;
    assert_eq!(over(&*site.advisories("x y").await).await, JobState::Done);
    assert_eq!(site.advice(), ["x", "y"]);
    assert_eq!(over(&*site.advisories("z broken").await).await, JobState::Failed);
    assert_eq!(site.advice(), ["x", "y"]);
    assert_eq!(over(&*site.advisories("z").await).await, JobState::Done);
    assert_eq!(site.advice(), ["z"]);
    site.end().await;
}
