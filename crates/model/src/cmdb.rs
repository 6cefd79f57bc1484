//! What other systems of record say of devices, and what would be written to them: configuration management databases (CMDB), asset
//! lists, spreadsheets.
//!
//! A [`Record`] is a claim of people, not of the wire: it never becomes an observation. `posture::reconcile` holds the two against each
//! other, `connect::cmdb` reads and writes the systems.

use crate::asset::words;
use crate::id::AssetId;
use crate::{Evidence, Mac, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

words! {
    /// A property of a record.
    Field {
        /// What the device is called.
        Name = "name",
        /// Its IP addresses.
        Ips = "ips",
        /// Its MAC addresses.
        Macs = "macs",
        /// Serial number.
        Serial = "serial",
        /// Maker.
        Vendor = "vendor",
        /// Product or model name.
        Product = "product",
        /// Order, catalogue or part number.
        OrderNumber = "order_number",
        /// Hardware revision.
        Hardware = "hardware",
        /// Firmware version.
        Firmware = "firmware",
        /// What it is for, in the words of the other system.
        Role = "role",
        /// Plant or site.
        Site = "site",
        /// Place within the site.
        Location = "location",
        /// Network or security zone.
        Zone = "zone",
        /// How much depends on it.
        Criticality = "criticality",
        /// Who answers for it.
        Owner = "owner",
        /// Stage of its life: planned, in use, retired.
        Status = "status",
    }
}

impl Field {
    /// Holds a list of values.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Ips | Self::Macs)
    }
}

/// Where a record came from: enough for a person to find it again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// File, or address of the system.
    pub source: Text,
    /// Row, line or object in it.
    pub at: Text,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.source, self.at)
    }
}

/// One device as another system has it. Everything but the id may be missing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Record {
    /// The other system's own id; within a list without ids, the row.
    pub external_id: Text,
    /// Where a person can look at it.
    pub url: Option<Text>,
    /// Where it was read.
    pub place: Place,
    /// Name.
    pub name: Option<Text>,
    /// IP addresses.
    pub ips: BTreeSet<IpAddr>,
    /// MAC addresses.
    pub macs: BTreeSet<Mac>,
    /// Serial number.
    pub serial: Option<Text>,
    /// Maker.
    pub vendor: Option<Text>,
    /// Product or model name.
    pub product: Option<Text>,
    /// Order or part number.
    pub order_number: Option<Text>,
    /// Hardware revision.
    pub hardware: Option<Text>,
    /// Firmware version.
    pub firmware: Option<Text>,
    /// Role, in the other system's words.
    pub role: Option<Text>,
    /// Site.
    pub site: Option<Text>,
    /// Place within the site.
    pub location: Option<Text>,
    /// Zone.
    pub zone: Option<Text>,
    /// Criticality.
    pub criticality: Option<Text>,
    /// Owner.
    pub owner: Option<Text>,
    /// Stage of life.
    pub status: Option<Text>,
    /// Last change, as the other system writes it.
    pub updated: Option<Text>,
}

impl Record {
    /// The value of a field with one value; `None` for lists.
    pub fn text(&self, field: Field) -> Option<&Text> {
        match field {
            Field::Ips | Field::Macs => None,
            Field::Name => self.name.as_ref(),
            Field::Serial => self.serial.as_ref(),
            Field::Vendor => self.vendor.as_ref(),
            Field::Product => self.product.as_ref(),
            Field::OrderNumber => self.order_number.as_ref(),
            Field::Hardware => self.hardware.as_ref(),
            Field::Firmware => self.firmware.as_ref(),
            Field::Role => self.role.as_ref(),
            Field::Site => self.site.as_ref(),
            Field::Location => self.location.as_ref(),
            Field::Zone => self.zone.as_ref(),
            Field::Criticality => self.criticality.as_ref(),
            Field::Owner => self.owner.as_ref(),
            Field::Status => self.status.as_ref(),
        }
    }

    fn slot(&mut self, field: Field) -> Option<&mut Option<Text>> {
        Some(match field {
            Field::Ips | Field::Macs => return None,
            Field::Name => &mut self.name,
            Field::Serial => &mut self.serial,
            Field::Vendor => &mut self.vendor,
            Field::Product => &mut self.product,
            Field::OrderNumber => &mut self.order_number,
            Field::Hardware => &mut self.hardware,
            Field::Firmware => &mut self.firmware,
            Field::Role => &mut self.role,
            Field::Site => &mut self.site,
            Field::Location => &mut self.location,
            Field::Zone => &mut self.zone,
            Field::Criticality => &mut self.criticality,
            Field::Owner => &mut self.owner,
            Field::Status => &mut self.status,
        })
    }

    /// A field as text, lists as [`join`] writes them; `None` when it is empty.
    pub fn value(&self, field: Field) -> Option<String> {
        let value = match field {
            Field::Ips => join(&self.ips),
            Field::Macs => join(&self.macs),
            other => self.text(other).map(ToString::to_string).unwrap_or_default(),
        };
        Some(value).filter(|v| !v.is_empty())
    }

