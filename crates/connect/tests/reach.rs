//! What configurations let pass, from their text to the answer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

use model::network::NetworkDevice;
use posture::reach::{Answer, Outcome, Protocol, verdict};
use sightglass_connect::netconfig::read;
use std::net::IpAddr;

const ALLOWED: Outcome = Outcome::Allowed;
const DENIED: Outcome = Outcome::Denied;
const OPEN: Outcome = Outcome::Undecided;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn device(text: &str) -> NetworkDevice {
    read("device", text.as_bytes()).unwrap()
}

/// `tcp/502`, `udp/161`, `icmp`, `47`.
fn ask(devices: &[NetworkDevice], from: &str, to: &str, what: &str) -> Answer {
    let (protocol, port) = what.split_once('/').map_or((what, None), |(p, port)| (p, port.parse().ok()));
    let protocol = match protocol {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "icmp" => Protocol::Icmp,
        number => Protocol::Other(number.parse().unwrap()),
    };
    verdict(devices, ip(from), ip(to), protocol, port)
}

fn check(devices: &[NetworkDevice], table: &[(&str, &str, &str, Outcome)]) {
    for (from, to, what, expected) in table {
        let answer = ask(devices, from, to, what);
        assert_eq!(answer.outcome, *expected, "{from} > {to} {what}: {answer:#?}");
    }
}

const ROUTER: &str = include_str!("../src/netconfig/cisco/sample.cfg");

#[test]
fn cisco() {
    let router = [device(ROUTER)];
    check(
        &router,
        &[
            ("10.10.1.21", "192.168.20.9", "tcp/502", ALLOWED),
            ("10.10.1.40", "192.168.20.9", "tcp/44820", ALLOWED),
            ("10.10.1.110", "192.168.20.9", "tcp/44818", ALLOWED),
            ("10.10.1.5", "192.168.20.9", "udp/2222", ALLOWED),
            ("10.10.1.5", "192.168.20.9", "icmp", ALLOWED),
            ("10.10.1.48", "192.168.20.9", "tcp/502", DENIED),
            ("10.10.1.21", "192.168.20.9", "tcp/503", DENIED),
            // The list out of the interface lets only odd hosts in.
            ("10.10.1.21", "192.168.20.8", "tcp/502", DENIED),
            // Another client port than that of NTP is as likely.
            ("10.10.1.5", "192.168.20.9", "udp/123", OPEN),
            ("10.10.1.5", "192.168.20.9", "udp/161", DENIED),
            // A time range decides.
            ("10.10.1.99", "192.168.20.77", "tcp/4840", OPEN),
            ("10.10.1.99", "192.168.20.77", "tcp/23", DENIED),
            // From the cell nothing filters on the way in.
            ("192.168.20.9", "10.10.1.21", "tcp/445", ALLOWED),
            ("192.168.20.9", "172.16.3.4", "tcp/445", DENIED),
            // The terminal lines.
            ("192.168.20.9", "192.168.20.1", "tcp/22", ALLOWED),
            ("10.10.1.21", "10.10.1.1", "tcp/22", DENIED),
            ("10.10.1.21", "10.10.1.22", "tcp/22", Outcome::Direct),
        ],
    );
    let from_outside = ask(&router, "198.51.100.1", "192.168.20.9", "tcp/80");
    assert_eq!(
        (from_outside.outcome, from_outside.by.last().unwrap().text.as_str().contains("deny")),
        (DENIED, true)
    );
}

#[test]
fn a_translation_of_cisco_is_seen_after_the_list() {
    let text = "hostname r\nversion 15.1\ninterface Gi0/0\n ip address 203.0.113.2 255.255.255.248\n ip nat outside\n ip access-group 100 in\n\
                interface Gi0/1\n ip address 10.2.0.1 255.255.255.0\n ip nat inside\n\
                ip nat inside source static tcp 10.2.0.9 502 203.0.113.5 1502\nip route 0.0.0.0 0.0.0.0 203.0.113.1\n\
                access-list 100 permit tcp any host 203.0.113.5 eq 1502\nend\n";
    check(
        &[device(text)],
        &[
            ("198.51.100.7", "203.0.113.5", "tcp/1502", ALLOWED),
            ("198.51.100.7", "203.0.113.5", "tcp/502", DENIED),
            ("198.51.100.7", "10.2.0.9", "tcp/502", DENIED),
        ],
    );
}

