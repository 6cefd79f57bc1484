//! `serve`: store, writer and API in one process, for one machine.

use crate::data::DataFolder;
use crate::engine::Engine;
use crate::key;
use crate::passive::Passive;
use crate::settings::{Options, Settings};
use crate::text;
use crate::writer::Writer;
use api::event::Event;
use api::job::Jobs;
use api::state::State;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Jobs that may wait for the writer.
const EVENTS_MAX: usize = 64;
/// Connections get this long to end when the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// Runs until a signal; answers the exit status: 2 for options that cannot be, 1 for what fails later.
pub(crate) fn run(options: Options) -> u8 {
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false);
    log.with_max_level(tracing::Level::INFO).init();
    let settings = match options.settle(|name| std::env::var_os(name).map(Into::into)) {
        Ok(settings) => settings,
        Err(why) => return complain(&why, 2),
    };
    let runtime = tokio::runtime::Runtime::new().map_err(|e| format!("cannot start: {e}"));
    match runtime.and_then(|runtime| runtime.block_on(serve(settings))) {
        Ok(()) => 0,
        Err(why) => complain(&why, 1),
    }
}

fn complain(why: &str, status: u8) -> u8 {
    eprintln!("sightglass: {}", text::inert(why));
    status
}

async fn serve(settings: Settings) -> Result<(), String> {
    let trust = crate::intel::keeping::trusted(&settings.trust)?;
    let folder = DataFolder::take(&settings.data)?;
    let engine: Arc<dyn Engine> = Arc::new(Passive::new(key::kept(&folder.key())?)?);
    let cannot = |e: std::io::Error| format!("cannot listen on {}: {e}", settings.listen);
    let listener = TcpListener::bind(settings.listen).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let store = Store::open(&folder.database()).await.map_err(|e| e.to_string())?;
    if let Some(path) = &settings.model {
        take_model(&store, path).await?;
    }
    let (writer, snapshots) = Writer::start(store.clone(), engine).await.map_err(|e| e.to_string())?;
    let writer = writer.trusting(trust);
    let (events, arriving) = mpsc::channel(EVENTS_MAX);
    let jobs = Jobs::default();
    let places = api::state::Settings {
        uploads: folder.uploads(),
        capture_bytes_max: settings.capture_bytes_max,
        archive_bytes_max: settings.archive_bytes_max,
    };
    let state = State::new(snapshots, events.clone(), jobs.clone(), store.clone(), places);
    let writing = tokio::spawn(writer.run(arriving));
    if settings.demo {
        crate::demo::load_advisories(&store, &events, &jobs, &folder.uploads()).await?;
        crate::demo::load(&store, &events, &jobs, &folder.uploads()).await?;
    }
    announce(&format!("Sightglass is ready at http://{address}/"));
    answer(listener, state).await?;
    tracing::info!("stopping");
    jobs.cancel_all();
    // A full queue is emptied quickly: every job in it is cancelled.
    let _ = events.send(Event::Shutdown).await;
    writing.await.map_err(|_| "the writer ended abnormally".to_owned())?;
    store.close().await;
    Ok(())
}

/// Takes over what is new in a model file.
async fn take_model(store: &Store, path: &std::path::Path) -> Result<(), String> {
    let said = crate::knowledge::said(path).map_err(|e| format!("{e:#}"))?;
    let known = store.decisions().await.map_err(|e| e.to_string())?;
    let news = crate::decisions::news(&known, said, crate::clock::now());
    store.decide(&news).await.map_err(|e| e.to_string())?;
    tracing::info!("{} new decisions from {}", news.len(), path.display());
    Ok(())
}

fn announce(line: &str) {
    let mut out = std::io::stdout().lock();
    // A closed standard output is no reason not to serve.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Answers requests until a signal; then those under way get a little time.
async fn answer(listener: TcpListener, state: State) -> Result<(), String> {
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let until = async move {
        signal().await;
        drop(stopping);
    };
    let service = axum::serve(listener, api::router(state)).with_graceful_shutdown(until);
    let grace = async move {
        let _ = stopped.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = service => ended.map_err(|e| format!("cannot serve: {e}")),
        () = grace => Ok(()),
    }
}

/// Interrupt from the terminal, or the polite end from a service manager.
async fn signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => drop(terminate.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
