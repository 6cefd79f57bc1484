//! Changes as NetBox takes them: devices, and the objects beside them that a value lives in.
//!
//! Every object is looked for before it is made, so that doing it again makes nothing twice. A value that people changed since the plan
//! was made is left alone.

use super::{Settings, record};
use crate::cmdb::script::{Answers, Script, Stop};
use crate::cmdb::{Dialogue, Pushed, Request, Work, escape};
use model::cmdb::{Change, Field, Target, split};
use serde_json::{Map, Value, json};

/// Maker, model and role of what has none of its own: NetBox wants them.
const UNKNOWN: &str = "Unknown";
/// Grey, for roles that are made.
const ROLE_COLOUR: &str = "9e9e9e";

pub(super) fn dialogue(settings: Settings, work: Vec<Work>) -> Box<dyn Dialogue<Out = Pushed>> {
    Box::new(Script::new(
        work,
        Box::new(move |work, answers| {
            Unit { settings: &settings, work, answers, pushed: Pushed::default() }.run()
        }),
    ))
}

/// The changes to one device.
pub(super) struct Unit<'a> {
    settings: &'a Settings,
    pub(super) work: &'a Work,
    pub(super) answers: &'a mut Answers,
    pushed: Pushed,
}

impl Unit<'_> {
    fn run(mut self) -> Result<Pushed, Stop> {
        let id = match &self.work.target {
            Target::Record(id) => {
                let id = id.as_str().parse().map_err(|_| Stop::Refused("the id is none of NetBox".into()))?;
                self.device(id)?;
                id
            }
            Target::New(_) => self.new_device()?,
        };
        self.addresses(id)?;
        Ok(self.pushed)
    }

    pub(super) fn done(&mut self, what: &str) {
        self.pushed.done.push(format!("{}: {what}", self.work.title()));
    }

    pub(super) fn refuse(&mut self, what: &str) {
        self.pushed.refused.push(format!("{}: {what}", self.work.title()));
    }

    /// Everything that stands in the device itself, in one request.
    fn device(&mut self, id: u64) -> Result<(), Stop> {
        let path = format!("/api/dcim/devices/{id}/");
        let device = self.answers.json(Request::get(path.clone()))?;
        let mut body = Map::new();
        let mut written: Vec<Field> = Vec::new();
        let now = record(&device, id, self.settings);
        for (field, change) in self.work.fields.iter().filter(|(field, _)| !field.is_list()) {
            let found = now.value(*field);
            if found.as_ref().is_some_and(|found| found.to_lowercase() == change.after.to_lowercase()) {
                continue;
            }
            if found != change.before && *field != Field::OrderNumber {
                self.refuse(&format!(
                    "{field} is {} by now: left alone",
                    found.unwrap_or_else(|| "empty".into())
                ));
            } else if self.put(*field, change, &device, &mut body)? {
                written.push(*field);
            }
        }
        if let Some(kind) = self.changed_type(&device, &written)? {
            body.insert("device_type".into(), kind);
        }
        let values =
            written.iter().filter_map(|field| Some(format!("{field} = {}", self.work.after(*field)?)));
        let written = values.collect::<Vec<_>>().join(", ");
        if !body.is_empty() {
            body.insert("changelog_message".into(), self.why());
            self.answers.json(Request::patch(path, Value::Object(body)))?;
            self.done(&written);
        }
        Ok(())
    }

    /// Adds one value to the body; false when it is not taken.
    fn put(
        &mut self,
        field: Field,
        change: &Change,
        device: &Value,
        body: &mut Map<String, Value>,
    ) -> Result<bool, Stop> {
        match field {
            Field::Name | Field::Serial => body.insert(field.as_str().into(), json!(change.after)),
            Field::Role => body.insert("role".into(), self.role(&change.after)?),
            Field::Location => {
                let Some(place) = self.location(&change.after, device)? else {
                    self.refuse(&format!("the site has no location {}: make it there first", change.after));
                    return Ok(false);
                };
                body.insert("location".into(), place)
            }
            // Both make the type, see below.
            Field::Vendor | Field::Product => return Ok(true),
            Field::OrderNumber => {
                self.refuse(
                    "the part number belongs to the device type, which other devices share: write it there",
                );
                return Ok(false);
            }
            _ => return Ok(self.put_custom(field, change, device, body)),
        };
        Ok(true)
    }

    /// Where things stand is people's to arrange: locations are found, never made.
    fn location(&mut self, name: &str, device: &Value) -> Result<Option<Value>, Stop> {
        let site = device.pointer("/site/id").and_then(Value::as_u64).unwrap_or_default().to_string();
        self.find("/api/dcim/locations/", &[("site_id", &site), ("name__ie", name)])
    }

    fn put_custom(
        &mut self,
        field: Field,
        change: &Change,
        device: &Value,
        body: &mut Map<String, Value>,
    ) -> bool {
        let known = |name: &&String| device.get("custom_fields").and_then(|c| c.get(name.as_str())).is_some();
        let Some(name) = self.settings.custom.get(&field).filter(known) else {
            let name = self.settings.custom.get(&field).map_or(field.as_str(), String::as_str);
            self.refuse(&format!(
                "NetBox has no field for {field}: make a custom field {name} (text) for devices"
            ));
            return false;
        };
        let fields = body.entry("custom_fields").or_insert_with(|| json!({}));
        if let Some(fields) = fields.as_object_mut() {
            fields.insert(name.clone(), json!(change.after));
        }
        true
    }

    /// The type, when maker or product change.
    fn changed_type(&mut self, device: &Value, written: &[Field]) -> Result<Option<Value>, Stop> {
        let after = |field| self.work.after(field).filter(|_| written.contains(&field));
        let (vendor, product) = (after(Field::Vendor), after(Field::Product));
        if vendor.is_none() && product.is_none() {
            return Ok(None);
        }
        let present =
            |pointer: &str| device.pointer(pointer).and_then(Value::as_str).unwrap_or(UNKNOWN).to_owned();
        let vendor = vendor.map_or_else(|| present("/device_type/manufacturer/name"), str::to_owned);
        let product = product.map_or_else(|| present("/device_type/model"), str::to_owned);
        self.device_type(&vendor, &product, None).map(Some)
    }

    fn new_device(&mut self) -> Result<u64, Stop> {
        let site_name = self.settings.site.as_deref().unwrap_or_default();
        let site = self
            .find("/api/dcim/sites/", &[("name__ie", site_name)])?
            .ok_or_else(|| Stop::Refused(format!("there is no site {site_name}")))?;
        let (name, serial) = (self.work.after(Field::Name), self.work.after(Field::Serial));
        self.must_be_new(&site, name, serial)?;
        let vendor = self.work.after(Field::Vendor).unwrap_or(UNKNOWN);
        let order = self.work.after(Field::OrderNumber);
        let product = self.work.after(Field::Product).or(order).unwrap_or(UNKNOWN);
        let kind = self.device_type(vendor, product, order)?;
        let role = self.role(self.work.after(Field::Role).unwrap_or(UNKNOWN))?;
        let body = json!({
            "name": name, "serial": serial.unwrap_or_default(), "device_type": kind, "role": role, "site": site,
            "status": "active", "changelog_message": self.why(),
        });
        let device = self.answers.json(Request::post("/api/dcim/devices/", body))?;
        let id = id_of(&device)?;
        self.done(&format!("made as device {id}"));
        self.rest_of_new(id, &device)?;
        Ok(id)
    }

    /// What can only be said of a device that is there.
    fn rest_of_new(&mut self, id: u64, device: &Value) -> Result<(), Stop> {
        let mut body = Map::new();
        for (field, change) in &self.work.fields {
            if *field == Field::Location || self.settings.custom.contains_key(field) {
                self.put(*field, change, device, &mut body)?;
            }
        }
        if !body.is_empty() {
            self.answers.json(Request::patch(format!("/api/dcim/devices/{id}/"), Value::Object(body)))?;
        }
        Ok(())
    }

    /// A device made between plan and writing, by people or by a run that broke off.
    fn must_be_new(&mut self, site: &Value, name: Option<&str>, serial: Option<&str>) -> Result<(), Stop> {
        let site = site.to_string();
        for (key, value) in [("name__ie", name), ("serial", serial)] {
            let Some(value) = value else { continue };
            if self.find_fresh("/api/dcim/devices/", &[(key, value), ("site_id", &site)])?.is_some() {
                return Err(Stop::Refused(format!(
                    "a device {value} is at that site already: compare again"
                )));
            }
        }
        let addresses = [
            ("/api/dcim/mac-addresses/", "mac_address", Field::Macs),
            ("/api/ipam/ip-addresses/", "address", Field::Ips),
        ];
        for (list, key, field) in addresses {
            for part in self.work.after(field).map(split).into_iter().flatten() {
                if self.find_fresh_object(list, &[(key, part)])?.as_ref().is_some_and(is_assigned) {
                    return Err(Stop::Refused(format!("{part} belongs to a device already: compare again")));
                }
            }
        }
        Ok(())
    }

    fn device_type(&mut self, vendor: &str, model: &str, order: Option<&str>) -> Result<Value, Stop> {
        let maker = self.ensure("/api/dcim/manufacturers/", &[("name__ie", vendor)], named(vendor))?;
        let maker_id = maker.to_string();
        let mut body = named(model);
        if let Some(body) = body.as_object_mut() {
            body.remove("name");
            body.insert("model".into(), json!(cut(model)));
            body.insert("manufacturer".into(), maker);
            body.insert("part_number".into(), json!(order.map(|o| clip(o, 50)).unwrap_or_default()));
        }
        self.ensure(
            "/api/dcim/device-types/",
            &[("manufacturer_id", &maker_id), ("model__ie", &cut(model))],
            body,
        )
    }

    fn role(&mut self, name: &str) -> Result<Value, Stop> {
        let mut body = named(name);
        if let Some(body) = body.as_object_mut() {
            body.insert("color".into(), json!(ROLE_COLOUR));
        }
        self.ensure("/api/dcim/device-roles/", &[("name__ie", name)], body)
    }

    /// The id of an object that is there, or of one that is made.
    fn ensure(&mut self, list: &str, by: &[(&str, &str)], body: Value) -> Result<Value, Stop> {
        if let Some(id) = self.find(list, by)? {
            return Ok(id);
        }
        let made = self.answers.json(Request::post(list, body))?;
        Ok(json!(id_of(&made)?))
    }

    /// The id of the first object with these properties; remembered for the devices after this one.
    fn find(&mut self, list: &str, by: &[(&str, &str)]) -> Result<Option<Value>, Stop> {
        let found = self.answers.look_up(query(list, by), |list| !results(list).is_empty())?;
        Ok(results(&found).first().and_then(|o| o.get("id")).cloned())
    }

    pub(super) fn find_fresh(&mut self, list: &str, by: &[(&str, &str)]) -> Result<Option<Value>, Stop> {
        Ok(self.find_fresh_object(list, by)?.and_then(|o| o.get("id").cloned()))
    }

    pub(super) fn find_fresh_object(
        &mut self,
        list: &str,
        by: &[(&str, &str)],
    ) -> Result<Option<Value>, Stop> {
        let found = self.answers.json(Request::get(query(list, by)))?;
        Ok(results(&found).first().cloned())
    }

    /// For NetBox's own log of changes (since 4.4; older servers pass it over).
    fn why(&self) -> Value {
        let reasons = self.work.fields.values().map(|c| format!("{}: {}", c.field, c.why));
        json!(clip(&format!("Sightglass: {}", reasons.collect::<Vec<_>>().join("; ")), 200))
    }
}

fn query(list: &str, by: &[(&str, &str)]) -> String {
    let by: Vec<String> = by.iter().map(|(key, value)| format!("{key}={}", escape(value))).collect();
    format!("{list}?{}&limit=1&ordering=id", by.join("&"))
}

pub(super) fn results(list: &Value) -> &[Value] {
    list.get("results").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn is_assigned(object: &Value) -> bool {
    object.get("assigned_object_id").is_some_and(|id| !id.is_null())
}

pub(super) fn id_of(object: &Value) -> Result<u64, Stop> {
    object.get("id").and_then(Value::as_u64).ok_or_else(|| Stop::Refused("an answer without an id".into()))
}

/// At most so many characters.
fn clip(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Names of 100 characters are the longest that NetBox takes.
fn cut(name: &str) -> String {
    clip(name, 100)
}

/// Name and slug: lower-case letters, digits and hyphens.
fn named(name: &str) -> Value {
    let bare = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let slug: String = name.chars().map(bare).collect();
    let slug = slug.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let slug = if slug.is_empty() { model::id::digest(&[name]) } else { slug };
    json!({"name": cut(name), "slug": cut(&slug)})
}
