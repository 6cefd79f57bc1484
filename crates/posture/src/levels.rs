//! Purdue levels: first from what a device is, then from the company its subnet keeps.
//!
//! Source of the levels: ISA-95 / IEC 62264-1 and the Purdue reference model as IEC 62443-1-1 §5.2 draws it; 3.5 is the usual name of
//! the demilitarised zone between plant and enterprise.

use model::{Level, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What is needed of one device.
#[derive(Debug, Default)]
pub struct Place {
    /// Its role; `None` counts as unknown.
    pub role: Option<Role>,
    /// Its names, lower case.
    pub names: Vec<String>,
    /// Its addresses.
    pub ips: Vec<IpAddr>,
    /// It was seen with an interface of its own, not only through a router.
    pub on_link: bool,
    /// It takes part in a protocol of control.
    pub talks_control: bool,
    /// It offers process data of others (OPC).
    pub offers_data: bool,
    /// Devices it asks in protocols of controllers (OPC and the like left out).
    pub controls: BTreeSet<usize>,
    /// Devices it asks (index) …
    pub asks: BTreeSet<usize>,
    /// … and devices that ask it.
    pub asked_by: BTreeSet<usize>,
}

/// A subnet: /24 for IPv4, /64 for IPv6; the masks themselves are rarely on the wire.
type Subnet = u128;

fn subnet(ip: IpAddr) -> Option<Subnet> {
    match ip {
        IpAddr::V4(ip) if !ip.is_loopback() && !ip.is_link_local() => Some(u128::from(u32::from(ip) >> 8)),
        IpAddr::V6(ip) if !ip.is_loopback() && !ip.is_unicast_link_local() => {
            Some(u128::from(ip) >> 64 | 1 << 127)
        }
        _ => None,
    }
}

/// An address of the public internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let shared = u32::from(ip) >> 22 == 0x191; // 100.64.0.0/10, RFC 6598
            !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || shared || ip.is_unspecified())
        }
        IpAddr::V6(ip) => u128::from(ip) >> 125 == 1, // 2000::/3, RFC 4291 §2.4
    }
}

/// What the subnet of a device is like.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Controllers are in it.
    Control,
    /// Those who supervise controllers of other subnets are in it.
    Operations,
    /// It stands between the plant and others.
    Dmz,
    /// Nothing in it takes part in control.
    Other,
}

/// The level of every device with the reason; `None` where nothing speaks for one.
pub fn levels(places: &[Place]) -> Vec<Option<(Level, String)>> {
    let kinds = kinds(places);
    places.iter().map(|p| level(p, &kinds)).collect()
}

/// What the subnet of every device is like; of several, the one nearest to the process.
pub fn surroundings(places: &[Place]) -> Vec<Option<Kind>> {
    let kinds = kinds(places);
    places.iter().map(|p| surrounding(p, &kinds)).collect()
}

fn surrounding(place: &Place, kinds: &BTreeMap<Subnet, Kind>) -> Option<Kind> {
    place.ips.iter().filter_map(|ip| kinds.get(&subnet(*ip)?)).copied().min()
}

fn level(place: &Place, kinds: &BTreeMap<Subnet, Kind>) -> Option<(Level, String)> {
    let role = place.role.unwrap_or(Role::Unknown);
    if role == Role::Gateway && (place.offers_data || !place.controls.is_empty()) {
        let why = "a gateway that gathers the data of controllers belongs to level 2";
        return Some((Level::SUPERVISION, why.into()));
    }
    if let Some(found) = by_role(role) {
        return Some((found, format!("a {} belongs to level {found}", words(role))));
    }
    if let Some(found) = by_name(place) {
        return Some(found);
    }
    let kind = surrounding(place, kinds);
    let supervises = matches!(role, Role::ScadaServer | Role::EngineeringWorkstation);
    match (kind, role) {
        (Some(Kind::Control), Role::Router | Role::Firewall) => {
            Some((Level::OPERATIONS, "it joins a control network to others".into()))
        }
        (Some(Kind::Control), _) => Some((Level::SUPERVISION, "it shares a subnet with controllers".into())),
        (Some(Kind::Dmz), _) => {
            Some((Level::DMZ, "its subnet stands between enterprise and control networks".into()))
        }
        _ if supervises => Some((Level::OPERATIONS, "it supervises controllers from another subnet".into())),
        (_, Role::Historian) => Some((Level::OPERATIONS, "historians belong to site operations".into())),
        (Some(Kind::Operations), _) => {
            Some((Level::OPERATIONS, "it shares a subnet with those who supervise controllers".into()))
        }
        _ if !place.ips.is_empty() && place.ips.iter().all(|ip| is_public(*ip)) => {
            Some((Level::EXTERNAL, "its address is public".into()))
        }
        (Some(Kind::Other), _) => {
            Some((Level::ENTERPRISE, "nothing in its subnet takes part in control".into()))
        }
        (None, _) => None,
    }
}

