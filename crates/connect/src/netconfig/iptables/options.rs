//! Words and options of a rule, as iptables-save quotes them.

/// A word; one in quotes is never an option.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) quoted: bool,
}

/// An option with its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Opt {
    /// `!` stood before it.
    pub(super) negated: bool,
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
}

impl Opt {
    /// The first argument.
    pub(super) fn value(&self) -> &str {
        self.arguments.first().map_or("", String::as_str)
    }
}

/// `-A CHAIN` and what follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Appended {
    pub(super) chain: String,
    pub(super) options: Vec<Opt>,
}

/// Divides a line at blanks, quotes respected.
///
/// # Errors
/// The column at which a quote begins that does not end.
pub(super) fn tokens(line: &str) -> Result<Vec<Token>, u32> {
    let mut tokens = Vec::new();
    let mut chars = line.chars().zip(1u32..).peekable();
    while let Some(&(first, column)) = chars.peek() {
        if first.is_whitespace() {
            chars.next();
            continue;
        }
        let mut token = Token { text: String::new(), quoted: false };
        let mut inside = None;
        while let Some(&(c, at)) = chars.peek() {
            match (c, inside) {
                ('"', None) => (inside, token.quoted) = (Some(at), true),
                ('"', Some(_)) => inside = None,
                ('\\', Some(_)) => {
                    chars.next();
                    token.text.extend(chars.peek().map(|(c, _)| *c));
                }
                (c, None) if c.is_whitespace() => break,
                (c, _) => token.text.push(c),
            }
            chars.next();
        }
        if inside.is_some() {
            return Err(inside.unwrap_or(column));
        }
        tokens.push(token);
    }
    Ok(tokens)
}

/// Options of a rule that is appended; `None` when the line is no such rule. Counters in front (`-c`) are passed over.
pub(super) fn appended(tokens: Vec<Token>) -> Option<Appended> {
    let mut tokens = tokens.into_iter().skip_while(|t| t.text.starts_with('[')).peekable();
    tokens.next().filter(|t| t.text == "-A" || t.text == "--append")?;
    let chain = tokens.next()?.text;
    let mut options: Vec<Opt> = Vec::new();
    let mut negated = false;
    for token in tokens {
        if !token.quoted && token.text == "!" {
            negated = true;
        } else if !token.quoted && token.text.starts_with('-') && token.text.len() > 1 {
            options.push(Opt { negated, name: token.text, arguments: Vec::new() });
            negated = false;
        } else {
            let last = options.last_mut()?;
            // The old way to negate: `-s ! ADDRESS`.
            last.negated |= std::mem::take(&mut negated);
            last.arguments.push(token.text);
        }
    }
    Some(Appended { chain, options })
}
