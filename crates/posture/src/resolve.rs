//! From the site's sets to the inventory: devices with their claims, role, level, modules, services, and conversations between them.

use crate::bearing::Bearing;
use crate::classify::{Verdict, classify, is_control, names_a_product};
use crate::features::Features;
use crate::identity::{Device, Identity};
use crate::inventory::{Account, Asset, Claim, Conversation, Inventory, Module, Secret, Service};
use crate::levels::{self, Kind, Place};
use crate::plant::{Plant, Witness};
use crate::said::{self, anchors};
use crate::site::{Address, Claims, Presence, Site, Totals, address_of};
use crate::vendors;
use model::conversation::ConversationKey;
use model::id::AssetId;
use model::observation::{SecretUse, SignIn};
use model::plant::{Anchor, Setting};
use model::{Attribute, Confidence, Evidence, Host, Level, Name, Part, Role, Text, Timestamp, Transport};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Makers by the beginning of an order number.
static ORDER_NUMBERS: &str = include_str!("../../../content/vendors/order-numbers.tsv");
/// The protocol name of conclusions.
const CONCLUSION: Name = Name::new("sightglass");

/// Works the inventory out. Costs time linear in the site (and a logarithm); the same site gives the same inventory.
pub fn resolve(site: &Site) -> Inventory {
    let plant = Plant::of(site.decisions.values());
    inventory(site, &Identity::of(site, &plant), plant)
}

/// Works the inventory out when it is known which addresses are one device, and what people decided.
pub fn inventory(site: &Site, identity: &Identity, plant: Plant) -> Inventory {
    let devices: Vec<&Device> = identity.devices().collect();
    let index = Index::of(&devices);
    let conversations = merge_unrecognised(site);
    let last_heard = last_heard(site, &conversations);
    let mut assets: Vec<Asset> = devices.iter().filter_map(|d| asset(site, d, &last_heard)).collect();
    let features = features(identity, &devices, &assets, &conversations, &index);
    let anchors: Vec<Vec<Anchor>> = assets.iter().map(anchors).collect();
    let said = |at: usize, field| anchors.get(at).and_then(|all| plant.said(all, field));
    let mut verdicts: Vec<Verdict> = features
        .iter()
        .enumerate()
        .map(|(at, f)| said_role(said(at, "role")).unwrap_or_else(|| classify(f)))
        .collect();
    let mut places = places(&assets, &features, &verdicts, &conversations, &index);
    reconsider(&mut verdicts, &mut places, &features);
    let levels = levels::levels(&places);
    let bearings: Vec<Bearing> = (0..assets.len())
        .zip(verdicts.iter().zip(&levels).zip(&features))
        .map(|(at, ((verdict, level), f))| {
            let level = said_level(said(at, "level")).or(level.as_ref().map(|(l, _)| *l));
            Bearing::of(verdict.role, verdict.confidence, level, f)
        })
        .collect();
    let concluded = verdicts.into_iter().zip(levels).zip(bearings);
    for ((asset, concluded), (device, anchors)) in
        assets.iter_mut().zip(concluded).zip(devices.iter().zip(&anchors))
    {
        let ((verdict, level), bearing) = concluded;
        conclude(asset, verdict, level, bearing);
        said::settle(asset, &plant, anchors);
        asset.name = name(asset, device);
        asset.conflicts.clone_from(&device.conflicts);
    }
    services(&mut assets, &conversations, &index);
    let ids: Vec<AssetId> = assets.iter().map(|a| a.id.clone()).collect();
    let named = |host: Host| index.find(host).and_then(|at| ids.get(at)).cloned();
    Inventory {
        plant,
        networks: site.networks.iter().map(|(id, device)| (*id, device.clone())).collect(),
        named: only_named(site),
        records: site.records.values().flatten().cloned().collect(),
        decisions: site.decisions.values().cloned().collect(),
        captures: site.captures.values().cloned().collect(),
        conversations: conversations.iter().map(|(k, t)| conversation(k, t, &named)).collect(),
        accounts: accounts(site, &named),
        secrets: secrets(site, &named),
        listed: site.listed.values().flatten().cloned().collect(),
        messages: site.messages.clone(),
        gaps: site.gaps.clone(),
        assets,
    }
}