#[test]
fn fortigate() {
    let fw = [device(include_str!("../src/netconfig/fortigate/sample.conf"))];
    check(
        &fw,
        &[
            ("10.1.0.33", "10.2.20.5", "tcp/502", ALLOWED),
            ("10.1.0.105", "10.2.21.5", "udp/2222", ALLOWED),
            ("10.1.0.50", "10.2.20.5", "tcp/502", DENIED),
            ("10.1.0.33", "10.2.20.5", "tcp/80", DENIED),
            ("10.1.0.50", "10.2.20.5", "tcp/22", OPEN),
            ("10.1.0.50", "10.2.21.5", "tcp/22", DENIED),
            ("10.1.0.50", "10.3.0.10", "tcp/443", ALLOWED),
            ("10.1.0.50", "8.8.8.8", "udp/53", ALLOWED),
            ("10.1.0.50", "172.16.0.1", "udp/53", DENIED),
            // In one zone, and from one cell to the office.
            ("10.2.20.5", "10.2.21.5", "tcp/102", ALLOWED),
            ("10.2.20.5", "10.1.0.50", "tcp/445", DENIED),
            // A name stands for addresses that are not in the file.
            ("10.2.20.5", "198.51.100.9", "tcp/443", OPEN),
            ("10.2.20.5", "198.51.100.9", "tcp/80", DENIED),
            // The virtual IP, by its outside port; the inside address is not open.
            ("198.51.100.9", "203.0.113.5", "tcp/8443", ALLOWED),
            ("198.51.100.9", "203.0.113.5", "tcp/443", DENIED),
            ("198.51.100.9", "10.3.0.10", "tcp/443", DENIED),
            // The device itself.
            ("10.1.0.50", "10.1.0.1", "tcp/8443", ALLOWED),
            ("10.1.0.50", "10.1.0.1", "tcp/23", DENIED),
            ("198.51.100.9", "203.0.113.2", "tcp/22", DENIED),
            ("10.1.0.50", "10.1.0.1", "tcp/541", OPEN),
        ],
    );
}

/// Where the Linux rulesets stand: they list no addresses of their own.
fn standing(text: &str) -> NetworkDevice {
    let mut fw = device(text);
    let plain = "hostname x\nversion 15.1\ninterface eth0\n ip address 10.1.2.1 255.255.0.0\ninterface eth1\n ip address 192.168.20.1 255.255.255.0\n\
                 interface eth2\n ip address 192.168.21.1 255.255.255.0\ninterface eth3\n ip address 192.168.30.1 255.255.255.0\n\
                 ip route 0.0.0.0 0.0.0.0 10.1.0.254\nend\n";
    let place = device(plain);
    (fw.interfaces, fw.routes) = (place.interfaces, place.routes);
    fw
}

#[test]
fn iptables() {
    let text = include_str!("../src/netconfig/iptables/sample.rules");
    let table = [
        ("10.1.2.15", "192.168.20.9", "tcp/502", ALLOWED),
        ("10.1.2.15", "192.168.20.9", "tcp/1031", DENIED),
        ("10.1.2.15", "192.168.20.9", "tcp/102", ALLOWED),
        ("10.1.2.21", "192.168.20.9", "tcp/102", DENIED),
        ("10.1.2.21", "192.168.20.9", "udp/161", ALLOWED),
        ("10.1.66.1", "192.168.20.9", "udp/161", DENIED),
        ("10.1.66.1", "192.168.20.9", "icmp", ALLOWED),
        // After a goto only the policy is left.
        ("10.1.2.21", "192.168.21.9", "icmp", DENIED),
        ("10.1.99.1", "192.168.30.9", "tcp/4840", ALLOWED),
        ("172.16.0.1", "192.168.30.9", "udp/53", ALLOWED),
        ("10.9.9.9", "192.168.20.9", "tcp/502", DENIED),
        ("10.1.2.15", "192.168.30.9", "tcp/8443", DENIED),
    ];
    // What is marked, limited or queued leaves open what comes after it.
    let open = ["--mark", "NFQUEUE"];
    let without: Vec<&str> = text.lines().filter(|l| !open.iter().any(|o| l.contains(o))).collect();
    let without = without.join("\n");
    check(
        &[standing(text)],
        &[
            ("10.1.2.15", "192.168.20.9", "tcp/502", ALLOWED),
            ("10.1.2.15", "192.168.20.9", "tcp/1031", OPEN),
            ("10.1.2.21", "192.168.21.9", "icmp", DENIED),
        ],
    );
    check(&[standing(&without)], &table);
    let bare = device(&without);
    // Which interface it comes in by is not known then.
    check(std::slice::from_ref(&bare), &[("10.1.2.15", "192.168.20.9", "tcp/502", OPEN)]);
    check(
        &[bare],
        &[("10.1.2.15", "192.168.20.9", "tcp/102", ALLOWED), ("10.1.2.15", "192.168.20.9", "tcp/80", DENIED)],
    );
}

