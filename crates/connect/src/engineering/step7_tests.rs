use super::*;
use crate::engineering::{read, tests::values};

pub(crate) const SAMPLE: &str = r#"FILEVERSION "3.2"
#STEP7_VERSION V5.6, exported on 01/02/2026
STATION S7300 , "Press line"
BEGIN
END
SUBNET INDUSTRIAL_ETHERNET , "Ethernet(1)"
BEGIN
  SUBNET_NUMBER "0001"
END
RACK 0, "6ES7 390-1???0-0AA0", "UR"
BEGIN
END
RACK 0, SLOT 2, "6ES7 315-2EH14-0AB0" "V3.2", "CPU 315-2 PN/DP"
BEGIN
  ASSET_ID "=A1+K2"
END
RACK 0, SLOT 2, SUBSLOT 2, "PN-IO"
BEGIN
  IPADDRESS "C0A80014"
  SUBNETMASK "FFFFFF00"
END
RACK 0, SLOT 4, "6GK7 343-1EX30-0XE0" "V2.0", "CP 343-1, north"
BEGIN
  IPADDRESS "0A010005"
  MACADDRESS "080006010000"
END
RACK 0, SLOT 5, "6ES7 321-1BL00-0AA0", "DI32xDC24V"
BEGIN
  LOCAL_IN_ADDRESSES
  BEGIN
    ADDRESS 0, 0, 4, 0, 0, 0
  END
  SYMBOL  I , 0, "Start", "IPADDRESS FF"
END
IOSUBSYSTEM 100, "PN: PROFINET-IO-System (100)"
BEGIN
END
IOSUBSYSTEM 100, IOADDRESS 20, "GSDML-V2.33-ACME-kf5075-20220301.xml", "kf5075"
BEGIN
  NAME "kf5075-station"
  IPADDRESS C0 A8 00 15
END
IOSUBSYSTEM 100, IOADDRESS 20, SLOT 5, "6ES7 131-6BF01-0BA0", "DI8"
BEGIN
END
DPSUBSYSTEM 1, DPADDRESS 3, "DP2V0550.GSD", "14LS0110"
BEGIN
END
"#;

#[test]
fn a_rack_and_what_hangs_on_it() {
    let project = read("line.cfg", SAMPLE.as_bytes()).unwrap();
    assert_eq!((project.format, project.title.as_ref().unwrap().as_str()), ("step7", "Press line"));
    let [cpu, cp, io, dp] = project.devices.as_slice() else { panic!("{:?}", project.devices) };
    assert_eq!(cpu.ips, ["192.168.0.20".parse::<IpAddr>().unwrap()]);
    assert_eq!(values(&cpu.claims, Attribute::OrderNumber), ["6ES7 315-2EH14-0AB0"]);
    assert_eq!(values(&cpu.claims, Attribute::Firmware), ["V3.2"]);
    assert_eq!(values(&cpu.claims, Attribute::Location), ["=A1+K2"]);
    assert_eq!(values(&cpu.claims, Attribute::Name), ["CPU 315-2 PN/DP", "Press line"]);
    assert_eq!(cpu.claims[0].line, 13);
    let places: Vec<&Place> = cpu.modules.iter().map(|m| &m.place).collect();
    assert_eq!(places, [&Place::Part(Part::Slot(4)), &Place::Part(Part::Slot(5))]);
    assert_eq!(cp.ips, ["10.1.0.5".parse::<IpAddr>().unwrap()]);
    assert_eq!(cp.macs[0].to_string(), "08:00:06:01:00:00");
    assert_eq!(cp.name.as_ref().unwrap().as_str(), "CP 343-1, north");
    assert_eq!(cp.modules[0].place, Place::Part(Part::Slot(2)));
    assert_eq!(io.ips, ["192.168.0.21".parse::<IpAddr>().unwrap()]);
    assert_eq!(values(&io.claims, Attribute::Name), ["kf5075", "kf5075-station"]);
    assert_eq!(values(&io.claims, Attribute::StationAddress), ["20"]);
    assert_eq!(values(&io.modules[0].claims, Attribute::OrderNumber), ["6ES7 131-6BF01-0BA0"]);
    assert_eq!(values(&dp.claims, Attribute::DeviceType), ["DP2V0550.GSD"]);
}

#[test]
fn the_date_of_the_export_is_no_change() {
    let sum = |text: &str| read("a", text.as_bytes()).unwrap().devices[0].programs[0].checksum.clone();
    assert_eq!(sum(SAMPLE), sum(&SAMPLE.replace("01/02/2026", "01/03/2026")));
    assert_ne!(sum(SAMPLE), sum(&SAMPLE.replace("C0A80014", "C0A80016")));
}

#[test]
fn broken_records_are_told_with_their_place() {
    let e = read("a.cfg", b"RACK 0, SLOT 2, \"6ES7\", \"CPU\nBEGIN\nEND\n").unwrap_err();
    assert_eq!(e.to_string(), "a.cfg:1:25: a quotation mark without its other");
    let cut = SAMPLE.rfind("END").unwrap();
    assert!(read("a.cfg", &SAMPLE.as_bytes()[..cut]).unwrap_err().what.contains("ends within a record"));
}
