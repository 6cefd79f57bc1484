//! The plant model: a YAML file of what people know, read into the same acts as decisions made on screen.

use crate::plant::{self, Plant};
use model::access::Grant;
use model::plant::{Act, Anchor, Criticality, Decision, Ruling, Setting, Zone};
use model::statement::Statement;
use model::{Level, Role, Text, Timestamp};
use serde::{Deserialize, Serialize};

/// Largest file in bytes.
const FILE_BYTES_MAX: usize = 16 << 20;

/// A mistake in a model, with its place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ModelError {
    /// Name of the file.
    pub file: String,
    /// Line from 1; 0 where no single line is to blame.
    pub line: u64,
    /// Column from 1.
    pub column: u64,
    /// What is wrong.
    pub message: String,
}

/// The file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlantFile {
    /// Zones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<Zone>,
    /// What is known of devices.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<AssetEntry>,
    /// Rulings on flows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<FlowEntry>,
    /// Rights on devices, given to accounts and groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<Grant>,
    /// Statements on vulnerabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
    /// Addresses that are one device, in groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merge: Vec<Vec<Anchor>>,
    /// Pairs: the first address is not of the device that has the second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub split: Vec<(Anchor, Anchor)>,
}

/// What is known of a device.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetEntry {
    /// An address of it.
    pub address: Anchor,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Purdue level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// How much depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality: Option<Criticality>,
    /// It is part of a safety function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety: Option<bool>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Text>,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Text>,
    /// The zone it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Text>,
    /// Anything worth knowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// A ruling, with who made it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FlowEntry {
    /// The ruling.
    #[serde(flatten)]
    pub ruling: Ruling,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Text>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
}

/// An act of a file: who, why, what.
pub type Said = (Text, Text, Act);

impl PlantFile {
    /// Reads a file; `name` is what errors call it.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place; then nothing of it counts.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<ModelError>> {
        let fail = |line, column, message| ModelError { file: name.to_owned(), line, column, message };
        if text.len() > FILE_BYTES_MAX {
            return Err(vec![fail(0, 0, format!("larger than {FILE_BYTES_MAX} bytes"))]);
        }
        let file: Self = serde_saphyr::from_str(text).map_err(|e| {
            let (line, column) = e.location().map_or((0, 0), |l| (l.line(), l.column()));
            vec![fail(line, column, e.without_snippet().to_string().replace('\n', " "))]
        })?;
        let acts = file.acts(name);
        let plant = Plant::of(numbered(&acts, 1, Timestamp::default()).iter());
        let mut wrong: Vec<String> =
            acts.iter().filter_map(|(.., act)| plant::check(act, &plant, 0).err()).collect();
        wrong.extend(twice(file.zones.iter().map(|z| &z.id)).map(|id| format!("zone {id} is defined twice")));
        wrong.extend(
            twice(file.flows.iter().map(|f| &f.ruling.id)).map(|id| format!("flow {id} is ruled on twice")),
        );
        wrong.extend(twice(file.access.iter().map(|g| &g.id)).map(|id| format!("grant {id} is given twice")));
        if wrong.is_empty() { Ok(file) } else { Err(wrong.into_iter().map(|w| fail(0, 0, w)).collect()) }
    }

    /// What it says, as acts by `name`.
    pub fn acts(&self, name: &str) -> Vec<Said> {
        let by = Text::new(name);
        let plain = |act: Act| (by.clone(), Text::new(""), act);
        let mut all: Vec<Said> = self.zones.iter().map(|z| plain(Act::Zone { zone: z.clone() })).collect();
        for entry in &self.assets {
            let asset = entry.address;
            all.extend(entry.settings().into_iter().map(|setting| plain(Act::Set { asset, setting })));
        }
        for entry in &self.flows {
            let act = Act::Rule { ruling: entry.ruling.clone() };
            let who = entry.by.clone().unwrap_or_else(|| by.clone());
            all.push((who, entry.why.clone().unwrap_or_else(|| Text::new("")), act));
        }
        all.extend(self.statements.iter().map(|s| plain(Act::State { statement: s.clone() })));
        all.extend(self.access.iter().map(|grant| plain(Act::Grant { grant: grant.clone() })));
        for group in &self.merge {
            let pairs = group.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)));
            all.extend(pairs.map(|(asset, with)| plain(Act::Merge { asset, with })));
        }
        all.extend(self.split.iter().map(|(asset, from)| plain(Act::Split { asset: *asset, from: *from })));
        all
    }

    /// As YAML that [`Self::parse`] reads.
    ///
    /// # Errors
    /// The serializer's, which does not happen for these types.
    pub fn to_yaml(&self) -> Result<String, String> {
        serde_saphyr::to_string(self).map_err(|e| e.to_string())
    }
}

