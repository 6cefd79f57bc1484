//! What a device is for: rules give points to roles, each with its reason; the role with the most points wins.
//!
//! Three kinds of hints, from strong to weak: what the device says of its product, what people named it, and how it behaves.
//! Words stand in `content/classify/*.tsv`; behaviour is the list of rules below.

use crate::features::Features;
use model::{Attribute, Confidence, OperationClass as Class, Role};
use std::collections::BTreeMap;

/// The words of products.
static PRODUCTS: &str = include_str!("../../../content/classify/products.tsv");
/// The words of names.
static NAMES: &str = include_str!("../../../content/classify/names.tsv");

/// A role with the reasons for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The role.
    pub role: Role,
    /// How sure.
    pub confidence: Confidence,
    /// Reasons, strongest first.
    pub reasons: Vec<String>,
}

/// Points below this leave the role open.
const POINTS_MIN: i32 = 20;

/// Protocols of controllers: who serves one of them acts on a process.
const CONTROL: &[&str] = &[
    "modbus",
    "modbus-rtu",
    "s7comm",
    "s7comm-plus",
    "enip",
    "cip-io",
    "fins",
    "mc-1e",
    "srtp",
    "ads",
    "codesys",
    "codesys-v2",
    "proconos",
    "pcworx",
    "crimson",
    "ff-hse",
    "profinet-io",
    "ethercat",
    "hart-ip",
    "slmp",
    "bacnet",
    "fox",
];
/// Protocols of substations and telecontrol.
const TELECONTROL: &[&str] = &["dnp3", "iec104", "roc-plus", "bsap", "genisys"];
/// Protocols that only safety controllers speak.
const SAFETY: &[&str] = &["tristation"];
/// Protocols of protection and control in substations.
const SUBSTATION: &[&str] = &["mms", "goose", "sv"];
/// Remote access for people.
const REMOTE: &[&str] = &["rdp", "vnc", "ssh", "telnet", "teamviewer", "anydesk"];

/// What an engineering workstation does and nobody else.
const PROGRAMMING: &[Class] = &[Class::ProgramDownload, Class::ProgramUpload, Class::FirmwareUpdate];
/// What an engineering workstation does, and others now and then.
const OPERATING: &[Class] = &[Class::ModeChange, Class::Restart];

/// Whether a protocol belongs to control of a process.
pub fn is_control(protocol: &str) -> bool {
    CONTROL.contains(&protocol)
        || TELECONTROL.contains(&protocol)
        || SUBSTATION.contains(&protocol)
        || SAFETY.contains(&protocol)
        || matches!(protocol, "opcua" | "opcua-pubsub" | "synchrophasor")
}

/// Classifies one device.
pub fn classify(f: &Features<'_>) -> Verdict {
    let mut points: BTreeMap<Role, Vec<(i32, String)>> = BTreeMap::new();
    let mut give =
        |role: Role, weight: i32, reason: String| points.entry(role).or_default().push((weight, reason));
    products(f, &mut give);
    names(f, &mut give);
    for rule in RULES {
        if let Some((role, weight, reason)) = rule(f) {
            give(role, weight, reason);
        }
    }
    for reasons in points.values_mut() {
        reasons.sort();
        reasons.dedup();
        reasons.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    }
    // The strongest reason counts whole, further ones a third: ten weak words are no certainty.
    let score = |reasons: &[(i32, String)]| {
        reasons.iter().enumerate().map(|(i, (w, _))| if i == 0 { *w } else { *w / 3 }).sum::<i32>()
    };
    let best = points.iter().map(|(role, reasons)| (score(reasons), std::cmp::Reverse(*role), reasons)).max();
    match best {
        Some((total, std::cmp::Reverse(role), reasons)) if total >= POINTS_MIN => Verdict {
            role,
            confidence: Confidence(u8::try_from(total.clamp(20, 98)).unwrap_or(98)),
            reasons: reasons.iter().map(|(_, r)| r.clone()).collect(),
        },
        _ => Verdict { role: Role::Unknown, confidence: Confidence(0), reasons: Vec::new() },
    }
}

fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, Role, i32)> {
    table.lines().filter(|l| !l.starts_with('#')).filter_map(|line| {
        let mut parts = line.split('\t');
        let word = parts.next()?;
        Some((word, Role::parse(parts.next()?)?, parts.next()?.parse().ok()?))
    })
}

fn products(f: &Features<'_>, give: &mut impl FnMut(Role, i32, String)) {
    const SAID: &[(Attribute, i32)] = &[
        (Attribute::Product, 100),
        (Attribute::OrderNumber, 100),
        (Attribute::DeviceType, 95),
        (Attribute::Description, 80),
        (Attribute::Module, 80),
        (Attribute::ProductUri, 60),
        (Attribute::Os, 70),
        (Attribute::Software, 45),
    ];
    for (attribute, percent) in SAID {
        for value in f.values(*attribute) {
            let text = value.to_lowercase();
            // One word per value: the one that says most.
            let hit = rows(PRODUCTS)
                .filter(|(word, ..)| has_word(&text, word))
                .max_by_key(|(w, _, n)| (*n, w.len()));
            if let Some((word, role, weight)) = hit {
                give(
                    role,
                    weight * percent / 100,
                    format!(
                        "its {} \u{201c}{value}\u{201d} says \u{201c}{word}\u{201d}",
                        attribute.as_str().replace('_', " ")
                    ),
                );
            }
        }
    }
}

