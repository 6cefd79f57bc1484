//! Laws that hold for every format.

use super::*;
use model::Attribute;

/// What is said of one attribute.
pub(super) fn values(claims: &[Said], attribute: Attribute) -> Vec<&str> {
    claims.iter().filter(|s| s.attribute == attribute).map(|s| s.value.as_str()).collect()
}

const SAMPLES: &[(&str, &str)] = &[
    ("l5x", l5x::SAMPLE),
    ("scl", scl::SAMPLE),
    ("aml", aml::SAMPLE),
    ("plcopen", plcopen::SAMPLE),
    ("xef", xef::SAMPLE),
    ("nodeset", nodeset::SAMPLE),
    ("gsdml", gsdml::SAMPLE),
    ("step7", step7::SAMPLE),
    ("eds", eds::SAMPLE),
];

#[test]
fn every_format_has_its_sample_and_is_told_by_content() {
    let names: Vec<&str> = formats().iter().map(|f| f.name).collect();
    assert_eq!(names, SAMPLES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (name, text) in SAMPLES {
        assert_eq!(read("file", text.as_bytes()).map(|p| p.format).as_ref(), Ok(name));
    }
}

#[test]
fn encodings_change_nothing() {
    for (name, text) in SAMPLES {
        let plain = read("a", text.as_bytes()).unwrap();
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        assert_eq!(read("a", &marked).as_ref(), Ok(&plain), "{name}");
        let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read("a", &wide).as_ref(), Ok(&plain), "{name}");
    }
}

#[test]
fn a_file_in_its_archive_says_the_same() {
    let rest: &[u8] = b"<Topology/>";
    for (entry, beside, text) in
        [("unitpro.xef", "DTM/Topology.xml", xef::SAMPLE), ("plant.aml", "[Content_Types].xml", aml::SAMPLE)]
    {
        let packed = container::tests::zipped(&[(beside, rest), (entry, text.as_bytes())]);
        assert_eq!(read("a", &packed), read("a", text.as_bytes()));
    }
}

/// Cut anywhere, with bytes lost or doubled: an answer, and no panic. Of XML a cut document is no document.
#[test]
fn damaged_files_never_panic() {
    for (name, text) in SAMPLES {
        let bytes = text.as_bytes();
        let last = text.trim_end().len();
        for end in (0..last).step_by(3).chain([last - 1]) {
            let cut = read("a", &bytes[..end]);
            assert!(!text.starts_with('<') || cut.is_err(), "{name} cut at {end}");
        }
        for at in (0..bytes.len()).step_by(11) {
            let without = [&bytes[..at], &bytes[(at + 5).min(bytes.len())..]].concat();
            let _ = read("a", &without);
            let mut other = bytes.to_vec();
            other[at] = other[at].wrapping_add(0x1d);
            let _ = read("a", &other);
        }
    }
}

/// What grows with the square of a file's size is met by a bound, and said.
#[test]
fn floods_are_refused() {
    let station = |addresses: &str| {
        let text = format!("RACK 0, SLOT 2, \"6ES7 315-2EH14-0AB0\", \"CPU\"\nBEGIN\n{addresses}END\n");
        read("a", text.as_bytes())
    };
    assert_eq!(station(&"  IPADDRESS \"C0A80014\"\n".repeat(100_000)).unwrap().devices[0].ips.len(), 1);
    let many: String = (0..350_000_u32).map(|n| format!("IPADDRESS \"{:08X}\"\n", 0x0a00_0000 + n)).collect();
    assert!(station(&many).unwrap_err().what.contains("facts of addresses"));
    let blocks: String = (0..6000).map(|n| format!("<GSEControl name='{n}'/>")).collect();
    let server = format!("<Server><LDevice><LN0>{blocks}</LN0></LDevice></Server>");
    let ied = format!("<SCL><IED name='a'><AccessPoint>{server}</AccessPoint></IED></SCL>");
    assert!(read("a", ied.as_bytes()).unwrap_err().what.contains("of one thing"));
    let remarks = format!("<SCL>{}</SCL>", "<!---->".repeat(2_000_001));
    assert!(read("a", remarks.as_bytes()).unwrap_err().what.contains("remarks"));
}

#[test]
fn every_line_is_a_line_of_the_file() {
    for (name, text) in SAMPLES {
        let project = read("a", text.as_bytes()).unwrap();
        let lines = u32::try_from(text.lines().count()).unwrap();
        let claims = project
            .devices
            .iter()
            .flat_map(|d| d.claims.iter().chain(d.modules.iter().flat_map(|m| &m.claims)));
        let types = project
            .types
            .iter()
            .flat_map(|t| t.claims.iter().chain(t.modules.iter().flat_map(|m| &m.claims)));
        let mut any = false;
        for said in claims.chain(types) {
            assert!((1..=lines).contains(&said.line) && !said.field.is_empty(), "{name}: {said:?}");
            any = true;
        }
        assert!(any, "{name}");
    }
}

#[test]
fn what_is_no_engineering_file_is_told_with_its_place() {
    let e = read("plant.xml", b"<?xml version='1.0'?>\n<html/>").unwrap_err();
    assert_eq!(e.to_string(), "plant.xml:2:1: html is not the root of a known format");
    let e =
        read("plant.L5X", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>").unwrap_err();
    assert!(e.what.contains("entities are not read"), "{e}");
    assert!(read("a", b"").is_err() && read("a", b"\xff\xfe").is_err() && read("a", &[0; 64]).is_err());
}
