//! Query strings, taken apart: form encoding undone, nothing believed.

use crate::error::Problem;

/// Longest query string in bytes: a longer one is a mistake or an attack.
const QUERY_BYTES_MAX: usize = 8192;

pub(crate) type Pairs = Vec<(String, String)>;

/// The decoded pairs of a query string.
pub(crate) fn pairs(query: &str) -> Result<Pairs, Problem> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(Problem::bad_value(format!("The query is longer than {QUERY_BYTES_MAX} bytes.")));
    }
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Undoes form encoding: `+` and `%XX`, which must give UTF-8.
fn decode(text: &str) -> Result<String, Problem> {
    let broken = || Problem::bad_value("The query has a broken percent sign or is not UTF-8.");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next().ok_or_else(broken)?, rest.next().ok_or_else(broken)?];
                let pair = std::str::from_utf8(&pair).map_err(|_| broken())?;
                let [byte] = *crate::hex::decode(pair).ok_or_else(broken)? else { return Err(broken()) };
                byte
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

/// The value of a parameter that may come once.
pub(crate) fn single<'a>(pairs: &'a Pairs, name: &str) -> Result<Option<&'a str>, Problem> {
    let mut values = pairs.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(Problem::bad_value(format!("\"{name}\" may be given once only."))),
    }
}
