//! Entries with every kind of fact, a frame, and a way past the store to its rows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use model::address::{Host, Part, Subject, Transport};
use model::conversation::{ClientBy, ConversationKey, ConversationReport, OperationCount};
use model::frame::LinkType;
use model::journal::{Capture, Entry, Problem, ProblemSeverity};
use model::observation::{Binding, Direction, Fact, GapKind, Mechanism, Observation, SignIn};
use model::operation::{Operation, OperationClass};
use model::{Attribute, ByteRange, CaptureId, Confidence, Evidence, Mac, Name, Text, Timestamp};
use sightglass_store::EvidenceFrame;
use sqlx::{AssertSqlSafe, Connection};
use std::net::IpAddr;
use std::path::Path;

/// A frame of that capture.
pub(crate) fn frame(capture: CaptureId, number: u64) -> EvidenceFrame {
    EvidenceFrame {
        capture,
        number,
        time: Timestamp(1_600_000_000_000_000_001),
        link: LinkType::ETHERNET,
        wire_len: 1514,
        bytes: (0..=255).collect(),
    }
}

/// The entry that begins a capture.
pub(crate) fn capture_entry(id: CaptureId) -> Entry {
    Entry::Capture(Capture {
        id,
        name: "plant.pcapng".into(),
        format: "pcapng".into(),
        packets: 12,
        bytes: 3400,
        first: Some(Timestamp(-5)),
        last: None,
        problems: vec![Problem {
            frame: Some(3),
            what: "truncated block".into(),
            severity: ProblemSeverity::Warning,
        }],
    })
}

/// One entry of every kind, with every kind of fact.
pub(crate) fn one_of_each(id: CaptureId) -> Vec<Entry> {
    let host = Host { mac: Some(Mac([0, 0x80, 0xf4, 0, 0, 1])), ip: Some(IpAddr::from([10, 0, 1, 5])) };
    let client = Host { mac: None, ip: Some("fe80::1".parse().unwrap()) };
    let evidence = Evidence {
        capture: id,
        frame: 7,
        time: Timestamp(1_600_000_000_000_000_001),
        field: Name::new("modbus.func_code"),
        bytes: Some(ByteRange { start: 61, len: 1 }),
    };
    let part = |part| Subject { host, part: Some(part) };
    let seen = |subject, fact| Entry::Observed(Observation { subject, fact, evidence: evidence.clone() });
    let name = Name::new("modbus");
    vec![
        capture_entry(id),
        seen(host.into(), Fact::Present { binding: Binding::Source { ttl: 64 }, vlan: Some(5) }),
        seen(host.into(), Fact::Present { binding: Binding::Arp, vlan: None }),
        seen(
            part(Part::Slot(3)),
            Fact::Identity {
                attribute: Attribute::Product,
                value: Text::new("1756-ENBT/A \u{1}ü"),
                protocol: Name::new("enip"),
                confidence: Confidence::CERTAIN,
            },
        ),
        seen(part(Part::Unit(255)), Fact::Conversation(Box::new(conversation(host, client, &evidence)))),
        seen(
            host.into(),
            Fact::SignIn(Box::new(SignIn {
                name: Text::new("operator"),
                client,
                protocol: Name::new("opcua"),
                mechanism: Mechanism::Username,
                encrypted: true,
                accepted: None,
            })),
        ),
        seen(
            host.into(),
            Fact::Messages {
                protocol: name.clone(),
                counter: Name::new("function"),
                direction: Direction::ToServer,
                code: Text::new("3"),
                count: u64::MAX,
            },
        ),
        seen(host.into(), Fact::Gap { kind: GapKind::StreamGap, count: 2 }),
    ]
}

fn conversation(server: Host, client: Host, evidence: &Evidence) -> ConversationReport {
    ConversationReport {
        key: ConversationKey {
            client,
            server,
            server_port: Some(502),
            transport: Transport::Tcp,
            protocol: Some(Name::owned("modbus".into())),
        },
        client_by: ClientBy::Handshake,
        vlan: None,
        encrypted: false,
        answered: true,
        packets: 10,
        bytes: 1000,
        first: Timestamp(0),
        last: Timestamp(i64::MAX),
        operations: vec![OperationCount {
            operation: Operation::new("write_single_register", 6, OperationClass::Write),
            requests: 3,
            responses: 3,
            errors: 0,
            first: evidence.clone(),
            last: Timestamp(9),
        }],
    }
}

/// Runs a statement on the file, past the store.
pub(crate) async fn sql(file: &Path, text: &str) {
    let path: String =
        file.as_os_str().as_encoded_bytes().iter().map(|byte| format!("%{byte:02X}")).collect();
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&format!("sqlite://{path}?mode=rwc")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