#[test]
fn nftables() {
    let text = include_str!("../src/netconfig/nft/sample.nft");
    // The set that rules fill at run time leaves open whatever would be allowed; without it, the rest shows.
    let without =
        text.replace("\t\tip saddr @banned drop\n", "").replace("\t\tmeta mark 0x00000001 accept\n", "");
    assert_ne!(without, text);
    check(
        &[standing(text)],
        &[("10.1.2.15", "192.168.20.9", "tcp/502", OPEN), ("10.1.2.15", "192.168.20.9", "tcp/80", OPEN)],
    );
    check(
        &[standing(&without)],
        &[
            ("10.1.2.15", "192.168.20.9", "tcp/502", ALLOWED),
            ("10.1.2.15", "192.168.20.16", "tcp/502", DENIED),
            ("10.1.2.15", "192.168.20.105", "tcp/44818", ALLOWED),
            ("10.1.3.15", "192.168.20.9", "tcp/502", DENIED),
            ("10.1.3.15", "192.168.30.5", "tcp/102", ALLOWED),
            ("10.1.3.15", "192.168.30.6", "tcp/102", DENIED),
            ("10.1.3.15", "192.168.30.6", "udp/53", ALLOWED),
            ("172.16.0.1", "192.168.30.5", "tcp/102", ALLOWED),
            ("172.16.0.1", "192.168.30.5", "tcp/53", DENIED),
            ("192.168.20.9", "192.168.30.9", "tcp/22", DENIED),
            ("192.168.20.9", "192.168.30.9", "udp/123", DENIED),
            ("192.168.20.9", "192.168.30.9", "icmp", ALLOWED),
            ("192.168.21.9", "192.168.30.9", "tcp/22", DENIED),
            // Translated before it is filtered.
            ("172.16.0.1", "203.0.113.5", "tcp/4840", ALLOWED),
            ("172.16.0.1", "203.0.113.5", "tcp/4841", DENIED),
        ],
    );
    let inside = without.replace("ip saddr != 10.0.0.0/8 tcp flags", "ip saddr 172.16.0.0/12 tcp flags");
    check(
        &[standing(&inside)],
        &[
            ("172.16.0.1", "192.168.30.9", "tcp/53", DENIED),
            ("192.168.20.9", "192.168.30.9", "tcp/22", ALLOWED),
            ("192.168.20.9", "192.168.30.9", "tcp/23", DENIED),
            ("192.168.20.9", "192.168.30.9", "tcp/8080", ALLOWED),
            ("192.168.20.9", "192.168.30.9", "tcp/8081", DENIED),
            ("192.168.21.9", "192.168.30.9", "tcp/22", DENIED),
        ],
    );
}

#[test]
fn pfsense() {
    let fw = [device(include_str!("../src/netconfig/pf/pfsense.xml"))];
    check(
        &fw,
        &[
            ("10.1.0.21", "10.2.20.9", "tcp/502", ALLOWED),
            ("10.1.0.39", "10.2.20.9", "tcp/2005", ALLOWED),
            ("10.1.0.70", "10.2.20.9", "tcp/44818", ALLOWED),
            ("10.1.0.40", "10.2.20.9", "tcp/502", DENIED),
            ("10.1.0.21", "10.2.21.9", "tcp/502", DENIED),
            ("10.1.0.21", "10.2.20.9", "udp/502", DENIED),
            // The floating rule that is not quick gives way to a later one.
            ("10.1.0.21", "10.2.20.9", "icmp", ALLOWED),
            ("10.1.0.21", "10.2.21.9", "icmp", DENIED),
            ("10.1.0.21", "8.8.8.8", "tcp/443", ALLOWED),
            ("10.1.0.21", "10.5.1.1", "tcp/443", ALLOWED),
            // What goes into a tunnel is not worked out.
            ("10.1.0.21", "10.88.0.7", "tcp/443", OPEN),
            // Rules of the group of both cells; towards the firewall itself.
            ("10.2.21.9", "10.2.20.1", "udp/123", ALLOWED),
            ("10.2.21.9", "10.2.20.9", "udp/123", DENIED),
            ("10.2.20.9", "8.8.8.8", "tcp/443", OPEN),
            ("10.2.20.9", "8.8.8.8", "tcp/23", DENIED),
            ("10.2.21.9", "8.8.8.8", "udp/53", OPEN),
            // Telnet is stopped on its way out as well.
            ("10.1.0.21", "10.2.20.9", "tcp/23", DENIED),
            ("10.1.0.1", "10.2.20.9", "tcp/502", OPEN),
            // Port forwards are seen translated.
            ("198.51.100.7", "203.0.113.2", "tcp/8080", ALLOWED),
            ("198.51.100.7", "203.0.113.2", "tcp/9090", ALLOWED),
            ("198.51.100.7", "203.0.113.2", "tcp/4840", DENIED),
            ("198.51.100.7", "203.0.113.2", "tcp/22", DENIED),
            ("192.168.7.7", "203.0.113.2", "tcp/8080", DENIED),
            ("10.1.0.200", "10.1.0.1", "tcp/8443", ALLOWED),
        ],
    );
}

