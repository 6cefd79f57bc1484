//! What every reader of an XML format needs: the tree within bounds, the line of a node, and claims that say where they stand.
//!
//! Elements are told by their local names: exports of one tool come with and without a name space, and with those of several editions.

use super::decode::Lines;
use super::guard;
use super::project::{FileError, Said};
use model::{Attribute, Confidence, Text};
use std::cell::Cell;

/// Facts of one file.
const SAID_MAX: usize = 400_000;
/// Facts of one thing; a new one is compared with all of them.
const OF_ONE_MAX: usize = 5_000;
/// Nodes of a tree: elements and remarks, which [`guard`] counts, and texts between them.
const NODES_MAX: u32 = 5_000_000;
/// Elements that a field's path names, counted from the innermost.
const PATH_MAX: usize = 8;
/// Longest name in a path, in characters.
const NAME_MAX: usize = 48;

pub(super) type Node<'a> = roxmltree::Node<'a, 'a>;

/// A file that is being read.
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    lines: Lines,
    said: Cell<usize>,
}

impl<'a> File<'a> {
    pub(super) fn new(name: &'a str, text: &'a str) -> Self {
        Self { name, text, lines: Lines::new(text), said: Cell::new(0) }
    }

    /// The tree of the file.
    ///
    /// # Errors
    /// It is not well-formed, or past a bound.
    pub(super) fn tree(&self) -> Result<roxmltree::Document<'a>, FileError> {
        guard::check(self.text).map_err(|(at, what)| self.error(at, what))?;
        let options =
            roxmltree::ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..Default::default() };
        roxmltree::Document::parse_with_options(self.text, options).map_err(|e| {
            let (pos, what) = (e.pos(), e.to_string());
            // The parser writes the place at the end of its words.
            let what = what.rsplit_once(" at ").map_or(what.as_str(), |(what, _)| what).to_owned();
            FileError { name: self.name.to_owned(), line: pos.row, column: pos.col, what }
        })
    }

    /// An error at this byte.
    pub(super) fn error(&self, at: usize, what: impl Into<String>) -> FileError {
        self.lines.error(self.name, self.text, at, what.into())
    }

    /// Line of a byte.
    pub(super) fn line_at(&self, at: usize) -> u32 {
        self.lines.line(at)
    }

    /// Line at which an element begins.
    pub(super) fn line(&self, node: Node<'_>) -> u32 {
        self.line_at(node.range().start)
    }

    /// Whether everything that was said did fit.
    ///
    /// # Errors
    /// It did not; what is there is not the whole.
    pub(super) fn whole(&self) -> Result<(), FileError> {
        if self.said.get() > SAID_MAX {
            let what = format!("more than {SAID_MAX} facts, or {OF_ONE_MAX} of one thing");
            return Err(FileError::whole(self.name, what));
        }
        Ok(())
    }

    /// Begins to collect what is said of one thing.
    pub(super) fn claims(&self) -> Claims<'_> {
        Claims { file: self, said: Vec::new() }
    }
}

/// What is said of one thing.
pub(super) struct Claims<'f> {
    pub(super) file: &'f File<'f>,
    pub(super) said: Vec<Said>,
}

impl Claims<'_> {
    /// Says a value that stands at `line` in `field`; nothing when it is empty.
    pub(super) fn say(
        &mut self,
        attribute: Attribute,
        value: &str,
        line: u32,
        field: String,
        sure: Confidence,
    ) {
        let value = Text::new(value);
        if self.said.len() >= OF_ONE_MAX {
            self.file.said.set(SAID_MAX + 1);
        }
        if value.is_empty()
            || self.file.said.get() > SAID_MAX
            || self.said.iter().any(|s| s.attribute == attribute && s.value == value)
        {
            return;
        }
        self.file.said.set(self.file.said.get() + 1);
        if self.file.said.get() <= SAID_MAX {
            self.said.push(Said { attribute, value, line, field, confidence: sure });
        }
    }

    /// Says an XML attribute as it stands.
    pub(super) fn attr(&mut self, node: Node<'_>, name: &str, attribute: Attribute) {
        self.attr_as(node, name, attribute, Confidence::LIKELY, |value| Some(value.to_owned()));
    }

    /// Says what an XML attribute means.
    pub(super) fn attr_as(
        &mut self,
        node: Node<'_>,
        name: &str,
        attribute: Attribute,
        sure: Confidence,
        meaning: impl FnOnce(&str) -> Option<String>,
    ) {
        let Some(found) = attribute_node(node, name) else { return };
        if let Some(value) = meaning(found.value()) {
            let line = self.file.line_at(found.range().start);
            self.say(attribute, &value, line, format!("{}/@{name}", path(node)), sure);
        }
    }

    /// Says a value that an element gives as a whole.
    pub(super) fn node(&mut self, node: Node<'_>, attribute: Attribute, value: &str) {
        self.say(attribute, value, self.file.line(node), path(node), Confidence::LIKELY);
    }

    /// Says the text of an element.
    pub(super) fn text(&mut self, node: Node<'_>, attribute: Attribute) {
        self.node(node, attribute, &text_of(node));
    }
}

