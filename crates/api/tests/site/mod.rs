//! A made-up site of any size, and a server of it that answers without a socket.
#![allow(dead_code, unreachable_pub, reason = "every test uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use posture::document::*;
use serde_json::Value;
use sightglass_api::event::Event;
use sightglass_api::job::Jobs;
use sightglass_api::snapshot::Snapshot;
use sightglass_api::state::{Settings, State};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Store;
use tokio::sync::{mpsc, watch};
use tower::ServiceExt;

const ROLES: [(&str, Option<u32>); 6] = [
    ("plc", Some(1)),
    ("hmi", Some(2)),
    ("scada_server", Some(3)),
    ("safety_controller", Some(1)),
    ("workstation", Some(4)),
    ("unknown", None),
];
const VENDORS: [Option<&str>; 4] =
    [Some("Rockwell Automation"), Some("Siemens AG"), Some("Schneider, Électrique"), None];
const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "info"];
const PROTOCOLS: [&str; 4] = ["modbus", "s7comm", "enip", "opcua"];
const CLASSES: [&str; 4] = ["read", "write", "program_download", "diagnostic"];

pub fn asset_id(i: usize) -> String {
    format!("asset-{i:08}")
}

fn time(i: usize) -> String {
    format!("2026-03-{:02}T{:02}:{:02}:00.000000Z", 1 + i % 28, i % 24, i % 60)
}

pub fn evidence(frame: u64) -> EvidenceView {
    EvidenceView {
        capture: "plant.pcapng".into(),
        capture_id: 1,
        frame,
        time: time(frame as usize),
        field: "modbus.func_code".into(),
        offset: Some(61),
        length: Some(1),
    }
}

fn ip(i: usize) -> String {
    format!("10.{}.{}.{}", i / 65_536, i / 256 % 256, i % 256)
}

fn asset(i: usize) -> AssetView {
    let (role, level) = ROLES[i % ROLES.len()];
    let vendor = VENDORS[i % VENDORS.len()].map(str::to_owned);
    let fact = |attribute, value: &str| FactView {
        attribute,
        value: value.into(),
        protocol: "enip".into(),
        confidence: 0.95,
        reason: None,
        evidence: evidence(i as u64 + 1),
    };
    AssetView {
        id: asset_id(i),
        name: format!("PLC-{i}"),
        role,
        level: level.map(Into::into),
        zone: i.is_multiple_of(3).then(|| format!("Cell {}", i % 40)),
        criticality: None,
        zone_why: None,
        safety: None,
        owner: None,
        location: None,
        conflicts: Vec::new(),
        macs: vec![format!("00:80:f4:{:02x}:{:02x}:{:02x}", i / 65_536, i / 256 % 256, i % 256)],
        ips: vec![ip(i)],
        vlans: vec![10],
        hostnames: vec![],
        product: vendor.as_ref().map(|_| "1756-ENBT/A".into()),
        order_number: Some("1756-ENBT".into()),
        hardware: None,
        firmware: Some(format!("{}.{}", 20 + i % 12, i % 20)),
        serial: Some(format!("{i:08X}")),
        first_seen: time(i),
        last_seen: time(i + 1),
        joined_by: vec!["ARP".into()],
        services: vec![],
        modules: vec![],
        facts: (0..8)
            .map(|_| fact("product", "1756-ENBT/A"))
            .chain(vendor.as_deref().map(|v| fact("vendor", v)))
            .collect(),
        vendor,
    }
}

fn conversation(i: usize, assets: usize) -> ConversationView {
    let (client, server) = (i % (assets / 10 + 1), i.wrapping_mul(7919) % assets);
    let operation = |class: &'static str| OperationView {
        name: format!("{class}_registers"),
        code: 3,
        class,
        requests: 10,
        responses: 10,
        errors: 0,
        last_seen: time(i),
        evidence: evidence(i as u64 + 1),
    };
    ConversationView {
        id: format!("conversation-{i:08}"),
        client: ip(client),
        server: ip(server),
        client_asset: Some(asset_id(client)),
        server_asset: (!i.is_multiple_of(50)).then(|| asset_id(server)),
        server_port: Some(502),
        transport: "tcp",
        vlan: None,
        protocol: PROTOCOLS[i % 4].into(),
        client_by: "handshake",
        encrypted: i.is_multiple_of(5),
        answered: true,
        packets: (i as u64 * 7919) % 10_007,
        bytes: i as u64 * 100,
        first_seen: time(i),
        last_seen: time(i + 3),
        evidence: evidence(i as u64 + 1),
        operations: vec![operation(CLASSES[i % 4]), operation("read")],
    }
}

