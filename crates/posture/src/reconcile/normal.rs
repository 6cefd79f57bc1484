//! Values of both sides brought to a form in which they can be compared: makers, serial numbers, versions, products, names, roles.

use crate::intel::text::{compact, fold, has_digit, pieces};
use crate::intel::vendor::Vendors;
use crate::intel::version::Labelled;
use model::Role;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::LazyLock;

/// Shortest serial number that identifies anything, in letters and digits.
const SERIAL_MIN: usize = 4;
/// What stands in serial number fields and is none. Compact and lower case.
const NO_SERIAL: &[&str] = &[
    "unknown",
    "none",
    "null",
    "notavailable",
    "notapplicable",
    "notspecified",
    "tobefilledbyoem",
    "systemserialnumber",
    "defaultstring",
    "serialnumber",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
];
/// Names that any device may have.
const NO_NAME: &[&str] =
    &["localhost", "unknown", "none", "null", "default", "device", "host", "switch", "router", "plc"];

static VENDORS: LazyLock<Vendors> = LazyLock::new(Vendors::embedded);

/// Keys of makers, worked out once for each spelling.
pub(super) struct Makers {
    known: BTreeMap<String, Rc<[String]>>,
}

impl Makers {
    pub(super) fn new() -> Self {
        Self { known: BTreeMap::new() }
    }

    /// The keys of a maker and of firms whose products carry either name, sorted; empty when the text names nobody.
    pub(super) fn keys(&mut self, text: &str) -> Rc<[String]> {
        if let Some(keys) = self.known.get(text) {
            return Rc::clone(keys);
        }
        let keys: Rc<[String]> = VENDORS.with_related(VENDORS.keys(text)).into();
        self.known.insert(text.to_owned(), Rc::clone(&keys));
        keys
    }
}

/// Both lists of keys name someone, and nobody in common.
pub(super) fn makers_differ(a: &[String], b: &[String]) -> bool {
    !a.is_empty() && !b.is_empty() && !a.iter().any(|key| b.contains(key))
}

/// A serial number as a key: letters and digits, lower case, without `0x` and leading zeros. `None` for what is no serial number.
pub(super) fn serial(text: &str) -> Option<String> {
    let key = compact(&fold(text));
    let key = key.strip_prefix("0x").unwrap_or(&key).trim_start_matches('0');
    let same = key.bytes().all(|b| key.as_bytes().first() == Some(&b));
    let real = key.len() >= SERIAL_MIN && !same && has_digit(key) && !NO_SERIAL.contains(&key);
    real.then(|| key.to_owned())
}

/// A name as a key: lower case, the first label of a domain name. `None` for what names no device in particular.
pub(super) fn name(text: &str) -> Option<String> {
    let folded = fold(text.trim().trim_end_matches(['.', '$']));
    if folded.parse::<IpAddr>().is_ok() || model::cmdb::mac(&folded).is_ok() {
        return None;
    }
    let label = match folded.split_once('.') {
        Some((first, _)) if !folded.contains(' ') && first.chars().any(char::is_alphabetic) => first,
        _ => &folded,
    };
    (label.len() > 1 && !NO_NAME.contains(&label)).then(|| label.to_owned())
}

/// Addresses that are given once in a network: no loopback, automatic (RFC 3927) or group addresses.
pub(super) fn is_telling(ip: IpAddr) -> bool {
    let automatic = matches!(ip, IpAddr::V4(v4) if v4.is_link_local() || v4.is_broadcast());
    !(ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || automatic)
}

/// The same version, however it is written: `V4.4`, `4.4` and `4.4.0`.
pub(super) fn same_version(a: &str, b: &str) -> bool {
    if compact(&fold(a)) == compact(&fold(b)) {
        return true;
    }
    let (a, b) = (Labelled::all(a), Labelled::all(b));
    let equal = |a: &Labelled, b: &Labelled| {
        let labels = a.label.is_none() || b.label.is_none() || a.label == b.label;
        labels && a.version.against(&b.version).is_eq() && b.version.against(&a.version).is_eq()
    };
    match (a.as_slice(), b.as_slice()) {
        ([a], [b]) => equal(a, b),
        _ => false,
    }
}

/// Letters and digits are the same: order numbers with and without blanks and hyphens.
pub(super) fn same_number(a: &str, b: &str) -> bool {
    compact(&fold(a)) == compact(&fold(b))
}

/// The same product: equal, or every word of the shorter name, a number among them, stands in the longer (`CPU 1516-3` and
/// `SIMATIC S7-1500 CPU 1516-3 PN/DP`; but `CPU 1511` is not `CPU 1511F`).
pub(super) fn same_product(a: &str, b: &str) -> bool {
    if same_number(a, b) {
        return true;
    }
    let (a, b) = (pieces(&fold(a)), pieces(&fold(b)));
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.iter().any(|piece| has_digit(piece)) && short.iter().all(|piece| long.contains(piece))
}

