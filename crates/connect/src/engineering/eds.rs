//! Electronic data sheets, `.eds`: of CIP devices (EtherNet/IP, DeviceNet, ControlNet) and of CANopen devices. Both are sections with
//! keys, and otherwise two languages.
//!
//! Sources: CIP Networks Library volume 1, chapter 7 (`[File]`, `[Device]`; entries end with `;`, remarks begin with `$`);
//! CiA 306-1 (`[FileInfo]`, `[DeviceInfo]`; an entry is a line, remarks begin with `;`).

use super::cip;
use super::project::{DeviceType, FileError, Project};
use super::xml::{Claims, File, decimal, number};
use model::{Attribute, Confidence, Text};

/// Entries of the sections that are read.
const ENTRIES_MAX: usize = 1_000;
/// Longest entry, in bytes.
const ENTRY_MAX: usize = 4_096;

/// Whether the text is such a file.
pub(super) fn is(text: &str) -> bool {
    let mut sections = text.lines().filter_map(section);
    sections.any(|name| ["Device", "DeviceInfo"].iter().any(|s| name.eq_ignore_ascii_case(s)))
}

fn section(line: &str) -> Option<&str> {
    let line = line.trim();
    let (name, rest) = line.strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim_start();
    (rest.is_empty() || rest.starts_with(['$', ';'])).then_some(name.trim())
}

/// Reads the whole file.
pub(super) fn read(file: &File<'_>) -> Result<Project, FileError> {
    let entries = entries(file)?;
    let mut claims = file.claims();
    if entries.iter().any(|e| e.section.eq_ignore_ascii_case("DeviceInfo")) {
        can_open(&mut claims, &entries);
    } else {
        cip_device(&mut claims, &entries);
    }
    let line = entries.iter().find(|e| e.section.starts_with("Device")).map_or(1, |e| e.line);
    let product = claims.said.iter().find(|s| s.attribute == Attribute::Product).map(|s| s.value.clone());
    let kind = DeviceType { name: product.clone(), claims: claims.said, line, ..DeviceType::default() };
    let revision = ["Revision", "FileVersion"].iter().find_map(|key| find(&entries, key));
    let notes = revision.map(|e| format!("Revision {} of the data sheet.", Text::new(&e.value)));
    let notes = notes.into_iter().collect();
    Ok(Project { format: "eds", title: product, devices: Vec::new(), types: vec![kind], notes })
}

struct Entry<'a> {
    section: &'a str,
    key: &'a str,
    value: String,
    line: u32,
}

/// Entries of the sections about the file and the device.
fn entries<'a>(file: &File<'a>) -> Result<Vec<Entry<'a>>, FileError> {
    let mut found: Vec<Entry<'a>> = Vec::new();
    let (mut at, mut here, mut open) = (0, "", false);
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if let Some(name) = section(line) {
            if open {
                return Err(file.error(start, "a section begins within an entry"));
            }
            here = name;
            continue;
        }
        let cip = ["File", "Device"].iter().any(|s| here.eq_ignore_ascii_case(s));
        let can = ["FileInfo", "DeviceInfo"].iter().any(|s| here.eq_ignore_ascii_case(s));
        if !(cip || can) {
            continue;
        }
        let (words, ends) = if cip { cip_line(line) } else { (can_line(line), true) };
        if words.trim().is_empty() && !(open && ends) {
            continue;
        }
        match found.last_mut().filter(|_| open) {
            Some(entry) => entry.value.push_str(&words),
            None => {
                let Some((key, value)) = line.split_once('=') else { continue };
                let value = words.split_once('=').map_or(value, |(_, value)| value).to_owned();
                found.push(Entry { section: here, key: key.trim(), value, line: file.line_at(start) });
            }
        }
        open = !ends;
        let long = found.last().is_some_and(|e| e.value.len() > ENTRY_MAX);
        if found.len() > ENTRIES_MAX || long {
            return Err(file.error(start, "more in one section than any device has"));
        }
    }
    if open {
        return Err(file.error(file.text.len(), "the file ends within an entry"));
    }
    Ok(found)
}

/// A line without its remark, and whether the entry ends on it.
fn cip_line(line: &str) -> (String, bool) {
    let mut quoted = false;
    let mut words = String::new();
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '$' if !quoted => return (words, false),
            ';' if !quoted => return (words, true),
            _ => {}
        }
        words.push(c);
    }
    (words, false)
}

fn can_line(line: &str) -> String {
    if line.trim_start().starts_with(';') { String::new() } else { line.to_owned() }
}

fn find<'e, 'a>(entries: &'e [Entry<'a>], key: &str) -> Option<&'e Entry<'a>> {
    entries.iter().find(|e| e.key.eq_ignore_ascii_case(key))
}

