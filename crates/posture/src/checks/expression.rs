//! A checked condition and how it is run: three-valued, total, and without surprises.
//!
//! What the captures do not tell is [`Value::Unknown`], and it spreads as in Kleene's logic: `unknown && false` is false,
//! `unknown || true` is true, everything else that needs it is unknown. So a check says yes only when the facts say yes,
//! and what it could not decide is counted instead of passing for a no.

use super::schema::{Item, Record};
use std::borrow::Cow;
use std::cmp::Ordering;

/// What an expression evaluates to.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// The field of that name was not seen.
    Unknown(&'static str),
    /// Yes or no.
    Bool(bool),
    /// A number; all numbers are of one kind.
    Number(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// A list of scalars or of records.
    List(Vec<Self>),
    /// A record.
    Item(Item<'a>),
}

impl<'a> Value<'a> {
    /// Text that lives in the inventory.
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// A known value or the name of the field that is not known.
    pub(super) fn known(value: Option<Self>, field: &'static str) -> Self {
        value.unwrap_or(Self::Unknown(field))
    }

    /// A list of borrowed texts.
    pub(super) fn texts(texts: impl Iterator<Item = &'a str>) -> Self {
        Self::List(texts.map(Self::text).collect())
    }

    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// A question about two texts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TextTest {
    /// `a.contains(b)`
    Contains,
    /// `a.startsWith(b)`
    StartsWith,
    /// `a.endsWith(b)`
    EndsWith,
}

/// What is done with each element of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Each {
    /// `list.exists(x, condition)`
    Exists,
    /// `list.all(x, condition)`
    All,
    /// `list.filter(x, condition)`
    Filter,
    /// `list.map(x, value)`
    Map,
}

/// A checked expression.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    /// `true`
    Bool(bool),
    /// `3.5`
    Number(f64),
    /// `"plc"`
    Text(String),
    /// `[a, b]`
    List(Vec<Self>),
    /// A variable, by its place on the stack.
    Variable(usize),
    /// A field, by its place in its record.
    Field(Box<Self>, Record, usize),
    /// `has(a.b)`
    Has(Box<Self>),
    /// `!a`
    Not(Box<Self>),
    /// `a && b`
    And(Box<Self>, Box<Self>),
    /// `a || b`
    Or(Box<Self>, Box<Self>),
    /// `a ? b : c`
    If(Box<(Self, Self, Self)>),
    /// `a < b`
    Compare(Comparison, Box<Self>, Box<Self>),
    /// `a in list`
    In(Box<Self>, Box<Self>),
    /// `size(a)`
    Size(Box<Self>),
    /// `a.contains(b)`
    Test(TextTest, Box<Self>, Box<Self>),
    /// `a.lowerAscii()`
    Lower(Box<Self>),
    /// `a + b` of texts or lists
    Join(Box<Self>, Box<Self>),
    /// `list.exists(x, body)`; the element is at that place on the stack.
    Each(Each, Box<Self>, usize, Box<Self>),
}

/// Runs a checked expression. `stack` holds the variables in the order the checker knew them and is left as it was.
pub(super) fn run<'a>(expr: &'a Expr, stack: &mut Vec<Value<'a>>) -> Value<'a> {
    match expr {
        Expr::Bool(b) => Value::Bool(*b),
        Expr::Number(n) => Value::Number(*n),
        Expr::Text(t) => Value::text(t),
        Expr::List(items) => Value::List(items.iter().map(|i| run(i, stack)).collect()),
        Expr::Variable(at) => stack.get(*at).cloned().unwrap_or(Value::Unknown("variable")),
        Expr::Field(of, record, index) => match run(of, stack) {
            Value::Item(item) => record.read(item, *index),
            other => other,
        },
        Expr::Has(field) => Value::Bool(!matches!(run(field, stack), Value::Unknown(_))),
        Expr::Not(a) => match run(a, stack) {
            Value::Bool(b) => Value::Bool(!b),
            other => other,
        },
        Expr::And(a, b) => connect(false, a, b, stack),
        Expr::Or(a, b) => connect(true, a, b, stack),
        Expr::If(parts) => choose(parts, stack),
        Expr::Compare(comparison, a, b) => compare(*comparison, run(a, stack), run(b, stack)),
        Expr::In(item, list) => contains(&run(item, stack), run(list, stack)),
        Expr::Size(of) => size(run(of, stack)),
        Expr::Test(test, a, b) => test_text(*test, run(a, stack), run(b, stack)),
        Expr::Lower(a) => match run(a, stack) {
            Value::Text(t) => Value::Text(Cow::Owned(t.to_ascii_lowercase())),
            other => other,
        },
        Expr::Join(a, b) => join(run(a, stack), run(b, stack)),
        Expr::Each(each, list, slot, body) => match run(list, stack) {
            Value::List(items) => each_of(*each, items, *slot, body, stack),
            other => other,
        },
    }
}

/// `&&` and `||`: the `decisive` value decides alone, whatever the other side is.
fn connect<'a>(decisive: bool, a: &'a Expr, b: &'a Expr, stack: &mut Vec<Value<'a>>) -> Value<'a> {
    match run(a, stack) {
        Value::Bool(left) if left == decisive => Value::Bool(decisive),
        Value::Bool(_) => run(b, stack),
        unknown => match run(b, stack) {
            Value::Bool(right) if right == decisive => Value::Bool(decisive),
            _ => unknown,
        },
    }
}