/// Words for roles, compact and lower case; the longest that a text contains counts.
const ROLES: &[(&str, Role)] = &[
    ("plc", Role::Plc),
    ("programmablelogiccontroller", Role::Plc),
    ("pac", Role::Plc),
    ("controller", Role::Plc),
    ("rtu", Role::Rtu),
    ("remoteterminalunit", Role::Rtu),
    ("ied", Role::Ied),
    ("relay", Role::Ied),
    ("protectionrelay", Role::Ied),
    ("baycontroller", Role::Ied),
    ("safetycontroller", Role::SafetyController),
    ("safetyplc", Role::SafetyController),
    ("sis", Role::SafetyController),
    ("remoteio", Role::RemoteIo),
    ("distributedio", Role::RemoteIo),
    ("io", Role::RemoteIo),
    ("drive", Role::Drive),
    ("inverter", Role::Drive),
    ("vfd", Role::Drive),
    ("fielddevice", Role::FieldDevice),
    ("sensor", Role::FieldDevice),
    ("actuator", Role::FieldDevice),
    ("hmi", Role::Hmi),
    ("operatorpanel", Role::Hmi),
    ("operatorstation", Role::Hmi),
    ("scada", Role::ScadaServer),
    ("scadaserver", Role::ScadaServer),
    ("engineeringworkstation", Role::EngineeringWorkstation),
    ("engineeringstation", Role::EngineeringWorkstation),
    ("ews", Role::EngineeringWorkstation),
    ("historian", Role::Historian),
    ("gateway", Role::Gateway),
    ("protocolgateway", Role::Gateway),
    ("switch", Role::Switch),
    ("router", Role::Router),
    ("firewall", Role::Firewall),
    ("accesspoint", Role::AccessPoint),
    ("jumphost", Role::JumpHost),
    ("jumpserver", Role::JumpHost),
    ("server", Role::Server),
    ("workstation", Role::Workstation),
    ("printer", Role::Printer),
    ("camera", Role::Camera),
    ("phone", Role::Phone),
    ("mobile", Role::Mobile),
    ("mobiledevice", Role::Mobile),
];

/// The role that another system's word means; `None` when it cannot be told.
pub fn role(text: &str) -> Option<Role> {
    let words: Vec<String> = pieces(&fold(text)).iter().map(|word| singular(word).to_owned()).collect();
    let joined = words.concat();
    let exact = ROLES.iter().find(|(word, _)| singular(word) == joined);
    let held = |(word, _): &&(&str, Role)| word.len() > 2 && spelled(&words, word);
    exact.or_else(|| ROLES.iter().filter(held).max_by_key(|(word, _)| word.len())).map(|(_, role)| *role)
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|stem| !stem.ends_with('s')).unwrap_or(word)
}

/// Neighbouring words written together make the word.
fn spelled(words: &[String], wanted: &str) -> bool {
    let wanted = singular(wanted);
    (0..words.len())
        .any(|from| (1..=3).any(|n| words.get(from..from + n).is_some_and(|w| w.concat() == wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_products_and_numbers_meet() {
        for (a, b) in [("V4.4", "4.4"), ("v 4.4.0", "4.4"), ("FW 2.9.4", "V2.9.4"), ("33.011", "V33.011")] {
            assert!(same_version(a, b), "{a} {b}");
        }
        for (a, b) in [("4.4", "4.5"), ("4.4", "4.4.1"), ("", "4.4"), ("V16 Update 4", "V16")] {
            assert!(!same_version(a, b), "{a} {b}");
        }
        assert!(same_product("CPU 1516-3", "SIMATIC S7-1500 CPU 1516-3 PN/DP"));
        assert!(!same_product("CPU 1511", "CPU 1511F") && !same_product("SIMATIC", "SIMATIC S7-1200"));
        assert!(same_number("6ES7 516-3AN01-0AB0", "6ES75163AN010AB0"));
    }

    #[test]
    fn serials_and_names_become_keys() {
        assert_eq!(serial("S C-B1J12345"), serial("SC-B1J12345"));
        assert_eq!(serial("0x00A1B2C3"), serial("a1b2c3"));
        for none in ["", "N/A", "0000000", "unknown", "123456", "To be filled by O.E.M.", "X1"] {
            assert_eq!(serial(none), None, "{none}");
        }
        assert_eq!(name("PLC-07.plant.example"), name("plc-07"));
        for none in ["10.1.2.3", "00:1b:1b:00:00:01", "localhost", "", "PLC"] {
            assert_eq!(name(none), None, "{none}");
        }
    }

    #[test]
    fn makers_and_roles_meet() {
        let mut makers = Makers::new();
        let (a, b) = (makers.keys("Siemens AG"), makers.keys("SIEMENS"));
        assert!(!makers_differ(&a, &b) && makers_differ(&a, &makers.keys("Moxa Inc.")));
        assert!(!makers_differ(&a, &makers.keys("")), "nobody contradicts nobody");
        for (text, wanted) in [
            ("PLC", Some(Role::Plc)),
            ("Programmable Logic Controllers", Some(Role::Plc)),
            ("Core switch", Some(Role::Switch)),
            ("Remote I/O", Some(Role::RemoteIo)),
            ("safety_controller", Some(Role::SafetyController)),
            ("Engineering Workstation", Some(Role::EngineeringWorkstation)),
            ("Pump", None),
            ("", None),
        ] {
            assert_eq!(role(text), wanted, "{text}");
        }
        for &ours in Role::ALL.iter().filter(|r| **r != Role::Unknown) {
            assert_eq!(role(ours.as_str()), Some(ours), "our own words");
            assert_eq!(role(crate::view::role_words(ours)), Some(ours), "our own words");
        }
    }
}
