//! The one place that knows the CEL crate: text in, a small syntax tree out.
//!
//! Macros are not expanded, so `exists`, `all`, `filter` and `map` arrive as the calls they were written as. Conditions are
//! run by [`super::expression`], not by the crate's interpreter: a checked condition cannot fail, an unknown fact is a value
//! of its own there, and a run takes tens of nanoseconds instead of microseconds.

use cel::Env;
use cel::common::ast::{Expr, IdedExpr, LiteralValue, SourceInfo};

/// Deepest nesting of brackets and choices; more is refused when the check is loaded. The parser recurses about a dozen
/// frames for each level, and its own limit acts too late for a small stack.
const DEPTH_MAX: usize = 12;

/// Deepest syntax tree: chains such as `a + a + a` nest without any bracket.
const TREE_MAX: usize = 64;

/// Longest text of one condition in bytes.
const SOURCE_BYTES_MAX: usize = 4096;

/// A piece of syntax and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// What it is.
    pub(super) kind: Kind,
    /// Characters before it in its source.
    pub(super) at: usize,
}

/// Kinds of syntax that a condition may use.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// `true`, `false`
    Bool(bool),
    /// `3`, `3.5`
    Number(f64),
    /// `"plc"`
    Text(String),
    /// `asset`
    Name(String),
    /// `asset.role`
    Field(Box<Node>, String),
    /// `f(a, b)`, `a.f(b)` and every operator, under CEL's own name for it.
    Call(Option<Box<Node>>, String, Vec<Node>),
    /// `[a, b]`
    List(Vec<Node>),
}

/// Something wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Characters before it in its source.
    pub(super) at: usize,
    /// One sentence.
    pub(super) message: String,
}

impl Problem {
    /// A problem at a node.
    pub(super) fn at(node: &Node, message: impl Into<String>) -> Self {
        Self { at: node.at, message: message.into() }
    }
}

/// Reads one expression.
///
/// # Errors
///
/// The text is no CEL, is too long or nested too deeply, or uses a part of CEL that conditions do not have.
pub(super) fn parse(source: &str) -> Result<Node, Problem> {
    if source.len() > SOURCE_BYTES_MAX {
        return Err(Problem { at: 0, message: format!("longer than {SOURCE_BYTES_MAX} bytes") });
    }
    if depth(source) > DEPTH_MAX {
        return Err(Problem { at: 0, message: format!("nested deeper than {DEPTH_MAX} levels") });
    }
    let parser = Env::default().with_optional_support(false).parser();
    let (tree, info) = parser.parse_with_source_info(source).map_err(|e| syntax_problem(source, &e))?;
    lower(&tree, &info, TREE_MAX)
}

/// Deepest bracket, plus every choice (`?` nests to the right). Brackets inside of texts count too: a harmless overestimate.
fn depth(source: &str) -> usize {
    let (mut now, mut deepest, mut choices) = (0_usize, 0, 0);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => now += 1,
            b')' | b']' | b'}' => now = now.saturating_sub(1),
            b'?' => choices += 1,
            _ => (),
        }
        deepest = deepest.max(now);
    }
    deepest + choices
}

fn syntax_problem(source: &str, errors: &cel::ParseErrors) -> Problem {
    let Some(first) = errors.errors.first() else {
        return Problem { at: 0, message: "not an expression".to_owned() };
    };
    let (line, column) = (first.pos.0.max(1).unsigned_abs(), first.pos.1.max(1).unsigned_abs());
    let before: usize = source.split_inclusive('\n').take(line - 1).map(|l| l.chars().count()).sum();
    Problem { at: before + column - 1, message: plain(&first.msg) }
}

/// The parser lists every token it would have taken; people need the first half of the sentence.
fn plain(message: &str) -> String {
    let head = message.split(" expecting ").next().unwrap_or(message).trim();
    if head.contains("token recognition error") {
        format!("{head} (equality is written '==')")
    } else {
        head.to_owned()
    }
}

