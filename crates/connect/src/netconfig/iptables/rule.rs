//! One rule: its matches and its target (iptables-extensions(8)).

use super::super::line::{net, shown};
use super::super::linux::{LinuxRule, address_and_port, destination};
use super::super::words;
use super::options::Opt;
use model::Text;
use model::network::{Action, Addresses, Change, Family, Interfaces, Match, Net, Ports, Rule, Service};

/// Reads the options of a rule. `full` gives a chain its name in the device; `known` tells chains from targets.
pub(super) fn read(
    options: &[Opt],
    family: Family,
    line: u32,
    text: &str,
    full: &dyn Fn(&str) -> String,
    known: &dyn Fn(&str) -> bool,
) -> Option<LinuxRule> {
    let mut builder = Builder { family, when: Match::default(), service: Service::default(), either: None };
    builder.when.family = Some(family);
    let target_at = options.iter().position(|o| matches!(o.name.as_str(), "-j" | "--jump" | "-g" | "--goto"));
    let (matches, target) = options.split_at(target_at.unwrap_or(options.len()));
    for option in matches {
        if builder.option(option).is_none() {
            builder.when.undecided.push(Text::new(&spelled(option)));
        }
    }
    let when = builder.finish();
    let (action, change) = self::target(target, full, known)?;
    let mut rule = Rule::new(action, line, shown(text).as_str());
    rule.when = when;
    Some(LinuxRule { rule, change })
}

fn spelled(option: &Opt) -> String {
    let not = if option.negated { "! " } else { "" };
    format!("{not}{} {}", option.name, option.arguments.join(" "))
}

/// What the target does; `None` when the packet just goes on.
fn target(
    options: &[Opt],
    full: &dyn Fn(&str) -> String,
    known: &dyn Fn(&str) -> bool,
) -> Option<(Action, Option<Change>)> {
    let first = options.first()?;
    let (name, goto) = (first.value(), matches!(first.name.as_str(), "-g" | "--goto"));
    if known(name) {
        let name = Text::new(&full(name));
        return Some((if goto { Action::Goto(name) } else { Action::Jump(name) }, None));
    }
    let after = |option: &str| options.iter().find(|o| o.name == option).map(Opt::value);
    Some(match name {
        "ACCEPT" => (Action::Allow, None),
        "DROP" | "REJECT" => (Action::Deny, None),
        "RETURN" => (Action::Return, None),
        "DNAT" => {
            let new = after("--to-destination").and_then(address_and_port);
            let to = new.map(|(to, _)| to);
            (Action::Allow, Some(destination(to, new.and_then(|(_, port)| port))))
        }
        "REDIRECT" | "NETMAP" | "TPROXY" => (Action::Allow, Some(destination(None, None))),
        "SNAT" | "MASQUERADE" => (Action::Allow, Some(Change::Source)),
        name if GOES_ON.contains(&name) => return None,
        _ => (Action::Unknown, None),
    })
}

/// Targets after which the next rule is tried.
const GOES_ON: [&str; 22] = [
    "LOG",
    "NFLOG",
    "ULOG",
    "AUDIT",
    "MARK",
    "CONNMARK",
    "TCPMSS",
    "TCPOPTSTRIP",
    "CT",
    "NOTRACK",
    "TRACE",
    "SET",
    "CHECKSUM",
    "CLASSIFY",
    "DSCP",
    "TOS",
    "TTL",
    "HL",
    "TEE",
    "SECMARK",
    "CONNSECMARK",
    "RATEEST",
];

struct Builder {
    family: Family,
    when: Match,
    service: Service,
    /// Ports of which the sender's or the receiver's must be one.
    either: Option<Ports>,
}

impl Builder {
    /// Takes one match; `None` when it is not understood.
    fn option(&mut self, option: &Opt) -> Option<()> {
        let not = option.negated;
        match option.name.as_str() {
            "-s" | "--source" | "--src" => once(&mut self.when.sources, addresses(option)?),
            "-d" | "--destination" | "--dst" => once(&mut self.when.destinations, addresses(option)?),
            "--src-range" => once(&mut self.when.sources, range(option)?),
            "--dst-range" => once(&mut self.when.destinations, range(option)?),
            "-p" | "--protocol" => self.protocol(option),
            "-i" | "--in-interface" => once(&mut self.when.in_interfaces, interfaces(option)),
            "-o" | "--out-interface" => once(&mut self.when.out_interfaces, interfaces(option)),
            "--sport" | "--source-port" | "--sports" | "--source-ports" => {
                once(&mut self.service.source_ports, ports(option)?)
            }
            "--dport" | "--destination-port" | "--dports" | "--destination-ports" => {
                once(&mut self.service.destination_ports, ports(option)?)
            }
            "--ports" if !not => once(&mut self.either, ports(option)?),
            "--icmp-type" | "--icmpv6-type" if !not => self.icmp(option.value()),
            "--state" | "--ctstate" => self.state(option),
            "--syn" => {
                self.when.established_only |= not;
                Some(())
            }
            "--tcp-flags" => self.flags(option),
            // Fragments but the first.
            "-f" | "--fragment" => {
                self.when.established_only |= !not;
                Some(())
            }
            // Names a module, whose options follow.
            "-m" | "--match" => module(option.value()),
            "--comment" => Some(()),
            _ => None,
        }
    }

