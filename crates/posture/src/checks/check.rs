//! A check as it is written, and as it is run: read from YAML, every expression checked, every mistake placed.

use super::example::Example;
use super::expression::Expr;
use super::schema::{Record, Scalar, Type};
use super::syntax::{self, Problem};
use super::template::Template;
use super::typecheck::{self, Scope};
use model::finding::{References, Severity};
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;

/// A mistake in a check's file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct LoadError {
    /// The file's name.
    pub file: String,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: u64,
    /// Column in characters, from 1; 0 when the whole line is meant.
    pub column: u64,
    /// One sentence.
    pub message: String,
}

/// How far a check is trusted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Maturity {
    /// An idea; loaded and tested, not run.
    Sandbox,
    /// Run; its wording or its condition may still change.
    Incubating,
    /// Run; proven on many captures.
    Stable,
    /// Kept so that old findings have an explanation; not run.
    Retired,
}

impl Maturity {
    /// Checks of this maturity are run.
    pub fn is_run(self) -> bool {
        matches!(self, Self::Incubating | Self::Stable)
    }
}

/// What a check is concerned with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// What is there.
    Inventory,
    /// Vulnerabilities and age.
    Vulnerabilities,
    /// Exposure and remote access.
    Exposure,
    /// Separation of levels.
    Segmentation,
    /// Insecure protocols and settings.
    Protocols,
    /// Engineering operations.
    Engineering,
    /// Accounts and rights.
    Access,
    /// Safety systems.
    Safety,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Subject {
    Asset,
    Conversation,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    #[default]
    Server,
    Client,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnePer {
    #[default]
    Pair,
    Asset,
}

/// The file, word for word.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckFile {
    id: Spanned<String>,
    title: String,
    maturity: Maturity,
    group: Group,
    #[serde(default)]
    starter: Option<String>,
    subject: Subject,
    #[serde(default)]
    about: End,
    #[serde(default)]
    one_per: OnePer,
    when: Spanned<String>,
    #[serde(default)]
    evidence: Option<EvidenceFile>,
    severity: Severity,
    #[serde(default)]
    parameters: BTreeMap<String, Spanned<Constant>>,
    detail: Spanned<String>,
    why: String,
    remedy: String,
    references: References,
    false_positives: String,
    examples: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EvidenceFile {
    from: Spanned<String>,
    #[serde(rename = "where")]
    condition: Spanned<String>,
}

/// The default of a parameter.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Constant {
    Bool(bool),
    Number(f64),
    Text(String),
    Numbers(Vec<f64>),
    Texts(Vec<String>),
}

impl Constant {
    fn into_expr(self) -> (Expr, Type) {
        match self {
            Self::Bool(b) => (Expr::Bool(b), Type::One(Scalar::Bool)),
            Self::Number(n) => (Expr::Number(n), Type::One(Scalar::Number)),
            Self::Text(t) => (Expr::Text(t), Type::One(Scalar::Text)),
            Self::Numbers(all) => {
                (Expr::List(all.into_iter().map(Expr::Number).collect()), Type::Many(Scalar::Number))
            }
            Self::Texts(all) => {
                (Expr::List(all.into_iter().map(Expr::Text).collect()), Type::Many(Scalar::Text))
            }
        }
    }
}

/// Which records of the subject a finding rests on. Without any, there is no finding.
#[derive(Clone, Debug)]
pub(super) struct EvidenceSource {
    pub(super) from: Expr,
    pub(super) condition: Expr,
}

/// A check that can be run.
#[derive(Clone, Debug)]
pub struct Check {
    /// Stable for ever; the file's name without its ending.
    pub id: String,
    /// What is wrong, one sentence without a full stop.
    pub title: String,
    /// How far it is trusted.
    pub maturity: Maturity,
    /// What it is concerned with.
    pub group: Group,
    /// The starter check it was made from.
    pub starter: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// What it means for the process.
    pub why: String,
    /// What to do, first what needs no outage.
    pub remedy: String,
    /// Where it stands in the standards.
    pub references: References,
    /// When it is wrong, and how one sees that.
    pub false_positives: String,
    /// Its tests.
    pub examples: Vec<Example>,
    pub(super) subject: Subject,
    pub(super) about: End,
    pub(super) one_per: OnePer,
    pub(super) when: Expr,
    pub(super) evidence: Option<EvidenceSource>,
    pub(super) detail: Template,
}