/// Points from which a word is taken for the name of a product, not of a kind of device.
const PRODUCT_POINTS: i32 = 85;

/// The text names a product that the tables know.
pub(crate) fn names_a_product(text: &str) -> bool {
    let text = text.to_lowercase();
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    digits && rows(PRODUCTS).any(|(word, _, points)| points >= PRODUCT_POINTS && has_word(&text, word))
}

/// `word` stands in `text`, not inside another word; a dot matches one character.
fn has_word(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let starts_alone = |at: usize| at == 0 || text.get(at - 1).is_none_or(|b| !b.is_ascii_alphanumeric());
    let wordy = word.first().is_some_and(u8::is_ascii_alphanumeric);
    text.windows(word.len()).enumerate().any(|(at, window)| {
        let same = window.iter().zip(word).all(|(t, w)| *w == b'.' || t == w);
        let end = text.get(at + word.len());
        // A short word of letters must end there, too: "rtu" is not in "virtual".
        let closed = word.len() > 4
            || !word.iter().all(u8::is_ascii_alphabetic)
            || end.is_none_or(|b| !b.is_ascii_alphabetic());
        same && closed && (!wordy || starts_alone(at))
    })
}

fn names(f: &Features<'_>, give: &mut impl FnMut(Role, i32, String)) {
    let mut seen = Vec::new();
    for attribute in [Attribute::Hostname, Attribute::Name, Attribute::ClientId] {
        for value in f.values(attribute) {
            // Only the host's own part of a domain name.
            let own = value.split('.').next().unwrap_or_default().to_lowercase();
            for part in own.split(|c: char| !c.is_ascii_alphabetic()).filter(|p| p.len() > 1) {
                if seen.iter().any(|s| s == part) {
                    continue;
                }
                seen.push(part.to_owned());
                if let Some((_, role, weight)) = rows(NAMES).find(|(word, ..)| *word == part) {
                    give(
                        role,
                        weight,
                        format!("its name \u{201c}{value}\u{201d} says \u{201c}{part}\u{201d}"),
                    );
                }
            }
        }
    }
}

