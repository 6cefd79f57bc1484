//! The list of protocols. A new one is a file and two lines here: its `mod` and its place in [`PROTOCOLS`].

use crate::protocol::{Hint, Probe, Protocol};
use model::Transport;

mod ads;
mod arp;
mod bacnet;
mod ber;
mod bsap;
mod c1222;
mod cdp;
mod certificate;
mod checksum;
mod codesys;
mod cotp;
mod crimson;
mod database;
mod dcerpc;
mod described;
mod dhcp;
mod directory;
mod dlms;
mod dnp3;
mod dns;
mod enip;
mod ethercat;
mod ff_hse;
mod fins;
mod fox;
mod ftp;
mod genisys;
mod goose;
mod hart_ip;
mod hsrp;
mod http;
mod iec104;
mod lines;
mod lldp;
mod mail;
mod mms;
mod modbus;
mod mqtt;
mod netbios;
mod ntlm;
mod ntp;
mod opcua;
mod pcworx;
mod proconos;
mod profinet_dcp;
mod profinet_io;
mod radius;
mod rdp;
mod roc_plus;
mod s7comm;
mod s7comm_plus;
mod slmp;
mod smb;
mod snmp;
mod srtp;
mod ssh;
mod stp;
mod synchrophasor;
mod syslog;
mod telnet;
mod tftp;
mod tls;
mod tristation;
mod vnc;
mod vpn;

/// Every protocol, those that are told apart most surely first.
pub static PROTOCOLS: &[&dyn Protocol] = &[
    &arp::Arp,
    &cotp::Cotp,
    &s7comm::S7comm,
    &s7comm_plus::S7commPlus,
    &mms::Mms,
    &dnp3::Dnp3,
    &opcua::OpcUa,
    &modbus::Modbus,
    &modbus::ModbusRtu,
    &iec104::Iec104,
    &synchrophasor::Synchrophasor,
    &fins::Fins,
    &ads::Ads,
    &fox::Fox,
    &bsap::Bsap,
    &codesys::Codesys,
    &dlms::Dlms,
    &codesys::CodesysV2,
    &pcworx::PcWorx,
    &proconos::ProConOs,
    &crimson::Crimson,
    &slmp::Slmp,
    &srtp::Srtp,
    &roc_plus::RocPlus,
    &genisys::Genisys,
    &hart_ip::HartIp,
    &tristation::TriStation,
    &ff_hse::FfHse,
    &profinet_io::ProfinetIo,
    &c1222::C1222,
    &tls::Tls,
    &ssh::Ssh,
    &http::Http,
    &http::Ssdp,
    &smb::Smb,
    &smb::NetbiosDatagram,
    &smb::NetbiosIpx,
    &dcerpc::DceRpc,
    &rdp::Rdp,
    &vnc::Vnc,
    &mqtt::Mqtt,
    &ftp::Ftp,
    &tftp::Tftp,
    &telnet::Telnet,
    &enip::Enip,
    &enip::CipIo,
    &bacnet::Bacnet,
    &ethercat::EtherCat,
    &goose::Goose,
    &goose::SampledValues,
    &lldp::Lldp,
    &cdp::Cdp,
    &stp::Stp,
    &profinet_dcp::ProfinetDcp,
    &dhcp::Dhcp,
    &snmp::Snmp,
    &ntp::Ntp,
    &dns::Dns,
    &dns::Mdns,
    &dns::Llmnr,
    &netbios::Nbns,
    &netbios::Nbf,
    &syslog::Syslog,
    &hsrp::Hsrp,
    &radius::Radius,
    &vpn::Ike,
    &vpn::WireGuard,
    &vpn::OpenVpn,
    &vpn::Quic,
    &vpn::TeamViewer,
    &directory::Ldap,
    &directory::Kerberos,
    &mail::Smtp,
    &mail::Pop3,
    &mail::Imap,
    &database::Tds,
    &database::MySql,
    &database::Postgres,
];

#[cfg(test)]
pub(crate) mod testing;

