//! What a file is, from its beginning and the names at its top.

use super::Fault;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// Bytes looked at of a file that is too long to be held.
pub(super) const HEAD_BYTES: usize = 16 << 10;
/// Names at the top that are remembered.
const KEYS_MAX: usize = 64;
/// Bytes in which a record of the CVE list says what it is.
const MARK_BYTES: usize = 256;

/// What is known of a file before it is read.
#[derive(Debug)]
pub struct Probe<'t> {
    /// Its name.
    pub name: &'t str,
    head: &'t str,
    keys: BTreeSet<String>,
}

impl<'t> Probe<'t> {
    /// Of a whole text.
    pub(super) fn of(name: &'t str, text: &'t str) -> Result<Self, Fault> {
        let text = text.trim_start_matches('\u{feff}');
        let head = model::threat::bounded(text, HEAD_BYTES);
        let mut probe = Self { name, head, keys: BTreeSet::new() };
        // Hundreds of thousands of these come in one archive: they are read once.
        if head.starts_with('{') && !model::threat::bounded(head, MARK_BYTES).contains("\"CVE_RECORD\"") {
            let mut json = serde_json::Deserializer::from_str(text);
            let keys = json.deserialize_map(Keys).and_then(|keys| json.end().map(|()| keys));
            probe.keys = keys.map_err(|e| Fault::Refused(format!("{name} is no whole JSON: {e}")))?;
        }
        Ok(probe)
    }

    /// Of the beginning alone.
    pub(super) fn of_head(name: &'t str, head: &'t str) -> Self {
        Self { name, head: head.trim_start_matches('\u{feff}').trim_start(), keys: BTreeSet::new() }
    }

    /// The beginning.
    pub fn head(&self) -> &str {
        self.head
    }

    /// It is a JSON object with all of these names at its top.
    pub fn has(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.keys.contains(*key))
    }

    /// It is a JSON object whose names are all like this.
    pub fn all(&self, like: impl Fn(&str) -> bool) -> bool {
        !self.keys.is_empty() && self.keys.iter().all(|key| like(key))
    }
}

/// Collects the names at the top.
struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = BTreeSet<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<IgnoredAny>()?;
            if keys.len() < KEYS_MAX {
                keys.insert(key);
            }
        }
        Ok(keys)
    }
}
