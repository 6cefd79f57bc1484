//! What the protocols of the project call their operations. The names are the dissectors'; who composes the program hands them in,
//! so that a log and a capture of the same traffic name the same act alike.

use model::{Name, Operation, OperationClass, Transport};
use std::collections::BTreeMap;

/// Operations and usual ports by protocol.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    protocols: BTreeMap<&'static str, Known>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    tcp: Vec<u16>,
    udp: Vec<u16>,
    tables: Vec<(&'static str, &'static [Operation])>,
}

impl Catalogue {
    /// Makes a protocol known by name and usual ports.
    pub fn protocol(&mut self, name: &'static str, tcp: &[u16], udp: &[u16]) {
        let known = self.protocols.entry(name).or_default();
        known.tcp.extend(tcp);
        known.udp.extend(udp);
    }

    /// Adds a table of operations; `prefix` is what codes outside of it are called by.
    pub fn operations(&mut self, protocol: &'static str, prefix: &'static str, list: &'static [Operation]) {
        self.protocols.entry(protocol).or_default().tables.push((prefix, list));
    }

    /// Something usually listens there in that protocol.
    pub(super) fn is_usual(&self, protocol: &str, transport: Transport, port: u16) -> bool {
        self.protocols.get(protocol).is_some_and(|known| match transport {
            Transport::Tcp => known.tcp.contains(&port),
            Transport::Udp => known.udp.contains(&port),
            _ => false,
        })
    }

    /// Something usually listens there in some protocol.
    pub(super) fn is_server_port(&self, transport: Transport, port: u16) -> bool {
        self.protocols.keys().any(|name| self.is_usual(name, transport, port))
    }

    /// The operation with this code in the table called by `prefix`, if it is listed.
    pub(super) fn listed(&self, protocol: &str, prefix: &str, code: u32) -> Option<Operation> {
        let tables = &self.protocols.get(protocol)?.tables;
        let mut lists = tables.iter().filter(|(p, _)| *p == prefix).map(|(_, list)| list);
        lists.find_map(|list| list.iter().find(|o| o.code == code)).cloned()
    }

    /// The same, under a made name where it is not listed.
    pub(super) fn by_code(&self, protocol: &str, prefix: &str, code: u32) -> Operation {
        self.listed(protocol, prefix, code).unwrap_or_else(|| Operation {
            name: Name::owned(format!("{prefix}_{code}")),
            code,
            class: OperationClass::Other,
        })
    }

    /// The operation of that name, however it is written (`Read Holding Registers`, `READ_HOLDING_REGISTERS`).
    pub(super) fn by_name(&self, protocol: &str, name: &str) -> Option<Operation> {
        let snake = snake(name);
        let tables = &self.protocols.get(protocol)?.tables;
        tables.iter().flat_map(|(_, list)| *list).find(|o| o.name == snake.as_str()).cloned()
    }
}

/// Longest name of an operation that is made of a log's words, in bytes.
const NAME_MAX: usize = 64;

/// Lower case, words joined with underscores.
pub(super) fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars().take(NAME_MAX) {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    out.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    static LIST: &[Operation] = &[Operation::new("read_coils", 1, OperationClass::Read)];

    #[test]
    fn names_and_codes() {
        let mut c = Catalogue::default();
        c.protocol("modbus", &[502], &[]);
        c.operations("modbus", "function", LIST);
        assert_eq!(c.by_name("modbus", "READ_COILS").as_ref(), LIST.first());
        assert_eq!(c.by_name("modbus", " Read  Coils ").as_ref(), LIST.first());
        assert_eq!(c.by_code("modbus", "function", 99).name.as_str(), "function_99");
        assert!(c.by_name("modbus", "x").is_none() && c.by_name("other", "read_coils").is_none());
        assert!(c.is_usual("modbus", Transport::Tcp, 502) && !c.is_usual("modbus", Transport::Udp, 502));
    }
}
