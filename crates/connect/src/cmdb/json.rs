//! Any system that gives its records as JSON: in a file or over HTTP, with a mapping that says where things are.
//!
//! Without a mapping the keys of a record are understood by their words, as the header of a list is. Sources: RFC 6901 (JSON pointers),
//! RFC 7396 (merge patch, for what is written).

use super::mapping::{Column, Mapping, meaning};
use super::script::{Answers, Script, Stop};
use super::{Cmdb, Dialogue, Error, Pushed, RECORDS_MAX, Reply, Request, Step, Work, text_of};
use model::Text;
use model::cmdb::{self, Change, Field, Place, Record, Target, split};
use serde_json::{Map, Value, json};

/// Values that one pointer may find in a record.
const FOUND_MAX: usize = 1000;

/// A system that speaks JSON.
#[derive(Clone, Debug)]
pub struct JsonApi {
    name: String,
    mapping: Mapping,
}

impl JsonApi {
    /// At this address, with this mapping.
    pub fn new(address: &str, mapping: Mapping) -> Self {
        Self { name: address.trim_end_matches('/').to_owned(), mapping }
    }
}

impl Cmdb for JsonApi {
    fn kind(&self) -> &'static str {
        "json"
    }

    fn authorization(&self, token: &str) -> (String, String) {
        let header = self.mapping.json.header.as_deref().unwrap_or("Authorization: Bearer {token}");
        let (name, value) = header.split_once(':').unwrap_or((header, "{token}"));
        (name.trim().to_lowercase(), value.trim().replace("{token}", token))
    }

    fn read(&self) -> Box<dyn Dialogue<Out = Vec<Record>>> {
        let path = self.mapping.json.path.clone().unwrap_or_default();
        Box::new(Reading { api: self.clone(), path: Some(path), asked: None, records: Vec::new() })
    }

    /// There is no dry run: nothing is sent then.
    fn push(&self, changes: Vec<Change>, dry_run: bool) -> Result<Box<dyn Dialogue<Out = Pushed>>, Error> {
        let work = Work::of(if dry_run { Vec::new() } else { changes });
        let (mut record, mut new) = (false, false);
        work.iter().for_each(|w| if matches!(w.target, Target::New(_)) { new = true } else { record = true });
        if record && !self.mapping.json.write.as_ref().is_some_and(|path| path.contains("{id}")) {
            return Err(Error::one(
                "the mapping does not say where records are written: \"write\": \"/path/{id}\"",
            ));
        }
        if new && self.mapping.json.create.is_none() {
            return Err(Error::one("the mapping does not say where records are made: \"create\": \"/path\""));
        }
        let api = self.clone();
        let unit = move |work: &Work, answers: &mut Answers| api.unit(work, answers);
        Ok(Box::new(Script::new(work, Box::new(unit))))
    }
}

/// Records of a document.
///
/// # Errors
/// It is no JSON, has no array where the mapping says, or a value is not what it is taken for: all that is wrong, and nothing is read.
pub fn read(bytes: &[u8], name: &str, mapping: &Mapping) -> Result<Vec<Record>, Error> {
    let document: Value =
        serde_json::from_slice(bytes).map_err(|e| Error::one(format!("{name} is no JSON: {e}")))?;
    records(&document, name, 0, mapping)
}

/// Mistakes that are named.
const WRONG_MAX: usize = 20;

fn records(document: &Value, name: &str, before: usize, mapping: &Mapping) -> Result<Vec<Record>, Error> {
    let at = mapping.json.records.as_deref().unwrap_or_default();
    let list = document.pointer(at).and_then(Value::as_array);
    let list = list.ok_or_else(|| {
        let place = if at.is_empty() { "the document".to_owned() } else { at.to_owned() };
        Error::one(format!("{name}: {place} is no array: say with \"records\" where they are"))
    })?;
    let (mut out, mut wrong) = (Vec::new(), Vec::new());
    for (at, object) in list.iter().enumerate() {
        let place = format!("record {}", before + at + 1);
        match record(object, name, &place, mapping) {
            Ok(record) => out.push(record),
            Err(what) if wrong.len() < WRONG_MAX => wrong.push(format!("{name}, {place}: {what}")),
            Err(_) => {}
        }
    }
    let identifies =
        |r: &Record| r.name.is_some() || r.serial.is_some() || !r.ips.is_empty() || !r.macs.is_empty();
    if wrong.is_empty() && !out.is_empty() && !out.iter().any(identifies) {
        wrong.push(format!(
            "{name}: no record has an address, a serial number or a name: say in a mapping where they are"
        ));
    }
    if wrong.is_empty() { Ok(out) } else { Err(Error::Malformed(wrong)) }
}

