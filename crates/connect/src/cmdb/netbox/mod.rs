//! NetBox: devices with their MAC and IP addresses, read page by page, and written as the plan says.
//!
//! Sources: NetBox documentation "REST API Overview" (authentication, pagination), the server's own OpenAPI document of 4.4, release
//! notes 4.2 (MAC addresses are objects of their own) and 4.5 (tokens of version 2). Tested on exchanges recorded with NetBox 4.4.10
//! (`crates/connect/tests/netbox/`).

mod addresses;
mod push;

use super::{Cmdb, Dialogue, Error, Pushed, RECORDS_MAX, Reply, Request, Step, Work, text_of};
use model::Text;
use model::cmdb::{self, Change, Field, Place, Record, Target};
use serde_json::Value;
use std::collections::BTreeMap;

/// Objects asked for at once.
const PAGE: usize = 500;

/// What is said to NetBox besides the records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How the system is called in the places of records.
    pub name: String,
    /// Site of new devices, by name; `None` refuses to make any.
    pub site: Option<String>,
    /// Custom fields of devices for what NetBox has no field for.
    pub custom: BTreeMap<Field, String>,
    /// Objects asked for at once; the server's own limit is 1000 (`MAX_PAGE_SIZE`).
    pub page: usize,
}

impl Settings {
    /// No new devices; custom fields named as the fields are, but `firmware_version` and `hardware_version`.
    pub fn new(name: &str) -> Self {
        let custom = [
            (Field::Firmware, "firmware_version"),
            (Field::Hardware, "hardware_version"),
            (Field::Zone, "zone"),
            (Field::Criticality, "criticality"),
            (Field::Owner, "owner"),
        ];
        let custom = custom.into_iter().map(|(field, name)| (field, name.to_owned())).collect();
        Self { name: name.to_owned(), site: None, custom, page: PAGE }
    }
}

/// A NetBox server.
#[derive(Clone, Debug)]
pub struct NetBox {
    settings: Settings,
}

impl NetBox {
    /// With these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Cmdb for NetBox {
    fn kind(&self) -> &'static str {
        "netbox"
    }

    /// Tokens of version 2 begin with `nbt_` and are shown as `Bearer`.
    fn authorization(&self, token: &str) -> (String, String) {
        let scheme = if token.starts_with("nbt_") { "Bearer" } else { "Token" };
        ("authorization".into(), format!("{scheme} {token}"))
    }

    fn read(&self) -> Box<dyn Dialogue<Out = Vec<Record>>> {
        Box::new(Reading {
            settings: self.settings.clone(),
            list: List::Types,
            offset: 0,
            asked: None,
            found: Found::default(),
        })
    }

    /// NetBox has no dry run of its own: nothing is sent then.
    fn push(&self, changes: Vec<Change>, dry_run: bool) -> Result<Box<dyn Dialogue<Out = Pushed>>, Error> {
        let work = Work::of(if dry_run { Vec::new() } else { changes });
        let makes = work.iter().any(|w| matches!(w.target, Target::New(_)));
        if makes && self.settings.site.is_none() {
            return Err(Error::one("NetBox keeps every device at a site: name the one for new devices"));
        }
        Ok(push::dialogue(self.settings.clone(), work))
    }
}

/// Lists of objects, in the order in which they are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum List {
    Types,
    Devices,
    Macs,
    /// Up to 4.1 the address is a field of the interface.
    Interfaces,
    Ips,
    End,
}

impl List {
    fn path(self) -> &'static str {
        match self {
            Self::Types => "/api/dcim/device-types/",
            Self::Devices => "/api/dcim/devices/",
            Self::Macs => "/api/dcim/mac-addresses/",
            Self::Interfaces => "/api/dcim/interfaces/",
            Self::Ips => "/api/ipam/ip-addresses/",
            Self::End => "",
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Types => Self::Devices,
            Self::Devices => Self::Macs,
            Self::Macs | Self::Interfaces => Self::Ips,
            Self::Ips | Self::End => Self::End,
        }
    }
}

#[derive(Default)]
struct Found {
    /// Part numbers by device type.
    part_numbers: BTreeMap<u64, Text>,
    records: BTreeMap<u64, Record>,
}

struct Reading {
    settings: Settings,
    list: List,
    offset: usize,
    asked: Option<Request>,
    found: Found,
}

impl Dialogue for Reading {
    type Out = Vec<Record>;

