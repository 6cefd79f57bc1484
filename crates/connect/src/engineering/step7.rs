//! Hardware configurations of STEP 7 (SIMATIC Manager, HW Config, "Station > Export"), `.cfg`.
//!
//! Siemens does not publish the format; it is that of samples and readers of others (`FILEVERSION "3.2"`), and no whole export was at
//! hand. A record is a heading that begins in the first column, and what stands between `BEGIN` and `END` after it. Headings:
//! `RACK r, SLOT s[, SUBSLOT u], "ORDER NUMBER" ["VERSION"], "NAME"`, `IOSUBSYSTEM n, IOADDRESS a[, SLOT s], …` for PROFINET and
//! `DPSUBSYSTEM n, DPADDRESS a[, SLOT s], …` for PROFIBUS. Addresses are octets in hexadecimal.

use super::addresses;
use super::fingerprint;
use super::project::{Device, FileError, ModuleOf, Place, Program, ProgramKind, Project, Said};
use super::xml::{Claims, File};
use model::{Attribute, Confidence, Part, Text};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Records of one station.
const RECORDS_MAX: usize = 200_000;
/// Lines in which a file shows what it is.
const HEAD_LINES: usize = 200;
const HEADINGS: [&str; 6] = ["STATION", "SUBNET", "RACK", "IOSUBSYSTEM", "DPSUBSYSTEM", "MASTERSYSTEM"];

/// Whether the text is such a file.
pub(super) fn is(text: &str) -> bool {
    text.lines().take(HEAD_LINES).any(|line| {
        line.starts_with("FILEVERSION \"")
            || (line.starts_with("STATION ") && line.contains('"'))
            || (line.starts_with("RACK ") && line.contains(", SLOT ") && line.contains('"'))
    })
}

/// Reads the whole file.
pub(super) fn read(file: &File<'_>) -> Result<Project, FileError> {
    let records = records(file)?;
    let station = records.iter().find(|r| r.keyword == "STATION");
    let title = station.and_then(|r| r.quoted.last()).map(|name| Text::new(name));
    let mut devices = rack(file, &records, station);
    for (subsystem, address) in [("IOSUBSYSTEM", "IOADDRESS"), ("DPSUBSYSTEM", "DPADDRESS")] {
        devices.extend(fieldbus(file, &records, subsystem, address));
    }
    let version = file.text.lines().take(HEAD_LINES).find_map(|l| l.strip_prefix("FILEVERSION "));
    let notes = version
        .map(|v| format!("Exported by STEP 7, file version {}.", Text::new(v.trim().trim_matches('"'))));
    Ok(Project { format: "step7", title, devices, types: Vec::new(), notes: notes.into_iter().collect() })
}

/// A record: its heading in pieces, and what is said in its body.
#[derive(Default)]
struct Record<'a> {
    keyword: &'a str,
    numbers: BTreeMap<&'a str, u16>,
    /// Texts in quotes; those of one piece of the heading follow each other.
    quoted: Vec<&'a str>,
    /// The first piece has a second text: a version.
    version: Option<&'a str>,
    line: u32,
    body: Vec<(&'a str, &'a str, u32)>,
}

impl Record<'_> {
    fn number(&self, name: &str) -> Option<u16> {
        self.numbers.get(name).copied()
    }

    fn ips(&self) -> impl Iterator<Item = IpAddr> {
        let addresses = self.body.iter().filter(|(key, ..)| *key == "IPADDRESS");
        addresses.filter_map(|(_, value, _)| addresses::hex_ip(value).or_else(|| addresses::ip(value)))
    }

    fn macs(&self) -> impl Iterator<Item = model::Mac> {
        let addresses = self.body.iter().filter(|(key, ..)| *key == "MACADDRESS");
        addresses.filter_map(|(_, value, _)| addresses::mac(value)).filter(|m| m.is_station())
    }
}

fn records<'a>(file: &File<'a>) -> Result<Vec<Record<'a>>, FileError> {
    let mut records: Vec<Record<'a>> = Vec::new();
    let (mut at, mut depth) = (0, 0_usize);
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let words = line.trim();
        let keyword = words.split([' ', ',']).next().unwrap_or_default();
        if !line.starts_with([' ', '\t']) && HEADINGS.contains(&keyword) {
            if records.len() >= RECORDS_MAX {
                return Err(file.error(start, format!("more than {RECORDS_MAX} records")));
            }
            if depth > 0 {
                return Err(file.error(start, "a record begins within another"));
            }
            records.push(heading(file, line.trim_end(), start)?);
        } else if words == "BEGIN" {
            depth += 1;
        } else if words == "END" {
            depth = depth.checked_sub(1).ok_or_else(|| file.error(start, "END without BEGIN"))?;
        } else if let Some(record) = records.last_mut().filter(|_| depth == 1) {
            let value = words.get(keyword.len()..).unwrap_or_default().trim();
            if matches!(keyword, "IPADDRESS" | "MACADDRESS" | "NAME" | "ASSET_ID" | "DEVICENAME" | "COMMENT")
            {
                record.body.push((keyword, value.trim_matches('"'), file.line_at(start)));
            }
        }
    }
    if depth > 0 {
        return Err(file.error(file.text.len(), "the file ends within a record"));
    }
    Ok(records)
}