fn record(object: &Value, name: &str, place: &str, mapping: &Mapping) -> Result<Record, String> {
    let Some(keys) = object.as_object() else { return Err("is no object".into()) };
    let mut record = Record {
        external_id: Text::new(place),
        place: Place { source: Text::new(name), at: Text::new(place) },
        ..Record::default()
    };
    for (column, pointers) in &mapping.columns {
        for pointer in pointers {
            let mut found = Vec::new();
            find(object, pointer, &mut found)?;
            found.into_iter().try_for_each(|value| put(&mut record, *column, value, pointer))?;
        }
    }
    for (key, value) in keys {
        let column = meaning(key).filter(|c| !mapping.columns.contains_key(c));
        // Of two keys for one thing the first counts.
        let free = |c: &Column| !matches!(c, Column::Field(f) if record.text(*f).is_some());
        if let Some(column) = column.filter(free) {
            put(&mut record, column, value, key)?;
        }
    }
    Ok(record)
}

/// The values at a pointer in which `*` stands for every item of an array.
fn find<'a>(value: &'a Value, pointer: &str, found: &mut Vec<&'a Value>) -> Result<(), String> {
    let mut level = vec![value];
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        let step = |value: &'a Value| -> Vec<&'a Value> {
            match value {
                Value::Array(items) if key == "*" => items.iter().collect(),
                Value::Array(items) => {
                    key.parse().ok().and_then(|at: usize| items.get(at)).into_iter().collect()
                }
                Value::Object(keys) => keys.get(&key).into_iter().collect(),
                _ => Vec::new(),
            }
        };
        level = level.into_iter().flat_map(step).collect();
        if level.len() > FOUND_MAX {
            return Err(format!("{pointer} finds more than {FOUND_MAX} values"));
        }
    }
    found.extend(level);
    Ok(())
}

fn put(record: &mut Record, column: Column, value: &Value, from: &str) -> Result<(), String> {
    if let Value::Array(items) = value {
        if !column.is_list() || items.len() > FOUND_MAX {
            return Err(format!("{from} holds a list, which {} is not", column.as_str()));
        }
        return items.iter().filter(|i| !i.is_array()).try_for_each(|item| put(record, column, item, from));
    }
    // A reference is written as an object with a name by many.
    let name = || value.as_object().and_then(|o| o.get("name").or_else(|| o.get("value"))).and_then(text_of);
    let Some(text) = text_of(value).or_else(name) else { return Ok(()) };
    let wrong = |part: String, kind: &str| {
        format!("{from} is taken for {}, but {part:?} is no {kind} address", column.as_str())
    };
    match column {
        Column::Id => record.external_id = text,
        Column::Url => record.url = Some(text),
        Column::Updated => record.updated = Some(text),
        Column::Field(Field::Ips) => {
            let ips: Result<Vec<_>, _> = split(text.as_str()).map(cmdb::ip).collect();
            record.ips.extend(ips.map_err(|part| wrong(part, "IP"))?);
        }
        Column::Field(Field::Macs) => {
            let macs: Result<Vec<_>, _> = split(text.as_str()).map(cmdb::mac).collect();
            record.macs.extend(macs.map_err(|part| wrong(part, "MAC"))?);
        }
        Column::Field(field) => record.set(field, text.as_str())?,
    }
    Ok(())
}

struct Reading {
    api: JsonApi,
    /// The next page.
    path: Option<String>,
    asked: Option<Request>,
    records: Vec<Record>,
}

impl Dialogue for Reading {
    type Out = Vec<Record>;

    fn next(&mut self, reply: Option<Reply>) -> Result<Step<Vec<Record>>, Error> {
        if let (Some(asked), Some(reply)) = (self.asked.take(), reply) {
            let page = reply.json(&asked)?;
            let records = records(&page, &self.api.name, self.records.len(), &self.api.mapping)?;
            let empty = records.is_empty();
            self.records.extend(records);
            if self.records.len() > RECORDS_MAX {
                return Err(Error::Unexpected(format!("more than {RECORDS_MAX} records")));
            }
            self.path = self.following(&page)?.filter(|_| !empty);
            if self.path.as_deref() == Some(asked.path.as_str()) {
                return Err(Error::Unexpected(format!("the page after {} is the same page", asked.path)));
            }
        }
        let Some(path) = self.path.take() else { return Ok(Step::Done(std::mem::take(&mut self.records))) };
        let request = Request::get(path);
        self.asked = Some(request.clone());
        Ok(Step::Send(request))
    }
}

