//! Sets and maps, named and in place.

use super::tokens::Token;
use std::collections::BTreeMap;

/// An element: its words.
pub(super) type Element<'a, 't> = &'t [Token<'a>];

/// A named set or map.
#[derive(Debug, Default)]
pub(super) struct Set<'a, 't> {
    elements: Vec<Element<'a, 't>>,
    /// Rules add elements at run time, so what the file lists is not all.
    dynamic: bool,
}

/// Sets of a table, by name.
#[derive(Debug, Default)]
pub(super) struct Sets<'a, 't>(BTreeMap<&'a str, Set<'a, 't>>);

impl<'a, 't> Sets<'a, 't> {
    /// Takes the statements of a set.
    pub(super) fn add(&mut self, name: &'a str, statements: &[&'t [Token<'a>]]) {
        let mut set = Set::default();
        for statement in statements {
            match statement {
                [first, equals, open, inside @ .., close]
                    if first.is("elements") && equals.is("=") && open.is("{") && close.is("}") =>
                {
                    set.elements = elements(inside);
                }
                [first, flags @ ..] if first.is("flags") => {
                    set.dynamic = flags.iter().any(|t| t.is("dynamic") || t.is("timeout"));
                }
                _ => {}
            }
        }
        self.0.insert(name, set);
    }

    /// The elements of a set; `None` when it is not there, or is changed at run time.
    pub(super) fn get(&self, name: &str) -> Option<&[Element<'a, 't>]> {
        self.0.get(name).filter(|s| !s.dynamic).map(|s| s.elements.as_slice())
    }
}

/// Divides the inside of braces at commas.
pub(super) fn elements<'a, 't>(inside: &'t [Token<'a>]) -> Vec<Element<'a, 't>> {
    let parts = inside.split(|t| t.is(","));
    // Ends of lines inside braces mean nothing; they stand next to commas.
    parts.map(|part| trim(part)).filter(|part| !part.is_empty()).collect()
}

fn trim<'a, 't>(mut part: &'t [Token<'a>]) -> &'t [Token<'a>] {
    while let [first, rest @ ..] = part
        && first.is("\n")
    {
        part = rest;
    }
    while let [rest @ .., last] = part
        && last.is("\n")
    {
        part = rest;
    }
    part
}

/// Words of an element that are its value: what comes before a comment, a counter or a time.
pub(super) fn value<'a, 't>(element: Element<'a, 't>) -> Element<'a, 't> {
    let attribute =
        |t: &Token<'_>| ["timeout", "expires", "counter", "comment", "limit"].iter().any(|a| t.is(a));
    let end = element.iter().position(attribute).unwrap_or(element.len());
    element.get(..end).unwrap_or_default()
}