    fn next(&mut self, reply: Option<Reply>) -> Result<Step<Vec<Record>>, Error> {
        if let (Some(asked), Some(reply)) = (self.asked.take(), reply) {
            self.page(&asked, &reply)?;
        }
        if self.list == List::End {
            return Ok(Step::Done(std::mem::take(&mut self.found.records).into_values().collect()));
        }
        let path =
            format!("{}?limit={}&offset={}&ordering=id", self.list.path(), self.settings.page, self.offset);
        let request = Request::get(path);
        self.asked = Some(request.clone());
        Ok(Step::Send(request))
    }
}

impl Reading {
    fn page(&mut self, asked: &Request, reply: &Reply) -> Result<(), Error> {
        if self.list == List::Macs && reply.status == 404 {
            self.list = List::Interfaces;
            return Ok(());
        }
        let page = reply.json(asked)?;
        let wrong = |what: &str| Error::Unexpected(format!("GET {}: {what}", asked.path));
        let results = page
            .get("results")
            .and_then(Value::as_array)
            .ok_or_else(|| wrong("the answer has no results"))?;
        for object in results {
            self.object(object).map_err(|what| wrong(&what))?;
        }
        if self.found.records.len() > RECORDS_MAX {
            return Err(wrong(&format!("more than {RECORDS_MAX} devices")));
        }
        if page.get("next").is_none_or(Value::is_null) {
            (self.list, self.offset) = (self.list.next(), 0);
        } else if results.is_empty() {
            return Err(wrong("an empty page that has a next one"));
        } else {
            self.offset += results.len();
        }
        Ok(())
    }

    fn object(&mut self, object: &Value) -> Result<(), String> {
        let id = object.get("id").and_then(Value::as_u64).ok_or("an object without an id")?;
        match self.list {
            List::Types => {
                let number = object.get("part_number").and_then(text_of);
                number.and_then(|number| self.found.part_numbers.insert(id, number));
            }
            List::Devices => {
                let mut record = record(object, id, &self.settings);
                let kind = object.pointer("/device_type/id").and_then(Value::as_u64);
                record.order_number = kind.and_then(|kind| self.found.part_numbers.get(&kind)).cloned();
                self.found.records.insert(id, record);
            }
            List::Macs => {
                self.mac(object.get("mac_address"), object.pointer("/assigned_object/device/id"))?
            }
            List::Interfaces => self.mac(object.get("mac_address"), object.pointer("/device/id"))?,
            List::Ips => {
                let device = object.pointer("/assigned_object/device/id");
                if let (Some(record), Some(text)) =
                    (self.device(device), object.get("address").and_then(Value::as_str))
                {
                    record
                        .ips
                        .insert(cmdb::ip(text).map_err(|_| format!("IP address object {id} holds none"))?);
                }
            }
            List::End => {}
        }
        Ok(())
    }

    fn device(&mut self, id: Option<&Value>) -> Option<&mut Record> {
        self.found.records.get_mut(&id?.as_u64()?)
    }

    fn mac(&mut self, address: Option<&Value>, device: Option<&Value>) -> Result<(), String> {
        if let (Some(record), Some(text)) = (self.device(device), address.and_then(Value::as_str)) {
            record
                .macs
                .insert(cmdb::mac(text).map_err(|_| "a MAC address object that holds none".to_owned())?);
        }
        Ok(())
    }
}

/// A device as a record, without what lies in other objects.
fn record(device: &Value, id: u64, settings: &Settings) -> Record {
    let at = |pointer: &str| device.pointer(pointer).and_then(text_of);
    let custom = |field| {
        at(&format!("/custom_fields/{}", settings.custom.get(&field)?.replace('~', "~0").replace('/', "~1")))
    };
    let link = at("/display_url").or_else(|| at("/url"));
    Record {
        external_id: Text::new(&id.to_string()),
        url: link.filter(|u| u.as_str().starts_with("https://") || u.as_str().starts_with("http://")),
        place: Place { source: Text::new(&settings.name), at: Text::new(&format!("device {id}")) },
        name: at("/name"),
        serial: at("/serial"),
        vendor: at("/device_type/manufacturer/name"),
        product: at("/device_type/model"),
        // Up to 3.5 the role is called device_role.
        role: at("/role/name").or_else(|| at("/device_role/name")),
        site: at("/site/name"),
        location: at("/location/name"),
        status: at("/status/label"),
        updated: at("/last_updated"),
        firmware: custom(Field::Firmware),
        hardware: custom(Field::Hardware),
        zone: custom(Field::Zone),
        criticality: custom(Field::Criticality),
        owner: custom(Field::Owner),
        ..Record::default()
    }
}