#[test]
fn opnsense() {
    let fw = [device(include_str!("../src/netconfig/pf/opnsense.xml"))];
    check(
        &fw,
        &[
            ("10.1.0.5", "10.2.0.9", "tcp/80", ALLOWED),
            ("10.1.0.5", "10.2.0.10", "tcp/80", DENIED),
            ("10.1.0.5", "10.2.0.10", "tcp/102", DENIED),
            ("10.1.0.130", "10.2.0.11", "tcp/102", ALLOWED),
            ("10.2.0.11", "10.1.0.130", "tcp/102", DENIED),
            ("10.1.0.5", "8.8.8.8", "tcp/80", DENIED),
        ],
    );
}

/// Configurations whose only rule lets one client reach one TCP port of one server, in every language.
fn only(client: &str, server: &str, port: u16) -> Vec<NetworkDevice> {
    let interfaces = "interface lan\n ip address 10.1.0.1 255.255.255.0\n";
    let cisco = format!(
        "hostname r\nversion 15.1\n{interfaces} ip access-group A in\ninterface ot\n ip address 10.2.0.1 255.255.255.0\n\
         ip access-list extended A\n permit tcp host {client} host {server} eq {port}\nend\n"
    );
    let iptables = format!(
        "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -s {client}/32 -d {server}/32 -p tcp -m tcp --dport {port} -j ACCEPT\nCOMMIT\n"
    );
    let nft = format!(
        "table inet f {{\n chain forward {{\n  type filter hook forward priority filter; policy drop;\n  \
         ip saddr {client} ip daddr {server} tcp dport {port} accept\n }}\n}}\n"
    );
    let forti = format!(
        "config system interface\nedit \"lan\"\nset ip 10.1.0.1 255.255.255.0\nnext\nedit \"ot\"\nset ip 10.2.0.1/24\nnext\nend\n\
         config firewall address\nedit \"c\"\nset subnet {client}/32\nnext\nedit \"s\"\nset subnet {server}/32\nnext\nend\n\
         config firewall service custom\nedit \"p\"\nset tcp-portrange {port}\nnext\nend\nconfig firewall policy\nedit 1\nset srcintf \"lan\"\n\
         set dstintf \"ot\"\nset srcaddr \"c\"\nset dstaddr \"s\"\nset service \"p\"\nset action accept\nnext\nend\n"
    );
    let sides = |name: &str, address: &str| {
        format!("<{name}><enable>1</enable><ipaddr>{address}</ipaddr><subnet>24</subnet></{name}>")
    };
    let pf = |root: &str| {
        format!(
            "<{root}><interfaces>{}{}</interfaces><filter><rule><type>pass</type><interface>opt5</interface><ipprotocol>inet</ipprotocol>\
             <protocol>tcp</protocol><source><address>{client}</address></source><destination><address>{server}</address>\
             <port>{port}</port></destination></rule></filter></{root}>",
            sides("opt5", "10.1.0.1"),
            sides("opt6", "10.2.0.1")
        )
    };
    [cisco, iptables, nft, forti, pf("pfsense"), pf("opnsense")].iter().map(|text| device(text)).collect()
}

