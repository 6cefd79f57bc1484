//! Information technology: names, sign-ins, programs and certificates that Zeek's base scripts log (`base/protocols/*`).

use super::super::say::{Log, Phase, Say, Whom, is_station};
use super::log;
use model::observation::Mechanism;
use model::{Attribute, Confidence, Text, Transport};

const SURE: Confidence = Confidence::CERTAIN;
const LIKELY: Confidence = Confidence::LIKELY;

pub(super) static LOGS: &[Log] = &[
    Log {
        facts: &[
            ("user_agent", Whom::Client, Attribute::Software, LIKELY),
            ("host", Whom::Server, Attribute::RequestedName, LIKELY),
        ],
        read: http,
        ..log("http", "http")
    },
    Log {
        facts: &[
            ("server_name", Whom::Server, Attribute::RequestedName, LIKELY),
            ("subject", Whom::Server, Attribute::CertificateSubject, SURE),
            ("issuer", Whom::Server, Attribute::CertificateIssuer, SURE),
        ],
        read: tls,
        ..log("ssl", "tls")
    },
    Log {
        facts: &[
            ("client", Whom::Client, Attribute::Software, SURE),
            ("server", Whom::Server, Attribute::Software, SURE),
        ],
        read: ssh,
        ..log("ssh", "ssh")
    },
    Log { read: certificate, ..log("x509", "") },
    Log { carrier: Transport::Udp, read: dns, ..log("dns", "dns") },
    Log { carrier: Transport::Udp, read: snmp, ..log("snmp", "snmp") },
    Log {
        facts: &[
            ("hostname", Whom::Client, Attribute::Hostname, LIKELY),
            ("host", Whom::Client, Attribute::Hostname, LIKELY),
            ("domainname", Whom::Client, Attribute::Domain, LIKELY),
            ("domain", Whom::Client, Attribute::Domain, LIKELY),
            ("server_nb_computer_name", Whom::Server, Attribute::Hostname, SURE),
            ("server_dns_computer_name", Whom::Server, Attribute::Hostname, SURE),
        ],
        read: ntlm,
        ..log("ntlm", "")
    },
    Log { read: kerberos, ..log("kerberos", "kerberos") },
    Log {
        facts: &[
            ("client_name", Whom::Client, Attribute::Hostname, SURE),
            ("client_build", Whom::Client, Attribute::Software, LIKELY),
            ("security_protocol", Whom::Server, Attribute::SecurityPolicy, SURE),
        ],
        read: rdp,
        ..log("rdp", "rdp")
    },
    Log { facts: &[("desktop_name", Whom::Server, Attribute::Name, SURE)], read: rfb, ..log("rfb", "vnc") },
    Log {
        facts: &[
            ("dialect", Whom::Server, Attribute::ProtocolVersion, LIKELY),
            ("native_os", Whom::Server, Attribute::Os, LIKELY),
            ("hostname", Whom::Client, Attribute::Hostname, LIKELY),
        ],
        ..log("smb", "smb")
    },
    Log { ..log("smb_mapping", "smb") },
    Log { ..log("smb_files", "smb") },
    Log { read: smb_command, ..log("smb_cmd", "smb") },
    Log { read: ftp, ..log("ftp", "ftp") },
    Log {
        facts: &[("client_id", Whom::Client, Attribute::ClientId, SURE)],
        read: mqtt,
        ..log("mqtt_connect", "mqtt")
    },
    Log { ..log("mqtt_publish", "mqtt") },
    Log { ..log("mqtt_subscribe", "mqtt") },
    Log { carrier: Transport::Udp, ..log("ntp", "ntp") },
    Log { carrier: Transport::Udp, ..log("syslog", "syslog") },
    Log { carrier: Transport::Udp, ..log("radius", "radius") },
    Log { ..log("ldap", "ldap") },
    Log { ..log("smtp", "smtp") },
    Log { ..log("mysql", "mysql") },
];