fn lower(tree: &IdedExpr, info: &SourceInfo, room: usize) -> Result<Node, Problem> {
    let at = info.offset_for(tree.id).map_or(0, |(start, _)| start as usize);
    let Some(room) = room.checked_sub(1) else {
        return Err(Problem { at, message: format!("nested deeper than {TREE_MAX} steps") });
    };
    let refuse = |what: &str| Err(Problem { at, message: format!("{what} cannot be used in a check") });
    let kind = match &tree.expr {
        Expr::Literal(literal) => match literal {
            LiteralValue::Boolean(b) => Kind::Bool(*b.inner()),
            LiteralValue::Double(n) => Kind::Number(*n.inner()),
            LiteralValue::Int(n) => Kind::Number(*n.inner() as f64),
            LiteralValue::UInt(n) => Kind::Number(*n.inner() as f64),
            LiteralValue::String(s) => Kind::Text(s.inner().to_owned()),
            LiteralValue::Null => return refuse("null (ask with has(...) whether a field is known)"),
            LiteralValue::Bytes(_) => return refuse("bytes"),
        },
        Expr::Ident(name) => Kind::Name(name.clone()),
        Expr::Select(select) => {
            Kind::Field(Box::new(lower(&select.operand, info, room)?), select.field.clone())
        }
        Expr::Call(call) => {
            let target = call.target.as_deref().map(|t| lower(t, info, room)).transpose()?.map(Box::new);
            Kind::Call(target, call.func_name.clone(), lower_all(&call.args, info, room)?)
        }
        Expr::List(list) => Kind::List(lower_all(&list.elements, info, room)?),
        Expr::Map(_) | Expr::Struct(_) => return refuse("a map"),
        Expr::Comprehension(_) | Expr::Unspecified => return refuse("this"),
    };
    Ok(Node { kind, at })
}

fn lower_all(trees: &[IdedExpr], info: &SourceInfo, room: usize) -> Result<Vec<Node>, Problem> {
    trees.iter().map(|t| lower(t, info, room)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_says_where_it_stopped() {
        let node = parse("asset.role == \"plc\" && has(asset.level)").unwrap();
        assert!(matches!(node.kind, Kind::Call(None, ref f, _) if f == "_&&_"));
        for (bad, at) in
            [("asset.level <= ", 15), ("asset.level = 2", 12), ("a && null == b", 5), ("{'a': 1}", 0)]
        {
            let problem = parse(bad).unwrap_err();
            assert_eq!(problem.at, at, "{bad}: {}", problem.message);
        }
        assert!(parse(&"(".repeat(5000)).is_err());
        assert!(parse(&format!("{}1{}", "(".repeat(DEPTH_MAX), ")".repeat(DEPTH_MAX))).is_ok());
        for deep in ["(", "[", "!(", "true ? 1 : "] {
            assert!(parse(&deep.repeat(900)).is_err());
        }
        assert!(parse(&format!("{}true", "!".repeat(4000))).is_ok());
        assert!(parse(&vec!["a"; 800].join(" && ")).is_ok());
        for chain in [".", " + "] {
            assert!(parse(&vec!["a"; 800].join(chain)).unwrap_err().message.contains("nested"));
        }
    }

    /// Our evaluation of what CEL defines must be CEL's.
    #[test]
    fn agrees_with_the_interpreter_of_the_crate() {
        use super::super::expression::{Value, run};
        use super::super::typecheck::{Scope, condition};
        for source in [
            "1 < 2 && 2.0 <= 2 && 3 != 3.5 && !(4 > 4) && -1 < 0",
            "\"a\" < \"b\" && \"plc\" == 'plc' && \"B\" < \"a\"",
            "3 in [1, 2.5, 3.0] && !(\"x\" in [\"y\"]) && !(1 in [])",
            "[1, 2, 3].exists(x, x > 2) && ![1, 2].exists(x, x > 2)",
            "[1, 2, 3].all(x, x > 0) && ![1, 2].all(x, x > 1)",
            "size([1, 2, 3].filter(x, x >= 2)) == 2 && size([4].map(x, x)) == 1",
            "\"modbus\".contains(\"dbu\") && \"a.exe\".endsWith(\".exe\") && !\"ab\".startsWith(\"b\")",
            "size(\"Müller\") == 6 && size(\"a\" + \"b\") == 2 && size([1] + [2]) == 2",
            "true ? false : true",
            "[[1, 2].exists(x, x == 2), false].exists(y, y)",
            "false && true || true",
            "!!true == true",
        ] {
            let checked = condition(&parse(source).unwrap(), &Scope::default()).unwrap();
            let ours = run(&checked, &mut Vec::new());
            let theirs = cel::Program::compile(source).unwrap().execute(&cel::Context::default()).unwrap();
            assert!(
                matches!((&ours, &theirs), (Value::Bool(a), cel::Value::Bool(b)) if a == b),
                "{source}: {ours:?} {theirs:?}"
            );
        }
    }
}