/// A rule: role, weight and reason, when it holds.
type Rule = fn(&Features<'_>) -> Option<(Role, i32, String)>;

/// The behaviour rules.
const RULES: &[Rule] = &[
    |f| {
        (f.forwards > 0)
            .then(|| (Role::Router, 95, format!("it forwards packets of {} other addresses", f.forwards)))
    },
    |f| f.capability("router").map(|_| (Role::Router, 40, "it announces that it routes".into())),
    |f| {
        let bridge = f.capability("bridge").is_some() || f.uses_any(&["stp"]).is_some();
        (bridge && f.forwards == 0)
            .then(|| (Role::Switch, 60, "it announces that it bridges networks".into()))
    },
    |f| {
        f.capability("wlan")
            .or(f.capability("access point"))
            .map(|_| (Role::AccessPoint, 80, "it announces a wireless access point".into()))
    },
    |f| f.capability("telephone").map(|_| (Role::Phone, 80, "it announces a telephone".into())),
    |f| f.serves_any(CONTROL).map(|p| (Role::Plc, 45, format!("it answers {p} requests"))),
    |f| f.serves_any(SAFETY).map(|p| (Role::SafetyController, 80, format!("it answers {p} requests"))),
    |f| f.serves_any(TELECONTROL).map(|p| (Role::Rtu, 60, format!("it is an outstation of {p}"))),
    |f| f.serves_any(&["mms"]).map(|p| (Role::Ied, 55, format!("it answers {p} requests"))),
    |f| f.uses_any(&["goose", "sv"]).map(|p| (Role::Ied, 65, format!("it publishes {p}"))),
    |f| {
        let feeds = f.serves_any(&["opcua"]).is_some() && f.uses_any(CONTROL).is_some();
        feeds.then(|| (Role::ScadaServer, 50, "it reads controllers and offers their data by OPC UA".into()))
    },
    |f| {
        let only = f.serves_any(&["opcua"]).is_some() && !f.uses_control() && f.serves_any(CONTROL).is_none();
        only.then(|| (Role::Plc, 30, "it offers process data by OPC UA".into()))
    },
    |f| {
        (f.stations_behind >= 2)
            .then(|| (Role::Gateway, 75, format!("{} stations answer behind it", f.stations_behind)))
    },
    |f| {
        f.serves_any(&["rdp"])
            .and(f.uses_any(CONTROL))
            .map(|_| (Role::Hmi, 20, "people reach it by remote desktop and it talks to controllers".into()))
    },
    |f| {
        // Only engineers move programs and firmware; modes and restarts are also an operator's business.
        let found = f.sends_class(PROGRAMMING).map(|f| (f, 90)).or(f.sends_class(OPERATING).map(|f| (f, 70)));
        found.map(|((p, c), weight)| {
            let work = c.as_str().replace('_', " ");
            (Role::EngineeringWorkstation, weight, format!("it does engineering work ({work}) over {p}"))
        })
    },
    |f| {
        let writes = f.sends_control_class(&[Class::Write, Class::Command]);
        writes.map(|p| (Role::Hmi, 40, format!("it writes to controllers over {p}")))
    },
    |f| f.uses_any(TELECONTROL).map(|p| (Role::ScadaServer, 60, format!("it is the master station of {p}"))),
    |f| {
        let controllers = f.control_servers;
        (controllers >= 3).then(|| {
            (
                Role::ScadaServer,
                35 + i32::try_from(controllers).unwrap_or(10).min(10),
                format!("it supervises {controllers} devices"),
            )
        })
    },
    |f| {
        (f.uses_any(CONTROL).is_some() && f.control_servers < 3)
            .then(|| (Role::Hmi, 25, "it polls controllers".into()))
    },
    |f| {
        let reads_only = f.uses_any(&["opcua"]).is_some()
            && f.sends_control_class(&[Class::Write, Class::Command]).is_none();
        reads_only.then(|| (Role::Historian, 50, "it only reads process data, by OPC UA among others".into()))
    },
    |f| {
        let hops = f.remote_in_from_outside && f.uses_any(REMOTE).is_some();
        hops.then(|| (Role::JumpHost, 75, "people reach it remotely and go on to other hosts from it".into()))
    },
    |f| {
        f.serves_any(&[
            "dns",
            "dhcp",
            "ntp",
            "ldap",
            "kerberos",
            "smtp",
            "mqtt",
            "tds",
            "mysql",
            "postgresql",
            "syslog",
        ])
        .map(|p| (Role::Server, 35, format!("it serves {p}")))
    },
    |f| f.serves_any(&["smb", "smb2"]).map(|_| (Role::Server, 25, "it shares files".into())),
    |f| {
        (f.serves_any(&["http", "tls"]).is_some() && !f.talks_control())
            .then(|| (Role::Server, 22, "it serves web pages".into()))
    },
    |f| {
        let it = f
            .uses_any(&["http", "tls", "rdp", "smb", "smb2", "dns", "ssh", "ftp"])
            .filter(|_| !f.talks_control() && f.answered_services == 0);
        it.map(|p| (Role::Workstation, 30, format!("it uses {p} and serves nothing")))
    },
    |f| {
        f.uses_any(&["profinet-dcp"])
            .filter(|_| f.values(Attribute::Name).next().is_some())
            .map(|_| (Role::Plc, 15, "it takes part in PROFINET".into()))
    },
    |f| {
        f.maker_is(&["Hirschmann", "Moxa", "RuggedCom", "Cisco", "Juniper", "Westermo", "Belden"])
            .filter(|_| !f.talks_control())
            .map(|m| (Role::Switch, 25, format!("its interface was made by {m}")))
    },
    |f| {
        let makers = &[
            "Siemens",
            "Rockwell",
            "Schneider",
            "TELEMECANIQUE",
            "WAGO",
            "ABB",
            "Omron",
            "Mitsubishi Electric",
            "Beckhoff",
            "Phoenix Contact",
            "B&R",
            "Yokogawa",
            "Emerson",
            "Honeywell",
        ];
        f.maker_is(makers).map(|m| (Role::Plc, 18, format!("its interface was made by {m}")))
    },
    |f| f.maker_is(&["Schweitzer", "SEL"]).map(|m| (Role::Ied, 35, format!("its interface was made by {m}"))),
    |f| {
        f.maker_is(&["Axis Communications", "Hikvision", "Dahua"])
            .map(|m| (Role::Camera, 50, format!("its interface was made by {m}")))
    },
    |f| f.external.then(|| (Role::Server, 20, "it has a public address".into())),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_tables_are_sound() {
        for table in [PRODUCTS, NAMES] {
            let lines = table.lines().filter(|l| !l.starts_with('#')).count();
            assert_eq!(rows(table).count(), lines, "a row with an unknown role or a broken weight");
        }
    }

    #[test]
    fn host_names_are_no_products() {
        for (text, is) in
            [("NPort 5110", true), ("SEL-3530", true), ("rtu-pump-2 login:", false), ("hmi-a1", false)]
        {
            assert_eq!(names_a_product(text), is, "{text}");
        }
    }

    #[test]
    fn words_match_as_words() {
        assert!(has_word("cpu 315-2 pn/dp", "cpu 31"));
        assert!(has_word("remote rtu 560", "rtu"));
        assert!(!has_word("virtual machine", "rtu"));
        assert!(has_word("bmx p34 2020", "bmx p34"));
        assert!(has_word("1756-l72s/b", "1756-l7.s"));
    }
}