impl Check {
    /// Reads a file. `name` is the file's name, with or without folders.
    ///
    /// # Errors
    ///
    /// The text is no YAML, has an unknown or missing key, or an expression in it does not fit the schema.
    pub fn parse(name: &str, text: &str) -> Result<Self, LoadError> {
        let file: CheckFile = serde_saphyr::from_str(text).map_err(|e| yaml_error(name, &e))?;
        let fail = |at: &Spanned<String>, problem: Problem| place(name, text, at, problem);
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
        if stem != file.id.value {
            return Err(fail(&file.id, whole(format!("the id must be the file's name, '{stem}'"))));
        }
        let scope = scope(name, &file)?;
        let when = condition(&file.when.value, &scope).map_err(|p| fail(&file.when, p))?;
        let (evidence, found) = match &file.evidence {
            Some(e) => evidence(e, &scope, fail).map(|(source, found)| (Some(source), Some(found)))?,
            None => (None, None),
        };
        let holes = match found {
            Some(record) => scope.variable("found", Type::Many(Scalar::Record(record))),
            None => scope,
        };
        let detail = Template::parse(file.detail.value.trim(), &holes).map_err(|p| fail(&file.detail, p))?;
        Ok(Self {
            id: file.id.value,
            title: file.title,
            maturity: file.maturity,
            group: file.group,
            starter: file.starter,
            severity: file.severity,
            why: file.why.trim().to_owned(),
            remedy: file.remedy.trim().to_owned(),
            references: file.references,
            false_positives: file.false_positives.trim().to_owned(),
            examples: file.examples,
            subject: file.subject,
            about: file.about,
            one_per: file.one_per,
            when,
            evidence,
            detail,
        })
    }
}

/// The names that the expressions of a check may use.
fn scope(name: &str, file: &CheckFile) -> Result<Scope, LoadError> {
    let record = |r| Type::One(Scalar::Record(r));
    let mut scope = match file.subject {
        Subject::Asset => Scope::default().variable("asset", record(Record::Asset)),
        Subject::Conversation => Scope::default()
            .variable("conversation", record(Record::Conversation))
            .variable("client", record(Record::Asset))
            .variable("server", record(Record::Asset)),
    };
    for (parameter, constant) in &file.parameters {
        if scope.knows(parameter) || parameter == "found" || Record::ALL.iter().any(|r| r.name() == parameter)
        {
            let (line, column) = (constant.referenced.line(), constant.referenced.column());
            let message = format!("the parameter '{parameter}' needs another name: this one has a meaning");
            return Err(LoadError { file: name.to_owned(), line, column, message });
        }
        let (expr, holds) = constant.value.clone().into_expr();
        scope = scope.constant(parameter, expr, holds);
    }
    Ok(scope)
}

fn condition(source: &str, scope: &Scope) -> Result<Expr, Problem> {
    typecheck::condition(&syntax::parse(source)?, scope)
}

fn evidence(
    file: &EvidenceFile,
    scope: &Scope,
    fail: impl Fn(&Spanned<String>, Problem) -> LoadError,
) -> Result<(EvidenceSource, Record), LoadError> {
    let from = syntax::parse(&file.from.value).and_then(|node| typecheck::check(&node, scope));
    let (from, holds) = from.map_err(|p| fail(&file.from, p))?;
    let Some(record) = typecheck::records(holds) else {
        return Err(fail(
            &file.from,
            whole(format!("evidence comes from a list of records, not from {holds}")),
        ));
    };
    let inner = scope.clone().variable(record.name(), Type::One(Scalar::Record(record)));
    let condition = condition(&file.condition.value, &inner).map_err(|p| fail(&file.condition, p))?;
    Ok((EvidenceSource { from, condition }, record))
}

