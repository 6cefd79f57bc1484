//! Plants made of devices whose rules are put together here; formats are tested where they are read.

use super::*;
use model::network::*;
use proptest::prelude::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn net(text: &str) -> (IpAddr, u8) {
    let (address, length) = text.split_once('/').unwrap();
    (ip(address), length.parse().unwrap())
}

fn device(name: &str, interfaces: &[(&str, &str)]) -> NetworkDevice {
    let mut device = NetworkDevice::new(ConfigFormat::CiscoIos);
    device.hostname = Text::new(name);
    for (name, address) in interfaces {
        let mut interface = Interface::new(name, 1);
        interface.addresses.push(net(address));
        device.interfaces.push(interface);
    }
    device
}

fn route(device: &mut NetworkDevice, prefix: &str, via: &str) {
    let (prefix, via) = (net(prefix), Some(ip(via)));
    let (interface, instance, discard, distance, line) = (None, None, false, 1, 7);
    device.routes.push(Route { prefix, via, interface, discard, distance, instance, line });
}

fn set(text: &str) -> Option<Addresses> {
    let (address, length) = net(text);
    Some(Addresses::of(vec![Net::Prefix(address, length)]))
}

/// A rule for TCP to a port, from a network to a network.
fn tcp(action: Action, from: &str, to: &str, port: u16, line: u32) -> Rule {
    let mut rule = Rule::new(action, line, &format!("rule {line}"));
    rule.when.sources = set(from);
    rule.when.destinations = set(to);
    rule.when.services = vec![Service::ports(6, Ports::of(vec![(port, port)]))];
    rule
}

fn bind(device: &mut NetworkDevice, name: &str, place: Place, interface: Option<&str>, rules: Vec<Rule>) {
    let mut list = RuleList::new(name, Fallback::Deny, 100);
    list.rules = rules;
    device.chains.push(list);
    let mut binding = Binding::new(name, place, 100);
    binding.interface = interface.map(Text::new);
    device.bindings.push(binding);
}

fn chain(device: &mut NetworkDevice, name: &str, default: Fallback, rules: Vec<Rule>) {
    let mut list = RuleList::new(name, default, 200);
    list.rules = rules;
    device.chains.push(list);
}

/// Office 10.1.0.0/24 – edge – transfer 10.9.0.0/30 – cell router – cell 10.2.0.0/24.
fn plant() -> Vec<NetworkDevice> {
    let mut edge =
        device("edge", &[("lan", "10.1.0.1/24"), ("up", "10.9.0.1/30"), ("wan", "203.0.113.2/29")]);
    route(&mut edge, "10.2.0.0/16", "10.9.0.2");
    route(&mut edge, "0.0.0.0/0", "203.0.113.1");
    let mut cell = device("cell", &[("up", "10.9.0.2/30"), ("plc", "10.2.0.1/24")]);
    route(&mut cell, "0.0.0.0/0", "10.9.0.1");
    let rules = vec![tcp(Action::Allow, "10.1.0.0/24", "10.2.0.0/24", 502, 11)];
    bind(&mut cell, "in", Place::Inbound, Some("up"), rules);
    vec![edge, cell]
}

fn ask(devices: &[NetworkDevice], from: &str, to: &str, port: u16) -> Answer {
    verdict(devices, ip(from), ip(to), Protocol::Tcp, Some(port))
}

#[test]
fn a_way_over_two_routers() {
    let plant = plant();
    let allowed = ask(&plant, "10.1.0.7", "10.2.0.9", 502);
    assert_eq!(allowed.outcome, Outcome::Allowed, "{allowed:?}");
    assert_eq!((allowed.by[0].device, allowed.by[0].line), (1, 11));
    let denied = ask(&plant, "10.1.0.7", "10.2.0.9", 80);
    assert_eq!((denied.outcome, denied.by[0].line), (Outcome::Denied, 100));
    // The way back has no list in it.
    assert_eq!(ask(&plant, "10.2.0.9", "10.1.0.7", 80).outcome, Outcome::Allowed);
    assert_eq!(ask(&plant, "10.1.0.7", "10.1.0.8", 80).outcome, Outcome::Direct);
    assert_eq!(verdict(&plant, ip("10.1.0.7"), ip("fd00::1"), Protocol::Tcp, None).outcome, Outcome::NoPath);
    // Without a port, the rule may hold or not.
    assert_eq!(
        verdict(&plant, ip("10.1.0.7"), ip("10.2.0.9"), Protocol::Tcp, None).outcome,
        Outcome::Undecided
    );
    assert_eq!(verdict(&plant, ip("10.1.0.7"), ip("10.2.0.9"), Protocol::Udp, None).outcome, Outcome::Denied);
}