/// Says an entry as `meaning` reads it.
fn say(
    claims: &mut Claims<'_>,
    entries: &[Entry<'_>],
    key: &str,
    attribute: Attribute,
    meaning: impl FnOnce(&str) -> Option<String>,
) {
    let Some(entry) = find(entries, key) else { return };
    // Strings of more than one piece are one string.
    let text = entry.value.split('"').collect::<Vec<_>>();
    let text = if text.len() > 2 {
        text.iter().skip(1).step_by(2).copied().collect::<String>()
    } else {
        entry.value.trim().to_owned()
    };
    if let Some(value) = meaning(&text) {
        let field = format!("{}/{key}", entry.section);
        claims.say(attribute, &value, entry.line, field, Confidence::CERTAIN);
    }
}

fn same(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn cip_device(claims: &mut Claims<'_>, entries: &[Entry<'_>]) {
    say(claims, entries, "VendCode", Attribute::VendorId, decimal);
    say(claims, entries, "VendName", Attribute::Vendor, same);
    say(claims, entries, "ProdType", Attribute::DeviceType, |id| cip::device_type(number(id)?));
    say(claims, entries, "ProdCode", Attribute::ProductCode, decimal);
    say(claims, entries, "ProdName", Attribute::Product, same);
    say(claims, entries, "Catalog", Attribute::OrderNumber, same);
    let minor = find(entries, "MinRev").and_then(|e| decimal(&e.value));
    say(claims, entries, "MajRev", Attribute::Firmware, |major| {
        Some(format!("{}.{}", decimal(major)?, minor?))
    });
    say(claims, entries, "DescText", Attribute::Description, same);
}

fn can_open(claims: &mut Claims<'_>, entries: &[Entry<'_>]) {
    say(claims, entries, "VendorNumber", Attribute::VendorId, decimal);
    say(claims, entries, "VendorName", Attribute::Vendor, same);
    say(claims, entries, "ProductNumber", Attribute::ProductCode, decimal);
    say(claims, entries, "ProductName", Attribute::Product, same);
    say(claims, entries, "OrderCode", Attribute::OrderNumber, same);
    // CiA 301, object 1018h sub-index 3: major revision in the upper half.
    say(claims, entries, "RevisionNumber", Attribute::Firmware, |revision| {
        let revision = u32::try_from(number(revision)?).ok()?;
        (revision != 0).then(|| format!("{}.{}", revision >> 16, revision & 0xffff))
    });
    say(claims, entries, "Description", Attribute::Description, same);
}

#[cfg(test)]
pub(super) const SAMPLE: &str = "$ Data sheet of a coupler; made by hand
[File]
    DescText = \"Coupler\";
    Revision = 1.3;   $ of the file
[Device]
    VendCode = 1171;
    VendName = \"Acme; \"
               \"Controls\";
    ProdType = 12;
    ProdCode = 0x0042;
    MajRev = 3;
    MinRev = 2;
    ProdName = \"AC-EIP\";
    Catalog = \"AC-100/EIP\";
[Device Classification]
    Class1 = EtherNetIP;
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineering::{read, tests::values};

    #[test]
    fn a_cip_device() {
        let project = read("ac.eds", SAMPLE.as_bytes()).unwrap();
        let [kind] = project.types.as_slice() else { panic!("{:?}", project.types) };
        let told = [
            (Attribute::VendorId, "1171", 6),
            (Attribute::Vendor, "Acme; Controls", 7),
            (Attribute::DeviceType, "Communications Adapter", 9),
            (Attribute::ProductCode, "66", 10),
            (Attribute::Product, "AC-EIP", 13),
            (Attribute::OrderNumber, "AC-100/EIP", 14),
            (Attribute::Firmware, "3.2", 11),
        ];
        for (attribute, value, line) in told {
            let said = kind.claims.iter().find(|s| s.attribute == attribute).unwrap();
            assert_eq!((said.value.as_str(), said.line), (value, line), "{attribute}");
        }
        assert_eq!(project.notes, ["Revision 1.3 of the data sheet."]);
    }

    #[test]
    fn a_canopen_device() {
        let text = "[FileInfo]\r\nFileName=x.eds\r\nFileVersion=1\r\n[DeviceInfo]\r\n; remark=1\r\nVendorName=Acme\r\n\
            VendorNumber=0x00000493\r\nProductName=AC-CAN\r\nProductNumber=66\r\nRevisionNumber=0x00010002\r\n[DummyUsage]\r\nDummy0001=0\r\n";
        let project = read("ac.eds", text.as_bytes()).unwrap();
        let claims = &project.types[0].claims;
        assert_eq!(values(claims, Attribute::VendorId), ["1171"]);
        assert_eq!(values(claims, Attribute::Firmware), ["1.2"]);
        assert_eq!(values(claims, Attribute::Product), ["AC-CAN"]);
    }

    #[test]
    fn what_is_cut_is_told() {
        let e = read("a.eds", b"[Device]\nVendName = \"x\"").unwrap_err();
        assert_eq!(e.to_string(), "a.eds:2:15: the file ends within an entry");
    }
}
