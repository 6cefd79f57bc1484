//! The way of a packet from device to device.

use super::lists::{Budget, at_place};
use super::matching::{At, Packet, Truth, matches};
use super::trail::{Trail, translate};
use super::world::{Port, Site, Way, World};
use super::{Answer, Outcome, Protocol, STEPS_MAX, Step};
use model::Text;
use model::network::{Affects, Change, Interface, Place, Translated, Unknown};
use std::net::IpAddr;

/// Devices on one way.
const HOPS_MAX: usize = 16;
/// Devices on all ways together.
const VISITS_MAX: u64 = 256;
/// First routers that are tried.
const STARTS_MAX: usize = 64;

impl World<'_> {
    /// See [`super::verdict`].
    pub(super) fn verdict(
        &self,
        from: IpAddr,
        to: IpAddr,
        protocol: Protocol,
        port: Option<u16>,
        rules: &Budget,
    ) -> Answer {
        if from.is_ipv4() != to.is_ipv4() {
            return Answer::new(Outcome::NoPath, "the two addresses are of different versions of IP");
        }
        let packet = Packet::new(from, to, protocol, port);
        let here = self.network(from);
        if from == to || self.is_direct(from, to) {
            return Answer::new(Outcome::Direct, "both are in one network, no device is between them");
        }
        if !self.owners(from).is_empty() {
            let what = "a device asks itself, and what is done with its own packets is not worked out";
            return Answer::new(Outcome::Undecided, what);
        }
        let mut starts = match here {
            Some((_, ports)) => ports.to_vec(),
            None => self.entries(from),
        };
        // To a device in its own network the sender needs no other.
        if starts.iter().any(|start| self.owners(to).contains(start)) {
            starts.retain(|start| self.owners(to).contains(start));
        }
        let walk = Walk { world: self, rules, visits: Budget::new(VISITS_MAX) };
        let answers = starts.iter().take(STARTS_MAX).map(|start| walk.device(*start, packet, &[]));
        match answers.reduce(easier) {
            Some(answer) if answer.outcome != Outcome::NoPath => answer,
            found => {
                let bare = walk.bare(packet);
                bare.or(found)
                    .unwrap_or_else(|| Answer::new(Outcome::NoPath, "no known device routes for the sender"))
            }
        }
    }

    /// In one network, and the second is no address of a device.
    fn is_direct(&self, from: IpAddr, to: IpAddr) -> bool {
        let network = |ip| self.network(ip).map(|(network, _)| network);
        self.owners(to).is_empty() && network(from).is_some() && network(from) == network(to)
    }
}

/// Of the answers for several first routers: the sender takes the one that lets it pass.
fn easier(a: Answer, b: Answer) -> Answer {
    let rank = |answer: &Answer| match answer.outcome {
        Outcome::Allowed | Outcome::Direct => 0,
        Outcome::Undecided => 1,
        Outcome::Denied => 2,
        Outcome::NoPath => 3,
    };
    if rank(&b) < rank(&a) { b } else { a }
}

/// Of the answers for several ways a device may choose: they must agree.
fn agreed(mut a: Answer, b: Answer) -> Answer {
    a.by.extend(b.by);
    a.by.truncate(STEPS_MAX);
    a.beyond.extend(b.beyond);
    if a.outcome != b.outcome {
        a.outcome = Outcome::Undecided;
        a.why = "a device has several ways there, which end differently".into();
    }
    a
}

struct Walk<'w, 'a> {
    world: &'w World<'a>,
    rules: &'w Budget,
    visits: Budget,
}