fn words(role: Role) -> String {
    match role {
        Role::Plc => "PLC".into(),
        Role::Rtu => "RTU".into(),
        Role::Ied => "IED".into(),
        Role::Hmi => "HMI".into(),
        other => other.as_str().replace('_', " "),
    }
}

fn by_role(role: Role) -> Option<Level> {
    match role {
        Role::FieldDevice => Some(Level::PROCESS),
        Role::Plc
        | Role::Rtu
        | Role::Ied
        | Role::SafetyController
        | Role::RemoteIo
        | Role::Drive
        | Role::Gateway => Some(Level::CONTROL),
        Role::Hmi => Some(Level::SUPERVISION),
        Role::JumpHost => Some(Level::DMZ),
        _ => None,
    }
}

fn by_name(place: &Place) -> Option<(Level, String)> {
    const HINTS: &[(&str, Level)] = &[
        ("dmz", Level::DMZ),
        ("corp", Level::ENTERPRISE),
        ("office", Level::ENTERPRISE),
        ("enterprise", Level::ENTERPRISE),
        ("ent", Level::ENTERPRISE),
        ("erp", Level::ENTERPRISE),
    ];
    place.names.iter().find_map(|name| {
        let mut parts = name.split(|c: char| !c.is_ascii_alphabetic());
        let hit = parts.find_map(|part| HINTS.iter().find(|(word, _)| *word == part))?;
        Some((hit.1, format!("its name \u{201c}{name}\u{201d} says \u{201c}{}\u{201d}", hit.0)))
    })
}

fn kinds(places: &[Place]) -> BTreeMap<Subnet, Kind> {
    let subnets = |p: &Place| p.ips.iter().filter_map(|ip| subnet(*ip)).collect::<BTreeSet<_>>();
    let mut members: BTreeMap<Subnet, Vec<usize>> = BTreeMap::new();
    for (at, place) in places.iter().enumerate() {
        // A router is in all its subnets and of none of them.
        if !matches!(place.role, Some(Role::Router | Role::Firewall)) {
            for net in subnets(place) {
                members.entry(net).or_default().push(at);
            }
        }
    }
    let of = |at: &usize| places.get(*at);
    let mut kinds: BTreeMap<Subnet, Kind> = BTreeMap::new();
    for (net, hosts) in &members {
        let controllers = hosts
            .iter()
            .filter_map(of)
            .any(|p| by_role(p.role.unwrap_or(Role::Unknown)).is_some_and(|l| l <= Level::CONTROL));
        let supervisors = hosts.iter().filter_map(of).any(|p| p.on_link && !p.controls.is_empty());
        let kind = if controllers {
            Kind::Control
        } else if supervisors {
            Kind::Operations
        } else {
            Kind::Other
        };
        kinds.insert(*net, kind);
    }
    let plant: BTreeMap<Subnet, bool> = kinds.iter().map(|(net, k)| (*net, *k != Kind::Other)).collect();
    let in_plant =
        |p: &Place, except: Subnet| subnets(p).iter().any(|n| *n != except && plant.get(n) == Some(&true));
    let outside = |p: &Place, except: Subnet| {
        let nets = subnets(p);
        !nets.is_empty() && !nets.contains(&except) && nets.iter().all(|n| plant.get(n) == Some(&false))
    };
    for (net, hosts) in &members {
        if kinds.get(net) != Some(&Kind::Other) {
            continue;
        }
        // Between two worlds: asked from outside the plant and in touch with the plant, on a link of its own.
        let between = hosts.iter().filter_map(of).any(|p| {
            let from_outside = p.asked_by.iter().filter_map(of).any(|o| outside(o, *net));
            let with_plant = p.asks.iter().chain(&p.asked_by).filter_map(of).any(|o| in_plant(o, *net));
            p.on_link && from_outside && with_plant
        });
        let jump = hosts.iter().filter_map(of).any(|p| p.role == Some(Role::JumpHost));
        if between || jump {
            kinds.insert(*net, Kind::Dmz);
        }
    }
    kinds
}