/// Ports on which something listens, beyond those of [`PROTOCOLS`] (IANA service names registry, registered services that plants use).
const OTHER_TCP: &[u16] = &[
    25, 49, 53, 88, 110, 135, 139, 143, 179, 389, 443, 445, 465, 514, 515, 554, 587, 623, 636, 993, 995,
    1089, 1090, 1091, 1153, 1433, 1521, 1723, 1883, 1911, 1962, 2000, 2404, 2455, 3306, 3622, 3671, 4000,
    4059, 4712, 4911, 5002, 5006, 5007, 5060, 5094, 5432, 5671, 5672, 5683, 5900, 5985, 5986, 8080, 8443,
    8883, 9100, 9600, 11740, 11741, 11742, 11743, 18245, 20547, 41100, 48898, 61616, 789, 802, 1200, 3011,
    5011, 10001,
];
const OTHER_UDP: &[u16] = &[
    53, 67, 69, 88, 123, 137, 138, 161, 162, 319, 320, 389, 443, 500, 514, 623, 1089, 1090, 1091, 1153, 1234,
    1502, 1740, 1741, 1742, 1743, 1812, 1813, 1900, 2152, 2222, 3478, 3622, 3671, 3702, 4500, 4713, 4789,
    5006, 5007, 5060, 5094, 5353, 5355, 5683, 9600, 18246, 34962, 34963, 34964, 48899,
];

/// Whether a service usually listens at the port.
pub(crate) fn is_server_port(transport: Transport, port: u16) -> bool {
    let (other, bacnet): (&[u16], _) = match transport {
        Transport::Tcp => (OTHER_TCP, false),
        // BACnet/IP: 47808 and the fifteen after it (ANSI/ASHRAE 135 annex J).
        Transport::Udp => (OTHER_UDP, (47808..47824).contains(&port)),
        _ => return false,
    };
    bacnet || other.contains(&port) || PROTOCOLS.iter().any(|p| usual_ports(*p, transport).contains(&port))
}

fn usual_ports(protocol: &dyn Protocol, transport: Transport) -> &'static [u16] {
    match transport {
        Transport::Tcp => protocol.info().tcp,
        Transport::Udp => protocol.info().udp,
        Transport::Ethernet => protocol.info().ethertypes,
        Transport::Icmp | Transport::Ip => &[],
    }
}

/// Asks one protocol about bytes.
pub(crate) fn probe(protocol: &dyn Protocol, head: &[u8], hint: &Hint) -> Probe {
    let usual = usual_ports(protocol, hint.transport);
    let is_usual = match hint.transport {
        Transport::Ethernet => usual.contains(&hint.ethertype),
        _ => usual.contains(&hint.from_port) || usual.contains(&hint.to_port),
    };
    protocol.probe(head, &Hint { usual: is_usual, ..*hint })
}

/// Finds the protocol of the first bytes of a conversation: one whose usual port it is comes first; while such a one wants to see
/// more, the others wait.
pub(crate) fn recognise(head: &[u8], hint: &Hint) -> (Probe, Option<&'static dyn Protocol>) {
    match recognise_among(true, head, hint) {
        (Probe::No, _) => recognise_among(false, head, hint),
        found => found,
    }
}

/// Like [`recognise`], but asks only those whose usual port it is, or only the others.
pub(crate) fn recognise_among(
    usual: bool,
    head: &[u8],
    hint: &Hint,
) -> (Probe, Option<&'static dyn Protocol>) {
    let asked = Hint { usual, ..*hint };
    let mut more = false;
    for &protocol in PROTOCOLS.iter().filter(|p| carries(**p, hint) && is_usual(**p, hint) == usual) {
        match protocol.probe(head, &asked) {
            Probe::Yes => return (Probe::Yes, Some(protocol)),
            Probe::More => more = true,
            Probe::No => {}
        }
    }
    (if more { Probe::More } else { Probe::No }, None)
}

fn carries(protocol: &dyn Protocol, hint: &Hint) -> bool {
    let info = protocol.info();
    match hint.transport {
        Transport::Tcp => !info.tcp.is_empty(),
        Transport::Udp => !info.udp.is_empty(),
        Transport::Ethernet => info.ethertypes.contains(&hint.ethertype),
        Transport::Icmp | Transport::Ip => false,
    }
}

fn is_usual(protocol: &dyn Protocol, hint: &Hint) -> bool {
    let usual = usual_ports(protocol, hint.transport);
    hint.transport == Transport::Ethernet || usual.contains(&hint.from_port) || usual.contains(&hint.to_port)
}
