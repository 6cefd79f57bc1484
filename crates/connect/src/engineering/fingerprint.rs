//! A checksum of program text that does not change with layout: SHA-256 (FIPS 180-4) over names, sorted attributes and words.

use super::xml::Node;
use model::Text;
use sha2::{Digest as _, Sha256};

/// What is no part of a program: values of variables, dates, who changed it.
#[derive(Clone, Copy, Default)]
pub(super) struct Except {
    /// Elements, with everything in them.
    pub(super) elements: &'static [&'static str],
    /// Attributes.
    pub(super) attributes: &'static [&'static str],
}

/// The checksum of an element and everything in it.
pub(super) fn of_node(node: Node<'_>, except: Except) -> Text {
    of_nodes(std::iter::once(node), except)
}

/// The checksum of several elements, in their order.
pub(super) fn of_nodes<'a>(nodes: impl Iterator<Item = Node<'a>>, except: Except) -> Text {
    let mut hash = Sha256::new();
    nodes.for_each(|node| add(&mut hash, node, except));
    told(hash)
}

/// The checksum of text by its words.
pub(super) fn of_text(text: &str) -> Text {
    let mut hash = Sha256::new();
    words(&mut hash, text);
    told(hash)
}

/// The depth of a tree is bounded when it is read.
fn add(hash: &mut Sha256, node: Node<'_>, except: Except) {
    if node.is_text() {
        words(hash, node.text().unwrap_or_default());
    }
    if !node.is_element() || except.elements.contains(&node.tag_name().name()) {
        return;
    }
    piece(hash, 1, node.tag_name().name());
    let mut attributes: Vec<(&str, &str)> = node.attributes().map(|a| (a.name(), a.value())).collect();
    attributes.retain(|(name, _)| !except.attributes.contains(name));
    attributes.sort_unstable();
    for (name, value) in attributes {
        piece(hash, 2, name);
        piece(hash, 3, value);
    }
    node.children().for_each(|child| add(hash, child, except));
    hash.update([4]);
}

fn words(hash: &mut Sha256, text: &str) {
    text.split_whitespace().for_each(|word| piece(hash, 5, word));
}

/// Marked and with its length, so that no two sequences look the same.
fn piece(hash: &mut Sha256, mark: u8, text: &str) {
    hash.update([mark]);
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text.as_bytes());
}

fn told(hash: Sha256) -> Text {
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Text::new(&format!("sha256:{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineering::xml::File;

    fn sum(text: &str) -> Text {
        let except = Except { elements: &["Data"], attributes: &["Date"] };
        of_node(File::new("x", text).tree().unwrap().root_element(), except)
    }

    #[test]
    fn layout_and_values_do_not_count_and_everything_else_does() {
        let same = sum("<r a='1' b='2'><t>XIC(a)  OTE(b);</t></r>");
        assert_eq!(sum("<r b='2' a='1' Date='x'>\n<t>XIC(a)\n OTE(b);</t><Data>7</Data><!-- --></r>"), same);
        assert!(same.as_str().starts_with("sha256:") && same.as_str().len() == 71);
        for other in ["<r a='1' b='2'><t>XIC(a) OTE(c);</t></r>", "<r a='1b' c='2'><t>XIC(a) OTE(b);</t></r>"]
        {
            assert_ne!(sum(other), same);
        }
    }
}