fn http(say: &mut Say<'_>) {
    if let Some(method) = say.get("method") {
        let word: String = method.chars().take(16).collect();
        say.count(("http", "method"), Phase::Request, &word);
        let operation = say.named(&word, &[]);
        say.operation(operation, Phase::Request, "method");
        if let Some(status) = say.record.number("status_code") {
            say.count(("http", "status"), Phase::Response, status);
            let operation = say.named(&word, &[]);
            let phase = if status >= 400 { Phase::Error } else { Phase::Response };
            say.operation(operation, phase, "status_code");
        }
    }
    if let Some(user) = say.any(&["username", "user"]) {
        say.sign_in(Text::new(&user), Mechanism::Username, false, None, "username");
    }
}

/// Names as the dissector's: `RSA 2048, sha256WithRSAEncryption`.
fn certificate(say: &mut Say<'_>) {
    let Some(id) = say.any(&["fingerprint", "id", "fuid"]) else { return };
    let key = say.get("certificate.key_type").unwrap_or_default().to_ascii_uppercase();
    let key = if key == "ECDSA" { "EC".to_owned() } else { key };
    let length = say.get("certificate.key_length").unwrap_or_default().into_owned();
    let algorithm = say.get("certificate.sig_alg").map(|sig| format!("{key} {length}, {sig}"));
    let expires =
        say.record.time("certificate.not_valid_after").map(|t| t.to_string().replace(".000000", ""));
    let values = [
        (Attribute::CertificateSubject, "certificate.subject", say.any(&["certificate.subject"])),
        (Attribute::CertificateIssuer, "certificate.issuer", say.any(&["certificate.issuer"])),
        (Attribute::CertificateExpires, "certificate.not_valid_after", expires),
        (Attribute::CertificateAlgorithm, "certificate.sig_alg", algorithm),
    ];
    let told = values
        .into_iter()
        .filter_map(|(attribute, field, value)| Some((attribute, Text::new(&value?), say.evidence(field))));
    let told = told.collect();
    say.importer.certificates.says(&id, told);
}

/// Versions in Zeek's and Suricata's words.
static VERSIONS: &[(&str, &str)] = &[
    ("SSLv2", "SSL 2.0"),
    ("SSLv3", "SSL 3.0"),
    ("TLSv10", "TLS 1.0"),
    ("TLSv11", "TLS 1.1"),
    ("TLSv12", "TLS 1.2"),
    ("TLSv13", "TLS 1.3"),
    ("TLSv1", "TLS 1.0"),
    ("TLS 1.0", "TLS 1.0"),
    ("TLS 1.1", "TLS 1.1"),
    ("TLS 1.2", "TLS 1.2"),
    ("TLS 1.3", "TLS 1.3"),
];

fn tls(say: &mut Say<'_>) {
    say.encrypted = true;
    let shown = [("cert_chain_fps", Whom::Server), ("client_cert_chain_fps", Whom::Client)];
    let before = [("cert_chain_fuids", Whom::Server), ("client_cert_chain_fuids", Whom::Client)];
    for (field, whom) in shown.into_iter().chain(before) {
        // The first of a chain is the host's own, those after it are who signed it.
        let own = say.get(field).and_then(|chain| chain.split(',').next().map(str::to_owned));
        if let (Some(id), Some(host)) = (own, say.host(whom).filter(|h| is_station(*h))) {
            say.importer.certificates.shows(&id, host);
        }
    }
    let Some((field, version)) = say.record.any(&["version", "ssl_version"]) else { return };
    say.answered = true;
    if let Some((_, ours)) = VERSIONS.iter().find(|(theirs, _)| *theirs == version) {
        let text = Text::new(ours);
        say.tell(Whom::Server, None, Attribute::ProtocolVersion, text, field, SURE);
    }
}

fn ssh(say: &mut Say<'_>) {
    say.encrypted = true;
    say.answered = say.get("server").is_some();
    if let Some(version) = say.record.number("version") {
        let text = Text::new(&format!("SSH {version}.0"));
        say.tell(Whom::Server, None, Attribute::ProtocolVersion, text, "version", LIKELY);
    }
}