#[test]
fn the_unknown_outside_comes_in_where_it_is_routed_to() {
    let mut plant = plant();
    let answer = ask(&plant, "198.51.100.7", "10.2.0.9", 502);
    assert_eq!(answer.outcome, Outcome::Denied);
    let out = ask(&plant, "10.2.0.9", "198.51.100.7", 443);
    assert_eq!((out.outcome, out.beyond.as_slice()), (Outcome::Allowed, [ip("203.0.113.1")].as_slice()));
    route(&mut plant[0], "198.51.100.0/24", "10.1.0.99");
    assert_eq!(plant[0].routes.len(), 3);
    // It now comes in by another interface, where nothing filters either.
    assert_eq!(ask(&plant, "198.51.100.7", "10.1.0.8", 502).outcome, Outcome::Allowed);
}

#[test]
fn a_router_that_is_not_known_stands_between() {
    let mut plant = plant();
    // The edge knows the cell behind a core router whose configuration is not there.
    plant[0].routes[0].via = Some(ip("10.9.0.3"));
    plant[0].interfaces[1].addresses = vec![net("10.9.0.1/29")];
    let allowed = ask(&plant, "10.1.0.7", "10.2.0.9", 502);
    assert_eq!((allowed.outcome, allowed.beyond.as_slice()), (Outcome::Allowed, [ip("10.9.0.3")].as_slice()));
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.0.9", 80).outcome, Outcome::Denied);
    plant[1].routes.clear();
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.0.9", 502).outcome, Outcome::Undecided);
    // From outside to outside.
    assert_eq!(ask(&plant, "198.51.100.7", "192.0.2.1", 80).outcome, Outcome::NoPath);
}

#[test]
fn loops_dead_ends_and_black_holes() {
    let mut plant = plant();
    route(&mut plant[1], "10.3.0.0/16", "10.9.0.1");
    route(&mut plant[0], "10.3.0.0/16", "10.9.0.2");
    plant[1].bindings.clear();
    let round = ask(&plant, "10.1.0.7", "10.3.0.1", 80);
    assert!(round.outcome == Outcome::NoPath && round.why.contains("circle"), "{round:?}");
    plant[0].routes[2].discard = true;
    assert_eq!(ask(&plant, "10.1.0.7", "10.3.0.1", 80).outcome, Outcome::Denied);
    plant[1].forwards = false;
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.0.9", 502).outcome, Outcome::NoPath);
    assert_eq!(ask(&[], "10.1.0.7", "10.2.0.9", 502).outcome, Outcome::NoPath);
}

#[test]
fn the_longest_prefix_and_the_lowest_distance_win() {
    let mut edge = device("edge", &[("lan", "10.1.0.1/24"), ("a", "10.8.0.1/30"), ("b", "10.9.0.1/30")]);
    route(&mut edge, "10.2.0.0/16", "10.8.0.2");
    route(&mut edge, "10.2.0.0/24", "10.9.0.2");
    bind(&mut edge, "a out", Place::Outbound, Some("a"), vec![]);
    let mut plant = vec![edge];
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.0.9", 80).outcome, Outcome::Allowed);
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.1.9", 80).outcome, Outcome::Denied);
    route(&mut plant[0], "10.2.0.0/16", "10.9.0.2");
    // Two ways of the same worth that end differently.
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.1.9", 80).outcome, Outcome::Undecided);
    plant[0].routes[2].distance = 200;
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.1.9", 80).outcome, Outcome::Denied);
}

#[test]
fn routing_instances_are_kept_apart() {
    let mut edge = device("edge", &[("lan", "10.1.0.1/24"), ("ot", "10.2.0.1/24")]);
    edge.interfaces[1].instance = Some(Text::new("OT"));
    assert_eq!(ask(&[edge], "10.1.0.7", "10.2.0.9", 80).outcome, Outcome::NoPath);
}

