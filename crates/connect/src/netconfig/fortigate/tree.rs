//! The shape of a FortiOS configuration: `config … end` holds settings and entries, `edit … next` is an entry.

use super::super::Fault;
use std::borrow::Cow;

/// Blocks inside blocks.
const DEPTH_MAX: usize = 16;

/// A block or an entry.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    /// Words after `config`, or the name after `edit`.
    pub(super) name: String,
    /// Line where it begins.
    pub(super) line: u32,
    entry: bool,
    settings: Vec<Setting<'a>>,
    /// Blocks and entries in it.
    pub(super) nodes: Vec<Node<'a>>,
}

/// `set NAME VALUES`.
#[derive(Debug)]
struct Setting<'a> {
    name: Cow<'a, str>,
    values: Vec<Cow<'a, str>>,
    line: u32,
}

impl<'a> Node<'a> {
    /// Values of a setting; none when it is not set.
    pub(super) fn values(&self, name: &str) -> &[Cow<'a, str>] {
        self.settings.iter().rev().find(|s| s.name == name).map(|s| s.values.as_slice()).unwrap_or_default()
    }

    /// The first value of a setting; empty when it is not set.
    pub(super) fn value(&self, name: &str) -> &str {
        self.values(name).first().map_or("", |v| v)
    }

    /// A setting has this value.
    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// A setting is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.settings.iter().any(|s| s.name == name)
    }

    /// Line of a setting, or of the block.
    pub(super) fn line_of(&self, name: &str) -> u32 {
        self.settings.iter().rev().find(|s| s.name == name).map_or(self.line, |s| s.line)
    }

    /// Names of settings that begin so.
    pub(super) fn any_that_begins(&self, start: &str) -> bool {
        self.settings.iter().any(|s| s.name.starts_with(start))
    }

    /// Blocks of a name in it.
    pub(super) fn blocks<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Node<'a>> {
        self.nodes.iter().filter(move |n| !n.entry && n.name == name)
    }

    /// Entries of all blocks of a name in it.
    pub(super) fn entries<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Node<'a>> {
        self.blocks(name).flat_map(|b| b.nodes.iter().filter(|n| n.entry))
    }
}

/// The number of a line, and its words.
type Line<'a> = (u32, Vec<Cow<'a, str>>);

/// Words of the lines, one by one; a text in quotes may go over several.
struct Lexer<'a> {
    rest: &'a str,
    line: u32,
    column: u32,
}

impl<'a> Lexer<'a> {
    /// The words of the next line that has some, and its number.
    fn line(&mut self) -> Result<Option<Line<'a>>, Fault> {
        let mut words = Vec::new();
        let mut begins = self.line;
        while let Some(first) = self.rest.chars().next() {
            match first {
                '\n' => {
                    self.take(1);
                    if !words.is_empty() {
                        break;
                    }
                    begins = self.line;
                }
                '#' if words.is_empty() => {
                    let end = self.rest.find('\n').unwrap_or(self.rest.len());
                    self.take(end);
                }
                c if c.is_whitespace() => drop(self.take(c.len_utf8())),
                _ => words.push(self.word()?),
            }
        }
        Ok((!words.is_empty()).then_some((begins, words)))
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        for c in taken.chars() {
            if c == '\n' {
                (self.line, self.column) = (self.line.saturating_add(1), 1);
            } else {
                self.column = self.column.saturating_add(1);
            }
        }
        self.rest = rest;
        taken
    }

    fn word(&mut self) -> Result<Cow<'a, str>, Fault> {
        let quote = self.rest.chars().next().filter(|c| *c == '"' || *c == '\'');
        let Some(quote) = quote else {
            let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
            return Ok(Cow::Borrowed(self.take(end)));
        };
        let (line, column) = (self.line, self.column);
        let mut escaped = false;
        let end = self.rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == quote && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let Some((end, _)) = end else {
            return Err(Fault::new(line, column, "a text in quotes that does not end"));
        };
        let text = self.take(end + 1);
        let inside = text.get(1..end).unwrap_or_default();
        Ok(if inside.contains('\\') { Cow::Owned(unescaped(inside)) } else { Cow::Borrowed(inside) })
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// Reads the whole file into a tree.
///
/// # Errors
/// A block or a text that does not end, an end without a beginning, blocks too deep.
pub(super) fn read(text: &str) -> Result<Node<'_>, Fault> {
    let mut lexer = Lexer { rest: text, line: 1, column: 1 };
    let mut open: Vec<Node<'_>> = vec![Node::default()];
    while let Some((line, words)) = lexer.line()? {
        match words.first().map_or("", |w| w) {
            "config" | "edit" if open.len() > DEPTH_MAX => {
                return Err(Fault::new(line, 1, "blocks too deep"));
            }
            "config" => open.push(node(words.get(1..).unwrap_or_default().join(" "), line, false)),
            "edit" => open.push(node(words.get(1..).unwrap_or_default().join(" "), line, true)),
            "next" => close(&mut open, true, line)?,
            "end" => {
                // An entry may be ended by the end of its block.
                if open.last().is_some_and(|n| n.entry) {
                    close(&mut open, true, line)?;
                }
                close(&mut open, false, line)?;
            }
            "set" | "append" => {
                let mut words = words.into_iter().skip(1);
                let (Some(name), Some(node)) = (words.next(), open.last_mut()) else { continue };
                node.settings.push(Setting { name, values: words.collect(), line });
            }
            // Gives back the default, which is what nothing means here.
            "unset" | "unselect" => {}
            _ => return Err(Fault::new(line, 1, "no word of a FortiGate configuration")),
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(root), true) => Ok(root),
        (node, _) => Err(Fault::new(node.map_or(1, |n| n.line), 1, "a block that does not end")),
    }
}

fn node<'a>(name: String, line: u32, entry: bool) -> Node<'a> {
    Node { name, line, entry, ..Node::default() }
}

fn close(open: &mut Vec<Node<'_>>, entry: bool, line: u32) -> Result<(), Fault> {
    let node = if open.len() > 1 { open.pop() } else { None };
    match (node, open.last_mut()) {
        (Some(node), Some(parent)) if node.entry == entry => {
            parent.nodes.push(node);
            Ok(())
        }
        _ => Err(Fault::new(line, 1, if entry { "«next» without «edit»" } else { "«end» without «config»" })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_entries_and_texts() {
        let text = "# c\nconfig a b\n  edit \"x y\"\n set k \"v \\\" w\" 2\n set m \"l1\nl2\"\n config in\n set z 1\n end\n next\nend\n";
        let root = read(text).unwrap();
        let entry = root.entries("a b").next().unwrap();
        assert_eq!((entry.name.as_str(), entry.line, entry.values("k")[0].as_ref()), ("x y", 3, "v \" w"));
        assert_eq!((entry.value("m"), entry.line_of("m")), ("l1\nl2", 5));
        assert!(entry.blocks("in").next().unwrap().is("z", "1"));
        for bad in ["config a\n", "end\n", "config a\nset b \"c\n", "config a\nnext\nend\n"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(read("config vdom\nedit root\nconfig x\nend\nend\n").unwrap().nodes.len(), 1);
        assert!(read(&"config a\n".repeat(100_000)).is_err());
    }
}