    fn protocol(&mut self, option: &Opt) -> Option<()> {
        if matches!(option.value(), "all" | "0" | "ip") {
            return (!option.negated).then_some(());
        }
        self.service.protocol = Some(words::protocol(option.value())?);
        self.service.protocol_negated = option.negated;
        Some(())
    }

    fn icmp(&mut self, value: &str) -> Option<()> {
        if value == "any" {
            return Some(());
        }
        let name = value.split('/').next().unwrap_or_default();
        self.service.icmp_types.push(words::icmp_type(name, self.family == Family::V6)?);
        Some(())
    }

    /// A first packet is `NEW`. `SNAT` and `DNAT` say what translation did, and are not followed.
    fn state(&mut self, option: &Opt) -> Option<()> {
        let states: Vec<&str> = option.value().split(',').collect();
        let known = |s: &&str| matches!(*s, "NEW" | "ESTABLISHED" | "RELATED" | "INVALID");
        if states.contains(&"NEW") {
            self.when.established_only |= option.negated;
            return Some(());
        }
        if !states.iter().all(known) {
            return None;
        }
        self.when.established_only |= !option.negated;
        Some(())
    }

    /// `--tcp-flags MASK SET`: a first packet has SYN alone.
    fn flags(&mut self, option: &Opt) -> Option<()> {
        let [mask, set] = option.arguments.as_slice() else { return None };
        let has = |flags: &str, flag: &str| flags.split(',').any(|f| f == flag || f == "ALL");
        let wants_syn = has(set, "SYN") && set != "ALL";
        let others = set.split(',').any(|f| !matches!(f, "SYN" | "NONE" | ""));
        let fits = !others && (wants_syn || !has(mask, "SYN"));
        self.when.established_only |= fits == option.negated;
        Some(())
    }

    fn finish(mut self) -> Match {
        let service = self.service;
        self.when.services = match self.either {
            Some(ports) => vec![
                Service { source_ports: Some(ports.clone()), ..service.clone() },
                Service { destination_ports: Some(ports), ..service },
            ],
            None if service == Service::default() => Vec::new(),
            None => vec![service],
        };
        self.when
    }
}

/// A second condition on the same thing is not worked out.
fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    if place.is_some() {
        return None;
    }
    *place = Some(value);
    Some(())
}

/// Modules that are no condition by themselves; their options are.
fn module(name: &str) -> Option<()> {
    let by_options = [
        "tcp",
        "udp",
        "udplite",
        "sctp",
        "dccp",
        "icmp",
        "icmp6",
        "conntrack",
        "state",
        "multiport",
        "comment",
        "iprange",
    ];
    by_options.contains(&name).then_some(())
}

fn addresses(option: &Opt) -> Option<Addresses> {
    let nets: Option<Vec<Net>> = option.value().split(',').map(net).collect();
    Some(Addresses { negated: option.negated, ..Addresses::of(nets?) })
}

fn range(option: &Opt) -> Option<Addresses> {
    let value = option.value();
    let (first, last) = value.split_once('-').unwrap_or((value, value));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(())?;
    Some(Addresses { negated: option.negated, ..Addresses::of(vec![Net::Range(first, last)]) })
}

fn ports(option: &Opt) -> Option<Ports> {
    let ranges: Option<Vec<_>> = option.value().split(',').map(|p| words::port_range(p, ':')).collect();
    Some(Ports { negated: option.negated, ..Ports::of(ranges?) })
}

/// `eth+` stands for all that begin with `eth`.
fn interfaces(option: &Opt) -> Interfaces {
    let name = match option.value().strip_suffix('+') {
        Some(start) => format!("{start}*"),
        None => option.value().to_owned(),
    };
    Interfaces { negated: option.negated, ..Interfaces::of(vec![Text::new(&name)]) }
}
