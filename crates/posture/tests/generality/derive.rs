//! From an advisory's product entry to the identity a device would show, without any code of the matcher.

use model::advisory::Observed;

/// One product entry of the archive.
pub(crate) struct Node {
    pub(crate) advisory: String,
    pub(crate) vendor: String,
    pub(crate) product: String,
    pub(crate) version: String,
    pub(crate) model_numbers: Vec<String>,
}

/// How an identity was derived, for the table of misses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Form {
    /// Vendor and product as the advisory writes them.
    AsWritten,
    /// Without brackets, marketing words and the vendor's own name, in capitals.
    DeviceName,
    /// The order number alone, with the blank that S7 stations put after the first block.
    OrderNumber,
    /// The vendor with another legal form.
    OtherMaker,
    /// The vendor in front of the product and no vendor field, as banners have it.
    Banner,
    /// Words written together with hyphens.
    Hyphened,
}

/// The identities that stand for a node, without a version.
pub(crate) fn identities(node: &Node) -> Vec<(Form, Observed)> {
    let head = head(&node.product);
    let mut out = vec![(Form::AsWritten, named(Some(&node.vendor), &node.product))];
    if let Some(order) = node.model_numbers.iter().find(|number| is_plain_order(number)) {
        let observed = Observed { order_number: Some(spaced(order)), ..Observed::default() };
        out.push((Form::OrderNumber, observed));
    }
    if !is_concrete(&head) {
        return out;
    }
    let short = without_marketing(&head, &node.vendor);
    if is_concrete(&short) {
        out.push((Form::DeviceName, named(Some(&node.vendor), &short.to_uppercase())));
        out.push((Form::Hyphened, named(Some(&node.vendor), &short.replace(' ', "-"))));
    }
    if is_single_vendor(&node.vendor) {
        out.push((Form::OtherMaker, named(Some(&other_legal_form(&node.vendor)), &head)));
        out.push((Form::Banner, named(None, &format!("{} {head}", node.vendor.trim()))));
    }
    out
}

fn named(vendor: Option<&str>, product: &str) -> Observed {
    Observed {
        vendor: vendor.map(|vendor| vendor.trim().to_owned()),
        product: Some(product.to_owned()),
        ..Observed::default()
    }
}

/// A name without what stands in brackets.
pub(crate) fn head(product: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::new();
    for c in product.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(if matches!(c, '_' | '®' | '™') { ' ' } else { c }),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One model in full: no list, no placeholder, no condition, no version; a device may call itself so.
pub(crate) fn is_concrete(name: &str) -> bool {
    const PROSE: [&str; 30] = [
        "and",
        "or",
        "all",
        "with",
        "family",
        "families",
        "series",
        "running",
        "using",
        "if",
        "prior",
        "below",
        "before",
        "for",
        "the",
        "of",
        "in",
        "variants",
        "models",
        "model",
        "version",
        "versions",
        "devices",
        "products",
        "below,",
        "later",
        "based",
        "installed",
        "firmware",
        "incl.",
    ];
    let words: Vec<&str> = name.split(' ').collect();
    let listed = name.contains(['*', '□', ',', ';', '/', '[', '"', ':', '&', '|', '?', '<', '>', '=', '#']);
    let placeholder = words.iter().any(|word| {
        word.contains(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase())
            && word.contains(['x', 'X'])
            && word.to_lowercase().contains("xx")
            || is_wild(word)
    });
    let versioned = words.iter().any(|word| is_version_word(word));
    !name.is_empty()
        && words.len() <= 6
        && !listed
        && !placeholder
        && !versioned
        && words.iter().any(|word| has_digit(word) && word.len() >= 3)
        && !words.iter().any(|word| PROSE.contains(&word.to_lowercase().as_str()))
}

/// `L8z`, `P34x`, `V4.X`: a small x, y or z behind a digit.
fn is_wild(word: &str) -> bool {
    let chars: Vec<char> = word.chars().collect();
    chars.windows(2).any(|pair| pair[0].is_ascii_digit() && matches!(pair[1], 'x' | 'y' | 'z'))
        || word.ends_with(".X")
}

fn is_version_word(word: &str) -> bool {
    let bare = word.trim_start_matches(['V', 'v', 'R']);
    bare.contains('.') && bare.chars().all(|c| c.is_ascii_digit() || c == '.' || c == 'X')
        || (bare.len() < word.len()
            && !bare.is_empty()
            && bare.len() <= 2
            && bare.bytes().all(|b| b.is_ascii_digit()))
}

pub(crate) fn has_digit(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_digit())
}

