//! The checker: names become places, types are proven, and what does not fit is an error where it stands.
//!
//! After it nothing can go wrong at run time: every operator gets what it takes, every field exists.

use super::expression::{Comparison, Each, Expr, TextTest};
use super::schema::{Record, Scalar, Type, Words, nearest};
use super::syntax::{Kind, Node, Problem};

/// A checked expression with its type.
type Checked = Result<(Expr, Type), Problem>;

/// A name that a condition may use.
#[derive(Clone, Debug)]
enum Meaning {
    /// A variable; its place on the stack is its place among the variables.
    Variable(Type),
    /// A parameter, put in as the constant it is.
    Constant(Expr, Type),
}

/// The names in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    names: Vec<(String, Meaning)>,
}

impl Scope {
    /// Adds the next variable on the stack.
    pub(super) fn variable(mut self, name: &str, holds: Type) -> Self {
        self.names.push((name.to_owned(), Meaning::Variable(holds)));
        self
    }

    /// Adds a constant.
    pub(super) fn constant(mut self, name: &str, value: Expr, holds: Type) -> Self {
        self.names.push((name.to_owned(), Meaning::Constant(value, holds)));
        self
    }

    /// The name is taken.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.names.iter().any(|(n, _)| n == name)
    }

    fn variables(&self) -> usize {
        self.names.iter().filter(|(_, m)| matches!(m, Meaning::Variable(_))).count()
    }

    fn resolve(&self, node: &Node, name: &str) -> Checked {
        let mut slot = 0;
        for (known, meaning) in &self.names {
            match meaning {
                Meaning::Variable(holds) if known == name => return Ok((Expr::Variable(slot), *holds)),
                Meaning::Constant(value, holds) if known == name => return Ok((value.clone(), *holds)),
                Meaning::Variable(_) => slot += 1,
                Meaning::Constant(..) => (),
            }
        }
        Err(Problem::at(node, unknown("name", name, self.names.iter().map(|(n, _)| n.as_str()))))
    }
}

/// Checks an expression that must be a yes or no.
///
/// # Errors
///
/// A name or field is unknown, or a type does not fit.
pub(super) fn condition(node: &Node, scope: &Scope) -> Result<Expr, Problem> {
    let (expr, holds) = check(node, scope)?;
    if holds == Type::One(Scalar::Bool) {
        Ok(expr)
    } else {
        Err(mismatch(node, "a condition", "bool", holds))
    }
}

/// Checks any expression.
///
/// # Errors
///
/// A name or field is unknown, or a type does not fit.
pub(super) fn check(node: &Node, scope: &Scope) -> Checked {
    match &node.kind {
        Kind::Bool(b) => Ok((Expr::Bool(*b), Type::One(Scalar::Bool))),
        Kind::Number(n) => Ok((Expr::Number(*n), Type::One(Scalar::Number))),
        Kind::Text(t) => Ok((Expr::Text(t.clone()), Type::One(Scalar::Text))),
        Kind::Name(name) => scope.resolve(node, name),
        Kind::List(items) => list(items, scope),
        Kind::Field(of, name) => {
            let (expr, _, holds) = field(node, of, name, scope)?;
            Ok((expr, holds))
        }
        Kind::Call(None, function, args) => match args.as_slice() {
            [a] => unary(node, function, a, scope),
            [a, b] => binary(node, function, a, b, scope),
            [a, b, c] if function == "_?_:_" => choice(a, b, c, scope),
            _ => Err(no_function(node, function)),
        },
        Kind::Call(Some(of), function, args) => method(node, of, function, args, scope),
    }
}

/// A field of a record: the expression, whether it is optional, and its type.
fn field(node: &Node, of: &Node, name: &str, scope: &Scope) -> Result<(Expr, bool, Type), Problem> {
    let (expr, holds) = check(of, scope)?;
    let Type::One(Scalar::Record(record)) = holds else {
        return Err(Problem::at(node, format!("a {holds} has no field '{name}'")));
    };
    let fields = record.fields();
    let Some((index, info)) = fields.iter().enumerate().find(|(_, f)| f.name == name) else {
        let what = format!("field of {}", record.name());
        return Err(Problem::at(node, unknown(&what, name, fields.iter().map(|f| f.name))));
    };
    Ok((Expr::Field(Box::new(expr), record, index), info.optional, info.holds))
}

fn list(items: &[Node], scope: &Scope) -> Checked {
    let mut exprs = Vec::new();
    let mut holds = Type::Empty;
    for item in items {
        let (expr, found) = check(item, scope)?;
        let Type::One(scalar) = found else {
            return Err(Problem::at(item, "a list of lists does not exist"));
        };
        holds = match holds {
            Type::Many(known) => Type::Many(
                common(known, scalar)
                    .ok_or_else(|| Problem::at(item, format!("a list of {known} cannot hold a {scalar}")))?,
            ),
            _ => Type::Many(scalar),
        };
        exprs.push(expr);
    }
    Ok((Expr::List(exprs), holds))
}