    /// Sets a field from text; an empty text clears a single value and adds nothing to a list.
    ///
    /// # Errors
    /// A part of a list is no address; the record is unchanged then. The error is the part.
    pub fn set(&mut self, field: Field, value: &str) -> Result<(), String> {
        match field {
            Field::Ips => self.ips = split(value).map(ip).collect::<Result<_, _>>()?,
            Field::Macs => self.macs = split(value).map(mac).collect::<Result<_, _>>()?,
            other => {
                if let Some(slot) = self.slot(other) {
                    *slot = Some(Text::new(value)).filter(|t| !t.is_empty());
                }
            }
        }
        Ok(())
    }

    /// Applies one change meant for this record, as the other system would.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn apply(&mut self, change: &Change) -> Result<(), String> {
        self.set(change.field, &change.after)
    }
}

/// The values of a list as one text, separated by a comma and a blank.
pub fn join<T: fmt::Display>(values: impl IntoIterator<Item = T>) -> String {
    values.into_iter().map(|v| v.to_string()).collect::<Vec<_>>().join(", ")
}

/// The parts of a list written by people: commas, semicolons, bars, blanks and line ends separate.
pub fn split(value: &str) -> impl Iterator<Item = &str> {
    value.split(|c: char| matches!(c, ',' | ';' | '|') || c.is_whitespace()).filter(|p| !p.is_empty())
}

/// An IP address as asset lists write it: with or without a prefix length (`10.1.2.3/24`) or a zone (`fe80::1%eth0`).
///
/// # Errors
/// The text itself, when it is none.
pub fn ip(text: &str) -> Result<IpAddr, String> {
    let address = text.split(['/', '%']).next().unwrap_or(text).trim_matches(['[', ']']);
    let prefix = text.split_once('/').is_none_or(|(_, bits)| bits.parse::<u8>().is_ok_and(|b| b <= 128));
    address.parse().ok().filter(|_| prefix).ok_or_else(|| text.to_owned())
}

/// A MAC address as asset lists write it: twelve hexadecimal digits, in groups or not, with colons, hyphens or dots
/// (`00-1B-1B-12-34-56`, `001b.1b12.3456`, `001B1B123456`).
///
/// # Errors
/// The text itself, when it is none.
pub fn mac(text: &str) -> Result<Mac, String> {
    let wrong = || text.to_owned();
    let digits: Vec<u8> = text
        .bytes()
        .filter(|b| !matches!(b, b':' | b'-' | b'.'))
        .map(|b| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok()).ok_or_else(wrong))
        .collect::<Result<_, _>>()?;
    let mut out = [0; 6];
    if digits.len() != 12 {
        return Err(wrong());
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().fold(0, |all, digit| all << 4 | digit);
    }
    Ok(Mac(out))
}

/// What a change is written to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// An existing record, by its id.
    Record(Text),
    /// A new record for this asset.
    New(AssetId),
}

/// One value that would be written to the other system. There is none that deletes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// Where to.
    pub target: Target,
    /// What.
    pub field: Field,
    /// The value now; `None` when there is none.
    pub before: Option<String>,
    /// The value then, never empty; a list whole, as [`join`] writes it.
    pub after: String,
    /// Why, one sentence.
    pub why: String,
    /// Who saw it.
    pub evidence: Option<Evidence>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_write_them() {
        let wanted = Mac([0, 0x1b, 0x1b, 0x12, 0x34, 0x56]);
        for text in ["00:1b:1b:12:34:56", "00-1B-1B-12-34-56", "001b.1b12.3456", "001B1B123456"] {
            assert_eq!(mac(text), Ok(wanted), "{text}");
        }
        for text in ["", "00:1b:1b:12:34", "10.1.2.3", "00:1b:1b:12:34:5g", "00:1b:1b:12:34:56:78"] {
            assert_eq!(mac(text), Err(text.to_owned()));
        }
        assert_eq!(ip("10.1.2.3/24"), Ok(IpAddr::from([10, 1, 2, 3])));
        assert!(ip("fe80::1%eth0").is_ok() && ip("2001:db8::1/64").is_ok());
        for text in ["10.1.2", "10.1.2.3/x", "10.1.2.3/129", "plc-1", ""] {
            assert!(ip(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_field_can_be_set_and_read() {
        let mut record = Record::default();
        for &field in Field::ALL {
            assert_eq!(record.value(field), None, "{field}");
            let value = match field {
                Field::Ips => "10.0.0.1, 10.0.0.2",
                Field::Macs => "00:1b:1b:00:00:01, 00:1b:1b:00:00:02",
                _ => field.as_str(),
            };
            assert_eq!(record.set(field, value), Ok(()));
            assert_eq!(record.value(field).as_deref(), Some(value), "{field}");
        }
        let before = record.clone();
        assert_eq!(record.set(Field::Ips, "10.0.0.3; plc"), Err("plc".to_owned()));
        assert_eq!(record, before, "a wrong list changes nothing");
    }
}
