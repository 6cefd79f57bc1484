//! Sparkplug B: what edge nodes and the devices behind them tell over MQTT, and what hosts command them. Only topics are read.
//! Source: Eclipse Sparkplug 3.0.0, 4.1 (topic namespace), 4.2 (message types).

use crate::emit::{Code, Counter, Emit, Operations, Phase, Whom};
use model::observation::Direction;
use model::{Attribute, Operation, OperationClass as Class};

static MESSAGE: Counter = Counter { protocol: "mqtt", name: "sparkplug" };

/// First level of the topic (4.1.1).
const NAMESPACE: &[u8] = b"spBv1.0";
/// Message types in the order of [`OPERATIONS`], whose codes are their places.
const TYPES: [&str; 9] = ["NBIRTH", "NDEATH", "DBIRTH", "DDEATH", "NDATA", "DDATA", "NCMD", "DCMD", "STATE"];

/// Says what a publication with this topic is; `false` when it is no Sparkplug.
pub(super) fn publication(topic: &[u8], emit: &mut Emit<'_>) -> bool {
    let mut levels = topic.split(|&b| b == b'/');
    if levels.next() != Some(NAMESPACE) {
        return false;
    }
    let (group, kind, node) = match (levels.next(), levels.next(), levels.next()) {
        // spBv1.0/STATE/host: a host application is there or not (4.2.5).
        (Some(b"STATE"), Some(host), None) => (host, &b"STATE"[..], None),
        (Some(group), Some(kind), Some(node)) => (group, kind, Some(node)),
        _ => return false,
    };
    let Some(code) = (0..).zip(TYPES).find(|(_, word)| word.as_bytes() == kind).map(|(code, _)| code) else {
        return false;
    };
    if let Some(word) = TYPES.get(usize::try_from(code).unwrap_or_default()) {
        emit.count(&MESSAGE, Code::Word(word));
    }
    emit.operation(&OPERATIONS, code, Phase::Request);
    // Births and data come from the node itself, on its way to the broker (4.2.1 to 4.2.4).
    let own = emit.direction() == Direction::ToServer
        && matches!(kind, b"NBIRTH" | b"NDATA" | b"DBIRTH" | b"DDATA");
    if let (true, Some(node)) = (own, node) {
        emit.text(Whom::Sender, Attribute::Name, node, "sparkplug.edge_node_id");
        emit.text(Whom::Sender, Attribute::Location, group, "sparkplug.group_id");
    }
    true
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Message types (4.2); the codes are the project's own.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "sparkplug",
    list: &[
        op("node_birth", 0, Class::Session),
        op("node_death", 1, Class::Session),
        op("device_birth", 2, Class::Session),
        op("device_death", 3, Class::Session),
        op("node_data", 4, Class::Read),
        op("device_data", 5, Class::Read),
        op("node_command", 6, Class::Command),
        op("device_command", 7, Class::Command),
        op("host_state", 8, Class::Session),
    ],
};

#[cfg(test)]
mod tests {
    use crate::protocols::mqtt::Mqtt;
    use crate::protocols::testing::Bench;

    fn publish(topic: &str) -> Vec<u8> {
        let length = u8::try_from(topic.len()).unwrap();
        [&[0x30, length + 3, 0, length], topic.as_bytes(), b"x"].concat()
    }

    #[test]
    fn an_edge_node_is_named_and_a_command_is_one() {
        let mut bench = Bench::new(&Mqtt);
        bench.client(&publish("spBv1.0/Line 4/NBIRTH/Edge7"));
        bench.client(&publish("spBv1.0/Line 4/DDATA/Edge7/Drive2"));
        bench.server(&publish("spBv1.0/Line 4/DCMD/Edge7/Drive2"));
        bench.client(&publish("spBv1.0/Line 4/GUESS/Edge7"));
        assert_eq!(bench.facts(), ["client name Edge7", "client location Line 4"]);
        let operations = bench.operations();
        for one in ["node_birth 1/0/0", "device_data 1/0/0", "device_command 1/0/0", "publish 1/0/0"] {
            assert!(operations.iter().any(|o| o == one), "{one}: {operations:?}");
        }
    }
}