fn heading<'a>(file: &File<'a>, line: &'a str, start: usize) -> Result<Record<'a>, FileError> {
    let mut record = Record { line: file.line_at(start), ..Record::default() };
    let mut rest = line;
    record.keyword = line.split([' ', ',']).next().unwrap_or_default();
    while !rest.is_empty() {
        let piece = piece(rest).map_err(|at| {
            let at = start + (line.len() - rest.len()) + at;
            file.error(at, "a quotation mark without its other")
        })?;
        rest = rest.get(piece.len()..).unwrap_or_default().trim_start_matches(',');
        let texts: Vec<&str> = piece.split('"').skip(1).step_by(2).collect();
        if let [text, more @ ..] = texts.as_slice() {
            if record.quoted.is_empty() {
                record.version = more.first().copied();
            }
            record.quoted.push(text);
        } else if let Some((name, number)) = piece.trim().split_once(char::is_whitespace)
            && let Ok(number) = number.trim().parse()
        {
            record.numbers.entry(name).or_insert(number);
        }
    }
    Ok(record)
}

/// Up to the next comma outside quotes; the place of the mark where one is not closed.
fn piece(text: &str) -> Result<&str, usize> {
    let mut open = None;
    for (at, byte) in text.bytes().enumerate() {
        match (open, byte) {
            (None, b'"') => open = Some(at),
            (Some(_), b'"') => open = None,
            (None, b',') => return Ok(text.get(..at).unwrap_or(text)),
            _ => {}
        }
    }
    open.map_or(Ok(text), Err)
}

/// What the project says of the module of a record.
fn claims(file: &File<'_>, record: &Record<'_>) -> Vec<Said> {
    let mut claims = file.claims();
    let path = format!("{}/", record.keyword);
    let likely = Confidence::LIKELY;
    let [order, name] = match record.quoted.as_slice() {
        [order, .., name] => [*order, *name],
        [name] => ["", *name],
        [] => ["", ""],
    };
    if is_description(order) {
        claims.say(Attribute::DeviceType, order, record.line, format!("{path}type"), likely);
    } else if is_order_number(order) {
        claims.say(Attribute::OrderNumber, order, record.line, format!("{path}order number"), likely);
        // A later version takes the configuration too.
        let version = record.version.unwrap_or_default();
        claims.say(Attribute::Firmware, version, record.line, format!("{path}version"), Confidence::GUESS);
    }
    claims.say(Attribute::Name, name, record.line, format!("{path}name"), likely);
    body_claims(&mut claims, record);
    claims.said
}

fn body_claims(claims: &mut Claims<'_>, record: &Record<'_>) {
    for (key, value, line) in &record.body {
        let attribute = match *key {
            "NAME" | "DEVICENAME" => Attribute::Name,
            "ASSET_ID" => Attribute::Location,
            "COMMENT" => Attribute::Description,
            _ => continue,
        };
        claims.say(attribute, value, *line, format!("{}/{key}", record.keyword), Confidence::LIKELY);
    }
}

/// The name of a device description file.
fn is_description(text: &str) -> bool {
    let small = text.to_ascii_lowercase();
    small.starts_with("gsdml-") || [".xml", ".gsd", ".gse", ".gsg"].iter().any(|e| small.ends_with(e))
}

/// Order numbers of Siemens begin with 6 or 3 and have groups with hyphens.
fn is_order_number(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|b| matches!(b, b'3' | b'6' | b'9'));
    first && text.contains('-') && text.len() >= 10
}

/// A module of the rack: its own record, and those of its parts.
struct Module<'r, 'a> {
    own: &'r Record<'a>,
    parts: Vec<&'r Record<'a>>,
}

impl Module<'_, '_> {
    fn ips(&self) -> Vec<IpAddr> {
        let mut ips: Vec<IpAddr> = self.own.ips().chain(self.parts.iter().flat_map(|p| p.ips())).collect();
        ips.dedup();
        ips
    }

    fn is_cpu(&self) -> bool {
        self.own.quoted.last().is_some_and(|name| name.starts_with("CPU"))
            || self
                .own
                .quoted
                .first()
                .is_some_and(|order| order.starts_with("6ES7 3") && order.get(5..7) == Some("31"))
    }