/// Addresses that only files speak of: of logs and captures who speaks was heard.
fn only_named(site: &Site) -> Vec<(std::net::IpAddr, Evidence)> {
    let is_file = |id: model::CaptureId| site.captures.get(&id).is_some_and(|c| c.is_file());
    let mut all: BTreeMap<std::net::IpAddr, Evidence> = BTreeMap::new();
    for ((address, _), claims) in &site.claims {
        let Address::Ip(ip) = address else { continue };
        let said = claims.values().map(|(_, evidence)| evidence).filter(|e| is_file(e.capture));
        if let Some(first) =
            said.min_by_key(|e| (e.capture, e.frame)).filter(|_| !site.heard.contains_key(address))
        {
            all.entry(*ip).or_insert_with(|| first.clone());
        }
    }
    all.into_iter().collect()
}

/// Which device has an address.
struct Index(BTreeMap<Address, usize>);

impl Index {
    fn of(devices: &[&Device]) -> Self {
        let mut all = BTreeMap::new();
        for (at, device) in devices.iter().enumerate() {
            all.extend(device.macs.iter().map(|m| (Address::Mac(*m), at)));
            all.extend(device.ips.iter().map(|ip| (Address::Ip(*ip), at)));
        }
        Self(all)
    }

    fn find(&self, host: Host) -> Option<usize> {
        self.0.get(&address_of(host)?).copied()
    }
}

/// Conversations of a site, by their ends; owned only where two were put together.
type Merged<'s> = BTreeMap<&'s ConversationKey, Cow<'s, Totals>>;

/// Attempts and silent connections of a service whose protocol is known count with it.
fn merge_unrecognised(site: &Site) -> Merged<'_> {
    let mut merged = Merged::new();
    let mut left = Vec::new();
    for (key, totals) in &site.conversations {
        if key.protocol.is_some() {
            merged.insert(key, Cow::Borrowed(totals));
        } else {
            left.push((key, totals));
        }
    }
    for (key, totals) in left {
        let known = merged.range_mut::<&ConversationKey, _>(key..).next().filter(|(k, _)| same_ends(k, key));
        match known {
            Some((_, known)) => known.to_mut().absorb(totals),
            None => {
                merged.insert(key, Cow::Borrowed(totals));
            }
        }
    }
    merged
}

fn same_ends(a: &ConversationKey, b: &ConversationKey) -> bool {
    (a.client, a.server, a.server_port, a.transport) == (b.client, b.server, b.server_port, b.transport)
}

/// When each address sent its last packet: a conversation shows how long its ends were there, the server only when it answered. A
/// MAC sends the packets of the IP addresses it was seen with, too: a router speaks for others.
fn last_heard(site: &Site, conversations: &Merged<'_>) -> BTreeMap<Address, Timestamp> {
    let first = |(address, presence): (&Address, &Presence)| (*address, presence.evidence.time);
    let mut last: BTreeMap<_, _> = site.heard.iter().map(first).collect();
    for (key, totals) in conversations {
        let server = totals.answered.then_some(key.server);
        for address in [Some(key.client), server].into_iter().flatten().filter_map(address_of) {
            last.entry(address).and_modify(|known| *known = totals.last.max(*known));
        }
    }
    for (ip, mac) in site.pairs.keys() {
        if let Some(&time) = last.get(&Address::Ip(*ip)) {
            last.entry(Address::Mac(*mac)).and_modify(|known| *known = time.max(*known));
        }
    }
    last
}