fn unary(node: &Node, function: &str, a: &Node, scope: &Scope) -> Checked {
    match function {
        "!_" => Ok((Expr::Not(Box::new(condition(a, scope)?)), Type::One(Scalar::Bool))),
        "-_" => match check(a, scope)? {
            (Expr::Number(n), holds) => Ok((Expr::Number(-n), holds)),
            _ => Err(Problem::at(node, "only a number that is written out can be negative")),
        },
        "has" => has(a, scope),
        "size" => size(a, scope),
        _ => Err(no_function(node, function)),
    }
}

fn has(a: &Node, scope: &Scope) -> Checked {
    let Kind::Field(of, name) = &a.kind else {
        return Err(Problem::at(a, "has(...) asks about a field, as in has(asset.level)"));
    };
    match field(a, of, name, scope)? {
        (expr, true, _) => Ok((Expr::Has(Box::new(expr)), Type::One(Scalar::Bool))),
        (_, false, _) => {
            Err(Problem::at(a, format!("'{name}' is always known; ask for its value or size(...)")))
        }
    }
}

fn size(a: &Node, scope: &Scope) -> Checked {
    match check(a, scope)? {
        (expr, Type::Many(_) | Type::Empty | Type::One(Scalar::Text | Scalar::Word(_))) => {
            Ok((Expr::Size(Box::new(expr)), Type::One(Scalar::Number)))
        }
        (_, holds) => Err(mismatch(a, "size(...)", "list or text", holds)),
    }
}

fn binary(node: &Node, function: &str, a: &Node, b: &Node, scope: &Scope) -> Checked {
    let bool = Type::One(Scalar::Bool);
    let both = || Ok((Box::new(condition(a, scope)?), Box::new(condition(b, scope)?)));
    let comparison = match function {
        "_&&_" => return both().map(|(a, b)| (Expr::And(a, b), bool)),
        "_||_" => return both().map(|(a, b)| (Expr::Or(a, b), bool)),
        "@in" => return contained(node, a, b, scope),
        "_+_" => return joined(node, a, b, scope),
        "_==_" => Comparison::Equal,
        "_!=_" => Comparison::NotEqual,
        "_<_" => Comparison::Less,
        "_<=_" => Comparison::LessOrEqual,
        "_>_" => Comparison::Greater,
        "_>=_" => Comparison::GreaterOrEqual,
        _ => return Err(no_function(node, function)),
    };
    compared(node, comparison, a, b, scope)
}

fn compared(node: &Node, comparison: Comparison, a: &Node, b: &Node, scope: &Scope) -> Checked {
    let ((left, l), (right, r)) = (check(a, scope)?, check(b, scope)?);
    let (Type::One(x), Type::One(y)) = (l, r) else {
        return Err(Problem::at(
            node,
            format!("a {l} cannot be compared with a {r}; use 'in' or exists(...)"),
        ));
    };
    if common(x, y).is_none() || matches!(x, Scalar::Record(_)) {
        return Err(Problem::at(node, format!("a {x} cannot be compared with a {y}")));
    }
    let order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    if order && matches!((x, y), (Scalar::Word(_) | Scalar::Bool, _) | (_, Scalar::Word(_) | Scalar::Bool)) {
        return Err(Problem::at(node, format!("a {x} has no order; compare with == or !=")));
    }
    spelled(x, &right, b)?;
    spelled(y, &left, a)?;
    Ok((Expr::Compare(comparison, Box::new(left), Box::new(right)), Type::One(Scalar::Bool)))
}

fn contained(node: &Node, a: &Node, b: &Node, scope: &Scope) -> Checked {
    let ((item, x), (items, y)) = (check(a, scope)?, check(b, scope)?);
    match (x, y) {
        (Type::One(x), Type::Many(y)) if common(x, y).is_some() && !matches!(x, Scalar::Record(_)) => {
            spelled(x, &items, b)?;
            spelled(y, &item, a)?;
        }
        (Type::One(_), Type::Empty) => (),
        _ => {
            return Err(Problem::at(
                node,
                format!("'in' wants a value and a list of such values, not {x} in {y}"),
            ));
        }
    }
    Ok((Expr::In(Box::new(item), Box::new(items)), Type::One(Scalar::Bool)))
}

