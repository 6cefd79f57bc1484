//! The devices together, with what is looked up in them: networks, addresses, routes, lists.

use super::{Outcome, Step};
use model::Text;
use model::network::{Interface, NetworkDevice, Route, RuleList};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network by its first address and the length of its prefix.
pub(super) type Network = (u8, IpAddr);

/// An interface of a device.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Port {
    pub(super) device: usize,
    pub(super) interface: usize,
}

/// Where a route of a device leads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way<'a> {
    /// Into a network at an interface.
    Connected(usize),
    /// As a line of the file says.
    Static(&'a Route),
}

/// Networks by their prefixes, the longest found first.
#[derive(Debug)]
pub(super) struct Table<T> {
    lengths: BTreeSet<(bool, u8)>,
    entries: BTreeMap<Network, Vec<T>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { lengths: BTreeSet::new(), entries: BTreeMap::new() }
    }
}

impl<T> Table<T> {
    fn add(&mut self, (ip, length): (IpAddr, u8), value: T) {
        self.lengths.insert((ip.is_ipv4(), length));
        self.entries.entry((length, masked(ip, length))).or_default().push(value);
    }

    /// The longest prefix that holds the address.
    pub(super) fn find(&self, ip: IpAddr) -> Option<(Network, &[T])> {
        self.find_where(ip, |_| true)
    }

    /// The same, of those that a test lets through.
    pub(super) fn find_where(&self, ip: IpAddr, fits: impl Fn(&T) -> bool) -> Option<(Network, &[T])> {
        let lengths = self.lengths.iter().rev().filter(|(v4, _)| *v4 == ip.is_ipv4());
        lengths.map(|(_, length)| (*length, masked(ip, *length))).find_map(|network| {
            self.entries.get(&network).map(|e| (network, e.as_slice())).filter(|(_, e)| e.iter().any(&fits))
        })
    }
}

/// The first address of the network.
fn masked(ip: IpAddr, length: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32u32.saturating_sub(u32::from(length))).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & mask))
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128u32.saturating_sub(u32::from(length))).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & mask))
        }
    }
}

/// One device with its indexes.
#[derive(Debug)]
pub(super) struct Site<'a> {
    pub(super) index: usize,
    pub(super) device: &'a NetworkDevice,
    lists: BTreeMap<&'a Text, usize>,
    /// Routes of each routing instance.
    routes: BTreeMap<Option<&'a Text>, Table<Way<'a>>>,
}

impl<'a> Site<'a> {
    fn new(index: usize, device: &'a NetworkDevice) -> Self {
        let lists = device.chains.iter().enumerate().map(|(at, list)| (&list.name, at)).collect();
        let mut routes: BTreeMap<Option<&Text>, Table<Way<'a>>> = BTreeMap::new();
        for (at, interface) in device.interfaces.iter().enumerate().filter(|(_, i)| i.enabled) {
            let table = routes.entry(interface.instance.as_ref()).or_default();
            interface.addresses.iter().for_each(|a| table.add(*a, Way::Connected(at)));
        }
        for route in &device.routes {
            routes.entry(route.instance.as_ref()).or_default().add(route.prefix, Way::Static(route));
        }
        Self { index, device, lists, routes }
    }

    /// A list by its name.
    pub(super) fn list(&self, name: &Text) -> Option<(usize, &'a RuleList)> {
        let at = *self.lists.get(name)?;
        self.device.chains.get(at).map(|list| (at, list))
    }