fn asset(site: &Site, device: &Device, last_heard: &BTreeMap<Address, Timestamp>) -> Option<Asset> {
    let addresses: Vec<Address> = device
        .macs
        .iter()
        .map(|m| Address::Mac(*m))
        .chain(device.ips.iter().map(|ip| Address::Ip(*ip)))
        .collect();
    let heard: Vec<_> = addresses.iter().filter_map(|a| site.heard.get(a)).collect();
    let evidence = heard.iter().map(|p| &p.evidence).min_by_key(|e| (e.time, e.frame))?.clone();
    let mut claims = Vec::new();
    let mut parts: BTreeMap<Part, Vec<Claim>> = BTreeMap::new();
    for address in &addresses {
        let from = (*address, None);
        for ((_, part), found) in site.claims.range(from..).take_while(|((a, _), _)| a == address) {
            match part {
                None => claims.extend(claims_of(found)),
                Some(part) => parts.entry(*part).or_default().extend(claims_of(found)),
            }
        }
    }
    claims.extend(makers(device, &claims, &evidence));
    claims.extend(described_product(&claims));
    claims.sort_by(best_first);
    let modules = parts.into_iter().map(|(part, mut claims)| {
        claims.extend(maker_by_order_number(&claims));
        claims.sort_by(best_first);
        Module { part, claims }
    });
    let id = match (device.macs.first(), device.ips.first()) {
        (Some(mac), _) => AssetId::of(&["mac", &mac.to_string()]),
        (None, Some(ip)) => AssetId::of(&["ip", &ip.to_string()]),
        (None, None) => return None,
    };
    Some(Asset {
        id,
        name: String::new(),
        role: Role::Unknown,
        level: None,
        criticality: None,
        safety: None,
        conflicts: Vec::new(),
        macs: device.macs.iter().copied().collect(),
        ips: device.ips.iter().copied().collect(),
        vlans: heard
            .iter()
            .flat_map(|p| p.vlans.iter().copied())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        modules: modules.collect(),
        services: Vec::new(),
        joined_by: device.reasons.clone(),
        first_seen: evidence.time,
        last_seen: addresses.iter().filter_map(|a| last_heard.get(a)).max().copied()?,
        claims,
        evidence,
    })
}

fn claims_of(claims: &Claims) -> impl Iterator<Item = Claim> {
    claims.iter().map(|((attribute, value, protocol), (confidence, evidence))| Claim {
        attribute: *attribute,
        value: value.clone(),
        protocol: protocol.clone(),
        confidence: *confidence,
        evidence: evidence.clone(),
        reason: None,
    })
}

/// By attribute, then surest, then newest, then a fixed order.
pub(crate) fn best_first(a: &Claim, b: &Claim) -> std::cmp::Ordering {
    (a.attribute, b.confidence, b.evidence.time, &a.value, &a.protocol).cmp(&(
        b.attribute,
        a.confidence,
        a.evidence.time,
        &b.value,
        &b.protocol,
    ))
}

/// Makers concluded from order numbers and MAC address blocks.
fn makers(device: &Device, claims: &[Claim], evidence: &Evidence) -> Vec<Claim> {
    let by_order: Vec<Claim> = maker_by_order_number(claims).into_iter().collect();
    let by_mac = device.macs.iter().filter_map(|mac| {
        let registered = vendors::maker(*mac)?;
        Some(Claim {
            attribute: Attribute::Vendor,
            value: Text::new(&vendors::common_name(registered)),
            protocol: CONCLUSION,
            confidence: Confidence::GUESS,
            evidence: evidence.clone(),
            reason: Some(format!("the address block of {mac} is assigned to {registered}")),
        })
    });
    by_order.into_iter().chain(by_mac).collect()
}

/// A device that names its product only in a description: a page title, a greeting, the name in its certificate.
fn described_product(claims: &[Claim]) -> Option<Claim> {
    let named = |c: &Claim| matches!(c.attribute, Attribute::Product | Attribute::OrderNumber);
    if claims.iter().any(named) {
        return None;
    }
    let (source, product) =
        claims.iter().find_map(|c| Some((c, described(c)?)).filter(|(_, t)| names_a_product(t)))?;
    let reason = format!(
        "its {} over {} names a known product",
        source.attribute.as_str().replace('_', " "),
        source.protocol
    );
    Some(Claim {
        attribute: Attribute::Product,
        value: Text::new(product),
        protocol: CONCLUSION,
        confidence: Confidence::GUESS,
        evidence: source.evidence.clone(),
        reason: Some(reason),
    })
}

fn described(claim: &Claim) -> Option<&str> {
    match claim.attribute {
        Attribute::Description => Some(claim.value.as_str()),
        Attribute::CertificateSubject => {
            let (_, name) = claim.value.as_str().split_once("CN=")?;
            // A certificate is mostly made out to a host name.
            name.split(',').next().filter(|n| !n.contains('.'))
        }
        _ => None,
    }
}