fn joined(node: &Node, a: &Node, b: &Node, scope: &Scope) -> Checked {
    let ((left, l), (right, r)) = (check(a, scope)?, check(b, scope)?);
    let text = |t| matches!(t, Type::One(Scalar::Text | Scalar::Word(_)));
    let holds = if text(l) && text(r) {
        Some(Type::One(Scalar::Text))
    } else if matches!(l, Type::Many(_) | Type::Empty) {
        unify(l, r)
    } else {
        None
    };
    let holds = holds
        .ok_or_else(|| Problem::at(node, format!("'+' joins two texts or two lists, not {l} and {r}")))?;
    Ok((Expr::Join(Box::new(left), Box::new(right)), holds))
}

fn choice(a: &Node, b: &Node, c: &Node, scope: &Scope) -> Checked {
    let decision = condition(a, scope)?;
    let ((yes, y), (no, n)) = (check(b, scope)?, check(c, scope)?);
    let holds = unify(y, n).ok_or_else(|| mismatch(c, "the other choice", &y.to_string(), n))?;
    Ok((Expr::If(Box::new((decision, yes, no))), holds))
}

fn method(node: &Node, of: &Node, function: &str, args: &[Node], scope: &Scope) -> Checked {
    match (function, args) {
        ("exists", [x, body]) => each(Each::Exists, of, x, body, scope),
        ("all", [x, body]) => each(Each::All, of, x, body, scope),
        ("filter", [x, body]) => each(Each::Filter, of, x, body, scope),
        ("map", [x, body]) => each(Each::Map, of, x, body, scope),
        ("size", []) => size(of, scope),
        ("lowerAscii", []) => {
            Ok((Expr::Lower(Box::new(text(of, function, scope)?)), Type::One(Scalar::Text)))
        }
        ("contains", [what]) => tested(TextTest::Contains, of, function, what, scope),
        ("startsWith", [what]) => tested(TextTest::StartsWith, of, function, what, scope),
        ("endsWith", [what]) => tested(TextTest::EndsWith, of, function, what, scope),
        _ => Err(no_function(node, function)),
    }
}

fn tested(test: TextTest, of: &Node, function: &str, what: &Node, scope: &Scope) -> Checked {
    let (a, b) = (text(of, function, scope)?, text(what, function, scope)?);
    Ok((Expr::Test(test, Box::new(a), Box::new(b)), Type::One(Scalar::Bool)))
}

fn text(node: &Node, function: &str, scope: &Scope) -> Result<Expr, Problem> {
    match check(node, scope)? {
        (expr, Type::One(Scalar::Text | Scalar::Word(_))) => Ok(expr),
        (_, holds) => Err(mismatch(node, &format!("{function}(...)"), "text", holds)),
    }
}

fn each(each: Each, of: &Node, variable: &Node, body: &Node, scope: &Scope) -> Checked {
    let (items, holds) = check(of, scope)?;
    let Type::Many(element) = holds else { return Err(mismatch(of, "this", "list", holds)) };
    let Kind::Name(name) = &variable.kind else {
        return Err(Problem::at(
            variable,
            "the first argument names the element, as in exists(s, s.encrypted)",
        ));
    };
    if scope.knows(name) {
        return Err(Problem::at(
            variable,
            format!("'{name}' already has a meaning here; choose another name"),
        ));
    }
    let slot = scope.variables();
    let inner = scope.clone().variable(name, Type::One(element));
    let (expr, found) = check(body, &inner)?;
    let result = match (each, found) {
        (Each::Map, Type::One(scalar)) => Type::Many(scalar),
        (Each::Map, _) => return Err(Problem::at(body, "a list of lists does not exist")),
        (Each::Filter, Type::One(Scalar::Bool)) => holds,
        (_, Type::One(Scalar::Bool)) => Type::One(Scalar::Bool),
        (_, other) => return Err(mismatch(body, "a condition", "bool", other)),
    };
    Ok((Expr::Each(each, Box::new(items), slot, Box::new(expr)), result))
}

/// A type that both fit; a word is a text, and text may turn out to be a word.
fn common(a: Scalar, b: Scalar) -> Option<Scalar> {
    match (a, b) {
        _ if a == b => Some(a),
        (Scalar::Text, Scalar::Word(_)) | (Scalar::Word(_), Scalar::Text) => Some(Scalar::Text),
        _ => None,
    }
}

fn unify(a: Type, b: Type) -> Option<Type> {
    match (a, b) {
        (Type::One(a), Type::One(b)) => common(a, b).map(Type::One),
        (Type::Many(a), Type::Many(b)) => common(a, b).map(Type::Many),
        (Type::Empty, list @ (Type::Many(_) | Type::Empty)) | (list @ Type::Many(_), Type::Empty) => {
            Some(list)
        }
        _ => None,
    }
}

