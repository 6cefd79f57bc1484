//! Filter, sort and page, once for every list: a resource says its columns, the rest follows from them.

use crate::cursor::Cursor;
use crate::error::Problem;
use crate::querystring::{Pairs, pairs, single};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cmp::Ordering;
use utoipa::ToSchema;

/// Rows on a page when the request does not say.
pub const LIMIT_DEFAULT: usize = 100;
/// Most rows on a page.
pub const LIMIT_MAX: usize = 500;

/// A value to sort by. Absent values come last in both directions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key<'a> {
    /// No value.
    Absent,
    /// A number.
    Number(f64),
    /// A text, compared without case and with numbers in it by value (`PLC-2` before `PLC-10`).
    Text(Cow<'a, str>),
}

impl<'a> Key<'a> {
    /// From a text.
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// From a text that may be absent.
    pub fn maybe(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::text)
    }

    /// From a count.
    pub fn count(n: u64) -> Self {
        Self::Number(n as f64)
    }

    fn into_owned(self) -> Key<'static> {
        match self {
            Self::Absent => Key::Absent,
            Self::Number(n) => Key::Number(n),
            Self::Text(t) => Key::Text(Cow::Owned(t.into_owned())),
        }
    }

    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Absent, Self::Absent) => return Ordering::Equal,
            (Self::Absent, _) => return Ordering::Greater,
            (_, Self::Absent) => return Ordering::Less,
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => natural(a.as_bytes(), b.as_bytes()),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        };
        if descending { order.reverse() } else { order }
    }
}

/// Compares without case, runs of digits by value; a total order.
fn natural(left: &[u8], right: &[u8]) -> Ordering {
    let (mut a, mut b) = (left, right);
    loop {
        match (a.split_first(), b.split_first()) {
            (None, None) => return left.cmp(right),
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some((x, _)), Some((y, _))) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let ((m, rest_a), (n, rest_b)) = (number(a), number(b));
                match m.len().cmp(&n.len()).then_with(|| m.cmp(n)) {
                    Ordering::Equal => (a, b) = (rest_a, rest_b),
                    order => return order,
                }
            }
            (Some((x, rest_a)), Some((y, rest_b))) => {
                match x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase()) {
                    Ordering::Equal => (a, b) = (rest_a, rest_b),
                    order => return order,
                }
            }
        }
    }
}

/// The run of digits at the front without leading zeros, and what follows.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|c| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().take_while(|&&c| c == b'0').count();
    (digits.get(zeros..).unwrap_or_default(), rest)
}

/// How a column filters.
pub enum Filter<T> {
    /// Not at all.
    No,
    /// By one or more exact values; any of them is enough.
    Any(fn(&T, &str) -> bool),
    /// Likewise, and only these words exist.
    Words(&'static [&'static str], fn(&T, &str) -> bool),
}

/// How a column sorts.
pub type Sort<T> = fn(&T) -> Key<'_>;

/// One column of a list.
pub struct Column<T> {
    /// Name in the query.
    pub name: &'static str,
    /// What it is, for the API's description.
    pub what: &'static str,
    /// How it filters.
    pub filter: Filter<T>,
    /// How it sorts, if it does.
    pub sort: Option<Sort<T>>,
}

/// A row of a list.
pub trait Row: Sized + 'static {
    /// Its columns. The first that sorts is the default order.
    const COLUMNS: &'static [Column<Self>];
    /// Whether the default order begins with the greatest.
    const DESCENDING: bool = false;

    /// Unique in the list and stable.
    fn id(&self) -> &str;

    /// Lower-case text that `q` searches.
    fn haystack(&self) -> &str;
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// Rows.
    pub items: Vec<T>,
    /// Where the next page begins (`cursor`); null on the last.
    pub next: Option<String>,
    /// Rows that pass the filters, on all pages.
    pub total: u64,
}

/// The question a list request asks: the extractor of every list.
pub struct Listing<T: 'static> {
    words: Vec<String>,
    filters: Vec<(&'static Column<T>, Vec<String>)>,
    sort: Option<Sort<T>>,
    descending: bool,
    limit: usize,
    question: String,
    cursor: Option<Cursor>,
}

impl<T: Row> Listing<T> {
    /// Reads a query string.
    ///
    /// # Errors
    /// A parameter that does not exist, a value that cannot be, or a cursor of another question.
    pub fn parse(query: &str) -> Result<Self, Problem> {
        let pairs = pairs(query)?;
        known(&pairs, T::COLUMNS)?;
        let (sort_name, sort) = sort_column(&pairs)?;
        let descending = descending(&pairs, sort_name.is_some(), T::DESCENDING)?;
        let filters = filters(&pairs)?;
        let words = single(&pairs, "q")?.unwrap_or_default().to_lowercase();
        let question = question(&words, &filters, sort_name, descending);
        let cursor = single(&pairs, "cursor")?.map(|c| Cursor::decode(c, &question)).transpose()?;
        let words = words.split_whitespace().map(str::to_owned).collect();
        Ok(Self { words, filters, sort, descending, limit: limit(&pairs)?, question, cursor })
    }

    fn accepts(&self, row: &T) -> bool {
        self.words.iter().all(|word| row.haystack().contains(word.as_str()))
            && self.filters.iter().all(|(column, values)| match column.filter {
                Filter::No => true,
                Filter::Any(is) | Filter::Words(_, is) => values.iter().any(|value| is(row, value)),
            })
    }

    fn compare(&self, a: &(Key<'_>, &str), b: &(Key<'_>, &str)) -> Ordering {
        a.0.compare(&b.0, self.descending).then_with(|| a.1.cmp(b.1))
    }