    /// Routes to an address in a routing instance: the best ones, of which each may be taken.
    pub(super) fn ways(&self, instance: Option<&Text>, to: IpAddr) -> Vec<Way<'a>> {
        let Some((_, ways)) = self.routes.get(&instance).and_then(|table| table.find(to)) else {
            return Vec::new();
        };
        if let Some(connected) = ways.iter().find(|w| matches!(w, Way::Connected(_))) {
            return vec![*connected];
        }
        let distance = |way: &Way<'_>| if let Way::Static(route) = way { route.distance } else { 0 };
        let best = ways.iter().map(distance).min().unwrap_or(0);
        ways.iter().filter(|w| distance(w) == best).copied().collect()
    }

    /// Static routes to an address, the longest prefix of every instance.
    fn static_routes(&self, to: IpAddr) -> Vec<(Network, &'a Route)> {
        let routes = |way: &Way<'a>| if let Way::Static(route) = way { Some(*route) } else { None };
        let found = self.routes.values().filter_map(|t| t.find_where(to, |w| routes(w).is_some()));
        found
            .flat_map(|(network, ways)| ways.iter().filter_map(move |w| Some((network, routes(w)?))))
            .collect()
    }

    /// The interface in whose network a next hop is.
    pub(super) fn interface_to(&self, instance: Option<&Text>, hop: IpAddr) -> Option<usize> {
        let (_, ways) = self.routes.get(&instance)?.find_where(hop, |w| matches!(w, Way::Connected(_)))?;
        ways.iter().find_map(|w| if let Way::Connected(at) = w { Some(*at) } else { None })
    }

    /// The interface that a route leaves by.
    pub(super) fn egress(&self, route: &Route) -> Option<usize> {
        let named = route.interface.as_ref();
        let by_name =
            named.and_then(|name| self.device.interfaces.iter().position(|i| i.name == *name && i.enabled));
        by_name.or_else(|| self.interface_to(route.instance.as_ref(), route.via?))
    }

    pub(super) fn interface(&self, at: usize) -> Option<&'a Interface> {
        self.device.interfaces.get(at)
    }

    /// What the device is called in a sentence.
    pub(super) fn name(&self) -> &str {
        if self.device.hostname.is_empty() { "the device" } else { self.device.hostname.as_str() }
    }

    /// A step of an answer.
    pub(super) fn step(&self, list: &Text, line: u32, text: &Text, outcome: Outcome) -> Step {
        let name = self.device.hostname.clone();
        Step { device: self.index, name, list: list.clone(), line, text: text.clone(), outcome }
    }
}

/// All devices.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) sites: Vec<Site<'a>>,
    /// Networks at interfaces.
    networks: Table<Port>,
    /// Addresses of the devices themselves.
    own: BTreeMap<IpAddr, Vec<Port>>,
}

impl<'a> World<'a> {
    pub(super) fn new(devices: &'a [NetworkDevice]) -> Self {
        let sites: Vec<Site<'a>> = devices.iter().enumerate().map(|(at, d)| Site::new(at, d)).collect();
        let mut world = Self { sites, networks: Table::default(), own: BTreeMap::new() };
        for (device, it) in devices.iter().enumerate() {
            for (interface, it) in it.interfaces.iter().enumerate().filter(|(_, i)| i.enabled) {
                let port = Port { device, interface };
                for (ip, length) in &it.addresses {
                    world.own.entry(*ip).or_default().push(port);
                    // An address of several routers, or of the device alone: no network.
                    if *length < if ip.is_ipv4() { 32 } else { 128 } {
                        world.networks.add((*ip, *length), port);
                    }
                }
            }
        }
        world
    }

    pub(super) fn site(&self, device: usize) -> Option<&Site<'a>> {
        self.sites.get(device)
    }

    /// Interfaces that have this address.
    pub(super) fn owners(&self, ip: IpAddr) -> &[Port] {
        self.own.get(&ip).map(Vec::as_slice).unwrap_or_default()
    }

    /// The network of an address, with the interfaces in it.
    pub(super) fn network(&self, ip: IpAddr) -> Option<(Network, &[Port])> {
        self.networks.find(ip)
    }

    /// Where packets from an address in no known network come in: at the devices that route it to a router that is not known, by the
    /// longest prefix of all.
    pub(super) fn entries(&self, from: IpAddr) -> Vec<Port> {
        let mut best: Vec<Port> = Vec::new();
        let mut longest = 0;
        for site in &self.sites {
            for (network, route) in site.static_routes(from) {
                let known = route.via.is_some_and(|hop| !self.owners(hop).is_empty());
                let Some(interface) = site.egress(route).filter(|_| !known && !route.discard) else {
                    continue;
                };
                if network.0 > longest {
                    longest = network.0;
                    best.clear();
                }
                if network.0 == longest {
                    best.push(Port { device: site.index, interface });
                }
            }
        }
        best
    }
}