fn is_plain_order(number: &str) -> bool {
    number.len() >= 14
        && number.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || b == b'-')
        && number.starts_with('6')
}

/// `6ES7315-2EH14-0AB0` as the station says it: `6ES7 315-2EH14-0AB0 `.
fn spaced(order: &str) -> String {
    let (block, rest) = order.split_at(4);
    format!("{block} {rest} ")
}

fn without_marketing(head: &str, vendor: &str) -> String {
    const MARKETING: [&str; 18] = [
        "SIMATIC",
        "Modicon",
        "MELSEC",
        "EcoStruxure",
        "Allen-Bradley",
        "Industrial",
        "Ethernet",
        "Switch",
        "switch",
        "Controller",
        "controller",
        "PLC",
        "Relay",
        "Router",
        "Gateway",
        "Camera",
        "Server",
        "SIPLUS",
    ];
    let vendor = vendor.split([' ', ',']).next().unwrap_or_default().to_lowercase();
    let kept = |word: &&str| !MARKETING.contains(word) && word.to_lowercase() != vendor;
    head.split(' ').filter(kept).collect::<Vec<_>>().join(" ")
}

fn is_single_vendor(vendor: &str) -> bool {
    !vendor.contains([',', '/', '&', '('])
        && !vendor.to_lowercase().contains("multiple")
        && !vendor.contains(" and ")
}

fn other_legal_form(vendor: &str) -> String {
    const FORMS: [&str; 12] =
        ["Inc.", "Inc", "LLC", "GmbH", "AG", "Ltd", "Ltd.", "Corporation", "Co.", "AB", "Corp.", "Limited"];
    let words: Vec<&str> = vendor.split_whitespace().filter(|word| !FORMS.contains(word)).collect();
    format!("{} Co., Ltd.", words.join(" ").to_uppercase())
}

/// A version text of the plain kind: one upper bound.
pub(crate) struct Bound {
    inclusive: bool,
    prefix: &'static str,
    parts: Vec<u64>,
}

impl Bound {
    /// `None` for any other kind of text.
    pub(crate) fn read(text: &str) -> Option<Bound> {
        let text = text.trim();
        let text = text.strip_prefix("vers:all/").unwrap_or(text);
        let text = text.strip_prefix("All versions ").or(text.strip_prefix("All Versions ")).unwrap_or(text);
        let rest = text.strip_prefix('<')?;
        let (inclusive, rest) = rest.strip_prefix('=').map_or((false, rest), |rest| (true, rest));
        let rest = rest.trim();
        let (prefix, digits) = match rest.strip_prefix(['V', 'v']) {
            Some(digits) => ("V", digits),
            None => ("", rest),
        };
        let parts: Option<Vec<u64>> =
            digits.split('.').map(|part| part.parse().ok().filter(|n| *n < 10_000)).collect();
        parts.filter(|parts| (2..=4).contains(&parts.len())).map(|parts| Bound { inclusive, prefix, parts })
    }

    /// Below the bound by one in the last place that is not zero.
    pub(crate) fn inside(&self) -> Option<String> {
        let at = self.parts.iter().rposition(|part| *part > 0)?;
        let mut parts = self.parts.clone();
        parts[at] -= 1;
        Some(self.write(&parts))
    }

    /// The bound itself.
    pub(crate) fn at(&self) -> (String, bool) {
        (self.write(&self.parts), self.inclusive)
    }

    /// Past the bound by one in the second place.
    pub(crate) fn outside(&self) -> String {
        let mut parts = self.parts.clone();
        parts[1] += 1;
        self.write(&parts)
    }

    fn write(&self, parts: &[u64]) -> String {
        let text: Vec<String> = parts.iter().map(ToString::to_string).collect();
        format!("{}{}", self.prefix, text.join("."))
    }
}
