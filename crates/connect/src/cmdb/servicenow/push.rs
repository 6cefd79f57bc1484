//! Changes through the engine: asked first what it would do (`/query`), and only told to do it when that is what was planned.

use super::{Settings, column};
use crate::cmdb::script::{Answers, Script, Stop};
use crate::cmdb::{Dialogue, Pushed, Request, Work, escape};
use model::Role;
use model::cmdb::{Change, Field, Target, split};
use serde_json::{Map, Value, json};

/// Class of what is none of the others: the base of all OT classes.
const OTHER: &str = "cmdb_ci_ot";

pub(super) fn dialogue(
    settings: Settings,
    work: Vec<Work>,
    dry_run: bool,
) -> Box<dyn Dialogue<Out = Pushed>> {
    let unit = move |work: &Work, answers: &mut Answers| {
        Unit { settings: &settings, work, answers, dry_run, pushed: Pushed::default() }.run()
    };
    Box::new(Script::new(work, Box::new(unit)))
}

/// The class of a role. Safety controllers and remote inputs and outputs have none of their own.
fn class(role: Role) -> &'static str {
    match role {
        Role::Plc => "cmdb_ci_ot_plc",
        Role::Rtu => "cmdb_ci_ot_rtu",
        Role::Ied => "cmdb_ci_ot_ied",
        Role::SafetyController | Role::RemoteIo => "cmdb_ci_ot_control",
        Role::Drive => "cmdb_ci_ot_industrial_drive",
        Role::FieldDevice => "cmdb_ci_ot_field_device",
        Role::Hmi => "cmdb_ci_ot_hmi",
        Role::ScadaServer => "cmdb_ci_ot_scada_server",
        Role::EngineeringWorkstation => "cmdb_ci_ot_ews",
        Role::Historian => "cmdb_ci_ot_historian",
        Role::Switch => "cmdb_ci_ip_switch",
        Role::Router => "cmdb_ci_ip_router",
        Role::Firewall => "cmdb_ci_ip_firewall",
        Role::AccessPoint => "cmdb_ci_wap_network",
        Role::Server | Role::JumpHost => "cmdb_ci_server",
        Role::Workstation => "cmdb_ci_computer",
        Role::Printer => "cmdb_ci_printer",
        Role::Phone => "cmdb_ci_ip_phone",
        Role::Mobile => "cmdb_ci_handheld_computing",
        Role::Gateway | Role::Camera | Role::Unknown => OTHER,
    }
}

/// The class of a role in words.
fn class_of(words: Option<&str>) -> &'static str {
    let letters = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let Some(words) = words.map(letters) else { return OTHER };
    let same = |role: &&Role| {
        let word = letters(role.as_str());
        words == word || (**role == Role::Mobile && words.starts_with(&word))
    };
    Role::ALL.iter().find(same).map_or(OTHER, |role| class(*role))
}

/// The changes to one CI.
struct Unit<'a> {
    settings: &'a Settings,
    work: &'a Work,
    answers: &'a mut Answers,
    dry_run: bool,
    pushed: Pushed,
}

