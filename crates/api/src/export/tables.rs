//! The document as tables: a header and rows of text and numbers.

use posture::document::{Analysis, AssetView, ConversationView};
use std::collections::BTreeMap;

/// The tables there are.
pub const TABLES: &[&str] = &[
    "assets",
    "modules",
    "facts",
    "conversations",
    "zones",
    "conduits",
    "flows",
    "accounts",
    "findings",
    "advisories",
];

/// A value in a table.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Cell {
    /// Text; may be empty.
    Text(String),
    /// A number.
    Number(f64),
}

/// A table.
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// Names of the columns.
    pub(super) header: &'static [&'static str],
    /// Rows, as wide as the header.
    pub(super) rows: Vec<Vec<Cell>>,
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

fn maybe(value: Option<&String>) -> Cell {
    Cell::Text(value.cloned().unwrap_or_default())
}

fn list<T: ToString>(values: &[T]) -> Cell {
    Cell::Text(values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}

fn number(n: u64) -> Cell {
    Cell::Number(n as f64)
}

fn yes_no(flag: Option<bool>) -> Cell {
    text(flag.map_or("", |f| if f { "yes" } else { "no" }))
}

/// Names of assets by id.
type Names<'a> = BTreeMap<&'a str, &'a str>;

fn named(names: &Names<'_>, id: Option<&String>) -> Cell {
    text(id.and_then(|id| names.get(id.as_str())).copied().unwrap_or_default())
}

/// All tables.
pub(super) fn all(analysis: &Analysis) -> Vec<Table> {
    TABLES.iter().filter_map(|name| table(analysis, name)).collect()
}

/// One table.
pub(super) fn table(analysis: &Analysis, name: &str) -> Option<Table> {
    let names: Names<'_> = analysis.assets.iter().map(|a| (a.id.as_str(), a.name.as_str())).collect();
    match name {
        "assets" => Some(assets(analysis)),
        "modules" => Some(modules(analysis)),
        "facts" => Some(facts(analysis)),
        "conversations" => Some(conversations(analysis, &names)),
        "zones" => Some(zones(analysis)),
        "conduits" => Some(conduits(analysis)),
        "flows" => Some(flows(analysis, &names)),
        "accounts" => Some(accounts(analysis, &names)),
        "findings" => Some(findings(analysis, &names)),
        "advisories" => Some(advisories(analysis, &names)),
        _ => None,
    }
}

fn assets(analysis: &Analysis) -> Table {
    let row = |a: &AssetView| {
        let level = a.level.as_ref().and_then(serde_json::Number::as_f64);
        vec![
            text(&a.id),
            text(&a.name),
            text(a.role),
            level.map_or_else(|| text(""), Cell::Number),
            maybe(a.zone.as_ref()),
            maybe(a.criticality.as_ref()),
            yes_no(a.safety),
            maybe(a.vendor.as_ref()),
            maybe(a.product.as_ref()),
            maybe(a.order_number.as_ref()),
            maybe(a.hardware.as_ref()),
            maybe(a.firmware.as_ref()),
            maybe(a.serial.as_ref()),
            list(&a.ips),
            list(&a.macs),
            list(&a.hostnames),
            list(&a.vlans),
            maybe(a.owner.as_ref()),
            maybe(a.location.as_ref()),
            number(a.modules.len() as u64),
            text(&a.first_seen),
            text(&a.last_seen),
        ]
    };
    Table {
        name: "assets",
        header: &[
            "id",
            "name",
            "role",
            "level",
            "zone",
            "criticality",
            "safety",
            "vendor",
            "product",
            "order_number",
            "hardware",
            "firmware",
            "serial",
            "ips",
            "macs",
            "hostnames",
            "vlans",
            "owner",
            "location",
            "modules",
            "first_seen",
            "last_seen",
        ],
        rows: analysis.assets.iter().map(row).collect(),
    }
}

fn modules(analysis: &Analysis) -> Table {
    let rows = analysis.assets.iter().flat_map(|a| {
        a.modules.iter().map(|m| {
            vec![
                text(&a.id),
                text(&a.name),
                text(&m.slot),
                maybe(m.vendor.as_ref()),
                maybe(m.product.as_ref()),
                maybe(m.order_number.as_ref()),
                maybe(m.firmware.as_ref()),
                maybe(m.serial.as_ref()),
            ]
        })
    });
    Table {
        name: "modules",
        header: &["asset", "asset_name", "slot", "vendor", "product", "order_number", "firmware", "serial"],
        rows: rows.collect(),
    }
}

fn facts(analysis: &Analysis) -> Table {
    let rows = analysis.assets.iter().flat_map(|a| {
        a.facts.iter().map(|f| {
            vec![
                text(&a.id),
                text(&a.name),
                text(f.attribute),
                text(&f.value),
                text(&f.protocol),
                Cell::Number(f.confidence),
                maybe(f.reason.as_ref()),
                text(&f.evidence.capture),
                number(f.evidence.frame),
                text(&f.evidence.field),
                text(&f.evidence.time),
            ]
        })
    });
    Table {
        name: "facts",
        header: &[
            "asset",
            "asset_name",
            "attribute",
            "value",
            "protocol",
            "confidence",
            "reason",
            "capture",
            "frame",
            "field",
            "time",
        ],
        rows: rows.collect(),
    }
}

fn conversations(analysis: &Analysis, names: &Names<'_>) -> Table {
    let row = |c: &ConversationView| {
        let operations: Vec<&str> = c.operations.iter().map(|o| o.name.as_str()).collect();
        vec![
            text(&c.client),
            named(names, c.client_asset.as_ref()),
            text(&c.server),
            named(names, c.server_asset.as_ref()),
            text(c.transport),
            c.server_port.map_or_else(|| text(""), |p| number(p.into())),
            text(&c.protocol),
            yes_no(Some(c.encrypted)),
            list(&operations),
            number(c.packets),
            number(c.bytes),
            text(&c.first_seen),
            text(&c.last_seen),
        ]
    };
    Table {
        name: "conversations",
        header: &[
            "client",
            "client_name",
            "server",
            "server_name",
            "transport",
            "server_port",
            "protocol",
            "encrypted",
            "operations",
            "packets",
            "bytes",
            "first_seen",
            "last_seen",
        ],
        rows: analysis.conversations.iter().map(row).collect(),
    }
}

fn zones(analysis: &Analysis) -> Table {
    let rows = analysis.zones.iter().map(|z| {
        vec![
            text(&z.id),
            text(&z.name),
            yes_no(Some(z.proposed)),
            z.level.as_ref().and_then(serde_json::Number::as_f64).map_or_else(|| text(""), Cell::Number),
            z.sl_t.map_or_else(|| text(""), |sl| number(sl.into())),
            maybe(z.site.as_ref()),
            number(z.assets.len() as u64),
            maybe(z.note.as_ref()),
        ]
    });
    Table {
        name: "zones",
        header: &["id", "name", "proposed", "level", "sl_t", "site", "assets", "note"],
        rows: rows.collect(),
    }
}

fn conduits(analysis: &Analysis) -> Table {
    let rows = analysis.conduits.iter().map(|c| {
        let protocols: Vec<String> = c
            .protocols
            .iter()
            .map(|p| match p.operations.is_empty() {
                true => p.protocol.clone(),
                false => format!("{} ({})", p.protocol, p.operations.join(", ")),
            })
            .collect();
        let v = c.verdicts;
        let counts = [v.forbidden, v.expired, v.undecided, v.tolerated, v.allowed];
        let mut row = vec![text(&c.from), text(&c.to), text(&protocols.join("; ")), number(c.flows.into())];
        row.extend(counts.into_iter().map(|n| number(n.into())));
        row.extend([number(c.packets), number(c.bytes), text(&c.first_seen), text(&c.last_seen)]);
        row
    });
    Table {
        name: "conduits",
        header: &[
            "zone",
            "other_zone",
            "protocols",
            "flows",
            "forbidden",
            "expired",
            "undecided",
            "tolerated",
            "allowed",
            "packets",
            "bytes",
            "first_seen",
            "last_seen",
        ],
        rows: rows.collect(),
    }
}

fn flows(analysis: &Analysis, names: &Names<'_>) -> Table {
    let rows = analysis.flows.iter().map(|f| {
        vec![
            text(f.status),
            text(&f.client),
            named(names, f.client_asset.as_ref()),
            text(&f.server),
            named(names, f.server_asset.as_ref()),
            text(&f.protocol),
            f.server_port.map_or_else(|| text(""), |p| number(p.into())),
            list(&f.operations),
            maybe(f.from.as_ref()),
            maybe(f.to.as_ref()),
            maybe(f.ruling.as_ref()),
            maybe(f.by.as_ref()),
            maybe(f.until.as_ref()),
            text(&f.why),
            text(&f.last_seen),
        ]
    });
    Table {
        name: "flows",
        header: &[
            "verdict",
            "client",
            "client_name",
            "server",
            "server_name",
            "protocol",
            "server_port",
            "operations",
            "from_zone",
            "to_zone",
            "ruling",
            "by",
            "until",
            "why",
            "last_seen",
        ],
        rows: rows.collect(),
    }
}

fn accounts(analysis: &Analysis, names: &Names<'_>) -> Table {
    let rows = analysis.accounts.iter().map(|a| {
        vec![
            text(&a.name),
            named(names, a.asset.as_ref()),
            named(names, a.client.as_ref()),
            text(&a.protocol),
            text(&a.mechanism),
            yes_no(Some(a.encrypted)),
            yes_no(a.accepted),
            text(&a.last_seen),
        ]
    });
    Table {
        name: "accounts",
        header: &["name", "at", "from", "protocol", "mechanism", "secret_protected", "accepted", "last_seen"],
        rows: rows.collect(),
    }
}

fn findings(analysis: &Analysis, names: &Names<'_>) -> Table {
    let rows = analysis.findings.iter().map(|f| {
        vec![
            text(f.severity),
            text(&f.title),
            named(names, Some(&f.subject.asset)),
            named(names, f.subject.peer.as_ref()),
            text(&f.detail),
            text(&f.remediation),
            list(&f.references.iec62443_3_3),
            list(&f.references.attack_ics),
            text(&f.check),
            text(&f.id),
        ]
    });
    Table {
        name: "findings",
        header: &[
            "severity",
            "title",
            "asset",
            "peer",
            "detail",
            "remediation",
            "iec62443_3_3",
            "attack_ics",
            "check",
            "id",
        ],
        rows: rows.collect(),
    }
}

fn advisories(analysis: &Analysis, names: &Names<'_>) -> Table {
    let rows = analysis.advisories.iter().map(|a| {
        vec![
            named(names, Some(&a.asset)),
            maybe(a.module.as_ref()),
            text(&a.advisory),
            text(&a.cve),
            text(a.status),
            a.score.map_or_else(|| text(""), |s| Cell::Number((f64::from(s) * 10.0).round() / 10.0)),
            text(&a.title),
            text(&a.reason),
        ]
    });
    Table {
        name: "advisories",
        header: &["asset", "module", "advisory", "cve", "status", "score", "title", "reason"],
        rows: rows.collect(),
    }
}
