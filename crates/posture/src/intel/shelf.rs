//! Where the products of one maker are found: by the telling words of their names and by order numbers.
//!
//! Invariant: what [`Shelf::find`] misses, the comparison would refuse; finding too much only costs time.

use crate::intel::fit::lookup_units;
use crate::intel::product::Name;
use crate::intel::profile::Profile;
use crate::intel::text::literal;
use crate::intel::unit::Unit;
use std::collections::{BTreeMap, HashMap};

/// Where products of one maker are found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf {
    /// Only looked up, never walked: the order of a hash map reaches nothing.
    exact: HashMap<String, Vec<usize>>,
    beginnings: BTreeMap<String, Vec<usize>>,
    orders: BTreeMap<String, Vec<usize>>,
}

impl Shelf {
    pub(crate) fn put(&mut self, name: &Name, at: usize) {
        for order in &name.orders {
            self.orders.entry(literal(order).to_owned()).or_default().push(at);
        }
        self.put_units(
            name.alternatives.iter().flat_map(|units| lookup_units(units)).chain(&name.choices),
            at,
        );
        for pair in name.alternatives.iter().flat_map(|units| units.windows(2)) {
            let [first, second] = pair else { continue };
            for option in &first.options {
                put(self.exact.entry(format!("{option}{}", second.text)).or_default(), at);
            }
        }
    }

    pub(crate) fn put_units<'a>(&mut self, units: impl Iterator<Item = &'a Unit>, at: usize) {
        for (key, beginning) in units.flat_map(Unit::keys) {
            let products = if beginning {
                self.beginnings.entry(key).or_default()
            } else {
                self.exact.entry(key).or_default()
            };
            put(products, at);
        }
    }

    pub(crate) fn find(&self, profile: &Profile, out: &mut Vec<usize>) {
        for gram in profile.wide().iter() {
            out.extend(self.exact.get(gram).into_iter().flatten());
            // Numbers may have lost a character at the front.
            if gram.len() > 4 && gram.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                out.extend(gram.get(1..).and_then(|rest| self.exact.get(rest)).into_iter().flatten());
            }
        }
        let starts = profile.wide().starts();
        for (beginning, products) in
            self.beginnings.iter().filter(|(beginning, _)| starts.may_hold(beginning))
        {
            if profile.wide().starting(beginning).next().is_some() {
                out.extend(products);
            }
        }
        self.find_orders(profile, out);
    }

    /// Everything a product of this maker may be looked up by.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.exact.keys().chain(self.beginnings.keys()).chain(self.orders.keys()).map(String::as_str)
    }

    pub(crate) fn find_orders(&self, profile: &Profile, out: &mut Vec<usize>) {
        for order in &profile.orders {
            for end in 4..=order.len() {
                out.extend(order.get(..end).and_then(|key| self.orders.get(key)).into_iter().flatten());
            }
        }
    }
}

/// Once per key, however many options lead there.
fn put(products: &mut Vec<usize>, at: usize) {
    if products.last() != Some(&at) {
        products.push(at);
    }
}