#[test]
fn what_was_not_understood_never_becomes_an_answer() {
    let with = |affects: Affects| {
        let mut plant = plant();
        plant[1].unknown.push(Unknown { affects, line: 3, text: Text::new("x") });
        [502, 80].map(|port| ask(&plant, "10.1.0.7", "10.2.0.9", port).outcome)
    };
    let (allowed, denied, open) = (Outcome::Allowed, Outcome::Denied, Outcome::Undecided);
    assert_eq!(with(Affects::Everything), [open, open]);
    // What filters as well cannot undo a denial.
    assert_eq!(with(Affects::Filtering(None)), [open, denied]);
    assert_eq!(with(Affects::Filtering(Some(Text::new("plc")))), [open, denied]);
    assert_eq!(with(Affects::Filtering(Some(Text::new("other")))), [allowed, denied]);
    assert_eq!(with(Affects::Steering(Text::new("up"))), [open, denied]);
    // The cell is a connected network.
    assert_eq!(with(Affects::Routing(None)), [allowed, denied]);
    let mut plant = plant();
    plant[0].unknown.push(Unknown {
        affects: Affects::Routing(None),
        line: 3,
        text: Text::new("router ospf 1"),
    });
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.0.9", 502).outcome, open);
}

#[test]
fn a_condition_that_is_not_understood_leaves_open_only_what_it_decides() {
    let mut plant = plant();
    let list = &mut plant[1].chains[0];
    list.rules[0].when.undecided.push(Text::new("time-range SHIFT"));
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.0.9", 502).outcome, Outcome::Undecided);
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.0.9", 80).outcome, Outcome::Denied);
    // The next rule says the same.
    plant[1].chains[0].rules.push(tcp(Action::Allow, "10.1.0.0/24", "10.2.0.0/24", 502, 12));
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.0.9", 502).outcome, Outcome::Allowed);
    plant[1].chains[0].rules[0].action = Action::Deny;
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.0.9", 502).outcome, Outcome::Undecided);
}

fn bare(default: Fallback, rules: Vec<Rule>) -> NetworkDevice {
    let mut fw = NetworkDevice::new(ConfigFormat::Nftables);
    bind(&mut fw, "forward", Place::Forward, None, rules);
    fw.chains[0].default = default;
    fw
}

fn jump(to: &str, line: u32) -> Rule {
    Rule::new(Action::Jump(Text::new(to)), line, "jump")
}

#[test]
fn chains_jump_return_and_go_to() {
    let any = "0.0.0.0/0";
    let ask = |fw: &NetworkDevice, port| ask(std::slice::from_ref(fw), "10.1.0.7", "10.2.0.9", port).outcome;
    let mut fw = bare(Fallback::Deny, vec![jump("cells", 1), tcp(Action::Allow, any, any, 80, 2)]);
    let inner = vec![
        tcp(Action::Return, any, any, 80, 3),
        tcp(Action::Deny, any, any, 23, 4),
        tcp(Action::Allow, any, any, 502, 5),
    ];
    chain(&mut fw, "cells", Fallback::Return, inner);
    assert_eq!(
        [80, 23, 502, 99].map(|p| ask(&fw, p)),
        [Outcome::Allowed, Outcome::Denied, Outcome::Allowed, Outcome::Denied]
    );
    // After a goto, what is not decided falls to the policy.
    fw.chains[0].rules[0].action = Action::Goto(Text::new("cells"));
    assert_eq!(ask(&fw, 80), Outcome::Denied);
    assert_eq!(ask(&fw, 502), Outcome::Allowed);
    // A return that may or may not be taken.
    fw.chains[0].rules[0].action = Action::Jump(Text::new("cells"));
    fw.chains[1].rules[0] = tcp(Action::Return, any, any, 502, 3);
    fw.chains[1].rules[0].when.undecided.push(Text::new("mark"));
    assert_eq!(ask(&fw, 502), Outcome::Undecided);
    fw.chains[0].default = Fallback::Allow;
    assert_eq!(ask(&fw, 502), Outcome::Allowed);
}