fn dns(say: &mut Say<'_>) {
    let answered = say.any(&["rcode_name", "rcode"]).is_some();
    let operation = say.named("query", &[]);
    let response = say.get("direction").is_some_and(|d| matches!(d.as_ref(), "answer" | "response"));
    if !response {
        say.count(("dns", "response"), Phase::Request, 0);
        say.operation(operation.clone(), Phase::Request, "query");
    }
    if answered {
        say.count(("dns", "response"), Phase::Response, 1);
        let failed = say.any(&["rcode_name"]).is_some_and(|c| c != "NOERROR");
        say.operation(operation, if failed { Phase::Error } else { Phase::Response }, "rcode");
    }
}

/// A community is a password: only those that everyone knows are named.
fn snmp(say: &mut Say<'_>) {
    if let Some(description) = say.get("display_string") {
        let text = Text::new(&description);
        say.tell(Whom::Server, None, Attribute::Description, text, "display_string", SURE);
    }
    if let Some(community) = say.get("community") {
        let known = matches!(community.as_ref(), "public" | "private");
        let name = if known { Text::new(&community) } else { Text::new("(community)") };
        say.sign_in(name, Mechanism::Community, false, None, "community");
    }
    let counts = [
        ("get_requests", "get_request", Phase::Request),
        ("get_bulk_requests", "get_bulk_request", Phase::Request),
        ("set_requests", "set_request", Phase::Request),
    ];
    for (field, name, phase) in counts {
        if say.record.count(field) > 0 {
            let operation = say.named(name, &[]);
            say.operation(operation, phase, field);
        }
    }
    say.answered |= say.record.count("get_responses") > 0;
}

fn ntlm(say: &mut Say<'_>) {
    let Some(user) = say.any(&["username", "user"]) else { return };
    let accepted = say.record.flag("success");
    say.sign_in(Text::new(&user), Mechanism::Ntlm, true, accepted, "username");
}

fn kerberos(say: &mut Say<'_>) {
    let Some(client) = say.any(&["client", "cname"]) else { return };
    let accepted = say.record.flag("success");
    say.answered = accepted.is_some();
    // `name/REALM`: the account, then where it is at home.
    let name = client.split('/').next().unwrap_or(&client);
    say.sign_in(Text::new(name), Mechanism::Kerberos, true, accepted, "client");
}

fn rdp(say: &mut Say<'_>) {
    say.answered = say.get("result").is_some() || say.get("security_protocol").is_some();
    if let Some(cookie) = say.get("cookie") {
        say.sign_in(Text::new(&cookie), Mechanism::Username, true, None, "cookie");
    }
}

fn rfb(say: &mut Say<'_>) {
    say.answered = say.get("server_major_version").is_some();
    let accepted = say.record.flag("auth");
    match say.get("authentication_method").as_deref() {
        Some("None") => say.sign_in(Text::new(""), Mechanism::Anonymous, false, accepted, "auth"),
        Some("VNC") => say.sign_in(Text::new(""), Mechanism::Password, true, accepted, "auth"),
        _ => {}
    }
}

fn smb_command(say: &mut Say<'_>) {
    if let Some(version) = say.get("version") {
        let text = Text::new(&version);
        say.tell(Whom::Server, None, Attribute::ProtocolVersion, text, "version", LIKELY);
    }
    say.answered = say.get("status").is_some();
}

/// The password beside the user is not looked at.
fn ftp(say: &mut Say<'_>) {
    if let Some(user) = say.get("user").filter(|u| u.as_ref() != "<unknown>") {
        let anonymous = user.eq_ignore_ascii_case("anonymous");
        let mechanism = if anonymous { Mechanism::Anonymous } else { Mechanism::Username };
        let name = if anonymous { Text::new("") } else { Text::new(&user) };
        say.sign_in(name, mechanism, false, None, "user");
    }
    if let Some(command) = say.get("command") {
        let operation = say.named(&command, &[]);
        say.operation(operation, Phase::Request, "command");
    }
    say.answered |= say.get("reply_code").is_some();
}

fn mqtt(say: &mut Say<'_>) {
    say.answered = say.get("connect_status").is_some();
    if let Some(user) = say.get("user_name") {
        say.sign_in(Text::new(&user), Mechanism::Username, false, None, "user_name");
    }
}
