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
mod dhcpv6;
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
mod mc_1e;
mod mms;
mod modbus;
mod mqtt;
mod mrp;
mod netbios;
mod ntlm;
mod ntp;
mod opcua;
mod pcworx;
mod ports;
mod proconos;
mod profinet_dcp;
mod profinet_io;
mod quic;
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
mod tunnels;
mod vnc;
mod vpn;
mod vrrp;

/// Every protocol, those that are told apart most surely first.
pub static PROTOCOLS: &[&dyn Protocol] = &[
    &arp::Arp,
    &cotp::Cotp,
    &s7comm::S7comm,
    &s7comm_plus::S7commPlus,
    &mms::Mms,
    &dnp3::Dnp3,
    &opcua::OpcUa,
    &opcua::PubSub,
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
    &mc_1e::Mc1e,
    &srtp::Srtp,
    &roc_plus::RocPlus,
    &genisys::Genisys,
    &hart_ip::HartIp,
    &tristation::TriStation,
    &ff_hse::FfHse,
    &profinet_io::ProfinetIo,
    &c1222::C1222,
    &tls::Tls,
    &tls::Dtls,
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
    &mrp::Mrp,
    &profinet_dcp::ProfinetDcp,
    &dhcp::Dhcp,
    &dhcpv6::Dhcpv6,
    &snmp::Snmp,
    &ntp::Ntp,
    &dns::Dns,
    &dns::Mdns,
    &dns::Llmnr,
    &netbios::Nbns,
    &netbios::Nbf,
    &syslog::Syslog,
    &hsrp::Hsrp,
    &vrrp::Vrrp,
    &radius::Radius,
    &tunnels::VXLAN,
    &tunnels::VXLAN_GPE,
    &tunnels::GENEVE,
    &tunnels::TZSP,
    &vpn::Ike,
    &vpn::WireGuard,
    &vpn::OpenVpn,
    &quic::Quic,
    &vpn::TeamViewer,
    &vpn::AnyDesk,
    &directory::Ldap,
    &directory::Kerberos,
    &mail::Smtp,
    &mail::Pop3,
    &mail::Imap,
    &database::Tds,
    &database::MySql,
    &database::Postgres,
];

pub(crate) use ports::{is_read_over_ip, is_server_port};

#[cfg(test)]
pub(crate) mod testing;

/// Asks one protocol about bytes.
pub(crate) fn probe(protocol: &dyn Protocol, head: &[u8], hint: &Hint) -> Probe {
    let info = protocol.info();
    let is_usual = match hint.transport {
        Transport::Ethernet => info.ethertypes.contains(&hint.ethertype),
        Transport::Tcp => info.tcp.contains(&hint.from_port) || info.tcp.contains(&hint.to_port),
        Transport::Udp => info.udp.contains(&hint.from_port) || info.udp.contains(&hint.to_port),
        Transport::Ip => protocol.ip_protocols().iter().any(|&p| u16::from(p) == hint.ethertype),
        Transport::Icmp => false,
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
    for protocol in ports::asked(usual, hint) {
        match protocol.probe(head, &asked) {
            Probe::Yes => return (Probe::Yes, Some(protocol)),
            Probe::More => more = true,
            Probe::No => {}
        }
    }
    (if more { Probe::More } else { Probe::No }, None)
}
