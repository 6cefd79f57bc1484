//! Makers by MAC address block, from the registries of the IEEE Registration Authority (`content/vendors/oui.tsv`).

use model::Mac;

/// Sorted by prefix: hexadecimal digits (6, 7 or 9 of them), a tab, the maker.
static REGISTRY: &str = include_str!("../../../content/vendors/oui.tsv");

/// The maker a MAC address block was assigned to; `None` for local addresses and unknown blocks.
pub fn maker(mac: Mac) -> Option<&'static str> {
    if mac.is_local() || !mac.is_station() {
        return None;
    }
    let digits: String = mac.0.iter().map(|b| format!("{b:02x}")).collect();
    // The longest assignment wins: small blocks lie inside large ones (MA-S 36 bits, MA-M 28, MA-L 24).
    [9, 7, 6].into_iter().find_map(|len| find(digits.get(..len)?))
}

/// Binary search over the lines of the text: no table is built, start-up costs nothing.
fn find(prefix: &str) -> Option<&'static str> {
    let (mut low, mut high) = (0, REGISTRY.len());
    while low < high {
        let middle = (low + high) / 2;
        let start =
            REGISTRY.as_bytes().get(..middle)?.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        let line = REGISTRY.get(start..)?.lines().next()?;
        let (key, name) = line.split_once('\t')?;
        match key.cmp(prefix) {
            std::cmp::Ordering::Equal => return Some(name),
            std::cmp::Ordering::Less => low = start + line.len() + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

/// Beginnings of registered names, and the names people use.
static NAMES: &str = include_str!("../../../content/vendors/names.tsv");

/// A maker's name as people say it: from the table of well-known ones, else the registered name without its legal form.
pub fn common_name(registered: &str) -> String {
    let lower = registered.to_lowercase();
    let known = NAMES.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('\t'));
    match known.filter(|(start, _)| lower.starts_with(start)).max_by_key(|(start, _)| start.len()) {
        Some((_, name)) => name.to_owned(),
        None => without_legal_form(registered),
    }
}

fn without_legal_form(registered: &str) -> String {
    const FORMS: &[&str] = &[
        "ag",
        "gmbh",
        "inc",
        "inc.",
        "corp",
        "corp.",
        "corporation",
        "co.",
        "co",
        "ltd",
        "ltd.",
        "llc",
        "s.a.",
        "sa",
        "kg",
        "&",
        "co.,ltd.",
        "co.,ltd",
        "limited",
        "company",
        "b.v.",
        "bv",
        "s.p.a.",
        "spa",
        "oy",
        "ab",
        "a/s",
        "plc",
        "intl",
        "international",
    ];
    let words: Vec<&str> = registered.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    let mut end = words.len();
    while end > 1 && words.get(end - 1).is_some_and(|w| FORMS.contains(&w.to_lowercase().as_str())) {
        end -= 1;
    }
    words.get(..end).unwrap_or_default().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_makers_of_every_block_size() {
        for (mac, part) in [
            ("00:1b:1b:00:00:01", "Siemens"),
            ("00:80:f4:00:00:01", "TELEMECANIQUE"),
            ("00:00:bc:12:34:56", "Rockwell"),
            ("00:30:de:00:00:00", "WAGO"),
        ] {
            let maker = maker(mac.parse().unwrap()).unwrap_or_default();
            assert!(maker.contains(part), "{mac}: {maker}");
        }
        assert_eq!(maker("02:00:00:00:00:01".parse().unwrap()), None);
        assert_eq!(maker("01:00:5e:00:00:01".parse().unwrap()), None);
    }

    #[test]
    fn names_lose_their_legal_form() {
        assert_eq!(common_name("Siemens AG"), "Siemens");
        assert_eq!(common_name("MOXA TECHNOLOGIES CORP., LTD."), "Moxa");
        assert_eq!(common_name("Widget Works Co., Ltd."), "Widget Works");
    }
}