fn finding(i: usize, assets: usize) -> FindingView {
    let peer = i.is_multiple_of(2).then(|| asset_id(i.wrapping_mul(7919) % assets));
    FindingView {
        id: format!("finding-{i:08}"),
        check: format!("check-{}", i % 17),
        title: format!("Something is wrong of kind {}", i % 17),
        severity: SEVERITIES[i % 5],
        subject: SubjectView { asset: asset_id(i % (assets / 10 + 1)), peer },
        detail: format!("Seen {i} times."),
        evidence: vec![evidence(i as u64 + 1)],
        references: ReferencesView {
            iec62443_3_3: vec!["SR 1.1".into()],
            nist_800_53: vec![],
            attack_ics: vec!["T0843".into()],
        },
        rationale: "Because.".into(),
        remediation: "Do this first.".into(),
    }
}

fn advisory(i: usize, assets: usize) -> AdvisoryView {
    AdvisoryView {
        asset: asset_id(i % assets),
        module: None,
        advisory: format!("ICSA-24-{:03}-01", i % 300),
        cve: format!("CVE-2024-{i:05}"),
        status: ["affected", "possible", "fixed", "not_affected"][i % 4],
        reason: "firmware 20.11 is below 20.12".into(),
        confidence: 0.95,
        missing: None,
        score: (!i.is_multiple_of(3)).then_some((i % 100) as f32 / 10.0),
        title: "A flaw".into(),
        triage: None,
        stated: None,
        threat: ThreatView::default(),
    }
}

fn account(i: usize, assets: usize) -> AccountView {
    AccountView {
        name: format!("operator{i}"),
        asset: Some(asset_id(i % assets)),
        client: None,
        protocol: "opcua".into(),
        mechanism: "username".into(),
        encrypted: i.is_multiple_of(2),
        accepted: None,
        last_seen: time(i),
        evidence: evidence(1),
    }
}

/// A site of that many assets, with four conversations, half a finding, and half an advisory for each.
pub fn analysis(assets: usize) -> Analysis {
    let many = |n: usize| if assets == 0 { 0 } else { n };
    Analysis {
        schema: "sightglass.analysis/1",
        tool: Tool { name: "sightglass", version: "0" },
        captures: vec![CaptureView {
            id: 1,
            path: "plant.pcapng".into(),
            kind: "capture",
            format: "pcapng".into(),
            packets: 10,
            bytes: 1000,
            first: None,
            last: None,
        }],
        problems: vec![ProblemView {
            capture: "plant.pcapng".into(),
            frame: Some(3),
            what: "truncated block".into(),
            severity: "warning".into(),
        }],
        assets: (0..assets).map(asset).collect(),
        conversations: (0..many(assets * 4)).map(|i| conversation(i, assets)).collect(),
        messages: BTreeMap::new(),
        accounts: (0..many(assets / 10 + 2)).map(|i| account(i, assets)).collect(),
        advisories: (0..many(assets / 2 + 4)).map(|i| advisory(i, assets)).collect(),
        documents: Vec::new(),
        exposures: Vec::new(),
        findings: (0..many(assets / 2 + 4)).map(|i| finding(i, assets)).collect(),
        zones: Vec::new(),
        conduits: Vec::new(),
        flows: Vec::new(),
        decisions: Vec::new(),
        networks: Vec::new(),
        reachability: Vec::new(),
        reconciliation: None,
        access: AccessView::default(),
        coverage: CoverageView::default(),
    }
}

/// A server without a socket.
pub struct Server {
    router: Router,
    pub events: mpsc::Receiver<Event>,
    pub jobs: Jobs,
    pub store: Store,
    pub snapshots: watch::Sender<Arc<Snapshot>>,
    pub folder: tempfile::TempDir,
}

pub const CAPTURE_BYTES_MAX: u64 = 1000;

impl Server {
    pub async fn of(analysis: Analysis) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db")).await.unwrap();
        let (snapshots, published) = watch::channel(Arc::new(Snapshot::new(1, analysis)));
        let (sender, events) = mpsc::channel(2);
        let jobs = Jobs::default();
        let settings = Settings {
            uploads: folder.path().to_owned(),
            capture_bytes_max: CAPTURE_BYTES_MAX,
            archive_bytes_max: 100,
        };
        let state = State::new(published, sender, jobs.clone(), store.clone(), settings);
        Self { router: sightglass_api::router(state), events, jobs, store, snapshots, folder }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn call(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8477");
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Body::empty()).await
    }

    /// The document at `path`, which must be there.
    pub async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer.json()
    }
}

/// An answer, whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Checks that it is a problem document with that status, and gives its detail.
    pub fn problem(&self, status: u16) -> String {
        let kind = self.headers["content-type"].to_str().unwrap();
        assert_eq!((self.status.as_u16(), kind), (status, "application/problem+json"), "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert!(problem["type"].as_str().unwrap().starts_with("urn:sightglass:problem:"));
        assert!(!problem["title"].as_str().unwrap().is_empty());
        problem["detail"].as_str().unwrap().to_owned()
    }
}
