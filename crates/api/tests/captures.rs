//! Captures, frames, jobs, uploads.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod site;

use axum::body::{Body, Bytes};
use futures_util::stream;
use model::frame::LinkType;
use model::{CaptureId, Timestamp};
use sightglass_api::event::Event;
use sightglass_api::job::{JobKind, JobState};
use site::{CAPTURE_BYTES_MAX, Server, analysis};
use store::EvidenceFrame;

fn files(server: &Server) -> usize {
    let entries = std::fs::read_dir(server.folder.path()).unwrap();
    entries.filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|x| x == "upload")).count()
}

#[tokio::test]
async fn a_capture_is_taken_and_handed_to_the_writer() {
    let mut server = Server::of(analysis(0)).await;
    let answer = server.call("POST", "/api/v1/captures?name=line+1.pcapng", "the bytes").await;
    assert_eq!(
        (answer.status.as_u16(), answer.headers["location"].to_str().unwrap()),
        (202, "/api/v1/jobs/1")
    );
    let job = answer.json();
    assert_eq!((&job["kind"], &job["total_bytes"]), (&"capture_import".into(), &9.into()));
    let Some(Event::ImportCapture { job, path, name }) = server.events.recv().await else { panic!() };
    assert_eq!((name.as_str(), std::fs::read(&path).unwrap()), ("line 1.pcapng", b"the bytes".to_vec()));
    job.becomes(JobState::Reading);
    job.progress(4, 5);
    let view = server.read("/api/v1/jobs/1").await;
    assert_eq!((&view["state"], &view["packets"], &view["bytes"]), (&"reading".into(), &4.into(), &5.into()));
    assert!(view["seconds_left"].as_f64().unwrap() >= 0.0 && view["rate"].as_f64().unwrap() > 0.0);
    job.fails("cannot read it");
    let view = server.read("/api/v1/jobs/1").await;
    assert_eq!((&view["state"], &view["error"]), (&"failed".into(), &"cannot read it".into()));
    assert!(view["finished"].is_string());
}

#[tokio::test]
async fn uploads_that_cannot_be_leave_nothing() {
    let mut server = Server::of(analysis(0)).await;
    let post =
        async |query: &str, body: Body| server.call("POST", &format!("/api/v1/captures{query}"), body).await;
    let long = "x".repeat(CAPTURE_BYTES_MAX as usize + 1);
    let said = post("?name=a", Body::from(long)).await.problem(413);
    assert!(said.contains("1000 bytes"));
    // Without a length, as a program would stream it.
    let pieces = (0..20).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![0; 100])));
    post("?name=a", Body::from_stream(stream::iter(pieces))).await.problem(413);
    let broken = [Ok(Bytes::from("begin")), Err(std::io::Error::other("gone"))];
    assert!(
        post("?name=a", Body::from_stream(stream::iter(broken))).await.problem(400).contains("broke off")
    );
    post("?name=a", Body::empty()).await.problem(400);
    for query in ["", "?name=", "?name=a&name=b", "?name=a%0ab", "?name=a&x=1"] {
        post(query, "x".into()).await.problem(400);
    }
    server.call("POST", "/api/v1/advisories?name=a", "x".repeat(101)).await.problem(413);
    assert_eq!(files(&server), 0);
    assert!(server.events.try_recv().is_err());
}

#[tokio::test]
async fn a_full_queue_says_so_and_keeps_nothing() {
    let server = Server::of(analysis(0)).await;
    for _ in 0..2 {
        assert_eq!(server.call("POST", "/api/v1/advisories?name=a.zip", "x").await.status, 202);
    }
    assert!(server.call("POST", "/api/v1/captures?name=c", "x").await.problem(503).contains("waiting"));
    assert_eq!(files(&server), 2);
    assert_eq!(server.read("/api/v1/jobs").await["items"][0]["state"], "failed");
}

#[tokio::test]
async fn captures_are_listed_with_their_problems_and_deleted_by_the_writer() {
    let mut server = Server::of(analysis(5)).await;
    let list = server.read("/api/v1/captures").await;
    assert_eq!(list["items"][0]["problems"][0]["frame"], 3);
    assert_eq!(server.read("/api/v1/captures/1").await, list["items"][0]);
    assert_eq!(server.call("DELETE", "/api/v1/captures/1", "").await.status, 202);
    let Some(Event::DeleteCapture { capture, .. }) = server.events.recv().await else { panic!() };
    assert_eq!(capture, CaptureId(1));
    server.call("DELETE", "/api/v1/captures/2", "").await.problem(404);
}