/// Text that is written out must be one of the words it is compared with.
fn spelled(scalar: Scalar, written: &Expr, node: &Node) -> Result<(), Problem> {
    let Scalar::Word(words) = scalar else { return Ok(()) };
    match written {
        Expr::Text(text) => word(words, text, node),
        Expr::List(items) => items.iter().enumerate().try_for_each(|(i, item)| {
            let place = if let Kind::List(nodes) = &node.kind { nodes.get(i).unwrap_or(node) } else { node };
            spelled(scalar, item, place)
        }),
        _ => Ok(()),
    }
}

fn word(words: Words, text: &str, node: &Node) -> Result<(), Problem> {
    let all = words.all();
    if all.contains(&text) { Ok(()) } else { Err(Problem::at(node, unknown(words.name(), text, all))) }
}

fn unknown<'n>(what: &str, name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    match nearest(name, known) {
        Some(close) => format!("unknown {what} '{name}'; did you mean '{close}'?"),
        None => format!("unknown {what} '{name}'"),
    }
}

fn mismatch(node: &Node, what: &str, wanted: &str, found: Type) -> Problem {
    Problem::at(node, format!("{what} must be {wanted}, not {found}"))
}

fn no_function(node: &Node, function: &str) -> Problem {
    const FUNCTIONS: [&str; 10] =
        ["has", "size", "exists", "all", "filter", "map", "contains", "startsWith", "endsWith", "lowerAscii"];
    let operator = function.contains('_') || function.starts_with('@');
    if operator && nearest(function, FUNCTIONS).is_none() {
        let sign = function.trim_matches(|c| c == '_' || c == '@');
        return Problem::at(node, format!("the operator '{sign}' cannot be used in a check"));
    }
    let wrong_use = FUNCTIONS.contains(&function);
    let said = if wrong_use {
        format!("'{function}' is not used like this")
    } else {
        unknown("function", function, FUNCTIONS)
    };
    Problem::at(node, said)
}

/// The kind of record that a list holds, when it holds records.
pub(super) fn records(holds: Type) -> Option<Record> {
    match holds {
        Type::Many(Scalar::Record(record)) => Some(record),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::syntax::parse;
    use super::*;

    fn scope() -> Scope {
        Scope::default()
            .variable("asset", Type::One(Scalar::Record(Record::Asset)))
            .constant("most", Expr::Number(3.0), Type::One(Scalar::Number))
            .constant("kinds", Expr::List(vec![Expr::Text("writ".into())]), Type::Many(Scalar::Text))
    }

    fn complaint(source: &str) -> (usize, String) {
        let problem = condition(&parse(source).unwrap(), &scope()).unwrap_err();
        (problem.at, problem.message)
    }

    #[test]
    fn what_fits_is_taken() {
        for good in [
            "asset.role == \"plc\" && asset.level <= 2",
            "has(asset.level) ? asset.level < 3.5 : false",
            "asset.services.exists(s, s.protocol in [\"telnet\", \"ftp\"] && !s.encrypted)",
            "size(asset.operations_received.filter(o, o.class == \"write\")) > most",
            "asset.values.security_policy.exists(v, v.lowerAscii().endsWith(\"none\"))",
            "asset.name + \"x\" != \"\" && size(asset.ips + asset.macs) > -1",
            "asset.role in []",
        ] {
            condition(&parse(good).unwrap(), &scope()).unwrap_or_else(|p| panic!("{good}: {}", p.message));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_where_it_stands() {
        for (bad, at, said) in [
            ("asset.levle <= 2", 5, "did you mean 'level'?"),
            ("asset.controller && aset.controller", 20, "did you mean 'asset'?"),
            ("asset.level <= \"two\"", 12, "a number cannot be compared with a text"),
            ("asset.role == \"enginering_workstation\"", 14, "did you mean 'engineering_workstation'?"),
            ("asset.role in [\"plc\", \"rtv\"]", 22, "did you mean 'rtu'?"),
            ("asset.operations_received.exists(o, o.class in kinds)", 47, "did you mean 'write'?"),
            ("asset.role > \"plc\"", 11, "has no order"),
            ("asset.name.beginsWith(\"x\")", 21, "unknown function 'beginsWith'"),
            ("asset.name.startWith(\"x\")", 20, "did you mean 'startsWith'?"),
            ("asset.name", 5, "must be bool, not text"),
            ("asset.services == asset.services", 15, "cannot be compared"),
            ("has(asset.name)", 9, "always known"),
            ("asset.services.exists(asset, true)", 22, "already has a meaning"),
            ("size(asset.level) > 1", 10, "list or text"),
            ("most * 2 > 3", 5, "operator '*' cannot be used"),
            ("asset.values.firmwear.exists(v, true)", 12, "did you mean 'firmware'?"),
            ("asset.services.exists(s, s.port == 23, 1)", 21, "not used like this"),
        ] {
            let (place, message) = complaint(bad);
            assert!(message.contains(said), "{bad}: {message}");
            assert_eq!(place, at, "{bad}: {message}");
        }
    }
}
