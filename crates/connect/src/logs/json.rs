//! JSON documents: Zeek's own, Suricata's EVE and what Malcolm exports. All three become records in the words of Zeek.

use super::record::Record;
use super::{eve, malcolm};
use serde_json::Value;
use std::borrow::Cow;

/// Whose words a document uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Writer {
    /// Zeek's JSON writer.
    Zeek,
    /// Suricata's EVE.
    Eve,
    /// Malcolm: an Arkime or OpenSearch document.
    Malcolm,
}

/// A document and what it is.
pub(super) struct Document {
    value: Value,
    writer: Writer,
    /// The log in Zeek's words; empty where the document does not say.
    pub(super) log: Cow<'static, str>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// It is not JSON, no object, or of none of the three; one sentence.
    pub(super) fn read(text: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(text).map_err(|e| format!("no JSON document: {e}"))?;
        if !value.is_object() {
            return Err("a JSON value that is no object".into());
        }
        let value = malcolm::source(value);
        let said = |name| find(&value, name).and_then(Value::as_str).map(str::to_owned);
        let (writer, log) = if let Some(log) = malcolm::log(&value) {
            (Writer::Malcolm, Cow::Owned(log))
        } else if let Some(event) = said("event_type") {
            (Writer::Eve, eve::log(&event))
        } else if let Some(path) = said("_path") {
            (Writer::Zeek, Cow::Owned(path))
        } else if find(&value, "ts").is_some() {
            (Writer::Zeek, Cow::Borrowed(""))
        } else {
            return Err("a document of no known log (no _path, ts, event_type or event.dataset)".into());
        };
        Ok(Self { value, writer, log })
    }

    pub(super) fn writer(&self) -> Writer {
        self.writer
    }

    /// The log it says it is of; where it does not, that which the file is named after.
    pub(super) fn log_or<'a>(&'a self, named: &'a str) -> &'a str {
        if self.log.is_empty() { named } else { &self.log }
    }
}

impl Record for Document {
    fn get(&self, field: &str) -> Option<Cow<'_, str>> {
        match self.writer {
            Writer::Zeek => text(find(&self.value, field)?),
            Writer::Eve => eve::get(&self.value, &self.log, field),
            Writer::Malcolm => malcolm::get(&self.value, &self.log, field),
        }
    }
}

/// A value by a dotted name, whether the dots are nesting or part of the names; of a list in between, its first value.
pub(super) fn find<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let object = match value {
        Value::Array(all) => all.first()?.as_object()?,
        other => other.as_object()?,
    };
    if let Some(found) = object.get(name) {
        return Some(found);
    }
    let mut dots = name.match_indices('.');
    dots.find_map(|(at, _)| find(object.get(name.get(..at)?)?, name.get(at + 1..)?))
}

/// A scalar as Zeek writes it, a list with commas; nothing for what is empty, null or an object.
pub(super) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(s) if s.is_empty() || s == "-" || s == "(empty)" => None,
        Value::String(s) => Some(Cow::Borrowed(s)),
        Value::Bool(b) => Some(Cow::Borrowed(if *b { "T" } else { "F" })),
        Value::Number(n) => Some(Cow::Owned(n.to_string())),
        Value::Array(all) => {
            let words: Vec<_> = all.iter().filter_map(text).collect();
            if words.is_empty() { None } else { Some(Cow::Owned(words.join(","))) }
        }
        Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_spellings_of_one_line() {
        let zeek = r#"{"_path":"modbus","ts":1.5,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":40000,
            "id.resp_h":"10.0.0.2","id.resp_p":502,"func":"READ_COILS","unit":7}"#;
        let malcolm = r#"{"_index":"a","_source":{"@timestamp":"1970-01-01T00:00:01.500Z","event":{"dataset":"modbus","provider":"zeek"},
            "zeek":{"uid":"C1","modbus":{"func":"READ_COILS","unit_id":"7"}},"source":{"ip":"10.0.0.1","port":40000},
            "destination":{"ip":"10.0.0.2","port":502},"network":{"transport":["tcp"]}}}"#;
        let flat = r#"{"@timestamp":"1970-01-01T00:00:01.500Z","event.dataset":"modbus","event.provider":"zeek","zeek.uid":"C1",
            "zeek.modbus.func":"READ_COILS","zeek.modbus.unit_id":7,"source.ip":"10.0.0.1","source.port":40000,
            "destination.ip":"10.0.0.2","destination.port":502,"network.transport":"tcp"}"#;
        let eve = r#"{"timestamp":"1970-01-01T00:00:01.500000+0000","flow_id":9,"event_type":"modbus","src_ip":"10.0.0.1",
            "src_port":40000,"dest_ip":"10.0.0.2","dest_port":502,"proto":"TCP",
            "modbus":{"id":1,"request":{"unit_id":7,"function_raw":1,"function_code":"RdCoils"}}}"#;
        for (text, func) in [(zeek, "READ_COILS"), (malcolm, "READ_COILS"), (flat, "READ_COILS"), (eve, "1")]
        {
            let document = Document::read(text.as_bytes()).unwrap();
            assert_eq!(document.log, "modbus", "{text}");
            let record: &dyn Record = &document;
            assert_eq!(record.time("ts").map(|t| t.0), Some(1_500_000_000), "{text}");
            assert_eq!(record.ip("id.resp_h"), "10.0.0.2".parse().ok(), "{text}");
            assert_eq!(record.port("id.resp_p"), Some(502), "{text}");
            assert_eq!(record.get("func").as_deref(), Some(func), "{text}");
            assert_eq!(record.any(&["unit", "unit_id"]).unwrap().1, "7", "{text}");
        }
    }

    #[test]
    fn what_is_no_log() {
        for text in ["", "[]", "1", "{\"a\":1}", "{\"_source\":3}", "\u{feff}{}"] {
            assert!(Document::read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