fn whole(message: String) -> Problem {
    Problem { at: 0, message }
}

fn yaml_error(name: &str, error: &serde_saphyr::Error) -> LoadError {
    let (line, column) = error.location().map_or((0, 0), |l| (l.line(), l.column()));
    let message = error.without_snippet().to_string().replace('\n', " ");
    LoadError { file: name.to_owned(), line, column, message }
}

/// Finds the place in the file of a problem in one of its texts.
fn place(name: &str, text: &str, at: &Spanned<String>, problem: Problem) -> LoadError {
    let start = at.referenced.span().byte_offset().and_then(|b| usize::try_from(b).ok()).unwrap_or(0);
    let ink = at.value.chars().take(problem.at).filter(|c| !c.is_whitespace()).count();
    let end = start + offset(text.get(start..).unwrap_or_default(), ink);
    let before = text.get(..end).unwrap_or_default();
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
    LoadError { file: name.to_owned(), line, column, message: problem.message }
}

/// Bytes to the character after `ink` visible ones. YAML folds lines but keeps every visible character, so counting those
/// finds the place in a plain, a quoted and a block scalar alike.
fn offset(scalar: &str, ink: usize) -> usize {
    let head = match scalar.chars().next() {
        Some('>' | '|') => scalar.find('\n').map_or(0, |n| n + 1),
        Some('"' | '\'') => 1,
        _ => 0,
    };
    let escapes = scalar.starts_with('"');
    let body = scalar.get(head..).unwrap_or_default();
    let hidden = |c: char| c.is_whitespace() || escapes && c == '\\';
    let visible = body.char_indices().filter(|(_, c)| !hidden(*c));
    head + visible.map(|(i, _)| i).nth(ink).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"id: a-check
title: A check
maturity: stable
group: protocols
subject: asset
parameters:
  most: 3
  kinds: [write, command]
when: >-
  asset.controller
  && size(asset.writers) > most
evidence:
  from: asset.operations_received
  where: "operation.class in kinds && operation.name != \"x\""
severity: low
detail: "{asset.name}: {found.map(o, o.name)}"
why: w
remedy: r
references: { iec62443_3_3: [SR 2.1], nist_800_53: [], attack_ics: [T0855] }
false_positives: none
examples: []
"#;

    #[test]
    fn mistakes_are_placed_in_the_file() {
        Check::parse("folder/a-check.yaml", GOOD).unwrap();
        for (from, to, line, column, said) in [
            ("size(asset.writers)", "size(asset.wirters)", 11, 16, "did you mean 'writers'?"),
            ("asset.controller", "aset.controller", 10, 3, "did you mean 'asset'?"),
            ("> most", "> mots", 11, 28, "did you mean 'most'?"),
            ("!= \\\"x\\\"", "!= 3", 14, 54, "a text cannot be compared with a number"),
            ("asset.operations_received", "asset.name", 13, 9, "evidence comes from a list of records"),
            ("[write, command]", "[write, comand]", 14, 30, "did you mean 'command'?"),
            ("{asset.name}", "{asset.nam}", 16, 16, "did you mean 'name'?"),
            ("severity: low", "severity: lwo", 15, 11, "lwo"),
            ("title: A check", "titel: A check", 2, 1, "titel"),
            ("id: a-check", "id: b-check", 1, 5, "must be the file's name, 'a-check'"),
            ("most: 3", "asset: 3", 7, 10, "needs another name"),
            ("subject: asset", "subject: [", 5, 10, ""),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            let mistake = Check::parse("a-check.yaml", &text).unwrap_err();
            assert!(mistake.message.contains(said), "{to}: {mistake}");
            assert_eq!(mistake.line, line, "{to}: {mistake}");
            assert!(column == 0 || mistake.column == column, "{to}: {mistake}");
        }
    }
}