impl Reading {
    /// The next page, on the same server only.
    fn following(&self, page: &Value) -> Result<Option<String>, Error> {
        let pointer = self.api.mapping.json.next.as_deref();
        let Some(next) =
            pointer.and_then(|p| page.pointer(p)).and_then(Value::as_str).filter(|n| !n.is_empty())
        else {
            return Ok(None);
        };
        let starts = |rest: &&str| rest.starts_with(['/', '?']);
        let whole = next.strip_prefix(&self.api.name).filter(starts);
        // A path is one of the server; ours are below the address.
        let ours = self.api.name.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
        let path = Some(next).filter(starts).filter(|n| !n.starts_with("//"));
        let path = path.map(|n| n.strip_prefix(&ours).filter(starts).unwrap_or(n));
        match whole.or(path) {
            Some(path) => Ok(Some(path.to_owned())),
            None => {
                Err(Error::Unexpected(format!("the next page is elsewhere, which is not followed: {next}")))
            }
        }
    }
}

impl JsonApi {
    fn unit(&self, work: &Work, answers: &mut Answers) -> Result<Pushed, Stop> {
        let mut pushed = Pushed::default();
        let mut body = json!({});
        let existing = match &work.target {
            Target::New(_) => None,
            Target::Record(id) => {
                let template = self.mapping.json.write.clone().unwrap_or_default();
                let path = template.replace("{id}", &super::escape(id.as_str()));
                let object = answers.json(Request::get(path.clone()))?;
                let now = record(&object, &self.name, "", &self.mapping).map_err(Stop::Refused)?;
                Some((path, object, now))
            }
        };
        let mut written = Vec::new();
        for (field, change) in &work.fields {
            let refused = match existing.as_ref().map(|(_, _, now)| now.value(*field)) {
                Some(now) if now.as_ref() == Some(&change.after) => continue,
                Some(now) if now != change.before => {
                    Some(format!("{field} is {} by now: left alone", now.unwrap_or_else(|| "empty".into())))
                }
                _ => match self.place(*field, existing.as_ref().map(|(_, object, _)| object)) {
                    Some(place) => {
                        let current = existing.as_ref().and_then(|(_, object, _)| object.pointer(&place));
                        insert(&mut body, &place, value(change, current));
                        written.push(format!("{field} = {}", change.after));
                        None
                    }
                    None => Some(format!("the mapping does not say where {field} is written")),
                },
            };
            pushed.refused.extend(refused.map(|why| format!("{}: {why}", work.title())));
        }
        if !written.is_empty() {
            let request = match existing {
                Some((path, ..)) => Request::patch(path, body),
                None => Request::post(self.mapping.json.create.clone().unwrap_or_default(), body),
            };
            answers.reply(request).and_then(|(asked, reply)| match reply.status {
                200..=299 => Ok(()),
                _ => Err(Stop::Refused(reply.refusal(&asked))),
            })?;
            pushed.done.push(format!("{}: {}", work.title(), written.join(", ")));
        }
        Ok(pushed)
    }

    /// The pointer to which a field is written: the first of the mapping that leads to one place, else the key that means it.
    fn place(&self, field: Field, object: Option<&Value>) -> Option<String> {
        let column = Column::Field(field);
        if let Some(pointers) = self.mapping.columns.get(&column) {
            let plain = |p: &&String| {
                p.starts_with('/') && !p.split('/').any(|part| part == "*" || part.parse::<usize>().is_ok())
            };
            return pointers.iter().find(plain).cloned();
        }
        let keys = object.and_then(Value::as_object);
        let key = keys.into_iter().flat_map(Map::keys).find(|key| meaning(key) == Some(column));
        let key = key.map_or(column.as_str(), String::as_str);
        Some(format!("/{}", key.replace('~', "~0").replace('/', "~1")))
    }
}

/// A list stays a list where there is one.
fn value(change: &Change, current: Option<&Value>) -> Value {
    let list = change.field.is_list() && current.is_none_or(|c| c.is_array() || c.is_null());
    if list { split(&change.after).collect() } else { json!(change.after) }
}

/// Puts a value at a pointer, with the objects on the way.
fn insert(body: &mut Value, pointer: &str, value: Value) {
    let mut at = body;
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        if !at.is_object() {
            *at = json!({});
        }
        let Some(object) = at.as_object_mut() else { return };
        at = object.entry(key).or_insert(Value::Null);
    }
    *at = value;
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
