//! MAC and IP addresses: objects of their own, which hang on an interface of a device.

use super::push::{Unit, id_of, is_assigned, results};
use crate::cmdb::script::Stop;
use crate::cmdb::{Request, escape};
use model::cmdb::{Change, Field, split};
use serde_json::{Value, json};

impl Unit<'_> {
    /// Addresses that the device has not yet.
    pub(super) fn addresses(&mut self, device: u64) -> Result<(), Stop> {
        let added = |field| self.work.fields.get(&field).map(added).unwrap_or_default();
        let (macs, ips) = (added(Field::Macs), added(Field::Ips));
        if macs.is_empty() && ips.is_empty() {
            return Ok(());
        }
        let path = format!("/api/dcim/interfaces/?device_id={device}&limit=1000&ordering=id");
        let list = self.answers.json(Request::get(path))?;
        let interfaces: Vec<Value> = results(&list).to_vec();
        let only = match interfaces.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let mut used = None;
        for mac in &macs {
            let free = only.filter(|i| used.is_none() && i.get("mac_address").is_none_or(Value::is_null));
            let name = format!("seen {mac}");
            used = self.mac(device, mac, free.map(id_of).transpose()?, &name)?.or(used);
        }
        for ip in &ips {
            let interface = match (used.filter(|_| macs.len() == 1), only) {
                (Some(interface), _) => Some(interface),
                (None, Some(only)) => Some(id_of(only)?),
                (None, None) => None,
            };
            self.ip(device, ip, interface)?;
        }
        Ok(())
    }

    /// Gives the device a MAC address; answers its interface.
    fn mac(
        &mut self,
        device: u64,
        mac: &str,
        interface: Option<u64>,
        name: &str,
    ) -> Result<Option<u64>, Stop> {
        let known = self.find_fresh_object("/api/dcim/mac-addresses/", &[("mac_address", mac)])?;
        let owner =
            known.as_ref().and_then(|k| k.pointer("/assigned_object/device/id")).and_then(Value::as_u64);
        if known.as_ref().is_some_and(is_assigned) {
            if owner != Some(device) {
                self.refuse(&format!("{mac} belongs to another interface: left alone"));
            }
            return Ok(None);
        }
        let interface = self.interface(device, interface, name)?;
        let at = json!({"assigned_object_type": "dcim.interface", "assigned_object_id": interface});
        let object = self.assign("/api/dcim/mac-addresses/", known, "mac_address", mac, at)?;
        let primary = json!({"primary_mac_address": id_of(&object)?});
        self.answers.json(Request::patch(format!("/api/dcim/interfaces/{interface}/"), primary))?;
        self.done(&format!("MAC address {mac}"));
        Ok(Some(interface))
    }

    fn ip(&mut self, device: u64, ip: &str, interface: Option<u64>) -> Result<(), Stop> {
        let path = format!("/api/ipam/ip-addresses/?address={}&limit=100&ordering=id", escape(ip));
        let list = self.answers.json(Request::get(path))?;
        let mine =
            |o: &&Value| o.pointer("/assigned_object/device/id").and_then(Value::as_u64) == Some(device);
        if results(&list).iter().any(|o| mine(&o)) {
            return Ok(());
        }
        let free = results(&list).iter().find(|o| !is_assigned(o)).cloned();
        if free.is_none() && !results(&list).is_empty() {
            self.refuse(&format!("{ip} belongs to another interface: left alone"));
            return Ok(());
        }
        let address = self.with_prefix(ip)?;
        let interface = self.interface(device, interface, "seen")?;
        let at = json!({"assigned_object_type": "dcim.interface", "assigned_object_id": interface});
        self.assign("/api/ipam/ip-addresses/", free, "address", &address, at)?;
        self.done(&format!("IP address {address}"));
        Ok(())
    }

    /// The address with the length of the smallest prefix that NetBox knows around it; a host route where it knows none.
    fn with_prefix(&mut self, ip: &str) -> Result<String, Stop> {
        let path = format!("/api/ipam/prefixes/?contains={}&limit=1000&ordering=id", escape(ip));
        let list = self.answers.json(Request::get(path))?;
        let lengths = results(&list)
            .iter()
            .filter_map(|p| p.get("prefix")?.as_str()?.split_once('/')?.1.parse::<u8>().ok());
        let host = if ip.contains(':') { 128 } else { 32 };
        Ok(format!("{ip}/{}", lengths.max().unwrap_or(host)))
    }

    /// The interface, found again by its name or made.
    fn interface(&mut self, device: u64, known: Option<u64>, name: &str) -> Result<u64, Stop> {
        if let Some(id) = known {
            return Ok(id);
        }
        let id = device.to_string();
        if let Some(found) =
            self.find_fresh("/api/dcim/interfaces/", &[("device_id", &id), ("name", name)])?
        {
            return found.as_u64().ok_or_else(|| Stop::Refused("an interface without an id".into()));
        }
        let body = json!({"device": device, "name": name, "type": "other", "description": "Seen on the wire by Sightglass"});
        id_of(&self.answers.json(Request::post("/api/dcim/interfaces/", body))?)
    }

    /// Assigns an object that is there, or makes it.
    fn assign(
        &mut self,
        list: &str,
        known: Option<Value>,
        key: &str,
        value: &str,
        at: Value,
    ) -> Result<Value, Stop> {
        match known {
            Some(object) => self.answers.json(Request::patch(format!("{list}{}/", id_of(&object)?), at)),
            None => {
                let mut body = at;
                if let Some(body) = body.as_object_mut() {
                    body.insert(key.into(), json!(value));
                }
                self.answers.json(Request::post(list, body))
            }
        }
    }
}

/// What a list gains.
fn added(change: &Change) -> Vec<String> {
    let before: Vec<&str> = change.before.as_deref().map(split).into_iter().flatten().collect();
    split(&change.after).filter(|part| !before.contains(part)).map(str::to_owned).collect()
}