impl Unit<'_> {
    fn run(mut self) -> Result<Pushed, Stop> {
        let (item, sys_id) = match &self.work.target {
            Target::Record(id) => (self.existing(id.as_str())?, Some(id.to_string())),
            Target::New(asset) => (self.fresh(asset.as_str())?, None),
        };
        let Some(item) = item else { return Ok(self.pushed) };
        let body = json!({"items": [item], "relations": []});
        let would = self.engine("/query", &body)?;
        self.as_planned(&would, sys_id.as_deref())?;
        let outcome = if self.dry_run { would } else { self.engine("", &body)? };
        let verb = if self.dry_run { "would be" } else { "is" };
        let (operation, class) = (text(&outcome, "operation"), text(&outcome, "className"));
        self.pushed.done.push(format!("{}: {verb} {operation} in {class}", self.work.title()));
        Ok(self.pushed)
    }

    fn refuse(&mut self, what: &str) {
        self.pushed.refused.push(format!("{}: {what}", self.work.title()));
    }

    /// Asks the engine; the first and only item of its result.
    fn engine(&mut self, verb: &str, body: &Value) -> Result<Value, Stop> {
        let path = format!(
            "/api/now/identifyreconcile{verb}?sysparm_data_source={}",
            escape(&self.settings.data_source)
        );
        let asks = Request { repeatable: verb == "/query", ..Request::post(path, body.clone()) };
        let answer = self.answers.json(asks)?;
        let item = answer.pointer("/result/items/0").cloned();
        let item = item.ok_or_else(|| Stop::Refused("the engine's answer has no items".into()))?;
        let errors = item.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let count = item.get("errorCount").and_then(Value::as_u64).unwrap_or(errors.len() as u64);
        if count > 0 || !errors.is_empty() {
            let said: Vec<String> =
                errors.iter().map(|e| format!("{} {}", text(e, "error"), text(e, "message"))).collect();
            return Err(Stop::Refused(format!("the engine refuses it: {}", said.join("; "))));
        }
        Ok(item)
    }

    /// The engine finds by its own rules. It must find the CI that was meant, or none for a new one.
    fn as_planned(&self, would: &Value, sys_id: Option<&str>) -> Result<(), Stop> {
        let (operation, found) = (text(would, "operation"), text(would, "sysId"));
        let wrong = match sys_id {
            Some(id) if found != id => format!("the engine would {operation} another CI ({found})"),
            Some(_) if !(operation.starts_with("UPDATE") || operation == "NO_CHANGE") => {
                format!("the engine would {operation} it")
            }
            Some(_) => return Ok(()),
            None if operation == "INSERT" => return Ok(()),
            None => format!("the engine takes it for a CI that is there ({found}): compare again"),
        };
        Err(Stop::Refused(wrong))
    }

    /// An item that changes a CI: what identifies it, and the new values. `None` when nothing is left to change.
    fn existing(&mut self, id: &str) -> Result<Option<Value>, Stop> {
        let fields = "sys_class_name,name,serial_number,manufacturer,model_id,model_number";
        let path = format!(
            "/api/now/table/{}/{}?sysparm_display_value=all&sysparm_exclude_reference_link=true",
            escape(&self.settings.table),
            escape(id)
        );
        let row = self.answers.json(Request::get(format!("{path}&sysparm_fields={fields}")))?;
        let value = |name: &str, what: &str| {
            row.pointer(&format!("/result/{name}/{what}"))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let class = value("sys_class_name", "value");
        let mut values = Map::new();
        for (field, change) in &self.work.fields {
            // What the row shows now; versions stand in tables of the OT classes and are left to the engine's own rules.
            let shown = column(*field)
                .filter(|c| fields.split(',').any(|f| f == *c))
                .map(|c| value(c, "display_value"));
            match shown {
                Some(now) if now == change.after => {}
                Some(now) if now != change.before.clone().unwrap_or_default() => {
                    self.refuse(&format!("{field} is {now} by now: left alone"));
                }
                _ => self.put(*field, change, &class, &mut values)?,
            }
        }
        let addresses = self.adapters();
        if values.is_empty() && addresses.is_empty() {
            return Ok(None);
        }
        for name in ["name", "serial_number"] {
            let now = value(name, "value");
            if !now.is_empty() {
                values.entry(name).or_insert(json!(now));
            }
        }
        Ok(Some(json!({"className": class, "values": values, "lookup": addresses})))
    }

    fn fresh(&mut self, asset: &str) -> Result<Option<Value>, Stop> {
        let class = class_of(self.work.after(Field::Role));
        let mut values = Map::new();
        for (field, change) in &self.work.fields {
            if !matches!(field, Field::Role) {
                self.put(*field, change, class, &mut values)?;
            }
        }
        let first = |field| self.work.after(field).and_then(|list| split(list).next());
        for (name, field) in [("ip_address", Field::Ips), ("mac_address", Field::Macs)] {
            first(field).map(|address| values.insert(name.into(), json!(address)));
        }
        // A CI must have a name: its address, where nothing names it.
        let name = first(Field::Ips).or_else(|| first(Field::Macs)).unwrap_or(asset);
        values.entry("name").or_insert(json!(name));
        let mut lookup = self.adapters();
        if let Some(serial) = self.work.after(Field::Serial) {
            let values = json!({"serial_number": serial, "serial_number_type": "system", "valid": "true"});
            lookup.push(json!({"className": "cmdb_serial_number", "values": values}));
        }
        let source = json!({"source_name": self.settings.data_source, "source_native_key": asset});
        Ok(Some(
            json!({"className": class, "values": values, "lookup": lookup, "sys_object_source_info": source}),
        ))
    }

    /// One value of an item. References are by id, and what is not there is not made.
    fn put(
        &mut self,
        field: Field,
        change: &Change,
        class: &str,
        values: &mut Map<String, Value>,
    ) -> Result<(), Stop> {
        let value = match field {
            Field::Ips | Field::Macs => return Ok(()),
            Field::Firmware | Field::Hardware if !class.starts_with("cmdb_ci_ot") => {
                self.refuse(&format!("the class {class} has no column for {field}"));
                return Ok(());
            }
            Field::Vendor => self.reference("core_company", "name", change)?,
            Field::Product => self.reference("cmdb_model", "name", change)?,
            _ => Some(json!(change.after)),
        };
        match (column(field), value) {
            (Some(column), Some(value)) => {
                values.insert(column.into(), value);
            }
            (None, _) => self.refuse(&format!("{field} is not written to ServiceNow")),
            (Some(_), None) => {}
        }
        Ok(())
    }

    fn reference(&mut self, table: &str, column: &str, change: &Change) -> Result<Option<Value>, Stop> {
        // `^` separates conditions of an encoded query.
        let name = change.after.replace('^', " ");
        let query = escape(&format!("{column}={name}^ORDERBYsys_id"));
        let path =
            format!("/api/now/table/{table}?sysparm_query={query}&sysparm_fields=sys_id&sysparm_limit=1");
        let found = |list: &Value| list.pointer("/result/0/sys_id").is_some();
        let list = self.answers.look_up(path, found)?;
        let id = list.pointer("/result/0/sys_id").cloned();
        if id.is_none() {
            self.refuse(&format!("{} is not written: {table} has no {}", change.field, change.after));
        }
        Ok(id)
    }

    /// A network adapter for each MAC address that is new. An IP address goes with it where there is one of each.
    fn adapters(&self) -> Vec<Value> {
        let added = |field| {
            let change = self.work.fields.get(&field);
            let before: Vec<&str> =
                change.and_then(|c| c.before.as_deref()).map(split).into_iter().flatten().collect();
            let after = change.map(|c| split(&c.after)).into_iter().flatten();
            after.filter(|part| !before.contains(part)).map(str::to_owned).collect::<Vec<_>>()
        };
        let (macs, ips) = (added(Field::Macs), added(Field::Ips));
        let adapter = |mac: Option<&String>, ip: Option<&String>| {
            let name = mac.or(ip).cloned().unwrap_or_default();
            let mut values = json!({"name": name});
            if let Some(values) = values.as_object_mut() {
                mac.map(|mac| values.insert("mac_address".into(), json!(mac)));
                ip.map(|ip| values.insert("ip_address".into(), json!(ip)));
            }
            json!({"className": "cmdb_ci_network_adapter", "values": values})
        };
        match (macs.as_slice(), ips.as_slice()) {
            ([mac], [ip]) => vec![adapter(Some(mac), Some(ip))],
            (macs, ips) => macs
                .iter()
                .map(|m| adapter(Some(m), None))
                .chain(ips.iter().map(|i| adapter(None, Some(i))))
                .collect(),
        }
    }
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_classes() {
        for (words, wanted) in [
            (Some("PLC"), "cmdb_ci_ot_plc"),
            (Some("Remote I/O"), "cmdb_ci_ot_control"),
            (Some("Engineering workstation"), "cmdb_ci_ot_ews"),
            (Some("Mobile device"), "cmdb_ci_handheld_computing"),
            (Some("Pump"), OTHER),
            (None, OTHER),
        ] {
            assert_eq!(class_of(words), wanted, "{words:?}");
        }
    }
}
