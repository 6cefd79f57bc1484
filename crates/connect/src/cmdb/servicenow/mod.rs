//! ServiceNow: hardware and OT devices read by the Table API, written through the Identification and Reconciliation Engine (IRE).
//!
//! Sources (ServiceNow documentation, release Australia): "Table API" (paging, `Link`, `X-Total-Count`), "Identification and
//! Reconciliation API" (body, `/query`, operations), "Model categories for Operational Technology" (classes), "CMDB classes targeted in
//! Service Graph Connector for Claroty CTD" (attributes). There is no server to be had for tests: a strict stand-in refuses what the
//! documentation says is refused (`crates/connect/tests/servicenow.rs`).

mod push;

use super::{Cmdb, Dialogue, Error, Pushed, RECORDS_MAX, Reply, Request, Step, Work, escape, text_of};
use base64::Engine as _;
use model::Text;
use model::cmdb::{self, Change, Field, Place, Record};
use serde_json::Value;
use std::collections::BTreeMap;

/// Rows asked for at once; the server's own limit is 10,000.
const PAGE: usize = 1000;

/// What is said to ServiceNow besides the records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How the system is called in the places of records: its address.
    pub name: String,
    /// Under which name values are written: one of the choices of the field `discovery_source`.
    pub data_source: String,
    /// Table whose rows are read, with all that extend it.
    pub table: String,
    /// Rows asked for at once.
    pub page: usize,
}

impl Settings {
    /// All hardware, OT devices among it.
    pub fn new(name: &str, data_source: &str) -> Self {
        Self {
            name: name.into(),
            data_source: data_source.into(),
            table: "cmdb_ci_hardware".into(),
            page: PAGE,
        }
    }
}

/// A ServiceNow instance.
#[derive(Clone, Debug)]
pub struct ServiceNow {
    settings: Settings,
}

impl ServiceNow {
    /// With these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Cmdb for ServiceNow {
    fn kind(&self) -> &'static str {
        "servicenow"
    }

    /// `user:password` is shown as Basic, anything else as an OAuth token. The user needs the roles `itil` and `cmdb_ot_editor`.
    fn authorization(&self, token: &str) -> (String, String) {
        let basic = || format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(token));
        ("authorization".into(), if token.contains(':') { basic() } else { format!("Bearer {token}") })
    }

    fn read(&self) -> Box<dyn Dialogue<Out = Vec<Record>>> {
        Box::new(Reading {
            settings: self.settings.clone(),
            table: Table::Hardware,
            offset: 0,
            asked: None,
            records: BTreeMap::new(),
        })
    }

    /// A dry run asks the engine what it would do (`/query`).
    fn push(&self, changes: Vec<Change>, dry_run: bool) -> Result<Box<dyn Dialogue<Out = Pushed>>, Error> {
        if self.settings.data_source.trim().is_empty() {
            return Err(Error::one(
                "without a data source ServiceNow puts what it gets among the incomplete payloads",
            ));
        }
        Ok(push::dialogue(self.settings.clone(), Work::of(changes), dry_run))
    }
}

/// Tables, in the order in which they are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Table {
    Hardware,
    /// Versions are columns of the OT classes only.
    Ot,
    Adapters,
    End,
}

impl Table {
    fn name(self, settings: &Settings) -> &str {
        match self {
            Self::Hardware => &settings.table,
            Self::Ot => "cmdb_ci_ot",
            Self::Adapters => "cmdb_ci_network_adapter",
            Self::End => "",
        }
    }

    fn fields(self) -> &'static str {
        match self {
            Self::Hardware => {
                "sys_id,sys_class_name,name,ip_address,mac_address,serial_number,manufacturer,model_id,model_number,location,owned_by,\
install_status,sys_updated_on"
            }
            Self::Ot => "sys_id,firmware_version,hardware_version",
            Self::Adapters => "cmdb_ci,mac_address,ip_address",
            Self::End => "",
        }
    }

    /// Only there when the product is, or to be seen with more rights: read without it then.
    fn is_optional(self) -> bool {
        self != Self::Hardware
    }

    fn next(self) -> Self {
        match self {
            Self::Hardware => Self::Ot,
            Self::Ot => Self::Adapters,
            Self::Adapters | Self::End => Self::End,
        }
    }
}

struct Reading {
    settings: Settings,
    table: Table,
    offset: usize,
    asked: Option<Request>,
    records: BTreeMap<String, Record>,
}

impl Dialogue for Reading {
    type Out = Vec<Record>;