#[test]
fn chains_in_a_circle_end_undecided() {
    let mut fw = bare(Fallback::Deny, vec![jump("a", 1)]);
    chain(&mut fw, "a", Fallback::Return, vec![jump("b", 2), jump("b", 3)]);
    chain(&mut fw, "b", Fallback::Return, vec![jump("a", 4), jump("a", 5)]);
    assert_eq!(ask(&[fw], "10.1.0.7", "10.2.0.9", 80).outcome, Outcome::Undecided);
}

#[test]
fn interfaces_of_a_bare_ruleset_are_not_known() {
    let mut fw = bare(Fallback::Deny, vec![tcp(Action::Allow, "0.0.0.0/0", "0.0.0.0/0", 80, 1)]);
    fw.chains[0].rules[0].when.in_interfaces = Some(Interfaces::of(vec![Text::new("eth*")]));
    assert_eq!(ask(&[fw.clone()], "10.1.0.7", "10.2.0.9", 80).outcome, Outcome::Undecided);
    assert_eq!(ask(&[fw.clone()], "10.1.0.7", "10.2.0.9", 81).outcome, Outcome::Denied);
    let mut standing = device("fw", &[("eth0", "10.1.0.1/24"), ("lan1", "10.2.0.1/24")]);
    (standing.chains, standing.bindings) = (fw.chains, fw.bindings);
    assert_eq!(ask(&[standing.clone()], "10.1.0.7", "10.2.0.9", 80).outcome, Outcome::Allowed);
    assert_eq!(ask(&[standing], "10.2.0.7", "10.1.0.9", 80).outcome, Outcome::Denied);
}

#[test]
fn without_quick_the_last_rule_counts() {
    let any = "0.0.0.0/0";
    let mut fw = bare(
        Fallback::Deny,
        vec![
            tcp(Action::Allow, any, any, 80, 1),
            tcp(Action::Deny, any, "10.2.0.0/24", 80, 2),
            tcp(Action::Allow, "10.1.0.7/32", any, 80, 3),
        ],
    );
    fw.chains[0].rules.iter_mut().for_each(|r| r.quick = false);
    let ask = |fw: &NetworkDevice, from| ask(std::slice::from_ref(fw), from, "10.2.0.9", 80).outcome;
    assert_eq!((ask(&fw, "10.1.0.7"), ask(&fw, "10.1.0.8")), (Outcome::Allowed, Outcome::Denied));
    fw.chains[0].rules[1].quick = true;
    assert_eq!(ask(&fw, "10.1.0.7"), Outcome::Denied);
}

#[test]
fn destinations_are_translated_before_or_after_the_lists() {
    let translated = |seen, listed: &str| {
        let mut fw = device("fw", &[("wan", "203.0.113.2/29"), ("lan", "10.2.0.1/24")]);
        route(&mut fw, "0.0.0.0/0", "203.0.113.1");
        let rules = vec![tcp(Action::Allow, "0.0.0.0/0", listed, 502, 1)];
        bind(&mut fw, "in", Place::Inbound, Some("wan"), rules);
        let when = Match { destinations: set("203.0.113.5/32"), ..Match::default() };
        let change = Change::Destination { to: Some(ip("10.2.0.9")), base: None, port: Some(502), seen };
        let open = Match { undecided: vec![Text::new("set x")], ..when.clone() };
        let text = Text::new("dnat");
        fw.translations.push(Translation { when, change: change.clone(), line: 9, text: text.clone() });
        let sure = ask(&[fw.clone()], "198.51.100.7", "203.0.113.5", 502).outcome;
        fw.translations[0] = Translation { when: open, change, line: 9, text };
        (sure, ask(&[fw], "198.51.100.7", "203.0.113.5", 502).outcome)
    };
    let (allowed, denied, open) = (Outcome::Allowed, Outcome::Denied, Outcome::Undecided);
    assert_eq!(translated(Translated::First, "10.2.0.9/32"), (allowed, open));
    assert_eq!(translated(Translated::First, "203.0.113.5/32"), (denied, open));
    assert_eq!(translated(Translated::AfterInbound, "203.0.113.5/32"), (allowed, open));
    assert_eq!(translated(Translated::AfterInbound, "10.2.0.9/32"), (denied, denied));
}

