//! The output of `nft list ruleset` (nft(8) of nftables 1.0; the nftables wiki, "Quick reference").
//!
//! Every base chain at a hook must let a packet pass: `accept` ends one chain only, `drop` is final. Sets and verdict maps are put in the
//! place of their names; what is not understood makes a rule one that may or may not match. A script (`define`, `include`, `add rule`)
//! is no ruleset and is refused.

mod conditions;
mod keys;
mod rule;
mod sets;
#[cfg(test)]
mod tests;
mod tokens;

use super::Fault;
use super::limits::Caps;
use super::linux::{self, Chains};
use model::Text;
use model::network::{
    Action, Affects, Binding, Change, ConfigFormat, Fallback, Family, NetworkDevice, Place, RuleList, Unknown,
};
use sets::Sets;
use std::collections::BTreeSet;
use tokens::{Cursor, Token};

/// Families of tables.
const FAMILIES: [&str; 6] = ["ip", "ip6", "inet", "arp", "bridge", "netdev"];

/// Whether lines are those of a ruleset.
pub(super) fn is_nft<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    for line in lines {
        let mut words = line.split_whitespace();
        if words.next() == Some("table") && line.trim_end().contains('{') {
            let second = words.next().unwrap_or_default();
            return FAMILIES.contains(&second) || words.next() == Some("{");
        }
    }
    false
}

/// Reads a ruleset.
///
/// # Errors
/// Braces or quotes that do not end, a script instead of a ruleset, or more than the caps allow.
pub(super) fn read(text: &str, caps: &mut Caps) -> Result<NetworkDevice, Fault> {
    let tokens = tokens::tokens(text)?;
    let untracked = tokens.iter().any(|t| t.is("notrack"));
    let mut reader = Reader { device: NetworkDevice::new(ConfigFormat::Nftables), caps, untracked };
    let mut cursor = Cursor::new(&tokens);
    loop {
        cursor.skip_ends();
        let Some(token) = cursor.next() else { break };
        if token.is("table") {
            reader.table(&mut cursor, token)?;
        } else if token.is("flush") {
            cursor.statement();
        } else {
            return Err(token.fault("no table: what is read is the output of «nft list ruleset»"));
        }
    }
    Ok(reader.device)
}

struct Reader<'a> {
    device: NetworkDevice,
    caps: &'a mut Caps,
    /// Some packets are kept out of connection tracking.
    untracked: bool,
}

/// A table with what its rules refer to.
struct Table<'a, 't> {
    family: &'a str,
    name: &'a str,
    sets: Sets<'a, 't>,
    untracked: bool,
}

impl Table<'_, '_> {
    /// The name of a chain in the device.
    fn full(&self, chain: &str) -> String {
        format!("{} {} {chain}", self.family, self.name)
    }

    fn version(&self) -> Option<Family> {
        match self.family {
            "ip" => Some(Family::V4),
            "ip6" => Some(Family::V6),
            _ => None,
        }
    }
}

/// A chain as it stands in the file.
struct Chain<'a, 't> {
    name: &'a str,
    line: u32,
    statements: Vec<&'t [Token<'a>]>,
}