    fn next(&mut self, reply: Option<Reply>) -> Result<Step<Vec<Record>>, Error> {
        if let (Some(asked), Some(reply)) = (self.asked.take(), reply) {
            self.page(&asked, &reply)?;
        }
        if self.table == Table::End {
            return Ok(Step::Done(std::mem::take(&mut self.records).into_values().collect()));
        }
        // References as what they are called; those of adapters as ids, by which they are found.
        let display = self.table != Table::Adapters;
        let path = format!(
            "/api/now/table/{}?sysparm_query=ORDERBYsys_id&sysparm_fields={}&sysparm_display_value={display}\
             &sysparm_exclude_reference_link=true&sysparm_limit={}&sysparm_offset={}",
            escape(self.table.name(&self.settings)),
            self.table.fields(),
            self.settings.page,
            self.offset
        );
        let request = Request::get(path);
        self.asked = Some(request.clone());
        Ok(Step::Send(request))
    }
}

impl Reading {
    fn page(&mut self, asked: &Request, reply: &Reply) -> Result<(), Error> {
        if self.table.is_optional() && matches!(reply.status, 400 | 403 | 404) {
            (self.table, self.offset) = (self.table.next(), 0);
            return Ok(());
        }
        let page = reply.json(asked)?;
        let wrong = |what: &str| Error::Unexpected(format!("GET {}: {what}", asked.path));
        let rows =
            page.get("result").and_then(Value::as_array).ok_or_else(|| wrong("the answer has no result"))?;
        for row in rows {
            self.row(row).map_err(|what| wrong(&what))?;
        }
        if self.records.len() > RECORDS_MAX {
            return Err(wrong(&format!("more than {RECORDS_MAX} rows")));
        }
        // Rows that the user may not see are left out of a page: a short page is not the last one.
        self.offset += self.settings.page;
        let total = reply.headers.get("x-total-count").and_then(|t| t.parse::<usize>().ok());
        let more = match total {
            Some(total) => self.offset < total,
            None => rows.len() >= self.settings.page,
        };
        if !more {
            (self.table, self.offset) = (self.table.next(), 0);
        }
        Ok(())
    }

    fn row(&mut self, row: &Value) -> Result<(), String> {
        let at = |name: &str| row.get(name).and_then(text_of);
        match self.table {
            Table::Hardware => {
                let id = at("sys_id").ok_or("a row without sys_id")?;
                self.records.insert(id.to_string(), record(&at, &id, &self.settings));
            }
            Table::Ot => {
                if let Some(record) = at("sys_id").and_then(|id| self.records.get_mut(id.as_str())) {
                    (record.firmware, record.hardware) = (at("firmware_version"), at("hardware_version"));
                }
            }
            Table::Adapters => {
                if let Some(record) = at("cmdb_ci").and_then(|id| self.records.get_mut(id.as_str())) {
                    add(record, &at);
                }
            }
            Table::End => {}
        }
        Ok(())
    }
}

/// Addresses of a row. The columns are free text there: what is no address (`DHCP`) is passed over.
fn add(record: &mut Record, at: &dyn Fn(&str) -> Option<Text>) {
    let parts = |name: &str| at(name).map(|t| t.to_string()).unwrap_or_default();
    record.ips.extend(cmdb::split(&parts("ip_address")).filter_map(|t| cmdb::ip(t).ok()));
    record.macs.extend(cmdb::split(&parts("mac_address")).filter_map(|t| cmdb::mac(t).ok()));
}

fn record(at: &dyn Fn(&str) -> Option<Text>, id: &Text, settings: &Settings) -> Record {
    let class = at("sys_class_name");
    let mut record = Record {
        external_id: id.clone(),
        url: Some(Text::new(&format!("{}/nav_to.do?uri=cmdb_ci.do?sys_id={id}", settings.name))),
        place: Place { source: Text::new(&settings.name), at: Text::new(&format!("sys_id {id}")) },
        name: at("name"),
        serial: at("serial_number"),
        vendor: at("manufacturer"),
        product: at("model_id"),
        order_number: at("model_number"),
        role: class,
        location: at("location"),
        owner: at("owned_by"),
        status: at("install_status"),
        updated: at("sys_updated_on"),
        ..Record::default()
    };
    add(&mut record, at);
    record
}

/// The column of a field; `None` where there is none that we write.
fn column(field: Field) -> Option<&'static str> {
    Some(match field {
        Field::Name => "name",
        Field::Serial => "serial_number",
        Field::Vendor => "manufacturer",
        Field::Product => "model_id",
        Field::OrderNumber => "model_number",
        Field::Firmware => "firmware_version",
        Field::Hardware => "hardware_version",
        _ => return None,
    })
}