#[test]
fn a_changed_source_is_not_relied_on_later() {
    let mut plant = plant();
    let when = Match { out_interfaces: Some(Interfaces::of(vec![Text::new("up")])), ..Match::default() };
    let text = Text::new("masquerade");
    plant[0].translations.push(Translation { when, change: Change::Source, line: 5, text });
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.0.9", 502).outcome, Outcome::Undecided);
    plant[1].chains[0].rules[0].when.sources = None;
    assert_eq!(ask(&plant, "10.1.0.7", "10.2.0.9", 502).outcome, Outcome::Allowed);
}

#[test]
fn the_device_itself_has_lists_of_its_own() {
    let mut plant = plant();
    bind(
        &mut plant[0],
        "vty",
        Place::Local,
        None,
        vec![tcp(Action::Allow, "10.1.0.5/32", "0.0.0.0/0", 22, 1)],
    );
    assert_eq!(ask(&plant, "10.1.0.5", "10.1.0.1", 22).outcome, Outcome::Allowed);
    assert_eq!(ask(&plant, "10.1.0.6", "10.1.0.1", 22).outcome, Outcome::Denied);
    assert_eq!(ask(&plant, "10.1.0.1", "10.2.0.9", 22).outcome, Outcome::Undecided);
}

#[test]
fn seen_beside_allowed() {
    let mut plant = plant();
    let rules = &mut plant[1].chains[0].rules;
    rules.push(tcp(Action::Allow, "10.1.0.0/24", "10.2.0.77/32", 102, 12));
    let mut wide = Rule::new(Action::Allow, 13, "permit ip host 10.1.0.5 any");
    wide.when.sources = set("10.1.0.5/32");
    rules.push(wide);
    let mut answers = Rule::new(Action::Allow, 14, "established");
    answers.when.established_only = true;
    rules.push(answers);
    chain(&mut plant[1], "not bound", Fallback::Deny, vec![Rule::new(Action::Allow, 15, "any")]);
    let seen = |client: &str, server: &str, port| {
        let (client, server) = (ip(client), ip(server));
        Observed { client, server, protocol: Protocol::Tcp, port: Some(port) }
    };
    let observed = [
        seen("10.1.0.7", "10.2.0.9", 502),
        seen("10.1.0.7", "10.2.0.9", 22),
        seen("10.1.0.7", "10.2.0.9", 22),
        seen("10.1.0.5", "10.2.0.9", 4840),
        seen("10.1.0.7", "10.1.0.8", 4840),
    ];
    let all = compare(&plant, &observed);
    let short: Vec<_> = all.iter().map(|c| (c.verdict, c.rule.as_ref().map(|r| r.line))).collect();
    assert_eq!(
        short,
        [
            (Verdict::ObservedThoughDenied, None),
            (Verdict::NeverObserved, Some(12)),
            (Verdict::TooWide, Some(13))
        ]
    );
    assert_eq!(all[2].rule.as_ref().unwrap().any, ["any destination", "any service"]);
    assert!(all[1].why.contains("3 conversations"), "{}", all[1].why);
}

proptest! {
    /// A plant whose only rule allows one client one port of one server allows exactly this.
    #[test]
    fn one_rule_allows_exactly_what_it_says(
        a in 2u8..250, b in 2u8..250, port in 1u16.., c in 2u8..250, d in 2u8..250, other in 1u16..,
        udp in any::<bool>(),
    ) {
        let mut plant = plant();
        let (client, server) = (format!("10.1.0.{a}"), format!("10.2.0.{b}"));
        plant[1].chains[0].rules = vec![tcp(Action::Allow, &format!("{client}/32"), &format!("{server}/32"), port, 1)];
        let says = |from: &str, to: &str, port, protocol| {
            verdict(&plant, ip(from), ip(to), protocol, Some(port)).outcome
        };
        prop_assert_eq!(says(&client, &server, port, Protocol::Tcp), Outcome::Allowed);
        let protocol = if udp { Protocol::Udp } else { Protocol::Tcp };
        let (from, to) = (format!("10.1.0.{c}"), format!("10.2.0.{d}"));
        let same = from == client && to == server && other == port && !udp;
        let expected = if same { Outcome::Allowed } else { Outcome::Denied };
        prop_assert_eq!(says(&from, &to, other, protocol), expected);
        prop_assert_eq!(says(&client, &to, port, protocol) == Outcome::Allowed, to == server && !udp);
        prop_assert_eq!(says(&from, &server, port, protocol) == Outcome::Allowed, from == client && !udp);
    }
}