#[test]
fn a_configuration_with_one_rule_allows_exactly_this() {
    for (client, server, port) in [(2, 3, 1), (7, 9, 502), (254, 254, 65_535), (100, 10, 44_818)] {
        let devices = only(&format!("10.1.0.{client}"), &format!("10.2.0.{server}"), port);
        let (clients, servers) = ([client, client ^ 1, 128], [server, server ^ 1, 129]);
        let ports = [port, port.wrapping_add(1).max(1), 80];
        for device in &devices {
            for (c, s, p) in clients
                .iter()
                .flat_map(|c| servers.iter().map(move |s| (c, s)))
                .flat_map(|(c, s)| ports.map(|p| (c, s, p)))
            {
                for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Icmp] {
                    let (from, to) = (ip(&format!("10.1.0.{c}")), ip(&format!("10.2.0.{s}")));
                    let answer = verdict(std::slice::from_ref(device), from, to, protocol, Some(p));
                    let same = *c == client && *s == server && p == port && protocol == Protocol::Tcp;
                    let expected = if same { ALLOWED } else { DENIED };
                    assert_eq!(
                        answer.outcome, expected,
                        "{:?} {from} > {to} {protocol:?}/{p}: {answer:#?}",
                        device.format
                    );
                }
            }
        }
    }
}

const SAMPLES: [&str; 6] = [
    ROUTER,
    include_str!("../src/netconfig/iptables/sample.rules"),
    include_str!("../src/netconfig/nft/sample.nft"),
    include_str!("../src/netconfig/fortigate/sample.conf"),
    include_str!("../src/netconfig/pf/pfsense.xml"),
    include_str!("../src/netconfig/pf/opnsense.xml"),
];

/// Bytes changed, left out, repeated and put in another place, always the same way.
#[test]
fn damaged_configurations_never_panic() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for sample in SAMPLES {
        for _ in 0..400 {
            let mut bytes = sample.as_bytes().to_vec();
            for _ in 0..=next(4) {
                let (at, to) = (next(bytes.len()), next(bytes.len()));
                match next(4) {
                    0 => bytes[at] = b" \n{}\"\\/:-,<>0\xff"[next(14)],
                    1 => drop(bytes.drain(at.min(to)..at.max(to).min(at.min(to) + 40))),
                    2 => bytes.extend_from_within(at.min(to)..at.max(to).min(at.min(to) + 200)),
                    _ => bytes.swap(at, to),
                }
            }
            if let Ok(device) = read("damaged", &bytes) {
                let devices = [device];
                for (from, to) in [
                    ("10.1.0.21", "10.2.20.9"),
                    ("198.51.100.1", "203.0.113.5"),
                    ("10.10.1.21", "192.168.20.9"),
                ] {
                    let _ = ask(&devices, from, to, "tcp/502");
                }
            }
        }
    }
}

#[test]
fn groups_that_multiply_are_bounded() {
    let mut text = String::from("hostname a\nversion 15.1\nobject-group network G0\n host 10.0.0.1\n");
    for n in 1..12 {
        text += &format!("object-group network G{n}\n");
        text += &format!(" group-object G{}\n", n - 1).repeat(60);
    }
    text += "ip access-list extended X\n";
    text += &" permit ip object-group G11 object-group G8\n".repeat(2000);
    text += "end\n";
    let started = std::time::Instant::now();
    let device = device(&text);
    assert_eq!(device.rule_count(), 2000);
    assert!(started.elapsed().as_secs() < 20);
    // Sets that multiply by concatenation.
    let many: Vec<String> = (0..3000).map(|n| format!("10.0.{}.{}", n / 250, n % 250)).collect();
    let pairs: Vec<String> = many.iter().map(|ip| format!("{ip} . 80")).collect();
    let (set, pairs) = (many.join(", "), pairs.join(", "));
    let rule = format!("  ip saddr {{ {set} }} ip daddr . tcp dport {{ {pairs} }} accept\n");
    let nft = format!(
        "table ip f {{\n chain c {{\n  type filter hook forward priority 0; policy drop;\n{}\n }}\n}}\n",
        rule.repeat(20)
    );
    let answer = read("many", nft.as_bytes());
    assert!(answer.is_ok_and(
        |d| d.rule_count() < 5000 && d.chains[0].rules.iter().any(|r| !r.when.undecided.is_empty())
    ));
    assert!(started.elapsed().as_secs() < 20);
    let rules = "access-list 10 permit any\n".repeat(100_001);
    let fault = read("big", format!("hostname a\nversion 15.1\n{rules}end\n").as_bytes()).unwrap_err();
    assert!(fault.what.contains("rules") && fault.line == 100_003, "{fault}");
    assert!(read("huge", &vec![b'x'; (16 << 20) + 1]).unwrap_err().what.contains("16 MiB"));
}