fn choose<'a>(parts: &'a (Expr, Expr, Expr), stack: &mut Vec<Value<'a>>) -> Value<'a> {
    match run(&parts.0, stack) {
        Value::Bool(true) => run(&parts.1, stack),
        Value::Bool(false) => run(&parts.2, stack),
        unknown => unknown,
    }
}

fn compare<'a>(comparison: Comparison, a: Value<'a>, b: Value<'a>) -> Value<'a> {
    match (a, b) {
        (unknown @ Value::Unknown(_), _) | (_, unknown @ Value::Unknown(_)) => unknown,
        (a, b) => Value::Bool(a.compare(&b).is_some_and(|order| comparison.holds(order))),
    }
}

fn contains<'a>(item: &Value<'a>, list: Value<'a>) -> Value<'a> {
    match (item, list) {
        (Value::Unknown(field), _) => Value::Unknown(field),
        (_, Value::List(items)) => {
            Value::Bool(items.iter().any(|i| item.compare(i).is_some_and(Ordering::is_eq)))
        }
        (_, other) => other,
    }
}

fn size(of: Value<'_>) -> Value<'_> {
    match of {
        Value::List(items) => Value::Number(items.len() as f64),
        Value::Text(text) => Value::Number(text.chars().count() as f64),
        other => other,
    }
}

fn test_text<'a>(test: TextTest, a: Value<'a>, b: Value<'a>) -> Value<'a> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Value::Bool(match test {
            TextTest::Contains => a.contains(b.as_ref()),
            TextTest::StartsWith => a.starts_with(b.as_ref()),
            TextTest::EndsWith => a.ends_with(b.as_ref()),
        }),
        (unknown @ Value::Unknown(_), _) | (_, unknown) => unknown,
    }
}

fn join<'a>(a: Value<'a>, b: Value<'a>) -> Value<'a> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Value::Text(Cow::Owned(format!("{a}{b}"))),
        (Value::List(mut a), Value::List(b)) => {
            a.extend(b);
            Value::List(a)
        }
        (unknown @ Value::Unknown(_), _) | (_, unknown) => unknown,
    }
}

fn each_of<'a>(
    each: Each,
    items: Vec<Value<'a>>,
    slot: usize,
    body: &'a Expr,
    stack: &mut Vec<Value<'a>>,
) -> Value<'a> {
    let mut kept = Vec::new();
    let mut unknown = None;
    for item in items {
        stack.truncate(slot);
        stack.push(item.clone());
        match (each, run(body, stack)) {
            (Each::Exists, Value::Bool(true)) => return leave(slot, stack, Value::Bool(true)),
            (Each::All, Value::Bool(false)) => return leave(slot, stack, Value::Bool(false)),
            (_, Value::Unknown(field)) => unknown = unknown.or(Some(field)),
            (Each::Filter, Value::Bool(true)) => kept.push(item),
            (Each::Map, value) => kept.push(value),
            _ => (),
        }
    }
    let value = match (unknown, each) {
        (Some(field), _) => Value::Unknown(field),
        (None, Each::Exists) => Value::Bool(false),
        (None, Each::All) => Value::Bool(true),
        (None, Each::Filter | Each::Map) => Value::List(kept),
    };
    leave(slot, stack, value)
}

fn leave<'a>(slot: usize, stack: &mut Vec<Value<'a>>, value: Value<'a>) -> Value<'a> {
    stack.truncate(slot);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unknown_decides_nothing_and_spoils_nothing() {
        // A variable beyond the stack is unknown.
        let unknown = || Box::new(Expr::Variable(9));
        let known = |b| Box::new(Expr::Bool(b));
        let shown = |expr: Expr| match run(&expr, &mut Vec::new()) {
            Value::Bool(b) => Some(b),
            _ => None,
        };
        assert_eq!(shown(Expr::And(unknown(), known(false))), Some(false));
        assert_eq!(shown(Expr::And(known(false), unknown())), Some(false));
        assert_eq!(shown(Expr::And(known(true), unknown())), None);
        assert_eq!(shown(Expr::Or(unknown(), known(true))), Some(true));
        assert_eq!(shown(Expr::Or(unknown(), known(false))), None);
        assert_eq!(shown(Expr::Not(unknown())), None);
        assert_eq!(shown(Expr::Has(unknown())), Some(false));
        assert_eq!(shown(Expr::Compare(Comparison::NotEqual, unknown(), Box::new(Expr::Number(1.0)))), None);
        let items = || Box::new(Expr::List(vec![Expr::Bool(true), Expr::Bool(false), Expr::Variable(9)]));
        let same = || Box::new(Expr::Variable(0));
        assert_eq!(shown(Expr::Each(Each::Exists, items(), 0, same())), Some(true));
        assert_eq!(shown(Expr::Each(Each::All, items(), 0, same())), Some(false));
        assert_eq!(
            shown(Expr::Each(Each::Exists, items(), 0, Box::new(Expr::And(same(), known(false))))),
            Some(false)
        );
        assert_eq!(
            shown(Expr::Each(Each::All, items(), 0, Box::new(Expr::Or(same(), known(true))))),
            Some(true)
        );
    }
}
