//! What a server says of its own software when a client reads it: `Server.ServerStatus.BuildInfo` (OPC 10000-5 §12.4).

use super::encoding::{NodeId, Value, bytes, count, data_value, node_id, qualified_name};
use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader};
use model::{Attribute, Text};

/// Nodes of one read request that are remembered.
const NODES_MAX: usize = 32;
/// Node attributes (OPC 10000-6 §A.1): the value.
const VALUE: u32 = 13;

/// Nodes in the namespace of the specification (`NodeIds.csv`).
mod node {
    pub(super) const SERVER_STATUS: u32 = 2256;
    pub(super) const STATE: u32 = 2259;
    pub(super) const BUILD_INFO: u32 = 2260;
    pub(super) const BUILD_INFO_LAST: u32 = 2265;
}

/// Binary encodings of the structures.
const BUILD_INFO_TYPE: u32 = 340;
const SERVER_STATUS_TYPE: u32 = 864;

/// Where in a read request the interesting nodes stand: position and node.
pub(super) type Wanted = Box<[(i32, u32)]>;

/// Read request, after its header (OPC 10000-4 §5.10.2): age, times, and what to read. `None` when nothing of interest.
pub(super) fn wanted(r: &mut Reader<'_>) -> Read<Option<Wanted>> {
    r.skip(12)?;
    let mut found = Vec::new();
    for at in 0..count(r)? {
        let id = node_id(r)?;
        let attribute = r.u32_le()?;
        bytes(r)?;
        qualified_name(r)?;
        let node = id.standard().filter(|n| {
            matches!(*n, node::SERVER_STATUS | node::STATE)
                || (node::BUILD_INFO..=node::BUILD_INFO_LAST).contains(n)
        });
        if let Some(node) = node.filter(|_| attribute == VALUE && found.len() < NODES_MAX) {
            found.push((at, node));
        }
    }
    Ok((!found.is_empty()).then(|| found.into()))
}

/// Read response, after its header.
pub(super) fn read(wanted: &Wanted, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let mut wanted = wanted.iter().peekable();
    for at in 0..count(r)? {
        let Some(&&(position, node)) = wanted.peek() else { return Ok(()) };
        let value = data_value(r)?;
        if position != at {
            continue;
        }
        wanted.next();
        match value {
            Value::Text(text) => said(node, text, emit),
            Value::Structure(kind, body) => structure(kind, body, emit)?,
            Value::Other => {}
        }
    }
    Ok(())
}

fn said(node: u32, text: &[u8], emit: &mut Emit<'_>) {
    let (attribute, value) = match node {
        2261 => (Attribute::Product, Text::from_wire(text)),
        2262 => (Attribute::ProductUri, Text::from_wire(text)),
        2263 => (Attribute::Vendor, Text::from_wire(text)),
        2264 => (Attribute::Firmware, Text::from_wire(text)),
        2265 => (Attribute::Software, Text::new(&format!("build {}", Text::from_wire(text)))),
        _ => return,
    };
    if !text.is_empty() {
        emit.identity(Whom::Sender, attribute, value, text, "opcua.String");
    }
}

/// Build info, alone or inside the server's status: product address, maker, product, version, build.
fn structure(kind: NodeId, body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(body);
    match kind.standard() {
        Some(BUILD_INFO_TYPE) => {}
        Some(SERVER_STATUS_TYPE) => {
            // Start, current time.
            r.skip(16)?;
            let state = r.take(4)?;
            let word = match state {
                [0, 0, 0, 0] => "running",
                [1, 0, 0, 0] => "failed",
                [2, 0, 0, 0] => "no configuration",
                [3, 0, 0, 0] => "suspended",
                [4, 0, 0, 0] => "shutdown",
                [5, 0, 0, 0] => "test",
                _ => "",
            };
            emit.identity(Whom::Sender, Attribute::Mode, Text::new(word), state, "opcua.ServerState");
        }
        _ => return Ok(()),
    }
    for node in [2262, 2263, 2261, 2264, 2265] {
        said(node, bytes(&mut r)?, emit);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interesting_nodes_are_found() {
        let mut request = vec![0; 12];
        request.extend(2u32.to_le_bytes());
        for id in [85u16, 2264] {
            request.extend([1, 0]);
            request.extend(id.to_le_bytes());
            request.extend(13u32.to_le_bytes());
            request.extend([0xff; 4]);
            request.extend([0, 0, 0xff, 0xff, 0xff, 0xff]);
        }
        let found = wanted(&mut Reader::new(&request)).unwrap().unwrap();
        assert_eq!(*found, [(1, 2264)]);
        for cut in 0..request.len() {
            assert!(wanted(&mut Reader::new(&request[..cut])).is_err());
        }
    }
}
