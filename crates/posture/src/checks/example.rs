//! Examples: a small plant in a few lines, and the findings it must give. They are the tests of a check.

use crate::inventory::{Account, Asset, Claim, Conversation, Inventory, Module, Secret, Service};
use model::access::{Account as ListedAccount, Grant, Listed, SecretMark};
use model::advisory::{AssetMatch, Match, MatchStatus};
use model::cmdb::Place;
use model::conversation::{ClientBy, OperationCount};
use model::id::AssetId;
use model::observation::Mechanism;
use model::{
    Attribute, CaptureId, Confidence, Evidence, Level, Mac, Name, Operation, OperationClass, Part, Role,
    Text, Timestamp, Transport,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// One test.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// The plant.
    pub given: Given,
    /// The findings: the name of the asset, or `asset / peer`.
    pub expect: Vec<String>,
}

/// A plant in a few lines; what is not said has the default that makes no finding.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Given {
    assets: Vec<GivenAsset>,
    conversations: Vec<GivenConversation>,
    sign_ins: Vec<GivenSignIn>,
    accounts: Vec<GivenAccount>,
    grants: Vec<Grant>,
    secrets: Vec<GivenSecret>,
    advisories: Vec<GivenAdvisory>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenAsset {
    name: String,
    #[serde(default)]
    role: Option<Role>,
    #[serde(default)]
    level: Option<Level>,
    #[serde(default)]
    ips: Vec<IpAddr>,
    #[serde(default)]
    macs: Vec<Mac>,
    #[serde(default)]
    claims: Vec<GivenClaim>,
    #[serde(default)]
    services: Vec<GivenService>,
    #[serde(default)]
    modules: Vec<GivenModule>,
    #[serde(default)]
    last_seen: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenClaim {
    attribute: Attribute,
    value: String,
    #[serde(default)]
    protocol: Option<String>,
    #[serde(default)]
    field: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenService {
    #[serde(default)]
    protocol: Option<String>,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    encrypted: bool,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenModule {
    slot: u16,
    #[serde(default)]
    claims: Vec<GivenClaim>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenConversation {
    client: String,
    server: String,
    #[serde(default)]
    protocol: Option<String>,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default = "tcp")]
    transport: Transport,
    #[serde(default = "handshake")]
    client_by: ClientBy,
    #[serde(default)]
    encrypted: bool,
    #[serde(default = "yes")]
    answered: bool,
    #[serde(default)]
    operations: Vec<GivenOperation>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenOperation {
    name: String,
    class: OperationClass,
    #[serde(default)]
    code: u32,
    #[serde(default = "one")]
    requests: u64,
    #[serde(default = "one")]
    responses: u64,
    #[serde(default)]
    errors: u64,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenSignIn {
    asset: String,
    #[serde(default)]
    client: Option<String>,
    #[serde(default)]
    name: String,
    protocol: String,
    mechanism: Mechanism,
    #[serde(default)]
    encrypted: bool,
    #[serde(default)]
    accepted: Option<bool>,
}

/// An account of a list.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenAccount {
    name: String,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    expires: Option<Timestamp>,
    #[serde(default)]
    groups: Vec<String>,
}

/// A secret that was shown; equal numbers stand for equal secrets.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenSecret {
    asset: String,
    #[serde(default)]
    client: Option<String>,
    #[serde(default)]
    name: String,
    protocol: String,
    mechanism: Mechanism,
    mark: u64,
    #[serde(default)]
    default_of: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenAdvisory {
    asset: String,
    advisory: String,
    cve: String,
    status: MatchStatus,
    #[serde(default)]
    score: Option<f32>,
    #[serde(default)]
    module: Option<String>,
}

fn tcp() -> Transport {
    Transport::Tcp
}

fn handshake() -> ClientBy {
    ClientBy::Handshake
}

fn yes() -> bool {
    true
}

fn one() -> u64 {
    1
}

/// Builds the inventory; every fact gets a frame of its own, so that evidence can be told apart.
#[derive(Default)]
struct Builder {
    frame: u64,
    ids: BTreeMap<String, AssetId>,
}

impl Given {
    /// The plant as the inventory would show it.
    pub(super) fn inventory(&self) -> (Inventory, Vec<AssetMatch>) {
        let mut build = Builder::default();
        for (i, asset) in self.assets.iter().enumerate() {
            build.ids.insert(asset.name.clone(), AssetId::of(&["example", &format!("{i:04}")]));
        }
        let assets = self.assets.iter().enumerate().map(|(i, a)| build.asset(i, a)).collect();
        let conversations = self.conversations.iter().map(|c| build.conversation(c)).collect();
        let accounts = self.sign_ins.iter().map(|s| build.account(s)).collect();
        let matches = self.advisories.iter().filter_map(|a| build.advisory(a)).collect();
        let secrets = self.secrets.iter().map(|s| build.secret(s)).collect();
        (
            Inventory {
                assets,
                conversations,
                accounts,
                secrets,
                listed: self.listed(),
                ..Inventory::default()
            },
            matches,
        )
    }

    fn listed(&self) -> Vec<Listed> {
        let account = |given: &GivenAccount| {
            let mut account = ListedAccount::new(&given.name, Place::default());
            account.enabled = given.enabled;
            account.expires = given.expires;
            account.groups = given.groups.iter().map(|g| Text::new(g)).collect();
            Listed::Account(Box::new(account))
        };
        let grant = |grant: &Grant| Listed::Grant { grant: Box::new(grant.clone()), place: Place::default() };
        self.accounts.iter().map(account).chain(self.grants.iter().map(grant)).collect()
    }
}

impl Builder {
    fn evidence(&mut self, field: &'static str) -> Evidence {
        self.frame += 1;
        let time = Timestamp::from_parts(i64::try_from(self.frame).unwrap_or_default(), 0);
        Evidence { capture: CaptureId(0), frame: self.frame, time, field: Name::new(field), bytes: None }
    }

    fn asset(&mut self, i: usize, given: &GivenAsset) -> Asset {
        let evidence = self.evidence("eth.src");
        let address = Ipv4Addr::from_bits(0x0A00_0001 + u32::try_from(i).unwrap_or_default());
        Asset {
            id: self.ids.get(&given.name).cloned().unwrap_or_else(|| AssetId(given.name.as_str().into())),
            name: given.name.clone(),
            role: given.role.unwrap_or(Role::Unknown),
            level: given.level,
            criticality: None,
            safety: None,
            conflicts: Vec::new(),
            macs: given.macs.clone(),
            ips: if given.ips.is_empty() { vec![address.into()] } else { given.ips.clone() },
            vlans: Vec::new(),
            claims: given.claims.iter().map(|c| self.claim(c)).collect(),
            modules: given.modules.iter().map(|m| self.module(m)).collect(),
            services: given.services.iter().map(|s| self.service(s)).collect(),
            joined_by: Vec::new(),
            first_seen: evidence.time,
            last_seen: given.last_seen.unwrap_or(evidence.time),
            evidence,
        }
    }

    fn claim(&mut self, given: &GivenClaim) -> Claim {
        Claim {
            attribute: given.attribute,
            value: Text::new(&given.value),
            protocol: Name::owned(given.protocol.clone().unwrap_or_else(|| "example".to_owned())),
            confidence: Confidence::CERTAIN,
            evidence: Evidence {
                field: Name::owned(given.field.clone().unwrap_or_else(|| "claim".to_owned())),
                ..self.evidence("claim")
            },
            reason: None,
        }
    }

    fn module(&mut self, given: &GivenModule) -> Module {
        Module { part: Part::Slot(given.slot), claims: given.claims.iter().map(|c| self.claim(c)).collect() }
    }

    fn service(&mut self, given: &GivenService) -> Service {
        Service {
            transport: Transport::Tcp,
            port: given.port,
            protocol: given.protocol.clone().map(Name::owned),
            encrypted: given.encrypted,
            clients: 1,
            evidence: self.evidence("service"),
        }
    }

    fn conversation(&mut self, given: &GivenConversation) -> Conversation {
        let evidence = self.evidence("frame");
        Conversation {
            client: given.client.clone(),
            server: given.server.clone(),
            client_asset: self.ids.get(&given.client).cloned(),
            server_asset: self.ids.get(&given.server).cloned(),
            server_port: given.port,
            transport: given.transport,
            vlan: None,
            protocol: given.protocol.clone().map(Name::owned),
            client_by: given.client_by,
            encrypted: given.encrypted,
            answered: given.answered,
            packets: 10,
            bytes: 1000,
            first_seen: evidence.time,
            last_seen: evidence.time,
            operations: given.operations.iter().map(|o| self.operation(o)).collect(),
            evidence,
        }
    }

    fn operation(&mut self, given: &GivenOperation) -> OperationCount {
        let first = self.evidence("operation");
        OperationCount {
            operation: Operation {
                name: Name::owned(given.name.clone()),
                code: given.code,
                class: given.class,
            },
            requests: given.requests,
            responses: given.responses,
            errors: given.errors,
            last: first.time,
            first,
        }
    }

    fn account(&mut self, given: &GivenSignIn) -> Account {
        let evidence = self.evidence("sign-in");
        Account {
            name: Text::new(&given.name),
            asset: self.ids.get(&given.asset).cloned(),
            client: given.client.as_ref().and_then(|c| self.ids.get(c)).cloned(),
            protocol: Name::owned(given.protocol.clone()),
            mechanism: given.mechanism,
            encrypted: given.encrypted,
            accepted: given.accepted,
            last_seen: evidence.time,
            evidence,
        }
    }

    fn secret(&mut self, given: &GivenSecret) -> Secret {
        let evidence = self.evidence("secret");
        Secret {
            name: Text::new(&given.name),
            asset: self.ids.get(&given.asset).cloned(),
            client: given.client.as_ref().and_then(|c| self.ids.get(c)).cloned(),
            protocol: Name::owned(given.protocol.clone()),
            mechanism: given.mechanism,
            mark: Some(SecretMark(given.mark)),
            default_of: given.default_of.as_ref().map(|d| Text::new(d)),
            last_seen: evidence.time,
            evidence,
        }
    }

    fn advisory(&self, given: &GivenAdvisory) -> Option<AssetMatch> {
        Some(AssetMatch {
            asset: self.ids.get(&given.asset)?.clone(),
            module: given.module.clone(),
            found: Match {
                advisory: given.advisory.clone(),
                cve: given.cve.clone(),
                status: given.status,
                reason: "example".to_owned(),
                confidence: 1.0,
                missing: None,
                score: given.score,
            },
        })
    }
}
