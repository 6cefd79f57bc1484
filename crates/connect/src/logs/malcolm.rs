//! Malcolm's words. Its Logstash pipelines (`logstash/pipelines/zeek`) put a Zeek line under `zeek.LOG.FIELD` and move what many
//! logs share to ECS fields; in logs that know the direction of each message, source and destination are those of the message.

use super::json::{find, text};
use serde_json::Value;
use std::borrow::Cow;

/// Longest name of a log, in characters. Every dot of a name is a place to look, in every object on the way: a name of dots alone
/// would be looked for until the end of days.
const NAME_MAX: usize = 64;

/// The document itself, out of a search hit.
pub(super) fn source(mut value: Value) -> Value {
    match value.get_mut("_source").map(Value::take) {
        Some(inner) if inner.is_object() => inner,
        _ => value,
    }
}

/// The Zeek log a document was; `suricata.EVENT` or the like for what others wrote.
pub(super) fn log(value: &Value) -> Option<String> {
    let dataset = text(find(value, "event.dataset")?)?;
    let dataset: String = dataset.split(',').next()?.chars().take(NAME_MAX).collect();
    match find(value, "event.provider").and_then(text) {
        Some(provider) if provider != "zeek" => Some(format!("{provider}.{dataset}")),
        _ => Some(dataset.strip_prefix("zeek.").unwrap_or(&dataset).to_owned()),
    }
}

/// A field by Zeek's name.
pub(super) fn get<'v>(value: &'v Value, log: &str, field: &str) -> Option<Cow<'v, str>> {
    let reply = find(value, "network.is_orig").and_then(text).is_some_and(|t| t == "F" || t == "false");
    let common: &[&str] = match (field, reply) {
        ("id.orig_h", false) | ("id.resp_h", true) => &["source.ip"],
        ("id.orig_p", false) | ("id.resp_p", true) => &["source.port"],
        ("id.resp_h", false) | ("id.orig_h", true) => &["destination.ip"],
        ("id.resp_p", false) | ("id.orig_p", true) => &["destination.port"],
        ("orig_l2_addr" | "src_mac" | "srcmac", false) | ("resp_l2_addr" | "dst_mac", true) => {
            &["source.mac"]
        }
        ("resp_l2_addr" | "dst_mac" | "dstmac", false) | ("orig_l2_addr" | "src_mac", true) => {
            &["destination.mac"]
        }
        ("ts", _) => &["@timestamp", "firstPacket", "zeek.ts"],
        ("uid", _) => &["zeek.uid", "event.id"],
        ("proto", _) => &["network.transport"],
        ("service", _) => &["network.protocol"],
        ("is_orig", _) => &["network.is_orig"],
        ("orig_pkts", _) => &["source.packets"],
        ("resp_pkts", _) => &["destination.packets"],
        ("orig_ip_bytes", _) => &["source.bytes"],
        ("resp_ip_bytes", _) => &["destination.bytes"],
        ("user" | "username", _) => &["related.user"],
        ("host", _) => &["source.ip", "destination.ip"],
        // In logs that know the direction of each message, its sender.
        ("source_h", _) if find(value, "network.is_orig").is_some() => &["source.ip"],
        _ => &[],
    };
    let own = find(value, &format!("zeek.{log}.{field}")).and_then(text);
    own.or_else(|| common.iter().find_map(|name| find(value, name).and_then(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_logs_are_bounded() {
        let name = |dataset: &str| log(&serde_json::json!({ "event": { "dataset": dataset } }));
        assert_eq!(name("zeek.conn,other").as_deref(), Some("conn"));
        assert_eq!(name(&"a.".repeat(200_000)).map(|name| name.len()), Some(NAME_MAX));
    }
}