    fn after_cursor(&self, place: &(Key<'_>, &str)) -> bool {
        let Some(cursor) = &self.cursor else { return true };
        let order = place.0.compare(&cursor.key, self.descending).then_with(|| place.1.cmp(&cursor.id));
        order == Ordering::Greater
    }

    /// The page that answers the question.
    pub fn page<'a>(&self, rows: impl IntoIterator<Item = &'a T>) -> Page<&'a T> {
        let key = |row: &'a T| self.sort.map_or(Key::Absent, |sort| sort(row));
        let mut total = 0;
        let mut places = Vec::new();
        for row in rows.into_iter().filter(|row| self.accepts(row)) {
            total += 1;
            let place = (key(row), row.id());
            if self.after_cursor(&place) {
                places.push((place, row));
            }
        }
        let more = places.len() > self.limit;
        if more {
            // Only one page is needed in order: the rest is cut off before sorting.
            places.select_nth_unstable_by(self.limit, |a, b| self.compare(&a.0, &b.0));
            places.truncate(self.limit);
        }
        places.sort_unstable_by(|a, b| self.compare(&a.0, &b.0));
        let next = if more { places.last().map(|(place, _)| self.cursor_at(place)) } else { None };
        Page { items: places.into_iter().map(|(_, row)| row).collect(), next, total }
    }

    fn cursor_at(&self, (key, id): &(Key<'_>, &str)) -> String {
        Cursor { question: self.question.clone(), key: key.clone().into_owned(), id: (*id).into() }.encode()
    }
}

impl<T: Row + Serialize> Listing<T> {
    /// The page as an answer.
    pub fn answer<'a>(&self, rows: impl IntoIterator<Item = &'a T>) -> Response {
        axum::Json(self.page(rows)).into_response()
    }
}

impl<T: Row, S: Sync> FromRequestParts<S> for Listing<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

/// The question of a resource without parameters: any is an error.
pub struct NoQuery;

impl<S: Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match pairs(parts.uri.query().unwrap_or_default())?.first() {
            None => Ok(Self),
            Some((name, _)) => {
                Err(Problem::unknown_parameter(format!("There is no parameter \"{name}\" here.")))
            }
        }
    }
}

/// What stands in the path between the slashes.
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(place)) => Ok(Self(place)),
            Err(why) => Err(Problem::not_found(format!("There is nothing at this address: {why}."))),
        }
    }
}

fn known<T>(pairs: &Pairs, columns: &[Column<T>]) -> Result<(), Problem> {
    let filters = columns.iter().filter(|c| !matches!(c.filter, Filter::No)).map(|c| c.name);
    let names: Vec<&str> = ["q", "sort", "order", "cursor", "limit"].into_iter().chain(filters).collect();
    match pairs.iter().find(|(name, _)| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => Err(Problem::unknown_parameter(format!(
            "There is no parameter \"{name}\"; there are {}.",
            names.join(", ")
        ))),
    }
}

fn sort_column<T: Row>(pairs: &Pairs) -> Result<(Option<&'static str>, Option<Sort<T>>), Problem> {
    let sortable = || T::COLUMNS.iter().filter(|c| c.sort.is_some());
    let Some(name) = single(pairs, "sort")? else { return Ok((None, sortable().find_map(|c| c.sort))) };
    match sortable().find(|c| c.name == name) {
        Some(column) => Ok((Some(column.name), column.sort)),
        None => {
            let names: Vec<&str> = sortable().map(|c| c.name).collect();
            Err(Problem::bad_value(format!("Cannot sort by \"{name}\"; there are {}.", names.join(", "))))
        }
    }
}

fn descending(pairs: &Pairs, sorted: bool, default: bool) -> Result<bool, Problem> {
    match single(pairs, "order")? {
        None => Ok(default && !sorted),
        Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(other) => Err(Problem::bad_value(format!("\"order\" is asc or desc, not \"{other}\"."))),
    }
}

fn limit(pairs: &Pairs) -> Result<usize, Problem> {
    let Some(text) = single(pairs, "limit")? else { return Ok(LIMIT_DEFAULT) };
    match text.parse() {
        Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
        _ => Err(Problem::bad_value(format!("\"limit\" is a number from 1 to {LIMIT_MAX}, not \"{text}\"."))),
    }
}

type Filters<T> = Vec<(&'static Column<T>, Vec<String>)>;

fn filters<T: Row>(pairs: &Pairs) -> Result<Filters<T>, Problem> {
    let mut filters: Filters<T> = Vec::new();
    for column in T::COLUMNS {
        let values: Vec<String> =
            pairs.iter().filter(|(n, _)| n == column.name).map(|(_, v)| v.clone()).collect();
        if let Filter::Words(words, _) = column.filter
            && let Some(bad) = values.iter().find(|v| !words.contains(&v.as_str()))
        {
            let words = words.join(", ");
            return Err(Problem::bad_value(format!("\"{}\" is one of {words}, not \"{bad}\".", column.name)));
        }
        if !values.is_empty() {
            filters.push((column, values));
        }
    }
    Ok(filters)
}

fn question<T>(words: &str, filters: &Filters<T>, sort: Option<&str>, descending: bool) -> String {
    let mut parts = vec![words, sort.unwrap_or_default(), if descending { "desc" } else { "asc" }];
    for (column, values) in filters {
        parts.push(column.name);
        parts.extend(values.iter().map(String::as_str));
    }
    model::id::digest(&parts)
}