impl Reader<'_> {
    fn table<'a>(&mut self, cursor: &mut Cursor<'a, '_>, at: Token<'a>) -> Result<(), Fault> {
        let first = cursor.next().ok_or_else(|| at.fault("a table without a name"))?;
        let (family, name) = match cursor.peek() {
            Some(second) if FAMILIES.contains(&first.text) && !second.is("{") => {
                cursor.next();
                (first.text, second.text)
            }
            _ => ("ip", first.text),
        };
        if !cursor.eat("{") {
            return Err(at.fault("a table without a body"));
        }
        let body = cursor.inside().ok_or_else(|| at.fault("a table that does not end"))?;
        match family {
            "arp" => Ok(()),
            "bridge" | "netdev" => self.lower_table(body, at, name),
            _ => self.ip_table(body, family, name),
        }
    }

    /// Tables below IP: what they let pass is not worked out.
    fn lower_table(&mut self, body: &[Token<'_>], at: Token<'_>, name: &str) -> Result<(), Fault> {
        if body.iter().any(|t| t.is("hook")) {
            self.unknown(
                Affects::Filtering(None),
                at.line,
                &format!("table {name}, which filters below IP"),
            )?;
        }
        Ok(())
    }

    fn ip_table<'a>(&mut self, body: &[Token<'a>], family: &'a str, name: &'a str) -> Result<(), Fault> {
        let mut cursor = Cursor::new(body);
        let mut table = Table { family, name, sets: Sets::default(), untracked: self.untracked };
        let mut chains: Vec<Chain<'a, '_>> = Vec::new();
        let mut dormant = false;
        loop {
            cursor.skip_ends();
            let Some(kind) = cursor.next() else { break };
            if kind.is("flags") {
                dormant = cursor.statement().iter().any(|t| t.is("dormant"));
                continue;
            }
            let head = cursor.clone().statement();
            let Some(open) = head.iter().position(|t| t.is("{")) else {
                cursor.statement();
                continue;
            };
            let title = head.get(..open).unwrap_or_default();
            cursor.skip(open + 1);
            let inside = cursor.inside().ok_or_else(|| kind.fault("a block that does not end"))?;
            let Some(title) = title.first() else { continue };
            match kind.text {
                "chain" => {
                    chains.push(Chain { name: title.text, line: kind.line, statements: statements(inside) })
                }
                "set" | "map" => table.sets.add(title.text, &statements(inside)),
                // Counters, limits, helpers, flow tables: rules that name them are read by themselves.
                _ => {}
            }
        }
        if dormant { Ok(()) } else { self.chains(&table, &chains) }
    }

    fn chains<'a>(&mut self, table: &Table<'a, '_>, chains: &[Chain<'a, '_>]) -> Result<(), Fault> {
        let mut read = Chains::new();
        let mut nat = Vec::new();
        let start = self.device.chains.len();
        for chain in chains {
            self.caps.thing(chain.line)?;
            let full = table.full(chain.name);
            let mut list = RuleList::new(&full, Fallback::Return, chain.line);
            let mut rules = Vec::new();
            for statement in &chain.statements {
                match statement.first() {
                    Some(first) if first.is("type") => {
                        list.default = Fallback::Allow;
                        if let Some(hook) = self.base(table, &full, statement)? {
                            nat.push((full.clone(), hook));
                        }
                    }
                    Some(first) if first.is("policy") => {
                        let drop = statement.iter().any(|t| t.is("drop"));
                        list.default = if drop { Fallback::Deny } else { Fallback::Allow };
                    }
                    Some(first) if first.is("comment") => {}
                    Some(_) => rules.extend(rule::read(statement, table, self.caps)?),
                    None => {}
                }
            }
            list.rules = rules.iter().map(|r| r.rule.clone()).collect();
            read.insert(full, rules);
            self.device.chains.push(list);
        }
        self.missing(start);
        self.translate(&read, &nat)
    }

    /// `type KIND hook HOOK [device NAME] priority …`. Answers the hook of a chain that translates.
    fn base<'a>(
        &mut self,
        table: &Table<'a, '_>,
        full: &str,
        statement: &[Token<'a>],
    ) -> Result<Option<&'a str>, Fault> {
        let after = |word: &str| {
            let at = statement.iter().position(|t| t.is(word))?;
            statement.get(at + 1)
        };
        let (kind, hook) = (after("type").map_or("", |t| t.text), after("hook").map_or("", |t| t.text));
        let line = statement.first().map_or(1, |t| t.line);
        let place = match hook {
            "ingress" | "prerouting" => Place::Inbound,
            "input" => Place::Local,
            "forward" => Place::Forward,
            "postrouting" => Place::Outbound,
            // What the device itself sends is not asked about.
            "output" | "egress" => return Ok(None),
            _ => {
                self.unknown(Affects::Filtering(None), line, &format!("hook {hook}"))?;
                return Ok(None);
            }
        };
        self.caps.thing(line)?;
        let mut binding = Binding::new(full, place, line);
        binding.family = table.version();
        binding.interface = after("device").map(|t| Text::new(t.text));
        self.device.bindings.push(binding);
        Ok((kind == "nat").then_some(hook))
    }

    /// A jump to a chain that is not there cannot be in a ruleset that was loaded.
    fn missing(&mut self, start: usize) {
        let new = self.device.chains.get_mut(start..).unwrap_or_default();
        let names: BTreeSet<Text> = new.iter().map(|c| c.name.clone()).collect();
        for rule in new.iter_mut().flat_map(|c| &mut c.rules) {
            if matches!(&rule.action, Action::Jump(to) | Action::Goto(to) if !names.contains(to)) {
                rule.action = Action::Unknown;
            }
        }
    }

    fn translate(&mut self, chains: &Chains, nat: &[(String, &str)]) -> Result<(), Fault> {
        for (name, hook) in nat {
            let source = match *hook {
                "prerouting" => false,
                "postrouting" => true,
                _ => continue,
            };
            let found = linux::translations(chains, name, self.caps)?;
            let fits = |c: &Change| *c == Change::Nothing && !source || (*c == Change::Source) == source;
            self.device.translations.extend(found.into_iter().filter(|t| fits(&t.change)));
        }
        Ok(())
    }

    fn unknown(&mut self, affects: Affects, line: u32, text: &str) -> Result<(), Fault> {
        self.caps.unknown(line)?;
        self.device.unknown.push(Unknown { affects, line, text: Text::new(text) });
        Ok(())
    }
}

/// Divides the inside of a block.
fn statements<'a, 't>(inside: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut cursor = Cursor::new(inside);
    let mut out = Vec::new();
    while !cursor.is_done() {
        cursor.skip_ends();
        let before = cursor.rest().len();
        let statement = cursor.statement();
        if !statement.is_empty() {
            out.push(statement);
        } else if cursor.rest().len() == before && cursor.next().is_none() {
            break;
        }
    }
    out
}
