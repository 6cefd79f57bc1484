//! Suricata's words (`etc/schema.json` of Suricata): an event type is a Zeek log, its fields have Zeek's names here.

use super::json::{find, text};
use serde_json::Value;
use std::borrow::Cow;

/// A Zeek field and where EVE has it: the first path that holds a value counts.
type Field = (&'static str, &'static [&'static str]);

/// What all events have.
static COMMON: &[Field] = &[
    ("ts", &["flow.start", "timestamp"]),
    ("uid", &["flow_id"]),
    ("id.orig_h", &["src_ip"]),
    ("id.orig_p", &["src_port"]),
    ("id.resp_h", &["dest_ip"]),
    ("id.resp_p", &["dest_port"]),
    ("proto", &["proto"]),
    ("vlan", &["vlan"]),
    ("orig_l2_addr", &["ether.src_mac", "ether.src_macs"]),
    ("resp_l2_addr", &["ether.dest_mac", "ether.dest_macs"]),
];

/// Event types that say what a Zeek log says: event, log, fields.
static EVENTS: &[(&str, &str, &[Field])] = &[
    (
        "flow",
        "conn",
        &[
            ("service", &["app_proto"]),
            ("orig_pkts", &["flow.pkts_toserver"]),
            ("resp_pkts", &["flow.pkts_toclient"]),
            ("orig_ip_bytes", &["flow.bytes_toserver"]),
            ("resp_ip_bytes", &["flow.bytes_toclient"]),
            ("end", &["flow.end"]),
            ("flags_to_server", &["tcp.tcp_flags_ts"]),
            ("flags_to_client", &["tcp.tcp_flags_tc"]),
        ],
    ),
    (
        "modbus",
        "modbus",
        &[
            ("func", &["modbus.request.function_raw", "modbus.response.function_raw"]),
            ("unit", &["modbus.request.unit_id", "modbus.response.unit_id"]),
            (
                "sub_function",
                &[
                    "modbus.request.diagnostic.raw",
                    "modbus.response.diagnostic.raw",
                    "modbus.request.mei.raw",
                    "modbus.response.mei.raw",
                ],
            ),
            ("asked", &["modbus.request.function_raw"]),
            ("answered", &["modbus.response.function_raw"]),
            ("exception", &["modbus.response.exception.code", "modbus.response.exception.raw"]),
        ],
    ),
    (
        "dnp3",
        "dnp3",
        &[
            // Since version 5 an event for each message; before, one with both.
            ("function", &["dnp3.application.function_code"]),
            ("sequence", &["dnp3.application.control.sequence"]),
            ("objects", &["dnp3.application.objects.group"]),
            ("direction", &["dnp3.type"]),
            ("fc_request", &["dnp3.request.application.function_code"]),
            ("fc_reply", &["dnp3.response.application.function_code"]),
        ],
    ),
    (
        "enip",
        "cip_identity",
        &[
            ("vendor_name", &["enip.response.identity.vendor_id"]),
            ("device_type_name", &["enip.response.identity.device_type"]),
            ("product_code", &["enip.response.identity.product_code"]),
            ("product_name", &["enip.response.identity.product_name"]),
            ("revision", &["enip.response.identity.revision"]),
            ("serial_number", &["enip.response.identity.serial"]),
        ],
    ),
    (
        "http",
        "http",
        &[
            ("method", &["http.http_method"]),
            ("host", &["http.hostname"]),
            ("user_agent", &["http.http_user_agent"]),
            ("status_code", &["http.status"]),
        ],
    ),
    (
        "tls",
        "ssl",
        &[
            ("version", &["tls.version"]),
            ("server_name", &["tls.sni"]),
            ("subject", &["tls.subject"]),
            ("issuer", &["tls.issuerdn"]),
            ("not_valid_after", &["tls.notafter"]),
        ],
    ),
    (
        "ssh",
        "ssh",
        &[
            ("client", &["ssh.client.software_version"]),
            ("server", &["ssh.server.software_version"]),
            ("version", &["ssh.server.proto_version", "ssh.client.proto_version"]),
        ],
    ),
    ("dns", "dns", &[("rcode_name", &["dns.rcode"]), ("direction", &["dns.type"])]),
    (
        "dhcp",
        "dhcp",
        &[
            ("mac", &["dhcp.client_mac"]),
            ("assigned_addr", &["dhcp.assigned_ip"]),
            ("host_name", &["dhcp.hostname"]),
            ("msg_types", &["dhcp.dhcp_type"]),
        ],
    ),
    ("snmp", "snmp", &[("version", &["snmp.version"]), ("community", &["snmp.community"])]),
    (
        "smb",
        "smb",
        &[
            ("dialect", &["smb.dialect"]),
            ("native_os", &["smb.response.native_os"]),
            ("username", &["smb.ntlmssp.user"]),
            ("hostname", &["smb.ntlmssp.host"]),
            ("domainname", &["smb.ntlmssp.domain"]),
        ],
    ),
    (
        "rdp",
        "rdp",
        &[
            ("client_name", &["rdp.client.client_name"]),
            ("client_build", &["rdp.client.build"]),
            ("cookie", &["rdp.cookie"]),
        ],
    ),
    ("krb5", "kerberos", &[("client", &["krb5.cname"]), ("request_type", &["krb5.msg_type"])]),
    ("ftp", "ftp", &[("command", &["ftp.command"]), ("reply_code", &["ftp.completion_code"])]),
    ("rfb", "rfb", &[("desktop_name", &["rfb.framebuffer.name"])]),
    (
        "mqtt",
        "mqtt_connect",
        &[("client_id", &["mqtt.connect.client_id"]), ("user_name", &["mqtt.connect.username"])],
    ),
    (
        "arp",
        "arp",
        &[("orig_h", &["arp.src_ip"]), ("orig_hw_addr", &["arp.src_mac"]), ("operation", &["arp.opcode"])],
    ),
];

/// The Zeek log an event type stands for; `suricata EVENT` where there is none.
pub(super) fn log(event: &str) -> Cow<'static, str> {
    match EVENTS.iter().find(|(name, ..)| *name == event) {
        Some((_, log, _)) => Cow::Borrowed(log),
        None => Cow::Owned(format!("suricata {event}")),
    }
}

/// A field by Zeek's name.
pub(super) fn get<'v>(value: &'v Value, log: &str, field: &str) -> Option<Cow<'v, str>> {
    let own = EVENTS.iter().find(|(_, l, _)| *l == log).map_or(&[][..], |(_, _, fields)| *fields);
    let (_, paths) = own.iter().chain(COMMON).find(|(name, _)| *name == field)?;
    // The start of a flow is the time of its own event only; other events happen later in it.
    let paths = if field == "ts" && log != "conn" { paths.get(1..)? } else { paths };
    paths.iter().find_map(|path| find(value, path).and_then(text))
}
