//! `conn.log` (Zeek, `base/protocols/conn`) and EVE's flows: who talks to whom, how much, in what.

use super::super::fold::{self, Importer, Waiting};
use super::super::record::Record;
use super::super::say::{Place, is_station};
use model::conversation::{ClientBy, ConversationKey};
use model::{Evidence, Host, Name, Timestamp, Transport};
use std::net::IpAddr;

/// What Zeek's analysers and Suricata's parsers call a protocol, by the name the dissectors have for it. The first that is in the
/// list of a connection's services counts. False: others go by that name too, so a protocol log knows better.
static SERVICES: &[(&[&str], &str, bool)] = &[
    (&["s7comm-plus", "s7comm_plus"], "s7comm-plus", true),
    (&["s7comm", "s7"], "s7comm", false),
    (&["mms"], "mms", true),
    (&["modbus"], "modbus", true),
    (&["dnp3"], "dnp3", true),
    (&["cip_io", "enip_io"], "cip-io", true),
    (&["enip", "cip"], "enip", false),
    (&["opcua-binary", "opcua_binary", "opcua"], "opcua", true),
    (&["bacnet"], "bacnet", true),
    (&["iec104", "iec60870_5_104", "iec-104"], "iec104", true),
    (&["synchrophasor"], "synchrophasor", true),
    (&["hart_ip", "hart-ip"], "hart-ip", false),
    (&["omron_fins", "omron-fins", "fins"], "fins", true),
    (&["genisys"], "genisys", true),
    (&["roc_plus", "roc-plus"], "roc-plus", true),
    (&["c1222", "c12.22"], "c1222", true),
    (&["bsap", "bsap_ip"], "bsap", true),
    (&["ge_srtp", "ge-srtp"], "srtp", true),
    (&["profinet", "profinet_io_cm"], "profinet-io", true),
    (&["ethercat"], "ethercat", true),
    (&["cotp", "tpkt"], "cotp", false),
    (&["ssl", "tls", "ftp-data-tls"], "tls", false),
    (&["ssh"], "ssh", true),
    (&["http", "http2"], "http", true),
    (&["dns", "mdns", "llmnr"], "dns", true),
    (&["dhcp"], "dhcp", true),
    (&["smb"], "smb", true),
    (&["rdp", "rdpeudp"], "rdp", true),
    (&["rfb", "vnc"], "vnc", true),
    (&["snmp"], "snmp", true),
    (&["ntp"], "ntp", true),
    (&["ftp"], "ftp", true),
    (&["tftp"], "tftp", true),
    (&["telnet"], "telnet", true),
    (&["mqtt"], "mqtt", true),
    (&["syslog"], "syslog", true),
    (&["smtp"], "smtp", true),
    (&["pop3"], "pop3", true),
    (&["imap"], "imap", true),
    (&["radius"], "radius", true),
    (&["quic"], "quic", true),
    (&["openvpn"], "openvpn", true),
    (&["wireguard"], "wireguard", true),
    (&["ipsec", "ike", "ikev2", "ikev1"], "ike", true),
    (&["mysql"], "mysql", true),
    (&["postgresql", "pgsql"], "postgresql", true),
    (&["tds"], "tds", true),
    (&["ldap", "ldap_tcp", "ldap_udp"], "ldap", true),
    (&["dce_rpc", "dcerpc"], "dcerpc", false),
    (&["krb", "krb_tcp", "krb5", "kerberos"], "kerberos", true),
    (&["gssapi", "ntlm"], "", false),
];

/// The protocol that a list of services names, and whether that is all there is to know.
fn protocol(services: &str) -> (Option<Name>, bool) {
    let words = || {
        services.split(',').map(|w| {
            let w = w.trim().trim_start_matches(['-', '^']).to_ascii_lowercase();
            let w = w.strip_prefix("spicy_").unwrap_or(&w).to_owned();
            ["_tcp", "_udp", "-tcp", "-udp", "_data"]
                .iter()
                .find_map(|s| w.strip_suffix(s))
                .unwrap_or(&w)
                .to_owned()
        })
    };
    let found = SERVICES.iter().find(|(theirs, ..)| words().any(|w| theirs.contains(&w.as_str())));
    match found {
        Some((_, name, exact)) if !name.is_empty() => (Some(Name::new(name)), *exact),
        _ => (None, false),
    }
}

