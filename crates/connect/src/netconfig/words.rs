//! Names of protocols, ports and ICMP types (IANA: Protocol Numbers, Service Name and Transport Protocol Port Number Registry, ICMP
//! Parameters), with the names that Cisco's "IP Access List" command references give some of them.

/// IP protocols.
const PROTOCOLS: &[(&str, u8)] = &[
    ("icmp", 1),
    ("igmp", 2),
    ("ipinip", 4),
    ("ipencap", 4),
    ("ipip", 4),
    ("tcp", 6),
    ("egp", 8),
    ("igrp", 9),
    ("igp", 9),
    ("udp", 17),
    ("dccp", 33),
    ("ipv6", 41),
    ("rsvp", 46),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("ahp", 51),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("icmp6", 58),
    ("eigrp", 88),
    ("ospf", 89),
    ("nos", 94),
    ("etherip", 97),
    ("pim", 103),
    ("pcp", 108),
    ("comp", 108),
    ("vrrp", 112),
    ("carp", 112),
    ("l2tp", 115),
    ("sctp", 132),
    ("udplite", 136),
];

/// Ports by the names that configurations use.
const PORTS: &[(&str, u16)] = &[
    ("echo", 7),
    ("discard", 9),
    ("daytime", 13),
    ("chargen", 19),
    ("ftp-data", 20),
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("time", 37),
    ("nameserver", 42),
    ("whois", 43),
    ("tacacs", 49),
    ("tacacs-ds", 65),
    ("domain", 53),
    ("dns", 53),
    ("bootps", 67),
    ("bootpc", 68),
    ("tftp", 69),
    ("gopher", 70),
    ("finger", 79),
    ("www", 80),
    ("http", 80),
    ("kerberos", 88),
    ("hostname", 101),
    ("iso-tsap", 102),
    ("pop2", 109),
    ("pop3", 110),
    ("sunrpc", 111),
    ("ident", 113),
    ("nntp", 119),
    ("ntp", 123),
    ("msrpc", 135),
    ("netbios-ns", 137),
    ("netbios-dgm", 138),
    ("netbios-ss", 139),
    ("netbios-ssn", 139),
    ("imap", 143),
    ("imap2", 143),
    ("snmp", 161),
    ("snmptrap", 162),
    ("snmp-trap", 162),
    ("xdmcp", 177),
    ("bgp", 179),
    ("irc", 194),
    ("dnsix", 195),
    ("ldap", 389),
    ("mobile-ip", 434),
    ("https", 443),
    ("microsoft-ds", 445),
    ("pim-auto-rp", 496),
    ("isakmp", 500),
    ("exec", 512),
    ("biff", 512),
    ("login", 513),
    ("who", 513),
    ("cmd", 514),
    ("syslog", 514),
    ("lpd", 515),
    ("printer", 515),
    ("talk", 517),
    ("rip", 520),
    ("uucp", 540),
    ("klogin", 543),
    ("kshell", 544),
    ("ldaps", 636),
    ("imaps", 993),
    ("pop3s", 995),
    ("openvpn", 1194),
    ("ms-sql-s", 1433),
    ("radius", 1812),
    ("radius-acct", 1813),
    ("nfs", 2049),
    ("mysql", 3306),
    ("ms-wbt-server", 3389),
    ("non500-isakmp", 4500),
    ("ipsec-nat-t", 4500),
    ("sip", 5060),
    ("postgresql", 5432),
    ("onep-plain", 15001),
    ("onep-tls", 15002),
    ("domain-s", 853),
    ("submission", 587),
    ("mdns", 5353),
    ("http-alt", 8080),
    ("rdp", 3389),
    ("modbus", 502),
];