    fn place(&self) -> Place {
        let [rack, slot] = ["RACK", "SLOT"].map(|name| self.own.number(name).unwrap_or(0));
        if rack == 0 {
            Place::Part(Part::Slot(slot))
        } else {
            Place::Path(Text::new(&format!("rack {rack} slot {slot}")))
        }
    }
}

fn rack(file: &File<'_>, records: &[Record<'_>], station: Option<&Record<'_>>) -> Vec<Device> {
    let mut modules: BTreeMap<(u16, u16), Module<'_, '_>> = BTreeMap::new();
    for record in records.iter().filter(|r| r.keyword == "RACK") {
        let (Some(rack), Some(slot)) = (record.number("RACK"), record.number("SLOT")) else { continue };
        match modules.get_mut(&(rack, slot)) {
            Some(module) => module.parts.push(record),
            None => {
                modules.insert((rack, slot), Module { own: record, parts: Vec::new() });
            }
        }
    }
    let modules: Vec<&Module<'_, '_>> = modules.values().collect();
    let Some(main) = modules.iter().find(|m| m.is_cpu()).or(modules.first()).copied() else {
        return Vec::new();
    };
    let module = |m: &Module<'_, '_>| ModuleOf { place: m.place(), claims: claims(file, m.own) };
    let same = |m: &Module<'_, '_>| std::ptr::eq(m.own, main.own);
    let mut controller = device(file, main, modules.iter().filter(|m| !same(m)).map(|m| module(m)).collect());
    if let Some(station) = station {
        let mut said = file.claims();
        said.said = std::mem::take(&mut controller.claims);
        let name = station.quoted.last().copied().unwrap_or_default();
        said.say(Attribute::Name, name, station.line, "STATION/name".into(), Confidence::LIKELY);
        controller.claims = said.said;
    }
    controller.programs.push(configuration(file, controller.line));
    let ways = modules.iter().filter(|m| !same(m) && !m.ips().is_empty());
    let ways = ways.map(|m| device(file, m, vec![module(main)]));
    std::iter::once(controller).chain(ways).collect()
}

fn device(file: &File<'_>, module: &Module<'_, '_>, modules: Vec<ModuleOf>) -> Device {
    let records = || std::iter::once(&module.own).chain(&module.parts);
    Device {
        name: module.own.quoted.last().map(|name| Text::new(name)),
        ips: module.ips(),
        macs: records().flat_map(|r| r.macs()).collect(),
        claims: claims(file, module.own),
        modules,
        line: module.own.line,
        ..Device::default()
    }
}

/// The station's whole configuration, but for remarks: the export writes its date there.
fn configuration(file: &File<'_>, line: u32) -> Program {
    let lines: Vec<&str> = file.text.lines().filter(|l| !l.trim_start().starts_with('#')).collect();
    Program {
        name: Text::new("hardware configuration"),
        kind: ProgramKind::Configuration,
        checksum: Some(fingerprint::of_text(&lines.join("\n"))),
        line,
    }
}

/// Devices on a fieldbus, each with its slots.
fn fieldbus(file: &File<'_>, records: &[Record<'_>], subsystem: &str, address: &str) -> Vec<Device> {
    let mut devices: BTreeMap<(u16, u16), Device> = BTreeMap::new();
    for record in records.iter().filter(|r| r.keyword == subsystem) {
        let (Some(system), Some(at)) = (record.number(subsystem), record.number(address)) else { continue };
        let device =
            devices.entry((system, at)).or_insert_with(|| Device { line: record.line, ..Device::default() });
        device.ips.extend(record.ips());
        device.macs.extend(record.macs());
        match record.number("SLOT") {
            None => {
                let mut said = file.claims();
                said.said = claims(file, record);
                said.say(
                    Attribute::StationAddress,
                    &at.to_string(),
                    record.line,
                    format!("{subsystem}/{address}"),
                    Confidence::LIKELY,
                );
                device.claims.extend(said.said);
                device.name = record.quoted.last().map(|name| Text::new(name));
            }
            // The interface of the device itself.
            Some(0) => {
                let mut said = file.claims();
                body_claims(&mut said, record);
                device.claims.extend(said.said);
            }
            Some(slot) if record.number("SUBSLOT").is_none() && !record.quoted.is_empty() => {
                let place = Place::Part(Part::Slot(slot));
                device.modules.push(ModuleOf { place, claims: claims(file, record) });
            }
            Some(_) => {}
        }
    }
    devices.into_values().collect()
}

#[cfg(test)]
#[path = "step7_tests.rs"]
mod tests;
#[cfg(test)]
pub(super) use tests::SAMPLE;