impl AssetEntry {
    fn settings(&self) -> Vec<Setting> {
        let all = [
            self.name.clone().map(Setting::Name),
            self.role.map(Setting::Role),
            self.level.map(Setting::Level),
            self.criticality.map(Setting::Criticality),
            self.safety.map(Setting::Safety),
            self.owner.clone().map(Setting::Owner),
            self.location.clone().map(Setting::Location),
            self.zone.clone().map(Setting::Zone),
            self.note.clone().map(Setting::Note),
        ];
        all.into_iter().flatten().collect()
    }
}

/// Acts as decisions made at `at`, numbered from `first`.
pub fn numbered(acts: &[Said], first: u64, at: Timestamp) -> Vec<Decision> {
    let decision = |(number, (by, why, act)): (u64, &Said)| Decision {
        number,
        at,
        by: by.clone(),
        why: why.clone(),
        act: act.clone(),
    };
    (first..).zip(acts).map(decision).collect()
}

fn twice<'a>(ids: impl Iterator<Item = &'a Text>) -> impl Iterator<Item = &'a Text> {
    let mut seen = std::collections::BTreeSet::new();
    ids.filter(move |id| !seen.insert(*id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "
zones:
  - id: cell-1
    name: Cell 1
    level: 1
    sl_t: 3
    members:
      - subnets: [10.0.1.0/24]
        levels: [0, 1]
  - id: office
    name: Office
    members: [{ subnets: [10.9.0.0/16] }]
assets:
  - address: 10.0.1.5
    name: Boiler
    role: safety_controller
    criticality: critical
    zone: cell-1
flows:
  - id: readers
    from: office
    to: cell-1
    protocols: [modbus]
    operations: [read]
    verdict: tolerated
    until: 2027-01-01T00:00:00Z
    by: Jo
    why: until the historian is moved
  - { id: rest, from: any, to: cell-1, verdict: forbidden }
access:
  - { id: engineers, group: Engineers, right: engineer, on: ['zone:cell-1', PLC-*] }
  - { id: jo, account: PLANT\\jo, right: view, on: [any], until: 2027-01-01T00:00:00Z }
merge:
  - [10.0.1.5, 00:80:f4:00:00:01]
";

    #[test]
    fn a_model_is_read_and_written_the_same() {
        let file = PlantFile::parse("plant.yaml", MODEL).unwrap();
        assert_eq!(file.acts("plant.yaml").len(), 2 + 4 + 2 + 2 + 1);
        let again = PlantFile::parse("again.yaml", &file.to_yaml().unwrap()).unwrap();
        assert_eq!(again, file);
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let wrong = |text: &str| PlantFile::parse("plant.yaml", text).unwrap_err();
        let first = |text: &str| wrong(text).first().unwrap().to_string();
        assert!(first("zones:\n  - id: a\n    name: A\n    colour: red\n").starts_with("plant.yaml:4:"));
        assert!(first("assets:\n  - address: plc\n").contains("neither an IP nor a MAC"));
        assert!(first("assets: [{ address: 10.0.0.1, zone: nowhere }]").contains("not defined"));
        assert!(first("zones: [{ id: any, name: X }]").contains("cannot be the id"));
        assert!(first("flows: [{ id: a, from: any, to: any, verdict: tolerated }]").contains("until a date"));
        assert!(first("access: [{ id: a, right: view, on: [any] }]").contains("one account or to one group"));
        assert!(first("access: [{ id: a, group: g, right: view, on: ['zone:x'] }]").contains("no zone x"));
        assert!(first("access: [{ id: a, group: g, right: rule, on: [any] }]").starts_with("plant.yaml:1:"));
        assert_eq!(wrong("zones: [{ id: a, name: A }, { id: a, name: B }]").len(), 1);
    }
}