/// ICMP types of IPv4; names of codes stand for the type they belong to.
const ICMP_V4: &[(&str, u8)] = &[
    ("echo-reply", 0),
    ("pong", 0),
    ("destination-unreachable", 3),
    ("unreachable", 3),
    ("net-unreachable", 3),
    ("network-unreachable", 3),
    ("host-unreachable", 3),
    ("protocol-unreachable", 3),
    ("port-unreachable", 3),
    ("packet-too-big", 3),
    ("fragmentation-needed", 3),
    ("administratively-prohibited", 3),
    ("host-prohibited", 3),
    ("communication-prohibited", 3),
    ("source-quench", 4),
    ("redirect", 5),
    ("echo-request", 8),
    ("echo", 8),
    ("ping", 8),
    ("router-advertisement", 9),
    ("router-solicitation", 10),
    ("time-exceeded", 11),
    ("ttl-exceeded", 11),
    ("reassembly-timeout", 11),
    ("parameter-problem", 12),
    ("timestamp-request", 13),
    ("timestamp-reply", 14),
    ("information-request", 15),
    ("info-request", 15),
    ("information-reply", 16),
    ("info-reply", 16),
    ("mask-request", 17),
    ("address-mask-request", 17),
    ("mask-reply", 18),
    ("address-mask-reply", 18),
    ("traceroute", 30),
];

/// ICMPv6 types.
const ICMP_V6: &[(&str, u8)] = &[
    ("destination-unreachable", 1),
    ("unreachable", 1),
    ("packet-too-big", 2),
    ("time-exceeded", 3),
    ("parameter-problem", 4),
    ("echo-request", 128),
    ("echo", 128),
    ("echo-reply", 129),
    ("mld-listener-query", 130),
    ("mld-query", 130),
    ("mld-listener-report", 131),
    ("mld-report", 131),
    ("mld-listener-done", 132),
    ("mld-listener-reduction", 132),
    ("mld-reduction", 132),
    ("nd-router-solicit", 133),
    ("router-solicitation", 133),
    ("nd-router-advert", 134),
    ("router-advertisement", 134),
    ("nd-neighbor-solicit", 135),
    ("nd-ns", 135),
    ("neighbour-solicitation", 135),
    ("neighbor-solicitation", 135),
    ("nd-neighbor-advert", 136),
    ("nd-na", 136),
    ("neighbour-advertisement", 136),
    ("neighbor-advertisement", 136),
    ("nd-redirect", 137),
    ("redirect", 137),
    ("router-renumbering", 138),
    ("ind-neighbor-solicit", 141),
    ("ind-neighbor-advert", 142),
    ("mld2-listener-report", 143),
];

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
}

/// Number of a protocol, from its number or name. The name of every protocol (`ip`, `all`) is none.
pub(super) fn protocol(word: &str) -> Option<u8> {
    word.parse().ok().or_else(|| find(PROTOCOLS, word))
}

/// A port, from its number or name.
pub(super) fn port(word: &str) -> Option<u16> {
    word.parse().ok().or_else(|| find(PORTS, word))
}

/// `A`, `A-B`, `A:B`, `:B` or `A:` as a range.
pub(super) fn port_range(word: &str, between: char) -> Option<(u16, u16)> {
    if let Some(one) = port(word) {
        return Some((one, one));
    }
    let (first, last) = word.split_once(between)?;
    let first = if first.is_empty() { 0 } else { port(first)? };
    let last = if last.is_empty() { u16::MAX } else { port(last)? };
    (first <= last).then_some((first, last))
}

/// An ICMP type, from its number or name; `v6` for ICMPv6.
pub(super) fn icmp_type(word: &str, v6: bool) -> Option<u8> {
    word.parse().ok().or_else(|| find(if v6 { ICMP_V6 } else { ICMP_V4 }, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        assert_eq!(protocol("udp"), Some(17));
        assert_eq!(protocol("ip"), None);
        assert_eq!(port("www"), Some(80));
        assert_eq!(port_range("netbios-ns-netbios-ss", '-'), None);
        assert_eq!(port_range("1024:", ':'), Some((1024, u16::MAX)));
        assert_eq!(port_range("9-5", '-'), None);
        assert_eq!((icmp_type("echo-request", false), icmp_type("echo-request", true)), (Some(8), Some(128)));
    }
}
