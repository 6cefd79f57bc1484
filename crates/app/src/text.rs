//! The posture as text for a terminal.

use comfy_table::{ContentArrangement, Table, presets};
use model::advisory::{AssetMatch, MatchStatus};
use model::finding::Severity;
use model::id::AssetId;
use model::journal::Capture;
use model::{Attribute, OperationClass};
use posture::inventory::{Asset, Conversation, Inventory};
use posture::view::{Posture, Viewer, role_words};
use std::collections::BTreeMap;
use std::io::{Result, Write};

/// Conversations listed in the text report; all are in the JSON document.
const CONVERSATIONS_MAX: usize = 60;

/// Makes text from the wire harmless on a terminal: control characters, among them escape sequences and marks that turn the direction of
/// writing, become visible.
pub(crate) fn inert(text: &str) -> String {
    text.chars().map(|c| if is_active(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Writes the whole report.
///
/// # Errors
/// When writing fails.
pub(crate) fn report(posture: &Posture, out: &mut dyn Write) -> Result<()> {
    let inventory = &posture.inventory;
    headline(posture, out)?;
    findings(posture, out)?;
    assets(posture, out)?;
    advisories(posture, out)?;
    conversations(inventory, out)?;
    problems(posture, out)
}

fn headline(posture: &Posture, out: &mut dyn Write) -> Result<()> {
    let inventory = &posture.inventory;
    for capture in &inventory.captures {
        let span = match (capture.first, capture.last) {
            (Some(first), Some(last)) => format!(", {first} to {last}"),
            _ => String::new(),
        };
        let unit = if capture.is_log() { "lines" } else { "packets" };
        writeln!(out, "{}: {} {unit}{span}", inert(&capture.name), capture.packets)?;
    }
    let mut roles: BTreeMap<&str, usize> = BTreeMap::new();
    for asset in &inventory.assets {
        *roles.entry(role_words(asset.role)).or_default() += 1;
    }
    let roles: Vec<String> = roles.iter().map(|(role, n)| format!("{n} {role}")).collect();
    writeln!(out, "{} assets: {}", inventory.assets.len(), roles.join(", "))?;
    let counts =
        Severity::ALL.iter().map(|s| (s, posture.findings.iter().filter(|f| f.severity == *s).count()));
    let counts: Vec<String> =
        counts.filter(|(_, n)| *n > 0).map(|(s, n)| format!("{n} {}", s.as_str())).collect();
    let counts = if counts.is_empty() { "none".into() } else { counts.join(", ") };
    writeln!(out, "Findings: {counts}")
}

fn mark(severity: Severity) -> char {
    match severity {
        Severity::Critical => '◆',
        Severity::High => '▲',
        Severity::Medium => '■',
        Severity::Low => '●',
        Severity::Info => '○',
    }
}

fn findings(posture: &Posture, out: &mut dyn Write) -> Result<()> {
    if posture.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nFINDINGS")?;
    let viewer = Viewer::new(posture);
    let names: BTreeMap<_, _> = posture.inventory.assets.iter().map(|a| (&a.id, a.name.as_str())).collect();
    for finding in &posture.findings {
        let asset = names.get(&finding.subject.asset).copied().unwrap_or_default();
        writeln!(
            out,
            "{} {:8} {}: {}",
            mark(finding.severity),
            finding.severity.as_str(),
            inert(asset),
            inert(&finding.title)
        )?;
        writeln!(out, "             {}", inert(&finding.detail))?;
        if let Some(first) = finding.evidence.first() {
            let evidence = viewer.evidence(first);
            let of = |id| posture.inventory.captures.iter().find(|c| c.id == id);
            writeln!(
                out,
                "             {} {} of {} ({})",
                of(first.capture).map_or("frame", Capture::unit),
                evidence.frame,
                inert(&evidence.capture),
                evidence.field
            )?;
        }
        writeln!(out, "             do: {}", inert(&finding.remediation))?;
    }
    Ok(())
}

/// An empty table with a header, without lines.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.to_vec());
    table
}

fn assets(posture: &Posture, out: &mut dyn Write) -> Result<()> {
    let inventory = &posture.inventory;
    if inventory.assets.is_empty() {
        return writeln!(out, "\nNo asset was seen.");
    }
    writeln!(out, "\nASSETS")?;
    let mut rows =
        table(&["level", "role", "name", "address", "vendor", "product", "firmware", "criticality", "zone"]);
    let mut sorted: Vec<&Asset> = inventory.assets.iter().collect();
    sorted.sort_by(|a, b| (b.level, a.role, &a.name).cmp(&(a.level, b.role, &b.name)));
    let viewer = Viewer::new(posture);
    for asset in sorted {
        let view = viewer.asset(asset);
        let address = asset.ips.first().map(ToString::to_string);
        let address = address.or_else(|| asset.macs.first().map(ToString::to_string)).unwrap_or_default();
        let cell = |text: Option<String>| inert(&text.unwrap_or_default());
        rows.add_row(vec![
            asset.level.map(|l| l.to_string()).unwrap_or_default(),
            role_words(asset.role).to_owned(),
            inert(&asset.name),
            address,
            cell(view.vendor),
            cell(view.product.or(view.order_number)),
            cell(view.firmware),
            cell(view.criticality),
            cell(view.zone),
        ]);
        for module in &asset.modules {
            let best = |attribute| {
                module.claims.iter().find(|c| c.attribute == attribute).map(|c| c.value.to_string())
            };
            rows.add_row(vec![
                String::new(),
                String::new(),
                format!("  {}", posture::view::slot(module.part)),
                String::new(),
                cell(best(Attribute::Vendor)),
                cell(best(Attribute::Product)),
                cell(best(Attribute::Firmware)),
            ]);
        }
    }
    writeln!(out, "{}", rows.trim_fmt())
}

fn conversations(inventory: &Inventory, out: &mut dyn Write) -> Result<()> {
    // Address resolution is the noise of every link; the document has it.
    let told = |c: &&Conversation| c.protocol.as_ref().is_some_and(|p| *p != "arp");
    let mut shown: Vec<&Conversation> = inventory.conversations.iter().filter(told).collect();
    if shown.is_empty() {
        return Ok(());
    }
    shown.sort_by_key(|c| (std::cmp::Reverse(weight(c)), std::cmp::Reverse(c.packets)));
    writeln!(out, "\nCONVERSATIONS")?;
    let mut rows = table(&["client", "server", "port", "protocol", "packets", "what"]);
    for c in shown.iter().take(CONVERSATIONS_MAX) {
        rows.add_row(vec![
            c.client.clone(),
            c.server.clone(),
            c.server_port.map(|p| p.to_string()).unwrap_or_default(),
            format!(
                "{}{}",
                c.protocol.as_ref().map_or("", |p| p.as_str()),
                if c.encrypted { " (encrypted)" } else { "" }
            ),
            c.packets.to_string(),
            inert(&done(c)),
        ]);
    }
    writeln!(out, "{}", rows.trim_fmt())?;
    if shown.len() > CONVERSATIONS_MAX {
        writeln!(out, "… and {} more (--format json has all)", shown.len() - CONVERSATIONS_MAX)?;
    }
    Ok(())
}

/// Open advisories by asset: how many, and the one with the highest score.
fn advisories(posture: &Posture, out: &mut dyn Write) -> Result<()> {
    let open = |m: &&AssetMatch| matches!(m.found.status, MatchStatus::Affected | MatchStatus::Possible);
    let mut by_asset: BTreeMap<&AssetId, Vec<&AssetMatch>> = BTreeMap::new();
    for found in posture.matches.iter().filter(open) {
        by_asset.entry(&found.asset).or_default().push(found);
    }
    if by_asset.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nADVISORIES")?;
    let mut rows = table(&["asset", "affected", "possible", "worst", "score", "why"]);
    for asset in &posture.inventory.assets {
        let Some(found) = by_asset.get(&asset.id) else { continue };
        let count = |status| found.iter().filter(|m| m.found.status == status).count().to_string();
        // Certain before possible, then by score.
        let rank = |m: &&&AssetMatch| {
            (m.found.status == MatchStatus::Affected, (m.found.score.unwrap_or(0.0) * 10.0) as u32)
        };
        let Some(worst) = found.iter().max_by_key(rank) else { continue };
        rows.add_row(vec![
            inert(&asset.name),
            count(MatchStatus::Affected),
            count(MatchStatus::Possible),
            format!("{} {}", worst.found.advisory, worst.found.cve),
            worst.found.score.map(|s| format!("{s:.1}")).unwrap_or_default(),
            inert(&worst.found.reason),
        ]);
    }
    writeln!(out, "{}", rows.trim_fmt())
}

/// Engineering first, then changes, then the rest.
fn weight(c: &Conversation) -> u8 {
    let any = |test: fn(OperationClass) -> bool| c.operations.iter().any(|o| test(o.operation.class));
    if any(OperationClass::is_engineering) { 2 } else { u8::from(any(OperationClass::is_change)) }
}

fn done(c: &Conversation) -> String {
    let mut by_class: BTreeMap<OperationClass, u64> = BTreeMap::new();
    for o in &c.operations {
        *by_class.entry(o.operation.class).or_default() += o.requests.max(o.responses);
    }
    let words: Vec<String> =
        by_class.iter().map(|(class, n)| format!("{} {n}", class.as_str().replace('_', " "))).collect();
    words.join(", ")
}

fn problems(posture: &Posture, out: &mut dyn Write) -> Result<()> {
    let inventory = &posture.inventory;
    let problems = Viewer::new(posture).problems(posture);
    if problems.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nWHAT COULD NOT BE SEEN")?;
    for problem in problems {
        let place = match (problem.capture.as_str(), problem.frame) {
            ("", _) => String::new(),
            (capture, Some(frame)) => {
                let of = inventory.captures.iter().find(|c| c.name == capture);
                format!("{capture}, {} {frame}: ", of.map_or("frame", Capture::unit))
            }
            (capture, None) => format!("{capture}: "),
        };
        writeln!(out, "{}{}", inert(&place), inert(&problem.what))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_become_visible() {
        assert_eq!(inert("PLC\u{1b}[2J\r\n\u{202e}x"), "PLC\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}x");
        assert_eq!(inert("Größe 5 µm"), "Größe 5 µm");
    }
}
