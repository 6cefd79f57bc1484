//! Looks through an XML text before a tree is built of it: what would cost more memory or time than any real file is refused, and so
//! is a document type declaration, which brings entities (XML 1.0 §2.8, §4.2). Whether the text is well-formed is the parser's business.

/// Elements inside elements. CAEX and PLCopen files nest some thirty deep.
pub(super) const DEPTH_MAX: usize = 200;
/// Elements and remarks of one file. A controller project of 60 MB has about a million.
const ELEMENTS_MAX: usize = 2_000_000;
/// Attributes of one element, declarations of name spaces among them.
const ATTRIBUTES_MAX: usize = 256;
/// Attributes of all elements.
const ALL_ATTRIBUTES_MAX: usize = 6_000_000;
/// Declarations of name spaces in force at one place: each element with one more repeats all of them.
const NAMESPACES_MAX: usize = 64;
/// Declarations of name spaces in one file.
const ALL_NAMESPACES_MAX: usize = 50_000;

/// Looks through `text`; tells the byte at which it is refused, and why.
pub(super) fn check(text: &str) -> Result<(), (usize, String)> {
    Guard { rest: text, at: 0, scopes: Vec::new(), elements: 0, attributes: 0, namespaces: 0 }.run()
}

struct Guard<'a> {
    rest: &'a str,
    at: usize,
    /// Name spaces in force in each open element.
    scopes: Vec<usize>,
    elements: usize,
    attributes: usize,
    namespaces: usize,
}

impl Guard<'_> {
    fn run(mut self) -> Result<(), (usize, String)> {
        while let Some(start) = self.rest.find('<') {
            self.skip(start);
            let known = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
            if let Some((open, close)) = known.into_iter().find(|(open, _)| self.rest.starts_with(open)) {
                self.element().map_err(|what| (self.at, what))?;
                self.skip(open.len());
                self.skip(self.rest.find(close).map_or(self.rest.len(), |end| end + close.len()));
            } else if self.rest.starts_with("<!") {
                return Err((self.at, "document type declarations and entities are not read".into()));
            } else if self.rest.starts_with("</") {
                self.scopes.pop();
                self.skip(2);
            } else {
                self.tag()?;
            }
        }
        Ok(())
    }

    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// From `<` to `>`: counts what stands outside quotes.
    fn tag(&mut self) -> Result<(), (usize, String)> {
        let (mut quote, mut attributes, mut namespaces) = (None, 0, 0);
        let mut length = self.rest.len();
        let bytes = self.rest.as_bytes();
        for (at, &byte) in bytes.iter().enumerate() {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => attributes += 1,
                (None, b'x') => namespaces += usize::from(declares(bytes, at)),
                (None, b'>') => {
                    length = at + 1;
                    break;
                }
                _ => {}
            }
        }
        let closed = bytes.get(..length).is_some_and(|tag| tag.ends_with(b"/>"));
        self.count(attributes, namespaces, closed).map_err(|what| (self.at, what))?;
        self.skip(length);
        Ok(())
    }

    fn element(&mut self) -> Result<(), String> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(format!("more than {ELEMENTS_MAX} elements and remarks"));
        }
        Ok(())
    }

    fn count(&mut self, attributes: usize, namespaces: usize, closed: bool) -> Result<(), String> {
        self.element()?;
        self.attributes += attributes;
        self.namespaces += namespaces;
        let scope = self.scopes.last().copied().unwrap_or(0) + namespaces;
        let caps = [
            (self.scopes.len() + 1, DEPTH_MAX, "elements inside each other"),
            (attributes, ATTRIBUTES_MAX, "attributes of one element"),
            (self.attributes, ALL_ATTRIBUTES_MAX, "attributes"),
            (scope, NAMESPACES_MAX, "name spaces at one place"),
            (self.namespaces, ALL_NAMESPACES_MAX, "declarations of name spaces"),
        ];
        if let Some((_, max, what)) = caps.into_iter().find(|(n, max, _)| n > max) {
            return Err(format!("more than {max} {what}"));
        }
        if !closed {
            self.scopes.push(scope);
        }
        Ok(())
    }
}

/// `xmlns` after a blank. What is found too often makes the count only stricter.
fn declares(tag: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| tag.get(at));
    tag.get(at..).is_some_and(|rest| rest.starts_with(b"xmlns"))
        && before.is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\''))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_real_file_has_is_refused() {
        let deep = "<a>".repeat(DEPTH_MAX + 1);
        assert_eq!(check(&deep).unwrap_err().0, DEPTH_MAX * 3);
        let wide = format!("<a{}/>", (0..300).map(|n| format!(" b{n}='>'")).collect::<String>());
        assert!(check(&wide).unwrap_err().1.contains("attributes"));
        let mut spaces = String::new();
        for n in 0..70 {
            spaces += &format!("<a xmlns:b{n}='urn:{n}'>");
        }
        assert!(check(&spaces).unwrap_err().1.contains("name spaces"));
        assert_eq!(check(" <!DOCTYPE a [<!ENTITY b 'c'>]><a/>").unwrap_err().0, 1);
    }

    #[test]
    fn real_text_passes() {
        let text = "<?xml version='1.0'?><!-- <!DOCTYPE --><a b='1 > 0'><![CDATA[<!DOCTYPE <b><b>]]></a>";
        assert_eq!(check(text), Ok(()));
        assert_eq!(check(&format!("<r>{}</r>", "<a><b/></a>".repeat(1000))), Ok(()));
    }
}