fn attribute_node<'a>(node: Node<'a>, name: &str) -> Option<roxmltree::Attribute<'a, 'a>> {
    node.attributes().find(|a| a.name() == name)
}

/// The value of an attribute, by its local name.
pub(super) fn attr<'a>(node: Node<'a>, name: &str) -> Option<&'a str> {
    attribute_node(node, name).map(|a| a.value().trim()).filter(|v| !v.is_empty())
}

/// An attribute that says yes.
pub(super) fn flag(node: Node<'_>, name: &str) -> bool {
    attr(node, name).is_some_and(|v| matches!(v.to_ascii_lowercase().as_str(), "true" | "1" | "yes"))
}

/// Child elements with this local name.
pub(super) fn children<'a>(node: Node<'a>, name: &'static str) -> impl Iterator<Item = Node<'a>> {
    node.children().filter(move |n| is(*n, name))
}

/// The first of them.
pub(super) fn child<'a>(node: Node<'a>, name: &'static str) -> Option<Node<'a>> {
    children(node, name).next()
}

/// The first element along a path of names.
pub(super) fn descend<'a>(node: Node<'a>, names: &[&'static str]) -> Option<Node<'a>> {
    names.iter().try_fold(node, |node, name| child(node, name))
}

/// An element with this local name.
pub(super) fn is(node: Node<'_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

/// Elements with this local name, but for those inside another of them.
pub(super) fn outermost<'a>(within: Node<'a>, name: &str) -> Vec<Node<'a>> {
    let (mut found, mut open) = (Vec::new(), vec![within]);
    while let Some(node) = open.pop() {
        if is(node, name) {
            found.push(node);
        } else {
            let below = open.len();
            open.extend(node.children().filter(Node::is_element));
            open.get_mut(below..).unwrap_or_default().reverse();
        }
    }
    found
}

/// The text directly in an element, bounded by what a [`Text`] keeps.
pub(super) fn text_of(node: Node<'_>) -> String {
    let mut text = String::new();
    for part in node.children().filter_map(|n| n.is_text().then(|| n.text()).flatten()) {
        text.push_str(part);
        if text.len() > 4 * Text::MAX_BYTES {
            break;
        }
    }
    text.trim().to_owned()
}

/// Names of the elements down to this one, without the document element.
pub(super) fn path(node: Node<'_>) -> String {
    let mut names: Vec<String> = Vec::new();
    for node in node.ancestors().filter(|n| n.is_element() && n.parent_element().is_some()).take(PATH_MAX) {
        names.push(node.tag_name().name().chars().take(NAME_MAX).collect());
    }
    if names.is_empty() {
        names.push(node.tag_name().name().chars().take(NAME_MAX).collect());
    }
    names.reverse();
    names.join("/")
}

/// A number as these files write it: decimal, `0x2A`, `16#0000_002a`.
pub(super) fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let hex = ["0x", "0X", "16#"].into_iter().find_map(|mark| text.strip_prefix(mark));
    match hex {
        Some(digits) => u64::from_str_radix(&digits.replace('_', ""), 16).ok(),
        None => text.parse().ok(),
    }
}

/// A number, told in decimal.
pub(super) fn decimal(text: &str) -> Option<String> {
    number(text).map(|n| n.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_line_and_column() {
        let text = "<a>\n  <b></c>\n</a>";
        let e = File::new("x.xml", text).tree().unwrap_err();
        assert_eq!((e.line, e.column), (2, 6), "{e}");
        assert!(e.to_string().starts_with("x.xml:2:6: expected 'b' tag, not 'c'"), "{e}");
    }

    #[test]
    fn a_claim_says_where_it_stands() {
        let text = "<r>\n<a\n  n=' 7 '/><b>t<!-- c -->u</b></r>";
        let file = File::new("x", text);
        let tree = file.tree().unwrap();
        let mut claims = file.claims();
        claims.attr(child(tree.root_element(), "a").unwrap(), "n", Attribute::Name);
        claims.text(child(tree.root_element(), "b").unwrap(), Attribute::Product);
        let said = |at: usize| {
            let s = &claims.said[at];
            (s.value.as_str().to_owned(), s.line, s.field.clone())
        };
        assert_eq!(said(0), ("7".into(), 3, "a/@n".into()));
        assert_eq!(said(1), ("tu".into(), 3, "b".into()));
    }

    #[test]
    fn numbers() {
        assert_eq!(decimal("0x002A").as_deref(), Some("42"));
        assert_eq!(number("16#0000_00ff"), Some(255));
        assert_eq!(number("-1"), None);
    }
}