#[tokio::test]
async fn jobs_can_be_stopped_once() {
    let server = Server::of(analysis(0)).await;
    let job = server.jobs.open(JobKind::CaptureImport, "a.pcap", 10);
    assert_eq!(server.call("DELETE", "/api/v1/jobs/1", "").await.status, 200);
    assert!(job.is_cancelled());
    job.becomes(JobState::Cancelled);
    server.call("DELETE", "/api/v1/jobs/1", "").await.problem(409);
    server.call("DELETE", "/api/v1/jobs/2", "").await.problem(404);
    for _ in 0..300 {
        server.jobs.open(JobKind::CaptureImport, "a", 0).becomes(JobState::Done);
    }
    assert_eq!(server.read("/api/v1/jobs").await["items"].as_array().unwrap().len(), 200);
}

#[tokio::test]
async fn a_kept_frame_is_shown_and_downloaded() {
    let server = Server::of(analysis(0)).await;
    let mut import = server.store.begin_import("a", Timestamp(0)).await.unwrap();
    let frame = EvidenceFrame {
        capture: import.capture(),
        number: 12,
        time: Timestamp(1_700_000_000_123_456_789),
        link: LinkType::ETHERNET,
        wire_len: 100,
        bytes: vec![0xff; 60],
    };
    import.keep_frame(&frame).await.unwrap();
    import.commit().await.unwrap();
    let view = server.read("/api/v1/captures/1/frames/12").await;
    assert_eq!((&view["wire_length"], &view["captured_length"]), (&100.into(), &60.into()));
    assert_eq!(view["bytes"].as_str().unwrap(), "ff".repeat(60));
    assert_eq!(view["layers"][0]["name"], "Ethernet");
    let file = server.get("/api/v1/captures/1/frames/12/pcap").await;
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"capture-1-frame-12.pcap\"");
    let word = |at: usize| u32::from_le_bytes(file.body[at..at + 4].try_into().unwrap());
    assert_eq!((word(0), word(20), word(24), word(28)), (0xa1b2_3c4d, 1, 1_700_000_000, 123_456_789));
    assert_eq!((word(32), word(36), file.body.len()), (60, 100, 100));
    for path in [
        "1/frames/13",
        "2/frames/12",
        "1/frames/x",
        "1/frames/-1",
        "1/frames/13/pcap",
        "99999999999/frames/1",
    ] {
        server.get(&format!("/api/v1/captures/{path}")).await.problem(404);
    }
}

#[tokio::test]
async fn feeds_are_listed_with_their_age_loaded_and_removed() {
    let mut server = Server::of(analysis(0)).await;
    assert_eq!(server.read("/api/v1/intelligence").await["items"].as_array().unwrap().len(), 0);
    let mut import = server.store.begin_feeds().await.unwrap();
    import.touch("kev", true).await.unwrap();
    let cve = model::threat::CveId::parse("CVE-2024-1234").unwrap();
    let kev = model::threat::Kev { added: "2024-05-01".into(), ..Default::default() };
    import.said("kev", cve, model::threat::Said::Kev(Box::new(kev))).await.unwrap();
    let about = model::threat::Provenance {
        as_of: "2024-05-02".into(),
        source: "kev.json".into(),
        refused: 1,
        reasons: vec!["why".into()],
        ..Default::default()
    };
    import.commit([("kev".to_owned(), about)].into()).await.unwrap();
    let list = server.read("/api/v1/intelligence").await;
    let feed = &list["items"][0];
    assert_eq!((feed["stale"].as_bool(), feed["records"].as_u64()), (Some(true), Some(1)));
    assert_eq!((feed["reasons"][0].as_str(), feed["signature"].as_str()), (Some("why"), Some("not_given")));
    let cve = server.read("/api/v1/cves/cve-2024-1234").await;
    assert_eq!((cve["id"].as_str(), cve["kev"]["source"].as_str()), (Some("CVE-2024-1234"), Some("kev")));
    server.call("GET", "/api/v1/cves/CVE-2024-9999", "").await.problem(404);
    server.call("GET", "/api/v1/cves/x", "").await.problem(404);
    assert_eq!(server.call("POST", "/api/v1/intelligence?name=a.zip", "x").await.status, 202);
    let Some(Event::ImportIntelligence { replace_advisories, .. }) = server.events.recv().await else {
        panic!()
    };
    assert!(!replace_advisories);
    assert_eq!(server.call("DELETE", "/api/v1/intelligence/kev", "").await.status, 202);
    let Some(Event::RemoveFeed { feed, .. }) = server.events.recv().await else { panic!() };
    assert_eq!(feed, "kev");
    server.call("DELETE", "/api/v1/intelligence/nvd", "").await.problem(404);
}
