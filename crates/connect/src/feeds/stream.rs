//! The items of one long list inside a JSON object, one at a time.

use super::{Body, Data, Fault};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::io::BufReader;

/// Longest value beside the list that is looked at, in bytes.
const BESIDE_BYTES_MAX: usize = 256;

/// What happens with what is read.
pub(super) trait Items {
    /// Takes the text of an item.
    fn item(&mut self, json: &str) -> Result<(), Fault>;
    /// Hears a short value beside the list: its name and its JSON.
    fn beside(&mut self, _key: &str, _json: &str) -> Result<(), Fault> {
        Ok(())
    }
}

/// Reads the list of that name.
///
/// # Errors
/// [`Fault::Stopped`], or the JSON breaks off or is none: [`Fault::Refused`] for a text that was held whole and proved to be JSON before,
/// [`Fault::Broken`] for a long one.
pub(super) fn items(body: Body<'_>, list: &str, items: &mut dyn Items) -> Result<(), Fault> {
    let name = body.name;
    let mut top = Top { list, items, fault: None };
    let read = match body.data {
        Data::Text(text) => {
            let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
            json.deserialize_map(&mut top).and_then(|()| json.end())
        }
        Data::Long(reader) => {
            let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(256 << 10, reader));
            json.deserialize_map(&mut top).and_then(|()| json.end())
        }
    };
    match (top.fault, read) {
        (Some(fault), _) => Err(fault),
        (None, Ok(())) => Ok(()),
        (None, Err(e)) => Err(Fault::Broken(format!("{name}: {e}"))),
    }
}

struct Top<'a> {
    list: &'a str,
    items: &'a mut dyn Items,
    fault: Option<Fault>,
}

impl Top<'_> {
    /// Remembers why it ends; the parser needs an error of its own.
    fn checked<E: serde::de::Error>(&mut self, done: Result<(), Fault>) -> Result<(), E> {
        done.map_err(|fault| {
            self.fault = Some(fault);
            E::custom("stopped")
        })
    }
}

impl<'de> Visitor<'de> for &mut Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == self.list {
                map.next_value_seed(List(&mut *self))?;
                continue;
            }
            let value = map.next_value::<Box<RawValue>>()?;
            if value.get().len() <= BESIDE_BYTES_MAX {
                let done = self.items.beside(&key, value.get());
                self.checked(done)?;
            }
        }
        Ok(())
    }
}

struct List<'t, 'a>(&'t mut Top<'a>);

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element::<Box<RawValue>>()? {
            let done = self.0.items.item(item.get());
            self.0.checked(done)?;
        }
        Ok(())
    }
}