impl Walk<'_, '_> {
    /// A packet comes in at an interface. `before`: where it was already.
    fn device<'p>(&'p self, at: Port, packet: Packet<'p>, before: &[Port]) -> Answer {
        self.enter(at, packet, before, Trail::default())
    }

    fn enter<'p>(&'p self, at: Port, mut packet: Packet<'p>, before: &[Port], mut trail: Trail) -> Answer {
        let Some((site, interface)) =
            self.world.site(at.device).and_then(|s| Some((s, s.interface(at.interface)?)))
        else {
            return trail.answer(Outcome::NoPath, "an interface that is not there".into(), None);
        };
        let name = site.name();
        if before.contains(&at) {
            return trail.answer(Outcome::NoPath, format!("the routes lead in a circle at {name}"), None);
        }
        if before.len() >= HOPS_MAX || !self.visits.take(1) {
            return trail.answer(
                Outcome::Undecided,
                format!("more than {HOPS_MAX} devices on the way"),
                None,
            );
        }
        let work = site.device.translations.len() + site.device.unknown.len() + site.device.bindings.len();
        if !self.rules.take(work as u64) {
            return trail.answer(Outcome::Undecided, "more work than is done for one answer".into(), None);
        }
        (packet.in_interface, packet.out_interface) = (At::Named(&interface.name), At::Unknown);
        if let Some(step) = unknown(site, |affects| *affects == Affects::Everything) {
            return trail.answer(
                Outcome::Undecided,
                format!("a line of {name} was not understood"),
                Some(step),
            );
        }
        if let Err(step) = translate(site, &mut packet, Translated::First) {
            return trail.answer(
                Outcome::Undecided,
                format!("whether {name} changes the destination is not known"),
                Some(step),
            );
        }
        let instance = interface.instance.as_ref();
        let inbound = at_place(site, Place::Inbound, instance, &packet, self.rules);
        if let Some(answer) = trail.lists(site, "where it comes in", inbound) {
            return answer;
        }
        if let Err(step) = translate(site, &mut packet, Translated::AfterInbound) {
            return trail.answer(
                Outcome::Undecided,
                format!("whether {name} changes the destination is not known"),
                Some(step),
            );
        }
        // Lists that still see the old destination, while routing knows the new one.
        let mut routed = packet;
        if let Err(step) = translate(site, &mut routed, Translated::AfterForward) {
            return trail.answer(
                Outcome::Undecided,
                format!("whether {name} changes the destination is not known"),
                Some(step),
            );
        }
        let mut been = before.to_vec();
        been.push(at);
        self.route(site, interface, packet, routed, &been, trail)
    }

    fn route<'p>(
        &'p self,
        site: &'p Site<'_>,
        interface: &'p Interface,
        packet: Packet<'p>,
        routed: Packet<'p>,
        been: &[Port],
        mut trail: Trail,
    ) -> Answer {
        let (name, instance) = (site.name(), interface.instance.as_ref());
        if self.is_own(site, routed.to, instance) {
            return self.local(site, interface, packet, trail);
        }
        if !site.device.forwards {
            return trail.answer(Outcome::NoPath, format!("{name} does not pass packets on"), None);
        }
        let steered = |affects: &Affects| matches!(affects, Affects::Steering(at) if *at == interface.name);
        if let Some(step) = unknown(site, steered) {
            return trail.answer(
                Outcome::Undecided,
                format!("which way {name} sends it was not understood"),
                Some(step),
            );
        }
        let ways = site.ways(instance, routed.to);
        if !matches!(ways.as_slice(), [Way::Connected(_)])
            && let Some(step) = unknown(site, |a| routing(a, instance))
        {
            return trail.answer(
                Outcome::Undecided,
                format!("not all routes of {name} are known"),
                Some(step),
            );
        }
        let answers =
            ways.iter().map(|way| self.leave(site, interface, packet, routed, *way, been, trail.clone()));
        if let Some(answer) = answers.reduce(agreed) {
            return answer;
        }
        trail.shaken = None;
        trail.answer(Outcome::NoPath, format!("{name} has no route to {}", routed.to), None)
    }

    fn is_own(&self, site: &Site<'_>, ip: IpAddr, instance: Option<&Text>) -> bool {
        let same = |port: &&Port| {
            port.device == site.index
                && site.interface(port.interface).is_some_and(|i| i.instance.as_ref() == instance)
        };
        self.world.owners(ip).iter().any(|port| same(&port))
    }

    /// The packet is for the device itself.
    fn local(&self, site: &Site<'_>, interface: &Interface, packet: Packet<'_>, mut trail: Trail) -> Answer {
        self.filtering(site, &[&interface.name], &mut trail);
        let local = at_place(site, Place::Local, interface.instance.as_ref(), &packet, self.rules);
        if let Some(answer) = trail.lists(site, "before it reaches the device itself", local) {
            return answer;
        }
        trail.passed(format!("it reaches {} itself", site.name()), None)
    }

    fn filtering(&self, site: &Site<'_>, interfaces: &[&Text], trail: &mut Trail) {
        let filters = |affects: &Affects| match affects {
            Affects::Filtering(None) => true,
            Affects::Filtering(Some(at)) => interfaces.contains(&at),
            _ => false,
        };
        if let Some(step) = unknown(site, filters) {
            let name = site.name();
            trail.shaken.get_or_insert_with(|| format!("{name} filters by a line that was not understood"));
            trail.add(vec![step]);
        }
    }

    #[allow(clippy::too_many_arguments, reason = "all that one hop depends on")]
    fn leave<'p>(
        &'p self,
        site: &'p Site<'_>,
        interface: &'p Interface,
        mut packet: Packet<'p>,
        mut routed: Packet<'p>,
        way: Way<'p>,
        been: &[Port],
        mut trail: Trail,
    ) -> Answer {
        let name = site.name();
        if let Way::Static(route) = way
            && route.discard
        {
            let text = Text::new(&format!("route to {}/{} throws away", route.prefix.0, route.prefix.1));
            let step = site.step(&Text::new(""), route.line, &text, Outcome::Denied);
            let why = format!("{name} throws it away by a route");
            return Answer { by: vec![step], ..Answer::new(Outcome::Denied, why) };
        }
        let egress = match way {
            Way::Connected(at) => Some(at),
            Way::Static(route) => site.egress(route),
        };
        let Some(out) = egress.and_then(|at| site.interface(at)) else {
            return trail.answer(
                Outcome::Undecided,
                format!("{name} has a route whose next hop is in no network of it"),
                None,
            );
        };
        (packet.out_interface, routed.out_interface) = (At::Named(&out.name), At::Named(&out.name));
        self.filtering(site, &[&interface.name, &out.name], &mut trail);
        let instance = interface.instance.as_ref();
        let forward = at_place(site, Place::Forward, instance, &packet, self.rules);
        if let Some(answer) = trail.lists(site, "where it is passed on", forward) {
            return answer;
        }
        let outbound = at_place(site, Place::Outbound, instance, &routed, self.rules);
        if let Some(answer) = trail.lists(site, "where it leaves", outbound) {
            return answer;
        }
        let hides = |t: &model::network::Translation| {
            t.change == Change::Source && matches(&t.when, &routed) != Truth::No
        };
        routed.from_sure &= !site.device.translations.iter().any(hides);
        self.next(site, out, routed, way, been, trail)
    }

    fn next<'p>(
        &'p self,
        site: &Site<'_>,
        out: &Interface,
        packet: Packet<'p>,
        way: Way<'_>,
        been: &[Port],
        trail: Trail,
    ) -> Answer {
        let name = site.name();
        let hop = match way {
            Way::Connected(_) => {
                // Another device that is known, and asked for itself.
                let other = self.world.owners(packet.to).iter().find(|p| p.device != site.index);
                return match other {
                    Some(port) => self.enter(*port, packet, been, trail),
                    None => {
                        trail.passed(format!("{name} passes it on into the network of {}", packet.to), None)
                    }
                };
            }
            Way::Static(route) => route.via,
        };
        let owners = hop.map(|hop| self.world.owners(hop)).unwrap_or_default();
        let answers =
            owners.iter().take(STARTS_MAX).map(|port| self.enter(*port, packet, been, trail.clone()));
        answers.reduce(agreed).unwrap_or_else(|| self.beyond(site, out, hop, packet, been, trail.clone()))
    }

    /// The next router is not known. Where the network asked for is at a known device all the same, the packet comes in there by the
    /// interface that leads back to the sender.
    fn beyond<'p>(
        &'p self,
        site: &Site<'_>,
        out: &Interface,
        hop: Option<IpAddr>,
        packet: Packet<'p>,
        been: &[Port],
        trail: Trail,
    ) -> Answer {
        let name = site.name();
        if packet.in_interface == At::Named(&out.name) && self.world.network(packet.from).is_none() {
            let why = format!("{name} sends it back to where it comes from");
            return trail.answer(Outcome::NoPath, why, None);
        }
        let ends = self.world.network(packet.to).map(|(_, ports)| ports).unwrap_or_default();
        let ends = ends.iter().filter(|end| !been.contains(end)).take(STARTS_MAX);
        let entered = ends.map(|end| match self.way_in(*end, packet.from) {
            Some(port) => self.enter(port, packet, been, trail.clone()),
            None => {
                trail.clone().answer(Outcome::Undecided, format!("the way on from {name} is not known"), None)
            }
        });
        let to = hop.map_or_else(|| out.name.to_string(), |hop| hop.to_string());
        match entered.reduce(agreed) {
            Some(mut answer) => {
                answer.beyond.extend(hop);
                answer
            }
            None => trail
                .clone()
                .passed(format!("{name} passes it on to {to}, beyond which nothing is known"), hop),
        }
    }

    /// The interface of a device by which packets from an address come in.
    fn way_in(&self, end: Port, from: IpAddr) -> Option<Port> {
        let site = self.world.site(end.device)?;
        let instance = site.interface(end.interface)?.instance.as_ref();
        let interface = match site.ways(instance, from).first()? {
            Way::Connected(at) => *at,
            Way::Static(route) => site.egress(route).filter(|_| !route.discard)?,
        };
        Some(Port { device: end.device, interface })
    }

    /// Rulesets whose place in the network is not known: asked as if the packet had to pass each of them.
    fn bare(&self, packet: Packet<'_>) -> Option<Answer> {
        let sites =
            self.world.sites.iter().filter(|s| s.device.is_bare_ruleset() && !s.device.bindings.is_empty());
        sites.map(|site| self.bare_one(site, packet)).reduce(agreed)
    }

    fn bare_one(&self, site: &Site<'_>, mut packet: Packet<'_>) -> Answer {
        let mut trail = Trail::default();
        if let Some(step) = unknown(site, |_| true) {
            return trail.answer(Outcome::Undecided, "a line was not understood".into(), Some(step));
        }
        if let Err(step) = translate(site, &mut packet, Translated::First) {
            return trail.answer(
                Outcome::Undecided,
                "whether the destination is changed is not known".into(),
                Some(step),
            );
        }
        for (place, words) in [
            (Place::Inbound, "where it comes in"),
            (Place::Forward, "where it is passed on"),
            (Place::Outbound, "where it leaves"),
        ] {
            let possible = at_place(site, place, None, &packet, self.rules);
            if let Some(answer) = trail.lists(site, words, possible) {
                return answer;
            }
        }
        trail.passed("the ruleset lets it pass, wherever it stands".into(), None)
    }
}

fn routing(affects: &Affects, instance: Option<&Text>) -> bool {
    matches!(affects, Affects::Routing(of) if of.is_none() || of.as_ref() == instance)
}

/// The first line of a device that was not understood and that a test lets through.
fn unknown(site: &Site<'_>, fits: impl Fn(&Affects) -> bool) -> Option<Step> {
    let found: &Unknown = site.device.unknown.iter().find(|u| fits(&u.affects))?;
    Some(site.step(&Text::new(""), found.line, &found.text, Outcome::Undecided))
}