/// Takes a connection in.
pub(crate) fn connection(importer: &mut Importer, record: &dyn Record, place: Place) {
    let Some([client, server]) = record.ends() else { return };
    let transport = record.transport(Transport::Ip);
    let (protocol, exact) = record.get("service").map_or((None, false), |s| protocol(&s));
    let (from, to) = (record.port("id.orig_p"), record.port("id.resp_p"));
    let usual = |port: Option<u16>| {
        port.is_some_and(|port| match &protocol {
            Some(name) => importer.catalogue.is_usual(name.as_str(), transport, port),
            None => importer.catalogue.is_server_port(transport, port),
        })
    };
    // `S` of the history is the client's SYN, `^` says that Zeek turned the connection round by its ports.
    let history = record.get("history").unwrap_or_default().into_owned();
    let handshake = transport == Transport::Tcp && (history.starts_with('S') || is_opened(record));
    // The first packet need not be the client's; where both ports are usual ones (DHCP) the lower is the server's.
    let turned = !handshake && usual(from) && (!usual(to) || from < to);
    let ported = matches!(transport, Transport::Tcp | Transport::Udp);
    let (a, b, port) = if turned { (server, client, from) } else { (client, server, to) };
    let key =
        ConversationKey { client: a, server: b, server_port: port.filter(|_| ported), transport, protocol };
    let mut report = fold::silent(key, place.time);
    let packets = [record.count("orig_pkts"), record.count("resp_pkts")];
    let [sent, received] = packets;
    report.client_by = match (handshake, ported) {
        (true, _) => ClientBy::Handshake,
        (_, true) if history.starts_with('^') || turned => ClientBy::Port,
        _ => ClientBy::FirstPacket,
    };
    report.vlan = record.get("vlan").and_then(|v| v.split(',').next()?.parse().ok());
    report.packets = sent.saturating_add(received);
    report.bytes = record.count("orig_ip_bytes").saturating_add(record.count("resp_ip_bytes"));
    report.last = last(record, place.time);
    report.answered = if turned { sent > 0 } else { received > 0 };
    let vlan = report.vlan;
    let attempt = !report.answered && report.key.protocol.is_none();
    let evidence = evidence(place, "id.orig_h");
    let macs = [record.mac("orig_l2_addr"), record.mac("resp_l2_addr")];
    for (host, (mac, count)) in [client, server].into_iter().zip(macs.into_iter().zip(packets)) {
        if count > 0 && is_station(host) {
            let mac = mac.filter(|m| m.is_station());
            let subject = Host { mac: host.mac.or(mac), ip: host.ip.filter(IpAddr::is_ipv4).or(host.ip) };
            importer.heard(subject.into(), vlan, attempt, evidence.clone());
        }
    }
    let uid = if exact { None } else { record.get("uid").map(|u| u.chars().take(64).collect()) };
    let client_port = if turned { to } else { from };
    importer.connection(uid, Waiting { report, evidence, client_port });
}

/// EVE has the flags of each direction in sixteens: the client's SYN is there when the other side sent one too, or nothing. A flow
/// that begins with the server's answer has no SYN in its other direction.
fn is_opened(record: &dyn Record) -> bool {
    const SYN: u8 = 2;
    let flags = |field| u8::from_str_radix(&record.get(field).unwrap_or_default(), 16).unwrap_or(0);
    let (there, back) = (flags("flags_to_server"), flags("flags_to_client"));
    there & SYN != 0 && (back & SYN != 0 || back == 0)
}

fn last(record: &dyn Record, first: Timestamp) -> Timestamp {
    if let Some(end) = record.time("end") {
        return end.max(first);
    }
    let seconds: f64 = record.get("duration").and_then(|d| d.parse().ok()).unwrap_or(0.0);
    let nanos = if seconds.is_finite() && seconds > 0.0 { (seconds * 1e9).round() as i64 } else { 0 };
    Timestamp(first.0.saturating_add(nanos))
}

fn evidence(place: Place, field: &str) -> Evidence {
    let Place { capture, line, time } = place;
    Evidence { capture, frame: line, time, field: Name::owned(format!("conn.{field}")), bytes: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_several_names() {
        for (services, name, exact) in [
            ("modbus", Some("modbus"), true),
            ("cotp,s7comm", Some("s7comm"), false),
            ("cotp,s7comm-plus", Some("s7comm-plus"), true),
            ("spicy_synchrophasor_tcp", Some("synchrophasor"), true),
            ("genisys_tcp", Some("genisys"), true),
            ("gssapi,smb,ntlm", Some("smb"), true),
            ("-ssl,http", Some("tls"), false),
            ("something", None, false),
        ] {
            let (found, sure) = protocol(services);
            assert_eq!((found.as_ref().map(Name::as_str), sure), (name, exact), "{services}");
        }
    }
}