fn maker_by_order_number(claims: &[Claim]) -> Option<Claim> {
    let order = claims.iter().find(|c| c.attribute == Attribute::OrderNumber)?;
    let number = order.value.as_str().to_uppercase();
    let rows = ORDER_NUMBERS.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('\t'));
    let (prefix, maker) =
        rows.filter(|(prefix, _)| number.starts_with(prefix)).max_by_key(|(prefix, _)| prefix.len())?;
    Some(Claim {
        attribute: Attribute::Vendor,
        value: Text::new(maker),
        protocol: CONCLUSION,
        confidence: Confidence::LIKELY,
        evidence: order.evidence.clone(),
        reason: Some(format!("order numbers that begin with {prefix} are by {maker}")),
    })
}

fn features<'a>(
    identity: &Identity,
    devices: &[&Device],
    assets: &'a [Asset],
    conversations: &'a Merged<'_>,
    index: &Index,
) -> Vec<Features<'a>> {
    let mut all: Vec<Features<'a>> =
        devices.iter().zip(assets).map(|(d, a)| own_features(identity.forwards(d), d, a)).collect();
    let mut clients: BTreeSet<(usize, &str, usize)> = BTreeSet::new();
    let mut control: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (key, totals) in conversations {
        let Some(protocol) = key.protocol.as_ref().map(Name::as_str) else { continue };
        let (client, server) = (index.find(key.client), index.find(key.server));
        if let Some(f) = client.and_then(|at| all.get_mut(at)) {
            f.uses.insert(protocol);
            f.sent.extend(
                totals.operations.iter().filter(|(_, n)| n.requests > 0).map(|(o, _)| (protocol, o.class)),
            );
        }
        if let (Some(c), Some(s)) = (client, server)
            && is_control(protocol)
            && totals.answered
        {
            control.insert((c, s));
        }
        if let Some(s) = server.filter(|_| totals.answered && key.transport != Transport::Ethernet)
            && let Some(f) = all.get_mut(s)
        {
            let fresh = client.is_none_or(|c| clients.insert((s, protocol, c)));
            *f.serves.entry(protocol).or_default() += u32::from(fresh);
            f.answered_services += 1;
            let far = !near(key.client, key.server);
            f.remote_in_from_outside |= far && matches!(protocol, "rdp" | "ssh" | "vnc" | "telnet");
        }
    }
    for (client, _) in control {
        if let Some(f) = all.get_mut(client) {
            f.control_servers += 1;
        }
    }
    all
}

/// Both addresses lie in one /24.
fn near(a: Host, b: Host) -> bool {
    match (a.ip, b.ip) {
        (Some(std::net::IpAddr::V4(a)), Some(std::net::IpAddr::V4(b))) => {
            u32::from(a) >> 8 == u32::from(b) >> 8
        }
        _ => true,
    }
}

fn own_features<'a>(forwards: usize, device: &Device, asset: &'a Asset) -> Features<'a> {
    let mut f = Features {
        forwards,
        makers: device.macs.iter().filter_map(|m| vendors::maker(*m)).collect(),
        stations_behind: asset.modules.iter().filter(|m| matches!(m.part, Part::Unit(_))).count(),
        external: !asset.ips.is_empty() && asset.ips.iter().all(|ip| levels::is_public(*ip)),
        ..Features::default()
    };
    let parts = asset.modules.iter().filter(|m| matches!(m.part, Part::Slot(_))).flat_map(|m| &m.claims);
    for claim in asset.claims.iter().chain(parts) {
        f.claims.entry(claim.attribute).or_default().push(&claim.value);
    }
    f
}

