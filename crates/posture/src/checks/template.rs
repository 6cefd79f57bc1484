//! The sentence of a finding: text with conditions' expressions in braces.

use super::expression::{Expr, Value, run};
use super::schema::{Scalar, Type};
use super::syntax::{self, Problem};
use super::typecheck::{self, Scope};
use crate::view::role_words;
use model::Role;
use std::fmt::Write;

/// Values of a list that are written out; the rest is counted.
const LISTED_MAX: usize = 5;

/// A sentence with holes.
#[derive(Clone, Debug)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    /// An expression, and whether it gives words of the schema, which are shown as people write them.
    Hole(Expr, bool),
}

impl Template {
    /// Reads `text`; what stands in braces is an expression over `scope`.
    ///
    /// # Errors
    ///
    /// A brace is not closed, or an expression does not fit.
    pub(super) fn parse(text: &str, scope: &Scope) -> Result<Self, Problem> {
        let mut parts = Vec::new();
        let (mut rest, mut at) = (text, 0);
        while let Some((before, after)) = rest.split_once('{') {
            let open = at + before.chars().count();
            let Some((inside, tail)) = after.split_once('}') else {
                return Err(Problem { at: open, message: "this brace is not closed".to_owned() });
            };
            parts.push(Part::Text(before.to_owned()));
            parts.push(hole(inside, open + 1, scope)?);
            at = open + inside.chars().count() + 2;
            rest = tail;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { parts })
    }

    /// Fills the holes.
    pub(super) fn fill<'a>(&'a self, stack: &mut Vec<Value<'a>>) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out += text,
                Part::Hole(expr, words) => {
                    let shown = show(&run(expr, stack));
                    out += &if *words { written(&shown) } else { shown };
                }
            }
        }
        out
    }
}

fn hole(inside: &str, at: usize, scope: &Scope) -> Result<Part, Problem> {
    let moved = |p: Problem| Problem { at: at + p.at, message: p.message };
    let node = syntax::parse(inside).map_err(moved)?;
    let (expr, holds) = typecheck::check(&node, scope).map_err(moved)?;
    match holds {
        Type::One(Scalar::Record(_)) | Type::Many(Scalar::Record(_)) => {
            Err(Problem { at, message: format!("a {holds} cannot be shown; name one of its fields") })
        }
        Type::One(Scalar::Word(_)) | Type::Many(Scalar::Word(_)) => Ok(Part::Hole(expr, true)),
        _ => Ok(Part::Hole(expr, false)),
    }
}

fn show(value: &Value<'_>) -> String {
    match value {
        Value::Unknown(field) => format!("{} not known", field.replace('_', " ")),
        Value::Bool(b) => if *b { "yes" } else { "no" }.to_owned(),
        Value::Number(n) => n.to_string(),
        Value::Text(text) => text.to_string(),
        Value::List(items) => show_list(items),
        Value::Item(_) => String::new(),
    }
}

/// Words of the schema as people write them.
fn written(words: &str) -> String {
    let word = |w: &str| match Role::parse(w) {
        Some(role) => role_words(role).to_owned(),
        None => w.replace('_', " "),
    };
    words.split(", ").map(word).collect::<Vec<_>>().join(", ")
}

/// Each value once, in order.
fn show_list(items: &[Value<'_>]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    let mut shown: Vec<String> = Vec::new();
    for text in items.iter().map(show) {
        if !shown.contains(&text) {
            shown.push(text);
        }
    }
    let more = shown.len().saturating_sub(LISTED_MAX);
    shown.truncate(LISTED_MAX);
    let mut out = shown.join(", ");
    if more > 0 {
        // Writing to a String cannot fail.
        let _ = write!(out, " and {more} more");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_and_mistakes_placed() {
        let scope =
            Scope::default().variable("n", Type::One(Scalar::Number)).variable("l", Type::Many(Scalar::Text));
        let template = Template::parse("{n} of {size(l)}: {l}.", &scope).unwrap();
        let list = || Value::texts(["a", "b", "a", "c", "d", "e", "f", "g"].into_iter());
        assert_eq!(
            template.fill(&mut vec![Value::Number(2.5), list()]),
            "2.5 of 8: a, b, c, d, e and 2 more."
        );
        assert_eq!(
            template.fill(&mut vec![Value::Unknown("n"), list()]).split(" of ").next(),
            Some("n not known")
        );
        assert_eq!(Template::parse("ab {m}", &scope).unwrap_err().at, 4);
        assert_eq!(Template::parse("ab {n", &scope).unwrap_err().at, 3);
    }
}
