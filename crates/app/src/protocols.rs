//! `sightglass protocols`: what is understood on the wire, and how far.

use crate::args::{Format, Protocols};
use crate::text;
use anyhow::{Context as _, Result};
use api::views::protocols::{Depth, ProtocolView};
use serde_json::json;
use std::io::Write;

/// Runs the command; answers the exit status.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn run(options: &Protocols) -> Result<u8> {
    let mut all = api::views::protocols::protocols();
    all.retain(|p| p.industrial || !options.industrial);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match options.format {
        Format::Json => {
            serde_json::to_writer(
                &mut out,
                &json!({ "schema": "sightglass.protocols/1", "protocols": all }),
            )?;
            writeln!(out)?;
        }
        Format::Text => report(&all, &mut out)?,
    }
    out.flush().context("cannot write the list")?;
    Ok(0)
}

fn report(all: &[ProtocolView], out: &mut dyn Write) -> std::io::Result<()> {
    let mut table = text::table(&["protocol", "name", "industrial", "carried by", "operations", "sources"]);
    for protocol in all {
        let operations = match protocol.depth {
            Depth::Messages => "messages only".to_owned(),
            Depth::Operations => protocol.operations_total().to_string(),
        };
        let industrial = if protocol.industrial { "yes" } else { "" };
        table.add_row([
            protocol.title,
            protocol.name,
            industrial,
            &carriers(protocol),
            &operations,
            protocol.sources,
        ]);
    }
    writeln!(out, "{table}")?;
    let industrial = all.iter().filter(|p| p.industrial).count();
    writeln!(
        out,
        "{} protocols, {industrial} of them industrial. Ports are a hint only: recognition is by content.",
        all.len()
    )
}

/// Where it is usually found: `tcp 502`, `ethernet 0x8892`, `ethernet LLC`, `ip 112`.
fn carriers(protocol: &ProtocolView) -> String {
    let ports = |name: &str, ports: &[u16]| (!ports.is_empty()).then(|| format!("{name} {}", runs(ports)));
    let types: Vec<_> = protocol
        .ethertypes
        .iter()
        .map(|t| if *t == 0 { "LLC".into() } else { format!("{t:#06x}") })
        .collect();
    let ethernet = (!types.is_empty()).then(|| format!("ethernet {}", types.join(" ")));
    [ports("tcp", protocol.tcp), ports("udp", protocol.udp), ethernet, ports("ip", &protocol.ip_protocols)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// Neighbouring ports as a run: `47808–47823`.
fn runs(ports: &[u16]) -> String {
    let run = |ports: &[u16]| match *ports {
        [first, .., last] => format!("{first}–{last}"),
        [one] => one.to_string(),
        [] => String::new(),
    };
    let next = |a: &u16, b: &u16| a.checked_add(1) == Some(*b);
    ports.chunk_by(next).map(run).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn neighbouring_ports_are_one_run() {
        assert_eq!(runs(&[502, 802]), "502 802");
        assert_eq!(runs(&[80, 47808, 47809, 47810]), "80 47808–47810");
        assert_eq!(runs(&[]), "");
    }
}