fn places(
    assets: &[Asset],
    features: &[Features<'_>],
    verdicts: &[Verdict],
    conversations: &Merged<'_>,
    index: &Index,
) -> Vec<Place> {
    let mut places: Vec<Place> = assets
        .iter()
        .zip(features)
        .zip(verdicts)
        .map(|((a, f), v)| Place {
            role: Some(v.role),
            names: f
                .values(Attribute::Hostname)
                .chain(f.values(Attribute::Name))
                .map(str::to_lowercase)
                .collect(),
            ips: a.ips.clone(),
            on_link: !a.macs.is_empty(),
            talks_control: f.talks_control(),
            offers_data: f.serves_any(&["opcua"]).is_some(),
            ..Place::default()
        })
        .collect();
    for (key, _) in conversations.iter().filter(|(_, t)| t.answered) {
        let controls = key.protocol.as_ref().is_some_and(|p| is_control(p.as_str()) && *p != "opcua");
        if let (Some(client), Some(server)) = (index.find(key.client), index.find(key.server)) {
            if let Some(place) = places.get_mut(client) {
                place.asks.insert(server);
                if controls {
                    place.controls.insert(server);
                }
            }
            if let Some(place) = places.get_mut(server) {
                place.asked_by.insert(client);
            }
        }
    }
    places
}

/// Roles that only the surroundings can tell.
fn reconsider(verdicts: &mut [Verdict], places: &mut [Place], features: &[Features<'_>]) {
    let surroundings = levels::surroundings(places);
    for (((verdict, place), f), kind) in verdicts.iter_mut().zip(places).zip(features).zip(surroundings) {
        let unsure = verdict.confidence <= Confidence(55);
        let (role, reason) = match (kind, verdict.role) {
            (Some(Kind::Dmz), Role::Unknown | Role::Server | Role::Workstation)
                if unsure && f.remote_in_from_outside =>
            {
                (Role::JumpHost, "people from other networks sign in to it between enterprise and plant")
            }
            // Who reaches into a plant from outside of it is not its operator.
            (Some(Kind::Other), Role::Hmi | Role::ScadaServer) if unsure && !place.on_link => (
                Role::Workstation,
                "it reaches into control networks from a network that has no part in control",
            ),
            _ => continue,
        };
        verdict.reasons.insert(0, reason.into());
        verdict.confidence = Confidence(50);
        verdict.role = role;
        place.role = Some(role);
    }
}

/// A role that a person gave.
fn said_role(said: Option<&(Setting, Witness)>) -> Option<Verdict> {
    let (Setting::Role(role), witness) = said? else { return None };
    Some(Verdict {
        role: *role,
        confidence: said::SURE,
        reasons: vec![format!("set {}", witness.sentence())],
    })
}

/// A level that a person gave.
fn said_level(said: Option<&(Setting, Witness)>) -> Option<Level> {
    match said? {
        (Setting::Level(level), _) => Some(*level),
        _ => None,
    }
}

/// Writes role, level, what depends on it, and the conclusions behind them into the asset.
fn conclude(asset: &mut Asset, verdict: Verdict, level: Option<(Level, String)>, bearing: Bearing) {
    asset.role = verdict.role;
    asset.level = level.as_ref().map(|(l, _)| *l);
    let Bearing { safety, criticality: weight } = bearing;
    asset.safety = safety.as_ref().map(|(safety, ..)| *safety);
    asset.criticality = weight.as_ref().map(|(weight, ..)| *weight);
    let conclusion = |attribute, value: &str, confidence, reason| Claim {
        attribute,
        value: Text::new(value),
        protocol: CONCLUSION,
        confidence,
        evidence: asset.evidence.clone(),
        reason: Some(reason),
    };
    let role =
        conclusion(Attribute::Role, verdict.role.as_str(), verdict.confidence, sentence(&verdict.reasons));
    let level = level.map(|(l, why)| conclusion(Attribute::Level, &l.to_string(), verdict.confidence, why));
    let safety = safety.map(|(_, sure, why)| conclusion(Attribute::Safety, "yes", sure, why));
    let weight = weight.map(|(w, sure, why)| conclusion(Attribute::Criticality, w.as_str(), sure, why));
    let all: Vec<Claim> = [Some(role), level, safety, weight].into_iter().flatten().collect();
    asset.claims.extend(all);
    asset.claims.sort_by(best_first);
}

fn sentence(reasons: &[String]) -> String {
    if reasons.is_empty() { "nothing seen yet says what it is for".into() } else { reasons.join("; ") }
}

fn name(asset: &Asset, device: &Device) -> String {
    let address = || {
        asset.ips.first().map(ToString::to_string).or_else(|| device.macs.first().map(ToString::to_string))
    };
    let given = asset.best(Attribute::Name).filter(|c| c.protocol == said::PERSON);
    let told = || [Attribute::Hostname, Attribute::Name].into_iter().find_map(|a| asset.best(a));
    let named = given.or_else(told);
    let product = asset.best(Attribute::Product).or_else(|| asset.best(Attribute::OrderNumber));
    match (named, product) {
        (Some(name), _) => name.value.to_string(),
        (None, Some(product)) => format!("{} ({})", product.value, address().unwrap_or_default()),
        (None, None) => address().unwrap_or_default(),
    }
}

/// A service: device, transport, port, protocol.
type Offer<'a> = (usize, Transport, Option<u16>, Option<&'a Name>);

fn services(assets: &mut [Asset], conversations: &Merged<'_>, index: &Index) {
    let mut clients: BTreeMap<Offer<'_>, BTreeSet<Host>> = BTreeMap::new();
    for (key, totals) in conversations {
        let offered = totals.answered && key.transport != Transport::Icmp && key.transport != Transport::Ip;
        let Some(at) = index.find(key.server).filter(|_| offered) else { continue };
        let id = (at, key.transport, key.server_port, key.protocol.as_ref());
        let hosts = clients.entry(id).or_default();
        hosts.insert(key.client);
        let count = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
        let Some(asset) = assets.get_mut(at) else { continue };
        let known = asset.services.iter_mut().find(|s| {
            (s.transport, s.port, s.protocol.as_ref())
                == (key.transport, key.server_port, key.protocol.as_ref())
        });
        match known {
            Some(service) => {
                service.clients = count;
                service.encrypted |= totals.encrypted;
            }
            None => asset.services.push(Service {
                transport: key.transport,
                port: key.server_port,
                protocol: key.protocol.clone(),
                encrypted: totals.encrypted,
                clients: count,
                evidence: totals.evidence.clone(),
            }),
        }
    }
}

fn conversation(
    key: &ConversationKey,
    totals: &Totals,
    named: &impl Fn(Host) -> Option<AssetId>,
) -> Conversation {
    Conversation {
        client: key.client.to_string(),
        server: key.server.to_string(),
        client_asset: named(key.client),
        server_asset: named(key.server),
        server_port: key.server_port,
        transport: key.transport,
        vlan: totals.vlan,
        protocol: key.protocol.clone(),
        client_by: totals.client_by,
        encrypted: totals.encrypted,
        answered: totals.answered,
        packets: totals.packets,
        bytes: totals.bytes,
        first_seen: totals.first,
        last_seen: totals.last,
        evidence: totals.evidence.clone(),
        operations: totals.operations.values().cloned().collect(),
    }
}

fn secrets(site: &Site, named: &impl Fn(Host) -> Option<AssetId>) -> Vec<Secret> {
    let one = |((server, s), (evidence, last)): (&(Host, SecretUse), &(Evidence, Timestamp))| Secret {
        name: s.name.clone(),
        asset: named(*server),
        client: named(s.client),
        protocol: s.protocol.clone(),
        mechanism: s.mechanism,
        mark: s.mark,
        default_of: s.default_of.clone(),
        last_seen: *last,
        evidence: evidence.clone(),
    };
    let mut all: Vec<Secret> = site.secrets.iter().map(one).collect();
    // By where they were shown: fingerprints are others with every key, and what is shown must not depend on it.
    let place = |s: &Secret| {
        let Secret { evidence: e, asset, client, name, protocol, default_of, .. } = s.clone();
        ((e.time, e.capture, e.frame), e, asset, client, (name, protocol, default_of))
    };
    all.sort_by_cached_key(place);
    all
}

fn accounts(site: &Site, named: &impl Fn(Host) -> Option<AssetId>) -> Vec<Account> {
    // A sign-in is told when asked for and again when answered; the answered one says all.
    let answered = |server: &Host, s: &SignIn| {
        let with = |accepted| (*server, SignIn { accepted: Some(accepted), ..s.clone() });
        s.accepted.is_none() && [true, false].into_iter().any(|a| site.sign_ins.contains_key(&with(a)))
    };
    let told = site.sign_ins.iter().filter(|((server, s), _)| !answered(server, s));
    let accounts = told.map(|((server, s), (evidence, last))| Account {
        name: s.name.clone(),
        asset: named(*server),
        client: named(s.client),
        protocol: s.protocol.clone(),
        mechanism: s.mechanism,
        encrypted: s.encrypted,
        accepted: s.accepted,
        last_seen: *last,
        evidence: evidence.clone(),
    });
    accounts.collect()
}
